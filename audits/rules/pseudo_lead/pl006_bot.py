"""PL006: the form was filled in by a program."""

from __future__ import annotations

from audits.class_rule import ClassWords, class_draft, class_info, given
from audits.lead_rule import NOT_LOOKED_AT, Draft, LeadRule
from audits.model.case import LeadCase
from audits.model.policy import Policy
from audits.model.said import Term, say
from audits.model.truth import LeadClass

INFO = class_info(
    LeadClass.BOT,
    title="Filled in by a bot",
    question="Did a program fill in the form?",
    why_it_matters="Nobody answers where no person wrote; each call to a bot is one that a person does not get.",
    never=frozenset({NOT_LOOKED_AT}),
)
_WORDS = ClassWords(
    shown=say("A program filled in the form."),
    clear=say("No sign of a program."),
    unknown=say("whether a program filled in the form"),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """By what the form noted down of itself, by the message, and by leads of the same day that are too much alike."""
    lead, around = case.lead, case.surroundings.neighbours
    looked_at = given(
        # An empty hidden field was looked at as well: that is how people leave it.
        (None if lead.honeypot is None else "looked at", Term("hidden field of the form")),
        (lead.time_on_form_s, Term("time spent on the form")),
        (lead.user_agent, Term("browser")),
        (lead.message, Term("message")),
        (None if around is None else around.subnet_24h, Term("leads from the same part of the net")),
        (None if around is None else around.identical_24h, Term("leads with the same words")),
    )
    return class_draft(LeadClass.BOT, case, policy, _WORDS, looked_at)


RULE = LeadRule(INFO, judge)
