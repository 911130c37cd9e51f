"""Signing in as a person does: ask for a link, read the mail, press the button."""

from __future__ import annotations

import re
import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.conftest import WebApp, post

_LINK = re.compile(r"http://localhost:8000(/sign-in/link/\S+)")


def mails(web: WebApp) -> list[Path]:
    """The mails that were sent, oldest first. One that is being written has a hidden name until it is whole."""
    whole = web.site.settings.mailbox_dir.glob("[!.]*")
    return sorted(whole, key=lambda path: path.stat().st_mtime_ns)


def ask_for_link(web: WebApp, client: FlaskClient, email: str) -> str:
    """The path of the link that was mailed."""
    before = len(mails(web))
    assert post(client, "/sign-in", {"email": email}).status_code == 200
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        new = mails(web)[before:]
        text = message_from_bytes(new[-1].read_bytes(), policy=default).get_content() if new else ""
        found = _LINK.search(text)
        if found:
            return found.group(1)
        time.sleep(0.01)
    raise AssertionError(f"no mail to {email}")


def sign_in_by_link(web: WebApp, client: FlaskClient, email: str) -> TestResponse:
    """The whole way; the answer to the press of the button."""
    return post(client, ask_for_link(web, client, email))
