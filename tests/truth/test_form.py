"""Forms: crawlers and ordinary browsers, honeypot, time, and addresses of the net."""

from __future__ import annotations

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from audits.model.truth import Given, TruthTerms
from audits.truth.form import form_signals, ip_class, judge_form, subnet_of
from audits.truth.user_agents import bot_named, is_headless, is_ordinary
from scripts.accuracy.user_agents import HEADLESS, TOOLS, browsers

TERMS = TruthTerms()
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36"
)


def _codes(given: Given) -> list[str]:
    return [each.code for each in form_signals(given, judge_form(given), TERMS)]


def test_every_pattern_of_the_list() -> None:
    missed = [text for each in CRAWLER_USER_AGENTS_DATA for text in each["instances"] if bot_named(text) is None]
    assert missed == []
    assert len(CRAWLER_USER_AGENTS_DATA) > 1_000


def test_no_ordinary_browser() -> None:
    ordinary = browsers()
    assert [text for text in ordinary if bot_named(text) is not None or is_headless(text)] == []
    assert len(ordinary) > 400


def test_most_browsers_are_known_by_their_shape_alone() -> None:
    ordinary = browsers()
    assert sum(map(is_ordinary, ordinary)) > 0.95 * len(ordinary)


@pytest.mark.parametrize(
    "text",
    [
        CHROME.replace("Safari/537.36", "Safari/537.36 Sonic Slack_SSB/4.35.126"),
        CHROME.replace("Safari/537.36", "Mobile Safari/537.36 WhatsApp/2.21.16.20"),
    ],
)
def test_pages_within_an_app_whose_fetcher_is_on_the_list(text: str) -> None:
    assert bot_named(text) is None
    assert bot_named(text.rpartition("Safari/537.36 ")[2]) is not None


@pytest.mark.parametrize(
    "text",
    ["libcurl-agent/1.0", "Ktor client", "Deno/1.38", "Bun/1.0.14", "superagent/8.0", "Typhoeus - https://a.example"],
)
def test_more_tools(text: str) -> None:
    assert bot_named(text) is not None


@pytest.mark.parametrize("text", HEADLESS)
def test_windowless(text: str) -> None:
    assert bot_named(text) is not None
    assert _codes(Given(user_agent=text)) == ["user_agent_headless"]


@pytest.mark.parametrize("text", TOOLS)
def test_tools(text: str) -> None:
    assert not is_headless(text)
    assert _codes(Given(user_agent=text)) == ["user_agent_crawler"]


@pytest.mark.parametrize(
    "text", ["NewsBot/1.0", "acme-crawler (+https://acme.example)", "Mozilla/5.0 (compatible; ZooSpider/3; x)"]
)
def test_crawlers_of_a_later_date(text: str) -> None:
    assert bot_named(text) is not None


@pytest.mark.parametrize("text", ["", "Mozilla/5.0", "Lynx/2.8.9rel.1 libwww-FM/2.14", "x" * 100_000, "(" * 5_000])
def test_texts_that_name_nothing(text: str) -> None:
    assert bot_named(text) is None


def test_a_crawler_in_the_system_of_a_browser_is_found() -> None:
    text = CHROME.replace("Windows NT 10.0; Win64; x64", "X11; Linux x86_64; Storebot-Google/1.0")
    assert bot_named(text) == "Storebot-Google"


@pytest.mark.parametrize(
    ("spent", "codes"),
    [
        (0.0, ["form_too_fast"]),
        (4.99, ["form_too_fast"]),
        (5.0, ["form_hasty"]),
        (9.9, ["form_hasty"]),
        (10.0, []),
        (None, []),
    ],
)
def test_time_on_the_form(spent: float | None, codes: list[str]) -> None:
    assert _codes(Given(time_on_form_s=spent, user_agent=CHROME)) == codes


def test_the_accounts_own_least_time() -> None:
    given = Given(time_on_form_s=12)
    assert [each.code for each in form_signals(given, judge_form(given), TruthTerms(least_form_s=15))] == [
        "form_too_fast"
    ]


@pytest.mark.parametrize(("honeypot", "codes"), [("x", ["honeypot_filled"]), ("  ", []), (None, [])])
def test_honeypot(honeypot: str | None, codes: list[str]) -> None:
    assert _codes(Given(honeypot=honeypot)) == codes


@pytest.mark.parametrize(
    ("text", "kind", "subnet"),
    [
        ("8.8.8.8", "public", "8.8.8.0/24"),
        (" 8.8.8.8 ", "public", "8.8.8.0/24"),
        ("8.8.8.8:443", "public", "8.8.8.0/24"),
        ("8.8.4.4, 10.0.0.1", "public", "8.8.4.0/24"),
        ("2a00:1450:4001:81b::200e", "public", "2a00:1450:4001:81b::/64"),
        ("[2a00:1450:4001:81b::200e]:443", "public", "2a00:1450:4001:81b::/64"),
        ("::ffff:8.8.8.8", "public", "8.8.8.0/24"),
        ("192.168.1.20", "private", "192.168.1.0/24"),
        ("100.64.3.4", "private", "100.64.3.0/24"),
        ("fe80::1%eth0", "private", "fe80::/64"),
        ("fd12:3456::1", "private", "fd12:3456::/64"),
        ("127.0.0.1", "loopback", "127.0.0.0/24"),
        ("::1", "loopback", "::/64"),
        ("203.0.113.9", "reserved", "203.0.113.0/24"),
        ("2001:db8::1", "reserved", "2001:db8::/64"),
        ("224.0.0.1", "reserved", "224.0.0.0/24"),
        ("0.0.0.0", "reserved", "0.0.0.0/24"),
        ("999.1.1.1", "unknown", None),
        ("unknown", "unknown", None),
        ("", "unknown", None),
    ],
)
def test_addresses_of_the_net(text: str, kind: str, subnet: str | None) -> None:
    assert (ip_class(text), subnet_of(text)) == (kind, subnet)


def test_an_address_of_the_net_alone_says_nothing() -> None:
    for text in ("127.0.0.1", "999.1.1.1", "203.0.113.9"):
        assert _codes(Given(ip=text, user_agent=CHROME)) == []
    assert judge_form(Given(ip="999.1.1.1")).reasons == ("ip_malformed",)
    assert judge_form(Given(ip="10.0.0.1")).reasons == ("ip_not_public",)
