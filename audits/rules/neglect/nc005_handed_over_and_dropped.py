"""NC005: an open lead that was handed to another owner, who did not take it up."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from audits.answers import answer_by
from audits.clock import follow_up_clock
from audits.dues import due_unless_held
from audits.holds import Hold, stopping_hold
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    activity_evidence,
    at_measure,
    lead_evidence,
    not_looked_at,
    unknown_activity,
    unmapped_status,
)
from audits.model.activity import Activity, OwnerChange
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Value, say
from audits.owed_answers import possible_answers
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, holder_at
from audits.wording import act_moment, kind_word, moment, moment_after, span, status_word

INFO = RuleInfo(
    rule_id="NC005",
    version=1,
    family=Family.NEGLECTED_CONTACT,
    title="Handed over and dropped",
    question="Was an open lead taken up after it had been handed to another owner?",
    why_it_matters=(
        "A hand-over is where leads are lost: one believes it done, and to the other it is an old name in a list."
    ),
    reasons=(
        ("taken_up", "an attempt or a conversation followed the hand-over in time"),
        ("waiting_in_time", "nothing has followed the hand-over yet, and the due time has not come"),
        ("on_hold", "nothing has followed the hand-over yet, but the lead is on hold"),
        ("dropped", "nothing followed the hand-over by the due time, and nothing has since"),
        ("taken_up_late", "an attempt or a conversation followed the hand-over, but after the due time"),
        ("no_hand_over", "the lead was never handed from one owner to another"),
        ("closed", "the lead is closed"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("taken_up", "waiting_in_time", "on_hold")),
        (Outcome.BREACH, ("dropped", "taken_up_late")),
        (Outcome.NOT_APPLICABLE, ("no_hand_over", "closed")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("handed_over_at", "at", "when the lead was last handed from one owner to another"),
        MeasureInfo("taken_up_working_s", "s", "working time from then to the next attempt, or to the audit"),
        MeasureInfo("taken_up_wall_s", "s", "wall time from then to the next attempt, or to the audit"),
    ),
    defaults=(Default("handover_s", "8 h of working time (one working day)", "our choice", Trust.OURS),),
)

_QUESTION = say("whether the lead was taken up after the hand-over")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """The last hand-over counts; the first owner of a lead, or one who gets it back, is no new owner."""
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed",
            sentence=say(
                "The lead is closed ({status}), so no hand-over is judged.", status=status_word(lead.status)
            ),
        )
    unseen = case.coverage.cause(Fact.OWNER_HISTORY)
    if unseen is not None:
        return not_looked_at(unseen, _QUESTION)
    change = _last_hand_over(case)
    if change is None:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_hand_over",
            sentence=say("The lead was not handed from one owner to another."),
        )
    return _judged(case, policy, change)


def _judged(case: LeadCase, policy: Policy, change: OwnerChange) -> Draft:
    handed_at = change.occurred_at
    clock = follow_up_clock(case, policy)
    acts = possible_answers(case, policy)
    since = [each for each in acts.sure if each.occurred_at >= handed_at]
    until = since[0].occurred_at if since else case.as_of
    is_exact = not since or since[0].latest_at is None
    measures = (
        at_measure("handed_over_at", handed_at),
        Measure("taken_up_working_s", clock.elapsed(handed_at, until) if is_exact else None, "s"),
        Measure("taken_up_wall_s", int((until - handed_at).total_seconds()) if is_exact else None, "s"),
    )
    evidence = (lead_evidence(case.lead, "owner_id", change.owner_id or "", handed_at),)
    told: dict[str, Value] = {"handed": moment(handed_at, clock.zone), "limit": span(policy.handover_s)}
    due_at = due_unless_held(clock, handed_at, policy.handover_s)
    stopped = stopping_hold(case, policy)
    if due_at is None and stopped is not None and not since:
        return _on_hold(case, stopped[0], told, measures, evidence, clock.zone)
    if due_at is None:
        return _taken_up(case, since[0], told, measures, evidence, clock.zone)
    unknown = [each for each in acts.unknown if each.activity.no_later_than >= handed_at]
    found = answer_by(since, unknown, due_at, due_at)
    if found.in_time is not None:
        return _taken_up(case, found.in_time, told, measures, evidence, clock.zone)
    told["due"] = moment_after(due_at, handed_at, clock.zone)
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="waiting_in_time",
            sentence=say(
                "Handed to another owner {handed}; the next attempt is due {due} ({limit} of working time).", **told
            ),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
            wakes=(due_at,),
        )
    if found.doubt is not None:
        return unknown_activity(found.doubt, _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS) or clock.doubt
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    owner_id = holder_at(case, due_at)
    if found.late is not None:
        return Draft(
            outcome=Outcome.BREACH,
            reason="taken_up_late",
            sentence=say(
                "Handed to another owner {handed}, taken up only {taken} ({kind}), due {due} ({limit} of working "
                "time).",
                **told,
                taken=act_moment(found.late, clock.zone),
                kind=kind_word(found.late),
            ),
            measures=measures,
            evidence=(*evidence, *activity_evidence(found.late)),
            owner_id=owner_id,
        )
    return Draft(
        outcome=Outcome.BREACH,
        reason="dropped",
        sentence=say(
            "Handed to another owner {handed}; nobody tried the lead by {due} ({limit} of working time), and nobody "
            "has since.",
            **told,
        ),
        measures=measures,
        evidence=evidence,
        owner_id=owner_id,
    )


def _taken_up(
    case: LeadCase,
    act: Activity,
    told: dict[str, Value],
    measures: tuple[Measure, ...],
    evidence: tuple[Evidence, ...],
    zone: ZoneInfo,
) -> Draft:
    return Draft(
        outcome=Outcome.PASS,
        reason="taken_up",
        sentence=say(
            "Handed to another owner {handed}, taken up {taken} ({kind}); limit {limit} of working time.",
            **told,
            taken=act_moment(act, zone),
            kind=kind_word(act),
        ),
        measures=measures,
        evidence=(*evidence, *activity_evidence(act)),
        owner_id=holder_at(case, act.occurred_at),
    )


def _on_hold(
    case: LeadCase,
    hold: Hold,
    told: dict[str, Value],
    measures: tuple[Measure, ...],
    evidence: tuple[Evidence, ...],
    zone: ZoneInfo,
) -> Draft:
    change = hold.change
    return Draft(
        outcome=Outcome.PASS,
        reason="on_hold",
        sentence=say(
            "Handed to another owner {handed}; on hold ({status}) since {at}, so no attempt is due.",
            handed=told["handed"],
            status=change.raw_status,
            at=moment(hold.started_at, zone),
        ),
        measures=measures,
        evidence=(*evidence, lead_evidence(case.lead, change.field, change.raw_status, hold.started_at)),
        owner_id=holder_at(case, case.as_of),
    )


def _last_hand_over(case: LeadCase) -> OwnerChange | None:
    """The last change after the arrival by which the lead came to somebody else than its holder before."""
    found: OwnerChange | None = None
    holder: str | None = None
    for change in case.owner_changes:
        if change.occurred_at > case.as_of:
            break
        if change.owner_id is None:
            continue
        if holder not in (None, change.owner_id) and change.occurred_at > case.lead.clock_start:
            found = change
        holder = change.owner_id
    return found


RULE = LeadRule(INFO, judge)
