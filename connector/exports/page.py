"""The audit as one HTML file: self-contained, without script, every value escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from audits.causes import Cause
from audits.model.finding import Outcome
from audits.model.said import english
from audits.reports.export_report import Answer, Bin
from audits.statistics.enough import LEAST_CASES, NotEnoughData
from audits.statistics.medians import Quantile
from audits.statistics.shares import Share
from audits.wording import span
from connector.exports.problems import BadRow
from connector.exports.run import AuditRun
from connector.exports.store import BrokenLine

#: So many rows that were not used are listed on the page; the JSON lists all.
MOST_BAD_ROWS = 500
#: And so many of the promises that were broken.
MOST_BROKEN = 500

NOT_ENOUGH = "not enough data"

_ANSWER_WORDS = {
    Answer.IN_TIME: "tried in time",
    Answer.LATE: "tried late",
    Answer.UNANSWERED: "past the target, never tried",
    Answer.WAITING: "waiting, still in time",
    Answer.CLOSED_WITHOUT: "closed without need of an attempt",
    Answer.SPOKEN_WITH: "spoken with before any attempt",
    Answer.IMPORTED: "imported, no fresh enquiry",
    Answer.UNKNOWN: "cannot be told",
}
#: What explains that a first attempt is late or missing.
CAUSE_WORDS = {
    Cause.ARRIVED_LATE_FROM_VENDOR: "the vendor delivered it late",
    Cause.WAITED_FOR_OWNER: "it waited for an owner",
    Cause.OVERLOADED: "its owner had more leads waiting than he manages",
    Cause.NOT_CALLED: "nobody called, though there was time",
    Cause.UNKNOWN: "cannot be told",
}
_WIDTH, _HEIGHT, _BASE, _TOP = 640, 240, 200, 24


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar of the picture, in its own units."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    label: str
    count: int


def render_page(run: AuditRun, bad_rows: Iterable[BadRow], broken: Iterable[BrokenLine]) -> str:
    """The HTML of the report; times in the policy's zone. `broken`: every broken promise."""
    environment = Environment(
        loader=PackageLoader("connector.exports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    zone = ZoneInfo(run.policy.calendar.zone)
    environment.filters["quantile"] = _quantile
    environment.filters["share"] = share_text
    environment.filters["number"] = _number
    environment.filters["moment"] = lambda t: _moment(t, zone)
    return environment.get_template("report.html.j2").render(
        run=run,
        report=run.report,
        zone=run.policy.calendar.zone,
        answers=Answer,
        answer_words=_ANSWER_WORDS,
        outcomes=Outcome,
        minimum_n=LEAST_CASES,
        not_enough=NOT_ENOUGH,
        bars=_bars(run.report.histogram),
        picture={"width": _WIDTH, "height": _HEIGHT, "base": _BASE},
        histogram_n=sum(each.count for each in run.report.histogram),
        bad_rows=list(islice(bad_rows, MOST_BAD_ROWS)),
        spans=_agreed(run),
        cause_words=CAUSE_WORDS,
        count_broken=sum(count for _, count in run.causes),
        broken=list(islice(broken, MOST_BROKEN)),
    )


def _agreed(run: AuditRun) -> Mapping[str, str]:
    policy = run.policy
    return {
        "first attempt": _span(policy.response_target_s),
        **{f"first attempt, {target.name}": _span(target.due_s) for target in policy.targets},
        "first call at the latest": _span(policy.never_called_after_s),
        "again after a failed attempt": _span(policy.recontact_after_s),
        "longest silence": _span(policy.silent_after_s),
    }


def _bars(bins: Iterable[Bin]) -> list[_Bar]:
    kept = list(bins)
    highest = max((each.count for each in kept), default=0) or 1
    step = _WIDTH / len(kept)
    bars: list[_Bar] = []
    for place, each in enumerate(kept):
        height = (_BASE - _TOP) * each.count / highest
        bars.append(
            _Bar(
                x=round(place * step + 4, 1),
                y=round(_BASE - height, 1),
                width=round(step - 8, 1),
                height=round(height, 1),
                middle=round((place + 0.5) * step, 1),
                label=each.label,
                count=each.count,
            )
        )
    return bars


def _quantile(value: Quantile | NotEnoughData) -> str:
    """`2 h (1 h 30 min to 3 h)`, or that there are not enough cases; a side without a bound is left open."""
    if isinstance(value, NotEnoughData):
        return NOT_ENOUGH
    low = _span(value.low) if value.low is not None else "?"
    high = _span(value.high) if value.high is not None else "?"
    return f"{_span(value.value)} ({low} to {high})"


def _span(seconds: int) -> str:
    return english(span(seconds))


def share_text(value: Share) -> str:
    """`46 % (43–50 %)`, or that there are not enough cases."""
    rate = value.rate
    if isinstance(rate, NotEnoughData):
        return NOT_ENOUGH
    return f"{100 * rate.share:.0f} % ({100 * rate.low:.0f}–{100 * rate.high:.0f} %)"


def _number(value: int) -> str:
    return f"{value:,}"


def _moment(t: datetime, zone: ZoneInfo) -> str:
    return f"{t.astimezone(zone):%Y-%m-%d %H:%M}"
