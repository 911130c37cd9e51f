"""`leadassay check`: files of leads, whole and broken."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from connector.check_command import check_command
from connector.exports.json_lines import LONGEST_LINE

GOOD = {"id": "7", "name": "Anna Berg", "email": "anna.berg@firma.no", "phone": "22 33 44 55", "country": "Norway"}


def checked(path: Path, *words: str) -> tuple[Result, list[dict[str, object]]]:
    result = CliRunner().invoke(check_command, [str(path), *words])
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_lead_is_answered_with_all_that_was_found(tmp_path: Path):
    result, [answer] = checked(written(tmp_path, "leads.jsonl", json.dumps(GOOD)))
    assert result.exit_code == 0
    assert (answer["id"], answer["verdict"]) == ("7", "genuine")
    assert answer["phone"]["e164"] == "+4722334455"  # type: ignore[index]
    assert answer["phone"]["country"] == "NO"  # type: ignore[index]
    assert answer["email"]["normalised"] == "anna.berg@firma.no"  # type: ignore[index]
    assert {"line", "error"}.isdisjoint(answer)


def test_csv_xlsx_and_json_lines_say_the_same(tmp_path: Path):
    csv = written(tmp_path, "leads.csv", ";".join(GOOD) + "\n" + ";".join(GOOD.values()) + "\n")
    book = Workbook()
    book.active.append(list(GOOD))
    book.active.append(list(GOOD.values()))
    book.save(tmp_path / "leads.xlsx")
    said = [
        checked(path)[1] for path in (csv, tmp_path / "leads.xlsx", written(tmp_path, "a.jsonl", json.dumps(GOOD)))
    ]
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ('{"id": "1"}', "email"),
        ('{"id": "1", "email": " "}', "email"),
        ('{"id": "1", "phone": 4711}', "phone"),
        ('{"id": "1", "email": "a@b.no", "time_on_form_s": -1}', "time_on_form_s"),
        ('{"id": "1", "email": "a@b.no", "time_on_form_s": true}', "time_on_form_s"),
        ('{"id": "1", "email": "a@b.no", "submitted_at": "2026-03-02T10:00"}', "submitted_at"),
        ('{"id": "1", "email": "a@b.no", "submitted_at": "0001-01-01T00:00+14:00"}', "submitted_at"),
        ('{"id": "1", "email": "a@b.no", "name": "' + "x" * 501 + '"}', "name"),
        ("[1]", "line"),
        ("nonsense", "line"),
        ('{"id": "1", "id": "2"}', "line"),
        ('{"x": "' + "y" * LONGEST_LINE + '"}', "line"),
    ],
)
def test_a_bad_row_names_its_field_and_stops_nothing(tmp_path: Path, row: str, field: str):
    lines = [json.dumps(GOOD), row, "", json.dumps(GOOD)]
    result, answers = checked(written(tmp_path, "leads.jsonl", "\n".join(lines)))
    assert [answer.get("verdict") for answer in answers] == ["genuine", None, "genuine"]
    assert answers[1]["line"] == 2
    assert answers[1]["error"]["field"] == field  # type: ignore[index]
    assert answers[1]["error"]["reason"]  # type: ignore[index]
    assert result.exit_code == 1


def test_a_nul_in_an_address_is_no_letter(tmp_path: Path):
    lines = [
        '{"email": "kari\\u0000@firma.no"}',
        '{"email": "kari@fir\\u0000ma.no"}',
        '{"email": "a@b.no", "id": 7.0}',
    ]
    _, answers = checked(written(tmp_path, "leads.jsonl", "\n".join(lines)))
    assert [each["email"]["valid"] for each in answers] == [False, False, True]  # type: ignore[index]
    assert answers[2]["id"] == "7"


def test_a_broken_csv_row_is_told_and_the_rest_is_read(tmp_path: Path):
    text = "id,email\n1,a@firma.no\n2\n3,b@firma.no\n"
    result, answers = checked(written(tmp_path, "leads.csv", text))
    assert [answer.get("id") for answer in answers] == ["1", None, "3"]
    assert answers[1]["line"] == 3
    assert result.exit_code == 1


def test_what_is_not_read_is_told(tmp_path: Path):
    result, _ = checked(written(tmp_path, "a.jsonl", json.dumps({**GOOD, "utm": "x"})))
    assert "utm" in result.stderr
    assert "1 genuine" in result.stderr


def test_a_file_without_a_known_column_is_refused(tmp_path: Path):
    result, answers = checked(written(tmp_path, "leads.csv", "Navn,E-post\nx,y\n"))
    assert (result.exit_code, answers) == (2, [])
    assert "no column has a name that is known" in result.stderr


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path):
    """A pipe gives its rows once, and what the leads say of one another needs them twice."""
    rows = [
        {**GOOD, "id": f"{n}", "email": f"p{n}@firma.no", "phone": f"+47 2233 44{n:02}", "message": "Call me please",
         "submitted_at": f"2026-03-02T12:{n:02}:00Z"}
        for n in range(5)
    ]  # fmt: skip
    text = "\n".join(map(json.dumps, rows))
    _, by_file = checked(written(tmp_path, "a.jsonl", text))
    by_input = CliRunner().invoke(check_command, ["-"], input=text)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(text,))
    writer.start()
    _, by_pipe = checked(pipe)
    writer.join()
    assert [json.loads(line) for line in by_input.stdout.splitlines()] == by_file == by_pipe
    assert len(by_file) == 5
    assert any(each["classes"] for each in by_file)
    empty = CliRunner().invoke(check_command, ["-"], input="")
    assert (empty.exit_code, empty.stderr.startswith("Error: the standard input: is empty")) == (2, True)


def test_an_encoding_can_be_named(tmp_path: Path):
    path = tmp_path / "leads.csv"
    path.write_bytes("name,email\nÅse Ødegård,a@firma.no\n".encode("cp1252"))
    result, [answer] = checked(path)
    assert answer["error"] == {
        "field": "name",
        "reason": "is not valid utf-8; name the right `encoding`, or in a map a `fallback_encoding`",
    }
    result, [answer] = checked(path, "--encoding", "windows-1252")
    assert (result.exit_code, "error" in answer) == (0, False)
    assert checked(path, "--encoding", "klingon")[0].exit_code == 2


def test_a_country_that_nobody_knows_is_refused(tmp_path: Path):
    result, _ = checked(written(tmp_path, "a.jsonl", ""), "--country", "Narnia")
    assert result.exit_code == 2
    assert "Narnia" in result.stderr


def test_the_other_leads_of_a_file_speak(tmp_path: Path):
    """Twenty of one afternoon with the same words, and one with words of his own."""
    rows = [
        {**GOOD, "id": str(n), "email": f"p{n}@firma.no", "phone": f"+47 2233 44{n:02}", "message": "Call me please",
         "submitted_at": f"2026-03-02T12:{n:02}:00Z"}
        for n in range(20)
    ]  # fmt: skip
    rows.append({**rows[0], "id": "other", "message": "We need a quote for 40 windows"})
    _, answers = checked(written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows))))
    codes = [
        {reason["code"] for each in answer["classes"] for reason in each["reasons"]}  # type: ignore[attr-defined,index]
        for answer in answers
    ]
    assert ["identical_burst" in each for each in codes] == [False] * 2 + [True] * 18 + [False]
    without = [{name: value for name, value in row.items() if name != "submitted_at"} for row in rows]
    _, answers = checked(written(tmp_path, "b.jsonl", "\n".join(map(json.dumps, without))))
    assert all("neighbours" in answer["not_looked_at"] for answer in answers)  # type: ignore[operator]
