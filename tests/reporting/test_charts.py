"""The pictures of a report: what is drawn is what their tables say, in both directions of writing, page and paper."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest

from audits.reports.sections import BIN_EDGES_S, Cohort, LoadClass, OwnerDay, spans_of
from audits.statistics.enough import NotEnoughData
from audits.statistics.shares import Share
from audits.statistics.survival import Waited, kaplan_meier
from audits.truth.calibration import Outcome, reliability
from connector.language.texts import Texts
from connector.reporting.charts.arrivals import arrivals_by_day
from connector.reporting.charts.first_attempt import first_attempt_distribution
from connector.reporting.charts.funnel import stage_funnel
from connector.reporting.charts.load import kept_by_load, load_and_capacity, load_by_day
from connector.reporting.charts.not_yet_called import not_yet_called_curve
from connector.reporting.charts.picture import PRINT, Picture, colour, in_print, nice_top
from connector.reporting.charts.reliability import reliability_curve
from connector.reporting.charts.week_heat import arrivals_and_attempts_heat
from connector.reporting.print_picture import printed

EN, PSEUDO = Texts(zone="Europe/Berlin"), Texts(lang="qps", zone="Europe/Berlin")
SPANS = spans_of([60 * n for n in range(1, 200)])
WAITS = [Waited(60 * n, n % 3 > 0) for n in range(1, 61)]
FIRST = date(2026, 10, 1)
DAYS = tuple(
    OwnerDay("71", FIRST + timedelta(days=n), n % 3, n % 5, None if n == 4 else 2000, None if n == 4 else n % 5 * 50)
    for n in range(12)
)
COHORTS = (
    Cohort(date(2026, 8, 1), (60, 50, 30, 12), True),
    Cohort(date(2026, 9, 1), (40, 30, 25, 5), False),
    Cohort(date(2026, 10, 1), (40, 4, 1, 0), None),
)
BINS = reliability([Outcome(step / 10, n < step * 3) for step in range(11) for n in range(30)])
ARRIVALS = tuple(tuple((day * 5 + hour) % 7 for hour in range(24)) for day in range(7))
ATTEMPTS = tuple(tuple(day * hour % 4 for hour in range(24)) for day in range(7))


def pictures(says: Texts) -> dict[str, Picture]:
    made = (
        first_attempt_distribution(
            SPANS,
            says,
            title="T",
            what="leads tried",
            target_s=1800,
            href=lambda low, high: f"/leads?wait={low}-{high}",
        ),
        arrivals_and_attempts_heat(ARRIVALS, ATTEMPTS, says),
        not_yet_called_curve(kaplan_meier(WAITS), says, target_s=1800),
        stage_funnel(COHORTS, says, label=str),
        load_and_capacity(DAYS, {"71": "Anneke <b>"}, says),
        load_by_day(DAYS, "Anneke <b>", says),
        kept_by_load([LoadClass(50, 40, Share(30, 40)), LoadClass(None, 3, Share(1, 3))], says),
        reliability_curve(BINS, BINS, says),
        arrivals_by_day([(day.day, day.arrivals) for day in DAYS], says, href=lambda on: f"/leads?from={on}"),
    )
    return {picture.name: picture for picture in made}


def rows_of(picture: Picture) -> list[dict[str, object]]:
    """The data of the picture's own specification."""
    assert picture.spec is not None
    spec = dict(picture.spec)
    sources = [spec["data"]] if "data" in spec else [layer["data"] for layer in spec["layer"] if "data" in layer]
    found = []
    for source in sources:
        named = source.get("name")
        found.extend(source["values"] if named is None else spec["datasets"][named])
    return found


@pytest.mark.parametrize("name", sorted(pictures(EN)))
@pytest.mark.parametrize("says", [EN, PSEUDO], ids=["en", "qps"])
def test_one_specification_is_drawn_for_page_and_paper(name: str, says: Texts):
    picture = pictures(says)[name]
    page, paper = picture.svg(), picture.svg(is_print=True)
    assert page
    assert paper
    for svg in (page, paper):
        ET.fromstring(svg)
        assert "style=" not in svg
        assert "vega.github.io" not in svg
        assert "<b>" not in svg
    assert "var(--" in page
    assert "var(--" not in paper
    vega = json.loads(picture.vega or "")
    assert vega["width"] == 640
    assert '"url"' not in json.dumps(vega["data"])
    assert picture.says
    assert picture.title
    assert len({len(row) for row in picture.table.rows} | {len(picture.table.head)}) == 1


def test_bars_are_the_counts_of_the_table():
    picture = pictures(EN)["first-attempt"]
    assert [row["n"] for row in rows_of(picture)] == [row[1].value for row in picture.table.rows] == list(SPANS.bins)
    assert len(picture.table.rows) == len(BIN_EDGES_S) + 1
    assert [row["tone"] for row in rows_of(picture)] == ["in time"] * 3 + ["late"] * 7
    assert [row[1].href for row in picture.table.rows][:2] == ["/leads?wait=0-300", "/leads?wait=301-900"]
    assert "199 leads tried" in picture.says


def test_the_heat_map_holds_every_hour_of_its_table():
    picture = pictures(EN)["week-heat"]
    drawn = {(row["day"], row["hour"]): (row["arrived"], row["tried"]) for row in rows_of(picture)}
    assert len(drawn) == 168
    told = {(str(row[0].value)[:3], row[1].value): (row[2].value, row[3].value) for row in picture.table.rows}
    assert told == {place: counts for place, counts in drawn.items() if counts != (0, 0)}


def test_the_curve_steps_as_its_table_does():
    picture, curve = pictures(EN)["not-yet-called"], kaplan_meier(WAITS)
    assert not isinstance(curve, NotEnoughData)
    drawn = [(row["s"], row["left"], row["low"], row["high"]) for row in rows_of(picture) if "left" in row]
    assert drawn[0] == (0, 1.0, 1.0, 1.0)
    assert drawn[1:] == [tuple(cell.value for cell in row[:4]) for row in picture.table.rows]
    assert [row[4].value for row in picture.table.rows] == [step.at_risk - step.happened for step in curve.steps]
    assert "At the agreed 30\xa0min" in picture.says


def test_the_funnel_draws_what_the_numbers_carry():
    picture = pictures(EN)["funnel"]
    points = {(row["cohort"], row["step"]): row for row in rows_of(picture)}
    assert len(points) == 7
    steps = picture.table.head[2:5]
    for row in picture.table.rows:
        for place, step in enumerate(steps, 2):
            point = points.get((row[0].text, step))
            assert (point is None) == ("not enough data" in row[place].text)
            assert point is None or point["share"] == pytest.approx(row[place].value, abs=1e-6)
    assert {row["fill"] for row in rows_of(picture) if row["cohort"] == "2026-09-01"} == {"panel"}
    assert "panel" not in {row["fill"] for row in rows_of(picture) if row["cohort"] != "2026-09-01"}
    assert [tone for tone, _ in picture.key][-1] == "panel"
    assert "panel" not in [tone for tone, _ in stage_funnel(COHORTS[:1], EN, label=str).key]
    assert [row[5].value for row in picture.table.rows] == ["ripe", "unripe", "not known"]


def test_load_is_drawn_where_the_pace_is_known():
    scatter, by_day = pictures(EN)["load"], pictures(EN)["load-by-day"]
    assert len([row for row in rows_of(scatter) if "over" in row]) == len(DAYS) - 1
    assert {row["over"] for row in rows_of(by_day)} == {"within", "over", "unknown"}
    assert [row["waiting"] for row in rows_of(by_day)] == [row[3].value for row in by_day.table.rows]
    assert by_day.table.rows[4][4].text == "not enough data"
    assert "On 3 days of 11" in scatter.says


def test_what_there_is_too_little_of_is_said_and_not_drawn():
    few = not_yet_called_curve(NotEnoughData(7), EN)
    assert (few.spec, few.svg(), few.vega, few.says) == (None, None, None, "not enough data (7 of 20)")
    nothing = [[0] * 24] * 7
    assert arrivals_and_attempts_heat(nothing, nothing, EN).spec is None
    assert first_attempt_distribution(spans_of([]), EN, title="T", what="leads tried").spec is None
    assert arrivals_by_day([(FIRST, 0)], EN).spec is None
    assert load_by_day([], "A", EN).spec is None
    assert load_and_capacity([], {}, EN).says == "No leads came."


def test_pictures_are_mirrored_for_who_begins_at_the_right():
    left, right = (json.dumps(pictures(says)["not-yet-called"].spec) for says in (EN, PSEUDO))
    assert '"reverse": false' in left
    assert '"reverse": true' in right
    assert '"orient": "right"' in right
    orders = [dict(pictures(says)["arrivals"].spec or {})["encoding"]["x"]["sort"] for says in (EN, PSEUDO)]
    assert orders[0] == orders[1][::-1]


def test_a_colour_without_a_print_of_its_own_is_refused():
    assert in_print("fill=var(--ink)") == f"fill={PRINT['ink']}"
    with pytest.raises(KeyError):
        colour("no-such-colour")


@pytest.mark.parametrize(
    "name",
    ["var(--no-such-colour)", "\x01\x0b\ufffe", "</svg><script>", "datum.x', \"]\\", "&#1;", "{'signal': 'x'}"],
)
def test_any_name_can_stand_in_a_picture(name: str):
    days = [OwnerDay("1", date(2026, 3, 2), 3, 4, 2000, 200)]
    for shown in (load_and_capacity(days, {"1": name}, EN), load_by_day(days, name, EN)):
        drawn = shown.svg(is_print=True)
        assert drawn is not None
        ET.fromstring(drawn)
        assert "<img" in printed(shown, 300.0)
        # What is data stays data: the name stands in rows and nowhere else.
        vega = json.loads(shown.vega or "")
        rows = [row for data in vega.pop("data") for row in data.get("values", ())]
        assert any(name in str(row.get("says")) for row in rows)
        assert json.dumps(name) not in json.dumps(vega)


@pytest.mark.parametrize(("value", "top"), [(0, 4), (4, 4), (5, 8), (13, 16), (17, 20), (41, 80), (401, 800)])
def test_axes_end_at_even_numbers(value: int, top: int):
    assert nice_top(value) == top
