"""/settings/hours: the working hours of single people, where they differ from the team's. For admins."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, abort, redirect, render_template, request
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from audits.model.activity import Owner
from audits.model.policy import Policy
from audits.model.working_calendar import Calendar
from connector.storage import findings, installs, people, policies
from connector.web.access import Access, needs, viewer
from connector.web.own_hours import OwnHoursForm, own_calendar, own_hours_of, own_hours_typed, with_own_hours
from connector.web.policy_changes import week_text
from connector.web.site import site
from connector.web.texts import t

pages = Blueprint("own_hours", __name__)


@dataclass(frozen=True, slots=True)
class HoursRow:
    """One person on the list."""

    owner_id: str
    name: str
    team: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHoursPage:
    """What the page of one person prints."""

    owner: Owner
    form: OwnHoursForm
    has_own: bool


@pages.get("/settings/hours")
@needs(Access.ADMIN)
def everybody() -> str:
    """Who keeps own hours."""
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        policy = policies.policy_as_of(connection, me.install_id, now)
        listed = _owners(connection, me.install_id)
    rows = [HoursRow(each.owner_id, each.name, each.team or "", _said(policy, each.owner_id)) for each in listed]
    return render_template("own_hours_list.html", rows=rows)


@pages.get("/settings/hours/<path:owner_id>")
@needs(Access.ADMIN)
def one(owner_id: str) -> str:
    """The hours of one person."""
    return _page(owner_id)


@pages.post("/settings/hours/<path:owner_id>")
@needs(Access.ADMIN)
def save(owner_id: str) -> str | Response | tuple[str, int]:
    """Keep a new version of the policy with these hours, for one person or for everybody of his team in the CRM."""
    me, now = viewer(), site().now()
    deed = request.form.get("do", "")
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        owner = people.find_owner(connection, me.install_id, owner_id)
        if owner is None:
            abort(404)
        if deed not in {"save", "same"}:
            abort(400, t("The page was not sent as it was made. Load it again."))
        present = policies.policy_as_of(connection, me.install_id, now)
        chosen: Calendar | OwnHoursForm | None = None
        if deed == "save":
            form = own_hours_typed(request.form, own_hours_of(present, owner_id))
            chosen = own_calendar(form, present.calendar, owner_id)
        if not isinstance(chosen, OwnHoursForm):
            whole_team = owner.team is not None and request.form.get("for_team") == "yes"
            meant = [
                each.owner_id
                for each in _owners(connection, me.install_id)
                if each.owner_id == owner_id or (whole_team and each.team == owner.team)
            ] or [owner_id]
            made = with_own_hours(present, chosen, meant)
            if made != present:
                made = replace(made, version=policies.next_version(connection, me.install_id))
                policies.put_policy(connection, me.install_id, made, now)
                findings.mark_all_due(connection, me.install_id, now)
    if isinstance(chosen, OwnHoursForm):
        return _page(owner_id, form=chosen), 422
    return redirect("/settings/hours?note=saved", 303)


def _page(owner_id: str, *, form: OwnHoursForm | None = None) -> str:
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        owner = people.find_owner(connection, me.install_id, owner_id)
        if owner is None:
            abort(404)
        policy = policies.policy_as_of(connection, me.install_id, now)
    page = OwnHoursPage(
        owner=owner, form=form or own_hours_of(policy, owner_id), has_own=owner_id in policy.owner_calendars
    )
    return render_template("own_hours.html", page=page)


def _owners(connection: Connection, install_id: str) -> list[Owner]:
    return [owner for owner in people.list_owners(connection, install_id) if not owner.is_archived]


def _said(policy: Policy, owner_id: str) -> str:
    """`Mon 9:00-12:30; Tue 9:00-17:00`, or nothing for the team's hours."""
    own = policy.owner_calendars.get(owner_id)
    return "" if own is None else week_text(own)
