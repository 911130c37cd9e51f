"""What can be told of a name by its letters alone: that it is a placeholder or mashed keys, never that it is false.

Real names are short, lack vowels, repeat themselves and mean things in other languages. So each word is judged only
against closed lists and rows of keyboards, in Latin, Cyrillic, Greek and Arabic letters, and in some others against
what no word of theirs can be; a name is bad only when not one of its words could be a name. Whether "Mickey Mouse"
is a joke cannot be told: people bear the oddest names.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache


class NameTrouble(StrEnum):
    """What a whole name is instead of a name; the last two are no more than a doubt."""

    PLACEHOLDER = "placeholder"
    KEYBOARD_WALK = "keyboard_walk"
    REPEATED_LETTERS = "repeated_letters"
    NO_LETTERS = "no_letters"
    PARTLY = "partly"
    DOUBTFUL = "doubtful"


_ALEF = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ـ": None})


def _folded(name: str) -> str:
    """Comparable text: NFKC, case-folded, no marks on Latin and Greek letters, one form of each Arabic letter."""
    if name.isascii():
        return name.lower() if name.isalpha() else " ".join(name.lower().split())
    text = unicodedata.normalize("NFKC", name).casefold().translate(_ALEF)
    return " ".join(text.translate(_PLAIN).split())


class _PlainLetters(dict[int, str | None]):
    """Letters without their marks, each looked up once; None = left out."""

    def __missing__(self, code: int) -> str | None:
        letter = chr(code)
        if unicodedata.category(letter) in ("Cf", "Mn"):
            self[code] = None
        elif unicodedata.name(letter, "").startswith(("LATIN", "GREEK")):
            self[code] = unicodedata.normalize("NFD", letter)[0]
        else:
            self[code] = letter
        return self[code]


_PLAIN = _PlainLetters()


def _words(folded: str) -> list[str]:
    """Runs of letters, marks and digits, with the digits at their ends taken off."""
    if folded.isalpha():
        return [folded]
    kept = "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in folded)
    return [word for word in (word.strip("0123456789") for word in kept.split()) if word]


def _folded_words(text: str) -> frozenset[str]:
    return frozenset(_folded(text).split())


def _folded_phrases(phrases: set[str]) -> frozenset[str]:
    return frozenset(map(_folded, phrases))


# Words that stand for "no name here" or "this is a test". Compared without case, accents and trailing digits.
_TESTS = _folded_words(
    """
    test testing testi teszt deneme essai tests testtest testlead testuser testkunde testname testperson
    тест тестовый тестовая тестовое тестирование проверка тестов перевірка τεστ δοκιμη δοκιμαστικο
    اختبار تجربه تست تيست
    """
)
_PLACEHOLDERS = _TESTS | _folded_words(
    """
    none undefined unknown unnamed noname anonymous anonym anonimo anonyme anonimowy inconnu inconnue unbekannt
    desconocido desconocida desconhecido sconosciuto ninguno nessuno nenhum okand onbekend nieznany bilinmiyor isimsiz
    firstname lastname surname fullname yourname vorname nachname prenom nombre apellido cognome achternaam voornaam
    placeholder dummy foobar lorem ipsum blabla blablabla
    deleteme donotcall noreply spam
    неизвестно неизвестный неизвестная аноним имя фамилия
    отчество нет никто невідомо невідомий
    αγνωστο αγνωστος αγνωστη ανωνυμος ανωνυμη ονομα επωνυμο κανενας κανεισ
    مجهول مجهوله الاسم نامعلوم ناشناس
    """
)
# Invented to mean nobody, so one such word is enough.
_NOBODY = frozenset({"mustermann", "musterfrau", "mustername"})
# Words that some people bear, or that mean nothing alone: bad only beside another word that is bad.
_FILLERS = _folded_words(
    """
    user lead contact customer client account person name first last full your new demo fake null sample example
    tester muster prova prueba prova probe proba teste foo baz bla blah lol haha abc xyz no not nobody
    kunde kundin nutzer benutzer interessent utilisateur usuario utente cliente klient contacto kontakt
    mr mrs ms herr frau the of do please ignore delete me
    лид клиент пользователь контакт покупатель проба бла абв не указано без имени
    χρηστησ πελατησ πελατης χρηστης αβγ
    عميل مستخدم زبون اسم بدون
    """
)
_PHRASES = _folded_phrases(
    {
        "n a",
        "k a",
        "no name",
        "not given",
        "not known",
        "not provided",
        "your name",
        "first name",
        "last name",
        "full name",
        "keine angabe",
        "ohne namen",
        "kein name",
        "sans nom",
        "sin nombre",
        "sem nome",
        "senza nome",
        "brak danych",
        "foo bar",
        "fake name",
        "не указано",
        "не указан",
        "без имени",
        "χωρις ονομα",
        "بدون اسم",
        "لا يوجد",
        "غير معروف",
        "غير محدد",
    }
)
# Neighbouring keys, as typed; a walk runs along one row in either direction. With the shortest walk that is no
# chance.
_ROWS = tuple(
    (_folded(row), least)
    for row, least in (
        ("qwertyuiop", 4),
        ("asdfghjkl", 4),
        ("zxcvbnm", 4),
        ("qwertzuiop", 5),
        ("yxcvbnm", 4),
        ("azertyuiop", 5),
        ("qsdfghjklm", 4),
        ("wxcvbn", 4),
        # Of Germany, the Nordic countries and Turkey, whose rows go on.
        ("qwertzuiopü", 5),
        ("asdfghjklöä", 4),
        ("qwertyuiopå", 5),
        ("asdfghjkløæ", 4),
        ("asdfghjklæø", 4),
        ("qwertyuıopğü", 5),
        ("asdfghjklşi", 4),
        ("zxcvbnmöç", 4),
        ("йцукенгшщзхъ", 4),
        ("фывапролджэ", 4),
        ("ячсмитьбю", 4),
        ("йцукенгшщзхї", 4),
        ("фівапролджє", 4),
        ("ςερτυθιοπ", 4),
        ("ασδφγηξκλ", 4),
        ("ζχψωβνμ", 4),
        ("ضصثقفغعهخحجد", 4),
        ("شسيبلاتنمكط", 5),
        # On the key between them stand two letters, which some write as one.
        ("ئءؤرلاىةوزظ", 5),
        ("ئءؤرىةوزظ", 5),
        ("ضصثقفغعهخحجچ", 4),
        ("شسیبلاتنمکگ", 5),
        ("ظطزرذدپو", 5),
        ("קראטוןםפ", 4),
        ("שדגכעיחלךף", 4),
        ("זסבהנמצתץ", 4),
        ("ๆไำพะัีรนยบล", 4),
        ("ฟหกดเ้่าสวง", 4),
        ("ผปแอิืทมใฝ", 4),
        ("ქწერტყუიოპ", 4),
        ("ასდფგჰჯკლ", 4),
        ("ზხცვბნმ", 4),
        ("1234567890", 4),
    )
)
#: Each run along a row, in both directions, with the shortest that is no chance in any row that has it.
_WALKED: dict[str, int] = {}
for _row, _least in _ROWS:
    for _start in range(len(_row)):
        for _end in range(_start + 1, len(_row) + 1):
            for _run in (_row[_start:_end], _row[_start:_end][::-1]):
                _WALKED[_run] = min(_least, _WALKED.get(_run, _least))
_COLUMNS = frozenset(
    {"asd", "qwe", "zxc", "qaz", "wsx", "edc", "qazwsx", "qazwsxedc", "zaq", "zaqwsx", "йфя", "йфяцыч", "شسيب", "شسي"}
)
# Walks that people bear as names.
_BORNE = frozenset({"wert", "trew", "ertz", "wertz", "azer", "reza", "смит", "тимс", "poiu", "reze"})
# What no word can be, by how a script is written: Hebrew with a letter's last form before another letter; Thai with a
# vowel that nothing bears; Korean with a part of a syllable alone (whole ones were put together before).
_NO_WORD = re.compile("[ךםןףץ][א-ת]|^[ะาำ]|[เแโใไ](?![ก-ฮ])|[\u1100-\u11ff]")
_VOWELLESS_HOME_ROW = frozenset("sdfghjkl")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARABIC")


@lru_cache(maxsize=8_192)
def name_trouble(first_name: str | None, last_name: str | None) -> NameTrouble | None:
    """What is wrong with a name of which at least one part is not blank; None when nothing is.

    PARTLY: some words are placeholders, others may be names. DOUBTFUL: no word can be told from a name for sure, and
    none looks like one.
    """
    parts = [_folded(part) for part in (first_name, last_name) if part and part.strip()]
    found = [trouble for part in parts for trouble in _part_troubles(part)]
    if not found:
        return NameTrouble.NO_LETTERS
    joined = " ".join(" ".join(_words(part)) for part in parts)
    if joined in _PHRASES or any(word in _NOBODY for part in parts for word in _words(part)):
        return NameTrouble.PLACEHOLDER
    bad = [trouble for trouble in found if trouble is not None and trouble is not NameTrouble.DOUBTFUL]
    if None in found:
        return NameTrouble.PARTLY if bad else None
    if bad:
        return bad[0]
    words = joined.split()
    if _stammered(words) or any(_as_machines_write(part) for part in (first_name, last_name) if part):
        return NameTrouble.PLACEHOLDER
    return NameTrouble.DOUBTFUL


_LISTED = _PLACEHOLDERS | _FILLERS | _NOBODY | frozenset(word for phrase in _PHRASES for word in phrase.split())


def is_unlisted_word(word: str) -> bool:
    """Whether a word of letters alone, as written, is neither on a list here nor run along a keyboard: a name of such
    words has no trouble."""
    folded = _folded(word)
    return folded not in _LISTED and _word_trouble(folded) is None


def has_test_word(name: str) -> bool:
    """Whether a word of a placeholder says that it is a test."""
    return any(word in _TESTS for word in _words(_folded(name)))


def _part_troubles(part: str) -> list[NameTrouble | None]:
    """The trouble of each word of one part of a name; empty when the part has no letters."""
    words = [word for word in _words(part.replace("n/a", "none")) if any(map(str.isalpha, word))]
    if words and (" ".join(words) in _PHRASES):
        return [NameTrouble.PLACEHOLDER]
    return [_word_trouble(word) for word in words]


@lru_cache(maxsize=4_096)
def _is_of_scripts(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(_SCRIPTS)


def _word_trouble(word: str) -> NameTrouble | None:
    if not word.isascii() and not all(map(_is_of_scripts, word)):
        if _repeats(word):
            return NameTrouble.REPEATED_LETTERS
        return NameTrouble.KEYBOARD_WALK if _walks(word) or _NO_WORD.search(word) else None
    if word in _PLACEHOLDERS:
        return NameTrouble.PLACEHOLDER
    if _walks(word):
        return NameTrouble.KEYBOARD_WALK
    if _repeats(word):
        return NameTrouble.REPEATED_LETTERS
    doubtful = word in _FILLERS or len(word) == 1 or (len(word) == 3 and not _has_vowel(word) and _one_walk(word, 3))
    return NameTrouble.DOUBTFUL if doubtful else None


#: What a run along a row, or a column, begins with, and so whatever is made of such.
_BEGUN = frozenset(each[:2] for each in (*_WALKED, *_COLUMNS) if len(each) > 1)


def _walks(word: str) -> bool:
    if word[:2] not in _BEGUN and word[:1] not in _VOWELLESS_HOME_ROW:
        return False
    if word in _BORNE:
        return False
    if word in _COLUMNS:
        return True
    if _one_walk(word):
        return True
    if len(word) >= 5 and word[0] in _VOWELLESS_HOME_ROW and set(word) <= _VOWELLESS_HOME_ROW:
        return True
    # Only what is a chunk over and over is found within itself said twice, but at its ends.
    is_chunks = word in (word + word)[1:-1]
    for size in range(2, len(word) // 2 + 1) if is_chunks else ():
        chunk = word[:size]
        if len(word) % size == 0 and chunk * (len(word) // size) == word:
            # "asdasd" and "jkjkjk" are mashed; "Lulu" and "Sasa" are names.
            long_enough = size >= 3 or len(word) >= 6
            mashed = chunk in _COLUMNS or _one_walk(chunk) or (_one_walk(chunk, size) and not _has_vowel(chunk))
            return long_enough and mashed and chunk not in _BORNE
    halves = len(word) // 2
    return len(word) >= 8 and _one_walk(word[:halves]) and _one_walk(word[halves:])


def _one_walk(word: str, shortest: int | None = None) -> bool:
    least = _WALKED.get(word)
    return least is not None and len(word) >= (shortest or least)


def _has_vowel(word: str) -> bool:
    return any(letter in "aeiouyаеёиоуыэюяαεηιουω" for letter in word)


def _repeats(word: str) -> bool:
    if len(word) < 3 or word == "iii":  # John Smith III
        return False
    distinct = len(set(word))
    if distinct > 2:
        return False
    if distinct == 1:
        return True
    return re.search(r"(.)\1{3}", word) is not None


def _stammered(words: list[str]) -> bool:
    """ "prova prova", "null null": a filler said twice, by which no person is called."""
    return len(words) > 1 and len(set(words)) == 1 and len(words[0]) > 2


def _as_machines_write(name: str) -> bool:
    """ "null" as a program writes it; "Null" may be a surname."""
    return name.strip() in ("null", "NULL", "(null)")
