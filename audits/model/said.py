"""What is said to a person, before any language: a template and its values.

A template is English with {names}; it is also the key under which translations stand. Values keep their type, so that
dates, numbers and plurals can be written by the reader's locale later. `english` is the wording that findings store.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Union
from zoneinfo import ZoneInfo

from audits.model.currencies import minor_digits
from audits.model.quick import quick


class Shape(StrEnum):
    """How much of an instant is written. HOUR_UNKNOWN: the day, with the note that the hour is not known."""

    MINUTE = "minute"
    TIME = "time"
    DAY = "day"
    HOUR_UNKNOWN = "hour_unknown"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (aware UTC), to be written by the clock of `zone` (IANA)."""

    at: datetime
    zone: str
    shape: Shape = Shape.MINUTE


@dataclass(frozen=True, slots=True)
class Span:
    """So many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Count:
    """So many of something; `noun` is a key of NOUNS."""

    n: int
    noun: str


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of `currency` (ISO 4217)."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Percent:
    """A share in whole percent."""

    percent: int


@dataclass(frozen=True, slots=True)
class Term:
    """A word of ours, to be translated: "call", "no answer"."""

    word: str


@dataclass(frozen=True, slots=True)
class Said:
    """A template and what its names stand for. A plain str among the values is data and is never translated.

    Raises ValueError when names and values do not match.
    """

    template: str
    values: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        named = _named(self.template)
        if named != {name for name, _ in self.values}:
            given = sorted({name for name, _ in self.values})
            raise ValueError(f"{self.template!r} names {sorted(named)}, but is given {given}")


@dataclass(frozen=True, slots=True)
class Listed:
    """Several things in a row, written with commas."""

    items: tuple[Value, ...]


_said = quick(Said, checked=True)
Value = Union[str, int, Moment, Span, Count, Money, Percent, Term, Listed, Said]  # noqa: UP007  (recursive)

#: Singular → plural of all that is counted in sentences.
NOUNS: Mapping[str, str] = {
    "activity": "activities",
    "agreed call": "agreed calls",
    "agreed e-mail": "agreed e-mails",
    "attempt": "attempts",
    "call": "calls",
    "contact": "contacts",
    "day": "days",
    "deal": "deals",
    "e-mail": "e-mails",
    "lead": "leads",
    "meeting": "meetings",
    "message": "messages",
    "minute": "minutes",
    "task": "tasks",
    "time": "times",
}

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def say(template: str, /, **values: Value) -> Said:
    """`say("Received {received}.", received=Moment(…))`: the template must be a literal, so that it can be found."""
    named = _named(template)
    # Said checks the same, and says what is wrong.
    return (_said if named == values.keys() else Said)(template, tuple(values.items()))


def phrase(text: str, /) -> str:
    """Marks a literal that becomes a Term elsewhere, so that it can be found."""
    return text


def joined(*sentences: Said) -> Said:
    """Sentences one after another."""
    if len(sentences) == 1:
        return sentences[0]
    names = [f"s{index}" for index in range(len(sentences))]
    return Said(" ".join(f"{{{name}}}" for name in names), tuple(zip(names, sentences, strict=True)))


def verbatim(text: str) -> Said:
    """Text that is data, in no language of ours."""
    return Said("{text}", (("text", text),))


@lru_cache(maxsize=4096)
def template_names(template: str) -> tuple[str, ...]:
    """The names in a template, in order."""
    return tuple(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


@lru_cache(maxsize=4096)
def _named(template: str) -> frozenset[str]:
    return frozenset(template_names(template))


def english(value: Value) -> str:
    """The value in English, the same on every machine."""
    match value:
        case str():
            return value
        case int():
            return str(value)
        case Said():
            if not value.values and "{" not in value.template:
                return value.template
            return value.template.format_map({name: english(each) for name, each in value.values})
        case Moment():
            return _moment(value)
        case Span():
            return _span(value.seconds)
        case Count():
            return f"{value.n} {value.noun if value.n == 1 else NOUNS[value.noun]}"
        case Percent():
            return f"{value.percent} %"
        case Money():
            return f"{_with_point(value.minor, minor_digits(value.currency))} {value.currency}"
        case Term():
            return value.word
        case Listed():
            return ", ".join(english(each) for each in value.items)


def literals(value: Value) -> Iterator[str]:
    """Every template, term and noun in it: what a translation must know."""
    match value:
        case Said():
            yield value.template
            for _, each in value.values:
                yield from literals(each)
        case Listed():
            for each in value.items:
                yield from literals(each)
        case Term():
            yield value.word
        case Count():
            yield value.noun


def to_json(value: Value) -> object:
    """JSON values that `from_json` reads again."""
    match value:
        case str() | int():
            return value
        case Said():
            return {"say": value.template, "with": {name: to_json(each) for name, each in value.values}}
        case Moment():
            return {"at": value.at.astimezone(UTC).isoformat(), "zone": value.zone, "shape": value.shape.value}
        case Span():
            return {"span_s": value.seconds}
        case Count():
            return {"n": value.n, "noun": value.noun}
        case Percent():
            return {"percent": value.percent}
        case Money():
            return {"minor": value.minor, "currency": value.currency}
        case Term():
            return {"term": value.word}
        case Listed():
            return {"list": [to_json(each) for each in value.items]}


def from_json(data: object) -> Value:
    """What `to_json` wrote. Raises ValueError for anything else."""
    match data:
        case str() | int():
            return data
        case {"say": str(template), "with": dict(values)}:
            return Said(template, tuple((str(name), from_json(each)) for name, each in values.items()))
        case {"at": str(at), "zone": str(zone), "shape": str(shape)}:
            return Moment(datetime.fromisoformat(at), zone, Shape(shape))
        case {"span_s": int(seconds)}:
            return Span(seconds)
        case {"n": int(n), "noun": str(noun)}:
            return Count(n, noun)
        case {"percent": int(percent)}:
            return Percent(percent)
        case {"minor": int(minor), "currency": str(currency)}:
            return Money(minor, currency)
        case {"term": str(word)}:
            return Term(word)
        case {"list": list(items)}:
            return Listed(tuple(from_json(each) for each in items))
    raise ValueError(f"{data!r} is nothing that is said")


def _with_point(value: int, digits: int) -> str:
    """`value`, counted in units of so many digits after the point, written out."""
    whole, rest = divmod(abs(value), 10**digits)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{rest:0{digits}d}" if digits else f"{sign}{whole}"


def _moment(moment: Moment) -> str:
    local = moment.at.astimezone(ZoneInfo(moment.zone))
    # Not by strftime, which takes five times as long.
    written = local.isoformat(" ", "minutes")
    day = f"{_WEEKDAYS[local.weekday()]} {written[:10]}"
    match moment.shape:
        case Shape.TIME:
            return written[11:16]
        case Shape.DAY:
            return day
        case Shape.HOUR_UNKNOWN:
            return f"{day} (hour not known)"
        case Shape.MINUTE:
            return f"{day} {written[11:16]}"


def _span(seconds: int) -> str:
    """`45 s`, `5 min`, `2 h 30 min`; seconds are left out from ten hours on."""
    minutes, rest_s = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    parts.append(f"{rest_s} s" if rest_s and hours < 10 else "")
    return " ".join(part for part in parts if part) or "0 s"
