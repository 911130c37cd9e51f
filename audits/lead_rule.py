"""A rule over one lead: a pure judgement, settled into a finding that says when time alone would change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from audits.clock import NoWorkingHours
from audits.model.activity import Activity
from audits.model.case import LeadCase
from audits.model.finding import Evidence, Finding, Measure, Outcome
from audits.model.lead import Lead
from audits.model.policy import Policy
from audits.model.said import Said, Term, say, verbatim
from audits.rule import RuleInfo
from audits.timeline import Judged, future_occurrences
from audits.wording import kind_word

NO_WORKING_HOURS = "no_working_hours"
UNKNOWN_ACTIVITY = "unknown_activity"
NOT_LOOKED_AT = "not_looked_at"
UNMAPPED_STATUS = "unmapped_status"

#: The reasons for which several rules cannot answer, with their meaning for a person.
CANNOT_TELL = {
    UNKNOWN_ACTIVITY: "the answer hangs on an activity of which the CRM does not say enough",
    NOT_LOOKED_AT: "the answer hangs on facts that could not be read from the CRM",
    UNMAPPED_STATUS: "the lead's status is not mapped to one of our words, so we do not know whether it is open",
    NO_WORKING_HOURS: "working time cannot be counted: the agreed hours never open, or a time is no real one",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a judgement says before it is a finding.

    `wakes`: instants at which time alone might change the answer; too many do no harm, one too few does.
    """

    outcome: Outcome
    reason: str
    sentence: Said
    measures: tuple[Measure, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    owner_id: str | None = None
    wakes: tuple[datetime, ...] = ()


Judge = Callable[[LeadCase, Policy], Draft]


@dataclass(frozen=True, slots=True)
class LeadRule:
    """One rule: what it is, and its judgement of a case as of `case.as_of`."""

    info: RuleInfo
    judge: Judge

    def evaluate(self, case: LeadCase, policy: Policy) -> Finding:
        """The finding, with the exact instant at which its outcome or reason changes with no further input."""
        draft = self._judged(case, policy)
        return Finding(
            rule_id=self.info.rule_id,
            rule_version=self.info.version,
            subject_id=case.lead.lead_id,
            outcome=draft.outcome,
            reason=draft.reason,
            said=draft.sentence,
            policy_version=policy.version,
            as_of=case.as_of,
            measures=draft.measures,
            evidence=draft.evidence,
            owner_id=draft.owner_id,
            next_change_at=self._next_change(case, policy, draft),
        )

    def _next_change(self, case: LeadCase, policy: Policy, draft: Draft) -> datetime | None:
        said = (draft.outcome, draft.reason)
        pending = {*draft.wakes, *future_occurrences(case)}
        while later := [t for t in pending if t > case.as_of]:
            # A wake is only a candidate: whether the answer really changes is found by judging that instant.
            case = replace(case, as_of=min(later))
            then = self._judged(case, policy)
            if (then.outcome, then.reason) != said:
                return case.as_of
            pending.update(then.wakes)
        return None

    def _judged(self, case: LeadCase, policy: Policy) -> Draft:
        try:
            return self.judge(case, policy)
        except NoWorkingHours as none:
            return Draft(outcome=Outcome.NOT_EVALUATED, reason=NO_WORKING_HOURS, sentence=verbatim(str(none)))


def not_looked_at(cause: str, question: Said, measures: tuple[Measure, ...] = ()) -> Draft:
    """Not evaluated because facts could not be read. `question`: what is therefore unknown, as a clause."""
    return Draft(
        outcome=Outcome.NOT_EVALUATED,
        reason=NOT_LOOKED_AT,
        sentence=say("It cannot be told {question}: {cause}.", question=question, cause=Term(cause.rstrip("."))),
        measures=measures,
    )


def unknown_activity(judged: Judged, question: Said, measures: tuple[Measure, ...] = ()) -> Draft:
    """Not evaluated because of one activity that may or may not count."""
    activity = judged.activity
    return Draft(
        outcome=Outcome.NOT_EVALUATED,
        reason=UNKNOWN_ACTIVITY,
        sentence=say(
            "It cannot be told {question}: {kind} {activity_id} {why}.",
            question=question,
            kind=kind_word(activity),
            activity_id=activity.activity_id,
            why=Term(judged.why),
        ),
        measures=measures,
        evidence=activity_evidence(activity),
    )


def unmapped_status(lead: Lead) -> Draft:
    """Not evaluated because it is not known whether the lead is open."""
    read = say('status "{status}"', status=lead.raw_status) if lead.raw_status else say("empty status")
    return Draft(
        outcome=Outcome.NOT_EVALUATED,
        reason=UNMAPPED_STATUS,
        sentence=say(
            "It cannot be told whether the lead is open: its {read} is not mapped; map it in the settings.", read=read
        ),
        evidence=(lead_evidence(lead, "status", lead.raw_status or ""),),
    )


def lead_evidence(lead: Lead, field: str, value: str, at: datetime | None = None) -> Evidence:
    """A value of the lead's own record as read."""
    return Evidence(record_type="lead", record_id=lead.lead_id, field=field, value=value, at=at)


def received_evidence(lead: Lead) -> Evidence:
    """When the lead arrived."""
    return lead_evidence(lead, "received_at", lead.received_at.isoformat(), lead.received_at)


def activity_evidence(activity: Activity) -> tuple[Evidence, ...]:
    """When an activity took place, when the CRM recorded it (people edit only the first), and its raw values."""
    kind, record_id = activity.kind.value, activity.activity_id
    at = activity.occurred_at
    times = (("occurred_at", at.isoformat()), ("recorded_at", activity.recorded_at.isoformat()))
    return tuple(
        Evidence(record_type=kind, record_id=record_id, field=field, value=value, at=at)
        for field, value in (*times, *activity.raw)
    )


def at_measure(name: str, t: datetime | None) -> Measure:
    """An instant as a measure: ISO 8601 in UTC, or unknown."""
    return Measure(name, None if t is None else t.isoformat(), "at")
