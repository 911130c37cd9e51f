"""Frappe CRM as a CrmAdapter: what the port asks for, in lists of a site's documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from audits.model.activity import Activity, Owner, Task
from audits.model.case import Coverage, Fact
from connector.adapters.frappe import documents, fields, hooks, mapping
from connector.adapters.frappe.client import PAGE, Filter, FrappeClient
from connector.adapters.frappe.documents import Document
from connector.adapters.frappe.events import ZONE_KEY
from connector.adapters.frappe.mapping import CALL_FIELD, DEAL, DEAL_STATUS_FIELD, LEAD, STATUS_FIELD, Unmapped
from connector.adapters.frappe.places import Place
from connector.adapters.frappe.reading import READ_DEAL, READ_IMPORTS, READ_VERSION, Reader
from connector.adapters.frappe.times import SiteTime
from connector.crm.lead_fields import FieldRoles, KnownField
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
from connector.errors import (
    CrmError,
    CrmRejected,
    PermissionMissing,
    ReauthorizationNeeded,
    RecordGone,
)
from connector.payloads import JsonObject, find_text
from connector.server_rules import TokenSource

READ_BATCH, WRITE_BATCH = PAGE, 20
"""Ours. Frappe names no cap, and a call may last 20 s. 10 leads took 0.6 s to write on a site without a way out; with
one, each save of a lead with an address and no picture asks gravatar.com first."""
OLDEST_FRAPPE = 15
"""The oldest major version of Frappe that was looked at."""

_LEAD_FIELDS = (
    "name", "creation", "modified", "first_name", "last_name", "email", "mobile_no", "phone", "organization",
    "source", "status", "lead_owner", "converted",
)  # fmt: skip
_OUR_FIELDS = tuple(field.value for field in OurField)
#: Documents whose change shows that their lead must be read again, in the order of a poll.
_POLLED = (
    documents.CALL_LOG, documents.COMMUNICATION, documents.EVENT, documents.NOTE, documents.TASK,
)  # fmt: skip

_HIDDEN: dict[str, tuple[Fact, ...]] = {
    **{one.scope: one.facts for one in documents.ALL},
    READ_VERSION: (Fact.OWNER_HISTORY,),
    READ_DEAL: (Fact.DEALS,),
    READ_IMPORTS: (),
}


def capabilities_for(missing_scopes: Sequence[str]) -> Capabilities:
    """What a site shows when our user lacks these permissions ("read CRM Call Log" and the like)."""
    missing = tuple(
        (fact, f"Our user on the Frappe site may not {scope}: give it the roles, then connect again.")
        for scope in missing_scopes
        for fact in _HIDDEN.get(scope, ())
    )
    return Capabilities(
        coverage=Coverage(missing=missing),
        read_batch=READ_BATCH,
        write_batch=WRITE_BATCH,
        missing_scopes=tuple(missing_scopes),
    )


def account_from(client: FrappeClient) -> Account:
    """The site behind a client. Raises CrmRejected or PermissionMissing with what an admin has to mend there."""
    check_apps(client)
    _check_permissions(client)
    settings = client.document("System Settings", "System Settings")
    site = SiteTime(find_text(settings, "time_zone") or "")
    host = urlsplit(client.origin).netloc
    return Account(
        account_id=host,
        name=host,
        zone=site.zone,
        currency=_currency(client, settings),
        record_url_base=f"{client.origin}/crm/leads/",
        api_url=client.origin,
    )


def check_apps(client: FrappeClient) -> None:
    """Raise CrmRejected when Frappe CRM is not installed on the site, or Frappe is older than we know.

    A site that does not tell its versions is taken as it is: its documents will show what it has.
    """
    try:
        versions = client.versions()
    except (PermissionMissing, CrmRejected, RecordGone):
        return
    if "crm" not in versions:
        raise CrmRejected(
            f"Frappe CRM is not installed on {client.origin} (found: {', '.join(sorted(versions)) or 'nothing'}). "
            "Install the app crm there, then connect again.",
            status=417,
        )
    major = versions.get("frappe", "").partition(".")[0]
    if major.isdecimal() and int(major) < OLDEST_FRAPPE:
        raise CrmRejected(
            f"The site runs Frappe {versions['frappe']}; Lead Assay needs version {OLDEST_FRAPPE} or later.",
            status=417,
        )


def _check_permissions(client: FrappeClient) -> None:
    for doctype in (LEAD, fields.CUSTOM_FIELD, hooks.WEBHOOK, "User"):
        try:
            client.rows(doctype, ("name",), (), order_by="name asc", limit=1)
        except RecordGone:
            raise CrmRejected(f"The site has no {doctype}: is Frappe CRM installed?", status=404) from None


def _currency(client: FrappeClient, settings: JsonObject) -> str | None:
    """The CRM's own currency, else the site's; None where neither is set."""
    try:
        own = find_text(client.document("FCRM Settings", "FCRM Settings"), "currency")
    except (RecordGone, PermissionMissing, CrmRejected):
        own = None
    return own or find_text(settings, "currency")


class FrappeAdapter:
    """One Frappe site."""

    def __init__(
        self,
        client: FrappeClient,
        *,
        tokens: TokenSource,
        record_url_base: str,
        missing_scopes: Sequence[str] = (),
        values: ValueMap | None = None,
        roles: FieldRoles | None = None,
        currency: str | None = None,
    ) -> None:
        """`tokens`: those of the client's transport, to end the grant with. `roles`: which fields of the site's own
        hold what. `currency`: of deals that name none."""
        self._client = client
        self._tokens = tokens
        self._record_url_base = record_url_base
        self._values = values or ValueMap(mapping.MAPPABLE)
        self._roles = roles or FieldRoles()
        self._currency = currency
        self._capabilities = self._capable(missing_scopes)
        self._known_roles: tuple[FieldRoles, tuple[tuple[Fact, str], ...]] | None = None
        self._known_reader: Reader | None = None
        self._known_site: SiteTime | None = None
        self._troubles: list[str] = []

    def _capable(self, missing_scopes: Sequence[str]) -> Capabilities:
        capable = capabilities_for(missing_scopes)
        return replace(capable, coverage=self._roles.narrow(capable.coverage))

    def account(self) -> Account:
        """The connected site."""
        return account_from(self._client)

    def capabilities(self) -> Capabilities:
        """What can be seen with the roles of our user."""
        return self._capabilities

    def without_scope(self, scope: str) -> Capabilities:
        """What can still be seen without a permission. Raises ReauthorizationNeeded when that is nothing."""
        if scope not in _HIDDEN:
            raise ReauthorizationNeeded(
                f"Our user on the Frappe site may not {scope}, without which we can do nothing. Give it the roles "
                "System Manager and Sales Manager, then connect again."
            )
        self._capabilities = self._capable(tuple(dict.fromkeys((*self._capabilities.missing_scopes, scope))))
        self._known_reader = None
        return self._capabilities

    def iter_owners(self) -> Iterator[Owner]:
        """The site's desk users; those that are disabled are former ones. Frappe knows no teams."""
        rows = self._client.iter_rows(
            "User", ("name", "email", "full_name", "enabled"), [("user_type", "=", "System User")]
        )
        for row in rows:
            name = find_text(row, "name") or ""
            yield Owner(
                owner_id=name,
                user_id=name,
                email=find_text(row, "email"),
                name=find_text(row, "full_name") or name,
                is_archived=not mapping.is_set(row, "enabled"),
            )

    def known_values(self) -> tuple[KnownValue, ...]:
        """The statuses that the site defines for leads and deals, and the fixed ones of calls."""
        lists = ((STATUS_FIELD, "CRM Lead Status", None), (DEAL_STATUS_FIELD, "CRM Deal Status", READ_DEAL))
        found = [
            KnownValue(field=field, value=name, label=name)
            for field, doctype, scope in lists
            if scope not in self._capabilities.missing_scopes
            for row in self._client.iter_rows(doctype, ("name",), ())
            if (name := find_text(row, "name")) is not None
        ]
        calls = (KnownValue(field=CALL_FIELD, value=one, label=one) for one in ("Completed", "No Answer", "Busy"))
        return (*found, *calls)

    def known_fields(self) -> tuple[KnownField, ...]:
        """The site's own custom fields of CRM Lead."""
        return fields.known(self._client)

    def ensure_fields(self) -> FieldSetup:
        """Make or repair our custom fields, and put them where the people of /crm see them."""
        made = fields.ensure(self._client)
        trouble = fields.show(self._client)
        if trouble is not None:
            self._troubles.append(trouble)
        return FieldSetup(made=made, keys={ZONE_KEY: self._site().zone})

    def ensure_hooks(self, hook: Hook) -> HookReport:
        """Make our webhooks on the site. Those of the fields are reported here, too."""
        report = hooks.ensure(self._client, hook)
        troubles, self._troubles = self._troubles, []
        return HookReport(made=report.made, removed=report.removed, failing=(*report.failing, *troubles))

    def list_leads(self, cursor: str | None, since: datetime) -> Page:
        """A page of leads by their creation. What was created before `since` is not asked for."""
        place = Place.parse(cursor) if cursor is not None else Place(self._site().wall_span(since, since)[0])
        total = self._client.count(LEAD, place.filters("creation")) if cursor is None else None
        page = self._client.rows(
            LEAD, ("name", "creation"), place.filters("creation"), order_by="creation asc, name asc"
        )
        following = place.after_page(page, "creation")
        fresh = place.fresh(page)
        names = _texts([row for row in fresh if self._is_since(row, since)], "name")
        return Page(
            lead_ids=tuple(names),
            cursor=None if following is None else str(following),
            scanned=len(fresh),
            total=total,
        )

    def list_modified(self, since: datetime, until: datetime, cursor: str | None) -> Page:
        """A page of leads that changed, themselves or in a document about them: Frappe does not tell a lead of those.

        The cursor is (which doctype, the place within its changes).
        """
        low, high = self._site().wall_span(since, until)
        polls = self._polls()
        number, _, at = (cursor or f"0:{Place(low)}").partition(":")
        place, (doctype, names, leads_of) = Place.parse(at), polls[int(number)]
        filters = [*place.filters("modified"), ("modified", "<=", high)]
        page = self._client.rows(doctype, ("name", "modified", *names), filters, order_by="modified asc, name asc")
        following = place.after_page(page, "modified")
        is_last = following is None and int(number) + 1 == len(polls)
        ahead = f"{number}:{following}" if following is not None else f"{int(number) + 1}:{Place(low)}"
        lead_ids = tuple(dict.fromkeys(leads_of(page)))
        return Page(lead_ids=lead_ids, cursor=None if is_last else ahead, scanned=len(page))

    def read_leads(self, lead_ids: Sequence[str]) -> LeadsRead:
        """Leads with what was done on them and on the deals they became."""
        unmapped = Unmapped(self._values)
        rows = {name: row for row in self._lead_rows(lead_ids) if (name := find_text(row, "name")) is not None}
        reader = self._reader()
        imported = reader.imported_among(list(rows))
        deals = reader.deals_of([name for name, row in rows.items() if mapping.is_set(row, "converted")])
        about = {(LEAD, name): name for name in rows} | {(DEAL, deal.name): deal.lead for deal in deals}
        acts: dict[str, list[Activity]] = {one: [] for one in rows}
        tasks: dict[str, list[Task]] = {one: [] for one in rows}
        unseen: dict[str, list[tuple[Fact, str]]] = {one: [] for one in rows}
        site = self._site()
        for document in documents.ALL:
            if rows and document.scope not in self._capabilities.missing_scopes:
                for lead_id, row in reader.documents_about(document, about, unseen):
                    if document is documents.TASK:
                        task = documents.task_of(row, lead_id, site, unmapped)
                        tasks[lead_id] += [task] if task is not None else []
                    else:
                        act = documents.activity_of(document, row, lead_id, site, unmapped)
                        acts[lead_id] += [act] if act is not None else []
        histories = reader.histories(rows, deals, unseen)
        latest = {deal.lead: deal for deal in sorted(deals, key=lambda one: (one.creation, one.name))}
        read = []
        for name, row in rows.items():
            owner_changes, stage_changes = histories[name]
            lead = mapping.lead_of(
                row, latest.get(name), site, self._record_url_base, unmapped, is_imported=name in imported
            )
            lead = mapping.with_stage(lead, stage_changes, is_deal=name in latest)
            filled = self._present_roles()[0].fill(lead, row, site.zone, unmapped)
            read.append(
                LeadRecord(
                    lead=filled.lead,
                    deals=tuple(
                        mapping.case_deal(deal, stage_changes, site, self._currency, self._record_url_base, unmapped)
                        for deal in deals
                        if deal.lead == name
                    ),
                    activities=tuple(sorted(acts[name], key=lambda act: (act.occurred_at, act.activity_id))),
                    tasks=tuple(sorted(tasks[name], key=lambda task: (task.recorded_at, task.task_id))),
                    owner_changes=owner_changes,
                    stage_changes=stage_changes,
                    missing=tuple(dict.fromkeys((*unseen[name], *self._present_roles()[1], *filled.missing))),
                    our_fields=fields.from_site(row),
                )
            )
        gone = tuple(one for one in dict.fromkeys(lead_ids) if one not in rows)
        return LeadsRead(records=tuple(read), gone_ids=gone, unmapped=tuple(unmapped.pairs))

    def find_leads_of(self, object_type: str, object_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """The leads that documents are about; none where they cannot be seen."""
        by_document: dict[str, tuple[Document, list[str]]] = {}
        for our_id in object_ids:
            document = documents.document_of(object_type, our_id)
            if document is not None and document.scope not in self._capabilities.missing_scopes:
                by_document.setdefault(document.doctype, (document, []))[1].append(our_id)
        found: dict[str, tuple[str, ...]] = {}
        for document, ids in by_document.values():
            leads = self._reader().leads_by_document(document, [documents.their_id(one) for one in ids])
            found.update({one: leads[their] for one in ids if (their := documents.their_id(one)) in leads})
        return found

    def write_fields(self, writes: Sequence[FieldWrite]) -> tuple[WriteResult, ...]:
        """Set our fields. Raises PermissionMissing when our user may write none of the leads."""
        wanted = {write.lead_id: fields.to_site(dict(write.values)) for write in writes}
        if not wanted:
            return ()
        failed = {one.name: one for one in self._client.bulk_update(LEAD, wanted)}
        if len(failed) == len(wanted) and {one.error for one in failed.values()} == {"PermissionError"}:
            raise PermissionMissing(f"Our user on the Frappe site may not write {LEAD}.", scope=f"write {LEAD}")
        results: list[WriteResult] = []
        for lead_id in wanted:
            fault = failed.get(lead_id)
            is_gone = fault is not None and fault.error == "DoesNotExistError"
            results.append(
                WriteResult(
                    lead_id=lead_id,
                    is_written=fault is None,
                    is_gone=is_gone,
                    complaint="" if fault is None or is_gone else f"{fault.error}: {fault.words}".rstrip(": "),
                )
            )
        return tuple(results)

    def calls_left(self) -> int | None:
        """Frappe counts no calls."""
        return self._client.calls_left

    def uninstall(self) -> None:
        """Take our webhooks and our place in the side panel off the site, and end the grant. The fields stay.

        Raises the error of the webhooks when they could not be removed; the grant ends all the same.
        """
        token = self._tokens.current()
        trouble: CrmError | None = None
        try:
            hooks.remove_all(self._client)
            fields.hide(self._client)
        except CrmError as error:
            trouble = error
        self._client.revoke(token)
        if trouble is not None:
            raise trouble

    def _site(self) -> SiteTime:
        """The site's clock, as it is set now."""
        if self._known_site is None:
            settings = self._client.document("System Settings", "System Settings")
            self._known_site = SiteTime(find_text(settings, "time_zone") or "")
        return self._known_site

    def _reader(self) -> Reader:
        if self._known_reader is None:
            self._known_reader = Reader(self._client, self._site(), self._capabilities.missing_scopes)
        return self._known_reader

    def _is_since(self, row: JsonObject, since: datetime) -> bool:
        created = self._site().moment(find_text(row, "creation"))
        return created is None or created.no_later_than >= since

    def _present_roles(self) -> tuple[FieldRoles, tuple[tuple[Fact, str], ...]]:
        """Roles of fields that the site still has: it refuses a list that names another one."""
        if self._known_roles is None:
            there = {one.name for one in fields.known(self._client)} if self._roles.names else set()
            self._known_roles = self._roles.among(there)
        return self._known_roles

    def _lead_rows(self, lead_ids: Sequence[str]) -> list[JsonObject]:
        wanted: list[Filter] = [("name", "in", list(dict.fromkeys(lead_ids)))]
        if not lead_ids:
            return []
        own = self._present_roles()[0].names
        try:
            return list(self._client.iter_rows(LEAD, (*_LEAD_FIELDS, *_OUR_FIELDS, *own), wanted))
        except CrmRejected as refused:
            if refused.status != 417:
                raise
            # Somebody deleted a custom field of ours: the leads can be judged all the same.
            return list(self._client.iter_rows(LEAD, (*_LEAD_FIELDS, *own), wanted))

    def _polls(self) -> list[tuple[str, tuple[str, ...], Callable[[Sequence[JsonObject]], Iterable[str]]]]:
        """What a poll by modified time goes through: doctype, fields, and how its rows lead to leads."""
        missing = self._capabilities.missing_scopes
        polls: list[tuple[str, tuple[str, ...], Callable[[Sequence[JsonObject]], Iterable[str]]]] = [
            (LEAD, (), lambda rows: _texts(rows, "name"))
        ]
        if READ_DEAL not in missing:
            polls.append((DEAL, ("lead",), lambda rows: _texts(rows, "lead")))
        polls += [
            (document.doctype, document.reference or (), self._poller(document))
            for document in _POLLED
            if document.scope not in missing
        ]
        return polls

    def _poller(self, document: Document) -> Callable[[Sequence[JsonObject]], Iterable[str]]:
        def leads_of(rows: Sequence[JsonObject]) -> Iterable[str]:
            found = self._reader().leads_by_rows(document, rows)
            return [lead_id for ids in found.values() for lead_id in ids]

        return leads_of


def _texts(rows: Sequence[JsonObject], name: str) -> Iterable[str]:
    return [text for row in rows if (text := find_text(row, name)) is not None]
