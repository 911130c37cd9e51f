"""What is usual in an account, learned from its own past: how long leads stand in a stage, how won deals went.

Learned figures are rounded up to the full hour: they then change seldom, and no lead is called late by a minute that
the sample happened to have. A set of them is kept for good under its id, so that a past audit can be repeated.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise

from audits.model.case import LeadCase
from audits.model.lead import Lead
from audits.model.surroundings import DealNorm, StageNorm
from audits.stages import ANY_SEGMENT, segment_of
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
    between two touches, None = fewer than two touches are known."""

    pipeline: str
    age_s: int
    is_won: bool
    longest_gap_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Norms:
    """One set of learned figures. `norms_id` names its figures for good: equal figures, equal id."""

    stage_norms: tuple[StageNorm, ...] = ()
    deal_norms: tuple[DealNorm, ...] = ()

    @property
    def norms_id(self) -> str:
        """Hex SHA-256 of the figures, shortened; "" for a set that holds none."""
        if not self.stage_norms and not self.deal_norms:
            return ""
        text = json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def stage_norm_for(self, case: LeadCase) -> StageNorm | None:
        """What is usual in the lead's stage: of its own segment where there are enough leads, else of all. None when
        nobody was ever seen to leave that stage, or the lead has none."""
        lead = case.lead
        if lead.stage is None:
            return None
        own = self._stage_norm(lead, segment_of(lead))
        return own if own is not None and own.quantile_s is not None else self._stage_norm(lead, ANY_SEGMENT)

    def deal_norms_for(self, case: LeadCase) -> tuple[DealNorm, ...]:
        """What is usual in the pipelines of the lead's deals."""
        pipelines = {deal.pipeline for deal in case.deals}
        return tuple(norm for norm in self.deal_norms if norm.pipeline in pipelines)

    def _stage_norm(self, lead: Lead, segment: str) -> StageNorm | None:
        wanted = (lead.pipeline or "", lead.stage, segment)
        return next((norm for norm in self.stage_norms if (norm.pipeline, norm.stage, norm.segment) == wanted), None)

    def to_json(self) -> dict[str, object]:
        """JSON values in one fixed order; `from_json` gives an equal set again."""
        return {
            "stage_norms": [[getattr(norm, name) for name in _STAGE_FIELDS] for norm in self.stage_norms],
            "deal_norms": [[getattr(norm, name) for name in _DEAL_FIELDS] for norm in self.deal_norms],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Sequence[Sequence[str | int | None]]]) -> Norms:
        """Read what `to_json` wrote."""
        return cls(
            stage_norms=tuple(
                StageNorm(
                    pipeline=str(pipeline), stage=str(stage), segment=str(segment), n=_int(n), quantile_s=_maybe(span)
                )
                for pipeline, stage, segment, n, span in data["stage_norms"]
            ),
            deal_norms=tuple(
                DealNorm(
                    pipeline=str(pipeline),
                    n_won=_int(n_won),
                    n_open=_int(n_open),
                    won_age_s=_maybe(age_s),
                    n_gaps=_int(n_gaps),
                    touch_gap_s=_maybe(gap_s),
                )
                for pipeline, n_won, n_open, age_s, n_gaps, gap_s in data["deal_norms"]
            ),
        )


_STAGE_FIELDS = tuple(each.name for each in fields(StageNorm))
_DEAL_FIELDS = tuple(each.name for each in fields(DealNorm))


def learn(stays: Iterable[Stay], deals: Iterable[DealSpan], *, stage_percent: int, won_age_percent: int) -> Norms:
    """The norms of an account, in order of pipeline, stage and segment; figures are None under LEAST_CASES.

    `stage_percent`: the quantile of the stays in a stage, over all leads (ANY_SEGMENT) and over each segment.
    `won_age_percent`: the age by which that share of deals is won by Kaplan-Meier, open deals counted as censored,
    and the same quantile of the won deals' longest gaps. Needed are LEAST_CASES won deals.
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
            )
            for (pipeline, stage, segment), spans in sorted(by_stage.items())
        ),
        deal_norms=tuple(
            _deal_norm(pipeline, spans, won_age_percent) for pipeline, spans in sorted(by_pipeline.items())
        ),
    )


def longest_gap_s(touches: Sequence[datetime]) -> int | None:
    """The longest wait in seconds between two of the `touches` (in order); None for fewer than two."""
    gaps = [int((later - earlier).total_seconds()) for earlier, later in pairwise(touches)]
    return max(gaps, default=None)


def _deal_norm(pipeline: str, deals: Sequence[DealSpan], percent: int) -> DealNorm:
    won = [deal for deal in deals if deal.is_won]
    gaps = [deal.longest_gap_s for deal in won if deal.longest_gap_s is not None]
    curve = kaplan_meier([Waited(deal.age_s, deal.is_won) for deal in deals])
    age_s = curve.quantile_s(percent) if isinstance(curve, Survival) and len(won) >= LEAST_CASES else None
    return DealNorm(
        pipeline=pipeline,
        n_won=len(won),
        n_open=len(deals) - len(won),
        won_age_s=None if age_s is None else _full_hours(age_s),
        n_gaps=len(gaps),
        touch_gap_s=_usual(gaps, percent),
    )


def _usual(spans: Sequence[int], percent: int) -> int | None:
    found = quantile(spans, percent)
    return _full_hours(found.value) if isinstance(found, Quantile) else None


def _full_hours(seconds: int) -> int:
    return -(-seconds // _HOUR_S) * _HOUR_S


def _int(value: str | int | None) -> int:
    return int(value) if value is not None else 0


def _maybe(value: str | int | None) -> int | None:
    return None if value is None else int(value)
