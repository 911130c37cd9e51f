"""Target-group fit: each criterion explained, what is not known neither earns nor costs."""

from __future__ import annotations

import pytest

from audits.model.fit import Criterion, FitSubject
from audits.model.said import english
from audits.truth.fit import fit

PLACE = Criterion(name="Nordic", subject=FitSubject.PERSON, field="country", weight=30, any_of=("Norge", "Sverige"))
SCALE = Criterion(name="Scale", subject=FitSubject.ORGANISATION, field="staff", weight=50, least=10, most=250)
NAMED = Criterion(name="A firm", subject=FitSubject.ORGANISATION, field="company", weight=20)


@pytest.mark.parametrize(
    ("facts", "percent", "points"),
    [
        ({"staff": "10", "company": "Fjord AS"}, 100, [50, 20]),
        ({"staff": "250"}, 100, [50, None]),
        ({"staff": "251", "company": "Fjord AS"}, 29, [0, 20]),
        ({"staff": "1\u00a0200", "company": None}, 0, [0, None]),
        ({"staff": "a few"}, None, [None, None]),
        ({}, None, [None, None]),
        ({"staff": "9,5", "company": " "}, 0, [0, None]),
    ],
)
def test_points_by_hand(facts: dict[str, str | None], percent: int | None, points: list[int | None]):
    told = fit([PLACE, SCALE, NAMED], facts, FitSubject.ORGANISATION)
    assert told.percent == percent
    assert [part.points for part in told.parts] == points


def test_words_are_compared_without_case_and_accents():
    accented = Criterion(name="City", subject=FitSubject.PERSON, field="city", weight=1, any_of=("Tromsø", "Αθήνα"))
    for city in ("TROMSØ", "αθηνα", " Αθήνα "):
        assert fit([accented], {"city": city}, FitSubject.PERSON).percent == 100
    assert fit([accented], {"city": "Oslo"}, FitSubject.PERSON).percent == 0


def test_each_part_says_why():
    told = fit([PLACE], {"country": "Norge"}, FitSubject.PERSON)
    assert english(told.parts[0].why) == "Norge: as wanted."
    assert english(fit([PLACE], {}, FitSubject.PERSON).parts[0].why) == "Not known."


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": 0},
        {"weight": 101},
        {"name": " "},
        {"least": 3.0, "most": 2.0},
        {"any_of": ("x",), "least": 1.0},
    ],
)
def test_a_criterion_that_means_nothing_is_refused(wrong: dict[str, object]):
    fine: dict[str, object] = {"name": "x", "subject": FitSubject.PERSON, "field": "country", "weight": 1}
    with pytest.raises(ValueError, match=r"x|criterion"):
        Criterion(**{**fine, **wrong})  # type: ignore[arg-type]
