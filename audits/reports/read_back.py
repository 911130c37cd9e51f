"""A report from its JSON values: the way back of `HandlingReport.to_json`, by which a stored one is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from audits.causes import Cause
from audits.model.score import FollowUpStatus
from audits.reports.export_report import Answer
from audits.reports.handling import HandlingReport
from audits.reports.sections import Cohort, LoadClass, NeglectedLead, OwnerDay, OwnerFigures, RuleTally, Spans
from audits.statistics.comparison import Compared, Standing
from audits.statistics.delay_cost import DelayClass, DelayCost
from audits.statistics.enough import LEAST_CASES, NotEnoughData
from audits.statistics.expectation import Expectation
from audits.statistics.medians import Quantile, SpanSummary
from audits.statistics.shares import Rate, Share
from audits.statistics.survival import Survival, SurvivalStep

_Told = Mapping[str, Any]


def report_from_json(told: _Told) -> HandlingReport:
    """The report of which `told` are the values. Raises KeyError, TypeError or ValueError when they are not those of
    a report."""
    return HandlingReport(
        since=datetime.fromisoformat(told["since"]),
        until=datetime.fromisoformat(told["until"]),
        as_of=datetime.fromisoformat(told["as_of"]),
        zone=told["zone"],
        scope=told["scope"],
        history_since=datetime.fromisoformat(told["history_since"]),
        arrivals=told["arrivals"],
        answers=tuple((Answer(answer), n) for answer, n in told["answers"].items()),
        in_goal=_share(told["in_goal"]),
        in_time=_share(told["in_time"]),
        never_called=_share(told["never_called"]),
        causes=_causes(told["causes"]),
        first_attempt=_spans(told["first_attempt_working"]),
        first_attempt_wall=_spans(told["first_attempt_wall"]),
        first_connection=_spans(told["first_connection_working"]),
        first_connection_wall=_spans(told["first_connection_wall"]),
        legs=tuple((name, _leg(each)) for name, each in told["legs"].items()),
        arrivals_by_hour=_hours(told["arrivals_by_hour"]),
        attempts_by_hour=_hours(told["attempts_by_hour"]),
        not_yet_tried=_survival(told["not_yet_tried"]),
        months=tuple(map(_cohort, told["months"])),
        weeks=tuple(map(_cohort, told["weeks"])),
        loads=tuple(LoadClass(each["up_to_percent"], each["n"], _share(each["in_time"])) for each in told["loads"]),
        unknown_load=told["unknown_load"],
        owner_days=tuple(OwnerDay(**{**each, "day": date.fromisoformat(each["day"])}) for each in told["owner_days"]),
        rules=tuple(RuleTally(**{**each, "breaches": _share(each["breaches"])}) for each in told["rules"]),
        neglected=tuple(map(_neglected, told["neglected"])),
        prior=told["prior"],
        owners=tuple(map(_owner, told["owners"])),
        decided=tuple((rule_id, decision, n) for rule_id, decision, n in told["decided"]),
        cost_of_delay=_cost(told["cost_of_delay"]),
    )


def _share(told: _Told) -> Share:
    return Share(told["count"], told["n"])


def _causes(told: _Told) -> tuple[tuple[Cause, int], ...]:
    return tuple((Cause(cause), n) for cause, n in told.items())


def _summary(told: _Told) -> SpanSummary:
    median, p90 = (
        NotEnoughData(told["n"])
        if told[f"{name}_s"] is None
        else Quantile(told["n"], percent, told[f"{name}_s"], told[f"{name}_low_s"], told[f"{name}_high_s"])
        for name, percent in (("median", 50), ("p90", 90))
    )
    return SpanSummary(told["n"], median, p90)


def _spans(told: _Told) -> Spans:
    return Spans(_summary(told), tuple(n for _, n in told["bins"]))


def _leg(told: _Told) -> Quantile | NotEnoughData:
    return Quantile(**told) if "value" in told else NotEnoughData(told["n"])


def _hours(told: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, told))


def _survival(told: _Told) -> Survival | NotEnoughData:
    if "steps" not in told:
        return NotEnoughData(told["n"])
    return Survival(told["n"], told["happened"], tuple(SurvivalStep(*step) for step in told["steps"]))


def _cohort(told: _Told) -> Cohort:
    return Cohort(date.fromisoformat(told["begins_on"]), tuple(told["steps"]), told["is_ripe"])


def _neglected(told: _Told) -> NeglectedLead:
    due = told["due_at"]
    return NeglectedLead(
        lead_id=told["lead_id"],
        holder_id=told["holder_id"],
        status=FollowUpStatus(told["status"]),
        received_at=datetime.fromisoformat(told["received_at"]),
        due_at=None if due is None else datetime.fromisoformat(due),
        overdue_wall_s=told["overdue_wall_s"],
        is_contested=told["is_contested"],
    )


def _owner(told: _Told) -> OwnerFigures:
    kept, expectation = told["in_time"], told["expectation"]
    return OwnerFigures(
        owner_id=told["owner_id"],
        compared=Compared(_share(kept), kept["expected"], Standing(kept["standing"]), kept["chance"]),
        # Why there is none does not change what is said: too few cases either way.
        expectation=Expectation(**expectation) if expectation is not None else NotEnoughData(kept["n"]),
        first_attempt=_summary(told["first_attempt"]),
        causes=_causes(told["causes"]),
    )


def _cost(told: _Told) -> DelayCost:
    classes = tuple(DelayClass(each["up_to_s"], _share(each)) for each in told["classes"])
    if told["difference"] is None:
        n = next((each.converted.n for each in classes[:1] if each.converted.n < LEAST_CASES), None)
        rest = sum(each.converted.n for each in classes[1:])
        return DelayCost(classes, NotEnoughData(rest if n is None else n), None, None)
    low, high = told["leads"]
    return DelayCost(classes, Rate(*told["difference"]), low, high)
