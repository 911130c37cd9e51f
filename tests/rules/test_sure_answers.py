"""A sure answer stays what it is, whatever the CRM left open turns out to have been, and whatever it did not show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.lead_rule import LeadRule
from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.finding import Outcome
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Cadence, Policy
from audits.model.surroundings import Surroundings, Twin
from audits.model.working_calendar import Calendar
from audits.rulebook import RULES

BY_ID = {rule.info.rule_id: rule for rule in RULES}
RULE_IDS = tuple(rule_id for rule_id in BY_ID if rule_id[:2] in ("RT", "FU", "NC", "AG", "FM"))
RECEIVED_AT = datetime(2026, 3, 23, 8, 0, tzinfo=UTC)
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
POLICY = Policy(
    version="test",
    calendar=Calendar.from_json({"tz": "Europe/Berlin", "week": WEEK}, "team"),
    cadence=Cadence(calls=3, emails=1, within_days=9),
    max_gap_s=12 * 3600,
    same_hour_attempts=2,
    one_channel_attempts=2,
    post_sale_days=2,
    twin_leads=2,
)
TEXTS = (
    "Please find our catalogue with all prices attached.",
    "May I have your phone number, please, so we talk?",
    None,
)
TWINS = Surroundings(twins=(Twin(activity_id="A0", leads=3, percent=95, phrase="our catalogue"),))


@st.composite
def acts(draw: st.DrawFn, number: int) -> Activity:
    """A call that nobody took, or an e-mail; of some it is not known who acted, of some only the day."""
    occurred_at = RECEIVED_AT + timedelta(hours=draw(st.integers(0, 10 * 24)))
    is_call = draw(st.booleans())
    is_day_only = draw(st.integers(0, 5)) == 0
    if is_day_only:
        occurred_at = occurred_at.replace(hour=22) - timedelta(days=1)
    return Activity(
        activity_id=f"A{number}",
        lead_id="L1",
        kind=ActivityKind.CALL if is_call else ActivityKind.EMAIL,
        occurred_at=occurred_at,
        recorded_at=occurred_at,
        latest_at=occurred_at + timedelta(hours=23, minutes=59) if is_day_only else None,
        direction=Direction.OUTBOUND,
        state=ActivityState.DONE,
        disposition=draw(st.sampled_from([Disposition.NO_ANSWER, Disposition.WRONG_NUMBER])) if is_call else None,
        is_automated=draw(st.sampled_from([False, None])),
        text=None if is_call else draw(st.sampled_from(TEXTS)),
    )


@st.composite
def cases(draw: st.DrawFn) -> LeadCase:
    """A lead of two weeks ago with up to six acts."""
    found = [draw(acts(number)) for number in range(draw(st.integers(1, 6)))]
    status = draw(st.sampled_from([LeadStatus.OPEN, LeadStatus.LOST, LeadStatus.WON]))
    closed_at = RECEIVED_AT + timedelta(days=draw(st.integers(0, 10)))
    return LeadCase(
        lead=Lead(
            lead_id="L1",
            received_at=RECEIVED_AT,
            recorded_at=RECEIVED_AT,
            phone=draw(st.sampled_from([None, "+49 30 901820"])),
            email=draw(st.sampled_from(["ann@firma.de", "ann@firma.de", None])),
            owner_id="7",
            status=status,
            closed_at=None if status is LeadStatus.OPEN else closed_at,
            recontact_on=(closed_at + timedelta(days=2)).date(),
            has_call_consent=draw(st.sampled_from([None, None, False])),
            message="By when can you deliver?",
        ),
        as_of=RECEIVED_AT + timedelta(days=draw(st.integers(0, 14))),
        activities=tuple(sorted(found, key=lambda each: (each.occurred_at, each.activity_id))),
        surroundings=draw(st.sampled_from([TWINS, Surroundings(twins=()), Surroundings()])),
    )


def _is_breach(rule: LeadRule, case: LeadCase) -> bool | None:
    outcome = rule.evaluate(case, POLICY).outcome
    return None if outcome is Outcome.NOT_EVALUATED else outcome is Outcome.BREACH


@pytest.mark.parametrize("rule_id", RULE_IDS)
@settings(max_examples=40, derandomize=True, deadline=None)
@given(case=cases())
def test_whatever_an_unknown_activity_was(rule_id: str, case: LeadCase) -> None:
    rule = BY_ID[rule_id]
    said = _is_breach(rule, case)
    open_ended = [place for place, each in enumerate(case.activities) if each.is_automated is None]
    for answers in product([False, True], repeat=len(open_ended)):
        known = list(case.activities)
        for place, is_automated in zip(open_ended, answers, strict=True):
            known[place] = replace(known[place], is_automated=is_automated)
        then = _is_breach(rule, replace(case, activities=tuple(known)))
        assert said is None or then is None or then is said


@pytest.mark.parametrize("rule_id", RULE_IDS)
@settings(max_examples=50, derandomize=True, deadline=None)
@given(case=cases(), kind=st.sampled_from([ActivityKind.CALL, ActivityKind.EMAIL]))
def test_whatever_was_not_shown(rule_id: str, case: LeadCase, kind: ActivityKind) -> None:
    rule = BY_ID[rule_id]
    whole = tuple(replace(each, is_automated=False) for each in case.activities)
    fact = Fact.CALLS if kind is ActivityKind.CALL else Fact.EMAILS
    seen = replace(
        case,
        activities=tuple(each for each in whole if each.kind is not kind),
        coverage=Coverage(missing=((fact, "it cannot be read"),)),
    )
    said, then = _is_breach(rule, seen), _is_breach(rule, replace(case, activities=whole))
    assert said is None or then is None or then is said
