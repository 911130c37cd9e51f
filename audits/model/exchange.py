"""Cases and findings as JSON values, exact in both directions, so that anybody can judge a case again elsewhere.

Instants are ISO 8601 with their offset and read as UTC, to the microsecond. Fields at their default are left out.
Reading is strict: what is unknown, missing or of the wrong kind is a ValueError that names its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, TypeVar

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
from audits.model.finding import Evidence, Finding, Measure, Outcome
from audits.model.lead import Lead, LeadStatus
from audits.model.said import Said, english, from_json, to_json, verbatim
from audits.model.surroundings import USUAL_PERCENT, Crowd, DealNorm, Load, StageNorm, Surroundings, Twin
from audits.model.truth import LeadClass, Learned, LookedUp, Neighbours

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Json = dict[str, object]
EnumT = TypeVar("EnumT", bound=StrEnum)

#: Version of the layout; a reader refuses any other.
FORMAT = 1


def case_to_json(case: LeadCase) -> Json:
    """The whole case as JSON values."""
    return {
        "format": FORMAT,
        "lead": _plain(case.lead),
        "as_of": case.as_of.isoformat(),
        "activities": [_plain(each) for each in case.activities],
        "tasks": [_plain(each) for each in case.tasks],
        "owner_changes": [_plain(each) for each in case.owner_changes],
        "stage_changes": [_plain(each) for each in case.stage_changes],
        "sightings": [_plain(each) for each in case.sightings],
        "deals": [_plain(each) for each in case.deals],
        "owners": [_plain(each) for each in case.owners],
        "surroundings": _plain(case.surroundings),
        "coverage": {"missing": [[fact.value, cause] for fact, cause in case.coverage.missing]},
    }


def case_from_json(data: object) -> LeadCase:
    """The case that `case_to_json` wrote."""
    reader = _Reader(data, "case")
    layout = reader.take("format")
    if layout != FORMAT:
        raise ValueError(f"case.format: {layout!r} cannot be read; this version reads {FORMAT}")
    coverage = _Reader(reader.take("coverage", {}), "case.coverage")
    case = LeadCase(
        lead=_lead(reader.inner("lead")),
        as_of=reader.at("as_of"),
        activities=tuple(_activity(each) for each in reader.each("activities")),
        tasks=tuple(_task(each) for each in reader.each("tasks")),
        owner_changes=tuple(_owner_change(each) for each in reader.each("owner_changes")),
        stage_changes=tuple(_stage_change(each) for each in reader.each("stage_changes")),
        sightings=tuple(_sighting(each) for each in reader.each("sightings")),
        deals=tuple(_deal(each) for each in reader.each("deals")),
        owners=tuple(_owner(each) for each in reader.each("owners")),
        surroundings=_surroundings(_Reader(reader.take("surroundings", {}), "case.surroundings")),
        coverage=Coverage(
            missing=tuple(
                (_member(Fact, fact, f"{coverage.place}.missing"), cause) for fact, cause in coverage.pairs("missing")
            )
        ),
    )
    coverage.done()
    reader.done()
    return case


def finding_to_json(finding: Finding) -> Json:
    """The finding as JSON values, with its fingerprint for convenience."""
    return {
        **{name: value for name, value in _plain(finding).items() if name != "said"},
        "sentence": finding.sentence,
        "said": to_json(finding.said),
        "measures": [[each.name, each.value, each.unit] for each in finding.measures],
        "evidence": [_plain(each) for each in finding.evidence],
        "fingerprint": finding.fingerprint(),
    }


def finding_from_json(data: object) -> Finding:
    """The finding that `finding_to_json` wrote; its fingerprint is checked."""
    reader = _Reader(data, "finding")
    said = reader.take("fingerprint")
    finding = Finding(
        rule_id=reader.text("rule_id"),
        rule_version=reader.whole("rule_version"),
        subject_id=reader.text("subject_id"),
        outcome=reader.member(Outcome, "outcome"),
        reason=reader.text("reason"),
        said=_said(reader),
        policy_version=reader.text("policy_version"),
        as_of=reader.at("as_of"),
        measures=tuple(_measure(each, "finding.measures") for each in reader.listed("measures")),
        evidence=tuple(_evidence(each) for each in reader.each("evidence")),
        owner_id=reader.opt_text("owner_id"),
        next_change_at=reader.opt_at("next_change_at"),
    )
    reader.done()
    if said != finding.fingerprint():
        raise ValueError("finding.fingerprint: does not belong to this finding; it was changed after it was written")
    return finding


def _said(reader: _Reader) -> Said:
    """What is said; a finding that was written before sentences had parts holds the English alone."""
    sentence, told = reader.text("sentence"), reader.take("said")
    if told is None:
        return verbatim(sentence)
    try:
        said = from_json(told)
    except ValueError as unreadable:
        raise ValueError(f"{reader.place}.said: {unreadable}") from unreadable
    if not isinstance(said, Said) or english(said) != sentence:
        raise ValueError(f"{reader.place}.said: is not what the sentence says")
    return said


def _plain(value: DataclassInstance) -> Json:
    """Fields that differ from their default."""
    kept: Json = {}
    for name, default in _fields_of(type(value)):
        read = getattr(value, name)
        if default is not MISSING and type(read) is type(default) and read == default:
            continue
        kept[name] = _value(read)
    return kept


@cache
def _fields_of(kind: type[DataclassInstance]) -> tuple[tuple[str, object], ...]:
    """(name, default) of each field; asked for every record of every case that is kept."""
    return tuple((each.name, each.default) for each in fields(kind))


_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})


def _value(read: object) -> object:
    if type(read) in _AS_THEY_ARE:
        return read
    if isinstance(read, StrEnum):
        return read.value
    if isinstance(read, date):
        return read.isoformat()
    if is_dataclass(read) and not isinstance(read, type):
        return _plain(read)
    if isinstance(read, tuple):
        return [_value(each) for each in read]
    return read


class _Reader:
    """Takes the fields of one JSON object, by kind, and knows where it is."""

    def __init__(self, data: object, place: str) -> None:
        if not isinstance(data, Mapping):
            raise ValueError(f"{place}: {data!r} is not an object")
        self._left = {str(name): value for name, value in data.items()}
        self.place = place

    def take(self, name: str, default: object = None) -> object:
        return self._left.pop(name, default)

    def done(self) -> None:
        if self._left:
            raise ValueError(f"{self.place}: unknown field {min(self._left)!r}")

    def opt_text(self, name: str) -> str | None:
        value = self.take(name)
        if value is None or isinstance(value, str):
            return value
        raise ValueError(f"{self.place}.{name}: {value!r} is not text")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.opt_text(name)
        if value is None:
            value = default
        if value is None:
            raise ValueError(f"{self.place}.{name}: missing")
        return value

    def opt_at(self, name: str) -> datetime | None:
        text = self.opt_text(name)
        if text is None:
            return None
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            read = None
        if read is None or read.tzinfo is None:
            raise ValueError(f"{self.place}.{name}: {text!r} is not an instant; write 2024-01-31T09:00:00+00:00")
        return read.astimezone(UTC)

    def opt_date(self, name: str) -> date | None:
        text = self.opt_text(name)
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{self.place}.{name}: {text!r} is no day; write 2024-01-31") from None

    def at(self, name: str) -> datetime:
        read = self.opt_at(name)
        if read is None:
            raise ValueError(f"{self.place}.{name}: missing")
        return read

    def opt_number(self, name: str) -> float | None:
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"{self.place}.{name}: {value!r} is no number")
        return float(value)

    def number(self, name: str) -> float:
        value = self.opt_number(name)
        if value is None:
            raise ValueError(f"{self.place}.{name}: missing")
        return value

    def opt_whole(self, name: str) -> int | None:
        value = self.take(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise ValueError(f"{self.place}.{name}: {value!r} is not a whole number")

    def whole(self, name: str, default: int | None = None) -> int:
        value = self.opt_whole(name)
        if value is None:
            value = default
        if value is None:
            raise ValueError(f"{self.place}.{name}: missing")
        return value

    def opt_flag(self, name: str) -> bool | None:
        value = self.take(name)
        if value is None or isinstance(value, bool):
            return value
        raise ValueError(f"{self.place}.{name}: {value!r} is neither true nor false")

    def flag(self, name: str, default: bool) -> bool:
        value = self.opt_flag(name)
        return default if value is None else value

    def opt_member(self, kind: type[EnumT], name: str) -> EnumT | None:
        value = self.take(name)
        return None if value is None else _member(kind, value, f"{self.place}.{name}")

    def member(self, kind: type[EnumT], name: str) -> EnumT:
        value = self.opt_member(kind, name)
        if value is None:
            raise ValueError(f"{self.place}.{name}: missing")
        return value

    def members(self, kind: type[EnumT], name: str) -> tuple[EnumT, ...]:
        return tuple(
            _member(kind, value, f"{self.place}.{name}[{index}]") for index, value in enumerate(self.listed(name))
        )

    def numbers(self, name: str) -> tuple[float, ...]:
        found: list[float] = []
        for index, value in enumerate(self.listed(name)):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"{self.place}.{name}[{index}]: {value!r} is no number")
            found.append(float(value))
        return tuple(found)

    def has(self, name: str) -> bool:
        return name in self._left

    def listed(self, name: str) -> Sequence[object]:
        value = self.take(name, [])
        if not isinstance(value, list | tuple):
            raise ValueError(f"{self.place}.{name}: {value!r} is not a list")
        return value

    def inner(self, name: str) -> _Reader:
        return _Reader(self.take(name), f"{self.place}.{name}")

    def each(self, name: str) -> list[_Reader]:
        return [_Reader(value, f"{self.place}.{name}[{index}]") for index, value in enumerate(self.listed(name))]

    def opt_inner(self, name: str) -> _Reader | None:
        value = self.take(name)
        return None if value is None else _Reader(value, f"{self.place}.{name}")

    def opt_each(self, name: str) -> list[_Reader] | None:
        if self._left.get(name) is None:
            self.take(name)
            return None
        return self.each(name)

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        found: list[tuple[str, str]] = []
        for pair in self.listed(name):
            if (
                not isinstance(pair, list | tuple)
                or len(pair) != 2
                or not all(isinstance(part, str) for part in pair)
            ):
                raise ValueError(f"{self.place}.{name}: {pair!r} is not a pair of texts")
            found.append((pair[0], pair[1]))
        return tuple(found)


def _member(kind: type[EnumT], value: object, place: str) -> EnumT:
    try:
        return kind(str(value))
    except ValueError:
        raise ValueError(f"{place}: {value!r} is not one of {', '.join(each.value for each in kind)}") from None


def _lead(reader: _Reader) -> Lead:
    # None is a meaning of its own here: a status that is not mapped.
    status = reader.opt_member(LeadStatus, "status") if reader.has("status") else LeadStatus.OPEN
    lead = Lead(
        lead_id=reader.text("lead_id"),
        received_at=reader.at("received_at"),
        recorded_at=reader.at("recorded_at"),
        first_name=reader.opt_text("first_name"),
        last_name=reader.opt_text("last_name"),
        email=reader.opt_text("email"),
        phone=reader.opt_text("phone"),
        mobile=reader.opt_text("mobile"),
        company=reader.opt_text("company"),
        country=reader.opt_text("country"),
        source=reader.opt_text("source"),
        source_detail=reader.opt_text("source_detail"),
        owner_id=reader.opt_text("owner_id"),
        status=status,
        raw_status=reader.opt_text("raw_status"),
        lead_type=reader.opt_text("lead_type"),
        message=reader.opt_text("message"),
        is_imported=bool(reader.opt_flag("is_imported")),
        record_url=reader.opt_text("record_url"),
        modified_at=reader.opt_at("modified_at"),
        received_latest_at=reader.opt_at("received_latest_at"),
        submitted_at=reader.opt_at("submitted_at"),
        preferred_at=reader.opt_at("preferred_at"),
        recontact_on=reader.opt_date("recontact_on"),
        has_call_consent=reader.opt_flag("has_call_consent"),
        priority=reader.opt_text("priority"),
        pipeline=reader.opt_text("pipeline"),
        stage=reader.opt_text("stage"),
        stage_since=reader.opt_at("stage_since"),
        closed_at=reader.opt_at("closed_at"),
        language=reader.opt_text("language"),
        ip=reader.opt_text("ip"),
        user_agent=reader.opt_text("user_agent"),
        time_on_form_s=reader.opt_number("time_on_form_s"),
        honeypot=reader.opt_text("honeypot"),
        consent_proof=reader.opt_text("consent_proof"),
        facts=reader.pairs("facts"),
    )
    reader.done()
    return lead


def _activity(reader: _Reader) -> Activity:
    activity = Activity(
        activity_id=reader.text("activity_id"),
        lead_id=reader.text("lead_id"),
        kind=reader.member(ActivityKind, "kind"),
        occurred_at=reader.at("occurred_at"),
        recorded_at=reader.at("recorded_at"),
        direction=reader.opt_member(Direction, "direction"),
        state=reader.opt_member(ActivityState, "state"),
        disposition=reader.opt_member(Disposition, "disposition"),
        is_automated=reader.opt_flag("is_automated"),
        duration_s=reader.opt_whole("duration_s"),
        owner_id=reader.opt_text("owner_id"),
        raw=reader.pairs("raw"),
        latest_at=reader.opt_at("latest_at"),
        subject=reader.opt_text("subject"),
        text=reader.opt_text("text"),
    )
    reader.done()
    return activity


def _task(reader: _Reader) -> Task:
    task = Task(
        task_id=reader.text("task_id"),
        lead_id=reader.text("lead_id"),
        recorded_at=reader.at("recorded_at"),
        due_at=reader.opt_at("due_at"),
        is_done=bool(reader.opt_flag("is_done")),
        completed_at=reader.opt_at("completed_at"),
        owner_id=reader.opt_text("owner_id"),
        raw=reader.pairs("raw"),
    )
    reader.done()
    return task


def _owner_change(reader: _Reader) -> OwnerChange:
    change = OwnerChange(
        lead_id=reader.text("lead_id"),
        occurred_at=reader.at("occurred_at"),
        owner_id=reader.opt_text("owner_id"),
        source=reader.text("source", ""),
    )
    reader.done()
    return change


def _stage_change(reader: _Reader) -> StageChange:
    change = StageChange(
        lead_id=reader.text("lead_id"),
        occurred_at=reader.at("occurred_at"),
        field=reader.text("field"),
        raw_status=reader.text("raw_status"),
        source=reader.text("source", ""),
    )
    reader.done()
    return change


def _sighting(reader: _Reader) -> Sighting:
    sighting = Sighting(
        lead_id=reader.text("lead_id"),
        received_at=reader.at("received_at"),
        key_kind=reader.member(KeyKind, "key_kind"),
        record_url=reader.opt_text("record_url"),
        source=reader.opt_text("source"),
        percent=reader.opt_whole("percent"),
        agrees=tuple(_agreement(each) for each in reader.each("agrees")),
        apart=reader.opt_member(Apart, "apart"),
    )
    reader.done()
    return sighting


def _agreement(reader: _Reader) -> Agreement:
    agreement = Agreement(field=reader.text("field"), level=reader.text("level"), weight=reader.number("weight"))
    reader.done()
    return agreement


def _deal(reader: _Reader) -> Deal:
    deal = Deal(
        deal_id=reader.text("deal_id"),
        pipeline=reader.text("pipeline"),
        stage=reader.text("stage"),
        status=reader.opt_member(LeadStatus, "status"),
        created_at=reader.at("created_at"),
        amount_minor=reader.opt_whole("amount_minor"),
        currency=reader.opt_text("currency"),
        owner_id=reader.opt_text("owner_id"),
        closed_at=reader.opt_at("closed_at"),
        stage_since=reader.opt_at("stage_since"),
        is_primary=reader.flag("is_primary", True),
        contacts=tuple(_deal_contact(each) for each in reader.each("contacts")),
        record_url=reader.opt_text("record_url"),
    )
    reader.done()
    return deal


def _deal_contact(reader: _Reader) -> DealContact:
    contact = DealContact(
        contact_id=reader.text("contact_id"),
        role=reader.opt_text("role"),
        is_decider=reader.opt_flag("is_decider"),
        last_touch_at=reader.opt_at("last_touch_at"),
    )
    reader.done()
    return contact


def _owner(reader: _Reader) -> Owner:
    owner = Owner(
        owner_id=reader.text("owner_id"),
        user_id=reader.opt_text("user_id"),
        email=reader.opt_text("email"),
        name=reader.text("name"),
        team=reader.opt_text("team"),
        is_archived=reader.flag("is_archived", False),
    )
    reader.done()
    return owner


def _surroundings(reader: _Reader) -> Surroundings:
    crowded_logs, crowded_ticks = reader.opt_each("crowded_logs"), reader.opt_each("crowded_ticks")
    twins, deal_norms = reader.opt_each("twins"), reader.opt_each("deal_norms")
    load, stage_norm = reader.opt_inner("load"), reader.opt_inner("stage_norm")
    neighbours, looked_up = reader.opt_inner("neighbours"), reader.opt_inner("looked_up")
    learned = reader.opt_inner("learned")
    surroundings = Surroundings(
        norms_id=reader.text("norms_id", ""),
        crowded_logs=None if crowded_logs is None else tuple(_crowd(each) for each in crowded_logs),
        crowded_ticks=None if crowded_ticks is None else tuple(_crowd(each) for each in crowded_ticks),
        twins=None if twins is None else tuple(_twin(each) for each in twins),
        load=None if load is None else _load(load),
        stage_norm=None if stage_norm is None else _stage_norm(stage_norm),
        deal_norms=None if deal_norms is None else tuple(_deal_norm(each) for each in deal_norms),
        neighbours=None if neighbours is None else _neighbours(neighbours),
        looked_up=None if looked_up is None else _looked_up(looked_up),
        learned=None if learned is None else _learned(learned),
    )
    reader.done()
    return surroundings


def _neighbours(reader: _Reader) -> Neighbours:
    neighbours = Neighbours(
        subnet_24h=reader.opt_whole("subnet_24h"),
        identical_24h=reader.opt_whole("identical_24h"),
        template=reader.opt_whole("template"),
        template_reached=reader.whole("template_reached", 0),
        template_denied=reader.whole("template_denied", 0),
        returns_under_names=reader.opt_whole("returns_under_names"),
        burst_explained=reader.flag("burst_explained", False),
    )
    reader.done()
    return neighbours


def _looked_up(reader: _Reader) -> LookedUp:
    looked_up = LookedUp(
        is_deliverable=reader.opt_flag("is_deliverable"),
        at=reader.opt_at("at"),
        is_in_service=reader.opt_flag("is_in_service"),
        in_service_at=reader.opt_at("in_service_at"),
    )
    reader.done()
    return looked_up


def _learned(reader: _Reader) -> Learned:
    learned = Learned(
        version=reader.text("version"),
        said=reader.numbers("said"),
        found=reader.numbers("found"),
        weak=reader.members(LeadClass, "weak"),
    )
    reader.done()
    return learned


def _crowd(reader: _Reader) -> Crowd:
    crowd = Crowd(record_id=reader.text("record_id"), count=reader.whole("count"), at=reader.at("at"))
    reader.done()
    return crowd


def _twin(reader: _Reader) -> Twin:
    twin = Twin(
        activity_id=reader.text("activity_id"),
        leads=reader.whole("leads"),
        percent=reader.whole("percent", USUAL_PERCENT),
        phrase=reader.text("phrase"),
    )
    reader.done()
    return twin


def _load(reader: _Reader) -> Load:
    load = Load(
        holder_id=reader.text("holder_id"),
        open_new_leads=reader.whole("open_new_leads"),
        working_s=reader.whole("working_s"),
        capacity_per_hour_milli=reader.opt_whole("capacity_per_hour_milli"),
        n=reader.whole("n"),
    )
    reader.done()
    return load


def _stage_norm(reader: _Reader) -> StageNorm:
    norm = StageNorm(
        pipeline=reader.text("pipeline"),
        stage=reader.text("stage"),
        segment=reader.text("segment"),
        n=reader.whole("n"),
        quantile_s=reader.opt_whole("quantile_s"),
        percent=reader.whole("percent", USUAL_PERCENT),
    )
    reader.done()
    return norm


def _deal_norm(reader: _Reader) -> DealNorm:
    norm = DealNorm(
        pipeline=reader.text("pipeline"),
        n_won=reader.whole("n_won"),
        n_open=reader.whole("n_open"),
        won_age_s=reader.opt_whole("won_age_s"),
        n_gaps=reader.whole("n_gaps"),
        touch_gap_s=reader.opt_whole("touch_gap_s"),
        percent=reader.whole("percent", USUAL_PERCENT),
    )
    reader.done()
    return norm


def _evidence(reader: _Reader) -> Evidence:
    evidence = Evidence(
        record_type=reader.text("record_type"),
        record_id=reader.text("record_id"),
        field=reader.text("field"),
        value=reader.text("value"),
        at=reader.opt_at("at"),
    )
    reader.done()
    return evidence


def _measure(data: object, place: str) -> Measure:
    if not isinstance(data, list | tuple) or len(data) != 3:
        raise ValueError(f"{place}: {data!r} is not a name, a value and a unit")
    name, value, unit = data
    if not isinstance(name, str) or not isinstance(unit, str) or not isinstance(value, int | str | bool | None):
        raise ValueError(f"{place}: {data!r} is not a name, a value and a unit")
    return Measure(name, value, unit)
