"""Two examples that vendors themselves publish, worked out by hand, from deliveries to the statement."""

from __future__ import annotations

from datetime import timedelta

from audits.contracts.book import ContractBook
from audits.contracts.judging import judge_all
from audits.contracts.statement import Period, Statement
from audits.model.reasons import ReasonCode
from audits.model.verdict import LeadState
from tests.contracts.make import MONDAY, make_contract, make_delivery

AS_OF = MONDAY + timedelta(days=3)
#: Out by themselves: doubles of the same vendor, and trash that a field tells of.
TRASH_OUT = {
    "duplicates": [{"fields": ["phone"], "window": "P30D", "against": "same_vendor", "treatment": "not_payable"}],
    "filters": [{"field": "quality", "op": "not_in", "value": ["trash"], "on_fail": "not_payable"}],
}


def test_a_tolerance_of_30_percent_leaves_21_of_25_usable_leads_owed() -> None:
    # TrafficManager: 25 usable, 11 of them bad, floor(25 × 30 %) = 7 borne by the buyer, 11 - 7 = 4 off: 21.
    contract = make_contract(
        pricing={"model": "flat", "price": "10.00"},
        returns={"tolerance": {"percent": 30}, "reasons": ["FICTITIOUS"]},
        **TRASH_OUT,
    )
    told = [
        make_delivery(
            f"d{n:02d}",
            MONDAY + timedelta(minutes=n),
            phone=f"+49301000{n:02d}",
            fields={"quality": "fine"},
            grounds=[ReasonCode.FICTITIOUS] if n <= 11 else [],
        )
        for n in range(1, 26)
    ]
    doubles = [
        make_delivery(
            f"e{n}", MONDAY + timedelta(hours=1, minutes=n), phone="+4930100020", fields={"quality": "fine"}
        )
        for n in range(3)
    ]
    trash = [
        make_delivery(
            f"f{n}", MONDAY + timedelta(hours=2, minutes=n), fields={"quality": "trash"}, grounds=["FICTITIOUS"]
        )
        for n in range(2)
    ]
    told += doubles + trash
    book = ContractBook([contract])
    statement = Statement("acme", "EUR", book, Period(), AS_OF)
    verdicts = list(judge_all(book, lambda: told, AS_OF))
    for verdict in verdicts:
        assert statement.take(verdict)

    assert statement.delivered == 30
    assert statement.owed == 21
    assert statement.amount_due == 210_00
    assert statement.by_state[LeadState.PAYABLE].count == 14
    assert statement.by_state[LeadState.WITHIN_TOLERANCE].count == 7
    assert statement.by_state[LeadState.RETURNABLE].count == 4 + 3 + 2
    # The first four bad ones are credited; the last seven are borne.
    assert [each.delivery_id for each in verdicts if each.is_claim_needed] == ["d01", "d02", "d03", "d04"]
    assert {each.clause for each in verdicts if each.state is LeadState.WITHIN_TOLERANCE} == {"returns.tolerance"}
    assert {each.clause for each in verdicts if each.delivery_id[0] == "e"} == {"duplicates.0"}
    assert {each.clause for each in verdicts if each.delivery_id[0] == "f"} == {"filters.0"}


def test_eight_of_a_hundred_leads_returned_are_a_credit_of_200() -> None:
    # Leadnodes: 100 leads of 25 EUR, 8 returned within 7 days: 200 EUR credited, 2,300 EUR owed.
    contract = make_contract(
        pricing={"model": "flat", "price": "25.00"},
        valid_from="2026-03-01",
        volume={"ordered": 100},
        returns={"window": {"until": "P7D"}, "reasons": ["PHONE_DISCONNECTED", "DENIES_REQUEST"]},
    )
    told = [
        make_delivery(
            f"d{n:03d}",
            MONDAY + timedelta(minutes=n),
            grounds=["PHONE_DISCONNECTED"] if n < 5 else ["DENIES_REQUEST"] if n < 8 else [],
        )
        for n in range(100)
    ]
    book = ContractBook([contract])
    statement = Statement("acme", "EUR", book, Period(), AS_OF)
    for verdict in judge_all(book, lambda: told, AS_OF):
        statement.take(verdict)

    assert statement.amount_due == 2_300_00
    assert statement.owed == 92
    credited = {code: (each.count, each.money) for code, each in statement.returnable_by_reason.items()}
    assert credited == {ReasonCode.PHONE_DISCONNECTED: (5, 125_00), ReasonCode.DENIES_REQUEST: (3, 75_00)}
    assert sum(money for _, money in credited.values()) == 200_00
    assert not statement.is_at_least
    assert not statement.volume_lines()
