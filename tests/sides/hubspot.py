"""HubSpot's side: its sandbox on a port of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connector.crm.port import Grant, OurField
from connector.sandbox import SandboxConfig, SandboxControl, SandboxHandle, run_in_thread
from connector.sandbox.config import ClientApp
from connector.sandbox.config import Settings as SandboxSettings
from connector.sandbox.history import AccountHistory
from connector.sandbox.hubspot_seed import hubspot_document
from tests.sides.side import Call, Granted

PORTAL = 247_279_312
OTHER_PORTAL = 247_279_313
CLIENT_SECRET = "stack-client-secret"
FAST = SandboxSettings(rate_limit=5000, search_limit=500, retry_time_scale=0.00002, webhook_window_s=0.01)
_PERSON = {"first_name": "firstname", "last_name": "lastname", "email": "email", "phone": "phone"}


class HubSpotSide:
    """A sandbox of HubSpot's dialect with two accounts. See Side for what the methods promise."""

    crm = "hubspot"
    account = str(PORTAL)
    sandbox: SandboxHandle
    control: SandboxControl

    def __init__(self, settings: SandboxSettings = FAST) -> None:
        """`settings`: how the sandbox behaves; quick and without limits that would be felt, unless given."""
        self._settings = settings

    @property
    def env(self) -> Mapping[str, str]:
        return {
            "HUBSPOT_CLIENT_ID": ClientApp().client_id,
            "HUBSPOT_CLIENT_SECRET": CLIENT_SECRET,
            "HUBSPOT_AUTH_URL": self.sandbox.base_url,
            "HUBSPOT_API_URL": self.sandbox.base_url,
        }

    def start(self, public_url: str) -> None:
        app = replace(ClientApp(), client_secret=CLIENT_SECRET, webhook_url=f"{public_url}/webhooks/hubspot")
        self.sandbox = run_in_thread(SandboxConfig(app=app, settings=self._settings))
        self.control = SandboxControl(self.sandbox.base_url, self.sandbox.control_token)

    def stop(self) -> None:
        self.control.clear_rules()
        self.control.close()
        self.sandbox.stop()

    def grant(self, account: str, **details: object) -> Granted:
        given = self.control.install(int(account), **details)
        scopes = given["scopes"]
        assert isinstance(scopes, list)
        return Granted(
            grant=Grant(
                access_token=str(given["access_token"]),
                refresh_token=str(given["refresh_token"]),
                expires_at=datetime.now(UTC) + timedelta(seconds=1800),
                scopes=tuple(str(scope) for scope in scopes),
                account_id=account,
                user_id=None,
            )
        )

    def create_lead(self, account: str, *, at: datetime | None = None, **person: str) -> str:
        moment = {} if at is None else {"at": at.isoformat()}
        properties = {_PERSON[name]: value for name, value in person.items()}
        return self.control.create_contact(int(account), properties, **moment)

    def log_call(self, account: str, lead_id: str, *, at: datetime | None = None) -> str:
        moment = {} if at is None else {"at": at.isoformat()}
        made = self.control.act("log", int(account), type="calls", contact_id=lead_id, **moment)
        return f"call:{made['id']}"

    def delete_lead(self, account: str, lead_id: str) -> None:
        self.control.act("delete", int(account), type="contacts", id=lead_id)

    def our_fields(self, account: str, lead_id: str) -> dict[str, str]:
        for record in self.control.records(int(account)):
            if record["id"] == lead_id:
                properties = record["properties"]
                assert isinstance(properties, dict)
                return {field.value: properties.get(field.value) or "" for field in OurField}
        raise AssertionError(f"no record {lead_id}")

    def our_writes(self, account: str, lead_id: str) -> list[Mapping[str, object]]:
        return [
            write
            for write in self.control.writes(objectId=lead_id, objectType="contacts", action="update", door="api")
            if any(str(name).startswith("leadassay_") for name in write["properties"])  # type: ignore[attr-defined]
        ]

    def wait_for_webhooks(self) -> None:
        self.control.wait_for_webhooks()

    def calls(self) -> list[Call]:
        return [
            Call(
                method=str(entry["method"]),
                path=str(entry["path"]),
                status=int(str(entry["status"])),
                at=datetime.fromisoformat(str(entry["ts"])),
            )
            for entry in self.control.requests_made()
            if not str(entry["path"]).startswith("/_sandbox")
        ]

    def forget_calls(self) -> None:
        self.control.clear_requests()

    def load(self, account: str, history: AccountHistory) -> Mapping[str, str]:
        # A seed holds no record that is gone: those are merged and thrown away afterwards.
        alive = tuple(replace(lead, merges=(), deleted_at=None) for lead in history.leads)
        records = self.control.seed(hubspot_document(replace(history, leads=alive), int(account)))["records"]
        assert isinstance(records, dict)
        ids = {ref: str(made) for ref, made in records.items()}
        merges = sorted((merge.at, lead.ref, merge.lead_ref) for lead in history.leads for merge in lead.merges)
        for _, kept, merged in merges:
            self.control.act("merge", int(account), type="contacts", primary_id=ids[kept], other_id=ids[merged])
        thrown_away = [lead.ref for lead in history.leads if lead.deleted_at is not None]
        for ref in thrown_away:
            self.delete_lead(account, ids[ref])
        gone = {*thrown_away, *(merged for _, _, merged in merges)}
        return {lead.ref: ids[lead.ref] for lead in history.leads if lead.ref not in gone}
