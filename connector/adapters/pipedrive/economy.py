"""The fewest calls and tokens that Pipedrive's API lets us make. Tokens are scarce: all tools share them."""

from __future__ import annotations

from collections.abc import Mapping

from connector.adapters.pipedrive import client
from connector.adapters.pipedrive.events import WATCHED
from connector.crm.economy import Allowance, CallLine, CallPlan, Economy, Load, RateLimit, pages
from connector.crm.port import OurField

TOKENS_PER_SEAT = 30_000
PLANS: Mapping[str, tuple[int, int]] = {
    "lite": (1, 80),
    "growth": (2, 160),
    "premium": (5, 400),
    "ultimate": (7, 480),
}
"""Plan → (factor of the day's tokens, calls of a token in 2 s). Source: Pipedrive's page on rate limiting."""

_LISTS = 4
_ENTITIES = 2


def set_up() -> CallPlan:
    """Fields of deals and of persons are listed and six of each made, one a call. Users, types of activities,
    labels of leads and, once ours are made, the fields of deals are listed; webhooks are, too, and one is made for
    each kind of record."""
    made = _ENTITIES * len(OurField)
    return CallPlan(
        lines=(
            _line("lists of fields", _ENTITIES, client.COST_LIST_V2),
            _line("our fields", made, client.COST_WRITE_V2),
            _line("users", 1, client.COST_LIST_V1),
            _line("types of activities", 1, client.COST_ACTIVITY_TYPES),
            _line("labels of leads", 1, client.COST_LABELS),
            _line("fields of the company's own", 1, client.COST_LIST_V2),
            _line("webhooks", 1 + len(WATCHED), client.COST_HOOK),
        )
    )


def backfill(load: Load) -> CallPlan:
    """Leads, archived leads, deals and archived deals are four lists, at least one call each, 500 records a call (all
    leads are taken to be in the first). Persons and organizations come by the hundred. Nothing gives the activities
    of several leads, so all of the window are read, 500 a call, and so are the notes.

    Mails are given for one person a call, and the person says how many there are: a call for each person with mails.
    The history of a deal is a call of its own for each deal that has changed; all are taken to.
    """
    lists = client.COST_LIST_V1 + client.COST_LEADS_ARCHIVED + client.COST_LIST_V2 + client.COST_DEALS_ARCHIVED
    step = client.following_start(0, str(client.LIST_LIMIT))
    further = pages(load.leads, step) - 1 if load.leads > client.LIST_LIMIT else 0
    return CallPlan(
        lines=(
            CallLine(
                what="lists of leads and deals",
                calls=_LISTS + further,
                tokens=lists + further * client.COST_LIST_V1,
            ),
            _line("persons", pages(load.leads, client.IDS_LIMIT), client.COST_LIST_V2),
            _line("organizations", pages(load.most_companies, client.IDS_LIMIT), client.COST_LIST_V2),
            _line("activities", max(1, pages(load.activities, client.LIST_LIMIT)), client.COST_LIST_V2),
            _line("notes", 1, client.COST_LIST_V1),
            _line("mails", load.most_mailed, client.COST_LIST_V1),
            _line("histories of deals", load.deals, client.COST_HISTORY),
        )
    )


def new_lead(activities: int = 0) -> CallPlan:
    """The lead, its person, its activities and its notes; mails only when the person says that there are some; the
    lead and its person written."""
    return CallPlan(
        lines=(
            _line("the lead", 1, client.COST_ONE_V1),
            _line("its person", 1, client.COST_LIST_V2),
            _line("its activities", max(1, pages(activities, client.LIST_LIMIT)), client.COST_LIST_V2),
            _line("its notes", 1, client.COST_LIST_V1),
            *write_back(1).lines,
        )
    )


def write_back(leads: int) -> CallPlan:
    """One record a call; each lead with its person."""
    return CallPlan(
        lines=(
            _line("leads written", leads, client.COST_WRITE_LEAD),
            _line("their persons written", leads, client.COST_WRITE_V2),
        )
    )


def allowance(plan: str, seats: int) -> Allowance:
    """What a company of that plan and so many seats may do. Raises KeyError for a plan that there is not."""
    factor, calls = PLANS[plan]
    paid = "1 seat" if seats == 1 else f"{seats} seats"
    return Allowance(
        rate=RateLimit(calls=calls, window_s=client.BURST_WINDOW_S),
        day_tokens=TOKENS_PER_SEAT * factor * seats,
        past_share=1 - client.DEAR_CALLS_SHARE,
        assumes=f"Pipedrive's plan {plan.capitalize()} with {paid}, without bought tokens.",
    )


def _line(what: str, calls: int, tokens_each: int) -> CallLine:
    return CallLine(what=what, calls=calls, tokens=calls * tokens_each)


ECONOMY = Economy(
    set_up=set_up,
    backfill=backfill,
    new_lead=new_lead,
    write_back=write_back,
    allowance=allowance,
    plans=tuple(PLANS),
)
