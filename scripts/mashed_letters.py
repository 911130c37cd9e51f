"""Makes audits/truth/letters.bin: `python -m scripts.mashed_letters`. Development packages only; no network.

Learned from: first and last names of all locales of Faker (MIT), those of Armenia and Georgia also as they are
written in Latin and Russian letters, in which most of their bearers abroad give them; common names of Wales (ours);
names of the US census of 1990 (public domain, from the package `names`, MIT); names of countries, languages,
months, days, currencies and cities of the CLDR (Unicode licence, from Babel). Each word counts once, whatever the
number of lists that hold it.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
from babel import Locale, localedata
from numpy.typing import NDArray

from audits.truth.letters import ALPHABETS, Alphabet, Tables, alphabet_of, letter_ranks, letter_words

PATH = Path(__file__).parent.parent / "audits" / "truth" / "letters.bin"
Counts = NDArray[np.float32]
_CAPS = {4: 24, 3: 20, 5: 48}
_FLOOR = -40
#: Weight of the shorter run where the longer one was seen seldom, and the share left to any letter at all.
_BACK, _ANY = 1.5, 0.01


@lru_cache(maxsize=1)
def faker_names() -> dict[str, dict[str, tuple[str, ...]]]:
    """Locale → "first" and "last" → the names that Faker makes up persons of, in order."""
    people = import_module("faker.providers.person")
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for module in sorted(iter_modules(people.__path__), key=lambda each: each.name):
        if not module.ispkg:
            continue
        provider = import_module(f"faker.providers.person.{module.name}").Provider
        lists: dict[str, set[str]] = {"first": set(), "last": set()}
        for attribute in dir(provider):
            kind = next((kind for kind in ("first", "last") if kind in attribute), None)
            value = getattr(provider, attribute)
            if kind and not callable(value) and "format" not in attribute and not attribute.startswith("_"):
                lists[kind].update(_texts(value))
        found[module.name] = {kind: tuple(sorted(names)) for kind, names in lists.items()}
    return found


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Iterable):
        for each in value:
            yield from _texts(each)


@lru_cache(maxsize=1)
def other_words() -> frozenset[str]:
    """Folded words of the sources beside Faker."""
    census = files("names")
    names = [
        line.split()[0].decode()
        for part in ("dist.all.last", "dist.female.first", "dist.male.first")
        for line in census.joinpath(part).read_bytes().splitlines()
    ]
    found = {word for name in names for word in letter_words(name)}
    for identifier in sorted(localedata.locale_identifiers()):
        if "_" in identifier and identifier.split("_")[1] not in ("Latn", "Cyrl", "Arab"):
            continue
        locale = Locale.parse(identifier)
        texts: set[str] = set()
        for named in (locale.territories, locale.languages, locale.scripts, locale.currencies):
            texts.update(map(str, named.values()))
        for calendar in (locale.months, locale.days):
            for widths in calendar.values():
                texts.update(map(str, widths.get("wide", {}).values()))
        texts.update(str(zone["city"]) for zone in locale.time_zones.values() if "city" in zone)
        found.update(word for text in texts for word in letter_words(text) if len(word) > 2)
    return frozenset(found)


def by_alphabet(words: Iterable[str]) -> dict[str, set[str]]:
    """Folded words by the name of their alphabet; words of none are left out."""
    found: dict[str, set[str]] = {each.name: set() for each in ALPHABETS}
    for word in words:
        alphabet = alphabet_of(word)
        if alphabet is not None:
            found[alphabet.name].add(word)
    return found


def names_by_alphabet(locale: str) -> dict[str, set[str]]:
    """The folded words of one locale's names."""
    lists = faker_names()[locale]
    return by_alphabet(word for kind in ("first", "last") for name in lists[kind] for word in letter_words(name))


def _letters(text: str) -> dict[str, tuple[str, str]]:
    """Letter → in Latin letters, in Russian ones."""
    return {letter: (latin, russian) for letter, latin, russian in (each.split("/") for each in text.split())}


#: As the two peoples write their names abroad; what is longer comes first.
_ABROAD = {
    "hy_AM": _letters(
        "ու/u/у յա/ya/я և/ev/ев ա/a/а բ/b/б գ/g/г դ/d/д ե/e/е զ/z/з է/e/э ը/y/ы թ/t/т ժ/zh/ж ի/i/и լ/l/л "
        "խ/kh/х ծ/ts/ц կ/k/к հ/h/г ձ/dz/дз ղ/gh/г ճ/ch/ч մ/m/м յ/y/й ն/n/н շ/sh/ш ո/o/о չ/ch/ч պ/p/п ջ/j/дж "
        "ռ/r/р ս/s/с վ/v/в տ/t/т ր/r/р ց/ts/ц ւ/v/в փ/p/п ք/k/к օ/o/о ֆ/f/ф"
    ),
    "ka_GE": _letters(
        "ა/a/а ბ/b/б გ/g/г დ/d/д ე/e/е ვ/v/в ზ/z/з თ/t/т ი/i/и კ/k/к ლ/l/л მ/m/м ნ/n/н ო/o/о პ/p/п ჟ/zh/ж "
        "რ/r/р ს/s/с ტ/t/т უ/u/у ფ/p/п ქ/k/к ღ/gh/г ყ/q/к შ/sh/ш ჩ/ch/ч ც/ts/ц ძ/dz/дз წ/ts/ц ჭ/ch/ч ხ/kh/х "
        "ჯ/j/дж ჰ/h/х"
    ),
}
_OF_WALES = """
    Aled Alun Aneirin Anwen Arwyn Awel Bedwyr Bethan Blodwen Bronwen Bryn Caradog Carwyn Catrin Ceinwen Ceri
    Ceridwen Cledwyn Clwyd Cynan Dafydd Delyth Dewi Dilwyn Dilys Dyfan Dylan Efa Eifion Eilir Eirlys Eirwen
    Eleri Elfyn Eluned Elwyn Emlyn Emrys Emyr Eurwyn Ffion Gareth Geraint Gethin Glenys Glyndwr Gruffudd
    Gruffydd Gwawr Gwen Gwenllian Gwerfyl Gwilym Gwyn Gwyneth Gwynfor Heddwyn Heledd Hefin Huw Hywel Idris
    Idwal Ieuan Ifan Ifor Iolo Iorwerth Islwyn Iwan Lleucu Llew Llewelyn Llinos Lloyd Llywarch Llywelyn Luned
    Lowri Mabli Maldwyn Maredudd Meinir Meirion Menna Meredydd Merfyn Morfydd Morgan Mostyn Myfanwy Myrddin
    Nerys Nesta Non Olwen Osian Owain Penllyn Prydwen Prys Rhian Rhiannon Rhodri Rhys Sian Sioned Tegwen
    Teleri Trefor Trystan Tudur Wyn Wynford Ynyr Bowen Cadwaladr Cynddylan Ellis Eynon Floyd Gwynedd Gwynne
    Gittins Hopcyn Howell Llwyd Llywelyn Maddocks Nanney Parry Powell Prydderch Pugh Pryce Rheinallt Rhydderch
    Trahaearn Tudor Vaughan Wynne Ynyr
"""


@lru_cache(maxsize=1)
def written_abroad() -> frozenset[str]:
    """Folded words of names as their bearers write them where other letters are in use, and of those of Wales."""
    names = set(_OF_WALES.split())
    for locale, letters in _ABROAD.items():
        for name in (each for kind in faker_names()[locale].values() for each in kind):
            for script in (0, 1):
                spelled = name.lower()
                for letter, forms in letters.items():
                    spelled = spelled.replace(letter, forms[script])
                names.add(spelled)
    return frozenset(word for name in names for word in letter_words(name))


@lru_cache(maxsize=1)
def all_words() -> dict[str, frozenset[str]]:
    """Alphabet → every folded word that the shipped tables are learned from."""
    found = by_alphabet(other_words() | written_abroad())
    for locale in faker_names():
        for alphabet, words in names_by_alphabet(locale).items():
            found[alphabet] |= words
    return {alphabet: frozenset(words) for alphabet, words in found.items()}


def counts(alphabet: Alphabet, words: Iterable[str]) -> tuple[Counts, Counts, Counts]:
    """How often each run of four letters, of three, and of five sounds occurs in `words`."""
    ranks = letter_ranks(alphabet)
    spelled = [[ranks[letter] for letter in word] for word in sorted(words)]
    letters = [[rank for rank, _ in word] for word in spelled]
    sounds = [[sound for _, sound in word] for word in spelled]
    base = len(alphabet.letters) + 1
    return (
        _runs(letters, base, 4) if alphabet.has_four else np.zeros((1,) * 4, dtype=np.float32),
        _runs(letters, base, 3),
        _runs(sounds, len(alphabet.sounds) + 1, 5),
    )


def _runs(words: list[list[int]], base: int, size: int) -> Counts:
    found = np.zeros((base,) * size, dtype=np.float32)
    padded = [[0] * (size - 1) + word + [0] for word in words]
    rows = [word[at : at + size] for word in padded for at in range(len(word) - size + 1)]
    if rows:
        np.add.at(found, tuple(np.array(rows).T), 1)
    return found


def tables(alphabet: Alphabet, counted: tuple[Counts, Counts, Counts]) -> Tables:
    """What `score` reads, learned from the counts."""
    four, three, sounds = counted
    letters = len(alphabet.letters)
    return Tables(
        four=_steps(four, letters) if alphabet.has_four else b"",
        three=_steps(three, letters),
        sounds=_steps(sounds, 1),
    )


def _steps(counted: Counts, letters: int) -> bytes:
    """Each run as 128 + eighths of a nat by which its last step is rarer than one letter of `letters`, capped."""
    size, base = counted.ndim, counted.shape[0]
    likely: NDArray[np.float64] = np.full(base, 1 / base)
    for order in range(1, size + 1):
        if order == size:
            seen = counted.astype(np.float64)
        else:
            # Shorter runs count by how many letters they follow: what stands in one word only is not common.
            longer = counted.sum(axis=tuple(range(size - order - 1)))
            seen = (longer > 0.5).sum(axis=0).astype(np.float64)
        kinds = (seen > 0.5).sum(axis=-1, keepdims=True) * _BACK
        whole = seen.sum(axis=-1, keepdims=True) + kinds
        shorter = np.broadcast_to(likely, seen.shape)
        likely = np.where(whole > 0, (seen + kinds * shorter) / np.maximum(whole, 1e-9), shorter)
    likely = (1 - _ANY) * likely + _ANY / base
    steps = np.rint(8 * (-np.log(letters) - np.log(likely)))
    return bytes((128 + np.clip(steps, _FLOOR, _CAPS[size])).astype(np.uint8).tobytes())


def packed() -> bytes:
    """The contents of letters.bin."""
    whole = bytearray()
    for alphabet in ALPHABETS:
        made = tables(alphabet, counts(alphabet, all_words()[alphabet.name]))
        whole += made.four + made.three + made.sounds
    return zlib.compress(bytes(whole), 9)


if __name__ == "__main__":
    PATH.write_bytes(packed())
    sys.stderr.write(f"{PATH.name}: {PATH.stat().st_size} bytes\n")
