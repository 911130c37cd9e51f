"""Headers of every answer. The policy allows nothing but our own files: no inline script or style, no frame."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Response, g, request

from connector.web.site import site


def form_hosts(url: str) -> tuple[str, ...]:
    """Origins to which a form that ends at `url` may be sent on.

    Browsers hold every redirect after a form against form-action, and CRMs redirect their sign-in to a regional host
    (app.hubspot.com → app-eu1.hubspot.com): so the hosts beside an https one count too.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    origins = [f"{parts.scheme}://{parts.netloc}"]
    labels = host.split(".")
    if parts.scheme == "https" and len(labels) >= 3:
        origins.append("https://*." + ".".join(labels[1:]))
    return tuple(origins)


def allow_forms_to(urls: Iterable[str]) -> None:
    """The page of this request holds forms that lead to `urls`."""
    hosts: list[str] = g.get("form_hosts", [])
    for url in urls:
        hosts.extend(host for host in form_hosts(url) if host not in hosts)
    g.form_hosts = hosts


def allow_forms_anywhere(*, is_plain_allowed: bool) -> None:
    """The page of this request holds a form that leads to an address typed into it, which nobody knows beforehand:
    any https one; `is_plain_allowed`: http ones, too. Which hosts those are is nothing for strangers to read."""
    hosts: list[str] = g.get("form_hosts", [])
    hosts.extend(["https:", "http:"] if is_plain_allowed else ["https:"])
    g.form_hosts = hosts


def content_security_policy(forms: Iterable[str]) -> str:
    """The policy of one page."""
    return "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "font-src 'self'",
            " ".join(("form-action 'self'", *forms)),
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def put_headers(response: Response) -> Response:
    """After every request."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", content_security_policy(g.get("form_hosts", [])))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    # same-origin: our own forms keep their Origin header, and no other host learns a path.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
    if site().settings.cookie_is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.path.startswith("/static/") and response.status_code in {200, 304}:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        headers["Cache-Control"] = "no-store"
    return response
