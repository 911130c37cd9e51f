"""What a rule says: an outcome with its sentence, measures and evidence. Immutable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from audits.model.said import Said, english


class Outcome(StrEnum):
    """The four answers of a rule. NOT_EVALUATED = we could not look, with the cause named."""

    PASS = "pass"  # noqa: S105  (an outcome, no password)
    BREACH = "breach"
    NOT_APPLICABLE = "not_applicable"
    NOT_EVALUATED = "not_evaluated"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured fact, independent of thresholds. `value` None = unknown. `unit`: s, count, bool, text, at."""

    name: str
    value: int | str | bool | None
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A pointer at a CRM record with the value as read. `record_type`: lead, call, email, meeting, task…"""

    record_type: str
    record_id: str
    field: str
    value: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer of one rule on one subject. Times are aware UTC.

    `next_change_at`: when time alone would change the answer (None = never). `owner_id`: who held the subject
    when it mattered. `said` is for a person, complete in itself; `sentence` is the same in English.
    """

    rule_id: str
    rule_version: int
    subject_id: str
    outcome: Outcome
    reason: str
    said: Said
    policy_version: str
    as_of: datetime
    measures: tuple[Measure, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    owner_id: str | None = None
    next_change_at: datetime | None = None

    @property
    def sentence(self) -> str:
        """What is said, in English."""
        return english(self.said)

    def fingerprint(self) -> str:
        """Hex SHA-256 over rule, version, policy, subject, outcome, reason and evidence.

        An equal fingerprint means "the same finding again": it is confirmed, not stored twice.
        """
        parts = [
            self.rule_id,
            self.rule_version,
            self.policy_version,
            self.subject_id,
            self.outcome.value,
            self.reason,
            sorted([e.record_type, e.record_id, e.field, e.value] for e in self.evidence),
        ]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
