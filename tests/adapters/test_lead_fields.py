"""Fields of the account's own: how what they hold is read, what is proposed, and what is never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from audits.model.case import Coverage, Fact
from audits.model.fit import OWN_FACTS
from connector.crm import lead_fields
from connector.crm.lead_fields import FITTING, FieldKind, FieldRoles, KnownField, LeadField, suggest
from connector.crm.money import minor_units
from connector.crm.plain_text import plain_text
from connector.crm.values import Unmapped
from tests.factories import make_lead

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-07-01T10:00:00Z", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2026-07-01T10:00:00.250+02:00", datetime(2026, 7, 1, 8, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-07-01 10:00:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),
        ("1.7.2026 10:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),
        ("1782900000000", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        # The clocks go back: the first of both; they go forward: as if they had not been moved yet.
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-03-29T02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-07-01", None),
        ("07/01/2026 10:00", None),
        ("31.2.2026 10:00", None),
        ("0001-01-01T00:00:00", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("tomorrow", None),
    ],
)
def test_instants(text: str, wanted: datetime | None) -> None:
    assert lead_fields.parse_instant(text, BERLIN) == wanted


def test_a_wish_for_a_day_begins_with_the_day() -> None:
    assert lead_fields.parse_from("2026-07-01", BERLIN) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert lead_fields.parse_from("1.7.2026 10:00", BERLIN) == datetime(2026, 7, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-07-01", date(2026, 7, 1)),
        ("01.07.2026", date(2026, 7, 1)),
        ("2026-06-30T23:30:00Z", date(2026, 7, 1)),
        # How HubSpot writes a day in milliseconds: a midnight in UTC, whatever the account's zone.
        ("2026-07-01T00:00:00Z", date(2026, 7, 1)),
        ("1782864000000", date(2026, 7, 1)),
        ("7/1/2026", None),
        ("1900-01-01", None),
    ],
)
def test_days(text: str, wanted: date | None) -> None:
    assert lead_fields.parse_day(text, BERLIN) == wanted


def test_a_midnight_in_utc_is_that_day_west_of_it_too() -> None:
    assert lead_fields.parse_day("1782864000000", ZoneInfo("America/New_York")) == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("text", "wanted"), [("true", True), ("JA", True), ("1", True), ("Nei", False), ("0", False), ("perhaps", None)]
)
def test_yes_and_no(text: str, wanted: bool | None) -> None:
    assert lead_fields.parse_yes_no(text, BERLIN) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("de", "de"), ("nb-NO", "nb"), ("pt_BR", "pt"), ("German", "de"), ("ελληνικά", "el"), ("qx", None), ("?", None)],
)
def test_languages(text: str, wanted: str | None) -> None:
    assert lead_fields.parse_language(text, BERLIN) == wanted


def test_what_cannot_be_read_is_noted_and_missing_and_what_is_empty_is_neither() -> None:
    roles = FieldRoles({"submitted_at": "sent", "has_call_consent": "ok", "priority": "prio", "lead_type": "kind"})
    unmapped = Unmapped()
    values = {"sent": "last week", "ok": "", "prio": 3, "kind": " demo "}
    filled = roles.fill(make_lead(), values, "Europe/Berlin", unmapped)
    assert (filled.lead.submitted_at, filled.lead.has_call_consent) == (None, None)
    assert (filled.lead.priority, filled.lead.lead_type) == ("3", "demo")
    assert unmapped.pairs == [("sent", "aaaa aaaa")], "what people wrote there is theirs"
    assert [fact for fact, _ in filled.missing] == [Fact.SUBMITTED_AT]


def test_no_field_named_is_a_cause_and_a_known_cause_stays() -> None:
    roles = FieldRoles({"submitted_at": "sent", "of an older version": "x"})
    coverage = roles.narrow(Coverage(missing=((Fact.CONSENT, "hidden"),)))
    assert coverage.cause(Fact.SUBMITTED_AT) is None
    assert coverage.cause(Fact.CONSENT) == "hidden"
    assert "Settings, Fields" in str(coverage.cause(Fact.PREFERRED_AT))
    assert len({fact for fact, _ in coverage.missing}) == len(coverage.missing) == 3


def test_a_field_that_is_gone_is_told_for_its_fact_alone() -> None:
    roles, missing = FieldRoles({"submitted_at": "sent", "priority": "prio"}).among({"other"})
    assert roles.names == ()
    assert [fact for fact, _ in missing] == [Fact.SUBMITTED_AT]
    kept, none = FieldRoles({"submitted_at": "sent"}).among({"sent"})
    assert (kept.find(LeadField.SUBMITTED_AT), none) == ("sent", ())


def test_names_speak_for_fields_of_a_fitting_kind() -> None:
    known = [
        KnownField(name="gdpr_call_opt_in", label="Anruf erlaubt", kind=FieldKind.YES_NO),
        KnownField(name="x1", label="Lead type", kind=FieldKind.CHOICE),
        KnownField(name="x2", label="Submitted", kind=FieldKind.YES_NO),
        KnownField(name="x3", label="Wiedervorlage", kind=FieldKind.DATE),
    ]
    assert suggest(known) == {
        LeadField.CALL_CONSENT: "gdpr_call_opt_in",
        LeadField.LEAD_TYPE: "x1",
        LeadField.RECONTACT_ON: "x3",
    }
    assert set(FITTING) == set(LeadField)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("<p>Hello&nbsp;<b>Ada</b>,</p><p>call me</p><style>p {}</style>", "Hello Ada,\n\ncall me"),
        ("3 < 5 and 7 > 6", "3 < 5 and 7 > 6"),
        ("  a\r\nb  ", "a\nb"),
        ("<br>", None),
        ("", None),
        (None, None),
    ],
)
def test_plain_text(text: str | None, wanted: str | None) -> None:
    assert plain_text(text) == wanted


def test_minor_units() -> None:
    assert minor_units(Decimal("12.345"), "EUR") == 1235
    assert minor_units(Decimal("12"), "jpy") == 12
    assert minor_units(Decimal("1.2345"), "KWD") == 1235
    for bad in ("NaN", "Infinity", "1e20"):
        with pytest.raises(ValueError, match="no amount of money"):
            minor_units(Decimal(bad), "EUR")


def test_facts_for_the_target_group_stand_together() -> None:
    roles = FieldRoles({"staff": "n", "city": "c", "decides": "d", "industry": "i", "priority": "p"})
    unmapped = Unmapped()
    filled = roles.fill(make_lead(), {"n": 120, "c": " Oslo ", "d": "Ja", "i": "", "p": "high"}, "UTC", unmapped)
    assert filled.lead.facts == (("city", "Oslo"), ("decides", "yes"), ("staff", "120"))
    assert (filled.lead.priority, filled.missing, unmapped.pairs) == ("high", (), [])
    odd = roles.fill(make_lead(), {"d": "perhaps"}, "UTC", unmapped)
    assert (odd.lead.facts, odd.missing) == ((), ())
    assert unmapped.pairs == [("d", "perhaps")]
    assert {role.value for role in LeadField} >= {name.value for name in OWN_FACTS}


def test_names_that_speak_for_facts() -> None:
    labels = {"city": "City", "jobtitle": "Job Title", "numemployees": "Number of Employees", "industry": "Industry"}
    known = [KnownField(name=name, label=label, kind=FieldKind.TEXT) for name, label in labels.items()]
    known.append(KnownField(name="company_city", label="Company city", kind=FieldKind.TEXT))
    assert suggest(known) == {
        LeadField.CITY: "city",
        LeadField.JOB_TITLE: "jobtitle",
        LeadField.STAFF: "numemployees",
        LeadField.INDUSTRY: "industry",
        LeadField.ORGANISATION_CITY: "company_city",
    }


@pytest.mark.parametrize(
    ("role", "text", "read"),
    [
        (LeadField.TIME_ON_FORM, "3.4", 3.4),
        (LeadField.TIME_ON_FORM, "3,4", 3.4),
        (LeadField.TIME_ON_FORM, "-1", None),
        (LeadField.TIME_ON_FORM, "nan", None),
        (LeadField.TIME_ON_FORM, "soon", None),
        (LeadField.HONEYPOT, "false", ""),
        (LeadField.HONEYPOT, "true", "true"),
        (LeadField.HONEYPOT, "http://x", "http://x"),
        (LeadField.IP, "203.0.113.7", "203.0.113.7"),
    ],
)
def test_what_a_form_knew_of_its_sender(role: LeadField, text: str, read: object):
    unmapped = Unmapped()
    filled = FieldRoles({role.value: "f"}).fill(make_lead(), {"f": text}, "UTC", unmapped)
    assert getattr(filled.lead, role.value) == read
    assert bool(unmapped.pairs) == (read is None)
