"""What stands outside of one lead and bears on how it is judged: other leads of the owner, and what was learned.

A rule reads nothing but its case; so the loader puts in here what it counted over other leads as of the same instant.
None or a missing entry means "not counted", and the rule that needs it says `not_evaluated`; an empty tuple means
"counted, and there is none".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audits.model.truth import Learned, LookedUp, Neighbours

#: The quantile that is learned unless the policy says otherwise.
USUAL_PERCENT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """An act of this lead that its owner logged together with others: `count` of them, over all leads and this one
    included, were recorded (activities) or ticked off (tasks) by the same owner within some span of 60 seconds that
    holds `at` (aware UTC)."""

    record_id: str
    count: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """An outbound text of this lead that other leads got almost word for word. `leads`: how many others;
    `percent`: the least likeness among them; `phrase`: a shared stretch of words, for the evidence."""

    activity_id: str
    leads: int
    percent: int
    phrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What lay on the lead's first holder when it arrived, or came to him later. `open_new_leads`: his leads that
    were waiting for their first attempt at that instant, this one included; `working_s`: his working time from then
    to the due instant; `capacity_per_hour_milli`: first attempts he makes in an hour, in thousandths, learned from
    the best tenth of the `n` hours of the 90 days before in which he made more than one, or set in the policy
    (`n` 0); None = not enough data."""

    holder_id: str
    open_new_leads: int
    working_s: int
    capacity_per_hour_milli: int | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageNorm:
    """How long leads or deals of one segment usually stand in one stage: the quantile of `percent` over `n` that left
    it, in seconds of working time. `quantile_s` None = not enough data (n under the least)."""

    pipeline: str
    stage: str
    segment: str
    n: int
    quantile_s: int | None
    percent: int = USUAL_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class DealNorm:
    """How won deals of one pipeline went. `won_age_s`: the quantile of `percent` of the age at winning, over those
    that are won at all, open deals counted as censored (Kaplan-Meier), in seconds of wall time; `touch_gap_s`: the
    same quantile of the longest wait between two touches of a won deal. None = not enough data."""

    pipeline: str
    n_won: int
    n_open: int
    won_age_s: int | None
    n_gaps: int
    touch_gap_s: int | None
    percent: int = USUAL_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """See the module. `norms_id` names the set of learned figures, which is kept for good; "" = none was learned."""

    norms_id: str = ""
    crowded_logs: tuple[Crowd, ...] | None = None
    crowded_ticks: tuple[Crowd, ...] | None = None
    twins: tuple[Twin, ...] | None = None
    load: Load | None = None
    stage_norm: StageNorm | None = None
    deal_norms: tuple[DealNorm, ...] | None = None
    neighbours: Neighbours | None = None
    looked_up: LookedUp | None = None
    learned: Learned | None = None
