"""In every CRM: what somebody accepted stands in our field of the record, and no write names any field but ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from connector.adapters.pipedrive.mapping import DEAL, PERSON
from connector.crm.port import OurField
from connector.storage import installs, repairs, worklist
from connector.storage.installs import Install
from tests.conftest import DatabaseUrls
from tests.sides import SIDES
from tests.sides.frappe import FrappeSide
from tests.sides.hubspot import HubSpotSide
from tests.sides.pipedrive import PipedriveSide
from tests.stack import Stack

BAD, GOOD = "lena.sommer@gmial.com", "lena.sommer@gmail.com"
PERSON_GIVEN = {"first_name": "Lena", "last_name": "Sommer", "email": BAD, "phone": "+4930123456"}
OURS = OurField.SUGGESTED_REPAIR.value
SUGGESTED = f"e-mail: {GOOD} (given: {BAD})"


@pytest.fixture(params=sorted(SIDES))
def stack(request: pytest.FixtureRequest, sqlite_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path, sqlite_urls.database_url, sqlite_urls.inbox_url, side=SIDES[request.param]()) as ready:
        yield ready


def decide(stack: Stack, install: Install, lead_id: str, proposed: str | None) -> bool:
    """Accept what is proposed for the address, or (None) take that back."""
    now = stack.context.clock()
    with stack.context.database.write() as connection:
        worklist.mark_due(connection, install.install_id, [lead_id], now)
        if proposed is None:
            return repairs.reopen_repair(connection, install.install_id, lead_id, "email", BAD)
        return repairs.decide_repair(
            connection,
            install.install_id,
            lead_id,
            "email",
            BAD,
            proposed=proposed,
            user_id="head",
            at=now,
            shown_in=OurField.SUGGESTED_REPAIR.value,
        )


def writes(stack: Stack) -> list[Mapping[str, object]]:
    """Field → value of each write of ours to a record, as the CRM took it."""
    side = stack.side
    if isinstance(side, HubSpotSide):
        return [_object(each["properties"]) for each in side.control.writes(door="api", action="update")]
    if isinstance(side, PipedriveSide):
        return [
            {**_object(each["values"]), **_object(each["custom"])}
            for each in side.control.writes(companyId=int(side.account), action="update", door="api")
        ]
    assert isinstance(side, FrappeSide)
    return [
        {name: value for name, value in doc.items() if name not in ("doctype", "docname")}
        for one in side.site.asked
        if one.path.endswith("frappe.client.bulk_update")
        for doc in json.loads(one.body["docs"])
    ]


def _object(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def our_names(stack: Stack, install: Install) -> set[str]:
    """What the CRM calls our fields."""
    names = {field.value for field in OurField}
    with stack.context.database.read() as connection:
        keys = installs.get_install(connection, install.install_id).field_keys
    return names | {
        keys[f"{entity}/{name}"] for entity in (DEAL, PERSON) for name in names if f"{entity}/{name}" in keys
    }


def test_it_is_suggested_and_withdrawn_and_the_original_is_never_written(stack: Stack) -> None:
    install = stack.install()
    stack.advance(install)
    with stack.context.database.read() as connection:
        # As it is set up: what the account calls our fields is known by now.
        install = installs.get_install(connection, install.install_id)
    lead_id = stack.side.create_lead(stack.side.account, **PERSON_GIVEN)
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == ""
    assert decide(stack, install, lead_id, GOOD)
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == SUGGESTED
    (record,) = stack.context.adapter_for(install).read_leads([lead_id]).records
    assert record.lead.email == BAD
    assert record.our_fields[OURS] == SUGGESTED
    assert decide(stack, install, lead_id, None)
    stack.settle(install)
    assert stack.fields(lead_id)[OURS] == ""
    (record,) = stack.context.adapter_for(install).read_leads([lead_id]).records
    assert (record.lead.email, record.lead.first_name, record.lead.last_name) == (BAD, "Lena", "Sommer")
    made = writes(stack)

    assert len(made) >= 3
    assert {name for each in made for name in each} <= our_names(stack, install)
