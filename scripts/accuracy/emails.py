"""E-mail addresses: the isEmail set, slips of the fingers put right, and real domains left alone."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from importlib.metadata import version
from itertools import pairwise

import pymailcheck
from disposable_email_domains import allowlist
from email_validator import EmailNotValidError, validate_email

from audits.model.truth import Disposable
from audits.truth.email import judge_email
from audits.truth.email_domains import KNOWN_SLIPS, LARGE, RELAYS, domain_meant
from scripts.accuracy import DATA, Section, share

# The largest, whose slips are the most common.
LARGEST = (
    "gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "t-online.de", "laposte.net", "hotmail.no",
    "yahoo.fr", "hotmail.co.uk", "googlemail.com", "protonmail.com", "virgilio.it", "hotmail.it", "otenet.gr",
    "comcast.net", "wanadoo.fr", "yandex.ru", "seznam.cz", "btinternet.com",
)  # fmt: skip
TLD_SLIPS = (
    ("gmail.con", "gmail.com"), ("gmail.co", "gmail.com"), ("gmail.cmo", "gmail.com"), ("gmail.comm", "gmail.com"),
    ("gmail.cm", "gmail.com"), ("hotmail.con", "hotmail.com"), ("outlook.vom", "outlook.com"), ("web.dee", "web.de"),
    ("firma.con", "firma.com"), ("yahoo.couk", "yahoo.co.uk"), ("online.noo", "online.no"), ("mail.rru", "mail.ru"),
)  # fmt: skip
_DRAWN = 40
_MIN_MENDED = 0.75


def _refuses(address: str) -> bool:
    try:
        validate_email(address.strip(" "), check_deliverability=False)
    except EmailNotValidError:
        return True
    return False


def slips(domain: str, draw: random.Random) -> Iterator[str]:
    """One letter of the name lost, doubled, swapped with the next, or struck on the key beside."""
    name, _, rest = domain.partition(".")
    at = draw.randrange(1, len(name))
    yield f"{name[:at]}{name[at + 1 :]}.{rest}"
    yield f"{name[:at]}{name[at]}{name[at:]}.{rest}"
    places = [each for each in range(len(name) - 1) if name[each] != name[each + 1]]
    at = draw.choice(places)
    yield f"{name[:at]}{name[at + 1]}{name[at]}{name[at + 2 :]}.{rest}"
    beside = dict(pair for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm") for pair in pairwise(row))
    at = draw.choice([each for each in range(1, len(name)) if name[each] in beside])
    yield f"{name[:at]}{beside[name[at]]}{name[at + 1 :]}.{rest}"


def _peer(domain: str) -> str | None:
    found = pymailcheck.suggest(f"ann@{domain}")
    return found["domain"] if found else None


def measure() -> Section:
    """The figures of this area."""
    cases = json.loads((DATA / "emails_isemail.json").read_text(encoding="utf-8"))["cases"]
    invalid = [each["address"] for each in cases if each["lead_form_verdict"] == "invalid"]
    valid = [each["address"] for each in cases if each["lead_form_verdict"] == "valid"]
    accepted = [each for each in invalid if judge_email(each).is_valid]
    refused = [each for each in valid if not judge_email(each).is_valid]
    validator = f"email-validator {version('email-validator')}"

    real = sorted({*(DATA / "mail_domains.txt").read_text(encoding="utf-8").split(), *allowlist, *LARGE})
    corrected = [
        each for each in real if each not in KNOWN_SLIPS and domain_meant(each) is not None and _exists(each)
    ]
    by_peer = [each for each in real if _peer(each) is not None]
    mailcheck = f"pymailcheck {version('pymailcheck')}"

    draw = random.Random(20261122)
    made = sorted({(slip, each) for each in LARGEST for _ in range(_DRAWN) for slip in slips(each, draw)})
    made = [(slip, each) for slip, each in made if slip not in real or slip in KNOWN_SLIPS]
    mended = [slip for slip, each in made if domain_meant(slip) == each]
    otherwise = [slip for slip, each in made if domain_meant(slip) not in (None, each)]
    peer_mended = [slip for slip, each in made if _peer(slip) == each]
    peer_otherwise = [slip for slip, each in made if _peer(slip) not in (None, each)]
    tlds = [slip for slip, right in TLD_SLIPS if domain_meant(slip) == right]
    peer_tlds = [slip for slip, right in TLD_SLIPS if _peer(slip) == right]
    relays = [each for each in RELAYS if judge_email(f"ann@{each}").disposable is not Disposable.NO]
    failures = [
        f"{what}: {found[:8]}"
        for what, found in (
            ("invalid, accepted", accepted),
            ("valid, refused", refused),
            ("real domains corrected", corrected),
            ("slips of top-level domains not put right", sorted({slip for slip, _ in TLD_SLIPS} - {*tlds})),
            ("relays called disposable", relays),
        )
        if found
    ]
    if len(mended) < _MIN_MENDED * len(made):
        failures.append(f"only {share(len(mended), len(made))} slips of the largest providers put right")
    rows = [
        (
            "invalid addresses accepted",
            accepted,
            [each for each in invalid if not _refuses(each)],
            invalid,
            validator,
        ),
        ("valid addresses refused", refused, [each for each in valid if _refuses(each)], valid, validator),
        ('real mail domains "corrected"', corrected, by_peer, real, mailcheck),
        ("slips of large providers put right", mended, peer_mended, made, mailcheck),
        ("slips put to another domain", otherwise, peer_otherwise, made, mailcheck),
        ("slips of top-level domains put right", tlds, peer_tlds, TLD_SLIPS, mailcheck),
    ]
    return Section(
        title="E-mail addresses",
        rows=(
            *(
                (what, share(len(ours), len(of)), share(len(others), len(of)), peer)
                for what, ours, others, of, peer in rows
            ),
            ("relays called disposable", share(len(relays), len(RELAYS)), "", ""),
        ),
        notes=(
            "Addresses: the set of isEmail 3.05 by its verdict for lead forms; what it calls obsolete or "
            "rare is not counted.",
            f"Real domains: {len(real)} of npm email-providers 2.26.0 and free-email-domains 1.12.6, of the "
            f"exceptions of disposable-email-domains {version('disposable-email-domains')}, and our own table. "
            f"Those hold slips as well: {len(KNOWN_SLIPS)} known for such are corrected although they exist.",
            "Slips: of the names of twenty large providers one letter lost, doubled, swapped or struck on the next "
            "key, drawn with a fixed seed. A domain in its own right (email.com, fmail.com) is never corrected.",
        ),
        ok=not failures,
        failures=failures,
    )


def _exists(domain: str) -> bool:
    """Whether a domain of the lists can exist at all: their compilers kept some that end in no top-level domain."""
    return domain.rpartition(".")[2] not in ("con", "ney") and not domain.startswith("www.")
