"""An account's own experience: what was said of its leads when they came, beside what was found out since.

Figures made of it are agreement with what representatives noted, not accuracy: see audits.truth.outcomes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from audits.class_rule import RULE_OF_CLASS
from audits.model.case import LeadCase
from audits.model.policy import Policy
from audits.model.truth import Judgement, LeadClass, Learned, TruthVerdict
from audits.statistics.enough import LEAST_CASES
from audits.statistics.shares import Share, wilson
from audits.truth.calibration import Outcome, brier, curve_of
from audits.truth.judgement import AS_SHIPPED
from audits.truth.of_case import judgement_at_delivery
from audits.truth.outcomes import Found, FoundOut, Way, outcome_of
from audits.truth.weights import MODEL_VERSION, WEIGHTS

#: A rule of which fewer leads have an outcome is not judged (the convention of the published scorecards).
LEAST_SPOKEN = LEAST_CASES
#: A rule is demoted when outcomes bear out surely less than this share of what it said: it is more often wrong than
#: right, by the upper end of the 95 % interval. It is back in force when the share itself has reached this: between
#: the two lies the width of the interval, so that single outcomes do not throw it to and fro. Ours.
WEAK_BELOW = 0.5
#: A curve is replaced when another would move some probability by so much: smaller moves are noise. Ours.
CURVE_MOVES = 0.02
_FOLDS = 5

#: By what a reason for an error was read, by how its code begins.
_WAY_OF_CODE = MappingProxyType({"phone_": Way.PHONE, "email_": Way.EMAIL})
#: The rule of duplicates, and all rules that read the fields of a lead alone.
DUPLICATE_RULE = "PL004"
FIELD_RULES = ("PL001", "PL002", "PL003", DUPLICATE_RULE)
CLASS_OF_RULE = MappingProxyType({rule_id: lead_class for lead_class, rule_id in RULE_OF_CLASS.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What was said of a lead when it came, and what was found out since: one line of the account's own experience.
    `lead_id` "" = of any lead.

    `said`: the probability (0 to 1, four digits) that it is a pseudo-lead, by the shipped weights and without what
    was found out about it. `spoke`: ids of the rules that called it something by that. `codes`: its reasons, as in
    WEIGHTS.
    """

    lead_id: str = ""
    said: float
    spoke: tuple[str, ...]
    codes: tuple[str, ...]
    found: FoundOut | None
    model_version: str = MODEL_VERSION


def classes_shown(judged: Judgement, policy: Policy) -> tuple[LeadClass, ...]:
    """The classes whose rules call the lead so by this judgement where none is demoted: of those that exclude one
    another the likeliest where the lead is surely a pseudo-lead, else an error where it can be mended or is sure."""
    if judged.verdict is TruthVerdict.PSEUDO:
        rivals = [each for each in judged.classes if each.lead_class is not LeadClass.ERROR]
        return tuple(each.lead_class for each in rivals if any(reason.weight > 0 for reason in each.signals))[:1]
    if judged.verdict is TruthVerdict.SUSPECT:
        return ()
    can_be_mended = judged.verdict is TruthVerdict.REPAIRABLE
    return tuple(
        each.lead_class
        for each in judged.classes
        if each.lead_class is LeadClass.ERROR and (can_be_mended or each.probability * 100 >= policy.pseudo_percent)
    )


def noted_of(case: LeadCase, policy: Policy, breached: Iterable[str]) -> Noted:
    """The line that is kept of the lead. `breached`: ids of rules that look at nothing found out since (FIELD_RULES)
    and call it something now."""
    judged = judgement_at_delivery(case, policy)
    signals = [*(each for found in judged.classes for each in found.signals), *judged.genuine_signals]
    shown = classes_shown(judged, policy)
    return Noted(
        lead_id=case.lead.lead_id,
        said=judged.pseudo_probability,
        spoke=tuple(sorted({*(set(breached) & set(FIELD_RULES)), *(RULE_OF_CLASS[each] for each in shown)})),
        codes=tuple(sorted({each.code for each in signals})),
        found=outcome_of(case, policy),
        model_version=judged.model_version,
    )


def label_of(noted: Noted) -> Outcome | None:
    """The lead as one outcome for the curve; None where nothing was found out of whether anybody asked."""
    if noted.found is None or noted.found.found not in (Found.PSEUDO, Found.GENUINE):
        return None
    return Outcome(noted.said, noted.found.found is Found.PSEUDO)


def rule_agrees(rule_id: str, noted: Noted) -> bool | None:
    """Whether what was found out bears out what the rule said of the lead; None where it says nothing of it.

    A rule of a class is borne out by an outcome that shows its class, and refuted by one that shows another kind or a
    person who asked. An error is borne out where the way failed in which it lies, and refuted where just that worked.
    PL001 to PL003 are borne out by any pseudo-lead and any error, and refuted by a person who asked; PL004 is borne
    out by a status that says so, and refuted by a sale.
    """
    found = noted.found
    if found is None:
        return None
    if rule_id == DUPLICATE_RULE:
        if found.found is Found.DUPLICATE:
            return True
        return False if found.why == "won" else None
    if rule_id in FIELD_RULES:
        return {Found.GENUINE: False, Found.PSEUDO: True, Found.ERROR: True}.get(found.found)
    lead_class = CLASS_OF_RULE[rule_id]
    if lead_class is LeadClass.ERROR:
        ways = {_way(code) for code in noted.codes if _is_of(code, LeadClass.ERROR)} - {None}
        if ways & set(found.failed):
            return True
        return False if ways and ways <= set(found.worked) else None
    return _shown(lead_class, found)


def code_agrees(code: str, noted: Noted) -> bool | None:
    """The same of one reason: what speaks for a class is borne out as its rule is, and what speaks for a person who
    asked, or against a class, by a person who asked."""
    found, weight = noted.found, WEIGHTS.get(code)
    if found is None or weight is None:
        return None
    if weight.lead_class is None or weight.weight < 0:
        return {Found.GENUINE: True, Found.PSEUDO: False}.get(found.found)
    if weight.lead_class is LeadClass.ERROR:
        way = _way(code)
        if way in found.failed:
            return True
        return False if way in found.worked else None
    return _shown(weight.lead_class, found)


def _shown(lead_class: LeadClass, found: FoundOut) -> bool | None:
    return True if lead_class in found.classes else False if lead_class in found.against else None


def _is_of(code: str, lead_class: LeadClass) -> bool:
    return code in WEIGHTS and WEIGHTS[code].lead_class is lead_class


def _way(code: str) -> Way | None:
    return next((way for begins, way in _WAY_OF_CODE.items() if code.startswith(begins)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often a rule or a reason spoke, and how many outcomes agree of those that say anything of it."""

    spoke: int
    agreed: Share


@dataclass(slots=True)
class Experience:
    """All lines of an account, counted. `outcomes`: for the curve, in the order in which the lines came."""

    rules: dict[str, list[int]] = field(default_factory=dict)
    codes: dict[str, list[int]] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)

    @classmethod
    def of(cls, lines: Iterable[tuple[Noted, int]]) -> Experience:
        """Count `lines`, each as often as it says."""
        counted = cls()
        for noted, n in lines:
            for rule_id in noted.spoke:
                _count(counted.rules, rule_id, rule_agrees(rule_id, noted), n)
            for code in noted.codes:
                _count(counted.codes, code, code_agrees(code, noted), n)
            label = label_of(noted)
            if label is not None:
                counted.outcomes.extend([label] * n)
        return counted

    def rule(self, rule_id: str) -> Tally:
        """The tally of one rule."""
        return _tally(self.rules, rule_id)

    def code(self, code: str) -> Tally:
        """The tally of one reason."""
        return _tally(self.codes, code)


def weak_classes(experience: Experience, before: Collection[LeadClass] = ()) -> tuple[LeadClass, ...]:
    """The classes that decide nothing any more, by LEAST_SPOKEN and WEAK_BELOW; `before`: those that did so far."""
    return tuple(each for each in LeadClass if _is_weak(experience.rule(RULE_OF_CLASS[each]).agreed, each in before))


def _is_weak(agreed: Share, was_weak: bool) -> bool:
    if agreed.n < LEAST_SPOKEN:
        return was_weak
    return agreed.hits / agreed.n < WEAK_BELOW if was_weak else wilson(agreed.hits, agreed.n)[1] < WEAK_BELOW


def lesson_of(experience: Experience, before: Learned = AS_SHIPPED) -> Learned:
    """What this experience teaches; `before`, as it is, where it differs in nothing that matters."""
    curve = curve_of(experience.outcomes) or ((), ())
    weak = weak_classes(experience, before.weak)
    lesson = _versioned(Learned(said=curve[0], found=curve[1], weak=weak))
    is_same_kind = bool(before.said) == bool(lesson.said) and before.weak == lesson.weak
    return before if is_same_kind and largest_move(before, lesson) < CURVE_MOVES else lesson


def largest_move(before: Learned, after: Learned) -> float:
    """How far apart two curves are at most (0 to 1)."""
    steps = (0.0, 1.0, *before.said, *after.said)
    return max(abs(before.of(each) - after.of(each)) for each in steps)


def _versioned(learned: Learned) -> Learned:
    """Equal figures under one model have equal versions; what holds nothing has none."""
    if not learned.said and not learned.weak:
        return AS_SHIPPED
    text = json.dumps([MODEL_VERSION, learned.said, learned.found, learned.weak], separators=(",", ":"))
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Learned(version=version, said=learned.said, found=learned.found, weak=learned.weak)


def brier_learned(outcomes: Sequence[Outcome]) -> float | None:
    """The Brier score that a curve has on outcomes that it was not learned from: of five parts each is scored by the
    curve of the other four. None where there are too few outcomes for that."""
    scored: list[Outcome] = []
    for fold in range(_FOLDS):
        curve = curve_of([each for index, each in enumerate(outcomes) if index % _FOLDS != fold])
        if curve is None:
            return None
        learned = Learned(version="fold", said=curve[0], found=curve[1])
        scored += (Outcome(learned.of(each.said), each.was_pseudo) for each in outcomes[fold::_FOLDS])
    return brier(scored)


def _count(tallies: dict[str, list[int]], name: str, agrees: bool | None, n: int) -> None:
    """Spoke, agreed, said anything of."""
    tally = tallies.setdefault(name, [0, 0, 0])
    tally[0] += n
    tally[1] += n * (agrees is True)
    tally[2] += n * (agrees is not None)


def _tally(tallies: Mapping[str, list[int]], name: str) -> Tally:
    spoke, agreed, n = tallies.get(name, (0, 0, 0))
    return Tally(spoke=spoke, agreed=Share(agreed, n))
