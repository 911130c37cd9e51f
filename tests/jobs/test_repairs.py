"""A slip from arrival to end: proposed, accepted on the page, shown on the CRM's record, mended, withdrawn."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from connector.adapters.hubspot.adapter import HubSpotAdapter
from connector.app import create_app
from connector.crm.port import OurField
from connector.jobs.install_setup import NAME
from connector.storage import cursors, people, repairs, web_sessions
from connector.storage.installs import Install
from connector.storage.people import Role
from connector.storage.repairs import RepairState
from connector.web.sessions import secret_hash
from tests.stack import OTHER_PORTAL, PORTAL, Stack

BAD, GOOD = "lena.sommer@gmial.com", "lena.sommer@gmail.com"
LEAD = {"firstname": "Lena", "lastname": "Sommer", "email": BAD, "phone": "+4930123456"}
OURS = OurField.SUGGESTED_REPAIR.value
SUGGESTED = f"e-mail: {GOOD} (given: {BAD})"


def head_of(stack: Stack, install: Install) -> FlaskClient:
    """A browser in which the head of sales of the account is signed in to the real pages."""
    context = stack.context
    app = create_app(stack.settings, database=context.database, inbox=context.inbox, clock=context.clock)
    app.testing = True
    token, now = f"head-of-{install.install_id}".ljust(48, "x"), context.clock()
    with context.database.write() as connection:
        people.upsert_user(
            connection, install.install_id, "head", "head@seller.example", "Hedda", Role.HEAD_OF_SALES, None
        )
        web_sessions.create_session(
            connection,
            secret_hash(token),
            install_id=install.install_id,
            user_id="head",
            role="head_of_sales",
            data=f'{{"begun_at": {int(now.timestamp())}}}',
            expires_at=now.replace(year=now.year + 1),
        )
    client = app.test_client()
    client.set_cookie("assay", token, domain="localhost")
    return client


def decide(client: FlaskClient, lead_id: str, deed: str, **changed: str) -> int:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/my").text)
    assert token
    data = {"csrf_token": token[1], "do": deed, "field": "email", "given": BAD, "proposed": GOOD, **changed}
    return client.post(f"/leads/{lead_id}/repairs", data=data).status_code


def state(stack: Stack, install: Install, lead_id: str) -> RepairState | None:
    with stack.context.database.read() as connection:
        found = repairs.find_repair(connection, install.install_id, lead_id, "email")
    return None if found is None else found.state


def original(stack: Stack, lead_id: str) -> dict[str, object]:
    """What was given, as the CRM's record shows it."""
    (record,) = [each for each in stack.control.records(PORTAL) if str(each["id"]) == lead_id]
    return {name: record["properties"].get(name) for name in LEAD}


def ready(stack: Stack) -> tuple[Install, str]:
    install = stack.install()
    stack.advance(install)
    lead_id = stack.control.create_contact(PORTAL, LEAD)
    stack.settle(install)
    return install, lead_id


def accepted(stack: Stack) -> tuple[Install, str, FlaskClient]:
    """A lead whose suggestion was accepted and stands in the CRM."""
    install, lead_id = ready(stack)
    head = head_of(stack, install)
    decide(head, lead_id, "accept")
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == SUGGESTED
    return install, lead_id, head


def write_by_hand(stack: Stack, install: Install, lead_id: str, text: str) -> None:
    """Somebody writes `text` where our suggestion stood, and something else that has the lead read again."""
    stack.control.set_properties(PORTAL, lead_id, {OURS: text, "phone": "+4930123457"})
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == text


def test_a_slip_is_suggested_once_accepted_and_goes_once_mended(stack: Stack):
    install, lead_id = ready(stack)
    head = head_of(stack, install)
    assert state(stack, install, lead_id) is RepairState.OPEN
    assert stack.fields(lead_id)[OURS] == "", "nobody has accepted it"
    assert GOOD in head.get("/repairs").text
    assert decide(head, lead_id, "accept") == 303
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == SUGGESTED
    assert original(stack, lead_id) == LEAD
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == SUGGESTED, "our own echo changes nothing"
    stack.control.set_properties(PORTAL, lead_id, {"email": GOOD})
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == ""
    assert state(stack, install, lead_id) is RepairState.MENDED
    assert original(stack, lead_id) == {**LEAD, "email": GOOD}
    # Of all that the API was asked to write to the record nothing names a field that is not ours.
    written = stack.control.writes(objectId=lead_id, objectType="contacts", door="api")
    assert len(written) >= 3
    assert {name for write in written for name in dict(write["properties"])} <= set(OurField)  # type: ignore[call-overload]


def test_what_is_taken_back_goes_from_the_record(stack: Stack):
    install, lead_id, head = accepted(stack)
    decide(head, lead_id, "undo")
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == ""
    assert state(stack, install, lead_id) is RepairState.OPEN
    decide(head, lead_id, "decline")
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == ""
    assert original(stack, lead_id) == LEAD


def test_what_a_person_made_of_the_suggestion_stays(stack: Stack):
    install, lead_id, head = accepted(stack)
    write_by_hand(stack, install, lead_id, "Asked her: it is gmx.")
    decide(head, lead_id, "undo")
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == "Asked her: it is gmx."


def test_a_suggestion_that_a_person_emptied_comes_back_only_when_accepted_again(stack: Stack):
    install, lead_id, head = accepted(stack)
    write_by_hand(stack, install, lead_id, "")
    decide(head, lead_id, "undo")
    stack.settle(install)
    decide(head, lead_id, "accept")
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == SUGGESTED


def test_one_account_neither_sees_nor_decides_what_another_has(stack: Stack):
    install, lead_id = ready(stack)
    other = stack.install(OTHER_PORTAL)
    stack.advance(other)
    theirs = stack.control.create_contact(OTHER_PORTAL, {**LEAD, "firstname": "Olga"})
    stack.settle(other)
    head, stranger = head_of(stack, install), head_of(stack, other)
    assert "Lena Sommer" in head.get("/repairs").text
    assert "Olga Sommer" not in head.get("/repairs?state=all").text
    if theirs != lead_id:
        assert decide(stranger, lead_id, "accept") == 404
    assert decide(stranger, theirs, "accept") == 303
    assert state(stack, install, lead_id) is RepairState.OPEN
    stack.settle(other)
    stack.settle(install)
    assert stack.fields(theirs, OTHER_PORTAL)[OURS] == SUGGESTED
    assert stack.fields(lead_id)[OURS] == ""


def test_an_account_that_an_older_release_set_up_gets_the_field_and_is_not_read_anew(stack: Stack):
    install, lead_id = ready(stack)
    adapter = stack.context.adapter_for(install)
    assert isinstance(adapter, HubSpotAdapter)
    adapter._client._transport.request("DELETE", f"/crm/properties/2026-03/contacts/{OURS}")
    with stack.context.database.write() as connection:
        done = cursors.get_cursor(connection, install.install_id, NAME)
        past = cursors.get_cursor(connection, install.install_id, "backfill")
        assert done is not None
        cursors.put_cursor(
            connection, install.install_id, NAME, None, done.done, None, done.updated_at, is_finished=True
        )
    head = head_of(stack, install)
    decide(head, lead_id, "accept")
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == SUGGESTED
    with stack.context.database.read() as connection:
        assert cursors.get_cursor(connection, install.install_id, "backfill") == past
