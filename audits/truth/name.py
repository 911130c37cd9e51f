"""Names: letters that nobody meant, words that stand for no name, and names that jokes are made with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from audits.model.name_text import NameTrouble, name_trouble
from audits.model.said import say
from audits.model.truth import NameJudged, Signal
from audits.truth.weights import signal

_MASHED = (NameTrouble.KEYBOARD_WALK, NameTrouble.REPEATED_LETTERS)


@lru_cache(maxsize=8_192)
def judge_name(first_name: str | None, last_name: str | None) -> NameJudged:
    """What a name is, of which at least one part is not blank; the whole name may stand in `last_name` alone."""
    trouble = name_trouble(first_name, last_name)
    return NameJudged(
        is_mashed=trouble in _MASHED,
        is_placeholder=trouble in (NameTrouble.PLACEHOLDER, NameTrouble.NO_LETTERS),
        reasons=() if trouble is None else (trouble.value,),
    )


def name_signals(name: str, judged: NameJudged) -> Iterator[Signal]:
    """What the name says of the lead."""
    if judged.is_mashed:
        said = say('"{name}" is letters that nobody meant.', name=name)
        yield signal("mashed_name", said, field="name", value=name)
    if judged.is_placeholder:
        said = say('"{name}" stands for no name.', name=name)
        yield signal("placeholder_name", said, field="name", value=name)
