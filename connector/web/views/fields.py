"""/settings/fields: which of the CRM's own fields holds what of a lead. For admins."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from audits.model.fit import FitField
from audits.model.said import phrase
from connector.catalog import find_crm
from connector.crm.lead_fields import FITTING, FieldKind, KnownField, LeadField, suggest
from connector.jobs.meanings import keep_roles
from connector.storage import cursors, field_roles, value_mappings
from connector.web.access import Access, needs, viewer
from connector.web.criteria_form import FIELDS
from connector.web.labels import crm_name
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.install import Bar, reading_bar

pages = Blueprint("fields", __name__)

_PREFIX = "role-"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChoice:
    """A field that may be chosen."""

    name: str
    says: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow:
    """One thing that a field may hold. `gone`: the chosen field, where the CRM has it no more; `suggested`: the
    label of a field whose name speaks for it, and its name; "" = none. `unread_says`: how many values were not
    understood."""

    role: str
    label: str
    explains: str
    choices: list[FieldChoice]
    chosen: str
    gone: str
    shipped: str
    suggested: str
    suggested_name: str
    unread_says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsPage:
    """What the page prints. `bar`: how far the reading is while one is under way."""

    crm_label: str
    rows: list[RoleRow]
    has_fields: bool
    bar: Bar | None
    days: int
    is_wrong: bool


@pages.get("/settings/fields")
@needs(Access.ADMIN)
def fields() -> str:
    """The page as it stands."""
    return _page()


@pages.post("/settings/fields")
@needs(Access.ADMIN)
def save() -> Response | tuple[str, int]:
    """Keep which fields hold what, or take one choice back; then read the leads again."""
    me = viewer()
    with site().database.read() as connection:
        known = _known(field_roles.list_known_fields(connection, me.install_id))
        chosen = field_roles.chosen_roles(connection, me.install_id)
    wanted = _wanted(known, chosen)
    if wanted is None:
        return _page(is_wrong=True), 422
    said = "fields" if keep_roles(site().jobs, me.install_id, wanted, site().now()) else "same-fields"
    return redirect(f"/settings/fields?note={said}", 303)


def _wanted(known: list[KnownField], chosen: dict[str, str]) -> dict[str, str | None] | None:
    """Role → field as the form says, None = taken back; None when the form names a field that is not offered."""
    undone, taken = request.form.get("undo"), request.form.get("take")
    if undone is not None:
        return {role.value: None for role in LeadField if role.value == undone}
    wanted: dict[str, str | None] = {}
    for role in LeadField:
        said = request.form.get(_PREFIX + role.value)
        if taken is not None:
            said = suggest(known).get(role) if taken == role.value else None
        if said is None:
            continue
        fitting = {one.name for one in known if one.kind in FITTING[role]}
        if said and said not in fitting and said != chosen.get(role.value):
            return None
        wanted[role.value] = said or None
    return wanted


def _page(*, is_wrong: bool = False) -> str:
    me = viewer()
    entry = find_crm(me.install.crm)
    shipped = dict(entry.lead_fields) if entry else {}
    with site().database.read() as connection:
        reading = cursors.get_cursor(connection, me.install_id, "backfill")
        known = _known(field_roles.list_known_fields(connection, me.install_id))
        chosen = field_roles.chosen_roles(connection, me.install_id)
        unread = value_mappings.list_unmapped(connection, me.install_id)
    seen: dict[str, int] = {}
    for (name, _), count in unread.items():
        seen[name] = seen.get(name, 0) + count
    proposed = suggest(known)
    is_reading = reading is None or reading.finished_at is None
    page = FieldsPage(
        crm_label=crm_name(me.install.crm),
        rows=[
            _row(role, known, chosen.get(role.value, ""), shipped.get(role, ""), proposed.get(role, ""), seen)
            for role in LeadField
        ],
        has_fields=bool(known),
        bar=reading_bar() if is_reading else None,
        days=site().settings.backfill_days,
        is_wrong=is_wrong,
    )
    return render_template("fields.html", page=page)


def _known(stored: list[field_roles.StoredField]) -> list[KnownField]:
    kinds = {kind.value: kind for kind in FieldKind}
    return [KnownField(name=one.name, label=one.label, kind=kinds[one.kind]) for one in stored if one.kind in kinds]


def _row(
    role: LeadField, known: list[KnownField], chosen: str, shipped: str, proposed: str, seen: dict[str, int]
) -> RoleRow:
    labels = {one.name: one.label for one in known}
    count = seen.get(chosen or shipped, 0)
    label, explains = _words(role)
    return RoleRow(
        role=role.value,
        label=label,
        explains=explains,
        choices=[
            FieldChoice(
                name=one.name,
                says=one.label if one.label == one.name else f"{one.label} ({one.name})",
                is_chosen=one.name == chosen,
            )
            for one in known
            if one.kind in FITTING[role]
        ],
        chosen=chosen,
        gone=chosen if chosen and chosen not in labels else "",
        shipped=labels.get(shipped, shipped),
        suggested=labels.get(proposed, "") if not chosen and proposed != shipped else "",
        suggested_name=proposed if not chosen and proposed != shipped else "",
        unread_says=current().plural("{n} value could not be read", "{n} values could not be read", count)
        if count
        else "",
    )


def _words(role: LeadField) -> tuple[str, str]:
    """(label, what hangs on it) in the reader's language."""
    match role:
        case LeadField.SUBMITTED_AT:
            return t("Form sent at"), t(
                "When the person sent the form to whoever delivered the lead. Without it nobody can say that a lead "
                "was delivered late."
            )
        case LeadField.PREFERRED_AT:
            return t("Wants to be called at"), t("From then on the time to the first attempt counts.")
        case LeadField.RECONTACT_ON:
            return t("Come back on"), t("The day agreed for coming back to a lead that was lost.")
        case LeadField.CALL_CONSENT:
            return t("May be called"), t(
                "Yes or no; a box that is not ticked is a no. A call to somebody who said no is a finding."
            )
        case LeadField.PRIORITY:
            return t("Priority"), t("Response targets can differ by it.")
        case LeadField.LEAD_TYPE:
            return t("Type of enquiry"), t("Response targets can differ by it: an order is not a download.")
        case LeadField.LANGUAGE:
            return t("Language of the lead"), t("A code such as de, or the name of the language.")
        case LeadField.IP:
            return t("Internet address of the sender"), t("Leads of one address within a day are looked at together.")
        case LeadField.USER_AGENT:
            return t("Browser of the sender"), t("Crawlers and tools name themselves in it.")
        case LeadField.TIME_ON_FORM:
            return t("Seconds on the form"), t("Nobody reads and fills in a form in no time.")
        case LeadField.HONEYPOT:
            return t("Field that people do not see"), t("Only a program fills it in.")
        case LeadField.CONSENT_PROOF:
            return t("Certificate of consent"), t("Its number, as the vendor gives it with the lead.")
        case _:
            return t(FIELDS[FitField(role.value)]), t(_TARGET_GROUP.get(role, _ASKED_FOR))


_ASKED_FOR = phrase("The target group can ask for it.")
_TARGET_GROUP = {
    LeadField.CITY: phrase("The target group can ask for it: where the person is."),
    LeadField.JOB_TITLE: phrase("The target group can ask for it: what the person works as."),
    LeadField.ORGANISATION_KIND: phrase("The target group can ask for it: commercial, or paid from a budget."),
    LeadField.STAFF: phrase("The target group can ask for it; of 11-50 no number can be told."),
    LeadField.DECIDES: phrase("The target group can ask for it; it counts where no role in a deal says it."),
}
