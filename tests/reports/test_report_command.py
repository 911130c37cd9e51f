"""The commands on reports and policies, on the store of one account."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector.cli import main
from connector.reporting.figures import week_bounds
from connector.storage import policies, reports, timeline
from tests.factories import at, make_install
from tests.reports.account import ZONE, Account


def run(account: Account, *words: str) -> Result:
    env = {**account.stack.env, "LEADASSAY_LOG_LEVEL": "error"}
    return CliRunner().invoke(main, list(words), env=env)


@pytest.fixture
def week(account: Account) -> str:
    year, number, _ = at(days=-7).isocalendar()
    return f"{year}-W{number:02}"


def test_a_report_is_made_listed_and_replayed(account: Account, week: str, tmp_path: Path) -> None:
    assert "No report was made yet" in run(account, "report").output
    path = tmp_path / "report.json"
    made = run(account, "report", "--week", week, "--json", str(path))
    assert made.exit_code == 0, made.output
    figures = json.loads(path.read_text())
    since, until = week_bounds(at(days=-7).date(), ZONE)
    assert (figures["since"], figures["until"]) == (since.isoformat(), until.isoformat())
    assert figures["arrivals"] > 5
    newest = run(account, "report", "--json", "-")
    assert json.loads(newest.output) == figures
    listed = run(account, "report").output
    with account.context.database.read() as conn:
        (stored,) = reports.list_reports(conn, account.install_id)
    assert listed.startswith(f"{stored.report_id}  2026-03-02 to 2026-03-08  made ")
    assert stored.digest in listed
    told = run(account, "replay", "--report", stored.report_id)
    assert (told.exit_code, told.output) == (0, f"equal: SHA-256 {stored.digest}\n")
    with account.context.database.write() as conn:
        neglected = figures["neglected"][0]["lead_id"]
        timeline.forget(conn, account.install_id, [neglected], datetime.now(UTC) + timedelta(minutes=1))
    other = run(account, "replay", "--report", stored.report_id)
    assert other.exit_code == 1
    assert "not equal" in other.output
    assert "first difference at " in other.output
    assert "1 records of people were forgotten since" in other.output
    as_json = json.loads(run(account, "replay", "--report", stored.report_id, "--json").output)
    assert (as_json["is_equal"], as_json["was_digest"]) == (False, stored.digest)


def test_what_cannot_be_done_is_said(account: Account) -> None:
    for words, said in (
        (("report", "--week", "2026-13"), "'2026-13' is no week; write it as 2026-W07."),
        (("report", "--week", "2026-W77"), "is no week"),
        (("report", "--week", "2999-W01"), "is not over in Europe/Berlin"),
        (("report", "--json", "-"), "No report was made yet"),
        (("replay", "--report", "none"), "There is no report 'none'"),
        (("compare", "--policy", "2", "77"), "There is no policy version '77'"),
        (("report", "--install", "none"), "Give --install with one of the connected accounts"),
    ):
        result = run(account, *words)
        assert result.exit_code == 2, result.output
        assert said in result.output
    with account.context.database.write() as conn:
        make_install(conn, "another account")
    assert "Give --install" in run(account, "report").output


def test_two_policies_are_compared(account: Account) -> None:
    with account.context.database.write() as conn:
        held = policies.policy_as_of(conn, account.install_id, account.now)
        other = replace(held, version="9", targets=(), response_target_s=30 * 3600)
        policies.put_policy(conn, account.install_id, other, at(days=90))
    told = run(account, "compare", "--policy", held.version, "v9")
    assert told.exit_code == 0, told.output
    assert "response_target_s, targets differs; 90 leads" in told.output
    assert "RT001: breach -> pass" in told.output
    as_json = json.loads(run(account, "compare", "--policy", held.version, "9", "--json").output)
    again = json.loads(run(account, "compare", "--policy", held.version, "9", "--json", "--judge-again").output)
    assert as_json["changes"] == again["changes"]
    assert as_json["judged_again"] < again["judged_again"] == 90
