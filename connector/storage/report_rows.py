"""The rows that a report is made of, each kind by one query, whatever the number of leads.

Leads that are gone from the CRM are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.activity import ActivityKind, ActivityState, Direction, Disposition
from audits.model.finding import Outcome
from audits.model.policy import Policy
from audits.model.score import FollowUpStatus
from connector.storage.column_types import from_micros
from connector.storage.contests import is_set_aside
from connector.storage.tables import activities, contests, current_findings, dirty_leads, findings, lead_audits, leads

_MICROS = 1_000_000
#: Every offset of a zone is a multiple of it, and databases know no zones.
_BUCKET_US = 15 * 60 * _MICROS

_MEASURED = (
    "lead_id",
    "owner_id",
    "source",
    "received_at",
    "first_attempt_at",
    "first_attempt_wall_s",
    "first_connection_at",
    "charged_to",
    "answer",
    "cause",
    "target",
    "lead_type",
    "waited_s",
    "needed_s",
    "is_goal_kept",
    "is_never_called",
    "first_connection_s",
    "first_connection_wall_s",
    "vendor_leg_wall_s",
    "system_leg_s",
    "human_leg_s",
    "load_holder_id",
    "load_waiting",
    "load_fits_milli",
    "won_at",
    "closed_at",
    "verdict",
    "follow_up_status",
    "due_at",
)


@dataclass(frozen=True, slots=True)
class ContestCount:
    """How many contests of one rule's findings stand so; `decision` None = nobody has decided yet."""

    rule_id: str
    decision: str | None
    n: int


def measured_leads(
    conn: Connection, install_id: str, since: datetime, until: datetime, neglected: Collection[FollowUpStatus]
) -> Sequence[sa.Row[Any]]:
    """The measures of the leads that arrived in [since, until), aware UTC, and of all before `until` whose follow-up
    stands as one of `neglected`; columns as in `lead_audits`, by id."""
    is_wanted = sa.or_(
        lead_audits.c.received_at >= since,
        lead_audits.c.follow_up_status.in_(sorted(status.value for status in neglected)),
    )
    return conn.execute(
        sa.select(*(lead_audits.c[name] for name in _MEASURED))
        .where(
            lead_audits.c.install_id == install_id,
            lead_audits.c.gone_at.is_(None),
            lead_audits.c.received_at < until,
            is_wanted,
        )
        .order_by(lead_audits.c.lead_id)
    ).all()


def attempts_by_hour(
    conn: Connection,
    install_id: str,
    since: datetime,
    until: datetime,
    as_of: datetime,
    policy: Policy,
    zone: str,
    owner_id: str | None = None,
) -> tuple[tuple[int, ...], ...]:
    """Attempts in [since, until) as recorded by `as_of` (aware UTC), by hour of the week in `zone` (IANA): 7 rows
    from Monday, 24 columns. Those that the records themselves prove, by the rules of audits.timeline; which calls
    stood in a crowd is not asked. `owner_id`: of one person; None = of all."""
    acts = activities.c
    bucket = sa.type_coerce(acts.occurred_at, sa.BigInteger) // sa.literal(_BUCKET_US, sa.BigInteger)
    query = (
        sa.select(bucket, sa.func.count())
        .select_from(
            activities.join(leads, sa.and_(leads.c.install_id == acts.install_id, leads.c.lead_id == acts.lead_id))
        )
        .where(
            acts.install_id == install_id,
            leads.c.install_id == install_id,
            leads.c.gone_at.is_(None),
            leads.c.recorded_at <= as_of,
            acts.occurred_at >= since,
            acts.occurred_at < until,
            acts.occurred_at <= as_of,
            acts.occurred_at >= leads.c.received_at,
            acts.recorded_at <= as_of,
            sa.or_(acts.missing_since.is_(None), acts.missing_since > as_of),
            _is_attempt(policy),
        )
        .group_by(bucket)
    )
    if owner_id is not None:
        query = query.where(acts.owner_id == owner_id)
    counts = [[0] * 24 for _ in range(7)]
    local = ZoneInfo(zone)
    for number, n in conn.execute(query):
        at = from_micros(int(number) * _BUCKET_US).astimezone(local)
        counts[at.weekday()][at.hour] += n
    return tuple(tuple(row) for row in counts)


def _is_attempt(policy: Policy) -> sa.ColumnElement[bool]:
    acts = activities.c
    by_person = sa.and_(
        acts.kind.in_([each.value for each in (ActivityKind.CALL, ActivityKind.EMAIL, ActivityKind.MESSAGE)]),
        acts.direction == Direction.OUTBOUND.value,
        acts.is_automated.is_(False),
    )
    met = sa.and_(acts.kind == ActivityKind.MEETING.value, acts.is_automated.is_not(True))
    claims = sa.or_(acts.disposition.is_(None), acts.disposition == Disposition.CONNECTED.value)
    logged_after = sa.type_coerce(acts.recorded_at, sa.BigInteger) - sa.type_coerce(acts.occurred_at, sa.BigInteger)
    uncounted = sa.and_(
        acts.kind == ActivityKind.CALL.value,
        sa.or_(
            sa.and_(claims, sa.func.coalesce(acts.duration_s, policy.min_conversation_s) < policy.min_conversation_s),
            logged_after > policy.late_log_s * _MICROS,
        ),
    )
    return sa.and_(acts.state == ActivityState.DONE.value, sa.or_(by_person, met), sa.not_(uncounted))


def count_judged(
    conn: Connection, install_id: str, since: datetime, until: datetime, owner_id: str | None = None
) -> dict[tuple[str, Outcome], int]:
    """(rule id, outcome) → current findings on leads that were there and not yet closed at some time in [since,
    until), aware UTC. `owner_id`: those that speak of him: breaches that he is charged with and that were not set
    aside, else leads that he holds; None = all."""
    current, audit = current_findings.c, lead_audits.c
    looked_at = sa.and_(
        audit.received_at < until,
        sa.or_(audit.received_at >= since, audit.closed_at.is_(None), audit.closed_at >= since),
    )
    source = current_findings.join(
        lead_audits, sa.and_(audit.install_id == current.install_id, audit.lead_id == current.lead_id)
    )
    conditions = [
        current.install_id == install_id,
        audit.install_id == install_id,
        audit.gone_at.is_(None),
        looked_at,
    ]
    if owner_id is not None:
        source = source.join(
            findings,
            sa.and_(findings.c.install_id == current.install_id, findings.c.fingerprint == current.fingerprint),
        )
        charged = sa.case(
            (current.outcome == Outcome.BREACH.value, findings.c.owner_id),
            else_=sa.func.coalesce(findings.c.owner_id, audit.owner_id),
        )
        conditions += [findings.c.install_id == install_id, charged == owner_id, ~is_set_aside(install_id)]
    rows = conn.execute(
        sa.select(current.rule_id, current.outcome, sa.func.count())
        .select_from(source)
        .where(*conditions)
        .group_by(current.rule_id, current.outcome)
    )
    return {(rule_id, Outcome(outcome)): n for rule_id, outcome, n in rows}


def count_contests(
    conn: Connection, install_id: str, as_of: datetime, owner_id: str | None = None
) -> list[ContestCount]:
    """The contests as they stood at `as_of` (aware UTC), by rule and decision. `owner_id`: of findings that he is
    charged with, on leads and on himself; None = all."""
    of = contests.c
    # The type of an empty decision must be told.
    decision = sa.case((of.decided_at <= as_of, of.decision), else_=sa.null()).label("decision")
    query = (
        sa.select(of.rule_id, decision, sa.func.count().label("n"))
        .where(of.install_id == install_id, of.opened_at <= as_of)
        .group_by(of.rule_id, decision)
    )
    if owner_id is not None:
        query = query.outerjoin(
            findings, sa.and_(findings.c.install_id == install_id, findings.c.fingerprint == of.fingerprint)
        ).where(sa.or_(of.owner_id == owner_id, findings.c.owner_id == owner_id))
    found = [ContestCount(row.rule_id, row.decision, row.n) for row in conn.execute(query)]
    return sorted(found, key=lambda each: (each.rule_id, each.decision or ""))


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A current finding with what is measured on its lead. `measures`: JSON text as stored, "[]" where not asked for;
    `lead`: a row of the lead's words (lead_type, source, priority, country), None where not asked for."""

    lead_id: str
    rule_id: str
    outcome: Outcome
    reason: str
    policy_version: str
    measures: str
    is_sure: bool
    is_response_sure: bool
    needed_s: int | None
    lead: tuple[datetime, str | None, str | None, str | None, str | None] | None


def iter_answers(
    conn: Connection, install_id: str, rule_ids: Collection[str], *, with_measures: bool, with_words: bool
) -> Iterator[StoredAnswer]:
    """What these rules say now of every live lead that has no news since its audit, by lead and rule."""
    current, audit = current_findings.c, lead_audits.c
    columns: list[Any] = [
        current.lead_id,
        current.rule_id,
        current.outcome,
        current.reason,
        findings.c.policy_version,
        audit.is_sure,
        audit.is_response_sure,
        audit.needed_s,
    ]
    columns.append(findings.c.measures if with_measures else sa.literal("[]").label("measures"))
    source: Any = current_findings.join(
        lead_audits, sa.and_(audit.install_id == current.install_id, audit.lead_id == current.lead_id)
    ).join(findings, sa.and_(findings.c.install_id == install_id, findings.c.fingerprint == current.fingerprint))
    if with_words:
        source = source.join(leads, sa.and_(leads.c.install_id == install_id, leads.c.lead_id == current.lead_id))
        columns += [leads.c.received_at, leads.c.lead_type, leads.c.source, leads.c.priority, leads.c.country]
    dirty = sa.select(dirty_leads.c.lead_id).where(dirty_leads.c.install_id == install_id)
    rows = conn.execute(
        sa.select(*columns)
        .select_from(source)
        .where(
            current.install_id == install_id,
            audit.install_id == install_id,
            findings.c.install_id == install_id,
            audit.gone_at.is_(None),
            current.rule_id.in_(sorted(rule_ids)),
            current.lead_id.not_in(dirty),
        )
        .order_by(current.lead_id, current.rule_id),
        execution_options={"yield_per": 5000},
    )
    for row in rows:
        yield StoredAnswer(
            lead_id=row.lead_id,
            rule_id=row.rule_id,
            outcome=Outcome(row.outcome),
            reason=row.reason,
            policy_version=row.policy_version,
            measures=row.measures,
            is_sure=bool(row.is_sure),
            is_response_sure=bool(row.is_response_sure),
            needed_s=row.needed_s,
            lead=(row.received_at, row.lead_type, row.source, row.priority, row.country) if with_words else None,
        )


def audit_times(conn: Connection, install_id: str) -> dict[datetime, list[str]]:
    """When live leads without news were audited last (aware UTC) → their ids."""
    dirty = sa.select(dirty_leads.c.lead_id).where(dirty_leads.c.install_id == install_id)
    rows = conn.execute(
        sa.select(lead_audits.c.audited_at, lead_audits.c.lead_id)
        .where(
            lead_audits.c.install_id == install_id,
            lead_audits.c.gone_at.is_(None),
            lead_audits.c.lead_id.not_in(dirty),
        )
        .order_by(lead_audits.c.audited_at, lead_audits.c.lead_id)
    )
    found: dict[datetime, list[str]] = {}
    for row in rows:
        found.setdefault(row.audited_at, []).append(row.lead_id)
    return found
