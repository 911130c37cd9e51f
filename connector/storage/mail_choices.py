"""Which mails a user wants: none, until he says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.people import Role
from connector.storage.tables import owners, users


@dataclass(frozen=True, slots=True, kw_only=True)
class MailChoice:
    """What one user gets. `owner_id` and `team`: who he is in the CRM. `language`: "" = he has not chosen one."""

    user_id: str
    email: str
    name: str
    role: Role
    language: str
    owner_id: str | None
    team: str | None
    gets_digest: bool
    gets_alerts: bool


def choose_mails(conn: Connection, install_id: str, user_id: str, *, gets_digest: bool, gets_alerts: bool) -> bool:
    """Keep what a user wants. False when he is unknown."""
    done = conn.execute(
        sa.update(users)
        .where(users.c.install_id == install_id, users.c.user_id == user_id)
        .values(gets_digest=gets_digest, gets_alerts=gets_alerts)
    )
    return done.rowcount == 1


def find_choice(conn: Connection, install_id: str, user_id: str) -> MailChoice | None:
    """What one user wants; None when he is unknown, blocked, or gone from the CRM's list."""
    row = conn.execute(_readers(install_id).where(users.c.user_id == user_id)).one_or_none()
    return None if row is None else _choice(row)


def list_readers(conn: Connection, install_id: str) -> list[MailChoice]:
    """Who gets any mail, by id: users who asked for one, may sign in, and have an address."""
    rows = conn.execute(
        _readers(install_id)
        .where(sa.or_(users.c.gets_digest.is_(True), users.c.gets_alerts.is_(True)), users.c.email != "")
        .order_by(users.c.user_id)
    )
    return [_choice(row) for row in rows]


def team_of(conn: Connection, install_id: str, owner_id: str) -> str | None:
    """The team that the CRM names for an owner."""
    return conn.execute(
        sa.select(owners.c.team).where(owners.c.install_id == install_id, owners.c.owner_id == owner_id)
    ).scalar_one_or_none()


def _readers(install_id: str) -> sa.Select[Any]:
    """As in signing in: nobody who is blocked, and nobody who left but an admin."""
    listed = sa.and_(owners.c.install_id == install_id, owners.c.owner_id == users.c.owner_id)
    return (
        sa.select(users, owners.c.team)
        .select_from(users.outerjoin(owners, listed))
        .where(
            users.c.install_id == install_id,
            users.c.disabled_at.is_(None),
            sa.or_(
                sa.func.coalesce(owners.c.is_archived, sa.false()).is_(sa.false()),
                users.c.role == Role.ADMIN.value,
            ),
        )
    )


def _choice(row: sa.Row[Any]) -> MailChoice:
    return MailChoice(
        user_id=row.user_id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        language=row.language,
        owner_id=row.owner_id,
        team=row.team,
        gets_digest=row.gets_digest,
        gets_alerts=row.gets_alerts,
    )
