"""The official client from PyPI, pointed at the sandbox: what it cannot do here is a fault of the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hubspot import HubSpot
from hubspot.crm.associations.v4 import (
    AssociationSpec,
    BatchInputPublicAssociationMultiPost,
    BatchInputPublicFetchAssociationsBatchRequest,
    PublicAssociationMultiPost,
    PublicFetchAssociationsBatchRequest,
    PublicObjectId,
)
from hubspot.crm.contacts import (
    ApiException,
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchReadInputSimplePublicObjectId,
    Filter,
    FilterGroup,
    PublicGdprDeleteInput,
    PublicMergeInput,
    PublicObjectSearchRequest,
    SimplePublicObjectBatchInput,
    SimplePublicObjectBatchInputForCreate,
    SimplePublicObjectId,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.properties import (
    ApiException as PropertyException,
)
from hubspot.crm.properties import (
    BatchReadInputPropertyName,
    PropertyCreate,
    PropertyGroupCreate,
    PropertyName,
)

from connector.sandbox import SandboxControl, SandboxHandle
from tests.sandbox.conftest import ADMIN, PORTAL

NOW_MS = 1_795_000_000_000


@pytest.fixture
def client(sandbox: SandboxHandle, control: SandboxControl) -> Any:
    token = control.install(PORTAL)["access_token"]
    return HubSpot(access_token=token, host=sandbox.base_url)


def _create(client: Any, **properties: str) -> Any:
    return client.crm.contacts.basic_api.create(SimplePublicObjectInputForCreate(properties=properties))


def test_code_exchange_refresh_and_token_info(sandbox: SandboxHandle, control: SandboxControl) -> None:
    app = sandbox.sandbox.config.app
    query = {
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uris[0],
        "scope": " ".join(app.required_scopes),
        "state": "s",
    }
    answer = control.consent(f"{sandbox.base_url}/oauth/authorize?{urlencode(query)}", PORTAL, ADMIN)
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    client: Any = HubSpot(host=sandbox.base_url)
    tokens = client.oauth.tokens_api.create(
        grant_type="authorization_code",
        code=code,
        redirect_uri=app.redirect_uris[0],
        client_id=app.client_id,
        client_secret=app.client_secret,
    )
    assert tokens.expires_in == 1800
    again = client.oauth.tokens_api.create(
        grant_type="refresh_token",
        refresh_token=tokens.refresh_token,
        client_id=app.client_id,
        client_secret=app.client_secret,
    )
    assert again.access_token != tokens.access_token
    assert again.refresh_token == tokens.refresh_token
    info = client.oauth.access_tokens_api.get(again.access_token)
    assert (info.hub_id, info.user_id, info.user) == (PORTAL, ADMIN, "ada.admin@northwind.example")
    assert info.scopes == list(app.required_scopes)
    assert client.oauth.refresh_tokens_api.get(tokens.refresh_token).hub_id == PORTAL
    client.oauth.refresh_tokens_api.archive(tokens.refresh_token)
    with pytest.raises(Exception, match="BAD_REFRESH_TOKEN"):
        client.oauth.tokens_api.create(
            grant_type="refresh_token",
            refresh_token=tokens.refresh_token,
            client_id=app.client_id,
            client_secret=app.client_secret,
        )


def test_contact_is_created_read_updated_and_archived(client: Any) -> None:
    before = datetime.now(UTC)
    made = _create(client, email="lena@lead.example", firstname="Lena")
    assert int(made.id) > 2**31
    assert (made.created_at - before).total_seconds() < 5
    basic = client.crm.contacts.basic_api
    basic.update(made.id, SimplePublicObjectInput(properties={"lastname": "Lead", "hs_lead_status": "NEW"}))
    found = basic.get_by_id(made.id, properties=["lastname", "phone"], properties_with_history=["hs_lead_status"])
    assert found.properties["lastname"] == "Lead"
    assert found.properties["phone"] is None
    assert [version.value for version in found.properties_with_history["hs_lead_status"]] == ["NEW"]
    assert basic.get_by_id("lena@lead.example", id_property="email").id == made.id
    basic.archive(made.id)
    with pytest.raises(ApiException) as missing:
        basic.get_by_id(made.id)
    assert missing.value.status == 404
    assert basic.get_by_id(made.id, archived=True).archived


def test_list_pages_through_everything_in_ascending_id(client: Any) -> None:
    made = [_create(client, email=f"n{number}@lead.example").id for number in range(7)]
    api = client.crm.contacts.basic_api
    first = api.get_page(limit=4)
    second = api.get_page(limit=4, after=first.paging.next.after)
    assert [one.id for one in [*first.results, *second.results]] == made
    assert second.paging is None
    assert [one.id for one in client.crm.contacts.get_all()] == made


def test_batch_read_with_history(client: Any) -> None:
    made = _create(client, email="h@lead.example", lifecyclestage="lead")
    client.crm.contacts.basic_api.update(
        made.id, SimplePublicObjectInput(properties={"lifecyclestage": "salesqualifiedlead"})
    )
    read = client.crm.contacts.batch_api.read(
        BatchReadInputSimplePublicObjectId(
            inputs=[SimplePublicObjectId(id=made.id)],
            properties=["email"],
            properties_with_history=["lifecyclestage"],
        )
    )
    history = read.results[0].properties_with_history["lifecyclestage"]
    assert [version.value for version in history] == ["salesqualifiedlead", "lead"]
    assert history[0].source_type == "INTEGRATION"
    assert history[0].updated_by_user_id == ADMIN


def test_search_by_modified_time(client: Any) -> None:
    made = [_create(client, email=f"s{number}@lead.example").id for number in range(3)]
    found = client.crm.contacts.search_api.do_search(
        PublicObjectSearchRequest(
            filter_groups=[
                FilterGroup(filters=[Filter(property_name="lastmodifieddate", operator="GTE", value="1000")])
            ],
            sorts=["lastmodifieddate"],
            properties=["email"],
            limit=2,
        )
    )
    assert found.total == 3
    assert [one.id for one in found.results] == made[:2]
    assert found.paging.next.after == "2"


def test_batch_create_and_update_with_a_partial_failure(client: Any) -> None:
    batch = client.crm.contacts.batch_api
    made = batch.create(
        BatchInputSimplePublicObjectBatchInputForCreate(
            inputs=[
                SimplePublicObjectBatchInputForCreate(
                    properties={"email": f"b{number}@lead.example"}, associations=[]
                )
                for number in range(2)
            ]
        )
    )
    inputs = [SimplePublicObjectBatchInput(id=one.id, properties={"firstname": "Bea"}) for one in made.results]
    inputs.append(SimplePublicObjectBatchInput(id="999", properties={"firstname": "Nobody"}))
    updated = batch.update(BatchInputSimplePublicObjectBatchInput(inputs=inputs))
    assert [one.properties["firstname"] for one in updated.results] == ["Bea", "Bea"]
    assert updated.num_errors == 1
    assert updated.errors[0].category == "OBJECT_NOT_FOUND"
    assert updated.errors[0].context["ids"] == ["999"]


def test_merge_and_privacy_deletion(client: Any) -> None:
    kept = _create(client, email="kept@lead.example")
    gone = _create(client, email="gone@lead.example", phone="+12025550123")
    basic = client.crm.contacts.basic_api
    merged = basic.merge(PublicMergeInput(primary_object_id=kept.id, object_id_to_merge=gone.id))
    assert merged.properties["hs_merged_object_ids"] == gone.id
    found = basic.get_by_id(gone.id, properties=["phone", "email"])
    assert (found.id, found.properties["phone"], found.properties["email"]) == (
        kept.id,
        "+12025550123",
        "kept@lead.example",
    )
    basic.purge(PublicGdprDeleteInput(object_id=kept.id))
    for archived in (False, True):
        with pytest.raises(ApiException):
            basic.get_by_id(kept.id, archived=archived)


def test_activities_and_their_associations(client: Any) -> None:
    from hubspot.crm.objects import SimplePublicObjectInputForCreate as Create

    contact = _create(client, email="act@lead.example").id
    made: dict[str, str] = {}
    for name, type_id, properties in (
        ("calls", 194, {"hs_call_direction": "OUTBOUND", "hs_call_duration": "61000", "hs_call_status": "COMPLETED"}),
        ("emails", 198, {"hs_email_direction": "EMAIL", "hs_email_status": "SENT"}),
        ("tasks", 204, {"hs_task_status": "NOT_STARTED", "hs_task_subject": "Call back"}),
    ):
        sent = Create(
            properties={"hs_timestamp": str(NOW_MS), **properties},
            associations=[
                {
                    "to": {"id": contact},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}],
                }
            ],
        )
        made[name] = getattr(client.crm.objects, name).basic_api.create(sent).id
    found = client.crm.objects.calls.basic_api.get_by_id(made["calls"], properties=["hs_timestamp"])
    assert found.properties["hs_timestamp"] == "2026-11-18T11:06:40.000Z"
    linked = client.crm.associations.v4.basic_api.get_page("contacts", contact, "calls")
    assert [one.to_object_id for one in linked.results] == [made["calls"]]
    assert linked.results[0].association_types[0].type_id == 193
    read = client.crm.associations.v4.batch_api.get_page(
        "contacts",
        "tasks",
        BatchInputPublicFetchAssociationsBatchRequest(inputs=[PublicFetchAssociationsBatchRequest(id=contact)]),
    )
    assert [(one._from.id, [to.to_object_id for to in one.to]) for one in read.results] == [
        (contact, [made["tasks"]])
    ]
    with_calls = client.crm.contacts.basic_api.get_by_id(contact, associations=["calls"])
    assert [one.id for one in with_calls.associations["calls"].results] == [made["calls"]]
    assert [one.id for one in client.crm.objects.basic_api.get_page("emails").results] == [made["emails"]]


def test_associations_in_a_batch(client: Any) -> None:
    from hubspot.crm.objects import SimplePublicObjectInputForCreate as Create

    contact = _create(client, email="ass@lead.example").id
    note = client.crm.objects.notes.basic_api.create(
        Create(properties={"hs_timestamp": str(NOW_MS), "hs_note_body": "Hello"}, associations=[])
    ).id
    client.crm.associations.v4.batch_api.create(
        "notes",
        "contacts",
        BatchInputPublicAssociationMultiPost(
            inputs=[
                PublicAssociationMultiPost(
                    _from=PublicObjectId(id=note),
                    to=PublicObjectId(id=contact),
                    types=[AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=202)],
                )
            ]
        ),
    )
    linked = client.crm.associations.v4.basic_api.get_page("contacts", contact, "notes")
    assert [one.to_object_id for one in linked.results] == [note]


def test_properties_and_groups(client: Any) -> None:
    properties = client.crm.properties
    properties.groups_api.create("contacts", PropertyGroupCreate(name="assay", label="Assay", display_order=1))
    wanted = PropertyCreate(
        name="assay_score", label="Score", type="number", field_type="number", group_name="assay", description="0-100"
    )
    made = properties.core_api.create("contacts", wanted)
    assert made.hubspot_defined is False
    with pytest.raises(PropertyException) as taken:
        properties.core_api.create("contacts", wanted)
    assert taken.value.status == 409
    read = properties.batch_api.read(
        "contacts",
        BatchReadInputPropertyName(
            archived=False, inputs=[PropertyName(name="assay_score"), PropertyName(name="assay_none")]
        ),
    )
    assert [one.name for one in read.results] == ["assay_score"]
    assert read.num_errors == 1
    assert "assay" in [group.name for group in properties.groups_api.get_all("contacts").results]
    assert "email" in [one.name for one in properties.core_api.get_all("contacts").results]
    contact = _create(client, email="p@lead.example", assay_score="71")
    assert contact.properties["assay_score"] == "71"


def test_owners_active_and_former(client: Any, control: SandboxControl) -> None:
    former = {"email": "left@northwind.example", "user_id": 5, "is_archived": True}
    control.seed({"portal_id": PORTAL, "owners": [former]})
    active = client.crm.owners.owners_api.get_page().results
    assert [owner.email for owner in active] == ["ada.admin@northwind.example", "rob.rep@northwind.example"]
    assert active[0].user_id == ADMIN
    gone = client.crm.owners.owners_api.get_page(archived=True).results
    assert [(owner.email, owner.user_id, owner.user_id_including_inactive) for owner in gone] == [
        ("left@northwind.example", None, 5)
    ]
