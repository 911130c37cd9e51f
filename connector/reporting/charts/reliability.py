"""What was said of leads against what proved so: the curve of reliability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from audits.statistics.shares import Rate
from audits.truth.calibration import ReliabilityBin
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


def reliability_curve(
    shipped: Sequence[ReliabilityBin], mended: Sequence[ReliabilityBin] | None, says: Texts
) -> Picture:
    """A dot for each step of what was said, at the share that proved so, with its interval; on the line both are the
    same. `mended`: the same outcomes by what was learned of them, None where nothing was learned. Steps with fewer
    outcomes than a share needs stand in the table alone."""
    series = [(says.t("as shipped"), "quiet", shipped)]
    if mended is not None:
        series.append((says.t("as learned here"), "accent", mended))
    values, rows = [], []
    for name, tone, bins in series:
        for each in bins:
            span = says.t("{low} to {high}", low=says.percent(each.low), high=says.percent(each.high))
            proved = share_cell(each.proved, says)
            rows.append(
                (
                    Cell(name, name),
                    Cell(span, each.low),
                    Cell(says.percent(each.mean_said), each.mean_said),
                    proved,
                    counted(each.proved.n, says),
                )
            )
            rate = each.proved.rate
            if isinstance(rate, Rate):
                values.append(
                    {
                        "said": each.mean_said,
                        "share": rate.share,
                        "low": rate.low,
                        "high": rate.high,
                        "tone": tone,
                        "says": says.t(
                            "{name}: said {said}, proved {proved}",
                            name=name,
                            said=says.percent(each.mean_said),
                            proved=proved.text,
                        ),
                    }
                )
    return Picture(
        name="reliability",
        title=says.t("What was said, and what proved so"),
        says=_sentence(values, says),
        spec=_spec(values, says) if values else None,
        table=table(
            (
                says.t("Probability"),
                says.t("Step"),
                says.t("Said on average"),
                says.t("Proved so"),
                says.t("Outcomes"),
            ),
            rows,
        ),
        key=tuple((tone, name) for name, tone, _ in series),
    )


def _sentence(values: Sequence[dict[str, object]], says: Texts) -> str:
    if not values:
        return says.t("Not enough outcomes yet for any step of the curve.")
    return says.t(
        "A dot on the line: of the leads of which so much was said, just so many proved to be pseudo-leads. Above it "
        "too little was said, below it too much. Bars are 95 % intervals."
    )


def _spec(values: list[dict[str, object]], says: Texts) -> dict[str, Any]:
    ticks = {**shares_axis(says), "ticks": False}
    across = {**ticks, "grid": False}
    upright = {**ticks, "orient": side(says), "domain": False}
    x = alt.X("said:Q", title=says.t("said")).axis(**across).scale(domain=[0, 1], reverse=is_mirrored(says))
    y = alt.Y("share:Q", title=says.t("proved so")).axis(**upright).scale(domain=[0, 1])
    low = alt.Y("low:Q", title=says.t("proved so")).axis(**upright).scale(domain=[0, 1])
    tones = alt.Color("tone:N", legend=None).scale(
        domain=["quiet", "accent"], range=[colour("quiet"), colour("accent")]
    )
    line = (
        of([{"said": 0, "share": 0}, {"said": 1, "share": 1}])
        .mark_line(strokeDash=[4, 4], strokeWidth=1, color=colour("quiet"))
        .encode(x=x, y=y)
    )
    base = of(values).encode(x=x, tooltip="says:N", color=tones)
    ranges = base.mark_rule(strokeWidth=2, opacity=0.55).encode(y=low, y2="high:Q")
    points = base.mark_point(size=60, filled=True, opacity=1).encode(y=y)
    return finished(line + ranges + points, height=300)
