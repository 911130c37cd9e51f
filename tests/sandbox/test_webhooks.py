"""Webhooks: which fire, their signature, retries, loss, doubles, order."""

from __future__ import annotations

import json
import time
from collections import Counter

import pytest
from hubspot.utils.signature import Signature

from connector.sandbox import SandboxControl
from connector.sandbox.webhooks import signature_v3
from tests.sandbox.conftest import ADMIN, OTHER_PORTAL, PORTAL, Api, Listener


@pytest.fixture
def hooked(control: SandboxControl, api: Api, listener: Listener) -> SandboxControl:
    """The app is installed in PORTAL, webhooks go to the listener, retries come at once."""
    control.settings(webhook_url=listener.url, webhook_window_s=0.01, retry_time_scale=0.0001)
    return control


def _types(listener: Listener) -> Counter[str]:
    return Counter(str(event["subscriptionType"]) for event in listener.events)


def test_the_official_validator_accepts_every_signature(hooked: SandboxControl, listener: Listener) -> None:
    hooked.create_contact(PORTAL, {"email": "søren@lead.example", "firstname": "Søren"})
    hooked.wait_for_webhooks()
    for one in listener.received:
        assert Signature.is_valid(
            signature=one.headers["X-HubSpot-Signature-v3"],
            client_secret="sandbox-client-secret",
            request_body=one.body.decode(),
            http_uri=listener.url,
            http_method="POST",
            signature_version="v3",
            timestamp=one.headers["X-HubSpot-Request-Timestamp"],
        )
        assert Signature.is_valid(
            one.headers["X-HubSpot-Signature"],
            "sandbox-client-secret",
            one.body.decode(),
            signature_version="v1",
        )
    assert listener.received


def test_signature_vector_of_the_client_library() -> None:
    secret = "y" * 8 + "-" + "-".join(["y" * 4] * 3) + "-" + "y" * 12
    body = b"{'example_field':'example_value'}"
    made = signature_v3(secret, "POST", "https://www.example.com/webhook_uri", body, "1693657560000")
    assert made == "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="


def test_signature_decodes_the_documented_escapes_only() -> None:
    plain = signature_v3("s", "POST", "https://a.example/x?y=a:b&z=%20", b"", "1")
    assert signature_v3("s", "POST", "https://a.example/x?y=a%3Ab&z=%20", b"", "1") == plain
    assert signature_v3("s", "POST", "https://a.example/x?y=a:b&z= ", b"", "1") != plain


def test_a_creation_tells_of_itself_and_of_its_first_values(hooked: SandboxControl, listener: Listener) -> None:
    contact = hooked.create_contact(PORTAL, {"email": "new@lead.example", "city": "Ulm"})
    hooked.log_call(PORTAL, contact)
    hooked.wait_for_webhooks()
    creation = next(event for event in listener.events if event["subscriptionType"] == "object.creation")
    assert creation["objectId"] == int(contact)
    assert (creation["portalId"], creation["objectTypeId"], creation["changeFlag"]) == (PORTAL, "0-1", "CREATED")
    assert (creation["changeSource"], creation["sourceId"]) == ("CRM_UI", f"userId:{ADMIN}")
    assert abs(int(str(creation["occurredAt"])) - time.time() * 1000) < 10_000
    changes = [event for event in listener.events if event["subscriptionType"] == "object.propertyChange"]
    assert [(event["propertyName"], event["propertyValue"]) for event in changes] == [("email", "new@lead.example")]
    assert [event["objectTypeId"] for event in listener.events].count("0-48") == 1


def test_only_subscribed_properties_fire_and_equal_values_do_not(
    hooked: SandboxControl, listener: Listener, api: Api
) -> None:
    contact = hooked.create_contact(PORTAL, {"email": "a@lead.example", "phone": "1"})
    hooked.wait_for_webhooks()
    listener.received.clear()
    path = f"/crm/objects/2026-03/contacts/{contact}"
    api.call("PATCH", path, {"properties": {"phone": "1", "city": "Ulm"}})
    api.call("PATCH", path, {"properties": {"phone": "2"}})
    hooked.wait_for_webhooks()
    assert [(event["propertyName"], event["changeSource"]) for event in listener.events] == [("phone", "INTEGRATION")]


def test_deletion_merge_restore_and_privacy_deletion(hooked: SandboxControl, listener: Listener) -> None:
    first, second, third = (hooked.create_contact(PORTAL, {"lastname": f"L{number}"}) for number in range(3))
    hooked.wait_for_webhooks()
    listener.received.clear()
    hooked.act("delete", PORTAL, id=first)
    hooked.act("restore", PORTAL, id=first)
    hooked.act("merge", PORTAL, primary_id=first, other_id=second)
    hooked.act("gdpr_delete", PORTAL, id=third)
    hooked.wait_for_webhooks()
    assert _types(listener) == {
        "object.deletion": 2,
        "object.restore": 1,
        "object.merge": 1,
        "contact.privacyDeletion": 1,
    }
    merge = next(event for event in listener.events if event["subscriptionType"] == "object.merge")
    assert (merge["primaryObjectId"], merge["mergedObjectIds"]) == (int(first), [int(second)])


def test_nothing_is_told_without_an_install_or_without_the_scope(control: SandboxControl, listener: Listener) -> None:
    control.settings(webhook_url=listener.url)
    control.create_contact(OTHER_PORTAL, {"email": "a@lead.example"})
    control.install(OTHER_PORTAL, scopes=["oauth"])
    control.create_contact(OTHER_PORTAL, {"email": "b@lead.example"})
    control.wait_for_webhooks()
    assert listener.received == []


def test_batches_hold_at_most_a_hundred_events(hooked: SandboxControl, listener: Listener) -> None:
    hooked.settings(webhook_window_s=0.5)
    template = {"subscriptionType": "object.creation", "portalId": PORTAL, "objectTypeId": "0-1"}
    hooked.send_events([{**template, "objectId": number} for number in range(250)])
    hooked.wait_for_webhooks()
    assert sorted(len(one.events) for one in listener.received) == [50, 100, 100]


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_a_refused_delivery_is_retried_with_a_new_timestamp(
    hooked: SandboxControl, listener: Listener, status: int
) -> None:
    listener.answers = [status, status]
    hooked.create_contact(PORTAL, {"lastname": "Retry"})
    hooked.wait_for_webhooks()
    numbers = [[event["attemptNumber"] for event in one.events] for one in listener.received]
    assert [set(one) for one in numbers] == [{0}, {1}, {2}]
    counts = hooked.webhook_counts()
    assert (counts["sent"], counts["retried"], counts["acked"]) == (3, 2, 1)


def test_retries_end_after_ten(hooked: SandboxControl, listener: Listener) -> None:
    hooked.settings(retry_time_scale=0.0)
    listener.answers = [500] * 20
    hooked.create_contact(PORTAL, {"lastname": "Never"})
    hooked.wait_for_webhooks()
    assert len(listener.received) == 11
    assert hooked.webhook_counts()["given_up"] == 1


def test_a_slow_receiver_counts_as_failed(hooked: SandboxControl, listener: Listener) -> None:
    hooked.settings(webhook_timeout_s=0.1, webhook_max_retries=1)
    listener.pause_s = 0.3
    hooked.create_contact(PORTAL, {"lastname": "Slow"})
    hooked.wait_for_webhooks()
    outcomes = [one["status"] for one in hooked.deliveries()]
    assert outcomes == ["retried", "given_up"]


def test_dropped_events_never_arrive_and_are_counted(hooked: SandboxControl, listener: Listener) -> None:
    hooked.misbehave("webhook_drop", path="object.creation", count=2)
    for number in range(3):
        hooked.create_contact(PORTAL, {"lastname": f"L{number}"})
    hooked.wait_for_webhooks()
    assert _types(listener)["object.creation"] == 1
    assert hooked.webhook_counts()["dropped"] == 2


def test_doubled_events_arrive_twice_in_deliveries_of_their_own(hooked: SandboxControl, listener: Listener) -> None:
    hooked.misbehave("webhook_double", path="object.creation", count=None)
    hooked.create_contact(PORTAL, {"lastname": "Twice"})
    hooked.wait_for_webhooks()
    creations = [event for event in listener.events if event["subscriptionType"] == "object.creation"]
    assert len(creations) == 2
    assert creations[0] == creations[1]
    assert len(listener.received) >= 2


def test_shuffled_events_all_arrive_in_another_order(hooked: SandboxControl, listener: Listener) -> None:
    hooked.settings(webhook_window_s=0.3)
    hooked.misbehave("webhook_shuffle", count=None)
    for number in range(12):
        hooked.create_contact(PORTAL, {"lastname": f"L{number}"})
    hooked.wait_for_webhooks()
    order = [int(str(event["eventId"])) for event in listener.events]
    assert len(order) == 24
    assert len(set(order)) == 24
    assert order != sorted(order)


def test_acknowledged_events_can_be_delivered_again_later(hooked: SandboxControl, listener: Listener) -> None:
    hooked.create_contact(PORTAL, {"lastname": "Again"})
    hooked.wait_for_webhooks()
    ids = [int(str(event["eventId"])) for event in listener.events]
    hooked.redeliver(ids)
    hooked.wait_for_webhooks()
    assert Counter(int(str(event["eventId"])) for event in listener.events) == dict.fromkeys(ids, 2)


def test_the_signed_url_may_differ_from_the_one_called(hooked: SandboxControl, listener: Listener) -> None:
    public = "https://assay.example/webhooks/hubspot"
    hooked.settings(webhook_sign_url=public)
    hooked.create_contact(PORTAL, {"lastname": "Proxy"})
    hooked.wait_for_webhooks()
    one = listener.received[0]
    stamp = one.headers["X-HubSpot-Request-Timestamp"]
    expected = signature_v3("sandbox-client-secret", "POST", public, one.body, stamp)
    assert one.headers["X-HubSpot-Signature-v3"] == expected
    assert json.loads(one.body)
