"""Phone numbers: E.164, whether a number can be one and is in use, whom nobody has, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from audits.model.said import say
from audits.model.truth import Given, LineType, PhoneJudged, Repair, Signal
from audits.truth.weights import signal

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

#: What a number may be found to be, with its meaning for a person.
REASONS: tuple[tuple[str, str], ...] = (
    ("region_unknown", "it has no country code and the country is not known"),
    ("not_a_number", "it is not a phone number"),
    ("no_such_country", "there is no such country code"),
    ("impossible", "it has a length that no number of its country has"),
    ("not_in_use", "no numbering plan has such a number"),
)


@lru_cache(maxsize=_KEPT)
def judge_phone(text: str, region: str | None) -> PhoneJudged:
    """What the number `text` is; `region` is the country (ISO letters) of numbers written without +."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as refused:
        if refused.error_type != phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            return _refused("not_a_number")
        if region not in phonenumbers.SUPPORTED_REGIONS and "+" not in text and "\uff0b" not in text:
            return PhoneJudged(
                e164=None,
                is_possible=None,
                is_valid=None,
                line_type=LineType.UNKNOWN,
                region=None,
                reasons=("region_unknown",),
            )
        return _refused("no_such_country")
    is_possible, is_valid = phonenumbers.is_possible_number(number), phonenumbers.is_valid_number(number)
    return PhoneJudged(
        e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_valid else None,
        is_possible=is_possible,
        is_valid=is_valid,
        line_type=_TYPES.get(phonenumbers.number_type(number), LineType.UNKNOWN),
        region=phonenumbers.region_code_for_number(number) or None,
        reasons=() if is_valid else ("not_in_use",) if is_possible else ("impossible",),
    )


def _refused(reason: str) -> PhoneJudged:
    return PhoneJudged(
        e164=None, is_possible=False, is_valid=False, line_type=LineType.UNKNOWN, region=None, reasons=(reason,)
    )


def phone_signals(field: str, text: str, judged: PhoneJudged) -> Iterator[Signal]:
    """What the number says of the lead."""
    if judged.is_valid:
        yield signal("phone_in_use", say("The number {number} can be in use.", number=text), field=field, value=text)
    elif judged.is_possible:
        said = say("No numbering plan has the number {number}.", number=text)
        yield signal("phone_no_such_range", said, field=field, value=text)
    elif judged.is_possible is False:
        said = say("{number} cannot be a phone number.", number=text)
        yield signal("phone_impossible", said, field=field, value=text)


def phone_repairs(field: str, text: str, judged: PhoneJudged) -> Iterator[Repair]:
    """Numbers that were probably meant, the likeliest first."""
    for rank, number in enumerate(judged.suggestions, 1):
        yield Repair(
            field=field,
            given=text,
            proposed=number,
            why=say("{number} differs in one digit and can be in use.", number=number),
            rank=rank,
        )


def region_hint(given: Given, default: str | None) -> str | None:
    """The country of numbers without +: that of the lead, else the account's; None when it is not understood."""
    from audits.model.contact_data import region_of

    return region_of(given.country, default)
