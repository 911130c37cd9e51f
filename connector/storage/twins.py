"""Which texts of a lead other leads got almost word for word, counted over the store (see audits.twins)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.case import LeadCase
from audits.model.surroundings import Twin
from audits.twins import OwnText, TextPrint, alike, nearest, own_texts, twin_of
from connector.storage.column_types import UtcMicros, Words
from connector.storage.policies import PolicyBook
from connector.storage.ranges import rows_wanted
from connector.storage.statements import portions
from connector.storage.tables import text_bands, text_prints

#: Simhashes of texts that are nearly alike differ in no more of their 64 bits.
MOST_BITS = 14
#: Most numbers in one IN list: SQLite takes 32,766 parameters.
MOST_IDS = 20_000


class Sent(NamedTuple):
    """One text as it was sent to a lead."""

    digest: int
    at: datetime
    act_id: str
    lead_id: str


def twins_of(
    conn: Connection, install_id: str, cases: Sequence[LeadCase], as_of: datetime, book: PolicyBook
) -> dict[str, tuple[Twin, ...]]:
    """Of each lead its texts that others got almost word for word, as of `as_of` (aware UTC)."""
    own = [text for case in cases for text in own_texts(case, book.policy_for(case.lead.received_at, case.as_of))]
    if not own:
        return {}
    near = _near_digests(conn, install_id, {each.made for each in own})
    variants = _words_of(conn, install_id, {digest for several in near.values() for digest in several})
    likenesses = [alike(each, near[each.made.digest], variants) for each in own]
    counted = _others(conn, install_id, own, likenesses, as_of)
    found: dict[str, list[Twin]] = {}
    for place, each in enumerate(own):
        twin = twin_of(each, likenesses[place], *counted.get(place, ({}, 0)), variants)
        if twin is not None:
            found.setdefault(each.activity.lead_id, []).append(twin)
    return {lead_id: tuple(twins) for lead_id, twins in found.items()}


def texts_of(conn: Connection, install_id: str, lead_ids: Collection[str]) -> frozenset[Sent]:
    """The printed texts of these leads, as they stand now."""
    prints = text_prints.c
    found: set[Sent] = set()
    for ids in portions(sorted(set(lead_ids))):
        query = sa.select(prints.digest, prints.occurred_at, prints.activity_id, prints.lead_id).where(
            prints.install_id == install_id, prints.lead_id.in_(ids), prints.missing_since.is_(None)
        )
        found.update(Sent(*row) for row in conn.execute(query))
    return frozenset(found)


def beside_texts(
    conn: Connection, install_id: str, texts: Collection[Sent], as_of: datetime, most: int, near_days: int
) -> set[str]:
    """Leads whose count of twins may have come to be `most`, or less, when `texts` came or went.

    Where more than `most` others got a text of that digest, each of them had its twins without these: so each text
    names few leads, however many a mailing went to.
    """
    if not texts:
        return set()
    span = timedelta(days=near_days)
    digests = {text.digest for text in texts}
    known = text_bands.c
    made: set[TextPrint] = set()
    for some in portions(sorted(digests), MOST_IDS):
        query = sa.select(known.digest, known.simhash).where(known.install_id == install_id, known.digest.in_(some))
        made.update(TextPrint("", row.digest, row.simhash) for row in conn.execute(query.distinct()))
    near = _near_digests(conn, install_id, made)
    own = {text.lead_id for text in texts}
    ranges: list[_WantedRow] = [
        (place, digest, "", "", text.at - span, min(text.at + span, as_of))
        for place, text in enumerate(sorted(texts))
        for digest in sorted({text.digest, *near.get(text.digest, ())})
    ]
    found: dict[int, set[str]] = {}
    wanted = _wanted(conn, install_id, ranges)
    # A few rows more than are asked for tell that there are too many.
    rank = sa.func.row_number().over(
        partition_by=wanted.c.place, order_by=(text_prints.c.occurred_at, text_prints.c.lead_id)
    )
    ranked = (
        sa.select(wanted.c.place, text_prints.c.lead_id, rank.label("rank"))
        .select_from(wanted.join(text_prints, _is_wanted(wanted, as_of)))
        .where(text_prints.c.lead_id.not_in(own))
        .subquery()
    )
    for row in conn.execute(sa.select(ranked.c.place, ranked.c.lead_id).where(ranked.c.rank <= 2 * (most + 1))):
        found.setdefault(row.place, set()).add(row.lead_id)
    return {lead_id for others in found.values() if len(others) <= most for lead_id in others}


def _near_digests(conn: Connection, install_id: str, made: Collection[TextPrint]) -> dict[int, list[int]]:
    """For each digest the others whose texts may be alike, the nearest first, and none more than MOST_VARIANTS."""
    by_digest = {each.digest: each for each in made}
    bands = {band for each in by_digest.values() for band in each.bands}
    known = text_bands.c
    rows: dict[int, tuple[set[int], int]] = {}
    for some in portions(sorted(bands), MOST_IDS):
        query = sa.select(known.band, known.digest, known.simhash).where(
            known.install_id == install_id, known.band.in_(some)
        )
        for row in conn.execute(query):
            rows.setdefault(row.digest, (set(), row.simhash))[0].add(row.band)
    by_band: dict[int, list[int]] = {}
    for digest, (shared, _) in rows.items():
        for band in shared:
            by_band.setdefault(band, []).append(digest)
    found: dict[int, list[int]] = {}
    for each in by_digest.values():
        sharing = {digest: rows[digest][1] for band in each.bands for digest in by_band.get(band, ())}
        found[each.digest] = nearest(each, sharing)
    return found


def _words_of(conn: Connection, install_id: str, digests: Collection[int]) -> dict[int, str]:
    """The words of each digest."""
    prints = text_prints.c
    found: dict[int, str] = {}
    for some in portions(sorted(digests), MOST_IDS):
        rank = sa.func.row_number().over(partition_by=prints.digest)
        first = (
            sa.select(prints.digest, prints.words, rank.label("rank"))
            .where(prints.install_id == install_id, prints.digest.in_(some))
            .subquery()
        )
        found.update(
            (row.digest, row.words)
            for row in conn.execute(sa.select(first.c.digest, first.c.words).where(first.c.rank == 1))
        )
    return found


def _others(
    conn: Connection, install_id: str, own: Sequence[OwnText], alike: Sequence[Mapping[int, int]], as_of: datetime
) -> dict[int, tuple[dict[int, int], int]]:
    """For each place in `own`: how many other leads got a text of each digest, and how many got any."""
    ranges = [
        (
            place,
            digest,
            each.activity.lead_id,
            each.activity.activity_id,
            each.activity.occurred_at - each.near,
            min(each.activity.occurred_at + each.near, as_of),
        )
        for place, (each, digests) in enumerate(zip(own, alike, strict=True))
        for digest in sorted(digests)
    ]
    wanted = _wanted(conn, install_id, ranges)
    joined = wanted.join(text_prints, _is_wanted(wanted, as_of))
    others = sa.func.count(sa.distinct(text_prints.c.lead_id)).label("others")
    by_digest = sa.select(wanted.c.place, wanted.c.digest, others).select_from(joined)
    counts: dict[int, dict[int, int]] = {}
    for row in conn.execute(by_digest.group_by(wanted.c.place, wanted.c.digest)):
        counts.setdefault(row.place, {})[row.digest] = row.others
    # Who got two of the digests is one lead.
    rows = conn.execute(sa.select(wanted.c.place, others).select_from(joined).group_by(wanted.c.place))
    return {row.place: (counts[row.place], row.others) for row in rows}


_WantedRow = tuple[int, int, str, str, datetime, datetime]


def _wanted(conn: Connection, install_id: str, ranges: Sequence[_WantedRow]) -> sa.CTE:
    return rows_wanted(
        conn,
        [(install_id, *each) for each in ranges],
        install_id=Words,
        place=sa.BigInteger,
        digest=sa.BigInteger,
        lead_id=Words,
        activity_id=Words,
        low=UtcMicros,
        high=UtcMicros,
    )


def _is_wanted(wanted: sa.CTE, as_of: datetime) -> sa.ColumnElement[bool]:
    prints = text_prints.c
    return sa.and_(
        prints.install_id == wanted.c.install_id,
        prints.digest == wanted.c.digest,
        prints.occurred_at >= wanted.c.low,
        prints.occurred_at <= wanted.c.high,
        prints.lead_id != wanted.c.lead_id,
        prints.activity_id != wanted.c.activity_id,
        prints.recorded_at <= as_of,
        sa.or_(prints.missing_since.is_(None), prints.missing_since > as_of),
    )
