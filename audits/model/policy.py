"""What was agreed: targets, cadence and calendars. Versioned; every finding names the version it was judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from audits.model.case import KeyKind
from audits.model.fit import Criterion
from audits.model.lead import Lead
from audits.model.working_calendar import Calendar

DAY_S = 86_400

#: What may prove a duplicate: the same number, the same address, or that both are likely one person.
DUPLICATE_FIELDS = tuple(kind.value for kind in KeyKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """The agreed series of attempts: `calls` and `emails` within `within_days` calendar days of receipt.

    Defaults: six calls and five e-mails (Velocify's published counts); the 15 days are ours.
    """

    calls: int = 6
    emails: int = 5
    within_days: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTarget:
    """What is agreed for some leads: the goal, and the span after which the promise is broken, in working seconds.

    An empty tuple of `lead_types`, `sources`, `priorities` or `countries` fits every lead; else the lead's own word,
    case aside, must be among them.
    """

    name: str
    goal_s: int
    due_s: int
    lead_types: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.goal_s <= self.due_s:
            raise ValueError(f"{self.name}: the goal of {self.goal_s} s is not between 0 and the due {self.due_s} s")

    def fits(self, lead: Lead) -> bool:
        """Whether this is what is agreed for `lead`, unless an earlier one in the list is."""
        asked = (
            (self.lead_types, lead.lead_type),
            (self.sources, lead.source),
            (self.priorities, lead.priority),
            (self.countries, lead.country),
        )
        return all(
            not words or (word is not None and word.casefold() in {each.casefold() for each in words})
            for words, word in asked
        )


#: Shipped: what people who ask for a call, for advice, or for nothing yet may expect (thresholds: our choice, the
#: five minutes after MIT/InsideSales 2007, the working day of a download after a published B2B agreement).
DEFAULT_TARGETS = (
    ResponseTarget(
        name="hot request",
        goal_s=5 * 60,
        due_s=30 * 60,
        lead_types=("order", "preliminary order", "demo", "callback"),
    ),
    ResponseTarget(name="advice request", goal_s=3600, due_s=4 * 3600, lead_types=("advice", "question")),
    ResponseTarget(
        name="registration or download", goal_s=8 * 3600, due_s=16 * 3600, lead_types=("registration", "download")
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Working hours as they hold from `valid_from` (aware UTC) on, until the next ones do.

    `team_calendars` and `owner_calendars` by team name and owner id; an owner's clock runs while his team's hours
    (else `calendar`) and his own are both open and he is not absent. `absences`: owner id → [start, end), aware UTC.
    """

    valid_from: datetime
    calendar: Calendar
    team_calendars: Mapping[str, Calendar] = field(default_factory=dict)
    owner_calendars: Mapping[str, Calendar] = field(default_factory=dict)
    absences: Mapping[str, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything a rule may compare with, as agreed when the lead arrived. Spans named `_s` are seconds of working
    time unless it is said otherwise here; `_days` are calendar days; `_percent` whole percent.

    Response: `targets`, the first that fits holds; where none does, `response_goal_s` and `response_target_s` (due).
    `next_response_s`: the lead wrote again. `missed_call_s`: a missed call of the lead is to be returned.
    `vendor_limit_s`: wall time from the person's submit to delivery. `assignment_target_s`: delivery to an owner.
    Follow-up: `cadence_day_parts`: in so many parts of the day the agreed calls are to be made while nobody is
    reached; `recontact_after_s` after a failed attempt; `max_gap_s` between attempts; `same_hour_attempts`: so many
    attempts, all within one hour of the day, are too narrow; `one_channel_attempts`: so many by one channel alone;
    `recontact_grace_s` after the agreed day of a lost lead; `post_sale_days` after a sale.
    Neglect: `never_called_after_s`; `silent_after_s`; `overdue_task_s` after a task was due; `stage_percent`: the
    quantile of a stage's own spans; `handover_s`: first attempt of a new owner; `absent_cover_s`: open lead of
    somebody who is away or gone; `favour_percent`: share of attempts on old clients while new leads wait.
    Gaming: `claim_window_s` (wall) around a status that claims an attempt; `late_log_s` (wall) after which a logged
    call does not count; `log_burst`: more logs of one owner in one minute do not count; `backdated_s` (wall): entered
    so long after it is said to have happened; `hold_message_s` (wall, days without hours left out) before a hold;
    `parked_after_s`: so long on hold without a word is parking; `tick_burst`: more tasks of one owner ticked off in
    one minute are a burst.
    First message: `twin_percent` likeness, `twin_leads` others who got it within `twin_days` before or after;
    `answer_s` for a question asked; `unasked_messages`: so many messages to a lead without a number, none of which
    asks for one.
    Long deals: `single_thread_minor` amount from which `deal_contacts` persons must be touched; `won_age_percent`.
    Overload: `capacity_per_hour_milli`, first attempts an hour in thousandths, 0 = learned.
    `contacted_statuses` and `waiting_statuses`: the CRM's values that claim an attempt, and that mean waiting for the
    lead. `min_conversation_s`: a shorter call is no contact made. `keep_text_days`: texts of messages are dropped
    after. `escalate_after_s`: past the due time of a first attempt, after which the head of sales is told by mail; no
    rule reads it. `duplicate_window_days`, `duplicate_fields` and `duplicate_percent`: within which days, by what
    of DUPLICATE_FIELDS and from which probability of one person on a lead is a duplicate. `region`: ISO country of
    numbers without +. `later_hours`: hours of policies that came into force
    since, by `valid_from`. Lead truth: `own_domains`, `competitor_domains` (ASCII, lower case), `competitor_names`,
    `products` sold, `most_plausible`: the largest number of them that one person orders, 0 = not said;
    `least_form_s` (wall): less on a form is too fast; `suspect_percent` and `pseudo_percent`: from which probability
    a lead is so called. `criteria`: what a lead of the target group has, on its own scale beside all others; no rule
    reads it. `holidays_source`: whence the public holidays in the calendars were taken, in words; no
    rule reads it. Default figures and their sources stand in docs/rulebook.md.
    """

    version: str
    calendar: Calendar
    team_calendars: Mapping[str, Calendar] = field(default_factory=dict)
    owner_calendars: Mapping[str, Calendar] = field(default_factory=dict)
    absences: Mapping[str, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict)
    later_hours: tuple[Hours, ...] = ()
    targets: tuple[ResponseTarget, ...] = DEFAULT_TARGETS
    cadence: Cadence = field(default_factory=Cadence)
    contacted_statuses: tuple[str, ...] = ()
    waiting_statuses: tuple[str, ...] = ()
    own_domains: tuple[str, ...] = ()
    competitor_domains: tuple[str, ...] = ()
    competitor_names: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    region: str | None = None
    holidays_source: str | None = None
    response_goal_s: int = 5 * 60
    response_target_s: int = 30 * 60
    next_response_s: int = 4 * 3600
    missed_call_s: int = 3600
    vendor_limit_s: int = DAY_S
    assignment_target_s: int = 15 * 60
    never_called_after_s: int = 8 * 3600
    cadence_day_parts: int = 2
    recontact_after_s: int = 3 * 8 * 3600
    silent_after_s: int = 5 * 8 * 3600
    max_gap_s: int = 4 * 8 * 3600
    same_hour_attempts: int = 3
    one_channel_attempts: int = 4
    recontact_grace_s: int = 8 * 3600
    post_sale_days: int = 14
    overdue_task_s: int = 8 * 3600
    stage_percent: int = 80
    handover_s: int = 8 * 3600
    absent_cover_s: int = 8 * 3600
    favour_percent: int = 70
    claim_window_s: int = 10 * 60
    late_log_s: int = DAY_S
    log_burst: int = 3
    backdated_s: int = 7 * DAY_S
    hold_message_s: int = DAY_S
    parked_after_s: int = 3600
    tick_burst: int = 5
    twin_percent: int = 90
    twin_leads: int = 5
    twin_days: int = 30
    unasked_messages: int = 2
    answer_s: int = 8 * 3600
    single_thread_minor: int = 1_000_000
    deal_contacts: int = 2
    won_age_percent: int = 80
    capacity_per_hour_milli: int = 0
    duplicate_window_days: int = 30
    duplicate_percent: int = 90
    duplicate_fields: tuple[str, ...] = DUPLICATE_FIELDS
    min_conversation_s: int = 20
    keep_text_days: int = 90
    most_plausible: int = 0
    least_form_s: int = 5
    suspect_percent: int = 50
    pseudo_percent: int = 90
    escalate_after_s: int = 2 * 3600

    def hours(self) -> tuple[Hours, ...]:
        """All hours that hold for a lead judged by this policy, in order of time: its own, from the beginning of
        time, and those that came into force since. Of two that begin at one instant the later in the list holds."""
        own = Hours(
            valid_from=_BEGINNING,
            calendar=self.calendar,
            team_calendars=self.team_calendars,
            owner_calendars=self.owner_calendars,
            absences=self.absences,
        )
        return (own, *sorted(self.later_hours, key=lambda each: each.valid_from))

    def to_json(self) -> dict[str, object]:
        """The policy as JSON values, in one fixed order; `from_json` gives an equal policy again."""
        return {
            "version": self.version,
            "calendar": _calendar_json(self.calendar),
            "owner_calendars": {
                owner_id: _calendar_json(calendar) for owner_id, calendar in sorted(self.owner_calendars.items())
            },
            "team_calendars": {
                team: _calendar_json(calendar) for team, calendar in sorted(self.team_calendars.items())
            },
            "absences": _absences_json(self.absences),
            "later_hours": [_hours_json(hours) for hours in self.later_hours],
            "targets": [
                {name: list(value) if isinstance(value, tuple) else value for name, value in _target_items(target)}
                for target in self.targets
            ],
            "contacted_statuses": list(self.contacted_statuses),
            "waiting_statuses": list(self.waiting_statuses),
            **{name: list(getattr(self, name)) for name in _TRUTH_TEXTS},
            "duplicate_fields": list(self.duplicate_fields),
            "cadence": {name: getattr(self.cadence, name) for name in _CADENCE},
            **{name: getattr(self, name) for name in _NUMBERS},
            "region": self.region,
            "holidays_source": self.holidays_source,
            # Left out where there are none: a policy from before there were criteria keeps the hash in its name.
            **({"criteria": [each.to_json() for each in self.criteria]} if self.criteria else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Policy:
        """Read what `to_json` wrote; what is left out has its default. Raises ValueError naming the place."""
        for name in data:
            if name not in _FIELDS:
                raise ValueError(f"{name}: unknown field; a policy has {', '.join(_FIELDS)}")
        version, region, source = data.get("version"), data.get("region"), data.get("holidays_source")
        if not isinstance(version, str) or not version:
            raise ValueError(f"version: {version!r} is no name of a version")
        if region is not None and not isinstance(region, str):
            raise ValueError(f"region: {region!r} is not text; give an ISO country such as DE, or null")
        if source is not None and not isinstance(source, str):
            raise ValueError(f"holidays_source: {source!r} is not text")
        cadence = _object(data.get("cadence", {}), "cadence")
        for name in cadence:
            if name not in _CADENCE:
                raise ValueError(f"cadence.{name}: unknown field; a cadence has {', '.join(_CADENCE)}")
        return cls(
            version=version,
            calendar=_calendar(data.get("calendar"), "calendar"),
            team_calendars=_calendars(data, "team_calendars"),
            owner_calendars=_calendars(data, "owner_calendars"),
            absences=_absences(data.get("absences", {}), "absences"),
            later_hours=tuple(
                _hours(item, f"later_hours[{index}]")
                for index, item in enumerate(_array(data.get("later_hours", ()), "later_hours"))
            ),
            targets=(
                tuple(
                    _target(item, f"targets[{index}]")
                    for index, item in enumerate(_array(data["targets"], "targets"))
                )
                if "targets" in data
                else DEFAULT_TARGETS
            ),
            contacted_statuses=_texts(data.get("contacted_statuses", ()), "contacted_statuses"),
            waiting_statuses=_texts(data.get("waiting_statuses", ()), "waiting_statuses"),
            own_domains=_texts(data.get("own_domains", ()), "own_domains"),
            competitor_domains=_texts(data.get("competitor_domains", ()), "competitor_domains"),
            competitor_names=_texts(data.get("competitor_names", ()), "competitor_names"),
            products=_texts(data.get("products", ()), "products"),
            criteria=tuple(
                Criterion.from_json(_object(item, f"criteria[{index}]"), f"criteria[{index}]")
                for index, item in enumerate(_array(data.get("criteria", ()), "criteria"))
            ),
            duplicate_fields=_duplicate_fields(data.get("duplicate_fields", DUPLICATE_FIELDS)),
            cadence=Cadence(**{name: _number(value, f"cadence.{name}") for name, value in cadence.items()}),
            region=region,
            holidays_source=source,
            **{name: _number(data[name], name) for name in _NUMBERS if name in data},
        )


_BEGINNING = datetime.min.replace(tzinfo=UTC)
_CADENCE = ("calls", "emails", "within_days")
_FIELDS = tuple(each.name for each in fields(Policy))
#: Every plain figure of a policy, in its order.
_NUMBERS = tuple(each.name for each in fields(Policy) if each.type == "int")
_TRUTH_TEXTS = ("own_domains", "competitor_domains", "competitor_names", "products")
_TARGET_TEXTS = ("lead_types", "sources", "priorities", "countries")
_TARGET = ("name", "goal_s", "due_s", *_TARGET_TEXTS)


def _target_items(target: ResponseTarget) -> list[tuple[str, object]]:
    return [(name, getattr(target, name)) for name in _TARGET]


def _target(value: object, place: str) -> ResponseTarget:
    data = _object(value, place)
    for key in data:
        if key not in _TARGET:
            raise ValueError(f"{place}.{key}: unknown field; a target has {', '.join(_TARGET)}")
    name = data.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError(f"{place}.name: {name!r} is no name")
    try:
        return ResponseTarget(
            name=name,
            goal_s=_number(data.get("goal_s"), f"{place}.goal_s"),
            due_s=_number(data.get("due_s"), f"{place}.due_s"),
            lead_types=_texts(data.get("lead_types", ()), f"{place}.lead_types"),
            sources=_texts(data.get("sources", ()), f"{place}.sources"),
            priorities=_texts(data.get("priorities", ()), f"{place}.priorities"),
            countries=_texts(data.get("countries", ()), f"{place}.countries"),
        )
    except ValueError as error:
        raise error if str(error).startswith(place) else ValueError(f"{place}.{error}") from error


def _duplicate_fields(value: object) -> tuple[str, ...]:
    """Those named, in one fixed order."""
    named = _texts(value, "duplicate_fields")
    for index, each in enumerate(named):
        if each not in DUPLICATE_FIELDS:
            raise ValueError(f"duplicate_fields[{index}]: {each!r} is not one of {', '.join(DUPLICATE_FIELDS)}")
    return tuple(each for each in DUPLICATE_FIELDS if each in named)


def _hours_json(hours: Hours) -> dict[str, object]:
    return {
        "valid_from": hours.valid_from.isoformat(),
        "calendar": _calendar_json(hours.calendar),
        "team_calendars": {team: _calendar_json(each) for team, each in sorted(hours.team_calendars.items())},
        "owner_calendars": {owner: _calendar_json(each) for owner, each in sorted(hours.owner_calendars.items())},
        "absences": _absences_json(hours.absences),
    }


def _hours(value: object, place: str) -> Hours:
    data = _object(value, place)
    return Hours(
        valid_from=_at(data.get("valid_from"), f"{place}.valid_from"),
        calendar=_calendar(data.get("calendar"), f"{place}.calendar"),
        team_calendars=_calendars(data, "team_calendars", f"{place}."),
        owner_calendars=_calendars(data, "owner_calendars", f"{place}."),
        absences=_absences(data.get("absences", {}), f"{place}.absences"),
    )


def _absences_json(absences: Mapping[str, tuple[tuple[datetime, datetime], ...]]) -> dict[str, object]:
    return {
        owner_id: [[start.isoformat(), end.isoformat()] for start, end in spans]
        for owner_id, spans in sorted(absences.items())
    }


def _absences(value: object, place: str) -> dict[str, tuple[tuple[datetime, datetime], ...]]:
    read: dict[str, tuple[tuple[datetime, datetime], ...]] = {}
    for owner_id, spans in _object(value, place).items():
        pairs = []
        for index, pair in enumerate(_array(spans, f"{place}.{owner_id}")):
            here = f"{place}.{owner_id}[{index}]"
            ends = _array(pair, here)
            if len(ends) != 2:
                raise ValueError(f"{here}: {pair!r} is not a pair of instants")
            start, end = (_at(each, here) for each in ends)
            if end <= start:
                raise ValueError(f"{here}: the absence ends before it begins")
            pairs.append((start, end))
        read[owner_id] = tuple(pairs)
    return read


def _calendars(data: Mapping[str, object], name: str, place: str = "") -> dict[str, Calendar]:
    return {
        key: _calendar(value, f"{place}{name}.{key}")
        for key, value in _object(data.get(name, {}), f"{place}{name}").items()
    }


def _texts(value: object, place: str) -> tuple[str, ...]:
    texts = _array(value, place)
    for index, each in enumerate(texts):
        if not isinstance(each, str) or not each:
            raise ValueError(f"{place}[{index}]: {each!r} is not text")
    return tuple(str(each) for each in texts)


def _array(value: object, place: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{place}: {value!r} is not a list")
    return value


def _at(value: object, place: str) -> datetime:
    if isinstance(value, str):
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            instant = None
        if instant is not None and instant.utcoffset() is not None:
            return instant
    raise ValueError(f"{place}: {value!r} is not an instant; write 2024-01-31T09:00:00+00:00")


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
