"""E-mail addresses: syntax, domains that give mailboxes away, roles, relays, tags, and what was probably meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from audits.model.said import say, verbatim
from audits.model.truth import Disposable, EmailJudged, Repair, Signal
from audits.truth.weights import signal

_KEPT = 8_192


@lru_cache(maxsize=_KEPT)
def judge_email(text: str) -> EmailJudged:
    """What the address `text` is, by its letters and dated lists; no DNS is asked."""
    try:
        # Only spaces are taken off: a line break in an address is how headers are forged.
        found = validate_email(text.strip(" "), check_deliverability=False)
    except EmailNotValidError as refused:
        return EmailJudged(
            normalised=None, key=None, domain=None, is_valid=False, reasons=(str(refused).rstrip("."),)
        )
    local = unicodedata.normalize("NFC", found.local_part.lower())
    domain = (found.ascii_domain or found.domain).lower()
    return EmailJudged(
        normalised=f"{found.local_part}@{domain}", key=f"{local}@{domain}", domain=domain, is_valid=True
    )


def email_signals(text: str, judged: EmailJudged) -> Iterator[Signal]:
    """What the address says of the lead."""
    if not judged.is_valid:
        said = say(
            "The address {address} cannot be written to: {why}.", address=text, why=verbatim(judged.reasons[0])
        )
        yield signal("email_malformed", said, field="email", value=text)
    if judged.disposable is Disposable.YES:
        said = say("{domain} gives mailboxes away for minutes.", domain=judged.domain or "")
        yield signal("email_disposable", said, field="email", value=text)


def email_repairs(text: str, judged: EmailJudged) -> Iterator[Repair]:
    """The address that was probably meant."""
    if judged.suggestion is not None:
        yield Repair(
            field="email",
            given=text,
            proposed=judged.suggestion,
            why=say("The domain is one slip of the fingers away from that of a large provider."),
        )
