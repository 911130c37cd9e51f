"""The API: who is believed, what is answered, what is refused in which words, and that nothing of a lead is kept."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
import sqlalchemy as sa
import structlog
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.serving import make_server

from audits.model.truth import Disposable
from connector import logs
from connector.checking.asked import LONGEST, LONGEST_OTHER, READERS, BadField, given_from
from connector.checking.described import FIELDS, lead_schema
from connector.errors import StorageBusy
from connector.jobs.uninstall import end_install
from connector.storage import api_keys, installs, policies
from connector.storage.tables import inbox_metadata, metadata
from connector.web.api_secrets import make_key, presented
from connector.web.limits import CallerLimit
from connector.web.views import api
from tests.conftest import DatabaseUrls
from tests.web.conftest import NOW, WebApp, post
from tests.web.seed import Tenant, seed_tenant

LEAD = {"id": "7", "name": "Anna Berg", "email": "anna.berg@firma.no", "phone": "22 33 44 55", "country": "NO"}
CHECK, MANY = "/api/v1/check", "/api/v1/check-many"


def new_key(web: WebApp, tenant: Tenant, name: str = "Form") -> str:
    """A live key of the account, as its holder has it."""
    kept, key = make_key()
    with web.database.write() as connection:
        api_keys.put_key(
            connection,
            tenant.install_id,
            kept.key_id,
            name=name,
            secret_hash=kept.secret_hash,
            user_id=tenant.admin_id,
            at=web.clock.now,
        )
    return key


def ask(
    web: WebApp,
    key: str | None,
    body: object = LEAD,
    path: str = CHECK,
    *,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    shown = {} if key is None else {"Authorization": f"Bearer {key}"}
    return web.visitor().post(path, data=raw, content_type=content_type, headers={**shown, **(headers or {})})


def error_of(answer: Any) -> dict[str, Any]:
    assert answer.mimetype == "application/json", answer.text
    assert set(answer.json) == {"error"}
    assert {"field", "reason"} <= set(answer.json["error"])
    assert answer.json["error"]["reason"].endswith((".", "..."))
    return answer.json["error"]


@pytest.fixture
def key(web: WebApp, tenant: Tenant) -> str:
    return new_key(web, tenant)


# --- what is answered ---------------------------------------------------------------------------------------------


def test_a_lead_is_judged(web: WebApp, key: str):
    answer = ask(web, key)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert list(answer.json)[:2] == ["id", "verdict"]
    assert (answer.json["id"], answer.json["verdict"]) == ("7", "genuine")
    assert answer.json["phone"] | {"reasons": []} == {
        "e164": "+4722334455", "valid": True, "possible": True, "type": "fixed_line", "country": "NO", "reasons": []
    }  # fmt: skip
    assert answer.json["email"]["normalised"] == "anna.berg@firma.no"
    assert "ignored" not in answer.json
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_names_that_mean_nothing_are_told(web: WebApp, key: str):
    assert ask(web, key, {**LEAD, "e_mail": "x", "a": 1}).json["ignored"] == ["a", "e_mail"]


def test_a_typo_is_repairable(web: WebApp, key: str):
    answer = ask(web, key, {**LEAD, "email": "anna.berg@gmial.com"}).json
    assert answer["email"]["suggestion"] == "anna.berg@gmail.com"
    assert {"field": "email", "proposed": "anna.berg@gmail.com"}.items() <= answer["repairs"][0].items()


def test_the_account_that_asks_sets_the_terms(web: WebApp, tenant: Tenant):
    """Of two accounts each by its own policy, by the one in force now."""
    other = seed_tenant(web.context, account_id="247279313", name="Rival AG", leads=1, prefix="2")
    for each, region, valid_from in (
        (tenant, "NO", NOW - timedelta(minutes=5)),
        (other, "DK", NOW - timedelta(minutes=5)),
        (other, "SE", NOW + timedelta(days=1)),
    ):
        with web.database.write() as connection:
            policy = policies.policy_as_of(connection, each.install_id, NOW)
            policies.put_policy(
                connection, each.install_id, replace(policy, version=f"of {region}", region=region), valid_from
            )
    lead = {**LEAD, "country": None}
    mine, theirs = new_key(web, tenant), new_key(web, other)
    assert [ask(web, each, lead).json["phone"]["e164"] for each in (mine, theirs)] == ["+4722334455", "+4522334455"]
    assert ask(web, theirs).json["phone"]["e164"] == "+4722334455"
    web.clock.now = NOW + timedelta(days=2)
    assert ask(web, theirs, lead).json["phone"]["e164"] == "+4622334455"


def test_many_leads_are_answered_in_their_places(web: WebApp, key: str):
    rows = [LEAD, {"id": "8"}, 4711, {**LEAD, "id": 9, "time_on_form_s": "soon"}, {**LEAD, "id": "10"}]
    answer = ask(web, key, {"leads": rows}, MANY)
    assert answer.status_code == 200
    first, unreachable, none, late, last = answer.json["leads"]
    assert first == ask(web, key).json
    assert unreachable == {
        "id": "8",
        "error": {"field": "email", "reason": "Give at least one way to reach the person: email, phone or mobile."},
    }
    assert none == {"id": None, "error": {"field": "leads[2]", "reason": "Must be an object."}}
    assert late == {"id": 9, "error": {"field": "time_on_form_s", "reason": "Must be a number of seconds."}}
    assert (last["id"], last["verdict"]) == ("10", "genuine")


def test_a_hundred_leads_at_once_and_no_more(web: WebApp, key: str):
    full = ask(web, key, {"leads": [{**LEAD, "message": "é" * 3000}] * 100}, MANY)
    assert (full.status_code, len(full.json["leads"])) == (200, 100)
    for leads, reason in (([LEAD] * 101, "Holds more than 100 leads."), ([], "Must be a list of leads."), ({}, None)):
        answer = ask(web, key, {"leads": leads}, MANY)
        assert answer.status_code == 422
        assert error_of(answer)["field"] == "leads"
        assert reason in (None, error_of(answer)["reason"])


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lead", "field", "reason"),
    [
        ({"id": "1"}, "email", "Give at least one way to reach the person: email, phone or mobile."),
        ({**LEAD, "phone": 4711}, "phone", "Must be a text."),
        ({**LEAD, "name": "x" * 501}, "name", "Is longer than 500 characters."),
        ({**LEAD, "time_on_form_s": -1}, "time_on_form_s", "Must be from 0 to a year in seconds."),
        ({**LEAD, "time_on_form_s": 10**400}, "time_on_form_s", "Must be from 0 to a year in seconds."),
        ({**LEAD, "submitted_at": "2026-03-02T10"}, "submitted_at", "Needs an offset from UTC, such as Z or +01:00."),
        ({**LEAD, "honeypot": []}, "honeypot", "Must be a text."),
        ([LEAD], None, "The body must be one JSON object."),
        ("text", None, "The body must be one JSON object."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_field(web: WebApp, key: str, lead: object, field: str, reason: str):
    answer = ask(web, key, lead)
    assert answer.status_code == 422
    assert error_of(answer) == {"field": field, "reason": reason}


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000])
def test_no_json_is_400(web: WebApp, key: str, raw: bytes):
    answer = ask(web, key, raw)
    assert answer.status_code == 400
    assert error_of(answer)["field"] is None


def test_other_media_types_are_415(web: WebApp, key: str):
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""):
        answer = ask(web, key, content_type=kind)
        assert answer.status_code == 415
        assert "application/json" in error_of(answer)["reason"]
    assert ask(web, key, content_type="application/json; charset=utf-8").status_code == 200


def test_too_much_is_413(web: WebApp, key: str):
    longest = {**LEAD, "message": "😀" * LONGEST["message"]}
    assert len(json.dumps(longest)) > 230_000
    assert ask(web, key, longest).status_code == 200
    for path, size in ((CHECK, 300_001), (MANY, 2_000_001)):
        answer = ask(web, key, b" " * size, path)
        assert answer.status_code == 413
        error_of(answer)


def test_whoever_shows_no_live_key_gets_the_same_words(web: WebApp, tenant: Tenant, key: str):
    revoked, gone = (
        new_key(web, tenant),
        seed_tenant(web.context, account_id="9", name="Gone AS", leads=1, prefix="2"),
    )
    key_of_gone = new_key(web, gone)
    with web.database.write() as connection:
        assert api_keys.revoke_key(connection, tenant.install_id, revoked.split("_")[1], NOW)
        assert not api_keys.revoke_key(connection, tenant.install_id, revoked.split("_")[1], NOW)
    end_install(web.context, gone.install_id, "left")
    wrong_secret = key[:-1] + ("0" if key[-1] != "0" else "1")
    shown = [
        None,
        "",
        "x",
        wrong_secret,
        key.upper(),
        key + "0",
        key[:-1],
        make_key()[1],
        revoked,
        key_of_gone,
        "é" * 40,
    ]
    answers = [ask(web, each) for each in shown]
    answers.append(web.visitor().post(CHECK, json=LEAD, headers={"Authorization": f"Basic {key}"}))
    answers.append(web.visitor().post(f"{CHECK}?key={key}", json=LEAD))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Bearer realm="Lead Assay"'}
    assert ask(web, key).status_code == 200


def test_a_key_of_an_account_that_left_stays_dead_when_it_comes_back(web: WebApp, tenant: Tenant, key: str):
    end_install(web.context, tenant.install_id, "left")
    with web.database.write() as connection:
        connection.execute(
            sa.update(metadata.tables["installs"])
            .where(metadata.tables["installs"].c.install_id == tenant.install_id)
            .values(status=installs.InstallStatus.ACTIVE.value)
        )
    assert ask(web, key).status_code == 401
    assert ask(web, new_key(web, tenant)).status_code == 200


def test_a_stopped_connection_does_not_stop_checks(web: WebApp, tenant: Tenant, key: str):
    with web.database.write() as connection:
        installs.pause(connection, tenant.install_id, "revoked", NOW)
    assert ask(web, key).status_code == 200


def test_a_session_is_no_key(web: WebApp, tenant: Tenant):
    assert web.signed_in(tenant, tenant.admin_id).post(CHECK, json=LEAD).status_code == 401


def test_a_key_has_a_share_each_minute(web: WebApp, tenant: Tenant, key: str):
    other = new_key(web, tenant)
    for _ in range(5):
        assert ask(web, key, {"leads": [LEAD] * 100}, MANY).status_code == 200
    assert ask(web, key, {"leads": [LEAD] * 99}, MANY).status_code == 200
    web.clock.now += timedelta(seconds=30)
    assert ask(web, key).status_code == 200
    refused = ask(web, key)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "30"
    error_of(refused)
    assert ask(web, other).status_code == 200
    web.clock.now += timedelta(seconds=30)
    assert ask(web, key).status_code == 200


def test_wrong_keys_are_limited_by_address_and_right_ones_are_not(web: WebApp, key: str):
    wrong = [ask(web, "la_wrong").status_code for _ in range(32)]
    assert (wrong[:30], wrong[30:]) == ([401] * 30, [429] * 2)
    assert 0 < int(ask(web, None).headers["Retry-After"]) <= 600
    assert ask(web, key).status_code == 200
    elsewhere = web.visitor().post(CHECK, json=LEAD, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert elsewhere.status_code == 401


def test_the_limit_says_how_long_to_wait():
    limit = CallerLimit(most=3, span=timedelta(seconds=60))
    assert limit.wait_s("a", NOW, calls=2) == 0
    assert limit.wait_s("a", NOW + timedelta(seconds=10)) == 0
    assert limit.wait_s("a", NOW + timedelta(seconds=20)) == 40
    assert limit.wait_s("a", NOW + timedelta(seconds=20), calls=3) == 50
    assert limit.allows("a", NOW + timedelta(seconds=60), calls=2)
    assert not limit.allows("a", NOW + timedelta(seconds=60))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api", 404),
        ("GET", "/api/", 404),
        ("POST", "/api/v1/no-such", 404),
        ("GET", "/api/v2/check", 404),
        ("GET", CHECK, 405),
        ("PUT", CHECK, 405),
        ("DELETE", "/api/v1/openapi.json", 405),
    ],
)
def test_every_address_of_the_api_answers_in_json(web: WebApp, tenant: Tenant, method: str, path: str, status: int):
    for client in (web.visitor(), web.signed_in(tenant, tenant.admin_id)):
        answer = client.open(path, method=method, headers={"Accept": "text/html"})
        assert answer.status_code == status
        assert "Set-Cookie" not in answer.headers
        error_of(answer)


def test_pages_of_other_origins_may_not_ask(web: WebApp, key: str):
    origin = {"Origin": "https://elsewhere.example"}
    asked = web.visitor().options(
        CHECK,
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    answered = ask(web, key, headers=origin)
    for answer in (asked, answered, web.visitor().get("/api/v1/openapi.json", headers=origin)):
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def test_a_wrong_method_is_told_the_right_one(web: WebApp):
    assert set(web.visitor().get(CHECK).allow) == {"OPTIONS", "POST"}
    assert "GET" in web.visitor().delete("/api/v1/openapi.json").allow


# --- what is kept, and what is not --------------------------------------------------------------------------------

CANARY = "Kanarienvogel4711"
SECRET_LEAD = {
    "id": f"id-{CANARY}",
    "name": f"{CANARY} Berg",
    "email": f"{CANARY}@firma.no",
    "phone": "+47 22 33 44 55",
    "message": f"I am {CANARY}, call me.",
    "company": CANARY,
    "ip": "203.0.113.99",
    "user_agent": CANARY,
    f"field-{CANARY}": CANARY,
}


def everything_stored(web: WebApp) -> dict[str, list[str]]:
    found = {}
    inbox = sa.create_engine(web.site.settings.inbox_url)
    for engine, tables in ((web.database.engine, metadata), (inbox, inbox_metadata)):
        with engine.connect() as connection:
            for table in tables.sorted_tables:
                found[table.name] = sorted(repr(tuple(row)) for row in connection.execute(sa.select(table)))
    inbox.dispose()
    return found


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that is logged, as an operator's log has it."""
    stream, kept = io.StringIO(), structlog.get_config()
    logs.configure_logs("DEBUG", stream)
    yield stream
    structlog.configure(**kept)


def test_nothing_of_a_lead_is_stored_or_logged(web: WebApp, key: str, log: io.StringIO):
    before = everything_stored(web)
    assert ask(web, key, SECRET_LEAD).status_code == 200
    assert ask(web, key, {"leads": [SECRET_LEAD, {"id": CANARY}, CANARY]}, MANY).status_code == 200
    assert ask(web, key, {**SECRET_LEAD, "phone": [CANARY]}).status_code == 422
    assert ask(web, key, f'{{"name": "{CANARY}'.encode()).status_code == 400
    after = everything_stored(web)
    assert {name for name in after if after[name] != before[name]} == {"api_keys"}
    assert CANARY not in repr(after)
    written = log.getvalue()
    assert '"leads": 3' in written
    assert '"unreadable": 2' in written
    for told in (CANARY, "22 33 44 55", "+4722334455", "203.0.113.99", "firma.no"):
        assert told not in written


def test_a_crash_tells_nothing_of_the_lead_and_nothing_of_the_inside(
    web: WebApp, key: str, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def crash(given: Any, *_: Any) -> None:
        raise ValueError(f"cannot judge {given.name} {given.phone}")

    monkeypatch.setattr(api, "judge", crash)
    monkeypatch.setattr(web.app, "testing", False)
    answer = ask(web, key, SECRET_LEAD)
    assert caplog.text == ""
    assert answer.status_code == 500
    error = error_of(answer)
    assert error["reason"] == "Something went wrong on our side."
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    [crashed] = [line for line in lines if line["event"] == "api crashed"]
    assert crashed["request_id"] == error["request"]
    assert crashed["error"] == "ValueError"
    assert crashed["where"][-1].startswith("test_api.py:")
    for told in (CANARY, "22 33", "Traceback"):
        assert told not in log.getvalue() + answer.text


def test_the_secret_of_a_key_is_nowhere(web: WebApp, tenant: Tenant, log: io.StringIO):
    client = web.signed_in(tenant, tenant.admin_id)
    made = post(client, "/settings/api-keys", {"name": "Form"})
    [key] = set(re.findall(r"la_[0-9a-f]{12}_[0-9a-f]{64}", made.text))
    secret = key.split("_")[2]
    assert ask(web, key).status_code == 200
    assert ask(web, key, {}).status_code == 422
    assert ask(web, key[:-4] + "0000").status_code == 401
    assert secret not in client.get("/settings/api-keys").text
    assert secret not in repr(everything_stored(web))
    logs.get_logger("test").warning("somebody wrote it here", note=f"key {key} was seen")
    assert key[:16] in log.getvalue()
    assert secret[:-4] not in log.getvalue()
    assert secret not in repr(presented(f"Bearer {key}"))


def test_a_use_is_noted_once_an_hour(web: WebApp, tenant: Tenant, key: str):
    def used() -> Any:
        with web.database.read() as connection:
            return api_keys.list_keys(connection, tenant.install_id)[0].last_used_at

    assert used() is None
    web.clock.now = NOW.replace(minute=10)
    assert ask(web, key).status_code == 200
    assert used() == NOW.replace(minute=0, second=0, microsecond=0)
    written: list[str] = []
    sa.event.listen(
        web.database.engine,
        "before_cursor_execute",
        lambda *told: written.append(told[2]) if "UPDATE" in told[2] else 0,
    )
    web.clock.now = NOW.replace(minute=59)
    assert ask(web, key).status_code == 200
    assert written == []
    web.clock.now += timedelta(minutes=2)
    assert ask(web, key).status_code == 200
    assert used() == web.clock.now.replace(minute=0, second=0, microsecond=0)
    assert len(written) == 1


def test_on_both_databases(make_web: Callable[..., WebApp], database_urls: DatabaseUrls):
    web = make_web(database_urls)
    tenant = seed_tenant(web.context, leads=1)
    assert ask(web, new_key(web, tenant)).status_code == 200
    assert ask(web, make_key()[1]).status_code == 401


# --- the description for programs ---------------------------------------------------------------------------------


def document_of(web: WebApp) -> dict[str, Any]:
    answer = web.visitor().get("/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert "Set-Cookie" not in answer.headers
    return answer.json


def validator_of(document: dict[str, Any], schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**schema, "components": document["components"]})


def schema_of(document: dict[str, Any], path: str, status: int) -> jsonschema.Draft202012Validator:
    response = document["paths"][path]["post"]["responses"][str(status)]
    return validator_of(document, response["content"]["application/json"]["schema"])


def test_the_document_is_openapi_and_names_every_route(web: WebApp):
    document = document_of(web)
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "http://localhost:8000"}]
    routes = {rule.rule for rule in web.app.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    assert set(document["paths"]) == routes
    operation = document["paths"][CHECK]["post"]
    assert document["security"] == [{"key": []}]
    assert "security" not in operation
    assert document["paths"]["/api/v1/openapi.json"]["get"]["security"] == []


def test_a_busy_database_is_503_with_a_time_to_come_back(web: WebApp, key: str, monkeypatch: pytest.MonkeyPatch):
    def busy(*_: Any) -> None:
        raise StorageBusy("busy")

    monkeypatch.setattr(policies, "policy_as_of", busy)
    answer = ask(web, key)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    schema_of(document_of(web), CHECK, 503).validate(answer.json)


def test_what_is_read_is_what_is_described():
    assert list(FIELDS) == list(dict.fromkeys(FIELDS))
    assert set(FIELDS) == set(READERS)
    examples = {name: field.example for name, field in FIELDS.items()}
    jsonschema.Draft202012Validator.check_schema(lead_schema())
    jsonschema.Draft202012Validator(lead_schema()).validate(examples)
    given_from(examples)


@pytest.mark.parametrize("name", sorted(READERS))
def test_the_schema_of_a_field_and_its_reader_agree(name: str):
    longest = LONGEST.get(name, LONGEST_OTHER)
    values: list[object] = [None, "", "x" * longest, "x" * (longest + 1), True, 4, 4.5, -1, 10**9, [], {}]
    is_instant = FIELDS[name].format == "date-time"
    for value in values:
        if isinstance(value, str) and (is_instant or name == "time_on_form_s"):
            continue  # what stands in the text is for the reader alone to say
        lead = {"email": "a@firma.no", "phone": "+4722334455", name: value}
        fits = jsonschema.Draft202012Validator(lead_schema()).is_valid(lead)
        try:
            given_from(lead)
        except BadField:
            assert not fits, value
        else:
            assert fits, value


@pytest.mark.parametrize(
    "lead",
    [
        LEAD,
        {"phone": "12"},
        {"mobile": "+447700900123", "name": "Donald Duck"},
        {"email": "nobody@mailinator.com", "honeypot": "filled", "user_agent": "curl/8.0", "time_on_form_s": 0.4},
        {"email": "not an address", "name": "asdf qwer", "ip": "127.0.0.1", "message": "test test"},
        {"email": "info@gmial.com", "message": "I am a student and look for a job. СРОЧНО!", "unknown": 1},
        {**LEAD, "preferred_at": "2026-03-02T13:20:00+01:00", "message": "We need a quote for 20 windows."},
        {"email": "x@" + "y" * 480, "phone": "0" * 500},
    ],
)
def test_answers_are_as_described(web: WebApp, key: str, lead: dict[str, object]):
    document = document_of(web)
    validator_of(document, document["components"]["schemas"]["Lead"]).validate(lead)
    answer = ask(web, key, lead)
    assert answer.status_code == 200
    schema_of(document, CHECK, 200).validate(answer.json)
    many = ask(web, key, {"leads": [lead, {"id": 5}, None]}, MANY)
    schema_of(document, MANY, 200).validate(many.json)
    assert many.json["leads"][0] == answer.json


def test_refusals_are_as_described(web: WebApp, key: str):
    document = document_of(web)
    refused = [
        ask(web, None),
        ask(web, key, {}),
        ask(web, key, b"{"),
        ask(web, key, content_type="text/plain"),
        ask(web, key, b" " * 300_001),
    ]
    for answer in refused:
        schema_of(document, CHECK, answer.status_code).validate(answer.json)
    assert not schema_of(document, CHECK, 200).is_valid(refused[0].json)
    assert len({answer.status_code for answer in refused}) == 5


def test_every_word_of_an_answer_that_can_be_is_described(web: WebApp):
    schemas = document_of(web)["components"]["schemas"]
    assert schemas["Answer"]["additionalProperties"] is False
    assert schemas["Email"]["properties"]["disposable_lists"]["maximum"] == len(Disposable) - 1


# --- over a real connection ---------------------------------------------------------------------------------------


def test_a_real_client_is_answered_on_a_real_connection(web: WebApp, key: str):
    server = make_server("127.0.0.1", 0, web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        base = f"http://127.0.0.1:{server.server_port}"
        with requests.Session() as client:
            good = client.post(base + CHECK, json=LEAD, headers={"Authorization": f"Bearer {key}"}, timeout=10)
            none = client.post(base + CHECK, json=LEAD, timeout=10)
            # Sent in pieces, without a length.
            pieces = client.post(
                base + CHECK,
                data=iter([json.dumps(LEAD).encode()]),
                headers={"Authorization": f"bearer {key}", "Content-Type": "application/json"},
                timeout=10,
            )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (good.status_code, good.json()["verdict"]) == (200, "genuine")
    assert (none.status_code, none.json()["error"]["field"]) == (401, None)
    assert not good.cookies
    assert (pieces.status_code, pieces.json()) == (200, good.json())


# --- the page for people ------------------------------------------------------------------------------------------

GUIDE = Path(__file__).parents[2] / "docs/api.md"


def without_figures(value: Any) -> Any:
    """What stays when weights and wording are refined."""
    if isinstance(value, dict):
        left = {"probability", "pseudo_probability", "weight", "says", "why", "model_version"}
        return {name: without_figures(each) for name, each in value.items() if name not in left}
    return [without_figures(each) for each in value] if isinstance(value, list) else value


def test_the_guide_shows_what_is_answered(web: WebApp, key: str):
    guide = GUIDE.read_text(encoding="utf-8")
    one, many = (json.loads(each) for each in re.findall(r"-d '(.*)'", guide))
    shown = json.loads(re.search(r"```json\n(.*?)```", guide, re.DOTALL)[1])  # type: ignore[index]
    answer = ask(web, key, one).json
    assert without_figures(shown) == without_figures(answer)
    assert [list(each) for each in (shown, shown["classes"][0], shown["repairs"][0])] == [
        list(each) for each in (answer, answer["classes"][0], answer["repairs"][0])
    ]
    assert ["error" in each for each in ask(web, key, many, MANY).json["leads"]] == [False, True]
    assert [name for name in FIELDS if f"`{name}`" not in guide] == []
    for figure in (f"{api.MAX_BODY_BYTES:,}", f"{api.MAX_BODY_OF_MANY_BYTES:,}", f"{web.site.api_leads.most} leads"):
        assert figure in guide
    assert f"{web.site.wrong_keys.most} wrong keys" in guide
