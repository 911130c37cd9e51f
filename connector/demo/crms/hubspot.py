"""HubSpot in the demo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from audits.model.case import Coverage
from audits.model.lead import LeadStatus
from connector.catalog import CRMS
from connector.crm.lead_fields import LeadField
from connector.crm.port import OurField
from connector.demo import visits
from connector.demo.browser import Browser, Page
from connector.demo.crm import Desk, Filled, Head, NewLead, OnRecord, Secrets, counted_webhooks, through_consent
from connector.demo.expectations import Hidden, Told, shows_all
from connector.demo.live import LiveActs
from connector.sandbox.client import SandboxControl
from connector.sandbox.config import PortalConfig, PortalUser
from connector.sandbox.history import CallResult, Door, Source
from connector.sandbox.hubspot_seed import (
    BROWSER,
    CONSENT,
    DISPOSITIONS,
    FORM_SECONDS,
    IP,
    LEAD_TYPE,
    OWN_STATUSES,
    PREFERRED_AT,
    PRIORITY,
    RECONTACT_ON,
    STATUS,
    SUBMITTED_AT,
    TRAP,
    hubspot_document,
)
from connector.sandbox.population import ZONE, Population
from connector.sandbox.story import stamp
from connector.sandbox.terms import DOMAIN
from connector.sandbox.wire import JsonObject

PORTAL_ID: Final = 247_279_320
ADMIN: Final = PortalUser(98_600_001, f"ada.admin@{DOMAIN}", "Ada Admin", is_super_admin=True)
HEAD: Final = PortalUser(98_600_002, f"hanna.head@{DOMAIN}", "Hanna Head")
PORTAL: Final = PortalConfig(
    portal_id=PORTAL_ID,
    name="Meridian Solar",
    hub_domain=DOMAIN,
    time_zone=ZONE,
    currency="EUR",
    users=(ADMIN, HEAD),
)
#: HubSpot's real budget of 110 calls in 10 s would make the first reading of the demo a test of patience.
CALLS_PER_10S: Final = 3000
CLIENT_ID: Final = "lead-assay-demo"
_DOORS: Final = {Door.FORM: "FORM", Door.IMPORT: "IMPORT"}


#: What the admin says on the app's pages: field → value as people see it → meaning; which property holds what.
MEANINGS: Final = {
    STATUS: {
        OWN_STATUSES["LOST"]: LeadStatus.LOST.value,
        OWN_STATUSES["DID_NOT_REQUEST"]: LeadStatus.DISCARDED.value,
    }
}
ROLES: Final = {
    LeadField.SUBMITTED_AT.value: SUBMITTED_AT,
    LeadField.PREFERRED_AT.value: PREFERRED_AT,
    LeadField.RECONTACT_ON.value: RECONTACT_ON,
    LeadField.CALL_CONSENT.value: CONSENT,
    LeadField.PRIORITY.value: PRIORITY,
    LeadField.LEAD_TYPE.value: LEAD_TYPE,
    LeadField.IP.value: IP,
    LeadField.USER_AGENT.value: BROWSER,
    LeadField.TIME_ON_FORM.value: FORM_SECONDS,
    LeadField.HONEYPOT.value: TRAP,
}


class HubSpotDesk:
    """A running sandbox of HubSpot's dialect."""

    def __init__(self, control: SandboxControl) -> None:
        self._control = control
        self._owner_id = ""

    def close(self) -> None:
        self._control.close()

    def fill(self, population: Population) -> Filled:
        made = self._control.seed(hubspot_document(population.history, PORTAL_ID))
        owners, records = _texts(made["owners"]), _texts(made["records"])
        self._owner_id = next(iter(owners.values()))
        return Filled(lead_ids=records, rep_ids=owners)

    def plant_truth(self, truth: JsonObject) -> None:
        self._control.plant_truth(truth)

    def wait_for_webhooks(self, timeout_s: float) -> None:
        self._control.wait_for_webhooks(timeout_s)

    def webhooks(self) -> dict[str, int]:
        return counted_webhooks(self._control.webhooks(), lambda entry: len(entry["events"]))

    def our_fields(self) -> dict[str, dict[str, str]]:
        return {
            str(record["id"]): {name.value: str(_values(record).get(name.value) or "") for name in OurField}
            for record in self._control.records(PORTAL_ID)
        }

    def leads(self) -> Sequence[OnRecord]:
        records = sorted(self._control.records(PORTAL_ID), key=lambda record: int(str(record["id"])), reverse=True)
        return [
            OnRecord(
                lead_id=str(record["id"]),
                first_name=str(_values(record).get("firstname") or ""),
                last_name=str(_values(record).get("lastname") or ""),
                phone=str(_values(record).get("phone") or ""),
            )
            for record in records
        ]

    def add(self, lead: NewLead) -> str:
        properties: dict[str, object] = {
            "firstname": lead.first_name,
            "lastname": lead.last_name,
            "email": lead.email,
            "phone": lead.phone,
            **(_source(lead.source) if lead.source else {}),
            **(self._owner() if lead.is_owned else {}),
        }
        source: JsonObject = {"type": _DOORS[lead.arrived_by.door]}
        if lead.arrived_by.door is Door.IMPORT:
            source["label"] = lead.arrived_by.name
        filled = {name: value for name, value in properties.items() if value}
        return self._control.create_contact(PORTAL_ID, filled, source=source)

    def call(self, lead_id: str, result: CallResult, talk_s: int) -> None:
        properties = {"hs_call_disposition": DISPOSITIONS[result], "hs_call_duration": str(talk_s * 1000)}
        self._control.log_call(PORTAL_ID, lead_id, properties)

    def give_owner(self, lead_id: str) -> None:
        self._control.set_properties(PORTAL_ID, lead_id, self._owner())

    def plan_task(self, lead_id: str, due_at: datetime) -> None:
        task = {
            "hs_timestamp": stamp(due_at),
            "hs_task_status": "NOT_STARTED",
            "hs_task_type": "CALL",
            "hs_task_subject": "Call",
        }
        self._control.act("log", PORTAL_ID, type="tasks", contact_id=lead_id, properties=task)

    def discard(self, lead_id: str) -> None:
        self._control.set_properties(PORTAL_ID, lead_id, {"hs_lead_status": "UNQUALIFIED"})

    def delete(self, lead_id: str) -> None:
        self._control.act("delete", PORTAL_ID, id=lead_id)

    def forget(self, lead_id: str) -> None:
        """Delete the person for good, as privacy law asks."""
        self._control.act("gdpr_delete", PORTAL_ID, id=lead_id)

    def give_source(self, lead_id: str) -> None:
        """It becomes known where the lead came from."""
        values = {"mobilephone": "+44 7911 123987", **_source(Source.PAID_SEARCH)}
        self._control.set_properties(PORTAL_ID, lead_id, values)

    def _owner(self) -> dict[str, object]:
        return {"hubspot_owner_id": self._owner_id}


class HubSpotDemo:
    """HubSpot as the demo shows it."""

    name: Final = "hubspot"
    account_id: Final = str(PORTAL_ID)
    head: Final = Head(user_id=str(HEAD.user_id), email=HEAD.email, name=HEAD.name)
    no_absences: Final = ""

    def coverage(self) -> Coverage:
        """With all scopes granted and all fields named."""
        crm = CRMS[self.name]
        return crm.roles(ROLES).narrow(crm.capabilities(()).coverage)

    def hidden(self, told: Told) -> Hidden:
        """HubSpot holds all of a history but who is on holiday, which the admin tells the app."""
        return shows_all(told)

    def environment(self, sandbox_url: str, keys: Secrets) -> dict[str, str]:
        return {
            "LEADASSAY_CRM_CALLS_PER_10S": str(CALLS_PER_10S),
            "HUBSPOT_CLIENT_ID": CLIENT_ID,
            "HUBSPOT_CLIENT_SECRET": keys.client_secret,
            "HUBSPOT_AUTH_URL": sandbox_url,
            "HUBSPOT_API_URL": sandbox_url,
        }

    def sandbox_config(self, app_url: str, keys: Secrets, seed: int) -> JsonObject:
        hubspot = CRMS["hubspot"]
        return {
            "control_token": keys.control_token,
            "seed": seed,
            "app": {
                "client_id": CLIENT_ID,
                "client_secret": keys.client_secret,
                "redirect_uris": [f"{app_url}/oauth/hubspot/callback"],
                "required_scopes": list(hubspot.required_scopes),
                "conditional_scopes": [],
                "optional_scopes": list(hubspot.optional_scopes),
                "webhook_url": f"{app_url}/webhooks/hubspot",
            },
            "portals": [asdict(PORTAL)],
            "settings": {
                "rate_limit": CALLS_PER_10S * 2,
                "search_limit": 20,
                # A retry that HubSpot would make after a minute comes after half a second.
                "retry_time_scale": 0.01,
            },
        }

    def sandbox_command(self, config: Path, port: int) -> list[str]:
        return ["sandbox", "--port", str(port), "--config", str(config)]

    def desk(self, sandbox_url: str, keys: Secrets) -> HubSpotDesk:
        return HubSpotDesk(SandboxControl(sandbox_url, keys.control_token))

    def connect(self, browser: Browser, app_url: str) -> Page:
        choice = {"account": f"{PORTAL_ID}:{ADMIN.user_id}"}
        return through_consent(browser, app_url, self.name, "/oauth/authorize", ("decision", "grant"), choice)

    def say_meanings(self, browser: Browser, app_url: str, wait: Callable[[], None]) -> None:
        """What a status of the account's own means, another is to stay without a meaning; and which of its own
        properties hold what HubSpot has none for."""
        visits.name_fields(browser, app_url, ROLES, wait=wait)
        visits.say_meanings(browser, app_url, MEANINGS, wait=wait)

    def own_acts(self, desk: Desk, scene: LiveActs) -> Sequence[Callable[[], None]]:
        if not isinstance(desk, HubSpotDesk):
            raise TypeError("the desk of another CRM")
        return (partial(_sourceless_gets_a_source, desk, scene), partial(_a_person_is_forgotten, desk, scene))

    def people_url(self, sandbox_url: str) -> str:
        return f"{sandbox_url}/contacts/{PORTAL_ID}"


def _sourceless_gets_a_source(desk: HubSpotDesk, scene: LiveActs) -> None:
    lead_id = scene.of_kind("sourceless")
    desk.give_source(lead_id)
    scene.now(lead_id, "live_got_source", {"FU005"})


def _a_person_is_forgotten(desk: HubSpotDesk, scene: LiveActs) -> None:
    lead_id = next(scene.clean()).lead_id
    scene.forgotten.add(lead_id)
    desk.forget(lead_id)
    scene.gone(lead_id)


def _source(source: Source) -> dict[str, object]:
    return {"hs_analytics_source": source.name, "hs_analytics_source_data_1": "brightfunnel"}


def _values(record: JsonObject) -> Mapping[str, object]:
    values = record["properties"]
    if not isinstance(values, dict):
        raise TypeError("a record of the sandbox has no properties")
    return values


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError(f"a map of ids was expected from the sandbox, not {type(value).__name__}")
    return {str(ref): str(given) for ref, given in value.items()}
