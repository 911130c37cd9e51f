"""How a lead is called on a page."""

from __future__ import annotations

from connector.storage.lead_lists import LeadRow
from connector.web.access import Viewer
from connector.web.texts import t


def display_name(row: LeadRow, me: Viewer | None = None) -> str:
    """The lead's name, or what can be said in its place. `me`: who reads it, where that may be somebody who held the
    lead once and does so no more."""
    if row.is_forgotten:
        return t("Deleted at the person's wish")
    if me is not None and not me.may_know_lead_of(row.owner_id):
        return t("Lead {id}", id=row.lead_id)
    name = row.name or row.company or t("Lead {id}", id=row.lead_id)
    return t("{name} (deleted in the CRM)", name=name) if row.is_gone else name
