"""Mashed text: how much of it is caught, and how many real names of each locale are called mashed.

Names of a locale are judged by tables that have seen none of them, whichever list they stand in: the tables are
learned anew without them. Mashed text is judged by the shipped tables, which have seen no mashed text at all.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version

from audits.truth.letters import ALPHABETS, SHORTEST, Alphabet, is_mashed_name, letter_words, neighbours, score
from audits.truth.name import ABUSE, JOKE, judge_name
from scripts.accuracy import DATA, Section, share
from scripts.mashed_letters import Counts, all_words, counts, faker_names, names_by_alphabet, tables

SEED = 20_261
TEXTS = 1_000
FULL_NAMES = 1_000
#: A locale with fewer names is not judged: one name would be more than the limit.
LEAST_NAMES = 200
MOST_CALLED, LEAST_CAUGHT = 0.005, 0.80
#: Letters that random text is made of where the alphabet has letters of several languages.
_KEYS = {
    "LATIN": "abcdefghijklmnopqrstuvwxyz",
    "CYRILLIC": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "GREEK": "αβγδεζηθικλμνξοπρστυφχψω",
    "ARABIC": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
}


def random_letters(rng: random.Random, alphabet: Alphabet) -> str:
    """5 to 12 letters, each as likely."""
    return "".join(rng.choice(_KEYS[alphabet.name]) for _ in range(rng.randint(5, 12)))


def keyboard_walk(rng: random.Random, alphabet: Alphabet) -> str:
    """5 to 12 keys of one keyboard, nine of ten beside the one before."""
    beside: dict[str, list[str]] = {}
    for pair in sorted(rng.choice(neighbours(alphabet))):
        beside.setdefault(pair[0], []).append(pair[1])
    keys = [rng.choice(sorted(beside))]
    for _ in range(rng.randint(4, 11)):
        keys.append(rng.choice(beside[keys[-1]] if rng.random() < 0.9 else sorted(beside)))
    return "".join(keys)


def hands_in_turn(rng: random.Random, alphabet: Alphabet) -> str:
    """5 to 12 keys, of the left half of a keyboard and of the right in turn."""
    rows = rng.choice(alphabet.boards)
    halves = [[key for row in rows for key in row[half] if key != " "] for half in (slice(0, 5), slice(5, None))]
    first = rng.randint(0, 1)
    return "".join(rng.choice(halves[(first + at) % 2]) for at in range(rng.randint(5, 12)))


def repeated_chunk(rng: random.Random, alphabet: Alphabet) -> str:
    """2 to 4 random or neighbouring letters again and again, 6 to 12 in all."""
    chunk = rng.choice((random_letters, keyboard_walk))(rng, alphabet)[: rng.randint(2, 4)]
    return (chunk * 6)[: rng.randint(6, 12)]


def home_row(rng: random.Random, alphabet: Alphabet) -> str:
    """5 to 12 keys, most of the middle row. Not looked at when weights and limits were chosen."""
    rows = rng.choice(alphabet.boards)
    every = [key for row in rows for key in row if key != " "]
    return "".join(rng.choice(rows[1] if rng.random() < 0.85 else every) for _ in range(rng.randint(5, 12)))


GENERATORS: dict[str, Callable[[random.Random, Alphabet], str]] = {
    "random letters": random_letters,
    "neighbouring keys": keyboard_walk,
    "hands in turn": hands_in_turn,
    "repeated chunks": repeated_chunk,
    "middle row (kept back)": home_row,
}


@lru_cache(maxsize=1)
def mashed_texts() -> dict[tuple[str, str], tuple[str, ...]]:
    """(alphabet, generator) → texts; the same on every machine."""
    return {
        (alphabet.name, name): tuple(make(rng, alphabet) for _ in range(TEXTS))
        for alphabet in ALPHABETS
        for name, make in GENERATORS.items()
        for rng in [random.Random(f"{SEED} {alphabet.name} {name}")]
    }


@dataclass(frozen=True, slots=True)
class Locale:
    """The names of one locale of Faker: each once, and made-up full names."""

    code: str
    names: tuple[str, ...]
    full: tuple[str, ...]


@lru_cache(maxsize=1)
def locales() -> tuple[Locale, ...]:
    """The locales with LEAST_NAMES names or more."""
    found: list[Locale] = []
    for code, lists in faker_names().items():
        names = tuple(sorted({*lists["first"], *lists["last"]}))
        if len(names) >= LEAST_NAMES:
            rng = random.Random(f"{SEED} {code}")
            pairs = (f"{rng.choice(lists['first'])} {rng.choice(lists['last'])}" for _ in range(FULL_NAMES))
            found.append(Locale(code, names, tuple(pairs)))
    return tuple(found)


@lru_cache(maxsize=len(ALPHABETS))
def _counted(alphabet: Alphabet) -> tuple[Counts, Counts, Counts]:
    return counts(alphabet, all_words()[alphabet.name])


def unseen_margins(code: str) -> dict[str, int | None]:
    """Folded word of a locale → its margin by tables that have not seen one name of that locale."""
    margins: dict[str, int | None] = {}
    own = names_by_alphabet(code)
    for alphabet in ALPHABETS:
        if words := own[alphabet.name]:
            whole, less = _counted(alphabet), counts(alphabet, words)
            learned = tables(alphabet, (whole[0] - less[0], whole[1] - less[1], whole[2] - less[2]))
            margins.update(
                (word, score(word, alphabet, learned) - alphabet.limit) for word in words if len(word) >= SHORTEST
            )
    return margins


def called_unseen(locale: Locale, margins: dict[str, int | None]) -> tuple[list[str], list[str]]:
    """The names, and the full names, of a locale that `margins` call mashed."""
    first, last = (
        [name for name in names if is_mashed_name(letter_words(name), margins.get)]
        for names in (locale.names, locale.full)
    )
    return first, last


@dataclass(frozen=True, slots=True)
class Peer:
    """Another detector, in its default settings."""

    name: str
    is_mashed: Callable[[str], bool]


def peers() -> tuple[Peer, ...]:
    """random-string-detector and pygarble."""
    from pygarble.gibberish import EnsembleDetector
    from random_string_detector import RandomStringDetector

    garble, bigrams = EnsembleDetector(), RandomStringDetector()
    return (
        Peer(f"random-string-detector {version('random-string-detector')}", lambda text: bool(bigrams(text))),
        Peer(f"pygarble {version('pygarble')}", lambda text: bool(garble.predict(text))),
    )


def is_mashed(text: str) -> bool:
    """As the product says it of a whole name."""
    return judge_name(None, text).is_mashed


@dataclass(frozen=True, slots=True)
class Called:
    """How many names of a locale were called mashed."""

    code: str
    called: int
    of: int

    @property
    def share(self) -> float:
        return self.called / self.of


def _otherwise_called(locale: Locale) -> Called:
    judged = [judge_name(None, name) for name in locale.names]
    called = sum(each.is_placeholder or each.is_joke or ABUSE in each.reasons for each in judged)
    return Called(locale.code, called, len(locale.names))


def _worst(counted: list[Called]) -> str:
    worst = max(counted, key=lambda each: (each.share, each.code))
    return f"{100 * worst.share:.2f} % ({worst.code})"


def _whole(counted: list[Called]) -> str:
    return share(sum(each.called for each in counted), sum(each.of for each in counted))


def measure() -> Section:
    """Mashed text and names, ours beside the peers'."""
    texts, others = mashed_texts(), peers()
    rows: list[tuple[str, str, str, str]] = []
    failures: list[str] = []

    def caught(what: str, wanted: list[str], least: float | None) -> None:
        ours = sum(map(is_mashed, wanted))
        rows.extend(
            (what, share(ours, len(wanted)), share(sum(map(peer.is_mashed, wanted)), len(wanted)), peer.name)
            for peer in others
        )
        if least is not None and ours < least * len(wanted):
            failures.append(f"{what}: {share(ours, len(wanted))}, wanted {100 * least:.0f} %")

    chosen = [key for key in texts if "kept back" not in key[1]]
    caught("mashed text caught", [text for key in chosen for text in texts[key]], LEAST_CAUGHT)
    for alphabet in ALPHABETS:
        own = [text for key in chosen if key[0] == alphabet.name for text in texts[key]]
        caught(f"… in {alphabet.name.capitalize()} letters", own, LEAST_CAUGHT)
    for name in GENERATORS:
        caught(f"… {name}", [text for key, made in texts.items() if key[1] == name for text in made], None)

    unseen: list[Called] = []
    unseen_full: list[Called] = []
    seen: list[Called] = []
    of_peers: list[list[Called]] = [[] for _ in others]
    for locale in locales():
        first, full = called_unseen(locale, unseen_margins(locale.code))
        size = len(locale.names)
        unseen.append(Called(locale.code, len(first), size))
        unseen_full.append(Called(locale.code, len(full), len(locale.full)))
        seen.append(Called(locale.code, sum(map(is_mashed, locale.names)), size))
        for peer, counted in zip(others, of_peers, strict=True):
            counted.append(Called(locale.code, sum(map(peer.is_mashed, locale.names)), size))
    for counted, what in ((unseen, "names"), (unseen_full, "full names"), (seen, "names, by the shipped tables")):
        failures.extend(
            f"{each.code}: {share(each.called, each.of)} of its {what} called mashed"
            for each in counted
            if each.share > MOST_CALLED
        )
    for peer, counted in zip(others, of_peers, strict=True):
        rows.append(("names called mashed, worst locale", _worst(unseen), _worst(counted), peer.name))
        rows.append(("names called mashed, all locales", _whole(unseen), _whole(counted), peer.name))
    rows.append(("full names called mashed, worst locale", _worst(unseen_full), "", ""))
    rows.append(("names called mashed by the shipped tables, worst locale", _worst(seen), "", ""))

    otherwise = [_otherwise_called(locale) for locale in locales()]
    rows.append(("names called a placeholder, a joke or abuse, worst locale", _worst(otherwise), "", ""))
    failures.extend(
        f"{each.code}: {each.called} names called no names" for each in otherwise if each.share > MOST_CALLED
    )

    borne = (DATA / "joke_names_that_are_plausible_real_names.txt").read_text(encoding="utf-8").split("\n")
    names = [name for name in borne if name.strip()]
    jokes = sum(JOKE in judge_name(None, name).reasons for name in names)
    rows.append(("joke names that people bear, called a joke", share(jokes, len(names)), "", ""))
    if jokes:
        failures.append(f"{jokes} names that people bear are called jokes")
    return Section(
        title="Mashed text and names",
        rows=tuple(rows),
        notes=(
            f"Names: the first and last names of each of the {len(unseen)} locales of Faker {version('Faker')} with "
            f"{LEAST_NAMES} names or more, each once, and {FULL_NAMES} pairs of them. Ours are judged by tables that "
            "have seen no name of that locale, whichever other list it stands in; limit per locale: "
            f"{100 * MOST_CALLED:.1f} %.",
            f"Mashed text: {TEXTS} texts by each way and alphabet, seed {SEED}: "
            + " ".join(f"{name}: {make.__doc__}" for name, make in GENERATORS.items())
            + " The last way was not looked at when weights and limits were chosen.",
            "Outside these four alphabets only what no word can be is called mashed: a run of keys, a letter over "
            "and over, and in Hebrew, Thai and Korean what their spelling does not know.",
        ),
        ok=not failures,
        failures=tuple(failures),
    )


if __name__ == "__main__":
    made = measure()
    sys.stdout.write("\n".join(" | ".join(row) for row in made.rows) + "\n" + "\n".join(made.failures) + "\n")
