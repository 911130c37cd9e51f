"""Normal forms of names, numbers, dates and addresses of many cultures."""

from __future__ import annotations

import pytest

from audits.truth.duplicates.forms import (
    birth_digits,
    company_name,
    email_key,
    name_parts,
    name_sounds,
    phone_digits,
    plain,
    postcode,
    sound,
    street_parts,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Neil", "ONEIL"),
        ("Müller", "Muller"),
        ("Jean-Luc", "jean luc"),
        ("Søren", "soren"),
        ("Łukasz", "lukasz"),
        ("İbrahim", "ibrahim"),
        ("Nguyễn", "nguyen"),
        ("Семён", "семен"),
        ("Γιώργος", "γιωργος"),
        ("أحمد", "احمد"),
        ("مـحـمـد", "محمد"),
        ("فاطمة", "فاطمه"),
        ("ﾀﾅｶ", "タナカ"),
        ("김민준", "김민준"),
    ],
)
def test_spellings_of_one_name_have_one_form(one: str, other: str) -> None:
    assert plain(one) == plain(other) != ""


def test_scripts_are_not_mixed_up() -> None:
    assert len({plain(each) for each in ("Иван", "Ivan", "Ιβαν", "李明", "이명", "עברי", "สมชาย")}) == 7


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (("Anna", "Berg", ""), ("anna", "berg")),
        (("Dr. Anna", "Berg", ""), ("anna", "berg")),
        (("", "", "Anna Berg"), ("anna", "berg")),
        (("", "", "Berg, Anna"), ("anna", "berg")),
        (("", "", "王小明"), ("小明", "王")),
        (("", "", "欧阳小明"), ("小明", "欧阳")),
        (("", "", "김민준"), ("민준", "김")),
        (("", "", "Maria Garcia Lopez"), ("maria", "garcia lopez")),
        (("", "", "Madonna"), ("madonna", "")),
        (("", "", ""), ("", "")),
        (("Mr", "", ""), ("mr", "")),
    ],
)
def test_a_name_is_taken_apart(given: tuple[str, str, str], parts: tuple[str, str]) -> None:
    assert name_parts(*given) == parts


def test_what_is_misheard_sounds_alike() -> None:
    assert sound("katherine") == sound("catherine")
    assert sound("philip") == sound("filip")
    assert sound("петров") == sound("петрова")
    assert sound("smith") != sound("jones")
    assert name_sounds("van der berg") == (sound("berg"), "")
    assert name_sounds("garcia lopez") == (sound("garcia"), sound("lopez"))
    assert name_sounds("") == ("", "")


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("1980-02-03", 19800203),
        ("19800203", 19800203),
        ("03.02.1980", 19800203),
        ("02/13/1980", 19800213),
        ("03021980", 19800203),
        ("1980-02-03T00:00:00", 19800203),
        ("19501399", 19501399),
        ("1980", 0),
        ("", 0),
        ("unknown", 0),
        ("1/2/3", 0),
    ],
)
def test_birth_dates(text: str, digits: int) -> None:
    assert birth_digits(text) == digits


def test_numbers_and_addresses() -> None:
    assert phone_digits("22 33 44 55", "NO") == phone_digits("+47 22334455", None) == 4722334455
    assert phone_digits("22 33 44 55", None) == -22334455
    assert phone_digits("123", "NO") == phone_digits("", None) == 0
    assert email_key("Ann.Lee+news@GMail.com") == ("annlee@gmail.com", True)
    assert email_key("info@firm.no") == ("info@firm.no", False)
    assert email_key(" ") == ("", False)
    assert street_parts("012B Storgata") == ("storgata", "12b")
    assert street_parts("Storgata 12b") == ("storgata", "12b")
    assert street_parts("") == ("", "")
    assert postcode("SW1A 1AA") == postcode("sw1a1aa")
    assert company_name("Acme GmbH & Co. KG") == company_name("ACME")
    assert company_name("Co.") == "co"
