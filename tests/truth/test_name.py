"""Names of many cultures are names; what no hand meant, stands for none, or was made up for a laugh is told apart."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from audits.model.said import english
from audits.model.truth import LeadClass
from audits.truth.joke_names import JOKES, joke_key
from audits.truth.letters import (
    ALPHABETS,
    LATIN,
    alphabet_of,
    fold,
    is_code,
    is_mashed_name,
    letter_ranks,
    letter_words,
    margin,
    neighbours,
)
from audits.truth.name import ABUSE, _judge_closely, judge_name, name_signals

DATA = Path(__file__).parent.parent / "data"
REAL = """
    Maria Lopez · Nguyễn Thị Minh Khai · Ng · Wu · Li Hsieh · Xu Zhiqiang · Bjørn Sæther · Þórdís Hrafnsdóttir ·
    Mkrtchyan Hrant · Krzysztof Brzęczyszczykiewicz · Szczepan Pszczółkowski · Zdzisława Wróbel · Vlk · Strč ·
    Jiří Krč · Ľubomír Šťastný · Hrvoje Krstić · Srđan Vrdoljak · Győző Szilágyi · Özgür Yıldız ·
    Şükrü Çağlayan · Əliyev Rəşad · Nhlanhla Ngcobo · Mxolisi Qwabe · Thandiwe Mkhize · Nkechi Okonkwo ·
    Kwabena Asamoah · Ngũgĩ wa Thiong'o · Tadhg Ó Maolmhuaidh · Niamh Nic Ghiolla Phádraig · Llŷr Gwyndaf ·
    Siôn ap Rhys · Aoife · Caoimhe · Eilidh · Qaisar Shahzad · Zohaib Qureshi · Yusuf Abdulrahman ·
    Sreerag Nambiar · Venkatanarasimharajuvaripeta · Lertsattayanusak · Somchai Phromphiriya ·
    Raharimanana Ratsimbazafy · Kealiʻi Kamehameha · Ka'ahumanu · Schtschukin · Pfrzschner · Schwartzkopff ·
    Przybyła · Dvořák · Hlynur · Sigríður · Ljungqvist · Västerås · Wójcik · O'Shaughnessy · D'Angelo ·
    van der Wijngaert · Uyttenbroeck · Ghijsbrechts · Zwart · Ylva · Ylfa · Eryk · Cyd · Анна Щербакова ·
    Мстислав Взоров · Фёдор Вдовиченко · Христо Ъглев · Їжакевич · Ґжицький · Ђорђе Чубрило · Қайрат ·
    Юрий Всеволодович Цхай · Нгуен Тхи · Ибрагим Гаджимагомедов · Ольга Щорс · Влх · Γιώργος Παπαδόπουλος ·
    Χλόη · Τζένη Μπότση · Σταύρος Τσιτσιπάς · Ευξένιος · Ψαρρός · Γκίκας · محمد الأحمد ·
    عبد الرحمن بن عبد العزيز · فاطمة الزهراء · خديجة · یاسمین نژاد · چنگیز گل‌محمدی · ظافر · ضحى · شيماء ·
    Mkrtich Mkrtchyan · Мкртчян · Гвритишвили · Tinatin Gvritishvili · Myfanwy Llwyd · Gruffydd · Mkhitar Vrtanes ·
    王小明 · 李娜 · 山田太郎 · ヤマダ タロウ · さくら · 김민수 · 박서연 · דוד כהן · שירה בן־ארי · สมชาย ใจดี ·
    ประเสริฐ · अमित शर्मा · প্রিয়া সেন · தமிழ்செல்வி · გიორგი ბერიძე · Գրիգոր Մկրտչյան · ᓇᓄᖅ · ዮሐንስ
"""
MASHED = """
    sdkfjhsd · xqzvkwj · lkjwqezx · qpwoeiru · Hgfkdjs Lkdjfg · ksjdhf skdjfh · asdasdasd · jkljkl · sdfg dfgh ·
    Zxcvbn Asdfgh · bvncmx · ghjkghjk · wqrtplk · XKQJZVW · j61os2i3x · ывапрол · жщзхъфы · йцукен · ыфвлаоы ·
    θγφδσηκξ · ασδφγη · ضصثقفغ · شسيبلات · asdf xkqjzv
"""


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split("·")]


@pytest.mark.parametrize("name", _listed(REAL))
def test_names_of_many_cultures_are_names(name: str) -> None:
    first, _, last = name.partition(" ")
    for split in ((None, name), (name, None), (first, last or None), (None, name.upper()), (None, name.lower())):
        judged = judge_name(*split)
        assert (judged.is_mashed, judged.is_placeholder, judged.is_joke) == (False, False, False)
        assert list(name_signals(name, judged)) == []


@pytest.mark.parametrize("name", _listed(MASHED))
def test_letters_that_nobody_meant(name: str) -> None:
    judged = judge_name(None, name)
    assert judged.is_mashed
    assert not judged.is_placeholder
    (only,) = name_signals(name, judged)
    assert (only.code, only.lead_class, only.field) == ("mashed_name", LeadClass.EMPTY, "name")
    assert english(only.said) == f'"{name}" is letters that nobody meant.'


def test_one_word_that_may_be_a_name_makes_it_a_name() -> None:
    for name in ("Maria Xkqjzv", "xkqjzv López", "王 xkqjzv", "Li Xkqjzvw", "Ольга Xkqjzv", "Қайрат xkqjzv"):
        assert not judge_name(None, name).is_mashed
    assert judge_name(None, "Xkqjzv sdkfjh").is_mashed


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Test Test", "test_name"),
        ("test", "test_name"),
        ("TEST LEAD", "test_name"),
        ("Тест Тестовый", "test_name"),
        ("Δοκιμή", "test_name"),
        ("اختبار", "test_name"),
        ("n/a", "placeholder_name"),
        ("Max Mustermann", "placeholder_name"),
        ("غير معروف", "placeholder_name"),
        ("---", "placeholder_name"),
        ("Mickey Mouse", "joke_name"),
        ("AMANDA B. RECKONWITH", "joke_name"),
        ("Дед Мороз", "joke_name"),
        ("Μίκυ Μάους", "joke_name"),
        ("fuck you", "profanity"),
    ],
)
def test_what_stands_for_no_name(name: str, code: str) -> None:
    assert [each.code for each in name_signals(name, judge_name(None, name))] == [code]


def test_a_name_alone_never_makes_a_joker() -> None:
    (joke,) = name_signals("Mickey Mouse", judge_name("Mickey", "Mouse"))
    assert joke.lead_class is LeadClass.JOKER
    assert 0 < joke.weight <= 1


def test_names_that_people_bear_are_no_jokes() -> None:
    names = (DATA / "joke_names_that_are_plausible_real_names.txt").read_text(encoding="utf-8").splitlines()
    assert len(names) >= 161
    for name in names:
        judged = judge_name(None, name)
        assert (judged.is_joke, judged.is_mashed, ABUSE in judged.reasons) == (False, False, False), name


def test_jokes_come_from_the_list_of_others_or_from_tales() -> None:
    listed = (DATA / "joke_names.txt").read_text(encoding="utf-8").splitlines()
    assert len(JOKES - {joke_key(name) for name in listed}) < 40
    assert len(JOKES & {joke_key(name) for name in listed}) > 150


def test_names_with_sounds_of_abuse_are_names() -> None:
    for name in ("Dick Cockburn", "Fanny Hiscock", "Frau Fick", "Phuc Dat Bich", "Fuchs", "Kuntz", "Wanker Fuckner"):
        assert (ABUSE in judge_name(None, name).reasons) == ("Wanker" in name)


def test_folding() -> None:
    assert fold("Ærøskøbing ŁÓDŹ Ström ß") == "aeroskobing lodz strom ss"
    assert fold("Ёлка Їжак") == "елка іжак"
    assert fold("ΆΝΝΑς") == "αννασ"
    assert fold("أَحْمَد") == "احمد"
    assert fold("I\u0307stanbul") == "istanbul"
    assert letter_words("Dr. O'Neill-Smith, 3rd") == ["oneill", "smith", "rd"]
    assert alphabet_of("abcд") is None
    assert alphabet_of("") is None


def test_each_alphabet_is_whole() -> None:
    for alphabet in ALPHABETS:
        ranks = letter_ranks(alphabet)
        assert [rank for rank, _ in ranks.values()] == list(range(1, len(alphabet.letters) + 1))
        assert {sound for _, sound in ranks.values()} == set(range(1, len(alphabet.sounds) + 1))
        for board in neighbours(alphabet):
            assert all(pair[::-1] in board and set(pair) <= set(alphabet.letters) for pair in board)
    assert "as" in neighbours(LATIN)[0]
    assert "al" not in neighbours(LATIN)[0]


def test_short_and_foreign_words_are_not_judged() -> None:
    assert margin("xkq") is None
    assert margin("қайрат") is None
    assert margin("王小明") is None
    assert is_mashed_name([]) is False
    assert not is_code("R2D2")
    assert not is_code("Maria1980")


@pytest.mark.parametrize("alphabet", ALPHABETS, ids=lambda each: each.name)
def test_most_random_letters_are_caught(alphabet: object) -> None:
    own = next(each for each in ALPHABETS if each is alphabet)
    rng = random.Random(7)
    texts = ["".join(rng.choice(own.letters) for _ in range(rng.randint(5, 12))) for _ in range(400)]
    assert sum(judge_name(None, text).is_mashed for text in texts) >= 0.8 * len(texts)


def test_the_quick_way_says_what_the_close_look_says() -> None:
    texts = [
        *_listed(REAL),
        *_listed(MASHED),
        *JOKES,
        "Test Müller",
        "Maria unknown",
        "Hugo First",
        "no name",
        "Dee Dee",
    ]
    texts += [f"{one} {other}" for one, other in zip(texts, texts[3:], strict=False)]
    assert len(texts) > 500
    for text in texts:
        first, _, last = text.partition(" ")
        assert judge_name(first, last) == _judge_closely(text, first, last), text
