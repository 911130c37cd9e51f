"""The judgement: sums by hand, verdicts, and that nothing which was not looked at speaks."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.model.said import say
from audits.model.truth import (
    PSEUDO_CLASSES,
    Given,
    Known,
    LeadClass,
    LookedUp,
    Neighbours,
    Signal,
    TruthTerms,
    TruthVerdict,
)
from audits.reports.truth_page import page
from audits.truth.judgement import error_probability, judge, pseudo_probabilities
from audits.truth.weights import PRIOR_ODDS, WEIGHTS, signal

PERSON = Given(id="1", name="Anna Berg", email="anna.berg@firma.no", phone="22334455", country="NO")


def signals(*codes: str) -> list[Signal]:
    return [signal(code, say("x"), field="x", value="x") for code in codes]


def test_odds_by_hand():
    found = pseudo_probabilities(signals("honeypot_filled", "phone_in_use"))
    bot = PRIOR_ODDS[LeadClass.BOT] * math.exp(7.0 - 0.7)
    empty = PRIOR_ODDS[LeadClass.EMPTY] * math.exp(-0.7)
    test = PRIOR_ODDS[LeadClass.TEST] * math.exp(-0.7)
    others = sum(PRIOR_ODDS[each] for each in PSEUDO_CLASSES) - sum(
        PRIOR_ODDS[each] for each in (LeadClass.BOT, LeadClass.EMPTY, LeadClass.TEST)
    )
    assert found[LeadClass.BOT] == pytest.approx(bot / (1 + bot + empty + test + others))


def test_an_error_stands_beside_the_classes():
    odds = PRIOR_ODDS[LeadClass.ERROR] * math.exp(6.5)
    assert error_probability(signals("email_domain_typo", "honeypot_filled")) == pytest.approx(odds / (1 + odds))


@given(st.lists(st.sampled_from(sorted(WEIGHTS)), max_size=12), st.randoms())
def test_probabilities_add_up_and_hang_on_no_order(codes: list[str], dice):
    found = pseudo_probabilities(signals(*codes))
    assert 0 <= math.fsum(found.values()) <= 1 + 1e-12
    assert all(0 <= each <= 1 for each in found.values())
    mixed = codes[:]
    dice.shuffle(mixed)
    assert pseudo_probabilities(signals(*mixed)) == found


@given(st.lists(st.sampled_from(sorted(WEIGHTS)), max_size=6), st.sampled_from(sorted(WEIGHTS)))
def test_a_reason_for_a_class_never_makes_it_less_likely(codes: list[str], more: str):
    lead_class = WEIGHTS[more].lead_class
    if lead_class is None or lead_class is LeadClass.ERROR or WEIGHTS[more].weight < 0:
        return
    before, after = pseudo_probabilities(signals(*codes)), pseudo_probabilities(signals(*codes, more))
    assert after[lead_class] >= before[lead_class]


def test_a_plain_person_is_genuine():
    judged = judge(PERSON)
    assert judged.verdict is TruthVerdict.GENUINE
    assert judged.classes == ()
    assert judged.pseudo_probability < 0.1


def test_the_same_is_said_twice():
    assert judge(PERSON) == judge(replace(PERSON))


def test_what_is_not_given_says_nothing():
    judged = judge(PERSON)
    assert {"ip", "user_agent", "time_on_form_s", "honeypot", "message", "history"} <= set(judged.not_looked_at)
    bare = judge(Given(phone="22334455"))
    assert bare.verdict is TruthVerdict.UNKNOWN
    assert "phone" in bare.not_looked_at
    assert bare.classes == ()


def test_a_number_that_holds_digits_in_a_row_is_mended_too():
    """One digit lost, added or swapped: of 0800 123456 most is a run, and somebody meant it all the same."""
    for number in ("+32 800 123 45 6", "+41 80 0123456 7"):
        judged = judge(Given(phone=number))
        assert judged.phone is not None
        assert not judged.phone.is_valid
        assert [each.field for each in judged.repairs] == ["phone"] * len(judged.phone.suggestions) != []
    assert judge(Given(phone="1234567890", country="US")).repairs == ()


def test_two_sure_signs_of_a_bot_are_a_pseudo_lead():
    judged = judge(replace(PERSON, honeypot="http://x", time_on_form_s=0.4))
    assert judged.verdict is TruthVerdict.PSEUDO
    assert judged.classes[0].lead_class is LeadClass.BOT
    assert [each.code for each in judged.classes[0].signals] == ["honeypot_filled", "form_too_fast"]


def test_speed_alone_is_no_proof():
    assert judge(replace(PERSON, time_on_form_s=1.0)).verdict is TruthVerdict.GENUINE


def test_the_account_says_from_where_on_a_lead_is_suspect():
    fast = replace(PERSON, time_on_form_s=1.0)
    assert judge(fast, TruthTerms(suspect_percent=5)).verdict is TruthVerdict.SUSPECT
    assert judge(fast, TruthTerms(suspect_percent=5, pseudo_percent=6)).verdict is TruthVerdict.PSEUDO


def test_a_paid_filler_is_seen_in_the_crowd_and_not_in_one_lead():
    denied = Known(denied=True, reached=True)
    assert judge(PERSON, known=denied).verdict is TruthVerdict.GENUINE
    crowd = Neighbours(template=40, template_reached=12, template_denied=11)
    judged = judge(PERSON, neighbours=crowd, known=denied)
    assert judged.verdict is TruthVerdict.PSEUDO
    assert judged.classes[0].lead_class is LeadClass.PAID_FILLER


@pytest.mark.parametrize(("reached", "denied", "speaks"), [(4, 4, False), (12, 7, False), (12, 11, True)])
def test_a_crowd_speaks_only_when_chance_is_out_of_the_way(reached: int, denied: int, speaks: bool):
    crowd = Neighbours(template=40, template_reached=reached, template_denied=denied)
    codes = {each.code for found in judge(PERSON, neighbours=crowd).classes for each in found.signals}
    assert ("cluster_denied" in codes) is speaks


def test_a_burst_that_is_explained_says_nothing():
    burst = Neighbours(subnet_24h=40, identical_24h=30)
    assert judge(PERSON, neighbours=burst).pseudo_probability > judge(PERSON).pseudo_probability
    explained = replace(burst, burst_explained=True)
    assert judge(PERSON, neighbours=explained).pseudo_probability == judge(PERSON).pseudo_probability


def test_somebody_else_at_the_number_is_an_error_of_the_number_and_no_pseudo_lead():
    judged = judge(PERSON, known=Known(wrong_number=True))
    assert judged.classes[0].lead_class is LeadClass.ERROR
    assert judged.verdict is TruthVerdict.GENUINE


def test_who_came_to_a_meeting_is_a_person():
    odd = replace(PERSON, time_on_form_s=1.0, honeypot="x")
    assert judge(odd, known=Known(reached=True, confirmed=True)).verdict is TruthVerdict.GENUINE


def test_the_page_is_made_from_the_weights():
    kept = Path(__file__).parents[2] / "docs" / "lead-truth.md"
    assert kept.read_text() == page(), "make docs"


def test_every_weight_says_what_it_means():
    for code, weight in WEIGHTS.items():
        assert weight.meaning, code
        assert bool(weight.against) == (weight.lead_class is None), code
        assert weight.lead_class is not None or weight.weight > 0


@pytest.mark.parametrize(("answer", "code"), [(True, "email_deliverable"), (False, "email_domain_unknown")])
def test_what_was_looked_up_counts_once(answer: bool, code: str) -> None:
    judged = judge(Given(email="ann.lee@firm.no"), looked_up=LookedUp(is_deliverable=answer))
    signals = [*judged.genuine_signals, *(each for of in judged.classes for each in of.signals)]
    assert [each.code for each in signals].count(code) == 1
