"""The transport against a real server that behaves badly: faults rows 22-29, 43, 58, 73."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import psutil
import pytest

from connector.budget import Budget, Lane
from connector.errors import (
    CrmError,
    CrmRejected,
    PermissionMissing,
    ReauthorizationNeeded,
    RecordGone,
    RetryLater,
    UnexpectedPayload,
)
from connector.origins import origin_of
from connector.server_rules import Limits, ServerRules
from connector.transport import Transport
from tests.processes import process_context
from tests.unruly import Seen, answer, answer_json, unruly

QUICK = Limits(connect_s=0.5, attempt_s=0.4, total_s=1.5, attempts=3, max_bytes=1_000_000, first_pause_s=0.01)
RULES = ServerRules(
    server="Test CRM",
    remaining_header="X-Left",
    interval_ms_header="X-Interval",
    missing_scope=lambda body: str(body["scope"]) if "scope" in body else None,
    rejected_fields=lambda body: tuple(str(name) for name in body.get("fields", [])),  # type: ignore[union-attr]
)


class Tokens:
    """A token source that counts; each renewal gives the next number."""

    def __init__(self) -> None:
        self.number, self.given_up = 1, 0

    def current(self) -> str:
        return f"token-{self.number}"

    def renewed(self, rejected: str) -> str:
        assert rejected == self.current()
        self.number += 1
        return self.current()

    def refused(self) -> None:
        self.given_up += 1


def transport(url: str, **more: object) -> Transport:
    values: dict[str, object] = {"allowed_origins": frozenset({url}), "rules": RULES, "limits": QUICK, **more}
    return Transport(url, **values)  # type: ignore[arg-type]


def in_turn(*replies: Callable[[BaseHTTPRequestHandler], None]) -> Callable[[BaseHTTPRequestHandler, Seen], None]:
    """The first request gets the first reply, and so on; the last one repeats."""
    left = list(replies)

    def reply(handler: BaseHTTPRequestHandler, _: Seen) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return reply


def ok(handler: BaseHTTPRequestHandler) -> None:
    answer_json(handler, {"ok": True})


def status(code: int, body: object = None, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: answer_json(handler, body if body is not None else {"message": "no"}, code, **headers)


def test_a_sound_answer_carries_token_query_and_body() -> None:
    with unruly(in_turn(ok)) as server:
        body = transport(server.url, tokens=Tokens()).request("POST", "/a", params={"q": "1 2"}, json={"x": [1]})
    assert body == {"ok": True}
    seen = server.seen[0]
    assert (seen.method, seen.path, json.loads(seen.body)) == ("POST", "/a?q=1+2", {"x": [1]})
    assert seen.headers["Authorization"] == "Bearer token-1"
    assert "Cookie" not in seen.headers


def test_204_is_none_and_an_empty_200_is_no_empty_list() -> None:
    with unruly(in_turn(lambda handler: answer(handler, 204))) as server:
        assert transport(server.url).request("DELETE", "/a") is None
    with unruly(in_turn(lambda handler: answer(handler, 200))) as server:
        with pytest.raises(UnexpectedPayload, match="empty body"):
            transport(server.url).request("GET", "/a")
        assert len(server.seen) == 3


@pytest.mark.parametrize("number", [423, 429, 477, 500, 502, 503, 504, 521])
def test_transient_statuses_are_tried_again(number: int) -> None:
    with unruly(in_turn(status(number), ok)) as server:
        assert transport(server.url).request("GET", "/a") == {"ok": True}
    assert len(server.seen) == 2


def test_bursts_of_5xx_are_bounded_and_let_the_server_rest() -> None:
    budget = Budget((Lane(name="", calls=1000, window_s=1.0),))
    with unruly(in_turn(status(503))) as server:
        caller = transport(server.url, budget=budget)
        for _ in range(2):
            with pytest.raises(RetryLater):
                caller.request("GET", "/a")
        with pytest.raises(RetryLater):
            caller.request("GET", "/a")
        before = len(server.seen)
        started = time.monotonic()
        with pytest.raises(RetryLater, match="pause or is failing") as caught:
            caller.request("GET", "/a")
        assert time.monotonic() - started < 0.2
        assert caught.value.after_s > 20
        assert len(server.seen) == before <= 9


def test_retry_after_is_waited_for_by_this_tenant_alone() -> None:
    busy, other = (Budget((Lane(name="", calls=1000, window_s=1.0),)) for _ in range(2))
    with unruly(in_turn(status(429, Retry_After="1"), ok)) as server:
        started = time.monotonic()
        assert transport(server.url, budget=busy).request("GET", "/a") == {"ok": True}
        assert 0.95 < time.monotonic() - started < 1.4
        started = time.monotonic()
        transport(server.url, budget=other).request("GET", "/a")
        assert time.monotonic() - started < 0.3


def test_a_long_retry_after_is_handed_to_the_caller_at_once() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    for header, low, high in (("900", 900, 900), (at, 3500, 3600), ("99999999", 86_400, 86_400)):
        with unruly(in_turn(status(429, Retry_After=header))) as server:
            started = time.monotonic()
            with pytest.raises(RetryLater) as caught:
                transport(server.url).request("GET", "/a")
            assert low <= caught.value.after_s <= high
            assert time.monotonic() - started < 0.5
            assert len(server.seen) == 1


def test_429_without_header_follows_the_rules_of_the_server() -> None:
    pauses: list[tuple[int, int]] = []

    def pause_s(number: int, _: object, attempt: int) -> float:
        pauses.append((number, attempt))
        return 0.05 * attempt

    rules = ServerRules(server="Test CRM", pause_s=pause_s)
    with unruly(in_turn(status(429), status(429), ok)) as server:
        assert transport(server.url, rules=rules).request("GET", "/a") == {"ok": True}
    assert pauses == [(429, 1), (429, 2)]


def test_statuses_become_errors_named_by_what_to_do_next() -> None:
    cases: list[tuple[int, object, type[Exception]]] = [
        (403, {"message": "no", "scope": "emails.read"}, PermissionMissing),
        (403, {"message": "no"}, CrmRejected),
        (404, {"message": "no"}, RecordGone),
        (410, {"message": "no"}, RecordGone),
        (400, {"message": "bad of ann@example.com", "fields": ["a", "b"]}, CrmRejected),
        (302, {}, UnexpectedPayload),
    ]
    for number, body, error in cases:
        with unruly(in_turn(status(number, body, Location="http://127.0.0.1:1/x"))) as server:
            with pytest.raises(error) as caught:
                transport(server.url).request("GET", "/a")
            assert len(server.seen) == 1, number
            assert "example.com" not in str(caught.value)
            if isinstance(caught.value, CrmRejected) and number == 400:
                assert (caught.value.status, caught.value.fields) == (400, ("a", "b"))
            if isinstance(caught.value, PermissionMissing):
                assert caught.value.scope == "emails.read"


def test_a_dead_token_is_renewed_once_then_the_grant_is_given_up() -> None:
    tokens = Tokens()
    with unruly(in_turn(status(401), ok)) as server:
        assert transport(server.url, tokens=tokens).request("GET", "/a") == {"ok": True}
        assert [seen.headers["Authorization"] for seen in server.seen] == ["Bearer token-1", "Bearer token-2"]
    assert tokens.given_up == 0
    with unruly(in_turn(status(401))) as server:
        with pytest.raises(ReauthorizationNeeded):
            transport(server.url, tokens=tokens).request("GET", "/a")
        assert len(server.seen) == 2
    assert tokens.given_up == 1


def _drip(handler: BaseHTTPRequestHandler, first: bytes) -> None:
    for byte in first + b" " * 200:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{",
    ],
    ids=["headers", "body"],
)
def test_a_drip_ends_at_the_total_deadline(first: bytes) -> None:
    with unruly(lambda handler, _: _drip(handler, first)) as server:
        started = time.monotonic()
        with pytest.raises(RetryLater):
            transport(server.url, limits=Limits(attempt_s=0.3, total_s=0.7, first_pause_s=0.01)).request("GET", "/a")
        assert time.monotonic() - started < 1.0


def test_a_server_that_never_answers_costs_the_deadline_and_a_write_is_of_unknown_outcome() -> None:
    with unruly(lambda _handler, _seen: time.sleep(1.0)) as server:
        caller = transport(server.url, limits=Limits(attempt_s=0.2, total_s=0.5, first_pause_s=0.01))
        started = time.monotonic()
        with pytest.raises(RetryLater) as caught:
            caller.request("POST", "/a", json={})
        assert caught.value.is_outcome_unknown
        assert len(server.seen) == 1
        with pytest.raises(RetryLater) as caught:
            caller.request("POST", "/a", json={}, is_write=False)
        assert not caught.value.is_outcome_unknown
        assert time.monotonic() - started < 1.0


def test_connecting_is_bounded_and_nothing_was_written() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(address)
            fillers.append(filler)
        started = time.monotonic()
        limits = Limits(connect_s=0.2, attempt_s=1.0, total_s=0.6, first_pause_s=0.01)
        with pytest.raises(RetryLater) as caught:
            transport(f"http://127.0.0.1:{address[1]}", limits=limits).request("POST", "/a", json={})
        assert time.monotonic() - started < 1.0
        assert not caught.value.is_outcome_unknown
        for filler in fillers:
            filler.close()


def _cut(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n" + b'{"results":[]'
    )
    handler.close_connection = True


def _two_lengths(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\n{}  "
    )
    handler.close_connection = True


def _html(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, 200, b"<html>sign in to the airport's network</html>", "text/html")


def _html_as_json(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, 200, b"<html>")


@pytest.mark.parametrize("reply", [_cut, _two_lengths, _html, _html_as_json])
def test_what_is_no_answer_is_never_read_as_one(reply: Callable[[BaseHTTPRequestHandler], None]) -> None:
    with unruly(in_turn(reply)) as server:
        with pytest.raises(UnexpectedPayload):
            transport(server.url).request("GET", "/a")
        assert len(server.seen) == 3
        with pytest.raises(RetryLater) as caught:
            transport(server.url).request("POST", "/a", json={})
        assert caught.value.is_outcome_unknown
        assert len(server.seen) == 4
    with unruly(in_turn(reply, ok)) as server:
        assert transport(server.url).request("GET", "/a") == {"ok": True}


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b"[" * 100_000 + b"]" * 100_000,
        b"\xff\xfe",
    ],
    ids=["duplicate key", "NaN", "infinity", "1e999", "huge integer", "depth", "no UTF-8"],
)
def test_hostile_json_is_refused_in_bounded_time(raw: bytes) -> None:
    with unruly(in_turn(lambda handler: answer(handler, 200, raw))) as server:
        started = time.monotonic()
        with pytest.raises(UnexpectedPayload):
            transport(server.url).request("GET", "/a")
        assert time.monotonic() - started < 1.4


def test_text_that_no_database_takes_is_made_storable() -> None:
    with unruly(in_turn(lambda handler: answer(handler, 200, rb'{"a\u0000":["\ud800", "\ud83d\ude00"]}'))) as server:
        assert transport(server.url).request("GET", "/a") == {"a\ufffd": ["\ufffd", "\U0001f600"]}


def test_a_gzip_bomb_is_stopped_while_it_unfolds() -> None:
    bomb = gzip.compress(b" " * 200_000_000)

    def send(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, 200, bomb, Content_Encoding="gzip")

    with unruly(in_turn(send)) as server:
        caller = transport(server.url, limits=Limits(max_bytes=1_000_000))
        before = psutil.Process().memory_info().rss
        with pytest.raises(UnexpectedPayload, match="more than 1000000 bytes"):
            caller.request("GET", "/a")
        assert psutil.Process().memory_info().rss - before < 50_000_000


HOSTILE = [
    "http://169.254.169.254/latest/meta-data",
    "https://api.example.com.evil.test",
    "https://api.example.com@evil.test/",
    "https://user:pass@api.example.com/",
    "https://api.example.com:8443/",
    "http://api.example.com/",
    "//evil.test/x",
    "/\\evil.test/x",
    "https://api.example.com\\@evil.test/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/",
    "https://[::1]/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://API.EXAMPLE.COM./",
    "javascript:alert(1)",
    "https:///nothing",
    "https://api.example.com:99999/",
    "relative/path",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_nothing_but_the_allowed_origin_is_ever_called(address: str) -> None:
    with unruly(in_turn(ok)) as canary:
        caller = Transport(
            "https://api.example.com",
            allowed_origins=frozenset({"https://api.example.com"}),
            rules=RULES,
            tokens=Tokens(),
            limits=QUICK,
        )
        with pytest.raises(UnexpectedPayload):
            caller.request("GET", address)
        with pytest.raises(UnexpectedPayload, match="not on the list"):
            caller.request("GET", canary.url + "/steal")
        assert canary.seen == []


def test_http_is_for_loopback_only_and_redirects_are_not_followed() -> None:
    for url in ("http://api.example.com", "ftp://127.0.0.1", "https://a@b.test"):
        with pytest.raises(UnexpectedPayload, match="https"):
            transport(url)
    assert origin_of("HTTPS://Api.Example.com:443/x") == "https://api.example.com"
    with unruly(in_turn(ok)) as canary, unruly(in_turn(status(307, {}, Location=canary.url))) as server:
        with pytest.raises(UnexpectedPayload, match="redirect"):
            transport(server.url, tokens=Tokens()).request("POST", "/a", json={})
        assert canary.seen == []


def test_the_servers_own_count_is_respected() -> None:
    budget = Budget((Lane(name="", calls=1000, window_s=1.0),))
    with unruly(in_turn(status(200, {"ok": 1}, X_Left="0", X_Interval="300"), ok)) as server:
        caller = transport(server.url, budget=budget)
        caller.request("GET", "/a")
        assert budget.calls_left == 0
        started = time.monotonic()
        caller.request("GET", "/a")
        assert 0.25 < time.monotonic() - started < 0.8


def test_lanes_are_counted_apart_and_a_spent_one_says_when_to_come_back() -> None:
    budget = Budget((Lane(name="", calls=2, window_s=60.0), Lane(name="search", calls=1, window_s=60.0)))
    budget.take("", 0.0)
    budget.take("search", 0.0)
    budget.take("", 0.0)
    with pytest.raises(RetryLater) as caught:
        budget.take("", 0.05)
    assert caught.value.after_s == 60.0


def _spend(path: Path, barrier: object, taken: object) -> None:
    budget = Budget((Lane(name="", calls=20, window_s=30.0),), path=path, name="install-1")
    barrier.wait()  # type: ignore[attr-defined]
    for _ in range(15):
        try:
            budget.take("", 0.0)
        except RetryLater:
            continue
        taken.put(1)  # type: ignore[attr-defined]


@pytest.mark.process
def test_processes_share_one_budget_by_file(tmp_path: Path) -> None:
    context = process_context()
    barrier, taken = context.Barrier(4), context.Queue()
    workers = [context.Process(target=_spend, args=(tmp_path / "budget.sqlite", barrier, taken)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    time.sleep(0.1)
    count = 0
    while not taken.empty():
        count += taken.get()
    assert count == 20
    other = Budget((Lane(name="", calls=20, window_s=30.0),), path=tmp_path / "budget.sqlite", name="install-2")
    other.take("", 0.0)
    other.close()


def test_a_clock_set_back_does_not_stop_the_calls(tmp_path: Path) -> None:
    path = tmp_path / "budget.sqlite"
    budget = Budget((Lane(name="", calls=1, window_s=1.0),), path=path, name="a")
    budget.take("", 0.0)
    bucket = budget._buckets[""]
    bucket.conn.execute(f"UPDATE '{bucket.table}' SET item_timestamp = item_timestamp + 3600000")  # type: ignore[attr-defined]
    bucket.conn.commit()  # type: ignore[attr-defined]
    budget.take("", 0.0)
    budget.close()


@pytest.mark.parametrize("number", [400, 403, 404, 409, 429, 500])
def test_a_token_that_a_server_quotes_stands_in_no_error_and_no_log(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    echo = {"message": "the token token-1\r\nof ann@example.com, Bearer token-1, access_token=token-1 is bad"}
    with unruly(in_turn(status(number, echo, Retry_After="0"))) as server, pytest.raises(CrmError) as caught:
        transport(server.url, tokens=Tokens()).request("GET", "/a?access_token=token-1")
    printed = capsys.readouterr()
    for text in (str(caught.value), printed.out, printed.err):
        assert "token-1" not in text
        assert "ann@example.com" not in text
    assert "\n" not in str(caught.value)
