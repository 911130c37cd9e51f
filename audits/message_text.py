"""What words alone tell of a message: likeness of two texts, questions, and whether it asks for a phone number.

Texts are plain words. They are compared without what differs by itself from person to person: the greeting with the
name, figures, addresses of pages and of people, quoted mails and the signature. Nothing here guesses at meaning: the
words of English, German, Arabic, Greek and Norwegian bokmål are listed below.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher
from itertools import takewhile

from phonenumbers import PhoneNumberMatcher
from rapidfuzz import fuzz

#: A shorter text is no text that could have been written for somebody: "Please call me back." is like any other.
LEAST_WORDS = 6
#: A shared phrase is cut to so many words.
PHRASE_WORDS = 12
#: Only so many characters of a text are looked at: what differs later does not make a message personal.
LOOKED_AT = 4000
#: Of so many words of each text a shared phrase is sought: the search takes as many steps as their product.
_SHARED_IN = 800

_GREETINGS = (
    # English
    "good morning", "good afternoon", "good evening", "good day", "dear", "hello", "hi", "hey", "greetings",
    # German
    "sehr geehrte", "sehr geehrter", "sehr geehrtes", "guten tag", "guten morgen", "guten abend", "liebe", "lieber",
    "hallo", "moin", "servus", "grüß gott", "grüezi",
    # Arabic
    "السلام عليكم", "مرحبا", "مرحباً", "أهلا", "أهلاً", "صباح الخير", "مساء الخير",
    "عزيزي", "عزيزتي", "السيد", "السيدة",
    # Greek
    "αγαπητέ", "αγαπητή", "αγαπητοί", "αξιότιμε", "αξιότιμη", "καλημέρα", "καλησπέρα", "γεια σας", "γεια σου", "γεια",
    "χαίρετε",
    # Norwegian
    "god morgen", "god kveld", "god dag", "kjære", "hei", "hallo", "heisann",
)  # fmt: skip
_GREETING = re.compile(
    r"\s*(?:"
    + "|".join(re.escape(each) for each in sorted(_GREETINGS, key=len, reverse=True))
    # … with a name of at most four words when a comma, a mark or the end of the line closes it.
    + r")(?!\w)(?:(?:[^\S\n]+[^\s,،!:]+){0,4}[^\S\n]*(?:[,،!:]|\n|$))?",
    re.IGNORECASE,
)
_QUOTE_SAYS = re.compile(
    r"on .{4,80} wrote:|am .{4,80} schrieb.*:|den .{4,80} skrev.*:|στις .{4,80} έγραψε.*:|في .{4,80} كتب.*:",
    re.IGNORECASE,
)
_RUN = re.compile(r"\S+")
_LINK = re.compile(r"(?:https?://|www\.)(?=\S)", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"[\s/|—–…]+")
#: Vowel signs and the stretching stroke of Arabic: written or not, the word is the same.
_ARABIC_SIGNS = re.compile("[\u0640\u064b-\u065f\u0670]")
_SENTENCE = re.compile(r"[^.!?؟;\n]*[.!?؟;]?", re.MULTILINE)
_GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")

#: The commonest words that tell three languages of one script apart.
_COMMON_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the and you your for with our we to of is are have this that",
        "de": "der die das und sie ihr ihre ihren für mit wir uns zu von ist sind haben nicht ein eine",
        "nb": "og du deg din ditt dere for med vi oss til av er har ikke en et på som det jeg",
    }.items()
}

#: What asks for a number, or offers a call: beginnings of words, or of several in a row; without accents.
_PHONE_WORDS = (
    # English
    "phone", "telephone", "mobile number", "mobile no", "your mobile", "your cell", "cell number", "your number",
    "number to call", "number to reach", "number we can", "number i can", "best number", "contact number",
    "call you", "ring you", "give you a call", "give me a call", "text you",
    # German
    "telefon", "rufnummer", "mobilnummer", "handynummer", "ihre nummer", "deine nummer", "durchwahl", "ihre mobil",
    "ihr handy", "dein handy", "sie anrufen", "dich anrufen", "ruckruf", "zuruckruf",
    # Arabic
    "هاتف", "الهاتف", "هاتفك", "رقمك", "رقم الجوال", "رقم جوال", "جوالك", "الجوال", "موبايل", "الموبايل", "تلفون",
    "التلفون", "رقم التواصل", "رقم للتواصل", "الاتصال بك", "نتصل بك", "اتصل بك", "رقم الاتصال",
    # Greek
    "τηλεφων", "κινητο σας", "κινητου σας", "κινητο σου", "αριθμο κινητου", "αριθμος κινητου", "αριθμο σας",
    "σας καλεσ", "σε καλεσ", "να καλεσουμε",
    # Norwegian
    "telefon", "tlf", "mobilnummer", "mobilen din", "mobilnr", "nummeret ditt", "ditt nummer", "nummer vi kan",
    "nummer jeg kan", "ringe deg", "ringer deg", "ringe dere",
)  # fmt: skip


def normalised(text: str, names: Collection[str] = ()) -> str:
    """The words of `text` that make it what it is, case folded and one space apart; see the module. `names`: more
    words to leave out, such as the names of the person it was written to."""
    return " ".join(folded for _, folded in _words(text, names))


def likeness(a: str, b: str) -> int:
    """How alike two texts are, in whole percent rounded down: 100 = the same words. Texts of two languages are never
    alike, and a text of fewer than LEAST_WORDS words is like none."""
    if len({language_of(a), language_of(b)} - {None}) > 1:
        return 0
    return normalised_likeness(normalised(a), normalised(b))


def normalised_likeness(a: str, b: str) -> int:
    """`likeness` of two texts of one language that are `normalised` already."""
    if min(len(a.split()), len(b.split())) < LEAST_WORDS:
        return 0
    return int(fuzz.ratio(a, b))


def shared_phrase(a: str, b: str) -> str:
    """The longest run of words, of those that are compared, that stands in both texts, as `a` writes it; at most
    PHRASE_WORDS of them, "" when they share none."""
    one, two = _words(a, ())[:_SHARED_IN], _words(b, ())[:_SHARED_IN]
    ours, theirs = [folded for _, folded in one], [folded for _, folded in two]
    run = SequenceMatcher(None, ours, theirs, autojunk=False).find_longest_match()
    return " ".join(shown for shown, _ in one[run.a : run.a + min(run.size, PHRASE_WORDS)])


def language_of(text: str) -> str | None:
    """`ar`, `el`, `en`, `de` or `nb` by its script and its commonest words; None when they do not tell."""
    words = [folded for _, folded in _words(text, ())]
    letters = "".join(words)
    if 2 * len(_ARABIC.findall(letters)) > len(letters):
        return "ar"
    if 2 * len(_GREEK.findall(letters)) > len(letters):
        return "el"
    found = {language: sum(word in common for word in words) for language, common in _COMMON_WORDS.items()}
    most = max(found.values())
    told = [language for language, count in found.items() if count == most]
    return told[0] if most and len(told) == 1 else None


def questions(text: str) -> tuple[str, ...]:
    """The sentences that end in a question mark: `?`, Arabic `؟`, and `;` where the sentence is Greek."""
    plain = _without_links(unicodedata.normalize("NFKC", text))
    found = (each.strip() for each in _SENTENCE.findall(plain))
    return tuple(
        each
        for each in found
        if len(each) > 1 and (each[-1] in "?؟" or (each[-1] == ";" and _GREEK.search(each) is not None))
    )


def asks_for_phone(text: str) -> bool:
    """Whether it asks for a phone number or offers a call, by the words of the lists above."""
    spaced = f" {' '.join(_plain(folded) for _, folded in _words(text, ()))} "
    return any(f" {words}" in spaced for words in _PHONE_WORDS)


def names_a_phone(text: str, region: str | None) -> bool:
    """Whether a phone number stands in it. `region`: ISO country of numbers that are written without +."""
    # The library tells numbers that may exist from dates and prices; without a region it finds only those with +.
    return any(True for _ in PhoneNumberMatcher(text[:LOOKED_AT], region))


def _words(text: str, names: Collection[str]) -> Sequence[tuple[str, str]]:
    """The words that are compared: as written, and folded."""
    plain = unicodedata.normalize("NFKC", text[:LOOKED_AT]).replace("\r\n", "\n")
    lines = _own_lines(plain.split("\n"))
    plain = _without_links("\n".join(line for line in lines if not line.lstrip().startswith(">")))
    greeting = _GREETING.match(plain)
    if greeting is not None:
        plain = plain[greeting.end() :]
    left_out = {_folded(part) for name in names for part in name.split()}
    pairs = []
    for written in _BETWEEN_WORDS.split(plain):
        word = _bare(written)
        folded = _folded(word)
        if folded and folded not in left_out and not any(char.isdigit() for char in word):
            pairs.append((word, folded))
    return pairs


def _own_lines(lines: list[str]) -> list[str]:
    """The lines before the quoted mail or the signature; all of them where nothing stands before it."""
    for place, line in enumerate(lines):
        if _begins_quote(line.strip()):
            return lines[:place] if any(each.strip() for each in lines[:place]) else lines
    return lines


def _begins_quote(line: str) -> bool:
    # Whoever writes to a lead, or fills a form, chooses the text: no expression here may try a line over and over.
    if line == "--" or (len(line) >= 5 and not line.strip("_")):
        return True
    if len(line) >= 6 and line.startswith("---") and line.endswith("---"):
        return True
    return _QUOTE_SAYS.match(line) is not None


def _without_links(text: str) -> str:
    """Without addresses of pages and of people."""
    return _RUN.sub(lambda run: _without_link(run.group()), text)


def _without_link(run: str) -> str:
    at = run.find("@", 1)
    dot = run.find(".", at + 2) if at > 0 else -1
    if 0 < dot < len(run) - 1:
        return " "
    link = _LINK.search(run)
    return run if link is None else f"{run[: link.start()]} "


def _bare(written: str) -> str:
    """Without the marks before and after it."""
    ahead = sum(1 for _ in takewhile(_is_mark, written))
    behind = sum(1 for _ in takewhile(_is_mark, reversed(written[ahead:])))
    return written[ahead : len(written) - behind]


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] in "PSCZ"


def _folded(word: str) -> str:
    return _ARABIC_SIGNS.sub("", unicodedata.normalize("NFKC", word.casefold()))


def _plain(folded: str) -> str:
    """Without accents."""
    apart = unicodedata.normalize("NFD", folded)
    return unicodedata.normalize("NFC", "".join(char for char in apart if unicodedata.category(char) != "Mn"))
