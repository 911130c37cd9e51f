"""Whether a run of letters was meant: how often its letters follow one another in names and words of many languages.

Four alphabets are judged, each by its own tables: Latin, Cyrillic, Greek, Arabic. Everything else is never called
mashed, nor are words with letters that the tables have not seen. Marks are taken off first, so that a name weighs the
same with and without its accents. The score of a word is a sum, each part of which can be read off:

    four     each letter after the three before it, in eighths of a nat against any letter being as likely (Latin)
    three    the same after the two before it
    sounds   kind of letter (vowel, stop, nasal …) after the four before it: languages not seen share this
    near     steps to a key beside the last one, on the keyboard that has most of them
    twice    letters that occur again in the word
    length   each letter, and each beyond the eighth

One rare step is no proof, so `four` and `three` are capped per step. A word is mashed when the score exceeds the
limit of its alphabet. The limits were chosen so that of the names of each locale of Faker, judged by tables that have
seen none of them, at most 0.3 % exceed it; scripts/accuracy/mashed.py repeats that.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise, product
from operator import add

from audits.truth.kept_answers import KeptAnswers

#: Words shorter than this say nothing: too many names are three odd letters.
SHORTEST = 4
#: A word that is no name for sure, beside which another one need not be as far over its limit.
_DOUBT = -80
#: What ends with a full stop and has no more letters than this, with it, is an abbreviation.
ABBREVIATION = 5
_LONGEST = 40
_MARKED = re.compile("[\u00c0-\u024f\u1e00-\u1fff\u0386\u0388-\u0390\u03aa-\u03b0\u03ca-\u03ce]")
_FAR = 60
#: What the bytes of tables count from; a word of more letters than _USUAL is long.
_MIDDLE, _USUAL = 128, 8
#: A code has so many letters and digits, and so many times one after the other kind.
_CODE, _CHANGES = 6, 3


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The letters that are judged, after folding. `sounds`: groups of letters alike, which hold each letter once.
    `boards`: rows of keyboards, the upper first. `weights`: in thousandths, by the names in the module's text."""

    name: str
    letters: str
    sounds: tuple[str, ...]
    boards: tuple[tuple[str, str, str], ...]
    has_four: bool
    weights: Weights
    limit: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of a score counts, in thousandths (four, three, sounds) or in eighths of a nat (the others)."""

    four: int
    three: int
    sounds: int
    near: int
    twice: int
    length: int
    beyond: int


@dataclass(frozen=True, slots=True)
class Tables:
    """Steps of one alphabet: a byte for each run of letters (index: digits in base "letters and the edge of a word"),
    128 + eighths of a nat. `four` is empty where it is not used."""

    four: bytes
    three: bytes
    sounds: bytes


LATIN = Alphabet(
    "LATIN",
    "abcdefghijklmnopqrstuvwxyz",
    ("aeiou", "y", "rl", "mn", "bpdtgkcq", "szx", "fvhwj"),
    (
        ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
        ("qwertzuiop", "asdfghjkl", "yxcvbnm"),
        ("azertyuiop", "qsdfghjklm", "wxcvbn"),
    ),
    True,
    Weights(four=1000, three=680, sounds=590, near=5, twice=6, length=-9, beyond=-5),
    71,
)
CYRILLIC = Alphabet(
    "CYRILLIC",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяіџѕ",
    ("аеиоуыэюяі", "йьъ", "рл", "мн", "бпдтгк", "сзцчшщжџѕ", "фвх"),
    (("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"), ("йцукенгшщзхі", "фівапролдже", "ячсмитьбю")),
    False,
    Weights(four=0, three=1430, sounds=550, near=4, twice=22, length=-3, beyond=-8),
    86,
)
GREEK = Alphabet(
    "GREEK",
    "αβγδεζηθικλμνξοπρστυφχψω",
    ("αεηιουω", "ρλ", "μν", "βπδτγκ", "σζξψ", "φχθ"),
    ((" σερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"),),
    False,
    Weights(four=0, three=2000, sounds=1150, near=13, twice=13, length=-15, beyond=-1),
    97,
)
ARABIC = Alphabet(
    "ARABIC",
    "ءابتثجحخدذرزسشصضطظعغفقكلمنهويپچژگ",
    ("اويه", "رل", "من", "بتدطضگكقجپ", "سشصزظذثچژ", "فعغحخء"),
    (("ضصثقفغعهخحجد", "شسيبلاتنمكط", "ءءرءايهوزظ"),),
    False,
    Weights(four=0, three=3100, sounds=550, near=10, twice=30, length=17, beyond=11),
    262,
)
ALPHABETS = (LATIN, CYRILLIC, GREEK, ARABIC)

# Letters that are other letters with something added, which Unicode does not take apart.
_ALIKE = {
    **dict(
        zip(
            "øłđðıəþŋħɛɔƙɗɓʼ",
            ("o", "l", "d", "d", "i", "a", "th", "n", "h", "e", "o", "k", "d", "b", ""),
            strict=True,
        )
    ),
    **{"æ": "ae", "œ": "oe", "ß": "ss", "ς": "σ", "ё": "е", "ї": "і", "ґ": "г", "є": "е", "ѓ": "г", "ќ": "к"},
    **{"ј": "й", "љ": "л", "њ": "н", "ў": "у", "й": "й", "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ؤ": "و", "ئ": "ي"},
    **{"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ـ": "", "'": "", "’": "", "‘": "", "`": "", "ʻ": "", "\u200c": ""},
}
_FOLDED_RANGES = ((0x27, 0x28), (0x60, 0x61), (0xC0, 0x530), (0x610, 0x6D4), (0x1E00, 0x2000), (0x200B, 0x2020))


def _plain(letter: str) -> str:
    if letter in _ALIKE:
        return _ALIKE[letter]
    if unicodedata.category(letter) in ("Mn", "Cf"):
        return ""
    base = unicodedata.normalize("NFD", letter)[0]
    return _ALIKE.get(base, base)


_FOLD = {
    code: "".join(map(_plain, chr(code).casefold())) for first, end in _FOLDED_RANGES for code in range(first, end)
}
_WORD = re.compile(r"[^\W\d_]+\.?")
_OF_LETTER = {letter: script for script in ALPHABETS for letter in script.letters}
_SMALL = {script.name: frozenset(script.letters) for script in ALPHABETS}


def fold(text: str) -> str:
    """`text` in small letters without marks, ligatures and joiners; apostrophes within names go, too."""
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    return unicodedata.normalize("NFKC", text).translate(_FOLD).lower()


def letter_words(text: str) -> list[str]:
    """The runs of letters of a text, folded. Abbreviations (with a full stop, up to four letters) are left out."""
    # No word goes over a space, and people use the same words: those between spaces are folded once.
    return [word for part in text.split() for word in _letter_words(part)]


@lru_cache(maxsize=16_384)
def _letter_words(part: str) -> tuple[str, ...]:
    folded = fold(part)
    if folded.isalpha():
        return (folded,)
    return tuple(
        word.rstrip(".") for word in _WORD.findall(folded) if len(word) > ABBREVIATION or not word.endswith(".")
    )


def alphabet_of(word: str) -> Alphabet | None:
    """The alphabet to which all letters of a folded word belong; None = none that is judged."""
    if word.isascii() and word.isalpha() and word.islower():
        return LATIN
    # No letter is of two alphabets.
    alphabet = _OF_LETTER.get(word[:1])
    return alphabet if alphabet is not None and _SMALL[alphabet.name].issuperset(word) else None


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Tables]:
    """The tables of each alphabet, as scripts/mashed_letters.py wrote them."""
    data = zlib.decompress(files("audits.truth").joinpath("letters.bin").read_bytes())
    tables: dict[str, Tables] = {}
    for each in ALPHABETS:
        parts: list[bytes] = []
        for size in table_sizes(each):
            parts.append(data[:size])
            data = data[size:]
        tables[each.name] = Tables(*parts)
    return tables


def table_sizes(alphabet: Alphabet) -> tuple[int, int, int]:
    """Bytes of `four`, `three` and `sounds`."""
    base = len(alphabet.letters) + 1
    return (base**4 if alphabet.has_four else 0, base**3, (len(alphabet.sounds) + 1) ** 5)


@lru_cache(maxsize=len(ALPHABETS))
def letter_ranks(alphabet: Alphabet) -> dict[str, tuple[int, int]]:
    """Letter → its place in the alphabet and that of its sound, both from 1; 0 is the edge of a word."""
    sound = {letter: place for place, group in enumerate(alphabet.sounds, 1) for letter in group}
    return {letter: (place, sound[letter]) for place, letter in enumerate(alphabet.letters, 1)}


@lru_cache(maxsize=len(ALPHABETS))
def neighbours(alphabet: Alphabet) -> tuple[frozenset[str], ...]:
    """For each keyboard the pairs of keys that touch, in both orders."""
    boards: list[frozenset[str]] = []
    for rows in alphabet.boards:
        places: dict[str, tuple[int, float]] = {}
        for row, (keys, shift) in enumerate(zip(rows, (0.0, 0.25, 0.75), strict=True)):
            for column, key in enumerate(keys):
                if key != " ":
                    places.setdefault(key, (row, column + shift))
        boards.append(
            frozenset(
                key + other
                for key, (row, x) in places.items()
                for other, (other_row, other_x) in places.items()
                if key != other and abs(row - other_row) <= 1 and abs(x - other_x) <= 1.3
            )
        )
    return tuple(boards)


def parts(word: str, alphabet: Alphabet, tables: Tables) -> tuple[int, int, int, int, int, int, int]:
    """What the score of a folded word of `alphabet` is the weighted sum of, in the order of Weights."""
    word = word[:_LONGEST]
    ranks = letter_ranks(alphabet)
    base, sounds_base = len(alphabet.letters) + 1, len(alphabet.sounds) + 1
    four_size, three_size, sounds_size = base**4, base**3, sounds_base**5
    four = three = sounds = 0
    of_four, of_three, of_sounds = tables.four, tables.three, tables.sounds
    run = sound_run = 0
    for letter in (*word, ""):
        rank, sound = ranks[letter] if letter else (0, 0)
        run, sound_run = (run * base + rank) % four_size, (sound_run * sounds_base + sound) % sounds_size
        three += of_three[run % three_size]
        sounds += of_sounds[sound_run]
        if of_four:
            four += of_four[run]
    size, middle = len(word), _MIDDLE * (len(word) + 1)
    pairs = [word[at : at + 2] for at in range(size - 1)]
    near = max(sum(pair in board for pair in pairs) for board in neighbours(alphabet))
    of = four - middle if of_four else 0
    return (of, three - middle, sounds - middle, near, size - len(set(word)), size, max(0, size - _USUAL))


def score(word: str, alphabet: Alphabet, tables: Tables) -> int:
    """The score of a folded word of `alphabet`, in eighths of a nat."""
    four, three, sounds, near, twice, length, beyond = parts(word, alphabet, tables)
    by = alphabet.weights
    steps = (by.four * four + by.three * three + by.sounds * sounds) // 1000
    return steps + by.near * near + by.twice * twice + by.length * length + by.beyond * beyond


@dataclass(frozen=True, slots=True)
class _Steps:
    """The shipped tables of an alphabet, weighted and added up, so that each letter of a word costs two look-ups.

    `runs`: `four` and `three` by the last four letters (three where `four` is not used); `sounds`: by the last five
    sounds; both in thousandths of eighths of a nat. `ranks`: as letter_ranks. `near`: a pair of letters → for each
    keyboard on which they touch a one in its byte.
    """

    ranks: dict[str, tuple[int, int]]
    base: int
    runs: array[int]
    sounds_base: int
    sounds: array[int]
    near: dict[str, int]


@lru_cache(maxsize=len(ALPHABETS))
def _steps(name: str) -> _Steps:
    alphabet = next(each for each in ALPHABETS if each.name == name)
    tables, by = _shipped()[name], alphabet.weights
    base = len(alphabet.letters) + 1
    runs = [by.three * (step - _MIDDLE) for step in tables.three]
    if tables.four:
        runs = [by.four * (step - _MIDDLE) + other for step, other in zip(tables.four, runs * base, strict=True)]
    near = dict.fromkeys(map("".join, product(alphabet.letters, repeat=2)), 0)
    for place, board in enumerate(neighbours(alphabet)):
        for pair in board:
            if pair in near:
                near[pair] += 1 << 8 * place
    return _Steps(
        ranks=letter_ranks(alphabet),
        base=base,
        runs=array("i", runs),
        sounds_base=len(alphabet.sounds) + 1,
        sounds=array("i", [by.sounds * (step - _MIDDLE) for step in tables.sounds]),
        near=near,
    )


def _shipped_score(word: str, alphabet: Alphabet) -> int:
    """As `score` by the shipped tables, in a tenth of the time."""
    steps, by = _steps(alphabet.name), alphabet.weights
    word = word[:_LONGEST]
    ranks, base, runs, sounds_base, of_sounds = steps.ranks, steps.base, steps.runs, steps.sounds_base, steps.sounds
    size, sounds_size = len(runs), len(of_sounds)
    run = sound_run = total = 0
    for letter in word:
        rank, sound = ranks[letter]
        run, sound_run = (run * base + rank) % size, (sound_run * sounds_base + sound) % sounds_size
        total += runs[run] + of_sounds[sound_run]
    total += runs[run * base % size] + of_sounds[sound_run * sounds_base % sounds_size]
    # At most 39 pairs, so that no keyboard's byte runs over.
    near = sum(map(steps.near.__getitem__, map(add, word, word[1:])))
    most = max(near & 255, near >> 8 & 255, near >> 16) if near else 0
    length = len(word)
    return (
        total // 1000
        + by.near * most
        + by.twice * (length - len(set(word)))
        + by.length * length
        + (by.beyond * (length - _USUAL) if length > _USUAL else 0)
    )


def _margin(word: str) -> int | None:
    alphabet = alphabet_of(word) if len(word) >= SHORTEST else None
    return None if alphabet is None else _shipped_score(word, alphabet) - alphabet.limit


_MARGINS: KeptAnswers[int | None] = KeptAnswers(_margin, 32_768)


def margin(word: str) -> int | None:
    """By how much a folded word exceeds the limit of its alphabet (negative: it does not); None = not judged: too
    short, or in letters that no table knows."""
    return _MARGINS[word]


def is_mashed_text(text: str, *, beyond: int = 0) -> bool:
    """Whether all words of a text are mashed, one by more than `beyond`. Who sets marks on Latin or Greek letters
    does so on purpose: with them a word must be far over its limit."""
    has_marks = not text.isascii() and _MARKED.search(text) is not None
    return is_mashed_name(letter_words(text), beyond=beyond + _FAR if has_marks else beyond)


def is_mashed_name(words: Sequence[str], margin_of: Callable[[str], int | None] = margin, *, beyond: int = 0) -> bool:
    """Whether folded words are mashed as a whole: one by more than `beyond`, none of the others perhaps a name."""
    best: int | None = None
    for word in words:
        over = margin_of(word)
        if over is None:
            if len(word) >= SHORTEST or _may_be_short_name(word):
                return False
            continue
        if over <= _DOUBT:
            return False
        best = over if best is None else max(best, over)
    return best is not None and best > beyond


def is_surely_meant(word: str) -> bool:
    """Whether a folded word alone makes every name that it stands in a name."""
    over = margin(word)
    return over <= _DOUBT if over is not None else len(word) >= SHORTEST or _may_be_short_name(word)


def is_code(text: str) -> bool:
    """Whether a text is one run of letters and digits that change places all the time, as made by machines."""
    if not (len(text) >= _CODE and text.isascii() and text.isalnum()):
        return False
    return sum(one.isdigit() != other.isdigit() for one, other in pairwise(text)) >= _CHANGES


def _may_be_short_name(word: str) -> bool:
    alphabet = alphabet_of(word)
    if alphabet is None:
        return True
    return len(word) > 1 and (alphabet is ARABIC or any(letter in "aeiouyаеиоуыэюяіαεηιουω" for letter in word))
