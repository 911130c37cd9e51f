"""Frappe's part of the contract: version 1 of its API, bodies and errors as recorded from Frappe 15.55."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn
from urllib.parse import quote

from audits.model.activity import Owner
from audits.model.case import Coverage
from connector.adapters.frappe.site import check_site
from connector.crm.port import FieldWrite, WriteResult
from connector.errors import ConfigError, PermissionMissing
from connector.payloads import JsonObject, JsonValue
from connector.settings import CrmApp
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

HOST = "crm.sonnenhof.example"
MADE = "2026-11-02 11:00:00.123456"
SINCE = datetime(2026, 8, 1, tzinfo=UTC)
FROM = "2026-08-01 02:00:00.000000"
REP = "dana@sonnenhof.example"
LEAD, DEAL = "CRM Lead", "CRM Deal"
ONE, TWO, THREE = (f"CRM-LEAD-2026-0000{number}" for number in (1, 2, 3))
A_DEAL = "CRM-DEAL-2026-00001"
PAGE = 500
LEAD_FIELDS = [
    "name", "creation", "modified", "first_name", "last_name", "email", "mobile_no", "phone", "organization",
    "source", "status", "lead_owner", "converted",
]  # fmt: skip
OURS = [
    "leadassay_lead_quality", "leadassay_handling", "leadassay_lead_verdict", "leadassay_follow_up_status",
    "leadassay_audit_note", "leadassay_suggested_repair",
]  # fmt: skip
DOCUMENTS = {
    "CRM Call Log": [
        "name", "creation", "type", "status", "duration", "start_time", "caller", "receiver", "telephony_medium",
        "reference_doctype", "reference_docname",
    ],
    "Communication": [
        "name", "creation", "communication_type", "communication_medium", "communication_date", "sent_or_received",
        "delivery_status", "user", "subject", "content", "reference_doctype", "reference_name",
    ],
    "FCRM Note": ["name", "creation", "owner", "reference_doctype", "reference_docname"],
    "Comment": ["name", "creation", "owner", "reference_doctype", "reference_name"],
    "CRM Task": [
        "name", "creation", "assigned_to", "status", "due_date", "reference_doctype", "reference_docname",
    ],
}  # fmt: skip
EVENT = ["name", "creation", "owner", "starts_on", "ends_on", "all_day", "status", "event_category"]
ALSO: Mapping[str, list[JsonValue]] = {
    "Communication": ["communication_type", "in", ["Communication", "Automated Message"]],
    "Comment": ["comment_type", "in", ["Comment"]],
}


def rows(
    doctype: str,
    fields: list[str],
    filters: list[list[JsonValue]],
    found: list[JsonValue],
    *,
    order_by: str = "name asc",
    parent: str | None = None,
    limit: int = PAGE,
) -> Exchange:
    """A list of documents."""
    query = {
        "fields": json.dumps(fields, separators=(",", ":")),
        "filters": json.dumps(filters, separators=(",", ":")),
        "order_by": order_by,
        "limit_page_length": str(limit),
    }
    if parent is not None:
        query["parent"] = parent
    return Asked(method="GET", path=f"/api/resource/{quote(doctype)}", query=query), Reply(json={"data": found})


def refused(status: int, error: str, words: str = "") -> Reply:
    """A refusal as Frappe words it: messages are JSON in JSON in JSON."""
    body: JsonObject = {"exc_type": error, "exception": f"frappe.exceptions.{error}: {words}"}
    if words:
        body["_server_messages"] = json.dumps([json.dumps({"message": words, "indicator": "red"})])
    return Reply(status=status, json=body)


def clock() -> Exchange:
    """The site's zone."""
    settings: JsonObject = {"name": "System Settings", "time_zone": "Europe/Berlin"}
    asked = Asked(method="GET", path="/api/resource/System%20Settings/System%20Settings")
    return asked, Reply(json={"data": settings})


def lead(name: str, creation: str = MADE, **more: JsonValue) -> JsonObject:
    """A lead as a list shows it."""
    return {
        "name": name,
        "creation": creation,
        "modified": creation,
        "first_name": "Anke",
        "last_name": "Weiß",
        "email": "anke@weiss.example",
        "mobile_no": None,
        "phone": None,
        "organization": None,
        "source": "Advertisement",
        "status": "New",
        "lead_owner": REP,
        "converted": 0,
        **more,
    }


def leads(names: list[str], found: list[JsonValue]) -> Exchange:
    """Leads by name, with our fields."""
    return rows(LEAD, [*LEAD_FIELDS, *OURS], [["name", "in", [*names]]], found)


def about(names: list[str], deals: list[str], held: Mapping[str, list[JsonValue]]) -> Talk:
    """All that is asked of documents about these leads and their deals; `held`: doctype → rows."""
    types: list[JsonValue] = [LEAD, *([DEAL] if deals else [])]
    records: list[JsonValue] = [*names, *deals]
    asked: list[Exchange] = [
        rows(
            "Dynamic Link",
            ["name", "parent", "link_doctype", "link_name"],
            [["parenttype", "=", "CRM Call Log"], ["link_doctype", "in", types], ["link_name", "in", records]],
            [],
            parent="CRM Call Log",
        )
    ]
    for doctype in ("CRM Call Log", "Communication", "Event", "FCRM Note", "Comment", "CRM Task"):
        if doctype == "Event":
            asked.append(
                rows(
                    "Event Participants",
                    ["name", "parent", "reference_doctype", "reference_docname"],
                    [
                        ["parenttype", "=", "Event"],
                        ["reference_doctype", "in", types],
                        ["reference_docname", "in", records],
                    ],
                    held.get("Event Participants", []),
                    parent="Event",
                )
            )
            events = held.get("Event", [])
            if events:
                named: list[JsonValue] = [one["name"] for one in events if isinstance(one, dict)]
                asked.append(rows("Event", EVENT, [["name", "in", named]], events))
            continue
        type_field, name_field = DOCUMENTS[doctype][-2:]
        filters: list[list[JsonValue]] = [[type_field, "in", types], [name_field, "in", records]]
        if doctype in ALSO:
            filters.append(ALSO[doctype])
        asked.append(rows(doctype, DOCUMENTS[doctype], filters, held.get(doctype, [])))
    return tuple(asked)


def versions(doctype: str, names: list[str]) -> Exchange:
    """What changed on documents: nothing."""
    filters: list[list[JsonValue]] = [["ref_doctype", "=", doctype], ["docname", "in", [*names]]]
    return rows("Version", ["name", "creation", "owner", "docname", "data"], filters, [])


def imports() -> Exchange:
    """Whether an import ever made leads: none did."""
    filters: list[list[JsonValue]] = [["reference_doctype", "=", LEAD], ["import_type", "=", "Insert New Records"]]
    return rows("Data Import", ["name"], filters, [])


def quiet(names: list[str]) -> Talk:
    """Everything that follows after these leads were read, of which nothing is known."""
    return clock(), imports(), *about(names, [], {}), versions(LEAD, names)


def written(values: Mapping[str, Mapping[str, JsonValue]], failed: list[JsonValue]) -> Exchange:
    """Our fields, set on several leads; those in `failed` were left as they were."""
    docs = [{"doctype": LEAD, "docname": name, **wanted} for name, wanted in values.items()]
    asked = Asked(method="POST", path="/api/method/frappe.client.bulk_update", body={"docs": json.dumps(docs)})
    return asked, Reply(json={"message": {"failed_docs": failed}})


def failure(name: str, error: str, words: str) -> JsonObject:
    """A document that a bulk update refused, with the traceback beside it."""
    trace = 'Traceback (most recent call last):\n  File "apps/frappe/frappe/client.py", line 400, in bulk_update\n'
    return {
        "doc": {"doctype": LEAD, "docname": name},
        "exc": f"{trace}frappe.exceptions.{error}: {words}\n",
    }


def nobody_calls(_adapter: object, _oauth: object) -> NoReturn:
    """An admin types an address within the operator's own network."""
    check_site("https://10.20.30.40", frozenset())
    raise AssertionError("a private address was taken")


class FrappeReplies:
    """See ContractReplies."""

    crm = "frappe"
    origin = f"https://{HOST}"
    env: Mapping[str, str] = {}
    since = SINCE

    def site(self) -> CrmApp:
        return CrmApp(client_id="client-1", secrets=("client-secret-1",), auth_url=self.origin, api_url=self.origin)

    def install(self) -> Install:
        at = datetime(2026, 11, 1, tzinfo=UTC)
        return Install(
            install_id="install-1",
            crm="frappe",
            account_id=HOST,
            account_name=HOST,
            zone="Europe/Berlin",
            currency="EUR",
            record_url_base=f"{self.origin}/crm/leads/",
            api_url=self.origin,
            field_keys={"zone": "Europe/Berlin"},
            installed_by="robot@sonnenhof.example",
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

    def _users(self, found: list[JsonValue], after: str | None = None) -> Exchange:
        filters: list[list[JsonValue]] = [["user_type", "=", "System User"]]
        if after is not None:
            filters.append(["name", ">", after])
        return rows("User", ["name", "email", "full_name", "enabled"], filters, found)

    def probe(self) -> Probe:
        asked, reply = self._users([{"name": REP, "email": REP, "full_name": "Dana Voß", "enabled": 1}])
        return Probe(
            act=lambda adapter: tuple(adapter.iter_owners()),
            asked=asked,
            reply=reply,
            gives=(Owner(owner_id=REP, user_id=REP, email=REP, name="Dana Voß"),),
        )

    def unauthorized(self) -> Reply:
        return refused(401, "AuthenticationError")

    def _token_asked(self) -> Asked:
        return Asked(
            method="POST",
            path="/api/method/frappe.integrations.oauth2.get_token",
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
            "access_token": NEW_TOKEN,
            "expires_in": 3600,
            "token_type": "Bearer",
            "scope": "all openid",
            "refresh_token": NEW_REFRESH,
        }
        return self._token_asked(), Reply(json=body)

    def refresh_refused(self) -> Exchange:
        return self._token_asked(), Reply(status=400, json={"error": "invalid_grant"})

    def missing_scope(self) -> Refusal | CannotOccur:
        words = "User <b>robot@sonnenhof.example</b> does not have doctype access via role permission for User"
        return Refusal(reply=refused(403, "PermissionError", words), raises=PermissionMissing, scope="read User")

    def _too_many(self, **headers: str) -> Reply:
        body: JsonObject = {"exc_type": "TooManyRequestsError"}
        return Reply(status=429, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})

    def busy_with_retry_after(self) -> Pause | CannotOccur:
        return Pause(reply=self._too_many(Retry_After="6", X_RateLimit_Remaining="0"), at_least_s=6.0)

    def busy_without_retry_after(self) -> Pause | CannotOccur:
        return CannotOccur(because="a Frappe site that limits its callers sends Retry-After with each refusal")

    def spent_day(self) -> SpentDay | CannotOccur:
        return CannotOccur(because="a Frappe site has no budget of the day; it may limit the time of its answers")

    def _listed(self, place: list[list[JsonValue]], found: list[JsonValue]) -> Exchange:
        return rows(LEAD, ["name", "creation"], place, found, order_by="creation asc, name asc")

    def _first_page(self) -> tuple[Talk, list[str], str]:
        names = [f"CRM-LEAD-2026-{number:05d}" for number in range(1, PAGE + 1)]
        found: list[JsonValue] = [
            {"name": name, "creation": f"2026-11-02 11:00:00.{number:06d}"} for number, name in enumerate(names)
        ]
        place: list[list[JsonValue]] = [["creation", ">=", FROM]]
        count = Asked(
            method="GET",
            path="/api/method/frappe.client.get_count",
            query={"doctype": LEAD, "filters": json.dumps(place, separators=(",", ":"))},
        )
        talk = (clock(), (count, Reply(json={"message": PAGE + 1})), self._listed(place, found))
        return talk, names, f"2026-11-02 11:00:00.{PAGE - 1:06d}"

    def half_page(self) -> Listing:
        # The next page begins where the last one ended, so that it shows its last lead once more.
        first, names, last_at = self._first_page()
        further = "CRM-LEAD-2026-00999"
        found: list[JsonValue] = [{"name": names[-1], "creation": last_at}, {"name": further, "creation": MADE}]
        return Listing(
            talk=(*first, self._listed([["creation", ">=", last_at]], found)), lead_ids=frozenset({*names, further})
        )

    def moving_page(self) -> Listing:
        # The last lead of the first page is deleted meanwhile, and a new one is made.
        first, names, last_at = self._first_page()
        fresh: list[JsonValue] = [{"name": "CRM-LEAD-2026-01000", "creation": "2026-11-02 12:00:00.000000"}]
        return Listing(
            talk=(*first, self._listed([["creation", ">=", last_at]], fresh)),
            lead_ids=frozenset({*names, "CRM-LEAD-2026-01000"}),
        )

    def stuck_cursor(self) -> StuckListing:
        same: list[JsonValue] = [{"name": f"N{number:04d}", "creation": MADE} for number in range(PAGE)]
        place: list[list[JsonValue]] = [["creation", "=", MADE], ["name", ">", f"N{PAGE - 1:04d}"]]
        return StuckListing(
            talk=(self._listed(place, same),),
            act=lambda adapter: adapter.list_leads(f"{MADE}|=|N{PAGE - 1:04d}", SINCE),
        )

    def unknown_field(self) -> Writing | Reading:
        # A field of ours that somebody deleted is passed over in a write, and refused in a list.
        asked, _ = leads([ONE], [])
        unknown = refused(417, "DataError", "Field not permitted in query: leadassay_handling")
        talk = (
            (asked, unknown),
            rows(LEAD, LEAD_FIELDS, [["name", "in", [ONE]]], [lead(ONE)]),
            *quiet([ONE]),
        )
        return Reading(talk=talk, lead_ids=(ONE,), read=frozenset({ONE}))

    def merged(self) -> Reading | CannotOccur:
        # Merging renames the record into the other: its name is no more, and the other does not tell.
        talk = (leads([ONE, TWO], [lead(ONE)]), *quiet([ONE]))
        return Reading(talk=talk, lead_ids=(ONE, TWO), read=frozenset({ONE}), gone=frozenset({TWO}))

    def converted(self) -> Reading | CannotOccur:
        # The lead stays and keeps its name; what is done on its deal is done on it.
        deal: JsonObject = {
            "name": A_DEAL, "creation": MADE, "lead": ONE, "status": "Qualification", "deal_owner": REP,
        }  # fmt: skip
        talk = (
            leads([ONE], [lead(ONE, converted=1, status="Qualified")]),
            clock(),
            imports(),
            rows(
                DEAL,
                ["name", "creation", "lead", "status", "deal_owner", "deal_value", "currency"],
                [["lead", "in", [ONE]]],
                [deal],
            ),
            rows(
                "CRM Contacts",
                ["name", "parent", "contact", "is_primary"],
                [["parenttype", "=", DEAL], ["parent", "in", [A_DEAL]]],
                [],
                parent=DEAL,
            ),
            *about([ONE], [A_DEAL], {}),
            versions(LEAD, [ONE]),
            versions(DEAL, [A_DEAL]),
        )
        return Reading(talk=talk, lead_ids=(ONE,), read=frozenset({ONE}))

    def deleted(self) -> Reading:
        talk = (leads([ONE, THREE], [lead(ONE)]), *quiet([ONE]))
        return Reading(talk=talk, lead_ids=(ONE, THREE), read=frozenset({ONE}), gone=frozenset({THREE}))

    def own_echo(self) -> Echo | CannotOccur:
        return CannotOccur(because="our webhooks on the site carry a condition: a change of our fields fires none")

    def partial_batch(self) -> Writing:
        values: dict[str, dict[str, JsonValue]] = {
            ONE: {"leadassay_handling": 80}, TWO: {"leadassay_handling": 70}, THREE: {"leadassay_handling": 60},
        }  # fmt: skip
        failed: list[JsonValue] = [
            failure(TWO, "ValidationError", 'Status cannot be "Odd"'),
            failure(THREE, "DoesNotExistError", f"CRM Lead {THREE} not found"),
        ]
        writes = ((ONE, "80"), (TWO, "70"), (THREE, "60"))
        return Writing(
            talk=(written(values, failed),),
            writes=tuple(FieldWrite(lead_id=one, values={"leadassay_handling": score}) for one, score in writes),
            results=(
                WriteResult(lead_id=ONE, is_written=True),
                WriteResult(lead_id=TWO, is_written=False, complaint='ValidationError: Status cannot be "Odd"'),
                WriteResult(lead_id=THREE, is_written=False, is_gone=True),
            ),
        )

    def time_zones(self) -> Moments:
        # All times are Berlin's wall clock. On 25 October 2026 it shows 02:30 twice, and 03:30 once.
        reference: JsonObject = {"reference_doctype": LEAD, "reference_docname": ONE}
        noon = "2026-10-24 14:00:00.000000"
        held: dict[str, list[JsonValue]] = {
            "CRM Call Log": [
                {
                    "name": "c1", "creation": noon, "type": "Outgoing", "status": "Completed", "duration": 60,
                    "start_time": "2026-10-25 02:30:00", "caller": REP, **reference,
                }
            ],
            "Event Participants": [{"name": "p1", "parent": "EV1", **reference}],
            "Event": [
                {
                    "name": "EV1", "creation": noon, "owner": REP, "starts_on": "2026-10-25 03:30:00",
                    "status": "Open", "event_category": "Meeting",
                }
            ],
            "CRM Task": [{"name": 7, "creation": noon, "status": "Todo", "due_date": "2026-10-25", **reference}],
        }  # fmt: skip
        talk = (
            leads([ONE], [lead(ONE, creation="2026-10-25 01:59:59.999000")]),
            clock(),
            imports(),
            *about([ONE], [], held),
            versions(LEAD, [ONE]),
        )
        made = datetime(2026, 10, 24, 12, tzinfo=UTC)
        return Moments(
            talk=talk,
            lead_id=ONE,
            received_at=datetime(2026, 10, 24, 23, 59, 59, 999_000, tzinfo=UTC),
            occurred_at={
                "call:c1": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
                "meeting:EV1": datetime(2026, 10, 25, 2, 30, tzinfo=UTC),
            },
            recorded_at={"call:c1": made, "meeting:EV1": made},
            due_at={"task:7": datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)},
        )

    def unicode(self) -> Letters:
        return Letters(
            read=(leads([ONE], [lead(ONE, first_name=FIRST_NAME)]), *quiet([ONE])),
            lead_id=ONE,
            write=(written({ONE: {"leadassay_audit_note": NOTE}}, []),),
            first_name=FIRST_NAME,
        )

    def foreign_host(self) -> Foreign:
        return Foreign(talk=(), act=nobody_calls, raises=ConfigError)
