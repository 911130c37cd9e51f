"""When leads arrive, by weekday and hour, against when somebody tries them."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
from babel.dates import get_day_names

from connector.language.texts import Texts
from connector.reporting.charts.picture import Cell, Picture, colour, finished, is_mirrored, of, side, table

_CLASSES = 5


def arrivals_and_attempts_heat(
    arrivals: Sequence[Sequence[int]], attempts: Sequence[Sequence[int]], says: Texts
) -> Picture:
    """A field for each hour of the week: the stronger its colour, the more leads arrived; the larger its dot, the
    more attempts were made. Both are 7 rows from Monday with 24 columns, by the account's clock."""
    names = get_day_names("abbreviated", locale=says.locale)
    days = [str(names[day]) for day in range(7)]
    most, most_tried = max(map(max, arrivals)), max(map(max, attempts))
    step = -(-most // _CLASSES) or 1
    values = [
        {
            "day": days[day],
            "hour": hour,
            "arrived": arrivals[day][hour],
            "class": -(-arrivals[day][hour] // step),
            "tried": attempts[day][hour],
            "says": says.t(
                "{day} {hour}:00: {arrived} arrived, {tried} attempts",
                day=days[day],
                hour=hour,
                arrived=says.number(arrivals[day][hour]),
                tried=says.number(attempts[day][hour]),
            ),
        }
        for day in range(7)
        for hour in range(24)
    ]
    hours = list(range(24))
    base = of(values).encode(
        x=alt.X("hour:O", title=says.t("Hour of the day"), sort=hours[::-1] if is_mirrored(says) else hours)
        .axis(labelAngle=0, labelOverlap="greedy", labelSeparation=8, ticks=False, domain=False)
        .scale(padding=0.06),
        y=alt.Y("day:N", title=None, sort=days)
        .axis(orient=side(says), ticks=False, domain=False)
        .scale(padding=0.08),
        tooltip="says:N",
    )
    fields = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color("class:O", legend=None).scale(
            domain=list(range(_CLASSES + 1)), range=[colour(f"heat-{place}") for place in range(_CLASSES + 1)]
        )
    )
    dots = (
        base.transform_filter("datum.tried > 0")
        .mark_circle(color=colour("brass"), opacity=1, stroke=colour("panel"), strokeWidth=1)
        .encode(size=alt.Size("tried:Q", legend=None).scale(domain=[0, max(most_tried, 1)], range=[8, 130]))
    )
    busiest = max(((n, day, hour) for day, row in enumerate(arrivals) for hour, n in enumerate(row)), default=None)
    total, tried = sum(map(sum, arrivals)), sum(map(sum, attempts))
    sentence = says.t(
        "{arrived} leads arrived and {tried} attempts were made.",
        arrived=says.number(total),
        tried=says.number(tried),
    )
    if busiest is not None and busiest[0]:
        sentence += " " + says.t(
            "Most arrived on {day} from {hour}:00 on.",
            day=str(get_day_names("wide", locale=says.locale)[busiest[1]]),
            hour=busiest[2],
        )
    wide = get_day_names("wide", locale=says.locale)
    return Picture(
        name="week-heat",
        title=says.t("Arrivals and attempts by hour of the week"),
        says=sentence,
        spec=finished(fields + dots, height=230) if total or tried else None,
        table=table(
            (says.t("Day"), says.t("Hour"), says.t("Leads arrived"), says.t("Attempts")),
            (
                (
                    Cell(str(wide[day]), str(wide[day])),
                    Cell(f"{hour}:00", hour),
                    Cell(says.number(arrivals[day][hour]), arrivals[day][hour]),
                    Cell(says.number(attempts[day][hour]), attempts[day][hour]),
                )
                for day in range(7)
                for hour in range(24)
                if arrivals[day][hour] or attempts[day][hour]
            ),
        ),
        key=(
            ("heat-3", says.t("leads arrived: the stronger the colour, the more")),
            ("brass", says.t("attempts: the larger, the more")),
        ),
    )
