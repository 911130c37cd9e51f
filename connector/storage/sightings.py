"""Sightings: where else the person of a lead was seen, as far as it was known as of one instant.

Other leads with an equal number or address, and those that were found alike with it (connector.storage.duplicates).
Each pair is judged by the two leads as they stand; that somebody said they are two persons counts from when he did.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.case import Apart, KeyKind, Sighting
from audits.truth.duplicates.pairs import LEAST_PERCENT, Judged, judge_pairs, judged
from audits.truth.duplicates.record import Record
from connector.storage.duplicates import compared_columns, pair_neighbours, record_of, splits_among
from connector.storage.keys import exact_neighbours
from connector.storage.statements import portions
from connector.storage.tables import leads


@dataclass(frozen=True, slots=True)
class _Other:
    """A lead that was known and not yet gone."""

    received_at: datetime
    record_url: str | None
    source: str | None


def sightings_of(
    conn: Connection, install_id: str, lead_ids: Collection[str], as_of: datetime
) -> dict[str, tuple[Sighting, ...]]:
    """For each lead: the other leads of its person that were received, known and not yet gone as of `as_of`.

    Sorted by time of receipt, then id, then kind.
    """
    found: dict[str, tuple[Sighting, ...]] = {}
    for portion in portions(lead_ids):
        exact = exact_neighbours(conn, install_id, portion, as_of)
        seen: dict[tuple[str, str], set[KeyKind]] = {}
        for lead_id, others in exact.items():
            for other, kind in others:
                seen.setdefault((lead_id, other), set()).add(kind)
        for lead_id, alike in pair_neighbours(conn, install_id, portion).items():
            for other in alike:
                seen.setdefault((lead_id, other), set())
        if not seen:
            continue
        known, records = _leads(conn, install_id, {each for pair in seen for each in pair}, as_of)
        judgements = _judged(records, [pair for pair in seen if pair[1] in known])
        split = splits_among(conn, install_id, portion, as_of)
        listed: dict[str, list[Sighting]] = {}
        for (lead_id, other), kinds in seen.items():
            if other not in known:
                continue
            pair = judgements.get((lead_id, other))
            apart = Apart.SAID if (lead_id, other) in split else None if pair is None else pair.apart
            if not kinds and (pair is None or pair.percent < LEAST_PERCENT):
                continue
            listed.setdefault(lead_id, []).extend(
                Sighting(
                    lead_id=other,
                    received_at=known[other].received_at,
                    key_kind=kind,
                    record_url=known[other].record_url,
                    source=known[other].source,
                    percent=None if pair is None else pair.percent,
                    agrees=() if pair is None else pair.agrees,
                    apart=apart,
                )
                for kind in kinds or {KeyKind.PERSON}
            )
        for lead_id, several in listed.items():
            found[lead_id] = tuple(sorted(several, key=lambda each: (each.received_at, each.lead_id, each.key_kind)))
    return found


def _leads(
    conn: Connection, install_id: str, lead_ids: Collection[str], as_of: datetime
) -> tuple[dict[str, _Other], list[Record]]:
    """Those of these leads that were there as of then, and what all of them are compared by."""
    known: dict[str, _Other] = {}
    records: list[Record] = []
    for portion in portions(sorted(lead_ids)):
        query = sa.select(
            leads.c.received_at,
            leads.c.recorded_at,
            leads.c.gone_at,
            leads.c.record_url,
            leads.c.source,
            *compared_columns(),
        ).where(leads.c.install_id == install_id, leads.c.lead_id.in_(portion))
        for row in conn.execute(query):
            records.append(record_of(row))
            if max(row.received_at, row.recorded_at) <= as_of and (row.gone_at is None or row.gone_at > as_of):
                known[row.lead_id] = _Other(row.received_at, row.record_url, row.source)
    return known, records


def _judged(records: list[Record], pairs: list[tuple[str, str]]) -> Mapping[tuple[str, str], Judged]:
    places = {record.id: place for place, record in enumerate(records)}
    both = [pair for pair in pairs if pair[0] in places and pair[1] in places]
    matches = judge_pairs(records, [(places[one], places[other]) for one, other in both])
    return {pair: judged(match) for pair, match in zip(both, matches, strict=True)}
