"""What a card in the CRM shows, from what is stored: a handful of reads by key, whatever the account holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.activity import Activity, ActivityKind, OwnerChange, Task
from audits.model.case import Fact
from audits.model.finding import Finding
from audits.model.lead import Lead
from connector.storage.cases import activity_from_row, lead_from_row, owner_change_from_row, task_from_row
from connector.storage.findings import AuditRow, audit_from_row, finding_from_row
from connector.storage.json_text import load_unseen
from connector.storage.people import Role, User, find_user
from connector.storage.tables import (
    activities,
    current_findings,
    findings,
    lead_audits,
    leads,
    owner_changes,
    owners,
    tasks,
)

#: A person with more activities than this shows the latest ones only.
LATEST_ACTIVITIES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCard:
    """One lead with what its card needs. `audit` None = not judged yet.

    `activities`: the latest first, at most LATEST_ACTIVITIES. `owner_changes`: in order of time. `tasks`: open ones
    with a due moment, the earliest first. `findings`: what the rules that were asked for say now. `unseen`: what
    could not be read of this lead, with the cause.
    """

    lead: Lead
    audit: AuditRow | None
    activities: tuple[Activity, ...]
    owner_changes: tuple[OwnerChange, ...]
    tasks: tuple[Task, ...]
    findings: tuple[Finding, ...]
    unseen: tuple[tuple[Fact, str], ...]


def find_cards_of_lead(
    conn: Connection, install_id: str, lead_id: str, rule_ids: Sequence[str], limit: int
) -> list[StoredCard]:
    """The card of one lead; none when it is unknown or gone. `rule_ids`: whose findings are wanted."""
    return _cards(conn, install_id, leads.c.lead_id == lead_id, rule_ids, limit)


def find_cards_of_companion(
    conn: Connection, install_id: str, companion_id: str, rule_ids: Sequence[str], limit: int
) -> list[StoredCard]:
    """The cards of a companion's leads, the newest lead first, at most `limit`."""
    return _cards(conn, install_id, leads.c.companion_id == companion_id, rule_ids, limit)


def find_cards_of_organization(
    conn: Connection, install_id: str, organization_id: str, rule_ids: Sequence[str], limit: int
) -> list[StoredCard]:
    """The cards of an organization's leads, the newest lead first, at most `limit`."""
    return _cards(conn, install_id, leads.c.organization_id == organization_id, rule_ids, limit)


def find_card_viewer(conn: Connection, install_id: str, user_id: str) -> User | None:
    """Who the CRM's user `user_id` is here: a user, or an owner who never signed in, who counts as a rep.

    None for somebody unknown, disabled, or gone from the CRM's list (an admin may be on no list).
    """
    user = find_user(conn, install_id, user_id)
    listed = conn.execute(
        sa.select(owners)
        .where(owners.c.install_id == install_id, owners.c.user_id == user_id)
        .order_by(owners.c.is_archived, owners.c.owner_id)
        .limit(1)
    ).one_or_none()
    if user is not None:
        owned = listed if user.owner_id is None else _owner(conn, install_id, user.owner_id)
        has_left = owned is not None and owned.is_archived and user.role is not Role.ADMIN
        return None if user.disabled_at is not None or has_left else user
    if listed is None or listed.is_archived:
        return None
    return User(
        user_id=user_id,
        email=listed.email or "",
        name=listed.name,
        role=Role.REP,
        owner_id=listed.owner_id,
        disabled_at=None,
    )


def _owner(conn: Connection, install_id: str, owner_id: str) -> sa.Row[Any] | None:
    return conn.execute(
        sa.select(owners).where(owners.c.install_id == install_id, owners.c.owner_id == owner_id)
    ).one_or_none()


def _cards(
    conn: Connection, install_id: str, of_record: sa.ColumnElement[bool], rule_ids: Sequence[str], limit: int
) -> list[StoredCard]:
    rows = conn.execute(
        sa.select(leads)
        .where(leads.c.install_id == install_id, of_record, leads.c.gone_at.is_(None))
        .order_by(leads.c.received_at.desc(), leads.c.lead_id.desc())
        .limit(limit)
    ).all()
    ids = [row.lead_id for row in rows]
    if not ids:
        return []
    judged = {
        row.lead_id: audit_from_row(row)
        for row in conn.execute(
            sa.select(lead_audits).where(lead_audits.c.install_id == install_id, lead_audits.c.lead_id.in_(ids))
        )
    }
    said = _findings(conn, install_id, ids, rule_ids)
    planned, handed = _tasks(conn, install_id, ids), _owner_changes(conn, install_id, ids)
    return [
        StoredCard(
            lead=lead_from_row(row),
            audit=judged.get(row.lead_id),
            activities=_activities(conn, install_id, row.lead_id),
            owner_changes=tuple(handed.get(row.lead_id, ())),
            tasks=tuple(planned.get(row.lead_id, ())),
            findings=tuple(said.get(row.lead_id, ())),
            unseen=load_unseen(row.unseen),
        )
        for row in rows
    ]


def _activities(conn: Connection, install_id: str, lead_id: str) -> tuple[Activity, ...]:
    rows = conn.execute(
        sa.select(activities)
        .where(
            activities.c.install_id == install_id,
            activities.c.lead_id == lead_id,
            # The kinds are named so that the key leads to every row; notes are never attempts.
            activities.c.kind.in_([kind.value for kind in ActivityKind if kind is not ActivityKind.NOTE]),
            activities.c.missing_since.is_(None),
        )
        .order_by(activities.c.occurred_at.desc(), activities.c.activity_id.desc())
        .limit(LATEST_ACTIVITIES)
    )
    return tuple(activity_from_row(row) for row in rows)


def _owner_changes(conn: Connection, install_id: str, lead_ids: Sequence[str]) -> Mapping[str, list[OwnerChange]]:
    rows = conn.execute(
        sa.select(owner_changes)
        .where(owner_changes.c.install_id == install_id, owner_changes.c.lead_id.in_(lead_ids))
        .order_by(owner_changes.c.occurred_at, owner_changes.c.owner_id)
    )
    found: dict[str, list[OwnerChange]] = {}
    for row in rows:
        found.setdefault(row.lead_id, []).append(owner_change_from_row(row))
    return found


def _tasks(conn: Connection, install_id: str, lead_ids: Sequence[str]) -> Mapping[str, list[Task]]:
    rows = conn.execute(
        sa.select(tasks)
        .where(
            tasks.c.install_id == install_id,
            tasks.c.lead_id.in_(lead_ids),
            tasks.c.is_done.is_(False),
            tasks.c.due_at.is_not(None),
            tasks.c.missing_since.is_(None),
        )
        .order_by(tasks.c.due_at, tasks.c.task_id)
    )
    found: dict[str, list[Task]] = {}
    for row in rows:
        found.setdefault(row.lead_id, []).append(task_from_row(row))
    return found


def _findings(
    conn: Connection, install_id: str, lead_ids: Sequence[str], rule_ids: Sequence[str]
) -> Mapping[str, list[Finding]]:
    rows = conn.execute(
        sa.select(findings)
        .join(
            current_findings,
            sa.and_(
                current_findings.c.install_id == findings.c.install_id,
                current_findings.c.fingerprint == findings.c.fingerprint,
            ),
        )
        .where(
            current_findings.c.install_id == install_id,
            current_findings.c.lead_id.in_(lead_ids),
            current_findings.c.rule_id.in_(sorted(rule_ids)),
            findings.c.install_id == install_id,
        )
        .order_by(findings.c.lead_id, findings.c.rule_id)
    )
    found: dict[str, list[Finding]] = {}
    for row in rows:
        found.setdefault(row.lead_id, []).append(finding_from_row(row))
    return found
