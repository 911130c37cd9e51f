"""All words of ours that findings, notes, scores and rules may say: what a translation must know.

`python -m audits.reports.literals` prints them as JSON. Sentences are found in the source, where each template and
word is a literal in its place (see PLACES); titles, questions and meanings come from the rules themselves.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import audits
from audits.model.said import NOUNS, template_names
from audits.rule import RuleInfo
from audits.rulebook import OWNER_RULES, RULES
from audits.truth.weights import WEIGHTS

ROOT = Path(audits.__file__).parent

#: Call → place of the argument that is a literal for a person, and what kind of text it is.
PLACES: Mapping[str, tuple[int, str]] = {
    "say": (0, "template"),
    "Said": (0, "template"),
    "Term": (0, "term"),
    "phrase": (0, "term"),
    "Judged": (2, "term"),
    "not_looked_at": (0, "term"),
    "ScorePart": (0, "term"),
}


@dataclass(frozen=True, slots=True)
class Literal:
    """One text in English. `kind`: template, term, noun, or what it is of a rule; `plural`: of a noun, else "".

    `where`: the file and line in which it stands first, or the id of its rule.
    """

    text: str
    kind: str
    where: str
    plural: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One call of PLACES: the file, the line, and the text there, None where it is no literal."""

    file: str
    line: int
    call: str
    kind: str
    text: str | None


def literals() -> tuple[Literal, ...]:
    """Each text once, by kind and text. Reads the source of this package."""
    found: dict[tuple[str, str], Literal] = {}
    infos = [*(rule.info for rule in RULES), *(rule.info for rule in OWNER_RULES)]
    for each in (*_in_source(), *_nouns(), *_weights(), *(text for info in infos for text in _of_rule(info))):
        found.setdefault((each.kind, each.text), each)
    return tuple(found[key] for key in sorted(found))


def places(file: Path) -> Iterator[Place]:
    """All calls of PLACES in one file of Python."""
    name = file.relative_to(ROOT.parent).as_posix()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in PLACES:
            continue
        index, kind = PLACES[node.func.id]
        if len(node.args) <= index:
            continue
        argument = node.args[index]
        is_literal = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        yield Place(name, node.lineno, node.func.id, kind, ast.literal_eval(argument) if is_literal else None)


def source_files() -> list[Path]:
    """All files of this package, in order."""
    return sorted(ROOT.rglob("*.py"))


def says_something(template: str) -> bool:
    """Whether a template holds more than names and spaces."""
    return bool(template.format_map(dict.fromkeys(template_names(template), "")).strip())


def _in_source() -> Iterator[Literal]:
    for file in source_files():
        for place in places(file):
            if place.text is not None and says_something(place.text):
                yield Literal(place.text, place.kind, f"{place.file}:{place.line}")


def _nouns() -> Iterator[Literal]:
    for one, many in NOUNS.items():
        yield Literal(one, "noun", "audits/model/said.py", many)


def _weights() -> Iterator[Literal]:
    for code, each in WEIGHTS.items():
        yield Literal(each.meaning, "term", f"audits/truth/weights.py:{code}")


def _of_rule(info: RuleInfo) -> Iterator[Literal]:
    yield Literal(info.title, "title", info.rule_id)
    yield Literal(info.question, "question", info.rule_id)
    yield Literal(info.why_it_matters, "why", info.rule_id)
    for _, meaning in info.reasons:
        yield Literal(meaning, "reason", info.rule_id)
    for measure in info.measures:
        yield Literal(measure.meaning, "measure", info.rule_id)
    for default in info.defaults:
        yield Literal(default.figure, "figure", info.rule_id)
        yield Literal(default.source, "source", info.rule_id)


if __name__ == "__main__":
    json.dump([asdict(each) for each in literals()], sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
