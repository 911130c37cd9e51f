"""A vendor's invoice in a file → `Invoice`: CSV or XLSX by its columns, or UBL 2.1 XML.

A line that cannot be read refuses the whole invoice, named with its place: half an invoice would look like one that
bills less. Columns and map: docs/contracts.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from audits.model.contract import Contract, KeyField
from audits.model.currencies import minor_digits
from audits.model.invoice import Invoice, InvoiceLine
from connector.contracts.amounts import in_minor, read_amount, read_number
from connector.contracts.invoice_build import BadLine, Head, InvoiceFileError, built, clean, vendor_by, zone_of
from connector.contracts.invoice_map import OF_THE_INVOICE, InvoiceColumn, InvoiceMap
from connector.contracts.invoice_ubl import is_xml, read_ubl
from connector.contracts.person_keys import email_key, phone_key
from connector.exports.mapping import RepeatedHour, SkippedHour, TimeReading
from connector.exports.problems import BadRow, UnusableInput
from connector.exports.reader import open_sheet
from connector.exports.sheet import Cell, FaultyCell, Sheet
from connector.exports.times import TimeReader

#: An invoice is held in memory as a whole.
MOST_LINES = 200_000
_MOST_PROBLEMS = 1_000
_ONE = Decimal(1)


def read_invoice(path: Path, contracts: Sequence[Contract], mapped: InvoiceMap | None = None) -> Invoice:
    """The invoice in the file at `path`; what kind of file it is, its first bytes say. Vendor, currency and zone that
    it does not name are those of `contracts`. Its vendor is "" when it is from none of them.

    Raises InvoiceFileError naming every line that cannot be read, UnusableInput, OSError.
    """
    mapped = mapped or InvoiceMap()
    if is_xml(path):
        return read_ubl(path, contracts, mapped)
    headings = [*InvoiceColumn, *mapped.columns.values()]
    with open_sheet(path, mapped.file, headings) as sheet:
        return _Rows(sheet, contracts, mapped).invoice()


class _BadCell(Exception):
    def __init__(self, column: InvoiceColumn, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


class _Rows:
    """The rows of one table."""

    def __init__(self, sheet: Sheet, contracts: Sequence[Contract], mapped: InvoiceMap) -> None:
        self._sheet = sheet
        self._contracts = contracts
        self._mapped = mapped
        self._places = _places(sheet, mapped)
        self._problems: list[BadLine] = []
        self._lines: list[InvoiceLine] = []
        self._of_invoice: dict[InvoiceColumn, str] = {}
        self._total: str | None = mapped.total or None
        self._taxes: list[Decimal] = []
        self._times = self._reader("UTC") if mapped.times is None else TimeReader(mapped.times)

    def invoice(self) -> Invoice:
        """The whole of it."""
        rows: list[tuple[int, list[Cell]]] = []
        for row in self._sheet.rows():
            if len(rows) >= MOST_LINES:
                raise UnusableInput(f"{self._sheet.name}: has more than {MOST_LINES} lines; split the invoice")
            if isinstance(row, BadRow):
                self._note(row.line, "", row.reason, row.value)
            elif not self._is_total(row.cells):
                rows.append((row.line, row.cells))
        for line, cells in rows:
            self._head_of(line, cells)
        told = self._of_invoice | dict(self._mapped.head)
        head = Head(printed=[told.get(InvoiceColumn.VENDOR, "")], number=told.get(InvoiceColumn.INVOICE_NUMBER, ""))
        vendor = vendor_by(head.printed, self._contracts, self._mapped)
        if self._mapped.times is None:
            self._times = self._reader(zone_of(vendor, self._contracts))
        head.first, head.last, head.issued_on = (
            self._day(told, column)
            for column in (InvoiceColumn.PERIOD_FROM, InvoiceColumn.PERIOD_TO, InvoiceColumn.ISSUED_ON)
        )
        head.currency = self._currency(rows, vendor)
        for number, (line, cells) in enumerate(rows, 1):
            self._line(number, line, cells, head.currency)
        head.total = self._whole("total", self._total, head.currency)
        if self._mapped.tax:
            head.tax = self._whole("tax", self._mapped.tax, head.currency)
        elif self._taxes:
            head.tax = self._whole("tax", str(sum(self._taxes)), head.currency)
        self._problems.sort(key=lambda each: (each.line is None, each.line or 0))
        return built(self._sheet.name, head, self._lines, self._problems, vendor)

    @staticmethod
    def _reader(zone: str) -> TimeReader:
        return TimeReader(TimeReading(zone=zone, repeated_hour=RepeatedHour.REJECT, skipped_hour=SkippedHour.REJECT))

    def _note(self, line: int, part: str, reason: str, value: str = "") -> None:
        self._problems.append(BadLine(place=f"line {line}", part=part, reason=reason, value=value, line=line))
        if len(self._problems) >= _MOST_PROBLEMS:
            raise InvoiceFileError(self._sheet.name, self._problems)

    def _text(self, cells: Sequence[Cell], column: InvoiceColumn) -> str:
        place = self._places.get(column)
        return "" if place is None else self._cell_text(cells[place])

    def _cell_text(self, cell: Cell) -> str:
        if isinstance(cell, FaultyCell):
            return cell.text
        if isinstance(cell, datetime):
            return cell.isoformat()
        text = cell.strip()
        return "" if text.casefold() in self._mapped.empty else text

    def _is_total(self, cells: Sequence[Cell]) -> bool:
        """Whether the row is the total; its amount is kept."""
        words = self._mapped.total_words
        if not words or not any(isinstance(each, str) and each.strip().casefold() in words for each in cells):
            return False
        self._total = self._total or self._text(cells, InvoiceColumn.AMOUNT) or None
        return True

    def _head_of(self, line: int, cells: Sequence[Cell]) -> None:
        """What the row says of the invoice as a whole: every row the same."""
        for column in OF_THE_INVOICE:
            if column in self._places and column not in self._mapped.head:
                cell = cells[self._places[column]]
                is_day = isinstance(cell, datetime)
                text = cell.date().isoformat() if isinstance(cell, datetime) and is_day else self._cell_text(cell)
                if text and self._of_invoice.setdefault(column, text) != text:
                    said = f"is another than in the lines before, {self._of_invoice[column]}: one file, one invoice"
                    self._note(line, self._name(column), said, text)

    def _name(self, column: InvoiceColumn) -> str:
        return self._mapped.columns.get(column, column.value)

    def _day(self, told: dict[InvoiceColumn, str], column: InvoiceColumn) -> date | None:
        text = told.get(column, "")
        if not text:
            return None
        try:
            return _iso_day(text) or self._times.day(text)
        except ValueError:
            self._problems.append(
                BadLine(
                    place="the invoice", part=self._name(column), reason="is no day; write 2026-05-01", value=text
                )
            )
            return None

    def _currency(self, rows: Sequence[tuple[int, list[Cell]]], vendor: str) -> str:
        """The currency of the invoice: as told, else that of most lines, else the contract's."""
        if self._mapped.currency:
            return self._mapped.currency
        counts: dict[str, int] = {}
        for _, cells in rows:
            told = self._text(cells, InvoiceColumn.CURRENCY).upper()
            if _is_currency(told):
                counts[told] = counts.get(told, 0) + 1
        if counts:
            return max(counts, key=lambda each: (counts[each], each))
        own = {each.currency for each in self._contracts if each.vendor == vendor}
        own = own or {each.currency for each in self._contracts}
        signs = self._signs(rows)
        if len(own) == 1 and (not signs or own & signs):
            return own.pop()
        fitting = (own & signs) or signs
        if len(fitting) == 1:
            return fitting.pop()
        raise UnusableInput(f"{self._sheet.name}: says no currency; name it in the map, under [invoice]")

    def _signs(self, rows: Sequence[tuple[int, list[Cell]]]) -> set[str]:
        """The currencies that the sign of the first amount with one may mean."""
        for _, cells in rows:
            for column in (InvoiceColumn.AMOUNT, InvoiceColumn.PRICE):
                text = self._text(cells, column)
                if text and not (text[0].isdigit() and text[-1].isdigit()):
                    try:
                        if found := read_amount(text, self._mapped.decimal).currencies:
                            return set(found)
                    except ValueError:
                        continue
        return set()

    def _whole(self, part: str, text: str | None, currency: str) -> int | None:
        if not text:
            return None
        try:
            return in_minor(read_amount(text, self._mapped.decimal).amount, currency)
        except ValueError as error:
            self._problems.append(BadLine(place="the invoice", part=part, reason=str(error), value=text))
            return None

    def _line(self, number: int, line: int, cells: Sequence[Cell], currency: str) -> None:
        faulty = next(
            (
                (column, each)
                for column, place in self._places.items()
                if isinstance(each := cells[place], FaultyCell)
            ),
            None,
        )
        if faulty is not None:
            self._note(line, self._name(faulty[0]), faulty[1].reason, faulty[1].text)
            return
        try:
            self._lines.append(self._read(number, cells, currency))
        except _BadCell as bad:
            self._note(line, self._name(bad.column), bad.reason, bad.value)

    def _amount(self, cells: Sequence[Cell], column: InvoiceColumn) -> tuple[Decimal, frozenset[str]] | None:
        text = self._text(cells, column)
        if not text:
            return None
        try:
            return read_amount(text, self._mapped.decimal)
        except ValueError as error:
            raise _BadCell(column, text, str(error)) from None

    def _read(self, number: int, cells: Sequence[Cell], invoice_currency: str) -> InvoiceLine:
        amount, price = self._amount(cells, InvoiceColumn.AMOUNT), self._amount(cells, InvoiceColumn.PRICE)
        quantity = self._quantity(cells)
        currency = self._line_currency(cells, (amount, price), invoice_currency)
        if amount is not None:
            minor = self._minor(cells, InvoiceColumn.AMOUNT, amount[0], currency)
        elif price is not None:
            minor = self._minor(cells, InvoiceColumn.PRICE, price[0] * quantity, currency)
        else:
            raise _BadCell(InvoiceColumn.AMOUNT, "", "is empty")
        tax = self._amount(cells, InvoiceColumn.TAX)
        if tax is not None:
            self._taxes.append(tax[0])
        at, until = self._instant(cells)
        ids = (self._text(cells, column) for column in (InvoiceColumn.DELIVERY_ID, InvoiceColumn.LEAD_ID))
        return InvoiceLine(
            number=number,
            label=clean(self._text(cells, InvoiceColumn.LINE)),
            amount=minor,
            refs=tuple(dict.fromkeys(filter(None, ids))),
            at=at,
            until=until,
            keys=self._keys(cells),
            quantity=quantity,
            unit_price=None if price is None else price[0].scaleb(minor_digits(currency)),
            description=clean(self._text(cells, InvoiceColumn.DESCRIPTION)),
            currency=currency if currency != invoice_currency else "",
        )

    def _minor(self, cells: Sequence[Cell], column: InvoiceColumn, amount: Decimal, currency: str) -> int:
        try:
            return in_minor(amount, currency)
        except ValueError as error:
            raise _BadCell(column, self._text(cells, column), str(error)) from None

    def _quantity(self, cells: Sequence[Cell]) -> Decimal:
        text = self._text(cells, InvoiceColumn.QUANTITY)
        if not text:
            return _ONE
        try:
            number = read_number(text.lstrip("-−+ "), self._mapped.decimal)
        except (ValueError, ArithmeticError):
            raise _BadCell(InvoiceColumn.QUANTITY, text, "is no number") from None
        if number >= 10**9:
            raise _BadCell(InvoiceColumn.QUANTITY, text, "is beyond any invoice")
        return -number if text[0] in "-−" else number

    def _line_currency(
        self, cells: Sequence[Cell], amounts: Sequence[tuple[Decimal, frozenset[str]] | None], invoice_currency: str
    ) -> str:
        told = self._text(cells, InvoiceColumn.CURRENCY).upper()
        if told and not _is_currency(told):
            raise _BadCell(InvoiceColumn.CURRENCY, told, "is no currency; write EUR")
        currency = told or invoice_currency
        for column, amount in zip((InvoiceColumn.AMOUNT, InvoiceColumn.PRICE), amounts, strict=True):
            signs = amount[1] if amount is not None else frozenset()
            if not signs or currency in signs:
                continue
            if told or len(signs) > 1:
                raise _BadCell(
                    column, self._text(cells, column), f"bears the sign of another currency than {currency}"
                )
            currency = next(iter(signs))
        return currency

    def _instant(self, cells: Sequence[Cell]) -> tuple[datetime | None, datetime | None]:
        place = self._places.get(InvoiceColumn.DELIVERED_AT)
        text = self._text(cells, InvoiceColumn.DELIVERED_AT)
        if place is None or not text:
            return None, None
        try:
            found = self._times.moment(cells[place])
        except ValueError as error:
            raise _BadCell(InvoiceColumn.DELIVERED_AT, text, str(error)) from None
        until = None if found.latest_at is None else found.latest_at.replace(microsecond=999_999).astimezone(UTC)
        return found.at, until

    def _keys(self, cells: Sequence[Cell]) -> dict[KeyField, str]:
        phone, email = self._text(cells, InvoiceColumn.PHONE), self._text(cells, InvoiceColumn.EMAIL)
        keys = {
            KeyField.PHONE: phone_key(phone, self._mapped.country) if phone else "",
            KeyField.EMAIL: email_key(email) if email else "",
        }
        return {field: key for field, key in keys.items() if key}


def _places(sheet: Sheet, mapped: InvoiceMap) -> dict[InvoiceColumn, int]:
    """Where each column stands. Raises UnusableInput."""
    sheet.indexes([(heading,) for heading in mapped.columns.values()])
    by_heading = {heading: column for column, heading in mapped.columns.items()}
    places: dict[InvoiceColumn, int] = {}
    for place, heading in enumerate(sheet.header):
        column = by_heading.get(heading)
        if column is None:
            try:
                own = InvoiceColumn(heading.casefold())
            except ValueError:
                continue
            if own in mapped.columns:
                continue
            column = own
        if column in places:
            raise UnusableInput(f"{sheet.name}: two columns are {column.value}; name one of them in the map")
        places[column] = place
    if InvoiceColumn.AMOUNT not in places and InvoiceColumn.PRICE not in places:
        raise UnusableInput(f"{sheet.name}: no column is amount or price; name it in the map, under [columns]")
    return places


def _is_currency(text: str) -> bool:
    return re.fullmatch("[A-Z]{3}", text) is not None


def _iso_day(text: str) -> date | None:
    """The day, where it is written as maps and the cells of workbooks do."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
