"""The verification ladder: facts lift a rung, with day and proof; silence lifts and refutes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from audits.model.activity import ActivityKind, Direction, Disposition
from audits.model.case import LeadCase
from audits.model.lead import LeadStatus
from audits.model.surroundings import Surroundings
from audits.model.truth import Given, Known, LookedUp
from audits.truth.judgement import judge
from audits.truth.ladder import Rung, RungState, Step, ladder
from tests.factories import at, make_activity, make_case, make_deal, make_lead, make_policy

POLICY = make_policy()
LIFTED, REFUTED, UNKNOWN = RungState.LIFTED, RungState.REFUTED, RungState.UNKNOWN


def steps(case: LeadCase, known: Known | None = None) -> dict[Rung, Step]:
    lead = case.lead
    given = Given(id=lead.lead_id, email=lead.email, phone=lead.phone, country=lead.country)
    judged = judge(given, looked_up=case.surroundings.looked_up or LookedUp())
    found = ladder(case, POLICY, judged, known or Known())
    assert [step.rung for step in found] == list(Rung)
    return {step.rung: step for step in found}


def inbound(kind: ActivityKind, **fields: Any) -> object:
    return make_activity("in-1", kind=kind, direction=Direction.INBOUND, disposition=None, duration_s=None, **fields)


def test_a_new_lead_has_only_what_its_form_shows():
    found = steps(make_case(make_lead(email="ada@firma.no", phone="+47 22 33 44 55")))
    assert {rung for rung, step in found.items() if step.state is LIFTED} == {Rung.SYNTAX, Rung.PLAUSIBLE_NUMBER}
    assert all(step.state is UNKNOWN and step.at is None for rung, step in found.items() if rung not in (
        Rung.SYNTAX, Rung.PLAUSIBLE_NUMBER))  # fmt: skip


def test_nothing_given_refutes_nothing():
    found = steps(make_case(make_lead(email=None, phone=None)))
    assert {step.state for step in found.values()} == {UNKNOWN}


def test_wrong_data_are_refuted_by_form():
    found = steps(make_case(make_lead(email="ada@", phone="+47 1")))
    assert (found[Rung.SYNTAX].state, found[Rung.PLAUSIBLE_NUMBER].state) == (REFUTED, REFUTED)


def test_a_connected_call_reaches_and_does_not_confirm():
    call = make_activity(disposition=Disposition.CONNECTED, duration_s=120)
    found = steps(make_case(activities=(call,)))
    assert (found[Rung.REACHED].state, found[Rung.REACHED].at) == (LIFTED, call.occurred_at)
    assert found[Rung.REACHED].evidence[0].record_id == call.activity_id
    assert found[Rung.CONFIRMED].state is UNKNOWN


def test_a_call_that_nobody_answered_refutes_nothing():
    assert steps(make_case(activities=(make_activity(),)))[Rung.REACHED].state is UNKNOWN


def test_an_answer_by_mail_delivers_reaches_and_confirms():
    mail = make_activity("m", kind=ActivityKind.EMAIL, disposition=None, duration_s=None)
    answer = inbound(ActivityKind.EMAIL, occurred_at=at(minutes=-30))
    found = steps(make_case(activities=(mail, answer)))  # type: ignore[arg-type]
    assert [found[rung].state for rung in (Rung.DELIVERABLE, Rung.REACHED, Rung.CONFIRMED)] == [LIFTED] * 3
    assert found[Rung.DELIVERABLE].at == at(minutes=-30)


def test_a_mail_that_came_back_refutes_the_address():
    bounced = make_activity("m", kind=ActivityKind.EMAIL, disposition=Disposition.BOUNCED, duration_s=None)
    assert steps(make_case(activities=(bounced,)))[Rung.DELIVERABLE].state is REFUTED


def test_a_denial_refutes_the_person():
    call = make_activity(disposition=Disposition.CONNECTED, duration_s=120)
    found = steps(make_case(activities=(call,)), Known(denied=True))
    assert (found[Rung.REACHED].state, found[Rung.CONFIRMED].state) == (LIFTED, REFUTED)


@pytest.mark.parametrize(
    ("fields", "need", "solvency"),
    [
        ({}, LIFTED, UNKNOWN),
        ({"status": LeadStatus.WON, "closed_at": at(minutes=-5)}, LIFTED, LIFTED),
        ({"status": LeadStatus.WON}, LIFTED, UNKNOWN),
        ({"status": LeadStatus.LOST, "closed_at": at(minutes=-5)}, LIFTED, UNKNOWN),
    ],
)
def test_deals_show_need_and_a_sale_solvency(fields: dict[str, Any], need: RungState, solvency: RungState):
    found = steps(make_case(deals=(make_deal(**fields),)))
    assert (found[Rung.NEED].state, found[Rung.SOLVENCY].state) == (need, solvency)


def test_a_lead_that_was_won_has_paid():
    won = make_lead(status=LeadStatus.WON, closed_at=at(minutes=-5))
    assert steps(make_case(won))[Rung.SOLVENCY].state is LIFTED
    assert steps(make_case(make_lead(status=LeadStatus.WON, closed_at=at(minutes=5))))[Rung.SOLVENCY].state is UNKNOWN


@pytest.mark.parametrize(("takes_mail", "state"), [(True, LIFTED), (False, REFUTED)])
def test_a_look_up_lifts_or_refutes_the_address_on_its_own_day(takes_mail: bool, state: RungState):
    asked = LookedUp(is_deliverable=takes_mail, at=at(90))
    step = steps(make_case(make_lead(email="ada@firma.no"), surroundings=Surroundings(looked_up=asked)))[
        Rung.DELIVERABLE
    ]
    assert (step.state, step.at) == (state, at(90))


def test_a_look_up_without_an_answer_leaves_it_unknown():
    asked = LookedUp(is_deliverable=None, at=at(90))
    step = steps(make_case(make_lead(email="ada@firma.no"), surroundings=Surroundings(looked_up=asked)))[
        Rung.DELIVERABLE
    ]
    assert (step.state, step.at) == (UNKNOWN, None)
