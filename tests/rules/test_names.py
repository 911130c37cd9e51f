"""Placeholder names are found in four scripts, and not one real name of the lists is called one."""

from __future__ import annotations

from pathlib import Path

import pytest

from audits.model.name_text import NameTrouble, name_trouble

HERE = Path(__file__).parent
DATA = HERE.parent / "data"
HARMLESS = {None, NameTrouble.PARTLY, NameTrouble.DOUBTFUL}


def _names(path: Path) -> list[str]:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _splits(name: str) -> list[tuple[str | None, str | None]]:
    """A name as forms give it: in one field, in the other, or first and last apart."""
    first, _, last = name.partition(" ")
    return [(name, None), (None, name), (first, last or None), (name.upper(), None), (name.lower(), None)]


@pytest.mark.parametrize(
    ("path", "least"),
    [
        (HERE / "real_names.txt", 200),
        (DATA / "joke_names_that_are_plausible_real_names.txt", 161),
        (DATA / "joke_names.txt", 750),
    ],
    ids=["real", "plausible jokes", "all jokes"],
)
def test_no_real_name_breaches(path: Path, least: int) -> None:
    names = _names(path)
    assert len(names) >= least
    called = [(name, split) for name in names for split in _splits(name) if name_trouble(*split) not in HARMLESS]
    assert called == []


def test_plain_real_names_are_not_even_doubted() -> None:
    for name in _names(DATA / "joke_names_that_are_plausible_real_names.txt"):
        first, _, last = name.partition(" ")
        assert name_trouble(first, last) is None, name


PLACEHOLDERS = """
    test · Test Test · TEST LEAD · test123 · test_user · Test-Person 4 · tester test · testing · none · None None ·
    n/a · N/A N/A · n.a. · N.A · unknown · Unknown User · undefined · null · NULL NULL · no name · noname ·
    anonymous · First Name · Vorname Nachname · nombre apellido · keine Angabe · unbekannt · inconnu · sconosciuto ·
    prueba prueba · teste teste · prova prova · deneme · fake name · dummy · lorem ipsum · foo bar · Max Mustermann ·
    Erika Musterfrau · bla bla · haha haha · ｔｅｓｔ · te\u200bst · tést ·
    тест · Тест Тестовый · проверка · неизвестно · не указано · без имени · Имя Фамилия · НЕТ ·
    τεστ · ΤΕΣΤ · Δοκιμή · Άγνωστος · ΑΝΩΝΥΜΟΣ · χωρίς όνομα ·
    اختبار · تجربة · تست تست · مجهول · لا يوجد · غير معروف · بدون اسم
"""
WALKS = """
    asdf · asdf asdf · ASDF · asdfgh · asdasd · asd · asdf jkl · qwerty · QWERTY uiop · qwertz · azerty · qwe ·
    zxcvbn · qweqwe · lkjh · fdsa · poiuyt · sdfsdf · dfgdfg · fghfgh · hjkhjk · jkjkjk · gfdhgf · dsfsdf · qazwsx ·
    qaz wsx · фыва · йцукен · ФЫВАПРОЛ · ячсм · олдж · фывафыва ·
    ασδφ · ΑΣΔΦ · ζχψω ·
    شسيب · ضصثق · شسيبشسيب · رىةوز · تنمكط · ءؤرىةو · گکمنت · زرذدپو ·
    ςερτ · фівап · ролджє · tzuiopü · jklöä · jklø · yuıop · bnmöç · ølkj ·
    שדגכ · קראטון · זסבה · ฟหกด · ผปแอิ · ასდფ · ქწერტყ · ㅁㄴㅇㄹ · ㅏㅓㅣ · ךעכףג · เเาดก
"""
REPEATED = "aaaa · Aaaaaa Bbbbb · zzz · ааа · ббб ввв · ΑΑΑ · ωωω · ننن · ههههه · aaaab · ㅋㅋㅋ · あああ · กกก"
NO_LETTERS = "123 · 12345 67890 · +49 170 1234567 · --- · . · ? · ... · 😀 · ١٢٣ · _"


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        (name.strip(), trouble)
        for names, trouble in (
            (PLACEHOLDERS, NameTrouble.PLACEHOLDER),
            (WALKS, NameTrouble.KEYBOARD_WALK),
            (REPEATED, NameTrouble.REPEATED_LETTERS),
            (NO_LETTERS, NameTrouble.NO_LETTERS),
        )
        for name in names.split("·")
    ],
)
def test_placeholders(name: str, trouble: NameTrouble) -> None:
    first, _, last = name.partition(" ")
    assert name_trouble(first, last) is trouble
    assert name_trouble(name, None) is trouble
    assert name_trouble(None, name) is trouble


@pytest.mark.parametrize(
    ("first", "last", "trouble"),
    [
        ("Maria", "unknown", NameTrouble.PARTLY),
        ("Test", "Müller", NameTrouble.PARTLY),
        ("asdf", "Smith", NameTrouble.PARTLY),
        ("A.", "B.", NameTrouble.DOUBTFUL),
        (None, "Null", NameTrouble.DOUBTFUL),
        ("New", "Customer", NameTrouble.DOUBTFUL),
        ("Maria", "-", None),
        ("", "Ng", None),
    ],
)
def test_no_more_than_a_doubt(first: str | None, last: str | None, trouble: NameTrouble | None) -> None:
    assert name_trouble(first, last) is trouble
