"""Phone numbers and e-mail addresses against the test sets of others, and the keys by which duplicates are found."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audits.model.case import LeadCase
from audits.model.contact_data import check_email, check_phone, region_of
from audits.model.finding import Outcome
from audits.model.identity import email_key, phone_key
from audits.model.lead import Lead
from audits.model.policy import Policy
from audits.model.working_calendar import Calendar
from audits.rules.pseudo_lead.pl001_unreachable_contact_data import RULE

DATA = Path(__file__).parents[1] / "data"
PHONES: list[dict[str, Any]] = json.loads((DATA / "phones.json").read_text(encoding="utf-8"))["cases"]
EMAILS: list[dict[str, Any]] = json.loads((DATA / "emails_isemail.json").read_text(encoding="utf-8"))["cases"]
POLICY = Policy(version="1", calendar=Calendar.from_json({"tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

# Serbia and Montenegro has no numbering plan any more, so the number cannot be told, which is not the same as wrong.
NOT_TOLD = {"ph3717": ("123 456 7890", "CS")}


def _outcome(**given: str | None) -> Outcome:
    lead = Lead(lead_id="L1", received_at=NOON, recorded_at=NOON, **given)  # type: ignore[arg-type]
    return RULE.evaluate(LeadCase(lead=lead, as_of=NOON), POLICY).outcome


def test_every_phone_of_the_set() -> None:
    wrong = {}
    for case in PHONES:
        checked = check_phone(case["raw"], case["region"])
        if checked.is_valid is not case["valid"] or (case["valid"] and checked.e164 != case["e164"]):
            wrong[case["id"]] = (case["raw"], case["region"])
    assert len(PHONES) > 1800
    assert wrong == NOT_TOLD


@pytest.mark.parametrize(("text", "region"), [("999999", "FI"), ("00999 1234", "DE"), ("011 999 123", "US")])
def test_a_call_abroad_to_no_country_is_wrong_where_the_country_is_known(text: str, region: str) -> None:
    assert check_phone(text, region).is_valid is False
    assert check_phone(text, None).is_valid is None
    assert check_phone(text, "XX").is_valid is None


def test_every_phone_of_the_set_by_the_rule() -> None:
    wrong, judged = [], 0
    for case in PHONES:
        wanted = Outcome.PASS if case["valid"] else Outcome.BREACH
        if case["region"] in (None, "ZZ", "001") or not case["raw"].strip() or case["id"] in NOT_TOLD:
            continue
        judged += 1
        if _outcome(phone=case["raw"], country=case["region"]) is not wanted:
            wrong.append(case)
    assert wrong == []
    assert judged > 1800


def test_every_address_of_the_set() -> None:
    disagreed = {}
    judged = 0
    for case in EMAILS:
        wanted = {"valid": True, "invalid": False}.get(case["lead_form_verdict"])
        if wanted is None:
            continue
        judged += 1
        if check_email(case["address"]).is_valid is not wanted:
            disagreed[case["id"]] = case["address"]
    assert judged == 80
    assert disagreed == {}


@pytest.mark.parametrize(
    ("country", "default", "region"),
    [
        ("DE", "US", "DE"),
        ("de", None, "DE"),
        ("Germany", None, "DE"),
        ("Deutschland", None, "DE"),
        ("Россия", None, "RU"),
        ("مصر", None, "EG"),
        ("Ελλάδα", None, "GR"),
        ("USA", None, "US"),
        ("UK", None, "GB"),
        ("Czechia", None, "CZ"),
        ("", "de", "DE"),
        (None, None, None),
        ("Atlantis", "DE", None),
    ],
)
def test_country(country: str | None, default: str | None, region: str | None) -> None:
    assert region_of(country, default) == region


@pytest.mark.parametrize(
    ("text", "region", "key"),
    [
        ("030 901820", "DE", "+4930901820"),
        ("+49 (0)30 90 18 20", None, "+4930901820"),
        ("0049 30 901820", "Germany", "+4930901820"),
        ("tel:+49-30-901820", None, "+4930901820"),
        ("+49 30 901820", "US", "+4930901820"),
        ("030 901820", None, None),
        ("12", "DE", None),
        ("  ", "DE", None),
        (None, "DE", None),
    ],
)
def test_phone_key(text: str | None, region: str | None, key: str | None) -> None:
    assert phone_key(text, region) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (" Ann@Firma.DE ", "ann@firma.de"),
        ("ann@straße.example.com", "ann@xn--strae-oqa.example.com"),
        ("A\u0308nn@firma.de", "änn@firma.de"),
        ("ann.lee+x@gmail.com", "ann.lee+x@gmail.com"),
        ("ann@intranet", "ann@intranet"),
        ("ann", None),
        ("ann lee@intranet", None),
        ("", None),
        (None, None),
    ],
)
def test_email_key(text: str | None, key: str | None) -> None:
    assert email_key(text) == key


def test_email_key_of_one_address_in_two_normal_forms() -> None:
    assert email_key("Jos\u00e9@firma.de") == email_key("jose\u0301@FIRMA.de") is not None


def test_a_number_is_wrong_only_where_its_country_is_known() -> None:
    assert _outcome(phone="030 901820") is Outcome.NOT_EVALUATED
    assert _outcome(phone="030 901820", country="DE") is Outcome.PASS
    assert _outcome(phone="12", country="DE") is Outcome.BREACH
    assert _outcome(phone="call me") is Outcome.BREACH
