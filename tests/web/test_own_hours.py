"""Hours of single people and of the CRM's teams: kept as a new version, and judged by."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from audits.model.policy import Policy
from connector.storage import people, policies, worklist
from tests.web.conftest import WebApp, post
from tests.web.seed import Tenant


@pytest.fixture
def address(tenant: Tenant) -> str:
    return f"/settings/hours/{tenant.rep_owner_id}"


def policy_now(web: WebApp, tenant: Tenant) -> Policy:
    web.clock.now += timedelta(seconds=1)
    with web.database.read() as connection:
        return policies.policy_as_of(connection, tenant.install_id, web.clock.now)


def test_own_hours_are_kept_and_every_lead_is_judged_anew(web: WebApp, tenant: Tenant, address: str):
    client = web.signed_in(tenant, tenant.admin_id)
    before = policy_now(web, tenant)
    typed = {
        "do": "save",
        "hours_mon": "9-12:30",
        "hours_tue": "",
        "days_off": "2026-12-24\n2026-12-28\n2026-12-31 9-11",
    }
    assert post(client, address, typed).headers["Location"] == "/settings/hours?note=saved"
    after = policy_now(web, tenant)
    own = after.owner_calendars[tenant.rep_owner_id]
    assert own.week[0] == ((32400, 45000),)
    assert own.week.get(1, ()) == ()
    assert [day.isoformat() for day in sorted(own.holidays)] == ["2026-12-24", "2026-12-28"]
    assert [day.isoformat() for day in own.overrides] == ["2026-12-31"]
    assert set(after.owner_calendars) == {tenant.rep_owner_id}
    assert after.version != before.version
    assert replace(after, owner_calendars={}, version="") == replace(before, owner_calendars={}, version="")
    with web.database.read() as connection:
        due = worklist.due_leads(connection, tenant.install_id, web.clock.now, 100)
    assert set(due) == set(tenant.lead_ids)
    assert "Monday 9:00-12:30" in client.get("/settings/hours").text
    assert 'value="9:00-12:30"' in client.get(address).text


def test_the_same_again_is_no_new_version(web: WebApp, tenant: Tenant, address: str):
    client = web.signed_in(tenant, tenant.admin_id)
    for _ in range(2):
        post(client, address, {"do": "save", "hours_mon": "9-12:30"})
    version = policy_now(web, tenant).version
    post(client, address, {"do": "save", "hours_mon": "9-12:30"})
    assert policy_now(web, tenant).version == version


def test_the_hours_of_the_team_again(web: WebApp, tenant: Tenant, address: str):
    client = web.signed_in(tenant, tenant.admin_id)
    post(client, address, {"do": "save", "hours_mon": "9-12:30"})
    post(client, address, {"do": "same"})
    assert policy_now(web, tenant).owner_calendars == {}
    assert "as the team" in client.get("/settings/hours").text


def test_a_team_of_the_crm_is_given_hours_at_once(web: WebApp, tenant: Tenant, address: str):
    with web.database.write() as connection:
        owners = people.list_owners(connection, tenant.install_id)
        north = {tenant.rep_owner_id, next(each.owner_id for each in owners if each.owner_id != tenant.rep_owner_id)}
        people.replace_owners(
            connection,
            tenant.install_id,
            [replace(each, team="North" if each.owner_id in north else "South") for each in owners],
        )
    client = web.signed_in(tenant, tenant.admin_id)
    assert "everybody in the team North" in client.get(address).text
    post(client, address, {"do": "save", "hours_fri": "", "for_team": "yes"})
    assert set(policy_now(web, tenant).owner_calendars) == north


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"hours_mon": "nine"}, "Write hours such as"),
        ({"zone": "Berlin"}, "is not a time zone"),
        ({"days_off": "24.12."}, "is no day"),
        (
            {f"hours_{day}": "2:00-3:00" for day in ("mon", "tue", "wed", "thu", "fri")} | {"hours_sat": ""},
            "nothing in common",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    web: WebApp, tenant: Tenant, address: str, typed: dict[str, str], says: str
):
    client = web.signed_in(tenant, tenant.admin_id)
    answer = post(client, address, {"do": "save", **typed})
    assert answer.status_code == 422
    assert says in answer.text
    assert policy_now(web, tenant).owner_calendars == {}


def test_nobody_of_another_list_has_hours(web: WebApp, tenant: Tenant, address: str):
    client = web.signed_in(tenant, tenant.admin_id)
    assert client.get("/settings/hours/no-such-owner").status_code == 404
    assert post(client, "/settings/hours/no-such-owner", {"do": "save"}, form_on=address).status_code == 404
    assert post(client, address, {"do": "drop"}).status_code == 400


def test_the_settings_lead_there(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    assert 'href="/settings/hours"' in client.get("/settings").text
