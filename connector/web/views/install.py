"""/install and /oauth: the consent flow of a CRM, the first reading as it goes on, and three questions meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from connector.catalog import CRMS, is_set_up
from connector.errors import ConfigError, CrmError, RetryLater
from connector.oauth.flow import InstallRefused, begin_install, finish_install
from connector.storage import cursors, page_queries, people, policies
from connector.storage.cursors import Progress
from connector.storage.people import Role
from connector.web import charts
from connector.web.access import Access, needs, viewer
from connector.web.error_pages import error_response
from connector.web.headers import allow_forms_to
from connector.web.labels import crm_name
from connector.web.links import leads_href
from connector.web.people_list import Person, admit, list_persons
from connector.web.policy_form import NUMBERS, NumberField, PolicyForm, country_with_holidays, form_of
from connector.web.sessions import begin_session, page_session
from connector.web.site import site
from connector.web.texts import Texts, current, t
from connector.web.views.settings import country_names, put_typed_policy

pages = Blueprint("install", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How far the first reading is."""

    is_done: bool
    says: str
    svg: Markup
    never_called: int
    never_called_says: str
    never_called_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallPage:
    """What the page after the consent prints, beside the bar."""

    form: PolicyForm
    countries: list[tuple[str, str]]
    target_field: NumberField
    persons: list[Person]


@pages.post("/install/<crm>")
@needs(Access.PUBLIC)
def begin(crm: str) -> Response:
    """To the CRM's consent page."""
    if crm not in CRMS or not is_set_up(site().settings, crm):
        abort(404, t("This CRM cannot be connected here."))
    url = begin_install(
        site().database,
        site().vault,
        site().settings,
        crm,
        session_hash=page_session().session_hash,
        now=site().now(),
    )
    allow_forms_to([url])
    return redirect(url, 303)


@pages.get("/oauth/<crm>/callback")
@needs(Access.PUBLIC)
def callback(crm: str) -> Response:
    """Back from the consent page: an install and a session, or a sentence with a remedy."""
    if CRMS.get(crm) is None:
        abort(404)
    try:
        done = finish_install(
            site().database,
            site().vault,
            site().settings,
            crm,
            request.args,
            session_hash=page_session().session_hash,
            now=site().now(),
        )
    except InstallRefused as refused:
        return _refused(400, str(refused))
    except RetryLater:
        return _refused(
            503, t("{crm} does not answer at the moment. Wait a minute and connect again.", crm=crm_name(crm))
        )
    except (CrmError, ConfigError) as trouble:
        return _refused(502, str(trouble))
    begin_session(done.install.install_id, done.user.user_id, done.user.role.value)
    return _leave("/install/progress")


def _refused(status: int, sentence: str) -> Response:
    response = error_response(
        status, head=t("Nothing was connected."), remedy=sentence, retry_after_s=60 if status == 503 else None
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _leave(target: str) -> Response:
    response = redirect(target, 303)
    # The code stands in this address: it must not travel on as a Referer.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.get("/install/progress")
@needs(Access.ADMIN)
def progress() -> str:
    """The page that the consent leads to."""
    return _page()


@pages.get("/install/progress/bar")
@needs(Access.ADMIN)
def bar() -> str:
    """The bar alone, asked for every two seconds until the reading ends."""
    return render_template("install_bar.html", bar=_bar())


@pages.post("/install/answers")
@needs(Access.ADMIN)
def answers() -> str | Response | tuple[str, int]:
    """Keep the three answers."""
    form = put_typed_policy()
    if form.wrong:
        return _page(form), 422
    chosen = set(request.form.getlist("manager"))
    me = viewer()
    with site().database.write() as connection:
        for person in list_persons(connection, me.install_id):
            wanted = Role.HEAD_OF_SALES if person.user_id in chosen else Role.REP
            if person.role is Role.ADMIN or wanted is person.role:
                continue
            admit(connection, me.install_id, person)
            people.set_role(connection, me.install_id, person.user_id, wanted)
    return redirect("/overview?note=answers", 303)


def _page(form: PolicyForm | None = None) -> str:
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        policy = policies.policy_as_of(connection, me.install_id, now)
        is_default = policy == policies.default_policy(me.install.zone, policy.version)
        persons = list_persons(connection, me.install_id)
    shown = form or form_of(policy, now_year=now.year)
    if form is None and is_default:
        shown = replace(shown, country=country_with_holidays(policy.calendar.zone, now.year))
    page = InstallPage(
        form=shown,
        countries=country_names(current().locale),
        target_field=NUMBERS[0],
        persons=persons,
    )
    return render_template("install_progress.html", page=page, bar=_bar())


def _bar() -> Bar:
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        reading = cursors.get_cursor(connection, me.install_id, "backfill")
        never = page_queries.count_never_called(connection, me.install_id)
    says = reading_says(reading, now, site().settings.backfill_days, current())
    done, total = (reading.done, reading.total) if reading else (0, None)
    return Bar(
        is_done=reading is not None and reading.finished_at is not None,
        says=says,
        svg=charts.progress(done, total, says=says),
        never_called=never,
        never_called_says=current().plural(
            "{n} open lead was never called.", "{n} open leads were never called.", never
        ),
        never_called_href=leads_href(rule="NC001", outcome="breach"),
    )


def reading_says(reading: Progress | None, now: datetime, backfill_days: int, says: Texts) -> str:
    """How far the first reading is, as a sentence."""
    if reading is None:
        return t("Connected. Reading the last {days} days begins in a moment.", days=backfill_days)
    done = says.number(reading.done)
    if reading.finished_at is not None:
        return says.plural("{n} contact read.", "{n} contacts read.", reading.done)
    if not reading.total:
        return t("Reading the last {days} days: {done} contacts so far.", days=backfill_days, done=done)
    left = time_left(reading, now)
    ends = t(", {span} left", span=says.span(left)) if left is not None else ""
    total = says.number(reading.total)
    return t(
        "Reading the last {days} days: {done} of {total} contacts{ends}.",
        days=backfill_days,
        done=done,
        total=total,
        ends=ends,
    )


def time_left(reading: Progress, now: datetime) -> int | None:
    """Seconds left at the pace so far, in whole minutes; None while the pace is not known."""
    passed_s = (reading.updated_at - reading.started_at).total_seconds()
    if not reading.total or reading.done <= 0 or passed_s < 5:
        return None
    left_s = passed_s / reading.done * max(reading.total - reading.done, 0)
    return max(60, round(left_s / 60) * 60)
