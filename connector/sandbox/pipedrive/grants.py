"""What the app was granted: codes, access tokens and refresh tokens, each bound to one user of one company."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from connector.sandbox.pipedrive.config import PipedriveConfig, PipedriveSettings
from connector.sandbox.wire import now_ms


@dataclass(slots=True)
class Grant:
    """One install: a user of a company let the app in. Moments in ms since 1970 UTC."""

    id: int
    company_id: int
    user_id: int
    scopes: tuple[str, ...]
    refresh_token: str
    used_ms: int
    is_live: bool = True
    spent_tokens: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Token:
    """An access token."""

    value: str
    grant: Grant
    expires_ms: int
    is_live: bool = True


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code, good for one exchange."""

    value: str
    company_id: int
    user_id: int
    redirect_uri: str
    expires_ms: int


class Grants:
    """All of them, behind one lock."""

    def __init__(self, config: PipedriveConfig, settings: Callable[[], PipedriveSettings]) -> None:
        self._config = config
        self._settings = settings
        self._lock = threading.RLock()
        self._grants: list[Grant] = []
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Grant] = {}
        self._codes: dict[str, Code] = {}

    def issue_code(self, company_id: int, user_id: int, redirect_uri: str) -> Code:
        code = Code(
            secrets.token_hex(20), company_id, user_id, redirect_uri,
            now_ms() + self._settings().auth_code_ttl_s * 1000,
        )  # fmt: skip
        with self._lock:
            self._codes[code.value] = code
        return code

    def spend_code(self, value: str) -> Code | None:
        """The code, gone from then on; None when it is unknown, used or too old."""
        with self._lock:
            code = self._codes.pop(value, None)
            return None if code is None or code.expires_ms <= now_ms() else code

    def open(self, company_id: int, user_id: int, scopes: tuple[str, ...] | None = None) -> Grant:
        """Let the app in; a grant the user had is replaced."""
        with self._lock:
            for grant in self._grants:
                if (grant.company_id, grant.user_id) == (company_id, user_id) and grant.is_live:
                    self.close(grant)
            made = Grant(
                len(self._grants) + 1, company_id, user_id, self._config.app.scopes if scopes is None else scopes,
                _refresh_value(), now_ms(),
            )  # fmt: skip
            self._grants.append(made)
            self._refresh[made.refresh_token] = made
            return made

    def add_access(self, grant: Grant) -> Token:
        """A new access token: a long text, as in life."""
        token = Token(
            f"v1u:{secrets.token_urlsafe(220)}", grant, now_ms() + self._settings().access_token_ttl_s * 1000
        )
        with self._lock:
            self._access[token.value] = token
            grant.used_ms = now_ms()
        return token

    def rotate(self, grant: Grant) -> None:
        """A new refresh token takes the place of the old one, which ends the grant when it is used again."""
        with self._lock:
            grant.spent_tokens.add(grant.refresh_token)
            grant.refresh_token = _refresh_value()
            self._refresh[grant.refresh_token] = grant

    def find_access(self, value: str) -> Token | None:
        with self._lock:
            return self._access.get(value)

    def find_refresh(self, value: str) -> Grant | None:
        """The live grant of a refresh token that was not idle for too long, else None."""
        with self._lock:
            grant = self._refresh.get(value)
            if grant is None or not grant.is_live:
                return None
            if value in grant.spent_tokens:
                self.close(grant)
                return None
            if now_ms() - grant.used_ms > self._settings().refresh_token_ttl_s * 1000:
                return None
            return grant

    def live(self, company_id: int) -> list[Grant]:
        """The live grants of a company, oldest first."""
        with self._lock:
            return [grant for grant in self._grants if grant.company_id == company_id and grant.is_live]

    def close(self, grant: Grant) -> None:
        """All tokens of the grant die."""
        with self._lock:
            grant.is_live = False
            for token in self._access.values():
                if token.grant is grant:
                    token.is_live = False

    def kill_access(self, value: str) -> None:
        """Only this access token dies."""
        with self._lock:
            if value in self._access:
                self._access[value].is_live = False

    def expire_access(self, company_id: int) -> int:
        """Every access token of a company is expired as of now. Returns how many."""
        with self._lock:
            found = [token for token in self._access.values() if token.grant.company_id == company_id]
            for token in found:
                token.expires_ms = min(token.expires_ms, now_ms())
            return len(found)

    def idle(self, company_id: int, days: int) -> None:
        """As if the refresh tokens of a company had not been used for so many days."""
        with self._lock:
            for grant in self._grants:
                if grant.company_id == company_id:
                    grant.used_ms -= days * 86_400_000


def _refresh_value() -> str:
    return f"{secrets.randbelow(10**8)}:{secrets.randbelow(10**8)}:{secrets.token_hex(20)}"
