"""Reads tests/rules/cases/<RULE_ID>.yml into lead cases.

A file holds `rule`, shared `policy` and `lead` fields, and `cases`. Times without an offset are by the clock of the
policy's zone. An activity is written `- call: "2026-03-02 10:20"` with any field of Activity beside it; what is not
written is a human outbound act that took place and was recorded at once. `null` means that the CRM does not say. A
date without a time of day means that only the day is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from audits.model.activity import (
    Activity,
    ActivityKind,
    ActivityState,
    Direction,
    Disposition,
    OwnerChange,
    Task,
)
from audits.model.case import Coverage, Fact, KeyKind, LeadCase, Sighting
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Cadence, Policy
from audits.model.working_calendar import Calendar

FOLDER = Path(__file__).parent / "cases"
WEEK = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@dataclass(frozen=True)
class RuleCase:
    """One written case: the input, and what the rule must say of it."""

    rule_id: str
    case_id: str
    case: LeadCase
    policy: Policy
    expect: Mapping[str, Any]
    zone: ZoneInfo

    def __str__(self) -> str:
        return f"{self.rule_id}-{self.case_id}"


def read_cases() -> list[RuleCase]:
    """All cases of all files."""
    return [each for path in sorted(FOLDER.glob("*.yml")) for each in _read(path)]


def instant(text: str, zone: ZoneInfo) -> datetime:
    """An instant written with an offset, or by the clock of `zone`."""
    read = datetime.fromisoformat(str(text))
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)


def span_of(text: str, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    """The instant, or the first and the last second of a day that is written without a time."""
    first = instant(text, zone)
    if len(str(text)) > len("2026-03-02"):
        return first, None
    next_day = first.astimezone(zone).date() + timedelta(days=1)
    return first, instant(next_day.isoformat(), zone) - timedelta(seconds=1)


def _read(path: Path) -> list[RuleCase]:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(data) <= {"rule", "policy", "lead", "cases"}, f"{path.name}: unknown fields"
    assert data["rule"] == path.stem, f"{path.name}: holds cases of {data['rule']}"
    return [_case(path.stem, data, each) for each in data["cases"]]


def _case(rule_id: str, shared: Mapping[str, Any], data: dict[str, Any]) -> RuleCase:
    known = {"id", "lead", "policy", "activities", "tasks", "owners", "sightings", "missing", "as_of", "expect"}
    assert set(data) <= known, f"{rule_id} {data.get('id')}: unknown fields {set(data) - known}"
    policy, zone = _policy({**shared.get("policy", {}), **data.get("policy", {})})
    lead = _lead({**shared.get("lead", {}), **data.get("lead", {})}, zone)
    activities = [_activity(index, each, zone) for index, each in enumerate(data.get("activities", ()))]
    case = LeadCase(
        lead=lead,
        as_of=instant(data["as_of"], zone),
        activities=tuple(sorted(activities, key=lambda each: (each.occurred_at, each.activity_id))),
        tasks=tuple(_task(index, each, zone) for index, each in enumerate(data.get("tasks", ()))),
        owner_changes=tuple(
            OwnerChange(lead_id="L1", occurred_at=instant(each["at"], zone), owner_id=each["owner_id"])
            for each in data.get("owners", ())
        ),
        sightings=tuple(
            Sighting(lead_id=each["lead_id"], received_at=instant(each["at"], zone), key_kind=KeyKind(each["key"]))
            for each in data.get("sightings", ())
        ),
        coverage=Coverage(missing=tuple((Fact(fact), cause) for fact, cause in data.get("missing", {}).items())),
    )
    return RuleCase(rule_id, data["id"], case, policy, data["expect"], zone)


def _policy(data: dict[str, Any]) -> tuple[Policy, ZoneInfo]:
    calendar = Calendar.from_json({"tz": "Europe/Berlin", "week": WEEK, **data.pop("calendar", {})}, "team")
    owners = {
        owner_id: Calendar.from_json({"tz": calendar.zone, **hours}, owner_id)
        for owner_id, hours in data.pop("owner_calendars", {}).items()
    }
    cadence = Cadence(**data.pop("cadence", {}))
    fields = {"version": "test-1", **data}
    return Policy(calendar=calendar, owner_calendars=owners, cadence=cadence, **fields), ZoneInfo(calendar.zone)


def _lead(data: dict[str, Any], zone: ZoneInfo) -> Lead:
    received_at, latest_at = span_of(data.pop("received_at"), zone)
    if data.get("status") is not None:
        data["status"] = LeadStatus(data["status"])
    return Lead(lead_id="L1", received_at=received_at, recorded_at=received_at, received_latest_at=latest_at, **data)


def _activity(index: int, data: dict[str, Any], zone: ZoneInfo) -> Activity:
    data = dict(data)
    kind = next(kind for kind in ActivityKind if kind.value in data)
    occurred_at, latest_at = span_of(data.pop(kind.value), zone)
    recorded_at = instant(data.pop("recorded_at"), zone) if "recorded_at" in data else occurred_at
    direction, state = data.pop("direction", "outbound"), data.pop("state", "done")
    disposition = data.pop("disposition", None)
    raw = tuple((name, value) for name, value in data.pop("raw", {}).items())
    return Activity(
        activity_id=f"A{index}",
        lead_id="L1",
        kind=kind,
        occurred_at=occurred_at,
        latest_at=latest_at,
        recorded_at=recorded_at,
        direction=None if direction is None else Direction(direction),
        state=None if state is None else ActivityState(state),
        disposition=None if disposition is None else Disposition(disposition),
        is_automated=data.pop("is_automated", False),
        raw=raw,
        **data,
    )


def _task(index: int, data: dict[str, Any], zone: ZoneInfo) -> Task:
    due = data.get("due")
    return Task(
        task_id=f"T{index}",
        lead_id="L1",
        recorded_at=instant(data["recorded_at"], zone),
        due_at=None if due is None else instant(due, zone),
        is_done=data.get("is_done", False),
    )
