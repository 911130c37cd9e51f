"""Once a week the last four weeks of everybody are judged from the account's own rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from audits.model.finding import Finding, Outcome
from audits.model.lead import LeadStatus
from connector.crm.port import LeadRecord
from connector.jobs import audit_owners, backfill
from connector.jobs.context import take_lease
from connector.storage import cursors, policies, timeline
from connector.storage.owner_cases import owner_findings_of
from tests.factories import make_activity, make_install, make_lead, make_record
from tests.stack import Stack

BERLIN = ZoneInfo("Europe/Berlin")


def local(month: int, day: int, hour: float) -> datetime:
    return (datetime(2026, month, day, tzinfo=BERLIN) + timedelta(hours=hour)).astimezone(UTC)


#: A Wednesday; the weeks judged go from 9 February to 9 March.
NOW = local(3, 11, 13)


class Account:
    """An account whose past is read, with a clock that the test sets."""

    def __init__(self, stack: Stack) -> None:
        self.now = NOW
        self.context = replace(stack.context, clock=lambda: self.now)
        with self.context.database.write() as conn:
            self.install_id = make_install(conn, zone="Europe/Berlin").install_id
            policies.put_policy(conn, self.install_id, policies.default_policy("Europe/Berlin"), local(1, 1, 0))
            cursors.start_cursor(conn, self.install_id, backfill.NAME, local(3, 1, 0))

    def finish_backfill(self) -> None:
        with self.context.database.write() as conn:
            cursors.put_cursor(
                conn, self.install_id, backfill.NAME, cursor=None, done=1, total=1, at=self.now, is_finished=True
            )

    def store(self, *records: LeadRecord) -> None:
        with self.context.database.write() as conn:
            timeline.store_records(conn, self.install_id, records, self.now)

    def judge(self) -> bool:
        return audit_owners.audit_owners(take_lease(self.context, self.install_id, "test"))

    def said(self, *owner_ids: str) -> dict[str, Finding]:
        with self.context.database.read() as conn:
            found = owner_findings_of(conn, self.install_id, owner_ids or None)
        return {each.finding.subject_id: each.finding for each in found}


@pytest.fixture
def account(stack: Stack) -> Account:
    return Account(stack)


def calls(lead_id: str, owner_id: str, days: Sequence[int], per_day: int) -> list[object]:
    return [
        make_activity(
            f"{lead_id}-{owner_id}-{day}-{number}",
            lead_id,
            owner_id=owner_id,
            occurred_at=local(2, day, 10 + number / 4),
            recorded_at=local(2, day, 10 + number / 4),
        )
        for day in days
        for number in range(per_day)
    ]


def lead_of(lead_id: str, owner_id: str, received_at: datetime, *acts: object, **fields: object) -> LeadRecord:
    lead = make_lead(lead_id, owner_id=owner_id, received_at=received_at, **fields)
    return make_record(lead, activities=acts)  # type: ignore[arg-type]


def two_people() -> tuple[LeadRecord, ...]:
    """Both let a new lead wait from 16 February on. Olga calls a client of last year thirty times meanwhile, Paul
    thirty times people who came last week."""
    days = range(17, 20)
    return (
        lead_of("waits-1", "olga", local(2, 16, 10)),
        lead_of("waits-2", "paul", local(2, 16, 10)),
        lead_of(
            "client",
            "olga",
            local(1, 5, 10),
            *calls("client", "olga", days, 10),
            status=LeadStatus.WON,
            closed_at=local(1, 20, 10),
        ),
        lead_of("young", "paul", local(2, 12, 10), *calls("young", "paul", range(12, 20), 8)),
    )


def measures(finding: Finding) -> dict[str, object]:
    return {each.name: each.value for each in finding.measures}


def test_who_calls_old_clients_while_new_leads_wait_is_told_apart(account: Account) -> None:
    account.store(*two_people())
    assert not account.judge(), "the past is not read yet"
    account.finish_backfill()
    assert account.judge()
    said = account.said()
    assert {owner_id: (each.outcome, each.reason) for owner_id, each in said.items()} == {
        "olga": (Outcome.BREACH, "old_clients_favoured"),
        "paul": (Outcome.PASS, "shared_out"),
    }
    assert measures(said["olga"]) == {
        "attempts": 30,
        "attempts_while_waiting": 30,
        "of_these_on_old": 30,
        "overdue_leads": 1,
    }
    assert measures(said["paul"]) == {
        "attempts": 48 + 16,
        # His new lead waited from Monday the 16th at 10:30 on.
        "attempts_while_waiting": 6 + 24,
        "of_these_on_old": 0,
        "overdue_leads": 1,
    }
    assert said["olga"].as_of == local(3, 9, 0)
    assert [each.record_id for each in said["olga"].evidence if each.record_type == "lead"] == ["waits-1"]
    assert account.said("paul").keys() == {"paul"}
    assert account.said("nobody").keys() == set()


def test_it_is_judged_once_a_week(account: Account) -> None:
    account.store(*two_people())
    account.finish_backfill()
    assert account.judge()
    account.now = local(3, 15, 23.9)
    assert not account.judge()
    account.now = local(3, 16, 0)
    assert account.judge()
    said = account.said()
    assert said["olga"].as_of == local(3, 16, 0)
    # The weeks now begin on 16 February: Paul's calls of the week before are none of them.
    assert measures(said["paul"])["attempts"] == 4 * 8


def test_what_was_logged_after_the_period_was_not_known_in_it(account: Account) -> None:
    waits, *others = two_people()
    late = make_activity("late", "waits-1", occurred_at=local(2, 16, 10.1), recorded_at=NOW, owner_id="olga")
    account.store(replace(waits, activities=(late,)), *others)
    account.finish_backfill()
    account.judge()
    assert account.said()["olga"].reason == "old_clients_favoured"


def test_without_anybody_at_work_nobody_is_judged(account: Account) -> None:
    account.finish_backfill()
    assert account.judge()
    assert account.said() == {}
    assert not account.judge(), "an empty week is judged once, too"
