"""What became of some leads of a form-filler turns what is said of the rest of its wave; a fair stays what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from audits.model.activity import Disposition
from audits.model.lead import LeadStatus
from connector.crm.port import LeadRecord
from connector.jobs.audit_due import audit_due
from connector.jobs.context import take_lease
from connector.storage import findings, policies, timeline, worklist
from tests.factories import NOW, at, make_activity, make_install, make_lead, make_record
from tests.stack import Stack

WAVE, TOLD = 14, 8
ROUNDS = 20


def filled(number: int, source: str, *, told: str | None = None) -> LeadRecord:
    """Lead `number` of a source, from one part of the net; `told`: its status after a conversation."""
    lead_id, arrived = f"{source}-{number}", NOW - timedelta(days=3, minutes=number)
    talk = make_activity(
        f"talk-{lead_id}",
        lead_id,
        disposition=Disposition.CONNECTED,
        duration_s=180,
        occurred_at=arrived + timedelta(hours=1),
        recorded_at=arrived + timedelta(hours=1),
        # Each by another owner: of calls that one logs together with many others none counts.
        owner_id=f"owner of {lead_id}",
    )
    state = {} if told is None else {"status": LeadStatus.LOST, "raw_status": told, "closed_at": at(-30)}
    lead = make_lead(
        lead_id,
        email=f"ada.{number}@{source}-verksted.no",
        source="partner",
        source_detail=source,
        ip=f"81.0.{ord(source[0])}.{number}",
        received_at=arrived,
        recorded_at=arrived,
        **state,
    )
    return make_record(lead, activities=[] if told is None else [talk])


def codes(stack: Stack, install_id: str, lead_id: str) -> set[str]:
    """The codes of what speaks for any class of a lead, as its audit kept it, and for a person."""
    with stack.context.database.read() as connection:
        row = findings.get_audit(connection, install_id, lead_id)
    assert row is not None
    assert row.truth is not None
    judged = row.truth.judgement
    return {each.code for likely in judged.classes for each in likely.signals} | {
        each.code for each in judged.genuine_signals
    }


def test_who_came_with_a_wave_is_judged_by_what_its_others_said(stack: Stack) -> None:
    now = NOW
    context = replace(stack.context, clock=lambda: now)
    with context.database.write() as conn:
        tenant = make_install(conn, "portal-9", zone="Europe/Berlin").install_id
        policies.put_policy(conn, tenant, policies.default_policy("Europe/Berlin"), at(days=-100))

    def store(records: list[LeadRecord]) -> None:
        with context.database.write() as conn:
            changed = timeline.store_records(conn, tenant, records, now)
            worklist.mark_due(conn, tenant, changed, now)

    def settle() -> int:
        lease = take_lease(context, tenant, "test")
        for turn in range(ROUNDS):
            if not audit_due(lease):
                return turn
        raise AssertionError("leads stay due for ever")

    store([filled(number, source) for number in range(WAVE) for source in ("wave", "fair")])
    settle()
    assert "cluster_denied" not in codes(stack, tenant, f"wave-{WAVE - 1}")
    now += timedelta(minutes=5)
    store([filled(number, "wave", told="Did not request") for number in range(TOLD)])
    store([filled(number, "fair", told="Too expensive") for number in range(TOLD)])
    assert settle() > 1, "the others of the wave were due by what became of these"
    for number in range(TOLD, WAVE):
        assert "cluster_denied" in codes(stack, tenant, f"wave-{number}")
        assert "cluster_denied" not in codes(stack, tenant, f"fair-{number}")
    now += timedelta(minutes=5)
    with context.database.read() as connection:
        assert worklist.list_dirty(connection, tenant) == frozenset()
