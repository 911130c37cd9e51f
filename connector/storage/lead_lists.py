"""The list of leads: which ones, in which order, and what a line shows, from one measures row per lead.

Leads that are gone or forgotten stay in the list of their period; what cannot be shown any more has no name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus, Verdict
from connector.storage.statements import portions
from connector.storage.tables import current_findings, lead_audits, leads, owners
from connector.storage.timeline_rows import search_key


class LeadSort(StrEnum):
    """The orders of a list; equal leads follow by id."""

    NEWEST = "newest"
    OLDEST = "oldest"
    DUE_FIRST = "due_first"
    SLOWEST = "slowest"
    LOWEST_QUALITY = "lowest_quality"
    LOWEST_HANDLING = "lowest_handling"
    BEST_FIT = "best_fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilter:
    """Which leads, in which order, which page of them. None = any. `owner_id` "" = without an owner.

    `rule_id` alone: the rule says BREACH; with `outcome`: it says that. `search`: part of name, company, address,
    number or id, whatever its case. `received_from` and `received_to`: [from, to), aware UTC.
    """

    status: FollowUpStatus | None = None
    owner_id: str | None = None
    source: str | None = None
    verdict: Verdict | None = None
    rule_id: str | None = None
    outcome: Outcome | None = None
    search: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    sort: LeadSort = LeadSort.NEWEST
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """One line of a list. `name` "" = unknown or forgotten. Spans in seconds, times aware UTC.

    `answer`, `cause`: as in audits.reports; `charged_to`: who is charged with the answer, "" = nobody. `contested`,
    `set_aside`: the rules whose finding somebody contests and nobody has decided yet, or which was set aside.
    """

    lead_id: str
    name: str
    company: str | None
    owner_id: str | None
    owner_name: str | None
    source: str | None
    received_at: datetime
    first_attempt_at: datetime | None
    first_attempt_s: int | None
    first_attempt_wall_s: int | None
    first_connection_at: datetime | None
    attempts_calls: int
    attempts_emails: int
    last_attempt_at: datetime | None
    quality: int | None
    handling: int | None
    verdict: Verdict
    follow_up_status: FollowUpStatus
    note: str
    due_at: datetime | None
    record_url: str | None
    is_gone: bool
    is_forgotten: bool
    contested: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    answer: str
    cause: str
    charged_to: str
    fit: int | None = None


def list_sources(conn: Connection, install_id: str, owner_id: str | None = None) -> list[str]:
    """The sources that occur (among the leads of `owner_id`, None = of all), for a choice on a page."""
    within = conditions_of(install_id, LeadFilter(owner_id=owner_id))
    return list(
        conn.execute(
            sa.select(lead_audits.c.source)
            .where(*within, lead_audits.c.source.is_not(None))
            .distinct()
            .order_by(lead_audits.c.source)
        ).scalars()
    )


def conditions_of(install_id: str, wanted: LeadFilter) -> list[sa.ColumnElement[bool]]:
    """The conditions of a filter, over `joined`."""
    audits = lead_audits.c
    conditions: list[sa.ColumnElement[bool]] = [audits.install_id == install_id]
    if wanted.status is not None:
        conditions.append(audits.follow_up_status == wanted.status.value)
    if wanted.owner_id is not None:
        conditions.append(audits.owner_id == wanted.owner_id if wanted.owner_id else audits.owner_id.is_(None))
    if wanted.source is not None:
        conditions.append(audits.source == wanted.source if wanted.source else audits.source.is_(None))
    if wanted.verdict is not None:
        conditions.append(audits.verdict == wanted.verdict.value)
    if wanted.received_from is not None:
        conditions.append(audits.received_at >= wanted.received_from)
    if wanted.received_to is not None:
        conditions.append(audits.received_at < wanted.received_to)
    if wanted.rule_id is not None or wanted.outcome is not None:
        said = [current_findings.c.install_id == install_id, current_findings.c.lead_id == audits.lead_id]
        if wanted.rule_id is not None:
            said.append(current_findings.c.rule_id == wanted.rule_id)
        said.append(current_findings.c.outcome == (wanted.outcome or Outcome.BREACH).value)
        conditions.append(sa.exists().where(*said))
    if wanted.search and wanted.search.strip():
        conditions.append(leads.c.search_text.contains(search_key(wanted.search), autoescape=True))
    return conditions


def order_of(sort: LeadSort) -> tuple[sa.ColumnElement[Any], ...]:
    """The order of a list."""
    audits = lead_audits.c
    orders: dict[LeadSort, tuple[sa.ColumnElement[Any], ...]] = {
        LeadSort.NEWEST: (audits.received_at.desc(),),
        LeadSort.OLDEST: (audits.received_at,),
        LeadSort.DUE_FIRST: (audits.due_at.is_(None), audits.due_at),
        LeadSort.SLOWEST: (audits.first_attempt_s.is_(None), audits.first_attempt_s.desc()),
        LeadSort.LOWEST_QUALITY: (audits.quality.is_(None), audits.quality),
        LeadSort.LOWEST_HANDLING: (audits.handling.is_(None), audits.handling),
        LeadSort.BEST_FIT: (audits.fit.is_(None), audits.fit.desc()),
    }
    return orders[sort]


def joined(install_id: str) -> sa.FromClause:
    """The measures of each lead, with its record and its owner where they are known."""
    return lead_audits.outerjoin(
        leads, sa.and_(leads.c.install_id == install_id, leads.c.lead_id == lead_audits.c.lead_id)
    ).outerjoin(owners, sa.and_(owners.c.install_id == install_id, owners.c.owner_id == lead_audits.c.owner_id))


def lines(install_id: str) -> sa.Select[Any]:
    """What a line of a list is made of, but for its contests; see `lead_row`."""
    return (
        sa.select(
            lead_audits,
            leads.c.first_name,
            leads.c.last_name,
            leads.c.company,
            leads.c.record_url,
            owners.c.name.label("owner_name"),
        )
        .select_from(joined(install_id))
        .where(lead_audits.c.install_id == install_id)
    )


def lead_row(row: sa.Row[Any]) -> LeadRow:
    """A row of `lines` → the line, without what was contested."""
    return LeadRow(
        lead_id=row.lead_id,
        name=" ".join(part for part in (row.first_name, row.last_name) if part),
        company=row.company,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        source=row.source,
        received_at=row.received_at,
        first_attempt_at=row.first_attempt_at,
        first_attempt_s=row.first_attempt_s,
        first_attempt_wall_s=row.first_attempt_wall_s,
        first_connection_at=row.first_connection_at,
        attempts_calls=row.attempts_calls,
        attempts_emails=row.attempts_emails,
        last_attempt_at=row.last_attempt_at,
        quality=row.quality,
        handling=row.handling,
        verdict=Verdict(row.verdict),
        follow_up_status=FollowUpStatus(row.follow_up_status),
        note=row.note,
        due_at=row.due_at,
        record_url=row.record_url,
        is_gone=row.gone_at is not None,
        is_forgotten=row.is_forgotten,
        answer=row.answer,
        cause=row.cause,
        charged_to=row.charged_to,
        fit=row.fit,
    )


def lead_names(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, tuple[str, str | None]]:
    """Lead id → (name or address, "" = unknown, and who holds it) of live leads."""
    found: dict[str, tuple[str, str | None]] = {}
    for portion in portions(sorted(set(lead_ids))):
        rows = conn.execute(
            sa.select(leads).where(
                leads.c.install_id == install_id, leads.c.lead_id.in_(portion), leads.c.gone_at.is_(None)
            )
        )
        for row in rows:
            name = " ".join(part for part in (row.first_name, row.last_name) if part)
            found[row.lead_id] = (name or row.email or row.company or "", row.owner_id)
    return found
