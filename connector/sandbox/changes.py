"""Who writes, what a change was, who owns: the small words of the records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.sandbox.kinds import Kind
from connector.sandbox.record import Source


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a write comes from: its source as histories show it, the door (api, page, control, seed), the path."""

    source: Source
    door: str
    method: str = ""
    path: str = ""
    app_id: int | None = None

    @property
    def checked(self) -> bool:
        """Writes by the API are held to the property definitions; the page, the control API and seeds are not."""
        return self.door == "api"


@dataclass(frozen=True, slots=True)
class Change:
    """Something a webhook may tell about."""

    portal_id: int
    kind: Kind
    event: str
    object_id: str
    at_ms: int
    source: Source
    property_name: str | None = None
    property_value: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner; `id` is not the user's id."""

    id: str
    user_id: int
    email: str
    first_name: str
    last_name: str
    created_ms: int
    archived: bool = False
    teams: tuple[tuple[str, str, bool], ...] = ()
    """(team id, name, primary)"""
