"""PL011: fields were filled with anything, to get past the form."""

from __future__ import annotations

from audits.class_rule import NOTHING_TO_GO_BY, ClassWords, class_draft, class_info, given
from audits.lead_rule import Draft, LeadRule
from audits.model.case import Fact, LeadCase
from audits.model.policy import Policy
from audits.model.said import Term, say
from audits.model.truth import LeadClass

INFO = class_info(
    LeadClass.EMPTY,
    title="Empty data",
    question="Were the fields filled with anything at all, or with nothing?",
    why_it_matters=(
        "Whoever fills in mashed keys and a mailbox for minutes wanted what lies behind the form, and no call."
    ),
    never=frozenset({NOTHING_TO_GO_BY}),
)
_WORDS = ClassWords(
    shown=say("The fields were filled in with nothing that means anybody."),
    clear=say("What was given means somebody."),
    unknown=say("whether the fields were filled with anything at all"),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """That nothing was given is an answer, too; but for a lead whose contact data could not be read."""
    lead = case.lead
    looked_at = given(
        (lead.phone or lead.mobile, Term("phone number")),
        (lead.email, Term("e-mail address")),
        (lead.first_name or lead.last_name, Term("name")),
        (lead.message, Term("message")),
    )
    return class_draft(LeadClass.EMPTY, case, policy, _WORDS, looked_at, case.coverage.cause(Fact.CONTACT_DATA))


RULE = LeadRule(INFO, judge)
