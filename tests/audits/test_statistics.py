"""Shares, medians, survival and comparisons against independent calculations, published examples and simulation."""

from __future__ import annotations

import json
import math
import random
from fractions import Fraction

import pytest
from scipy.stats import CensoredData, binomtest, ecdf

from audits.statistics.comparison import Standing, adjusted, compare
from audits.statistics.delay_cost import delay_cost
from audits.statistics.enough import LEAST_CASES, NotEnoughData
from audits.statistics.medians import Quantile, interval_ranks, quantile, span_summary
from audits.statistics.ranks import nearest_rank
from audits.statistics.shares import Rate, Share, difference, wilson
from audits.statistics.survival import Survival, Waited, kaplan_meier


# Wilson's 95 % interval as printed by R's prop.test(x, n, correct = FALSE).
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(96, 148, 0.5689, 0.7211), (0, 20, 0.0, 0.1611), (20, 20, 0.8389, 1.0), (1, 2, 0.0945, 0.9055)],
)
def test_wilsons_interval_as_published(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize("n", [1, 7, 20, 63, 500])
def test_wilsons_interval_is_scipys(n: int) -> None:
    for hits in range(0, n + 1, max(1, n // 20)):
        told = binomtest(hits, n).proportion_ci(method="wilson")
        assert wilson(hits, n) == pytest.approx((told.low, told.high), abs=1e-9)


def test_a_share_of_few_says_so_and_keeps_its_counts() -> None:
    assert Share(3, 19).rate == NotEnoughData(19)
    assert Share(3, 19).to_json() == {"count": 3, "n": 19, "share": None, "low": None, "high": None}
    assert isinstance(Share(3, 20).rate, Rate)
    assert Share(0, 0).rate == NotEnoughData(0)
    with pytest.raises(ValueError, match="3 of 2 is no share"):
        Share(3, 2)


@pytest.mark.parametrize("true", [0.05, 0.3, 0.5, 0.9])
def test_wilsons_interval_covers_the_truth(true: float) -> None:
    """Exact coverage over all outcomes: 95 % on average, and never far below."""
    covered = {}
    for n in (20, 40, 80):
        covered[n] = sum(
            math.comb(n, hits) * true**hits * (1 - true) ** (n - hits)
            for hits in range(n + 1)
            if wilson(hits, n)[0] <= true <= wilson(hits, n)[1]
        )
    assert min(covered.values()) > 0.90, covered
    assert sum(covered.values()) / 3 > 0.935, covered


# Newcombe 1998, Statistics in Medicine 17, table II, method 10, contrasts (a) and (f).
@pytest.mark.parametrize(
    ("first", "second", "low", "high"), [((56, 70), (48, 80), 0.0524, 0.3339), ((5, 56), (0, 29), -0.0381, 0.1926)]
)
def test_the_difference_of_two_shares_as_published(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    told = difference(Share(*first), Share(*second))
    assert isinstance(told, Rate)
    assert (told.low, told.high) == pytest.approx((low, high), abs=1e-4)
    assert difference(Share(1, 19), Share(*second)) == NotEnoughData(19)
    assert difference(Share(*second), Share(1, 19)) == NotEnoughData(19)


@pytest.mark.parametrize("n", [20, 21, 25, 39, 40, 77, 128])
@pytest.mark.parametrize("percent", [10, 50, 80, 90])
def test_ranks_are_the_tightest_that_hold_95_percent(n: int, percent: int) -> None:
    """By exact fractions: each side misses with at most 2.5 %, and one rank nearer would miss with more."""
    p = Fraction(percent, 100)
    chance = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    low, high = interval_ranks(n, percent)
    tail = Fraction(25, 1000)
    assert sum(chance[:low]) <= tail < sum(chance[: low + 1])
    assert sum(chance[high:]) <= tail < sum(chance[high - 1 :])


def test_the_interval_of_the_median_of_twenty() -> None:
    """Tables of the sign test: for n = 20 the 6th and the 15th value, 95.86 %."""
    assert interval_ranks(20, 50) == (6, 15)
    assert quantile(range(100, 120), 50) == Quantile(20, 50, 109, 105, 114)


def test_few_values_bound_a_high_quantile_on_one_side_only() -> None:
    told = quantile(range(1, 21), 90)
    assert told == Quantile(20, 90, 18, 15, None)
    assert quantile(range(19), 50) == NotEnoughData(19)


@pytest.mark.parametrize("percent", [50, 80])
def test_the_interval_of_a_quantile_covers_the_truth(percent: int) -> None:
    drawn = random.Random(7)
    true = -math.log(1 - percent / 100) * 36_000
    held = 0
    for _ in range(2000):
        told = quantile((int(drawn.expovariate(1 / 36_000)) for _ in range(45)), percent)
        assert isinstance(told, Quantile)
        held += (told.low or 0) <= true <= (told.high or math.inf)
    assert 0.945 <= held / 2000 <= 0.985


def test_a_stream_has_the_quantiles_of_the_whole() -> None:
    for n in (20, 33, 100, 1001):
        values = sorted((number * 7919) % 1009 for number in range(n))
        told = span_summary(n, iter(values))
        assert (told.median, told.p90) == (quantile(values, 50), quantile(values, 90))
        for each in (told.median, told.p90):
            assert isinstance(each, Quantile)
            wanted = [v for v in values if 100 * sum(other <= v for other in values) >= each.percent * n]
            assert each.value == min(wanted)
    assert span_summary(19, iter(range(19))).median == NotEnoughData(19)
    with pytest.raises(ValueError, match="there is no 50 % of 0"):
        nearest_rank(0, 50)


#: Freireich et al. 1963, weeks of remission under 6-MP; True = relapse. The textbook example of Kaplan-Meier.
REMISSION = [
    *[(week, True) for week in (6, 6, 6, 7, 10, 13, 16, 22, 23)],
    *[(week, False) for week in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)],
]


def test_kaplan_meier_as_published() -> None:
    told = kaplan_meier([Waited(week, relapsed) for week, relapsed in REMISSION])
    assert isinstance(told, Survival)
    assert [(s.at_s, s.at_risk, s.happened, round(s.waiting, 4)) for s in told.steps] == [
        (6, 21, 3, 0.8571),
        (7, 17, 1, 0.8067),
        (10, 15, 1, 0.7529),
        (13, 12, 1, 0.6902),
        (16, 11, 1, 0.6275),
        (22, 7, 1, 0.5378),
        (23, 6, 1, 0.4482),
    ]
    # R: survfit(..., conf.type = "log-log") at 10 weeks.
    at_ten = told.steps[2]
    assert (at_ten.low, at_ten.high) == pytest.approx((0.503, 0.889), abs=5e-4)
    assert told.quantile_s(50) == 23
    assert told.quantile_s(60) is None
    # It happens to 1 - 0.4482 as far as the curve reaches; to half of them by 13, with 0.6902 left.
    assert told.quantile_of_happened_s(50) == 13
    assert told.quantile_of_happened_s(100) == 23
    assert (told.waiting_at(5), told.waiting_at(6), told.waiting_at(9), told.waiting_at(99)) == (
        1.0,
        told.steps[0].waiting,
        told.steps[1].waiting,
        told.steps[-1].waiting,
    )


def test_kaplan_meier_is_scipys() -> None:
    drawn = random.Random(3)
    for _ in range(30):
        n = drawn.randrange(LEAST_CASES, 90)
        # It happens to the first and not to the last: else some step has no interval, of which scipy warns.
        waits = [Waited(drawn.randrange(0, 40), drawn.random() < 0.7) for _ in range(n)]
        waits += [Waited(0, True), Waited(50, False)]
        told = kaplan_meier(waits)
        assert isinstance(told, Survival)
        assert told.happened == sum(each.has_happened for each in waits)
        happened = [each.seconds for each in waits if each.has_happened]
        curve = ecdf(CensoredData(happened, right=[each.seconds for each in waits if not each.has_happened])).sf
        interval = curve.confidence_interval(method="log-log")
        for step in told.steps:
            assert step.at_risk == sum(each.seconds >= step.at_s for each in waits)
            assert step.happened == happened.count(step.at_s)
            (place,) = (index for index, at in enumerate(curve.quantiles) if at == step.at_s)
            assert step.waiting == pytest.approx(curve.probabilities[place], abs=1e-6)
            assert step.low == pytest.approx(interval.low.probabilities[place], abs=1e-6)
            assert step.high == pytest.approx(interval.high.probabilities[place], abs=1e-6)


def test_survival_at_its_edges() -> None:
    assert kaplan_meier([Waited(1, True)] * 19) == NotEnoughData(19)
    all_open = kaplan_meier([Waited(5, False)] * 20)
    assert all_open == Survival(20, 0, ())
    assert isinstance(all_open, Survival)
    assert all_open.quantile_s(1) is None
    assert all_open.quantile_of_happened_s(1) is None
    at_once = kaplan_meier([Waited(0, True)] * 20)
    assert isinstance(at_once, Survival)
    assert [(s.at_s, s.at_risk, s.waiting, s.low, s.high) for s in at_once.steps] == [(0, 20, 0.0, 0.0, 0.0)]
    assert at_once.quantile_s(80) == 0
    with pytest.raises(ValueError, match="ends before it begins"):
        kaplan_meier([Waited(-1, True)] * 20)


# Benjamini and Hochberg 1995, section 3.2: of these 15 p-values the four smallest are significant at 5 %.
PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
    0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def test_benjamini_hochberg_as_published() -> None:
    assert [p <= 0.05 for p in adjusted(PUBLISHED)] == [True] * 4 + [False] * 11
    shuffled = PUBLISHED[::2] + PUBLISHED[1::2]
    assert dict(zip(shuffled, adjusted(shuffled), strict=True)) == dict(
        zip(PUBLISHED, adjusted(PUBLISHED), strict=True)
    )
    assert adjusted([]) == []


def test_only_differences_that_the_numbers_carry_are_called_so() -> None:
    told = compare(
        {
            "good": (Share(95, 100), 0.7),
            "bad": (Share(40, 100), 0.7),
            "as expected": (Share(72, 100), 0.7),
            "too few": (Share(0, 19), 0.7),
            "all": (Share(40, 40), 1.0),
            "none": (Share(0, 40), 0.0),
        }
    )
    assert {key: each.standing for key, each in told.items()} == {
        "good": Standing.BETTER,
        "bad": Standing.WORSE,
        "as expected": Standing.NO_DIFFERENCE,
        "too few": Standing.NOT_ENOUGH_DATA,
        "all": Standing.NO_DIFFERENCE,
        "none": Standing.NO_DIFFERENCE,
    }
    assert list(told) == ["good", "bad", "as expected", "too few", "all", "none"]
    assert told["too few"].chance is None
    with pytest.raises(ValueError, match=r"1\.5 is no share"):
        compare({"x": (Share(20, 20), 1.5)})


def test_one_weak_difference_among_many_is_put_down_to_chance() -> None:
    weak = Share(58, 100)
    assert compare({"alone": (weak, 0.7)})["alone"].standing is Standing.WORSE
    many = {f"p{number}": (Share(70, 100), 0.7) for number in range(20)}
    assert compare({**many, "one": (weak, 0.7)})["one"].standing is Standing.NO_DIFFERENCE


def test_where_nobody_differs_false_alarms_are_rare() -> None:
    drawn = random.Random(11)
    alarms = 0
    for _ in range(200):
        team = {f"p{number}": (Share(sum(drawn.random() < 0.6 for _ in range(50)), 50), 0.6) for number in range(12)}
        alarms += any(each.standing is not Standing.NO_DIFFERENCE for each in compare(team).values())
    assert alarms / 200 <= 0.06


def test_the_cost_of_delay_is_a_range_in_leads() -> None:
    quick = [(60, number < 30) for number in range(100)]
    slow = [(7200, number < 15) for number in range(150)] + [(None, False)] * 50
    told = delay_cost([*quick, *slow], [300, 3600])
    assert [(each.up_to_s, each.converted.hits, each.converted.n) for each in told.classes] == [
        (300, 30, 100),
        (3600, 0, 0),
        (None, 15, 200),
    ]
    gap = difference(Share(30, 100), Share(15, 200))
    assert isinstance(gap, Rate)
    assert told.difference == gap
    assert (told.leads_low, told.leads_high) == (math.floor(gap.low * 200), math.ceil(gap.high * 200))
    assert (told.leads_low, told.leads_high) == (26, 66)
    assert json.loads(json.dumps(told.to_json()))["leads"] == [26, 66]


def test_the_cost_of_delay_is_not_enough_data_by_default_and_may_be_none() -> None:
    nothing = delay_cost([(10, True)] * 19 + [(9000, False)] * 50, [300])
    assert nothing.difference == NotEnoughData(19)
    assert (nothing.leads_low, nothing.leads_high) == (None, None)
    alike = delay_cost([(10, n < 10) for n in range(50)] + [(9000, n < 9) for n in range(50)], [300])
    assert alike.leads_low is not None
    assert alike.leads_high is not None
    assert alike.leads_low < 0 < alike.leads_high
    assert "no cost of delay" in alike.said().template
    assert delay_cost([(300, True), (301, True)], [300]).classes[0].converted.n == 1, "an edge belongs to its class"
    with pytest.raises(ValueError, match="do not rise"):
        delay_cost([], [300, 300])
