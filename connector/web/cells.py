"""Exports as CSV and XLSX whose cells no spreadsheet takes for a formula.

A text that begins with = + - @, their full-width forms, a tab, a line break or NUL gets a single quote in front in
CSV (ASVS 1.2.10): it stays readable and does nothing. In XLSX every text is written as a text cell and needs no mark,
so phone numbers look as they are. Our own numbers are written as numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from connector.reporting.xlsx import text_cell

Cell = str | int | float | datetime | None
"""One value of an export. Instants are aware and are written on the wall clock of the export's zone."""

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSX_MAX_ROWS = 1_048_575

_DANGEROUS_START = frozenset("=+-@\t\r\n\0＝＋－＠")
_BYTE_ORDER_MARK = "\ufeff"


def neutral_text(text: str) -> str:
    """`text` as a CSV cell that no spreadsheet runs: quoted in front when its first character is dangerous."""
    return "'" + text if text[:1] in _DANGEROUS_START and text else text


def csv_chunks(head: Sequence[str], rows: Iterable[Sequence[Cell]], zone: str) -> Iterator[bytes]:
    """The CSV file in pieces, UTF-8 with a byte order mark (spreadsheets guess the encoding without it)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write(_BYTE_ORDER_MARK)
    writer.writerow([neutral_text(name) for name in head])
    local = ZoneInfo(zone)
    for index, row in enumerate(rows):
        writer.writerow([_csv_value(cell, local) for cell in row])
        if index % 500 == 499:
            yield _drained(buffer)
    yield _drained(buffer)


def xlsx_file(
    head: Sequence[str], rows: Iterable[Sequence[Cell]], zone: str, *, sheet_title: str, max_rows: int = XLSX_MAX_ROWS
) -> IO[bytes]:
    """The XLSX file, rewound; held in memory up to 8 MB, then on disk. The caller closes it.

    Raises ValueError when there are more than `max_rows`, which is what a sheet can hold.
    """
    book = Workbook(write_only=True)
    sheet: WriteOnlyWorksheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", sheet_title)[:31])
    sheet.freeze_panes = "A2"
    titles = [text_cell(sheet, name) for name in head]
    for title in titles:
        title.font = Font(bold=True)
    sheet.append(titles)
    local = ZoneInfo(zone)
    for index, row in enumerate(rows):
        if index >= max_rows:
            sheet.close()
            raise ValueError(f"A sheet holds at most {max_rows} rows: filter the list, or take the CSV file.")
        sheet.append([_xlsx_value(sheet, cell, local) for cell in row])
    file: IO[bytes] = SpooledTemporaryFile(max_size=8_000_000)  # noqa: SIM115  (the response closes it)
    book.save(file)
    file.seek(0)
    return file


def _drained(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _csv_value(cell: Cell, zone: ZoneInfo) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(zone).isoformat(timespec="seconds")
    return neutral_text(_writable_csv(cell)) if isinstance(cell, str) else cell


def _writable_csv(text: str) -> str:
    return text.encode("utf-8", "replace").decode() if any("\ud800" <= c <= "\udfff" for c in text) else text


def _xlsx_value(sheet: WriteOnlyWorksheet, cell: Cell, zone: ZoneInfo) -> object:
    if isinstance(cell, datetime):
        return cell.astimezone(zone).replace(tzinfo=None, microsecond=0)
    return text_cell(sheet, cell) if isinstance(cell, str) else cell
