"""Sentences that are kept or raised in English by what stands below the pages, and read by people on them.

They come as finished text: each is found again by its template, so that it can be said in the reader's language.
Templates end without their full stop. `{words}` is one of ours and translated, all other names are data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from audits.model.said import phrase

TEMPLATES: tuple[str, ...] = (
    # What an account does not show, and why.
    phrase("HubSpot shows {words} only with the scope {scope}, which was not granted: connect again, allow it"),
    phrase("Pipedrive shows mails only with the scope {scope}, which was not granted: connect again, allow it"),
    phrase("Pipedrive shows who held a deal only with the scope {scope}, which was not granted"),
    phrase(
        "Pipedrive shows chats to no app. Say on the page of meanings that there are none, or that they are logged"
    ),
    phrase("Pipedrive lists mails without their texts, and one by one they would cost too many tokens"),
    phrase("Pipedrive counts mails with this person that it shows to their owners alone"),
    phrase("Our user on the Frappe site may not {scope}: give it the roles, then connect again"),
    phrase("No field of the CRM is named for {words}; name it under Settings, Fields"),
    phrase("The field {name}, named for {words}, is not there any more"),
    phrase("What the field {name} says of {words} cannot be read"),
    phrase("Working time cannot be counted: {reason}"),
    # Why a report cannot be shown, or none was made.
    phrase(
        "The report {report} was kept in format {kept}, which this version cannot show: it shows format {present}. "
        "Make the report on that week anew with leadassay report --week"
    ),
    phrase(
        "The report could not be made, by a fault of our own; nothing was lost. Ask for it again. When it fails "
        "again, tell the operator: the log has the rest"
    ),
    # Why nothing is read or written.
    phrase("HubSpot says that the access token is not active: connect again"),
    phrase("HubSpot has ended our access (uninstalled, revoked, or the account is gone): connect again"),
    phrase(
        "Pipedrive has ended our access (uninstalled, revoked, user deactivated, or 60 days without use): "
        "connect again"
    ),
    phrase("{crm} did not grant the scope {scope}, without which we can do nothing"),
    phrase(
        "Our user on the Frappe site may not {scope}, without which we can do nothing. Give it the roles System "
        "Manager and Sales Manager, then connect again"
    ),
    phrase("{crm} refuses a fresh access token: connect again"),
    phrase("The connection was ended: connect again"),
    phrase(
        "{crm} names the time zone '{zone}', which we do not know; UTC is used. Set the zone of your working hours "
        "in the settings"
    ),
    # Why nothing was connected.
    phrase("There is no such CRM here"),
    phrase("The answer does not come from {crm}. Start the install again"),
    phrase("{crm} sent you back without a code. Start the install again"),
    phrase("{crm} did not accept the code it had given. Start the install again"),
    phrase("{crm} has no sites of its own"),
    phrase("This consent was used already, is older than ten minutes, or was not begun here. Start again"),
    phrase("This consent was begun in another browser or for another CRM. Start again"),
    phrase(
        "This {crm} site is connected already. Sign in as an admin of it and connect it from there, or give the "
        "client id and secret with which it is connected"
    ),
    phrase("The access was not granted in {crm}. Nothing was connected; you can start again at any time"),
    phrase("{crm} ended the consent with the error '{code}'. Start the install again"),
    phrase("Give the address of your Frappe site, such as https://crm.example.com"),
    phrase(
        "The name of the host may hold the letters a to z, digits, dots and hyphens alone. Copy the address from the "
        "bar of your browser; a name with other letters has a form there that begins with xn--"
    ),
    phrase(
        "The site {host} must be reached by https: our access token travels there. For a site in your own network "
        "the operator of Lead Assay can name {again} in LEADASSAY_PRIVATE_CRM_HOSTS"
    ),
    phrase("There is no host {host}: check the address of your site"),
    phrase(
        "The host {host} lies in a private network, where Lead Assay calls nobody. If that is meant, the operator "
        "can name {again} in LEADASSAY_PRIVATE_CRM_HOSTS"
    ),
    phrase(
        "You are no admin of this company in Pipedrive: your access shows a part of its leads only, and whoever "
        "connects becomes an admin here. Ask an admin of your company to connect Lead Assay"
    ),
    # Why the company's own sign-in lets nobody in.
    phrase("The answer does not come from your company's sign-in. Try again"),
    phrase("Your company's sign-in did not let you in. Try again, or ask your admin"),
    phrase("Your company's sign-in did not accept the code it had given. Try again"),
    phrase("Your address is not on the CRM's list of users. Ask your CRM admin"),
    phrase("This sign-in was used already, is too old, or was begun in another browser"),
    phrase("Your company's sign-in sent an answer that is not sound"),
    phrase("Your company's sign-in does not vouch for your address. Ask your admin"),
)
#: What {words} may be, where it is no field of ours named elsewhere.
WORDS = (phrase("e-mails"), phrase("deals"))


@lru_cache(maxsize=4096)
def found_again(sentence: str) -> tuple[str, Mapping[str, str]] | None:
    """(template, what its names stand for) of a sentence without its full stop; None for one of nobody's."""
    for template, pattern in _patterns():
        match = pattern.fullmatch(sentence)
        if match is not None:
            return template, match.groupdict()
    return None


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    made = []
    for template in TEMPLATES:
        parts = re.split(r"\{(\w+)\}", template)
        body = "".join(f"(?P<{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
        made.append((template, re.compile(body, re.DOTALL)))
    return tuple(made)
