"""Every way in which the sandbox can be told to misbehave."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from connector.sandbox import SandboxControl
from tests.sandbox.conftest import PORTAL, Api

CONTACTS = "/crm/objects/2026-03/contacts"


def test_rate_limit_with_and_without_retry_after(api: Api, control: SandboxControl) -> None:
    control.misbehave("rate_limit", path="/crm/objects/*", count=2, retry_after_s=7)
    control.misbehave("rate_limit", path="/crm/objects/*", count=1)
    answers = [api.get(CONTACTS) for _ in range(4)]
    assert [(one.status_code, one.headers.get("Retry-After")) for one in answers] == [
        (429, "7"),
        (429, "7"),
        (429, None),
        (200, None),
    ]
    assert answers[0].json()["errorType"] == "RATE_LIMIT"


@pytest.mark.parametrize("status", [423, 477, 500, 502, 503, 504, 521])
def test_server_errors_leave_the_write_undone(api: Api, control: SandboxControl, status: int) -> None:
    control.misbehave("server_error", method="POST", path=CONTACTS, status=status)
    sent = {"properties": {"email": "once@lead.example"}}
    assert api.post(CONTACTS, sent).status_code == status
    assert control.writes() == []
    assert api.post(CONTACTS, sent).status_code == 201


def test_an_error_after_the_write_leaves_it_done(api: Api, control: SandboxControl) -> None:
    control.misbehave("server_error", method="POST", path=CONTACTS, status=504, stage="after")
    assert api.post(CONTACTS, {"properties": {"email": "done@lead.example"}}).status_code == 504
    assert len(control.writes(action="create")) == 1


def test_paths_are_matched_as_called_or_as_dated(api: Api, control: SandboxControl) -> None:
    control.misbehave("server_error", path="/crm/v3/objects/*")
    assert api.get(CONTACTS).status_code == 200
    assert api.get("/crm/v3/objects/contacts").status_code == 500
    control.misbehave("server_error", path="/crm/objects/2026-03/*")
    assert api.get("/crm/v3/objects/contacts").status_code == 500


def test_drip_sends_a_byte_at_a_time(api: Api, control: SandboxControl) -> None:
    control.misbehave("drip", path="/account-info/*", delay_s=0.002)
    started = time.monotonic()
    answer = api.get("/account-info/2026-03/details")
    assert answer.json()["portalId"] == PORTAL
    assert time.monotonic() - started > 0.002 * len(answer.content) * 0.9


def test_a_cut_answer_promises_more_than_it_gives(api: Api, control: SandboxControl) -> None:
    control.misbehave("cut", path=f"{CONTACTS}/*", method="PATCH")
    one = control.create_contact(PORTAL, {"email": "cut@lead.example"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.call("PATCH", f"{CONTACTS}/{one}", {"properties": {"city": "Ulm"}})
    assert control.writes(action="update")[0]["changed"] == {"city": "Ulm"}
    assert api.get(f"{CONTACTS}/{one}").status_code == 200


def test_a_reset_connection(api: Api, control: SandboxControl) -> None:
    control.misbehave("reset", path=CONTACTS)
    with pytest.raises(requests.exceptions.ConnectionError):
        api.get(CONTACTS)
    assert api.get(CONTACTS).status_code == 200


def test_html_with_200(api: Api, control: SandboxControl) -> None:
    control.misbehave("html", path=CONTACTS)
    answer = api.get(CONTACTS)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_gzip_bomb(api: Api, control: SandboxControl) -> None:
    control.misbehave("gzip_bomb", path=CONTACTS, size_mb=4)
    answer = api.session.get(api.base_url + CONTACTS, stream=True, timeout=10)
    packed = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(packed) < 100_000


def test_hold_keeps_the_answer_after_the_write_until_released(api: Api, control: SandboxControl) -> None:
    rule = control.misbehave("hold", method="POST", path=CONTACTS)
    statuses: list[int] = []
    thread = threading.Thread(
        target=lambda: statuses.append(api.post(CONTACTS, {"properties": {"email": "held@lead.example"}}).status_code)
    )
    thread.start()
    control.wait_held(rule)
    assert len(control.writes(action="create")) == 1
    assert statuses == []
    control.release(rule)
    thread.join(5)
    assert statuses == [201]


def test_hold_before_the_write(api: Api, control: SandboxControl) -> None:
    rule = control.misbehave("hold", method="POST", path=CONTACTS, stage="before")
    thread = threading.Thread(target=lambda: api.post(CONTACTS, {"properties": {"email": "held@lead.example"}}))
    thread.start()
    control.wait_held(rule)
    assert control.writes() == []
    control.clear_rules()
    thread.join(5)
    assert len(control.writes()) == 1


def test_a_slow_answer(api: Api, control: SandboxControl) -> None:
    control.misbehave("slow", path=CONTACTS, delay_s=0.2)
    started = time.monotonic()
    assert api.get(CONTACTS).status_code == 200
    assert time.monotonic() - started > 0.2


def test_ratio_strikes_some_of_the_calls(api: Api, control: SandboxControl) -> None:
    control.misbehave("server_error", path=CONTACTS, count=None, ratio=0.5)
    statuses = [api.get(CONTACTS).status_code for _ in range(40)]
    assert 5 < statuses.count(500) < 35


def test_the_token_endpoint_can_fail_too(control: SandboxControl) -> None:
    control.misbehave("server_error", path="/oauth/*/token", status=502)
    assert requests.post(f"{control.base_url}/oauth/2026-03/token", timeout=5).status_code == 502


@pytest.mark.parametrize(
    "rule", [{"fault": "nonsense"}, {"fault": "drip", "stage": "before"}, {"fault": "cut", "colour": "red"}]
)
def test_a_wrong_rule_is_refused(control: SandboxControl, rule: dict[str, str]) -> None:
    with pytest.raises(requests.HTTPError, match="400"):
        control.misbehave(**rule)
