"""What was agreed: targets, cadence and calendars. Versioned; every finding names the version it was judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
