"""A policy as a form and back: every field keeps what was typed, and what is wrong is said beside its field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from babel.core import get_global

from audits.model.policy import Cadence, Policy
from audits.model.said import phrase
from audits.model.working_calendar import WEEKDAYS, Calendar, Hours
from connector.public_holidays import countries_with_holidays, has_holidays, source_of
from connector.public_holidays import public_holidays as official_holidays
from connector.web.policy_numbers import Source, sources
from connector.web.texts import t

#: Public holidays are filled in for this many years from the present one on, and for the one before.
HOLIDAY_YEARS = 3

_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*[-–]\s*(\d{1,2})(?::(\d{2}))?")
_DAY_WITH_HOURS = re.compile(r"(\d{4}-\d{2}-\d{2})[\s:]+(\d{1,2}(?::\d{2})?\s*[-–].*)")
DAY_NAMES = (
    phrase("Monday"),
    phrase("Tuesday"),
    phrase("Wednesday"),
    phrase("Thursday"),
    phrase("Friday"),
    phrase("Saturday"),
    phrase("Sunday"),
)


@dataclass(frozen=True, slots=True)
class NumberField:
    """One number of the policy. `factor`: what one unit of the form is in the policy's unit; `figure`: its name among
    all figures that can be edited (`policy_numbers`)."""

    name: str
    label: str
    unit: str
    hint: str
    factor: int
    low: int
    high: int
    figure: str

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where its default comes from, by rule."""
        return sources()[self.figure]


#: The form speaks of working days of eight hours where the policy counts seconds.
NUMBERS = (
    NumberField(
        "response_target",
        phrase("First attempt due, where no target fits"),
        phrase("minutes of working time"),
        phrase("Counted from the moment the lead reached the CRM."),
        60,
        1,
        60 * 24 * 10,
        "response_target_s",
    ),
    NumberField(
        "never_called_after",
        phrase("Never called, counted after"),
        phrase("hours of working time"),
        phrase("An open lead without any call."),
        3600,
        1,
        400,
        "never_called_after_s",
    ),
    NumberField(
        "recontact_after",
        phrase("Next attempt after a failed one within"),
        phrase("hours of working time"),
        "",
        3600,
        1,
        400,
        "recontact_after_s",
    ),
    NumberField(
        "silent_after",
        phrase("Neglected when silent for"),
        phrase("hours of working time"),
        phrase("No attempt, and no task planned."),
        3600,
        1,
        800,
        "silent_after_s",
    ),
    NumberField(
        "cadence_calls",
        phrase("Calls agreed per lead"),
        phrase("calls"),
        "",
        1,
        0,
        50,
        "cadence.calls",
    ),
    NumberField(
        "cadence_emails", phrase("E-mails agreed per lead"), phrase("e-mails"), "", 1, 0, 50, "cadence.emails"
    ),
    NumberField("cadence_days", phrase("Within"), phrase("calendar days"), "", 1, 1, 365, "cadence.within_days"),
    NumberField(
        "duplicate_window_days",
        phrase("A duplicate when seen again within"),
        phrase("calendar days"),
        "",
        1,
        1,
        3650,
        "duplicate_window_days",
    ),
    NumberField(
        "min_conversation",
        phrase("A call is a conversation from"),
        phrase("seconds"),
        "",
        1,
        0,
        600,
        "min_conversation_s",
    ),
)


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """What stands in the form, and what is wrong with it by field name."""

    hours: Mapping[str, str]
    zone: str
    country: str
    days_off: str
    numbers: Mapping[str, str]
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def week(self) -> list[tuple[str, str, str]]:
        """(name, label, hours as text) per weekday."""
        return [(day, t(DAY_NAMES[index]), self.hours[day]) for index, day in enumerate(WEEKDAYS)]


def form_of(policy: Policy, *, now_year: int) -> PolicyForm:
    """The form that shows `policy`."""
    calendar = policy.calendar
    country = policy.region or country_of(calendar.zone) or ""
    public = public_holidays(country, now_year)
    has_public = bool(public) and public <= calendar.holidays
    own = sorted(calendar.holidays - public if has_public else calendar.holidays)
    return PolicyForm(
        hours={day: hours_text(calendar.week.get(index, ())) for index, day in enumerate(WEEKDAYS)},
        zone=calendar.zone,
        country=country if has_public else "",
        days_off="\n".join(days_text(own, calendar.overrides)),
        numbers={
            "response_target": str(policy.response_target_s // 60),
            "never_called_after": str(policy.never_called_after_s // 3600),
            "recontact_after": str(policy.recontact_after_s // 3600),
            "silent_after": str(policy.silent_after_s // 3600),
            "cadence_calls": str(policy.cadence.calls),
            "cadence_emails": str(policy.cadence.emails),
            "cadence_days": str(policy.cadence.within_days),
            "duplicate_window_days": str(policy.duplicate_window_days),
            "min_conversation": str(policy.min_conversation_s),
        },
    )


def form_typed(values: Mapping[str, str], shown: PolicyForm) -> PolicyForm:
    """The form as typed; fields that were not sent stay as `shown`."""
    return PolicyForm(
        hours={day: values.get(f"hours_{day}", shown.hours[day]).strip() for day in WEEKDAYS},
        zone=values.get("zone", shown.zone).strip(),
        country=values.get("country", shown.country).strip(),
        days_off=values.get("days_off", shown.days_off).strip(),
        numbers={number.name: values.get(number.name, shown.numbers[number.name]).strip() for number in NUMBERS},
    )


def policy_from(form: PolicyForm, present: Policy, version: str, *, now_year: int) -> Policy | PolicyForm:
    """The policy that `form` describes, as `version`; or the form again, saying what is wrong.

    What the form does not show (an owner's own hours, targets of single kinds of leads, seconds, holidays of a
    region) stays as in `present`, and so does what it shows and nobody changed.
    """
    wrong: dict[str, str] = {}
    shown, kept = form_of(present, now_year=now_year), _numbers_of(present)
    week: dict[int, Hours] = {}
    for index, day in enumerate(WEEKDAYS):
        try:
            week[index] = parse_hours(form.hours[day])
        except ValueError as error:
            wrong[f"hours_{day}"] = str(error)
    numbers: dict[str, int] = {}
    for number in NUMBERS:
        typed = form.numbers[number.name]
        if typed == shown.numbers[number.name]:
            numbers[number.name] = kept[number.name]
        elif not typed.isdecimal() or not typed.isascii() or not number.low <= int(typed[:9]) <= number.high:
            wrong[number.name] = t("Give a whole number from {low} to {high}.", low=number.low, high=number.high)
        else:
            numbers[number.name] = int(typed) * number.factor
    days_off, short_days = parse_days(form.days_off, wrong)
    public = public_holidays(form.country, now_year)
    if (form.country, form.days_off) == (shown.country, shown.days_off):
        public, source = present.calendar.holidays, present.holidays_source
        days_off, short_days = frozenset(), dict(present.calendar.overrides)
    else:
        source = source_of([(form.country, None)], _years(now_year)) if form.country else None
    if form.country and not public:
        wrong["country"] = t("No public holidays are known for this country: leave it empty and list the days.")
    if not wrong:
        try:
            return replace(
                present,
                version=version,
                calendar=Calendar(
                    present.calendar.calendar_id,
                    form.zone,
                    week,
                    days_off | public,
                    short_days,
                    present.calendar.breaks,
                ),
                response_target_s=numbers["response_target"],
                cadence=Cadence(
                    calls=numbers["cadence_calls"],
                    emails=numbers["cadence_emails"],
                    within_days=numbers["cadence_days"],
                ),
                never_called_after_s=numbers["never_called_after"],
                recontact_after_s=numbers["recontact_after"],
                silent_after_s=numbers["silent_after"],
                duplicate_window_days=numbers["duplicate_window_days"],
                min_conversation_s=numbers["min_conversation"],
                region=form.country or present.region,
                holidays_source=source,
            )
        except ValueError as error:
            wrong["zone" if str(error).startswith("tz:") else "hours_mon"] = str(error)
    return PolicyForm(form.hours, form.zone, form.country, form.days_off, form.numbers, wrong)


def _numbers_of(policy: Policy) -> dict[str, int]:
    """The figures that the form shows, as the policy has them."""
    return {
        "response_target": policy.response_target_s,
        "never_called_after": policy.never_called_after_s,
        "recontact_after": policy.recontact_after_s,
        "silent_after": policy.silent_after_s,
        "cadence_calls": policy.cadence.calls,
        "cadence_emails": policy.cadence.emails,
        "cadence_days": policy.cadence.within_days,
        "duplicate_window_days": policy.duplicate_window_days,
        "min_conversation": policy.min_conversation_s,
    }


def parse_hours(text: str) -> Hours:
    """ "9:00-12:30, 13:30-18:00" → seconds of the day; empty = closed. Raises ValueError with a sentence."""
    spans = []
    for part in text.split(","):
        if not part.strip():
            continue
        found = _SPAN.fullmatch(part.strip())
        if not found:
            raise ValueError(t("Write hours such as 9:00-12:30, 13:30-18:00; leave it empty when closed."))
        start_h, start_m, end_h, end_m = (int(each or 0) for each in found.groups())
        start, end = start_h * 3600 + start_m * 60, end_h * 3600 + end_m * 60
        if start >= 86_400 or end > 86_400 or start_m > 59 or end_m > 59:
            raise ValueError(t("There is no such time: {typed}.", typed=part.strip()))
        spans.append((start, end))
    return tuple(spans)


def hours_text(hours: Iterable[tuple[int, int]]) -> str:
    """Seconds of the day → "9:00-12:30, 13:30-18:00"."""
    return ", ".join(f"{a // 3600}:{a % 3600 // 60:02d}-{b // 3600}:{b % 3600 // 60:02d}" for a, b in hours)


def country_of(zone: str) -> str | None:
    """The country in which the IANA zone lies, as ISO code."""
    found = get_global("zone_territories").get(zone)
    return str(found) if found and found != "001" else None


def country_with_holidays(zone: str, now_year: int) -> str:
    """The country of the zone when its public holidays are known, else ""."""
    country = country_of(zone) or ""
    return country if public_holidays(country, now_year) else ""


def public_holidays(country: str, now_year: int) -> frozenset[date]:
    """The public holidays of the whole country, last year to HOLIDAY_YEARS ahead; empty for an unknown country."""
    if not has_holidays(country):
        return frozenset()
    return official_holidays(country, None, _years(now_year))


def _years(now_year: int) -> range:
    return range(now_year - 1, now_year + HOLIDAY_YEARS)


def countries() -> list[str]:
    """ISO codes of the countries whose holidays are known."""
    return countries_with_holidays()


def days_text(closed: Iterable[date], hours: Mapping[date, Hours]) -> list[str]:
    """A line per day: `2026-12-24` is closed, `2026-12-31 9:00-12:00` is open then only."""
    lines = {day: day.isoformat() for day in closed}
    lines |= {day: f"{day.isoformat()} {hours_text(own)}".strip() for day, own in hours.items()}
    return [lines[day] for day in sorted(lines)]


def parse_days(text: str, wrong: dict[str, str]) -> tuple[frozenset[date], dict[date, Hours]]:
    """What `days_text` wrote: days that are closed, and days with hours of their own; what is none in `wrong`.

    Dates without hours may also share a line.
    """
    closed: set[date] = set()
    hours: dict[date, Hours] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _DAY_WITH_HOURS.fullmatch(line)
        try:
            if found:
                hours[date.fromisoformat(found[1])] = parse_hours(found[2])
            else:
                closed |= {date.fromisoformat(part) for part in re.split(r"[\s,;]+", line) if part}
        except ValueError:
            wrong["days_off"] = t(
                "{typed} is no day: write one per line, such as 2026-12-24 or 2026-12-31 9:00-12:00.", typed=line[:40]
            )
    return frozenset(closed - hours.keys()), hours
