"""The pictures of docs/install, and that of the rules at work, taken of the real pages over an invented account.

    python scripts/pictures.py [folder]

Needs Chromium. The account is the one of the pages' tests; the clock stands still, so that a picture changes only
when its page does.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import sqlalchemy as sa
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from audits.model.truth import PSEUDO_CLASSES
from audits.truth.experience import Experience, Noted, lesson_of
from audits.truth.outcomes import Found, FoundOut
from connector.catalog import CRMS
from connector.jobs.learn_truth import grounds_of
from connector.logs import configure_logs
from connector.storage import cursors, installs, lessons, outcomes, timeline
from connector.storage.migrate import upgrade
from connector.storage.tables import cursors as cursors_table
from connector.storage.tables import installs as installs_table
from tests import needs
from tests.conftest import DatabaseUrls
from tests.factories import make_lead, make_record
from tests.web.conftest import WebApp, close_web, open_web
from tests.web.seed import NOW, Tenant, seed_tenant

ROOT = Path(__file__).parents[1]
WIDTH, HEIGHT = 1180, 760
PIPEDRIVE = {"PIPEDRIVE_CLIENT_ID": "client-2", "PIPEDRIVE_CLIENT_SECRET": "secret-of-the-pictures-0123456789"}


@contextmanager
def account(crm: str) -> Iterator[tuple[WebApp, Tenant, str]]:
    """The app with an account of that CRM, a day after it was connected, and where it listens."""
    with tempfile.TemporaryDirectory() as name:
        urls = DatabaseUrls(f"sqlite:///{name}/leadassay.sqlite", f"sqlite:///{name}/inbox.sqlite")
        upgrade(urls.database_url, urls.inbox_url)
        web = open_web(urls, Path(name), **PIPEDRIVE)
        server = make_server("127.0.0.1", 0, web.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            tenant = seed_tenant(web.context, leads=60)
            with web.database.write() as connection:
                connection.execute(sa.update(installs_table).values(crm=crm))
            yield web, tenant, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            close_web(web)


def still_reading(web: WebApp, tenant: Tenant) -> None:
    """As five minutes after the consent: a part of the contacts was read."""
    with web.database.write() as connection:
        cursors.put_cursor(
            connection, tenant.install_id, "backfill", "page-2", 12_400, 31_000, NOW - timedelta(minutes=5)
        )
        # The seed began to read weeks ago, and a beginning is kept.
        connection.execute(sa.update(cursors_table).values(started_at=NOW - timedelta(minutes=5), updated_at=NOW))


#: How many leads, what was said of them, the rule that spoke and its reason, and how many of them proved so.
_NOTED: tuple[tuple[int, float, str, str, int], ...] = (
    (380, 0.02, "", "need_stated", 4),
    (90, 0.16, "", "email_disposable_doubtful", 11),
    (46, 0.42, "", "form_hasty", 15),
    (40, 0.66, "PL003", "placeholder_name", 31),
    (44, 0.79, "PL009", "joke_name", 12),
    (72, 0.93, "PL011", "mashed_name", 66),
    (58, 0.97, "PL006", "honeypot_filled", 56),
    (31, 0.99, "PL010", "own_domain", 31),
)


def outcomes_noted(web: WebApp, tenant: Tenant) -> None:
    """As after some months: representatives noted what leads had been, and that was learned from."""
    genuine = FoundOut(found=Found.GENUINE, why="own_act", against=PSEUDO_CLASSES)
    pseudo = FoundOut(found=Found.PSEUDO, why="denied", classes=PSEUDO_CLASSES)
    lines = [
        Noted(
            lead_id=f"noted-{place}-{number}",
            said=said,
            spoke=(rule,) if rule else (),
            codes=(code,),
            found=pseudo if number < proved else genuine,
        )
        for place, (n, said, rule, code, proved) in enumerate(_NOTED)
        for number in range(n)
    ]
    with web.database.write() as connection:
        records = [make_record(make_lead(each.lead_id, received_at=NOW, recorded_at=NOW)) for each in lines]
        timeline.store_records(connection, tenant.install_id, records, NOW)
        outcomes.note_outcomes(connection, tenant.install_id, lines, NOW)
        experience = Experience.of(outcomes.count_noted(connection, tenant.install_id))
        lessons.put_lesson(connection, tenant.install_id, lesson_of(experience), grounds_of(experience), NOW)


def without_mails(web: WebApp, tenant: Tenant, scope: str) -> None:
    """As after a consent that left the mails out."""
    told = CRMS[tenant_crm(web, tenant)].capabilities((scope,))
    with web.database.write() as connection:
        installs.set_capabilities(
            connection, tenant.install_id, coverage=told.coverage, missing_scopes=told.missing_scopes
        )


def tenant_crm(web: WebApp, tenant: Tenant) -> str:
    """The CRM of the account, which was named after the seed."""
    with web.database.read() as connection:
        return installs.get_install(connection, tenant.install_id).crm


def taken(page: Page, folder: Path, name: str, *, part: str | None = None, is_whole: bool = False) -> None:
    """Keep a picture of what the window shows, of the whole page, or of a part of it."""
    page.wait_for_load_state("networkidle")
    path = folder / f"{name}.png"
    if part is None:
        page.screenshot(path=path, animations="disabled", full_page=is_whole)
    else:
        page.locator(part).screenshot(path=path, animations="disabled")
    print(path)


def walk(browser: Browser, folder: Path, crm: str, mail_scope: str) -> None:
    """The pages that an admin of that CRM passes."""
    with account(crm) as (web, tenant, url):
        visitor = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        page = visitor.new_page()
        if crm == "hubspot":
            page.goto(f"{url}/")
            taken(page, folder, "start")
            page.goto(f"{url}/install/frappe")
            taken(page, folder, "frappe-connect", is_whole=True)
        else:
            page.goto(f"{url}/install/{crm}")
            taken(page, folder, f"{crm}-connect", is_whole=True)
        cookie = web.signed_in(tenant, tenant.admin_id).get_cookie("assay", domain="localhost")
        if cookie is None:
            raise SystemExit("nobody is signed in")
        visitor.add_cookies([{"name": "assay", "value": cookie.value, "url": url}])
        without_mails(web, tenant, mail_scope)
        page.goto(f"{url}/sync")
        taken(page, folder, f"{crm}-sync")
        page.goto(f"{url}/settings")
        page.locator("section[aria-labelledby=end] summary").click()
        taken(page, folder, f"{crm}-uninstall", part="section[aria-labelledby=end]")
        still_reading(web, tenant)
        page.goto(f"{url}/install/progress")
        taken(page, folder, f"{crm}-reading")
        visitor.close()


def rules_at_work(browser: Browser, folder: Path) -> None:
    """The page on which rules are held against what was noted."""
    with account("hubspot") as (web, tenant, url):
        outcomes_noted(web, tenant)
        cookie = web.signed_in(tenant, tenant.head_id).get_cookie("assay", domain="localhost")
        if cookie is None:
            raise SystemExit("nobody is signed in")
        visitor = browser.new_context(viewport={"width": 1280, "height": HEIGHT})
        visitor.add_cookies([{"name": "assay", "value": cookie.value, "url": url}])
        page = visitor.new_page()
        page.goto(f"{url}/rules-at-work")
        page.locator("figure[data-drawn]").wait_for()
        taken(page, folder, "rules-at-work", is_whole=True)
        visitor.close()


def main() -> None:
    """Take them all."""
    configure_logs("ERROR")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/pictures/install"
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=needs.chromium_path(), args=list(needs.CHROMIUM_FLAGS))
        rules_at_work(browser, folder.parent)
        walk(browser, folder, "hubspot", "sales-email-read")
        walk(browser, folder, "pipedrive", "mail:read")
        browser.close()


if __name__ == "__main__":
    main()
