"""What can be wrong with the files a person hands in, told in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from connector.errors import LeadAssayError

EXCERPT_LENGTH = 60


class UnusableInput(LeadAssayError):
    """A file cannot be used at all: the message names the file, the place in it and how to mend it."""


class BadCell(ValueError):
    """One cell cannot be read. `column` names it as in the file, `value` is the text as read."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.value = value
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """One row that was not used. `line` is the line (CSV) or row (XLSX) at which it begins, counted from 1.

    `column` is empty when the whole row is meant. `value` is a short excerpt of the cell.
    """

    file: str
    line: int
    reason: str
    column: str = ""
    value: str = ""


def excerpt(text: str) -> str:
    """`text` on one line, control characters shown as a dot, at most EXCERPT_LENGTH characters."""
    shown = "".join(char if char.isprintable() else "·" for char in text[: EXCERPT_LENGTH + 1])
    return shown if len(shown) <= EXCERPT_LENGTH else shown[: EXCERPT_LENGTH - 1] + "…"
