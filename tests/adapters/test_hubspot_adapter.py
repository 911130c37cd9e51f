"""Our adapter against a running sandbox: reading, paging, merging, writing, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from audits.model.activity import ActivityKind, Direction, Disposition
from audits.model.case import Fact
from audits.model.lead import LeadStatus
from connector.adapters.hubspot import MAPPABLE, HubSpotAdapter, HubSpotClient, capabilities_for
from connector.crm.port import FieldWrite, OurField
from connector.crm.values import ValueMap
from connector.errors import PermissionMissing, ReauthorizationNeeded, RecordGone, RetryLater, UnexpectedPayload
from connector.sandbox import SandboxControl
from tests.adapters.conftest import BASE, PORTAL, client_for
from tests.unruly import Seen, answer_json, unruly

ALL_TIME = datetime(2020, 1, 1, tzinfo=UTC)


def contact(control: SandboxControl, number: int, **more: object) -> str:
    values = {"email": f"lead{number}@buyer.example", "firstname": f"Lead{number}", "lifecyclestage": "lead"}
    properties = more.pop("properties", {})
    assert isinstance(properties, Mapping)
    return control.create_contact(PORTAL, {**values, **properties}, **more)


def pages(adapter: HubSpotAdapter, since: datetime = ALL_TIME) -> list[str]:
    found: list[str] = []
    cursor = None
    for _ in range(100):
        page = adapter.list_leads(cursor, since)
        found += page.lead_ids
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the paging has no end")


def modified(adapter: HubSpotAdapter, since: datetime) -> list[str]:
    found: list[str] = []
    cursor = None
    for _ in range(200):
        page = adapter.list_modified(since, datetime.now(UTC), cursor)
        found += page.lead_ids
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the poll has no end")


def test_the_account(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    account = adapter.account()
    assert (account.account_id, account.zone, account.currency) == (str(PORTAL), "America/New_York", "USD")
    assert account.record_url_base == f"{control.base_url}/contacts/{PORTAL}/record/0-1/"


@pytest.mark.parametrize(
    "host", ["evil.test", "hubspot.com.evil.test", "app.hubspot.com/x", "a@app.hubspot.com", "x:1"]
)
def test_links_to_records_lead_to_hubspot_alone(host: str) -> None:
    def details(handler: BaseHTTPRequestHandler, _: Seen) -> None:
        answer_json(handler, {"portalId": 7, "timeZone": "Europe/Berlin", "uiDomain": host})

    with unruly(details) as server, pytest.raises(UnexpectedPayload, match="address of its pages"):
        HubSpotAdapter(client_for(server.url, "t"), record_url_base="").account()


def test_an_account_of_another_region() -> None:
    def details(handler: BaseHTTPRequestHandler, _: Seen) -> None:
        answer_json(handler, {"portalId": 7, "timeZone": "Europe/Berlin", "uiDomain": "app-eu1.hubspot.com"})

    with unruly(details) as server:
        account = HubSpotAdapter(client_for(server.url, "t"), record_url_base="").account()
    assert (account.account_id, account.currency) == ("7", None)
    assert account.record_url_base == "https://app-eu1.hubspot.com/contacts/7/record/0-1/"


def test_owners_with_former_ones(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    owners = {owner.email: owner for owner in adapter.iter_owners()}
    ada = owners["ada.admin@northwind.example"]
    assert (ada.user_id, ada.name, ada.is_archived) == ("98499705", "Ada Admin", False)
    assert ada.owner_id != ada.user_id


def test_a_lead_with_everything_on_it(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    owner = next(adapter.iter_owners()).owner_id
    lead_id = contact(control, 1, properties={"hs_lead_status": "NEW", "hs_analytics_source": "PAID_SEARCH"})
    control.set_properties(PORTAL, lead_id, {"hubspot_owner_id": owner, "hs_lead_status": "CONNECTED"})
    call = control.log_call(
        PORTAL,
        lead_id,
        {"hs_call_disposition": "f240bbac-87c9-4f6e-bf70-924b57d47db7", "hs_call_duration": "65000"},
    )
    for kind, values in {
        "emails": {"hs_email_direction": "INCOMING_EMAIL"},
        "meetings": {"hs_meeting_outcome": "NO_SHOW", "hs_meeting_start_time": "2026-11-02T12:00:00Z"},
        "notes": {"hs_note_body": "a remark"},
        "tasks": {"hs_task_status": "NOT_STARTED"},
        "communications": {"hs_communication_channel_type": "SMS"},
    }.items():
        control.act("log", PORTAL, type=kind, contact_id=lead_id, properties=values)
    read = adapter.read_leads([lead_id])
    (record,) = read.records
    assert (read.gone_ids, read.unmapped) == ((), ())
    assert (record.lead.lead_id, record.lead.status, record.lead.raw_status) == (
        lead_id,
        LeadStatus.OPEN,
        "CONNECTED",
    )
    assert (record.lead.source, record.lead.owner_id) == ("PAID_SEARCH", owner)
    assert record.lead.record_url == f"{BASE}{lead_id}"
    acts = {act.kind: act for act in record.activities}
    assert set(acts) == set(ActivityKind)
    spoken = acts[ActivityKind.CALL]
    assert (spoken.activity_id, spoken.lead_id, spoken.duration_s) == (f"call:{call}", lead_id, 65)
    assert (spoken.direction, spoken.disposition) == (Direction.OUTBOUND, Disposition.CONNECTED)
    assert spoken.is_automated is False
    assert acts[ActivityKind.EMAIL].direction is Direction.INBOUND
    assert acts[ActivityKind.MEETING].disposition is Disposition.NO_SHOW
    assert len(record.tasks) == 1
    assert [change.owner_id for change in record.owner_changes] == [owner]
    statuses = [change.raw_status for change in record.stage_changes if change.field == "hs_lead_status"]
    assert statuses == ["NEW", "CONNECTED"]


OWN_OUTCOME = "0f9d8c7b-1111-2222-3333-444455556666"


def test_what_an_account_calls_its_statuses_and_outcomes(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    control.act("add_option", PORTAL, type="contacts", property="hs_lead_status", value="NURTURE_2", label="Later")
    control.act(
        "add_option", PORTAL, type="calls", property="hs_call_disposition", value=OWN_OUTCOME, label="Gatekeeper"
    )
    known = {(one.field, one.value): one.label for one in adapter.known_values()}
    assert known["hs_lead_status", "NURTURE_2"] == "Later"
    assert known["hs_call_disposition", OWN_OUTCOME] == "Gatekeeper"
    assert known["hs_call_disposition", "b2cf5968-551e-4856-9783-52b3da59a7d0"] == "Left voicemail"
    assert ("lifecyclestage", "customer") in known


@pytest.mark.parametrize("status", [403, 404])
def test_outcomes_that_may_not_be_listed_are_no_failure(status: int) -> None:
    seen: list[str] = []

    def refuse(handler: BaseHTTPRequestHandler, _: Seen) -> None:
        seen.append(handler.path)
        if "dispositions" not in handler.path:
            answer_json(handler, {"status": "COMPLETE", "results": []})
            return
        body = b'{"status": "error", "category": "MISSING_SCOPES", "message": "no"}'
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with unruly(refuse) as server:
        assert HubSpotAdapter(client_for(server.url, "t"), record_url_base="").known_values() == ()
    assert seen[-1] == "/calling/v1/dispositions"


def test_values_of_the_account_are_read_as_its_admin_said(client: HubSpotClient, control: SandboxControl) -> None:
    control.act("add_option", PORTAL, type="contacts", property="hs_lead_status", value="NURTURE_2", label="Later")
    lead_id = contact(control, 1, properties={"hs_lead_status": "NURTURE_2"})
    control.log_call(PORTAL, lead_id, {"hs_call_disposition": OWN_OUTCOME})
    plain = HubSpotAdapter(client, record_url_base=BASE).read_leads([lead_id])
    assert set(plain.unmapped) == {("hs_lead_status", "NURTURE_2"), ("hs_call_disposition", OWN_OUTCOME)}
    assert (plain.records[0].lead.status, plain.records[0].activities[0].disposition) == (None, None)
    chosen = {("hs_lead_status", "NURTURE_2"): "discarded", ("hs_call_disposition", OWN_OUTCOME): "no_answer"}
    read = HubSpotAdapter(client, record_url_base=BASE, values=ValueMap(MAPPABLE, chosen)).read_leads([lead_id])
    assert read.unmapped == ()
    assert read.records[0].lead.status is LeadStatus.DISCARDED
    assert read.records[0].activities[0].disposition is Disposition.NO_ANSWER


def test_ids_of_activities_do_not_collide_between_types(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    lead_id = contact(control, 1)
    call = control.log_call(PORTAL, lead_id)
    note = str(control.act("log", PORTAL, type="notes", contact_id=lead_id, properties={})["id"])
    assert call == note, "the sandbox gives each type the same first id, as may happen in life"
    ids = [act.activity_id for act in adapter.read_leads([lead_id]).records[0].activities]
    assert len(set(ids)) == 2


def test_more_links_and_activities_than_one_answer_holds(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    control.settings(association_page_size=50, rate_limit=10_000)
    lead_id, other = contact(control, 1), contact(control, 2)
    calls = [control.log_call(PORTAL, lead_id) for _ in range(130)]
    control.log_call(PORTAL, other)
    read = {record.lead.lead_id: record for record in adapter.read_leads([lead_id, other]).records}
    assert {act.activity_id for act in read[lead_id].activities} == {f"call:{one}" for one in calls}
    assert len(read[other].activities) == 1


def test_leads_of_activities(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    first, second = contact(control, 1), contact(control, 2)
    call = control.log_call(PORTAL, first)
    control.act("associate", PORTAL, type="calls", id=call, to_type="contacts", to_id=second)
    found = adapter.find_leads_of("call", [f"call:{call}", "call:1"])
    assert found == {f"call:{call}": (first, second)}


def test_gone_and_merged_leads(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    kept, merged, deleted, erased = (contact(control, number) for number in range(4))
    control.log_call(PORTAL, merged)
    control.act("merge", PORTAL, type="contacts", primary_id=kept, other_id=merged)
    control.act("delete", PORTAL, type="contacts", id=deleted)
    control.act("gdpr_delete", PORTAL, type="contacts", id=erased)
    read = adapter.read_leads([kept, merged, deleted, erased, "999"])
    assert [record.lead.lead_id for record in read.records] == [kept]
    assert read.gone_ids == (merged, deleted, erased, "999")
    assert read.records[0].merged_ids == (merged,)
    assert len(read.records[0].activities) == 1
    assert [record.lead.lead_id for record in adapter.read_leads([merged]).records] == [kept]


def test_the_back_fill_names_every_lead_once_and_leaves_out_old_ones(
    adapter: HubSpotAdapter, control: SandboxControl
) -> None:
    control.settings(rate_limit=10_000)
    old = contact(control, 0, at="2026-01-01T00:00:00Z")
    fresh = [contact(control, number) for number in range(1, 230)]
    assert pages(adapter) == [old, *fresh]
    assert pages(adapter, datetime.now(UTC) - timedelta(days=1)) == fresh
    first = adapter.list_leads(None, ALL_TIME)
    assert (first.scanned, first.total) == (100, 230)


def test_leads_that_go_while_the_back_fill_runs_lose_no_others(
    adapter: HubSpotAdapter, control: SandboxControl
) -> None:
    control.settings(rate_limit=10_000)
    ids = [contact(control, number) for number in range(210)]
    first = adapter.list_leads(None, ALL_TIME)
    for one in (ids[3], ids[50], ids[150]):
        control.act("delete", PORTAL, type="contacts", id=one)
    late = contact(control, 999)
    found = list(first.lead_ids)
    cursor = first.cursor
    while cursor is not None:
        page = adapter.list_leads(cursor, ALL_TIME)
        found += page.lead_ids
        cursor = page.cursor
    assert set(ids) - set(found) == {ids[150]}
    assert late in found
    assert len(found) == len(set(found))


def test_the_poll_finds_what_changed_and_nothing_older(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    before = contact(control, 1, at="2026-11-01T00:00:00Z")
    since = datetime.now(UTC) - timedelta(minutes=5)
    assert modified(adapter, since) == []
    control.set_properties(PORTAL, before, {"firstname": "Changed"})
    made = contact(control, 2)
    assert modified(adapter, since) == [before, made]


def test_the_poll_passes_the_cap_and_a_crowd_in_one_millisecond(
    adapter: HubSpotAdapter, control: SandboxControl
) -> None:
    control.settings(search_cap=120, search_limit=1000, rate_limit=10_000)
    since = datetime.now(UTC) - timedelta(hours=1)
    crowd_at = (since + timedelta(minutes=10)).isoformat()
    before = [contact(control, number, at=since.isoformat()) for number in range(30)]
    crowd = [contact(control, 100 + number, at=crowd_at) for number in range(250)]
    after = [contact(control, 900 + number) for number in range(20)]
    found = modified(adapter, since)
    assert set(found) == {*before, *crowd, *after}


def test_the_poll_does_not_chase_what_changes_while_it_runs(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    control.settings(search_limit=1000, rate_limit=10_000)
    since = datetime.now(UTC) - timedelta(minutes=5)
    ids = [contact(control, number) for number in range(150)]
    found: set[str] = set()
    cursor: str | None = None
    for round_no in range(20):
        page = adapter.list_modified(since, datetime.now(UTC), cursor)
        found.update(page.lead_ids)
        cursor = page.cursor
        if cursor is None:
            break
        for one in ids[:5]:
            control.set_properties(PORTAL, one, {"firstname": f"Again{round_no}"})
    assert cursor is None
    assert found >= set(ids[5:])


def test_without_the_scope_for_emails_the_rest_is_read_and_the_gap_is_named(control: SandboxControl) -> None:
    lead_id = contact(control, 1)
    control.log_call(PORTAL, lead_id)
    email = control.act("log", PORTAL, type="emails", contact_id=lead_id, properties={})["id"]
    scopes = ["oauth", "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.deals.read"]
    client = client_for(control.base_url, str(control.install(PORTAL, scopes=scopes)["access_token"]))
    unaware = HubSpotAdapter(client, record_url_base=BASE)
    with pytest.raises(PermissionMissing) as caught:
        unaware.read_leads([lead_id])
    assert caught.value.scope == "sales-email-read"
    capabilities = unaware.without_scope(caught.value.scope)
    assert "sales-email-read" in str(capabilities.coverage.cause(Fact.EMAILS))
    assert capabilities.coverage.cause(Fact.TEXTS) == capabilities.coverage.cause(Fact.EMAILS)
    assert capabilities.coverage.cause(Fact.CALLS) is None
    assert [act.kind for act in unaware.read_leads([lead_id]).records[0].activities] == [ActivityKind.CALL]
    assert unaware.find_leads_of("email", [f"email:{email}"]) == {}
    assert HubSpotAdapter(client, record_url_base=BASE, missing_scopes=["sales-email-read"]).read_leads([lead_id])
    with pytest.raises(ReauthorizationNeeded):
        unaware.without_scope("crm.objects.contacts.read")
    assert capabilities_for(()).coverage.missing == ()


def test_our_fields_are_made_once_and_repaired(
    adapter: HubSpotAdapter, client: HubSpotClient, control: SandboxControl
) -> None:
    names = tuple(field.value for field in OurField)
    assert adapter.ensure_fields().made == names
    assert adapter.ensure_fields().made == ()
    assert len(control.writes(action="create-property")) == 6
    client._transport.request("DELETE", "/crm/properties/2026-03/contacts/leadassay_handling")
    shorn = {"options": [{"label": "Plausible", "value": "plausible", "displayOrder": 0, "hidden": False}]}
    client.update_contact_property("leadassay_lead_verdict", dict(shorn))
    assert set(adapter.ensure_fields().made) == {"leadassay_handling", "leadassay_lead_verdict"}
    assert adapter.ensure_fields().made == ()


def test_writes_are_absolute_and_partial_failure_is_kept_per_record(
    adapter: HubSpotAdapter, control: SandboxControl
) -> None:
    adapter.ensure_fields()
    good, bad, gone = (contact(control, number) for number in range(3))
    control.act("delete", PORTAL, type="contacts", id=gone)
    writes = [
        FieldWrite(lead_id=good, values={"leadassay_handling": "80", "leadassay_lead_verdict": "plausible"}),
        FieldWrite(lead_id=bad, values={"leadassay_lead_verdict": "no such verdict"}),
        FieldWrite(lead_id=gone, values={"leadassay_handling": "1"}),
    ]
    for is_partial in (True, False):
        control.settings(partial_on_invalid=is_partial)
        results = {result.lead_id: result for result in adapter.write_fields(writes)}
        assert results[good].is_written
        assert (results[bad].is_written, results[bad].is_gone) == (False, False)
        assert results[bad].complaint
        assert results[gone].is_gone
    record = adapter.read_leads([good]).records[0]
    assert record.our_fields == {"leadassay_handling": "80", "leadassay_lead_verdict": "plausible"}
    adapter.write_fields([FieldWrite(lead_id=good, values={"leadassay_handling": ""})])
    assert adapter.read_leads([good]).records[0].our_fields == {"leadassay_lead_verdict": "plausible"}


def test_a_write_to_a_merged_lead_says_that_it_is_gone(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    adapter.ensure_fields()
    kept, merged = contact(control, 1), contact(control, 2)
    control.act("merge", PORTAL, type="contacts", primary_id=kept, other_id=merged)
    (result,) = adapter.write_fields([FieldWrite(lead_id=merged, values={"leadassay_handling": "5"})])
    assert (result.is_written, result.is_gone) == (False, True)


@pytest.mark.parametrize("fault", ["rate_limit", "server_error", "cut", "reset", "html"])
def test_reads_survive_one_misbehaviour(adapter: HubSpotAdapter, control: SandboxControl, fault: str) -> None:
    lead_id = contact(control, 1)
    more = {"retry_after_s": 0} if fault == "rate_limit" else {}
    control.misbehave(fault, path="/crm/objects/2026-03/contacts/batch/read", **more)
    assert len(adapter.read_leads([lead_id]).records) == 1


@pytest.mark.parametrize("fault", ["cut", "reset", "html"])
def test_a_write_with_a_lost_answer_is_not_repeated_blindly(
    adapter: HubSpotAdapter, control: SandboxControl, fault: str
) -> None:
    adapter.ensure_fields()
    lead_id = contact(control, 1)
    control.misbehave(fault, path="*/batch/update", stage="after")
    with pytest.raises(RetryLater) as caught:
        adapter.write_fields([FieldWrite(lead_id=lead_id, values={"leadassay_handling": "5"})])
    assert caught.value.is_outcome_unknown
    assert len(control.writes(action="update", door="api")) == 1


def test_html_for_ever_is_an_error_and_no_empty_account(adapter: HubSpotAdapter, control: SandboxControl) -> None:
    control.misbehave("html", path="/crm/objects/2026-03/contacts", count=None)
    with pytest.raises(UnexpectedPayload):
        adapter.list_leads("1", ALL_TIME)


def test_uninstall_ends_the_grant(adapter: HubSpotAdapter) -> None:
    adapter.uninstall()
    with pytest.raises((ReauthorizationNeeded, RecordGone)):
        adapter.account()
