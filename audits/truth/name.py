"""Names: letters that nobody meant, words that stand for no name, and names that jokes are made with.

A name is bad only when not one of its words could be a name. A joke is told by a closed list alone, of what nobody is
known to bear, and weighs little. Names in letters that no table knows are called mashed only where no word can be
written so: see audits/model/name_text.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from audits.model.name_text import NameTrouble, has_test_word, is_unlisted_word, name_trouble
from audits.model.said import say
from audits.model.truth import NameJudged, Signal
from audits.truth.joke_names import JOKES, joke_key
from audits.truth.kept_answers import KeptAnswers
from audits.truth.letters import fold, is_code, is_mashed_text, is_surely_meant
from audits.truth.message import profanity_in
from audits.truth.message_words import PROFANITY
from audits.truth.phrases import marked_key
from audits.truth.weights import signal

_MASHED = (NameTrouble.KEYBOARD_WALK, NameTrouble.REPEATED_LETTERS)
_UNDECIDED = (None, NameTrouble.PARTLY, NameTrouble.DOUBTFUL)
#: Reasons beside the words of NameTrouble: letters by their tables, a name of tests, a joke of the list, abuse.
UNLIKELY_LETTERS, TEST, JOKE, ABUSE = "unlikely_letters", "test", "joke", "abuse"


_NAME = NameJudged()
_JOKING = frozenset(word for joke in JOKES for word in joke.split())
_ABUSIVE = frozenset(marked_key(phrase.split()[0]) for phrase in PROFANITY)


#: Of a word: that it is not of letters alone, or on a list of what is no name; that it occurs in jokes, as many names
#: do; neither.
_LISTED, _OF_JOKES, _UNLISTED = range(3)


def _on_lists(word: str) -> int:
    if not word.isalpha():
        return _LISTED
    # Without marks all lists compare alike.
    marked, folded = (marked_key(word), fold(word)) if not word.isascii() else (word.lower(), word.lower())
    if marked in _ABUSIVE or not is_unlisted_word(word):
        return _LISTED
    return _OF_JOKES if folded in _JOKING else _UNLISTED


def _is_meant(word: str) -> bool:
    """Whether a word makes every name that it stands in a name."""
    return is_surely_meant(fold(word))


# Kept, since few words make most names.
_ON_LISTS, _MEANT = KeptAnswers(_on_lists, 65_536), KeptAnswers(_is_meant, 65_536)


@lru_cache(maxsize=8_192)
def judge_name(first_name: str | None, last_name: str | None) -> NameJudged:
    """What a name is, of which at least one part is not blank; the whole name may stand in `last_name` alone."""
    first, last = (first_name or "").strip(), (last_name or "").strip()
    name = f"{first} {last}" if first and last else first or last
    words = name.replace("-", " ").replace("'", " ").replace("’", " ").split(" ")
    on_lists = bytes(map(_ON_LISTS.__getitem__, words))
    is_plain = _LISTED not in on_lists and any(map(_MEANT.__getitem__, words))
    # What is plain needs no closer look.
    if is_plain and (_OF_JOKES not in on_lists or joke_key(name) not in JOKES):
        return _NAME
    return _judge_closely(name, first_name, last_name)


def _judge_closely(name: str, first_name: str | None, last_name: str | None) -> NameJudged:
    """The same as `judge_name` says, by all that can be said of a name."""
    trouble = name_trouble(first_name, last_name)
    reasons = [] if trouble is None else [trouble.value]
    is_placeholder = trouble in (NameTrouble.PLACEHOLDER, NameTrouble.NO_LETTERS)
    is_mashed = trouble in _MASHED
    if trouble in _UNDECIDED and (is_mashed_text(name) or is_code(name)):
        is_mashed = True
        reasons.append(UNLIKELY_LETTERS)
    if is_placeholder and has_test_word(name):
        reasons.append(TEST)
    is_joke = joke_key(name) in JOKES
    if is_joke:
        reasons.append(JOKE)
    if profanity_in(name) is not None:
        reasons.append(ABUSE)
    return NameJudged(is_mashed=is_mashed, is_placeholder=is_placeholder, is_joke=is_joke, reasons=tuple(reasons))


def name_signals(name: str, judged: NameJudged) -> Iterator[Signal]:
    """What the name says of the lead."""
    if judged.is_mashed:
        said = say('"{name}" is letters that nobody meant.', name=name)
        yield signal("mashed_name", said, field="name", value=name)
    if judged.is_placeholder and TEST in judged.reasons:
        said = say('"{name}" is a name that tests are made with.', name=name)
        yield signal("test_name", said, field="name", value=name)
    elif judged.is_placeholder:
        said = say('"{name}" stands for no name.', name=name)
        yield signal("placeholder_name", said, field="name", value=name)
    if judged.is_joke:
        said = say('"{name}" is a name that jokes are made with; it decides nothing alone.', name=name)
        yield signal("joke_name", said, field="name", value=name)
    if ABUSE in judged.reasons:
        words = profanity_in(name) or name
        said = say('The name abuses: "{words}".', words=words)
        yield signal("profanity", said, field="name", value=words)
