"""Caps on what is delivered: so many leads, or so much money, in each span of the contract's calendar.

Of leads that are put off until there is room, none overtakes another: once one found no room in a span, no later one
is taken into it. So the instants at which leads count never run back, and one counter a cap is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from audits.contracts.calendar import SpanCalendar
from audits.contracts.evidence import charged
from audits.contracts.prices import unit_price
from audits.contracts.steps import Charge
from audits.model.contract import CapUnit, Contract, DeliveryCap, Per, Treatment
from audits.model.delivery import Delivery
from audits.model.reasons import ReasonCode
from audits.model.said import Count, Moment, Money, Term, Value, say

_PER_WORDS = {
    Per.HOUR: Term("hour"),
    Per.DAY: Term("day"),
    Per.WEEK: Term("week"),
    Per.MONTH: Term("month"),
    Per.CYCLE: Term("billing cycle"),
}
_FIRST = -(10**18)


class CapCounter:
    """What came under one cap so far. Asked in the order of delivery."""

    def __init__(self, contract: Contract, cap: DeliveryCap, place: str, spans: SpanCalendar) -> None:
        self._contract = contract
        self._cap = cap
        self._place = place
        self._spans = spans
        self._number_of = spans.numbering(cap.per)
        self.is_money = cap.unit is CapUnit.MONEY
        self.is_queue = cap.over_cap is Treatment.QUEUE
        self.is_out = cap.over_cap is Treatment.NOT_PAYABLE
        #: A share of a lead is none.
        self._limit = contract.minor(cap.limit) if self.is_money else int(cap.limit)
        self._number = _FIRST
        self._sum = 0

    def has_room(self, at: datetime, amount: int) -> bool:
        """Whether a lead that counts at `at` and adds `amount` stays within the limit."""
        number = self._number_of(at)
        if number > self._number:
            self._number, self._sum = number, 0
        return self._sum + amount <= self._limit

    def next_room(self, at: datetime, amount: int) -> datetime | None:
        """The instant from `at` on at which there is room. None: there never will be."""
        if self._number_of(at) < self._number:
            begin = self._spans.begin(self._number, self._cap.per)
            at = at if begin is None else max(begin, at)
        if self.has_room(at, amount):
            return at
        end = self._spans.end(self._number, self._cap.per)
        if end is None or amount > self._limit:
            return None
        self._number, self._sum = self._number_of(end), 0
        return end

    def add(self, amount: int) -> None:
        """Count a lead in the span that was asked for last."""
        self._sum += amount

    def charge(self, delivery: Delivery, at: datetime) -> Charge:
        """What the cap says of a lead that found no room."""
        cap = self._cap
        limit: Value = Money(self._limit, self._contract.currency) if self.is_money else Count(self._limit, "lead")
        if cap.per is Per.TOTAL:
            said = say("It came over the cap of {limit} in all.", limit=limit)
        else:
            said = say(
                "It came on {at}, over the cap of {limit} for each {span}.",
                at=Moment(at, self._contract.timezone),
                limit=limit,
                span=_PER_WORDS[cap.per],
            )
        return charged(delivery, cap, self._place, ReasonCode.OVER_CAP, said)


class Caps:
    """All caps of one version, in the order of the contract. `opens`: the instant at which leads that are put off by
    the hours of delivery count; None: no hours put any off."""

    def __init__(self, contract: Contract, spans: SpanCalendar, opens: Callable[[datetime], datetime] | None) -> None:
        self._opens = opens
        self._caps = tuple(
            CapCounter(contract, cap, f"volume.caps.{at}", spans)
            for at, cap in enumerate(contract.volume.caps)
            if cap.over_cap is not Treatment.PAY
            and (cap.over_cap is not Treatment.RETURNABLE or contract.returns is not None)
        )
        self._queues = tuple(cap for cap in self._caps if cap.is_queue)
        self._others = tuple(cap for cap in self._caps if not cap.is_queue)
        self._price = unit_price(contract) if any(cap.is_money for cap in self._caps) else None
        self.is_needed = bool(self._caps)

    def take(self, delivery: Delivery, at: datetime) -> tuple[datetime, Charge | None, tuple[Charge, ...]]:
        """When a delivery that would count at `at` does count, the charge that takes it out (it is then counted under
        no cap), and what else caps charge it with."""
        # A replacement costs nothing; what cannot be known yet uses up no money.
        price = 0 if self._price is None or delivery.replaces else self._price(delivery, at) or 0
        found: tuple[Charge, ...] = ()
        if self._queues:
            later = self._put_off(at, price)
            if isinstance(later, CapCounter):
                return at, later.charge(delivery, at), ()
            at = later
        for cap in self._others:
            if not cap.has_room(at, price if cap.is_money else 1):
                if cap.is_out:
                    return at, cap.charge(delivery, at), ()
                found += (cap.charge(delivery, at),)
        for cap in self._caps:
            cap.add(price if cap.is_money else 1)
        return at, None, found

    def _put_off(self, at: datetime, price: int) -> datetime | CapCounter:
        """When all that put leads off have room for it, or the one that never has."""
        while True:
            before = at
            for cap in self._queues:
                later = cap.next_room(at, price if cap.is_money else 1)
                if later is None:
                    return cap
                at = later
            if self._opens is not None:
                at = self._opens(at)
            if at == before:
                return at
