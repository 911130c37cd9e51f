"""The small pages on which a person looks around: leads, one lead, log a call."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from connector.sandbox.changes import Origin
from connector.sandbox.core import Sandbox
from connector.sandbox.kinds import CONTACTS, ENGAGEMENTS, KINDS, find_kind
from connector.sandbox.portal import Portal
from connector.sandbox.record import Record, Source
from connector.sandbox.wire import invalid, now_ms

PAGE_SIZE = 50


def create_page(sandbox: Sandbox) -> Blueprint:
    """The pages."""
    blueprint = Blueprint("page", __name__, static_folder="static", static_url_path="/_page/static")

    def origin(portal: Portal) -> Origin:
        wanted = request.form.get("acting_as", "")
        users = {str(user.user_id): user.user_id for user in portal.config.users}
        owners = {str(owner.user_id): owner.user_id for owner in portal.owners.values()}
        user_id = (users | owners).get(wanted)
        if user_id is None and portal.config.users:
            user_id = portal.config.users[0].user_id
        source = Source("CRM_UI", None if user_id is None else f"userId:{user_id}", None, user_id)
        return Origin(source, "page", "POST", request.path)

    def filled(prefix: str) -> dict[str, str]:
        return {
            name.removeprefix(prefix): value.strip()
            for name, value in request.form.items()
            if name.startswith(prefix) and value.strip()
        }

    def back(portal: Portal, record: Record) -> AnyResponse:
        return redirect(f"/contacts/{portal.id}/record/{record.kind.type_id}/{record.id}", 303)

    def contact_of(portal_id: int, record_id: str) -> tuple[Portal, Record]:
        portal = sandbox.store.portal(portal_id)
        return portal, portal.get(CONTACTS, record_id)

    @blueprint.get("/")
    def home() -> str:
        portals = [
            (portal, portal.count(CONTACTS), sandbox.grants.live_grant(portal.id) is not None)
            for portal in sandbox.store.portals.values()
        ]
        return render_template("sandbox_home.html", portals=portals)

    @blueprint.get("/contacts/<int:portal_id>")
    def contacts(portal_id: int) -> str:
        portal = sandbox.store.portal(portal_id)
        words = request.args.get("q", "").lower().split()
        with portal.lock:
            live = list(portal.live(CONTACTS))
        found = [
            record
            for record in reversed(live)
            if all(word in " ".join(record.values.values()).lower() for word in words)
        ]
        return render_template(
            "sandbox_contacts.html",
            portal=portal,
            records=found[:PAGE_SIZE],
            total=len(found),
            q=request.args.get("q", ""),
        )

    @blueprint.post("/contacts/<int:portal_id>")
    def add_contact(portal_id: int) -> AnyResponse:
        portal = sandbox.store.portal(portal_id)
        return back(portal, portal.create(CONTACTS, filled("p_"), origin(portal)))

    @blueprint.get("/contacts/<int:portal_id>/record/<object_type>/<record_id>")
    def record_page(portal_id: int, object_type: str, record_id: str) -> Response:
        portal = sandbox.store.portal(portal_id)
        record = portal.get(find_kind(object_type), record_id)
        definitions = portal.known_names(record.kind)
        with portal.lock:
            custom = [one for one in definitions.values() if not one.hubspot_defined and not one.archived]
            linked = [
                (other, portal.get(other, other_id))
                for other in KINDS
                for other_id, _ in portal.associated(record.kind, record.id, other)
            ]
        linked.sort(key=lambda pair: pair[1].values.get("hs_timestamp", pair[1].values.get(pair[0].created, "")))
        page = render_template(
            "sandbox_record.html",
            portal=portal,
            record=record,
            custom=custom,
            values=sorted(record.values.items()),
            history={name: list(reversed(versions)) for name, versions in record.history.items()},
            linked=linked,
            owners=[owner for owner in portal.owners.values() if not owner.archived],
        )
        return Response(page, content_type="text/html; charset=utf-8")

    @blueprint.post("/contacts/<int:portal_id>/record/0-1/<record_id>/log")
    def log_activity(portal_id: int, record_id: str) -> AnyResponse:
        portal, contact = contact_of(portal_id, record_id)
        kind = find_kind(request.form.get("type", "calls"))
        if kind.plural not in ENGAGEMENTS:
            raise invalid(f"{kind.plural} cannot be logged on a contact")
        values = {"hs_timestamp": str(now_ms()), **filled(f"{kind.singular}_")}
        if contact.values.get("hubspot_owner_id"):
            values.setdefault("hubspot_owner_id", contact.values["hubspot_owner_id"])
        portal.create(kind, values, origin(portal), [(CONTACTS, contact.id, ())])
        return back(portal, contact)

    @blueprint.post("/contacts/<int:portal_id>/record/0-1/<record_id>/set")
    def set_property(portal_id: int, record_id: str) -> AnyResponse:
        portal, contact = contact_of(portal_id, record_id)
        name = request.form.get("name", "").strip()
        portal.update(contact, {name: request.form.get("value", "").strip()}, origin(portal))
        return back(portal, contact)

    @blueprint.post("/contacts/<int:portal_id>/record/0-1/<record_id>/delete")
    def delete_contact(portal_id: int, record_id: str) -> AnyResponse:
        portal, contact = contact_of(portal_id, record_id)
        portal.archive(contact, origin(portal))
        return redirect(f"/contacts/{portal.id}", 303)

    return blueprint
