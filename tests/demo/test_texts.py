"""What reps of the made-up account write is written for one person: no two letters are alike."""

import random
from datetime import UTC, datetime

from rapidfuzz import fuzz, process

from audits.message_text import asks_for_phone, language_of, normalised, questions
from connector.sandbox.history import Email, LeadHistory
from connector.sandbox.population import make_population
from connector.sandbox.texts import Pen

UNTIL = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)
POPULATION = make_population(seed=9, until=UNTIL, leads=600)


def first_letter(lead: LeadHistory) -> str | None:
    letters = [act for act in lead.acts if isinstance(act, Email) and not act.is_inbound and not act.by.is_automated]
    return normalised(letters[0].text) if letters else None


def test_no_two_first_letters_are_alike_but_those_planted() -> None:
    letters = {lead.ref: first_letter(lead) for lead in POPULATION.history.leads}
    personal = [text for ref, text in letters.items() if text and "FM001" not in POPULATION.truth[ref].rules]
    assert len(personal) > 300
    alike = process.cdist(personal, personal, scorer=fuzz.ratio)
    pairs = ((alike > 80).sum() - len(personal)) / 2
    assert pairs <= 6
    planted = {text for ref, text in letters.items() if text and "FM001" in POPULATION.truth[ref].rules}
    assert min(fuzz.ratio(one, other) for one in planted for other in planted) >= 90


def test_a_letter_names_person_and_place_and_asks_for_a_number_only_if_it_should() -> None:
    pen = Pen(random.Random(3))
    about = {"name": "Anke Vogel", "city": "Köln", "rep": "Dana Voss"}
    for language in ("de", "en"):
        plain = [pen.letter(**about, language=language) for _ in range(200)]
        asking = [pen.letter(**about, language=language, asks_phone=True) for _ in range(200)]
        assert all("Anke Vogel" in text and "Dana Voss" in text for text in plain)
        assert not any(asks_for_phone(text) for text in plain)
        assert all(asks_for_phone(text) for text in asking)
        assert {language_of(text) for text in plain} == {language}


def test_a_lead_asks_or_does_not() -> None:
    pen = Pen(random.Random(3))
    assert all(questions(pen.wish(city="Köln", is_question=True)) for _ in range(50))
    assert not any(questions(pen.wish(city="Köln", is_question=False)) for _ in range(50))
