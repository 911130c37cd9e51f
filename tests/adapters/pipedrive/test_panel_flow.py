"""The panel over what was really read: the ids that Pipedrive names lead to the leads that the adapter stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from connector.app import create_app
from connector.storage import people
from connector.storage.people import Role
from tests.conftest import DatabaseUrls
from tests.sides.pipedrive import COMPANY, PipedriveSide
from tests.stack import Stack
from tests.web.card_calls import ask_pipedrive, basic


@pytest.fixture
def side() -> PipedriveSide:
    return PipedriveSide()


@pytest.fixture
def stack(sqlite_urls: DatabaseUrls, tmp_path: Path, side: PipedriveSide) -> Iterator[Stack]:
    with Stack(tmp_path, sqlite_urls.database_url, sqlite_urls.inbox_url, side=side) as ready:
        yield ready


def test_a_deal_its_person_and_its_organization_show_the_lead(stack: Stack, side: PipedriveSide) -> None:
    company = side.control.create(COMPANY, "organization", {"name": "Hafenlicht GmbH"})
    person = side.control.create(
        COMPANY, "person", {"name": "Ada Quick", "org_id": company["id"], "phones": [{"value": "+4930555010"}]}
    )
    deal = side.control.create(
        COMPANY, "deal", {"title": "A roof", "person_id": person["id"], "org_id": company["id"]}
    )
    lead = side.control.create(COMPANY, "lead", {"title": "Another roof", "person_id": person["id"]})
    install = stack.install()
    stack.advance(install)
    with stack.context.database.write() as connection:
        people.upsert_user(
            connection, install.install_id, "900001", "head@x.example", "Head", Role.HEAD_OF_SALES, None
        )
    client = create_app(
        stack.settings, database=stack.context.database, inbox=stack.context.inbox, clock=stack.context.clock
    ).test_client()
    proof = basic(stack.settings.crm_apps["pipedrive"].client_id, stack.settings.crm_apps["pipedrive"].secrets[0])

    def panel(resource: str, record: object) -> list[dict[str, Any]]:
        return objects(client, install.account_id, proof, resource, str(record))

    (of_deal,) = panel("deal", deal["id"])
    assert of_deal["header"] == "Ada Quick"
    assert of_deal["page"]["value"].endswith(f"/leads/deal%3A{deal['id']}")
    of_person = {made["page"]["value"].rpartition("/")[2] for made in panel("person", person["id"])}
    assert of_person == {f"deal%3A{deal['id']}", f"lead%3A{lead['id']}"}
    of_company = {made["page"]["value"].rpartition("/")[2] for made in panel("organization", company["id"])}
    assert f"deal%3A{deal['id']}" in of_company
    assert panel("deal", 999999) == panel("organization", 999999) == []


def objects(
    client: FlaskClient, company: str, proof: dict[str, str], resource: str, record: str
) -> list[dict[str, Any]]:
    answer = ask_pipedrive(client, company=company, user="900001", record=record, resource=resource, headers=proof)
    assert answer.status_code == 200, answer.text
    made: list[dict[str, Any]] = json.loads(answer.data)["data"]
    return made
