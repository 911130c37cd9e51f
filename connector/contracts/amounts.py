"""Amounts of money as people write them: decimal comma or point, thousands, signs of currencies and of minus."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import NamedTuple

from audits.model.currencies import minor_digits

_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "CLP", "COP", "ARS", "TWD"})
_KRONER = frozenset({"NOK", "SEK", "DKK", "ISK"})
#: Signs → the currencies that bear them. NFKC has been at work before.
_SIGNS: Mapping[str, frozenset[str]] = {
    "€": frozenset({"EUR"}),
    "$": _DOLLARS,
    "US$": frozenset({"USD"}),
    "£": frozenset({"GBP", "EGP", "GIP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "kr": _KRONER,
    "kr.": _KRONER,
    "zł": frozenset({"PLN"}),
    "Kč": frozenset({"CZK"}),
    "Ft": frozenset({"HUF"}),
    "Fr.": frozenset({"CHF"}),
    "R$": frozenset({"BRL"}),
    "R": frozenset({"ZAR"}),
    "₹": frozenset({"INR"}),
    "₺": frozenset({"TRY"}),
    "₪": frozenset({"ILS"}),
    "₽": frozenset({"RUB"}),
    "₴": frozenset({"UAH"}),
    "₩": frozenset({"KRW"}),
    "د.إ": frozenset({"AED"}),
    "ر.س": frozenset({"SAR"}),
}
_ISO = re.compile(r"[A-Z]{3}")
_WRITTEN = re.compile(r"(?P<before>[^\d.,+-]*(?:\.\S)?)(?P<minus>[+-]?)(?P<between>[^\d.,+-]*)"
                      r"(?P<number>[\d.,][\d., ']*)(?P<behind>-?)(?P<after>[^\d+]*)")  # fmt: skip
#: 25,- and 25.- are 25, as written in Norway and Switzerland.
_DASH_FOR_ZERO = re.compile(r"(?<=\d)[.,]-+")
_GROUPED = re.compile(r"\d{1,3}(?P<mark>[., '])(?:\d{2,3}(?P=mark))*\d{3}")
_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "’": "'", "‘": "'", "٫": ".", "٬": "'", "\u200e": None,
                        "\u200f": None, "\u061c": None})  # fmt: skip
#: A spreadsheet keeps that many digits; what stands behind them is noise of its sums.
_SHEET_DIGITS, _NOISE_FROM = 15, 10
_LONGEST = 60


class Written(NamedTuple):
    """An amount in major units, and the currencies that its sign may mean; none = no sign."""

    amount: Decimal
    currencies: frozenset[str]


def read_amount(text: str, decimal: str | None = None) -> Written:
    """The amount in `text`. `decimal`: the sign before parts of one, "." or ","; None = as the amount shows.

    Raises ValueError with half a sentence, also for one that can be read in two ways: 1.500 without `decimal`.
    """
    plain = _plain(text)
    is_in_brackets = plain.startswith("(") and plain.endswith(")")
    if is_in_brackets:
        plain = plain[1:-1].strip()
    found = _WRITTEN.fullmatch(_DASH_FOR_ZERO.sub("", plain))
    if found is None:
        raise ValueError("is no amount; write 1234.50")
    currencies = _currencies([found["before"], found["between"], found["after"]])
    if bool(found["minus"]) + bool(found["behind"]) + is_in_brackets > 1:
        raise ValueError("has more than one sign of minus")
    amount = read_number(found["number"].strip(), decimal)
    is_below_zero = found["minus"] == "-" or bool(found["behind"]) or is_in_brackets
    return Written(-amount if is_below_zero else amount, currencies)


def read_number(text: str, decimal: str | None = None) -> Decimal:
    """A number without a sign: see `read_amount`."""
    marks = [each for each in text if not each.isdigit()]
    point = decimal if decimal is not None else _point(text, marks)
    whole, mark, part = text.rpartition(point) if point and point in text else (text, "", "")
    if mark and (not part.isdigit() or (not whole and not part)):
        raise ValueError("is no amount; write 1234.50")
    if not whole.isdigit() and whole:
        grouped = _GROUPED.fullmatch(whole)
        if grouped is None or grouped["mark"] == point:
            raise ValueError("is no amount: its thousands are not apart by threes")
        whole = whole.replace(grouped["mark"], "")
    found = Decimal(f"{whole or 0}.{part or 0}")
    if len(part) >= _NOISE_FROM:
        with localcontext() as context:
            context.prec = _SHEET_DIGITS
            found = +found
    return found


def _point(text: str, marks: list[str]) -> str:
    """The sign before parts of one, by the number alone; "" = there is none."""
    points = [each for each in marks if each in ".,"]
    if not points:
        return ""
    last = points[-1]
    if len(set(points)) == 1 and len(points) > 1:
        return ""
    whole, _, part = text.rpartition(last)
    if (
        len(points) == 1
        and len(part) == len("000")
        and whole.isdigit()
        and whole.strip("0")
        and len(whole) <= len(part)
    ):
        raise ValueError(f"may be {whole}{part} or {whole} and a part; say in the map, [numbers], decimal")
    return last


def _plain(text: str) -> str:
    if len(text) > _LONGEST:
        raise ValueError("is too long for an amount")
    plain = unicodedata.normalize("NFKC", text.translate(_MINUS)).translate(_MINUS)
    digits = "".join(str(unicodedata.digit(each)) if each.isdigit() else each for each in plain)
    return " ".join(digits.split())


def _currencies(around: list[str]) -> frozenset[str]:
    found: frozenset[str] | None = None
    for told in filter(None, map(str.strip, around)):
        these = _SIGNS.get(told) or (frozenset({told}) if _ISO.fullmatch(told) else None)
        if these is None:
            raise ValueError("is no amount; write 1234.50")
        found = these if found is None else found & these
        if not found:
            raise ValueError("names two currencies")
    return found or frozenset()


def in_minor(amount: Decimal, currency: str) -> int:
    """`amount` (major units) in minor units of `currency`. Raises ValueError with half a sentence when it has more
    digits than the currency."""
    digits = minor_digits(currency)
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise ValueError(f"has more digits than {currency} has ({digits})")
    if abs(minor) >= 10**15:
        raise ValueError("is beyond any invoice")
    return int(minor)
