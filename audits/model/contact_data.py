"""What phone numbers and e-mail addresses are, by form alone: nothing is dialled, resolved or sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, EmailSyntaxError, validate_email

from audits.model.said import phrase
from audits.model.truth import LineType

_KEPT = 8_192
# Ways in which people write a country that the display names of the phone library lack.
_COUNTRY_ALIASES = {
    "UK": "GB",
    "EL": "GR",
    "USA": "US",
    "U.S.": "US",
    "U.S.A.": "US",
    "UNITED STATES OF AMERICA": "US",
    "ENGLAND": "GB",
    "SCOTLAND": "GB",
    "WALES": "GB",
    "NORTHERN IRELAND": "GB",
    "GREAT BRITAIN": "GB",
    "CZECHIA": "CZ",
    "HOLLAND": "NL",
    "THE NETHERLANDS": "NL",
    "NORTH MACEDONIA": "MK",
    "ESWATINI": "SZ",
    "RUSSIAN FEDERATION": "RU",
    "РФ": "RU",
    "REPUBLIC OF KOREA": "KR",
    "VIET NAM": "VN",
    "IVORY COAST": "CI",
}


@dataclass(frozen=True, slots=True)
class PhoneCheck:
    """`is_valid` None = cannot be told, because the number has no + and no country is known. `e164` when valid.

    `why`: half a sentence, a word of ours.
    """

    is_valid: bool | None
    e164: str | None
    why: str


@dataclass(frozen=True, slots=True)
class EmailCheck:
    """`key` is the address as compared with others (NFC, lower case, domain in ASCII), None when not valid.

    `why`: half a sentence in English, that of the library where it refuses. `address`: as mail is sent to it.
    """

    is_valid: bool
    key: str | None
    domain: str | None
    why: str
    address: str | None = None


class PhoneRead(NamedTuple):
    """What stands in a field for a number. `reason`: "" when `is_valid`, else region_unknown, not_a_number,
    no_such_country, impossible, area_code_missing or not_in_use. `national`: the national significant number, "" when
    nothing could be read. `taken_from`: two_numbers or text_around when only a part of the text is the number."""

    is_valid: bool | None
    is_possible: bool | None
    reason: str = ""
    country_code: int | None = None
    national: str = ""
    line_type: LineType = LineType.UNKNOWN
    region: str | None = None
    extension: str | None = None
    taken_from: str | None = None

    @property
    def e164(self) -> str | None:
        """The number as +, country code and national number; None when it is not valid."""
        return f"+{self.country_code}{self.national}" if self.is_valid else None


def read_phone(text: str, region: str | None) -> PhoneRead:
    """Reads `text` by the numbering plans of libphonenumber; `region` is the country of numbers without a +.

    Where the whole is no valid number, the first valid one of several, or the only one among words, is taken.
    """
    plain = read_plain(text, region)
    if plain is not None:
        country_code, national, kind, line_region = plain
        return PhoneRead(True, True, "", country_code, national, kind, line_region)
    return read_by_library(text, region)


@lru_cache(maxsize=_KEPT)
def read_by_library(text: str, region: str | None) -> PhoneRead:
    """As `read_phone`, of any text. Kept: it takes ten times as long as `read_plain`."""
    whole = _read_whole(text, region)
    # Of "… after 5" the library makes digits, as of 1-800-FLOWERS.
    if (whole.is_valid and not _LETTER.search(text)) or len(text) < _SHORTEST_WITH_MORE:
        return whole
    if whole.is_valid and _digits_in(text) >= len(whole.national):
        return whole
    for how, parts in (("two_numbers", _several(text)), ("text_around", _among_words(text))):
        found = [part for part in (_read_whole(each, region) for each in parts) if part.is_valid]
        if found and (how == "two_numbers" or len({each.e164 for each in found}) == 1):
            return found[0]._replace(taken_from=how)
    return whole


# Two numbers of six digits, or one beside a word.
_SHORTEST_WITH_MORE = 10
_FEWEST_DIGITS = 6
_LETTER = re.compile(r"[^\W\d_]")
_BETWEEN = (
    re.compile(r"[;|\\\n]|,(?!,)|\s(?:or|and|oder|und|ou|et|eller|og|o|y|e|ή|και|или|и|أو|و|或)\s|&"),
    re.compile(r"[/;|\\\n]|,(?!,)"),
)
_GLUED = re.compile(r"\d[^\W\d_]|[^\W\d_]\d")
_RUN_OF_DIGITS = re.compile(r"[+\uff0b]?[(\[]?\d[\d\s().\[\]/\u2010-\u2015\u00a0-]*")
_EXTENSION = re.compile(r"(?:\b(?:e?xt(?:n|ension)?|x|int|anexo|доб)\b|[#~;=x])\s*[.:]?\s*\d", re.IGNORECASE)


def _several(text: str) -> list[str]:
    """The parts of a text in which somebody wrote two numbers, when each of them has digits enough."""
    for between in _BETWEEN:
        parts = [part.strip() for part in between.split(text) if _digits_in(part)]
        if len(parts) > 1 and all(_digits_in(part) >= _FEWEST_DIGITS for part in parts):
            return parts
    return []


def _among_words(text: str) -> Iterator[str]:
    """Runs of digits in a text with words around; none where letters may be part of the number (1-800-FLOWERS, 017l)
    or stand for an extension."""
    if _EXTENSION.search(text) or _GLUED.search(text) or not _LETTER.search(text):
        return
    for run in _RUN_OF_DIGITS.finditer(text):
        if _digits_in(run.group()) >= _FEWEST_DIGITS:
            yield run.group().strip()


def _digits_in(text: str) -> int:
    return sum(1 for letter in text if letter.isdigit())


# In the order in which the library asks: a number that is two of them is the first.
_KINDS = (
    (LineType.PREMIUM_RATE, "premium_rate"),
    (LineType.TOLL_FREE, "toll_free"),
    (LineType.SHARED_COST, "shared_cost"),
    (LineType.VOIP, "voip"),
    (LineType.PERSONAL_NUMBER, "personal_number"),
    (LineType.PAGER, "pager"),
    (LineType.UAN, "uan"),
    (LineType.VOICEMAIL, "voicemail"),
    (LineType.FIXED_LINE, "fixed_line"),
    (LineType.MOBILE, "mobile"),
)
_KIND_OF_GROUP: dict[str | None, LineType] = {f"k{at}": kind for at, (kind, _) in enumerate(_KINDS)}


@dataclass(frozen=True, slots=True)
class _RegionPlan:
    """The numbering plan of one region in one pattern, whose group says the kind of line; `of_region`: the digits by
    which a region of a shared country code is known without asking the plan."""

    region: str
    of_region: re.Pattern[str] | None
    kinds: re.Pattern[str] | None
    mobile: re.Pattern[str] | None

    def kind(self, national: str) -> LineType | None:
        found = self.kinds.fullmatch(national) if self.kinds is not None else None
        if found is None:
            return None
        kind = _KIND_OF_GROUP[found.lastgroup]
        if kind is LineType.FIXED_LINE and self.mobile is not None and self.mobile.fullmatch(national):
            return LineType.FIXED_LINE_OR_MOBILE
        return kind


@lru_cache(maxsize=300)
def _region_plans(country_code: int) -> tuple[_RegionPlan, ...]:
    """The plans of a country code. The library asks ten patterns for each region each time; this asks one."""
    plans = []
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(country_code, ()):
        of = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
        if of is None:
            continue
        general = _pattern_of(of.general_desc)
        kinds = [(at, _pattern_of(getattr(of, name))) for at, (_, name) in enumerate(_KINDS)]
        named = "|".join(f"(?P<k{at}>{pattern})" for at, pattern in kinds if pattern is not None)
        same = of.same_mobile_and_fixed_line_pattern
        mobile = _pattern_of(of.fixed_line if same else of.mobile)
        plans.append(
            _RegionPlan(
                region=region,
                of_region=re.compile(of.leading_digits) if of.leading_digits is not None else None,
                kinds=re.compile(f"(?={general}$)(?:{named})") if general is not None and named else None,
                mobile=re.compile(mobile) if mobile is not None else None,
            )
        )
    return tuple(plans)


def _pattern_of(kind: phonenumbers.PhoneNumberDesc | None) -> str | None:
    """One pattern for the digits and the lengths of a kind of line; None when a region has no such lines."""
    if kind is None or not kind.national_number_pattern:
        return None
    if not kind.possible_length:
        return f"(?:{kind.national_number_pattern})"
    lengths = "|".join(f"\\d{{{length}}}" for length in kind.possible_length if length > 0)
    return f"(?=(?:{lengths})$)(?:{kind.national_number_pattern})" if lengths else None


def kind_of(country_code: int, national: str) -> tuple[LineType | None, str | None]:
    """The kind of line and the region of a national number, as libphonenumber says them; no kind = not valid."""
    plans = _region_plans(country_code)
    if len(plans) == 1:
        return plans[0].kind(national), plans[0].region
    for plan in plans:
        if plan.of_region is not None:
            if plan.of_region.match(national):
                return plan.kind(national), plan.region
        elif (kind := plan.kind(national)) is not None:
            return kind, plan.region
    return None, None


# Nothing but digits and what people set between them.
_PLAIN = re.compile(r"\+?\(?[0-9][0-9 ().-]*[0-9]")
_BETWEEN_DIGITS = str.maketrans("", "", "+ ().-")
_LONGEST_PLAIN = 40


@dataclass(frozen=True, slots=True)
class _Dialling:
    """How numbers of a region are dialled. `code`: the digits of the country code; `lengths`: those of whole national
    numbers."""

    country_code: int
    code: str
    abroad: re.Pattern[str] | None
    prefix: re.Pattern[str] | None
    is_prefix_rewritten: bool
    general: re.Pattern[str] | None
    lengths: frozenset[int]


@lru_cache(maxsize=300)
def _dialling(region: str) -> _Dialling | None:
    of = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    if of is None or of.general_desc is None or of.country_code is None:
        return None
    general, prefix, abroad = of.general_desc, of.national_prefix_for_parsing, of.international_prefix
    return _Dialling(
        country_code=of.country_code,
        code=str(of.country_code),
        abroad=re.compile(abroad) if abroad else None,
        prefix=re.compile(prefix) if prefix else None,
        is_prefix_rewritten=bool(of.national_prefix_transform_rule),
        general=re.compile(general.national_number_pattern) if general.national_number_pattern else None,
        lengths=frozenset(general.possible_length) - frozenset(general.possible_length_local_only),
    )


def read_plain(text: str, region: str | None) -> tuple[int, str, LineType, str | None] | None:
    """What the library would read in a number in use that is written as most are: in its country's plain form, or
    with a +: country code, national number, kind of line and region. None = whatever else, which it must be asked; so
    the two never differ, but in time."""
    if len(text) > _LONGEST_PLAIN or _PLAIN.fullmatch(text) is None:
        return None
    digits = text.translate(_BETWEEN_DIGITS)
    if text[0] == "+":
        main = _main_region_of(digits)
        dialling = _dialling(main) if main is not None else None
        if dialling is None:
            return None
        national = digits[len(dialling.code) :]
        if dialling.prefix is not None and dialling.prefix.match(national):
            return None
    else:
        dialling = _dialling(region) if region in phonenumbers.SUPPORTED_REGIONS else None
        if dialling is None or (dialling.abroad is not None and dialling.abroad.match(digits)):
            return None
        if digits.startswith(dialling.code):
            return None
        national = digits
        prefix = dialling.prefix.match(digits) if dialling.prefix is not None else None
        if prefix is not None:
            national = digits[prefix.end() :]
            fits = dialling.general is not None and dialling.general.fullmatch(national) is not None
            if dialling.is_prefix_rewritten or not fits or len(national) not in dialling.lengths:
                return None
    kind, line_region = kind_of(dialling.country_code, national)
    return None if kind is None else (dialling.country_code, national, kind, line_region)


_MAIN_REGIONS = {str(code): regions[0] for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()}


def _main_region_of(digits: str) -> str | None:
    """The main region of the country code that an international number begins with; no code begins another one."""
    return _MAIN_REGIONS.get(digits[:1]) or _MAIN_REGIONS.get(digits[:2]) or _MAIN_REGIONS.get(digits[:3])


def _read_whole(text: str, region: str | None) -> PhoneRead:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as refused:
        if refused.error_type != phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            return PhoneRead(is_valid=False, is_possible=False, reason="not_a_number")
        if not _has_plus(text) and region not in phonenumbers.SUPPORTED_REGIONS:
            # 00 is what most of the world dials for abroad; whoever writes it means the number from anywhere.
            abroad = text.lstrip("( ")
            if abroad.startswith("00") and (found := _read_whole("+" + abroad[2:].lstrip(") "), None)).is_valid:
                return found
            return PhoneRead(is_valid=None, is_possible=None, reason="region_unknown")
        # Without a +, it begins with the digits that the known country dials for abroad, such as 99 in Finland.
        return PhoneRead(is_valid=False, is_possible=False, reason="no_such_country")
    country_code, national = number.country_code or 0, phonenumbers.national_significant_number(number)
    kind, line_region = kind_of(country_code, national)
    if kind is not None:
        is_possible, reason = True, ""
    else:
        possible = phonenumbers.is_possible_number_with_reason(number)
        is_local = possible == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY
        is_possible = is_local or possible == phonenumbers.ValidationResult.IS_POSSIBLE
        reason = "area_code_missing" if is_local else "not_in_use" if is_possible else "impossible"
    return PhoneRead(
        is_valid=kind is not None,
        is_possible=is_possible,
        reason=reason,
        country_code=country_code,
        national=national,
        line_type=kind or LineType.UNKNOWN,
        region=line_region,
        extension=number.extension or None,
    )


#: What is wrong with a number, by the reason of PhoneRead, as half a sentence.
PHONE_REASONS = {
    "": phrase("in use"),
    "region_unknown": phrase("it has no country code and the country is not known"),
    "not_a_number": phrase("it is not a phone number"),
    "no_such_country": phrase("there is no such country code"),
    "impossible": phrase("no numbering plan has such a number"),
    "area_code_missing": phrase("no numbering plan has such a number"),
    "not_in_use": phrase("no numbering plan has such a number"),
}


def check_phone(text: str, region: str | None) -> PhoneCheck:
    """Whether `text` can be a number in use by the numbering plans of libphonenumber.

    `region` (ISO 3166 letters) is the country of numbers written without a +; `why` is a half sentence for a person.
    """
    read = read_phone(text, region)
    return PhoneCheck(read.is_valid, read.e164, PHONE_REASONS[read.reason])


_PLAIN_ADDRESS = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?P<top>[a-z]{2,})"
)
# Below it no part can be too long.
_LONGEST_PLAIN_ADDRESS = 64
_TOPS_OF_SPECIAL_USE = frozenset(each.rpartition(".")[2] for each in SPECIAL_USE_DOMAIN_NAMES)


def is_plain_address(text: str) -> bool:
    """Whether it has the form of most addresses, which the library takes as it stands: small ASCII letters and
    digits, dots within, no punycode, no domain kept for special use. It is asked for all others."""
    if len(text) > _LONGEST_PLAIN_ADDRESS or "--" in text:
        return False
    found = _PLAIN_ADDRESS.fullmatch(text)
    return found is not None and found["top"] not in _TOPS_OF_SPECIAL_USE


def check_email(text: str) -> EmailCheck:
    """Whether `text` is one address that mail can be sent to, by syntax; no DNS is asked.

    A domain of one label is a domain where it is a country's: there are such with mail servers (name@ai).
    """
    if is_plain_address(text):
        return EmailCheck(True, text, text.partition("@")[2], "well formed", text)
    return check_by_library(text)


# What stands for a byte or a NUL that is no text; the library takes it for a picture such as a smiley.
_UNREADABLE = "\ufffd"


@lru_cache(maxsize=_KEPT)
def check_by_library(text: str) -> EmailCheck:
    """As `check_email`, of any text. Kept, as what the library says of a number is."""
    if _UNREADABLE in text:
        return EmailCheck(False, None, None, "The address holds a character that could not be read")
    # Only spaces are taken off: a line break in an address is how headers are forged.
    trimmed = text.strip(" ")
    try:
        found = validate_email(trimmed, check_deliverability=False)
    except EmailSyntaxError as refused:
        if trimmed[-3:-2] != "@" or trimmed[-2:].upper() not in phonenumbers.SUPPORTED_REGIONS:
            return EmailCheck(False, None, None, str(refused).rstrip("."))
        try:
            found = validate_email(trimmed, check_deliverability=False, globally_deliverable=False)
        except EmailNotValidError as still_refused:
            return EmailCheck(False, None, None, str(still_refused).rstrip("."))
    except EmailNotValidError as refused:
        return EmailCheck(False, None, None, str(refused).rstrip("."))
    local = unicodedata.normalize("NFC", found.local_part.lower())
    domain = (found.ascii_domain or found.domain).lower()
    return EmailCheck(True, f"{local}@{domain}", domain, "well formed", f"{found.local_part}@{domain}")


def region_of(country: str | None, default: str | None) -> str | None:
    """The ISO letters of a country written as letters or as a name in any language; `default` when none is given.

    A country that is given but not understood is None, not the default: the number is then from elsewhere.
    """
    text = (country or "").strip()
    if not text:
        return default.upper() if default else None
    return _region_named(text.casefold())


@lru_cache(maxsize=4096)
def _region_named(folded: str) -> str | None:
    letters = folded.upper()
    if letters in phonenumbers.SUPPORTED_REGIONS:
        return letters
    return _COUNTRY_ALIASES.get(letters) or _regions_by_name().get(folded)


@lru_cache(maxsize=1)
def _regions_by_name() -> dict[str, str]:
    # Imported when first asked: the names of all countries in all languages take a third of a second to load.
    from phonenumbers.geodata.locale import LOCALE_DATA

    found: dict[str, str] = {}
    doubtful: set[str] = set()
    for region, names in LOCALE_DATA.items():
        for name in names.values():
            folded = name.casefold()
            if found.setdefault(folded, region) != region:
                doubtful.add(folded)
    return {name: region for name, region in found.items() if name not in doubtful and not name.startswith("*")}


def _has_plus(text: str) -> bool:
    return "+" in text or "\uff0b" in text
