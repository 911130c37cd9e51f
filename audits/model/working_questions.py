"""Working-time questions as plain JSON, answered by the same clock that the rules use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from audits.model.working_calendar import Calendar
from audits.model.working_time import Pause, working_time

_CALENDAR = ("tz", "week", "holidays", "overrides", "breaks")


def answer(case: Mapping[str, object]) -> int | str | bool:
    """Answer one question.

    The calendar is tz, week, holidays, overrides and breaks as in `Calendar.from_json`; instants are ISO 8601 with an
    offset; pauses are pairs of instants. By `kind`:
    - elapsed: start, end, pauses -> open seconds in [start, end)
    - deadline: start, add_seconds, pauses -> the instant when they have passed, "YYYY-MM-DDTHH:MM:SSZ"
    - open: at -> whether that instant is working time (pauses do not close it)

    Other fields are ignored. Raises ValueError naming the field that is missing or wrong.
    """
    clock = working_time(Calendar.from_json({name: case[name] for name in _CALENDAR if name in case}))
    kind = case.get("kind")
    if kind == "elapsed":
        return clock.elapsed(_instant(case, "start"), _instant(case, "end"), _pauses(case))
    if kind == "deadline":
        seconds = case.get("add_seconds")
        if not isinstance(seconds, int) or isinstance(seconds, bool):
            raise ValueError(f"add_seconds: {seconds!r} is not a whole number of seconds")
        due = clock.after(_instant(case, "start"), seconds, _pauses(case))
        return due.strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind == "open":
        return clock.is_open(_instant(case, "at"))
    raise ValueError(f"kind: {kind!r} is not a question; use elapsed, deadline or open")


def _instant(case: Mapping[str, object], name: str) -> datetime:
    return _read(case.get(name), name)


def _pauses(case: Mapping[str, object]) -> list[Pause]:
    listed = case.get("pauses", [])
    if not isinstance(listed, list):
        raise ValueError(f"pauses: {listed!r} is not a list")
    pauses: list[Pause] = []
    for index, pair in enumerate(listed):
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(f"pauses[{index}]: {pair!r} is not a pair of instants")
        pauses.append((_read(pair[0], f"pauses[{index}]"), _read(pair[1], f"pauses[{index}]")))
    return pauses


def _read(value: object, place: str) -> datetime:
    if isinstance(value, str):
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            instant = None
        if instant is not None and instant.utcoffset() is not None:
            return instant
    raise ValueError(f"{place}: {value!r} is not an instant; write 2024-01-31T09:00:00Z")
