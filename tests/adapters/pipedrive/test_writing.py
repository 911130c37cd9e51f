"""Our fields, our values and our subscriptions in the sandbox, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from audits.model.score import FollowUpStatus, Verdict
from connector.adapters.pipedrive import PipedriveAdapter
from connector.adapters.pipedrive.events import WATCHED
from connector.crm.port import FieldSetup, FieldWrite, Hook, HookReport, OurField
from connector.errors import CrmRejected, QuotaSpent
from tests.adapters.pipedrive.conftest import Make
from tests.sides.pipedrive import COMPANY, PipedriveSide, without

VALUES = {
    OurField.LEAD_QUALITY.value: "87",
    OurField.HANDLING.value: "0",
    OurField.LEAD_VERDICT.value: "plausible",
    OurField.FOLLOW_UP_STATUS.value: "never_called",
    OurField.AUDIT_NOTE.value: "Zürich → 5 min zu spät",
    OurField.SUGGESTED_REPAIR.value: "phone: +49 17 (given: 017)",
}
HOOK = Hook(url="http://127.0.0.1:9/webhooks/pipedrive/abc-1", secret="0123456789abcdef" * 4)


def ready(make: Make, **details: object) -> tuple[PipedriveAdapter, FieldSetup]:
    """An adapter whose install has our fields."""
    setup = make().ensure_fields()
    return make(field_keys=setup.keys, **details), setup


def test_fields_are_made_once_and_found_again(side: PipedriveSide, make: Make) -> None:
    adapter, setup = ready(make)
    assert len(setup.made) == 12
    assert len([key for key in setup.keys if key.count("/") == 1]) == 12
    assert len(setup.keys) == 12 + 2 * (len(Verdict) + len(FollowUpStatus))
    again = adapter.ensure_fields()
    assert again == FieldSetup(made=(), keys=setup.keys)
    by_name = make().ensure_fields()
    assert by_name == again


def test_a_renamed_field_is_known_by_its_key_and_a_foreign_one_of_our_name_is_left(
    side: PipedriveSide, make: Make
) -> None:
    side.control.seed(
        {
            "company_id": COMPANY,
            "fields": [
                {"ref": "f", "entity": "deal", "field_name": "Lead Assay: lead quality", "field_type": "varchar"}
            ],
        }
    )
    adapter, setup = ready(make)
    assert "deal/leadassay_lead_quality" in setup.made
    client = adapter._client
    code = setup.keys["deal/leadassay_handling"]
    client._data("PATCH", f"/api/v2/dealFields/{code}", json={"field_name": "Mine"}, cost=5, scope="")
    assert adapter.ensure_fields() == FieldSetup(made=(), keys=setup.keys)


def test_an_option_that_was_taken_away_is_given_back(make: Make) -> None:
    adapter, setup = ready(make)
    code, option = setup.keys["deal/leadassay_lead_verdict"], setup.keys["deal/leadassay_lead_verdict/suspect"]
    adapter._client._data(
        "DELETE", f"/api/v2/dealFields/{code}/options", json=[{"id": int(option)}], cost=3, scope=""
    )
    repaired = adapter.ensure_fields()
    assert repaired.made == ("deal/leadassay_lead_verdict",)
    changed = {key for key in setup.keys if setup.keys[key] != repaired.keys[key]}
    assert changed == {"deal/leadassay_lead_verdict/suspect"}


def test_an_archived_lead_is_read_as_locked_and_only_its_person_is_written(side: PipedriveSide, make: Make) -> None:
    adapter, _ = ready(make)
    lead_id = side.create_lead(side.account, first_name="Ann")
    side.control.act("archive", COMPANY, kind="lead", id=lead_id.partition(":")[2])
    (record,) = adapter.read_leads([lead_id]).records
    assert record.is_locked
    side.forget_calls()
    write = FieldWrite(lead_id=lead_id, values=VALUES, companion_id=record.companion_id, is_locked=True)
    (result,) = adapter.write_fields([write])
    assert (result.is_written, result.is_locked, result.is_gone, result.complaint) == (False, True, False, "")
    assert [call.method for call in side.calls()] == ["PATCH"]
    adapter.write_fields([write])
    assert len(side.calls()) == 1, "its person holds these values already"
    other = {**VALUES, OurField.LEAD_QUALITY.value: "86"}
    adapter.write_fields([replace(write, values=other), write])
    assert len(side.calls()) == 3
    person_id = str(record.companion_id).partition(":")[2]
    shown = side.control.custom_values(COMPANY, "person")[person_id]
    assert shown["Lead Assay: lead quality"].removesuffix(".0") == "87"
    assert side.our_fields(side.account, lead_id)[OurField.LEAD_QUALITY.value] == ""


def test_values_reach_leads_deals_and_persons_and_are_read_back(side: PipedriveSide, make: Make) -> None:
    adapter, _ = ready(make)
    lead_id = side.create_lead(side.account, first_name="Ann")
    deal_id = f"deal:{side.control.create(COMPANY, 'deal', {'title': 'D'})['id']}"
    person_id = adapter.read_leads([lead_id]).records[0].companion_id
    results = adapter.write_fields(
        [
            FieldWrite(lead_id=lead_id, values=VALUES, companion_id=person_id),
            FieldWrite(lead_id=deal_id, values=VALUES),
        ]
    )
    assert [result.is_written for result in results] == [True, True]
    assert side.our_fields(side.account, lead_id) == side.our_fields(side.account, deal_id) == VALUES
    shown = side.control.custom_values(COMPANY, "persons")[(person_id or "").removeprefix("person:")]
    assert shown["Lead Assay: follow-up status"] == "Never called"
    assert [dict(record.our_fields) for record in adapter.read_leads([lead_id, deal_id]).records] == [VALUES, VALUES]
    adapter.write_fields([FieldWrite(lead_id=lead_id, values=dict.fromkeys(VALUES, ""), companion_id=person_id)])
    assert set(side.our_fields(side.account, lead_id).values()) == {""}
    assert dict(adapter.read_leads([lead_id]).records[0].our_fields) == {}


def test_the_poll_passes_over_what_we_alone_changed(side: PipedriveSide, make: Make) -> None:
    adapter, setup = ready(make)
    mine, touched = (side.create_lead(side.account, first_name=name) for name in ("M", "T"))
    companions = {one: adapter.read_leads([one]).records[0].companion_id for one in (mine, touched)}
    before = datetime.now(UTC) - timedelta(seconds=1)
    for record in (*side.control.records(COMPANY), *side.control.records(COMPANY, "persons")):
        kind = "lead" if isinstance(record["id"], str) else "person"
        values = {"title": "x"} if kind == "lead" else {"name": "x"}
        side.control.set_values(COMPANY, kind, record["id"], values, at=(before - timedelta(days=1)).isoformat())
    adapter.write_fields(
        [FieldWrite(lead_id=one, values=VALUES, companion_id=companions[one]) for one in (mine, touched)]
    )
    later = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
    side.control.set_values(COMPANY, "lead", touched.removeprefix("lead:"), {"title": "new"}, at=later)

    def polled(by: PipedriveAdapter) -> set[str]:
        found: set[str] = set()
        cursor = None
        while True:
            page = by.list_modified(before, datetime.now(UTC) + timedelta(minutes=1), cursor)
            found.update(page.lead_ids, page.companion_ids)
            cursor = page.cursor
            if cursor is None:
                return found

    assert polled(adapter) == polled(make(field_keys=setup.keys)) == {touched}
    assert polled(make()) == {mine, touched, *companions.values()}


def test_archived_records_refuse_and_gone_ones_are_gone(side: PipedriveSide, make: Make) -> None:
    adapter, _ = ready(make)
    shelved, thrown, fine = (side.create_lead(side.account, first_name=name) for name in ("S", "T", "F"))
    side.control.act("archive", COMPANY, kind="lead", id=shelved.removeprefix("lead:"))
    side.delete_lead(side.account, thrown)
    side.forget_calls()
    results = adapter.write_fields([FieldWrite(lead_id=one, values=VALUES) for one in (shelved, thrown, fine)])
    assert [(result.is_written, result.is_gone) for result in results] == [
        (False, False),
        (False, True),
        (True, False),
    ]
    assert "rchived" in results[0].complaint
    assert len([call for call in side.calls() if call.method == "PATCH"]) == 3


def test_a_person_that_cannot_be_written_is_no_failure(side: PipedriveSide, make: Make) -> None:
    adapter, _ = ready(make)
    lead_id = side.create_lead(side.account, first_name="Ann")
    write = FieldWrite(lead_id=lead_id, values=VALUES, companion_id="person:999999")
    assert [result.is_written for result in adapter.write_fields([write])] == [True]


def test_fields_that_were_never_made_are_a_complaint(side: PipedriveSide, make: Make) -> None:
    lead_id = side.create_lead(side.account, first_name="Ann")
    (result,) = make().write_fields([FieldWrite(lead_id=lead_id, values=VALUES)])
    assert not result.is_written
    assert "connect again" in result.complaint


def test_what_was_written_before_the_day_ended_is_told(side: PipedriveSide, make: Make) -> None:
    adapter, _ = ready(make)
    leads = [side.create_lead(side.account, first_name="Ann") for _ in range(3)]
    side.control.settings(daily_token_limit=100_000)
    adapter.account()
    left = adapter._client._transport.quota
    assert left is not None
    assert left.tokens_left is not None
    side.control.spend_tokens(COMPANY, left.tokens_left - 25)
    adapter.account()
    writes = [FieldWrite(lead_id=one, values=VALUES) for one in leads]
    assert [result.is_written for result in adapter.write_fields(writes)] == [True, True]
    with pytest.raises(QuotaSpent):
        adapter.write_fields(writes[2:])


def test_a_plan_that_takes_no_more_fields_says_so(side: PipedriveSide, make: Make) -> None:
    fields = [
        {"ref": f"f{number}", "entity": "deal", "field_name": f"F{number}", "field_type": "varchar"}
        for number in range(100)
    ]
    side.control.seed({"company_id": COMPANY, "fields": fields})
    with pytest.raises(CrmRejected, match="limit of custom fields"):
        make().ensure_fields()


def test_subscriptions_are_made_once(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    assert adapter.ensure_hooks(HOOK) == HookReport(made=WATCHED)
    made = side.control.hooks(COMPANY)
    assert {hook["event_object"] for hook in made} == set(WATCHED)
    assert {(hook["version"], hook["event_action"], hook["user_id"]) for hook in made} == {("2.0", "*", 12_094_821)}
    assert adapter.ensure_hooks(HOOK) == HookReport()
    assert len(side.control.hooks(COMPANY)) == len(WATCHED)
    for hook in side.sandbox.sandbox.dispatcher._hooks.values():
        hook.auth_user = None
    assert adapter.ensure_hooks(HOOK) == HookReport(), "the description lets the user of Basic be left out"


def test_subscriptions_that_are_gone_are_made_anew_and_old_ones_removed(
    side: PipedriveSide, adapter: PipedriveAdapter
) -> None:
    adapter.ensure_hooks(HOOK)
    side.control.act("drop_webhooks", COMPANY)
    assert adapter.ensure_hooks(HOOK).made == WATCHED
    moved = Hook(url="http://127.0.0.1:9/webhooks/pipedrive/abc-2", secret="f" * 64)
    report = adapter.ensure_hooks(moved)
    assert (report.made, set(report.removed), report.failing) == (WATCHED, set(WATCHED), ())
    assert {hook["subscription_url"] for hook in side.control.hooks(COMPANY)} == {moved.url}


def test_a_subscription_that_fails_is_told_and_one_that_was_ended_made_anew(
    side: PipedriveSide, adapter: PipedriveAdapter
) -> None:
    adapter.ensure_hooks(HOOK)
    for hook in side.sandbox.sandbox.dispatcher._hooks.values():
        if hook.entity == "lead":
            hook.last_status = 502
        if hook.entity == "deal":
            hook.remove_ms, hook.remove_reason = 1, "No successful deliveries for 3 days"
    report = adapter.ensure_hooks(HOOK)
    assert report.made == ("deal",)
    assert any("leads was answered with 502" in sentence for sentence in report.failing)
    assert any("ended our webhook for deals (No successful" in sentence for sentence in report.failing)


def test_without_the_scope_or_with_40_hooks_the_polls_go_on(side: PipedriveSide, make: Make) -> None:
    refused = make(scopes=without("webhooks:full")).ensure_hooks(HOOK)
    assert refused.made == ()
    assert "polls alone" in refused.failing[0]
    adapter = make()
    for number in range(38):
        adapter._client.create_hook(
            {"subscription_url": "http://127.0.0.1:9/x", "event_action": "*", "event_object": "lead",
             "name": f"other {number}", "version": "2.0"}
        )  # fmt: skip
    report = adapter.ensure_hooks(HOOK)
    assert len(report.made) == 2
    assert len(report.failing) == 3
