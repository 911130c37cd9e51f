"""Every written case of every rule, and what must hold for the whole list of rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from audits.lead_rule import LeadRule
from audits.model.finding import Finding, Outcome
from audits.rule import Family
from audits.rulebook import OWNER_RULES, RULES
from tests.rules.case_files import RuleCase, instant, read_cases

CASES = read_cases()
BY_ID = {rule.info.rule_id: rule for rule in RULES}
ROOT = Path(__file__).parents[2]
MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize("written", CASES, ids=str)
def test_case(written: RuleCase) -> None:
    rule = BY_ID[written.rule_id]
    finding = rule.evaluate(written.case, written.policy)
    expect = dict(written.expect)
    said = f"{finding.outcome.value}/{finding.reason}: {finding.sentence}"
    assert (finding.outcome.value, finding.reason) == (expect.pop("outcome"), expect.pop("reason")), said
    if "says" in expect:
        assert finding.sentence == expect.pop("says")
    if "owner_id" in expect:
        assert finding.owner_id == expect.pop("owner_id")
    if "evidence" in expect:
        shown = {(each.record_id, each.field, each.value) for each in finding.evidence}
        assert {tuple(each) for each in expect.pop("evidence")} <= shown, shown
    if "next_change_at" in expect:
        at = expect.pop("next_change_at")
        assert finding.next_change_at == (None if at is None else instant(at, written.zone))
    measures = {measure.name: measure.value for measure in finding.measures}
    for name, value in expect.pop("measures", {}).items():
        assert measures[name] == value, name
    assert not expect, f"unknown expectations {expect}"
    _holds_the_contract(rule, finding, written)


def _holds_the_contract(rule: LeadRule, finding: Finding, written: RuleCase) -> None:
    assert rule.evaluate(written.case, written.policy) == finding, "judged twice, two answers"
    assert rule.info.allows(finding.outcome, finding.reason)
    assert finding.sentence.endswith(".")
    assert finding.sentence[0].isupper()
    assert finding.subject_id == written.case.lead.lead_id
    listed = {(measure.name, measure.unit) for measure in rule.info.measures}
    assert {(measure.name, measure.unit) for measure in finding.measures} <= listed
    if finding.outcome is Outcome.BREACH:
        assert finding.evidence, "a breach without evidence"
    if finding.next_change_at is None:
        return
    said = (finding.outcome, finding.reason)
    just_before = rule.evaluate(replace(written.case, as_of=finding.next_change_at - MICROSECOND), written.policy)
    then = rule.evaluate(replace(written.case, as_of=finding.next_change_at), written.policy)
    assert (just_before.outcome, just_before.reason) == said, "it changes before next_change_at"
    assert (then.outcome, then.reason) != said, "nothing changes at next_change_at"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.info.rule_id)
def test_rule_describes_itself(rule: LeadRule) -> None:
    info = rule.info
    module = rule.judge.__module__
    assert module.rpartition(".")[2].split("_")[0] == info.rule_id.lower(), "the id is not the file's name"
    assert info.rule_id[:2] == info.family.value
    listed = [reason for _, reasons in info.outcomes for reason in reasons]
    assert sorted(listed) == sorted(code for code, _ in info.reasons), "a reason without its one outcome"
    assert len(set(listed)) == len(listed)
    assert info.version >= 1
    assert info.question.endswith("?")
    assert info.why_it_matters.endswith(".")
    assert all(meaning and not meaning.endswith(".") for _, meaning in info.reasons)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.info.rule_id)
def test_rule_has_a_case_for_each_outcome_and_reason(rule: LeadRule) -> None:
    written = [each for each in CASES if each.rule_id == rule.info.rule_id]
    assert len(written) >= 6
    assert len({each.case_id for each in written}) == len(written), "two cases with one id"
    shown = {(each.expect["outcome"], each.expect["reason"]) for each in written}
    listed = {(outcome.value, reason) for outcome, reasons in rule.info.outcomes for reason in reasons}
    assert listed <= shown, f"no case for {sorted(listed - shown)}"


def test_rule_list_is_closed() -> None:
    assert len(BY_ID) == len(RULES), "an id twice"
    modules = {rule.judge.__module__ for rule in (*RULES, *OWNER_RULES)}
    files = {
        str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")
        for path in (ROOT / "audits" / "rules").glob("*/*.py")
        if path.name != "__init__.py"
    }
    assert modules == files, "a rule's file that is not in the rulebook, or the other way round"
    assert {each.rule_id for each in CASES} == set(BY_ID), "cases of no rule, or a rule without cases"
    assert {rule.info.family for rule in RULES} == set(Family)
