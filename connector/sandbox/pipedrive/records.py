"""The small words of the store: users, records, who wrote, what changed, what histories keep."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from connector.sandbox.pipedrive.kinds import Kind
from connector.sandbox.wire import JsonObject

RecordId = int | str
#: UUIDs of version 1 count from 15 October 1582 on: so many ms before 1970.
_UUID_EPOCH_MS: Final = 12_219_292_800_000


@dataclass(slots=True)
class User:
    """A person who works in the company."""

    id: int
    name: str
    email: str
    is_admin: bool = False
    is_active: bool = True
    role_id: int = 1
    timezone_name: str = "America/New_York"
    created_ms: int = 0
    modified_ms: int = 0


@dataclass(slots=True)
class Record:
    """A lead, deal, person, organization, activity or note. Moments in `values` are ms since 1970 UTC."""

    kind: Kind
    id: RecordId
    values: JsonObject
    custom: JsonObject = field(default_factory=dict)
    deleted_ms: int | None = None
    merged_into: RecordId | None = None

    @property
    def is_deleted(self) -> bool:
        return self.deleted_ms is not None

    @property
    def is_archived(self) -> bool:
        return self.values.get("is_archived") is True

    def moment(self, name: str) -> int | None:
        value = self.values.get(name)
        return value if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a write comes from: the door (api, page, control, seed), the user, the call."""

    door: str
    user_id: int
    method: str = ""
    path: str = ""
    agent: str | None = None
    is_bulk: bool = False

    @property
    def change_source(self) -> str:
        return "api" if self.door == "api" else "app"


@dataclass(frozen=True, slots=True)
class Change:
    """Something a webhook may tell: the record as it is now (None = gone) and the values that were other before."""

    company_id: int
    entity: str
    action: str
    entity_id: RecordId
    at_ms: int
    origin: Origin
    data: JsonObject | None
    previous: JsonObject | None
    permitted_user_ids: tuple[int, ...]
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One changed value of a deal or a person. `is_custom` tells custom fields apart, which flow leaves out."""

    field_key: str
    old_value: str | None
    new_value: str | None
    actor_user_id: int
    at_ms: int
    change_source: str = "app"
    agent: str | None = None
    is_bulk: bool = False
    is_custom: bool = False


def time_uuid(at_ms: int, more: int) -> str:
    """A UUID of version 1, which holds the moment it was made at. `more`: 62 bits that tell it from others."""
    ticks = (at_ms + _UUID_EPOCH_MS) * 10_000
    low, mid, high = ticks & 0xFFFFFFFF, (ticks >> 32) & 0xFFFF, (ticks >> 48) & 0x0FFF
    clock_high, clock_low, node = (more >> 56) & 0x3F, (more >> 48) & 0xFF, more & 0xFFFFFFFFFFFF
    return str(uuid.UUID(fields=(low, mid, high | 0x1000, clock_high | 0x80, clock_low, node)))
