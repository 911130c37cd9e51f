"""Numbers, dates and spans as people read them; charts that say what their tables say."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest

from connector.language.texts import texts_for
from connector.web.charts import Segment, interval, meter, progress, shares
from connector.web.timeline_chart import Held, Lane, Line, Mark, Moment, Shape, draw
from tests.web.seed import NOW

EN = texts_for("en", "Europe/Berlin")


@pytest.mark.parametrize(
    ("seconds", "working", "wall"),
    [
        (0, "0\xa0s", "0\xa0s"),
        (59, "59\xa0s", "59\xa0s"),
        (60, "1\xa0min", "1\xa0min"),
        (7500, "2\xa0h 5\xa0min", "2\xa0h 5\xa0min"),
        (36_300, "10\xa0h", "10\xa0h"),
        (90_000, "25\xa0h", "1\xa0d 1\xa0h"),
        (172_800, "48\xa0h", "2\xa0d"),
        (-90, "−1\xa0min", "−1\xa0min"),
        (None, "–", "–"),
    ],
)
def test_spans(seconds: int | None, working: str, wall: str):
    assert EN.span(seconds) == working
    assert EN.span(seconds, has_days=True) == wall


def test_times_are_those_of_the_account():
    winter, summer = datetime(2026, 1, 5, 9, 0, tzinfo=UTC), datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
    assert EN.moment(winter, now=winter) == "Mon 5 Jan, 10:00"
    assert EN.moment(summer, now=winter) == "Mon 6 Jul, 11:00"
    assert EN.moment(winter, now=winter + timedelta(days=400)) == "5 Jan 2026, 10:00"
    assert EN.day(datetime(2026, 1, 5, 23, 30, tzinfo=UTC)) == "Tue 6 Jan 2026"
    assert (EN.number(31_000), EN.number(None), EN.percent(0.654)) == ("31,000", "–", "65\xa0%")


def test_the_pseudo_language_marks_texts_and_turns_the_page():
    pseudo = texts_for("qps", "UTC")
    assert pseudo.t("Lead {id}", id="3 open") == "⟦Léád \u20683 open\u2069⟧"
    assert pseudo.plural("{n} lead", "{n} leads", 3) == "⟦3 léáds⟧"
    assert pseudo.t("A text that no translator saw") == "A text that no translator saw"
    assert (pseudo.direction, EN.direction, texts_for("xx", "UTC").lang) == ("rtl", "ltr", "en")


def parsed(svg: str) -> ET.Element:
    assert "style=" not in svg
    return ET.fromstring(svg)


def test_charts_of_nothing_are_still_charts():
    for svg in (
        shares([Segment("a", 0, "good")], chart_id="c", title="t", describes="d"),
        meter(None, says="s"),
        progress(0, None, says="s"),
    ):
        parsed(svg)


def test_parts_fill_the_whole():
    svg = parsed(
        shares([Segment("a", 1, "good"), Segment("b", 3, "bad", "/x")], chart_id="c", title="t", describes="d")
    )
    assert [rect.get("x") for rect in svg.iter("rect")] == ["0.0", "240.0"]
    assert 'cx="80.0"' in interval(0.2, 0.5, 0.8, expected=0.4, says="s")


def test_the_line_of_time_places_everything_in_time():
    start, end = NOW, NOW + timedelta(hours=10)
    late = NOW + timedelta(hours=5)
    line = Line(
        start=start,
        end=end,
        open_spans=[(start, late)],
        held=[Held(start=start, end=end, name="A <b>")],
        marks=[
            Mark(at=late, lane=Lane.SELLER, shape=Shape.CALL, is_reached=True, is_machine=False, says="call & co")
        ],
        moments=[
            Moment(at=start, kind="arrival", label="arrived Wed 14:20"),
            Moment(at=start + timedelta(minutes=1), kind="broken", label="broken Wed 14:21"),
        ],
        late=(start, late),
    )
    svg = parsed(draw(line, EN, chart_id="l", title="t", describes="d"))
    circle = next(svg.iter("circle"))
    spans = {rect.get("class"): rect for rect in svg.iter("rect")}
    assert float(circle.get("cx")) == pytest.approx(float(spans["late"].get("x")) + float(spans["late"].get("width")))
    assert float(spans["open"].get("width")) == pytest.approx(float(spans["closed"].get("width")) / 2, abs=0.1)
    labels = {text.text: float(text.get("y")) for text in svg.iter("text") if text.text}
    assert labels["arrived Wed 14:20"] < labels["broken Wed 14:21"]
    assert "call & co" in [title.text for title in svg.iter("title")]
    rest = draw(line.cut(late + timedelta(hours=1), end), EN, chart_id="l", title="t", describes="d")
    assert not list(parsed(rest).iter("circle"))


def test_the_line_of_time_begins_where_the_reader_does():
    """Mirrored, every mark stands as far from the right as it else stands from the left, and in the same order."""
    end = NOW + timedelta(hours=10)
    line = Line(
        start=NOW,
        end=end,
        open_spans=[(NOW, NOW + timedelta(hours=3))],
        held=[Held(start=NOW, end=end, name="A")],
        marks=[
            Mark(
                at=NOW + timedelta(hours=n),
                lane=Lane.SELLER,
                shape=Shape.CALL,
                is_reached=False,
                is_machine=False,
                says=str(n),
            )
            for n in (1, 4, 9)
        ],
        moments=[Moment(at=NOW, kind="arrival", label="arrived")],
    )
    here = parsed(draw(line, EN, chart_id="l", title="t", describes="d"))
    there = parsed(draw(line, texts_for("ar", "Europe/Berlin"), chart_id="l", title="t", describes="d"))
    left, right = ([float(each.get("cx")) for each in svg.iter("circle")] for svg in (here, there))
    assert left == sorted(left)
    assert right == pytest.approx([960 - x for x in left], abs=0.11)
    spans = [next(rect for rect in svg.iter("rect") if rect.get("class") == "open") for svg in (here, there)]
    assert float(spans[0].get("x")) == pytest.approx(
        960 - float(spans[1].get("x")) - float(spans[1].get("width")), abs=0.2
    )
    anchors = [
        next(each for each in svg.iter("text") if each.text == "arrived").get("text-anchor") for svg in (here, there)
    ]
    assert anchors == ["start", "end"]
