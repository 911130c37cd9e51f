"""The share of leads without an attempt, by working time since they came."""

from __future__ import annotations

import altair as alt

from audits.statistics.enough import NotEnoughData
from audits.statistics.survival import Survival
from connector.language.texts import Texts
from connector.reporting.charts.picture import (
    Cell,
    Picture,
    colour,
    finished,
    is_mirrored,
    of,
    shares_axis,
    side,
    spelled,
    table,
)

_TICKS_S = (0, 300, 900, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 16 * 3600, 40 * 3600, 80 * 3600, 160 * 3600)
#: Where the axis turns from even to logarithmic, in seconds: the first minutes are what matters.
_TURN_S = 900


def not_yet_called_curve(curve: Survival | NotEnoughData, says: Texts, *, target_s: int | None = None) -> Picture:
    """A falling staircase with its 95 % interval; `target_s` is drawn as an upright line."""
    title = says.t("Not yet tried")
    head = (
        says.t("After working time"),
        says.t("Not yet tried"),
        says.t("95 % from"),
        says.t("to"),
        says.t("Still waiting"),
    )
    if isinstance(curve, NotEnoughData) or not curve.steps:
        n = curve.n
        least = curve.least if isinstance(curve, NotEnoughData) else 1
        said = says.t("not enough data ({n} of {least})", n=says.number(n), least=says.number(least))
        return Picture(name="not-yet-called", title=title, says=said, spec=None, table=table(head, ()))
    values = [
        {"s": 0, "left": 1.0, "low": 1.0, "high": 1.0, "says": says.t("{n} leads at first", n=says.number(curve.n))}
    ]
    values += [
        {
            "s": step.at_s,
            "left": step.waiting,
            "low": step.low,
            "high": step.high,
            "says": says.t(
                "after {span}: {share} ({low} to {high})",
                span=says.span(step.at_s),
                share=says.percent(step.waiting),
                low=says.percent(step.low),
                high=says.percent(step.high),
            ),
        }
        for step in curve.steps
    ]
    last = curve.steps[-1].at_s
    ticks = [tick for tick in _TICKS_S if tick <= last] or [0]
    x = (
        alt.X("s:Q", title=says.t("Working time since the lead came"))
        .axis(
            values=ticks,
            labelExpr=spelled({tick: says.span(tick) for tick in ticks}),
            labelOverlap="greedy",
            labelSeparation=8,
            grid=False,
        )
        .scale(
            type="symlog",
            constant=_TURN_S,
            domain=[0, max(last, target_s or 0)],
            nice=False,
            reverse=is_mirrored(says),
        )
    )
    y_axis = {
        **shares_axis(says),
        "orient": side(says),
        "domain": False,
        "ticks": False,
    }
    base = of(values)
    y = alt.Y("left:Q", title=None).axis(**y_axis).scale(domain=[0, 1])
    band = base.mark_area(interpolate="step-after", color=colour("accent"), opacity=0.16).encode(
        x=x, y=alt.Y("low:Q", title=None).axis(**y_axis).scale(domain=[0, 1]), y2="high:Q"
    )
    line = base.mark_line(interpolate="step-after", color=colour("accent"), strokeWidth=2).encode(x=x, y=y)
    steps = base.mark_point(size=60, opacity=0, filled=True, color=colour("accent")).encode(
        x=x, y=y, tooltip="says:N"
    )
    drawn = band + line + steps
    if target_s is not None:
        drawn += (
            of(
                [
                    {
                        "s": target_s,
                        "says": says.t("agreed where nothing of its own holds: {span}", span=says.span(target_s)),
                    }
                ]
            )
            .mark_rule(color=colour("brass"), strokeWidth=2, strokeDash=[5, 3])
            .encode(x=x, tooltip="says:N")
        )
    half = curve.quantile_s(50)
    sentence = (
        says.t("Half of {n} leads were tried within {span}.", n=says.number(curve.n), span=says.span(half))
        if half is not None
        else says.t("Of {n} leads fewer than half have been tried.", n=says.number(curve.n))
    )
    if target_s is not None:
        sentence += " " + says.t(
            "At the agreed {span}, {share} were not yet tried.",
            span=says.span(target_s),
            share=says.percent(curve.waiting_at(target_s)),
        )
    return Picture(
        name="not-yet-called",
        title=title,
        says=sentence,
        spec=finished(drawn, height=230),
        table=table(
            head,
            (
                (
                    Cell(says.span(step.at_s), step.at_s),
                    Cell(says.percent(step.waiting), step.waiting),
                    Cell(says.percent(step.low), step.low),
                    Cell(says.percent(step.high), step.high),
                    Cell(says.number(step.at_risk - step.happened), step.at_risk - step.happened),
                )
                for step in curve.steps
            ),
        ),
        key=(
            (
                ("accent", says.t("share not yet tried, with its 95 % interval")),
                ("brass", says.t("the agreed time, where none of its own holds")),
            )
            if target_s is not None
            else (("accent", says.t("share not yet tried, with its 95 % interval")),)
        ),
    )
