"""Deliveries judged from end to end: what is owed for each, what was settled, and what stops a return."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audits.contracts.book import ContractBook
from audits.contracts.judging import in_order, judge_all
from audits.contracts.statement import Period, Statement
from audits.model.contract import Contract
from audits.model.delivery import Claim, ClaimStatus, Delivery
from audits.model.reasons import ReasonCode
from audits.model.said import Said, english
from audits.model.verdict import LeadState, LeadVerdict
from tests.contracts.make import MONDAY, at, claimed, make_contract, make_deliveries, make_delivery

AS_OF = MONDAY + timedelta(days=3)
RETURNS: dict[str, Any] = {"window": {"until": "P7D"}, "reasons": [{"code": "FICTITIOUS", "ref": "4.2"}]}


def judged(contract: Contract, *told: Delivery, as_of: datetime = AS_OF) -> list[LeadVerdict]:
    ordered = in_order(told)
    return list(judge_all(ContractBook([contract]), lambda: ordered, as_of))


def bad(count: int) -> list[Delivery]:
    return make_deliveries(count, grounds=["FICTITIOUS"])


def test_a_lead_that_nobody_says_anything_against_is_payable() -> None:
    contract = make_contract(sub_source="utm_source")
    [verdict] = judged(contract, make_delivery(fields={"utm_source": "fb"}, lead_id="L9"))
    assert verdict.to_json() == {
        "delivery_id": "d1",
        "lead_id": "L9",
        "vendor": "acme",
        "sub_source": "fb",
        "contract": "acme-solar",
        "contract_version": 1,
        "verdict_version": 1,
        "delivered_at": "2026-03-02T09:00:00+00:00",
        "counts_at": "2026-03-02T09:00:00+00:00",
        "as_of": "2026-03-05T09:00:00+00:00",
        "state": "payable",
        "reason": None,
        "clause": "",
        "clause_ref": "",
        "sentence": "Nothing was found against it.",
        "currency": "EUR",
        "price": 2500,
        "amount": 2500,
        "found_by": [],
        "evidence": [],
        "missing": [],
        "is_claim_needed": False,
        "is_replacement_due": False,
        "replaces": "",
        "claimable_from": None,
        "deadline_at": None,
    }
    assert judged(contract, make_delivery(sub_source="told", fields={"utm_source": "fb"}))[0].sub_source == "told"


def test_a_return_is_not_owed() -> None:
    [verdict] = judged(make_contract(returns=RETURNS), *bad(1))
    assert (verdict.state, verdict.price, verdict.amount) == (LeadState.RETURNABLE, 2500, 0)
    assert (verdict.clause, verdict.clause_ref) == ("returns.reasons.0", "4.2")
    assert verdict.is_claim_needed
    assert not verdict.is_replacement_due


def test_a_return_over_the_cap_is_owed_and_says_why() -> None:
    contract = make_contract(returns=RETURNS | {"cap": {"kind": "fixed", "value": 1, "ref": "5.1"}})
    stands, blocked = judged(contract, *bad(2))
    assert stands.state is LeadState.RETURNABLE
    assert (blocked.state, blocked.amount) == (LeadState.BLOCKED_BY_CAP, 2500)
    assert (blocked.code, blocked.clause, blocked.clause_ref) == (ReasonCode.FICTITIOUS, "returns.cap", "5.1")
    assert blocked.sentence.endswith("The cap on returns was used up before it.")
    assert not blocked.is_claim_needed


def test_a_return_that_is_borne_is_owed_and_says_why() -> None:
    contract = make_contract(returns=RETURNS | {"tolerance": {"percent": 50, "ref": "5.2"}})
    _, borne = judged(contract, *bad(2))
    assert (borne.state, borne.amount) == (LeadState.WITHIN_TOLERANCE, 2500)
    assert (borne.clause, borne.clause_ref) == ("returns.tolerance", "5.2")
    assert borne.sentence.endswith("the buyer bears by the agreed tolerance.")


def settled(credited: int | None, **more: Any) -> Delivery:
    claim = claimed("2026-03-03", "FICTITIOUS", ClaimStatus.SETTLED, credited)
    return make_delivery(claim=claim, **{"grounds": ["FICTITIOUS"]} | more)


def test_what_was_settled_takes_its_credit_off() -> None:
    contract = make_contract(returns=RETURNS)
    [verdict] = judged(contract, settled(1000))
    assert (verdict.state, verdict.price, verdict.amount) == (LeadState.RETURNABLE, 2500, 1500)
    assert verdict.is_claim_needed
    assert verdict.sentence.endswith("The claim was settled with a credit of 10.00 EUR.")
    [verdict] = judged(contract, settled(0))
    assert (verdict.state, verdict.amount) == (LeadState.PAYABLE, 2500)


@pytest.mark.parametrize(("sent_at", "answered_at"), [("2026-03-03", "2026-03-06"), ("2026-03-06", "2026-03-03")])
def test_what_is_settled_later_is_not_settled_yet(sent_at: str, answered_at: str) -> None:
    claim = Claim(status=ClaimStatus.SETTLED, sent_at=at(sent_at), answered_at=at(answered_at), credited=1000)
    [verdict] = judged(make_contract(returns=RETURNS), make_delivery(grounds=["FICTITIOUS"], claim=claim))
    assert (verdict.state, verdict.amount) == (LeadState.RETURNABLE, 0)


def test_what_was_settled_stands_over_cap_and_tolerance() -> None:
    limits = {"cap": {"kind": "fixed", "value": 0}, "tolerance": {"percent": 100}}
    [verdict] = judged(make_contract(returns=RETURNS | limits), settled(2500))
    assert (verdict.state, verdict.amount) == (LeadState.RETURNABLE, 0)


def test_a_settled_return_of_unknown_price_is_unknown() -> None:
    contract = make_contract(returns=RETURNS, pricing={"model": "rev_share", "percent": 10})
    [verdict] = judged(contract, settled(1000))
    assert (verdict.price, verdict.amount) == (None, None)
    # A return that is not owed at all is known to cost nothing.
    [verdict] = judged(contract, *bad(1))
    assert (verdict.state, verdict.price, verdict.amount) == (LeadState.RETURNABLE, None, 0)


def test_a_withdrawn_claim_leaves_the_lead_owed() -> None:
    claim = claimed("2026-03-03", "FICTITIOUS", ClaimStatus.WITHDRAWN)
    [verdict] = judged(make_contract(returns=RETURNS), make_delivery(grounds=["FICTITIOUS"], claim=claim))
    assert (verdict.state, verdict.amount) == (LeadState.PAYABLE, 2500)


def test_a_replacement_is_due_and_the_price_stays_owed() -> None:
    contract = make_contract(returns=RETURNS | {"remedy": "replacement"})
    [verdict] = judged(contract, *bad(1))
    assert (verdict.state, verdict.amount, verdict.is_replacement_due) == (LeadState.RETURNABLE, 2500, True)
    # Settled in money, nothing more is due.
    [verdict] = judged(contract, settled(2500))
    assert (verdict.amount, verdict.is_replacement_due) == (0, False)


@pytest.mark.parametrize("is_returnable", [True, False])
def test_a_replacement_costs_nothing_and_may_be_returnable(is_returnable: bool) -> None:
    contract = make_contract(returns=RETURNS | {"remedy": "replacement", "replacement_returnable": is_returnable})
    [verdict] = judged(contract, make_delivery(replaces="d0", grounds=["FICTITIOUS"]))
    assert (verdict.price, verdict.amount, verdict.replaces) == (0, 0, "d0")
    assert verdict.is_replacement_due is is_returnable
    assert (verdict.state is LeadState.RETURNABLE) is is_returnable


def test_what_is_out_by_itself_is_not_owed_and_replaced_by_nothing() -> None:
    contract = make_contract(
        returns=RETURNS | {"remedy": "replacement"},
        filters=[{"field": "country", "op": "in", "value": ["DE"], "on_fail": "not_payable"}],
    )
    [verdict] = judged(contract, make_delivery(fields={"country": "FR"}))
    assert (verdict.state, verdict.price, verdict.amount) == (LeadState.RETURNABLE, 2500, 0)
    assert not verdict.is_claim_needed
    assert not verdict.is_replacement_due


def test_a_lead_that_was_put_off_counts_where_there_is_room() -> None:
    contract = make_contract(volume={"caps": [{"per": "day", "limit": 1, "over_cap": "queue"}]})
    first, second = judged(contract, *make_deliveries(2))
    assert first.counts_at is None
    assert second.counts_at == at("2026-03-02T23:00")
    assert second.to_json()["counts_at"] == "2026-03-02T23:00:00+00:00"


def test_tiers_of_all_are_known_from_the_first_lead_on() -> None:
    tiers = [{"from_n": 1, "price": "10.00"}, {"from_n": 3, "price": "7.00"}]
    contract = make_contract(pricing={"model": "tier", "tiers": tiers, "tier_mode": "all"})
    assert [each.price for each in judged(contract, *make_deliveries(3))] == [700] * 3
    # As of an instant at which only two had come.
    early = judged(contract, *make_deliveries(3), as_of=MONDAY + timedelta(minutes=1))
    assert [each.price for each in early] == [1000] * 2


def test_each_version_has_its_own_terms() -> None:
    book = ContractBook(
        [
            make_contract(valid_to="2026-03-02", returns=RETURNS | {"cap": {"kind": "fixed", "value": 1}}),
            make_contract(version=2, valid_from="2026-03-03", pricing={"model": "flat", "price": "30"}),
        ]
    )
    told = make_deliveries(4, every=timedelta(hours=7), grounds=["FICTITIOUS"])
    found = [(each.contract_version, each.state, each.amount) for each in judge_all(book, lambda: told, AS_OF)]
    assert found == [
        (1, LeadState.RETURNABLE, 0),
        (1, LeadState.BLOCKED_BY_CAP, 2500),
        (2, LeadState.PAYABLE, 3000),
        (2, LeadState.PAYABLE, 3000),
    ]


def test_what_is_unmatched_is_handed_out_with_the_reason() -> None:
    found: list[tuple[str, Said]] = []
    told = [make_delivery("d1"), make_delivery("d2", vendor="nobody")]
    verdicts = judge_all(
        ContractBook([make_contract()]), lambda: told, AS_OF, lambda each, why: found.append((each.delivery_id, why))
    )
    assert [each.delivery_id for each in verdicts] == ["d1"]
    assert [(each, english(why)) for each, why in found] == [("d2", "There is no contract with nobody.")]


@pytest.mark.parametrize(
    ("contract", "times"),
    [
        (make_contract(), 1),
        (make_contract(returns=RETURNS), 1),
        (make_contract(returns=RETURNS | {"cap": {"kind": "rolling_pct", "value": 10, "over": "P7D"}}), 1),
        (make_contract(volume={"ordered": 1}, pricing={"model": "flat", "price": "1", "overage": {}}), 1),
        (make_contract(returns=RETURNS | {"cap": {"kind": "pct", "value": 10}}), 2),
        (make_contract(returns=RETURNS | {"tolerance": {"percent": 10}}), 2),
        (
            make_contract(
                pricing={"model": "tier", "tiers": [{"from_n": 1, "price": "1"}], "tier_mode": "all"},
            ),
            2,
        ),
    ],
)
def test_deliveries_are_read_as_often_as_needed(contract: Contract, times: int) -> None:
    read = 0

    def deliveries() -> Iterator[Delivery]:
        nonlocal read
        read += 1
        yield from make_deliveries(3)

    assert len(list(judge_all(ContractBook([contract]), deliveries, AS_OF))) == 3
    assert read == times


def test_memory_does_not_grow_with_the_number_of_leads() -> None:
    contract = make_contract(
        returns=RETURNS | {"cap": {"kind": "pct", "value": 5}, "tolerance": {"percent": 2}},
        volume={"ordered": 100, "per": "day"},
        duplicates=[{"fields": ["phone"], "window": "PT1H"}],
    )
    book = ContractBook([contract])
    until = datetime(2026, 4, 1, tzinfo=UTC)

    def peak(count: int) -> int:
        def deliveries() -> Iterator[Delivery]:
            for n in range(count):
                yield make_delivery(
                    f"d{n:06d}",
                    MONDAY + n * timedelta(minutes=2),
                    phone=f"+4930{n:06d}",
                    grounds=["FICTITIOUS"] if n % 9 == 0 else [],
                )

        tracemalloc.start()
        statement = Statement("acme", "EUR", book, Period(), until)
        for verdict in judge_all(book, deliveries, until):
            statement.take(verdict)
        assert statement.delivered == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    # What windows no longer reach is cleared away from time to time; by then it has been.
    few = peak(6000)
    assert peak(15_000) < few * 1.1
