"""From step to step, by when the leads arrived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import altair as alt

from audits.reports.sections import Cohort
from audits.statistics.shares import Rate
from connector.language.texts import Texts
from connector.reporting.charts.picture import (
    Cell,
    Picture,
    colour,
    counted,
    finished,
    is_mirrored,
    of,
    share_cell,
    shares_axis,
    side,
    table,
)

_TONES = ("accent", "brass", "good")


def stage_funnel(
    cohorts: Sequence[Cohort],
    says: Texts,
    *,
    label: Callable[[date], str],
    href: Callable[[date], str] | None = None,
) -> Picture:
    """For each cohort the three shares from step to step with their intervals: tried of those that came, reached of
    those tried, won of those reached. Hollow: the usual cycle is not over for all of the cohort."""
    steps = (says.t("tried, of all"), says.t("reached, of those tried"), says.t("won, of those reached"))
    values, rows, labels = [], [], []
    for cohort in cohorts:
        name = label(cohort.begins_on)
        labels.append(name)
        ripe = {True: says.t("ripe"), False: says.t("unripe"), None: says.t("not known")}[cohort.is_ripe]
        conversions = cohort.conversions()
        for place, share in enumerate(conversions):
            rate = share.rate
            if isinstance(rate, Rate):
                values.append(
                    {
                        "cohort": name,
                        "step": steps[place],
                        "share": rate.share,
                        "low": rate.low,
                        "high": rate.high,
                        "fill": "panel" if cohort.is_ripe is False else _TONES[place],
                        "says": f"{name}, {steps[place]}: {share_cell(share, says).text}"
                        + (f" · {says.t('unripe')}" if cohort.is_ripe is False else ""),
                    }
                )
        link = href(cohort.begins_on) if href is not None else None
        rows.append(
            (
                Cell(name, name),
                counted(cohort.steps[0], says, link),
                *(share_cell(share, says) for share in conversions),
                Cell(ripe, ripe),
            )
        )
    ripe_ones = [cohort for cohort in cohorts if cohort.is_ripe]
    sentence = (
        says.plural("{n} cohort", "{n} cohorts", len(cohorts))
        + says.signs("; ")
        + (
            says.plural("for {n} the usual cycle is over", "for {n} the usual cycle is over", len(ripe_ones))
            if any(cohort.is_ripe is not None for cohort in cohorts)
            else says.t("the usual cycle is not known: not enough data")
        )
        + "."
    )
    x = (
        alt.X("cohort:N", title=None, sort=labels[::-1] if is_mirrored(says) else labels)
        .axis(labelAngle=0, labelOverlap="greedy", labelSeparation=8, ticks=False)
        .scale(domain=labels[::-1] if is_mirrored(says) else labels, padding=0.2)
    )
    offset = alt.XOffset("step:N", sort=list(steps)).scale(domain=list(steps[::-1] if is_mirrored(says) else steps))
    axis = {
        **shares_axis(says),
        "orient": side(says),
        "domain": False,
        "ticks": False,
    }
    tones = alt.Color("step:N", legend=None).scale(domain=list(steps), range=[colour(each) for each in _TONES])
    base = of(values).encode(x=x, xOffset=offset, tooltip="says:N")
    ranges = base.mark_rule(strokeWidth=2, opacity=0.55).encode(
        y=alt.Y("low:Q", title=None).axis(**axis).scale(domain=[0, 1]), y2="high:Q", color=tones
    )
    points = base.mark_point(size=55, opacity=1, strokeWidth=2).encode(
        y=alt.Y("share:Q", title=None).axis(**axis).scale(domain=[0, 1]),
        color=tones,
        fill=alt.Fill("fill:N", legend=None).scale(
            domain=[*_TONES, "panel"], range=[colour(each) for each in (*_TONES, "panel")]
        ),
    )
    return Picture(
        name="funnel",
        title=says.t("From step to step, by when the leads arrived"),
        says=sentence,
        spec=finished(ranges + points, height=230) if values else None,
        table=table((says.t("Arrived"), says.t("Leads"), *steps, says.t("Cycle")), rows),
        key=(
            *zip(_TONES, steps, strict=True),
            *(
                (("panel", says.t("hollow: unripe, more may follow")),)
                if any(cohort.is_ripe is False for cohort in cohorts)
                else ()
            ),
        ),
    )
