"""/vendors/log: everything that people and vendors did about contracts, and whether it still stands as written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from audits.model.said import phrase
from connector.storage import ledger, people
from connector.storage.ledger import Act, Actor, Entry, Head
from connector.web.access import Access, needs, viewer
from connector.web.sentences import written
from connector.web.site import site
from connector.web.texts import current, t

pages = Blueprint("vendor_log", __name__)

PAGE = "/vendors/log"
MOST = 50

ACTS: Mapping[Act, str] = {
    Act.CONTRACT_SAVED: phrase("Contract saved"),
    Act.CONTRACT_ENDED: phrase("Contract ended"),
    Act.CONTRACT_WITHDRAWN: phrase("Contract withdrawn"),
    Act.DELIVERY_TAKEN: phrase("Delivery taken"),
    Act.DELIVERY_REFUSED: phrase("Delivery refused"),
    Act.CLAIM_MADE: phrase("Claim made"),
    Act.CLAIM_SENT: phrase("Claim sent"),
    Act.CLAIM_ANSWERED: phrase("Claim answered"),
    Act.CLAIM_RESUBMITTED: phrase("Claim sent again"),
    Act.CLAIM_SETTLED: phrase("Claim settled"),
    Act.CLAIM_WITHDRAWN: phrase("Claim withdrawn"),
    Act.STATEMENT_CLOSED: phrase("Statement closed"),
    Act.STATEMENT_CORRECTED: phrase("Statement corrected"),
    Act.INVOICE_TAKEN: phrase("Invoice taken"),
    Act.PORTAL_LINK_MADE: phrase("Vendor's link made"),
    Act.PORTAL_LINK_REVOKED: phrase("Vendor's link revoked"),
    Act.PORTAL_OPENED: phrase("Vendor's page opened"),
    Act.COST_ENTERED: phrase("Cost entered"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One entry in words. `facts`: names and values of its body, as they stand there."""

    seq: int
    at: datetime
    act: str
    who: str
    vendor: str
    subject: str
    facts: list[tuple[str, str]]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """What the page prints. `checked_says` "" = not checked now."""

    head: Head
    rows: list[EntryRow]
    acts: list[tuple[str, str]]
    act: str
    vendors: list[str]
    vendor: str
    first_href: str
    next_href: str
    checked_says: str
    checked_at: datetime | None
    is_whole: bool


@pages.get(PAGE)
@needs(Access.MANAGER)
def shown() -> str:
    """The entries, the latest first."""
    return _page("", None, is_whole=True)


@pages.post(PAGE)
@needs(Access.MANAGER)
def check() -> str:
    """Read the whole log now and say whether it stands as it was written."""
    with site().database.read() as connection:
        checked = ledger.verify(connection, viewer().install_id)
    if checked.broken is not None:
        return _page(written(checked.broken.said), site().now(), is_whole=False)
    says = current().plural(
        "Checked just now: the one entry stands as it was written.",
        "Checked just now: all {n} entries stand as they were written.",
        checked.count,
    )
    return _page(says, site().now(), is_whole=True)


def _page(checked_says: str, checked_at: datetime | None, *, is_whole: bool) -> str:
    me = viewer()
    act, vendor = request.args.get("act", ""), request.args.get("vendor", "")
    if act not in {each.value for each in Act}:
        act = ""
    before = request.args.get("before", "")
    below = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    with site().database.read() as connection:
        head = ledger.head(connection, me.install_id)
        vendors = ledger.list_vendors(connection, me.install_id)
        vendor = vendor if vendor in vendors else ""
        found = ledger.list_entries(connection, me.install_id, act=act, vendor=vendor, before=below, most=MOST + 1)
        names = {user.user_id: user.name or user.email for user in people.list_users(connection, me.install_id)}
    asked = {name: value for name, value in (("act", act), ("vendor", vendor)) if value}
    rows = [_row(entry, names) for entry in found[:MOST]]
    page = LogPage(
        head=head,
        rows=rows,
        acts=[(each.value, t(said)) for each, said in ACTS.items()],
        act=act,
        vendors=vendors,
        vendor=vendor,
        first_href=_href(asked) if below is not None else "",
        next_href=_href({**asked, "before": str(rows[-1].seq)}) if len(found) > MOST else "",
        checked_says=checked_says,
        checked_at=checked_at,
        is_whole=is_whole,
    )
    return render_template("vendor_log.html", page=page)


def _href(asked: Mapping[str, str]) -> str:
    return f"{PAGE}?{urlencode(asked)}" if asked else PAGE


def _row(entry: Entry, names: Mapping[str, str]) -> EntryRow:
    who = {
        Actor.USER.value: names.get(entry.actor_id, "") or t("somebody who is no user any more"),
        Actor.VENDOR.value: entry.actor_id or entry.vendor,
    }.get(entry.actor_kind, "Lead Assay")
    known = {each.value: said for each, said in ACTS.items()}
    return EntryRow(
        seq=entry.seq,
        at=entry.at,
        act=t(known[entry.act]) if entry.act in known else entry.act,
        who=who,
        vendor=entry.vendor,
        subject=entry.subject,
        facts=_facts(entry.body),
        hash=entry.hash,
    )


def _facts(body: str) -> list[tuple[str, str]]:
    """Of a body that somebody spoiled, the body as it stands: the page must open all the same."""
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return [("", body)]
    return [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in told.items()]
