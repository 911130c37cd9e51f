"""What a picture needs of the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from babel import Locale


class Words(Protocol):
    """Texts of one language; see `Texts`. `direction`: ltr or rtl."""

    @property
    def direction(self) -> str:
        """ "ltr" or "rtl"."""

    @property
    def locale(self) -> Locale:
        """Writes numbers and dates."""

    def t(self, text: str, **values: object) -> str:
        """`text` translated, with {names} filled in."""

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """The form for `n`; {n} is `n` written out."""

    def number(self, value: float | None) -> str:
        """With its separators."""

    def percent(self, share: float | None) -> str:
        """A share of 1 in per cent."""

    def day(self, on: date | datetime | None) -> str:
        """A date with its weekday."""

    def short_day(self, on: date | datetime) -> str:
        """Day and month."""

    def span(self, seconds: float | None, *, has_days: bool = False) -> str:
        """A span in its two largest units."""
