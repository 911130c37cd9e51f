"""Comparisons of a contract's fields with what came: true, false, or not known."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from audits.model.contract import Comparison, Operator
from audits.model.delivery import Delivery
from audits.model.said import Listed, Said, say

Compared = Callable[[Delivery], bool | None]
"""Whether it holds of a delivery; None = the field is not known, or is no number where numbers are compared."""

# 007 and +49 are names made of digits (a postcode, a number), 7.50 is a number.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def value_of(delivery: Delivery, field: str) -> str:
    """What came in `field`, "" = nothing; `sub_source` is known beside the fields."""
    value = delivery.fields.get(field, "").strip()
    return delivery.sub_source if not value and field == "sub_source" else value


def compared(comparison: Comparison) -> Compared:
    """The comparison as a function."""
    field, op = comparison.field, comparison.op
    if op in (Operator.GTE, Operator.LTE, Operator.WITHIN_KM):
        return _number(field, op, Decimal(comparison.value[0]))
    wanted = frozenset(_plain(value) for value in comparison.value)
    is_in = op is not Operator.NOT_IN

    def one_of(delivery: Delivery) -> bool | None:
        value = value_of(delivery, field)
        return (_plain(value) in wanted) is is_in if value else None

    return one_of


def wanted(comparison: Comparison) -> Said:
    """What the contract asks for, to be set into a sentence."""
    match comparison.op:
        case Operator.NOT_IN:
            return say("none of {values}", values=Listed(comparison.value))
        case Operator.GTE:
            return say("at least {value}", value=comparison.value[0])
        case Operator.LTE:
            return say("at most {value}", value=comparison.value[0])
        case Operator.WITHIN_KM:
            return say("within {value} km", value=comparison.value[0])
        case Operator.EQ | Operator.IN:
            return say("{values}", values=Listed(comparison.value))


def _number(field: str, op: Operator, limit: Decimal) -> Compared:
    is_least = op is Operator.GTE

    def fits(delivery: Delivery) -> bool | None:
        try:
            number = Decimal(value_of(delivery, field))
        except InvalidOperation:
            return None
        if not number.is_finite():
            return None
        return number >= limit if is_least else number <= limit

    return fits


def _plain(value: str) -> str:
    """One text for what is equal: 7.50 and 7.5, EUR and eur."""
    folded = value.strip().casefold()
    if not _NUMBER.fullmatch(folded):
        return folded
    number = folded.rstrip("0").rstrip(".") if "." in folded else folded
    return "0" if number in ("-0", "-") else number
