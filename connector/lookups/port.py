"""The port of all look-ups. Whoever is asked, a failure is an unknown answer and never a bad one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from connector.storage.lookups import LookupKind, Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one question costs: thousandths of the minor unit of `currency` (800 of USD = 0.8 cents). 0 = nothing."""

    milli: int = 0
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered at `at` (aware UTC). `told` None = unknown: no answer, or one that says nothing.
    `is_charged`: whether the price was due for it."""

    told: Told | None
    at: datetime
    is_charged: bool = True


class Lookup(Protocol):
    """Somebody outside who can be asked. `max_age`: after that an answer is asked for again."""

    @property
    def kind(self) -> LookupKind:
        """What is asked about."""

    @property
    def price(self) -> Price:
        """What one question costs."""

    @property
    def max_age(self) -> timedelta:
        """How long an answer holds."""

    def ask(self, values: Sequence[str]) -> Mapping[str, Answer]:
        """An answer for each of `values` that was asked about, in their order; those left out were not, because
        nobody seems to be there, and cost nothing. Raises nothing for a failure of the one who is asked."""
