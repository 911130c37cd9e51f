"""Typed calls on HubSpot's dated paths. Retries, limits and errors are the transport's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from audits.model.activity import Owner
from connector.adapters.hubspot.mapping import Record, Version, parse_at
from connector.budget import Lane
from connector.errors import UnexpectedPayload
from connector.payloads import JsonObject, JsonValue, find_text, get_list, get_text, list_of, object_of
from connector.server_rules import ServerRules
from connector.transport import Transport

VERSION = "2026-03"
"""The API version of every path. HubSpot supports a version for 18 months."""

UNINSTALL_VERSION = "2026-09"
"""The version above describes this one call for a scope that no app can ask for; from this one on it is `oauth`."""

CALL_OUTCOMES_PATH = "/calling/v1/dispositions"
"""No dated version has the outcomes of calls; this older call, which HubSpot's guide to calls names, does."""

LIST_LIMIT = 100
SEARCH_LIMIT = 100
HISTORY_LIMIT = 50
BATCH_LIMIT = 100
ASSOCIATION_LIMIT = 1000
RECORD_ID = "hs_object_id"
SEARCH = "search"
"""The lane of searches: a quota of its own at HubSpot, 5 a second for all apps of an account together."""

_DAILY_PAUSE_S = 3600.0


def lanes(calls_per_10s: int) -> tuple[Lane, ...]:
    """Our budget of one account; of the 5 searches a second we leave one to others."""
    return (Lane(name="", calls=calls_per_10s, window_s=10.0), Lane(name=SEARCH, calls=4, window_s=1.0))


def _pause_s(status: int, body: JsonObject, attempt: int) -> float | None:
    """HubSpot's 429 come without Retry-After: the policy's name tells which window has to pass."""
    if status == 423:
        return 2.0
    if status == 477:
        return 3600.0
    if status != 429:
        return None
    policy = str(body.get("policyName") or body.get("message") or "").upper()
    if "DAILY" in policy:
        return _DAILY_PAUSE_S
    if "TEN_SECONDLY" in policy:
        return 10.0
    return 1.0 * attempt


def _missing_scope(body: JsonObject) -> str | None:
    if body.get("category") != "MISSING_SCOPES":
        return None
    errors = body.get("errors")
    for error in errors if isinstance(errors, list) else []:
        context = error.get("context") if isinstance(error, dict) else None
        scopes = context.get("requiredGranularScopes") if isinstance(context, dict) else None
        if isinstance(scopes, list) and scopes and isinstance(scopes[0], str):
            return scopes[0]
    return "unknown"


def _rejected_fields(body: JsonObject) -> tuple[str, ...]:
    found: list[str] = []
    errors = body.get("errors")
    for error in errors if isinstance(errors, list) else []:
        context = error.get("context") if isinstance(error, dict) else None
        names = context.get("propertyName") if isinstance(context, dict) else None
        found += [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return tuple(dict.fromkeys(found))


RULES = ServerRules(
    server="HubSpot",
    remaining_header="x-hubspot-ratelimit-remaining",
    interval_ms_header="x-hubspot-ratelimit-interval-milliseconds",
    pause_s=_pause_s,
    missing_scope=_missing_scope,
    rejected_fields=_rejected_fields,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact with its histories by property, each newest first as HubSpot gives them."""

    record: Record
    history: Mapping[str, tuple[Version, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of records; `after` None = the last one. `total` where HubSpot counts (search)."""

    records: tuple[Record, ...]
    after: str | None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchError:
    """One entry of `errors` in a 207: what it is about and why."""

    category: str
    sub_category: str
    message: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAnswer:
    """A 200, 201 or 207: what went well, and what did not."""

    results: tuple[JsonObject, ...]
    errors: tuple[BatchError, ...]


class HubSpotClient:
    """The calls we make, on one account's transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._sorts_by_name = True

    @property
    def origin(self) -> str:
        """scheme://host[:port] that is called."""
        return self._transport.origin

    @property
    def calls_left(self) -> int | None:
        """Calls left in the present window, as HubSpot last said."""
        return self._transport.calls_left

    def account_details(self) -> JsonObject:
        """Portal id, zone, currency and host of the account's pages."""
        return object_of(self._transport.request("GET", f"/account-info/{VERSION}/details"), "The account's details")

    def iter_owners(self, *, is_archived: bool) -> Iterator[Owner]:
        """Owners of one kind: active ones, or former ones."""
        after: str | None = None
        while True:
            params = {"limit": str(LIST_LIMIT), "archived": "true" if is_archived else "false"}
            if after is not None:
                params["after"] = after
            body = object_of(self._transport.request("GET", f"/crm/owners/{VERSION}", params=params), "Owners")
            for item in get_list(body, "results", "Owners"):
                yield _owner(object_of(item, "An owner"), is_archived)
            after = _next_after(body, after)
            if after is None:
                return

    def list_contacts(self, properties: Sequence[str], after: str | None) -> ListPage:
        """One page of all contacts by ascending id."""
        params = {"limit": str(LIST_LIMIT), "properties": ",".join(properties), "archived": "false"}
        if after is not None:
            params["after"] = after
        body = object_of(
            self._transport.request("GET", f"/crm/objects/{VERSION}/contacts", params=params), "Contacts"
        )
        return ListPage(records=_records(body, "Contacts"), after=_next_after(body, after))

    def search_contacts(
        self,
        filters: Sequence[tuple[str, str, str]],
        sort_by: str,
        properties: Sequence[str],
        limit: int = SEARCH_LIMIT,
    ) -> ListPage:
        """The first `limit` contacts that pass all (property, operator, value), by `sort_by` ascending.

        Never a later page: HubSpot's offsets end at 10,000 and shift while records change. An answer that is not in
        order is asked for once more in the other way to sort (see BEHAVIOR.md).
        """
        wanted: list[JsonValue] = [
            {"propertyName": name, "operator": operator, "value": value} for name, operator, value in filters
        ]
        groups: list[JsonValue] = [{"filters": wanted}] if wanted else []
        sent: JsonObject = {
            "filterGroups": groups,
            "sorts": [sort_by if self._sorts_by_name else {"propertyName": sort_by, "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": limit,
            "after": "0",
        }
        body = object_of(self._post(f"/crm/objects/{VERSION}/contacts/search", sent, lane=SEARCH), "A search")
        records, total = _records(body, "A search"), body.get("total")
        if self._sorts_by_name and not _ascends(records, sort_by):
            self._sorts_by_name = False
            return self.search_contacts(filters, sort_by, properties, limit)
        return ListPage(
            records=records,
            after=_next_after(body, None),
            total=total if isinstance(total, int) else None,
        )

    def read_contacts(
        self, ids: Sequence[str], properties: Sequence[str], with_history: Sequence[str]
    ) -> tuple[Contact, ...]:
        """Contacts by id, any number; those that are gone are left out."""
        found: list[Contact] = []
        for batch in _in_batches(ids, HISTORY_LIMIT):
            answer = self._batch(
                f"/crm/objects/{VERSION}/contacts/batch/read",
                {
                    "inputs": [{"id": one} for one in batch],
                    "properties": list(properties),
                    "propertiesWithHistory": list(with_history),
                },
            )
            _only_missing(answer, "Contacts")
            found += [
                Contact(
                    record=_record(result, "A contact"),
                    history={name: _versions(result, name) for name in with_history},
                )
                for result in answer.results
            ]
        return tuple(found)

    def read_records(self, plural: str, ids: Sequence[str], properties: Sequence[str]) -> tuple[Record, ...]:
        """Records of one type by id, any number; those that are gone are left out."""
        found: list[Record] = []
        for batch in _in_batches(ids, BATCH_LIMIT):
            answer = self._batch(
                f"/crm/objects/{VERSION}/{plural}/batch/read",
                {
                    "inputs": [{"id": one} for one in batch],
                    "properties": list(properties),
                    "propertiesWithHistory": [],
                },
            )
            _only_missing(answer, plural)
            found += [_record(result, plural) for result in answer.results]
        return tuple(found)

    def associated_ids(self, from_plural: str, to_plural: str, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """For each of `ids` (any number) the ids it is associated with; without any it is left out."""
        links = self.associations(from_plural, to_plural, ids)
        return {from_id: tuple(labels) for from_id, labels in links.items()}

    def associations(
        self, from_plural: str, to_plural: str, ids: Sequence[str]
    ) -> dict[str, dict[str, tuple[str, ...]]]:
        """For each of `ids` (any number) the ids it is associated with, with the labels of that link; without any it
        is left out."""
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        path = f"/crm/associations/{VERSION}/{from_plural}/{to_plural}/batch/read"
        waiting: list[JsonValue] = [{"id": one} for one in dict.fromkeys(ids)]
        seen: set[tuple[str, str]] = set()
        while waiting:
            batch, waiting = waiting[:ASSOCIATION_LIMIT], waiting[ASSOCIATION_LIMIT:]
            answer = self._batch(path, {"inputs": batch})
            _only_missing(answer, f"Associations of {from_plural}")
            for result in answer.results:
                from_id = get_text(object_of(result.get("from"), "An association's 'from'"), "id", "An association")
                for link in get_list(result, "to", "An association"):
                    to = object_of(link, "An association's 'to'")
                    to_id = get_text(to, "toObjectId", "An association")
                    links = found.setdefault(from_id, {})
                    links[to_id] = tuple(dict.fromkeys((*links.get(to_id, ()), *_labels(to))))
                after = _next_after(result, None)
                if after is not None:
                    if (from_id, after) in seen:
                        raise UnexpectedPayload(f"HubSpot repeats page {after} of the associations of {from_id}.")
                    seen.add((from_id, after))
                    waiting.append({"id": from_id, "after": after})
        return found

    def update_contacts(self, values: Mapping[str, Mapping[str, str]]) -> BatchAnswer:
        """Set properties of up to BATCH_LIMIT contacts."""
        inputs: list[JsonValue] = [{"id": one, "properties": dict(wanted)} for one, wanted in values.items()]
        return self._batch(f"/crm/objects/{VERSION}/contacts/batch/update", {"inputs": inputs}, is_write=True)

    def read_contact_properties(self, names: Sequence[str]) -> dict[str, JsonObject]:
        """The definitions of those contact properties that exist and are not archived."""
        answer = self._batch(
            f"/crm/properties/{VERSION}/contacts/batch/read",
            {
                "archived": False,
                "dataSensitivity": "non_sensitive",
                "inputs": [{"name": name} for name in names],
            },
        )
        _only_missing(answer, "Properties")
        return {get_text(result, "name", "A property"): result for result in answer.results}

    def list_contact_properties(self) -> tuple[JsonObject, ...]:
        """The definitions of all contact properties that are not archived."""
        body = object_of(
            self._transport.request("GET", f"/crm/properties/{VERSION}/contacts", params={"archived": "false"}),
            "Properties",
        )
        return tuple(object_of(item, "A property") for item in get_list(body, "results", "Properties"))

    def list_call_outcomes(self) -> tuple[tuple[str, str], ...]:
        """(id, label) of the outcomes that a call can have in this account."""
        listed = list_of(self._transport.request("GET", CALL_OUTCOMES_PATH), "Call outcomes")
        labels: dict[str, str] = {}
        for item in listed:
            outcome = object_of(item, "A call outcome")
            outcome_id = get_text(outcome, "id", "A call outcome")
            labels[outcome_id] = find_text(outcome, "label") or outcome_id
        return tuple(labels.items())

    def create_contact_properties(self, definitions: Sequence[JsonObject]) -> BatchAnswer:
        """Make contact properties."""
        inputs: list[JsonValue] = list(definitions)
        return self._batch(f"/crm/properties/{VERSION}/contacts/batch/create", {"inputs": inputs}, is_write=True)

    def update_contact_property(self, name: str, changes: JsonObject) -> None:
        """Change a contact property's definition."""
        self._transport.request("PATCH", f"/crm/properties/{VERSION}/contacts/{name}", json=changes)

    def create_contact_group(self, name: str, label: str) -> None:
        """Make a group of contact properties. Raises CrmRejected 409 when it exists."""
        self._transport.request(
            "POST",
            f"/crm/properties/{VERSION}/contacts/groups",
            json={"name": name, "label": label, "displayOrder": -1},
        )

    def uninstall(self) -> None:
        """Take our app out of the account."""
        self._transport.request("DELETE", f"/appinstalls/{UNINSTALL_VERSION}/external-install")

    def _post(self, path: str, sent: JsonObject, *, lane: str = "", is_write: bool = False) -> JsonValue:
        return self._transport.request("POST", path, json=sent, lane=lane, is_write=is_write)

    def _batch(self, path: str, sent: JsonObject, *, is_write: bool = False) -> BatchAnswer:
        body = object_of(self._post(path, sent, is_write=is_write), "A batch")
        status = body.get("status", "COMPLETE")
        if status != "COMPLETE":
            raise UnexpectedPayload(f"HubSpot says that a batch is {status!r} instead of complete.")
        results = get_list(body, "results", "A batch")
        errors = list_of(body.get("errors", []), "A batch's errors")
        return BatchAnswer(
            results=tuple(object_of(result, "A batch's result") for result in results),
            errors=tuple(_batch_error(object_of(error, "A batch's error")) for error in errors),
        )


def _labels(link: JsonObject) -> tuple[str, ...]:
    kinds = link.get("associationTypes")
    found = [kind for kind in kinds if isinstance(kind, dict)] if isinstance(kinds, list) else []
    return tuple(label for kind in found if (label := find_text(kind, "label")))


_MISSING = frozenset({"OBJECT_NOT_FOUND", "NOT_FOUND"})


def _only_missing(answer: BatchAnswer, what: str) -> None:
    """A read may lack what is gone; any other error must not read as "nothing there"."""
    for error in answer.errors:
        if error.category not in _MISSING and not error.sub_category.endswith("NO_ASSOCIATIONS_FOUND"):
            raise UnexpectedPayload(f"{what} could not be read in full: {error.category}.")


def _batch_error(body: JsonObject) -> BatchError:
    context = body.get("context")
    ids = context.get("ids") if isinstance(context, dict) else None
    return BatchError(
        category=find_text(body, "category") or "",
        sub_category=find_text(body, "subCategory") or "",
        message=find_text(body, "message") or "no reason given",
        ids=tuple(str(one) for one in ids) if isinstance(ids, list) else (),
    )


def _next_after(body: JsonObject, before: str | None) -> str | None:
    """The cursor of the next page. The link beside it is never followed: it is an address of the server's choice."""
    paging = body.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    if not isinstance(following, dict):
        return None
    after = get_text(following, "after", "HubSpot's paging")
    is_backwards = before is not None and before.isdecimal() and after.isdecimal() and int(after) <= int(before)
    if after == before or is_backwards:
        raise UnexpectedPayload(f"HubSpot's paging does not move on: after {before!r} comes {after!r}.")
    return after


def _ascends(records: Sequence[Record], sort_by: str) -> bool:
    """Whether records are in ascending order as far as they show it, by a moment or by their id."""
    if sort_by == RECORD_ID:
        ids = [int(one.record_id) for one in records if one.record_id.isdecimal()]
        return ids == sorted(ids)
    moments = [at for one in records if (at := parse_at(one.properties.get(sort_by))) is not None]
    return moments == sorted(moments)


def _records(body: JsonObject, what: str) -> tuple[Record, ...]:
    return tuple(_record(object_of(item, what), what) for item in get_list(body, "results", what))


def _record(body: JsonObject, what: str) -> Record:
    created_at = parse_at(find_text(body, "createdAt"))
    if created_at is None:
        raise UnexpectedPayload(f"{what}: a record came without a sound createdAt.")
    properties = object_of(body.get("properties"), f"{what}: the properties of a record")
    return Record(
        record_id=get_text(body, "id", what),
        created_at=created_at,
        properties={name: text for name in properties if (text := find_text(properties, name)) is not None},
    )


def _versions(body: JsonObject, name: str) -> tuple[Version, ...]:
    histories = object_of(body.get("propertiesWithHistory", {}), "A contact's history")
    versions = list_of(histories.get(name, []), f"The history of {name}")
    found: list[Version] = []
    for item in versions:
        version = object_of(item, f"An entry in the history of {name}")
        found.append(
            Version(
                value=find_text(version, "value") or "",
                at=find_text(version, "timestamp") or "",
                source=find_text(version, "sourceType") or "",
            )
        )
    return tuple(found)


def _owner(body: JsonObject, is_archived: bool) -> Owner:
    email = find_text(body, "email")
    names = [find_text(body, key) for key in ("firstName", "lastName")]
    owner_id = get_text(body, "id", "An owner")
    return Owner(
        owner_id=owner_id,
        user_id=find_text(body, "userId") or find_text(body, "userIdIncludingInactive"),
        email=email,
        name=" ".join(name for name in names if name) or email or f"Owner {owner_id}",
        team=_team(body),
        is_archived=is_archived,
    )


def _team(body: JsonObject) -> str | None:
    teams = body.get("teams")
    found = [team for team in teams if isinstance(team, dict)] if isinstance(teams, list) else []
    chosen = next((team for team in found if team.get("primary") is True), found[0] if found else None)
    return find_text(chosen, "name") if chosen is not None else None


def _in_batches(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    wanted = list(dict.fromkeys(ids))
    for start in range(0, len(wanted), size):
        yield wanted[start : start + size]
