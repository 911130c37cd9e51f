"""Messages: letters that nobody meant, advertising, abuse, what is wanted, and whether it is us who are meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from audits.model.name_text import NameTrouble, name_trouble
from audits.model.quick import quick
from audits.model.said import Said, say
from audits.model.truth import Intent, MessageJudged, Signal, TruthTerms
from audits.truth.kept_answers import KeptAnswers
from audits.truth.letters import (
    ABBREVIATION,
    SHORTEST,
    alphabet_of,
    fold,
    is_mashed_text,
    letter_words,
    margin,
)
from audits.truth.message_words import INTENTS, MANY, NEED, ONE, PIECES, PROFANITY, SPAM, TEST, UNLESS
from audits.truth.phrases import (
    GAP,
    Begun,
    Found,
    Phrases,
    Text,
    composed,
    folded_key,
    key_of_folded,
    last_of,
    marked_key,
    read,
    words_of,
)
from audits.truth.weights import signal

_NEED, _SPAM, _TEST, _PROFANITY = "need", "spam", "test", "profanity"
_AGAINST = {intent: f"unless {intent.value}" for intent in Intent}
_INTENTS = tuple((intent, intent.value) for intent in Intent)
_OTHER_LISTS = {_SPAM: SPAM, _TEST: TEST, **{intent.value: phrases for intent, phrases in INTENTS.items()}}
_AGAINST_LISTS = {_AGAINST[intent]: phrases for intent, phrases in UNLESS.items()}
_FOLDED: Phrases[str] = Phrases({_NEED: NEED, **_OTHER_LISTS, **_AGAINST_LISTS}, folded_key)
#: Without a phrase of these somebody asks for something, or says anything.
_OTHER: Phrases[str] = Phrases(_OTHER_LISTS, folded_key)
_MARKED: Phrases[str] = Phrases({_PROFANITY: PROFANITY}, marked_key)
_LINK = re.compile(r"https?://|\bwww\.|\[url|<a\s", re.IGNORECASE)
_TAG = re.compile(r"\[url|<a\s+href|\[link", re.IGNORECASE)
_MANY_LINKS = 4
#: A longer message is no test, and one with more words says what it is about, in whatever words.
_TEST_WORDS, _TELLING_WORDS, _TELLING_LETTERS = 8, 5, 6
_MASHED = (NameTrouble.KEYBOARD_WALK, NameTrouble.REPEATED_LETTERS)
_FEW_WORDS = 3
#: The tables know names better than verbs: words of messages must be so far over the limit.
_FAR = 40
_COVERED = ("LATIN", "CYRILLIC", "GREEK", "ARABIC")
_SIGNAL_OF = {
    Intent.JOB: "intent_job",
    Intent.SUPPLIER: "intent_supplier",
    Intent.STUDENT: "intent_student",
    Intent.SUPPORT: "intent_support",
    Intent.PROBE: "probe_asks_who",
}


_MARKS = ".,!?;:"
#: Kana, Han and Hangul.
_OF_NO_TABLE = re.compile("[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class _Part:
    """What stands between two spaces. `words`: as written; `keys`: the same as phrases are looked for among them;
    `begins`: whether a phrase of _OTHER may begin among them; `judged`: those of which the tables of letters say
    something; `may_abuse`: whether abuse may begin among them."""

    words: tuple[str, ...]
    keys: tuple[str, ...]
    begins: bool
    judged: tuple[str, ...]
    may_abuse: bool


_new_part = quick(_Part)


def _part(text: str) -> _Part:
    bare = text[:-1] if text[-1] in _MARKS else text
    if bare.isalpha() and (part := _part_of_letters(text, bare)) is not None:
        return part
    words = words_of(text)
    keys = tuple(map(folded_key, words))
    begins = any(_OTHER.begun_by(key)[1] is not None for key in keys)
    judged = tuple([each for each in letter_words(text) if len(each) >= SHORTEST and alphabet_of(each) is not None])
    may_abuse = any(_MARKED.look_up(word)[1] is not None for word in words)
    return _new_part(words, keys, begins, judged, may_abuse)


def _part_of_letters(text: str, bare: str) -> _Part | None:
    """The same of a word of letters alone, `bare`, with at most one mark behind it; None = of several words, or none,
    as soon as its letters are composed."""
    word, folded = (bare, bare.lower()) if bare.isascii() else (composed(bare), fold(bare))
    if not (word.isalpha() and folded.isalpha()):
        return None
    key = folded if bare.isascii() else key_of_folded(folded)
    begins = _OTHER.begun_by(key)[1] is not None
    may_abuse = _MARKED.look_up(word)[1] is not None
    is_judged = _is_judged(text, folded)
    words = (word,)
    keys = words if key == word else (key,)
    judged = () if not is_judged else keys if folded == key else (folded,)
    return _new_part(words, keys, begins, judged, may_abuse)


def _is_judged(text: str, folded: str) -> bool:
    """Whether the tables say something of the one word of a text, which is no abbreviation."""
    is_abbreviation = text[-1] == "." and len(folded) < ABBREVIATION
    return len(folded) >= SHORTEST and not is_abbreviation and alphabet_of(folded) is not None


#: Kept, since few words make most messages; neither words nor marks go over a space.
_PARTS: KeptAnswers[_Part] = KeptAnswers(_part, 32_768)


@lru_cache(maxsize=8_192)
def judge_message(text: str, language: str | None) -> MessageJudged:
    """What the message `text` is; `language` is an ISO 639 code, None = to be seen from the text. All languages are
    looked for whatever it says: people write in another one than their browser's."""
    tokens = text.split()
    looks = bytes(map(_LOOKS.__getitem__, tokens))
    # Nearly all: words one by one, enough of them, and no phrase by which anything else is meant than to ask.
    is_plain = len(tokens) >= _TELLING_WORDS and _ODD not in looks and not _is_odd(tokens, looks)
    if is_plain and (max(looks) < _BEGINS or not _means_other(tokens, looks)):
        return _ASKED
    return _judge_closely(text, list(map(_PARTS.__getitem__, tokens)))


#: How what stands between two spaces looks: _ODD, or one word, of whose letters the tables say nothing (0), or were
#: not asked (1), or which they call meant (2) or mashed (3); _BEGINS more where it begins a phrase of _OTHER.
_NO_LETTERS, _UNASKED, _MEANT, _MEANINGLESS = range(4)
_BEGINS, _ODD = 4, 8


def look(text: str) -> int:
    """How what stands between two spaces looks; the same as `look_closely` says, in a third of the time."""
    bare = text[:-1] if text[-1] in _MARKS else text
    if bare.isascii() and bare.isalnum() and (bare.isalpha() or bare.isdigit()):
        key = bare.lower()
    elif bare.isalpha() and composed(bare).isalpha() and (folded := fold(bare)).isalpha():
        key = key_of_folded(folded)
        if key[:2] in _ABUSE_BEGINS:
            return look_closely(text)
        is_judged = _is_judged(text, folded)
        return (_UNASKED if is_judged else _NO_LETTERS) + (_BEGINS if _OTHER.begun_by(key)[1] is not None else 0)
    else:
        return look_closely(text)
    if (key[:2] in _ABUSE_BEGINS and _MARKED.begun_by(key)[1] is not None) or key == "www":
        return look_closely(text)
    is_judged = len(key) >= SHORTEST and not key.isdigit() and _is_judged(text, key)
    return (_UNASKED if is_judged else _NO_LETTERS) + (_BEGINS if _OTHER.begun_by(key)[1] is not None else 0)


def look_closely(text: str) -> int:
    """The same by all that can be said of its words."""
    part = _PARTS[text]
    if len(part.words) != 1 or len(part.judged) > 1 or part.may_abuse or _may_have_links(text):
        return _ODD
    return (_UNASKED if part.judged else _NO_LETTERS) + (_BEGINS if part.begins else 0)


#: The first letters, without marks and articles, of words that abuse may begin with.
_ABUSE_BEGINS = frozenset(folded_key(phrase.split()[0].rstrip("*"))[:2] for phrase in PROFANITY)
_LOOKS: KeptAnswers[int] = KeptAnswers(look, 65_536)
_BEGUN: KeptAnswers[Begun[str]] = KeptAnswers(lambda key: _OTHER.begun_by(key)[1] or ((), {}), 16_384)


def _is_odd(tokens: list[str], looks: bytes) -> bool:
    """As `_is_mashed`, of more than a few words, each by itself."""
    judged = len(tokens) - looks.count(_NO_LETTERS) - looks.count(_NO_LETTERS + _BEGINS)
    clean = looks.count(_MEANT) + looks.count(_MEANT + _BEGINS)
    mashed = looks.count(_MEANINGLESS) + looks.count(_MEANINGLESS + _BEGINS)
    # Two in five that were meant are enough, whatever the others are.
    if 5 * clean > 2 * judged:
        return False
    for token, look in zip(tokens, looks, strict=True):
        if look % _BEGINS == _UNASKED:
            folded = fold(token[:-1] if token[-1] in _MARKS else token)
            is_clean = (margin(folded if folded.isalpha() else _PARTS[token].judged[0]) or 0) <= _FAR
            _LOOKS[token] = look - _UNASKED + (_MEANT if is_clean else _MEANINGLESS)
            clean, mashed = clean + is_clean, mashed + (not is_clean)
            if 5 * clean > 2 * judged:
                return False
    return mashed >= _FEW_WORDS


def _key(token: str) -> str:
    """One word, with what stands behind it, as compared."""
    bare = token[:-1] if token[-1] in _MARKS else token
    return bare.lower() if bare.isascii() and bare.isalpha() else _PARTS[token].keys[0]


def _means_other(tokens: list[str], looks: bytes) -> bool:
    """Whether a phrase of _OTHER is in words that look so."""
    for first in [place for place, look in enumerate(looks) if look >= _BEGINS]:
        anything, by_second = _BEGUN[_key(tokens[first])]
        after = first + 1
        following = by_second.get(_key(tokens[after]), ()) if by_second and after < len(tokens) else ()
        for at, phrases in ((after, anything), (after + 1, following)):
            for _, rest in phrases:
                if not rest or _goes_on(rest, tokens, at):
                    return True
    return False


def _goes_on(rest: tuple[str, ...], tokens: list[str], at: int) -> bool:
    """Whether the rest of a phrase stands in words from `at` on. Most do not go on with its next word."""
    if at >= len(tokens):
        return False
    word = rest[0]
    if word.endswith("*"):
        goes_on = _key(tokens[at]).startswith(word[:-1])
    else:
        goes_on = word == GAP or _key(tokens[at]) == word
    return goes_on and last_of(rest, list(map(_key, tokens)), at) is not None


_ASKED = MessageJudged(has_need=True)


def _text(text: str, parts: list[_Part]) -> Text:
    return Text(text, [word for part in parts for word in part.words])


def _judge_closely(text: str, parts: list[_Part]) -> MessageJudged:
    whole = _text(text, parts)
    found: dict[str, list[Found[str]]] = {}
    for each in _FOLDED.find(whole):
        found.setdefault(each.kind, []).append(each)
    shown: dict[str, str] = {}
    if _is_mashed(text, parts):
        shown["mashed"] = ""
    spam = _spam(text, whole, found)
    if spam is not None:
        shown["spam"] = spam
    abuse = _MARKED.find(whole) if any(part.may_abuse for part in parts) else []
    if abuse:
        shown["profanity"] = _quoted(whole, abuse[0])
    if _is_test(whole, found.get(_TEST, [])):
        shown["test"] = _quoted(whole, found[_TEST][0])
    intents = tuple(
        (intent, words)
        for intent, kind in _INTENTS
        if kind in found and (words := _intent(intent, whole, found)) is not None
    )
    asked = bool(found.get(_NEED)) or _tells_enough(whole)
    return MessageJudged(
        is_mashed="mashed" in shown,
        is_spam="spam" in shown,
        has_profanity="profanity" in shown,
        has_need=asked and not intents and not shown.keys() & {"mashed", "spam", "test"},
        intents=intents,
        reasons=tuple(shown),
        words=tuple((reason, words) for reason, words in shown.items() if words),
    )


def _is_mashed(text: str, parts: list[_Part]) -> bool:
    """Whether most of a text is letters that nobody meant; one such word among others may be a product's code."""
    if len(parts) <= _FEW_WORDS:
        # What has letters that no table knows is never called mashed.
        if "." not in text and _OF_NO_TABLE.search(text) is not None:
            return False
        if len(text) > 60 and all(len(word) < SHORTEST for word in letter_words(text)):
            return False
        acronym = text.isupper() and len(text.strip()) <= 5
        return not acronym and (name_trouble(None, text) in _MASHED or is_mashed_text(text, beyond=_FAR))
    judged = [word for part in parts for word in part.judged]
    clean = 0
    for word in judged:
        if (margin(word) or 0) <= _FAR:
            clean += 1
            if 5 * clean > 2 * len(judged):
                return False
    return len(judged) - clean >= _FEW_WORDS


def profanity_in(text: str) -> str | None:
    """The abuse in a text, as written there; None = none."""
    whole = read(text)
    found = _MARKED.find(whole)
    return _quoted(whole, found[0]) if found else None


def _quoted(whole: Text, found: Found[str]) -> str:
    return whole.between(found.first, found.last)


def _may_have_links(text: str) -> bool:
    return "://" in text or "<" in text or "[" in text or "www." in text.lower()


def _spam(text: str, whole: Text, found: dict[str, list[Found[str]]]) -> str | None:
    """The words, or the kind of link, that advertise."""
    wares = found.get(_SPAM, [])
    if not wares and not _may_have_links(text):
        return None
    links = len(_LINK.findall(text))
    distinct = {_quoted(whole, each).casefold() for each in wares}
    buys = _AGAINST[Intent.SUPPLIER] in found
    if _TAG.search(text) is not None:
        return _quoted(whole, wares[0]) if wares else "[url]"
    if len(distinct) >= 2 or (distinct and links and not buys):
        return ", ".join(dict.fromkeys(_quoted(whole, each) for each in wares[:3]))
    return "http" if links >= _MANY_LINKS else None


def _is_test(whole: Text, found: list[Found[str]]) -> bool:
    if not found or len(whole.words) > _TEST_WORDS:
        return False
    covered = {place for each in found for place in range(each.first, each.last + 1)}
    return 5 * len(covered) >= 3 * len(whole.words)


def _intent(intent: Intent, whole: Text, found: dict[str, list[Found[str]]]) -> str | None:
    shown = found.get(intent.value)
    if not shown or _AGAINST[intent] in found:
        return None
    if intent is Intent.PROBE and _has_amount(whole):
        return None
    return _quoted(whole, shown[0])


def _has_amount(whole: Text) -> bool:
    """Whether a buyer's number is in it: so many of something, or that of a street."""
    return any(word.isdigit() and len(word) < 5 for word in whole.words)


def _tells_enough(whole: Text) -> bool:
    """Whether a text without a word of our lists is long enough to say something; languages that we do not read
    are taken at their length."""
    if len(whole.words) >= _TELLING_WORDS or (len(whole.words) > 1 and _has_amount(whole)):
        return True
    return sum(map(_is_foreign, "".join(whole.words))) >= _TELLING_LETTERS


@lru_cache(maxsize=16_384)
def _is_foreign(letter: str) -> bool:
    return letter.isalpha() and not unicodedata.name(letter, "").startswith(_COVERED)


def message_signals(text: str, judged: MessageJudged, terms: TruthTerms) -> Iterable[Signal]:
    """What the message says of the lead, by the account's own terms where a reason needs them. Sentences quote the
    words that show it, never the message."""
    if judged.reasons or judged.intents or terms.most_plausible > 0:
        return _signals(text, judged, terms)
    return (_need_stated(text),) if judged.has_need else ()


def _need_stated(text: str) -> Signal:
    return signal("need_stated", say("The message says what is wanted."), field="message", value=text)


def _signals(text: str, judged: MessageJudged, terms: TruthTerms) -> Iterator[Signal]:
    words = dict(judged.words)
    if judged.is_mashed:
        said = say("The message is letters that nobody meant.")
        yield signal("mashed_message", said, field="message", value=text)
        yield signal("mashed_bot", said, field="message", value=text)
    if judged.is_spam and not _is_ware(words["spam"], terms):
        said = say('The message advertises: "{words}".', words=words["spam"])
        yield signal("message_spam", said, field="message", value=words["spam"])
    if judged.has_profanity:
        said = say('The message abuses: "{words}".', words=words["profanity"])
        yield signal("profanity", said, field="message", value=words["profanity"])
    if "test" in words:
        said = say('The message says that it is a test: "{words}".', words=words["test"])
        yield signal("test_message", said, field="message", value=words["test"])
    for intent, shown in judged.intents:
        yield signal(_SIGNAL_OF[intent], _said_of(intent, shown), field="message", value=shown)
    order = implausible_order(text, terms)
    if order is not None:
        said = say('"{words}" is more than anybody orders.', words=order)
        yield signal("implausible_order", said, field="message", value=order)
    elif judged.has_need and not judged.has_profanity:
        yield _need_stated(text)


def _said_of(intent: Intent, words: str) -> Said:
    match intent:
        case Intent.JOB:
            return say('The message asks for work: "{words}".', words=words)
        case Intent.SUPPLIER:
            return say('The message offers goods or services: "{words}".', words=words)
        case Intent.STUDENT:
            return say('The message is for a study: "{words}".', words=words)
        case Intent.SUPPORT:
            return say('The message asks for help with what was bought: "{words}".', words=words)
        case Intent.PROBE:
            return say('The message asks who is who and wants nothing else: "{words}".', words=words)


def _is_ware(words: str, terms: TruthTerms) -> bool:
    """Whether what is advertised is what this account sells: then it is a buyer's word."""
    shown = {folded_key(word) for word in read(words).words}
    return any(shown & {folded_key(word) for word in read(ware).words} for ware in terms.products)


_AMOUNT = re.compile(r"\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})+(?!\d)|\d+")
_YEARS = range(1950, 2101)
#: Before a number that counts nothing.
_REFERENCE = re.compile(r"(?:\b(?:nr|no|number|nummer|numero|номер|code|zip|plz)|№|#)[.:\s]*$", re.IGNORECASE)
_WORDS_BETWEEN = 2


def implausible_order(text: str, terms: TruthTerms) -> str | None:
    """ "10 000 pizzas": an amount beyond `terms.most_plausible` with a product of the account, or pieces of anything,
    beside it; None = there is none, or the account has not said what is plausible."""
    if terms.most_plausible <= 0:
        return None
    text = unicodedata.normalize("NFKC", text)
    wares = {folded_key(word) for ware in (*terms.products, *PIECES) for word in read(ware).words}
    stems = tuple(ware for ware in wares if len(ware) >= 4)
    for found in _AMOUNT.finditer(text):
        if found.start() and (text[found.start() - 1] in "+€$£" or text[found.start() - 1].isalnum()):
            continue  # a phone number, a price, a code
        if _REFERENCE.search(text[max(0, found.start() - 12) : found.start()]):
            continue
        grouped = not found[0].isdigit()
        amount = int("".join(filter(str.isdigit, found[0])))
        if len(found[0]) > 12 or (found[0].startswith("0") and amount) or (not grouped and amount in _YEARS):
            continue
        end = _ordered_until(read(text[found.end() : found.end() + 60]), amount, terms.most_plausible, wares, stems)
        if end is not None:
            return text[found.start() : found.end() + end]
    return _in_words(read(text), terms.most_plausible, wares, stems)


def _ordered_until(after: Text, amount: int, most: int, wares: set[str], stems: tuple[str, ...]) -> int | None:
    """Where the product ends that so many are asked of; `after` begins behind the number."""
    for place, word in enumerate(after.words[: _WORDS_BETWEEN + 2]):
        key = folded_key(word)
        if place == 0 and key in MANY:
            amount *= MANY[key]
        elif key.isdigit():
            return None
        elif key in wares or key.startswith(stems):
            return after.end_of(place) if amount > most else None
    return None


def _in_words(whole: Text, most: int, wares: set[str], stems: tuple[str, ...]) -> str | None:
    """ "a million pizzas"."""
    keys = [folded_key(word) for word in whole.words]
    for at, key in enumerate(keys[1:], 1):
        if key in MANY and keys[at - 1] in ONE and MANY[key] > most:
            for place in range(at + 1, min(at + 2 + _WORDS_BETWEEN, len(keys))):
                if keys[place] in wares or keys[place].startswith(stems):
                    return whole.between(at - 1, place)
    return None
