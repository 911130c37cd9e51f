"""What holds of every contract and every delivery."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from audits.contracts.book import ContractBook
from audits.contracts.judging import Note, Notes, in_order, judge_all
from audits.contracts.statement import Period, statements
from audits.model.contract import Contract
from audits.model.delivery import Claim, ClaimStatus, Delivery
from audits.model.said import say
from audits.model.verdict import LeadState, LeadVerdict
from connector.contracts.notes import NoteFile
from tests.contracts.anything import (
    AS_OF,
    GROUPS,
    books,
    contract_fields,
    deliveries,
    instants,
    pricings,
    return_caps,
    tolerances,
)
from tests.contracts.make import MONDAY, make_contract, make_deliveries

#: Those that return caps and tolerance decide on.
CREDITABLE = {LeadState.RETURNABLE, LeadState.WITHIN_TOLERANCE, LeadState.BLOCKED_BY_CAP}
quick = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def judged(
    contracts: Sequence[Contract], told: Sequence[Delivery], as_of: datetime = AS_OF, notes: Notes | None = None
) -> tuple[list[LeadVerdict], list[str]]:
    """The verdicts, and the ids of what is unmatched."""
    unmatched: list[str] = []
    ordered = in_order(told)
    book = ContractBook(contracts)
    verdicts = judge_all(book, lambda: ordered, as_of, lambda each, _: unmatched.append(each.delivery_id), notes)
    return list(verdicts), unmatched


@quick
@given(contracts=books(), told=deliveries())
def test_each_lead_has_one_state_or_is_unmatched(contracts: list[Contract], told: list[Delivery]) -> None:
    verdicts, unmatched = judged(contracts, told)
    there = [each.delivery_id for each in in_order(told) if each.delivered_at <= AS_OF]
    assert sorted([each.delivery_id for each in verdicts] + unmatched) == sorted(there)
    assert [each.delivery_id for each in verdicts] == [each for each in there if each not in unmatched]


@quick
@given(contracts=books(), told=deliveries())
def test_states_add_up_to_delivered_and_lines_to_the_amount_due(
    contracts: list[Contract], told: list[Delivery]
) -> None:
    verdicts, _ = judged(contracts, told)
    found = statements(ContractBook(contracts), verdicts, Period(), AS_OF)
    assert sum(each.delivered for each in found.values()) == len(verdicts)
    for (vendor, currency), statement in found.items():
        own = [each for each in verdicts if (each.vendor, each.currency) == (vendor, currency)]
        assert sum(each.count for each in statement.by_state.values()) == statement.delivered == len(own)
        assert statement.amount_due == sum(each.amount for each in own if each.amount is not None)
        assert statement.amount_due == sum(each.money for each in statement.by_state.values())
        assert statement.due.unknown == sum(each.amount is None for each in own)
        assert statement.is_at_least == any(each.amount is None for each in own)
        returned = statement.by_state[LeadState.RETURNABLE]
        assert sum(each.count for each in statement.returnable_by_reason.values()) == returned.count
        assert json.loads(json.dumps(statement.to_json())) == statement.to_json()


@quick
@given(contracts=books(), told=deliveries())
def test_periods_that_meet_share_the_leads_out(contracts: list[Contract], told: list[Delivery]) -> None:
    verdicts, _ = judged(contracts, told)
    book = ContractBook(contracts)
    day = MONDAY.date() + timedelta(days=2)
    periods = [
        Period(None, day),
        Period(day + timedelta(days=1), day + timedelta(days=2)),
        Period(day + timedelta(days=3)),
    ]
    found = [statements(book, verdicts, period, AS_OF) for period in periods]
    whole = statements(book, verdicts, Period(), AS_OF)
    for place, statement in whole.items():
        assert sum(each[place].delivered for each in found) == statement.delivered
        assert sum(each[place].amount_due for each in found) == statement.amount_due


@quick
@given(contracts=books(), told=deliveries())
def test_a_verdict_cites_a_clause_of_the_version_in_force(contracts: list[Contract], told: list[Delivery]) -> None:
    versions = {(each.contract, each.version): each for each in contracts}
    for verdict in judged(contracts, told)[0]:
        contract = versions[verdict.contract, verdict.contract_version]
        assert contract.holds_on(verdict.delivered_at.astimezone(contract.zone).date())
        found: Any = contract
        for part in verdict.clause.split(".") if verdict.clause else ():
            found = found[int(part)] if isinstance(found, tuple) else getattr(found, part)
        assert found is not None
        if isinstance(found, BaseModel) and found is not contract:
            assert verdict.clause_ref == getattr(found, "ref", "")


@quick
@given(contracts=books(), told=deliveries())
def test_what_is_owed_follows_from_state_and_price(contracts: list[Contract], told: list[Delivery]) -> None:
    by_id = {each.delivery_id: each for each in told}
    for verdict in judged(contracts, told)[0]:
        claim = by_id[verdict.delivery_id].claim
        if verdict.state is not LeadState.RETURNABLE or verdict.is_replacement_due:
            assert verdict.amount == verdict.price
        elif verdict.amount != 0:
            assert claim is not None
            assert claim.status is ClaimStatus.SETTLED
            assert verdict.amount == (None if verdict.price is None else verdict.price - (claim.credited or 0))
        if verdict.replaces:
            assert verdict.price == 0
        assert not verdict.is_replacement_due or verdict.is_claim_needed


def _with_returns(contract: Contract, **changes: object) -> Contract:
    told = contract.model_dump(mode="json")
    told["returns"] = (told["returns"] or {}) | changes
    return Contract.model_validate(told)


@quick
@given(contracts=books(), told=deliveries(), cap=return_caps, tolerance=tolerances)
def test_caps_and_tolerance_hide_no_lead(
    contracts: list[Contract],
    told: list[Delivery],
    cap: dict[str, Any] | None,
    tolerance: dict[str, Any] | None,
) -> None:
    free, _ = judged([_with_returns(each, cap=None, tolerance=None) for each in contracts], told)
    held, _ = judged([_with_returns(each, cap=cap, tolerance=tolerance) for each in contracts], told)
    for before, after in zip(free, held, strict=True):
        if after.state in (LeadState.BLOCKED_BY_CAP, LeadState.WITHIN_TOLERANCE):
            # Returnable without them, with a trace of what stopped it, and owed again.
            assert before.state is LeadState.RETURNABLE
            assert before.is_claim_needed
            assert after.code is before.code
            assert after.clause in ("returns.cap", "returns.tolerance")
            assert after.amount == after.price == before.price
        else:
            assert after == before


@quick
@given(
    contracts=books(),
    told=deliveries(),
    cap=return_caps,
    tolerance=tolerances.filter(lambda each: each is not None),
    percents=st.tuples(st.integers(0, 100), st.integers(0, 100)),
)
def test_more_tolerance_never_credits_more(
    contracts: list[Contract],
    told: list[Delivery],
    cap: dict[str, Any] | None,
    tolerance: dict[str, Any],
    percents: tuple[int, int],
) -> None:
    less, more = (
        judged(
            [_with_returns(each, cap=cap, tolerance=tolerance | {"percent": percent}) for each in contracts], told
        )[0]
        for percent in sorted(percents)
    )
    for by_less, by_more in zip(less, more, strict=True):
        if by_more.state is LeadState.RETURNABLE:
            assert by_less == by_more
        assert by_less.price == by_more.price
    assert sum(each.amount or 0 for each in more) >= sum(each.amount or 0 for each in less)


@quick
@given(contracts=books(), told=deliveries(), data=st.data())
def test_the_order_of_arrival_does_not_matter(
    contracts: list[Contract], told: list[Delivery], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(told))
    turned = [
        replace(
            each,
            grounds=each.grounds[::-1],
            earlier=each.earlier[::-1],
            handling=replace(each.handling, tries=each.handling.tries[::-1]),
            fields=dict(sorted(each.fields.items(), reverse=True)),
        )
        for each in shuffled
    ]
    first, second = judged(contracts, told)[0], judged(contracts[::-1], turned)[0]
    assert [each.digest() for each in first] == [each.digest() for each in second]
    assert first == second


@quick
@given(contracts=books(), told=deliveries())
def test_equal_inputs_give_an_equal_hash(contracts: list[Contract], told: list[Delivery]) -> None:
    again = [Contract.model_validate_json(each.model_dump_json()) for each in contracts]
    hashes = [
        {
            place: each.to_json()
            for place, each in statements(ContractBook(used), judged(used, told)[0], Period(), AS_OF).items()
        }
        for used in (contracts, again)
    ]
    assert hashes[0] == hashes[1]


@quick
@given(contracts=books(), told=deliveries(), as_of=instants)
def test_judged_as_of_an_instant_nothing_later_matters(
    contracts: list[Contract], told: list[Delivery], as_of: datetime
) -> None:
    then = [_as_known(each, as_of) for each in told if each.delivered_at <= as_of]
    assert judged(contracts, told, as_of)[0] == judged(contracts, then, as_of)[0]


def _as_known(delivery: Delivery, as_of: datetime) -> Delivery:
    """The delivery as it stood then."""

    def known(at: datetime | None) -> datetime | None:
        return at if at is not None and at <= as_of else None

    handling = delivery.handling
    claim: Claim | None = delivery.claim
    if claim is not None and claim.sent_at is not None and claim.sent_at > as_of:
        claim = None
    elif claim is not None and claim.answered_at is not None and claim.answered_at > as_of:
        claim = Claim(status=ClaimStatus.SENT, code=claim.code, sent_at=claim.sent_at)
    is_sold = delivery.converted_at is None or delivery.converted_at <= as_of
    return replace(
        delivery,
        revenue=delivery.revenue if is_sold else None,
        converted_at=known(delivery.converted_at),
        grounds=tuple(each for each in delivery.grounds if each.known_at is None or each.known_at <= as_of),
        handling=replace(
            handling,
            tries=tuple(each for each in handling.tries if each.at <= as_of),
            disposition=handling.disposition if handling.disposed_at in (None, known(handling.disposed_at)) else "",
            disposed_at=known(handling.disposed_at),
            contacted_at=known(handling.contacted_at),
            quote_started_at=known(handling.quote_started_at),
        ),
        claim=claim,
    )


@quick
@given(told=contract_fields, pricing=pricings, groups=GROUPS, count=st.integers(0, 30))
def test_deliveries_may_be_read_anew_each_time(
    told: dict[str, Any], pricing: dict[str, Any], groups: list[str], count: int
) -> None:
    book = ContractBook([make_contract(**told | {"pricing": pricing})])
    listed = make_deliveries(count, every=timedelta(hours=3))
    streamed = judge_all(book, lambda: iter(listed), AS_OF)
    assert list(streamed) == list(judge_all(book, lambda: listed, AS_OF))


def test_deliveries_out_of_order_or_twice_are_refused() -> None:
    book = ContractBook([make_contract()])
    one, two = make_deliveries(2)
    with pytest.raises(ValueError, match=r"d000001 of .* comes after delivery d000002"):
        list(judge_all(book, lambda: [two, one], AS_OF))
    with pytest.raises(ValueError, match="d000001 of acme comes twice"):
        list(judge_all(book, lambda: [one, one], AS_OF))
    same = replace(two, delivered_at=one.delivered_at)
    with pytest.raises(ValueError, match="by instant, then by id"):
        list(judge_all(book, lambda: [same, one], AS_OF))
    assert len(list(judge_all(book, lambda: [one, same], AS_OF))) == 2


@quick
@given(contracts=books(), told=deliveries())
def test_with_notes_of_the_first_time_the_verdicts_are_the_same(
    contracts: list[Contract], told: list[Delivery]
) -> None:
    found = judged(contracts, told)
    with closing(NoteFile()) as file:
        listed: list[Note] = []
        assert judged(contracts, told, notes=listed) == found
        assert judged(contracts, told, notes=file) == found


def test_notes_come_back_in_their_order() -> None:
    ours: list[Note] = [
        None if n % 7 == 0 else n if n % 3 else (n, MONDAY, say("Said of {n}.", n=n)) for n in range(2_500)
    ]
    with closing(NoteFile()) as file:
        assert list(file) == []
        for note in ours:
            file.append(note)
        assert list(file) == ours
        assert list(file) == ours


def test_what_was_delivered_later_is_not_there_yet() -> None:
    book = ContractBook([make_contract()])
    told = make_deliveries(10)
    assert len(list(judge_all(book, lambda: told, MONDAY + timedelta(minutes=4)))) == 5


@quick
@given(contracts=books(), told=deliveries())
def test_a_digest_stands_for_all_but_the_instant_and_the_wording(
    contracts: list[Contract], told: list[Delivery]
) -> None:
    long_ago = MONDAY - timedelta(days=99)
    changes: list[dict[str, Any]] = [{name: "x"} for name in ("clause", "clause_ref", "sub_source", "replaces")]
    changes += [{name: 123_456_789} for name in ("price", "amount")]
    changes += [{name: long_ago} for name in ("delivered_at", "counts_at", "claimable_from", "deadline_at")]
    for verdict in judged(contracts, told)[0]:
        told_again = replace(verdict, as_of=MONDAY, said=say("Said otherwise."))
        assert told_again.digest() == verdict.digest()
        assert replace(verdict, lead_id=verdict.lead_id + "\u00e9").digest() != verdict.digest()
        for change in changes:
            assert replace(verdict, **change).digest() != verdict.digest()
        for name in ("is_claim_needed", "is_replacement_due"):
            turned: dict[str, Any] = {name: not getattr(verdict, name)}
            assert replace(verdict, **turned).digest() != verdict.digest()


def test_the_properties_are_asked_of_all_states() -> None:
    found: Counter[LeadState] = Counter()
    amounts: Counter[str] = Counter()

    @settings(quick, max_examples=200, derandomize=True, database=None, phases=[Phase.generate])
    @given(contracts=books(), told=deliveries())
    def look(contracts: list[Contract], told: list[Delivery]) -> None:
        verdicts, unmatched = judged(contracts, told)
        found.update(each.state for each in verdicts)
        amounts["unmatched"] += len(unmatched)
        for each in verdicts:
            amounts["not known"] += each.amount is None
            amounts["in part"] += each.amount not in (None, 0, each.price)
            amounts["replaced"] += each.is_replacement_due
            amounts["put off"] += each.counts_at is not None
            amounts["without a claim"] += each.state is LeadState.RETURNABLE and not each.is_claim_needed

    look()
    assert set(found) == set(LeadState), found
    assert all(each >= 3 for each in found.values()), found
    assert len(amounts) == 6
    assert all(each >= 3 for each in amounts.values()), amounts
