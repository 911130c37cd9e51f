"""What a page says to people: its text nodes and the attributes that are read out, and which of them are data."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

#: Elements whose text is data or a name, never a text of ours.
DATA = frozenset({"bdi", "code", "time", "script", "style", "textarea", "option"})
SAID = frozenset({"aria-label", "title", "placeholder", "data-head", "alt"})
_VOID = frozenset({"meta", "link", "input", "br", "img", "hr", "col", "wbr"})


@dataclass(frozen=True)
class Piece:
    """One text. `is_data`: it stands where data stands. `path`: the elements around it."""

    text: str
    path: tuple[str, ...]
    is_data: bool


@dataclass
class _Reader(HTMLParser):
    open: list[tuple[str, bool]] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        # A name of a language stands in that language.
        is_data = tag in DATA or ("lang" in given and tag != "html") or given.get("dir") == "auto"
        if tag not in _VOID:
            self.open.append((tag, is_data))
        for name, value in attrs:
            if name in SAID and value and value.strip():
                self._add(value, name)
        if tag == "input" and given.get("type") == "submit" and given.get("value"):
            self._add(given["value"] or "", "value")

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            if self.open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._add(data, "")

    def _add(self, text: str, attribute: str) -> None:
        path = tuple(tag for tag, _ in self.open)
        is_data = any(each for _, each in self.open)
        self.pieces.append(Piece(" ".join(text.split()), (*path, attribute) if attribute else path, is_data))


def pieces_of(html: str) -> list[Piece]:
    """All texts of a page, in order."""
    reader = _Reader()
    reader.feed(html)
    return reader.pieces
