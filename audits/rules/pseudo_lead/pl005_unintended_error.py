"""PL005: something was written down wrongly, and is to be mended: a lead, not waste."""

from __future__ import annotations

from audits.class_rule import ClassWords, class_draft, class_info, given
from audits.lead_rule import Draft, LeadRule
from audits.model.case import Fact, LeadCase
from audits.model.policy import Policy
from audits.model.said import Term, say
from audits.model.truth import LeadClass

INFO = class_info(
    LeadClass.ERROR,
    title="Written down wrongly",
    question="Did the person make a mistake in the number, the address or the name?",
    why_it_matters=(
        "Who swaps two digits wanted to be called. Such a lead is mended and worked; to throw it away is to throw a "
        "buyer away."
    ),
)
_WORDS = ClassWords(
    shown=say("The lead has an error that is to be mended before it is given up."),
    clear=say("No error shows in what was given."),
    unknown=say("whether something was written down wrongly"),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """No breach where the lead is likely that of nobody who asked: nothing is to be mended then."""
    lead = case.lead
    looked_at = given(
        (lead.phone or lead.mobile, Term("phone number")),
        (lead.email, Term("e-mail address")),
        (lead.first_name or lead.last_name, Term("name")),
    )
    return class_draft(LeadClass.ERROR, case, policy, _WORDS, looked_at, case.coverage.cause(Fact.CONTACT_DATA))


RULE = LeadRule(INFO, judge)
