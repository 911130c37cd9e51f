"""LD001: a large open deal that hangs on one person."""

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
from audits.model.said import Money, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS
from audits.wording import counted

INFO = RuleInfo(
    rule_id="LD001",
    version=1,
    family=Family.LONG_DEALS,
    title="Large deal with one contact",
    question="Is a large open deal talked over with more than one person of the buyer?",
    why_it_matters="A large purchase is decided by several people; when the only contact leaves or cools, it ends.",
    reasons=(
        ("several_touched", "enough persons of the buyer were touched"),
        ("small_amount", "the deal is too small to ask for several persons"),
        ("single_threaded", "fewer persons than agreed were touched on a large open deal"),
        ("amount_unknown", "the deal has no amount, so we do not know whether it is large"),
        *((code, OF_DEALS[code]) for code in (NO_DEAL, CLOSED, UNMAPPED_STAGE)),
        (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
    ),
    outcomes=(
        (Outcome.PASS, ("several_touched",)),
        (Outcome.BREACH, ("single_threaded",)),
        (Outcome.NOT_APPLICABLE, ("small_amount", NO_DEAL, CLOSED)),
        (Outcome.NOT_EVALUATED, ("amount_unknown", UNMAPPED_STAGE, NOT_LOOKED_AT)),
    ),
    measures=(
        MeasureInfo("contacts", "count", "persons of the buyer on the deal"),
        MeasureInfo("contacts_touched", "count", "those of them on whom there is an attempt or contact made"),
    ),
    defaults=(
        Default("single_thread_minor", "10,000 of the deal's currency", "our choice", Trust.OURS),
        Default("deal_contacts", "2 persons", "our choice", Trust.OURS),
    ),
)

_QUESTION = say("whether a large deal hangs on one person")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach while a deal of the agreed amount is open and fewer persons than agreed were touched. Amounts are
    compared as they stand, whatever the currency."""
    return judged_deals(case, _QUESTION, lambda deal: _judge(deal, case, policy))


def _judge(deal: Deal, case: LeadCase, policy: Policy) -> Draft:
    reached = touched(deal, case)
    measures = (
        Measure("contacts", len(deal.contacts), "count"),
        Measure("contacts_touched", len(reached), "count"),
    )
    said = counted(len(reached), "contact")
    if deal.amount_minor is not None and deal.amount_minor < policy.single_thread_minor:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="small_amount",
            sentence=say(
                "Deal {deal} is worth less than the amount from which several contacts are asked for.",
                deal=number_of(deal),
            ),
            measures=measures,
            owner_id=deal_holder(deal, case),
        )
    if len(reached) >= policy.deal_contacts:
        return Draft(
            outcome=Outcome.PASS,
            reason="several_touched",
            sentence=say("On deal {deal} {contacts} were touched.", deal=number_of(deal), contacts=said),
            measures=measures,
            evidence=contact_evidence(deal, case),
            owner_id=deal_holder(deal, case),
        )
    other = closed_or_unmapped(deal, case, measures)
    if other is not None:
        return other
    if deal.amount_minor is None:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="amount_unknown",
            sentence=say(
                "It cannot be told whether deal {deal}, with {contacts} touched, is a large one: it has no amount.",
                deal=number_of(deal),
                contacts=said,
            ),
            measures=measures,
        )
    missing = case.coverage.cause(*CONTACT_FACTS, Fact.DEALS)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    return Draft(
        outcome=Outcome.BREACH,
        reason="single_threaded",
        sentence=say(
            "Deal {deal} over {amount} is open with {contacts} touched; {least} are agreed from {limit} on.",
            deal=number_of(deal),
            amount=Money(deal.amount_minor, deal.currency or ""),
            contacts=said,
            least=counted(policy.deal_contacts, "contact"),
            limit=Money(policy.single_thread_minor, deal.currency or ""),
        ),
        measures=measures,
        evidence=(
            deal_evidence(deal, "amount_minor", str(deal.amount_minor)),
            deal_evidence(deal, "contacts_touched", str(len(reached))),
            *contact_evidence(deal, case),
        ),
        owner_id=deal_holder(deal, case),
    )


RULE = LeadRule(INFO, judge)
