"""What is planted on a person is what the rules on persons find, on him and on nobody else; a flood is told apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from audits.engine import audit
from audits.model.case import Coverage
from audits.model.finding import Outcome
from audits.model.owner_case import OverdueLead, OwnerAttempt
from audits.owner_periods import attempts_of, overdue_of, owner_case
from audits.rulebook import OWNER_RULES
from connector.jobs.audit_owners import period_before
from connector.sandbox.office_hours import OfficeHours
from connector.sandbox.population import FLOODED, LARGE, LEAST_LEADS, ZONE, make_population
from connector.storage import policies, timeline
from connector.storage.database import Database
from connector.storage.loads import loads_of
from tests.demo.history_cases import HistoryAccount, policy_of
from tests.demo.test_population import UNTILS
from tests.factories import make_install, make_record


@pytest.mark.parametrize("until", UNTILS[::3], ids=str)
def test_found_on_persons_is_planted(until: datetime) -> None:
    population = make_population(seed=5, until=until, leads=LEAST_LEADS)
    account = HistoryAccount(population, OfficeHours(ZoneInfo(ZONE)))
    policy = policy_of(population, ZONE)
    since, as_of = period_before(until, ZONE)
    made: dict[str, list[OwnerAttempt]] = defaultdict(list)
    waits: dict[str, list[OverdueLead]] = defaultdict(list)
    for lead in population.history.leads:
        if lead.received_at >= as_of:
            continue
        case = account.case(lead.ref, as_of)
        for owner_id, attempt in attempts_of(case, policy, since):
            made[owner_id].append(attempt)
        wait = overdue_of(case, policy, since)
        if wait is not None:
            waits[wait[0]].append(wait[1])
    found = defaultdict(set)
    for owner_id in {*made, *waits}:
        period = owner_case(owner_id, made[owner_id], waits[owner_id], since=since, as_of=as_of, coverage=Coverage())
        for rule in OWNER_RULES:
            if rule.evaluate(period, policy).outcome is Outcome.BREACH:
                found[owner_id].add(rule.info.rule_id)
    assert found == population.people


@pytest.mark.parametrize("leads", [FLOODED, 300, LARGE])
def test_why_a_first_attempt_was_late_is_found_as_planted(database: Database, leads: int) -> None:
    """Through the store, which counts the load: no cause but the planted one is named, and none of the planted
    floods, vendors and missing owners is missed."""
    until = UNTILS[2]
    population = make_population(seed=3, until=until, leads=leads)
    account = HistoryAccount(population, OfficeHours(ZoneInfo(ZONE)))
    policy = replace(policy_of(population, ZONE), version="2")
    cases = [account.case(lead.ref, until) for lead in population.history.leads]
    with database.write() as conn:
        tenant = make_install(conn, zone=ZONE).install_id
        policies.put_policy(conn, tenant, policy, until - timedelta(days=200))
        timeline.store_records(
            conn,
            tenant,
            [make_record(case.lead, activities=case.activities, owner_changes=case.owner_changes) for case in cases],
            until,
        )
        loads = loads_of(conn, tenant, cases, until, policies.PolicyBook.load(conn, tenant))
    found: Counter[tuple[str, str]] = Counter()
    for case in cases:
        around = replace(case.surroundings, load=loads.get(case.lead.lead_id))
        cause = audit(replace(case, surroundings=around), policy).cause.value
        found[population.truth[case.lead.lead_id].cause or "none", cause] += 1
    assert {planted for planted, _ in found} == {
        "none",
        "not_called",
        "overloaded",
        "waited_for_owner",
        "arrived_late_from_vendor",
    }
    assert [pair for pair in found if pair[0] != pair[1]] in ([], [("not_called", "unknown")])
