"""How a lead is called on a page."""

from __future__ import annotations

from connector.storage.lead_lists import LeadRow
from connector.web.texts import t


def display_name(row: LeadRow) -> str:
    """The lead's name, or what can be said in its place."""
    if row.is_forgotten:
        return t("Deleted at the person's wish")
    name = row.name or row.company or t("Lead {id}", id=row.lead_id)
    return t("{name} (deleted in the CRM)", name=name) if row.is_gone else name
