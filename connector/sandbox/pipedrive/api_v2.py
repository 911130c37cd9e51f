"""Version 2: deals, persons, organizations, activities, stages, pipelines, and turning leads into deals."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Mapping
from typing import Final

from flask import Blueprint, Response, request

from connector.sandbox.pipedrive.checks import body_of_v2, json_body, reject_unknown
from connector.sandbox.pipedrive.company import DELETED_DEALS_MS, Company
from connector.sandbox.pipedrive.core import Caller, Calls, Sandbox, said
from connector.sandbox.pipedrive.kinds import ACTIVITY, DEAL, LEAD, ORGANIZATION, PERSON, Kind
from connector.sandbox.pipedrive.queries import (
    PAGE_V2,
    Query,
    ids,
    integer,
    keys,
    moment,
    one_of,
    read_cursor,
    some_of,
    text,
    truth,
    write_cursor,
)
from connector.sandbox.pipedrive.records import Record
from connector.sandbox.pipedrive.said import bad, gone_missing, seconds_utc
from connector.sandbox.pipedrive.views import EXTRAS, record_v2
from connector.sandbox.wire import JsonObject, now_ms

_DEALS: Final = ("deals:read", "deals:full")
_CONTACTS: Final = ("contacts:read", "contacts:full")
_ACTIVITIES: Final = ("activities:read", "activities:full")
_PIPELINES: Final = (*_DEALS, "admin")
_LABELLED: Final[Query] = {"include_option_labels": truth, "include_labels": truth, "custom_fields": keys(15)}
_LISTED: Final[Query] = {
    **PAGE_V2,
    "filter_id": integer,
    "ids": ids,
    "owner_id": integer,
    "updated_since": moment,
    "updated_until": moment,
    "sort_by": one_of("id", "update_time", "add_time"),
    "sort_direction": one_of("asc", "desc"),
}
_DEAL_LIST: Final[Query] = {
    **_LISTED,
    **_LABELLED,
    "person_id": integer,
    "org_id": integer,
    "pipeline_id": integer,
    "stage_id": integer,
    "status": one_of("open", "won", "lost", "deleted"),
    "include_fields": some_of(*EXTRAS["deal"]),
}
_LISTS: Final[Mapping[str, Query]] = {
    "deal": _DEAL_LIST,
    "person": {
        **_LISTED, **_LABELLED, "org_id": integer, "deal_id": integer,
        "include_fields": some_of(*EXTRAS["person"]),
    },
    "organization": {**_LISTED, **_LABELLED, "include_fields": some_of(*EXTRAS["organization"])},
    "activity": {
        **_LISTED,
        "deal_id": integer,
        "lead_id": text,
        "person_id": integer,
        "org_id": integer,
        "done": truth,
        "sort_by": one_of("id", "update_time", "add_time", "due_date"),
        "include_fields": some_of("attendees"),
    },
}  # fmt: skip
_SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "deal": _DEALS,
    "person": _CONTACTS,
    "organization": _CONTACTS,
    "activity": _ACTIVITIES,
}
_NAMED: Final[Mapping[str, str]] = {"deal": "title", "person": "name", "organization": "name"}
_FILTERS: Final = ("owner_id", "person_id", "org_id", "deal_id", "lead_id", "pipeline_id", "stage_id", "done")


def create_v2(sandbox: Sandbox) -> tuple[Blueprint, Calls]:
    """The calls and their table of costs."""
    blueprint = Blueprint("v2", __name__)
    calls = Calls(sandbox, blueprint)
    for kind in (DEAL, PERSON, ORGANIZATION, ACTIVITY):
        _add_reads(calls, kind)
        _add_writes(calls, kind)
    _add_archived(calls)
    _add_pipelines(calls)
    _add_conversion(calls, sandbox)
    return blueprint, calls


def _add_reads(calls: Calls, kind: Kind) -> None:
    base, scopes = f"/api/v2/{kind.plural}", _SCOPES[kind.name]
    single = {name: read for name, read in _LISTS[kind.name].items() if name in ("include_fields", *_LABELLED)}

    @calls.add("GET", base, 10, scopes, _LISTS[kind.name])
    def listed(caller: Caller) -> Response:
        records: Iterable[Record] = caller.company.live(kind)
        if caller.query.get("status") == "deleted":
            records = _deleted_deals(caller.company)
        return _page(caller, kind, (record for record in records if not record.is_archived))

    @calls.add("GET", f"{base}/<int:record_id>", 1, scopes, single)
    def one(caller: Caller, record_id: int) -> Response:
        return said(_show(caller, _seen(caller, kind, record_id, has_deleted=kind is DEAL)))


def _add_writes(calls: Calls, kind: Kind) -> None:
    base, scopes = f"/api/v2/{kind.plural}", tuple(one for one in _SCOPES[kind.name] if one.endswith(":full"))

    @calls.add("POST", base, 5, scopes)
    def add(caller: Caller) -> Response:
        values, custom = body_of_v2(caller.company, kind, json_body(), is_new=True)
        needed = _NAMED.get(kind.name)
        if needed is not None and not str(values.get(needed) or "").strip():
            raise bad(f"{needed} is required")
        _check_parts(caller.company, kind, values)
        made = caller.company.create(kind, values, caller.origin, custom)
        return said(record_v2(caller.company, made), http_status=201)

    @calls.add("PATCH", f"{base}/<int:record_id>", 5, scopes)
    def change(caller: Caller, record_id: int) -> Response:
        found = _seen(caller, kind, record_id)
        values, custom = body_of_v2(caller.company, kind, json_body(), is_new=False)
        if found.is_archived and values.get("is_archived") is not False:
            raise bad(f"Archived {kind.plural} cannot be updated")
        _check_parts(caller.company, kind, values)
        caller.company.update(found, values, caller.origin, custom)
        return said(record_v2(caller.company, found))

    @calls.add("DELETE", f"{base}/<int:record_id>", 3, scopes)
    def remove(caller: Caller, record_id: int) -> Response:
        """A second deletion answers 410 and yet calls itself a success."""
        found = caller.company.find(kind, record_id)
        if found is not None and found.is_deleted:
            return said({"id": found.id}, http_status=410)
        caller.company.delete(_seen(caller, kind, record_id), caller.origin)
        return said({"id": record_id})


def _add_archived(calls: Calls) -> None:
    query = {name: read for name, read in _DEAL_LIST.items() if not name.startswith("include_") or "fields" in name}

    @calls.add("GET", "/api/v2/deals/archived", 20, _DEALS, query)
    def archived(caller: Caller) -> Response:
        return _page(caller, DEAL, (deal for deal in caller.company.live(DEAL) if deal.is_archived))


def _add_pipelines(calls: Calls) -> None:
    sorting: Query = {
        **PAGE_V2,
        "sort_by": one_of("id", "update_time", "add_time", "order_nr"),
        "sort_direction": one_of("asc", "desc"),
    }

    @calls.add("GET", "/api/v2/pipelines", 5, _PIPELINES, sorting)
    def pipelines(caller: Caller) -> Response:
        return _plain_page(caller, caller.company.pipelines.values())

    @calls.add("GET", "/api/v2/pipelines/<int:pipeline_id>", 1, _PIPELINES)
    def pipeline(caller: Caller, pipeline_id: int) -> Response:
        return said(_plain(_known(caller.company.pipelines, pipeline_id, "Pipeline")))

    @calls.add("GET", "/api/v2/stages", 5, _PIPELINES, {**sorting, "pipeline_id": integer})
    def stages(caller: Caller) -> Response:
        wanted = caller.query.get("pipeline_id")
        found = caller.company.stages.values()
        return _plain_page(caller, [stage for stage in found if wanted in (None, stage["pipeline_id"])])

    @calls.add("GET", "/api/v2/stages/<int:stage_id>", 1, _PIPELINES)
    def stage(caller: Caller, stage_id: int) -> Response:
        return said(_plain(_known(caller.company.stages, stage_id, "Stage")))


def _add_conversion(calls: Calls, sandbox: Sandbox) -> None:
    @calls.add("POST", "/api/v2/leads/<lead_id>/convert/deal", 40, ("leads:full",))
    def convert(caller: Caller, lead_id: str) -> Response:
        """Starts a job; the deal is there when its status says completed."""
        company = caller.company
        lead = company.get(LEAD, lead_id)
        if not company.sees(caller.user_id, lead):
            raise gone_missing("Lead")
        sent = json_body() if request.get_data() else {}
        reject_unknown(sent, {"stage_id", "pipeline_id"})
        for name in sent:
            if not company.exists(name.removesuffix("_id"), sent[name]):
                raise bad(f"{name} names nothing that is there")
        stage_id = sent.get("stage_id", company.default_stage(sent.get("pipeline_id")))
        job: JsonObject = {"conversion_id": str(uuid.uuid4()), "status": "not_started"}
        sandbox.conversions[f"{company.id}:{lead_id}:{job['conversion_id']}"] = job

        def run() -> None:
            with company.lock:
                if lead.is_deleted or lead.is_archived:
                    job["status"] = "failed" if lead.is_deleted else "rejected"
                    return
                deal = company.convert(lead, caller.origin, int(str(stage_id)))
                job["deal_id"] = deal.id
                job["status"] = "completed"

        timer = threading.Timer(sandbox.settings.conversion_s, run)
        timer.daemon = True
        sandbox.timers.append(timer)
        timer.start()
        return said({"conversion_id": job["conversion_id"]})

    @calls.add("GET", "/api/v2/leads/<lead_id>/convert/status/<conversion_id>", 1, ("leads:read", "leads:full"))
    def status(caller: Caller, lead_id: str, conversion_id: str) -> Response:
        job = sandbox.conversions.get(f"{caller.company.id}:{lead_id}:{conversion_id}")
        if job is None:
            raise gone_missing("Conversion")
        shown = dict(job)
        if job["status"] == "not_started":
            job["status"] = "running"
        return said(shown)


def _page(caller: Caller, kind: Kind, records: Iterable[Record]) -> Response:
    query, company = caller.query, caller.company
    if "filter_id" in query:
        raise gone_missing("Filter")
    wanted = {name: query[name] for name in _FILTERS if name in query}
    if kind is PERSON and "deal_id" in wanted:
        deal = company.find(DEAL, wanted.pop("deal_id"))
        wanted_ids: object = [None if deal is None else deal.values.get("person_id")]
    else:
        wanted_ids = query.get("ids")
    status = query.get("status")
    found = [
        record
        for record in records
        if all(record.values.get(name) == value for name, value in wanted.items())
        and (not isinstance(wanted_ids, list) or record.id in wanted_ids)
        and (status in (None, record.values.get("status")))
        and _in_span(record, query)
        and company.sees(caller.user_id, record)
    ]
    shown, cursor = _cut(found, query, kind)
    return said([_show(caller, record) for record in shown], {"next_cursor": cursor})


def _cut(found: list[Record], query: Mapping[str, object], kind: Kind) -> tuple[list[Record], str | None]:
    """One page and the cursor of the next, which names the last record shown: pages do not shift."""
    sort_by, direction = str(query.get("sort_by", "id")), str(query.get("sort_direction", "asc"))
    is_descending = direction == "desc"
    found.sort(key=lambda record: _place(record, sort_by), reverse=is_descending)
    at = read_cursor(query.get("cursor"), 5)
    if at is not None:
        if at[:3] != [kind.name, sort_by, direction]:
            raise bad("Parameter 'cursor' is invalid for this sorting")
        last = (at[3] if isinstance(at[3], str) else int(str(at[3])), int(str(at[4])))
        found = [
            record
            for record in found
            if (_place(record, sort_by) < last if is_descending else _place(record, sort_by) > last)
        ]
    limit = int(str(query.get("limit", 100)))
    shown = found[:limit]
    if len(found) <= limit:
        return shown, None
    return shown, write_cursor(kind.name, sort_by, direction, *_place(shown[-1], sort_by))


def _place(record: Record, sort_by: str) -> tuple[int | str, int]:
    number = int(record.id)
    if sort_by == "id":
        return (0, number)
    if sort_by == "due_date":
        return (str(record.values.get("due_date") or ""), number)
    return (record.moment(sort_by) or 0, number)


def _in_span(record: Record, query: Mapping[str, object]) -> bool:
    """updated_since is inclusive, updated_until exclusive; both see whole seconds, as the API shows them."""
    at = (record.moment("update_time") or 0) // 1000 * 1000
    since, until = query.get("updated_since"), query.get("updated_until")
    return (not isinstance(since, int) or at >= since) and (not isinstance(until, int) or at < until)


def _show(caller: Caller, record: Record) -> JsonObject:
    query = caller.query
    include, wanted = query.get("include_fields"), query.get("custom_fields")
    if isinstance(wanted, frozenset) and record.kind.fields is not None:
        unknown = wanted - set(caller.company.fields[record.kind.fields].custom)
        if unknown:
            raise bad(f"Parameter 'custom_fields' names unknown fields: {', '.join(sorted(unknown))}")
    return record_v2(
        caller.company,
        record,
        include if isinstance(include, frozenset) else frozenset(),
        wanted if isinstance(wanted, frozenset) else None,
        query.get("include_option_labels") is True,
    )


def _deleted_deals(company: Company) -> Iterable[Record]:
    oldest = now_ms() - DELETED_DEALS_MS
    return (deal for deal in company.records["deal"].values() if (deal.deleted_ms or 0) > oldest)


def _seen(caller: Caller, kind: Kind, record_id: int, *, has_deleted: bool = False) -> Record:
    company = caller.company
    found = company.find(kind, record_id)
    is_hidden = found is None or (
        found.is_deleted and not (has_deleted and (found.deleted_ms or 0) > now_ms() - DELETED_DEALS_MS)
    )
    if found is None or is_hidden or not company.sees(caller.user_id, found):
        raise gone_missing(kind.title)
    return found


def _check_parts(company: Company, kind: Kind, values: JsonObject) -> None:
    if kind is ACTIVITY:
        entries = values.get("participants", [])
        for entry in entries if isinstance(entries, list) else []:
            if not company.exists("person", entry["person_id"]):
                raise bad(f"participants: there is no person {entry['person_id']}")
    if kind is DEAL and values.get("stage_id") is not None and values.get("pipeline_id") is not None:
        stage = company.stages[int(str(values["stage_id"]))]
        if stage["pipeline_id"] != values["pipeline_id"]:
            raise bad("stage_id does not belong to pipeline_id")


def _plain_page(caller: Caller, entries: Iterable[JsonObject]) -> Response:
    query = caller.query
    sort_by, is_descending = str(query.get("sort_by", "id")), query.get("sort_direction") == "desc"
    found = sorted(entries, key=lambda one: (str(one[sort_by] or "").zfill(20), str(one["id"]).zfill(20)))
    if is_descending:
        found.reverse()
    at = read_cursor(query.get("cursor"), 1)
    start, limit = (0 if at is None else int(str(at[0]))), int(str(query.get("limit", 100)))
    more: JsonObject = {"next_cursor": write_cursor(start + limit) if len(found) > start + limit else None}
    return said([_plain(one) for one in found[start : start + limit]], more)


def _plain(entry: JsonObject) -> JsonObject:
    return {
        name: seconds_utc(value) if name in ("add_time", "update_time") and isinstance(value, int) else value
        for name, value in entry.items()
    }


def _known(entries: Mapping[int, JsonObject], number: int, what: str) -> JsonObject:
    found = entries.get(number)
    if found is None:
        raise gone_missing(what)
    return found
