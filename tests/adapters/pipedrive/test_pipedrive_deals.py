"""Deals, subjects and the company's own fields out of Pipedrive, over HTTP from the sandbox."""

from __future__ import annotations

from datetime import date

import requests

from audits.model.case import Fact
from audits.model.lead import LeadStatus
from connector.adapters.pipedrive import PipedriveAdapter, mapping
from connector.crm.lead_fields import FieldKind
from connector.payloads import JsonObject
from tests.adapters.pipedrive.conftest import Make
from tests.adapters.pipedrive.test_reading import lead_of, one
from tests.sides.pipedrive import COMPANY, PipedriveSide


def called(side: PipedriveSide, method: str, path: str, sent: object) -> JsonObject:
    """What a person's program does in the company."""
    token = side.grant(side.account).grant.access_token
    answer = requests.request(
        method,
        f"{side.sandbox.base_url}{path}",
        json=sent,
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    answer.raise_for_status()
    made = answer.json()["data"]
    assert isinstance(made, dict)
    return made


def field(side: PipedriveSide, name: str, kind: str, **more: object) -> JsonObject:
    """A custom field of deals, as a person makes one."""
    return called(side, "POST", "/api/v2/dealFields", {"field_name": name, "field_type": kind, **more})


def test_a_deal_is_a_lead_and_a_deal_at_once(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    _, uuid = lead_of(side)
    number = side.control.act("convert", COMPANY, id=uuid)["id"]
    side.control.set_values(COMPANY, "deal", number, {"value": 12000.5, "currency": "EUR"})
    record = one(adapter, f"deal:{number}")
    (deal,) = record.deals
    assert (deal.deal_id, deal.status) == (record.lead.lead_id, LeadStatus.OPEN)
    assert (deal.amount_minor, deal.currency) == (1_200_050, "EUR")
    assert (deal.pipeline, deal.stage) == (record.lead.pipeline, record.lead.stage) != ("", "")
    assert [each.contact_id for each in deal.contacts] == [record.companion_id]
    assert deal.stage_since == record.lead.stage_since is not None
    assert Fact.DEALS not in {fact for fact, _ in record.missing}
    side.control.set_values(COMPANY, "deal", number, {"status": "won"})
    won = one(adapter, f"deal:{number}").deals[0]
    assert won.status is LeadStatus.WON
    assert won.closed_at is not None


def test_other_participants_are_told_of() -> None:
    assert not mapping.has_others({"person_id": 3, "participants_count": 1})
    assert mapping.has_others({"person_id": 3, "participants_count": 2})
    assert mapping.has_others({"person_id": None, "participants_count": 1})
    assert not mapping.has_others({"person_id": 3})


def test_a_lead_of_the_inbox_has_no_deal_and_no_stage(side: PipedriveSide, adapter: PipedriveAdapter) -> None:
    record = one(adapter, lead_of(side)[0])
    assert record.deals == ()
    assert "stand in no stage" in dict(record.missing)[Fact.STAGE]


def test_the_companys_own_fields_by_role(side: PipedriveSide, make: Make) -> None:
    back = field(side, "Come back", "date")
    prio = field(side, "Urgency", "enum", options=[{"label": "high"}, {"label": "low"}])
    _, uuid = lead_of(side)
    number = side.control.act("convert", COMPANY, id=uuid)["id"]
    options = prio["options"]
    assert isinstance(options, list)
    low = next(option["id"] for option in options if isinstance(option, dict) and option["label"] == "low")
    codes = {"recontact_on": str(back["field_code"]), "priority": str(prio["field_code"])}
    values = {codes["recontact_on"]: "2026-12-24", codes["priority"]: low}
    called(side, "PATCH", f"/api/v2/deals/{number}", {"custom_fields": values})
    adapter = make(roles={**codes, "submitted_at": "f" * 40})
    known = {one.name: (one.label, one.kind) for one in adapter.known_fields()}
    assert known[codes["recontact_on"]] == ("Come back", FieldKind.DATE)
    assert known[codes["priority"]] == ("Urgency", FieldKind.CHOICE)
    record = one(adapter, f"deal:{number}")
    assert (record.lead.recontact_on, record.lead.priority) == (date(2026, 12, 24), "low")
    assert "not there any more" in dict(record.missing)[Fact.SUBMITTED_AT]
    assert adapter.capabilities().coverage.cause(Fact.RECONTACT_ON) is None
