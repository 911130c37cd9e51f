"""Frappe's side: a site of the customer's own, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.crm.port import Grant, OurField
from connector.sandbox.history import AccountHistory
from connector.settings import CrmApp
from tests.frappe_site import FrappeSite
from tests.frappe_site.seed import load
from tests.frappe_site.server import ROBOT
from tests.sides.side import Call, Granted

REP = "rep@example.com"
_SCORES = (OurField.LEAD_QUALITY.value, OurField.HANDLING.value)
_SELECTS = (OurField.LEAD_VERDICT.value, OurField.FOLLOW_UP_STATUS.value)


class FrappeSide:
    """One site, 5:30 h ahead of UTC. See Side for what the methods promise."""

    crm = "frappe"
    site: FrappeSite
    client: tuple[str, str]

    def __init__(self, zone: str = "Asia/Kolkata") -> None:
        """`zone`: in which the site keeps its times."""
        self._zone = zone
        self._counted_from = 0

    @property
    def account(self) -> str:
        """The site's host and port."""
        return self.site.account

    @property
    def env(self) -> Mapping[str, str]:
        return {"LEADASSAY_PRIVATE_CRM_HOSTS": "127.0.0.1"}

    def start(self, public_url: str) -> None:
        self.site = FrappeSite(self._zone)
        self.client = self.site.add_client(f"{public_url}/oauth/frappe/callback")
        self.site.start()

    def stop(self) -> None:
        self.site.faults.clear()
        self.site.stop()

    def grant(self, account: str, **details: object) -> Granted:
        assert account == self.account
        given = self.site.grant(**details)  # type: ignore[arg-type]
        return Granted(
            grant=Grant(
                access_token=given["access_token"],
                refresh_token=given["refresh_token"],
                expires_at=datetime.now(UTC) + timedelta(seconds=given["expires_in"]),
                scopes=tuple(given["scope"].split()),
                account_id=account,
                user_id=None,
                api_url=self.site.url,
            ),
            site=CrmApp(
                client_id=self.client[0], secrets=(self.client[1],), auth_url=self.site.url, api_url=self.site.url
            ),
            installed_by=ROBOT,
        )

    def create_lead(self, account: str, *, at: datetime | None = None, **person: str) -> str:
        return self.site.store.insert("CRM Lead", person, user=REP, at=at)

    def log_call(self, account: str, lead_id: str, *, at: datetime | None = None) -> str:
        when = at or datetime.now(UTC)
        values = {
            "from": "+1555", "to": "+1556", "type": "Outgoing", "status": "Completed", "duration": 95, "caller": REP,
            "telephony_medium": "Manual", "start_time": self.site.store.wall(when), "reference_doctype": "CRM Lead",
            "reference_docname": lead_id,
        }  # fmt: skip
        return f"call:{self.site.store.insert('CRM Call Log', values, user=REP, at=at)}"

    def delete_lead(self, account: str, lead_id: str) -> None:
        self.site.store.delete("CRM Lead", lead_id)

    def our_fields(self, account: str, lead_id: str) -> dict[str, str]:
        held = self.site.store.get("CRM Lead", lead_id)
        return {field.value: _in_our_words(field.value, held.get(field.value)) for field in OurField}

    def our_writes(self, account: str, lead_id: str) -> list[Mapping[str, object]]:
        docs = [
            doc
            for one in self.site.asked
            if one.path.endswith("frappe.client.bulk_update")
            for doc in json.loads(one.body["docs"])
        ]
        return [doc for doc in docs if doc["docname"] == lead_id]

    def wait_for_webhooks(self) -> None:
        self.site.sender.wait()

    def calls(self) -> list[Call]:
        asked = self.site.asked[self._counted_from :]
        return [Call(method=one.method, path=one.path, status=one.status, at=one.at) for one in asked]

    def forget_calls(self) -> None:
        self._counted_from = len(self.site.asked)

    def load(self, account: str, history: AccountHistory) -> Mapping[str, str]:
        return load(self.site, history)


def _in_our_words(name: str, value: Any) -> str:
    if name in _SCORES:
        return "" if value in (None, -1) else str(value)
    return str(value or "").lower().replace(" ", "_") if name in _SELECTS else str(value or "")
