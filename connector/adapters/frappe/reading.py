"""Whole batches of what a site holds about leads: few lists for all of them, instead of many for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from audits.model.activity import OwnerChange, StageChange
from audits.model.case import Fact
from connector.adapters.frappe import documents, mapping
from connector.adapters.frappe.client import Filter, FrappeClient
from connector.adapters.frappe.documents import Document
from connector.adapters.frappe.mapping import DEAL, DEAL_STATUS_FIELD, LEAD, STATUS_FIELD, Deal
from connector.adapters.frappe.times import SiteTime
from connector.errors import CrmRejected, PermissionMissing, RecordGone, UnexpectedPayload
from connector.payloads import JsonObject, JsonValue, find_text

IMPORT_LOG = "Data Import Log"
"""One row for each record that Frappe's importer made."""
READ_VERSION, READ_DEAL, READ_IMPORTS = "read Version", f"read {DEAL}", f"read {IMPORT_LOG}"
"""What we call the permissions to read these."""

_DEAL_FIELDS = ("name", "creation", "lead", "status", "deal_owner")
_WORTH = ("deal_value", "currency")
"""Fields of deals that older CRMs do not have."""
_CONTACTS = "CRM Contacts"
_VERSION_FIELDS = ("name", "creation", "owner", "docname", "data")
_LINKS, _PARTICIPANTS = "Dynamic Link", "Event Participants"
#: Of one lead that became a deal, when deals cannot be read.
_HIDDEN_BY_DEAL = (
    Fact.CALLS, Fact.EMAILS, Fact.MEETINGS, Fact.MESSAGES, Fact.TASKS, Fact.OWNER, Fact.OWNER_HISTORY,
    Fact.STAGE_HISTORY, Fact.TEXTS, Fact.DEALS, Fact.STAGE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _About:
    """A document is about a lead, itself or by its deal."""

    document: str
    lead_id: str


class Reader:
    """Reads for a batch of leads. `missing`: the permissions that our user lacks."""

    def __init__(self, client: FrappeClient, site: SiteTime, missing: Sequence[str]) -> None:
        self._client = client
        self._site = site
        self._missing = missing
        self._known_imports: list[JsonValue] | None = None

    def deals_of(self, lead_ids: Sequence[str]) -> list[Deal]:
        """The deals that these leads became; none where deals cannot be read."""
        if not lead_ids or READ_DEAL in self._missing:
            return []
        wanted: list[Filter] = [("lead", "in", [*lead_ids])]
        try:
            rows = list(self._client.iter_rows(DEAL, (*_DEAL_FIELDS, *_WORTH), wanted))
        except CrmRejected as refused:
            if refused.status != 417:
                raise
            rows = list(self._client.iter_rows(DEAL, _DEAL_FIELDS, wanted))
        deals = [deal for row in rows if (deal := mapping.deal_of(row)) is not None]
        others = self._others_in([deal.name for deal in deals])
        return [replace(deal, others=others.get(deal.name, ())) for deal in deals]

    def _others_in(self, deals: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Contacts of each deal beside the first, which Frappe made of the lead itself."""
        if not deals:
            return {}
        filters: list[Filter] = [("parenttype", "=", DEAL), ("parent", "in", [*deals])]
        rows = self._client.iter_rows(_CONTACTS, ("name", "parent", "contact", "is_primary"), filters, parent=DEAL)
        found: dict[str, list[tuple[bool, str]]] = {}
        for row in rows:
            parent, contact = find_text(row, "parent"), find_text(row, "contact")
            if parent is not None and contact is not None:
                found.setdefault(parent, []).append((not mapping.is_set(row, "is_primary"), contact))
        return {deal: tuple(name for _, name in sorted(some)[1:]) for deal, some in found.items()}

    def imported_among(self, lead_ids: Sequence[str]) -> frozenset[str]:
        """Those of these leads that Frappe's importer made; none where its log cannot be read."""
        if not lead_ids or READ_IMPORTS in self._missing or not self._imports():
            return frozenset()
        filters: list[Filter] = [
            ("data_import", "in", self._imports()),
            ("docname", "in", [*lead_ids]),
            ("success", "=", 1),
        ]
        rows = self._client.iter_rows(IMPORT_LOG, ("name", "docname"), filters)
        return frozenset(name for row in rows if (name := find_text(row, "docname")) is not None)

    def _imports(self) -> list[JsonValue]:
        """The imports that made leads; those that changed leads leave the same kind of log."""
        if self._known_imports is None:
            filters: list[Filter] = [("reference_doctype", "=", LEAD), ("import_type", "=", "Insert New Records")]
            try:
                rows = list(self._client.iter_rows("Data Import", ("name",), filters))
            except (PermissionMissing, RecordGone):
                rows = []
            self._known_imports = [row.get("name") for row in rows]
        return self._known_imports

    def documents_about(
        self,
        document: Document,
        about: Mapping[tuple[str, str], str],
        unseen: Mapping[str, list[tuple[Fact, str]]],
    ) -> Iterator[tuple[str, JsonObject]]:
        """(lead id, row) of every document of this kind that is about one of the records in `about`."""
        linked: list[_About] = []
        if document is documents.EVENT:
            linked = self._children(_PARTICIPANTS, document.doctype, "reference_doctype", "reference_docname", about)
        elif document is documents.CALL_LOG:
            linked = self._children(_LINKS, document.doctype, "link_doctype", "link_name", about)
        given: set[tuple[str, str]] = set()
        if document.reference is not None:
            type_field, name_field = document.reference
            filters = [*_among(type_field, name_field, about), *_more(document)]
            for row in self._client.iter_rows(document.doctype, (*document.fields, *document.reference), filters):
                key = (find_text(row, type_field) or "", find_text(row, name_field) or "")
                if key in about:
                    given.add((about[key], str(row.get("name"))))
                    yield about[key], row
        pairs = dict.fromkeys((one.lead_id, one.document) for one in linked)
        more = [pair for pair in pairs if pair not in given]
        if not more:
            return
        names: list[JsonValue] = [*dict.fromkeys(name for _, name in more)]
        rows = {
            str(row.get("name")): row
            for row in self._client.iter_rows(document.doctype, document.fields, [("name", "in", names)])
        }
        for lead_id, name in more:
            if name in rows:
                yield lead_id, rows[name]
            else:
                unseen[lead_id].extend(
                    (fact, f"A private {document.doctype} on this lead is shown to its owner alone.")
                    for fact in document.facts
                )

    def _children(
        self, table: str, parent: str, type_field: str, name_field: str, about: Mapping[tuple[str, str], str]
    ) -> list[_About]:
        """What rows of a child table of `parent` say about records."""
        filters: list[Filter] = [("parenttype", "=", parent), *_among(type_field, name_field, about)]
        rows = self._child_rows(table, (type_field, name_field), filters, parent)
        found: list[_About] = []
        for row in rows:
            lead_id = about.get((find_text(row, type_field) or "", find_text(row, name_field) or ""))
            document = find_text(row, "parent")
            if lead_id is not None and document is not None:
                found.append(_About(document, lead_id))
        return found

    def _child_rows(
        self, table: str, names: tuple[str, str], filters: Sequence[Filter], parent: str
    ) -> list[JsonObject]:
        try:
            return list(self._client.iter_rows(table, ("name", "parent", *names), filters, parent=parent))
        except PermissionMissing:
            if table != _LINKS:
                raise
            # Call logs of older CRMs have no such table, which Frappe tells in the words of a missing permission.
            # Where it is one indeed, the list of the call logs themselves says so.
            return []

    def histories(
        self,
        rows: Mapping[str, JsonObject],
        deals: Sequence[Deal],
        unseen: Mapping[str, list[tuple[Fact, str]]],
    ) -> dict[str, tuple[tuple[OwnerChange, ...], tuple[StageChange, ...]]]:
        """Who held each lead and how it stood, from Version; see BEHAVIOR.md for what tells that there is a gap."""
        if not rows:
            return {}
        for name, row in rows.items():
            if mapping.is_set(row, "converted") and not any(deal.lead == name for deal in deals):
                unseen[name].extend(
                    (fact, "The deal that this lead became cannot be read.") for fact in _HIDDEN_BY_DEAL
                )
        if READ_VERSION in self._missing:
            stages = self._logged_stages(list(rows))
            return {name: ((), stages[name]) for name in rows}
        versions = self._versions([(LEAD, name) for name in rows] + [(DEAL, deal.name) for deal in deals])
        found = {}
        for name, row in rows.items():
            parts = [
                self._history(LEAD, name, row, "lead_owner", "status", versions),
                *(
                    self._history(
                        DEAL,
                        deal.name,
                        {"creation": deal.creation, "deal_owner": deal.owner, "status": deal.status},
                        "deal_owner",
                        "status",
                        versions,
                    )
                    for deal in sorted(deals, key=lambda one: (one.creation, one.name))
                    if deal.lead == name
                ),
            ]
            stage_names = (STATUS_FIELD, *[DEAL_STATUS_FIELD] * (len(parts) - 1))
            owner_changes = [one for owners, _ in parts for one in mapping.owner_changes_of(name, owners)]
            stage_changes = [
                one
                for field, (_, stages) in zip(stage_names, parts, strict=True)
                for one in mapping.stage_changes_of(name, field, stages)
            ]
            gaps = (
                (Fact.OWNER_HISTORY, all(owners.is_whole for owners, _ in parts)),
                (Fact.STAGE_HISTORY, all(stages.is_whole for _, stages in parts)),
            )
            unseen[name].extend(
                (fact, "Frappe's versions of this lead do not tell all of its changes.")
                for fact, is_whole in gaps
                if not is_whole
            )
            found[name] = (
                tuple(sorted(owner_changes, key=lambda change: change.occurred_at)),
                tuple(sorted(stage_changes, key=lambda change: change.occurred_at)),
            )
        return found

    def _history(
        self,
        doctype: str,
        name: str,
        row: JsonObject,
        owner_field: str,
        status_field: str,
        versions: Mapping[tuple[str, str], list[JsonObject]],
    ) -> tuple[mapping.History, mapping.History]:
        site = self._site
        created_at = site.at(find_text(row, "creation"))
        if created_at is None:
            raise UnexpectedPayload(f"The Frappe site sent a {doctype} without a sound creation time.")
        mine = versions.get((doctype, name), [])
        owners, stages = (
            mapping.history_of(mapping.changes_in(mine, field, site), created_at, find_text(row, field) or "")
            for field in (owner_field, status_field)
        )
        return owners, stages

    def _versions(self, records: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[JsonObject]]:
        found: dict[tuple[str, str], list[JsonObject]] = {}
        for doctype in dict.fromkeys(one for one, _ in records):
            names = [name for one, name in records if one == doctype]
            filters: list[Filter] = [("ref_doctype", "=", doctype), ("docname", "in", [*names])]
            for row in self._client.iter_rows("Version", _VERSION_FIELDS, filters):
                found.setdefault((doctype, find_text(row, "docname") or ""), []).append(row)
        return found

    def _logged_stages(self, lead_ids: Sequence[str]) -> dict[str, tuple[StageChange, ...]]:
        """Where versions cannot be read: the rows of the lead's status log, each made when its status began.

        Only the rows' own `creation` is used, which is the site's time; from_date and to_date are the server's.
        """
        filters: list[Filter] = [("parenttype", "=", LEAD), ("parent", "in", list(lead_ids))]
        rows = self._client.iter_rows(
            "CRM Status Change Log", ("name", "parent", "creation", "from"), filters, parent=LEAD
        )
        found: dict[str, list[StageChange]] = {one: [] for one in lead_ids}
        for row in rows:
            at, lead_id, status = self._site.at(find_text(row, "creation")), row.get("parent"), row.get("from")
            if (
                at is not None
                and isinstance(lead_id, str)
                and lead_id in found
                and isinstance(status, str)
                and status
            ):
                change = StageChange(lead_id=lead_id, occurred_at=at, field=STATUS_FIELD, raw_status=status)
                found[lead_id].append(change)
        return {one: tuple(sorted(each, key=lambda change: change.occurred_at)) for one, each in found.items()}

    def leads_by_document(self, document: Document, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """As leads_by_rows, for documents of which only the names are known."""
        rows = self._client.iter_rows(
            document.doctype, ("name", *(document.reference or ())), [("name", "in", list(names))]
        )
        return self.leads_by_rows(document, list(rows))

    def leads_by_rows(self, document: Document, rows: Sequence[JsonObject]) -> dict[str, tuple[str, ...]]:
        """Names of documents → leads that they are about, by their own reference and by their child tables."""
        names = [str(row["name"]) for row in rows if row.get("name") is not None]
        about: list[tuple[str, str, str]] = []
        if document.reference is not None:
            type_field, name_field = document.reference
            about += [
                (str(row.get("name")), find_text(row, type_field) or "", find_text(row, name_field) or "")
                for row in rows
            ]
        if names and document in (documents.EVENT, documents.CALL_LOG):
            is_event = document is documents.EVENT
            type_field, name_field = _names_of(is_event=is_event)
            table = _PARTICIPANTS if is_event else _LINKS
            filters: list[Filter] = [
                ("parenttype", "=", document.doctype),
                ("parent", "in", list(names)),
                (type_field, "in", [LEAD, DEAL]),
            ]
            children = self._child_rows(table, (type_field, name_field), filters, document.doctype)
            about += [
                (find_text(row, "parent") or "", find_text(row, type_field) or "", find_text(row, name_field) or "")
                for row in children
            ]
        deals = list(dict.fromkeys(record for _, doctype, record in about if doctype == DEAL and record))
        leads = self._leads_of_deals(deals)
        found: dict[str, list[str]] = {}
        for name, doctype, record in about:
            lead_id = record if doctype == LEAD else leads.get(record) if doctype == DEAL else None
            if lead_id:
                found.setdefault(name, []).append(lead_id)
        return {name: tuple(dict.fromkeys(ids)) for name, ids in found.items()}

    def _leads_of_deals(self, deals: Sequence[str]) -> dict[str, str]:
        if not deals or READ_DEAL in self._missing:
            return {}
        rows = self._client.iter_rows(DEAL, ("name", "lead"), [("name", "in", list(deals))])
        return {
            name: lead
            for row in rows
            if (name := find_text(row, "name")) is not None and (lead := find_text(row, "lead")) is not None
        }


def _names_of(*, is_event: bool) -> tuple[str, str]:
    return ("reference_doctype", "reference_docname") if is_event else ("link_doctype", "link_name")


def _among(type_field: str, name_field: str, about: Mapping[tuple[str, str], str]) -> list[Filter]:
    """Filters for what is about any of these records; the name of a lead may let in a deal of that name."""
    types = list(dict.fromkeys(doctype for doctype, _ in about))
    names: list[JsonValue] = [name for _, name in about]
    return [(type_field, "in", [*types]), (name_field, "in", names)]


def _more(document: Document) -> list[Filter]:
    return [(name, operator, list(values)) for name, operator, values in document.also]
