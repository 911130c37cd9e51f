"""FU007: was somebody tried by one channel only, though another one is known?"""

from __future__ import annotations

from collections.abc import Sequence

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
from audits.model.activity import ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, say
from audits.model.zones import load_zone
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, Judged, attempts, connections, holder_at
from audits.wording import act_moment, arrival_moment, counted, kind_word, status_word

INFO = RuleInfo(
    rule_id="FU007",
    version=1,
    family=Family.FOLLOW_UP,
    title="One channel only",
    question="Was a second channel tried when the first did not lead to contact and both are known?",
    why_it_matters=(
        "Some people do not pick up for a number they do not know, others do not read mail; whoever gave both "
        "ways can be reached by either."
    ),
    reasons=(
        ("several_channels", "attempts were made by phone and in writing, or a meeting was tried"),
        (
            "one_channel_only",
            "so many attempts were made by one channel, and the other one that is known was not used",
        ),
        ("too_few_attempts", "there are fewer attempts than could call for another channel"),
        ("no_other_channel", "the lead gave no other way to be reached, or does not allow it"),
        ("contact_made", "the person was reached"),
        ("closed", "the lead was won or discarded"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS)),
    ),
    outcomes=(
        (Outcome.PASS, ("several_channels",)),
        (Outcome.BREACH, ("one_channel_only",)),
        (Outcome.NOT_APPLICABLE, ("too_few_attempts", "no_other_channel", "contact_made", "closed")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS)),
    ),
    measures=(
        MeasureInfo("phone_attempts", "count", "attempts by phone"),
        MeasureInfo("written_attempts", "count", "attempts by e-mail or message"),
        MeasureInfo("meeting_attempts", "count", "meetings that took place or were missed"),
    ),
    defaults=(Default("one_channel_attempts", "4 attempts", "our choice", Trust.OURS),),
)

_QUESTION = say("whether one channel only was tried")
_WRITTEN = (ActivityKind.EMAIL, ActivityKind.MESSAGE)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Judges open and lost leads: closing a lead as lost does not undo how it was worked."""
    lead = case.lead
    if lead.status in (LeadStatus.WON, LeadStatus.DISCARDED):
        return _not_applicable("closed", say("The lead is closed ({status}).", status=status_word(lead.status)))
    zone = load_zone(policy.calendar.zone)
    tried, reached = attempts(case, policy), connections(case, policy)
    calls = tried.count(ActivityKind.CALL)
    written = sum(tried.count(kind) for kind in _WRITTEN)
    made = len(tried.sure)
    measures = (
        Measure("phone_attempts", calls, "count"),
        Measure("written_attempts", written, "count"),
        Measure("meeting_attempts", tried.count(ActivityKind.MEETING), "count"),
    )
    contact = reached.first()
    if contact is not None:
        said = say("Contact was made {at} ({kind}).", at=act_moment(contact, zone), kind=kind_word(contact))
        return _not_applicable("contact_made", said, measures, activity_evidence(contact))
    if made not in (calls, written):
        return Draft(
            outcome=Outcome.PASS,
            reason="several_channels",
            sentence=say(
                "Attempts were made by more than one channel ({attempts}).",
                attempts=counted(len(tried.sure), "attempt"),
            ),
            measures=measures,
            evidence=tuple(each for activity in tried.sure for each in activity_evidence(activity)),
            owner_id=holder_at(case, tried.sure[-1].occurred_at),
        )
    least = max(1, policy.one_channel_attempts)
    channels = [kinds for kinds in ((ActivityKind.CALL,), _WRITTEN) if all(each.kind in kinds for each in tried.sure)]
    asked = [kinds for kinds in channels if _other_is_known(lead, kinds, case.coverage.cause(Fact.CONTACT_DATA))]
    if not asked:
        return _not_applicable("no_other_channel", say("The lead gave no other way to be reached."), measures)
    if made < least:
        return _too_few(case, made, least, asked, tried.unknown) or _not_applicable(
            "too_few_attempts",
            say(
                "So far there are {attempts}; another channel is asked for from {least} on.",
                attempts=counted(made, "attempt"),
                least=least,
            ),
            measures,
        )
    elsewhere = [each for each in tried.unknown if each.activity.kind not in channels[0]]
    doubts = (*elsewhere, *reached.unknown)
    if doubts:
        return unknown_activity(doubts[0], _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS)
    if missing is None and not _other_is_known(lead, channels[0], None):
        missing = case.coverage.cause(Fact.CONTACT_DATA)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if lead.status is None:
        return unmapped_status(lead)
    told = {
        "received": arrival_moment(lead, zone),
        "first": act_moment(tried.sure[0], zone),
        "last": act_moment(tried.sure[-1], zone),
    }
    by_phone = channels[0] == (ActivityKind.CALL,)
    return Draft(
        outcome=Outcome.BREACH,
        reason="one_channel_only",
        sentence=(
            say(
                "Received {received}; {calls} from {first} to {last} and nothing in writing, "
                "though the e-mail address is known; no contact was made.",
                calls=counted(made, "call"),
                **told,
            )
            if by_phone
            else say(
                "Received {received}; {attempts} in writing from {first} to {last} and no call, "
                "though a phone number is known; no contact was made.",
                attempts=counted(made, "attempt"),
                **told,
            )
        ),
        measures=measures,
        evidence=(
            _other_evidence(lead, by_phone=by_phone),
            *(each for activity in tried.sure for each in activity_evidence(activity)),
        ),
        owner_id=holder_at(case, tried.sure[least - 1].occurred_at),
    )


def _too_few(
    case: LeadCase, made: int, least: int, asked: Sequence[tuple[ActivityKind, ...]], unknown: tuple[Judged, ...]
) -> Draft | None:
    """Not evaluated, when what is not known may make enough attempts by one channel; else None."""
    for kinds in asked:
        possible = [each for each in unknown if each.activity.kind in kinds]
        if made + len(possible) >= least:
            return unknown_activity(possible[0], _QUESTION)
        facts = (Fact.CALLS,) if ActivityKind.CALL in kinds else (Fact.EMAILS, Fact.MESSAGES)
        hidden = case.coverage.cause(*facts)
        if hidden is not None:
            return not_looked_at(hidden, _QUESTION)
    return None


def _other_is_known(lead: Lead, kinds: tuple[ActivityKind, ...], unseen: str | None) -> bool:
    """Whether the lead can also be reached otherwise than by `kinds`; what was not read may be known."""
    if ActivityKind.CALL in kinds:
        return bool(lead.email) or unseen is not None
    return lead.has_call_consent is not False and (bool(lead.phone or lead.mobile) or unseen is not None)


def _other_evidence(lead: Lead, *, by_phone: bool) -> Evidence:
    if by_phone:
        return lead_evidence(lead, "email", lead.email or "")
    if lead.phone:
        return lead_evidence(lead, "phone", lead.phone)
    return lead_evidence(lead, "mobile", lead.mobile or "")


def _not_applicable(
    reason: str, sentence: Said, measures: tuple[Measure, ...] = (), evidence: tuple[Evidence, ...] = ()
) -> Draft:
    return Draft(
        outcome=Outcome.NOT_APPLICABLE, reason=reason, sentence=sentence, measures=measures, evidence=evidence
    )


RULE = LeadRule(INFO, judge)
