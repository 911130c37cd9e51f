"""Typed calls on a Frappe site's REST API. Retries, limits and errors are the transport's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import quote, urlencode

from connector.adapters.frappe.mapping import plain_words
from connector.budget import Lane
from connector.errors import CrmRejected, PermissionMissing, UnexpectedPayload
from connector.logs import redact_text
from connector.payloads import JsonObject, JsonValue, find_text, get_list, get_text, list_of, object_of, parse_json
from connector.server_rules import ServerRules
from connector.transport import Answer, Transport

SERVER = "The Frappe site"
RESOURCE, METHOD = "/api/resource", "/api/method"
"""Version 1 of the API, which every Frappe answers."""

PAGE = 500
"""Rows of one answer. Frappe names no cap; without a limit it sends everything at once."""
LONGEST_QUERY = 3000
"""Beyond so many characters a list is asked for by POST: gunicorn refuses a request line of more than 4,094."""

Filter = tuple[str, str, JsonValue]
"""A field, an operator, a value; all filters of a list must hold."""


def lanes(calls_per_10s: int) -> tuple[Lane, ...]:
    """Our budget of one site. Frappe limits nothing by itself; a site that does tells us by Retry-After."""
    return (Lane(name="", calls=calls_per_10s, window_s=10.0),)


def _complaint(body: JsonObject) -> str | None:
    """The site's message for people, else the name of its error. Never the traceback that stands beside them."""
    try:
        listed = parse_json((find_text(body, "_server_messages") or "[]").encode(), "Messages")
        said = [parse_json(one.encode(), "A message") for one in listed] if isinstance(listed, list) else []  # type: ignore[union-attr]
    except (UnexpectedPayload, AttributeError):
        said = []
    messages = [find_text(one, "message") for one in said if isinstance(one, dict)]
    words = " ".join(plain_words(message) for message in messages if message)
    return words or find_text(body, "error_description") or find_text(body, "error") or find_text(body, "exc_type")


RULES = ServerRules(server=SERVER, complaint=_complaint)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedWrite:
    """A document that a bulk update left as it was. `error`: the name of Frappe's exception."""

    name: str
    error: str
    words: str


class FrappeClient:
    """The calls we make, on one site's transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def origin(self) -> str:
        """scheme://host[:port] of the site."""
        return self._transport.origin

    @property
    def calls_left(self) -> int | None:
        """Frappe counts none."""
        return self._transport.calls_left

    def rows(
        self,
        doctype: str,
        fields: Sequence[str],
        filters: Sequence[Filter],
        *,
        order_by: str,
        limit: int = PAGE,
        parent: str | None = None,
    ) -> list[JsonObject]:
        """The first `limit` documents that pass all filters. `parent`: the doctype whose child table this is.

        Raises PermissionMissing with the scope "read <doctype>", of a child table "read <parent>": it has no
        permissions of its own.
        """
        asked: dict[str, JsonValue] = {
            "fields": list(fields),
            "filters": [list(one) for one in filters],
            "order_by": order_by,
            "limit_page_length": limit,
        }
        if parent is not None:
            asked["parent"] = parent
        params = {name: one if isinstance(one, str) else _compact(one) for name, one in asked.items()}
        scope = f"read {parent or doctype}"
        if len(urlencode(params)) <= LONGEST_QUERY:
            body = self._ask("GET", f"{RESOURCE}/{quote(doctype)}", scope, params=params)
            return _objects(object_of(body, doctype), "data", doctype)
        path = f"{METHOD}/frappe.client.get_list"
        body = self._ask("POST", path, scope, sent={"doctype": doctype, **asked}, is_write=False)
        return _objects(object_of(body, doctype), "message", doctype)

    def iter_rows(
        self, doctype: str, fields: Sequence[str], filters: Sequence[Filter], *, parent: str | None = None
    ) -> Iterator[JsonObject]:
        """All documents that pass all filters, by name. `fields` must hold "name"."""
        after: JsonValue = None
        while True:
            within = [*filters, ("name", ">", after)] if after is not None else filters
            page = self.rows(doctype, fields, within, order_by="name asc", parent=parent)
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1].get("name")
            if last is None or last == after:
                raise UnexpectedPayload(f"{SERVER}'s list of {doctype} does not move on.")
            after = last

    def count(self, doctype: str, filters: Sequence[Filter]) -> int | None:
        """How many documents pass all filters; None where the site does not count: it is for a progress bar alone."""
        params = {"doctype": doctype, "filters": _compact([list(one) for one in filters])}
        try:
            answer = self._call("frappe.client.get_count", f"read {doctype}", params=params)
        except (CrmRejected, PermissionMissing):
            return None
        return answer if isinstance(answer, int) and not isinstance(answer, bool) else None

    def document(self, doctype: str, name: str) -> JsonObject:
        """One whole document. Raises RecordGone, or PermissionMissing with the scope "read <doctype>"."""
        body = self._ask("GET", _path(doctype, name), f"read {doctype}")
        return object_of(object_of(body, doctype).get("data"), doctype)

    def create(self, doctype: str, values: JsonObject) -> str:
        """Make a document; its name. Raises PermissionMissing ("create <doctype>"), CrmRejected 409 or 417."""
        body = self._ask("POST", f"{RESOURCE}/{quote(doctype)}", f"create {doctype}", sent=values)
        return get_text(object_of(object_of(body, doctype).get("data"), doctype), "name", doctype)

    def update(self, doctype: str, name: str, values: JsonObject) -> None:
        """Change fields of a document. Raises PermissionMissing with the scope "write <doctype>"."""
        self._ask("PUT", _path(doctype, name), f"write {doctype}", sent=values)

    def delete(self, doctype: str, name: str) -> None:
        """Throw a document away. Raises PermissionMissing with the scope "delete <doctype>"."""
        self._ask("DELETE", _path(doctype, name), f"delete {doctype}")

    def bulk_update(self, doctype: str, values: Mapping[str, JsonObject]) -> list[FailedWrite]:
        """Set fields of documents, name → values; what the site refused, the others are written."""
        docs = [{"doctype": doctype, "docname": name, **wanted} for name, wanted in values.items()]
        # The method itself reads `docs` as JSON text within the JSON.
        said = self._call("frappe.client.bulk_update", f"write {doctype}", sent={"docs": json.dumps(docs)})
        failed = get_list(object_of(said, "A bulk update"), "failed_docs", "A bulk update")
        return [_failed(object_of(one, "A failed document")) for one in failed]

    def logged_user(self) -> str:
        """The user that the token acts as."""
        answer = self._call("frappe.auth.get_logged_user", "sign in")
        if not isinstance(answer, str) or not answer:
            raise UnexpectedPayload(f"{SERVER} does not say whose token this is.")
        return answer

    def versions(self) -> dict[str, str]:
        """Installed apps → their versions. Raises PermissionMissing or CrmRejected where the site does not tell."""
        answer = object_of(self._call("frappe.utils.change_log.get_versions", "read versions"), "The versions")
        return {app: find_text(told, "version") or "" for app, told in answer.items() if isinstance(told, dict)}

    def revoke(self, token: str) -> None:
        """End the grant that this access token belongs to. The site answers alike whether it knew it or not.

        Sent in nobody's name: with a bearer token the site takes the caller for somebody else than the client, and
        answers 401 without ending anything.
        """
        self._transport.send(
            "POST",
            f"{METHOD}/frappe.integrations.oauth2.revoke_token",
            form={"token": token},
            is_write=False,
            is_anonymous=True,
        )

    def _call(
        self,
        method: str,
        scope: str,
        *,
        params: Mapping[str, str] | None = None,
        sent: JsonObject | None = None,
    ) -> JsonValue:
        verb = "GET" if sent is None else "POST"
        body = self._ask(verb, f"{METHOD}/{method}", scope, params=params, sent=sent)
        answered = object_of(body, method)
        if "message" not in answered:
            raise UnexpectedPayload(f"{SERVER} answered {method} without a message.")
        return answered["message"]

    def _ask(
        self,
        verb: str,
        path: str,
        scope: str,
        *,
        params: Mapping[str, str] | None = None,
        sent: JsonObject | None = None,
        is_write: bool | None = None,
    ) -> JsonValue:
        answer = self._transport.send(
            verb, path, params=params, json=sent, is_write=is_write, judged=frozenset({403})
        )
        if answer.status == 403:
            _refused(answer, scope)
        return answer.body


def _refused(answer: Answer, scope: str) -> NoReturn:
    """A 403 of Frappe is a missing permission; one without its words comes from something in front of it."""
    body = answer.body if isinstance(answer.body, dict) else {}
    if "PermissionError" not in f"{body.get('exc_type')} {body.get('exception')}":
        raise CrmRejected(f"{SERVER} answered 403 without Frappe's words: is a guard in front of it?", status=403)
    words = redact_text(_complaint(body) or "").rstrip(".")
    raise PermissionMissing(
        f"{SERVER} does not let our user {scope} ({words}). Give it the roles System Manager and Sales Manager.",
        scope=scope,
    )


def _failed(body: JsonObject) -> FailedWrite:
    doc = object_of(body.get("doc"), "A failed document")
    # A traceback ends with the exception's own line; all above it tells of the site's files.
    last = (find_text(body, "exc") or "").strip().rpartition("\n")[2]
    error, _, words = last.partition(":")
    return FailedWrite(
        name=find_text(doc, "docname") or get_text(doc, "name", "A failed document"),
        error=error.rpartition(".")[2].strip()[:60] or "no reason given",
        words=plain_words(redact_text(words)),
    )


def _path(doctype: str, name: str) -> str:
    return f"{RESOURCE}/{quote(doctype)}/{quote(name, safe='')}"


def _objects(body: JsonObject, key: str, what: str) -> list[JsonObject]:
    return [object_of(item, what) for item in list_of(body.get(key), what)]


def _compact(value: JsonValue) -> str:
    return json.dumps(value, separators=(",", ":"))
