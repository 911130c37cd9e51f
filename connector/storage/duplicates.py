"""Which leads are likely one person: pairs that are kept as leads come in, so that a page need not look for them.

A lead is compared with those alone that share a key with it (audits.truth.duplicates.pairs), and each pair by itself;
keys are kept as salted hashes. Of a key that very many have, the first MOST are compared with one another, and of the
others each with the NEAREST that came before it. Who is compared with whom hangs on times of receipt and ids alone:
the same leads give the same pairs, in whatever order they were stored.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.truth.duplicates.model import SAME_PERSON
from audits.truth.duplicates.pairs import MOST, NEAREST, judge_pairs, judged, pair_keys, record_of_lead
from audits.truth.duplicates.record import Field, Record
from audits.truth.duplicates.whole_pass import Match
from connector.storage.column_types import Words
from connector.storage.lead_links import live_among
from connector.storage.ranges import rows_wanted
from connector.storage.salts import salt_of, salted_number
from connector.storage.statements import insert_new, portions, upsert
from connector.storage.tables import duplicate_keys, duplicate_pairs, duplicate_splits, leads
from connector.storage.worklist import mark_beside

#: Of a key that so many have at most, all are read at once.
WHOLE = 500

# Of these levels both have the very same number or address.
_SAME = {Field.PHONE: ("same",), Field.EMAIL: ("same", "same_role_address")}
_KNOWN = ("first_name", "last_name", "email", "phone", "mobile", "company", "country", "keys_region")
#: Columns of `leads` on which it hangs whom a lead is compared with, and what is found.
COMPARED = ("received_at", *_KNOWN)


class Place(NamedTuple):
    """Where a lead stands among those with the same key."""

    received_at: datetime
    lead_id: str


class _Held(NamedTuple):
    """One key of one lead."""

    key_hash: int
    place: Place


def record_of(row: sa.Row[Any]) -> Record:
    """A row of `leads` as it is compared."""
    return record_of_lead(row, row.keys_region)


def compared_columns() -> list[sa.ColumnElement[Any]]:
    """The columns of `leads` that `record_of` reads."""
    return [leads.c.lead_id, *(leads.c[name] for name in _KNOWN)]


def renew_pairs(conn: Connection, install_id: str, lead_ids: Collection[str], at: datetime) -> None:
    """Look anew for whom these leads, as they are stored now, are the same person with.

    Whose pairs changed is due for audit at `at` (aware UTC). Raises UnknownInstall.
    """
    salt = salt_of(conn, install_id)
    for ids in portions(sorted(set(lead_ids))):
        rows = conn.execute(
            sa.select(leads.c.received_at, *compared_columns()).where(
                leads.c.install_id == install_id, leads.c.lead_id.in_(ids)
            )
        )
        after = {
            _Held(key_hash, Place(row.received_at, row.lead_id))
            for row in rows
            for key_hash in hashed_keys(salt, record_of(row))
        }
        _renew(conn, install_id, ids, after, at)


def drop_pairs(conn: Connection, install_id: str, lead_ids: Collection[str], at: datetime) -> None:
    """These leads are nobody's double any more: nothing of them is kept."""
    splits = duplicate_splits.c
    for ids in portions(sorted(set(lead_ids))):
        _renew(conn, install_id, ids, set(), at)
        conn.execute(
            sa.delete(duplicate_splits).where(
                splits.install_id == install_id, sa.or_(splits.lead_id.in_(ids), splits.other_id.in_(ids))
            )
        )


def pair_neighbours(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, set[str]]:
    """For each lead that has any: the other leads, gone ones included, that it was found alike with."""
    found: dict[str, set[str]] = {}
    pairs = duplicate_pairs.c
    for ids in portions(sorted(set(lead_ids))):
        for mine, theirs in ((pairs.lead_id, pairs.other_id), (pairs.other_id, pairs.lead_id)):
            query = sa.select(mine, theirs).where(pairs.install_id == install_id, mine.in_(ids))
            for lead_id, other in conn.execute(query):
                found.setdefault(lead_id, set()).add(other)
    return found


def splits_among(
    conn: Connection, install_id: str, lead_ids: Collection[str], as_of: datetime
) -> set[tuple[str, str]]:
    """Pairs with one of these leads, either way round, of which somebody says as of `as_of` (aware UTC) that they are
    two persons."""
    splits = duplicate_splits.c
    found: set[tuple[str, str]] = set()
    for ids in portions(sorted(set(lead_ids))):
        query = sa.select(splits.lead_id, splits.other_id).where(
            splits.install_id == install_id,
            sa.or_(splits.lead_id.in_(ids), splits.other_id.in_(ids)),
            splits.split_at <= as_of,
            sa.or_(splits.joined_at.is_(None), splits.joined_at > as_of),
        )
        for row in conn.execute(query):
            found |= {(row.lead_id, row.other_id), (row.other_id, row.lead_id)}
    return found


def hashed_keys(salt: str, record: Record) -> set[int]:
    """What leads have in common with this one, as it is kept."""
    return {salted_number(salt, f"pair:{key}") for key in pair_keys(record)}


def _renew(conn: Connection, install_id: str, ids: Sequence[str], after: set[_Held], at: datetime) -> None:
    before = set(_own_keys(conn, install_id, ids))
    lost, come = before - after, after - before
    for portion in portions(sorted({each.place.lead_id for each in lost})):
        # All keys of a lead at once and those that stay again: few leads change some of their keys.
        conn.execute(
            sa.delete(duplicate_keys).where(
                duplicate_keys.c.install_id == install_id, duplicate_keys.c.lead_id.in_(portion)
            )
        )
    losers = {each.place.lead_id for each in lost}
    insert_new(
        conn,
        duplicate_keys,
        [
            {"install_id": install_id, "key_hash": each.key_hash, **each.place._asdict()}
            for each in sorted(after)
            if each in come or each.place.lead_id in losers
        ],
    )
    touched = {*ids, *_pushed(conn, install_id, lost, come)}
    for portion in portions(sorted(touched)):
        _judge_anew(conn, install_id, portion, at)


def _own_keys(conn: Connection, install_id: str, lead_ids: Collection[str]) -> list[_Held]:
    keys = duplicate_keys.c
    rows = conn.execute(
        sa.select(keys.key_hash, keys.received_at, keys.lead_id).where(
            keys.install_id == install_id, keys.lead_id.in_(lead_ids)
        )
    )
    return [_Held(row.key_hash, Place(row.received_at, row.lead_id)) for row in rows]


def _pushed(conn: Connection, install_id: str, lost: set[_Held], come: set[_Held]) -> set[str]:
    """Who else is compared with others than before, because his place among those with a common key changed."""
    moves: dict[int, list[Place]] = {}
    for held in (*lost, *come):
        moves.setdefault(held.key_hash, []).append(held.place)
    shrunk = {held.key_hash for held in lost}
    blocks = _blocks(conn, install_id, moves.keys())
    found: set[Place] = set()
    for key_hash, block in sorted(blocks.items()):
        places = moves[key_hash]
        least = MOST - len(places) if key_hash in shrunk else MOST
        if len(block) <= least:
            continue
        # Who is one of the first now and was not, or the other way round; and who has another next before him.
        edge = block.first(MOST + len(places))[max(0, MOST - len(places)) :]
        if edge and min(places) <= edge[-1]:
            found.update(edge)
        for place in places:
            found.update(block.after(place, NEAREST + len(places)))
    return {each.lead_id for each in found}


class _Block:
    """All who have one key, in the order of their places. Of more than WHOLE only those are read that are asked for:
    `places` is None then."""

    def __init__(self, conn: Connection, install_id: str, key_hash: int, places: list[Place] | None) -> None:
        self._conn, self._install_id, self._key_hash = conn, install_id, key_hash
        self._places = None if places is None else sorted(places)
        self._first: list[Place] = []

    def __len__(self) -> int:
        """How many they are; WHOLE + 1 for more."""
        return WHOLE + 1 if self._places is None else len(self._places)

    def first(self, most: int) -> list[Place]:
        """The first that came."""
        if self._places is not None:
            return self._places[:most]
        if len(self._first) < most:
            self._first = self._read(self._query().limit(most))
        return self._first[:most]

    def before(self, place: Place, most: int) -> list[Place]:
        """The nearest before `place`."""
        if self._places is not None:
            end = bisect_left(self._places, place)
            return self._places[max(0, end - most) : end]
        keys = duplicate_keys.c
        query = self._query().where(_place() < _bound(place)).order_by(None)
        return self._read(query.order_by(keys.received_at.desc(), keys.lead_id.desc()).limit(most))

    def after(self, place: Place, most: int) -> list[Place]:
        """The nearest after `place`."""
        if self._places is not None:
            start = bisect_right(self._places, place)
            return self._places[start : start + most]
        return self._read(self._query().where(_place() > _bound(place)).limit(most))

    def _query(self) -> sa.Select[tuple[datetime, str]]:
        keys = duplicate_keys.c
        return (
            sa.select(keys.received_at, keys.lead_id)
            .where(keys.install_id == self._install_id, keys.key_hash == self._key_hash)
            .order_by(keys.received_at, keys.lead_id)
        )

    def _read(self, query: sa.Select[tuple[datetime, str]]) -> list[Place]:
        return sorted(Place(row.received_at, row.lead_id) for row in self._conn.execute(query))


def _place() -> sa.Tuple:
    return sa.tuple_(duplicate_keys.c.received_at, duplicate_keys.c.lead_id)


def _bound(place: Place) -> sa.Tuple:
    kinds = duplicate_keys.c.received_at.type, duplicate_keys.c.lead_id.type
    return sa.tuple_(*(sa.literal(value, kind) for value, kind in zip(place, kinds, strict=True)))


def _blocks(conn: Connection, install_id: str, key_hashes: Collection[int]) -> dict[int, _Block]:
    """Who has each of these keys: a few statements, however many keys there are."""
    keys, held = duplicate_keys.c, duplicate_keys.alias("held")
    found: dict[int, _Block] = {}
    for some in portions(sorted(key_hashes), 5000):
        wanted = rows_wanted(conn, [(install_id, each) for each in some], install_id=Words, key_hash=sa.BigInteger)
        beyond = (
            sa.select(sa.literal(1))
            .select_from(held)
            .where(held.c.install_id == wanted.c.install_id, held.c.key_hash == wanted.c.key_hash)
            .correlate(wanted)
            .limit(1)
            .offset(WHOLE)
        )
        huge = set(conn.execute(sa.select(wanted.c.key_hash).where(sa.exists(beyond))).scalars())
        places: dict[int, list[Place]] = {each: [] for each in some if each not in huge}
        query = sa.select(keys.key_hash, keys.received_at, keys.lead_id).where(
            keys.install_id == install_id, keys.key_hash.in_(list(places))
        )
        for row in conn.execute(query):
            places[row.key_hash].append(Place(row.received_at, row.lead_id))
        found.update({each: _Block(conn, install_id, each, places.get(each)) for each in some})
    return found


Pair = tuple[Place, Place]
"""The later one first."""


def _candidates(conn: Connection, install_id: str, lead_ids: Collection[str]) -> set[Pair]:
    """Whom these leads are compared with."""
    own: dict[int, list[Place]] = {}
    for held in _own_keys(conn, install_id, lead_ids):
        own.setdefault(held.key_hash, []).append(held.place)
    found: set[Pair] = set()
    for key_hash, block in sorted(_blocks(conn, install_id, own.keys()).items()):
        first = block.first(MOST)
        for mine in own[key_hash]:
            if len(block) <= MOST:
                others = first
            else:
                # Who is not one of the first sees the nearest before him; all see those of the first that came later.
                others = [each for each in first if mine <= first[-1]]
                others += block.before(mine, NEAREST) + block.after(mine, NEAREST)
            found.update(_paired(mine, other) for other in others if mine != other)
    return found


def _paired(one: Place, other: Place) -> Pair:
    return (one, other) if one > other else (other, one)


def _judge_anew(conn: Connection, install_id: str, lead_ids: Sequence[str], at: datetime) -> None:
    pairs = sorted(_candidates(conn, install_id, lead_ids))
    ids = {place.lead_id for pair in pairs for place in pair}
    records: list[Record] = []
    for portion in portions(sorted(ids)):
        query = sa.select(*compared_columns()).where(leads.c.install_id == install_id, leads.c.lead_id.in_(portion))
        records += map(record_of, conn.execute(query))
    places = {record.id: place for place, record in enumerate(records)}
    known = [pair for pair in pairs if all(each.lead_id in places for each in pair)]
    matches = judge_pairs(records, [(places[later.lead_id], places[earlier.lead_id]) for later, earlier in known])
    rows = {
        (later.lead_id, earlier.lead_id): _row(install_id, later.lead_id, earlier.lead_id, match)
        for (later, earlier), match in zip(known, matches, strict=True)
        if _is_kept(match)
    }
    stored = _stored_pairs(conn, install_id, lead_ids)
    lost = stored.keys() - rows.keys()
    fresh = [row for key, row in rows.items() if stored.get(key) != row]
    for later, earlier in sorted(lost):
        conn.execute(
            sa.delete(duplicate_pairs).where(
                duplicate_pairs.c.install_id == install_id,
                duplicate_pairs.c.lead_id == later,
                duplicate_pairs.c.other_id == earlier,
            )
        )
    upsert(conn, duplicate_pairs, fresh)
    changed = {each for pair in lost for each in pair} | {
        str(row[name]) for row in fresh for name in ("lead_id", "other_id")
    }
    mark_beside(conn, install_id, live_among(conn, install_id, changed), at)


def _is_kept(match: Match) -> bool:
    return match.probability >= SAME_PERSON or any(each.level in _SAME.get(each.field, ()) for each in match.reasons)


def _row(install_id: str, later: str, earlier: str, match: Match) -> dict[str, object]:
    found = judged(match)
    return {
        "install_id": install_id,
        "lead_id": later,
        "other_id": earlier,
        "percent": found.percent,
        "apart": "" if found.apart is None else found.apart.value,
        "agrees": json.dumps([[each.field, each.level, each.weight] for each in found.agrees]),
    }


def _stored_pairs(
    conn: Connection, install_id: str, lead_ids: Collection[str]
) -> dict[tuple[str, str], Mapping[str, object]]:
    pairs = duplicate_pairs.c
    query = sa.select(duplicate_pairs).where(
        pairs.install_id == install_id, sa.or_(pairs.lead_id.in_(lead_ids), pairs.other_id.in_(lead_ids))
    )
    return {(row.lead_id, row.other_id): dict(row._mapping) for row in conn.execute(query)}
