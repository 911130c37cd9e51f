"""A contract as plain data of texts, lists and mappings: what the YAML file holds once read, and what is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any

from audits.model.contract import Clause, Contract, DayOfNextMonth, Duration


def data_of(clause: Clause, *, with_defaults: bool = False) -> dict[str, Any]:
    """The clause as `model_validate` reads it again as an equal one; None is always left out, and what has its
    default unless `with_defaults`."""
    fields, told = type(clause).model_fields, {}
    for name in fields:
        value = getattr(clause, name)
        is_default = not fields[name].is_required() and value == fields[name].get_default(call_default_factory=True)
        if value is not None and (with_defaults or not is_default):
            told[name] = _data(value, with_defaults)
    return told


def _data(value: object, with_defaults: bool) -> Any:
    if isinstance(value, Clause):
        return data_of(value, with_defaults=with_defaults)
    if isinstance(value, Mapping):
        return {str(name): _data(each, with_defaults) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_data(each, with_defaults) for each in value]
    return value_text(value)


def dump_contract(contract: Contract) -> str:
    """Contract → JSON text, ASCII alone; equal contracts give equal text."""
    return json.dumps(data_of(contract), sort_keys=True, separators=(",", ":"))


def load_contract(text: str) -> Contract:
    """Text → contract. Raises ValueError for what `dump_contract` did not write."""
    return Contract.model_validate(json.loads(text))


def value_text(value: object) -> str:
    """A single value as it is written in a file. Raises TypeError for what no contract holds."""
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case Decimal():
            return format(value, "f")
        case time():
            return value.isoformat("minutes")
        case date():
            return value.isoformat()
        case str() | int() | Duration() | DayOfNextMonth():
            return str(value)
    raise TypeError(f"{value!r} has no place in a contract")
