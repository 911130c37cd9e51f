"""POLICY.toml → policy: what was agreed, with working hours and holidays. Mistakes name file, table and key."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from audits.model.fit import Criterion, FitField, FitSubject
from audits.model.policy import DUPLICATE_FIELDS, Cadence, Policy, ResponseTarget
from audits.model.working_calendar import WEEKDAYS, Calendar
from audits.model.zones import load_zone
from connector.exports.toml_table import TomlTable
from connector.public_holidays import public_holidays, source_of

#: Years for which holidays are worked out, whatever the data hold: an equal file gives an equal calendar for ever.
HOLIDAY_YEARS = range(2000, 2051)

_Place = tuple[str, str | None]
"""A country, and one of its regions or None for the whole."""

#: Figures of a policy that have a place of their own in the file; all others stand under [limits].
_ELSEWHERE = {
    "response_goal_s",
    "response_target_s",
    "never_called_after_s",
    "recontact_after_s",
    "silent_after_s",
    "min_conversation_s",
    "duplicate_window_days",
}
_LIMITS = tuple(
    each.name for each in dataclasses.fields(Policy) if each.type == "int" and each.name not in _ELSEWHERE
)

_SPAN = re.compile(r"(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?")


def read_policy(path: Path) -> Policy:
    """The policy in the file at `path`; spans in it are working time where the policy says so.

    The version is the name given in the file (or "file"), a plus sign and the first 8 hex digits of a hash over all
    that it says, so that two different policies never carry one version. Raises UnusableInput.
    """
    top = TomlTable.load(path)
    version = top.text("version", "file")
    zone = top.text("zone")
    places: list[_Place] = []
    team = _calendar(top, "team", zone, None, places)
    region = top.optional_text("region")
    if region is not None and not re.fullmatch("[A-Z]{2}", region):
        raise top.problem("region", f"{region!r} is no country; give two capital letters such as DE")
    plain = _with_targets(Policy(version=version, calendar=team), top.table("targets"))
    owners = _owners(top.table("owners"), zone, team, places)
    policy = dataclasses.replace(
        _with_limits(plain, top.table("limits")),
        region=region,
        team_calendars=_teams(top.table("teams"), zone, team, places),
        owner_calendars={owner: own.calendar for owner, own in owners.items() if own.calendar is not None},
        absences={owner: own.absences for owner, own in owners.items() if own.absences},
        cadence=_cadence(top.table("cadence"), plain.cadence),
        duplicate_window_days=top.whole_number("duplicate_window_days", plain.duplicate_window_days),
        duplicate_fields=_duplicate_fields(top, plain.duplicate_fields),
        contacted_statuses=top.texts("contacted_statuses"),
        waiting_statuses=top.texts("waiting_statuses"),
        criteria=tuple(_criterion(each) for each in top.tables("target_group")),
    )
    top.done()
    said = json.dumps(policy.to_json(), sort_keys=True, ensure_ascii=False)
    return dataclasses.replace(
        policy,
        version=f"{version}+{hashlib.sha256(said.encode()).hexdigest()[:8]}",
        # Not a part of the hash: a newer package that gives the same dates is the same agreement.
        holidays_source=source_of(places, HOLIDAY_YEARS) if places else None,
    )


def _duplicate_fields(top: TomlTable, plain: tuple[str, ...]) -> tuple[str, ...]:
    named = top.texts("duplicate_fields", plain)
    for each in named:
        if each not in DUPLICATE_FIELDS:
            raise top.problem("duplicate_fields", f"{each!r} is not one of {', '.join(DUPLICATE_FIELDS)}")
    return tuple(each for each in DUPLICATE_FIELDS if each in named)


def _with_targets(plain: Policy, table: TomlTable | None) -> Policy:
    """What the file agrees on. Targets and goals that are shipped hold only where it says nothing of targets at all:
    without a goal of its own, what is due is the goal."""
    if table is None:
        return plain
    due_s = _span(table, "first_attempt", plain.response_target_s)
    goal_s = _span(table, "goal", due_s)
    if goal_s > due_s:
        raise table.problem("goal", f"is longer than first_attempt, after which the attempt is late ({due_s} s)")
    by_type = table.table("by_type")
    common_s = goal_s if "goal" in table else None
    targets = [_target(each, common_s) for each in table.tables("for")]
    for name in by_type.all_keys() if by_type is not None else ():
        own_s = _span(by_type, name, 0) if by_type is not None else 0
        targets.append(ResponseTarget(name=name, goal_s=_shorter(common_s, own_s), due_s=own_s, lead_types=(name,)))
    read = dataclasses.replace(
        plain,
        targets=tuple(targets),
        response_goal_s=goal_s,
        response_target_s=due_s,
        never_called_after_s=_span(table, "never_called_after", plain.never_called_after_s),
        recontact_after_s=_span(table, "recontact_after", plain.recontact_after_s),
        silent_after_s=_span(table, "silent_after", plain.silent_after_s),
        min_conversation_s=_span(table, "min_conversation", plain.min_conversation_s),
    )
    table.done()
    return read


def _shorter(goal_s: int | None, due_s: int) -> int:
    return due_s if goal_s is None else min(goal_s, due_s)


def _target(table: TomlTable, goal_s: int | None) -> ResponseTarget:
    """One entry of [[targets.for]]; without a goal the general one, or the due time when that is shorter."""
    words = {key: table.texts(key) for key in ("lead_types", "sources", "priorities", "countries")}
    if table.value("due") is None:
        raise table.problem("due", 'is missing; write the span after which the attempt is late, such as "30m"')
    due_s = _span(table, "due", 0)
    said = ", ".join(word for each in words.values() for word in each)
    name, own_goal_s = table.text("name", said or "all other leads"), _span(table, "goal", _shorter(goal_s, due_s))
    if own_goal_s > due_s:
        raise table.problem("goal", f"is longer than due, after which the attempt is late ({due_s} s)")
    table.done()
    return ResponseTarget(name=name, goal_s=own_goal_s, due_s=due_s, **words)


def _criterion(table: TomlTable) -> Criterion:
    """One entry of [[target_group]]."""
    for key, known in (("subject", tuple(FitSubject)), ("field", tuple(FitField))):
        if table.text(key) not in known:
            raise table.problem(key, f"{table.text(key)!r} is not known; use one of {', '.join(known)}")
    bounds: dict[str, object] = {key: table.value(key) for key in ("from", "to")}
    for key, bound in bounds.items():
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int | float)):
            raise table.problem(key, f"{bound!r} is no number")
    said = {
        "name": table.text("name"),
        "subject": table.text("subject"),
        "field": table.text("field"),
        "weight": table.whole_number("weight", 0),
        "any_of": table.texts("any_of"),
        "least": bounds["from"],
        "most": bounds["to"],
    }
    table.done()
    try:
        return Criterion.from_json(said, "")
    except ValueError as error:
        raise table.problem("", str(error).lstrip(": ")) from error


def _with_limits(plain: Policy, table: TomlTable | None) -> Policy:
    """Every other figure of a policy, by its own name: spans without the ending _s."""
    if table is None:
        return plain
    read: dict[str, Any] = {}
    for name in _LIMITS:
        default = getattr(plain, name)
        is_span = name.endswith("_s")
        key = name.removesuffix("_s")
        read[name] = _span(table, key, default) if is_span else table.whole_number(key, default)
    table.done()
    return dataclasses.replace(plain, **read)


def _cadence(table: TomlTable | None, plain: Cadence) -> Cadence:
    if table is None:
        return plain
    read = Cadence(
        calls=table.whole_number("calls", plain.calls),
        emails=table.whole_number("emails", plain.emails),
        within_days=table.whole_number("within_days", plain.within_days, least=1),
    )
    table.done()
    return read


def _span(table: TomlTable, key: str, default: int) -> int:
    """Seconds, from a whole number of seconds or a text such as "30m", "8h" or "2h 30m"."""
    given = table.value(key)
    if given is None:
        return default
    if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        return given
    found = _SPAN.fullmatch(given.strip()) if isinstance(given, str) and given.strip() else None
    if found is None:
        raise table.problem(key, f'{given!r} is no span; write "30m", "8h", "2h 30m" or seconds as a number')
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _calendar(table: TomlTable, name: str, zone: str, team: Calendar | None, places: list[_Place]) -> Calendar:
    """The hours written in `table`; an owner's table may leave out what he shares with the team."""
    hours = table.table("hours")
    if hours is None and team is None:
        raise table.problem(
            "hours", 'is missing; write [hours] with lines such as mon = [["09:00", "12:30"], ["13:30", "18:00"]]'
        )
    shared = team.to_json() if team is not None else {}
    week = shared.get("week")
    if hours is not None:
        week = {day: hours.value(day) for day in hours.all_keys()}
        for day in hours.all_keys():
            if day not in WEEKDAYS:
                raise hours.problem(day, f"is no weekday; use {', '.join(WEEKDAYS)}")
    free = table.table("holidays")
    neutral: dict[str, object] = {
        "tz": zone,
        "week": week,
        "holidays": shared.get("holidays", []) if free is None else sorted(_holidays(free, places)),
        "overrides": _dated(table, "overrides", shared),
        "breaks": _dated(table, "breaks", shared),
    }
    try:
        return Calendar.from_json(neutral, calendar_id=name)
    except ValueError as error:
        raise table.problem("", f"the working hours of {name} cannot be used: {error}") from error


def _dated(table: TomlTable, key: str, shared: Mapping[str, object]) -> object:
    own = table.table(key)
    if own is None:
        return shared.get(key, {})
    return {day: own.value(day) for day in own.all_keys()}


def _holidays(table: TomlTable, places: list[_Place]) -> set[str]:
    """ISO dates of the country's (and region's) public holidays and of the dates given by hand."""
    country, subdivision = table.optional_text("country"), table.optional_text("subdivision")
    read: set[str] = set()
    if country is not None:
        try:
            official = public_holidays(country, subdivision, HOLIDAY_YEARS)
        except ValueError as error:
            raise table.problem(
                "country" if subdivision is None else "subdivision",
                f"{error}; give an ISO 3166 country such as DE and one of its subdivisions such as BE",
            ) from error
        read |= {day.isoformat() for day in official}
        places.append((country, subdivision))
    elif subdivision is not None:
        raise table.problem("subdivision", "needs a country beside it")
    for key, is_free in (("dates", True), ("working_dates", False)):
        for day in _dates(table, key):
            (read.add if is_free else read.discard)(day)
    table.done()
    return read


def _dates(table: TomlTable, key: str) -> list[str]:
    given = table.value(key)
    if given is None:
        return []
    if not isinstance(given, list):
        raise table.problem(key, f'{given!r} is no list; write ["2024-12-24", "2024-12-31"]')
    return _days(table, key, given)


def _days(table: TomlTable, key: str, given: list[object]) -> list[str]:
    read: list[str] = []
    for item in given:
        if isinstance(item, date) and not isinstance(item, datetime):
            read.append(item.isoformat())
            continue
        try:
            read.append(date.fromisoformat(str(item)).isoformat())
        except ValueError:
            raise table.problem(key, f"{item!r} is no date; write YYYY-MM-DD") from None
    return read


@dataclasses.dataclass(frozen=True, slots=True)
class _OwnerHours:
    """What the file says of one owner. `calendar` None = he keeps the team's hours."""

    calendar: Calendar | None
    absences: tuple[tuple[datetime, datetime], ...]


def _teams(table: TomlTable | None, zone: str, general: Calendar, places: list[_Place]) -> dict[str, Calendar]:
    """The hours of teams; which owner is in which team stands in the owners file."""
    read: dict[str, Calendar] = {}
    for name in table.all_keys() if table is not None else ():
        own = table.table(name) if table is not None else None
        if own is not None:
            read[name] = _calendar(own, f"the team {name}", own.text("zone", zone), general, places)
            own.done()
    return read


def _owners(table: TomlTable | None, zone: str, team: Calendar, places: list[_Place]) -> dict[str, _OwnerHours]:
    if table is None:
        return {}
    read: dict[str, _OwnerHours] = {}
    for owner in table.all_keys():
        own = table.table(owner)
        if own is None:
            continue
        own_zone = own.text("zone", zone)
        has_hours = any(key in own for key in ("zone", "hours", "holidays", "overrides", "breaks"))
        calendar = _calendar(own, owner, own_zone, team, places) if has_hours else None
        read[owner] = _OwnerHours(calendar, _absences(own, own_zone))
        own.done()
    return read


def _absences(table: TomlTable, zone: str) -> tuple[tuple[datetime, datetime], ...]:
    """`[[first day, last day], …]`, both days included, from midnight to midnight in `zone`."""
    given = table.value("absences")
    pairs = given if isinstance(given, list) else None if given is not None else []
    if pairs is None or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise table.problem(
            "absences", f"{given!r} is no list of first and last days; write [[2026-07-01, 2026-07-14]]"
        )
    try:
        rules = load_zone(zone)
    except ValueError as error:
        raise table.problem("zone", str(error)) from error
    read = []
    for pair in pairs:
        first, last = (date.fromisoformat(day) for day in _days(table, "absences", pair))
        if last < first:
            raise table.problem("absences", f"{last} comes before {first}")
        start, end = (
            datetime.combine(day, time(), rules).astimezone(UTC) for day in (first, last + timedelta(days=1))
        )
        read.append((start, end))
    return tuple(read)
