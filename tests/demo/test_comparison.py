"""The comparison of the demo sees every kind of difference: each is planted here once."""

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from connector.crm.port import OurField
from connector.demo.comparison import LeadSaid, compare
from connector.demo.expectations import Expected
from connector.demo.report import print_report
from connector.sandbox.population import Planted

FIELDS = {
    OurField.LEAD_QUALITY.value: "80",
    OurField.HANDLING.value: "",
    OurField.LEAD_VERDICT.value: "plausible",
    OurField.FOLLOW_UP_STATUS.value: "overdue",
    OurField.AUDIT_NOTE.value: "Late.",
}
ROW = {"lead_quality": "80", "handling": "", "lead_verdict": "plausible", "follow_up_status": "overdue"}


def everything() -> dict[str, Any]:
    """Two leads on which all agree."""
    return {
        "truth": {"1": Planted(frozenset({"RT001"}), "late", "late call"), "2": Planted(frozenset(), "sold", "")},
        "said": {
            "1": LeadSaid(rules=frozenset({"RT001"}), fields=FIELDS),
            "2": LeadSaid(rules=frozenset(), fields=FIELDS),
        },
        "crm": {"1": {**FIELDS}, "2": {**FIELDS}},
        "webhooks": {"fired": 3, "delivered": 3},
        "listed": {"1": dict(ROW), "2": dict(ROW)},
    }


def test_equal() -> None:
    result = compare(**everything())
    assert result.is_equal
    assert result.as_json()["planted"] == {"RT001": 1} == result.as_json()["found"]


def late(found: str) -> dict[str, Any]:
    """A lead that was late since nobody could call it, and what the app says of the cause."""
    given = everything()
    given["truth"]["1"] = Planted(frozenset({"RT001"}), "late", "", "overloaded")
    given["said"]["1"] = LeadSaid(rules=frozenset({"RT001"}), fields=FIELDS, cause=found)
    return given


@pytest.mark.parametrize(("found", "is_equal"), [("overloaded", True), ("unknown", True), ("not_called", False)])
def test_the_cause_of_a_late_attempt(found: str, is_equal: bool) -> None:
    result = compare(**late(found))
    assert result.is_equal is is_equal
    assert result.as_json()["causes"] == {
        "planted": {"overloaded": 1},
        "found": {found: 1},
        "differences": [] if is_equal else [f"lead 1 was late by overloaded, the app says {found}"],
    }


@pytest.mark.parametrize(("found", "differences"), [("owner_absent", []), ("owner_left", ["owner_left"])])
def test_the_reason_of_a_breach(found: str, differences: list[str]) -> None:
    given = everything()
    given["truth"]["1"] = Planted(frozenset({"NC006"}), "left", "", reasons={"NC006": "owner_absent"})
    given["said"]["1"] = LeadSaid(rules=frozenset({"NC006"}), fields=FIELDS, reasons={"NC006": found})
    result = compare(**given)
    assert result.is_equal is not bool(differences)
    said = [f"lead 1 breaks NC006 by owner_absent, the app says {each}" for each in differences]
    assert result.as_json()["reason_differences"] == said


@pytest.mark.parametrize(
    ("planted", "found"),
    [({"7": frozenset({"NC007"})}, {}), ({}, {"7": frozenset({"NC007"})})],
    ids=["missed", "not planted"],
)
def test_what_is_found_on_persons(planted: dict[str, Any], found: dict[str, Any]) -> None:
    assert compare(**everything(), people_planted=planted, people_found=planted).is_equal
    result = compare(**everything(), people_planted=planted, people_found=found)
    assert not result.is_equal
    assert result.as_json()["people"] == {
        "planted": {each: ["NC007"] for each in planted},
        "found": {each: ["NC007"] for each in found},
    }


def judged(
    planted: Planted, verdict: str, lead_class: str = "", rules: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """What lead 2 is, and what the app takes it for."""
    given = everything()
    given["truth"]["2"] = planted
    given["said"]["2"] = LeadSaid(rules=rules, fields=FIELDS, truth=verdict, lead_class=lead_class)
    return given


BOT = Planted(frozenset({"PL006"}), "trap_filled", "", lead_class="bot")
PERHAPS = Planted(frozenset(), "looks_for_work", "", lead_class="not_addressed_to_us", unsure=frozenset({"PL012"}))
ODD = Planted(frozenset(), "odd_name", "", is_lookalike=True)


@pytest.mark.parametrize(
    ("planted", "verdict", "lead_class", "rules", "row", "column", "is_good"),
    [
        (BOT, "pseudo", "bot", {"PL006"}, "bot", "bot", True),
        (BOT, "pseudo", "joker", {"PL006"}, "bot", "joker", False),
        (BOT, "suspect", "bot", {"PL006"}, "bot", "bot?", False),
        (BOT, "genuine", "", {"PL006"}, "bot", "genuine", False),
        (ODD, "genuine", "", (), "look-alike", "genuine", True),
        (ODD, "unknown", "", (), "look-alike", "unknown", True),
        (ODD, "suspect", "empty", (), "look-alike", "empty?", False),
        (Planted(frozenset(), "sold", ""), "pseudo", "test_or_staff", (), "genuine", "test_or_staff", False),
        (Planted(frozenset(), "sold", ""), "repairable", "", (), "genuine", "unintended_error?", False),
    ],
)
def test_what_a_lead_is_taken_for(
    planted: Planted, verdict: str, lead_class: str, rules: set[str], row: str, column: str, is_good: bool
) -> None:
    result = compare(**judged(planted, verdict, lead_class, frozenset(rules)))
    assert result.confusion[row, column] == 1
    assert result.is_equal is is_good
    said = [] if is_good else [f"lead 2 ({planted.kind}) is {row}, the app says {column}"]
    assert list(result.class_differences) == said
    table = result.as_json()["classes"]
    assert {"is": row, "found": column, "leads": 1} in table["table"]
    assert table["differences"] == said


@pytest.mark.parametrize(
    ("verdict", "free", "is_good"),
    [("suspect", False, True), ("pseudo", False, True), ("genuine", False, False), ("genuine", True, True)],
)
def test_a_class_that_may_be_in_doubt_or_hidden(verdict: str, free: bool, is_good: bool) -> None:
    given = judged(PERHAPS, verdict, PERHAPS.lead_class)
    given["said"]["2"] = replace(given["said"]["2"], not_evaluated=PERHAPS.unsure)
    doubt = {"free": PERHAPS.unsure} if free else {"either": PERHAPS.unsure}
    given["expected"] = {
        "1": Expected(frozenset({"RT001"}), frozenset()),
        "2": Expected(frozenset(), frozenset(), **doubt),
    }
    assert compare(**given).is_equal is is_good


def test_an_error_is_found_by_its_rule() -> None:
    planted = Planted(frozenset({"PL005"}), "domain_slipped", "", lead_class="unintended_error")
    result = compare(**judged(planted, "genuine", "", frozenset({"PL005"})))
    assert result.is_equal
    assert result.confusion["unintended_error", "unintended_error"] == 1


def test_the_table_is_printed_and_a_lead_that_is_taken_for_another_is_named() -> None:
    out = io.StringIO()
    print_report(Console(file=out, width=200), compare(**judged(BOT, "pseudo", "joker", frozenset({"PL006"}))), 1.0)
    lines = out.getvalue()
    assert "What the leads are" in lines
    assert "lead 2 (trap_filled) is bot, the app says joker" in lines
    assert "Not equal" in lines


def test_a_missed_fault() -> None:
    given = everything()
    given["said"]["1"] = LeadSaid(rules=frozenset(), fields=FIELDS)
    result = compare(**given)
    assert not result.is_equal
    assert [(each.lead_id, each.rule_id, each.kind) for each in result.missed] == [("1", "RT001", "late")]
    assert result.unplanted == ()


def test_a_fault_that_was_not_planted() -> None:
    given = everything()
    given["said"]["2"] = LeadSaid(rules=frozenset({"PL003"}), fields=FIELDS)
    result = compare(**given)
    assert not result.is_equal
    assert [(each.lead_id, each.rule_id) for each in result.unplanted] == [("2", "PL003")]
    assert result.missed == ()


def hidden() -> dict[str, Any]:
    """The fault of lead 1 cannot be shown, and the app says so; a fault of lead 2 cannot stand there."""
    given = everything()
    given["truth"]["2"] = Planted(frozenset({"DQ001"}), "nobodys", "")
    given["expected"] = {
        "1": Expected(frozenset(), frozenset({"RT001"})),
        "2": Expected(frozenset(), frozenset()),
    }
    given["said"]["1"] = LeadSaid(rules=frozenset(), not_evaluated=frozenset({"RT001", "NC002"}), fields=FIELDS)
    return given


def test_what_cannot_be_shown_is_not_evaluated() -> None:
    result = compare(**hidden())
    assert result.is_equal
    assert (dict(result.planted), dict(result.hidden), dict(result.impossible)) == ({}, {"RT001": 1}, {"DQ001": 1})


def test_silence_is_no_answer_for_what_cannot_be_shown() -> None:
    given = hidden()
    given["said"]["1"] = LeadSaid(rules=frozenset(), fields=FIELDS)
    result = compare(**given)
    assert not result.is_equal
    assert [(each.lead_id, each.rule_id, each.kind) for each in result.unsaid] == [("1", "RT001", "late")]


def test_a_sure_answer_on_what_cannot_be_shown() -> None:
    given = hidden()
    given["said"]["1"] = LeadSaid(rules=frozenset({"RT001"}), fields=FIELDS)
    result = compare(**given)
    assert [each.rule_id for each in result.unplanted] == ["RT001"]
    assert [each.rule_id for each in result.unsaid] == ["RT001"]


def test_a_fault_found_where_it_cannot_stand() -> None:
    given = hidden()
    given["said"]["2"] = LeadSaid(rules=frozenset({"DQ001"}), fields=FIELDS)
    assert [(each.lead_id, each.rule_id) for each in compare(**given).unplanted] == [("2", "DQ001")]


@pytest.mark.parametrize("name", [each.value for each in OurField])
def test_a_field_that_differs(name: str) -> None:
    given = everything()
    given["crm"]["1"][name] = "other"
    result = compare(**given)
    assert not result.is_equal
    assert [(each.lead_id, each.name, each.crm) for each in result.field_differences] == [("1", name, "other")]


def test_a_field_that_was_never_written() -> None:
    given = everything()
    del given["crm"]["1"][OurField.LEAD_QUALITY.value]
    assert [each.name for each in compare(**given).field_differences] == [OurField.LEAD_QUALITY.value]


def test_a_lead_that_was_never_audited() -> None:
    given = everything()
    del given["said"]["1"], given["listed"]["1"]
    result = compare(**given)
    assert result.not_audited == ("1",)
    assert not result.is_equal


def test_a_lead_that_the_crm_lost() -> None:
    given = everything()
    del given["crm"]["2"]
    assert compare(**given).not_in_crm == ("2",)


def test_a_lead_that_should_be_gone() -> None:
    given = everything()
    del given["truth"]["2"]
    result = compare(**given)
    assert [(each.lead_id, each.rule_id) for each in result.unplanted] == [("2", "still listed")]


def test_an_event_that_was_not_delivered() -> None:
    result = compare(**{**everything(), "webhooks": {"fired": 4, "delivered": 3}})
    assert result.webhooks_undelivered == 1
    assert not result.is_equal


def test_an_echo_that_was_not_ignored() -> None:
    given = {**everything(), "webhooks": {"fired": 4, "delivered": 4, "echoes": 3}}
    assert compare(**given, ignored=3).is_equal
    result = compare(**given, ignored=2)
    assert result.echoes_heeded == 1
    assert not result.is_equal


@pytest.mark.parametrize("column", sorted(ROW))
def test_a_list_that_shows_something_else(column: str) -> None:
    given = everything()
    given["listed"]["2"][column] = "7"
    assert len(compare(**given).list_differences) == 1


def test_deleted_leads_may_stay_in_the_list_and_forgotten_ones_without_their_id() -> None:
    given = everything()
    given["listed"] |= {"3": dict(ROW), "forgotten-ab12": dict(ROW)}
    assert compare(**given, deleted={"3"}, forgotten={"4"}).is_equal
    assert len(compare(**given).list_differences) == 2
    given["listed"]["4"] = dict(ROW)
    assert not compare(**given, deleted={"3"}, forgotten={"4"}).is_equal
