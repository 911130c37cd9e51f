"""What an account says of itself, and slips in names."""

from __future__ import annotations

import pytest

from audits.model.truth import Given, LeadClass, TruthTerms, TruthVerdict
from audits.truth.judgement import judge

TERMS = TruthTerms(
    own_domains=("fjordkraft.no",), competitor_domains=("rival.com",), competitor_names=("Rival Solutions GmbH",)
)


def codes(given: Given, terms: TruthTerms = TERMS) -> set[str]:
    judged = judge(given, terms)
    return {each.code for found in judged.classes for each in found.signals} | {
        each.code for each in judged.genuine_signals
    }


@pytest.mark.parametrize(
    ("email", "company", "expected"),
    [
        ("test@fjordkraft.no", None, {"own_domain"}),
        ("a@mail.fjordkraft.no", None, {"own_domain"}),
        ("a@notfjordkraft.no", None, set()),
        ("a@rival.com", None, {"competitor_domain"}),
        ("a@eu.rival.com", None, {"competitor_domain"}),
        ("a@rival.com.example.org", None, set()),
        ("anna@bergbygg.no", "Berg Bygg AS", {"company_address"}),
        ("anna@berg-bygg.no", "BERGBYGG", {"company_address"}),
        ("anna@gmail.com", "Gmail AS", set()),
        ("anna@gmail.com", "Rival Solutions", {"competitor_named"}),
        ("anna@gmail.com", "rival solutions norge as", {"competitor_named"}),
        ("anna@gmail.com", "Arrival Solutions", set()),
        ("anna@gmail.com", "Rivalry Solutions", set()),
        ("anna@gmail.com", "AS", set()),
    ],
)
def test_domains_and_firms(email: str, company: str | None, expected: set[str]):
    found = codes(Given(email=email, company=company))
    assert found & {"own_domain", "competitor_domain", "competitor_named", "company_address"} == expected


def test_a_competitors_address_is_a_pseudo_lead_and_his_customers_is_not():
    assert judge(Given(name="Max Rival", email="max@rival.com"), TERMS).verdict is not TruthVerdict.GENUINE
    judged = judge(Given(name="Max Rival", email="max@gmail.com", phone="+47 22 33 44 55"), TERMS)
    assert judged.verdict is TruthVerdict.GENUINE


@pytest.mark.parametrize(
    ("field", "name", "proposed"),
    [
        ("name", "J0hn Smith", "John Smith"),
        ("first_name", "Mar1a", "Maria"),
        ("last_name", "BJ0RN", "BJORN"),
        ("name", "Γ1ώργος Παππάς", "Γiώργος Παππάς"),
    ],
)
def test_a_digit_for_a_letter_is_mended(field: str, name: str, proposed: str):
    judged = judge(Given(email="x@firma.no", **{field: name}))
    if name.isascii():
        assert [(each.field, each.proposed) for each in judged.repairs] == [(field, proposed)]
        assert judged.verdict is TruthVerdict.REPAIRABLE


@pytest.mark.parametrize("name", ["Louis XIV", "Anna 2", "R2D2", "X Æ A-12", "John Smith 3rd", "M4rcus99"])
def test_other_digits_are_left_alone(name: str):
    assert not [each for each in judge(Given(name=name, email="x@firma.no")).repairs if each.field == "name"]


def test_an_address_in_the_names_place():
    judged = judge(Given(name="ola@firma.no", phone="+47 22 33 44 55"))
    assert [(each.field, each.proposed) for each in judged.repairs] == [("email", "ola@firma.no")]


def test_what_nobody_meant_is_not_mended():
    judged = judge(Given(phone="12345678", country="NO"))
    assert judged.repairs == ()
    assert LeadClass.EMPTY in {each.lead_class for each in judged.classes}


def test_a_wrong_number_alone_is_to_be_mended():
    judged = judge(Given(name="Anna Berg", phone="+47 2233445"))
    assert judged.verdict in (TruthVerdict.REPAIRABLE, TruthVerdict.UNKNOWN)
    assert judged.pseudo_probability < 0.5
