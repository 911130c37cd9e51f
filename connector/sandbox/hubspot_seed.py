"""A history as HubSpot holds it: the document of seed.py.

HubSpot holds all of it. A lead that is converted stays a contact, and a deal stands beside it. For what HubSpot has
no property for, the account made some of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape
from typing import Final

from connector.sandbox.history import (
    AccountHistory,
    Act,
    By,
    Call,
    CallResult,
    Channel,
    DealHistory,
    DealStage,
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
    Role,
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
    Status.IN_PROGRESS: "IN_PROGRESS",
    Status.WAITING: "BAD_TIMING",
    Status.UNQUALIFIED: "UNQUALIFIED",
    Status.LOST: "LOST",
    Status.DENIED: "DID_NOT_REQUEST",
}
#: The account's own words among them: value → what people see.
OWN_STATUSES: Final = {"LOST": "Lost to others", "DID_NOT_REQUEST": "Did not request anything"}
PIPELINE: Final = "default"
DEAL_STAGES: Final = {
    DealStage.QUALIFIED: "qualifiedtobuy",
    DealStage.PROPOSAL: "presentationscheduled",
    DealStage.WON: "closedwon",
    DealStage.LOST: "closedlost",
}
ROLES: Final = {Role.DECIDER: "Decision maker", Role.USER: "End user"}
#: Properties that the account made for itself: what it holds → name, label, type, kind of field, options.
SUBMITTED_AT, PREFERRED_AT, CONSENT = "form_sent_at", "best_time_to_call", "call_consent"
RECONTACT_ON, PRIORITY, LEAD_TYPE = "come_back_on", "how_urgent", "kind_of_enquiry"
IP, BROWSER, FORM_SECONDS, TRAP = "web_address_of_sender", "browser_of_sender", "seconds_on_form", "nickname_field"
OWN_PROPERTIES: Final = (
    (SUBMITTED_AT, "Form sent at", "datetime", "date", ()),
    (PREFERRED_AT, "Best time to call", "datetime", "date", ()),
    (CONSENT, "Consent to calls", "bool", "booleancheckbox", ("true", "false")),
    (RECONTACT_ON, "Come back on", "date", "date", ()),
    (PRIORITY, "How urgent", "enumeration", "select", ("high", "normal")),
    (LEAD_TYPE, "Kind of enquiry", "enumeration", "select", ("order", "demo", "callback")),
    (IP, "IP address of the sender", "string", "text", ()),
    (BROWSER, "Browser of the sender", "string", "text", ()),
    (FORM_SECONDS, "Seconds on the form", "number", "number", ()),
    (TRAP, "Field that people do not see", "string", "text", ()),
)
LANGUAGE: Final = "hs_language"
OWN_GROUP: Final = "meridian"
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
    records += [writer.deal(deal) for deal in history.deals]
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
                "is_archived": rep.left_at is not None,
            }
            for rep in history.reps
        ],
        "groups": [{"object": "contacts", "name": OWN_GROUP, "label": "Meridian Solar"}],
        "properties": [
            {
                "object": "contacts",
                "name": name,
                "label": label,
                "type": type_name,
                "fieldType": field_type,
                "groupName": OWN_GROUP,
                "options": [{"label": option.capitalize(), "value": option} for option in options],
            }
            for name, label, type_name, field_type, options in OWN_PROPERTIES
        ],
        "options": [
            {"object": "contacts", "property": STATUS, "value": value, "label": label}
            for value, label in OWN_STATUSES.items()
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
            SUBMITTED_AT: stamp(lead.submitted_at) if lead.submitted_at else "",
            PREFERRED_AT: stamp(lead.preferred_at) if lead.preferred_at else "",
            CONSENT: "" if lead.has_call_consent is None else str(lead.has_call_consent).lower(),
            RECONTACT_ON: lead.recontact_on.isoformat() if lead.recontact_on else "",
            PRIORITY: lead.priority.value if lead.priority else "",
            LEAD_TYPE: lead.lead_type,
            LANGUAGE: lead.language,
            IP: lead.visit.ip,
            BROWSER: lead.visit.user_agent,
            FORM_SECONDS: "" if lead.visit.seconds is None else str(lead.visit.seconds),
            TRAP: lead.visit.trap,
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

    def deal(self, deal: DealHistory) -> JsonObject:
        """The deal, with its people. An open one shows the day on which somebody hopes to close it."""
        last = deal.steps[-1]
        is_won = last.stage is DealStage.WON
        is_closed = is_won or last.stage is DealStage.LOST
        properties: Properties = {
            "dealname": deal.name,
            "pipeline": PIPELINE,
            "amount": f"{deal.amount_minor / 100:.2f}",
            "deal_currency_code": deal.currency,
            "closedate": stamp(last.at if is_closed else deal.created_at + timedelta(days=45)),
            "hs_is_closed": str(is_closed).lower(),
            "hs_is_closed_won": str(is_won).lower(),
            "hs_v2_date_entered_current_stage": stamp(last.at),
        }
        if deal.rep_ref is not None:
            properties[OWNER] = {"ref": deal.rep_ref}
        return {
            "type": "deals",
            "ref": deal.ref,
            "created_at": stamp(deal.created_at),
            "source": self._source(deal.steps[0].by),
            "properties": properties,
            "history": {
                "dealstage": [
                    {"value": DEAL_STAGES[step.stage], "at": stamp(step.at), "source": self._source(step.by)}
                    for step in deal.steps
                ]
            },
            "associations": [
                {
                    "type": "contacts",
                    "ref": person.lead_ref,
                    **({"label": ROLES[person.role]} if person.role else {}),
                }
                for person in deal.persons
            ],
        }

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
                **({"hs_call_body": f"<p>{escape(act.text)}</p>"} if act.text else {}),
            }
        case Email():
            properties["hs_email_direction"] = "INCOMING_EMAIL" if act.is_inbound else "EMAIL"
            if act.status is not None:
                properties["hs_email_status"] = EMAIL_STATUSES[act.status]
            written: Properties = {}
            if act.text:
                html = "".join(f"<p>{escape(line)}</p>" for line in act.text.split("\n"))
                written = {"hs_email_text": act.text, "hs_email_html": f"<div>{html}</div>"}
            return "emails", properties | {"hs_email_subject": act.subject} | written
        case Message():
            return "communications", properties | {
                "hs_communication_channel_type": CHANNELS[act.channel],
                "hs_communication_logged_from": "CRM",
                **({"hs_communication_body": act.text} if act.text else {}),
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
