"""The plain rows that a report is made of: one for each lead, with what was measured and judged on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audits.causes import Cause
from audits.clock import CaseClock, NoWorkingHours, case_clock
from audits.dues import response_start, response_target
from audits.engine import LeadAudit
from audits.legs import DecidingAttempts, deciding_attempts
from audits.model.case import LeadCase
from audits.model.finding import Finding, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.score import FollowUpStatus, Verdict
from audits.model.surroundings import Load
from audits.reports.export_report import Answer, answered

#: What `LoadMet.percent` says when nothing at all could be done in time.
MOST_PERCENT = 9_999
#: Leads of which no first attempt was asked for.
_NEEDS_NONE = (Answer.IMPORTED, Answer.CLOSED_WITHOUT, Answer.SPOKEN_WITH)
#: Nobody tries, or nobody goes on trying, although it is due.
NEGLECTED = (FollowUpStatus.NEVER_CALLED, FollowUpStatus.OVERDUE, FollowUpStatus.NEGLECTED)


@dataclass(frozen=True, slots=True)
class LoadMet:
    """What lay on the first holder when a lead came to him. `waiting`: his leads without an attempt, this one among
    them. `fits_milli`: how many first attempts his pace allows until the lead's is due, in thousandths; None = there
    is not enough data on his pace."""

    holder_id: str
    waiting: int
    fits_milli: int | None

    @property
    def percent(self) -> int | None:
        """The leads waiting in percent of those that he can try in time, at most MOST_PERCENT."""
        if self.fits_milli is None:
            return None
        return min(MOST_PERCENT, self.waiting * 100_000 // self.fits_milli) if self.fits_milli else MOST_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class HandledLead:
    """What was measured on one lead. Times are aware UTC, spans seconds; None = unknown, or it has not come to that.

    `owner_id`: who is charged with the answer, "" = nobody; `holder_id`: who holds the lead now. `waited_working_s`:
    working time from receipt to the first attempt, else to the lead's end or the audit; None = it cannot be counted.
    `is_goal_kept`: the first attempt was made within the goal. `due_at`: the earliest thing that is due and not done.
    `target`: the name of what was agreed on the first attempt, "" = no target of the list fits. `needed_s`: the
    smallest agreed span, in working seconds, that the first attempt would have kept; of a lead that nobody has tried
    yet, one second more than has passed.
    """

    lead_id: str
    received_at: datetime
    owner_id: str
    answer: Answer
    waited_working_s: int | None
    holder_id: str = ""
    source: str = ""
    lead_type: str = ""
    cause: Cause = Cause.NONE
    is_goal_kept: bool | None = None
    is_never_called: bool = False
    first_attempt_at: datetime | None = None
    first_attempt_wall_s: int | None = None
    first_connection_at: datetime | None = None
    first_connection_working_s: int | None = None
    first_connection_wall_s: int | None = None
    won_at: datetime | None = None
    vendor_leg_wall_s: int | None = None
    system_leg_working_s: int | None = None
    human_leg_working_s: int | None = None
    load: LoadMet | None = None
    target: str = ""
    needed_s: int | None = None
    closed_at: datetime | None = None
    follow_up_status: FollowUpStatus = FollowUpStatus.UNKNOWN
    verdict: Verdict = Verdict.UNKNOWN
    due_at: datetime | None = None

    def is_looked_at(self, since: datetime, until: datetime) -> bool:
        """Whether the lead was there and not yet closed at some time in [since, until)."""
        is_closed_before = self.closed_at is not None and self.closed_at < since
        return self.received_at < until and (self.received_at >= since or not is_closed_before)


def handled_lead(case: LeadCase, policy: Policy, result: LeadAudit) -> HandledLead:
    """The row of one lead from its case and what was judged on it by `policy`."""
    lead, facts = case.lead, result.facts
    found = {finding.rule_id: finding for finding in result.findings}
    told = answered(result.findings, facts.held_by)
    first, target = found["RT001"], response_target(case, policy)
    is_closed = lead.status not in (LeadStatus.OPEN, None)
    try:
        clock = case_clock(case, policy)
        waited_s, needed_s = _waited_s(case, clock, result), _needed_s(case, clock, deciding_attempts(case, policy))
    except NoWorkingHours:
        waited_s = needed_s = None
    goal_kept = _measure(first, "is_goal_kept")
    return HandledLead(
        lead_id=lead.lead_id,
        received_at=lead.received_at,
        owner_id=told.owner_id or "",
        answer=told.answer,
        waited_working_s=waited_s,
        holder_id=facts.held_by or "",
        source=lead.source or "",
        lead_type=lead.lead_type or "",
        cause=result.cause,
        is_goal_kept=goal_kept if isinstance(goal_kept, bool) else None,
        is_never_called=found["NC001"].outcome is Outcome.BREACH,
        first_attempt_at=facts.first_attempt_at,
        first_attempt_wall_s=facts.first_attempt_wall_s,
        first_connection_at=facts.first_connection_at,
        first_connection_working_s=facts.first_connection_working_s,
        first_connection_wall_s=facts.first_connection_wall_s,
        won_at=(lead.closed_at or case.as_of) if lead.status is LeadStatus.WON else None,
        vendor_leg_wall_s=_seconds(first, "vendor_leg_wall_s"),
        system_leg_working_s=_seconds(first, "system_leg_working_s"),
        human_leg_working_s=_seconds(first, "human_leg_working_s"),
        load=_load_met(case.surroundings.load),
        target="" if target is None else target.name,
        needed_s=needed_s if told.answer not in _NEEDS_NONE else None,
        closed_at=lead.closed_at if is_closed else None,
        follow_up_status=result.follow_up_status,
        verdict=result.verdict,
        due_at=facts.due_at,
    )


def _waited_s(case: LeadCase, clock: CaseClock, result: LeadAudit) -> int | None:
    lead, facts = case.lead, result.facts
    if facts.first_attempt_at is not None or lead.is_imported:
        return facts.first_attempt_working_s
    is_closed = lead.status not in (LeadStatus.OPEN, None)
    until = min(lead.closed_at, case.as_of) if is_closed and lead.closed_at is not None else case.as_of
    return clock.elapsed(lead.clock_start, until)


def _needed_s(case: LeadCase, clock: CaseClock, tried: DecidingAttempts) -> int | None:
    start = response_start(case.lead)
    if not tried.sure:
        passed_s = clock.elapsed(start, case.as_of)
        return passed_s + 1 if case.as_of >= clock.after(start, passed_s) else passed_s
    first = tried.sure[0]
    if first.latest_at is not None or case.lead.received_latest_at is not None:
        return None
    at = first.occurred_at.replace(microsecond=0)
    passed_s = clock.elapsed(start, at)
    # Tried after hours that ended with exactly this span: it is over, though no working time has passed since.
    return passed_s if at <= clock.after(start, passed_s) else passed_s + 1


def _load_met(load: Load | None) -> LoadMet | None:
    if load is None:
        return None
    pace = load.capacity_per_hour_milli
    return LoadMet(load.holder_id, load.open_new_leads, None if pace is None else load.working_s * pace // 3600)


def _measure(finding: Finding, name: str) -> int | str | bool | None:
    return next((each.value for each in finding.measures if each.name == name), None)


def _seconds(finding: Finding, name: str) -> int | None:
    value = _measure(finding, name)
    return value if isinstance(value, int) else None
