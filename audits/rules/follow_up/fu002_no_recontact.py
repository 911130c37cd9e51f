"""FU002: was a failed attempt followed by another one?"""

from __future__ import annotations

from dataclasses import replace

from audits.clock import CaseClock, follow_up_clock
from audits.dues import recontact_due
from audits.holds import stopping_hold
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    activity_evidence,
    lead_evidence,
    not_looked_at,
    unknown_activity,
    unmapped_status,
)
from audits.model.activity import Activity, Disposition
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, Value, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, AttemptVerdict, Judged, attempts, connections, failed_attempt, holder_at
from audits.wording import act_moment, disposition_word, kind_word, moment, moment_after, span, status_word

INFO = RuleInfo(
    rule_id="FU002",
    version=3,
    family=Family.FOLLOW_UP,
    title="No re-contact",
    question="After the last attempt failed, was another one made within the agreed time?",
    why_it_matters="Most leads are not reached at the first attempt; one that failed is only worth the next one.",
    reasons=(
        ("recontact_due", "the last attempt failed, and the time for the next one has not run out"),
        ("on_hold", "the last attempt failed, and the lead is on hold, waiting for the person"),
        ("no_recontact", "the last attempt failed, and none followed in the agreed time"),
        ("closed", "the lead is closed"),
        ("no_attempt", "there is no attempt after which another one could be due"),
        ("contact_made", "the person was reached at the last attempt or since"),
        ("awaiting_reply", "the last attempt was written and has not bounced; NC002 judges the silence"),
        ("no_other_way", "the only number was wrong and there is no e-mail address"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("recontact_due", "on_hold")),
        (Outcome.BREACH, ("no_recontact",)),
        (
            Outcome.NOT_APPLICABLE,
            ("closed", "no_attempt", "contact_made", "awaiting_reply", "no_other_way"),
        ),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("last_attempt_at", "at", "when the last sure attempt took place"),
        MeasureInfo("since_last_attempt_working_s", "s", "working time from the last attempt to the audit"),
        MeasureInfo("since_last_attempt_wall_s", "s", "wall time from the last attempt to the audit"),
    ),
    defaults=(Default("recontact_after_s", "24 h of working time (three working days)", "our choice", Trust.OURS),),
)

_QUESTION = say("whether a failed attempt was followed up")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Judges the last attempt only: an earlier gap that was closed is history."""
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return _not_applicable(
            "closed", say("The lead is closed ({status}), so no re-contact is due.", status=status_word(lead.status))
        )
    tried = attempts(case, policy)
    last = tried.last()
    if last is None:
        if tried.unknown:
            return unknown_activity(tried.unknown[0], _QUESTION)
        missing = case.coverage.cause(*CONTACT_FACTS)
        if missing is not None:
            return not_looked_at(missing, _QUESTION)
        return _not_applicable("no_attempt", say("There is no attempt yet after which a re-contact could be due."))
    clock = follow_up_clock(case, policy)
    measures = (
        Measure("last_attempt_at", last.occurred_at.isoformat(), "at"),
        Measure("since_last_attempt_working_s", clock.elapsed(last.no_later_than, case.as_of), "s"),
        Measure("since_last_attempt_wall_s", max(0, int((case.as_of - last.no_later_than).total_seconds())), "s"),
    )
    tried_at = act_moment(last, clock.zone)
    reached = connections(case, policy)
    contact = reached.last()
    if contact is not None and contact.no_later_than >= last.occurred_at:
        answer = _not_applicable(
            "contact_made",
            say("The person was reached {at} ({kind}).", at=act_moment(contact, clock.zone), kind=kind_word(contact)),
            measures,
        )
        return _unless_failed_since(contact, answer, case, policy, clock)
    failed = failed_attempt(last, policy)
    if failed is False:
        answer = _not_applicable(
            "awaiting_reply",
            say("The last attempt ({kind}, {at}) awaits a reply.", kind=kind_word(last), at=tried_at),
            measures,
        )
        return _unless_failed_since(last, answer, case, policy, clock)
    if last.disposition is Disposition.WRONG_NUMBER and not _other_way(lead, case.coverage):
        return _not_applicable(
            "no_other_way",
            say("The only number was wrong ({at}) and there is no e-mail address.", at=tried_at),
            measures,
        )
    stopped = stopping_hold(case, policy)
    if stopped is not None and clock.elapsed(last.no_later_than, stopped[1]) < policy.recontact_after_s:
        hold = stopped[0]
        return Draft(
            outcome=Outcome.PASS,
            reason="on_hold",
            sentence=say(
                "Last attempt {at} ({what}); on hold ({status}) since {held}, so no re-contact is due.",
                at=tried_at,
                what=_said(last),
                status=hold.change.raw_status,
                held=moment(hold.started_at, clock.zone),
            ),
            measures=measures,
            evidence=(
                *activity_evidence(last),
                lead_evidence(lead, hold.change.field, hold.change.raw_status, hold.started_at),
            ),
            owner_id=holder_at(case, case.as_of),
        )
    due_at = recontact_due(last, policy, clock)
    due = moment_after(due_at, last.occurred_at, clock.zone)
    limit = span(policy.recontact_after_s)
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="recontact_due",
            sentence=say(
                "Last attempt {at} ({what}); the next one is due {due} ({limit} of working time).",
                at=tried_at,
                what=_said(last),
                due=due,
                limit=limit,
            ),
            measures=measures,
            evidence=activity_evidence(last),
            owner_id=holder_at(case, case.as_of),
            wakes=(due_at,),
        )
    if failed is None:
        unsure = Judged(last, AttemptVerdict.UNKNOWN, "does not say whether the person was reached")
        return unknown_activity(unsure, _QUESTION, measures)
    later = next(
        (each for each in (*tried.unknown, *reached.unknown) if each.activity.no_later_than >= last.occurred_at), None
    )
    if later is not None:
        return unknown_activity(later, _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS) or clock.doubt
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    return Draft(
        outcome=Outcome.BREACH,
        reason="no_recontact",
        sentence=say(
            "Last attempt {at} ({what}); no other attempt was made by {due} ({limit} of working time), "
            "and none has been since.",
            at=tried_at,
            what=_said(last),
            due=due,
            limit=limit,
        ),
        measures=measures,
        evidence=activity_evidence(last),
        owner_id=holder_at(case, due_at),
    )


def _unless_failed_since(since: Activity, answer: Draft, case: LeadCase, policy: Policy, clock: CaseClock) -> Draft:
    """`answer`, unless an attempt after `since` may have failed and been left: one of which the CRM does not say
    enough, or one that it does not show. A message that is not shown is taken for one that arrived."""
    stopped = stopping_hold(case, policy)

    def falls_due(after: Activity) -> bool:
        return stopped is None or clock.elapsed(after.no_later_than, stopped[1]) >= policy.recontact_after_s

    doubts = [
        (recontact_due(each.activity, policy, clock), unknown_activity(each, _QUESTION, answer.measures))
        for each in attempts(case, policy).unknown
        if each.activity.no_later_than >= since.occurred_at
        and failed_attempt(each.activity, policy) is not False
        and falls_due(each.activity)
    ]
    missing = case.coverage.cause(Fact.CALLS, Fact.EMAILS, Fact.MEETINGS)
    if missing is not None and falls_due(since):
        doubts.append((recontact_due(since, policy, clock), not_looked_at(missing, _QUESTION, answer.measures)))
    for due_at, doubt in doubts:
        if case.as_of >= due_at:
            return doubt
    return replace(answer, wakes=tuple(due_at for due_at, _ in doubts))


def _not_applicable(reason: str, sentence: Said, measures: tuple[Measure, ...] = ()) -> Draft:
    return Draft(outcome=Outcome.NOT_APPLICABLE, reason=reason, sentence=sentence, measures=measures)


def _said(activity: Activity) -> Value:
    if activity.disposition is None:
        return kind_word(activity)
    return say("{kind}, {disposition}", kind=kind_word(activity), disposition=disposition_word(activity.disposition))


def _other_way(lead: Lead, coverage: Coverage) -> bool:
    if coverage.cause(Fact.CONTACT_DATA) is not None:
        return True
    return bool(lead.email) or bool(lead.phone and lead.mobile and lead.phone != lead.mobile)


RULE = LeadRule(INFO, judge)
