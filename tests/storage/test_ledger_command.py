"""`leadassay log`: 0 whole, 1 broken with the entry named, 2 when nothing could be checked."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from connector.cli import main
from connector.storage import ledger
from connector.storage.database import Database
from connector.storage.installs import Install
from connector.storage.ledger import Act, Actor, Head
from tests.conftest import DatabaseUrls
from tests.factories import at, make_install
from tests.web.conftest import KEYS


@pytest.fixture
def database(sqlite_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("LEADASSAY_KEYS", KEYS)
    monkeypatch.setenv("LEADASSAY_PUBLIC_URL", "http://localhost:8000")
    monkeypatch.setenv("LEADASSAY_DATABASE_URL", sqlite_urls.database_url)
    monkeypatch.setenv("LEADASSAY_INBOX_URL", sqlite_urls.inbox_url)
    return Database.open(sqlite_urls.database_url)


@pytest.fixture
def install(database: Database) -> Install:
    with database.write() as conn:
        return make_install(conn)


def written(database: Database, install: Install) -> list[Head]:
    with database.write() as conn:
        return [
            ledger.append(conn, install.install_id, act, at=at(0), actor=Actor.USER, actor_id="user-1", vendor=vendor)
            for act, vendor in ((Act.CONTRACT_SAVED, "acme"), (Act.CLAIM_MADE, "acme"), (Act.COST_ENTERED, "other"))
        ]


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["log", *words])


def test_a_whole_log_prints_its_head_and_count(database: Database, install: Install) -> None:
    heads = written(database, install)
    ran = run("verify")
    assert ran.exit_code == 0
    assert f"entries 3, head 3:{heads[-1].hash}" in ran.output
    told = json.loads(run("verify", "--account", install.account_id, "--json").output)
    assert told["is_whole"] is True
    assert told["broken"] is None
    assert told["head"] == {"seq": 3, "hash": heads[-1].hash}


def test_a_broken_log_names_its_first_broken_entry(database: Database, install: Install) -> None:
    heads = written(database, install)
    with database.write() as conn:
        conn.execute(sa.text("DROP TRIGGER ledger_no_update"))
        conn.execute(sa.text("DROP TRIGGER ledger_no_delete"))
        conn.execute(sa.text("DELETE FROM ledger WHERE seq = 3"))
    head = f"3:{heads[2].hash}"
    assert run("verify", "--account", install.install_id).exit_code == 0
    ran = run("verify", "--account", install.install_id, "--head", head)
    assert ran.exit_code == 1
    assert "entry 3 is missing" in ran.output
    with database.write() as conn:
        conn.execute(sa.text("UPDATE ledger SET vendor = 'x' WHERE seq = 2"))
    ran = run("verify", "--json")
    assert ran.exit_code == 1
    broken = {"seq": 2, "fault": "changed", "why": "Entry 2 was changed after it was written."}
    assert json.loads(ran.output)["broken"] == broken


def test_entries_are_shown(database: Database, install: Install) -> None:
    written(database, install)
    lines = run("show").output.splitlines()
    assert [line.split("\t")[3] for line in lines] == ["contract_saved", "claim_made", "cost_entered"]
    assert len(run("show", "--vendor", "acme").output.splitlines()) == 2
    [line] = run("show", "--act", "cost_entered", "--json").output.splitlines()
    assert json.loads(line)["vendor"] == "other"


@pytest.mark.parametrize(
    "words",
    [("--account", "nobody"), ("--head", "3:" + "f" * 64), ("--account", "x", "--head", "three:abc")],
)
def test_what_cannot_be_checked_ends_with_2(install: Install, words: tuple[str, ...]) -> None:
    assert run("verify", *words).exit_code == 2
