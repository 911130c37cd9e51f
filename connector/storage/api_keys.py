"""Keys of the API: who may ask without a session. A key is found by its own id; only a hash of its secret is kept.

A key belongs to the account, not to whoever made it: it goes on when that person leaves, until somebody revokes it or
the account is uninstalled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.installs import InstallStatus
from connector.storage.tables import api_keys, installs


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One key, without its secret. `created_by`: a user id. `last_used_at` to the hour; times aware UTC."""

    install_id: str
    key_id: str
    name: str
    secret_hash: str
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None


def put_key(
    conn: Connection, install_id: str, key_id: str, *, name: str, secret_hash: str, user_id: str, at: datetime
) -> None:
    """Keep a new key. `key_id` and `secret_hash` are hex; no other key of any account has that id."""
    conn.execute(
        sa.insert(api_keys).values(
            install_id=install_id,
            key_id=key_id,
            name=name,
            secret_hash=secret_hash,
            created_at=at,
            created_by=user_id,
        )
    )


def list_keys(conn: Connection, install_id: str) -> list[ApiKey]:
    """All keys of the account, revoked ones too, the newest first."""
    rows = conn.execute(
        sa.select(api_keys)
        .where(api_keys.c.install_id == install_id)
        .order_by(api_keys.c.created_at.desc(), api_keys.c.key_id)
    )
    return [_key(row) for row in rows]


def revoke_key(conn: Connection, install_id: str, key_id: str, at: datetime) -> bool:
    """End a key for good. False when it is unknown or had ended before."""
    done = conn.execute(
        sa.update(api_keys)
        .where(api_keys.c.install_id == install_id, api_keys.c.key_id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return done.rowcount == 1


def revoke_all(conn: Connection, install_id: str, at: datetime) -> None:
    """End all keys of an account that leaves."""
    conn.execute(
        sa.update(api_keys)
        .where(api_keys.c.install_id == install_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def find_live_key(conn: Connection, key_id: str) -> ApiKey | None:
    """The key with this id, of whatever account; None when it was revoked, or the account is uninstalled.

    Who calls has proven nothing yet: compare the hash of his secret.
    """
    row = conn.execute(
        sa.select(api_keys)
        .join(installs, installs.c.install_id == api_keys.c.install_id)
        .where(
            api_keys.c.key_id == key_id,
            api_keys.c.revoked_at.is_(None),
            installs.c.status != InstallStatus.UNINSTALLED.value,
        )
    ).one_or_none()
    return None if row is None else _key(row)


def hour_of(at: datetime) -> datetime:
    """The begin of the hour that holds `at` (aware UTC)."""
    return at.replace(minute=0, second=0, microsecond=0)


def is_use_news(key: ApiKey, at: datetime) -> bool:
    """Whether a use at `at` is to be noted: none was in this hour."""
    return key.last_used_at is None or key.last_used_at < hour_of(at)


def note_use(conn: Connection, install_id: str, key_id: str, at: datetime) -> None:
    """Note that the key was used in the hour of `at`. An earlier hour changes nothing."""
    hour = hour_of(at)
    conn.execute(
        sa.update(api_keys)
        .where(
            api_keys.c.install_id == install_id,
            api_keys.c.key_id == key_id,
            sa.or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < hour),
        )
        .values(last_used_at=hour)
    )


def _key(row: sa.Row[Any]) -> ApiKey:
    return ApiKey(
        install_id=row.install_id,
        key_id=row.key_id,
        name=row.name,
        secret_hash=row.secret_hash,
        created_at=row.created_at,
        created_by=row.created_by,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
