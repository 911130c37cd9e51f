"""MAP.toml → mapping: every mistake is named by file, table and key."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from audits.model.activity import ActivityState, Direction, Disposition
from audits.model.case import Fact
from audits.model.lead import LeadStatus
from audits.model.zones import load_zone
from connector.exports.mapping import (
    ANY_OTHER,
    ChangeField,
    ChangeMap,
    DurationUnit,
    EventField,
    EventLogMap,
    ExportMap,
    FileFormat,
    LeadField,
    LeadMap,
    OwnerField,
    OwnersMap,
    RepeatedHour,
    SkippedHour,
    TimeReading,
    TouchField,
    TouchKind,
    TouchMap,
    Values,
)
from connector.exports.problems import UnusableInput
from connector.exports.toml_table import TomlTable

EnumT = TypeVar("EnumT", bound=StrEnum)
FieldT = TypeVar("FieldT", bound=StrEnum)

_FACT_OF_KIND = {
    TouchKind.CALL: Fact.CALLS,
    TouchKind.EMAIL: Fact.EMAILS,
    TouchKind.MEETING: Fact.MEETINGS,
    TouchKind.MESSAGE: Fact.MESSAGES,
    TouchKind.TASK: Fact.TASKS,
}
_NAMED_FORMATS = ("iso", "epoch_s", "epoch_ms", "excel")
_FACT_OF_CHANGE = {
    ChangeField.OWNER: Fact.OWNER_HISTORY,
    ChangeField.STATUS: Fact.STAGE_HISTORY,
    ChangeField.STAGE: Fact.STAGE_HISTORY,
}
_LEAD_TIMES = (
    LeadField.RECEIVED_AT,
    LeadField.RECORDED_AT,
    LeadField.MODIFIED_AT,
    LeadField.SUBMITTED_AT,
    LeadField.PREFERRED_AT,
    LeadField.STAGE_SINCE,
    LeadField.CLOSED_AT,
)
_TOUCH_TIMES = (TouchField.OCCURRED_AT, TouchField.RECORDED_AT, TouchField.DUE_AT, TouchField.COMPLETED_AT)


def read_map(path: Path) -> ExportMap:
    """The map in the file at `path`. Raises UnusableInput naming file, table and key of the first mistake."""
    top = TomlTable.load(path)
    times = times_of(top.table("times"), None)
    owners = _owners(top.table("owners"))
    empty = empty_of(top)
    leads_table, log_table = top.table("leads"), top.table("event_log")
    people_table = top.table("people")
    touches = tuple(_touches(table, times, empty) for table in top.tables("touches"))
    changes = tuple(_changes(table, times, empty) for table in top.tables("changes"))
    exported = ExportMap(
        title=top.text("title", path.name),
        leads=_leads(leads_table, times, empty) if leads_table is not None else None,
        touches=touches,
        event_log=_event_log(log_table, times, empty) if log_table is not None else None,
        changes=changes,
        people=_people(people_table, empty) if people_table is not None else None,
        owners=owners,
        not_used=_facts(top, "not_used"),
    )
    top.done()
    if (exported.leads is None) == (exported.event_log is None):
        raise top.problem("", "needs either [leads] or [event_log], and not both")
    if exported.event_log is not None and touches:
        raise top.problem("touches", "an event log holds its own touches; leave [touches] out")
    if exported.event_log is not None and changes:
        raise top.problem("changes", "an event log holds its own changes; leave [changes] out")
    for key, names in (("touches", [each.name for each in touches]), ("changes", [each.name for each in changes])):
        for name in names:
            if names.count(name) > 1:
                raise top.problem(key, f"two tables are named {name!r}; give each its own name")
    return exported


def _leads(table: TomlTable, times: TimeReading | None, empty: frozenset[str]) -> LeadMap:
    columns = _columns(table, LeadField)
    time_of_day = _times_of_day(table, _LEAD_TIMES, columns)
    return _lead_map(table, columns, time_of_day, times, empty, needed=(LeadField.LEAD_ID, LeadField.RECEIVED_AT))


def _lead_map(
    table: TomlTable,
    columns: Mapping[LeadField, tuple[str, ...]],
    time_of_day: Mapping[LeadField, str],
    times: TimeReading | None,
    empty: frozenset[str],
    needed: Iterable[LeadField],
) -> LeadMap:
    constants = _constants(table, LeadField, columns)
    for name in needed:
        if name not in columns:
            raise table.problem("columns", f"must name the column of {name.value}")
    read = LeadMap(
        file=file_of(table),
        times=_needed_times(table, times),
        columns=columns,
        constants=constants,
        status=_values(table, LeadField.STATUS, columns, constants, LeadStatus),
        imported=_flags(table, LeadField.IMPORTED, columns, constants),
        call_consent=_flags(table, LeadField.CALL_CONSENT, columns, constants),
        empty=empty | empty_of(table),
        time_of_day=time_of_day,
    )
    table.done()
    return read


def _touches(table: TomlTable, times: TimeReading | None, empty: frozenset[str]) -> TouchMap:
    columns = _columns(table, TouchField)
    constants = _constants(table, TouchField, columns)
    for name in (TouchField.LEAD_ID, TouchField.OCCURRED_AT):
        if name not in columns:
            raise table.problem("columns", f"must name the column of {name.value}")
    kind = _values(table, TouchField.KIND, columns, constants, TouchKind)
    if not kind.is_given:
        raise table.problem("columns", "must name the column of kind, or [constants] must give the kind of all rows")
    kinds = {kind.constant} if kind.constant is not None else set(kind.meanings.values())
    read = TouchMap(
        name=table.text("name", "touches"),
        file=file_of(table),
        times=_needed_times(table, times),
        columns=columns,
        constants=constants,
        kind=kind,
        direction=_values(table, TouchField.DIRECTION, columns, constants, Direction),
        state=_values(table, TouchField.STATE, columns, constants, ActivityState),
        disposition=_values(table, TouchField.DISPOSITION, columns, constants, Disposition),
        automated=_flags(table, TouchField.AUTOMATED, columns, constants),
        duration_unit=_choice(table, "duration_unit", DurationUnit, DurationUnit.SECONDS),
        lead_id_separator=table.optional_text("lead_id_separator"),
        system_users=_folded(table.texts("system_users")),
        covers=_covers(table, {_FACT_OF_KIND[each] for each in kinds if each in _FACT_OF_KIND}),
        empty=empty | empty_of(table),
        time_of_day=_times_of_day(table, _TOUCH_TIMES, columns),
        is_timeless_no_touch=table.flag("no_time_no_touch", default=False),
    )
    table.done()
    return read


def _changes(table: TomlTable, times: TimeReading | None, empty: frozenset[str]) -> ChangeMap:
    columns = _columns(table, ChangeField)
    for name in (ChangeField.LEAD_ID, ChangeField.CHANGED_AT):
        if name not in columns:
            raise table.problem("columns", f"must name the column of {name.value}")
    told = [name for name in _FACT_OF_CHANGE if name in columns]
    if len(told) != 1:
        raise table.problem(
            "columns",
            f"must name one of {', '.join(_FACT_OF_CHANGE)}, and names {' and '.join(told) or 'none'}; a file that "
            "tells of two gets two [[changes]] tables",
        )
    read = ChangeMap(
        name=table.text("name", "changes"),
        file=file_of(table),
        times=_needed_times(table, times),
        columns=columns,
        what=told[0],
        covers=_covers(table, {_FACT_OF_CHANGE[told[0]]}),
        empty=empty | empty_of(table),
        time_of_day=_times_of_day(table, (ChangeField.CHANGED_AT,), columns),
    )
    table.done()
    return read


def _people(table: TomlTable, empty: frozenset[str]) -> OwnersMap:
    columns = _columns(table, OwnerField)
    constants = _constants(table, OwnerField, columns)
    if OwnerField.OWNER not in columns:
        raise table.problem("columns", "must name the column of owner, spelt as the other files spell it")
    read = OwnersMap(
        file=file_of(table),
        columns=columns,
        constants=constants,
        archived=_flags(table, OwnerField.ARCHIVED, columns, constants),
        empty=empty | empty_of(table),
    )
    table.done()
    return read


def _event_log(table: TomlTable, times: TimeReading | None, empty: frozenset[str]) -> EventLogMap:
    columns: dict[EventField, str] = {}
    for name in EventField:
        column = table.optional_text(name.value)
        if column is not None:
            columns[name] = column
        elif name in (EventField.CASE, EventField.EVENT_AT, EventField.ACTOR):
            raise table.problem(name.value, "is missing: name the column")
    touch_kind = _choice(table, "touch_kind", TouchKind, None)
    if touch_kind in (TouchKind.NOTE, TouchKind.TASK):
        raise table.problem("touch_kind", "an event is read as an attempt: use call, email, meeting or message")
    system_users = _folded(table.texts("system_users"))
    is_first_actor_ignored = table.flag("ignore_first_actor", default=True)
    is_written_by_hand = table.flag("written_by_hand", default=False)
    known = {_FACT_OF_KIND[touch_kind]}
    if EventField.OWNER in columns:
        known.add(Fact.OWNER_HISTORY)
    if EventField.STATUS in columns or EventField.STAGE in columns:
        known.add(Fact.STAGE_HISTORY)
    covers = _covers(table, known)
    lead_columns = _columns(table, LeadField)
    for lead_field, event_field in (
        (LeadField.LEAD_ID, EventField.CASE),
        (LeadField.OWNER, EventField.OWNER),
        (LeadField.STATUS, EventField.STATUS),
        (LeadField.STAGE, EventField.STAGE),
    ):
        if lead_field in lead_columns:
            raise table.problem(
                event_field.value, f"names this column; leave {lead_field.value} out of [{table.name}.columns]"
            )
        if event_field in columns:
            lead_columns[lead_field] = (columns[event_field],)
    event_columns = {field: (name,) for field, name in columns.items()}
    apart = table.table("time_of_day")
    event_time = {} if apart is None else _hour_columns(apart, (EventField.EVENT_AT,), event_columns)
    lead_time = {} if apart is None else _hour_columns(apart, _LEAD_TIMES, lead_columns)
    if apart is not None:
        apart.done()
    return EventLogMap(
        lead=_lead_map(table, lead_columns, lead_time, times, empty, needed=(LeadField.RECEIVED_AT,)),
        columns=columns,
        touch_kind=touch_kind,
        system_users=system_users,
        is_first_actor_ignored=is_first_actor_ignored,
        is_written_by_hand=is_written_by_hand,
        covers=covers,
        time_of_day=event_time,
    )


def _columns(table: TomlTable, fields: type[EnumT]) -> dict[EnumT, tuple[str, ...]]:
    columns = table.table("columns")
    if columns is None:
        raise table.problem(
            "columns", f'is missing; write [{table.name}.columns] with lines such as lead_id = "Record ID"'
        )
    read = {
        name: tuple(text.strip() for text in columns.texts(name.value)) for name in fields if name.value in columns
    }
    for name, texts in read.items():
        if not texts or not all(texts):
            raise columns.problem(name.value, "must name at least one column")
    for name in fields:
        columns.value(name.value)
    columns.done()
    return read


def _times_of_day(
    table: TomlTable, fields: tuple[FieldT, ...], columns: Mapping[FieldT, tuple[str, ...]]
) -> dict[FieldT, str]:
    """[<table>.time_of_day]: where the hour stands in a column of its own."""
    apart = table.table("time_of_day")
    if apart is None:
        return {}
    read = _hour_columns(apart, fields, columns)
    apart.done()
    return read


def _hour_columns(
    apart: TomlTable, fields: tuple[FieldT, ...], columns: Mapping[FieldT, tuple[str, ...]]
) -> dict[FieldT, str]:
    read: dict[FieldT, str] = {}
    for name in fields:
        column = apart.optional_text(name.value)
        if column is None:
            continue
        if len(columns.get(name, ())) != 1:
            raise apart.problem(name.value, f"needs one column of the date of {name.value} in the table of columns")
        read[name] = column.strip()
    return read


def _constants(table: TomlTable, fields: type[EnumT], columns: Mapping[EnumT, tuple[str, ...]]) -> dict[EnumT, str]:
    constants = table.table("constants")
    if constants is None:
        return {}
    read: dict[EnumT, str] = {}
    for name in fields:
        found = constants.value(name.value)
        if found is None:
            continue
        if name in columns:
            raise constants.problem(name.value, "has a column as well; give one of the two")
        read[name] = str(found).lower() if isinstance(found, bool) else constants.text(name.value)
    constants.done()
    return read


def _values(
    table: TomlTable,
    field: FieldT,
    columns: Mapping[FieldT, tuple[str, ...]],
    constants: Mapping[FieldT, str],
    meanings: type[EnumT],
) -> Values[EnumT]:
    """What [<field>_values] says of the field's column, or what [constants] says of all rows."""

    def meaning(place: TomlTable, key: str, given: str) -> EnumT:
        try:
            return meanings(given)
        except ValueError:
            raise place.problem(key, f"{given!r} is none of {', '.join(meanings)}") from None

    read: dict[str, EnumT] = {}
    values = _value_table(table, field, columns)
    if values is not None:
        for value in values.all_keys():
            read[_fresh(values, value, read)] = meaning(values, value, values.text(value))
    given = constants.get(field)
    constant = None if given is None else meaning(table, f"constants.{field.value}", given)
    return Values(_shown(columns.get(field)), read, constant)


def _flags(
    table: TomlTable,
    field: FieldT,
    columns: Mapping[FieldT, tuple[str, ...]],
    constants: Mapping[FieldT, str],
) -> Values[bool]:
    """The same for what is true or false."""
    read: dict[str, bool] = {}
    values = _value_table(table, field, columns)
    if values is not None:
        for value in values.all_keys():
            read[_fresh(values, value, read)] = values.flag(value, default=False)
    given = constants.get(field)
    if given not in (None, "true", "false"):
        raise table.problem(f"constants.{field.value}", f"{given!r} is neither true nor false")
    return Values(_shown(columns.get(field)), read, None if given is None else given == "true")


def _value_table(table: TomlTable, field: FieldT, columns: Mapping[FieldT, tuple[str, ...]]) -> TomlTable | None:
    key = f"{field.value}_values"
    values = table.table(key)
    if values is not None and field not in columns:
        raise table.problem(key, f"gives values, but [{table.name}.columns] names no column of {field.value}")
    return values


def _fresh(table: TomlTable, value: str, read: Mapping[str, object]) -> str:
    folded = _folded_value(value)
    if folded in read:
        raise table.problem(value, "stands twice (upper and lower case mean the same)")
    return folded


def _folded_value(value: str) -> str:
    return value if value == ANY_OTHER else value.strip().casefold()


def _folded(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value.strip().casefold() for value in values)


def empty_of(table: TomlTable) -> frozenset[str]:
    """Texts that mean an empty cell, in lower case. Raises UnusableInput."""
    return _folded(table.texts("empty"))


def _shown(names: tuple[str, ...] | None) -> str:
    return " / ".join(names) if names else ""


def _choice(table: TomlTable, key: str, choices: type[EnumT], default: EnumT | None) -> EnumT:
    given = table.text(key, default.value if default is not None else None)
    try:
        return choices(given)
    except ValueError:
        raise table.problem(key, f"{given!r} is none of {', '.join(choices)}") from None


def _covers(table: TomlTable, default: set[Fact]) -> frozenset[Fact]:
    found = _facts(table, "covers")
    return found if "covers" in table else frozenset(default)


def _facts(table: TomlTable, key: str) -> frozenset[Fact]:
    facts: set[Fact] = set()
    for name in table.texts(key):
        try:
            facts.add(Fact(name))
        except ValueError:
            raise table.problem(key, f"{name!r} is none of {', '.join(Fact)}") from None
    return frozenset(facts)


def _owners(table: TomlTable | None) -> dict[str, str]:
    if table is None:
        return {}
    read: dict[str, str] = {}
    for spelling in table.all_keys():
        read[_fresh(table, spelling, read)] = table.text(spelling)
    return read


def _needed_times(table: TomlTable, shared: TimeReading | None) -> TimeReading:
    found = times_of(table.table("times"), shared)
    if found is None:
        raise UnusableInput(
            f'{table.file}: no [times] table; write [times] with zone = "Europe/Berlin" and formats = ["iso"], '
            "so that times without an offset mean something"
        )
    return found


def times_of(
    table: TomlTable | None,
    shared: TimeReading | None,
    repeated_hour: RepeatedHour = RepeatedHour.EARLIER,
    skipped_hour: SkippedHour = SkippedHour.SHIFT,
) -> TimeReading | None:
    """[times] of a map, with zone and formats of `shared` where it names none; the hours that clocks repeat or skip
    as told where it does not say. `shared` when there is no such table. Raises UnusableInput."""
    if table is None:
        return shared
    zone = table.text("zone", shared.zone if shared is not None else None)
    try:
        load_zone(zone)
    except ValueError:
        raise table.problem("zone", f"{zone!r} is no time zone; give an IANA name such as Europe/Berlin") from None
    formats = table.texts("formats", shared.formats if shared is not None else ("iso",))
    for pattern in formats:
        _check_format(table, pattern)
    read = TimeReading(
        zone=zone,
        formats=formats,
        repeated_hour=_choice(table, "repeated_hour", RepeatedHour, repeated_hour),
        skipped_hour=_choice(table, "skipped_hour", SkippedHour, skipped_hour),
    )
    table.done()
    return read


def _check_format(table: TomlTable, pattern: str) -> None:
    if pattern in _NAMED_FORMATS:
        return
    probe = datetime(2024, 11, 28, 13, 45, 59)  # noqa: DTZ001  (a wall clock, tried against the format)
    try:
        is_dated = datetime.strptime(probe.strftime(pattern), pattern).date() == probe.date()  # noqa: DTZ007
    except ValueError as error:
        raise table.problem("formats", f"{pattern!r} is no time format ({error})") from None
    if not is_dated:
        raise table.problem(
            "formats",
            f"{pattern!r} does not give a whole date; use {', '.join(_NAMED_FORMATS)} or a format such as "
            '"%d-%m-%Y %H:%M"',
        )


def file_of(table: TomlTable) -> FileFormat:
    """How the file of a table is written. Raises UnusableInput."""
    delimiter = table.optional_text("delimiter")
    if delimiter is not None and len(delimiter) != 1:
        raise table.problem("delimiter", f"{delimiter!r} is not one character")
    return FileFormat(
        encoding=_encoding(table, "encoding"),
        fallback_encoding=_encoding(table, "fallback_encoding"),
        delimiter=delimiter,
        sheet=table.optional_text("sheet"),
        skip_lines=table.whole_number("skip_lines", 0),
    )


def _encoding(table: TomlTable, key: str) -> str | None:
    name = table.optional_text(key)
    if name is None:
        return None
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise table.problem(key, f"{name!r} is no encoding that Python knows; try utf-8, cp1252 or utf-16") from None
