"""XLSX, row by row. Date cells are wall clocks; cells whose value Excel lost or never worked out are faulty."""

from __future__ import annotations

import itertools
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from connector.exports.mapping import FileFormat
from connector.exports.problems import BadRow, UnusableInput
from connector.exports.sheet import Cell, FaultyCell, Row, Sheet

#: A workbook that unpacks to more bytes than this is refused. Sheets are streamed; the shared texts, and what is said
#: of the workbook (styles above all), are held in memory as a whole, the latter at many times its size.
LARGEST_UNPACKED = 4 * 1024**3
LARGEST_SHARED_TEXTS = 512 * 1024**2
LARGEST_DESCRIPTION = 32 * 1024**2
#: What a sheet can hold by the format. A row may name its own number, and the reader fills the gap with empty rows.
MOST_ROWS = 1_048_576

_ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"})
_EXACT_DIGITS = 10**15
_CORRUPT = (
    zipfile.BadZipFile,
    InvalidFileException,
    KeyError,
    ValueError,
    SyntaxError,
    EOFError,
    AttributeError,
    IndexError,
)
_CHUNK = 1 << 20


class XlsxSheet(Sheet):
    """An open sheet of a workbook; made by `open_xlsx`."""

    def __init__(
        self,
        name: str,
        values: Iterator[tuple[object, ...]],
        formulas: Iterator[tuple[object, ...]] | None,
        size: int | None,
        done: int,
    ) -> None:
        self.name = name
        self._values = values
        self._formulas = formulas
        self._size = size
        self._done = done
        header: tuple[object, ...] = ()
        while not any(cell is not None for cell in header):
            try:
                header = self._next()[0]
            except StopIteration:
                raise UnusableInput(f"{name}: the sheet is empty; its first row must name the columns") from None
        names = ["" if cell is None else str(cell).strip() for cell in header]
        while names and not names[-1]:
            names.pop()
        self.header = tuple(names)

    def position(self) -> tuple[int, int | None]:
        return self._done, self._size

    def rows(self) -> Iterator[Row | BadRow]:
        width = len(self.header)
        while True:
            try:
                values, formulas = self._next()
            except StopIteration:
                return
            except _CORRUPT as error:
                raise UnusableInput(f"{self.name}: row {self._done + 1} cannot be read: {error}") from error
            if all(value is None for value in formulas or values):
                self.blank_rows += 1
                continue
            if any(value is not None for value in values[width:]):
                yield BadRow(
                    file=self.name,
                    line=self._done,
                    reason=f"the row has cells beyond the {width} columns of the header",
                )
                continue
            padded = itertools.chain(values[:width], itertools.repeat(None, width - len(values)))
            cells = [_cell(value) for value in padded]
            for index, formula in enumerate(formulas[:width] if formulas else ()):
                if values[index] is None and formula is not None:
                    cells[index] = FaultyCell(str(formula), "is a formula without a stored value; save as values")
            yield Row(self._done, cells)

    def _next(self) -> tuple[tuple[object, ...], tuple[object, ...] | None]:
        values = next(self._values)
        self._done += 1
        if self._done > MOST_ROWS:
            raise UnusableInput(f"{self.name}: names a row beyond {MOST_ROWS}, which no sheet has; save it again")
        return values, None if self._formulas is None else next(self._formulas)


@contextmanager
def open_xlsx(path: Path, form: FileFormat) -> Iterator[XlsxSheet]:
    """The workbook at `path`, open while the context lasts: the sheet named in `form`, else the first.

    Raises UnusableInput.
    """
    try:
        has_formulas = _inspect(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise UnusableInput(f"{path}: is no readable XLSX file ({error})") from error
    books = []
    try:
        with warnings.catch_warnings():
            # openpyxl warns about styles and validations, none of which bear on the values.
            warnings.simplefilter("ignore")
            try:
                books = [
                    openpyxl.load_workbook(path, read_only=True, data_only=data_only, keep_links=False)
                    for data_only in ([True, False] if has_formulas else [True])
                ]
            except _CORRUPT as error:
                raise UnusableInput(f"{path}: is no readable XLSX file ({error})") from error
            sheet = form.sheet or books[0].sheetnames[0]
            if sheet not in books[0].sheetnames:
                raise UnusableInput(f"{path}: has no sheet {sheet!r}; it has {', '.join(books[0].sheetnames)}")
            size = books[0][sheet].max_row
            tables = []
            for book in books:
                # Some writers store a wrong size, and reading would stop there.
                book[sheet].reset_dimensions()
                tables.append(book[sheet].iter_rows(min_row=form.skip_lines + 1, values_only=True))
            try:
                opened = XlsxSheet(path.name, tables[0], tables[1] if has_formulas else None, size, form.skip_lines)
            except _CORRUPT as error:
                raise UnusableInput(f"{path}: its first row cannot be read ({error})") from error
            yield opened
    finally:
        for book in books:
            book.close()


def _inspect(path: Path) -> bool:
    """Refuse a workbook too large to unpack; whether any of its sheets holds a formula."""
    with zipfile.ZipFile(path) as packed:
        sizes = {item.filename: item.file_size for item in packed.infolist()}
        if sum(sizes.values()) > LARGEST_UNPACKED or any(size > _most_bytes(name) for name, size in sizes.items()):
            raise UnusableInput(f"{path}: unpacks to too many bytes; export it as CSV")
        return any(
            _mentions_formula(packed, name) for name in sizes if name.startswith("xl/worksheets/") and name[-1] == "l"
        )


def _most_bytes(name: str) -> int:
    if "sharedstrings" in name.casefold():
        return LARGEST_SHARED_TEXTS
    # Parts that lie deeper (sheets, pictures, pivot tables) are streamed, or not read at all.
    is_description = name.endswith(".rels") or (name.endswith(".xml") and name.count("/") <= 1)
    return LARGEST_DESCRIPTION if is_description and "calcchain" not in name.casefold() else LARGEST_UNPACKED


def _mentions_formula(packed: zipfile.ZipFile, name: str) -> bool:
    with packed.open(name) as member:
        tail = b""
        while chunk := member.read(_CHUNK):
            window = tail + chunk
            if b"<f>" in window or b"<f " in window or b"<f/" in window:
                return True
            tail = window[-2:]
    return False


def _cell(value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, str):
        return FaultyCell(value, "holds an error instead of a value") if value in _ERRORS else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if abs(value) >= _EXACT_DIGITS:
            return FaultyCell(str(value), "is a number of which Excel keeps only 15 digits; export it as text")
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        rounded = value + timedelta(microseconds=500_000)
        return rounded.replace(microsecond=0, tzinfo=None)
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, timedelta):
        whole = int(value.total_seconds())
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    if isinstance(value, time):
        return value.isoformat()
    return str(value)
