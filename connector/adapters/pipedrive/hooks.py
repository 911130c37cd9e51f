"""Our webhook subscriptions in one Pipedrive account: one per kind of record, each for all its events."""

from __future__ import annotations

from connector.adapters.pipedrive.client import PipedriveClient
from connector.adapters.pipedrive.events import WATCHED
from connector.crm.port import Hook, HookReport
from connector.errors import CrmRejected, PermissionMissing
from connector.payloads import JsonObject, find_text, get_text

NAME = "Lead Assay"
VERSION = "2.0"
ALL = "*"
USER_DIGITS = 16
"""How many digits of the hook's secret are the user of HTTP Basic; the rest is the password."""


def ensure(client: PipedriveClient, hook: Hook, user_id: str) -> HookReport:
    """Make what is missing, with the eyes of `user_id`; make anew what Pipedrive has ended; remove what is ours and
    points elsewhere or stands twice. A refusal becomes a sentence: the polls go on without webhooks."""
    try:
        listed = client.list_hooks()
    except (CrmRejected, PermissionMissing) as refused:
        return HookReport(
            failing=(f"Pipedrive does not show our webhooks; changes are found by polls alone: {refused}",)
        )
    made: list[str] = []
    removed: list[str] = []
    failing: list[str] = []
    there: set[str] = set()
    for one in listed:
        if not _is_ours(one, hook):
            continue
        entity = find_text(one, "event_object") or ""
        if entity in there or not _fits(one, hook):
            client.delete_hook(get_text(one, "id", "A webhook"))
            if one.get("is_active") in (0, False):
                reason = find_text(one, "remove_reason") or "no reason was given"
                failing.append(f"Pipedrive ended our webhook for {entity}s ({reason}); it was made anew.")
            else:
                removed.append(entity)
            continue
        there.add(entity)
        status = one.get("last_http_status")
        if isinstance(status, int) and not isinstance(status, bool) and not 200 <= status < 300:
            failing.append(
                f"Pipedrive's last delivery for {entity}s was answered with {status}: see that this app can be "
                "reached from the internet under its public address."
            )
    for entity in WATCHED:
        if entity in there:
            continue
        try:
            client.create_hook(_wanted(entity, hook, user_id))
        except (CrmRejected, PermissionMissing) as refused:
            failing.append(f"Pipedrive takes no webhook for {entity}s; changes are found by polls alone: {refused}")
        else:
            made.append(entity)
    return HookReport(made=tuple(made), removed=tuple(removed), failing=tuple(failing))


def _is_ours(one: JsonObject, hook: Hook) -> bool:
    return find_text(one, "name") == NAME or find_text(one, "subscription_url") == hook.url


def _fits(one: JsonObject, hook: Hook) -> bool:
    return (
        find_text(one, "subscription_url") == hook.url
        and find_text(one, "event_action") == ALL
        and find_text(one, "event_object") in WATCHED
        and find_text(one, "version") == VERSION
        # Where it is not told, the address alone says that the hook is ours: it holds the same secret's name.
        and find_text(one, "http_auth_user") in (None, hook.secret[:USER_DIGITS])
        and one.get("is_active") not in (0, False)
    )


def _wanted(entity: str, hook: Hook, user_id: str) -> JsonObject:
    wanted: JsonObject = {
        "subscription_url": hook.url,
        "event_action": ALL,
        "event_object": entity,
        "http_auth_user": hook.secret[:USER_DIGITS],
        "http_auth_password": hook.secret[USER_DIGITS:],
        "name": NAME,
        "version": VERSION,
    }
    if user_id.isdecimal():
        wanted["user_id"] = int(user_id)
    return wanted
