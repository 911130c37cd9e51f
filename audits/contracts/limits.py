"""Return caps and tolerance of one version of a contract: which creditable returns stand, and what stops the others.

The cap lets the first ones of its span and group pass, tolerance takes the last ones of its span. A return that was
settled stands whatever they say, and uses up a place of the cap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from audits.contracts.calendar import SpanCalendar
from audits.contracts.prices import ordered_of
from audits.contracts.shares import ShareOf
from audits.contracts.steps import Taken
from audits.model.contract import Base, CapKind, Contract, Duration, ReturnCap, Tolerance
from audits.model.delivery import Delivery
from audits.model.verdict import LeadState
from audits.model.zones import EPOCH

_Key = tuple[int, tuple[str, ...]]


@dataclass(slots=True)
class _Tally:
    """Leads of one span and group: those of the base, returns to be decided on and settled ones, and how many of the
    former were asked for already."""

    base: int = 0
    returns: int = 0
    settled: int = 0
    asked: int = 0


class Limits:
    """Asked in the order of delivery. First each lead is given to `count`, with whether it is out by itself, whether
    it is a creditable return that needs a claim, and whether that was settled; then each lead is given to `pass_by`,
    and each return that is not settled to `settle`. Where `is_counted_first` is false, `count` may be left out."""

    def __init__(self, contract: Contract, calendar: SpanCalendar) -> None:
        returns = contract.returns
        cap = None if returns is None else returns.cap
        tolerance = None if returns is None else returns.tolerance
        ordered = ordered_of(contract)
        self._rolling = _Rolling(contract, cap, ordered) if cap is not None and cap.over is not None else None
        spans = _cap_spans(cap, calendar, ordered) if cap is not None and self._rolling is None else None
        self._cap = spans
        self._tolerance = None if tolerance is None else _tolerance_spans(tolerance, calendar, ordered)
        self.is_counted_first = self._cap is not None or self._tolerance is not None
        self.is_there = self.is_counted_first or self._rolling is not None

    def count(self, taken: Taken, is_out: bool, is_return: bool, is_settled: bool) -> None:
        """Take the lead into its spans."""
        if self._cap is not None:
            self._cap.count(taken, is_out, is_return, is_settled)
        if self._tolerance is not None:
            self._tolerance.count(taken, is_out, is_return, is_settled)

    def pass_by(self, taken: Taken, is_out: bool, is_settled: bool) -> None:
        """The second time: the lead joins those against which a rolling cap holds this one and the next."""
        if self._rolling is not None:
            self._rolling.pass_by(taken, is_out, is_settled)

    def settle(self, taken: Taken) -> LeadState:
        """What becomes of a creditable return: RETURNABLE, WITHIN_TOLERANCE or BLOCKED_BY_CAP."""
        is_tolerated = self._tolerance is not None and self._tolerance.is_among_last(taken)
        is_let_through = True
        if self._cap is not None:
            is_let_through = self._cap.is_among_first(taken)
        elif self._rolling is not None:
            is_let_through = self._rolling.is_let_through(taken)
        if is_tolerated:
            return LeadState.WITHIN_TOLERANCE
        return LeadState.RETURNABLE if is_let_through else LeadState.BLOCKED_BY_CAP


@dataclass(slots=True)
class _Spans:
    """Leads by span and group. `allowance`: how many, of so many leads of the base."""

    number_of: Callable[[datetime], int]
    groups: tuple[str, ...]
    is_usable: bool
    allowance: Callable[[int], int]
    tallies: dict[_Key, _Tally] = field(default_factory=dict)

    def count(self, taken: Taken, is_out: bool, is_return: bool, is_settled: bool) -> None:
        tally = self._tally(taken)
        if not (is_out and self.is_usable):
            tally.base += 1
        if is_settled:
            tally.settled += 1
        elif is_return:
            tally.returns += 1

    def is_among_first(self, taken: Taken) -> bool:
        tally = self._tally(taken)
        tally.asked += 1
        return tally.asked <= self.allowance(tally.base) - tally.settled

    def is_among_last(self, taken: Taken) -> bool:
        tally = self._tally(taken)
        tally.asked += 1
        return tally.asked > tally.returns - self.allowance(tally.base)

    def _tally(self, taken: Taken) -> _Tally:
        key = (self.number_of(taken.counts_at), group_of(taken.delivery, self.groups))
        tally = self.tallies.get(key)
        if tally is None:
            tally = self.tallies[key] = _Tally()
        return tally


def group_of(delivery: Delivery, fields: tuple[str, ...]) -> tuple[str, ...]:
    """What the lead says in `fields`, without regard to case; a field that did not come is an empty text."""
    return tuple(delivery.fields.get(name, "").strip().casefold() for name in fields) if fields else ()


def _cap_spans(cap: ReturnCap, calendar: SpanCalendar, ordered: int | None) -> _Spans:
    if cap.kind is CapKind.FIXED:
        most = ShareOf(cap.value * 100, cap.rounding)(1)
        allowance: Callable[[int], int] = lambda _: most  # noqa: E731
    else:
        allowance = _allowance(ShareOf(cap.value, cap.rounding), cap.base, ordered)
    return _Spans(calendar.numbering(cap.per), cap.group_by, cap.base is Base.USABLE, allowance)


def _tolerance_spans(tolerance: Tolerance, calendar: SpanCalendar, ordered: int | None) -> _Spans:
    allowance = _allowance(ShareOf(tolerance.percent, tolerance.rounding), tolerance.base, ordered)
    return _Spans(calendar.numbering(tolerance.per), (), tolerance.base is Base.USABLE, allowance)


def _allowance(share: ShareOf, base: Base, ordered: int | None) -> Callable[[int], int]:
    if base is not Base.ORDERED or ordered is None:
        return share
    fixed = share(ordered)
    return lambda _: fixed


@dataclass(slots=True)
class _Group:
    """Leads that came within the span: when each drops out of it, and when each return that stood does."""

    leads: deque[datetime] = field(default_factory=deque)
    passed: deque[datetime] = field(default_factory=deque)


class _Rolling:
    """A share of what came within the span before a lead, itself included."""

    def __init__(self, contract: Contract, cap: ReturnCap, ordered: int | None) -> None:
        self._zone = contract.zone
        self._over = cap.over or Duration()
        self._by = cap.group_by
        self._is_usable = cap.base is Base.USABLE
        self._allowance = _allowance(ShareOf(cap.value, cap.rounding), cap.base, ordered)
        self._groups: dict[tuple[str, ...], _Group] = {}
        self._ends_at = EPOCH

    def pass_by(self, taken: Taken, is_out: bool, is_settled: bool) -> None:
        group = self._group(taken)
        ends_at = self._over.after(taken.counts_at, self._zone)
        # When clocks are set forward, a later lead could drop out of the span before an earlier one.
        self._ends_at = max(ends_at, self._ends_at)
        if not (is_out and self._is_usable):
            group.leads.append(self._ends_at)
        if is_settled:
            group.passed.append(self._ends_at)

    def is_let_through(self, taken: Taken) -> bool:
        group = self._group(taken)
        if len(group.passed) >= self._allowance(len(group.leads)):
            return False
        group.passed.append(self._ends_at)
        return True

    def _group(self, taken: Taken) -> _Group:
        group = self._groups.setdefault(group_of(taken.delivery, self._by), _Group())
        for ends in (group.leads, group.passed):
            while ends and ends[0] <= taken.counts_at:
                ends.popleft()
        return group
