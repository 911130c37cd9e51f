"""Numbers of the pages, each over a scope that the list of leads can show too: a number always equals its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.finding import Outcome
from audits.model.said import Said
from audits.model.score import FollowUpStatus, Verdict
from connector.storage import lead_lists
from connector.storage.column_types import from_micros
from connector.storage.contests import Contest, Decision, is_promise_set_aside, is_set_aside, standing_of
from connector.storage.findings import said_from_row
from connector.storage.health import Notice
from connector.storage.lead_lists import LeadFilter, LeadRow
from connector.storage.tables import contests, current_findings, findings, lead_audits, leads, notices

_BUCKET_US = 15 * 60 * 1_000_000
_EXPORT_PORTION = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which leads a number counts: the filter of the list, and what only pages ask.

    `is_new`: imports left out. `wait_from_s`, `wait_to_s`: seconds of working time to the first attempt, [from, to).
    `is_tried`: an attempt was made. `is_open`: not closed. `due_after`, `due_before`: something is due in
    [after, before), aware UTC.
    `held_by`: who held the lead when the filter's rule judged it; "" = nobody. `answers` (any of them), `cause`: as
    in audits.reports; `charged_to`: who is charged with the answer, "" = nobody. `is_present`: not gone from the CRM.
    `open_after`, `open_before`: there and not yet closed at some time in [after, before), aware UTC.
    """

    leads: LeadFilter
    is_new: bool = False
    wait_from_s: int | None = None
    wait_to_s: int | None = None
    is_tried: bool | None = None
    is_open: bool = False
    due_after: datetime | None = None
    due_before: datetime | None = None
    held_by: str | None = None
    answers: tuple[str, ...] = ()
    cause: str | None = None
    charged_to: str | None = None
    is_present: bool = False
    open_after: datetime | None = None
    open_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnerLoad:
    """What one owner holds now. `owner_id` "" = nobody."""

    owner_id: str
    new: int
    open: int
    never_called: int


@dataclass(frozen=True, slots=True)
class LaneLead:
    """A lead in breach of a rule, with what the finding says. `contest`: what was said against it, None = nothing."""

    lead: LeadRow
    said: Said
    since_at: datetime
    rule_id: str
    contest: Contest | None


def list_leads(conn: Connection, install_id: str, scope: Scope) -> tuple[list[LeadRow], int]:
    """One page of the leads in `scope`, and how many there are in all."""
    conditions = _conditions(install_id, scope)
    total = _count(conn, install_id, conditions)
    rows = conn.execute(
        lead_lists.lines(install_id)
        .where(*conditions)
        .order_by(*lead_lists.order_of(scope.leads.sort), lead_audits.c.lead_id)
        .limit(scope.leads.limit)
        .offset(scope.leads.offset)
    )
    return _marked(conn, install_id, [lead_lists.lead_row(row) for row in rows]), total


def iter_leads(conn: Connection, install_id: str, scope: Scope) -> Iterator[LeadRow]:
    """All leads in `scope`, by id: for exports, in portions so that memory stays flat."""
    conditions = _conditions(install_id, scope)
    last = ""
    while True:
        rows = conn.execute(
            lead_lists.lines(install_id)
            .where(*conditions, lead_audits.c.lead_id > last)
            .order_by(lead_audits.c.lead_id)
            .limit(_EXPORT_PORTION)
        ).all()
        yield from _marked(conn, install_id, [lead_lists.lead_row(row) for row in rows])
        if len(rows) < _EXPORT_PORTION:
            return
        last = rows[-1].lead_id


def count_leads(conn: Connection, install_id: str, scope: Scope) -> int:
    """How many leads are in `scope`."""
    return _count(conn, install_id, _conditions(install_id, scope))


def count_never_called(conn: Connection, install_id: str) -> int:
    """Open leads that were never called, as NC001 says now."""
    return count_leads(conn, install_id, Scope(leads=LeadFilter(rule_id="NC001", outcome=Outcome.BREACH)))


def count_unseen(conn: Connection, install_id: str, name: str) -> tuple[int, int]:
    """Of how many live leads the fact `name` (see Fact) could not be read, beside what the whole account does not
    show; and how many live leads there are."""
    is_unseen = leads.c.unseen.contains(f'"{name}"', autoescape=True)
    row = conn.execute(
        sa.select(sa.func.coalesce(sa.func.sum(sa.case((is_unseen, 1), else_=0)), 0), sa.func.count()).where(
            leads.c.install_id == install_id, leads.c.gone_at.is_(None)
        )
    ).one()
    return int(row[0]), int(row[1])


def count_by_status(conn: Connection, install_id: str, scope: Scope) -> dict[FollowUpStatus, int]:
    """Leads per follow-up status; every status is there."""
    status = lead_audits.c.follow_up_status
    rows = conn.execute(
        sa.select(status, sa.func.count())
        .select_from(lead_lists.joined(install_id))
        .where(*_conditions(install_id, scope))
        .group_by(status)
    )
    return dict.fromkeys(FollowUpStatus, 0) | {FollowUpStatus(name): count for name, count in rows}


def count_arrivals(
    conn: Connection, install_id: str, scope: Scope, since: datetime, until: datetime, zone: str
) -> list[tuple[date, int]]:
    """Leads in `scope` per day of `zone` (IANA) from `since` to `until`; days without any are there with 0."""
    # Quarter hours in SQL, days in here: every offset is a multiple of 15 minutes, and databases know no zones.
    bucket = sa.type_coerce(lead_audits.c.received_at, sa.BigInteger) // sa.literal(_BUCKET_US, sa.BigInteger)
    within = replace(scope, leads=replace(scope.leads, received_from=since, received_to=until))
    rows = conn.execute(
        sa.select(bucket, sa.func.count())
        .select_from(lead_lists.joined(install_id))
        .where(*_conditions(install_id, within))
        .group_by(bucket)
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


def list_owner_loads(conn: Connection, install_id: str, scope: Scope) -> list[OwnerLoad]:
    """What each owner holds now: new leads in `scope`, and open and never called ones of any time."""
    mine = sa.func.coalesce(lead_audits.c.owner_id, "")
    in_scope = sa.and_(*_conditions(install_id, replace(scope, is_new=True)))
    is_open = lead_audits.c.follow_up_status != FollowUpStatus.CLOSED.value

    def count_if(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    calls = _finding_of(install_id, "NC001")
    everybody = Scope(leads=LeadFilter(owner_id=scope.leads.owner_id))
    rows = conn.execute(
        sa.select(
            mine.label("owner_id"),
            count_if(in_scope).label("new"),
            count_if(is_open).label("open"),
            count_if(calls.c.outcome == "breach").label("never_called"),
        )
        .select_from(lead_lists.joined(install_id).outerjoin(calls, calls.c.lead_id == lead_audits.c.lead_id))
        .where(*_conditions(install_id, everybody))
        .group_by(mine)
    )
    return [OwnerLoad(row.owner_id, int(row.new), int(row.open), int(row.never_called)) for row in rows]


def list_lane(conn: Connection, install_id: str, scope: Scope) -> tuple[list[LaneLead], int]:
    """Leads in breach of the scope's rule, what can still be saved first, and how many there are.

    Those that may be buyers come first, then what is overdue for the shortest time, then the youngest.
    """
    conditions = _conditions(install_id, scope)
    total = _count(conn, install_id, conditions)
    said = (
        sa.select(current_findings.c.lead_id, current_findings.c.since_at, findings.c.sentence, findings.c.said)
        .join(
            findings,
            sa.and_(findings.c.install_id == install_id, findings.c.fingerprint == current_findings.c.fingerprint),
        )
        .where(current_findings.c.install_id == install_id, current_findings.c.rule_id == scope.leads.rule_id)
        .subquery()
    )
    rows = conn.execute(
        lead_lists.lines(install_id)
        .add_columns(said.c.sentence, said.c.said, said.c.since_at)
        .join(said, said.c.lead_id == lead_audits.c.lead_id)
        .where(*conditions)
        .order_by(
            lead_audits.c.verdict.in_((Verdict.PSEUDO.value, Verdict.DUPLICATE.value)),
            lead_audits.c.due_at.is_(None),
            lead_audits.c.due_at.desc(),
            lead_audits.c.received_at.desc(),
            lead_audits.c.lead_id,
        )
        .limit(scope.leads.limit)
        .offset(scope.leads.offset)
    )
    rule_id = scope.leads.rule_id or ""
    return _said_lines(conn, install_id, [(row, rule_id) for row in rows]), total


def list_said(conn: Connection, install_id: str, scope: Scope, rule_ids: Sequence[str], limit: int) -> list[LaneLead]:
    """What `rule_ids` find wrong with the leads in `scope`, the newest lead first; one line for each finding.

    With `held_by` only findings with which that person is charged.
    """
    conditions = _conditions(install_id, replace(scope, held_by=None))
    if scope.held_by is not None:
        conditions.append(findings.c.owner_id == scope.held_by if scope.held_by else findings.c.owner_id.is_(None))
    rows = conn.execute(
        lead_lists.lines(install_id)
        .add_columns(findings.c.rule_id, findings.c.sentence, findings.c.said, current_findings.c.since_at)
        .join(
            current_findings,
            sa.and_(
                current_findings.c.install_id == install_id,
                current_findings.c.lead_id == lead_audits.c.lead_id,
                current_findings.c.rule_id.in_(rule_ids),
                current_findings.c.outcome == Outcome.BREACH.value,
            ),
        )
        .join(
            findings,
            sa.and_(findings.c.install_id == install_id, findings.c.fingerprint == current_findings.c.fingerprint),
        )
        .where(*conditions)
        .order_by(lead_audits.c.received_at.desc(), lead_audits.c.lead_id, findings.c.rule_id)
        .limit(limit)
    )
    return _said_lines(conn, install_id, [(row, row.rule_id) for row in rows])


def list_presently(conn: Connection, install_id: str, lead_ids: Sequence[str]) -> list[LeadRow]:
    """The lines of these leads, in the order given; those that are not there are left out. For few leads."""
    rows = conn.execute(lead_lists.lines(install_id).where(lead_audits.c.lead_id.in_(lead_ids)))
    found = {row.lead_id: row for row in _marked(conn, install_id, [lead_lists.lead_row(row) for row in rows])}
    return [found[lead_id] for lead_id in lead_ids if lead_id in found]


def count_contested(conn: Connection, install_id: str) -> dict[str, int]:
    """Who is charged ("" = nobody) → findings on leads and on himself that somebody contests and nobody has decided
    yet."""
    holder = sa.func.coalesce(contests.c.owner_id, findings.c.owner_id, "")
    rows = conn.execute(
        sa.select(holder, sa.func.count())
        .select_from(
            contests.outerjoin(
                findings,
                sa.and_(findings.c.install_id == install_id, findings.c.fingerprint == contests.c.fingerprint),
            )
        )
        .where(
            contests.c.install_id == install_id,
            contests.c.decision.is_(None),
            sa.or_(contests.c.owner_id.is_not(None), findings.c.fingerprint.is_not(None)),
        )
        .group_by(holder)
    )
    return {str(owner_id): int(n) for owner_id, n in rows}


def list_notices(conn: Connection, install_id: str, limit: int = 20) -> list[Notice]:
    """What admins were told lately, the newest first."""
    rows = conn.execute(
        sa.select(notices)
        .where(notices.c.install_id == install_id)
        .order_by(notices.c.created_at.desc(), notices.c.notice_key)
        .limit(limit)
    )
    return [
        Notice(
            notice_key=row.notice_key,
            kind=row.kind,
            sentence=row.sentence,
            lead_id=row.lead_id,
            created_at=row.created_at,
        )
        for row in rows
    ]


def _marked(conn: Connection, install_id: str, rows: Sequence[LeadRow]) -> list[LeadRow]:
    """The lines with what was contested on each, by rule."""
    return _with_marks(rows, standing_of(conn, install_id, [row.lead_id for row in rows]))


def _with_marks(rows: Sequence[LeadRow], told: Mapping[tuple[str, str], Contest]) -> list[LeadRow]:
    contested: dict[str, list[str]] = {}
    set_aside: dict[str, list[str]] = {}
    for (lead_id, rule_id), contest in sorted(told.items()):
        if contest.is_present and contest.is_open:
            contested.setdefault(lead_id, []).append(rule_id)
        elif contest.is_present and contest.decision is Decision.SET_ASIDE:
            set_aside.setdefault(lead_id, []).append(rule_id)
    return [
        replace(row, contested=tuple(contested.get(row.lead_id, ())), set_aside=tuple(set_aside.get(row.lead_id, ())))
        if row.lead_id in contested or row.lead_id in set_aside
        else row
        for row in rows
    ]


def _said_lines(conn: Connection, install_id: str, rows: Sequence[tuple[sa.Row[Any], str]]) -> list[LaneLead]:
    """Each row of a finding with its rule's id → the line, with the contest on that finding."""
    lines = [lead_lists.lead_row(row) for row, _ in rows]
    told = standing_of(conn, install_id, [line.lead_id for line in lines])
    return [
        LaneLead(
            lead,
            said_from_row(row),
            row.since_at,
            rule_id,
            contest if (contest := told.get((lead.lead_id, rule_id))) and contest.is_marked else None,
        )
        for lead, (row, rule_id) in zip(_with_marks(lines, told), rows, strict=True)
    ]


def _count(conn: Connection, install_id: str, conditions: Sequence[sa.ColumnElement[bool]]) -> int:
    return int(
        conn.execute(
            sa.select(sa.func.count()).select_from(lead_lists.joined(install_id)).where(*conditions)
        ).scalar_one()
    )


def _finding_of(install_id: str, rule_id: str) -> sa.Subquery:
    """What one rule says now of each lead."""
    return (
        sa.select(current_findings.c.lead_id, current_findings.c.outcome)
        .where(current_findings.c.install_id == install_id, current_findings.c.rule_id == rule_id)
        .subquery()
    )


def _conditions(install_id: str, scope: Scope) -> list[sa.ColumnElement[bool]]:
    audits = lead_audits.c
    conditions = lead_lists.conditions_of(install_id, scope.leads)
    if scope.is_new:
        conditions.append(sa.func.coalesce(leads.c.is_imported, sa.false()).is_(sa.false()))
    if scope.wait_from_s is not None:
        conditions.append(audits.first_attempt_s >= scope.wait_from_s)
    if scope.wait_to_s is not None:
        conditions.append(audits.first_attempt_s < scope.wait_to_s)
    if scope.is_tried is not None:
        conditions.append(audits.first_attempt_s.is_not(None) if scope.is_tried else audits.first_attempt_s.is_(None))
    if scope.is_open:
        conditions.append(audits.follow_up_status != FollowUpStatus.CLOSED.value)
    if scope.due_after is not None:
        conditions.append(audits.due_at >= scope.due_after)
    if scope.due_before is not None:
        conditions.append(audits.due_at < scope.due_before)
    if scope.held_by is not None:
        conditions.append(_held(install_id, scope))
    if scope.answers:
        conditions.append(audits.answer.in_(scope.answers))
    if scope.cause is not None:
        conditions.append(audits.cause == scope.cause)
    if scope.charged_to is not None:
        is_aside = is_promise_set_aside(install_id)
        is_his = audits.charged_to == scope.charged_to
        conditions.append(sa.and_(is_his, ~is_aside) if scope.charged_to else sa.or_(is_his, is_aside))
    if scope.is_present:
        conditions.append(audits.gone_at.is_(None))
    if scope.open_after is not None:
        conditions.append(
            sa.or_(
                audits.received_at >= scope.open_after,
                audits.closed_at.is_(None),
                audits.closed_at >= scope.open_after,
            )
        )
    if scope.open_before is not None:
        conditions.append(audits.received_at < scope.open_before)
    return conditions


def _held(install_id: str, scope: Scope) -> sa.ColumnElement[bool]:
    said = [
        current_findings.c.install_id == install_id,
        current_findings.c.lead_id == lead_audits.c.lead_id,
        findings.c.install_id == install_id,
        findings.c.fingerprint == current_findings.c.fingerprint,
        findings.c.owner_id == scope.held_by if scope.held_by else findings.c.owner_id.is_(None),
        current_findings.c.outcome == (scope.leads.outcome or Outcome.BREACH).value,
    ]
    if scope.leads.rule_id is not None:
        said.append(current_findings.c.rule_id == scope.leads.rule_id)
    if scope.held_by:
        # What was set aside is charged to nobody.
        said.append(~is_set_aside(install_id))
    return sa.exists().where(*said)
