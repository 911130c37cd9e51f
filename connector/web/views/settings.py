"""/settings: the policy, people and roles, and the way out. For admins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from babel import Locale
from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from connector.catalog import find_crm
from connector.jobs.uninstall import uninstall as end_connection
from connector.storage import findings, installs, people, policies, value_mappings
from connector.storage.people import Role
from connector.web.access import Access, needs, viewer
from connector.web.labels import crm_name
from connector.web.people_list import Person, admit, find_person, list_persons
from connector.web.policy_form import NUMBERS, NumberField, PolicyForm, countries, form_of, form_typed, policy_from
from connector.web.sessions import become_visitor
from connector.web.site import site
from connector.web.texts import current, t

pages = Blueprint("settings", __name__)


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage:
    """What the settings page prints."""

    policy_version: str
    form: PolicyForm
    countries: list[tuple[str, str]]
    number_fields: tuple[NumberField, ...]
    account: list[Fact]
    persons: list[Person]
    roles: tuple[Role, ...]
    meanings_say: str
    purge_day: str
    uninstall_wrong: str


@pages.get("/settings")
@needs(Access.ADMIN)
def settings() -> str:
    """The page as it stands."""
    return _page()


@pages.post("/settings/policy")
@needs(Access.ADMIN)
def save_policy() -> str | Response | tuple[str, int]:
    """Keep a new version of the policy: its terms hold for leads that arrive from now on, its hours for all."""
    form = put_typed_policy()
    if form.wrong:
        return _page(form=form), 422
    return redirect("/settings?note=saved", 303)


def put_typed_policy(*, is_first_answer: bool = False) -> PolicyForm:
    """Store what was typed as a new version when it is right and differs; the form says what is wrong.

    It holds from now on: leads that are there keep the terms on which they came. The first answer of a new account
    takes the place of what was shipped from the beginning: nothing else was ever agreed there.
    """
    me, now = viewer(), site().now()
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        present = policies.policy_as_of(connection, me.install_id, now)
        shown = form_of(present, now_year=now.year)
        form = form_typed(request.form, shown)
        same = policy_from(form, present, present.version, now_year=now.year)
        if isinstance(same, PolicyForm):
            return same
        if same != present:
            version = policies.next_version(connection, me.install_id)
            made = policy_from(form, present, version, now_year=now.year)
            if isinstance(made, PolicyForm):
                return made
            known = policies.list_policies(connection, me.install_id)
            since = known[0].valid_from if is_first_answer and len(known) == 1 else now
            policies.put_policy(connection, me.install_id, made, since)
            findings.mark_all_due(connection, me.install_id, now)
    return form


@pages.post("/settings/people/<path:user_id>")
@needs(Access.ADMIN)
def change_person(user_id: str) -> Response:
    """Give a role, block, or let in again. One admin always stays."""
    me, now = viewer(), site().now()
    deed = request.form.get("do", "")
    try:
        role = Role(request.form.get("role", Role.REP.value))
    except ValueError:
        abort(400, t("There is no such role. Load the page again."))
    if deed not in {"role", "enable", "disable"}:
        abort(400, t("The page was not sent as it was made. Load it again."))
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        person = find_person(connection, me.install_id, user_id)
        if person is None:
            abort(404)
        loses_admin = deed == "disable" or (deed == "role" and role is not Role.ADMIN)
        if loses_admin and person.role is Role.ADMIN and not person.is_disabled:
            admins = [
                each
                for each in people.list_users(connection, me.install_id)
                if each.role is Role.ADMIN and each.disabled_at is None
            ]
            if len(admins) < 2:
                return redirect("/settings?note=last-admin#people", 303)
        admit(connection, me.install_id, person)
        if deed == "role":
            if role is not person.role:
                people.set_role(connection, me.install_id, user_id, role)
        elif deed == "disable":
            people.disable_user(connection, me.install_id, user_id, now)
        else:
            people.enable_user(connection, me.install_id, user_id)
    said = {"role": "role", "disable": "disabled", "enable": "enabled"}[deed]
    return redirect(f"/settings?note={said}#people", 303)


@pages.post("/settings/uninstall")
@needs(Access.ADMIN)
def uninstall() -> str | Response | tuple[str, int]:
    """Stop all work, wipe the tokens, end all sessions; the data goes on the stated day."""
    me = viewer()
    if request.form.get("confirm", "").strip().casefold() != me.install.account_name.strip().casefold():
        return _page(uninstall_wrong=t("This is not the name of the account.")), 422
    end_connection(site().jobs, me.install_id, f"uninstalled by {me.user.role.value} on the settings page")
    become_visitor()
    return redirect("/?note=uninstalled", 303)


def _page(*, form: PolicyForm | None = None, uninstall_wrong: str = "") -> str:
    me, now, says = viewer(), site().now(), current()
    with site().database.read() as connection:
        policy = policies.policy_as_of(connection, me.install_id, now)
        persons = list_persons(connection, me.install_id)
        unmapped = value_mappings.list_unmapped(connection, me.install_id)
    entry = find_crm(me.install.crm)
    names = {one.name for one in entry.mappable} if entry else set()
    without = sum(name in names for name, _ in unmapped)
    page = SettingsPage(
        policy_version=policy.version,
        form=form or form_of(policy, now_year=now.year),
        countries=country_names(says.locale),
        number_fields=NUMBERS,
        account=[
            Fact(t("CRM"), crm_name(me.install.crm)),
            Fact(t("Account"), f"{me.install.account_name} ({me.install.account_id})"),
            Fact(t("Time zone"), me.install.zone),
            Fact(t("Connected"), says.moment(me.install.created_at, now=now)),
        ],
        persons=persons,
        roles=tuple(Role),
        meanings_say=_meanings_say(without),
        purge_day=says.day(now + timedelta(days=site().settings.purge_after_days)),
        uninstall_wrong=uninstall_wrong,
    )
    return render_template("settings.html", page=page)


def _meanings_say(without: int) -> str:
    """How many values that were read have no meaning yet."""
    if not without:
        return t("Every status and call outcome that was read has a meaning.")
    return current().plural(
        "{n} value that was read has no meaning yet; what hangs on it is not evaluated.",
        "{n} values that were read have no meaning yet; what hangs on them is not evaluated.",
        without,
    )


def country_names(locale: Locale) -> list[tuple[str, str]]:
    """(ISO code, name) of the countries whose holidays are known, by name."""
    return sorted(((code, str(locale.territories.get(code, code))) for code in countries()), key=lambda pair: pair[1])
