"""HubSpot as a CrmAdapter: what the port asks for, in HubSpot's calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from audits.model.activity import Activity, Owner, Task
from audits.model.case import Coverage, Fact
from audits.model.deal import Deal
from connector.adapters.hubspot import activities, deals, fields, mapping
from connector.adapters.hubspot.activities import Engagement
from connector.adapters.hubspot.client import ASSOCIATION_LIMIT, BATCH_LIMIT, RECORD_ID, Contact, HubSpotClient
from connector.adapters.hubspot.mapping import Unmapped, parse_at
from connector.crm.lead_fields import FieldRoles, KnownField, LeadField
from connector.crm.port import (
    Account,
    Capabilities,
    FieldSetup,
    FieldWrite,
    Hook,
    HookReport,
    LeadRecord,
    LeadsRead,
    OurField,
    Page,
    WriteResult,
)
from connector.crm.values import KnownValue, ValueMap
from connector.errors import CrmRejected, PermissionMissing, ReauthorizationNeeded, RecordGone, UnexpectedPayload
from connector.payloads import find_text, get_text

EMAIL_SCOPE = "sales-email-read"
DEALS_SCOPE = "crm.objects.deals.read"
_MISSING_FACTS: Mapping[str, tuple[tuple[Fact, str], ...]] = {
    scope: tuple(
        (fact, f"HubSpot shows {what} only with the scope {scope}, which was not granted: connect again, allow it.")
        for fact in facts
    )
    for scope, what, facts in (
        (EMAIL_SCOPE, "e-mails", (Fact.EMAILS, Fact.TEXTS)),
        (DEALS_SCOPE, "deals", (Fact.DEALS,)),
    )
}
LEAD_FIELDS = {LeadField.LANGUAGE: "hs_language"}
"""Contact properties of HubSpot's own for what else an account has a property of its own."""

_HISTORY = ("hubspot_owner_id", "hs_lead_status", "lifecyclestage")
_STAGES = ("hs_lead_status", "lifecyclestage")
_CONTACT_PROPERTIES = (
    "createdate", "lastmodifieddate", "firstname", "lastname", "email", "phone", "mobilephone", "company", "country",
    "hs_calculated_phone_number_country_code", "message", "hubspot_owner_id", "hs_lead_status", "lifecyclestage",
    "hs_analytics_source", "hs_analytics_source_data_1", "hs_analytics_source_data_2", "hs_latest_source",
    "hs_latest_source_data_1", "hs_latest_source_data_2", "hs_object_source", "hs_merged_object_ids",
    deals.BUYING_ROLE,
    *(field.value for field in OurField),
)  # fmt: skip
_HUBSPOT_HOST = re.compile(r"([a-z0-9-]+\.)*hubspot\.com")
_GONE = frozenset({"OBJECT_NOT_FOUND", "NOT_FOUND"})


def capabilities_for(missing_scopes: Sequence[str]) -> Capabilities:
    """What an account shows when these scopes were not granted."""
    missing = tuple(pair for scope in missing_scopes for pair in _MISSING_FACTS.get(scope, ()))
    return Capabilities(
        coverage=Coverage(missing=missing),
        read_batch=ASSOCIATION_LIMIT,
        write_batch=BATCH_LIMIT,
        missing_scopes=tuple(missing_scopes),
    )


def account_from(client: HubSpotClient) -> Account:
    """The account behind a client."""
    details = client.account_details()
    portal_id = get_text(details, "portalId", "The account's details")
    pages = _pages_origin(find_text(details, "uiDomain") or "app.hubspot.com", client)
    return Account(
        account_id=portal_id,
        name=f"HubSpot {portal_id}",
        zone=get_text(details, "timeZone", "The account's details"),
        currency=find_text(details, "companyCurrency"),
        record_url_base=f"{pages}/contacts/{portal_id}/record/0-1/",
    )


def _pages_origin(host: str, client: HubSpotClient) -> str:
    """Where records are shown to people. It becomes a link that people click: nothing but HubSpot's own pages,
    or the pages of a sandbox that answers on this very machine."""
    if client.origin.startswith("http://") and client.origin == f"http://{host}":
        return client.origin
    if not _HUBSPOT_HOST.fullmatch(host):
        raise UnexpectedPayload(f"HubSpot names {host[:60]!r} as the address of its pages.")
    return f"https://{host}"


class HubSpotAdapter:
    """One HubSpot account."""

    def __init__(
        self,
        client: HubSpotClient,
        *,
        record_url_base: str,
        missing_scopes: Sequence[str] = (),
        values: ValueMap | None = None,
        roles: FieldRoles | None = None,
        zone: str = "UTC",
        currency: str | None = None,
    ) -> None:
        """`values`: what the account's own values mean; None = what HubSpot ships. `roles`: which of its own fields
        hold what; `zone` (IANA) of wall clocks in them; `currency` of deals that name none."""
        self._client = client
        self._record_url_base = record_url_base
        self._values = values or ValueMap(mapping.MAPPABLE)
        self._roles = roles or FieldRoles(shipped=LEAD_FIELDS)
        self._zone = zone
        self._currency = currency
        self._capabilities = self._capable(missing_scopes)

    def _capable(self, missing_scopes: Sequence[str]) -> Capabilities:
        capable = capabilities_for(missing_scopes)
        return replace(capable, coverage=self._roles.narrow(capable.coverage))

    def account(self) -> Account:
        """The connected account."""
        return account_from(self._client)

    def capabilities(self) -> Capabilities:
        """What can be seen with the granted scopes."""
        return self._capabilities

    def without_scope(self, scope: str) -> Capabilities:
        """What can still be seen when `scope` is missing too. Raises ReauthorizationNeeded when that is nothing."""
        if scope not in _MISSING_FACTS:
            raise ReauthorizationNeeded(f"HubSpot did not grant the scope {scope}, without which we can do nothing.")
        self._capabilities = self._capable(tuple(dict.fromkeys((*self._capabilities.missing_scopes, scope))))
        return self._capabilities

    def iter_owners(self) -> Iterator[Owner]:
        """Active owners, then former ones: HubSpot lists those apart."""
        yield from self._client.iter_owners(is_archived=False)
        yield from self._client.iter_owners(is_archived=True)

    def known_values(self) -> tuple[KnownValue, ...]:
        """Lead statuses, lifecycle stages and call outcomes as the account defines them.

        Call outcomes come from an older API; where it is refused they are known by their ids alone.
        """
        named = (mapping.STATUS_FIELD, mapping.STAGE_FIELD)
        found = [
            KnownValue(field=name, value=value, label=find_text(option, "label") or value)
            for name, definition in self._client.read_contact_properties(named).items()
            for value, option in fields.options_of(definition).items()
        ]
        try:
            outcomes = self._client.list_call_outcomes()
        except (PermissionMissing, RecordGone, CrmRejected):
            outcomes = ()
        found += [KnownValue(field=mapping.OUTCOME_FIELD, value=value, label=label) for value, label in outcomes]
        return tuple(found)

    def known_fields(self) -> tuple[KnownField, ...]:
        """The contact properties that can hold something for us: not our own, and none that HubSpot hides."""
        ours = frozenset(OurField)
        listed = (fields.known_field(one) for one in self._client.list_contact_properties())
        return tuple(one for one in listed if one is not None and one.name not in ours)

    def ensure_fields(self) -> FieldSetup:
        """Make or repair our property group and properties. Their names are the same in every account."""
        return FieldSetup(made=fields.ensure(self._client))

    def ensure_hooks(self, hook: Hook) -> HookReport:
        """Nothing to do: the app's subscriptions hold for every account."""
        return HookReport()

    def list_leads(self, cursor: str | None, since: datetime) -> Page:
        """A page of all contacts by ascending id."""
        total = None
        if cursor is None:
            total = self._client.search_contacts((), RECORD_ID, ("createdate",), limit=1).total
        page = self._client.list_contacts(("createdate",), cursor)
        fresh = [
            record.record_id
            for record in page.records
            if (parse_at(record.properties.get("createdate")) or record.created_at) >= since
        ]
        return Page(lead_ids=tuple(fresh), cursor=page.after, scanned=len(page.records), total=total)

    def list_modified(self, since: datetime, until: datetime, cursor: str | None) -> Page:
        """A page of contacts by the time of their last change, each page a search of its own (see BEHAVIOR.md).

        The cursor is (from this ms on) or (within this ms, after this id), and the ms of `until`: what changes later
        belongs to the next poll, so that this one ends.
        """
        place = _Place.parse(cursor) if cursor is not None else _Place(_ms(since), _ms(until))
        within = [("lastmodifieddate", "LTE", str(place.at_ms if place.after_id is not None else place.until_ms))]
        filters = [("lastmodifieddate", "GTE", str(place.at_ms)), *within]
        sort_by = "lastmodifieddate"
        if place.after_id is not None:
            filters.append((RECORD_ID, "GT", place.after_id))
            sort_by = RECORD_ID
        page = self._client.search_contacts(filters, sort_by, ("lastmodifieddate",))
        ids = tuple(record.record_id for record in page.records)
        following = place.after_page(page.records, is_full=page.after is not None)
        return Page(lead_ids=ids, cursor=following, scanned=len(ids), total=page.total)

    def read_leads(self, lead_ids: Sequence[str]) -> LeadsRead:
        """Contacts with their histories, activities and tasks."""
        unmapped = Unmapped(self._values)
        wanted = tuple(dict.fromkeys((*_CONTACT_PROPERTIES, *self._roles.names)))
        contacts = self._client.read_contacts(lead_ids, wanted, _HISTORY)
        ids = [contact.record.record_id for contact in contacts]
        acts: dict[str, list[Activity]] = {one: [] for one in ids}
        tasks: dict[str, list[Task]] = {one: [] for one in ids}
        for engagement in Engagement:
            if not ids or self._is_hidden(engagement):
                continue
            links = self._client.associated_ids("contacts", engagement.plural, ids)
            linked_ids = [one for linked in links.values() for one in linked]
            properties = activities.PROPERTIES[engagement]
            records = {
                record.record_id: record
                for record in self._client.read_records(engagement.plural, linked_ids, properties)
            }
            for lead_id, linked in links.items():
                for record in (records[one] for one in linked if one in records):
                    if engagement is Engagement.TASK:
                        tasks[lead_id].append(activities.task_of(record, lead_id, unmapped))
                    else:
                        acts[lead_id].append(activities.activity_of(engagement, record, lead_id, unmapped))
        sold = self._deals_of(contacts, unmapped)
        read = tuple(
            self._lead_record(
                contact,
                acts[contact.record.record_id],
                tasks[contact.record.record_id],
                sold.get(contact.record.record_id, ()),
                unmapped,
            )
            for contact in contacts
        )
        # The id of a merged contact is answered with the winner: under its own id it is no more.
        gone = tuple(one for one in dict.fromkeys(lead_ids) if one not in acts)
        return LeadsRead(records=read, gone_ids=gone, unmapped=tuple(unmapped.pairs))

    def _deals_of(self, contacts: Sequence[Contact], unmapped: Unmapped) -> dict[str, tuple[Deal, ...]]:
        if self._capabilities.coverage.cause(Fact.DEALS) is not None:
            return {}
        roles = {one.record.record_id: one.record.properties.get(deals.BUYING_ROLE, "") for one in contacts}
        base_url = self._record_url_base.replace("/0-1/", f"/{deals.TYPE_ID}/")
        return deals.read_deals(self._client, roles, list(roles), base_url, self._currency, unmapped)

    def _lead_record(
        self,
        contact: Contact,
        acts: list[Activity],
        tasks: list[Task],
        sold: tuple[Deal, ...],
        unmapped: Unmapped,
    ) -> LeadRecord:
        record, history = contact.record, contact.history
        lead_id = record.record_id
        lead = mapping.lead_of(record, self._record_url_base, unmapped)
        filled = self._roles.fill(
            mapping.with_stage(lead, record.properties, history, unmapped), record.properties, self._zone, unmapped
        )
        stages = [mapping.stage_changes_of(lead_id, name, history[name], unmapped) for name in _STAGES]
        return LeadRecord(
            lead=filled.lead,
            activities=tuple(sorted(acts, key=lambda act: (act.occurred_at, act.activity_id))),
            tasks=tuple(sorted(tasks, key=lambda task: (task.recorded_at, task.task_id))),
            owner_changes=mapping.owner_changes_of(lead_id, history["hubspot_owner_id"], unmapped),
            stage_changes=tuple(
                sorted((change for part in stages for change in part), key=lambda change: change.occurred_at)
            ),
            merged_ids=mapping.merged_ids_of(record.properties),
            our_fields={
                field.value: record.properties[field.value] for field in OurField if field.value in record.properties
            },
            deals=sold,
            missing=filled.missing,
        )

    def _is_hidden(self, engagement: Engagement) -> bool:
        fact = activities.FACTS.get(engagement)
        return fact is not None and self._capabilities.coverage.cause(fact) is not None

    def find_leads_of(self, object_type: str, object_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """The contacts that activities or deals are on; none where the scope to see them is missing."""
        if object_type == deals.DEAL:
            if self._capabilities.coverage.cause(Fact.DEALS) is not None:
                return {}
            return self._client.associated_ids("deals", "contacts", object_ids)
        engagement = Engagement(object_type)
        if self._is_hidden(engagement):
            return {}
        theirs = [engagement.their_id(one) for one in object_ids]
        links = self._client.associated_ids(engagement.plural, "contacts", theirs)
        return {engagement.our_id(one): contacts for one, contacts in links.items()}

    def write_fields(self, writes: Sequence[FieldWrite]) -> tuple[WriteResult, ...]:
        """Set our properties. A batch that is refused as a whole is halved until the record at fault stands alone."""
        wanted = {write.lead_id: write.values for write in writes}
        if not wanted:
            return ()
        try:
            answer = self._client.update_contacts(wanted)
        except CrmRejected as refused:
            if len(wanted) == 1:
                return (WriteResult(lead_id=next(iter(wanted)), is_written=False, complaint=str(refused)),)
            half = len(writes) // 2
            return (*self.write_fields(writes[:half]), *self.write_fields(writes[half:]))
        written = {get_text(result, "id", "A write") for result in answer.results}
        complaints = {one: error for error in answer.errors for one in error.ids}
        results: list[WriteResult] = []
        for lead_id in wanted:
            error = complaints.get(lead_id)
            if lead_id in written:
                results.append(WriteResult(lead_id=lead_id, is_written=True))
            elif error is None or error.category in _GONE:
                # Not answered under its own id: it was merged into another while we wrote.
                results.append(WriteResult(lead_id=lead_id, is_written=False, is_gone=True))
            else:
                results.append(WriteResult(lead_id=lead_id, is_written=False, complaint=error.message[:300]))
        return tuple(results)

    def calls_left(self) -> int | None:
        """Calls left in the running ten seconds, as HubSpot last said."""
        return self._client.calls_left

    def uninstall(self) -> None:
        """Take our app out of the account."""
        self._client.uninstall()


class _Place:
    """Where a poll by modified time stands."""

    def __init__(self, at_ms: int, until_ms: int, after_id: str | None = None) -> None:
        self.at_ms = at_ms
        self.until_ms = until_ms
        self.after_id = after_id

    @classmethod
    def parse(cls, cursor: str) -> _Place:
        at, until, after_id = cursor.split(":")
        return cls(int(at), int(until), after_id or None)

    def after_page(self, records: Sequence[mapping.Record], *, is_full: bool) -> str | None:
        """The next cursor, None at the end."""
        if self.after_id is not None:
            if is_full and records:
                return f"{self.at_ms}:{self.until_ms}:{records[-1].record_id}"
            # This millisecond is done; go on with the one after it.
            return f"{self.at_ms + 1}:{self.until_ms}:" if self.at_ms < self.until_ms else None
        if not is_full or not records:
            return None
        last = parse_at(records[-1].properties.get("lastmodifieddate"))
        if last is None:
            raise UnexpectedPayload("HubSpot's search gave a contact without a sound lastmodifieddate.")
        if _ms(last) > self.at_ms:
            return f"{_ms(last)}:{self.until_ms}:"
        # More records share one millisecond than a page holds: go through them by id.
        return f"{self.at_ms}:{self.until_ms}:0"


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
