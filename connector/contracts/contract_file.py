"""A contract as YAML text ⇄ the model: every mistake with its line, in words for a person; nothing half-read."""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path as FilePath
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from audits.contracts.plain import value_text
from audits.model.contract import Clause, Comparison, Contract, Need, Operator, Reason
from connector.contracts.yaml_nodes import MOST_CHARACTERS, Document, Mark, Path, read_documents
from connector.errors import LeadAssayError

_OTHER_BREAKS: Final = re.compile("[\x85\u2028\u2029\r]")
#: Mistakes told one by one; whoever made more did not write a contract.
_MOST_TOLD: Final = 500
#: A line of a written file is not made longer than this where it can be helped.
_WIDTH: Final = 100


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What cannot be read, at `line` and `column` (from 1). `place`: its path in the contract (returns.window.until),
    "" for the whole."""

    line: int
    column: int
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.line}: {self.place}: {self.reason}" if self.place else f"{self.line}: {self.reason}"


class ContractFileError(LeadAssayError):
    """The file holds no contract that can be used; `problems` are all that were found, by line."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{name}:{each}" for each in problems))
        self.name = name
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class ContractText:
    """A contract with the text that it was read from."""

    contract: Contract
    name: str
    document: Document

    def line_of(self, place: str) -> int:
        """The line (from 1) of a place such as returns.window, or of the nearest thing around it that is written."""
        return self.document.mark_of(_path(place, self.document.data)).line


def read_contracts(text: str, name: str) -> list[Contract]:
    """All contracts in `text`, in its order; `name` is what the file is called in messages.

    Raises ContractFileError with every problem: then nothing is read.
    """
    return [each.contract for each in read_contract_texts(text, name)]


def read_contract_texts(text: str, name: str, *, are_apart: bool = True) -> list[ContractText]:
    """The same with the lines of each. `are_apart` False: versions that overlap are left to whoever checks them.

    Raises ContractFileError."""
    documents, faults = read_documents(text)
    problems = [Problem(each.mark.line, each.mark.column, _place(each.path), each.reason) for each in faults]
    read: list[ContractText] = []
    for document in documents:
        if not isinstance(document.data, dict):
            mark = document.values[()]
            problems.append(Problem(mark.line, mark.column, "", "is no contract; write lines such as vendor: acme"))
            continue
        try:
            read.append(ContractText(Contract.model_validate(document.data), name, document))
        except ValidationError as error:
            problems += _problems(error, document)
    if are_apart:
        problems += _overlaps(read)
    if not documents and not problems:
        problems.append(Problem(1, 1, "", "holds no contract"))
    if problems:
        told = sorted(set(problems))
        if len(told) > _MOST_TOLD:
            last = told[_MOST_TOLD - 1]
            told[_MOST_TOLD:] = [Problem(last.line, last.column, "", f"and {len(told) - _MOST_TOLD} more mistakes")]
        raise ContractFileError(name, told)
    return read


def load_contracts(path: FilePath, *, are_apart: bool = True) -> list[ContractText]:
    """The contracts in the file at `path` (UTF-8), as by `read_contract_texts`. Raises ContractFileError, OSError."""
    with path.open("rb") as file:
        # A character has four bytes at most: more cannot be read anyhow, and need not be held.
        raw = file.read(4 * MOST_CHARACTERS + 1)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise ContractFileError(
            str(path), [Problem(line, column, "", "is not written in UTF-8; save it as UTF-8 text")]
        ) from None
    return read_contract_texts(text, str(path), are_apart=are_apart)


def contract_of(data: Mapping[str, Any]) -> Contract | list[Problem]:
    """The contract that plain data (texts, lists, mappings) describe, as a form gives them; or all that is wrong, in
    the order of the contract, with no line to speak of."""
    try:
        return Contract.model_validate(data)
    except ValidationError as error:
        return list(_problems(error, Document(dict(data), {(): Mark(1, 1)}, {})))


def _path(place: str, data: Any) -> Path:
    """The path of a place as far as the data have it; a key may hold points itself."""
    parts = place.split(".") if place else []
    path: list[str | int] = []
    while parts:
        if isinstance(data, list) and parts[0].isdecimal() and int(parts[0]) < len(data):
            taken, key = 1, int(parts[0])
            data = data[key]
            path.append(key)
        elif isinstance(data, dict):
            taken = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in data), 0)
            if not taken:
                break
            name = ".".join(parts[:taken])
            data = data[name]
            path.append(name)
        else:
            break
        parts = parts[taken:]
    return tuple(path)


def _place(path: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in path)


# Versions


def _overlaps(read: Sequence[ContractText]) -> Iterator[Problem]:
    for index, later in enumerate(read):
        for earlier in read[:index]:
            said = _said_overlap(earlier, later)
            if said:
                mark = later.document.mark_of(("valid_from",))
                yield Problem(mark.line, mark.column, "valid_from", said)


def _said_overlap(one: ContractText, other: ContractText) -> str:
    """How two versions of one contract get into each other's way, naming the line of the first; "" = they do not."""
    a, b = one.contract, other.contract
    if a.contract != b.contract:
        return ""
    line = one.line_of("valid_from")
    at = f"line {line}"
    if a.version == b.version:
        return f"version {a.version} of {a.contract} stands twice, first at {at}; a change is a new version"
    if a.valid_from <= (b.valid_to or date.max) and b.valid_from <= (a.valid_to or date.max):
        first = min(a, b, key=lambda each: each.valid_from)
        return (
            f"version {b.version} overlaps version {a.version} ({at}): both hold on "
            f"{max(a.valid_from, b.valid_from)}; "
            f"end version {first.version} with valid_to"
        )
    return ""


# Mistakes in words


def _problems(error: ValidationError, document: Document) -> Iterator[Problem]:
    for each in error.errors(include_url=False):
        places = each.get("ctx", {}).get("places") if each["type"] == "amount" else None
        if places:
            for place in places:
                mark = document.mark_of(_path(place, document.data))
                reason = each["msg"].split(": ", 1)[-1]
                yield Problem(mark.line, mark.column, place, f"has {reason}")
            continue
        path = _real_path(each["loc"], document.data)
        yield Problem(*_where(each, path, document), _place(path), _reason(each, path, document))


def _real_path(loc: tuple[str | int, ...], data: Any) -> Path:
    """The path without what pydantic adds to it: the branches of a choice, the key of a mapping."""
    path: list[str | int] = []
    for index, part in enumerate(loc):
        is_last = index == len(loc) - 1
        if part == "[key]":
            break
        if isinstance(data, dict):
            if part not in data and not is_last:
                break
            data = data.get(str(part))
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            # A text that stands for a list or a mapping (phone, attempts>=2).
            break
        path.append(part)
    return tuple(path)


def _where(error: ErrorDetails, path: Path, document: Document) -> tuple[int, int]:
    mark: Mark | None = document.keys.get(path) if error["type"] == "extra_forbidden" else None
    mark = mark or document.mark_of(path)
    return mark.line, mark.column


def _quoted(value: object) -> str:
    shown = str(value)
    return repr(shown if len(shown) <= 60 else shown[:57] + "…")


def _choices(error: ErrorDetails) -> str:
    return str(error.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ")


def _enum(error: ErrorDetails) -> str:
    known = _choices(error).split(", ")
    near = difflib.get_close_matches(str(error["input"]), known, 1, 0.6)
    if near:
        return f"{_quoted(error['input'])} is not known; did you mean {near[0]}?"
    if len(known) > 12:
        return f"{_quoted(error['input'])} is no code of the list in docs/contracts.md"
    return f"{_quoted(error['input'])} is not known; write {', '.join(known[:-1])} or {known[-1]}"


def _number(error: ErrorDetails) -> str:
    given = str(error["input"])
    if re.fullmatch(r"\d+,\d+", given.strip()):
        return f"{_quoted(given)} is no number; write a point: {given.strip().replace(',', '.')}"
    if re.match(r"[\d.,]+\s*(%|[A-Za-z€$£]+)\s*$", given.strip()):
        return f"{_quoted(given)} is no number; leave the unit out"
    return f"{_quoted(given)} is no number"


def _limit(words: str, name: str) -> Callable[[ErrorDetails], str]:
    return lambda error: f"{_quoted(error['input'])} {words} {error.get('ctx', {}).get(name)}"


def _own_words(error: ErrorDetails) -> str:
    return error["msg"].removeprefix("Value error, ")


#: What is said for each kind of mistake. What is not here is in our own words already, or in the library's.
_WORDS: Mapping[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda error: "is missing" if error["msg"] == "Field required" else error["msg"],
    "enum": _enum,
    "int_parsing": lambda error: _number(error).replace("is no number", "is no whole number"),
    "int_parsing_size": lambda error: f"{_quoted(error['input'])} is too large",
    "int_from_float": lambda error: f"{_quoted(error['input'])} is no whole number",
    "decimal_parsing": _number,
    "decimal_type": _number,
    "finite_number": _number,
    "bool_parsing": lambda error: f"{_quoted(error['input'])} is neither true nor false",
    "date_parsing": lambda error: f"{_quoted(error['input'])} is no date; write 2026-03-31",
    "date_from_datetime_parsing": lambda error: f"{_quoted(error['input'])} is no date; write 2026-03-31",
    "date_from_datetime_inexact": lambda error: f"{_quoted(error['input'])} is no date; write 2026-03-31",
    "date_type": lambda error: "is no date; write 2026-03-31",
    "time_parsing": lambda error: f"{_quoted(error['input'])} is no time of day; write 17:00",
    "time_type": lambda error: "is no time of day; write 17:00",
    "greater_than_equal": _limit("is less than", "ge"),
    "less_than_equal": _limit("is more than", "le"),
    "string_too_short": lambda error: "stands there empty; write a value",
    "too_short": lambda error: "needs one value at least",
    "too_long": lambda error: f"has more than {error.get('ctx', {}).get('max_length')} values",
    "value_error": _own_words,
}
_SHAPES: Mapping[str, str] = {
    "string_type": "one text",
    "int_type": "one whole number",
    "bool_type": "true or false",
    "tuple_type": "a list: [a, b]",
    "mapping_type": "a mapping: {name: value}",
    "dict_type": "a mapping: {name: value}",
    "model_type": "a mapping: {name: value}",
    "model_attributes_type": "a mapping: {name: value}",
}


def _reason(error: ErrorDetails, path: Path, document: Document) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        known = sorted(_names_at(path[:-1]))
        near = difflib.get_close_matches(str(path[-1]), known, 1, 0.6)
        listed = f"known here: {', '.join(known)}" if len(known) <= 12 else "docs/contracts.md names all that are"
        return f"is not known; {f'did you mean {near[0]}?' if near else listed}"
    if error["input"] is None and kind != "missing":
        return "stands there without a value; write one, or leave the line out"
    if kind == "missing" and path == ("timezone",):
        return f"is missing{_needs_zone(document.data)}; write one such as Europe/Berlin"
    if kind in _SHAPES:
        return f"must be {_SHAPES[kind]}"
    return _WORDS.get(kind, _own_words)(error)


def _needs_zone(data: Any) -> str:
    """Why a contract without a zone cannot be judged, if it has caps."""
    capped = []
    for place in (("volume", "caps"), ("returns", "cap"), ("returns", "tolerance")):
        at = data
        for part in place:
            at = at.get(part) if isinstance(at, dict) else None
        if at:
            capped.append(".".join(place))
    return f": nobody knows when the day or month of {' and of '.join(capped)} begins" if capped else ""


def _names_at(path: Path) -> set[str]:
    """The fields that are known there."""
    at: Any = Contract
    for part in path:
        if isinstance(part, int):
            continue
        if isinstance(at, type) and issubclass(at, BaseModel):
            found = at.model_fields.get(str(part))
            at = _model_in(found.annotation) if found is not None else None
        elif at is None:
            return set()
    return set(at.model_fields) if isinstance(at, type) and issubclass(at, BaseModel) else set()


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside of lists, choices and notes."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (typing.Annotated, typing.Union, types.UnionType, tuple):
        return next(filter(None, map(_model_in, typing.get_args(annotation))), None)
    return None


# Writing


def write_contract(contract: Contract) -> str:
    """The contract as YAML text that `read_contracts` reads as an equal one: what has its default is left out."""
    return str(
        yaml.serialize(
            _mapping(contract), Dumper=yaml.BaseDumper, allow_unicode=True, width=_WIDTH, explicit_start=False
        )
    )


def write_contracts(contracts: Sequence[Contract]) -> str:
    """Several, one document each."""
    return "---\n".join(write_contract(each) for each in contracts)


def _mapping(clause: Clause) -> yaml.MappingNode:
    pairs: list[tuple[yaml.Node, yaml.Node]] = []
    fields = type(clause).model_fields
    # Number, title and words of the whole come after what it is called.
    names = (
        [*(n for n in fields if n not in Clause.model_fields), *Clause.model_fields] if _is_whole(clause) else fields
    )
    for name in names:
        value = getattr(clause, name)
        if not fields[name].is_required() and value == fields[name].get_default(call_default_factory=True):
            continue
        if isinstance(clause, Comparison) and name == "value" and clause.op not in (Operator.IN, Operator.NOT_IN):
            value = value[0]
        pairs.append((_scalar(name), _node(value)))
    return _on_one_line(yaml.MappingNode(_MAP, pairs, flow_style=False))


def _is_whole(clause: Clause) -> bool:
    return isinstance(clause, Contract)


_Collection = TypeVar("_Collection", yaml.MappingNode, yaml.SequenceNode)
_MAP, _SEQ, _STR = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:str"


def _node(value: object) -> yaml.Node:
    if isinstance(value, Need) and not (value.ref or value.title or value.says):
        return _scalar(str(value))
    if isinstance(value, Reason) and value == Reason(code=value.code):
        return _scalar(value.code.value)
    if isinstance(value, Clause):
        return _mapping(value)
    if isinstance(value, Mapping):
        pairs = [(_scalar(str(name)), _node(each)) for name, each in value.items()]
        return _on_one_line(yaml.MappingNode(_MAP, pairs, flow_style=False))
    if isinstance(value, tuple):
        return _on_one_line(yaml.SequenceNode(_SEQ, [_node(each) for each in value], flow_style=False))
    return _scalar(value_text(value))


def _scalar(text: str) -> yaml.ScalarNode:
    style = None
    if text in ("", "~", "null"):
        style = "'"
    elif _OTHER_BREAKS.search(text):
        # Breaks of a line that YAML reads as others.
        style = '"'
    elif "\n" in text:
        style = "|"
    return yaml.ScalarNode(_STR, text, style=style)


def _on_one_line(node: _Collection) -> _Collection:
    """Small lists and mappings of plain values stand on one line."""
    parts = [part for each in node.value for part in (each if isinstance(each, tuple) else (each,))]
    if any(isinstance(part, yaml.MappingNode) and part.value for part in parts):
        return node
    if not parts or (all(_is_short(part) for part in parts) and sum(_length(part) for part in parts) <= _WIDTH - 20):
        node.flow_style = True
    return node


def _is_short(node: yaml.Node) -> bool:
    if isinstance(node, yaml.ScalarNode):
        return node.style not in ("|", '"')
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _length(node: Any) -> int:
    if isinstance(node, yaml.ScalarNode):
        return len(node.value) + 2
    return 2 + sum(_length(part) for each in node.value for part in (each if isinstance(each, tuple) else (each,)))
