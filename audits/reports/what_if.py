"""What if another response had been agreed: who would break it, from the measures alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audits.reports.export_report import Answer
from audits.reports.handled import HandledLead
from audits.statistics.shares import Share

_TRIED = (Answer.IN_TIME, Answer.LATE)
_BROKEN = (Answer.LATE, Answer.UNANSWERED)
_TOLD = (Answer.IN_TIME, Answer.LATE, Answer.UNANSWERED, Answer.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The answers under another agreement, as of each lead's last audit. Ids are in the order of arrival.

    `before`, `after`: promises broken of all that were kept or broken, as agreed and as asked; `goal_before`,
    `goal_after`: tried within the goal. `broken`: leads that would break it; of these `newly_broken` do not now, and
    `newly_kept` break what is agreed now and would not. `waiting`: leads that nobody has tried and that would still
    be in time. `unknown`: leads of which it cannot be told.
    """

    due_s: int
    goal_s: int
    before: Share
    after: Share
    goal_before: Share
    goal_after: Share
    broken: tuple[str, ...]
    newly_broken: tuple[str, ...]
    newly_kept: tuple[str, ...]
    waiting: int
    unknown: int

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            "due_s": self.due_s,
            "goal_s": self.goal_s,
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "goal_before": self.goal_before.to_json(),
            "goal_after": self.goal_after.to_json(),
            "broken": list(self.broken),
            "newly_broken": list(self.newly_broken),
            "newly_kept": list(self.newly_kept),
            "waiting": self.waiting,
            "unknown": self.unknown,
        }


def what_if(leads: Iterable[HandledLead], *, due_s: int, goal_s: int, target: str | None = None) -> WhatIf:
    """Who would break a promise of `due_s` seconds of working time with a goal of `goal_s`, of the leads for which
    the agreement named `target` holds (None = of all; "" = of those that no agreement of the list fits).

    Raises ValueError unless 0 <= goal_s <= due_s.
    """
    if not 0 <= goal_s <= due_s:
        raise ValueError(f"the goal of {goal_s} s is not between 0 and the due {due_s} s")
    asked = sorted(
        (lead for lead in leads if target in (None, lead.target)), key=lambda lead: (lead.received_at, lead.lead_id)
    )
    told = [lead for lead in asked if lead.answer in _TOLD and lead.needed_s is not None]
    before = [lead for lead in told if lead.answer is not Answer.WAITING]
    is_broken = {lead.lead_id: (lead.needed_s or 0) > due_s for lead in told}
    after = [lead for lead in told if lead.answer in _TRIED or is_broken[lead.lead_id]]
    return WhatIf(
        due_s=due_s,
        goal_s=goal_s,
        before=Share(sum(lead.answer in _BROKEN for lead in before), len(before)),
        after=Share(sum(is_broken[lead.lead_id] for lead in after), len(after)),
        goal_before=Share(sum(lead.is_goal_kept is True for lead in before), len(before)),
        goal_after=Share(sum(lead.answer in _TRIED and (lead.needed_s or 0) <= goal_s for lead in after), len(after)),
        broken=tuple(lead.lead_id for lead in told if is_broken[lead.lead_id]),
        newly_broken=tuple(lead.lead_id for lead in told if is_broken[lead.lead_id] and lead.answer not in _BROKEN),
        newly_kept=tuple(lead.lead_id for lead in told if not is_broken[lead.lead_id] and lead.answer in _BROKEN),
        waiting=len(told) - len(after),
        unknown=sum(lead.needed_s is None for lead in asked if lead.answer in _TOLD)
        + sum(lead.answer is Answer.UNKNOWN for lead in asked),
    )
