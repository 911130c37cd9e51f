"""Files for the tests of audits on exports."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.exports.command import audit_command

MAP = """
title = "Test"
not_used = ["emails", "meetings", "messages"]

[times]
zone = "Europe/Berlin"
formats = ["%Y-%m-%d %H:%M"]

[leads.columns]
lead_id = "Id"
received_at = "Received"
first_name = "First"
last_name = "Last"
email = "Mail"
phone = "Phone"
owner = "Owner"
status = "Status"
source = "Source"

[leads.status_values]
"new" = "open"

[touches.columns]
touch_id = "Id"
lead_id = "Lead"
occurred_at = "At"
direction = "Direction"
state = "State"
automated = "Made by"

[touches.constants]
kind = "call"

[touches.direction_values]
"out" = "outbound"
"in" = "inbound"

[touches.state_values]
"done" = "done"
"planned" = "planned"

[touches.automated_values]
"person" = false
"machine" = true
"""
POLICY = """
version = "test"
zone = "Europe/Berlin"
region = "DE"

[hours]
mon = [["09:00", "12:00"], ["13:00", "18:00"]]
tue = [["09:00", "12:00"], ["13:00", "18:00"]]
wed = [["09:00", "12:00"], ["13:00", "18:00"]]
thu = [["09:00", "12:00"], ["13:00", "18:00"]]
fri = [["09:00", "12:00"], ["13:00", "18:00"]]

[targets]
first_attempt = "1h"
"""
LEADS_HEADER = "Id,Received,First,Last,Mail,Phone,Owner,Status,Source\n"
TOUCHES_HEADER = "Id,Lead,At,Direction,State,Made by\n"


@dataclass(frozen=True)
class Ran:
    """What the command said: exit code, stdout, stderr, and the JSON if it wrote one."""

    code: int
    out: str
    err: str
    told: dict

    def lead(self, lead_id: str) -> dict:
        """One lead of the JSON."""
        (found,) = (lead for lead in self.told["leads"] if lead["lead_id"] == lead_id)
        return found

    def outcome(self, lead_id: str, rule_id: str) -> tuple[str, str]:
        """Outcome and reason of a rule on a lead."""
        (found,) = (each for each in self.lead(lead_id)["findings"] if each["rule_id"] == rule_id)
        return found["outcome"], found["reason"]

    @property
    def bad(self) -> list[tuple[str, int, str]]:
        """File, line and reason of each row that was not used."""
        return [(each["file"], each["line"], each["reason"]) for each in self.told["bad_rows"]]


RunAudit = Callable[..., Ran]


@pytest.fixture
def run_audit(tmp_path: Path) -> RunAudit:
    """Runs the command on texts (or bytes); what is left out is a good default."""

    def run(
        leads: str | bytes, touches: str | bytes | None = None, *more: str, map_: str = MAP, policy: str = POLICY
    ) -> Ran:
        arguments: list[str] = []
        for option, name, content in (
            ("--leads", "leads.csv", leads),
            ("--touches", "touches.csv", touches),
            ("--map", "map.toml", map_),
            ("--policy", "policy.toml", policy),
        ):
            if content is None:
                continue
            path = tmp_path / name
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            arguments += [option, str(path)]
        out = tmp_path / "out.json"
        ran = CliRunner().invoke(audit_command, [*arguments, "--json", str(out), *more])
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exc_info
        told = json.loads(out.read_bytes()) if out.exists() else {}
        return Ran(ran.exit_code, ran.stdout, ran.stderr, told)

    return run
