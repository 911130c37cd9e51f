"""The sealed tokens of an install. What is inside only the vault knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.statements import insert
from connector.storage.tables import tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredToken:
    """A sealed grant. `expires_at` (aware UTC) is the access token's end; `version` rises with every change."""

    install_id: str
    key_id: str
    sealed: bytes
    expires_at: datetime
    version: int


def put_token(conn: Connection, install_id: str, key_id: str, sealed: bytes, expires_at: datetime) -> int:
    """Keep a new grant over the old one and end any refresh that was claimed. Returns its version."""
    values = {"key_id": key_id, "sealed": sealed, "expires_at": expires_at}
    statement = insert(conn, tokens).values(install_id=install_id, version=1, **values)
    version = conn.execute(
        statement.on_conflict_do_update(
            index_elements=["install_id"],
            set_={**values, "version": tokens.c.version + 1, "refresh_holder": "", "refresh_until": None},
        ).returning(tokens.c.version)
    ).scalar_one()
    return int(version)


def get_token(conn: Connection, install_id: str) -> StoredToken | None:
    """The sealed grant, or None when there is none (never connected, or wiped)."""
    row = conn.execute(sa.select(tokens).where(tokens.c.install_id == install_id)).one_or_none()
    return None if row is None else _token(row)


def wipe_token(conn: Connection, install_id: str) -> None:
    """Delete the grant."""
    conn.execute(sa.delete(tokens).where(tokens.c.install_id == install_id))


def claim_refresh(conn: Connection, install_id: str, holder: str, now: datetime, lease_s: int) -> bool:
    """Try to be the one who refreshes, for `lease_s` seconds. False: another does; re-read the token later."""
    done = conn.execute(
        sa.update(tokens)
        .where(
            tokens.c.install_id == install_id,
            sa.or_(
                tokens.c.refresh_until.is_(None), tokens.c.refresh_until <= now, tokens.c.refresh_holder == holder
            ),
        )
        .values(refresh_holder=holder, refresh_until=now + timedelta(seconds=lease_s))
    )
    return done.rowcount == 1


def release_refresh(conn: Connection, install_id: str, holder: str) -> None:
    """Give the claim back after a refresh that failed."""
    conn.execute(
        sa.update(tokens)
        .where(tokens.c.install_id == install_id, tokens.c.refresh_holder == holder)
        .values(refresh_holder="", refresh_until=None)
    )


def iter_tokens(conn: Connection, *, not_key_id: str | None = None) -> Iterator[StoredToken]:
    """The grants of all tenants, for the rotation of keys; `not_key_id` leaves out those sealed by that key."""
    query = sa.select(tokens).order_by(tokens.c.install_id)
    if not_key_id is not None:
        query = query.where(tokens.c.key_id != not_key_id)
    for row in conn.execute(query).all():
        yield _token(row)


def replace_sealed(conn: Connection, install_id: str, version: int, key_id: str, sealed: bytes) -> bool:
    """The same grant under another key. False when the grant changed since `version` was read: read it again."""
    done = conn.execute(
        sa.update(tokens)
        .where(tokens.c.install_id == install_id, tokens.c.version == version)
        .values(key_id=key_id, sealed=sealed, version=version + 1)
    )
    return done.rowcount == 1


def _token(row: sa.Row[Any]) -> StoredToken:
    return StoredToken(
        install_id=row.install_id,
        key_id=row.key_id,
        sealed=bytes(row.sealed),
        expires_at=row.expires_at,
        version=row.version,
    )
