"""The audit of an export as a report model: numbers with their n and plain words, no HTML."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from audits.model.finding import Finding, Outcome
from audits.rule import RuleInfo
from audits.statistics.medians import SpanSummary
from audits.statistics.shares import Share

FIRST_ATTEMPT = "first_attempt_working_s"

_ON_TIME_RULE, _WAITING_RULE = "RT001", "RT002"

#: Upper edges of the histogram of the first attempt, in seconds of working time, and how they read.
HISTOGRAM_EDGES = (
    (300, "5 min"),
    (900, "15 min"),
    (1800, "30 min"),
    (3600, "1 h"),
    (2 * 3600, "2 h"),
    (4 * 3600, "4 h"),
    (8 * 3600, "8 h"),
    (16 * 3600, "16 h"),
    (40 * 3600, "40 h"),
)


class Answer(StrEnum):
    """How a lead was answered, from the two rules on response time."""

    IN_TIME = "in_time"
    LATE = "late"
    UNANSWERED = "unanswered"
    WAITING = "waiting"
    CLOSED_WITHOUT = "closed_without"
    #: Nobody tried it, but the lead rang or came, and was spoken with: it waits for nobody.
    SPOKEN_WITH = "spoken_with"
    IMPORTED = "imported"
    UNKNOWN = "unknown"


_OF_FIRST_RULE = {Outcome.PASS: Answer.IN_TIME, Outcome.BREACH: Answer.LATE, Outcome.NOT_EVALUATED: Answer.UNKNOWN}
_OF_SECOND_RULE = {
    Outcome.PASS: Answer.WAITING,
    Outcome.BREACH: Answer.UNANSWERED,
    Outcome.NOT_EVALUATED: Answer.UNKNOWN,
}
#: Reason of the second rule, where neither applies.
_WITHOUT_ATTEMPT = {"answered": Answer.SPOKEN_WITH}


@dataclass(frozen=True, slots=True)
class Answered:
    """One lead's answer: who held the lead when it mattered, and the working time to the first attempt."""

    answer: Answer
    owner_id: str | None
    first_attempt_s: int | None


def answered(findings: Iterable[Finding], present_owner_id: str | None) -> Answered:
    """What the report counts of one lead. Raises ValueError when the rules on response time are not among them."""
    by_rule = {finding.rule_id: finding for finding in findings}
    try:
        first, waiting = by_rule[_ON_TIME_RULE], by_rule[_WAITING_RULE]
    except KeyError as missing:
        raise ValueError(f"the findings lack rule {missing}") from None
    seconds = next((each.value for each in first.measures if each.name == FIRST_ATTEMPT), None)
    first_attempt_s = seconds if isinstance(seconds, int) else None
    if first.outcome is not Outcome.NOT_APPLICABLE:
        answer, told_by = _OF_FIRST_RULE[first.outcome], first
    elif waiting.outcome is not Outcome.NOT_APPLICABLE:
        answer, told_by = _OF_SECOND_RULE[waiting.outcome], waiting
    else:
        answer = (
            Answer.IMPORTED
            if first.reason == "imported"
            else _WITHOUT_ATTEMPT.get(waiting.reason, Answer.CLOSED_WITHOUT)
        )
        return Answered(answer, present_owner_id, first_attempt_s)
    owner_id = present_owner_id if answer is Answer.UNKNOWN else told_by.owner_id
    return Answered(answer, owner_id, first_attempt_s)


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many leads a rule answered so. `meaning` is the reason in words."""

    outcome: Outcome
    reason: str
    meaning: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """One rule over all leads. `breaches`: the share of breaches where it said pass or breach."""

    rule_id: str
    title: str
    question: str
    n: int
    breaches: Share
    reasons: tuple[ReasonCount, ...]

    def count(self, outcome: Outcome) -> int:
        """Leads with this outcome."""
        return sum(each.count for each in self.reasons if each.outcome is outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCount:
    """Leads of one group (all, an owner, a source) by how they were answered.

    `in_time` is the share tried in time among those in time, late, or never tried past the target.
    """

    name: str
    n: int
    counts: Mapping[Answer, int]
    in_time: Share
    first_attempt: SpanSummary


@dataclass(frozen=True, slots=True)
class Bin:
    """Leads whose first attempt took more than the bin before, up to and including `label` ("more": beyond)."""

    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """All that the page and the JSON show of the audit, beside the single leads."""

    total: AnswerCount
    owners: tuple[AnswerCount, ...]
    sources: tuple[AnswerCount, ...]
    rules: tuple[RuleCount, ...]
    verdicts: tuple[tuple[str, int], ...]
    follow_up: tuple[tuple[str, int], ...]
    histogram: tuple[Bin, ...]


class RuleCounter:
    """Counts findings; holds numbers only, so that any number of leads may pass by."""

    def __init__(self, rules: Sequence[RuleInfo]) -> None:
        self._rules = rules
        self._counts: Counter[tuple[str, Outcome, str]] = Counter()

    def add(self, findings: Iterable[Finding]) -> None:
        """Count the findings on one lead."""
        self._counts.update((finding.rule_id, finding.outcome, finding.reason) for finding in findings)

    def counted(self) -> tuple[RuleCount, ...]:
        """One entry for every rule, in the rulebook's order; reasons by outcome, then by frequency."""
        return tuple(self._counted(info) for info in self._rules)

    def _counted(self, info: RuleInfo) -> RuleCount:
        meanings, order = dict(info.reasons), list(Outcome)
        reasons = [
            ReasonCount(outcome, reason, meanings.get(reason, reason), count)
            for (rule_id, outcome, reason), count in self._counts.items()
            if rule_id == info.rule_id
        ]
        reasons.sort(key=lambda each: (order.index(each.outcome), -each.count, each.reason))
        passes, breaches = (
            sum(each.count for each in reasons if each.outcome is outcome)
            for outcome in (Outcome.PASS, Outcome.BREACH)
        )
        return RuleCount(
            rule_id=info.rule_id,
            title=info.title,
            question=info.question,
            n=sum(each.count for each in reasons),
            breaches=Share(breaches, passes + breaches),
            reasons=tuple(reasons),
        )


class HistogramCounter:
    """Counts spans into HISTOGRAM_EDGES."""

    def __init__(self) -> None:
        self._edges = [edge for edge, _ in HISTOGRAM_EDGES]
        self._counts = [0] * (len(self._edges) + 1)

    def add(self, seconds: int) -> None:
        """Count one span; an edge belongs to the bin that it ends."""
        self._counts[bisect_left(self._edges, seconds)] += 1

    def counted(self) -> tuple[Bin, ...]:
        """All bins, empty ones too."""
        labels = [label for _, label in HISTOGRAM_EDGES] + ["more"]
        return tuple(map(Bin, labels, self._counts))


def answer_count(name: str, counts: Mapping[Answer, int], first_attempt: SpanSummary) -> AnswerCount:
    """One group from its counts per answer."""
    tried_in_time = counts.get(Answer.IN_TIME, 0)
    agreed = tried_in_time + counts.get(Answer.LATE, 0) + counts.get(Answer.UNANSWERED, 0)
    return AnswerCount(
        name=name,
        n=sum(counts.values()),
        counts={answer: counts.get(answer, 0) for answer in Answer},
        in_time=Share(tried_in_time, agreed),
        first_attempt=first_attempt,
    )
