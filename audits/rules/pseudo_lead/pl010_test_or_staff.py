"""PL010: somebody of the firm, or of its vendors, tried out the form."""

from __future__ import annotations

from audits.class_rule import ClassWords, class_draft, class_info, given
from audits.lead_rule import Draft, LeadRule
from audits.model.case import Fact, LeadCase
from audits.model.policy import Policy
from audits.model.said import Term, say
from audits.model.truth import LeadClass

INFO = class_info(
    LeadClass.TEST,
    title="Own test or staff",
    question="Is the lead a test of the form, or one of our own people?",
    why_it_matters="A test is nobody's lead: counted as one, it makes response times, and what a lead costs, wrong.",
)
_WORDS = ClassWords(
    shown=say("The lead is a test, or one of your own people."),
    clear=say("No sign of a test."),
    unknown=say("whether the lead is a test"),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """By the account's own domains, domains kept for examples, and what says of itself that it is a test."""
    lead = case.lead
    looked_at = given(
        (lead.email, Term("e-mail address")),
        (lead.first_name or lead.last_name, Term("name")),
        (lead.message, Term("message")),
    )
    return class_draft(LeadClass.TEST, case, policy, _WORDS, looked_at, case.coverage.cause(Fact.CONTACT_DATA))


RULE = LeadRule(INFO, judge)
