"""/repairs: what was probably meant in leads with an error. What is accepted goes to the CRM as a suggestion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from connector.crm.port import OurField
from connector.storage import people, repairs, worklist
from connector.storage.repairs import RepairFilter, RepairRow, RepairState
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.contest_words import user_names
from connector.web.links import lead_href, leads_href
from connector.web.repair_words import FIELDS, RepairShown, field_label, key_of, may_repair, shown, state_label
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.leads import Option

pages = Blueprint("repairs", __name__)

PAGE = 50
_MAX_PAGE = 100_000
#: Stands for every state, and for leads that nobody holds.
ANY, NOBODY = "all", "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairsForm:
    """What the address asks for, as text. `state` is never empty; `is_all_marked`: every box is ticked."""

    state: str = RepairState.OPEN.value
    field: str = ""
    owner: str = ""
    page: int = 1
    is_all_marked: bool = False

    def href(self, **more: object) -> str:
        """The address of the list with `more` in place of what it asks for."""
        given: dict[str, object] = {
            "state": "" if self.state == RepairState.OPEN else self.state,
            "field": self.field,
            "owner": self.owner,
            "page": "" if self.page == 1 else self.page,
        }
        return leads_href("/repairs", **(given | more))

    @property
    def is_filtered(self) -> bool:
        """Whether it asks for less than all that waits."""
        return bool(self.field or self.owner or self.state != RepairState.OPEN)


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many repairs stand in a state, with the address that lists them."""

    label: str
    count: int
    href: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairLine:
    """One row of the table."""

    href: str
    name: str
    under: str
    owner: str
    received_at: datetime
    repair: RepairShown


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairsPage:
    """What the list prints. `here`: its own address, to come back to."""

    form: RepairsForm
    states: list[StateCount]
    fields: list[Option]
    owners: list[Option]
    rows: list[RepairLine]
    counted: str
    range_says: str
    previous_href: str | None
    next_href: str | None
    mark_href: str
    has_open: bool


@pages.get("/repairs")
@needs(Access.SIGNED_IN)
def listed() -> str:
    """The repairs of the leads that the viewer may know."""
    me, form = viewer(), _form(request.args)
    with site().database.read() as connection:
        page = _page(connection, me, form)
    return render_template("repairs.html", page=page)


@pages.post("/repairs")
@needs(Access.SIGNED_IN)
def decide_many() -> Response:
    """Accept the first suggestion for each of those that are ticked, or decline them."""
    me, now, deed = viewer(), site().now(), request.form.get("do", "")
    if deed not in ("accept", "decline"):
        abort(400, t("The page was not sent as it was made. Load it again."))
    wanted = list(dict.fromkeys(request.form.getlist("each")))[:PAGE]
    done: list[str] = []
    with site().database.write() as connection:
        for key in wanted:
            _, _, rest = key.partition(":")
            field, _, lead_id = rest.partition(":")
            row = _find(connection, me, lead_id, field)
            if row is None or key_of(row.kept) != key or not row.kept.is_open:
                continue
            if repairs.decide_repair(
                connection,
                me.install_id,
                lead_id,
                field,
                row.kept.given,
                proposed=row.kept.proposals[0].proposed if deed == "accept" else None,
                user_id=me.user.user_id,
                at=now,
                shown_in=OurField.SUGGESTED_REPAIR.value,
            ):
                done.append(lead_id)
        worklist.mark_due(connection, me.install_id, done, now)
    if not wanted:
        return _back("", "repairs-none")
    note = "repairs-some" if len(done) < len(wanted) else "repaired" if deed == "accept" else "repair-declined"
    return _back("", note)


@pages.post("/leads/<lead_id>/repairs")
@needs(Access.SIGNED_IN)
def decide(lead_id: str) -> Response:
    """Accept or decline what is proposed for one field of a lead, or take that back."""
    me, now = viewer(), site().now()
    deed, field, given = (request.form.get(name, "") for name in ("do", "field", "given"))
    with site().database.write() as connection:
        if _find(connection, me, lead_id, field) is None:
            abort(404)
        if deed not in ("accept", "decline", "undo"):
            abort(400, t("The page was not sent as it was made. Load it again."))
        if deed == "undo":
            is_done = repairs.reopen_repair(connection, me.install_id, lead_id, field, given)
        else:
            is_done = repairs.decide_repair(
                connection,
                me.install_id,
                lead_id,
                field,
                given,
                proposed=request.form.get("proposed", "") if deed == "accept" else None,
                user_id=me.user.user_id,
                at=now,
                shown_in=OurField.SUGGESTED_REPAIR.value,
            )
        if is_done:
            worklist.mark_due(connection, me.install_id, [lead_id], now)
    said = {"accept": "repaired", "decline": "repair-declined", "undo": "repair-undone"}[deed]
    return _back(lead_id, said if is_done else "repair-not")


def _find(conn: Connection, me: Viewer, lead_id: str, field: str) -> RepairRow | None:
    """The repair, where the viewer may decide on it."""
    rows, _ = repairs.list_repairs(conn, me.install_id, RepairFilter(lead_id=lead_id, field=field, limit=1))
    return rows[0] if rows and may_repair(me, rows[0].owner_id) else None


def _back(lead_id: str, note: str) -> Response:
    """To where the form stood: the lead, or the list as it was asked for."""
    if lead_id and request.form.get("back") == "lead":
        return redirect(f"{lead_href(lead_id)}?note={note}#truth", 303)
    return redirect(replace(_form(request.form), is_all_marked=False).href(note=note), 303)


def _form(values: Mapping[str, str]) -> RepairsForm:
    """What is asked for; what makes no sense is left out. The fields of the list are named list-… where they are
    sent back with a decision, whose own are field and state."""
    asked = {name: values.get(f"list-{name}", values.get(name, "")) for name in ("state", "owner", "page", "marked")}
    field = values.get("list-field", "" if "do" in values else values.get("field", ""))
    known = {*(each.value for each in RepairState), ANY}
    number = asked["page"]
    return RepairsForm(
        state=asked["state"] if asked["state"] in known else RepairState.OPEN.value,
        field=field if field in FIELDS else "",
        owner=asked["owner"][:200],
        page=min(max(int(number), 1), _MAX_PAGE)
        if number.isascii() and number.isdecimal() and len(number) < 7
        else 1,
        is_all_marked=asked["marked"] == "all",
    )


def _page(conn: Connection, me: Viewer, form: RepairsForm) -> RepairsPage:
    says = current()
    owner_id = me.only_owner_id
    if owner_id is None and form.owner:
        owner_id = "" if form.owner == NOBODY else form.owner
    asked = RepairFilter(
        state=None if form.state == ANY else RepairState(form.state),
        field=form.field or None,
        owner_id=owner_id,
        limit=PAGE,
        offset=(form.page - 1) * PAGE,
    )
    rows, total = repairs.list_repairs(conn, me.install_id, asked)
    counts = repairs.count_repairs(conn, me.install_id, owner_id)
    names = user_names(conn, me.install_id)
    first = asked.offset + 1
    owners = []
    if me.is_manager:
        owners = [Option(each.owner_id, each.name) for each in people.list_owners(conn, me.install_id)]
        owners.append(Option(NOBODY, t("nobody")))
    return RepairsPage(
        form=form,
        states=[
            *(
                StateCount(state_label(state), count, form.href(state=state.value, page=""), form.state == state)
                for state, count in counts.items()
            ),
            StateCount(t("All"), sum(counts.values()), form.href(state=ANY, page=""), form.state == ANY),
        ],
        fields=[Option(field, field_label(field)) for field in FIELDS],
        owners=owners,
        rows=[_line(row, names) for row in rows],
        counted=says.plural("{n} repair", "{n} repairs", total),
        range_says=t(
            "{first} to {last} of {n}",
            first=says.number(first),
            last=says.number(asked.offset + len(rows)),
            n=says.number(total),
        ),
        previous_href=form.href(page=form.page - 1) if form.page > 1 else None,
        next_href=form.href(page=form.page + 1) if form.page * PAGE < total else None,
        mark_href=form.href(marked="all"),
        has_open=any(row.kept.is_open for row in rows),
    )


def _line(row: RepairRow, names: Mapping[str, str]) -> RepairLine:
    lead_id = row.kept.lead_id
    return RepairLine(
        href=lead_href(lead_id),
        name=row.name or row.company or t("Lead {id}", id=lead_id),
        under=(row.company or "") if row.name else "",
        owner=row.owner_name or (t("owner {id}", id=row.owner_id) if row.owner_id else t("nobody")),
        received_at=row.received_at,
        repair=shown(row.kept, names),
    )
