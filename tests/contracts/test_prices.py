"""Prices by model, tier, order and overage, each against figures worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.contracts.calendar import SpanCalendar
from audits.contracts.prices import Prices, unit_price
from audits.contracts.shares import ShareOf
from audits.contracts.steps import Charge, Taken
from audits.model.contract import Contract, Rounding
from audits.model.delivery import Delivery, Ground, Handling, HandlingFact
from audits.model.reasons import ReasonCode
from audits.model.said import say
from tests.contracts.make import MONDAY, at, handled, make_contract, make_deliveries, make_delivery

LATER = MONDAY + timedelta(days=90)
OUT = Charge(ground=Ground(code=ReasonCode.DUP_SAME_VENDOR), clause="duplicates.0", said=say("It came before."))


def priced(
    contract: Contract,
    deliveries: list[Delivery],
    *,
    out: frozenset[int] = frozenset(),
    as_of: datetime = LATER,
) -> list[int | None]:
    """The prices of the deliveries in order; those at the places `out` are out by themselves."""
    prices = Prices(contract, SpanCalendar(contract.timezone, contract.cycle))
    taken = [
        Taken(delivery=each, contract=contract, counts_at=each.delivered_at, out=OUT if n in out else None)
        for n, each in enumerate(deliveries)
    ]
    if prices.is_counted_first:
        for each in taken:
            prices.count(each, each.out is not None)
    return [prices.price_of(each, each.out is not None, as_of) for each in taken]


def test_flat() -> None:
    assert priced(make_contract(), make_deliveries(2)) == [2500, 2500]


def test_a_currency_without_minor_units() -> None:
    contract = make_contract(currency="JPY", pricing={"model": "flat", "price": "2500"})
    assert priced(contract, make_deliveries(1)) == [2500]


TIERS = [{"from_n": 1, "price": "10.00"}, {"from_n": 3, "price": "8.00"}, {"from_n": 5, "price": "5.00"}]


def test_marginal_tiers_price_each_lead_by_its_own_number() -> None:
    contract = make_contract(pricing={"model": "tier", "tiers": TIERS})
    assert priced(contract, make_deliveries(6)) == [1000, 1000, 800, 800, 500, 500]


def test_all_tiers_price_every_lead_by_the_last_number_reached() -> None:
    contract = make_contract(pricing={"model": "tier", "tiers": TIERS, "tier_mode": "all"})
    assert priced(contract, make_deliveries(2)) == [1000] * 2
    assert priced(contract, make_deliveries(4)) == [800] * 4
    assert priced(contract, make_deliveries(5)) == [500] * 5


@pytest.mark.parametrize("mode", ["marginal", "all"])
def test_what_is_out_by_itself_or_replaces_another_reaches_no_tier(mode: str) -> None:
    contract = make_contract(pricing={"model": "tier", "tiers": TIERS, "tier_mode": mode})
    deliveries = make_deliveries(4)
    deliveries[1] = make_delivery("d000002", deliveries[1].delivered_at, replaces="x1")
    # Two count, so that the third is never reached; the one out has the price of the place it left free.
    expected = [1000, 0, 1000, 1000]
    assert priced(contract, deliveries, out=frozenset({2})) == expected


def test_tiers_begin_anew_with_each_span_of_the_zone() -> None:
    contract = make_contract(pricing={"model": "tier", "tiers": TIERS, "per": "day"})
    # 22:30 and 23:30 UTC stand on both sides of midnight in Berlin.
    instants = ["2026-03-02T22:10", "2026-03-02T22:20", "2026-03-02T22:30", "2026-03-02T23:30"]
    deliveries = [make_delivery(f"d{n}", instant) for n, instant in enumerate(instants)]
    assert priced(contract, deliveries) == [1000, 1000, 800, 1000]


def test_by_geo_compares_without_case_and_falls_back_to_the_price() -> None:
    pricing = {"model": "by_geo", "field": "country", "prices": {"DE": "20.00", "no": "30.00"}, "price": "9.99"}
    deliveries = [
        make_delivery(f"d{n}", fields={"country": country}) for n, country in enumerate(["de", " NO ", "FR", ""])
    ]
    assert priced(make_contract(pricing=pricing), deliveries) == [2000, 3000, 999, 999]
    assert priced(make_contract(pricing=pricing | {"price": None}), deliveries) == [2000, 3000, None, None]


def test_a_share_of_revenue_is_unknown_as_long_as_the_revenue_is() -> None:
    contract = make_contract(pricing={"model": "rev_share", "percent": "12.5"})
    deliveries = [
        make_delivery("d1", revenue=None),
        make_delivery("d2", revenue=0),
        make_delivery("d3", revenue=1004),  # 125.5
        make_delivery("d4", revenue=1000, converted_at=LATER + timedelta(seconds=1)),
    ]
    assert priced(contract, deliveries) == [None, 0, 126, None]
    floor = make_contract(pricing={"model": "rev_share", "percent": "12.5"}, rounding="floor")
    assert priced(floor, deliveries) == [None, 0, 125, None]


def over(**overage: object) -> Contract:
    """Two ordered in each month, and more for half the price."""
    pricing = {"model": "flat", "price": "25.01", "overage": {"price_pct": 50} | overage}
    return make_contract(pricing=pricing, volume={"ordered": 2})


def test_leads_beyond_the_order_have_the_price_of_the_overage() -> None:
    assert priced(over(), make_deliveries(4)) == [2501, 2501, 1251, 1251]
    # One that is out leaves its place in the order to the next.
    assert priced(over(), make_deliveries(4), out=frozenset({0})) == [2501, 2501, 2501, 1251]


def test_an_order_below_the_least_one_counts_as_that() -> None:
    pricing = {"model": "flat", "price": "10.00", "overage": {"price_pct": 50}, "min_order": 3}
    contract = make_contract(pricing=pricing, volume={"ordered": 2})
    assert priced(contract, make_deliveries(4)) == [1000, 1000, 1000, 500]
    assert priced(make_contract(pricing=pricing), make_deliveries(4)) == [1000] * 4


WITHIN = MONDAY + timedelta(hours=48)


@pytest.mark.parametrize(
    ("handling", "as_of", "price"),
    [
        (handled(MONDAY + timedelta(hours=47)), LATER, 1251),
        (handled(contacted_at=MONDAY + timedelta(hours=1)), MONDAY + timedelta(hours=2), 1251),
        (handled(disposition="bad", disposed_at=MONDAY + timedelta(hours=1)), LATER, 1251),
        (handled(MONDAY + timedelta(hours=48)), LATER, 1251),
        # Worked after the time to accept it was over, or never: it was not accepted, and is not owed.
        (handled(MONDAY + timedelta(hours=48, seconds=1)), LATER, 0),
        (handled(), LATER, 0),
        # Still open, or nothing is known of it.
        (handled(), MONDAY + timedelta(hours=48), None),
        (handled(MONDAY + timedelta(hours=40)), MONDAY + timedelta(hours=39), None),
        (handled(unknown=[HandlingFact.ATTEMPTS]), LATER, None),
    ],
)
def test_an_overage_to_be_accepted_is_accepted_by_working_it(
    handling: Handling, as_of: datetime, price: int | None
) -> None:
    contract = over(accept_within="PT48H")
    deliveries = [make_delivery(f"d{n}", handling=handling) for n in range(3)]
    assert priced(contract, deliveries, as_of=as_of) == [2501, 2501, price]


def test_a_replacement_costs_nothing_whatever_the_model() -> None:
    for pricing in (
        {"model": "flat", "price": "25.00"},
        {"model": "tier", "tiers": TIERS},
        {"model": "by_geo", "field": "country", "prices": {"DE": "20.00"}},
        {"model": "rev_share", "percent": 10},
    ):
        assert priced(make_contract(pricing=pricing), [make_delivery(replaces="d0")]) == [0]


def test_the_unit_price_of_tiers_is_the_first_one() -> None:
    contract = make_contract(pricing={"model": "tier", "tiers": TIERS})
    assert unit_price(contract)(make_delivery(), at("2026-03-03")) == 1000


@given(
    of=st.integers(-(10**9), 10**9),
    percent=st.decimals(0, 1000, places=3, allow_nan=False, allow_infinity=False),
    rounding=st.sampled_from(Rounding),
)
def test_a_share_is_rounded_as_decimals_are(of: int, percent: Decimal, rounding: Rounding) -> None:
    by_name = {Rounding.FLOOR: "ROUND_FLOOR", Rounding.CEIL: "ROUND_CEILING", Rounding.HALF_UP: "ROUND_HALF_UP"}
    exact = Decimal(of) * percent / 100
    assert ShareOf(percent, rounding)(of) == int(exact.quantize(Decimal(1), by_name[rounding]))
