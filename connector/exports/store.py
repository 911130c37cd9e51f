"""Rows sorted and joined on disk: a throw-away SQLite file, so that memory stays flat however long the export is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from audits.model.activity import Task
from audits.model.lead import Lead
from connector.exports.packing import micros, pack
from connector.exports.problems import BadRow, UnusableInput
from connector.exports.rows import Change, Event, Touch

_BATCH = 2000
_SCHEMA = """
CREATE TABLE leads (lead_id TEXT, line INTEGER, packed BLOB);
CREATE TABLE touches (lead_id TEXT, at INTEGER, place INTEGER, file TEXT, line INTEGER, touch_id TEXT,
                      is_task INTEGER, is_recorded_known INTEGER, packed BLOB);
CREATE TABLE events (lead_id TEXT, at INTEGER, place INTEGER, line INTEGER, packed BLOB);
CREATE TABLE persons (number INTEGER PRIMARY KEY, lead_id TEXT, at INTEGER, record_url TEXT, source TEXT,
                      packed BLOB);
CREATE TABLE person_keys (key INTEGER, at INTEGER, number INTEGER);
CREATE TABLE person_pairs (later INTEGER, earlier INTEGER);
CREATE TABLE sightings (lead_id TEXT, at INTEGER, other_id TEXT, kind TEXT, record_url TEXT, source TEXT,
                        percent INTEGER, apart TEXT, agrees TEXT);
CREATE TABLE bad_rows (file TEXT, line INTEGER, col TEXT, value TEXT, reason TEXT);
CREATE TABLE lost_acts (lead_id TEXT, file TEXT, line INTEGER, facts TEXT);
CREATE TABLE changes (lead_id TEXT, at INTEGER, place INTEGER, file TEXT, line INTEGER, what TEXT, field TEXT,
                      value TEXT);
CREATE TABLE acts (kind TEXT, owner TEXT, at INTEGER, act_id TEXT, lead_id TEXT);
CREATE TABLE crowds (lead_id TEXT, kind TEXT, at INTEGER, act_id TEXT, size INTEGER);
CREATE TABLE waits (owner TEXT, received INTEGER, begun INTEGER, ended INTEGER, is_tried INTEGER);
CREATE TABLE asked (owner TEXT, lead_id TEXT, at INTEGER, working_s INTEGER, new_days INTEGER, capacity INTEGER);
CREATE TABLE loads (lead_id TEXT, owner TEXT, waiting INTEGER, working_s INTEGER, capacity INTEGER, n INTEGER);
CREATE TABLE prints (digest INTEGER, at INTEGER, lead_id TEXT, act_id TEXT, words TEXT);
CREATE TABLE bands (band INTEGER, digest INTEGER, simhash INTEGER, UNIQUE (band, digest));
CREATE TABLE seen (kind TEXT, value TEXT, at INTEGER, lead_id TEXT, is_buyer INTEGER, name TEXT, family TEXT);
CREATE TABLE alike (template TEXT, reached INTEGER, denied INTEGER);
CREATE TABLE standing (stage TEXT, pipeline TEXT, UNIQUE (stage, pipeline));
CREATE TABLE stays (stage TEXT, pipeline TEXT, segment TEXT, working_s INTEGER);
CREATE TABLE broken (lead_id TEXT, owner TEXT, rule_id TEXT, cause TEXT, sentence TEXT);
CREATE TABLE judged (owner TEXT, source TEXT, answer TEXT, first_attempt_s INTEGER);
"""


class LeadLine(NamedTuple):
    """A lead as stored."""

    lead_id: str
    line: int
    packed: bytes


class TouchLine(NamedTuple):
    """A touch as stored. `file` and `line` say where it was read."""

    lead_id: str
    at: int
    place: int
    file: str
    line: int
    touch_id: str
    is_task: bool
    is_recorded_known: bool
    packed: bytes


class EventLine(NamedTuple):
    """An event as stored."""

    lead_id: str
    at: int
    place: int
    line: int
    packed: bytes


class PersonLine(NamedTuple):
    """A lead as it is compared with others. `number`: its place by lead id; `at` in microseconds since 1970."""

    number: int
    lead_id: str
    at: int
    record_url: str | None
    source: str | None
    packed: bytes


class SightingLine(NamedTuple):
    """Another lead that shares a number or an address with a lead, or is alike, as stored; `at` in microseconds since
    1970, `apart` "" = nothing keeps them apart, `agrees` as JSON."""

    lead_id: str
    at: int
    other_id: str
    kind: str
    record_url: str | None
    source: str | None
    percent: int
    apart: str
    agrees: str


class ChangeLine(NamedTuple):
    """A change as stored; `at` in microseconds since 1970. `what`: a value of ChangeField."""

    lead_id: str
    at: int
    place: int
    file: str
    line: int
    what: str
    field: str
    value: str | None


class CrowdLine(NamedTuple):
    """An act of a lead that stands in company; `kind` as in ActLine."""

    lead_id: str
    kind: str
    at: int
    act_id: str
    size: int


class ActLine(NamedTuple):
    """An act that may stand in a crowd: `kind` "log" or "tick"."""

    kind: str
    owner: str
    at: int
    act_id: str
    lead_id: str


class WaitLine(NamedTuple):
    """A wait as in audits.loads.Wait."""

    owner: str
    received: int
    begun: int
    ended: int
    is_tried: bool


class AskedLine(NamedTuple):
    """A lead whose load is asked about, as in audits.loads.Asked; `capacity` None = learned."""

    owner: str
    lead_id: str
    at: int
    working_s: int
    new_days: int
    capacity: int | None


class LoadLine(NamedTuple):
    """The load that met a lead."""

    lead_id: str
    owner: str
    waiting: int
    working_s: int
    capacity: int | None
    n: int


class PrintLine(NamedTuple):
    """A text that was sent to a lead, by the digest of its words."""

    digest: int
    at: int
    lead_id: str
    act_id: str
    words: str


class SeenLine(NamedTuple):
    """One thing by which others find a lead: its part of the net, its message, a number or an address of it."""

    kind: str
    value: str
    at: int
    lead_id: str
    is_buyer: bool
    name: str
    family: str


class BrokenLine(NamedTuple):
    """A promise that was broken, what explains it, and the finding's sentence. `owner` "" = charged to nobody."""

    lead_id: str
    owner: str
    rule_id: str
    cause: str
    sentence: str


class LostActLine(NamedTuple):
    """A row that names a lead and could not be used. `facts`: what it may have shown, separated by blanks."""

    lead_id: str
    file: str
    line: int
    facts: str


class JudgedLine(NamedTuple):
    """What the report counts of one lead. `owner` and `source` are empty when there is none."""

    owner: str
    source: str
    answer: str
    first_attempt_s: int | None


class Store:
    """The sorted rows of one run; made by `open_store`. Not for several threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: dict[str, list[tuple[object, ...]]] = {}
        self.count_bad = 0
        #: Of the digest that was asked for last: when it was sent first and last, to how many, by how many acts.
        self._last_digest: tuple[int, int, int, int, int, int] | None = None

    def add_lead(self, lead: Lead, line: int) -> None:
        """Keep a lead."""
        self._add("leads", (lead.lead_id, line, pack(lead)))

    def add_touch(self, touch: Touch, file: str, place: int, line: int) -> None:
        """Keep a touch; `place` orders the files."""
        act = touch.act
        is_task = isinstance(act, Task)
        touch_id = act.task_id if isinstance(act, Task) else act.activity_id
        at = micros(act.recorded_at if isinstance(act, Task) else act.occurred_at)
        known = touch.is_recorded_known
        self._add("touches", (act.lead_id, at, place, file, line, touch_id, is_task, known, pack(act)))

    def add_event(self, event: Event) -> None:
        """Keep an event."""
        self._add("events", (event.lead.lead_id, micros(event.event_at), event.order, event.line, pack(event)))

    def add_person(self, person: PersonLine, keys: Iterable[int]) -> None:
        """Keep a lead as it is compared, and by what others are found to compare it with."""
        self._add("persons", tuple(person))
        for key in keys:
            self._add("person_keys", (key, person.at, person.number))

    def add_pair(self, later: int, earlier: int) -> None:
        """Keep that these two are to be compared, by their numbers."""
        self._add("person_pairs", (later, earlier))

    def add_sighting(self, sighting: SightingLine) -> None:
        """Keep that a lead sees another one."""
        self._add("sightings", tuple(sighting))

    def add_bad(self, bad: BadRow) -> None:
        """Keep a row that was not used."""
        self.count_bad += 1
        self._add("bad_rows", (bad.file, bad.line, bad.column, bad.value, bad.reason))

    def add_lost_act(self, lost: LostActLine) -> None:
        """Keep that something of a lead could not be read."""
        self._add("lost_acts", tuple(lost))

    def add_judged(self, judged: JudgedLine) -> None:
        """Keep what the report counts of one lead."""
        self._add("judged", tuple(judged))

    def add_change(self, change: Change, file: str, place: int, line: int) -> None:
        """Keep a change; `place` orders the files."""
        at = micros(change.changed_at)
        self._add("changes", (change.lead_id, at, place, file, line, change.what.value, change.field, change.value))

    def add_act(self, act: ActLine) -> None:
        """Keep an act that may stand in a crowd."""
        self._add("acts", tuple(act))

    def add_crowd(self, crowd: CrowdLine) -> None:
        """Keep that an act stands in one."""
        self._add("crowds", tuple(crowd))

    def add_wait(self, wait: WaitLine) -> None:
        """Keep that a lead waited with somebody."""
        self._add("waits", tuple(wait))

    def add_asked(self, asked: AskedLine) -> None:
        """Keep that the load of a lead is asked about."""
        self._add("asked", tuple(asked))

    def add_load(self, load: LoadLine) -> None:
        """Keep the load of a lead."""
        self._add("loads", tuple(load))

    def add_print(self, line: PrintLine, bands: Iterable[int], simhash: int) -> None:
        """Keep a text that was sent, and how it is found again."""
        self._add("prints", tuple(line))
        for band in bands:
            self._add("bands", (band, line.digest, simhash))

    def add_seen(self, line: SeenLine) -> None:
        """Keep by what a lead is found by others."""
        self._add("seen", tuple(line))

    def add_alike(self, template: str, was_reached: bool, has_denied: bool) -> None:
        """Keep that a lead is one of those of `template`, and what became of it."""
        self._add("alike", (template, was_reached, was_reached and has_denied))

    def add_standing(self, stage: str, pipeline: str) -> None:
        """Keep that a lead stands in a stage of a pipeline now."""
        self._add("standing", (stage, pipeline))

    def add_stay(self, stage: str, pipeline: str, segment: str, working_s: int) -> None:
        """Keep a finished stay; `pipeline`: the lead's own."""
        self._add("stays", (stage, pipeline, segment, working_s))

    def add_broken(self, broken: BrokenLine) -> None:
        """Keep a broken promise."""
        self._add("broken", tuple(broken))

    def acts(self) -> Iterator[ActLine]:
        """All acts by kind, owner and time."""
        columns = "kind, owner, at, act_id, lead_id"
        yield from map(ActLine._make, self._sorted("acts", columns, "kind, owner, at, act_id, lead_id"))

    def crowds(self) -> Iterator[CrowdLine]:
        """All acts in company by lead, time and act."""
        yield from map(
            CrowdLine._make, self._sorted("crowds", "lead_id, kind, at, act_id, size", "lead_id, at, act_id")
        )

    def waits(self) -> Iterator[WaitLine]:
        """All waits by owner."""
        for owner, received, begun, ended, is_tried in self._sorted(
            "waits", "owner, received, begun, ended, is_tried", "owner, received"
        ):
            yield WaitLine(owner, received, begun, ended, bool(is_tried))

    def asked(self) -> Iterator[AskedLine]:
        """All that is asked about loads, by owner and lead."""
        columns = "owner, lead_id, at, working_s, new_days, capacity"
        yield from map(AskedLine._make, self._sorted("asked", columns, "owner, lead_id"))

    def loads(self) -> Iterator[LoadLine]:
        """All loads by lead."""
        columns = "lead_id, owner, waiting, working_s, capacity, n"
        yield from map(LoadLine._make, self._sorted("loads", columns, "lead_id"))

    def stays(self) -> Iterator[tuple[str, str, str, int]]:
        """(pipeline, stage, segment, working seconds) of all finished stays. The pipeline is that in which leads
        stand in the stage now; only where that is none or several is it the lead's own."""
        self._flush("standing")
        only = "(SELECT min(pipeline) FROM standing s WHERE s.stage = stays.stage HAVING count(*) = 1)"
        yield from self._sorted("stays", f"coalesce({only}, pipeline), stage, segment, working_s", "stage, working_s")

    def changes(self) -> Iterator[ChangeLine]:
        """All changes by lead, time, file and line."""
        columns = "lead_id, at, place, file, line, what, field, value"
        yield from map(ChangeLine._make, self._sorted("changes", columns, "lead_id, at, place, line"))

    def broken(self) -> Iterator[BrokenLine]:
        """All broken promises by lead."""
        yield from map(
            BrokenLine._make, self._sorted("broken", "lead_id, owner, rule_id, cause, sentence", "lead_id")
        )

    def index_prints(self) -> None:
        """To be called once all texts are kept, before any is asked for."""
        self._flush("prints")
        self._flush("bands")
        self._connection.execute("CREATE INDEX prints_by_digest ON prints (digest, at)")

    def index_seen(self) -> None:
        """To be called once all leads are kept, before any neighbour is asked for."""
        self._flush("seen")
        self._flush("alike")
        self._connection.execute("CREATE INDEX seen_by_value ON seen (kind, value, at, lead_id)")
        self._connection.execute("CREATE INDEX buyers_by_value ON seen (kind, value, at, lead_id) WHERE is_buyer = 1")
        self._connection.execute("CREATE TABLE tallies (template TEXT PRIMARY KEY, leads, reached, denied)")
        self._connection.execute(
            "INSERT INTO tallies SELECT template, count(*), sum(reached), sum(denied) FROM alike GROUP BY template"
        )

    def tally(self, template: str) -> tuple[int, int, int]:
        """Leads of a template, those of them that were reached, and those that had denied."""
        query = "SELECT leads, reached, denied FROM tallies WHERE template = ?"
        leads, reached, denied = self._connection.execute(query, (template,)).fetchone()
        return leads, reached, denied

    def burst(self, kind: str, value: str, low: int, high: int, lead_id: str, most: int) -> tuple[int, bool]:
        """How many other leads with this came from `low` to `high` (microseconds since 1970), up to `most`; and
        whether one of all of them is a buyer."""
        found = "FROM seen WHERE kind = ? AND value = ? AND at BETWEEN ? AND ? AND lead_id != ?"
        values = (kind, value, low, high, lead_id)
        count = f"SELECT count(*) FROM (SELECT 1 {found} LIMIT ?)"  # noqa: S608  (own names)
        others = self._connection.execute(count, (*values, most)).fetchone()[0]
        has_buyer = f"SELECT EXISTS (SELECT 1 {found} AND is_buyer = 1)"
        return others, bool(self._connection.execute(has_buyer, values).fetchone()[0])

    def names_of(self, key: str, until: int, most: int) -> list[tuple[str, str]]:
        """(name, family name) of those of the first `most` leads with a number or an address that came by `until`."""
        query = (
            "SELECT name, family FROM (SELECT at, name, family FROM seen WHERE kind = 'key' AND value = ? "
            "ORDER BY at, lead_id LIMIT ?) WHERE at <= ?"
        )
        return list(self._connection.execute(query, (key, most, until)))

    def simhashes(self, bands: Iterable[int]) -> dict[int, int]:
        """Digest → simhash of the texts that share a band with these."""
        found: dict[int, int] = {}
        for band in bands:
            found.update(self._connection.execute("SELECT digest, simhash FROM bands WHERE band = ?", (band,)))
        return found

    def words(self, digests: Iterable[int]) -> dict[int, str]:
        """Digest → the words of such a text."""
        query = "SELECT words FROM prints WHERE digest = ? LIMIT 1"
        rows = ((digest, self._connection.execute(query, (digest,)).fetchone()) for digest in digests)
        return {digest: row[0] for digest, row in rows if row is not None}

    def others_with(
        self, digests: Sequence[int], low: int, high: int, lead_id: str, act_id: str
    ) -> tuple[dict[int, int], int]:
        """How many other leads got a text of each digest from `low` to `high` (microseconds since 1970), by another
        act, and how many got any."""
        everybody = self._everybody_with(digests, low, high)
        if everybody is not None:
            return {digests[0]: everybody - 1} if everybody > 1 else {}, everybody - 1
        places = ", ".join("?" * len(digests))
        found = f"FROM prints WHERE digest IN ({places}) AND at BETWEEN ? AND ? AND lead_id != ? AND act_id != ?"
        values = (*digests, low, high, lead_id, act_id)
        by_digest = f"SELECT digest, count(DISTINCT lead_id) {found} GROUP BY digest"
        total = self._connection.execute(f"SELECT count(DISTINCT lead_id) {found}", values).fetchone()[0]
        return dict(self._connection.execute(by_digest, values)), total

    def _everybody_with(self, digests: Sequence[int], low: int, high: int) -> int | None:
        """How many leads ever got the one text, where all of them did between `low` and `high`, each by its own act;
        None otherwise. A text that went to thousands is counted once, not for each of them."""
        if len(digests) != 1:
            return None
        if self._last_digest is None or self._last_digest[0] != digests[0]:
            query = (
                "SELECT min(at), max(at), count(DISTINCT lead_id), count(DISTINCT act_id), count(*) "
                "FROM prints WHERE digest = ?"
            )
            self._last_digest = (digests[0], *self._connection.execute(query, digests).fetchone())
        _, first, last, leads, acts, rows = self._last_digest
        return leads if low <= first and last <= high and acts == rows else None

    def leads_named(self, lead_ids: Iterable[str]) -> Iterator[LeadLine]:
        """The first row of each of these leads."""
        self._flush("leads")
        self._connection.execute("CREATE INDEX IF NOT EXISTS leads_by_id ON leads (lead_id, line)")
        query = "SELECT lead_id, line, packed FROM leads WHERE lead_id = ? ORDER BY line LIMIT 1"
        for lead_id in lead_ids:
            row = self._connection.execute(query, (lead_id,)).fetchone()
            if row is not None:
                yield LeadLine._make(row)

    def person_keys(self) -> Iterator[tuple[int, int]]:
        """(key, number of a lead that has it) by key, time and lead."""
        yield from self._sorted("person_keys", "key, number", "key, at, number")

    def person_pairs(self) -> Iterator[tuple[int, int]]:
        """(later, earlier) of all that are to be compared, each once, by number."""
        yield from self._sorted("person_pairs", "DISTINCT later, earlier", "later, earlier")

    def persons(self, numbers: Iterable[int]) -> Iterator[PersonLine]:
        """Those of these numbers."""
        self._flush("persons")
        query = "SELECT number, lead_id, at, record_url, source, packed FROM persons WHERE number = ?"
        for number in numbers:
            yield from map(PersonLine._make, self._connection.execute(query, (number,)))

    def forget_persons(self) -> None:
        """To be called once all pairs are compared: the room is used again."""
        for table in ("persons", "person_keys", "person_pairs"):
            self._waiting.pop(table, None)
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  (own names)

    def leads(self) -> Iterator[LeadLine]:
        """All leads by id, then line."""
        yield from map(LeadLine._make, self._sorted("leads", "lead_id, line, packed", "lead_id, line"))

    def touches(self) -> Iterator[TouchLine]:
        """All touches by lead, time, file and line."""
        columns = "lead_id, at, place, file, line, touch_id, is_task, is_recorded_known, packed"
        yield from map(TouchLine._make, self._sorted("touches", columns, "lead_id, at, place, line"))

    def events(self) -> Iterator[EventLine]:
        """All events by case, time, order and line."""
        columns = "lead_id, at, place, line, packed"
        yield from map(EventLine._make, self._sorted("events", columns, "lead_id, at, place, line"))

    def sightings(self) -> Iterator[SightingLine]:
        """All sightings by lead, time and other lead."""
        columns = "lead_id, at, other_id, kind, record_url, source, percent, apart, agrees"
        yield from map(SightingLine._make, self._sorted("sightings", columns, "lead_id, at, other_id, kind"))

    def lost_acts(self) -> Iterator[LostActLine]:
        """All rows that name a lead and could not be used, by lead, file and line."""
        columns = "lead_id, file, line, facts"
        yield from map(LostActLine._make, self._sorted("lost_acts", columns, "lead_id, file, line"))

    def bad_rows(self) -> Iterator[BadRow]:
        """All rows that were not used, by file and line."""
        for file, line, column, value, reason in self._sorted(
            "bad_rows", "file, line, col, value, reason", "file, line, reason"
        ):
            yield BadRow(file=file, line=line, column=column, value=value, reason=reason)

    def count_bad_rows(self) -> dict[str, int]:
        """Rows that were not used, by file."""
        return dict(self._sorted("bad_rows", "file, count(*)", "file", "GROUP BY file"))

    def count_lead_rows(self) -> int:
        """Rows of leads, repeated ones included."""
        self._flush("leads")
        found: int = self._connection.execute("SELECT count(*) FROM leads").fetchone()[0]
        return found

    def answers(self, group: str) -> Iterator[tuple[str, str, int]]:
        """(group, answer, count of leads); `group` is "owner", "source" or "" for all leads as one group."""
        column = _GROUPS[group]
        yield from self._sorted(
            "judged", f"{column}, answer, count(*)", f"{column}, answer", f"GROUP BY {column}, answer"
        )

    def largest_groups(self, group: str, most: int) -> dict[str, int]:
        """The groups with most leads, the largest first, each with its number of first attempts."""
        column = _GROUPS[group]
        rows = self._sorted(
            "judged",
            f"{column}, count(first_attempt_s)",
            f"count(*) DESC, {column} LIMIT {int(most)}",
            f"GROUP BY {column}",
        )
        return dict(rows)

    def first_attempts(self, group: str) -> Iterator[tuple[str, int]]:
        """(group, seconds of working time to the first attempt) in this order."""
        column = _GROUPS[group]
        yield from self._sorted(
            "judged", f"{column}, first_attempt_s", f"{column}, first_attempt_s", "WHERE first_attempt_s IS NOT NULL"
        )

    def _add(self, table: str, row: tuple[object, ...]) -> None:
        waiting = self._waiting.setdefault(table, [])
        waiting.append(row)
        if len(waiting) >= _BATCH:
            self._flush(table)

    def _flush(self, table: str) -> None:
        waiting = self._waiting.pop(table, None)
        if waiting:
            places = ", ".join("?" * len(waiting[0]))
            self._connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", waiting)  # noqa: S608  (own names)

    def _sorted(self, table: str, columns: str, order: str, where: str = "") -> Iterator[tuple[Any, ...]]:
        self._flush(table)
        statement = f"SELECT {columns} FROM {table} {where} ORDER BY {order}"  # noqa: S608  (own names)
        # Not `yield from`: that would close the cursor of a generator left behind, after the connection is closed.
        for row in self._connection.execute(statement):  # noqa: UP028
            yield row


_GROUPS = {"owner": "owner", "source": "source", "": "''"}


@contextmanager
def open_store() -> Iterator[Store]:
    """A new store, gone when the context ends or the process dies. Raises UnusableInput when there is no room.

    It lies in the folder that SQLITE_TMPDIR or TMPDIR names.
    """
    # No name: SQLite makes a file that has no entry in any folder, so that a killed run leaves nothing behind.
    connection = sqlite3.connect("", isolation_level=None)
    try:
        # The file dies with this process, so nothing of it needs to be safe, only fast and out of memory.
        connection.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE; PRAGMA cache_size=-4000;"
        )
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN")
        yield Store(connection)
    except sqlite3.OperationalError as error:
        raise UnusableInput(
            f"the rows could not be sorted on disk ({error}); name a folder with more room in TMPDIR"
        ) from error
    finally:
        connection.close()
