"""Invoices in files: what is read, what is refused, and that nothing is half taken."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.contracts.invoice_check import vendor_of, why_refused
from audits.contracts.statement import Period
from audits.model.contract import Contract, KeyField
from audits.model.invoice import Invoice, InvoiceKind
from audits.model.said import english
from connector.contracts import invoice_ubl
from connector.contracts.amounts import in_minor, read_amount
from connector.contracts.invoice_build import InvoiceFileError
from connector.contracts.invoice_file import read_invoice
from connector.contracts.invoice_map import InvoiceColumn, InvoiceMap, read_invoice_map
from connector.exports.problems import UnusableInput
from tests.contracts.make import make_contract

TERMS = [make_contract()]


def of_text(
    folder: Path, text: str, mapped: InvoiceMap | None = None, terms: Sequence[Contract] = TERMS, name: str = "i.csv"
) -> Invoice:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_invoice(path, terms, mapped)


def map_of(folder: Path, text: str) -> InvoiceMap:
    path = folder / "map.toml"
    path.write_text(text, encoding="utf-8")
    return read_invoice_map(path)


def refused(folder: Path, text: str, mapped: InvoiceMap | None = None, **more: Any) -> list[str]:
    with pytest.raises(InvoiceFileError) as caught:
        of_text(folder, text, mapped, **more)
    assert "nothing of it was taken" in str(caught.value)
    return [str(each) for each in caught.value.problems]


# ------------------------------------------------------------------------------------------------ amounts


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("25", "25"),
        ("25.00", "25.00"),
        ("25,00", "25.00"),
        ("25,5", "25.5"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("1\u00a0234.50", "1234.50"),
        ("1’234.50", "1234.50"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("12,34,567.00", "1234567"),
        ("0.125", "0.125"),
        ("1234.567", "1234.567"),
        (".5", "0.5"),
        ("-25,00", "-25"),
        ("−25.00", "-25"),
        ("25.00-", "-25"),
        ("(25.00)", "-25"),
        ("($25.00)", "-25"),
        ("-€ 25", "-25"),
        ("€-25", "-25"),
        ("+25", "25"),
        ("25,-", "25"),
        ("kr 1 250,-", "1250"),
        ("25.—", "25"),
        ("€25.00", "25"),
        ("25,00 €", "25"),
        ("EUR 25,00", "25"),
        ("25 USD", "25"),
        ("１２３．４５", "123.45"),
        ("١٬٢٣٤٫٥٠", "1234.50"),
        ("27.500000000000004", "27.5"),
    ],
)
def test_amounts_as_people_write_them(text: str, amount: str):
    assert read_amount(text).amount == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", "-", "abc", "25 leads", "1.23.45", "1,2,3", "12.345.6", "25.00.00", "--25", "-25-", "(-25)", "1e5",
             "25%", "€25 USD", "NaN", "٬", ".", ",", "1 2 3", "2026-05-04", "9" * 70]
)  # fmt: skip
def test_what_is_no_amount(text: str):
    with pytest.raises(ValueError, match=r"\w"):
        read_amount(text)


def test_an_amount_that_may_be_read_in_two_ways_is_refused_unless_the_map_decides():
    with pytest.raises(ValueError, match="may be 1500 or 1 and a part"):
        read_amount("1.500")
    assert read_amount("1.500", ",").amount == 1500
    assert read_amount("1.500", ".").amount == Decimal("1.5")
    assert read_amount("1,500", ".").amount == 1500
    with pytest.raises(ValueError):
        read_amount("25.00", ",")


def test_no_more_digits_than_the_currency_has():
    assert in_minor(Decimal("25.10"), "EUR") == 2510
    assert in_minor(Decimal("25.1000"), "EUR") == 2510
    assert in_minor(Decimal(25), "JPY") == 25
    assert in_minor(Decimal("2.125"), "KWD") == 2125
    for amount, currency in (("25.105", "EUR"), ("25.5", "JPY"), ("1e14", "EUR")):
        with pytest.raises(ValueError):
            in_minor(Decimal(amount), currency)


@given(st.integers(-(10**12), 10**12), st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'"), (".", "")]))
def test_every_amount_comes_back(minor: int, marks: tuple[str, str]):
    point, group = marks
    whole, part = divmod(abs(minor), 100)
    text = f"{whole:,}".replace(",", group) + f"{point}{part:02d}"
    told = read_amount(f"-{text}" if minor < 0 else text, None if point in text else point)
    assert in_minor(told.amount, "EUR") == minor


# -------------------------------------------------------------------------------------------------- tables


def test_a_table_by_its_own_columns(tmp_path: Path):
    text = (
        "line,delivery_id,lead_id,delivered_at,phone,email,quantity,price,amount,description,tax,vendor,"
        "invoice_number,period_from,period_to,issued_on\n"
        "A,d1,L1,2026-03-02T10:00:00+01:00,+49 30 901820,Ann+x@Berg.de,1,25.00,25.00,Lead,4.75,Acme GmbH,R7,"
        "2026-03-01,2026-03-31,2026-04-01\n"
        "B,,,2026-03-03,,,2,25.00,50.00,,9.50,Acme GmbH,R7,2026-03-01,2026-03-31,2026-04-01\n"
        ",d1,,,,,,,-25.00,credit,,,,,,\n"
    )
    found = of_text(tmp_path, text)
    assert (found.vendor, found.vendor_name, found.number, found.currency) == ("acme", "Acme GmbH", "R7", "EUR")
    assert (found.first, found.last, found.issued_on) == (date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1))
    assert (found.total, found.tax, found.sum_of_lines, found.billed) == (None, 1425, 5000, 5000)
    one, two, three = found.lines
    assert (one.place, one.refs, one.amount, one.quantity, one.unit_price) == ("A", ("d1", "L1"), 2500, 1, 2500)
    assert one.at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert one.until is None
    assert one.keys == {KeyField.PHONE: "+4930901820", KeyField.EMAIL: "ann@berg.de"}
    # A mere day is one by the clock of the contract's zone, from its first moment to its last.
    assert two.at == datetime(2026, 3, 2, 23, tzinfo=UTC)
    assert two.until == datetime(2026, 3, 3, 22, 59, 59, 999_999, tzinfo=UTC)
    assert (two.quantity, two.amount, two.refs) == (2, 5000, ())
    assert (three.place, three.amount) == ("3", -2500)


def test_headings_decimal_commas_and_a_row_of_the_total_by_a_map(tmp_path: Path):
    mapped = map_of(
        tmp_path,
        """
        title = "Acme"
        total_words = ["Summe"]
        country = "DE"
        [invoice]
        vendor = "Leads & More KG"
        number = "R8"
        period_from = 2026-03-01
        period_to = 2026-03-31
        tax = "1.234,50"
        [columns]
        delivery_id = "Lead-Nr."
        phone = "Rufnummer"
        delivered_at = "Am"
        amount = "Netto"
        [numbers]
        decimal = ","
        [vendors]
        "Leads & More" = "acme"
        [times]
        zone = "Europe/Berlin"
        formats = ["%d.%m.%Y %H:%M"]
        """,
    )
    text = (
        "Lead-Nr.;Rufnummer;Am;Netto\n"
        "d1;030 901820;02.03.2026 10:00;1.500 €\n"
        ";0151 23456789;02.03.2026 10:05;25,00 €\n"
        "Summe;;;1.525,00 €\n"
    )
    found = of_text(tmp_path, text, mapped)
    assert (found.vendor, found.number, found.total, found.tax) == ("acme", "R8", 152500, 123450)
    assert [each.amount for each in found.lines] == [150000, 2500]
    assert found.lines[1].keys == {KeyField.PHONE: "+4915123456789"}
    assert found.lines[0].at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_workbook(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["delivery_id", "delivered_at", "amount", "quantity", "issued_on"])
    sheet.append(["d1", datetime(2026, 3, 2, 10, 0), 25.5, 1, date(2026, 4, 1)])  # noqa: DTZ001  (a wall clock)
    sheet.append([7, date(2026, 3, 3), 25 * 1.1, 1, date(2026, 4, 1)])
    path = tmp_path / "i.xlsx"
    book.save(path)
    found = read_invoice(path, TERMS)
    assert [each.amount for each in found.lines] == [2550, 2750]
    assert [each.refs for each in found.lines] == [("d1",), ("7",)]
    assert found.lines[0].at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert found.lines[1].until is not None
    assert found.issued_on == date(2026, 4, 1)


def test_a_price_times_a_quantity_where_no_amount_is_told(tmp_path: Path):
    found = of_text(tmp_path, "description,quantity,price\n100 leads,100,25.00\nhalf,3,12.5\n")
    assert [(each.amount, each.unit_price) for each in found.lines] == [(250000, 2500), (3750, 1250)]


def test_every_line_that_cannot_be_read_is_named_and_nothing_is_taken(tmp_path: Path):
    text = (
        "delivery_id,delivered_at,amount,quantity,currency\n"
        "d1,2026-03-02T10:00,25.00,1,\n"
        "d2,2026-03-02T10:00,25.0051,1,\n"
        "d3,yesterday,25.00,1,\n"
        "d4,2026-03-02T10:00,,1,\n"
        "d5,2026-03-02T10:00,25.00,one,\n"
        "d6,2026-03-02T10:00,1.500,1,\n"
        "d7,2026-03-02T10:00,25.00,1,Euro\n"
        "d8,2026-03-02T10:00\n"
    )
    told = refused(tmp_path, text)
    assert [each.partition(": ")[0] for each in told] == [f"line {n}" for n in range(3, 10)]
    assert "line 3: amount: has more digits than EUR has (2) ('25.0051')" in told
    assert "line 5: amount: is empty" in told
    assert any(each.startswith("line 4: delivered_at: is no time") for each in told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("amount\n", "the invoice: has no lines"),
        ("invoice_number,amount\nR1,25\nR2,25\n", "line 3: invoice_number: is another than in the lines before, R1"),
        ("period_from,period_to,amount\n2026-03-31,2026-03-01,25\n", "the invoice: period: ends on 2026-03-01"),
        ("issued_on,amount\nsoon,25\n", "the invoice: issued_on: is no day"),
        ("currency,amount\nEUR,$25\n", "line 2: amount: bears the sign of another currency than EUR"),
    ],
)
def test_what_is_wrong_with_the_invoice_as_a_whole(tmp_path: Path, text: str, said: str):
    (told,) = refused(tmp_path, text)
    assert told.startswith(said)


def test_files_that_cannot_be_used_at_all(tmp_path: Path):
    for text, said in (
        ("", "is empty"),
        ("delivery_id\nd1\n", "no column is amount or price"),
        ("amount,Amount\n1,2\n", "two columns are amount"),
    ):
        with pytest.raises(UnusableInput, match=said):
            of_text(tmp_path, text)
    with pytest.raises(UnusableInput, match="does not have"):
        of_text(tmp_path, "amount\n1\n", InvoiceMap(columns={InvoiceColumn.PHONE: "Ruf"}))
    with pytest.raises(UnusableInput, match="no currency"):
        of_text(tmp_path, "amount\n$1\n", terms=[make_contract()])


def test_currencies_of_lines(tmp_path: Path):
    found = of_text(tmp_path, "delivery_id,currency,amount\nd1,EUR,25\nd2,usd,25\nd3,EUR,€25.00\n")
    assert found.currency == "EUR"
    assert [each.currency for each in found.lines] == ["", "USD", ""]
    assert found.sum_of_lines == 5000
    by_sign = of_text(tmp_path, "delivery_id,amount\nd1,25\nd2,25 zł\n", InvoiceMap(currency="EUR"))
    assert [each.currency for each in by_sign.lines] == ["", "PLN"]
    # The sign tells the currency of the whole invoice, where nothing else does.
    assert of_text(tmp_path, "delivery_id,amount\nd1,PLN 25\n").currency == "PLN"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[columns]\namount = 'A'\nprice = 'A'\n", "named more than once"),
        ("[columns]\nbetrag = 'A'\n", "is unknown"),
        ("[numbers]\ndecimal = ';'\n", "neither"),
        ("[numbers]\n", "is missing"),
        ("country = 'Nowhere'\n", "no country"),
        ("[invoice]\ncurrency = 'Euro'\n", "no currency"),
        ("[invoice]\nvendr = 'x'\n", "did you mean 'vendor'"),
        ("[times]\nzone = 'Mars'\n", "no time zone"),
    ],
)
def test_mistakes_in_a_map_are_named(tmp_path: Path, text: str, said: str):
    with pytest.raises(UnusableInput, match=said):
        map_of(tmp_path, text)


# ----------------------------------------------------------------------------------- whose, what, and when


def test_names_are_the_same_but_for_legal_form_and_punctuation():
    vendors = ["acme", "acme-wind"]
    assert vendor_of(["ACME GmbH & Co. KG"], vendors) == "acme"
    assert vendor_of(["Acme Wind B.V."], vendors) == "acme-wind"
    assert vendor_of(["Acme Solar GmbH"], vendors) is None
    assert vendor_of(["Acme Solar GmbH"], vendors, {"ACME Solar": "acme"}) == "acme"
    # Two ids of two vendors on one paper are nobody's.
    assert vendor_of(["Acme", "Acme Wind"], vendors) is None
    assert vendor_of(["GmbH"], vendors) is None


def test_an_invoice_of_another_vendor_currency_or_period_is_refused_with_the_sentence_why(tmp_path: Path):
    march = Period(date(2026, 3, 1), date(2026, 3, 31))

    def why(text: str, period: Period = march) -> str | None:
        said = why_refused(of_text(tmp_path, text), TERMS, period)
        return None if said is None else english(said)

    assert why("vendor,invoice_number,amount\nBorealis,R1,25\n") == (
        "Invoice R1 is from Borealis; the contracts are with acme."
    )
    assert why("currency,invoice_number,amount\nUSD,R1,25\n") == (
        "Invoice R1 is in USD; the contracts with acme are in EUR."
    )
    head = "invoice_number,period_from,period_to,amount\n"
    assert why(head + "R1,2026-02-28,2026-03-31,25\n") == (
        "Invoice R1 is for 2026-02-28 to 2026-03-31; the statement is for 2026-03-01 to 2026-03-31."
    )
    assert why(head + "R1,2026-03-31,2026-04-01,25\n") is not None
    assert why(head + "R1,2026-04-01,,25\n") is not None
    assert why(head + "R1,2026-03-01,2026-03-31,25\n") is None
    assert why(head + "R1,2026-03-10,2026-03-12,25\n") is None
    assert why(head + "R1,,,25\n") is None
    assert why(head + "R1,2020-01-01,2020-01-31,25\n", Period()) is None


# ----------------------------------------------------------------------------------------------------- UBL

_NS = (
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)


def ubl(
    lines: str, head: str = "", root: str = "Invoice", currency: str = "EUR", total: str = "", before: str = ""
) -> str:
    totals = (
        f'<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">{total}</cbc:LineExtensionAmount>'
        "</cac:LegalMonetaryTotal>"
        if total
        else ""
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{before}'
        f'<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2" {_NS}>'
        f"<cbc:ID>U1</cbc:ID><cbc:IssueDate>2026-04-01</cbc:IssueDate>"
        f"<cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>"
        "<cac:InvoicePeriod><cbc:StartDate>2026-03-01</cbc:StartDate><cbc:EndDate>2026-03-31</cbc:EndDate>"
        "</cac:InvoicePeriod><cac:AccountingSupplierParty><cac:Party><cac:PartyIdentification><cbc:ID>4711</cbc:ID>"
        "</cac:PartyIdentification><cac:PartyName><cbc:Name>ACME GmbH</cbc:Name></cac:PartyName></cac:Party>"
        f"</cac:AccountingSupplierParty>{head}{totals}{lines}</{root}>"
    )


def ubl_line(
    amount: str = "25.00", inner: str = "", number: str = "1", quantity: str = "", name: str = "InvoiceLine"
) -> str:
    kind = "InvoicedQuantity" if name == "InvoiceLine" else "CreditedQuantity"
    told = f"<cbc:{kind}>{quantity}</cbc:{kind}>" if quantity else ""
    return (
        f"<cac:{name}><cbc:ID>{number}</cbc:ID>{told}"
        f'<cbc:LineExtensionAmount currencyID="EUR">{amount}</cbc:LineExtensionAmount>{inner}</cac:{name}>'
    )


def item(inner: str) -> str:
    return f"<cac:Item>{inner}</cac:Item>"


def prop(name: str, value: str) -> str:
    return (
        f"<cac:AdditionalItemProperty><cbc:Name>{name}</cbc:Name><cbc:Value>{value}</cbc:Value>"
        "</cac:AdditionalItemProperty>"
    )


def of_ubl(folder: Path, text: str, mapped: InvoiceMap | None = None) -> Invoice:
    return of_text(folder, text, mapped, name="i.xml")


def test_an_invoice_in_ubl(tmp_path: Path):
    head = (
        "<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:AllowanceChargeReason>Loyalty"
        '</cbc:AllowanceChargeReason><cbc:Amount currencyID="EUR">5.00</cbc:Amount></cac:AllowanceCharge>'
        '<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">8.55</cbc:TaxAmount></cac:TaxTotal>'
        '<cac:TaxTotal><cbc:TaxAmount currencyID="NOK">99.00</cbc:TaxAmount></cac:TaxTotal>'
        '<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">125.00</cbc:LineExtensionAmount>'
        '<cbc:TaxExclusiveAmount currencyID="EUR">120.00</cbc:TaxExclusiveAmount></cac:LegalMonetaryTotal>'
    )
    by_property = item(
        prop("Lead-ID", "d1") + prop("Delivered at", "2026-03-02T10:00:00+01:00") + prop("Phone", "+49 30 901820")
    )
    price = (
        '<cac:Price><cbc:PriceAmount currencyID="EUR">250.00</cbc:PriceAmount>'
        "<cbc:BaseQuantity>10</cbc:BaseQuantity></cac:Price>"
    )
    lines = ubl_line(inner=by_property, quantity="1") + ubl_line(
        "100.00", item("<cbc:Name>Leads</cbc:Name>") + price, "2", "4"
    )
    found = of_ubl(tmp_path, ubl(lines, head))
    assert (found.kind, found.vendor, found.vendor_name, found.number) == (
        InvoiceKind.INVOICE,
        "acme",
        "ACME GmbH",
        "U1",
    )
    assert (found.first, found.last, found.issued_on) == (date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1))
    assert (found.total, found.tax, found.sum_of_lines) == (12000, 855, 12000)
    allowance, one, two = found.lines
    assert (allowance.amount, allowance.description) == (-500, "Loyalty")
    assert (one.refs, one.amount, one.at) == (("d1",), 2500, datetime(2026, 3, 2, 9, tzinfo=UTC))
    assert one.keys == {KeyField.PHONE: "+4930901820"}
    assert (two.quantity, two.unit_price, two.description) == (4, 2500, "Leads")


def test_a_credit_note_in_ubl_is_below_zero(tmp_path: Path):
    line = ubl_line("25.00", "<cbc:Note>d1</cbc:Note>", quantity="1", name="CreditNoteLine")
    found = of_ubl(tmp_path, ubl(line, root="CreditNote", total="25.00"))
    assert (found.kind, found.total, [each.amount for each in found.lines]) == (
        InvoiceKind.CREDIT_NOTE,
        -2500,
        [-2500],
    )
    assert found.lines[0].refs == ("d1",)


def test_ids_in_ubl_wherever_they_stand(tmp_path: Path):
    def article(value: str) -> str:
        return f"<cac:SellersItemIdentification><cbc:ID>{value}</cbc:ID></cac:SellersItemIdentification>"

    lines = (
        ubl_line(inner=item(article("d1")))
        + ubl_line(inner=item(article("SKU-9") + prop("lead no", "d2")), number="2")
        + ubl_line(inner="<cbc:Note>For lead AC-77812, thanks</cbc:Note>" + item(article("SKU-9")), number="3")
        + ubl_line(inner=item(prop("Anfrage", "d4")), number="4")
    )
    found = of_ubl(tmp_path, ubl(lines), InvoiceMap(columns={InvoiceColumn.DELIVERY_ID: "Anfrage"}))
    # What stands on several lines is the number of an article.
    assert [each.refs for each in found.lines] == [("d1",), ("d2",), (), ("d4",)]
    assert "AC-77812" in found.lines[2].description


def test_days_of_lines_in_ubl(tmp_path: Path):
    day = "<cac:Delivery><cbc:ActualDeliveryDate>2026-03-02</cbc:ActualDeliveryDate>{}</cac:Delivery>"
    clock = "<cbc:ActualDeliveryTime>10:00:00</cbc:ActualDeliveryTime>"
    found = of_ubl(tmp_path, ubl(ubl_line(inner=day.format("")) + ubl_line(inner=day.format(clock), number="2")))
    one, two = found.lines
    assert (one.at, one.until) == (
        datetime(2026, 3, 1, 23, tzinfo=UTC), datetime(2026, 3, 2, 22, 59, 59, 999_999, tzinfo=UTC),
    )  # fmt: skip
    assert (two.at, two.until) == (datetime(2026, 3, 2, 9, tzinfo=UTC), None)


def test_bad_lines_in_ubl_are_named_with_their_place(tmp_path: Path):
    lines = (
        ubl_line("25.005")
        + ubl_line("abc", number="x7")
        + ubl_line("25.00", quantity="NaN", number="3")
        + "<cac:InvoiceLine><cbc:ID>4</cbc:ID></cac:InvoiceLine>"
        + ubl_line(
            inner="<cac:InvoicePeriod><cbc:StartDate>9999-12-31</cbc:StartDate></cac:InvoicePeriod>", number="5"
        )
        + ubl_line(number="6")
    )
    assert refused(tmp_path, ubl(lines), name="i.xml") == [
        "InvoiceLine 1 (ID 1): LineExtensionAmount: has more digits than EUR has (2) ('25.005')",
        "InvoiceLine 2 (ID x7): LineExtensionAmount: is no number ('abc')",
        "InvoiceLine 3 (ID 3): InvoicedQuantity: is no number ('NaN')",
        "InvoiceLine 4 (ID 4): LineExtensionAmount: is missing",
        "InvoiceLine 5 (ID 5): StartDate: is a day that looks like a placeholder ('9999-12-31')",
    ]


_DTD = '<!DOCTYPE Invoice [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n'
_OUTSIDE = '<!DOCTYPE Invoice SYSTEM "file:///etc/passwd">\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ubl(ubl_line(inner="<cbc:Note>&b;</cbc:Note>"), before=_DTD), "DTD or entities"),
        (ubl(ubl_line(), before=_OUTSIDE), "DTD or entities"),
        (ubl(ubl_line())[:-5], "no well-formed XML"),
        (ubl(ubl_line(inner="<cbc:Note>&c;</cbc:Note>")), "no well-formed XML"),
        ("<html><body>Invoice</body></html>", "no Invoice or CreditNote of UBL 2.1; its root is html"),
        (ubl(ubl_line(inner="<cbc:Note>" * 60 + "</cbc:Note>" * 60)), "nests or repeats"),
        (ubl(ubl_line(inner="<cbc:Note/>" * 30_000)), "nests or repeats"),
        ('<?xml version="1.0" encoding="no-such"?><a/>', "no well-formed XML"),
    ],
)
def test_xml_that_is_not_read(tmp_path: Path, text: str, said: str):
    with pytest.raises(UnusableInput, match=said):
        of_ubl(tmp_path, text)


def test_xml_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(invoice_ubl, "LARGEST", 100)
    with pytest.raises(UnusableInput, match="is larger than"):
        of_ubl(tmp_path, ubl(ubl_line()))


def test_many_lines_in_ubl_are_dropped_as_they_are_read(tmp_path: Path):
    count = 3_000
    text = ubl("".join(ubl_line(inner=item(prop("lead id", f"d{n}")), number=str(n)) for n in range(count)))
    found = of_ubl(tmp_path, text)
    assert (len(found.lines), found.sum_of_lines) == (count, 2500 * count)
    assert found.lines[-1].refs == (f"d{count - 1}",)


def tried(folder: str, name: str, raw: bytes) -> Invoice | str:
    """The invoice in a file with these bytes, or why it is refused."""
    path = Path(folder) / name
    path.write_bytes(raw)
    try:
        return read_invoice(path, TERMS)
    except UnusableInput as refused_:
        return str(refused_)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)), st.sampled_from(["csv", "xml"]))
def test_whatever_a_file_holds_it_is_read_or_refused(raw: bytes, kind: str):
    head = b"delivery_id,amount,delivered_at,quantity\n" if kind == "csv" else b"<"
    with tempfile.TemporaryDirectory() as folder:
        found = tried(folder, "i", head + raw)
    assert found.lines if isinstance(found, Invoice) else found.startswith("i: ")


_TEXTS = st.sampled_from(
    ["", "1", "-1", "0", "25.00", "1e9", "NaN", "9" * 30, "." * 9, "2026-03-02", "0001-01-01", "9999-12-31", "x y"]
)


@given(_TEXTS, _TEXTS, _TEXTS, _TEXTS, _TEXTS, _TEXTS)
def test_whatever_an_element_holds_it_is_read_or_refused(a: str, b: str, c: str, d: str, e: str, f: str):
    inner = (
        f"<cac:InvoicePeriod><cbc:StartDate>{c}</cbc:StartDate></cac:InvoicePeriod>"
        + item(prop("lead id", d) + prop("delivered at", e) + prop("phone", d))
        + f'<cac:Price><cbc:PriceAmount currencyID="EUR">{d}</cbc:PriceAmount>'
        f"<cbc:BaseQuantity>{f}</cbc:BaseQuantity></cac:Price>"
    )
    with tempfile.TemporaryDirectory() as folder:
        found = tried(folder, "i.xml", ubl(ubl_line(a, inner, quantity=b), total=f).encode())
    if isinstance(found, Invoice):
        assert [each.amount for each in found.lines] == [int(Decimal(a) * 100)]
    else:
        assert "nothing of it was taken" in found


@given(st.lists(_TEXTS, min_size=9, max_size=9))
def test_whatever_a_row_holds_it_is_read_or_refused(cells: list[str]):
    columns = "delivery_id,amount,price,quantity,delivered_at,phone,email,tax,period_from"
    with tempfile.TemporaryDirectory() as folder:
        found = tried(folder, "i.csv", f"{columns}\n{','.join(cells)}\n".encode())
    assert len(found.lines) == 1 if isinstance(found, Invoice) else "nothing of it was taken" in found
