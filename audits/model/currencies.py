"""How many digits of a currency stand after the point: the minor units of ISO 4217, list one."""

from __future__ import annotations

from collections.abc import Mapping

_USUAL = 2
#: Currencies whose minor unit is not the hundredth, by the list that SIX keeps as the maintenance agency of ISO 4217.
_DIGITS: Mapping[str, int] = {
    **dict.fromkeys(
        (
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip


def minor_digits(currency: str) -> int:
    """Digits after the point in amounts of `currency` (its letters in any case); 2 for one that is not known."""
    return _DIGITS.get(currency.upper(), _USUAL)
