"""LD002: an open deal on which nobody who decides was touched."""

from __future__ import annotations

from audits.deal_rule import (
    CLOSED,
    NO_DEAL,
    OF_DEALS,
    UNMAPPED_STAGE,
    closed_or_unmapped,
    contact_evidence,
    deal_evidence,
    deal_holder,
    judged_deals,
    number_of,
    touched,
)
from audits.lead_rule import CANNOT_TELL, NOT_LOOKED_AT, Draft, LeadRule, not_looked_at
from audits.model.case import Fact, LeadCase
from audits.model.deal import Deal
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import Said, say
from audits.rule import Family, MeasureInfo, RuleInfo
from audits.timeline import CONTACT_FACTS
from audits.wording import counted

INFO = RuleInfo(
    rule_id="LD002",
    version=1,
    family=Family.LONG_DEALS,
    title="No decider touched",
    question="Was somebody who decides touched on an open deal?",
    why_it_matters="Who only uses or recommends can be won over completely, and the deal still be decided elsewhere.",
    reasons=(
        ("decider_touched", "somebody in a deciding role was touched"),
        ("no_decider_touched", "nobody in a deciding role was touched"),
        ("role_unknown", "the answer hangs on a contact whose role is not known"),
        *((code, OF_DEALS[code]) for code in (NO_DEAL, CLOSED, UNMAPPED_STAGE)),
        (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
    ),
    outcomes=(
        (Outcome.PASS, ("decider_touched",)),
        (Outcome.BREACH, ("no_decider_touched",)),
        (Outcome.NOT_APPLICABLE, (NO_DEAL, CLOSED)),
        (Outcome.NOT_EVALUATED, ("role_unknown", UNMAPPED_STAGE, NOT_LOOKED_AT)),
    ),
    measures=(
        MeasureInfo("deciders", "count", "persons of the buyer in a deciding role"),
        MeasureInfo("deciders_touched", "count", "those of them on whom there is an attempt or contact made"),
    ),
)

_QUESTION = say("whether a decider was touched")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach while the deal is open; where no role at all is known, nobody can say who decides."""
    return judged_deals(case, _QUESTION, lambda deal: _judge(deal, case))


def _judge(deal: Deal, case: LeadCase) -> Draft:
    reached = set(touched(deal, case))
    deciders = [contact for contact in deal.contacts if contact.is_decider]
    met = [contact for contact in deciders if contact.contact_id in reached]
    measures = (
        Measure("deciders", len(deciders), "count"),
        Measure("deciders_touched", len(met), "count"),
    )
    if met:
        return Draft(
            outcome=Outcome.PASS,
            reason="decider_touched",
            sentence=say(
                'On deal {deal} a decider was touched ("{role}").', deal=number_of(deal), role=met[0].role or ""
            ),
            measures=measures,
            evidence=contact_evidence(deal, case),
            owner_id=deal_holder(deal, case),
        )
    other = closed_or_unmapped(deal, case, measures)
    if other is not None:
        return other
    unnamed = next((each for each in deal.contacts if each.is_decider is None and each.contact_id in reached), None)
    if unnamed is not None:
        why = (
            say('the role "{role}" of contact {contact} is not mapped', role=unnamed.role, contact=unnamed.contact_id)
            if unnamed.role
            else say("contact {contact} has no role", contact=unnamed.contact_id)
        )
        return _role_unknown(deal, why, measures)
    if all(contact.is_decider is None for contact in deal.contacts):
        return _role_unknown(deal, say("no role of its contacts is known"), measures)
    missing = case.coverage.cause(*CONTACT_FACTS, Fact.DEALS)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    return Draft(
        outcome=Outcome.BREACH,
        reason="no_decider_touched",
        sentence=say(
            "Deal {deal} is open with {contacts} touched, none of whom decides.",
            deal=number_of(deal),
            contacts=counted(len(reached), "contact"),
        ),
        measures=measures,
        evidence=(
            deal_evidence(deal, "deciders_touched", "0"),
            *contact_evidence(deal, case),
        ),
        owner_id=deal_holder(deal, case),
    )


def _role_unknown(deal: Deal, why: Said, measures: tuple[Measure, ...]) -> Draft:
    return Draft(
        outcome=Outcome.NOT_EVALUATED,
        reason="role_unknown",
        sentence=say(
            "It cannot be told whether a decider was touched on deal {deal}: {why}.", deal=number_of(deal), why=why
        ),
        measures=measures,
    )


RULE = LeadRule(INFO, judge)
