"""Mails about a lead, and the weekly one, each planned once and sent once.

A row is the wish to send: its key is lead, rule, kind, the promise (`due_at`) and the recipient, so that whatever is
judged again plans nothing twice. It is marked only after the mail server took the mail. A process that dies between
the two sends that one mail again; it bears the same Message-ID, by which mail programs know it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus
from connector.storage.statements import insert_new, portions
from connector.storage.tables import alerts, current_findings, findings, installs, lead_audits

#: The rule that judges leads that wait for their first attempt.
RULE = "RT002"
#: Its reasons once the goal, and once the promise has passed.
WARNED, BROKEN = "due_soon", "past_target"


class AlertKind(StrEnum):
    """WARNING: the goal has passed. BREACH: the promise is broken. ESCALATION: it still is, later: to the manager.

    DIGEST: the weekly mail; its lead and its rule are "", its promise is the moment of the week.
    """

    WARNING = "warning"
    BREACH = "breach"
    ESCALATION = "escalation"
    DIGEST = "digest"


class AlertOutcome(StrEnum):
    """What became of an alert. NO_LONGER_TRUE: answered, closed or handed over before it was due."""

    SENT = "sent"
    NO_LONGER_TRUE = "no_longer_true"
    UNWANTED = "unwanted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One mail to one user, about one lead. `due_at`: the promise it is about; `send_after`: within the hours of its
    reader. Aware UTC."""

    lead_id: str
    rule_id: str
    kind: AlertKind
    due_at: datetime
    user_id: str
    send_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLead:
    """A lead that waits for its first attempt past its goal. `holder_id`: who holds it."""

    lead_id: str
    reason: str
    holder_id: str | None


#: Follow-up statuses under which something is owed; the index of the due times begins with them.
_OPEN = tuple(each.value for each in FollowUpStatus if each is not FollowUpStatus.CLOSED)


def waiting_since(conn: Connection, install_id: str, since: datetime, limit: int = 1000) -> list[WaitingLead]:
    """Leads past the goal or the promise of their first attempt, of which something fell due after `since`, by id."""
    rows = conn.execute(
        sa.select(lead_audits.c.lead_id, current_findings.c.reason, findings.c.owner_id)
        .select_from(
            lead_audits.join(
                current_findings,
                sa.and_(
                    current_findings.c.install_id == install_id,
                    current_findings.c.lead_id == lead_audits.c.lead_id,
                    current_findings.c.rule_id == RULE,
                ),
            ).join(
                findings,
                sa.and_(
                    findings.c.install_id == install_id, findings.c.fingerprint == current_findings.c.fingerprint
                ),
            )
        )
        .where(
            lead_audits.c.install_id == install_id,
            lead_audits.c.follow_up_status.in_(_OPEN),
            lead_audits.c.due_at > since,
            lead_audits.c.gone_at.is_(None),
            _is_waiting(),
        )
        .order_by(lead_audits.c.lead_id)
        .limit(limit)
    )
    return [WaitingLead(lead_id=row.lead_id, reason=row.reason, holder_id=row.owner_id) for row in rows]


def waiting_reason(conn: Connection, install_id: str, lead_id: str) -> WaitingLead | None:
    """How the lead waits now; None when it was answered, closed, or is gone."""
    row = conn.execute(
        sa.select(current_findings.c.reason, findings.c.owner_id)
        .select_from(
            current_findings.join(
                findings,
                sa.and_(
                    findings.c.install_id == install_id, findings.c.fingerprint == current_findings.c.fingerprint
                ),
            ).join(
                lead_audits,
                sa.and_(lead_audits.c.install_id == install_id, lead_audits.c.lead_id == current_findings.c.lead_id),
            )
        )
        .where(
            current_findings.c.install_id == install_id,
            current_findings.c.lead_id == lead_id,
            current_findings.c.rule_id == RULE,
            lead_audits.c.gone_at.is_(None),
            _is_waiting(),
        )
    ).one_or_none()
    return None if row is None else WaitingLead(lead_id=lead_id, reason=row.reason, holder_id=row.owner_id)


def plan_alerts(conn: Connection, install_id: str, planned: Sequence[Alert]) -> None:
    """Keep alerts to send; one that is planned or sent already changes nothing."""
    insert_new(
        conn,
        alerts,
        [
            {
                "install_id": install_id,
                "lead_id": each.lead_id,
                "rule_id": each.rule_id,
                "kind": each.kind.value,
                "due_at": each.due_at,
                "user_id": each.user_id,
                "send_after": each.send_after,
            }
            for each in planned
        ],
    )


def planned_for(conn: Connection, install_id: str, lead_ids: Collection[str]) -> set[tuple[str, AlertKind, str]]:
    """(lead id, kind, user id) of all that was ever planned about these leads."""
    found: set[tuple[str, AlertKind, str]] = set()
    for portion in portions(sorted(set(lead_ids))):
        rows = conn.execute(
            sa.select(alerts.c.lead_id, alerts.c.kind, alerts.c.user_id).where(
                alerts.c.install_id == install_id, alerts.c.lead_id.in_(portion)
            )
        )
        found.update((row.lead_id, AlertKind(row.kind), row.user_id) for row in rows)
    return found


def installs_with_mail(conn: Connection, now: datetime) -> list[str]:
    """Active installs of which a mail is to be sent by `now`."""
    is_due = sa.exists().where(
        alerts.c.install_id == installs.c.install_id, alerts.c.sent_at.is_(None), alerts.c.send_after <= now
    )
    return list(
        conn.execute(
            sa.select(installs.c.install_id)
            .where(installs.c.status == "active", is_due)
            .order_by(installs.c.install_id)
        ).scalars()
    )


#: What is said of single leads.
OF_LEADS = (AlertKind.WARNING, AlertKind.BREACH, AlertKind.ESCALATION)


def planned_digests(conn: Connection, install_id: str, at: datetime) -> set[str]:
    """User ids for whom the weekly mail of `at` is planned or sent."""
    return set(
        conn.execute(
            sa.select(alerts.c.user_id).where(
                alerts.c.install_id == install_id,
                alerts.c.lead_id == "",
                alerts.c.kind == AlertKind.DIGEST.value,
                alerts.c.due_at == at,
            )
        ).scalars()
    )


def due_alerts(
    conn: Connection, install_id: str, now: datetime, limit: int = 200, kinds: Sequence[AlertKind] = OF_LEADS
) -> list[Alert]:
    """What of these kinds is to be sent by `now`, the longest due first."""
    rows = conn.execute(
        sa.select(alerts)
        .where(alerts.c.install_id == install_id, alerts.c.sent_at.is_(None), alerts.c.send_after <= now)
        .where(alerts.c.kind.in_([each.value for each in kinds]))
        .order_by(alerts.c.send_after, alerts.c.lead_id, alerts.c.kind, alerts.c.user_id)
        .limit(limit)
    )
    return [
        Alert(
            lead_id=row.lead_id,
            rule_id=row.rule_id,
            kind=AlertKind(row.kind),
            due_at=row.due_at,
            user_id=row.user_id,
            send_after=row.send_after,
        )
        for row in rows
    ]


def finish_alert(conn: Connection, install_id: str, alert: Alert, outcome: AlertOutcome, at: datetime) -> None:
    """The alert is done with: sent, or no longer to be sent."""
    conn.execute(_row_of(install_id, alert).values(sent_at=at, outcome=outcome.value))


def postpone_alert(conn: Connection, install_id: str, alert: Alert, until: datetime) -> None:
    """Send the alert not before `until`."""
    conn.execute(_row_of(install_id, alert).values(send_after=until))


def _row_of(install_id: str, alert: Alert) -> sa.Update:
    return sa.update(alerts).where(
        alerts.c.install_id == install_id,
        alerts.c.lead_id == alert.lead_id,
        alerts.c.rule_id == alert.rule_id,
        alerts.c.kind == alert.kind.value,
        alerts.c.due_at == alert.due_at,
        alerts.c.user_id == alert.user_id,
        alerts.c.sent_at.is_(None),
    )


def _is_waiting() -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.and_(
            current_findings.c.outcome == Outcome.PASS.value,
            current_findings.c.reason == WARNED,
        ),
        sa.and_(
            current_findings.c.outcome == Outcome.BREACH.value,
            current_findings.c.reason == BROKEN,
        ),
    )
