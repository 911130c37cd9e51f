"""From the CRM's event to the score on the CRM's record, with real stores and a real sandbox."""

from __future__ import annotations

from datetime import timedelta

from connector.jobs import pump
from connector.jobs.context import utc_now
from connector.storage import cursors, findings, health, timeline, worklist
from tests.stack import PORTAL, Stack

LEAD = {"firstname": "Lena", "lastname": "Sommer", "email": "lena@sommer-bau.de", "phone": "+4930901820"}


def outcomes(stack: Stack, install_id: str, lead_id: str) -> dict[str, str]:
    with stack.context.database.read() as connection:
        return {
            stored.finding.rule_id: stored.finding.outcome.value
            for stored in findings.list_findings(connection, install_id, lead_id, only_current=True)
        }


def test_a_new_lead_is_audited_and_its_scores_stand_on_the_record(stack: Stack):
    install = stack.install()
    stack.advance(install)
    contact = stack.control.create_contact(PORTAL, LEAD)
    stack.settle(install)
    fields = stack.fields(contact)
    assert fields["leadassay_lead_quality"].isdigit()
    assert fields["leadassay_lead_verdict"] == "plausible"
    assert fields["leadassay_audit_note"]
    assert outcomes(stack, install.install_id, contact)["DQ001"] == "breach"


def test_a_call_changes_the_findings(stack: Stack):
    install = stack.install()
    stack.advance(install)
    contact = stack.control.create_contact(PORTAL, LEAD)
    stack.settle(install)
    assert outcomes(stack, install.install_id, contact)["RT001"] == "not_applicable"
    stack.control.log_call(PORTAL, contact)
    stack.settle(install)
    assert outcomes(stack, install.install_id, contact)["RT001"] == "pass"


def test_the_past_is_read_page_by_page_and_goes_on_after_a_stop(stack: Stack):
    for number in range(130):
        stack.control.create_contact(PORTAL, {**LEAD, "email": f"lead{number}@example.org"})
    old = utc_now() - timedelta(days=200)
    stack.control.create_contact(PORTAL, {**LEAD, "email": "old@example.org"}, at=old.isoformat())
    install = stack.install()
    for _ in range(3):  # a busy machine needs more than one turn
        stack.advance(install)
    with stack.context.database.read() as connection:
        progress = cursors.get_cursor(connection, install.install_id, "backfill")
    assert progress is not None
    assert progress.finished_at is not None
    assert progress.done == 131
    written = [record for record in stack.control.records(PORTAL) if record["properties"].get("leadassay_audit_note")]
    assert len(written) == 130


def test_our_own_writes_come_back_and_change_nothing(stack: Stack):
    install = stack.install()
    stack.advance(install)
    contact = stack.control.create_contact(PORTAL, LEAD)
    for _ in range(3):
        stack.settle(install)
    assert len(stack.our_writes(contact)) == 1


def test_a_lost_webhook_is_found_by_the_poll_and_counted(stack: Stack):
    install = stack.install()
    stack.advance(install)
    stack.control.misbehave("webhook_drop", count=None)
    lost = [stack.control.create_contact(PORTAL, {**LEAD, "email": f"lost{n}@example.org"}) for n in range(5)]
    stack.control.clear_rules()
    stack.settle(install)
    with stack.context.database.read() as connection:
        assert timeline.load_cases(connection, install.install_id, lost, utc_now(), install.coverage) == []
        assert "lost_found" not in health.read_health(connection, install.install_id).counters
    with stack.context.database.write() as connection:
        cursors.put_cursor(
            connection,
            install.install_id,
            "reconcile",
            cursor=None,
            done=0,
            total=None,
            at=utc_now() - timedelta(hours=1),
            is_finished=True,
        )
    stack.advance(install)
    with stack.context.database.read() as connection:
        found = timeline.load_cases(connection, install.install_id, lost, utc_now(), install.coverage)
        assert {case.lead.lead_id for case in found} == set(lost)
        assert health.read_health(connection, install.install_id).counters["lost_found"].value == 5


def test_a_job_that_ended_without_saying_so_holds_nothing_up(stack: Stack):
    """It could not reach the store at its end: its wake would be asked for in vain for ever, also for a mere poll."""
    install = stack.install()
    stack.advance(install)
    with stack.context.database.write() as connection:
        wake = worklist.get_wake(connection, install.install_id)
        cursors.put_cursor(
            connection,
            install.install_id,
            "reconcile",
            cursor=None,
            done=0,
            total=None,
            at=utc_now() - timedelta(hours=1),
            is_finished=True,
        )
    asked: list[str] = []
    assert pump.wake_installs(stack.context, lambda _, key: asked.append(key), with_polls=True) == 1
    assert pump.mend_wakes(stack.context, lambda *_: False, "advance") == 0
    assert pump.mend_wakes(stack.context, lambda _, install_id, key: key == asked[0], "advance") == 1
    pump.wake_installs(stack.context, lambda _, key: asked.append(key), with_polls=True)
    assert asked == [str(wake.wake_no), str(wake.wake_no + 1)]
