"""Slips of the pen in a name: a digit hit for the letter beside or like it, and what belongs into another field."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audits.model.said import say
from audits.model.truth import Given, Repair, Signal
from audits.truth.weights import signal

#: Digits that are read as letters, or hit for the letter below them.
_READ_AS = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s"})
_DIGIT_INSIDE = re.compile(r"^[^\W\d_]+[01345][^\W\d_]+$")
_ADDRESS = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
#: Without one of these there is neither slip.
_SLIP = re.compile(r"[@01345]")
_FIELDS = ("first_name", "last_name", "name")


def may_have_slips(given: Given) -> bool:
    """Whether there may be any: False is sure."""
    return _SLIP.search(f"{given.first_name} {given.last_name} {given.name}") is not None


def name_slips(given: Given) -> Iterator[tuple[Signal, Repair | None]]:
    """Each slip found in the name's fields, with what was probably meant where that can be told."""
    for field in _FIELDS:
        value = (getattr(given, field) or "").strip()
        if _SLIP.search(value) is None:
            continue
        if _ADDRESS.match(value):
            said = say("{value} stands where a name should.", value=value)
            meant = None
            if not (given.email or "").strip():
                why = say("It is an e-mail address.")
                meant = Repair(field="email", given="", proposed=value, why=why)
            yield signal("name_slip", said, field=field, value=value), meant
            continue
        words = value.split()
        mended = [_mended(word) if _DIGIT_INSIDE.match(word) else word for word in words]
        if mended != words:
            said = say('"{value}" has a digit among its letters.', value=value)
            why = say("A digit stands for the letter that looks like it.")
            meant = Repair(field=field, given=value, proposed=" ".join(mended), why=why)
            yield signal("name_slip", said, field=field, value=value), meant


def _mended(word: str) -> str:
    letters = word.translate(_READ_AS)
    is_upper = all(each.isupper() for each in word if each.isalpha())
    return letters.upper() if is_upper and len(word) > 1 else letters
