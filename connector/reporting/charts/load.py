"""What lay on people when leads came, against what they can try in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import altair as alt

from audits.reports.sections import LoadClass, OwnerDay
from audits.statistics.shares import Rate
from connector.language.texts import Texts
from connector.reporting.charts.picture import (
    Cell,
    Picture,
    Table,
    colour,
    counted,
    counts_axis,
    finished,
    is_mirrored,
    nice_top,
    of,
    share_cell,
    shares_axis,
    side,
    spelled_days,
    table,
)


def load_and_capacity(days: Sequence[OwnerDay], names: Mapping[str, str], says: Texts) -> Picture:
    """One dot for each owner and day at its heaviest moment: leads waiting over how many he can try until they are
    due. Above the line, more waited than could be tried. `names`: owner id → name."""
    known = [day for day in days if day.fits_milli is not None]
    over = [day for day in known if (day.percent or 0) > 100]
    values = [
        {
            "fits": (day.fits_milli or 0) / 1000,
            "waiting": day.waiting,
            "over": "over" if (day.percent or 0) > 100 else "within",
            "says": _of_day(day, names, says),
        }
        for day in known
    ]
    top = nice_top(max((day.waiting for day in known), default=0))
    widest = nice_top(int(max(((day.fits_milli or 0) // 1000 + 1 for day in known), default=0)))
    x_axis = counts_axis(widest, says)
    dots = (
        of(values)
        .mark_circle(size=70, opacity=0.65)
        .encode(
            x=alt.X("fits:Q", title=says.t("can be tried in time"))
            .axis(**x_axis, grid=False)
            .scale(domain=[0, widest], reverse=is_mirrored(says)),
            y=alt.Y("waiting:Q", title=says.t("leads waiting"))
            .axis(**counts_axis(top, says), orient=side(says), domain=False, ticks=False)
            .scale(domain=[0, top]),
            color=alt.Color("over:N", legend=None).scale(
                domain=["within", "over"], range=[colour("accent"), colour("bad")]
            ),
            tooltip="says:N",
        )
    )
    edge = min(top, widest)
    line = (
        of([{"fits": 0, "waiting": 0}, {"fits": edge, "waiting": edge}])
        .mark_line(color=colour("brass"), strokeDash=[5, 3], strokeWidth=1.5)
        .encode(x="fits:Q", y="waiting:Q")
    )
    return Picture(
        name="load",
        title=says.t("Load against capacity"),
        says=_sentence(days, known, over, says),
        spec=finished(line + dots, height=250) if known else None,
        table=_table(days, names, says),
        key=(
            ("accent", says.t("a day within capacity")),
            ("bad", says.t("a day with more than can be tried in time")),
            ("brass", says.t("as many waiting as can be tried")),
        ),
    )


def load_by_day(days: Sequence[OwnerDay], name: str, says: Texts) -> Picture:
    """One owner: each day's leads waiting at the heaviest moment as a bar, what he could try until they were due as
    a mark across it."""
    known = [day for day in days if day.fits_milli is not None]
    over = [day for day in known if (day.percent or 0) > 100]
    shown = _every_day(days)
    labels = [on.isoformat() for on in shown]
    by_day = {day.day: day for day in days}
    names = {day.owner_id: name for day in days}
    values = [
        {
            "day": on.isoformat(),
            "waiting": by_day[on].waiting,
            "fits": None if by_day[on].fits_milli is None else (by_day[on].fits_milli or 0) / 1000,
            "over": _tone(by_day[on]),
            "says": _of_day(by_day[on], names, says),
        }
        for on in shown
        if on in by_day
    ]
    most = max((max(day.waiting, (day.fits_milli or 0) // 1000 + 1) for day in days), default=0)
    top = nice_top(min(most, 4 * max((day.waiting for day in days), default=1)))
    base = of(values).encode(
        x=alt.X("day:O", title=None, sort=labels[::-1] if is_mirrored(says) else labels)
        .axis(
            labelAngle=0, labelOverlap="greedy", labelSeparation=8, ticks=False, labelExpr=spelled_days(shown, says)
        )
        .scale(domain=labels[::-1] if is_mirrored(says) else labels, paddingInner=0.3),
        tooltip="says:N",
    )
    axis = alt.Axis(**counts_axis(top, says), orient=side(says), domain=False, ticks=False)
    scale = alt.Scale(domain=[0, top], clamp=True)
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        y=alt.Y("waiting:Q", title=says.t("leads waiting"), scale=scale, axis=axis),
        color=alt.Color("over:N", legend=None).scale(
            domain=["within", "over", "unknown"], range=[colour("accent"), colour("bad"), colour("quiet")]
        ),
    )
    marks = (
        base.transform_filter("isValid(datum.fits)")
        .mark_tick(color=colour("brass"), thickness=3)
        .encode(y=alt.Y("fits:Q", title=says.t("leads waiting"), scale=scale, axis=axis))
    )
    return Picture(
        name="load-by-day",
        title=says.t("Load against capacity, day by day"),
        says=_sentence(days, known, over, says),
        spec=finished(bars + marks, height=210) if days else None,
        table=_table(days, names, says),
        key=(
            ("accent", says.t("leads waiting, within capacity")),
            ("bad", says.t("leads waiting, more than can be tried in time")),
            ("brass", says.t("can be tried in time")),
            *((("quiet", says.t("leads waiting, pace not known")),) if len(known) < len(days) else ()),
        ),
    )


def kept_by_load(classes: Sequence[LoadClass], says: Texts, *, href: Callable[[int], str] | None = None) -> Picture:
    """The share tried in time by how heavy the load was when the lead came, each with its interval."""
    labels, values, rows, below = [], [], [], 0
    for place, each in enumerate(classes):
        edge = each.up_to_percent
        label = (
            says.t("over {share}", share=says.percent(below / 100))
            if edge is None
            else says.t("up to {share}", share=says.percent(edge / 100))
        )
        below = edge or below
        labels.append(label)
        rate = each.in_time.rate
        if isinstance(rate, Rate):
            values.append(
                {
                    "load": label,
                    "share": rate.share,
                    "low": rate.low,
                    "high": rate.high,
                    "says": f"{label}: {share_cell(each.in_time, says).text}",
                }
            )
        link = href(place) if href is not None else None
        rows.append((Cell(label, edge), counted(each.n, says, link), share_cell(each.in_time, says)))
    axis = alt.Axis(
        **shares_axis(says),
        orient=side(says),
        domain=False,
        ticks=False,
    )
    base = of(values).encode(
        x=alt.X("load:N", title=says.t("leads waiting, of what can be tried in time"))
        .axis(labelAngle=0, labelOverlap="greedy", labelSeparation=8, ticks=False)
        .scale(domain=labels[::-1] if is_mirrored(says) else labels, paddingInner=0.5),
        tooltip="says:N",
    )
    y = alt.Y("share:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1]))
    bars = base.mark_bar(color=colour("accent"), opacity=0.35, cornerRadiusEnd=2).encode(y=y)
    ranges = base.mark_rule(color=colour("accent"), strokeWidth=2).encode(
        y=alt.Y("low:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1])), y2="high:Q"
    )
    said = [f"{label}: {share_cell(each.in_time, says).text}" for label, each in zip(labels, classes, strict=True)]
    return Picture(
        name="kept-by-load",
        title=says.t("Tried in time, by load"),
        says=says.signs("; ").join(said) + ".",
        spec=finished(bars + ranges, height=190) if values else None,
        table=table((says.t("Load"), says.t("Leads"), says.t("Tried in time")), rows),
    )


def _tone(day: OwnerDay) -> str:
    return "unknown" if day.percent is None else "over" if day.percent > 100 else "within"


def _every_day(days: Sequence[OwnerDay]) -> list[date]:
    if not days:
        return []
    first, last = min(day.day for day in days), max(day.day for day in days)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _of_day(day: OwnerDay, names: Mapping[str, str], says: Texts) -> str:
    name, on = names.get(day.owner_id, day.owner_id), says.short_day(day.day)
    waiting = says.plural("{n} lead waiting", "{n} leads waiting", day.waiting)
    if day.fits_milli is None:
        return says.t("{name}, {day}: {waiting}", name=name, day=on, waiting=waiting)
    return says.t(
        "{name}, {day}: {waiting}, {fits} can be tried in time",
        name=name,
        day=on,
        waiting=waiting,
        fits=says.number(round(day.fits_milli / 1000, 1)),
    )


def _sentence(days: Sequence[OwnerDay], known: Sequence[OwnerDay], over: Sequence[OwnerDay], says: Texts) -> str:
    if not known:
        return says.t("Not enough data on anybody's pace.") if days else says.t("No leads came.")
    return says.plural(
        "On {n} day of {all} more leads waited than could be tried in time.",
        "On {n} days of {all} more leads waited than could be tried in time.",
        len(over),
        all=says.number(len(known)),
    )


def _table(days: Sequence[OwnerDay], names: Mapping[str, str], says: Texts) -> Table:
    return table(
        (
            says.t("Owner"),
            says.t("Day"),
            says.t("New leads"),
            says.t("Leads waiting"),
            says.t("Can be tried in time"),
        ),
        (
            (
                Cell(names.get(day.owner_id, day.owner_id), names.get(day.owner_id, day.owner_id)),
                Cell(says.day(day.day), day.day.isoformat()),
                counted(day.arrivals, says),
                counted(day.waiting, says),
                Cell(says.t("not enough data"))
                if day.fits_milli is None
                else Cell(says.number(round(day.fits_milli / 1000, 1)), day.fits_milli / 1000),
            )
            for day in days
        ),
    )
