"""Every value of HubSpot's lists, one by one: nothing is guessed, nothing unknown is passed over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from audits.model.activity import Activity, ActivityState, Direction, Disposition
from audits.model.lead import LeadStatus
from connector.adapters.hubspot import mapping
from connector.adapters.hubspot.activities import Engagement, activity_of, task_of
from connector.adapters.hubspot.mapping import Record, Unmapped, Version, parse_at, whole_seconds
from connector.crm.values import ValueMap

MADE = datetime(2026, 11, 2, 10, 5, tzinfo=UTC)


def read(engagement: Engagement, **values: str) -> tuple[Activity, list[tuple[str, str]]]:
    unmapped = Unmapped()
    properties = {"hs_object_source": "CRM_UI", "hs_timestamp": "2026-11-02T10:00:00.000Z", **values}
    record = Record(record_id="7", created_at=MADE, properties=properties)
    return activity_of(engagement, record, "1", unmapped), unmapped.pairs


@pytest.mark.parametrize(
    ("guid", "word"),
    [
        ("f240bbac-87c9-4f6e-bf70-924b57d47db7", Disposition.CONNECTED),
        ("73a0d17f-1163-4015-bdd5-ec830791da20", Disposition.NO_ANSWER),
        ("9d9162e7-6cf3-4944-bf63-4dff82258764", Disposition.BUSY),
        ("b2cf5968-551e-4856-9783-52b3da59a7d0", Disposition.VOICEMAIL),
        ("a4c4c377-d246-4b32-a13b-75a56a4cd0ff", Disposition.LEFT_MESSAGE),
        ("17b47fee-58de-441e-a44c-c6300d46f273", Disposition.WRONG_NUMBER),
        ("F240BBAC-87C9-4F6E-BF70-924B57D47DB7", Disposition.CONNECTED),
    ],
)
def test_every_disposition(guid: str, word: Disposition) -> None:
    call, unmapped = read(Engagement.CALL, hs_call_disposition=guid, hs_call_status="COMPLETED")
    assert (call.disposition, unmapped) == (word, [])


OWN_OUTCOME = "11111111-2222-3333-4444-555555555555"


def test_an_outcome_of_the_account_means_what_its_admin_said() -> None:
    values = ValueMap(mapping.MAPPABLE, {(mapping.OUTCOME_FIELD, OWN_OUTCOME): "voicemail"})
    unmapped = Unmapped(values)
    known = {"hs_call_disposition": OWN_OUTCOME.upper(), "hs_call_status": "COMPLETED"}
    assert mapping.call_disposition(known, unmapped) is Disposition.VOICEMAIL
    assert unmapped.pairs == []


@pytest.mark.parametrize("name", [field.name for field in mapping.MAPPABLE])
def test_every_meaning_that_can_be_chosen_is_a_word_here(name: str) -> None:
    field = next(one for one in mapping.MAPPABLE if one.name == name)
    word = Disposition if name == mapping.OUTCOME_FIELD else LeadStatus
    assert {word(meaning).value for meaning in field.meanings} == field.meanings
    assert set(field.shipped.values()) <= field.meanings


@pytest.mark.parametrize(
    ("status", "stage", "word"),
    [
        ("Nurturing", "", LeadStatus.DISCARDED),
        ("NURTURING", "lead", LeadStatus.DISCARDED),
        ("nurturing", "customer", LeadStatus.WON),
        ("New", "handed over", LeadStatus.WON),
        ("", "Handed over", LeadStatus.WON),
        ("UNQUALIFIED", "lead", LeadStatus.OPEN),
    ],
)
def test_statuses_and_stages_mean_what_the_admin_said(status: str, stage: str, word: LeadStatus) -> None:
    chosen = {
        ("hs_lead_status", "nurturing"): "discarded",
        ("hs_lead_status", "UNQUALIFIED"): "open",
        ("lifecyclestage", "handed over"): "won",
    }
    unmapped = Unmapped(ValueMap(mapping.MAPPABLE, chosen))
    known = {name: value for name, value in (("hs_lead_status", status), ("lifecyclestage", stage)) if value}
    assert (mapping.lead_status(known, unmapped), unmapped.pairs) == (word, [])


def test_a_disposition_of_the_account_is_unmapped_and_the_status_does_not_speak_for_it() -> None:
    own = "11111111-2222-3333-4444-555555555555"
    call, unmapped = read(Engagement.CALL, hs_call_disposition=own, hs_call_status="NO_ANSWER")
    assert call.disposition is None
    assert unmapped == [("hs_call_disposition", own)]


@pytest.mark.parametrize(
    ("status", "state", "disposition"),
    [
        ("COMPLETED", ActivityState.DONE, None),
        ("IN_PROGRESS", ActivityState.DONE, None),
        ("RINGING", ActivityState.DONE, None),
        ("BUSY", ActivityState.DONE, Disposition.BUSY),
        ("NO_ANSWER", ActivityState.DONE, Disposition.NO_ANSWER),
        ("MISSED", ActivityState.DONE, Disposition.NO_ANSWER),
        ("QUEUED", ActivityState.PLANNED, None),
        ("CONNECTING", ActivityState.PLANNED, None),
        ("CALLING_CRM_USER", ActivityState.PLANNED, None),
        ("CANCELED", ActivityState.CANCELLED, None),
        ("FAILED", ActivityState.FAILED, None),
    ],
)
def test_every_call_status(status: str, state: ActivityState, disposition: Disposition | None) -> None:
    call, unmapped = read(Engagement.CALL, hs_call_status=status)
    assert (call.state, call.disposition, unmapped) == (state, disposition, [])


def test_a_call_status_that_is_new_to_us_is_unknown() -> None:
    call, unmapped = read(Engagement.CALL, hs_call_status="TELEPATHY")
    assert call.state is None
    assert unmapped == [("hs_call_status", "TELEPATHY")]


def test_a_call_without_status_took_place_when_somebody_chose_its_result() -> None:
    assert read(Engagement.CALL)[0].state is None
    chosen = "73a0d17f-1163-4015-bdd5-ec830791da20"
    assert read(Engagement.CALL, hs_call_disposition=chosen)[0].state is ActivityState.DONE


@pytest.mark.parametrize(
    ("value", "word", "unmapped"),
    [
        ("OUTBOUND", Direction.OUTBOUND, []),
        ("INBOUND", Direction.INBOUND, []),
        ("SIDEWAYS", None, [("hs_call_direction", "SIDEWAYS")]),
    ],
)
def test_call_direction(value: str, word: Direction | None, unmapped: list[tuple[str, str]]) -> None:
    call, named = read(Engagement.CALL, hs_call_direction=value)
    assert (call.direction, named) == (word, unmapped)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("999", 0), ("1000", 1), ("61999", 61), ("3600000", 3600), ("12.5", 0), ("-1", None), ("x", None),
     ("1e400", None), ("nan", None)],
)  # fmt: skip
def test_call_duration_is_milliseconds(text: str, seconds: int | None) -> None:
    call, unmapped = read(Engagement.CALL, hs_call_duration=text)
    assert call.duration_s == seconds == whole_seconds(text)
    assert bool(unmapped) is (seconds is None)


@pytest.mark.parametrize(
    ("direction", "status", "word", "state"),
    [
        ("EMAIL", "SENT", Direction.OUTBOUND, ActivityState.DONE),
        ("EMAIL", "SENDING", Direction.OUTBOUND, ActivityState.PLANNED),
        ("EMAIL", "SCHEDULED", Direction.OUTBOUND, ActivityState.PLANNED),
        ("EMAIL", "BOUNCED", Direction.OUTBOUND, ActivityState.FAILED),
        ("EMAIL", "FAILED", Direction.OUTBOUND, ActivityState.FAILED),
        ("INCOMING_EMAIL", "SENT", Direction.INBOUND, ActivityState.DONE),
        ("FORWARDED_EMAIL", "SENT", None, ActivityState.DONE),
    ],
)
def test_every_email_direction_and_status(
    direction: str, status: str, word: Direction | None, state: ActivityState
) -> None:
    email, unmapped = read(Engagement.EMAIL, hs_email_direction=direction, hs_email_status=status)
    assert (email.direction, email.state, unmapped) == (word, state, [])
    assert email.disposition is (Disposition.BOUNCED if status == "BOUNCED" else None)


def test_an_email_that_came_in_has_arrived_without_a_status() -> None:
    assert read(Engagement.EMAIL, hs_email_direction="INCOMING_EMAIL")[0].state is ActivityState.DONE
    assert read(Engagement.EMAIL, hs_email_direction="EMAIL")[0].state is None


@pytest.mark.parametrize(
    ("outcome", "state", "disposition"),
    [
        ("SCHEDULED", ActivityState.PLANNED, None),
        ("COMPLETED", ActivityState.DONE, Disposition.CONNECTED),
        ("RESCHEDULED", ActivityState.CANCELLED, None),
        ("NO_SHOW", ActivityState.DONE, Disposition.NO_SHOW),
        ("CANCELED", ActivityState.CANCELLED, None),
        ("CANCELLED", ActivityState.CANCELLED, None),
    ],
)
def test_every_meeting_outcome(outcome: str, state: ActivityState, disposition: Disposition | None) -> None:
    meeting, unmapped = read(
        Engagement.MEETING,
        hs_meeting_outcome=outcome,
        hs_meeting_start_time="2026-11-02T12:00:00Z",
        hs_meeting_end_time="2026-11-02T12:30:00Z",
    )
    assert (meeting.state, meeting.disposition, unmapped) == (state, disposition, [])
    assert (meeting.occurred_at, meeting.duration_s) == (datetime(2026, 11, 2, 12, tzinfo=UTC), 1800)
    assert meeting.direction is None


@pytest.mark.parametrize(
    ("status", "is_done"),
    [("NOT_STARTED", False), ("IN_PROGRESS", False), ("WAITING", False), ("DEFERRED", False), ("COMPLETED", True)],
)
def test_every_task_status(status: str, is_done: bool) -> None:
    unmapped = Unmapped()
    known = {
        "hs_task_status": status,
        "hs_timestamp": "1793615400000",
        "hs_task_completion_date": "2026-11-02T10:00:00Z",
    }
    task = task_of(Record(record_id="9", created_at=MADE, properties=known), "1", unmapped)
    assert (task.is_done, unmapped.pairs) == (is_done, [])
    assert task.task_id == "task:9"
    assert task.due_at == datetime(2026, 11, 2, 10, 30, tzinfo=UTC)
    assert task.completed_at == (datetime(2026, 11, 2, 10, tzinfo=UTC) if is_done else None)


def test_a_message_has_no_direction_and_an_unknown_channel_is_named() -> None:
    message, unmapped = read(Engagement.MESSAGE, hs_communication_channel_type="SMS")
    assert (message.direction, message.state, unmapped) == (None, ActivityState.DONE, [])
    assert read(Engagement.MESSAGE, hs_communication_channel_type="PIGEON")[1]


@pytest.mark.parametrize(
    ("source", "owner", "engagement", "automated"),
    [
        ("CRM_UI", None, Engagement.CALL, False),
        ("MOBILE_IOS", None, Engagement.CALL, False),
        ("GMAIL_INTEGRATION", None, Engagement.EMAIL, False),
        ("AUTOMATION_PLATFORM", "5", Engagement.EMAIL, True),
        ("SEQUENCES", "5", Engagement.EMAIL, True),
        ("INTEGRATION", "5", Engagement.CALL, False),
        ("INTEGRATION", None, Engagement.CALL, None),
        ("INTEGRATION", "5", Engagement.EMAIL, None),
        ("SOMETHING_NEW", "5", Engagement.CALL, None),
    ],
)
def test_who_acted(source: str, owner: str | None, engagement: Engagement, automated: bool | None) -> None:
    more = {"hubspot_owner_id": owner} if owner else {}
    act, unmapped = read(engagement, hs_object_source=source, **more)
    assert act.is_automated is automated
    assert (f"{engagement}.hs_object_source", source) in unmapped if automated is None else not unmapped


@pytest.mark.parametrize(
    ("status", "stage", "word"),
    [
        *((status, "lead", LeadStatus.OPEN) for status in sorted(mapping.OPEN_STATUSES)),
        ("UNQUALIFIED", "lead", LeadStatus.DISCARDED),
        ("NEW", "customer", LeadStatus.WON),
        ("", "evangelist", LeadStatus.WON),
        *(("", stage, LeadStatus.OPEN) for stage in sorted(mapping.OPEN_STAGES)),
        ("", "", LeadStatus.OPEN),
        ("", "other", None),
        ("", "123456", None),
        ("In Nurturing", "lead", None),
    ],
)
def test_lead_status(status: str, stage: str, word: LeadStatus | None) -> None:
    unmapped = Unmapped()
    pairs = (("hs_lead_status", status), ("lifecyclestage", stage))
    known = {name: value for name, value in pairs if value}
    assert mapping.lead_status(known, unmapped) is word
    assert bool(unmapped.pairs) is (word is None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-02T10:00:00.123Z", datetime(2026, 11, 2, 10, 0, 0, 123000, tzinfo=UTC)),
        ("2026-11-02T10:00:00Z", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("2026-11-02T05:00:00-05:00", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("2026-11-02", datetime(2026, 11, 2, tzinfo=UTC)),
        ("1773300826615", datetime(2026, 3, 12, 7, 33, 46, 615000, tzinfo=UTC)),
        ("", None),
        ("soon", None),
        ("99999999999999999999", None),
        ("-99999999999999", None),
        ("0001-01-01T00:00:00Z", None),
        (None, None),
    ],
)
def test_moments(text: str | None, moment: datetime | None) -> None:
    assert parse_at(text) == moment


def test_a_contact_becomes_a_lead() -> None:
    known = {
        "createdate": "2026-11-02T10:00:00.000Z", "lastmodifieddate": "2026-11-03T10:00:00.000Z",
        "firstname": "Ann", "lastname": "Ng", "email": "ann@buyer.example", "phone": "+1 202 555 0100",
        "hs_analytics_source": "PAID_SEARCH", "hs_analytics_source_data_1": "google", "hubspot_owner_id": "71",
        "lifecyclestage": "lead", "hs_object_source": "IMPORT", "hs_merged_object_ids": "8;9",
    }  # fmt: skip
    lead = mapping.lead_of(Record(record_id="5", created_at=MADE, properties=known), "https://x/", Unmapped())
    assert (lead.lead_id, lead.received_at, lead.recorded_at) == ("5", datetime(2026, 11, 2, 10, tzinfo=UTC), MADE)
    assert (lead.source, lead.source_detail, lead.owner_id, lead.raw_status) == (
        "PAID_SEARCH",
        "google",
        "71",
        "lead",
    )
    assert (lead.is_imported, lead.record_url, lead.full_name) == (True, "https://x/5", "Ann Ng")
    assert mapping.merged_ids_of(known) == ("8", "9")


def test_histories_are_turned_round_and_a_bad_moment_is_named() -> None:
    unmapped = Unmapped()
    newest_first = [
        Version(value="", at="2026-11-03T10:00:00Z", source="CRM_UI"),
        Version(value="71", at="bad", source="X"),
        Version(value="70", at="1793613600000", source="IMPORT"),
    ]
    changes = mapping.owner_changes_of("5", newest_first, unmapped)
    assert [(change.owner_id, change.source) for change in changes] == [("70", "IMPORT"), (None, "CRM_UI")]
    assert unmapped.pairs == [("hubspot_owner_id history timestamp", "bad")]
    stages = mapping.stage_changes_of("5", "lifecyclestage", newest_first[:1], unmapped)
    assert [(change.field, change.raw_status) for change in stages] == [("lifecyclestage", "")]


def test_evidence_holds_no_words_of_the_conversation() -> None:
    call, _ = read(
        Engagement.CALL, hs_call_status="COMPLETED", hs_call_body="secret", hs_call_to_number="+12025550100"
    )
    assert dict(call.raw)["hs_call_status"] == "COMPLETED"
    assert "secret" not in str(call.raw)
    assert "+1202" not in str(call.raw)
