"""What browsers hold secrets for: OAuth states, sessions and login links. Only hashes of the secrets are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.tables import login_links, oauth_states, web_sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthState:
    """One started consent. `session_hash` binds it to the browser, `sealed_verifier` holds the PKCE verifier."""

    state_hash: str
    crm: str
    session_hash: str
    sealed_verifier: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """One browser's session. `data` is JSON text of the web layer; a visitor has no install."""

    session_hash: str
    install_id: str | None
    user_id: str | None
    role: str | None
    data: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginLink:
    """A one-time link that signs `user_id` in."""

    install_id: str
    user_id: str
    expires_at: datetime


def put_state(
    conn: Connection, state_hash: str, crm: str, session_hash: str, sealed_verifier: bytes, expires_at: datetime
) -> None:
    """Remember a started consent."""
    conn.execute(
        sa.insert(oauth_states).values(
            state_hash=state_hash,
            crm=crm,
            session_hash=session_hash,
            sealed_verifier=sealed_verifier,
            expires_at=expires_at,
        )
    )


def take_state(conn: Connection, state_hash: str, now: datetime) -> OAuthState | None:
    """The started consent, once: of two callers one gets it. None when unknown, used or expired."""
    row = conn.execute(
        sa.delete(oauth_states).where(oauth_states.c.state_hash == state_hash).returning(*oauth_states.c)
    ).one_or_none()
    if row is None or row.expires_at <= now:
        return None
    return OAuthState(
        state_hash=row.state_hash,
        crm=row.crm,
        session_hash=row.session_hash,
        sealed_verifier=bytes(row.sealed_verifier),
        expires_at=row.expires_at,
    )


def create_session(
    conn: Connection,
    session_hash: str,
    *,
    expires_at: datetime,
    install_id: str | None = None,
    user_id: str | None = None,
    role: str | None = None,
    data: str = "{}",
) -> None:
    """Keep a new session."""
    conn.execute(
        sa.insert(web_sessions).values(
            session_hash=session_hash,
            install_id=install_id,
            user_id=user_id,
            role=role,
            data=data,
            expires_at=expires_at,
        )
    )


def get_session(conn: Connection, session_hash: str, now: datetime) -> WebSession | None:
    """The session, or None when unknown or expired."""
    row = conn.execute(
        sa.select(web_sessions).where(web_sessions.c.session_hash == session_hash, web_sessions.c.expires_at > now)
    ).one_or_none()
    if row is None:
        return None
    return WebSession(
        session_hash=row.session_hash,
        install_id=row.install_id,
        user_id=row.user_id,
        role=row.role,
        data=row.data,
        expires_at=row.expires_at,
    )


def update_session(conn: Connection, session_hash: str, *, data: str, expires_at: datetime) -> bool:
    """Keep new data and a new end. False when the session is no more. Who it is never changes: make a new one."""
    done = conn.execute(
        sa.update(web_sessions)
        .where(web_sessions.c.session_hash == session_hash)
        .values(data=data, expires_at=expires_at)
    )
    return done.rowcount == 1


def delete_session(conn: Connection, session_hash: str) -> None:
    """End a session."""
    conn.execute(sa.delete(web_sessions).where(web_sessions.c.session_hash == session_hash))


def delete_sessions_of_user(conn: Connection, install_id: str, user_id: str) -> int:
    """End all sessions and login links of a user; returns how many sessions there were."""
    conn.execute(
        sa.delete(login_links).where(login_links.c.install_id == install_id, login_links.c.user_id == user_id)
    )
    return conn.execute(
        sa.delete(web_sessions).where(web_sessions.c.install_id == install_id, web_sessions.c.user_id == user_id)
    ).rowcount


def put_login_link(conn: Connection, link_hash: str, install_id: str, user_id: str, expires_at: datetime) -> None:
    """Remember a link that was mailed."""
    conn.execute(
        sa.insert(login_links).values(
            link_hash=link_hash, install_id=install_id, user_id=user_id, expires_at=expires_at
        )
    )


def take_login_link(conn: Connection, link_hash: str, now: datetime) -> LoginLink | None:
    """Whom the link signs in, once. None when unknown, used or expired."""
    row = conn.execute(
        sa.delete(login_links).where(login_links.c.link_hash == link_hash).returning(*login_links.c)
    ).one_or_none()
    if row is None or row.expires_at <= now:
        return None
    return LoginLink(install_id=row.install_id, user_id=row.user_id, expires_at=row.expires_at)


def delete_expired(conn: Connection, now: datetime) -> int:
    """Drop what nobody can use any more; returns how many rows."""
    return sum(
        conn.execute(sa.delete(table).where(table.c.expires_at <= now)).rowcount
        for table in (oauth_states, web_sessions, login_links)
    )
