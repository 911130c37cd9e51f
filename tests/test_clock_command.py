"""`leadassay clock`: a line for each question, in their order, whatever stands in the file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector.cli import main

ROOT = Path(__file__).parents[1]
FACTS = ROOT / "tests/data/business_hours.json"
SOUND = {
    "id": "a",
    "kind": "elapsed",
    "tz": "UTC",
    "week": {"mon": [["09:00", "17:00"]]},
    "start": "2024-06-03T09:30:00Z",
    "end": "2024-06-03T10:00:00Z",
}


def ask(given: object) -> Result:
    return CliRunner().invoke(main, ["clock", "-"], input=given if isinstance(given, bytes) else json.dumps(given))


def lines(said: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.stdout.splitlines()]


def test_every_restated_fact_in_the_order_of_the_file() -> None:
    cases = json.loads(FACTS.read_text())["cases"]
    said = CliRunner().invoke(main, ["clock", str(FACTS)])
    assert said.exit_code == 0
    names = ("expected_seconds", "expected_due", "expected_open")
    assert lines(said) == [
        {"id": case["id"], "result": next(case[name] for name in names if name in case)} for case in cases
    ]


def test_a_bare_list_and_a_file_without_cases() -> None:
    assert (ask([SOUND]).stdout, ask({"cases": []}).stdout) == ('{"id": "a", "result": 1800}\n', "")
    assert ask([]).exit_code == 0


def test_a_file_that_begins_with_the_mark_of_utf_8() -> None:
    said = ask(b"\xef\xbb\xbf" + json.dumps([SOUND]).encode())
    assert (said.exit_code, lines(said)) == (0, [{"id": "a", "result": 1800}])


def test_a_bad_case_is_told_on_its_line_and_the_others_are_answered() -> None:
    bad: list[object] = [
        {**SOUND, "id": 2, "tz": "Berlin"},
        {**SOUND, "id": "never", "week": {}},
        {**SOUND, "kind": "deadline", "id": "Zürich ä"},
        {**SOUND, "pauses": [["2024-06-03T09:30:00"]]},
        "nothing",
        {"kind": "open"},
    ]
    said = ask({"cases": [SOUND, *bad, {**SOUND, "id": "z"}]})
    assert said.exit_code == 1
    told = lines(said)
    assert [each["id"] for each in told] == ["a", 2, "never", "Zürich ä", "a", None, None, "z"]
    assert [each.get("result") for each in told] == [1800, None, None, None, None, None, None, 1800]
    says = [each.get("error", "") for each in told]
    for part, error in zip(
        ("'Berlin' is not a time zone", "never open", "add_seconds: None", "pauses[0]", "a case is", "tz: missing"),
        says[1:-1],
        strict=True,
    ):
        assert part in error


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"{", "is no sound JSON"),
        (b'{"cases": {}}', "holds no list of cases"),
        (b'{"questions": []}', "holds no list of cases"),
        (b"5", "holds no list of cases"),
        (b'[{"id": "a", "id": "b"}]', "is no sound JSON"),
        (b"\xff\xfe\x00", "is no sound JSON"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_used(given: bytes, says: str) -> None:
    said = ask(given)
    assert said.exit_code == 2
    assert says in said.stderr
    assert "Traceback" not in said.output
    assert said.stdout == ""


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["clock", str(tmp_path / "absent.json")])
    assert (said.exit_code, "absent.json" in said.stderr) == (2, True)


def test_what_the_page_shows_is_what_is_answered() -> None:
    asked, answered = re.findall(r"```json\n(.*?)```", (ROOT / "docs/working-time.md").read_text(), re.DOTALL)
    said = ask(asked.encode())
    assert (said.exit_code, said.stdout) == (0, answered)
