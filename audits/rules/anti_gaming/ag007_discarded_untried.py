"""AG007: a lead that was closed for what only contact could have shown, and nobody had turned to it."""

from __future__ import annotations

from datetime import datetime

from audits.cadence import closing_at
from audits.claims import touched, uncounted_evidence, with_uncounted
from audits.clock import NoWorkingHours, case_clock
from audits.closing import closed_by, turned_to_before, window_end
from audits.closing_cause import gives_a_cause
from audits.lead_rule import (
    CANNOT_TELL,
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
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, Value, phrase, say
from audits.model.zones import load_zone
from audits.pseudo_facts import could_be_mended, is_reachable, likely_nobody, plain_to_see
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS
from audits.wording import act_moment, arrival_moment, kind_word, moment, span, status_word

INFO = RuleInfo(
    rule_id="AG007",
    version=2,
    family=Family.ANTI_GAMING,
    title="Discarded untried",
    question="Was a lead lost or discarded before anybody turned to it, for what only contact could have shown?",
    why_it_matters=(
        "Closing a lead stops every clock, so who discards what he never tried has no late lead. This rule judges "
        "leads without any attempt alone; what was given up after too few is FU005's."
    ),
    reasons=(
        ("tried", "there was an attempt before the closing, or within the minutes after it that count with it"),
        ("lead_was_heard", "the person was reached, or the lead wrote or left a message, before the closing"),
        (
            "plain_to_see",
            "the record itself shows that there was nobody to sell to: by its contact data, its name, what shows a "
            "pseudo-lead, or an earlier lead of the same person",
        ),
        ("may_still_stand", "the lead was closed, and the time in which an attempt still counts with that runs"),
        (
            "discarded_untried",
            "the lead was closed before anybody turned to it, and nothing on the record explains it",
        ),
        ("still_open", "the lead is open"),
        ("won", "the lead was won"),
        ("came_closed", "the record was closed already when it came into the CRM"),
        ("cause_not_on_record", "the cause that is given needs no contact, but cannot be checked from the record"),
        (
            "could_be_mended",
            "nobody can be reached by the contact data as they stand, but what was probably meant could have been "
            "tried",
        ),
        ("likely_nobody", "the record makes it likely that nobody asked to buy, and does not show it"),
        ("closing_unknown", "the CRM does not say when the lead was closed: before its attempts, or after"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS)),
    ),
    outcomes=(
        (Outcome.PASS, ("tried", "lead_was_heard", "plain_to_see", "may_still_stand")),
        (Outcome.BREACH, ("discarded_untried",)),
        (Outcome.NOT_APPLICABLE, ("still_open", "won", "came_closed")),
        (
            Outcome.NOT_EVALUATED,
            (
                "cause_not_on_record",
                "could_be_mended",
                "likely_nobody",
                "closing_unknown",
                UNKNOWN_ACTIVITY,
                NOT_LOOKED_AT,
                UNMAPPED_STATUS,
            ),
        ),
    ),
    measures=(
        MeasureInfo("closed_after_wall_s", "s", "wall time from receipt to the closing; unknown where that is"),
        MeasureInfo("closed_after_working_s", "s", "the same in working time; unknown where that cannot be counted"),
    ),
    defaults=(
        Default("claim_window_s", "10 min of wall time after the closing", "as in AG001", Trust.OURS),
        Default("duplicate_window_days", "30 calendar days", "as in PL004", Trust.A),
        Default("duplicate_fields", "the same number, the same address, or one person", "as in PL004", Trust.OURS),
        Default("duplicate_percent", "90 percent", "as in PL004", Trust.OURS),
        Default("region", "none", "as in PL001", Trust.OURS),
    ),
)

_QUESTION = say("whether anybody had turned to the lead before it was closed")
_REGION_UNKNOWN = phrase("the number has no country code, and the country is not known")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Whoever closed it: a person, or a workflow that somebody set up. A word of the lead's is enough to pass: it
    may have put an end to it itself; a bounced or uncounted act is none.

    A cause that needs no contact is never believed and never an accusation: it is not evaluated. Charged to whoever
    closed the lead, where the CRM's history names him, else to who held it then.
    """
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is LeadStatus.OPEN:
        return _not_applicable("still_open", say("The lead is open, so it was not given up."))
    if lead.status is LeadStatus.WON:
        return _not_applicable("won", say("The lead was won."))
    closed_at = closing_at(case)
    if closed_at is not None and closed_at <= lead.recorded_at:
        return _not_applicable("came_closed", say("The record was closed already when it came into the CRM."))
    zone = load_zone(policy.calendar.zone)
    measures = _measures(case, policy, closed_at)
    before = turned_to_before(case, policy, closed_at)
    act = before.tried or before.said
    if act is not None and closed_at is None:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="closing_unknown",
            sentence=say("It cannot be told {question}: the CRM does not say when that was.", question=_QUESTION),
            measures=measures,
            evidence=activity_evidence(act),
        )
    if act is not None:
        told: dict[str, Value] = {"kind": kind_word(act), "at": act_moment(act, zone)}
        return Draft(
            outcome=Outcome.PASS,
            reason="lead_was_heard" if before.tried is None else "tried",
            sentence=say("The lead was heard before it was closed ({kind}, {at}).", **told)
            if before.tried is None
            else say("The lead was tried before it was closed ({kind}, {at}).", **told),
            measures=measures,
            evidence=activity_evidence(act),
            owner_id=closed_by(case, closed_at),
        )
    seen = plain_to_see(case, policy)
    if seen is not None:
        said, evidence = seen
        return Draft(
            outcome=Outcome.PASS,
            reason="plain_to_see",
            sentence=say("The lead was closed without an attempt, which the record explains: {said}", said=said),
            measures=measures,
            evidence=evidence,
            owner_id=closed_by(case, closed_at),
        )
    if closed_at is None and lead.is_imported:
        return not_looked_at(phrase("the CRM does not say when the lead was closed"), _QUESTION, measures)
    if closed_at is not None and case.as_of < window_end(closed_at, policy):
        until = window_end(closed_at, policy)
        return Draft(
            outcome=Outcome.PASS,
            reason="may_still_stand",
            sentence=say(
                "The lead was closed {closed} without an attempt; one until {until} still counts with that.",
                closed=moment(closed_at, zone),
                until=moment(until, zone),
            ),
            measures=measures,
            evidence=_closing_evidence(lead, closed_at),
            owner_id=closed_by(case, closed_at),
            wakes=(until,),
        )
    if gives_a_cause(lead):
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="cause_not_on_record",
            sentence=say(
                "The lead was closed without an attempt; the cause given cannot be checked from the record "
                "({cause}).",
                cause=lead.raw_status or status_word(lead.status),
            ),
            measures=measures,
            evidence=_closing_evidence(lead, closed_at),
        )
    doubtful = _doubtful_record(case, policy, closed_at, measures)
    if doubtful is not None:
        return doubtful
    if before.possible is not None:
        return unknown_activity(before.possible, _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS, Fact.CONTACT_DATA, Fact.DUPLICATES)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if is_reachable(lead, policy) is None:
        return not_looked_at(_REGION_UNKNOWN, say("whether the lead could be reached at all"), measures)
    return _untried(case, policy, lead.status, closed_at, measures)


def _doubtful_record(
    case: LeadCase, policy: Policy, closed_at: datetime | None, measures: tuple[Measure, ...]
) -> Draft | None:
    """Where the record neither explains the closing nor leaves it unexplained."""
    lead = case.lead
    slip = could_be_mended(case, policy)
    if slip is not None:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="could_be_mended",
            sentence=say(
                "The lead was closed without an attempt. By what was given nobody can be reached, but {proposed} was "
                "probably meant and could have been tried.",
                proposed=slip.proposed,
            ),
            measures=measures,
            evidence=(*_closing_evidence(lead, closed_at), lead_evidence(lead, slip.field, slip.given)),
        )
    likely = likely_nobody(case, policy)
    if likely is not None:
        said, evidence = likely
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="likely_nobody",
            sentence=say("The lead was closed without an attempt, and likely nobody asked to buy: {said}", said=said),
            measures=measures,
            evidence=evidence,
        )
    return None


def _untried(
    case: LeadCase, policy: Policy, status: LeadStatus, closed_at: datetime | None, measures: tuple[Measure, ...]
) -> Draft:
    lead, zone = case.lead, load_zone(policy.calendar.zone)
    until = case.as_of if closed_at is None else window_end(closed_at, policy)
    uncounted = tuple(each for each in touched(case, policy).uncounted if each[0].occurred_at <= until)
    given: dict[str, Value] = {
        "received": arrival_moment(lead, zone),
        "status": lead.raw_status or status_word(status),
    }
    sentence = (
        say(
            'Received {received}, closed as "{status}" without an attempt, any contact or any word of the lead, and '
            "nothing on the record explains it.",
            **given,
        )
        if closed_at is None
        else say(
            'Received {received}, closed as "{status}" {closed} without an attempt, any contact or any word of the '
            "lead until {limit} after, and nothing on the record explains it.",
            closed=moment(closed_at, zone),
            limit=span(policy.claim_window_s),
            **given,
        )
    )
    return Draft(
        outcome=Outcome.BREACH,
        reason="discarded_untried",
        sentence=with_uncounted(sentence, uncounted, case, policy, zone),
        measures=measures,
        # Not what the lead wrote: a finding stays for good, and texts do not.
        evidence=(*_closing_evidence(lead, closed_at), *uncounted_evidence(uncounted)),
        owner_id=closed_by(case, closed_at),
    )


def _measures(case: LeadCase, policy: Policy, closed_at: datetime | None) -> tuple[Measure, ...]:
    start = case.lead.clock_start
    wall_s = None if closed_at is None else max(0, int((closed_at - start).total_seconds()))
    try:
        working_s = None if closed_at is None else case_clock(case, policy).elapsed(start, closed_at)
    except NoWorkingHours:
        # The answer does not hang on hours: only this figure is not known.
        working_s = None
    return (Measure("closed_after_wall_s", wall_s, "s"), Measure("closed_after_working_s", working_s, "s"))


def _closing_evidence(lead: Lead, closed_at: datetime | None) -> tuple[Evidence, ...]:
    status = lead_evidence(lead, "status", lead.raw_status or (lead.status or ""), closed_at)
    closing = () if closed_at is None else (lead_evidence(lead, "closed_at", closed_at.isoformat(), closed_at),)
    return (received_evidence(lead), status, *closing)


def _not_applicable(reason: str, sentence: Said) -> Draft:
    return Draft(outcome=Outcome.NOT_APPLICABLE, reason=reason, sentence=sentence)


RULE = LeadRule(INFO, judge)
