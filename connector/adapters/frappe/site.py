"""Which site an admin may connect: a bare https origin in the open internet, or a host that the settings name."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

from connector.errors import ConfigError
from connector.origins import is_named, is_public_address, origin_of

#: Names, and the digits of addresses. The host stands in headers, and in what browsers take for a pattern of hosts.
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*")


def check_site(address: str, private_hosts: frozenset[str]) -> str:
    """The origin of the typed address. Raises ConfigError with a sentence for the admin who typed it.

    `private_hosts` (see is_named) may be http and may lie in a private network. The name is looked up here only to
    tell the admin at once: what counts is looked at again at each connection (connector.timed_reads).
    """
    typed = address.strip()
    origin = origin_of(typed if "://" in typed else f"https://{typed}")
    if not origin or urlsplit(typed).query or urlsplit(typed).fragment:
        raise ConfigError("Give the address of your Frappe site, such as https://crm.example.com.")
    host = urlsplit(origin).hostname or ""
    if not _HOST.fullmatch(host):
        raise ConfigError(
            "The name of the host may hold the letters a to z, digits, dots and hyphens alone. Copy the address from "
            "the bar of your browser; a name with other letters has a form there that begins with xn--."
        )
    if is_named(origin, private_hosts):
        return origin
    if origin.startswith("http://"):
        raise ConfigError(
            f"The site {host} must be reached by https: our access token travels there. For a site in your own "
            f"network the operator of Lead Assay can name {host} in LEADASSAY_PRIVATE_CRM_HOSTS."
        )
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConfigError(f"There is no host {host}: check the address of your site.") from None
    if not all(is_public_address(str(entry[4][0])) for entry in found):
        raise ConfigError(
            f"The host {host} lies in a private network, where Lead Assay calls nobody. If that is meant, the "
            f"operator can name {host} in LEADASSAY_PRIVATE_CRM_HOSTS."
        )
    return origin
