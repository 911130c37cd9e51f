"""AG002: calls that are listed in the CRM, but are no attempts for us."""

from __future__ import annotations

from audits.claims import (
    log_crowd,
    logged_after_s,
    uncounted_calls,
    uncounted_evidence,
    uncounted_said,
)
from audits.lead_rule import (
    CANNOT_TELL,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    Draft,
    LeadRule,
    not_looked_at,
    unknown_activity,
)
from audits.model.activity import Activity, ActivityKind, Disposition
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import say
from audits.model.zones import load_zone
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import AttemptVerdict, holder_at, judge_attempt
from audits.wording import counted

INFO = RuleInfo(
    rule_id="AG002",
    version=1,
    family=Family.ANTI_GAMING,
    title="Calls not counted",
    question="Are all listed calls of a kind that can be counted as attempts?",
    why_it_matters=(
        "A call of a few seconds, one logged days later, or many logged in one minute fill a list of calls without "
        "anybody having been called. They are shown, and no clock stops for them."
    ),
    reasons=(
        ("all_counted", "every call that was made to the lead is counted"),
        ("not_counted", "calls are listed that do not count as attempts"),
        ("no_calls", "no call to the lead is listed"),
        ("neighbours_not_counted", "nobody has counted what else the same owner logged in those minutes"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    outcomes=(
        (Outcome.PASS, ("all_counted",)),
        (Outcome.BREACH, ("not_counted",)),
        (Outcome.NOT_APPLICABLE, ("no_calls",)),
        (Outcome.NOT_EVALUATED, ("neighbours_not_counted", UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    measures=(
        MeasureInfo("calls_listed", "count", "calls to the lead that took place and were made by a person"),
        MeasureInfo("shortest_claimed_s", "s", "the shortest of those that claim a conversation or name no result"),
        MeasureInfo(
            "longest_log_delay_wall_s", "s", "the longest wall time from such a call to its entry in the CRM"
        ),
        MeasureInfo(
            "largest_log_crowd", "count", "most calls that the owner logged in the same minute as one of these"
        ),
    ),
    defaults=(
        Default(
            "min_conversation_s",
            "20 s: a shorter call that claims a conversation, or names no result",
            "a call under 20 s is no conversation (trade usage, several agree)",
            Trust.B,
        ),
        Default("late_log_s", "24 h of wall time from the call to its entry", "our choice", Trust.OURS),
        Default("log_burst", "3 calls of one owner in one minute are still counted", "our choice", Trust.OURS),
    ),
)

_QUESTION = say("whether all listed calls count")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach when a call that would be an attempt is not counted. Time changes nothing but by new facts."""
    verdicts = [
        judge_attempt(activity, case.lead.received_at, case.as_of)
        for activity in case.activities
        if activity.kind is ActivityKind.CALL
    ]
    made = [judged.activity for judged in verdicts if judged.verdict is AttemptVerdict.YES]
    unclear = [judged for judged in verdicts if judged.verdict is AttemptVerdict.UNKNOWN]
    measures = _measures(made, case)
    listed = uncounted_calls(case, policy, AttemptVerdict.YES)
    if listed:
        first = listed[0][0]
        return Draft(
            outcome=Outcome.BREACH,
            reason="not_counted",
            sentence=uncounted_said(listed, case, policy, load_zone(policy.calendar.zone)),
            measures=measures,
            evidence=uncounted_evidence(listed),
            # What somebody else entered is not laid on the holder.
            owner_id=first.owner_id or holder_at(case, first.occurred_at),
        )
    doubtful = {activity.activity_id for activity, _ in uncounted_calls(case, policy, AttemptVerdict.UNKNOWN)}
    for judged in unclear:
        if judged.activity.activity_id in doubtful:
            return unknown_activity(judged, _QUESTION, measures)
    missing = case.coverage.cause(Fact.CALLS)
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if case.surroundings.crowded_logs is None and (made or unclear):
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="neighbours_not_counted",
            sentence=say(
                "It cannot be told {question}: what else was logged in those minutes was not counted.",
                question=_QUESTION,
            ),
            measures=measures,
        )
    if not made:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_calls",
            sentence=say("No call to the lead is listed."),
            measures=measures,
        )
    return Draft(
        outcome=Outcome.PASS,
        reason="all_counted",
        sentence=say("Listed: {made} to the lead, all counted.", made=counted(len(made), "call")),
        measures=measures,
        owner_id=holder_at(case, case.as_of),
    )


def _measures(made: list[Activity], case: LeadCase) -> tuple[Measure, ...]:
    lengths = [
        each.duration_s
        for each in made
        if each.duration_s is not None and each.disposition in (Disposition.CONNECTED, None)
    ]
    crowds = [crowd for crowd in (log_crowd(each, case) for each in made) if crowd is not None]
    return (
        Measure("calls_listed", len(made), "count"),
        Measure("shortest_claimed_s", min(lengths, default=None), "s"),
        Measure("longest_log_delay_wall_s", max((logged_after_s(each) for each in made), default=None), "s"),
        Measure("largest_log_crowd", max(crowds, default=None), "count"),
    )


RULE = LeadRule(INFO, judge)
