"""What a message is about is told by its words, and what only looks alike is a person who asks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audits.model.said import english
from audits.model.truth import Intent, LeadClass, TruthTerms
from audits.truth.message import implausible_order, judge_message, message_signals, profanity_in
from audits.truth.message_words import INTENTS, NEED, PROFANITY, SPAM, TEST, UNLESS
from audits.truth.phrases import Phrases, folded_key, read

HERE = Path(__file__).parent
NOTHING = TruthTerms()


def _cases(name: str) -> list[tuple[str, str]]:
    """(group, message) of a file: a line "[group]" begins one."""
    found: list[tuple[str, str]] = []
    group = ""
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if re.fullmatch(r"\[[a-z_]+\]", line):
            group = line[1:-1]
        elif line.strip():
            found.append((group, line))
    return found


MEANT = _cases("messages.txt")
LOOKALIKES = _cases("lookalikes.txt")
LANGUAGES_READ = 8


@pytest.mark.parametrize(("group", "text"), MEANT)
def test_what_a_message_is_about(group: str, text: str) -> None:
    judged = judge_message(text, None)
    if group in set(Intent):
        assert [intent.value for intent, _ in judged.intents] == [group]
        assert judged.intents[0][1] in text
    else:
        assert group in judged.reasons
    assert not judged.has_need or group == "profanity"


@pytest.mark.parametrize(("group", "text"), LOOKALIKES)
def test_what_only_looks_alike_is_a_person_who_asks(group: str, text: str) -> None:
    judged = judge_message(text, None)
    assert judged.intents == ()
    assert judged.reasons == ()
    assert judged.has_need
    codes = [each.code for each in message_signals(text, judged, NOTHING)]
    assert codes == ["need_stated"]


def test_every_intent_has_cases_enough() -> None:
    for intent in Intent:
        assert sum(group == intent for group, _ in MEANT) >= LANGUAGES_READ
        assert sum(group == intent for group, _ in LOOKALIKES) >= 15
    for group in ("spam", "profanity", "test"):
        assert sum(found == group for found, _ in LOOKALIKES) >= 10


def test_sentences_quote_the_words_that_show_it_and_no_more() -> None:
    text = "Dear all, my name is Jane and I am looking for a job in your town, kind regards"
    (only,) = message_signals(text, judge_message(text, "en"), NOTHING)
    assert (only.code, only.lead_class, only.value) == ("intent_job", LeadClass.NOT_ADDRESSED, "looking for a job")
    assert english(only.said) == 'The message asks for work: "looking for a job".'


def test_mashed_messages_weigh_for_two_classes() -> None:
    text = "sdkfjh lkjwqe zxmvnb"
    found = list(message_signals(text, judge_message(text, None), NOTHING))
    assert [(each.code, each.lead_class) for each in found] == [
        ("mashed_message", LeadClass.EMPTY),
        ("mashed_bot", LeadClass.BOT),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "HVAC",
        "IPBX DECT",
        "Schraubengroßhandel",
        "Straßenbahnschienenritzenreiniger gesucht",
        "Afyonkarahisarlılaştıramadıklarımızdan",
        "Wstrzymałbym się",
        "Zmrzlina čtvrtka strč prst skrz krk",
        "Thx, pls call bfr 5pm",
        "Ysbyty Gwynedd, Bangor",
        "Þjónustuþáttur",
        "Здравствуйте, взгляд сверху",
        "Ευχαριστώ πολύ",
        "Λήφθηκε",
        "نطاقاتكم",
        "Salgssjef",
        "شكرا جزيلا لكم",
        "見積もりをお願いします",
        "견적 부탁드립니다",
        "ขอใบเสนอราคา",
        "אשמח להצעת מחיר",
        "कृपया कीमत बताएं",
        "Vui lòng gửi báo giá cho tôi",
    ],
)
def test_messages_that_are_meant_are_not_mashed(text: str) -> None:
    assert not judge_message(text, None).is_mashed


PIZZA = TruthTerms(products=("pizza", "πίτσα", "пицца", "solar panels"), most_plausible=200)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Please deliver 5000 pizzas to the town hall", "5000 pizzas"),
        ("I'd like 10,000 pizzas now", "10,000 pizzas"),
        ("I order 10000 pizzas", "10000 pizzas"),
        ("one million pizzas", "one million pizzas"),
        ("2 million pizzas for my cat", "2 million pizzas"),
        ("Ich will 12.000 Stück", "12.000 Stück"),
        ("30000 τεμάχια", "30000 τεμάχια"),
        ("1000 большая пицца", "1000 большая пицца"),
        ("250 very large pizzas", "250 very large pizzas"),
    ],
)
def test_an_order_that_nobody_places(text: str, shown: str) -> None:
    assert implausible_order(text, PIZZA) == shown
    found = [
        each for each in message_signals(text, judge_message(text, None), PIZZA) if each.code == "implausible_order"
    ]
    assert [each.value for each in found] == [shown]
    assert implausible_order(text, NOTHING) is None
    assert not [
        each for each in message_signals(text, judge_message(text, None), NOTHING) if each.code == "implausible_order"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "200 pizzas for our staff party",
        "3 pizzas please, call me on +49 170 12345678",
        "We sold pizzas in 2024 pizza shops are closing",
        "Budget €5000 pizza oven",
        "pizza for 30 people, postal code 10115",
        "roof of 5000 m2, need an offer for solar panels",
        "Order no. 55123: the pizza was cold, another one please",
        "12 pizzas and 4000 napkins",
    ],
)
def test_an_order_that_somebody_may_place(text: str) -> None:
    assert implausible_order(text, PIZZA) is None


def test_who_sells_what_is_advertised_gets_a_buyer() -> None:
    text = "Do you do link building? See https://example.net/shop and https://example.net, we buy guest posts"
    judged = judge_message(text, None)
    assert judged.is_spam
    assert "message_spam" in [each.code for each in message_signals(text, judged, NOTHING)]
    sells = TruthTerms(products=("guest posts",))
    assert "message_spam" not in [each.code for each in message_signals(text, judged, sells)]


def test_abuse_is_whole_words_alone() -> None:
    for word in PROFANITY:
        assert profanity_in(word) == word
        assert profanity_in(f"Hello {word}, bye") == word
        assert profanity_in(f"x{word}x") is None


def test_lists_of_both_sides_share_no_phrase() -> None:
    for intent, phrases in INTENTS.items():
        assert not set(phrases) & set(UNLESS[intent])


def test_no_phrase_stands_twice() -> None:
    for phrases in (*INTENTS.values(), *UNLESS.values(), NEED, SPAM, TEST, PROFANITY):
        assert sorted(set(phrases)) == sorted(phrases)


def test_phrases() -> None:
    found = Phrases({"a": ["looking for ~ job"], "b": ["bewerb* mich"], "c": ["شركة"]}, folded_key)

    def kinds(text: str) -> list[tuple[str, str]]:
        whole = read(text)
        return [(each.kind, whole.between(each.first, each.last)) for each in found.find(whole)]

    assert kinds("LOOKING for a good new job!") == [("a", "LOOKING for a good new job")]
    assert kinds("looking for a very good new job") == []
    assert kinds("Ich bewerbe mich hiermit") == [("b", "bewerbe mich")]
    assert kinds("مع الشَّرِكة") == [("c", "الشركة")]
    assert kinds("") == []
    with pytest.raises(ValueError, match="short"):
        Phrases({"a": ["ab* c"]}, folded_key)
