"""Pages of a PDF as text and as pictures."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pypdfium2
from numpy.typing import NDArray

#: Marks of direction, which some readers of PDF keep and others drop.
_MARKS = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069\u200e\u200f\ufffe\x02"))


@contextmanager
def opened(body: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """The document, closed afterwards."""
    document = pypdfium2.PdfDocument(body)
    try:
        yield document
    finally:
        document.close()


def pages_of(body: bytes) -> list[str]:
    """The text of each page."""
    found = []
    with opened(body) as document:
        for number in range(len(document)):
            page = document[number]
            text = page.get_textpage()
            found.append(str(text.get_text_range()))
            text.close()
            page.close()
    return found


def text_of(page: str) -> str:
    """Its words with single spaces between them, in one form of each letter."""
    return " ".join(unicodedata.normalize("NFKC", page).translate(_MARKS).split())


def picture_of(body: bytes, number: int, scale: float = 0.75) -> NDArray[np.uint8]:
    """One page as grey values, by row; at 0.75, a page has 446 by 631 of them."""
    with opened(body) as document:
        page = document[number]
        drawn = page.render(scale=scale, grayscale=True, optimize_mode="print")
        picture = np.array(drawn.to_numpy(), dtype=np.uint8, copy=True).squeeze()
        page.close()
    return picture
