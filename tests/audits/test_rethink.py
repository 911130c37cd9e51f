"""Other thresholds by the stored measures: never another answer than judging the case again gives."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from audits.engine import audit
from audits.model.activity import ActivityKind, Disposition
from audits.model.case import LeadCase
from audits.model.finding import Finding, Outcome
from audits.model.policy import Cadence, Policy
from audits.reports.handled import handled_lead
from audits.rethink import HOURS, READ, RETHINK, Stored, changed_fields, is_response_sure, is_sure, rethought
from audits.rulebook import RULES
from tests.factories import at, make_activity, make_case, make_lead, make_policy
from tests.rules.strategies import cases, policies

NO_ANSWER = Disposition.NO_ANSWER
#: Names, and what a breach only says beside its answer.
_NOT_ANSWERS = {"version", "holidays_source", "duplicate_window_days"}
_slow = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


class Watched(Policy):
    """A policy that notes which of its fields are read."""

    __slots__ = ()
    read: ClassVar[set[str]] = set()

    def __getattribute__(self, name: str) -> object:
        if not name.startswith("_"):
            Watched.read.add(name)
        return super().__getattribute__(name)


def stored_of(finding: Finding, case: LeadCase, policy: Policy, needed_s: int | None) -> Stored:
    measures = {
        each.name: each.value
        for each in finding.measures
        if each.unit in ("s", "count") and (each.value is None or isinstance(each.value, int))
    }
    return Stored(
        outcome=finding.outcome,
        reason=finding.reason,
        is_sure=is_sure(case, policy),
        is_response_sure=is_response_sure(case, policy),
        needed_s=needed_s,
        lead=case.lead,
        measures=measures,
    )


def test_every_rule_is_in_the_table() -> None:
    assert set(READ) == {rule.info.rule_id for rule in RULES}
    assert set(RETHINK) <= set(READ)
    names = {each.name for each in fields(Policy)}
    assert set().union(*READ.values()) <= names - HOURS


@_slow
@given(cases(), policies())
def test_no_rule_reads_a_field_that_the_table_does_not_name(case: LeadCase, policy: Policy) -> None:
    names = {each.name for each in fields(Policy)}
    watched = Watched(**{name: getattr(policy, name) for name in names})
    for rule in RULES:
        Watched.read.clear()
        rule.evaluate(case, watched)
        assert Watched.read & names <= READ[rule.info.rule_id] | HOURS | _NOT_ANSWERS, rule.info.rule_id


@_slow
@given(cases(), policies(), policies(), st.booleans())
def test_what_is_told_is_what_judging_again_says(case: LeadCase, was: Policy, other: Policy, few: bool) -> None:
    hours: dict[str, Any] = {name: getattr(was, name) for name in HOURS}
    policy = replace(other, **hours)
    if few:
        policy = replace(
            was,
            version="9",
            max_gap_s=other.max_gap_s,
            silent_after_s=other.silent_after_s,
            cadence_day_parts=other.cadence_day_parts,
        )
    result = audit(case, was)
    row = handled_lead(case, was, result)
    again = {finding.rule_id: finding.outcome for finding in audit(case, policy).findings}
    for finding in result.findings:
        told = rethought(finding.rule_id, stored_of(finding, case, was, row.needed_s), was, policy)
        assert told in (None, again[finding.rule_id]), finding.rule_id


def test_sure_leads_are_told_for_every_rule_of_the_table() -> None:
    """Plain leads, each span around each limit: both answers come, nearly always without judging again."""
    told: defaultdict[str, Counter[Outcome | None]] = defaultdict(Counter)
    limits = [1800, 3600, 4 * 3600, 20 * 3600, 50 * 3600]
    plain = [
        make_case(
            make_lead(
                received_at=at(days=-9),
                submitted_at=at(days=-9, hours=-hours),
                phone="+49 30 901820",
            ),
            activities=tuple(
                make_activity(f"call-{number}", occurred_at=at(days=-9, hours=hours * number))
                for number in range(1, 4)
            )
            if hours > 1
            else (),
        )
        for hours in (1, 2, 5, 30, 49)
    ]
    for case in plain:
        was = make_policy()
        result = audit(case, was)
        row = handled_lead(case, was, result)
        for limit_s in limits:
            for rule_id, (_, names) in RETHINK.items():
                name = "response_target_s" if rule_id in ("RT001", "RT002") else min(names)
                changed: dict[str, Any] = {"response_goal_s": 60, name: limit_s}
                policy = replace(was, **changed)
                finding = next(each for each in result.findings if each.rule_id == rule_id)
                outcome = rethought(rule_id, stored_of(finding, case, was, row.needed_s), was, policy)
                rule = next(each for each in RULES if each.info.rule_id == rule_id)
                assert outcome in (None, rule.evaluate(case, policy).outcome)
                told[rule_id][outcome] += 1
    for rule_id in ("RT001", "RT003", "FU004"):
        assert {Outcome.PASS, Outcome.BREACH} <= set(told[rule_id]), (rule_id, told[rule_id])


@pytest.mark.parametrize("phone", ["+49 30 901820", None])
@pytest.mark.parametrize("hours", [(0, 24, 72), (0, 26, 54), (0, 5, 30)])
@pytest.mark.parametrize("days", [4, 20])
def test_other_parts_of_the_day_are_told_by_the_parts_that_were_counted(
    phone: str | None, hours: tuple[int, ...], days: int
) -> None:
    """Calls in one, two or three parts of the day, of a series that has ended or goes on."""
    received = at(days=-days)
    called = tuple(
        make_activity(f"call-{number}", occurred_at=received + timedelta(hours=number), disposition=NO_ANSWER)
        for number in hours
        if phone
    )
    letter = make_activity("letter", kind=ActivityKind.EMAIL, occurred_at=received + timedelta(hours=1))
    case = make_case(make_lead(received_at=received, phone=phone), activities=(*called, letter))
    rule = next(each for each in RULES if each.info.rule_id == "FU001")
    told = Counter[bool]()
    for before in range(1, 5):
        for after in range(1, 5):
            was, policy = (
                make_policy(str(parts), cadence=Cadence(calls=3, emails=1), cadence_day_parts=parts)
                for parts in (before, after)
            )
            found = rule.evaluate(case, was)
            outcome = rethought("FU001", stored_of(found, case, was, None), was, policy)
            assert outcome in (None, rule.evaluate(case, policy).outcome), (before, after)
            told[outcome is not None] += 1
    assert told[True] >= 4


def test_names_of_versions_and_sources_are_no_difference() -> None:
    assert changed_fields(make_policy("1"), make_policy("2", holidays_source="a book")) == frozenset()
    assert changed_fields(make_policy("1"), make_policy("1", max_gap_s=5)) == {"max_gap_s"}
