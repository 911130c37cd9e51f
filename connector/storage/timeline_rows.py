"""Records as rows: what the columns of the timeline hold of a record that was read."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from audits.model.activity import Activity, OwnerChange, StageChange, Task
from audits.model.case import Fact
from audits.model.deal import Deal
from audits.model.lead import Lead
from connector.storage.column_types import storable
from connector.storage.json_text import dump_list, dump_map, dump_unseen
from connector.storage.texts import kept_texts

#: Longer values of a changed field are cut: they are part of a key, and an index row has a limit.
LONGEST_KEY = 500

Row = dict[str, object]


class RecordLike(Protocol):
    """One lead with everything that was read of it; see LeadRecord of the CRM port."""

    @property
    def lead(self) -> Lead:
        """The lead."""
        ...

    @property
    def activities(self) -> tuple[Activity, ...]:
        """All its activities that can be seen."""
        ...

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All its tasks that can be seen."""
        ...

    @property
    def owner_changes(self) -> tuple[OwnerChange, ...]:
        """Its known owner changes."""
        ...

    @property
    def stage_changes(self) -> tuple[StageChange, ...]:
        """Its known stage changes."""
        ...

    @property
    def deals(self) -> tuple[Deal, ...]:
        """Its deals, each with all its contacts."""
        ...

    @property
    def merged_ids(self) -> tuple[str, ...]:
        """Records that were merged into this one."""
        ...

    @property
    def converted_from(self) -> str | None:
        """The lead that this record continues in another form."""
        ...

    @property
    def companion_id(self) -> str | None:
        """The other record that shows our fields for this lead."""
        ...

    @property
    def organization_id(self) -> str | None:
        """The CRM's record of the lead's company."""
        ...

    @property
    def is_locked(self) -> bool:
        """Whether the CRM lets nobody change the record."""
        ...

    @property
    def missing(self) -> tuple[tuple[Fact, str], ...]:
        """Facts that could not be read of this lead, with the cause."""
        ...

    @property
    def our_fields(self) -> Mapping[str, str]:
        """What the CRM shows in our own fields."""
        ...


def _text(value: str | None) -> str | None:
    return None if value is None else storable(value)


def search_key(text: str) -> str:
    """The form in which text is searched: equal for all cases and ways of writing the same letters."""
    return storable(unicodedata.normalize("NFKC", text.strip()).casefold())


def _search_text(lead: Lead) -> str:
    parts = (lead.first_name, lead.last_name, lead.company, lead.email, lead.phone, lead.mobile, lead.lead_id)
    return search_key(" ".join(part for part in parts if part))


def lead_row(install_id: str, record: RecordLike, lead: Lead, read_at: datetime, region: str | None) -> Row:
    """The row of `leads` for `lead`, the record's lead with its true arrival, as read at `read_at`.

    `region`: the policy's, by which its contact keys are made.
    """
    return {
        "install_id": install_id,
        "lead_id": storable(lead.lead_id),
        "received_at": lead.received_at,
        "recorded_at": lead.recorded_at,
        "first_name": _text(lead.first_name),
        "last_name": _text(lead.last_name),
        "email": _text(lead.email),
        "phone": _text(lead.phone),
        "mobile": _text(lead.mobile),
        "company": _text(lead.company),
        "country": _text(lead.country),
        "source": _text(lead.source),
        "source_detail": _text(lead.source_detail),
        "owner_id": _text(lead.owner_id),
        "status": None if lead.status is None else lead.status.value,
        "raw_status": _text(lead.raw_status),
        "lead_type": _text(lead.lead_type),
        "message": _text(lead.message),
        "is_imported": lead.is_imported,
        "record_url": _text(lead.record_url),
        "modified_at": lead.modified_at,
        "submitted_at": lead.submitted_at,
        "preferred_at": lead.preferred_at,
        "recontact_on": lead.recontact_on,
        "has_call_consent": lead.has_call_consent,
        "priority": _text(lead.priority),
        "pipeline": _text(lead.pipeline),
        "stage": _text(lead.stage),
        "stage_since": lead.stage_since,
        "closed_at": lead.closed_at,
        "language": _text(lead.language),
        "ip": _text(lead.ip),
        "user_agent": _text(lead.user_agent),
        "time_on_form_s": lead.time_on_form_s,
        "honeypot": _text(lead.honeypot),
        "consent_proof": _text(lead.consent_proof),
        "facts": dump_map(dict(lead.facts)),
        "search_text": _search_text(lead),
        "keys_region": region or "",
        "our_fields": dump_map(record.our_fields),
        "unseen": dump_unseen(record.missing),
        "companion_id": _text(record.companion_id),
        "organization_id": _text(record.organization_id),
        "is_locked": record.is_locked,
        "read_at": read_at,
        "gone_at": None,
    }


def activity_rows(
    install_id: str, records: Mapping[str, RecordLike], kept_since: datetime
) -> dict[tuple[object, ...], Row]:
    """The rows of `activities` by their key. Texts from before `kept_since` (aware UTC) are left out."""
    return {
        (install_id, lead_id, each.kind.value, storable(each.activity_id)): {
            "install_id": install_id,
            "lead_id": lead_id,
            "kind": each.kind.value,
            "activity_id": storable(each.activity_id),
            "occurred_at": each.occurred_at,
            "recorded_at": each.recorded_at,
            "direction": None if each.direction is None else each.direction.value,
            "state": None if each.state is None else each.state.value,
            "disposition": None if each.disposition is None else each.disposition.value,
            "is_automated": each.is_automated,
            "duration_s": each.duration_s,
            "owner_id": _text(each.owner_id),
            "raw": dump_list(each.raw),
            **kept_texts(each, kept_since),
            "from_lead_id": None,
            "missing_since": None,
        }
        for lead_id, record in records.items()
        for each in record.activities
    }


def task_rows(install_id: str, records: Mapping[str, RecordLike]) -> dict[tuple[object, ...], Row]:
    """The rows of `tasks` by their key."""
    return {
        (install_id, lead_id, storable(each.task_id)): {
            "install_id": install_id,
            "lead_id": lead_id,
            "task_id": storable(each.task_id),
            "recorded_at": each.recorded_at,
            "due_at": each.due_at,
            "is_done": each.is_done,
            "completed_at": each.completed_at,
            "owner_id": _text(each.owner_id),
            "raw": dump_list(each.raw),
            "from_lead_id": None,
            "missing_since": None,
        }
        for lead_id, record in records.items()
        for each in record.tasks
    }


def owner_rows(install_id: str, records: Mapping[str, RecordLike]) -> dict[tuple[object, ...], Row]:
    """The rows of `owner_changes` by their key."""
    return {
        (install_id, lead_id, each.occurred_at, storable(each.owner_id or "")): {
            "install_id": install_id,
            "lead_id": lead_id,
            "occurred_at": each.occurred_at,
            "owner_id": storable(each.owner_id or ""),
            "source": storable(each.source),
        }
        for lead_id, record in records.items()
        for each in record.owner_changes
    }


def stage_rows(install_id: str, records: Mapping[str, RecordLike]) -> dict[tuple[object, ...], Row]:
    """The rows of `stage_changes` by their key."""
    return {
        (install_id, lead_id, each.occurred_at, storable(each.field), storable(each.raw_status)[:LONGEST_KEY]): {
            "install_id": install_id,
            "lead_id": lead_id,
            "occurred_at": each.occurred_at,
            "field": storable(each.field),
            "raw_status": storable(each.raw_status)[:LONGEST_KEY],
            "source": storable(each.source),
        }
        for lead_id, record in records.items()
        for each in record.stage_changes
    }
