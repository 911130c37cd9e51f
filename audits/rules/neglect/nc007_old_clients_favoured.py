"""NC007: somebody works on old clients while his new leads wait past their time."""

from __future__ import annotations

from audits.dues import days_from
from audits.lead_rule import CANNOT_TELL, NOT_LOOKED_AT, Draft, not_looked_at
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.owner_case import OwnerAttempt, OwnerCase
from audits.model.policy import Policy
from audits.model.said import Percent, say
from audits.model.zones import load_zone
from audits.owner_rule import OwnerRule
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.statistics.enough import LEAST_CASES
from audits.statistics.shares import wilson
from audits.timeline import CONTACT_FACTS
from audits.wording import counted

INFO = RuleInfo(
    rule_id="NC007",
    version=1,
    family=Family.NEGLECTED_CONTACT,
    title="Old clients favoured",
    question="While new leads waited past their time, did most attempts of their owner go to old clients?",
    why_it_matters="Old clients are pleasant to call; new leads that wait meanwhile are lost without a decision.",
    reasons=(
        (
            "shared_out",
            "of the attempts made while new leads waited, no larger share than agreed went to old clients",
        ),
        ("within_chance", "the share is larger than agreed, but with so few attempts that may be chance"),
        ("old_clients_favoured", "a larger share than agreed went to old clients, beyond what chance explains"),
        ("nobody_waited", "no new lead of the owner waited past its time"),
        ("not_enough_data", "too few attempts were made while new leads waited"),
        (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
    ),
    outcomes=(
        (Outcome.PASS, ("shared_out", "within_chance")),
        (Outcome.BREACH, ("old_clients_favoured",)),
        (Outcome.NOT_APPLICABLE, ("nobody_waited",)),
        (Outcome.NOT_EVALUATED, ("not_enough_data", NOT_LOOKED_AT)),
    ),
    measures=(
        MeasureInfo("attempts", "count", "sure attempts of the owner in the period"),
        MeasureInfo("attempts_while_waiting", "count", "those made while a new lead of his waited past its due time"),
        MeasureInfo("of_these_on_old", "count", "those of the latter on leads won before, or older than the cadence"),
        MeasureInfo("overdue_leads", "count", "new leads that waited past their due time in the period"),
    ),
    defaults=(Default("favour_percent", "70 % of the attempts", "our choice", Trust.OURS),),
)

_QUESTION = say("whether old clients were favoured")
_SHOWN = 10


def judge(case: OwnerCase, policy: Policy) -> Draft:
    """A breach when even the lower end of the share's 95 % interval is above the agreed one."""
    overdue = [
        lead
        for lead in case.overdue
        if lead.due_at < case.as_of and (lead.ended_at is None or lead.ended_at > case.since)
    ]
    made = [attempt for attempt in case.attempts if case.since <= attempt.at < case.as_of]
    meanwhile = [attempt for attempt in made if any(lead.waited_at(attempt.at) for lead in overdue)]
    old = [attempt for attempt in meanwhile if _is_old(attempt, policy)]
    measures = (
        Measure("attempts", len(made), "count"),
        Measure("attempts_while_waiting", len(meanwhile), "count"),
        Measure("of_these_on_old", len(old), "count"),
        Measure("overdue_leads", len(overdue), "count"),
    )
    missing = case.coverage.cause(*CONTACT_FACTS)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if not overdue:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="nobody_waited",
            sentence=say("No new lead waited past its time."),
            measures=measures,
        )
    if len(meanwhile) < LEAST_CASES:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="not_enough_data",
            sentence=say(
                "It cannot be told {question}: not enough data, {n} made while new leads waited, {least} are needed.",
                question=_QUESTION,
                n=counted(len(meanwhile), "attempt"),
                least=LEAST_CASES,
            ),
            measures=measures,
        )
    low, _ = wilson(len(old), len(meanwhile))
    is_more = 100 * len(old) > policy.favour_percent * len(meanwhile)
    said = say(
        "Of {n} made while {leads} waited past their time, {old} went to old clients; {limit} are agreed",
        n=counted(len(meanwhile), "attempt"),
        leads=counted(len(overdue), "lead"),
        old=len(old),
        limit=Percent(policy.favour_percent),
    )
    if not is_more:
        return Draft(outcome=Outcome.PASS, reason="shared_out", sentence=say("{said}.", said=said), measures=measures)
    if low * 100 <= policy.favour_percent:
        return Draft(
            outcome=Outcome.PASS,
            reason="within_chance",
            sentence=say("{said}: the numbers are too small to tell it from chance.", said=said),
            measures=measures,
        )
    return Draft(
        outcome=Outcome.BREACH,
        reason="old_clients_favoured",
        sentence=say("{said} at most.", said=said),
        measures=measures,
        evidence=(
            *(
                Evidence(
                    record_type="activity",
                    record_id=attempt.activity_id,
                    field="occurred_at",
                    value=attempt.at.isoformat(),
                    at=attempt.at,
                )
                for attempt in old[:_SHOWN]
            ),
            *(
                Evidence(
                    record_type="lead",
                    record_id=lead.lead_id,
                    field="due_at",
                    value=lead.due_at.isoformat(),
                    at=lead.due_at,
                )
                for lead in overdue[:_SHOWN]
            ),
        ),
    )


def _is_old(attempt: OwnerAttempt, policy: Policy) -> bool:
    """Whether the attempt went to a customer, or to a lead whose cadence was over."""
    if attempt.lead_won_at is not None and attempt.lead_won_at <= attempt.at:
        return True
    zone = load_zone(policy.calendar.zone)
    return attempt.at >= days_from(attempt.lead_received_at, policy.cadence.within_days, zone)


RULE = OwnerRule(INFO, judge)
