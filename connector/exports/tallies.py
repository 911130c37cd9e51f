"""Counts of what an export holds and the map does not say, bounded however wild the column is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from connector.exports.problems import excerpt

#: So many different values of one column are listed; a column with more is no list of choices.
MOST_VALUES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedValue:
    """A value that the map gives no meaning, and how often it stands there. Empty cells are shown as "(empty)"."""

    file: str
    column: str
    meaning_of: str
    value: str
    count: int


class UnmappedValues:
    """Counts per column and value."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], Counter[str]] = {}

    def note(self, file: str, column: str, meaning_of: str, value: str) -> None:
        """One more `value` in `column` without a meaning."""
        counts = self._counts.setdefault((file, column, meaning_of), Counter())
        shown = excerpt(value) or "(empty)"
        counts[shown if shown in counts or len(counts) < MOST_VALUES else "(other values)"] += 1

    def listed(self) -> tuple[UnmappedValue, ...]:
        """All of them, the most frequent of a column first."""
        return tuple(
            UnmappedValue(file=file, column=column, meaning_of=meaning_of, value=value, count=count)
            for (file, column, meaning_of), counts in self._counts.items()
            for value, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        )
