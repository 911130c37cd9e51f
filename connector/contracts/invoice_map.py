"""What the columns of an invoice (CSV, XLSX) mean, and what the file does not say of it: by a map (TOML)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from audits.model.contact_data import region_of
from connector.exports.mapping import FileFormat, RepeatedHour, SkippedHour, TimeReading
from connector.exports.mapping_file import empty_of, file_of, times_of
from connector.exports.toml_table import TomlTable


class InvoiceColumn(StrEnum):
    """What a column of an invoice can hold. AMOUNT: of the whole line, without tax; PRICE: of one. TAX, and what
    stands behind it, is of the invoice: the same in every row, but TAX, which is added up."""

    LINE = "line"
    DELIVERY_ID = "delivery_id"
    LEAD_ID = "lead_id"
    DELIVERED_AT = "delivered_at"
    PHONE = "phone"
    EMAIL = "email"
    QUANTITY = "quantity"
    PRICE = "price"
    AMOUNT = "amount"
    CURRENCY = "currency"
    DESCRIPTION = "description"
    TAX = "tax"
    VENDOR = "vendor"
    INVOICE_NUMBER = "invoice_number"
    PERIOD_FROM = "period_from"
    PERIOD_TO = "period_to"
    ISSUED_ON = "issued_on"


#: What holds for the invoice as a whole.
OF_THE_INVOICE = (
    InvoiceColumn.VENDOR,
    InvoiceColumn.INVOICE_NUMBER,
    InvoiceColumn.PERIOD_FROM,
    InvoiceColumn.PERIOD_TO,
    InvoiceColumn.ISSUED_ON,
)
_DECIMALS = (".", ",")


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceMap:
    """How an invoice is read. `columns`: the heading of each column that has another than its own name; in UBL the
    name of the item property. `head`: what the file does not say of the invoice, or says wrongly, by column;
    `currency`, `total` and `tax` likewise, as texts. `vendors`: names as printed → vendor of the contracts.
    `decimal`: "." or ","; None = as each amount shows. `total_words`: a row with one of these texts, in lower case,
    is the total. The rest as in `DeliveryMap`."""

    columns: Mapping[InvoiceColumn, str] = field(default_factory=dict)
    head: Mapping[InvoiceColumn, str] = field(default_factory=dict)
    currency: str = ""
    total: str = ""
    tax: str = ""
    vendors: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    total_words: frozenset[str] = frozenset()
    times: TimeReading | None = None
    country: str | None = None
    empty: frozenset[str] = frozenset()
    file: FileFormat = field(default_factory=FileFormat)


def read_invoice_map(path: Path) -> InvoiceMap:
    """The map in the file at `path`. Raises UnusableInput naming table and key of the first mistake."""
    top = TomlTable.load(path)
    columns: dict[InvoiceColumn, str] = {}
    if (named := top.table("columns")) is not None:
        for column in InvoiceColumn:
            if (heading := named.optional_text(column.value)) is not None:
                columns[column] = heading.strip()
        named.done()
    headings = list(columns.values())
    for heading in headings:
        if headings.count(heading) > 1:
            raise top.problem("columns", f"the column {heading!r} is named more than once")
    head: dict[InvoiceColumn, str] = {}
    currency = total = tax = ""
    if (of := top.table("invoice")) is not None:
        for column in OF_THE_INVOICE:
            if told := _text_or_day(of, column.value.removeprefix("invoice_")):
                head[column] = told
        currency, total, tax = (of.text(key, "").strip() for key in ("currency", "total", "tax"))
        if currency and re.fullmatch("[A-Za-z]{3}", currency) is None:
            raise of.problem("currency", f"{currency!r} is no currency; write three letters (EUR)")
        of.done()
    vendors: dict[str, str] = {}
    if (others := top.table("vendors")) is not None:
        vendors = {name: others.text(name).strip() for name in others.all_keys()}
        others.done()
    decimal = None
    if (numbers := top.table("numbers")) is not None:
        decimal = numbers.text("decimal")
        if decimal not in _DECIMALS:
            raise numbers.problem("decimal", f'{decimal!r} is neither "." nor ","')
        numbers.done()
    country = top.text("country", "")
    region = region_of(country, None)
    if country and region is None:
        raise top.problem("country", "is no country that is known; write NO or Norway")
    file = top.table("file")
    mapped = InvoiceMap(
        columns=columns,
        head=head,
        currency=currency.upper(),
        total=total,
        tax=tax,
        vendors=vendors,
        decimal=decimal,
        total_words=frozenset(each.casefold().strip() for each in top.texts("total_words")),
        times=times_of(top.table("times"), None, RepeatedHour.REJECT, SkippedHour.REJECT),
        country=region,
        empty=empty_of(top),
        file=FileFormat() if file is None else file_of(file),
    )
    if file is not None:
        file.done()
    top.text("title", "")
    top.done()
    return mapped


def _text_or_day(table: TomlTable, key: str) -> str:
    found = table.value(key)
    return found.isoformat() if type(found) is date else table.text(key, "").strip()
