"""Addresses and secrets of the webhooks that each install subscribes for itself: derived from our keys, kept nowhere.

The door can so prove a delivery without asking the store. A key that leaves LEADASSAY_KEYS ends the addresses made
with it; the next look at the subscriptions makes them anew.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence

from connector.crm.port import Hook

_ADDRESS = re.compile(r"([0-9a-f]{1,64})-([0-9a-f]{40})")


class HookKeys:
    """Makes and recognises hook addresses. Has no state; safe to share."""

    def __init__(
        self, keys: Sequence[tuple[str, bytes]], public_url: str, own_urls: Mapping[str, str] | None = None
    ) -> None:
        """`keys`: as Settings.keys; the first makes, all recognise. `public_url`: under which CRMs reach us.

        `own_urls`: CRM → the address under which that one reaches us instead.
        """
        self._keys = [key for _, key in keys]
        self._public_url = public_url
        self._own_urls = own_urls or {}

    def hook(self, crm: str, install_id: str) -> Hook:
        """Where the webhooks of an install go, and what proves them."""
        key = self._keys[0]
        address = f"{install_id}-{_derived(key, 'address', crm, install_id)[:40]}"
        base = self._own_urls.get(crm, self._public_url)
        return Hook(url=f"{base}/webhooks/{crm}/{address}", secret=_derived(key, "secret", crm, install_id))

    def recognise(self, crm: str, address: str) -> tuple[str, str] | None:
        """(install id, secret) of the last part of a hook's path; None for one that we did not make."""
        parts = _ADDRESS.fullmatch(address)
        if parts is None:
            return None
        install_id, tag = parts.groups()
        # Every key is tried whatever the one before gave: the time says nothing of which one fitted.
        fits = [
            key
            for key in self._keys
            if hmac.compare_digest(_derived(key, "address", crm, install_id)[:40].encode(), tag.encode())
        ]
        return (install_id, _derived(fits[0], "secret", crm, install_id)) if fits else None


def _derived(key: bytes, purpose: str, crm: str, install_id: str) -> str:
    """64 hex digits. The parts hold no line break, so no two sets of parts give the same message."""
    return hmac.new(key, f"leadassay hook\n{purpose}\n{crm}\n{install_id}".encode(), "sha256").hexdigest()
