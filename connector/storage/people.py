"""Owners, as the CRM lists them, and users, who may sign in."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.activity import Owner
from connector.storage.statements import upsert
from connector.storage.tables import owners, users
from connector.storage.web_sessions import delete_sessions_of_user

_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class Role(StrEnum):
    """What a user may see and do."""

    ADMIN = "admin"
    HEAD_OF_SALES = "head_of_sales"
    REP = "rep"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may sign in. `owner_id`: the owner he is in the CRM. `disabled_at` set = may not sign in.

    `language`: the code of what he reads, "" = he has not chosen."""

    user_id: str
    email: str
    name: str
    role: Role
    owner_id: str | None
    disabled_at: datetime | None
    language: str = ""


def replace_owners(conn: Connection, install_id: str, listed: Iterable[Owner]) -> None:
    """Keep `listed` as the account's owners. One that is not listed any more stays, archived: findings name him."""
    conn.execute(sa.update(owners).where(owners.c.install_id == install_id).values(is_archived=True))
    upsert(
        conn,
        owners,
        [
            {
                "install_id": install_id,
                "owner_id": owner.owner_id,
                "user_id": owner.user_id,
                "email": owner.email,
                "name": owner.name,
                "team": owner.team,
                "is_archived": owner.is_archived,
            }
            for owner in listed
        ],
    )


def list_owners(conn: Connection, install_id: str, owner_ids: Collection[str] | None = None) -> list[Owner]:
    """All owners, or those of `owner_ids` that are known; former ones included, by name."""
    wanted = owners.c.install_id == install_id
    if owner_ids is not None:
        wanted &= owners.c.owner_id.in_(sorted(set(owner_ids)))
    return [
        _owner(row)
        for row in conn.execute(sa.select(owners).where(wanted).order_by(owners.c.name, owners.c.owner_id))
    ]


def find_owner(conn: Connection, install_id: str, owner_id: str) -> Owner | None:
    """One owner."""
    row = conn.execute(
        sa.select(owners).where(owners.c.install_id == install_id, owners.c.owner_id == owner_id)
    ).one_or_none()
    return None if row is None else _owner(row)


def upsert_user(
    conn: Connection, install_id: str, user_id: str, email: str, name: str, role: Role, owner_id: str | None
) -> User:
    """Keep a user. A known one keeps his role and stays disabled if he was: those are the admin's decisions.

    An address belongs to one user: when the CRM gives it to a new one, the old one loses it and his sessions.
    """
    key = email_key(email)
    former = conn.execute(
        sa.select(users.c.user_id).where(
            users.c.install_id == install_id, users.c.email_key == key, users.c.user_id != user_id
        )
    ).scalar_one_or_none()
    if former is not None:
        delete_sessions_of_user(conn, install_id, former)
        conn.execute(sa.delete(users).where(users.c.install_id == install_id, users.c.user_id == former))
    upsert(
        conn,
        users,
        [
            {
                "install_id": install_id,
                "user_id": user_id,
                "email": email,
                "email_key": key,
                "name": name,
                "role": role.value,
                "owner_id": owner_id,
            }
        ],
        keep=("role",),
    )
    user = find_user(conn, install_id, user_id)
    if user is None:
        raise LookupError(f"the user {user_id!r} vanished inside of the transaction that stored him")
    return user


def find_user(conn: Connection, install_id: str, user_id: str) -> User | None:
    """One user, disabled or not."""
    row = conn.execute(
        sa.select(users).where(users.c.install_id == install_id, users.c.user_id == user_id)
    ).one_or_none()
    return None if row is None else _user(row)


def find_user_by_email(conn: Connection, install_id: str, email: str) -> User | None:
    """The user with this address, whatever its case, disabled or not."""
    row = conn.execute(
        sa.select(users).where(users.c.install_id == install_id, users.c.email_key == email_key(email))
    ).one_or_none()
    return None if row is None else _user(row)


def installs_of_email(conn: Connection, email: str) -> list[str]:
    """Installs in which this address may sign in: a person who signs in does not know install ids."""
    return list(
        conn.execute(
            sa.select(users.c.install_id)
            .where(users.c.email_key == email_key(email), users.c.disabled_at.is_(None))
            .order_by(users.c.install_id)
        ).scalars()
    )


def installs_of_owner_email(conn: Connection, email: str) -> list[str]:
    """Installs whose CRM lists an active owner with this address, whether or not he is a user yet."""
    return list(
        conn.execute(
            sa.select(owners.c.install_id)
            .where(sa.func.lower(sa.func.trim(owners.c.email)) == email_key(email), owners.c.is_archived.is_(False))
            .order_by(owners.c.install_id)
        ).scalars()
    )


def list_users(conn: Connection, install_id: str) -> list[User]:
    """All users by name."""
    rows = conn.execute(
        sa.select(users).where(users.c.install_id == install_id).order_by(users.c.name, users.c.user_id)
    )
    return [_user(row) for row in rows]


def set_role(conn: Connection, install_id: str, user_id: str, role: Role) -> bool:
    """Give another role. His sessions end, so that none goes on with the old one. False when unknown."""
    done = conn.execute(
        sa.update(users).where(users.c.install_id == install_id, users.c.user_id == user_id).values(role=role.value)
    )
    delete_sessions_of_user(conn, install_id, user_id)
    return done.rowcount == 1


def set_language(conn: Connection, install_id: str, user_id: str, language: str) -> bool:
    """What he reads from now on, pages and mails: a code of ours. False when unknown."""
    done = conn.execute(
        sa.update(users).where(users.c.install_id == install_id, users.c.user_id == user_id).values(language=language)
    )
    return done.rowcount == 1


def disable_user(conn: Connection, install_id: str, user_id: str, at: datetime) -> bool:
    """End his sessions and links, and let him sign in no more. False when unknown."""
    done = conn.execute(
        sa.update(users).where(users.c.install_id == install_id, users.c.user_id == user_id).values(disabled_at=at)
    )
    delete_sessions_of_user(conn, install_id, user_id)
    return done.rowcount == 1


def enable_user(conn: Connection, install_id: str, user_id: str) -> bool:
    """Let a disabled user sign in again. False when unknown."""
    done = conn.execute(
        sa.update(users).where(users.c.install_id == install_id, users.c.user_id == user_id).values(disabled_at=None)
    )
    return done.rowcount == 1


def email_key(email: str) -> str:
    """What two spellings of one address have in common: A-Z count as a-z, and nothing else is folded.

    Unicode folds letters together that mail servers keep apart (ß and ss, the Kelvin sign and k): a CRM that lists
    somebody at straße.example must not get the links of somebody at strasse.example.
    """
    return email.strip().translate(_SMALL)


def _owner(row: sa.Row[Any]) -> Owner:
    return Owner(
        owner_id=row.owner_id,
        user_id=row.user_id,
        email=row.email,
        name=row.name,
        team=row.team,
        is_archived=row.is_archived,
    )


def _user(row: sa.Row[Any]) -> User:
    return User(
        user_id=row.user_id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        owner_id=row.owner_id,
        disabled_at=row.disabled_at,
        language=row.language,
    )
