"""What is said can be translated: every template and word is a literal in its place, and the list holds them all."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from audits.engine import audit
from audits.lead_rule import LeadRule
from audits.model.case import LeadCase
from audits.model.said import Count, Listed, Said, Term, Value
from audits.owner_rule import OwnerRule
from audits.reports.literals import literals, places, says_something, source_files
from audits.rulebook import OWNER_RULES, RULES
from tests.rules.case_files import RuleCase, read_cases

CASES = read_cases()
LISTED = literals()
BY_KIND = {kind: {each.text for each in LISTED if each.kind == kind} for kind in {each.kind for each in LISTED}}
#: said.py itself builds sentences of sentences and reads them back; causes, verdicts and meanings are passed on.
PASSED_ON = {
    ("audits/class_rule.py", "Term"),
    ("audits/lead_rule.py", "Term"),
    ("audits/model/said.py", "Said"),
    ("audits/model/said.py", "Term"),
    ("audits/rules/pseudo_lead/pl001_unreachable_contact_data.py", "Term"),
    ("audits/scores.py", "ScorePart"),
    ("audits/scores.py", "Term"),
}


@pytest.mark.parametrize("file", source_files(), ids=lambda file: str(file.name))
def test_templates_are_literals(file: Path) -> None:
    for place in places(file):
        if place.text is None and place.call not in ("Judged", "not_looked_at"):
            assert (place.file, place.call) in PASSED_ON, f"{place.file}:{place.line}: {place.call} of no literal"
        if place.text is not None and place.kind == "template":
            names = [name for _, name, spec, conversion in string.Formatter().parse(place.text) if name is not None]
            assert all(name.isidentifier() for name in names), f"{place.file}:{place.line}: names that are no names"


def test_an_f_string_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audits.reports.literals.ROOT", tmp_path / "audits")
    file = tmp_path / "audits" / "made.py"
    file.parent.mkdir()
    file.write_text('say(f"Lead {lead_id}."); say("Lead {name}.", name=1); Judged(a, b, "is a note")')
    assert [each.text for each in places(file)] == [None, "Lead {name}.", "is a note"]


@pytest.mark.parametrize("written", CASES, ids=str)
def test_all_that_is_said_is_listed(written: RuleCase) -> None:
    judged = audit(written.case, written.policy)
    said = [*(each.said for each in judged.findings), judged.note]
    said += [part.why for score in (judged.quality, judged.handling) for part in score.parts]
    causes = _causes(written.case)
    for kind, text in (each for one in said for each in _words(one)):
        assert text in BY_KIND[kind] or text in causes, f"{kind} {text!r} is not in the list"
    names = {part.name for score in (judged.quality, judged.handling) for part in score.parts}
    assert names <= BY_KIND["term"]


@pytest.mark.parametrize("rule", [*RULES, *OWNER_RULES], ids=lambda rule: rule.info.rule_id)
def test_the_words_of_a_rule_are_listed(rule: LeadRule | OwnerRule) -> None:
    info = rule.info
    assert info.title in BY_KIND["title"]
    assert info.question in BY_KIND["question"]
    assert {meaning for _, meaning in info.reasons} <= BY_KIND["reason"]
    path = f"{rule.judge.__module__.replace('.', '/')}.py"
    assert any(each.where.startswith(f"{path}:") for each in LISTED), "no sentence of its own"


def test_each_text_stands_once() -> None:
    assert len({(each.kind, each.text) for each in LISTED}) == len(LISTED)
    assert all(each.plural for each in LISTED if each.kind == "noun")
    assert all(each.text.strip() for each in LISTED)


def _causes(case: LeadCase) -> set[str]:
    """What the CRM's adapter says of facts that it does not show: given words, with and without their full stop."""
    given = {cause for _, cause in case.coverage.missing}
    return given | {cause.rstrip(".") for cause in given}


def _words(value: Value) -> Iterator[tuple[str, str]]:
    match value:
        case Said():
            if says_something(value.template):
                yield "template", value.template
            for _, each in value.values:
                yield from _words(each)
        case Listed():
            for each in value.items:
                yield from _words(each)
        case Term():
            yield "term", value.word
        case Count():
            yield "noun", value.noun
        case _:
            return
