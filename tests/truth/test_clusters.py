"""Leads alike: counts by hand and against a plain count, and who is not suspected by company alone."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from audits.truth.clusters import DAY, Seen, neighbours_of
from tests.factories import NOW


def seen(lead_id: str, minutes: float = 0, **fields: Any) -> Seen:
    return Seen(lead_id=lead_id, received_at=NOW + timedelta(minutes=minutes), **fields)


def test_leads_of_a_subnet_within_a_day_before():
    rows = [seen("0", -1441, subnet="a"), seen("1", -1440, subnet="a"), seen("2", -1, subnet="a"),
            seen("3", subnet="a"), seen("4", 1, subnet="a"), seen("5", subnet="b"), seen("6")]  # fmt: skip
    found = neighbours_of(rows)
    assert found["3"].subnet_24h == 2
    assert found["5"].subnet_24h == 0
    assert found["6"].subnet_24h is None


def test_two_of_one_instant_see_each_other():
    found = neighbours_of([seen("1", payload="x"), seen("2", payload="x")])
    assert (found["1"].identical_24h, found["2"].identical_24h) == (1, 1)


def test_a_buyer_among_them_explains_a_burst_but_not_his_own():
    rows = [seen(str(n), -n, payload="x", is_buyer=n == 5) for n in range(9)]
    found = neighbours_of(rows)
    assert found["0"].burst_explained
    assert not found["5"].burst_explained
    assert not found["8"].burst_explained, "the buyer came later"


def test_the_narrowest_group_of_which_enough_were_reached():
    fill = {"source": "aff-7", "was_reached": True, "has_denied": True}
    rows = [seen(f"net-{n}", subnet="a", **fill) for n in range(3)]
    rows += [seen(f"dev-{n}", subnet=f"s{n}", device="d", **fill) for n in range(6)]
    rows += [seen("lead", subnet="a", device="d", source="aff-7")]
    found = neighbours_of(rows)["lead"]
    assert (found.template, found.template_reached, found.template_denied) == (6, 6, 6)


def test_nobody_is_counted_among_his_own_company():
    found = neighbours_of([seen("1", source="s", was_reached=True, has_denied=True)])["1"]
    assert (found.template, found.template_reached, found.template_denied) == (0, 0, 0)


def test_a_family_shares_a_number_and_a_probe_changes_names():
    rows = [
        seen("1", -3, keys=("p",), name="Anna Berg", family_name="Berg"),
        seen("2", -2, keys=("p",), name="Ole Berg", family_name="Berg"),
        seen("3", -1, keys=("p",), name="Max Muster", family_name="Muster"),
        seen("4", keys=("p",), name="Tom Test", family_name="Test"),
        seen("5", keys=("q",), name="Tom Test", family_name="Test"),
        seen("6", keys=("p",)),
    ]
    found = neighbours_of(rows)
    assert [found[n].returns_under_names for n in "123456"] == [0, 0, 2, 3, 0, None]


ROWS = st.lists(
    st.builds(
        seen,
        st.just(""),
        st.integers(-4000, 0),
        subnet=st.sampled_from(["", "a", "b"]),
        payload=st.sampled_from(["", "x"]),
        source=st.sampled_from(["", "s"]),
        was_reached=st.booleans(),
        has_denied=st.booleans(),
        is_buyer=st.booleans(),
    ),
    max_size=25,
)


@given(ROWS, st.integers(0, 9))
def test_a_plain_count_agrees_and_order_changes_nothing(drawn: list[Seen], seed: int):
    rows = [Seen(**{**{name: getattr(row, name) for name in Seen.__dataclass_fields__}, "lead_id": str(n)})
            for n, row in enumerate(drawn)]  # fmt: skip
    found = neighbours_of(rows)
    mixed = rows[:]
    Random(seed).shuffle(mixed)
    assert neighbours_of(mixed) == found
    for row in rows:
        others = [
            each for each in rows
            if each is not row and row.received_at - DAY <= each.received_at <= row.received_at
        ]  # fmt: skip
        alike = [each for each in others if row.subnet and each.subnet == row.subnet]
        same = [each for each in others if row.payload and each.payload == row.payload]
        assert found[row.lead_id].subnet_24h == (len(alike) if row.subnet else None)
        assert found[row.lead_id].identical_24h == (len(same) if row.payload else None)
        assert found[row.lead_id].burst_explained == any(each.is_buyer for each in (*alike, *same))
        of_source = [each for each in rows if each is not row and row.source and each.source]
        if row.source and not row.subnet and len({each.received_at.hour for each in rows}) == 1:
            assert found[row.lead_id].template_reached == sum(each.was_reached for each in of_source)
