"""What was said of leads held against what was found out: what each rule is worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.class_rule import RULE_OF_CLASS
from audits.model.activity import ActivityKind, Disposition
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.finding import Outcome as FindingOutcome
from audits.model.lead import LeadStatus
from audits.model.surroundings import Surroundings
from audits.model.truth import PSEUDO_CLASSES, Given, Known, LeadClass, Learned, TruthTerms, TruthVerdict
from audits.rulebook import RULES
from audits.truth.calibration import Outcome
from audits.truth.experience import (
    LEAST_SPOKEN,
    Experience,
    Noted,
    brier_learned,
    classes_shown,
    code_agrees,
    label_of,
    lesson_of,
    noted_of,
    rule_agrees,
    weak_classes,
)
from audits.truth.history import known_signals
from audits.truth.judgement import FOUND_OUT, judge
from audits.truth.of_case import judgement_at_delivery, judgement_of
from audits.truth.outcomes import Found, FoundOut, Way
from audits.truth.weights import MODEL_VERSION, WEIGHTS
from tests.factories import at, make_activity, make_case, make_deal, make_lead, make_policy

POLICY = make_policy()
EMPTY = {"first_name": "asdf", "last_name": "qwerty", "email": "asdfgh@mailinator.com", "phone": "1111111111"}
TYPO = {"email": "ada@gmial.com", "phone": None}
PLAIN = {"email": "ada@byron-verksted.no"}
GENUINE = FoundOut(found=Found.GENUINE, why="own_act", against=PSEUDO_CLASSES, worked=(Way.PHONE,))
DENIED = FoundOut(found=Found.PSEUDO, why="denied", classes=(LeadClass.BOT, LeadClass.EMPTY), worked=(Way.PHONE,))
SPAM = FoundOut(found=Found.PSEUDO, why="spam", classes=(LeadClass.BOT,), against=(LeadClass.EMPTY,))
WRONG = FoundOut(found=Found.ERROR, why="wrong_number", classes=(LeadClass.ERROR,), failed=(Way.PHONE,))
DOUBLE = FoundOut(found=Found.DUPLICATE, why="duplicate")


def noted(found: FoundOut | None, *spoke: str, codes: tuple[str, ...] = (), said: float = 0.95) -> Noted:
    return Noted(said=said, spoke=spoke, codes=codes, found=found)


def case_of(fields: dict[str, Any], *acts: Any, **more: Any) -> LeadCase:
    return make_case(make_lead(**{**fields, **more}), activities=acts)


TALK = make_activity("talk", disposition=Disposition.CONNECTED, duration_s=180)
MEETING = make_activity(
    "meeting", kind=ActivityKind.MEETING, disposition=Disposition.CONNECTED, duration_s=1800, occurred_at=at(-20)
)
DID_NOT_ASK = {"status": LeadStatus.LOST, "raw_status": "Did not request", "closed_at": at(-5)}


@pytest.mark.parametrize("fields", [EMPTY, TYPO, PLAIN])
@pytest.mark.parametrize(
    ("acts", "more"),
    [((TALK,), {}), ((TALK,), DID_NOT_ASK), ((TALK, MEETING), {}),
     ((make_activity(disposition=Disposition.WRONG_NUMBER, duration_s=9),), {})],
)  # fmt: skip
def test_what_was_found_out_changes_nothing_of_what_was_said_before(
    fields: dict[str, Any], acts: tuple[Any, ...], more: dict[str, Any]
):
    before = judgement_at_delivery(case_of(fields), POLICY)
    after = judgement_at_delivery(case_of(fields, *acts, **more), POLICY)
    assert after == before
    assert judgement_of(case_of(fields, *acts, **more), POLICY) != before


def test_contact_data_that_are_hidden_are_not_missed_whatever_was_found_out():
    hidden = Coverage(missing=((Fact.CONTACT_DATA, "no_permission"),))
    nothing = {"phone": None, "mobile": None, "email": None}
    before = replace(case_of(nothing), coverage=hidden)
    after = replace(case_of(nothing, TALK, **DID_NOT_ASK), coverage=hidden)
    assert judgement_at_delivery(after, POLICY) == judgement_at_delivery(before, POLICY)
    assert noted_of(after, POLICY, ()).codes == noted_of(before, POLICY, ()).codes
    assert "nothing_reachable" not in noted_of(after, POLICY, ()).codes


def test_what_was_known_when_it_came_counts():
    bought = (make_deal("old", status=LeadStatus.WON, created_at=at(days=-90), closed_at=at(days=-60)),)
    said = judgement_at_delivery(replace(case_of(PLAIN, TALK), deals=bought), POLICY)
    assert [each.code for found in said.classes for each in found.signals] == ["existing_client"]


def test_what_was_learned_changes_nothing_of_what_is_held_against_outcomes():
    taught = Surroundings(learned=Learned(version="v", said=(0.0, 1.0), found=(0.0, 0.2), weak=(LeadClass.EMPTY,)))
    case = case_of(EMPTY)
    assert judgement_at_delivery(replace(case, surroundings=taught), POLICY) == judgement_of(case, POLICY)
    assert noted_of(replace(case, surroundings=taught), POLICY, ()) == noted_of(case, POLICY, ())


def test_every_reason_that_becomes_known_later_is_left_out():
    later = Known(denied=True, wrong_number=True, confirmed=True), Known(reached=True)
    codes = {each.code for known in later for each in known_signals(known)}
    assert codes | {"denied_order"} == FOUND_OUT
    assert set(WEIGHTS) >= FOUND_OUT


@pytest.mark.parametrize("fields", [EMPTY, TYPO, PLAIN, {"email": "seo@agency.example", **PLAIN}])
def test_a_class_is_shown_just_where_its_rule_speaks(fields: dict[str, Any]):
    case = case_of(fields)
    shown = {RULE_OF_CLASS[each] for each in classes_shown(judgement_of(case, POLICY), POLICY)}
    rules = [rule for rule in RULES if rule.info.rule_id in RULE_OF_CLASS.values()]
    assert len(rules) == len(RULE_OF_CLASS)
    spoke = {rule.info.rule_id for rule in rules if rule.evaluate(case, POLICY).outcome is FindingOutcome.BREACH}
    assert shown == spoke


def test_the_line_of_a_lead():
    line = noted_of(case_of(EMPTY, TALK, **DID_NOT_ASK), POLICY, ("PL003", "RT001"))
    assert line.spoke == ("PL003", "PL011")
    assert line.found is not None
    assert line.found.why == "denied"
    assert not FOUND_OUT & set(line.codes)
    assert line.model_version == MODEL_VERSION
    assert label_of(line) == Outcome(line.said, was_pseudo=True)
    assert label_of(replace(line, found=None)) is None
    assert label_of(replace(line, found=WRONG)) is None, "whoever mistypes may have asked"


@pytest.mark.parametrize(
    ("rule_id", "found", "agrees"),
    [
        ("PL011", DENIED, True), ("PL011", SPAM, False), ("PL011", GENUINE, False), ("PL011", WRONG, None),
        ("PL008", DENIED, None), ("PL008", GENUINE, False), ("PL006", SPAM, True),
        ("PL001", DENIED, True), ("PL001", WRONG, True), ("PL002", GENUINE, False), ("PL003", DOUBLE, None),
        ("PL004", DOUBLE, True), ("PL004", GENUINE, None), ("PL004", DENIED, None),
        ("PL004", replace(GENUINE, why="won"), False), ("PL011", None, None), ("PL004", None, None),
    ],
)  # fmt: skip
def test_what_bears_out_a_rule_and_what_refutes_it(rule_id: str, found: FoundOut | None, agrees: bool | None):
    assert rule_agrees(rule_id, noted(found, rule_id)) is agrees


@pytest.mark.parametrize(
    ("codes", "found", "agrees"),
    [
        (("phone_impossible",), WRONG, True),
        (("phone_impossible",), GENUINE, False),
        (("email_domain_typo",), WRONG, None),
        (("email_domain_typo",), GENUINE, None),
        (("email_domain_typo", "phone_impossible"), GENUINE, None),
        (("name_slip",), GENUINE, None),
        (("email_domain_typo",), replace(GENUINE, worked=(Way.EMAIL,)), False),
        (("email_domain_typo",), replace(GENUINE, failed=(Way.EMAIL,)), True),
    ],
)
def test_an_error_is_judged_by_the_way_in_which_it_lies(codes: tuple[str, ...], found: FoundOut, agrees: bool | None):
    assert rule_agrees("PL005", noted(found, "PL005", codes=codes)) is agrees


def test_reasons_are_judged_as_their_classes_are():
    assert code_agrees("mashed_name", noted(DENIED)) is True
    assert code_agrees("mashed_name", noted(GENUINE)) is False
    assert code_agrees("need_stated", noted(GENUINE)) is True
    assert code_agrees("need_stated", noted(DENIED)) is False
    assert code_agrees("cluster_accepts", noted(GENUINE)) is True
    assert code_agrees("phone_impossible", noted(WRONG)) is True
    assert code_agrees("no_such_reason", noted(GENUINE)) is None


def test_each_line_counts_as_often_as_it_says():
    lines = [
        (noted(DENIED, "PL011", codes=("mashed_name",)), 3),
        (noted(GENUINE, "PL011"), 2),
        (noted(None, "PL011"), 4),
    ]
    counted = Experience.of(lines)
    tally = counted.rule("PL011")
    assert (tally.spoke, tally.agreed.hits, tally.agreed.n) == (9, 3, 5)
    assert counted.code("mashed_name").spoke == 3
    assert counted.rule("PL012").spoke == 0
    assert sorted(each.was_pseudo for each in counted.outcomes) == [False, False, True, True, True]


def of_empty(agreed: int, refuted: int) -> Experience:
    return Experience.of([(noted(DENIED, "PL011"), agreed), (noted(GENUINE, "PL011"), refuted)])


def test_a_class_is_demoted_by_its_interval_and_returns_at_one_half():
    assert weak_classes(of_empty(5, 30)) == (LeadClass.EMPTY,)
    assert weak_classes(of_empty(15, 20)) == (), "its interval holds one half"
    assert weak_classes(of_empty(0, LEAST_SPOKEN - 1)) == ()
    weak = (LeadClass.EMPTY,)
    assert weak_classes(of_empty(15, 20), weak) == weak
    assert weak_classes(of_empty(20, 20), weak) == ()
    assert weak_classes(of_empty(1, 1), weak) == weak, "what few say changes nothing"


def test_a_lesson_is_named_by_what_it_says():
    first = lesson_of(of_empty(5, 30))
    assert first.version
    assert lesson_of(of_empty(6, 31)).version == first.version
    assert lesson_of(of_empty(15, 20)) == Learned()
    assert lesson_of(of_empty(15, 20), first) == first


def test_the_score_of_a_curve_is_taken_on_what_it_did_not_see():
    assert brier_learned([Outcome(0.9, True)] * 50 + [Outcome(0.1, False)] * 40) is None
    outcomes = [Outcome(0.9, index % 2 == 0) for index in range(400)] + [Outcome(0.1, False)] * 100
    scored = brier_learned(outcomes)
    assert scored is not None
    assert 0.19 < scored < 0.22


@given(st.sets(st.sampled_from(["denied", "wrong_number", "reached", "confirmed"])), st.floats(0.02, 0.98))
def test_what_was_found_out_weighs_the_same_on_what_was_learned(facts: set[str], believed: float):
    """The curve mends what could be said when the lead came; a fact moves the odds from there by its weight."""
    given_ = Given(id="1", first_name="asdf", last_name="Hansen", phone="+47 22 33 44 55")
    said = judge(given_).pseudo_probability
    learned = Learned(version="v", said=(said,), found=(believed,))
    known = Known(**dict.fromkeys(facts, True))
    shipped, mended = judge(given_, known=known), judge(given_, known=known, learned=learned)

    def odds(probability: float) -> float:
        return probability / (1 - probability)

    if 0.001 < mended.pseudo_probability < 0.999 and 0.001 < shipped.pseudo_probability < 0.999:
        expected = odds(shipped.pseudo_probability) * odds(believed) / odds(said)
        assert odds(mended.pseudo_probability) == pytest.approx(expected, rel=0.15)
    assert judge(given_, learned=learned).pseudo_probability == pytest.approx(believed, abs=1e-4)


def test_a_demoted_class_is_suspect_at_most():
    terms = TruthTerms()
    given_ = Given(id="1", **EMPTY)
    assert judge(given_, terms).verdict is TruthVerdict.PSEUDO
    weak = Learned(version="v", weak=(LeadClass.EMPTY,))
    assert judge(given_, terms, learned=weak).verdict is TruthVerdict.SUSPECT
