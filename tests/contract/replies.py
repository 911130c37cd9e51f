"""What a CRM's module gives to the contract suite: conversations, request by request, and what must come of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from connector.crm.port import CrmAdapter, CrmOAuth, Delivery, FieldWrite, WriteResult
from connector.payloads import JsonValue
from connector.settings import CrmApp
from connector.storage.installs import Install

OLD_TOKEN, NEW_TOKEN = "old-access-token", "new-access-token"
OLD_REFRESH, NEW_REFRESH = "old-refresh-token", "new-refresh-token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The whole of one request, as it has to arrive. `path` may be a whole URL where the origin is not the usual one.

    `token`: the bearer token; "" = no Authorization but that of `headers`. `body`: JSON; `form`: a form.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: JsonValue = None
    form: Mapping[str, str] | None = None
    token: str = OLD_TOKEN
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer. `raw` takes the place of `json` where it is none."""

    json: JsonValue = None
    status: int = 200
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Exchange: TypeAlias = tuple[Asked, Reply]
Talk: TypeAlias = tuple[Exchange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotOccur:
    """The case does not exist at this CRM. `because` stands in docs/crms.md: a sentence without its full stop."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One reading call and the request that it makes. `gives`: what it returns when all is well."""

    act: Callable[[CrmAdapter], object]
    asked: Asked
    reply: Reply
    gives: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer to the probe that means no. `scope`: what the error must name, "" where it names none."""

    reply: Reply
    raises: type[Exception]
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """An answer to the probe that asks to wait. `at_least_s`: seconds that have to pass before it is asked again."""

    reply: Reply
    at_least_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentDay:
    """Answers that say that the day's calls are used up. `talk`: all that is asked before we stop.

    `at_least_s`: how long we say that we wait.
    """

    talk: Talk
    act: Callable[[CrmAdapter], object]
    at_least_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A back-fill from the first page to the last. `lead_ids`: all that must be named; each once unless `repeats`."""

    talk: Talk
    lead_ids: frozenset[str]
    repeats: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckListing:
    """A listing whose cursor does not move on. The last request of `talk` is the last that may be made."""

    talk: Talk
    act: Callable[[CrmAdapter], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Leads that are read. `read`, `gone`: ids among the records, and among the gone. `merged`: record → merged ids.

    `converted`: record → the id of the lead that it was.
    """

    talk: Talk
    lead_ids: tuple[str, ...]
    read: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    converted: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """A lead that is read: when it came, when each of its activities took place and was noted, when tasks are due."""

    talk: Talk
    lead_id: str
    received_at: datetime
    occurred_at: Mapping[str, datetime]
    recorded_at: Mapping[str, datetime]
    due_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """A lead with NAME and a note of ours with NOTE: read as written, written as meant."""

    read: Talk
    lead_id: str
    write: Talk
    first_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A batch that is written, and what must be said of each record."""

    talk: Talk
    writes: tuple[FieldWrite, ...]
    results: tuple[WriteResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """Deliveries that our own writes set off: none may ask to look again. `real` must."""

    echoes: tuple[Delivery, ...]
    real: Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """An answer that names a host of somebody else's. No request may go there."""

    talk: Talk
    act: Callable[[CrmAdapter, CrmOAuth], object]
    raises: type[Exception] | None


FIRST_NAME = "Zoë 李 نور 🏡"
NOTE = "Überfällig: 3 Anrufe – kein Kontakt 🕒 «نور»"


class ContractReplies(Protocol):
    """One CRM in the contract suite. Every method is a case; CannotOccur says in words why there is none.

    Each case's talk begins anew, with OLD_TOKEN. Bodies are shaped as the CRM's own documentation and recordings have
    them.
    """

    crm: str
    origin: str
    """scheme://host of the API."""

    env: Mapping[str, str]
    """Settings of our app for it."""

    since: datetime
    """Aware UTC. All leads of its listings came later."""

    def site(self) -> CrmApp | None:
        """Our registration there, where the CRM is self-hosted."""
        ...

    def install(self) -> Install:
        """The install that the adapter works for."""
        ...

    def probe(self) -> Probe:
        """One plain reading call."""
        ...

    def unauthorized(self) -> Reply:
        """A dead access token."""
        ...

    def refreshed(self) -> Exchange:
        """The token endpoint gives NEW_TOKEN and NEW_REFRESH for OLD_REFRESH."""
        ...

    def refresh_refused(self) -> Exchange:
        """The token endpoint says that the grant behind OLD_REFRESH is dead."""
        ...

    def missing_scope(self) -> Refusal | CannotOccur:
        """The probe is refused for want of a permission."""
        ...

    def busy_with_retry_after(self) -> Pause | CannotOccur:
        """429 with Retry-After."""
        ...

    def busy_without_retry_after(self) -> Pause | CannotOccur:
        """429 without."""
        ...

    def spent_day(self) -> SpentDay | CannotOccur:
        """The day's budget is used up."""
        ...

    def half_page(self) -> Listing:
        """A full page, then one that is not full, then the end."""
        ...

    def moving_page(self) -> Listing:
        """Between two pages a record goes and another comes."""
        ...

    def stuck_cursor(self) -> StuckListing:
        """The cursor of the next page is that of this one."""
        ...

    def unknown_field(self) -> Writing | Reading:
        """Somebody removed a field of ours: the write says so and the record is not gone; or the lead is read."""
        ...

    def merged(self) -> Reading | CannotOccur:
        """A lead that was merged into another."""
        ...

    def converted(self) -> Reading | CannotOccur:
        """A lead that became another record."""
        ...

    def deleted(self) -> Reading:
        """A lead that was thrown away, beside one that was not."""
        ...

    def own_echo(self) -> Echo | CannotOccur:
        """Webhooks of our own writes."""
        ...

    def partial_batch(self) -> Writing:
        """Three leads are written: one well, one refused, one gone."""
        ...

    def time_zones(self) -> Moments:
        """Times in the zones and forms that the CRM uses, around a change of the clocks where zones matter."""
        ...

    def unicode(self) -> Letters:
        """FIRST_NAME on a lead, NOTE in our note."""
        ...

    def foreign_host(self) -> Foreign:
        """The CRM's answer names a host that is not the CRM's."""
        ...
