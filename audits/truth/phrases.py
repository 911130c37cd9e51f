"""Finding phrases of many languages in a text by one walk over its words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from audits.truth.kept_answers import KeptAnswers
from audits.truth.letters import fold

Kind = TypeVar("Kind", bound=Hashable)
_WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
_ARABIC_MARKS = dict.fromkeys((1600, 1648, *range(1611, 1632)))
_ARTICLES = ("وال", "بال", "لل", "ال")
#: Stands for any words, or none, and for how many at most.
GAP = "~"
_LONGEST_GAP = 3
#: Letters that the first word of a phrase has before its `*`, at least; fewer would be found everywhere.
_STEM = 3


class Text(NamedTuple):
    """A text taken apart. `words`: as written in it, without the short vowels of Arabic."""

    text: str
    words: list[str]

    @property
    def plain(self) -> str:
        """The text in which the words stand, without the short vowels of Arabic."""
        return composed(self.text)

    def between(self, first: int, last: int) -> str:
        """The text from one word to another, both included, as written."""
        plain = self.plain
        places = list(_WORD.finditer(plain))
        return plain[places[first].start() : places[last].end()]

    def end_of(self, word: int) -> int:
        """Where in `plain` a word ends."""
        return list(_WORD.finditer(self.plain))[word].end()


def read(text: str) -> Text:
    """`text` with its words."""
    # No word goes over a space, and people use the same words: those between spaces are taken apart once.
    return Text(text, [word for part in text.split() for word in words_of(part)])


@lru_cache(maxsize=16_384)
def words_of(part: str) -> tuple[str, ...]:
    """The words of what stands between two spaces."""
    return tuple(_WORD.findall(composed(part)))


def composed(text: str) -> str:
    """`text` in the form in which words are found: marks on their letters, none of the short vowels of Arabic."""
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_ARABIC_MARKS)


@lru_cache(maxsize=16_384)
def folded_key(word: str) -> str:
    """A word as compared: without case and marks; Arabic ones without the article."""
    return key_of_folded(fold(word))


def key_of_folded(folded: str) -> str:
    """The same of what `fold` makes of a word."""
    key = folded.replace("ʼ", "")
    if key.startswith(_ARTICLES) and len(key) > 4:
        article = next(each for each in _ARTICLES if key.startswith(each))
        if len(key) - len(article) >= 3:
            return key[len(article) :]
    return key


@lru_cache(maxsize=16_384)
def marked_key(word: str) -> str:
    """A word without case alone where marks tell words apart (Latin letters); else as `folded_key`."""
    key = unicodedata.normalize("NFC", word.casefold())
    return key if key.isascii() or _LATIN[key[0]] else folded_key(word)


_LATIN = KeptAnswers(lambda letter: unicodedata.name(letter, "").startswith("LATIN"), 16_384)


class Found(NamedTuple, Generic[Kind]):
    """A phrase of `kind` from the word `first` to the word `last`."""

    kind: Kind
    first: int
    last: int


_Candidates = dict[str, list[tuple[Kind, tuple[str, ...]]]]
#: What may follow a word: (kind, the words after it), and by the word after it (kind, the words after both).
Begun = tuple[tuple[tuple[Kind, tuple[str, ...]], ...], dict[str, list[tuple[Kind, tuple[str, ...]]]]]
#: Where phrases stand whose second word is none, a stem or a gap.
_ANY = ""


class Phrases(Generic[Kind]):
    """Lists of phrases, each of a kind. `key` makes words comparable, in the lists and in texts."""

    def __init__(self, lists: Mapping[Kind, Iterable[str]], key: Callable[[str], str]) -> None:
        self._key = key
        self._looked_up = lru_cache(maxsize=16_384)(self.look_up)
        # By the first word, or what is sure of it, then by the second: many phrases begin alike.
        self._whole: dict[str, _Candidates[Kind]] = {}
        self._stems: dict[str, _Candidates[Kind]] = {}
        for kind, phrases in lists.items():
            for phrase in phrases:
                words = tuple(self._pattern(word) for word in phrase.split())
                is_stem = words[0].endswith("*")
                if is_stem and len(words[0]) <= _STEM:
                    raise ValueError(f"{phrase!r}: begins with too short a stem")
                second = words[1] if len(words) > 1 and words[1] != GAP and not words[1].endswith("*") else _ANY
                of_first = self._stems if is_stem else self._whole
                of_second = of_first.setdefault(words[0][:_STEM] if is_stem else words[0], {})
                of_second.setdefault(second, []).append((kind, words))

    def _pattern(self, word: str) -> str:
        if word == GAP:
            return word
        return self._key(word[:-1]) + "*" if word.endswith("*") else self._key(word)

    def look_up(self, word: str) -> tuple[str, Begun[Kind] | None]:
        """A word as compared, and what phrases that begin with it go on with; None = no phrase begins with it."""
        return self.begun_by(self._key(word))

    def begun_by(self, key: str) -> tuple[str, Begun[Kind] | None]:
        """The same of a word as compared."""
        whole, stems = self._whole.get(key), self._stems.get(key[:_STEM])
        if whole is None and stems is None:
            return key, None
        anything: list[tuple[Kind, tuple[str, ...]]] = []
        by_second: dict[str, list[tuple[Kind, tuple[str, ...]]]] = {}
        for candidates in (whole or {}, stems or {}):
            for second, phrases in candidates.items():
                for kind, words in phrases:
                    if words[0].endswith("*") and not key.startswith(words[0][:-1]):
                        continue
                    if second == _ANY:
                        anything.append((kind, words[1:]))
                    else:
                        by_second.setdefault(second, []).append((kind, words[2:]))
        return key, (tuple(anything), by_second) if anything or by_second else None

    def find(self, text: Text) -> list[Found[Kind]]:
        """Every phrase in the text, by where it begins; of one kind and beginning the longest."""
        return self.find_among(list(map(self._looked_up, text.words)))

    def find_among(self, words: Sequence[tuple[str, Begun[Kind] | None]]) -> list[Found[Kind]]:
        """The same in the words of a text, each as `look_up` gives it."""
        begins = [(first, begun) for first, (_, begun) in enumerate(words) if begun is not None]
        if not begins:
            return []
        keys = [key for key, _ in words]
        found: list[Found[Kind]] = []
        for first, (anything, by_second) in begins:
            after = first + 1
            ends: dict[Kind, int] = {}
            for kind, rest in anything:
                last = last_of(rest, keys, after) if rest else first
                if last is not None:
                    ends[kind] = max(last, ends.get(kind, last))
            if by_second and after < len(keys):
                for kind, rest in by_second.get(keys[after], ()):
                    last = last_of(rest, keys, after + 1) if rest else after
                    if last is not None:
                        ends[kind] = max(last, ends.get(kind, last))
            if ends:
                found.extend(Found(kind, first, last) for kind, last in ends.items())
        return found


def last_of(words: tuple[str, ...], keys: Sequence[str], at: int) -> int | None:
    """The place of the last word of a phrase that begins at `at`; None = it does not."""
    for place, word in enumerate(words):
        if word == GAP:
            rest = words[place + 1 :]
            if not rest[0].endswith("*") and rest[0] not in keys[at : at + _LONGEST_GAP + 1]:
                return None
            for start in range(at, min(at + _LONGEST_GAP + 1, len(keys))):
                if (end := last_of(rest, keys, start)) is not None:
                    return end
            return None
        if at >= len(keys) or not (keys[at].startswith(word[:-1]) if word.endswith("*") else keys[at] == word):
            return None
        at += 1
    return at - 1
