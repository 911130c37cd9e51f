"""Owners: active and former, with their teams."""

from __future__ import annotations

from flask import Blueprint, Response, request

from connector.sandbox.changes import Owner
from connector.sandbox.core import Sandbox, answer, authorised
from connector.sandbox.wire import JsonObject, as_int, invalid, iso, not_found

PAGE_LIMIT = 500


def create_owners(sandbox: Sandbox) -> Blueprint:
    """The owner endpoints under their dated paths."""
    blueprint = Blueprint("owners", __name__)

    @blueprint.get("/crm/owners/2026-03")
    def list_owners() -> Response:
        portal = authorised(sandbox, "crm.objects.owners.read").portal
        limit = as_int(request.args.get("limit", "100"), "limit")
        if not 1 <= limit <= PAGE_LIMIT:
            raise invalid(f"limit must be between 1 and {PAGE_LIMIT}, got {limit}")
        after = as_int(request.args.get("after", "0"), "after")
        email = request.args.get("email")
        with portal.lock:
            found = sorted(
                (
                    owner
                    for owner in portal.owners.values()
                    if owner.archived == _is_archived()
                    and int(owner.id) >= after
                    and (email is None or owner.email.lower() == email.lower())
                ),
                key=lambda owner: int(owner.id),
            )
        content: JsonObject = {"results": [owner_json(owner) for owner in found[:limit]]}
        if len(found) > limit:
            next_id = found[limit].id
            content["paging"] = {"next": {"after": next_id, "link": f"{request.base_url}?after={next_id}"}}
        return answer(content)

    @blueprint.get("/crm/owners/2026-03/<owner_id>")
    def get_owner(owner_id: str) -> Response:
        portal = authorised(sandbox, "crm.objects.owners.read").portal
        is_user_id = request.args.get("idProperty") == "userId"
        with portal.lock:
            for owner in portal.owners.values():
                key = str(owner.user_id) if is_user_id else owner.id
                if key == owner_id and owner.archived == _is_archived():
                    return answer(owner_json(owner))
        raise not_found(f"Owner {owner_id} does not exist.", id=[owner_id])

    return blueprint


def owner_json(owner: Owner) -> JsonObject:
    """An owner on the wire; a former owner keeps only `userIdIncludingInactive`."""
    shown: JsonObject = {
        "id": owner.id,
        "email": owner.email,
        "type": "PERSON",
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "userIdIncludingInactive": owner.user_id,
        "createdAt": iso(owner.created_ms),
        "updatedAt": iso(owner.created_ms),
        "archived": owner.archived,
    }
    if not owner.archived:
        shown["userId"] = owner.user_id
    if owner.teams:
        shown["teams"] = [{"id": team, "name": name, "primary": primary} for team, name, primary in owner.teams]
    return shown


def _is_archived() -> bool:
    return request.args.get("archived", "false").lower() == "true"
