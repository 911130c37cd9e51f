"""Sessions on the server. The cookie holds a random token; the database holds its hash and who it is.

A visitor who has not signed in needs no row: his token carries our signature, and all that is kept for him, the CSRF
secret, follows from the token. At sign-in a new token is made, so that nobody can hand his own session to a victim.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog
from flask import Flask, Request, Response, g, request
from flask import session as flask_session
from flask.sessions import SessionInterface, SessionMixin

from connector.oauth.flow import secret_hash
from connector.storage import web_sessions
from connector.web.site import site

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
#: A session is prolonged at most this often: a page view should not be a write.
_PROLONG_EVERY = timedelta(minutes=10)
_VISITOR_MARK = "v."
_TOKEN_BYTES = 32


class PageSession(dict[str, object], SessionMixin):
    """The session of one request. `install_id` and `user_id` are set only when a live row vouches for them."""

    def __init__(self, token: str, *, is_new: bool) -> None:
        super().__init__(csrf_token=_csrf_secret(token))
        self.token = token
        self.sends_cookie = is_new
        self.drops_cookie = False
        self.install_id: str | None = None
        self.user_id: str | None = None
        self.expires_at: datetime | None = None

    @property
    def session_hash(self) -> str:
        """What the database knows of this session."""
        return secret_hash(self.token)


class PageSessions(SessionInterface):
    """Reads and sends the cookie. The database is asked later, by `load_session`, inside of error handling."""

    def open_session(self, app: Flask, request: Request) -> PageSession:
        """The session of the cookie's token, or of a fresh visitor's token when the cookie is none of ours."""
        token = request.cookies.get(cookie_name(), "")
        if _is_well_formed(token):
            return PageSession(token, is_new=False)
        return PageSession(_visitor_token(), is_new=True)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie when it is new; take it back at sign-out. Static files and machines get none."""
        if not isinstance(session, PageSession) or _is_machine_path(request.path):
            return
        name, is_secure = cookie_name(), site().settings.cookie_is_secure
        if session.drops_cookie:
            response.delete_cookie(name, path="/", secure=is_secure, httponly=True, samesite="Lax")
        elif session.sends_cookie:
            response.set_cookie(name, session.token, path="/", secure=is_secure, httponly=True, samesite="Lax")


def cookie_name() -> str:
    """`__Host-` binds the cookie to this host and https; plain http on localhost cannot have it."""
    return "__Host-assay" if site().settings.cookie_is_secure else "assay"


def page_session() -> PageSession:
    """The session of the running request."""
    # The proxy hides the class; PageSessions makes no other.
    session = flask_session._get_current_object()  # type: ignore[attr-defined]
    if not isinstance(session, PageSession):
        raise RuntimeError("the app has no PageSessions interface")
    return session


def load_session() -> None:
    """Fill the session from its row; a token without a live row becomes a new visitor's."""
    session = page_session()
    if session.token.startswith(_VISITOR_MARK) or _is_machine_path(request.path):
        return
    now = site().now()
    with site().database.read() as connection:
        row = web_sessions.get_session(connection, session.session_hash, now)
    if row is None:
        become_visitor()
        return
    session.install_id, session.user_id, session.expires_at = row.install_id, row.user_id, row.expires_at
    structlog.contextvars.bind_contextvars(install_id=row.install_id)
    begun_at = _begun_at(row.data, now)
    prolonged = min(now + IDLE, begun_at + ABSOLUTE)
    if row.expires_at is not None and prolonged - row.expires_at > _PROLONG_EVERY:
        with site().database.write() as connection:
            web_sessions.update_session(connection, session.session_hash, data=row.data, expires_at=prolonged)


def begin_session(install_id: str, user_id: str, role: str) -> None:
    """Sign this browser in: a new token, the old one dead."""
    session, now = page_session(), site().now()
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with site().database.write() as connection:
        web_sessions.delete_session(connection, session.session_hash)
        web_sessions.create_session(
            connection,
            session_hash=secret_hash(token),
            install_id=install_id,
            user_id=user_id,
            role=role,
            data=json.dumps({"begun_at": int(now.timestamp())}),
            expires_at=now + IDLE,
        )
    _switch_to(session, token)
    session.install_id, session.user_id = install_id, user_id


def end_session() -> None:
    """Sign this browser out: the row is gone, so a stolen cookie is dead too."""
    session = page_session()
    with site().database.write() as connection:
        web_sessions.delete_session(connection, session.session_hash)
    become_visitor()


def become_visitor() -> None:
    """Forget who this browser was."""
    session = page_session()
    _switch_to(session, _visitor_token())
    session.install_id = session.user_id = None


def _switch_to(session: PageSession, token: str) -> None:
    session.token = token
    session.sends_cookie = True
    session["csrf_token"] = _csrf_secret(token)
    g.pop("csrf_token", None)


def _begun_at(data: str, now: datetime) -> datetime:
    told = json.loads(data) if data else {}
    begun = told.get("begun_at") if isinstance(told, Mapping) else None
    return datetime.fromtimestamp(begun, UTC) if isinstance(begun, int) else now


def _csrf_secret(token: str) -> str:
    return hmac.digest(site().secret("csrf"), token.encode(), "sha256").hex()


def _signature(body: str) -> str:
    digest = hmac.digest(site().secret("visitor"), body.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:18]).decode()


def _visitor_token() -> str:
    body = _VISITOR_MARK + secrets.token_urlsafe(_TOKEN_BYTES)
    return f"{body}.{_signature(body)}"


def _is_well_formed(token: str) -> bool:
    if not token.isascii() or not 40 <= len(token) <= 100:
        return False
    if not token.startswith(_VISITOR_MARK):
        return True
    body, _, signature = token.rpartition(".")
    return hmac.compare_digest(_signature(body), signature)


def _is_machine_path(path: str) -> bool:
    return path.startswith(("/static/", "/webhooks/", "/cards/", "/api/")) or path in {"/healthz", "/api"}
