"""/cards/<crm>: what a CRM shows of a lead beside its own record. The CRM asks, not a browser: no session, no form.

The CRM's desk (connector.crm.card) proves the call. Who may see what is decided here, anew for each record: the
account is the proven one, the record one of its leads, the viewer somebody whom that account knows.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, g, jsonify, request
from sqlalchemy.engine import Connection

from connector.catalog import app_of, find_crm, is_set_up
from connector.crm.card import (
    CardCall,
    CardDesk,
    CardLink,
    CardNotice,
    CardRefused,
    CardRequest,
    CardShown,
    RecordKind,
)
from connector.errors import StorageBusy, UnexpectedPayload
from connector.logs import get_logger
from connector.storage import card_queries, contests, installs, people, policies, repairs
from connector.storage.card_queries import StoredCard
from connector.storage.installs import InstallStatus
from connector.web.access import Viewer
from connector.web.card_words import RULES, CardTeller, card_labels, owners_named
from connector.web.site import site
from connector.web.texts import current, t
from webhooks.body import BodyRefused, read_body

#: CRMs give a card's answer 10 to 15 s, and ask with an id or two.
BODY_TIMEOUT_S = 4.0
MAX_BODY_BYTES = 20_000
#: Leads of one record that a card shows. Source: Pipedrive's panels hold ten objects.
MOST_LEADS = 10

pages = Blueprint("cards", __name__)
_log = get_logger(__name__)


@pages.route("/cards/<crm>", methods=["GET", "POST"])
def card(crm: str) -> Response:
    """The card of the record that the CRM asks for: 401 and nothing for whoever does not prove to be the CRM."""
    entry = find_crm(crm)
    if entry is None or entry.card is None or not is_set_up(site().settings, crm):
        return Response(status=404)
    try:
        asked = entry.card.prove(_call(crm), app_of(site().settings, crm), site().now())
    except BodyRefused as refusal:
        return Response(status=refusal.status)
    except CardRefused as reason:
        _log.info("card not proven", crm=crm, reason=str(reason))
        return Response(status=401)
    except UnexpectedPayload as trouble:
        _log.warning("card not understood", crm=crm, reason=str(trouble))
        return _answer(entry.card, CardNotice(status=400, title=t("Nothing to show"), text=str(trouble)))
    try:
        with site().database.read() as connection:
            shown = _shown(connection, crm, asked)
    except StorageBusy as trouble:
        _log.warning("storage busy", endpoint=request.endpoint, error=str(trouble))
        shown = CardNotice(
            status=503,
            title=t("Busy at the moment"),
            text=t("The database is busy at the moment.") + " " + t("Wait a few seconds and load the page again."),
        )
    return _answer(entry.card, shown)


def _call(crm: str) -> CardCall:
    # The host is the configured one: behind a proxy the request's own is another, and anybody can forge it.
    query = request.environ.get("QUERY_STRING", "").encode("latin-1").decode("utf-8", "surrogateescape")
    return CardCall(
        method=request.method,
        url=site().external(f"/cards/{crm}") + (f"?{query}" if query else ""),
        query=tuple(request.args.items(multi=True)),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=read_body(request.environ, max_bytes=MAX_BODY_BYTES, timeout_s=BODY_TIMEOUT_S),
    )


def _answer(desk: CardDesk, shown: CardShown | CardNotice) -> Response:
    reply = desk.render(shown)
    response = jsonify(reply.body)
    response.status_code = reply.status
    return response


def _shown(conn: Connection, crm: str, asked: CardRequest) -> CardShown | CardNotice:
    install = installs.find_install_by_account(conn, crm, asked.account_id)
    user = card_queries.find_card_viewer(conn, install.install_id, asked.user_id) if install else None
    if install is None or user is None or asked.is_shared:
        # The same words for all of them: they tell nobody whether an account is connected.
        return CardNotice(
            status=403,
            title=t("Not connected for you"),
            text=t("Ask an admin of your account to connect Lead Assay and to let you in."),
        )
    g.texts = replace(current(), zone=install.zone)
    me = Viewer(install=install, user=user)
    if install.status is InstallStatus.UNINSTALLED:
        return CardNotice(
            status=403,
            title=t("Uninstalled"),
            text=t("Lead Assay is uninstalled.") + " " + t("An admin can connect it again."),
            action=CardLink(t("Connect again"), site().external("/")) if me.is_admin else None,
        )
    if install.status is InstallStatus.PAUSED:
        return CardNotice(
            status=403,
            title=t("Connection stopped"),
            text=t("The connection to the CRM has stopped.")
            + " "
            + t("An admin can connect it again from the page Sync."),
            action=CardLink(t("Connect again"), site().external("/sync")) if me.is_admin else None,
        )
    found = _cards(conn, install.install_id, asked)
    cards = found[:MOST_LEADS]
    owners = people.list_owners(conn, install.install_id, owners_named(cards))
    book = policies.PolicyBook.load(conn, install.install_id)
    told = contests.standing_of(conn, install.install_id, [each.lead.lead_id for each in cards])
    meant = repairs.repairs_of_leads(conn, install.install_id, [each.lead.lead_id for each in cards])
    teller = CardTeller(me, book, tuple(owners), site().now(), current(), told, meant)
    return CardShown(
        leads=tuple(teller.lead(each) for each in cards),
        labels=card_labels(),
        empty_says=t("Lead Assay knows no lead of this record."),
        more=CardLink(t("All leads"), site().external("/leads")) if len(found) > len(cards) else None,
        settings=CardLink(t("Settings"), site().external("/settings")) if me.is_admin else None,
    )


def _cards(conn: Connection, install_id: str, asked: CardRequest) -> list[StoredCard]:
    # One more than is shown tells that there are more.
    rule_ids, limit = list(RULES), MOST_LEADS + 1
    if asked.kind is RecordKind.LEAD:
        return card_queries.find_cards_of_lead(conn, install_id, asked.record_id, rule_ids, limit)
    if asked.kind is RecordKind.COMPANION:
        return card_queries.find_cards_of_companion(conn, install_id, asked.record_id, rule_ids, limit)
    if asked.kind is RecordKind.ORGANIZATION:
        return card_queries.find_cards_of_organization(conn, install_id, asked.record_id, rule_ids, limit)
    return []
