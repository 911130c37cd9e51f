"""People who were entered several times with the slips that people make, the same for the same seed.

The kinds of slip are those of the public sets on which linkage is measured: letters swapped, lost, doubled or hit
beside, first name and surname exchanged, a birth date some weeks off, values missing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from faker import Faker

_BESIDE = {"a": "s", "e": "r", "i": "o", "n": "m", "o": "p", "r": "t", "s": "d", "t": "y", "l": "k", "c": "v"}


@dataclass(frozen=True, slots=True)
class MadePerson:
    """One row; `group` is who it really is. Empty = missing; `dob` is ISO."""

    unique_id: str
    first_name: str
    surname: str
    dob: str
    city: str
    email: str
    group: str


def slipped(text: str, chance: random.Random) -> str:
    """The text with one slip of the fingers."""
    if len(text) < 3:
        return text
    place = chance.randrange(len(text) - 1)
    kind = chance.randrange(5)
    if kind == 0:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if kind == 1:
        return text[:place] + text[place + 1 :]
    if kind == 2:
        return text[:place] + text[place] + text[place:]
    if kind == 3:
        return text[:place] + _BESIDE.get(text[place], "e") + text[place + 1 :]
    return text[:place] + chance.choice("abdeginoprst") + text[place:]


def made_people(rows: int, seed: int, locale: str = "en_GB") -> list[MadePerson]:
    """So many rows, about four for each person, in an order that tells nothing."""
    chance, faker = random.Random(seed), Faker(locale)
    faker.seed_instance(seed)
    cities = [faker.city() for _ in range(60)]
    found: list[MadePerson] = []
    group = 0
    while len(found) < rows:
        first, last = faker.first_name(), faker.last_name()
        born = date(1940, 1, 1) + timedelta(days=chance.randrange(27_000))
        city = cities[int(60 * chance.random() ** 2)]
        local = chance.choice((first, f"{first}.{last}", f"{first[0]}{last}", f"{first}{last[0]}", last))
        email = f"{local}{chance.randrange(100)}@{faker.domain_name()}".lower().replace(" ", "")
        for _ in range(chance.choice((1, 2, 3, 4, 5, 6, 7))):
            found.append(_copy(f"{len(found)}", first, last, born, city, email, f"{group}", chance))
        group += 1
    del found[rows:]
    chance.shuffle(found)
    return found


def _copy(
    unique_id: str, first: str, last: str, born: date, city: str, email: str, group: str, chance: random.Random
) -> MadePerson:
    def written(text: str, slip: float, lost: float) -> str:
        draw = chance.random()
        return "" if draw < lost else slipped(text, chance) if draw < lost + slip else text

    first, last = written(first, 0.15, 0.15), written(last, 0.15, 0.15)
    if chance.random() < 0.06:
        first, last = last, first
    if chance.random() < 0.12:
        born += timedelta(days=chance.choice((-1, 1)) * chance.randrange(1, 60))
    dob = born.isoformat()
    if chance.random() < 0.06:
        dob = dob[:8] + f"{chance.randrange(1, 29):02d}"
    return MadePerson(unique_id, first, last, dob, written(city, 0.12, 0.2), written(email, 0.2, 0.2), group)
