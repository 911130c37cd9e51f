"""FU005: was the lead given up before the agreed attempts were made?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from audits.answers import letter_of_the_lead
from audits.cadence import Agreed, agreed_attempts, closing_at
from audits.clock import CaseClock, follow_up_clock
from audits.closing import tried_before
from audits.closing_cause import gives_a_cause
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
    lead_evidence,
    not_looked_at,
    received_evidence,
    unknown_activity,
    unmapped_status,
)
from audits.model.activity import ActivityKind, Disposition
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, phrase, say
from audits.pseudo_facts import could_be_mended, is_reachable, likely_nobody, plain_to_see
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, Judged, Touches, attempts, connections, holder_at
from audits.wording import act_moment, arrival_moment, counted, kind_word, moment, status_word

INFO = RuleInfo(
    rule_id="FU005",
    version=4,
    family=Family.FOLLOW_UP,
    title="Stopped too early",
    question="Was a lead that nobody reached worked by the whole cadence before it was closed?",
    why_it_matters=(
        "Closing a lead that was never reached ends every other clock; what it would have become is never known. A "
        "lead that was closed before the first attempt was not stopped too early, but never begun: that is AG007's."
    ),
    reasons=(
        ("cadence_made", "all agreed attempts were made"),
        ("days_passed", "the days of the cadence had passed before the lead was closed; FU001 judges the attempts"),
        (
            "stopped_early",
            "the lead was closed without contact, before its attempts were made or its days had passed",
        ),
        ("still_open", "the lead is open"),
        ("closed_for_a_cause", "the lead was won, or discarded for a cause that needs no contact"),
        ("contact_made", "the person was reached"),
        ("never_tried", "the lead was closed before any attempt; AG007 judges that"),
        (
            "no_way_left",
            "no way to reach the person is left: the numbers are wrong, the address bounced, or none is given",
        ),
        ("wrote_before_closing", "the lead wrote before it was closed, so it may have put an end to it itself"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("cadence_made", "days_passed")),
        (Outcome.BREACH, ("stopped_early",)),
        (Outcome.NOT_APPLICABLE, ("still_open", "closed_for_a_cause", "contact_made", "no_way_left", "never_tried")),
        (
            Outcome.NOT_EVALUATED,
            ("wrote_before_closing", UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS),
        ),
    ),
    measures=(
        MeasureInfo("calls_made", "count", "call attempts before the end of the cadence"),
        MeasureInfo("emails_made", "count", "e-mail attempts before the end of the cadence"),
        MeasureInfo("closed_after_wall_s", "s", "wall time from receipt to the closing"),
        MeasureInfo("closed_after_working_s", "s", "working time from receipt to the closing, holds left out"),
    ),
    defaults=(
        Default("cadence.calls", "6", "as in FU001", Trust.A),
        Default("cadence.emails", "5", "as in FU001", Trust.B),
        Default("cadence.within_days", "15 calendar days", "as in FU001", Trust.OURS),
        Default("duplicate_window_days", "30 calendar days", "as in PL004", Trust.A),
        Default("region", "none", "as in PL001", Trust.OURS),
    ),
)

_QUESTION = say("whether the lead was given up too early")
_REGION_UNKNOWN = phrase("the number has no country code, and the country is not known")
#: What a status says of leads that were discarded because nobody was reached, in the languages of our readers.
_NOT_REACHED = (
    "unreachable", "not reached", "no contact", "no answer", "no response", "unable to contact", "unable to reach",
    "attempted", "unresponsive", "nicht erreich", "kein kontakt", "keine antwort", "ikke nådd", "ingen kontakt",
    "ingen svar", "ikke svar", "δεν απαντ", "χωρίς επαφή", "χωρίς απάντηση", "لا يرد", "لم يرد", "لا يمكن الوصول",
    "بدون رد",
)  # fmt: skip


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Counts what was made before the cadence's end, also after the closing: whoever goes on has not stopped."""
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    not_given_up = _not_given_up(case, policy, lead.status)
    if not_given_up is not None:
        return not_given_up
    clock = follow_up_clock(case, policy)
    tried, reached = attempts(case, policy), connections(case, policy)
    contact = reached.first()
    if contact is not None:
        said = say("Contact was made {at} ({kind}).", at=act_moment(contact, clock.zone), kind=kind_word(contact))
        return _not_applicable("contact_made", said, activity_evidence(contact))
    asked = _still_possible(case, agreed_attempts(case, policy))
    if not asked.any:
        return _not_applicable("no_way_left", say("No way to reach the person is left, so no more attempts are due."))
    closed_at = closing_at(case)
    if closed_at is not None:
        # Whatever was waited for, the closing ended it.
        clock = replace(clock, pauses=tuple((start, min(end, closed_at)) for start, end in clock.pauses))
    end_at = cadence_end(case, policy, clock)
    within = [each for each in tried.sure if end_at is None or each.occurred_at < end_at]
    calls = sum(each.kind is ActivityKind.CALL for each in within)
    emails = sum(each.kind is ActivityKind.EMAIL for each in within)
    measures = _measures(calls, emails, *_closed_after(lead, clock, closed_at))
    evidence = (received_evidence(lead), *(each for activity in within for each in activity_evidence(activity)))
    if calls >= asked.calls and emails >= asked.emails:
        return Draft(
            outcome=Outcome.PASS,
            reason="cadence_made",
            sentence=say(
                "The agreed attempts were made: {calls} and {emails}.",
                calls=counted(calls, "call"),
                emails=counted(emails, "e-mail"),
            ),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
        )
    if closed_at is None:
        return not_looked_at("the CRM does not say when the lead was closed", _QUESTION, measures)
    never_begun = _never_begun(case, policy, closed_at, measures)
    if never_begun is not None:
        return never_begun
    closing = lead_evidence(lead, "closed_at", closed_at.isoformat(), closed_at)
    hidden = case.coverage.cause(Fact.STAGE_HISTORY) if policy.waiting_statuses else None
    if end_at is not None and closed_at >= end_at:
        if hidden is not None:
            return not_looked_at(hidden, _QUESTION, measures)
        return Draft(
            outcome=Outcome.PASS,
            reason="days_passed",
            sentence=say(
                "The lead was closed {closed}, after the days of the cadence had passed {end}.",
                closed=moment(closed_at, clock.zone),
                end=moment(end_at, clock.zone),
            ),
            measures=measures,
            evidence=(received_evidence(lead), closing),
            owner_id=holder_at(case, closed_at),
        )
    doubtful = _doubtful(tried, end_at, asked.calls - calls, asked.emails - emails) or next(
        iter(reached.unknown), None
    )
    if doubtful is not None:
        return unknown_activity(doubtful, _QUESTION, measures)
    # An earlier lead of the same person would be a cause to discard this one.
    by_record = () if lead.status is LeadStatus.LOST else (Fact.DUPLICATES,)
    missing = case.coverage.cause(*CONTACT_FACTS, Fact.CONTACT_DATA, *by_record) or hidden
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if lead.status is LeadStatus.DISCARDED and not _says_not_reached(lead) and is_reachable(lead, policy) is None:
        return not_looked_at(_REGION_UNKNOWN, say("whether the lead could be reached at all"), measures)
    letter = letter_of_the_lead(case, closed_at)
    if letter is not None:
        # Who writes "no thanks" is no contact of ours, but nobody gave him up either.
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="wrote_before_closing",
            sentence=say(
                "It cannot be told {question}: the lead wrote ({kind}, {at}) before it was closed {closed}.",
                question=_QUESTION,
                kind=kind_word(letter),
                at=act_moment(letter, clock.zone),
                closed=moment(closed_at, clock.zone),
            ),
            measures=measures,
            evidence=(closing, *activity_evidence(letter)),
        )
    return Draft(
        outcome=Outcome.BREACH,
        reason="stopped_early",
        sentence=say(
            "Received {received}, closed {closed} ({status}) without contact, after {calls} of {calls_asked} and "
            "{emails} of {emails_asked}, before the {days} of the cadence had passed.",
            received=arrival_moment(lead, clock.zone),
            closed=moment(closed_at, clock.zone),
            status=status_word(lead.status),
            calls=calls,
            calls_asked=counted(asked.calls, "agreed call"),
            emails=emails,
            emails_asked=counted(asked.emails, "agreed e-mail"),
            days=counted(policy.cadence.within_days, "day"),
        ),
        measures=measures,
        evidence=(closing, *evidence),
        owner_id=holder_at(case, closed_at),
    )


def _doubtful(tried: Touches, end_at: datetime | None, calls_owed: int, emails_owed: int) -> Judged | None:
    """The first activity that may be an attempt, where all of them together would make up what is owed."""
    possible = [each for each in tried.unknown if end_at is None or each.activity.occurred_at < end_at]
    calls = sum(each.activity.kind is ActivityKind.CALL for each in possible)
    emails = sum(each.activity.kind is ActivityKind.EMAIL for each in possible)
    return possible[0] if possible and calls >= calls_owed and emails >= emails_owed else None


def _closed_after(lead: Lead, clock: CaseClock, closed_at: datetime | None) -> tuple[int | None, int | None]:
    """Wall and working seconds from the receipt to the closing; None where that is not known."""
    if closed_at is None:
        return None, None
    wall_s = max(0, int((closed_at - lead.clock_start).total_seconds()))
    return wall_s, clock.elapsed(lead.clock_start, closed_at)


def _measures(calls: int, emails: int, after_wall_s: int | None, after_working_s: int | None) -> tuple[Measure, ...]:
    return (
        Measure("calls_made", calls, "count"),
        Measure("emails_made", emails, "count"),
        Measure("closed_after_wall_s", after_wall_s, "s"),
        Measure("closed_after_working_s", after_working_s, "s"),
    )


def _not_given_up(case: LeadCase, policy: Policy, status: LeadStatus) -> Draft | None:
    if status is LeadStatus.OPEN:
        return _not_applicable("still_open", say("The lead is open, so it was not given up."))
    has_cause = status is LeadStatus.DISCARDED and _has_cause(case, policy)
    if status is LeadStatus.WON or has_cause:
        said = say("The lead was closed ({status}) for another cause.", status=status_word(status))
        return _not_applicable("closed_for_a_cause", said)
    return None


def _has_cause(case: LeadCase, policy: Policy) -> bool:
    """Whether a discarded lead was so for what can be known without contact. "Unqualified", "no interest" and the
    like are none: who says so of a lead that nobody reached has given it up, by another word."""
    if _says_not_reached(case.lead):
        return False
    if gives_a_cause(case.lead) or plain_to_see(case, policy) is not None:
        return True
    return likely_nobody(case, policy) is not None or could_be_mended(case, policy) is not None


def _never_begun(case: LeadCase, policy: Policy, closed_at: datetime, measures: tuple[Measure, ...]) -> Draft | None:
    """The answer where no attempt surely lies before the closing: one closing is never broken by two rules."""
    begun = tried_before(case, policy, closed_at)
    if begun.tried is not None:
        return None
    if begun.possible is not None:
        return unknown_activity(begun.possible, _QUESTION, measures)
    unseen = case.coverage.cause(*CONTACT_FACTS)
    if unseen is not None:
        return not_looked_at(unseen, _QUESTION, measures)
    said = say("The lead was closed before any attempt, so there was nothing to stop.")
    return _not_applicable("never_tried", said, measures=measures)


def _says_not_reached(lead: Lead) -> bool:
    said = (lead.raw_status or "").casefold().replace("_", " ")
    return any(words in said for words in _NOT_REACHED)


def _still_possible(case: LeadCase, asked: Agreed) -> Agreed:
    """What the cadence asks for, less the ways that have proved dead: every number wrong, the address bounced. A
    machine proves that as well as a person."""
    lead = case.lead
    results = [each.disposition for each in case.activities if each.occurred_at <= case.as_of]
    numbers = len({number for number in (lead.phone, lead.mobile) if number})
    wrong = results.count(Disposition.WRONG_NUMBER)
    return Agreed(
        0 if wrong and wrong >= numbers else asked.calls,
        0 if Disposition.BOUNCED in results else asked.emails,
    )


def _not_applicable(
    reason: str, sentence: Said, evidence: tuple[Evidence, ...] = (), measures: tuple[Measure, ...] = ()
) -> Draft:
    return Draft(
        outcome=Outcome.NOT_APPLICABLE, reason=reason, sentence=sentence, measures=measures, evidence=evidence
    )


RULE = LeadRule(INFO, judge)
