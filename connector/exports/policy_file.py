"""POLICY.toml → policy: what was agreed, with working hours and holidays. Mistakes name file, table and key."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import holidays

from audits.model.policy import Cadence, Policy
from audits.model.working_calendar import WEEKDAYS, Calendar
from connector.exports.toml_table import TomlTable

#: Years for which holidays are worked out, whatever the data hold: an equal file gives an equal calendar for ever.
HOLIDAY_YEARS = range(2000, 2051)

_SPAN = re.compile(r"(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?")


def read_policy(path: Path) -> Policy:
    """The policy in the file at `path`; spans in it are working time.

    The version is the name given in the file (or "file"), a plus sign and the first 8 hex digits of a hash over all
    that it says, so that two different policies never carry one version. Raises UnusableInput.
    """
    top = TomlTable.load(path)
    version = top.text("version", "file")
    zone = top.text("zone")
    team = _calendar(top, "team", zone, None)
    region = top.optional_text("region")
    if region is not None and not re.fullmatch("[A-Z]{2}", region):
        raise top.problem("region", f"{region!r} is no country; give two capital letters such as DE")
    plain = _with_targets(Policy(version=version, calendar=team), top.table("targets"))
    policy = dataclasses.replace(
        plain,
        region=region,
        owner_calendars=_owner_calendars(top.table("owners"), zone, team),
        cadence=_cadence(top.table("cadence"), plain.cadence),
        duplicate_window_days=top.whole_number("duplicate_window_days", plain.duplicate_window_days),
    )
    top.done()
    said = json.dumps(policy.to_json(), sort_keys=True, ensure_ascii=False)
    return dataclasses.replace(policy, version=f"{version}+{hashlib.sha256(said.encode()).hexdigest()[:8]}")


def _with_targets(plain: Policy, table: TomlTable | None) -> Policy:
    if table is None:
        return plain
    by_type = table.table("by_type")
    read = dataclasses.replace(
        plain,
        response_target_s=_span(table, "first_attempt", plain.response_target_s),
        never_called_after_s=_span(table, "never_called_after", plain.never_called_after_s),
        recontact_after_s=_span(table, "recontact_after", plain.recontact_after_s),
        silent_after_s=_span(table, "silent_after", plain.silent_after_s),
        min_conversation_s=_span(table, "min_conversation", plain.min_conversation_s),
        response_target_by_type=(
            {} if by_type is None else {name: _span(by_type, name, 0) for name in by_type.all_keys()}
        ),
    )
    table.done()
    return read


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


def _calendar(table: TomlTable, name: str, zone: str, team: Calendar | None) -> Calendar:
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
        "holidays": shared.get("holidays", []) if free is None else sorted(_holidays(free)),
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


def _holidays(table: TomlTable) -> set[str]:
    """ISO dates of the country's (and region's) public holidays and of the dates given by hand."""
    country, subdivision = table.optional_text("country"), table.optional_text("subdivision")
    read: set[str] = set()
    if country is not None:
        try:
            official = holidays.country_holidays(country, subdiv=subdivision, years=HOLIDAY_YEARS)
        except NotImplementedError as error:
            raise table.problem(
                "country" if subdivision is None else "subdivision",
                f"{error}; give an ISO 3166 country such as DE and one of its subdivisions such as BE",
            ) from error
        read |= {day.isoformat() for day in official}
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


def _owner_calendars(table: TomlTable | None, zone: str, team: Calendar) -> dict[str, Calendar]:
    if table is None:
        return {}
    read: dict[str, Calendar] = {}
    for owner in table.all_keys():
        own = table.table(owner)
        if own is None:
            continue
        read[owner] = _calendar(own, owner, own.text("zone", zone), team)
        own.done()
    return read
