"""DQ001: an open lead that belongs to nobody."""

from __future__ import annotations

from audits.lead_rule import (
    CANNOT_TELL,
    NOT_LOOKED_AT,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    lead_evidence,
    not_looked_at,
    unmapped_status,
)
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import say
from audits.rule import Family, MeasureInfo, RuleInfo
from audits.wording import status_word

INFO = RuleInfo(
    rule_id="DQ001",
    version=1,
    family=Family.DATA_QUALITY,
    title="No owner",
    question="Does somebody own the open lead?",
    why_it_matters="A lead that belongs to nobody is worked by nobody, and no finding on it can be put right.",
    reasons=(
        ("owned", "the lead has an owner"),
        ("no_owner", "the open lead has no owner"),
        ("closed", "the lead is closed"),
        *((code, CANNOT_TELL[code]) for code in (UNMAPPED_STATUS, NOT_LOOKED_AT)),
    ),
    outcomes=(
        (Outcome.PASS, ("owned",)),
        (Outcome.BREACH, ("no_owner",)),
        (Outcome.NOT_APPLICABLE, ("closed",)),
        (Outcome.NOT_EVALUATED, (UNMAPPED_STATUS, NOT_LOOKED_AT)),
    ),
    measures=(MeasureInfo("has_owner", "bool", "whether the lead has an owner now"),),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """By the owner on the record now."""
    lead = case.lead
    measures = (Measure("has_owner", lead.owner_id is not None, "bool"),)
    if lead.owner_id is not None:
        return Draft(
            outcome=Outcome.PASS,
            reason="owned",
            sentence=say("The lead belongs to owner {owner_id}.", owner_id=lead.owner_id),
            measures=measures,
            evidence=(lead_evidence(lead, "owner_id", lead.owner_id),),
            owner_id=lead.owner_id,
        )
    missing = case.coverage.cause(Fact.OWNER)
    if missing is not None:
        return not_looked_at(missing, say("whether somebody owns the lead"))
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed",
            sentence=say("The lead has no owner, but it is closed ({status}).", status=status_word(lead.status)),
            measures=measures,
        )
    return Draft(
        outcome=Outcome.BREACH,
        reason="no_owner",
        sentence=say("The open lead has no owner."),
        measures=measures,
        evidence=(lead_evidence(lead, "owner_id", ""),),
    )


RULE = LeadRule(INFO, judge)
