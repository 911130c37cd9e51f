"""Who may open what, for every route; and two tenants that never see one another."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from audits.model.contract import Contract
from connector.reporting import pdf
from connector.storage import contracts
from connector.web.access import Access, access_of
from tests.reporting.printed import pages_of, text_of
from tests.web.card_calls import ask_hubspot
from tests.web.conftest import WebApp, csrf_of
from tests.web.routes import ROUTES, Route
from tests.web.seed import NOW, Tenant, seed_tenant

OWN, FOREIGN = "OWN-canary-1", "FOREIGN-canary-2"
PROTECTED = [route for route in ROUTES if route.access not in (None, Access.PUBLIC)]


def path_of(route: Route, tenant: Tenant, *, probe: bool = False) -> str:
    path = route.probe if probe else route.example
    return path.format(
        lead_id=tenant.lead_ids[0],
        user_id=tenant.rep_id,
        owner_id=tenant.rep_owner_id,
        report_id=tenant.report_id,
        contract=f"contract-{tenant.install_id}",
    )


def cannot_print(route: Route) -> bool:
    """A PDF, on a machine without Pango."""
    return route.example.endswith(".pdf") and pdf.missing_library() is not None


def agree(web: WebApp, tenant: Tenant, canary: str = "") -> None:
    """A contract of the account, with its canary."""
    told = {
        "contract": f"contract-{tenant.install_id}", "vendor": "acme", "version": 1, "valid_from": "2026-01-01",
        "timezone": "Europe/Berlin", "currency": "EUR", "signed_ref": canary, "pricing": {"price": "25"},
    }  # fmt: skip
    with web.database.write() as connection:
        made = Contract.model_validate(told)
        contracts.put_version(connection, tenant.install_id, made, at=NOW, user_id=tenant.admin_id)


@pytest.fixture
def two(web: WebApp) -> tuple[Tenant, Tenant]:
    """Two accounts whose every id differs and whose every text carries the account's canary."""
    mine = seed_tenant(web.context, leads=12, canary=f" {OWN}", prefix="1")
    other = seed_tenant(
        web.context, account_id="247279313", name="Rival AG", leads=12, canary=f" {FOREIGN}", prefix="2", seed=8
    )
    agree(web, mine, OWN)
    agree(web, other, FOREIGN)
    return mine, other


def test_every_route_is_in_the_table_and_has_its_access_class(web: WebApp):
    found = {
        (rule.endpoint, method)
        for rule in web.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert found == {(route.endpoint, route.method) for route in ROUTES}
    for route in ROUTES:
        assert access_of(web.app, route.endpoint) == route.access, route.endpoint


def test_a_view_without_access_class_stops_the_start(web: WebApp):
    web.app.view_functions["overview.overview"] = lambda: ""
    with pytest.raises(RuntimeError, match="no access class"):
        access_of(web.app, "overview.overview")


def test_visitors_are_sent_to_sign_in(web: WebApp, tenant: Tenant):
    client = web.visitor()
    token = csrf_of(client, "/sign-in")
    for route in PROTECTED:
        answer = client.open(path_of(route, tenant), method=route.method, data={"csrf_token": token})
        assert answer.status_code == 303, route
        assert answer.headers["Location"].startswith("/sign-in"), route


def test_roles_bound_what_is_open(web: WebApp, tenant: Tenant):
    clients = {
        Access.SIGNED_IN: web.signed_in(tenant, tenant.rep_id),
        Access.MANAGER: web.signed_in(tenant, tenant.head_id),
        Access.ADMIN: web.signed_in(tenant, tenant.admin_id),
    }
    lead_id = own_lead(web, tenant)
    agree(web, tenant)
    for route in PROTECTED:
        if route.method != "GET" or cannot_print(route):
            continue
        for rank, client in clients.items():
            answer = client.get(path_of(route, tenant).replace(tenant.lead_ids[0], lead_id), buffered=True)
            assert answer.status_code == (200 if rank >= route.access else 403), (route, rank)


def own_lead(web: WebApp, tenant: Tenant) -> str:
    client = web.signed_in(tenant, tenant.head_id)
    listed = client.get(f"/leads.csv?owner={tenant.rep_owner_id}").text.splitlines()
    return listed[1].split(",")[0]


def test_every_post_needs_the_token_of_the_form(web: WebApp, tenant: Tenant):
    """Only the doors of webhooks, cards and the API, which prove their callers themselves, take a POST without it."""
    forms = [route for route in ROUTES if route.method == "POST" and route.access is not None]
    assert {route.endpoint.split(".")[0] for route in ROUTES if route.method == "POST" and route not in forms} == {
        "webhooks",
        "cards",
        "api",
    }
    assert {
        "language.choose",
        "contests.contest",
        "contests.contest_of_owner",
        "contests.decide",
        "contests.choose_mails",
        "repairs.decide",
        "repairs.decide_many",
    } <= {route.endpoint for route in forms}
    for route in forms:
        client = web.signed_in(tenant, tenant.admin_id)
        before = client.get("/settings").status_code
        for data in ({}, {"csrf_token": "forged"}, {"csrf_token": csrf_of(web.visitor(), "/sign-in")}):
            assert client.post(path_of(route, tenant), data=data).status_code == 400, (route, data)
        assert (before, client.get("/settings").status_code) == (200, 200), route


def test_ids_of_another_account_are_not_there(web: WebApp, two: tuple[Tenant, Tenant]):
    mine, other = two
    for user_id in (mine.admin_id, mine.head_id, mine.rep_id):
        client = web.signed_in(mine, user_id)
        for route in ROUTES:
            if not route.probe or (route.access is Access.ADMIN and user_id != mine.admin_id):
                continue
            if route.access is Access.MANAGER and user_id == mine.rep_id:
                continue
            path = path_of(route, other, probe=True)
            if route.method == "POST":
                answer = client.post(path, data={"csrf_token": csrf_of(client, "/settings"), "do": "disable"})
            else:
                answer = client.get(path)
            assert FOREIGN not in answer.text, route
            assert answer.status_code == 404 or "?" in path, route


def test_no_page_shows_anything_of_another_account(web: WebApp, two: tuple[Tenant, Tenant]):
    mine, _ = two
    client = web.signed_in(mine, mine.admin_id)
    shown = ""
    for route in ROUTES:
        if route.method != "GET" or route.access is None or cannot_print(route):
            continue
        answer = client.get(path_of(route, mine), buffered=True)
        if route.example.endswith(".xlsx"):
            book = load_workbook(io.BytesIO(answer.data), read_only=True)
            text = " ".join(str(cell) for row in book.active.iter_rows(values_only=True) for cell in row)
            book.close()
        elif route.example.endswith(".pdf"):
            text = " ".join(text_of(page) for page in pages_of(answer.data))
        else:
            text = answer.text
        assert FOREIGN not in text, route
        assert "247279313" not in text, route
        assert not route.lists or "OWN" in text or route.example == "/install/progress", route
        shown += text
    assert OWN in shown


def test_a_card_shows_nothing_of_another_account(web: WebApp, two: tuple[Tenant, Tenant]):
    """The ids of one account in the proven call of another, either way round."""
    mine, other = two
    now, client = web.clock.now, web.visitor()
    for user_id in (mine.admin_id, mine.rep_id):
        answer = ask_hubspot(client, portal="247279312", user=user_id, record=mine.lead_ids[0], now=now)
        assert answer.status_code == 200
        assert OWN in answer.text or user_id == mine.rep_id
        for lead_id in other.lead_ids:
            answer = ask_hubspot(client, portal="247279312", user=user_id, record=lead_id, now=now)
            assert (answer.status_code, answer.json["leads"]) == (200, [])
            assert FOREIGN not in answer.text
            answer = ask_hubspot(client, portal="247279313", user=user_id, record=lead_id, now=now)
            assert answer.status_code == 403
            assert FOREIGN not in answer.text


def test_a_tenant_named_by_the_request_is_ignored(web: WebApp, two: tuple[Tenant, Tenant]):
    mine, other = two
    client = web.signed_in(mine, mine.admin_id)
    query = f"?install_id={other.install_id}&install={other.install_id}&account=247279313&portalId=247279313"
    answer = client.get("/leads" + query, headers={"X-Install-Id": other.install_id, "X-Tenant": other.install_id})
    assert OWN in answer.text
    assert FOREIGN not in answer.text


def test_a_rep_sees_only_his_own_leads(web: WebApp, tenant: Tenant):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    all_lines = head.get("/leads.csv").text.splitlines()[1:]
    own = {line.split(",")[0] for line in head.get(f"/leads.csv?owner={tenant.rep_owner_id}").text.splitlines()[1:]}
    assert 0 < len(own) < len(all_lines)
    for query in ("", "?owner=", "?owner=75", "?held=72&rule=RT001", "?q=e"):
        seen = {line.split(",")[0] for line in rep.get("/leads.csv" + query).text.splitlines()[1:]}
        assert seen <= own, query
    for lead_id in tenant.lead_ids:
        assert rep.get(f"/leads/{lead_id}").status_code == (200 if lead_id in own else 404)
    assert f"{len(own)} lead" in rep.get("/leads").text


def test_every_answer_carries_the_headers(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    for path in (
        "/overview",
        "/leads.csv",
        "/nothing-here",
        "/healthz",
        "/sign-in/oidc/callback",
        "/settings/policy",
    ):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    with client.get("/static/assay.css") as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_only_pages_that_connect_a_crm_let_forms_out(web: WebApp, tenant: Tenant):
    landing = web.visitor().get("/").headers["Content-Security-Policy"]
    assert "form-action 'self' https://app.hubspot.com https://*.hubspot.com;" in landing
    overview = web.signed_in(tenant, tenant.rep_id).get("/overview").headers["Content-Security-Policy"]
    assert "form-action 'self';" in overview
