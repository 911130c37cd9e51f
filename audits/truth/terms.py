"""What an account's own terms say of a lead: its staff, its competitors, and whether a firm's address is its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from audits.model.said import say
from audits.model.truth import EmailJudged, Given, Intent, MessageJudged, Signal, TruthTerms
from audits.truth.weights import signal

#: What firms add to their name by law, and words that many names share.
_LEGAL_FORMS = frozenset(
    {
        *(
            "as",
            "asa",
            "ab",
            "aps",
            "oy",
            "oyj",
            "gmbh",
            "ag",
            "kg",
            "ohg",
            "ug",
            "mbh",
            "ltd",
            "limited",
            "llc",
            "llp",
        ),
        *("plc", "inc", "corp", "corporation", "co", "company", "sa", "sarl", "sas", "srl", "spa", "bv", "nv", "sp"),
        *("zoo", "doo", "kft", "ae", "epe", "ike", "sia", "uab", "ou", "group", "holding", "the", "und", "and", "of"),
        *("de", "la"),
    }
)
_LEAST_LETTERS = 4
_LETTERS = re.compile(r"[^\W_]+")


def terms_signals(
    given: Given, email: EmailJudged | None, message: MessageJudged | None, terms: TruthTerms
) -> Iterable[Signal]:
    """What can be told only by what the account says of itself, or by two fields together."""
    found: list[Signal] = []
    if email is not None and email.domain:
        found += _of_domain(given, email, email.domain, terms)
    if terms.competitor_names and given.company:
        found += _of_company(given, terms)
    if message is not None and message.intents and email is not None and email.is_free:
        found += _of_probe(given, message)
    return found


def _of_company(given: Given, terms: TruthTerms) -> Iterator[Signal]:
    named = next((each for each in terms.competitor_names if _is_named(each, given.company)), None)
    if named is not None:
        said = say("{company} is on the list of competitors.", company=named)
        yield signal("competitor_named", said, field="company", value=given.company or "")


def _of_probe(given: Given, message: MessageJudged) -> Iterator[Signal]:
    if not message.has_need and any(intent is Intent.PROBE for intent, _ in message.intents):
        said = say("A free mailbox, and no word of what is wanted.")
        yield signal("probe_no_need", said, field="email", value=given.email or "")


def _of_domain(given: Given, email: EmailJudged, domain: str, terms: TruthTerms) -> Iterable[Signal]:
    own, theirs = _listed(domain, terms.own_domains), _listed(domain, terms.competitor_domains)
    is_nobodys = own is None and theirs is None and (email.is_free or not given.company)
    return () if is_nobodys and email.is_deliverable is None else _signals(given, email, own, theirs)


def _signals(given: Given, email: EmailJudged, own: str | None, theirs: str | None) -> Iterator[Signal]:
    address, domain = given.email or "", email.domain or ""
    if own is not None:
        yield signal("own_domain", say("{domain} is a domain of your own.", domain=own), field="email", value=address)
    elif theirs is not None:
        said = say("{domain} is a domain of a competitor.", domain=theirs)
        yield signal("competitor_domain", said, field="email", value=address)
    elif not email.is_free and _is_of_firm(domain, given.company):
        said = say("The address is of the firm named.")
        yield signal("company_address", said, field="email", value=address)
    if email.is_deliverable is not None:
        if email.is_deliverable:
            said = say("{domain} takes mail.", domain=domain)
            yield signal("email_deliverable", said, field="email", value=address)
        else:
            said = say("No mail server answers for {domain}.", domain=domain)
            yield signal("email_domain_unknown", said, field="email", value=address)


def _listed(domain: str, names: tuple[str, ...]) -> str | None:
    """The name on the list that a domain is, or is a part of."""
    for each in names:
        if domain.endswith(each) and (domain == each or domain.endswith(f".{each}")):
            return each
    return None


def _is_named(competitor: str, company: str | None) -> bool:
    if not company:
        return False
    wanted, found = _words(competitor), _words(company)
    return bool(wanted) and any(found[n : n + len(wanted)] == wanted for n in range(len(found)))


def _is_of_firm(domain: str, company: str | None) -> bool:
    if not company:
        return False
    of_company = _words(company)
    words = [each for each in of_company if len(each) >= _LEAST_LETTERS]
    joined = "".join(of_company)
    for label in domain.split(".")[:-1]:
        parts = label.split("-")
        if "".join(parts) == joined:
            return True
        for word in words:
            if word in parts or label.startswith(word):
                return True
    return False


@lru_cache(maxsize=8_192)
def _words(text: str) -> tuple[str, ...]:
    """The words of a firm's name as they are compared: no accents, no case, no legal forms."""
    plain = text.lower()
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text.casefold())
        plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    kept = _LETTERS.findall(plain)
    return tuple([each for each in kept if each not in _LEGAL_FORMS]) or tuple(kept)
