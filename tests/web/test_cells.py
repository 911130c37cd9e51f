"""Exports: every cell of csv_cells.json is inert in CSV and text in XLSX, and reads as it was."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from connector.web.cells import XLSX_MAX_ROWS, Cell, csv_chunks, neutral_text, xlsx_file

CASES = json.loads((Path(__file__).parents[1] / "data" / "csv_cells.json").read_text())["cells"]


def read_csv(head: list[str], rows: list[list[Cell]]) -> list[list[str]]:
    return list(
        csv.reader(io.StringIO(b"".join(csv_chunks(head, rows, "Europe/Berlin")).decode("utf-8-sig"), newline=""))
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_csv_cell_is_inert_when_dangerous_and_untouched_when_not(case):
    head, row = read_csv(["name"], [[case["raw"]]])
    assert head == ["name"]
    assert row == [("'" if case["dangerous"] else "") + case["raw"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_xlsx_cell_is_text_and_reads_as_it_was(case):
    with xlsx_file(["name"], [[case["raw"]]], "UTC", sheet_title="Leads") as file:
        cell = load_workbook(file).active["A2"]
    assert cell.data_type == "s"
    assert cell.value.replace("\r", "\n") == case["raw"].replace("\r", "\n")


def test_our_own_values_keep_their_types():
    at = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
    rows: list[list[Cell]] = [[-5, 1.5, at, None, "x"]]
    assert read_csv(list("abcde"), rows)[1] == ["-5", "1.5", "2026-11-16T10:00:00+01:00", "", "x"]
    with xlsx_file(list("abcde"), rows, "Europe/Berlin", sheet_title="a/b") as file:
        sheet = load_workbook(file).active
    assert [cell.value for cell in sheet[2]] == [-5, 1.5, at.replace(hour=10, tzinfo=None), None, "x"]


@pytest.mark.parametrize("text", ["\x00=1", "a\x01b", "\ud800", "#N/A", "x" * 40_000, "𝒳", "‮abc"])
def test_no_text_breaks_an_export(text):
    assert len(read_csv(["n"], [[text]])) == 2
    with xlsx_file(["n"], [[text]], "UTC", sheet_title="Leads") as file:
        assert load_workbook(file).active["A2"].data_type == "s"


def test_an_empty_text_stays_empty():
    assert neutral_text("") == ""


def test_a_sheet_that_is_too_long_says_so():
    assert XLSX_MAX_ROWS == 1_048_575
    with pytest.raises(ValueError, match="CSV"):
        xlsx_file(["n"], [[1], [2], [3]], "UTC", sheet_title="Leads", max_rows=2)
