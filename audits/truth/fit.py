"""Whether a lead is of the group one sells to: weighted criteria of the account, each explained. Says nothing of
whether the lead is real."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from audits.model.said import Said, say


class FitSubject(StrEnum):
    """Whom a criterion describes."""

    PERSON = "person"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing that a wanted lead has.

    `field`: the name of a fact of the lead (country, lead_type, company, or one that the account has named). It holds
    where the fact is one of `any_of` (compared without case and accents), or a number from `least` to `most`, both
    included; with none of these, where the fact is known at all. `weight` is 1 to 100. Raises ValueError.
    """

    name: str
    subject: FitSubject
    field: str
    weight: int
    any_of: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.field.strip():
            raise ValueError("a criterion needs a name and a field")
        if not 1 <= self.weight <= 100:
            raise ValueError(f"{self.name}: the weight must be 1 to 100, not {self.weight}")
        if self.any_of and (self.least is not None or self.most is not None):
            raise ValueError(f"{self.name}: names values and a range; one of them only")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"{self.name}: the range ends before it begins")


@dataclass(frozen=True, slots=True, kw_only=True)
class FitPart:
    """One criterion held against one lead: `points` of `out_of`, None where the fact is not known."""

    criterion: Criterion
    points: int | None
    out_of: int
    why: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """All criteria of one subject. `percent`: points of those that could be told, half up; None where none could."""

    parts: tuple[FitPart, ...]

    @property
    def told(self) -> int:
        """Points that could have been earned where the fact is known."""
        return sum(part.out_of for part in self.parts if part.points is not None)

    @property
    def percent(self) -> int | None:
        """0 to 100, or None when nothing is known."""
        earned = sum(part.points for part in self.parts if part.points is not None)
        return (200 * earned + self.told) // (2 * self.told) if self.told else None


def fit(criteria: Iterable[Criterion], facts: Mapping[str, str | None], subject: FitSubject) -> Fit:
    """The criteria on `subject` held against `facts`: field → what is known of the lead, None or blank = unknown."""
    return Fit(parts=tuple(_part(each, facts.get(each.field)) for each in criteria if each.subject is subject))


def _part(criterion: Criterion, fact: str | None) -> FitPart:
    value = (fact or "").strip()
    if not value:
        why = say("{field} is not known.", field=criterion.field)
        return FitPart(criterion=criterion, points=None, out_of=criterion.weight, why=why)
    holds = _holds(criterion, value)
    if holds is None:
        why = say("{field} is {value}, which is no number.", field=criterion.field, value=value)
    elif holds:
        why = say("{field} is {value}, as wanted.", field=criterion.field, value=value)
    else:
        why = say("{field} is {value}, not as wanted.", field=criterion.field, value=value)
    points = None if holds is None else criterion.weight * holds
    return FitPart(criterion=criterion, points=points, out_of=criterion.weight, why=why)


def _holds(criterion: Criterion, value: str) -> bool | None:
    if criterion.any_of:
        return _folded(value) in {_folded(each) for each in criterion.any_of}
    if criterion.least is None and criterion.most is None:
        return True
    try:
        number = float(value.replace("\u00a0", "").replace(" ", "").replace(",", "."))
    except ValueError:
        return None
    return (criterion.least is None or number >= criterion.least) and (
        criterion.most is None or number <= criterion.most
    )


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())
