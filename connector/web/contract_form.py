"""A contract as a form, made from the model itself: each field of each clause is a field of the page.

What is typed is kept by name (returns.window.until) and printed again as it was typed, whatever is wrong with it. The
number of clauses of a list stands under its name and _n, the unit of a span under its name and _unit.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any, Final

from pydantic.fields import FieldInfo
from werkzeug.datastructures import MultiDict

from audits.contracts.plain import value_text
from audits.model import contract as model
from audits.model.contract import Clause, Contract, DayOfNextMonth, Duration
from audits.model.reasons import FAMILY_OF, ReasonCode
from audits.model.said import phrase
from audits.model.working_calendar import WEEKDAYS
from connector.contracts.contract_file import Problem, contract_of
from connector.web.contract_labels import FAMILIES, choice_label, label_of, place_label
from connector.web.policy_form import DAY_NAMES
from connector.web.texts import t

#: Clauses of one list: more than any contract holds, and no more than a page can show.
MOST_ROWS: Final = 100
#: In a list with a line for each text: a break within a text.
_BREAK: Final = "⏎"
#: What a field holds where nothing is written; signs that only Python takes for blanks are texts to the model.
_BLANK: Final = " \t\n"
_ISO: Final = "iso"
_NEXT_MONTH: Final = "next_month"
_UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "days": (phrase("days"), "P{}D"),
    "hours": (phrase("hours"), "PT{}H"),
    "minutes": (phrase("minutes"), "PT{}M"),
    "seconds": (phrase("seconds"), "PT{}S"),
    _ISO: (phrase("written as P2DT4H"), "{}"),
}
_PAPER: Final = frozenset(Clause.model_fields)
_NEEDED: Final = re.compile(r"needs (\w+)(?: \(\w+\))?$")
_HOURS_OF_DAY: Final = re.compile(r"\s*(.*?)\s*[-–—]\s*(.*?)\s*")

Typed = dict[str, str | list[str]]


class Kind(StrEnum):
    """How a field is written."""

    TEXT = "text"
    AREA = "area"
    YES_NO = "yes_no"
    CHOICE = "choice"
    SPAN = "span"
    LINES = "lines"
    CHECKS = "checks"
    WEEK = "week"
    PRICES = "prices"
    CLAUSE = "clause"
    MAYBE = "maybe"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Spec:
    """A field of a model. `of`: the model of its clauses, or its closed list of values."""

    name: str
    kind: Kind
    of: type[Any] | None
    info: FieldInfo

    @property
    def is_required(self) -> bool:
        """Whether it has no default."""
        return self.info.is_required()

    @property
    def may_be_none(self) -> bool:
        """Whether it may be left out for good."""
        return not self.is_required and self.info.get_default(call_default_factory=True) is None


@lru_cache(maxsize=64)
def specs(of: type[Clause]) -> tuple[Spec, ...]:
    """The fields of a model, those of the paper (number, title, words) last. Raises TypeError for one of a type that
    no form knows: so a new one is not left out silently."""
    hints = typing.get_type_hints(of, include_extras=True)
    names = [*(each for each in of.model_fields if each not in _PAPER), *Clause.model_fields]
    return tuple(_spec(name, hints[name], of.model_fields[name]) for name in names)


def _spec(name: str, hint: Any, info: FieldInfo) -> Spec:
    if name == "says":
        return Spec(name, Kind.AREA, None, info)
    inner = _without_none(hint)
    if inner in (model.Span, model.Until):
        return Spec(name, Kind.SPAN, None, info)
    origin, args = typing.get_origin(_bare(inner)), typing.get_args(_bare(inner))
    if origin is tuple:
        of = _bare(args[0])
        if isinstance(of, type) and issubclass(of, Clause):
            return Spec(name, Kind.LIST, of, info)
        if isinstance(of, type) and issubclass(of, Enum):
            return Spec(name, Kind.CHECKS, of, info)
        if of in (str, date, time):
            return Spec(name, Kind.LINES, of, info)
    if name in ("week", "prices") and isinstance(origin, type) and issubclass(origin, Mapping):
        return Spec(name, Kind(name), None, info)
    of = _bare(inner)
    if isinstance(of, type):
        if issubclass(of, Clause):
            return Spec(name, Kind.CLAUSE if inner is hint else Kind.MAYBE, of, info)
        if issubclass(of, Enum):
            return Spec(name, Kind.CHOICE, of, info)
        if of is bool:
            return Spec(name, Kind.YES_NO, None, info)
        if of in (str, int, date, Decimal):
            return Spec(name, Kind.TEXT, of, info)
    raise TypeError(f"{name}: no field of a form is made for {hint!r}")


def _bare(hint: Any) -> Any:
    while typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    return hint


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        # A span or a day of the month is a choice of two types as well.
        left = [each for each in typing.get_args(hint) if each is not type(None)]
        return left[0] if len(left) == 1 else hint
    return hint


# Contract → what is typed

#: What stands in a field without a default when its clause is new.
_STARTS: Final[Mapping[str, Any]] = {"op": model.Operator.IN, "per": model.Per.DAY}


def typed_of(contract: Contract) -> Typed:
    """What stands in the form for a contract."""
    return _typed(contract, "")


def typed_new(of: type[Clause] = Contract, prefix: str = "") -> Typed:
    """What stands in the form for a clause that is not written yet: the defaults."""
    typed: Typed = {}
    for spec in specs(of):
        default = _STARTS.get(spec.name) if spec.is_required else spec.info.get_default(call_default_factory=True)
        _put(typed, spec, prefix + spec.name, default)
    return typed


def _typed(clause: Clause, prefix: str) -> Typed:
    typed: Typed = {}
    for spec in specs(type(clause)):
        _put(typed, spec, prefix + spec.name, getattr(clause, spec.name))
    return typed


def _put(typed: Typed, spec: Spec, name: str, value: Any) -> None:
    match spec.kind:
        case Kind.CLAUSE:
            typed |= _typed(value, f"{name}.") if value is not None else typed_new(_clause(spec), f"{name}.")
        case Kind.MAYBE:
            typed[f"{name}_n"] = "0" if value is None else "1"
            typed |= {} if value is None else _typed(value, f"{name}.")
        case Kind.LIST:
            typed[f"{name}_n"] = str(len(value or ()))
            for index, each in enumerate(value or ()):
                typed |= _typed(each, f"{name}.{index}.")
        case Kind.CHECKS:
            typed[name] = [each.value for each in value or ()]
            typed[f"{name}_order"] = ",".join(typed[name])
        case Kind.LINES:
            typed[name] = "\n".join(_line(value_text(each)) for each in value or ())
        case Kind.WEEK:
            for day in WEEKDAYS:
                typed[f"{name}.{day}"] = ", ".join("-".join(each) for each in (value or {}).get(day, ()))
        case Kind.PRICES:
            lines = (f"{_line(area)} = {value_text(price)}" for area, price in (value or {}).items())
            typed[name] = "\n".join(lines)
        case Kind.SPAN:
            typed[name], typed[f"{name}_unit"] = _span(value)
        case Kind.YES_NO | Kind.CHOICE | Kind.TEXT | Kind.AREA:
            typed[name] = "" if value is None else value_text(value)


def _line(text: str) -> str:
    return text.replace("\n", _BREAK)


def _span(value: Duration | DayOfNextMonth | None) -> tuple[str, str]:
    match value:
        case None:
            return "", "days"
        case DayOfNextMonth(day=day):
            return str(day), _NEXT_MONTH
        case Duration(days=days, seconds=0):
            return str(days), "days"
        case Duration(days=0, seconds=seconds):
            for unit, length in (("hours", 3600), ("minutes", 60), ("seconds", 1)):
                if seconds % length == 0 and seconds // length < 10**6:
                    return str(seconds // length), unit
    return str(value), _ISO


def _clause(spec: Spec) -> type[Clause]:
    if spec.of is None or not issubclass(spec.of, Clause):
        raise TypeError(spec.name)
    return spec.of


# What was sent → what is typed → contract


def typed_from(form: MultiDict[str, str]) -> Typed:
    """What was sent, as far as the model knows it."""
    return _sent(form, Contract, "")


def _sent(form: MultiDict[str, str], of: type[Clause], prefix: str) -> Typed:
    typed: Typed = {}
    for spec in specs(of):
        name = prefix + spec.name
        match spec.kind:
            case Kind.CLAUSE:
                typed |= _sent(form, _clause(spec), f"{name}.")
            case Kind.MAYBE:
                has = form.get(f"{name}_n") == "1"
                typed[f"{name}_n"] = "1" if has else "0"
                typed |= _sent(form, _clause(spec), f"{name}.") if has else {}
            case Kind.LIST:
                count = _count(form.get(f"{name}_n", ""))
                typed[f"{name}_n"] = str(count)
                for index in range(count):
                    typed |= _sent(form, _clause(spec), f"{name}.{index}.")
            case Kind.CHECKS:
                typed[name] = [each for each in form.getlist(name) if each]
                typed[f"{name}_order"] = form.get(f"{name}_order", "")
            case Kind.WEEK:
                typed |= {f"{name}.{day}": form.get(f"{name}.{day}", "") for day in WEEKDAYS}
            case Kind.SPAN:
                typed[name], typed[f"{name}_unit"] = form.get(name, ""), form.get(f"{name}_unit", "")
            case _:
                typed[name] = form.get(name, "").replace("\r\n", "\n")
    return typed


def _count(text: str) -> int:
    return min(int(text), MOST_ROWS) if text.isdecimal() and len(text) < 5 else 0


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What is wrong with what was typed, in words: by the name of the field, or of the clause ("" = the whole)."""

    by_name: Mapping[str, tuple[str, ...]]

    def at(self, name: str) -> str:
        """What is wrong there, "" = nothing."""
        return "; ".join(self.by_name.get(name, ()))

    def listed(self) -> list[tuple[str, str, str]]:
        """(the field's id on the page, its place in words, what is wrong), in the order of the contract."""
        return [(field_id(name), place_label(name), self.at(name)) for name in self.by_name]


NO_MISTAKES: Final = Mistakes({})


def contract_typed(typed: Typed) -> Contract | Mistakes:
    """The contract that is typed, or everything that is wrong with it."""
    own: list[Problem] = []
    read = contract_of(_data(typed, Contract, "", own))
    problems = [*own, *(read if isinstance(read, list) else ())]
    if isinstance(read, Contract) and not problems:
        return read
    found: dict[str, list[str]] = {}
    for problem in problems:
        name, reason = _named(problem.place, typed), problem.reason
        needed = _NEEDED.search(reason)
        if needed is not None and _is_empty(typed, f"{name}.{needed[1]}"):
            # What a clause misses is said where it is to be written.
            name, reason = f"{name}.{needed[1]}", t("is missing")
        said = found.setdefault(name, [])
        if reason not in said:
            said.append(reason)
    return Mistakes({name: tuple(said) for name, said in found.items()})


def _is_empty(typed: Typed, name: str) -> bool:
    """Whether a field of that name stands in the form, or a list of clauses, and nothing in it."""
    return typed.get(name) == "" or typed.get(f"{name}_n") == "0"


def _named(place: str, typed: Typed) -> str:
    """The field or clause of the form that holds a place of the contract."""
    parts = place.split(".") if place else []
    clauses = {name.rsplit(".", count)[0] for name in typed for count in range(1, name.count(".") + 1)}
    for n in range(len(parts), 0, -1):
        name = ".".join(parts[:n])
        if name in typed or f"{name}_n" in typed or name in clauses:
            return name
    return ""


def _data(typed: Typed, of: type[Clause], prefix: str, wrong: list[Problem]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for spec in specs(of):
        name = prefix + spec.name
        value = _value(typed, spec, name, wrong)
        if value is not None:
            data[spec.name] = value
    return data


def _value(typed: Typed, spec: Spec, name: str, wrong: list[Problem]) -> Any:
    """What a field says; None = it is left out."""
    match spec.kind:
        case Kind.CLAUSE:
            return _data(typed, _clause(spec), f"{name}.", wrong)
        case Kind.MAYBE:
            return _data(typed, _clause(spec), f"{name}.", wrong) if typed.get(f"{name}_n") == "1" else None
        case Kind.LIST:
            count = _count(_text(typed, f"{name}_n"))
            return [_data(typed, _clause(spec), f"{name}.{index}.", wrong) for index in range(count)]
        case Kind.CHECKS:
            return _checked(typed, spec, name)
        case Kind.LINES:
            return [each.replace(_BREAK, "\n") for each in _text(typed, name).split("\n") if each.strip(_BLANK)]
        case Kind.WEEK:
            week = {day: _hours(_text(typed, f"{name}.{day}")) for day in WEEKDAYS}
            return {day: hours for day, hours in week.items() if hours}
        case Kind.PRICES:
            return _prices(_text(typed, name), name, wrong)
        case Kind.SPAN:
            return _span_text(_text(typed, name).strip(), _text(typed, f"{name}_unit"))
        case Kind.YES_NO | Kind.CHOICE | Kind.TEXT | Kind.AREA:
            text = _text(typed, name)
            return text if text.strip(_BLANK) else None


def _text(typed: Typed, name: str) -> str:
    found = typed.get(name, "")
    return found if isinstance(found, str) else ""


def _checked(typed: Typed, spec: Spec, name: str) -> list[str]:
    """What is ticked, in the order in which it stood before; what is new comes after, in the order of the page."""
    ticked = list(typed.get(name, ()))
    before = [each for each in _text(typed, f"{name}_order").split(",") if each in ticked]
    return [*before, *(each for each in ticked if each not in before)]


def _span_text(number: str, unit: str) -> str | None:
    if not number:
        return None
    if unit == _NEXT_MONTH:
        return f"day_of_next_month:{number}"
    return _UNITS[unit][1].format(number) if unit in _UNITS and number.isdecimal() else number


def _hours(text: str) -> list[list[str]]:
    found = []
    for each in filter(str.strip, text.split(",")):
        parts = _HOURS_OF_DAY.fullmatch(each)
        found.append([parts[1], parts[2]] if parts else [each.strip(), ""])
    return found


def _prices(text: str, name: str, wrong: list[Problem]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        area, sign, price = line.rpartition("=")
        area = area.strip(_BLANK).replace(_BREAK, "\n")
        if not sign:
            wrong.append(Problem(1, 1, name, t("Line {n}: write the area and its price as DE = 25.00", n=number)))
        elif area in found:
            wrong.append(Problem(1, 1, name, t("Line {n}: {area} stands there twice", n=number, area=area)))
        else:
            found[area] = price.strip()
    return found


# Buttons


def changed(typed: Typed, deed: str) -> Typed | None:
    """What stands in the form after a button that adds, removes or moves a clause: add:filters, remove:filters:0,
    up:filters:1. None for what no button of the form does."""
    act, _, rest = deed.partition(":")
    name, _, at = rest.partition(":")
    spec = _spec_at(name)
    if spec is None or f"{name}_n" not in typed:
        return None
    count = _count(_text(typed, f"{name}_n"))
    if spec.kind is Kind.MAYBE:
        kept = {key: value for key, value in typed.items() if not key.startswith(f"{name}.")}
        if act == "add" and count == 0:
            return {**kept, f"{name}_n": "1", **typed_new(_clause(spec), f"{name}.")}
        return {**kept, f"{name}_n": "0"} if act == "remove" else None
    rows = [_taken(typed, f"{name}.{index}.") for index in range(count)]
    if act == "add" and count < MOST_ROWS:
        rows.append(typed_new(_clause(spec)))
    elif act in ("remove", "up") and at.isdecimal() and len(at) < 5 and int(at) < count:
        row = rows.pop(int(at))
        if act == "up":
            rows.insert(max(int(at) - 1, 0), row)
    else:
        return None
    kept = {key: value for key, value in typed.items() if not key.startswith(f"{name}.")}
    kept[f"{name}_n"] = str(len(rows))
    for index, row in enumerate(rows):
        kept |= {f"{name}.{index}.{key}": value for key, value in row.items()}
    return kept


def _taken(typed: Typed, prefix: str) -> Typed:
    return {key.removeprefix(prefix): value for key, value in typed.items() if key.startswith(prefix)}


def _spec_at(name: str) -> Spec | None:
    """The list or optional clause of that name."""
    of: type[Clause] = Contract
    found: Spec | None = None
    for part in name.split("."):
        if part.isdecimal():
            continue
        found = next((each for each in specs(of) if each.name == part), None)
        if found is None or found.kind not in (Kind.CLAUSE, Kind.MAYBE, Kind.LIST):
            return None
        of = _clause(found)
    return found if found is not None and found.kind in (Kind.MAYBE, Kind.LIST) else None


# What the page prints


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of a closed list."""

    value: str
    label: str
    is_chosen: bool


def field_id(name: str) -> str:
    """The id on the page of a field or a clause."""
    return f"f-{name.replace('.', '-')}" if name else "contract"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A field or a clause of the page. `parts`: the fields of a clause; `rows`: the clauses of a list, each with its
    fields; `paper`: number, title and words in the signed paper."""

    name: str
    label: str
    kind: Kind
    wrong: str
    value: str = ""
    unit: str = ""
    order: str = ""
    hint: str = ""
    count: int = 0
    is_required: bool = False
    has_none: bool = False
    choices: tuple[Choice, ...] = ()
    groups: tuple[tuple[str, tuple[Choice, ...]], ...] = ()
    parts: tuple[Part, ...] = ()
    rows: tuple[Row, ...] = ()
    paper: tuple[Part, ...] = ()

    @property
    def field_id(self) -> str:
        """Its id on the page."""
        return field_id(self.name)

    @property
    def chosen_labels(self) -> list[str]:
        """What is ticked, in words."""
        return [each.label for _, group in self.groups for each in group if each.is_chosen]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One clause of a list."""

    name: str
    label: str
    wrong: str
    parts: tuple[Part, ...]
    paper: tuple[Part, ...]


@dataclass(slots=True)
class _Printer:
    typed: Typed
    mistakes: Mistakes
    fixed: frozenset[str] = field(default_factory=frozenset)

    def parts(self, of: type[Clause], prefix: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
        made = [self.part(of, spec, prefix + spec.name) for spec in specs(of) if prefix + spec.name not in self.fixed]
        paper = [each for each in made if each.name.rpartition(".")[2] in _PAPER]
        return tuple(each for each in made if each not in paper), tuple(paper)

    def part(self, of: type[Clause], spec: Spec, name: str) -> Part:
        label, wrong = label_of(of.__name__, spec.name), self.mistakes.at(name)
        text = _text(self.typed, name)
        plain: dict[str, Any] = {
            "name": name,
            "label": label,
            "kind": spec.kind,
            "wrong": wrong,
            "is_required": spec.is_required,
        }
        match spec.kind:
            case Kind.CLAUSE | Kind.MAYBE:
                count = 1 if spec.kind is Kind.CLAUSE else _count(_text(self.typed, f"{name}_n"))
                parts, paper = self.parts(_clause(spec), f"{name}.") if count else ((), ())
                return Part(**plain, count=count, parts=parts, paper=paper)
            case Kind.LIST:
                count = _count(_text(self.typed, f"{name}_n"))
                return Part(**plain, count=count, rows=tuple(self.row(spec, name, label, n) for n in range(count)))
            case Kind.CHOICE:
                return Part(**plain, value=text, has_none=spec.may_be_none, **self.chosen(spec, [text]))
            case Kind.CHECKS:
                order = _text(self.typed, f"{name}_order")
                return Part(**plain, order=order, **self.chosen(spec, list(self.typed.get(name, ()))))
            case Kind.SPAN:
                unit = _text(self.typed, f"{name}_unit") or "days"
                return Part(**plain, value=text, unit=unit, choices=_units(unit, has_month=name.endswith(".until")))
            case Kind.WEEK:
                days = tuple(
                    Part(
                        name=f"{name}.{day}",
                        label=t(said),
                        kind=Kind.TEXT,
                        wrong="",
                        value=_text(self.typed, f"{name}.{day}"),
                    )
                    for day, said in zip(WEEKDAYS, DAY_NAMES, strict=True)
                )
                return Part(**plain, parts=days)
        return Part(**plain, value=text, hint=_hint(spec))

    def row(self, spec: Spec, name: str, label: str, index: int) -> Row:
        at = f"{name}.{index}"
        parts, paper = self.parts(_clause(spec), f"{at}.")
        return Row(
            name=at,
            label=t("{what} {n}", what=label, n=index + 1),
            wrong=self.mistakes.at(at),
            parts=parts,
            paper=paper,
        )

    def chosen(self, spec: Spec, values: Sequence[str]) -> dict[str, Any]:
        """The closed list of a field; reasons by family."""
        if spec.of is None:
            return {}
        made = [
            (each, Choice(value=each.value, label=choice_label(each), is_chosen=each.value in values))
            for each in spec.of
        ]
        if spec.of is not ReasonCode:
            return {"choices": tuple(choice for _, choice in made)}
        return {
            "groups": tuple(
                (t(said), tuple(choice for each, choice in made if FAMILY_OF[each] is family))
                for family, said in FAMILIES.items()
            )
        }


def _units(unit: str, *, has_month: bool) -> tuple[Choice, ...]:
    named = [(each, said) for each, (said, _) in _UNITS.items()]
    if has_month:
        named.insert(-1, (_NEXT_MONTH, phrase("as day of the next month")))
    return tuple(Choice(value=each, label=t(said), is_chosen=each == unit) for each, said in named)


def _hint(spec: Spec) -> str:
    if spec.kind is Kind.LINES:
        return t(_HINTS.get(spec.name, _ONE_A_LINE))
    return t(_HINTS[spec.name]) if spec.name in _HINTS else ""


_ONE_A_LINE: Final = phrase("One a line")
_HINTS: Mapping[str, str] = {
    "timezone": phrase("Such as Europe/Berlin"),
    "currency": phrase("Three capitals, such as EUR"),
    "valid_from": phrase("Such as 2026-07-01"),
    "valid_to": phrase("Empty: without an end"),
    "prices": phrase("One area a line: DE = 25.00"),
    "group_by": phrase("One field a line"),
    "holidays": phrase("One day a line, such as 2026-12-25"),
    "dayparts": phrase("One time a line, such as 12:00; the first is 00:00"),
    "contract": phrase("Letters, digits, point, hyphen and underscore"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page with a head of its own."""

    name: str
    label: str
    parts: tuple[Part, ...]
    paper: tuple[Part, ...] = ()


_SECTIONS: Final = (
    "pricing",
    "volume",
    "delivery",
    "filters",
    "exclusivity",
    "duplicates",
    "returns",
    "duties",
    "not_creditable",
)


def sections(typed: Typed, mistakes: Mistakes, *, fixed: Sequence[str] = ()) -> list[Section]:
    """The whole form; `fixed`: fields that are not asked for, because the page says what they are."""
    parts, paper = _Printer(typed, mistakes, frozenset(fixed)).parts(Contract, "")
    first = tuple(each for each in parts if each.name not in _SECTIONS)
    by_name = {each.name: each for each in parts}
    return [
        Section(name="whole", label=t("The contract"), parts=first, paper=paper),
        *(Section(name=name, label=by_name[name].label, parts=(by_name[name],)) for name in _SECTIONS),
    ]
