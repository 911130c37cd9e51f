"""A table of cells as a file holds it: the common face of CSV and XLSX."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from connector.exports.problems import BadRow, UnusableInput


@dataclass(frozen=True, slots=True)
class FaultyCell:
    """A cell whose value cannot be trusted, with the reason; `text` is what stands there."""

    text: str
    reason: str


Cell = str | datetime | FaultyCell
"""Text as written, a wall clock without zone (XLSX date cells), or a cell that cannot be used."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line (CSV) or row number (XLSX) at which it begins, and a cell for every column."""

    line: int
    cells: list[Cell]


class Sheet(ABC):
    """An open table. `name` is the file's name; `header` its column names, blanks around them removed."""

    name: str
    header: tuple[str, ...]
    blank_rows: int = 0
    rescued_cells: int = 0

    @abstractmethod
    def rows(self) -> Iterator[Row | BadRow]:
        """All rows below the header in their order; those that cannot be taken apart as BadRow. Once only."""

    @abstractmethod
    def position(self) -> tuple[int, int | None]:
        """How far reading has come and what the whole is (bytes or rows; None = not known)."""

    def indexes(self, groups: Collection[tuple[str, ...]]) -> dict[str, int]:
        """Where the columns stand. Of each group at least one must be there; those that are not are left out.

        Raises UnusableInput naming all groups that are missing, or columns that stand twice.
        """
        missing = [names for names in groups if not set(names) & set(self.header)]
        if missing:
            raise UnusableInput(
                f"{self.name}: the map names columns that the file does not have: "
                f"{', '.join(self._described(names) for names in missing)}. "
                f"The file has: {', '.join(map(repr, self.header[:60]))}"
            )
        present = {name for names in groups for name in names if name in self.header}
        twice = sorted(name for name in present if self.header.count(name) > 1)
        if twice:
            raise UnusableInput(
                f"{self.name}: mapped columns that stand more than once in the header: "
                f"{', '.join(map(repr, twice))}; rename one of them in the file"
            )
        return {name: self.header.index(name) for name in present}

    def unknown_columns(self, columns: Collection[str]) -> tuple[str, ...]:
        """Columns of the file that the map does not read."""
        return tuple(name for name in self.header if name not in columns)

    def absent_columns(self, columns: Collection[str]) -> tuple[str, ...]:
        """Columns that the map names as one of several and the file does not have."""
        return tuple(sorted(name for name in columns if name not in self.header))

    def _described(self, names: tuple[str, ...]) -> str:
        near = difflib.get_close_matches(names[0], self.header, n=1)
        return " or ".join(map(repr, names)) + (f" (did you mean {near[0]!r}?)" if near else "")
