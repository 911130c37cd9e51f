"""How a lead is of the target group, as its page prints it: each criterion with its points and why."""

from __future__ import annotations

from dataclasses import dataclass

from audits.model.fit import Fit, FitPart, FitSubject, LeadFit
from connector.web.criteria_form import SUBJECTS, field_label
from connector.web.sentences import written
from connector.web.texts import current, t


@dataclass(frozen=True, slots=True)
class FitLine:
    """One criterion. `points` None = the fact is not known."""

    name: str
    field: str
    why: str
    points: int | None
    out_of: int


@dataclass(frozen=True, slots=True)
class FitBlock:
    """All criteria of one subject."""

    name: str
    value: int | None
    says: str
    lines: list[FitLine]


def fit_blocks(fit: LeadFit | None) -> list[FitBlock]:
    """The person and the organisation, as far as there are criteria for each."""
    if fit is None:
        return []
    found = ((FitSubject.PERSON, fit.person), (FitSubject.ORGANISATION, fit.organisation))
    return [_block(subject, each) for subject, each in found if each.parts]


def _block(subject: FitSubject, fit: Fit) -> FitBlock:
    unknown = sum(part.points is None for part in fit.parts)
    says = (
        current().plural("{n} criterion could not be told.", "{n} criteria could not be told.", unknown)
        if unknown
        else t("Every criterion could be told.")
    )
    return FitBlock(t(SUBJECTS[subject]), fit.percent, says, [_line(part) for part in fit.parts])


def _line(part: FitPart) -> FitLine:
    return FitLine(
        part.criterion.name, field_label(part.criterion.field), written(part.why), part.points, part.out_of
    )
