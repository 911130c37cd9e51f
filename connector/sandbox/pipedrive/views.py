"""How records look: in v1, in v2, and in webhooks. The three do not agree, and a client has to live with that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from connector.sandbox.pipedrive.customs import at_root, in_webhook, with_labels
from connector.sandbox.pipedrive.kinds import ACTIVITY, DEAL, LEAD, NOTE, ORGANIZATION, PERSON
from connector.sandbox.pipedrive.records import HistoryLine, Record, User
from connector.sandbox.pipedrive.said import millis_utc, plain_utc, seconds_utc
from connector.sandbox.wire import JsonObject

if TYPE_CHECKING:
    from connector.sandbox.pipedrive.company import Company

_HIDDEN: Final[Mapping[str, frozenset[str]]] = {
    "lead": frozenset(),
    "deal": frozenset(),
    "person": frozenset({"marketing_status"}),
    "organization": frozenset(),
    "activity": frozenset({"attendees"}),
    "note": frozenset(),
}
DEAL_EXTRAS: Final = (
    "next_activity_id", "last_activity_id", "first_won_time", "products_count", "files_count", "notes_count",
    "followers_count", "email_messages_count", "activities_count", "done_activities_count", "undone_activities_count",
    "participants_count", "last_incoming_mail_time", "last_outgoing_mail_time", "smart_bcc_email", "source_lead_id",
)  # fmt: skip
PERSON_EXTRAS: Final = (
    "next_activity_id", "last_activity_id", "open_deals_count", "related_open_deals_count", "closed_deals_count",
    "related_closed_deals_count", "participant_open_deals_count", "participant_closed_deals_count",
    "email_messages_count", "activities_count", "done_activities_count", "undone_activities_count", "files_count",
    "notes_count", "followers_count", "won_deals_count", "related_won_deals_count", "lost_deals_count",
    "related_lost_deals_count", "last_incoming_mail_time", "last_outgoing_mail_time", "marketing_status",
    "doi_status", "smart_bcc_email",
)  # fmt: skip
EXTRAS: Final[Mapping[str, tuple[str, ...]]] = {
    "deal": DEAL_EXTRAS,
    "person": PERSON_EXTRAS,
    "organization": ("next_activity_id", "last_activity_id", "activities_count", "notes_count"),
    "activity": ("attendees",),
}


def lead_v1(company: Company, lead: Record) -> JsonObject:
    """A lead: moments with milliseconds, custom fields at the root, those not set left out."""
    shown: JsonObject = {"id": lead.id, **_plain(lead, millis_utc)}
    shown["visible_to"] = str(shown["visible_to"])
    shown["next_activity_id"] = _next_activity(company, lead)
    shown["cc_email"] = f"{company.config.domain}+{company.id}+lead{lead.id}@pipedrivemail.com"
    for code, value in lead.custom.items():
        found = company.fields["deal"].custom.get(code)
        if found is not None:
            shown |= at_root(found, value)
    return shown


def record_v2(
    company: Company,
    record: Record,
    include: frozenset[str] = frozenset(),
    keys: frozenset[str] | None = None,
    has_labels: bool = False,
) -> JsonObject:
    """A record of version 2; `include` = optional values, `keys` = only these custom fields (None = all)."""
    hidden = _HIDDEN[record.kind.name]
    shown: JsonObject = {"id": record.id}
    shown |= {name: value for name, value in _plain(record, seconds_utc).items() if name not in hidden}
    shown["is_deleted"] = record.is_deleted
    if record.kind is DEAL:
        shown |= {"arr": None, "mrr": None, "acv": None}
    for name in EXTRAS[record.kind.name]:
        if name in include:
            shown[name] = _extra(company, record, name)
    if record.kind.fields is not None:
        fields = company.fields[record.kind.fields].custom
        customs: JsonObject = {}
        for code, found in fields.items():
            if keys is None or code in keys:
                value = record.custom.get(code)
                customs[code] = with_labels(found, value) if has_labels else value
        shown["custom_fields"] = customs or None
    return shown


def note_v1(company: Company, note: Record) -> JsonObject:
    """A note with the names of what it hangs on."""
    shown: JsonObject = {"id": note.id, "active_flag": not note.is_deleted, **_plain(note, plain_utc)}
    shown |= {name: bool(value) for name, value in shown.items() if name.startswith("pinned_to_")}
    shown |= {"pinned_to_project_flag": False, "pinned_to_task_flag": False, "last_update_user_id": None}
    shown |= {"project_id": None, "project": None, "task_id": None, "task": None}
    user = company.users.get(_number(note.values.get("user_id")))
    shown["user"] = (
        None if user is None else {"name": user.name, "email": user.email, "icon_url": None, "is_you": False}
    )
    for name, kind, column, title in (
        ("lead", LEAD, "lead_id", "title"),
        ("deal", DEAL, "deal_id", "title"),
        ("person", PERSON, "person_id", "name"),
        ("organization", ORGANIZATION, "org_id", "name"),
    ):
        parent = company.find(kind, note.values.get(column))
        shown[name] = None if parent is None else {title: parent.values.get(title)}
    return shown


def user_v1(user: User, my_id: int) -> JsonObject:
    """A user as /users lists it."""
    return {
        "id": user.id,
        "name": user.name,
        "default_currency": "USD",
        "locale": "en_US",
        "lang": 1,
        "email": user.email,
        "phone": None,
        "activated": True,
        "last_login": plain_utc(user.created_ms),
        "created": plain_utc(user.created_ms),
        "modified": plain_utc(user.modified_ms),
        "has_created_company": user.is_admin,
        "access": [
            {"app": "sales", "admin": user.is_admin, "permission_set_id": f"set-{user.role_id}"},
            {"app": "global", "admin": user.is_admin, "permission_set_id": f"set-{user.role_id}"},
        ],
        "active_flag": user.is_active,
        "is_deleted": False,
        "timezone_name": user.timezone_name,
        "timezone_offset": _offset(user.timezone_name, user.created_ms),
        "role_id": user.role_id,
        "is_admin": int(user.is_admin),
        "icon_url": None,
        "is_you": user.id == my_id,
    }


def mail_v1(mail: JsonObject, has_body: bool) -> JsonObject:
    """A mail message inside its envelope {object, timestamp, data}."""
    data: JsonObject = {
        name: plain_utc(value)
        if name in ("message_time", "add_time", "update_time") and isinstance(value, int)
        else value
        for name, value in mail.items()
        if name not in ("person_id", "deal_id") and (name != "body" or has_body)
    }
    return {"object": "mailMessage", "timestamp": data["message_time"], "data": data}


def call_log_v1(log: JsonObject) -> JsonObject:
    """A call log; the duration is a text of seconds."""
    return {
        name: plain_utc(value) if name in ("start_time", "end_time") and isinstance(value, int) else value
        for name, value in log.items()
    }


def history_v1(line: HistoryLine) -> JsonObject:
    """One line of a changelog."""
    return {
        "field_key": line.field_key,
        "old_value": line.old_value,
        "new_value": line.new_value,
        "actor_user_id": line.actor_user_id,
        "time": plain_utc(line.at_ms),
        "change_source": line.change_source,
        "change_source_user_agent": line.agent,
        "is_bulk_update_flag": line.is_bulk,
    }


def webhook_data(company: Company, record: Record) -> JsonObject:
    """A record as webhooks v2 show it, complete."""
    shown: JsonObject = {"id": record.id}
    for name in record.kind.by_name:
        shown[name] = _webhook_value(company, record, name, record.values.get(name))
    if record.kind is LEAD:
        shown["next_activity_id"] = _next_activity(company, record)
    if record.kind.fields is not None:
        shown["custom_fields"] = _webhook_customs(company, record, record.custom)
    return shown


def webhook_previous(company: Company, record: Record, old: JsonObject, old_custom: JsonObject) -> JsonObject:
    """The values that were other before, and no more."""
    shown: JsonObject = {name: _webhook_value(company, record, name, value) for name, value in old.items()}
    if old_custom and record.kind.fields is not None:
        fields = company.fields[record.kind.fields].custom
        shown["custom_fields"] = {
            code: in_webhook(fields[code], value) for code, value in old_custom.items() if code in fields
        }
    return shown


def _webhook_customs(company: Company, record: Record, custom: Mapping[str, object]) -> JsonObject:
    fields = company.fields[record.kind.fields or ""].custom
    return {code: in_webhook(fields[code], value) for code, value in custom.items() if code in fields}


def _webhook_value(company: Company, record: Record, name: str, value: object) -> object:
    if name in record.kind.moments:
        return millis_utc(value) if isinstance(value, int) else None
    if record.kind is ACTIVITY and name in ("due_time", "duration"):
        owner = company.users.get(_number(record.values.get("owner_id")))
        zone = "Etc/UTC" if owner is None else owner.timezone_name
        return None if value is None else {"value": value, "timezone_id": zone}
    return value


def _plain(record: Record, say: Callable[[int], str]) -> JsonObject:
    moments = record.kind.moments
    return {
        name: (say(value) if isinstance(value, int) else None) if name in moments else value
        for name, value in record.values.items()
        if name in record.kind.by_name
    }


def _next_activity(company: Company, record: Record) -> object:
    column = {"lead": "lead_id", "deal": "deal_id", "person": "person_id"}.get(record.kind.name, "org_id")
    undone = [one for one in company.linked(ACTIVITY, column, record.id) if one.values.get("done") is not True]
    found = min(undone, key=_due, default=None)
    return None if found is None else found.id


def _due(activity: Record) -> tuple[str, str]:
    return (str(activity.values.get("due_date") or "9999"), str(activity.values.get("due_time") or "24"))


def _extra(company: Company, record: Record, name: str) -> object:
    column = {"deal": "deal_id", "person": "person_id"}.get(record.kind.name, "org_id")
    if name in record.values:
        return record.values[name]
    if name == "next_activity_id":
        return _next_activity(company, record)
    if "activit" in name:
        return _activity_extra(company.linked(ACTIVITY, column, record.id), name)
    if name == "notes_count":
        return len(company.linked(NOTE, column, record.id))
    if "mail" in name and name != "smart_bcc_email":
        mails = [mail for mail in company.mails.values() if mail.get(column) == record.id]
        return _mail_extra(mails, name)
    if name.endswith("deals_count"):
        return _deals_extra(company.linked(DEAL, "person_id", record.id), name)
    if name == "first_won_time":
        won = record.moment("won_time")
        return None if won is None else seconds_utc(won)
    if name == "smart_bcc_email":
        return f"{company.config.domain}+{record.kind.name}{record.id}@pipedrivemail.com"
    return 0 if name.endswith("_count") else None


def _activity_extra(activities: list[Record], name: str) -> object:
    done = [one for one in activities if one.values.get("done") is True]
    if name == "last_activity_id":
        last = max(done, key=_due, default=None)
        return None if last is None else last.id
    return {
        "activities_count": len(activities),
        "done_activities_count": len(done),
        "undone_activities_count": len(activities) - len(done),
    }.get(name, 0)


def _mail_extra(mails: Iterable[JsonObject], name: str) -> object:
    found = list(mails)
    if name == "email_messages_count":
        return len(found)
    is_sent = 1 if name == "last_outgoing_mail_time" else 0
    times = [_number(mail["message_time"]) for mail in found if mail["sent_flag"] == is_sent]
    return seconds_utc(max(times)) if times else None


def _deals_extra(deals: list[Record], name: str) -> int:
    for word, statuses in (("open", {"open"}), ("closed", {"won", "lost"}), ("won", {"won"}), ("lost", {"lost"})):
        if word in name:
            is_own = not name.startswith("participant")
            return sum(1 for deal in deals if deal.values.get("status") in statuses) if is_own else 0
    return 0


def _offset(zone: str, at_ms: int) -> str:
    text = f"{datetime.fromtimestamp(at_ms / 1000, tz=ZoneInfo(zone)):%z}"
    return f"{text[:3]}:{text[3:]}"


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
