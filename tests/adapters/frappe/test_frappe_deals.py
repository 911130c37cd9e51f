"""Deals, texts and the site's own fields out of Frappe CRM, over HTTP from a running site."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from audits.model.case import Fact
from audits.model.lead import LeadStatus
from connector.crm.lead_fields import FieldKind
from connector.crm.port import OurField
from tests.adapters.frappe.conftest import adapter_for
from tests.frappe_site import FrappeSite
from tests.frappe_site.server import ADMIN

REP = "rep@example.com"
DAY = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)


def converted(site: FrappeSite, **values: Any) -> tuple[str, str]:
    """(lead, deal) where the lead became a deal a day after it came."""
    lead = site.store.insert("CRM Lead", {"first_name": "Ana", "lead_owner": REP}, user=REP, at=DAY)
    later = DAY + timedelta(days=1)
    site.store.update("CRM Lead", lead, {"status": "Qualified", "converted": 1}, user=REP, at=later)
    row = {"lead": lead, "status": "Negotiation", "deal_owner": REP, **values}
    return lead, site.store.insert("CRM Deal", row, user=REP, at=later)


def test_the_deal_of_a_lead(site: FrappeSite) -> None:
    people = [{"contact": "ana", "is_primary": 1}, {"contact": "bert", "is_primary": 0}]
    lead, name = converted(site, deal_value=1200.5, currency="USD", contacts=people)
    site.store.update("CRM Deal", name, {"status": "Won"}, user=REP, at=DAY + timedelta(days=3))
    (record,) = adapter_for(site).read_leads([lead]).records
    (deal,) = record.deals
    assert (deal.pipeline, deal.stage, deal.status) == ("CRM Deal", "Won", LeadStatus.WON)
    assert (deal.amount_minor, deal.currency, deal.owner_id) == (120_050, "USD", REP)
    assert deal.created_at == DAY + timedelta(days=1)
    assert deal.stage_since == deal.closed_at == DAY + timedelta(days=3)
    assert [(each.contact_id, each.role) for each in deal.contacts] == [(lead, None), ("Contact/bert", None)]
    assert deal.record_url == f"{site.url}/crm/deals/{name}"
    assert (record.lead.pipeline, record.lead.stage) == ("CRM Deal", "Won")
    assert record.lead.stage_since == record.lead.closed_at == deal.closed_at


def test_a_deal_without_a_value_has_none_and_one_without_a_currency_the_sites(site: FrappeSite) -> None:
    lead, _ = converted(site, deal_value=70)
    other, _ = converted(site)
    first, second = (record.deals[0] for record in adapter_for(site).read_leads([lead, other]).records)
    assert (first.amount_minor, first.currency) == (7_000, "INR")
    assert (second.amount_minor, second.currency) == (None, None)
    assert second.stage_since == second.created_at


def test_without_deals_the_gap_is_named(site: FrappeSite) -> None:
    lead, _ = converted(site)
    adapter = adapter_for(site, missing=("read CRM Deal",))
    assert "read CRM Deal" in str(adapter.capabilities().coverage.cause(Fact.DEALS))
    (record,) = adapter.read_leads([lead]).records
    assert record.deals == ()
    assert {Fact.DEALS, Fact.STAGE} <= {fact for fact, _ in record.missing}


def test_texts_of_mails_and_where_a_lead_stands(site: FrappeSite) -> None:
    lead = site.store.insert("CRM Lead", {"first_name": "Ana", "lead_owner": REP}, user=REP, at=DAY)
    row = {
        "subject": "Offer", "content": "<div><p>Dear <b>Ana</b></p></div>", "communication_medium": "Email",
        "sent_or_received": "Sent", "user": REP, "communication_date": site.store.wall(DAY)[:19],
        "reference_doctype": "CRM Lead", "reference_name": lead,
    }  # fmt: skip
    site.store.insert("Communication", row, user=REP, at=DAY)
    moved_at = DAY + timedelta(hours=2)
    site.store.update("CRM Lead", lead, {"status": "Contacted"}, user=REP, at=moved_at)
    (record,) = adapter_for(site).read_leads([lead]).records
    (mail,) = record.activities
    assert (mail.subject, mail.text) == ("Offer", "Dear Ana")
    stands = record.lead
    assert (stands.pipeline, stands.stage, stands.stage_since) == ("CRM Lead", "Contacted", moved_at)
    assert stands.closed_at is None


def test_the_sites_own_fields_by_role(site: FrappeSite) -> None:
    for name, kind in (("form_sent", "Datetime"), ("come_back", "Date"), ("may_call", "Check"), ("odd", "HTML")):
        row = {"dt": "CRM Lead", "fieldname": name, "label": name.title(), "fieldtype": kind}
        site.store.insert("Custom Field", row, user=ADMIN, at=DAY)
    values = {"form_sent": "2026-11-10 14:00:00", "come_back": "2026-12-24", "may_call": 0}
    lead = site.store.insert("CRM Lead", {"first_name": "Ana", **values}, user=REP, at=DAY)
    roles = {"submitted_at": "form_sent", "recontact_on": "come_back", "has_call_consent": "may_call"}
    adapter = adapter_for(site, roles={**roles, "preferred_at": "deleted_since"})
    known = {one.name: one.kind for one in adapter.known_fields()}
    assert known == {"form_sent": FieldKind.INSTANT, "come_back": FieldKind.DATE, "may_call": FieldKind.YES_NO}
    assert not set(known) & set(OurField)
    (record,) = adapter.read_leads([lead]).records
    # The site's clock is that of Kolkata.
    assert record.lead.submitted_at == datetime(2026, 11, 10, 8, 30, tzinfo=UTC)
    assert (record.lead.recontact_on, record.lead.has_call_consent) == (date(2026, 12, 24), False)
    assert [(fact, "not there any more" in cause) for fact, cause in record.missing] == [(Fact.PREFERRED_AT, True)]
