"""What a map says of an export: which column means what, and which value means what. Frozen values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from audits.model.activity import ActivityState, Direction, Disposition
from audits.model.case import Fact
from audits.model.lead import LeadStatus

ValueT = TypeVar("ValueT")

#: In a table of values: every value that is not listed.
ANY_OTHER = "*"


class LeadField(StrEnum):
    """What a column of the leads file can hold."""

    LEAD_ID = "lead_id"
    RECEIVED_AT = "received_at"
    RECORDED_AT = "recorded_at"
    MODIFIED_AT = "modified_at"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    PHONE = "phone"
    MOBILE = "mobile"
    COMPANY = "company"
    COUNTRY = "country"
    SOURCE = "source"
    SOURCE_DETAIL = "source_detail"
    OWNER = "owner"
    STATUS = "status"
    LEAD_TYPE = "lead_type"
    MESSAGE = "message"
    IMPORTED = "imported"
    RECORD_URL = "record_url"
    SUBMITTED_AT = "submitted_at"
    PREFERRED_AT = "preferred_at"
    RECONTACT_ON = "recontact_on"
    CALL_CONSENT = "call_consent"
    PRIORITY = "priority"
    PIPELINE = "pipeline"
    STAGE = "stage"
    STAGE_SINCE = "stage_since"
    CLOSED_AT = "closed_at"
    LANGUAGE = "language"
    CITY = "city"
    JOB_TITLE = "job_title"
    AGE_GROUP = "age_group"
    ORGANISATION_CITY = "organisation_city"
    ORGANISATION_KIND = "organisation_kind"
    INDUSTRY = "industry"
    STAFF = "staff"
    DECIDES = "decides"


class TouchField(StrEnum):
    """What a column of a touches file can hold."""

    TOUCH_ID = "touch_id"
    LEAD_ID = "lead_id"
    KIND = "kind"
    OCCURRED_AT = "occurred_at"
    RECORDED_AT = "recorded_at"
    DIRECTION = "direction"
    STATE = "state"
    DISPOSITION = "disposition"
    AUTOMATED = "automated"
    DURATION = "duration"
    OWNER = "owner"
    DUE_AT = "due_at"
    COMPLETED_AT = "completed_at"
    SUBJECT = "subject"
    TEXT = "text"


class ChangeField(StrEnum):
    """What a column of a file of changes can hold."""

    LEAD_ID = "lead_id"
    CHANGED_AT = "changed_at"
    OWNER = "owner"
    STATUS = "status"
    STAGE = "stage"


class OwnerField(StrEnum):
    """What a column of the owners file can hold."""

    OWNER = "owner"
    NAME = "name"
    EMAIL = "email"
    TEAM = "team"
    ARCHIVED = "archived"


class EventField(StrEnum):
    """What a column of an event log says of one event."""

    CASE = "case"
    EVENT_AT = "event_at"
    ACTOR = "actor"
    OWNER = "owner"
    STATUS = "status"
    STAGE = "stage"
    ORDER = "order"


class TouchKind(StrEnum):
    """What a row of a touches file is. TASK is a planned act, NOTE is context and never a touch."""

    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    MESSAGE = "message"
    NOTE = "note"
    TASK = "task"


class RepeatedHour(StrEnum):
    """Which instant a local time means that the clocks show twice."""

    EARLIER = "earlier"
    LATER = "later"
    REJECT = "reject"


class SkippedHour(StrEnum):
    """What becomes of a local time that the clocks never show: SHIFT moves it forward by the skipped span."""

    SHIFT = "shift"
    REJECT = "reject"


class DurationUnit(StrEnum):
    """How a duration is written. CLOCK is mm:ss or hh:mm:ss."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    MINUTES = "min"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeReading:
    """How times are written. `zone` (IANA) holds for times without an offset of their own.

    `formats` are tried in order: strptime formats, or `iso`, `epoch_s`, `epoch_ms`, `excel` (days since 1899-12-30).
    """

    zone: str
    formats: tuple[str, ...] = ("iso",)
    repeated_hour: RepeatedHour = RepeatedHour.EARLIER
    skipped_hour: SkippedHour = SkippedHour.SHIFT


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How a file is written. None = found out: UTF-8 or what the byte order mark says, the delimiter that fits the
    mapped columns, the first sheet. `fallback_encoding` reads cells that are not valid in `encoding`."""

    encoding: str | None = None
    fallback_encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    skip_lines: int = 0


@dataclass(frozen=True, slots=True)
class Values(Generic[ValueT]):
    """What the values of a column mean; blanks around a value and its case do not matter.

    `constant`: the same for all rows. `column` is empty when the map names none.
    """

    column: str
    meanings: Mapping[str, ValueT] = field(default_factory=dict)
    constant: ValueT | None = None

    @property
    def is_given(self) -> bool:
        """Whether the map says anything at all."""
        return self.column != "" or self.constant is not None

    def meaning(self, value: str) -> ValueT | None:
        """The constant, the meaning of `value`, that of "*", or None when the map does not say."""
        if self.constant is not None:
            return self.constant
        found = self.meanings.get(value.strip().casefold())
        return found if found is not None else self.meanings.get(ANY_OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadMap:
    """The leads file. `columns`: per field, names of columns; one must be there, the first filled one counts.

    `time_of_day`: columns of the hour, for the times whose own column holds only the date.
    """

    file: FileFormat
    times: TimeReading
    columns: Mapping[LeadField, tuple[str, ...]]
    constants: Mapping[LeadField, str]
    status: Values[LeadStatus]
    imported: Values[bool]
    call_consent: Values[bool]
    empty: frozenset[str]
    time_of_day: Mapping[LeadField, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchMap:
    """One touches file. `covers` are the facts that this file shows completely.

    `lead_id_separator`: one row may name several leads. `system_users`: owners whose acts are automated.
    `time_of_day` as in LeadMap. `is_timeless_no_touch`: a row without a time tells of no touch (a column such as
    "first response", filled only when there was one).
    """

    name: str
    file: FileFormat
    times: TimeReading
    columns: Mapping[TouchField, tuple[str, ...]]
    constants: Mapping[TouchField, str]
    kind: Values[TouchKind]
    direction: Values[Direction]
    state: Values[ActivityState]
    disposition: Values[Disposition]
    automated: Values[bool]
    duration_unit: DurationUnit
    lead_id_separator: str | None
    system_users: frozenset[str]
    covers: frozenset[Fact]
    empty: frozenset[str]
    time_of_day: Mapping[TouchField, str]
    is_timeless_no_touch: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMap:
    """A file with one row for every change of one thing, `what`: OWNER, STATUS or STAGE. `covers` as in TouchMap."""

    name: str
    file: FileFormat
    times: TimeReading
    columns: Mapping[ChangeField, tuple[str, ...]]
    what: ChangeField
    covers: frozenset[Fact]
    empty: frozenset[str]
    time_of_day: Mapping[ChangeField, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersMap:
    """The owners file: who is in which team, and who has left."""

    file: FileFormat
    columns: Mapping[OwnerField, tuple[str, ...]]
    constants: Mapping[OwnerField, str]
    archived: Values[bool]
    empty: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLogMap:
    """A file with one row per event. What the leads are stands on every row (`lead.columns`).

    `system_users`: actors whose events are automated. `is_first_actor_ignored`: who made the first event of a case
    recorded it; his events are kept as notes and are no attempts. `touch_kind`: what every other event is read as.
    `is_written_by_hand`: people wrote the events down, so that many calls within a minute are logged, not made.
    """

    lead: LeadMap
    columns: Mapping[EventField, str]
    touch_kind: TouchKind
    system_users: frozenset[str]
    is_first_actor_ignored: bool
    is_written_by_hand: bool
    covers: frozenset[Fact]
    time_of_day: Mapping[EventField, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportMap:
    """A whole map file: leads with touches, or an event log. `owners`: spelling in the export → owner id.

    `not_used`: kinds of facts of which whoever wrote the map says that there are none.
    """

    title: str
    leads: LeadMap | None
    touches: tuple[TouchMap, ...]
    event_log: EventLogMap | None
    changes: tuple[ChangeMap, ...]
    people: OwnersMap | None
    owners: Mapping[str, str]
    not_used: frozenset[Fact]
