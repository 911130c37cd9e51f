"""The contract of a rule: pure, one file each, four outcomes, never an exception swallowed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from audits.model.finding import Finding, Outcome
from audits.model.policy import Policy

CaseT = TypeVar("CaseT", contravariant=True)


class Family(StrEnum):
    """The families of rules."""

    RESPONSE_TIME = "RT"
    FOLLOW_UP = "FU"
    NEGLECTED_CONTACT = "NC"
    PSEUDO_LEAD = "PL"
    DATA_QUALITY = "DQ"
    ANTI_GAMING = "AG"
    FIRST_MESSAGE = "FM"
    LONG_DEALS = "LD"


class Trust(StrEnum):
    """How well a default figure is founded.

    A = read in the primary document, B = second-hand but several agree, OURS = our own choice.
    """

    A = "A"
    B = "B"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Default:
    """A shipped figure of the policy that a rule compares with, and where it comes from."""

    policy_field: str
    figure: str
    source: str
    trust: Trust


@dataclass(frozen=True, slots=True)
class MeasureInfo:
    """A measure that a rule may give: its name, unit (s, count, bool, text, at) and meaning."""

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """What the rulebook prints of a rule.

    `rule_id` is never renamed or reused; a changed meaning bumps `version`. `reasons` is the closed list of
    reason codes with their meaning for a person; a finding with another reason is a fault of the rule.
    `outcomes` says which reasons lead to which outcome; every reason belongs to exactly one outcome.
    """

    rule_id: str
    version: int
    family: Family
    title: str
    question: str
    why_it_matters: str
    reasons: tuple[tuple[str, str], ...]
    outcomes: tuple[tuple[Outcome, tuple[str, ...]], ...]
    measures: tuple[MeasureInfo, ...] = ()
    defaults: tuple[Default, ...] = ()

    def allows(self, outcome: Outcome, reason: str) -> bool:
        """Whether a finding of this rule may have this outcome for this reason."""
        return any(each is outcome and reason in reasons for each, reasons in self.outcomes)


class Rule(Protocol, Generic[CaseT]):
    """A rule over one kind of case."""

    @property
    def info(self) -> RuleInfo:
        """What this rule is."""
        ...

    def evaluate(self, case: CaseT, policy: Policy) -> Finding:
        """Judge `case` as of `case.as_of`. Equal inputs give an equal finding, for ever."""
        ...
