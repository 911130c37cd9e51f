"""Everything together for a test: a real CRM's side, real stores, an install made with a real grant, and the jobs.

The web process is left out where it does not matter: the webhooks of the CRM's side come into the inbox through the
real blueprint on a real server.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from connector.catalog import CRMS, oauth_for
from connector.crm.port import OurField
from connector.jobs import advance, pump
from connector.jobs.context import JobContext, make_context, utc_now
from connector.oauth.tokens import sealed_grant
from connector.oauth.vault import Vault
from connector.sandbox import SandboxControl, SandboxHandle
from connector.settings import Settings, load_settings
from connector.storage import installs, tokens, worklist
from connector.storage.installs import Install
from tests.sides.hubspot import CLIENT_SECRET, OTHER_PORTAL, PORTAL, HubSpotSide
from tests.sides.side import Side
from tests.waiting import wait_for
from webhooks.blueprint import IntakeConfig, webhook_blueprint

__all__ = ["CLIENT_SECRET", "KEYS", "OTHER_PORTAL", "OUR_FIELDS", "PORTAL", "Clock", "Stack"]

KEYS = "k1:" + "a" * 43 + "="
OUR_FIELDS = tuple(field.value for field in OurField)


class Stack:
    """One CRM's side (HubSpot's unless given) and one set of stores. Use as a context manager."""

    def __init__(
        self,
        directory: Path,
        database_url: str,
        inbox_url: str,
        *,
        clock: Callable[[], datetime] = utc_now,
        jobs_url: str | None = None,
        env: Mapping[str, str] | None = None,
        side: Side | None = None,
    ) -> None:
        self.door = _Door()
        self.side: Side = HubSpotSide() if side is None else side
        self.side.start(self.door.url)
        self.env = {
            "LEADASSAY_PUBLIC_URL": self.door.url,
            "LEADASSAY_KEYS": KEYS,
            "LEADASSAY_DATA_DIR": str(directory),
            "LEADASSAY_DATABASE_URL": database_url,
            "LEADASSAY_INBOX_URL": inbox_url,
            "LEADASSAY_JOBS_URL": jobs_url or f"sqlite:///{directory}/jobs.sqlite",
            "LEADASSAY_CRM_CALLS_PER_10S": "5000",
            "LEADASSAY_WEBHOOK_GRACE_S": "0",
            **self.side.env,
            **(env or {}),
        }
        self.settings: Settings = load_settings(self.env)
        self.context: JobContext = make_context(self.settings, holder="test", clock=clock)
        self.door.open(self.settings, self.context)
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait()
        self.door.close()
        self.context.inbox.close()
        self.context.database.close()
        self.side.stop()

    @property
    def hubspot(self) -> HubSpotSide:
        """The side, where it is HubSpot's."""
        assert isinstance(self.side, HubSpotSide), f"this stack stands beside {self.side.crm}"
        return self.side

    @property
    def control(self) -> SandboxControl:
        """Steers HubSpot's sandbox."""
        return self.hubspot.control

    @property
    def sandbox(self) -> SandboxHandle:
        """HubSpot's sandbox."""
        return self.hubspot.sandbox

    def install(self, account: str | int | None = None, **details: object) -> Install:
        """Grant the app at the CRM and connect the account (the side's own unless given) as the consent flow does."""
        given = self.side.grant(str(account or self.side.account), **details)
        crm, grant = self.side.crm, given.grant
        entry = CRMS[crm]
        found = oauth_for(self.settings, crm, given.site).account(grant)
        missing = entry.missing_scopes(grant.scopes)
        with self.context.database.write() as connection:
            install = installs.create_or_reconnect(
                connection,
                crm,
                found,
                grant.scopes,
                missing,
                entry.first_coverage(missing),
                self.context.clock(),
                installed_by=given.installed_by,
                contacted_statuses=entry.status_words.contacted,
                waiting_statuses=entry.status_words.waiting,
            )
            key_id, sealed = sealed_grant(Vault(self.settings.keys), install.install_id, grant, given.site)
            tokens.put_token(connection, install.install_id, key_id, sealed, grant.expires_at)
        return install

    def sort(self) -> None:
        """Deliveries → events, as the pump does."""
        parsers = {name: entry.parse_delivery for name, entry in CRMS.items()}
        while pump.sort_deliveries(self.context, parsers):
            continue

    def advance(self, install: Install) -> None:
        """Run the install's job once in this process, as the worker would."""
        with self.context.database.read() as connection:
            wake = worklist.get_wake(connection, install.install_id)
        advance.advance(self.context, install.install_id, f"advance:{install.install_id}:{wake.wake_no}")

    def settle(self, install: Install) -> None:
        """Let webhooks arrive and everything due be done."""
        self.side.wait_for_webhooks()
        self.sort()
        self.advance(install)

    def start_worker(self, **env: str) -> subprocess.Popen[bytes]:
        """A real worker process on the same stores."""
        with self.worker_log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "connector.cli", "worker"],
                env={**os.environ, **self.env, **env},
                stderr=log,
            )
        self.workers.append(worker)
        return worker

    @property
    def worker_log(self) -> Path:
        """What all workers logged, one JSON object a line."""
        return Path(self.settings.data_dir) / "worker.log"

    def kill(self, worker: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
        """Send `number` to a worker; after SIGKILL wait until it is gone."""
        worker.send_signal(number)
        if number == signal.SIGKILL:
            worker.wait()

    def fields(self, lead_id: str, account: str | int | None = None) -> dict[str, str]:
        """Our six fields as the CRM shows them now."""
        return self.side.our_fields(str(account or self.side.account), lead_id)

    def our_writes(self, lead_id: str, account: str | int | None = None) -> list[Mapping[str, object]]:
        """The CRM's own log of API writes of our fields to a record."""
        return self.side.our_writes(str(account or self.side.account), lead_id)

    def wait(self, is_so: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Until `is_so` holds."""
        wait_for(is_so, timeout_s)


class _Door:
    """The webhook door on a real server, as the web process has it."""

    def __init__(self) -> None:
        self._app = Flask("door")
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, self._app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def open(self, settings: Settings, context: JobContext) -> None:
        self._app.register_blueprint(
            webhook_blueprint(
                context.inbox,
                IntakeConfig(
                    public_url=settings.public_url,
                    secrets={crm: app.secrets for crm, app in settings.crm_apps.items()},
                    recognise=context.hooks.recognise,
                    max_body_bytes=settings.max_webhook_bytes,
                ),
            )
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Clock:
    """A clock that tests turn. Never goes back by itself."""

    def __init__(self, at: datetime | None = None) -> None:
        self.now = at or datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)
