"""Reads tests/rules/cases/<RULE_ID>.yml into lead cases.

A file holds `rule`, shared `policy` and `lead` fields, and `cases`. Times without an offset are by the clock of the
policy's zone. An activity is written `- call: "2026-03-02 10:20"` with any field of Activity beside it; what is not
written is a human outbound act that took place and was recorded at once. `null` means that the CRM does not say. A
date without a time of day means that only the day is known.

Of a case:
- `lead`: fields of Lead; `recorded_at` is `received_at` unless given. `policy`: fields of Policy; calendars in the
  neutral schema without `tz`, `absences` as `{"7": [[from, to]]}`, `targets` as a list of ResponseTarget fields (none
  unless given).
- `owners`: hand-overs, `{at, owner_id}`. `people`: Owner fields. `stages`: `{at, status}`, `field` is "status" unless
  given. `tasks`: fields of Task with `due`, `done` (done at that instant) or `is_done` (done, nobody knows when).
- `deals`: fields of Deal with `contacts`; id, pipeline, stage, status and creation have defaults.
- `around`: fields of Surroundings; what is left out was not counted. `neighbours`, `looked_up` (`at` in UTC) and
  `learned` (`said`, `found`, `weak`) as in audits.model.truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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
    Owner,
    OwnerChange,
    StageChange,
    Task,
)
from audits.model.case import Agreement, Apart, Coverage, Fact, KeyKind, LeadCase, Sighting
from audits.model.deal import Deal, DealContact
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Cadence, Hours, Policy, ResponseTarget
from audits.model.surroundings import Crowd, DealNorm, Load, StageNorm, Surroundings, Twin
from audits.model.truth import LeadClass, Learned, LookedUp, Neighbours
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


_KNOWN = {
    "id",
    "lead",
    "policy",
    "activities",
    "tasks",
    "owners",
    "people",
    "stages",
    "deals",
    "around",
    "sightings",
    "missing",
    "as_of",
    "expect",
}


def _case(rule_id: str, shared: Mapping[str, Any], data: dict[str, Any]) -> RuleCase:
    assert set(data) <= _KNOWN, f"{rule_id} {data.get('id')}: unknown fields {set(data) - _KNOWN}"
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
        stage_changes=tuple(
            StageChange(
                lead_id="L1",
                occurred_at=instant(each["at"], zone),
                field=each.get("field", "status"),
                raw_status=each["status"],
                source=each.get("source", ""),
            )
            for each in data.get("stages", ())
        ),
        sightings=tuple(
            Sighting(
                lead_id=each["lead_id"],
                received_at=instant(each["at"], zone),
                key_kind=KeyKind(each["key"]),
                source=each.get("source"),
                percent=each.get("percent"),
                agrees=tuple(Agreement(*agreed) for agreed in each.get("agrees", ())),
                apart=Apart(each["apart"]) if "apart" in each else None,
            )
            for each in data.get("sightings", ())
        ),
        deals=tuple(_deal(index, each, zone) for index, each in enumerate(data.get("deals", ()))),
        owners=tuple(
            Owner(**{"user_id": None, "email": None, "name": f"Owner {each['owner_id']}", **each})
            for each in data.get("people", ())
        ),
        surroundings=_surroundings(data.get("around", {}), zone),
        coverage=Coverage(missing=tuple((Fact(fact), cause) for fact, cause in data.get("missing", {}).items())),
    )
    return RuleCase(rule_id, data["id"], case, policy, data["expect"], zone)


def _policy(data: dict[str, Any]) -> tuple[Policy, ZoneInfo]:
    calendar = Calendar.from_json({"tz": "Europe/Berlin", "week": WEEK, **data.pop("calendar", {})}, "team")
    zone = ZoneInfo(calendar.zone)
    hours = _hours_of(data, calendar.zone)
    later_hours = tuple(
        Hours(
            valid_from=instant(each["valid_from"], zone),
            calendar=Calendar.from_json({"tz": calendar.zone, "week": WEEK, **each.get("calendar", {})}, "team"),
            **_hours_of(each, calendar.zone),
        )
        for each in (dict(each) for each in data.pop("later_hours", ()))
    )
    targets = [_target(each) for each in data.pop("targets", ())]
    cadence = Cadence(**data.pop("cadence", {}))
    texts: dict[str, Any] = {name: tuple(data.pop(name)) for name in _LISTS_OF_TEXT if name in data}
    fields = {"version": "test-1", **data}
    policy = Policy(
        calendar=calendar,
        later_hours=later_hours,
        targets=tuple(targets),
        cadence=cadence,
        **hours,
        **texts,
        **fields,
    )
    return policy, zone


_LISTS_OF_TEXT = (
    "contacted_statuses",
    "waiting_statuses",
    "own_domains",
    "competitor_domains",
    "competitor_names",
    "products",
)


def _target(data: dict[str, Any]) -> ResponseTarget:
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
    }
    return ResponseTarget(**fields)


def _hours_of(data: dict[str, Any], zone_name: str) -> dict[str, Any]:
    """The calendars of teams and owners and the absences, taken out of `data`."""
    zone = ZoneInfo(zone_name)
    read: dict[str, Any] = {
        name: {key: Calendar.from_json({"tz": zone_name, **hours}, key) for key, hours in data.pop(name, {}).items()}
        for name in ("team_calendars", "owner_calendars")
    }
    read["absences"] = {
        owner_id: tuple((instant(start, zone), instant(end, zone)) for start, end in spans)
        for owner_id, spans in data.pop("absences", {}).items()
    }
    return read


_LEAD_TIMES = ("recorded_at", "submitted_at", "preferred_at", "modified_at", "stage_since", "closed_at")


def _lead(data: dict[str, Any], zone: ZoneInfo) -> Lead:
    received_at, latest_at = span_of(data.pop("received_at"), zone)
    if data.get("status") is not None:
        data["status"] = LeadStatus(data["status"])
    if data.get("recontact_on") is not None:
        data["recontact_on"] = date.fromisoformat(str(data["recontact_on"]))
    times = {"recorded_at": received_at, **_instants(data, _LEAD_TIMES, zone)}
    return Lead(lead_id="L1", received_at=received_at, received_latest_at=latest_at, **times, **data)


def _instants(data: dict[str, Any], names: tuple[str, ...], zone: ZoneInfo) -> dict[str, Any]:
    """The fields of `data` that are instants, read and taken out."""
    values = {name: data.pop(name) for name in names if name in data}
    return {name: None if value is None else instant(value, zone) for name, value in values.items()}


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
    data = dict(data)
    times = _instants(data, ("due", "done", "recorded_at"), zone)
    done_at = times.get("done")
    return Task(
        task_id=f"T{index}",
        lead_id="L1",
        recorded_at=times["recorded_at"],
        due_at=times.get("due"),
        is_done=data.pop("is_done", done_at is not None),
        completed_at=done_at,
        raw=tuple(data.pop("raw", {}).items()),
        **data,
    )


def _deal(index: int, data: dict[str, Any], zone: ZoneInfo) -> Deal:
    data = dict(data)
    status = data.pop("status", "open")
    times = _instants(data, ("created_at", "closed_at", "stage_since"), zone)
    contacts = tuple(
        DealContact(
            **{"contact_id": f"C{place}", **_instants(each, ("last_touch_at",), zone), **each},
        )
        for place, each in enumerate(dict(each) for each in data.pop("contacts", ()))
    )
    fields = {"deal_id": f"D{index}", "pipeline": "sales", "stage": "offer", **times, **data}
    return Deal(status=None if status is None else LeadStatus(status), contacts=contacts, **fields)


def _surroundings(data: dict[str, Any], zone: ZoneInfo) -> Surroundings:
    data = dict(data)
    lists: dict[str, Any] = {
        name: None if data[name] is None else tuple(kind(**_timed(each, zone)) for each in data[name])
        for name, kind in _AROUND_LISTS.items()
        if name in data
    }
    single: dict[str, Any] = {
        name: None if data[name] is None else kind(**data[name]) for name, kind in _AROUND.items() if name in data
    }
    unknown = set(data) - {*lists, *single, "norms_id"}
    assert not unknown, f"around: unknown fields {unknown}"
    return Surroundings(norms_id=data.get("norms_id", ""), **lists, **single)


_AROUND_LISTS: Mapping[str, Any] = {
    "crowded_logs": Crowd,
    "crowded_ticks": Crowd,
    "twins": Twin,
    "deal_norms": DealNorm,
}


def _looked_up(**data: Any) -> LookedUp:
    at = data.pop("at", None)
    return LookedUp(at=None if at is None else instant(at, ZoneInfo("UTC")), **data)


def _learned(said: list[float], found: list[float], weak: list[str], version: str = "1a2b") -> Learned:
    """What the account's outcomes taught; each list may be empty."""
    classes = tuple(LeadClass(each) for each in weak)
    return Learned(version=version, said=tuple(said), found=tuple(found), weak=classes)


_AROUND: Mapping[str, Any] = {
    "load": Load,
    "stage_norm": StageNorm,
    "neighbours": Neighbours,
    "looked_up": _looked_up,
    "learned": _learned,
}


def _timed(data: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {name: instant(value, zone) if name == "at" else value for name, value in data.items()}
