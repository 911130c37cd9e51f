"""What a receiver is: it proves that a request comes from its sender, on the raw bytes, before anything is parsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class NotProven(Exception):
    """The request does not prove that it comes from the sender. The message is for our log, never for the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """A request as it came.

    `url`: the address that the sender called: scheme, host, path and query, escapes as sent (bytes that are not UTF-8
    as surrogate escapes). `headers`: by lower-case name. `body`: the bytes as received, never re-written.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Receiver(Protocol):
    """One sender's way of signing. It has no state: the same request, secrets and instant give the same answer."""

    @property
    def name(self) -> str:
        """The sender's name, as in the address /webhooks/<name>: lower-case letters, digits and hyphens."""
        ...

    @property
    def is_per_install(self) -> bool:
        """Whether each install has an address (/webhooks/<name>/<key>) and a secret of its own; else the app has."""
        ...

    @property
    def kept_headers(self) -> frozenset[str]:
        """Lower-case names of the headers that are stored beside the body; never signatures or credentials."""
        ...

    def verify(self, request: RawRequest, secrets: Sequence[str], now: datetime) -> None:
        """Return when one of `secrets` (the current and those being rotated out) signed the request, near `now`.

        `now`: aware. Raises NotProven otherwise, and nothing else, whatever the headers hold.
        """
        ...

    def delivery_key(self, request: RawRequest) -> str:
        """The same text for the same delivery sent again, another for every other: at most 128 ASCII characters."""
        ...
