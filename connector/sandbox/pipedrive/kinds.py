"""The kinds of records with their columns: what an API may write, what a person sees, what a moment is.

A column's `type` names the check that a written value passes (see checks.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """One value of a record. `is_set` tells whether the API may set it at creation, `is_changed` later."""

    name: str
    type: str
    default: object = None
    is_set: bool = True
    is_changed: bool = True


def _shown(name: str, type_name: str, default: object = None) -> Column:
    return Column(name, type_name, default, is_set=False, is_changed=False)


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` as webhooks call it, `plural` as paths do, `fields` = whose custom fields it carries."""

    name: str
    plural: str
    title: str
    columns: tuple[Column, ...]
    fields: str | None = None
    owner_column: str = "owner_id"

    @property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def moments(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns if column.type == "moment")


_TIMES: Final = (_shown("add_time", "moment"), _shown("update_time", "moment"))

LEAD: Final = Kind(
    "lead",
    "leads",
    "Lead",
    (
        Column("title", "text", ""),
        Column("owner_id", "user"),
        _shown("creator_id", "user"),
        Column("label_ids", "label_texts", ()),
        Column("person_id", "person?"),
        Column("organization_id", "organization?"),
        _shown("source_name", "text", "API"),
        _shown("origin", "text", "ManuallyCreated"),
        Column("origin_id", "text?", None, is_changed=False),
        Column("channel", "int?"),
        Column("channel_id", "text?"),
        _shown("source_deal_id", "int?"),
        Column("is_archived", "bool", False),
        _shown("archive_time", "moment"),
        Column("was_seen", "bool", False),
        Column("value", "amount?"),
        Column("expected_close_date", "date?"),
        Column("visible_to", "visible_text", 3),
        *_TIMES,
    ),
    fields="deal",
)
DEAL: Final = Kind(
    "deal",
    "deals",
    "Deal",
    (
        Column("title", "text", ""),
        Column("owner_id", "user"),
        _shown("creator_user_id", "user"),
        Column("person_id", "person?"),
        Column("org_id", "organization?"),
        Column("pipeline_id", "pipeline"),
        Column("stage_id", "stage"),
        Column("value", "number", 0),
        Column("currency", "text", "USD"),
        *_TIMES,
        _shown("stage_change_time", "moment"),
        Column("status", "status", "open"),
        Column("is_archived", "bool", False),
        Column("archive_time", "moment"),
        Column("probability", "number?"),
        Column("lost_reason", "text?"),
        Column("visible_to", "visible", 3),
        Column("close_time", "moment"),
        Column("won_time", "moment"),
        Column("lost_time", "moment"),
        Column("expected_close_date", "date?"),
        Column("label_ids", "ints", ()),
        _shown("origin", "text", "ManuallyCreated"),
        _shown("origin_id", "text?"),
        _shown("channel", "int?"),
        _shown("channel_id", "text?"),
        _shown("source_lead_id", "text?"),
    ),
    fields="deal",
)
PERSON: Final = Kind(
    "person",
    "persons",
    "Person",
    (
        Column("name", "text", ""),
        _shown("first_name", "text?"),
        _shown("last_name", "text?"),
        Column("owner_id", "user"),
        Column("org_id", "organization?"),
        *_TIMES,
        Column("emails", "contacts", ()),
        Column("phones", "contacts", ()),
        Column("visible_to", "visible", 3),
        Column("label_ids", "ints", ()),
        _shown("picture_id", "int?"),
        Column("marketing_status", "marketing", "no_consent"),
    ),
    fields="person",
)
ORGANIZATION: Final = Kind(
    "organization",
    "organizations",
    "Organization",
    (
        Column("name", "text", ""),
        Column("owner_id", "user"),
        *_TIMES,
        Column("visible_to", "visible", 3),
        Column("label_ids", "ints", ()),
    ),
    fields="organization",
)
ACTIVITY: Final = Kind(
    "activity",
    "activities",
    "Activity",
    (
        Column("subject", "text", ""),
        Column("type", "activity_type", ""),
        Column("owner_id", "user"),
        _shown("creator_user_id", "user"),
        *_TIMES,
        Column("deal_id", "deal?"),
        Column("lead_id", "lead?"),
        _shown("person_id", "person?"),
        Column("org_id", "organization?"),
        _shown("project_id", "int?"),
        Column("due_date", "date?"),
        Column("due_time", "clock?"),
        Column("duration", "clock?"),
        Column("busy", "bool", False),
        Column("done", "bool", False),
        _shown("marked_as_done_time", "moment"),
        Column("location", "object?"),
        Column("participants", "participants", ()),
        Column("attendees", "objects", ()),
        _shown("conference_meeting_client", "text?"),
        _shown("conference_meeting_url", "text?"),
        _shown("conference_meeting_id", "text?"),
        Column("public_description", "text?"),
        Column("priority", "int?"),
        Column("outcome", "int?"),
        Column("note", "text?"),
    ),
)
NOTE: Final = Kind(
    "note",
    "notes",
    "Note",
    (
        Column("content", "text", ""),
        Column("user_id", "user"),
        Column("lead_id", "lead?"),
        Column("deal_id", "deal?"),
        Column("person_id", "person?"),
        Column("org_id", "organization?"),
        *_TIMES,
        Column("pinned_to_lead_flag", "flag", 0),
        Column("pinned_to_deal_flag", "flag", 0),
        Column("pinned_to_person_flag", "flag", 0),
        Column("pinned_to_organization_flag", "flag", 0),
    ),
    owner_column="user_id",
)
KINDS: Final = (LEAD, DEAL, PERSON, ORGANIZATION, ACTIVITY, NOTE)
#: Which column of which kind holds the id of another record; merges and conversions move these.
LINKS: Final = {
    "person": (("lead", "person_id"), ("deal", "person_id"), ("activity", "person_id"), ("note", "person_id")),
    "organization": (
        ("lead", "organization_id"),
        ("deal", "org_id"),
        ("person", "org_id"),
        ("activity", "org_id"),
        ("note", "org_id"),
    ),
    "deal": (("activity", "deal_id"), ("note", "deal_id")),
    "lead": (("activity", "lead_id"), ("note", "lead_id")),
}


def find_kind(name: str) -> Kind | None:
    """By its name or plural."""
    return next((kind for kind in KINDS if name in (kind.name, kind.plural)), None)
