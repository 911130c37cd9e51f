"""/sync: whether what we show is all there is: deliveries, losses, back-fill, parked rows, permissions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template
from markupsafe import Markup
from werkzeug.wrappers import Response

from connector.storage import cursors, health, outbox, page_queries, worklist
from connector.storage.health import Health, Unmapped
from connector.storage.worklist import Wake
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.headers import allow_forms_to
from connector.web.labels import crm_name
from connector.web.links import lead_href
from connector.web.site import site
from connector.web.texts import Texts, current, t
from connector.web.views.landing import authorize_urls

pages = Blueprint("sync", __name__)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with what stands under it."""

    label: str
    value: str | Markup
    note: str = ""


@dataclass(frozen=True, slots=True)
class Permission:
    """A scope that was not granted, and what suffers from it."""

    scope: str
    says: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """A record that the CRM would not let us write."""

    href: str
    name: str
    says: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something an admin was told."""

    says: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPage:
    """What the sync page prints."""

    connected_says: str
    crm_label: str
    standstill: str
    permissions: list[Permission]
    reading: list[Figure]
    events: list[Figure]
    loss_says: str
    writing: list[Figure]
    complaints: list[Complaint]
    unmapped: tuple[Unmapped, ...]
    notices: list[Event]


@pages.get("/sync")
@needs(Access.MANAGER)
def sync() -> str:
    """The state of the link to the CRM."""
    me, now, says = viewer(), site().now(), current()
    allow_forms_to(authorize_urls())
    with site().database.read() as connection:
        life = health.read_health(connection, me.install_id)
        backfill = cursors.get_cursor(connection, me.install_id, "backfill")
        parked = outbox.list_parked(connection, me.install_id, limit=20)
        notices = page_queries.list_notices(connection, me.install_id, limit=20)
        wake = worklist.get_wake(connection, me.install_id)
    page = SyncPage(
        connected_says=t(
            "{crm} account {name}, connected {moment}.",
            crm=crm_name(me.install.crm),
            name=me.install.account_name,
            moment=says.moment(me.install.connected_at, now=now),
        ),
        crm_label=crm_name(me.install.crm),
        standstill=_standstill(wake, says, now),
        permissions=permissions(me),
        reading=_reading(life, backfill, says),
        events=_events(life, says, now),
        loss_says=_loss(life, says),
        writing=_writing(life, says),
        complaints=[Complaint(lead_href(row.lead_id), row.lead_id, row.complaint) for row in parked],
        unmapped=life.unmapped,
        notices=[Event(notice.sentence, notice.created_at) for notice in notices],
    )
    return render_template("sync.html", page=page)


@pages.post("/sync/retry")
@needs(Access.ADMIN)
def retry() -> Response:
    """Try the parked writes again."""
    with site().database.write() as connection:
        outbox.retry_parked(connection, viewer().install_id)
    return redirect("/sync?note=replayed", 303)


def _standstill(wake: Wake, says: Texts, now: datetime) -> str:
    """Why nothing moves and when it goes on; empty when the last try got through."""
    if not wake.failures or wake.not_before is None:
        return ""
    return t(
        "The last try did not get through: {reason} The next is {moment}; nothing is lost meanwhile.",
        reason=wake.last_error,
        moment=says.moment(wake.not_before, now=now),
    )


def permissions(me: Viewer) -> list[Permission]:
    """What was not granted; each with what suffers from it."""
    causes = sorted({cause for _, cause in me.install.coverage.missing})
    if causes:
        return [Permission("", cause) for cause in causes]
    return [Permission(scope, t("Not granted:")) for scope in me.install.missing_scopes]


def _reading(life: Health, backfill: cursors.Progress | None, says: Texts) -> list[Figure]:
    if backfill is None:
        first = Figure(t("First reading"), t("waiting"), t("the worker starts it"))
    elif backfill.finished_at is None:
        of = t("of {n}", n=says.number(backfill.total)) if backfill.total else ""
        link = Markup('<a href="/install/progress">{}</a>').format(says.number(backfill.done))
        first = Figure(t("First reading"), link, of)
    else:
        first = Figure(
            t("First reading"),
            says.number(backfill.done),
            t("contacts, done {moment}", moment=says.moment(backfill.finished_at)),
        )
    polled = life.last_at("reconciled")
    figures = [
        first,
        Figure(
            t("Last poll for lost events"),
            _when(polled, says),
            t("{n} polls so far", n=says.number(life.count("reconciled"))),
        ),
    ]
    left = life.counters.get("calls_left")
    budget = Figure(
        t("Calls left, as the CRM last said"),
        says.number(left.value) if left else "–",
        _when(left.last_at, says) if left else t("told by the CRM with the next call"),
    )
    return [*figures, budget]


def _events(life: Health, says: Texts, now: datetime) -> list[Figure]:
    last = life.last_at("events_received")
    ago = t("{span} ago", span=says.span((now - last).total_seconds(), has_days=True)) if last else t("none yet")
    return [
        Figure(t("Last delivery"), ago, _when(last, says) if last else t("the first change in the CRM sends one")),
        Figure(t("Events received"), says.number(life.count("events_received"))),
        Figure(t("Duplicates"), says.number(life.count("events_duplicate")), t("taken once")),
        Figure(t("Of no use here"), says.number(life.count("events_ignored"))),
        Figure(t("Lost, found by polling"), says.number(life.count("lost_found"))),
    ]


def _loss(life: Health, says: Texts) -> str:
    lost, got = life.count("lost_found"), life.count("events_received")
    if not lost:
        return t("No event was lost, as far as the polls can tell.")
    share = lost / (lost + got)
    return t(
        "{lost} changes came without an event ({share} of {n}); the poll found them, so nothing is missing here.",
        lost=says.number(lost),
        share=says.percent(share) if share >= 0.005 else t("under 1 %"),
        n=says.number(lost + got),
    )


def _writing(life: Health, says: Texts) -> list[Figure]:
    written = life.last_at("records_written")
    return [
        Figure(
            t("Records written"), says.number(life.count("records_written")), _when(written, says) if written else ""
        ),
        Figure(t("Waiting"), says.number(life.pending_writes)),
        Figure(
            t("Parked"),
            says.number(life.parked_writes),
            t("refused by the CRM again and again") if life.parked_writes else "",
        ),
    ]


def _when(at: datetime | None, says: Texts) -> str:
    return says.moment(at) if at else "–"
