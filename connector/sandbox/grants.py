"""What the app was granted: codes, access tokens, refresh tokens, by portal."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from connector.sandbox.config import LEAD_SCOPES, SandboxConfig, Settings
from connector.sandbox.wire import now_ms


@dataclass(slots=True)
class Grant:
    """One install: a user of a portal let the app in."""

    id: int
    portal_id: int
    user_id: int
    client_id: str
    scopes: tuple[str, ...]
    is_live: bool = True
    refresh_tokens: list[str] = field(default_factory=list)
    spent_tokens: set[str] = field(default_factory=set)
    """Refresh tokens rotated away; using one again ends the grant."""


@dataclass(slots=True)
class Token:
    """An access token. Moments in ms since 1970 UTC."""

    value: str
    grant_id: int
    issued_ms: int
    expires_ms: int
    is_live: bool = True


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code, good for one exchange."""

    value: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    portal_id: int
    user_id: int
    expires_ms: int
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.scopes)


class Grants:
    """All of them, behind one lock. `exchange_lock` makes one token exchange atomic."""

    def __init__(self, config: SandboxConfig, settings: Callable[[], Settings]) -> None:
        self._config = config
        self._settings = settings
        self._lock = threading.RLock()
        self._grants: dict[int, Grant] = {}
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, int] = {}
        self._codes: dict[str, Code] = {}
        self.exchange_lock = threading.RLock()

    def open_grant(self, portal_id: int, user_id: int, scopes: Iterable[str]) -> Grant:
        with self._lock:
            grant = Grant(
                id=len(self._grants) + 1,
                portal_id=portal_id,
                user_id=user_id,
                client_id=self._config.app.client_id,
                scopes=tuple(dict.fromkeys(scopes)),
            )
            self._grants[grant.id] = grant
            self.add_refresh(grant)
            return grant

    def add_refresh(self, grant: Grant) -> str:
        """A refresh token, long as in life (HubSpot's reach some 600 characters)."""
        value = f"na1-{secrets.token_urlsafe(360)}"
        with self._lock:
            grant.refresh_tokens.append(value)
            self._refresh[value] = grant.id
        return value

    def add_access(self, grant: Grant) -> Token:
        issued = now_ms()
        token = Token(
            value=f"C{secrets.token_urlsafe(180)}",
            grant_id=grant.id,
            issued_ms=issued,
            expires_ms=issued + self._settings().access_token_ttl_s * 1000,
        )
        with self._lock:
            self._access[token.value] = token
        return token

    def rotate(self, grant: Grant) -> str:
        """The old refresh tokens are spent; a new one takes their place."""
        with self._lock:
            grant.spent_tokens.update(grant.refresh_tokens)
            grant.refresh_tokens.clear()
            return self.add_refresh(grant)

    def find_access(self, value: str) -> Token | None:
        with self._lock:
            return self._access.get(value)

    def find_refresh(self, value: str) -> Grant | None:
        """The grant of a refresh token, whether alive, spent or revoked; None when the token is unknown."""
        with self._lock:
            grant_id = self._refresh.get(value)
            return None if grant_id is None else self._grants[grant_id]

    def grant_of(self, token: Token) -> Grant:
        with self._lock:
            return self._grants[token.grant_id]

    def live_grant(self, portal_id: int) -> Grant | None:
        """The newest live grant of a portal."""
        with self._lock:
            found = [grant for grant in self._grants.values() if grant.portal_id == portal_id and grant.is_live]
            return found[-1] if found else None

    def revoke(self, grant: Grant, kills_access: bool) -> None:
        """The refresh tokens die; the access tokens too when told."""
        with self._lock:
            grant.is_live = False
            if kills_access:
                for token in self._access.values():
                    if token.grant_id == grant.id:
                        token.is_live = False

    def revoke_portal(self, portal_id: int, kills_access: bool) -> int:
        """Revoke all grants of a portal. Returns how many were alive."""
        with self._lock:
            found = [grant for grant in self._grants.values() if grant.portal_id == portal_id and grant.is_live]
            for grant in found:
                self.revoke(grant, kills_access)
            return len(found)

    def expire_access(self, portal_id: int) -> int:
        """Make every access token of a portal expired as of now. Returns how many."""
        now = now_ms()
        with self._lock:
            tokens = [token for token in self._access.values() if self._grants[token.grant_id].portal_id == portal_id]
            for token in tokens:
                token.expires_ms = min(token.expires_ms, now)
            return len(tokens)

    def put_code(self, code: Code) -> None:
        with self._lock:
            self._codes[code.value] = code

    def find_code(self, value: str) -> Code | None:
        """A code that is there and not too old."""
        with self._lock:
            code = self._codes.get(value)
            return None if code is None or code.expires_ms < now_ms() else code

    def drop_code(self, code: Code) -> None:
        with self._lock:
            self._codes.pop(code.value, None)


def grantable(
    asked: Iterable[str], grantable_scopes: tuple[str, ...] | None, has_leads_object: bool
) -> tuple[str, ...]:
    """Of what was asked, what this portal's user can grant: the account's limits, and leads only where they exist."""
    return tuple(
        scope
        for scope in dict.fromkeys(asked)
        if (grantable_scopes is None or scope in grantable_scopes) and (has_leads_object or scope not in LEAD_SCOPES)
    )
