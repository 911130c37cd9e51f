"""Which late leads found their rep with more before him than he is ever seen to manage: by a plain walk of our own.

The faults are dealt to reps by the dice, and now and then one of them is dealt so many that the app's stated rule for
overload explains the next. What is planted must say so, and may not ask the app. By that rule:

- A lead waits with a rep from when he got it until somebody of ours reached out, it was closed or handed on; for the
  fifteen days in which it is new.
- His pace is what he managed in the best tenth of those hours of the clock in which he made two first attempts or
  more, of the 90 days before; twenty such attempts are needed to tell.
- Overloaded: at that pace those who wait take longer than the time that is left until the answer is due. Who waits
  alone waits for nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.history import (
    Act,
    Call,
    CallResult,
    Door,
    Email,
    EmailStatus,
    LeadHistory,
    Meeting,
    MeetingOutcome,
    Status,
)
from connector.sandbox.office_hours import OfficeHours

#: The app's shipped figures.
_PROMISED_S: Final = 1800
_NEW_FOR: Final = timedelta(days=15)
_LEARNED_OVER: Final = timedelta(days=90)
_LEAST_ATTEMPTS: Final = 20
_SHORT_S: Final = 20
_LATE_LOG: Final = timedelta(days=1)
_CLOSED: Final = frozenset({Status.UNQUALIFIED, Status.LOST, Status.DENIED, Status.WON})


@dataclass(frozen=True, slots=True)
class _Wait:
    received_at: datetime
    begun_at: datetime
    ended_at: datetime | None
    is_tried: bool


def overloaded(leads: Sequence[LeadHistory], hours: OfficeHours) -> frozenset[str]:
    """The refs of those whose first holder had more waiting than he could try by the due time, late or not."""
    waits: defaultdict[str, list[_Wait]] = defaultdict(list)
    for lead in leads:
        if lead.arrived_by.door is not Door.IMPORT:
            for rep_ref, wait in _waits(lead):
                waits[rep_ref].append(wait)
    return frozenset(lead.ref for lead in leads if lead.owner_changes and _is_overloaded(lead, waits, hours))


def _is_overloaded(lead: LeadHistory, waits: dict[str, list[_Wait]], hours: OfficeHours) -> bool:
    first = lead.owner_changes[0]
    at = max(lead.received_at, first.at)
    own = waits.get(first.rep_ref or "", [])
    waiting = sum(
        wait.begun_at <= at and (wait.ended_at is None or wait.ended_at > at) and wait.received_at > at - _NEW_FOR
        for wait in own
    )
    pace = _pace(own, at)
    if waiting < 2 or pace is None:
        return False
    asked_at = max(lead.received_at, lead.preferred_at or lead.received_at)
    left_s = hours.open_s(at, hours.after(asked_at, _PROMISED_S))
    return waiting * 3600 > left_s * pace


def _pace(own: Sequence[_Wait], at: datetime) -> int | None:
    made = Counter(
        wait.ended_at.replace(minute=0, second=0, microsecond=0)
        for wait in own
        if wait.is_tried and wait.ended_at is not None and at - _LEARNED_OVER < wait.ended_at <= at
    )
    busy = sorted(count for count in made.values() if count > 1)
    if sum(busy) < _LEAST_ATTEMPTS:
        return None
    # The least that nine in ten of those hours do not exceed.
    return next(each for each in busy if 10 * sum(other <= each for other in busy) >= 9 * len(busy))


def _waits(lead: LeadHistory) -> list[tuple[str, _Wait]]:
    tried_at = min((act.at for act in lead.acts if act.at >= lead.received_at and _is_attempt(act)), default=None)
    closed_at = next((change.at for change in lead.status_changes if change.status in _CLOSED), None)
    if tried_at is None and lead.status.status is Status.OWN:
        # A status of which nobody said what it means: it may have been closed long ago.
        return []
    found = []
    for number, change in enumerate(lead.owner_changes):
        until = lead.owner_changes[number + 1].at if number + 1 < len(lead.owner_changes) else None
        begun_at = max(lead.received_at, change.at)
        ended_at = min((at for at in (tried_at, closed_at, until) if at is not None), default=None)
        if change.rep_ref is not None and (ended_at is None or ended_at >= begun_at):
            is_tried = ended_at is not None and ended_at == tried_at
            found.append((change.rep_ref, _Wait(lead.received_at, begun_at, ended_at, is_tried)))
    return found


def _is_attempt(act: Act) -> bool:
    """Whether a person of ours surely reached out; of calls, one that would be counted."""
    match act:
        case Call():
            is_short = act.result is CallResult.CONNECTED and act.talk_s < _SHORT_S
            is_ours = not act.is_inbound and act.by.is_automated is False
            return is_ours and not is_short and act.recorded_at - act.at <= _LATE_LOG
        case Email():
            is_sent = not act.is_inbound and act.status is not EmailStatus.BOUNCED
            return is_sent and act.by.is_automated is False
        case Meeting():
            return act.outcome in (MeetingOutcome.HELD, MeetingOutcome.NO_SHOW)
        case _:
            return False
