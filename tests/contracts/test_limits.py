"""Return caps and tolerance: the first ones pass, the last ones are borne, what is settled stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.contracts.calendar import SpanCalendar
from audits.contracts.limits import Limits
from audits.contracts.steps import Taken
from audits.model.contract import Contract
from audits.model.delivery import Delivery
from audits.model.verdict import LeadState
from tests.contracts.make import MONDAY, make_contract, make_deliveries, make_delivery

LETTERS = {
    LeadState.RETURNABLE: "R",
    LeadState.WITHIN_TOLERANCE: "T",
    LeadState.BLOCKED_BY_CAP: "B",
}


def settled(contract: Contract, kinds: str, deliveries: Sequence[Delivery] | None = None) -> str:
    """What becomes of leads in order: r = a creditable return, s = one that was settled, o = out by itself, . = none
    of these. Answers R, T, B for r, and the others as they came."""
    deliveries = deliveries or make_deliveries(len(kinds))
    limits = Limits(contract, SpanCalendar(contract.timezone, contract.cycle))
    taken = [Taken(delivery=each, contract=contract, counts_at=each.delivered_at) for each in deliveries]
    if limits.is_counted_first:
        for each, kind in zip(taken, kinds, strict=True):
            limits.count(each, kind == "o", kind in "rs", kind == "s")
    said = ""
    for each, kind in zip(taken, kinds, strict=True):
        limits.pass_by(each, kind == "o", kind == "s")
        said += LETTERS[limits.settle(each)] if kind == "r" else kind
    return said


def with_returns(volume: dict[str, Any] | None = None, **returns: Any) -> Contract:
    return make_contract(returns=returns, volume=volume or {})


def test_without_cap_and_tolerance_every_return_stands() -> None:
    assert settled(with_returns(), "r.r") == "R.R"


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [("floor", "R.....B...r"), ("ceil", "R.....R...r"), ("half_up", "R.....R...r")],
)
def test_a_share_of_what_was_delivered(rounding: str, expected: str) -> None:
    # 15 % of 11 = 1.65
    contract = with_returns(cap={"kind": "pct", "value": 15, "rounding": rounding})
    assert settled(contract, "r.....r...r") == expected.replace("r", "B")


def test_a_share_of_what_is_usable_leaves_out_what_is_out_by_itself() -> None:
    usable = with_returns(cap={"kind": "pct", "value": 50, "base": "usable"})
    delivered = with_returns(cap={"kind": "pct", "value": 50, "base": "delivered"})
    assert settled(delivered, "oooorr") == "ooooRR"
    assert settled(usable, "oooorr") == "ooooRB"


def test_a_share_of_what_was_ordered() -> None:
    contract = with_returns(cap={"kind": "pct", "value": 10, "base": "ordered"}, volume={"ordered": 20})
    assert settled(contract, "rrr") == "RRB"
    # Where nothing was ordered, of what was delivered.
    assert settled(with_returns(cap={"kind": "pct", "value": 50, "base": "ordered"}), "rrrr") == "RRBB"


def test_a_fixed_number() -> None:
    assert settled(with_returns(cap={"kind": "fixed", "value": 2}), "rr.r") == "RR.B"
    assert settled(with_returns(cap={"kind": "fixed", "value": 0}), "r") == "B"


def test_each_span_has_its_own() -> None:
    contract = with_returns(cap={"kind": "fixed", "value": 1, "per": "week"})
    deliveries = [make_delivery(f"d{n}", MONDAY + timedelta(days=days)) for n, days in enumerate([0, 6, 7, 8])]
    assert settled(contract, "rrrr", deliveries) == "RBRB"


def test_each_group_has_its_own() -> None:
    contract = with_returns(cap={"kind": "pct", "value": 50, "group_by": ["state", "product"]})
    told = [("TX", "a"), ("tx ", "A"), ("TX", "b"), ("NY", "a"), ("NY", "a"), ("TX", "a"), ("TX", "a"), ("", "")]
    deliveries = [
        make_delivery(f"d{n}", fields={"state": state, "product": product}) for n, (state, product) in enumerate(told)
    ]
    # TX a: 4 leads, 2 pass; TX b: 1, none; NY a: 2, 1; unknown: 1, none.
    assert settled(contract, "rrrrrr.r", deliveries) == "RRBRBB.B"


def test_tolerance_takes_the_last_ones() -> None:
    contract = with_returns(tolerance={"percent": 30})
    assert settled(contract, "r" * 11 + "." * 14) == "RRRR" + "T" * 7 + "." * 14
    assert settled(contract, "o" * 20 + "rrr...." + "...") == "o" * 20 + "TTT" + "." * 7


def test_a_tolerance_that_bears_more_than_there_are() -> None:
    assert settled(with_returns(tolerance={"percent": 100}), "rr") == "TT"


def test_cap_and_tolerance_together() -> None:
    # Of ten, a cap of 2 and a tolerance of 3: the first two pass, the last three are borne, the two between blocked.
    returns: dict[str, Any] = {"cap": {"kind": "fixed", "value": 2}, "tolerance": {"percent": 30}}
    assert settled(with_returns(**returns), "rrrrrrr...") == "RRBBTTT..."
    # Where both meet, tolerance speaks: the buyer bears it.
    assert settled(with_returns(**returns), "rrrr......") == "RTTT......"


def test_what_is_settled_stands_and_uses_up_a_place_of_the_cap() -> None:
    contract = with_returns(cap={"kind": "fixed", "value": 2})
    assert settled(contract, "rrs") == "RBs"
    assert settled(contract, "rsss") == "Bsss"


def test_what_is_settled_is_not_borne() -> None:
    contract = with_returns(tolerance={"percent": 20})
    assert settled(contract, "rrrss.....") == "RTTss....."


def rolling(**cap: Any) -> Contract:
    return with_returns(cap={"kind": "rolling_pct", "over": "P14D"} | cap)


def days(*days: int) -> list[Delivery]:
    return [make_delivery(f"d{n:03d}", MONDAY + timedelta(days=day)) for n, day in enumerate(days)]


def test_a_rolling_cap_holds_each_lead_against_those_before_it() -> None:
    # 30 % rounded down: of the first three none, of 4 one, of 7 two.
    assert settled(rolling(value=30), "rrrrrrrr", days(*[0] * 8)) == "BBBRBBRB"


def test_a_rolling_cap_forgets_what_came_a_span_ago() -> None:
    # 50 %: on day 14 the two of day 0 are gone, and the return that stood then with them.
    assert settled(rolling(value=50), ".r..r", days(0, 0, 13, 14, 14)) == ".R..R"
    assert settled(rolling(value=50), ".r.r", days(0, 0, 13, 13)) == ".R.R"
    assert settled(rolling(value=50), ".rr", days(0, 0, 13)) == ".RB"
    assert settled(rolling(value=50), ".rr", days(0, 0, 14)) == ".RB"


def test_a_rolling_cap_by_groups() -> None:
    deliveries = [make_delivery(f"d{n}", fields={"state": state}) for n, state in enumerate("AABBA")]
    assert settled(rolling(value=50, group_by=["state"]), "rrrrr", deliveries) == "BRBRB"


def test_a_rolling_cap_and_tolerance_and_settled_ones() -> None:
    contract = with_returns(
        cap={"kind": "rolling_pct", "value": 50, "over": "P14D"}, tolerance={"percent": 25, "base": "delivered"}
    )
    assert settled(contract, "rrrrrrrr") == "BRBRBRTT"
    assert settled(rolling(value=50), "s.rr..r") == "s.BR..R"


kinds = st.text(alphabet="rso.", min_size=1, max_size=40)
caps = (
    st.none()
    | st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["pct", "fixed"]),
            "value": st.integers(0, 100),
            "base": st.sampled_from(["delivered", "usable", "ordered"]),
            "per": st.sampled_from(["day", "cycle", "total"]),
            "group_by": st.sampled_from([[], ["state"]]),
            "rounding": st.sampled_from(["floor", "ceil", "half_up"]),
        }
    )
    | st.fixed_dictionaries(
        {
            "kind": st.just("rolling_pct"),
            "value": st.integers(0, 100),
            "over": st.sampled_from(["P1D", "PT1H"]),
            "group_by": st.sampled_from([[], ["state"]]),
        }
    )
)


@given(kinds=kinds, cap=caps, low=st.integers(0, 100), high=st.integers(0, 100), step=st.integers(1, 900))
def test_more_tolerance_never_credits_more(
    kinds: str, cap: dict[str, Any] | None, low: int, high: int, step: int
) -> None:
    deliveries = [
        make_delivery(f"d{n:03d}", MONDAY + timedelta(minutes=n * step), fields={"state": "AB"[n % 2]})
        for n in range(len(kinds))
    ]
    low, high = sorted((low, high))
    told = {"per": "total"}
    less, more = (
        settled(with_returns(cap=cap, tolerance=told | {"percent": Decimal(each)}), kinds, deliveries)
        for each in (low, high)
    )
    # Not only in number: no lead is credited by more tolerance that was not credited by less.
    assert all(by_less == "R" for by_less, by_more in zip(less, more, strict=True) if by_more == "R")


@given(kinds=kinds, cap=caps, percent=st.integers(0, 100))
def test_a_cap_blocks_and_loses_no_return(kinds: str, cap: dict[str, Any] | None, percent: int) -> None:
    found = settled(with_returns(cap=cap, tolerance={"percent": percent}), kinds)
    assert len(found) == len(kinds)
    assert all(after in "RTB" for before, after in zip(kinds, found, strict=True) if before == "r")
    assert sum(each in "RTB" for each in found) == kinds.count("r")
