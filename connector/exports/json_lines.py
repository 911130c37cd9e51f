"""Files of one JSON object a line."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from pathlib import Path

from connector.errors import UnexpectedPayload
from connector.payloads import object_of, parse_json

#: A record is a few hundred bytes; a line of megabytes is another kind of file.
LONGEST_LINE = 1 << 20


def is_json_lines(path: Path) -> bool:
    """Whether the file holds JSON objects, by its first byte or its name. Raises OSError."""
    with path.open("rb") as source:
        return source.read(4096).removeprefix(BOM_UTF8).lstrip()[:1] == b"{" or path.suffix.casefold() == ".jsonl"


def json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, object] | str]]:
    """(line, object) of each line that is not blank; instead of the object what is wrong with the line, in half a
    sentence. Raises OSError."""
    with path.open("rb") as source:
        number = 0
        while line := source.readline(LONGEST_LINE):
            number += 1
            text = line.removeprefix(BOM_UTF8).strip() if number == 1 else line.strip()
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                while (rest := source.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield number, "the line is longer than a record can be"
            elif text:
                try:
                    yield number, object_of(parse_json(text, "the line"), "the line")
                except UnexpectedPayload as bad:
                    yield number, str(bad).rstrip(".")
