"""Deals, texts and the account's own properties out of HubSpot, over HTTP from a running sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
import requests

from audits.model.case import Fact
from audits.model.deal import DealContact
from audits.model.lead import LeadStatus
from connector.adapters.hubspot import LEAD_FIELDS, HubSpotAdapter, capabilities_for
from connector.crm.lead_fields import FieldKind, FieldRoles
from connector.crm.port import OurField
from connector.errors import PermissionMissing
from connector.sandbox import SandboxControl
from tests.adapters.conftest import BASE, PORTAL, client_for

NO_DEALS = "crm.objects.deals.read"


class Account:
    """What the people and other programs of the account do."""

    def __init__(self, control: SandboxControl) -> None:
        self.token = str(control.install(PORTAL)["access_token"])
        self.control = control

    def call(self, method: str, path: str, sent: object) -> Mapping[str, object]:
        answer = requests.request(
            method,
            f"{self.control.base_url}{path}",
            json=sent,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=10,
        )
        answer.raise_for_status()
        found = answer.json()
        assert isinstance(found, dict)
        return found

    def contact(self, **properties: str) -> str:
        return self.control.create_contact(PORTAL, {"lifecyclestage": "lead", **properties})

    def deal(self, *contact_ids: str, **properties: str) -> str:
        sent = {"properties": {"dealname": "D", "pipeline": "default", "dealstage": "offer", **properties}}
        deal_id = str(self.call("POST", "/crm/objects/2026-03/deals", sent)["id"])
        for contact_id in contact_ids:
            path = f"/crm/objects/2026-03/deals/{deal_id}/associations/default/contacts/{contact_id}"
            self.call("PUT", path, None)
        return deal_id

    def property(self, name: str, kind: str, field_type: str, **more: object) -> None:
        sent = {"name": name, "label": name.title(), "groupName": "contactinformation", "type": kind, **more}
        self.call("POST", "/crm/properties/2026-03/contacts", {**sent, "fieldType": field_type})

    def log(self, kind: str, contact_id: str, **properties: str) -> None:
        self.control.act("log", PORTAL, type=kind, contact_id=contact_id, properties=properties)


@pytest.fixture
def account(control: SandboxControl) -> Account:
    return Account(control)


def adapter_of(account: Account, **more: object) -> HubSpotAdapter:
    client = client_for(account.control.base_url, account.token)
    return HubSpotAdapter(client, record_url_base=BASE, currency="USD", **more)  # type: ignore[arg-type]


def test_a_deal_with_all_its_people(account: Account) -> None:
    first = account.contact(email="a@x.example", hs_buying_role="DECISION_MAKER;CHAMPION")
    second = account.contact(email="b@x.example", hs_buying_role="END_USER")
    third = account.contact(email="c@x.example")
    deal_id = account.deal(
        first, second, third, amount="12000.5", hs_is_closed="false", hs_is_closed_won="false",
        hs_v2_date_entered_current_stage="2026-11-02T10:00:00Z", closedate="2027-01-01T00:00:00Z",
    )  # fmt: skip
    read = adapter_of(account).read_leads([first])
    ((deal,),) = (record.deals for record in read.records)
    assert (deal.deal_id, deal.pipeline, deal.stage, deal.status) == (
        f"deal:{deal_id}",
        "default",
        "offer",
        LeadStatus.OPEN,
    )
    assert (deal.amount_minor, deal.currency, deal.closed_at) == (1_200_050, "USD", None)
    assert deal.stage_since == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert deal.record_url == f"{BASE.replace('/0-1/', '/0-3/')}{deal_id}"
    assert set(deal.contacts) == {
        DealContact(contact_id=first, role="DECISION_MAKER, CHAMPION", is_decider=True),
        DealContact(contact_id=second, role="END_USER", is_decider=False),
        DealContact(contact_id=third),
    }


def test_a_role_of_their_own_is_no_word_of_ours(account: Account) -> None:
    account.control.act(
        "add_option", PORTAL, type="contacts", property="hs_buying_role", value="HOUSE_CAT", label="House cat"
    )
    lead_id = account.contact(email="a@x.example", hs_buying_role="HOUSE_CAT")
    account.deal(lead_id, hs_is_closed="true", hs_is_closed_won="true", closedate="2026-11-03T00:00:00Z")
    read = adapter_of(account).read_leads([lead_id])
    (deal,) = read.records[0].deals
    assert (deal.status, deal.closed_at) == (LeadStatus.WON, datetime(2026, 11, 3, tzinfo=UTC))
    assert deal.contacts == (DealContact(contact_id=lead_id, role="HOUSE_CAT", is_decider=None),)
    assert ("hs_buying_role", "HOUSE_CAT") in read.unmapped


def test_without_the_scope_for_deals_the_gap_is_named(account: Account, control: SandboxControl) -> None:
    lead_id = account.contact(email="a@x.example")
    deal_id = account.deal(lead_id)
    scopes = ["oauth", "crm.objects.contacts.read", "sales-email-read"]
    account.token = str(control.install(PORTAL, scopes=scopes)["access_token"])
    unaware = adapter_of(account)
    with pytest.raises(PermissionMissing) as caught:
        unaware.read_leads([lead_id])
    assert caught.value.scope == NO_DEALS
    assert NO_DEALS in str(unaware.without_scope(NO_DEALS).coverage.cause(Fact.DEALS))
    assert unaware.read_leads([lead_id]).records[0].deals == ()
    assert unaware.find_leads_of("deal", [deal_id]) == {}
    assert [fact for fact, _ in capabilities_for([NO_DEALS]).coverage.missing] == [Fact.DEALS]


def test_the_contacts_of_a_deal_are_looked_at_again_with_it(account: Account) -> None:
    first, second = account.contact(email="a@x.example"), account.contact(email="b@x.example")
    deal_id = account.deal(first, second)
    assert set(adapter_of(account).find_leads_of("deal", [deal_id])[deal_id]) == {first, second}


def test_texts_come_as_plain_words(account: Account) -> None:
    lead_id = account.contact(email="a@x.example")
    account.log("emails", lead_id, hs_email_direction="EMAIL", hs_email_subject="Offer", hs_email_text="Dear Ada")
    account.log("emails", lead_id, hs_email_direction="INCOMING_EMAIL", hs_email_html="<p>Which <b>price</b>?</p>")
    account.log("communications", lead_id, hs_communication_channel_type="SMS", hs_communication_body="<p>Hi</p>")
    account.log("calls", lead_id, hs_call_title="First call", hs_call_body="<div>left word</div>")
    (record,) = adapter_of(account).read_leads([lead_id]).records
    assert {(act.subject, act.text) for act in record.activities} == {
        ("Offer", "Dear Ada"),
        (None, "Which price?"),
        (None, "Hi"),
        ("First call", "left word"),
    }
    assert "Dear Ada" not in repr([act.raw for act in record.activities])


def test_properties_of_their_own_by_role(account: Account) -> None:
    account.property("form_sent", "datetime", "date")
    yes_no = [{"label": word, "value": word, "displayOrder": 0, "hidden": False} for word in ("true", "false")]
    account.property("may_call", "bool", "booleancheckbox", options=yes_no)
    account.property("come_back", "date", "date")
    account.property("odd", "string", "text")
    lead_id = account.contact(
        email="a@x.example", form_sent="2026-11-02T10:00:00Z", may_call="false", come_back="2026-12-24", odd="soon",
        hs_language="el",
    )  # fmt: skip
    chosen = {
        "submitted_at": "form_sent",
        "has_call_consent": "may_call",
        "recontact_on": "come_back",
        "preferred_at": "odd",
    }
    adapter = adapter_of(account, roles=FieldRoles(chosen, LEAD_FIELDS))
    known = {one.name: one.kind for one in adapter.known_fields()}
    assert (known["form_sent"], known["come_back"]) == (FieldKind.INSTANT, FieldKind.DATE)
    assert (known["may_call"], known["odd"]) == (FieldKind.YES_NO, FieldKind.TEXT)
    assert not set(known) & set(OurField)
    read = adapter.read_leads([lead_id])
    (record,) = read.records
    assert record.lead.submitted_at == datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert (record.lead.has_call_consent, record.lead.recontact_on) == (False, date(2026, 12, 24))
    assert (record.lead.preferred_at, record.lead.language) == (None, "el")
    assert [fact for fact, _ in record.missing] == [Fact.PREFERRED_AT]
    assert ("odd", "aaaa") in read.unmapped
    assert adapter.capabilities().coverage.cause(Fact.PREFERRED_AT) is None


def test_facts_for_the_target_group_by_role(account: Account) -> None:
    account.property("headcount", "number", "number")
    lead_id = account.contact(email="a@x.example", city="Oslo", headcount="120")
    assert adapter_of(account).read_leads([lead_id]).records[0].lead.facts == ()
    adapter = adapter_of(account, roles=FieldRoles({"staff": "headcount", "city": "city"}, LEAD_FIELDS))
    assert {"headcount", "city"} <= {one.name for one in adapter.known_fields()}
    read = adapter.read_leads([lead_id])
    assert read.records[0].lead.facts == (("city", "Oslo"), ("staff", "120"))
    assert read.records[0].missing == ()


def test_where_a_lead_stands_and_since_when(account: Account) -> None:
    lead_id = account.contact(email="a@x.example", hs_lead_status="NEW")
    account.control.set_properties(PORTAL, lead_id, {"hs_lead_status": "UNQUALIFIED"})
    (record,) = adapter_of(account).read_leads([lead_id]).records
    lead, last = record.lead, record.stage_changes[-1]
    assert (lead.pipeline, lead.stage, lead.status) == ("hs_lead_status", "UNQUALIFIED", LeadStatus.DISCARDED)
    assert lead.stage_since == lead.closed_at == last.occurred_at
    account.control.set_properties(PORTAL, lead_id, {"lifecyclestage": "customer"})
    won = adapter_of(account).read_leads([lead_id]).records[0].lead
    assert (won.pipeline, won.stage, won.status) == ("lifecyclestage", "customer", LeadStatus.WON)
    assert won.closed_at is not None
    assert won.closed_at >= last.occurred_at
