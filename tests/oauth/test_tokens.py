"""Access tokens under revocation, races, kills and odd answers: faults rows 36-43."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from connector.adapters.hubspot import HubSpotOAuth
from connector.catalog import adapter_for_install, oauth_for
from connector.crm.lifetimes import LONGEST_S, SHORTEST_S, UNKNOWN_S, expires_at
from connector.crm.port import Grant
from connector.errors import InstallNotActive, ReauthorizationNeeded, RetryLater
from connector.oauth.flow import Installed
from connector.oauth.mail import admin_teller
from connector.oauth.tokens import CLAIM_S, TokenKeeper, sealed_grant
from connector.oauth.vault import Vault
from connector.sandbox import SandboxControl
from connector.settings import Settings
from connector.storage import health, installs, tokens
from connector.storage.database import Database
from connector.storage.installs import InstallStatus
from tests.conftest import DatabaseUrls
from tests.oauth.conftest import KEYS, PORTAL, connect, now, settings_for
from tests.processes import process_context
from tests.unruly import Seen, answer_json, unruly
from tests.waiting import wait_for

TOKEN = "/oauth/2026-03/token"


@dataclass
class Clock:
    """A clock that a test moves."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at

    def pass_s(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def keeper(
    database: Database, vault: Vault, settings: Settings, clock: Callable[[], datetime] = now, **more: object
) -> TokenKeeper:
    oauth = HubSpotOAuth(settings.crm_apps["hubspot"], clock)
    values: dict[str, object] = {"holder": "test", "clock": clock, "wait_s": 3.0, **more}
    return TokenKeeper(database, vault, lambda _crm, _site: oauth, **values)  # type: ignore[arg-type]


def expire(database: Database, vault: Vault, install_id: str, *, at: datetime | None = None) -> None:
    """Let the stored access token be over, without touching what is inside."""
    with database.write() as connection:
        stored = tokens.get_token(connection, install_id)
        assert stored is not None
        tokens.put_token(connection, install_id, stored.key_id, stored.sealed, at or now())


def refreshes(control: SandboxControl) -> int:
    return control.count_requests("POST", TOKEN)


def test_a_token_is_used_until_a_minute_before_its_end(
    database: Database, vault: Vault, settings: Settings, installed: Installed, control: SandboxControl
) -> None:
    clock = Clock()
    keep = keeper(database, vault, settings, clock)
    one = installed.install.install_id
    before = refreshes(control)
    first = keep.access_token(one)
    clock.pass_s(1800 - 65)
    assert keep.access_token(one) == first
    assert refreshes(control) == before
    clock.pass_s(10)
    second = keep.access_token(one)
    assert second != first
    assert keep.access_token(one) == second
    assert refreshes(control) == before + 1


def test_a_revoked_grant_pauses_the_install_once_with_one_mail_and_no_storm(
    database: Database, vault: Vault, settings: Settings, installed: Installed, control: SandboxControl
) -> None:
    one = installed.install.install_id
    keep = keeper(database, vault, settings, on_paused=admin_teller(settings, database))
    before = refreshes(control)
    control.act("revoke_grant", PORTAL)
    expire(database, vault, one)
    for _ in range(10):
        with pytest.raises(ReauthorizationNeeded, match="connect again"):
            keep.access_token(one)
    assert refreshes(control) - before <= 2
    with database.write() as connection:
        install = installs.get_install(connection, one)
        notices = health.take_notices(connection, one, now())
    assert install.status is InstallStatus.PAUSED
    assert "connect again" in install.status_reason
    assert len(notices) == 1
    mails = list(settings.mailbox_dir.glob("*.eml"))
    assert len(mails) == 1
    assert "ada.admin@northwind.example" in mails[0].read_text()


def test_a_revoked_grant_under_eight_threads_is_noticed_once(
    database: Database, vault: Vault, settings: Settings, installed: Installed, control: SandboxControl
) -> None:
    one = installed.install.install_id
    control.act("revoke_grant", PORTAL)
    expire(database, vault, one)
    told: list[str] = []
    keep = keeper(database, vault, settings, on_paused=lambda install_id, _: told.append(install_id))
    barrier = threading.Barrier(8)
    ends: list[str] = []

    def ask() -> None:
        barrier.wait()
        try:
            keep.access_token(one)
        except ReauthorizationNeeded:
            ends.append("dead")

    before = refreshes(control)
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (ends, told) == (["dead"] * 8, [one])
    assert refreshes(control) - before <= 2


def test_a_grant_that_many_find_dead_is_told_once(
    database: Database, vault: Vault, settings: Settings, installed: Installed
) -> None:
    one = installed.install.install_id
    told: list[str] = []
    keepers = [
        keeper(database, vault, settings, on_paused=lambda install_id, _: told.append(install_id)) for _ in range(4)
    ]
    threads = [threading.Thread(target=keep.source(one).refused) for keep in keepers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.write() as connection:
        notices = health.take_notices(connection, one, now())
    assert (told, len(notices)) == ([one], 1)


def test_a_reconnected_install_works_again_and_may_be_noticed_again(
    database: Database, vault: Vault, settings: Settings, installed: Installed, control: SandboxControl
) -> None:
    one = installed.install.install_id
    keep = keeper(database, vault, settings)
    for _ in range(2):
        control.act("revoke_grant", PORTAL)
        expire(database, vault, one)
        with pytest.raises(ReauthorizationNeeded):
            keep.access_token(one)
        connect(control, database, vault, settings)
        assert keep.access_token(one)
    with database.write() as connection:
        assert len(health.take_notices(connection, one, now())) == 2


def _fetch(base_url: str, urls: DatabaseUrls, folder: str, install_id: str, barrier: object, out: object) -> None:
    settings = settings_for(base_url, urls, Path(folder))
    database = Database.open(settings.database_url, timeout_s=20.0)
    keep = TokenKeeper(
        database, Vault(KEYS), lambda crm, site: oauth_for(settings, crm, site), holder="p", wait_s=20.0
    )
    barrier.wait()  # type: ignore[attr-defined]
    try:
        out.put(keep.access_token(install_id))  # type: ignore[attr-defined]
    finally:
        database.close()


@pytest.mark.process
def test_eight_processes_refresh_a_rotating_token_with_exactly_one_call(
    database: Database,
    vault: Vault,
    settings: Settings,
    installed: Installed,
    control: SandboxControl,
    database_urls: DatabaseUrls,
    tmp_path: Path,
) -> None:
    control.settings(rotate_refresh_tokens=True)
    one = installed.install.install_id
    expire(database, vault, one)
    before = refreshes(control)
    context = process_context()
    barrier, out = context.Barrier(8), context.Queue()
    workers = [
        context.Process(target=_fetch, args=(control.base_url, database_urls, str(tmp_path), one, barrier, out))
        for _ in range(8)
    ]
    for worker in workers:
        worker.start()
    got = {out.get(timeout=60) for _ in workers}
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0] * 8
    assert len(got) == 1
    assert refreshes(control) == before + 1
    keep = keeper(database, vault, settings)
    assert keep.access_token(one) in got
    expire(database, vault, one)
    assert keep.access_token(one) not in got, "the family is alive: nobody used a spent token"


@pytest.mark.process
def test_a_kill_between_the_answer_and_the_storing_ends_in_an_honest_reconnect(
    database: Database,
    vault: Vault,
    settings: Settings,
    installed: Installed,
    control: SandboxControl,
    database_urls: DatabaseUrls,
    tmp_path: Path,
) -> None:
    control.settings(rotate_refresh_tokens=True)
    one = installed.install.install_id
    expire(database, vault, one)
    at_first = refreshes(control)
    rule = control.misbehave("hold", path=TOKEN, stage="after")
    context = process_context()
    barrier, out = context.Barrier(1), context.Queue()
    worker = context.Process(target=_fetch, args=(control.base_url, database_urls, str(tmp_path), one, barrier, out))
    worker.start()
    control.wait_held(rule, timeout_s=30)
    worker.kill()
    worker.join(10)
    control.clear_rules()
    # The sandbox notes a call when its answer ends: the held one may still be on its way into the log.
    wait_for(lambda: refreshes(control) == at_first + 1)
    before = refreshes(control)
    clock = Clock()
    keep = keeper(database, vault, settings, clock)
    with pytest.raises(RetryLater):
        keeper(database, vault, settings, clock, wait_s=0.2).access_token(one)
    clock.pass_s(CLAIM_S + 1)
    for _ in range(5):
        with pytest.raises(ReauthorizationNeeded):
            keep.access_token(one)
    assert refreshes(control) - before == 1, "the dead claim ran out, one try told the truth, and no loop followed"
    with database.read() as connection:
        assert installs.get_install(connection, one).status is InstallStatus.PAUSED


def test_a_refresh_of_unknown_outcome_is_tried_once_more_and_not_at_once(
    database: Database, vault: Vault, settings: Settings, installed: Installed, control: SandboxControl
) -> None:
    one = installed.install.install_id
    expire(database, vault, one)
    control.misbehave("reset", path=TOKEN, stage="after", count=1)
    clock = Clock()
    before = refreshes(control)
    keep = keeper(database, vault, settings, clock, wait_s=0.2)
    with pytest.raises(RetryLater) as caught:
        keep.access_token(one)
    assert caught.value.after_s == CLAIM_S
    for _ in range(3):
        with pytest.raises(RetryLater):
            keep.access_token(one)
    assert refreshes(control) - before == 1
    clock.pass_s(CLAIM_S + 1)
    assert keep.access_token(one)
    assert refreshes(control) - before == 2


def test_a_failing_token_endpoint_is_no_dead_grant(
    database: Database, vault: Vault, settings: Settings, installed: Installed, control: SandboxControl
) -> None:
    one = installed.install.install_id
    keep = keeper(database, vault, settings)
    for fault, more in (
        ("rate_limit", {"retry_after_s": 100}),
        ("server_error", {"status": 503, "retry_after_s": 100}),
    ):
        expire(database, vault, one)
        control.misbehave(fault, path=TOKEN, count=1, **more)
        with pytest.raises(RetryLater):
            keep.access_token(one)
        with database.read() as connection:
            assert installs.get_install(connection, one).status is InstallStatus.ACTIVE
        assert keep.access_token(one), "the claim was given back"


def test_an_access_token_that_dies_before_its_time_is_renewed_once(
    database: Database, vault: Vault, settings: Settings, installed: Installed, control: SandboxControl
) -> None:
    keep = keeper(database, vault, settings)
    adapter = adapter_for_install(settings, keep, installed.install)
    adapter.account()
    before = refreshes(control)
    control.act("expire_access", PORTAL)
    assert adapter.account().account_id == str(PORTAL)
    assert refreshes(control) == before + 1


def test_an_install_that_the_crm_ended_is_paused_at_the_first_call(
    database: Database, vault: Vault, settings: Settings, installed: Installed, control: SandboxControl
) -> None:
    keep = keeper(database, vault, settings)
    control.act("uninstall", PORTAL)
    adapter = adapter_for_install(settings, keep, installed.install)
    before = refreshes(control)
    for _ in range(4):
        with pytest.raises(ReauthorizationNeeded):
            adapter.account()
    assert refreshes(control) - before <= 2
    with database.read() as connection:
        assert installs.get_install(connection, installed.install.install_id).status is InstallStatus.PAUSED


def test_wiped_and_unknown_installs_hold_no_token(
    database: Database, vault: Vault, settings: Settings, installed: Installed
) -> None:
    one = installed.install.install_id
    keep = keeper(database, vault, settings)
    with database.write() as connection:
        tokens.wipe_token(connection, one)
    with pytest.raises(InstallNotActive):
        keep.access_token(one)
    with pytest.raises(Exception, match="nosuch"):
        keep.access_token("nosuch")


def token_answer(**changes: object) -> dict[str, object]:
    return {"access_token": "A1", "refresh_token": "R1", "expires_in": 1800, "token_type": "bearer", **changes}


def test_an_answer_without_a_refresh_token_keeps_the_old_one(
    database: Database, vault: Vault, database_urls: DatabaseUrls, installed: Installed, tmp_path: Path
) -> None:
    sent: list[bytes] = []

    def reply(handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        sent.append(seen.body)
        body = token_answer(access_token=f"A{len(sent)}", instance_url="http://127.0.0.1:1", api_domain="evil.test")
        del body["refresh_token"]
        answer_json(handler, body)

    one = installed.install.install_id
    with unruly(reply) as server:
        settings = settings_for(server.url, database_urls, tmp_path)
        keep = keeper(database, vault, settings)
        for number in (1, 2):
            expire(database, vault, one)
            assert keep.access_token(one) == f"A{number}"
        assert {seen.path for seen in server.seen} == {TOKEN}
    assert sent[0] == sent[1]
    assert b"refresh_token=na1-" in sent[0]
    assert b"client_secret=sandbox-client-secret" in sent[0]


def test_nothing_secret_stands_in_a_url_or_a_representation(
    database: Database, vault: Vault, database_urls: DatabaseUrls, installed: Installed, tmp_path: Path
) -> None:
    with unruly(lambda handler, _: answer_json(handler, token_answer())) as server:
        expire(database, vault, installed.install.install_id)
        keeper(database, vault, settings_for(server.url, database_urls, tmp_path)).access_token(
            installed.install.install_id
        )
        assert [seen.path for seen in server.seen] == [TOKEN]
    grant = Grant(
        access_token="ACCESS", refresh_token="REFRESH", expires_at=now(), scopes=(), account_id="1", user_id=None
    )
    assert "ACCESS" not in repr(grant)
    assert "REFRESH" not in repr(grant)
    assert b"ACCESS" not in sealed_grant(vault, "x", grant)[1]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (1800, 1800), ("1800", 1800), (3599.7, 3599), (0, SHORTEST_S), (-5, SHORTEST_S), (10**12, LONGEST_S),
        ("999999999999999999", LONGEST_S), (None, UNKNOWN_S), ("soon", UNKNOWN_S), ("", UNKNOWN_S), (True, UNKNOWN_S),
        ([], UNKNOWN_S), ({}, UNKNOWN_S), ("9" * 5000, UNKNOWN_S),
    ],
)  # fmt: skip
def test_lifetimes_are_clamped(given: object, seconds: int) -> None:
    at = now()
    assert expires_at(given, at) == at + timedelta(seconds=seconds)  # type: ignore[arg-type]


def test_a_life_of_nothing_does_not_refresh_at_every_call(
    database: Database, vault: Vault, database_urls: DatabaseUrls, installed: Installed, tmp_path: Path
) -> None:
    with unruly(lambda handler, _: answer_json(handler, token_answer(expires_in=0))) as server:
        expire(database, vault, installed.install.install_id)
        keep = keeper(database, vault, settings_for(server.url, database_urls, tmp_path))
        for _ in range(5):
            assert keep.access_token(installed.install.install_id) == "A1"
        assert len(server.seen) == 1


def test_waiting_for_another_refresh_is_bounded(
    database: Database, vault: Vault, settings: Settings, installed: Installed
) -> None:
    one = installed.install.install_id
    keep = keeper(database, vault, settings, wait_s=0.3)
    expire(database, vault, one, at=now() + timedelta(seconds=20))
    with database.write() as connection:
        assert tokens.claim_refresh(connection, one, "other", now(), 30)
    started = time.monotonic()
    assert keep.access_token(one), "a token with twenty seconds left is still good"
    assert time.monotonic() - started < 1.5
    expire(database, vault, one)
    with database.write() as connection:
        assert tokens.claim_refresh(connection, one, "other", now(), 30)
    with pytest.raises(RetryLater):
        keep.access_token(one)


def test_a_lost_key_is_named_and_works_again_when_it_is_back(
    database: Database, vault: Vault, settings: Settings, installed: Installed
) -> None:
    one = installed.install.install_id
    without = Vault([("k2", b"2" * 32)])
    for _ in range(3):
        with pytest.raises(RetryLater, match=r"'k1'.*LEADASSAY_KEYS"):
            keeper(database, without, settings).access_token(one)
    with database.read() as connection:
        assert installs.get_install(connection, one).status is InstallStatus.ACTIVE
    assert keeper(database, Vault([("k2", b"2" * 32), *KEYS]), settings).access_token(one)


def test_a_token_moved_from_another_row_is_refused_and_says_reconnect(
    database: Database, vault: Vault, settings: Settings, installed: Installed, control: SandboxControl
) -> None:
    one = installed.install.install_id
    with database.write() as connection:
        tokens.put_token(connection, one, *vault.seal("another install", b"{}"), now() + timedelta(hours=1))
    before = refreshes(control)
    with pytest.raises(ReauthorizationNeeded, match=r"[Cc]onnect again"):
        keeper(database, vault, settings).access_token(one)
    assert refreshes(control) == before
    with database.read() as connection:
        assert installs.get_install(connection, one).status is InstallStatus.PAUSED


def test_a_copied_database_holds_no_token_in_the_clear(
    sqlite_urls: DatabaseUrls, control: SandboxControl, vault: Vault, tmp_path: Path
) -> None:
    database = Database.open(sqlite_urls.database_url)
    settings = settings_for(control.base_url, sqlite_urls, tmp_path)
    made = connect(control, database, vault, settings)
    secret = keeper(database, vault, settings).access_token(made.install.install_id)
    database.close()
    files = [path.read_bytes() for path in tmp_path.glob("leadassay.sqlite*")]
    assert files
    for content in files:
        assert secret.encode() not in content
        assert b"na1-" not in content
