"""Deliveries taken in by their contracts, one by one in the order of delivery."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from audits.contracts.book import ContractBook
from audits.contracts.calendar import SpanCalendar
from audits.contracts.caps import Caps
from audits.contracts.charges import checks_of
from audits.contracts.duplicates import SeenDeliveries
from audits.contracts.steps import Charge, Taken
from audits.contracts.windows import opening
from audits.model.contract import Contract, Treatment
from audits.model.delivery import Delivery
from audits.model.quick import quick

_taken = quick(Taken)


class Intake:
    """Says of each delivery which version holds, when it counts, and what clauses of the delivery say of it.

    `take` is called in the order of (delivered_at, delivery_id). It keeps the persons of the deliveries that windows
    of duplicates still reach, and one counter a cap; nothing else grows. Where `is_foresight_needed`, each delivery
    is given to `foresee` before the first one is taken: a sale may say which of two leads is paid. Sales after
    `as_of` (aware UTC) are not known yet; None: all are.
    """

    def __init__(self, book: ContractBook, as_of: datetime | None = None) -> None:
        self._version_for = book.version_for
        self.seen = seen = SeenDeliveries(book.contracts, as_of)
        self._desks = {id(contract): _Desk(contract, seen) for contract in book.contracts}
        self._keep = seen.keep if seen.is_needed else None
        self.is_foresight_needed = seen.is_foresight_needed
        self.foresee = seen.foresee

    def take(self, delivery: Delivery) -> Taken | None:
        """The delivery under its contract. None: it is unmatched."""
        contract = self._version_for(delivery)
        if contract is None:
            taken = None
        else:
            desk = self._desks[id(contract)]
            if desk.is_plain:
                taken = _taken(delivery=delivery, contract=contract, counts_at=delivery.delivered_at)
            else:
                taken = desk.take(delivery)
        if self._keep is not None:
            self._keep(delivery)
        return taken


class _Desk:
    """What one version asks of each delivery."""

    def __init__(self, contract: Contract, seen: SeenDeliveries) -> None:
        self._contract = contract
        self._checks = tuple((each.check, each.is_out) for each in checks_of(contract, seen))
        self._opens = _opening(contract)
        caps = Caps(contract, SpanCalendar(contract.timezone, contract.cycle), self._opens)
        self._caps = caps if caps.is_needed else None
        self.is_plain = not self._checks and self._opens is None and self._caps is None

    def take(self, delivery: Delivery) -> Taken:
        at = delivery.delivered_at
        if self._opens is not None:
            at = self._opens(at)
        charges: list[Charge] | None = None
        for check, is_out in self._checks:
            charge = check(delivery)
            if charge is not None:
                if is_out and charge.ground.is_proven:
                    return _taken(delivery=delivery, contract=self._contract, counts_at=at, out=charge)
                if charges is None:
                    charges = []
                charges.append(charge)
        if self._caps is not None:
            at, out, over = self._caps.take(delivery, at)
            if out is not None:
                return _taken(delivery=delivery, contract=self._contract, counts_at=at, out=out)
            if over:
                charges = [*(charges or ()), *over]
        if charges is None:
            return _taken(delivery=delivery, contract=self._contract, counts_at=at)
        return _taken(delivery=delivery, contract=self._contract, counts_at=at, charges=tuple(charges))


def _opening(contract: Contract) -> Callable[[datetime], datetime] | None:
    """The function that says when the hours of delivery are open, from an instant on; None: they put nothing off."""
    terms = contract.delivery
    if terms.hours is None or terms.outside_hours is not Treatment.QUEUE:
        return None
    return opening(terms.hours, contract.timezone)
