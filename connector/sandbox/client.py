"""A client of the sandbox's control API, for tests and the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.sandbox.control_client import ControlClient, objects_of
from connector.sandbox.wire import JsonObject


class SandboxControl(ControlClient):
    """Steers a running sandbox of HubSpot's dialect."""

    def seed(self, document: Mapping[str, object]) -> JsonObject:
        """Load a population (see seed.py). Returns {"owners": {ref: id}, "records": {ref: id}, "count": n}."""
        return self._call("POST", "seed", document, timeout=120)

    def act(self, action: str, portal_id: int, **details: object) -> JsonObject:
        """One action (see actions.py)."""
        return self._call("POST", "actions", {"action": action, "portal_id": portal_id, **details})

    def install(self, portal_id: int, **details: object) -> JsonObject:
        """Grant the app without the consent page. Returns access_token, refresh_token, scopes ..."""
        return self.act("install", portal_id, **details)

    def create_contact(self, portal_id: int, properties: Mapping[str, object], **details: object) -> str:
        """Add a contact as a person would, firing webhooks. Returns its id."""
        return str(self.act("create_contact", portal_id, properties=dict(properties), **details)["id"])

    def log_call(self, portal_id: int, contact_id: str, properties: Mapping[str, object] | None = None) -> str:
        """Log an outbound call on a contact, firing webhooks. Returns its id."""
        sent = dict(properties or {})
        return str(self.act("log_call", portal_id, type="calls", contact_id=contact_id, properties=sent)["id"])

    def set_properties(
        self, portal_id: int, record_id: str, properties: Mapping[str, object], **details: object
    ) -> None:
        """Change values of a contact (or type=...), firing webhooks."""
        self.act("set", portal_id, id=record_id, properties=dict(properties), **details)

    def redeliver(self, event_ids: Sequence[int]) -> None:
        """Send acknowledged events once more."""
        self._call("POST", "webhooks/redeliver", {"event_ids": list(event_ids)})

    def send_events(self, events: Sequence[Mapping[str, object]]) -> None:
        """Send events of the caller's making, signed like all others."""
        self._call("POST", "webhooks/send", {"events": [dict(event) for event in events]})

    def portals(self) -> list[JsonObject]:
        return objects_of(self._call("GET", "portals")["portals"])

    def records(self, portal_id: int, object_type: str = "contacts") -> list[JsonObject]:
        """Every live record of a type with all values."""
        return objects_of(self._call("GET", f"records/{portal_id}/{object_type}")["records"])
