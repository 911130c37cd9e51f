"""Persons who came as several leads, for a page: who they are, by what they are joined, and who was told apart.

Built from the pairs that were kept as leads came in (connector.storage.duplicates). The surest pairs join first, and
two whom a guard or somebody of the account keeps apart are never one person, not even through a third lead: so the
same leads give the same persons, in whatever order they came.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.duplicate_terms import DuplicateTerms, is_in_scope, is_proved
from audits.model.case import Agreement, KeyKind
from audits.truth.duplicates.clusters import united
from connector.storage.column_types import storable
from connector.storage.duplicates import Place, splits_among
from connector.storage.lead_links import live_among
from connector.storage.statements import insert_new, portions
from connector.storage.tables import duplicate_pairs, duplicate_splits, leads
from connector.storage.worklist import mark_due

_SAME = {("phone", "same"): KeyKind.PHONE, ("email", "same"): KeyKind.EMAIL,
         ("email", "same_role_address"): KeyKind.EMAIL}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """By what a lead is joined to an earlier one. `percent`: how likely both are one person."""

    other_id: str
    percent: int
    agrees: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One lead of a person. `link`: the surest to an earlier lead of his; None for the first one, and for whoever is
    joined through a later lead alone."""

    lead_id: str
    received_at: datetime
    source: str | None
    source_detail: str | None
    link: Link | None


@dataclass(frozen=True, slots=True)
class SamePerson:
    """The live leads of one person in the order of their arrival, two at least."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class ToldApart:
    """Two leads of which a user said that they are two persons."""

    lead_id: str
    other_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Lead:
    received_at: datetime
    source: str | None
    source_detail: str | None


@dataclass(frozen=True, slots=True)
class _Pair:
    later: str
    earlier: str
    percent: int
    apart: str
    agrees: tuple[Agreement, ...]

    @property
    def kinds(self) -> frozenset[KeyKind]:
        return frozenset(_SAME[each.field, each.level] for each in self.agrees if (each.field, each.level) in _SAME)


def same_people(
    conn: Connection, install_id: str, since: datetime, until: datetime, terms: DuplicateTerms, now: datetime
) -> list[SamePerson]:
    """Who came again in [since, until) (aware UTC) by these terms, whenever he first came; the latest first."""
    pairs = _pairs_of(conn, install_id, since, until)
    known = _live(conn, install_id, {each for pair in pairs for each in (pair.later, pair.earlier)})
    split = splits_among(conn, install_id, sorted(known), now)
    rows = [pair for pair in pairs if pair.later in known and pair.earlier in known]
    places = sorted(Place(lead.received_at, lead_id) for lead_id, lead in known.items())
    at = {place.lead_id: number for number, place in enumerate(places)}
    apart = [pair for pair in rows if pair.apart or (pair.later, pair.earlier) in split]
    kept = [
        pair
        for pair in rows
        if not pair.apart and (pair.later, pair.earlier) not in split and _proves(pair, terms, known)
    ]
    heads = united(
        len(places),
        _numbers(at[pair.earlier] for pair in kept),
        _numbers(at[pair.later] for pair in kept),
        np.array([float(pair.percent) + 100 * len(pair.kinds) for pair in kept], np.float64),
        (_numbers(at[pair.earlier] for pair in apart), _numbers(at[pair.later] for pair in apart)),
    )
    links: dict[str, Link] = {}
    for pair in sorted(kept, key=lambda each: (len(each.kinds), each.percent, at[each.earlier])):
        if heads[at[pair.later]] == heads[at[pair.earlier]]:
            links[pair.later] = Link(pair.earlier, pair.percent, pair.agrees)
    groups: dict[int, list[Member]] = {}
    for number, place in enumerate(places):
        lead = known[place.lead_id]
        link = links.get(place.lead_id)
        member = Member(place.lead_id, place.received_at, lead.source, lead.source_detail, link)
        groups.setdefault(int(heads[number]), []).append(member)
    found = [
        SamePerson(tuple(members))
        for members in groups.values()
        if len(members) > 1 and any(since <= each.received_at < until for each in members[1:])
    ]
    return sorted(found, key=lambda each: (each.members[-1].received_at, each.members[-1].lead_id), reverse=True)


def resold(people: Iterable[SamePerson], since: datetime, until: datetime) -> dict[tuple[str, str], int]:
    """How often a person who first came from one source came again from another, or the same one, in [since, until):
    (first source, later source) → leads. "" = no source."""
    counts: dict[tuple[str, str], int] = {}
    for person in people:
        first = person.members[0].source or ""
        for member in person.members[1:]:
            if since <= member.received_at < until:
                pair = first, member.source or ""
                counts[pair] = counts.get(pair, 0) + 1
    return counts


def tell_apart(conn: Connection, install_id: str, one: str, other: str, user_id: str, at: datetime) -> bool:
    """Keep that a user said at `at` (aware UTC) that these two leads are two persons; both are due for audit. False
    when they were not taken for one, or somebody said so already: nothing was changed."""
    pair = sorted((storable(one), storable(other)))
    held = duplicate_pairs.c
    found = conn.execute(
        sa.select(held.percent).where(held.install_id == install_id, held.lead_id.in_(pair), held.other_id.in_(pair))
    ).first()
    if found is None or tuple(pair) in splits_among(conn, install_id, pair, at):
        return False
    row = {"install_id": install_id, "lead_id": pair[0], "other_id": pair[1], "split_at": at, "split_by": user_id}
    insert_new(conn, duplicate_splits, [row])
    mark_due(conn, install_id, live_among(conn, install_id, pair), at)
    return True


def take_together(conn: Connection, install_id: str, one: str, other: str, user_id: str, at: datetime) -> bool:
    """Take back at `at` (aware UTC) that these are two persons; both are due for audit. False if nobody says so."""
    pair = sorted((storable(one), storable(other)))
    splits = duplicate_splits.c
    done = conn.execute(
        sa.update(duplicate_splits)
        .where(
            splits.install_id == install_id,
            splits.lead_id == pair[0],
            splits.other_id == pair[1],
            splits.joined_at.is_(None),
        )
        .values(joined_at=at, joined_by=user_id)
    )
    if not done.rowcount:
        return False
    mark_due(conn, install_id, live_among(conn, install_id, pair), at)
    return True


def told_apart(conn: Connection, install_id: str, limit: int) -> list[ToldApart]:
    """Who is said to be two persons, the latest first; pairs of leads that are gone are left out."""
    splits = duplicate_splits.c
    query = sa.select(splits.lead_id, splits.other_id, splits.split_by, splits.split_at).where(
        splits.install_id == install_id, splits.joined_at.is_(None)
    )
    for name in ("lead_id", "other_id"):
        lead = leads.alias(f"of_{name}")
        query = query.join(
            lead,
            sa.and_(
                lead.c.install_id == splits.install_id,
                lead.c.lead_id == splits[name],
                lead.c.gone_at.is_(None),
            ),
        )
    rows = conn.execute(query.order_by(splits.split_at.desc(), splits.lead_id, splits.other_id).limit(limit))
    return [ToldApart(row.lead_id, row.other_id, row.split_by, row.split_at) for row in rows]


def _proves(pair: _Pair, terms: DuplicateTerms, known: Mapping[str, _Lead]) -> bool:
    sources = known[pair.later].source, known[pair.earlier].source
    return is_in_scope(*sources, terms) and is_proved(pair.kinds, pair.percent, terms)


def _numbers(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(list(values), np.int64)


def _pairs_of(conn: Connection, install_id: str, since: datetime, until: datetime) -> list[_Pair]:
    """All pairs of leads received in [since, until), and of whoever is joined to them."""
    pairs = duplicate_pairs.c
    query = (
        sa.select(duplicate_pairs)
        .join(leads, sa.and_(leads.c.install_id == pairs.install_id, leads.c.lead_id == pairs.lead_id))
        .where(pairs.install_id == install_id, leads.c.received_at >= since, leads.c.received_at < until)
    )
    found = {(row.lead_id, row.other_id): _pair(row) for row in conn.execute(query)}
    asked: set[str] = set()
    while True:
        ids = {each for pair in found for each in pair} - asked
        if not ids:
            return [found[key] for key in sorted(found)]
        asked |= ids
        for portion in portions(sorted(ids)):
            for mine in (pairs.lead_id, pairs.other_id):
                rows = conn.execute(
                    sa.select(duplicate_pairs).where(pairs.install_id == install_id, mine.in_(portion))
                )
                found.update({(row.lead_id, row.other_id): _pair(row) for row in rows})


def _pair(row: sa.Row[tuple[object, ...]]) -> _Pair:
    return _Pair(
        later=row.lead_id,
        earlier=row.other_id,
        percent=row.percent,
        apart=row.apart,
        agrees=tuple(Agreement(*each) for each in json.loads(row.agrees)),
    )


def _live(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, _Lead]:
    found: dict[str, _Lead] = {}
    for portion in portions(sorted(lead_ids)):
        rows = conn.execute(
            sa.select(leads.c.lead_id, leads.c.received_at, leads.c.source, leads.c.source_detail).where(
                leads.c.install_id == install_id, leads.c.lead_id.in_(portion), leads.c.gone_at.is_(None)
            )
        )
        found.update({row.lead_id: _Lead(row.received_at, row.source, row.source_detail) for row in rows})
    return found
