"""Where an address leads: its origin, and whether it may be called at all."""

from __future__ import annotations

from urllib.parse import urlsplit

from connector.errors import UnexpectedPayload

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


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


def checked_origin(url: str) -> str:
    """The origin of an address that may be called. Raises UnexpectedPayload for all but https and loopback."""
    origin = origin_of(url)
    if not origin or (origin.startswith("http://") and urlsplit(origin).hostname not in _LOOPBACK):
        raise UnexpectedPayload(f"{url[:80]!r} may not be called: it must be https (http only on loopback).")
    return origin
