"""The plain rows that a report is made of: one for each lead, with what was measured and judged on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audits.causes import Cause
from audits.model.score import FollowUpStatus, Verdict
from audits.reports.export_report import Answer

#: What `LoadMet.percent` says when nothing at all could be done in time.
MOST_PERCENT = 9_999
#: Nobody tries, or nobody goes on trying, although it is due.
NEGLECTED = (FollowUpStatus.NEVER_CALLED, FollowUpStatus.OVERDUE, FollowUpStatus.NEGLECTED)


@dataclass(frozen=True, slots=True)
class LoadMet:
    """What lay on the first holder when a lead came to him. `waiting`: his leads without an attempt, this one among
    them. `fits_milli`: how many first attempts his pace allows until the lead's is due, in thousandths; None = there
    is not enough data on his pace."""

    holder_id: str
    waiting: int
    fits_milli: int | None

    @property
    def percent(self) -> int | None:
        """The leads waiting in percent of those that he can try in time, at most MOST_PERCENT."""
        if self.fits_milli is None:
            return None
        return min(MOST_PERCENT, self.waiting * 100_000 // self.fits_milli) if self.fits_milli else MOST_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class HandledLead:
    """What was measured on one lead. Times are aware UTC, spans seconds; None = unknown, or it has not come to that.

    `owner_id`: who is charged with the answer, "" = nobody; `holder_id`: who holds the lead now. `waited_working_s`:
    working time from receipt to the first attempt, else to the lead's end or the audit; None = it cannot be counted.
    `is_goal_kept`: the first attempt was made within the goal. `due_at`: the earliest thing that is due and not done.
    """

    lead_id: str
    received_at: datetime
    owner_id: str
    answer: Answer
    waited_working_s: int | None
    holder_id: str = ""
    source: str = ""
    lead_type: str = ""
    cause: Cause = Cause.NONE
    is_goal_kept: bool | None = None
    is_never_called: bool = False
    first_attempt_at: datetime | None = None
    first_attempt_wall_s: int | None = None
    first_connection_at: datetime | None = None
    first_connection_working_s: int | None = None
    first_connection_wall_s: int | None = None
    won_at: datetime | None = None
    vendor_leg_wall_s: int | None = None
    system_leg_working_s: int | None = None
    human_leg_working_s: int | None = None
    load: LoadMet | None = None
    follow_up_status: FollowUpStatus = FollowUpStatus.UNKNOWN
    verdict: Verdict = Verdict.UNKNOWN
    due_at: datetime | None = None
