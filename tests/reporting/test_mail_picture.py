"""Pictures of a mail: Arabic words are drawn with our font, whatever the system has, and in their own direction."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from connector.reporting.mail_picture import png_of

_LEFT, _WIDTH = 20, 200


def drawn(text: str) -> NDArray[np.uint8]:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="40">'
        f'<text x="{_LEFT}" y="28" font-family="sans-serif" font-size="20px" fill="#000000">{text}</text></svg>'
    )
    with Image.open(io.BytesIO(png_of(svg))) as picture:
        return np.asarray(picture.convert("LA"))[:, :, 1]


def columns(picture: NDArray[np.uint8]) -> NDArray[np.intp]:
    return np.flatnonzero(picture.any(axis=0))


def test_a_number_stands_to_the_right_of_its_arabic_unit() -> None:
    """`1 س`: the digit is narrow and comes first, from the right."""
    both, unit = drawn("1 \u0633"), drawn("\u0633")
    inked = columns(both)
    gaps = np.flatnonzero(np.diff(inked) > 3)
    first, last = inked[: gaps[0] + 1], inked[gaps[-1] + 1 :]
    assert len(first) > 1.5 * len(last)
    assert abs(len(first) - len(columns(unit))) <= 2


def test_letters_that_join_are_joined() -> None:
    """Three letters that join leave no gap between them; where a font lacks them, boxes do."""
    inked = columns(drawn("\u0628\u0628\u0628"))
    assert int(np.diff(inked).max()) == 1
    assert len(inked) < 60


def test_other_scripts_are_drawn_as_they_were() -> None:
    assert columns(drawn("5 min")).min() < columns(drawn("5 λεπτά")).max()
    assert not drawn("").any()
