"""Access tokens of installs: refreshed early, by one process at a time, the new one stored before it is used."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connector.crm.port import CrmOAuth, Grant
from connector.errors import InstallNotActive, ReauthorizationNeeded, RetryLater
from connector.logs import get_logger
from connector.oauth.vault import SealBroken, UnknownKey, Vault
from connector.payloads import JsonObject, get_text, object_of, parse_json
from connector.server_rules import RefreshTokenSource
from connector.settings import CrmApp
from connector.storage import health, installs, tokens
from connector.storage.database import Database
from connector.storage.installs import Install, InstallStatus
from connector.storage.tokens import StoredToken

EARLY = timedelta(seconds=60)
CLAIM_S = 45
"""Longer than a refresh may take with its retries: a claim outlives its holder only when that one was killed."""
KEY_LOST_S = 900.0
"""How long to wait before a token whose key is not in the ring is looked at again."""
NOTICE = "reconnect"
"""The kind of the one notice that an admin gets for each pause."""

log = get_logger(__name__)


def sealed_grant(vault: Vault, install_id: str, grant: Grant, site: CrmApp | None = None) -> tuple[str, bytes]:
    """(key id, sealed bytes) of the grant's two tokens, as they are stored.

    `site`: our registration at a self-hosted CRM, which refreshes need; it lives and dies with the tokens.
    """
    secret: dict[str, object] = {"access_token": grant.access_token, "refresh_token": grant.refresh_token}
    if site is not None:
        secret["site"] = site_to_json(site)
    return vault.seal(install_id, json.dumps(secret).encode())


def site_to_json(site: CrmApp) -> dict[str, str]:
    """A registration at a self-hosted CRM, to be sealed."""
    return {"client_id": site.client_id, "secret": site.secrets[0], "url": site.api_url}


def site_from_json(sealed: JsonObject) -> CrmApp:
    """The registration of `site_to_json`. Raises UnexpectedPayload."""
    what = "A stored registration"
    url = get_text(sealed, "url", what)
    return CrmApp(
        client_id=get_text(sealed, "client_id", what),
        secrets=(get_text(sealed, "secret", what),),
        auth_url=url,
        api_url=url,
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """An opened grant as stored."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    version: int
    site: CrmApp | None

    def is_good(self, now: datetime, early: timedelta = EARLY) -> bool:
        return self.expires_at - early > now


class TokenKeeper:
    """Gives out access tokens. Safe to share between threads; processes agree through the database."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        oauth_for: Callable[[str, CrmApp | None], CrmOAuth],
        *,
        holder: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_paused: Callable[[str, str], None] | None = None,
        wait_s: float = 30.0,
    ) -> None:
        """`oauth_for(crm, site)`: that CRM's OAuth side; `site` is our registration there if it is self-hosted, else
        None. `holder` names this process in claims. `clock`: aware UTC now.

        `on_paused(install_id, reason)` is called once when a grant turns out dead. `wait_s`: how long to wait for
        another process that is refreshing.
        """
        self._database = database
        self._vault = vault
        self._oauth_for = oauth_for
        self._holder = holder
        self._clock = clock
        self._on_paused = on_paused
        self._wait_s = wait_s

    def access_token(self, install_id: str) -> str:
        """A token that is good for a minute at least.

        Raises ReauthorizationNeeded (the grant is dead, the install is paused), InstallNotActive, or RetryLater.
        """
        install, held = self._read(install_id)
        return held.access_token if held.is_good(self._clock()) else self._refreshed(install, held, None)

    def renewed(self, install_id: str, rejected: str) -> str:
        """A token other than `rejected`, which the CRM refused before its time. Raises as `access_token`."""
        install, held = self._read(install_id)
        return held.access_token if held.access_token != rejected else self._refreshed(install, held, rejected)

    def refresh_token(self, install_id: str) -> str:
        """The refresh token, for a CRM that wants it back at the end. Raises as `access_token`."""
        return self._read(install_id)[1].refresh_token

    def mark_dead(self, install_id: str, reason: str) -> None:
        """The grant is dead: pause the install, once, with one notice."""
        now = self._clock()
        with self._database.write() as connection:
            is_first = installs.pause(connection, install_id, reason, now)
            if is_first:
                key = f"{NOTICE}:{now.isoformat()}"
                health.put_notice(connection, install_id, key, kind=NOTICE, sentence=reason, at=now)
        if is_first:
            log.warning("install_paused", install_id=install_id, reason=reason)
            if self._on_paused is not None:
                self._on_paused(install_id, reason)

    def source(self, install_id: str) -> RefreshTokenSource:
        """The tokens of one install, for a transport."""
        return _InstallTokens(self, install_id)

    def _read(self, install_id: str) -> tuple[Install, _Held]:
        with self._database.read() as connection:
            install = installs.get_install(connection, install_id)
            stored = tokens.get_token(connection, install_id)
        if install.status is InstallStatus.PAUSED:
            raise ReauthorizationNeeded(install.status_reason or "The connection was ended: connect again.")
        if install.status is not InstallStatus.ACTIVE or stored is None:
            raise InstallNotActive(f"The install {install_id} is {install.status.value} and holds no token.")
        what = "A stored token"
        opened = object_of(parse_json(self._opened(stored), what), what)
        site = opened.get("site")
        return install, _Held(
            access_token=get_text(opened, "access_token", what),
            refresh_token=get_text(opened, "refresh_token", what),
            expires_at=stored.expires_at,
            version=stored.version,
            site=site_from_json(object_of(site, what)) if site is not None else None,
        )

    def _opened(self, stored: StoredToken) -> bytes:
        try:
            return self._vault.open(stored.install_id, stored.key_id, stored.sealed)
        except UnknownKey as lost:
            # The key may come back into the settings: no reason to make the customer connect again.
            raise RetryLater(str(lost), after_s=KEY_LOST_S) from lost
        except SealBroken as broken:
            self.mark_dead(stored.install_id, str(broken))
            raise ReauthorizationNeeded(str(broken)) from broken

    def _refreshed(self, install: Install, held: _Held, rejected: str | None) -> str:
        """Refresh, or wait for whoever does."""
        install_id = install.install_id
        # A name of its own for each try: two threads of one process must not share a claim.
        claimant = f"{self._holder}:{uuid.uuid4().hex}"
        give_up_at = time.monotonic() + self._wait_s
        while True:
            with self._database.write() as connection:
                is_ours = tokens.claim_refresh(connection, install_id, claimant, self._clock(), CLAIM_S)
            install, held = self._read(install_id)
            if held.is_good(self._clock()) and held.access_token != rejected:
                if is_ours:
                    self._release(install_id, claimant)
                return held.access_token
            if is_ours:
                return self._refresh(install, held, claimant)
            if time.monotonic() >= give_up_at:
                break
            time.sleep(random.uniform(0.05, 0.2))
        if held.is_good(self._clock(), timedelta()) and held.access_token != rejected:
            return held.access_token
        raise RetryLater("Another process is refreshing the access token and has not ended.", after_s=5.0)

    def _refresh(self, install: Install, held: _Held, claimant: str) -> str:
        install_id = install.install_id
        try:
            grant = self._oauth_for(install.crm, held.site).refresh(held.refresh_token)
        except ReauthorizationNeeded as dead:
            # The claim is kept for certain only while it lasts: another may have refreshed after it ran out.
            _, again = self._read(install_id)
            if again.version != held.version:
                return again.access_token
            self.mark_dead(install_id, str(dead))
            raise
        except RetryLater as later:
            if later.is_outcome_unknown:
                # The server may have used up the refresh token: let the claim run out before anybody tries again.
                raise RetryLater(str(later), after_s=CLAIM_S) from later
            self._release(install_id, claimant)
            raise
        except Exception:
            self._release(install_id, claimant)
            raise
        key_id, sealed = sealed_grant(self._vault, install_id, grant, held.site)
        with self._database.write() as connection:
            tokens.put_token(connection, install_id, key_id, sealed, grant.expires_at)
            if grant.api_url and grant.api_url != install.api_url:
                installs.set_api_url(connection, install_id, grant.api_url)
        log.info("token_refreshed", install_id=install_id)
        return grant.access_token

    def _release(self, install_id: str, claimant: str) -> None:
        with self._database.write() as connection:
            tokens.release_refresh(connection, install_id, claimant)


@dataclass(frozen=True, slots=True)
class _InstallTokens:
    keeper: TokenKeeper
    install_id: str

    def current(self) -> str:
        return self.keeper.access_token(self.install_id)

    def renewed(self, rejected: str) -> str:
        return self.keeper.renewed(self.install_id, rejected)

    def refresh_token(self) -> str:
        return self.keeper.refresh_token(self.install_id)

    def refused(self) -> None:
        self.keeper.mark_dead(self.install_id, "The CRM refuses even a fresh access token: connect again.")
