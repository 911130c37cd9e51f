"""RT006: the lead called, nobody took the call, and it waits to be called back."""

from __future__ import annotations

from audits.lead_rule import Draft, LeadRule
from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition
from audits.model.case import Fact, LeadCase
from audits.model.finding import Outcome
from audits.model.policy import Policy
from audits.model.said import phrase, say
from audits.owed_answers import MEASURES, OUTCOMES, REASONS, Asks, Words, judge_answers
from audits.rule import Default, Family, RuleInfo, Trust
from audits.timeline import AttemptVerdict, Judged

INFO = RuleInfo(
    rule_id="RT006",
    version=1,
    family=Family.RESPONSE_TIME,
    title="Missed call not returned",
    question="Was the lead answered each time that it called and nobody took the call?",
    why_it_matters="Whoever calls wants to talk now, and will call the next company if nobody calls back.",
    reasons=(
        *REASONS.items(),
        ("none_owed", "no call of the lead was missed"),
    ),
    outcomes=(*OUTCOMES, (Outcome.NOT_APPLICABLE, ("closed", "none_owed"))),
    measures=MEASURES,
    defaults=(Default("missed_call_s", "1 h of working time", "our choice", Trust.OURS),),
)

_MISSED = (Disposition.NO_ANSWER, Disposition.BUSY, Disposition.VOICEMAIL, Disposition.LEFT_MESSAGE)
_NOT_CALLED = (ActivityState.PLANNED, ActivityState.CANCELLED, ActivityState.FAILED)
_WORDS = Words(
    noun="call",
    question=say("whether a missed call of the lead was returned"),
    none=say("No call of the lead was missed."),
    closed=say("The lead was closed before its missed call was to be returned."),
    closing_unknown=say(
        "It cannot be told whether a missed call was to be returned: the lead is closed, and it is not known since "
        "when."
    ),
    answered=lambda **told: say(
        "Nobody took {asks} of the lead, but an answer followed in time; limit {limit} of working time.", **told
    ),
    waiting=lambda **told: say(
        "The lead called {asked} and nobody took the call; an answer is due {due} ({limit} of working time).", **told
    ),
    unanswered=lambda **told: say(
        "The lead called {asked} and nobody took the call; nobody had called back or written by {due} ({limit} of "
        "working time), and nobody has since.",
        **told,
    ),
    late=lambda **told: say(
        "The lead called {asked} and nobody took the call; the answer came only {answered} ({answer_kind}), due "
        "{due} ({limit} of working time).",
        **told,
    ),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Each call of the lead that nobody took, from its arrival on, asks for an attempt or a conversation."""
    sure: list[Activity] = []
    unsure: list[Judged] = []
    for activity in case.activities:
        if activity.occurred_at > case.as_of:
            continue
        verdict, why = _missed(activity, case, policy)
        if verdict is AttemptVerdict.YES:
            sure.append(activity)
        elif verdict is AttemptVerdict.UNKNOWN:
            unsure.append(Judged(activity, verdict, why))
    return judge_answers(
        case, policy, Asks(sure=sure, unsure=unsure, facts=(Fact.CALLS,)), policy.missed_call_s, _WORDS
    )


def _missed(activity: Activity, case: LeadCase, policy: Policy) -> tuple[AttemptVerdict, str]:
    no = AttemptVerdict.NO
    if activity.kind is not ActivityKind.CALL or activity.direction is Direction.OUTBOUND:
        return no, phrase("is no call of the lead")
    if activity.state in _NOT_CALLED or activity.is_automated is True:
        return no, phrase("is no call of a person")
    if activity.no_later_than < case.lead.received_at:
        return no, phrase("lies before the lead arrived")
    if activity.disposition is None and (activity.duration_s or 0) >= policy.min_conversation_s:
        return no, phrase("was long enough for a conversation")
    if activity.disposition is not None and activity.disposition not in _MISSED:
        return no, phrase("was taken")
    if activity.disposition is None:
        return AttemptVerdict.UNKNOWN, phrase("does not say whether somebody took it")
    if activity.direction is None:
        return AttemptVerdict.UNKNOWN, phrase("does not say who called")
    if activity.state is None:
        return AttemptVerdict.UNKNOWN, phrase("does not say whether it took place")
    if activity.occurred_at < case.lead.received_at:
        return AttemptVerdict.UNKNOWN, phrase("gives only the day, that on which the lead arrived")
    return AttemptVerdict.YES, phrase("was missed")


RULE = LeadRule(INFO, judge)
