"""/: what is read and why, what is written, what is never done; and the way in."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from connector.catalog import CRMS, is_set_up, oauth_for
from connector.crm.port import OurField
from connector.web.access import Access, needs, visitor
from connector.web.headers import allow_forms_to
from connector.web.site import site
from connector.web.texts import t

pages = Blueprint("landing", __name__)


@dataclass(frozen=True, slots=True)
class CrmDoor:
    """A CRM that can be connected from here."""

    crm: str
    label: str
    is_self_hosted: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A thing with what it is for."""

    name: str
    says: str


@dataclass(frozen=True, slots=True)
class LandingPage:
    """What the landing page prints."""

    doors: tuple[CrmDoor, ...]
    read: tuple[Named, ...]
    written: tuple[Named, ...]
    never: tuple[str, ...]


@pages.get("/")
@needs(Access.PUBLIC)
def landing() -> str | Response:
    """The landing page; whoever is signed in goes to the overview."""
    if visitor() is not None:
        return redirect("/overview", 303)
    allow_forms_to(authorize_urls())
    return render_template("landing.html", page=landing_page())


def authorize_urls() -> list[str]:
    """Where the forms that connect a CRM end."""
    settings = site().settings
    redirect_uri = site().external("/")
    return [
        oauth_for(settings, crm).authorize_url(state="-", code_challenge="-", redirect_uri=redirect_uri)
        for crm in settings.crm_apps
        if crm in CRMS
    ]


def crm_doors() -> tuple[CrmDoor, ...]:
    """The CRMs that can be connected: those for which the settings hold an app, and those that companies host."""
    return tuple(
        CrmDoor(crm, entry.label, entry.is_self_hosted)
        for crm, entry in CRMS.items()
        if is_set_up(site().settings, crm)
    )


def landing_page() -> LandingPage:
    """The promises of the app, in words."""
    return LandingPage(
        doors=crm_doors(),
        read=(
            Named(
                t("Leads"),
                t(
                    "name, e-mail, phone, company, country, source, status, owner: to tell real leads from "
                    "pseudo-leads"
                ),
            ),
            Named(
                t("Calls, e-mails, meetings, messages and tasks"),
                t(
                    "when, by whom, how long, with what result: to see whether a lead was worked. "
                    "Neither recordings nor the text of an e-mail are read."
                ),
            ),
            Named(t("History of owner and status"), t("to know who held a lead at which moment")),
            Named(t("Owners"), t("names, addresses and teams: to say who, and to let them sign in")),
        ),
        written=written_fields(),
        never=(
            t(
                "A value that a person entered is never overwritten; "
                "a field of ours that a person cleared stays empty."
            ),
            t("Nobody's minutes are counted: only whether a lead was worked as agreed, within working hours."),
            t("Nobody is called neglectful for a lead that reached them late."),
            t("Nothing is sent to your leads, and nothing of yours to anybody else."),
        ),
    )


def written_fields() -> tuple[Named, ...]:
    """Our six fields on the CRM's record, by their labels there."""
    names = {
        OurField.LEAD_QUALITY: (t("Lead quality"), t("0 to 100: is it real, reachable, ours to sell to")),
        OurField.HANDLING: (t("Handling"), t("0 to 100: was it worked as agreed")),
        OurField.LEAD_VERDICT: (t("Lead verdict"), t("plausible, repairable, suspect, pseudo-lead or duplicate")),
        OurField.FOLLOW_UP_STATUS: (
            t("Follow-up status"),
            t("due, overdue, never called, in progress, neglected, closed"),
        ),
        OurField.AUDIT_NOTE: (t("Audit note"), t("one sentence: what was found and what is next")),
        OurField.SUGGESTED_REPAIR: (
            t("Suggested repair"),
            t("what was probably meant, once you have accepted it here; what was given stays as it is"),
        ),
    }
    return tuple(Named(*names[field]) for field in OurField)
