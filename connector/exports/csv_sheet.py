"""CSV as people export it: byte order marks, odd delimiters, broken quotes, NUL bytes. Streams; memory stays flat."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from audits.model.quick import quick
from connector.exports.mapping import FileFormat
from connector.exports.problems import BadRow, UnusableInput, excerpt
from connector.exports.sheet import Cell, FaultyCell, Row, Sheet

#: The longest row and cell that is read, in characters; a longer one is a bad row, never a stop.
LONGEST_ROW = 16 * 1024 * 1024
#: The most lines that one row may run over: more is an unclosed quote.
MOST_LINES = 1000

_DELIMITERS = ",;\t|"
_SAMPLE_BYTES = 256 * 1024
_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n?')
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


_row = quick(Row)


class _RowTooLong(Exception):
    """The lines taken for one row outgrew the limits."""


class _Lines:
    """The lines of a file, for a csv reader, that remembers those of the present row and can take them back."""

    def __init__(self, source: TextIO, name: str, first_line: int) -> None:
        self._source = source
        self._name = name
        self._again: deque[str] = deque()
        self._size = 0
        self.taken: list[str] = []
        self.first_line = first_line
        self.is_cut = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES or self._size > LONGEST_ROW:
            raise _RowTooLong
        line = self._again.popleft() if self._again else self._read()
        self.taken.append(line)
        self._size += len(line)
        return line

    def _read(self) -> str:
        try:
            line = rest = self._source.readline(LONGEST_ROW)
            while len(rest) == LONGEST_ROW and rest[-1] not in "\r\n":
                self.is_cut = True
                rest = self._source.readline(LONGEST_ROW)
        except UnicodeError as error:
            raise UnusableInput(
                f"{self._name}: line {self.first_line + len(self.taken)} is not valid in the encoding of the file "
                f"({error}); name the right `encoding`"
            ) from error
        if not line:
            raise StopIteration
        return line

    def start_row(self) -> None:
        """The lines taken so far are done with."""
        self.first_line += len(self.taken)
        self.taken.clear()
        self._size = 0
        self.is_cut = False

    def keep_first_only(self) -> None:
        """Give back all lines of the present row but its first."""
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


class CsvSheet(Sheet):
    """An open CSV file; made by `open_csv`."""

    def __init__(self, path: Path, binary: io.BufferedReader, source: TextIO, form: FileFormat, delimiter: str,
                 first_line: int) -> None:  # fmt: skip
        self.name = path.name
        self._binary = binary
        self._size = path.stat().st_size
        self._delimiter = delimiter
        self._encoding = form.encoding or "utf-8"
        self._fallback = form.fallback_encoding
        self._lines = _Lines(source, path.name, first_line)
        header = next((cells for cells in self._reader() if any(cell.strip() for cell in cells)), None)
        if header is None:
            raise UnusableInput(f"{path}: is empty; the first line must name the columns")
        self.header = tuple(self._text(cell).strip().removeprefix("\ufeff") for cell in header)
        self._lines.start_row()

    def position(self) -> tuple[int, int | None]:
        return min(self._binary.tell(), self._size), self._size

    def rows(self) -> Iterator[Row | BadRow]:
        width = len(self.header)
        lines = self._lines
        reader = self._reader()
        while True:
            lines.start_row()
            fault = ""
            cells: list[str] = []
            try:
                cells = next(reader)
            except StopIteration:
                return
            except _RowTooLong:
                fault = "is longer than a row can be"
            except csv.Error as error:
                fault = f"cannot be taken apart ({error})"
            if lines.is_cut:
                fault = "is longer than a row can be"
            if not fault:
                if not any(cells):
                    self.blank_rows += 1
                    continue
                if len(cells) > width and not any(cells[width:]):
                    del cells[width:]
                if len(cells) == width:
                    # Most rows are one line of plain letters, which are valid in every encoding.
                    is_plain = len(lines.taken) == 1 and lines.taken[0].isascii()
                    yield _row(lines.first_line, list(cells) if is_plain else list(map(self._cell, cells)))
                    continue
                fault = f"has {len(cells)} cells, the header has {width}"
            first = lines.taken[0]
            if len(lines.taken) > 1:
                # The lines below may well be good rows that only an unclosed quote has swallowed: read them again.
                fault += "; a quote that begins on this line is not closed"
                lines.keep_first_only()
                reader = self._reader()
            yield BadRow(file=self.name, line=lines.first_line, reason=f"the row {fault}", value=excerpt(first))

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines, delimiter=self._delimiter, strict=True)

    def _cell(self, cell: str) -> Cell:
        if cell.isascii():
            return cell
        try:
            cell.encode()
        except UnicodeEncodeError:
            return self._rescued(cell)
        return cell

    def _rescued(self, cell: str) -> Cell:
        """A cell with bytes that are not valid in the file's encoding, read by the fallback encoding if any."""
        if self._fallback is not None:
            try:
                text = cell.encode(self._encoding, "surrogateescape").decode(self._fallback)
            except UnicodeError:
                pass  # not valid in either: told below
            else:
                self.rescued_cells += 1
                return text
        reason = f"is not valid {self._encoding}; name the right `encoding`, or in a map a `fallback_encoding`"
        return FaultyCell(self._text(cell), reason)

    @staticmethod
    def _text(cell: str) -> str:
        return cell.encode("utf-8", "replace").decode()


@contextmanager
def open_csv(path: Path, form: FileFormat, columns: Collection[str]) -> Iterator[CsvSheet]:
    """The CSV file at `path`, open while the context lasts. Raises UnusableInput.

    Not given in `form`: the encoding is what the byte order mark says, else UTF-8; the delimiter is that with which
    the header has most of `columns`.
    """
    try:
        binary = path.open("rb")
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be read ({error.strerror})") from error
    with binary, _long_fields():
        sample = binary.read(_SAMPLE_BYTES)
        encoding = _encoding(sample, form)
        head = list(io.StringIO(sample.decode(encoding, "replace"), newline=""))
        skip = form.skip_lines
        delimiter = form.delimiter
        if len(head) > skip and (told := _SEP_LINE.fullmatch(head[skip].removeprefix("\ufeff"))):
            skip, delimiter = skip + 1, delimiter or told[1]
        if delimiter is None:
            delimiter = _fitting_delimiter(head[skip:], columns)
        binary.seek(0)
        source = io.TextIOWrapper(binary, encoding=encoding, errors="surrogateescape", newline="")
        for _ in range(skip):
            source.readline(LONGEST_ROW)
        yield CsvSheet(path, binary, source, form, delimiter, first_line=skip + 1)


@contextmanager
def _long_fields() -> Iterator[None]:
    before = csv.field_size_limit(LONGEST_ROW)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _encoding(sample: bytes, form: FileFormat) -> str:
    marked = next((name for mark, name in _MARKS if sample.startswith(mark)), None)
    if form.encoding is None:
        return marked or "utf-8"
    return "utf-8-sig" if form.encoding == "utf-8" and marked == "utf-8-sig" else form.encoding


def _fitting_delimiter(head: list[str], columns: Collection[str]) -> str:
    def fit(delimiter: str) -> tuple[int, int]:
        try:
            header = next((cells for cells in csv.reader(head, delimiter=delimiter) if any(cells)), [])
        except csv.Error:
            return (0, 0)
        names = {cell.strip().removeprefix("\ufeff") for cell in header}
        return len(names.intersection(columns)), len(header)

    return max(_DELIMITERS, key=fit)
