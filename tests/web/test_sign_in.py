"""Sign-in: one-time links, nothing learnt about who is known, and only our own pages afterwards."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from connector.storage import people
from connector.web.paths import own_path
from tests.web.conftest import WebApp, post
from tests.web.links import ask_for_link, mails, sign_in_by_link
from tests.web.seed import Tenant

HOSTILE = (
    "https://evil.example/", "http:evil.example", "//evil.example", "///evil.example", "/\\evil.example",
    "\\\\evil.example",
    "/%5cevil.example", "/%2f/evil.example", "/%2fevil.example", "/%252fevil.example", "javascript:alert(1)",
    "data:text/html,x", "/\t/evil.example", "/\n/evil.example", " //evil.example", "/leads\r\nSet-Cookie: a=b",
    "/@evil.example", "@evil.example", "evil.example", "/.evil.example", "/overview/../..//evil.example", "", "?x",
    "/no-such-page", "/sign-out", "http://localhost:8000@evil.example/", "/／evil.example", "/leads?" + "a" * 3000,
)  # fmt: skip


@pytest.mark.parametrize("wanted", HOSTILE)
def test_no_hostile_address_is_followed(web: WebApp, wanted: str):
    assert own_path(wanted, web.app.url_map) == "/overview"


@pytest.mark.parametrize(
    "wanted", ["/leads", "/leads?rule=RT001&outcome=breach", "/leads/9001", "/sync", "/overview?days=7"]
)
def test_our_own_pages_are(web: WebApp, wanted: str):
    assert own_path(wanted, web.app.url_map) == wanted


def test_the_page_asked_for_is_where_one_ends(web: WebApp, tenant: Tenant):
    client = web.visitor()
    sent = client.get("/leads?rule=RT001")
    assert sent.headers["Location"] == "/sign-in?next=/leads?rule%3DRT001"
    for target, ends in (("/leads?rule=RT001", "/leads?rule=RT001"), ("//evil.example", "/overview")):
        link = ask_for_link(web, client, f"admin@{tenant.install.account_id}.example")
        assert post(client, link, {"next": target}).headers["Location"] == ends
        post(client, "/sign-out", form_on="/overview")


def test_a_mail_scanner_that_opens_the_link_does_not_use_it_up(web: WebApp, tenant: Tenant):
    client = web.visitor()
    link = ask_for_link(web, client, f"LENA@{tenant.install.account_id}.example")
    for _ in range(3):
        opened = web.visitor().get(link)
        assert opened.status_code == 200
        assert opened.headers["Referrer-Policy"] == "no-referrer"
    assert post(client, link).status_code == 303
    assert "Lena Brandt" in client.get("/overview").text
    assert post(web.visitor(), link).status_code == 403


def test_a_link_dies_after_15_minutes(web: WebApp, tenant: Tenant):
    client = web.visitor()
    link = ask_for_link(web, client, f"admin@{tenant.install.account_id}.example")
    web.clock.now += timedelta(minutes=15, seconds=1)
    answer = post(client, link)
    assert answer.status_code == 403
    assert "Ask for another one" in answer.text


def test_a_person_on_the_crms_list_comes_in_as_a_rep(web: WebApp, tenant: Tenant):
    client = web.visitor()
    sign_in_by_link(web, client, f"marta@{tenant.install.account_id}.example")
    assert "your own leads" in client.get("/overview").text
    with web.database.read() as connection:
        user = people.find_user_by_email(connection, tenant.install_id, f"marta@{tenant.install.account_id}.example")
    assert user is not None
    assert user.role is people.Role.REP


def test_the_answer_is_the_same_for_known_and_unknown(web: WebApp, tenant: Tenant):
    answers = []
    for email in (f"admin@{tenant.install.account_id}.example", "stranger@nowhere.example"):
        answer = post(web.visitor(), "/sign-in", {"email": email})
        answers.append((answer.status_code, re.sub(r'value="[^"]+"', "", answer.text), sorted(answer.headers.keys())))
    assert answers[0] == answers[1]
    web.site.links.close()
    assert len(mails(web)) == 1


@pytest.mark.parametrize("email", ["", "x", "a@b@c", "a\r\nBcc: x@y.example@z", "x" * 300 + "@y.example"])
def test_what_is_no_address_is_said(web: WebApp, email: str):
    answer = post(web.visitor(), "/sign-in", {"email": email})
    assert answer.status_code == 422
    assert "not an e-mail address" in answer.text


def test_one_address_is_not_flooded_with_mails(web: WebApp, tenant: Tenant):
    for _ in range(12):
        assert (
            post(web.visitor(), "/sign-in", {"email": f"admin@{tenant.install.account_id}.example"}).status_code
            == 200
        )
    web.site.links.close()
    assert len(mails(web)) == 5


def test_a_caller_who_asks_without_end_is_held_up(web: WebApp):
    answers = [post(web.visitor(), "/sign-in", {"email": f"p{n}@x.example"}) for n in range(40)]
    assert [answer.status_code for answer in answers[-3:]] == [429, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_without_a_provider_there_is_no_company_sign_in(web: WebApp):
    assert web.visitor().get("/sign-in/oidc").status_code == 404
    assert "company account" not in web.visitor().get("/sign-in").text
