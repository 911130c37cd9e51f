"""Phone numbers: E.164, whether a number can be one and is in use, whom nobody has, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from audits.model.contact_data import PHONE_REASONS, PhoneRead, read_by_library, read_plain, region_of
from audits.model.quick import quick
from audits.model.said import phrase, say
from audits.model.truth import Given, LineType, PhoneJudged, Repair, Signal
from audits.truth.phone_ranges import is_of_film
from audits.truth.phone_repair import TOO_MANY, repaired
from audits.truth.weights import signal

_KEPT = 8_192

#: What a number may be found to be, with its meaning for a person.
REASONS: tuple[tuple[str, str], ...] = (
    ("region_unknown", PHONE_REASONS["region_unknown"]),
    ("not_a_number", PHONE_REASONS["not_a_number"]),
    ("no_such_country", PHONE_REASONS["no_such_country"]),
    ("impossible", phrase("it has a length that no number of its country has")),
    ("area_code_missing", phrase("it can be dialled within its town alone: the area code is missing")),
    ("not_in_use", PHONE_REASONS["not_in_use"]),
    ("drama_range", phrase("it is kept for films and books, and belongs to nobody")),
    ("repeated_digits", phrase("it is one digit, or one short group, over and over")),
    ("digits_in_a_row", phrase("its digits are counted up or down")),
    ("premium_rate", phrase("whoever calls it pays its holder")),
    ("shared_cost", phrase("whoever calls it pays a part to its holder")),
    ("two_numbers", phrase("several numbers were given; this is the first that is in use")),
    ("text_around", phrase("the number was taken from a text")),
    ("extension", phrase("it has an extension")),
    ("many_fit", phrase("too many numbers in use are one slip away to tell which was meant")),
)

_ONE_GROUP = re.compile(r"(\d)\1+|(\d\d)\2{3,}\d?|(\d\d\d)\3{2,}\d?")
_LEAST_IN_A_ROW = 7
_LEAST_MADE_UP = 10
_COUNTED = "01234567890"
_MOST_IN_A_GROUP = 3
# Seven equal digits at the end of a number, or seven in a row, come about once in a million by chance.
_MADE_UP = re.compile(
    r"(\d)\1{6,}$|"
    + "|".join(
        row[at : at + _LEAST_IN_A_ROW]
        for row in ("01234567890", "09876543210")
        for at in range(len(row) - _LEAST_IN_A_ROW + 1)
    )
)
_new_phone = quick(PhoneJudged)
_COSTLY = {LineType.PREMIUM_RATE: "premium_rate", LineType.SHARED_COST: "shared_cost"}


@lru_cache(maxsize=_KEPT)
def judge_phone(text: str, region: str | None) -> PhoneJudged:
    """What the number `text` is; `region` is the country (ISO letters) of numbers written without +.

    `is_valid` is the numbering plan's word. A number kept for films is in the plan, and `is_fictitious`.
    """
    plain = read_plain(text, region)
    if plain is not None:
        # Most numbers.
        country_code, national, kind, line_region = plain
        return _new_phone(
            e164=f"+{country_code}{national}",
            is_possible=True,
            is_valid=True,
            line_type=kind,
            region=line_region,
            reasons=tuple(_reasons_of_digits(country_code, national, kind)),
        )
    read = read_by_library(text, region)
    reasons = tuple(_reasons(read, text))
    suggestions: tuple[str, ...] = ()
    if not read.is_valid and "drama_range" not in reasons and not _is_made_up(_digits(read, text), text):
        meant = repaired(text, region, read.country_code, read.national)
        suggestions = meant.numbers
        if meant.fitting > TOO_MANY:
            reasons = (*reasons, "many_fit")
    return PhoneJudged(
        e164=read.e164,
        is_possible=read.is_possible,
        is_valid=read.is_valid,
        line_type=read.line_type,
        region=read.region,
        reasons=reasons,
        suggestions=suggestions,
        extension=read.extension,
    )


def _reasons(read: PhoneRead, text: str) -> Iterator[str]:
    if read.reason:
        yield read.reason
    yield from _reasons_of_digits(read.country_code, _digits(read, text), read.line_type)
    if read.taken_from:
        yield read.taken_from
    if read.extension:
        yield "extension"


def _reasons_of_digits(country_code: int | None, national: str, kind: LineType) -> list[str]:
    """What can be told by the digits of a number alone."""
    found = []
    if is_of_film(country_code, national):
        found.append("drama_range")
    distinct = len(set(national))
    # Seven digits in a row, or seven times one at the end, leave the other way out.
    made_up = _MADE_UP.search(national) if distinct >= _LEAST_IN_A_ROW or national[-2:-1] == national[-1:] else None
    if made_up is not None:
        found.append("repeated_digits" if made_up[1] else "digits_in_a_row")
    elif distinct <= _MOST_IN_A_GROUP and len(national) >= _LEAST_IN_A_ROW - 1 and _ONE_GROUP.fullmatch(national):
        found.append("repeated_digits")
    if kind in _COSTLY:
        found.append(_COSTLY[kind])
    return found


def _is_made_up(digits: str, text: str) -> bool:
    """Whether nobody means another number by it: 0000000000, 1234567890; or 12345678 where that is all that was
    typed. Behind a country code so short a run can be a number with a slip."""
    if _ONE_GROUP.fullmatch(digits) is not None or (len(digits) >= _LEAST_MADE_UP and digits in _COUNTED):
        return True
    typed = _typed_digits(text)
    return len(typed) >= _LEAST_IN_A_ROW and (typed in _COUNTED or typed[::-1] in _COUNTED)


def _digits(read: PhoneRead, text: str) -> str:
    return read.national or _typed_digits(text)


def _typed_digits(text: str) -> str:
    return "".join(str(int(letter)) for letter in text if letter.isdecimal())


def phone_signals(field: str, text: str, judged: PhoneJudged) -> Iterable[Signal]:
    """What the number says of the lead."""
    if judged.is_valid and not judged.reasons:
        return (
            signal("phone_in_use", say("The number {number} can be in use.", number=text), field=field, value=text),
        )
    return _signals(field, text, judged)


def _signals(field: str, text: str, judged: PhoneJudged) -> Iterator[Signal]:
    if judged.is_fictitious:
        said = say("The number {number} is kept for films and books; nobody has it.", number=text)
        yield signal("number_of_film", said, field=field, value=text)
    elif "repeated_digits" in judged.reasons or "digits_in_a_row" in judged.reasons:
        said = say("The number {number} is one digit over and over, or digits counted up or down.", number=text)
        yield signal("phone_repeated_digits", said, field=field, value=text)
    elif judged.line_type is LineType.PREMIUM_RATE:
        said = say("Whoever calls {number} pays its holder.", number=text)
        yield signal("phone_premium", said, field=field, value=text)
    elif judged.line_type is LineType.SHARED_COST:
        said = say("Whoever calls {number} pays a part to its holder.", number=text)
        yield signal("phone_shared_cost", said, field=field, value=text)
    elif judged.is_valid:
        yield signal("phone_in_use", say("The number {number} can be in use.", number=text), field=field, value=text)
    elif judged.is_possible:
        said = say("No numbering plan has the number {number}.", number=text)
        yield signal("phone_no_such_range", said, field=field, value=text)
    elif judged.is_possible is False:
        said = say("{number} cannot be a phone number.", number=text)
        yield signal("phone_impossible", said, field=field, value=text)
    if judged.suggestions:
        said = say("One slip changed in {number} makes a number in use of it.", number=text)
        yield signal("phone_one_digit_off", said, field=field, value=text)


def phone_repairs(field: str, text: str, judged: PhoneJudged) -> Iterator[Repair]:
    """Numbers that were probably meant, the likeliest first."""
    of_many = "many_fit" in judged.reasons
    for rank, number in enumerate(judged.suggestions, 1):
        yield Repair(
            field=field,
            given=text,
            proposed=number,
            why=say("{number} is one slip away and can be in use; so can many others: ask.", number=number)
            if of_many
            else say("{number} is one slip away and can be in use.", number=number),
            rank=rank,
        )


def region_hint(given: Given, default: str | None) -> str | None:
    """The country of numbers without +: that of the lead, else the account's; None when it is not understood."""
    return region_of(given.country, default)
