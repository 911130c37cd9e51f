"""Our Webhook documents on a site: made over REST, signed, telling nothing but names and the time of a change."""

from __future__ import annotations

from dataclasses import dataclass

from connector.adapters.frappe.client import FrappeClient
from connector.adapters.frappe.mapping import DEAL, LEAD
from connector.crm.port import Hook, HookReport
from connector.errors import CrmRejected, RecordGone
from connector.payloads import JsonObject, find_text

WEBHOOK = "Webhook"
PREFIX = "Lead Assay: "
"""Begins the name of every webhook of ours, on the site and for us."""
TIMEOUT_S = 10
"""Frappe sends again at once after a time-out; its own 5 s are few for a slow line."""

_WATCHED = (
    "status", "lead_owner", "converted", "first_name", "last_name", "email", "mobile_no", "phone", "organization",
    "source",
)  # fmt: skip
_READ = (
    "name", "request_url", "enabled", "condition", "enable_security", "request_structure", "webhook_json", "timeout",
    "webhook_doctype", "webhook_docevent",
)  # fmt: skip


def _changed(*names: str) -> str:
    return " or ".join(f'doc.has_value_changed("{name}")' for name in names)


_ON_LEAD = f'doc.reference_doctype == "{LEAD}" or doc.reference_doctype == "{DEAL}"'


@dataclass(frozen=True, slots=True)
class _Wanted:
    """`more`: values beside name and time, as (key, Jinja expression)."""

    doctype: str
    event: str
    condition: str = ""
    more: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.doctype} {self.event}"

    @property
    def body(self) -> str:
        """The template. Every value goes through tojson: what plain JSON cannot hold would never be sent."""
        values = (("name", "doc.name"), ("modified", '(doc.modified ~ "")'), *self.more)
        told = "".join(f', "{key}": {{{{ {expression} | tojson }}}}' for key, expression in values)
        return f'{{"event": "{self.event}", "doctype": "{self.doctype}"{told}}}'

    def values(self, hook: Hook) -> JsonObject:
        return {
            "enabled": 1,
            "request_url": hook.url,
            "request_method": "POST",
            "request_structure": "JSON",
            "condition": self.condition,
            "webhook_json": self.body,
            "webhook_headers": [{"key": "Content-Type", "value": "application/json"}],
            "enable_security": 1,
            "webhook_secret": hook.secret,
            "timeout": TIMEOUT_S,
        }

    def is_as_wanted(self, there: JsonObject, url: str) -> bool:
        wanted = {
            "request_url": url, "condition": self.condition, "webhook_json": self.body, "request_structure": "JSON",
            "enabled": "1", "enable_security": "1", "timeout": str(TIMEOUT_S),
        }  # fmt: skip
        return all((find_text(there, key) or "") == value for key, value in wanted.items())


_DEAL_LEAD = (("lead", '(doc.lead or "")'),)
_MEDIUM = (("medium", '(doc.communication_medium or "")'),)
WANTED = (
    _Wanted(LEAD, "after_insert"),
    # Our own write-back changes none of these: it is not told to us.
    _Wanted(LEAD, "on_update", _changed(*_WATCHED)),
    _Wanted(LEAD, "on_trash"),
    _Wanted(DEAL, "after_insert", "doc.lead", _DEAL_LEAD),
    _Wanted(DEAL, "on_update", f"doc.lead and ({_changed('status', 'deal_owner', 'lead')})", _DEAL_LEAD),
    *(
        _Wanted(doctype, event, _ON_LEAD, _MEDIUM if doctype == "Communication" else ())
        for doctype in ("CRM Call Log", "Communication", "CRM Task", "FCRM Note")
        for event in ("after_insert", "on_update")
    ),
    *(_Wanted("Event", event, "doc.event_participants") for event in ("after_insert", "on_update")),
)


def ensure(client: FrappeClient, hook: Hook) -> HookReport:
    """Make the webhooks that are missing, mend those that were changed or switched off, remove other ones of ours.

    Raises PermissionMissing. A webhook that the site refuses otherwise is reported, the others are made.
    """
    there = _ours(client)
    made: list[str] = []
    removed: list[str] = []
    failing: list[str] = []
    for wanted in WANTED:
        found = there.pop(wanted.name, None)
        if found is not None and wanted.is_as_wanted(found, hook.url):
            continue
        if found is not None and find_text(found, "request_url") != hook.url:
            removed.append(wanted.name)
        try:
            _put(client, wanted, hook, found)
        except CrmRejected as refused:
            failing.append(f"The webhook {wanted.name!r} could not be set up on the Frappe site: {refused}")
        else:
            made.append(wanted.name)
    for name in there:
        _remove(client, name)
        removed.append(name)
    return HookReport(made=tuple(made), removed=tuple(removed), failing=tuple(failing))


def remove_all(client: FrappeClient) -> None:
    """Take our webhooks off the site."""
    for name in _ours(client):
        _remove(client, name)


def _ours(client: FrappeClient) -> dict[str, JsonObject]:
    rows = client.iter_rows(WEBHOOK, _READ, [("name", "like", f"{PREFIX}%")])
    return {name: row for row in rows if (name := find_text(row, "name")) is not None}


def _put(client: FrappeClient, wanted: _Wanted, hook: Hook, found: JsonObject | None) -> None:
    fixed: JsonObject = {"webhook_doctype": wanted.doctype, "webhook_docevent": wanted.event}
    if found is not None and any(find_text(found, key) != value for key, value in fixed.items()):
        # Frappe lets these two be set only once.
        client.delete(WEBHOOK, wanted.name)
        found = None
    if found is None:
        # Whoever makes a Webhook names it; __newname is how the site's own form says it.
        named: JsonObject = {"name": wanted.name, "__newname": wanted.name}
        client.create(WEBHOOK, {**named, **fixed, **wanted.values(hook)})
    else:
        client.update(WEBHOOK, wanted.name, wanted.values(hook))


def _remove(client: FrappeClient, name: str) -> None:
    try:
        client.delete(WEBHOOK, name)
    except RecordGone:
        return
    except CrmRejected:
        # Something on the site points at it: then it must at least be silent.
        client.update(WEBHOOK, name, {"enabled": 0})
