"""/sync: whether what we show is all there is: deliveries, losses, back-fill, parked rows, permissions, waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template
from markupsafe import Markup
from werkzeug.wrappers import Response

from audits.model.case import Fact as CaseFact
from connector.catalog import find_crm
from connector.jobs.advance import ISOLATE_AFTER, RESUMES
from connector.jobs.reconcile import NAME as RECONCILE
from connector.jobs.watch_hooks import NAME as HOOKS
from connector.jobs.watch_hooks import failing_hooks
from connector.language.texts import Texts
from connector.storage import cursors, health, outbox, page_queries, people, worklist
from connector.storage.health import Health
from connector.storage.people import User
from connector.storage.worklist import Wake
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.headers import allow_forms_to
from connector.web.labels import crm_name, record_names
from connector.web.links import lead_href
from connector.web.shown_facts import HISTORIES, not_granted, not_named, not_shown
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.value_rows import anchor_of, mappable
from connector.web.views.landing import authorize_urls
from webhooks.roster import ROSTER

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


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Why nothing moves at the moment and when it goes on. `tone`: "warn" while the CRM merely asks for patience."""

    tone: str
    says: str


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value without a meaning; `href` leads to where an admin says it, "" where nobody can."""

    field: str
    value: str
    seen: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPage:
    """What the sync page prints."""

    connected_says: str
    crm_label: str
    wait: Wait | None
    connection: list[Fact]
    hooks: list[Figure]
    hooks_say: str
    failing: tuple[str, ...]
    permissions: list[Permission]
    lacks: list[str]
    unnamed: list[str]
    histories: list[Fact]
    reading: list[Figure]
    events: list[Figure]
    loss_says: str
    writing: list[Figure]
    complaints: list[Complaint]
    unmapped: list[UnknownValue]
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
        looked = cursors.get_cursor(connection, me.install_id, HOOKS)
        poll = cursors.get_cursor(connection, me.install_id, RECONCILE)
        unseen = {fact: page_queries.count_unseen(connection, me.install_id, fact.value) for fact in HISTORIES}
        grantor = people.find_user(connection, me.install_id, me.install.installed_by)
    page = SyncPage(
        connected_says=t(
            "{crm} account {name}, connected {moment}.",
            crm=crm_name(me.install.crm),
            name=me.install.account_name,
            moment=says.moment(me.install.connected_at, now=now),
        ),
        crm_label=crm_name(me.install.crm),
        wait=_wait(wake, life, says, now),
        connection=_connection(me, grantor),
        hooks=_hooks(life, looked, says),
        hooks_say=_hooks_say(me),
        failing=failing_hooks(looked) if looked else (),
        permissions=permissions(me),
        lacks=not_shown(me.install),
        unnamed=not_named(me.install),
        histories=_histories(me, unseen, says),
        reading=[*_reading(life, backfill, says, me.install.crm), *_next_poll(poll, says, me.install.crm)],
        events=_events(life, says, now),
        loss_says=_loss(life, says),
        writing=_writing(life, says),
        complaints=[Complaint(lead_href(row.lead_id), row.lead_id, row.complaint) for row in parked],
        unmapped=_unknown(life, me),
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


def _wait(wake: Wake, life: Health, says: Texts, now: datetime) -> Wait | None:
    """Why nothing moves and when it goes on; None when the last try got through."""
    if wake.not_before is None or not wake.last_error:
        return None
    is_spent = not wake.failures
    resumes = life.counters.get(RESUMES)
    goes_on_at = wake.not_before
    if is_spent and resumes is not None:
        goes_on_at = max(goes_on_at, datetime.fromtimestamp(resumes.value, UTC))
    # What the CRM asks us to wait for comes as its sentence alone; a fault begins with its kind.
    is_fault = wake.last_error.partition(":")[0].isidentifier() or wake.failures >= ISOLATE_AFTER
    tone = "bad" if is_fault else "warn"
    if goes_on_at <= now:
        return Wait(
            tone,
            t(
                "The last try did not get through: {reason} It is being tried again.",
                reason=says.stored(wake.last_error),
            ),
        )
    goes_on = {
        "reason": says.stored(wake.last_error),
        "moment": says.moment(goes_on_at, now=now),
        "zone": says.zone,
        "span": says.span((goes_on_at - now).total_seconds(), has_days=True),
    }
    if is_spent:
        return Wait(
            tone,
            t(
                "{reason} Reading and writing go on {moment} ({zone}), in {span}. What is due is judged meanwhile; "
                "nothing is lost.",
                **goes_on,
            ),
        )
    return Wait(
        tone,
        t(
            "Nothing is read or written at the moment: {reason} It goes on {moment} ({zone}), in {span}; nothing is "
            "lost meanwhile.",
            **goes_on,
        ),
    )


def _connection(me: Viewer, grantor: User | None) -> list[Fact]:
    """Which account at which host, and on whose word."""
    install = me.install
    app = site().settings.crm_apps.get(install.crm)
    address = install.api_url or (app.api_url if app else "")
    who = (grantor.name or grantor.email) if grantor else ""
    facts = [
        Fact(t("Account"), f"{install.account_name} ({install.account_id})"),
        Fact(t("Host"), urlsplit(address).netloc),
        Fact(t("Connected by"), who),
    ]
    return [fact for fact in facts if fact.value]


def _histories(me: Viewer, unseen: Mapping[CaseFact, tuple[int, int]], says: Texts) -> list[Fact]:
    """Where the changes of owner and status come from. `unseen`: fact → leads without it, leads in all."""
    crm = crm_name(me.install.crm)
    labels = {CaseFact.OWNER_HISTORY: t("Changes of owner"), CaseFact.STAGE_HISTORY: t("Changes of status")}
    note = t("A change is then seen at the next reading; what came before the first is not known.")
    facts: list[Fact] = []
    for fact in HISTORIES:
        cause = me.install.coverage.cause(fact)
        ours, total = unseen[fact]
        if cause is not None:
            facts.append(Fact(labels[fact], t("from our own readings"), f"{says.stored(cause)} {note}"))
        elif ours:
            said = t(
                "from {crm}; of {n} of {total} leads from our own readings",
                crm=crm,
                n=says.number(ours),
                total=says.number(total),
            )
            facts.append(Fact(labels[fact], said, note))
        else:
            facts.append(Fact(labels[fact], t("from {crm}, complete", crm=crm)))
    return facts


def _is_subscribed_per_install(me: Viewer) -> bool:
    entry = find_crm(me.install.crm)
    receiver = ROSTER.get(entry.receiver) if entry else None
    return receiver is not None and receiver.is_per_install


def _hooks_say(me: Viewer) -> str:
    if _is_subscribed_per_install(me):
        return t(
            "They are looked at every {span} and made again when one is missing; what was lost meanwhile is found "
            "by polling.",
            span=current().span(site().settings.hooks_every_s),
        )
    return t(
        "{crm} keeps one subscription for all accounts; there is none here that could be lost.",
        crm=crm_name(me.install.crm),
    )


def _hooks(life: Health, looked: cursors.Progress | None, says: Texts) -> list[Figure]:
    """The state of our subscriptions at the CRM."""
    if looked is None:
        return []
    failing = len(failing_hooks(looked))
    remade = life.last_at("hooks_remade")
    return [
        Figure(t("Last look at the subscriptions"), says.moment(looked.updated_at)),
        Figure(
            t("Made again so far"), says.number(life.count("hooks_remade")), says.moment(remade) if remade else ""
        ),
        Figure(t("Failing"), says.number(failing)),
    ]


def _unknown(life: Health, me: Viewer) -> list[UnknownValue]:
    labels = {one.name: t(one.label) for one in mappable(me.install.crm)} if me.is_admin else {}
    return [
        UnknownValue(
            labels.get(each.field, each.field),
            each.value,
            each.seen,
            f"/settings/values#{anchor_of(each.field)}" if each.field in labels else "",
        )
        for each in life.unmapped
    ]


def permissions(me: Viewer) -> list[Permission]:
    """What was not granted; each with what suffers from it."""
    causes = not_granted(me.install)
    if causes:
        return [Permission("", current().stored(cause)) for cause in causes]
    return [Permission(scope, t("Not granted:")) for scope in me.install.missing_scopes]


def _reading(life: Health, backfill: cursors.Progress | None, says: Texts, crm: str) -> list[Figure]:
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
            t("{records}, done {moment}", records=record_names(crm), moment=says.moment(backfill.finished_at)),
        )
    polled = life.last_at("reconciled")
    figures = [
        first,
        Figure(
            t("Last poll for lost events"),
            _when(polled, says),
            says.plural("{n} poll so far", "{n} polls so far", life.count("reconciled")),
        ),
    ]
    left = life.counters.get("calls_left")
    budget = Figure(
        t("Calls left, as the CRM last said"),
        says.number(left.value) if left else "–",
        _when(left.last_at, says) if left else t("told by the CRM with the next call"),
    )
    return [*figures, budget]


def _next_poll(poll: cursors.Progress | None, says: Texts, crm: str) -> list[Figure]:
    """When the next poll is, where the CRM's budget bears polls less often than the settings ask for them."""
    usual = timedelta(seconds=site().settings.reconcile_every_s)
    if poll is None or poll.next_at is None or poll.next_at <= poll.updated_at + usual:
        return []
    return [
        Figure(
            t("Next poll"),
            says.moment(poll.next_at),
            t("{crm}'s tokens of a day bear no more; webhooks tell what happens meanwhile", crm=crm_name(crm)),
        )
    ]


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
