"""What commands write: a file that appears only when it is whole, and a bar while they work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from connector.exports.problems import UnusableInput


@contextmanager
def whole_file(path: str | None) -> Iterator[BinaryIO]:
    """A file that appears under its name only when it is whole, or stdout for "-" and None. Raises UnusableInput."""
    if path is None or path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    final = Path(path)
    part = final.with_name(f".{final.name}.part-{os.getpid()}")
    try:
        target = part.open("wb")
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be written ({error.strerror})") from error
    try:
        with target:
            yield target
        part.replace(final)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar on stderr, if that is a terminal: called with a phase, how far it has come and what the whole is."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        phases: dict[str, int] = {}

        def tell(phase: str, done: int, total: int | None) -> None:
            if phase not in phases:
                phases[phase] = int(bar.add_task(phase, total=total))
            bar.update(bar.tasks[phases[phase]].id, completed=done, total=total)

        yield tell
