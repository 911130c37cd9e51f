"""RT005: the lead wrote again after it had been tried, and waits for an answer."""

from __future__ import annotations

from audits.lead_rule import Draft, LeadRule
from audits.model.activity import ActivityKind
from audits.model.case import LeadCase
from audits.model.finding import Outcome
from audits.model.policy import Policy
from audits.model.said import say
from audits.owed_answers import MEASURES, OUTCOMES, REASONS, Asks, Words, judge_answers
from audits.rule import Default, Family, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, connections

INFO = RuleInfo(
    rule_id="RT005",
    version=1,
    family=Family.RESPONSE_TIME,
    title="Wrote again, not answered",
    question="Was the lead answered each time that it wrote after the first attempt?",
    why_it_matters=(
        "Somebody who writes back is the warmest lead there is. A fast first call is worth little when the next "
        "question lies for days."
    ),
    reasons=(
        *REASONS.items(),
        ("none_owed", "the lead has not written after a first attempt"),
    ),
    outcomes=(*OUTCOMES, (Outcome.NOT_APPLICABLE, ("closed", "none_owed"))),
    measures=MEASURES,
    defaults=(Default("next_response_s", "4 h of working time (half a working day)", "our choice", Trust.OURS),),
)

_WRITTEN = (ActivityKind.EMAIL, ActivityKind.MESSAGE)
_WORDS = Words(
    noun="message",
    question=say("whether the lead was answered each time that it wrote"),
    none=say("The lead has not written since a first attempt."),
    closed=say("The lead was closed before an answer to its last message was due."),
    closing_unknown=say(
        "It cannot be told whether a message of the lead was left without an answer: the lead is closed, and it is "
        "not known since when."
    ),
    answered=lambda **told: say(
        "After the first attempt the lead sent {asks}, answered in time; limit {limit} of working time.", **told
    ),
    waiting=lambda **told: say("The lead wrote {asked}; an answer is due {due} ({limit} of working time).", **told),
    unanswered=lambda **told: say(
        "The lead wrote {asked}; nobody had answered by {due} ({limit} of working time), and nobody has since.",
        **told,
    ),
    late=lambda **told: say(
        "The lead wrote {asked}; the answer came only {answered} ({answer_kind}), due {due} ({limit} of working "
        "time).",
        **told,
    ),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Each human e-mail or message of the lead after a first attempt asks for an attempt or a conversation."""
    reached = connections(case, policy)
    asks = Asks(
        sure=[each for each in reached.sure if each.kind in _WRITTEN],
        unsure=[each for each in reached.unknown if each.activity.kind in _WRITTEN],
        facts=CONTACT_FACTS,
    )
    return judge_answers(case, policy, asks, policy.next_response_s, _WORDS)


RULE = LeadRule(INFO, judge)
