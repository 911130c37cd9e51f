"""A policy that is saved changes nothing of what was agreed for the leads that are there; hours go on with time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from audits.engine import LeadAudit, audit
from audits.model.case import LeadCase
from audits.model.policy import Policy
from connector.jobs.audit_leads import audit_leads
from connector.jobs.context import take_lease
from connector.storage import findings, policies, timeline, worklist
from tests.factories import NOW, at, make_activity, make_calendar, make_install, make_lead, make_policy, make_record
from tests.stack import Stack


def strict(version: str, **fields: object) -> Policy:
    return replace(make_policy(version, targets=(), response_goal_s=60, response_target_s=600), **fields)


def test_what_was_agreed_for_a_lead_stays(stack: Stack) -> None:
    """Received two hours ago and called an hour later: fine by ten hours, late by ten minutes."""
    now = NOW
    context = replace(stack.context, clock=lambda: now)
    with context.database.write() as conn:
        tenant = make_install(conn).install_id
        # A first answer: it takes the place of what was shipped.
        shipped = policies.list_policies(conn, tenant)[0].valid_from
        policies.put_policy(conn, tenant, replace(strict("2"), response_target_s=36_000), shipped)
        early, late = (make_lead(lead_id, received_at=at(hours=-2)) for lead_id in ("1", "2"))
        timeline.store_records(conn, tenant, [make_record(early, activities=[make_activity()])], NOW)

    def judged(lead_id: str) -> tuple[str, str, datetime | None]:
        audit_leads(take_lease(context, tenant, "test"), [lead_id])
        with context.database.read() as conn:
            row = findings.get_audit(conn, tenant, lead_id)
            said = findings.list_findings(conn, tenant, lead_id, only_current=True)
        assert row is not None
        outcome = next(each.finding.outcome for each in said if each.finding.rule_id == "RT001")
        return row.policy_version, outcome.value, row.next_change_at

    assert judged("1")[:2] == ("2", "pass")
    with context.database.write() as conn:
        policies.put_policy(conn, tenant, strict("3"), NOW)
    assert judged("1")[:2] == ("2", "pass"), "terms of now, hours unchanged: nothing of the lead is another"
    now = at(hours=1)
    with context.database.write() as conn:
        new = replace(late, received_at=at(minutes=10), recorded_at=at(minutes=10))
        called = make_activity("call-2", "2", occurred_at=at(minutes=55))
        timeline.store_records(conn, tenant, [make_record(new, activities=[called])], now)
        policies.put_policy(conn, tenant, strict("4", calendar=make_calendar(start_h=1)), at(days=1))
    version, outcome, again_at = judged("2")
    assert (version, outcome) == ("3", "breach")
    assert again_at is not None
    assert again_at <= at(days=1), "when other hours begin, what is due may be due earlier"
    now = at(days=1)
    assert judged("1")[:2] == ("2 (hours 4)", "pass")
    assert judged("2")[:2] == ("3 (hours 4)", "breach")
    with context.database.read() as conn:
        found = policies.find_policy(conn, tenant, "2 (hours 4)")
        assert found == policies.policy_for(conn, tenant, at(hours=-2), now)
    assert found is not None
    assert [each.valid_from for each in found.later_hours] == [at(days=1)]
    assert found.response_target_s == timedelta(hours=10).total_seconds()


@pytest.mark.parametrize("clicked_at", [NOW, at(minutes=-1)])
def test_a_policy_saved_while_leads_are_judged_reaches_them_too(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, clicked_at: datetime
) -> None:
    """The batch has read the old policy; whoever saves a new one marks its leads before it commits. He may have
    clicked before the batch began, and waited for the database."""
    context = replace(stack.context, clock=lambda: NOW)
    with context.database.write() as conn:
        tenant = make_install(conn).install_id
        lead = make_lead(received_at=at(hours=-2))
        timeline.store_records(conn, tenant, [make_record(lead, activities=[make_activity()])], NOW)

    def judged_while_somebody_saves(case: LeadCase, policy: Policy) -> LeadAudit:
        with context.database.write() as conn:
            policies.put_policy(conn, tenant, strict("2"), clicked_at)
            findings.mark_all_due(conn, tenant, clicked_at)
        return audit(case, policy)

    monkeypatch.setattr("connector.jobs.audit_leads.audit", judged_while_somebody_saves)
    audit_leads(take_lease(context, tenant, "test"), ["1"])
    with context.database.read() as conn:
        assert worklist.due_leads(conn, tenant, NOW, 10) == ["1"]
    monkeypatch.undo()
    audit_leads(take_lease(replace(context, clock=lambda: at(1)), tenant, "test"), ["1"])
    with context.database.read() as conn:
        assert worklist.due_leads(conn, tenant, at(1), 10) == []
