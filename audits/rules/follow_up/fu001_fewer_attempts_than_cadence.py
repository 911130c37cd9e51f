"""FU001: were as many attempts made as the cadence agrees, until contact was made?"""

from __future__ import annotations

from audits.clock import case_clock
from audits.dues import cadence_end
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
    received_evidence,
    unknown_activity,
    unmapped_status,
)
from audits.model.activity import ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, attempts, connections, holder_at
from audits.wording import act_moment, arrival_moment, counted, kind_word, moment, status_word

INFO = RuleInfo(
    rule_id="FU001",
    version=2,
    family=Family.FOLLOW_UP,
    title="Fewer attempts than the cadence",
    question="Were all agreed calls and e-mails made before the cadence ended, unless contact was made first?",
    why_it_matters=(
        "Of the leads that are converted in the end, 93 % were reached by the sixth call (Velocify); half of all "
        "leads are called only once."
    ),
    reasons=(
        ("cadence_kept", "all agreed attempts were made in time"),
        ("cadence_running", "attempts are missing, but the time for them has not run out"),
        ("too_few_attempts", "the time has run out and attempts are missing"),
        ("closed", "the lead is closed"),
        ("contact_made", "the person was reached, so the series ended"),
        ("nothing_agreed", "the cadence asks for nothing that this lead's contact data allow"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("cadence_kept", "cadence_running")),
        (Outcome.BREACH, ("too_few_attempts",)),
        (Outcome.NOT_APPLICABLE, ("closed", "contact_made", "nothing_agreed")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("cadence_calls", "count", "call attempts before the cadence ended (so far, while it runs)"),
        MeasureInfo("cadence_emails", "count", "e-mail attempts before the cadence ended (so far, while it runs)"),
        MeasureInfo("cadence_wall_s", "s", "wall time from receipt to the moment of the audit"),
        MeasureInfo("cadence_working_s", "s", "working time from receipt to the moment of the audit"),
    ),
    defaults=(
        Default(
            "cadence.calls",
            "6",
            "Velocify: 93 % of the leads converted were reached by the 6th call",
            Trust.A,
        ),
        Default("cadence.emails", "5", "Velocify, the same study: best number of e-mails", Trust.B),
        Default("cadence.within_days", "15 calendar days", "our choice", Trust.OURS),
    ),
)

_QUESTION = say("whether the cadence was kept")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Counts attempts before the end of the window. A way to reach that the lead did not give is not asked for."""
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed",
            sentence=say("The lead is closed ({status}), so its cadence has ended.", status=status_word(lead.status)),
        )
    unseen = case.coverage.cause(Fact.CONTACT_DATA)
    calls_agreed = policy.cadence.calls if lead.phone or lead.mobile or unseen else 0
    emails_agreed = policy.cadence.emails if lead.email or unseen else 0
    if not calls_agreed and not emails_agreed:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="nothing_agreed",
            sentence=say("The cadence asks for nothing that this lead's contact data allow."),
        )
    clock = case_clock(case, policy)
    end_at = cadence_end(case, policy, clock)
    tried = attempts(case, policy)
    within = [activity for activity in tried.sure if activity.occurred_at < end_at]
    calls = sum(activity.kind is ActivityKind.CALL for activity in within)
    emails = sum(activity.kind is ActivityKind.EMAIL for activity in within)
    measures = (
        Measure("cadence_calls", calls, "count"),
        Measure("cadence_emails", emails, "count"),
        Measure("cadence_wall_s", max(0, int((case.as_of - lead.clock_start).total_seconds())), "s"),
        Measure("cadence_working_s", clock.elapsed(lead.clock_start, case.as_of), "s"),
    )
    evidence = (received_evidence(lead), *(each for activity in within for each in activity_evidence(activity)))
    end = moment(end_at, clock.zone)
    agreed = _made(
        *(
            say("{made} of {agreed}", made=made, agreed=counted(asked, noun))
            for made, asked, noun in ((calls, calls_agreed, "agreed call"), (emails, emails_agreed, "agreed e-mail"))
            if asked
        )
    )
    if calls >= calls_agreed and emails >= emails_agreed:
        return Draft(
            outcome=Outcome.PASS,
            reason="cadence_kept",
            sentence=say("The cadence was kept: {agreed} before {end}.", agreed=agreed, end=end),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
        )
    reached = connections(case, policy)
    contact = reached.first()
    if contact is not None:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="contact_made",
            sentence=say(
                "Contact was made {at} ({kind}).", at=act_moment(contact, clock.zone), kind=kind_word(contact)
            ),
            measures=measures,
            evidence=activity_evidence(contact),
        )
    if case.as_of < end_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="cadence_running",
            sentence=say(
                "The cadence is running: {agreed} made so far, the rest due by {end}.", agreed=agreed, end=end
            ),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
            wakes=(end_at,),
        )
    possible = [judged for judged in tried.unknown if judged.activity.occurred_at < end_at]
    more_calls = sum(judged.activity.kind is ActivityKind.CALL for judged in possible)
    more_emails = sum(judged.activity.kind is ActivityKind.EMAIL for judged in possible)
    if calls + more_calls >= calls_agreed and emails + more_emails >= emails_agreed:
        return unknown_activity(possible[0], _QUESTION, measures)
    if reached.unknown:
        return unknown_activity(reached.unknown[0], _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS, Fact.CONTACT_DATA)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    return Draft(
        outcome=Outcome.BREACH,
        reason="too_few_attempts",
        sentence=say(
            "Received {received}; {agreed} made before the cadence of {days} ended {end}, and no contact was made.",
            received=arrival_moment(lead, clock.zone),
            agreed=agreed,
            days=counted(policy.cadence.within_days, "day"),
            end=end,
        ),
        measures=measures,
        evidence=evidence,
        owner_id=holder_at(case, end_at),
    )


def _made(first: Said, second: Said | None = None) -> Said:
    return first if second is None else say("{first} and {second}", first=first, second=second)


RULE = LeadRule(INFO, judge)
