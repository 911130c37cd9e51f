"""The salt of each install, under which all is hashed that is compared for equality alone."""

from __future__ import annotations

import hashlib
import hmac

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.errors import UnknownInstall
from connector.storage.tables import installs


def salt_of(conn: Connection, install_id: str) -> str:
    """The install's salt. Raises UnknownInstall."""
    salt = find_salt(conn, install_id)
    if salt is None:
        raise UnknownInstall(f"There is no install {install_id!r}.")
    return salt


def find_salt(conn: Connection, install_id: str) -> str | None:
    """The install's salt; None where there is no such install."""
    salt: str | None = conn.execute(
        sa.select(installs.c.salt).where(installs.c.install_id == install_id)
    ).scalar_one_or_none()
    return salt


def salted(salt: str, text: str) -> str:
    """Hex HMAC-SHA256 of `text` under the install's salt."""
    return _digest(salt, text).hex()


def salted_number(salt: str, text: str) -> int:
    """The first 64 bits of the same, as a signed number."""
    return int.from_bytes(_digest(salt, text)[:8], "big", signed=True)


def _digest(salt: str, text: str) -> bytes:
    return hmac.digest(salt.encode(), text.encode(errors="surrogatepass"), hashlib.sha256)
