"""Numbers in a clause's title and words against its figures: 30 days in the title and 45 in the text.

English and German. A number counts only with its unit, so that years, paragraphs and addresses are none. It agrees
when a figure of its clause, or of a clause within, has that value; so no text has to name all figures.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import Enum, auto
from typing import Final

from audits.contracts.problems import Problem, ProblemCode, error, warning
from audits.model.contract import (
    CapKind,
    CapUnit,
    Clause,
    Comparison,
    Contract,
    DayOfNextMonth,
    DeliveryCap,
    Duration,
    Duty,
    Exclusivity,
    Hours,
    Need,
    NeedKind,
    Operator,
    Per,
    Pricing,
    ReturnCap,
    Shortfall,
    Tier,
    Tolerance,
    Volume,
    Window,
)
from audits.model.said import Count, Listed, Span, Value, say


class Kind(Enum):
    """What a number counts; spans are in seconds, clocks in minutes of the day."""

    SPAN = auto()
    PERCENT = auto()
    LEADS = auto()
    ATTEMPTS = auto()
    MONEY = auto()
    BUYERS = auto()
    KM = auto()
    YEARS = auto()
    DAY_OF_MONTH = auto()
    CLOCK = auto()


@dataclass(frozen=True, slots=True)
class Mention:
    """A number with its unit as it stands in a text; `values`: what it may mean (1.000 is a thousand, or one)."""

    kind: Kind
    values: frozenset[Decimal]
    shown: str


_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_WORD_NUMBERS: Final[Mapping[str, int]] = {
    word: number
    for number, words in {
        1: "one ein eine einen einem einer",
        2: "two zwei",
        3: "three drei",
        4: "four vier",
        5: "five fünf",
        6: "six sechs",
        7: "seven sieben",
        8: "eight acht",
        9: "nine neun",
        10: "ten zehn",
        12: "twelve zwölf",
        14: "fourteen vierzehn",
        15: "fifteen fünfzehn",
        20: "twenty zwanzig",
        21: "einundzwanzig",
        24: "twenty-four vierundzwanzig",
        28: "achtundzwanzig",
        30: "thirty dreißig dreissig",
        45: "forty-five fünfundvierzig",
        48: "forty-eight achtundvierzig",
        60: "sixty sechzig",
        72: "seventy-two zweiundsiebzig",
        90: "ninety neunzig",
    }.items()
    for word in words.split()
}

#: Words between a number and what it counts.
_BETWEEN = (
    r"(?:full|whole|calendar|consecutive|documented|separate|different|valid|invalid|bad|usable|exclusive|call|dial|"
    r"phone|contact|logged|further|additional|of the|der|volle[nr]?|ganze[nr]?|dokumentierte[nr]?|telefonische[nr]?|"
    r"verschiedene[nr]?|exklusive[nr]?|gültige[nr]?|ungültige[nr]?|schlechte[nr]?|weitere[nr]?)"
)
_UNITS: Final[tuple[tuple[Kind, int, str], ...]] = (
    (Kind.SPAN, _MINUTE, r"min|mins|minutes?|minuten?"),
    (Kind.SPAN, _HOUR, r"h|hrs?|hours?|std|stunden?|stündig\w*"),
    (
        Kind.SPAN,
        _DAY,
        r"d|days?|tage?[ns]?|tägig\w*|kalendertage?n?|(?:business|working) days?|werktage?n?|arbeitstage?n?|"
        r"geschäftstage?n?|bankarbeitstage?n?",
    ),
    (Kind.SPAN, 7 * _DAY, r"weeks?|wochen?|wöchig\w*"),
    (Kind.SPAN, 30 * _DAY, r"months?|monate?[ns]?|monatig\w*"),
    (Kind.PERCENT, 1, r"%|percent|per cent|pct|prozent"),
    (Kind.LEADS, 1, r"leads?|datensatz|datensätzen?|interessenten"),
    (
        Kind.ATTEMPTS,
        1,
        r"attempts?|calls?|tries|versuche?n?|anrufe?n?|(?:kontakt|anruf|telefon|wähl)versuche?n?",
    ),
    (Kind.MONEY, 1, r"€|\$|£|euros?|dollars?|eur|usd|gbp|chf|nok|sek|dkk|pln|aud|cad"),
    (Kind.BUYERS, 1, r"buyers?|käufern?|abnehmern?"),
    (Kind.KM, 1, r"km|kilomet(?:er|ern|re|res)"),
    (Kind.YEARS, 1, r"years?|jahren?"),
)
_NUMBER = r"(?P<digits>\d{1,3}(?:[.,]\d{3})+|\d+(?:[.,]\d+)?)|(?<!-)(?P<word>" + "|".join(_WORD_NUMBERS) + ")"
#: "ten (10) days", "10 (ten) days".
_TWICE: Final = re.compile(r"\b[^\W\d][\w-]*\s*\((?P<digits>\d+)\)|(?P<first>\d+)\s*\([^\W\d][\w-]*\)")


def _pattern(unit: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.,])(?:{_NUMBER})[\s-]*(?:{_BETWEEN}\s+){{0,2}}(?:{unit})(?!\w)", re.IGNORECASE)


_COUNTED: Final = tuple((kind, factor, _pattern(unit)) for kind, factor, unit in _UNITS)
_BEFORE: Final = (
    (Kind.SPAN, _DAY, re.compile(r"\b(?:day|tag)\s+(?P<digits>\d{1,3})(?![\w:.,]*\d)", re.I)),
    (Kind.MONEY, 1, re.compile(r"(?:€|\$|£|\b(?:EUR|USD|GBP|CHF|NOK|SEK|DKK|PLN|AUD|CAD))\s?(?P<digits>\d[\d.,]*)")),
)
_DAY_OF_MONTH: Final = re.compile(
    r"\b(?P<digits>\d{1,2})(?:(?:st|nd|rd|th)(?: day)? of (?:the )?(?:next|following)|"
    r"\. (?:tag )?(?:des|im|vom) (?:folge|nächsten |kommenden ))\s?mon",
    re.I,
)
_CLOCK: Final = re.compile(
    r"(?<![\d:.])(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})(?:\s*(?P<half>[ap])\.?m\b)?|"
    r"(?P<hour2>\d{1,2})\s*(?:(?P<half2>[ap])\.?m\b|uhr\b))",
    re.I,
)
_BUSINESS: Final = re.compile(r"\b(?:business|working) days?\b|\b(?:werk|arbeits|geschäfts|bankarbeits)tag", re.I)
_CALENDAR: Final = re.compile(r"\bcalendar days?\b|\bkalendertag", re.I)

Figures = Mapping[Kind, frozenset[Decimal]]
_NO_FIGURES: Final[frozenset[Decimal]] = frozenset()


def mentions(text: str) -> list[Mention]:
    """Every number with a unit in `text`."""
    text = _TWICE.sub(lambda match: match["digits"] or match["first"], text)
    found = [
        Mention(kind, frozenset(value * factor for value in _values(match)), match[0].strip())
        for kind, factor, pattern in (*_COUNTED, *_BEFORE)
        for match in pattern.finditer(text)
    ]
    found += [
        Mention(Kind.DAY_OF_MONTH, frozenset({Decimal(match["digits"])}), match[0].strip())
        for match in _DAY_OF_MONTH.finditer(text)
    ]
    for match in _CLOCK.finditer(text):
        hour, minute = int(match["hour"] or match["hour2"]), int(match["minute"] or 0)
        half = (match["half"] or match["half2"] or "").lower()
        at = Decimal(((hour % 12 + 12 * (half == "p")) if half else hour) * 60 + minute)
        found.append(Mention(Kind.CLOCK, frozenset({at}), match[0].strip()))
    return found


def _values(match: re.Match[str]) -> Iterator[Decimal]:
    groups = match.groupdict()
    if groups.get("word"):
        yield Decimal(_WORD_NUMBERS[groups["word"].lower()])
        return
    digits = groups["digits"].rstrip(".,")
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", digits):
        yield Decimal(re.sub("[.,]", "", digits))
    head, _, tail = digits.replace(",", ".").rpartition(".")
    yield Decimal(f"{head.replace('.', '')}.{tail}" if head else tail)


def figures_of(clause: Clause) -> Figures:
    """The figures of a clause and of all within it."""
    found: dict[Kind, set[Decimal]] = defaultdict(set)
    _gather(clause, found)
    return {kind: frozenset(values) for kind, values in found.items()}


def _gather(clause: Clause, into: dict[Kind, set[Decimal]]) -> None:
    for kind, value in _own(clause):
        into[kind].add(Decimal(value))
    for name in type(clause).model_fields:
        value = getattr(clause, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Clause):
                _gather(each, into)
            elif isinstance(each, Duration):
                into[Kind.SPAN].add(Decimal(each.days * _DAY + each.seconds))
            elif isinstance(each, DayOfNextMonth):
                into[Kind.DAY_OF_MONTH].add(Decimal(each.day))
            elif isinstance(each, time):
                into[Kind.CLOCK].add(Decimal(each.hour * 60 + each.minute))
            elif isinstance(each, Per) and each in _PER_S and name in clause.model_fields_set:
                into[Kind.SPAN].add(Decimal(_PER_S[each]))


_PER_S = {Per.HOUR: _HOUR, Per.DAY: _DAY, Per.WEEK: 7 * _DAY, Per.MONTH: 30 * _DAY}


def _own(clause: Clause) -> Iterator[tuple[Kind, Decimal | int]]:
    """The figures of the clause alone that are no spans."""
    given: list[tuple[Kind, Decimal | int | None]] = []
    match clause:
        case Comparison():
            given = list(_compared(clause))
        case Tolerance():
            given = [(Kind.PERCENT, clause.percent)]
        case ReturnCap():
            given = [(Kind.LEADS if clause.kind is CapKind.FIXED else Kind.PERCENT, clause.value)]
        case DeliveryCap():
            given = [(Kind.MONEY if clause.unit is CapUnit.MONEY else Kind.LEADS, clause.limit)]
        case Pricing():
            given = [(Kind.MONEY, clause.price), (Kind.PERCENT, clause.percent), (Kind.LEADS, clause.min_order)]
            given += [(Kind.MONEY, price) for price in clause.prices.values()]
            given += [(Kind.PERCENT, clause.overage.price_pct if clause.overage else None)]
        case Tier():
            # "up to 100 leads" is said of the tier that begins with the 101st.
            given = [(Kind.MONEY, clause.price), (Kind.LEADS, clause.from_n), (Kind.LEADS, clause.from_n - 1)]
        case Volume():
            given = [(Kind.LEADS, clause.ordered)]
        case Shortfall():
            given = [(Kind.LEADS, clause.refund_below), (Kind.LEADS, clause.redeliver_from)]
        case Duty():
            given = [(Kind.ATTEMPTS, clause.count)]
        case Need() if clause.kind is NeedKind.ATTEMPTS:
            given = [(Kind.ATTEMPTS, clause.least)]
        case Exclusivity():
            given = [(Kind.BUYERS, clause.max_sold), (Kind.KM, clause.radius_km)]
        case Hours():
            given = [
                (Kind.CLOCK, int(at[:2]) * 60 + int(at[3:5]))
                for hours in clause.week.values()
                for span in hours
                for at in span
            ]
    yield from ((kind, value) for kind, value in given if value is not None)


def _compared(clause: Comparison) -> Iterator[tuple[Kind, Decimal]]:
    """A number that a field is held against may be an age, a sum or a distance."""
    if clause.op in (Operator.GTE, Operator.LTE, Operator.WITHIN_KM):
        kinds = (Kind.KM,) if clause.op is Operator.WITHIN_KM else (Kind.YEARS, Kind.MONEY, Kind.PERCENT, Kind.KM)
        yield from ((kind, Decimal(clause.value[0])) for kind in kinds)


def clauses(clause: Clause, place: str = "") -> Iterator[tuple[str, Clause]]:
    """A clause and all within it, each with its place."""
    yield place, clause
    for name in type(clause).model_fields:
        value = getattr(clause, name)
        inner = f"{place}.{name}" if place else name
        if isinstance(value, Clause):
            yield from clauses(value, inner)
        elif isinstance(value, tuple):
            for index, each in enumerate(value):
                if isinstance(each, Clause):
                    yield from clauses(each, f"{inner}.{index}")


def check_words(contract: Contract) -> Iterator[Problem]:
    """Every number in words that no figure bears out."""
    everywhere = figures_of(contract)
    for place, clause in clauses(contract):
        if not clause.title and not clause.says:
            continue
        figures = figures_of(clause)
        for part, other in (("title", "says"), ("says", "title")):
            at = f"{place}.{part}" if place else part
            beside = mentions(getattr(clause, other))
            for mention in mentions(getattr(clause, part)):
                # What the clause's other words say, and its figures with them, is not said of another clause.
                told = [each for each in beside if each.kind is mention.kind]
                is_gainsaid = bool(told) and all(_agrees(each, figures.get(each.kind, _NO_FIGURES)) for each in told)
                elsewhere = {} if is_gainsaid else everywhere
                yield from _held(mention, at, figures, elsewhere, is_whole=not place)
        yield from _title_against_words(place, clause, figures)
        if isinstance(clause, Window):
            yield from _business(place, clause)


def _held(mention: Mention, at: str, figures: Figures, everywhere: Figures, *, is_whole: bool) -> Iterator[Problem]:
    own = figures.get(mention.kind, frozenset())
    if _agrees(mention, own):
        return
    if own and not is_whole and not _agrees(mention, everywhere.get(mention.kind, frozenset())):
        yield error(
            at,
            ProblemCode.NUMBER_DIFFERS,
            say(
                'It says "{shown}", the figures of the clause say {figures}.',
                shown=mention.shown,
                figures=Listed(tuple(_written(mention.kind, each) for each in sorted(own))),
            ),
            say("Agree on one number, and write it in both places."),
        )
    elif own and not is_whole:
        yield warning(
            at,
            ProblemCode.NUMBER_DIFFERS,
            say('It says "{shown}", which is a figure of another clause, not of this one.', shown=mention.shown),
            say("Say it where it holds, or correct the number."),
        )
    elif not _agrees(mention, everywhere.get(mention.kind, frozenset())):
        yield warning(
            at,
            ProblemCode.NUMBER_WITHOUT_FIGURE,
            say(
                'It says "{shown}", but no figure of the contract does, so nothing is judged by it.',
                shown=mention.shown,
            ),
            say("Enter the figure, or take the sentence out."),
        )


def _written(kind: Kind, figure: Decimal) -> Value:
    if kind is Kind.SPAN:
        whole, rest = divmod(int(figure), _DAY)
        return Span(int(figure)) if rest or not whole else Count(whole, "day")
    if kind is Kind.CLOCK:
        hour, minute = divmod(int(figure), 60)
        return f"{hour:02}:{minute:02}"
    return f"{figure} %" if kind is Kind.PERCENT else str(figure)


def _agrees(mention: Mention, figures: frozenset[Decimal]) -> bool:
    if mention.values & figures:
        return True
    if mention.kind is Kind.SPAN and "mon" in mention.shown.lower():
        # A month has 28 to 31 days.
        months = [value / (30 * _DAY) for value in mention.values]
        return any(28 * n * _DAY <= figure <= 31 * n * _DAY for n in months for figure in figures)
    return False


def _title_against_words(place: str, clause: Clause, figures: Figures) -> Iterator[Problem]:
    """Title and words that differ where no figure could tell which is right."""
    title, says = mentions(clause.title), mentions(clause.says)
    for kind in Kind:
        first = [each for each in title if each.kind is kind]
        second = [each for each in says if each.kind is kind]
        if len(first) != 1 or len(second) != 1 or figures.get(kind) or first[0].values & second[0].values:
            continue
        yield error(
            f"{place}.says" if place else "says",
            ProblemCode.NUMBER_DIFFERS,
            say('The title says "{title}", the text says "{text}".', title=first[0].shown, text=second[0].shown),
            say("Agree on one number, and enter it as a figure."),
        )


def _business(place: str, window: Window) -> Iterator[Problem]:
    for part, text in (("title", window.title), ("says", window.says)):
        says_business, says_calendar = bool(_BUSINESS.search(text)), bool(_CALENDAR.search(text))
        if says_business and not says_calendar and not window.business_days:
            yield error(
                f"{place}.{part}",
                ProblemCode.BUSINESS_DAYS_DIFFER,
                say("It speaks of business days, the window counts calendar days."),
                say("Write business_days: true, or say calendar days."),
            )
        elif says_calendar and not says_business and window.business_days:
            yield error(
                f"{place}.{part}",
                ProblemCode.BUSINESS_DAYS_DIFFER,
                say("It speaks of calendar days, the window counts business days."),
                say("Leave business_days out, or say business days."),
            )
