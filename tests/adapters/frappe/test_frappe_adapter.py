"""Our adapter against a running Frappe site: reading, histories, conversion, writing, permissions, faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from audits.model.activity import ActivityKind
from audits.model.case import Fact
from audits.model.lead import LeadStatus
from connector.adapters.frappe import FrappeAdapter, client, places
from connector.adapters.frappe.adapter import WRITE_BATCH
from connector.crm.lead_fields import FieldRoles
from connector.crm.port import FieldWrite, OurField
from connector.errors import (
    CrmRejected,
    PermissionMissing,
    ReauthorizationNeeded,
    RetryLater,
    UnexpectedPayload,
)
from tests.adapters.frappe.conftest import adapter_for, sample
from tests.frappe_site import FrappeSite
from tests.frappe_site.server import ADMIN, ROBOT

REP, OTHER = "rep@example.com", "other@example.com"
NOT_NAMED = [fact for fact, _ in FieldRoles().missing]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DAY = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)


def lead(site: FrappeSite, at: datetime = DAY, **values: Any) -> str:
    return site.store.insert("CRM Lead", {"first_name": "Ana", "lead_owner": REP, **values}, user=REP, at=at)


def about(name: str, doctype: str = "CRM Lead") -> dict[str, str]:
    return {"reference_doctype": doctype, "reference_docname": name}


def call(site: FrappeSite, record: str, at: datetime = DAY, doctype: str = "CRM Lead", **values: Any) -> str:
    row = {
        "from": "+1555", "to": "+1556", "type": "Outgoing", "status": "Completed", "duration": 95, "caller": REP,
        "start_time": site.store.wall(at)[:19], **about(record, doctype), **values,
    }  # fmt: skip
    return site.store.insert("CRM Call Log", row, user=REP, at=at)


def mail(site: FrappeSite, record: str, at: datetime = DAY, doctype: str = "CRM Lead", **values: Any) -> str:
    row = {
        "subject": "Hello", "communication_medium": "Email", "sent_or_received": "Sent", "user": REP,
        "communication_date": site.store.wall(at)[:19], "reference_doctype": doctype, "reference_name": record,
        **values,
    }  # fmt: skip
    return site.store.insert("Communication", row, user=REP, at=at)


def meeting(site: FrappeSite, record: str, at: datetime = DAY, user: str = REP, **values: Any) -> str:
    row = {
        "subject": "Demo", "event_category": "Meeting", "starts_on": site.store.wall(at)[:19],
        "event_participants": [about(record)], **values,
    }  # fmt: skip
    return site.store.insert("Event", row, user=user, at=at)


def paths(site: FrappeSite) -> list[str]:
    return [f"{one.method} {one.path}" for one in site.asked]


def write(lead_id: str, **values: str) -> FieldWrite:
    blank = {field.value: "" for field in OurField}
    return FieldWrite(lead_id=lead_id, values={**blank, **values})


def test_a_lead_with_everything_that_was_done_on_it(site: FrappeSite, adapter: FrappeAdapter) -> None:
    name = lead(site, email="ana@example.com", source="Campaign")
    call(site, name, DAY + timedelta(minutes=3), id="c1")
    mail(site, name, DAY + timedelta(minutes=5))
    mail(site, name, DAY + timedelta(minutes=6), communication_medium="Event")
    meeting(site, name, DAY + timedelta(days=1))
    site.store.insert("FCRM Note", {"title": "n", **about(name)}, user=REP, at=DAY)
    comment = {"comment_type": "Comment", "reference_doctype": "CRM Lead", "reference_name": name}
    site.store.insert("Comment", comment, user=REP, at=DAY)
    site.store.insert("Comment", {**comment, "comment_type": "Assigned"}, user=REP, at=DAY)
    site.store.insert(
        "CRM Task", {"title": "t", "assigned_to": REP, "status": "Todo", **about(name)}, user=REP, at=DAY
    )
    read = adapter.read_leads([name, "CRM-LEAD-2026-99999"])
    assert read.gone_ids == ("CRM-LEAD-2026-99999",)
    (record,) = read.records
    assert record.lead.received_at == DAY
    assert [act.activity_id for act in record.activities if act.kind is ActivityKind.CALL] == ["call:c1"]
    assert sorted(act.kind.value for act in record.activities) == ["call", "email", "meeting", "note", "note"]
    assert len({act.activity_id for act in record.activities}) == 5
    assert [task.owner_id for task in record.tasks] == [REP]
    assert record.missing == ()


def test_a_batch_costs_a_handful_of_lists(site: FrappeSite, adapter: FrappeAdapter) -> None:
    names = [lead(site, DAY + timedelta(minutes=number)) for number in range(100)]
    for name in names:
        call(site, name, id=f"c-{name}")
        mail(site, name)
        meeting(site, name)
    read = adapter.read_leads(names)
    assert [len(record.activities) for record in read.records] == [3] * 100
    assert len(site.asked) <= 12
    assert all(len(urlencode(one.query)) < 4000 for one in site.asked), "gunicorn would refuse the request line"
    assert "POST /api/method/frappe.client.get_list" in paths(site)


def test_a_long_list_is_read_to_its_end(
    site: FrappeSite, adapter: FrappeAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE", 7)
    name = lead(site)
    for number in range(20):
        call(site, name, id=f"c{number:02d}")
        site.store.insert("CRM Task", {"title": "t", **about(name)}, user=REP)
    (record,) = adapter.read_leads([name]).records
    assert len(record.activities) == len(record.tasks) == 20


def test_a_call_that_only_its_links_tie_to_the_lead(site: FrappeSite, adapter: FrappeAdapter) -> None:
    name, elsewhere = lead(site), lead(site)
    links = [{"link_doctype": "CRM Lead", "link_name": name}]
    call(site, elsewhere, id="linked", links=links)
    call(site, name, id="both", links=links)
    first, second = (one.activities for one in adapter.read_leads([name, elsewhere]).records)
    assert [act.activity_id for act in first] == ["call:both", "call:linked"]
    assert [act.activity_id for act in second] == ["call:linked"]
    assert adapter.find_leads_of("call", ["call:linked", "call:none"]) == {"call:linked": (elsewhere, name)}


def test_a_meeting_that_is_private_to_somebody_is_said_to_be_missing(
    site: FrappeSite, adapter: FrappeAdapter
) -> None:
    seen, hidden = lead(site), lead(site)
    meeting(site, seen, event_type="Private", user=ROBOT)
    meeting(site, hidden, event_type="Private", user=REP)
    first, second = adapter.read_leads([seen, hidden]).records
    assert (len(first.activities), first.missing) == (1, ())
    assert second.activities == ()
    assert [fact for fact, _ in second.missing] == [Fact.MEETINGS]


def test_owner_and_status_by_their_versions(site: FrappeSite, adapter: FrappeAdapter) -> None:
    name = lead(site, lead_owner=None)
    site.store.update("CRM Lead", name, {"lead_owner": REP}, user=ADMIN, at=DAY + timedelta(hours=1))
    site.store.update("CRM Lead", name, {"status": "Contacted"}, user=REP, at=DAY + timedelta(hours=2))
    site.store.update("CRM Lead", name, {"lead_owner": OTHER}, user=ADMIN, at=DAY + timedelta(hours=3))
    (record,) = adapter.read_leads([name]).records
    assert [(one.occurred_at - DAY, one.owner_id, one.source) for one in record.owner_changes] == [
        (timedelta(hours=1), REP, ADMIN), (timedelta(hours=3), OTHER, ADMIN),
    ]  # fmt: skip
    assert [(one.occurred_at - DAY, one.field, one.raw_status) for one in record.stage_changes] == [
        (timedelta(0), "status", "New"), (timedelta(hours=2), "status", "Contacted"),
    ]  # fmt: skip
    assert record.missing == ()


def test_a_change_that_no_version_tells_makes_a_gap(site: FrappeSite, adapter: FrappeAdapter) -> None:
    name = lead(site)
    site.store.update("CRM Lead", name, {"lead_owner": OTHER}, user=ADMIN)
    site.store.documents["CRM Lead"][name]["lead_owner"] = REP
    (record,) = adapter.read_leads([name]).records
    assert [fact for fact, _ in record.missing] == [Fact.OWNER_HISTORY]


def test_without_versions_the_status_log_speaks_in_the_sites_time(site: FrappeSite) -> None:
    name = lead(site)
    site.store.update("CRM Lead", name, {"status": "Contacted"}, user=REP, at=DAY + timedelta(hours=2))
    adapter = adapter_for(site)
    with_all = adapter.without_scope("read Version")
    assert [fact for fact, _ in with_all.coverage.missing] == [Fact.OWNER_HISTORY, *NOT_NAMED]
    adapter.ensure_fields()
    (record,) = adapter.read_leads([name]).records
    assert record.owner_changes == ()
    assert [(one.occurred_at - DAY, one.raw_status) for one in record.stage_changes] == [
        (timedelta(0), "New"), (timedelta(hours=2), "Contacted"),
    ]  # fmt: skip


def test_a_lead_that_became_a_deal_keeps_one_timeline(site: FrappeSite, adapter: FrappeAdapter) -> None:
    name = lead(site)
    call(site, name, id="before")
    later = DAY + timedelta(days=1)
    site.store.update("CRM Lead", name, {"status": "Qualified", "converted": 1}, user=REP, at=later)
    values = {"lead": name, "status": "Qualification", "deal_owner": OTHER}
    deal = site.store.insert("CRM Deal", values, user=REP, at=later)
    site.store.update("CRM Deal", deal, {"status": "Won"}, user=OTHER, at=later + timedelta(days=2))
    call(site, deal, later + timedelta(hours=1), doctype="CRM Deal", id="after")
    mail(site, deal, later + timedelta(hours=2), doctype="CRM Deal")
    (record,) = adapter.read_leads([name]).records
    assert (record.lead.lead_id, record.lead.status, record.lead.owner_id) == (name, LeadStatus.WON, OTHER)
    assert [act.activity_id.partition(":")[0] for act in record.activities] == ["call", "call", "email"]
    assert [one.owner_id for one in record.owner_changes] == [REP, OTHER]
    assert [(one.field, one.raw_status) for one in record.stage_changes] == [
        ("status", "New"), ("status", "Qualified"), ("deal_status", "Qualification"), ("deal_status", "Won"),
    ]  # fmt: skip
    assert record.missing == ()
    assert adapter.find_leads_of("call", ["call:after"]) == {"call:after": (name,)}


def test_a_converted_lead_whose_deal_is_gone_is_not_judged_by_guess(site: FrappeSite, adapter: FrappeAdapter) -> None:
    name = lead(site, converted=1, status="Qualified")
    (record,) = adapter.read_leads([name]).records
    assert record.lead.status is None
    assert Fact.CALLS in [fact for fact, _ in record.missing]


def backfilled(adapter: FrappeAdapter, since: datetime) -> Iterator[tuple[str, ...]]:
    cursor: str | None = None
    for _ in range(50):
        page = adapter.list_leads(cursor, since)
        yield page.lead_ids
        cursor = page.cursor
        if cursor is None:
            return
    raise AssertionError("the back-fill does not end")


def small_pages(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(client, "PAGE", size)
    monkeypatch.setattr(places, "PAGE", size)
    monkeypatch.setattr(client.FrappeClient.rows, "__kwdefaults__", {"limit": size, "parent": None})


def test_the_back_fill_names_every_lead_once_also_of_one_moment(
    site: FrappeSite, adapter: FrappeAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch, 4)
    names = [lead(site, DAY + timedelta(minutes=number)) for number in range(6)]
    names += [lead(site, DAY + timedelta(hours=1)) for _ in range(11)]
    names += [lead(site, DAY + timedelta(hours=2, minutes=number)) for number in range(6)]
    old = lead(site, LONG_AGO)
    found = [name for page in backfilled(adapter, DAY) for name in page]
    assert sorted(set(found)) == sorted(names)
    assert old not in found
    assert adapter.list_leads(None, DAY).total == len(names)


def test_a_back_fill_loses_nothing_when_leads_go_meanwhile(
    site: FrappeSite, adapter: FrappeAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch, 3)
    names = [lead(site, DAY + timedelta(minutes=number)) for number in range(10)]
    found: list[str] = []
    for page in backfilled(adapter, DAY):
        found += page
        if len(found) == 3:
            for gone in names[:3]:
                site.store.delete("CRM Lead", gone)
    assert sorted(set(found)) == names


def test_the_poll_finds_leads_by_what_was_done_on_them(site: FrappeSite, adapter: FrappeAdapter) -> None:
    names = [lead(site, DAY - timedelta(days=9)) for _ in range(7)]
    deal = site.store.insert("CRM Deal", {"lead": names[6]}, user=REP, at=DAY - timedelta(days=9))
    site.store.update("CRM Lead", names[0], {"status": "Junk"}, user=REP, at=DAY)
    call(site, names[1])
    mail(site, names[2])
    meeting(site, names[3])
    site.store.insert("CRM Task", {"title": "t", **about(names[4])}, user=REP, at=DAY)
    call(site, deal, doctype="CRM Deal")
    call(site, names[5], DAY + timedelta(hours=5))
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = adapter.list_modified(DAY - timedelta(minutes=5), DAY + timedelta(minutes=5), cursor)
        found += page.lead_ids
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(found) == sorted([*names[:5], names[6]])


def test_owners_with_former_ones(site: FrappeSite, adapter: FrappeAdapter) -> None:
    user = {"full_name": "Rita Rep", "user_type": "System User"}
    site.store.insert("User", {**user, "email": REP, "enabled": 0}, user=ADMIN)
    site.store.insert("User", {**user, "email": "buyer@example.com", "user_type": "Website User"}, user=ADMIN)
    owners = {owner.owner_id: owner for owner in adapter.iter_owners()}
    assert set(owners) == {ADMIN, ROBOT, REP}
    assert (owners[REP].is_archived, owners[REP].name, owners[REP].user_id) == (True, "Rita Rep", REP)
    assert not owners[ADMIN].is_archived


def test_the_sites_own_statuses_are_known(site: FrappeSite, adapter: FrappeAdapter) -> None:
    site.store.insert("CRM Lead Status", {"lead_status": "Warm"}, user=ADMIN)
    known = {(one.field, one.value) for one in adapter.known_values()}
    assert {("status", "Warm"), ("status", "New"), ("deal_status", "Won"), ("call_status", "Completed")} <= known


def test_the_fields_are_made_once_and_mended(site: FrappeSite) -> None:
    adapter = adapter_for(site)
    assert adapter.ensure_fields().made == tuple(field.value for field in OurField)
    made = {name: dict(doc) for name, doc in site.store.documents["Custom Field"].items()}
    assert {doc["dt"] for doc in made.values()} == {"CRM Lead"}
    assert [doc["fieldtype"] for doc in made.values()] == [
        "Int",
        "Int",
        "Select",
        "Select",
        "Small Text",
        "Small Text",
    ]
    assert all(doc["read_only"] == 1 for doc in made.values())
    site.asked.clear()
    again = adapter.ensure_fields()
    assert (again.made, again.keys) == ((), {"zone": "Asia/Kolkata"})
    assert not [one for one in site.asked if one.method != "GET"]
    verdict = site.store.documents["Custom Field"][f"CRM Lead-{OurField.LEAD_VERDICT.value}"]
    verdict |= {"options": "\nPlausible\nTheir own", "label": "Verdikt"}
    assert adapter.ensure_fields().made == (OurField.LEAD_VERDICT.value,)
    assert verdict["name"] in site.store.documents["Custom Field"]
    mended = site.store.get("Custom Field", verdict["name"])
    assert mended["options"] == "\nPlausible\nRepairable\nSuspect\nPseudo\nDuplicate\nUnknown\nTheir own"
    assert mended["label"] == "Lead verdict"


def test_a_field_of_our_name_with_another_type_is_an_admins_to_solve(site: FrappeSite) -> None:
    values = {"dt": "CRM Lead", "fieldname": OurField.HANDLING.value, "fieldtype": "Data"}
    site.store.insert("Custom Field", values, user=ADMIN)
    with pytest.raises(CrmRejected, match="delete it in Frappe"):
        adapter_for(site).ensure_fields()


def test_the_fields_are_shown_beside_a_lead_and_taken_away_again(site: FrappeSite) -> None:
    adapter = adapter_for(site)
    before = json.loads(site.store.get("CRM Fields Layout", "CRM Lead-Side Panel")["layout"])
    adapter.ensure_fields()
    adapter.ensure_fields()
    shown = json.loads(site.store.get("CRM Fields Layout", "CRM Lead-Side Panel")["layout"])
    assert shown[:-1] == before
    assert shown[-1]["label"] == "Lead Assay"
    assert shown[-1]["columns"][0]["fields"] == [field.value for field in OurField]
    adapter.uninstall()
    assert json.loads(site.store.get("CRM Fields Layout", "CRM Lead-Side Panel")["layout"]) == before
    assert len(site.store.documents["Custom Field"]) == len(OurField)


def test_what_is_not_evaluated_is_no_worst_score(site: FrappeSite, adapter: FrappeAdapter) -> None:
    name = lead(site)
    assert adapter.read_leads([name]).records[0].our_fields == {}
    values = {
        OurField.LEAD_QUALITY.value: "0", OurField.HANDLING.value: "", OurField.LEAD_VERDICT.value: "pseudo",
        OurField.FOLLOW_UP_STATUS.value: "never_called", OurField.AUDIT_NOTE.value: "Nobody called. Größe: 5 €",
        OurField.SUGGESTED_REPAIR.value: "phone: +49 17 (given: 017)",
    }  # fmt: skip
    (result,) = adapter.write_fields([write(name, **values)])
    assert result.is_written
    held = site.store.get("CRM Lead", name)
    assert [held[field.value] for field in OurField] == [
        0, -1, "Pseudo", "Never called", "Nobody called. Größe: 5 €", "phone: +49 17 (given: 017)",
    ]  # fmt: skip
    read = adapter.read_leads([name]).records[0].our_fields
    assert {field: read.get(field, "") for field in values} == values


def test_a_batch_of_writes_fails_record_by_record(site: FrappeSite, adapter: FrappeAdapter) -> None:
    good, bad = lead(site), lead(site)
    held = site.store.documents["CRM Lead"][bad]
    held |= {"first_name": None, "last_name": None, "email": None, "organization": None}
    score = {OurField.LEAD_QUALITY.value: "72"}
    results = {
        one.lead_id: one for one in adapter.write_fields([write(one, **score) for one in (good, bad, "CRM-LEAD-0")])
    }
    assert results[good].is_written
    assert not results[bad].is_written
    assert results[bad].complaint.startswith("ValidationError: A Lead requires")
    assert "File" not in results[bad].complaint
    assert results["CRM-LEAD-0"].is_gone
    assert len([one for one in site.asked if one.path.endswith("bulk_update")]) == 1
    assert adapter.capabilities().write_batch == WRITE_BATCH


def test_a_lead_can_be_judged_after_somebody_deleted_a_field_of_ours(
    site: FrappeSite, adapter: FrappeAdapter
) -> None:
    name = lead(site)
    del site.store.documents["Custom Field"][f"CRM Lead-{OurField.HANDLING.value}"]
    (record,) = adapter.read_leads([name]).records
    assert record.lead.lead_id == name


REFUSED_BODY = json.dumps({"exc_type": "PermissionError", "_server_messages": "[]"}).encode()


def test_a_permission_that_is_missing_is_named_and_lived_without(site: FrappeSite) -> None:
    name = lead(site)
    adapter = adapter_for(site)
    adapter.ensure_fields()
    site.fail("CRM Call Log", 403, REFUSED_BODY, times=9, Content_Type="application/json")
    with pytest.raises(PermissionMissing) as refused:
        adapter.read_leads([name])
    assert refused.value.scope == "read CRM Call Log"
    assert adapter.without_scope(refused.value.scope).coverage.cause(Fact.CALLS) is not None
    assert len(adapter.read_leads([name]).records) == 1
    with pytest.raises(ReauthorizationNeeded, match="System Manager"):
        adapter.without_scope("read CRM Lead")


def test_a_child_table_is_refused_in_its_parents_name(site: FrappeSite, adapter: FrappeAdapter) -> None:
    name = lead(site)
    meeting(site, name)
    site.fail("Event Participants", 403, REFUSED_BODY, times=9, Content_Type="application/json")
    with pytest.raises(PermissionMissing) as refused:
        adapter.read_leads([name])
    assert refused.value.scope == "read Event"
    (record,) = (adapter.without_scope(refused.value.scope), adapter.read_leads([name]))[1].records
    assert record.activities == ()


def test_call_logs_of_a_crm_without_links_are_read(site: FrappeSite, adapter: FrappeAdapter) -> None:
    """Frappe answers a list of a child table that the parent does not have with a missing permission."""
    name = lead(site)
    call(site, name, id="c1")
    site.fail("Dynamic Link", 403, REFUSED_BODY, times=9, Content_Type="application/json")
    (record,) = adapter.read_leads([name]).records
    assert [act.activity_id for act in record.activities] == ["call:c1"]
    assert adapter.find_leads_of("call", ["call:c1"]) == {"call:c1": (name,)}
    site.fail("CRM Call Log", 403, REFUSED_BODY, times=9, Content_Type="application/json")
    with pytest.raises(PermissionMissing) as refused:
        adapter.read_leads([name])
    assert refused.value.scope == "read CRM Call Log"


@pytest.mark.parametrize(
    ("roles", "apps", "says"),
    [
        (("Sales Manager",), None, "System Manager"),
        (("System Manager",), None, "Sales Manager"),
        (("System Manager", "Sales Manager"), {"frappe": "15.55.1"}, "not installed"),
        (("System Manager", "Sales Manager"), {"frappe": "14.2.0", "crm": "1.1.0"}, "version 15"),
    ],
)
def test_what_is_missing_on_the_site_is_said_at_once(
    roles: tuple[str, ...], apps: dict[str, str] | None, says: str
) -> None:
    with (
        FrappeSite(robot_roles=roles, apps=apps) as site,
        pytest.raises((CrmRejected, PermissionMissing), match=says),
    ):
        adapter_for(site).account()


def test_the_account_is_the_site(site: FrappeSite, adapter: FrappeAdapter) -> None:
    account = adapter.account()
    assert (account.account_id, account.zone, account.currency) == (site.account, "Asia/Kolkata", "INR")
    assert (account.api_url, account.record_url_base) == (site.url, f"{site.url}/crm/leads/")


def test_errors_are_frappes_words_without_its_traceback(site: FrappeSite, adapter: FrappeAdapter) -> None:
    shapes = sample("error_shapes")
    with pytest.raises(CrmRejected) as refused:
        adapter._client.rows("CRM Lead", ("no_such_field",), (), order_by="name asc")
    assert refused.value.status == shapes["unknown_field_in_list"]["status"]
    assert "Field not permitted in query" in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert "<b>" not in str(refused.value)


def test_a_html_page_a_cut_answer_and_a_pause(site: FrappeSite, adapter: FrappeAdapter) -> None:
    name = lead(site)
    site.fail("CRM Lead", 200, b"<html>Welcome</html>", times=4, Content_Type="text/html")
    with pytest.raises(UnexpectedPayload):
        adapter.read_leads([name])
    site.fail("CRM Lead", 200, b'{"data": [', times=1, Content_Type="application/json")
    assert len(adapter.read_leads([name]).records) == 1
    site.fail("CRM Lead", 429, b"{}", times=9, Retry_After="90", Content_Type="application/json")
    with pytest.raises(RetryLater) as later:
        adapter.read_leads([name])
    assert later.value.after_s == 90
    site.faults.clear()
    site.fail("CRM Lead", 403, b"<html>Blocked</html>", times=1, Content_Type="text/html")
    with pytest.raises(CrmRejected, match="guard"):
        adapter.read_leads([name])


def test_a_dead_token(site: FrappeSite, adapter: FrappeAdapter) -> None:
    site.end_grants()
    with pytest.raises(ReauthorizationNeeded):
        adapter.read_leads(["x"])


def test_an_imported_lead_is_told_by_the_log_of_its_import(site: FrappeSite, adapter: FrappeAdapter) -> None:
    made, changed, typed = lead(site), lead(site), lead(site)
    for name, kind, about_lead in (("a", "Insert New Records", made), ("b", "Update Existing Records", changed)):
        values = {"__newname": name, "reference_doctype": "CRM Lead", "import_type": kind}
        site.store.insert("Data Import", values, user=ADMIN)
        site.store.insert("Data Import Log", {"data_import": name, "docname": about_lead, "success": 1}, user=ADMIN)
    read = adapter.read_leads([made, changed, typed]).records
    assert [record.lead.is_imported for record in read] == [True, False, False]


def test_a_site_that_does_not_count_is_read_all_the_same(site: FrappeSite, adapter: FrappeAdapter) -> None:
    name = lead(site)
    site.fail("get_count", 417, b'{"exc_type": "ValidationError"}', Content_Type="application/json")
    page = adapter.list_leads(None, LONG_AGO)
    assert (page.lead_ids, page.total) == ((name,), None)
