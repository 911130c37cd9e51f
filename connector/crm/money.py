"""Amounts as CRMs write them, in minor units."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from audits.model.currencies import minor_digits

_MOST = Decimal(10) ** 15


def minor_units(amount: Decimal, currency: str) -> int:
    """`amount` of `currency` (ISO 4217) in its minor units, half a unit rounded up. Raises ValueError for what is no
    amount of money: not a number, or beyond 10^15."""
    if not amount.is_finite() or abs(amount) > _MOST:
        raise ValueError(f"{amount} is no amount of money")
    digits = minor_digits(currency)
    return int(amount.scaleb(digits).quantize(Decimal(1), rounding=ROUND_HALF_UP))
