"""Secrets at rest: AES-256-GCM under a ring of keys, bound to what they belong to.

The first key of the ring seals, all of them open. The install id and the purpose are authenticated with the secret,
so that a sealed value copied to another install's row, or to another column, does not open.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connector.errors import LeadAssayError
from connector.logs import get_logger
from connector.storage import lookups, tokens
from connector.storage.database import Database

NONCE_BYTES = 12
TOKENS = "tokens"
"""The purpose under which grants are sealed."""
LOOKUPS = "lookups"
"""The purpose under which keys of accounts with others are sealed; see seal_packed."""

_FORMAT = b"\x01"
_ROUNDS = 20
log = get_logger(__name__)


class UnknownKey(LeadAssayError):
    """A secret was sealed with a key that is no longer in the ring."""


class SealBroken(LeadAssayError):
    """A sealed secret does not open: altered, cut, or moved from another row."""


class Vault:
    """Seals and opens. Safe to share between threads."""

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        """`keys`: (id, 32 bytes), the first one seals. As in Settings.keys."""
        self._ring = {key_id: AESGCM(key) for key_id, key in keys}
        self.key_id = keys[0][0]

    def seal(self, owner: str, secret: bytes, *, purpose: str = TOKENS) -> tuple[str, bytes]:
        """(key id, sealed bytes) of `secret`, which belongs to `owner` (an install id)."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ring[self.key_id].encrypt(nonce, secret, _bound_to(owner, purpose))
        return self.key_id, _FORMAT + nonce + sealed

    def open(self, owner: str, key_id: str, sealed: bytes, *, purpose: str = TOKENS) -> bytes:
        """The secret. Raises UnknownKey or SealBroken."""
        cipher = self._ring.get(key_id)
        if cipher is None:
            raise UnknownKey(
                f"A stored secret was sealed with the key {key_id!r}, which is not in LEADASSAY_KEYS. Add that key "
                "behind the current one, or connect the account again."
            )
        nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if sealed[:1] != _FORMAT or len(nonce) != NONCE_BYTES:
            raise SealBroken("A stored secret is not in the form in which we seal; connect the account again.")
        try:
            return cipher.decrypt(nonce, rest, _bound_to(owner, purpose))
        except InvalidTag:
            raise SealBroken(
                "A stored secret does not open: it was altered, or belongs to another account. Connect again."
            ) from None

    def seal_packed(self, owner: str, secret: bytes, *, purpose: str) -> bytes:
        """As `seal`, with the key's id inside: for tables without a column for it."""
        key_id, sealed = self.seal(owner, secret, purpose=purpose)
        return key_id.encode() + b"\0" + sealed

    def is_newest(self, packed: bytes) -> bool:
        """Whether the secret of `seal_packed` is sealed with the first key."""
        return packed.partition(b"\0")[0] == self.key_id.encode()

    def open_packed(self, owner: str, packed: bytes, *, purpose: str) -> bytes:
        """The secret of `seal_packed`. Raises UnknownKey or SealBroken."""
        key_id, _, sealed = packed.partition(b"\0")
        return self.open(owner, key_id.decode(errors="replace"), sealed, purpose=purpose)


def rotate(database: Database, vault: Vault) -> int:
    """Seal every stored token, and every key of a look-up, anew with the first key; returns how many were. Safe under
    load and kill.

    Each token is swapped in a transaction of its own and only if nobody stored a newer one meanwhile; such a newer
    one is taken up by the next round. A process that still runs with the old ring goes on sealing with the old key:
    restart all of them first. Raises UnknownKey or SealBroken for a token that does not open.
    """
    done = 0
    for _ in range(_ROUNDS):
        with database.read() as connection:
            stale = list(tokens.iter_tokens(connection, not_key_id=vault.key_id))
        if not stale:
            break
        for stored in stale:
            secret = vault.open(stored.install_id, stored.key_id, stored.sealed)
            key_id, sealed = vault.seal(stored.install_id, secret)
            with database.write() as connection:
                done += tokens.replace_sealed(connection, stored.install_id, stored.version, key_id, sealed)
    with database.read() as connection:
        keys = [each for each in lookups.iter_sealed(connection) if not vault.is_newest(each[2])]
    for install_id, kind, packed in keys:
        secret = vault.open_packed(install_id, packed, purpose=LOOKUPS)
        with database.write() as connection:
            anew = vault.seal_packed(install_id, secret, purpose=LOOKUPS)
            done += lookups.replace_key(connection, install_id, kind, packed, anew)
    log.info("tokens_rotated", key_id=vault.key_id, count=done)
    return done


def _bound_to(owner: str, purpose: str) -> bytes:
    # Lengths first: no two pairs of texts give the same bytes.
    parts = (purpose.encode(), owner.encode())
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
