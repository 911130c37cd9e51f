"""One history, drawn as each CRM holds it: what is there, what is not, and under which record it stands."""

from typing import Any

import pytest

from connector.sandbox import hubspot_seed
from connector.sandbox.config import PortalConfig, SandboxConfig
from connector.sandbox.core import assemble
from connector.sandbox.hubspot_seed import hubspot_document
from connector.sandbox.kinds import find_kind
from connector.sandbox.pipedrive.from_history import deal_ref, pipedrive_document, record_ref
from connector.sandbox.seed import sow
from connector.sandbox.story import stamp
from tests.demo import told

MAKER = 77


def drawn(*leads: Any, reps: Any = (told.DANA, told.EMRE), **details: Any) -> dict[str, Any]:
    return pipedrive_document(told.account(*leads, reps=reps), 5, maker_id=MAKER, **details)


def only(found: Any) -> Any:
    (one,) = found
    return one


def test_a_lead_and_its_person() -> None:
    document = drawn(told.WORKED)
    person, lead = only(document["persons"]), only(document["leads"])
    assert person["name"] == "Sören Weiß"
    assert person["phones"] == [{"value": "+49 1512 3456700", "primary": True, "label": "work"}]
    assert person["emails"] == [{"value": "worked@example.org", "primary": True, "label": "work"}]
    assert "Köln" not in str(document)
    assert "DE" not in str(document)
    assert lead["person_id"] == {"ref": "worked.person"}
    assert (lead["source_name"], lead["origin"], lead["owner_id"]) == ("Web forms", "WebForms", {"ref": "dana"})
    assert (lead["is_deleted"], "is_archived" in lead) == (False, False)
    assert only(document["organizations"])["name"] == "Sonnenhof"
    assert document["deals"] == []


def test_acts() -> None:
    document = drawn(told.WORKED)
    found = [
        (act["type"], act["due_time"], act["done"], act.get("marked_as_done_time")) for act in document["activities"]
    ]
    assert found == [
        ("call", "09:45", True, "2026-11-02T09:45:20.000Z"),
        ("sms", "12:30", True, "2026-11-02T12:30:20.000Z"),
        ("meeting", "11:30", True, "2026-11-04T12:15:20.000Z"),
        ("meeting", "21:30", False, None),
        ("task", "11:30", True, "2026-11-03T10:30:20.000Z"),
        ("task", "13:30", False, None),
        ("incoming_call", "15:30", True, "2026-11-03T15:30:20.000Z"),
    ]
    assert [(log["outcome"], log["duration"], log["from_phone_number"]) for log in document["call_logs"]] == [
        ("connected", 370, "+49 30 5550100"),
        ("wrong_number", 5, "+49 1512 3456789"),
    ]
    assert [(mail["sent_flag"], mail["to"][0]["email_address"]) for mail in document["mail_messages"]] == [
        (True, "worked@example.org"),
        (False, "dana.voss@meridian.example"),
    ]
    assert only(document["notes"])["content"] == "<p>Roof faces south.</p>"
    assert "bounced" not in str(document).lower()
    assert {str(act["lead_id"]) for act in document["activities"]} == {"{'ref': 'worked'}"}


def test_a_converted_lead_is_a_deal_with_everything_on_it() -> None:
    document = drawn(told.SOLD)
    lead, deal = only(document["leads"]), only(document["deals"])
    assert lead["is_deleted"] is True
    assert (lead["channel_id"], lead["source_name"]) == ("LeadHarbor", "API")
    assert deal["source_lead_id"] == {"ref": "sold"}
    assert (deal["status"], deal["won_time"], deal["owner_id"]) == ("won", stamp(told.at(70)), {"ref": "emre"})
    assert only(document["activities"])["deal_id"] == {"ref": deal_ref("sold")}
    assert "lead_id" not in only(document["activities"])
    changes = [(change["field_key"], change["old_value"], change["new_value"]) for change in document["changelog"]]
    assert changes == [("user_id", {"ref": "dana"}, {"ref": "emre"}), ("status", "open", "won")]
    assert record_ref(told.SOLD) == "sold.deal"
    assert record_ref(told.WORKED) == "worked"


def test_closed_without_a_sale() -> None:
    document = drawn(told.LOST, told.ARCHIVED, told.PARKED)
    assert only(document["deals"])["status"] == "lost"
    shown = {lead["ref"]: lead for lead in document["leads"]}
    assert shown["archived"]["archive_time"] == stamp(told.at(20))
    assert shown["parked"]["is_archived"] is True
    assert shown["parked"]["label_ids"] == [{"ref": only(document["lead_labels"])["ref"]}]
    assert only(document["lead_labels"])["name"] == "AT_PARTNER"


def test_what_nobody_got_is_the_makers() -> None:
    document = drawn(told.UNOWNED)
    assert only(document["leads"])["owner_id"] == MAKER
    assert only(document["leads"])["source_name"] == "Import"


def test_deleted_and_merged() -> None:
    document = drawn(told.DELETED, told.TWIN, told.KEPT)
    leads = {lead["ref"]: lead for lead in document["leads"]}
    persons = {person["ref"]: person for person in document["persons"]}
    assert leads["deleted"]["is_deleted"] is leads["twin"]["is_deleted"] is True
    assert leads["kept"]["is_deleted"] is False
    assert persons["twin.person"]["is_deleted"] is True
    assert only(document["activities"])["lead_id"] == {"ref": "kept"}
    assert only(document["activities"])["person_id"] == {"ref": "kept.person"}


def test_a_rep_who_is_a_user_already() -> None:
    document = drawn(told.WORKED, user_ids={"dana": 12})
    assert [user["ref"] for user in document["users"]] == ["emre"]
    assert only(document["leads"])["owner_id"] == 12


def test_hubspot_holds_all_but_the_conversion() -> None:
    document: Any = hubspot_document(told.account(told.WORKED, told.SOLD, told.UNOWNED, told.DELETED), 5)
    contacts = {record["ref"]: record for record in document["records"] if record["type"] == "contacts"}
    assert "hubspot_owner_id" not in contacts["unowned"]["history"]
    assert "hs_analytics_source" not in contacts["unowned"]["properties"]
    assert (contacts["unowned"]["source"], contacts["deleted"]["is_archived"]) == (
        {"type": "IMPORT", "label": "Fair"},
        True,
    )
    lives = [version["value"] for version in contacts["sold"]["history"]["lifecyclestage"]]
    assert lives == ["lead", "customer"]
    assert "deal" not in str(document)
    kinds = [record["type"] for record in document["records"] if record["type"] != "contacts"]
    assert sorted(set(kinds)) == ["calls", "communications", "emails", "meetings", "notes", "tasks"]
    assert len(kinds) == len(told.ACTS) + len(told.SOLD.acts)


def test_hubspot_holds_what_the_account_made_properties_for() -> None:
    document: Any = hubspot_document(told.account(told.ASKED), 5)
    (contact,) = (record for record in document["records"] if record["type"] == "contacts")
    given = {name: contact["properties"][name] for name, *_ in hubspot_seed.OWN_PROPERTIES}
    assert given == {
        "form_sent_at": stamp(told.at(-1)),
        "best_time_to_call": stamp(told.at(3)),
        "call_consent": "false",
        "come_back_on": "2026-12-01",
        "how_urgent": "high",
        "kind_of_enquiry": "order",
        "web_address_of_sender": "198.18.3.7",
        "browser_of_sender": "Firefox",
        "seconds_on_form": "41",
        "nickname_field": "x",
    }
    assert {one["name"] for one in document["properties"]} == set(given)
    assert contact["properties"]["hs_language"] == "de"
    assert [version["value"] for version in contact["history"]["hs_lead_status"]] == ["NEW", "BAD_TIMING", "LOST"]
    assert document["options"] == [
        {"object": "contacts", "property": "hs_lead_status", "value": "LOST", "label": "Lost to others"},
        {
            "object": "contacts",
            "property": "hs_lead_status",
            "value": "DID_NOT_REQUEST",
            "label": "Did not request anything",
        },
    ]
    mail, chat = (record["properties"] for record in document["records"] if record["type"] != "contacts")
    assert mail["hs_email_text"] == "Guten Tag,\nDach & Speicher"
    assert mail["hs_email_html"] == "<div><p>Guten Tag,</p><p>Dach &amp; Speicher</p></div>"
    assert chat["hs_communication_body"] == "Bis morgen"


def test_hubspot_holds_deals_beside_the_contacts() -> None:
    """In a portal they stand with their people, what each of them is, and how they went from stage to stage."""
    portal = assemble(SandboxConfig(portals=(PortalConfig(portal_id=5),))).store.portal(5)
    history = told.account(told.SOLD, told.ASKED, told.WORKED, deals=(told.WON_DEAL, told.OPEN_DEAL))
    ids: Any = sow(portal, hubspot_document(history, 5))["records"]
    won = portal.get(find_kind("deals"), ids["won"])
    shown = {name: won.values[name] for name in ("dealstage", "amount", "deal_currency_code", "hs_is_closed_won")}
    assert shown == {
        "dealstage": "closedwon", "amount": "9800.00", "deal_currency_code": "EUR", "hs_is_closed_won": "true"
    }  # fmt: skip
    assert [version.value for version in won.history["dealstage"]] == ["qualifiedtobuy", "closedwon"]
    assert won.values["closedate"] == stamp(told.at(70))
    people = portal.associated(find_kind("deals"), ids["open"], find_kind("contacts"))
    labels = {ref: [portal.labels.get(type_id) for type_id in dict(people)[ids[ref]]] for ref in ("asked", "worked")}
    assert labels == {"asked": [None, "End user"], "worked": [None, "Decision maker"]}
    opened = portal.get(find_kind("deals"), ids["open"]).values
    assert (opened["hs_is_closed"], opened["hs_is_closed_won"]) == ("false", "false")


def test_who_left_is_no_owner_any_more() -> None:
    document: Any = hubspot_document(told.account(told.WORKED, reps=(told.DANA, told.EMRE_WHO_LEFT)), 5)
    assert [owner["is_archived"] for owner in document["owners"]] == [False, True]
    company = drawn(told.WORKED, reps=(told.DANA, told.EMRE_WHO_LEFT))
    assert [user["active_flag"] for user in company["users"]] == [True, False]


def test_hubspot_cannot_be_seeded_with_a_merge() -> None:
    with pytest.raises(ValueError, match="kept"):
        hubspot_document(told.account(told.TWIN, told.KEPT), 5)
