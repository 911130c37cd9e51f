"""What is owed to one vendor for one period, added up verdict by verdict: nothing of a single lead is kept."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from audits.contracts.book import ContractBook
from audits.contracts.calendar import SpanCalendar
from audits.contracts.invoice_result import InvoiceMatch
from audits.contracts.prices import ordered_of
from audits.model.contract import Contract, Per, PriceModel, Shortfall
from audits.model.delivery import Delivery
from audits.model.reasons import ReasonCode
from audits.model.verdict import VERDICT_VERSION, LeadState, LeadVerdict, digest_of

#: Raised when the same verdicts would add up to another statement.
STATEMENT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the contract's zone, both included. None: with no beginning, or no end."""

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.first is not None and self.last is not None and self.last < self.first:
            raise ValueError(f"the period ends on {self.last}, before it begins on {self.first}")


@dataclass(slots=True)
class Sum:
    """So many leads and minor units; `unknown`: how many of them have an amount that is not known."""

    count: int = 0
    money: int = 0
    unknown: int = 0

    def add(self, money: int | None) -> None:
        """One more lead."""
        self.count += 1
        if money is None:
            self.unknown += 1
        else:
            self.money += money

    @property
    def is_at_least(self) -> bool:
        """Whether the money is only the part that is known."""
        return self.unknown > 0

    def to_json(self) -> dict[str, object]:
        """As JSON values; money in minor units."""
        return {"count": self.count, "money": self.money, "unknown": self.unknown, "is_at_least": self.is_at_least}


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeLine:
    """What was ordered for one span, from `begins_at` to `ends_at` (aware UTC; None = no end), and what came of it.

    `missing`: leads that never came, once the span has ended. Of them `to_refund`, with their money (minor units,
    None = not known), are paid back where the order was paid in advance, and `to_redeliver` are to come later; the
    amount due holds delivered leads alone. `over`: those beyond the order, and what is owed for them, which is part
    of the amount due.
    """

    contract: str
    contract_version: int
    begins_at: datetime
    ends_at: datetime | None
    ordered: int
    came: int
    missing: int
    to_refund: int
    refund: int | None
    to_redeliver: int
    over: Sum

    def to_json(self) -> dict[str, object]:
        """As JSON values; instants in ISO 8601, UTC."""
        return {
            "contract": self.contract,
            "contract_version": self.contract_version,
            "begins_at": self.begins_at.isoformat(),
            "ends_at": None if self.ends_at is None else self.ends_at.isoformat(),
            "ordered": self.ordered,
            "came": self.came,
            "missing": self.missing,
            "to_refund": self.to_refund,
            "refund": self.refund,
            "to_redeliver": self.to_redeliver,
            "over": self.over.to_json(),
        }


@dataclass(slots=True)
class _Order:
    """What one version ordered, and what came of it by span: leads, those beyond the order, and their amounts."""

    contract: Contract
    calendar: SpanCalendar
    ordered: int
    came: Counter[int] = field(default_factory=Counter)
    over: dict[int, Sum] = field(default_factory=dict)

    def take(self, verdict: LeadVerdict, at: datetime) -> None:
        is_out = verdict.state is LeadState.RETURNABLE and not verdict.is_claim_needed
        if is_out or verdict.replaces:
            return
        span = self.calendar.number(at, self.contract.volume.per)
        self.came[span] += 1
        if self.came[span] > self.ordered:
            self.over.setdefault(span, Sum()).add(verdict.amount)


class Statement:
    """What one vendor is owed for one period, in one currency, as of an instant.

    Each verdict of `judge_all` is given to `take`, each unmatched delivery to `take_unmatched`, in order. Leads that
    count before or after the period are not in it, but are needed to know what came of an order. Memory grows with
    spans, reasons and versions, not with leads. `billed`: what the vendor's invoices say (minor units); None = none.
    `match`: what came of holding them against the verdicts, set by `take_match`.
    """

    def __init__(self, vendor: str, currency: str, book: ContractBook, period: Period, as_of: datetime) -> None:
        self.vendor = vendor
        self.currency = currency
        self.period = period
        self.as_of = as_of
        self.delivered = 0
        self.by_state = {state: Sum() for state in LeadState}
        self.returnable_by_reason: dict[ReasonCode | None, Sum] = {}
        self.neglected = Sum()
        self.due = Sum()
        self.owed = 0
        self.replacements_due = 0
        self.replacements_delivered = 0
        self.unmatched = 0
        self.billed: int | None = None
        self.match: InvoiceMatch | None = None
        self._hash = hashlib.sha256()
        self._contracts = {
            (each.contract, each.version): each
            for each in book.contracts
            if each.vendor == vendor and each.currency == currency
        }
        self._calendars = {place: SpanCalendar(each.timezone, each.cycle) for place, each in self._contracts.items()}
        self._bounds = {place: _bounds(period, calendar) for place, calendar in self._calendars.items()}
        self._unmatched_bounds = next(iter(self._bounds.values()), _bounds(period, SpanCalendar("UTC")))
        self._cited: set[tuple[str, int]] = set()
        self._orders: dict[tuple[str, int], _Order] = {}
        for place, contract in self._contracts.items():
            ordered = ordered_of(contract)
            if ordered is not None:
                self._orders[place] = _Order(contract, self._calendars[place], ordered)

    def take(self, verdict: LeadVerdict, digest: bytes | None = None) -> bool:
        """Add the verdict up; False: it is of another vendor, currency or period. `digest`: that of the verdict, if
        it is at hand. Raises ValueError when its contract is none of the book's."""
        if verdict.vendor != self.vendor or verdict.currency != self.currency:
            return False
        place = (verdict.contract, verdict.contract_version)
        bounds = self._bounds.get(place)
        if bounds is None:
            raise ValueError(f"delivery {verdict.delivery_id} is judged by {place[0]} version {place[1]}, not given")
        at = verdict.counts_at or verdict.delivered_at
        if self._orders and place in self._orders:
            self._orders[place].take(verdict, at)
        if (bounds[0] is not None and at < bounds[0]) or (bounds[1] is not None and at >= bounds[1]):
            return False
        self._cited.add(place)
        self._add(verdict)
        self._hash.update(digest_of(verdict.facts()) if digest is None else digest)
        return True

    def _add(self, verdict: LeadVerdict) -> None:
        amount = verdict.amount
        self.delivered += 1
        self.by_state[verdict.state].add(amount)
        self.due.add(amount)
        if amount != 0:
            self.owed += 1
        if verdict.replaces:
            self.replacements_delivered += 1
        if verdict.is_replacement_due:
            self.replacements_due += 1
        if verdict.state is LeadState.RETURNABLE:
            price = verdict.price
            credit = None if price is None or amount is None else price - amount
            self.returnable_by_reason.setdefault(verdict.code, Sum()).add(credit)
        elif verdict.state is LeadState.LOST_BY_NEGLECT:
            self.neglected.add(verdict.price)

    def take_unmatched(self, delivery: Delivery) -> bool:
        """Count a delivery that falls under no contract; False: it is of another vendor or period. Its day is told by
        the zone of the vendor's first contract, else in UTC."""
        if delivery.vendor != self.vendor:
            return False
        begin, end = self._unmatched_bounds
        at = delivery.delivered_at
        if (begin is not None and at < begin) or (end is not None and at >= end):
            return False
        self.unmatched += 1
        return True

    def take_match(self, match: InvoiceMatch) -> None:
        """The vendor's invoices were held against the verdicts of the period. Raises ValueError when that was done
        with other verdicts than those taken here."""
        if match.amount_due != self.amount_due or match.currency != self.currency:
            raise ValueError(f"the invoices were held against {match.amount_due}, and {self.amount_due} is due")
        self.match = match
        self.billed = match.billed

    @property
    def amount_due(self) -> int:
        """Minor units: the sum of what is owed for each lead, as far as it is known."""
        return self.due.money

    @property
    def is_at_least(self) -> bool:
        """Whether some amounts are not known yet, so that more than `amount_due` may be due."""
        return self.due.is_at_least

    @property
    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """The period as instants (aware UTC), by the zone of the vendor's first contract: from the first on, and
        before the second; None = open."""
        return self._unmatched_bounds

    @property
    def difference(self) -> int | None:
        """What was billed beyond the amount due (minor units; less than 0: too little). None: nothing was billed."""
        return None if self.billed is None else self.billed - self.amount_due

    @property
    def contracts(self) -> list[Contract]:
        """The versions by which leads of the period were judged, by contract and number."""
        return [self._contracts[place] for place in sorted(self._cited)]

    @property
    def verdicts_hash(self) -> str:
        """Hex SHA-256 over the digests of all verdicts of the period, in order."""
        return self._hash.hexdigest()

    def volume_lines(self) -> list[VolumeLine]:
        """Orders whose span ends in the period, where fewer or more leads came than were ordered."""
        return [
            line
            for place in sorted(self._orders)
            for line in _volume_lines(self._orders[place], self._bounds[place], self.as_of)
        ]

    def to_json(self) -> dict[str, object]:
        """All of it as JSON values: money in minor units, days in ISO 8601. `hash` is over all the rest but `as_of`:
        equal inputs and versions give an equal hash."""
        told = self._told()
        text = json.dumps(told, sort_keys=True, ensure_ascii=False)
        return told | {"as_of": self.as_of.isoformat(), "hash": hashlib.sha256(text.encode()).hexdigest()}

    def _told(self) -> dict[str, object]:
        by_state = {state.value: self.by_state[state].to_json() for state in LeadState}
        first, last = self.period.first, self.period.last
        by_reason = sorted(self.returnable_by_reason.items(), key=lambda each: each[0] or "")
        return {
            "statement_version": STATEMENT_VERSION,
            "verdict_version": VERDICT_VERSION,
            "vendor": self.vendor,
            "currency": self.currency,
            "period": {
                "first": None if first is None else first.isoformat(),
                "last": None if last is None else last.isoformat(),
            },
            "contracts": [
                {"contract": each.contract, "version": each.version, "digest": each.digest} for each in self.contracts
            ],
            "delivered": self.delivered,
            "by_state": by_state,
            "returnable_by_reason": [
                {"reason": None if code is None else code.value, **found.to_json()} for code, found in by_reason
            ],
            "neglected": self.neglected.to_json(),
            "owed": self.owed,
            "amount_due": self.amount_due,
            "unknown_amounts": self.due.unknown,
            "is_at_least": self.is_at_least,
            "replacements_due": self.replacements_due,
            "replacements_delivered": self.replacements_delivered,
            "volume": [line.to_json() for line in self.volume_lines()],
            "unmatched": self.unmatched,
            "billed": self.billed,
            "vendor_invoice": []
            if self.match is None
            else [
                {"kind": each.kind.value, "number": each.number, "billed": each.billed, "digest": each.digest}
                for each in self.match.invoices
            ],
            "difference": self.difference,
            "unmatched_lines": None if self.match is None else self.match.unmatched_lines,
            "verdicts_hash": self.verdicts_hash,
        }


def statements(
    book: ContractBook, verdicts: Iterable[LeadVerdict], period: Period, as_of: datetime
) -> dict[tuple[str, str], Statement]:
    """The statements of all vendors of the book, by vendor and currency."""
    places = sorted({(each.vendor, each.currency) for each in book.contracts})
    found = {place: Statement(*place, book, period, as_of) for place in places}
    for verdict in verdicts:
        found[verdict.vendor, verdict.currency].take(verdict)
    return found


def _bounds(period: Period, calendar: SpanCalendar) -> tuple[datetime | None, datetime | None]:
    return (
        None if period.first is None else calendar.midnight(period.first),
        None if period.last is None else calendar.midnight(period.last + timedelta(days=1)),
    )


def _is_within(at: datetime | None, bounds: tuple[datetime | None, datetime | None]) -> bool:
    """Whether a span that ends at `at` ends in the period; one without an end does so in every period."""
    begin, end = bounds
    return at is None or ((begin is None or at > begin) and (end is None or at <= end))


def _volume_lines(
    order: _Order, bounds: tuple[datetime | None, datetime | None], as_of: datetime
) -> list[VolumeLine]:
    spans = set(order.over) | set(_whole_spans(order, bounds, as_of))
    lines = [_volume_line(order, span, as_of) for span in sorted(spans) if _is_within(_end(order, span), bounds)]
    return [line for line in lines if line.missing or line.over.count]


def _end(order: _Order, span: int) -> datetime | None:
    last = order.contract.valid_to
    stop = None if last is None else order.calendar.midnight(last + timedelta(days=1))
    return stop if order.contract.volume.per is Per.TOTAL else order.calendar.end(span, order.contract.volume.per)


def _whole_spans(order: _Order, bounds: tuple[datetime | None, datetime | None], as_of: datetime) -> Iterator[int]:
    """Spans during all of which the version was in force and that have ended, from the beginning of the period."""
    contract, calendar, per = order.contract, order.calendar, order.contract.volume.per
    at = valid_from = calendar.midnight(contract.valid_from)
    if bounds[0] is not None:
        at = max(at, bounds[0])
    stop = (
        as_of if contract.valid_to is None else min(as_of, calendar.midnight(contract.valid_to + timedelta(days=1)))
    )
    stop = stop if bounds[1] is None else min(stop, bounds[1])
    while at < stop:
        span = calendar.number(at, per)
        begin, end = calendar.begin(span, per), _end(order, span)
        if end is None or end > stop:
            return
        if begin is None or begin >= valid_from:
            yield span
        at = end


def _volume_line(order: _Order, span: int, as_of: datetime) -> VolumeLine:
    contract, calendar, per = order.contract, order.calendar, order.contract.volume.per
    begin, end = calendar.begin(span, per), _end(order, span)
    begin = calendar.midnight(contract.valid_from) if begin is None else begin
    is_whole = end is not None and end <= as_of and begin >= calendar.midnight(contract.valid_from)
    came = order.came[span]
    missing = max(order.ordered - came, 0) if is_whole else 0
    over = order.over.get(span, Sum())
    shortfall = contract.volume.shortfall or Shortfall()
    price = contract.pricing.price if contract.pricing.model is PriceModel.FLAT else None
    is_refunded = shortfall.refund_below is not None and 0 < missing < shortfall.refund_below
    is_redelivered = shortfall.redeliver_from is not None and missing >= shortfall.redeliver_from
    return VolumeLine(
        contract=contract.contract,
        contract_version=contract.version,
        begins_at=begin,
        ends_at=end,
        ordered=order.ordered,
        came=came,
        missing=missing,
        to_refund=missing if is_refunded else 0,
        refund=None if price is None else contract.minor(price) * missing * is_refunded,
        to_redeliver=missing if is_redelivered else 0,
        over=over,
    )
