"""Pipedrive's part of the contract: both generations of its API, bodies as documented and as recorded."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime

from audits.model.case import Coverage
from connector.crm.port import Delivery, FieldWrite, Page, WriteResult
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

COMPANY = "8087566"
MADE = "2026-11-02T10:00:00.123Z"
SINCE = datetime(2026, 8, 1, tzinfo=UTC)
ONE, TWO = (f"b1810230-6c0d-41ed-9826-a53d0eb70{number}" for number in (101, 102))
HASHES = {
    "leadassay_lead_quality": "0a" * 20,
    "leadassay_handling": "1b" * 20,
    "leadassay_lead_verdict": "2c" * 20,
    "leadassay_follow_up_status": "3d" * 20,
    "leadassay_audit_note": "4e" * 20,
    "leadassay_suggested_repair": "6f" * 20,
}
HANDLING, AUDIT_NOTE = HASHES["leadassay_handling"], HASHES["leadassay_audit_note"]
DEAL_QUERY = {"limit": "500", "include_fields": "source_lead_id,notes_count,activities_count,participants_count"}
RATE = {"x-ratelimit-limit": "80", "x-ratelimit-remaining": "79", "x-ratelimit-reset": "2"}
GENERIC = "Please check developers.pipedrive.com for more information about Pipedrive API."


def lead(lead_id: str, **more: JsonValue) -> JsonObject:
    """A lead as version 1 shows it, on person 2."""
    return {
        "id": lead_id,
        "title": "Sonnenhof lead",
        "owner_id": 12415231,
        "creator_id": 12415231,
        "person_id": 2,
        "organization_id": None,
        "label_ids": [],
        "source_name": "Web forms",
        "origin": "WebForms",
        "is_archived": False,
        "was_seen": True,
        "add_time": MADE,
        "update_time": MADE,
        **more,
    }


def deal(number: int, **more: JsonValue) -> JsonObject:
    """A deal as version 2 shows it, on person 2."""
    return {
        "id": number,
        "title": "Sonnenhof deal",
        "owner_id": 12415231,
        "person_id": 2,
        "org_id": None,
        "stage_id": 1,
        "pipeline_id": 1,
        "status": "open",
        "add_time": MADE,
        "update_time": MADE,
        "origin": "ManuallyCreated",
        "is_deleted": False,
        "is_archived": False,
        "activities_count": 0,
        "notes_count": 0,
        "custom_fields": None,
        **more,
    }


def good(data: JsonValue, **more: JsonValue) -> Reply:
    """A success."""
    return Reply(json={"success": True, "data": data, **more}, headers=RATE)


def no(status: int, error: str, info: str = GENERIC, **headers: str) -> Reply:
    """A refusal."""
    body: JsonObject = {"success": False, "error": error, "errorCode": status, "error_info": info}
    return Reply(status=status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def leads_page(start: int, records: list[str], following: int | None, path: str = "/api/v1/leads") -> Exchange:
    """A page of version 1."""
    paging: JsonObject = {"start": start, "limit": 500, "more_items_in_collection": following is not None}
    if following is not None:
        paging["next_start"] = following
    asked = Asked(method="GET", path=path, query={"start": str(start), "limit": "500", "sort": "add_time DESC"})
    return asked, good([lead(one) for one in records], additional_data={"pagination": paging})


def deals_page(cursor: str | None, records: list[int], following: str | None, *, is_archived: bool) -> Exchange:
    """A page of version 2."""
    query = {**DEAL_QUERY, "sort_by": "add_time", "sort_direction": "desc"}
    asked = Asked(
        method="GET",
        path="/api/v2/deals/archived" if is_archived else "/api/v2/deals",
        query=query if cursor is None else {**query, "cursor": cursor},
    )
    return asked, good([deal(one) for one in records], additional_data={"next_cursor": following})


def deals_by_id(ids: str, found: list[JsonValue], *, is_archived: bool = False) -> Exchange:
    """Deals by their ids."""
    path = "/api/v2/deals/archived" if is_archived else "/api/v2/deals"
    asked = Asked(method="GET", path=path, query={**DEAL_QUERY, "ids": ids})
    return asked, good(found, additional_data={"next_cursor": None})


def lead_by_id(lead_id: str, reply: Reply) -> Exchange:
    """One lead."""
    return Asked(method="GET", path=f"/api/v1/leads/{lead_id}"), reply


def person(**more: JsonValue) -> Exchange:
    """Person 2, of whom nothing else is known unless said."""
    query = {"limit": "500", "include_fields": "email_messages_count,activities_count", "ids": "2"}
    shown: JsonObject = {
        "id": 2,
        "name": "Anke Weiß",
        "first_name": "Anke",
        "last_name": "Weiß",
        "owner_id": 12415231,
        "org_id": None,
        "emails": [{"value": "anke@weiss.example", "primary": True, "label": "work"}],
        "phones": [],
        "add_time": MADE,
        "update_time": MADE,
        "activities_count": 0,
        "email_messages_count": 0,
        **more,
    }
    asked = Asked(method="GET", path="/api/v2/persons", query=query)
    return asked, good([shown], additional_data={"next_cursor": None})


def activities(lead_id: str, found: list[JsonValue]) -> Exchange:
    """What was done on a lead."""
    asked = Asked(method="GET", path="/api/v2/activities", query={"limit": "500", "lead_id": lead_id})
    return asked, good(found, additional_data={"next_cursor": None})


def notes(lead_id: str, found: list[JsonValue]) -> Exchange:
    """What was noted on a lead; null where there is nothing."""
    query = {"start": "0", "limit": "500", "lead_id": lead_id}
    paging: JsonObject = {"start": 0, "limit": 500, "more_items_in_collection": False}
    return (
        Asked(method="GET", path="/api/v1/notes", query=query),
        good(found or None, additional_data={"pagination": paging}),
    )


def written(path: str, values: JsonObject, reply: Reply) -> Exchange:
    """Custom fields, set on one record."""
    return Asked(method="PATCH", path=path, body=values), reply


def delivery(**body: JsonValue) -> Delivery:
    """One webhook request, of version 2.0."""
    meta: JsonObject = {
        "action": "change",
        "entity": "lead",
        "entity_id": ONE,
        "company_id": COMPANY,
        "user_id": "12415231",
        "id": "b18fa830-6c0d-41ed-9826-a53d0eb706a5",
        "timestamp": "2026-11-02T10:00:01.000Z",
        "type": "application",
        "version": "2.0",
        "change_source": "api",
        "attempt": 1,
    }
    sent = {"meta": meta, "data": lead(ONE), **body}
    return Delivery(body=json.dumps(sent).encode(), account_id=COMPANY, field_keys=field_keys())


def field_keys() -> dict[str, str]:
    """What this company calls our fields."""
    return {f"{entity}/{name}": code for entity in ("deal", "person") for name, code in HASHES.items()}


class PipedriveReplies:
    """See ContractReplies."""

    crm = "pipedrive"
    origin = "https://sonnenhof.pipedrive.com"
    env: Mapping[str, str] = {"PIPEDRIVE_CLIENT_ID": "client-1", "PIPEDRIVE_CLIENT_SECRET": "client-secret-1"}
    since = SINCE

    def site(self) -> None:
        return None

    def install(self) -> Install:
        at = datetime(2026, 11, 1, tzinfo=UTC)
        return Install(
            install_id="install-1",
            crm="pipedrive",
            account_id=COMPANY,
            account_name="Sonnenhof",
            zone="Europe/Berlin",
            currency="EUR",
            record_url_base=f"{self.origin}/",
            api_url=self.origin,
            field_keys=field_keys(),
            installed_by="12094821",
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
        asked, reply = leads_page(500, [ONE, TWO], None)
        return Probe(
            act=lambda adapter: adapter.list_leads("leads|500", SINCE),
            asked=asked,
            reply=reply,
            gives=Page(lead_ids=(f"lead:{ONE}", f"lead:{TWO}"), cursor="leads_archived|", scanned=2),
        )

    def unauthorized(self) -> Reply:
        return no(401, "unauthorized access")

    def _token_asked(self) -> Asked:
        return Asked(
            method="POST",
            path="https://oauth.pipedrive.com/oauth/token",
            form={"grant_type": "refresh_token", "refresh_token": OLD_REFRESH},
            token="",
            headers={"Authorization": f"Basic {b64encode(b'client-1:client-secret-1').decode()}"},
        )

    def _token(self, api_domain: str) -> JsonObject:
        return {
            "access_token": NEW_TOKEN,
            "token_type": "Bearer",
            "refresh_token": NEW_REFRESH,
            "scope": "base,leads:full,deals:full",
            "expires_in": 3599,
            "api_domain": api_domain,
        }

    def refreshed(self) -> Exchange:
        return self._token_asked(), Reply(json=self._token(self.origin))

    def refresh_refused(self) -> Exchange:
        body: JsonObject = {
            "success": False,
            "message": "Invalid grant: refresh token is invalid",
            "error": "invalid_grant",
        }
        return self._token_asked(), Reply(status=400, json=body)

    def missing_scope(self) -> Refusal | CannotOccur:
        reply = no(403, "Scope and URL mismatch")
        return Refusal(reply=reply, raises=PermissionMissing, scope="leads:full")

    def busy_with_retry_after(self) -> Pause | CannotOccur:
        return Pause(reply=no(429, "Rate limit exceeded", Retry_After="9"), at_least_s=9.0)

    def busy_without_retry_after(self) -> Pause | CannotOccur:
        return Pause(reply=no(429, "Rate limit exceeded", x_ratelimit_reset="2"), at_least_s=2.0)

    def spent_day(self) -> SpentDay | CannotOccur:
        probe = self.probe()
        reply = no(
            429,
            "Daily API limit reached",
            x_daily_ratelimit_token_limit="30000",
            x_daily_ratelimit_token_remaining="0",
        )
        return SpentDay(talk=((probe.asked, reply),), act=probe.act, at_least_s=1.0)

    def _other_lists(self) -> Talk:
        return (
            leads_page(0, [], None, "/api/v1/leads/archived"),
            deals_page(None, [71], "next-cursor-1", is_archived=False),
            deals_page("next-cursor-1", [70], None, is_archived=False),
            deals_page(None, [], None, is_archived=True),
        )

    def _named(self, many: list[str]) -> frozenset[str]:
        return frozenset({f"lead:{one}" for one in many} | {"deal:71", "deal:70"})

    def half_page(self) -> Listing:
        # Each page of version 1 begins a tenth of a page before the end of the one before.
        many = [f"b1810230-6c0d-41ed-9826-a53d0eb7{number:04d}" for number in range(21)]
        talk = (leads_page(0, many[:20], 20), leads_page(18, many[18:], None), *self._other_lists())
        return Listing(talk=talk, lead_ids=self._named(many), repeats=True)

    def moving_page(self) -> Listing:
        # A lead of the first page is deleted meanwhile: all later ones move up by one, and none may be missed.
        many = [f"b1810230-6c0d-41ed-9826-a53d0eb7{number:04d}" for number in range(21)]
        talk = (leads_page(0, many[:20], 20), leads_page(18, many[19:], None), *self._other_lists())
        return Listing(talk=talk, lead_ids=self._named(many), repeats=True)

    def stuck_cursor(self) -> StuckListing:
        return StuckListing(
            talk=(deals_page("here", [71], "here", is_archived=False),),
            act=lambda adapter: adapter.list_leads("deals|here", SINCE),
        )

    def unknown_field(self) -> Writing:
        reply = no(400, "Validation failed", f"{HANDLING}: unknown field")
        complaint = f"Pipedrive answered 400: Validation failed ({HANDLING}: unknown field)."
        return Writing(
            talk=(written(f"/api/v1/leads/{ONE}", {HANDLING: 80}, reply),),
            writes=(FieldWrite(lead_id=f"lead:{ONE}", values={"leadassay_handling": "80"}),),
            results=(WriteResult(lead_id=f"lead:{ONE}", is_written=False, complaint=complaint),),
        )

    def merged(self) -> Reading | CannotOccur:
        # A deal that was merged is deleted; the one that it was merged into does not name it.
        talk = (
            deals_by_id("11,12", [deal(11), deal(12, is_deleted=True, status="deleted")]),
            deals_by_id("12", [], is_archived=True),
            person(),
        )
        return Reading(
            talk=talk, lead_ids=("deal:11", "deal:12"), read=frozenset({"deal:11"}), gone=frozenset({"deal:12"})
        )

    def converted(self) -> Reading | CannotOccur:
        talk = (deals_by_id("31", [deal(31, source_lead_id=ONE)]), person())
        return Reading(
            talk=talk, lead_ids=("deal:31",), read=frozenset({"deal:31"}), converted={"deal:31": f"lead:{ONE}"}
        )

    def deleted(self) -> Reading:
        talk = (
            lead_by_id(ONE, good(lead(ONE))),
            lead_by_id(TWO, no(404, "Lead not found")),
            person(),
            activities(ONE, []),
            notes(ONE, []),
        )
        return Reading(
            talk=talk,
            lead_ids=(f"lead:{ONE}", f"lead:{TWO}"),
            read=frozenset({f"lead:{ONE}"}),
            gone=frozenset({f"lead:{TWO}"}),
        )

    def own_echo(self) -> Echo | CannotOccur:
        ours: JsonObject = {HANDLING: None, AUDIT_NOTE: {"type": "text", "value": "old"}}
        echo = delivery(previous={"custom_fields": ours, "update_time": MADE})
        with_theirs = delivery(previous={"custom_fields": {**ours, "5f" * 20: None}, "update_time": MADE})
        return Echo(echoes=(echo,), real=with_theirs)

    def partial_batch(self) -> Writing:
        talk = (
            written(f"/api/v1/leads/{ONE}", {HANDLING: 80}, good(lead(ONE))),
            written("/api/v2/deals/71", {"custom_fields": {HANDLING: 70}}, no(400, "Deal is read only")),
            written(f"/api/v1/leads/{TWO}", {HANDLING: 60}, no(404, "Lead not found")),
        )
        values = ((f"lead:{ONE}", "80"), ("deal:71", "70"), (f"lead:{TWO}", "60"))
        return Writing(
            talk=talk,
            writes=tuple(FieldWrite(lead_id=one, values={"leadassay_handling": score}) for one, score in values),
            results=(
                WriteResult(lead_id=f"lead:{ONE}", is_written=True),
                WriteResult(
                    lead_id="deal:71", is_written=False, complaint="Pipedrive answered 400: Deal is read only."
                ),
                WriteResult(lead_id=f"lead:{TWO}", is_written=False, is_gone=True),
            ),
        )

    def time_zones(self) -> Moments:
        # 25 October 2026: in Berlin the clocks go back. A time of day is UTC, a bare day is a day in Berlin.
        common: JsonObject = {
            "owner_id": 12415231,
            "lead_id": ONE,
            "person_id": 2,
            "add_time": "2026-10-24T12:00:00Z",
        }
        found: list[JsonValue] = [
            {
                **common, "id": 1, "type": "call", "done": True, "marked_as_done_time": "2026-10-25T00:30:00Z",
                "due_date": "2026-10-25", "due_time": "00:00",
            },
            {**common, "id": 2, "type": "meeting", "done": False, "due_date": "2026-10-25", "due_time": "01:30"},
            {**common, "id": 3, "type": "meeting", "done": False, "due_date": "2026-10-25", "due_time": None},
            {**common, "id": 4, "type": "task", "done": False, "due_date": "2026-10-25", "due_time": None},
        ]  # fmt: skip
        noted: JsonObject = {"id": 9, "user_id": 12415231, "lead_id": ONE, "add_time": "2026-10-25 00:45:00"}
        talk = (
            lead_by_id(ONE, good(lead(ONE, add_time="2026-10-24T23:59:59.999Z"))),
            person(activities_count=4),
            activities(ONE, found),
            notes(ONE, [{**noted, "content": "<p>x</p>", "active_flag": True}]),
        )
        noon = datetime(2026, 10, 24, 12, tzinfo=UTC)
        done, note = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
        return Moments(
            talk=talk,
            lead_id=f"lead:{ONE}",
            received_at=datetime(2026, 10, 24, 23, 59, 59, 999_000, tzinfo=UTC),
            occurred_at={
                "activity:1": done,
                "activity:2": datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
                "activity:3": datetime(2026, 10, 24, 22, 0, tzinfo=UTC),
                "note:9": note,
            },
            recorded_at={"activity:1": done, "activity:2": noon, "activity:3": noon, "note:9": note},
            due_at={"activity:4": datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)},
        )

    def unicode(self) -> Letters:
        read = (
            lead_by_id(ONE, good(lead(ONE))),
            person(name=f"{FIRST_NAME} Ω", first_name=FIRST_NAME, last_name="Ω"),
            activities(ONE, []),
            notes(ONE, []),
        )
        return Letters(
            read=read,
            lead_id=f"lead:{ONE}",
            write=(written(f"/api/v1/leads/{ONE}", {AUDIT_NOTE: NOTE}, good(lead(ONE))),),
            first_name=FIRST_NAME,
        )

    def foreign_host(self) -> Foreign:
        elsewhere = self._token("https://sonnenhof.pipedrive.com.evil.example")
        return Foreign(
            talk=((self._token_asked(), Reply(json=elsewhere)),),
            act=lambda _adapter, oauth: oauth.refresh(OLD_REFRESH),
            raises=UnexpectedPayload,
        )
