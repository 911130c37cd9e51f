"""Pipedrive as a CrmAdapter: what the port asks for, in Pipedrive's calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from audits.model.activity import Owner
from audits.model.case import Coverage, Fact
from connector.adapters.pipedrive import fields, hooks, mapping, oauth
from connector.adapters.pipedrive.call_logs import CALL_LOGS_READ, CallLogs
from connector.adapters.pipedrive.client import (
    CALL_LOGS,
    COST_DEALS_ARCHIVED,
    COST_LEADS_ARCHIVED,
    COST_LIST_V1,
    COST_LIST_V2,
    DEAR_CALLS_SHARE,
    HISTORY,
    IDS_LIMIT,
    MAIL,
    ListPage,
    PipedriveClient,
    following_start,
)
from connector.adapters.pipedrive.fields import FieldKeys
from connector.adapters.pipedrive.mapping import DEAL, LEAD, PERSON, Contact, our_id, their_id
from connector.adapters.pipedrive.own_writes import OWN_WRITES
from connector.adapters.pipedrive.reading import Listed, Reader, utc_text
from connector.adapters.pipedrive.records import HISTORIES, InstallLike, RecordMaker
from connector.crm.lead_fields import FieldRoles, KnownField
from connector.crm.moments import parse_at
from connector.crm.port import (
    Account,
    Capabilities,
    FieldSetup,
    FieldWrite,
    Hook,
    HookReport,
    LeadsRead,
    OurField,
    Page,
    WriteResult,
)
from connector.crm.values import KnownValue, ValueMap
from connector.errors import CrmRejected, PermissionMissing, QuotaSpent, ReauthorizationNeeded, RecordGone, RetryLater
from connector.payloads import JsonObject, find_text

REREAD_PER_POLL = 5
"""Leads that each poll reads again although nothing told of them, where tokens are plenty; where they are few it
is one (our choice)."""
REREAD_TOKENS = 80
"""What one of them costs at most: a deal with activities, notes, mails and history, and its part of the calls that
are made for all."""
POLL_TOKENS = COST_LIST_V1 + COST_LEADS_ARCHIVED + COST_DEALS_ARCHIVED + 4 * COST_LIST_V2
"""What the lists of a poll cost in an account where nothing happened."""
POLLS_SHARE = 0.5
"""So much of our part of a day's tokens may go into polls of an account where nothing happens (our choice): the poll
is a net below the webhooks, and what they tell of must find tokens at any hour."""
USUAL_POLLS = 96
"""Polls of a day where tokens are plenty: one in 15 minutes."""
DAY_S = 86_400
WRITE_BATCH = 25
"""Pipedrive takes one record a call; so many are done before the job looks at other work (our choice)."""
LOOK_AGAIN_S = 30.0
"""How long news may wait while the past does (our choice)."""

_NO_CHATS = (
    Fact.MESSAGES,
    "Pipedrive shows chats to no app. Say on the page of meanings that there are none, or that they are logged.",
)
_NO_BODIES = (
    Fact.TEXTS,
    "Pipedrive lists mails without their texts, and one by one they would cost too many tokens.",
)
_MISSING_FACTS: Mapping[str, tuple[Fact, ...]] = {MAIL: (Fact.EMAILS,), HISTORY: HISTORIES, CALL_LOGS: ()}
_CAUSES = {
    MAIL: f"Pipedrive shows mails only with the scope {MAIL}, which was not granted: connect again, allow it.",
    HISTORY: f"Pipedrive shows who held a deal only with the scope {HISTORY}, which was not granted.",
}


def capabilities_for(missing_scopes: Sequence[str], *, sees_chats: bool = False) -> Capabilities:
    """What an account shows when these scopes were not granted."""
    missing = [(fact, _CAUSES[scope]) for scope in missing_scopes for fact in _MISSING_FACTS.get(scope, ())]
    if not sees_chats:
        missing.append(_NO_CHATS)
    missing.append(_NO_BODIES)
    return Capabilities(
        coverage=Coverage(missing=tuple(missing)),
        read_batch=IDS_LIMIT,
        write_batch=WRITE_BATCH,
        reread_per_poll=REREAD_PER_POLL,
        missing_scopes=tuple(missing_scopes),
    )


class PipedriveAdapter:
    """One Pipedrive company, with the eyes of the user who connected it."""

    def __init__(
        self,
        client: PipedriveClient,
        *,
        install: InstallLike,
        values: ValueMap,
        revoke: Callable[[], None],
        roles: FieldRoles | None = None,
    ) -> None:
        """`revoke` ends the grant at Pipedrive. `roles`: which fields of the company's own hold what."""
        self._client = client
        self._install = install
        self._values = values
        self._revoke = revoke
        self._roles = roles or FieldRoles()
        self._own_fields: fields.OwnFields | None = None
        self._reader = Reader(client)
        self._keys = FieldKeys(install.field_keys)
        self._missing_scopes = tuple(install.missing_scopes)
        # One company has one set of keys, and no other has the same.
        code = self._keys.find_code(DEAL, OurField.AUDIT_NOTE)
        self._account_key = f"{client.origin} {code}"
        self._call_logs = CALL_LOGS_READ if code is not None else CallLogs()

    def account(self) -> Account:
        """The connected company."""
        return oauth.account_from(self._client)[0]

    def capabilities(self) -> Capabilities:
        """What can be seen with the granted scopes, and by what the admin said of chats.

        Nothing is read again for its own sake once half of our part of the day is gone. Polls are as far apart as a
        company with few tokens needs.
        """
        capable = capabilities_for(self._missing_scopes, sees_chats=self._sees_chats())
        capable = replace(capable, coverage=self._roles.narrow(capable.coverage))
        part = self._client.day_part
        if part is None:
            return capable
        for_polls = max(1.0, POLLS_SHARE * part)
        spare = int(for_polls / USUAL_POLLS - POLL_TOKENS) // REREAD_TOKENS
        reread = max(1, min(REREAD_PER_POLL, spare)) if self._is_day_young() else 0
        return replace(
            capable,
            reread_per_poll=reread,
            poll_every_s=min(DAY_S, DAY_S * (POLL_TOKENS + reread * REREAD_TOKENS) / for_polls),
        )

    def without_scope(self, scope: str) -> Capabilities:
        """What can still be seen when `scope` is missing too. Raises ReauthorizationNeeded when that is nothing."""
        if scope not in _MISSING_FACTS:
            raise ReauthorizationNeeded(
                f"Pipedrive did not grant the scope {scope}, without which we can do nothing."
            )
        self._missing_scopes = tuple(dict.fromkeys((*self._missing_scopes, scope)))
        return self.capabilities()

    def iter_owners(self) -> Iterator[Owner]:
        """Every user, former ones included. A user's id is the owner's."""
        return self._client.iter_owners()

    def known_values(self) -> tuple[KnownValue, ...]:
        """Types of activities and labels of leads; lost reasons are known when a deal shows one."""
        found = [KnownValue(field=mapping.MESSENGERS.name, value=mapping.ANY_MESSENGER, label="WhatsApp, SMS, chats")]
        for item in self._client.activity_types():
            value = find_text(item, "key_string")
            if value is not None:
                label = find_text(item, "name") or value
                found.append(KnownValue(field=mapping.ACTIVITY_TYPE.name, value=value, label=label))
        for item in self._client.lead_labels():
            value = find_text(item, "id")
            if value is not None:
                label = find_text(item, "name") or value
                found.append(KnownValue(field=mapping.LEAD_LABEL.name, value=value, label=label))
        return tuple(found)

    def known_fields(self) -> tuple[KnownField, ...]:
        """The custom fields of deals, which leads share, without our own."""
        self._own_fields = None
        return self._fields().known(self._keys.codes())

    def _fields(self) -> fields.OwnFields:
        if self._own_fields is None:
            self._own_fields = fields.OwnFields(self._client.list_fields(*fields.DEAL_FIELDS))
        return self._own_fields

    def ensure_fields(self) -> FieldSetup:
        """Make or repair our fields; their keys are this company's own."""
        setup = fields.ensure(self._client, self._install.field_keys)
        self._keys = FieldKeys(setup.keys)
        return setup

    def ensure_hooks(self, hook: Hook) -> HookReport:
        """Make or mend our subscriptions; a lack of the scope shows as a failing one."""
        return hooks.ensure(self._client, hook, self._install.installed_by)

    def list_leads(self, cursor: str | None, since: datetime) -> Page:
        """A page of leads, archived leads, deals, archived deals: one after the other, each from the newest on.

        Raises QuotaSpent once half of our part of the day is gone: the rest is for what is new.
        """
        if not self._is_day_young():
            raise QuotaSpent(
                "Half of our part of Pipedrive's tokens of today is used up, and the rest is kept for what is new: "
                "reading the past goes on tomorrow.",
                after_s=self._client.reset_s,
                look_again_s=LOOK_AGAIN_S,
            )
        kind, _, place = (cursor or f"{_LISTS[0]}|").partition("|")
        page, following = self._list_page(kind, place, "add_time")
        fresh = [record for record in page.records if (parse_at(find_text(record, "add_time")) or since) >= since]
        if len(fresh) < len(page.records):
            # From here on all are older.
            following = None
        type_ = LEAD if kind in _LEAD_LISTS else DEAL
        shown = {our_id(type_, find_text(record, "id") or ""): record for record in fresh}
        self._reader.show(Listed(shown, since, is_full=following is not None))
        return Page(lead_ids=tuple(shown), cursor=_next_cursor(_LISTS, kind, following), scanned=len(page.records))

    def list_modified(self, since: datetime, until: datetime, cursor: str | None) -> Page:
        """A page of what changed: leads, deals, then what activities hang on, then persons.

        Activities and persons change without the leads that they belong to.
        """
        kind, _, place = (cursor or f"{_CHANGES[0]}|").partition("|")
        # Whole seconds: the first one is included at Pipedrive, the last one is not.
        span = {"updated_since": utc_text(since), "updated_until": utc_text(until + timedelta(seconds=1))}
        lead_ids: list[str] = []
        companions: list[str] = []
        if kind in _LEAD_LISTS:
            page, following = self._list_page(kind, place, "update_time", since=since)
            changed = [(one, parse_at(find_text(one, "update_time")) or since) for one in page.records]
            if any(at < since for _, at in changed):
                following = None
            lead_ids = self._others_changed(LEAD, [one for one, at in changed if since <= at <= until])
        else:
            page = self._changed_page(kind, place or None, span)
            following = page.following
            if kind in _DEAL_LISTS:
                lead_ids = self._others_changed(DEAL, page.records)
            elif kind == "persons":
                companions = self._others_changed(PERSON, page.records)
            else:
                for one in page.records:
                    deal_id, lead_id = find_text(one, "deal_id"), find_text(one, "lead_id")
                    lead_ids += [our_id(DEAL, deal_id)] if deal_id is not None else []
                    lead_ids += [our_id(LEAD, lead_id)] if lead_id is not None else []
                    person_id = find_text(one, "person_id")
                    if deal_id is None and lead_id is None and person_id is not None:
                        companions.append(our_id(PERSON, person_id))
        return Page(
            lead_ids=tuple(dict.fromkeys(lead_ids)),
            companion_ids=tuple(dict.fromkeys(companions)),
            cursor=_next_cursor(_CHANGES, kind, following),
            scanned=len(page.records),
        )

    def read_leads(self, lead_ids: Sequence[str]) -> LeadsRead:
        """Leads and deals with contact data, activities, mails, notes and histories."""
        records, fresh = self._reader.read_records(list(dict.fromkeys(lead_ids)))
        contacts = self._contacts(records)
        persons = {one: contact.person for one, contact in contacts.items() if contact.person}
        by_id = {find_text(person, "id") or "": person for person in persons.values()}
        acts = self._reader.read_acts(records, fresh, by_id)
        maker = RecordMaker(
            self._client,
            install=self._install,
            values=self._values,
            keys=self._keys,
            missing_scopes=self._missing_scopes,
            call_logs=self._call_logs,
            whose=(self._account_key, self._install.installed_by),
            is_day_young=self._is_day_young,
            roles=self._roles,
            # Options have ids of the company's own; without a role there is nothing to look up.
            own_fields=self._fields() if self._roles.names and records else fields.OwnFields(()),
        )
        read = tuple(maker.record(lead_id, record, contacts[lead_id], acts) for lead_id, record in records.items())
        gone = tuple(one for one in dict.fromkeys(lead_ids) if one not in records)
        return LeadsRead(records=read, gone_ids=gone, unmapped=tuple(maker.unmapped.pairs))

    def find_leads_of(self, object_type: str, object_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """None to ask for: events of activities and notes name what they hang on, persons are companions."""
        return {}

    def write_fields(self, writes: Sequence[FieldWrite]) -> tuple[WriteResult, ...]:
        """Set our fields, one record a call, and the same on its person where it is the person's newest lead."""
        results: list[WriteResult] = []
        for write in writes:
            try:
                results.append(self._write(write))
            except RetryLater:
                if not results:
                    raise
                # What was written is told first; the next batch begins with this one.
                break
        return tuple(results)

    def calls_left(self) -> int | None:
        """Calls of the usual 10 tokens that are left to us today."""
        return self._client.calls_left

    def uninstall(self) -> None:
        """Give the refresh token back: Pipedrive then takes our app out, and its webhooks with it."""
        self._revoke()

    # -- lists

    def _list_page(
        self, kind: str, place: str, sort: str, since: datetime | None = None
    ) -> tuple[ListPage, str | None]:
        """A page of one of the four lists, newest first: what is new meanwhile moves older ones on, so that they
        come twice and never not at all."""
        is_archived = kind in _ARCHIVED_LISTS
        if kind in _DEAL_LISTS:
            page = self._client.list_deals(
                place or None, is_archived=is_archived, sort_by=sort, sort_direction="desc"
            )
            return page, page.following
        start = int(place or "0")
        asked = utc_text(since) if since is not None and not is_archived else None
        page = self._client.list_leads(start, f"{sort} DESC", is_archived=is_archived, updated_since=asked)
        following = str(following_start(start, page.following)) if page.following is not None else None
        return page, following

    def _changed_page(self, kind: str, cursor: str | None, span: Mapping[str, str]) -> ListPage:
        ordered = {**span, "sort_by": "update_time", "sort_direction": "asc"}
        if kind == "activities":
            return self._client.list_activities(cursor, **ordered)
        if kind == "persons":
            return self._client.list_persons(cursor, **ordered)
        if kind == "deals_deleted":
            ordered["status"] = "deleted"
        return self._client.list_deals(cursor, is_archived=kind in _ARCHIVED_LISTS, **ordered)

    # -- reading

    def _contacts(self, records: Mapping[str, JsonObject]) -> dict[str, Contact]:
        persons = self._client.read_persons(
            person_id for record in records.values() if (person_id := find_text(record, "person_id")) is not None
        )
        company_ids = {
            one: find_text(record, "organization_id") or find_text(record, "org_id") or _org_of(persons, record)
            for one, record in records.items()
        }
        companies = self._client.read_organizations(one for one in company_ids.values() if one is not None)
        return {
            one: Contact(
                person=persons.get(find_text(record, "person_id") or "", {}),
                organization=companies.get(company_ids[one] or "", {}),
            )
            for one, record in records.items()
        }

    def _is_day_young(self) -> bool:
        """Whether so much of our part of the day's tokens is left that dear calls may be made."""
        share_left = self._client.share_left
        return share_left is None or share_left > DEAR_CALLS_SHARE

    def _sees_chats(self) -> bool:
        if self._values.meaning(mapping.MESSENGERS.name, mapping.ANY_MESSENGER) == "logged":
            return True
        return self._values.is_chosen(mapping.ACTIVITY_TYPE.name, mapping.MESSAGE_BY_US)

    # -- writing

    def _write(self, write: FieldWrite) -> WriteResult:
        lead_id = write.lead_id
        if write.is_locked:
            # Archived records refuse edits; the attempt would cost as much as a write. What its person took stays
            # planned for the record itself, and would come anew with each audit.
            if not OWN_WRITES.has_values(self._account_key, write.companion_id or "", write.values):
                self._write_companion(write)
            return WriteResult(lead_id=lead_id, is_written=False, is_locked=True)
        deal_id, lead_uuid = their_id(lead_id, DEAL), their_id(lead_id, LEAD)
        try:
            values = self._keys.to_write(DEAL, write.values)
            if deal_id is not None:
                self._note_own(lead_id, self._client.write_deal(deal_id, values))
            elif lead_uuid is not None:
                self._note_own(lead_id, self._client.write_lead(lead_uuid, values))
        except RecordGone:
            return WriteResult(lead_id=lead_id, is_written=False, is_gone=True)
        except CrmRejected as refused:
            return WriteResult(lead_id=lead_id, is_written=False, complaint=str(refused)[:300])
        self._write_companion(write)
        return WriteResult(lead_id=lead_id, is_written=True)

    def _note_own(self, our: str, record: JsonObject) -> None:
        OWN_WRITES.note(self._account_key, our, record)

    def _others_changed(self, kind: str, records: Sequence[JsonObject]) -> list[str]:
        """Our ids of the records that somebody else changed last."""
        found = [(our_id(kind, find_text(one, "id") or ""), one) for one in records]
        return [our for our, one in found if not OWN_WRITES.is_ours(self._account_key, our, one)]

    def _write_companion(self, write: FieldWrite) -> None:
        person_id = their_id(write.companion_id or "", PERSON)
        if person_id is None:
            return
        try:
            values = self._keys.to_write(PERSON, write.values)
            self._note_own(our_id(PERSON, person_id), self._client.write_person(person_id, values))
            OWN_WRITES.note_values(self._account_key, our_id(PERSON, person_id), write.values)
        except (RecordGone, CrmRejected, PermissionMissing):
            # The person shows less than it could; the lead itself is right.
            return
        except RetryLater as later:
            if later.is_outcome_unknown:
                return
            raise


_LISTS = ("leads", "leads_archived", "deals", "deals_archived")
_CHANGES = (*_LISTS, "deals_deleted", "activities", "persons")
_LEAD_LISTS = frozenset({"leads", "leads_archived"})
_DEAL_LISTS = frozenset({"deals", "deals_archived", "deals_deleted"})
_ARCHIVED_LISTS = frozenset({"leads_archived", "deals_archived"})


def _next_cursor(lists: Sequence[str], kind: str, following: str | None) -> str | None:
    if following is not None:
        return f"{kind}|{following}"
    number = lists.index(kind) + 1
    return f"{lists[number]}|" if number < len(lists) else None


def _org_of(persons: Mapping[str, JsonObject], record: JsonObject) -> str | None:
    return find_text(persons.get(find_text(record, "person_id") or "", {}), "org_id")
