"""One new record against many: the same answers as a whole pass gives, and no more looked at than is said."""

from __future__ import annotations

import pytest

from audits.truth.duplicates import matcher as module
from audits.truth.duplicates.blocks import MOST_IN_BLOCK
from audits.truth.duplicates.matcher import Matcher
from audits.truth.duplicates.record import Record
from tests.truth.duplicates.made import made_people
from tests.truth.duplicates.test_whole_pass import ANN, people


def filled(records: list[Record]) -> Matcher:
    matcher = Matcher()
    matcher.extend(records)
    return matcher


def found(matcher: Matcher, record: Record) -> list[str]:
    return [matcher.table.ids[each.right] for each in matcher.match(record).matches]


def test_a_new_record_finds_its_person_and_is_not_added() -> None:
    matcher = filled(people(200))
    matcher.add(ANN)
    before = len(matcher), dict(matcher.table.phone_counts), matcher.table.names.counts.all.tolist()
    slip = Record(id="new", first_name="Lee", last_name="Anne", email="ann.lee7@mail.com", phone="+47 22 33 44 55")
    assert found(matcher, slip) == ["1"]
    assert found(matcher, Record(id="n", first_name="Qwu", last_name="Zyx", email="q.zyx@never.org")) == []
    assert (len(matcher), dict(matcher.table.phone_counts), matcher.table.names.counts.all.tolist()) == before


def test_one_by_one_and_all_at_once_give_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    records = people(300)
    at_once = filled(records)
    # Runs are sorted and joined many times on the way.
    monkeypatch.setattr(module, "_WAITING", 16)
    one_by_one = Matcher()
    assert [one_by_one.add(each) for each in records] == list(range(300))
    assert len(one_by_one) == len(at_once) == 300
    for record in records[:100]:
        assert one_by_one.match(record) == at_once.match(record)


def test_it_finds_what_is_there() -> None:
    made = made_people(600, 4)
    matcher, hits, wanted, wrong, seen = Matcher(), 0, 0, 0, dict[str, str]()
    for person, record in zip(made, people(600, 4), strict=True):
        groups = {seen[each] for each in found(matcher, record)}
        wanted += person.group in seen.values()
        hits += person.group in groups
        wrong += bool(groups - {person.group})
        matcher.add(record)
        seen[person.unique_id] = person.group
    assert hits / wanted > 0.9
    assert wrong < 12


def test_a_household_is_told_apart() -> None:
    matcher = filled([ANN])
    looked = matcher.match(
        Record(id="2", first_name="Peter", last_name="Lee", phone="+4722334455", street="Storgata 1", postcode="0155")
    )
    assert looked.matches == ()
    assert [str(each.guard) for each in looked.households] == ["household"]


def test_a_common_key_is_weakened_and_told() -> None:
    crowd = [
        Record(id=f"{n}", first_name=chr(0x4E00 + 37 * n), last_name=chr(0x0E01 + n % 40), phone="+4722334455")
        for n in range(20 * MOST_IN_BLOCK)
    ]
    matcher = filled([ANN, *crowd])
    looked = matcher.match(Record(id="x", first_name="Bo", last_name="Ek", phone="22334455", region="NO"))
    (weak,) = looked.weakened
    assert (weak.kind.name, weak.holders) == ("PHONE", 20 * MOST_IN_BLOCK + 1)
    assert weak.looked_at == looked.compared < MOST_IN_BLOCK
    # Who shares another key is found in the crowd all the same.
    assert found(matcher, ANN) == ["1"]


def test_the_matcher_of_nobody_finds_nobody() -> None:
    assert Matcher().match(ANN).matches == ()
    matcher = Matcher()
    matcher.extend([])
    assert matcher.match(Record(id="")).compared == 0
