"""A statement adds up verdicts of one vendor, period and currency, and says what came of orders."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audits.contracts.book import ContractBook
from audits.contracts.statement import Period, Statement, statements
from audits.model.contract import Contract
from audits.model.reasons import ReasonCode
from audits.model.said import say
from audits.model.verdict import LeadState, LeadVerdict, VerdictTexts, digest_of
from tests.contracts.make import MONDAY, at, make_contract, make_delivery

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def judged(
    n: int = 1,
    state: LeadState = LeadState.PAYABLE,
    *,
    price: int | None = 2500,
    amount: int | None = 2500,
    **more: Any,
) -> LeadVerdict:
    verdict = LeadVerdict(
        delivery_id=f"d{n:03d}",
        lead_id=f"L{n:03d}",
        vendor="acme",
        sub_source="",
        contract="acme-solar",
        contract_version=1,
        delivered_at=MONDAY + timedelta(minutes=n),
        as_of=AS_OF,
        state=state,
        code=None,
        clause="",
        clause_ref="",
        said=say("Nothing was found against it."),
        currency="EUR",
        price=price,
        amount=amount,
    )
    return replace(verdict, **more)


def returned(n: int, code: ReasonCode = ReasonCode.FICTITIOUS, **more: Any) -> LeadVerdict:
    told: dict[str, Any] = {"amount": 0, "is_claim_needed": True, "code": code}
    return judged(n, LeadState.RETURNABLE, **told | more)


def stated(
    verdicts: Iterable[LeadVerdict], *contracts: Contract, period: Period = MARCH, as_of: datetime = AS_OF
) -> Statement:
    statement = Statement("acme", "EUR", ContractBook(contracts or [make_contract()]), period, as_of)
    for verdict in verdicts:
        statement.take(verdict)
    return statement


def test_nothing_came() -> None:
    statement = stated([])
    assert statement.delivered == statement.owed == statement.amount_due == statement.unmatched == 0
    assert not statement.is_at_least
    assert statement.contracts == []
    assert statement.to_json()["difference"] is None


def test_each_state_is_added_up_by_itself() -> None:
    statement = stated(
        [
            judged(1),
            returned(2),
            returned(3, ReasonCode.DUP_SAME_VENDOR, is_claim_needed=False),
            returned(4, amount=1000),
            judged(5, LeadState.PENDING_EVIDENCE),
            judged(6, LeadState.EXPIRED_WINDOW),
            judged(7, LeadState.LOST_BY_NEGLECT, price=3000, amount=3000),
            judged(8, LeadState.WITHIN_TOLERANCE),
            judged(9, LeadState.BLOCKED_BY_CAP),
        ]
    )
    assert statement.delivered == 9
    assert {state: each.count for state, each in statement.by_state.items()} == {
        LeadState.PAYABLE: 1,
        LeadState.RETURNABLE: 3,
        LeadState.PENDING_EVIDENCE: 1,
        LeadState.EXPIRED_WINDOW: 1,
        LeadState.LOST_BY_NEGLECT: 1,
        LeadState.WITHIN_TOLERANCE: 1,
        LeadState.BLOCKED_BY_CAP: 1,
    }
    assert statement.amount_due == 2500 * 5 + 3000 + 1000
    # The one credited in part is owed in part.
    assert statement.owed == 7
    credited = {code: (each.count, each.money) for code, each in statement.returnable_by_reason.items()}
    assert credited == {ReasonCode.FICTITIOUS: (2, 2500 + 1500), ReasonCode.DUP_SAME_VENDOR: (1, 2500)}
    assert (statement.neglected.count, statement.neglected.money) == (1, 3000)


def test_amounts_that_are_not_known_mark_the_sum() -> None:
    statement = stated([judged(1), judged(2, price=None, amount=None), returned(3, price=None, amount=0)])
    assert statement.amount_due == 2500
    assert statement.is_at_least
    assert statement.due.unknown == 1
    assert statement.owed == 2
    assert statement.returnable_by_reason[ReasonCode.FICTITIOUS].is_at_least
    # A return of unknown price is not owed, whatever it would have cost.
    assert not stated([judged(1), returned(3, price=None, amount=0)]).is_at_least


def test_days_of_the_period_are_those_of_the_contract() -> None:
    told = ["2026-02-28T22:59:59", "2026-02-28T23:00", "2026-03-31T21:59:59", "2026-03-31T22:00"]
    verdicts = [judged(n, delivered_at=at(instant)) for n, instant in enumerate(told)]
    assert stated(verdicts).delivered == 2
    assert stated(verdicts, period=Period(None, date(2026, 3, 31))).delivered == 3
    assert stated(verdicts, period=Period(date(2026, 3, 1))).delivered == 3
    assert stated(verdicts, period=Period()).delivered == 4


def test_a_lead_stands_in_the_period_in_which_it_counts() -> None:
    queued = judged(1, delivered_at=at("2026-03-31T20:00"), counts_at=at("2026-04-01T07:00"))
    assert stated([queued]).delivered == 0
    assert stated([queued], period=Period(date(2026, 4, 1), date(2026, 4, 30))).delivered == 1


def test_verdicts_of_others_are_left_out_and_of_no_contract_refused() -> None:
    statement = stated([judged(1)])
    assert not statement.take(judged(2, vendor="bolt"))
    assert not statement.take(judged(2, currency="USD"))
    assert statement.delivered == 1
    with pytest.raises(ValueError, match="acme-solar version 7"):
        statement.take(judged(2, contract_version=7))


def test_a_period_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Period(date(2026, 3, 2), date(2026, 3, 1))


def test_unmatched_deliveries_are_counted_beside() -> None:
    statement = stated([judged(1)])
    assert statement.take_unmatched(make_delivery("x1", "2026-03-05"))
    assert not statement.take_unmatched(make_delivery("x2", "2026-04-05"))
    assert not statement.take_unmatched(make_delivery("x3", "2026-02-05"))
    assert not statement.take_unmatched(make_delivery("x4", "2026-03-05", vendor="bolt"))
    assert (statement.delivered, statement.unmatched) == (1, 1)


def test_replacements() -> None:
    statement = stated(
        [
            returned(1, amount=2500, is_replacement_due=True),
            judged(2, price=0, amount=0, replaces="d001"),
            judged(3),
        ]
    )
    assert (statement.replacements_due, statement.replacements_delivered) == (1, 1)
    assert (statement.delivered, statement.owed, statement.amount_due) == (3, 2, 5000)
    assert statement.returnable_by_reason[ReasonCode.FICTITIOUS].money == 0


def test_what_was_billed_beyond_what_is_due() -> None:
    statement = stated([judged(1)])
    assert statement.to_json()["difference"] is None
    statement.billed = 3000
    assert statement.difference == 500
    assert statement.to_json()["billed"] == 3000


# --- orders ---


def volume_of(statement: Statement) -> list[dict[str, object]]:
    keys = ("ordered", "came", "missing", "to_refund", "refund", "to_redeliver")
    return [
        {key: line.to_json()[key] for key in keys} | {"over": (line.over.count, line.over.money)}
        for line in statement.volume_lines()
    ]


def ordered(count: int = 5, **volume: Any) -> Contract:
    shortfall = {"refund_below": 3, "redeliver_from": 3}
    return make_contract(volume={"ordered": count, "shortfall": shortfall} | volume)


def test_an_order_that_was_met_says_nothing() -> None:
    assert volume_of(stated([judged(n) for n in range(5)], ordered())) == []


def test_a_small_shortfall_is_refunded_a_large_one_delivered_later() -> None:
    small = stated([judged(n) for n in range(3)], ordered())
    assert volume_of(small) == [
        {"ordered": 5, "came": 3, "missing": 2, "to_refund": 2, "refund": 5000, "to_redeliver": 0, "over": (0, 0)}
    ]
    # It stands beside the amount due, which holds delivered leads alone.
    assert small.amount_due == 7500
    large = stated([judged(1), judged(2)], ordered())
    assert volume_of(large) == [
        {"ordered": 5, "came": 2, "missing": 3, "to_refund": 0, "refund": 0, "to_redeliver": 3, "over": (0, 0)}
    ]


def test_an_order_of_which_nothing_came_is_a_shortfall_of_all() -> None:
    assert [line["missing"] for line in volume_of(stated([], ordered()))] == [5]


def test_what_is_out_by_itself_and_replacements_do_not_fill_the_order() -> None:
    verdicts = [
        judged(1),
        returned(2),
        returned(3, is_claim_needed=False),
        judged(4, price=0, amount=0, replaces="d002"),
    ]
    assert [line["came"] for line in volume_of(stated(verdicts, ordered()))] == [2]


def test_leads_beyond_the_order() -> None:
    verdicts = [judged(n) for n in range(5)] + [judged(n, price=1250, amount=1250) for n in range(5, 7)]
    assert volume_of(stated(verdicts, ordered())) == [
        {"ordered": 5, "came": 7, "missing": 0, "to_refund": 0, "refund": 0, "to_redeliver": 0, "over": (2, 2500)}
    ]


def test_a_span_that_has_not_ended_has_no_shortfall() -> None:
    assert volume_of(stated([judged(1)], ordered(), as_of=datetime(2026, 3, 31, 21, tzinfo=UTC))) == []
    assert len(volume_of(stated([judged(1)], ordered(), as_of=datetime(2026, 3, 31, 22, tzinfo=UTC)))) == 1


def test_a_span_of_which_the_version_covers_a_part_has_no_shortfall() -> None:
    contract = make_contract(volume={"ordered": 5}, valid_from="2026-02-15", valid_to="2026-04-10")
    whole = Period(date(2026, 1, 1), date(2026, 6, 30))
    lines = stated([], contract, period=whole).volume_lines()
    assert [(line.begins_at, line.ends_at) for line in lines] == [(at("2026-02-28T23:00"), at("2026-03-31T22:00"))]


def test_orders_by_week_stand_in_the_period_in_which_the_week_ends() -> None:
    lines = stated([], ordered(per="week")).volume_lines()
    # The week of 23 February ends on 1 March, the one of 30 March in April.
    assert [line.begins_at for line in lines] == [
        at("2026-02-22T23:00"),
        at("2026-03-01T23:00"),
        at("2026-03-08T23:00"),
        at("2026-03-15T23:00"),
        at("2026-03-22T23:00"),
    ]


def test_leads_before_the_period_fill_the_order_of_a_span_that_ends_in_it() -> None:
    verdicts = [judged(n, delivered_at=at("2026-02-24T09:00")) for n in range(5)]
    statement = stated(verdicts, ordered(per="week"))
    assert statement.delivered == 0
    assert [line.missing for line in statement.volume_lines()] == [5, 5, 5, 5]


def test_an_order_in_all_ends_with_the_contract() -> None:
    contract = ordered(per="total")
    assert volume_of(stated([judged(1)], contract)) == []
    ended = make_contract(volume={"ordered": 5, "per": "total"}, valid_to="2026-03-31")
    assert [line.missing for line in stated([judged(1)], ended).volume_lines()] == [4]
    over = [judged(n) for n in range(7)]
    assert [line.over.count for line in stated(over, contract).volume_lines()] == [2]


# --- the hash ---


def test_the_hash_stands_for_verdicts_and_their_order() -> None:
    one, two = judged(1), judged(2)
    told = stated([one, two]).to_json()
    assert told["hash"] == stated([one, two]).to_json()["hash"]
    assert told["hash"] != stated([two, one]).to_json()["hash"]
    assert told["hash"] != stated([one, replace(two, clause="filters.0")]).to_json()["hash"]
    assert told["hash"] == stated([replace(one, as_of=MONDAY), two]).to_json()["hash"]
    assert told["hash"] != stated([one, two], make_contract(signed_ref="other")).to_json()["hash"]


def test_texts_from_a_pattern_are_the_same_bytes() -> None:
    plain = judged(1, lead_id='L"1"\n', sub_source="50 % %b", contract="a%bc")
    others: list[dict[str, Any]] = [
        {"delivery_id": "d\u00e9", "replaces": "d000", "price": None, "amount": None},
        {"delivered_at": MONDAY + timedelta(microseconds=7)},
        {"counts_at": MONDAY + timedelta(days=1)},
        {"claimable_from": MONDAY},
        {"deadline_at": MONDAY},
        {"found_by": ("PL001 v1",)},
        {"code": ReasonCode.FICTITIOUS},
        {"state": LeadState.RETURNABLE},
        {"clause": "returns"},
        {"clause_ref": "4.1 {%}"},
        {"contract_version": 2},
        {"contract": "other"},
        {"vendor": "bolt"},
        {"currency": "USD"},
        {"as_of": MONDAY},
        {"is_claim_needed": True},
        {"is_replacement_due": True},
        {"said": say("Said otherwise.")},
        {"said": say("Said of {what}.", what="it")},
    ]
    texts = VerdictTexts()
    for verdict in (plain, *(replace(plain, **other) for other in others), judged(2)):
        facts = verdict.facts()
        for _ in range(2):
            assert texts.of(verdict) == (digest_of(facts), verdict.json_of(facts))


def test_a_statement_is_json() -> None:
    statement = stated([judged(1), returned(2)], ordered())
    told = statement.to_json()
    assert json.loads(json.dumps(told)) == told
    contracts = told["contracts"]
    assert isinstance(contracts, list)
    assert contracts[0] == {"contract": "acme-solar", "version": 1, "digest": ordered().digest}


def test_one_statement_for_each_vendor_and_currency() -> None:
    book = ContractBook([make_contract(), make_contract(contract="bolt-1", vendor="bolt", currency="USD")])
    verdicts = [judged(1), judged(2, vendor="bolt", contract="bolt-1", currency="USD"), judged(3)]
    found = statements(book, verdicts, MARCH, AS_OF)
    assert {place: each.delivered for place, each in found.items()} == {("acme", "EUR"): 2, ("bolt", "USD"): 1}
