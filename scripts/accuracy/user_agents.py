"""User agents: every pattern of the crawler list, and no ordinary browser."""

from __future__ import annotations

from importlib.metadata import version

from crawleruseragents import CRAWLER_USER_AGENTS_DATA, is_crawler
from is_bot import Bots

from audits.truth.user_agents import bot_named, is_headless
from scripts.accuracy import DATA, Section, share

# Browsers steered by programs, and tools that send forms, as they name themselves.
HEADLESS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/119.0 Safari/537.36",
    "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0 Playwright/1.40",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0 Safari/537.36 Puppeteer",
    "Selenium/4.15 (python linux)",
    "Mozilla/5.0 (linux) AppleWebKit/537.36 (KHTML, like Gecko) jsdom/22.1.0",
)
TOOLS = (
    "python-requests/2.31.0",
    "python-urllib3/2.0",
    "curl/8.4.0",
    "Wget/1.21.4",
    "Java/17.0.9",
    "Go-http-client/2.0",
    "okhttp/4.12.0",
    "axios/1.6.2",
    "node-fetch/1.0",
    "PostmanRuntime/7.35.0",
    "Apache-HttpClient/4.5.14 (Java/17)",
    "GuzzleHttp/7",
    "Scrapy/2.11 (+https://scrapy.org)",
    "aiohttp/3.9.1",
    "libwww-perl/6.72",
)


def browsers() -> list[str]:
    """The ordinary browsers of tests/data."""
    lines = (DATA / "browsers.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def measure() -> Section:
    """The figures of this area."""
    other = Bots()
    named = {each["pattern"]: list(each["instances"]) for each in CRAWLER_USER_AGENTS_DATA}
    instances = [text for texts in named.values() for text in texts]
    missed = sorted({pattern for pattern, texts in named.items() if any(bot_named(text) is None for text in texts)})
    ordinary = browsers()
    wrongly = [text for text in ordinary if bot_named(text) is not None]
    steered = [text for text in HEADLESS if bot_named(text) is None or not is_headless(text)]
    tools = [text for text in TOOLS if bot_named(text) is None]
    list_name = f"crawler-user-agents {version('crawler-user-agents')}"
    peer = f"is-bot {version('is-bot')}"

    def both(texts: list[str]) -> tuple[str, str]:
        return share(sum(map(is_crawler, texts)), len(texts)), share(sum(map(other.is_bot, texts)), len(texts))

    rows = []
    for what, ours, texts in (
        ("crawlers found", len(instances) - sum(bot_named(each) is None for each in instances), instances),
        ("ordinary browsers called a crawler", len(wrongly), ordinary),
        ("windowless browsers found", len(HEADLESS) - len(steered), list(HEADLESS)),
        ("tools found", len(TOOLS) - len(tools), list(TOOLS)),
    ):
        of_list, of_peer = both(texts)
        rows.append((what, share(ours, len(texts)), of_list, list_name))
        rows.append((what, share(ours, len(texts)), of_peer, peer))
    failures = [
        f"{what}: {found[:5]}"
        for what, found in (
            ("patterns of the list not found", missed),
            ("browsers called a crawler", wrongly),
            ("windowless browsers not found", steered),
            ("tools not found", tools),
        )
        if found
    ]
    return Section(
        title="User agents",
        rows=tuple(rows),
        notes=(
            f"Crawlers: all {len(instances)} examples of the {len(named)} patterns of the list; npm's is "
            "the same. Browsers: those of tests/data/browsers.txt, with in-app views and phones called Cubot.",
        ),
        ok=not failures,
        failures=failures,
    )
