"""HubSpot's signatures: the shared cases, and what must never be believed nor raise."""

from __future__ import annotations

import base64
import hmac
import json
import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.signing import PUBLIC_URL, SECRET, events, signed_headers
from webhooks.receiver import NotProven, RawRequest
from webhooks.receivers import hubspot
from webhooks.receivers.hubspot import HubSpotReceiver, verify_v1, verify_v2

CASES = json.loads((Path(__file__).parents[1] / "data" / "signatures.json").read_text())["cases"]
HUBSPOT_CASES = [case for case in CASES if case["scheme"].startswith("hubspot-")]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
RECEIVER = HubSpotReceiver()


def from_case(case: dict) -> RawRequest:
    headers = {name.lower(): value for name, value in case["headers"].items()}
    return RawRequest(method=case["method"], url=case["url"], headers=headers, body=case["body"].encode())


def is_proven(request: RawRequest, secrets: list[str], now: datetime = NOW) -> bool:
    try:
        RECEIVER.verify(request, secrets, now)
    except NotProven:
        return False
    return True


def signed(body: bytes = b"[]", now_ms: int = NOW_MS, secret: str = SECRET) -> RawRequest:
    headers = {name.lower(): value for name, value in signed_headers(body, now_ms, secret=secret).items()}
    return RawRequest(method="POST", url=f"{PUBLIC_URL}/webhooks/hubspot", headers=headers, body=body)


def changed(request: RawRequest, **changes: object) -> RawRequest:
    fields = {"method": request.method, "url": request.url, "headers": request.headers, "body": request.body}
    return RawRequest(**{**fields, **changes})


@pytest.mark.parametrize("case", HUBSPOT_CASES, ids=[case["id"] for case in HUBSPOT_CASES])
def test_shared_case(case: dict) -> None:
    request, secrets = from_case(case), [case["secret"]]
    try:
        match case["scheme"]:
            case "hubspot-v1":
                verify_v1(request, secrets)
            case "hubspot-v2":
                verify_v2(request, secrets)
            case "hubspot-v3":
                now = datetime.fromtimestamp(case["now_ms"] // 1000, UTC)
                RECEIVER.verify(request, secrets, now + timedelta(milliseconds=case["now_ms"] % 1000))
        verdict = True
    except NotProven:
        verdict = False
    assert verdict is case["expected_valid"], case["title"]


def test_the_shared_cases_are_all_there() -> None:
    assert {case["scheme"] for case in HUBSPOT_CASES} == {"hubspot-v1", "hubspot-v2", "hubspot-v3"}
    assert len(HUBSPOT_CASES) == 25
    assert {case["expected_valid"] for case in HUBSPOT_CASES} == {True, False}


@pytest.mark.parametrize("case", [case for case in HUBSPOT_CASES if case["scheme"] != "hubspot-v3"])
def test_v1_and_v2_prove_nothing_where_v3_is_required(case: dict) -> None:
    assert not is_proven(from_case(case), [case["secret"]])


@pytest.mark.parametrize(
    ("offset_ms", "expected"),
    [(-300_001, False), (-300_000, True), (0, True), (300_000, True), (300_001, False)],
)
def test_five_minutes_to_either_side(offset_ms: int, expected: bool) -> None:
    assert is_proven(signed(now_ms=NOW_MS + offset_ms), [SECRET]) is expected


@pytest.mark.parametrize(
    "request_", [
        changed(signed(b"[1]"), body=b"[2]"),
        changed(signed(), method="PUT"),
        changed(signed(), url=f"{PUBLIC_URL}/webhooks/hubspot?portal=1"),
        changed(signed(), url="https://other.example.com/webhooks/hubspot"),
        signed(secret="another"),
    ],
    ids=["body", "method", "query", "host", "secret"],
)  # fmt: skip
def test_anything_changed_is_refused(request_: RawRequest) -> None:
    assert is_proven(signed(), [SECRET])
    assert not is_proven(request_, [SECRET])


def test_rotation_takes_old_and_new_then_only_new() -> None:
    by_old, by_new = signed(secret="old"), signed(secret="new")
    assert is_proven(by_old, ["new", "old"])
    assert is_proven(by_new, ["new", "old"])
    assert not is_proven(by_old, ["new"])
    assert is_proven(by_new, ["new"])


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_secret_nothing_is_proven(secrets: list[str]) -> None:
    assert not is_proven(signed(secret=""), secrets)


@given(
    signature=st.text() | st.from_regex(r"[A-Za-z0-9+/]{0,60}={0,2}", fullmatch=True),
    timestamp=st.text() | st.integers().map(str) | st.just(str(NOW_MS)),
    method=st.text(max_size=9),
    url=st.text(),
    body=st.binary(max_size=200),
)
def test_whatever_comes_is_refused_and_never_raises(
    signature: str, timestamp: str, method: str, url: str, body: bytes
) -> None:
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": timestamp}
    hostile = RawRequest(method=method, url=url, headers=headers, body=body)
    assert not is_proven(hostile, [SECRET])
    for older in (verify_v1, verify_v2):
        with pytest.raises(NotProven):
            older(changed(hostile, headers={"x-hubspot-signature": signature}), [SECRET])


def test_bytes_that_are_no_text_are_signed_as_they_came() -> None:
    raw_query = b"name=\xff\xfe"
    url = f"{PUBLIC_URL}/webhooks/hubspot?" + raw_query.decode("utf-8", "surrogateescape")
    message = b"POST" + f"{PUBLIC_URL}/webhooks/hubspot?".encode() + raw_query + b"[]" + str(NOW_MS).encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), message, "sha256")).decode()
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": str(NOW_MS)}
    assert is_proven(RawRequest(method="POST", url=url, headers=headers, body=b"[]"), [SECRET])


def test_comparison_is_the_constant_time_one_on_every_path(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    genuine = hubspot.hmac.compare_digest

    def watched(given_: bytes, expected: bytes) -> bool:
        compared.append(expected)
        return genuine(given_, expected)

    monkeypatch.setattr(hubspot.hmac, "compare_digest", watched)
    assert is_proven(signed(secret="b"), ["a", "b", "c"])
    assert len(compared) == 3  # the fitting one is not the end of it
    compared.clear()
    for older in (verify_v1, verify_v2):
        with pytest.raises(NotProven):
            older(changed(signed(), headers={"x-hubspot-signature": "0" * 64}), ["a"])
    assert len(compared) == 2


def test_time_does_not_tell_how_much_of_the_signature_fits() -> None:
    request = signed(events(count=3))
    right = request.headers["x-hubspot-signature-v3"]
    flipped = "A" if right[0] != "A" else "B"
    wrong = {"first": flipped + right[1:], "last": right[:-2] + ("A" if right[-2] != "A" else "B") + "="}
    requests = {
        name: changed(request, headers={**request.headers, "x-hubspot-signature-v3": value})
        for name, value in wrong.items()
    }
    spans: dict[str, list[int]] = {name: [] for name in requests}
    order = list(requests) * 10_000
    random.Random(5).shuffle(order)
    for name in order:
        begun = time.perf_counter_ns()
        is_proven(requests[name], [SECRET])
        spans[name].append(time.perf_counter_ns() - begun)
    quartiles = {name: statistics.quantiles(values, n=4) for name, values in spans.items()}
    for name, other in (("first", "last"), ("last", "first")):
        low, _, high = quartiles[other]
        assert low <= quartiles[name][1] <= high
