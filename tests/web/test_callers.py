"""How often one caller may ask for sign-in links, and who counts as one caller behind a proxy."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import DatabaseUrls
from tests.web.conftest import WebApp, csrf_of, post
from tests.web.links import ask_for_link
from tests.web.seed import seed_tenant


def ask(web: WebApp, number: int, forwarded_for: str) -> int:
    client = web.visitor()
    data = {"csrf_token": csrf_of(client, "/sign-in"), "email": f"p{number}@x.example"}
    return client.post("/sign-in", data=data, headers={"X-Forwarded-For": forwarded_for}).status_code


def test_a_forged_forwarding_header_does_not_make_another_caller(web: WebApp):
    assert [ask(web, number, f"198.51.100.{number}") for number in range(32)][-2:] == [429, 429]


def test_behind_a_trusted_proxy_each_caller_has_his_own_limit(
    make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls
):
    web = make_web(sqlite_urls, LEADASSAY_TRUSTED_PROXIES="1")
    # What the caller himself wrote stands to the left of what the proxy adds.
    flood = [ask(web, number, f"198.51.100.{number}, 203.0.113.7") for number in range(32)]
    assert flood[-2:] == [429, 429]
    assert ask(web, 99, "203.0.113.8") == 200


def test_a_trusted_proxy_names_the_caller_and_nothing_else(
    make_web: Callable[..., WebApp], sqlite_urls: DatabaseUrls
):
    web = make_web(sqlite_urls, LEADASSAY_TRUSTED_PROXIES="1")
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Prefix": "//evil.example",
    }
    answer = web.visitor().get("/overview", headers=forged)
    assert answer.headers["Location"] == "/sign-in?next=/overview"


def test_a_flood_of_asks_does_not_lock_out_those_who_have_a_link(web: WebApp):
    tenant = seed_tenant(web.context, leads=1)
    client = web.visitor()
    link = ask_for_link(web, client, f"admin@{tenant.install.account_id}.example")
    assert 429 in [ask(web, number, "") for number in range(40)]
    assert post(client, link).status_code == 303
