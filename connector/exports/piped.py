"""Input that can be read only once, such as a pipe, laid down on the disk: what reads a file may read it twice."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from connector.exports.problems import UnusableInput

#: The standard input, by the custom of command lines.
STANDARD_INPUT = Path("-")


@contextmanager
def readable_again(path: Path) -> Iterator[Path]:
    """`path` itself where it is a file; else a copy of all that it gives, which is gone after the context. Memory
    stays flat. What is raised there of the copy names the input. Raises OSError."""
    if path.is_file():
        yield path
        return
    with TemporaryDirectory(prefix="leadassay-") as folder:
        copy = Path(folder) / (path.name if path != STANDARD_INPUT else "standard-input")
        with copy.open("wb") as target:
            if path == STANDARD_INPUT:
                shutil.copyfileobj(sys.stdin.buffer, target)
            else:
                with path.open("rb") as source:
                    shutil.copyfileobj(source, target)
        try:
            yield copy
        except UnusableInput as problem:
            told = "the standard input" if path == STANDARD_INPUT else str(path)
            raise UnusableInput(str(problem).replace(str(copy), told)) from problem
