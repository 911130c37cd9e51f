"""Questions of the pages, answered from one measures row per lead. Nothing here reads raw activities.

Periods are [since, until) over the time of receipt, aware UTC. Leads that are gone or forgotten stay in the counts of
their period; what cannot be shown any more has no name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus, Verdict
from connector.storage.column_types import from_micros
from connector.storage.tables import current_findings, lead_audits, leads, owners
from connector.storage.timeline_rows import search_key

_BUCKET_US = 15 * 60 * 1_000_000


class LeadSort(StrEnum):
    """The orders of a list; equal leads follow by id."""

    NEWEST = "newest"
    OLDEST = "oldest"
    DUE_FIRST = "due_first"
    SLOWEST = "slowest"
    LOWEST_QUALITY = "lowest_quality"
    LOWEST_HANDLING = "lowest_handling"


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
    """One line of a list. `name` "" = unknown or forgotten. Spans in seconds, times aware UTC."""

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


@dataclass(frozen=True, slots=True)
class AttemptStats:
    """First attempts of a period in seconds of working time. `n` of `leads` were tried; None when n is 0."""

    n: int
    leads: int
    median_s: int | None
    p90_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRow:
    """One owner in a period. `owner_id` None = nobody's leads. Spans in seconds of working time.

    `late`: leads whose first attempt came too late, or is too late by now (RT001 or RT002 in breach).
    """

    owner_id: str | None
    name: str | None
    leads: int
    attempted: int
    connected: int
    median_s: int | None
    p90_s: int | None
    late: int
    never_called: int
    neglected: int


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many leads a rule gave this answer for this reason now."""

    rule_id: str
    outcome: Outcome
    reason: str
    leads: int


def count_by_status(conn: Connection, install_id: str) -> dict[FollowUpStatus, int]:
    """How many leads stand where; every status is there."""
    counts = dict.fromkeys(FollowUpStatus, 0)
    rows = conn.execute(
        sa.select(lead_audits.c.follow_up_status, sa.func.count())
        .where(lead_audits.c.install_id == install_id)
        .group_by(lead_audits.c.follow_up_status)
    )
    for status, count in rows:
        counts[FollowUpStatus(status)] = count
    return counts


def count_by_verdict(
    conn: Connection, install_id: str, since: datetime, until: datetime
) -> dict[str, dict[Verdict, int]]:
    """Source ("" = unknown) → verdict → leads received in the period."""
    source = sa.func.coalesce(lead_audits.c.source, "")
    rows = conn.execute(
        sa.select(source, lead_audits.c.verdict, sa.func.count())
        .where(*_received(install_id, since, until))
        .group_by(source, lead_audits.c.verdict)
        .order_by(source)
    )
    counts: dict[str, dict[Verdict, int]] = {}
    for name, verdict, count in rows:
        counts.setdefault(name, dict.fromkeys(Verdict, 0))[Verdict(verdict)] = count
    return counts


def first_attempt_stats(conn: Connection, install_id: str, since: datetime, until: datetime) -> AttemptStats:
    """How long leads received in the period waited for the first attempt. Exact nearest-rank percentiles."""
    total, n = conn.execute(
        sa.select(sa.func.count(), sa.func.count(lead_audits.c.first_attempt_s)).where(
            *_received(install_id, since, until)
        )
    ).one()
    if not n:
        return AttemptStats(0, total, None, None)

    def ranked(percent: int) -> int:
        value = conn.execute(
            sa.select(lead_audits.c.first_attempt_s)
            .where(*_received(install_id, since, until), lead_audits.c.first_attempt_s.is_not(None))
            .order_by(lead_audits.c.first_attempt_s)
            .offset(_rank(percent, n) - 1)
            .limit(1)
        ).scalar_one()
        return int(value or 0)

    return AttemptStats(n, total, ranked(50), ranked(90))


def first_attempt_histogram(
    conn: Connection, install_id: str, since: datetime, until: datetime, edges_s: Sequence[int]
) -> tuple[int, ...]:
    """Leads by seconds of working time to the first attempt: below edges_s[0], between the edges, from the last on.

    `edges_s` rises; there is one count more than edges. Leads without an attempt are in none.
    """
    value = lead_audits.c.first_attempt_s
    bounds = [None, *edges_s, None]
    columns = []
    for low, high in pairwise(bounds):
        inside: list[sa.ColumnElement[bool]] = [value.is_not(None)]
        if low is not None:
            inside.append(value >= low)
        if high is not None:
            inside.append(value < high)
        columns.append(sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*inside), 1), else_=0)), 0))
    row = conn.execute(sa.select(*columns).where(*_received(install_id, since, until))).one()
    return tuple(int(count) for count in row)


def arrivals_per_day(
    conn: Connection, install_id: str, since: datetime, until: datetime, zone: str
) -> list[tuple[date, int]]:
    """Leads received per day of the account's `zone` (IANA); days without any are there with 0."""
    # Quarter hours in SQL, days in here: every zone's offset is a multiple of 15 minutes.
    bucket = sa.type_coerce(lead_audits.c.received_at, sa.BigInteger) // sa.literal(_BUCKET_US, sa.BigInteger)
    rows = conn.execute(
        sa.select(bucket, sa.func.count()).where(*_received(install_id, since, until)).group_by(bucket)
    )
    local = ZoneInfo(zone)
    counts: dict[date, int] = {}
    day, last = since.astimezone(local).date(), (until - timedelta(microseconds=1)).astimezone(local).date()
    while day <= last:
        counts[day] = 0
        day += timedelta(days=1)
    for number, count in rows:
        counts[from_micros(int(number) * _BUCKET_US).astimezone(local).date()] += count
    return sorted(counts.items())


def findings_by_rule(conn: Connection, install_id: str, since: datetime, until: datetime) -> list[RuleCount]:
    """What each rule says now of the leads received in the period, by rule, outcome and reason."""
    columns = (current_findings.c.rule_id, current_findings.c.outcome, current_findings.c.reason)
    rows = conn.execute(
        sa.select(*columns, sa.func.count())
        .join(
            lead_audits,
            sa.and_(
                lead_audits.c.install_id == current_findings.c.install_id,
                lead_audits.c.lead_id == current_findings.c.lead_id,
            ),
        )
        .where(current_findings.c.install_id == install_id, *_received(install_id, since, until))
        .group_by(*columns)
        .order_by(*columns)
    )
    return [RuleCount(rule_id, Outcome(outcome), reason, count) for rule_id, outcome, reason, count in rows]


def owner_rows(conn: Connection, install_id: str, since: datetime, until: datetime) -> list[OwnerRow]:
    """Each owner with leads received in the period, by name; leads count for who holds them at their last audit."""
    figures = _percentiles_by_owner(conn, install_id, since, until)
    late = sa.exists().where(
        current_findings.c.install_id == install_id,
        current_findings.c.lead_id == lead_audits.c.lead_id,
        current_findings.c.rule_id.in_(("RT001", "RT002")),
        current_findings.c.outcome == Outcome.BREACH.value,
    )

    def count_if(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((condition, 1), else_=0))

    rows = conn.execute(
        sa.select(
            lead_audits.c.owner_id,
            owners.c.name,
            sa.func.count().label("leads"),
            sa.func.count(lead_audits.c.first_attempt_at).label("attempted"),
            sa.func.count(lead_audits.c.first_connection_at).label("connected"),
            count_if(late).label("late"),
            count_if(lead_audits.c.follow_up_status == FollowUpStatus.NEVER_CALLED.value).label("never_called"),
            count_if(lead_audits.c.follow_up_status == FollowUpStatus.NEGLECTED.value).label("neglected"),
        )
        .outerjoin(owners, sa.and_(owners.c.install_id == install_id, owners.c.owner_id == lead_audits.c.owner_id))
        .where(*_received(install_id, since, until))
        .group_by(lead_audits.c.owner_id, owners.c.name)
    )
    found = [
        OwnerRow(
            owner_id=row.owner_id,
            name=row.name,
            leads=row.leads,
            attempted=row.attempted,
            connected=row.connected,
            median_s=figures.get(row.owner_id, (None, None))[0],
            p90_s=figures.get(row.owner_id, (None, None))[1],
            late=int(row.late),
            never_called=int(row.never_called),
            neglected=int(row.neglected),
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: (row.owner_id is None, row.name or "", row.owner_id or ""))


def neglected_rows(conn: Connection, install_id: str, limit: int = 100) -> list[LeadRow]:
    """Leads that wait for somebody (never called, overdue or neglected), the longest due first."""
    waiting = (FollowUpStatus.NEVER_CALLED, FollowUpStatus.OVERDUE, FollowUpStatus.NEGLECTED)
    rows = conn.execute(
        lines(install_id)
        .where(lead_audits.c.follow_up_status.in_([status.value for status in waiting]))
        .order_by(sa.func.coalesce(lead_audits.c.due_at, lead_audits.c.received_at), lead_audits.c.lead_id)
        .limit(limit)
    )
    return [lead_row(row) for row in rows]


def list_leads(conn: Connection, install_id: str, wanted: LeadFilter) -> tuple[list[LeadRow], int]:
    """One page of the leads that match, and how many match in all."""
    conditions = conditions_of(install_id, wanted)
    total = conn.execute(sa.select(sa.func.count()).select_from(joined(install_id)).where(*conditions)).scalar_one()
    rows = conn.execute(
        lines(install_id)
        .where(*conditions)
        .order_by(*order_of(wanted.sort), lead_audits.c.lead_id)
        .limit(wanted.limit)
        .offset(wanted.offset)
    )
    return [lead_row(row) for row in rows], total


def list_sources(conn: Connection, install_id: str) -> list[str]:
    """The sources that occur, for a choice on a page."""
    return list(
        conn.execute(
            sa.select(lead_audits.c.source)
            .where(lead_audits.c.install_id == install_id, lead_audits.c.source.is_not(None))
            .distinct()
            .order_by(lead_audits.c.source)
        ).scalars()
    )


def _received(install_id: str, since: datetime, until: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        lead_audits.c.install_id == install_id,
        lead_audits.c.received_at >= since,
        lead_audits.c.received_at < until,
    )


def _rank(percent: int, n: int) -> int:
    """Nearest rank: the smallest value that at least `percent` % of the n values do not exceed."""
    return max(1, -(-percent * n // 100))


def _percentiles_by_owner(
    conn: Connection, install_id: str, since: datetime, until: datetime
) -> dict[str | None, tuple[int, int]]:
    """Owner → median and 90th percentile, exact, in one query."""
    mine = lead_audits.c.owner_id
    ranked = (
        sa.select(
            mine,
            lead_audits.c.first_attempt_s.label("value"),
            sa.func.row_number().over(partition_by=mine, order_by=lead_audits.c.first_attempt_s).label("place"),
            sa.func.count().over(partition_by=mine).label("n"),
        )
        .where(*_received(install_id, since, until), lead_audits.c.first_attempt_s.is_not(None))
        .subquery()
    )
    # ceil(p * n / 100) in integers: the same nearest rank as _rank.
    middle = (50 * ranked.c.n + 99) // 100
    ninetieth = (90 * ranked.c.n + 99) // 100
    rows = conn.execute(
        sa.select(
            ranked.c.owner_id,
            sa.func.max(sa.case((ranked.c.place == middle, ranked.c.value))),
            sa.func.max(sa.case((ranked.c.place == ninetieth, ranked.c.value))),
        ).group_by(ranked.c.owner_id)
    )
    return {owner_id: (median_s, p90_s) for owner_id, median_s, p90_s in rows}


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
    }
    return orders[sort]


def joined(install_id: str) -> sa.FromClause:
    """The measures of each lead, with its record and its owner where they are known."""
    return lead_audits.outerjoin(
        leads, sa.and_(leads.c.install_id == install_id, leads.c.lead_id == lead_audits.c.lead_id)
    ).outerjoin(owners, sa.and_(owners.c.install_id == install_id, owners.c.owner_id == lead_audits.c.owner_id))


def lines(install_id: str) -> sa.Select[Any]:
    """What a line of a list is made of; see `lead_row`."""
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
    """A row of `lines` → the line."""
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
    )
