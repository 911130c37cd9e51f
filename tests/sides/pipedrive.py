"""Pipedrive's side: its sandbox on a port of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from audits.model.score import FollowUpStatus, Verdict
from connector.crm.port import Grant, OurField
from connector.sandbox import PipedriveConfig, PipedriveControl, PipedriveHandle, run_in_thread
from connector.sandbox.history import AccountHistory
from connector.sandbox.pipedrive.config import ALL_SCOPES, PipedriveApp, PipedriveSettings
from connector.sandbox.pipedrive.from_history import deal_ref, pipedrive_document, record_ref
from tests.sides.side import Call, Granted

COMPANY = 7_000_101
OTHER_COMPANY = 7_000_102
ADMIN = 12_094_821
REP = 12_094_822
CLIENT_SECRET = "stack-pipedrive-secret"
FAST = PipedriveSettings(burst_limit=5000, daily_token_limit=100_000_000, webhook_time_scale=0.0001)
FIELDS = {
    "Lead Assay: lead quality": OurField.LEAD_QUALITY,
    "Lead Assay: lead handling": OurField.HANDLING,
    "Lead Assay: lead verdict": OurField.LEAD_VERDICT,
    "Lead Assay: follow-up status": OurField.FOLLOW_UP_STATUS,
    "Lead Assay: audit note": OurField.AUDIT_NOTE,
    "Lead Assay: suggested repair": OurField.SUGGESTED_REPAIR,
}
WORDS = {word.value.replace("_", " ").capitalize(): word.value for word in (*Verdict, *FollowUpStatus)}
_ADMINS = {str(COMPANY): ADMIN, str(OTHER_COMPANY): 12_095_001}


class PipedriveSide:
    """A sandbox of Pipedrive's dialect with two companies. See Side for what the methods promise."""

    crm = "pipedrive"
    account = str(COMPANY)
    sandbox: PipedriveHandle
    control: PipedriveControl

    def __init__(self, settings: PipedriveSettings = FAST) -> None:
        """`settings`: how the sandbox behaves; quick and without limits that would be felt, unless given."""
        self._settings = settings

    @property
    def env(self) -> Mapping[str, str]:
        return {
            "PIPEDRIVE_CLIENT_ID": PipedriveApp().client_id,
            "PIPEDRIVE_CLIENT_SECRET": CLIENT_SECRET,
            "PIPEDRIVE_AUTH_URL": self.sandbox.base_url,
            "PIPEDRIVE_API_URL": self.sandbox.base_url,
        }

    def start(self, public_url: str) -> None:
        app = PipedriveApp(client_secret=CLIENT_SECRET, redirect_uri=f"{public_url}/oauth/pipedrive/callback")
        self.sandbox = run_in_thread(PipedriveConfig(app=app, settings=self._settings))
        self.control = PipedriveControl(self.sandbox.base_url, self.sandbox.control_token)

    def stop(self) -> None:
        self.control.clear_rules()
        self.control.close()
        self.sandbox.stop()

    def grant(self, account: str, **details: object) -> Granted:
        given = self.control.install(int(account), **details)
        scopes = given["scopes"]
        assert isinstance(scopes, list)
        named = [str(scope) for scope in scopes]
        reading = [f"{scope.removesuffix(':full')}:read" for scope in named if scope.endswith(":full")]
        return Granted(
            grant=Grant(
                access_token=str(given["access_token"]),
                refresh_token=str(given["refresh_token"]),
                expires_at=datetime.now(UTC) + timedelta(seconds=3599),
                scopes=(*named, *reading),
                account_id="",
                user_id=None,
                api_url=self.sandbox.base_url,
            ),
            installed_by=str(given["user_id"]),
        )

    def create_lead(self, account: str, *, at: datetime | None = None, **person: str) -> str:
        moment = {} if at is None else {"at": at.isoformat()}
        name = " ".join(person[part] for part in ("first_name", "last_name") if part in person)
        values: dict[str, object] = {"name": name or "Somebody"}
        for part, listed in (("email", "emails"), ("phone", "phones")):
            if part in person:
                values[listed] = [{"value": person[part], "primary": True, "label": "work"}]
        made = self.control.create(int(account), "person", values, **moment)
        lead = {"title": f"{name or 'Somebody'} lead", "person_id": made["id"]}
        return f"lead:{self.control.create(int(account), 'lead', lead, **moment)['id']}"

    def log_call(self, account: str, lead_id: str, *, at: datetime | None = None) -> str:
        moment = {} if at is None else {"at": at.isoformat()}
        kind, _, record_id = lead_id.partition(":")
        return f"activity:{self.control.log(int(account), kind, record_id, **moment)['id']}"

    def delete_lead(self, account: str, lead_id: str) -> None:
        kind, _, record_id = lead_id.partition(":")
        self.control.act("delete", int(account), kind=kind, id=record_id)

    def our_fields(self, account: str, lead_id: str) -> dict[str, str]:
        kind, _, record_id = lead_id.partition(":")
        shown = self.control.custom_values(int(account), f"{kind}s")[record_id]
        found = {field.value: "" for field in OurField}
        for name, text in shown.items():
            if name in FIELDS:
                found[FIELDS[name].value] = WORDS.get(text, text.removesuffix(".0"))
        return found

    def our_writes(self, account: str, lead_id: str) -> list[Mapping[str, object]]:
        record_id = lead_id.partition(":")[2]
        return [
            write
            for write in self.control.writes(companyId=int(account), action="update", door="api")
            if str(write["recordId"]) == record_id and write["custom"]
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
                tokens=int(str(entry.get("cost", 0))),
            )
            for entry in self.control.requests_made()
            if not str(entry["path"]).startswith("/_sandbox")
        ]

    def forget_calls(self) -> None:
        self.control.clear_requests()

    def load(self, account: str, history: AccountHistory) -> Mapping[str, str]:
        made = self.control.seed(pipedrive_document(history, int(account), maker_id=_ADMINS[account]))["records"]
        assert isinstance(made, dict)
        merged = {merge.lead_ref for lead in history.leads for merge in lead.merges}
        found = {}
        for lead in history.leads:
            if lead.ref in merged or lead.deleted_at is not None:
                continue
            ref = record_ref(lead)
            found[lead.ref] = f"{'deal' if ref == deal_ref(lead.ref) else 'lead'}:{made[ref]}"
        return found


def without(*scopes: str) -> list[str]:
    """All scopes but these, as the sandbox's app asks for them."""
    return [scope for scope in ALL_SCOPES if scope not in scopes]
