"""DQ002: a lead of which nobody knows where it came from."""

from __future__ import annotations

from audits.lead_rule import CANNOT_TELL, NOT_LOOKED_AT, Draft, LeadRule, lead_evidence, not_looked_at
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import say
from audits.rule import Family, MeasureInfo, RuleInfo

INFO = RuleInfo(
    rule_id="DQ002",
    version=1,
    family=Family.DATA_QUALITY,
    title="No source",
    question="Is it known where the lead came from?",
    why_it_matters="Without a source no channel and no vendor can be credited or blamed for the lead.",
    reasons=(
        ("source_known", "a source is given"),
        ("no_source", "no source is given"),
        ("source_says_nothing", "the source is a word that names none, such as unknown or n/a"),
        ("imported", "the lead came by an import, which is its source"),
        (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
    ),
    outcomes=(
        (Outcome.PASS, ("source_known",)),
        (Outcome.BREACH, ("no_source", "source_says_nothing")),
        (Outcome.NOT_APPLICABLE, ("imported",)),
        (Outcome.NOT_EVALUATED, (NOT_LOOKED_AT,)),
    ),
    measures=(MeasureInfo("source", "text", "the source as read; unknown when none is given"),),
)

_EMPTY_WORDS = frozenset(
    {
        "unknown",
        "n/a",
        "na",
        "none",
        "null",
        "undefined",
        "-",
        "--",
        "?",
        "(none)",
        "(not set)",
        "not set",
        "unbekannt",
    }
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """By the source on the record."""
    lead = case.lead
    source = (lead.source or "").strip()
    measures = (Measure("source", source or None, "text"),)
    if source and source.casefold() not in _EMPTY_WORDS:
        return Draft(
            outcome=Outcome.PASS,
            reason="source_known",
            sentence=say('The source is "{source}".', source=source),
            measures=measures,
            evidence=(lead_evidence(lead, "source", source),),
        )
    if lead.is_imported:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="imported",
            sentence=say("The lead came by an import, so no source is asked for."),
            measures=measures,
        )
    missing = case.coverage.cause(Fact.SOURCE)
    if missing is not None:
        return not_looked_at(missing, say("where the lead came from"))
    return Draft(
        outcome=Outcome.BREACH,
        reason="source_says_nothing" if source else "no_source",
        sentence=say('The source is given as "{source}", which names none.', source=source)
        if source
        else say("No source is given."),
        measures=measures,
        evidence=(lead_evidence(lead, "source", source),),
    )


RULE = LeadRule(INFO, judge)
