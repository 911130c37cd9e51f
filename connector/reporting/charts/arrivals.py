"""New leads, day by day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import altair as alt

from connector.language.texts import Texts
from connector.reporting.charts.picture import (
    Cell,
    Picture,
    colour,
    counted,
    counts_axis,
    finished,
    is_mirrored,
    nice_top,
    of,
    side,
    spelled_days,
    table,
)


def arrivals_by_day(
    days: Sequence[tuple[date, int]], says: Texts, *, href: Callable[[date], str] | None = None
) -> Picture:
    """An upright bar for each day, days without any among them."""
    values, rows = [], []
    for on, n in days:
        link = href(on) if href is not None else None
        values.append({"day": on.isoformat(), "n": n, "says": f"{says.day(on)}: {says.number(n)}"})
        if link and n:
            values[-1]["href"] = link
        rows.append((Cell(says.day(on), on.isoformat()), counted(n, says, link)))
    order = [on.isoformat() for on, _ in days]
    most = max((n for _, n in days), default=0)
    chart = (
        of(values)
        .mark_bar(color=colour("accent"), cornerRadiusEnd=2)
        .encode(
            x=alt.X("day:O", title=None, sort=order[::-1] if is_mirrored(says) else order)
            .axis(
                labelAngle=0,
                labelOverlap="parity",
                labelSeparation=8,
                ticks=False,
                labelExpr=spelled_days([on for on, _ in days], says),
            )
            .scale(paddingInner=0.25, paddingOuter=0.1),
            y=alt.Y("n:Q", title=None)
            .axis(**counts_axis(most, says), orient=side(says), domain=False, ticks=False)
            .scale(domain=[0, nice_top(most)]),
            tooltip="says:N",
            href="href:N",
        )
    )
    total = sum(n for _, n in days)
    return Picture(
        name="arrivals",
        title=says.t("New leads per day"),
        says=says.t(
            "{leads} in {days}.",
            leads=says.plural("{n} new lead", "{n} new leads", total),
            days=says.plural("{n} day", "{n} days", len(days)),
        ),
        spec=finished(chart, height=190) if total else None,
        table=table((says.t("Day"), says.t("New leads")), rows),
    )
