"""E-mail addresses: syntax, domains that give mailboxes away, roles, relays, tags, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from audits.model.contact_data import check_email, is_plain_address
from audits.model.quick import quick
from audits.model.said import say, verbatim
from audits.model.truth import Disposable, EmailJudged, Repair, Signal
from audits.truth.email_domains import LARGE, ROLES, domain_meant, is_example, is_large, is_relay
from audits.truth.email_lists import disposable_by_lists, is_unnamed
from audits.truth.weights import signal

_KEPT = 8_192
_new_email = quick(EmailJudged)
_GOOGLE = frozenset({"gmail.com", "googlemail.com"})
_LONGEST_MENDED = 254


@lru_cache(maxsize=_KEPT)
def judge_email(text: str) -> EmailJudged:
    """What the address `text` is, by its letters and dated lists; no DNS is asked."""
    if is_plain_address(text):
        # Most addresses: as they are written, so they are compared.
        local, _, domain = text.partition("@")
        return _judged(text, local, domain)
    found = check_email(text)
    if found.domain is None or found.address is None or found.key is None:
        return EmailJudged(
            normalised=None,
            key=None,
            domain=None,
            is_valid=False,
            suggestion=_mended(text),
            reasons=(found.why, "example_domain") if is_example(_domain_in(text)) else (found.why,),
        )
    return _judged(found.address, found.key[: -len(found.domain) - 1], found.domain)


def _judged(address: str, local: str, domain: str) -> EmailJudged:
    """Of an address that can be written to; `local`: what stands before the @, as compared."""
    own = (local.partition("+")[0] or local) if "+" in local else local
    meant, disposable, reasons = _of_domain(domain)
    role = _is_role(own)
    return _new_email(
        normalised=address,
        key=_key(own, domain),
        domain=domain,
        is_valid=True,
        disposable=disposable,
        is_role=role,
        is_relay="relay" in reasons,
        is_free="free_mail" in reasons,
        suggestion=None if meant is None else f"{address[: -len(domain)]}{meant}",
        reasons=(*reasons, "role") if role else reasons,
    )


#: What hangs on a domain alone: what was meant, how surely it is thrown away, and the reasons.
_OfDomain = tuple[str | None, Disposable, tuple[str, ...]]
_NOTHING: _OfDomain = (None, Disposable.NO, ())


def _of_domain(domain: str) -> _OfDomain:
    # Most domains that are not large providers': cheaper to look at than to keep.
    return _NOTHING if is_unnamed(domain) else of_named_domain(domain)


@lru_cache(maxsize=_KEPT)
def of_named_domain(domain: str) -> _OfDomain:
    """What hangs on a domain alone, by all lists."""
    if is_large(domain):
        return None, Disposable.NO, ("free_mail",)
    meant, relays, disposable = domain_meant(domain), is_relay(domain), Disposable.NO
    reasons = [] if meant is None else ["domain_typo"]
    if is_example(domain):
        reasons.append("example_domain")
    if relays:
        reasons.append("relay")
    elif meant is None:
        disposable, _ = disposable_by_lists(domain)
        if disposable is not Disposable.NO:
            reasons.append("on_both_lists" if disposable is Disposable.YES else "on_one_list")
    return meant, disposable, tuple(reasons)


def _domain_in(text: str) -> str:
    return text.rpartition("@")[2].strip().lower() if "@" in text else ""


def _key(own: str, domain: str) -> str:
    """The address as compared with others: without what its holder may add to it at will."""
    if domain in _GOOGLE:
        return f"{own.replace('.', '')}@gmail.com"
    return f"{own}@{domain}"


def _is_role(own: str) -> bool:
    bare = own.rstrip("0123456789.-_")
    if bare in ROLES or bare.isalpha():
        return bare in ROLES
    return bare.replace("-", "") in ROLES or ROLES.issuperset(bare.replace("_", ".").replace("-", ".").split("."))


_AT = re.compile(r"\s*(?:\(at\)|\[at\]|\{at\}|＠|﹫|\bat\b(?=\s*\S+\.\w))\s*", re.IGNORECASE)
_DOT = re.compile(r"\s*(?:\(dot\)|\[dot\]|\(punkt\)|\[punkt\])\s*", re.IGNORECASE)
_WRAPPED = re.compile(r"^(?:mailto:|e-?mail\s*:)\s*|[<>\"'“”‘’;,:]+$|^[<\"'“”‘’]+", re.IGNORECASE)


def _mended(text: str) -> str | None:
    """The address that was meant by one that cannot be written to, when one small slip of form is all that is wrong;
    None when it cannot be told."""
    if len(text) > _LONGEST_MENDED or "\n" in text or "\r" in text:
        return None
    bare = text.strip()
    while (less := _WRAPPED.sub("", bare).strip()) != bare:
        bare = less
    bare = _DOT.sub(".", _AT.sub("@", bare, count=1))
    local, at, domain = bare.rpartition("@")
    if not at:
        return _without_at(bare)
    local = re.sub(r"\s+", "", local.rstrip("@"))
    domain = re.sub(r"\s+", "", domain).replace(",", ".").replace(";", ".").replace("..", ".").strip(".-").lower()
    candidates = [f"{local}@{domain}", f"{re.sub(r'[.]{2,}', '.', local).strip('.')}@{domain}"]
    if "." not in domain:
        candidates = [f"{local}@{each}" for each in _by_letters().get(domain, ())]
    for each in candidates:
        checked = check_email(each)
        if each != text and checked.is_valid and checked.address is not None and checked.domain is not None:
            meant = domain_meant(checked.domain)
            return checked.address if meant is None else f"{checked.address[: -len(checked.domain)]}{meant}"
    return None


def _without_at(bare: str) -> str | None:
    """`anngmail.com`, `ann.gmail.com`, `ann#gmail.com`, `ann2gmail.com` (on many keyboards @ is on the 2)."""
    lowered = bare.lower()
    domain = next((each for each in _longest_first() if lowered.endswith(each) and len(lowered) > len(each)), None)
    if domain is None:
        return None
    local = bare[: -len(domain)].rstrip(".#*&% ") if bare[-len(domain) - 1] != "2" else bare[: -len(domain) - 1]
    checked = check_email(f"{local}@{domain}") if local and " " not in local and "/" not in local else None
    return checked.address if checked is not None else None


@lru_cache(maxsize=1)
def _longest_first() -> tuple[str, ...]:
    return tuple(sorted((each for each in LARGE if len(each) >= 7), key=lambda each: (-len(each), each)))


@lru_cache(maxsize=1)
def _by_letters() -> dict[str, tuple[str, ...]]:
    """Large providers by their domain without dots (gmailcom), and by a brand's name alone (gmail)."""
    found = {each.replace(".", ""): (each,) for each in sorted(LARGE)}
    return {**found, **{each: (f"{each}.com",) for each in ("gmail", "hotmail", "outlook", "yahoo", "icloud")}}


def email_signals(text: str, judged: EmailJudged) -> Iterator[Signal]:
    """What the address says of the lead. A slip of the fingers goes before what the wrong domain is known for."""
    if "example_domain" in judged.reasons:
        domain = judged.domain or _domain_in(text)
        said = say("{domain} is kept for examples and belongs to nobody.", domain=domain)
        yield signal("example_domain", said, field="email", value=text)
    elif not judged.is_valid:
        said = say(
            "The address {address} cannot be written to: {why}.", address=text, why=verbatim(judged.reasons[0])
        )
        yield signal("email_malformed", said, field="email", value=text)
    elif judged.suggestion is not None:
        said = say("{domain} is one slip of the fingers away from a large provider.", domain=judged.domain or "")
        yield signal("email_domain_typo", said, field="email", value=text)
    elif judged.disposable is Disposable.YES:
        said = say("{domain} gives mailboxes away for minutes.", domain=judged.domain or "")
        yield signal("email_disposable", said, field="email", value=text)
    elif judged.disposable is Disposable.DOUBTFUL:
        said = say(
            "One of two lists says that {domain} gives mailboxes away for minutes.", domain=judged.domain or ""
        )
        yield signal("email_disposable_doubtful", said, field="email", value=text)


def email_repairs(text: str, judged: EmailJudged) -> Iterator[Repair]:
    """The address that was probably meant."""
    if judged.suggestion is not None:
        yield Repair(
            field="email",
            given=text,
            proposed=judged.suggestion,
            why=say("The domain is one slip of the fingers away from that of a large provider.")
            if judged.is_valid
            else say("One slip in the form of the address, put right."),
        )
