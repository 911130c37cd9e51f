"""The fewest calls that HubSpot's API lets us make. A call costs no tokens; 110 may be made in ten seconds."""

from __future__ import annotations

from connector.adapters.hubspot.activities import Engagement
from connector.adapters.hubspot.client import ASSOCIATION_LIMIT, BATCH_LIMIT, HISTORY_LIMIT, LIST_LIMIT
from connector.crm.economy import Allowance, CallLine, CallPlan, Economy, Load, RateLimit, pages

ALLOWED = RateLimit(calls=110, window_s=10.0)
"""For an app of the marketplace, per account; neither plan nor seats change it (HubSpot's usage guidelines)."""

_KINDS = len(Engagement)


def set_up() -> CallPlan:
    """Our properties are looked for, their group and they are made: 3. Owners are listed twice, those of the past
    apart: 2. What statuses, stages and call outcomes may be: 2. Which properties an account has: 1."""
    return CallPlan(
        lines=(
            CallLine(what="our six fields", calls=3),
            CallLine(what="owners", calls=2),
            CallLine(what="values of the account's own", calls=2),
            CallLine(what="fields of the account's own", calls=1),
        )
    )


def backfill(load: Load) -> CallPlan:
    """Contacts are listed by the hundred to find those of the window, and read with their histories by the fifty: no
    call takes more. (A list with histories gives fifty, too, but would pay for every contact older than the window.)

    What is linked to a contact is asked for each of the six kinds apart, a thousand contacts a call. A list can name
    linked records itself, but leaves out without a word what it does not show, and that must not read as "none". The
    linked records come by the hundred, each kind apart: at least one call for each kind that occurs (all six are
    taken to, as soon as there are six activities). Deals are linked in the same way; of each hundred it is asked what
    they say, of each thousand who is in them.
    """
    return CallPlan(
        lines=(
            CallLine(what="list of contacts", calls=pages(load.leads, LIST_LIMIT)),
            CallLine(what="contacts with histories", calls=pages(load.leads, HISTORY_LIMIT)),
            CallLine(what="links to activities", calls=_KINDS * pages(load.leads, ASSOCIATION_LIMIT)),
            CallLine(what="activities", calls=max(min(load.activities, _KINDS), pages(load.activities, BATCH_LIMIT))),
            CallLine(what="links to deals", calls=pages(load.leads, ASSOCIATION_LIMIT)),
            CallLine(what="deals", calls=pages(load.deals, BATCH_LIMIT)),
            CallLine(what="contacts of deals", calls=pages(load.deals, ASSOCIATION_LIMIT)),
        )
    )


def new_lead(activities: int = 0) -> CallPlan:
    """The contact with its histories, its links by kind and to deals, the linked records of each kind that occurs,
    one write."""
    kinds = min(activities, _KINDS)
    return CallPlan(
        lines=(
            CallLine(what="the contact with histories", calls=1),
            CallLine(what="links to activities", calls=_KINDS),
            CallLine(what="links to deals", calls=1),
            CallLine(what="activities", calls=max(kinds, pages(activities, BATCH_LIMIT))),
            *write_back(1).lines,
        )
    )


def write_back(leads: int) -> CallPlan:
    """A hundred contacts a call."""
    return CallPlan(lines=(CallLine(what="our fields written", calls=pages(leads, BATCH_LIMIT)),))


def _allowance(_plan: str, _seats: int) -> Allowance:
    return Allowance(
        rate=ALLOWED,
        assumes="an app of HubSpot's marketplace: 110 calls in 10 s per account, whatever its plan and seats.",
    )


ECONOMY = Economy(set_up=set_up, backfill=backfill, new_lead=new_lead, write_back=write_back, allowance=_allowance)
