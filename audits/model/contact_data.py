"""What phone numbers and e-mail addresses are, by form alone: nothing is dialled, resolved or sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, EmailSyntaxError, validate_email

from audits.model.said import phrase
from audits.model.truth import LineType

_KEPT = 8_192
_TYPES = {
    phonenumbers.PhoneNumberType.MOBILE: LineType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE: LineType.FIXED_LINE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE: LineType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.TOLL_FREE: LineType.TOLL_FREE,
    phonenumbers.PhoneNumberType.PREMIUM_RATE: LineType.PREMIUM_RATE,
    phonenumbers.PhoneNumberType.SHARED_COST: LineType.SHARED_COST,
    phonenumbers.PhoneNumberType.VOIP: LineType.VOIP,
    phonenumbers.PhoneNumberType.PERSONAL_NUMBER: LineType.PERSONAL_NUMBER,
    phonenumbers.PhoneNumberType.PAGER: LineType.PAGER,
    phonenumbers.PhoneNumberType.UAN: LineType.UAN,
    phonenumbers.PhoneNumberType.VOICEMAIL: LineType.VOICEMAIL,
}
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


@lru_cache(maxsize=_KEPT)
def read_phone(text: str, region: str | None) -> PhoneRead:
    """Reads `text` by the numbering plans of libphonenumber; `region` is the country of numbers without a +.

    Where the whole is no valid number, the first valid one of several, or the only one among words, is taken.
    """
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
_BETWEEN = re.compile(r"[/;|\\\n]|,(?!,)|\s(?:or|and|oder|und|ou|et|eller|og|o|y|e|ή|και|или|и|أو|و|或)\s|&")
_RUN_OF_DIGITS = re.compile(r"[+\uff0b]?[(\[]?\d[\d\s().\[\]/\u2010-\u2015\u00a0-]*")
_EXTENSION = re.compile(r"(?:\b(?:e?xt(?:n|ension)?|x|int|anexo|доб)\b|[#~;=x])\s*[.:]?\s*\d", re.IGNORECASE)


def _several(text: str) -> list[str]:
    """The parts of a text in which somebody wrote two numbers, when each of them has digits enough."""
    parts = [part.strip() for part in _BETWEEN.split(text)]
    enough = [part for part in parts if _digits_in(part) >= _FEWEST_DIGITS]
    return enough if len(enough) > 1 and len(enough) == sum(1 for part in parts if _digits_in(part)) else []


def _among_words(text: str) -> Iterator[str]:
    """Runs of digits in a text with words around; none where the words may be part of the number (1-800-FLOWERS)."""
    if _EXTENSION.search(text):
        return
    for run in _RUN_OF_DIGITS.finditer(text):
        before, after = text[: run.start()].strip(), text[run.end() :].strip()
        apart = (not before or run.start() == 0 or not text[run.start() - 1].isalnum()) and not (
            after and text[run.end() - 1 : run.end()].isdigit() and text[run.end()].isalnum()
        )
        if apart and (any(map(str.isalpha, before)) or any(map(str.isalpha, after))):
            yield run.group().strip()


def _digits_in(text: str) -> int:
    return sum(1 for letter in text if letter.isdigit())


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
    kind = phonenumbers.number_type(number)
    # A number has a type exactly when it is valid: both ask the same patterns of the same region.
    is_valid = kind != phonenumbers.PhoneNumberType.UNKNOWN
    possible = (
        phonenumbers.ValidationResult.IS_POSSIBLE if is_valid else phonenumbers.is_possible_number_with_reason(number)
    )
    is_local = possible == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY
    is_possible = is_local or possible == phonenumbers.ValidationResult.IS_POSSIBLE
    return PhoneRead(
        is_valid=is_valid,
        is_possible=is_possible,
        reason="" if is_valid else "area_code_missing" if is_local else "not_in_use" if is_possible else "impossible",
        country_code=number.country_code,
        national=phonenumbers.national_significant_number(number),
        line_type=_TYPES.get(kind, LineType.UNKNOWN),
        region=phonenumbers.region_code_for_number(number) or None,
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


@lru_cache(maxsize=_KEPT)
def check_email(text: str) -> EmailCheck:
    """Whether `text` is one address that mail can be sent to, by syntax; no DNS is asked.

    A domain of one label is a domain where it is a country's: there are such with mail servers (name@ai).
    """
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
