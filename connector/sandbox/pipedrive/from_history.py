"""A history as Pipedrive holds it: the document of seed.py. And what Pipedrive cannot hold of it.

A lead is a lead (UUID) on a person, until it is converted: then it is a deal on the same person, the lead is gone and
its activities stand on the deal. A lead that was found to be no buyer is archived; a deal is lost.

Not there at all: city, country and job title of a person (fields of the contact sync only), the campaign, hand-overs
and statuses of a lead while it was one (a lead has no changelog), what a lead wrote and how it filled in the form,
that who was reached had asked for nothing (an archived lead gives no reason), statuses of the account's own (a label
stands for them, and the lead is archived), a lead without an owner (whoever's token made it owns it), a lead without
an origin.
An activity says neither who reached out nor how it ended: call logs do, and Pipedrive shows each user only his own.
This account helps itself with types of activities: one for calls that came in, and one for each kind of chat:
its reps log what they wrote (chats themselves are shown to no app). A mail does not say whether it bounced, and one
that went out from within Pipedrive not whether a person or a workflow sent it. Mails are shown to their owner alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from connector.sandbox.history import (
    AccountHistory,
    Call,
    CallResult,
    Channel,
    Door,
    EditedField,
    Email,
    LeadHistory,
    Meeting,
    MeetingOutcome,
    Message,
    Note,
    Rep,
    Status,
    Task,
)
from connector.sandbox.story import stamp
from connector.sandbox.wire import JsonObject

OUTCOMES: Final = {
    CallResult.CONNECTED: "connected",
    CallResult.NO_ANSWER: "no_answer",
    CallResult.BUSY: "busy",
    CallResult.VOICEMAIL: "left_voicemail",
    CallResult.LEFT_MESSAGE: "left_message",
    CallResult.WRONG_NUMBER: "wrong_number",
}
#: Door → (source_name, origin) of a lead. Fixed when the lead is made; there is no lead without.
ORIGINS: Final = {
    Door.FORM: ("Web forms", "WebForms"),
    Door.IMPORT: ("Import", "Import"),
    Door.INTEGRATION: ("API", "Marketplace"),
}
BY_HAND: Final = ("Manually created", "ManuallyCreated")
#: What Pipedrive calls the channel of leads that an app of its marketplace made.
MARKETPLACE_CHANNEL: Final = 8
#: Types of activities that the account made for itself: key → what its people read.
INCOMING_CALL: Final = "incoming_call"
CHAT_TYPES: Final = {
    Channel.WHATSAPP: ("whatsapp", "WhatsApp"),
    Channel.SMS: ("sms", "SMS"),
    Channel.LINKEDIN: ("linkedin", "LinkedIn"),
}
OWN_TYPES: Final = {INCOMING_CALL: "Incoming call", **dict(CHAT_TYPES.values())}
PIPELINE: Final = "sales"
STAGES: Final = ("Qualified", "Contact made", "Proposal made", "Negotiations started")
OFFICE_NUMBER: Final = "+49 30 5550100"
_CLOSED: Final = (Status.UNQUALIFIED, Status.LOST, Status.DENIED, Status.OWN)


def person_ref(lead_ref: str) -> str:
    """The ref of the person of a lead."""
    return f"{lead_ref}.person"


def deal_ref(lead_ref: str) -> str:
    """The ref of the deal that a lead became."""
    return f"{lead_ref}.deal"


def record_ref(lead: LeadHistory) -> str:
    """The ref of the record under which the lead is worked at the end: its deal, or itself."""
    return lead.ref if lead.converted_at is None else deal_ref(lead.ref)


def pipedrive_document(
    history: AccountHistory, company_id: int, *, maker_id: int, user_ids: Mapping[str, int] | None = None
) -> JsonObject:
    """The seed of a company (seed.py). `maker_id`: the user by whose token leads come in; owns what nobody got.

    `user_ids`: reps (by ref) who are users of the company already; the others are made.
    """
    return _Writer(history, maker_id, user_ids or {}).document(company_id)


class _Writer:
    def __init__(self, history: AccountHistory, maker_id: int, user_ids: Mapping[str, int]) -> None:
        self._history = history
        self._maker_id = maker_id
        self._user_ids = user_ids
        self._reps = {rep.ref: rep for rep in history.reps}
        self._amounts = {deal.ref: deal.amount_minor / 100 for deal in history.deals}
        self._leads = {lead.ref: lead for lead in history.leads}
        self._survivors = {merge.lead_ref: lead.ref for lead in history.leads for merge in lead.merges}

    def document(self, company_id: int) -> JsonObject:
        """All lists, records in the order of time."""
        leads = sorted(self._history.leads, key=lambda lead: (lead.received_at, lead.ref))
        words = sorted({lead.status.label for lead in leads if lead.status.status is Status.OWN})
        acts = [
            (number, lead, act)
            for number, (lead, act) in enumerate((lead, act) for lead in leads for act in lead.acts)
        ]
        acts.sort(key=lambda each: (each[2].recorded_at, each[0]))
        return {
            "company_id": company_id,
            "users": [self._user(rep) for rep in self._history.reps if rep.ref not in self._user_ids],
            "activity_types": [{"name": name, "key_string": key} for key, name in OWN_TYPES.items()],
            "lead_labels": [{"ref": _label_ref(word), "name": word, "color": "gray"} for word in words],
            "pipelines": [{"ref": PIPELINE, "name": "Sales"}],
            "stages": [
                {"ref": _stage_ref(name), "name": name, "pipeline_id": {"ref": PIPELINE}, "order_nr": number}
                for number, name in enumerate(STAGES, start=1)
            ],
            "organizations": [
                {"ref": f"{lead.ref}.firm", "name": lead.company, "add_time": stamp(lead.received_at)}
                for lead in leads
                if lead.company
            ],
            "persons": [self._person(lead) for lead in leads],
            "leads": [self._lead(lead) for lead in leads],
            "deals": [
                self._deal(lead, at)
                for lead, at in sorted(
                    ((lead, lead.converted_at) for lead in leads if lead.converted_at is not None),
                    key=lambda pair: (pair[1], pair[0].ref),
                )
            ],
            "activities": [
                self._activity(number, lead, act)
                for number, lead, act in acts
                if isinstance(act, Call | Message | Meeting | Task)
            ],
            "call_logs": [
                self._call_log(number, lead, act)
                for number, lead, act in acts
                if isinstance(act, Call) and act.rep_ref
            ],
            "mail_messages": [self._mail(lead, act) for _, lead, act in acts if isinstance(act, Email)],
            "notes": [
                {
                    "content": f"<p>{act.text}</p>",
                    "user_id": self._user_id(act.rep_ref),
                    "add_time": stamp(act.recorded_at),
                    **self._on(lead),
                }
                for _, lead, act in acts
                if isinstance(act, Note)
            ],
            "changelog": sorted(
                (entry for lead in leads for entry in self._changes(lead)), key=lambda entry: str(entry["time"])
            ),
        }

    # -- who

    def _user(self, rep: Rep) -> JsonObject:
        return {
            "ref": rep.ref,
            "name": f"{rep.first_name} {rep.last_name}",
            "email": rep.email,
            "created": stamp(self._history.opened_at),
            "active_flag": rep.left_at is None,
        }

    def _user_id(self, rep_ref: str | None) -> object:
        if rep_ref is None:
            return self._maker_id
        known = self._user_ids.get(rep_ref)
        return {"ref": rep_ref} if known is None else known

    # -- records

    def _person(self, lead: LeadHistory) -> JsonObject:
        phone = lead.edited(EditedField.PHONE, lead.person.phone)
        phones = [(phone, "work"), (lead.person.mobile, "mobile")]
        person: JsonObject = {
            "ref": person_ref(lead.ref),
            "name": f"{lead.person.first_name} {lead.person.last_name}",
            "owner_id": self._user_id(lead.owner_ref),
            "emails": [{"value": lead.person.email, "primary": True, "label": "work"}] if lead.person.email else [],
            "phones": [
                {"value": number, "primary": number == phone, "label": label} for number, label in phones if number
            ],
            "add_time": stamp(lead.received_at),
            "update_time": stamp(max([lead.received_at, *(edit.at for edit in lead.edits)])),
            "is_deleted": lead.ref in self._survivors,
        }
        if lead.company:
            person["org_id"] = {"ref": f"{lead.ref}.firm"}
        return person

    def _lead(self, lead: LeadHistory) -> JsonObject:
        source_name, origin = ORIGINS.get(lead.arrived_by.door, BY_HAND)
        is_gone = lead.converted_at is not None or lead.deleted_at is not None or lead.ref in self._survivors
        record: JsonObject = {
            "ref": lead.ref,
            "title": self._title(lead),
            "owner_id": self._user_id(lead.owner_ref),
            "creator_id": self._maker_id,
            "person_id": self._person_of(lead),
            "source_name": source_name,
            "origin": origin,
            "was_seen": bool(lead.acts),
            "add_time": stamp(lead.received_at),
            "update_time": stamp(self._touched_at(lead)),
            "is_deleted": is_gone,
        }
        if lead.arrived_by.door is Door.INTEGRATION:
            record |= {"channel": MARKETPLACE_CHANNEL, "channel_id": lead.arrived_by.name}
        if lead.company:
            record["organization_id"] = {"ref": f"{lead.ref}.firm"}
        if not is_gone and lead.status.status in _CLOSED:
            record |= {"is_archived": True, "archive_time": stamp(lead.status.at)}
        if lead.status.status is Status.OWN:
            record["label_ids"] = [{"ref": _label_ref(lead.status.label)}]
        return record

    def _deal(self, lead: LeadHistory, converted_at: datetime) -> JsonObject:
        _, origin = ORIGINS.get(lead.arrived_by.door, BY_HAND)
        record: JsonObject = {
            "ref": deal_ref(lead.ref),
            "title": self._title(lead),
            "owner_id": self._user_id(lead.owner_ref),
            "creator_user_id": self._user_id(lead.owner_ref),
            "person_id": self._person_of(lead),
            "pipeline_id": {"ref": PIPELINE},
            "stage_id": {"ref": _stage_ref(STAGES[0])},
            "stage_change_time": stamp(converted_at),
            "value": self._amounts.get(deal_ref(lead.ref), 9_800),
            "currency": "EUR",
            "origin": origin,
            "source_lead_id": {"ref": lead.ref},
            "add_time": stamp(converted_at),
            "update_time": stamp(max(converted_at, self._touched_at(lead))),
            "is_deleted": lead.deleted_at is not None or lead.ref in self._survivors,
        }
        if lead.arrived_by.door is Door.INTEGRATION:
            record |= {"channel": MARKETPLACE_CHANNEL, "channel_id": lead.arrived_by.name}
        if lead.company:
            record["org_id"] = {"ref": f"{lead.ref}.firm"}
        closed = stamp(lead.status.at)
        if lead.status.status is Status.WON:
            record |= {"status": "won", "won_time": closed, "close_time": closed}
        elif lead.status.status in _CLOSED:
            record |= {"status": "lost", "lost_time": closed, "close_time": closed, "lost_reason": "No buyer"}
        return record

    def _title(self, lead: LeadHistory) -> str:
        return f"{lead.company or f'{lead.person.first_name} {lead.person.last_name}'} lead"

    def _person_of(self, lead: LeadHistory) -> JsonObject:
        return {"ref": person_ref(self._survivor(lead).ref)}

    def _survivor(self, lead: LeadHistory) -> LeadHistory:
        while lead.ref in self._survivors:
            lead = self._leads[self._survivors[lead.ref]]
        return lead

    def _touched_at(self, lead: LeadHistory) -> datetime:
        moments = [lead.received_at]
        moments += [change.at for change in lead.status_changes]
        moments += [change.at for change in lead.owner_changes]
        if lead.deleted_at is not None:
            moments.append(lead.deleted_at)
        return max(moments)

    def _on(self, lead: LeadHistory) -> JsonObject:
        """On which record the acts of a lead stand."""
        kept = self._survivor(lead)
        if kept.converted_at is not None:
            return {"deal_id": {"ref": deal_ref(kept.ref)}, "person_id": self._person_of(kept)}
        return {"lead_id": {"ref": kept.ref}, "person_id": self._person_of(kept)}

    # -- acts

    def _activity(self, number: int, lead: LeadHistory, act: Call | Message | Meeting | Task) -> JsonObject:
        activity: JsonObject = {
            "ref": _activity_ref(number),
            "subject": CHAT_TYPES[act.channel][1] if isinstance(act, Message) else act.subject,
            "owner_id": self._user_id(act.rep_ref),
            "creator_user_id": self._user_id(act.rep_ref),
            "due_date": act.at.astimezone(UTC).date().isoformat(),
            "due_time": act.at.astimezone(UTC).strftime("%H:%M"),
            "add_time": stamp(act.recorded_at),
            **self._on(lead),
        }
        done_at: datetime | None
        match act:
            case Call():
                activity["type"] = INCOMING_CALL if act.is_inbound else "call"
                activity["duration"] = _hours_and_minutes(act.talk_s)
                # Whoever clicks on a number has the call as a done activity from the first ring on.
                activity["add_time"] = stamp(act.at)
                done_at = act.at
            case Message():
                activity["type"] = CHAT_TYPES[act.channel][0]
                done_at = act.recorded_at
            case Meeting():
                activity |= {"type": "meeting", "duration": _hours_and_minutes((act.end_at - act.at).seconds)}
                is_over = act.outcome is MeetingOutcome.HELD
                done_at = min(act.end_at, self._history.until) if is_over else None
            case _:
                activity["type"] = "task"
                done_at = act.done_at
        activity["done"] = done_at is not None
        activity["update_time"] = stamp(done_at or act.recorded_at)
        if done_at is not None:
            activity["marked_as_done_time"] = stamp(done_at)
        return activity

    def _call_log(self, number: int, lead: LeadHistory, act: Call) -> JsonObject:
        ours, theirs = OFFICE_NUMBER, act.number or "unknown"
        return {
            "user_id": self._user_id(act.rep_ref),
            "activity_id": {"ref": _activity_ref(number)},
            "outcome": OUTCOMES[act.result],
            "duration": act.talk_s,
            "subject": act.subject,
            "from_phone_number": theirs if act.is_inbound else ours,
            "to_phone_number": ours if act.is_inbound else theirs,
            "start_time": stamp(act.at),
            "end_time": stamp(act.recorded_at),
            **self._on(lead),
        }

    def _mail(self, lead: LeadHistory, act: Email) -> JsonObject:
        person = {"email_address": lead.person.email, "name": f"{lead.person.first_name} {lead.person.last_name}"}
        rep = self._reps[act.rep_ref] if act.rep_ref else self._history.reps[0]
        ours = {"email_address": rep.email, "name": f"{rep.first_name} {rep.last_name}"}
        on = self._on(lead)
        on.pop("lead_id", None)
        return {
            "user_id": self._user_id(rep.ref),
            "from": [person if act.is_inbound else ours],
            "to": [ours if act.is_inbound else person],
            "subject": act.subject,
            "snippet": act.subject,
            "sent_flag": not act.is_inbound,
            "sent_from_pipedrive_flag": act.by.is_automated,
            "message_time": stamp(act.at),
            **on,
        }

    # -- history

    def _changes(self, lead: LeadHistory) -> Iterator[JsonObject]:
        """The changelog: of a person from the beginning, of a deal from the conversion on."""
        phone = lead.person.phone
        for edit in lead.edits:
            if edit.edited is EditedField.PHONE:
                yield {
                    "entity": "person",
                    "id": {"ref": person_ref(lead.ref)},
                    "field_key": "phone",
                    "old_value": phone,
                    "new_value": edit.value,
                    "time": stamp(edit.at),
                    "actor_user_id": self._user_id(edit.by.rep_ref),
                }
                phone = edit.value
        if lead.converted_at is None:
            return
        deal: JsonObject = {"entity": "deal", "id": {"ref": deal_ref(lead.ref)}}
        holder: str | None = None
        for hand_over in lead.owner_changes:
            if hand_over.at > lead.converted_at:
                yield {
                    **deal,
                    "field_key": "user_id",
                    "old_value": self._user_id(holder),
                    "new_value": self._user_id(hand_over.rep_ref),
                    "time": stamp(hand_over.at),
                    "actor_user_id": self._user_id(hand_over.by.rep_ref),
                }
            holder = hand_over.rep_ref
        for change in lead.status_changes:
            if change.at > lead.converted_at and change.status in (Status.WON, *_CLOSED):
                yield {
                    **deal,
                    "field_key": "status",
                    "old_value": "open",
                    "new_value": "won" if change.status is Status.WON else "lost",
                    "time": stamp(change.at),
                    "actor_user_id": self._user_id(change.by.rep_ref),
                }


def _label_ref(word: str) -> str:
    return f"label.{word}"


def _stage_ref(name: str) -> str:
    return f"stage.{name}"


def _activity_ref(number: int) -> str:
    return f"act{number}"


def _hours_and_minutes(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
