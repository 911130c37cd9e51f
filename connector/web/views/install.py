"""/install and /oauth: the consent flow of a CRM and its end, the first reading, and three questions meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from flask import Blueprint, abort, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from connector.catalog import CRMS, CrmEntry, app_of, default_policy_of, is_set_up
from connector.crm.port import UninstallNotice
from connector.errors import ConfigError, CrmError, RetryLater, UnexpectedPayload
from connector.jobs.uninstall import end_install
from connector.language.texts import Texts
from connector.logs import get_logger
from connector.oauth.flow import InstallRefused, begin_install, callback_url, finish_install
from connector.settings import CrmApp
from connector.storage import cursors, health, installs, page_queries, people, policies
from connector.storage.cursors import Progress
from connector.storage.installs import InstallStatus
from connector.storage.people import Role
from connector.web import charts
from connector.web.access import Access, limit_caller, needs, viewer, visitor
from connector.web.error_pages import error_response
from connector.web.headers import allow_forms_anywhere, allow_forms_to
from connector.web.labels import counted_records, crm_name
from connector.web.links import leads_href
from connector.web.people_list import Person, admit, list_persons
from connector.web.policy_form import NUMBERS, NumberField, PolicyForm, country_with_holidays, form_of
from connector.web.sessions import begin_session, page_session
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.value_rows import count_without_meaning
from connector.web.views.landing import authorize_urls
from connector.web.views.settings import country_names, put_typed_policy

pages = Blueprint("install", __name__)
log = get_logger(__name__)

_LONGEST_TYPED = 500
#: How far a CRM's clock may be behind ours (our choice): an uninstall right after the consent still counts.
_CLOCKS_DIFFER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How far the first reading is, and what an admin can do about it meanwhile.

    `unsaid_says`: a sentence on the values of which nobody said what they mean; "" when there is none.
    """

    is_done: bool
    says: str
    svg: Markup
    never_called: int
    never_called_says: str
    never_called_href: str
    unsaid_says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallPage:
    """What the page after the consent prints, beside the bar."""

    form: PolicyForm
    countries: list[tuple[str, str]]
    target_field: NumberField
    persons: list[Person]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectPage:
    """What the page before the consent prints. `wrong`: name of a typed field → what is wrong with it."""

    crm: str
    label: str
    is_self_hosted: bool
    redirect_uri: str
    scopes: str
    days: int
    site: str = ""
    client_id: str = ""
    wrong: dict[str, str] = field(default_factory=dict)


@pages.get("/install/<crm>")
@needs(Access.PUBLIC)
def connect(crm: str) -> str:
    """What is asked before the consent: of a CRM that companies host themselves, which site it is."""
    entry = _entry(crm)
    me = visitor()
    is_again = me is not None and me.install.crm == crm and entry.is_self_hosted
    return _connect_page(crm, entry, site_address=me.install.api_url if me is not None and is_again else "")


@pages.post("/install/<crm>")
@needs(Access.PUBLIC)
def begin(crm: str) -> str | Response | tuple[str, int]:
    """To the CRM's consent page."""
    entry = _entry(crm)
    limit_caller(t("Too many connections were begun from here."))
    if not entry.is_self_hosted:
        return _to_consent(crm)
    typed = {name: request.form.get(name, "").strip() for name in ("site", "client_id", "client_secret")}
    wrong = {name: said for name, value in typed.items() if (said := _typed_wrong(value))}
    if not wrong:
        address = typed["site"] if "://" in typed["site"] else "https://" + typed["site"]
        app = CrmApp(
            client_id=typed["client_id"], secrets=(typed["client_secret"],), auth_url=address, api_url=address
        )
        try:
            return _to_consent(crm, app)
        except InstallRefused as refused:
            wrong = {"site": current().stored(str(refused))}
    return _connect_page(crm, entry, site_address=typed["site"], client_id=typed["client_id"], wrong=wrong), 422


def _entry(crm: str) -> CrmEntry:
    if crm not in CRMS or not is_set_up(site().settings, crm):
        abort(404, t("This CRM cannot be connected here."))
    return CRMS[crm]


def _typed_wrong(value: str) -> str:
    if not value:
        return t("This is needed.")
    if len(value) > _LONGEST_TYPED or not value.isprintable() or " " in value:
        return t("This cannot be it: it is too long, or holds a space or a line break. Copy it again.")
    return ""


def _connect_page(
    crm: str,
    entry: CrmEntry,
    *,
    site_address: str = "",
    client_id: str = "",
    wrong: dict[str, str] | None = None,
) -> str:
    if entry.is_self_hosted:
        allow_forms_anywhere(is_plain_allowed=bool(site().settings.private_crm_hosts))
    else:
        allow_forms_to(authorize_urls())
    page = ConnectPage(
        crm=crm,
        label=entry.label,
        is_self_hosted=entry.is_self_hosted,
        redirect_uri=callback_url(site().settings, crm),
        scopes=" ".join(entry.required_scopes),
        days=site().settings.backfill_days,
        site=site_address[:_LONGEST_TYPED],
        client_id=client_id[:_LONGEST_TYPED],
        wrong=wrong or {},
    )
    return render_template("connect.html", page=page)


def _to_consent(crm: str, app: CrmApp | None = None) -> Response:
    url = begin_install(
        site().database,
        site().vault,
        site().settings,
        crm,
        session_hash=page_session().session_hash,
        now=site().now(),
        site=app,
    )
    allow_forms_to([url])
    return _leave(url)


@pages.get("/oauth/<crm>/callback")
@needs(Access.PUBLIC)
def callback(crm: str) -> Response:
    """Back from the consent page: an install and a session, or a sentence with a remedy."""
    entry, me = CRMS.get(crm), visitor()
    if entry is None:
        abort(404)
    try:
        if entry.starts_at_marketplace and not request.args.get("state") and "error" not in request.args:
            # Whose code this is nobody knows: exchanged, it could connect an attacker's account in a victim's
            # browser. The consent is asked for again, now bound to this browser.
            limit_caller(t("Too many connections were begun from here."))
            return _to_consent(crm)
        done = finish_install(
            site().database,
            site().vault,
            site().settings,
            crm,
            request.args,
            session_hash=page_session().session_hash,
            now=site().now(),
            admin_of=me.install_id if me is not None and me.is_admin else None,
        )
    except InstallRefused as refused:
        return _refused(400, current().stored(str(refused)))
    except RetryLater:
        return _refused(
            503, t("{crm} does not answer at the moment. Wait a minute and connect again.", crm=crm_name(crm))
        )
    except (CrmError, ConfigError) as trouble:
        return _refused(502, current().stored(str(trouble)))
    begin_session(done.install.install_id, done.user.user_id, done.user.role.value)
    return _leave("/install/progress")


@pages.delete("/oauth/<crm>/callback")
@needs(Access.PUBLIC)
def uninstalled_there(crm: str) -> Response:
    """The CRM says that our app was taken out of an account. A machine calls: it has no session and no form's token;
    the CRM's own proof stands for both."""
    page_session().sends_cookie = False
    entry = CRMS.get(crm)
    if entry is None or entry.parse_uninstall is None or not is_set_up(site().settings, crm):
        abort(404)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        notice = entry.parse_uninstall(app_of(site().settings, crm), headers, request.get_data())
    except UnexpectedPayload:
        return Response(status=400)
    if notice is None:
        log.warning("uninstall_notice_unproven", crm=crm)
        return Response(status=401)
    _end_or_tell(crm, entry, notice)
    return Response(status=204)


def _end_or_tell(crm: str, entry: CrmEntry, notice: UninstallNotice) -> None:
    """End the install when its grant is gone; somebody else's grant is none of ours, of that the admins are told.

    A notice from before the present grant (it came late, or was sent again) ended an earlier one.
    """
    now = site().now()
    with site().database.write() as connection:
        install = installs.find_install_by_account(connection, crm, notice.account_id)
        if install is None or install.status is InstallStatus.UNINSTALLED:
            return
        if notice.at is not None and notice.at < install.connected_at - _CLOCKS_DIFFER:
            log.info("uninstall_notice_too_late", crm=crm, install_id=install.install_id)
            return
        if notice.user_id is not None and notice.user_id != install.installed_by:
            health.put_notice(
                connection,
                install.install_id,
                f"uninstall:{notice.user_id}:{now.date()}",
                kind="uninstall",
                sentence=f"Somebody who is not the one who connected this account took Lead Assay out of "
                f"{entry.label}. It goes on with the grant it has.",
                at=now,
            )
            return
    end_install(site().jobs, install.install_id, f"uninstalled in {entry.label}")


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
    return render_template("install_bar.html", bar=reading_bar())


@pages.post("/install/answers")
@needs(Access.ADMIN)
def answers() -> str | Response | tuple[str, int]:
    """Keep the three answers."""
    form = put_typed_policy(is_first_answer=True)
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
        is_default = policy == default_policy_of(me.install, policy.version)
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
    return render_template("install_progress.html", page=page, bar=reading_bar())


def reading_bar() -> Bar:
    """How far the reading of the viewer's account is."""
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        reading = cursors.get_cursor(connection, me.install_id, "backfill")
        never = page_queries.count_never_called(connection, me.install_id)
        unsaid = count_without_meaning(connection, me.install_id, me.install.crm)
    says = reading_says(reading, now, site().settings.backfill_days, current(), me.install.crm)
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
        unsaid_says=_unsaid_says(unsaid, me.install.crm),
    )


def _unsaid_says(count: int, crm: str) -> str:
    if not count:
        return ""
    return current().plural(
        "{n} value of your own in {crm} has no meaning yet: what hangs on it is shown as not evaluated.",
        "{n} values of your own in {crm} have no meaning yet: what hangs on them is shown as not evaluated.",
        count,
        crm=crm_name(crm),
    )


def reading_says(reading: Progress | None, now: datetime, backfill_days: int, says: Texts, crm: str) -> str:
    """How far the reading of that CRM is, as a sentence."""
    if reading is None:
        return t("Connected. Reading the last {days} days begins in a moment.", days=backfill_days)
    counted = counted_records(crm, reading.done)
    if reading.finished_at is not None:
        return t("{records} read.", records=counted)
    if not reading.total:
        return t("Reading the last {days} days: {records} so far.", days=backfill_days, records=counted)
    left = time_left(reading, now)
    ends = t(", {span} left", span=says.span(left)) if left is not None else ""
    return t(
        "Reading the last {days} days: {done} of {records}{ends}.",
        days=backfill_days,
        done=says.number(reading.done),
        records=counted_records(crm, reading.total),
        ends=ends,
    )


def time_left(reading: Progress, now: datetime) -> int | None:
    """Seconds left at the pace so far, in whole minutes; None while the pace is not known."""
    passed_s = (reading.updated_at - reading.started_at).total_seconds()
    if not reading.total or reading.done <= 0 or passed_s < 5:
        return None
    left_s = passed_s / reading.done * max(reading.total - reading.done, 0)
    return max(60, round(left_s / 60) * 60)
