"""Where an address leads: its origin, and whether it may be called at all."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from connector.errors import UnexpectedPayload

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: The networks' own way to an IPv4 address, which stands in the last 32 bits (RFC 6052, RFC 8215).
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))

#: An IPv4 address within an IPv6 one, as it was first thought of (RFC 4291, 2.5.5.1); some systems still go there.
_IPV4_COMPATIBLE = IPv6Network("::/96")


def origin_of(url: str) -> str:
    """scheme://host[:port] in lower case; "" for a URL with user info, without a host or with a port that is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if not parts.hostname or "@" in parts.netloc or parts.scheme not in {"http", "https"}:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default = port in {None, 443 if parts.scheme == "https" else 80}
    return f"{parts.scheme}://{host}" if is_default else f"{parts.scheme}://{host}:{port}"


def checked_origin(url: str, private_hosts: frozenset[str] = frozenset()) -> str:
    """The origin of an address that may be called.

    Raises UnexpectedPayload for all but https; http is taken for loopback and for `private_hosts`, see is_named.
    """
    origin = origin_of(url)
    may_be_plain = urlsplit(origin).hostname in _LOOPBACK or is_named(origin, private_hosts)
    if not origin or (origin.startswith("http://") and not may_be_plain):
        raise UnexpectedPayload(f"{url[:80]!r} may not be called: it must be https (http only on loopback).")
    return origin


def is_named(url: str, hosts: frozenset[str]) -> bool:
    """Whether `hosts` (lower case) hold the host of `url`: alone, which is every port of it, or with its port."""
    parts = urlsplit(origin_of(url))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.hostname is not None and not hosts.isdisjoint({parts.hostname, f"{parts.hostname}:{port}"})


def is_public_address(text: str) -> bool:
    """Whether an IP address is one of the open internet: not private, loopback, link-local, multicast or reserved.

    An IPv6 address that carries an IPv4 address is judged by both. False for what is no address.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in (address, *_carried(address)))


def _carried(address: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    if isinstance(address, IPv4Address):
        return ()
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in (*_NAT64, _IPV4_COMPATIBLE)):
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(one for one in inner if one is not None)
