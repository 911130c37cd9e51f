"""One lead that we cannot handle is parked after several tries; the others of its install go on."""

from __future__ import annotations

import pytest

from audits.engine import LeadAudit
from audits.model.case import LeadCase
from audits.model.policy import Policy
from connector.errors import JobFailed
from connector.jobs import audit_leads as judging
from connector.jobs import refresh_leads as reading
from connector.jobs.advance import ISOLATE_AFTER
from connector.storage import page_queries, timeline, worklist
from tests.jobs.oracle import contact, count
from tests.stack import PORTAL, Stack


def breaks_on(monkeypatch: pytest.MonkeyPatch, lead_id: str) -> None:
    """A rule that crashes on one lead, as a fault of ours would."""
    real = judging.audit

    def audit(case: LeadCase, policy: Policy) -> LeadAudit:
        if case.lead.lead_id == lead_id:
            raise ZeroDivisionError
        return real(case, policy)

    monkeypatch.setattr(judging, "audit", audit)


def fail(stack: Stack, install, times: int) -> None:
    for _ in range(times):
        with pytest.raises(JobFailed):
            stack.advance(install)


def notices(stack: Stack, install) -> list[str]:
    with stack.context.database.read() as connection:
        return [notice.sentence for notice in page_queries.list_notices(connection, install.install_id, limit=20)]


def test_a_lead_that_crashes_a_rule_is_parked_and_the_others_are_audited(stack: Stack, monkeypatch):
    install = stack.install()
    stack.advance(install)
    odd, *others = [contact(stack) for _ in range(4)]
    stack.control.wait_for_webhooks()
    stack.sort()
    with monkeypatch.context() as patch:
        breaks_on(patch, odd)
        fail(stack, install, ISOLATE_AFTER)
        assert all(stack.fields(other)["leadassay_audit_note"] == "" for other in others)
        stack.advance(install)
        assert all(stack.fields(other)["leadassay_audit_note"] for other in others)
        assert [odd in sentence for sentence in notices(stack, install)] == [True]
        stack.advance(install)
        assert len(notices(stack, install)) == 1
    assert stack.fields(odd)["leadassay_audit_note"] == ""
    stack.control.set_properties(PORTAL, odd, {"phone": "+4930987654"})
    stack.settle(install)
    assert stack.fields(odd)["leadassay_audit_note"]


def test_news_of_a_neighbour_leaves_a_parked_lead_parked(stack: Stack, monkeypatch):
    """Else each news of whoever shares a number with it would make the whole install fail again."""
    install = stack.install()
    stack.advance(install)
    odd, neighbour = contact(stack), contact(stack)
    stack.control.set_properties(PORTAL, odd, {"phone": "+4930987654"})
    stack.control.wait_for_webhooks()
    stack.sort()
    breaks_on(monkeypatch, odd)
    fail(stack, install, ISOLATE_AFTER)
    stack.advance(install)
    assert len(notices(stack, install)) == 1
    stack.control.set_properties(PORTAL, neighbour, {"phone": "+4930987654"})
    stack.settle(install)
    with stack.context.database.read() as connection:
        assert worklist.get_wake(connection, install.install_id).failures == 0
        [case] = timeline.load_cases(
            connection, install.install_id, [neighbour], stack.context.clock(), install.coverage
        )
    assert [each.lead_id for each in case.sightings] == [odd]


def test_a_record_that_cannot_be_stored_is_parked_and_its_events_end(stack: Stack, monkeypatch):
    install = stack.install()
    stack.advance(install)
    odd, *others = [contact(stack) for _ in range(3)]
    stack.control.wait_for_webhooks()
    stack.sort()
    real = reading.timeline.store_records

    def store(connection, install_id, records, read_at):
        if any(record.lead.lead_id == odd for record in records):
            raise ValueError("too long for an index")
        return real(connection, install_id, records, read_at)

    monkeypatch.setattr(reading.timeline, "store_records", store)
    fail(stack, install, ISOLATE_AFTER)
    stack.advance(install)
    assert all(stack.fields(other)["leadassay_audit_note"] for other in others)
    assert count(stack, "SELECT COUNT(*) FROM events WHERE done_at IS NULL") == 0
    assert len(notices(stack, install)) == 1


def test_a_fault_in_every_lead_parks_none(stack: Stack, monkeypatch):
    install = stack.install()
    stack.advance(install)
    for _ in range(3):
        contact(stack)
    stack.control.wait_for_webhooks()
    stack.sort()
    with monkeypatch.context() as patch:
        patch.setattr(judging, "audit", lambda case, policy: 1 // 0)
        fail(stack, install, ISOLATE_AFTER + 2)
        assert notices(stack, install) == []
    with stack.context.database.read() as connection:
        assert worklist.get_wake(connection, install.install_id).failures == ISOLATE_AFTER + 2
    stack.advance(install)
    assert count(stack, "SELECT COUNT(*) FROM lead_audits") == 3
