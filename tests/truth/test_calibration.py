"""Probabilities held against outcomes: figures by hand and against SciPy, and what an account's curve may do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.model.truth import Learned
from audits.truth.calibration import (
    LEAST_OF_A_KIND,
    LEAST_OUTCOMES,
    PRIOR_OUTCOMES,
    Outcome,
    brier,
    curve_of,
    reliability,
)

OUTCOMES = st.lists(
    st.builds(Outcome, st.floats(0, 1).map(lambda p: round(p, 4)), st.booleans()), min_size=1, max_size=400
)


def test_brier_by_hand():
    assert brier([Outcome(0.9, True), Outcome(0.2, False)]) == pytest.approx((0.01 + 0.04) / 2)
    assert brier([Outcome(1.0, True), Outcome(0.0, False)]) == 0
    with pytest.raises(ValueError, match="no outcomes"):
        brier([])


def test_reliability_counts_each_outcome_once_in_its_step():
    bins = reliability([Outcome(0.05, False), Outcome(0.0, True), Outcome(0.95, True), Outcome(1.0, True)])
    assert [(each.low, each.proved.hits, each.proved.n) for each in bins] == [(0.0, 1, 2), (0.9, 2, 2)]
    assert bins[0].mean_said == pytest.approx(0.025)


def learned(outcomes: list[Outcome]) -> Learned | None:
    curve = curve_of(outcomes)
    return None if curve is None else Learned(version="1", said=curve[0], found=curve[1])


def of(said: float, hits: int, n: int) -> list[Outcome]:
    return [Outcome(said, index < hits) for index in range(n)]


def test_too_few_outcomes_make_no_curve():
    few = of(0.2, 20, 40) + of(0.8, 20, LEAST_OUTCOMES - 41)
    assert len(few) == LEAST_OUTCOMES - 1
    assert learned(few) is None
    assert learned(of(0.2, LEAST_OF_A_KIND - 1, 400)) is None
    assert learned(few + of(0.8, 1, 1)) is not None


def test_a_curve_by_hand_is_what_was_found_shrunk_towards_what_was_said():
    curve = learned(of(0.2, 50, 100) + of(0.9, 90, 100))
    assert curve is not None
    shrunk = (100 * 0.5 + PRIOR_OUTCOMES * 0.2) / (100 + PRIOR_OUTCOMES)
    assert curve.of(0.2) == pytest.approx(shrunk, abs=1e-6)
    assert curve.of(0.9) == pytest.approx(0.9, abs=1e-6)
    assert curve.of(0.0) == curve.of(0.2)
    assert curve.of(1.0) == curve.of(0.9)
    assert curve.of(0.55) == pytest.approx((shrunk + 0.9) / 2, abs=1e-6)


def test_a_curve_mends_weights_that_say_too_much():
    dice = np.random.default_rng(7)
    said = np.round(dice.uniform(0, 1, 4000), 2)
    outcomes = [Outcome(float(p), bool(dice.uniform() < p / 2)) for p in said]
    curve = learned(outcomes[:2000])
    assert curve is not None
    before = brier(outcomes[2000:])
    after = brier([Outcome(curve.of(each.said), each.was_pseudo) for each in outcomes[2000:]])
    assert after < before * 0.8


@given(OUTCOMES)
def test_a_curve_never_falls_and_stays_a_probability(outcomes: list[Outcome]):
    curve = learned(outcomes * 20)
    if curve is None:
        return
    found = [curve.of(step / 50) for step in range(51)]
    assert found == sorted(found)
    assert all(0 <= each <= 1 for each in found)
    assert learned(list(reversed(outcomes * 20))) == curve


@pytest.mark.parametrize(
    ("said", "found"),
    [((0.5,), ()), ((0.5, 0.2), (0.1, 0.2)), ((0.2, 0.5), (0.2, 0.1))],
)
def test_what_is_no_curve_is_refused(said: tuple[float, ...], found: tuple[float, ...]):
    with pytest.raises(ValueError, match="curve"):
        Learned(version="1", said=said, found=found)
