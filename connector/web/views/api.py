"""/api/v1: what a lead is, asked by programs before they deliver it. By key: no session, no form, no cookie.

Nothing of a lead that is asked about is stored or logged. Answers go by the account's own terms now in force.
"""

from __future__ import annotations

import json
import math
import traceback
from pathlib import Path
from typing import NoReturn

import structlog
from flask import Blueprint, Response, request

from audits.model.truth import TruthTerms
from audits.truth.judgement import judge
from audits.truth.of_case import terms_of
from connector.checking.answer import answer_of
from connector.checking.asked import BadField, given_from, unread
from connector.checking.described import CHECK_MANY_PATH, CHECK_PATH, DOCUMENT_PATH, MOST_LEADS, openapi
from connector.errors import LeadAssayError, StorageBusy, UnexpectedPayload
from connector.logs import get_logger
from connector.payloads import JsonObject, JsonValue, object_of, parse_json
from connector.storage import api_keys, policies
from connector.storage.api_keys import ApiKey
from connector.web.api_refusals import api_refusal
from connector.web.api_secrets import presented
from connector.web.site import site
from webhooks.body import BodyRefused, read_body

BODY_TIMEOUT_S = 10.0
#: The longest fields of a lead together, with every letter escaped.
MAX_BODY_BYTES = 300_000
MAX_BODY_OF_MANY_BYTES = 2_000_000

pages = Blueprint("api", __name__)
_log = get_logger(__name__)


class Refused(LeadAssayError):
    """The call is answered with `response` and goes no further."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


@pages.errorhandler(Refused)
def on_refused(refusal: Refused) -> Response:
    """What was refused is answered so."""
    return refusal.response


@pages.errorhandler(StorageBusy)
def on_busy(trouble: StorageBusy) -> Response:
    """The caller may come again."""
    _log.warning("storage busy", endpoint=request.endpoint, error=str(trouble))
    return api_refusal(503, retry_after_s=5)


@pages.errorhandler(Exception)
def on_crash(trouble: Exception) -> Response:
    """A fault of ours, logged by its place alone: its text may quote the lead, of which nothing is kept."""
    frames = traceback.extract_tb(trouble.__traceback__)[-12:]
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    _log.error("api crashed", endpoint=request.endpoint, error=type(trouble).__name__, where=where)
    return api_refusal(500)


@pages.post(CHECK_PATH)
def check() -> Response:
    """What one lead is."""
    key, terms = _caller()
    body = _body(MAX_BODY_BYTES)
    try:
        answer = _checked(_object(body), terms)
    except BadField as bad:
        _refuse(422, _sentence(bad), field=bad.field)
    _log.info("leads checked", key_id=key.key_id, leads=1)
    return _json(answer)


@pages.post(CHECK_MANY_PATH)
def check_many() -> Response:
    """What each of some leads is; one that cannot be read is told so in its place."""
    key, terms = _caller()
    leads = _object(_body(MAX_BODY_OF_MANY_BYTES)).get("leads")
    if not isinstance(leads, list) or not leads:
        _refuse(422, "Must be a list of leads.", field="leads")
    if len(leads) > MOST_LEADS:
        _refuse(422, f"Holds more than {MOST_LEADS} leads.", field="leads")
    _count(key, len(leads) - 1)
    answers = [_row(place, lead, terms) for place, lead in enumerate(leads)]
    unreadable = sum("error" in answer for answer in answers)
    _log.info("leads checked", key_id=key.key_id, leads=len(leads), unreadable=unreadable)
    return _json({"leads": answers})


@pages.get(DOCUMENT_PATH)
def document() -> Response:
    """The OpenAPI document, for everybody."""
    return _json(openapi(site().external(""), calls_per_minute=site().api_leads.most))


def _json(value: dict[str, object]) -> Response:
    # Names stay in the order in which they are documented.
    return Response(json.dumps(value, ensure_ascii=False), mimetype="application/json")


def _caller() -> tuple[ApiKey, TruthTerms]:
    """Whose key it is, with one call counted, and what that account says of itself. Raises Refused."""
    now, shown = site().now(), presented(request.headers.get("Authorization", ""))
    key: ApiKey | None = None
    if shown is not None:
        with site().database.read() as connection:
            found = api_keys.find_live_key(connection, shown.key_id)
            if shown.opens(found) and found is not None:
                key = found
                terms = terms_of(policies.policy_as_of(connection, found.install_id, now))
    if key is None:
        wait_s = site().wrong_keys.wait_s(request.remote_addr or "", now)
        if wait_s:
            _refuse(429, retry_after_s=math.ceil(wait_s))
        _refuse(401)
    structlog.contextvars.bind_contextvars(install_id=key.install_id)
    _count(key, 1)
    _note_use(key)
    return key, terms


def _count(key: ApiKey, leads: int) -> None:
    wait_s = site().api_leads.wait_s(key.key_id, site().now(), calls=leads)
    if wait_s:
        _refuse(429, retry_after_s=math.ceil(wait_s))


def _note_use(key: ApiKey) -> None:
    now = site().now()
    if not api_keys.is_use_news(key, now):
        return
    try:
        with site().database.write() as connection:
            api_keys.note_use(connection, key.install_id, key.key_id, now)
    except StorageBusy as trouble:
        # Nobody's lead waits for that; the next call notes it.
        _log.warning("use of key not noted", key_id=key.key_id, error=str(trouble))


def _body(max_bytes: int) -> JsonValue:
    if request.mimetype != "application/json":
        _refuse(415)
    try:
        raw = read_body(request.environ, max_bytes=max_bytes, timeout_s=BODY_TIMEOUT_S)
        return parse_json(raw, "The body")
    except BodyRefused as refusal:
        _refuse(refusal.status, str(refusal))
    except UnexpectedPayload as trouble:
        _refuse(400, str(trouble))


def _object(body: JsonValue) -> JsonObject:
    try:
        return object_of(body, "The body")
    except UnexpectedPayload:
        _refuse(422, "The body must be one JSON object.")


def _checked(values: JsonObject, terms: TruthTerms) -> dict[str, object]:
    given = given_from(values)
    ignored = unread(values)
    return {**answer_of(given, judge(given, terms)), **({"ignored": list(ignored)} if ignored else {})}


def _row(place: int, lead: JsonValue, terms: TruthTerms) -> dict[str, object]:
    if not isinstance(lead, dict):
        return {"id": None, "error": {"field": f"leads[{place}]", "reason": "Must be an object."}}
    try:
        return _checked(lead, terms)
    except BadField as bad:
        told = lead.get("id")
        named = told if isinstance(told, (str, int)) and not isinstance(told, bool) else None
        return {"id": named, "error": {"field": bad.field, "reason": _sentence(bad)}}


def _sentence(bad: BadField) -> str:
    return f"{bad.why[:1].upper()}{bad.why[1:]}."


def _refuse(
    status: int, reason: str | None = None, *, field: str | None = None, retry_after_s: int | None = None
) -> NoReturn:
    raise Refused(api_refusal(status, reason, field=field, retry_after_s=retry_after_s))
