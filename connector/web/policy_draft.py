"""A whole policy as a form and back: every field keeps what was typed, and what is wrong is said beside its field.

A draft is text alone. It is made from a policy, read from a sent form, changed by the form's buttons (add, remove,
move), and becomes a policy again once nothing in it is wrong. What was not touched comes back exactly as it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from audits.model.policy import DUPLICATE_FIELDS, Cadence, Policy, ResponseTarget
from audits.model.working_calendar import WEEKDAYS, Calendar, Hours
from connector.public_holidays import countries_with_holidays
from connector.web import policy_numbers, public_days
from connector.web.criteria_form import ROW, CriterionDraft, criteria_from, draft_of_criterion
from connector.web.policy_form import country_of, days_text, hours_text, parse_days, parse_hours
from connector.web.policy_numbers import THRESHOLDS, Kind
from connector.web.texts import t

_WORDS = ("lead_types", "sources", "priorities", "countries")
_DAY_AND_HOURS = re.compile(r"(\d{4}-\d{2}-\d{2})[\s:]+(.+)")
#: More rows than anybody agrees on; it bounds what a sent form can ask for.
_MOST_ROWS = 200


#: Lists of names that an account gives of itself: fields of the policy.
LISTS = ("own_domains", "competitor_domains", "competitor_names", "products")


@dataclass(frozen=True, slots=True)
class TargetDraft:
    """One target as text. Spans as (number, unit)."""

    name: str = ""
    goal: tuple[str, str] = ("", "min")
    due: tuple[str, str] = ("", "min")
    words: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(_WORDS, ""))


@dataclass(frozen=True, slots=True)
class CalendarDraft:
    """One calendar as text. `team` "" = the general one. `days_off` and `breaks`: a line per day."""

    team: str
    hours: Mapping[str, str]
    zone: str
    country: str = ""
    region: str = ""
    days_off: str = ""
    breaks: str = ""


@dataclass(frozen=True, slots=True)
class AbsenceDraft:
    """One absence as text: days, or days with a time of day."""

    owner_id: str = ""
    begin: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDraft:
    """What stands in the form, and what is wrong with it by field name.

    `duplicate_fields`: None = the form had none, and they stay as they are. `valid`: "now" or "later", from
    `valid_from` (local date and time of the account).
    """

    targets: tuple[TargetDraft, ...]
    calendars: tuple[CalendarDraft, ...]
    absences: tuple[AbsenceDraft, ...]
    contacted: tuple[str, ...]
    waiting: tuple[str, ...]
    lists: Mapping[str, str]
    numbers: Mapping[str, tuple[str, str]]
    region: str
    criteria: tuple[CriterionDraft, ...] = ()
    duplicate_fields: tuple[str, ...] | None = None
    valid: str = "now"
    valid_from: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)


def draft_of(policy: Policy, *, now_year: int) -> PolicyDraft:
    """The draft that shows `policy`."""
    zone = ZoneInfo(policy.calendar.zone)
    return PolicyDraft(
        targets=tuple(
            TargetDraft(
                target.name,
                policy_numbers.shown(Kind.WORKING, target.goal_s),
                policy_numbers.shown(Kind.WORKING, target.due_s),
                {name: ", ".join(getattr(target, name)) for name in _WORDS},
            )
            for target in policy.targets
        ),
        calendars=(
            _calendar_draft("", policy.calendar, policy, now_year),
            *(
                _calendar_draft(team, policy.team_calendars[team], policy, now_year)
                for team in sorted(policy.team_calendars)
            ),
        ),
        absences=tuple(
            AbsenceDraft(owner_id, _begin_text(start, zone), _end_text(end, zone))
            for owner_id, spans in sorted(policy.absences.items())
            for start, end in spans
        ),
        contacted=policy.contacted_statuses,
        waiting=policy.waiting_statuses,
        lists={name: ", ".join(getattr(policy, name)) for name in LISTS},
        numbers={
            each.name: policy_numbers.shown(each.kind, policy_numbers.value_of(policy, each.name))
            for each in THRESHOLDS
        },
        region=policy.region or "",
        criteria=tuple(map(draft_of_criterion, policy.criteria)),
        duplicate_fields=policy.duplicate_fields,
    )


def _calendar_draft(team: str, calendar: Calendar, policy: Policy, now_year: int) -> CalendarDraft:
    guesses = tuple(filter(None, (policy.region, country_of(calendar.zone))))
    country, region, public = public_days.place_in(calendar.holidays, policy.holidays_source, guesses, now_year)
    return CalendarDraft(
        team=team,
        hours={day: hours_text(calendar.week.get(index, ())) for index, day in enumerate(WEEKDAYS)},
        zone=calendar.zone,
        country=country,
        region=region,
        days_off="\n".join(days_text(calendar.holidays - public, calendar.overrides)),
        breaks="\n".join(f"{day.isoformat()} {hours_text(hours)}" for day, hours in calendar.breaks.items()),
    )


def draft_typed(sent: MultiDict[str, str]) -> PolicyDraft:
    """The draft as it was sent."""

    def text(name: str) -> str:
        # Browsers end the lines of a text with CR LF.
        return sent.get(name, "").strip().replace("\r\n", "\n")

    def span(name: str, unit: str) -> tuple[str, str]:
        return text(name), text(f"{name}_unit") or unit

    def rows(name: str) -> range:
        count = text(name)
        return range(min(int(count), _MOST_ROWS) if count.isascii() and count.isdecimal() and len(count) < 6 else 0)

    return PolicyDraft(
        targets=tuple(
            TargetDraft(
                text(f"t{n}_name"),
                span(f"t{n}_goal", "min"),
                span(f"t{n}_due", "min"),
                {name: text(f"t{n}_{name}") for name in _WORDS},
            )
            for n in rows("targets")
        ),
        calendars=tuple(
            CalendarDraft(
                text(f"c{n}_team"),
                {day: text(f"c{n}_hours_{day}") for day in WEEKDAYS},
                text(f"c{n}_zone"),
                text(f"c{n}_country"),
                text(f"c{n}_region"),
                text(f"c{n}_days_off"),
                text(f"c{n}_breaks"),
            )
            for n in rows("calendars")
        ),
        absences=tuple(
            AbsenceDraft(text(f"a{n}_owner"), text(f"a{n}_begin"), text(f"a{n}_end")) for n in rows("absences")
        ),
        contacted=_chosen(sent, "contacted"),
        waiting=_chosen(sent, "waiting"),
        lists={name: text(name) for name in LISTS},
        numbers={each.name: (text(each.name), text(f"{each.name}_unit")) for each in THRESHOLDS},
        region=text("phone_region"),
        duplicate_fields=(
            tuple(each for each in DUPLICATE_FIELDS if each in sent.getlist("duplicate_fields"))
            if "duplicate_fields" in sent
            else None
        ),
        criteria=tuple(CriterionDraft(*(text(f"k{n}_{name}") for name in ROW)) for n in rows("criteria")),
        valid="later" if text("valid") == "later" else "now",
        valid_from=text("valid_from"),
    )


def _chosen(sent: MultiDict[str, str], name: str) -> tuple[str, ...]:
    more = _split(sent.get(f"{name}_more", ""))
    return tuple(dict.fromkeys(each for each in (*map(str.strip, sent.getlist(name)), *more) if each))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def changed(draft: PolicyDraft, deed: str, team: str) -> PolicyDraft | None:
    """The draft after a button of the form: `target-add`, `target-up-2`, `calendar-add` (for `team`), `redraw` and so
    on; None for what is no such button."""
    what, _, place = deed.rpartition("-")
    if deed == "redraw":
        return draft
    if deed == "target-add":
        return replace(draft, targets=(*draft.targets, TargetDraft()))
    if deed == "criterion-add":
        return replace(draft, criteria=(*draft.criteria, CriterionDraft()))
    if deed == "absence-add":
        return replace(draft, absences=(*draft.absences, AbsenceDraft()))
    if deed == "calendar-add":
        if not team or any(each.team == team for each in draft.calendars):
            return draft
        return replace(draft, calendars=(*draft.calendars, replace(draft.calendars[0], team=team)))
    if not place.isdecimal() or len(place) > 3:
        return None
    return _moved(draft, what, int(place))


def _moved(draft: PolicyDraft, what: str, n: int) -> PolicyDraft | None:
    targets = list(draft.targets)
    if what in ("target-remove", "target-up", "target-down") and n < len(targets):
        if what == "target-remove":
            del targets[n]
        else:
            other = n - 1 if what == "target-up" else n + 1
            if 0 <= other < len(targets):
                targets[n], targets[other] = targets[other], targets[n]
        return replace(draft, targets=tuple(targets))
    if what == "absence-remove" and n < len(draft.absences):
        return replace(draft, absences=(*draft.absences[:n], *draft.absences[n + 1 :]))
    if what == "criterion-remove" and n < len(draft.criteria):
        return replace(draft, criteria=(*draft.criteria[:n], *draft.criteria[n + 1 :]))
    # The general calendar stays.
    if what == "calendar-remove" and 0 < n < len(draft.calendars):
        return replace(draft, calendars=(*draft.calendars[:n], *draft.calendars[n + 1 :]))
    return None


def policy_from_draft(
    draft: PolicyDraft, present: Policy, version: str, *, now_year: int, owner_ids: frozenset[str]
) -> Policy | PolicyDraft:
    """The policy that `draft` describes, as `version`; or the draft again, saying what is wrong.

    `owner_ids`: who may be absent. What no field shows (hours of single people) stays as in `present`.
    """
    before = draft_of(present, now_year=now_year)
    wrong: dict[str, str] = {}
    targets = tuple(_target(target, f"t{n}", wrong) for n, target in enumerate(draft.targets))
    numbers = _numbers(draft, before, present, wrong)
    calendars = _calendars(draft, before, present, now_year, wrong)
    general = calendars.get("")
    absences = _absences(draft, before, present, owner_ids, wrong)
    if draft.region and draft.region not in countries_with_holidays() and draft.region != present.region:
        wrong["phone_region"] = t("There is no such country. Choose one from the list.")
    both = sorted(set(draft.contacted) & set(draft.waiting))
    if both:
        wrong["waiting"] = t("{status} cannot both claim an attempt and mean waiting.", status=both[0])
    lists: dict[str, Any] = {
        name: _list(name, draft.lists[name], before.lists[name], present, wrong) for name in LISTS
    }
    criteria = criteria_from(draft.criteria, present.criteria, wrong)
    if not wrong and general is not None:
        places = sorted({(each.country, each.region) for each in draft.calendars if each.country})
        source = public_days.source_text(places, now_year)
        is_same = all(
            (old.country, old.region, old.days_off) == (new.country, new.region, new.days_off)
            for old, new in zip(before.calendars, draft.calendars, strict=False)
        ) and len(before.calendars) == len(draft.calendars)
        figures: dict[str, Any] = {name: value for name, value in numbers.items() if "." not in name}
        try:
            return replace(
                present,
                version=version,
                calendar=general,
                team_calendars={team: each for team, each in calendars.items() if team},
                absences=absences,
                targets=tuple(each for each in targets if each is not None),
                contacted_statuses=_same_or(present.contacted_statuses, draft.contacted),
                waiting_statuses=_same_or(present.waiting_statuses, draft.waiting),
                duplicate_fields=(
                    present.duplicate_fields if draft.duplicate_fields is None else draft.duplicate_fields
                ),
                cadence=Cadence(**{name.partition(".")[2]: value for name, value in numbers.items() if "." in name}),
                region=draft.region or None,
                criteria=criteria,
                holidays_source=present.holidays_source if is_same else source,
                **lists,
                **figures,
            )
        except ValueError as error:
            wrong["c0_hours_mon"] = str(error)
    return replace(draft, wrong=wrong)


def _list(name: str, said: str, before: str, present: Policy, wrong: dict[str, str]) -> tuple[str, ...]:
    """The names that stand in one field, or the present ones where nobody touched it."""
    if said == before:
        return tuple(getattr(present, name))
    found = _split(said)
    if not name.endswith("_domains"):
        return tuple(dict.fromkeys(found))
    domains = []
    for each in found:
        domain = _domain(each)
        if domain is None:
            wrong[name] = t("{domain} is no domain; write it as in an e-mail address, such as firm.com.", domain=each)
            break
        domains.append(domain)
    return tuple(dict.fromkeys(domains))


def _domain(text: str) -> str | None:
    """The domain in what was typed (an address, a web address) in ASCII and lower case; None when there is none."""
    bare = text.casefold().rpartition("@")[2]
    bare = (bare.partition("://")[2] or bare).partition("/")[0].removeprefix("www.").rstrip(".")
    try:
        ascii_domain = bare.encode("idna").decode()
    except UnicodeError:
        return None
    labels = ascii_domain.split(".")
    is_fine = len(labels) >= 2 and all(each.replace("-", "").isalnum() for each in labels)
    return ascii_domain if is_fine and not ascii_domain.replace(".", "").isdecimal() else None


def _same_or(before: tuple[str, ...], chosen: tuple[str, ...]) -> tuple[str, ...]:
    """The order of a choice means nothing."""
    return before if set(before) == set(chosen) else chosen


def _target(draft: TargetDraft, place: str, wrong: dict[str, str]) -> ResponseTarget | None:
    if not draft.name:
        wrong[f"{place}_name"] = t("Give the target a name.")
    spans = {}
    for name, (number, unit) in (("goal", draft.goal), ("due", draft.due)):
        try:
            spans[name] = policy_numbers.parse(_SPAN_OF_TARGET, number, unit)
        except ValueError as error:
            wrong[f"{place}_{name}"] = str(error)
    if len(spans) == 2 and spans["goal"] > spans["due"]:
        wrong[f"{place}_goal"] = t("The goal cannot come after the due time.")
    if any(key.startswith(f"{place}_") for key in wrong):
        return None
    return ResponseTarget(
        name=draft.name,
        goal_s=spans["goal"],
        due_s=spans["due"],
        lead_types=_split(draft.words["lead_types"]),
        sources=_split(draft.words["sources"]),
        priorities=_split(draft.words["priorities"]),
        countries=_split(draft.words["countries"]),
    )


_SPAN_OF_TARGET = policy_numbers.Threshold("target", None, Kind.WORKING, "")


def _numbers(draft: PolicyDraft, before: PolicyDraft, present: Policy, wrong: dict[str, str]) -> dict[str, int]:
    read = {}
    for each in THRESHOLDS:
        if draft.numbers[each.name] == before.numbers[each.name]:
            read[each.name] = policy_numbers.value_of(present, each.name)
            continue
        number, unit = draft.numbers[each.name]
        is_span = each.kind in (Kind.WORKING, Kind.WALL)
        try:
            read[each.name] = policy_numbers.parse(each, number, unit if is_span else "")
        except ValueError as error:
            wrong[each.name] = str(error)
    if (
        not wrong.keys() & {"response_goal_s", "response_target_s"}
        and read["response_goal_s"] > read["response_target_s"]
    ):
        wrong["response_goal_s"] = t("The goal cannot come after the due time.")
    if not wrong.keys() & {"suspect_percent", "pseudo_percent"} and read["suspect_percent"] > read["pseudo_percent"]:
        wrong["suspect_percent"] = t("A lead is suspect before it is called a pseudo-lead: give no more than there.")
    return read


def _calendars(
    draft: PolicyDraft, before: PolicyDraft, present: Policy, now_year: int, wrong: dict[str, str]
) -> dict[str, Calendar]:
    shown = {each.team: each for each in before.calendars}
    made: dict[str, Calendar] = {}
    for n, each in enumerate(draft.calendars):
        if (n == 0) != (each.team == ""):
            wrong[f"c{n}_zone"] = t("The page was not sent as it was made. Load it again.")
            continue
        old = present.team_calendars.get(each.team) if each.team else present.calendar
        if old is not None and each == shown.get(each.team):
            made[each.team] = old
            continue
        calendar = _calendar(each, f"c{n}_", old, shown.get(each.team), present, now_year, wrong)
        if calendar is not None:
            made[each.team] = calendar
    return made


def _calendar(
    draft: CalendarDraft,
    place: str,
    old: Calendar | None,
    shown: CalendarDraft | None,
    present: Policy,
    now_year: int,
    wrong: dict[str, str],
) -> Calendar | None:
    mistakes: dict[str, str] = {}
    week: dict[int, Hours] = {}
    for index, day in enumerate(WEEKDAYS):
        try:
            week[index] = parse_hours(draft.hours[day])
        except ValueError as error:
            mistakes[f"hours_{day}"] = str(error)
    own, short = parse_days(draft.days_off, mistakes)
    breaks = _breaks(draft.breaks, mistakes)
    public = _public(draft, shown, old, mistakes, now_year)
    if not mistakes:
        calendar_id = old.calendar_id if old is not None else draft.team or present.calendar.calendar_id
        try:
            return Calendar(calendar_id, draft.zone, week, own | public, short, breaks)
        except ValueError as error:
            mistakes["zone" if str(error).startswith("tz:") else "hours_mon"] = str(error)
    wrong.update({f"{place}{name}": said for name, said in mistakes.items()})
    return None


def _public(
    draft: CalendarDraft, shown: CalendarDraft | None, old: Calendar | None, wrong: dict[str, str], now_year: int
) -> frozenset[date]:
    years = public_days.years_from(now_year)
    public = public_days.days_of(draft.country, draft.region, years[0], years[-1])
    if draft.country and not public:
        name = "region" if public_days.days_of(draft.country, "", years[0], years[-1]) else "country"
        wrong[name] = t("No public holidays are known for this place: leave it empty and list the days.")
    if shown is not None and old is not None and (draft.country, draft.region) == (shown.country, shown.region):
        # The same place: days of earlier years stay, as they were when the policy was made.
        kept, _ = parse_days(shown.days_off, {})
        return public | (old.holidays - kept) if draft.country else public
    return public


def _breaks(text: str, wrong: dict[str, str]) -> dict[date, Hours]:
    read: dict[date, Hours] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _DAY_AND_HOURS.fullmatch(line)
        try:
            if found is None:
                raise ValueError(line)
            hours = parse_hours(found[2])
            if not hours:
                raise ValueError(line)
            read[date.fromisoformat(found[1])] = hours
        except ValueError:
            wrong["breaks"] = t(
                "{typed} is no break: write one day per line, such as 2026-12-24 12:00-13:00.", typed=line[:40]
            )
    return read


def _begin_text(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return local.date().isoformat() if _is_midnight(local) else f"{local:%Y-%m-%d %H:%M}"


def _end_text(at: datetime, zone: ZoneInfo) -> str:
    """The last day of an absence that ends with a day; else the moment of its end."""
    local = at.astimezone(zone)
    return (local.date() - timedelta(days=1)).isoformat() if _is_midnight(local) else f"{local:%Y-%m-%d %H:%M}"


def _is_midnight(local: datetime) -> bool:
    return (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)


def parse_moment(text: str, zone: ZoneInfo, *, is_end: bool = False) -> datetime:
    """`2026-07-01` or `2026-07-01 12:00` on the wall of `zone` → aware UTC; a day alone is its beginning, or, as the
    end of something, its end. Raises ValueError with a sentence."""
    try:
        read = datetime.fromisoformat(text.replace("T", " "))
    except ValueError:
        read = None
    if read is None or read.tzinfo is not None or not 1900 < read.year < 2200:
        raise ValueError(t("Write a day such as 2026-07-01, or a day and a time such as 2026-07-01 12:00."))
    if is_end and len(text) == 10:
        read += timedelta(days=1)
    return read.replace(tzinfo=zone).astimezone(UTC)


def _absences(
    draft: PolicyDraft, before: PolicyDraft, present: Policy, owner_ids: frozenset[str], wrong: dict[str, str]
) -> Mapping[str, tuple[tuple[datetime, datetime], ...]]:
    if draft.absences == before.absences:
        return present.absences
    zone_name = draft.calendars[0].zone if draft.calendars else present.calendar.zone
    try:
        zone = ZoneInfo(zone_name)
    except (ValueError, OSError, KeyError):
        zone = ZoneInfo(present.calendar.zone)
    known = owner_ids | present.absences.keys()
    read: dict[str, list[tuple[datetime, datetime]]] = {}
    for n, each in enumerate(draft.absences):
        if each == AbsenceDraft():
            continue
        if each.owner_id not in known:
            wrong[f"a{n}_owner"] = t("Choose who is away.")
            continue
        ends = {}
        for name, typed, is_end in (("begin", each.begin, False), ("end", each.end, True)):
            try:
                ends[name] = parse_moment(typed, zone, is_end=is_end)
            except ValueError as error:
                wrong[f"a{n}_{name}"] = str(error)
        if len(ends) == 2:
            if ends["end"] <= ends["begin"]:
                wrong[f"a{n}_end"] = t("The absence ends before it begins.")
            else:
                read.setdefault(each.owner_id, []).append((ends["begin"], ends["end"]))
    return {owner_id: tuple(sorted(spans)) for owner_id, spans in sorted(read.items())}


def valid_from_of(draft: PolicyDraft, zone: str, now: datetime, wrong: dict[str, str]) -> datetime:
    """From when the draft is to hold (aware UTC): `now`, or the later moment that was typed."""
    if draft.valid == "now":
        return now
    try:
        later = parse_moment(draft.valid_from, ZoneInfo(zone))
    except ValueError as error:
        wrong["valid_from"] = str(error)
        return now
    if later <= now:
        wrong["valid_from"] = t("This moment has passed. What was agreed for leads that are there does not change.")
    return later
