"""What phone numbers and e-mail addresses are, by form alone: nothing is dialled, resolved or sent."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from audits.model.said import phrase

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

    `why`: half a sentence in English, that of the library where it refuses.
    """

    is_valid: bool
    key: str | None
    domain: str | None
    why: str


@lru_cache(maxsize=_KEPT)
def check_phone(text: str, region: str | None) -> PhoneCheck:
    """Whether `text` can be a number in use by the numbering plans of libphonenumber.

    `region` (ISO 3166 letters) is the country of numbers written without a +; `why` is a half sentence for a person.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as refused:
        if refused.error_type != phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            return PhoneCheck(False, None, phrase("it is not a phone number"))
        if not _has_plus(text) and region not in phonenumbers.SUPPORTED_REGIONS:
            return PhoneCheck(None, None, phrase("it has no country code and the country is not known"))
        # Without a +, it begins with the digits that the known country dials for abroad, such as 99 in Finland.
        return PhoneCheck(False, None, phrase("there is no such country code"))
    if phonenumbers.is_valid_number(number):
        return PhoneCheck(
            True, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), phrase("in use")
        )
    return PhoneCheck(False, None, phrase("no numbering plan has such a number"))


@lru_cache(maxsize=_KEPT)
def check_email(text: str) -> EmailCheck:
    """Whether `text` is one address that mail can be sent to, by syntax; no DNS is asked."""
    try:
        # Only spaces are taken off: a line break in an address is how headers are forged.
        found = validate_email(text.strip(" "), check_deliverability=False)
    except EmailNotValidError as refused:
        return EmailCheck(False, None, None, str(refused).rstrip("."))
    local = unicodedata.normalize("NFC", found.local_part.lower())
    domain = (found.ascii_domain or found.domain).lower()
    return EmailCheck(True, f"{local}@{domain}", domain, "well formed")


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
