"""YAML text → plain data with the place of every value. Every scalar is text, so that NO is Norway and 08 an hour.

What makes YAML surprising or dangerous is refused: anchors and aliases, tags, a key twice, keys that are no text,
documents nested deeper than any contract, long files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import yaml

#: Characters of a file: room for a price for each of 15,000 postcodes, read in a few seconds.
MOST_CHARACTERS: Final = 256 * 1024
MOST_DOCUMENTS: Final = 200
_DEEPEST: Final = 20
#: What stands for nothing, when it is not in quotes.
_NOTHING: Final = frozenset({"", "~", "null"})

Path = tuple[str | int, ...]
Data = str | None | list["Data"] | dict[str, "Data"]


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the text, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the text cannot be taken as it stands."""

    mark: Mark
    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """One document: `data` of texts, None, lists and dicts; where each value (or its key, for lists and dicts) and
    each key stands."""

    data: Data
    values: Mapping[Path, Mark]
    keys: Mapping[Path, Mark]

    def mark_of(self, path: Path) -> Mark:
        """The place of the value at `path`, or of the nearest thing around it that stands in the text."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values[path]


@dataclass(slots=True)
class _Places:
    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)


class _Refused(yaml.MarkedYAMLError):
    """What ends the reading at once."""


class _Composer(yaml.BaseLoader):
    """Nodes without aliases, anchors and tags; what of these it meets is noted and read as if it were not there."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.faults: list[Fault] = []
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            self._note(event, "is an alias (*); write the value out where it holds")
            begin: Any = event.start_mark
            end: Any = event.end_mark
            return yaml.ScalarNode(_TEXT_TAG, "alias", begin, end, style="'")
        if event.anchor is not None:
            self._note(event, "has an anchor (&); write each value out where it holds")
            # One that is defined twice would end the reading with words about the library.
            event.anchor = None
        if event.tag is not None:
            self._note(
                event, f"has a tag ({event.tag}); leave it out, every value is read by what its field asks for"
            )
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Refused(problem="is nested deeper than any contract", problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _note(self, event: Any, reason: str) -> None:
        self.faults.append(Fault(_mark(event.start_mark), (), reason))


_TEXT_TAG = "tag:yaml.org,2002:str"


def read_documents(text: str) -> tuple[list[Document], list[Fault]]:
    """The documents in `text`, empty ones left out, and all faults; with a fault nothing of it should be used.

    A mistake in the YAML itself ends the reading there; what stands before it is read, so that its mistakes are told
    at once, too.
    """
    if len(text) > MOST_CHARACTERS:
        return [], [Fault(Mark(1, 1), (), f"is longer than {MOST_CHARACTERS // 1024} KiB; this is no contract")]
    found: list[Document] = []
    faults: list[Fault] = []
    try:
        composer = _Composer(text)
    except yaml.reader.ReaderError as error:
        return [], [Fault(_mark_at(text, error.position), (), _unprintable(text, error.position))]
    try:
        for node in _nodes(composer):
            if isinstance(node, yaml.ScalarNode) and _text_of(node) is None:
                continue
            if len(found) == MOST_DOCUMENTS:
                raise _Refused(problem=f"holds more than {MOST_DOCUMENTS} documents", problem_mark=node.start_mark)
            places = _Places(values={(): _mark(node.start_mark)})
            found.append(Document(_data(node, (), places, faults), *map(MappingProxyType, _both(places))))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # A missing bracket is noticed where the text ends: what it belongs to is said, too.
        begun = f" (in what begins on line {error.context_mark.line + 1})" if error.context_mark else ""
        why = (error.problem or "cannot be read").removeprefix("but ")
        said = why if isinstance(error, _Refused) else f"is no YAML: {why}{begun}"
        faults.append(Fault(_mark(mark) if mark else Mark(1, 1), (), said))
    except yaml.YAMLError as error:
        faults.append(Fault(Mark(1, 1), (), f"is no YAML: {error}"))
    finally:
        composer.dispose()
    return found, sorted((*composer.faults, *faults), key=lambda fault: fault.mark)


def _both(places: _Places) -> tuple[dict[Path, Mark], dict[Path, Mark]]:
    return places.values, places.keys


def _nodes(composer: _Composer) -> Iterator[Any]:
    while composer.check_node():
        yield composer.get_node()


def _data(node: Any, path: Path, places: _Places, faults: list[Fault]) -> Data:
    if isinstance(node, yaml.ScalarNode):
        return _text_of(node)
    if isinstance(node, yaml.SequenceNode):
        items: list[Data] = []
        for index, each in enumerate(node.value):
            places.values[*path, index] = _mark(each.start_mark)
            items.append(_data(each, (*path, index), places, faults))
        return items
    read: dict[str, Data] = {}
    for key, value in node.value:
        mark = _mark(key.start_mark)
        name = _text_of(key) if isinstance(key, yaml.ScalarNode) else None
        if name is None:
            faults.append(Fault(mark, path, "has a key that is no text"))
            continue
        inner = (*path, name)
        if name in read:
            faults.append(Fault(mark, inner, f"stands twice, first on line {places.keys[inner].line}"))
            continue
        places.keys[inner] = mark
        is_inline = isinstance(value, yaml.ScalarNode) and _text_of(value) is not None
        places.values[inner] = _mark(value.start_mark) if is_inline else mark
        read[name] = _data(value, inner, places, faults)
    return read


def _text_of(node: Any) -> str | None:
    return None if node.style is None and node.value in _NOTHING else str(node.value)


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


def _mark_at(text: str, position: int) -> Mark:
    before = text[:position]
    return Mark(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


def _unprintable(text: str, position: int) -> str:
    return f"holds a character that no text has (U+{ord(text[position]):04X}); was it saved as plain text in UTF-8?"
