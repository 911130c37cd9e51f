"""What differs between two versions of a contract, clause by clause and field by field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from enum import Enum
from typing import Any

from audits.contracts.plain import data_of, value_text
from audits.model.contract import Clause, Contract, DayOfNextMonth, Duration
from connector.web.contract_form import Kind, Spec, specs
from connector.web.contract_labels import choice_label, label_of
from connector.web.policy_changes import Change
from connector.web.texts import current, t

_NOTHING = "–"


def changes_between(old: Contract, new: Contract) -> list[Change]:
    """Every field in which they differ but their number, in words; a clause that came or went is one row."""
    return [each for each in _clause(old, new, ()) if each.what != label_of("Contract", "version")]


def _clause(old: Clause, new: Clause, place: tuple[str, ...]) -> Iterator[Change]:
    of = type(new)
    for spec in specs(of):
        before, after = getattr(old, spec.name), getattr(new, spec.name)
        if before == after:
            continue
        at = (*place, label_of(of.__name__, spec.name))
        if spec.kind is Kind.LIST:
            yield from _rows(before, after, at)
        elif isinstance(before, Clause) and isinstance(after, Clause):
            yield from _clause(before, after, at)
        else:
            yield Change(what=" › ".join(at), before=said_of(spec, before), after=said_of(spec, after))


def _rows(old: tuple[Clause, ...], new: tuple[Clause, ...], place: tuple[str, ...]) -> Iterator[Change]:
    before, after = ([str(data_of(each)) for each in rows] for rows in (old, new))
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        pairs = min(b - a, d - c)
        for n in range(pairs):
            at = (*place[:-1], t("{what} {n}", what=place[-1], n=c + n + 1))
            yield from _clause(old[a + n], new[c + n], at)
        for n in range(a + pairs, b):
            what = " › ".join((*place[:-1], t("{what} {n}", what=place[-1], n=n + 1)))
            yield Change(what=what, before=summary(old[n]), after=_NOTHING)
        for n in range(c + pairs, d):
            what = " › ".join((*place[:-1], t("{what} {n}", what=place[-1], n=n + 1)))
            yield Change(what=what, before=_NOTHING, after=summary(new[n]))


def summary(clause: Clause) -> str:
    """A clause in one line: its fields that have another value than they have by default."""
    told = data_of(clause)
    parts = [
        t(
            "{what}: {value}",
            what=label_of(type(clause).__name__, spec.name),
            value=said_of(spec, getattr(clause, spec.name)),
        )
        for spec in specs(type(clause))
        if spec.name in told
    ]
    return "; ".join(parts) or t("as usual")


def said_of(spec: Spec, value: Any) -> str:
    """One value of a field in words."""
    comma = current().signs(", ")
    match value:
        case None | "" | ():
            return _NOTHING
        case bool():
            return t("yes") if value else t("no")
        case Enum():
            return choice_label(value)
        case Duration():
            return _span(value)
        case DayOfNextMonth(day=day):
            return t("day {n} of the next month", n=day)
        case date():
            return current().day(value)
        case Decimal():
            return format(value.normalize(), "f")
        case Clause():
            return summary(value)
        case tuple():
            return comma.join(said_of(spec, each) for each in value)
    if spec.kind is Kind.WEEK:
        return "; ".join(f"{day} {comma.join('–'.join(each) for each in hours)}" for day, hours in value.items())
    if spec.kind is Kind.PRICES:
        return comma.join(f"{area} = {value_text(price)}" for area, price in value.items()) or _NOTHING
    return value_text(value)


def _span(span: Duration) -> str:
    said = [] if not span.days else [current().plural("{n} day", "{n} days", span.days)]
    if span.seconds or not span.days:
        said.append(current().span(span.seconds))
    return " ".join(said)
