"""Whether the lead got an answer each time that it wrote or called: shared by the rules on messages and missed calls.

An answer is an attempt of ours or a conversation, no earlier than what it answers. What the lead writes again answers
nothing. Nothing is owed any more once the lead is closed; but closing it after the answer was due hides no breach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from audits.answers import answer_by, day_only
from audits.cadence import closing_at
from audits.clock import CaseClock, case_clock
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    UNMAPPED_STATUS,
    Draft,
    activity_evidence,
    at_measure,
    lead_evidence,
    not_looked_at,
    unknown_activity,
    unmapped_status,
)
from audits.model.activity import Activity, ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, Value
from audits.rule import MeasureInfo
from audits.timeline import CONTACT_FACTS, Judged, Touches, attempts, connections, holder_at
from audits.wording import act_moment, counted, kind_word, moment_after, span

CLOSING_TIME_UNKNOWN = "closing_time_unknown"
#: Reasons that both rules share → their meaning for a person.
REASONS = {
    "answered_in_time": "each time an attempt or a conversation followed within the agreed time",
    "waiting_in_time": "an answer is owed, and its due time has not come",
    "unanswered": "the due time has passed and nobody has answered",
    "answered_late": "an answer came, but after the due time",
    "closed": "the lead was closed before an answer was due",
    CLOSING_TIME_UNKNOWN: "the lead is closed, and it is not known whether it was open when the answer was due",
    **{code: CANNOT_TELL[code] for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)},
}
OUTCOMES = (
    (Outcome.PASS, ("answered_in_time", "waiting_in_time")),
    (Outcome.BREACH, ("unanswered", "answered_late")),
    (
        Outcome.NOT_EVALUATED,
        (CLOSING_TIME_UNKNOWN, UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS),
    ),
)
MEASURES = (
    MeasureInfo("answers_owed", "count", "how often the lead asked for an answer in this way"),
    MeasureInfo("asked_at", "at", "when it asked, in the case that decided"),
    MeasureInfo("answered_at", "at", "when it was answered, in the case that decided; unknown while it is not"),
    MeasureInfo("answer_working_s", "s", "working time from asking to the answer, or to the moment of the audit"),
    MeasureInfo("answer_wall_s", "s", "wall time from asking to the answer, or to the moment of the audit"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The sentences of one rule. `noun`: what is counted, a key of said.NOUNS. `question`: what cannot be told, as a
    clause. Values given: `answered` asks, limit; `waiting` and `unanswered` asked, due, limit; `late` also answered
    and answer_kind."""

    noun: str
    question: Said
    none: Said
    closed: Said
    closing_unknown: Said
    answered: Callable[..., Said]
    waiting: Callable[..., Said]
    unanswered: Callable[..., Said]
    late: Callable[..., Said]


class _State(StrEnum):
    ANSWERED = "answered"
    WAITING = "waiting"
    LATE = "late"
    UNANSWERED = "unanswered"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    activity: Activity
    state: _State
    due_at: datetime
    answer: Activity | None
    doubt: Judged | None

    @property
    def is_broken(self) -> bool:
        return self.state in (_State.LATE, _State.UNANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """The acts of the lead that call for an answer, those that may be such, and the facts in which more may stand."""

    sure: Sequence[Activity]
    unsure: Sequence[Judged]
    facts: tuple[Fact, ...]


def judge_answers(case: LeadCase, policy: Policy, asks: Asks, limit_s: int, words: Words) -> Draft:
    """Whether each of `asks` was answered within `limit_s` of working time.

    Raises NoWorkingHours when working time cannot be counted.
    """
    if not asks.sure and not asks.unsure:
        missing = case.coverage.cause(*asks.facts)
        if missing is not None:
            return not_looked_at(missing, words.question)
        return Draft(outcome=Outcome.NOT_APPLICABLE, reason="none_owed", sentence=words.none)
    clock = case_clock(case, policy)
    acts = possible_answers(case, policy)
    asked = [_ask(each, acts, case, clock, limit_s) for each in asks.sure]
    doubted = [(each, _ask(each.activity, acts, case, clock, limit_s)) for each in asks.unsure]
    wakes = tuple(each.due_at for each in (*asked, *(ask for _, ask in doubted)) if each.state is _State.WAITING)
    return replace(_draft(case, clock, asked, doubted, asks.facts, limit_s, words), wakes=wakes)


def _draft(
    case: LeadCase,
    clock: CaseClock,
    asked: Sequence[_Ask],
    doubted: Sequence[tuple[Judged, _Ask]],
    ask_facts: tuple[Fact, ...],
    limit_s: int,
    words: Words,
) -> Draft:
    owed = [each for each in asked if _was_open(case, each.due_at) is not False]
    broken = _first(owed, _State.UNANSWERED) or _first(owed, _State.LATE)
    if broken is not None:
        measures = _measures(case, clock, asked, broken)
        if case.lead.status is None:
            return unmapped_status(case.lead)
        unseen = case.coverage.cause(*CONTACT_FACTS) or clock.doubt
        if unseen is not None:
            return not_looked_at(unseen, words.question, measures)
        sure = [each for each in owed if each.is_broken and _was_open(case, each.due_at)]
        if not sure:
            return Draft(
                outcome=Outcome.NOT_EVALUATED,
                reason=CLOSING_TIME_UNKNOWN,
                sentence=words.closing_unknown,
                measures=measures,
                evidence=(
                    *activity_evidence(broken.activity),
                    lead_evidence(case.lead, "status", case.lead.raw_status or case.lead.status.value),
                ),
            )
        return _breach(case, clock, asked, sure, limit_s, words)
    unsettled = next((each.doubt for each in owed if each.state is _State.DOUBTFUL and each.doubt), None)
    for judged, ask in doubted:
        if unsettled is None and _was_open(case, ask.due_at) is not False:
            unsettled = ask.doubt if ask.state is _State.DOUBTFUL else judged if ask.is_broken else None
    waiting = _first(owed, _State.WAITING)
    shown = waiting or max(asked, key=lambda each: each.activity.occurred_at, default=None)
    measures = () if shown is None else _measures(case, clock, asked, shown)
    if unsettled is not None:
        return unknown_activity(unsettled, words.question, measures)
    missing = case.coverage.cause(*ask_facts)
    if missing is not None:
        return not_looked_at(missing, words.question, measures)
    if waiting is not None and case.lead.status in (LeadStatus.OPEN, None):
        return Draft(
            outcome=Outcome.PASS,
            reason="waiting_in_time",
            sentence=words.waiting(**_told(waiting, clock, limit_s)),
            measures=measures,
            evidence=activity_evidence(waiting.activity),
            owner_id=holder_at(case, case.as_of),
        )
    if any(each.state is not _State.ANSWERED for each in asked):
        return Draft(outcome=Outcome.NOT_APPLICABLE, reason="closed", sentence=words.closed, measures=measures)
    if shown is None:
        return Draft(outcome=Outcome.NOT_APPLICABLE, reason="none_owed", sentence=words.none)
    return Draft(
        outcome=Outcome.PASS,
        reason="answered_in_time",
        sentence=words.answered(asks=counted(len(asked), words.noun), limit=span(limit_s)),
        measures=measures,
        evidence=activity_evidence(shown.activity),
        owner_id=holder_at(case, shown.due_at),
    )


def _breach(
    case: LeadCase, clock: CaseClock, asked: Sequence[_Ask], sure: Sequence[_Ask], limit_s: int, words: Words
) -> Draft:
    """What can still be answered is told before what was answered late."""
    broken = _first(sure, _State.UNANSWERED) or sure[0]
    told = _told(broken, clock, limit_s)
    measures = _measures(case, clock, asked, broken)
    owner_id = holder_at(case, broken.due_at)
    if broken.state is _State.UNANSWERED or broken.answer is None:
        return Draft(
            outcome=Outcome.BREACH,
            reason="unanswered",
            sentence=words.unanswered(**told),
            measures=measures,
            evidence=activity_evidence(broken.activity),
            owner_id=owner_id,
        )
    return Draft(
        outcome=Outcome.BREACH,
        reason="answered_late",
        sentence=words.late(
            **told, answered=act_moment(broken.answer, clock.zone), answer_kind=kind_word(broken.answer)
        ),
        measures=measures,
        evidence=(*activity_evidence(broken.activity), *activity_evidence(broken.answer)),
        owner_id=owner_id,
    )


def possible_answers(case: LeadCase, policy: Policy) -> Touches:
    """What answers the lead: attempts of ours, and conversations in either direction, sure and unknown."""
    tried, reached = attempts(case, policy), connections(case, policy)
    spoken = [each for each in reached.sure if each.kind in (ActivityKind.CALL, ActivityKind.MEETING)]
    maybe = [each for each in reached.unknown if each.activity.kind in (ActivityKind.CALL, ActivityKind.MEETING)]
    sure = {each.activity_id: each for each in (*tried.sure, *spoken)}
    unknown = {each.activity.activity_id: each for each in (*maybe, *tried.unknown)}
    return Touches(
        tuple(sorted(sure.values(), key=lambda each: (each.occurred_at, each.activity_id))),
        tuple(each for each in unknown.values() if each.activity.activity_id not in sure),
    )


def _ask(activity: Activity, acts: Touches, case: LeadCase, clock: CaseClock, limit_s: int) -> _Ask:
    due_at = clock.after(activity.no_later_than, limit_s)
    others = [each for each in acts.sure if each.activity_id != activity.activity_id]
    after = [each for each in others if each.occurred_at >= activity.no_later_than]
    maybe_after = [
        day_only(each)
        for each in others
        if each.occurred_at < activity.no_later_than and each.no_later_than >= activity.occurred_at
    ]
    unknown = [
        each
        for each in acts.unknown
        if each.activity.activity_id != activity.activity_id and each.activity.no_later_than >= activity.occurred_at
    ]
    found = answer_by(after, [*maybe_after, *unknown], clock.after(activity.occurred_at, limit_s), due_at)
    if found.in_time is not None:
        state = _State.ANSWERED
    elif case.as_of < due_at:
        state = _State.WAITING
    elif found.doubt is not None:
        state = _State.DOUBTFUL
    else:
        state = _State.UNANSWERED if found.late is None else _State.LATE
    return _Ask(activity=activity, state=state, due_at=due_at, answer=found.in_time or found.late, doubt=found.doubt)


def _was_open(case: LeadCase, t: datetime) -> bool | None:
    """Whether the lead was open at `t`; None when it is closed and nobody knows since when."""
    if case.lead.status in (LeadStatus.OPEN, None):
        return True
    closed_at = closing_at(case)
    return None if closed_at is None else closed_at >= t


def _first(asked: Sequence[_Ask], state: _State) -> _Ask | None:
    return next((each for each in asked if each.state is state), None)


def _told(ask: _Ask, clock: CaseClock, limit_s: int) -> dict[str, Value]:
    return {
        "asked": act_moment(ask.activity, clock.zone),
        "due": moment_after(ask.due_at, ask.activity.occurred_at, clock.zone),
        "limit": span(limit_s),
    }


def _measures(case: LeadCase, clock: CaseClock, asked: Sequence[_Ask], shown: _Ask) -> tuple[Measure, ...]:
    since, answer = shown.activity, shown.answer
    until = case.as_of if answer is None else answer.occurred_at
    is_exact = since.latest_at is None and (answer is None or answer.latest_at is None)
    wall_s = max(0, int((until - since.occurred_at).total_seconds()))
    return (
        Measure("answers_owed", len(asked), "count"),
        at_measure("asked_at", since.occurred_at),
        at_measure("answered_at", None if answer is None else answer.occurred_at),
        Measure("answer_working_s", clock.elapsed(since.occurred_at, until) if is_exact else None, "s"),
        Measure("answer_wall_s", wall_s if is_exact else None, "s"),
    )
