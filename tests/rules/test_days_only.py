"""Where only the day of an act is known, no rule claims more than the exact times would bear out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings

from audits.model.activity import Activity
from audits.model.case import LeadCase
from audits.model.exchange import case_from_json, case_to_json
from audits.model.finding import Outcome
from audits.model.policy import Policy
from audits.rulebook import RULES
from tests.rules.strategies import cases, policies

SURE = (Outcome.PASS, Outcome.BREACH)


def only_the_day(activity: Activity, zone: ZoneInfo) -> Activity:
    """The same act, as an export without times of day tells of it."""
    day = activity.occurred_at.astimezone(zone).date()
    first = datetime.combine(day, time(), zone).astimezone(UTC)
    last = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(microseconds=1)
    return replace(activity, occurred_at=first, latest_at=last)


def blurred(case: LeadCase, zone: ZoneInfo) -> LeadCase:
    """All acts of days that are over become acts of which only the day is known."""
    acts = [only_the_day(each, zone) for each in case.activities]
    kept = [
        told if told.no_later_than <= case.as_of else exact for told, exact in zip(acts, case.activities, strict=True)
    ]
    return replace(case, activities=tuple(sorted(kept, key=lambda each: (each.occurred_at, each.activity_id))))


@settings(max_examples=120, deadline=None)
@given(case=cases(), policy=policies())
def test_a_sure_answer_by_days_is_the_answer_by_exact_times(case: LeadCase, policy: Policy) -> None:
    days = blurred(case, ZoneInfo(policy.calendar.zone))
    for rule in RULES:
        told, exact = rule.evaluate(days, policy), rule.evaluate(case, policy)
        if rule.info.rule_id == "RT001" and told.outcome in SURE:
            assert exact.outcome is told.outcome
        if rule.info.rule_id in ("RT002", "NC001") and told.outcome is Outcome.BREACH:
            assert exact.outcome is Outcome.BREACH


@settings(max_examples=50, deadline=None)
@given(case=cases(), policy=policies())
def test_days_travel_as_json(case: LeadCase, policy: Policy) -> None:
    days = blurred(case, ZoneInfo(policy.calendar.zone))
    lead = replace(days.lead, received_latest_at=days.lead.received_at + timedelta(hours=23))
    days = replace(days, lead=lead)
    assert case_from_json(case_to_json(days)) == days
