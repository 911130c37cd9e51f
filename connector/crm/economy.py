"""What reading a CRM costs: the fewest calls that its API lets us make, and how long they take within its limits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from connector.budget import STRETCH

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    """Calls of one kind. `tokens`: what they cost together, 0 where calls cost none."""

    what: str
    calls: int
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """The calls for one purpose."""

    lines: tuple[CallLine, ...]

    @property
    def calls(self) -> int:
        """All calls."""
        return sum(line.calls for line in self.lines)

    @property
    def tokens(self) -> int:
        """What they cost together."""
        return sum(line.tokens for line in self.lines)

    def __add__(self, other: CallPlan) -> CallPlan:
        return CallPlan(lines=(*self.lines, *other.lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What there is to read. `activities`: all that was done or is planned, notes, mails and tasks among it.

    `mailed`: leads with mails. `companies`: leads with a company of their own. None = unknown, so as many as can be.
    `deals`: leads that became a deal, in a CRM where that is another record.
    """

    leads: int
    activities: int
    mailed: int | None = None
    companies: int | None = None
    deals: int = 0

    @property
    def most_mailed(self) -> int:
        """Leads that may have mails."""
        return min(self.leads, self.activities) if self.mailed is None else self.mailed

    @property
    def most_companies(self) -> int:
        """Companies that there may be."""
        return self.leads if self.companies is None else self.companies


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """`calls` in any `window_s` seconds."""

    calls: int
    window_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What the CRM allows one account. `rate` None: the CRM sets no limit of its own.

    `day_tokens`: tokens that all tools of the account share in a day, None where calls cost none. `assumes`: the
    plan and the seats that this is true of, in a sentence for a person. `past_share`: how much of our part of a day's
    tokens is spent on the past, the rest is kept for what is new.
    """

    rate: RateLimit | None
    day_tokens: int | None = None
    assumes: str = ""
    past_share: float = 1.0

    def seconds(self, plan: CallPlan, *, reserve_percent: int, call_s: float) -> float:
        """How long the calls of `plan` take, one after another, when each is answered after `call_s` seconds.

        `reserve_percent` of a day's tokens stay for the account's other tools. Days are counted as full ones: the
        first may begin with less than a day's tokens left, and the last may be short. Raises ValueError where the
        reserve leaves no token.
        """
        in_turn_s = plan.calls * call_s
        in_windows_s = 0.0
        if self.rate is not None and plan.calls:
            in_windows_s = (plan.calls - 1) // self.rate.calls * self.rate.window_s * STRETCH
        seconds = max(in_turn_s, in_windows_s)
        if self.day_tokens is None or not plan.tokens:
            return seconds
        ours = math.floor(self.day_tokens * (100 - reserve_percent) // 100 * self.past_share)
        if ours <= 0:
            raise ValueError("the reserve leaves no tokens for us")
        whole_days = math.ceil(plan.tokens / ours) - 1
        return whole_days * _DAY_S + (seconds if not whole_days else seconds / (whole_days + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Economy:
    """The least that one CRM's API asks of us; each figure's reasoning stands with the function that gives it.

    `set_up()`: after consent. `backfill(load)`: reading the leads of the window with all activities, without writing.
    `new_lead(activities)`: from its webhook to its audit, written back. `write_back(leads)`: our fields on so many
    leads. `allowance(plan, seats)`: `plan` one of `plans`, which begin with the one that is assumed.
    """

    set_up: Callable[[], CallPlan]
    backfill: Callable[[Load], CallPlan]
    new_lead: Callable[[int], CallPlan]
    write_back: Callable[[int], CallPlan]
    allowance: Callable[[str, int], Allowance]
    plans: tuple[str, ...] = ("",)


def pages(records: int, size: int) -> int:
    """How many calls of `size` records each it takes to read so many."""
    return math.ceil(records / size)
