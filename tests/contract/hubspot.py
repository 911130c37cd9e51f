"""HubSpot's part of the contract: its dated paths, bodies as its documentation and recordings have them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from audits.model.case import Coverage
from connector.crm.port import Account, CrmAdapter, CrmOAuth, Delivery, FieldWrite, Page, WriteResult
from connector.errors import PermissionMissing, UnexpectedPayload
from connector.payloads import JsonObject, JsonValue
from connector.storage.installs import Install, InstallStatus
from tests.contract.replies import (
    FIRST_NAME,
    NEW_REFRESH,
    NEW_TOKEN,
    NOTE,
    OLD_REFRESH,
    Asked,
    CannotOccur,
    Echo,
    Exchange,
    Foreign,
    Letters,
    Listing,
    Moments,
    Pause,
    Probe,
    Reading,
    Refusal,
    Reply,
    SpentDay,
    StuckListing,
    Talk,
    Writing,
)

PORTAL = "247279312"
MADE = "2026-11-02T10:00:00.000Z"
SINCE = datetime(2026, 8, 1, tzinfo=UTC)
PROPERTIES = [
    "createdate", "lastmodifieddate", "firstname", "lastname", "email", "phone", "mobilephone", "company", "country",
    "hs_calculated_phone_number_country_code", "message", "hubspot_owner_id", "hs_lead_status", "lifecyclestage",
    "hs_analytics_source", "hs_analytics_source_data_1", "hs_analytics_source_data_2", "hs_latest_source",
    "hs_latest_source_data_1", "hs_latest_source_data_2", "hs_object_source", "hs_merged_object_ids",
    "hs_buying_role",
    "leadassay_lead_quality", "leadassay_handling", "leadassay_lead_verdict", "leadassay_follow_up_status",
    "leadassay_audit_note", "leadassay_suggested_repair", "hs_language",
]  # fmt: skip
HISTORY = ["hubspot_owner_id", "hs_lead_status", "lifecyclestage"]
KINDS = ("calls", "emails", "meetings", "communications", "notes", "tasks", "deals")
ACT = ["hs_timestamp", "hs_createdate", "hubspot_owner_id", "hs_object_source", "hs_object_source_label"]
ACTS = {
    "calls": [
        *ACT, "hs_call_direction", "hs_call_status", "hs_call_disposition", "hs_call_duration", "hs_call_title",
        "hs_call_body",
    ],
    "meetings": [
        *ACT, "hs_meeting_start_time", "hs_meeting_end_time", "hs_meeting_outcome", "hs_meeting_title",
        "hs_meeting_body",
    ],
    "tasks": [*ACT, "hs_task_status", "hs_task_type", "hs_task_completion_date"],
}  # fmt: skip


def contact(record_id: str, made: str = MADE, **properties: str) -> JsonObject:
    """A contact as a list shows it."""
    known: JsonObject = {"createdate": made, "hs_object_id": record_id, "lastmodifieddate": made, **properties}
    return {"id": record_id, "properties": known, "createdAt": made, "updatedAt": made, "archived": False}


def listed(after: str | None, contacts: list[str], following: str | None) -> Exchange:
    """One page of the back-fill."""
    query = {"limit": "100", "properties": "createdate", "archived": "false"}
    body: JsonObject = {"results": [contact(one) for one in contacts]}
    if following is not None:
        link = f"https://api.hubapi.com/crm/objects/2026-03/contacts?after={following}"
        body["paging"] = {"next": {"after": following, "link": link}}
    asked = Asked(
        method="GET",
        path="/crm/objects/2026-03/contacts",
        query=query if after is None else {**query, "after": after},
    )
    return asked, Reply(json=body)


def counted(total: int) -> Exchange:
    """How many contacts there are, which the back-fill asks first."""
    asked = Asked(
        method="POST",
        path="/crm/objects/2026-03/contacts/search",
        body={
            "filterGroups": [],
            "sorts": ["hs_object_id"],
            "properties": ["createdate"],
            "limit": 1,
            "after": "0",
        },
    )
    return asked, Reply(json={"total": total, "results": [contact("1")]})


def batch_read(ids: tuple[str, ...], results: list[JsonValue], missing: tuple[str, ...] = ()) -> Exchange:
    """Contacts with histories, by id."""
    asked = Asked(
        method="POST",
        path="/crm/objects/2026-03/contacts/batch/read",
        body={
            "inputs": [{"id": one} for one in ids],
            "properties": list(PROPERTIES),
            "propertiesWithHistory": list(HISTORY),
        },
    )
    body: JsonObject = {"status": "COMPLETE", "results": results}
    if missing:
        body |= {
            "numErrors": 1,
            "errors": [
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": "Could not get some CONTACT objects, they may be deleted or not exist.",
                    "context": {"ids": list(missing)},
                }
            ],
        }
    return asked, Reply(status=207 if missing else 200, json=body)


def links(kind: str, ids: tuple[str, ...], to: Mapping[str, tuple[str, ...]]) -> Exchange:
    """What contacts are linked to, of one kind. A contact without any is an error there."""
    asked = Asked(
        method="POST",
        path=f"/crm/associations/2026-03/contacts/{kind}/batch/read",
        body={"inputs": [{"id": one} for one in ids]},
    )
    body: JsonObject = {
        "status": "COMPLETE",
        "results": [
            {
                "from": {"id": one},
                "to": [
                    {
                        "toObjectId": int(other),
                        "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 193, "label": None}],
                    }
                    for other in others
                ],
            }
            for one, others in to.items()
        ],
    }
    bare = [one for one in ids if one not in to]
    if bare:
        body |= {
            "numErrors": len(bare),
            "errors": [
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                    "message": f"No {kind} is associated with contact {one}.",
                    "context": {"fromObjectId": [one]},
                }
                for one in bare
            ],
        }
    return asked, Reply(status=207 if bare else 200, json=body)


def acts(kind: str, records: Mapping[str, Mapping[str, str]]) -> Exchange:
    """Activities of one kind, by id."""
    asked = Asked(
        method="POST",
        path=f"/crm/objects/2026-03/{kind}/batch/read",
        body={
            "inputs": [{"id": one} for one in records],
            "properties": list(ACTS[kind]),
            "propertiesWithHistory": [],
        },
    )
    results: list[JsonValue] = [
        {"id": one, "properties": dict(known), "createdAt": known.get("hs_createdate", MADE), "updatedAt": MADE}
        for one, known in records.items()
    ]
    return asked, Reply(json={"status": "COMPLETE", "results": results})


def without_activities(ids: tuple[str, ...]) -> Talk:
    """Nothing was done on these contacts."""
    return tuple(links(kind, ids, {}) for kind in KINDS)


def updated(values: Mapping[str, Mapping[str, str]], reply: Reply) -> Exchange:
    """Our fields, written."""
    asked = Asked(
        method="POST",
        path="/crm/objects/2026-03/contacts/batch/update",
        body={"inputs": [{"id": one, "properties": dict(wanted)} for one, wanted in values.items()]},
    )
    return asked, reply


def delivery(*events: Mapping[str, object]) -> Delivery:
    """One webhook request."""
    common = {
        "portalId": int(PORTAL), "appId": 51879189, "subscriptionId": 7662269, "occurredAt": 1788597072520,
        "attemptNumber": 0, "objectTypeId": "0-1", "changeSource": "INTEGRATION", "isSensitive": False,
    }  # fmt: skip
    sent = [{"eventId": 1765889350 + place, **common, **event} for place, event in enumerate(events)]
    return Delivery(body=json.dumps(sent).encode())


class HubSpotReplies:
    """See ContractReplies."""

    crm = "hubspot"
    origin = "https://api.hubapi.com"
    env: Mapping[str, str] = {"HUBSPOT_CLIENT_ID": "client-1", "HUBSPOT_CLIENT_SECRET": "client-secret-1"}
    since = SINCE

    def site(self) -> None:
        return None

    def install(self) -> Install:
        at = datetime(2026, 11, 1, tzinfo=UTC)
        return Install(
            install_id="install-1",
            crm="hubspot",
            account_id=PORTAL,
            account_name="meridian.example",
            zone="Europe/Berlin",
            currency="EUR",
            record_url_base=f"https://app.hubspot.com/contacts/{PORTAL}/record/0-1/",
            api_url="",
            field_keys={},
            installed_by="1",
            status=InstallStatus.ACTIVE,
            status_reason="",
            scopes=(),
            missing_scopes=(),
            coverage=Coverage(),
            fence=0,
            created_at=at,
            connected_at=at,
            paused_at=None,
            purge_at=None,
        )

    def probe(self) -> Probe:
        asked, reply = listed("500", ["501", "502"], None)
        return Probe(
            act=lambda adapter: adapter.list_leads("500", SINCE),
            asked=asked,
            reply=reply,
            gives=Page(lead_ids=("501", "502"), cursor=None, scanned=2),
        )

    def unauthorized(self) -> Reply:
        return Reply(
            status=401,
            json={
                "status": "error",
                "message": "The OAuth token used to make this call expired 3 minute(s) ago.",
                "correlationId": "5a0f4a8c-0000-4000-8000-000000000001",
                "category": "EXPIRED_AUTHENTICATION",
            },
        )

    def _token_asked(self) -> Asked:
        return Asked(
            method="POST",
            path="/oauth/2026-03/token",
            form={
                "grant_type": "refresh_token",
                "refresh_token": OLD_REFRESH,
                "client_id": "client-1",
                "client_secret": "client-secret-1",
            },
            token="",
        )

    def refreshed(self) -> Exchange:
        body: JsonObject = {
            "token_type": "bearer",
            "refresh_token": NEW_REFRESH,
            "access_token": NEW_TOKEN,
            "hub_id": int(PORTAL),
            "user_id": 98500001,
            "scopes": ["oauth", "crm.objects.contacts.read"],
            "expires_in": 1800,
        }
        return self._token_asked(), Reply(json=body)

    def refresh_refused(self) -> Exchange:
        body: JsonObject = {
            "status": "BAD_REFRESH_TOKEN",
            "message": "missing or invalid refresh token",
            "error": "invalid_grant",
            "error_description": "missing or invalid refresh token",
        }
        return self._token_asked(), Reply(status=400, json=body)

    def missing_scope(self) -> Refusal | CannotOccur:
        body: JsonObject = {
            "status": "error",
            "message": "This app hasn't been granted all required scopes to make this call.",
            "correlationId": "5a0f4a8c-0000-4000-8000-000000000002",
            "errors": [
                {
                    "message": "One or more of the following scopes are required.",
                    "context": {"requiredGranularScopes": ["crm.objects.contacts.read"]},
                }
            ],
            "category": "MISSING_SCOPES",
        }
        return Refusal(
            reply=Reply(status=403, json=body), raises=PermissionMissing, scope="crm.objects.contacts.read"
        )

    def _too_many(self, policy: str, limit: str, **headers: str) -> Reply:
        body: JsonObject = {
            "status": "error",
            "message": f"You have reached your {limit} limit.",
            "errorType": "RATE_LIMIT",
            "correlationId": "5a0f4a8c-0000-4000-8000-000000000003",
            "policyName": policy,
        }
        return Reply(status=429, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})

    def busy_with_retry_after(self) -> Pause | CannotOccur:
        reply = self._too_many("TEN_SECONDLY_ROLLING", "ten_secondly_rolling", Retry_After="7")
        return Pause(reply=reply, at_least_s=7.0)

    def busy_without_retry_after(self) -> Pause | CannotOccur:
        return Pause(reply=self._too_many("TEN_SECONDLY_ROLLING", "ten_secondly_rolling"), at_least_s=10.0)

    def spent_day(self) -> SpentDay | CannotOccur:
        probe = self.probe()
        return SpentDay(talk=((probe.asked, self._too_many("DAILY", "daily")),), act=probe.act, at_least_s=3600.0)

    def half_page(self) -> Listing:
        first, second = [str(number) for number in range(1, 101)], ["101", "102"]
        talk = (counted(102), listed(None, first, "100"), listed("100", second, None))
        return Listing(talk=talk, lead_ids=frozenset([*first, *second]))

    def moving_page(self) -> Listing:
        # Contact 2 is deleted and 9 is made while the back-fill runs: by ascending ids nothing shifts.
        talk = (counted(4), listed(None, ["1", "2", "3"], "3"), listed("3", ["4", "9"], None))
        return Listing(talk=talk, lead_ids=frozenset({"1", "2", "3", "4", "9"}))

    def stuck_cursor(self) -> StuckListing:
        return StuckListing(
            talk=(listed("100", ["101"], "100"),), act=lambda adapter: adapter.list_leads("100", SINCE)
        )

    def unknown_field(self) -> Writing:
        values = {"leadassay_handling": "80"}
        body: JsonObject = {
            "status": "error",
            "message": 'Property values were not valid: [{"error":"PROPERTY_DOESNT_EXIST"}]',
            "correlationId": "5a0f4a8c-0000-4000-8000-000000000004",
            "errors": [
                {
                    "message": 'Property "leadassay_handling" does not exist',
                    "code": "PROPERTY_DOESNT_EXIST",
                    "context": {"propertyName": ["leadassay_handling"]},
                }
            ],
            "category": "VALIDATION_ERROR",
        }
        complaint = 'HubSpot answered 400: Property values were not valid: [{"error":"PROPERTY_DOESNT_EXIST"}].'
        return Writing(
            talk=(updated({"7": values}, Reply(status=400, json=body)),),
            writes=(FieldWrite(lead_id="7", values=values),),
            results=(WriteResult(lead_id="7", is_written=False, complaint=complaint),),
        )

    def merged(self) -> Reading | CannotOccur:
        # The id of a merged contact is answered with the one that it was merged into.
        winner = contact("11", hs_merged_object_ids="12")
        return Reading(
            talk=(batch_read(("12",), [winner]), *without_activities(("11",))),
            lead_ids=("12",),
            read=frozenset({"11"}),
            gone=frozenset({"12"}),
            merged={"11": ("12",)},
        )

    def converted(self) -> Reading | CannotOccur:
        return CannotOccur(because="a HubSpot contact stays a contact when a deal is made for it")

    def deleted(self) -> Reading:
        return Reading(
            talk=(batch_read(("21", "22"), [contact("21")], missing=("22",)), *without_activities(("21",))),
            lead_ids=("21", "22"),
            read=frozenset({"21"}),
            gone=frozenset({"22"}),
        )

    def own_echo(self) -> Echo | CannotOccur:
        ours = [
            {"subscriptionType": "object.propertyChange", "objectId": 31, "propertyName": name, "propertyValue": "80"}
            for name in PROPERTIES
            if name.startswith("leadassay_")
        ]
        real = {"subscriptionType": "object.propertyChange", "objectId": 31, "propertyName": "phone"}
        return Echo(echoes=tuple(delivery(event) for event in ours), real=delivery(*ours, real))

    def partial_batch(self) -> Writing:
        values = {one: {"leadassay_handling": score} for one, score in (("1", "80"), ("2", "x"), ("3", "70"))}
        body: JsonObject = {
            "status": "COMPLETE",
            "results": [
                {"id": "1", "properties": {"leadassay_handling": "80"}, "createdAt": MADE, "updatedAt": MADE}
            ],
            "numErrors": 2,
            "errors": [
                {
                    "status": "error",
                    "category": "VALIDATION_ERROR",
                    "message": "x was not a valid number.",
                    "context": {"ids": ["2"]},
                },
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": "Could not get some CONTACT objects, they may be deleted or not exist.",
                    "context": {"ids": ["3"]},
                },
            ],
        }
        return Writing(
            talk=(updated(values, Reply(status=207, json=body)),),
            writes=tuple(FieldWrite(lead_id=one, values=wanted) for one, wanted in values.items()),
            results=(
                WriteResult(lead_id="1", is_written=True),
                WriteResult(lead_id="2", is_written=False, complaint="x was not a valid number."),
                WriteResult(lead_id="3", is_written=False, is_gone=True),
            ),
        )

    def time_zones(self) -> Moments:
        # ISO-8601 in UTC, an offset, epoch milliseconds: HubSpot writes all three. 25 October 2026: clocks go back.
        call = {
            "hs_timestamp": "2026-10-25T02:30:00.000+02:00",
            "hs_createdate": "2026-10-25T00:31:00.000Z",
            "hs_call_direction": "OUTBOUND",
            "hs_call_status": "COMPLETED",
        }
        later = {**call, "hs_timestamp": "1792891800000", "hs_createdate": "2026-10-25T01:31:00Z"}
        task = {"hs_timestamp": "2026-10-25T02:30:00.000+01:00", "hs_createdate": "2026-10-24T12:00:00Z"}
        lead = contact("41", made="2026-10-24T23:59:59.999Z")
        talk: Talk = (
            batch_read(("41",), [lead]),
            links("calls", ("41",), {"41": ("1", "2")}),
            acts("calls", {"1": call, "2": later}),
            links("emails", ("41",), {}),
            links("meetings", ("41",), {}),
            links("communications", ("41",), {}),
            links("notes", ("41",), {}),
            links("tasks", ("41",), {"41": ("3",)}),
            acts("tasks", {"3": task}),
            links("deals", ("41",), {}),
        )
        return Moments(
            talk=talk,
            lead_id="41",
            received_at=datetime(2026, 10, 24, 23, 59, 59, 999_000, tzinfo=UTC),
            occurred_at={
                "call:1": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
                "call:2": datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            },
            recorded_at={
                "call:1": datetime(2026, 10, 25, 0, 31, tzinfo=UTC),
                "call:2": datetime(2026, 10, 25, 1, 31, tzinfo=UTC),
            },
            due_at={"task:3": datetime(2026, 10, 25, 1, 30, tzinfo=UTC)},
        )

    def unicode(self) -> Letters:
        written: JsonObject = {"status": "COMPLETE", "results": [{"id": "51", "properties": {}}]}
        return Letters(
            read=(batch_read(("51",), [contact("51", firstname=FIRST_NAME)]), *without_activities(("51",))),
            lead_id="51",
            write=(updated({"51": {"leadassay_audit_note": NOTE}}, Reply(json=written)),),
            first_name=FIRST_NAME,
        )

    def foreign_host(self) -> Foreign:
        body: JsonObject = {
            "portalId": int(PORTAL),
            "accountType": "STANDARD",
            "timeZone": "Europe/Berlin",
            "companyCurrency": "EUR",
            "uiDomain": "app.hubspot.com.evil.example",
        }
        asked = Asked(method="GET", path="/account-info/2026-03/details")

        def ask(adapter: CrmAdapter, _oauth: CrmOAuth) -> Account:
            return adapter.account()

        return Foreign(talk=((asked, Reply(json=body)),), act=ask, raises=UnexpectedPayload)
