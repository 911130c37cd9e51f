"""How alike two records are, field by field, in levels from "the same" to "different"; 0 = not given on both sides.

Many pairs are compared at once. What depends on what else is told as one field: postcode and city, street and number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from audits.truth.duplicates.record import Field
from audits.truth.duplicates.table import Flags, Levels, Numbers, Table, Values

#: Likeness of two words from which they are nearly the same, and from which they are alike.
NEAR_NAME, ALIKE_NAME, ALIKE_TURNED = 0.92, 0.8, 0.66
NEAR_EMAIL, NEAR_STREET, NEAR_TOWN, NEAR_COMPANY = 0.85, 0.8, 0.8, 0.88

#: What each level of each field means, level 1 first.
LEVELS: dict[Field, tuple[str, ...]] = {
    Field.FIRST_NAME: ("same", "near", "alike", "different"),
    Field.LAST_NAME: ("same", "near", "alike", "different"),
    Field.ORDER: ("straight", "swapped"),
    Field.EMAIL: ("same", "same_role_address", "same_mailbox", "near", "different"),
    Field.PHONE: ("same", "near", "different"),
    Field.BIRTH_DATE: ("same", "slip", "within_weeks", "within_a_year", "different"),
    Field.STREET: (
        "same",
        "same_number_missing",
        "near",
        "same_other_number",
        "near_other_number",
        "same_number_alone",
        "different",
    ),
    Field.LINE2: ("same", "near", "different"),
    Field.AREA: (
        "same",
        "same_postcode",
        "same_postcode_other_city",
        "same_city_near_postcode",
        "same_city",
        "same_city_other_postcode",
        "near_postcode",
        "different",
    ),
    Field.COMPANY: ("same", "near", "different"),
}
FIELDS = tuple(LEVELS)
PLACE = {field: place for place, field in enumerate(FIELDS)}


@dataclass(frozen=True, slots=True)
class Compared:
    """Pairs (left, right: rows of tables) with the level of each field, a row of `levels` for each of FIELDS.
    `holders`: for the same fields how many records have the value on which a pair agrees; 0 where it does not."""

    left: Numbers
    right: Numbers
    levels: Levels
    holders: npt.NDArray[np.int32]

    def of(self, field: Field) -> Levels:
        """The levels of one field."""
        found: Levels = self.levels[PLACE[field]]
        return found

    def taken(self, which: Numbers | Flags) -> Compared:
        """Some of the pairs."""
        return Compared(self.left[which], self.right[which], self.levels[:, which], self.holders[:, which])


def compare(table: Table, left: Numbers, right: Numbers, *, alone: bool = False) -> Compared:
    """Compares the rows `left` of the table with the rows `right`, pair by pair. `alone`: nothing but the two records
    counts, not even how common their values are among the others."""
    levels = np.zeros((len(FIELDS), len(left)), np.uint8)
    holders = np.zeros((len(FIELDS), len(left)), np.int32)
    _names(table, left, right, levels, holders, alone=alone)
    for field, by in (
        (Field.PHONE, _phones),
        (Field.BIRTH_DATE, _births),
        (Field.AREA, _areas),
        (Field.COMPANY, _companies),
    ):
        levels[PLACE[field]], holders[PLACE[field]] = by(table, left, right)
    have_one_name = _is_good(levels[PLACE[Field.FIRST_NAME]]) & _is_good(levels[PLACE[Field.LAST_NAME]])
    levels[PLACE[Field.EMAIL]], holders[PLACE[Field.EMAIL]] = _emails(table, left, right, have_one_name)
    for field, answer in zip((Field.STREET, Field.LINE2), _lines(table, left, right), strict=True):
        levels[PLACE[field]], holders[PLACE[field]] = answer
    if alone:
        holders[:] = 0
    return Compared(left, right, levels, holders)


_Answer = tuple[Levels, npt.NDArray[np.int32]]
_Scorer = Callable[..., float]


def _both(table: Table, name: str, left: Numbers, right: Numbers) -> tuple[Numbers, Numbers]:
    column = table.column(name)
    return column[left].astype(np.int64), column[right].astype(np.int64)


def _likeness(values: Values, a: Numbers, b: Numbers, scorer: _Scorer, where: Flags) -> npt.NDArray[np.float32]:
    """From 0 to 1 where `where` holds, 0 elsewhere."""
    found = np.zeros(len(a), np.float32)
    places = np.flatnonzero(where)
    if len(places):
        scored = cpdist(values.texts(a[places]), values.texts(b[places]), scorer=scorer, dtype=np.float32)
        found[places] = scored if scorer not in _IN_PERCENT else scored / 100
    return found


_IN_PERCENT: tuple[_Scorer, ...] = (fuzz.token_set_ratio,)
_SAME, _NEAR, _ALIKE, _DIFFERENT = 1, 2, 3, 4


def _names(
    table: Table, left: Numbers, right: Numbers, levels: Levels, holders: npt.NDArray[np.int32], *, alone: bool
) -> None:
    first_a, first_b = _both(table, "first", left, right)
    last_a, last_b = _both(table, "last", left, right)
    of_first = _name_levels(table.names, first_a, first_b)
    of_last = _name_levels(table.names, last_a, last_b)
    given = (first_a > 0) & (first_b > 0) & (last_a > 0) & (last_b > 0)
    order = given.astype(np.uint8)
    by_first, by_last, counts = first_a.copy(), last_a.copy(), table.names.counts.all
    # Looked at the other way round where the straight way shows nothing in common.
    doubtful = np.flatnonzero(~_is_good(of_first) & ~_is_good(of_last))
    if len(doubtful):
        crossed = _name_levels(table.names, first_a[doubtful], last_b[doubtful])
        back = _name_levels(table.names, last_a[doubtful], first_b[doubtful])
        # One word that both have is enough, two words that are nearly alike are.
        is_swapped = (
            (crossed == _SAME)
            | (back == _SAME)
            | (_is_good(crossed) & (back != _DIFFERENT))
            | (_is_good(back) & (crossed != _DIFFERENT))
        )
        one, other = first_a[doubtful], last_a[doubtful]
        # Which of the two words they share is the first name: the one that more have as theirs.
        share = _digest_share if alone else _first_share
        as_crossed = share(table.names, one) + share(table.names, last_b[doubtful])
        as_back = share(table.names, other) + share(table.names, first_b[doubtful])
        turned = np.flatnonzero(is_swapped & (as_crossed < as_back))
        crossed[turned], back[turned] = back[turned], crossed[turned]
        one[turned], other[turned] = other[turned], one[turned]
        places = doubtful[is_swapped]
        of_first[places], of_last[places] = crossed[is_swapped], back[is_swapped]
        by_first[places], by_last[places] = one[is_swapped], other[is_swapped]
        order[places] = 2
    levels[PLACE[Field.FIRST_NAME]], levels[PLACE[Field.LAST_NAME]] = of_first, of_last
    levels[PLACE[Field.ORDER]] = order
    holders[PLACE[Field.FIRST_NAME]] = np.where(of_first == _SAME, counts[by_first], 0)
    holders[PLACE[Field.LAST_NAME]] = np.where(of_last == _SAME, counts[by_last], 0)


def _is_good(levels: Levels) -> Flags:
    found: Flags = (levels == _SAME) | (levels == _NEAR)
    return found


def _first_share(names: Values, numbers: Numbers) -> npt.NDArray[np.float64]:
    """How much of a first name each is, from 0 to 1; the digest decides between equals, alike for both sides."""
    share = names.as_first.all[numbers] / np.maximum(names.counts.all[numbers], 1)
    return np.round(share, 6) + names.digests.all[numbers] * 1e-17


def _digest_share(names: Values, numbers: Numbers) -> npt.NDArray[np.float64]:
    """What stands for it where no other record may count."""
    return names.digests.all[numbers].astype(np.float64) * np.float64(1e-17)


def _name_levels(names: Values, a: Numbers, b: Numbers) -> Levels:
    given = (a > 0) & (b > 0)
    same = given & (a == b)
    likeness = _likeness(names, a, b, JaroWinkler.similarity, given & ~same)
    # Jaro sees no two letters that changed places in a name of three or four: "Pia" and "Pai".
    turned = _likeness(names, a, b, OSA.normalized_similarity, given & ~same & (likeness < ALIKE_NAME))
    likeness[turned >= ALIKE_TURNED] = ALIKE_NAME
    levels = np.where(
        same, _SAME, np.where(likeness >= NEAR_NAME, _NEAR, np.where(likeness >= ALIKE_NAME, _ALIKE, _DIFFERENT))
    ).astype(np.uint8)
    levels[~given] = 0
    near = np.flatnonzero(levels == _NEAR)
    for place, one, other in zip(near, names.texts(a[near]), names.texts(b[near]), strict=True):
        if is_pair_of_genders(one, other):
            levels[place] = _ALIKE
    doubtful = np.flatnonzero(given & ~same & (levels != _NEAR) & (names.compound(a) | names.compound(b)))
    for place, one, other in zip(doubtful, names.texts(a[doubtful]), names.texts(b[doubtful]), strict=True):
        if is_part(one, other):
            levels[place] = _ALIKE
    return levels


def is_pair_of_genders(one: str, other: str) -> bool:
    """Whether two names differ in their last letter alone as Mario and Maria do, or one has an A more, as Daniela."""
    short, long = sorted((one, other), key=len)
    if len(short) == len(long):
        return one[:-1] == other[:-1] and {one[-1:], other[-1:]} in _GENDERS
    return len(short) > 3 and long[:-1] == short and long[-1] in "aаα"


_GENDERS = ({"a", "o"}, {"a", "e"}, {"а", "о"}, {"α", "ο"}, {"η", "ο"}, {"i", "a"}, {"y", "a"}, {"ий"[-1], "я"})


def is_part(one: str, other: str) -> bool:
    """Whether each word of the shorter name stands in the longer one, or as its initial."""
    short, long = sorted((one.split(), other.split()), key=len)
    return all(any(word == each or (len(word) == 1 and each[0] == word) or
                   (len(each) == 1 and word[0] == each) for each in long) for word in short)  # fmt: skip


def _emails(table: Table, left: Numbers, right: Numbers, have_one_name: Flags) -> _Answer:
    a, b = _both(table, "email", left, right)
    given = (a > 0) & (b > 0)
    same = given & (a == b)
    is_role = table.personal[left] == 0
    boxes = table.emails.heard.all
    same_box = given & (boxes[a] == boxes[b]) & (boxes[a] != 0)
    likeness = _likeness(table.emails, a, b, OSA.normalized_similarity, given & ~same & ~same_box)
    levels = np.select([same & ~is_role, same, same_box, likeness >= NEAR_EMAIL, given], [1, 2, 3, 4, 5], 0)
    # Two people of one name have addresses made of it: only a number in it that both have says more than the name.
    digits = table.emails.digits.all
    is_telling = (digits[a] == digits[b]) & (digits[a] != 0)
    levels[~is_telling & ((levels == 3) | (levels == 4)) & have_one_name] = 0
    levels[(levels == 4) & (digits[a] != digits[b])] = 0
    return levels.astype(np.uint8), np.where(same, table.emails.counts.all[a], 0)


def _phones(table: Table, left: Numbers, right: Numbers) -> _Answer:
    one, two = table.phones
    given = (one[left] != 0) & (one[right] != 0)
    levels = np.where(given, 3, 0).astype(np.uint8)
    holders = np.zeros(len(left), np.int32)
    places = np.flatnonzero(given)
    if not len(places):
        return levels, holders
    for mine in (one[left][places], two[left][places]):
        for theirs in (one[right][places], two[right][places]):
            there = (mine != 0) & (theirs != 0)
            same = there & (mine == theirs)
            big, small = np.abs(mine), np.abs(theirs)
            near = there & ~same & ((big % 10**8 == small % 10**8) | (digits_off(big, small, 15) <= 1))
            levels[places[near & (levels[places] == 3)]] = 2
            levels[places[same]] = 1
            for place, digits in zip(places[same].tolist(), mine[same].tolist(), strict=True):
                holders[place] = table.phone_counts[digits]
    return levels, holders


def digits_off(a: Numbers, b: Numbers, places: int) -> npt.NDArray[np.int64]:
    """In how many digits two numbers differ; two neighbours that changed places count as one."""
    count = np.zeros(len(a), np.int64)
    previous_a, previous_b = np.full(len(a), -1), np.full(len(a), -1)
    differed = np.zeros(len(a), np.bool_)
    a, b = a.copy(), b.copy()
    for _ in range(places):
        digit_a, digit_b = a % 10, b % 10
        differs = digit_a != digit_b
        turned = differs & differed & (digit_a == previous_b) & (digit_b == previous_a)
        count += differs & ~turned
        differed = differs & ~turned
        previous_a, previous_b = digit_a, digit_b
        a //= 10
        b //= 10
    return count


def _births(table: Table, left: Numbers, right: Numbers) -> _Answer:
    a, b = table.birth[left].astype(np.int64), table.birth[right].astype(np.int64)
    given = (a > 0) & (b > 0)
    off = digits_off(a, b, 8)
    turned = (a // 10_000 == b // 10_000) & (a // 100 % 100 == b % 100) & (a % 100 == b // 100 % 100)
    apart = np.abs(_days(a) - _days(b))
    levels = np.select([a == b, (off <= 1) | turned, apart <= 40, apart <= 372, given], [1, 2, 3, 4, 5], 5)
    levels[~given] = 0
    return levels.astype(np.uint8), np.zeros(len(a), np.int32)


def _days(digits: Numbers) -> Numbers:
    """Days on a ruler of months of 31 days, for dates that no calendar need have."""
    found: Numbers = digits // 10_000 * 372 + digits // 100 % 100 * 31 + digits % 100
    return found


def _lines(table: Table, left: Numbers, right: Numbers) -> tuple[_Answer, _Answer]:
    """Both lines of the address; where each is like the other one of the other record, they are compared so."""
    street_a, street_b = _both(table, "street", left, right)
    line_a, line_b = _both(table, "line2", left, right)
    street = _plain_levels(table.streets, street_a, street_b, OSA.normalized_similarity, NEAR_STREET)
    line = _plain_levels(table.streets, line_a, line_b, OSA.normalized_similarity, NEAR_STREET)
    doubtful = np.flatnonzero((street % 3 == 0) & (line % 3 == 0) & ((street > 0) | (line > 0)))
    if len(doubtful):
        to_line = _plain_levels(
            table.streets, street_a[doubtful], line_b[doubtful], OSA.normalized_similarity, NEAR_STREET
        )
        to_street = _plain_levels(
            table.streets, line_a[doubtful], street_b[doubtful], OSA.normalized_similarity, NEAR_STREET
        )
        is_crossed = np.minimum(_known(to_line), _known(to_street)) < 3
        places = doubtful[is_crossed]
        # Who crosses the lines is never weighed as the same, and each line by the worse of what is known.
        street[places] = np.maximum(np.minimum(_known(to_line), _known(to_street)), 2)[is_crossed]
        line[places] = np.maximum(to_line, to_street)[is_crossed]
    house_a, house_b = _both(table, "house", left, right)
    numbered = (house_a > 0) & (house_b > 0)
    at_house = numbered & (house_a == house_b)
    same, near, given = street == 1, street == 2, street > 0
    levels = np.select(
        [same & at_house, same & ~numbered, near & at_house, same, near, given & at_house, given],
        [1, 2, 3, 4, 5, 6, 7],
        0,
    ).astype(np.uint8)
    counts = table.streets.counts.all
    holders_of_line = np.where((line == 1) & (line_a == line_b), counts[line_a], 0)
    return (levels, np.zeros(len(left), np.int32)), (line, holders_of_line)


def _known(levels: Levels) -> Levels:
    return np.where(levels == 0, 3, levels).astype(np.uint8)


def _plain_levels(values: Values, a: Numbers, b: Numbers, scorer: _Scorer, near: float) -> Levels:
    given = (a > 0) & (b > 0)
    same = given & (a == b)
    likeness = _likeness(values, a, b, scorer, given & ~same)
    return np.select([same, likeness >= near, given], [1, 2, 3], 0).astype(np.uint8)


def _companies(table: Table, left: Numbers, right: Numbers) -> _Answer:
    a, b = _both(table, "company", left, right)
    levels = _plain_levels(table.companies, a, b, fuzz.token_set_ratio, NEAR_COMPANY)
    return levels, np.where(levels == 1, table.companies.counts.all[a], 0)


def _areas(table: Table, left: Numbers, right: Numbers) -> _Answer:
    code_a, code_b = _both(table, "postcode", left, right)
    city_a, city_b = _both(table, "city", left, right)
    code = _plain_levels(table.postcodes, code_a, code_b, OSA.normalized_similarity, 0.74)
    city = _plain_levels(table.cities, city_a, city_b, OSA.normalized_similarity, NEAR_TOWN)
    in_city = (city == 1) | (city == 2)
    levels = np.select(
        [
            (code == 1) & in_city,
            (code == 1) & (city == 0),
            code == 1,
            in_city & (code == 2),
            in_city & (code == 0),
            in_city,
            code == 2,
            (code > 0) | (city > 0),
        ],
        [1, 2, 3, 4, 5, 6, 7, 8],
        0,
    ).astype(np.uint8)
    holders = np.where(
        code == 1, table.postcodes.counts.all[code_a], np.where(city == 1, table.cities.counts.all[city_a], 0)
    )
    return levels, holders.astype(np.int32)
