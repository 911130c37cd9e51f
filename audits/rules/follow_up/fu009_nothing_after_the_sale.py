"""FU009: did anybody ask after the customer once the sale was made?"""

from __future__ import annotations

from audits.answers import answer_by, day_only
from audits.cadence import closing_at
from audits.clock import case_clock
from audits.dues import days_from
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
from audits.model.case import LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, attempts, connections, holder_at
from audits.wording import act_moment, counted, kind_word, moment, status_word

INFO = RuleInfo(
    rule_id="FU009",
    version=1,
    family=Family.FOLLOW_UP,
    title="Nothing after the sale",
    question="Was the customer contacted within the agreed days after the sale?",
    why_it_matters="A new customer who hears nothing after signing is the one who does not buy again.",
    reasons=(
        ("touched", "an attempt or contact was made after the sale and in time"),
        ("days_left", "nothing was done yet, and the days have not run out"),
        ("nothing_after_sale", "the days have run out without an attempt or contact"),
        ("not_won", "the lead is not won"),
        ("imported", "the lead came by an import: what was done after its sale may never have been recorded here"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("touched", "days_left")),
        (Outcome.BREACH, ("nothing_after_sale",)),
        (Outcome.NOT_APPLICABLE, ("not_won", "imported")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo(
            "after_sale_working_s", "s", "working time from the sale to the first attempt or contact after it"
        ),
        MeasureInfo("after_sale_wall_s", "s", "wall time from the sale to the first attempt or contact after it"),
    ),
    defaults=(Default("post_sale_days", "14 calendar days", "our choice", Trust.OURS),),
)

_QUESTION = say("whether the customer was contacted after the sale")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """What came after the instant of the sale counts, by whomever; the talk that closed it does not."""
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.WON:
        return _not_applicable("not_won", say("The lead is not won ({status}).", status=status_word(lead.status)))
    if lead.is_imported:
        return _not_applicable("imported", say("The lead came by an import, so its sale is not judged."))
    closed_at = closing_at(case)
    if closed_at is None:
        return not_looked_at("the CRM does not say when the lead was won", _QUESTION)
    clock = case_clock(case, policy)
    zone = clock.zone
    end_at = days_from(closed_at, policy.post_sale_days, zone)
    tried, reached = attempts(case, policy), connections(case, policy)
    sure = {each.activity_id: each for each in (*tried.sure, *reached.sure) if each.no_later_than > closed_at}
    # One of which only the day of the sale is known may have been the talk that closed it.
    after = [each for each in sure.values() if each.occurred_at > closed_at]
    unknown = [each for each in (*tried.unknown, *reached.unknown) if each.activity.no_later_than > closed_at]
    unknown += [day_only(each) for each in sure.values() if each.occurred_at <= closed_at]
    found = answer_by(after, unknown, end_at, end_at)
    first = found.in_time or found.late
    done_at = first.occurred_at if first is not None and first.latest_at is None else None
    measures = (
        Measure("after_sale_working_s", None if done_at is None else clock.elapsed(closed_at, done_at), "s"),
        Measure("after_sale_wall_s", None if done_at is None else int((done_at - closed_at).total_seconds()), "s"),
    )
    evidence = (lead_evidence(lead, "closed_at", closed_at.isoformat(), closed_at),)
    won = moment(closed_at, zone)
    if found.in_time is not None:
        return Draft(
            outcome=Outcome.PASS,
            reason="touched",
            sentence=say(
                "Won {won}; contacted {at} ({kind}).",
                won=won,
                at=act_moment(found.in_time, zone),
                kind=kind_word(found.in_time),
            ),
            measures=measures,
            evidence=(*evidence, *activity_evidence(found.in_time)),
            owner_id=holder_at(case, found.in_time.occurred_at),
        )
    days, end = counted(policy.post_sale_days, "day"), moment(end_at, zone)
    if case.as_of < end_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="days_left",
            sentence=say(
                "Won {won}; a first contact after the sale is due {end} ({days}).", won=won, end=end, days=days
            ),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
            wakes=(end_at,),
        )
    if found.doubt is not None:
        return unknown_activity(found.doubt, _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    return Draft(
        outcome=Outcome.BREACH,
        reason="nothing_after_sale",
        sentence=say(
            "Won {won}; nobody tried to contact the customer by {end} ({days}).", won=won, end=end, days=days
        ),
        measures=measures,
        evidence=evidence,
        owner_id=holder_at(case, end_at),
    )


def _not_applicable(reason: str, sentence: Said) -> Draft:
    return Draft(outcome=Outcome.NOT_APPLICABLE, reason=reason, sentence=sentence)


RULE = LeadRule(INFO, judge)
