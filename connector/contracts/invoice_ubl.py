"""Invoices and credit notes in UBL 2.1 XML, element by element.

The file comes from another company: no DTD, no entities, nothing from outside, and no more than fits into memory.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from xml.etree.ElementTree import ParseError
from zoneinfo import ZoneInfo

import defusedxml
from defusedxml.ElementTree import iterparse

from audits.model.contract import Contract, KeyField
from audits.model.currencies import minor_digits
from audits.model.invoice import Invoice, InvoiceKind, InvoiceLine
from audits.model.working_calendar import FIRST_YEAR, LAST_YEAR
from audits.model.zones import load_zone
from connector.contracts.amounts import in_minor
from connector.contracts.invoice_build import BadLine, Head, InvoiceFileError, built, clean, vendor_by, zone_of
from connector.contracts.invoice_map import InvoiceColumn, InvoiceMap
from connector.contracts.person_keys import email_key, phone_key
from connector.exports.problems import UnusableInput, excerpt

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: Larger files are refused before they are read; 100,000 lines are some 100 MB.
LARGEST = 256 * 1024 * 1024
MOST_LINES = 200_000
_DEEPEST, _MOST_ELEMENTS, _MOST_PROBLEMS = 40, 20_000, 1_000
_PROBE = 256

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC, _CBC = f"{{{_UBL}CommonAggregateComponents-2}}", f"{{{_UBL}CommonBasicComponents-2}}"
_ROOTS = {
    f"{{{_UBL}Invoice-2}}Invoice": InvoiceKind.INVOICE,
    f"{{{_UBL}CreditNote-2}}CreditNote": InvoiceKind.CREDIT_NOTE,
}
_LINES = {f"{_CAC}InvoiceLine": "InvoicedQuantity", f"{_CAC}CreditNoteLine": "CreditedQuantity"}
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NOT_LETTERS = re.compile(r"[\W_]+")
#: Names of an item's property that hold an id of the lead, without case and punctuation; and other columns.
_ID_NAMES = frozenset(
    {"leadid", "lead", "leadno", "leadnr", "leadnummer", "leadnumber", "leadref", "deliveryid", "deliveryno",
     "deliverynumber", "deliveryref"}
)  # fmt: skip
_PHONE_NAMES = frozenset({"phone", "telephone", "telefon", "mobile"})
_EMAIL_NAMES = frozenset({"email", "mail"})
_AT_NAMES = frozenset({"deliveredat", "delivered", "deliverytime"})
_DAY_LONG = timedelta(days=1) - timedelta(microseconds=1)


def is_xml(path: Path) -> bool:
    """Whether the file is XML, by its first sign that is no blank. Raises UnusableInput."""
    try:
        with path.open("rb") as probe:
            head = probe.read(_PROBE)
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be read ({error.strerror})") from error
    return head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


class _Bad(Exception):
    def __init__(self, part: str, reason: str, value: str = "") -> None:
        super().__init__(reason)
        self.part, self.reason, self.value = part, reason, value


def read_ubl(path: Path, contracts: Sequence[Contract], mapped: InvoiceMap) -> Invoice:
    """The invoice or credit note in the file at `path`. Raises InvoiceFileError, UnusableInput, OSError."""
    if path.stat().st_size > LARGEST:
        raise UnusableInput(f"{path.name}: is larger than {LARGEST // 1024**2} MB; split the invoice")
    reader = _Ubl(path.name, contracts, mapped)
    try:
        with path.open("rb") as source:
            for element in _parts(path.name, source, reader):
                reader.take(element)
    except defusedxml.DefusedXmlException as error:
        raise UnusableInput(f"{path.name}: has a DTD or entities, which no invoice needs; it was not read") from error
    except (ParseError, LookupError, UnicodeError, ValueError) as error:
        raise UnusableInput(f"{path.name}: is no well-formed XML ({error})") from error
    return reader.invoice()


def _parts(name: str, source: BinaryIO, reader: _Ubl) -> Iterator[Element]:
    """The children of the root, one after another; each is dropped when the next is asked for."""
    depth = count = 0
    root: Element | None = None
    for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            depth += 1
            count += 1
            if root is None:
                root = element
                reader.begin(element.tag)
            if depth > _DEEPEST or count > _MOST_ELEMENTS:
                raise UnusableInput(f"{name}: nests or repeats elements as no invoice does; it was not read")
            continue
        depth -= 1
        if depth == 1 and root is not None:
            yield element
            root.clear()
            count = 0


def _find(element: Element, *names: str) -> Element | None:
    """The first element at the end of that way; the last name is of a basic component, those before of aggregates."""
    return element.find("/".join([*(_CAC + each for each in names[:-1]), _CBC + names[-1]]))


def _text(element: Element, *names: str) -> str:
    found = _find(element, *names)
    return (found.text or "").strip() if found is not None else ""


def _texts(element: Element, *names: str) -> list[str]:
    way = "/".join([*(_CAC + each for each in names[:-1]), _CBC + names[-1]])
    return [each.text.strip() for each in element.iterfind(way) if each.text and each.text.strip()]


def _number(element: Element, *names: str) -> Decimal | None:
    text = _text(element, *names)
    if not text:
        return None
    if _DECIMAL.fullmatch(text) is None:
        raise _Bad(names[-1], "is no number", text)
    return Decimal(text)


def _day(element: Element, *names: str) -> date | None:
    text = _text(element, *names)
    return _day_in(text, names[-1]) if text else None


def _day_in(text: str, part: str) -> date:
    try:
        # A zone behind the day (2026-05-01Z) says nothing of which day it is.
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise _Bad(part, "is no day", text) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _Bad(part, "is a day that looks like a placeholder", text)
    return day


def _plain(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()


class _Ubl:
    """What was read so far."""

    def __init__(self, name: str, contracts: Sequence[Contract], mapped: InvoiceMap) -> None:
        self._name = name
        self._contracts = contracts
        self._mapped = mapped
        self._head = Head()
        self._lines: list[InvoiceLine] = []
        self._problems: list[BadLine] = []
        self._articles: Counter[str] = Counter()
        self._vendor: str | None = None
        self._zone: ZoneInfo | None = None
        self._has_tax = False
        own = {_plain(heading): column for column, heading in mapped.columns.items()}
        self._property = (
            dict.fromkeys(_ID_NAMES, InvoiceColumn.LEAD_ID)
            | dict.fromkeys(_PHONE_NAMES, InvoiceColumn.PHONE)
            | dict.fromkeys(_EMAIL_NAMES, InvoiceColumn.EMAIL)
            | dict.fromkeys(_AT_NAMES, InvoiceColumn.DELIVERED_AT)
            | own
        )

    def begin(self, tag: str) -> None:
        """The root. Raises UnusableInput."""
        if tag not in _ROOTS:
            raise UnusableInput(f"{self._name}: is no Invoice or CreditNote of UBL 2.1; its root is {tag[:120]}")
        self._head.kind = _ROOTS[tag]

    @property
    def _sign(self) -> int:
        return -1 if self._head.kind is InvoiceKind.CREDIT_NOTE else 1

    def take(self, element: Element) -> None:
        """One child of the root."""
        tag = element.tag
        place = tag.rpartition("}")[2]
        if tag in _LINES:
            place = f"{place} {len(self._lines) + len(self._problems) + 1}"
            if label := _text(element, "ID"):
                place += f" (ID {excerpt(label)})"
        try:
            if tag in _LINES:
                self._line(element, _LINES[tag])
            elif tag == f"{_CAC}AllowanceCharge":
                self._of_document(element)
            else:
                self._of_head(element)
        except _Bad as bad:
            self._problems.append(BadLine(place=place, part=bad.part, reason=bad.reason, value=bad.value))
            if len(self._problems) >= _MOST_PROBLEMS:
                raise InvoiceFileError(self._name, self._problems) from None

    def _of_head(self, element: Element) -> None:
        head, told = self._head, (element.text or "").strip()
        match element.tag.rpartition("}")[2]:
            case "ID":
                head.number = told
            case "DocumentCurrencyCode":
                if _CURRENCY.fullmatch(told) is None:
                    raise _Bad("", "is no currency", told)
                head.currency = told
            case "IssueDate":
                head.issued_on = _day_in(told, "")
            case "InvoicePeriod":
                head.first, head.last = _day(element, "StartDate"), _day(element, "EndDate")
            case "AccountingSupplierParty":
                party = element.find(f"{_CAC}Party")
                if party is not None:
                    head.printed = [
                        *_texts(party, "PartyName", "Name"),
                        *_texts(party, "PartyLegalEntity", "RegistrationName"),
                        *_texts(party, "PartyIdentification", "ID"),
                        *_texts(party, "PartyLegalEntity", "CompanyID"),
                        *_texts(party, "PartyTaxScheme", "CompanyID"),
                        *_texts(party, "EndpointID"),
                    ]
            case "TaxTotal":
                self._tax(element)
            case "LegalMonetaryTotal":
                name = "TaxExclusiveAmount" if _text(element, "TaxExclusiveAmount") else "LineExtensionAmount"
                found = self._money(element, name)
                head.total = None if found is None else self._sign * found[0]

    def _tax(self, element: Element) -> None:
        found = _find(element, "TaxAmount")
        if found is None or found.get("currencyID", self._head.currency) != self._head.currency:
            # The same tax again, in the currency in which it is accounted for.
            return
        money = self._money(element, "TaxAmount")
        if money is not None:
            self._head.tax = (self._head.tax or 0) + self._sign * money[0]

    def _money(self, element: Element, *names: str) -> tuple[int, str] | None:
        """Minor units and currency."""
        amount = _number(element, *names)
        if amount is None:
            return None
        currency = self._currency_of(element, *names)
        try:
            return in_minor(amount, currency), currency
        except ValueError as error:
            raise _Bad(names[-1], str(error), _text(element, *names)) from None

    def _currency_of(self, element: Element, *names: str) -> str:
        found = _find(element, *names)
        currency = (found.get("currencyID") if found is not None else None) or self._head.currency
        if _CURRENCY.fullmatch(currency) is None:
            raise _Bad(names[-1], "bears no currency, and no DocumentCurrencyCode stands before it", currency)
        return currency

    def _of_document(self, element: Element) -> None:
        """An allowance or a charge on the whole invoice becomes a line of its own."""
        money = self._money(element, "Amount")
        if money is None:
            raise _Bad("Amount", "is missing")
        is_charge = _text(element, "ChargeIndicator") in ("true", "1")
        reason = _text(element, "AllowanceChargeReason") or ("charge" if is_charge else "allowance")
        self._add(
            InvoiceLine(
                number=len(self._lines) + 1,
                label=f"AllowanceCharge {len(self._lines) + 1}",
                amount=self._sign * money[0] * (1 if is_charge else -1),
                description=clean(reason),
                currency=money[1] if money[1] != self._head.currency else "",
            )
        )

    def _add(self, line: InvoiceLine) -> None:
        if len(self._lines) >= MOST_LINES:
            raise UnusableInput(f"{self._name}: has more than {MOST_LINES} lines; split the invoice")
        self._lines.append(line)

    def _line(self, element: Element, quantity_name: str) -> None:
        money = self._money(element, "LineExtensionAmount")
        if money is None:
            raise _Bad("LineExtensionAmount", "is missing")
        amount, currency = money
        quantity = _number(element, quantity_name)
        ids, keys, at_text = self._properties(element)
        articles = [
            *_texts(element, "Item", "ItemInstance", "SerialID"),
            *_texts(element, "Item", "BuyersItemIdentification", "ID"),
            *_texts(element, "Item", "SellersItemIdentification", "ID"),
            *_texts(element, "Item", "StandardItemIdentification", "ID"),
        ]
        notes = _texts(element, "Note")
        self._articles.update(set(articles))
        # A note of one word is an id rather than a text.
        single = [each for each in notes if " " not in each and any(sign.isdigit() for sign in each)]
        words = [*notes, *_texts(element, "Item", "Description"), *_texts(element, "Item", "Name")]
        at, until = self._instant(element, at_text)
        self._add(
            InvoiceLine(
                number=len(self._lines) + 1,
                label=clean(_text(element, "ID")),
                amount=self._sign * amount,
                refs=tuple(dict.fromkeys([*ids, *single, *articles])),
                at=at,
                until=until,
                keys=keys,
                quantity=Decimal(1) if quantity is None else quantity,
                unit_price=self._unit_price(element, currency),
                description=clean(" · ".join(dict.fromkeys(words))),
                currency=currency if currency != self._head.currency else "",
            )
        )

    def _unit_price(self, element: Element, currency: str) -> Decimal | None:
        price = _number(element, "Price", "PriceAmount")
        if price is None or self._currency_of(element, "Price", "PriceAmount") != currency:
            return None
        base = _number(element, "Price", "BaseQuantity")
        if base is not None and base <= 0:
            raise _Bad("BaseQuantity", "is not above zero", str(base))
        return price.scaleb(minor_digits(currency)) / (base or 1)

    def _properties(self, element: Element) -> tuple[list[str], dict[KeyField, str], str]:
        ids: list[str] = []
        keys: dict[KeyField, str] = {}
        at = ""
        for each in element.iterfind(f"{_CAC}Item/{_CAC}AdditionalItemProperty"):
            value = _text(each, "Value")
            match self._property.get(_plain(_text(each, "Name"))) if value else None:
                case InvoiceColumn.DELIVERY_ID:
                    ids.insert(0, value)
                case InvoiceColumn.LEAD_ID:
                    ids.append(value)
                case InvoiceColumn.PHONE:
                    keys[KeyField.PHONE] = phone_key(value, self._mapped.country)
                case InvoiceColumn.EMAIL:
                    keys[KeyField.EMAIL] = email_key(value)
                case InvoiceColumn.DELIVERED_AT:
                    at = value
        return ids, {field: key for field, key in keys.items() if key}, at

    def _local(self) -> ZoneInfo:
        if self._zone is None:
            self._zone = load_zone(zone_of(self._of_vendor(), self._contracts))
        return self._zone

    def _of_vendor(self) -> str:
        if self._vendor is None:
            told = self._mapped.head.get(InvoiceColumn.VENDOR)
            self._vendor = vendor_by([told] if told else self._head.printed, self._contracts, self._mapped)
        return self._vendor

    def _instant(self, element: Element, told: str) -> tuple[datetime | None, datetime | None]:
        if told:
            try:
                at = datetime.fromisoformat(told)
            except ValueError:
                raise _Bad("AdditionalItemProperty", "is no time; write 2026-05-04T10:00:00+02:00", told) from None
            _day_in(told, "AdditionalItemProperty")
            if len(told) > len("2026-05-04"):
                at = at if at.tzinfo is not None else at.replace(tzinfo=self._local())
                return at.astimezone(UTC), None
            return self._days(at.date(), at.date())
        day = _day(element, "Delivery", "ActualDeliveryDate")
        clock = _text(element, "Delivery", "ActualDeliveryTime")
        if day is not None and clock:
            try:
                hour = time.fromisoformat(clock)
            except ValueError:
                raise _Bad("ActualDeliveryTime", "is no time", clock) from None
            at = datetime.combine(day, hour)
            return (at if at.tzinfo is not None else at.replace(tzinfo=self._local())).astimezone(UTC), None
        first = day or _day(element, "InvoicePeriod", "StartDate")
        last = day or _day(element, "InvoicePeriod", "EndDate") or first
        if first is None or last is None:
            return None, None
        if last < first:
            raise _Bad("InvoicePeriod", "ends before it begins", f"{first} {last}")
        return self._days(first, last)

    def _days(self, first: date, last: date) -> tuple[datetime, datetime]:
        zone = self._local()
        begin, end = (datetime.combine(day, time(), zone) for day in (first, last))
        return begin.astimezone(UTC), (end + _DAY_LONG).astimezone(UTC)

    def invoice(self) -> Invoice:
        """All of it. Raises InvoiceFileError."""
        head, mapped = self._head, self._mapped
        # An identification that stands on several lines is that of an article, and names no lead.
        articles = {each for each, count in self._articles.items() if count > 1}
        lines = [
            replace(line, refs=tuple(each for each in line.refs if each not in articles))
            if any(each in articles for each in line.refs)
            else line
            for line in self._lines
        ]
        if told := mapped.head.get(InvoiceColumn.VENDOR):
            head.printed.insert(0, told)
        head.number = mapped.head.get(InvoiceColumn.INVOICE_NUMBER, head.number)
        for column in (InvoiceColumn.PERIOD_FROM, InvoiceColumn.PERIOD_TO, InvoiceColumn.ISSUED_ON):
            if text := mapped.head.get(column):
                self._replace_day(column, text)
        return built(self._name, head, lines, self._problems, self._of_vendor())

    def _replace_day(self, column: InvoiceColumn, text: str) -> None:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self._problems.append(BadLine(place="the map", part=column.value, reason="is no day", value=text))
            return
        if column is InvoiceColumn.PERIOD_FROM:
            self._head.first = day
        elif column is InvoiceColumn.PERIOD_TO:
            self._head.last = day
        else:
            self._head.issued_on = day
