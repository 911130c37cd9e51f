"""Two records by themselves: what they share, and that nothing else has a say in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.truth.duplicates.guards import Guard
from audits.truth.duplicates.pairs import judge_pairs, pair_keys
from audits.truth.duplicates.record import Record

ANNA = Record(
    id="1",
    first_name="Anna",
    last_name="Berg",
    email="anna.berg@fjordpost.no",
    phone="+47 912 34 567",
    company="Fjord AS",
)


def other(**fields: str) -> Record:
    return Record(id="2", **{"first_name": "Anna", "last_name": "Berg", **fields})


@pytest.mark.parametrize(
    ("record", "least", "most", "guard"),
    [
        (other(email="anna@firma.no", phone="+47 912 34 568"), 0.95, 1, None),
        (other(email="anna@firma.no", phone="+47 912 34 576"), 0.95, 1, None),
        (other(email="anna@firma.no", phone="+47 912 43 567"), 0.95, 1, None),
        (other(phone="0047 91234567"), 0.99, 1, None),
        (Record(id="2", first_name="Berg", last_name="Anne", phone="+4791234567"), 0.85, 1, None),
        (other(company="Fjord", email="anna@firma.no"), 0.9, 0.99, None),
        (other(first_name="Per", phone="+4791234567", email="per@firma.no"), 0, 1, Guard.HOUSEHOLD),
        (Record(id="2", first_name="Jo", last_name="Dahl", phone="+4791234567", company="Fjord AS"), 0, 0.5,
         Guard.SWITCHBOARD),
        (Record(id="2", phone="+4791234567"), 0.2, 0.5, None),
    ],
)  # fmt: skip
def test_who_is_likely_one_person(record: Record, least: float, most: float, guard: Guard | None) -> None:
    (match,) = judge_pairs([ANNA, record], [(0, 1)])
    assert (least <= match.probability <= most, match.guard) == (True, guard), match
    assert pair_keys(ANNA) & pair_keys(record)


@pytest.mark.parametrize("record", [other(), other(email="berg@firma.no", phone="+4740404040")])
def test_a_name_alone_is_no_reason_to_compare(record: Record) -> None:
    assert not pair_keys(ANNA) & pair_keys(record)
    (match,) = judge_pairs([ANNA, record], [(0, 1)])
    assert match.probability < 0.5


_words = st.sampled_from(("Anna", "Ana", "Berg", "Bergh", "Per", "Li", "Jo Anna", "王", "Μαρία", ""))
_records = st.builds(
    Record,
    id=st.just(""),
    first_name=_words,
    last_name=_words,
    email=st.sampled_from(("", "anna.berg7@x.no", "anna.berg7@y.no", "info@x.no", "per@x.no")),
    phone=st.sampled_from(("", "+4791234567", "+4791234568", "+4791243567", "+4720202020")),
    company=st.sampled_from(("", "Fjord AS", "Fjord", "Dal")),
)


@settings(max_examples=200, deadline=None)
@given(_records, _records, st.lists(_records, max_size=6), st.booleans())
def test_nothing_but_the_two_counts(one: Record, two: Record, more: list[Record], is_turned: bool) -> None:
    (alone,) = judge_pairs([one, two], [(0, 1)])
    among = [*more, two, one] if is_turned else [*more, one, two]
    (beside,) = judge_pairs(among, [(len(more) + 1, len(more))])
    said = alone.probability, alone.guard, alone.reasons
    assert (beside.probability, beside.guard, beside.reasons) == said


@settings(max_examples=300, deadline=None)
@given(_records, _records, st.sampled_from((("Anna", "Berg"), ("Bergh", "Ana"), ("Anne", "van den Berg"))))
def test_whoever_is_likely_one_person_and_sounds_alike_shares_a_key(
    one: Record, two: Record, names: tuple[str, str]
) -> None:
    one = replace(one, first_name="Anna", last_name="Berg")
    two = replace(two, first_name=names[0], last_name=names[1])
    (match,) = judge_pairs([one, two], [(0, 1)])
    assert match.probability < 0.9 or pair_keys(one) & pair_keys(two), match
