"""Costs, the burst of a token, the daily budget shared with other tools, and the guard behind it all."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from connector.sandbox import PipedriveConfig, PipedriveControl, run_in_thread
from connector.sandbox.pipedrive.config import CompanyConfig, CompanyUser
from tests.sandbox.conftest import Api
from tests.sandbox.pipedrive.conftest import COMPANY, REP, data_of, error_of


def test_every_call_costs_what_the_table_says(control, api):
    costs = {(call["method"], call["path"]): call["cost"] for call in control.costs()}
    for path, cost in (
        ("/api/v1/users/me", 2), ("/api/v1/users", 20), ("/api/v1/leads", 20), ("/api/v1/leads/archived", 40),
        ("/api/v1/leadSources", 2), ("/api/v1/leadLabels", 10), ("/api/v1/webhooks", 10), ("/api/v2/deals", 10),
        ("/api/v2/stages", 5), ("/api/v2/deals/archived", 20), ("/api/v1/notes", 20),
    ):  # fmt: skip
        assert costs["GET", path] == cost
        left = int(api.get("/api/v1/leadSources").headers["x-daily-ratelimit-token-remaining"])
        answer = api.get(path)
        assert answer.status_code == 200
        assert int(answer.headers["x-daily-ratelimit-token-remaining"]) == left - cost
    assert costs["GET", "/api/v2/deals/{id}"] == 1
    assert costs["PATCH", "/api/v2/deals/{id}"] == 5
    assert costs["PATCH", "/api/v1/leads/{id}"] == 10
    assert costs["GET", "/api/v1/deals/{id}/changelog"] == 20
    assert costs["GET", "/api/v1/deals/{id}/flow"] == 40
    assert costs["POST", "/api/v2/leads/{id}/convert/deal"] == 40
    assert costs["DELETE", "/api/v1/webhooks/{id}"] == 6


def test_the_burst_of_a_token_and_not_of_another(control, api, rep_api):
    answer = api.get("/api/v1/leadSources")
    assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-reset"]) == ("80", "2")
    control.settings(burst_limit=3)
    left = [api.get("/api/v1/leadSources").headers["x-ratelimit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = api.get("/api/v1/leadSources")
    assert error_of(refused, 429)
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert "Retry-After" not in refused.headers
    assert int(refused.headers["x-daily-ratelimit-token-remaining"]) > 0
    assert rep_api.get("/api/v1/leadSources").status_code == 200
    time.sleep(int(refused.headers["x-ratelimit-reset"]))
    assert api.get("/api/v1/leadSources").status_code == 200


def test_other_tools_spend_the_budget_of_the_company(control, api):
    spent = control.spend_tokens(COMPANY, 299_970)
    assert spent == {"spent": 299_970, "limit": 300_000}
    answer = api.get("/api/v1/leads")
    assert answer.headers["x-daily-ratelimit-token-limit"] == "300000"
    assert answer.headers["x-daily-ratelimit-token-remaining"] == "10"
    refused = api.get("/api/v1/leads")
    assert error_of(refused, 429)
    assert refused.headers["x-daily-ratelimit-token-remaining"] == "0"
    assert int(refused.headers["x-ratelimit-remaining"]) > 0
    control.act("new_day", COMPANY)
    assert api.get("/api/v1/leads").status_code == 200


def test_the_daily_pair_of_headers_may_be_absent(control, api):
    control.settings(daily_headers=False, daily_token_limit=2, retry_after_on_429=True)
    answer = api.get("/api/v1/leadSources")
    assert not [name for name in answer.headers if name.lower().startswith("x-daily")]
    refused = api.get("/api/v1/leadSources")
    assert error_of(refused, 429)
    assert refused.headers["Retry-After"] == refused.headers["x-ratelimit-reset"]


def test_who_ignores_refusals_meets_the_guard(control, api):
    control.settings(burst_limit=1, block_after=5, block_s=0.5)
    api.get("/api/v1/leadSources")
    statuses = [api.get("/api/v1/leadSources").status_code for _ in range(6)]
    assert statuses == [429] * 5 + [403]
    page = api.get("/api/v1/leadSources")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "blocked" in page.text
    control.settings(burst_limit=80)
    assert api.get("/api/v1/leadSources").status_code == 200


def test_the_plan_and_the_seats_make_the_budget():
    company = CompanyConfig(5, plan="premium", seats=3, users=(CompanyUser(1, "a@x.example", "A", is_admin=True),))
    with (
        run_in_thread(PipedriveConfig(companies=(company,))) as handle,
        PipedriveControl(handle.base_url, handle.control_token) as control,
    ):
        answer = Api(handle.base_url, str(control.install(5)["access_token"])).get("/api/v1/users/me")
        assert data_of(answer)["id"] == 1
        assert answer.headers["x-daily-ratelimit-token-limit"] == "450000"
        assert answer.headers["x-ratelimit-limit"] == "400"


def test_misbehaviour_in_this_dialects_words(control, api):
    control.misbehave("rate_limit", path="/api/v1/users/me", retry_after_s=1)
    refused = api.get("/api/v1/users/me")
    assert (error_of(refused, 429), refused.headers["Retry-After"]) == ("request over limit", "1")
    control.misbehave("server_error", path="/api/v2/*", status=502)
    assert set(api.get("/api/v2/deals").json()) >= {"success", "error", "error_info", "additional_data"}
    control.misbehave("null_body", path="/api/v1/leads")
    answer = api.get("/api/v1/leads")
    assert (answer.status_code, answer.text) == (200, "null")
    control.misbehave("html", path="/api/v2/persons", status=403)
    answer = api.get("/api/v2/persons")
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert control.count_requests("GET", "/api/v1/users/me") == 1
    assert api.get("/api/v2/deals/17").status_code == 404
    assert control.requests_made(path="/api/v2/deals/17")[0]["cost"] == 1
    assert control.count_requests("GET", "/api/v2/deals/{id}") == 1


def test_budget_and_scopes_are_checked_in_that_order(sandbox, control):
    few = Api(sandbox.base_url, str(control.install(COMPANY, user_id=REP, scopes=["base"])["access_token"]))
    answer = few.get("/api/v1/leads")
    assert answer.status_code == 403
    assert answer.headers["x-daily-ratelimit-token-remaining"] == "299980"


def test_answers_that_break_off_or_dawdle(control, api):
    control.misbehave("cut", path="/api/v2/deals")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.get("/api/v2/deals")
    control.misbehave("reset", path="/api/v2/deals")
    with pytest.raises(requests.exceptions.ConnectionError):
        api.get("/api/v2/deals")
    control.misbehave("drip", path="/api/v1/leadSources", delay_s=0.5)
    with pytest.raises(requests.exceptions.ConnectionError):
        api.session.get(f"{api.base_url}/api/v1/leadSources", timeout=0.2)
    control.misbehave("slow", path="/api/v1/leadSources", delay_s=0.3)
    started = time.monotonic()
    assert api.get("/api/v1/leadSources").status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_lost_answer_to_a_write_that_was_carried_out(control, api):
    rule = control.misbehave("hold", method="POST", path="/api/v2/persons")
    with pytest.raises(requests.exceptions.ReadTimeout):
        api.session.post(f"{api.base_url}/api/v2/persons", json={"name": "Pat"}, timeout=0.5)
    assert [person["name"] for person in control.records(COMPANY, "persons")] == ["Pat"]
    control.release(rule)


def test_many_callers_at_once_spend_no_token_too_many(control, api):
    control.settings(daily_token_limit=100, burst_limit=1000, block_after=1000)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: api_call(api), range(80)))
    assert Counter(statuses) == {200: 50, 429: 30}


def api_call(api: Api) -> int:
    headers = dict(api.session.headers)
    return requests.get(f"{api.base_url}/api/v1/leadSources", headers=headers, timeout=10).status_code
