"""Every written case of the rules on owners, and what must hold for their list."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from audits.model.case import Coverage, Fact
from audits.model.finding import Outcome
from audits.model.owner_case import OverdueLead, OwnerAttempt, OwnerCase
from audits.rulebook import OWNER_RULES, RULES
from tests.factories import make_calendar, make_policy
from tests.rules.case_files import instant

BERLIN = ZoneInfo("Europe/Berlin")
POLICY = make_policy(calendar=make_calendar("Europe/Berlin"))
FOLDER = Path(__file__).parent / "owner_cases"
WRITTEN = [
    (data["rule"], each)
    for data in (yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yml")))
    for each in data["cases"]
]
BY_ID = {rule.info.rule_id: rule for rule in OWNER_RULES}


def case_of(data: dict[str, Any]) -> OwnerCase:
    attempts: list[OwnerAttempt] = []
    for each in data["attempts"]:
        for number in range(each["of"]):
            attempts.append(
                OwnerAttempt(
                    activity_id=f"A{len(attempts)}",
                    lead_id="L",
                    at=instant(each["from"], BERLIN) + number * timedelta(minutes=15),
                    lead_received_at=instant(each["received"], BERLIN),
                    lead_won_at=instant(each["won"], BERLIN) if "won" in each else None,
                )
            )
    return OwnerCase(
        owner_id="7",
        since=instant(data.get("since", "2026-03-16 00:00"), BERLIN),
        as_of=instant(data.get("as_of", "2026-03-23 00:00"), BERLIN),
        attempts=tuple(attempts),
        overdue=tuple(
            OverdueLead(
                lead_id=f"O{number}",
                due_at=instant(each["due"], BERLIN),
                ended_at=instant(each["ended"], BERLIN) if "ended" in each else None,
            )
            for number, each in enumerate(data["overdue"])
        ),
        coverage=Coverage(missing=tuple((Fact(fact), cause) for fact, cause in data.get("missing", {}).items())),
    )


@pytest.mark.parametrize(("rule_id", "data"), WRITTEN, ids=[f"{rule}-{each['id']}" for rule, each in WRITTEN])
def test_case(rule_id: str, data: dict[str, Any]) -> None:
    rule, case, expect = BY_ID[rule_id], case_of(data), dict(data["expect"])
    finding = rule.evaluate(case, POLICY)
    said = f"{finding.outcome.value}/{finding.reason}: {finding.sentence}"
    assert (finding.outcome.value, finding.reason) == (expect.pop("outcome"), expect.pop("reason")), said
    assert finding.sentence == expect.pop("says", finding.sentence)
    measures = {measure.name: measure.value for measure in finding.measures}
    for name, value in expect.pop("measures", {}).items():
        assert measures[name] == value, name
    shown = {(each.record_id, each.field) for each in finding.evidence}
    assert {tuple(each) for each in expect.pop("evidence", ())} <= shown
    assert not expect
    assert rule.evaluate(case, POLICY) == finding
    assert rule.info.allows(finding.outcome, finding.reason)
    assert finding.sentence.endswith(".")
    assert (finding.subject_id, finding.owner_id, finding.next_change_at) == ("7", "7", None)
    assert {(m.name, m.unit) for m in finding.measures} <= {(m.name, m.unit) for m in rule.info.measures}
    assert bool(finding.evidence) == (finding.outcome is Outcome.BREACH)


def test_the_list_describes_itself_and_has_a_case_for_every_reason() -> None:
    assert not set(BY_ID) & {rule.info.rule_id for rule in RULES}
    for rule in OWNER_RULES:
        info = rule.info
        module = rule.judge.__module__.rpartition(".")[2]
        assert module.split("_")[0] == info.rule_id.lower()
        assert info.rule_id[:2] == info.family.value
        listed = [reason for _, reasons in info.outcomes for reason in reasons]
        assert sorted(listed) == sorted(code for code, _ in info.reasons)
        cases = [each["expect"] for rule_id, each in WRITTEN if rule_id == info.rule_id]
        assert {each["reason"] for each in cases} == set(listed)
        assert len(cases) >= 6
