"""What a lead costs under one version of a contract, in minor units of its currency."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from audits.contracts.calendar import SpanCalendar
from audits.contracts.shares import ShareOf
from audits.contracts.steps import Taken
from audits.model.contract import Contract, Overage, PriceModel, TierMode
from audits.model.delivery import Delivery, HandlingFact


def ordered_of(contract: Contract) -> int | None:
    """How many leads were ordered in each span of the volume: an order below the least one counts as that."""
    ordered = contract.volume.ordered
    return None if ordered is None else max(ordered, contract.pricing.min_order or 0)


def is_worked(delivery: Delivery, until: datetime, as_of: datetime) -> bool | None:
    """Whether the buyer did anything with the lead by `until` (aware UTC), itself included. None: not known, or still
    open."""
    handling = delivery.handling
    acts = [each.at for each in handling.tries]
    acts += [
        each for each in (handling.contacted_at, handling.quote_started_at, handling.disposed_at) if each is not None
    ]
    if any(act <= until and act <= as_of for act in acts):
        return True
    # Where only the first attempt is shown, none came before it.
    return None if as_of <= until or handling.unknown - {HandlingFact.LATER_ATTEMPTS} else False


def unit_price(contract: Contract) -> Callable[[Delivery, datetime], int | None]:
    """What a lead costs, as of an instant, before anything is counted: of tiers the first one. None: not known."""
    pricing = contract.pricing
    listed = None if pricing.price is None else contract.minor(pricing.price)
    by_value = {value.strip().casefold(): contract.minor(price) for value, price in pricing.prices.items()}
    share = None if pricing.percent is None else ShareOf(pricing.percent, contract.rounding)
    if pricing.model is PriceModel.TIER:
        listed = contract.minor(pricing.tiers[0].price)

    def of_value(delivery: Delivery, _: datetime) -> int | None:
        return by_value.get(delivery.fields.get(pricing.field, "").strip().casefold(), listed)

    def of_revenue(delivery: Delivery, as_of: datetime) -> int | None:
        is_later = delivery.converted_at is not None and delivery.converted_at > as_of
        return None if share is None or delivery.revenue is None or is_later else share(delivery.revenue)

    if pricing.model is PriceModel.BY_GEO:
        return of_value
    return of_revenue if pricing.model is PriceModel.REV_SHARE else lambda _, __: listed


class Prices:
    """Prices of the leads of one version, asked in the order of delivery. Where `is_counted_first`, each lead is
    given to `count` before the first one is priced. `same`: the price of every lead that replaces none; None = it
    depends on the lead."""

    def __init__(self, contract: Contract, calendar: SpanCalendar) -> None:
        pricing = contract.pricing
        is_tiered = pricing.model is PriceModel.TIER
        self.is_counted_first = is_tiered and pricing.tier_mode is TierMode.ALL
        self._zone = contract.zone
        self._unit_price = unit_price(contract)
        self._tier_span = calendar.numbering(pricing.per) if is_tiered else None
        self._tier_starts = [tier.from_n for tier in pricing.tiers]
        self._tier_prices = [contract.minor(tier.price) for tier in pricing.tiers]
        self._totals: Counter[int] = Counter()
        self._priced: Counter[int] = Counter()
        self._overage = pricing.overage
        self._ordered = ordered_of(contract)
        self._order_span = calendar.numbering(contract.volume.per)
        self._came: Counter[int] = Counter()
        self._over = ShareOf(
            Decimal(100) if pricing.overage is None else pricing.overage.price_pct, contract.rounding
        )
        is_same = pricing.model is PriceModel.FLAT and (self._overage is None or self._ordered is None)
        self.same = contract.minor(pricing.price) if is_same and pricing.price is not None else None

    def count(self, taken: Taken, is_out: bool) -> None:
        """Take the lead into the number that says which tier was reached."""
        if self._tier_span is not None and not is_out and not taken.delivery.replaces:
            self._totals[self._tier_span(taken.counts_at)] += 1

    def price_of(self, taken: Taken, is_out: bool, as_of: datetime) -> int | None:
        """What the lead costs; of one that is out by itself, what it would have cost. None: not known yet."""
        if taken.delivery.replaces:
            return 0
        if self.same is not None:
            return self.same
        if self._tier_span is None:
            price = self._unit_price(taken.delivery, as_of)
        else:
            price = self._tier_price(self._tier_span(taken.counts_at), is_out)
        if self._overage is None or self._ordered is None:
            return price
        number = self._number_of(self._came, self._order_span(taken.counts_at), is_out)
        return price if number <= self._ordered else self._over_price(price, self._overage, taken.delivery, as_of)

    def _tier_price(self, span: int, is_out: bool) -> int:
        number = max(self._totals[span], 1) if self.is_counted_first else self._number_of(self._priced, span, is_out)
        return self._tier_prices[bisect_right(self._tier_starts, number) - 1]

    @staticmethod
    def _number_of(numbers: Counter[int], span: int, is_out: bool) -> int:
        # A lead that is out by itself has the price of its place, and leaves the place to the next one.
        number = numbers[span] + 1
        if not is_out:
            numbers[span] = number
        return number

    def _over_price(self, price: int | None, overage: Overage, delivery: Delivery, as_of: datetime) -> int | None:
        if overage.accept_within is not None:
            until = overage.accept_within.after(delivery.delivered_at, self._zone)
            is_accepted = is_worked(delivery, until, as_of)
            if not is_accepted:
                return None if is_accepted is None else 0
        return None if price is None else self._over(price)
