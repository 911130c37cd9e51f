"""Reading many leads and deals with all that was done on them, for as few tokens as that can be had.

Pipedrive has no call for the activities of several leads. One lead costs one call; all activities of an account cost
one call per 500. So a few leads are asked for one by one, and a page of the back-fill is read out of one sweep.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.adapters.pipedrive.client import ListPage, PipedriveClient
from connector.adapters.pipedrive.mapping import DEAL, LEAD, arrival_of_converted, our_id, their_id
from connector.crm.moments import parse_at
from connector.payloads import JsonObject, find_text

MOST_SWEPT_PAGES = 200
"""A sweep is held in memory: 100,000 activities take some 100 MB (our choice). What has more is read lead by lead."""
TOO_MUCH_FOR_S = 600.0
"""For how long no other sweep is tried where one was given up."""
_too_much: dict[str, float] = {}
_KEPT_OF_ACTIVITY = (
    "id", "type", "owner_id", "done", "marked_as_done_time", "due_date", "due_time", "add_time", "lead_id", "deal_id",
    "person_id",
)  # fmt: skip
_KEPT_OF_NOTE = ("id", "user_id", "add_time", "lead_id", "deal_id", "person_id", "active_flag")


@dataclass(slots=True)
class Acts:
    """Activities and notes by our id of the lead or deal that they hang on, and by the person where on none."""

    activities: dict[str, dict[str, JsonObject]] = field(default_factory=dict)
    notes: dict[str, dict[str, JsonObject]] = field(default_factory=dict)
    of_persons: dict[str, dict[str, JsonObject]] = field(default_factory=dict)

    def add_activity(self, item: JsonObject, holder: str | None = None) -> None:
        """Take one in, on `holder` where that was asked for; of what is not needed nothing is kept."""
        if item.get("is_deleted") is True:
            return
        kept: JsonObject = {name: item[name] for name in _KEPT_OF_ACTIVITY if name in item}
        item_id, holder = find_text(item, "id"), holder or _holder(item)
        if item_id is None:
            return
        if holder is not None:
            self.activities.setdefault(holder, {})[item_id] = kept
        elif (person_id := find_text(item, "person_id")) is not None:
            self.of_persons.setdefault(person_id, {})[item_id] = kept

    def add_note(self, item: JsonObject, holder: str | None = None) -> None:
        """The same for a note, without its content."""
        item_id, holder = find_text(item, "id"), holder or _holder(item)
        if item_id is not None and holder is not None and item.get("active_flag") is not False:
            kept: JsonObject = {name: item[name] for name in _KEPT_OF_NOTE if name in item}
            self.notes.setdefault(holder, {})[item_id] = kept


@dataclass(frozen=True, slots=True)
class Listed:
    """Records as a page of the back-fill showed them, by our id, and since when leads are asked for (aware UTC).

    `is_full`: more pages follow.
    """

    records: Mapping[str, JsonObject]
    since: datetime
    is_full: bool


class Reader:
    """Reads for one adapter, that is for one turn of a job."""

    def __init__(self, client: PipedriveClient) -> None:
        self._client = client
        self._listed: dict[str, JsonObject] = {}
        self._since: datetime | None = None
        self._swept: Acts | None = None
        self._pages_worth = 0
        self._asked: set[str] = set()

    def show(self, listed: Listed) -> None:
        """Remember what a page showed: it need not be asked for once more to be read.

        What was asked for by itself in this turn is not believed from the page or the sweep, which may be older.
        """
        self._listed |= {one: record for one, record in listed.records.items() if one not in self._asked}
        self._since = listed.since
        self._pages_worth = MOST_SWEPT_PAGES if listed.is_full else len(self._listed)

    def read_records(self, lead_ids: Sequence[str]) -> tuple[dict[str, JsonObject], frozenset[str]]:
        """(record by our id, ids whose record is as a page has just listed it). What is gone is left out."""
        fresh = frozenset(one for one in lead_ids if one in self._listed)
        found = {one: self._listed.pop(one) for one in fresh}
        rest = [one for one in lead_ids if one not in found]
        self._asked.update(rest)
        deals = [number for one in rest if (number := their_id(one, DEAL)) is not None]
        for is_archived in (False, True):
            missing = [number for number in deals if our_id(DEAL, number) not in found]
            if missing:
                for deal in self._client.read_deals(missing, is_archived=is_archived):
                    if deal.get("is_deleted") is not True and find_text(deal, "status") != "deleted":
                        found[our_id(DEAL, find_text(deal, "id") or "")] = deal
        for one in rest:
            lead_uuid = their_id(one, LEAD)
            lead = self._client.find_lead(lead_uuid) if lead_uuid is not None else None
            if lead is not None:
                found[one] = lead
        return {one: found[one] for one in lead_ids if one in found}, fresh

    def read_acts(
        self,
        records: Mapping[str, JsonObject],
        fresh: frozenset[str],
        persons: Mapping[str, JsonObject],
    ) -> Acts:
        """The activities and notes of these leads and deals."""
        swept = self._sweep() if fresh else None
        found = swept or Acts()
        for lead_id, record in records.items():
            if swept is None or lead_id not in fresh or self._may_be_older(record):
                self._read_one(lead_id, record, found)
            self._read_rest_of_person(
                lead_id, record, persons, found, is_swept=swept is not None and lead_id in fresh
            )
        return found

    def _sweep(self) -> Acts | None:
        """All that was done since the back-fill's first day; None where asking lead by lead is cheaper."""
        origin = self._client.origin
        is_too_much = _too_much.get(origin, 0.0) > time.monotonic()
        if self._swept is not None or is_too_much or self._since is None:
            return self._swept
        acts, since = Acts(), utc_text(self._since)
        for pages, page in enumerate(self._pages_of_activities(since), start=1):
            for item in page.records:
                acts.add_activity(item)
            if pages >= self._pages_worth and page.following is not None:
                _too_much[origin] = time.monotonic() + TOO_MUCH_FOR_S
                return None
        for note in self._client.iter_notes(updated_since=since):
            acts.add_note(note)
        self._swept = acts
        return acts

    def _pages_of_activities(self, since: str) -> Iterator[ListPage]:
        cursor: str | None = None
        while True:
            page = self._client.list_activities(cursor, updated_since=since, sort_by="id", sort_direction="asc")
            yield page
            cursor = page.following
            if cursor is None:
                return

    def _may_be_older(self, record: JsonObject) -> bool:
        """Whether acts may be on the record that were last touched before the sweep begins: those of a lead that
        became this deal, which move without being touched."""
        origin_id, added_at = find_text(record, "source_lead_id"), parse_at(find_text(record, "add_time"))
        if origin_id is None or added_at is None or self._since is None:
            return False
        arrived_at = arrival_of_converted(origin_id, added_at)
        return arrived_at is None or arrived_at < self._since

    def _read_one(self, lead_id: str, record: JsonObject, found: Acts) -> None:
        found.activities[lead_id], found.notes[lead_id] = {}, {}
        name = "lead_id" if their_id(lead_id, LEAD) is not None else "deal_id"
        number = find_text(record, "id") or ""
        if record.get("activities_count") != 0:
            for item in self._client.iter_activities(**{name: number}):
                found.add_activity(item, lead_id)
        if record.get("notes_count") != 0:
            for note in self._client.iter_notes(**{name: number}):
                found.add_note(note, lead_id)

    def _read_rest_of_person(
        self,
        lead_id: str,
        record: JsonObject,
        persons: Mapping[str, JsonObject],
        found: Acts,
        *,
        is_swept: bool,
    ) -> None:
        """Activities that hang on the person and on no lead or deal, where the person has more than the lead."""
        person_id = find_text(record, "person_id")
        count = persons.get(person_id, {}).get("activities_count") if person_id is not None else None
        if is_swept or person_id is None or person_id in found.of_persons or not isinstance(count, int):
            return
        mine = sum(find_text(item, "person_id") == person_id for item in found.activities.get(lead_id, {}).values())
        if count > mine:
            found.of_persons[person_id] = {}
            for item in self._client.iter_activities(person_id=person_id):
                if _holder(item) is None:
                    found.add_activity(item)


def utc_text(at: datetime) -> str:
    """A moment as Pipedrive's queries take it, to the second (rounded down)."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _holder(item: JsonObject) -> str | None:
    """What an activity or note hangs on: a deal goes before the lead that it was."""
    for kind, name in ((DEAL, "deal_id"), (LEAD, "lead_id")):
        record_id = find_text(item, name)
        if record_id is not None:
            return our_id(kind, record_id)
    return None
