"""XLSX: dates, numbers, formulas and errors in cells are read for what they are, or told as faulty."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from connector.exports import xlsx_sheet
from connector.exports.mapping import FileFormat
from connector.exports.problems import BadRow, UnusableInput
from connector.exports.reader import open_sheet
from connector.exports.sheet import FaultyCell
from tests.exports.conftest import LEADS_HEADER, RunAudit


def write(path: Path, rows: list[list[object]], sheet: str = "Leads") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def read(path: Path, **form: object):
    with open_sheet(path, FileFormat(**form), ("a",)) as sheet:
        return sheet, list(sheet.rows())


def test_every_kind_of_cell(tmp_path: Path):
    moment = datetime(2026, 3, 2, 10, 0, 0, 600_000)  # noqa: DTZ001  (cells have no zone)
    row = ["text", 42, 4.5, 7.0, True, moment, timedelta(minutes=2, seconds=5), None, "#N/A", 4150868000000224005]
    path = write(tmp_path / "x.xlsx", [[f"c{index}" for index in range(len(row))], row])
    _, (found,) = read(path)
    assert found.line == 2
    assert found.cells[:5] == ["text", "42", "4.5", "7", "TRUE"]
    assert found.cells[5] == datetime(2026, 3, 2, 10, 0, 1)  # noqa: DTZ001
    assert found.cells[6:8] == ["0:02:05", ""]
    assert found.cells[8] == FaultyCell("#N/A", "holds an error instead of a value")
    assert isinstance(found.cells[9], FaultyCell)
    assert "Excel keeps only 15 digits" in found.cells[9].reason


def test_a_formula_without_a_stored_value_is_faulty_and_not_empty(tmp_path: Path):
    path = write(tmp_path / "x.xlsx", [["a", "b"], ["1", '=HYPERLINK("http://evil.example","x")'], ["2", "y"]])
    _, rows = read(path)
    assert isinstance(rows[0].cells[1], FaultyCell)
    assert "is a formula without a stored value" in rows[0].cells[1].reason
    assert rows[1].cells == ["2", "y"]


def test_a_formula_with_a_stored_value_is_that_value(tmp_path: Path):
    path = write(tmp_path / "x.xlsx", [["a", "b"], ["1", "=1+1"]])
    calculated = tmp_path / "calculated.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(calculated, "w") as target:
        for item in source.infolist():
            content = source.read(item)
            target.writestr(item, content.replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>"))
    _, rows = read(calculated)
    assert rows[0].cells == ["1", "2"]


def test_the_sheet_is_named_or_the_first_and_blank_rows_are_counted(tmp_path: Path):
    path = tmp_path / "x.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["other"])
    second = book.create_sheet("Leads")
    for row in (["Report"], [], ["a", "b"], [1, 2], [], [3, 4, None], [5, 6, 7]):
        second.append(row)
    book.save(path)
    sheet, rows = read(path, sheet="Leads", skip_lines=2)
    assert sheet.header == ("a", "b")
    assert [(row.line, isinstance(row, BadRow)) for row in rows] == [(4, False), (6, False), (7, True)]
    assert sheet.blank_rows == 1
    assert read(path)[0].header == ("other",)
    with pytest.raises(UnusableInput, match="has no sheet 'Deals'; it has Sheet, Leads"):
        read(path, sheet="Deals")


def test_what_is_no_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    broken = tmp_path / "x.xlsx"
    broken.write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(UnusableInput, match="is no readable XLSX file"):
        read(broken)
    with zipfile.ZipFile(broken, "w") as packed:
        packed.writestr("hello.txt", "hello")
    with pytest.raises(UnusableInput, match="is no readable XLSX file"):
        read(broken)
    broken.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(UnusableInput, match=r"save it as \.xlsx or CSV"):
        read(broken)
    monkeypatch.setattr(xlsx_sheet, "LARGEST_UNPACKED", 1000)
    with pytest.raises(UnusableInput, match="unpacks to too many bytes"):
        read(write(tmp_path / "bomb.xlsx", [["a"]]))
    monkeypatch.undo()
    with pytest.raises(UnusableInput, match="the sheet is empty"):
        read(write(tmp_path / "empty.xlsx", []))


def rewritten(path: Path, part: str, change: Callable[[str], str]) -> Path:
    """The workbook with one of its parts changed."""
    hostile = path.with_name(f"hostile-{path.name}")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(hostile, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            text = source.read(item.filename)
            target.writestr(item.filename, change(text.decode()) if item.filename == part else text)
    return hostile


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)


@pytest.mark.parametrize(
    ("part", "change", "says"),
    [
        (SHEET, lambda text: text.replace("</sheetData>", '<row r="9999999999"/></sheetData>'), "names a row beyond"),
        (
            SHEET,
            lambda text: text.replace("</sheetData>", '<row r="3"><c r="A3" t="s"><v>77</v></c></row></sheetData>'),
            "row 3 cannot be read",
        ),
        (SHEET, lambda text: LAUGHS + text.replace("</sheetData>", "</sheetData>&j;"), "cannot be read|no readable"),
        (
            "xl/workbook.xml",
            lambda text: (
                '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">]>' + text.replace("</sheets>", "&j;</sheets>")
            ),
            "is no readable XLSX file",
        ),
        (
            "xl/styles.xml",
            lambda text: text.replace("</styleSheet>", " " * (40 * 1024**2) + "</styleSheet>"),
            "unpacks to too many bytes",
        ),
    ],
    ids=["row number", "shared text", "billion laughs", "foreign file", "styles"],
)
def test_a_small_file_that_asks_for_much_is_refused(
    tmp_path: Path, part: str, change: Callable[[str], str], says: str
):
    with pytest.raises(UnusableInput, match=says):
        read(rewritten(write(tmp_path / "x.xlsx", [["a"], ["1"]]), part, change))


def test_the_same_rows_give_the_same_audit_as_csv(run_audit: RunAudit, tmp_path: Path):
    rows = [
        ["1", "2026-03-02 10:00", "Ann", "Berg", "ann@berg-bau.de", "030 23125101", "Kai", "new", "Web"],
        ["2", "2026-03-02 11:00", "Bo", "Dahl", "ann@berg-bau.de", "", "", "new", ""],
        ["3", "when?", "Cy", "Egel", "", "", "", "new", ""],
    ]
    as_text = run_audit(LEADS_HEADER + "".join(",".join(row) + "\n" for row in rows), None)
    header = LEADS_HEADER.strip().split(",")
    dated = [[row[0], datetime.fromisoformat(row[1]) if row[0] != "3" else row[1], *row[2:]] for row in rows]
    as_book = run_audit(write(tmp_path / "book.xlsx", [header, *dated]).read_bytes(), None)
    assert as_book.told["leads"] == as_text.told["leads"]
    assert as_book.told["report"] == as_text.told["report"]
    assert as_book.bad == as_text.bad
