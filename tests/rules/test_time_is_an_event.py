"""`next_change_at` is exact: nothing changes before it, the answer changes at it, and None means never."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audits.lead_rule import LeadRule
from audits.model.case import LeadCase
from audits.model.policy import Policy
from audits.rulebook import RULES
from tests.rules.strategies import START, cases, policies

MICROSECOND = timedelta(microseconds=1)
TIMED = [rule for rule in RULES if rule.info.rule_id[:2] in ("RT", "FU", "NC", "LD", "AG", "FM")]
YEARS_LATER = START + timedelta(days=900)


@pytest.mark.parametrize("rule", TIMED, ids=lambda rule: rule.info.rule_id)
@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases(), policy=policies(), share=st.floats(0, 1))
def test_next_change_is_exact(rule: LeadRule, case: LeadCase, policy: Policy, share: float) -> None:
    def said(at: datetime) -> tuple[str, str]:
        then = rule.evaluate(replace(case, as_of=at), policy)
        return then.outcome.value, then.reason

    finding = rule.evaluate(case, policy)
    now = (finding.outcome.value, finding.reason)
    change_at = finding.next_change_at
    until = YEARS_LATER if change_at is None else change_at - MICROSECOND
    assert said(case.as_of + (until - case.as_of) * share) == now
    assert said(until) == now
    if change_at is not None:
        assert change_at > case.as_of
        assert said(change_at) != now


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases(), policy=policies())
def test_walking_from_change_to_change_meets_every_change(case: LeadCase, policy: Policy) -> None:
    """The states met by waking only at next_change_at are those met by looking every two hours."""
    rule = next(rule for rule in RULES if rule.info.rule_id == "NC002")
    horizon = case.as_of + timedelta(days=30)
    changes: list[tuple[datetime, str]] = []
    finding = rule.evaluate(case, policy)
    while finding.next_change_at is not None and finding.next_change_at <= horizon:
        finding = rule.evaluate(replace(case, as_of=finding.next_change_at), policy)
        changes.append((finding.as_of, finding.reason))
    expected = rule.evaluate(case, policy).reason
    at = case.as_of
    while at <= horizon:
        while changes and changes[0][0] <= at:
            expected = changes.pop(0)[1]
        assert rule.evaluate(replace(case, as_of=at), policy).reason == expected
        at += timedelta(hours=2)
