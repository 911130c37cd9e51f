"""What differs between two versions of a policy, line by line, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from audits.model.case import KeyKind
from audits.model.policy import Policy, ResponseTarget
from audits.model.working_calendar import WEEKDAYS, Calendar
from connector.language.bidi import isolated
from connector.web import policy_numbers
from connector.web.criteria_form import criterion_text
from connector.web.duplicate_words import PROOFS
from connector.web.policy_form import DAY_NAMES, days_text, hours_text
from connector.web.policy_numbers import THRESHOLDS, Kind, Threshold
from connector.web.texts import current, t

#: Days that a line names before it counts the rest.
_NAMED = 6


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what, how it was, how it is."""

    what: str
    before: str
    after: str


def changes(old: Policy, new: Policy, names: Mapping[str, str]) -> list[Change]:
    """The differences from `old` to `new`. `names`: owner id → name."""
    found = [
        *_targets(old, new),
        *_figures(old, new),
        *_calendars(old, new),
        *_people(old, new, names),
        *_lists(old, new),
        *_criteria(old, new),
    ]
    if old.region != new.region:
        found.append(Change(t("Country of numbers without a prefix"), old.region or "–", new.region or "–"))
    return found


def figure_text(threshold: Threshold, value: int) -> str:
    """A figure with its unit, in words."""
    says = current()
    if threshold.kind is Kind.WORKING:
        return t("{span} of working time", span=says.span(value))
    if threshold.kind is Kind.WALL:
        return says.span(value)
    if threshold.kind is Kind.PERCENT:
        return says.percent(value / 100)
    if threshold.kind is Kind.DAYS:
        return says.plural("{n} day", "{n} days", value)
    return policy_numbers.shown(threshold.kind, value)[0]


def target_text(target: ResponseTarget) -> str:
    """A target in one line."""
    says = current()
    whom = [
        f"{label}: {_apart(', '.join(words))}"
        for label, words in (
            (t("kinds"), target.lead_types),
            (t("sources"), target.sources),
            (t("priorities"), target.priorities),
            (t("countries"), target.countries),
        )
        if words
    ]
    spans = t("goal {goal}, due {due}", goal=says.span(target.goal_s), due=says.span(target.due_s))
    return f"{_apart(target.name)}: {spans} ({says.signs('; ').join(whom) if whom else t('every lead')})"


def week_text(calendar: Calendar) -> str:
    """The open hours of a week in one line."""
    days = (
        f"{t(DAY_NAMES[day])} {_apart(hours_text(calendar.week[day]))}"
        for day in range(len(WEEKDAYS))
        if calendar.week.get(day)
    )
    return f"{current().signs('; ').join(days)} ({_apart(calendar.zone)})"


def _apart(text: str) -> str:
    """Data in a line of ours, which may run the other way: hours and names would turn about in it."""
    return isolated(text, is_right_to_left=current().is_right_to_left)


def _figures(old: Policy, new: Policy) -> Iterator[Change]:
    for each in THRESHOLDS:
        before, after = policy_numbers.value_of(old, each.name), policy_numbers.value_of(new, each.name)
        if before != after:
            yield Change(t(each.label), figure_text(each, before), figure_text(each, after))


def _targets(old: Policy, new: Policy) -> Iterator[Change]:
    if old.targets == new.targets:
        return
    before, after = ([target_text(each) for each in policy.targets] for policy in (old, new))
    for n in range(max(len(before), len(after))):
        was, is_now = (texts[n] if n < len(texts) else "–" for texts in (before, after))
        if was != is_now:
            yield Change(t("Target {n}", n=n + 1), was, is_now)


def _calendars(old: Policy, new: Policy) -> Iterator[Change]:
    yield from _calendar(t("General hours"), old.calendar, new.calendar)
    for team in sorted(old.team_calendars.keys() | new.team_calendars.keys()):
        yield from _calendar(
            t("Hours of the team {team}", team=team), old.team_calendars.get(team), new.team_calendars.get(team)
        )


def _calendar(what: str, old: Calendar | None, new: Calendar | None) -> Iterator[Change]:
    if old == new:
        return
    if old is None or new is None:
        as_general = t("the general hours")
        yield Change(what, week_text(old) if old else as_general, week_text(new) if new else as_general)
        return
    if week_text(old) != week_text(new):
        yield Change(what, week_text(old), week_text(new))
    for label, before, after in (
        (t("days off and short days"), _days(old), _days(new)),
        (
            t("breaks"),
            {f"{day.isoformat()} {hours_text(hours)}" for day, hours in old.breaks.items()},
            {f"{day.isoformat()} {hours_text(hours)}" for day, hours in new.breaks.items()},
        ),
    ):
        if before != after:
            yield Change(f"{what}: {label}", _some(before - after), _some(after - before))


def _days(calendar: Calendar) -> set[str]:
    return set(days_text(calendar.holidays, calendar.overrides))


def _some(lines: set[str]) -> str:
    if not lines:
        return "–"
    named = ", ".join(sorted(lines)[:_NAMED])
    left = len(lines) - _NAMED
    return t("{days} and {n} more", days=named, n=left) if left > 0 else _apart(named)


def _people(old: Policy, new: Policy, names: Mapping[str, str]) -> Iterator[Change]:
    says = current()
    for owner_id in sorted(old.owner_calendars.keys() | new.owner_calendars.keys()):
        before, after = old.owner_calendars.get(owner_id), new.owner_calendars.get(owner_id)
        if before != after:
            as_team = t("as the team")
            yield Change(
                t("Hours of {name}", name=names.get(owner_id, owner_id)),
                week_text(before) if before else as_team,
                week_text(after) if after else as_team,
            )
    for owner_id in sorted(old.absences.keys() | new.absences.keys()):
        spans = [
            "; ".join(
                f"{says.moment(start)} – {says.moment(end)}" for start, end in policy.absences.get(owner_id, ())
            )
            for policy in (old, new)
        ]
        if spans[0] != spans[1]:
            yield Change(
                t("Absences of {name}", name=names.get(owner_id, owner_id)), spans[0] or "–", spans[1] or "–"
            )


def _lists(old: Policy, new: Policy) -> Iterator[Change]:
    for label, before, after in (
        (t("Statuses that claim an attempt"), old.contacted_statuses, new.contacted_statuses),
        (t("Statuses that mean waiting for the lead"), old.waiting_statuses, new.waiting_statuses),
        (t("Domains of your own"), old.own_domains, new.own_domains),
        (t("Domains of competitors"), old.competitor_domains, new.competitor_domains),
        (t("Names of competitors"), old.competitor_names, new.competitor_names),
        (t("What you sell"), old.products, new.products),
        (t("What proves a duplicate"), _proofs(old), _proofs(new)),
    ):
        if set(before) != set(after):
            yield Change(label, _apart(", ".join(before)) or "–", _apart(", ".join(after)) or "–")


def _proofs(policy: Policy) -> tuple[str, ...]:
    return tuple(t(PROOFS[KeyKind(each)]) for each in policy.duplicate_fields)


def _criteria(old: Policy, new: Policy) -> Iterator[Change]:
    before, after = ([_apart(criterion_text(each)) for each in policy.criteria] for policy in (old, new))
    for n in range(max(len(before), len(after))):
        was, is_now = (texts[n] if n < len(texts) else "–" for texts in (before, after))
        if was != is_now:
            yield Change(t("Criterion {n} of the target group", n=n + 1), was, is_now)
