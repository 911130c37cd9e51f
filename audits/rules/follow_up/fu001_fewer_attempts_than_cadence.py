"""FU001: were as many attempts made as the cadence agrees, until contact was made?"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from audits.answers import beside_other_records, day_only
from audits.cadence import DayPart, agreed_attempts, by_day_part, day_part, parts_agreed
from audits.clock import follow_up_clock
from audits.dues import cadence_end
from audits.holds import holds
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
    received_evidence,
    unknown_activity,
    unmapped_status,
)
from audits.model.activity import ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, Value, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, Judged, attempts, connections, holder_at
from audits.wording import act_moment, arrival_moment, counted, kind_word, moment, status_word

INFO = RuleInfo(
    rule_id="FU001",
    version=3,
    family=Family.FOLLOW_UP,
    title="Fewer attempts than the cadence",
    question=(
        "Were all agreed calls and e-mails made before the cadence ended, the calls in more than one part of the "
        "day, unless contact was made first?"
    ),
    why_it_matters=(
        "Of the leads that are converted in the end, 93 % were reached by the sixth call (Velocify); half of all "
        "leads are called only once. Who is never in at one time of the day may be in at another: so the agreed "
        "calls are to be spread over the day. FU003 says so sooner, of a habit of one hour."
    ),
    reasons=(
        ("cadence_kept", "all agreed attempts were made in time, the calls in enough parts of the day"),
        ("cadence_running", "attempts are missing, but the time for them has not run out"),
        ("on_hold", "attempts are missing, but the lead is on hold, waiting for the person"),
        ("too_few_attempts", "the time has run out and attempts are missing"),
        ("one_part_of_the_day", "all agreed attempts were made in time, but the calls in too few parts of the day"),
        ("closed", "the lead is closed"),
        ("contact_made", "the person was reached, so the series ended"),
        ("nothing_agreed", "the cadence asks for nothing that this lead's contact data and consent allow"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("cadence_kept", "cadence_running", "on_hold")),
        (Outcome.BREACH, ("too_few_attempts", "one_part_of_the_day")),
        (Outcome.NOT_APPLICABLE, ("closed", "contact_made", "nothing_agreed")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("cadence_calls", "count", "call attempts before the cadence ended (so far, while it runs)"),
        MeasureInfo("cadence_emails", "count", "e-mail attempts before the cadence ended (so far, while it runs)"),
        MeasureInfo("cadence_others", "count", "attempts by message or meeting before the cadence ended"),
        MeasureInfo("cadence_morning", "count", "attempts from midnight until 11:00 by the clock of the zone"),
        MeasureInfo("cadence_midday", "count", "attempts from 11:00 until 14:00"),
        MeasureInfo("cadence_afternoon", "count", "attempts from 14:00 until 17:00"),
        MeasureInfo("cadence_evening", "count", "attempts from 17:00 until midnight"),
        MeasureInfo(
            "cadence_call_parts", "count", "different ones of these parts with a call; unknown if none is agreed"
        ),
        MeasureInfo("cadence_wall_s", "s", "wall time from receipt to the audit"),
        MeasureInfo("cadence_working_s", "s", "working time from receipt to the audit, holds left out"),
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
        Default(
            "cadence_day_parts",
            "2 parts of the day with a call, of morning, midday, afternoon and evening (1 = not asked for)",
            "our choice; the published effect of the time of day is small beside speed and number",
            Trust.OURS,
        ),
    ),
)

_QUESTION = say("whether the cadence was kept")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Counts attempts before the end of the window, which a hold moves. A way to reach that the lead did not give, or
    does not allow, is not asked for."""
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed",
            sentence=say("The lead is closed ({status}), so its cadence has ended.", status=status_word(lead.status)),
        )
    asked = agreed_attempts(case, policy)
    if not asked.any:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="nothing_agreed",
            sentence=say("The cadence asks for nothing that this lead's contact data and consent allow."),
        )
    clock = follow_up_clock(case, policy)
    end_at = cadence_end(case, policy, clock)
    tried = attempts(case, policy)
    within = [activity for activity in tried.sure if end_at is None or activity.occurred_at < end_at]
    calls = sum(activity.kind is ActivityKind.CALL for activity in within)
    emails = sum(activity.kind is ActivityKind.EMAIL for activity in within)
    called = [activity for activity in within if activity.kind is ActivityKind.CALL]
    parts = {day_part(each.occurred_at, clock.zone) for each in called if each.latest_at is None}
    measures = (
        Measure("cadence_calls", calls, "count"),
        Measure("cadence_emails", emails, "count"),
        Measure("cadence_others", len(within) - calls - emails, "count"),
        *(Measure(f"cadence_{part}", made, "count") for part, made in by_day_part(within, clock.zone).items()),
        Measure("cadence_call_parts", len(parts) if asked.calls else None, "count"),
        Measure("cadence_wall_s", max(0, int((case.as_of - lead.clock_start).total_seconds())), "s"),
        Measure("cadence_working_s", clock.elapsed(lead.clock_start, case.as_of), "s"),
    )
    evidence = (received_evidence(lead), *(each for activity in within for each in activity_evidence(activity)))
    least_parts = parts_agreed(policy, asked.calls)
    is_complete = calls >= asked.calls and emails >= asked.emails
    agreed = _made(
        *(
            say("{made} of {agreed}", made=made, agreed=counted(number, noun))
            for made, number, noun in ((calls, asked.calls, "agreed call"), (emails, asked.emails, "agreed e-mail"))
            if number
        )
    )
    if is_complete and len(parts) >= least_parts:
        return Draft(
            outcome=Outcome.PASS,
            reason="cadence_kept",
            sentence=(
                say("The cadence was kept: {agreed}.", agreed=agreed)
                if end_at is None
                else say(
                    "The cadence was kept: {agreed} before {end}.", agreed=agreed, end=moment(end_at, clock.zone)
                )
            ),
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
    if end_at is None:
        hold = next(each for each in holds(case, policy) if each.ended_at is None and each.counts_from is not None)
        return Draft(
            outcome=Outcome.PASS,
            reason="on_hold",
            sentence=say(
                "The cadence stands still: {agreed} made so far; on hold ({status}) since {at}.",
                agreed=agreed,
                status=hold.change.raw_status,
                at=moment(hold.started_at, clock.zone),
            ),
            measures=measures,
            evidence=(*evidence, lead_evidence(lead, hold.change.field, hold.change.raw_status, hold.started_at)),
            owner_id=holder_at(case, case.as_of),
        )
    end = moment(end_at, clock.zone)
    if case.as_of < end_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="cadence_running",
            sentence=(
                say("The cadence is running: {agreed} made so far, the rest due by {end}.", agreed=agreed, end=end)
                if not is_complete
                else say(
                    "The cadence is running: {agreed} made so far, the calls in {parts} of {least} agreed parts of "
                    "the day; another part is due by {end}.",
                    agreed=agreed,
                    parts=len(parts),
                    least=least_parts,
                    end=end,
                )
            ),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
            wakes=(end_at,),
        )
    possible = [judged for judged in tried.unknown if judged.activity.occurred_at < end_at]
    more_calls = sum(judged.activity.kind is ActivityKind.CALL for judged in possible)
    more_emails = sum(judged.activity.kind is ActivityKind.EMAIL for judged in possible)
    if calls + more_calls >= asked.calls and emails + more_emails >= asked.emails:
        doubts = [*(day_only(each) for each in called if each.latest_at is not None), *possible]
        if _most_parts(parts, doubts, clock.zone) >= least_parts:
            return unknown_activity((possible or doubts)[0], _QUESTION, measures)
    if reached.unknown:
        return unknown_activity(reached.unknown[0], _QUESTION, measures)
    # A hold that is not shown may have moved the end; whose hours held does not matter to calendar days.
    holds_shown = (Fact.STAGE_HISTORY,) if policy.waiting_statuses else ()
    missing = case.coverage.cause(*CONTACT_FACTS, Fact.CONTACT_DATA, *holds_shown)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    told: dict[str, Value] = {
        "received": arrival_moment(lead, clock.zone),
        "agreed": agreed,
        "days": counted(policy.cadence.within_days, "day"),
        "end": end,
    }
    breach = Draft(
        outcome=Outcome.BREACH,
        reason="one_part_of_the_day" if is_complete else "too_few_attempts",
        sentence=(
            say(
                "Received {received}; {agreed} made before the cadence of {days} ended {end}, but the calls in "
                "{parts} of {least} agreed parts of the day, and no contact was made.",
                **told,
                parts=len(parts),
                least=least_parts,
            )
            if is_complete
            else say(
                "Received {received}; {agreed} made before the cadence of {days} ended {end}, and no contact was "
                "made.",
                **told,
            )
        ),
        measures=measures,
        evidence=evidence,
        owner_id=holder_at(case, end_at),
    )
    return beside_other_records(breach, case, policy)


def _most_parts(parts: set[DayPart], doubts: Sequence[Judged], zone: ZoneInfo) -> int:
    """In how many parts of the day calls may lie when all that may be a call is one, and a call of which only the day
    is known lies where none does."""
    calls = [each.activity for each in doubts if each.activity.kind is ActivityKind.CALL]
    known = {day_part(each.occurred_at, zone) for each in calls if each.latest_at is None}
    return min(len(DayPart), len(parts | known) + sum(each.latest_at is not None for each in calls))


def _made(first: Said, second: Said | None = None) -> Said:
    return first if second is None else say("{first} and {second}", first=first, second=second)


RULE = LeadRule(INFO, judge)
