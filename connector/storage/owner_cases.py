"""What each person did over a period, put together from the timeline; and what the rules on persons said of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.activity import ActivityKind
from audits.model.case import Coverage
from audits.model.finding import Finding
from audits.model.owner_case import OverdueLead, OwnerAttempt, OwnerCase
from audits.owner_periods import attempts_of, overdue_of, owner_case
from connector.storage.cases import load_cases
from connector.storage.findings import finding_of
from connector.storage.json_text import dump_evidence, dump_measures, dump_said
from connector.storage.policies import PolicyBook
from connector.storage.statements import portions, upsert
from connector.storage.surroundings import surroundings_of
from connector.storage.tables import activities, contests, leads, owner_findings

_BATCH = 200
_CONTACT = [
    each.value for each in (ActivityKind.CALL, ActivityKind.EMAIL, ActivityKind.MEETING, ActivityKind.MESSAGE)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerFinding:
    """What a rule said of one owner's period [since, finding.as_of), aware UTC; `found_at`: when it was judged.
    `fingerprint`: of the finding as it was said."""

    fingerprint: str
    finding: Finding
    since: datetime
    found_at: datetime


def owner_cases(
    conn: Connection, install_id: str, since: datetime, as_of: datetime, coverage: Coverage, book: PolicyBook
) -> list[OwnerCase]:
    """The period [since, as_of), aware UTC, of everybody who made an attempt in it or let a new lead wait, by owner
    id: as it was known at `as_of`, each lead by the terms that were agreed when it arrived."""
    attempted: dict[str, list[OwnerAttempt]] = {}
    overdue: dict[str, list[OverdueLead]] = {}
    for lead_ids in portions(sorted(_worked_on(conn, install_id, since, as_of, book)), _BATCH):
        cases = load_cases(
            conn,
            install_id,
            lead_ids,
            as_of,
            coverage,
            lambda found: surroundings_of(conn, install_id, found, as_of, book),
        )
        for case in cases:
            policy = book.policy_for(case.lead.received_at, as_of)
            for owner_id, attempt in attempts_of(case, policy, since):
                attempted.setdefault(owner_id, []).append(attempt)
            wait = overdue_of(case, policy, since)
            if wait is not None:
                overdue.setdefault(wait[0], []).append(wait[1])
    return [
        owner_case(
            owner_id,
            attempted.get(owner_id, ()),
            overdue.get(owner_id, ()),
            since=since,
            as_of=as_of,
            coverage=coverage,
        )
        for owner_id in sorted({*attempted, *overdue})
    ]


def put_owner_findings(
    conn: Connection, install_id: str, said: Sequence[Finding], since: datetime, at: datetime
) -> None:
    """Keep what was said at `at` of the periods that began at `since` (aware UTC). Said again, the last holds; but
    what somebody has contested stays as he read it."""
    prints = [finding.fingerprint() for finding in said]
    contested = _contested(conn, install_id, said)
    upsert(
        conn,
        owner_findings,
        [
            {
                "install_id": install_id,
                "owner_id": finding.subject_id,
                "rule_id": finding.rule_id,
                "as_of": finding.as_of,
                "period_from": since,
                "rule_version": finding.rule_version,
                "outcome": finding.outcome.value,
                "reason": finding.reason,
                "sentence": finding.sentence,
                "said": dump_said(finding.said),
                "policy_version": finding.policy_version,
                "measures": dump_measures(finding.measures),
                "evidence": dump_evidence(finding.evidence),
                "fingerprint": fingerprint,
                "found_at": at,
            }
            for fingerprint, finding in zip(prints, said, strict=True)
            if (finding.subject_id, finding.rule_id, finding.as_of) not in contested
        ],
    )


def owner_findings_of(
    conn: Connection, install_id: str, owner_ids: Collection[str] | None = None
) -> list[OwnerFinding]:
    """What the rules say of the newest period that was judged: of all owners, or of `owner_ids`; by owner, then rule.

    Whoever neither made an attempt nor let a lead wait in that period is not named.
    """
    wanted = (owner_findings.c.install_id == install_id) & (owner_findings.c.as_of == newest_period(install_id))
    if owner_ids is not None:
        wanted &= owner_findings.c.owner_id.in_(sorted(set(owner_ids)))
    rows = conn.execute(
        sa.select(owner_findings).where(wanted).order_by(owner_findings.c.owner_id, owner_findings.c.rule_id)
    )
    return [
        OwnerFinding(
            fingerprint=row.fingerprint,
            finding=owner_finding_from_row(row),
            since=row.period_from,
            found_at=row.found_at,
        )
        for row in rows
    ]


def newest_period(install_id: str) -> sa.ScalarSelect[datetime]:
    """The end of the newest period that was judged, as a part of a statement."""
    of = owner_findings.alias("judged_periods")
    return (
        sa.select(sa.func.max(of.c.as_of, type_=of.c.as_of.type))
        .where(of.c.install_id == install_id)
        .scalar_subquery()
    )


def owner_finding_from_row(row: sa.Row[Any]) -> Finding:
    """A row of `owner_findings` → the finding."""
    return finding_of(row, row.owner_id)


def _contested(conn: Connection, install_id: str, said: Sequence[Finding]) -> set[tuple[str, str, datetime]]:
    """Which of these findings stand already and were contested, as (owner id, rule id, end of the period)."""
    ends = sorted({finding.as_of for finding in said})
    rows = conn.execute(
        sa.select(owner_findings.c.owner_id, owner_findings.c.rule_id, owner_findings.c.as_of)
        .join(
            contests,
            sa.and_(
                contests.c.install_id == install_id,
                contests.c.owner_id == owner_findings.c.owner_id,
                contests.c.fingerprint == owner_findings.c.fingerprint,
            ),
        )
        .where(owner_findings.c.install_id == install_id, owner_findings.c.as_of.in_(ends))
    )
    return {(row.owner_id, row.rule_id, row.as_of) for row in rows}


def _worked_on(conn: Connection, install_id: str, since: datetime, as_of: datetime, book: PolicyBook) -> set[str]:
    """Leads with an act in the period, and those that were new in it."""
    new_for = timedelta(days=1 + max((each.policy.cadence.within_days for each in book.versions), default=0))
    touched = sa.select(activities.c.lead_id).where(
        activities.c.install_id == install_id,
        activities.c.kind.in_(_CONTACT),
        activities.c.occurred_at >= since,
        activities.c.occurred_at < as_of,
    )
    arrived = sa.select(leads.c.lead_id).where(
        leads.c.install_id == install_id,
        leads.c.received_at >= since - new_for,
        leads.c.received_at < as_of,
        leads.c.is_imported.is_(False),
    )
    return set(conn.execute(sa.union(touched, arrived)).scalars())
