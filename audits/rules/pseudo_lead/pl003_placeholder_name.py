"""PL003: a name that is a placeholder or mashed keys."""

from __future__ import annotations

from collections.abc import Callable

from audits.lead_rule import CANNOT_TELL, NOT_LOOKED_AT, Draft, LeadRule, lead_evidence, not_looked_at
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.name_text import NameTrouble, name_trouble
from audits.model.policy import Policy
from audits.model.said import Said, say
from audits.rule import Family, MeasureInfo, RuleInfo

INFO = RuleInfo(
    rule_id="PL003",
    version=2,
    family=Family.PSEUDO_LEAD,
    title="Placeholder name",
    question="Is the whole name a placeholder, mashed keys or no letters at all?",
    why_it_matters=(
        "Tests and bots leave such names. Nobody is taken for a joke by the name: real people bear short, odd and "
        "funny ones, so a name in which a single word may be real is no breach."
    ),
    reasons=(
        ("plausible", "it is no placeholder and no row of keys; whether it holds a slip is another rule's question"),
        ("partly_placeholder", "one word is a placeholder, another may be a name: a filled-in blank, no breach"),
        ("doubtful", "only initials or words that hardly anybody bears; not decidable by the name alone, no breach"),
        ("placeholder_word", "all words stand for no name or for a test"),
        ("keyboard_walk", "the words run along the rows of a keyboard"),
        ("repeated_letters", "the words are one letter, repeated"),
        ("no_letters", "only digits or signs"),
        ("no_name", "the lead gave no name"),
        (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
    ),
    outcomes=(
        (Outcome.PASS, ("plausible", "partly_placeholder", "doubtful")),
        (Outcome.BREACH, ("placeholder_word", "keyboard_walk", "repeated_letters", "no_letters")),
        (Outcome.NOT_APPLICABLE, ("no_name",)),
        (Outcome.NOT_EVALUATED, (NOT_LOOKED_AT,)),
    ),
    measures=(MeasureInfo("name", "text", "first and last name as read"),),
)

_SAID: dict[NameTrouble | None, tuple[Outcome, str, Callable[[str], Said]]] = {
    None: (Outcome.PASS, "plausible", lambda name: say('The name "{name}" is no placeholder.', name=name)),
    NameTrouble.PARTLY: (
        Outcome.PASS,
        "partly_placeholder",
        lambda name: say('A part of the name "{name}" is a placeholder.', name=name),
    ),
    NameTrouble.DOUBTFUL: (
        Outcome.PASS,
        "doubtful",
        lambda name: say('The name "{name}" is doubtful, but people may bear it.', name=name),
    ),
    NameTrouble.PLACEHOLDER: (
        Outcome.BREACH,
        "placeholder_word",
        lambda name: say('The name "{name}" is a placeholder.', name=name),
    ),
    NameTrouble.KEYBOARD_WALK: (
        Outcome.BREACH,
        "keyboard_walk",
        lambda name: say('The name "{name}" is mashed keys.', name=name),
    ),
    NameTrouble.REPEATED_LETTERS: (
        Outcome.BREACH,
        "repeated_letters",
        lambda name: say('The name "{name}" is repeated letters.', name=name),
    ),
    NameTrouble.NO_LETTERS: (
        Outcome.BREACH,
        "no_letters",
        lambda name: say('The name "{name}" has no letters.', name=name),
    ),
}


def judge(case: LeadCase, policy: Policy) -> Draft:
    """By the letters alone; see `audits.model.name_text`."""
    lead = case.lead
    parts = tuple(part for part in (lead.first_name, lead.last_name) if part and part.strip())
    if not parts:
        unseen = case.coverage.cause(Fact.CONTACT_DATA)
        if unseen is not None:
            return not_looked_at(unseen, say("whether the name is a placeholder"))
        return Draft(outcome=Outcome.NOT_APPLICABLE, reason="no_name", sentence=say("The lead gave no name."))
    outcome, reason, sentence_of = _SAID[name_trouble(lead.first_name, lead.last_name)]
    name = " ".join(part.strip() for part in parts)
    return Draft(
        outcome=outcome,
        reason=reason,
        sentence=sentence_of(name),
        measures=(Measure("name", name, "text"),),
        evidence=tuple(
            lead_evidence(lead, field, text)
            for field, text in (("first_name", lead.first_name), ("last_name", lead.last_name))
            if text
        ),
    )


RULE = LeadRule(INFO, judge)
