"""JSON from outside, read strictly: what parsers disagree about is refused, values are checked where used."""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn, TypeAlias

from connector.errors import UnexpectedPayload

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"

# Neither can be stored: PostgreSQL takes no NUL in text, and a lone surrogate has no UTF-8.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAY_BE_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


def parse_json(raw: bytes, what: str) -> JsonValue:
    """The value of `raw` (UTF-8); `what` names it in messages.

    Refused with UnexpectedPayload: text that is no JSON, duplicate keys, NaN and infinities, integers of thousands
    of digits, nesting deeper than the interpreter allows. NUL and lone surrogates become U+FFFD.
    """
    try:
        value: JsonValue = json.loads(
            raw, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
    except RecursionError:
        raise UnexpectedPayload(f"{what} is nested too deeply to be meant seriously.") from None
    except ValueError as error:
        raise UnexpectedPayload(f"{what} is no sound JSON: {str(error)[:120]}.") from None
    return _storable(value) if _MAY_BE_UNSTORABLE.search(raw) else value


def object_of(value: JsonValue, what: str) -> JsonObject:
    """`value` as an object. Raises UnexpectedPayload naming `what`."""
    if not isinstance(value, dict):
        raise UnexpectedPayload(f"{what} is {_kind(value)} where an object was promised.")
    return value


def list_of(value: JsonValue, what: str) -> list[JsonValue]:
    """`value` as a list. Raises UnexpectedPayload naming `what`."""
    if not isinstance(value, list):
        raise UnexpectedPayload(f"{what} is {_kind(value)} where a list was promised.")
    return value


def get_text(holder: JsonObject, key: str, what: str) -> str:
    """The non-empty text (or whole number, as text) under `key`. Raises UnexpectedPayload naming `what` and `key`."""
    text = find_text(holder, key)
    if text is None:
        raise UnexpectedPayload(f"{what} has no {key!r}, or one that is neither a text nor a whole number.")
    return text


def find_text(holder: JsonObject, key: str) -> str | None:
    """The text (or whole number, as text) under `key`; None when missing, empty or of another kind."""
    value = holder.get(key)
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def get_list(holder: JsonObject, key: str, what: str) -> list[JsonValue]:
    """The list under `key`. Raises UnexpectedPayload: a missing list is never read as an empty one."""
    if key not in holder:
        raise UnexpectedPayload(f"{what} has no {key!r}.")
    return list_of(holder[key], f"{what}, {key!r},")


def _unique(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is out of range")
    return number


def _storable(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("\ufffd", key): _storable(item) for key, item in value.items()}
    return value


def _kind(value: JsonValue) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "nothing"}
    return kinds.get(type(value), "a number")
