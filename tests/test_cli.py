"""The command line: what an operator types, and what it says when something is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector.cli import main
from connector.oauth.vault import Vault
from connector.settings import load_settings
from connector.storage import tokens
from connector.storage.database import Database
from connector.storage.inbox import Inbox, InboxItem
from connector.storage.migrate import upgrade
from tests.factories import make_install
from tests.stack import KEYS

OTHER_KEY = "k2:" + "b" * 43 + "="


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {
        "LEADASSAY_PUBLIC_URL": "http://127.0.0.1:9",
        "LEADASSAY_KEYS": KEYS,
        "LEADASSAY_DATA_DIR": str(tmp_path),
        "HUBSPOT_CLIENT_ID": "client",
        "HUBSPOT_CLIENT_SECRET": "secret",
        "HUBSPOT_API_URL": "http://127.0.0.1:9",
        "HUBSPOT_AUTH_URL": "http://127.0.0.1:9",
    }


@pytest.fixture
def run(env: dict[str, str]) -> Iterator[object]:
    def command(*words: str, **change: str) -> Result:
        return CliRunner().invoke(main, list(words), env={**env, **change})

    return command


def put_delivery(env: dict[str, str], key: str) -> None:
    settings = load_settings(env)
    upgrade(settings.database_url, settings.inbox_url)
    box = Inbox.open(settings.inbox_url)
    box.put(
        InboxItem(
            sender="hubspot", delivery_key=key, received_at=datetime.now(UTC), headers={}, body=b"canary not json"
        )
    )
    box.close()


def park(env: dict[str, str]) -> None:
    box = Inbox.open(load_settings(env).inbox_url)
    [row] = box.take_new(10)
    for _ in range(5):
        box.mark_failed(row.inbox_id, "line 1: not JSON")
    box.close()


@pytest.mark.parametrize(
    "command", ["", "serve", "worker", "demo", "audit", "budget", "clock", "db", "inbox", "doctor", "keys", "sandbox"]
)
def test_every_command_says_what_it_does(run, command):
    said = run(*filter(None, [command]), "--help")
    assert said.exit_code == 0
    assert len(said.output) > 100


def test_a_missing_setting_is_one_sentence_and_no_traceback(run):
    said = run("db", "upgrade", LEADASSAY_KEYS="")
    assert said.exit_code == 1
    assert "LEADASSAY_KEYS" in said.stderr
    assert "Traceback" not in said.output


def test_upgrade_twice(run):
    assert run("db", "upgrade").exit_code == 0
    assert json.loads(run("db", "upgrade", "--json").stdout) == {"is_up_to_date": True}


def test_parked_deliveries_are_listed_without_bodies_and_replayed(run, env):
    put_delivery(env, "one")
    assert "No parked deliveries" in run("inbox", "list").output
    park(env)
    said = run("inbox", "list", "--json")
    [row] = [json.loads(line) for line in said.stdout.splitlines()]
    assert row["attempts"] == 5
    assert row["error"] == "line 1: not JSON"
    assert "canary" not in said.output
    assert run("inbox", "replay").exit_code == 2
    assert json.loads(run("inbox", "replay", "--parked", "--json").stdout) == {"replayed": 1}
    listed = run("inbox", "list", "--status", "new", "--json").stdout.splitlines()
    assert len(listed) == 1


def test_rotation_lets_the_old_key_go(run, env):
    settings = load_settings(env)
    upgrade(settings.database_url, settings.inbox_url)
    database = Database.open(settings.database_url)
    now = datetime.now(UTC)
    with database.write() as connection:
        install = make_install(connection)
        key_id, sealed = Vault(settings.keys).seal(install.install_id, b"grant")
        tokens.put_token(connection, install.install_id, key_id, sealed, now)
    database.close()
    both = f"{OTHER_KEY},{KEYS}"
    doctor = run("doctor", "--json", LEADASSAY_KEYS=both)
    assert any("leadassay keys rotate" in line for line in doctor.stdout.splitlines())
    assert "1 tokens" in run("keys", "rotate", LEADASSAY_KEYS=both).output
    database = Database.open(settings.database_url)
    with database.read() as connection:
        token = tokens.get_token(connection, install.install_id)
    database.close()
    assert token is not None
    new = load_settings({**env, "LEADASSAY_KEYS": OTHER_KEY})
    assert Vault(new.keys).open(install.install_id, token.key_id, token.sealed) == b"grant"


class TestDoctor:
    def checks(self, said: Result) -> dict[str, dict[str, object]]:
        return {entry["check"]: entry for entry in map(json.loads, said.stdout.splitlines())}

    def test_wrong_settings_are_all_it_can_say(self, run):
        said = run("doctor", "--json", LEADASSAY_PUBLIC_URL="")
        assert said.exit_code == 1
        assert set(self.checks(said)) == {"settings"}

    def test_a_fresh_machine_is_told_what_to_do(self, run):
        said = run("doctor", "--json")
        found = self.checks(said)
        assert said.exit_code == 1
        assert "leadassay db upgrade" in str(found["database"]["do"])
        assert found["reach app"]["do"] == "Start it: leadassay serve"
        assert "reach app (private address)" not in found
        assert all(entry["ok"] or entry["do"] for entry in found.values())
        assert {found[name]["says"] for name in ("database", "inbox", "keys", "worker")} == {
            "its tables are not there"
        }

    def test_the_address_for_sites_in_our_own_network_is_tried(self, run):
        found = self.checks(run("doctor", "--json", LEADASSAY_PRIVATE_URL="http://127.0.0.1:9"))
        assert "--host 0.0.0.0" in str(found["reach app (private address)"]["do"])

    def test_a_database_server_that_is_down_is_one_sentence(self, run):
        found = self.checks(run("doctor", "--json", LEADASSAY_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none"))
        assert str(found["database"]["says"]).startswith("The database server cannot be used")
        assert "\n" not in str(found["database"]["says"])
        assert str(found["database"]["do"]).startswith("Start the database")
        assert not found["clock"]["ok"]

    def test_a_file_that_is_no_database_is_told(self, run, env):
        upgrade(load_settings(env).database_url, load_settings(env).inbox_url)
        Path(env["LEADASSAY_DATA_DIR"], "inbox.sqlite").write_bytes(b"this is no database" * 100)
        found = self.checks(run("doctor", "--json"))
        assert "file is not a database" in str(found["inbox"]["says"])
        assert "db upgrade" not in str(found["inbox"]["do"])

    def test_parked_deliveries_and_a_missing_worker_are_seen(self, run, env):
        put_delivery(env, "one")
        park(env)
        found = self.checks(run("doctor", "--json"))
        assert found["database"]["ok"]
        assert not found["inbox"]["ok"]
        assert "leadassay worker" in str(found["worker"]["do"])

    def test_a_lost_key_is_seen(self, run, env):
        settings = load_settings(env)
        upgrade(settings.database_url, settings.inbox_url)
        database = Database.open(settings.database_url)
        with database.write() as connection:
            now = datetime.now(UTC)
            install = make_install(connection)
            key_id, sealed = Vault(settings.keys).seal(install.install_id, b"grant")
            tokens.put_token(connection, install.install_id, key_id, sealed, now)
        database.close()
        found = self.checks(run("doctor", "--json", LEADASSAY_KEYS=OTHER_KEY))
        assert "cannot be decrypted" in str(found["keys"]["says"])
        assert found["keys"]["do"]
