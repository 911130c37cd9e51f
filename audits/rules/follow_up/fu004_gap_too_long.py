"""FU004: was the series of attempts broken off for too long before it went on?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate

from audits.answers import day_only
from audits.cadence import Agreed, agreed_attempts
from audits.clock import CaseClock, follow_up_clock
from audits.dues import cadence_end, due_unless_held
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    activity_evidence,
    not_looked_at,
    unknown_activity,
    unmapped_status,
)
from audits.model.activity import Activity, ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, Judged, attempts, connections, holder_at
from audits.wording import act_moment, arrival_moment, kind_word, span, status_word

INFO = RuleInfo(
    rule_id="FU004",
    version=1,
    family=Family.FOLLOW_UP,
    title="Gap between attempts too long",
    question="While the cadence ran, did one attempt follow the other within the agreed time?",
    why_it_matters=(
        "A series that is dropped and taken up again begins anew: the person has forgotten it, and asked elsewhere."
    ),
    reasons=(
        ("gaps_kept", "no gap between two attempts of the cadence was longer than agreed"),
        ("gap_too_long", "the longest gap between two attempts of the cadence was longer than agreed"),
        ("too_few_attempts", "there are fewer than two attempts of the cadence, so there is no gap between them"),
        ("contact_made", "the person was reached"),
        ("nothing_agreed", "the cadence asks for nothing that this lead's contact data and consent allow"),
        ("closed", "the lead is closed"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("gaps_kept",)),
        (Outcome.BREACH, ("gap_too_long",)),
        (Outcome.NOT_APPLICABLE, ("too_few_attempts", "contact_made", "nothing_agreed", "closed")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo(
            "series_attempts", "count", "sure attempts until the cadence was complete or its days had passed"
        ),
        MeasureInfo("longest_gap_working_s", "s", "the longest working time between two of them, holds left out"),
        MeasureInfo("longest_gap_wall_s", "s", "the wall time of that gap"),
    ),
    defaults=(Default("max_gap_s", "32 h of working time (four working days)", "our choice", Trust.OURS),),
)

_QUESTION = say("whether a gap between attempts was too long")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Judges gaps that have ended: FU002 and NC002 judge the silence that goes on."""
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return _not_applicable("closed", say("The lead is closed ({status}).", status=status_word(lead.status)))
    asked = agreed_attempts(case, policy)
    if not asked.any:
        said = say("The cadence asks for nothing that this lead's contact data and consent allow.")
        return _not_applicable("nothing_agreed", said)
    clock = follow_up_clock(case, policy)
    end_at = cadence_end(case, policy, clock)
    tried, reached = attempts(case, policy), connections(case, policy)
    contact = reached.first()
    if contact is not None:
        said = say("Contact was made {at} ({kind}).", at=act_moment(contact, clock.zone), kind=kind_word(contact))
        return _not_applicable("contact_made", said, activity_evidence(contact))
    series = _Series(clock, asked, end_at)
    sure = series.cut(tried.sure)
    gap = series.longest(sure)
    measures = (
        Measure("series_attempts", len(sure), "count"),
        Measure("longest_gap_working_s", None if gap is None else gap.working_s, "s"),
        Measure("longest_gap_wall_s", None if gap is None else gap.wall_s, "s"),
    )
    if gap is None or gap.working_s <= policy.max_gap_s:
        doubt = _may_be_too_long(policy, series, sure, tried.unknown)
        return doubt or _kept(case, policy, series, sure, gap, measures)
    if series.least_s(tried.sure, tried.unknown) <= policy.max_gap_s:
        return unknown_activity(tried.unknown[0], _QUESTION, measures)
    if reached.unknown:
        return unknown_activity(reached.unknown[0], _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS, Fact.CONTACT_DATA) or clock.doubt
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    return Draft(
        outcome=Outcome.BREACH,
        reason="gap_too_long",
        sentence=say(
            "Received {received}; after the attempt of {before} ({kind}) the next one was made {after}, {gap} of "
            "working time later; agreed are at most {limit}.",
            received=arrival_moment(lead, clock.zone),
            kind=kind_word(gap.before),
            before=act_moment(gap.before, clock.zone),
            after=act_moment(gap.after, clock.zone),
            gap=span(gap.working_s),
            limit=span(policy.max_gap_s),
        ),
        measures=measures,
        evidence=(*activity_evidence(gap.before), *activity_evidence(gap.after)),
        owner_id=holder_at(case, clock.after(gap.before.no_later_than, policy.max_gap_s)),
    )


def _may_be_too_long(
    policy: Policy, series: _Series, sure: Sequence[Activity], unknown: Sequence[Judged]
) -> Draft | None:
    """Not evaluated, when an attempt of which not enough is known may make a gap too long; else None."""
    until_at = sure[-1].occurred_at if series.is_complete(sure) else None
    possible = [
        each
        for each in unknown
        if series.holds(each.activity) and (until_at is None or each.activity.occurred_at <= until_at)
    ]
    acts = [each.activity for each in possible]
    if sure:
        # Of those before the first and after the last sure one, the furthest alone makes the longest gap.
        before = [act for act in acts if act.occurred_at <= sure[0].occurred_at]
        after = [act for act in acts if act.no_later_than >= sure[-1].occurred_at]
        acts = [*before[:1], *sorted(after, key=lambda act: act.no_later_than)[-1:]]
    elif len(acts) > 1:
        acts = [acts[0], max(acts[1:], key=lambda act: act.no_later_than)]
    if acts and series.most_s(_in_order((*sure, *acts))) > policy.max_gap_s:
        return unknown_activity(possible[0], _QUESTION)
    if series.most_s(sure) > policy.max_gap_s:
        return unknown_activity(day_only(next(each for each in sure if each.latest_at is not None)), _QUESTION)
    return None


def _kept(
    case: LeadCase,
    policy: Policy,
    series: _Series,
    sure: Sequence[Activity],
    gap: _Gap | None,
    measures: tuple[Measure, ...],
) -> Draft:
    """No gap was too long, as far as attempts are shown: one that is not may lie far from those that are."""
    lead, clock = case.lead, series.clock
    missing = case.coverage.cause(*CONTACT_FACTS)
    wakes: tuple[datetime, ...] = ()
    if missing is not None:
        first_at = sure[0].no_later_than if sure else None
        if first_at is not None and clock.elapsed(lead.received_at, first_at) > policy.max_gap_s:
            return not_looked_at(missing, _QUESTION, measures)
        last_at = sure[-1].occurred_at if sure else lead.received_at
        too_long_at = due_unless_held(clock, last_at, policy.max_gap_s + 1)
        if series.is_complete(sure) or too_long_at is None or not series.lasts_at(too_long_at):
            pass
        elif case.as_of >= too_long_at:
            return not_looked_at(missing, _QUESTION, measures)
        else:
            wakes = (too_long_at,)
    if gap is None:
        said = say("There are fewer than two attempts of the cadence, so there is no gap between them yet.")
        return replace(_not_applicable("too_few_attempts", said), measures=measures, wakes=wakes)
    return Draft(
        outcome=Outcome.PASS,
        reason="gaps_kept",
        sentence=say(
            "The longest gap between two attempts was {gap} of working time; agreed are at most {limit}.",
            gap=span(gap.working_s),
            limit=span(policy.max_gap_s),
        ),
        measures=measures,
        evidence=(*activity_evidence(gap.before), *activity_evidence(gap.after)),
        owner_id=holder_at(case, gap.after.occurred_at),
        wakes=wakes,
    )


@dataclass(frozen=True, slots=True)
class _Gap:
    """The working and wall time of which it is sure that no attempt was made in it, between two that were."""

    working_s: int
    before: Activity
    after: Activity

    @property
    def wall_s(self) -> int:
        return max(0, int((self.after.occurred_at - self.before.no_later_than).total_seconds()))


@dataclass(frozen=True, slots=True)
class _Series:
    """The cadence of one lead: its attempts lie before `end_at` (None = not known yet, the lead is on hold), and it
    is complete with the last one that was agreed."""

    clock: CaseClock
    asked: Agreed
    end_at: datetime | None

    def holds(self, activity: Activity) -> bool:
        return self.lasts_at(activity.occurred_at)

    def lasts_at(self, t: datetime) -> bool:
        return self.end_at is None or t < self.end_at

    def is_complete(self, acts: Sequence[Activity]) -> bool:
        calls = sum(each.kind is ActivityKind.CALL for each in acts)
        emails = sum(each.kind is ActivityKind.EMAIL for each in acts)
        return calls >= self.asked.calls and emails >= self.asked.emails

    def cut(self, acts: Sequence[Activity]) -> list[Activity]:
        """Those of `acts`, in order, that belong to it."""
        kept: list[Activity] = []
        for each in acts:
            if not self.holds(each) or self.is_complete(kept):
                break
            kept.append(each)
        return kept

    def longest(self, acts: Sequence[Activity]) -> _Gap | None:
        """The longest gap for sure: wherever in their days those lie of which the hour is not known."""
        lasting: list[Activity] = []
        for act in acts:
            lasting.append(max((*lasting[-1:], act), key=lambda each: each.no_later_than))
        gaps = (
            _Gap(self.clock.elapsed(before.no_later_than, after.occurred_at), before, after)
            for before, after in zip(lasting, acts[1:], strict=False)
        )
        return max(gaps, key=lambda gap: gap.working_s, default=None)

    def most_s(self, acts: Sequence[Activity]) -> int:
        """How long the longest gap can have been at most, in working seconds."""
        latest = list(accumulate((each.no_later_than for each in acts), max))
        return max(
            (self.clock.elapsed(one.occurred_at, end) for one, end in zip(acts, latest[1:], strict=False)), default=0
        )

    def least_s(self, sure: Sequence[Activity], unknown: Sequence[Judged]) -> int:
        """How long the longest gap is at least, whichever of the unknown are attempts: at best all of them are, lie
        between the sure ones, and complete the series the sooner."""
        every = self.cut(_in_order((*sure, *(each.activity for each in unknown))))
        places = [place for place, each in enumerate(every) if each in sure]
        if len(places) < 2:
            return 0
        begins = every[places[0]].occurred_at
        inside = [each for each in every[: places[-1] + 1] if each.no_later_than >= begins]
        gap = self.longest(inside)
        return 0 if gap is None else gap.working_s


def _in_order(acts: Sequence[Activity]) -> list[Activity]:
    return sorted(acts, key=lambda each: (each.occurred_at, each.activity_id))


def _not_applicable(reason: str, sentence: Said, evidence: tuple[Evidence, ...] = ()) -> Draft:
    return Draft(outcome=Outcome.NOT_APPLICABLE, reason=reason, sentence=sentence, evidence=evidence)


RULE = LeadRule(INFO, judge)
