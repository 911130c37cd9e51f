"""Gettext catalogs: English text → translation. What a catalog lacks is said in English."""

from __future__ import annotations

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from connector.language.languages import DEFAULT, PSEUDO

FOLDER = Path(__file__).parent / "locales"
DOMAIN = "leadassay"


def po_path(code: str) -> Path:
    """Where translators write."""
    return FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def mo_path(code: str) -> Path:
    """What is read, made of the file of the translators."""
    return po_path(code).with_suffix(".mo")


@lru_cache(maxsize=8)
def catalog_of(code: str) -> NullTranslations:
    """The catalog of a language; an empty one for English, whose texts are the keys."""
    if code in (DEFAULT, PSEUDO) or not mo_path(code).exists():
        return NullTranslations()
    with mo_path(code).open("rb") as file:
        return GNUTranslations(file)
