"""The rows of a report from judged cases: the same whether the cases are those of now or as they once were known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from audits.engine import LeadAudit
from audits.model.case import LeadCase
from audits.model.finding import Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.surroundings import Surroundings
from audits.reports.handled import NEGLECTED, HandledLead, handled_lead
from audits.reports.handling import ReportRows
from audits.reports.sections import by_hour
from audits.timeline import attempts

_NOTHING_AROUND = Surroundings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one judged case adds to a report. `row`: None = it arrived too long ago and is not neglected. `judged`:
    (rule id, outcome) of each finding, where the lead is one of the period. `attempts`: those in the period, aware
    UTC."""

    row: HandledLead | None
    judged: tuple[tuple[str, Outcome], ...] = ()
    attempts: tuple[datetime, ...] = ()


class RowCollector:
    """Takes judged cases one by one and keeps numbers and short rows alone.

    For the period [since, until) with cohorts since `history_since`, aware UTC, hours by the clock of `zone` (IANA).
    `policy`: by which logged calls count in the picture of attempts.
    """

    def __init__(
        self, *, since: datetime, until: datetime, history_since: datetime, zone: str, policy: Policy
    ) -> None:
        self._since, self._until, self._history_since = since, until, history_since
        self._zone, self._policy = ZoneInfo(zone), policy
        self._leads: list[HandledLead] = []
        self._judged: Counter[tuple[str, Outcome]] = Counter()
        self._attempts: list[datetime] = []

    def is_wanted(self, case: LeadCase) -> bool:
        """Whether the case can add anything: it arrived in the time that is told of, or was not over before it."""
        lead = case.lead
        if lead.received_at >= self._until:
            return False
        is_over = lead.status not in (LeadStatus.OPEN, None) and lead.closed_at is not None
        return (
            lead.received_at >= self._history_since
            or not is_over
            or (lead.closed_at is not None and lead.closed_at >= self._since)
            or any(act.occurred_at >= self._since for act in case.activities)
        )

    def collect(
        self, case: LeadCase, policy: Policy, result: LeadAudit, texts: Mapping[str, Outcome] | None = None
    ) -> Collected:
        """What one case adds, with what was judged on it by `policy`; nothing is counted yet. `texts`: rule id → what
        was answered while the texts of messages were there; it stands in place of what `result` says."""
        row = handled_lead(case, policy, result)
        told = texts or {}
        plain = replace(case, surroundings=_NOTHING_AROUND)
        return Collected(
            row=row if row.received_at >= self._history_since or row.follow_up_status in NEGLECTED else None,
            judged=(
                tuple((each.rule_id, told.get(each.rule_id, each.outcome)) for each in result.findings)
                if row.is_looked_at(self._since, self._until)
                else ()
            ),
            attempts=tuple(
                act.occurred_at
                for act in attempts(plain, self._policy).sure
                if self._since <= act.occurred_at < self._until
            ),
        )

    def count(self, each: Collected) -> None:
        """Count what one case adds, once."""
        if each.row is not None:
            self._leads.append(each.row)
        self._judged.update(each.judged)
        self._attempts.extend(each.attempts)

    def add(
        self, case: LeadCase, policy: Policy, result: LeadAudit, texts: Mapping[str, Outcome] | None = None
    ) -> None:
        """Collect one case and count it."""
        self.count(self.collect(case, policy, result, texts))

    def rows(
        self,
        *,
        contested: Mapping[str, int],
        decided: Mapping[tuple[str, str], int],
        contested_leads: Collection[str] = frozenset(),
        usual_cycle_s: int | None,
    ) -> ReportRows:
        """What was collected; see ReportRows."""
        return ReportRows(
            leads=tuple(sorted(self._leads, key=lambda lead: lead.lead_id)),
            attempts_by_hour=by_hour(self._attempts, self._zone),
            judged=dict(self._judged),
            contested=contested,
            decided=decided,
            contested_leads=contested_leads,
            usual_cycle_s=usual_cycle_s,
        )
