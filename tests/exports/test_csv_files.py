"""CSV as people really export it: nothing is silently dropped, nothing stops the run but a file of no use."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from connector.exports import csv_sheet
from connector.exports.csv_sheet import open_csv
from connector.exports.mapping import FileFormat
from connector.exports.problems import BadRow, UnusableInput
from connector.exports.sheet import FaultyCell, Row
from tests.exports.conftest import LEADS_HEADER, MAP, RunAudit

CELLS = json.loads((Path(__file__).parents[1] / "data/csv_cells.json").read_text())["cells"]


def read(path: Path, content: str | bytes, columns: tuple[str, ...] = ("a", "b"), **form: object):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with open_csv(path, FileFormat(**form), columns) as sheet:
        return sheet, list(sheet.rows())


def cells(rows: list[Row | BadRow]) -> list[list[object]]:
    return [row.cells for row in rows if isinstance(row, Row)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_fits_the_map(file: Path, delimiter: str):
    text = f'a{delimiter}"b, c; d"{delimiter}b\n1{delimiter}2{delimiter}3\n'
    sheet, rows = read(file, text)
    assert sheet.header == ("a", "b, c; d", "b")
    assert cells(rows) == [["1", "2", "3"]]


def test_a_declared_delimiter_and_the_line_that_excel_writes(file: Path):
    assert cells(read(file, "a:b\n1:2\n", delimiter=":")[1]) == [["1", "2"]]
    sheet, rows = read(file, "sep=;\r\na;b\r\n1;2\r\n")
    assert sheet.header == ("a", "b")
    assert rows == [Row(3, ["1", "2"])]


def test_lines_above_the_header_are_skipped_and_counted_in_line_numbers(file: Path):
    _, rows = read(file, "Report of Monday\n\na,b\n1,2\n", skip_lines=2)
    assert rows == [Row(4, ["1", "2"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings_that_tell_themselves(file: Path, encoding: str):
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    sheet, rows = read(file, mark + "a,b\nMüller,Łódź 😀\n".encode(encoding))
    assert sheet.header == ("a", "b")
    assert cells(rows) == [["Müller", "Łódź 😀"]]


def test_a_declared_encoding(file: Path):
    assert cells(read(file, "a,b\nMüller,€\n".encode("cp1252"), encoding="cp1252")[1]) == [["Müller", "€"]]


def test_mixed_encodings_are_rescued_or_named(file: Path):
    mixed = "a,b\nMüller,1\n".encode() + "Schröder,2\n".encode("cp1252")
    sheet, rows = read(file, mixed)
    assert isinstance(rows[1].cells[0], FaultyCell)
    assert rows[1].cells[1] == "2"
    assert "is not valid utf-8" in rows[1].cells[0].reason
    sheet, rows = read(file, mixed, fallback_encoding="cp1252")
    assert cells(rows) == [["Müller", "1"], ["Schröder", "2"]]
    assert sheet.rescued_cells == 1


def test_a_cell_that_nobody_reads_may_hold_any_bytes(run_audit: RunAudit):
    leads = LEADS_HEADER.replace("\n", ",Other\n").encode() + b"1,2026-03-02 10:00,A,B,,,,new,Web,\xff\xfe\n"
    ran = run_audit(leads, None)
    assert ran.bad == []
    assert ran.told["count_leads"] == 1
    assert ran.told["files"][0]["unknown_columns"] == ["Other"]


def test_bytes_that_are_wrong_in_a_mapped_cell_make_a_bad_row(run_audit: RunAudit):
    leads = LEADS_HEADER.encode() + b"1,2026-03-02 10:00,\xff,B,,,,new,Web\n2,2026-03-02 10:00,A,B,,,,new,Web\n"
    ran = run_audit(leads, None)
    assert ran.bad == [
        ("leads.csv", 2, "is not valid utf-8; name the right `encoding`, or in a map a `fallback_encoding`")
    ]
    assert ran.told["bad_rows"][0]["column"] == "First"
    assert ran.told["count_leads"] == 1


def test_line_numbers_count_lines_and_not_rows(file: Path):
    _, rows = read(file, 'a,b\n"one\ntwo",1\n\n3,4,5\r\n6,7\r\n')
    assert [(row.line, isinstance(row, BadRow)) for row in rows] == [(2, False), (5, True), (6, False)]
    assert rows[1].reason == "the row has 3 cells, the header has 2"


def test_blank_lines_and_empty_cells_too_many_are_no_faults(file: Path):
    sheet, rows = read(file, "a,b\n1,2,,\n\n,\n3,4\n")
    assert cells(rows) == [["1", "2"], ["3", "4"]]
    assert sheet.blank_rows == 2


def test_an_unclosed_quote_swallows_one_row_only(file: Path):
    lines = ["a,b", '1,"open', *(f"{number},x" for number in range(2, 3000))]
    _, rows = read(file, "\n".join(lines))
    assert [row.line for row in rows if isinstance(row, BadRow)] == [2]
    assert "a quote that begins on this line is not closed" in rows[0].reason
    assert len(cells(rows)) == 2998


def test_two_unclosed_quotes_that_close_each_other(file: Path):
    _, rows = read(file, 'a,b\n1,"open\n2,x\n3,"open too\n4,y\n')
    assert [row.line for row in rows if isinstance(row, BadRow)] == [2, 4]
    assert cells(rows) == [["2", "x"], ["4", "y"]]


def test_nul_bytes_and_control_characters_survive(file: Path):
    _, rows = read(file, b"a,b\nx\x00y,\x1b[31m\n")
    assert cells(rows) == [["x\x00y", "\x1b[31m"]]


def test_huge_cells_survive_up_to_the_limit_and_are_bad_rows_above(file: Path, monkeypatch: pytest.MonkeyPatch):
    _, rows = read(file, f"a,b\n1,{'x' * 1_000_000}\n")
    assert len(rows[0].cells[1]) == 1_000_000
    monkeypatch.setattr(csv_sheet, "LONGEST_ROW", 1000)
    _, rows = read(file, f"a,b\n1,{'x' * 5000}\n2,y\n")
    assert [(row.line, isinstance(row, BadRow)) for row in rows] == [(2, True), (3, False)]
    assert rows[0].reason == "the row is longer than a row can be"
    assert len(rows[0].value) <= 60


def test_the_limit_on_cells_is_put_back(file: Path):
    before = csv.field_size_limit()
    read(file, "a,b\n1,2\n")
    assert csv.field_size_limit() == before


def test_columns_missing_or_twice_are_named(file: Path):
    file.write_text("a,Receved,b,b\n")
    with open_csv(file, FileFormat(), ("a",)) as sheet:
        with pytest.raises(
            UnusableInput, match=r"'Received' \(did you mean 'Receved'\?\), 'c' or 'd'\. The file has: 'a'"
        ):
            sheet.indexes([("a",), ("Received",), ("c", "d")])
        with pytest.raises(UnusableInput, match="stand more than once in the header: 'b'"):
            sheet.indexes([("b",)])


def test_an_empty_file_and_a_missing_one(tmp_path: Path):
    with pytest.raises(UnusableInput, match="is empty; the first line must name the columns"):
        read(tmp_path / "empty.csv", "")
    with pytest.raises(UnusableInput, match="cannot be read"), open_csv(tmp_path / "none.csv", FileFormat(), ()):
        pass


@pytest.mark.parametrize("cell", CELLS, ids=[cell["id"] for cell in CELLS])
def test_cells_that_a_spreadsheet_would_run_are_plain_text_here(run_audit: RunAudit, tmp_path: Path, cell: dict):
    """In every field that takes text: read whole, and inert in the page."""
    text = io.StringIO()
    writer = csv.writer(text)
    raw = cell["raw"]
    writer.writerow([f"id {raw}", "2026-03-02 10:00", raw, raw, "", "", raw, raw, raw])
    ran = run_audit(LEADS_HEADER + text.getvalue(), None, "--html", str(tmp_path / "out.html"))
    assert ran.code == 0, ran.err
    (lead,) = ran.told["leads"]
    assert lead["lead_id"] == f"id {raw}".strip()
    assert lead["owner_id"] == (raw.strip() or None)
    assert ran.told["unmapped_values"][0]["count"] == 1
    assert "<script" not in (tmp_path / "out.html").read_text().lower()


def test_markup_in_cells_is_escaped_in_the_page(run_audit: RunAudit, tmp_path: Path):
    evil = "<img src=x onerror=alert(1)>"
    page = tmp_path / "out.html"
    leads = (
        LEADS_HEADER.replace("\n", f",{evil}\n")
        + f"1,2026-03-02 10:00,A,B,,,{evil},{evil},{evil},x\n{evil},no,,,,,,,,\n"
    )
    ran = run_audit(leads, None, "--html", str(page), map_=MAP.replace('title = "Test"', f"title = '{evil}'"))
    assert ran.code == 0, ran.err
    html = page.read_text()
    assert evil not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") >= 6
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", ""), "the page fetches nothing"
