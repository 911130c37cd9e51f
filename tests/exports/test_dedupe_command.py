"""`leadassay dedupe`: one JSON object for each person who stands in a file more than once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from connector.cli import main
from connector.dedupe_command import read_columns
from connector.exports.problems import UnusableInput

MAP = """
country = "NO"

[columns]
id = "Id"
first_name = "First"
last_name = "Last"
email = "Mail"
phone = "Phone"
street = ["Street", "No"]
"""
HEADER = ("Id", "First", "Last", "Mail", "Phone", "Street", "No")
ROWS = (
    ("1", "Ola", "Nordmann", "ola@nordmann.no", "22 33 44 55", "Storgata", "1"),
    ("2", "Nordmann", "Ola", "", "+47 22334455", "Storgata", "1"),
    ("3", "Kari", "Nordmann", "", "22334455", "Storgata", "1"),
    ("4", "Per", "Hansen", "per@hansen.no", "", "", ""),
    ("5", "Pér", "Hansen", "PER+news@hansen.no", "", "", ""),
)


def run(folder: Path, name: str, *options: str, columns: str = MAP) -> Result:
    (folder / "map.toml").write_text(columns, encoding="utf-8")
    return CliRunner().invoke(main, ["dedupe", str(folder / name), "--map", str(folder / "map.toml"), *options])


def as_csv(folder: Path, *more: str) -> str:
    lines = [",".join(row) for row in (HEADER, *ROWS)]
    (folder / "leads.csv").write_text("\n".join([*lines, *more]) + "\n", encoding="utf-8")
    return "leads.csv"


def as_xlsx(folder: Path) -> str:
    book = Workbook()
    for row in (HEADER, *ROWS):
        book.active.append(row)
    book.save(folder / "leads.xlsx")
    return "leads.xlsx"


def as_jsonl(folder: Path, *more: str) -> str:
    lines = [json.dumps(dict(zip(HEADER, row, strict=True))) for row in ROWS]
    (folder / "leads.jsonl").write_text("\n".join([*lines, *more]) + "\n", encoding="utf-8")
    return "leads.jsonl"


@pytest.mark.parametrize("write", [as_csv, as_xlsx, as_jsonl])
def test_each_person_is_one_object(tmp_path: Path, write) -> None:  # type: ignore[no-untyped-def]
    result = run(tmp_path, write(tmp_path))
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [each["ids"] for each in told] == [["1", "2"], ["4", "5"]]
    assert all(each["probability"] > 0.9 for each in told)
    reasons = {each["field"]: each for each in told[0]["pairs"][0]["reasons"]}
    assert reasons["phone"]["level"] == "same"
    assert reasons["phone"]["weight"] > 3
    assert reasons["name_order"]["level"] == "swapped"
    assert "5 records, 2 persons with several (4 records), 2 pairs kept apart" in result.stderr


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    as_csv(tmp_path)
    by_file = run(tmp_path, "leads.csv")
    words = ["dedupe", "-", "--map", str(tmp_path / "map.toml")]
    by_pipe = CliRunner().invoke(main, words, input=(tmp_path / "leads.csv").read_text(encoding="utf-8"))
    assert by_pipe.stdout == by_file.stdout
    assert len(by_pipe.stdout.splitlines()) == 2


def test_bad_rows_are_told_and_stop_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, as_csv(tmp_path, "6,,,,,,", "7,a", *(f"8{n}" for n in range(30))))
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert "line 7: nothing stands in the columns that are compared" in result.stderr
    assert "and 12 more rows that cannot be read" in result.stderr
    result = run(tmp_path, as_jsonl(tmp_path, "{", "[1]", '{"First": ["a"]}', '{"First": 7}', ""))
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert "First: is neither a text nor a number" in result.stderr
    assert "3 rows not read" in result.stderr


def test_lines_stand_for_ids_that_are_not_given(tmp_path: Path) -> None:
    result = run(tmp_path, as_csv(tmp_path), columns='[columns]\nemail = "Mail"\nname = ["First", "Last"]\n')
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["ids"], each["lines"]) for each in told] == [(["2", "3"], [2, 3]), (["5", "6"], [5, 6])]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("", "which column holds which field"),
        ("[columns]\n", "must name the column of one field"),
        ('[columns]\nid = "Id"\n', "must name the column of one field"),
        ('[columns]\nemial = "Mail"\nphone = "Phone"\n', "emial"),
        ('country = "Nowhere"\n[columns]\nphone = "Phone"\n', "is no country that is known"),
        ('[columns]\nphone = "Telephone"\n', "names columns that the file does not have"),
        ("[columns\n", "is no valid TOML"),
    ],
)
def test_a_map_that_cannot_be_used(tmp_path: Path, columns: str, said: str) -> None:
    result = run(tmp_path, as_csv(tmp_path), columns=columns)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_the_map_is_read_as_documented(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "duplicates.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    (tmp_path / "map.toml").write_text(example, encoding="utf-8")
    read = read_columns(tmp_path / "map.toml")
    assert read.country == "NO"
    assert read.columns["street"] == ("Street", "House number")
    with pytest.raises(UnusableInput):
        read_columns(tmp_path / "nothing.toml")


def test_the_example_of_the_readme() -> None:
    examples = Path(__file__).parents[2] / "docs" / "examples"
    words = ["dedupe", str(examples / "contacts.csv"), "--map", str(examples / "contacts.map.toml")]
    result = CliRunner().invoke(main, words)
    assert [json.loads(line)["ids"] for line in result.stdout.splitlines()] == [["C1", "C2"], ["C4", "C5"]]
    assert "3 pairs kept apart as households or switchboards" in result.stderr


def test_the_threshold_is_a_choice(tmp_path: Path) -> None:
    name = as_csv(tmp_path, "9,Per,Hansen,,,,")
    assert len(run(tmp_path, name, "--threshold", "0.99").stdout.splitlines()) == 2
    assert run(tmp_path, name, "--threshold", "2").exit_code == 2
