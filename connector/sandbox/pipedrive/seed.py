"""Bulk-load a population into one company, without webhooks and without lines in the log of writes.

The document speaks Pipedrive's own words. Every list may be missing; the lists are read in the order given here.

    {"company_id": 7000101,
     "users":         [{"ref", "id"?, "name", "email", "is_admin"?, "active_flag"?, "timezone_name"?, "created"?}],
     "activity_types": [{"ref"?, "name", "key_string", "icon_key"?, "active_flag"?, "order_nr"?}],
     "lead_labels":   [{"ref", "id"?, "name", "color"?}],
     "pipelines":     [{"ref", "id"?, "name"}],
     "stages":        [{"ref", "id"?, "name", "pipeline_id", "order_nr"?, "deal_probability"?}],
     "fields":        [{"ref", "entity": "deal" | "person", "field_name", "field_type", "field_code"?,
                        "options"?: [{"label"}]}],
     "organizations": [{"ref", "id"?, "name", "owner_id"?, "add_time"?, "update_time"?, "is_deleted"?}],
     "persons":       [{"ref", "id"?, "name", "owner_id"?, "org_id"?, "emails"?: [{"value", "primary"?, "label"?}],
                        "phones"?: [{"value", "primary"?, "label"?}], "marketing_status"?, "label_ids"?,
                        "visible_to"?, "custom_fields"?, "add_time"?, "update_time"?, "is_deleted"?}],
     "leads":         [{"ref", "id"?, "title", "owner_id"?, "creator_id"?, "person_id"?, "organization_id"?,
                        "label_ids"?, "value"?: {"amount", "currency"}, "source_name"?, "origin"?, "origin_id"?,
                        "channel"?, "channel_id"?, "was_seen"?, "expected_close_date"?, "visible_to"?,
                        "is_archived"?, "archive_time"?, "custom_fields"?, "add_time"?, "update_time"?,
                        "is_deleted"?}],
     "deals":         [{"ref", "id"?, "title", "owner_id"?, "creator_user_id"?, "person_id"?, "org_id"?,
                        "pipeline_id"?, "stage_id"?, "stage_change_time"?, "status"?: "open" | "won" | "lost",
                        "value"?, "currency"?, "won_time"?, "lost_time"?, "close_time"?, "lost_reason"?,
                        "probability"?, "expected_close_date"?, "origin"?, "origin_id"?, "channel"?, "channel_id"?,
                        "source_lead_id"?, "label_ids"?, "visible_to"?, "is_archived"?, "archive_time"?,
                        "custom_fields"?, "add_time"?, "update_time"?, "is_deleted"?}],
     "activities":    [{"ref"?, "id"?, "subject", "type", "owner_id"?, "creator_user_id"?, "done"?,
                        "marked_as_done_time"?, "due_date"?, "due_time"?, "duration"?, "deal_id"?, "lead_id"?,
                        "person_id"?, "org_id"?, "note"?, "outcome"?, "priority"?, "add_time"?, "update_time"?,
                        "is_deleted"?}],
     "call_logs":     [{"ref"?, "id"?, "user_id", "activity_id"?, "deal_id"?, "lead_id"?, "person_id"?, "org_id"?,
                        "outcome", "duration"?, "subject"?, "from_phone_number"?, "to_phone_number", "start_time",
                        "end_time", "note"?}],
     "mail_messages": [{"ref"?, "id"?, "user_id", "person_id"?, "deal_id"?, "from": [{"email_address", "name"?}],
                        "to": [...], "cc"?: [...], "subject"?, "snippet"?, "body"?, "sent_flag", "message_time",
                        "sent_from_pipedrive_flag"?, "smart_bcc_flag"?, "mail_tracking_status"?}],
     "notes":         [{"ref"?, "id"?, "content", "user_id"?, "lead_id"?, "deal_id"?, "person_id"?, "org_id"?,
                        "add_time"?, "update_time"?}],
     "changelog":     [{"entity": "deal" | "person", "id", "field_key", "old_value"?, "new_value", "time",
                        "actor_user_id"?, "change_source"?: "app" | "api", "is_bulk_update_flag"?}]}

Moments (`*_time`, `time`, `created`) are epoch milliseconds or ISO-8601 texts and may lie in the past; a missing
`add_time` is now, a missing `update_time` the `add_time`. `due_date` and `expected_close_date` are `YYYY-MM-DD`,
`due_time` and `duration` `HH:MM`, all in UTC. `duration` of a call log is seconds.

`{"ref": name}` may stand wherever an id of this document stands (users, labels, stages, records, in `label_ids` too,
and in `old_value` and `new_value` of the changelog). `custom_fields` is `{field: value}` with the `ref` or the
field_code of a field; deal fields serve leads too. The value of an enum is an option's label or id, of a set a list
of them. A changelog's `field_key` may be such a `ref`, too. An unknown key is refused by name.

The answer: `{"users": {ref: id}, "records": {ref: id}, "fields": {ref: field_code}, "count": n}`, ids as the API
shows them (numbers, but for leads and lead labels: UUIDs).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from connector.sandbox.pipedrive.company import HISTORY_KEYS, Company
from connector.sandbox.pipedrive.fields import WITH_OPTIONS, Field
from connector.sandbox.pipedrive.kinds import ACTIVITY, DEAL, LEAD, NOTE, ORGANIZATION, PERSON, Kind, find_kind
from connector.sandbox.pipedrive.records import HistoryLine, Origin, RecordId, User
from connector.sandbox.wire import (
    JsonObject,
    as_int,
    as_list,
    as_object,
    as_text,
    invalid,
    now_ms,
    parse_moment,
)

_USER: Final = ("name", "email", "is_admin", "active_flag", "timezone_name", "role_id", "created")
_TYPE: Final = ("name", "key_string", "icon_key", "active_flag", "order_nr")
_CALL_LOG: Final = (
    "user_id", "activity_id", "deal_id", "lead_id", "person_id", "org_id", "outcome", "duration", "subject",
    "from_phone_number", "to_phone_number", "start_time", "end_time", "note",
)  # fmt: skip
_MAIL: Final = (
    "user_id", "person_id", "deal_id", "from", "to", "cc", "subject", "snippet", "body", "sent_flag", "message_time",
    "sent_from_pipedrive_flag", "smart_bcc_flag", "mail_tracking_status",
)  # fmt: skip
_LINE: Final = (
    "entity", "id", "field_key", "old_value", "new_value", "time", "actor_user_id", "change_source",
    "is_bulk_update_flag",
)  # fmt: skip
_OUTCOMES: Final = ("connected", "no_answer", "left_message", "left_voicemail", "wrong_number", "busy")
#: How kinds may be read beside their columns.
_KINDS: Final = (
    (ORGANIZATION, "organizations"),
    (PERSON, "persons"),
    (LEAD, "leads"),
    (DEAL, "deals"),
    (ACTIVITY, "activities"),
    (NOTE, "notes"),
)


@dataclass(slots=True)
class _Refs:
    """What refs of the document stand for, by list."""

    users: dict[str, int] = field(default_factory=dict)
    records: dict[str, RecordId] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    def resolve(self, value: object, where: str) -> object:
        """The value with every {"ref": name} in it replaced."""
        if isinstance(value, list):
            return [self.resolve(one, where) for one in value]
        if not isinstance(value, dict):
            return value
        if set(value) != {"ref"}:
            return {name: self.resolve(one, where) for name, one in value.items()}
        ref = as_text(value["ref"], f"{where}.ref")
        for known in (self.users, self.records, self.fields):
            if ref in known:
                return known[ref]
        raise invalid(f"{where}: there is nothing with the ref {ref!r} above it.")


def sow(company: Company, document: JsonObject) -> JsonObject:
    """Load the document. Returns what every ref became. Raises ApiError 400 naming what is wrong."""
    loader = _Loader(company)
    readers: dict[str, Callable[[JsonObject, str], None]] = {
        "users": loader.user,
        "activity_types": loader.activity_type,
        "lead_labels": loader.lead_label,
        "pipelines": loader.pipeline,
        "stages": loader.stage,
        "fields": loader.field,
        "call_logs": loader.call_log,
        "mail_messages": loader.mail,
        "changelog": loader.line,
    }
    readers |= {plural: _reader(loader, kind) for kind, plural in _KINDS}
    order = (
        "users", "activity_types", "lead_labels", "pipelines", "stages", "fields", "organizations", "persons",
        "leads", "deals", "activities", "call_logs", "mail_messages", "notes", "changelog",
    )  # fmt: skip
    unknown = set(document) - {"company_id", *order}
    if unknown:
        raise invalid(f"Unknown keys: {', '.join(sorted(unknown))}")
    count = 0
    with company.lock:
        for name in order:
            for number, entry in enumerate(as_list(document.get(name), name)):
                sent = as_object(entry, name)
                readers[name](sent, f"{name}[{number}] {sent.get('ref', '')}".strip())
                count += 1
        for lines in company.history.values():
            lines.sort(key=lambda line: line.at_ms)
    refs = loader.refs
    return {"users": refs.users, "records": refs.records, "fields": refs.fields, "count": count}


def moment(value: object, where: str) -> int:
    """Milliseconds since 1970 UTC. Raises ApiError 400 naming the place."""
    try:
        return parse_moment(value)
    except ValueError as problem:
        raise invalid(f"{where}: {problem}") from None


def read_values(
    company: Company, kind: Kind, sent: Mapping[str, object], where: str
) -> tuple[JsonObject, JsonObject]:
    """(values, custom fields) of a record as people and documents give it: moments read, labels of options too."""
    columns = kind.by_name
    values: JsonObject = {}
    for name, value in sent.items():
        if name == "custom_fields" and kind.fields is not None:
            continue
        if name not in columns:
            raise invalid(f"{where}: unknown key {name!r}; known are {', '.join(sorted(columns))}")
        values[name] = (
            moment(value, f"{where}.{name}") if columns[name].type == "moment" and value is not None else value
        )
    if "visible_to" in values:
        values["visible_to"] = as_int(values["visible_to"], f"{where}.visible_to")
    custom: JsonObject = {}
    for key, value in as_object(sent.get("custom_fields", {}), f"{where}.custom_fields").items():
        found = company.fields[kind.fields or "deal"].custom.get(key)
        if found is None:
            raise invalid(f"{where}: there is no custom field {key!r}")
        custom[found.code] = _option_value(found, value, where)
    return values, custom


class _Loader:
    def __init__(self, company: Company) -> None:
        self.company = company
        self.refs = _Refs()
        self._admin = company.admin_id()

    def user(self, sent: JsonObject, where: str) -> None:
        _reject(sent, ("ref", "id", *_USER), where)
        user_id = as_int(sent["id"], f"{where}.id") if "id" in sent else max([*self.company.users, 12_000_000]) + 1
        born = moment(sent.get("created", now_ms()), f"{where}.created")
        self.company.users[user_id] = User(
            id=user_id,
            name=as_text(sent.get("name"), f"{where}.name"),
            email=as_text(sent.get("email"), f"{where}.email"),
            is_admin=sent.get("is_admin") is True,
            is_active=sent.get("active_flag", True) is True,
            role_id=as_int(sent.get("role_id", 2), f"{where}.role_id"),
            timezone_name=as_text(sent.get("timezone_name", "Etc/UTC"), f"{where}.timezone_name"),
            created_ms=born,
            modified_ms=born,
        )
        self._name(sent, self.refs.users, user_id)

    def activity_type(self, sent: JsonObject, where: str) -> None:
        _reject(sent, ("ref", *_TYPE), where)
        order = sent.get("order_nr")
        self.company.add_activity_type(
            as_text(sent.get("name"), f"{where}.name"),
            as_text(sent.get("key_string"), f"{where}.key_string"),
            as_text(sent.get("icon_key", "task"), f"{where}.icon_key"),
            sent.get("active_flag", True) is True,
            None if order is None else as_int(order, f"{where}.order_nr"),
        )

    def lead_label(self, sent: JsonObject, where: str) -> None:
        _reject(sent, ("ref", "id", "name", "color"), where)
        wanted = None if sent.get("id") is None else as_text(sent["id"], f"{where}.id")
        name, color = as_text(sent.get("name"), f"{where}.name"), as_text(sent.get("color", "gray"), f"{where}.color")
        self._name(sent, self.refs.records, self.company.add_lead_label(name, color, wanted))

    def pipeline(self, sent: JsonObject, where: str) -> None:
        _reject(sent, ("ref", "id", "name"), where)
        wanted = None if sent.get("id") is None else as_int(sent["id"], f"{where}.id")
        made = self.company.add_pipeline(as_text(sent.get("name"), f"{where}.name"), wanted)
        self._name(sent, self.refs.records, made)

    def stage(self, sent: JsonObject, where: str) -> None:
        _reject(sent, ("ref", "id", "name", "pipeline_id", "order_nr", "deal_probability"), where)
        pipeline = as_int(self.refs.resolve(sent.get("pipeline_id"), where), f"{where}.pipeline_id")
        if not self.company.exists("pipeline", pipeline):
            raise invalid(f"{where}: there is no pipeline {pipeline}")
        numbers = {
            name: as_int(sent[name], f"{where}.{name}")
            for name in ("id", "order_nr", "deal_probability")
            if name in sent
        }
        made = self.company.add_stage(
            as_text(sent.get("name"), f"{where}.name"),
            pipeline,
            numbers.get("id"),
            numbers.get("order_nr"),
            numbers.get("deal_probability", 100),
        )
        self._name(sent, self.refs.records, made)

    def field(self, sent: JsonObject, where: str) -> None:
        _reject(sent, ("ref", "entity", "field_name", "field_type", "field_code", "options"), where)
        entity = as_text(sent.get("entity", "deal"), f"{where}.entity")
        if entity not in self.company.fields:
            raise invalid(f"{where}: entity must be one of {', '.join(self.company.fields)}")
        body: JsonObject = {name: sent[name] for name in ("field_name", "field_type", "options") if name in sent}
        code = None if sent.get("field_code") is None else as_text(sent["field_code"], f"{where}.field_code")
        self._name(sent, self.refs.fields, self.company.fields[entity].create(body, code).code)

    def record(self, kind: Kind, sent: JsonObject, where: str) -> None:
        known = as_object(self.refs.resolve(self._keyed(kind, sent, where), where), where)
        given = {name: value for name, value in known.items() if name not in ("ref", "id", "is_deleted")}
        values, custom = read_values(self.company, kind, given, where)
        self._check_references(kind, values, where)
        record_id = known.get("id")
        if record_id is not None and not isinstance(record_id, int | str):
            raise invalid(f"{where}: id must be a number or a text")
        origin = Origin("seed", _owner(values, kind, self._admin))
        added = values.get("add_time")
        at = added if isinstance(added, int) else now_ms()
        values.setdefault("update_time", at)
        made = self.company.create(kind, values, origin, custom, at_ms=at, record_id=record_id, is_quiet=True)
        if known.get("is_deleted") is True:
            self.company.delete(made, origin, at_ms=made.moment("update_time"), is_quiet=True)
        self._name(sent, self.refs.records, made.id)

    def call_log(self, sent: JsonObject, where: str) -> None:
        _reject(sent, ("ref", "id", *_CALL_LOG), where)
        known = as_object(self.refs.resolve(sent, where), where)
        if known.get("outcome") not in _OUTCOMES:
            raise invalid(f"{where}: outcome must be one of {', '.join(_OUTCOMES)}")
        log: JsonObject = {name: known.get(name) for name in _CALL_LOG}
        log["user_id"] = as_int(known.get("user_id"), f"{where}.user_id")
        log |= {name: moment(known.get(name), f"{where}.{name}") for name in ("start_time", "end_time")}
        duration = known.get("duration", (_int(log["end_time"]) - _int(log["start_time"])) // 1000)
        log_id = as_text(known.get("id", self.company.uuid().replace("-", "")), f"{where}.id")
        log |= {"id": log_id, "duration": str(duration), "has_recording": False, "company_id": self.company.id}
        self.company.call_logs[log_id] = log
        self._name(sent, self.refs.records, log_id)

    def mail(self, sent: JsonObject, where: str) -> None:
        _reject(sent, ("ref", "id", *_MAIL), where)
        known = as_object(self.refs.resolve(sent, where), where)
        number = as_int(known["id"], f"{where}.id") if "id" in known else self.company.next_id("mail")
        at = moment(known.get("message_time"), f"{where}.message_time")
        mail: JsonObject = {"id": number, **{name: known.get(name) for name in _MAIL}}
        for name in ("from", "to", "cc"):
            mail[name] = [self._party(as_object(one, where), where) for one in as_list(known.get(name), where)]
        flags = ("sent_flag", "sent_from_pipedrive_flag", "smart_bcc_flag")
        mail |= {name: 1 if known.get(name) in (1, True) else 0 for name in flags}
        mail |= {
            "bcc": [], "user_id": as_int(known.get("user_id"), f"{where}.user_id"), "mail_thread_id": number,
            "message_time": at, "add_time": at, "update_time": at, "deleted_flag": 0, "draft_flag": 0,
            "item_type": "mailMessage", "company_id": self.company.id,
        }  # fmt: skip
        self.company.mails[number] = mail
        self._name(sent, self.refs.records, number)

    def line(self, sent: JsonObject, where: str) -> None:
        _reject(sent, _LINE, where)
        known = as_object(self.refs.resolve(sent, where), where)
        kind = find_kind(as_text(known.get("entity"), f"{where}.entity"))
        found = None if kind not in (DEAL, PERSON) else self.company.find(kind, known.get("id"))
        if kind is None or found is None:
            raise invalid(f"{where}: entity and id must name a deal or a person that is there")
        key = as_text(known.get("field_key"), f"{where}.field_key")
        at = moment(known.get("time"), f"{where}.time")
        line = HistoryLine(
            field_key=HISTORY_KEYS.get((kind.name, key), key),
            old_value=_optional(known.get("old_value"), where),
            new_value=_optional(known.get("new_value"), where),
            actor_user_id=as_int(known.get("actor_user_id", self._admin), f"{where}.actor_user_id"),
            at_ms=at,
            change_source=as_text(known.get("change_source", "app"), f"{where}.change_source"),
            is_bulk=known.get("is_bulk_update_flag") is True,
            is_custom=key in self.company.fields[kind.name].custom,
        )
        self.company.history.setdefault((kind.name, found.id), []).append(line)

    # -- inside

    def _keyed(self, kind: Kind, sent: JsonObject, where: str) -> JsonObject:
        """The entry with refs of fields in custom_fields turned into codes."""
        if kind.fields is None or "custom_fields" not in sent:
            return sent
        given = as_object(sent["custom_fields"], f"{where}.custom_fields")
        return {**sent, "custom_fields": {self.refs.fields.get(key, key): value for key, value in given.items()}}

    def _check_references(self, kind: Kind, values: JsonObject, where: str) -> None:
        for column in kind.columns:
            value, name = values.get(column.name), column.type.removesuffix("?")
            if value is None or name not in ("user", "person", "organization", "deal", "lead", "stage", "pipeline"):
                continue
            is_gone = name in self.company.records and value in self.company.records[name]
            if not is_gone and not self.company.exists(name, value):
                raise invalid(f"{where}: {column.name} names no {name} that is there: {value!r}")

    def _party(self, sent: JsonObject, where: str) -> JsonObject:
        address = as_text(sent.get("email_address"), f"{where}.email_address")
        linked = next(
            (person for person in self.company.live(PERSON) if address in _addresses(person.values.get("emails"))),
            None,
        )
        return {
            "id": self.company.next_id("mail_party"),
            "email_address": address,
            "name": sent.get("name", ""),
            "linked_person_id": None if linked is None else linked.id,
            "linked_person_name": None if linked is None else linked.values.get("name"),
        }

    def _name(self, sent: JsonObject, refs: dict[str, Any], made: RecordId) -> None:
        if sent.get("ref") is not None:
            refs[as_text(sent["ref"], "ref")] = made


def _reader(loader: _Loader, kind: Kind) -> Callable[[JsonObject, str], None]:
    return lambda sent, where: loader.record(kind, sent, where)


def _option_value(found: Field, value: object, where: str) -> object:
    if found.type not in WITH_OPTIONS or value is None:
        return value
    known = {option.label: option.id for option in found.options} | {option.id: option.id for option in found.options}
    wanted = value if isinstance(value, list) else [value]
    chosen = [known.get(one) if isinstance(one, int | str) else None for one in wanted]
    if None in chosen:
        raise invalid(f"{where}: {found.name!r} has no option {value!r}")
    return chosen if found.type == "set" else chosen[0]


def _owner(values: JsonObject, kind: Kind, admin: int) -> int:
    owner = values.get(kind.owner_column)
    return owner if isinstance(owner, int) else admin


def _addresses(emails: object) -> list[object]:
    return [one.get("value") for one in emails if isinstance(one, dict)] if isinstance(emails, list) else []


def _reject(sent: JsonObject, known: tuple[str, ...], where: str) -> None:
    unknown = set(sent) - set(known)
    if unknown:
        raise invalid(f"{where}: unknown keys {', '.join(sorted(unknown))}; known are {', '.join(known)}")


def _optional(value: object, where: str) -> str | None:
    return None if value is None else as_text(value, where)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
