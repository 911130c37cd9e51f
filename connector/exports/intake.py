"""The first pass: every row of every file read, judged usable or bad, and put where it will be sorted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from audits.model.activity import Activity, ActivityState, Owner
from audits.model.case import Fact
from audits.model.lead import Lead
from connector.exports.mapping import ChangeMap, EventLogMap, ExportMap, LeadMap, OwnersMap, TouchMap
from connector.exports.problems import BadCell, BadRow, excerpt
from connector.exports.reader import open_sheet
from connector.exports.rows import Change, ChangeRows, Event, EventRows, LeadRows, OwnerRows, Touch, TouchRows
from connector.exports.sheet import Row, Sheet
from connector.exports.store import LostActLine, Store
from connector.exports.tallies import UnmappedValues
from connector.exports.times import TimeReader

_TELL_EVERY = 1000

ReadT = TypeVar("ReadT")


Progress = Callable[[str, int, int | None], None]
"""Is told the phase, how much of it is done, and the whole (None = not known)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSummary:
    """What became of one file. `rows` counts all rows with anything in them; `bad_rows` those that were not used,
    which is known only when all files are joined.

    `unknown_columns` are in the file and not in the map; `absent_columns` are spellings that the map offers beside
    another and the file does not have.
    The other counts are of cells: local times that needed a rule, dates without a time of day, and texts that were
    read by the fallback encoding.
    """

    name: str
    role: str
    rows: int
    blank_rows: int
    unknown_columns: tuple[str, ...]
    absent_columns: tuple[str, ...]
    repeated_hours: int
    skipped_hours: int
    days_only: int
    rescued_cells: int
    bad_rows: int = 0


class Intake:
    """Reads the files of one run into `store`."""

    def __init__(self, store: Store, exported: ExportMap, now: datetime, tell: Progress) -> None:
        self._store = store
        self._owners = exported.owners
        self._now = now
        self._tell = tell
        self.unmapped = UnmappedValues()
        self.latest: datetime | None = None
        self.earliest_arrival: datetime | None = None
        self.people: dict[str, Owner] = {}
        self.rows_without_touch = 0

    def read_leads(self, path: Path, how: LeadMap) -> FileSummary:
        """Read the leads file. Raises UnusableInput when it cannot be used at all."""

        def keep(lead: Lead, row: Row) -> None:
            self._store.add_lead(lead, row.line)
            self._note(lead.clock_start, lead.recorded_at)
            self._note_arrival(lead.received_at)

        names = {name for each in how.columns.values() for name in each} | set(how.time_of_day.values())
        with open_sheet(path, how.file, names) as sheet:
            rows = LeadRows(sheet, how, self._owners, self.unmapped)
            return self._read(sheet, "leads", names, rows.times, rows.lead, keep, lambda _: None)

    def read_touches(self, path: Path, how: TouchMap, place: int) -> FileSummary:
        """Read one touches file; `place` is its rank among them. Raises UnusableInput."""
        names = {name for each in how.columns.values() for name in each} | set(how.time_of_day.values())
        with open_sheet(path, how.file, names) as sheet:
            rows = TouchRows(sheet, how, self._owners, self.unmapped)

            def keep(touches: list[Touch], row: Row) -> None:
                self.rows_without_touch += not touches
                for touch in touches:
                    self._store.add_touch(touch, sheet.name, place, row.line)
                    act = touch.act
                    if touch.is_recorded_known:
                        self._note(act.recorded_at)
                    elif isinstance(act, Activity) and act.state is not ActivityState.PLANNED:
                        self._note(act.no_later_than)

            lose = partial(self._lose, sheet.name, how.covers, rows.named_leads)
            return self._read(sheet, how.name, names, rows.times, rows.touches, keep, lose)

    def read_changes(self, path: Path, how: ChangeMap, place: int) -> FileSummary:
        """Read one file of changes; `place` is its rank among them. Raises UnusableInput."""
        names = {name for each in how.columns.values() for name in each} | set(how.time_of_day.values())
        with open_sheet(path, how.file, names) as sheet:
            rows = ChangeRows(sheet, how, self._owners)

            def keep(change: Change, row: Row) -> None:
                self._store.add_change(change, sheet.name, place, row.line)
                self._note(change.changed_at)

            lose = partial(self._lose, sheet.name, how.covers, rows.named_leads)
            return self._read(sheet, how.name, names, rows.times, rows.change, keep, lose)

    def read_people(self, path: Path, how: OwnersMap) -> FileSummary:
        """Read the owners file into `people`. Raises UnusableInput."""
        names = {name for each in how.columns.values() for name in each}
        with open_sheet(path, how.file, names) as sheet:
            rows = OwnerRows(sheet, how, self._owners, self.unmapped)

            def keep(owner: Owner, row: Row) -> None:
                if owner.owner_id in self.people:
                    reason = "the owner stands already in this file; the first row is used"
                    value = excerpt(owner.owner_id)
                    self._store.add_bad(BadRow(file=sheet.name, line=row.line, reason=reason, value=value))
                    return
                self.people[owner.owner_id] = owner

            return self._read(sheet, "owners", names, rows.times, rows.owner, keep, lambda _: None)

    def read_events(self, path: Path, how: EventLogMap) -> FileSummary:
        """Read an event log. Raises UnusableInput."""

        def keep(event: Event, _: Row) -> None:
            self._store.add_event(event)
            self._note_arrival(event.lead.received_at)
            self._note(event.latest_at or event.event_at)

        names = {name for each in how.lead.columns.values() for name in each} | set(how.columns.values())
        names |= set(how.time_of_day.values()) | set(how.lead.time_of_day.values())
        with open_sheet(path, how.lead.file, names) as sheet:
            rows = EventRows(sheet, how, self._owners, self.unmapped)
            lose = partial(self._lose, sheet.name, how.covers, rows.named_leads)
            return self._read(sheet, "events", names, rows.times, rows.event, keep, lose)

    def _read(
        self,
        sheet: Sheet,
        role: str,
        names: set[str],
        times: TimeReader,
        parse: Callable[[Row], ReadT],
        keep: Callable[[ReadT, Row], None],
        lose: Callable[[Row], None],
    ) -> FileSummary:
        rows = 0
        for row in sheet.rows():
            rows += 1
            if rows % _TELL_EVERY == 0:
                self._tell(f"Reading {sheet.name}", *sheet.position())
            if isinstance(row, BadRow):
                self._store.add_bad(row)
                continue
            try:
                read = parse(row)
            except BadCell as bad:
                self._store.add_bad(
                    BadRow(file=sheet.name, line=row.line, column=bad.column, value=bad.value, reason=bad.reason)
                )
                lose(row)
            else:
                keep(read, row)
        done, total = sheet.position()
        self._tell(f"Reading {sheet.name}", total or done, total or done)
        return FileSummary(
            name=sheet.name,
            role=role,
            rows=rows,
            blank_rows=sheet.blank_rows,
            unknown_columns=sheet.unknown_columns(names),
            absent_columns=sheet.absent_columns(names),
            repeated_hours=times.repeated_hours,
            skipped_hours=times.skipped_hours,
            days_only=times.days_only,
            rescued_cells=sheet.rescued_cells,
        )

    def _lose(self, file: str, covers: frozenset[Fact], named_leads: Callable[[Row], list[str]], row: Row) -> None:
        """What a bad row would have shown is not known of its leads: they are not to be blamed for its absence."""
        facts = " ".join(sorted(covers))
        for lead_id in named_leads(row):
            self._store.add_lost_act(LostActLine(lead_id, file, row.line, facts))

    def _note_arrival(self, received_at: datetime) -> None:
        if self.earliest_arrival is None or received_at < self.earliest_arrival:
            self.earliest_arrival = received_at

    def _note(self, *instants: datetime) -> None:
        """Remember the latest time that is not ahead of now: the export cannot be older than that."""
        for instant in instants:
            if instant <= self._now and (self.latest is None or instant > self.latest):
                self.latest = instant
