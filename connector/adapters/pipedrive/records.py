"""What was read of a lead becomes the port's record; what stands on it alone (mails, a history) is asked for here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from audits.model.activity import Activity, OwnerChange, StageChange, Task
from audits.model.case import Fact
from connector.adapters.pipedrive import activities, mapping
from connector.adapters.pipedrive.activities import Setting, UnknownType
from connector.adapters.pipedrive.call_logs import CallLogs
from connector.adapters.pipedrive.client import CALL_LOGS, HISTORY, MAIL, PipedriveClient
from connector.adapters.pipedrive.fields import FieldKeys, OwnFields
from connector.adapters.pipedrive.mapping import DEAL, LEAD, ORGANIZATION, PERSON, Contact, our_id, their_id
from connector.adapters.pipedrive.reading import Acts
from connector.crm.lead_fields import FieldRoles
from connector.crm.moments import parse_at
from connector.crm.port import LeadRecord
from connector.crm.values import Unmapped, ValueMap
from connector.payloads import JsonObject, find_text

HISTORIES = (Fact.OWNER_HISTORY, Fact.STAGE_HISTORY)

_CONTACT_KINDS = (Fact.CALLS, Fact.EMAILS, Fact.MEETINGS, Fact.MESSAGES)
_LEADS_HAVE_NO_HISTORY = (
    "Pipedrive keeps no history of leads; what changes is noted from when the lead was first read."
)
_LEADS_HAVE_NO_STAGE = "Leads of Pipedrive's inbox stand in no stage of a pipeline."
_OTHERS_NOT_READ = "Of a Pipedrive deal only the main person is read, and this deal has other participants."
_HISTORY_IS_DEAR = (
    "the history of a deal costs 20 tokens of Pipedrive's day; the rest of today's part is kept for new leads"
)


class InstallLike(Protocol):
    """What the adapter has to know of its install."""

    @property
    def zone(self) -> str:
        """The account's IANA zone."""
        ...

    @property
    def record_url_base(self) -> str:
        """Beginning of the address of a record."""
        ...

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """Scopes that were not granted."""
        ...

    @property
    def field_keys(self) -> Mapping[str, str]:
        """What the account calls our fields."""
        ...

    @property
    def installed_by(self) -> str:
        """Whose token it is."""
        ...


class RecordMaker:
    """Makes records of leads and deals. Good for one reading: the mails of a person are asked for once in it."""

    def __init__(
        self,
        client: PipedriveClient,
        *,
        install: InstallLike,
        values: ValueMap,
        keys: FieldKeys,
        missing_scopes: tuple[str, ...],
        call_logs: CallLogs,
        whose: tuple[str, str],
        is_day_young: Callable[[], bool],
        roles: FieldRoles,
        own_fields: OwnFields,
    ) -> None:
        """`whose`: account and user whose call logs are shown. `is_day_young`: whether dear calls may be made.
        `roles`, `own_fields`: which of the company's own fields hold what, and those fields."""
        self.unmapped = Unmapped()
        self._client = client
        self._install = install
        self._values = values
        self._keys = keys
        self._zone = _zone(install.zone)
        self._missing_scopes = missing_scopes
        self._call_logs = call_logs
        self._whose = whose
        self._is_day_young = is_day_young
        self._own_fields = own_fields
        self._roles, self._gone_fields = roles.among(own_fields.codes)
        self._mails: dict[str, tuple[list[JsonObject], bool]] = {}

    def record(
        self,
        lead_id: str,
        record: JsonObject,
        contact: Contact,
        acts: Acts,
    ) -> LeadRecord:
        """The lead with all that was done on it."""
        is_deal = their_id(lead_id, DEAL) is not None
        translate = mapping.deal_of if is_deal else mapping.lead_of
        lead = translate(record, contact, self._install.record_url_base, self._values, self.unmapped)
        missing: list[tuple[Fact, str]] = []
        done, tasks = self._acts_of(lead_id, record, contact, acts, missing)
        done += self._mails_of(lead_id, contact, missing)
        done += [activities.note_of(note, lead_id) for note in acts.notes.get(lead_id, {}).values()]
        done = [activities.not_before(act, lead.received_at) for act in done]
        owner_changes, stage_changes = self._history_of(lead_id, record, lead.received_at, missing)
        customs = record.get("custom_fields") if is_deal else record
        known = customs if isinstance(customs, dict) else {}
        filled = self._roles.fill(
            lead, self._own_fields.values(known, self._roles.names), self._install.zone, self.unmapped
        )
        missing += [*self._gone_fields, *filled.missing]
        if is_deal:
            missing += [(Fact.DEALS, _OTHERS_NOT_READ)] if mapping.has_others(record) else []
        else:
            missing.append((Fact.STAGE, _LEADS_HAVE_NO_STAGE))
        origin_id = find_text(record, "source_lead_id")
        person_id, company_id = find_text(record, "person_id"), find_text(contact.organization, "id")
        return LeadRecord(
            lead=filled.lead,
            deals=(mapping.own_deal(lead, record, self.unmapped),) if is_deal else (),
            activities=tuple(sorted(done, key=lambda act: (act.occurred_at, act.activity_id))),
            tasks=tuple(sorted(tasks, key=lambda task: (task.recorded_at, task.task_id))),
            owner_changes=owner_changes,
            stage_changes=stage_changes,
            converted_from=our_id(LEAD, origin_id) if origin_id is not None else None,
            companion_id=our_id(PERSON, person_id) if person_id is not None else None,
            organization_id=our_id(ORGANIZATION, company_id) if company_id is not None else None,
            is_locked=record.get("is_archived") is True,
            missing=tuple(missing),
            our_fields=self._keys.shown(known),
        )

    def _acts_of(
        self,
        lead_id: str,
        record: JsonObject,
        contact: Contact,
        acts: Acts,
        missing: list[tuple[Fact, str]],
    ) -> tuple[list[Activity], list[Task]]:
        person_id = find_text(record, "person_id") or ""
        items = {**acts.of_persons.get(person_id, {}), **acts.activities.get(lead_id, {})}
        setting = Setting(values=self._values, zone=self._zone, phones=mapping.phones_of(contact.person))
        done: list[Activity] = []
        tasks: list[Task] = []
        for item in items.values():
            act = activities.activity_of(item, self._log_of(item), lead_id, setting, self.unmapped)
            if isinstance(act, Task):
                tasks.append(act)
            elif isinstance(act, UnknownType):
                cause = f"An activity of the type {act.name[:60]!r} is done, and nobody has said what that means."
                missing += [(fact, cause) for fact in _CONTACT_KINDS]
            elif act is not None:
                done.append(act)
        return done, tasks

    def _log_of(self, item: JsonObject) -> JsonObject | None:
        """The call log of an activity. Only those of the token's user are shown, so only for his they are asked."""
        meaning = self._values.meaning(mapping.ACTIVITY_TYPE.name, find_text(item, "type") or "")
        is_call = meaning in (mapping.CALL_BY_US, mapping.CALL_BY_LEAD) and mapping.is_set(item.get("done"))
        if (
            not is_call
            or CALL_LOGS in self._missing_scopes
            or find_text(item, "owner_id") != self._install.installed_by
        ):
            return None
        read = self._client.iter_call_logs if self._is_day_young() else None
        return self._call_logs.find(self._whose, item, read)

    def _mails_of(
        self,
        lead_id: str,
        contact: Contact,
        missing: list[tuple[Fact, str]],
    ) -> list[Activity]:
        person_id = find_text(contact.person, "id")
        if person_id is None or MAIL in self._missing_scopes:
            return []
        if person_id not in self._mails:
            count = contact.person.get("email_messages_count")
            envelopes = [] if count == 0 else list(self._client.iter_mails(person_id))
            self._mails[person_id] = envelopes, mapping.shows_all_mails(count, len(envelopes))
        envelopes, is_whole = self._mails[person_id]
        if not is_whole:
            missing.append(
                (Fact.EMAILS, "Pipedrive counts mails with this person that it shows to their owners alone.")
            )
        return [act for one in envelopes if (act := activities.mail_of(one, lead_id, self.unmapped)) is not None]

    def _history_of(
        self, lead_id: str, record: JsonObject, received_at: datetime, missing: list[tuple[Fact, str]]
    ) -> tuple[tuple[OwnerChange, ...], tuple[StageChange, ...]]:
        """Leads have none; a deal's is read when the deal shows that something may have changed. Whoever held the
        deal first is taken to have held the lead that it was: one always has an owner."""
        deal_id = their_id(lead_id, DEAL)
        if deal_id is None:
            missing += [(fact, _LEADS_HAVE_NO_HISTORY) for fact in HISTORIES]
            return (), ()
        added_at = parse_at(find_text(record, "add_time")) or datetime.now(UTC)
        changed_at = parse_at(find_text(record, "update_time")) or added_at
        if HISTORY in self._missing_scopes or changed_at <= added_at:
            return (), ()
        if not self._is_day_young():
            missing += [(fact, f"Not read yet: {_HISTORY_IS_DEAR}.") for fact in HISTORIES]
            return (), ()
        lines = list(self._client.iter_deal_changes(deal_id))
        return (
            mapping.owner_changes_of(lead_id, lines, min(received_at, added_at), self.unmapped),
            mapping.stage_changes_of(lead_id, lines, self.unmapped),
        )


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
