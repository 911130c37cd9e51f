"""Findings of files: what they mean under a contract, and that a file read in part is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from audits.contracts.findings import LeadFindings, digest, findings_of_audit, findings_of_check
from audits.model.contract import Against, KeyField
from audits.model.delivery import Channel, HandlingFact, ProofKind
from audits.model.reasons import ReasonCode
from connector.check_command import check_command
from connector.contracts.findings_file import of_plain, read_findings, to_plain
from connector.exports.command import audit_command
from connector.exports.problems import UnusableInput

FACTS = {
    "first_attempt_at": None, "last_attempt_at": None, "first_connection_at": None, "call_attempts": 0,
    "email_attempts": 0, "other_attempts": 0,
}  # fmt: skip


def finding(rule: str, outcome: str = "breach", reason: str = "shown", **more: Any) -> dict[str, Any]:
    return {"rule_id": rule, "rule_version": 1, "outcome": outcome, "reason": reason, "evidence": [], **more}


def lead(*findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"lead_id": "L1", "findings": list(findings), "facts": FACTS, **more}


def truth(name: str, *codes: str, probability: float = 0.95, verdict: str = "pseudo") -> dict[str, Any]:
    reasons = [{"code": code, "weight": 5.0 - place} for place, code in enumerate(codes)]
    return {
        "id": "L1", "verdict": verdict, "model_version": "1", "phone": None, "email": None, "name": None,
        "classes": [{"name": name, "probability": probability, "reasons": reasons}],
    }  # fmt: skip


def codes(found: LeadFindings) -> list[tuple[str, bool]]:
    return [(each.code.value, each.is_proven) for each in found.grounds]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (finding("PL003", reason="keyboard_walk"), [("PLACEHOLDER_NAME", True)]),
        (finding("PL006"), [("BOT", True)]),
        (finding("PL006", "not_evaluated", "suspected"), [("BOT", False)]),
        # What outcomes of the account refute too often decides nothing.
        (finding("PL006", "not_evaluated", "weak"), []),
        (finding("PL006", "pass", "no_sign"), []),
        (finding("PL007"), [("PAID_FILLER", True)]),
        (finding("PL008"), [("COMPETITOR", True)]),
        (finding("PL009"), [("THIRD_PARTY_PRANK", True)]),
        (finding("PL011"), [("FICTITIOUS", True)]),
        # Our own test is never the vendor's fault, a slip can be mended, neglect is ours.
        (finding("PL010"), []),
        (finding("PL005"), []),
        (finding("PL002", reason="disposable"), []),
        (finding("NC001"), []),
        (
            finding("PL001", reason="nothing_given", measures=[]),
            [("PHONE_MISSING", True), ("UNREACHABLE_ALL_MEANS", True)],
        ),
        (
            finding("PL001", reason="all_invalid", measures=[
                {"name": "phone_valid", "value": False}, {"name": "email_valid", "value": False},
            ]),
            [("UNREACHABLE_ALL_MEANS", True), ("PHONE_DISCONNECTED", True), ("EMAIL_BOUNCE", False)],
        ),
        (
            finding("PL001", "pass", "partly_reachable", measures=[
                {"name": "phone_valid", "value": None}, {"name": "email_valid", "value": True},
            ]),
            [],
        ),
    ],
)  # fmt: skip
def test_what_a_finding_of_an_audit_means(told: dict[str, Any], expected: list[tuple[str, bool]]):
    found = findings_of_audit(lead(told))
    assert codes(found) == expected
    for ground in found.grounds:
        assert ground.proofs[0].sha256 == digest(told)
        assert ground.found_by == f"{told['rule_id']} v1"
        assert bool(ground.missing) is not ground.is_proven


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("intent_student", ReasonCode.STUDENT),
        ("intent_supplier", ReasonCode.SOLICITATION),
        ("intent_support", ReasonCode.EXISTING_CUSTOMER),
        ("intent_job", ReasonCode.OUT_OF_SCOPE),
    ],
)
def test_who_wants_something_else_is_told_by_the_heaviest_reason(code: str, expected: ReasonCode):
    judged = truth("not_addressed_to_us", code, "existing_client")
    assert [each.code for each in findings_of_check(judged).grounds] == [expected]
    assert [each.code for each in findings_of_audit(lead(finding("PL012"), truth=judged)).grounds] == [expected]


def test_what_representatives_found_out():
    wrong = findings_of_audit(lead(truth=truth("unintended_error", "wrong_number")))
    assert codes(wrong) == [("PHONE_WRONG_NUMBER", True)]
    denied = findings_of_check(truth("paid_form_filler", "denied", probability=0.3, verdict="genuine"))
    assert codes(denied) == [("DENIES_REQUEST", True)]
    bounced = findings_of_audit(
        lead(ladder=[{"rung": "deliverable", "state": "refuted", "at": "2026-05-04T08:00:00+00:00", "says": ""}])
    )
    assert codes(bounced) == [("EMAIL_BOUNCE", True)]
    assert bounced.grounds[0].proofs[0].kind is ProofKind.BOUNCE
    assert bounced.grounds[0].known_at == datetime(2026, 5, 4, 8, tzinfo=UTC)


def test_a_class_is_proven_only_where_the_lead_is_surely_none():
    assert codes(findings_of_check(truth("bot", "honeypot_filled"))) == [("BOT", True)]
    assert codes(findings_of_check(truth("bot", "honeypot_filled", verdict="suspect"))) == [("BOT", False)]
    assert codes(findings_of_check(truth("bot", "mashed_bot", probability=0.2, verdict="genuine"))) == []
    assert codes(findings_of_check(truth("test_or_staff", "own_domain"))) == []


def test_a_duplicate_is_a_record_that_came_before():
    at = "2026-05-01T08:00:00+00:00"
    told = finding(
        "PL004", reason="duplicate_phone",
        evidence=[
            {"record_type": "lead", "record_id": "7", "field": "same_phone", "value": at, "at": at},
            {"record_type": "lead", "record_id": "7", "field": "same_person", "value": at, "at": at},
            {"record_type": "lead", "record_id": "7", "field": "compared_phone", "value": "same +7", "at": at},
        ],
    )  # fmt: skip
    found = findings_of_audit(lead(told))
    (earlier,) = found.earlier
    assert not found.grounds
    assert (earlier.where, earlier.ref, earlier.shared) == (
        Against.BUYER_CRM, "7", {KeyField.PHONE, KeyField.PERSON},
    )  # fmt: skip
    assert of_plain(to_plain(found)) == found


@pytest.mark.parametrize(
    ("facts", "unseen", "tries", "unknown"),
    [
        ({}, (), 0, set()),
        ({"call_attempts": 1, "first_attempt_at": "2026-05-04T08:00:00+00:00",
          "last_attempt_at": "2026-05-04T08:00:00+00:00"}, (), 1, set()),
        ({"call_attempts": 3, "first_attempt_at": "2026-05-04T08:00:00+00:00",
          "last_attempt_at": "2026-05-05T08:00:00+00:00"}, (), 2, {HandlingFact.LATER_ATTEMPTS}),
        ({}, ("tasks",), 0, set()),
        ({}, ("calls",), 0, {HandlingFact.ATTEMPTS, HandlingFact.LATER_ATTEMPTS, HandlingFact.CONTACTED}),
    ],
)  # fmt: skip
def test_handling_is_shown_as_far_as_an_audit_shows_it(
    facts: dict[str, Any], unseen: tuple[str, ...], tries: int, unknown: set[HandlingFact]
):
    handling = findings_of_audit({**lead(), "facts": {**FACTS, **facts}}, unseen).handling
    assert handling is not None
    assert [each.channel for each in handling.tries] == [Channel.CALL] * tries
    assert handling.unknown == unknown | {HandlingFact.DISPOSITION, HandlingFact.QUOTE_STARTED}


def read_one(path: Path) -> tuple[dict[str, LeadFindings], int]:
    with read_findings([path]) as findings:
        found = findings.of(["L1", "L2", "0", "1", "none"])
        return {lead_id: of_plain(plain) for lead_id, plain in found.items()}, findings.unnamed


def test_answers_of_check_are_read_as_they_are_written(tmp_path: Path):
    rows = [
        {"id": "L1", "name": "asdf asdf", "phone": "+4900", "email": "ann@berg.de"},
        {"id": "L2", "name": "Ann Berg", "phone": "+4915112345678", "email": "ann@berg.de"},
        {"name": "qwerty", "phone": "+4900"},
    ]
    (tmp_path / "leads.jsonl").write_text("\n".join(map(json.dumps, rows)))
    told = CliRunner().invoke(check_command, [str(tmp_path / "leads.jsonl")])
    (tmp_path / "found.jsonl").write_text(told.stdout)
    found, unnamed = read_one(tmp_path / "found.jsonl")
    assert set(found) == {"L1"}
    assert {ReasonCode.PHONE_DISCONNECTED, ReasonCode.PLACEHOLDER_NAME} <= {
        each.code for each in found["L1"].grounds if each.is_proven
    }
    assert unnamed == 1
    # As one list, and as a single answer in many lines.
    answers = [json.loads(line) for line in told.stdout.splitlines()]
    for whole in (answers, answers[0]):
        (tmp_path / "whole.json").write_text(json.dumps(whole, indent=1))
        assert read_one(tmp_path / "whole.json")[0] == found


MAP = """
not_used = ["emails", "meetings", "messages"]
[times]
zone = "Europe/Berlin"
[leads.columns]
lead_id = "Id"
received_at = "At"
last_name = "Name"
phone = "Phone"
[touches.columns]
lead_id = "Lead"
occurred_at = "At"
[touches.constants]
kind = "call"
direction = "outbound"
state = "done"
automated = false
"""
POLICY = """
zone = "Europe/Berlin"
[hours]
mon = [["09:00", "18:00"]]
"""


def test_an_audit_is_read_as_it_is_written(tmp_path: Path):
    (tmp_path / "leads.csv").write_text("Id,At,Name,Phone\n0,2026-05-04T08:00,asdf,+4900\n1,2026-05-04T09:00,Berg,\n")
    (tmp_path / "touches.csv").write_text("Lead,At\n1,2026-05-04T09:30\n")
    (tmp_path / "map.toml").write_text(MAP)
    (tmp_path / "policy.toml").write_text(POLICY)
    files = {name: str(tmp_path / name) for name in ("leads.csv", "touches.csv", "map.toml", "policy.toml", "o.json")}
    arguments = zip(("--leads", "--touches", "--map", "--policy", "--json"), files.values(), strict=True)
    told = CliRunner().invoke(audit_command, [each for pair in arguments for each in pair])
    assert told.exit_code == 0, told.output
    found, _ = read_one(tmp_path / "o.json")
    assert {ReasonCode.PHONE_DISCONNECTED, ReasonCode.PLACEHOLDER_NAME} <= {each.code for each in found["0"].grounds}
    handling = found["1"].handling
    assert handling is not None
    assert [each.at for each in handling.tries] == [datetime(2026, 5, 4, 7, 30, tzinfo=UTC)]
    assert HandlingFact.ATTEMPTS not in handling.unknown
    # The same document on one line, as other tools write it again.
    (tmp_path / "again.json").write_text(json.dumps(json.loads((tmp_path / "o.json").read_text())))
    assert read_one(tmp_path / "again.json")[0] == found
    # Cut off in the middle it is not read at all.
    (tmp_path / "cut.json").write_text((tmp_path / "o.json").read_text().partition("\n],")[0])
    with pytest.raises(UnusableInput, match="ends in the middle"):
        read_one(tmp_path / "cut.json")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("no json", "neither JSON"),
        ('{"a": 1}\n', "line 1"),
        ('{"id": "1", "verdict": "pseudo"}\n', "line 1"),
        ('{"error": {}, "line": 1}\nno json\n', "line 2"),
        ("[1]", "lead 1"),
    ],
)
def test_what_is_no_finding_is_refused_with_its_place(tmp_path: Path, text: str, place: str):
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(UnusableInput, match=place):
        read_one(tmp_path / "f.json")


def test_of_a_lead_in_two_files_the_last_holds(tmp_path: Path):
    (tmp_path / "one.jsonl").write_text(json.dumps(truth("bot", "honeypot_filled")))
    (tmp_path / "two.jsonl").write_text(json.dumps(truth("competitor", "competitor_domain")))
    with read_findings([tmp_path / "one.jsonl", tmp_path / "two.jsonl"]) as findings:
        assert findings.count == 1
        assert codes(of_plain(findings.of(["L1"])["L1"])) == [("COMPETITOR", True)]
