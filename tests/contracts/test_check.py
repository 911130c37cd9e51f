"""What is wrong with a contract before it is signed: each code, and what looks like it and is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from audits.contracts.check import Problem, ProblemCode, Severity, check
from audits.contracts.check_words import Kind, mentions
from audits.model.contract import Contract
from connector.contracts.contract_file import read_contract_texts, read_contracts
from tests.contracts.any_contract import contracts

HEAD = """\
contract: acme
vendor: acme
version: 1
valid_from: 2026-01-01
timezone: Europe/Berlin
currency: EUR
"""
PRICE = "pricing: {price: 25.00}\n"


def found(text: str) -> list[tuple[str, str, str]]:
    """(severity, code, place) of all that is wrong; a price is filled in where none is told."""
    whole = HEAD + ("" if "pricing:" in text else PRICE) + text + "\n"
    return [(each.severity.value, each.code.value, each.place) for each in check(read_contracts(whole, "x"))]


CASES: list[dict[str, str]] = yaml.safe_load(Path(__file__).with_name("check_cases.yml").read_text())
ERRORS, WARNINGS = (
    [(each["text"], each["code"], each["place"]) for each in CASES if each["severity"] == severity]
    for severity in ("error", "warning")
)
FINE = [each["text"] for each in CASES if each["severity"] == "fine"]


@pytest.mark.parametrize(("text", "code", "place"), ERRORS)
def test_a_contradiction_is_found_where_it_stands(text: str, code: str, place: str) -> None:
    assert ("error", code, place) in found(text)


@pytest.mark.parametrize(("text", "code", "place"), WARNINGS)
def test_what_cannot_be_tested_or_has_no_effect_is_a_warning(text: str, code: str, place: str) -> None:
    told = found(text)
    assert ("warning", code, place) in told
    assert not [each for each in told if each[0] == "error"]


@pytest.mark.parametrize("text", FINE)
def test_what_looks_alike_and_is_right_is_not_flagged(text: str) -> None:
    assert found(text) == []


def versions(*told: str) -> list[Problem]:
    """Problems of several versions, each written as the lines in which it differs."""
    texts = []
    for each in told:
        own = dict(line.split(": ", 1) for line in each.split("; "))
        head = dict(line.split(": ", 1) for line in (HEAD + PRICE).splitlines())
        texts.append("\n".join(f"{name}: {value}" for name, value in (head | own).items()))
    read = read_contract_texts("\n---\n".join(texts), "x", are_apart=False)
    return check([each.contract for each in read])


VERSIONS: list[tuple[list[str], list[tuple[str, str, str, int | None]]]] = [
    (["version: 1", "version: 2; valid_from: 2026-07-01"], [("error", "versions_overlap", "valid_from", 0)]),
    (
        ["version: 1; valid_to: 2026-06-30", "version: 1; valid_from: 2026-07-01"],
        [("error", "version_twice", "version", 0)],
    ),
    (
        ["version: 1; valid_to: 2026-06-29", "version: 2; valid_from: 2026-07-01"],
        [("warning", "version_gap", "valid_from", None)],
    ),
    (
        ["version: 2; valid_to: 2026-06-30", "version: 1; valid_from: 2026-07-01"],
        [("warning", "version_order", "version", 0)],
    ),
    (
        ["version: 1; valid_to: 2026-06-30", "version: 2; valid_from: 2026-07-01; vendor: other"],
        [("error", "vendor_changes", "vendor", 0)],
    ),
    (["contract: a", "contract: b"], [("error", "contracts_compete", "match", 0)]),
    (["version: 1; valid_to: 2026-06-30", "version: 2; valid_from: 2026-07-01"], []),
    (["version: 2; valid_from: 2026-07-01", "version: 1; valid_to: 2026-06-30"], []),
    (["contract: a", "contract: b; vendor: other"], []),
    (["contract: a", "contract: b; match: [{field: c, op: eq, value: DE}]"], []),
    (["contract: a; valid_to: 2026-06-30", "contract: b; valid_from: 2026-07-01"], []),
    (
        [
            "valid_to: 2026-01-31",
            "version: 3; valid_from: 2026-03-01",
            "version: 2; valid_from: 2026-02-01; valid_to: 2026-02-28",
        ],
        [],
    ),
]


@pytest.mark.parametrize(("told", "expected"), VERSIONS)
def test_versions_are_held_against_one_another(
    told: list[str], expected: list[tuple[str, str, str, int | None]]
) -> None:
    problems = versions(*told)
    assert [(each.severity.value, each.code.value, each.place, each.other) for each in problems] == expected
    assert {each.position for each in problems} <= {1}


def test_every_code_has_a_case() -> None:
    shown = {code for _, code, _ in ERRORS + WARNINGS} | {each[1] for _, expected in VERSIONS for each in expected}
    assert {code.value for code in ProblemCode} == shown


@given(contract=contracts())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_contract_can_be_checked_and_every_problem_has_a_place_and_a_sentence(contract: Contract) -> None:
    for each in check([contract]):
        at: Any = contract
        for part in each.place.split("."):
            if isinstance(at, dict):
                # A key may hold points.
                break
            at = at[int(part)] if isinstance(at, tuple) else getattr(at, part)
        assert each.severity in Severity
        assert each.sentence.endswith(".")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("within forty-five (45) days", [(Kind.SPAN, 45 * 86_400)]),
        ("7 bis 14 Tage", [(Kind.SPAN, 14 * 86_400)]),
        ("30-tägige Frist", [(Kind.SPAN, 30 * 86_400)]),
        ("zwei dokumentierte Anrufversuche", [(Kind.ATTEMPTS, 2)]),
        ("10 % of the leads", [(Kind.PERCENT, 10)]),
        ("EUR 25.00", [(Kind.MONEY, 25)]),
        ("sold to 3 buyers", [(Kind.BUYERS, 3)]),
        ("60 km", [(Kind.KM, 60)]),
        ("no number of days", []),
        ("phase 2 leadership", []),
        ("24/7", []),
        ("clause 4.2", []),
    ],
)
def test_numbers_with_units_are_seen_in_words(text: str, expected: list[tuple[Kind, int]]) -> None:
    assert [(each.kind, *map(int, each.values)) for each in mentions(text)] == expected
