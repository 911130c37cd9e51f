"""Comparisons of a contract's fields with what came: true, false, or not known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation

from audits.model.contract import Comparison, Operator
from audits.model.delivery import Delivery
from audits.model.said import Listed, Said, say

Compared = Callable[[Delivery], bool | None]
"""Whether it holds of a delivery; None = the field is not known, or is no number where numbers are compared."""

#: What is known of every delivery, whatever its fields are called.
SUB_SOURCE = "sub_source"
_ANSWERS_KEPT = 4096
# 007 and +49 are names made of digits (a postcode, a number), 7.50 is a number.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def value_of(delivery: Delivery, field: str) -> str:
    """What came in `field`, "" = nothing; `sub_source` is known beside the fields."""
    value = delivery.fields.get(field, "").strip()
    return delivery.sub_source if not value and field == SUB_SOURCE else value


def compared(comparison: Comparison) -> Compared:
    """The comparison as a function. Answers are kept by value: most fields say few different things."""
    field, op = comparison.field, comparison.op
    if op in (Operator.GTE, Operator.LTE, Operator.WITHIN_KM):
        answer = _of_number(op, Decimal(comparison.value[0]))
    else:
        answer = _of_text(comparison.value, is_in=op is not Operator.NOT_IN)
    is_beside = field == SUB_SOURCE
    answers: dict[str, bool | None] = {"": None}

    def holds(delivery: Delivery) -> bool | None:
        value = value_of(delivery, field) if is_beside else delivery.fields.get(field, "")
        if value in answers:
            return answers[value]
        if len(answers) >= _ANSWERS_KEPT:
            answers.clear()
            answers[""] = None
        told = value.strip()
        found = answers[value] = answer(told) if told else None
        return found

    return holds


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


def _of_text(values: Iterable[str], *, is_in: bool) -> Callable[[str], bool | None]:
    wanted = frozenset(_plain(value) for value in values)
    return lambda value: (_plain(value) in wanted) is is_in


def _of_number(op: Operator, limit: Decimal) -> Callable[[str], bool | None]:
    is_least = op is Operator.GTE

    def fits(value: str) -> bool | None:
        try:
            number = Decimal(value)
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
