"""Many records in normal form, in columns of numbers: a value stands once, however many records have it.

A record costs 60 bytes and the values that nobody else has, so that a million fit. Nothing depends on the order in
which values came: keys are made of digests, and `in_canon` gives the one order that equal sets have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Generic, TypeVar
from zlib import crc32

import numpy as np
import numpy.typing as npt

from audits.truth.duplicates.forms import (
    birth_digits,
    company_name,
    email_key,
    name_parts,
    name_sounds,
    phone_digits,
    plain,
    postcode,
    street_parts,
)
from audits.truth.duplicates.record import Record

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.uint8]
Weights = npt.NDArray[np.float64]
NumberT = TypeVar("NumberT", np.int64, np.int32, np.uint32)

_FIRST_ROOM = 1024
_NO_DIGITS = re.compile(r"\D+")


class Growing(Generic[NumberT]):
    """A column of numbers to which more are added; its room doubles, so that adding costs the same at any length."""

    __slots__ = ("_cells", "_size")

    def __init__(self, kind: type[NumberT]) -> None:
        self._cells: npt.NDArray[NumberT] = np.zeros(_FIRST_ROOM, kind)
        self._size = 0

    def append(self, value: int) -> None:
        """Adds one number at the end."""
        if self._size == len(self._cells):
            self._cells = np.concatenate([self._cells, np.zeros_like(self._cells)])
        self._cells[self._size] = value
        self._size += 1

    def change(self, place: int, by: int) -> None:
        """Adds `by` to the number at `place`."""
        self._cells[place] += by

    def pop(self) -> int:
        """Takes the last number off."""
        self._size -= 1
        return int(self._cells[self._size])

    @property
    def all(self) -> npt.NDArray[NumberT]:
        """The numbers; a view, valid until the next is added."""
        return self._cells[: self._size]


class Values:
    """The different values of one kind, by number; number 0 is "not given". `digests` are of their letters, and
    `heard` of what is left of them when misheard (two each): 0 where there is nothing. `counts`: how many records
    have each, `as_first`: how many as their first name, `digits`: the digest of an e-mail address's digits."""

    __slots__ = ("_compound", "_numbers", "_texts", "as_first", "counts", "digests", "digits", "heard", "heard_last")

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": 0}
        self._texts = [""]
        self.counts, self.digests = Growing(np.int32), Growing(np.uint32)
        self.heard, self.heard_last = Growing(np.uint32), Growing(np.uint32)
        self._compound, self.as_first, self.digits = Growing(np.int32), Growing(np.int32), Growing(np.uint32)
        for column in (
            self.counts,
            self.digests,
            self.heard,
            self.heard_last,
            self._compound,
            self.as_first,
            self.digits,
        ):
            column.append(0)

    def number(self, text: str, first: str = "", last: str = "") -> int:
        """The number of a value, which is counted once more. `first`, `last`: what it is heard as, when it is new."""
        if not text:
            return 0
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = len(self._texts)
            self._texts.append(text)
            self.counts.append(0)
            self.digests.append(_digest(text))
            self.heard.append(_digest(first))
            self.heard_last.append(_digest(last))
            self.as_first.append(0)
            self.digits.append(_digest(_NO_DIGITS.sub("", text)) if "@" in text else 0)
            self._compound.append(len(text) == 1 or " " in text)
        self.counts.change(found, 1)
        return found

    def forget(self, number: int) -> None:
        """Takes back what `number` counted last; a value that nobody has any more, and came last, is gone."""
        if not number:
            return
        self.counts.change(number, -1)
        if self.counts.all[number] == 0 and number == len(self._texts) - 1:
            del self._numbers[self._texts.pop()]
            for column in (
                self.counts, self.digests, self.heard, self.heard_last, self.as_first, self._compound
            ):  # fmt: skip
                column.pop()

    def knows(self, text: str) -> bool:
        """Whether the value has a number."""
        return text in self._numbers

    def compound(self, numbers: Numbers) -> Flags:
        """Whether the values with these numbers have several words, or are one letter."""
        return self._compound.all[numbers] > 0

    def texts(self, numbers: Numbers) -> list[str]:
        """The values with these numbers."""
        held = self._texts
        return [held[number] for number in numbers.tolist()]

    def ranks(self) -> Numbers:
        """For each number the place of its value among all values, in the order of letters."""
        order = sorted(range(len(self._texts)), key=self._texts.__getitem__)
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        return places


def _digest(text: str) -> int:
    return crc32(text.encode("utf-8", "surrogatepass")) or 1 if text else 0


_COLUMNS = ("first", "last", "email", "street", "house", "line2", "postcode", "city", "company")


class Table:
    """Records in the order in which they were added.

    Columns hold numbers of `Values`; names share one, and so do both lines of an address, so that one can be compared
    with the other. Phones stand as their digits, birth dates as yyyymmdd; `personal`: whether an e-mail address is of
    one person.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.names, self.emails, self.streets = Values(), Values(), Values()
        self.houses, self.postcodes = Values(), Values()
        self.cities, self.companies = Values(), Values()
        self._columns = {name: Growing(np.int32) for name in _COLUMNS}
        self._phones = (Growing(np.int64), Growing(np.int64))
        self._birth, self._personal = Growing(np.int32), Growing(np.int32)
        self.phone_counts: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def extend(self, records: Iterable[Record]) -> None:
        """Adds all; they are read one by one and not kept."""
        for record in records:
            self.add(record)

    def add(self, record: Record) -> int:
        """Adds a record; its row."""
        first, last = name_parts(record.first_name, record.last_name, record.name)
        named_first = self._name(first)
        self.names.as_first.change(named_first, 1)
        email, is_personal = email_key(record.email)
        street, house = street_parts(record.street)
        local = email.rpartition("@")[0] if is_personal else ""
        numbers = {
            "first": named_first,
            "last": self._name(last),
            "email": self.emails.number(email, local if len(local) > 3 else "", local[:3]),
            "street": self._line(street),
            "house": self.houses.number(house),
            "line2": self._line(plain(record.line2)),
            "postcode": self.postcodes.number(postcode(record.postcode)),
            "city": self.cities.number(plain(record.city)),
            "company": self.companies.number(company_name(record.company)),
        }
        for name, number in numbers.items():
            self._columns[name].append(number)
        phones = {phone_digits(record.phone, record.region), phone_digits(record.mobile, record.region)} - {0}
        for column, digits in zip(self._phones, (*sorted(phones, reverse=True), 0, 0), strict=False):
            column.append(digits)
        for digits in phones:
            self.phone_counts[digits] = self.phone_counts.get(digits, 0) + 1
        self._birth.append(birth_digits(record.birth_date))
        self._personal.append(is_personal)
        self.ids.append(record.id)
        return len(self.ids) - 1

    def remove_last(self) -> None:
        """Takes the record off that was added last, with all that it counted."""
        self.ids.pop()
        self._birth.pop()
        self._personal.pop()
        for column in self._phones:
            digits = column.pop()
            if digits:
                self.phone_counts[digits] -= 1
                if not self.phone_counts[digits]:
                    del self.phone_counts[digits]
        numbers = {name: column.pop() for name, column in self._columns.items()}
        self.names.as_first.change(numbers["first"], -1)
        # In the order in which they came, the last one first.
        for values, name in reversed(self._kinds()):
            values.forget(numbers[name])

    def _kinds(self) -> list[tuple[Values, str]]:
        return [
            (self.names, "first"),
            (self.names, "last"),
            (self.emails, "email"),
            (self.streets, "street"),
            (self.houses, "house"),
            (self.streets, "line2"),
            (self.postcodes, "postcode"),
            (self.cities, "city"),
            (self.companies, "company"),
        ]

    def _name(self, text: str) -> int:
        return (
            self.names.number(text)
            if not text or self.names.knows(text)
            else self.names.number(text, *name_sounds(text))
        )

    def _line(self, text: str) -> int:
        return self.streets.number(text, max(text.split(), key=len)[:5]) if text else 0

    def column(self, name: str) -> npt.NDArray[np.int32]:
        """The numbers of `name`: first, last, email, street, house, line2, postcode, city or company."""
        return self._columns[name].all

    @property
    def phones(self) -> tuple[Numbers, Numbers]:
        """Both phone numbers of each record as digits: negative where the country is not known, 0 where none."""
        return self._phones[0].all, self._phones[1].all

    @property
    def birth(self) -> npt.NDArray[np.int32]:
        """The birth dates as yyyymmdd, 0 where none was given."""
        return self._birth.all

    @property
    def personal(self) -> npt.NDArray[np.int32]:
        """1 where the e-mail address is of one person, 0 where it is of a role or there is none."""
        return self._personal.all

    def in_canon(self) -> Numbers:
        """The rows in the order of what stands in them, ids last: the same for the same records in any order."""
        of = {name: values for values, name in self._kinds()}
        ids = np.array(sorted(range(len(self.ids)), key=self.ids.__getitem__), np.int64)
        place = np.empty(len(ids), np.int64)
        # Rows with the same id have the same place: what else stands in them tells them apart, or nothing does.
        fresh = np.array([True, *(self.ids[a] != self.ids[b] for a, b in pairwise(ids.tolist()))][: len(ids)])
        place[ids] = np.cumsum(fresh)
        ranks_of_names = self.names.ranks()
        keys: list[Numbers] = [place, self.phones[1], self.phones[0], self.birth.astype(np.int64)]
        keys += [of[name].ranks()[self.column(name)] for name in reversed(_COLUMNS[2:])]
        keys += [ranks_of_names[self.column("first")], ranks_of_names[self.column("last")]]
        return np.lexsort(keys)
