"""Two records by themselves: what they share as keys, and how likely they are one person.

Nothing but the two records counts here, so that an answer is the same in whatever order records arrive and however
many others there are: a name weighs as names usually do. Who keeps records for years looks for candidates by
`pair_keys` and judges each pair once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from audits.model.case import Agreement, Apart
from audits.model.contact_data import region_of
from audits.truth.duplicates.forms import company_name, email_key, name_parts, name_sounds, phone_digits
from audits.truth.duplicates.guards import Guard
from audits.truth.duplicates.model import SAME_PERSON, shipped
from audits.truth.duplicates.record import Field, Record
from audits.truth.duplicates.table import Table
from audits.truth.duplicates.whole_pass import Match, explained

#: So many records are taken to be around every pair: what the reasons must overcome is the same for all.
AMONG = 100_000
#: So many leads with one key are compared each with each, the first that came.
MOST = 32
#: Who came later is compared with so many before him.
NEAREST = 6
#: From this on two leads that share neither number nor address count as alike.
LEAST_PERCENT = int(SAME_PERSON * 100)

_MODEL = shipped(AMONG)
_TAIL = 8
_APART = {Guard.HOUSEHOLD: Apart.HOUSEHOLD, Guard.SWITCHBOARD: Apart.SWITCHBOARD}


@dataclass(frozen=True, slots=True)
class Judged:
    """What two leads have in common. `percent`: how likely they are one person; `apart`: what says that they are not,
    however much they share."""

    percent: int
    agrees: tuple[Agreement, ...]
    apart: Apart | None


class Compared(Protocol):
    """What a record is made from: a lead, or its row. All is as written."""

    @property
    def lead_id(self) -> str: ...

    @property
    def first_name(self) -> str | None: ...

    @property
    def last_name(self) -> str | None: ...

    @property
    def email(self) -> str | None: ...

    @property
    def phone(self) -> str | None: ...

    @property
    def mobile(self) -> str | None: ...

    @property
    def company(self) -> str | None: ...

    @property
    def country(self) -> str | None: ...


def record_of_lead(lead: Compared, region: str | None) -> Record:
    """The lead as it is compared. `region`: country of numbers without + when the lead names none."""
    return Record(
        id=lead.lead_id,
        first_name=lead.first_name or "",
        last_name=lead.last_name or "",
        email=lead.email or "",
        phone=lead.phone or "",
        mobile=lead.mobile or "",
        company=lead.company or "",
        region=region_of(lead.country, region or None),
    )


def judged(match: Match) -> Judged:
    """What was found of a pair, as it is kept."""
    return Judged(
        percent=int(match.probability * 100),
        agrees=tuple(_agreement(each.field, each.level, each.weight) for each in match.reasons),
        apart=None if match.guard is None else _APART[match.guard],
    )


@lru_cache(maxsize=4096)
def _agreement(field: Field, level: str, weight: float) -> Agreement:
    """Kept, since all pairs have one of few: those with the number of a switchboard are judged by the hundred."""
    return Agreement(field.value, level, weight)


def pair_keys(record: Record) -> frozenset[str]:
    """What two records have in common, at least one of it, when they are likely to be one person.

    The address; the last eight digits of a number; and with both names, as they sound in either order: the company,
    a half of a number (one slip leaves a half whole), and the digits of the address.
    """
    address, is_personal = email_key(record.email)
    keys = {f"email:{address}"} if address else set()
    tails = {
        f"{abs(digits) % 10**_TAIL:0{_TAIL}}"
        for digits in (phone_digits(text, record.region) for text in (record.phone, record.mobile))
        if digits
    }
    keys |= {f"phone:{tail}" for tail in tails}
    names = _heard(record)
    if names:
        company = company_name(record.company)
        if company:
            keys.add(f"company:{names}:{company}")
        digits = "".join(each for each in address if each.isdigit()) if is_personal else ""
        if digits:
            keys.add(f"digits:{names}:{digits}")
        for tail in tails:
            keys |= {
                f"{part}:{names}:{some}"
                for part, some in (("head", tail[:4]), ("tail", tail[4:]), ("ends", tail[:2] + tail[-2:]))
            }
    return frozenset(keys)


def _heard(record: Record) -> str:
    """How the first and the last word of the name sound, the same for either order; "" where one is missing."""
    first, last = name_parts(record.first_name, record.last_name, record.name)
    sounds = [each for part in (first, last) if part for each in name_sounds(part) if each]
    return "+".join(sorted((sounds[0], sounds[-1]))) if len(sounds) > 1 else ""


def judge_pairs(records: Sequence[Record], pairs: Iterable[tuple[int, int]]) -> list[Match]:
    """How likely the records at these places are one person, pair by pair, with the weight of each field.

    Equal for the same two records whatever else stands in `records`, and whichever of them comes first.
    """
    table = Table()
    table.extend(records)
    orders = [_order(record) for record in records]
    places = [(one, other) if orders[one] <= orders[other] else (other, one) for one, other in pairs]
    if not places:
        return []
    left, right = (np.array(each, np.int64) for each in zip(*places, strict=True))
    return explained(table, _MODEL, left, right, alone=True)


def _order(record: Record) -> tuple[str, ...]:
    return (record.id, record.first_name, record.last_name, record.email, record.phone, record.mobile, record.company)
