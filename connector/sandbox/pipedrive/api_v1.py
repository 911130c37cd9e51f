"""Version 1 as far as it lives on: users, leads with their labels, sources and fields, activity types, webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from connector.sandbox.pipedrive.checks import body_of_lead, json_body, reject_unknown
from connector.sandbox.pipedrive.company import Company
from connector.sandbox.pipedrive.core import Caller, Calls, Sandbox, said
from connector.sandbox.pipedrive.fields import FIXED_FIELDS
from connector.sandbox.pipedrive.hooks import ACTIONS, OBJECTS
from connector.sandbox.pipedrive.kinds import LEAD
from connector.sandbox.pipedrive.queries import PAGE_V1, integer, moment, orders, page_of
from connector.sandbox.pipedrive.records import Record
from connector.sandbox.pipedrive.said import bad, gone_missing, millis_utc, plain_utc, refused
from connector.sandbox.pipedrive.views import lead_v1, user_v1
from connector.sandbox.wire import JsonObject

LEADS_READ: Final = ("leads:read", "leads:full")
WEBHOOKS: Final = ("webhooks:full", "admin")
LEAD_SOURCES: Final = (
    "Manually created", "Deal", "Web forms", "Prospector", "Leadbooster", "Live chat", "Import", "Website visitors",
    "Workflow automation", "API",
)  # fmt: skip
LABEL_COLORS: Final = (
    "blue", "brown", "dark-gray", "gray", "green", "orange", "pink", "purple", "red", "yellow",
)  # fmt: skip
_SORTED: Final = (
    "id", "title", "owner_id", "creator_id", "was_seen", "expected_close_date", "next_activity_id", "add_time",
    "update_time",
)  # fmt: skip
_LEAD_FILTERS: Final = {
    **PAGE_V1,
    "owner_id": integer,
    "person_id": integer,
    "organization_id": integer,
    "filter_id": integer,
    "sort": orders(*_SORTED),
}
#: Paths of version 1 that have had no support since 1 August 2026.
_RETIRED: Final = ("deals", "persons", "organizations", "activities", "products", "pipelines", "stages")


def create_v1(sandbox: Sandbox) -> tuple[Blueprint, Calls]:
    """The calls and their table of costs."""
    blueprint = Blueprint("v1", __name__)
    calls = Calls(sandbox, blueprint)
    _add_people(calls)
    _add_leads(calls, sandbox)
    _add_lists(calls)
    _add_hooks(calls, sandbox)
    _add_retired(blueprint, sandbox)
    return blueprint, calls


def _add_people(calls: Calls) -> None:
    @calls.add("GET", "/api/v1/users/me", 2, ())
    def me(caller: Caller) -> Response:
        company = caller.company
        shown = user_v1(company.users[caller.user_id], caller.user_id)
        shown |= {
            "company_id": company.id,
            "company_name": company.config.name,
            "company_domain": company.config.domain,
            "company_country": company.config.country,
            "company_industry": None,
            "language": {"language_code": "en", "country_code": "US"},
        }
        return said(shown)

    @calls.add("GET", "/api/v1/users", 20, ("users:read",))
    def users(caller: Caller) -> Response:
        return said([user_v1(user, caller.user_id) for user in caller.company.users.values()])

    @calls.add("GET", "/api/v1/users/<int:user_id>", 2, ("users:read",))
    def user(caller: Caller, user_id: int) -> Response:
        found = caller.company.users.get(user_id)
        if found is None:
            raise gone_missing("User")
        return said(user_v1(found, caller.user_id))


def _add_leads(calls: Calls, sandbox: Sandbox) -> None:
    @calls.add("GET", "/api/v1/leads", 20, LEADS_READ, {**_LEAD_FILTERS, "updated_since": moment})
    def leads(caller: Caller) -> Response:
        return _lead_page(caller, is_archived=False)

    @calls.add("GET", "/api/v1/leads/archived", 40, LEADS_READ, _LEAD_FILTERS)
    def archived(caller: Caller) -> Response:
        return _lead_page(caller, is_archived=True)

    @calls.add("GET", "/api/v1/leads/<lead_id>", 2, LEADS_READ)
    def lead(caller: Caller, lead_id: str) -> Response:
        return said(lead_v1(caller.company, _lead(caller, lead_id)))

    @calls.add("POST", "/api/v1/leads", 10, ("leads:full",))
    def add(caller: Caller) -> Response:
        sent = json_body()
        values, custom = body_of_lead(caller.company, LEAD, sent, None)
        if not str(values.get("title") or "").strip():
            raise bad("title is required")
        if values.get("person_id") is None and values.get("organization_id") is None:
            raise bad("A lead must be linked to a person or an organization")
        app = sandbox.config.app
        born = {"origin": "Marketplace", "origin_id": app.client_id, "channel": 8, "channel_id": app.name}
        made = caller.company.create(LEAD, {**born, **values}, caller.origin, custom)
        return said(lead_v1(caller.company, made), http_status=201)

    @calls.add("PATCH", "/api/v1/leads/<lead_id>", 10, ("leads:full",))
    def change(caller: Caller, lead_id: str) -> Response:
        found = _lead(caller, lead_id)
        sent = json_body()
        values, custom = body_of_lead(caller.company, LEAD, sent, found)
        if found.is_archived and values.get("is_archived") is not False:
            raise bad("Archived leads cannot be updated")
        caller.company.update(found, values, caller.origin, custom)
        return said(lead_v1(caller.company, found))

    @calls.add("DELETE", "/api/v1/leads/<lead_id>", 6, ("leads:full",))
    def remove(caller: Caller, lead_id: str) -> Response:
        found = _lead(caller, lead_id)
        caller.company.delete(found, caller.origin)
        return said({"id": found.id})


def _add_lists(calls: Calls) -> None:
    @calls.add("GET", "/api/v1/leadSources", 2, LEADS_READ)
    def sources(caller: Caller) -> Response:
        return said([{"name": name} for name in LEAD_SOURCES])

    @calls.add("GET", "/api/v1/leadLabels", 10, LEADS_READ)
    def labels(caller: Caller) -> Response:
        return said([_label(label) for label in caller.company.lead_labels.values()])

    @calls.add("POST", "/api/v1/leadLabels", 10, ("leads:full",))
    def add_label(caller: Caller) -> Response:
        sent = json_body()
        reject_unknown(sent, {"name", "color"})
        name, color = sent.get("name"), sent.get("color")
        if not isinstance(name, str) or not name.strip() or color not in LABEL_COLORS:
            raise bad(f"name must be a non-empty string and color one of {', '.join(LABEL_COLORS)}")
        made = caller.company.add_lead_label(name, str(color))
        return said(_label(caller.company.lead_labels[made]), http_status=201)

    @calls.add("GET", "/api/v1/leadFields", 20, (*LEADS_READ, "admin"), PAGE_V1)
    def lead_fields(caller: Caller) -> Response:
        fixed: list[JsonObject] = [
            {"id": number, "key": key, "name": name, "field_type": kind, "edit_flag": False, "active_flag": True}
            for number, (key, name, kind) in enumerate(FIXED_FIELDS["lead"], start=1)
        ]
        custom: list[JsonObject] = [
            {
                "id": 12_000 + number,
                "key": found.code,
                "name": found.name,
                "field_type": found.type,
                "add_time": plain_utc(found.add_ms),
                "update_time": plain_utc(found.update_ms),
                "edit_flag": True,
                "active_flag": True,
                **(
                    {"options": [{"id": one.id, "label": one.label} for one in found.options]}
                    if found.options
                    else {}
                ),
            }
            for number, found in enumerate(caller.company.fields["deal"].custom.values(), start=1)
        ]
        shown, more = page_of([*fixed, *custom], caller.query)
        return said(shown, more)

    @calls.add("GET", "/api/v1/activityTypes", 20, ("activities:read", "activities:full", "admin"))
    def activity_types(caller: Caller) -> Response:
        return said(
            [
                {**entry, "add_time": _plain(entry["add_time"]), "update_time": _plain(entry["update_time"])}
                for entry in sorted(caller.company.activity_types, key=lambda one: int(str(one["order_nr"])))
            ]
        )


def _add_hooks(calls: Calls, sandbox: Sandbox) -> None:
    @calls.add("GET", "/api/v1/webhooks", 10, WEBHOOKS)
    def hooks(caller: Caller) -> Response:
        found = sandbox.dispatcher.listed(caller.company.id, caller.user_id)
        return said([hook.show() for hook in found], status="ok")

    @calls.add("POST", "/api/v1/webhooks", 10, WEBHOOKS)
    def subscribe(caller: Caller) -> Response:
        sent = json_body()
        _check_hook(caller.company, sent, sandbox.settings.webhook_allow_plain_http)
        hook = sandbox.dispatcher.subscribe(
            caller.company.id,
            caller.user_id,
            _whole(sent.get("user_id", caller.user_id)),
            action=str(sent["event_action"]),
            entity=str(sent["event_object"]),
            url=str(sent["subscription_url"]),
            name=str(sent["name"]),
            auth=(_optional(sent.get("http_auth_user")), _optional(sent.get("http_auth_password"))),
        )
        return said(hook.show(), http_status=201, status="ok")

    @calls.add("DELETE", "/api/v1/webhooks/<int:hook_id>", 6, WEBHOOKS)
    def unsubscribe(caller: Caller, hook_id: int) -> Response:
        sandbox.dispatcher.unsubscribe(caller.company.id, caller.user_id, hook_id)
        return said({"id": hook_id}, status="ok")


def _add_retired(blueprint: Blueprint, sandbox: Sandbox) -> None:
    def retired(**parts: object) -> Response:
        status = sandbox.settings.deprecated_v1_status
        raise refused(status, "This endpoint is out of support", "Use version 2 of the API instead")

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    for name in _RETIRED:
        for path in (f"/api/v1/{name}", f"/api/v1/{name}/<int:record_id>", f"/api/v1/{name}/search"):
            blueprint.add_url_rule(path, f"retired_{path}", retired, methods=methods)
    for path in ("itemSearch", "dealFields", "personFields", "organizationFields"):
        blueprint.add_url_rule(f"/api/v1/{path}", f"retired_{path}", retired, methods=methods)


def _lead(caller: Caller, lead_id: str) -> Record:
    found = caller.company.get(LEAD, lead_id)
    if not caller.company.sees(caller.user_id, found):
        raise gone_missing("Lead")
    return found


def _lead_page(caller: Caller, *, is_archived: bool) -> Response:
    query, company = caller.query, caller.company
    if "filter_id" in query:
        raise gone_missing("Filter")
    since = query.get("updated_since")
    wanted = {name: query[name] for name in ("owner_id", "person_id", "organization_id") if name in query}
    found = [
        lead
        for lead in company.live(LEAD)
        if lead.is_archived is is_archived
        and all(lead.values.get(name) == value for name, value in wanted.items())
        and (not isinstance(since, int) or (lead.moment("update_time") or 0) >= since)
        and company.sees(caller.user_id, lead)
    ]
    asked = query.get("sort", [("add_time", False)])
    for name, is_descending in reversed(asked if isinstance(asked, list) else []):
        found.sort(key=lambda lead: _sortable(lead, name), reverse=is_descending)
    shown, more = page_of([{"id": lead.id} for lead in found], query)
    return said([lead_v1(company, company.get(LEAD, entry["id"])) for entry in shown], more)


def _sortable(lead: Record, name: str) -> tuple[int, float, str]:
    value = lead.id if name == "id" else lead.values.get(name)
    if value is None:
        return (0, 0.0, "")
    return (1, float(value), "") if isinstance(value, int | float) else (1, 0.0, str(value))


def _label(label: Mapping[str, object]) -> JsonObject:
    return {
        name: millis_utc(value) if name in ("add_time", "update_time") and isinstance(value, int) else value
        for name, value in label.items()
    }


def _check_hook(company: Company, sent: JsonObject, allows_plain_http: bool) -> None:
    reject_unknown(
        sent,
        {
            "subscription_url", "event_action", "event_object", "user_id", "http_auth_user", "http_auth_password",
            "name", "version",
        },
    )  # fmt: skip
    url = urlsplit(str(sent.get("subscription_url") or ""))
    if url.scheme not in (("https", "http") if allows_plain_http else ("https",)) or not url.netloc:
        raise bad("subscription_url must be a full, valid, publicly accessible URL")
    if url.path.startswith("/api/v") and url.netloc == request.host:
        raise bad("subscription_url must not be an endpoint of the API")
    if sent.get("event_action") not in ACTIONS:
        raise bad(f"event_action must be one of {', '.join(ACTIONS)}")
    if sent.get("event_object") not in OBJECTS:
        raise bad(f"event_object must be one of {', '.join(OBJECTS)}")
    if sent.get("version", "2.0") != "2.0":
        raise bad("version must be 2.0")
    if not isinstance(sent.get("name"), str) or not str(sent["name"]).strip():
        raise bad("name is required")
    for name in ("http_auth_user", "http_auth_password"):
        if sent.get(name) is not None and not isinstance(sent[name], str):
            raise bad(f"{name} must be a string")
    if "user_id" in sent and not company.exists("user", sent["user_id"]):
        raise bad("user_id names no user of the company")


def _plain(value: object) -> str:
    return plain_utc(value) if isinstance(value, int) else str(value)


def _optional(value: object) -> str | None:
    return None if value is None else str(value)


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise bad("user_id must be an integer")
    return value
