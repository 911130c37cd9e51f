"""Reading a configuration file and changed settings into dataclasses, whatever the dialect."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

_Settings = TypeVar("_Settings", bound=Any)


def changed(settings: _Settings, values: Mapping[str, object], nullable: Mapping[str, type]) -> _Settings:
    """A copy of a dataclass with these values; those named in `nullable` may be None or of that type.

    Raises ValueError naming an unknown name or a wrong type.
    """
    known_names = {entry.name for entry in dataclasses.fields(settings)}
    checked: dict[str, object] = {}
    for name, value in values.items():
        if name not in known_names:
            raise ValueError(f"unknown setting {name!r}; known are {', '.join(sorted(known_names))}")
        checked[name] = _like(name, getattr(settings, name), value, nullable)
    copy: _Settings = dataclasses.replace(settings, **checked)
    return copy


def _like(name: str, current: object, value: object, nullable: Mapping[str, type]) -> object:
    if name in nullable:
        if value is None or (isinstance(value, nullable[name]) and not isinstance(value, bool)):
            return value
    elif isinstance(current, bool):
        if isinstance(value, bool):
            return value
    elif isinstance(value, int) and not isinstance(value, bool):
        return float(value) if isinstance(current, float) else value
    elif isinstance(value, float) and isinstance(current, float):
        return value
    raise ValueError(f"setting {name!r} cannot be {value!r}")


def known(owner: type, document: Mapping[str, object], where: str) -> dict[str, object]:
    """The document, if all its keys are fields of the dataclass `owner`. Raises ValueError naming another."""
    names = {entry.name for entry in dataclasses.fields(owner)}
    for name in document:
        if name not in names:
            raise ValueError(f"{where}: unknown key {name!r}; known are {', '.join(sorted(names))}")
    return dict(document)


def tuples(values: dict[str, object]) -> dict[str, object]:
    """Lists become tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def mapping(value: object, where: str) -> Mapping[str, object]:
    """Raises ValueError when it is no object."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: an object is expected, got {type(value).__name__}")
    return value


def sequence(value: object, where: str) -> tuple[object, ...]:
    """Raises ValueError when it is no list."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"{where}: a list is expected, got {type(value).__name__}")
    return tuple(value)
