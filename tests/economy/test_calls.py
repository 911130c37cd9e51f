"""How many calls we really make, counted by the CRM's side, beside the fewest that its API lets us make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.catalog import CRMS
from connector.crm.economy import CallPlan, Load
from connector.jobs.backfill import backfill
from connector.jobs.context import take_lease
from connector.jobs.install_setup import set_up
from connector.sandbox.history import AccountHistory, Email
from tests.conftest import DatabaseUrls
from tests.sides import SIDES
from tests.sides.histories import UNTIL, make_history
from tests.sides.side import Call, Side
from tests.stack import Clock, Stack

SLACK = 1.2
"""We may make so many times the fewest calls, or tokens."""

KEPT = ("worked_by_the_book", "chatted", "called_us", "handed_over", "full_cadence_without_luck")
"""Scripts whose leads stay, and that have every kind of act among them."""


def load_of(history: AccountHistory) -> Load:
    """What there is to read of a history."""
    return Load(
        leads=len(history.leads),
        activities=sum(len(lead.acts) for lead in history.leads),
        mailed=sum(any(isinstance(act, Email) for act in lead.acts) for lead in history.leads),
        companies=sum(bool(lead.company) for lead in history.leads),
        deals=sum(lead.converted_at is not None for lead in history.leads),
    )


def within(made: list[Call], least: CallPlan) -> None:
    """Hold what was made against the fewest that are possible; the message tells what was called."""
    tally = Counter(f"{call.method} {_shape(call.path)}" for call in made)
    told = f"{len(made)} calls, {least.calls} are possible\n{least.lines}\n{tally.most_common()}"
    assert all(call.status < 300 for call in made), told
    assert len(made) <= SLACK * least.calls, told
    if least.tokens:
        tokens = sum(call.tokens for call in made)
        assert tokens <= SLACK * least.tokens, f"{tokens} tokens, {least.tokens} are possible; {told}"


def _shape(path: str) -> str:
    parts = [
        "{id}" if any(letter.isdigit() for letter in part) and "-" not in part else part for part in path.split("/")
    ]
    return "/".join(parts)


def data_calls(side: Side) -> list[Call]:
    return [call for call in side.calls() if not call.is_oauth]


@pytest.fixture
def clock() -> Clock:
    return Clock(UNTIL)


@pytest.fixture(params=sorted(CRMS))
def stack(request: pytest.FixtureRequest, sqlite_urls: DatabaseUrls, tmp_path: Path, clock: Clock) -> Iterator[Stack]:
    side = SIDES[request.param]()
    with Stack(tmp_path, sqlite_urls.database_url, sqlite_urls.inbox_url, clock=clock, side=side) as made:
        yield made


@pytest.mark.parametrize(
    ("leads", "scripts"),
    [(200, KEPT), (150, ("never_answered",)), (420, KEPT[:3]), (120, ("sold", "only_written_to", "never_answered"))],
)
def test_a_back_fill_costs_hardly_more_than_it_must(stack: Stack, leads: int, scripts: tuple[str, ...]) -> None:
    side = stack.side
    history = make_history(seed=leads, leads=leads, names=scripts)
    side.load(side.account, history)
    install = stack.install()
    economy = CRMS[side.crm].economy
    side.forget_calls()
    lease = take_lease(stack.context, install.install_id, "test")
    adapter = stack.context.adapter_for(install)
    set_up(lease, adapter)
    within(data_calls(side), economy.set_up())
    side.forget_calls()
    adapter = stack.context.adapter_for(lease.install())
    while backfill(lease, adapter):
        continue
    within(data_calls(side), economy.backfill(load_of(history)))


def test_a_new_lead_costs_hardly_more_than_it_must(stack: Stack, clock: Clock) -> None:
    side, economy = stack.side, CRMS[stack.side.crm].economy
    clock.now = datetime.now(UTC)
    install = stack.install()
    stack.settle(install)
    side.forget_calls()
    lead_id = side.create_lead(side.account, first_name="Änne", last_name="Groß", email="aenne@gross.example")
    clock.forward(seconds=5)
    stack.settle(install)
    assert stack.fields(lead_id)["leadassay_audit_note"]
    within(data_calls(side), economy.new_lead(0))
