"""PL008: a competitor looks over our shoulder."""

from __future__ import annotations

from audits.class_rule import ClassWords, class_draft, class_info, given
from audits.lead_rule import Draft, LeadRule
from audits.model.case import Fact, LeadCase
from audits.model.policy import Policy
from audits.model.said import Term, say
from audits.model.truth import LeadClass

INFO = class_info(
    LeadClass.COMPETITOR,
    title="Competitor",
    question="Does the lead come from a competitor who wants to know, not to buy?",
    why_it_matters=(
        "What is told to a competitor is told to all: prices, names, who handles what. A free mailbox alone is no "
        "sign; people and small firms write from one."
    ),
)
_WORDS = ClassWords(
    shown=say("A competitor asks."),
    clear=say("No sign of a competitor."),
    unknown=say("whether a competitor asks"),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """By the lists of competitors in the settings, and by how a probe reads: who handles it, no need, other names."""
    lead, around = case.lead, case.surroundings.neighbours
    looked_at = given(
        (lead.email, Term("e-mail address")),
        (lead.company, Term("company")),
        (lead.message, Term("message")),
        (None if around is None else around.returns_under_names, Term("the same data under other names")),
    )
    return class_draft(LeadClass.COMPETITOR, case, policy, _WORDS, looked_at, case.coverage.cause(Fact.CONTACT_DATA))


RULE = LeadRule(INFO, judge)
