"""NC004: an open lead that stands in its stage for longer than others of its kind."""

from __future__ import annotations

from dataclasses import replace

from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
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
from audits.model.said import Percent, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.stages import entered_stage_at, stage_clock
from audits.statistics.enough import LEAST_CASES
from audits.timeline import holder_at
from audits.wording import counted, moment, span, status_word

INFO = RuleInfo(
    rule_id="NC004",
    version=1,
    family=Family.NEGLECTED_CONTACT,
    title="Stalled in its stage",
    question="Does an open lead stand in its stage for longer than leads of its kind usually do?",
    why_it_matters="Every stage has its own pace; measured by it a stalled lead is seen while others still move.",
    reasons=(
        ("moving", "the lead stands in its stage no longer than others of its kind"),
        ("stalled", "the lead stands in its stage for longer than others of its kind"),
        ("closed", "the lead is closed"),
        ("no_stage", "the lead is in no stage"),
        ("not_enough_data", "too few leads have left this stage to say how long is usual"),
        ("since_unknown", "the CRM does not show since when the lead has been in its stage"),
        *((code, CANNOT_TELL[code]) for code in (NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("moving",)),
        (Outcome.BREACH, ("stalled",)),
        (Outcome.NOT_APPLICABLE, ("closed", "no_stage")),
        (
            Outcome.NOT_EVALUATED,
            ("not_enough_data", "since_unknown", NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS),
        ),
    ),
    measures=(
        MeasureInfo("in_stage_working_s", "s", "working time of the team in the stage up to the audit"),
        MeasureInfo("in_stage_wall_s", "s", "wall time in the stage up to the audit"),
        MeasureInfo("usual_working_s", "s", "the learned quantile of the stage; unknown where too few left it"),
        MeasureInfo("usual_of_n", "count", "leads that left the stage, from which the quantile was learned"),
    ),
    defaults=(
        Default(
            "stage_percent",
            "80 %: the time within which so many of an account's own leads left the stage",
            "our choice",
            Trust.OURS,
        ),
    ),
)

_QUESTION = say("whether the lead stands in its stage for too long")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach from the usual time on, while the lead is open. Where it is not known since when the lead is in its
    stage, it is sure only that it was not before it arrived."""
    draft, since = _judged(case, policy), case.lead.stage_since
    # A stage that is said to begin later is not known to have begun until then.
    return draft if since is None or since <= case.as_of else replace(draft, wakes=(*draft.wakes, since))


def _judged(case: LeadCase, policy: Policy) -> Draft:
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed",
            sentence=say("The lead is closed ({status}), so it may stand still.", status=status_word(lead.status)),
        )
    if lead.stage is None:
        missing = case.coverage.cause(Fact.STAGE)
        if missing is not None:
            return not_looked_at(missing, _QUESTION)
        return Draft(
            outcome=Outcome.NOT_APPLICABLE, reason="no_stage", sentence=say("The lead is in no stage of a pipeline.")
        )
    clock = stage_clock(policy)
    known_since = entered_stage_at(case)
    since = lead.received_at if known_since is None else known_since
    norm = case.surroundings.stage_norm
    usual_s = None if norm is None else norm.quantile_s
    is_known = known_since is not None
    measures = (
        Measure("in_stage_working_s", clock.elapsed(since, case.as_of) if is_known else None, "s"),
        Measure("in_stage_wall_s", max(0, int((case.as_of - since).total_seconds())) if is_known else None, "s"),
        Measure("usual_working_s", usual_s, "s"),
        Measure("usual_of_n", 0 if norm is None else norm.n, "count"),
    )
    if norm is None or usual_s is None:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="not_enough_data",
            sentence=say(
                "It cannot be told {question}: not enough data, {n} left stage {stage} so far, {least} are needed.",
                question=_QUESTION,
                n=counted(norm.n if norm else 0, "lead"),
                stage=lead.stage,
                least=LEAST_CASES,
            ),
            measures=measures,
        )
    due_at = clock.after(since, usual_s)
    share, n = Percent(norm.percent), counted(norm.n, "lead")
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="moving",
            sentence=say(
                "In stage {stage} since {since} or later; {share} of those who left it ({n}) did so within {usual} "
                "of working time, for this lead {due}.",
                stage=lead.stage,
                since=moment(since, clock.zone),
                share=share,
                n=n,
                usual=span(usual_s),
                due=moment(due_at, clock.zone),
            )
            if not is_known
            else say(
                "In stage {stage} since {since}; {share} of those who left it ({n}) did so within {usual} of working "
                "time, for this lead {due}.",
                stage=lead.stage,
                since=moment(since, clock.zone),
                share=share,
                n=n,
                usual=span(usual_s),
                due=moment(due_at, clock.zone),
            ),
            measures=measures,
            evidence=(lead_evidence(lead, "stage", lead.stage, known_since),),
            owner_id=holder_at(case, case.as_of),
            wakes=(due_at,),
        )
    if known_since is None:
        missing = case.coverage.cause(Fact.STAGE, Fact.STAGE_HISTORY)
        if missing is not None:
            return not_looked_at(missing, _QUESTION, measures)
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="since_unknown",
            sentence=say(
                "It cannot be told {question}: the CRM does not show since when it is in stage {stage}.",
                question=_QUESTION,
                stage=lead.stage,
            ),
            measures=measures,
        )
    return Draft(
        outcome=Outcome.BREACH,
        reason="stalled",
        sentence=say(
            "In stage {stage} since {since}; {share} of those who left it ({n}) did so within {usual} of working "
            "time, which was over {due}.",
            stage=lead.stage,
            since=moment(since, clock.zone),
            share=share,
            n=n,
            usual=span(usual_s),
            due=moment(due_at, clock.zone),
        ),
        measures=measures,
        evidence=(lead_evidence(lead, "stage", lead.stage, known_since),),
        owner_id=holder_at(case, due_at),
    )


RULE = LeadRule(INFO, judge)
