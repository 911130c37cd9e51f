"""Learns what is usual in an account from plain rows of its own past.

Learned figures are rounded up to the full hour: they then change seldom, and no lead is called late by a minute that
the sample happened to have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from audits.model.surroundings import DealNorm, StageNorm
from audits.norms import Norms
from audits.stages import ANY_SEGMENT
from audits.statistics.enough import LEAST_CASES
from audits.statistics.medians import Quantile, quantile
from audits.statistics.survival import Survival, Waited, kaplan_meier

_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Stay:
    """A lead stood in `stage` for `working_s` seconds of the team's working time, and then left it."""

    pipeline: str
    stage: str
    segment: str
    working_s: int


@dataclass(frozen=True, slots=True)
class DealSpan:
    """A deal's age in seconds of wall time: at winning, or by now where it is still open. Lost deals are none: it is
    known that they are never won, so they are not waited for. `longest_gap_s`: of a won deal, the longest wait
    from its creation over each touch to its winning, None = no touch is known."""

    pipeline: str
    age_s: int
    is_won: bool
    longest_gap_s: int | None = None


def learn(stays: Iterable[Stay], deals: Iterable[DealSpan], *, stage_percent: int, won_age_percent: int) -> Norms:
    """The norms of an account, in order of pipeline, stage and segment; figures are None under LEAST_CASES.

    `stage_percent`: the quantile of the stays in a stage, over all leads (ANY_SEGMENT) and over each segment.
    `won_age_percent`: of the deals that are won at all, that share is won by the age; by Kaplan-Meier with open deals
    counted as censored, for the deals that are won late are still open now. And the same quantile of the won deals'
    longest gaps. Needed are LEAST_CASES won deals.
    """
    by_stage: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for stay in stays:
        by_stage[stay.pipeline, stay.stage, ANY_SEGMENT].append(stay.working_s)
        if stay.segment != ANY_SEGMENT:
            by_stage[stay.pipeline, stay.stage, stay.segment].append(stay.working_s)
    by_pipeline: defaultdict[str, list[DealSpan]] = defaultdict(list)
    for deal in deals:
        by_pipeline[deal.pipeline].append(deal)
    return Norms(
        stage_norms=tuple(
            StageNorm(
                pipeline=pipeline,
                stage=stage,
                segment=segment,
                n=len(spans),
                quantile_s=_usual(spans, stage_percent),
                percent=stage_percent,
            )
            for (pipeline, stage, segment), spans in sorted(by_stage.items())
        ),
        deal_norms=tuple(
            _deal_norm(pipeline, spans, won_age_percent) for pipeline, spans in sorted(by_pipeline.items())
        ),
    )


def finished_stays(changes: Iterable[tuple[str, str, datetime]]) -> Iterator[tuple[str, datetime, datetime]]:
    """(stage, entered at, left at) of every finished stay of one lead. `changes`: (field, stage, since when) in order
    of time and stage; a stay lasts from one recorded change to the next of the same field."""
    last: dict[str, tuple[str, datetime]] = {}
    for field, stage, at in changes:
        entered = last.get(field)
        if entered is not None and entered[0] == stage:
            continue
        if entered is not None and entered[1] < at:
            yield entered[0], entered[1], at
        last[field] = (stage, at)


def longest_gap_s(touches: Sequence[datetime]) -> int | None:
    """The longest wait in seconds between two of the `touches` (in order); None for fewer than two."""
    gaps = [int((later - earlier).total_seconds()) for earlier, later in pairwise(touches)]
    return max(gaps, default=None)


def _deal_norm(pipeline: str, deals: Sequence[DealSpan], percent: int) -> DealNorm:
    won = [deal for deal in deals if deal.is_won]
    gaps = [deal.longest_gap_s for deal in won if deal.longest_gap_s is not None]
    curve = kaplan_meier([Waited(deal.age_s, deal.is_won) for deal in deals])
    age_s = curve.quantile_of_happened_s(percent) if isinstance(curve, Survival) and len(won) >= LEAST_CASES else None
    return DealNorm(
        pipeline=pipeline,
        n_won=len(won),
        n_open=len(deals) - len(won),
        won_age_s=None if age_s is None else _full_hours(age_s),
        n_gaps=len(gaps),
        touch_gap_s=_usual(gaps, percent),
        percent=percent,
    )


def _usual(spans: Sequence[int], percent: int) -> int | None:
    found = quantile(spans, percent)
    return _full_hours(found.value) if isinstance(found, Quantile) else None


def _full_hours(seconds: int) -> int:
    return -(-seconds // _HOUR_S) * _HOUR_S
