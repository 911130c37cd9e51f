"""What is read out of the words of a message."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.message_text import (
    LEAST_WORDS,
    PHRASE_WORDS,
    asks_for_phone,
    language_of,
    likeness,
    names_a_phone,
    normalised,
    normalised_likeness,
    questions,
    shared_phrase,
)

OFFER = "thank you for your interest in our pumps, our catalogue with all prices is attached to this mail."
OFFER_DE = "vielen Dank für Ihr Interesse an unseren Pumpen, den Katalog mit allen Preisen finden Sie im Anhang."
OFFER_EL = "σας ευχαριστούμε για το ενδιαφέρον σας, ο κατάλογος με όλες τις τιμές είναι στο συνημμένο."
OFFER_AR = "شكرا لاهتمامك بمنتجاتنا، تجد في المرفق قائمة كاملة بجميع الأسعار الجديدة."
OFFER_NB = "takk for din interesse for våre pumper, katalogen med alle priser er vedlagt denne meldingen."


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (f"Dear Mr. Jan van Dyk,\n\n{OFFER}", f"Hi Anna,\n{OFFER}"),
        (f"Hello!\n{OFFER}", OFFER.upper()),
        (f"Guten Tag Frau Dr. Müller,\n{OFFER_DE}", f"Sehr geehrter Herr Weiß,\n\n{OFFER_DE}"),
        (f"Αγαπητέ κύριε Παπαδόπουλε,\n{OFFER_EL}", f"Καλημέρα Μαρία,\n{OFFER_EL}"),
        (f"مرحباً أحمد،\n{OFFER_AR}", f"عزيزتي ليلى،\n{OFFER_AR}"),
        (f"Hei Ola,\n{OFFER_NB}", f"Kjære Kari!\n{OFFER_NB}"),
        (f"{OFFER} See https://example.com/a?x=1 until 3 May 2026.", f"{OFFER} See www.example.com/b until 12 May."),
        (OFFER, f"{OFFER}\n\nOn Mon, 2 Mar 2026 Ann wrote:\n> What do you charge?\n> Best, Ann"),
        (OFFER, f"{OFFER}\n-- \nBen Cole\nPumps & Co"),
        ("شُكْرًا لاهتمامك بمنتجاتنا وسوف نرسل لك العرض", "شكرا لاهتمامك بمنتجاتنا وسوف نرسل لك العرض"),
    ],
)
def test_what_differs_by_itself_is_left_out(one: str, two: str) -> None:
    assert normalised(one) == normalised(two)
    assert likeness(one, two) == 100


def test_names_are_left_out_anywhere() -> None:
    assert normalised("So, Anna, shall we talk?", ["Anna Berg"]) == "so shall we talk"


def test_a_greeting_without_an_end_takes_no_sentence_with_it() -> None:
    told = "Hi thanks for writing to us we will look at your drawing of the pump and answer"
    assert normalised(told).startswith("thanks for writing to us we")


def test_a_mail_that_is_only_a_quotation_is_not_emptied() -> None:
    assert "charge" in normalised("-----Original Message-----\nWhat do you charge?")


def test_personal_texts_are_not_alike() -> None:
    other = "you asked whether the flange fits a DN80 line. It does, and Ben can bring one on Tuesday; does ten suit?"
    assert likeness(OFFER, other) < 60


def test_one_word_changed_is_still_near() -> None:
    assert 90 <= likeness(OFFER, OFFER.replace("pumps", "valves")) < 100


def test_two_languages_are_never_alike() -> None:
    assert likeness(OFFER, OFFER_DE) == likeness(OFFER_AR, OFFER_EL) == 0
    assert likeness("the " * 9, "og " * 9) == 0


def test_short_texts_are_like_none() -> None:
    five = "please call me back soon"
    assert len(five.split()) == LEAST_WORDS - 1
    assert normalised_likeness(five, five) == 0
    assert normalised_likeness(f"{five} please", f"{five} please") == 100


@given(st.text(), st.text())
def test_likeness_is_a_percent_and_the_same_both_ways(one: str, two: str) -> None:
    assert 0 <= likeness(one, two) <= 100
    assert likeness(one, two) == likeness(two, one)


@given(st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), max_size=30), st.data())
def test_a_shared_phrase_stands_in_both(words: list[str], data: st.DataObject) -> None:
    other = data.draw(st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), max_size=30))
    phrase = shared_phrase(" ".join(words), " ".join(other))
    assert phrase in " ".join(words)
    assert phrase in " ".join(other)
    assert len(phrase.split()) <= PHRASE_WORDS
    assert bool(phrase) == bool(set(words) & set(other))


def test_a_shared_phrase_is_the_longest_one_as_it_was_written() -> None:
    one = f"Dear Ann,\n{OFFER} Kind regards"
    two = "Hi Bob,\nour best: Thank you for your interest in our Pumps, dear Bob"
    assert shared_phrase(two, one) == "Thank you for your interest in our Pumps"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (OFFER, "en"),
        (OFFER_DE, "de"),
        (OFFER_EL, "el"),
        (OFFER_AR, "ar"),
        (OFFER_NB, "nb"),
        ("Vi sees på torsdag, og du kan ta med deg tegningen.", "nb"),
        ("12 345", None),
        ("Rotterdam Antwerpen", None),
    ],
)
def test_language(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Do you deliver to Oslo? And what is the price?", ("Do you deliver to Oslo?", "And what is the price?")),
        ("Πόσο κοστίζει; Ευχαριστώ.", ("Πόσο κοστίζει;",)),
        ("Πόσο κοστίζει\u037e", ("Πόσο κοστίζει;",)),
        ("كم السعر؟ شكرا", ("كم السعر؟",)),
        ("How much？", ("How much?",)),
        ("We need ten; please quote.", ()),
        ("See https://example.com/?q=1 for the drawing", ()),
        ("?", ()),
        ("Please call.", ()),
        ("", ()),
    ],
)
def test_questions(text: str, found: tuple[str, ...]) -> None:
    assert questions(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "What is the best number to reach you on?",
        "Could you send me your phone number?",
        "May I call you tomorrow?",
        "Unter welcher Telefonnummer erreiche ich Sie?",
        "Ich würde Sie gern zurückrufen, nennen Sie mir bitte Ihre Rufnummer.",
        "ما هو رقم هاتفك؟",
        "هل يمكننا الاتصال بك غدا؟",
        "Ποιο είναι το τηλέφωνό σας;",
        "Θα θέλαμε τον αριθμό κινητού σας.",
        "Kan jeg få nummeret ditt?",
        "Når passer det at vi ringer deg?",
    ],
)
def test_asks_for_a_phone_number(text: str) -> None:
    assert asks_for_phone(text)


@pytest.mark.parametrize(
    "text",
    [
        OFFER,
        OFFER_DE,
        OFFER_EL,
        OFFER_AR,
        OFFER_NB,
        "Your order number is 4711.",
        "رقم الطلب هو ٤٧١١",
        "We number among the oldest makers of microphones.",
    ],
)
def test_does_not_ask_for_a_phone_number(text: str) -> None:
    assert not asks_for_phone(text)


@pytest.mark.parametrize(
    ("text", "region", "named"),
    [
        ("Call me on +49 30 901820.", None, True),
        ("Rufen Sie an: 030 901820", "DE", True),
        ("Rufen Sie an: 030 901820", None, False),
        ("Until 01.02.2026 at 10:00 it costs 1 200 EUR.", "DE", False),
    ],
)
def test_a_number_to_call_back(text: str, region: str | None, named: bool) -> None:
    assert names_a_phone(text, region) is named


@pytest.mark.parametrize(
    "part",
    ["-", "--- ", "_", "@", "a@", "www.", "\n", " \n", "am x schrieb ", "on x wrote", "dear ", "a ", "?", "1 ", "("],
)
def test_no_text_takes_long_to_be_looked_at(part: str) -> None:
    # Whoever fills a form chooses the text: each of these would keep a careless expression busy for hours.
    text = (part * 10_000)[:10_000] + "x"
    begun = time.process_time()
    normalised(text)
    questions(text)
    asks_for_phone(text)
    names_a_phone(text, "DE")
    shared_phrase(text, text[1:])
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Your offer\n--- Original message ---\nold words", "your offer"),
        ("Your offer\n-----\nold words", "your offer old words"),
        ("Your offer\n______\nold words", "your offer"),
        ("Your offer\n  -- \nPeter", "your offer"),
        ("\n-- \nYour offer", "your offer"),
        ("Your offer\nAm 3. Mai 2026 schrieb Kim:\nold words", "your offer"),
        ("see www.a.example/b and k@b.example, k@b or @b.example", "see and k@b or b.example"),
        ("link:https://a.example/b", "link"),
    ],
)
def test_quotes_and_addresses_are_left_out(text: str, words: str) -> None:
    assert normalised(text) == words
