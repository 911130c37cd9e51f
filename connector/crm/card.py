"""The contract of a card: what a CRM shows of a lead beside its own record, asked for by the CRM itself.

A CRM calls /cards/<crm> when somebody opens a record. The desk of that CRM proves the call, and puts our answer into
the shape that the CRM draws. What is shown is decided elsewhere: a desk knows no lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connector.payloads import JsonObject
from connector.settings import CrmApp


class CardRefused(Exception):
    """The call does not prove that the CRM made it. The message is for our log, never for the answer."""


class RecordKind(StrEnum):
    """What the record on which the card stands is to us; OTHER is none that we know."""

    LEAD = "lead"
    COMPANION = "companion"
    ORGANIZATION = "organization"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCall:
    """A call as it came. `url`: the address as the CRM called it, escapes as sent. `query`: its parameters, decoded,
    in order, repeated ones too. `headers`: by lower-case name. `body`: the bytes as received."""

    method: str
    url: str = field(repr=False)
    query: tuple[tuple[str, str], ...] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def only(self, name: str) -> str | None:
        """The parameter `name`, None where it is missing. Raises CardRefused when it stands there twice: who may add
        to the address could otherwise put another account before the CRM's own word."""
        found = [value for key, value in self.query if key == name]
        if len(found) > 1:
            raise CardRefused(f"the parameter {name} stands there {len(found)} times")
        return found[0] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRequest:
    """Who asks for which record, as the CRM says. `is_shared`: the viewer himself did not install our app."""

    account_id: str
    user_id: str
    kind: RecordKind
    record_id: str
    is_shared: bool = False


class Tone(StrEnum):
    """How pressing something is; a desk picks the colour."""

    GOOD = "good"
    PLAIN = "plain"
    WARN = "warn"
    BAD = "bad"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class CardText:
    """Words with their tone."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class CardLink:
    """Words that lead somewhere."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAttempt:
    """One attempt in words: the act, its moment in the account's zone, who made it, and its result."""

    what: str
    when: str
    who: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLead:
    """One lead in words. `quality`, `handling`: 0-100, None = unknown, which `quality_says` and `handling_says` say.

    `details` None: the viewer may see no more than what stands on the record anyway; `limited_says` tells him.
    `contests`: which findings somebody contests and nobody has decided yet, then which were set aside.
    """

    lead_id: str
    title: str
    quality: int | None
    quality_says: str
    handling: int | None
    handling_says: str
    verdict: CardText
    status: CardText
    details: CardDetails | None
    limited_says: str = ""
    contests: tuple[CardText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDetails:
    """What whoever works the lead sees. `clock`: what is due when. `warnings`: what could not be looked at.

    `no_attempts_says`: what to say where `attempts` is empty. `page`: our page of the lead. `record`: the CRM's.
    """

    clock: CardText
    next_step: str
    attempts: tuple[CardAttempt, ...]
    no_attempts_says: str
    warnings: tuple[str, ...]
    page: CardLink
    record: CardLink | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLabels:
    """The headings of a card."""

    quality: str
    handling: str
    verdict: str
    status: str
    clock: str
    next_step: str
    attempts: str
    warnings: str
    limited: str
    contests: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardShown:
    """The leads of the record that was asked for, the newest first; none = `empty_says`. `more`: where the others
    are, when there are more. `settings`: our settings page, for an admin."""

    leads: tuple[CardLead, ...]
    labels: CardLabels
    empty_says: str
    more: CardLink | None = None
    settings: CardLink | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNotice:
    """Instead of leads: why none can be shown, and what to do. `status`: the HTTP status that fits."""

    status: int
    title: str
    text: str
    action: CardLink | None = None


@dataclass(frozen=True, slots=True)
class CardReply:
    """What the CRM gets."""

    status: int
    body: JsonObject


class CardDesk(Protocol):
    """One CRM's cards. It has no state."""

    def prove(self, call: CardCall, app: CrmApp, now: datetime) -> CardRequest:
        """Who asks for what, when one of the app's secrets proves the call near `now` (aware).

        Raises CardRefused for a call that is not proven, UnexpectedPayload for a proven one that cannot be read.
        """
        ...

    def render(self, shown: CardShown | CardNotice) -> CardReply:
        """The answer in the CRM's shape."""
        ...
