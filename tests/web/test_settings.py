"""Settings: a new version of the policy, people and their roles, and the way out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from audits.model.policy import Policy
from connector.jobs.advance import RESUMES
from connector.storage import health, installs, people, policies, worklist
from connector.storage.installs import InstallStatus
from connector.web.policy_form import form_of, hours_text, parse_hours, policy_from, public_holidays
from tests.factories import make_policy
from tests.web.conftest import WebApp, post
from tests.web.seed import Tenant


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", ()),
        ("9-18", ((32400, 64800),)),
        ("9:00-12:30, 13:30-18:00", ((32400, 45000), (48600, 64800))),
        ("22:00–6:00", ((79200, 21600),)),
        ("0:00-24:00", ((0, 86400),)),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, hours: tuple[tuple[int, int], ...]):
    assert parse_hours(text) == hours
    assert parse_hours(hours_text(hours)) == hours


@pytest.mark.parametrize("text", ["nine to five", "9:00", "25:00-26:00", "9:75-10:00", "9:00-18:00;", "-"])
def test_hours_that_are_none_are_said(text: str):
    with pytest.raises(ValueError, match=r"Write hours|no such time"):
        parse_hours(text)


def test_a_form_gives_back_the_policy_it_shows():
    policy = make_policy("7")
    assert policy_from(form_of(policy, now_year=2026), policy, "7", now_year=2026) == policy


def test_short_days_have_hours_of_their_own():
    policy = make_policy("7")
    typed = replace(form_of(policy, now_year=2026), days_off="2026-12-24, 2026-12-28\n2026-12-31 9:00-12:00, 13-14")
    made = policy_from(typed, policy, "8", now_year=2026)
    assert isinstance(made, Policy)
    assert {date(2026, 12, 24), date(2026, 12, 28)} <= made.calendar.holidays
    assert made.calendar.overrides == {date(2026, 12, 31): ((32400, 43200), (46800, 50400))}
    shown = form_of(made, now_year=2026)
    assert shown.days_off.splitlines()[-1] == "2026-12-31 9:00-12:00, 13:00-14:00"
    assert policy_from(shown, made, "8", now_year=2026) == made


def test_public_holidays_are_those_of_the_country():
    assert date(2026, 10, 3) in public_holidays("DE", 2026)
    assert not public_holidays("XX", 2026)
    assert not public_holidays("../x", 2026)
    assert not public_holidays("UK", 2026)


def test_each_country_stands_once_among_the_choices(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    for path, name in (("/settings", "country"), ("/settings/policies/edit", "phone_region")):
        choices = re.search(rf'<select id="{name}".*?</select>', client.get(path).text, re.DOTALL)
        assert choices is not None
        codes = re.findall(r'<option value="([^"]+)"', choices[0])
        assert {"GB", "NO", "GR"} <= set(codes)
        assert all(len(code) == 2 for code in codes)
        assert len(codes) == len(set(codes)) > 200
        assert "UK" not in codes


def test_each_figure_shows_whence_its_default_comes(web: WebApp, tenant: Tenant):
    page = web.signed_in(tenant, tenant.admin_id).get("/settings").text
    for rule_id in ("RT001", "FU001", "FU002", "NC001", "NC002", "PL004", "AG002"):
        assert f'<a href="/rulebook#{rule_id}">{rule_id}</a>: ' in page
    for source in ("Harvard Business Review 2011", "Velocify: 93", "ActiveProspect", "our choice"):
        assert source in page


def test_a_change_makes_a_new_version_and_judges_anew(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    with web.database.read() as connection:
        before = policies.policy_as_of(connection, tenant.install_id, web.clock.now)
    saved = post(
        client, "/settings/policy", {"response_target": "5", "hours_sat": "10:00-14:00"}, form_on="/settings"
    )
    assert saved.headers["Location"] == "/settings?note=saved"
    web.clock.now += timedelta(seconds=1)
    with web.database.read() as connection:
        after = policies.policy_as_of(connection, tenant.install_id, web.clock.now)
        due = worklist.due_leads(connection, tenant.install_id, web.clock.now, 100)
        kept = policies.find_policy(connection, tenant.install_id, before.version)
    assert (after.response_target_s, after.calendar.week[5]) == (300, ((36000, 50400),))
    assert after.version != before.version
    assert kept in (before, None)
    assert set(due) == set(tenant.lead_ids)
    assert "Every lead is being judged anew" in client.get("/settings?note=saved").text


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("hours_mon", "nine", "Write hours such as"),
        ("response_target", "0", "Give a whole number from 1 to"),
        ("response_target", "1e3", "Give a whole number"),
        ("response_target", "٣", "Give a whole number"),
        ("zone", "Berlin", "is not a time zone"),
        ("country", "XX", "No public holidays are known"),
        ("days_off", "24.12.2026", "is no day"),
        ("days_off", "2026-12-31 9 to 12", "is no day"),
        ("days_off", "2026-12-31 9:00-25:00", "is no day"),
    ],
)
def test_what_is_wrong_is_said_and_kept_and_nothing_is_saved(
    web: WebApp, tenant: Tenant, field: str, typed: str, says: str
):
    client = web.signed_in(tenant, tenant.admin_id)
    with web.database.read() as connection:
        before = policies.list_versions(connection, tenant.install_id)
    answer = post(client, "/settings/policy", {field: typed}, form_on="/settings")
    assert answer.status_code == 422
    assert says in answer.text
    assert "Nothing was saved" in answer.text
    assert typed in answer.text or field == "country"
    with web.database.read() as connection:
        assert policies.list_versions(connection, tenant.install_id) == before


def test_hours_that_never_open_are_refused(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    closed = {f"hours_{day}": "" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    answer = post(client, "/settings/policy", closed, form_on="/settings")
    assert answer.status_code == 422
    assert "never open" in answer.text


def test_roles_and_access_are_given_and_taken(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)

    def change(user_id: str, **data: str) -> str:
        return post(client, f"/settings/people/{user_id}", data, form_on="/settings").headers["Location"]

    assert "note=role" in change(tenant.rep_id, do="role", role="head_of_sales")
    assert web.signed_in(tenant, tenant.rep_id).get("/sync").status_code == 200
    assert "note=disabled" in change(tenant.rep_id, do="disable")
    assert web.signed_in(tenant, tenant.rep_id).get("/overview").status_code == 303
    assert "note=enabled" in change(tenant.rep_id, do="enable")
    assert web.signed_in(tenant, tenant.rep_id).get("/overview").status_code == 200
    assert "note=role" in change("503", do="role", role="admin")
    with web.database.read() as connection:
        never_signed_in = people.find_user(connection, tenant.install_id, "503")
    assert never_signed_in is not None
    assert never_signed_in.role is people.Role.ADMIN


def test_the_last_admin_stays(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    for data in ({"do": "disable"}, {"do": "role", "role": "rep"}):
        answer = post(client, f"/settings/people/{tenant.admin_id}", data, form_on="/settings")
        assert "note=last-admin" in answer.headers["Location"]
    assert client.get("/settings").status_code == 200


def test_a_role_or_deed_that_is_none_is_refused(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    for data in ({"do": "role", "role": "owner"}, {"do": "promote"}, {}):
        assert post(client, f"/settings/people/{tenant.rep_id}", data, form_on="/settings").status_code == 400


def test_uninstall_needs_the_name_and_then_ends_everything(web: WebApp, tenant: Tenant):
    client, head = web.signed_in(tenant, tenant.admin_id), web.signed_in(tenant, tenant.head_id)
    assert "Fri 18 Dec 2026" in client.get("/settings").text
    wrong = post(client, "/settings/uninstall", {"confirm": "another"}, form_on="/settings")
    assert (wrong.status_code, head.get("/overview").status_code) == (422, 200)
    done = post(client, "/settings/uninstall", {"confirm": "nordlicht solar"}, form_on="/settings")
    assert done.headers["Location"] == "/?note=uninstalled"
    assert "uninstalled" in client.get("/?note=uninstalled").text
    assert (client.get("/overview").status_code, head.get("/overview").status_code) == (303, 303)
    with web.database.read() as connection:
        install = installs.get_install(connection, tenant.install_id)
    assert install.status is InstallStatus.UNINSTALLED
    assert install.purge_at == web.clock.now + timedelta(days=30)


@pytest.mark.parametrize(
    ("failures", "error", "minutes", "tone", "says"),
    [
        (
            1,
            "The CRM asked for a pause <b>now</b>.",
            10,
            "warn",
            "at the moment: The CRM asked for a pause &lt;b&gt;now&lt;/b&gt;. It goes on Wed 18 Nov, 14:30 "
            "(Europe/Berlin), in 10\xa0min;",
        ),
        (1, "UnexpectedPayload: HTML came.", 10, "bad", "at the moment: UnexpectedPayload: HTML came. It goes on"),
        (9, "The CRM does not answer.", 15, "bad", "It goes on Wed 18 Nov, 14:35 (Europe/Berlin), in 15\xa0min;"),
        (
            2,
            "The CRM does not answer.",
            -1,
            "warn",
            "did not get through: The CRM does not answer. It is being tried",
        ),
        (0, "Of 30,000 tokens 17,900 are left.", 15, "warn", "go on Thu 19 Nov, 01:00 (Europe/Berlin), in 10\xa0h."),
    ],
)
def test_sync_tells_why_nothing_moves_and_when_it_goes_on(
    web: WebApp, tenant: Tenant, failures: int, error: str, minutes: int, tone: str, says: str
):
    client, now = web.signed_in(tenant, tenant.admin_id), web.site.now()
    assert 'class="notice' not in client.get("/sync").text
    with web.site.database.write() as connection:
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0)
        health.set_gauge(connection, tenant.install_id, RESUMES, int(midnight.timestamp()), now)
        worklist.finish_wake(
            connection,
            tenant.install_id,
            worklist.get_wake(connection, tenant.install_id).wake_no,
            failures=failures,
            not_before=now + timedelta(minutes=minutes),
            last_error=error,
        )
    page = client.get("/sync").text
    assert f'class="notice {tone}"' in page
    assert says in page
