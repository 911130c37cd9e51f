"""What the pseudo language leaves without marks: a text that no translator was ever shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: What stands in every language: isolated data, dates as English writes them, codes and proper names.
_NAMES = re.compile(
    r"\u2068[^\u2069]*\u2069"
    r"|\b(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?\b"
    r"|\b(Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)\b"
    r"|\bLead Assay\b|\b[A-Z]{2}\d{3}\b|\b(CSV|XLSX|PDF|HubSpot|Pipedrive|UTC|Europe/\w+)\b"
)
_MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
_LETTERS = re.compile(r"[^\W\d_]{2}")


def unmarked(text: str, names: Iterable[str] = ()) -> bool:
    """Whether letters are left when all that is marked, and all names, are taken away.

    `names`: the data of this text, such as the names of people.
    """
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = text.replace(name, "")
    while (less := _MARKED.sub("", text)) != text:
        text = less
    return bool(_LETTERS.search(_NAMES.sub("", text)))
