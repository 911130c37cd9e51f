"""Broken, endless and slow requests on raw sockets against the real server."""

from __future__ import annotations

import http.client
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from connector.storage.migrate import upgrade
from tests.process.intake_app import BODY_TIMEOUT_S, MAX_BODY_BYTES
from tests.process.web_process import WebProcess
from tests.webhooks.signing import events, signed_headers

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebProcess]:
    """One server for all tests here; each counts the rows before and after."""
    folder = tmp_path_factory.mktemp("framing")
    upgrade(f"sqlite:///{folder}/main.sqlite", f"sqlite:///{folder}/inbox.sqlite")
    with WebProcess(f"sqlite:///{folder}/inbox.sqlite", folder / "log") as process:
        yield process


def bodies(web: WebProcess) -> list[bytes]:
    connection = sqlite3.connect(web.log.parent / "inbox.sqlite")
    found = [bytes(body) for (body,) in connection.execute("SELECT body FROM inbox")]
    connection.close()
    return found


def rows(web: WebProcess) -> int:
    return len(bodies(web))


def connect(web: WebProcess) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", web.port), timeout=8)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def head(body: bytes, framing: str) -> bytes:
    """The head of a signed delivery of `body`, framed otherwise."""
    signed = signed_headers(body, time.time_ns() // 1_000_000)
    lines = ["POST /webhooks/hubspot HTTP/1.1", "Host: a.example", framing]
    lines += [f"{name}: {value}" for name, value in signed.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def status_of(connection: socket.socket) -> int:
    """The status of the answer; 0 when the server hung up without one."""
    seen = b""
    while b"\r\n" not in seen:
        piece = connection.recv(4096)
        if not piece:
            return 0
        seen += piece
    return int(seen.split(b" ", 2)[1])


def test_too_big_is_refused_before_it_is_sent(web: WebProcess) -> None:
    before = rows(web)
    with connect(web) as connection:
        connection.sendall(head(b"", f"Content-Length: {MAX_BODY_BYTES + 1}"))
        begun = time.monotonic()
        assert status_of(connection) == 413
        assert time.monotonic() - begun < 1.0
    with connect(web) as connection:
        connection.sendall(head(b"", "Content-Length: 999999999999999999"))
        assert status_of(connection) == 413
    assert rows(web) == before


def test_endless_chunks_end_at_the_limit(web: WebProcess) -> None:
    before = rows(web)
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    sent = 0
    with connect(web) as connection:
        connection.sendall(head(b"", "Transfer-Encoding: chunked"))
        try:
            while sent < 50_000_000:
                connection.sendall(chunk)
                sent += len(chunk)
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert sent < 50_000_000
    assert rows(web) == before
    assert web.send(events(1))[0] == 204


def test_the_answer_to_endless_chunks_is_413(web: WebProcess) -> None:
    with connect(web) as connection:
        connection.sendall(head(b"", "Transfer-Encoding: chunked"))
        chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
        for _ in range(MAX_BODY_BYTES // 0x1000 + 1):
            connection.sendall(chunk)
        assert status_of(connection) == 413


@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", "Content-Length: 200000"])
def test_a_body_that_comes_too_slowly_is_given_up(web: WebProcess, framing: str) -> None:
    before = rows(web)
    piece = b"400\r\n" + b"x" * 0x400 + b"\r\n" if "chunked" in framing else b"x" * 0x400
    begun = time.monotonic()
    with connect(web) as connection:
        connection.sendall(head(b"", framing))
        connection.setblocking(False)
        answer = b""
        while not answer:
            assert time.monotonic() - begun < BODY_TIMEOUT_S + 2
            try:
                connection.send(piece)
                answer = connection.recv(100)
            except BlockingIOError:
                time.sleep(0.03)
    assert answer.startswith(b"HTTP/1.1 408")
    assert rows(web) == before


def test_a_chunked_body_within_the_limits_is_stored(web: WebProcess) -> None:
    before = rows(web)
    body = events(50, count=100)
    with connect(web) as connection:
        connection.sendall(head(body, "Transfer-Encoding: chunked"))
        for start in range(0, len(body), 7_000):
            piece = body[start : start + 7_000]
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        assert status_of(connection) == 204
    assert rows(web) == before + 1


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: -1",
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: 0x10",
        "Content-Length: +2",
        "Transfer-Encoding: chunked, identity",
    ],
)
def test_bad_framing_is_400(web: WebProcess, framing: str) -> None:
    before = rows(web)
    with connect(web) as connection:
        connection.sendall(head(b"[]", framing) + b"[]")
        assert status_of(connection) == 400
    assert rows(web) == before


def test_two_lengths_at_once_do_not_smuggle_a_second_request(web: WebProcess) -> None:
    before = rows(web)
    hidden = events(77)
    inner = head(hidden, f"Content-Length: {len(hidden)}") + hidden
    with connect(web) as connection:
        outer = head(b"", f"Content-Length: {len(inner) + 5}\r\nTransfer-Encoding: chunked")
        connection.sendall(outer + b"0\r\n\r\n" + inner)
        seen = b""
        while piece := connection.recv(4096):
            seen += piece
    assert seen.count(b"HTTP/1.1 ") == 1  # answered once, and hung up
    assert rows(web) - before <= 1
    assert hidden not in bodies(web)


def test_a_cut_body_is_not_stored(web: WebProcess) -> None:
    before = rows(web)
    body = events(count=10)
    for framing, sent in (
        (f"Content-Length: {len(body)}", body[:-10]),
        ("Transfer-Encoding: chunked", f"{len(body):x}\r\n".encode() + body[:-10]),
    ):
        with connect(web) as connection:
            connection.sendall(head(body, framing) + sent)
            connection.shutdown(socket.SHUT_WR)
            assert status_of(connection) in {0, 400, 401}
    assert rows(web) == before


def test_compressed_bomb_is_refused_unread(web: WebProcess) -> None:
    with connect(web) as connection:
        connection.sendall(head(b"", "Content-Encoding: gzip\r\nContent-Length: 200000"))
        assert status_of(connection) == 415


def test_connections_that_never_say_anything_do_not_keep_others_out(web: WebProcess) -> None:
    with ExitStack() as stack:
        for number in range(200):
            connection = stack.enter_context(connect(web))
            connection.sendall(b"POST /webhooks/hubspot HTTP/1.1\r\nHost: a\r\n" if number % 2 else b"")
        status, span, _ = web.send(events(5))
        assert (status, span < 1.0) == (204, True)


def test_some_stalled_bodies_do_not_keep_others_out(web: WebProcess) -> None:
    with ExitStack() as stack:
        for _ in range(10):
            connection = stack.enter_context(connect(web))
            connection.sendall(head(b"", "Content-Length: 1000") + b"x")
        time.sleep(0.2)
        status, span, _ = web.send(events(6))
        assert (status, span < 1.0) == (204, True)
    assert web.send(events(7))[0] == 204


def test_a_flood_without_signatures_writes_nothing(web: WebProcess) -> None:
    before = rows(web)
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=5)
    begun = time.monotonic()
    for _ in range(300):
        connection.request("POST", "/webhooks/hubspot", b"[]")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (401, b"Not proven.\n")
    assert time.monotonic() - begun < 5.0
    connection.close()
    assert rows(web) == before
