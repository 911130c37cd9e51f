"""A vendor's invoice, whatever file it came in: what he bills, line by line. Credits are lines below zero."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

import orjson

from audits.model.contract import KeyField


class InvoiceKind(StrEnum):
    """What the paper is. The lines of a credit note are below zero here, however it prints them."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line. `number`: its place in the invoice, from 1; `label`: its own number as printed, "" = none.

    `refs`: ids of a delivery or lead as printed, the surest first. `at` (aware UTC): when the lead was delivered by
    the line; with `until` somewhere from `at` to `until`, as where only a day is printed. `keys`: phone and e-mail as
    comparable texts, never shown. `amount`: minor units of the whole line without tax. `unit_price`: minor units for
    one, with parts of one where it is printed so; None = not printed. `currency`: "" = that of the invoice.
    """

    number: int
    amount: int
    label: str = ""
    refs: tuple[str, ...] = ()
    at: datetime | None = None
    until: datetime | None = None
    keys: Mapping[KeyField, str] = field(default_factory=dict)
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    description: str = ""
    currency: str = ""

    @property
    def place(self) -> str:
        """How a person finds it: its own number, else its place."""
        return self.label or str(self.number)


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """What one vendor bills with one paper.

    `vendor`: as contracts name him; `vendor_name`: as printed. `first`, `last`: the days for which it is, both
    included; None = not printed. `total`: minor units without tax, None = not printed; `tax`: minor units, kept apart
    because contracts speak of prices without it; None = not printed.
    """

    vendor: str
    number: str
    currency: str
    lines: tuple[InvoiceLine, ...]
    kind: InvoiceKind = InvoiceKind.INVOICE
    vendor_name: str = ""
    first: date | None = None
    last: date | None = None
    issued_on: date | None = None
    total: int | None = None
    tax: int | None = None

    @cached_property
    def sum_of_lines(self) -> int:
        """Minor units of all lines in the currency of the invoice."""
        return sum(each.amount for each in self.lines if not self.is_foreign(each))

    @property
    def billed(self) -> int:
        """Minor units that the vendor asks for, without tax: what is printed, else the sum of the lines."""
        return self.sum_of_lines if self.total is None else self.total

    def is_foreign(self, line: InvoiceLine) -> bool:
        """Whether the line is in another currency than the invoice."""
        return bool(line.currency) and line.currency != self.currency

    @cached_property
    def digest(self) -> str:
        """Hex SHA-256 over all that it says."""
        told = {
            "head": [
                self.vendor, self.vendor_name, self.number, self.currency, self.kind, self.first, self.last,
                self.issued_on, self.total, self.tax,
            ],
            "lines": self.lines,
        }  # fmt: skip
        return hashlib.sha256(orjson.dumps(told, default=str, option=orjson.OPT_NON_STR_KEYS)).hexdigest()
