"""Where a page may send a browser next: only to our own pages."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

DEFAULT = "/overview"
_PLAIN = re.compile(r"/[A-Za-z0-9._~%!$&'()*+,;=:@/?-]*")


def own_path(wanted: str | None, routes: Map) -> str:
    """`wanted` when it is the path (with query) of one of our GET routes, else the overview.

    Whatever a browser could read as another host is refused: "//host", "/\\host", a scheme, control characters, and
    each of these in percent-encoding.
    """
    if not wanted or len(wanted) > 2000 or not _PLAIN.fullmatch(wanted):
        return DEFAULT
    decoded = unquote(unquote(wanted))
    if any(text.startswith("//") or "\\" in text or not text.isprintable() for text in (wanted, decoded)):
        return DEFAULT
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc:
        return DEFAULT
    try:
        routes.bind("", "/").match(parts.path, method="GET")
    except HTTPException:
        return DEFAULT
    return wanted
