"""Rows of an export → leads, touches and events in our words. A row that cannot be used raises BadCell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from audits.model.activity import Activity, ActivityKind, ActivityState, Owner, Task
from audits.model.fit import OWN_FACTS
from audits.model.lead import Lead
from connector.exports.mapping import (
    ChangeField,
    ChangeMap,
    EventField,
    EventLogMap,
    LeadField,
    LeadMap,
    OwnerField,
    OwnersMap,
    TimeReading,
    TouchField,
    TouchKind,
    TouchMap,
    Values,
)
from connector.exports.problems import BadCell, excerpt
from connector.exports.sheet import Cell, FaultyCell, Row, Sheet
from connector.exports.tallies import UnmappedValues
from connector.exports.times import Moment, TimeReader, span_s

FieldT = TypeVar("FieldT", bound=StrEnum)
ValueT = TypeVar("ValueT")

Owners = Mapping[str, str]

#: Cells kept with an activity as read, so that a finding can show them.
_EVIDENCE = (
    TouchField.KIND,
    TouchField.DIRECTION,
    TouchField.STATE,
    TouchField.DISPOSITION,
    TouchField.AUTOMATED,
    TouchField.DURATION,
    TouchField.OWNER,
)


class _Cells(Generic[FieldT]):
    """Finds the cells of a row by what they mean."""

    def __init__(
        self,
        sheet: Sheet,
        columns: Mapping[FieldT, tuple[str, ...]],
        constants: Mapping[FieldT, str],
        empty: frozenset[str],
        time_of_day: Mapping[FieldT, str],
    ) -> None:
        indexes = sheet.indexes([*columns.values(), *((name,) for name in time_of_day.values())])
        self._hours = {field: indexes[name] for field, name in time_of_day.items()}
        self._places = {
            field: [(name, indexes[name]) for name in names if name in indexes] for field, names in columns.items()
        }
        self._constants = constants
        self._empty = empty | {""}

    def cell(self, row: Row, field: FieldT) -> tuple[str, Cell]:
        """Column name and cell: the first filled of the field's columns, else its constant; ("", "") when empty."""
        for name, index in self._places.get(field, ()):
            found = row.cells[index]
            if not found:
                continue
            if not isinstance(found, str) or found.strip().casefold() not in self._empty:
                return name, found
        return "", self._constants.get(field, "")

    def text(self, row: Row, field: FieldT) -> str | None:
        """The text without blanks around it, or None when empty. Raises BadCell."""
        name, found = self.cell(row, field)
        if isinstance(found, FaultyCell):
            raise BadCell(name, excerpt(found.text), found.reason)
        return (found.isoformat(" ") if isinstance(found, datetime) else found.strip()) or None

    def needed_text(self, row: Row, field: FieldT) -> str:
        """The text. Raises BadCell when empty."""
        found = self.text(row, field)
        if found is None:
            raise BadCell(self._names(field), "", f"{field.value} is empty")
        return found

    def instant(self, row: Row, field: FieldT, times: TimeReader) -> datetime | None:
        """The instant, or None when empty. Raises BadCell."""
        found = self.moment(row, field, times)
        return None if found is None else found.at

    def moment(self, row: Row, field: FieldT, times: TimeReader) -> Moment | None:
        """The instant or the day, or None when empty. Raises BadCell."""
        name, found = self.cell(row, field)
        if found == "":
            return None
        hour = self._hours.get(field)
        try:
            return times.moment(found) if hour is None else times.moment_of(found, self._filled(row.cells[hour]))
        except ValueError as error:
            shown = found.text if isinstance(found, FaultyCell) else str(found)
            raise BadCell(name, excerpt(shown), f"{field.value}: {error}") from None

    def _filled(self, cell: Cell) -> Cell:
        return "" if isinstance(cell, str) and cell.strip().casefold() in self._empty else cell

    def day(self, row: Row, field: FieldT, times: TimeReader) -> date | None:
        """The day, or None when empty. Raises BadCell."""
        name, found = self.cell(row, field)
        if found == "":
            return None
        try:
            return times.day(found)
        except ValueError as error:
            shown = found.text if isinstance(found, FaultyCell) else str(found)
            raise BadCell(name, excerpt(shown), f"{field.value}: {error}") from None

    def needed_moment(self, row: Row, field: FieldT, times: TimeReader) -> Moment:
        """The instant or the day. Raises BadCell when empty."""
        found = self.moment(row, field, times)
        if found is None:
            raise BadCell(self._names(field), "", f"{field.value} is empty")
        return found

    def _names(self, field: FieldT) -> str:
        return " / ".join(name for name, _ in self._places.get(field, ()))


class _Meanings:
    """Looks values up in the map and counts those without a meaning."""

    def __init__(self, file: str, unmapped: UnmappedValues) -> None:
        self._file = file
        self._unmapped = unmapped

    def of(self, values: Values[ValueT], name: str, text: str | None) -> ValueT | None:
        """The meaning of `text`; None, counted, when the map gives none; None when nothing is mapped at all."""
        if not values.is_given:
            return None
        found = values.meaning(text or "")
        if found is None:
            self._unmapped.note(self._file, values.column, name, text or "")
        return found


class LeadRows:
    """Reads the rows of a leads file, or what every row of an event log says of its lead."""

    def __init__(self, sheet: Sheet, how: LeadMap, owners: Owners, unmapped: UnmappedValues) -> None:
        self._how = how
        self._cells = _Cells(sheet, how.columns, how.constants, how.empty, how.time_of_day)
        self._owners = owners
        self._meanings = _Meanings(sheet.name, unmapped)
        self.times = TimeReader(how.times)

    def lead(self, row: Row) -> Lead:
        """The lead in `row`. Raises BadCell naming the column."""
        cells, times = self._cells, self.times
        received = cells.needed_moment(row, LeadField.RECEIVED_AT, times)
        raw_status, imported = cells.text(row, LeadField.STATUS), cells.text(row, LeadField.IMPORTED)
        return Lead(
            lead_id=cells.needed_text(row, LeadField.LEAD_ID),
            received_at=received.at,
            received_latest_at=received.latest_at,
            recorded_at=cells.instant(row, LeadField.RECORDED_AT, times) or received.at,
            modified_at=cells.instant(row, LeadField.MODIFIED_AT, times),
            first_name=cells.text(row, LeadField.FIRST_NAME),
            last_name=cells.text(row, LeadField.LAST_NAME),
            email=cells.text(row, LeadField.EMAIL),
            phone=cells.text(row, LeadField.PHONE),
            mobile=cells.text(row, LeadField.MOBILE),
            company=cells.text(row, LeadField.COMPANY),
            country=cells.text(row, LeadField.COUNTRY),
            source=cells.text(row, LeadField.SOURCE),
            source_detail=cells.text(row, LeadField.SOURCE_DETAIL),
            owner_id=_owner(self._owners, cells.text(row, LeadField.OWNER)),
            status=self._meanings.of(self._how.status, LeadField.STATUS.value, raw_status),
            raw_status=raw_status,
            lead_type=cells.text(row, LeadField.LEAD_TYPE),
            message=cells.text(row, LeadField.MESSAGE),
            is_imported=self._meanings.of(self._how.imported, LeadField.IMPORTED.value, imported) or False,
            record_url=cells.text(row, LeadField.RECORD_URL),
            submitted_at=self._submitted_at(row, received.at),
            preferred_at=cells.instant(row, LeadField.PREFERRED_AT, times),
            recontact_on=cells.day(row, LeadField.RECONTACT_ON, times),
            has_call_consent=self._flag(row, LeadField.CALL_CONSENT, self._how.call_consent),
            priority=cells.text(row, LeadField.PRIORITY),
            pipeline=cells.text(row, LeadField.PIPELINE),
            stage=cells.text(row, LeadField.STAGE),
            stage_since=self._no_later_than(row, LeadField.STAGE_SINCE),
            closed_at=self._no_later_than(row, LeadField.CLOSED_AT),
            language=cells.text(row, LeadField.LANGUAGE),
            facts=tuple(
                sorted(
                    (name.value, text)
                    for name in OWN_FACTS
                    if (text := cells.text(row, LeadField(name.value))) is not None
                )
            ),
        )

    def _no_later_than(self, row: Row, field: LeadField) -> datetime | None:
        """The instant; of a day its last: nothing is said to have waited for longer than it has for sure."""
        found = self._cells.moment(row, field, self.times)
        return None if found is None else found.latest_at or found.at

    def _submitted_at(self, row: Row, received_at: datetime) -> datetime | None:
        """When the form was sent; where only the day is known, as late on it as can be."""
        found = self._cells.moment(row, LeadField.SUBMITTED_AT, self.times)
        if found is None or found.latest_at is None:
            return None if found is None else found.at
        return max(found.at, min(found.latest_at, received_at))

    def _flag(self, row: Row, field: LeadField, values: Values[bool]) -> bool | None:
        """Yes, no, or unknown; an empty cell is unknown unless the map says what it means."""
        text = self._cells.text(row, field)
        return self._meanings.of(values, field.value, text) if text or "" in values.meanings else values.constant

    def named_leads(self, row: Row) -> list[str]:
        """The lead that a row names, also one that cannot be used; none when even that cannot be read."""
        try:
            named = self._cells.text(row, LeadField.LEAD_ID)
        except BadCell:
            return []
        return [] if named is None else [named]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One row of a touches file for one lead. `is_recorded_known` False: the export does not say when it was
    written down, so that `recorded_at` is only when it took place."""

    act: Activity | Task
    is_recorded_known: bool


class TouchRows:
    """Reads the rows of a touches file."""

    def __init__(self, sheet: Sheet, how: TouchMap, owners: Owners, unmapped: UnmappedValues) -> None:
        self._how = how
        self._name = how.name
        self._evidence = [field for field in _EVIDENCE if field in how.columns]
        self._cells = _Cells(sheet, how.columns, how.constants, how.empty, how.time_of_day)
        self._owners = owners
        self._meanings = _Meanings(sheet.name, unmapped)
        self.times = TimeReader(how.times)

    def touches(self, row: Row) -> list[Touch]:
        """The touch in `row`, once for each lead that the row names; none when the map says that a row without a
        time is none. Raises BadCell naming the column."""
        cells = self._cells
        if self._how.is_timeless_no_touch and cells.cell(row, TouchField.OCCURRED_AT)[1] == "":
            return []
        lead_ids = self._lead_ids(cells.needed_text(row, TouchField.LEAD_ID))
        kind = self._kind(row)
        touch_id = cells.text(row, TouchField.TOUCH_ID) or f"{self._name}:{row.line}"
        occurred = cells.needed_moment(row, TouchField.OCCURRED_AT, self.times)
        recorded_at = cells.instant(row, TouchField.RECORDED_AT, self.times)
        read = self._task if kind is TouchKind.TASK else self._activity
        return [
            Touch(
                act=read(row, kind, touch_id, lead_id, occurred, recorded_at or occurred.at),
                is_recorded_known=recorded_at is not None,
            )
            for lead_id in lead_ids
        ]

    def named_leads(self, row: Row) -> list[str]:
        """The leads that a row names, also one that cannot be used; none when even that cannot be read."""
        try:
            return self._lead_ids(self._cells.text(row, TouchField.LEAD_ID) or "")
        except BadCell:
            return []

    def _lead_ids(self, named: str) -> list[str]:
        separator = self._how.lead_id_separator
        parts = [part.strip() for part in named.split(separator)] if separator else [named]
        return list(dict.fromkeys(filter(None, parts)))

    def _activity(
        self, row: Row, kind: TouchKind, touch_id: str, lead_id: str, occurred: Moment, recorded_at: datetime
    ) -> Activity:
        cells, how = self._cells, self._how
        raw_owner = cells.text(row, TouchField.OWNER)
        return Activity(
            activity_id=touch_id,
            lead_id=lead_id,
            kind=ActivityKind(kind.value),
            occurred_at=occurred.at,
            latest_at=occurred.latest_at,
            recorded_at=recorded_at,
            direction=self._meaning(row, TouchField.DIRECTION, how.direction),
            state=self._meaning(row, TouchField.STATE, how.state),
            disposition=self._meaning(row, TouchField.DISPOSITION, how.disposition),
            is_automated=self._is_automated(row, raw_owner),
            duration_s=self._duration_s(row),
            owner_id=_owner(self._owners, raw_owner),
            raw=self._raw(row),
            subject=cells.text(row, TouchField.SUBJECT),
            text=cells.text(row, TouchField.TEXT),
        )

    def _task(
        self, row: Row, _: TouchKind, touch_id: str, lead_id: str, occurred: Moment, recorded_at: datetime
    ) -> Task:
        cells = self._cells
        state = self._meaning(row, TouchField.STATE, self._how.state)
        completed_at = cells.instant(row, TouchField.COMPLETED_AT, self.times)
        due = cells.moment(row, TouchField.DUE_AT, self.times) or occurred
        return Task(
            task_id=touch_id,
            lead_id=lead_id,
            recorded_at=recorded_at,
            # A task that is due on a day is due when that day ends.
            due_at=due.latest_at or due.at,
            is_done=completed_at is not None or state in (ActivityState.DONE, ActivityState.CANCELLED),
            completed_at=completed_at,
            owner_id=_owner(self._owners, cells.text(row, TouchField.OWNER)),
            raw=self._raw(row),
        )

    def _kind(self, row: Row) -> TouchKind:
        found = self._meaning(row, TouchField.KIND, self._how.kind)
        if found is None:
            text = self._cells.text(row, TouchField.KIND) or ""
            raise BadCell(self._how.kind.column, excerpt(text), "the map does not say what kind this is")
        return found

    def _meaning(self, row: Row, field: TouchField, values: Values[ValueT]) -> ValueT | None:
        if values.column == "" or values.constant is not None:
            return values.constant
        return self._meanings.of(values, field.value, self._cells.text(row, field))

    def _is_automated(self, row: Row, raw_owner: str | None) -> bool | None:
        if raw_owner is not None and raw_owner.casefold() in self._how.system_users:
            return True
        return self._meaning(row, TouchField.AUTOMATED, self._how.automated)

    def _duration_s(self, row: Row) -> int | None:
        name, found = self._cells.cell(row, TouchField.DURATION)
        if found == "":
            return None
        try:
            return span_s(found, self._how.duration_unit)
        except ValueError as error:
            shown = found.text if isinstance(found, FaultyCell) else str(found)
            raise BadCell(name, excerpt(shown), f"duration: {error}") from None

    def _raw(self, row: Row) -> tuple[tuple[str, str], ...]:
        read: list[tuple[str, str]] = []
        for field in self._evidence:
            name, found = self._cells.cell(row, field)
            if name and isinstance(found, str):
                read.append((name, found.strip()))
        return tuple(read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row of an event log. `order` decides between events of one time; `actor` None = the log does not say."""

    lead: Lead
    line: int
    event_at: datetime
    latest_at: datetime | None
    order: int
    actor: str | None


class EventRows:
    """Reads the rows of an event log."""

    def __init__(self, sheet: Sheet, how: EventLogMap, owners: Owners, unmapped: UnmappedValues) -> None:
        self._leads = LeadRows(sheet, how.lead, owners, unmapped)
        columns = {field: (name,) for field, name in how.columns.items()}
        self._cells: _Cells[EventField] = _Cells(sheet, columns, {}, how.lead.empty, how.time_of_day)
        self.times = self._leads.times

    def event(self, row: Row) -> Event:
        """The event in `row`. Raises BadCell naming the column."""
        cells = self._cells
        event = cells.needed_moment(row, EventField.EVENT_AT, self.times)
        order = cells.text(row, EventField.ORDER)
        if order is not None and not order.lstrip("-").isdecimal():
            raise BadCell("", excerpt(order), "order: is no whole number")
        return Event(
            lead=self._leads.lead(row),
            line=row.line,
            event_at=event.at,
            latest_at=event.latest_at,
            order=int(order or 0),
            actor=cells.text(row, EventField.ACTOR),
        )

    def named_leads(self, row: Row) -> list[str]:
        """The case that a row names, also one that cannot be used; none when even that cannot be read."""
        return self._leads.named_leads(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of a file of changes: `value` is what it became, None = nothing; `field` the column that says so."""

    lead_id: str
    changed_at: datetime
    what: ChangeField
    field: str
    value: str | None


class ChangeRows:
    """Reads the rows of a file of changes."""

    def __init__(self, sheet: Sheet, how: ChangeMap, owners: Owners) -> None:
        self._how = how
        self._cells: _Cells[ChangeField] = _Cells(sheet, how.columns, {}, how.empty, how.time_of_day)
        self._owners = owners
        self.times = TimeReader(how.times)

    def change(self, row: Row) -> Change:
        """The change in `row`. Raises BadCell naming the column."""
        cells, what = self._cells, self._how.what
        value = cells.text(row, what)
        if value is None and what is not ChangeField.OWNER:
            raise BadCell(self._how.columns[what][0], "", f"{what.value} is empty")
        at = cells.needed_moment(row, ChangeField.CHANGED_AT, self.times)
        if at.latest_at is not None:
            name, found = cells.cell(row, ChangeField.CHANGED_AT)
            raise BadCell(
                name, excerpt(str(found)), "changed_at: gives only the day, so what held on it is not known"
            )
        return Change(
            lead_id=cells.needed_text(row, ChangeField.LEAD_ID),
            changed_at=at.at,
            what=what,
            field=self._how.columns[what][0],
            value=_owner(self._owners, value) if what is ChangeField.OWNER else value,
        )

    def named_leads(self, row: Row) -> list[str]:
        """The lead that a row names, also one that cannot be used; none when even that cannot be read."""
        try:
            named = self._cells.text(row, ChangeField.LEAD_ID)
        except BadCell:
            return []
        return [] if named is None else [named]


class OwnerRows:
    """Reads the rows of the owners file."""

    def __init__(self, sheet: Sheet, how: OwnersMap, owners: Owners, unmapped: UnmappedValues) -> None:
        self._how = how
        self._cells: _Cells[OwnerField] = _Cells(sheet, how.columns, how.constants, how.empty, {})
        self._owners = owners
        self._meanings = _Meanings(sheet.name, unmapped)
        # Nothing in this file is a time.
        self.times = TimeReader(TimeReading(zone="UTC"))

    def owner(self, row: Row) -> Owner:
        """The owner in `row`. Raises BadCell naming the column, also where it is not known whether he has left: to
        say that he is there would be a guess."""
        cells = self._cells
        owner_id = cells.needed_text(row, OwnerField.OWNER)
        text = cells.text(row, OwnerField.ARCHIVED)
        is_archived: bool | None = False
        if self._how.archived.is_given:
            is_archived = self._meanings.of(self._how.archived, OwnerField.ARCHIVED.value, text)
        if is_archived is None:
            raise BadCell(self._how.archived.column, excerpt(text or ""), "the map does not say whether he has left")
        return Owner(
            owner_id=_owner(self._owners, owner_id) or owner_id,
            user_id=None,
            name=cells.text(row, OwnerField.NAME) or owner_id,
            email=cells.text(row, OwnerField.EMAIL),
            team=cells.text(row, OwnerField.TEAM),
            is_archived=is_archived,
        )


def _owner(owners: Owners, text: str | None) -> str | None:
    return None if text is None else owners.get(text.casefold(), text)
