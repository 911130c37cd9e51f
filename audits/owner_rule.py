"""A rule over one owner's period: a pure judgement, settled into a finding on him."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from audits.lead_rule import Draft
from audits.model.finding import Finding
from audits.model.owner_case import OwnerCase
from audits.model.policy import Policy
from audits.rule import RuleInfo

OwnerJudge = Callable[[OwnerCase, Policy], Draft]


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """One rule: what it is, and its judgement of an owner's period. The period is over, so time alone changes none of
    its answers."""

    info: RuleInfo
    judge: OwnerJudge

    def evaluate(self, case: OwnerCase, policy: Policy) -> Finding:
        """The finding on the owner."""
        draft = self.judge(case, policy)
        return Finding(
            rule_id=self.info.rule_id,
            rule_version=self.info.version,
            subject_id=case.owner_id,
            outcome=draft.outcome,
            reason=draft.reason,
            said=draft.sentence,
            policy_version=policy.version,
            as_of=case.as_of,
            measures=draft.measures,
            evidence=draft.evidence,
            owner_id=case.owner_id,
        )
