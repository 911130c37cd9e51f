"""Secrets and people in places where they do not belong: logs, job store, error pages; secrets in any file at all.

The real web process and a real worker, both with DEBUG logs, are driven through their failures; then everything that
they left behind is searched for each token that the sandbox ever gave out, and for canaries.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import requests
import sqlalchemy as sa

from connector.sandbox import SandboxConfig, SandboxControl, SandboxHandle, run_in_thread
from connector.sandbox.config import ClientApp
from connector.sandbox.config import Settings as SandboxSettings
from tests.conftest import DatabaseUrls
from tests.jobs.oracle import body_of, event, rows
from tests.process.web_process import free_port
from tests.stack import KEYS, PORTAL
from tests.waiting import wait_for
from tests.webhooks.signing import signed_headers

pytestmark = pytest.mark.process

ADMIN = 98_499_705
CLIENT_SECRET = "client-secret-canary-7f3a91"
OLD_SECRET = "older-secret-canary-55d0c2"
STOLEN_CODE = "stolen-code-canary-1b2c3d"
BEARER = "bearer-canary-9e8d7c"
EMAIL = "quendolin.kanari@zwitscher.example"
PERSON = {"firstname": "Quendolin", "lastname": "Kanarimann", "email": EMAIL, "phone": "+4915188877766"}
PEOPLE = ("uendolin", "anarimann", "zwitscher", "88877766", "adminkanari")
CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Service:
    """Web process and worker on one set of stores, beside a sandbox in this process."""

    def __init__(self, folder: Path, urls: DatabaseUrls, sandbox: SandboxHandle, port: int) -> None:
        self.folder, self.urls = folder, urls
        self.url = f"http://127.0.0.1:{port}"
        self.sandbox = sandbox
        self.control = SandboxControl(sandbox.base_url, sandbox.control_token)
        is_sqlite = urls.database_url.startswith("sqlite")
        self.env = {
            **os.environ,
            "LEADASSAY_PUBLIC_URL": self.url,
            "LEADASSAY_KEYS": KEYS,
            "LEADASSAY_DATA_DIR": str(folder),
            "LEADASSAY_DATABASE_URL": urls.database_url,
            "LEADASSAY_INBOX_URL": urls.inbox_url,
            "LEADASSAY_JOBS_URL": f"sqlite:///{folder}/jobs.sqlite" if is_sqlite else urls.database_url,
            "LEADASSAY_LOG_LEVEL": "DEBUG",
            "HUBSPOT_CLIENT_ID": "sandbox-client-id",
            "HUBSPOT_CLIENT_SECRET": f"{CLIENT_SECRET},{OLD_SECRET}",
            "HUBSPOT_AUTH_URL": sandbox.base_url,
            "HUBSPOT_API_URL": sandbox.base_url,
        }
        self.pages: list[str] = []
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> None:
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "connector.cli", *words], env=self.env, stdout=log, stderr=log
                )
            )

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(60)

    def seen(self, answer: requests.Response) -> requests.Response:
        """Keep what the visitor was shown."""
        self.pages.append(f"{answer.headers}\n{answer.text}")
        return answer

    def logs(self) -> str:
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))

    def number(self, query: str) -> int:
        [[number]] = rows(self.urls.database_url, query)
        return int(number)

    def change(self, query: str) -> None:
        engine = sa.create_engine(self.urls.database_url)
        with engine.begin() as connection:
            connection.exec_driver_sql(query)
        engine.dispose()


@pytest.fixture
def service(database_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Service]:
    port = free_port()
    app = ClientApp(
        client_secret=CLIENT_SECRET,
        webhook_url=f"http://127.0.0.1:{port}/webhooks/hubspot",
        redirect_uris=(f"http://127.0.0.1:{port}/oauth/hubspot/callback",),
    )
    fast = SandboxSettings(rate_limit=5000, search_limit=500, retry_time_scale=0.00002, webhook_window_s=0.01)
    with run_in_thread(SandboxConfig(app=app, settings=fast)) as sandbox:
        made = Service(tmp_path, database_urls, sandbox, port)
        try:
            made.start("serve", "--port", str(port))
            made.start("worker")
            wait_for(lambda: _answers(made.url) and "worker_started" in made.logs())
            yield made
        finally:
            made.stop()
            made.control.close()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.ConnectionError:
        return False


def connect(service: Service, browser: requests.Session) -> str:
    """Consent as a person does; returns the address to which the CRM sent the browser, with its code."""
    start = service.seen(browser.get(service.url, timeout=10))
    token = CSRF.search(start.text)
    assert token is not None
    asked = browser.post(
        f"{service.url}/install/hubspot",
        data={"csrf_token": token[1]},
        headers={"Referer": service.url},
        timeout=10,
        allow_redirects=False,
    )
    back = service.control.consent(asked.headers["Location"], PORTAL, ADMIN).headers["Location"]
    assert service.seen(browser.get(back, timeout=20)).ok
    return back


@contextmanager
def broken(service: Service, change: str, mend: str) -> Iterator[None]:
    service.change(change)
    try:
        yield
    finally:
        service.change(mend)


def test_no_secret_and_no_person_gets_where_it_does_not_belong(service: Service):
    browser = requests.Session()
    control = service.control
    back = connect(service, browser)
    person = control.create_contact(PORTAL, PERSON)
    written = "SELECT COUNT(*) FROM written_values"
    wait_for(lambda: service.number(written) > 0)

    _failing_calls(service, person)
    _failing_pages(service, browser, back)
    _failing_job(service, person)
    # A refresh that works, then one that is refused for good.
    control.act("expire_access", PORTAL)
    _touch(service, person, "Winter")
    wait_for(lambda: "token_refreshed" in service.logs())
    control.act("revoke_grant", PORTAL, kills_access=True)
    control.act("expire_access", PORTAL)
    _post(service, body_of([event(person, "object.propertyChange", propertyName="email", propertyValue=EMAIL)]))
    wait_for(lambda: service.number("SELECT COUNT(*) FROM installs WHERE status = 'paused'") == 1)
    assert service.seen(browser.get(f"{service.url}/", timeout=10)).status_code < 500
    service.stop()

    grants = service.sandbox.sandbox.grants
    tokens = [*grants._access, *grants._refresh]
    assert len(tokens) >= 3
    sessions = [cookie.value or "" for cookie in browser.cookies]
    assert sessions
    code, state = (re.search(rf"[?&]{name}=([^&]+)", back)[1] for name in ("code", "state"))  # type: ignore[index]
    key = KEYS.partition(":")[2]
    secrets = [*tokens, *sessions, code, state, CLIENT_SECRET, OLD_SECRET, STOLEN_CODE, BEARER, key]
    everything = dict(_left_behind(service))
    assert any(name.startswith("serve.log") for name in everything)
    assert _holders(everything.items(), secrets) == []
    shown = [(f"page {number}", page.encode()) for number, page in enumerate(service.pages)]
    assert _holders(shown, [*tokens, CLIENT_SECRET, OLD_SECRET, STOLEN_CODE, BEARER, key]) == []
    # People are in our tables, and nowhere else.
    assert _holders(
        [(name, text) for name, text in everything.items() if "leads" in name or "leadassay" in name], PEOPLE
    )
    elsewhere = [(name, text) for name, text in everything.items() if _is_no_place_for_people(name)]
    assert {"serve.log", "worker.log"} <= {name for name, _ in elsewhere}
    assert any("jobs" in name or "workflow" in name for name, _ in elsewhere)
    assert _holders([*elsewhere, *shown[:-1]], PEOPLE) == []


def _touch(service: Service, person: str, name: str) -> None:
    service.control.set_properties(PORTAL, person, {"lastname": f"{PERSON['lastname']} {name}"})


def _post(service: Service, body: bytes, **headers: str) -> int:
    made = signed_headers(body, _now_ms(), secret=CLIENT_SECRET, url=f"{service.url}/webhooks/hubspot")
    answer = requests.post(f"{service.url}/webhooks/hubspot", data=body, headers={**made, **headers}, timeout=10)
    service.seen(answer)
    return answer.status_code


def _now_ms() -> int:
    return int(time.time() * 1000)


def _failing_calls(service: Service, person: str) -> None:
    """The CRM fails in every way it knows, and quotes what it was sent."""
    control = service.control
    for number, fault in enumerate(("server_error", "html", "cut", "reset", "rate_limit")):
        more = {"retry_after_s": 0} if fault == "rate_limit" else {}
        control.misbehave(fault, path="/crm/objects/*/contacts/batch/read", **more)
        _touch(service, person, f"F{number}")
        wait_for(lambda: all(rule["struck"] for rule in control.rules()))
    done = "SELECT COUNT(*) FROM events WHERE done_at IS NULL"
    control.wait_for_webhooks()
    wait_for(lambda: service.number(done) == 0, timeout_s=90)


def _failing_pages(service: Service, browser: requests.Session, back: str) -> None:
    """Wrong and repeated callbacks, unsigned deliveries, a page that crashes."""
    used = service.seen(browser.get(back, timeout=10))
    assert used.status_code == 400
    wrong = f"{service.url}/oauth/hubspot/callback?code={STOLEN_CODE}&state=nobodys"
    assert service.seen(browser.get(wrong, timeout=10)).status_code == 400
    refused = f"{service.url}/oauth/hubspot/callback?error=access_denied&error_description={EMAIL}+{STOLEN_CODE}"
    assert service.seen(browser.get(refused, timeout=10)).status_code == 400
    body = body_of([event("1", "object.propertyChange", propertyName="email", propertyValue=EMAIL)])
    authorised = {"Authorization": f"Bearer {BEARER}"}
    assert _post(service, body, **{"X-HubSpot-Signature-v3": "forged", **authorised}) == 401
    assert _post(service, b'{"email": "' + EMAIL.encode() + b'"}', **authorised) == 204
    with broken(service, "ALTER TABLE lead_audits RENAME TO hidden", "ALTER TABLE hidden RENAME TO lead_audits"):
        crashed = service.seen(browser.get(f"{service.url}/leads?search={EMAIL}", headers=authorised, timeout=10))
        assert crashed.status_code == 500
    assert "page crashed" in service.logs()


def _failing_job(service: Service, person: str) -> None:
    """A fault of our own whose words name a person: a policy that cannot be read."""
    [[policy]] = rows(service.urls.database_url, "SELECT policy FROM policies")
    odd = policy.replace('"version"', f'"{EMAIL}"').replace("'", "''")
    mend = str(policy).replace("'", "''")
    with broken(
        service,
        f"UPDATE policies SET policy = '{odd}'",
        f"UPDATE policies SET policy = '{mend}'",
    ):
        _touch(service, person, "Odd")
        wait_for(lambda: "job_failed" in service.logs())
    service.change("UPDATE wakes SET not_before = NULL")
    wait_for(lambda: service.number("SELECT COUNT(*) FROM events WHERE done_at IS NULL") == 0)


def _left_behind(service: Service) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file of the data folder and of every table of the server."""
    for path in sorted(service.folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(service.folder)), path.read_bytes()
    if service.urls.database_url.startswith("postgresql"):
        with psycopg.connect(service.urls.database_url.replace("+psycopg", "")) as connection:
            tables = connection.execute(
                "SELECT schemaname, tablename FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            for schema, name in tables:
                with connection.cursor().copy(f'COPY "{schema}"."{name}" TO STDOUT') as copy:
                    yield f"{schema}.{name}", b"".join(bytes(part) for part in copy)


def _is_no_place_for_people(name: str) -> bool:
    return name.endswith(".log") or "jobs" in name or name.startswith("dbos") or "budget" in name


def _holders(places: Iterable[tuple[str, bytes]], wanted: Iterable[str]) -> list[str]:
    """Where one of `wanted` stands, as it is, in hexadecimal or in base64."""
    forms: list[Callable[[bytes], bytes]] = [lambda raw: raw, lambda raw: raw.hex().encode()]
    forms += [lambda raw, shift=shift: _middle(raw, shift) for shift in range(3)]  # type: ignore[misc]
    needles = [(word, form(word.encode())) for word in wanted for form in forms]
    return [f"{name}: {word[:12]}" for name, text in places for word, needle in needles if needle in text]


def _middle(raw: bytes, shift: int) -> bytes:
    """`raw` in base64 as it stands inside of a longer text, `shift` bytes after a boundary."""
    return base64.b64encode(b"\0" * shift + raw)[4 * bool(shift) : -4]
