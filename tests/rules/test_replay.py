"""An exported case judged again elsewhere gives the same findings, bit for bit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from audits.__main__ import main
from audits.engine import audit
from audits.model.case import LeadCase
from audits.model.exchange import case_from_json, case_to_json, finding_from_json, finding_to_json
from audits.model.policy import Policy
from audits.truth.kept import Truth, truth_from_json
from tests.rules.case_files import RuleCase, read_cases
from tests.rules.strategies import cases, policies

CASES = read_cases()


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases(), policy=policies())
def test_round_trip_is_exact(case: LeadCase, policy: Policy) -> None:
    sent = json.dumps({"case": case_to_json(case), "policy": policy.to_json()})
    received = json.loads(sent)
    case_again, policy_again = case_from_json(received["case"]), Policy.from_json(received["policy"])
    assert case_again == case
    assert policy_again == policy
    judged, judged_again = audit(case, policy), audit(case_again, policy_again)
    assert judged_again == judged
    for finding in judged.findings:
        assert finding_from_json(json.loads(json.dumps(finding_to_json(finding)))) == finding


@pytest.mark.parametrize("written", CASES, ids=str)
def test_written_cases_replay(written: RuleCase) -> None:
    again = case_from_json(json.loads(json.dumps(case_to_json(written.case))))
    assert again == written.case
    assert audit(again, written.policy).findings == audit(written.case, written.policy).findings


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("format",), 2, "case.format: 2 cannot be read; this version reads 1"),
        (("as_of",), "2026-03-02T10:00", "case.as_of: '2026-03-02T10:00' is not an instant"),
        (("lead", "received_at"), None, "case.lead.received_at: missing"),
        (("lead", "status"), "ajar", "case.lead.status: 'ajar' is not one of open, won, lost, discarded"),
        (("lead", "phone"), 49, "case.lead.phone: 49 is not text"),
        (("lead", "nickname"), "Al", "case.lead: unknown field 'nickname'"),
        (("activities",), [{"kind": "call"}], "case.activities[0].activity_id: missing"),
        (("activities",), "none", "case.activities: 'none' is not a list"),
        (("coverage", "missing"), [["moods", "?"]], "case.coverage.missing: 'moods' is not one of"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_a_damaged_case_names_the_place(path: tuple[str, ...], value: object, complaint: str) -> None:
    data = json.loads(json.dumps(case_to_json(CASES[0].case)))
    place = data
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(ValueError) as refused:
        case_from_json(data)
    assert str(refused.value).startswith(complaint)


def test_a_changed_finding_is_refused() -> None:
    written = next(each for each in CASES if each.expect["outcome"] == "breach")
    findings = audit(written.case, written.policy).findings
    breach = next(each for each in findings if each.outcome.value == "breach")
    data = finding_to_json(breach)
    data["outcome"] = "pass"
    with pytest.raises(ValueError, match="was changed after it was written"):
        finding_from_json(data)


def test_command_judges_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = next(each for each in CASES if str(each) == "RT001-call_after_target")
    both = tmp_path / "both.json"
    both.write_text(json.dumps({"case": case_to_json(written.case), "policy": written.policy.to_json()}))
    assert main([str(both)]) == 0
    printed = capsys.readouterr().out
    assert "RT001  breach" in printed
    assert written.expect["says"] in printed
    judged = audit(written.case, written.policy)
    assert f"judged {judged.judgement.verdict.value}" in printed
    assert all(f"{step.rung.value}  {step.state.value}" in printed for step in judged.steps)
    assert main([str(both), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [finding_from_json(each) for each in told["findings"]] == list(judged.findings)
    assert truth_from_json(told) == Truth(judged.judgement, judged.steps)


def test_command_refuses_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = tmp_path / "case.json"
    alone.write_text(json.dumps(case_to_json(CASES[0].case)))
    assert main([str(alone)]) == 2
    assert capsys.readouterr().err == "policy: missing; name its file with --policy\n"
    assert main([str(tmp_path / "absent.json")]) == 2
    assert "absent.json" in capsys.readouterr().err


def test_package_runs_without_the_connector(tmp_path: Path) -> None:
    """A vendor runs it from the audits package alone; nothing of ours may be pulled in."""
    written = CASES[0]
    both = tmp_path / "both.json"
    both.write_text(json.dumps({"case": case_to_json(written.case), "policy": written.policy.to_json()}))
    script = (
        "import sys\nfrom audits.__main__ import main\n"
        f"code = main([{str(both)!r}])\n"
        "ours = [name for name in sys.modules if name.split('.')[0] in ('connector', 'webhooks', 'sqlalchemy')]\n"
        "sys.exit(code or bool(ours))\n"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("Lead L1 as of ")
