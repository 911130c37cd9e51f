"""Prints of outbound texts: what finds, among thousands, the few that may be almost the same.

A text is compared by its words without greeting, names and figures (audits.message_text). Equal ones have one digest;
of each digest a simhash is kept, cut into bands: texts that are nearly alike share at least one band, nearly always.
A print holds those words, so it goes when the text is wiped.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits import twins
from audits.model.activity import ActivityKind, ActivityState, Direction
from audits.twins import TextPrint
from connector.storage.column_types import storable
from connector.storage.statements import insert_new, portions, upsert
from connector.storage.tables import activities, leads, text_bands, text_prints

_WRITTEN = (ActivityKind.EMAIL.value, ActivityKind.MESSAGE.value)


def print_of(text: str, first_name: str | None, last_name: str | None) -> TextPrint | None:
    """The print of a text as the store keeps it; None for one that is too short to be compared."""
    return twins.print_of(storable(text), first_name, last_name)


def renew_prints(conn: Connection, install_id: str, lead_ids: Collection[str]) -> None:
    """Make the prints of these leads those of their stored texts: what a person of ours wrote and sent to them.

    What came with a merge is left out: it is printed under the lead to which it was sent.
    """
    for ids in portions(sorted(set(lead_ids))):
        mine = sa.and_(text_prints.c.install_id == install_id, text_prints.c.lead_id.in_(ids))
        before = {
            (row.lead_id, row.kind, row.activity_id): dict(row._mapping)
            for row in conn.execute(sa.select(text_prints).where(mine))
        }
        rows: dict[tuple[str, str, str], dict[str, object]] = {}
        bands: dict[int, list[dict[str, object]]] = {}
        for row in conn.execute(_texts(install_id, ids)):
            made = print_of(row.text, row.first_name, row.last_name)
            if made is None:
                continue
            rows[row.lead_id, row.kind, row.activity_id] = {
                "install_id": install_id,
                "lead_id": row.lead_id,
                "kind": row.kind,
                "activity_id": row.activity_id,
                "digest": made.digest,
                "words": made.words,
                "occurred_at": row.occurred_at,
                "recorded_at": row.recorded_at,
                "missing_since": row.missing_since,
            }
            bands[made.digest] = [
                {
                    "install_id": install_id,
                    "band": band,
                    "digest": made.digest,
                    "simhash": made.simhash,
                }
                for band in made.bands
            ]
        news = [row for key, row in rows.items() if before.get(key) != row]
        upsert(conn, text_prints, news)
        fresh = {row["digest"] for row in news}
        insert_new(
            conn, text_bands, [each for digest, several in bands.items() if digest in fresh for each in several]
        )
        lost = [key for key in before if key not in rows]
        changed = {before[key]["digest"] for key in rows if key in before} - {row["digest"] for row in rows.values()}
        for key in lost:
            conn.execute(
                sa.delete(text_prints).where(
                    text_prints.c.install_id == install_id,
                    text_prints.c.lead_id == key[0],
                    text_prints.c.kind == key[1],
                    text_prints.c.activity_id == key[2],
                )
            )
        _drop_bands(conn, install_id, {*changed, *(before[key]["digest"] for key in lost)})


def wipe_prints(conn: Connection, install_id: str, lead_ids: Collection[str]) -> None:
    """Take away the prints of all texts to these leads: their people are forgotten."""
    for ids in portions(sorted(set(lead_ids))):
        mine = sa.and_(text_prints.c.install_id == install_id, text_prints.c.lead_id.in_(ids))
        digests = set(conn.execute(sa.select(text_prints.c.digest).where(mine)).scalars())
        conn.execute(sa.delete(text_prints).where(mine))
        _drop_bands(conn, install_id, digests)


def drop_prints(conn: Connection, install_id: str, before: datetime) -> None:
    """Take away the prints of texts that were sent or entered before `before` (aware UTC): they are wiped, too."""
    old = sa.and_(
        text_prints.c.install_id == install_id,
        sa.or_(text_prints.c.occurred_at < before, text_prints.c.recorded_at < before),
    )
    digests = set(conn.execute(sa.select(text_prints.c.digest).where(old)).scalars())
    conn.execute(sa.delete(text_prints).where(old))
    _drop_bands(conn, install_id, digests)


def _drop_bands(conn: Connection, install_id: str, digests: Collection[object]) -> None:
    """Take away the bands of those of these digests that no text has any more."""
    for some in portions(list(digests)):
        conn.execute(
            sa.delete(text_bands).where(
                text_bands.c.install_id == install_id,
                text_bands.c.digest.in_(some),
                ~sa.exists().where(
                    text_prints.c.install_id == text_bands.c.install_id, text_prints.c.digest == text_bands.c.digest
                ),
            )
        )


def _texts(install_id: str, lead_ids: Collection[str]) -> sa.Select[tuple[object, ...]]:
    acts = activities.c
    return (
        sa.select(
            acts.lead_id,
            acts.kind,
            acts.activity_id,
            acts.occurred_at,
            acts.recorded_at,
            acts.missing_since,
            acts.text,
            leads.c.first_name,
            leads.c.last_name,
        )
        .join(leads, sa.and_(leads.c.install_id == acts.install_id, leads.c.lead_id == acts.lead_id))
        .where(
            acts.install_id == install_id,
            acts.lead_id.in_(lead_ids),
            acts.kind.in_(_WRITTEN),
            acts.text.is_not(None),
            acts.direction == Direction.OUTBOUND.value,
            acts.state == ActivityState.DONE.value,
            acts.is_automated.is_(False),
            acts.from_lead_id.is_(None),
        )
    )
