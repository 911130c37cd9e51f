"""A history as HubSpot holds it: the document of seed.py.

HubSpot holds all of it but the conversion of a lead, which is none there: a contact stays a contact.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from connector.sandbox.history import (
    AccountHistory,
    Act,
    By,
    Call,
    CallResult,
    Channel,
    Door,
    EditedField,
    Email,
    EmailStatus,
    LeadHistory,
    Meeting,
    MeetingOutcome,
    Message,
    Note,
    Rep,
    Status,
    StatusChange,
)
from connector.sandbox.story import stamp
from connector.sandbox.wire import JsonObject

Properties = dict[str, object]
LIFE: Final = "lifecyclestage"
STATUS: Final = "hs_lead_status"
OWNER: Final = "hubspot_owner_id"

#: HubSpot's published disposition ids.
DISPOSITIONS: Final = {
    CallResult.CONNECTED: "f240bbac-87c9-4f6e-bf70-924b57d47db7",
    CallResult.NO_ANSWER: "73a0d17f-1163-4015-bdd5-ec830791da20",
    CallResult.BUSY: "9d9162e7-6cf3-4944-bf63-4dff82258764",
    CallResult.VOICEMAIL: "b2cf5968-551e-4856-9783-52b3da59a7d0",
    CallResult.LEFT_MESSAGE: "a4c4c377-d246-4b32-a13b-75a56a4cd0ff",
    CallResult.WRONG_NUMBER: "17b47fee-58de-441e-a44c-c6300d46f273",
}
STATUSES: Final = {
    Status.NEW: "NEW",
    Status.OPEN: "OPEN",
    Status.ATTEMPTED: "ATTEMPTED_TO_CONTACT",
    Status.CONNECTED: "CONNECTED",
    Status.UNQUALIFIED: "UNQUALIFIED",
}
CHANNELS: Final = {Channel.WHATSAPP: "WHATS_APP", Channel.SMS: "SMS", Channel.LINKEDIN: "LINKEDIN_MESSAGE"}
EMAIL_STATUSES: Final = {EmailStatus.SENT: "SENT", EmailStatus.BOUNCED: "BOUNCED"}
OUTCOMES: Final = {
    MeetingOutcome.PLANNED: "SCHEDULED",
    MeetingOutcome.HELD: "COMPLETED",
    MeetingOutcome.NO_SHOW: "NO_SHOW",
    MeetingOutcome.CANCELLED: "CANCELED",
}
#: Apps that bring leads in have a number in HubSpot.
INTEGRATIONS: Final = {"LeadHarbor": "310041", "Kontaktwerk": "310077", "Brightfunnel": "310102"}
_FIELDS: Final = {EditedField.PHONE: "phone", EditedField.CITY: "city", EditedField.JOB_TITLE: "jobtitle"}
_DOORS: Final = {
    Door.HAND: "CRM_UI",
    Door.FORM: "FORM",
    Door.INTEGRATION: "INTEGRATION",
    Door.IMPORT: "IMPORT",
    Door.AUTOMATION: "AUTOMATION",
    Door.SEQUENCE: "SEQUENCES",
    Door.MAILBOX: "EMAIL_INTEGRATION",
    Door.BOOKING: "MEETINGS",
}


def user_id_of(rep: Rep) -> int:
    """The user of a rep, who is not the owner of the same person."""
    return 98_700_000 + rep.number


def hubspot_document(history: AccountHistory, portal_id: int) -> JsonObject:
    """The seed of a portal (seed.py): contacts first, for the others point at them; ids ascend with time, as in life.

    Raises ValueError for a merge: a seed has no record that is gone.
    """
    writer = _Writer(history)
    records = [record for lead in history.leads for record in writer.records(lead)]
    records.sort(key=lambda record: (record["type"] != "contacts", str(record["created_at"])))
    return {
        "portal_id": portal_id,
        "owners": [
            {
                "ref": rep.ref,
                "user_id": user_id_of(rep),
                "email": rep.email,
                "first_name": rep.first_name,
                "last_name": rep.last_name,
                "created_at": stamp(history.opened_at),
                "teams": [{"id": rep.team.lower(), "name": rep.team, "primary": True}],
            }
            for rep in history.reps
        ],
        "records": records,
    }


class _Writer:
    def __init__(self, history: AccountHistory) -> None:
        self._until = history.until
        self._user_ids = {rep.ref: user_id_of(rep) for rep in history.reps}

    def records(self, lead: LeadHistory) -> list[JsonObject]:
        """The contact and everything done on it."""
        if lead.merges:
            raise ValueError(f"{lead.ref}: a seed of HubSpot cannot hold a merge; merge while the sandbox runs.")
        properties: Properties = {
            "firstname": lead.person.first_name,
            "lastname": lead.person.last_name,
            "email": lead.person.email,
            "phone": lead.person.phone,
            "country": lead.country,
            "city": lead.city,
            "hs_analytics_source": lead.source.name if lead.source else "",
            "hs_analytics_source_data_1": lead.source_detail,
            "hs_analytics_source_data_2": lead.campaign,
            "company": lead.company,
            "mobilephone": lead.person.mobile,
            "message": lead.message,
        }
        contact: JsonObject = {
            "type": "contacts",
            "ref": lead.ref,
            "created_at": stamp(lead.received_at),
            "source": self._source(lead.arrived_by),
            "properties": {name: value for name, value in properties.items() if value},
            "history": self._versions(lead),
        }
        if lead.deleted_at is not None:
            contact |= {"modified_at": stamp(lead.deleted_at), "is_archived": True}
        return [contact, *(self._engagement(lead.ref, act) for act in lead.acts)]

    def _versions(self, lead: LeadHistory) -> dict[str, list[JsonObject]]:
        versions: dict[str, list[JsonObject]] = {}

        def add(name: str, value: object, at: datetime, by: By) -> None:
            version: JsonObject = {"value": value, "at": stamp(at), "source": self._source(by)}
            versions.setdefault(name, []).append(version)

        add(LIFE, "lead", lead.received_at, lead.arrived_by)
        for change in lead.status_changes:
            add(*self._status(change), change.at, change.by)
        for hand_over in lead.owner_changes:
            rep_ref = hand_over.rep_ref
            add(OWNER, {"ref": rep_ref} if rep_ref else "", hand_over.at, hand_over.by)
        for edit in lead.edits:
            add(_FIELDS[edit.edited], edit.value, edit.at, edit.by)
        return versions

    def _status(self, change: StatusChange) -> tuple[str, str]:
        if change.status is Status.WON:
            return LIFE, "customer"
        return STATUS, change.label if change.status is Status.OWN else STATUSES[change.status]

    def _engagement(self, lead_ref: str, act: Act) -> JsonObject:
        kind, properties = _properties(act)
        if act.rep_ref is not None:
            properties[OWNER] = {"ref": act.rep_ref}
        record: JsonObject = {
            "type": kind,
            "created_at": stamp(act.recorded_at),
            "source": self._source(act.by),
            "properties": properties,
            "associations": [{"type": "contacts", "ref": lead_ref}],
        }
        if isinstance(act, Meeting):
            record["modified_at"] = stamp(min(act.end_at, self._until))
        return record

    def _source(self, by: By) -> JsonObject:
        source: JsonObject = {"type": _DOORS[by.door]}
        if by.door is Door.INTEGRATION:
            source["id"] = INTEGRATIONS[by.name]
        if by.name:
            source["label"] = by.name
        if by.rep_ref is not None:
            source["user_id"] = self._user_ids[by.rep_ref]
        return source


def _properties(act: Act) -> tuple[str, Properties]:
    """The type of the engagement and what stands on it."""
    properties: Properties = {"hs_timestamp": stamp(act.at)}
    match act:
        case Call():
            return "calls", properties | {
                "hs_call_direction": "INBOUND" if act.is_inbound else "OUTBOUND",
                "hs_call_status": "COMPLETED",
                "hs_call_disposition": DISPOSITIONS[act.result],
                "hs_call_duration": str(act.talk_s * 1000),
                "hs_call_title": act.subject,
                "hs_call_to_number": act.number,
            }
        case Email():
            properties["hs_email_direction"] = "INCOMING_EMAIL" if act.is_inbound else "EMAIL"
            if act.status is not None:
                properties["hs_email_status"] = EMAIL_STATUSES[act.status]
            return "emails", properties | {"hs_email_subject": act.subject}
        case Message():
            return "communications", properties | {
                "hs_communication_channel_type": CHANNELS[act.channel],
                "hs_communication_logged_from": "CRM",
            }
        case Meeting():
            return "meetings", properties | {
                "hs_meeting_start_time": stamp(act.at),
                "hs_meeting_end_time": stamp(act.end_at),
                "hs_meeting_outcome": OUTCOMES[act.outcome],
                "hs_meeting_title": act.subject,
            }
        case Note():
            return "notes", properties | {"hs_note_body": act.text}
        case _:
            done: Properties = {} if act.done_at is None else {"hs_task_completion_date": stamp(act.done_at)}
            return "tasks", properties | {
                "hs_task_status": "NOT_STARTED" if act.done_at is None else "COMPLETED",
                "hs_task_type": "CALL",
                "hs_task_priority": "MEDIUM",
                "hs_task_subject": act.subject,
                **done,
            }
