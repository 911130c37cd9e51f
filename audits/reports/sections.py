"""The parts of a handling report, each from the plain rows alone."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from audits.causes import Cause
from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus, Verdict
from audits.reports.export_report import Answer
from audits.reports.handled import NEGLECTED, HandledLead
from audits.statistics.comparison import Compared, compare
from audits.statistics.enough import NotEnoughData
from audits.statistics.expectation import Expectation, PromiseCase, Standardised, standardised
from audits.statistics.medians import SpanSummary, span_summary
from audits.statistics.shares import Share

#: Upper edges of the bins of a span, in seconds; the last bin is open.
BIN_EDGES_S = (300, 900, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 16 * 3600, 40 * 3600)
#: Upper edges of the classes of load, in percent of what can be done in time.
LOAD_EDGES_PERCENT = (50, 100, 200)
#: A promise was made and it is known what became of it.
PROMISED = (Answer.IN_TIME, Answer.LATE, Answer.UNANSWERED)
#: Leads on which work is not worth as much.
_NO_BUYERS = (Verdict.PSEUDO, Verdict.DUPLICATE)


class Step(StrEnum):
    """The way of a lead; each step holds only those of the step before."""

    RECEIVED = "received"
    TRIED = "tried"
    REACHED = "reached"
    WON = "won"


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of one kind: n with median and 90th percentile, and how many lie in each bin of BIN_EDGES_S (an edge
    belongs to the bin that it ends; the last bin holds what is longer)."""

    summary: SpanSummary
    bins: tuple[int, ...]

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            **self.summary.to_json(),
            "bins": [[edge, n] for edge, n in zip((*BIN_EDGES_S, None), self.bins, strict=True)],
        }


@dataclass(frozen=True, slots=True)
class Cohort:
    """The leads that arrived in one calendar month, or week from Monday: how many came to each step. `is_ripe`: the
    usual cycle has passed for the last of them; None = the cycle is not known."""

    begins_on: date
    steps: tuple[int, ...]
    is_ripe: bool | None

    def conversions(self) -> tuple[Share, ...]:
        """From each step to the next."""
        return tuple(Share(later, earlier) for earlier, later in pairwise(self.steps))

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            "begins_on": self.begins_on.isoformat(),
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
class OwnerDay:
    """One owner on one day of the account's zone. `arrivals`: leads that came to him first. The moment at which the
    load was greatest: `waiting` leads against `fits_milli` thousandths of one that he can try until the due time;
    None = there is not enough data on his pace."""

    owner_id: str
    day: date
    arrivals: int
    waiting: int
    fits_milli: int | None
    percent: int | None

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            "owner_id": self.owner_id,
            "day": self.day.isoformat(),
            "arrivals": self.arrivals,
            "waiting": self.waiting,
            "fits_milli": self.fits_milli,
            "percent": self.percent,
        }


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


@dataclass(frozen=True, slots=True)
class RuleTally:
    """One rule. `looked_at`: leads on which it was asked and applied. `breaches`: of those that it could answer.
    `contested`: breaches that somebody contests and nobody has decided yet."""

    rule_id: str
    looked_at: int
    breaches: Share
    not_evaluated: int
    contested: int

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            "rule_id": self.rule_id,
            "looked_at": self.looked_at,
            "breaches": self.breaches.to_json(),
            "not_evaluated": self.not_evaluated,
            "contested": self.contested,
        }


@dataclass(frozen=True, slots=True)
class NeglectedLead:
    """An open lead that nobody tries, or goes on trying. `overdue_wall_s`: since when something is due by the clock
    on the wall, None = that is not known. `is_contested`: a finding on it is contested, and not decided."""

    lead_id: str
    holder_id: str
    status: FollowUpStatus
    received_at: datetime
    due_at: datetime | None
    overdue_wall_s: int | None
    is_contested: bool = False

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            "lead_id": self.lead_id,
            "holder_id": self.holder_id,
            "status": self.status.value,
            "received_at": self.received_at.isoformat(),
            "due_at": None if self.due_at is None else self.due_at.isoformat(),
            "overdue_wall_s": self.overdue_wall_s,
            "is_contested": self.is_contested,
        }


def in_time(rows: Iterable[HandledLead]) -> Share:
    """Of the leads whose promise was kept or broken, those whose promise was kept."""
    promised = [lead for lead in rows if lead.answer in PROMISED]
    return Share(sum(lead.answer is Answer.IN_TIME for lead in promised), len(promised))


def in_goal(rows: Iterable[HandledLead]) -> Share:
    """Of the same, those that were tried within the goal; one whose hour is unknown is not counted."""
    promised = [
        lead
        for lead in rows
        if lead.answer in PROMISED and (lead.answer is Answer.UNANSWERED or lead.is_goal_kept is not None)
    ]
    return Share(sum(lead.is_goal_kept is True for lead in promised), len(promised))


def causes(rows: Sequence[HandledLead]) -> tuple[tuple[Cause, int], ...]:
    """How many broken promises each cause explains."""
    counts = Counter(lead.cause for lead in rows)
    return tuple((cause, counts[cause]) for cause in Cause if cause is not Cause.NONE)


def summary(spans: Iterable[int | None]) -> SpanSummary:
    """Median and 90th percentile of the known ones."""
    ordered = sorted(span for span in spans if span is not None)
    return span_summary(len(ordered), ordered)


def spans_of(found: Iterable[int | None]) -> Spans:
    """The known spans of one kind, in seconds."""
    known = [span for span in found if span is not None]
    counts = [0] * (len(BIN_EDGES_S) + 1)
    for span in known:
        counts[bisect_left(BIN_EDGES_S, span)] += 1
    return Spans(summary(known), tuple(counts))


def first_working_s(lead: HandledLead) -> int | None:
    """Working time to the first attempt; None = none was made, or its hour is unknown."""
    return lead.waited_working_s if lead.first_attempt_at is not None else None


def by_hour(times: Iterable[datetime], zone: ZoneInfo) -> tuple[tuple[int, ...], ...]:
    """How many of `times` lie in each hour of the week: 7 rows from Monday, 24 columns, by the clock of `zone`."""
    counts = Counter((local.weekday(), local.hour) for local in (at.astimezone(zone) for at in times))
    return tuple(tuple(counts[weekday, hour] for hour in range(24)) for weekday in range(7))


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def cohorts(
    rows: Sequence[HandledLead],
    zone: ZoneInfo,
    as_of: datetime,
    usual_cycle_s: int | None,
    begin: Callable[[date], date],
) -> tuple[Cohort, ...]:
    """The rows by when they arrived: `begin` gives the first day of the month or week that a day belongs to."""
    counts: defaultdict[date, list[int]] = defaultdict(lambda: [0] * len(Step))
    for lead in rows:
        first = begin(lead.received_at.astimezone(zone).date())
        # Each step holds only those of the one before: a lead that was won was reached, though nobody logged it.
        is_won = lead.won_at is not None
        is_reached = is_won or lead.first_connection_at is not None
        is_tried = is_reached or lead.first_attempt_at is not None
        for place, is_there in enumerate((True, is_tried, is_reached, is_won)):
            counts[first][place] += is_there
    return tuple(
        Cohort(
            first,
            tuple(steps),
            None
            if usual_cycle_s is None
            else _end_of(first, begin, zone) + timedelta(seconds=usual_cycle_s) <= as_of,
        )
        for first, steps in sorted(counts.items())
    )


def _end_of(first: date, begin: Callable[[date], date], zone: ZoneInfo) -> datetime:
    following = first + timedelta(days=7)
    while begin(following) == first:
        following += timedelta(days=1)
    following = begin(following)
    return datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)


def load_class(percent: int) -> int:
    """The place of its class among LOAD_EDGES_PERCENT."""
    return sum(percent > edge for edge in LOAD_EDGES_PERCENT)


def loads(rows: Sequence[HandledLead]) -> tuple[LoadClass, ...]:
    """Promises kept by class of load."""
    by_class: defaultdict[int, list[HandledLead]] = defaultdict(list)
    for lead in rows:
        percent = None if lead.load is None else lead.load.percent
        if percent is not None:
            by_class[load_class(percent)].append(lead)
    edges: tuple[int | None, ...] = (*LOAD_EDGES_PERCENT, None)
    return tuple(LoadClass(edge, len(by_class[place]), in_time(by_class[place])) for place, edge in enumerate(edges))


def owner_days(rows: Sequence[HandledLead], zone: ZoneInfo) -> tuple[OwnerDay, ...]:
    """Load against capacity for each owner and day on which a lead came to him, by owner, then day."""
    found: defaultdict[tuple[str, date], list[HandledLead]] = defaultdict(list)
    for lead in rows:
        if lead.load is not None:
            found[lead.load.holder_id, lead.received_at.astimezone(zone).date()].append(lead)
    days = []
    for (owner_id, day), leads in sorted(found.items()):
        met = [lead.load for lead in leads if lead.load is not None]
        worst = max(met, key=lambda load: (load.percent or -1, load.waiting, -(load.fits_milli or 0)))
        days.append(OwnerDay(owner_id, day, len(leads), worst.waiting, worst.fits_milli, worst.percent))
    return tuple(days)


def strata_of(lead: HandledLead, zone: ZoneInfo) -> tuple[str, str, str, str]:
    """By what expected shares are standardised, the most telling first: load, part of the day, type, source."""
    local = lead.received_at.astimezone(zone)
    part = "weekend" if local.weekday() >= 5 else ("night", "morning", "afternoon", "evening")[local.hour // 6]
    percent = None if lead.load is None else lead.load.percent
    load = "unknown" if percent is None else str(load_class(percent))
    return load, part, lead.lead_type.casefold(), lead.source.casefold()


def owners(rows: Sequence[HandledLead], zone: ZoneInfo) -> tuple[float | None, tuple[OwnerFigures, ...]]:
    """Everybody who is charged with an answer, by id, and how much the belief in "no difference" weighs (None = the
    whole team has too few promises)."""
    charged = [lead for lead in rows if lead.owner_id and lead.answer in PROMISED]
    told = standardised(
        [PromiseCase(lead.owner_id, strata_of(lead, zone), lead.answer is not Answer.IN_TIME) for lead in charged]
    )
    found = dict(told.owners) if isinstance(told, Standardised) else {}
    by_owner: defaultdict[str, list[HandledLead]] = defaultdict(list)
    for lead in rows:
        if lead.owner_id:
            by_owner[lead.owner_id].append(lead)
    team = in_time(charged)
    expected: dict[str, float] = {}
    for owner_id in by_owner:
        own = found.get(owner_id)
        if isinstance(own, Expectation):
            expected[owner_id] = min(1.0, max(0.0, 1 - own.expected_share))
        else:
            expected[owner_id] = team.hits / team.n if team.n else 0.0
    compared = compare({owner_id: (in_time(mine), expected[owner_id]) for owner_id, mine in sorted(by_owner.items())})
    figures = tuple(
        OwnerFigures(
            owner_id=owner_id,
            compared=each,
            expectation=found.get(owner_id),
            first_attempt=summary(first_working_s(lead) for lead in by_owner[owner_id]),
            causes=causes(by_owner[owner_id]),
        )
        for owner_id, each in compared.items()
    )
    return (told.prior if isinstance(told, Standardised) else None), figures


def tallies(judged: Mapping[tuple[str, Outcome], int], contested: Mapping[str, int]) -> tuple[RuleTally, ...]:
    """What each rule said, by id. `judged`: (rule id, outcome) → findings; `contested`: rule id → open contests. A
    rule on persons judges no lead, and stands here when one of its findings is contested."""
    found = []
    for rule_id in sorted({rule_id for rule_id, _ in judged} | {rule_id for rule_id, n in contested.items() if n}):
        count = {outcome: judged.get((rule_id, outcome), 0) for outcome in Outcome}
        answered = count[Outcome.PASS] + count[Outcome.BREACH]
        found.append(
            RuleTally(
                rule_id=rule_id,
                looked_at=answered + count[Outcome.NOT_EVALUATED],
                breaches=Share(count[Outcome.BREACH], answered),
                not_evaluated=count[Outcome.NOT_EVALUATED],
                contested=contested.get(rule_id, 0),
            )
        )
    return tuple(found)


def neglected(
    rows: Iterable[HandledLead], as_of: datetime, contested_leads: Collection[str] = frozenset()
) -> tuple[NeglectedLead, ...]:
    """The neglected ones, what can still be saved first: those that may be buyers before pseudo-leads and duplicates,
    then those for which the act is overdue for the shortest time, then the youngest. `contested_leads`: ids of those
    with a contest that waits for a decision."""
    found = [lead for lead in rows if lead.follow_up_status in NEGLECTED]

    def order(lead: HandledLead) -> tuple[bool, bool, float, float, str]:
        overdue_s = 0.0 if lead.due_at is None else (as_of - lead.due_at).total_seconds()
        return (
            lead.verdict in _NO_BUYERS,
            lead.due_at is None,
            overdue_s,
            -lead.received_at.timestamp(),
            lead.lead_id,
        )

    return tuple(
        NeglectedLead(
            lead_id=lead.lead_id,
            holder_id=lead.holder_id,
            status=lead.follow_up_status,
            received_at=lead.received_at,
            due_at=lead.due_at,
            overdue_wall_s=None if lead.due_at is None else max(0, int((as_of - lead.due_at).total_seconds())),
            is_contested=lead.lead_id in contested_leads,
        )
        for lead in sorted(found, key=order)
    )
