"""What was said of each lead when it came, beside what was found out since: the account's own experience."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.lead import LeadStatus
from audits.model.truth import LeadClass
from audits.truth.experience import Noted
from audits.truth.outcomes import Found, FoundOut, Way
from audits.truth.weights import MODEL_VERSION
from connector.storage.statements import portions, upsert
from connector.storage.tables import lead_outcomes, leads

_WHOLE = 10_000


def note_outcomes(conn: Connection, install_id: str, noted: Sequence[Noted], at: datetime) -> None:
    """Keep one line per lead as of its audit at `at` (aware UTC). An equal line keeps its time. Leads that are gone
    keep their last one."""
    for some in portions(noted):
        live = set(
            conn.execute(
                sa.select(leads.c.lead_id).where(
                    leads.c.install_id == install_id,
                    leads.c.lead_id.in_([each.lead_id for each in some]),
                    leads.c.gone_at.is_(None),
                )
            ).scalars()
        )
        rows = [_row(install_id, each) for each in some if each.lead_id in live]
        held = {
            row.lead_id: row
            for row in conn.execute(
                sa.select(lead_outcomes).where(
                    lead_outcomes.c.install_id == install_id, lead_outcomes.c.lead_id.in_(sorted(live))
                )
            )
        }
        changed = [
            {**row, "noted_at": at}
            for row in rows
            if row["lead_id"] not in held or any(held[row["lead_id"]]._mapping[name] != row[name] for name in row)
        ]
        upsert(conn, lead_outcomes, changed)


def count_noted(conn: Connection, install_id: str) -> Iterator[tuple[Noted, int]]:
    """Each different line of the live leads that were judged by the weights that are shipped now, with how many leads
    have it, in one fixed order. A line names no lead and no instant."""
    of = lead_outcomes.c
    line = (of.said, of.spoke, of.codes, of.found, of.found_as)
    query = (
        sa.select(*line, sa.func.count().label("n"))
        .join(leads, sa.and_(leads.c.install_id == of.install_id, leads.c.lead_id == of.lead_id))
        .where(of.install_id == install_id, of.model_version == MODEL_VERSION, leads.c.gone_at.is_(None))
        .group_by(*line)
        .order_by(*line)
    )
    for row in conn.execute(query, execution_options={"yield_per": 1000}):
        noted = Noted(
            said=row.said / _WHOLE,
            spoke=tuple(row.spoke.split()),
            codes=tuple(row.codes.split()),
            found=_found(row.found, row.found_as),
        )
        yield noted, row.n


def last_noted_at(conn: Connection, install_id: str) -> datetime | None:
    """When a line last changed (aware UTC), None = there is none."""
    at: datetime | None = conn.execute(
        sa.select(sa.func.max(lead_outcomes.c.noted_at, type_=lead_outcomes.c.noted_at.type)).where(
            lead_outcomes.c.install_id == install_id
        )
    ).scalar_one()
    return at


def open_leads_said(conn: Connection, install_id: str) -> Iterator[tuple[str, float, tuple[str, ...]]]:
    """(lead id, what was said of it, rules that spoke) of each open live lead; never held."""
    query = (
        sa.select(lead_outcomes.c.lead_id, lead_outcomes.c.said, lead_outcomes.c.spoke)
        .join(
            leads,
            sa.and_(leads.c.install_id == lead_outcomes.c.install_id, leads.c.lead_id == lead_outcomes.c.lead_id),
        )
        .where(
            lead_outcomes.c.install_id == install_id,
            leads.c.gone_at.is_(None),
            leads.c.status == LeadStatus.OPEN.value,
        )
    )
    for row in conn.execute(query, execution_options={"yield_per": 1000}):
        yield row.lead_id, row.said / _WHOLE, tuple(row.spoke.split())


def _row(install_id: str, noted: Noted) -> dict[str, object]:
    found = noted.found
    return {
        "install_id": install_id,
        "lead_id": noted.lead_id,
        "said": round(noted.said * _WHOLE),
        "spoke": " ".join(noted.spoke),
        "codes": " ".join(noted.codes),
        "found": "" if found is None else found.found.value,
        "found_as": "" if found is None else _dump(found),
        "found_at": None if found is None else found.at,
        "model_version": noted.model_version,
    }


def _dump(found: FoundOut) -> str:
    """Without evidence: it names records, and is found again where the lead is judged."""
    return json.dumps(
        {
            "why": found.why,
            "classes": found.classes,
            "against": found.against,
            "worked": found.worked,
            "failed": found.failed,
        },
        separators=(",", ":"),
    )


def _found(found: str, text: str) -> FoundOut | None:
    if not found:
        return None
    data = json.loads(text)
    return FoundOut(
        found=Found(found),
        why=data["why"],
        classes=tuple(LeadClass(each) for each in data["classes"]),
        against=tuple(LeadClass(each) for each in data["against"]),
        worked=tuple(Way(each) for each in data["worked"]),
        failed=tuple(Way(each) for each in data["failed"]),
    )
