"""What people do in their browsers: the head of sales is named, signs in and takes the list."""

from __future__ import annotations

import csv
import email
import html
import io
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from email.policy import default as mail_policy
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from connector.demo.browser import Browser, Page
from connector.demo.crm import Head
from connector.demo.processes import DemoFailed

MAIL_WITHIN_S: Final = 20
_MEANS: Final = re.compile(r'for="(means-\w+)">What (.+?) means<')
_LIST_COLUMNS: Final = ("lead_id", "lead_quality", "handling", "lead_verdict", "follow_up_status")


def name_head_of_sales(browser: Browser, app_url: str, head: Head, *, wait: Callable[[], None]) -> None:
    """Answer the three questions of the install page: who leads the sales team. `wait` is called while it reads."""
    for _ in range(120):
        page = browser.open(f"{app_url}/install/progress")
        if f'value="{head.user_id}"' in page.text:
            break
        wait()
    else:
        raise DemoFailed(f"{head.name} does not stand on the page {app_url}/install/progress: were the owners read?")
    browser.submit(page, page.form("/install/answers"), ("manager", head.user_id))


def say_meanings(
    browser: Browser, app_url: str, meanings: Mapping[str, Mapping[str, str]], *, wait: Callable[[], None]
) -> None:
    """On the page of meanings: for each field (its internal name), what each value means (by what people see of it).

    `wait` is called until the account's values are known to the app. Raises DemoFailed when they do not come.
    """
    for field, by_label in meanings.items():
        for _ in range(240):
            page = browser.open(f"{app_url}/settings/values")
            names = {html.unescape(label): name for name, label in _MEANS.findall(page.text)}
            if names.keys() >= by_label.keys():
                break
            wait()
        else:
            missing = ", ".join(sorted(by_label.keys() - names.keys()))
            raise DemoFailed(f"The page {app_url}/settings/values does not ask what these mean: {missing}.")
        form = next((form for form in page.forms if ("field", field) in form.fields), None)
        if form is None:
            raise DemoFailed(f"The page {app_url}/settings/values has no form for {field}.")
        browser.submit(page, form, typed={names[label]: meaning for label, meaning in by_label.items()})


def name_fields(browser: Browser, app_url: str, names: Mapping[str, str], *, wait: Callable[[], None]) -> None:
    """On the page of fields: for each role (a value of LeadField), the CRM's field that holds it, by its internal
    name. `wait` is called until the app knows the account's fields. Raises DemoFailed when they do not come."""
    for _ in range(240):
        page = browser.open(f"{app_url}/settings/fields")
        if all(f'<option value="{name}"' in page.text for name in names.values()):
            break
        wait()
    else:
        raise DemoFailed(f"The page {app_url}/settings/fields does not offer all of {', '.join(names.values())}.")
    typed = {f"role-{role}": name for role, name in names.items()}
    browser.submit(page, page.form("/settings/fields"), typed=typed)


def tell_policy(
    browser: Browser,
    app_url: str,
    zone: ZoneInfo,
    *,
    away: Mapping[str, tuple[datetime, datetime]],
    terms: Mapping[str, str],
) -> None:
    """On the page of the policy: who is away from when to when, by owner id, and what else is typed there (`terms`,
    by field); kept as a new version. The page takes wall times of `zone`. Raises DemoFailed when it is not kept."""
    page = browser.open(f"{app_url}/settings/policies/edit")
    typed: dict[str, str] = {**terms}
    for number, (owner_id, (begin, end)) in enumerate(sorted(away.items())):
        form = page.form("/settings/policies/edit")
        page = browser.submit(page, form, ("do", "absence-add"), typed=typed)
        typed |= {
            f"a{number}_owner": owner_id,
            f"a{number}_begin": f"{begin.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            f"a{number}_end": f"{end.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        }
    page = browser.submit(page, page.form("/settings/policies/edit"), ("do", "save"), typed=typed)
    if "note=policy-saved" not in page.url:
        raise DemoFailed(f"The page {app_url}/settings/policies/edit did not keep what was typed.")


def ask_for_link(browser: Browser, app_url: str, mailbox: Path, head: Head) -> str:
    """Let the app mail a one-time link to the head of sales; it lands in the file mailbox. Returns the link."""
    before = set(mailbox.glob("*.eml"))
    page = browser.open(f"{app_url}/sign-in")
    browser.submit(page, page.form("/sign-in"), typed={"email": head.email})
    deadline = time.monotonic() + MAIL_WITHIN_S
    while time.monotonic() < deadline:
        for letter in sorted(set(mailbox.glob("*.eml")) - before):
            link = _link_in(letter, app_url, head)
            if link is not None:
                return link
        time.sleep(0.1)
    raise DemoFailed(f"No mail with a link for {head.email} came to {mailbox} within {MAIL_WITHIN_S} s.")


def sign_in(browser: Browser, link: str) -> Page:
    """Open the link and press its button. Returns the page that shows then."""
    page = browser.open(link)
    return browser.submit(page, page.form("/sign-in"))


def take_list(browser: Browser, app_url: str) -> dict[str, dict[str, str]]:
    """The export of the whole list of leads: lead id → column → value, those that stand on the CRM's record too."""
    text = browser.download(f"{app_url}/leads.csv").decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text))
    return {row["lead_id"]: {name: row[name] for name in _LIST_COLUMNS} for row in rows}


def _link_in(letter: Path, app_url: str, head: Head) -> str | None:
    message = email.message_from_bytes(letter.read_bytes(), policy=mail_policy)
    body = message.get_body(("plain",))
    if head.email not in str(message["To"]) or body is None:
        return None
    found = re.search(re.escape(app_url) + r"/sign-in/link/[\w-]+", str(body.get_content()))
    return found.group() if found else None
