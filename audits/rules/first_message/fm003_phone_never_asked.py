"""FM003: was a lead without a phone number ever asked for one?"""

from __future__ import annotations

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
    unknown_activity,
    unmapped_status,
)
from audits.message_text import asks_for_phone, names_a_phone
from audits.model.activity import Activity, ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.contact_data import region_of
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, Value, phrase, say
from audits.model.zones import load_zone
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import attempts, connections, holder_at
from audits.wording import act_moment, counted, kind_word, status_word

INFO = RuleInfo(
    rule_id="FM003",
    version=1,
    family=Family.FIRST_MESSAGE,
    title="Missing phone never asked for",
    question="Was a lead that gave no phone number asked for one, or given one to call?",
    why_it_matters="By phone most is said in least time; who has the address alone has only to ask for the number.",
    reasons=(
        ("asked", "a message asks for a number or offers a call"),
        ("number_given", "a message names a number to call"),
        ("never_asked", "so many messages were written, and none asks for a number or names one"),
        ("phone_known", "the lead gave a phone number"),
        ("no_email", "there is no e-mail address to which a question could be sent"),
        ("calls_not_allowed", "the lead does not allow calls, so no number is asked for"),
        ("talked", "the person was reached by call"),
        ("too_few_messages", "fewer messages were written than could show a habit"),
        ("closed", "the lead was won or discarded"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS)),
    ),
    outcomes=(
        (Outcome.PASS, ("asked", "number_given")),
        (Outcome.BREACH, ("never_asked",)),
        (
            Outcome.NOT_APPLICABLE,
            ("phone_known", "no_email", "calls_not_allowed", "talked", "too_few_messages", "closed"),
        ),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS)),
    ),
    measures=(
        MeasureInfo("messages_written", "count", "sure e-mails and messages to the lead"),
        MeasureInfo("messages_read", "count", "those of them of which the text is shown"),
    ),
    defaults=(
        Default(
            "unasked_messages",
            "2 messages (never fewer than 1): the first may well have had another task",
            "our choice",
            Trust.OURS,
        ),
    ),
)

_QUESTION = say("whether the lead was asked for a phone number")
_WRITTEN = (ActivityKind.EMAIL, ActivityKind.MESSAGE)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Judges open and lost leads, by the words of five languages; whoever offers a call asks for the number too."""
    lead = case.lead
    unasked = _nothing_to_ask(case)
    if unasked is not None:
        return unasked
    zone = load_zone(policy.calendar.zone)
    tried, reached = attempts(case, policy), connections(case, policy)
    talk = next((each for each in reached.sure if each.kind is ActivityKind.CALL), None)
    if talk is not None:
        said = say("The person was reached by call {at}.", at=act_moment(talk, zone))
        return _not_applicable("talked", said, evidence=activity_evidence(talk))
    region = region_of(lead.country, policy.region)
    written = [each for each in tried.sure if each.kind in _WRITTEN]
    possible = [each for each in tried.unknown if each.activity.kind in _WRITTEN]
    measures = (
        Measure("messages_written", len(written), "count"),
        Measure("messages_read", sum(each.text is not None for each in written), "count"),
    )
    for message in written:
        reason = _asked(message, region)
        if reason is not None:
            told: dict[str, Value] = {"kind": kind_word(message), "at": act_moment(message, zone)}
            return Draft(
                outcome=Outcome.PASS,
                reason=reason,
                sentence=(
                    say("The lead was asked for a phone number or offered a call {at} ({kind}).", **told)
                    if reason == "asked"
                    else say("The lead was given a number to call {at} ({kind}).", **told)
                ),
                measures=measures,
                evidence=activity_evidence(message),
                owner_id=holder_at(case, message.occurred_at),
            )
    hidden = case.coverage.cause(Fact.EMAILS, Fact.MESSAGES)
    least = max(1, policy.unasked_messages)
    if len(written) < least:
        if len(written) + len(possible) >= least:
            return unknown_activity(possible[0], _QUESTION, measures)
        if hidden is not None:
            return not_looked_at(hidden, _QUESTION, measures)
        messages = counted(len(written), "message")
        said = say("Too few messages to the lead to judge yet ({messages}).", messages=messages)
        return _not_applicable("too_few_messages", said, measures)
    if any(each.text is None for each in written):
        cause = case.coverage.cause(Fact.TEXTS) or phrase("the text of a message is not shown")
        return not_looked_at(cause, _QUESTION, measures)
    doubts = [each for each in possible if each.activity.text is None or _asked(each.activity, region) is not None]
    doubts += [each for each in reached.unknown if each.activity.kind is ActivityKind.CALL]
    if doubts:
        return unknown_activity(doubts[0], _QUESTION, measures)
    missing = hidden or case.coverage.cause(Fact.CALLS)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if lead.status is None:
        return unmapped_status(lead)
    return Draft(
        outcome=Outcome.BREACH,
        reason="never_asked",
        sentence=say(
            "The lead gave no phone number; {messages} from {first} to {last} neither ask for one nor name one to "
            "call.",
            messages=counted(len(written), "message"),
            first=act_moment(written[0], zone),
            last=act_moment(written[-1], zone),
        ),
        measures=measures,
        evidence=(
            lead_evidence(lead, "phone", ""),
            *(each for activity in written for each in activity_evidence(activity)),
        ),
        owner_id=holder_at(case, written[least - 1].occurred_at),
    )


def _nothing_to_ask(case: LeadCase) -> Draft | None:
    """Why no number was to be asked for, or why that cannot be told; None when one was."""
    lead = case.lead
    if lead.phone or lead.mobile:
        return _not_applicable("phone_known", say("The lead gave a phone number."))
    if lead.status in (LeadStatus.WON, LeadStatus.DISCARDED):
        return _not_applicable("closed", say("The lead is closed ({status}).", status=status_word(lead.status)))
    if lead.has_call_consent is False:
        return _not_applicable("calls_not_allowed", say("The lead does not allow calls, so no number is asked for."))
    unseen = case.coverage.cause(Fact.CONTACT_DATA)
    if unseen is not None:
        return not_looked_at(unseen, _QUESTION)
    if not lead.email:
        return _not_applicable("no_email", say("The lead gave neither phone number nor e-mail address."))
    return None


def _asked(message: Activity, region: str | None) -> str | None:
    """The reason for which it passes, None when it neither asks nor names a number, or when its text is not shown."""
    if message.text is None:
        return None
    text = f"{message.subject or ''}\n{message.text}"
    if asks_for_phone(message.text) or asks_for_phone(message.subject or ""):
        return "asked"
    return "number_given" if names_a_phone(text, region) else None


def _not_applicable(
    reason: str, sentence: Said, measures: tuple[Measure, ...] = (), evidence: tuple[Evidence, ...] = ()
) -> Draft:
    return Draft(
        outcome=Outcome.NOT_APPLICABLE, reason=reason, sentence=sentence, measures=measures, evidence=evidence
    )


RULE = LeadRule(INFO, judge)
