"""Other leads of the person of one lead, as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from audits.duplicate_terms import DuplicateTerms, is_same_person
from audits.model.case import Apart, KeyKind, LeadCase, Sighting
from audits.model.said import phrase
from connector.storage import page_queries
from connector.web.access import Viewer
from connector.web.lead_names import display_name
from connector.web.links import lead_href
from connector.web.texts import current, t

#: So many are listed; the others stand with the person among the duplicates.
MOST = 10

_APART = {
    Apart.HOUSEHOLD: phrase("another person: people of different names share a number"),
    Apart.SWITCHBOARD: phrase("another person: it is the number of a company"),
    Apart.SAID: phrase("another person: somebody said so"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLine:
    """Another lead. `href` "" = the viewer may not know it. `is_person`: it is taken for the same person."""

    href: str
    name: str
    source: str
    received_at: datetime
    shares: str
    is_person: bool
    is_before: bool


def seen_leads(conn: Connection, me: Viewer, case: LeadCase, terms: DuplicateTerms) -> list[SeenLine]:
    """The nearest other leads that share anything with this one, the earliest first. Whoever is no more alike than
    the terms ask for, and shares neither number nor address, is left out."""
    by_lead: dict[str, list[Sighting]] = {}
    for each in case.sightings:
        if each.key_kind is not KeyKind.PERSON or is_same_person(each, terms) or each.apart is not None:
            by_lead.setdefault(each.lead_id, []).append(each)
    nearest = sorted(by_lead, key=lambda each: abs(by_lead[each][0].received_at - case.lead.received_at))[:MOST]
    rows = {row.lead_id: row for row in page_queries.list_presently(conn, me.install_id, nearest)}
    lines = []
    for lead_id in sorted(nearest, key=lambda each: (by_lead[each][0].received_at, each)):
        seen = by_lead[lead_id]
        row = rows.get(lead_id)
        may_know = row is not None and me.may_know_lead_of(row.owner_id)
        lines.append(
            SeenLine(
                href=lead_href(lead_id) if may_know else "",
                name=display_name(row, me) if row is not None else t("Lead {id}", id=lead_id),
                source=seen[0].source or "",
                received_at=seen[0].received_at,
                shares=_shares(seen),
                is_person=any(is_same_person(each, terms) for each in seen),
                is_before=(seen[0].received_at, lead_id) < (case.lead.received_at, case.lead.lead_id),
            )
        )
    return lines


def _shares(seen: list[Sighting]) -> str:
    if seen[0].apart is not None:
        return t(_APART[seen[0].apart])
    kinds = {each.key_kind for each in seen}
    if kinds >= {KeyKind.PHONE, KeyKind.EMAIL}:
        return t("same phone number and e-mail address")
    if KeyKind.PHONE in kinds:
        return t("same phone number")
    if KeyKind.EMAIL in kinds:
        return t("same e-mail address")
    return t("likely the same person: {percent}", percent=current().percent((seen[0].percent or 0) / 100))
