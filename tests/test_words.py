"""One meaning, one spelling: docs/words.md and the code say the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("audits", "connector", "webhooks")
#: A return is creditable, a lead is payable: contracts mix the two, names do not.
UNWANTED = ("scrub_", "violation", "sla_", "first_response", "creditable_lead", "lead_creditable")
#: connector.storage scrubs freed pages of the file: another trade's word, kept out of the names of leads.
ALLOWED = {"scrub"}


def names_in_code() -> set[str]:
    """Every name that is defined or bound in the three packages."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    found.add(node.name)
                elif isinstance(node, ast.Name):
                    found.add(node.id)
                elif isinstance(node, ast.arg):
                    found.add(node.arg)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    found.add(node.target.id)
    return found


def words_of_the_table() -> list[str]:
    rows = [line for line in (ROOT / "docs/words.md").read_text().splitlines() if line.startswith("| ")]
    return [name for row in rows[1:] for name in re.findall(r"`([A-Za-z_]+)`", row.split("|")[3])]


def test_the_table_names_what_exists():
    names = names_in_code()
    missing = [word for word in words_of_the_table() if word not in names]
    assert len(words_of_the_table()) > 25
    assert missing == []


@pytest.mark.parametrize("word", UNWANTED)
def test_words_with_other_meanings_are_not_used(word):
    assert [name for name in names_in_code() - ALLOWED if word in name.lower()] == []


def test_times_and_spans_are_spelt_as_agreed():
    """A field annotated as datetime ends in _at or says from or until when, unless it is a stated exception."""
    wrong = []
    for path in (ROOT / "audits/model").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                for field in node.body:
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                        annotation = ast.unparse(field.annotation)
                        name = field.target.id
                        if re.fullmatch(r"datetime( \| None)?", annotation) and not re.search(
                            r"(_at|_since|_from|^at|^since|^as_of|^until)$", name
                        ):
                            wrong.append(f"{path.name}: {node.name}.{name}")
    assert wrong == []
