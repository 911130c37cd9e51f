"""Keys of the API as their holders know them: `la_<id>_<secret>`, so that scanners of code find those that leaked.

The secret has 256 random bits; what is kept is its SHA-256. No salt and no slow hash: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from connector.storage.api_keys import ApiKey

_KEY = re.compile(r"la_([0-9a-f]{12})_([0-9a-f]{64})")
_BEARER = re.compile(r"(?i:bearer) +(\S+) *")
#: Compared with where there is no key, so that an unknown one takes as long as a wrong one.
_NO_HASH = hashlib.sha256(b"no key").hexdigest()


@dataclass(frozen=True, slots=True)
class Presented:
    """A key as somebody presents it; `repr` does not show the secret."""

    key_id: str
    secret_hash: str

    def opens(self, key: ApiKey | None) -> bool:
        """Whether it is the secret of `key`; in equal time for every answer."""
        return hmac.compare_digest(self.secret_hash, key.secret_hash if key else _NO_HASH) and key is not None


def make_key() -> tuple[Presented, str]:
    """A new key: what is kept of it, and what its holder gets once."""
    key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    return Presented(key_id, _hash(secret)), f"la_{key_id}_{secret}"


def presented(authorization: str) -> Presented | None:
    """The key in a header `Authorization: Bearer …`; None when there is none of our form."""
    bearer = _BEARER.fullmatch(authorization)
    found = _KEY.fullmatch(bearer[1]) if bearer else None
    return Presented(found[1], _hash(found[2])) if found else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()
