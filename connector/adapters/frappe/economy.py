"""The fewest calls that a Frappe site's API lets us make. A call costs no tokens; Frappe limits none by itself."""

from __future__ import annotations

from connector.adapters.frappe import documents, fields, hooks
from connector.adapters.frappe.adapter import READ_BATCH, WRITE_BATCH
from connector.adapters.frappe.client import PAGE
from connector.crm.economy import Allowance, CallLine, CallPlan, Economy, Load, pages

CHANGES_PER_LEAD = 2
"""Rows of Version of a lead that is worked: handed over once, and its status moved on."""

_CLOCK = CallLine(what="the site's time zone", calls=1)
_CHILD_TABLES = 2


def set_up() -> CallPlan:
    """Our fields and webhooks are listed, and made one by one: a call that makes several undoes all when one is
    refused. The side panel's layout is read and written, users, both lists of statuses and the site's
    own fields are listed."""
    return CallPlan(
        lines=(
            CallLine(what="our six fields", calls=1 + len(fields.DEFINITIONS)),
            CallLine(what="the side panel", calls=2),
            _CLOCK,
            CallLine(what="owners", calls=1),
            CallLine(what="statuses of leads and deals", calls=2),
            CallLine(what="fields of the site's own", calls=1),
            CallLine(what="webhooks", calls=1 + len(hooks.WANTED)),
        )
    )


def backfill(load: Load) -> CallPlan:
    """Leads are counted, imports and leads listed by 500, and leads read by 500. For as many each of the six kinds of
    documents takes a list, the two kinds that child tables tie to a lead one more; a list ends after 500 rows. So do
    the versions, the deals that leads became, and the contacts of those."""
    batches = pages(load.leads, READ_BATCH)
    kinds = len(documents.ALL)
    return CallPlan(
        lines=(
            _CLOCK,
            CallLine(what="number of leads", calls=1),
            CallLine(what="imports", calls=1),
            CallLine(what="list of leads", calls=pages(load.leads, PAGE)),
            CallLine(what="leads", calls=batches),
            CallLine(what="links of calls and events", calls=_CHILD_TABLES * batches),
            CallLine(what="activities", calls=max(kinds * batches, pages(load.activities, PAGE))),
            CallLine(what="deals and their contacts", calls=2 * pages(load.deals, PAGE)),
            CallLine(
                what="changes of owner and status", calls=max(batches, pages(load.leads * CHANGES_PER_LEAD, PAGE))
            ),
        )
    )


def new_lead(activities: int = 0) -> CallPlan:
    """The lead, the imports, a list for each kind of document and for both child tables (events only where a table
    names one), its versions, one write."""
    kinds = len(documents.ALL) if activities else len(documents.ALL) - 1
    return CallPlan(
        lines=(
            _CLOCK,
            CallLine(what="the lead and the imports", calls=2),
            CallLine(what="links of calls and events", calls=_CHILD_TABLES),
            CallLine(what="activities", calls=max(kinds, pages(activities, PAGE))),
            CallLine(what="changes of owner and status", calls=1),
            *write_back(1).lines,
        )
    )


def write_back(leads: int) -> CallPlan:
    """Twenty leads a call: the site saves each one by itself, in up to half a second, and an answer may take 20 s."""
    return CallPlan(lines=(CallLine(what="our fields written", calls=pages(leads, WRITE_BATCH)),))


def _allowance(_plan: str, _seats: int) -> Allowance:
    return Allowance(rate=None, assumes="a site without a rate limit of its own, which is how Frappe ships.")


ECONOMY = Economy(set_up=set_up, backfill=backfill, new_lead=new_lead, write_back=write_back, allowance=_allowance)
