"""A client of this dialect's control API, for tests and the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.sandbox.control_client import ControlClient, objects_of
from connector.sandbox.wire import JsonObject


class PipedriveControl(ControlClient):
    """Steers a running sandbox of Pipedrive's dialect."""

    def seed(self, document: Mapping[str, object]) -> JsonObject:
        """Load a population (see seed.py). Returns {"users", "records", "fields": {ref: id}, "count": n}."""
        return self._call("POST", "seed", document, timeout=120)

    def act(self, action: str, company_id: int, **details: object) -> JsonObject:
        """One action (see actions.py)."""
        return self._call("POST", "actions", {"action": action, "company_id": company_id, **details})

    def install(self, company_id: int, **details: object) -> JsonObject:
        """Grant the app without the consent page. Returns access_token, refresh_token, scopes ..."""
        return self.act("install", company_id, **details)

    def marketplace_url(self, company_id: int, **details: object) -> str:
        """Where the marketplace leads a browser: the app's callback with a code and no state."""
        return str(self.act("marketplace", company_id, **details)["url"])

    def uninstall(self, company_id: int, user_id: int | None = None) -> list[JsonObject]:
        """Remove the app and tell it by DELETE. Returns [{user_id, status of the app's answer}]."""
        sent: JsonObject = {"company_id": company_id, "user_id": user_id}
        return objects_of(self._call("POST", "uninstall", sent)["uninstalled"])

    def create(self, company_id: int, kind: str, values: Mapping[str, object], **details: object) -> JsonObject:
        """Add a record as a person would, firing webhooks. Returns it as its API shows it."""
        return self.act("create", company_id, kind=kind, values=dict(values), **details)

    def log(
        self,
        company_id: int,
        kind: str,
        record_id: object,
        values: Mapping[str, object] | None = None,
        **details: object,
    ) -> JsonObject:
        """Log a done activity (a call unless `values` says other) on a lead, deal or person. Returns the activity."""
        return self.act("log", company_id, kind=kind, id=record_id, values=dict(values or {}), **details)

    def set_values(
        self, company_id: int, kind: str, record_id: object, values: Mapping[str, object], **details: object
    ) -> None:
        """Change values of a record, firing webhooks."""
        self.act("set", company_id, kind=kind, id=record_id, values=dict(values), **details)

    def spend_tokens(self, company_id: int, tokens: int) -> JsonObject:
        """Let the company's other tools use up tokens. Returns {"spent", "limit"}."""
        return self.act("spend", company_id, tokens=tokens)

    def hooks(self, company_id: int) -> list[JsonObject]:
        """The company's webhooks with their ban counters (`fails`, `is_banned`)."""
        return objects_of(self._call("GET", f"hooks/{company_id}")["hooks"])

    def redeliver(self, ids: Sequence[str]) -> None:
        """Send acknowledged events (by meta.id) once more."""
        self._call("POST", "webhooks/redeliver", {"ids": list(ids)})

    def send_event(self, hook_id: int, event: Mapping[str, object]) -> None:
        """Send an event of the caller's making through a hook, with its Basic credentials."""
        self._call("POST", "webhooks/send", {"hook_id": hook_id, "event": dict(event)})

    def companies(self) -> list[JsonObject]:
        """Names, users, counts of records, tokens spent today."""
        return objects_of(self._call("GET", "companies")["companies"])

    def records(self, company_id: int, kind: str = "leads") -> list[JsonObject]:
        """Every live record of a kind as its API shows it."""
        return objects_of(self._call("GET", f"records/{company_id}/{kind}")["records"])

    def custom_values(self, company_id: int, kind: str) -> dict[str, dict[str, str]]:
        """The custom fields of every live record as people read them: id → name of the field → text."""
        read = self._call("GET", f"custom/{company_id}/{kind}")["records"]
        if not isinstance(read, dict):
            raise TypeError("the sandbox's custom fields cannot be read")
        return {record_id: dict(fields) for record_id, fields in read.items()}

    def costs(self) -> list[JsonObject]:
        """What each call of the API costs: {method, path, cost, scopes}."""
        return objects_of(self._call("GET", "costs")["calls"])
