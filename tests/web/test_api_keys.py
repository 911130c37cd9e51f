"""The page of API keys: made and shown once, revoked for good, and each account sees its own alone."""

from __future__ import annotations

import re
import shlex
from html import unescape
from itertools import pairwise

import pytest
from flask.testing import FlaskClient

from connector.storage import api_keys
from connector.web.views.api_keys import LONGEST_NAME, MOST_KEYS
from tests.web.conftest import NOW, WebApp, post
from tests.web.seed import Tenant, seed_tenant

PAGE, CHECK = "/settings/api-keys", "/api/v1/check"
KEY = re.compile(r"la_[0-9a-f]{12}_[0-9a-f]{64}")
LEAD = {"email": "anna.berg@firma.no"}


@pytest.fixture
def admin(web: WebApp, tenant: Tenant) -> FlaskClient:
    return web.signed_in(tenant, tenant.admin_id)


def make(client: FlaskClient, name: str = "Form") -> str:
    """Make a key on the page; the key in full."""
    answer = post(client, PAGE, {"name": name})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    [key] = set(KEY.findall(answer.text))
    return str(key)


def status_of(web: WebApp, key: str) -> int:
    return web.visitor().post(CHECK, json=LEAD, headers={"Authorization": f"Bearer {key}"}).status_code


def test_without_a_key_the_page_says_what_keys_are_for(admin: FlaskClient):
    page = admin.get(PAGE).text
    assert "No key yet." in page
    assert "Make one for each form or vendor" in page
    assert "Revoked keys" not in page
    assert "curl http://localhost:8000/api/v1/check" in page
    assert 'href="/settings/api-keys"' in admin.get("/settings").text


def test_a_new_key_is_shown_once_and_works(web: WebApp, admin: FlaskClient):
    answer = post(admin, PAGE, {"name": "  Form of\tthe  site "})
    [key] = set(KEY.findall(answer.text))
    assert f'value="{key}" readonly' in answer.text
    assert f"Authorization: Bearer {key}" in answer.text.replace("&#39;", "'")
    assert "Copy it now" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert status_of(web, key) == 200
    again = admin.get(PAGE).text
    assert not KEY.search(again)
    assert f"{key[:16]}…</code>" in again
    assert "<bdi>Form of the site</bdi>" in again
    assert "Last used" in again


def test_the_call_that_is_shown_works(web: WebApp, admin: FlaskClient):
    page = unescape(post(admin, PAGE, {"name": "Form"}).text)
    words = shlex.split(re.search(r"curl .*?(?=</code>)", page, re.DOTALL)[0])  # type: ignore[index]
    assert words[:2] == ["curl", "http://localhost:8000/api/v1/check"]
    headers = dict(word.split(": ", 1) for before, word in pairwise(words) if before == "-H")
    answer = web.visitor().post(CHECK, data=words[words.index("-d") + 1].encode(), headers=headers)
    assert (answer.status_code, answer.json["verdict"]) == (200, "repairable")


def test_a_revoked_key_is_refused_from_the_next_call_on(web: WebApp, admin: FlaskClient):
    kept, key = make(admin, "Kept"), make(admin, "Leaked")
    page = admin.get(PAGE).text
    assert "Whatever uses this key is refused from the next call on." in page
    answer = post(admin, f"{PAGE}/{key.split('_')[1]}/revoke", form_on=PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}?note=key-revoked")
    assert (status_of(web, key), status_of(web, kept)) == (401, 200)
    page = admin.get(answer.headers["Location"]).text
    assert "The key is revoked" in page
    assert page.index("Kept") < page.index("Revoked keys") < page.rindex("Leaked")
    assert page.count("/revoke") == 1
    # Again changes nothing: when it ended stays.
    web.clock.now = NOW.replace(hour=NOW.hour + 1)
    assert post(admin, f"{PAGE}/{key.split('_')[1]}/revoke", form_on=PAGE).status_code == 303


def test_two_accounts_know_nothing_of_each_others_keys(web: WebApp, tenant: Tenant, admin: FlaskClient):
    other = seed_tenant(web.context, account_id="247279313", name="Rival AG", leads=1, prefix="2")
    theirs = web.signed_in(other, other.admin_id)
    foreign = make(theirs, "Canary of the rival")
    key_id = foreign.split("_")[1]
    assert key_id not in admin.get(PAGE).text
    assert "Canary" not in admin.get(PAGE).text
    assert post(admin, f"{PAGE}/{key_id}/revoke", form_on=PAGE).status_code == 404
    assert status_of(web, foreign) == 200
    with web.database.write() as connection:
        assert not api_keys.revoke_key(connection, tenant.install_id, key_id, NOW)
        assert api_keys.list_keys(connection, tenant.install_id) == []
        assert [each.name for each in api_keys.list_keys(connection, other.install_id)] == ["Canary of the rival"]


@pytest.mark.parametrize("name", ["", "   ", "x" * (LONGEST_NAME + 1)])
def test_a_key_needs_a_name(admin: FlaskClient, name: str):
    answer = post(admin, PAGE, {"name": name})
    assert answer.status_code == 422
    assert f"Write a name of at most {LONGEST_NAME} letters." in answer.text
    assert not KEY.search(answer.text)
    assert "No key yet." in answer.text


def test_a_name_is_text_and_nothing_else(admin: FlaskClient):
    make(admin, "<script>alert(1)</script>")
    page = admin.get(PAGE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_there_is_an_end_to_keys(web: WebApp, tenant: Tenant, admin: FlaskClient):
    with web.database.write() as connection:
        for number in range(MOST_KEYS):
            api_keys.put_key(
                connection,
                tenant.install_id,
                f"{number:012x}",
                name=str(number),
                secret_hash="0" * 64,
                user_id=tenant.admin_id,
                at=NOW,
            )
    answer = post(admin, PAGE, {"name": "One more"})
    assert answer.status_code == 422
    assert f"There are {MOST_KEYS} keys already." in answer.text
    assert post(admin, f"{PAGE}/{0:012x}/revoke", form_on=PAGE).status_code == 303
    assert post(admin, PAGE, {"name": "One more"}).status_code == 200


def test_heads_and_reps_make_no_keys(web: WebApp, tenant: Tenant):
    for user_id in (tenant.head_id, tenant.rep_id):
        client = web.signed_in(tenant, user_id)
        assert post(client, PAGE, {"name": "Mine"}, form_on="/overview").status_code == 403
    with web.database.read() as connection:
        assert api_keys.list_keys(connection, tenant.install_id) == []
