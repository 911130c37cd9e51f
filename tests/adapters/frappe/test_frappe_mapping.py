"""Frappe's values in our words: every value of every list, and recorded documents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from audits.model.activity import ActivityKind, ActivityState, Direction, Disposition
from audits.model.lead import LeadStatus
from connector.adapters.frappe import documents, mapping
from connector.adapters.frappe.documents import CALL_LOG, COMMUNICATION, EVENT, NOTE
from connector.adapters.frappe.mapping import MAPPABLE, Unmapped
from connector.adapters.frappe.times import SiteTime
from connector.crm.values import ValueMap
from connector.errors import CrmRejected, UnexpectedPayload
from tests.adapters.frappe.conftest import sample

KOLKATA, BERLIN = SiteTime("Asia/Kolkata"), SiteTime("Europe/Berlin")
LEAD = "CRM-LEAD-2026-00001"


def recorded(name: str) -> dict[str, Any]:
    data = sample(f"rest_create_{name}_response")["data"]
    assert isinstance(data, dict)
    return data


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_a_recorded_lead() -> None:
    unmapped = Unmapped()
    lead = mapping.lead_of(recorded("crm_lead"), None, KOLKATA, "https://crm.example.com/crm/leads/", unmapped)
    assert lead.lead_id == LEAD
    assert lead.received_at == lead.recorded_at == utc(2026, 11, 21, 21, 2, 16, 367446)
    assert (lead.first_name, lead.last_name, lead.company) == ("Ana", "Müller", "Acme")
    assert (lead.email, lead.mobile, lead.phone) == ("ana@example.com", "+15550100123", None)
    assert (lead.owner_id, lead.status, lead.raw_status) == ("Administrator", LeadStatus.OPEN, "New")
    assert lead.record_url == f"https://crm.example.com/crm/leads/{LEAD}"
    assert unmapped.pairs == []


def test_a_recorded_call() -> None:
    unmapped = Unmapped()
    call = documents.activity_of(CALL_LOG, recorded("call_log"), LEAD, KOLKATA, unmapped)
    assert call is not None
    assert (call.activity_id, call.kind, call.direction) == ("call:lab-call-1", ActivityKind.CALL, Direction.OUTBOUND)
    assert (call.state, call.duration_s, call.owner_id) == (ActivityState.DONE, 95, "Administrator")
    assert call.is_automated is False
    assert call.occurred_at == utc(2026, 11, 21, 21, 10)
    assert call.recorded_at == utc(2026, 11, 21, 21, 3, 15, 630133)
    assert call.disposition is None
    assert unmapped.pairs == [("call_status", "Completed")]


def test_a_recorded_email() -> None:
    unmapped = Unmapped()
    mail = documents.activity_of(COMMUNICATION, recorded("communication"), LEAD, KOLKATA, unmapped)
    assert mail is not None
    assert (mail.activity_id, mail.direction, mail.state) == (
        "email:diocgi3o48",
        Direction.OUTBOUND,
        ActivityState.DONE,
    )
    assert mail.occurred_at == utc(2026, 11, 21, 21, 15)
    assert (mail.owner_id, mail.is_automated) == ("Administrator", False)
    assert "hi" not in str(mail.raw)
    assert unmapped.pairs == []


def test_a_recorded_meeting_and_note_and_task() -> None:
    unmapped = Unmapped()
    meeting = documents.activity_of(EVENT, recorded("event"), LEAD, KOLKATA, unmapped)
    note = documents.activity_of(NOTE, recorded("note"), LEAD, KOLKATA, unmapped)
    task = documents.task_of(recorded("task"), LEAD, KOLKATA, unmapped)
    assert meeting is not None
    assert (meeting.activity_id, meeting.state, meeting.duration_s) == (
        "meeting:EV00001",
        ActivityState.PLANNED,
        1800,
    )
    assert meeting.occurred_at == utc(2026, 11, 23, 5, 30)
    assert note is not None
    assert (note.activity_id, note.kind) == ("note:aeaguudbn4", ActivityKind.NOTE)
    assert task is not None
    assert (task.task_id, task.due_at, task.is_done) == ("task:1", utc(2026, 11, 23, 4, 30), False)
    assert unmapped.pairs == []


CALLS = [
    ("Initiated", ActivityState.PLANNED, None), ("Queued", ActivityState.PLANNED, None),
    ("Ringing", ActivityState.DONE, None), ("In Progress", ActivityState.DONE, None),
    ("Completed", ActivityState.DONE, None), ("Busy", ActivityState.DONE, Disposition.BUSY),
    ("No Answer", ActivityState.DONE, Disposition.NO_ANSWER), ("Canceled", ActivityState.CANCELLED, None),
    ("Failed", ActivityState.FAILED, None), ("Forwarded", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("status", "state", "disposition"), CALLS)
def test_every_call_status(status: str, state: ActivityState | None, disposition: Disposition | None) -> None:
    unmapped = Unmapped()
    call = documents.activity_of(CALL_LOG, {**recorded("call_log"), "status": status}, LEAD, KOLKATA, unmapped)
    assert call is not None
    assert (call.state, call.disposition) == (state, disposition)
    assert (("call_status", status) in unmapped.pairs) is (status in {"Completed", "Forwarded"})


def test_an_admin_says_what_a_completed_call_is() -> None:
    unmapped = Unmapped(ValueMap(MAPPABLE, {("call_status", "Completed"): "connected"}))
    call = documents.activity_of(CALL_LOG, recorded("call_log"), LEAD, KOLKATA, unmapped)
    assert call is not None
    assert call.disposition is Disposition.CONNECTED
    assert unmapped.pairs == []


def test_whose_call_it_is_and_whether_a_person_made_it() -> None:
    def call(**values: object) -> tuple[str | None, bool | None]:
        row = {**recorded("call_log"), "caller": None, "telephony_medium": "Twilio", **values}
        found = documents.activity_of(CALL_LOG, row, LEAD, KOLKATA, Unmapped())
        assert found is not None
        return found.owner_id, found.is_automated

    assert call() == (None, None)
    assert call(caller="rep@example.com") == ("rep@example.com", False)
    assert call(type="Incoming", receiver="rep@example.com", caller="no@example.com") == ("rep@example.com", False)
    assert call(telephony_medium="Manual") == (None, False)


@pytest.mark.parametrize("status", [*mapping.MAIL_STATE, "Levitating"])
def test_every_delivery_status(status: str) -> None:
    unmapped = Unmapped()
    row = {**recorded("communication"), "delivery_status": status}
    mail = documents.activity_of(COMMUNICATION, row, LEAD, KOLKATA, unmapped)
    assert mail is not None
    assert mail.state is mapping.MAIL_STATE.get(status)
    assert mail.disposition is (Disposition.BOUNCED if "ounced" in status else None)
    assert unmapped.pairs == ([] if status in mapping.MAIL_STATE else [("delivery_status", status)])


def test_what_came_in_has_arrived_and_belongs_to_nobody() -> None:
    row = {**recorded("communication"), "sent_or_received": "Received", "delivery_status": "Bounced"}
    mail = documents.activity_of(COMMUNICATION, row, LEAD, KOLKATA, Unmapped())
    assert mail is not None
    assert (mail.direction, mail.state, mail.disposition, mail.owner_id) == (
        Direction.INBOUND, ActivityState.DONE, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("medium", "kind"),
    [("Email", "email"), ("SMS", "message"), ("Chat", "message"), ("Event", None), ("Visit", None), ("Phone", None)],
)
def test_every_medium(medium: str, kind: str | None) -> None:
    unmapped = Unmapped()
    row = {**recorded("communication"), "communication_medium": medium}
    found = documents.activity_of(COMMUNICATION, row, LEAD, KOLKATA, unmapped)
    assert (found.kind.value if found is not None else None) == kind
    assert unmapped.pairs == ([("communication_medium", medium)] if medium in {"Visit", "Phone"} else [])


def test_an_automated_message_is_a_machines() -> None:
    row = {**recorded("communication"), "communication_type": "Automated Message"}
    mail = documents.activity_of(COMMUNICATION, row, LEAD, KOLKATA, Unmapped())
    assert mail is not None
    assert mail.is_automated is True


EVENTS = [
    ("Open", ActivityState.PLANNED, None), ("Completed", ActivityState.DONE, Disposition.CONNECTED),
    ("Closed", None, None), ("Cancelled", ActivityState.CANCELLED, None), ("Dreamt", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("status", "state", "disposition"), EVENTS)
def test_every_event_status(status: str, state: ActivityState | None, disposition: Disposition | None) -> None:
    unmapped = Unmapped()
    meeting = documents.activity_of(EVENT, {**recorded("event"), "status": status}, LEAD, KOLKATA, unmapped)
    assert meeting is not None
    assert (meeting.state, meeting.disposition) == (state, disposition)
    assert unmapped.pairs == ([("event status", status)] if status == "Dreamt" else [])


def test_an_event_of_a_whole_day_has_no_moment() -> None:
    row = {**recorded("event"), "starts_on": "2026-11-23 00:00:00", "ends_on": None, "all_day": 1}
    meeting = documents.activity_of(EVENT, row, LEAD, KOLKATA, Unmapped())
    assert meeting is not None
    assert (meeting.occurred_at, meeting.latest_at) == (utc(2026, 11, 22, 18, 30), utc(2026, 11, 23, 18, 29, 59))
    assert meeting.duration_s is None


@pytest.mark.parametrize(
    ("status", "is_done"),
    [("Backlog", False), ("Todo", False), ("In Progress", False), ("Done", True), ("Odd", False)],
)
def test_every_task_status(status: str, is_done: bool) -> None:
    unmapped = Unmapped()
    task = documents.task_of({**recorded("task"), "status": status}, LEAD, KOLKATA, unmapped)
    assert task is not None
    assert (task.is_done, task.completed_at) == (is_done, None)
    assert unmapped.pairs == ([("task status", status)] if status == "Odd" else [])


def test_a_task_that_was_taken_back_is_none() -> None:
    assert documents.task_of({**recorded("task"), "status": "Canceled"}, LEAD, KOLKATA, Unmapped()) is None


def test_a_task_due_on_a_day_is_due_by_its_end() -> None:
    task = documents.task_of({**recorded("task"), "due_date": "2026-11-23"}, LEAD, KOLKATA, Unmapped())
    assert task is not None
    assert task.due_at == utc(2026, 11, 23, 18, 29, 59)


STATUSES = [
    ("New", LeadStatus.OPEN), ("Open", LeadStatus.OPEN), ("Contacted", LeadStatus.OPEN), ("Nurture", LeadStatus.OPEN),
    ("Qualified", LeadStatus.OPEN), ("Converted", LeadStatus.WON), ("Unqualified", LeadStatus.DISCARDED),
    ("Junk", LeadStatus.DISCARDED), ("junk", LeadStatus.DISCARDED), ("C2-Q", None),
]  # fmt: skip


@pytest.mark.parametrize(("status", "meaning"), STATUSES)
def test_every_lead_status(status: str, meaning: LeadStatus | None) -> None:
    unmapped = Unmapped()
    assert mapping.lead_status({"status": status}, None, unmapped) is meaning
    assert unmapped.pairs == ([("status", status)] if meaning is None else [])


DEALS = [
    ("Qualification", LeadStatus.OPEN), ("Demo/Making", LeadStatus.OPEN), ("Proposal/Quotation", LeadStatus.OPEN),
    ("Negotiation", LeadStatus.OPEN), ("Ready to Close", LeadStatus.OPEN), ("Won", LeadStatus.WON),
    ("Lost", LeadStatus.LOST), ("Parked", None),
]  # fmt: skip


@pytest.mark.parametrize(("status", "meaning"), DEALS)
def test_a_lead_that_became_a_deal_stands_where_the_deal_does(status: str, meaning: LeadStatus | None) -> None:
    unmapped = Unmapped()
    deal = mapping.deal_of({"name": "CRM-DEAL-2026-00001", "lead": LEAD, "status": status, "deal_owner": "r"})
    assert deal is not None
    assert mapping.lead_status({"status": "Qualified", "converted": 1}, deal, unmapped) is meaning
    assert unmapped.pairs == ([("deal_status", status)] if meaning is None else [])
    assert mapping.lead_status({"status": "Qualified", "converted": 1}, None, Unmapped()) is None


def test_the_recorded_history() -> None:
    versions = sample("rest_list_version_response")["data"]
    changes = mapping.changes_in(versions, "status", KOLKATA)
    assert [(one.at, one.before, one.after, one.author) for one in changes] == [
        (utc(2026, 11, 21, 21, 3, 14, 276360), "New", "Contacted", "Administrator")
    ]
    history = mapping.history_of(changes, utc(2026, 11, 21, 21, 2, 16), "Contacted")
    assert history.is_whole
    assert [value for _, value, _ in history.values] == ["New", "Contacted"]


def test_a_history_with_a_gap_is_not_whole() -> None:
    changes = mapping.changes_in(sample("rest_list_version_response")["data"], "status", KOLKATA)
    begun = utc(2026, 11, 21, 21, 2, 16)
    assert not mapping.history_of(changes, begun, "Junk").is_whole
    assert not mapping.history_of([*changes, *changes], begun, "Contacted").is_whole
    assert mapping.history_of([], begun, "New").is_whole


def test_a_version_that_cannot_be_read_is_no_empty_one() -> None:
    with pytest.raises(UnexpectedPayload):
        mapping.changes_in([{"name": "v", "creation": "2026-11-22 02:33:14", "data": "{cut"}], "status", KOLKATA)


def test_the_hour_that_the_clock_shows_twice_is_a_span() -> None:
    moment = BERLIN.moment("2026-10-25 02:30:00")
    assert moment is not None
    assert (moment.at, moment.latest_at) == (utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30))
    before, after = BERLIN.moment("2026-10-25 01:59:59"), BERLIN.moment("2026-10-25 03:00:00")
    assert before is not None
    assert after is not None
    assert (before.at, before.latest_at) == (utc(2026, 10, 24, 23, 59, 59), None)
    assert (after.at, after.latest_at) == (utc(2026, 10, 25, 2, 0), None)


def test_the_span_of_a_poll_holds_all_that_was_stamped_in_it() -> None:
    low, high = BERLIN.wall_span(utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 10))
    assert low <= "2026-10-25 02:00:00.000000"
    assert high >= "2026-10-25 02:59:59.999999"
    low, high = KOLKATA.wall_span(utc(2026, 11, 21, 21, 0), utc(2026, 11, 21, 21, 15))
    assert (low, high) == ("2026-11-22 02:30:00.000000", "2026-11-22 02:45:00.000000")


@pytest.mark.parametrize("text", ["", "soon", "0001-01-01 00:00:00", "2026-11-22T02:30:00+05:30", "2026-13-40"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert KOLKATA.moment(text) is None


def test_a_site_without_a_zone_is_in_frappes_own() -> None:
    assert SiteTime("").zone == "Asia/Kolkata"
    with pytest.raises(CrmRejected, match="System Settings"):
        SiteTime("Mars/Olympus")
