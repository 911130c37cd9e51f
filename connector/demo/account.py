"""The account in the sandbox: who may install, where webhooks go, and how fast the pretend CRM answers."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import Final

from connector.catalog import CRMS
from connector.sandbox.config import PortalConfig, PortalUser
from connector.sandbox.population import DOMAIN, ZONE
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


@dataclass(frozen=True, slots=True)
class Secrets:
    """Made anew for every demo."""

    client_secret: str
    control_token: str

    @classmethod
    def make(cls) -> Secrets:
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24))


CLIENT_ID: Final = "lead-assay-demo"


def sandbox_config(app_url: str, keys: Secrets, seed: int) -> JsonObject:
    """The sandbox's configuration file for an app under `app_url`."""
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
