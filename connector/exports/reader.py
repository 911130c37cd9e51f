"""Opens an export, whatever it is: CSV in any of its spellings, or XLSX."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from connector.exports.csv_sheet import open_csv
from connector.exports.mapping import FileFormat
from connector.exports.problems import UnusableInput
from connector.exports.sheet import Sheet
from connector.exports.xlsx_sheet import open_xlsx

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@contextmanager
def open_sheet(path: Path, form: FileFormat, columns: Collection[str]) -> Iterator[Sheet]:
    """The table in the file at `path`; what kind of file it is, its first bytes say. Raises UnusableInput."""
    try:
        with path.open("rb") as probe:
            head = probe.read(4)
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be read ({error.strerror})") from error
    if head == _OLD_EXCEL:
        raise UnusableInput(f"{path}: is an old or an encrypted Excel file; save it as .xlsx or CSV")
    if head == _ZIP:
        with open_xlsx(path, form) as workbook:
            yield workbook
        return
    with open_csv(path, form, columns) as table:
        yield table
