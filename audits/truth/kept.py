"""Lead truth as JSON values, exact in both directions, and without words that may not be kept.

Fields at their default are left out; instants are ISO 8601 in UTC. Equal judgements give equal values in equal order.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from audits.model.fit import LeadFit
from audits.model.said import Said, from_json, to_json
from audits.model.truth import Judgement, Signal
from audits.truth.ladder import Step

#: What stands for words of a message that are kept no longer.
WIPED = "…"

ModelT = TypeVar("ModelT")
_PLAIN = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class Truth:
    """What a lead is, how far that is verified (the rungs of the ladder in order), and beside both, how it is of the
    group that the account sells to; `fit` None = by no criteria."""

    judgement: Judgement
    steps: tuple[Step, ...]
    fit: LeadFit | None = None


def truth_to_json(truth: Truth) -> dict[str, object]:
    """JSON values that `truth_from_json` reads again."""
    return {
        "judgement": _written(truth.judgement),
        "steps": [_written(step) for step in truth.steps],
        **({} if truth.fit is None else {"fit": _written(truth.fit)}),
    }


def truth_from_json(data: object) -> Truth:
    """What `truth_to_json` wrote; keys beside its own are passed over. Raises ValueError for anything else."""
    match data:
        case {"judgement": judgement, "steps": list(steps)}:
            fit = data.get("fit") if isinstance(data, dict) else None
            return Truth(
                _model(Judgement, judgement),
                tuple(_model(Step, step) for step in steps),
                None if fit is None else _model(LeadFit, fit),
            )
    raise ValueError("truth: neither a judgement nor steps")


def without_message(truth: Truth, *, keeps_quotes: bool) -> Truth:
    """The same without the message of the lead: its whole text, which stands with the lead alone, is taken out, and
    unless `keeps_quotes` the words too that the reasons quote, for which WIPED stands."""

    def kept(signal: Signal) -> Signal:
        if signal.field != "message" or signal.value.isdigit():
            return signal
        quoted = {value for _, value in signal.said.values if isinstance(value, str)}
        if keeps_quotes and signal.value in quoted:
            return signal
        said = signal.said
        if not keeps_quotes:
            values = tuple((name, WIPED if isinstance(value, str) else value) for name, value in said.values)
            said = replace(said, values=values)
        return replace(signal, value=WIPED, said=said)

    judged = truth.judgement
    message = judged.message
    if not keeps_quotes:
        message = replace(
            message,
            intents=tuple((intent, WIPED) for intent, _ in message.intents),
            words=tuple((reason, WIPED) for reason, _ in message.words),
        )
    return replace(
        truth,
        judgement=replace(
            judged,
            message=message,
            classes=tuple(replace(each, signals=tuple(map(kept, each.signals))) for each in judged.classes),
            genuine_signals=tuple(map(kept, judged.genuine_signals)),
        ),
    )


def has_quotes(truth: Truth) -> bool:
    """Whether any reason quotes words of the message."""
    return truth != without_message(truth, keeps_quotes=False)


@cache
def _defaults(kind: Any) -> tuple[tuple[str, object], ...]:
    """(name, default) of each field; MISSING where there is none."""
    return tuple((each.name, each.default) for each in fields(kind))


def _written(value: object) -> object:
    """StrEnum comes before str and Said before other dataclasses: the one is both, the other has its own form."""
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    if isinstance(value, Said):
        return to_json(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    kind: Any = type(value)
    held = ((name, default, getattr(value, name)) for name, default in _defaults(kind))
    return {name: _written(each) for name, default, each in held if default is MISSING or each != default}


def _model(kind: type[ModelT], data: object) -> ModelT:
    """A dataclass from the object of its fields."""
    if not isinstance(data, dict):
        raise ValueError(f"{kind.__name__}: {data!r} is no object")
    # Any: a class of no known kind cannot be told to be hashable.
    of_kind: Any = kind
    readers = _readers(of_kind)
    if unknown := set(data) - set(readers):
        raise ValueError(f"{kind.__name__}: {sorted(unknown)} is not known")
    try:
        return kind(**{name: readers[name](value) for name, value in data.items()})
    except TypeError as lacking:
        raise ValueError(f"{kind.__name__}: {lacking}") from None


@cache
def _readers(kind: Any) -> dict[str, Callable[[object], object]]:
    hints = get_type_hints(kind)
    return {each.name: _reader(hints[each.name]) for each in fields(kind)}


def _reader(hint: Any) -> Callable[[object], object]:
    """What reads a value of the type `hint`: one of those that Judgement and Step are made of."""
    inner, kind = get_args(hint), hint
    if get_origin(hint) in (Union, types.UnionType):
        of_some = _reader(next(each for each in inner if each is not type(None)))
        return lambda data: None if data is None else of_some(data)
    if get_origin(hint) is tuple:
        return _many(_reader(inner[0])) if inner[-1] is ... else _row(tuple(map(_reader, inner)))
    if hint is Said:
        return _said
    if hint is datetime:
        return _instant
    if is_dataclass(hint):
        return partial(_model, kind)
    if issubclass(hint, StrEnum):
        return lambda data: hint(data)
    return lambda data: _plain(hint, data)


def _many(of_each: Callable[[object], object]) -> Callable[[object], object]:
    return lambda data: tuple(of_each(each) for each in _list(data))


def _row(of_places: tuple[Callable[[object], object], ...]) -> Callable[[object], object]:
    return lambda data: tuple(read(each) for read, each in zip(of_places, _list(data), strict=True))


def _list(data: object) -> list[object]:
    if not isinstance(data, list):
        raise ValueError(f"{data!r} is no list")
    return data


def _said(data: object) -> Said:
    said = from_json(data)
    if not isinstance(said, Said):
        raise ValueError(f"{data!r} is no sentence")
    return said


def _instant(data: object) -> datetime:
    return datetime.fromisoformat(str(_plain(str, data))).astimezone(UTC)


def _plain(kind: type, data: object) -> object:
    if kind is float and type(data) is int:
        return float(data)
    if type(data) is not kind:
        raise ValueError(f"{data!r} is no {kind.__name__}")
    return data
