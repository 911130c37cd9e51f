"""The report's figures: answers, percentiles, histogram, counts per rule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audits.model.finding import Finding, Measure, Outcome
from audits.model.said import say
from audits.reports.export_report import (
    FIRST_ATTEMPT,
    Answer,
    HistogramCounter,
    RuleCounter,
    answer_count,
    answered,
)
from audits.rulebook import RULES
from audits.statistics.medians import span_summary

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def finding(
    rule_id: str, outcome: Outcome, reason: str = "in_time", owner: str | None = None, seconds: int | None = None
):
    measures = () if seconds is None else (Measure(FIRST_ATTEMPT, seconds, "s"),)
    return Finding(rule_id=rule_id, rule_version=1, subject_id="1", outcome=outcome, reason=reason, said=say("Fine."),
                   policy_version="", as_of=NOW, owner_id=owner, measures=measures)  # fmt: skip


@pytest.mark.parametrize(
    ("first", "waiting", "answer", "owner"),
    [
        ((Outcome.PASS, "in_time", "then"), (Outcome.NOT_APPLICABLE, "answered", None), Answer.IN_TIME, "then"),
        ((Outcome.BREACH, "late", None), (Outcome.NOT_APPLICABLE, "answered", None), Answer.LATE, None),
        (
            (Outcome.NOT_APPLICABLE, "no_attempt_yet", None),
            (Outcome.BREACH, "past_target", "then"),
            Answer.UNANSWERED,
            "then",
        ),
        (
            (Outcome.NOT_APPLICABLE, "no_attempt_yet", None),
            (Outcome.PASS, "waiting_in_time", "then"),
            Answer.WAITING,
            "then",
        ),
        (
            (Outcome.NOT_APPLICABLE, "no_attempt_yet", None),
            (Outcome.NOT_APPLICABLE, "closed_without_need", None),
            Answer.CLOSED_WITHOUT,
            "now",
        ),
        (
            (Outcome.NOT_APPLICABLE, "no_attempt_yet", None),
            (Outcome.NOT_APPLICABLE, "answered", None),
            Answer.SPOKEN_WITH,
            "now",
        ),
        (
            (Outcome.NOT_APPLICABLE, "imported", None),
            (Outcome.NOT_APPLICABLE, "imported", None),
            Answer.IMPORTED,
            "now",
        ),
        (
            (Outcome.NOT_EVALUATED, "not_looked_at", None),
            (Outcome.NOT_APPLICABLE, "answered", None),
            Answer.UNKNOWN,
            "now",
        ),
        (
            (Outcome.NOT_APPLICABLE, "no_attempt_yet", None),
            (Outcome.NOT_EVALUATED, "not_looked_at", None),
            Answer.UNKNOWN,
            "now",
        ),
    ],
)
def test_the_answer_stands_with_whoever_held_the_lead_when_it_mattered(first, waiting, answer, owner):
    told = answered([finding("RT001", *first), finding("RT002", *waiting)], "now")
    assert (told.answer, told.owner_id) == (answer, owner)


def test_an_audit_without_the_rules_on_response_is_a_fault():
    with pytest.raises(ValueError, match="lack rule 'RT002'"):
        answered([finding("RT001", Outcome.PASS)], None)


def test_the_edge_of_a_bin_belongs_to_it():
    counter = HistogramCounter()
    for seconds in (0, 300, 301, 900, 40 * 3600, 40 * 3600 + 1):
        counter.add(seconds)
    counted = {each.label: each.count for each in counter.counted() if each.count}
    assert counted == {"5 min": 2, "15 min": 2, "40 h": 1, "more": 1}


def test_every_rule_is_listed_even_when_it_said_nothing():
    counter = RuleCounter([rule.info for rule in RULES])
    counter.add(
        [finding("RT001", Outcome.BREACH, "late"), finding("RT001", Outcome.PASS), finding("RT001", Outcome.PASS)]
    )
    counted = {rule.rule_id: rule for rule in counter.counted()}
    assert list(counted) == [rule.info.rule_id for rule in RULES]
    assert (counted["RT001"].breaches.hits, counted["RT001"].breaches.n, counted["RT001"].n) == (1, 3, 3)
    assert [(each.reason, each.count) for each in counted["RT001"].reasons] == [("in_time", 2), ("late", 1)]
    assert counted["RT001"].reasons[0].meaning == "the first attempt was made by the due time"
    assert counted["DQ002"].n == 0


def test_only_those_with_an_agreed_time_count_for_the_share():
    counts = {Answer.IN_TIME: 30, Answer.LATE: 5, Answer.UNANSWERED: 5, Answer.WAITING: 7, Answer.UNKNOWN: 9}
    row = answer_count("Kai", counts, span_summary(35, range(35)))
    assert (row.n, row.in_time.hits, row.in_time.n) == (56, 30, 40)
    assert row.counts[Answer.IMPORTED] == 0
