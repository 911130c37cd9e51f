"""The target group: set on the policy page, held against each lead that arrives while it holds, shown with its
reasons, and apart from all else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from audits.model.fit import Criterion, FitSubject
from audits.model.policy import Policy
from connector.crm.port import LeadRecord
from connector.storage import findings, policies, timeline
from connector.storage.lead_lists import LeadFilter, LeadSort
from connector.storage.page_queries import Scope, list_leads
from connector.web.policy_changes import changes
from connector.web.policy_draft import PolicyDraft, draft_of
from tests.factories import make_lead, make_policy
from tests.web.conftest import WebApp
from tests.web.seed import Tenant, store_and_audit
from tests.web.test_policies import edit, fields_of, made, typed

NORDIC = Criterion(name="Nordic", subject=FitSubject.PERSON, field="country", weight=30, any_of=("Norge", "Sverige"))
FIRM = Criterion(name="A firm", subject=FitSubject.ORGANISATION, field="company", weight=20)
LARGE = Criterion(name="Large", subject=FitSubject.ORGANISATION, field="deal_amount", weight=50, least=1000.5)
GROUP = (NORDIC, FIRM, LARGE)


def typed_criteria(**more: str) -> Policy | PolicyDraft:
    """What the form makes of GROUP after other values were typed."""
    policy = make_policy("7", criteria=GROUP)
    rows = draft_of(policy, now_year=2026).criteria
    sent = {"criteria": str(len(rows))}
    for n, row in enumerate(rows):
        sent |= {
            f"k{n}_{name}": getattr(row, name)
            for name in ("name", "subject", "field", "weight", "any_of", "least", "most")
        }
    return made(policy, **(sent | more))


def test_what_nobody_touched_comes_back_as_it_was():
    assert typed_criteria() == replace(make_policy("7", criteria=GROUP), version="8")


def test_a_value_with_a_comma_outlives_a_form_in_which_nobody_touched_it():
    odd = replace(FIRM, any_of=("Fjord, Berg og Dal AS",))
    policy = make_policy("7", criteria=(odd,))
    row = draft_of(policy, now_year=2026).criteria[0]
    sent = {f"k0_{name}": getattr(row, name) for name in ("name", "subject", "field", "weight", "any_of")}
    assert made(policy, criteria="1", **sent) == replace(policy, version="8")


def test_rows_become_criteria():
    policy = typed_criteria(k0_any_of=" NO , SE,NO", k0_weight="100", k2_least="", k2_most="12,5")
    assert isinstance(policy, Policy)
    assert policy.criteria == (
        replace(NORDIC, any_of=("NO", "SE"), weight=100),
        FIRM,
        replace(LARGE, least=None, most=12.5),
    )


def test_a_row_in_which_nothing_was_typed_is_none():
    policy = typed_criteria(criteria="4", k3_subject="person")
    assert isinstance(policy, Policy)
    assert policy.criteria == GROUP


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("k0_name", "", "Give the criterion a name"),
        ("k0_subject", "dog", "Choose whom it describes"),
        ("k1_field", "", "Choose what it looks at"),
        ("k1_field", "shoe_size", "Choose what it looks at"),
        ("k1_weight", "0", "whole number from 1 to 100"),
        ("k1_weight", "101", "whole number from 1 to 100"),
        ("k1_weight", "half", "whole number from 1 to 100"),
        ("k2_any_of", "x", "Give values or a range"),
        ("k2_least", "many", "Write a number"),
        ("k2_least", "nan", "Write a number"),
        ("k2_most", "1e400", "Write a number"),
        ("k2_most", "5", "range ends before it begins"),
    ],
)
def test_a_mistake_is_said_at_its_field(field: str, value: str, says: str):
    draft = typed_criteria(**{field: value})
    assert isinstance(draft, PolicyDraft)
    assert [name for name, said in draft.wrong.items() if says in said] == [field]


def test_a_row_with_a_range_alone_is_not_lost_in_silence():
    draft = typed_criteria(criteria="4", k3_least="5")
    assert isinstance(draft, PolicyDraft)
    assert "k3_name" in draft.wrong


def test_what_changed_is_said(web: WebApp, tenant: Tenant):
    with web.app.test_request_context("/"):
        found = changes(make_policy("1", criteria=GROUP[:1]), make_policy("2", criteria=GROUP[1:]), {})
    assert [(each.what, each.before, each.after) for each in found] == [
        (
            "Criterion 1 of the target group",
            "Nordic (Person): Country, one of Norge, Sverige; weight 30",
            "A firm (Organisation): Company, known at all; weight 20",
        ),
        (
            "Criterion 2 of the target group",
            "–",
            "Large (Organisation): Amount of the largest deal, 1000.5 or more; weight 50",
        ),
    ]


@pytest.fixture
def admin(web: WebApp, tenant: Tenant) -> FlaskClient:
    return web.signed_in(tenant, tenant.admin_id)


def save(web: WebApp, client: FlaskClient) -> None:
    """Make NORDIC and FIRM the target group, by the buttons of the page."""
    page = edit(web, client, "criterion-add").text
    page = edit(
        web, client, "criterion-add", page, k0_name="Nordic", k0_field="country", k0_any_of="Norge", k0_weight="30"
    ).text
    page = edit(web, client, "criterion-add", page, k1_name="Gone").text
    page = edit(web, client, "criterion-remove-1", page).text
    saved = edit(
        web, client, "save", page, k1_name="A firm", k1_subject="organisation", k1_field="company", k1_weight="20"
    )
    assert saved.headers["Location"].endswith("note=policy-saved"), re.findall('class="wrong"[^<]*<', saved.text)


def arrive(web: WebApp, tenant: Tenant, lead_id: str, **fields: Any) -> None:
    lead = make_lead(
        lead_id, received_at=web.clock.now, recorded_at=web.clock.now, owner_id=tenant.rep_owner_id, **fields
    )
    store_and_audit(web.context, tenant.install_id, [LeadRecord(lead=lead)])


def panel(client: FlaskClient, lead_id: str) -> str:
    page = client.get(f"/leads/{lead_id}").text
    found = re.search(r'<section class="panel" aria-labelledby="fit">.*?</section>', page, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group())) if found else ""


def test_it_is_set_on_the_page_and_shown_on_leads_that_come_then(web: WebApp, tenant: Tenant, admin: FlaskClient):
    assert "Target group" not in admin.get("/leads").text
    arrive(web, tenant, "before", country="Norge")
    web.clock.now += timedelta(minutes=1)
    save(web, admin)
    web.clock.now += timedelta(minutes=1)
    arrive(web, tenant, "both", country="NORGE", company="Fjord AS")
    arrive(web, tenant, "neither", country="Danmark", company=None)
    arrive(web, tenant, "unknown", country=None, company=None)
    both = panel(admin, "both")
    assert "100 / 100" in both
    assert "Nordic Country · NORGE: as wanted. 30 / 30" in both
    assert "A firm Company · Fjord AS: as wanted. 20 / 20" in both
    assert "It says nothing of whether the lead is real, and counts in no score." in both
    neither = panel(admin, "neither")
    assert "Nordic Country · Danmark: not as wanted. 0 / 30" in neither
    assert "A firm Company · Not known. unknown" in neither
    assert "1 criterion could not be told." in neither
    assert panel(admin, "unknown").count("unknown") == 2
    # Who came before was judged by what held then, and still is.
    store_and_audit(web.context, tenant.install_id, [])
    assert panel(admin, "before") == ""
    listed = admin.get("/settings/policies").text
    assert "Nordic (Person): Country, one of Norge; weight 30" in listed


def test_facts_of_fields_of_the_account_are_offered_kept_and_held_against(
    web: WebApp, tenant: Tenant, admin: FlaskClient
):
    page = edit(web, admin, "criterion-add").text
    for name, label in (("staff", "Number of employees"), ("age_group", "Age group"), ("city", "City")):
        assert re.search(rf'<option value="{name}"[^>]*>{label}</option>', page), name
    typed_in = {"k0_name": "Scale", "k0_subject": "organisation", "k0_field": "staff", "k0_weight": "30"}
    saved = edit(web, admin, "save", page, k0_least="10", **typed_in)
    assert saved.headers["Location"].endswith("note=policy-saved")
    web.clock.now += timedelta(minutes=1)
    own = (("industry", "Ταράτσες"), ("staff", "120"))
    arrive(web, tenant, "large", facts=own)
    arrive(web, tenant, "unknown")
    assert lead_of(web, tenant, "large").facts == own
    assert lead_of(web, tenant, "unknown").facts == ()
    assert "Scale Number of employees · 120: as wanted. 30 / 30" in panel(admin, "large")
    assert "Scale Number of employees · Not known. unknown" in panel(admin, "unknown")


def test_a_later_version_changes_nothing_of_who_came_before(web: WebApp, tenant: Tenant, admin: FlaskClient):
    save(web, admin)
    web.clock.now += timedelta(minutes=1)
    arrive(web, tenant, "both", country="Norge", company="Fjord AS")
    before = panel(admin, "both")
    web.clock.now += timedelta(minutes=1)
    saved = edit(web, admin, "save", k0_any_of="Sverige", k0_weight="99")
    assert saved.headers["Location"].endswith("note=policy-saved")
    web.clock.now += timedelta(days=1)
    with web.database.read() as connection:
        book = policies.PolicyBook.load(connection, tenant.install_id)
        audit = findings.get_audit(connection, tenant.install_id, "both")
    assert audit is not None
    kept = book.find(audit.policy_version)
    assert kept is not None
    assert [each.any_of for each in kept.criteria] == [("Norge",), ()]
    store_and_audit(web.context, tenant.install_id, [LeadRecord(lead=lead_of(web, tenant, "both"))])
    assert panel(admin, "both") == before


def lead_of(web: WebApp, tenant: Tenant, lead_id: str) -> Any:
    with web.database.read() as connection:
        [case] = timeline.load_cases(connection, tenant.install_id, [lead_id], web.clock.now, tenant.install.coverage)
    return case.lead


def test_leads_are_sorted_by_it(web: WebApp, tenant: Tenant, admin: FlaskClient):
    save(web, admin)
    web.clock.now += timedelta(minutes=1)
    arrive(web, tenant, "some", country="Norge", company=None)
    arrive(web, tenant, "none", country="Danmark", company=None)
    arrive(web, tenant, "most", country="Danmark", company="Fjord AS")
    with web.database.read() as connection:
        scope = Scope(leads=LeadFilter(sort=LeadSort.BEST_FIT, limit=4))
        rows, _ = list_leads(connection, tenant.install_id, scope)
    assert [(row.lead_id, row.fit) for row in rows[:3]] == [("some", 100), ("most", 40), ("none", 0)]
    assert rows[3].fit is None
    page = admin.get("/leads?sort=best_fit").text
    assert '<td data-head="Target group" class="num cell-score">100' in page
    exported = admin.get("/leads.csv?sort=best_fit").text.splitlines()
    assert exported[0].endswith("target_group_fit")
    [some] = [line for line in exported if line.startswith("some,")]
    assert some.endswith(",100")


def test_a_forgotten_lead_has_no_fit_left(web: WebApp, tenant: Tenant, admin: FlaskClient):
    save(web, admin)
    web.clock.now += timedelta(minutes=1)
    arrive(web, tenant, "both", country="Norge", company="Fjord AS")
    with web.database.write() as connection:
        timeline.forget(connection, tenant.install_id, ["both"], web.clock.now)
    with web.database.read() as connection:
        rows, _ = list_leads(
            connection, tenant.install_id, Scope(leads=LeadFilter(sort=LeadSort.BEST_FIT, limit=200))
        )
    assert {row.fit for row in rows} == {None}
    assert admin.get("/leads/both").status_code == 404


def test_the_form_keeps_what_was_typed_beside_a_mistake(web: WebApp, admin: FlaskClient):
    page = edit(web, admin, "criterion-add").text
    answer = edit(web, admin, "save", page, k0_name="Nordic", k0_field="country", k0_weight="many")
    assert answer.status_code == 422
    assert "Write a whole number from 1 to 100." in answer.text
    sent = fields_of(answer.text)
    assert (sent["k0_name"], sent["k0_field"], sent["k0_weight"]) == ("Nordic", "country", "many")


def test_drafts_read_no_more_rows_than_anybody_means():
    draft = typed(draft_of(make_policy("7"), now_year=2026), criteria="99999")
    assert len(draft.criteria) == 200
