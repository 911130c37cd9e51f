"""PL012: somebody wants something of us, and it is not to buy."""

from __future__ import annotations

from audits.class_rule import NOTHING_TO_GO_BY, ClassWords, class_draft, class_info, given
from audits.lead_rule import Draft, LeadRule
from audits.model.case import Fact, LeadCase
from audits.model.policy import Policy
from audits.model.said import Term, say
from audits.model.truth import LeadClass

INFO = class_info(
    LeadClass.NOT_ADDRESSED,
    title="Not addressed to sales",
    question="Does the person look for work, offer something, study us, or need help with what was bought?",
    why_it_matters=(
        "They are real people who deserve an answer, of others than sales. Counted as leads, they make a campaign "
        "look good and a salesperson look bad."
    ),
    never=frozenset({NOTHING_TO_GO_BY}),
)
_WORDS = ClassWords(
    shown=say("The person asks for something that is not ours to sell."),
    clear=say("No sign that the person wants anything but to buy."),
    unknown=say("whether the person wants to buy anything"),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """By the message; that the person was a client when the lead came adds to it, and decides nothing alone."""
    has_deals = case.coverage.cause(Fact.DEALS) is None
    looked_at = given(
        (case.lead.message, Term("message")),
        ("read" if has_deals else None, Term("deals")),
    )
    unseen = None if looked_at else case.coverage.cause(Fact.DEALS)
    return class_draft(LeadClass.NOT_ADDRESSED, case, policy, _WORDS, looked_at, unseen)


RULE = LeadRule(INFO, judge)
