"""The object types the sandbox knows: their names, ids, scopes, built-in properties and association types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from connector.sandbox.wire import invalid


@dataclass(frozen=True, slots=True)
class Kind:
    """One object type. `created` and `modified` name the properties that hold those moments."""

    plural: str
    singular: str
    type_id: str
    created: str
    modified: str
    shown: tuple[str, ...]
    """Properties an answer holds when the caller names none."""
    scope: str
    """The middle part of the object scopes: crm.objects.<scope>.read."""
    builtin: tuple[str, ...]
    """name:type[:option,option] of the built-in properties beyond the common ones."""
    extra_read: tuple[str, ...] = ()

    @property
    def read_scopes(self) -> tuple[str, ...]:
        return (f"crm.objects.{self.scope}.read", *self.extra_read)

    @property
    def write_scopes(self) -> tuple[str, ...]:
        return (f"crm.objects.{self.scope}.write",)


LIFECYCLE_STAGES: Final = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)
_LEAD_STATUSES: Final = "NEW,OPEN,IN_PROGRESS,OPEN_DEAL,UNQUALIFIED,ATTEMPTED_TO_CONTACT,CONNECTED,BAD_TIMING"
#: HubSpot's own call outcomes, id -> label; the values of hs_call_disposition.
CALL_OUTCOMES: Final = {
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "Busy",
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "Connected",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff": "Left live message",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "Left voicemail",
    "73a0d17f-1163-4015-bdd5-ec830791da20": "No answer",
    "17b47fee-58de-441e-a44c-c6300d46f273": "Wrong number",
}
_OBJECT_SOURCE: Final = (
    "hs_object_source:string",
    "hs_object_source_label:string",
    "hs_object_source_id:string",
    "hs_object_source_user_id:string",
    "hs_object_source_detail_1:string",
    "hs_object_source_detail_2:string",
    "hs_object_source_detail_3:string",
)
_COMMON: Final = (
    "hs_object_id:number",
    "hubspot_owner_id:string",
    "hubspot_owner_assigneddate:datetime",
    "hs_all_owner_ids:string",
    "hs_merged_object_ids:string",
    *_OBJECT_SOURCE,
)
_ENGAGEMENT: Final = (
    "hs_timestamp:datetime",
    "hs_activity_type:string",
    "hs_attachment_ids:string",
    "hs_body_preview:string",
)
_SHOWN_ENGAGEMENT: Final = ("hs_createdate", "hs_lastmodifieddate", "hs_object_id")

_CONTACT: Final = Kind(
    plural="contacts",
    singular="contact",
    type_id="0-1",
    created="createdate",
    modified="lastmodifieddate",
    shown=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    scope="contacts",
    builtin=(
        *(
            f"{name}:string"
            for name in [
                "email",
                "firstname",
                "lastname",
                "phone",
                "mobilephone",
                "company",
                "website",
                "jobtitle",
                "address",
                "city",
                "state",
                "zip",
                "country",
                "industry",
                "message",
                "hs_email_domain",
                "hs_calculated_phone_number",
                "hs_calculated_phone_number_country_code",
                "hs_searchable_calculated_phone_number",
                "hs_full_name_or_email",
                "hs_analytics_source_data_1",
                "hs_analytics_source_data_2",
                "hs_latest_source_data_1",
                "hs_latest_source_data_2",
                "hs_analytics_first_url",
                "hs_analytics_first_referrer",
                "first_conversion_event_name",
                "recent_conversion_event_name",
                "hs_pipeline",
                "hs_legal_basis",
                "hs_calculated_merged_vids",
                "hs_last_sales_activity_type",
                "hs_language",
                "hs_buying_role",
                "ip_country",
            ]
        ),
        *(f"{name}:string" for name in ("hs_analytics_source", "hs_latest_source", "hs_sa_first_engagement_descr")),
        *(
            f"{name}:datetime"
            for name in [
                "hs_analytics_first_timestamp",
                "hs_latest_source_timestamp",
                "first_conversion_date",
                "recent_conversion_date",
                "notes_last_contacted",
                "notes_last_updated",
                "notes_next_activity_date",
                "hs_first_outreach_date",
                "hs_sa_first_engagement_date",
                "hs_last_sales_activity_timestamp",
                "hs_sales_email_last_replied",
                "hs_v2_date_entered_current_stage",
                "hs_lifecyclestage_lead_date",
            ]
        ),
        *(
            f"{name}:number"
            for name in [
                "num_contacted_notes",
                "num_notes",
                "num_conversion_events",
                "hs_time_to_first_engagement",
                "hs_email_bounce",
            ]
        ),
        *(f"{name}:bool" for name in ["hs_is_contact", "hs_is_unworked", "hs_email_optout", "hs_email_bad_address"]),
        f"lifecyclestage:enumeration:{','.join(LIFECYCLE_STAGES)}",
        f"hs_lead_status:enumeration:{_LEAD_STATUSES}",
    ),
)


def _engagement(plural: str, singular: str, type_id: str, *builtin: str, extra_read: tuple[str, ...] = ()) -> Kind:
    return Kind(
        plural=plural,
        singular=singular,
        type_id=type_id,
        created="hs_createdate",
        modified="hs_lastmodifieddate",
        shown=_SHOWN_ENGAGEMENT,
        scope="contacts",
        builtin=(*_ENGAGEMENT, *builtin),
        extra_read=extra_read,
    )


KINDS: Final = (
    _CONTACT,
    Kind(
        plural="companies",
        singular="company",
        type_id="0-2",
        created="createdate",
        modified="hs_lastmodifieddate",
        shown=("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
        scope="companies",
        builtin=("name:string", "domain:string", "phone:string", "city:string", "country:string", "industry:string"),
    ),
    Kind(
        plural="deals",
        singular="deal",
        type_id="0-3",
        created="createdate",
        modified="hs_lastmodifieddate",
        shown=(
            "amount",
            "closedate",
            "createdate",
            "dealname",
            "dealstage",
            "hs_lastmodifieddate",
            "hs_object_id",
            "pipeline",
        ),
        scope="deals",
        builtin=(
            "dealname:string",
            "dealstage:string",
            "pipeline:string",
            "amount:number",
            "closedate:datetime",
            "hs_is_closed:bool",
            "hs_is_closed_won:bool",
            "hs_v2_date_entered_current_stage:datetime",
            "hs_deal_stage_probability:number",
            "deal_currency_code:string",
        ),
    ),
    Kind(
        plural="leads",
        singular="lead",
        type_id="0-136",
        created="hs_createdate",
        modified="hs_lastmodifieddate",
        shown=("hs_createdate", "hs_lastmodifieddate", "hs_object_id", "hs_lead_name"),
        scope="leads",
        builtin=(
            "hs_lead_name:string",
            "hs_lead_type:string",
            "hs_lead_label:string",
            "hs_pipeline:string",
            "hs_pipeline_stage:string",
        ),
    ),
    _engagement(
        "calls",
        "call",
        "0-48",
        "hs_call_direction:enumeration:INBOUND,OUTBOUND",
        "hs_call_duration:number",
        "hs_call_status:enumeration:BUSY,CALLING_CRM_USER,CANCELED,COMPLETED,CONNECTING,FAILED,IN_PROGRESS,MISSED,"
        "NO_ANSWER,QUEUED,RINGING",
        f"hs_call_disposition:string:{','.join(CALL_OUTCOMES)}",
        "hs_call_from_number:string",
        "hs_call_to_number:string",
        "hs_call_title:string",
        "hs_call_body:string",
        "hs_call_recording_url:string",
        "hs_call_source:string",
    ),
    _engagement(
        "emails",
        "email",
        "0-49",
        "hs_email_direction:enumeration:EMAIL,INCOMING_EMAIL,FORWARDED_EMAIL",
        "hs_email_status:enumeration:BOUNCED,FAILED,SCHEDULED,SENDING,SENT",
        "hs_email_subject:string",
        "hs_email_text:string",
        "hs_email_html:string",
        "hs_email_headers:string",
        "hs_email_from_email:string",
        "hs_email_to_email:string",
        extra_read=("sales-email-read",),
    ),
    _engagement(
        "meetings",
        "meeting",
        "0-47",
        "hs_meeting_start_time:datetime",
        "hs_meeting_end_time:datetime",
        "hs_meeting_title:string",
        "hs_meeting_body:string",
        "hs_meeting_outcome:enumeration:SCHEDULED,COMPLETED,RESCHEDULED,NO_SHOW,CANCELED",
        "hs_meeting_source:string",
    ),
    _engagement("notes", "note", "0-46", "hs_note_body:string"),
    _engagement(
        "tasks",
        "task",
        "0-27",
        "hs_task_status:enumeration:NOT_STARTED,IN_PROGRESS,WAITING,COMPLETED,DEFERRED",
        "hs_task_type:enumeration:EMAIL,CALL,TODO",
        "hs_task_priority:enumeration:NONE,LOW,MEDIUM,HIGH",
        "hs_task_subject:string",
        "hs_task_body:string",
        "hs_task_completion_date:datetime",
        "hs_task_is_overdue:bool",
        "hs_task_is_past_due_date:bool",
        "hs_task_missed_due_date_count:number",
        "hs_task_is_completed:number",
    ),
    _engagement(
        "communications",
        "communication",
        "0-18",
        "hs_communication_channel_type:enumeration:WHATS_APP,LINKEDIN_MESSAGE,SMS",
        "hs_communication_logged_from:string",
        "hs_communication_body:string",
    ),
)

CONTACTS: Final = _CONTACT
ENGAGEMENTS: Final = frozenset({"calls", "emails", "meetings", "notes", "tasks", "communications"})
_BY_NAME: Final = {name: kind for kind in KINDS for name in (kind.plural, kind.singular, kind.type_id)}

# HubSpot's published association type ids (from, to) -> id; the pairs it does not publish get one of our own below.
_TYPE_IDS: Final[dict[tuple[str, str], int]] = {
    ("contact", "call"): 193,
    ("call", "contact"): 194,
    ("contact", "email"): 197,
    ("email", "contact"): 198,
    ("contact", "meeting"): 199,
    ("meeting", "contact"): 200,
    ("contact", "note"): 201,
    ("note", "contact"): 202,
    ("contact", "task"): 203,
    ("task", "contact"): 204,
    ("contact", "communication"): 82,
    ("communication", "contact"): 81,
    ("contact", "deal"): 4,
    ("deal", "contact"): 3,
    ("contact", "company"): 279,
    ("company", "contact"): 280,
    ("contact", "lead"): 609,
    ("lead", "contact"): 578,
    ("deal", "call"): 205,
    ("deal", "email"): 209,
    ("deal", "meeting"): 211,
    ("deal", "note"): 213,
    ("deal", "task"): 215,
    ("deal", "lead"): 1038,
    ("call", "deal"): 206,
    ("email", "deal"): 210,
    ("meeting", "deal"): 212,
    ("note", "deal"): 214,
    ("task", "deal"): 216,
    ("call", "lead"): 597,
    ("meeting", "lead"): 601,
    ("note", "lead"): 855,
}


def find_kind(name: str) -> Kind:
    """By plural, singular or type id. Raises ApiError 400 for a type the sandbox does not know."""
    kind = _BY_NAME.get(name.lower())
    if kind is None:
        raise invalid(f"Unable to infer object type from: {name}")
    return kind


def association_type_id(from_kind: Kind, to_kind: Kind) -> int:
    """The default type id between two types."""
    known = _TYPE_IDS.get((from_kind.singular, to_kind.singular))
    if known is not None:
        return known
    kinds = list(KINDS)
    return 9000 + 20 * kinds.index(from_kind) + kinds.index(to_kind)


def builtin_properties(kind: Kind) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """(name, type, options) of every property a fresh portal has on this type."""
    entries = (
        f"{kind.created}:datetime",
        f"{kind.modified}:datetime",
        *_COMMON,
        *kind.builtin,
    )
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for entry in entries:
        name, type_name, *options = entry.split(":")
        found.append((name, type_name, tuple(options[0].split(",")) if options else ()))
    return tuple(found)
