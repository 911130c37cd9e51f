"""Report figures on the public incident log, against plain csv and a minute walk of its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from audits.reports.collected import RowCollector
from audits.reports.export_report import Answer
from audits.reports.handling import HandlingReport, handling_report
from connector.exports.mapping_file import read_map
from connector.exports.policy_file import read_policy
from connector.exports.run import AuditRequest, run_audit
from connector.exports.store import open_store
from tests.exports.test_incident_log import EXAMPLES, LOG, Ticket, tickets, working_minutes

LAST = datetime(2017, 2, 4, 19)  # noqa: DTZ001  (the wall clock, as the log writes it)
SINCE, UNTIL = datetime(2016, 3, 1), datetime(2016, 6, 1)  # noqa: DTZ001


@pytest.fixture(scope="module")
def told() -> HandlingReport:
    policy = read_policy(EXAMPLES / "incident-log.policy.toml")
    zone = ZoneInfo(policy.calendar.zone)
    since, until, as_of = (each.replace(tzinfo=zone).astimezone(UTC) for each in (SINCE, UNTIL, LAST))
    collector = RowCollector(since=since, until=until, history_since=since, zone=policy.calendar.zone, policy=policy)
    request = AuditRequest(
        leads=LOG,
        touches={},
        exported=read_map(EXAMPLES / "incident-log.map.toml"),
        policy=policy,
        as_of=as_of,
        now=as_of,
    )
    with open_store() as store:
        run_audit(store, request, lambda *_: None, lambda case, result: collector.add(case, policy, result))
    rows = collector.rows(contested={}, decided={}, usual_cycle_s=None)
    return handling_report(rows, since=since, until=until, as_of=as_of, zone=policy.calendar.zone)


@pytest.fixture(scope="module")
def period() -> list[Ticket]:
    return [ticket for ticket in tickets(LAST).values() if SINCE <= ticket.received < UNTIL]


def test_answers_and_owners(told: HandlingReport, period: list[Ticket]) -> None:
    answers = [ticket.answer(LAST) for ticket in period]
    assert told.arrivals == len(period) > 300
    assert {answer.value: n for answer, n in told.answers if n} == Counter(answer for answer, _ in answers)
    per_owner: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for answer, owner_id in answers:
        per_owner[owner_id][answer] += 1
    assert {each.owner_id: (each.compared.share.hits, each.compared.share.n) for each in told.owners} == {
        owner_id: (counts["in_time"], counts["in_time"] + counts["late"] + counts["unanswered"])
        for owner_id, counts in per_owner.items()
        if owner_id
    }


def test_arrivals_by_hour(told: HandlingReport, period: list[Ticket]) -> None:
    counted = Counter((ticket.received.weekday(), ticket.received.hour) for ticket in period)
    assert {
        (day, hour): n for day, row in enumerate(told.arrivals_by_hour) for hour, n in enumerate(row) if n
    } == counted


def test_first_attempts_lie_in_the_bins_of_a_minute_walk(told: HandlingReport, period: list[Ticket]) -> None:
    minutes = sorted(
        sum(1 for _ in working_minutes(ticket.received, ticket.attempt))
        for ticket in period
        if ticket.attempt is not None
    )
    assert told.first_attempt.summary.n == len(minutes) > 200
    assert told.first_attempt.summary.to_json()["median_s"] == minutes[-(-len(minutes) // 2) - 1] * 60
    edges = [5, 15, 30, 60, 120, 240, 480, 960, 2400]
    bins = [sum(low < each <= high for each in minutes) for low, high in zip([-1, *edges], edges, strict=False)]
    assert list(told.first_attempt.bins) == [*bins, sum(each > edges[-1] for each in minutes)]
    assert told.count(Answer.IMPORTED) == 0
