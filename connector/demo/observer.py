"""What the app has done so far, read from its tables: how far it is, and what it says of every lead."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

import sqlalchemy as sa

from audits.model.finding import Outcome
from audits.model.truth import Judgement, LeadClass
from connector.demo.comparison import LeadSaid
from connector.settings import Settings
from connector.storage import cases, cursors, findings, health, installs, repairs, worklist
from connector.storage.database import Database
from connector.storage.inbox import Inbox, InboxStatus
from connector.storage.owner_cases import owner_findings_of
from connector.storage.tables import dirty_leads
from connector.writeback.plan import field_values


def _class_in(judged: Judgement | None) -> str:
    """The likeliest class of those that are no lead; "" where nothing speaks for any."""
    classes = () if judged is None else judged.classes
    return next((each.lead_class.value for each in classes if each.lead_class is not LeadClass.ERROR), "")


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the app is. `total` None = not known yet. `trouble`: what the last job failed on."""

    read: int
    total: int | None
    is_read: bool
    waiting: int
    pending_writes: int
    is_idle: bool
    trouble: str


class Observer:
    """Looks into the tables of a running app, and changes nothing there."""

    def __init__(self, settings: Settings, crm: str, account_id: str) -> None:
        self._crm, self._account_id = crm, account_id
        self._database = Database.open(settings.database_url, timeout_s=20)
        self._inbox = Inbox.open(settings.inbox_url, timeout_s=20)

    def __enter__(self) -> Observer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inbox.close()
        self._database.close()

    def standing(self) -> Standing:
        """Where the app stands now."""
        letters = self._inbox.counts()
        with self._database.read() as connection:
            install = installs.find_install_by_account(connection, self._crm, self._account_id)
            if install is None:
                return Standing(0, None, False, 0, 0, False, "")
            reading = cursors.get_cursor(connection, install.install_id, "backfill")
            wake = worklist.get_wake(connection, install.install_id)
            signs = health.read_health(connection, install.install_id)
            has_work = install.install_id in worklist.installs_with_work(connection, datetime.now(UTC))
            waiting = connection.execute(
                sa.select(sa.func.count()).where(dirty_leads.c.install_id == install.install_id)
            ).scalar_one()
        is_read = reading is not None and reading.finished_at is not None
        return Standing(
            read=reading.done if reading is not None else 0,
            total=reading.total if reading is not None else None,
            is_read=is_read,
            waiting=waiting,
            pending_writes=signs.pending_writes,
            is_idle=is_read and not has_work and not letters[InboxStatus.NEW] and not signs.pending_writes,
            trouble=install.status_reason or wake.last_error,
        )

    def ignored_events(self) -> int:
        """How many webhook events the app took no interest in."""
        with self._database.read() as connection:
            install = installs.find_install_by_account(connection, self._crm, self._account_id)
            return health.read_health(connection, install.install_id).count("events_ignored") if install else 0

    def said(self) -> dict[str, LeadSaid]:
        """What the app says of every lead that it holds."""
        found: dict[str, LeadSaid] = {}
        with self._database.read() as connection:
            install = installs.find_install_by_account(connection, self._crm, self._account_id)
            if install is None:
                return found
            install_id = install.install_id
            for batch in cases.iter_case_batches(connection, install_id, datetime.now(UTC), install.coverage):
                suggested = repairs.suggestions_of(connection, install_id, [case.lead.lead_id for case in batch])
                for case in batch:
                    lead_id = case.lead.lead_id
                    audit = findings.get_audit(connection, install_id, lead_id)
                    if audit is None:
                        continue
                    judged = None if audit.truth is None else audit.truth.judgement
                    current = findings.list_findings(connection, install_id, lead_id, only_current=True)
                    by_outcome: dict[Outcome, dict[str, str]] = defaultdict(dict)
                    for each in current:
                        by_outcome[each.finding.outcome][each.finding.rule_id] = each.finding.reason
                    found[lead_id] = LeadSaid(
                        rules=frozenset(by_outcome[Outcome.BREACH]),
                        not_evaluated=frozenset(by_outcome[Outcome.NOT_EVALUATED]),
                        cause=audit.cause,
                        reasons=by_outcome[Outcome.BREACH],
                        truth="" if judged is None else judged.verdict.value,
                        lead_class=_class_in(judged),
                        fields=field_values(
                            quality=audit.quality,
                            handling=audit.handling,
                            verdict=audit.verdict.value,
                            follow_up_status=audit.follow_up_status.value,
                            note=audit.note,
                            suggested_repair=suggested.get(lead_id, ""),
                        ),
                    )
        return found

    def people(self) -> dict[str, frozenset[str]]:
        """The rules that persons broke over the last weeks, by owner id; who broke none is not named."""
        found: dict[str, set[str]] = defaultdict(set)
        with self._database.read() as connection:
            install = installs.find_install_by_account(connection, self._crm, self._account_id)
            for each in owner_findings_of(connection, install.install_id) if install else ():
                if each.finding.outcome is Outcome.BREACH:
                    found[each.finding.subject_id].add(each.finding.rule_id)
        return {owner_id: frozenset(rules) for owner_id, rules in found.items()}
