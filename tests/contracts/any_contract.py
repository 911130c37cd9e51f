"""Contracts with anything in every field that the model allows, made from the model itself: a new field is in here
without a word."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from hypothesis import strategies as st

from audits.model import contract as model
from audits.model.contract import Clause, Comparison, Contract, Duty, Pricing, ReturnCap

#: Texts on which readers of YAML stumble.
UNRULY = (
    "NO", "no", "null", "Null", "~", "true", "08:00", "1_000", "0x1F", "1e3", "2026-01-01", "01067", "- x", "a: b",
    "a:", ":", "?", "? x", "#x", "a #b", "'", '"', "it's", "%", "@", "`", "!x", "&a", "*a", "[", "{", "}", "a, b",
    "<<", "=", "|", ">", "one\ntwo", "one\n\n  two", "one\n two\n", "x\ty", "é", "日本", "🙂", "x\u2028y", "x\x85y",
    "\ufeffx", "---", "...", "--- x", "\\", "\\n", "$", "x\x00y", "x\x07y", "x\r\ny",
)  # fmt: skip
_TEXTS = st.one_of(
    st.sampled_from(UNRULY), st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.just("plain words")
)
_NAMES = st.sampled_from(["acme", "a.b-c_d", "9", "NO", "null", "1e3"])
_AMOUNTS = st.integers(0, 10**7).map(lambda minor: str(Decimal(minor) / 100))
_SPANS = st.sampled_from(["P10D", "PT48H", "P1W", "P2DT3H4M5S", "PT30S", "P0D", "PT90M", "P99999D"])
_FIELDS: Mapping[str, st.SearchStrategy[Any]] = {
    "contract": _NAMES,
    "vendor": _NAMES,
    "timezone": st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]),
    "currency": st.sampled_from(["EUR", "USD"]),
    "cycle": st.sampled_from(["week", "month"]),
    "dayparts": st.sampled_from([["00:00"], ["00:00", "06:30", "23:59"]]),
    "field": st.sampled_from(["country", "a: b", "NO", "null", "é"]),
    "week": st.sampled_from([{"mon": [["09:00", "17:00"]]}, {"sun": [["22:00", "06:00"], ["08:00", "09:30"]]}]),
    "prices": st.dictionaries(st.sampled_from(UNRULY[:20]), _AMOUNTS, min_size=1, max_size=4),
}


def _of(hint: Any) -> st.SearchStrategy[Any]:
    for known, made in (
        (model.Span, _SPANS),
        (model.Until, st.one_of(_SPANS, st.integers(1, 28).map(lambda day: f"day_of_next_month:{day}"))),
        (model.Amount, _AMOUNTS),
        (model.Percent, st.integers(0, 2000).map(lambda n: str(Decimal(n) / 2))),
        (model.Texts, st.lists(_TEXTS.filter(str.strip), min_size=1, max_size=3)),
        (
            model.NeedText,
            st.one_of(
                st.deferred(lambda: _clause(model.Need)), st.sampled_from(["note", "attempts>=2@different_daypart"])
            ),
        ),
    ):
        if hint == known:
            return made
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _of(args[0])
    if origin in (typing.Union, types.UnionType):
        return _of(next(each for each in args if each is not type(None)))
    if origin is tuple:
        return st.lists(_of(args[0]), min_size=1, max_size=3)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from([each.value for each in hint])
    if isinstance(hint, type) and issubclass(hint, Clause):
        return _clause(hint)
    simple: Mapping[Any, st.SearchStrategy[Any]] = {
        str: _TEXTS,
        bool: st.booleans(),
        int: st.integers(1, 10**6),
        date: st.dates(date(1990, 1, 1), date(2100, 1, 1)).map(date.isoformat),
    }
    return simple[hint]


def _clause(of: type[Clause]) -> st.SearchStrategy[dict[str, Any]]:
    hints = typing.get_type_hints(of, include_extras=True)
    given = {name: _FIELDS[name] if name in _FIELDS else _of(hints[name]) for name in of.model_fields}
    needed = {name: given[name] for name, field in of.model_fields.items() if field.is_required()}
    others = {name: given[name] for name in given if name not in needed}
    made = st.fixed_dictionaries(needed, optional=others)
    return made.map(lambda told: _complete(of, told))


def _complete(of: type[Clause], told: dict[str, Any]) -> dict[str, Any]:
    """What hangs together is made to."""
    if issubclass(of, Comparison):
        if told["op"] in ("gte", "lte", "within_km"):
            told["value"] = ["18.5"]
        elif told["op"] == "eq":
            told["value"] = told["value"][:1]
    mend: Callable[[dict[str, Any]], None] | None = {Pricing: _priced, ReturnCap: _capped, Duty: _due}.get(of)  # type: ignore[call-overload]
    if mend is not None:
        mend(told)
    return told


def _priced(told: dict[str, Any]) -> None:
    told |= {"price": told.get("price", "25.00"), "percent": told.get("percent", "10")}
    told |= {"field": "country", "prices": told.get("prices", {"NO": "1.5"})}
    tiers = told.get("tiers") or [{"from_n": 1, "price": "3"}]
    told["tiers"] = [{**tier, "from_n": 1 + 10 * n} for n, tier in enumerate(tiers)]


def _capped(told: dict[str, Any]) -> None:
    if told.get("kind") == "rolling_pct":
        told.setdefault("over", "P14D")
    else:
        told.pop("over", None)


def _due(told: dict[str, Any]) -> None:
    told.setdefault("within", "PT24H")
    told.setdefault("count", 2)


def contracts() -> st.SearchStrategy[Contract]:
    """Any contract."""
    return _clause(Contract).map(Contract.model_validate)
