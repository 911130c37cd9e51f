"""What people do in the CRM, done on demand: add a lead, log a call, change a value, delete, merge, uninstall."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from connector.sandbox.changes import Origin
from connector.sandbox.core import Sandbox
from connector.sandbox.grants import grantable
from connector.sandbox.kinds import CONTACTS, Kind, find_kind
from connector.sandbox.objects import show
from connector.sandbox.portal import Portal
from connector.sandbox.record import Record, Source
from connector.sandbox.seed import moment, read_source
from connector.sandbox.wire import (
    JsonObject,
    as_int,
    as_list,
    as_object,
    as_text,
    as_texts,
    invalid,
    now_ms,
    property_texts,
)


def act(sandbox: Sandbox, sent: JsonObject) -> JsonObject:
    """Carry out one action: {"action": name, "portal_id": n, ...}. Raises ApiError."""
    name = as_text(sent.get("action"), "action")
    action = _ACTIONS.get(name)
    if action is None:
        raise invalid(f"Unknown action {name!r}; known are {', '.join(sorted(_ACTIONS))}")
    return action(sandbox, sandbox.store.portal(as_int(sent.get("portal_id"), "portal_id")), sent)


def _origin(portal: Portal, sent: JsonObject, type_name: str = "CRM_UI") -> Origin:
    user = portal.config.users[0].user_id if portal.config.users else None
    source = read_source(sent.get("source"), Source(type_name, None, None, user))
    return Origin(source, "control", "POST", f"action:{sent.get('action')}")


def _at(sent: JsonObject) -> int | None:
    return moment(sent["at"], "at") if "at" in sent else None


def _kind(sent: JsonObject) -> Kind:
    return find_kind(as_text(sent.get("type", "contacts"), "type"))


def _record(portal: Portal, sent: JsonObject, is_archived: bool = False) -> Record:
    return portal.get(_kind(sent), as_text(sent.get("id"), "id"), is_archived)


def _create(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """create: type (contacts), properties, associations [{type, id}], source, at. create_contact is the same."""
    kind = _kind(sent)
    links: list[tuple[Kind, str, tuple[int, ...]]] = []
    for entry in as_list(sent.get("associations"), "associations"):
        link = as_object(entry, "associations")
        links.append((find_kind(as_text(link.get("type", "contacts"), "type")), as_text(link.get("id"), "id"), ()))
    values = property_texts(sent.get("properties", {}))
    record = portal.create(kind, values, _origin(portal, sent), links, _at(sent))
    return show(portal, record, list(record.values))


def _log(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """log: type (calls), contact_id, properties; hs_timestamp is now unless given. log_call is the same for calls."""
    kind = find_kind(as_text(sent.get("type", "calls"), "type"))
    contact = portal.get(CONTACTS, as_text(sent.get("contact_id"), "contact_id"))
    at_ms = _at(sent)
    values = {"hs_timestamp": str(now_ms() if at_ms is None else at_ms)}
    if kind.plural == "calls":
        values |= {"hs_call_direction": "OUTBOUND", "hs_call_status": "COMPLETED"}
    elif kind.plural == "emails":
        values |= {"hs_email_direction": "EMAIL", "hs_email_status": "SENT"}
    owner = contact.values.get("hubspot_owner_id")
    if owner:
        values["hubspot_owner_id"] = owner
    values |= property_texts(sent.get("properties", {}))
    record = portal.create(kind, values, _origin(portal, sent), [(CONTACTS, contact.id, ())], at_ms)
    return show(portal, record, list(record.values))


def _set(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """set: type, id, properties, source, at."""
    record = _record(portal, sent)
    changed = portal.update(record, property_texts(sent.get("properties", {})), _origin(portal, sent), _at(sent))
    return {"id": record.id, "changed": changed}


def _delete(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """delete: type, id."""
    record = _record(portal, sent)
    portal.archive(record, _origin(portal, sent))
    return {"id": record.id}


def _restore(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """restore: type, id."""
    record = _record(portal, sent, is_archived=True)
    portal.restore(record, _origin(portal, sent))
    return {"id": record.id}


def _merge(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """merge: type, primary_id, other_id."""
    kind = _kind(sent)
    primary = portal.get(kind, as_text(sent.get("primary_id"), "primary_id"))
    other = portal.get(kind, as_text(sent.get("other_id"), "other_id"))
    return {"id": portal.merge(primary, other, _origin(portal, sent)).id}


def _gdpr_delete(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """gdpr_delete: type, id."""
    record = _record(portal, sent)
    portal.erase(record, _origin(portal, sent))
    return {"id": record.id}


def _associate(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """associate: type, id, to_type, to_id."""
    to_kind = find_kind(as_text(sent.get("to_type"), "to_type"))
    record_id, to_id = as_text(sent.get("id"), "id"), as_text(sent.get("to_id"), "to_id")
    portal.associate(_kind(sent), record_id, to_kind, to_id, (), _origin(portal, sent))
    return {"id": record_id, "to_id": to_id}


def _add_option(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """add_option: type, property, value, label: a status or a call outcome of the account's own."""
    value = as_text(sent.get("value"), "value")
    with portal.lock:
        portal.fields[_kind(sent).plural].add_option(
            as_text(sent.get("property"), "property"), value, as_text(sent.get("label"), "label")
        )
    return {"value": value}


def _install(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """install: grant the app without the consent page. user_id and scopes may be named. Returns tokens."""
    app = sandbox.config.app
    everything = (*app.required_scopes, *app.conditional_scopes, *app.optional_scopes)
    asked = as_texts(sent["scopes"], "scopes") if "scopes" in sent else list(everything)
    scopes = grantable(asked, portal.grantable_scopes, portal.has_leads_object)
    admin = next((user.user_id for user in portal.config.users if user.is_super_admin), 1)
    user_id = as_int(sent.get("user_id", admin), "user_id")
    grant = sandbox.grants.open_grant(portal.id, user_id, scopes)
    access = sandbox.grants.add_access(grant)
    return {
        "access_token": access.value,
        "refresh_token": grant.refresh_tokens[-1],
        "expires_in": sandbox.settings.access_token_ttl_s,
        "hub_id": portal.id,
        "user_id": user_id,
        "scopes": list(scopes),
    }


def _revoke_grant(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """revoke_grant: the refresh tokens die; with kills_access the access tokens too."""
    return {"revoked": sandbox.grants.revoke_portal(portal.id, sent.get("kills_access") is True)}


def _uninstall(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """uninstall: all tokens of the portal die."""
    return {"revoked": sandbox.grants.revoke_portal(portal.id, True)}


def _expire_access(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """expire_access: the access tokens given out so far are expired from now on."""
    return {"expired": sandbox.grants.expire_access(portal.id)}


def _close_portal(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """close_portal: the account is gone; refreshes answer BAD_HUB. is_gone=false opens it again."""
    portal.is_gone = sent.get("is_gone", True) is True
    return {"is_gone": portal.is_gone}


def _limit_scopes(sandbox: Sandbox, portal: Portal, sent: JsonObject) -> JsonObject:
    """limit_scopes: what the users of the portal may grant from now on; scopes null = everything."""
    scopes = sent.get("scopes")
    portal.grantable_scopes = None if scopes is None else tuple(as_texts(scopes, "scopes"))
    if "has_leads_object" in sent:
        portal.has_leads_object = sent["has_leads_object"] is True
    return {"scopes": scopes, "has_leads_object": portal.has_leads_object}


_ACTIONS: Final[dict[str, Callable[[Sandbox, Portal, JsonObject], JsonObject]]] = {
    "create": _create,
    "create_contact": _create,
    "log": _log,
    "log_call": _log,
    "set": _set,
    "delete": _delete,
    "restore": _restore,
    "merge": _merge,
    "gdpr_delete": _gdpr_delete,
    "associate": _associate,
    "add_option": _add_option,
    "install": _install,
    "revoke_grant": _revoke_grant,
    "uninstall": _uninstall,
    "expire_access": _expire_access,
    "close_portal": _close_portal,
    "limit_scopes": _limit_scopes,
}
