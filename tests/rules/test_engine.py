"""The audit of one lead as a whole: scores, verdict, status, note, facts; and faults that must come out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from audits.engine import NOTE_LENGTH, LeadAudit, RuleFault, audit
from audits.lead_rule import Draft, LeadRule
from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition
from audits.model.case import Coverage, Fact, KeyKind, LeadCase, Sighting
from audits.model.finding import Outcome
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Policy
from audits.model.said import english, say
from audits.model.score import FollowUpStatus, ScorePart, Verdict
from audits.model.working_calendar import Calendar
from audits.reports.rulebook_page import render
from audits.rulebook import RULES
from tests.rules.case_files import FOLDER, WEEK, RuleCase, read_cases
from tests.rules.strategies import cases, policies

POLICY = Policy(version="1", calendar=Calendar.from_json({"tz": "Europe/Berlin", "week": WEEK}))
MONDAY_10 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CASES = read_cases()


def at(hours: float) -> datetime:
    """So many hours after the lead arrived, on Monday at 10:00 in Berlin."""
    return MONDAY_10 + timedelta(hours=hours)


def lead(**fields: Any) -> Lead:
    usual: dict[str, Any] = {
        "first_name": "Ann",
        "last_name": "Lee",
        "email": "ann@firma.de",
        "phone": "+49 30 901820",
        "source": "Google Ads",
        "owner_id": "7",
    }
    return Lead(lead_id="L1", received_at=MONDAY_10, recorded_at=MONDAY_10, **{**usual, **fields})


def act(kind: str, hours: float, **fields: Any) -> Activity:
    usual: dict[str, Any] = {
        "direction": Direction.OUTBOUND,
        "state": ActivityState.DONE,
        "is_automated": False,
        "recorded_at": at(hours),
    }
    return Activity(
        activity_id=f"A{hours}", lead_id="L1", kind=ActivityKind(kind), occurred_at=at(hours), **{**usual, **fields}
    )


def judged(as_of: datetime, *activities: Activity, **fields: Any) -> LeadAudit:
    coverage = fields.pop("coverage", Coverage())
    sightings = fields.pop("sightings", ())
    case = LeadCase(
        lead=lead(**fields), as_of=as_of, activities=activities, coverage=coverage, sightings=tuple(sightings)
    )
    return audit(case, POLICY)


def points(parts: Sequence[ScorePart]) -> dict[str, int | None]:
    return {part.name: part.points for part in parts}


HIDDEN = Coverage(missing=((Fact.CONTACT_DATA, "no right to read it"),))
MISSED = act("call", 0.25, disposition=Disposition.NO_ANSWER)
REACHED = act("call", 0.25, disposition=Disposition.CONNECTED, duration_s=90)


def test_findings_are_in_the_order_of_the_rulebook() -> None:
    assert [each.rule_id for each in judged(at(1)).findings] == [rule.info.rule_id for rule in RULES]


def test_parts_of_each_score_sum_to_100() -> None:
    whole = judged(at(1))
    assert sum(part.out_of for part in whole.quality.parts) == 100
    assert sum(part.out_of for part in whole.handling.parts) == 100


def test_quality_is_the_sum_of_its_parts() -> None:
    whole = judged(
        at(1), phone="+49 30 1", email="x@mailinator.com", last_name="unknown", source=None, first_name="Ann"
    )
    assert points(whole.quality.parts) == {
        "phone": 0,
        "e-mail": 20,
        "address not disposable": 0,
        "name": 5,
        "a person who asked": 11,
        "first seen": 10,
        "source known": 0,
    }
    assert whole.quality.value == 46


@pytest.mark.parametrize(
    ("as_of", "activities", "fields", "expected", "value"),
    [
        # first attempt, called, cadence, re-contact, no silence
        (at(0.1), (), {}, (None, None, None, None, None), None),
        (at(0.6), (), {}, (0, None, 0, None, 0), 0),
        (at(9), (), {}, (0, 0, 0, None, 0), 0),
        (at(1), (MISSED,), {}, (30, 20, 20, 15, 15), 100),
        (at(1), (act("call", 0.75, disposition=Disposition.NO_ANSWER),), {}, (15, 20, 20, 15, 15), 85),
        (at(24 * 4), (MISSED,), {}, (30, 20, 20, 0, 15), 85),
        (at(24 * 20), (MISSED,), {}, (30, 20, 1, 0, 0), 51),
        (at(1), (REACHED,), {}, (30, 20, 20, 15, 15), 100),
        (at(24 * 20), (REACHED,), {"status": LeadStatus.WON}, (30, 20, 20, 15, None), 100),
        (at(24 * 20), (MISSED,), {"status": LeadStatus.LOST}, (30, 20, 1, None, None), 73),
        (at(24 * 20), (), {"status": LeadStatus.LOST}, (0, 0, 0, None, None), 0),
        (at(24 * 20), (), {"status": LeadStatus.DISCARDED}, (0, 0, 0, None, None), 0),
        (at(24 * 20), (), {"status": LeadStatus.DISCARDED, "raw_status": "Duplicate"}, (None,) * 5, None),
        (at(24 * 20), (MISSED,), {"status": None}, (30, 20, None, None, None), None),
        (at(1), (act("email", 0.25),), {"phone": None}, (30, None, 20, None, 15), 100),
    ],
)
def test_handling_is_the_sum_of_its_parts(
    as_of: datetime,
    activities: tuple[Activity, ...],
    fields: dict[str, Any],
    expected: tuple[int | None, ...],
    value: int | None,
) -> None:
    handling = judged(as_of, *activities, **fields).handling
    assert tuple(part.points for part in handling.parts) == expected
    assert handling.value == value


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({}, Verdict.PLAUSIBLE),
        ({"phone": "+49 30 1", "email": None}, Verdict.PSEUDO),
        ({"phone": None, "email": None}, Verdict.PSEUDO),
        ({"email": "x@mailinator.com"}, Verdict.SUSPECT),
        ({"first_name": "asdf", "last_name": "asdf"}, Verdict.SUSPECT),
        ({"first_name": "asdf", "last_name": "asdf", "email": "x@mailinator.com"}, Verdict.PSEUDO),
        ({"phone": "030 901820", "email": None}, Verdict.UNKNOWN),
        (
            {"sightings": [Sighting(lead_id="K1", received_at=at(-24), key_kind=KeyKind.PHONE)]},
            Verdict.DUPLICATE,
        ),
        ({"coverage": Coverage(missing=((Fact.DUPLICATES, "not read yet"),))}, Verdict.UNKNOWN),
        ({"first_name": "Mickey", "last_name": "Mouse"}, Verdict.PLAUSIBLE),
        ({"email": "ann@gmial.com"}, Verdict.REPAIRABLE),
        ({"phone": "+49 151 1234567890", "email": "ann.lee@gmial.com"}, Verdict.REPAIRABLE),
        ({"phone": None, "email": "ann lee(at)gmail,com"}, Verdict.REPAIRABLE),
        ({"honeypot": "buy", "user_agent": "python-requests/2.31"}, Verdict.PSEUDO),
        ({"honeypot": "buy", "user_agent": "python-requests/2.31", "email": "ann@gmial.com"}, Verdict.PSEUDO),
        ({"phone": None, "email": None, "coverage": HIDDEN}, Verdict.UNKNOWN),
    ],
)
def test_verdict(fields: dict[str, Any], verdict: Verdict) -> None:
    assert judged(at(0.1), **fields).verdict is verdict


@pytest.mark.parametrize(
    ("as_of", "activities", "fields", "status"),
    [
        (at(0.1), (), {}, FollowUpStatus.DUE),
        (at(0.6), (), {}, FollowUpStatus.OVERDUE),
        (at(9), (), {}, FollowUpStatus.NEVER_CALLED),
        (at(24 * 20), (), {"phone": None}, FollowUpStatus.NEGLECTED),
        (at(1), (MISSED,), {}, FollowUpStatus.IN_PROGRESS),
        (at(24 * 4), (MISSED,), {}, FollowUpStatus.OVERDUE),
        (at(24 * 20), (MISSED,), {}, FollowUpStatus.NEGLECTED),
        (at(24 * 20), (MISSED,), {"status": LeadStatus.LOST}, FollowUpStatus.CLOSED),
        (at(24 * 20), (MISSED,), {"status": None}, FollowUpStatus.UNKNOWN),
        (at(9), (), {"coverage": Coverage(missing=((Fact.CALLS, "no permission"),))}, FollowUpStatus.UNKNOWN),
    ],
)
def test_follow_up_status(
    as_of: datetime, activities: tuple[Activity, ...], fields: dict[str, Any], status: FollowUpStatus
) -> None:
    assert judged(as_of, *activities, **fields).follow_up_status is status


def test_facts() -> None:
    facts = judged(
        at(30), MISSED, act("email", 0.5), act("message", 1), act("email", 26, direction=Direction.INBOUND)
    ).facts
    assert facts.first_attempt_at == at(0.25)
    assert (facts.first_attempt_working_s, facts.first_attempt_wall_s) == (900, 900)
    assert facts.first_connection_at == at(26)
    assert (facts.call_attempts, facts.email_attempts, facts.other_attempts) == (1, 1, 1)
    assert facts.last_attempt_at == at(1)
    assert facts.response_due_at == at(0.5)
    assert facts.held_by == "7"


@pytest.mark.parametrize(
    ("as_of", "activities", "fields", "due_at"),
    [
        (at(0.1), (), {}, at(0.5)),
        (at(9), (), {}, at(0.5)),
        (at(1), (MISSED,), {}, at(24 * 2 + 6.25)),
        (at(1), (REACHED,), {}, at(24 * 4 + 4.25)),
        (at(1), (), {"status": LeadStatus.WON}, None),
    ],
    ids=["waiting", "overdue lies in the past", "re-contact", "silence after contact", "closed"],
)
def test_due_at(
    as_of: datetime, activities: tuple[Activity, ...], fields: dict[str, Any], due_at: datetime | None
) -> None:
    assert judged(as_of, *activities, **fields).facts.due_at == due_at


def test_next_change_is_the_earliest_of_the_findings() -> None:
    whole = judged(at(0.1))
    assert whole.next_change_at == at(0.5)
    assert whole.next_change_at == min(each.next_change_at for each in whole.findings if each.next_change_at)


def test_note_without_findings() -> None:
    assert english(judged(at(1), REACHED).note) == "No findings."


def test_note_names_what_can_be_saved_first() -> None:
    note = english(judged(at(9), source=None).note)
    assert note.startswith("Received Mon 2026-03-02 10:00, no attempt was made by 10:30")
    assert note.endswith("No source is given.")


def test_note_stays_the_same_while_nothing_changes() -> None:
    """What is written to the CRM must not change with every audit."""
    assert judged(at(1)).note == judged(at(7)).note
    assert judged(at(24 * 30)).note == judged(at(24 * 60)).note


def test_long_note_says_how_many_are_left_out() -> None:
    whole = judged(at(24 * 30), source=None, owner_id=None, email="x@mailinator.com", last_name="asdf" * 40)
    assert len(english(whole.note)) <= NOTE_LENGTH
    assert english(whole.note).endswith(" more)")


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases(), policy=policies())
def test_any_lawful_case_can_be_judged(case: LeadCase, policy: Policy) -> None:
    whole = audit(case, policy)
    assert whole == audit(case, policy)
    assert 0 < len(english(whole.note)) <= NOTE_LENGTH
    for score in (whole.quality, whole.handling):
        assert all(part.points is None or 0 <= part.points <= part.out_of for part in score.parts)
        assert score.value is None or 0 <= score.value <= 100


@pytest.mark.parametrize("written", CASES, ids=str)
def test_scores_and_status_change_only_when_a_finding_does(written: RuleCase) -> None:
    """Otherwise the due table would wake a lead too late."""
    whole = audit(written.case, written.policy)
    until = whole.next_change_at or written.case.as_of + timedelta(days=400)
    later = audit(replace(written.case, as_of=until - timedelta(microseconds=1)), written.policy)
    assert points(later.handling.parts) == points(whole.handling.parts)
    assert points(later.quality.parts) == points(whole.quality.parts)
    assert (later.follow_up_status, later.verdict, later.note, later.facts) == (
        whole.follow_up_status,
        whole.verdict,
        whole.note,
        whole.facts,
    )


def _with(judge: Any) -> tuple[LeadRule, ...]:
    return (*RULES[:-1], LeadRule(RULES[-1].info, judge))


def test_a_crash_of_a_rule_comes_out() -> None:
    def judge(case: LeadCase, policy: Policy) -> Draft:
        raise ZeroDivisionError("a fault")

    with pytest.raises(ZeroDivisionError, match="a fault"):
        audit(LeadCase(lead=lead(), as_of=at(1)), POLICY, _with(judge))


def test_a_reason_that_is_not_listed_is_a_fault() -> None:
    def judge(case: LeadCase, policy: Policy) -> Draft:
        return Draft(outcome=Outcome.PASS, reason="no_source", sentence=say("Fine."))

    with pytest.raises(RuleFault, match="DQ002: outcome pass with reason 'no_source' is not in its list"):
        audit(LeadCase(lead=lead(), as_of=at(1)), POLICY, _with(judge))


def test_rulebook_page_is_up_to_date() -> None:
    page = FOLDER.parents[2] / "docs" / "rulebook.md"
    assert page.read_text(encoding="utf-8") == render(), (
        "docs/rulebook.md is old: python -m audits.reports.rulebook_page > docs/rulebook.md"
    )


def test_one_lead_takes_about_a_millisecond() -> None:
    """With slack for a busy machine: a query or a validator inside of the loop costs far more."""
    activities = tuple(act("call", hours, disposition=Disposition.NO_ANSWER) for hours in range(1, 13))
    case = LeadCase(lead=lead(), as_of=at(48), activities=activities)
    audit(case, POLICY)
    best_s = min(_timed(case) for _ in range(5))
    assert best_s < 0.003


def _timed(case: LeadCase) -> float:
    start = time.process_time()
    for _ in range(20):
        audit(case, POLICY)
    return (time.process_time() - start) / 20
