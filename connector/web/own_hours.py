"""A person's own working hours as a form and back. They are a part of the team's: time counts while both are open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from audits.model.policy import Policy
from audits.model.working_calendar import WEEKDAYS, Calendar, EmptyCalendar, Hours
from audits.model.working_time import combined
from connector.web.policy_form import DAY_NAMES, days_text, hours_text, parse_days, parse_hours
from connector.web.texts import t


@dataclass(frozen=True, slots=True)
class OwnHoursForm:
    """What stands in the form, and what is wrong with it by field name. `days_off`: a line per day."""

    hours: Mapping[str, str]
    zone: str
    days_off: str
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def week(self) -> list[tuple[str, str, str]]:
        """(name, label, hours as text) per weekday."""
        return [(day, t(DAY_NAMES[index]), self.hours[day]) for index, day in enumerate(WEEKDAYS)]


def own_hours_of(policy: Policy, owner_id: str) -> OwnHoursForm:
    """The form that shows the owner's hours; those of the team when he has none of his own."""
    own = policy.owner_calendars.get(owner_id)
    shown = own or policy.calendar
    return OwnHoursForm(
        hours={day: hours_text(shown.week.get(index, ())) for index, day in enumerate(WEEKDAYS)},
        zone=shown.zone,
        days_off="" if own is None else "\n".join(days_text(own.holidays, own.overrides)),
    )


def own_hours_typed(values: Mapping[str, str], shown: OwnHoursForm) -> OwnHoursForm:
    """The form as typed; fields that were not sent stay as `shown`."""
    return OwnHoursForm(
        hours={day: values.get(f"hours_{day}", shown.hours[day]).strip() for day in WEEKDAYS},
        zone=values.get("zone", shown.zone).strip(),
        days_off=values.get("days_off", shown.days_off).strip(),
    )


def own_calendar(form: OwnHoursForm, team: Calendar, owner_id: str) -> Calendar | OwnHoursForm:
    """The calendar that `form` describes, or the form again, saying what is wrong."""
    wrong: dict[str, str] = {}
    week: dict[int, Hours] = {}
    for index, day in enumerate(WEEKDAYS):
        try:
            week[index] = parse_hours(form.hours[day])
        except ValueError as error:
            wrong[f"hours_{day}"] = str(error)
    days_off, short_days = parse_days(form.days_off, wrong)
    if not wrong:
        try:
            own = Calendar(owner_id, form.zone, week, days_off, short_days)
            combined(team, own)
        except EmptyCalendar:
            wrong["hours_mon"] = t("These hours and those of the team have nothing in common.")
        except ValueError as error:
            wrong["zone" if str(error).startswith("tz:") else "hours_mon"] = str(error)
        else:
            return own
    return replace(form, wrong=wrong)


def with_own_hours(policy: Policy, calendar: Calendar | None, owner_ids: list[str]) -> Policy:
    """The policy in which these owners keep `calendar`, or, when None, the team's hours."""
    kept = {owner_id: own for owner_id, own in policy.owner_calendars.items() if owner_id not in owner_ids}
    if calendar is not None:
        kept |= {owner_id: replace(calendar, calendar_id=owner_id) for owner_id in owner_ids}
    return replace(policy, owner_calendars=kept)
