"""How fast the real app acknowledges webhooks while a worker is busy, beside the same app that stores nothing.

    python benchmarks/intake.py [--out FILE]

One run of under a minute, four processes on this machine: two servers (the app as `leadassay serve` runs it, and the
same with an inbox that throws away), a stand-in for the worker (it writes to the store without a pause and works off
the inbox), and a sender. Rounds of the two servers alternate, so that both see the same machine.
1. 50 requests a second of 100 events each, signed, latency counted from when the request was due.
2. As many as 8 connections can carry: the ratio of the two rates is the price of storing.
Exits 1 when p99 is 1 s or more, an answer was not 204, or the rows in the inbox are not what was acknowledged.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hmac
import http.client
import itertools
import json
import os
import queue
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

PUBLIC_URL = "https://assay.example.com"
SECRET = "benchmark-client-secret"
PER_SECOND = 50
EVENTS = 100
STEADY_ROUNDS, STEADY_S = 3, 5.0
FULL_ROUNDS, FULL_S = 3, 2.0
CONNECTIONS = 8
LIMIT_P99_S = 1.0


# --- the processes --------------------------------------------------------------------------------------------------


def storing():
    """The app as it is."""
    from connector.app import create_app
    from connector.settings import load_settings

    return create_app(load_settings(os.environ))


def forgetting():
    """The app with an inbox that keeps nothing."""
    from connector.app import create_app
    from connector.settings import load_settings
    from connector.storage.inbox import Inbox, InboxItem, Stored

    class Nowhere(Inbox):
        def put(self, item: InboxItem) -> Stored:
            return Stored.NEW

    settings = load_settings(os.environ)
    return create_app(settings, inbox=Nowhere.open(settings.inbox_url))


def serve(app: str, port: int) -> None:
    from connector.logs import configure_logs
    from connector.web.server import run_web

    configure_logs("ERROR")
    run_web(f"intake:{app}", host="127.0.0.1", port=port)


def be_busy() -> None:
    """What a worker does to the disk: batches into the store one after another, and the inbox worked off."""
    from connector.settings import load_settings
    from connector.storage.database import Database
    from connector.storage.inbox import Inbox

    settings = load_settings(os.environ)
    store, inbox = Database.open(settings.database_url), Inbox.open(settings.inbox_url)
    with store.write() as conn:
        conn.exec_driver_sql("CREATE TABLE busy (number INTEGER PRIMARY KEY, content TEXT)")
    for turn in itertools.count():
        with store.write() as conn:
            rows = [(turn % 50 * 200 + number, f"{turn}" * 200) for number in range(200)]
            conn.exec_driver_sql("INSERT OR REPLACE INTO busy VALUES (?, ?)", rows)
        if turn % 10 == 0 and (taken := inbox.take_new(100)):
            inbox.mark_done([row.inbox_id for row in taken])


# --- the sender -----------------------------------------------------------------------------------------------------


def one_event(number: int) -> dict[str, object]:
    return {
        "eventId": number, "subscriptionId": 7662269, "portalId": 247279312, "appId": 51879189,
        "occurredAt": 1788597072520 + number, "subscriptionType": "object.propertyChange", "attemptNumber": 0,
        "objectId": 546500061938 + number, "objectTypeId": "0-1", "propertyName": "email",
        "propertyValue": f"person{number}@example.com", "changeSource": "CRM_UI", "sourceId": "userId:98499705",
        "isSensitive": False,
    }  # fmt: skip


REST = json.dumps([one_event(number) for number in range(EVENTS)], separators=(",", ":"))[
    len('[{"eventId":0') :
].encode()
_numbers = itertools.count(1)


def post(connection: http.client.HTTPConnection) -> int:
    """One delivery that was never sent before; its status, 0 when there was no answer."""
    body = b'[{"eventId":%d' % next(_numbers) + REST
    stamp = str(time.time_ns() // 1_000_000)
    message = b"POST" + f"{PUBLIC_URL}/webhooks/hubspot".encode() + body + stamp.encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), message, "sha256")).decode()
    headers = {
        "Content-Type": "application/json",
        "X-HubSpot-Request-Timestamp": stamp,
        "X-HubSpot-Signature-v3": signature,
    }
    try:
        connection.request("POST", "/webhooks/hubspot", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0


def with_connections(port: int, work: Callable[[http.client.HTTPConnection], None]) -> None:
    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        work(connection)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def steady(port: int, seconds: float) -> tuple[list[float], list[int]]:
    """PER_SECOND requests a second. Latencies in seconds from when each was due, and the statuses."""
    due: queue.SimpleQueue[float | None] = queue.SimpleQueue()
    latencies: list[float] = []
    statuses: list[int] = []

    def work(connection: http.client.HTTPConnection) -> None:
        while (instant := due.get()) is not None:
            statuses.append(post(connection))
            latencies.append(time.perf_counter() - instant)

    def pace() -> None:
        begun = time.perf_counter()
        for number in range(int(seconds * PER_SECOND)):
            instant = begun + number / PER_SECOND
            time.sleep(max(0.0, instant - time.perf_counter()))
            due.put(instant)
        for _ in range(CONNECTIONS):
            due.put(None)

    pacer = threading.Thread(target=pace)
    pacer.start()
    with_connections(port, work)
    pacer.join()
    return latencies, statuses


def full(port: int, seconds: float) -> tuple[float, list[int]]:
    """As fast as it goes. Requests per second, and the statuses."""
    statuses: list[int] = []
    begun = time.perf_counter()

    def work(connection: http.client.HTTPConnection) -> None:
        while time.perf_counter() - begun < seconds:
            statuses.append(post(connection))

    with_connections(port, work)
    return len(statuses) / (time.perf_counter() - begun), statuses


def send(ports: dict[str, int]) -> dict[str, dict[str, object]]:
    """All rounds, the two servers in turn."""
    latencies: dict[str, list[float]] = {name: [] for name in ports}
    rates: dict[str, list[float]] = {name: [] for name in ports}
    statuses: dict[str, list[int]] = {name: [] for name in ports}
    for name, port in ports.items():
        statuses[name] += full(port, 0.3)[1]  # connections, caches and first rows are not what is measured
    for _ in range(STEADY_ROUNDS):
        for name, port in ports.items():
            taken, answered = steady(port, STEADY_S)
            latencies[name] += taken
            statuses[name] += answered
    for _ in range(FULL_ROUNDS):
        for name, port in ports.items():
            rate, answered = full(port, FULL_S)
            rates[name].append(rate)
            statuses[name] += answered
    return {name: {"latencies": latencies[name], "rates": rates[name], "statuses": statuses[name]} for name in ports}


# --- the run --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def process(env: dict[str, str], *role: str) -> Iterator[None]:
    started = subprocess.Popen([sys.executable, __file__, *role], env=env, start_new_session=True)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if time.monotonic() > deadline:
            raise SystemExit("a server did not start; see its messages above")
        time.sleep(0.05)


def stored(path: Path) -> int:
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT count(*) FROM inbox").fetchone()
    connection.close()
    return int(count)


def measure(folder: Path) -> tuple[dict[str, dict[str, object]], int]:
    """The sender's report and the number of rows in the inbox."""
    from connector.settings import load_settings
    from connector.storage.migrate import upgrade

    env = {
        **os.environ,
        "LEADASSAY_DATA_DIR": str(folder),
        "LEADASSAY_PUBLIC_URL": PUBLIC_URL,
        "LEADASSAY_KEYS": "k1:" + base64.b64encode(bytes(32)).decode(),
        "HUBSPOT_CLIENT_ID": "benchmark",
        "HUBSPOT_CLIENT_SECRET": SECRET,
    }
    for name in ("DATABASE_URL", "INBOX_URL", "JOBS_URL"):
        env.pop(f"LEADASSAY_{name}", None)
    settings = load_settings(env)
    upgrade(settings.database_url, settings.inbox_url)
    ports = {"storing": free_port(), "forgetting": free_port()}
    with contextlib.ExitStack() as stack:
        for name, port in ports.items():
            stack.enter_context(process(env, "serve", name, str(port)))
        for port in ports.values():
            wait_for(port)
        stack.enter_context(process(env, "be-busy"))
        done = subprocess.run(
            [sys.executable, __file__, "send", json.dumps(ports)], env=env, stdout=subprocess.PIPE, check=True
        )
        return json.loads(done.stdout), stored(folder / "inbox.sqlite")


def summary(report: dict[str, dict[str, object]], rows: int) -> dict[str, object]:
    """The figures, all of one run."""
    made: dict[str, object] = {"requests_per_s": PER_SECOND, "events_per_request": EVENTS}
    for name, measured in report.items():
        cuts = quantiles(measured["latencies"], n=100)
        made[name] = {
            "p50_ms": round(cuts[49] * 1000, 2),
            "p99_ms": round(cuts[98] * 1000, 2),
            "max_ms": round(max(measured["latencies"]) * 1000, 2),
            "full_requests_per_s": round(median(measured["rates"]), 1),
            "requests": len(measured["statuses"]),
            "acknowledged": measured["statuses"].count(204),
        }
    made["ratio"] = round(made["storing"]["full_requests_per_s"] / made["forgetting"]["full_requests_per_s"], 3)
    made["rows_stored"] = rows
    made["is_good"] = (
        made["storing"]["p99_ms"] < LIMIT_P99_S * 1000
        and made["storing"]["acknowledged"] == made["storing"]["requests"] == rows
    )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="also write the figures as JSON to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leadassay-bench-") as folder:
        made = summary(*measure(Path(folder)))
    print(f"intake of webhooks, {PER_SECOND} requests/s of {EVENTS} events, a worker busy beside it")
    print(f"{'':12}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'at most/s':>11}{'requests':>10}{'204':>8}")
    for name in ("storing", "forgetting"):
        row = made[name]
        print(
            f"{name:12}{row['p50_ms']:9.1f}{row['p99_ms']:9.1f}{row['max_ms']:9.1f}"
            f"{row['full_requests_per_s']:11.0f}{row['requests']:10}{row['acknowledged']:8}"
        )
    print(f"rate storing / forgetting: {made['ratio']:.2f}; rows in the inbox: {made['rows_stored']}")
    print(json.dumps({"intake": made}))
    if options.out:
        options.out.write_text(json.dumps({"intake": made}, indent=2) + "\n")
    if not made["is_good"]:
        raise SystemExit("intake: p99 too high, an answer other than 204, or rows that are not what was acknowledged")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", app_name, port_text]:
            serve(app_name, int(port_text))
        case ["be-busy"]:
            be_busy()
        case ["send", ports_text]:
            print(json.dumps(send(json.loads(ports_text))))
        case _:
            main()
