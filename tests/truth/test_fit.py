"""Target-group fit: each criterion explained, what is not known neither earns nor costs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from audits.engine import audit
from audits.model.deal import DealContact
from audits.model.exchange import case_from_json, case_to_json
from audits.model.fit import OWN_FACTS, Criterion, FitField, FitSubject
from audits.model.policy import Policy
from audits.model.said import english
from audits.truth.fit import facts_of, fit
from audits.truth.kept import Truth, truth_from_json, truth_to_json
from audits.truth.of_case import judgement_of
from connector.storage.json_text import dump_truth, load_truth
from tests.factories import at, make_case, make_deal, make_lead, make_policy

PLACE = Criterion(name="Nordic", subject=FitSubject.PERSON, field="country", weight=30, any_of=("Norge", "Sverige"))
SCALE = Criterion(name="Scale", subject=FitSubject.ORGANISATION, field="staff", weight=50, least=10, most=250)
NAMED = Criterion(name="A firm", subject=FitSubject.ORGANISATION, field="company", weight=20)
TRADE = Criterion(name="Trade", subject=FitSubject.ORGANISATION, field="industry", weight=20, any_of=("Barns",))
TOWN = Criterion(name="Town", subject=FitSubject.PERSON, field="city", weight=10, any_of=("Oslo",))
DEALS = Criterion(name="Large", subject=FitSubject.ORGANISATION, field="deal_amount", weight=40, least=50_000)


@pytest.mark.parametrize(
    ("facts", "percent", "points"),
    [
        ({"staff": "10", "company": "Fjord AS"}, 100, [50, 20]),
        ({"staff": "250"}, 100, [50, None]),
        ({"staff": "251", "company": "Fjord AS"}, 29, [0, 20]),
        ({"staff": "1\u00a0200", "company": None}, 0, [0, None]),
        ({"staff": "a few"}, None, [None, None]),
        ({}, None, [None, None]),
        ({"staff": "9,5", "company": " "}, 0, [0, None]),
    ],
)
def test_points_by_hand(facts: dict[str, str | None], percent: int | None, points: list[int | None]):
    told = fit([PLACE, SCALE, NAMED], facts, FitSubject.ORGANISATION)
    assert told.percent == percent
    assert [part.points for part in told.parts] == points


def test_words_are_compared_without_case_and_accents():
    accented = Criterion(name="City", subject=FitSubject.PERSON, field="city", weight=1, any_of=("Tromsø", "Αθήνα"))
    for city in ("TROMSØ", "αθηνα", " Αθήνα "):
        assert fit([accented], {"city": city}, FitSubject.PERSON).percent == 100
    assert fit([accented], {"city": "Oslo"}, FitSubject.PERSON).percent == 0


def test_each_part_says_why():
    told = fit([PLACE], {"country": "Norge"}, FitSubject.PERSON)
    assert english(told.parts[0].why) == "Norge: as wanted."
    assert english(fit([PLACE], {}, FitSubject.PERSON).parts[0].why) == "Not known."


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": 0},
        {"weight": 101},
        {"name": " "},
        {"least": 3.0, "most": 2.0},
        {"any_of": ("x",), "least": 1.0},
    ],
)
def test_a_criterion_that_means_nothing_is_refused(wrong: dict[str, object]):
    fine: dict[str, object] = {"name": "x", "subject": FitSubject.PERSON, "field": "country", "weight": 1}
    with pytest.raises(ValueError, match=r"x|criterion"):
        Criterion(**{**fine, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("1.234.567", True),
        ("1,234,567", True),
        ("1 200", True),
        ("1200.50", True),
        # A thousand to some, and one and a bit to others.
        ("1,200", None),
        ("1.200", None),
        ("999", False),
        ("11-50", None),
        ("inf", None),
        ("nan", None),
    ],
)
def test_a_number_that_means_two_things_is_not_known(text: str, holds: bool | None):
    big = Criterion(name="Big", subject=FitSubject.ORGANISATION, field="staff", weight=1, least=1000)
    [part] = fit([big], {"staff": text}, FitSubject.ORGANISATION).parts
    assert part.points == (None if holds is None else int(holds))


def facts(lead: dict[str, Any] | None = None, **fields: Any) -> dict[str, str | None]:
    case = make_case(make_lead("1", **(lead or {})), **fields)
    return dict(facts_of(case, judgement_of(case, make_policy())))


def test_every_field_has_its_fact_and_no_other():
    assert set(facts()) == set(FitField)


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("ada@gmail.com", "free"),
        ("ada@firma.no", "company"),
        ("ada@mailinator.com", "disposable"),
        ("ada@privaterelay.appleid.com", None),
        ("ada@", None),
        (None, None),
    ],
)
def test_the_kind_of_a_mailbox(email: str | None, mailbox: str | None):
    assert facts({"email": email})["mailbox"] == mailbox


def test_facts_of_a_lead():
    found = facts(
        {"country": "Norge", "phone": "+47 22 33 44 55", "company": "Fjord AS", "lead_type": "Demo", "priority": None}
    )
    told = {name: found[name] for name in ("country", "phone_country", "company", "lead_type", "priority")}
    assert told == {
        "country": "Norge",
        "phone_country": "NO",
        "company": "Fjord AS",
        "lead_type": "Demo",
        "priority": None,
    }


def test_facts_that_fields_of_the_account_say():
    assert {name: value for name, value in facts().items() if name in OWN_FACTS} == dict.fromkeys(OWN_FACTS)
    own = (("decides", "yes"), ("industry", "Roofs"), ("staff", "120"))
    found = facts({"facts": own})
    assert {name: value for name, value in found.items() if value and name in OWN_FACTS} == dict(own)
    # What a deal says of him goes before what a field says.
    deal = make_deal("d1", contacts=(DealContact(contact_id="1", is_decider=False),))
    assert facts({"facts": own}, deals=(deal,))["decides"] == "no"
    told = audit(make_case(make_lead("1", facts=own)), make_policy(criteria=(SCALE, TRADE, TOWN))).fit
    assert [part.points for part in told.organisation.parts] == [50, 0]
    assert [part.points for part in told.person.parts] == [None]


def test_facts_of_the_account_travel_with_the_case():
    case = make_case(make_lead("1", facts=(("city", "Oslo"), ("staff", "12"))))
    told = json.loads(json.dumps(case_to_json(case)))
    assert case_from_json(told) == case
    assert "facts" not in case_to_json(make_case(make_lead("1")))["lead"]  # type: ignore[operator]
    told["lead"]["facts"] = [["city", 1]]
    with pytest.raises(ValueError, match=r"lead\.facts"):
        case_from_json(told)


def test_facts_of_its_deals():
    assert (facts()["deal_amount"], facts()["decides"]) == (None, None)
    small, large = make_deal("d1", "1", amount_minor=5_000_00), make_deal("d2", "1", amount_minor=12_345_67)
    yen = make_deal("d3", "1", amount_minor=9_000, currency="JPY")
    later = make_deal("d4", "1", amount_minor=99_999_999, created_at=at(60))
    unknown = make_deal("d5", "1", amount_minor=None, currency=None)
    assert facts(deals=(small, large, later, unknown))["deal_amount"] == "12345"
    assert facts(deals=(yen,))["deal_amount"] == "9000"
    assert facts(deals=(unknown,))["deal_amount"] is None

    def decides(*told: bool | None) -> str | None:
        deals = tuple(
            make_deal(f"d{n}", contacts=(DealContact(contact_id="1", is_decider=each), DealContact(contact_id="2")))
            for n, each in enumerate(told)
        )
        return facts(deals=deals)["decides"]

    assert [decides(None), decides(True), decides(False), decides(False, True)] == [None, "yes", "no", "yes"]
    other = make_deal("d1", contacts=(DealContact(contact_id="2", is_decider=True),))
    assert facts(deals=(other,))["decides"] is None


def test_the_audit_says_the_fit_beside_all_else():
    case = make_case(make_lead("1", country="Norge", company="Fjord AS"), deals=(make_deal("d1", "1"),))
    plain, with_group = make_policy(), make_policy(criteria=(PLACE, replace(NAMED, weight=60), DEALS))
    before, after = audit(case, plain), audit(case, with_group)
    assert not before.fit.has_criteria
    assert before.fit.percent is None
    assert (after.fit.person.percent, after.fit.organisation.percent, after.fit.percent) == (100, 60, 69)
    # It moves no finding, no score and no verdict.
    assert replace(after, fit=before.fit) == before


def test_the_fit_is_kept_with_the_judgement():
    case = make_case(make_lead("1", country="Norge"))
    told = audit(case, make_policy(criteria=(PLACE, NAMED, SCALE, DEALS)))
    truth = Truth(told.judgement, told.steps, told.fit)
    assert truth_from_json(json.loads(json.dumps(truth_to_json(truth)))) == truth
    assert load_truth(dump_truth(truth)) == truth
    assert load_truth(dump_truth(Truth(told.judgement, told.steps))).fit is None


def test_criteria_stand_in_the_policy_and_come_back_equal():
    policy = make_policy(criteria=(PLACE, SCALE, NAMED, DEALS))
    assert Policy.from_json(json.loads(json.dumps(policy.to_json()))) == policy
    # A policy without criteria keeps the text, and with it the hash, that it had before there were any.
    assert "criteria" not in make_policy().to_json()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"weight": 0}, "criteria[1]: Scale: the weight must be 1 to 100"),
        ({"weight": True}, "criteria[1].weight"),
        ({"weight": "5"}, "criteria[1].weight"),
        ({"subject": "dog"}, "criteria[1].subject"),
        ({"name": None}, "criteria[1]"),
        ({"any_of": "x"}, "criteria[1].any_of"),
        ({"any_of": ["x"]}, "one of them only"),
        ({"least": "ten"}, "criteria[1].least"),
        ({"least": float("nan")}, "criteria[1].least"),
        ({"most": 1}, "range ends before it begins"),
        ({"extra": 1}, "criteria[1].extra"),
    ],
)
def test_a_wrong_criterion_names_its_place(change: dict[str, object], says: str):
    told = make_policy(criteria=(PLACE, SCALE)).to_json()
    told["criteria"][1].update(change)  # type: ignore[index]
    with pytest.raises(ValueError, match=re.escape(says)):
        Policy.from_json(told)
