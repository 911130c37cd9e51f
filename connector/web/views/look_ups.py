"""/settings/look-ups: what somebody outside is asked about leads, what that costs, and the switch. For admins."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from audits.model.said import phrase
from connector.jobs.look_up import month_of
from connector.storage import installs, lookups
from connector.storage.lookups import RECENT, LookupChoice, LookupKind
from connector.web.access import Access, needs, viewer
from connector.web.site import site
from connector.web.texts import current, t

pages = Blueprint("look_ups", __name__)

_NAME = {LookupKind.MX: phrase("Whether the domain of an address takes mail")}
_SAYS = {
    LookupKind.MX: phrase(
        "The name server that this machine uses is asked for the mail servers of the domain behind the @. No mail "
        "server is connected to, and nobody learns the address itself."
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRow:
    """One look-up on the page."""

    kind: LookupKind
    name: str
    says: str
    is_on: bool
    price: str
    month: str
    waiting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpsPage:
    """What the page prints."""

    rows: list[LookupRow]
    recent_says: str


@pages.get("/settings/look-ups")
@needs(Access.ADMIN)
def listed() -> str:
    """All look-ups, with what they cost and what came of them this month."""
    says = current()
    page = LookUpsPage(
        rows=[_row(kind) for kind in LookupKind],
        recent_says=says.plural(
            "Only leads of the last {n} day are asked about.",
            "Only leads of the last {n} days are asked about.",
            RECENT.days,
        ),
    )
    return render_template("look_ups.html", page=page)


@pages.post("/settings/look-ups/<kind>")
@needs(Access.ADMIN)
def choose(kind: str) -> Response:
    """Switch a look-up on or off."""
    me, now = viewer(), site().now()
    try:
        chosen = LookupKind(kind)
    except ValueError:
        abort(404)
    wish = request.form.get("do", "")
    if wish not in {"on", "off"}:
        abort(400, t("The page was not sent as it was made. Load it again."))
    choice = LookupChoice(kind=chosen, is_on=wish == "on")
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        if lookups.lookup_choice(connection, me.install_id, chosen).is_on != choice.is_on:
            lookups.choose_lookup(connection, me.install_id, choice, user_id=me.user.user_id, at=now)
    return redirect(f"/settings/look-ups?note=look-up-{wish}", 303)


def _row(kind: LookupKind) -> LookupRow:
    me, now, says = viewer(), site().now(), current()
    with site().database.read() as connection:
        choice = lookups.lookup_choice(connection, me.install_id, kind)
        asked = lookups.count_asked(connection, me.install_id, kind, month_of(now))
        waiting = lookups.count_wants(connection, me.install_id, kind)
    return LookupRow(
        kind=kind,
        name=t(_NAME[kind]),
        says=t(_SAYS[kind]),
        is_on=choice.is_on,
        price=t("nothing"),
        month=says.plural("{n} question this month", "{n} questions this month", asked),
        waiting=says.plural("{n} lead waits for an answer", "{n} leads wait for an answer", waiting),
    )
