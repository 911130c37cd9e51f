"""A share of a whole number, rounded as a clause says, in whole numbers throughout."""

from __future__ import annotations

from decimal import Decimal

from audits.model.contract import Rounding


class ShareOf:
    """`ShareOf(percent, rounding)(of)`: so many percent of a whole number of leads or minor units, rounded: half of
    one up (away from zero)."""

    __slots__ = ("_denominator", "_numerator", "_rounding")

    def __init__(self, percent: Decimal, rounding: Rounding) -> None:
        numerator, denominator = percent.as_integer_ratio()
        self._numerator = numerator
        self._denominator = denominator * 100
        self._rounding = rounding

    def __call__(self, of: int) -> int:
        part = of * self._numerator
        if self._rounding is Rounding.FLOOR:
            return part // self._denominator
        if self._rounding is Rounding.CEIL:
            return -(-part // self._denominator)
        if part < 0:
            return -((-2 * part + self._denominator) // (2 * self._denominator))
        return (2 * part + self._denominator) // (2 * self._denominator)
