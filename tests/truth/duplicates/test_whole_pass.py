"""A whole list: who is one person, who never is, and that nothing hangs on the order of the rows."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.truth.duplicates.blocks import MOST_IN_BLOCK
from audits.truth.duplicates.guards import Guard
from audits.truth.duplicates.model import shipped
from audits.truth.duplicates.record import Field, Record
from audits.truth.duplicates.table import Table
from audits.truth.duplicates.whole_pass import Match, explained, find_duplicates, link
from tests.truth.duplicates.made import made_people


def table_of(*records: Record) -> Table:
    table = Table()
    table.extend(records)
    return table


def clusters_of(*records: Record) -> set[frozenset[str]]:
    table = table_of(*records)
    return {frozenset(table.ids[row] for row in rows) for rows in find_duplicates(table).clusters()}


def pair(one: Record, other: Record, size: int = 10_000) -> Match:
    table = table_of(one, other)
    return explained(table, shipped(size), np.array([0]), np.array([1]))[0]


def people(count: int = 300, seed: int = 3) -> list[Record]:
    return [
        Record(
            id=each.unique_id,
            first_name=each.first_name,
            last_name=each.surname,
            birth_date=each.dob,
            city=each.city,
            email=each.email,
        )
        for each in made_people(count, seed)
    ]


ANN = Record(
    id="1",
    first_name="Ann",
    last_name="Lee",
    email="ann.lee7@mail.com",
    phone="+4722334455",
    birth_date="1980-02-03",
    street="Storgata 1",
    postcode="0155",
    city="Oslo",
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Swapped, with a patronymic, in one field, with a comma, compound, misspelt: of many cultures.
        ({"first_name": "Ivan", "last_name": "Petrov"}, {"first_name": "Petrov", "last_name": "Ivan"}),
        ({"first_name": "Иван", "last_name": "Петров"}, {"name": "Петров Иван Сергеевич"}),
        ({"first_name": "Семён", "last_name": "Королёв"}, {"first_name": "Семен", "last_name": "Королев"}),
        ({"first_name": "Γιώργος", "last_name": "Παπαδόπουλος"}, {"name": "ΠΑΠΑΔΟΠΟΥΛΟΣ ΓΙΩΡΓΟΣ"}),
        ({"first_name": "أحمد", "last_name": "الخطيب"}, {"first_name": "احمد", "last_name": "الخطيب"}),
        ({"first_name": "María", "last_name": "García López"}, {"first_name": "Maria", "last_name": "Garcia"}),
        ({"name": "王小明"}, {"first_name": "小明", "last_name": "王"}),
        ({"name": "김민준"}, {"first_name": "민준", "last_name": "김"}),
        ({"first_name": "Nguyễn", "last_name": "Minh"}, {"first_name": "Minh", "last_name": "Nguyen"}),
        ({"first_name": "Jürgen", "last_name": "Müller"}, {"name": "Mueller, Jürgen"}),
        ({"first_name": "Çağla", "last_name": "Işık"}, {"first_name": "Cagla", "last_name": "Isik"}),
        ({"first_name": "สมชาย", "last_name": "ใจดี"}, {"name": "สมชาย ใจดี"}),
    ],
)
def test_names_of_many_cultures_at_one_phone(one: dict[str, str], other: dict[str, str]) -> None:
    assert clusters_of(Record(id="a", phone="+4722334455", **one), Record(id="b", phone="+4722334455", **other)) == {
        frozenset("ab")
    }


def test_the_same_record_twice_is_one_person() -> None:
    assert clusters_of(ANN, ANN, Record(id="2", first_name="Bo", last_name="Ek", email="bo@ek.se")) == {
        frozenset("1")
    }
    assert [sorted(rows) for rows in find_duplicates(table_of(ANN, ANN)).clusters()] == [[0, 1]]


@pytest.mark.parametrize(
    "shared", [{"phone": "+4722334455"}, {"street": "Storgata 1", "postcode": "0155", "city": "Oslo"}]
)
def test_a_household_is_never_one_person(shared: dict[str, str]) -> None:
    family = [
        Record(id=name, first_name=name, last_name="Nordmann", **shared)
        for name in ("Ola", "Kari", "Ingrid", "Mario")
    ] + [Record(id="Maria", first_name="Maria", last_name="Nordmann", birth_date="1990-01-01", **shared)]
    assert not any({"Ola", "Kari"} <= each or {"Ola", "Ingrid"} <= each for each in clusters_of(*family))
    assert pair(family[0], family[1]).guard is Guard.HOUSEHOLD


def test_who_gave_no_first_name_joins_no_household() -> None:
    home = {
        "last_name": "Nordmann",
        "phone": "+4722334455",
        "street": "Storgata 1",
        "postcode": "0155",
        "city": "Oslo",
    }
    found = clusters_of(
        Record(id="Ola", first_name="Ola", **home),
        Record(id="?", **home),
        Record(id="Kari", first_name="Kari", **home),
    )
    assert not any({"Ola", "Kari"} <= each for each in found)


def test_a_switchboard_joins_nobody() -> None:
    desk = {"phone": "+4722334455", "company": "Acme AS"}
    one = Record(id="1", first_name="Anna", last_name="Berg", **desk)
    other = Record(id="2", first_name="Anna", last_name="Holm", **desk)
    assert pair(one, other).guard is Guard.SWITCHBOARD
    assert clusters_of(one, other) == set()


def test_a_town_alone_makes_nobody_one_person() -> None:
    town = {"postcode": "0155", "city": "Oslo"}
    assert clusters_of(*(Record(id=f"{n}", **town) for n in range(2)), Record(id="x", city="Rome")) == set()
    assert clusters_of(Record(id="1", first_name="Ann", **town), Record(id="2", first_name="Ann")) == set()


def test_people_of_one_name_are_two() -> None:
    others = [Record(id=f"o{n}", first_name=f"N{n}", last_name="Smith", email=f"n{n}@x.com") for n in range(50)]
    one = Record(id="1", first_name="John", last_name="Smith", email="john.smith1@a.com", phone="+4722334455")
    two = Record(id="2", first_name="John", last_name="Smith", email="john.smith8@b.com", phone="+4791234567")
    assert not any({"1", "2"} <= each for each in clusters_of(one, two, *others))


def test_reasons_carry_the_weight_of_each_field() -> None:
    match = pair(ANN, Record(id="2", first_name="Lee", last_name="Ann", email="ann.lee7@mail.com", city="Bergen"))
    levels = {each.field: each.level for each in match.reasons}
    assert levels == {
        Field.FIRST_NAME: "same",
        Field.LAST_NAME: "same",
        Field.ORDER: "swapped",
        Field.EMAIL: "same",
        Field.AREA: "different",
    }
    total = match.prior + sum(each.weight for each in match.reasons)
    assert match.probability == pytest.approx(1 / (1 + np.exp(-total)), abs=0.01)
    assert [abs(each.weight) for each in match.reasons] == sorted(
        (abs(e.weight) for e in match.reasons), reverse=True
    )


def test_a_value_that_many_have_weighs_less() -> None:
    def weight(holders: int) -> float:
        table = table_of(*(Record(id=f"{n}", phone="+4722334455", first_name=f"A{n}") for n in range(holders)))
        match = explained(table, shipped(10_000), np.array([0]), np.array([1]))[0]
        return next(each.weight for each in match.reasons if each.field is Field.PHONE)

    assert weight(2) > weight(20) > weight(200)


def test_common_keys_are_weakened_and_told() -> None:
    crowd = [
        Record(
            id=f"{n}", first_name=chr(0x4E00 + 37 * n) * 3, last_name=chr(0x0E01 + n % 40) * 4, phone="+4722334455"
        )
        for n in range(MOST_IN_BLOCK + 5)
    ]
    found = find_duplicates(table_of(*crowd, ANN, ANN))
    assert [(each.kind.name, each.blocks, each.largest) for each in found.weakened] == [("PHONE", 1, len(crowd) + 2)]
    assert found.compared < len(crowd) * (len(crowd) - 1) / 2
    assert [len(rows) for rows in found.clusters()] == [2]


def test_nothing_and_one_record() -> None:
    for records in ((), (ANN,), (Record(id="empty"),), (Record(id="empty"), Record(id="empty"))):
        found = find_duplicates(table_of(*records))
        assert list(found.clusters()) == []
        assert len(found.heads) == len(records)


def test_two_lists_are_joined_one_to_one() -> None:
    twin = Record(id="right twin", first_name="Ann", last_name="Lee", email="ann.lee7@mail.com", city="Oslo")
    whole = Record(**{**{name: getattr(ANN, name) for name in ANN.__slots__}, "id": "right"})
    table = table_of(ANN, Record(id="left", first_name="Bo", last_name="Ek", email="bo9@ek.se"), whole, twin)
    joined = link(table, 2)
    assert {frozenset((table.ids[a], table.ids[b])) for a, b in zip(*joined.pairs, strict=True)} == {
        frozenset(("1", "right"))
    }
    assert len(link(table, 2, is_one_to_one=False).pairs[0]) == 2


def test_made_people_are_found() -> None:
    made = made_people(600, 9)
    group = {each.unique_id: each.group for each in made}
    true = {frozenset(ids) for ids in combinations(sorted(group), 2) if group[ids[0]] == group[ids[1]]}
    records = people(600, 9)
    found = {frozenset(ids) for rows in clusters_of(*records) for ids in combinations(sorted(rows), 2)}
    assert len(found & true) / len(found) > 0.98
    assert len(found & true) / len(true) > 0.93


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 5))
def test_the_order_of_rows_changes_no_cluster(chance, seed: int) -> None:  # type: ignore[no-untyped-def]
    records = people(120, seed)
    before = clusters_of(*records)
    chance.shuffle(records)
    assert clusters_of(*records) == before


words = st.text(st.sampled_from("abcdeéñøжиשα小 '-"), max_size=8)
records = st.builds(
    Record,
    id=words,
    first_name=words,
    last_name=words,
    name=words,
    email=st.one_of(words, st.sampled_from(["a@b.com", "a.b1@gmail.com", "info@x.no"])),
    phone=st.sampled_from(["", "+4722334455", "22334455", "+4722334456", "0"]),
    mobile=st.sampled_from(["", "+4791234567", "+4722334455"]),
    birth_date=st.sampled_from(["", "1980-02-03", "1980-03-02", "1980-02-13", "1999-12-31", "x"]),
    street=st.sampled_from(["", "Storgata 1", "Storgata 2", "Storgate 1", "1"]),
    line2=st.sampled_from(["", "Storgata", "Flat 3"]),
    postcode=st.sampled_from(["", "0155", "0156", "9000"]),
    city=st.sampled_from(["", "Oslo", "Olso", "Bergen"]),
    company=st.sampled_from(["", "Acme AS", "Acme"]),
)


@settings(max_examples=150, deadline=None)
@given(records, records)
def test_likeness_is_the_same_from_both_sides(one: Record, other: Record) -> None:
    table = table_of(one, other)
    there, back = explained(table, shipped(1000), np.array([0, 1]), np.array([1, 0]))
    assert there.probability == back.probability
    assert sorted(there.reasons, key=str) == sorted(back.reasons, key=str)
    assert there.guard == back.guard


@settings(max_examples=100, deadline=None)
@given(st.lists(records, max_size=12), st.randoms(use_true_random=False))
def test_any_records_in_any_order_give_the_same_clusters(given_records: list[Record], chance) -> None:  # type: ignore[no-untyped-def]
    numbered = [
        Record(**{**{name: getattr(each, name) for name in each.__slots__}, "id": f"{place}"})
        for place, each in enumerate(given_records)
    ]
    before = clusters_of(*numbered)
    chance.shuffle(numbered)
    assert clusters_of(*numbered) == before
