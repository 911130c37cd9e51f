"""Deals as a head of sales looks at them: how long open ones have stood, which belong to nobody known, and each
manager's part. From plain rows, so that any table of deals can be asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audits.model.lead import LeadStatus
from audits.statistics.medians import SpanSummary, span_summary
from audits.statistics.shares import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRow:
    """One deal. Times are aware UTC, money is minor units of one currency.

    `owner_id` "" = nobody. `account_id`: the customer's record, None = none is linked. `since`: from when the deal
    stands in its stage, or was begun; None = not known.
    """

    deal_id: str
    stage: str
    status: LeadStatus
    owner_id: str = ""
    account_id: str | None = None
    since: datetime | None = None
    closed_at: datetime | None = None
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class StageAge:
    """Open deals of one stage. `undated`: those of which it is not known since when they stand there; `wall`: how
    long the others have, in wall seconds."""

    stage: str
    n: int
    undated: int
    wall: SpanSummary

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {"stage": self.stage, "n": self.n, "undated": self.undated, "wall": self.wall.to_json()}


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Open deals without a customer's record: how many of all, and their ids in order."""

    share: Share
    deal_ids: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {**self.share.to_json(), "deal_ids": list(self.deal_ids)}


@dataclass(frozen=True, slots=True)
class ManagerDeals:
    """The deals of one manager's people; "" = of people without a manager. `won`: of those that were won or lost.
    `won_minor`: what was won; `cycle_wall`: wall seconds from the beginning of a won deal to its end."""

    manager: str
    people: int
    open: int
    open_unlinked: int
    won: Share
    won_minor: int
    cycle_wall: SpanSummary

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            "manager": self.manager,
            "people": self.people,
            "open": self.open,
            "open_unlinked": self.open_unlinked,
            "won": self.won.to_json(),
            "won_minor": self.won_minor,
            "cycle_wall": self.cycle_wall.to_json(),
        }


def stage_ageing(deals: Iterable[DealRow], as_of: datetime) -> tuple[StageAge, ...]:
    """How long the open deals of each stage have stood at `as_of`, by stage; one that begins later is undated."""
    by_stage: defaultdict[str, list[DealRow]] = defaultdict(list)
    for deal in deals:
        if deal.status is LeadStatus.OPEN:
            by_stage[deal.stage].append(deal)
    found = []
    for stage, rows in sorted(by_stage.items()):
        ages = [int((as_of - deal.since).total_seconds()) for deal in rows if deal.since and deal.since <= as_of]
        found.append(StageAge(stage, len(rows), len(rows) - len(ages), _summary(ages)))
    return tuple(found)


def without_account(deals: Iterable[DealRow]) -> Unlinked:
    """The open deals that are linked to no customer's record."""
    rows = [deal for deal in deals if deal.status is LeadStatus.OPEN]
    ids = sorted(deal.deal_id for deal in rows if not deal.account_id)
    return Unlinked(Share(len(ids), len(rows)), tuple(ids))


def by_manager(deals: Iterable[DealRow], manager_of: Mapping[str, str]) -> tuple[ManagerDeals, ...]:
    """The deals rolled up by who manages their owners. `manager_of`: owner id → manager."""
    rows: defaultdict[str, list[DealRow]] = defaultdict(list)
    people: defaultdict[str, set[str]] = defaultdict(set)
    for owner_id, manager in manager_of.items():
        people[manager].add(owner_id)
    for deal in deals:
        manager = manager_of.get(deal.owner_id, "")
        rows[manager].append(deal)
        if deal.owner_id:
            people[manager].add(deal.owner_id)
    return tuple(_of_manager(manager, len(people[manager]), rows[manager]) for manager in sorted({*rows, *people}))


def _of_manager(manager: str, people: int, rows: Sequence[DealRow]) -> ManagerDeals:
    is_open = [deal for deal in rows if deal.status is LeadStatus.OPEN]
    won = [deal for deal in rows if deal.status is LeadStatus.WON]
    lost = sum(deal.status is LeadStatus.LOST for deal in rows)
    cycles = [
        int((deal.closed_at - deal.since).total_seconds())
        for deal in won
        if deal.since is not None and deal.closed_at is not None and deal.since <= deal.closed_at
    ]
    return ManagerDeals(
        manager=manager,
        people=people,
        open=len(is_open),
        open_unlinked=sum(not deal.account_id for deal in is_open),
        won=Share(len(won), len(won) + lost),
        won_minor=sum(deal.amount_minor or 0 for deal in won),
        cycle_wall=_summary(cycles),
    )


def _summary(spans: Sequence[int]) -> SpanSummary:
    return span_summary(len(spans), sorted(spans))
