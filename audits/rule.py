"""The contract of a rule: pure, one file each, four outcomes, never an exception swallowed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from audits.model.finding import Finding
from audits.model.policy import Policy

CaseT = TypeVar("CaseT", contravariant=True)


class Family(StrEnum):
    """The families of rules."""

    RESPONSE_TIME = "RT"
    FOLLOW_UP = "FU"
    NEGLECTED_CONTACT = "NC"
    PSEUDO_LEAD = "PL"
    DATA_QUALITY = "DQ"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """What the rulebook prints of a rule.

    `rule_id` is never renamed or reused; a changed meaning bumps `version`. `reasons` is the closed list of
    reason codes with their meaning for a person; a finding with another reason is a fault of the rule.
    """

    rule_id: str
    version: int
    family: Family
    title: str
    question: str
    why_it_matters: str
    reasons: tuple[tuple[str, str], ...]


class Rule(Protocol, Generic[CaseT]):
    """A rule over one kind of case."""

    @property
    def info(self) -> RuleInfo:
        """What this rule is."""
        ...

    def evaluate(self, case: CaseT, policy: Policy) -> Finding:
        """Judge `case` as of `case.as_of`. Equal inputs give an equal finding, for ever."""
        ...
