"""Attacks on the real web process: races for one secret, answers meant for others, ids of others, forged hosts.

What counts is the sandbox's own log of calls to its token endpoint, and what the process answers.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import requests

from connector.crm.port import LeadRecord
from connector.jobs.context import make_context, utc_now
from connector.sandbox import SandboxConfig, SandboxControl, run_in_thread
from connector.sandbox.config import ClientApp
from connector.settings import load_settings
from connector.storage import installs
from tests.conftest import DatabaseUrls
from tests.factories import make_lead
from tests.process.web_process import free_port
from tests.stack import KEYS, OTHER_PORTAL, PORTAL
from tests.waiting import wait_for
from tests.web.seed import store_and_audit

pytestmark = pytest.mark.process

ADMIN, OTHER_ADMIN = 98_499_705, 98_500_001
ADMIN_EMAIL = "ada.admin@northwind.example"
SECRET = "attacks-client-secret"
AT_ONCE = 8
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_LINK = re.compile(r"/sign-in/link/[\w-]+")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Browser:
    """One person's cookies. Follows nothing by itself."""

    def __init__(self, base: str, cookies: dict[str, str] | None = None) -> None:
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.cookies.update(cookies or {})

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self.session.cookies.items())

    def get(self, path: str, **headers: str) -> requests.Response:
        url = path if path.startswith("http") else self.base + path
        return self.session.get(url, headers=headers, timeout=20, allow_redirects=False)

    def post(self, path: str, data: dict[str, str] | None = None, *, form_on: str = "", **headers: str):
        token = _CSRF.search(self.get(form_on or path).text)
        assert token is not None
        # By hand, because with another Host in the request the library would keep its cookies to itself.
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}
        return requests.post(
            self.base + path,
            data={"csrf_token": token[1], **(data or {})},
            headers=sent,
            timeout=20,
            allow_redirects=False,
        )


class Site:
    """The web process with a sandbox of its own."""

    def __init__(self, url: str, control: SandboxControl, env: dict[str, str]) -> None:
        self.url, self.control, self.env = url, control, env

    def browser(self, cookies: dict[str, str] | None = None) -> Browser:
        return Browser(self.url, cookies)

    def consent(self, browser: Browser, portal: int = PORTAL, user: int = ADMIN) -> str:
        """Through the consent page; the address to which the CRM sends the browser back, not opened yet."""
        asked = browser.post("/install/hubspot", form_on="/").headers["Location"]
        return str(self.control.consent(asked, portal, user).headers["Location"])

    def token_calls(self) -> int:
        return self.control.count_requests("POST", "/oauth/2026-03/token")

    def mails(self) -> list[str]:
        box = Path(self.env["LEADASSAY_DATA_DIR"]) / "mailbox"
        return [
            message_from_bytes(path.read_bytes(), policy=default).get_content() for path in sorted(box.glob("*.eml"))
        ]

    def store_lead(self, portal: int, lead_id: str, name: str) -> None:
        """A judged lead in the account, as the worker would have left it."""
        context = make_context(load_settings(self.env), holder="test")
        try:
            with context.database.read() as connection:
                install = installs.find_install_by_account(connection, "hubspot", str(portal))
            assert install is not None
            lead = replace(make_lead(lead_id), received_at=utc_now(), recorded_at=utc_now(), first_name=name)
            store_and_audit(context, install.install_id, [LeadRecord(lead=lead)])
        finally:
            context.inbox.close()
            context.database.close()


@pytest.fixture
def site(database_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Site]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = ClientApp(client_secret=SECRET, redirect_uris=(f"{url}/oauth/hubspot/callback",))
    with (
        run_in_thread(SandboxConfig(app=app)) as sandbox,
        SandboxControl(sandbox.base_url, sandbox.control_token) as control,
    ):
        env = {
            "LEADASSAY_PUBLIC_URL": url,
            "LEADASSAY_KEYS": KEYS,
            "LEADASSAY_DATA_DIR": str(tmp_path),
            "LEADASSAY_DATABASE_URL": database_urls.database_url,
            "LEADASSAY_INBOX_URL": database_urls.inbox_url,
            "HUBSPOT_CLIENT_ID": app.client_id,
            "HUBSPOT_CLIENT_SECRET": SECRET,
            "HUBSPOT_AUTH_URL": sandbox.base_url,
            "HUBSPOT_API_URL": sandbox.base_url,
        }
        command = [sys.executable, "-m", "connector.cli", "serve", "--port", str(port)]
        with (tmp_path / "serve.log").open("ab") as log:
            process = subprocess.Popen(command, env={**os.environ, **env}, stdout=log, stderr=log)
        try:
            wait_for(lambda: _answers(url))
            yield Site(url, control, env)
        finally:
            process.terminate()
            process.wait(30)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.ConnectionError:
        return False


def at_once(deeds: Sequence[Callable[[], int]]) -> list[int]:
    """Do all of them at the same moment; what they gave, sorted."""
    barrier = threading.Barrier(len(deeds))

    def go(deed: Callable[[], int]) -> int:
        barrier.wait(10)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return sorted(pool.map(go, deeds))


def test_a_code_goes_to_the_crm_once_and_for_its_own_browser_alone(site: Site):
    owner = site.browser()
    back = site.consent(owner)
    assert site.browser().get("/oauth/hubspot/callback").status_code == 400
    assert site.browser().get(back.replace("state=", "state=x")).status_code == 400
    assert site.token_calls() == 0

    windows = [site.browser(owner.cookies) for _ in range(AT_ONCE)]
    assert at_once([lambda window=window: window.get(back).status_code for window in windows]) == (
        [303] + [400] * (AT_ONCE - 1)
    )
    assert site.token_calls() == 1

    victim, attacker = site.browser(), site.browser()
    back = site.consent(attacker)
    victim.get("/")
    assert victim.get(back).status_code == 400
    assert victim.get("/overview").headers["Location"].startswith("/sign-in")
    assert attacker.get(back).status_code == 400, "a state that was shown to another browser is burnt"
    assert site.token_calls() == 1

    state = re.search(r"state=([^&]+)", site.consent(attacker))
    assert state is not None
    told = attacker.get(
        f"/oauth/hubspot/callback?state={state[1]}&error=%3Cscript%3Ealert(1)%3C/script%3E"
        "&error_description=%3Cimg%20src=x%20onerror=alert(2)%3E"
    )
    assert told.status_code == 400
    assert "<script>alert" not in told.text
    assert "onerror" not in told.text, "the words of an error are nobody's we know"
    assert site.token_calls() == 1


def test_a_mailed_link_leads_here_and_signs_in_once(site: Site):
    admin = site.browser()
    assert admin.get(site.consent(admin)).status_code == 303
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert site.browser().post("/sign-in", {"email": ADMIN_EMAIL}, **forged).status_code == 200
    wait_for(lambda: bool(site.mails()))
    [mail] = site.mails()
    link = _LINK.search(mail)
    assert link is not None
    assert f"{site.url}{link[0]}" in mail
    assert "evil.example" not in mail
    people = [site.browser() for _ in range(AT_ONCE)]
    assert at_once([lambda person=person: person.post(link[0]).status_code for person in people]) == (
        [303] + [403] * (AT_ONCE - 1)
    )
    ended = admin.cookies
    assert admin.post("/sign-out", form_on="/overview").status_code == 303
    assert site.browser(ended).get("/overview").headers["Location"].startswith("/sign-in")


def test_no_account_sees_another_and_every_answer_carries_its_headers(site: Site):
    ours, theirs = site.browser(), site.browser()
    assert ours.get(site.consent(ours)).status_code == 303
    assert theirs.get(site.consent(theirs, OTHER_PORTAL, OTHER_ADMIN)).status_code == 303
    site.store_lead(PORTAL, "7001", "Ownleaf")
    site.store_lead(OTHER_PORTAL, "7002", "Foreignleaf")
    assert (ours.get("/leads/7001").status_code, ours.get("/leads/7002").status_code) == (200, 404)
    assert (theirs.get("/leads/7002").status_code, theirs.get("/leads/7001").status_code) == (200, 404)
    for path in ("/leads", "/leads?q=leaf", "/leads.csv", "/neglected", "/neglected.csv", "/overview", "/owners"):
        shown = ours.get(path, **{"X-Install-Id": str(OTHER_PORTAL), "HX-Request": "true", "HX-Target": "rows"}).text
        assert "Foreignleaf" not in shown, path
    assert "Ownleaf" in ours.get("/leads.csv").text

    paths = ("/", "/overview", "/nothing", "/leads/%00", "/static/assay.css", "/static/no", "/oauth/x/callback")
    for method in ("GET", "HEAD", "POST", "OPTIONS", "DELETE"):
        for path in (*paths, "/webhooks/hubspot", "/webhooks/nobody", "//evil.example/leads", "/healthz"):
            answer = requests.request(method, site.url + path, timeout=20, allow_redirects=False)
            assert answer.status_code < 500, (method, path)
            assert "evil" not in answer.headers.get("Location", ""), (method, path)
            assert {name: answer.headers.get(name) for name in _HEADERS} == _HEADERS, (method, path)
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"], (method, path)
            assert answer.headers["Cache-Control"] == "no-store" or path.startswith("/static/"), (method, path)
