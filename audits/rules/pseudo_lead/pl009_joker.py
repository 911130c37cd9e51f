"""PL009: somebody plays a prank, on us or on the person whose number he gave."""

from __future__ import annotations

from audits.class_rule import ClassWords, class_draft, class_info, given
from audits.lead_rule import Draft, LeadRule
from audits.model.case import Fact, LeadCase
from audits.model.policy import Policy
from audits.model.said import Term, say
from audits.model.truth import LeadClass

INFO = class_info(
    LeadClass.JOKER,
    title="Prank",
    question="Is the lead a prank: abuse, an order that nobody places, a number out of a film?",
    why_it_matters=(
        "A prank takes the time of a buyer, and whoever is called for it is a victim, too. A name that jokes are "
        "made with decides nothing: people bear it."
    ),
)
_WORDS = ClassWords(
    shown=say("The lead is a prank."),
    clear=say("No sign of a prank."),
    unknown=say("whether the lead is a prank"),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """What an implausible order is, the account says by its products and the largest order that it takes for one."""
    lead = case.lead
    looked_at = given(
        (lead.first_name or lead.last_name, Term("name")),
        (lead.phone or lead.mobile, Term("phone number")),
        (lead.message, Term("message")),
    )
    return class_draft(LeadClass.JOKER, case, policy, _WORDS, looked_at, case.coverage.cause(Fact.CONTACT_DATA))


RULE = LeadRule(INFO, judge)
