"""Prices, volume, delivery, filters, exclusivity and duplicates of one contract, held against one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from audits.contracts.problems import Problem, ProblemCode, error, warning
from audits.model.contract import (
    Against,
    CapUnit,
    Comparison,
    ConsentProof,
    Contract,
    DeliveryCap,
    Duration,
    DutyCode,
    ExclusivityKind,
    Filter,
    KeyField,
    OnUnknown,
    Operator,
    Per,
    PriceModel,
    Treatment,
    WhoIsPaid,
)
from audits.model.reasons import ReasonCode
from audits.model.said import Count, Listed, say

#: The most and the fewest of the shorter span that fit into the longer one; a day has 25 hours once a year.
_MOST: Final = {
    (Per.HOUR, Per.DAY): 25,
    (Per.HOUR, Per.WEEK): 169,
    (Per.HOUR, Per.MONTH): 745,
    (Per.DAY, Per.WEEK): 7,
    (Per.DAY, Per.MONTH): 31,
    # A month of 31 days touches six weeks at most.
    (Per.WEEK, Per.MONTH): 6,
}
#: Contact data of leads are seldom kept for longer.
_OLDEST_DAYS: Final = 3 * 366


def nominal_s(span: Duration) -> int:
    """Seconds, a day having 24 hours."""
    return span.days * 86_400 + span.seconds


def check_prices(contract: Contract) -> Iterator[Problem]:
    """The price model, its parts, overage and the least order."""
    pricing = contract.pricing
    own = {
        PriceModel.FLAT: {"price"},
        PriceModel.TIER: {"tiers"},
        PriceModel.BY_GEO: {"price", "field", "prices"},
        PriceModel.REV_SHARE: {"percent"},
    }[pricing.model]
    given = {
        "price": pricing.price is not None,
        "tiers": bool(pricing.tiers),
        "field": bool(pricing.field),
        "prices": bool(pricing.prices),
        "percent": pricing.percent is not None,
    }
    for name, is_given in given.items():
        if is_given and name not in own:
            yield warning(
                f"pricing.{name}",
                ProblemCode.PRICE_PART_UNUSED,
                say("A price by {model} does not use {name}.", model=pricing.model.value, name=name),
                say("Take it out, or choose the model that was meant."),
            )
    zero = [
        place
        for place, price in (
            ("pricing.price", pricing.price if pricing.model is PriceModel.FLAT else None),
            ("pricing.percent", pricing.percent if pricing.model is PriceModel.REV_SHARE else None),
        )
        if price == 0
    ]
    for place in zero:
        yield warning(
            place,
            ProblemCode.PRICE_ZERO,
            say("Every lead costs nothing."),
            say("Enter the price, or say in the words of the clause that leads are free."),
        )
    if pricing.model is PriceModel.REV_SHARE and pricing.percent is not None and pricing.percent > 100:
        yield error(
            "pricing.percent",
            ProblemCode.SHARE_OVER_100,
            say("The vendor's share of the revenue is more than the revenue."),
            say("Enter a share of at most 100."),
        )
    if pricing.model is PriceModel.BY_GEO:
        yield from _by_geo(contract)
    if pricing.model is PriceModel.TIER:
        yield from _tiers(contract)
    yield from _overage(contract)
    yield from _least_order(contract)


def _by_geo(contract: Contract) -> Iterator[Problem]:
    pricing = contract.pricing
    folded: dict[str, str] = {}
    for name in pricing.prices:
        first = folded.setdefault(name.strip().casefold(), name)
        if first != name:
            yield error(
                f"pricing.prices.{name}",
                ProblemCode.PRICE_TWICE,
                say("{first} and {second} are one value, with two prices.", first=first, second=name),
                say("Leave one of them."),
            )
    if pricing.price is not None:
        return
    allowed = _Allowed([each for each in contract.filters if each.field == pricing.field])
    unpriced = [value for value in allowed.shown or () if value.casefold() not in folded]
    if unpriced:
        yield error(
            "pricing.prices",
            ProblemCode.PRICE_MISSING,
            say("The filter lets {values} pass, which has no price.", values=Listed(tuple(unpriced))),
            say("Enter a price for it, or a general price for all others."),
        )
    elif allowed.shown is None:
        yield warning(
            "pricing.prices",
            ProblemCode.PRICE_MISSING,
            say("A lead without {field}, or with a value that is not listed, has no price.", field=pricing.field),
            say("Enter a general price for all others, or a filter that lets only these pass."),
        )


def _tiers(contract: Contract) -> Iterator[Problem]:
    pricing = contract.pricing
    most = _most_leads(contract, pricing.per)
    for index, tier in enumerate(pricing.tiers):
        if most is not None and tier.from_n > most:
            yield warning(
                f"pricing.tiers.{index}",
                ProblemCode.TIER_NEVER_REACHED,
                say("It begins with lead {n}, but the caps let at most {most} pass.", n=tier.from_n, most=most),
                say("Raise the cap, or take the tier out."),
            )


def _most_leads(contract: Contract, per: Per) -> int | None:
    """How many leads the caps let pass in one span; None = no end."""
    found = [
        most
        for cap in contract.volume.caps
        if cap.unit is CapUnit.LEADS and _holds_back(cap)
        for most in [_most_in(cap, per, contract.cycle)]
        if most is not None
    ]
    return min(found, default=None)


def _holds_back(cap: DeliveryCap) -> bool:
    """Whether what is over the cap does not count on; what is paid or returned does."""
    return cap.over_cap in (Treatment.NOT_PAYABLE, Treatment.QUEUE)


def _most_in(cap: DeliveryCap, per: Per, cycle: Per) -> int | None:
    short, long = (cycle if each is Per.CYCLE else each for each in (cap.per, per))
    if short is Per.TOTAL or short is long:
        return int(cap.limit)
    times = _MOST.get((short, long))
    return None if times is None else int(cap.limit) * times


def _overage(contract: Contract) -> Iterator[Problem]:
    overage, ordered = contract.pricing.overage, contract.volume.ordered
    if overage is None:
        return
    if ordered is None:
        yield error(
            "pricing.overage",
            ProblemCode.OVERAGE_WITHOUT_ORDERED,
            say("There is a price for leads beyond the order, but nothing is said of how many are ordered."),
            say("Enter volume.ordered, or take the overage out."),
        )
    else:
        most = _most_leads(contract, contract.volume.per)
        if most is not None and most <= ordered:
            yield warning(
                "pricing.overage",
                ProblemCode.OVERAGE_NEVER_REACHED,
                say("The caps let at most {most} leads pass, and {ordered} are ordered.", most=most, ordered=ordered),
                say("Raise the cap, or take the overage out."),
            )
    if overage.accept_within is not None:
        yield warning(
            "pricing.overage.accept_within",
            ProblemCode.CANNOT_BE_TESTED,
            say("Nothing in the CRM says whether you accepted leads beyond the order in time."),
            say("Agree that silence means no, and keep each acceptance in writing."),
        )


def _least_order(contract: Contract) -> Iterator[Problem]:
    least, ordered = contract.pricing.min_order, contract.volume.ordered
    if not least:
        return
    most = _most_leads(contract, contract.volume.per)
    if most is not None and least > most:
        yield error(
            "pricing.min_order",
            ProblemCode.MIN_ORDER_ABOVE_CAP,
            say("At least {least} leads must be bought, but the caps let {most} pass.", least=least, most=most),
            say("Raise the cap, or lower the least order."),
        )
    if ordered is not None and least > ordered:
        yield error(
            "pricing.min_order",
            ProblemCode.MIN_ORDER_ABOVE_ORDERED,
            say("At least {least} leads must be bought, but {ordered} are ordered.", least=least, ordered=ordered),
            say("Order as many as must be bought, or lower the least order."),
        )


def check_volume(contract: Contract) -> Iterator[Problem]:
    """What was ordered, caps and shortfall."""
    volume = contract.volume
    for index, cap in enumerate(volume.caps):
        yield from _cap(contract, cap, f"volume.caps.{index}")
        for other, earlier in enumerate(volume.caps[:index]):
            yield from _two_caps(contract, (other, earlier), (index, cap))
    if volume.ordered is not None:
        most = _most_leads(contract, volume.per)
        if most is not None and volume.ordered > most:
            yield error(
                "volume.ordered",
                ProblemCode.ORDERED_ABOVE_CAP,
                say("{n} leads are ordered, but the caps let at most {most} pass.", n=volume.ordered, most=most),
                say("Raise the cap, or order less."),
            )
    shortfall = volume.shortfall
    if shortfall is not None:
        below, start = shortfall.refund_below, shortfall.redeliver_from
        if volume.ordered is None:
            yield error(
                "volume.shortfall",
                ProblemCode.SHORTFALL_WITHOUT_ORDERED,
                say("Nobody knows what is missing where nothing is said of how many leads are ordered."),
                say("Enter volume.ordered, or take the shortfall out."),
            )
        if below is not None and start is not None and below > start:
            yield error(
                "volume.shortfall",
                ProblemCode.SHORTFALL_OVERLAPS,
                say(
                    "From {start} to {last} missing leads are both refunded and delivered.",
                    start=start,
                    last=below - 1,
                ),
                say("Let redeliver_from begin where refund_below ends."),
            )
        elif below is not None and start is not None and below < start:
            yield warning(
                "volume.shortfall",
                ProblemCode.SHORTFALL_GAP,
                say("Nothing is said of {first} to {last} missing leads.", first=below, last=start - 1),
                say("Let redeliver_from begin where refund_below ends."),
            )
    if volume.pause_notice is not None:
        yield warning(
            "volume.pause_notice",
            ProblemCode.CANNOT_BE_TESTED,
            say("Nothing in the CRM says when a pause was asked for."),
            say("Keep each notice with its time, and return what came after it with that as evidence."),
        )


def _cap(contract: Contract, cap: DeliveryCap, place: str) -> Iterator[Problem]:
    if cap.over_cap is Treatment.PAY:
        yield _no_effect(place, "pay")
        return
    yield from _treated(contract, place, cap.over_cap, {ReasonCode.OVER_CAP}, may_wait=True)
    if cap.limit == 0:
        yield error(
            place,
            ProblemCode.CAP_LETS_NOTHING_PASS,
            say("With a limit of 0 every lead is over the cap."),
            say("Enter the limit, or take the cap out."),
        )
        return
    if cap.unit is CapUnit.LEADS:
        if cap.limit != int(cap.limit):
            yield warning(
                place,
                ProblemCode.CAP_NOT_WHOLE,
                say("{limit} is no whole number of leads.", limit=str(cap.limit)),
                say("Enter a whole number."),
            )
        return
    price = _least_price(contract)
    if price is None:
        yield warning(
            place,
            ProblemCode.CANNOT_BE_TESTED,
            say("A cap in money needs the price at delivery, and a share of revenue is known only later."),
            say("Cap the number of leads instead."),
        )
    elif cap.limit < price:
        yield error(
            place,
            ProblemCode.MONEY_CAP_BELOW_PRICE,
            say(
                "The limit of {limit} is less than one lead costs ({price}).", limit=str(cap.limit), price=str(price)
            ),
            say("Raise the limit above the price of one lead."),
        )


def _least_price(contract: Contract) -> Decimal | None:
    pricing = contract.pricing
    prices: list[Decimal | None] = []
    if pricing.model in (PriceModel.FLAT, PriceModel.BY_GEO):
        prices.append(pricing.price)
    if pricing.model is PriceModel.BY_GEO:
        prices += pricing.prices.values()
    if pricing.model is PriceModel.TIER:
        prices += (tier.price for tier in pricing.tiers)
    return min((price for price in prices if price is not None), default=None)


def _two_caps(contract: Contract, one: tuple[int, DeliveryCap], other: tuple[int, DeliveryCap]) -> Iterator[Problem]:
    (first, a), (second, b) = one, other
    if a.unit is not b.unit:
        return
    if a.per is b.per:
        yield error(
            f"volume.caps.{second}",
            ProblemCode.CAP_TWICE,
            say(
                "There are two caps for one span, {a} and {b} per {per}.",
                a=str(a.limit),
                b=str(b.limit),
                per=a.per.value,
            ),
            say("Leave one of them."),
        )
        return
    for shorter, longer, place in ((a, b, second), (b, a, first)):
        most = _most_in(shorter, longer.per, contract.cycle) if _holds_back(shorter) else None
        if most is not None and 0 < most <= longer.limit:
            yield warning(
                f"volume.caps.{place}",
                ProblemCode.CAP_NEVER_REACHED,
                say(
                    "It is never reached: the cap per {per} lets at most {most} pass.",
                    per=shorter.per.value,
                    most=most,
                ),
                say("Lower it, or take it out."),
            )


def check_delivery(contract: Contract) -> Iterator[Problem]:
    """How leads are to come, and to how many buyers."""
    terms = contract.delivery
    if terms.business_time and contract.hours is None:
        yield error(
            "delivery.business_time",
            ProblemCode.BUSINESS_TIME_WITHOUT_HOURS,
            say("Business time is counted, but the contract has no hours."),
            say("Enter hours at the top of the contract."),
        )
    required = {name.casefold() for name in terms.required_fields}
    missing = {ReasonCode.PHONE_MISSING} if "phone" in required else set()
    missing |= {ReasonCode.MISSING_FIELD} if required - {"phone"} else set()
    listed = {each.code for each in contract.returns.reasons} if contract.returns is not None else set()
    is_stale = ReasonCode.STALE in listed and ReasonCode.LATE_DELIVERY not in listed
    late = {ReasonCode.STALE if is_stale else ReasonCode.LATE_DELIVERY}
    has_consent = terms.consent_proof is not ConsentProof.NONE
    parts = (
        ("outside_hours", terms.outside_hours, terms.hours is not None, {ReasonCode.OUTSIDE_HOURS}, "hours"),
        ("late", terms.late, terms.max_age is not None, late, "max_age"),
        ("missing_field", terms.missing_field, bool(required), missing, "required_fields"),
        ("no_consent", terms.no_consent, has_consent, {ReasonCode.NO_CONSENT}, "consent_proof"),
    )
    for name, treatment, is_given, codes, clause in parts:
        place = f"delivery.{name}"
        if not is_given:
            if name in terms.model_fields_set:
                yield warning(
                    place,
                    ProblemCode.WITHOUT_EFFECT,
                    say("It says what becomes of such leads, but {clause} is not given.", clause=clause),
                    say("Enter {clause}, or take the line out.", clause=clause),
                )
            continue
        yield from _treated(contract, f"delivery.{clause}", treatment, codes, may_wait=name == "outside_hours")
    yield from _exclusivity(contract)


def _treated(
    contract: Contract, place: str, treatment: Treatment, codes: set[ReasonCode], *, may_wait: bool = False
) -> Iterator[Problem]:
    """What a clause does with a lead that it does not want."""
    if treatment is Treatment.PAY:
        yield _no_effect(place, "pay")
    elif treatment is Treatment.QUEUE and not may_wait:
        yield error(
            place,
            ProblemCode.QUEUE_MENDS_NOTHING,
            say("Such a lead is to wait, but waiting does not mend it."),
            say("Say returnable or not_payable."),
        )
    elif treatment is Treatment.RETURNABLE and contract.returns is None:
        yield warning(
            place,
            ProblemCode.RETURNABLE_WITHOUT_RETURNS,
            say("Such a lead may be returned, but the contract knows no returns, so it is owed."),
            say("Enter returns, or say not_payable."),
        )
    elif treatment is Treatment.RETURNABLE:
        for code in sorted(codes & set(contract.not_creditable)):
            yield error(
                place,
                ProblemCode.CREDITABLE_AND_NOT,
                say("The clause lets a lead be returned for {code}, and not_creditable forbids it.", code=code.value),
                say("Take {code} out of not_creditable, or say pay.", code=code.value),
            )


def _no_effect(place: str, treatment: str) -> Problem:
    return warning(
        place,
        ProblemCode.WITHOUT_EFFECT,
        say("With {treatment} it has no effect: such a lead is owed like any other.", treatment=treatment),
        say("Say not_payable or returnable, or take the clause out."),
    )


def _exclusivity(contract: Contract) -> Iterator[Problem]:
    terms = contract.exclusivity
    is_exclusive = terms.kind is ExclusivityKind.EXCLUSIVE
    if is_exclusive and terms.max_sold is not None and terms.max_sold > 1:
        yield error(
            "exclusivity",
            ProblemCode.EXCLUSIVITY_DIFFERS,
            say("The lead is exclusive, and may be sold {n}.", n=Count(terms.max_sold, "time")),
            say("Say shared, or take max_sold out."),
        )
    elif not is_exclusive and terms.max_sold == 1:
        yield error(
            "exclusivity",
            ProblemCode.EXCLUSIVITY_DIFFERS,
            say("The lead is shared, and may be sold once only."),
            say("Say exclusive, or raise max_sold."),
        )
    elif is_exclusive or terms.max_sold is not None:
        yield warning(
            "exclusivity",
            ProblemCode.CANNOT_BE_TESTED,
            say("To how many buyers a lead was sold does not show in the CRM."),
            say("Send in seed leads of your own, and agree that they count as evidence."),
        )
    if terms.radius_km is not None:
        yield warning(
            "exclusivity.radius_km",
            ProblemCode.CANNOT_BE_TESTED,
            say("Which buyers sit within {n} km does not show in the CRM.", n=terms.radius_km),
            say("Have the vendor list the buyers of the area, or send in seed leads."),
        )


# Filters


class _Allowed:
    """What several comparisons of one field let pass together."""

    def __init__(self, comparisons: Sequence[Comparison]) -> None:
        self.low: Decimal | None = None
        self.high: Decimal | None = None
        self.shown: list[str] | None = None
        barred: set[str] = set()
        for each in comparisons:
            numbers = [_number(value) for value in each.value]
            if each.op in (Operator.IN, Operator.EQ):
                own = {_key(value) for value in each.value}
                self.shown = [value for value in self.shown or each.value if _key(value) in own]
            elif each.op is Operator.NOT_IN:
                barred |= {_key(value) for value in each.value}
            elif each.op is Operator.GTE and numbers[0] is not None:
                self.low = numbers[0] if self.low is None else max(self.low, numbers[0])
            elif numbers[0] is not None:
                self.high = numbers[0] if self.high is None else min(self.high, numbers[0])
        if self.shown is not None:
            self.shown = [value for value in self.shown if _key(value) not in barred and self._is_between(value)]

    def _is_between(self, value: str) -> bool:
        number = _number(value)
        if number is None:
            return self.low is None and self.high is None
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)

    @property
    def is_empty(self) -> bool:
        """Nothing passes."""
        if self.shown is not None:
            return not self.shown
        return self.low is not None and self.high is not None and self.low > self.high


def _key(value: str) -> str:
    number = _number(value)
    return value.strip().casefold() if number is None else format(number.normalize(), "f")


def _number(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def check_filters(contract: Contract) -> Iterator[Problem]:
    """Filters and the conditions of the contract, each by itself and against one another."""
    required = {name.casefold() for name in contract.delivery.required_fields}
    for index, each in enumerate(contract.filters):
        place = f"filters.{index}"
        if any(_same(each, earlier) for earlier in contract.filters[:index]):
            yield warning(
                place,
                ProblemCode.FILTER_TWICE,
                say("The same comparison of {field} stands there twice.", field=each.field),
                say("Leave one of them."),
            )
        is_dropped = each.on_fail is Treatment.PAY
        if each.on_unknown is OnUnknown.REJECT and each.field.casefold() not in required and not is_dropped:
            yield warning(
                place,
                ProblemCode.FILTER_FIELD_NOT_REQUIRED,
                say("A lead without {field} fails, though the vendor need not send it.", field=each.field),
                say("Name it in delivery.required_fields, or say on_unknown: pending."),
            )
        if each.op is Operator.WITHIN_KM and each.field.casefold() not in required:
            yield warning(
                place,
                ProblemCode.CANNOT_BE_TESTED,
                say("The distance must come as a field, and the vendor need not send {field}.", field=each.field),
                say("Name it in delivery.required_fields, or list the postcodes instead."),
            )
        yield from _treated(contract, place, each.on_fail, {each.reason})
    yield from _excluding(contract.filters, "filters")
    yield from _excluding(contract.match, "match")
    yield from _match_against_filters(contract)


def _same(one: Filter, other: Filter) -> bool:
    return (
        one.field.casefold() == other.field.casefold()
        and one.op is other.op
        and {_key(value) for value in one.value} == {_key(value) for value in other.value}
    )


def _by_field(comparisons: Sequence[Comparison]) -> dict[str, list[tuple[int, Comparison]]]:
    found: dict[str, list[tuple[int, Comparison]]] = {}
    for index, each in enumerate(comparisons):
        found.setdefault(each.field.casefold(), []).append((index, each))
    return found


def _excluding(comparisons: Sequence[Comparison], place: str) -> Iterator[Problem]:
    for own in _by_field(comparisons).values():
        if _Allowed([each for _, each in own]).is_empty:
            index, last = own[-1]
            yield error(
                f"{place}.{index}",
                ProblemCode.FILTERS_EXCLUDE,
                say("No value of {field} meets all that is asked of it.", field=last.field),
                say("Correct one of the comparisons."),
            )


def _match_against_filters(contract: Contract) -> Iterator[Problem]:
    matched = _by_field(contract.match)
    for name, own in _by_field(contract.filters).items():
        both = [*(each for _, each in matched.get(name, ())), *(each for _, each in own)]
        if name not in matched or not _Allowed(both).is_empty:
            continue
        if any(_Allowed([each for _, each in part]).is_empty for part in (matched[name], own)):
            continue
        yield error(
            f"filters.{own[0][0]}",
            ProblemCode.FILTERS_EXCLUDE,
            say("Every lead of this contract fails it: match asks for another {field}.", field=own[0][1].field),
            say("Correct match or the filter."),
        )


# Duplicates

_DUPLICATE_CODES: Final = {
    Against.SAME_VENDOR: ReasonCode.DUP_SAME_VENDOR,
    Against.ANY_VENDOR: ReasonCode.DUP_OTHER_VENDOR,
    Against.BUYER_CRM: ReasonCode.DUP_BUYER_CRM,
    Against.BUYER_OPEN_DEAL: ReasonCode.DUP_BUYER_CRM,
}


def check_duplicates(contract: Contract) -> Iterator[Problem]:
    """Clauses of duplicates."""
    seen: dict[tuple[frozenset[KeyField], object, Against], int] = {}
    for index, each in enumerate(contract.duplicates):
        place = f"duplicates.{index}"
        first = seen.setdefault((frozenset(each.fields), each.logic, each.against), index)
        if first != index:
            is_same = each.window == contract.duplicates[first].window
            yield (warning if is_same else error)(
                place,
                ProblemCode.DUPLICATES_TWICE,
                say("The same duplicates are spoken of in duplicates.{first}.", first=first),
                say("Leave one clause, with one window."),
            )
        if each.window is not None and nominal_s(each.window) > _OLDEST_DAYS * 86_400:
            yield warning(
                place,
                ProblemCode.DUPLICATES_TOO_OLD,
                say("Contact data of more than three years ago are seldom kept, so older duplicates do not show."),
                say("Shorten the window, or make sure that the data may be kept so long."),
            )
        if each.who_is_paid is WhoIsPaid.LAST_BEFORE_CONVERSION and each.against is not Against.ANY_VENDOR:
            yield warning(
                place,
                ProblemCode.WITHOUT_EFFECT,
                say("Who of several vendors is paid matters only against any_vendor."),
                say("Say against: any_vendor, or take who_is_paid out."),
            )
        yield from _treated(contract, place, each.treatment, {_DUPLICATE_CODES[each.against]})


def codes_of_clauses(contract: Contract) -> set[ReasonCode]:
    """The codes that clauses of the delivery give by themselves, whatever they do with such leads."""
    terms = contract.delivery
    found = {each.reason for each in contract.filters} | {
        _DUPLICATE_CODES[each.against] for each in contract.duplicates
    }
    if any(each.against is Against.ANY_VENDOR for each in contract.duplicates):
        found.add(ReasonCode.DUP_SAME_VENDOR)
    if terms.hours is not None:
        found.add(ReasonCode.OUTSIDE_HOURS)
    if terms.max_age is not None:
        found |= {ReasonCode.LATE_DELIVERY, ReasonCode.STALE}
    if terms.required_fields:
        found.add(ReasonCode.MISSING_FIELD)
    if terms.consent_proof is not ConsentProof.NONE:
        found.add(ReasonCode.NO_CONSENT)
    if contract.volume.caps:
        found.add(ReasonCode.OVER_CAP)
    if contract.exclusivity.kind is ExclusivityKind.EXCLUSIVE or contract.exclusivity.max_sold is not None:
        found.add(ReasonCode.NOT_EXCLUSIVE)
    if any(each.code is DutyCode.BIND_FILTERS for each in contract.duties):
        found.add(ReasonCode.BUYER_FILTER_NOT_SET)
    return found
