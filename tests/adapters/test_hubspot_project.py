"""The project that HubSpot gets says the same as the code."""

from __future__ import annotations

import json
from pathlib import Path

from connector import catalog
from connector.adapters import hubspot
from connector.adapters.hubspot.activities import TYPE_IDS, Engagement
from connector.adapters.hubspot.deals import TYPE_ID as DEAL_TYPE
from connector.crm.port import OurField
from connector.sandbox.config import ClientApp
from connector.sandbox.kinds import find_kind
from webhooks.roster import ROSTER

PROJECT = Path(hubspot.__file__).parent / "marketplace"
APP = json.loads((PROJECT / "src/app/app-hsmeta.json").read_text())
WEBHOOKS = json.loads((PROJECT / "src/app/webhooks/webhooks-hsmeta.json").read_text())


def test_scopes_are_those_of_the_install_url() -> None:
    auth = APP["config"]["auth"]
    assert tuple(auth["requiredScopes"]) == hubspot.REQUIRED_SCOPES
    assert tuple(auth["optionalScopes"]) == hubspot.OPTIONAL_SCOPES
    assert auth["redirectUrls"][0].endswith("/oauth/hubspot/callback")
    assert json.loads((PROJECT / "hsproject.json").read_text())["platformVersion"] == "2026.03"


def test_the_sandbox_knows_the_app_as_we_declare_it() -> None:
    assert ClientApp().required_scopes == hubspot.REQUIRED_SCOPES
    assert set(hubspot.OPTIONAL_SCOPES) <= set(ClientApp().optional_scopes)


def test_every_subscription_is_one_that_we_read() -> None:
    subscriptions = WEBHOOKS["config"]["subscriptions"]
    for one in subscriptions["crmObjects"]:
        kind = find_kind(one["objectType"])
        assert kind.type_id in ("0-1", DEAL_TYPE) or kind.type_id in TYPE_IDS
        assert one.get("propertyName") not in set(OurField)
    subscribed = {(one["subscriptionType"], one["objectType"]) for one in subscriptions["crmObjects"]}
    for engagement in Engagement:
        name = find_kind(engagement.plural).singular
        assert {("object.creation", name), ("object.deletion", name)} <= subscribed
    assert [one["subscriptionType"] for one in subscriptions["hubEvents"]] == ["contact.privacyDeletion"]
    assert WEBHOOKS["config"]["settings"]["targetUrl"].endswith("/webhooks/hubspot")


def test_every_crm_has_its_receiver() -> None:
    for entry in catalog.CRMS.values():
        assert entry.receiver in ROSTER
