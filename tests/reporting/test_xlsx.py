"""The workbook read back: every figure of the report's JSON stands in it as a number, and no cell is a formula."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook, load_workbook

from audits.reports.handling import HandlingReport, ReportRows, handling_report
from audits.reports.read_back import report_from_json
from connector.language.texts import texts_for
from connector.reporting.background import Background
from connector.reporting.paper import Listing, paper
from connector.reporting.xlsx import xlsx_of
from tests.reporting.sample import AS_OF, SINCE, UNTIL, ZONE, sample_background, sample_report

NAMES = (
    "Summary",
    "Neglected now",
    "Waits",
    "Distribution",
    "Not yet tried",
    "Hours of the week",
    "Rules",
    "Owners",
    "Load",
    "Owners by day",
    "Funnel",
    "Cost of delay",
    "How this was judged",
)


@pytest.fixture(scope="module")
def report() -> HandlingReport:
    return sample_report()


@pytest.fixture(scope="module")
def told(report: HandlingReport) -> Any:
    return report.to_json()


@pytest.fixture(scope="module")
def book(report: HandlingReport) -> Workbook:
    return load_workbook(io.BytesIO(xlsx_of(report, sample_background(report), texts_for("en", ZONE))))


def rows(book: Workbook, name: str) -> list[tuple[Any, ...]]:
    return list(book[name].iter_rows(min_row=2, values_only=True))


def share(told: Any) -> tuple[Any, ...]:
    return told["count"], told["n"], told["share"], told["low"], told["high"]


def local(instant: str | None) -> datetime | None:
    if instant is None:
        return None
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)


def test_one_sheet_for_each_section_with_a_frozen_head(book: Workbook):
    assert tuple(book.sheetnames) == NAMES
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert all(cell.font.bold for cell in sheet[1] if cell.value)
        assert all(8 <= each.width <= 62 for each in sheet.column_dimensions.values())


def test_no_cell_is_a_formula_and_names_stay_as_they_are(book: Workbook):
    values = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in values} <= {"n", "s", "inlineStr", "d"}
    assert '=HYPERLINK("http://x")' in {cell.value for cell in values}


def test_summary(book: Workbook, told: Any):
    found = {(row[0], row[1]): row[2:] for row in rows(book, "Summary")}
    labels = {name: rest for (name, what), rest in found.items() if what is None}
    assert labels["Leads arrived"][0] == told["arrivals"]
    assert labels["Tried in time"] == share(told["in_time"])
    assert labels["Within the goal"] == share(told["in_goal"])
    assert labels["Never called"] == share(told["never_called"])
    assert labels["Breaches contested, not decided"][0] == told["contested"]
    assert [row[2] for row in rows(book, "Summary") if row[0] == "Answer"] == list(told["answers"].values())
    assert [row[2] for row in rows(book, "Summary") if row[0] == "Cause of a late one"] == list(
        told["causes"].values()
    )
    times = dict(name for name in found if isinstance(name[1], datetime))
    assert times == {
        "Leads arrived from": local(told["since"]),
        "until": local(told["until"]),
        "As known at": local(told["as_of"]),
    }


def test_neglected(book: Workbook, told: Any):
    assert len(told["neglected"]) > 20
    assert [(row[1], *row[5:]) for row in rows(book, "Neglected now")] == [
        (each["lead_id"], local(each["received_at"]), local(each["due_at"]), each["overdue_wall_s"], "no")
        for each in told["neglected"]
    ]


def test_a_lead_with_a_contested_finding_is_marked_in_the_workbook_and_on_paper(report: HandlingReport):
    first, *others = report.neglected
    marked = replace(report, neglected=(replace(first, is_contested=True), *others))
    about, says = sample_background(report), texts_for("en", ZONE)
    sheet = load_workbook(io.BytesIO(xlsx_of(marked, about, says)))["Neglected now"]
    assert [row[-1] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["yes", *["no"] * len(others)]

    def marks(told: HandlingReport) -> list[str]:
        listings = [
            each
            for section in paper(told, about, says).sections
            for each in section.shown
            if isinstance(each, Listing)
        ]
        return [cell.text for each in listings for row in each.rows for cell in row if "(contested)" in cell.text]

    assert len(marks(marked)) == 1
    assert marks(report) == []
    assert report_from_json(json.loads(marked.to_bytes())).neglected == marked.neglected


def test_waits_and_their_distribution(book: Workbook, told: Any):
    kinds = [
        told[f"{name}_{clock}"] for name in ("first_attempt", "first_connection") for clock in ("working", "wall")
    ]
    found = rows(book, "Waits")
    parts = ("median_s", "median_low_s", "median_high_s", "p90_s", "p90_low_s", "p90_high_s")
    assert [row[1:] for row in found[:4]] == [(each["n"], *(each[part] for part in parts)) for each in kinds]
    assert [row[1:5] for row in found[4:]] == [
        (leg["n"], leg["value"], leg["low"], leg["high"]) for leg in told["legs"].values()
    ]
    bins = rows(book, "Distribution")
    assert [row[0] for row in bins] == [edge for edge, _ in kinds[0]["bins"]]
    for place, kind in enumerate(kinds, 1):
        assert [row[place] for row in bins] == [n for _, n in kind["bins"]]


def test_curve_and_hours(book: Workbook, told: Any):
    assert [list(row) for row in rows(book, "Not yet tried")] == told["not_yet_tried"]["steps"]
    hours = rows(book, "Hours of the week")
    for name, place in (("arrivals_by_hour", 2), ("attempts_by_hour", 3)):
        assert [row[place] for row in hours] == [n for day in told[name] for n in day]


def test_rules(book: Workbook, told: Any):
    assert [(row[0], row[2], row[3:8], *row[8:]) for row in rows(book, "Rules")] == [
        (each["rule_id"], each["looked_at"], share(each["breaches"]), each["not_evaluated"], each["contested"])
        for each in told["rules"]
    ]


def test_owners(book: Workbook, told: Any):
    assert told["owners"]
    for row, one in zip(rows(book, "Owners"), told["owners"], strict=True):
        kept, expectation, first = one["in_time"], one["expectation"], one["first_attempt"]
        assert row[0] == one["owner_id"]
        assert row[2:7] == share(kept)
        assert row[7:9] == (kept["expected"], kept["chance"])
        assert row[10:16] == tuple(
            expectation[name] for name in ("observed", "expected", "ratio", "shrunk", "low", "high")
        )
        assert row[16] == first["n"]
        assert row[17:23] == tuple(
            first[name] for name in ("median_s", "median_low_s", "median_high_s", "p90_s", "p90_low_s", "p90_high_s")
        )
        assert list(row[23:]) == list(one["causes"].values())


def test_load_by_class_and_by_day(book: Workbook, told: Any):
    found = rows(book, "Load")
    assert [(row[0], row[1], row[2:]) for row in found[:-1]] == [
        (each["up_to_percent"], each["n"], share(each["in_time"])) for each in told["loads"]
    ]
    assert found[-1][1] == told["unknown_load"]
    assert [
        (row[0], row[2].date().isoformat(), row[3], row[4], round(row[5] * 1000), row[6])
        for row in rows(book, "Owners by day")
    ] == [tuple(each.values()) for each in told["owner_days"]]


def test_funnel_and_cost_of_delay(book: Workbook, told: Any):
    cohorts = [*told["months"], *told["weeks"]]
    assert [(row[1].date().isoformat(), list(row[2:6])) for row in rows(book, "Funnel")] == [
        (each["begins_on"], each["steps"]) for each in cohorts
    ]
    assert [list(row[7:]) for row in rows(book, "Funnel")] == [
        [step[name] for step in each["conversions"] for name in ("share", "low", "high")] for each in cohorts
    ]
    cost, found = told["cost_of_delay"], rows(book, "Cost of delay")
    classes = cost["classes"]
    assert [(row[1], row[2:]) for row in found[: len(classes)]] == [
        (each["up_to_s"], share(each)) for each in classes
    ]
    assert [list(row[4:]) for row in found[len(classes) :]] == [cost["difference"], [None, *cost["leads"]]]


def test_how_it_was_judged(book: Workbook, told: Any):
    found = rows(book, "How this was judged")
    decided = [[row[1], row[3]] for row in found if row[0] == "Contests decided"]
    assert decided == [[rule_id, n] for rule_id, _, n in told["decided"]]
    values = {row[0]: row for row in found}
    assert values["Prior of the believed ratio"][3] == told["prior"]
    assert values["Cohorts since"][2] == local(told["history_since"])
    assert values["Not looked at"][1] == "E-mails"


def test_no_leads_make_a_book_of_heads():
    nothing = ReportRows(leads=(), attempts_by_hour=((0,) * 24,) * 7)
    empty = handling_report(nothing, since=SINCE, until=UNTIL, as_of=AS_OF, zone=ZONE)
    made = load_workbook(io.BytesIO(xlsx_of(empty, Background(account="Empty"), texts_for("nb", ZONE))))
    assert len(made.sheetnames) == len(NAMES)


@pytest.mark.parametrize("lang", ["en", "ar", "el", "nb"])
def test_the_same_report_gives_the_same_bytes(report: HandlingReport, lang: str, monkeypatch: pytest.MonkeyPatch):
    says, about = texts_for(lang, ZONE), sample_background(report)
    first = xlsx_of(report, about, says)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert xlsx_of(report, about, says) == first
    made = load_workbook(io.BytesIO(first))
    assert all(sheet.sheet_view.rightToLeft == (lang == "ar") for sheet in made)
