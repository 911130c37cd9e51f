"""How long leads waited for the first attempt, or contact: how many in each span."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt

from audits.reports.sections import BIN_EDGES_S, Spans
from audits.statistics.enough import NotEnoughData
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
    table,
)

#: (from, to) in seconds, both included, None = open → the address of the leads.
BinHref = Callable[[int, int | None], str]


def first_attempt_distribution(
    spans: Spans, says: Texts, *, title: str, what: str, target_s: int | None = None, href: BinHref | None = None
) -> Picture:
    """Upright bars by working time. `what`: what is counted, such as "leads tried"; `target_s`: bins that end beyond
    it are drawn as late."""
    bins = zip((0, *BIN_EDGES_S), (*BIN_EDGES_S, None), spans.bins, strict=True)
    labels, cells, values = [], [], []
    for low, high, n in bins:
        label = says.t("> {span}", span=says.span(low)) if high is None else says.span(high)
        link = href(low + 1 if low else 0, high) if href is not None else None
        is_late = target_s is not None and (high is None or high > target_s)
        labels.append(label)
        cells.append(
            (Cell(label if high is None else says.t("up to {span}", span=label), label), counted(n, says, link))
        )
        values.append(
            {"label": label, "n": n, "tone": "late" if is_late else "in time", "says": f"{cells[-1][0].text}: {n}"}
        )
        if link and n:
            values[-1]["href"] = link
    top = nice_top(max(spans.bins))
    chart = (
        of(values)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("label:N", sort=labels[::-1] if is_mirrored(says) else labels, title=None)
            .axis(labelAngle=0, labelOverlap="greedy", labelSeparation=8, ticks=False)
            .scale(paddingInner=0.25, paddingOuter=0.1),
            y=alt.Y("n:Q", title=None)
            .axis(**counts_axis(max(spans.bins), says), orient=side(says), domain=False, ticks=False)
            .scale(domain=[0, top]),
            color=alt.Color("tone:N", legend=None).scale(
                domain=["in time", "late"], range=[colour("accent"), colour("warn")]
            ),
            tooltip="says:N",
            href="href:N",
        )
    )
    median = spans.summary.median
    if isinstance(median, NotEnoughData):
        sentence = says.t("{n} {what}.", n=says.number(spans.summary.n), what=what)
    else:
        sentence = says.t(
            "{n} {what}; half of them within {span}.",
            n=says.number(spans.summary.n),
            what=what,
            span=says.span(median.value),
        )
    return Picture(
        name="first-attempt",
        title=title,
        says=sentence,
        spec=finished(chart, height=190) if spans.summary.n else None,
        table=table((says.t("Working time"), says.t("Leads")), cells),
    )
