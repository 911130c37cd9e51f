"""What is usual: quantiles with enough cases only, open deals counted as not yet won, and a set that can be found."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from audits.learning import DealSpan, Stay, learn, longest_gap_s
from audits.model.surroundings import DealNorm, StageNorm
from audits.norms import Norms
from audits.stages import entered_stage_at, segment_of, stage_clock
from tests.factories import at, make_case, make_deal, make_lead, make_policy, make_stage_change

H = 3600


def stays(stage: str, segment: str, *hours: float) -> list[Stay]:
    return [Stay("web", stage, segment, int(each * H)) for each in hours]


def test_the_quantile_of_a_stage_over_all_and_over_each_segment() -> None:
    learned = learn(
        [*stays("New", "demo", *range(1, 21)), *stays("New", "ebook", *([50] * 19)), *stays("Won", "demo", 1)],
        [],
        stage_percent=80,
        won_age_percent=80,
    )
    assert learned.stage_norms == (
        StageNorm(pipeline="web", stage="New", segment="", n=39, quantile_s=50 * H),
        StageNorm(pipeline="web", stage="New", segment="demo", n=20, quantile_s=16 * H),
        StageNorm(pipeline="web", stage="New", segment="ebook", n=19, quantile_s=None),
        StageNorm(pipeline="web", stage="Won", segment="", n=1, quantile_s=None),
        StageNorm(pipeline="web", stage="Won", segment="demo", n=1, quantile_s=None),
    )


def test_a_lead_has_the_norm_of_its_segment_else_of_the_stage() -> None:
    learned = learn(
        [*stays("New", "demo", *range(1, 21)), *stays("New", "ebook", *([50] * 19))],
        [],
        stage_percent=80,
        won_age_percent=80,
    )

    def norm(**fields: str | None) -> StageNorm | None:
        lead = make_lead("1", pipeline="web", stage="New", **fields)
        return learned.stage_norm_for(make_case(lead))

    demo, other = norm(lead_type=" Demo", source="ebook"), norm(lead_type="ebook")
    assert demo is not None
    assert (demo.segment, demo.quantile_s) == ("demo", 16 * H)
    assert other is not None
    assert (other.segment, other.n) == ("", 39)
    assert norm(lead_type=None, source="ebook") == other
    assert learned.stage_norm_for(make_case(make_lead("1", pipeline=None, stage="New"))) is None
    assert learned.stage_norm_for(make_case(make_lead("1", pipeline="web", stage=None))) is None
    assert segment_of(make_lead("1", lead_type="Demo ", source="x")) == "demo"
    assert segment_of(make_lead("1", lead_type=None, source=None)) == ""


def test_where_no_segment_has_enough_the_count_of_the_whole_stage_is_told() -> None:
    learned = learn(stays("New", "demo", 1, 2, 3), [], stage_percent=80, won_age_percent=80)
    norm = learned.stage_norm_for(make_case(make_lead("1", pipeline="web", stage="New", lead_type="demo")))
    assert norm == StageNorm(pipeline="web", stage="New", segment="", n=3, quantile_s=None)


def test_open_deals_are_not_yet_won_ones() -> None:
    """20 won at 1 … 20 days. Alone, 80 % are won by day 16. With 5 open ones of 10 days the curve falls later: on day
    10 the share left is 15/25 (won after it or open), then each win takes one of 10 that are still watched."""
    won = [DealSpan("sales", day * 86_400, True, day * H) for day in range(1, 21)]
    open_ones = [DealSpan("sales", 10 * 86_400, False) for _ in range(5)]
    (alone,) = learn([], won, stage_percent=80, won_age_percent=80).deal_norms
    assert alone == DealNorm(
        pipeline="sales", n_won=20, n_open=0, won_age_s=16 * 86_400, n_gaps=20, touch_gap_s=16 * H
    )
    (both,) = learn([], [*won, *open_ones], stage_percent=80, won_age_percent=80).deal_norms
    # S(10) = 15/25 = 0.6; S(10 + k) = 0.6 (10 - k) / 10 <= 0.2 from k = 7 on.
    assert (both.n_won, both.n_open, both.won_age_s) == (20, 5, 17 * 86_400)


def test_too_few_won_deals_and_many_that_never_will_be() -> None:
    won = [DealSpan("sales", day * 86_400, True) for day in range(1, 20)]
    open_ones = [DealSpan("sales", 86_400, False) for _ in range(30)]
    (few,) = learn([], [*won, *open_ones], stage_percent=80, won_age_percent=80).deal_norms
    assert few == DealNorm(pipeline="sales", n_won=19, n_open=30, won_age_s=None, n_gaps=0, touch_gap_s=None)
    forgotten = [DealSpan("sales", 900 * 86_400, False) for _ in range(80)]
    (slow,) = learn([], [*won, won[0], *forgotten], stage_percent=80, won_age_percent=80).deal_norms
    # 20 of 100 are won at all; 16 of them, the first day's two among them, by day 15.
    assert (slow.n_won, slow.won_age_s) == (20, 15 * 86_400)


def test_figures_are_full_hours_and_pipelines_stay_apart() -> None:
    won = [DealSpan(name, 86_401, True) for name in ("b", "a") for _ in range(20)]
    learned = learn(stays("New", "", *([1.001] * 20)), won, stage_percent=80, won_age_percent=80)
    assert [(norm.pipeline, norm.won_age_s) for norm in learned.deal_norms] == [("a", 25 * H), ("b", 25 * H)]
    assert learned.stage_norms[0].quantile_s == 2 * H
    deals = [make_deal("d", "1", pipeline="b")]
    assert learned.deal_norms_for(make_case(make_lead("1"), deals=tuple(deals))) == learned.deal_norms[1:]


def test_a_set_is_known_by_its_figures() -> None:
    learned = learn(
        stays("New", "demo", *range(20)), [DealSpan("sales", 1, True)], stage_percent=80, won_age_percent=80
    )
    again = Norms.from_json(json.loads(json.dumps(learned.to_json())))
    assert again == learned
    assert again.norms_id == learned.norms_id
    other = learn(stays("New", "demo", *range(2, 22)), [], stage_percent=80, won_age_percent=80)
    assert other.norms_id != learned.norms_id
    half = learn([], [DealSpan("sales", 1, True)], stage_percent=50, won_age_percent=50)
    assert half.deal_norms[0].percent == 50
    assert Norms.from_json(json.loads(json.dumps(half.to_json()))) == half
    assert Norms().norms_id == ""


def test_the_longest_gap() -> None:
    assert longest_gap_s([at(0), at(10), at(70), at(75)]) == 3600
    assert longest_gap_s([at(0)]) is None


def test_time_in_a_stage_is_the_teams() -> None:
    policy = make_policy()
    clock = stage_clock(policy)
    assert clock.elapsed(at(days=-7), at()) == 5 * 9 * H


@pytest.mark.parametrize(
    ("since", "entered"), [(at(-60), at(-60)), (None, at(-30)), (at(60), None)], ids=["told", "by history", "ahead"]
)
def test_since_when_a_lead_is_in_its_stage(since: object, entered: object) -> None:
    changes = tuple(
        make_stage_change("1", occurred_at=at(minutes), raw_status=stage)
        for minutes, stage in ((-120, "New"), (-90, "Old"), (-30, "New"), (-10, "Else"), (5, "New"))
    )
    lead = make_lead("1", stage="New", stage_since=since)
    assert entered_stage_at(make_case(lead, stage_changes=changes, as_of=at() + timedelta(seconds=1))) == entered
