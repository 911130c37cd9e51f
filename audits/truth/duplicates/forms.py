"""Normal forms: what two spellings of the same thing have in common, for names and addresses of any script."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

from audits.model.contact_data import read_phone
from audits.truth.email import judge_email

_KEPT = 65_536
# Letters that no decomposition takes apart.
_LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t",
        "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي", "ـ": None, "ʻ": None, "ʼ": None, "'": None, "’": None, "‘": None,
        "`": None, "´": None, "ʹ": None, "ь": None, "ъ": None, "׳": None, "״": None,
    }
)  # fmt: skip
_NOT_WORD = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_TITLES = frozenset(
    {
        "mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "hr", "fru", "sr", "sra", "mme", "mlle", "ing",
        "kyrios", "kyria",
    }
)  # fmt: skip
# Words that go before a surname and tell nobody apart.
_PARTICLES = frozenset(
    {
        "de", "da", "do", "dos", "das", "del", "della", "di", "la", "le", "los", "las", "van", "von", "der",
        "den", "ter", "ten", "zu", "af", "av", "al", "el", "bin", "ibn", "bint", "ben", "abu", "abd", "ul",
        "ur", "st", "mac", "mc",
    }
)  # fmt: skip
_LEGAL = frozenset(
    {
        "inc", "ltd", "llc", "llp", "plc", "gmbh", "ag", "as", "asa", "ab", "aps", "oy", "oyj", "sa", "srl",
        "spa", "sarl", "sas", "bv", "nv", "kg", "ohg", "ug", "co", "corp", "company", "limited", "corporation",
        "incorporated", "group", "holding", "ooo", "ооо", "оао", "зао", "αε", "επε", "ike", "ιχε",
    }
)  # fmt: skip
_HAN = re.compile(r"[\u3400-\u9fff]{2,4}")
_HANGUL = re.compile(r"[\uac00-\ud7a3]{2,4}")
_TWO_SYLLABLES = frozenset(("司馬", "司马", "歐陽", "欧阳", "諸葛", "诸葛", "上官", "남궁", "황보", "제갈", "선우"))
_SOUNDS = str.maketrans({"c": "k", "q": "k", "z": "s", "w": "v", "j": "i", "y": "i"})
_HEARD_ONCE = re.compile(r"(.)\1+")
_LATIN_VOWELS = re.compile(r"[aeiouh]")


@lru_cache(maxsize=_KEPT)
def plain(text: str) -> str:
    """Words in small letters without marks, apostrophes and punctuation, one space between them; scripts stay."""
    if text.isascii():
        folded = text.lower().replace("'", "").replace("`", "")
    else:
        taken_apart = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
        folded = "".join(each for each in taken_apart if not unicodedata.combining(each))
        folded = unicodedata.normalize("NFC", folded)
    return _NOT_WORD.sub(" ", folded).strip()


@lru_cache(maxsize=_KEPT)
def name_parts(first_name: str, last_name: str, name: str) -> tuple[str, str]:
    """(first, last) in normal form. Of a whole name the first word is the first name and the rest the last name, or
    the other way round behind a comma; a Han or Hangul name in one word begins with the surname."""
    first, last = _untitled(plain(first_name)), _untitled(plain(last_name))
    if first or last or not name:
        return first, last
    before, comma, behind = name.partition(",")
    if comma and plain(before) and plain(behind):
        return _untitled(plain(behind)), plain(before)
    return _split(_untitled(plain(name)))


def _split(whole: str) -> tuple[str, str]:
    first, _, last = whole.partition(" ")
    if not last and (_HAN.fullmatch(first) or _HANGUL.fullmatch(first)):
        size = 2 if len(first) > 2 and first[:2] in _TWO_SYLLABLES else 1
        return first[size:], first[:size]
    return first, last


def _untitled(text: str) -> str:
    head, _, rest = text.partition(" ")
    return rest if rest and head in _TITLES else text


@lru_cache(maxsize=_KEPT)
def sound(word: str) -> str:
    """What is left of a word when it is misheard: of Latin letters the first and the consonants, four at most; of
    other scripts the first three letters."""
    if not word.isascii():
        return word[:3]
    heard = word.replace("ph", "f").translate(_SOUNDS)
    return _HEARD_ONCE.sub(r"\1", heard[:1] + _LATIN_VOWELS.sub("", heard[1:].replace("i", "")))[:4]


def name_sounds(name: str) -> tuple[str, str]:
    """The sounds of the first and of the last telling word of a name in normal form; the second empty when there is
    only one."""
    words = [each for each in name.split() if each not in _PARTICLES] or name.split()
    if not words:
        return "", ""
    return sound(words[0]), sound(words[-1]) if len(words) > 1 else ""


def street_parts(text: str) -> tuple[str, str]:
    """(street, house number) in normal form; the number is the first one in the text, with its letter."""
    words = plain(text).split()
    for place, word in enumerate(words):
        if word[0].isdigit():
            return " ".join(words[:place] + words[place + 1 :]), word.lstrip("0") or "0"
    return " ".join(words), ""


@lru_cache(maxsize=_KEPT)
def company_name(text: str) -> str:
    """A company without its legal form; with it when nothing else is left."""
    whole = plain(text.replace(".", ""))
    return " ".join(each for each in whole.split() if each not in _LEGAL) or whole


def postcode(text: str) -> str:
    """A postcode without blanks and hyphens, in small letters."""
    return plain(text).replace(" ", "")


def birth_digits(text: str) -> int:
    """A date as yyyymmdd, 0 where none can be read. Digits stay as they are even where no calendar has such a day:
    a slip of a finger makes such dates. Of 3/4/1980 the first number is the day, unless only the second can be."""
    numbers = _DIGITS.findall(text)
    if len(numbers) == 1 and len(numbers[0]) == 8:
        digits = int(numbers[0])
        return digits if 1800 <= digits // 10_000 <= 2200 else _from_parts(digits % 10_000, digits)
    if len(numbers) < 3:
        return 0
    a, b, c = (int(each) for each in numbers[:3])
    if len(numbers[0]) == 4:
        year, month, day = a, b, c
    elif len(numbers[2]) == 4:
        day, month, year = (a, b, c) if b <= 12 else (b, a, c)
    else:
        return 0
    return year * 10_000 + month * 100 + day if month <= 99 and day <= 99 else 0


def _from_parts(year: int, digits: int) -> int:
    """ddmmyyyy as yyyymmdd; else the digits as they stand."""
    if not 1800 <= year <= 2200:
        return digits
    day, month = digits // 1_000_000, digits // 10_000 % 100
    try:
        return int(date(year, month, day).strftime("%Y%m%d"))
    except ValueError:
        return digits


def phone_digits(text: str, region: str | None) -> int:
    """The digits of the number in E.164; negative, as written, where it is no number in use or its country is not
    known; 0 where there are fewer than six digits."""
    if not text:
        return 0
    e164 = read_phone(text, region).e164
    if e164 is not None:
        return int(e164[1:])
    digits = "".join(_DIGITS.findall(unicodedata.normalize("NFKC", text)))
    return -int(digits[-15:]) if len(digits.lstrip("0")) >= 6 else 0


def email_key(text: str) -> tuple[str, bool]:
    """(key, whether it is of one person) of an address: not that of a role such as info@. What no mail can be sent to
    is kept in small letters without blanks; ("", False) when nothing was given."""
    if not text.strip():
        return "", False
    judged = judge_email(text)
    if judged.key is None:
        return "".join(text.lower().split()), "@" in text
    return judged.key, not judged.is_role
