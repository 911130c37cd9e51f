"""What was agreed: targets, cadence and calendars. Versioned; every finding names the version it was judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from audits.model.working_calendar import Calendar

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """The agreed series of attempts: `calls` and `emails` within `within_days` calendar days of receipt.

    Defaults: six calls and five e-mails (Velocify's published counts); the 15 days are ours.
    """

    calls: int = 6
    emails: int = 5
    within_days: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything a rule may compare with. Spans are seconds of working time unless the name says days.

    `response_target_s`: first attempt due after receipt. `response_target_by_type`: the same per lead type.
    `never_called_after_s`: open lead without any call attempt. `recontact_after_s`: after a failed attempt.
    `silent_after_s`: no attempt and no future task. `duplicate_window_days`: calendar days.
    `min_conversation_s`: a shorter call is no contact made. `region`: ISO country for numbers without +.
    Default figures and their sources stand in docs/rulebook.md.
    """

    version: str
    calendar: Calendar
    owner_calendars: Mapping[str, Calendar] = field(default_factory=dict)
    response_target_s: int = 30 * 60
    response_target_by_type: Mapping[str, int] = field(default_factory=dict)
    cadence: Cadence = field(default_factory=Cadence)
    never_called_after_s: int = 8 * 3600
    recontact_after_s: int = 3 * 8 * 3600
    silent_after_s: int = 5 * 8 * 3600
    duplicate_window_days: int = 30
    min_conversation_s: int = 20
    region: str | None = None

    def to_json(self) -> dict[str, object]:
        """The policy as JSON values, in one fixed order; `from_json` gives an equal policy again."""
        return {
            "version": self.version,
            "calendar": _calendar_json(self.calendar),
            "owner_calendars": {
                owner_id: _calendar_json(calendar) for owner_id, calendar in sorted(self.owner_calendars.items())
            },
            "response_target_by_type": dict(sorted(self.response_target_by_type.items())),
            "cadence": {name: getattr(self.cadence, name) for name in _CADENCE},
            **{name: getattr(self, name) for name in _NUMBERS},
            "region": self.region,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Policy:
        """Read what `to_json` wrote; what is left out has its default. Raises ValueError naming the place."""
        for name in data:
            if name not in _FIELDS:
                raise ValueError(f"{name}: unknown field; a policy has {', '.join(_FIELDS)}")
        version, region = data.get("version"), data.get("region")
        if not isinstance(version, str) or not version:
            raise ValueError(f"version: {version!r} is no name of a version")
        if region is not None and not isinstance(region, str):
            raise ValueError(f"region: {region!r} is not text; give an ISO country such as DE, or null")
        cadence = _object(data.get("cadence", {}), "cadence")
        for name in cadence:
            if name not in _CADENCE:
                raise ValueError(f"cadence.{name}: unknown field; a cadence has {', '.join(_CADENCE)}")
        by_type = _object(data.get("response_target_by_type", {}), "response_target_by_type")
        return cls(
            version=version,
            calendar=_calendar(data.get("calendar"), "calendar"),
            owner_calendars={
                owner_id: _calendar(value, f"owner_calendars.{owner_id}")
                for owner_id, value in _object(data.get("owner_calendars", {}), "owner_calendars").items()
            },
            response_target_by_type={
                name: _number(value, f"response_target_by_type.{name}") for name, value in by_type.items()
            },
            cadence=Cadence(**{name: _number(value, f"cadence.{name}") for name, value in cadence.items()}),
            region=region,
            **{name: _number(data[name], name) for name in _NUMBERS if name in data},
        )


_NUMBERS = (
    "response_target_s",
    "never_called_after_s",
    "recontact_after_s",
    "silent_after_s",
    "duplicate_window_days",
    "min_conversation_s",
)
_CADENCE = ("calls", "emails", "within_days")
_FIELDS = tuple(each.name for each in fields(Policy))


def _calendar_json(calendar: Calendar) -> dict[str, object]:
    return {"calendar_id": calendar.calendar_id, **calendar.to_json()}


def _calendar(value: object, place: str) -> Calendar:
    hours = dict(_object(value, place))
    calendar_id = hours.pop("calendar_id", "")
    if not isinstance(calendar_id, str):
        raise ValueError(f"{place}.calendar_id: {calendar_id!r} is not text")
    try:
        return Calendar.from_json(hours, calendar_id=calendar_id)
    except ValueError as error:
        raise ValueError(f"{place}.{error}") from error


def _object(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{place}: {value!r} is not an object")
    return value


def _number(value: object, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{place}: {value!r} is not a whole number of 0 or more")
    return value
