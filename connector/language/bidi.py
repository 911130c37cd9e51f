"""Data inside of a sentence that runs the other way, set apart so that neither turns the other about (UAX 9)."""

from __future__ import annotations

import unicodedata

#: First strong isolate, and the end of an isolate.
BEGIN, END = "\u2068", "\u2069"
_RIGHT = frozenset({"R", "AL"})


def isolated(text: str, *, is_right_to_left: bool) -> str:
    """`text` for a place in a sentence of that direction: set apart when it could disturb or be disturbed.

    Within a sentence from right to left that is anything with a letter from left to right, or with digits between
    signs (a phone number); within one from left to right, anything with a letter from right to left.
    """
    if text.isascii() and not is_right_to_left:
        return text
    kinds = {unicodedata.bidirectional(letter) for letter in text}
    if is_right_to_left:
        has_signs = bool(kinds & {"ES", "CS", "ET", "ON", "WS"})
        stirs = "L" in kinds or ("EN" in kinds and has_signs and not kinds & _RIGHT)
    else:
        stirs = bool(kinds & _RIGHT)
    return f"{BEGIN}{text}{END}" if stirs else text
