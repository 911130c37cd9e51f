"""Observed against expected: standardisation by hand, shrinkage by its formula, and what simulation says of both."""

from __future__ import annotations

import json
import random

import pytest
from scipy.stats import gamma

from audits.model.said import english
from audits.statistics.enough import NotEnoughData
from audits.statistics.expectation import Expectation, PromiseCase, Standardised, formula, standardised


def cases(owner_id: str, strata: tuple[str, ...], broken: int, n: int) -> list[PromiseCase]:
    return [PromiseCase(owner_id, strata, number < broken) for number in range(n)]


def of(told: Standardised | NotEnoughData) -> dict[str, Expectation | NotEnoughData]:
    assert isinstance(told, Standardised)
    return dict(told.owners)


def test_who_has_the_hard_cases_is_not_blamed_for_them() -> None:
    """Night leads are broken 60 of 100, day leads 20 of 200. Ann has the nights, and does just as the team does."""
    told = of(
        standardised(
            [
                *cases("ann", ("night",), 48, 80),
                *cases("bob", ("night",), 12, 20),
                *cases("ann", ("day",), 2, 20),
                *cases("bob", ("day",), 18, 180),
            ]
        )
    )
    ann, bob = told["ann"], told["bob"]
    assert isinstance(ann, Expectation)
    assert isinstance(bob, Expectation)
    assert (ann.n, ann.observed, ann.expected, ann.ratio) == (100, 50, 50.0, 1.0)
    assert (bob.n, bob.observed, bob.expected, bob.ratio) == (200, 30, 30.0, 1.0)
    assert ann.expected_share == 0.5
    assert ann.shrunk == bob.shrunk == 1.0


def test_the_believed_ratio_follows_the_formula() -> None:
    told = standardised(
        [*cases("ann", (), 70, 100), *cases("bob", (), 10, 100), *cases("cyd", (), 40, 100), *cases("dan", (), 4, 10)]
    )
    assert isinstance(told, Standardised)
    rate = 124 / 310
    expected = {"ann": 100 * rate, "bob": 100 * rate, "cyd": 100 * rate, "dan": 10 * rate}
    observed = {"ann": 70, "bob": 10, "cyd": 40, "dan": 4}
    total = sum(expected.values())
    spread = sum(expected[each] * (observed[each] / expected[each] - 1) ** 2 for each in expected) / total
    prior = 1 / (spread - 4 * (1 - rate) / total)
    assert prior < total / 4 / 2
    assert told.prior == pytest.approx(prior, abs=1e-6)
    ann = dict(told.owners)["ann"]
    assert isinstance(ann, Expectation)
    believed = gamma(70 + prior, scale=1 / (40 + prior))
    assert ann.ratio == 1.75
    assert ann.shrunk == pytest.approx((70 + prior) / (40 + prior), abs=1e-6)
    assert (ann.low, ann.high) == pytest.approx((believed.ppf(0.025), believed.ppf(0.975)), abs=1e-5)
    assert 1 < ann.shrunk < ann.ratio
    assert dict(told.owners)["dan"] == NotEnoughData(10)
    assert "(observed + 2,5) / (expected + 2,5)" in english(formula("2,5"))


def test_observed_and_expected_agree_over_the_team_whatever_the_cells() -> None:
    drawn = random.Random(5)
    found = [
        PromiseCase(
            drawn.choice("abcde"),
            (drawn.choice(["early", "day", "late"]), drawn.choice("xyz"), drawn.choice("pqrstuvw")),
            drawn.random() < 0.3,
        )
        for _ in range(904)
    ]
    told = of(standardised(found))
    expected = sum(each.expected for each in told.values() if isinstance(each, Expectation))
    assert expected == pytest.approx(sum(case.is_broken for case in found), abs=1e-4)


def test_small_cells_are_put_together_with_their_neighbours() -> None:
    """Of 60 evening leads 40 are of source x, and 10 each of y and z: these two are one cell of 20."""
    told = of(
        standardised(
            [
                *cases("ann", ("evening", "x"), 10, 40),
                *cases("bob", ("evening", "y"), 8, 10),
                *cases("bob", ("evening", "z"), 2, 10),
            ]
        )
    )
    assert isinstance(told["ann"], Expectation)
    assert isinstance(told["bob"], Expectation)
    assert (told["ann"].expected, told["bob"].expected) == (10.0, 10.0)


def test_what_is_left_over_joins_the_smallest_cell_that_stands() -> None:
    told = of(
        standardised(
            [
                *cases("cyd", ("noon",), 50, 50),
                *cases("ann", ("day",), 10, 40),
                *cases("bob", ("night",), 5, 10),
            ]
        )
    )
    assert isinstance(told["ann"], Expectation)
    assert told["bob"] == NotEnoughData(10)
    assert told["ann"].expected == 12.0, "15 of 50"


def test_nobody_and_nothing() -> None:
    assert standardised(cases("ann", (), 1, 19)) == NotEnoughData(19)
    flawless = of(standardised([*cases("ann", (), 0, 30), *cases("bob", (), 0, 30)]))
    assert flawless["ann"] == Expectation(30, 0, 0.0, 1.0, 1.0, 1.0, 1.0)
    alone = of(standardised(cases("ann", (), 30, 60)))
    assert isinstance(alone["ann"], Expectation)
    assert (alone["ann"].ratio, alone["ann"].shrunk) == (1.0, 1.0)
    with pytest.raises(ValueError, match="same number of strata"):
        standardised([*cases("ann", ("x",), 1, 20), *cases("ann", (), 1, 20)])
    assert json.loads(json.dumps(Standardised(1.0, (("a", NotEnoughData(3)),)).to_json()))["owners"] == [
        ["a", {"n": 3}]
    ]


@pytest.mark.parametrize("unlike", [4, 12, 50, None], ids=str)
@pytest.mark.parametrize("team", [5, 15])
def test_the_believed_ratio_comes_nearer_to_the_truth_than_the_bare_one_and_its_interval_holds(
    unlike: int | None, team: int
) -> None:
    """`unlike`: persons differ by a gamma of variance 1 / unlike; None = not at all."""
    drawn = random.Random(2)
    bare, believed, inside, count = 0.0, 0.0, 0, 0
    for _ in range(60):
        truth = {f"p{number}": drawn.gammavariate(unlike, 1 / unlike) if unlike else 1.0 for number in range(team)}
        found = [
            PromiseCase(owner_id, (), drawn.random() < min(1.0, 0.25 * ratio))
            for owner_id, ratio in truth.items()
            for _ in range(drawn.choice([20, 40, 120]))
        ]
        rate = sum(case.is_broken for case in found) / len(found)
        for owner_id, each in of(standardised(found)).items():
            assert isinstance(each, Expectation)
            true = truth[owner_id] * 0.25 / rate
            bare += (each.ratio - true) ** 2
            believed += (each.shrunk - true) ** 2
            inside += each.low <= true <= each.high
            count += 1
    assert believed < 0.95 * bare, (believed, bare)
    assert inside / count >= 0.93, inside / count
