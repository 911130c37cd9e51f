"""Texts in the reader's language: words, numbers, dates, spans and whole sentences; and the direction of writing.

Every text goes through `t`, whose key is the English text itself, or is a `Said` of a finding. A language is a
catalog of translations; what it lacks is said in English.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent

from audits.model.currencies import minor_digits
from audits.model.said import NOUNS, Count, Listed, Moment, Money, Percent, Said, Shape, Span, Term, Value
from connector.language.bidi import isolated
from connector.language.catalogs import catalog_of
from connector.language.languages import DEFAULT, LANGUAGES, PSEUDO, Language, language_of
from connector.language.stored import found_again

#: A no-break space: no line ends between a number and its unit.
_JOINED = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Texts:
    """Everything that is said, for one language and one IANA zone. Instants given in are aware."""

    lang: str = DEFAULT
    zone: str = "UTC"

    @property
    def language(self) -> Language:
        """The language and how it writes."""
        return language_of(self.lang)

    @property
    def is_right_to_left(self) -> bool:
        """Whether lines begin at the right."""
        return self.language.is_right_to_left

    @property
    def direction(self) -> str:
        """ "ltr" or "rtl", for the dir attribute."""
        return "rtl" if self.is_right_to_left else "ltr"

    @property
    def locale(self) -> Locale:
        """The Babel locale that writes numbers and dates."""
        return self.language.locale

    def t(self, text: str, **values: object) -> str:
        """`text` translated, with {names} filled in from `values`."""
        return self._filled(_held(catalog_of(self.lang).gettext(text)) if text else "", values)

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """`one` or `many` by the plural rule of the language; {n} is `n` written out."""
        return self._filled(_held(catalog_of(self.lang).ngettext(one, many, n)), {"n": self.number(n), **values})

    def _filled(self, said: str, values: dict[str, object]) -> str:
        if not values:
            return said
        return said.format(**{name: self._apart(each) for name, each in values.items()})

    def _apart(self, value: object) -> object:
        # Markup escapes itself and knows its own direction.
        return isolated(value, is_right_to_left=self.is_right_to_left) if type(value) is str else value

    def say(self, value: Value) -> str:
        """A sentence of a finding, or a value of one: the template translated, its values as the locale writes them.

        Plain text among the values is data: it stays as it is.
        """
        match value:
            case str():
                return str(self._apart(value))
            case int():
                return self.number(value)
            case Said():
                return self._said(value)
            case Moment():
                return self._moment(value)
            case Span():
                return self._exact_span(value.seconds)
            case Count():
                return self.plural(*counted_texts(value.noun), value.n)
            case Percent():
                return self.percent(value.percent / 100)
            case Money():
                return self.money(value.minor, value.currency)
            case Term():
                return self.stored(value.word)
            case Listed():
                return str(format_list([self.say(each) for each in value.items], locale=self.locale))

    def stored(self, sentence: str) -> str:
        """A sentence that was kept or raised in English, one of connector.language.stored; another one as it is."""
        ends = "." if sentence.endswith(".") else ""
        found = found_again(sentence.removesuffix("."))
        if found is None:
            return self.t(sentence)
        template, values = found
        return self.t(template, **{n: self.t(v) if n == "words" else v for n, v in values.items()}) + ends

    def _said(self, said: Said) -> str:
        template = _held(catalog_of(self.lang).gettext(said.template))
        if not has_words(template):
            template = self.signs(template)  # "{first}; {second}": no text of any catalog
        return template.format_map({name: self.say(each) for name, each in said.values})

    def _moment(self, moment: Moment) -> str:
        here = moment.at.astimezone(ZoneInfo(moment.zone))
        match moment.shape:
            case Shape.TIME:
                return str(format_datetime(here, "HH:mm", locale=self.locale))
            case Shape.DAY:
                return self._date(here.date(), self.language.any_year)
            case Shape.HOUR_UNKNOWN:
                return self.t("{day} (hour not known)", day=self._date(here.date(), self.language.any_year))
            case Shape.MINUTE:
                return self._joint(here, self.language.any_year)

    def _joint(self, here: datetime, pattern: str) -> str:
        time = str(format_datetime(here, "HH:mm", locale=self.locale))
        return self.language.joint.format(day=self._date(here.date(), pattern), time=time)

    def _date(self, on: date, pattern: str) -> str:
        return str(format_date(on, pattern, locale=self.locale))

    def signs(self, between: str) -> str:
        """What stands between two texts, such as "; ", in the signs of the language."""
        return between.translate(self.language.signs)

    def number(self, value: float | None) -> str:
        """A number with its separators; an en dash for None."""
        return "–" if value is None else str(format_decimal(value, locale=self.locale))

    def percent(self, share: float | None) -> str:
        """A share of 1 as whole per cent; an en dash for None."""
        return "–" if share is None else str(format_percent(share, format=self.language.percent, locale=self.locale))

    def money(self, minor: int, currency: str) -> str:
        """An amount in minor units of `currency` (ISO 4217)."""
        amount = Decimal(minor).scaleb(-minor_digits(currency))
        return str(format_currency(amount, currency, locale=self.locale))

    def local(self, at: datetime) -> datetime:
        """The instant on the wall clock of the zone."""
        return at.astimezone(ZoneInfo(self.zone))

    def moment(self, at: datetime | None, *, now: datetime | None = None) -> str:
        """Weekday, date and time; the year only when it is not that of `now` (default: this year)."""
        if at is None:
            return "–"
        here = self.local(at)
        this_year = self.local(now or datetime.now(UTC)).year
        return self._joint(here, self.language.this_year if here.year == this_year else self.language.year)

    def time(self, at: datetime) -> str:
        """Hour and minute."""
        return str(format_datetime(self.local(at), "HH:mm", locale=self.locale))

    def day(self, on: date | datetime | None) -> str:
        """A date with its weekday; an instant is first put on the wall clock of the zone."""
        return "–" if on is None else self._date(self._day_of(on), self.language.any_year)

    def short_day(self, on: date | datetime) -> str:
        """Day and month, as an axis has room for."""
        return self._date(self._day_of(on), self.language.short)

    def _day_of(self, on: date | datetime) -> date:
        return self.local(on).date() if isinstance(on, datetime) else on

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
        return sign + _spanned(said)

    def _exact_span(self, seconds: int) -> str:
        """As findings say it: to the second, but for ten hours and more."""
        minutes, rest_s = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        parts = [
            self.t("{n} h", n=self.number(hours)) if hours else "",
            self.t("{n} min", n=minutes) if minutes else "",
            self.t("{n} s", n=rest_s) if rest_s and hours < 10 else "",
        ]
        return _spanned(parts) or _spanned([self.t("{n} s", n=0)])


def counted_texts(noun: str) -> tuple[str, str]:
    """What stands in the catalogs for so many of a noun of NOUNS, in the singular and the plural."""
    return f"{{n}} {noun}", f"{{n}} {NOUNS[noun]}"


def _held(text: str) -> str:
    return text.replace(" %", f"{_JOINED}%")


def _spanned(parts: Sequence[str]) -> str:
    return " ".join(part.replace(" ", _JOINED) for part in parts if part)


def has_words(template: str) -> bool:
    """Whether a template holds letters besides its {names}."""
    outside = "".join(piece.partition("}")[2] if index else piece for index, piece in enumerate(template.split("{")))
    return any(letter.isalpha() for letter in outside)


def texts_for(lang: str, zone: str) -> Texts:
    """The texts of `lang` (English where we have no such language) in `zone`."""
    return Texts(lang=lang if lang in LANGUAGES or lang == PSEUDO else DEFAULT, zone=zone)
