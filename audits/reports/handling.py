"""The figures of a period from plain rows of measures: what the report, its pictures and its replay are made of.

The same rows give the same figures, byte for byte, in whatever order they come. Every share carries its n and a 95 %
interval, every median its n and an exact interval; under LEAST_CASES each says "not enough data".
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from audits.causes import Cause
from audits.reports.export_report import Answer
from audits.statistics.comparison import Compared, compare
from audits.statistics.delay_cost import DelayCost, delay_cost
from audits.statistics.enough import NotEnoughData
from audits.statistics.expectation import Expectation, PromiseCase, Standardised, standardised
from audits.statistics.medians import Quantile, SpanSummary, quantile, span_summary
from audits.statistics.shares import Share
from audits.statistics.survival import Survival, Waited, kaplan_meier

#: Upper edges of the classes of delay, in seconds of working time.
DELAY_EDGES_S = (300, 1800, 3600, 4 * 3600, 8 * 3600, 24 * 3600)
#: Upper edges of the classes of load: the working time that the waiting leads need, in percent of what there is.
LOAD_EDGES_PERCENT = (50, 100, 200)

_KEPT_OR_BROKEN = (Answer.IN_TIME, Answer.LATE, Answer.UNANSWERED)


class Step(StrEnum):
    """The way of a lead; each step holds only those of the step before."""

    RECEIVED = "received"
    TRIED = "tried"
    REACHED = "reached"
    WON = "won"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandledLead:
    """What was measured on one lead. Times are aware UTC, spans seconds; None = unknown, or it has not come to that.

    `owner_id`: who is charged with the answer, "" = nobody. `waited_working_s`: working time from receipt to the
    first attempt, else to the lead's end or the audit. `load_percent`: the working time that the leads waiting with
    the owner needed when it came, at his pace, in percent of the time there was until it fell due.
    """

    lead_id: str
    received_at: datetime
    owner_id: str
    answer: Answer
    waited_working_s: int
    source: str = ""
    lead_type: str = ""
    cause: Cause = Cause.NONE
    is_never_called: bool = False
    first_attempt_at: datetime | None = None
    first_attempt_wall_s: int | None = None
    first_connection_at: datetime | None = None
    won_at: datetime | None = None
    vendor_leg_wall_s: int | None = None
    system_leg_working_s: int | None = None
    human_leg_working_s: int | None = None
    load_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Cohort:
    """The leads that arrived in one calendar month: how many came to each step. `is_ripe`: the usual cycle has passed
    for the last of them; None = the cycle is not known."""

    month: date
    steps: tuple[int, ...]
    is_ripe: bool | None

    def conversions(self) -> tuple[Share, ...]:
        """From each step to the next."""
        return tuple(Share(later, earlier) for earlier, later in pairwise(self.steps))

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            "month": self.month.isoformat(),
            "steps": list(self.steps),
            "conversions": [each.to_json() for each in self.conversions()],
            "is_ripe": self.is_ripe,
        }


@dataclass(frozen=True, slots=True)
class LoadClass:
    """Leads that met a load above the class before, up to `up_to_percent` (None = above all), and how many of those
    with an agreed time were tried in time."""

    up_to_percent: int | None
    n: int
    in_time: Share

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {"up_to_percent": self.up_to_percent, "n": self.n, "in_time": self.in_time.to_json()}


@dataclass(frozen=True, slots=True)
class OwnerFigures:
    """One person. `compared`: promises kept of all, against the share that the team's rates let expect of his leads.
    `expectation`: broken ones against the expected, None where the whole team has too few."""

    owner_id: str
    compared: Compared
    expectation: Expectation | NotEnoughData | None
    first_attempt: SpanSummary
    causes: tuple[tuple[Cause, int], ...]

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        known = self.expectation if isinstance(self.expectation, Expectation) else None
        return {
            "owner_id": self.owner_id,
            "in_time": self.compared.to_json(),
            "expectation": None if known is None else known.to_json(),
            "first_attempt": self.first_attempt.to_json(),
            "causes": {cause.value: n for cause, n in self.causes},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingReport:
    """The figures of [since, until), by the clock of `zone` (IANA), as known at `as_of`.

    `answers`: leads by how they were answered. `in_time`: of those whose answer is known. `causes`: of the late and
    the untried. `never_called`: of all. `arrivals_by_hour`, `attempts_by_hour`: 7 rows from Monday, 24 columns each.
    `not_yet_tried`: share without an attempt by working time, each wait rounded up to the minute, from an hour on to
    five minutes, from ten hours on to the hour, which leaves few steps. `unknown_load`: leads without a load.
    """

    since: datetime
    until: datetime
    as_of: datetime
    zone: str
    arrivals: int
    answers: tuple[tuple[Answer, int], ...]
    in_time: Share
    never_called: Share
    causes: tuple[tuple[Cause, int], ...]
    first_attempt: SpanSummary
    first_attempt_wall: SpanSummary
    legs: tuple[tuple[str, Quantile | NotEnoughData], ...]
    arrivals_by_hour: tuple[tuple[int, ...], ...]
    attempts_by_hour: tuple[tuple[int, ...], ...]
    not_yet_tried: Survival | NotEnoughData
    cohorts: tuple[Cohort, ...]
    loads: tuple[LoadClass, ...]
    unknown_load: int
    prior: float | None
    owners: tuple[OwnerFigures, ...]
    cost_of_delay: DelayCost

    def to_json(self) -> dict[str, object]:
        """JSON values in one fixed order; what there is not enough data for is null beside its n."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "as_of": self.as_of.isoformat(),
            "zone": self.zone,
            "arrivals": self.arrivals,
            "answers": {answer.value: n for answer, n in self.answers},
            "in_time": self.in_time.to_json(),
            "never_called": self.never_called.to_json(),
            "causes": {cause.value: n for cause, n in self.causes},
            "first_attempt_working": self.first_attempt.to_json(),
            "first_attempt_wall": self.first_attempt_wall.to_json(),
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
            "cohorts": [each.to_json() for each in self.cohorts],
            "loads": [each.to_json() for each in self.loads],
            "unknown_load": self.unknown_load,
            "prior": self.prior,
            "owners": [each.to_json() for each in self.owners],
            "cost_of_delay": self.cost_of_delay.to_json(),
        }

    def to_bytes(self) -> bytes:
        """The same as JSON text in UTF-8: what a replay is compared by."""
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":")).encode()


def handling_report(
    leads: Iterable[HandledLead],
    attempts: Iterable[datetime],
    *,
    since: datetime,
    until: datetime,
    as_of: datetime,
    zone: str,
    usual_cycle_s: int | None,
) -> HandlingReport:
    """The report on `leads` that arrived in [since, until) and on `attempts` (of any lead) made in it; others are
    left out. `usual_cycle_s`: the learned age at winning; None = not enough data: then no cohort is called ripe or
    unripe, and nothing is said of the cost of delay."""
    local = ZoneInfo(zone)
    rows = sorted((lead for lead in leads if since <= lead.received_at < until), key=lambda lead: lead.lead_id)
    tried = [lead for lead in rows if lead.first_attempt_at is not None]
    promised = [lead for lead in rows if lead.answer in _KEPT_OR_BROKEN]
    prior, owners = _owners(rows, promised, local)
    return HandlingReport(
        since=since,
        until=until,
        as_of=as_of,
        zone=zone,
        arrivals=len(rows),
        answers=tuple((answer, sum(lead.answer is answer for lead in rows)) for answer in Answer),
        in_time=_in_time(promised),
        never_called=Share(sum(lead.is_never_called for lead in rows), len(rows)),
        causes=_causes(rows),
        first_attempt=_summary(lead.waited_working_s for lead in tried),
        first_attempt_wall=_summary(
            lead.first_attempt_wall_s for lead in tried if lead.first_attempt_wall_s is not None
        ),
        legs=tuple(
            (name, quantile([span for span in spans if span is not None], 50))
            for name, spans in (
                ("vendor_wall", [lead.vendor_leg_wall_s for lead in rows]),
                ("system_working", [lead.system_leg_working_s for lead in rows]),
                ("human_working", [lead.human_leg_working_s for lead in rows]),
            )
        ),
        arrivals_by_hour=_by_hour((lead.received_at for lead in rows), local),
        attempts_by_hour=_by_hour((at for at in attempts if since <= at < until), local),
        not_yet_tried=kaplan_meier(
            [Waited(_on_grid(lead.waited_working_s), lead.first_attempt_at is not None) for lead in rows]
        ),
        cohorts=_cohorts(rows, local, as_of, usual_cycle_s),
        loads=_loads(rows),
        unknown_load=sum(lead.load_percent is None for lead in rows),
        prior=prior,
        owners=owners,
        cost_of_delay=delay_cost(
            [
                (lead.waited_working_s if lead.first_attempt_at is not None else None, lead.won_at is not None)
                for lead in rows
                if _is_ripe(lead, as_of, usual_cycle_s)
            ],
            DELAY_EDGES_S,
        ),
    )


def strata_of(lead: HandledLead, zone: ZoneInfo) -> tuple[str, str, str, str]:
    """By what expected shares are standardised, the most telling first: load, part of the day, type, source."""
    local = lead.received_at.astimezone(zone)
    part = "weekend" if local.weekday() >= 5 else ("night", "morning", "afternoon", "evening")[local.hour // 6]
    load = "unknown" if lead.load_percent is None else str(_load_class(lead.load_percent))
    return load, part, lead.lead_type.casefold(), lead.source.casefold()


def _owners(
    rows: Sequence[HandledLead], promised: Sequence[HandledLead], zone: ZoneInfo
) -> tuple[float | None, tuple[OwnerFigures, ...]]:
    charged = [lead for lead in promised if lead.owner_id]
    told = standardised(
        [PromiseCase(lead.owner_id, strata_of(lead, zone), lead.answer is not Answer.IN_TIME) for lead in charged]
    )
    found = dict(told.owners) if isinstance(told, Standardised) else {}
    by_owner: defaultdict[str, list[HandledLead]] = defaultdict(list)
    for lead in rows:
        if lead.owner_id:
            by_owner[lead.owner_id].append(lead)
    team = _in_time(charged)
    expected: dict[str, float] = {}
    for owner_id in by_owner:
        own = found.get(owner_id)
        if isinstance(own, Expectation):
            expected[owner_id] = min(1.0, max(0.0, 1 - own.expected_share))
        else:
            expected[owner_id] = team.hits / team.n if team.n else 0.0
    compared = compare(
        {
            owner_id: (_in_time([lead for lead in mine if lead.answer in _KEPT_OR_BROKEN]), expected[owner_id])
            for owner_id, mine in sorted(by_owner.items())
        }
    )
    owners = tuple(
        OwnerFigures(
            owner_id=owner_id,
            compared=each,
            expectation=found.get(owner_id),
            first_attempt=_summary(
                lead.waited_working_s for lead in by_owner[owner_id] if lead.first_attempt_at is not None
            ),
            causes=_causes(by_owner[owner_id]),
        )
        for owner_id, each in compared.items()
    )
    return (told.prior if isinstance(told, Standardised) else None), owners


def _in_time(promised: Sequence[HandledLead]) -> Share:
    return Share(sum(lead.answer is Answer.IN_TIME for lead in promised), len(promised))


def _causes(rows: Sequence[HandledLead]) -> tuple[tuple[Cause, int], ...]:
    counts = Counter(lead.cause for lead in rows)
    return tuple((cause, counts[cause]) for cause in Cause if cause is not Cause.NONE)


def _summary(spans: Iterable[int]) -> SpanSummary:
    ordered = sorted(spans)
    return span_summary(len(ordered), ordered)


def _on_grid(seconds: int) -> int:
    step = 60 if seconds <= 3600 else 300 if seconds <= 36_000 else 3600
    return -(-seconds // step) * step


def _by_hour(times: Iterable[datetime], zone: ZoneInfo) -> tuple[tuple[int, ...], ...]:
    counts = Counter((local.weekday(), local.hour) for local in (at.astimezone(zone) for at in times))
    return tuple(tuple(counts[weekday, hour] for hour in range(24)) for weekday in range(7))


def _cohorts(
    rows: Sequence[HandledLead], zone: ZoneInfo, as_of: datetime, usual_cycle_s: int | None
) -> tuple[Cohort, ...]:
    counts: defaultdict[date, list[int]] = defaultdict(lambda: [0] * len(Step))
    for lead in rows:
        month = lead.received_at.astimezone(zone).date().replace(day=1)
        # Each step holds only those of the one before: a lead that was won was reached, though nobody logged it.
        is_won = lead.won_at is not None
        is_reached = is_won or lead.first_connection_at is not None
        is_tried = is_reached or lead.first_attempt_at is not None
        for place, is_there in enumerate((True, is_tried, is_reached, is_won)):
            counts[month][place] += is_there
    return tuple(
        Cohort(
            month,
            tuple(steps),
            None if usual_cycle_s is None else _month_end(month, zone) + timedelta(seconds=usual_cycle_s) <= as_of,
        )
        for month, steps in sorted(counts.items())
    )


def _month_end(month: date, zone: ZoneInfo) -> datetime:
    following = (month + timedelta(days=31)).replace(day=1)
    return datetime(following.year, following.month, 1, tzinfo=zone).astimezone(UTC)


def _is_ripe(lead: HandledLead, as_of: datetime, usual_cycle_s: int | None) -> bool:
    """By age alone: leads that were closed early would tell only of those that went quickly."""
    return usual_cycle_s is not None and lead.received_at + timedelta(seconds=usual_cycle_s) <= as_of


def _load_class(percent: int) -> int:
    return sum(percent > edge for edge in LOAD_EDGES_PERCENT)


def _loads(rows: Sequence[HandledLead]) -> tuple[LoadClass, ...]:
    by_class: defaultdict[int, list[HandledLead]] = defaultdict(list)
    for lead in rows:
        if lead.load_percent is not None:
            by_class[_load_class(lead.load_percent)].append(lead)
    edges: tuple[int | None, ...] = (*LOAD_EDGES_PERCENT, None)
    return tuple(
        LoadClass(
            edge, len(by_class[place]), _in_time([lead for lead in by_class[place] if lead.answer in _KEPT_OR_BROKEN])
        )
        for place, edge in enumerate(edges)
    )
