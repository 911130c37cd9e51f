"""Gettext catalogs: English text → translation. What a catalog lacks is said in English."""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from connector.language.languages import DEFAULT, LANGUAGES, PSEUDO

FOLDER = Path(__file__).parent / "locales"
DOMAIN = "leadassay"
_LETTERS = str.maketrans("aeiouAEIOU", "áéíóúÁÉÍÓÚ")


def po_path(code: str) -> Path:
    """Where translators write."""
    return FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def mo_path(code: str) -> Path:
    """What is read, made of the file of the translators."""
    return po_path(code).with_suffix(".mo")


@lru_cache(maxsize=8)
def catalog_of(code: str) -> NullTranslations:
    """The catalog of a language; an empty one for English, whose texts are the keys.

    The pseudo language marks what translators are shown and nothing else, so that a text they never saw stands out.
    """
    if code == PSEUDO:
        return _Marking(catalog_of(next(each for each in LANGUAGES if each != DEFAULT)))
    if code == DEFAULT or not mo_path(code).exists():
        return NullTranslations()
    with mo_path(code).open("rb") as file:
        return GNUTranslations(file)


class _Nothing(NullTranslations):
    """Answers nothing at all: what it is asked for stands in no catalog."""

    def gettext(self, message: str) -> str:
        return ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return ""


class _Marking(NullTranslations):
    """English with accents in brackets, for each text that `known` holds."""

    def __init__(self, known: NullTranslations) -> None:
        super().__init__()
        self._known = copy(known)
        self._known.add_fallback(_Nothing())

    def gettext(self, message: str) -> str:
        return _marked(message) if self._known.gettext(message) else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        said = msgid1 if n == 1 else msgid2
        return _marked(said) if self._known.ngettext(msgid1, msgid2, n) else said


def _marked(text: str) -> str:
    """Accented vowels outside of {names}, in brackets that show where a text was cut."""
    parts: list[str] = []
    for index, piece in enumerate(text.split("{")):
        name, brace, rest = piece.partition("}")
        if index and brace:
            parts.append("{" + name + "}" + rest.translate(_LETTERS))
        else:
            parts.append(piece.translate(_LETTERS))
    return "⟦" + "".join(parts) + "⟧"
