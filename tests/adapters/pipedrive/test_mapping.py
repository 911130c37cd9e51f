"""Each value of each list of Pipedrive's by itself, and one unknown value per list."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition, Task
from audits.model.lead import LeadStatus
from connector.adapters.pipedrive import activities, mapping
from connector.adapters.pipedrive.activities import Setting, UnknownType
from connector.adapters.pipedrive.mapping import Contact
from connector.crm.moments import parse_at
from connector.crm.values import Unmapped, ValueMap
from connector.errors import UnexpectedPayload
from connector.payloads import JsonObject

BASE = "https://northwind.pipedrive.com/"
SHIPPED = ValueMap(mapping.MAPPABLE)
BERLIN = ZoneInfo("Europe/Berlin")
ADDED = "2026-03-02T09:00:00Z"
DONE = "2026-03-02T10:30:00Z"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def activity(**values: object) -> JsonObject:
    known: JsonObject = {
        "id": 7, "type": "call", "owner_id": 12, "done": True, "marked_as_done_time": DONE, "add_time": ADDED,
        "due_date": "2026-03-02", "due_time": "08:15", "lead_id": "a", "person_id": 11,
    }  # fmt: skip
    return {**known, **values}  # type: ignore[dict-item]


def read(
    item: JsonObject, log: JsonObject | None = None, values: ValueMap = SHIPPED, phones: tuple[str, ...] = ()
) -> tuple[Activity | Task | UnknownType | None, list[tuple[str, str]]]:
    unmapped = Unmapped()
    setting = Setting(values=values, zone=BERLIN, phones=phones)
    return activities.activity_of(item, log, "lead:a", setting, unmapped), unmapped.pairs


@pytest.mark.parametrize(
    ("type_", "kind", "direction"),
    [
        ("call", ActivityKind.CALL, Direction.OUTBOUND),
        ("email", ActivityKind.EMAIL, Direction.OUTBOUND),
        ("meeting", ActivityKind.MEETING, None),
        ("lunch", ActivityKind.MEETING, None),
    ],
)
def test_a_done_activity_of_a_shipped_type_is_an_act(
    type_: str, kind: ActivityKind, direction: Direction | None
) -> None:
    act, unmapped = read(activity(type=type_))
    assert isinstance(act, Activity)
    assert (act.kind, act.direction, act.state, act.is_automated) == (kind, direction, ActivityState.DONE, False)
    assert (act.occurred_at, act.recorded_at) == (at(DONE), at(DONE))
    assert (act.activity_id, act.owner_id, act.duration_s, act.disposition) == ("activity:7", "12", None, None)
    assert not unmapped


@pytest.mark.parametrize("type_", ["task", "deadline"])
@pytest.mark.parametrize("done", [True, False])
def test_tasks_and_deadlines_are_tasks(type_: str, done: bool) -> None:
    act, _ = read(activity(type=type_, done=done))
    assert isinstance(act, Task)
    assert (act.is_done, act.due_at) == (done, at("2026-03-02T08:15:00Z"))
    assert act.completed_at == (at(DONE) if done else None)


@pytest.mark.parametrize(
    ("meaning", "kind", "direction"),
    [
        ("call_by_us", ActivityKind.CALL, Direction.OUTBOUND),
        ("call_by_lead", ActivityKind.CALL, Direction.INBOUND),
        ("email_by_us", ActivityKind.EMAIL, Direction.OUTBOUND),
        ("message_by_us", ActivityKind.MESSAGE, Direction.OUTBOUND),
        ("meeting", ActivityKind.MEETING, None),
        ("note", ActivityKind.NOTE, None),
    ],
)
def test_an_admin_says_what_a_type_means(meaning: str, kind: ActivityKind, direction: Direction | None) -> None:
    values = ValueMap(mapping.MAPPABLE, {("activity_type", "Rückruf"): meaning})
    act, unmapped = read(activity(type="rückruf"), values=values)
    assert isinstance(act, Activity)
    assert (act.kind, act.direction) == (kind, direction)
    assert not unmapped


def test_a_type_that_is_no_touch_says_nothing_and_a_task_says_task() -> None:
    values = ValueMap(mapping.MAPPABLE, {("activity_type", "call"): "no_touch", ("activity_type", "x"): "task"})
    assert read(activity(), values=values) == (None, [])
    assert isinstance(read(activity(type="x"), values=values)[0], Task)


def test_a_type_without_a_meaning_is_named_and_may_have_been_a_touch() -> None:
    act, unmapped = read(activity(type="site_visit"))
    assert act == UnknownType("site_visit")
    assert unmapped == [("activity_type", "site_visit")]
    assert isinstance(read(activity(type="site_visit", done=False))[0], Task)


def test_what_is_not_done_is_a_task_and_a_meeting_is_planned() -> None:
    act, _ = read(activity(done=False, marked_as_done_time=None))
    assert isinstance(act, Task)
    assert not act.is_done
    meeting, _ = read(activity(type="meeting", done=False, marked_as_done_time=None))
    assert isinstance(meeting, Activity)
    assert (meeting.state, meeting.occurred_at) == (ActivityState.PLANNED, at("2026-03-02T08:15:00Z"))
    assert isinstance(read(activity(type="meeting", done=False, due_date=None))[0], Task)


def test_a_day_without_a_time_is_a_day_of_the_accounts_zone() -> None:
    task, _ = read(activity(done=False, due_time=None))
    assert isinstance(task, Task)
    assert task.due_at == at("2026-03-02T22:59:59Z")
    meeting, _ = read(activity(type="meeting", done=False, due_time=None))
    assert isinstance(meeting, Activity)
    assert (meeting.occurred_at, meeting.latest_at) == (at("2026-03-01T23:00:00Z"), at("2026-03-02T22:59:59Z"))


@pytest.mark.parametrize(
    ("outcome", "disposition"),
    [
        ("connected", Disposition.CONNECTED),
        ("no_answer", Disposition.NO_ANSWER),
        ("left_message", Disposition.LEFT_MESSAGE),
        ("left_voicemail", Disposition.VOICEMAIL),
        ("wrong_number", Disposition.WRONG_NUMBER),
        ("busy", Disposition.BUSY),
        ("telepathy", None),
    ],
)
def test_a_call_log_tells_how_a_call_ended(outcome: str, disposition: Disposition | None) -> None:
    log: JsonObject = {"outcome": outcome, "duration": "130", "start_time": "2026-03-02 10:20:00"}
    act, _ = read(activity(), log)
    assert isinstance(act, Activity)
    assert (act.disposition, act.duration_s, act.occurred_at) == (disposition, 130, at("2026-03-02T10:20:00Z"))
    assert act.recorded_at == at(DONE)


@pytest.mark.parametrize(
    ("caller", "called", "direction"),
    [
        ("+49 30 5550100", "(030) 555-0177", Direction.OUTBOUND),
        ("030 5550177", "+49305550100", Direction.INBOUND),
        ("1234567", "7654321", Direction.OUTBOUND),
        ("0305550177", "0305550177", Direction.OUTBOUND),
    ],
)
def test_the_numbers_of_a_call_log_tell_who_called(caller: str, called: str, direction: Direction) -> None:
    log: JsonObject = {"from_phone_number": caller, "to_phone_number": called}
    act, _ = read(activity(), log, phones=("030 555 0177", "12"))
    assert isinstance(act, Activity)
    assert act.direction is direction


@pytest.mark.parametrize(
    ("flags", "direction", "is_automated"),
    [
        ({"sent_flag": 1, "sent_from_pipedrive_flag": 0}, Direction.OUTBOUND, False),
        ({"sent_flag": True, "sent_from_pipedrive_flag": 1}, Direction.OUTBOUND, None),
        ({"sent_flag": 0}, Direction.INBOUND, False),
        ({"sent_flag": None, "sent_from_pipedrive_flag": 1}, None, None),
    ],
)
def test_mails(flags: JsonObject, direction: Direction | None, is_automated: bool | None) -> None:
    inner: JsonObject = {"id": 3, "user_id": 12, "message_time": "2026-03-02 11:00:00", **flags}
    mail = activities.mail_of({"object": "mailMessage", "data": inner}, "lead:a", Unmapped())
    assert mail is not None
    assert (mail.kind, mail.direction, mail.is_automated) == (ActivityKind.EMAIL, direction, is_automated)
    assert (mail.activity_id, mail.occurred_at) == ("mail:3", at("2026-03-02T11:00:00Z"))


def test_an_act_in_the_second_of_the_arrival_came_after_it() -> None:
    act, _ = read(activity())
    assert isinstance(act, Activity)
    arrived_at = at(DONE) + timedelta(milliseconds=700)
    assert activities.not_before(act, arrived_at).occurred_at == arrived_at
    assert activities.not_before(act, at(DONE) + timedelta(seconds=1)) == act
    assert activities.not_before(act, at(DONE) - timedelta(seconds=1)) == act


def test_drafts_and_deleted_mails_are_none() -> None:
    mail: JsonObject = {"id": 3, "message_time": "2026-03-02 11:00:00", "sent_flag": 1}
    for flag in ("draft_flag", "deleted_flag"):
        assert activities.mail_of({"data": {**mail, flag: 1}}, "lead:a", Unmapped()) is None


def test_moments_of_both_generations_are_utc() -> None:
    same = at("2026-03-02T10:30:00Z")
    for text in (
        "2026-03-02 10:30:00",
        "2026-03-02T10:30:00Z",
        "2026-03-02T10:30:00.000Z",
        "2026-03-02T11:30:00+01:00",
    ):
        assert parse_at(text) == same
    for text in (None, "", "0000-00-00 00:00:00", "soon", "1900-01-01 00:00:00"):
        assert parse_at(text) is None


LEAD: JsonObject = {
    "id": "b1810230-6c0d-11ed-9826-a53d0eb706a5", "owner_id": 12, "person_id": 11, "label_ids": [],
    "source_name": "Web forms", "origin": "WebForms", "channel_id": "Form 4", "is_archived": False,
    "add_time": "2022-11-24T15:35:58.675Z", "update_time": "2022-11-25T00:00:00.000Z",
}  # fmt: skip
PERSON: JsonObject = {
    "id": 11, "name": "Änne Groß", "first_name": "Änne", "last_name": "Groß",
    "emails": [{"value": "b@x.example", "primary": False}, {"value": "a@x.example", "primary": True}],
    "phones": [
        {"value": "+49 171 1", "primary": False, "label": "mobile"},
        {"value": "+49 30 2", "primary": True, "label": "work"},
    ],
}  # fmt: skip


def test_a_lead() -> None:
    contact = Contact(person=PERSON, organization={"id": 2, "name": "Groß & Söhne"})
    lead = mapping.lead_of(LEAD, contact, BASE, SHIPPED, Unmapped())
    assert (lead.lead_id, lead.owner_id) == (f"lead:{LEAD['id']}", "12")
    assert (lead.full_name, lead.email, lead.phone, lead.mobile) == (
        "Änne Groß",
        "a@x.example",
        "+49 30 2",
        "+49 171 1",
    )
    assert (lead.company, lead.source, lead.source_detail) == ("Groß & Söhne", "Web forms", "Form 4")
    assert (lead.status, lead.raw_status, lead.is_imported) == (LeadStatus.OPEN, "open", False)
    assert lead.record_url == f"{BASE}leads/inbox/{LEAD['id']}"
    assert lead.received_at == at("2022-11-24T15:35:58.675Z")


def test_a_lead_without_a_moment_is_refused() -> None:
    with pytest.raises(UnexpectedPayload, match="add_time"):
        mapping.lead_of({**LEAD, "add_time": "yesterday"}, Contact(), BASE, SHIPPED, Unmapped())


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"is_archived": True}, LeadStatus.DISCARDED),
        ({"label_ids": ["w"]}, LeadStatus.WON),
        ({"label_ids": ["n"]}, LeadStatus.OPEN),
        ({"label_ids": ["d"], "is_archived": True}, LeadStatus.DISCARDED),
        ({"label_ids": ["l"], "is_archived": True}, LeadStatus.LOST),
    ],
)
def test_the_status_of_a_lead(changed: JsonObject, status: LeadStatus) -> None:
    said = {("lead_label", "w"): "won", ("lead_label", "n"): "nothing", ("lead_label", "d"): "discarded"}
    values = ValueMap(mapping.MAPPABLE, {**said, ("lead_label", "l"): "lost"})
    unmapped = Unmapped()
    assert mapping.lead_of({**LEAD, **changed}, Contact(), BASE, values, unmapped).status is status
    assert not unmapped.pairs


def test_a_label_of_no_meaning_is_named_and_tells_nothing() -> None:
    unmapped = Unmapped()
    lead = mapping.lead_of({**LEAD, "label_ids": ["hot"]}, Contact(), BASE, SHIPPED, unmapped)
    assert (lead.status, unmapped.pairs) == (LeadStatus.OPEN, [("lead_label", "hot")])


DEAL: JsonObject = {
    "id": 5, "owner_id": 12, "person_id": 11, "org_id": 2, "status": "open", "origin": "Import", "is_archived": False,
    "add_time": "2026-03-02T09:00:00Z", "update_time": "2026-03-02T09:00:00Z", "source_lead_id": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "status", "raw", "named"),
    [
        ({}, LeadStatus.OPEN, "open", []),
        ({"status": "won"}, LeadStatus.WON, "won", []),
        ({"status": "lost"}, LeadStatus.LOST, "lost", []),
        ({"status": "lost", "lost_reason": "Fake"}, LeadStatus.DISCARDED, "lost: Fake", []),
        ({"status": "lost", "lost_reason": "Price"}, LeadStatus.LOST, "lost: Price", [("lost_reason", "Price")]),
        ({"is_archived": True}, LeadStatus.DISCARDED, "archived", []),
        ({"is_archived": True, "status": "won"}, LeadStatus.WON, "won", []),
        ({"status": "melted"}, None, "melted", [("status", "melted")]),
    ],
)
def test_the_status_of_a_deal(
    changed: JsonObject, status: LeadStatus | None, raw: str, named: list[tuple[str, str]]
) -> None:
    values = ValueMap(mapping.MAPPABLE, {("lost_reason", "fake"): "discarded"})
    unmapped = Unmapped()
    lead = mapping.deal_of({**DEAL, **changed}, Contact(), BASE, values, unmapped)
    assert (lead.status, lead.raw_status, unmapped.pairs) == (status, raw, named)
    assert lead.is_imported
    assert lead.record_url == f"{BASE}deal/5"


def test_a_deal_that_was_a_lead_arrived_when_the_lead_did() -> None:
    arrived = datetime(2026, 2, 27, 8, 0, tzinfo=UTC)
    ticks = int((arrived - datetime(1582, 10, 15, tzinfo=UTC)) / timedelta(microseconds=1)) * 10
    parts = (
        ticks & 0xFFFFFFFF,
        (ticks >> 32) & 0xFFFF,
        ((ticks >> 48) & 0x0FFF) | 0x1000,
        0x98,
        0x26,
        0xA53D0EB706A5,
    )
    of_lead = str(uuid.UUID(fields=parts))
    deal = mapping.deal_of({**DEAL, "source_lead_id": of_lead}, Contact(), BASE, SHIPPED, Unmapped())
    assert deal.received_at == arrived
    for untold in ("no uuid", str(uuid.uuid4()), "ffffffff-ffff-1fff-9826-a53d0eb706a5"):
        plain = mapping.deal_of({**DEAL, "source_lead_id": untold}, Contact(), BASE, SHIPPED, Unmapped())
        assert plain.received_at == at("2026-03-02T09:00:00Z")


def test_the_published_example_of_a_lead_tells_its_moment_by_its_id() -> None:
    told = mapping.arrival_of_converted(str(LEAD["id"]), at("2022-12-01T00:00:00Z"))
    assert told is not None
    assert abs(told - at("2022-11-24T15:35:58.675Z")) < timedelta(seconds=1)


def test_the_changelog_of_a_deal() -> None:
    lines: list[JsonObject] = [
        {
            "field_key": "user_id",
            "old_value": "2",
            "new_value": "3",
            "time": "2026-03-04 09:00:00",
            "change_source": "app",
        },
        {"field_key": "status", "old_value": "open", "new_value": "won", "time": "2026-03-05 09:00:00"},
        {"field_key": "user_id", "old_value": "1", "new_value": "2", "time": "2026-03-03 09:00:00"},
        {"field_key": "stage_id", "old_value": "1", "new_value": "2", "time": "sometime"},
        {"field_key": "title", "old_value": "a", "new_value": "b", "time": "2026-03-03 10:00:00"},
    ]
    unmapped = Unmapped()
    owners = mapping.owner_changes_of("deal:5", lines, at(ADDED), unmapped)
    assert [(one.occurred_at, one.owner_id) for one in owners] == [
        (at(ADDED), "1"),
        (at("2026-03-03T09:00:00Z"), "2"),
        (at("2026-03-04T09:00:00Z"), "3"),
    ]
    stages = mapping.stage_changes_of("deal:5", lines, unmapped)
    assert [(one.field, one.raw_status) for one in stages] == [("status", "won")]
    assert unmapped.pairs == [("changelog time", "sometime")]
