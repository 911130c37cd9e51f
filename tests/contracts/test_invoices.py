"""Invoices against verdicts: every kind of difference worked out by hand, and that all of them add up."""

from __future__ import annotations

import cProfile
import random
import tracemalloc
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.contracts.invoice_likeness import Sign, plain_id, words_like_ids
from audits.contracts.invoice_result import DifferenceKind, How, InvoiceMatch
from audits.contracts.invoices import InvoiceMatcher
from audits.model.contract import KeyField
from audits.model.invoice import Invoice, InvoiceLine
from audits.model.reasons import ReasonCode
from audits.model.said import say
from audits.model.verdict import LeadState, LeadVerdict
from tests.contracts.make import MONDAY, make_delivery

Kind = DifferenceKind
_SAID = say("Nothing was found against it.")


def judged(n: int = 1, price: int | None = 2500, amount: int | None = -1, **more: Any) -> LeadVerdict:
    told: dict[str, Any] = {
        "delivery_id": f"d{n:03d}",
        "lead_id": f"L{n:03d}",
        "vendor": "acme",
        "sub_source": "",
        "contract": "acme-solar",
        "contract_version": 1,
        "delivered_at": MONDAY + timedelta(minutes=10 * n),
        "as_of": MONDAY,
        "state": LeadState.PAYABLE,
        "code": None,
        "clause": "",
        "clause_ref": "",
        "said": _SAID,
        "currency": "EUR",
        "price": price,
        "amount": price if amount == -1 else amount,
    }
    return LeadVerdict(**told | more)


def returned(n: int, code: ReasonCode = ReasonCode.FICTITIOUS, **more: Any) -> LeadVerdict:
    told: dict[str, Any] = {
        "state": LeadState.RETURNABLE, "amount": 0, "code": code, "clause": "returns.reasons.0", "clause_ref": "4.2",
        "is_claim_needed": True,
    }  # fmt: skip
    return judged(n, **told | more)


def line(number: int, ref: str = "", amount: int = 2500, **more: Any) -> InvoiceLine:
    return InvoiceLine(number=number, amount=amount, refs=(ref,) if ref else (), **more)


def invoice(*lines: InvoiceLine, **more: Any) -> Invoice:
    return Invoice(**{"vendor": "acme", "number": "R1", "currency": "EUR", "lines": lines} | more)


def matched(
    invoices: Invoice | Iterable[Invoice],
    verdicts: Iterable[LeadVerdict],
    keys: Mapping[str, Mapping[KeyField, str]] | None = None,
    elsewhere: Iterable[LeadVerdict] = (),
    **more: Any,
) -> InvoiceMatch:
    given_ = [invoices] if isinstance(invoices, Invoice) else list(invoices)
    matcher = InvoiceMatcher(given_, "acme", "EUR", **more)
    outside = {each.delivery_id for each in elsewhere}
    for verdict in sorted([*verdicts, *elsewhere], key=lambda each: (each.delivered_at, each.delivery_id)):
        known = (keys or {}).get(verdict.delivery_id, {})
        matcher.take(verdict, known, is_in_period=verdict.delivery_id not in outside)
    found = matcher.finish()
    assert found.billed - found.amount_due == found.difference == sum(each.amount for each in found.differences)
    assert found.to_json()["difference"] == found.difference
    return found


def told(found: InvoiceMatch) -> list[tuple[Kind, int, str, str]]:
    return [(each.kind, each.amount, each.line, each.delivery_id) for each in found.differences]


def phone(number: str) -> Mapping[KeyField, str]:
    return {KeyField.PHONE: number}


def test_lines_that_bill_what_is_owed_leave_nothing_to_tell():
    found = matched(invoice(line(1, "d001"), line(2, "L002")), [judged(1), judged(2)])
    assert told(found) == []
    assert [(each.delivery_id, each.how, each.confidence) for each in found.matches] == [
        ("d001", How.BY_ID, 100),
        ("d002", How.BY_ID, 100),
    ]
    assert (found.billed, found.amount_due, found.unmatched_lines) == (5000, 5000, 0)


def test_billed_and_never_delivered_delivered_and_never_billed():
    found = matched(invoice(line(1, "d001"), line(2, "x9")), [judged(1), judged(2, 3000)])
    assert told(found) == [(Kind.BILLED_NOT_DELIVERED, 2500, "2", ""), (Kind.DELIVERED_NOT_BILLED, -3000, "", "d002")]
    assert found.unmatched_lines == 1


def test_what_is_not_owed_and_not_billed_is_no_difference():
    assert told(matched(invoice(line(1, "d001")), [judged(1), returned(2)])) == []


def test_billed_though_returnable_names_state_and_clause():
    found = matched(invoice(line(1, "d001")), [returned(1)])
    (only,) = found.differences
    assert (only.kind, only.amount, only.state) == (Kind.BILLED_RETURNABLE, 2500, LeadState.RETURNABLE)
    assert (only.code, only.clause, only.clause_ref) == (ReasonCode.FICTITIOUS, "returns.reasons.0", "4.2")
    assert only.to_json()["sentence"] == (
        "The lead is billed, but is a creditable return. FICTITIOUS, clause 4.2 (returns.reasons.0)."
    )


def test_not_payable_by_itself_and_over_the_cap_are_told_apart():
    doubled = returned(1, ReasonCode.DUP_SAME_VENDOR, clause="duplicates.0", is_claim_needed=False)
    over = returned(2, ReasonCode.OVER_CAP, clause="volume.caps.0", is_claim_needed=False)
    found = matched(invoice(line(1, "d001"), line(2, "d002")), [doubled, over])
    assert told(found) == [(Kind.BILLED_NOT_PAYABLE, 2500, "1", "d001"), (Kind.OVER_CAP, 2500, "2", "d002")]


@pytest.mark.parametrize("state", [state for state in LeadState if state is not LeadState.RETURNABLE])
def test_a_lead_that_is_owed_is_rightly_billed_in_every_state(state: LeadState):
    assert told(matched(invoice(line(1, "d001")), [judged(1, state=state)])) == []


def test_a_wrong_price_and_one_minor_unit():
    found = matched(invoice(line(1, "d001", 2750), line(2, "d002", 2499)), [judged(1), judged(2)])
    assert told(found) == [(Kind.WRONG_PRICE, 250, "1", "d001"), (Kind.ROUNDING, -1, "2", "d002")]


def test_a_wrong_price_of_a_return_is_told_in_two_parts():
    found = matched(invoice(line(1, "d001", 3000)), [returned(1)])
    assert told(found) == [(Kind.BILLED_RETURNABLE, 2500, "1", "d001"), (Kind.WRONG_PRICE, 500, "1", "d001")]
    # Billed under price: what is billed is all that can be asked back.
    assert told(matched(invoice(line(1, "d001", 1000)), [returned(1)])) == [
        (Kind.BILLED_RETURNABLE, 1000, "1", "d001")
    ]
    # Settled with a part credited, and billed so.
    assert told(matched(invoice(line(1, "d001", 1500)), [returned(1, amount=1500)])) == []


def test_a_second_line_for_one_lead_is_the_wrong_one_whatever_its_place():
    found = matched(invoice(line(1, "d001", 2400), line(2, "L001")), [judged(1)])
    assert told(found) == [(Kind.DUPLICATE_LINE, 2400, "1", "d001")]
    assert "billed by line 2" in str(found.differences[0].to_json()["sentence"])


def test_lines_in_another_currency_bill_nothing():
    found = matched(
        invoice(line(1, "d001", currency="USD"), line(2, "x", currency="USD"), line(3, "d003")),
        [judged(1), judged(3)],
    )
    assert told(found) == [(Kind.WRONG_CURRENCY, -2500, "1", "d001"), (Kind.WRONG_CURRENCY, 0, "2", "")]
    # A lead of the vendor under a contract in another currency.
    found = matched(invoice(line(1, "d001")), [judged(1, currency="USD")])
    assert told(found) == [(Kind.WRONG_CURRENCY, 2500, "1", "d001")]


def test_outside_of_the_period():
    april = line(2, "x", at=datetime(2026, 4, 1, 8, tzinfo=UTC))
    bounds = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    found = matched(invoice(line(1, "d001"), april), [], elsewhere=[judged(1), judged(2)], bounds=bounds)
    assert told(found) == [(Kind.OUTSIDE_PERIOD, 2500, "1", "d001"), (Kind.OUTSIDE_PERIOD, 2500, "2", "")]
    # The last moment of the period belongs to it.
    march = line(1, "x", at=datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC))
    assert told(matched(invoice(march), [], bounds=bounds)) == [(Kind.BILLED_NOT_DELIVERED, 2500, "1", "")]


def test_a_delivery_under_no_contract_is_delivered_all_the_same():
    matcher = InvoiceMatcher([invoice(line(1, "d1"))], "acme", "EUR")
    matcher.take_unmatched(make_delivery("d1"))
    assert told(matcher.finish()) == [(Kind.NO_CONTRACT, 2500, "1", "d1")]


def test_an_amount_that_is_not_known_yet_is_counted_as_nothing():
    found = matched(invoice(line(1, "d001")), [judged(1, None), judged(2, None)])
    assert told(found) == [(Kind.DELIVERED_NOT_BILLED, 0, "", "d002"), (Kind.PRICE_NOT_KNOWN, 2500, "1", "d001")]


def test_a_total_that_is_not_the_sum_of_the_lines_is_told():
    found = matched(invoice(line(1, "d001"), total=2600), [judged(1)])
    assert told(found) == [(Kind.TOTAL, 100, "", "")]
    assert "26.00 EUR in all" in str(found.differences[0].to_json()["sentence"])


# ------------------------------------------------------------------------------------------------ credits


def test_a_credit_for_a_return_settles_it():
    found = matched(invoice(line(1, "d001"), line(2, "d001", -2500)), [returned(1)])
    assert told(found) == []


def test_credits_that_are_too_much_too_little_or_of_nothing():
    lines = [line(1, "d001"), line(2, "d001", -2500), line(3, "d002"), line(4, "d002", -1000), line(5, "d003", -2500)]
    discount = line(6, amount=-300, description="loyalty")
    found = matched(invoice(*lines, discount), [judged(1), returned(2)], elsewhere=[judged(3)])
    assert told(found) == [
        (Kind.BILLED_RETURNABLE, 1500, "3", "d002"),
        (Kind.CREDIT, -2500, "1", "d001"),
        (Kind.CREDIT, -2500, "5", "d003"),
        (Kind.ADJUSTMENT, -300, "6", ""),
    ]


def test_a_credit_note_beside_the_invoice():
    note = invoice(line(1, "d002", -2500), number="C1")
    found = matched([invoice(line(1, "d001"), line(2, "d002")), note], [judged(1), returned(2)])
    assert told(found) == []
    assert found.billed == 2500


def test_a_credit_by_count_is_taken_off_what_is_not_owed():
    lump = line(1, amount=250_00, quantity=Decimal(10))
    credit = line(2, amount=-75_00, quantity=Decimal(3))
    verdicts = [judged(n) if n > 4 else returned(n) for n in range(1, 11)]
    found = matched(invoice(lump, credit), verdicts)
    assert told(found) == [(Kind.BILLED_RETURNABLE, 2500, "1", "d004")]
    credit = line(2, amount=-125_00, quantity=Decimal(5))
    assert told(matched(invoice(lump, credit), verdicts)) == [(Kind.ADJUSTMENT, -2500, "2", "")]


# -------------------------------------------------------------------------------------------------- lumps


def test_leadnodes_a_hundred_leads_in_one_line_eight_of_them_returned():
    # 100 × 25.00 EUR billed, 8 returned within the window: 2,300.00 due, 200.00 to be credited.
    lump = line(1, amount=2500_00, quantity=Decimal(100), unit_price=Decimal(2500), description="100 leads")
    found = matched(invoice(lump), [returned(n) if n <= 8 else judged(n) for n in range(1, 101)])
    assert (found.billed, found.amount_due, found.difference) == (2500_00, 2300_00, 200_00)
    assert found.by_kind == {Kind.BILLED_RETURNABLE: (8, 200_00)}
    (only,) = found.matches
    assert (only.how, only.count, only.signs) == (How.AS_LUMP, 100, (Sign.COUNT_AND_PRICE,))
    assert "as a lump" in str(only.to_json()["sentence"])
    # What is owed is matched first: the vendor who leaves returns out bills rightly.
    lump = line(1, amount=2300_00, quantity=Decimal(92))
    assert told(matched(invoice(lump), [returned(n) if n <= 8 else judged(n) for n in range(1, 101)])) == []


def test_a_lump_of_too_many_at_another_price_and_not_its_own_product():
    verdicts = [judged(n) for n in range(1, 5)]
    found = matched(invoice(line(1, amount=150_00, quantity=Decimal(6))), verdicts)
    assert [(each.kind, each.amount, each.count) for each in found.differences] == [
        (Kind.BILLED_NOT_DELIVERED, 50_00, 2)
    ]
    found = matched(invoice(line(1, amount=108_00, quantity=Decimal(4))), verdicts)
    assert [(each.kind, each.amount, each.count) for each in found.differences] == [(Kind.WRONG_PRICE, 8_00, 4)]
    odd = line(1, amount=110_00, quantity=Decimal(4), unit_price=Decimal(2500))
    assert told(matched(invoice(odd), verdicts)) == [(Kind.WRONG_PRICE, 10_00, "1", "")]
    # 4 × 25.004: what is a part of a minor unit for one is rounding of the line.
    part = line(1, amount=100_02, quantity=Decimal(4), unit_price=Decimal("2500.4"))
    assert told(matched(invoice(part), verdicts)) == [(Kind.ROUNDING, 2, "1", "")]


def test_lumps_take_leads_by_price_and_a_fee_takes_none():
    verdicts = [judged(1), judged(2), judged(3, 4000), judged(4, 4000)]
    lines = [
        line(1, amount=80_00, quantity=Decimal(2)),
        line(2, amount=50_00, quantity=Decimal(2)),
        line(3, amount=99_00, description="Set-up fee"),
    ]
    found = matched(invoice(*lines), verdicts)
    assert told(found) == [(Kind.BILLED_NOT_DELIVERED, 99_00, "3", "")]
    assert "Set-up fee" in str(found.differences[0].to_json()["sentence"])
    # Nor where a lead is left that nobody billed.
    assert told(matched(invoice(*lines), [*verdicts, judged(5)])) == [
        (Kind.BILLED_NOT_DELIVERED, 99_00, "3", ""),
        (Kind.DELIVERED_NOT_BILLED, -25_00, "", "d005"),
    ]


def test_lines_with_nothing_but_a_day_are_lumps_of_that_day():
    day = datetime(2026, 3, 2, tzinfo=UTC)
    lines = [line(n, at=day, until=day + timedelta(hours=23, minutes=59)) for n in (1, 2, 3)]
    later = judged(9, delivered_at=MONDAY + timedelta(days=1))
    found = matched(invoice(*lines), [judged(1), judged(2), later])
    assert told(found) == [(Kind.BILLED_NOT_DELIVERED, 2500, "3", ""), (Kind.DELIVERED_NOT_BILLED, -2500, "", "d009")]


# ----------------------------------------------------------------------------------------------- likeness


def test_a_line_without_an_id_finds_its_lead_by_phone_and_says_why():
    keys = {"d001": phone("+4930111111"), "d002": phone("+4930222222")}
    by_phone = line(1, keys=phone("+4930222222"), at=MONDAY + timedelta(minutes=20, seconds=30))
    found = matched(invoice(by_phone), [judged(1), judged(2)], keys)
    (only,) = found.matches
    assert (only.delivery_id, only.how, only.confidence) == ("d002", How.BY_LIKENESS, 99)
    assert only.signs == (Sign.SAME_PHONE, Sign.SAME_MINUTE, Sign.SAME_PRICE, Sign.NO_RIVAL)
    assert told(found) == [(Kind.DELIVERED_NOT_BILLED, -2500, "", "d001")]
    assert "+4930222222" not in str(found.to_json())


def test_ids_that_a_spreadsheet_spoiled_are_found_and_look_alikes_are_not():
    # 00123 became 123; L-001 was typed l001.
    verdicts = [judged(1, delivery_id="00123"), judged(2, delivery_id="L-001x")]
    found = matched(invoice(line(1, "123"), line(2, "l001X")), verdicts)
    assert [(each.delivery_id, each.signs[0]) for each in found.matches] == [
        ("00123", Sign.NEAR_ID),
        ("L-001x", Sign.NEAR_ID),
    ]
    # d0010 is not d001, however alike they look.
    found = matched(invoice(line(1, "d0010")), [judged(1)])
    assert not found.matches
    assert not found.doubts
    # One spoiled id that may be either of two is for a person.
    found = matched(invoice(line(1, "123")), [judged(1, delivery_id="0123"), judged(2, delivery_id="00123")])
    (doubt,) = found.doubts
    assert [each.delivery_id for each in doubt.choices] == ["0123", "00123"]
    assert doubt.choices[0].confidence == 60


def test_the_exact_id_holds_before_one_that_looks_like_it():
    verdicts = [judged(1, delivery_id="0123"), judged(2, delivery_id="123")]
    found = matched(invoice(line(1, "123"), line(2, "0123")), verdicts)
    assert [(each.line, each.delivery_id) for each in found.matches] == [("1", "123"), ("2", "0123")]


def test_an_id_in_the_text_of_the_line():
    text = "Solar lead AC-77812, 2 March 2026."
    found = matched(invoice(line(1, description=text)), [judged(1, delivery_id="AC-77812")])
    assert [each.signs for each in found.matches] == [(Sign.ID_IN_TEXT, Sign.SAME_PRICE, Sign.NO_RIVAL)]
    assert list(words_like_ids("100 leads of May 2026, no. 12345 (AC-7)")) == ["12345", "AC-7"]


def test_an_id_in_the_text_beside_the_number_of_an_article():
    lines = invoice(line(1, "SKU-9", description="Lead AC-77812"))
    assert [each.delivery_id for each in matched(lines, [judged(1, delivery_id="AC-77812")]).matches] == ["AC-77812"]


def test_what_a_person_decided_is_not_looked_for_elsewhere():
    keys = {"d001": phone("+4930111111")}
    gone = matched(invoice(line(1, keys=keys["d001"])), [judged(1)], keys, decided={("R1", 1): "d999"})
    assert [each[0] for each in told(gone)] == [Kind.BILLED_NOT_DELIVERED, Kind.DELIVERED_NOT_BILLED]


def test_a_credit_finds_its_lead_by_phone():
    keys = {"d001": phone("+4930111111"), "d002": phone("+4930222222")}
    lines = [line(1, "d001"), line(2, "d002"), line(3, amount=-2500, keys=keys["d002"])]
    assert told(matched(invoice(*lines), [judged(1), returned(2)], keys)) == []
    foreign = line(3, "d002", -2500, currency="USD")
    assert told(matched(invoice(*lines[:2], foreign), [judged(1), returned(2)], keys)) == [
        (Kind.BILLED_RETURNABLE, 2500, "2", "d002"),
        (Kind.WRONG_CURRENCY, 0, "3", ""),
    ]


def test_two_leads_of_one_person_are_told_apart_by_time_else_a_person_decides():
    keys = {"d001": phone("+4930111111"), "d040": phone("+4930111111")}
    verdicts = [judged(1), returned(40, ReasonCode.DUP_SAME_VENDOR)]
    timed = line(1, keys=phone("+4930111111"), at=MONDAY + timedelta(minutes=400))
    assert [each.delivery_id for each in matched(invoice(timed), verdicts, keys).matches] == ["d040"]
    untimed = line(1, keys=phone("+4930111111"))
    found = matched(invoice(untimed), verdicts, keys)
    assert told(found) == [(Kind.DELIVERED_NOT_BILLED, -2500, "", "d001"), (Kind.DOUBTFUL, 2500, "1", "")]
    (doubt,) = found.doubts
    assert {each.delivery_id for each in doubt.choices} == {"d001", "d040"}
    assert found.unmatched_lines == 1

    chosen = matched(invoice(untimed), verdicts, keys, decided={("R1", 1): "d001"})
    assert [(each.delivery_id, each.how) for each in chosen.matches] == [("d001", How.BY_PERSON)]
    assert told(chosen) == []
    none = matched(invoice(untimed), verdicts, keys, decided={("R1", 1): None})
    assert told(none)[0] == (Kind.BILLED_NOT_DELIVERED, 2500, "1", "")


def test_a_lead_of_the_crm_that_was_delivered_twice_is_told_apart_by_time():
    verdicts = [judged(1, lead_id="L9"), judged(30, lead_id="L9")]
    found = matched(invoice(line(1, "L9", at=verdicts[1].delivered_at)), verdicts)
    assert [each.delivery_id for each in found.matches] == ["d030"]
    assert len(matched(invoice(line(1, "L9")), verdicts).doubts) == 1


def test_the_same_line_again_without_an_id_is_a_duplicate():
    keys = {"d001": phone("+4930111111")}
    again = [line(n, keys=phone("+4930111111"), at=judged(1).delivered_at) for n in (1, 2)]
    assert told(matched(invoice(*again), [judged(1)], keys)) == [(Kind.DUPLICATE_LINE, 2500, "2", "d001")]
    # The same print twice for a person who was delivered twice in one minute are two leads.
    keys["d002"] = phone("+4930111111")
    verdicts = [judged(1), judged(2, delivered_at=judged(1).delivered_at)]
    found = matched(invoice(*again), verdicts, keys)
    assert sum(each.amount for each in found.differences) == 0


def test_an_id_decides_whatever_else_is_printed():
    keys = {"d001": phone("+4930111111"), "d002": phone("+4930222222")}
    found = matched(invoice(line(1, "d001", keys=phone("+4930222222"))), [judged(1), judged(2)], keys)
    assert [(each.delivery_id, each.confidence) for each in found.matches] == [("d001", 100)]


def test_a_phone_without_its_time_of_day_and_contrary_signs():
    keys = {"d001": {KeyField.PHONE: "+4930111111", KeyField.EMAIL: "ann@berg.de"}}
    week_later = MONDAY + timedelta(days=7)
    doubtful = line(1, keys=phone("+4930111111"), at=week_later)
    assert len(matched(invoice(doubtful), [judged(1)], keys).doubts) == 1
    other = line(1, keys={KeyField.PHONE: "+4930111111", KeyField.EMAIL: "bob@tal.de"})
    assert len(matched(invoice(other), [judged(1)], keys).doubts) == 1
    near = line(1, keys={KeyField.EMAIL: "anne@berg.de"}, at=judged(1).delivered_at)
    assert [each.delivery_id for each in matched(invoice(near), [judged(1)], keys).matches] == ["d001"]


def test_plain_ids():
    assert plain_id(" L-001/x ") == "l001x"
    assert plain_id("000") == "000"
    assert plain_id("0042") == plain_id("42") == "42"


# -------------------------------------------------------------------------------------------- invariants


@st.composite
def anything(draw: st.DrawFn) -> tuple[list[Invoice], list[tuple[LeadVerdict, Mapping[KeyField, str], bool]]]:
    """Few ids, phones, prices and minutes, so that all of them meet."""
    phones = st.sampled_from(["", "+4930111111", "+4930222222"])
    leads = []
    for n in range(draw(st.integers(0, 8))):
        price = draw(st.sampled_from([None, 0, 1000, 2500, 2501]))
        is_out = draw(st.booleans())
        amount = 0 if is_out else price
        if is_out and price and draw(st.booleans()):
            amount = draw(st.integers(0, price))
        verdict = judged(
            n,
            price,
            amount,
            delivered_at=MONDAY + timedelta(minutes=draw(st.integers(0, 3))),
            state=LeadState.RETURNABLE if is_out else LeadState.PAYABLE,
            code=draw(st.sampled_from([None, ReasonCode.OVER_CAP, ReasonCode.BOT])) if is_out else None,
            clause="filters.0" if is_out else "",
            is_claim_needed=draw(st.booleans()),
            currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "USD"])),
            vendor=draw(st.sampled_from(["acme", "acme", "acme", "other"])),
            lead_id=draw(st.sampled_from(["", "L1", "L2", f"L{n:03d}"])),
        )
        keys = {KeyField.PHONE: value} if (value := draw(phones)) else {}
        leads.append((verdict, keys, draw(st.integers(0, 4)) > 0))
    invoices = []
    for paper in range(draw(st.integers(1, 2))):
        lines = []
        for number in range(1, draw(st.integers(0, 8)) + 1):
            day = draw(st.sampled_from([None, "exact", "day"]))
            minute = MONDAY + timedelta(minutes=draw(st.integers(0, 3)))
            lines.append(
                InvoiceLine(
                    number=number,
                    amount=draw(st.sampled_from([0, 1, 999, 1000, 2500, 2501, 5000, 7501, -1000, -2500, -5000])),
                    refs=tuple(draw(st.lists(st.sampled_from(["d000", "d001", "d2", "L1", "zz"]), max_size=2))),
                    at=None if day is None else minute if day == "exact" else MONDAY,
                    until=MONDAY + timedelta(hours=12) if day == "day" else None,
                    keys={KeyField.PHONE: value} if (value := draw(phones)) else {},
                    quantity=Decimal(draw(st.sampled_from(["1", "1", "2", "3", "-1", "-2", "2.5", "0"]))),
                    unit_price=draw(st.sampled_from([None, Decimal(2500), Decimal("1000.4")])),
                    currency=draw(st.sampled_from(["", "", "", "USD"])),
                )
            )
        total = draw(st.sampled_from([None, None, 5000]))
        invoices.append(invoice(*lines, number=f"R{paper}", total=total))
    return invoices, sorted(leads, key=lambda each: (each[0].delivered_at, each[0].delivery_id))


@settings(max_examples=400, deadline=None)
@given(anything(), st.sampled_from([0, 60, 80, 101]))
def test_all_differences_add_up_and_every_lead_and_line_is_used_once(
    case: tuple[list[Invoice], list[tuple[LeadVerdict, Mapping[KeyField, str], bool]]], threshold: int
):
    invoices, leads = case
    results = []
    for _ in range(2):
        matcher = InvoiceMatcher(invoices, "acme", "EUR", threshold=threshold)
        for verdict, keys, is_in in leads:
            matcher.take(verdict, keys, is_in_period=is_in)
        results.append(matcher.finish())
    found = results[0]
    assert found.to_json() == results[1].to_json()
    ours = [each for each, _, is_in in leads if (each.vendor, each.currency, is_in) == ("acme", "EUR", True)]
    assert found.amount_due == sum(each.amount or 0 for each in ours)
    assert found.billed == sum(each.billed for each in invoices)
    assert found.billed - found.amount_due == sum(each.amount for each in found.differences)
    loose = [each.delivery_id for each in found.matches if each.how is How.BY_LIKENESS and each.amount >= 0]
    assert len(loose) == len(set(loose))
    assert not {(each.invoice, each.line) for each in found.doubts} & {
        (each.invoice, each.line) for each in found.matches
    }


def _many(count: int) -> tuple[Invoice, list[tuple[LeadVerdict, Mapping[KeyField, str]]]]:
    """A third of the lines has the id, a third phone and time, a third the phone of everybody."""
    leads, lines = [], []
    for n in range(count):
        number = f"+4930{n:08d}" if n % 3 else "+49301111111"
        leads.append((judged(n, delivered_at=MONDAY + timedelta(seconds=7 * n)), phone(number)))
        told_ = {"refs": (f"d{n:03d}",)} if n % 3 == 1 else {"keys": phone(number), "at": leads[-1][0].delivered_at}
        lines.append(InvoiceLine(number=n + 1, amount=2500, **told_))  # type: ignore[arg-type]
    random.Random(7).shuffle(lines)
    return invoice(*lines), leads


def test_work_grows_with_the_lines():
    """Counted in calls: seconds say more of the machine."""

    def calls(count: int) -> int:
        paper, leads = _many(count)
        profile = cProfile.Profile()
        matcher = InvoiceMatcher([paper], "acme", "EUR")
        profile.enable()
        for verdict, keys in leads:
            matcher.take(verdict, keys, is_in_period=True)
        found = matcher.finish()
        profile.disable()
        assert len(found.matches) == count
        assert found.difference == 0
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(8_000) < 8 * calls(1_000) * 1.3


def test_leads_that_agree_are_not_kept():
    paper = invoice(*(line(n, f"d{n:03d}") for n in range(3_000)))
    matcher = InvoiceMatcher([paper], "acme", "EUR")
    other = judged(1, delivery_id="x")
    tracemalloc.start()
    try:
        for n in range(3_000):
            matcher.take(judged(n), {}, is_in_period=True)
        kept = tracemalloc.take_snapshot()
        matcher.take(other, {}, is_in_period=True)
    finally:
        tracemalloc.stop()
    assert sum(each.size for each in kept.statistics("filename")) < 3_000 * 700
    assert [each.delivery_id for each in matcher.finish().differences] == ["x"]


def test_an_invoice_is_hashed_over_all_that_it_says():
    first = invoice(line(1, "d001"))
    assert first.digest == invoice(line(1, "d001")).digest
    others = [
        invoice(line(1, "d002")),
        invoice(line(1, "d001", 2501)),
        invoice(line(1, "d001"), tax=1),
        invoice(line(1, "d001"), first=date(2026, 3, 1)),
    ]
    assert len({each.digest for each in [first, *others]}) == 5
