"""Once a day what is usual is learned from the account's own rows, and whom it concerns is judged again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from audits.model.activity import StageChange
from audits.model.lead import LeadStatus
from audits.norms import Norms
from connector.jobs import backfill, learn_norms
from connector.jobs.context import JobContext, Lease, take_lease
from connector.storage import cursors, norms, policies, timeline, worklist
from tests.factories import NOW, at, make_activity, make_deal, make_install, make_lead, make_record
from tests.stack import Stack

BERLIN = ZoneInfo("Europe/Berlin")


class Account:
    """An account whose clock the test sets."""

    def __init__(self, stack: Stack) -> None:
        self.now = NOW
        self.context: JobContext = replace(stack.context, clock=lambda: self.now)
        with self.context.database.write() as conn:
            self.install_id = make_install(conn, zone="Europe/Berlin").install_id
            policies.put_policy(conn, self.install_id, policies.default_policy("Europe/Berlin"), at(days=-100))
            cursors.start_cursor(conn, self.install_id, backfill.NAME, at(days=-1))

    def lease(self) -> Lease:
        return take_lease(self.context, self.install_id, "test")

    def learn(self) -> bool:
        return learn_norms.learn_norms(self.lease())

    def finish_backfill(self) -> None:
        with self.context.database.write() as conn:
            cursors.put_cursor(
                conn, self.install_id, backfill.NAME, cursor=None, done=1, total=1, at=self.now, is_finished=True
            )

    def store(self, *records: object) -> None:
        with self.context.database.write() as conn:
            timeline.store_records(conn, self.install_id, records, self.now)
            worklist.mark_audited(
                conn,
                self.install_id,
                worklist.marks_of(conn, self.install_id, [f"lead-{n:02}" for n in range(99)] + ["open"], self.now),
            )

    def norms(self) -> Norms:
        with self.context.database.read() as conn:
            return norms.norms_at(conn, self.install_id, self.now)

    def due(self) -> list[str]:
        with self.context.database.read() as conn:
            return worklist.due_leads(conn, self.install_id, self.now, 100)


@pytest.fixture
def account(stack: Stack) -> Account:
    return Account(stack)


def local(day: int, hour: int) -> datetime:
    return datetime(2026, 2, day, hour, tzinfo=BERLIN).astimezone(UTC)


def worked(number: int):
    """A lead that stood in New from Monday 9:00 for `number` hours of work, and whose deal was won after `number`
    days, with one call after a quarter of them."""
    lead_id, days = f"lead-{number:02}", timedelta(days=number)
    left_at = local(2 + (number - 1) // 9, 9 + (number - 1) % 9 + 1)
    lead = make_lead(
        lead_id, received_at=local(2, 9), recorded_at=local(2, 9), pipeline="web", stage="Won", status=LeadStatus.WON
    )
    deal = make_deal(
        f"deal-{number:02}", lead_id, status=LeadStatus.WON, created_at=local(2, 9), closed_at=local(2, 9) + days
    )
    return make_record(
        lead,
        deals=[deal],
        activities=[make_activity(f"call-{number}", lead_id, occurred_at=local(2, 9) + days / 4)],
        stage_changes=[
            StageChange(lead_id=lead_id, occurred_at=at_, field="stage", raw_status=stage)
            for at_, stage in ((local(2, 9), "New"), (left_at, "Won"))
        ],
    )


def still_open():
    return make_record(
        make_lead("open", pipeline="web", stage="New", stage_since=at(days=-2), received_at=at(days=-3)),
        deals=[make_deal("deal-open", "open", created_at=at(days=-1))],
    )


def test_what_is_usual_is_learned_and_whom_it_concerns_is_judged_again(account: Account) -> None:
    account.store(*(worked(number) for number in range(1, 21)), still_open())
    account.finish_backfill()
    assert account.due() == []
    assert account.learn()
    learned = account.norms()
    stage = {norm.segment: norm for norm in learned.stage_norms if norm.stage == "New"}
    assert set(stage) == {"", "web form"}
    assert (stage[""].n, stage[""].quantile_s) == (20, 16 * 3600)
    (deal,) = learned.deal_norms
    # Alone 80 % were won by day 16. With the open deal of one day, 20/21 are left after the first win, and 19 are
    # watched on: 20/21 * 3/19 is the first share of at most 20 %.
    assert (deal.n_won, deal.n_open, deal.won_age_s) == (20, 1, 17 * 86_400)
    # The longest wait is from the call, after a quarter of the deal's life, to its end.
    assert (deal.n_gaps, deal.touch_gap_s) == (20, 16 * 86_400 * 3 // 4)
    assert account.due() == ["open"]


def test_it_is_learned_once_a_day_and_only_after_news(account: Account) -> None:
    account.store(*(worked(number) for number in range(1, 21)))
    assert not account.learn(), "the past is not read yet"
    account.finish_backfill()
    assert account.learn()
    first = account.norms()
    assert first.norms_id
    account.now += timedelta(hours=23)
    account.store(*(worked(number) for number in range(21, 31)), still_open())
    assert not account.learn()
    account.now += timedelta(hours=1)
    assert account.learn()
    assert account.norms().norms_id != first.norms_id
    assert account.due() == ["open"]
    with account.context.database.read() as conn:
        assert norms.norms_at(conn, account.install_id, NOW) == first, "an audit of yesterday sees what held then"
    account.now += timedelta(days=2)
    assert not account.learn(), "nothing was read since"


def test_equal_figures_judge_nobody_again(account: Account) -> None:
    account.store(*(worked(number) for number in range(1, 21)), still_open())
    account.finish_backfill()
    assert account.learn()
    with account.context.database.write() as conn:
        worklist.mark_audited(
            conn, account.install_id, worklist.marks_of(conn, account.install_id, ["open"], account.now)
        )
    account.now += timedelta(days=1)
    account.store(worked(1))
    assert account.learn()
    assert account.due() == []


def test_without_rows_nothing_is_learned(account: Account) -> None:
    account.finish_backfill()
    assert not account.learn()
    account.store(make_record(make_lead("open", received_at=at(days=-3))))
    assert account.learn()
    assert account.norms() == Norms()
