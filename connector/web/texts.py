"""Texts of the pages in the reader's language: words, numbers, dates, spans; and the direction of writing.

Every text on a page goes through `t`, whose key is the English text itself. A language is a catalog of translations;
what a catalog lacks is shown in English. The pseudo language "qps" marks each text and writes from right to left, so
that an untranslated text or a page that cannot be mirrored is seen at a glance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from flask import g, has_request_context

DEFAULT = "en"
PSEUDO = "qps"

#: Language → translations, keyed by the English text. English needs none.
CATALOGS: Mapping[str, Mapping[str, str]] = {DEFAULT: {}, PSEUDO: {}}

_BABEL_NAMES = {DEFAULT: "en_GB", PSEUDO: "en_GB"}
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", PSEUDO})
_PSEUDO_LETTERS = str.maketrans("aeiouAEIOU", "áéíóúÁÉÍÓÚ")


@dataclass(frozen=True, slots=True)
class Texts:
    """Everything a page says, for one language and one IANA zone. Instants given in are aware."""

    lang: str = DEFAULT
    zone: str = "UTC"
    catalog: Mapping[str, str] = field(default_factory=dict)

    @property
    def direction(self) -> str:
        """ "ltr" or "rtl", for the dir attribute."""
        return "rtl" if self.lang in _RIGHT_TO_LEFT else "ltr"

    @property
    def locale(self) -> Locale:
        """The Babel locale that writes numbers and dates."""
        return Locale.parse(_BABEL_NAMES.get(self.lang, self.lang))

    def t(self, text: str, **values: object) -> str:
        """`text` translated, with {names} filled in from `values`."""
        said = self.catalog.get(text, text)
        if self.lang == PSEUDO:
            said = _pseudo(said)
        return said.format(**values) if values else said

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """`one` or `many` by the plural rule of the language; {n} is `n` written out."""
        form = one if self.locale.plural_form(n) == "one" else many
        return self.t(form, n=self.number(n), **values)

    def number(self, value: float | None) -> str:
        """A number with its separators; an en dash for None."""
        return "–" if value is None else str(format_decimal(value, locale=self.locale))

    def percent(self, share: float | None) -> str:
        """A share of 1 as whole per cent; an en dash for None."""
        return "–" if share is None else str(format_percent(share, format="#,##0 %", locale=self.locale))

    def local(self, at: datetime) -> datetime:
        """The instant on the wall clock of the zone."""
        return at.astimezone(ZoneInfo(self.zone))

    def moment(self, at: datetime | None, *, now: datetime | None = None) -> str:
        """Weekday, date and time; the year only when it is not that of `now` (default: this year)."""
        if at is None:
            return "–"
        here = self.local(at)
        this_year = self.local(now or datetime.now(UTC)).year
        pattern = "EEE d MMM, HH:mm" if here.year == this_year else "d MMM y, HH:mm"
        return str(format_datetime(here, pattern, locale=self.locale))

    def time(self, at: datetime) -> str:
        """Hour and minute."""
        return str(format_datetime(self.local(at), "HH:mm", locale=self.locale))

    def day(self, on: date | datetime | None) -> str:
        """A date with its weekday; an instant is first put on the wall clock of the zone."""
        if on is None:
            return "–"
        shown = self.local(on).date() if isinstance(on, datetime) else on
        return str(format_date(shown, "EEE d MMM y", locale=self.locale))

    def short_day(self, on: date | datetime) -> str:
        """Day and month, as an axis has room for."""
        shown = self.local(on).date() if isinstance(on, datetime) else on
        return str(format_date(shown, "d MMM", locale=self.locale))

    def span(self, seconds: float | None, *, has_days: bool = False) -> str:
        """A span in its two largest units, such as 2 h 5 min; with days only for wall time (`has_days`)."""
        if seconds is None:
            return "–"
        whole = int(abs(seconds))
        sign = "−" if seconds < 0 else ""
        hours, minutes = divmod(whole // 60, 60)
        days, rest_hours = divmod(hours, 24)
        if whole < 60:
            said = [self.t("{n} s", n=self.number(whole))]
        elif has_days and days:
            said = [self.t("{n} d", n=self.number(days)), self.t("{n} h", n=rest_hours) if rest_hours else ""]
        elif hours:
            shows_minutes = minutes and hours < 10
            said = [self.t("{n} h", n=self.number(hours)), self.t("{n} min", n=minutes) if shows_minutes else ""]
        else:
            said = [self.t("{n} min", n=minutes)]
        return sign + " ".join(part for part in said if part)


def _pseudo(text: str) -> str:
    """Accented vowels outside of {names}, in brackets that show where a text was cut."""
    parts: list[str] = []
    for index, piece in enumerate(text.split("{")):
        name, brace, rest = piece.partition("}")
        if index and brace:
            parts.append("{" + name + "}" + rest.translate(_PSEUDO_LETTERS))
        else:
            parts.append(piece.translate(_PSEUDO_LETTERS))
    return "⟦" + "".join(parts) + "⟧"


def texts_for(lang: str, zone: str) -> Texts:
    """The texts of `lang` (English where we have no such language) in `zone`."""
    known = lang if lang in CATALOGS else DEFAULT
    return Texts(lang=known, zone=zone, catalog=CATALOGS[known])


def current() -> Texts:
    """The texts of the running request; English and UTC outside of one."""
    if has_request_context():
        found = g.get("texts")
        if isinstance(found, Texts):
            return found
    return Texts()


def t(text: str, **values: object) -> str:
    """`text` in the language of the running request."""
    return current().t(text, **values)
