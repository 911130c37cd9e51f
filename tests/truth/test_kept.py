"""Lead truth as it is kept: exact in both directions, equal text for equal leads, no second copy of a message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given as tried_with
from hypothesis import settings
from hypothesis import strategies as st

from audits.model.activity import ActivityKind, Direction, Disposition
from audits.model.lead import LeadStatus
from audits.model.truth import Given, Known, LeadClass, Neighbours, TruthTerms
from audits.truth.judgement import judge
from audits.truth.kept import WIPED, Truth, has_quotes, truth_from_json, truth_to_json, without_message
from audits.truth.ladder import Rung, RungState, ladder
from audits.truth.of_case import judgement_of, known_of
from connector.storage.json_text import QUOTES, dump_truth, load_truth
from tests.factories import at, make_activity, make_case, make_deal, make_lead, make_policy

POLICY = make_policy(region="NO", own_domains=("firma.no",), competitor_domains=("rival.example",))
SPAM = "Cheap SEO backlinks, visit https://spam.example and https://links.example to rank first on Google"
WINDOWS = "We want 20 windows for a house in Oslo, please call in the morning"
JOB = "I am looking for a job and would like to send you my CV"


def truth_of(lead: dict[str, Any], **fields: Any) -> Truth:
    case = make_case(make_lead("1", **lead), **fields)
    judged = judgement_of(case, POLICY)
    return Truth(judged, ladder(case, POLICY, judged, known_of(case, POLICY)))


TRUTHS = {
    "a person": truth_of(
        {"message": WINDOWS, "email": "ada@gmail.com"},
        activities=(
            make_activity(disposition=Disposition.CONNECTED, duration_s=300),
            make_activity("in-1", kind=ActivityKind.EMAIL, direction=Direction.INBOUND, disposition=None),
        ),
        deals=(make_deal("d1", "1", status=LeadStatus.WON, closed_at=at(-1)),),
    ),
    "nothing": truth_of({"email": None, "phone": None, "first_name": None, "last_name": None}),
    "a slip": truth_of({"email": "ada@gmial.com", "phone": "+47 9123456"}),
    "spam": truth_of({"message": SPAM, "first_name": "asdfgh", "user_agent": "curl/8.0", "honeypot": "x"}),
    "a job": truth_of({"message": JOB, "first_name": "Νίκος", "last_name": "محمد"}),
    "a test": truth_of({"first_name": "test", "last_name": "test", "email": "test@firma.no"}),
}


@pytest.mark.parametrize("name", TRUTHS)
def test_a_judgement_comes_back_equal(name: str):
    truth = TRUTHS[name]
    assert truth_from_json(json.loads(json.dumps(truth_to_json(truth)))) == truth
    assert load_truth(dump_truth(truth)) == truth
    assert len(truth.steps) == len(Rung)


def test_all_that_others_and_the_crm_say_comes_back_equal():
    judged = judge(
        Given(id="7", name="Ada", phone="22 33 44 55", company="Rival AS", preferred_at=at(60)),
        TruthTerms(region="NO", competitor_names=("Rival AS",)),
        Neighbours(subnet_24h=9, identical_24h=4, template=9, template_reached=8, template_denied=8,
                   returns_under_names=3),
        Known(is_client=True, denied=True, wrong_number=True, reached=True, confirmed=True),
    )  # fmt: skip
    assert {each.lead_class for each in judged.classes} >= {
        LeadClass.BOT,
        LeadClass.PAID_FILLER,
        LeadClass.COMPETITOR,
    }
    assert load_truth(dump_truth(Truth(judged, ()))) == Truth(judged, ())


texts = st.one_of(
    st.none(), st.text(max_size=30), st.sampled_from((SPAM, JOB, "asdf qwer", "ada@gmial.com", "12345"))
)


@settings(max_examples=60, deadline=None)
@tried_with(st.builds(Given, id=st.text(max_size=5), name=texts, email=texts, phone=texts, message=texts, ip=texts))
def test_equal_leads_give_an_equal_text_that_can_be_read(given: Given):
    truth, again = Truth(judge(given), ()), Truth(judge(given), ())
    kept = dump_truth(truth)
    assert kept == dump_truth(again)
    assert truth_from_json(json.loads(kept)) == truth
    assert dump_truth(truth_from_json(json.loads(kept))) == kept
    assert has_quotes(truth) == kept.startswith(QUOTES)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "neither a judgement nor steps"),
        ({"judgement": {}, "steps": []}, "required"),
        ({"judgement": 3, "steps": []}, "no object"),
        ({"judgement": {"mood": "good"}, "steps": []}, "not known"),
        ({"judgement": {"id": 3}, "steps": []}, "no str"),
        ({"judgement": {"verdict": "splendid"}, "steps": []}, "TruthVerdict"),
        ({"judgement": {"classes": "many"}, "steps": []}, "no list"),
    ],
)
def test_what_is_no_judgement_is_refused(data: object, says: str):
    with pytest.raises(ValueError, match=says):
        truth_from_json(data)


@pytest.mark.parametrize(("name", "message"), [("a person", WINDOWS), ("spam", SPAM), ("a job", JOB)])
def test_the_message_itself_is_not_kept_and_its_words_only_as_long_as_they_may(name: str, message: str):
    truth = TRUTHS[name]
    kept = dump_truth(without_message(truth, keeps_quotes=True))
    assert message not in kept
    wiped = without_message(truth, keeps_quotes=False)
    assert not has_quotes(wiped)
    assert not dump_truth(wiped).startswith(QUOTES)
    assert wiped.judgement.verdict is truth.judgement.verdict
    assert [each.probability for each in wiped.judgement.classes] == [
        each.probability for each in truth.judgement.classes
    ]
    for word in ("backlinks", "looking for a job", "windows"):
        assert word not in dump_truth(wiped)
    if name != "a person":
        assert kept.startswith(QUOTES)
        assert WIPED in repr(wiped)


def test_the_kept_steps_say_what_was_lifted():
    steps = {step.rung: step for step in load_truth(dump_truth(TRUTHS["a person"])).steps}
    assert steps[Rung.SOLVENCY].state is RungState.LIFTED
    assert steps[Rung.SOLVENCY].at == at(-1)
