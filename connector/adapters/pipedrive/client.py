"""Typed calls on both generations of Pipedrive's API, each with its cost. Retries and limits are the transport's.

Version 1 alone has leads, notes, users, webhooks, call logs, mails and changelogs; everything else is version 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from audits.model.activity import Owner
from connector.budget import Lane
from connector.errors import CrmRejected, PermissionMissing, RecordGone, RetryLater, UnexpectedPayload
from connector.payloads import JsonObject, JsonValue, find_text, get_text, list_of, object_of
from connector.server_rules import ServerRules
from connector.transport import Transport

V1, V2 = "/api/v1", "/api/v2"
LIST_LIMIT = 500
IDS_LIMIT = 100
CALL_LOGS_LIMIT = 50
HISTORY_LIMIT = 100
OVERLAP_PART = 10
"""Pages of version 1 are counted from the start. A record that goes away meanwhile shifts all later ones by one, so
each page begins before the end of the one before: by this part of what that one held (our choice: a tenth)."""

#: Tokens a call costs. Source: `x-token-cost` of Pipedrive's API description.
COST_LIST_V1, COST_LIST_V2 = 20, 10
COST_LEADS_ARCHIVED, COST_DEALS_ARCHIVED = 40, 20
COST_ONE_V1, COST_ONE_V2 = 2, 1
COST_HISTORY = 20
COST_WRITE_LEAD, COST_WRITE_V2 = 10, 5
COST_HOOK, COST_HOOK_GONE = 10, 6
COST_LABELS = 10
COST_ACTIVITY_TYPES = 20

DEAR_CALLS_SHARE = 0.5
"""The past, changelogs, and leads that nothing told of are read while more than this share of our part of the day's
tokens is left (our choice)."""
GUARD_PAUSE_S = 300.0
"""How long Pipedrive's guard is left alone after it turned us away (our choice; Pipedrive does not say)."""
CLOSED_PAUSE_S = 3600.0
"""How long an account that is not open (402) is left alone (our choice)."""
BURST_CALLS, BURST_WINDOW_S = 80, 2.0
"""What the smallest plan allows one OAuth token. Source: Pipedrive's page on rate limiting. A header says more."""

MAIL, CALL_LOGS, HISTORY, HOOKS = "mail:read", "phone-integration", "recents:read", "webhooks:full"
_DEAL_FIELDS = "source_lead_id,notes_count,activities_count,participants_count"
_PERSON_FIELDS = "email_messages_count,activities_count"


def lanes() -> tuple[Lane, ...]:
    """Our budget of one token in bursts."""
    return (Lane(name="", calls=BURST_CALLS, window_s=BURST_WINDOW_S),)


def _complaint(body: JsonObject) -> str | None:
    said, more = find_text(body, "error"), find_text(body, "error_info")
    generic = "developers.pipedrive.com"
    return f"{said} ({more})" if said and more and generic not in more else said or find_text(body, "message")


RULES = ServerRules(
    server="Pipedrive",
    complaint=_complaint,
    limit_header="x-ratelimit-limit",
    reset_s_header="x-ratelimit-reset",
    least_pause_s=BURST_WINDOW_S,
    day_limit_header="x-daily-ratelimit-token-limit",
    day_left_header="x-daily-ratelimit-token-remaining",
    guard_pause_s=GUARD_PAUSE_S,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of records; `following` None = the last one, else where the next begins."""

    records: tuple[JsonObject, ...]
    following: str | None


class PipedriveClient:
    """The calls we make, on one account's transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def origin(self) -> str:
        """scheme://host[:port] that is called."""
        return self._transport.origin

    @property
    def calls_left(self) -> int | None:
        """Calls of the usual cost that are left to us today; None while Pipedrive said nothing."""
        quota = self._transport.quota
        left = quota.tokens_left if quota is not None else None
        return left // COST_LIST_V2 if left is not None else None

    @property
    def share_left(self) -> float | None:
        """How much of our part of today's tokens is left, 0 to 1; None while Pipedrive said nothing."""
        quota = self._transport.quota
        return quota.share_left if quota is not None else None

    @property
    def day_part(self) -> int | None:
        """What is ours of a whole day's tokens; None while Pipedrive said nothing today."""
        quota = self._transport.quota
        return quota.day_part if quota is not None else None

    @property
    def reset_s(self) -> float:
        """Seconds until the day's tokens are given anew."""
        quota = self._transport.quota
        return quota.reset_s if quota is not None else 1.0

    # -- the account

    def me(self) -> JsonObject:
        """The user whose token this is, with his company."""
        return object_of(self._data("GET", f"{V1}/users/me", cost=COST_ONE_V1, scope="base"), "The user")

    def iter_owners(self) -> Iterator[Owner]:
        """Every user of the company, deactivated ones included."""
        for item in self._list("GET", f"{V1}/users", cost=COST_LIST_V1, scope="users:read"):
            user_id = get_text(item, "id", "A user")
            email = find_text(item, "email")
            yield Owner(
                owner_id=user_id,
                user_id=user_id,
                email=email,
                name=find_text(item, "name") or email or f"User {user_id}",
                is_archived=item.get("active_flag") is False or item.get("is_deleted") is True,
            )

    def activity_types(self) -> tuple[JsonObject, ...]:
        """The types of activities that the company has."""
        return self._list("GET", f"{V1}/activityTypes", cost=COST_ACTIVITY_TYPES, scope="activities:read")

    def lead_labels(self) -> tuple[JsonObject, ...]:
        """The labels of leads that the company has."""
        return self._list("GET", f"{V1}/leadLabels", cost=COST_LABELS, scope="leads:full")

    # -- leads and deals

    def find_lead(self, lead_id: str) -> JsonObject | None:
        """One lead, archived or not; None when it is gone."""
        try:
            data = self._data("GET", f"{V1}/leads/{lead_id}", cost=COST_ONE_V1, scope="leads:full")
        except RecordGone:
            return None
        return object_of(data, "A lead")

    def list_leads(self, start: int, sort: str, *, is_archived: bool, updated_since: str | None = None) -> ListPage:
        """A page of leads from the `start`-th on. Archived ones cannot be asked for by the time of their change."""
        params = {"start": str(start), "limit": str(LIST_LIMIT), "sort": sort}
        if updated_since is not None:
            params["updated_since"] = updated_since
        path = f"{V1}/leads/archived" if is_archived else f"{V1}/leads"
        cost = COST_LEADS_ARCHIVED if is_archived else COST_LIST_V1
        return self._page_v1(path, params, cost, "leads:full")

    def read_deals(self, ids: Sequence[str], *, is_archived: bool) -> tuple[JsonObject, ...]:
        """Deals by id, any number; those that are gone, or archived where that is not asked for, are left out."""
        path = f"{V2}/deals/archived" if is_archived else f"{V2}/deals"
        cost = COST_DEALS_ARCHIVED if is_archived else COST_LIST_V2
        return self._by_ids(path, ids, {"include_fields": _DEAL_FIELDS}, cost, "deals:full")

    def list_deals(self, cursor: str | None, *, is_archived: bool, **params: str) -> ListPage:
        """A page of deals; `params` as the API names them."""
        path = f"{V2}/deals/archived" if is_archived else f"{V2}/deals"
        cost = COST_DEALS_ARCHIVED if is_archived else COST_LIST_V2
        return self._page_v2(path, cursor, {"include_fields": _DEAL_FIELDS, **params}, cost, "deals:full")

    def read_persons(self, ids: Iterable[str]) -> dict[str, JsonObject]:
        """Persons by id, any number; those that are gone or hidden are left out."""
        found = self._by_ids(f"{V2}/persons", ids, {"include_fields": _PERSON_FIELDS}, COST_LIST_V2, "contacts:full")
        return {get_text(person, "id", "A person"): person for person in found}

    def list_persons(self, cursor: str | None, **params: str) -> ListPage:
        """A page of persons."""
        return self._page_v2(f"{V2}/persons", cursor, params, COST_LIST_V2, "contacts:full")

    def read_organizations(self, ids: Iterable[str]) -> dict[str, JsonObject]:
        """Organizations by id, any number; those that are gone or hidden are left out."""
        found = self._by_ids(f"{V2}/organizations", ids, {}, COST_LIST_V2, "contacts:full")
        return {get_text(one, "id", "An organization"): one for one in found}

    # -- what was done

    def list_activities(self, cursor: str | None, **params: str) -> ListPage:
        """A page of activities."""
        return self._page_v2(f"{V2}/activities", cursor, params, COST_LIST_V2, "activities:read")

    def iter_activities(self, **params: str) -> Iterator[JsonObject]:
        """All activities by `params`."""
        cursor: str | None = None
        while True:
            page = self.list_activities(cursor, **params)
            yield from page.records
            cursor = page.following
            if cursor is None:
                return

    def list_notes(self, start: int, **params: str) -> ListPage:
        """A page of notes."""
        sent = {"start": str(start), "limit": str(LIST_LIMIT), **params}
        return self._page_v1(f"{V1}/notes", sent, COST_LIST_V1, "deals:full")

    def iter_notes(self, **params: str) -> Iterator[JsonObject]:
        """All notes by `params`."""
        return self._iter_v1(lambda start: self.list_notes(start, **params))

    def iter_mails(self, person_id: str) -> Iterator[JsonObject]:
        """The mails of a person that the token's user may see."""
        path = f"{V1}/persons/{person_id}/mailMessages"

        def page(start: int) -> ListPage:
            return self._page_v1(path, {"start": str(start), "limit": str(LIST_LIMIT)}, COST_LIST_V1, MAIL)

        return self._iter_v1(page)

    def iter_call_logs(self) -> Iterator[JsonObject]:
        """The call logs of the token's user; nobody else's are shown."""

        def page(start: int) -> ListPage:
            params = {"start": str(start), "limit": str(CALL_LOGS_LIMIT)}
            return self._page_v1(f"{V1}/callLogs", params, COST_LIST_V1, CALL_LOGS)

        return self._iter_v1(page)

    def iter_deal_changes(self, deal_id: str) -> Iterator[JsonObject]:
        """The changelog of a deal."""
        cursor: str | None = None
        while True:
            params = {"limit": str(HISTORY_LIMIT)}
            page = self._page_v2(f"{V1}/deals/{deal_id}/changelog", cursor, params, COST_HISTORY, HISTORY)
            yield from page.records
            cursor = page.following
            if cursor is None:
                return

    # -- writing

    def write_lead(self, lead_id: str, values: Mapping[str, JsonValue]) -> JsonObject:
        """Set custom fields of a lead, which stand at the root. The lead as it is now."""
        sent = dict(values)
        data = self._data("PATCH", f"{V1}/leads/{lead_id}", json=sent, cost=COST_WRITE_LEAD, scope="leads:full")
        return data if isinstance(data, dict) else {}

    def write_deal(self, deal_id: str, values: Mapping[str, JsonValue]) -> JsonObject:
        """Set custom fields of a deal. The deal as it is now."""
        return self._write_v2(f"{V2}/deals/{deal_id}", values, "deals:full")

    def write_person(self, person_id: str, values: Mapping[str, JsonValue]) -> JsonObject:
        """Set custom fields of a person. The person as it is now."""
        return self._write_v2(f"{V2}/persons/{person_id}", values, "contacts:full")

    def _write_v2(self, path: str, values: Mapping[str, JsonValue], scope: str) -> JsonObject:
        sent: JsonObject = {"custom_fields": dict(values)}
        data = self._data("PATCH", path, json=sent, cost=COST_WRITE_V2, scope=scope)
        return data if isinstance(data, dict) else {}

    def list_fields(self, plural: str, scope: str) -> tuple[JsonObject, ...]:
        """The fields of deals or persons (`plural`: dealFields, personFields)."""
        found: list[JsonObject] = []
        cursor: str | None = None
        while True:
            page = self._page_v2(f"{V2}/{plural}", cursor, {}, COST_LIST_V2, scope)
            found += page.records
            cursor = page.following
            if cursor is None:
                return tuple(found)

    def read_field(self, plural: str, code: str, scope: str) -> JsonObject:
        """One field with its options."""
        return object_of(self._data("GET", f"{V2}/{plural}/{code}", cost=COST_ONE_V2, scope=scope), "A field")

    def create_field(self, plural: str, definition: JsonObject, scope: str) -> JsonObject:
        """Make a custom field. Raises CrmRejected 403 where the plan allows no more."""
        return object_of(
            self._data("POST", f"{V2}/{plural}", json=definition, cost=COST_WRITE_V2, scope=scope), "A field"
        )

    def add_options(self, plural: str, code: str, labels: Sequence[str], scope: str) -> None:
        """Give a field more options."""
        sent: list[JsonValue] = [{"label": label} for label in labels]
        self._data("POST", f"{V2}/{plural}/{code}/options", json=sent, cost=COST_WRITE_V2, scope=scope)

    # -- webhooks

    def list_hooks(self) -> tuple[JsonObject, ...]:
        """The subscriptions that our app made with this user's token."""
        return self._list("GET", f"{V1}/webhooks", cost=COST_HOOK, scope=HOOKS)

    def create_hook(self, sent: JsonObject) -> None:
        """Subscribe."""
        self._data("POST", f"{V1}/webhooks", json=sent, cost=COST_HOOK, scope=HOOKS)

    def delete_hook(self, hook_id: str) -> None:
        """Unsubscribe; one that is gone already is as good."""
        try:
            self._data("DELETE", f"{V1}/webhooks/{hook_id}", cost=COST_HOOK_GONE, scope=HOOKS)
        except RecordGone:
            return

    # -- how answers look

    def _data(
        self,
        method: str,
        path: str,
        *,
        cost: int,
        scope: str,
        params: Mapping[str, str] | None = None,
        json: JsonValue = None,
    ) -> JsonValue:
        return self._body(method, path, cost=cost, scope=scope, params=params, json=json).get("data")

    def _body(
        self,
        method: str,
        path: str,
        *,
        cost: int,
        scope: str,
        params: Mapping[str, str] | None = None,
        json: JsonValue = None,
    ) -> JsonObject:
        """`scope`: the one without which Pipedrive refuses the call; its refusal does not name it."""
        try:
            answer = self._transport.request(method, path, params=params, json=json, cost=cost)
        except CrmRejected as refused:
            if refused.status == 402:
                raise RetryLater(
                    "Pipedrive says that the company's account is not open.", after_s=CLOSED_PAUSE_S
                ) from refused
            if refused.status == 403 and "scope" in str(refused).lower():
                raise PermissionMissing(str(refused), scope=scope) from refused
            raise
        body = object_of(answer, f"The answer to {path}")
        if body.get("success") is not True:
            raise UnexpectedPayload(f"Pipedrive answered {path} with a success that it calls none.")
        return body

    def _list(self, method: str, path: str, *, cost: int, scope: str) -> tuple[JsonObject, ...]:
        return _records(self._body(method, path, cost=cost, scope=scope), path)

    def _page_v1(self, path: str, params: Mapping[str, str], cost: int, scope: str) -> ListPage:
        body = self._body("GET", path, params=params, cost=cost, scope=scope)
        more = object_of(body.get("additional_data"), f"{path}: additional_data")
        paging = object_of(more.get("pagination"), f"{path}: pagination")
        following = None
        if paging.get("more_items_in_collection") is True:
            following = get_text(paging, "next_start", f"{path}: pagination")
            if not following.isdecimal() or int(following) <= int(params["start"]):
                raise UnexpectedPayload(f"Pipedrive's paging of {path} does not move on.")
        return ListPage(records=_records(body, path), following=following)

    def _iter_v1(self, page_at: Callable[[int], ListPage]) -> Iterator[JsonObject]:
        """Each record once, though the pages overlap."""
        start, seen = 0, set[str]()
        while True:
            page = page_at(start)
            for record in page.records:
                record_id = _id_of(record)
                if record_id not in seen:
                    seen.add(record_id)
                    yield record
            if page.following is None:
                return
            start = following_start(start, page.following)

    def _page_v2(self, path: str, cursor: str | None, params: Mapping[str, str], cost: int, scope: str) -> ListPage:
        sent = {"limit": str(LIST_LIMIT), **params}
        if cursor is not None:
            sent["cursor"] = cursor
        body = self._body("GET", path, params=sent, cost=cost, scope=scope)
        more, records = body.get("additional_data"), _records(body, path)
        if not isinstance(more, dict) or "next_cursor" not in more:
            # The description promises neither. A page that is not full is the last; after a full one we must know.
            if len(records) >= int(sent["limit"]):
                raise UnexpectedPayload(f"Pipedrive's page of {path} does not say whether another follows.")
            return ListPage(records=records, following=None)
        following = find_text(more, "next_cursor")
        if following is not None and following == cursor:
            raise UnexpectedPayload(f"Pipedrive's paging of {path} does not move on.")
        return ListPage(records=records, following=following)

    def _by_ids(
        self, path: str, ids: Iterable[str], params: Mapping[str, str], cost: int, scope: str
    ) -> tuple[JsonObject, ...]:
        wanted = sorted({one for one in ids if one.isdecimal()}, key=int)
        found: list[JsonObject] = []
        for start in range(0, len(wanted), IDS_LIMIT):
            batch = wanted[start : start + IDS_LIMIT]
            page = self._page_v2(path, None, {"ids": ",".join(batch), **params}, cost, scope)
            asked = set(batch)
            found += [record for record in page.records if find_text(record, "id") in asked]
        return tuple(found)


def following_start(start: int, following: str) -> int:
    """Where the next page of version 1 begins, the overlap taken back, and further on in any case."""
    step = int(following) - start
    return start + max(1, step - max(1, step // OVERLAP_PART))


def _id_of(record: JsonObject) -> str:
    """The id of a record, also of one in an envelope (mails)."""
    inner = record.get("data")
    return get_text(inner if isinstance(inner, dict) else record, "id", "A record")


def _records(body: JsonObject, what: str) -> tuple[JsonObject, ...]:
    """The records of a list; Pipedrive says null where there are none."""
    if "data" not in body:
        raise UnexpectedPayload(f"Pipedrive's answer to {what} has no data.")
    data = body["data"]
    return () if data is None else tuple(object_of(item, what) for item in list_of(data, what) if item is not None)
