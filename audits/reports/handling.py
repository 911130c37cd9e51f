"""The figures of a period from plain rows of measures: what the report, its pictures and its replay are made of.

The same rows give the same figures, byte for byte, in whatever order they come. Every share carries its n and a 95 %
interval, every median its n and an exact interval; under LEAST_CASES each says "not enough data".
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from audits.causes import Cause
from audits.model.finding import Outcome
from audits.reports.export_report import Answer
from audits.reports.handled import HandledLead, LoadMet
from audits.reports.sections import (
    BIN_EDGES_S,
    LOAD_EDGES_PERCENT,
    Cohort,
    LoadClass,
    NeglectedLead,
    OwnerDay,
    OwnerFigures,
    RuleTally,
    Spans,
    Step,
    by_hour,
    causes,
    cohorts,
    first_working_s,
    in_goal,
    in_time,
    loads,
    month_of,
    neglected,
    owner_days,
    owners,
    spans_of,
    strata_of,
    tallies,
    week_of,
)
from audits.statistics.delay_cost import DelayCost, delay_cost
from audits.statistics.enough import NotEnoughData
from audits.statistics.medians import Quantile, quantile
from audits.statistics.shares import Share
from audits.statistics.survival import Survival, Waited, kaplan_meier

__all__ = [
    "BIN_EDGES_S",
    "DELAY_EDGES_S",
    "LOAD_EDGES_PERCENT",
    "Cohort",
    "HandledLead",
    "HandlingReport",
    "LoadClass",
    "LoadMet",
    "NeglectedLead",
    "OwnerDay",
    "OwnerFigures",
    "ReportRows",
    "RuleTally",
    "Spans",
    "Step",
    "handling_report",
    "strata_of",
]

#: Upper edges of the classes of delay, in seconds of working time.
DELAY_EDGES_S = (300, 1800, 3600, 4 * 3600, 8 * 3600, 24 * 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRows:
    """What a report is made from. `leads`: those that arrived since `history_since`, and every neglected one.

    `attempts_by_hour`: attempts in the period on any lead, 7 rows from Monday, 24 columns. `judged`: (rule id,
    outcome) → current findings on leads that were open in the period. `contested`, `decided`: rule id → contests that
    wait for a decision, and (rule id, decision) → those decided. `contested_leads`: ids of leads with a contest that
    waits. `usual_cycle_s`: the learned age at winning; None = not enough data: then no cohort is called ripe or
    unripe, and nothing is said of the cost of delay.
    """

    leads: tuple[HandledLead, ...]
    attempts_by_hour: tuple[tuple[int, ...], ...]
    judged: Mapping[tuple[str, Outcome], int] = field(default_factory=dict)
    contested: Mapping[str, int] = field(default_factory=dict)
    decided: Mapping[tuple[str, str], int] = field(default_factory=dict)
    contested_leads: Collection[str] = frozenset()
    usual_cycle_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingReport:
    """The figures of [since, until), by the clock of `zone` (IANA), as known at `as_of`.

    `scope`: one owner's id, "" = the whole account; an owner's figures are those of the leads that he is charged
    with, and his neglected ones those that he holds. `answers`: leads by how they were answered. `in_time` and
    `in_goal`: of the promises that were kept or broken. `causes`: of the broken ones. All that follows leaves imports
    out. `first_attempt`, `first_connection`: by working time, and by the clock on the wall. `not_yet_tried`: share
    without an attempt by working time, each wait rounded up to the minute, from an hour on to five minutes, from ten
    hours on to the hour, which leaves few steps. `months`, `weeks`: cohorts of arrivals since `history_since`, of
    which the cost of delay is learned too. `unknown_load`: leads without a load.
    """

    since: datetime
    until: datetime
    as_of: datetime
    zone: str
    scope: str
    history_since: datetime
    arrivals: int
    answers: tuple[tuple[Answer, int], ...]
    in_goal: Share
    in_time: Share
    never_called: Share
    causes: tuple[tuple[Cause, int], ...]
    first_attempt: Spans
    first_attempt_wall: Spans
    first_connection: Spans
    first_connection_wall: Spans
    legs: tuple[tuple[str, Quantile | NotEnoughData], ...]
    arrivals_by_hour: tuple[tuple[int, ...], ...]
    attempts_by_hour: tuple[tuple[int, ...], ...]
    not_yet_tried: Survival | NotEnoughData
    months: tuple[Cohort, ...]
    weeks: tuple[Cohort, ...]
    loads: tuple[LoadClass, ...]
    unknown_load: int
    owner_days: tuple[OwnerDay, ...]
    rules: tuple[RuleTally, ...]
    neglected: tuple[NeglectedLead, ...]
    prior: float | None
    owners: tuple[OwnerFigures, ...]
    decided: tuple[tuple[str, str, int], ...]
    cost_of_delay: DelayCost

    @property
    def contested(self) -> int:
        """Findings that somebody contests and nobody has decided yet."""
        return sum(each.contested for each in self.rules)

    def count(self, answer: Answer) -> int:
        """Arrivals of the period with this answer."""
        return dict(self.answers)[answer]

    def to_json(self) -> dict[str, object]:
        """JSON values in one fixed order; what there is not enough data for is null beside its n."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "as_of": self.as_of.isoformat(),
            "zone": self.zone,
            "scope": self.scope,
            "history_since": self.history_since.isoformat(),
            "arrivals": self.arrivals,
            "answers": {answer.value: n for answer, n in self.answers},
            "in_goal": self.in_goal.to_json(),
            "in_time": self.in_time.to_json(),
            "never_called": self.never_called.to_json(),
            "causes": {cause.value: n for cause, n in self.causes},
            "first_attempt_working": self.first_attempt.to_json(),
            "first_attempt_wall": self.first_attempt_wall.to_json(),
            "first_connection_working": self.first_connection.to_json(),
            "first_connection_wall": self.first_connection_wall.to_json(),
            "legs": {
                name: {"n": each.n} if isinstance(each, NotEnoughData) else each.to_json() for name, each in self.legs
            },
            "arrivals_by_hour": [list(row) for row in self.arrivals_by_hour],
            "attempts_by_hour": [list(row) for row in self.attempts_by_hour],
            "not_yet_tried": (
                {"n": self.not_yet_tried.n}
                if isinstance(self.not_yet_tried, NotEnoughData)
                else self.not_yet_tried.to_json()
            ),
            "months": [each.to_json() for each in self.months],
            "weeks": [each.to_json() for each in self.weeks],
            "loads": [each.to_json() for each in self.loads],
            "unknown_load": self.unknown_load,
            "owner_days": [each.to_json() for each in self.owner_days],
            "rules": [each.to_json() for each in self.rules],
            "neglected": [each.to_json() for each in self.neglected],
            "prior": self.prior,
            "owners": [each.to_json() for each in self.owners],
            "contested": self.contested,
            "decided": [list(each) for each in self.decided],
            "cost_of_delay": self.cost_of_delay.to_json(),
        }

    def to_bytes(self) -> bytes:
        """The same as JSON text in UTF-8: what a replay is compared by."""
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":")).encode()


def handling_report(
    rows: ReportRows,
    *,
    since: datetime,
    until: datetime,
    as_of: datetime,
    zone: str,
    scope: str = "",
    history_since: datetime | None = None,
) -> HandlingReport:
    """The report on the leads of `rows` that arrived in [since, until), all instants aware UTC.

    With a `scope` the rows must still be those of the whole account, since what is expected of one person is learned
    from all; counts and attempts in `rows` are his already. `history_since` None = the period itself.
    """
    local = ZoneInfo(zone)
    begun = since if history_since is None else min(history_since, since)
    known = sorted(rows.leads, key=lambda lead: lead.lead_id)
    of_all = [lead for lead in known if since <= lead.received_at < until]
    prior, people = owners(of_all, local)
    mine = [lead for lead in of_all if scope in ("", lead.owner_id)]
    measured = [lead for lead in mine if lead.answer is not Answer.IMPORTED]
    history = [
        lead
        for lead in known
        if begun <= lead.received_at < until and scope in ("", lead.owner_id) and lead.answer is not Answer.IMPORTED
    ]
    return HandlingReport(
        since=since,
        until=until,
        as_of=as_of,
        zone=zone,
        scope=scope,
        history_since=begun,
        arrivals=len(mine),
        answers=tuple((answer, sum(lead.answer is answer for lead in mine)) for answer in Answer),
        in_goal=in_goal(mine),
        in_time=in_time(mine),
        never_called=Share(sum(lead.is_never_called for lead in measured), len(measured)),
        causes=causes(mine),
        first_attempt=spans_of(first_working_s(lead) for lead in measured),
        first_attempt_wall=spans_of(lead.first_attempt_wall_s for lead in measured),
        first_connection=spans_of(lead.first_connection_working_s for lead in measured),
        first_connection_wall=spans_of(lead.first_connection_wall_s for lead in measured),
        legs=tuple(
            (name, quantile([span for span in found if span is not None], 50))
            for name, found in (
                ("vendor_wall", [lead.vendor_leg_wall_s for lead in measured]),
                ("system_working", [lead.system_leg_working_s for lead in measured]),
                ("human_working", [lead.human_leg_working_s for lead in measured]),
            )
        ),
        arrivals_by_hour=by_hour((lead.received_at for lead in measured), local),
        attempts_by_hour=rows.attempts_by_hour,
        not_yet_tried=kaplan_meier(
            [
                Waited(_on_grid(lead.waited_working_s), lead.first_attempt_at is not None)
                for lead in measured
                if lead.waited_working_s is not None
            ]
        ),
        months=cohorts(history, local, as_of, rows.usual_cycle_s, month_of),
        weeks=cohorts(history, local, as_of, rows.usual_cycle_s, week_of),
        loads=loads(measured),
        unknown_load=sum(lead.load is None or lead.load.percent is None for lead in measured),
        owner_days=owner_days(measured, local),
        rules=tallies(rows.judged, rows.contested),
        neglected=neglected((lead for lead in known if scope in ("", lead.holder_id)), as_of, rows.contested_leads),
        prior=prior,
        owners=tuple(each for each in people if scope in ("", each.owner_id)),
        decided=tuple((rule_id, decision, n) for (rule_id, decision), n in sorted(rows.decided.items())),
        cost_of_delay=delay_cost(
            [
                (first_working_s(lead), lead.won_at is not None)
                for lead in history
                # By age alone: leads that were closed early would tell only of those that went quickly.
                if rows.usual_cycle_s is not None
                and lead.received_at + timedelta(seconds=rows.usual_cycle_s) <= as_of
                and (lead.first_attempt_at is None or lead.waited_working_s is not None)
            ],
            DELAY_EDGES_S,
        ),
    )


def _on_grid(seconds: int) -> int:
    step = 60 if seconds <= 3600 else 300 if seconds <= 36_000 else 3600
    return -(-seconds // step) * step
