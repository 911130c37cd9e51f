"""What a user agent names itself as: an ordinary browser, a crawler or tool, or a browser without a window."""

from __future__ import annotations

import re
from functools import lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

# The shape of browsers that people use: a system in brackets, an engine, then nothing but names of browsers and of
# apps that show pages. Whatever fits is looked up nowhere, so that a phone whose model is called Cubot is none.
_NO_CRAWLER = (
    r"(?![^)]*(?:compatible;|https?:|www\.|@|(?<![Cc]u)[Bb]ot[-/.]|[Cc]rawl|[Pp]review|[Ll]ighthouse|agent|scan))"
)
_ANY = r"(?:[^()]|\([^()]*\))*"
_SYSTEM = (
    r"\((?:"
    r"Windows(?: NT [\d.]+| Phone [\d.]+)?(?:; ?(?:Win64|x64|WOW64|ARM64|Xbox|U|[a-z]{2}-[A-Za-z]{2}|rv:[\d.]+))*"
    r"|Macintosh; (?:U; )?(?:Intel|PPC|ARM) Mac OS X(?: [\d._]+)?(?:; ?(?:U|[a-z]{2}-[a-z]{2}|rv:[\d.]+))*"
    r"|X11; (?:U; |Ubuntu; |Fedora; |Debian; |Arch )?(?:Linux|CrOS|FreeBSD|OpenBSD)[ \w.-]*"
    r"(?:; ?(?:U|[a-z]{2}-[A-Za-z]{2}|rv:[\d.]+))*"
    rf"|{_NO_CRAWLER}(?:Linux|iPhone|iPad|iPod|Android|Mobile;|SMART-TV|Web0S|PlayStation|BB10|Nintendo){_ANY}"
    r")\)"
)
_COMMON = re.compile(
    rf"Mozilla/5\.0 {_SYSTEM} AppleWebKit/[\d.+]+ \(KHTML, like Gecko\)"
    r"(?: (?:(?:Version|Chrome|CriOS|FxiOS|EdgA?|EdgiOS|OPR|SamsungBrowser|GSA|Mobile|Safari)/[\w.]+|Mobile))+"
)
_BROWSERS = (
    r"(?:Version|Chrome|CriOS|FxiOS|EdgiOS|EdgA|Edge?|OPR|OPT|OPX|OPiOS|SamsungBrowser|UCBrowser|YaBrowser|Yowser|SA"
    r"|Vivaldi|Brave|DuckDuckGo|Ddg|Whale|MiuiBrowser|HuaweiBrowser|VivoBrowser|HeyTapBrowser|Silk|GSA|Quark"
    r"|QtWebEngine|Epiphany|Avast|AVG|CCleaner|Firefox|Focus|Klar|KAIOS|NF|NintendoBrowser|XWEB|MMWEBSDK|MMWEBID"
    r"|MicroMessenger|WeChat|Snapchat|Instagram|Barcelona|Line|Viber|Telegram-Android|JsSdk|BytedanceWebview|Safari"
    r"|Mobile|Gecko|AppleWebKit|Slack|Slack_SSB|WhatsApp|Teams|Electron)[/ ]\d[\w.+-]*(?:/IAB)?(?:\([\w.]+\))?"
)
_APPS = (
    r"\[(?:FB|LinkedInApp|Pinterest)[^\[\]]*\](?:/[\d.]+)?|BytedanceWebview/\w+|Mobile/\w+"
    r"|XiaoMi/MiuiBrowser/[\w.-]+|Twitter for (?:iPhone|iPad|Android)(?:/[\d.]+)?|NAVER\(inapp;[^()]*\)|Mobile|Safari"
    r"|TV|Brave|Android(?= \()|(?:musical_ly|trill|AppName|app_version|NetType|Channel|ByteLocale|ByteFullLocale"
    r"|Region|RevealType|isDarkMode|WKWebView|FalconTag|Language|ABI|WeChat)[/_][\w./-]*(?: Store)?|Weixin"
    r"|WebAppManager|Sonic(?= Slack_SSB)"
    r"|\(Edition [\w -]+\)|\((?:iPhone|iPad|SM-|\d+/|like Safari|Samsung|Ecosia)[^()]*\)"
    r"|\(KHTML, like Gecko\)|like Chrome/[\d.]+|[\d.]+/[\d.]+"
)
_ORDINARY = re.compile(rf"Mozilla/5\.0 {_SYSTEM}(?:;KAKAOTALK [\d.]+| {{1,2}}(?:{_BROWSERS}|{_APPS}))+ ?")

_HEADLESS = re.compile(
    r"HeadlessChrome|Headless|PhantomJS|SlimerJS|Playwright|Puppeteer|Selenium|WebDriver|Cypress|jsdom|HtmlUnit|ZombieJS"
    r"|Zombie\.js|CasperJS|Nightmare|TestCafe|Splash",
    re.IGNORECASE,
)
# Tools and words by which crawlers and tools of a later date than the list name themselves.
_TOOL = re.compile(
    r"^(?:curl|wget|httpie|okhttp|java|python|go-http|ruby|perl|php|node|axios|got|undici|dart|rust|reqwest|postman"
    r"|insomnia|libwww|libcurl|superagent|typhoeus|ktor|deno|bun|lwp|http|aiohttp|scrapy|mechanize|apache-http"
    r"|guzzle|faraday|restsharp|unirest|winhttp|powershell)"
    r"[\w.-]*(?:$|[/ ;(])"
    r"|(?<![a-z])(?!cubot)[a-z._-]*(?:bot|crawler|spider|scraper|fetcher)(?![a-z])(?=[/;:, )-]|$)"
    r"|python-requests|python-urllib|go-http-client|apache-httpclient|postmanruntime|node-fetch",
    re.IGNORECASE,
)
# The longest of real browsers, those of apps in other apps, have 600 letters.
_MOST_READ = 1_000
_META = re.compile(r"[\^$.*+?()\[\]{}|]")
_NOT_NAME = " /;:()[]+,"
#: By so many of their first letters patterns are looked for.
_START = 3


@lru_cache(maxsize=8_192)
def bot_named(user_agent: str) -> str | None:
    """The crawler, tool or windowless browser that a user agent names; None when it names none.

    By every pattern of crawler-user-agents; an empty text names nothing.
    """
    if not user_agent or is_ordinary(user_agent):
        return None
    user_agent = user_agent[:_MOST_READ]
    listed = _listed(user_agent)
    if listed is not None:
        return listed
    found = _patterns().search(user_agent) or _HEADLESS.search(user_agent) or _TOOL.search(user_agent)
    return None if found is None else found.group().strip(_NOT_NAME) or user_agent[:40]


@lru_cache(maxsize=8_192)
def is_headless(user_agent: str) -> bool:
    """Whether the user agent names a browser that is steered by a program, without a window."""
    return _HEADLESS.search(user_agent) is not None


def is_ordinary(user_agent: str) -> bool:
    """Whether it has the shape of a browser that people use, in every part."""
    if len(user_agent) > _MOST_READ:
        return False
    return _COMMON.fullmatch(user_agent) is not None or _ORDINARY.fullmatch(user_agent) is not None


def _listed(user_agent: str) -> str | None:
    """The name of the first pattern of plain letters on the list that stands in a user agent."""
    by_start = _literals()
    starts = ((at, by_start.get(user_agent[at : at + _START], ())) for at in range(len(user_agent)))
    found = [(place, letters) for at, each in starts for place, letters in each if user_agent.startswith(letters, at)]
    if not found:
        return None
    letters = min(found)[1]
    return letters.strip(_NOT_NAME) or letters


@lru_cache(maxsize=1)
def _literals() -> dict[str, list[tuple[int, str]]]:
    """(place on the list, letters) of the patterns that are plain letters, nearly all of them, by what they begin
    with: more than a thousand, of which hardly one begins with what stands anywhere in a user agent."""
    found: dict[str, list[tuple[int, str]]] = {}
    for place, each in enumerate(map(_plain, _all())):
        if each is not None:
            found.setdefault(each[:_START], []).append((place, each))
    return found


@lru_cache(maxsize=1)
def _patterns() -> re.Pattern[str]:
    """All other patterns in one."""
    return re.compile("|".join(f"(?:{each})" for each in _all() if _plain(each) is None))


def _all() -> list[str]:
    return [str(each["pattern"]) for each in CRAWLER_USER_AGENTS_DATA]


def _plain(pattern: str) -> str | None:
    """The letters that a pattern stands for, when it is nothing but letters, and enough of them to begin with."""
    letters = re.sub(r"\\([^\w])", r"\1", pattern)
    escaped = re.sub(r"\\[^\w]", "", pattern)
    return None if "\\" in escaped or _META.search(escaped) or len(letters) < _START else letters
