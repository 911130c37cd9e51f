"""Amounts in the minor units of their currency: written, stored and read with the same digits everywhere."""

from __future__ import annotations

from decimal import Decimal

import pytest

from audits.model.currencies import minor_digits
from audits.model.said import Money, english
from connector.crm.money import minor_units
from connector.language.texts import texts_for


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (123_456, "EUR", "1234.56 EUR"),
        (5, "EUR", "0.05 EUR"),
        (0, "NOK", "0.00 NOK"),
        (-1_205, "EUR", "-12.05 EUR"),
        (5_000, "JPY", "5000 JPY"),
        (-7, "JPY", "-7 JPY"),
        (5_000, "KWD", "5.000 KWD"),
        (1, "bhd", "0.001 bhd"),
        (12_345, "CLF", "1.2345 CLF"),
        (250, "XYZ", "2.50 XYZ"),
    ],
)
def test_english_writes_the_digits_of_the_currency(minor: int, currency: str, said: str) -> None:
    assert english(Money(minor, currency)) == said


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", "CLF", "ISK", "IQD", "LBP", "AFN", "RSD", "COP"])
def test_what_a_crm_says_is_what_a_reader_reads(currency: str) -> None:
    """By one table: locale data give some currencies fewer digits than ISO 4217, as coins went out of use."""
    minor = minor_units(Decimal(1234), currency)
    assert minor == 1234 * 10 ** minor_digits(currency)
    assert "".join(
        each for each in texts_for("en", "UTC").money(minor, currency) if each in "0123456789."
    ).startswith("1234")
