"""A history in nobody's dialect, told as a Frappe site would hold it. Fires no webhook.

What Frappe cannot hold: how a call ended beyond busy and unanswered, that somebody did not come to a meeting, how a
lead came into the CRM (but by an import, which is logged), and that two records were merged (renaming one into
another leaves no trace of it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connector.sandbox.history import (
    AccountHistory,
    Act,
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
    Merge,
    Message,
    Note,
    Source,
    Status,
    Task,
)
from tests.frappe_site.server import ADMIN, FrappeSite

_STATUS = {
    Status.NEW: "New", Status.OPEN: "Open", Status.ATTEMPTED: "Contacted", Status.CONNECTED: "Nurture",
    Status.UNQUALIFIED: "Unqualified", Status.WON: "Converted",
}  # fmt: skip
_SOURCE = {
    Source.PAID_SOCIAL: "Facebook", Source.PAID_SEARCH: "Advertisement", Source.ORGANIC_SEARCH: "Campaign",
    Source.OFFLINE: "Exhibition",
}  # fmt: skip
_CALL = {CallResult.NO_ANSWER: "No Answer", CallResult.BUSY: "Busy"}
_MEETING = {
    MeetingOutcome.PLANNED: "Open", MeetingOutcome.HELD: "Completed", MeetingOutcome.NO_SHOW: "Closed",
    MeetingOutcome.CANCELLED: "Cancelled",
}  # fmt: skip
_EDITED = {EditedField.PHONE: "phone", EditedField.CITY: "territory", EditedField.JOB_TITLE: "job_title"}


def load(site: FrappeSite, history: AccountHistory) -> Mapping[str, str]:
    """LeadHistory.ref → the lead's name, for leads that are still there."""
    teller = _Teller(site, history)
    site.store.is_silent = True
    try:
        return teller.tell()
    finally:
        site.store.is_silent = False


class _Teller:
    def __init__(self, site: FrappeSite, history: AccountHistory) -> None:
        self._site = site
        self._store = site.store
        self._history = history
        self._emails = {rep.ref: rep.email for rep in history.reps}

    def tell(self) -> dict[str, str]:
        for rep in self._history.reps:
            full_name = f"{rep.first_name} {rep.last_name}"
            values = {"email": rep.email, "full_name": full_name, "enabled": 1, "user_type": "System User"}
            self._store.insert("User", values, user=ADMIN, at=self._history.opened_at)
        told = {lead.ref: self._lead(lead) for lead in self._history.leads}
        for lead in self._history.leads:
            for merge in lead.merges:
                self._merge(told, merge, lead.ref)
        merged = {merge.lead_ref for lead in self._history.leads for merge in lead.merges}
        for lead in self._history.leads:
            if lead.deleted_at is not None and lead.ref not in merged:
                self._store.delete("CRM Lead", told[lead.ref])
        gone = merged | {lead.ref for lead in self._history.leads if lead.deleted_at is not None}
        return {ref: name for ref, name in told.items() if ref not in gone}

    def _lead(self, lead: LeadHistory) -> str:
        steps = sorted(self._steps(lead), key=lambda step: step[0])
        first: dict[str, Any] = {}
        later: list[tuple[datetime, dict[str, Any]]] = []
        for at, values in steps:
            if at <= lead.received_at:
                first |= values
            else:
                later.append((at, values))
        person = lead.person
        name = self._store.insert(
            "CRM Lead",
            {
                "first_name": person.first_name, "last_name": person.last_name, "email": person.email or None,
                "phone": person.phone or None, "mobile_no": person.mobile or None, "organization": lead.company,
                "source": _SOURCE[lead.source] if lead.source is not None else None, **first,
            },
            user=self._email(lead.arrived_by.rep_ref) or ADMIN,
            at=lead.received_at,
        )  # fmt: skip
        if lead.arrived_by.door is Door.IMPORT:
            self._store.documents["Data Import"].get(lead.arrived_by.name) or self._store.insert(
                "Data Import",
                {
                    "__newname": lead.arrived_by.name,
                    "reference_doctype": "CRM Lead",
                    "import_type": "Insert New Records",
                },
                user=ADMIN,
                at=lead.received_at,
            )
            logged = {"data_import": lead.arrived_by.name, "docname": name, "success": 1}
            self._store.insert("Data Import Log", logged, user=ADMIN, at=lead.received_at)
        deal: str | None = None
        for at, values in later:
            if deal is None and lead.converted_at is not None and at > lead.converted_at:
                deal = self._convert(name, lead.converted_at)
            self._change(name, deal, values, at)
        if deal is None and lead.converted_at is not None:
            deal = self._convert(name, lead.converted_at)
        for act in lead.acts:
            is_on_deal = deal is not None and lead.converted_at is not None and act.recorded_at > lead.converted_at
            self._act(act, ("CRM Deal", deal or "") if is_on_deal else ("CRM Lead", name))
        return name

    def _steps(self, lead: LeadHistory) -> Iterator[tuple[datetime, dict[str, Any]]]:
        for owner in lead.owner_changes:
            yield owner.at, {"lead_owner": self._email(owner.rep_ref)}
        for change in lead.status_changes:
            yield change.at, {"status": change.label if change.status is Status.OWN else _STATUS[change.status]}
        for edit in lead.edits:
            yield edit.at, {_EDITED[edit.edited]: edit.value}

    def _change(self, name: str, deal: str | None, values: dict[str, Any], at: datetime) -> None:
        if deal is None:
            self._store.update("CRM Lead", name, values, user=ADMIN, at=at)
            return
        told = {"lead_owner": "deal_owner", "status": "status"}
        on_deal = {told[key]: value for key, value in values.items() if key in told}
        if on_deal.get("status") == _STATUS[Status.WON]:
            on_deal["status"] = "Won"
        self._store.update("CRM Deal", deal, on_deal, user=ADMIN, at=at)

    def _convert(self, name: str, at: datetime) -> str:
        self._store.update("CRM Lead", name, {"converted": 1, "status": "Qualified"}, user=ADMIN, at=at)
        held = self._store.get("CRM Lead", name)
        values = {"lead": name, "status": "Qualification", "deal_owner": held["lead_owner"]}
        return self._store.insert("CRM Deal", values, user=ADMIN, at=at)

    def _act(self, act: Act, about: tuple[str, str]) -> None:
        rep, user = self._email(act.rep_ref), self._email(act.rep_ref) or ADMIN
        when = self._store.wall(act.at)[:19]
        reference = {"reference_doctype": about[0], "reference_docname": about[1]}
        values: dict[str, Any]
        match act:
            case Call():
                doctype = "CRM Call Log"
                by_hand = "Manual" if act.by.door is Door.HAND else "Twilio"
                values = {
                    "from": "+1555",
                    "to": act.number or "+1556",
                    "type": "Incoming" if act.is_inbound else "Outgoing",
                    "status": _CALL.get(act.result, "Completed"),
                    "duration": act.talk_s,
                    "start_time": when,
                    "telephony_medium": by_hand,
                    "receiver" if act.is_inbound else "caller": rep,
                    **reference,
                }
            case Email():
                doctype = "Communication"
                kind = "Automated Message" if act.by.is_automated else "Communication"
                bounced = "Bounced" if act.status is EmailStatus.BOUNCED else ""
                values = self._mail(act.subject, kind, "Email", when, about) | {
                    "sent_or_received": "Received" if act.is_inbound else "Sent", "user": rep,
                    "delivery_status": bounced,
                }  # fmt: skip
            case Message():
                doctype = "Communication"
                medium = "SMS" if act.channel is Channel.SMS else "Chat"
                values = self._mail("Message", "Communication", medium, when, about)
            case Meeting():
                doctype = "Event"
                values = {
                    "subject": act.subject, "event_category": "Meeting", "starts_on": when,
                    "ends_on": self._store.wall(act.end_at)[:19], "status": _MEETING[act.outcome],
                    "event_participants": [reference],
                }  # fmt: skip
            case Note():
                doctype, values = "FCRM Note", {"title": "Note", "content": act.text, **reference}
            case Task():
                doctype = "CRM Task"
                values = {
                    "title": act.subject, "assigned_to": rep, "due_date": when, "status": "Todo", **reference,
                }  # fmt: skip
        made = self._store.insert(doctype, values, user=user, at=act.recorded_at)
        if isinstance(act, Task) and act.done_at is not None:
            self._store.update("CRM Task", made, {"status": "Done"}, user=user, at=act.done_at)

    def _mail(self, subject: str, kind: str, medium: str, when: str, about: tuple[str, str]) -> dict[str, Any]:
        return {
            "subject": subject, "communication_type": kind, "communication_medium": medium,
            "communication_date": when, "reference_doctype": about[0], "reference_name": about[1],
        }  # fmt: skip

    def _merge(self, told: Mapping[str, str], merge: Merge, winner_ref: str) -> None:
        """Renamed into the winner: whatever pointed at the loser points at the winner."""
        loser, winner = told[merge.lead_ref], told[winner_ref]
        pointing = ("reference_docname", "reference_name", "link_name", "lead")
        for rows in self._store.documents.values():
            for row in rows.values():
                row |= {key: winner for key in pointing if key in row and row[key] == loser}
        self._store.delete("CRM Lead", loser)

    def _email(self, ref: str | None) -> str | None:
        return None if ref is None else self._emails[ref]
