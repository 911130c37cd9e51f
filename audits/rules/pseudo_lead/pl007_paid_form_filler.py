"""PL007: somebody was paid to fill in forms with the data of people who asked for nothing."""

from __future__ import annotations

from audits.class_rule import ClassWords, class_draft, class_info, given
from audits.lead_rule import Draft, LeadRule
from audits.model.case import LeadCase
from audits.model.policy import Policy
from audits.model.said import Term, say
from audits.model.truth import LeadClass
from audits.timeline import CONTACT_FACTS
from audits.truth.history import LEAST_REACHED
from audits.truth.of_case import known_of

INFO = class_info(
    LeadClass.PAID_FILLER,
    title="Paid form-filler",
    question="Was the form filled in for money, with the data of a person who had not asked?",
    why_it_matters=(
        "The number rings and the name is real, so each such lead costs calls and angers a stranger. It shows in "
        "many leads alike, never in one alone, and is the vendor's to answer for."
    ),
)
_WORDS = ClassWords(
    shown=say("The form was filled in for a person who had not asked."),
    clear=say("No sign of a paid form-filler."),
    unknown=say("whether the form was filled in for money"),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """By what those said who were reached: of the leads alike, and this one. Until then nobody can tell."""
    around = case.surroundings.neighbours
    others = around is not None and around.template is not None and around.template_reached >= LEAST_REACHED
    looked_at = given(
        ("counted" if others else None, Term("leads alike that were reached")),
        ("reached" if known_of(case, policy).reached else None, Term("what was said when contact was made")),
    )
    unseen = None if looked_at else case.coverage.cause(*CONTACT_FACTS)
    return class_draft(LeadClass.PAID_FILLER, case, policy, _WORDS, looked_at, unseen)


RULE = LeadRule(INFO, judge)
