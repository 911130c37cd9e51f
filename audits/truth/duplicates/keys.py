"""Keys: who shares one is compared. Each kind of error leaves at least one of them whole."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from audits.truth.duplicates.table import Numbers, Table

Keys = npt.NDArray[np.uint64]

_TAIL = 10**8
_ODD = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


class KeyKind(IntEnum):
    """What two records share."""

    EMAIL = 1
    MAILBOX = 2
    PHONE = 3
    NAMES = 4
    NAME_BIRTH = 5
    NAME_BIRTH_MONTH = 6
    NAME_POSTCODE = 7
    NAME_CITY = 8
    HOUSE_POSTCODE = 9
    STREET_HOUSE = 10
    NAME_COMPANY = 11
    NAME_STREET = 12
    BIRTH_POSTCODE = 13
    BIRTH_CITY = 14
    BIRTH_STREET = 15
    STREET_POSTCODE = 16
    STREET_CITY = 17
    NAME_BIRTH_DAY = 18
    BIRTH_MAILBOX = 19


def _mixed(kind: KeyKind, *parts: Numbers | npt.NDArray[np.uint64]) -> Keys:
    """One number of several; 0 where one of them is 0."""
    with np.errstate(over="ignore"):
        found = np.full(len(parts[0]), kind * _ODD[0] % 2**64, np.uint64)
        given = np.ones(len(parts[0]), np.bool_)
        for part in parts:
            given &= part != 0
            found = (found ^ part.astype(np.uint64)) * np.uint64(_ODD[1])
            found ^= found >> np.uint64(29)
            found *= np.uint64(_ODD[2])
            found ^= found >> np.uint64(32)
    found[~given] = 0
    return found


def keys_of(table: Table, rows: Numbers) -> Iterator[tuple[KeyKind, list[Keys]]]:
    """Kind by kind the keys of these rows, in one column or several; 0 where a row has no such key. The columns of
    one kind hold keys that may meet each other: a first name may be the last name of the other record."""
    first, last = table.column("first")[rows], table.column("last")[rows]
    heard, heard_last = table.names.heard.all, table.names.heard_last.all
    names = [each.astype(np.int64) for each in (heard[first], heard[last], heard_last[first], heard_last[last])]
    names = [each for each in names if each.any()]
    emails = table.column("email")[rows]
    postcodes = _digests(table.postcodes.digests.all, table.column("postcode")[rows])
    houses = _digests(table.houses.digests.all, table.column("house")[rows])
    lines = [_digests(table.streets.heard.all, table.column(each)[rows]) for each in ("street", "line2")]
    streets = lines[0]
    yield KeyKind.EMAIL, [_mixed(KeyKind.EMAIL, _digests(table.emails.digests.all, emails))]
    yield KeyKind.MAILBOX, [_mixed(KeyKind.MAILBOX, _digests(table.emails.heard.all, emails))]
    yield KeyKind.PHONE, [_mixed(KeyKind.PHONE, np.abs(each[rows]) % _TAIL) for each in table.phones]
    yield KeyKind.HOUSE_POSTCODE, [_mixed(KeyKind.HOUSE_POSTCODE, houses, postcodes)]
    yield KeyKind.STREET_HOUSE, [_mixed(KeyKind.STREET_HOUSE, streets, houses)]
    yield (
        KeyKind.NAMES,
        [
            _mixed(KeyKind.NAMES, np.minimum(one, other), np.maximum(one, other))
            for place, one in enumerate(names)
            for other in names[place + 1 :]
        ],
    )
    birth = table.birth[rows].astype(np.int64)
    month, day = birth // 100 % 100, birth % 100
    # Month and day in the order of their size: who swapped them is met too.
    turned = birth // 10_000 * 10_000 + np.minimum(month, day) * 100 + np.maximum(month, day)
    cities = _digests(table.cities.digests.all, table.column("city")[rows])
    for kind, one, other in (
        (KeyKind.BIRTH_POSTCODE, turned, postcodes),
        (KeyKind.BIRTH_CITY, turned, cities),
        (KeyKind.BIRTH_STREET, turned, streets),
        (KeyKind.BIRTH_MAILBOX, turned, _digests(table.emails.heard_last.all, emails)),
    ):
        yield kind, [_mixed(kind, one, other)]
    for kind, area in ((KeyKind.STREET_POSTCODE, postcodes), (KeyKind.STREET_CITY, cities)):
        yield kind, [_mixed(kind, line, area) for line in lines]
    for kind, others in (
        (KeyKind.NAME_BIRTH, turned),
        (KeyKind.NAME_BIRTH_MONTH, birth // 100),
        (KeyKind.NAME_BIRTH_DAY, birth // 10_000 * 100 + day),
        (KeyKind.NAME_POSTCODE, postcodes),
        (KeyKind.NAME_CITY, cities),
        (KeyKind.NAME_STREET, streets),
        (KeyKind.NAME_COMPANY, _digests(table.companies.digests.all, table.column("company")[rows])),
    ):
        yield kind, [_mixed(kind, name, others) for name in names]


def _digests(of_values: npt.NDArray[np.uint32], numbers: npt.NDArray[np.int32]) -> Numbers:
    return of_values[numbers].astype(np.int64)
