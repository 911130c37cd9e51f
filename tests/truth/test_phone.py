"""Phone numbers: the plan, numbers of films, made-up ones, odd ways of writing, and what was probably meant."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import phonenumbers
import pytest

from audits.model.contact_data import check_phone, kind_of
from audits.model.truth import Given, LineType
from audits.truth.phone import REASONS, judge_phone, phone_repairs, phone_signals, region_hint
from audits.truth.phone_ranges import DRAMA_RANGES
from audits.truth.phone_repair import MOST, TOO_MANY, repaired
from scripts.accuracy.phones import BESIDE, FILM, errors_of

DATA = Path(__file__).parents[1] / "data"
PHONES: list[dict[str, Any]] = json.loads((DATA / "phones.json").read_text(encoding="utf-8"))["cases"]
KINDS = {getattr(phonenumbers.PhoneNumberType, each.name): each for each in LineType if each is not LineType.UNKNOWN}
CODES = {code for code, _ in REASONS}


def _codes(text: str, region: str | None) -> list[str]:
    return [each.code for each in phone_signals("phone", text, judge_phone(text, region))]


def test_every_number_of_the_set() -> None:
    wrong = [
        case["raw"]
        for case in PHONES
        if case["valid"] is not bool((judged := judge_phone(case["raw"], case["region"])).is_valid)
        or (case["valid"] and (judged.e164 != case["e164"] or judged.suggestions))
    ]
    assert wrong == []
    assert len(PHONES) > 1800


def test_rules_and_truth_read_alike() -> None:
    differ = [
        case["raw"]
        for case in PHONES
        if (judged := judge_phone(case["raw"], case["region"])).is_valid
        is not (checked := check_phone(case["raw"], case["region"])).is_valid
        or judged.e164 != checked.e164
    ]
    assert differ == []


def test_the_plan_says_what_the_library_says() -> None:
    draw = random.Random(1)
    asked = valid = 0
    for country_code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        numbers = {"".join(draw.choices("0123456789", k=draw.randrange(3, 13))) for _ in range(40)}
        for region in regions:
            for kind in KINDS:
                example = phonenumbers.example_number_for_type(region, kind) if region != "001" else None
                example = example or phonenumbers.example_number_for_non_geo_entity(country_code)
                if example is not None:
                    national = phonenumbers.national_significant_number(example)
                    numbers |= {national, *(wrong for _, wrong in errors_of(national, draw))}
        for national in sorted(each for each in numbers if each):
            number = phonenumbers.parse(f"+{country_code}{national}", None) if len(national) > 3 else None
            if number is None or phonenumbers.national_significant_number(number) != national:
                continue
            asked += 1
            line_type, region = kind_of(country_code, national)
            valid += line_type is not None
            assert line_type is KINDS.get(phonenumbers.number_type(number)), (country_code, national)
            assert region == phonenumbers.region_code_for_number(number), (country_code, national)
            assert (line_type is not None) is phonenumbers.is_valid_number(number)
    assert asked > 10_000
    assert valid > 3_000


def test_every_reason_is_explained() -> None:
    found = {reason for case in PHONES for reason in judge_phone(case["raw"], case["region"]).reasons}
    assert found <= CODES
    assert {"impossible", "not_in_use", "drama_range", "digits_in_a_row", "premium_rate", "extension"} <= found


@pytest.mark.parametrize(("text", "region"), FILM)
def test_numbers_kept_for_films(text: str, region: str | None) -> None:
    judged = judge_phone(text, region)
    assert "drama_range" in judged.reasons
    assert judged.can_be_called is False
    assert judged.suggestions == ()
    assert _codes(text, region) == ["number_of_film"]


@pytest.mark.parametrize(("text", "region"), BESIDE)
def test_numbers_beside_them_are_anybodys(text: str, region: str) -> None:
    assert not judge_phone(text, region).is_fictitious


def test_a_number_of_a_film_is_valid_by_the_plan() -> None:
    judged = judge_phone("(202) 555-0143", "US")
    assert (judged.is_valid, judged.e164, judged.can_be_called) == (True, "+12025550143", False)


def test_each_range_names_who_keeps_it() -> None:
    assert all(
        keeper and country_code in phonenumbers.supported_calling_codes() for country_code, _, keeper in DRAMA_RANGES
    )


@pytest.mark.parametrize(
    ("text", "region", "e164", "reason"),
    [
        ("٠٥٠١٢٣٩٨٧٦", "AE", "+971501239876", None),
        ("۰۹۱۲۳۴۹۸۷۶۵", "IR", "+989123498765", None),
        ("+９７１ ５０ １２３ ９８７６", None, "+971501239876", None),
        ("0049 30 901820", None, "+4930901820", None),
        ("00 47 22 86 44 00", None, "+4722864400", None),
        ("+44 (0)20 7183 8750", None, "+442071838750", None),
        ("+30 210 3240 001", "NO", "+302103240001", None),
        ("030 901820 / 0151 23498765", "DE", "+4930901820", "two_numbers"),
        ("92 34 98 76 eller 22 86 44 00", "NO", "+4792349876", "two_numbers"),
        ("+971 50 123 9876, +971 4 223 9876", None, "+971501239876", "two_numbers"),
        ("0151 23498765 (mobil)", "DE", "+4915123498765", "text_around"),
        ("call me at +49 30 901820 after 5", None, "+4930901820", "text_around"),
        ("τηλ. 210 3240001 μετά τις 17", "GR", "+302103240001", "text_around"),
        ("020 7183 8750 ext. 12", "GB", "+442071838750", "extension"),
        ("1-800-FLOWERS", "US", "+18003569377", None),
    ],
)
def test_odd_ways_of_writing(text: str, region: str | None, e164: str, reason: str | None) -> None:
    judged = judge_phone(text, region)
    assert (judged.is_valid, judged.e164) == (True, e164)
    assert set(judged.reasons) & {"two_numbers", "text_around", "extension"} == ({reason} if reason else set())


def test_the_extension_is_kept() -> None:
    assert judge_phone("020 7183 8750 ext. 12", "GB").extension == "12"


@pytest.mark.parametrize(
    "text", ["", "🙂", "call me", "+++", "1 2 3", "999999999999999999999999", "ABC-DEF", "x" * 400]
)
def test_what_is_no_number(text: str) -> None:
    judged = judge_phone(text, "DE")
    assert judged.is_valid is False
    assert judged.e164 is None


@pytest.mark.parametrize(
    ("text", "region", "code"),
    [
        ("0000000000", "US", "repeated_digits"),
        ("1111111111", "US", "repeated_digits"),
        ("121212121212", "DE", "repeated_digits"),
        ("123123123", "PL", "repeated_digits"),
        ("99999999", "NO", "repeated_digits"),
        ("0170 0000000", "DE", "repeated_digits"),
        ("1234567890", "US", "digits_in_a_row"),
        ("0987654321", "GR", "digits_in_a_row"),
        ("٠١٢٣٤٥٦٧٨٩", "EG", "digits_in_a_row"),
    ],
)
def test_made_up_digits(text: str, region: str, code: str) -> None:
    assert code in judge_phone(text, region).reasons
    assert "phone_repeated_digits" in _codes(text, region)
    assert "phone_in_use" not in _codes(text, region)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+47 22 22 44 55", None),
        ("0800 111 2223", "GB"),
        ("+49 30 2222 333", None),
        ("+1 212 222 2345", None),
        ("6912 345 987", "GR"),
    ],
)
def test_real_numbers_repeat_too(text: str, region: str | None) -> None:
    assert not {"repeated_digits", "digits_in_a_row"} & set(judge_phone(text, region).reasons)


def test_nothing_is_suggested_for_made_up_digits() -> None:
    assert judge_phone("0000000000", "US").suggestions == ()
    assert judge_phone("1234567890", "US").suggestions == ()


def test_premium_and_shared_cost() -> None:
    assert judge_phone("0900 1 298765", "DE").line_type is LineType.PREMIUM_RATE
    assert _codes("0900 1 298765", "DE") == ["phone_premium"]
    assert judge_phone("0180 5 298765", "DE").line_type is LineType.SHARED_COST
    assert _codes("0180 5 298765", "DE") == ["phone_shared_cost"]


@pytest.mark.parametrize(
    ("text", "region", "meant"),
    [
        ("+47 9234 987", None, None),
        ("+47 92 34 98 766", None, "+4792349876"),
        ("+30 9672 345 987", None, "+306972345987"),
        ("+44 2071 83 875", None, None),
        ("0049 30 901820", "US", "+4930901820"),
        ("4930901820", None, "+4930901820"),
        ("+030 901820", "DE", "+4930901820"),
        ("+49 49 30 901820", "DE", "+4930901820"),
        ("+49 0049 30 901820", "DE", "+4930901820"),
        ("+94 171 2398765", "DE", "+491712398765"),
        ("O3O 9O182O", "DE", "+4930901820"),
        ("l5l 234 9876", "US", None),
        ("9067 212 3456", "AL", "+355672123456"),
        ("00-123-4567", "CR", "+5068001234567"),
        ("017l 2398765", "DE", "+491712398765"),
    ],
)
def test_what_was_meant(text: str, region: str | None, meant: str | None) -> None:
    judged = judge_phone(text, region)
    assert not judged.is_valid
    assert len(judged.suggestions) <= MOST
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(each)) for each in judged.suggestions)
    if meant is not None:
        assert judged.suggestions[0] == meant


def test_too_many_fit_is_said() -> None:
    text = "+1 212 555 98"
    judged = judge_phone("+1 212 234 987", None)
    assert "many_fit" in judged.reasons
    assert len(judged.suggestions) == MOST
    repairs = list(phone_repairs("phone", "+1 212 234 987", judged))
    assert [each.rank for each in repairs] == [1, 2, 3]
    assert all(each.why.template.endswith("so can many others: ask.") for each in repairs)
    assert judge_phone(text, None).is_valid is False


def test_the_right_number_where_at_most_three_fit() -> None:
    draw = random.Random(5)
    tried = missed = 0
    for e164 in sorted({case["e164"] for case in PHONES if case["valid"]}):
        number = phonenumbers.parse(e164)
        region = phonenumbers.region_code_for_number(number)
        for _, wrong in errors_of(phonenumbers.national_significant_number(number), draw):
            text = f"+{number.country_code}{wrong}"
            judged = judge_phone(text, region)
            if not judged.is_valid and 0 < repaired(text, region, number.country_code, wrong).fitting <= MOST:
                tried += 1
                missed += e164 not in judged.suggestions
    assert tried > 250
    assert missed <= tried // 100


def test_errors_are_mended_the_same_way_each_time() -> None:
    text = "+49 171 239876"
    first = repaired(text, "DE", 49, "171239876")
    assert first == repaired(text, "DE", 49, "171239876")
    assert first.fitting > TOO_MANY or first.numbers


def test_region_of_the_lead_then_of_the_account() -> None:
    assert region_hint(Given(country="Norge"), "DE") == "NO"
    assert region_hint(Given(), "DE") == "DE"
    assert region_hint(Given(country="Atlantis"), "DE") is None
