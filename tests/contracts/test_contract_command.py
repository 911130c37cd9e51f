"""`leadassay contract`: file and line of all that is wrong, and exit codes that tools can rely on."""

from __future__ import annotations

import json
import re
from pathlib import Path

from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings

from audits.model.contract import Contract
from connector.cli import main
from connector.contracts.contract_file import read_contracts
from connector.contracts.contract_words import in_words
from tests.contracts.any_contract import contracts

HEAD = """\
contract: acme
vendor: acme
version: 1
valid_from: 2026-01-01
timezone: Europe/Berlin
currency: EUR
pricing: {price: 25.00}
"""
DUPLICATE = (
    "A duplicate has the same phone number or e-mail address as a record within 30 days before, among this vendor's "
    "leads. It may be returned."
)
BAD = f"""\
{HEAD}duplicates:
  - window: P30D
    title: Duplicates within 30 days
    says: A lead is a duplicate when it came within 45 days.
returns:
  window: {{not_before: P10D, until: P7D}}
  reasons: [NO_ANSWER, MINOR]
not_creditable: [NO_ANSWER]
"""


def run(*told: object) -> Result:
    return CliRunner().invoke(main, ["contract", *map(str, told)])


def file_of(folder: Path, text: str, name: str = "acme.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_nothing_wrong_is_nothing_said(tmp_path: Path) -> None:
    said = run("check", file_of(tmp_path, HEAD))
    assert (said.exit_code, said.stdout) == (0, "")
    assert said.stderr == "1 version checked: 0 contradictions, 0 warnings\n"


def test_contradictions_and_warnings_are_told_by_line(tmp_path: Path) -> None:
    path = file_of(tmp_path, BAD)
    said = run("check", path)
    assert said.exit_code == 1
    lines = said.stdout.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        [f"{path}:11", "error duplicates.0.says"],
        [f"{path}:13", "error returns.window"],
        [f"{path}:14", "error returns.reasons.0"],
        [f"{path}:14", "warning returns.reasons.1"],
    ]
    assert lines[0].endswith(
        'It says "45 days", the figures of the clause say 30 days. Agree on one number, and write it in both places.'
    )
    assert said.stderr == "1 version checked: 3 contradictions, 1 warning\n"


def test_warnings_alone_are_no_failure(tmp_path: Path) -> None:
    said = run("check", file_of(tmp_path, HEAD + "exclusivity: {kind: exclusive}\n"))
    assert said.exit_code == 0
    assert ":8: warning exclusivity: " in said.stdout


def test_the_same_as_json(tmp_path: Path) -> None:
    path = file_of(tmp_path, BAD)
    said = run("check", "--json", path)
    told = [json.loads(line) for line in said.stdout.splitlines()]
    assert said.exit_code == 1
    assert said.stderr == ""
    assert told[1] == {
        "file": str(path),
        "line": 13,
        "severity": "error",
        "code": "window_ends_before_start",
        "contract": "acme",
        "version": 1,
        "place": "returns.window",
        "says": "The window ends before it begins (not_before P10D, until P7D).",
        "do": "Let until be later than not_before, counted in the same kind of days.",
    }


def test_what_cannot_be_read_is_told_of_all_files_and_nothing_is_checked(tmp_path: Path) -> None:
    first = file_of(tmp_path, BAD.replace("version: 1", "version: x"), "a.yaml")
    second = file_of(tmp_path, "a: {", "b.yaml")
    said = run("check", first, second)
    assert said.exit_code == 2
    lines = said.stdout.splitlines()
    assert lines[0] == f"{first}:3: unreadable version: 'x' is no whole number"
    assert lines[1].startswith(f"{second}:1: unreadable: is no YAML")
    assert len(lines) == 2
    said = run("check", "--json", first)
    assert said.exit_code == 2
    assert json.loads(said.stdout) == {
        "file": str(first),
        "line": 3,
        "column": 10,
        "severity": "unreadable",
        "place": "version",
        "says": "'x' is no whole number",
    }
    assert run("check", tmp_path / "none.yaml").exit_code == 2


def test_versions_in_several_files_are_held_against_one_another(tmp_path: Path) -> None:
    first = file_of(tmp_path, HEAD, "first.yaml")
    second = file_of(
        tmp_path, "\n" + HEAD.replace("version: 1", "version: 2").replace("-01-01", "-07-01"), "second.yaml"
    )
    said = run("check", first, second)
    assert said.exit_code == 1
    assert said.stdout.startswith(f"{second}:5: error valid_from: Versions 1 and 2 both hold on 2026-07-01.")
    assert said.stdout.rstrip().endswith(f"(against {first}:4)")
    told = json.loads(run("check", "--json", first, second).stdout)
    assert (told["file"], told["line"], told["other_file"], told["other_line"]) == (str(second), 5, str(first), 4)


def test_tidy_gives_the_same_meaning(tmp_path: Path) -> None:
    told = f"{HEAD}valid_to: 2026-06-30\n---\n{BAD.replace('version: 1', 'version: 2').replace('-01-01', '-07-01')}"
    said = run("tidy", file_of(tmp_path, told))
    assert said.exit_code == 0
    assert read_contracts(said.stdout, "x") == read_contracts(told, "x")


def test_show_says_what_each_clause_means_and_where_it_stands(tmp_path: Path) -> None:
    said = run("show", file_of(tmp_path, BAD))
    assert said.exit_code == 0
    words = " ".join(re.sub("[│┃]", " ", said.stdout).split())
    assert "acme, version 1" in words
    for part in (
        "7 pricing Price: 25.00 EUR a lead.",
        "13 returns.window Returns are claimed within 7 days after delivery, not before 10 days after it.",
        "15 not_creditable Never credited: no answer.",
    ):
        assert all(word in words for word in part.split()), part
    (contract,) = read_contracts(BAD, "x")
    assert ("duplicates.0", "", DUPLICATE) in in_words(contract)


@given(contract=contracts())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_contract_can_be_said_in_words(contract: Contract) -> None:
    said = in_words(contract)
    assert all(words.endswith(".") and "None" not in words.split() for _, _, words in said)
    assert len(said) >= 3 + len(contract.filters) + len(contract.duplicates) + len(contract.duties)


def test_the_schema_is_json() -> None:
    said = run("schema")
    assert said.exit_code == 0
    assert json.loads(said.stdout)["properties"]["pricing"] == {"$ref": "#/$defs/Pricing"}
