"""What lead truth gets right and wrong on sets made by others, each figure beside that of a peer in the same run.

Each module of this package measures one area by its function `measure() -> Section`; `python -m scripts.accuracy`
runs them all and writes docs/accuracy.md. A figure that is missed is a failure, never a footnote.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One area of the page. `rows`: (what was measured, our figure, the peer's figure, the peer's name and version);
    a row without a peer has "" in both last places. `notes`: sentences below the table, each its own paragraph.
    `failures`: what was missed, each in a sentence; `ok` is False exactly when there are any. Texts hold no time of
    day and no measured duration, so that the same code and lists give the same page."""

    title: str
    rows: tuple[tuple[str, str, str, str], ...]
    notes: tuple[str, ...] = ()
    ok: bool = True
    failures: tuple[str, ...] | list[str] = ()


def share(part: int, whole: int) -> str:
    """ "12 of 50 (24.0 %)"; "0 of 0" where there is nothing to take a share of."""
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "0 of 0"
