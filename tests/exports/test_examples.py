"""The examples in docs/examples read the exports of HubSpot and Zoho as a person would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.exports.command import audit_command

EXAMPLES = Path(__file__).parents[2] / "docs/examples"


def audited(tmp_path: Path, crm: str, leads: str, *touches: str) -> dict:
    out = tmp_path / "out.json"
    arguments = ["--leads", str(EXAMPLES / f"{crm}-{leads}.csv"), "--json", str(out)]
    for name in touches:
        arguments += ["--touches", f"{name}={EXAMPLES / f'{crm}-{name}.csv'}"]
    arguments += ["--map", str(EXAMPLES / f"{crm}.map.toml"), "--policy", str(EXAMPLES / f"{crm}.policy.toml")]
    ran = CliRunner().invoke(audit_command, arguments)
    assert ran.exit_code == 0, ran.output
    return json.loads(out.read_text())


def breaches(told: dict) -> dict[str, set[str]]:
    return {
        lead["lead_id"]: {each["rule_id"] for each in lead["findings"] if each["outcome"] == "breach"}
        for lead in told["leads"]
    }


def test_hubspot(tmp_path: Path):
    told = audited(tmp_path, "hubspot", "contacts", "calls", "emails", "meetings", "tasks")
    assert breaches(told) == {
        "9001": {"FU002"},
        "9002": {"RT001"},
        "9003": {"RT002", "PL002", "PL003"},
        "9004": set(),
        "9005": {"PL004"},
        "9006": {"NC001", "DQ001"},
        "9007": {"PL001"},
    }
    assert told["bad_rows"] == []
    assert {(each["meaning_of"], each["value"]) for each in told["unmapped_values"]} == {
        ("status", "Nurture"),
        ("disposition", "Asked to call back"),
        ("automated", "CALLING_APP"),
    }
    assert told["report"]["response"]["answers"] == {
        "in_time": 3, "late": 1, "unanswered": 1, "waiting": 0, "closed_without": 0, "spoken_with": 0, "imported": 1,
        "unknown": 1,
    }  # fmt: skip


def test_hubspot_without_the_tasks_says_what_it_cannot_tell(tmp_path: Path):
    told = audited(tmp_path, "hubspot", "contacts", "calls", "emails", "meetings")
    assert {"fact": "tasks", "cause": "no file was given for the touches 'tasks'"} in told["not_looked_at"]


def test_hubspot_touches_must_be_told_apart(tmp_path: Path):
    arguments = ["--leads", str(EXAMPLES / "hubspot-contacts.csv"), "--touches", str(EXAMPLES / "hubspot-calls.csv")]
    arguments += ["--map", str(EXAMPLES / "hubspot.map.toml"), "--policy", str(EXAMPLES / "hubspot.policy.toml")]
    ran = CliRunner().invoke(audit_command, arguments)
    assert ran.exit_code == 2
    assert "as NAME=FILE; the map has calls, emails, meetings, tasks" in ran.stderr


def test_zoho(tmp_path: Path):
    told = audited(tmp_path, "zoho", "leads", "calls", "meetings", "tasks")
    leads = {lead["lead_id"]: lead for lead in told["leads"]}
    assert set(leads) == {"zcrm_550001", "zcrm_550002", "zcrm_550003"}
    assert leads["zcrm_550002"]["owner_id"] == "Lucia Ramos", "the map joins the spellings of an owner"
    assert leads["zcrm_550002"]["facts"]["first_attempt_working_s"] == 50 * 60, "10 min before the break, 40 after it"
    assert leads["zcrm_550003"]["received_at"] == "2026-03-29T01:30:00+00:00", "02:30 does not exist on that night"
    waiting = {each["rule_id"]: each["outcome"] for each in leads["zcrm_550003"]["findings"]}
    assert waiting["RT002"] in ("pass", "not_evaluated"), "e-mails cannot be exported, so nobody is blamed"
    assert [(each["file"], each["line"]) for each in told["bad_rows"]] == [
        ("zoho-calls.csv", 4),
        ("zoho-leads.csv", 5),
    ]
    assert {each["fact"] for each in told["not_looked_at"]} >= {"emails", "messages"}


@pytest.mark.parametrize("crm", ["hubspot", "zoho"])
def test_the_same_files_give_the_same_audit(tmp_path: Path, crm: str):
    leads, touches = ("contacts", "calls") if crm == "hubspot" else ("leads", "calls")
    assert audited(tmp_path, crm, leads, touches) == audited(tmp_path, crm, leads, touches)
