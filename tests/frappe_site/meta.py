"""What the site knows of its doctypes: fields, child tables, names, who may read them. As Frappe 15 and CRM 1.56."""

from __future__ import annotations

from dataclasses import dataclass, field

STANDARD = ("name", "owner", "creation", "modified", "modified_by", "docstatus", "idx")
CHILD = ("parent", "parenttype", "parentfield")
SYSTEM, SALES, DESK = "System Manager", "Sales Manager", "Desk User"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocType:
    """`tables`: field → child doctype. `prefix`: of the names; "" = ten random letters, "#" = a number of its own.

    `named_by`: the field that is the name. `roles`: any one of these may do all. `is_child`: only within a parent.
    """

    fields: tuple[str, ...]
    tables: dict[str, str] = field(default_factory=dict)
    prefix: str = ""
    named_by: str = ""
    roles: frozenset[str] = frozenset({SYSTEM})
    is_tracked: bool = False
    is_child: bool = False
    required: tuple[str, ...] = ()
    selects: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ints: dict[str, int] = field(default_factory=dict)


_BOTH = frozenset({SYSTEM, SALES})
_SALES = frozenset({SALES})
_REFERENCE = ("reference_doctype", "reference_docname")

DOCTYPES: dict[str, DocType] = {
    "CRM Lead": DocType(
        fields=(
            "naming_series", "salutation", "first_name", "last_name", "lead_name", "email", "mobile_no", "phone",
            "organization", "website", "source", "status", "lead_owner", "converted", "territory", "industry",
            "job_title", "communication_status", "facebook_lead_id",
        ),
        tables={"status_change_log": "CRM Status Change Log"},
        prefix="CRM-LEAD-2026-",
        roles=_SALES,
        is_tracked=True,
        ints={"converted": 0},
    ),
    "CRM Deal": DocType(
        fields=(
            "naming_series", "organization", "status", "deal_owner", "lead", "lead_name", "email", "mobile_no",
            "deal_value", "currency",
        ),
        tables={"status_change_log": "CRM Status Change Log", "contacts": "CRM Contacts"},
        prefix="CRM-DEAL-2026-",
        roles=_SALES,
        is_tracked=True,
    ),
    "CRM Contacts": DocType(fields=("contact", "full_name", "email", "is_primary"), is_child=True),
    "CRM Status Change Log": DocType(
        fields=("from", "to", "from_type", "to_type", "from_date", "to_date", "duration", "log_owner"), is_child=True
    ),
    "CRM Call Log": DocType(
        fields=(
            "id", "from", "to", "type", "status", "duration", "start_time", "end_time", "caller", "receiver",
            "medium", "telephony_medium", "recording_url", "note", *_REFERENCE,
        ),
        tables={"links": "Dynamic Link"},
        named_by="id",
        roles=_BOTH,
        required=("from", "to", "type", "status"),
        selects={
            "status": (
                "Initiated", "Ringing", "In Progress", "Completed", "Failed", "Busy", "No Answer", "Queued",
                "Canceled",
            ),
            "type": ("Incoming", "Outgoing"),
            "telephony_medium": ("", "Manual", "Twilio", "Exotel"),
        },
    ),
    "Dynamic Link": DocType(fields=("link_doctype", "link_name", "link_title"), is_child=True),
    "Communication": DocType(
        fields=(
            "subject", "communication_type", "communication_medium", "communication_date", "sent_or_received",
            "delivery_status", "sender", "sender_full_name", "recipients", "content", "user", "status",
            "reference_doctype", "reference_name",
        ),
        roles=_BOTH,
        required=("subject",),
    ),
    "Event": DocType(
        fields=(
            "subject", "event_category", "event_type", "starts_on", "ends_on", "status", "all_day", "description",
            "repeat_this_event",
        ),
        tables={"event_participants": "Event Participants"},
        prefix="EV",
        roles=frozenset({SYSTEM, SALES, DESK}),
        is_tracked=True,
        required=("subject", "starts_on"),
        selects={"status": ("Open", "Completed", "Closed", "Cancelled")},
        ints={"all_day": 0, "repeat_this_event": 0},
    ),
    "Event Participants": DocType(fields=("reference_doctype", "reference_docname", "email"), is_child=True),
    "FCRM Note": DocType(fields=("title", "content", *_REFERENCE), roles=_SALES),
    "CRM Task": DocType(
        fields=("title", "assigned_to", "status", "priority", "start_date", "due_date", "description", *_REFERENCE),
        prefix="#",
        roles=_SALES,
        required=("title",),
        selects={"status": ("", "Backlog", "Todo", "In Progress", "Done", "Canceled")},
    ),
    "Comment": DocType(
        fields=("comment_type", "content", "comment_email", "reference_doctype", "reference_name"), roles=_BOTH
    ),
    "Data Import": DocType(fields=("reference_doctype", "import_type", "status")),
    "Data Import Log": DocType(fields=("data_import", "docname", "success", "log_index"), ints={"success": 0}),
    "Version": DocType(fields=("ref_doctype", "docname", "data"), roles=frozenset({SYSTEM})),
    "User": DocType(
        fields=("email", "first_name", "last_name", "full_name", "enabled", "user_type", "time_zone"),
        tables={"roles": "Has Role"},
        named_by="email",
    ),
    "Has Role": DocType(fields=("role",), is_child=True),
    "CRM Lead Status": DocType(
        fields=("lead_status", "color", "position"), named_by="lead_status", roles=_BOTH
    ),
    "CRM Deal Status": DocType(
        fields=("deal_status", "color", "position", "type"), named_by="deal_status", roles=_BOTH
    ),
    "CRM Fields Layout": DocType(fields=("dt", "type", "layout"), named_by="dt"),
    "Custom Field": DocType(
        fields=(
            "dt", "fieldname", "label", "fieldtype", "options", "insert_after", "read_only", "no_copy", "module",
            "description", "default",
        ),
        required=("dt", "fieldtype"),
        ints={"read_only": 0, "no_copy": 0},
    ),
    "Webhook": DocType(
        fields=(
            "webhook_doctype", "webhook_docevent", "enabled", "condition", "request_url", "request_method",
            "request_structure", "webhook_json", "enable_security", "webhook_secret", "timeout", "is_dynamic_url",
        ),
        tables={"webhook_headers": "Webhook Header"},
        required=("webhook_doctype", "request_url"),
        selects={
            "webhook_docevent": (
                "after_insert", "on_update", "on_submit", "on_cancel", "on_trash", "on_update_after_submit",
                "on_change",
            )
        },
        ints={"enabled": 1, "enable_security": 0, "timeout": 5},
    ),
    "Webhook Header": DocType(fields=("key", "value"), is_child=True),
    "System Settings": DocType(fields=("time_zone", "currency")),
    "FCRM Settings": DocType(fields=("currency", "brand_name"), roles=_BOTH),
}  # fmt: skip

SINGLES = frozenset({"System Settings", "FCRM Settings"})
ONCE = {"Webhook": ("webhook_doctype", "webhook_docevent")}
"""Fields that can be set only once."""
SECRET = {"Webhook": ("webhook_secret",)}
"""Fields that are never sent."""
