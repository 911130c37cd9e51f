"""Two scores, never mixed: lead quality and handling. Each is a plain sum of named parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from audits.model.said import Said


class Verdict(StrEnum):
    """What the lead is, as far as we know. PLAUSIBLE: nothing that was looked at speaks against it, or the person
    showed himself since. REPAIRABLE: a slip of the pen that can be mended, and so a lead."""

    PLAUSIBLE = "plausible"
    REPAIRABLE = "repairable"
    SUSPECT = "suspect"
    PSEUDO = "pseudo"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"


class FollowUpStatus(StrEnum):
    """Where the work on a lead stands; the follow-up status field of the CRM holds this."""

    DUE = "due"
    OVERDUE = "overdue"
    NEVER_CALLED = "never_called"
    IN_PROGRESS = "in_progress"
    NEGLECTED = "neglected"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One named part: `points` earned of `out_of`. `points` None = not evaluated (earns and costs nothing)."""

    name: str
    points: int | None
    out_of: int
    why: Said


#: Below this many evaluated points a number would pretend to know (our choice).
MINIMUM_EVALUATED = 60


@dataclass(frozen=True, slots=True)
class Score:
    """A sum of parts. `value` is 0-100 or None when too little could be evaluated."""

    parts: tuple[ScorePart, ...]

    @property
    def earned(self) -> int:
        """Points earned over the evaluated parts."""
        return sum(part.points for part in self.parts if part.points is not None)

    @property
    def evaluated(self) -> int:
        """Points that could have been earned over the evaluated parts."""
        return sum(part.out_of for part in self.parts if part.points is not None)

    @property
    def value(self) -> int | None:
        """Earned points of 100: the plain sum when all parts were evaluated, else its share, half up; or None."""
        if self.evaluated < MINIMUM_EVALUATED:
            return None
        return (200 * self.earned + self.evaluated) // (2 * self.evaluated)
