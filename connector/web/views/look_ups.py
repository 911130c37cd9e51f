"""/settings/look-ups: what somebody outside is asked about leads, what that costs, and the switch. For admins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from audits.model.said import phrase
from connector.jobs.look_up import affordable, month_of, next_month
from connector.lookups.port import Price
from connector.lookups.roster import packed
from connector.oauth.vault import LOOKUPS, Vault
from connector.storage import installs, lookups
from connector.storage.lookups import RECENT, LookupKind
from connector.web.access import Access, needs, viewer
from connector.web.look_up_form import PaidForm, paid_form, paid_typed, shown_amount
from connector.web.site import site
from connector.web.texts import current, t

pages = Blueprint("look_ups", __name__)

#: Those that cost money.
_PAID = frozenset({LookupKind.PHONE})
_NAME = {
    LookupKind.MX: phrase("Whether the domain of an address takes mail"),
    LookupKind.PHONE: phrase("Whether a mobile number is in service"),
}
_SAYS = {
    LookupKind.MX: phrase(
        "The name server that this machine uses is asked for the mail servers of the domain behind the @. No mail "
        "server is connected to, and nobody learns the address itself."
    ),
    LookupKind.PHONE: phrase(
        "Twilio is asked for the line status of mobile numbers, with a key of your own: Twilio learns the numbers "
        "and charges you for each question. Enter what you pay there; we count by it and stop at your limit."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRow:
    """One look-up on the page. `form`: of one that costs money. `stopped`: why nothing is asked, "" = it is."""

    kind: LookupKind
    name: str
    says: str
    is_on: bool
    price: str
    month: str
    waiting: str
    stopped: str
    form: PaidForm | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpsPage:
    """What the page prints."""

    rows: list[LookupRow]
    recent_says: str


@pages.get("/settings/look-ups")
@needs(Access.ADMIN)
def listed() -> str:
    """All look-ups, with what they cost and what came of them this month."""
    return _page({})


@pages.post("/settings/look-ups/<kind>")
@needs(Access.ADMIN)
def choose(kind: str) -> Response | tuple[str, int]:
    """Switch a look-up on or off; of one that costs money, keep key, price and limit as well."""
    me, now = viewer(), site().now()
    try:
        chosen = LookupKind(kind)
    except ValueError:
        abort(404)
    wish = request.form.get("do", "")
    if wish not in {"on", "off"}:
        abort(400, t("The page was not sent as it was made. Load it again."))
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        before = lookups.lookup_choice(connection, me.install_id, chosen)
        after = replace(before, is_on=wish == "on")
        if chosen in _PAID and wish == "on":
            typed = paid_typed(request.form, has_key=before.sealed is not None)
            if isinstance(typed, PaidForm):
                return _page({chosen: typed}), 422
            after = replace(
                after,
                price_milli=typed.price_milli,
                currency=typed.currency,
                limit_minor=typed.limit_minor,
                sealed=before.sealed if typed.key is None else _sealed(me.install_id, typed.key),
            )
        elif wish == "off":
            # Whoever switches it off takes his key back.
            after = replace(after, sealed=None)
        if after != before:
            lookups.choose_lookup(connection, me.install_id, after, user_id=me.user.user_id, at=now)
    return redirect(f"/settings/look-ups?note=look-up-{wish}", 303)


def _sealed(install_id: str, key: tuple[str, str]) -> bytes:
    return Vault(site().settings.keys).seal_packed(install_id, packed(*key).encode(), purpose=LOOKUPS)


def _page(typed: Mapping[LookupKind, PaidForm]) -> str:
    page = LookUpsPage(
        rows=[_row(kind, typed.get(kind)) for kind in LookupKind],
        recent_says=current().plural(
            "Only leads of the last {n} day are asked about.",
            "Only leads of the last {n} days are asked about.",
            RECENT.days,
        ),
    )
    return render_template("look_ups.html", page=page)


def _row(kind: LookupKind, typed: PaidForm | None) -> LookupRow:
    me, now, says = viewer(), site().now(), current()
    since = month_of(now)
    with site().database.read() as connection:
        choice = lookups.lookup_choice(connection, me.install_id, kind)
        asked = lookups.count_asked(connection, me.install_id, kind, since)
        spent = lookups.spent_milli(connection, me.install_id, kind, since)
        waiting = lookups.count_wants(connection, me.install_id, kind)
    month = says.plural("{n} question this month", "{n} questions this month", asked)
    price, stopped = t("nothing"), ""
    if kind in _PAID:
        price = _money(choice.price_milli, choice.currency) if choice.price_milli else t("as agreed with Twilio")
        if choice.price_milli:
            month = t(
                "{questions}, {spent} of {limit}",
                questions=month,
                spent=_money(spent, choice.currency),
                limit=_money(choice.limit_minor * 1000, choice.currency),
            )
        if choice.is_on and site().jobs.lookup_for(me.install_id, choice) is None:
            stopped = t("The key that is kept here does not open any more: enter it again.")
        price_of_one = Price(milli=choice.price_milli, currency=choice.currency)
        if choice.is_on and not stopped and not affordable(price_of_one, choice.limit_minor, spent):
            stopped = t(
                "The limit of this month is reached: nothing more is asked before {day}, unless you raise it.",
                day=says.day(next_month(now)),
            )
    return LookupRow(
        kind=kind,
        name=t(_NAME[kind]),
        says=t(_SAYS[kind]),
        is_on=choice.is_on,
        price=price,
        month=month,
        waiting=says.plural("{n} lead waits for an answer", "{n} leads wait for an answer", waiting),
        stopped=stopped,
        form=(typed or paid_form(choice)) if kind in _PAID else None,
    )


def _money(milli: int, currency: str) -> str:
    return f"{shown_amount(milli, currency)} {currency}"
