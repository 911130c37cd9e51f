"""How a form was filled in: honeypot, time, browser, and from where."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from audits.model.said import say
from audits.model.truth import FormJudged, Given, Signal, TruthTerms
from audits.truth.user_agents import bot_named, is_headless
from audits.truth.weights import signal

__all__ = ["bot_named", "form_signals", "ip_class", "judge_form", "subnet_of"]

#: A form sent between the account's least time and so many seconds was filled in hastily, which a person can be.
HASTY_FORM_S = 10.0
_SUBNET_BITS = {4: 24, 6: 64}
_IPV4_WITH_PORT_COLONS = 1
_NOT_PUBLIC = ("private", "loopback", "reserved")


_PUBLIC = FormJudged(ip_class="public")


def judge_form(given: Given) -> FormJudged:
    """What the browser and the address of the sender are."""
    user_agent, ip = (given.user_agent or "").strip(), given.ip or ""
    bot = bot_named(user_agent)
    headless = bot is not None and is_headless(user_agent)
    kind = ip_class(ip)
    is_filled = bool(given.honeypot and given.honeypot.strip())
    if kind == "public" and bot is None and not is_filled:
        return _PUBLIC
    reasons = []
    if is_filled:
        reasons.append("honeypot")
    if bot is not None:
        reasons.append("headless" if headless else "crawler")
    if kind == "unknown" and ip.strip():
        reasons.append("ip_malformed")
    elif kind in _NOT_PUBLIC:
        reasons.append("ip_not_public")
    return FormJudged(bot=bot, is_headless=headless, ip_class=kind, reasons=tuple(reasons))


_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAIN_IPV4 = re.compile(rf"(({_OCTET})\.{_OCTET})\.{_OCTET}\.{_OCTET}")
# What such addresses begin with of which some are not public, by their first number and their first two.
_PARTLY_PUBLIC = frozenset({"100", "169", "172", "192", "198", "203"})
_NOT_PUBLIC_PARTS = frozenset(
    {
        *(f"100.{second}" for second in range(64, 128)),
        *(f"172.{second}" for second in range(16, 32)),
        *("169.254", "192.0", "192.88", "192.168", "198.18", "198.19", "198.51", "203.0"),
    }
)


@lru_cache(maxsize=8_192)
def ip_class(text: str) -> str:
    """private, loopback, reserved or public; unknown when `text` is no address."""
    plain = _PLAIN_IPV4.fullmatch(text)
    if plain is not None and (
        int(plain[2]) not in _NOT_ALL_PUBLIC or (plain[2] in _PARTLY_PUBLIC and plain[1] not in _NOT_PUBLIC_PARTS)
    ):
        return "public"
    address = _address(text)
    if address is None:
        return "unknown"
    if address.version == 4 and int(address) >> 24 not in _NOT_ALL_PUBLIC:
        return "public"
    if address.is_loopback:
        return "loopback"
    if address.is_multicast or address.is_unspecified or address.is_reserved:
        return "reserved"
    if address.is_global:
        return "public"
    return "private" if _is_of_a_house(address) else "reserved"


@lru_cache(maxsize=8_192)
def subnet_of(text: str) -> str | None:
    """The part of the net of an address, as 203.0.113.0/24 or 2001:db8::/64; None when `text` is no address."""
    address = _address(text)
    if address is None:
        return None
    return str(ipaddress.ip_network((address, _SUBNET_BITS[address.version]), strict=False))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address in `text`, of several passed on by proxies the first; without brackets, port or zone."""
    first = text.partition(",")[0].strip()
    if first.startswith("["):
        first = first[1:].partition("]")[0]
    elif first.count(":") == _IPV4_WITH_PORT_COLONS and "." in first:
        first = first.partition(":")[0]
    try:
        address = ipaddress.ip_address(first.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


# First numbers of IPv4 addresses of which some are not public; the others need no closer look.
_NOT_ALL_PUBLIC = frozenset({0, 10, 100, 127, 169, 172, 192, 198, 203, *range(224, 256)})
_OF_A_HOUSE = tuple(
    ipaddress.ip_network(each)
    for each in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)


def _is_of_a_house(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is an address used within a house, firm or provider; the rest that is not public is kept for
    documents and tests."""
    return any(address in network for network in _OF_A_HOUSE if network.version == address.version)


def form_signals(given: Given, judged: FormJudged, terms: TruthTerms) -> Iterable[Signal]:
    """What the form says of the lead. An address that is no public one says nothing: a proxy of ours may stand in
    between."""
    spent = given.time_on_form_s
    takes_time = spent is None or (spent >= terms.least_form_s and spent >= HASTY_FORM_S)
    return () if takes_time and judged.bot is None and not given.honeypot else _signals(given, judged, terms)


def _signals(given: Given, judged: FormJudged, terms: TruthTerms) -> Iterator[Signal]:
    if given.honeypot and given.honeypot.strip():
        said = say("A field that people do not see was filled in.")
        yield signal("honeypot_filled", said, field="honeypot", value=given.honeypot.strip())
    spent = given.time_on_form_s
    if spent is not None and spent < terms.least_form_s:
        said = say("The form was sent after {spent} s.", spent=f"{spent:g}")
        yield signal("form_too_fast", said, field="time_on_form_s", value=f"{spent:g}")
    elif spent is not None and spent < HASTY_FORM_S:
        said = say("The form was sent after {spent} s.", spent=f"{spent:g}")
        yield signal("form_hasty", said, field="time_on_form_s", value=f"{spent:g}")
    if judged.bot is not None:
        code = "user_agent_headless" if judged.is_headless else "user_agent_crawler"
        said = say("The browser names itself as {bot}.", bot=judged.bot)
        yield signal(code, said, field="user_agent", value=given.user_agent or "")
