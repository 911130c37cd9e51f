"""What can never be one person, whatever else agrees: people who share a phone, an address or a switchboard."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from audits.truth.duplicates.compare import Compared
from audits.truth.duplicates.record import Field
from audits.truth.duplicates.table import Flags, Levels

_NOT, _HOUSEHOLD, _SWITCHBOARD = 0, 1, 2


class Guard(StrEnum):
    """Why two records that share much are two persons."""

    HOUSEHOLD = "household"
    SWITCHBOARD = "switchboard"


GUARDS: tuple[Guard | None, ...] = (None, Guard.HOUSEHOLD, Guard.SWITCHBOARD)


def guarded(pairs: Compared) -> Levels:
    """For each pair the place in GUARDS of what keeps it apart, 0 where nothing does.

    Other first names at one phone or address are a household, other names at a company's number a switchboard, unless
    the birth date or an address of one person says that they are one.
    """
    first, last = pairs.of(Field.FIRST_NAME), pairs.of(Field.LAST_NAME)
    other_first = first == 4
    by_himself: Flags = (
        (pairs.of(Field.EMAIL) == 1)
        | (pairs.of(Field.EMAIL) == 3)
        | (pairs.of(Field.BIRTH_DATE) == 1)
        | (pairs.of(Field.BIRTH_DATE) == 2)
    )
    same_phone = pairs.of(Field.PHONE) == 1
    same_company = (pairs.of(Field.COMPANY) == 1) | (pairs.of(Field.COMPANY) == 2)
    street = pairs.of(Field.STREET)
    same_address = (street == 1) | (street == 2) | (street == 3)
    at_work = same_phone & same_company & ((last >= 3) | other_first)
    at_home = other_first & (same_phone | same_address)
    found = np.select([by_himself, at_work, at_home], [_NOT, _SWITCHBOARD, _HOUSEHOLD], _NOT)
    return found.astype(np.uint8)
