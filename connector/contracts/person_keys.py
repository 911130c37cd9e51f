"""Phone numbers and e-mail addresses as texts that can be compared: E.164; lower case without a tag."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from audits.model.contact_data import is_plain_address, read_phone
from audits.truth.email import judge_email

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
#: Whether a number that begins so may be taken as it stands; filled by what is met.
_PLAIN_STARTS: dict[str, bool] = {}
_START = 5


def phone_key(text: str, region: str | None) -> str:
    """The number in E.164, "" when there is none in `text`; `region` (ISO letters): of numbers without +.

    A number that could be dialled but is not in use is compared, too.
    """
    if _E164.fullmatch(text):
        start = text[:_START]
        plain = _PLAIN_STARTS.get(start)
        if plain is None:
            plain = _PLAIN_STARTS[start] = _is_plain(start)
        if plain:
            return text
    return _read(text, region)


def email_key(text: str) -> str:
    """The address as compared with others, "" when `text` is none."""
    lower = text.lower()
    if is_plain_address(lower):
        local, _, domain = lower.partition("@")
        if domain not in ("gmail.com", "googlemail.com"):
            if "+" in local:
                local = local.partition("+")[0] or local
            return f"{local}@{domain}"
    return judge_email(text).key or ""


@lru_cache(maxsize=8_192)
def _read(text: str, region: str | None) -> str:
    read = read_phone(text, region)
    number = f"+{read.country_code}{read.national}"
    return number if read.is_possible and _E164.fullmatch(number) else ""


def _is_plain(start: str) -> bool:
    """Whether no prefix of dialling within the country can stand behind the country code: +49 0151…"""
    for end in (2, 3, 4):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(start[1:end]))
        if regions is not None:
            of = phonenumbers.PhoneMetadata.metadata_for_region(regions[0], None)
            if of is None:
                return False
            prefix = of.national_prefix_for_parsing
            return prefix is None or start[end] not in f"0{of.national_prefix or prefix}"
    return False
