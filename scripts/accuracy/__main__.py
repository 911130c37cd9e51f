"""`python -m scripts.accuracy [area …]`: measures all areas, or those named; writes docs/accuracy.md when all ran.

Exits 1 when a figure is missed.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from collections.abc import Iterator

import scripts.accuracy
from scripts.accuracy import ROOT, Section

PAGE = ROOT / "docs" / "accuracy.md"
_HEAD = """# Accuracy

Made by `make accuracy`; not edited by hand. Each figure is measured on sets made by others, beside a peer in the same
run where one does the same work. What misses its mark is listed under the table, and the command then exits with 1.
"""


def areas() -> list[str]:
    """The names of all areas, in the order of the page."""
    return sorted(each.name for each in pkgutil.iter_modules(scripts.accuracy.__path__) if each.name[0] != "_")


def page(sections: list[Section]) -> str:
    """The page in Markdown."""
    return _HEAD + "".join("\n" + "\n".join(_lines(each)) + "\n" for each in sections)


def _lines(section: Section) -> Iterator[str]:
    yield f"## {section.title}\n"
    yield "| what | ours | peer | which peer |"
    yield "|---|---|---|---|"
    for row in section.rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    for note in section.notes:
        yield f"\n{note}"
    for failure in section.failures:
        yield f"\n**Missed:** {failure}"


def main(named: list[str]) -> int:
    """Measures, writes, and tells on the terminal what was missed."""
    sections = []
    for area in named or areas():
        began = time.perf_counter()
        section = importlib.import_module(f"scripts.accuracy.{area}").measure()
        sections.append(section)
        print(f"{area}: {'as wanted' if section.ok else 'MISSED'} in {time.perf_counter() - began:.1f} s", flush=True)
        for row in section.rows:
            print("  " + " | ".join(cell for cell in row if cell))
        for failure in section.failures:
            print(f"  missed: {failure}")
    if not named:
        PAGE.write_text(page(sections), encoding="utf-8")
    return 0 if all(each.ok and not each.failures for each in sections) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
