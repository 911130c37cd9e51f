"""Look at an installation as its operator would: what is wrong, and what to do about it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import sqlalchemy as sa

from connector.catalog import CRMS
from connector.errors import ConfigError, LeadAssayError, StorageBusy, StorageFailed
from connector.oauth.vault import Vault
from connector.reporting import pdf
from connector.settings import Settings, load_settings
from connector.storage import installs, tokens, worker_slots
from connector.storage.database import Database
from connector.storage.inbox import Inbox, InboxStatus
from connector.storage.migrate import current_version, newest_version

CONNECT_TIMEOUT_S = 3.0
#: Signatures are refused beyond five minutes; a minute off is the time to act.
SKEW_WARNING_S = 60.0
WORKER_SILENT_S = 30

_PG_NO_TABLE = "42P01"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `remedy` is empty when all is well."""

    name: str
    is_ok: bool
    says: str
    remedy: str = ""


def examine(env: Mapping[str, str]) -> list[Check]:
    """Run every check that the settings allow; `env` is usually os.environ.

    Writes nothing; a SQLite file that is missing is made.
    """
    try:
        settings = load_settings(env)
    except ConfigError as error:
        return [Check("settings", False, str(error), "Set it and run doctor again.")]
    checks = [Check("settings", True, f"complete; the app answers at {settings.public_url}")]
    checks.append(_data_dir(settings))
    checks.append(_crm_app(settings))
    checks += [_guarded("database", lambda: _database(settings)), _guarded("inbox", lambda: _inbox(settings))]
    checks += [_guarded("keys", lambda: _keys(settings)), _guarded("worker", lambda: _worker(settings))]
    checks.append(_clock(settings))
    checks.append(_pdf())
    checks += _reachability(settings)
    return checks


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except StorageBusy as error:
        # A server's complaint runs over several lines; the first says what is wrong.
        told = str(error).splitlines()[0]
        remedy = (
            "Start the database, or mend its address and rights in the settings."
            if isinstance(error, StorageFailed)
            else "Run doctor again."
        )
        return Check(name, False, told, remedy)
    except sa.exc.DBAPIError as error:
        told = str(error.orig).splitlines()[0]
        if "no such table" in told or getattr(error.orig, "sqlstate", None) == _PG_NO_TABLE:
            return Check(name, False, "its tables are not there", "leadassay db upgrade")
        return Check(name, False, f"cannot be examined: {told}", "Mend it and run doctor again.")
    except (LeadAssayError, OSError) as error:
        return Check(name, False, f"cannot be examined: {error}", "Mend it and run doctor again.")


def _data_dir(settings: Settings) -> Check:
    if not settings.data_dir.is_dir():
        return Check("data folder", True, f"{settings.data_dir} will be made at the first start")
    if not os.access(settings.data_dir, os.W_OK):
        return Check(
            "data folder",
            False,
            f"{settings.data_dir} cannot be written to",
            f"Give this user write access: chown {os.getuid()} {settings.data_dir}",
        )
    free = os.statvfs(settings.data_dir)
    free_mb = free.f_bavail * free.f_frsize // 1_000_000
    if free_mb < 500:
        return Check("data folder", False, f"only {free_mb} MB free", "Make room: intake answers 503 on a full disk.")
    return Check("data folder", True, f"{settings.data_dir}, {free_mb} MB free")


def _crm_app(settings: Settings) -> Check:
    if not settings.crm_apps:
        own = ", ".join(entry.label for entry in CRMS.values() if entry.is_self_hosted)
        return Check(
            "CRM app",
            bool(own),
            f"no marketplace's app is configured; only {own or 'no CRM'} can be connected",
            "Set HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET, or another CRM's (README, Connecting a real account).",
        )
    found = (
        f"{CRMS[crm].label} app {app.client_id[:8]}…, {len(app.secrets)} secret(s)"
        for crm, app in settings.crm_apps.items()
    )
    return Check("CRM app", True, "; ".join(found))


def _database(settings: Settings) -> Check:
    database = Database.open(settings.database_url, timeout_s=CONNECT_TIMEOUT_S)
    try:
        with database.read() as connection:
            version = current_version(connection, "main")
            newest = newest_version("main")
            if version != newest:
                found = f"tables are at {version}, this is {newest}" if version else "its tables are not there"
                return Check("database", False, found, "leadassay db upgrade")
            count = len(list(installs.iter_active(connection)))
        return Check("database", True, f"{database.dialect}, {count} active install(s)")
    finally:
        database.close()


def _inbox(settings: Settings) -> Check:
    box = Inbox.open(settings.inbox_url, timeout_s=CONNECT_TIMEOUT_S)
    try:
        oldest, counts = box.oldest_new_at(), box.counts()
    finally:
        box.close()
    parked = counts.get(InboxStatus.PARKED, 0)
    if parked:
        return Check(
            "inbox", False, f"{parked} parked deliveries", "leadassay inbox list, then leadassay inbox replay"
        )
    if oldest is not None and (waiting := datetime.now(UTC) - oldest).total_seconds() > 60:
        return Check(
            "inbox", False, f"the oldest delivery waits for {int(waiting.total_seconds())} s", "Start a worker."
        )
    return Check("inbox", True, f"{counts.get(InboxStatus.NEW, 0)} waiting, {counts.get(InboxStatus.DONE, 0)} done")


def _keys(settings: Settings) -> Check:
    vault = Vault(settings.keys)
    database = Database.open(settings.database_url, timeout_s=CONNECT_TIMEOUT_S)
    unreadable, old = [], 0
    try:
        with database.read() as connection:
            stored = list(tokens.iter_tokens(connection))
    finally:
        database.close()
    for token in stored:
        try:
            vault.open(token.install_id, token.key_id, token.sealed)
        except LeadAssayError:
            unreadable.append(token.install_id)
        old += token.key_id != settings.keys[0][0]
    if unreadable:
        return Check(
            "keys",
            False,
            f"{len(unreadable)} of {len(stored)} tokens cannot be decrypted",
            "Put the lost key back into LEADASSAY_KEYS, or let those accounts connect again.",
        )
    if old:
        return Check("keys", False, f"{old} tokens use an older key", "leadassay keys rotate")
    return Check("keys", True, f"{len(stored)} tokens readable")


def _worker(settings: Settings) -> Check:
    database = Database.open(settings.database_url, timeout_s=CONNECT_TIMEOUT_S)
    try:
        with database.read() as connection:
            slots = worker_slots.list_slots(connection)
    finally:
        database.close()
    alive = [slot for slot in slots if worker_slots.is_alive(slot, datetime.now(UTC), WORKER_SILENT_S)]
    if not alive:
        return Check("worker", False, "no worker runs", "Start one: leadassay worker")
    return Check("worker", True, f"{len(alive)} running: {', '.join(slot.slot for slot in alive)}")


def _clock(settings: Settings) -> Check:
    """Against the database server, where that has a clock of its own."""
    if settings.database_url.startswith("sqlite"):
        year = datetime.now(UTC).year
        sane = 2026 <= year < 2100
        return Check(
            "clock", sane, f"UTC {datetime.now(UTC):%Y-%m-%d %H:%M:%S}", "" if sane else "Set the clock (NTP)."
        )
    try:
        database = Database.open(settings.database_url, timeout_s=CONNECT_TIMEOUT_S)
        try:
            with database.read() as connection:
                theirs = float(
                    connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
                )
        finally:
            database.close()
    except (sa.exc.SQLAlchemyError, LeadAssayError):
        return Check("clock", False, "the database, whose clock counts, cannot be asked", "See the database check.")
    skew = abs(time.time() - theirs)
    if skew > SKEW_WARNING_S:
        return Check(
            "clock", False, f"{skew:.0f} s off the database's", "Run NTP: webhooks beyond 5 min are refused."
        )
    return Check("clock", True, f"{skew:.1f} s off the database's")


def _pdf() -> Check:
    missing = pdf.missing_library()
    if missing is not None:
        return Check("PDF", False, missing, f"apt-get install {pdf.PACKAGES}; pages and sheets work without.")
    return Check("PDF", True, "reports can be made as PDF")


def _reachability(settings: Settings) -> list[Check]:
    targets = {"app": settings.public_url}
    if settings.private_url is not None:
        targets["app (private address)"] = settings.private_url
    for crm, app in settings.crm_apps.items():
        targets |= {f"{CRMS[crm].label} API": app.api_url, f"{CRMS[crm].label} sign-in": app.auth_url}
    if settings.smtp is not None:
        targets["mail server"] = settings.smtp.url
    if settings.oidc is not None:
        targets["identity provider"] = settings.oidc.issuer
    return [_reach(name, url) for name, url in targets.items()]


def _reach(name: str, url: str) -> Check:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443, "smtp": 25, "smtps": 465}[parts.scheme]
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=CONNECT_TIMEOUT_S):
            return Check(f"reach {name}", True, f"{parts.hostname}:{port} answers")
    except OSError as error:
        remedy = {
            "app": "Start it: leadassay serve",
            "app (private address)": "Serve on that address, too: leadassay serve --host 0.0.0.0",
        }.get(name, "Check name, firewall and proxy.")
        return Check(f"reach {name}", False, f"{parts.hostname}:{port} does not answer ({error})", remedy)
