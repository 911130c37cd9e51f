"""What is usual in an account, learned from its own past: how long leads stand in a stage, how won deals went.

A set of learned figures is kept for good under its id, so that a past audit can be repeated. See audits.learning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from audits.model.case import LeadCase
from audits.model.lead import Lead
from audits.model.surroundings import DealNorm, StageNorm
from audits.stages import ANY_SEGMENT, segment_of


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
                    pipeline=str(pipeline),
                    stage=str(stage),
                    segment=str(segment),
                    n=_int(n),
                    quantile_s=_maybe(span),
                    percent=_int(percent),
                )
                for pipeline, stage, segment, n, span, percent in data["stage_norms"]
            ),
            deal_norms=tuple(
                DealNorm(
                    pipeline=str(pipeline),
                    n_won=_int(n_won),
                    n_open=_int(n_open),
                    won_age_s=_maybe(age_s),
                    n_gaps=_int(n_gaps),
                    touch_gap_s=_maybe(gap_s),
                    percent=_int(percent),
                )
                for pipeline, n_won, n_open, age_s, n_gaps, gap_s, percent in data["deal_norms"]
            ),
        )


_STAGE_FIELDS = tuple(each.name for each in fields(StageNorm))
_DEAL_FIELDS = tuple(each.name for each in fields(DealNorm))


def _int(value: str | int | None) -> int:
    return int(value) if value is not None else 0


def _maybe(value: str | int | None) -> int | None:
    return None if value is None else int(value)
