"""What databases differ in: text that one cannot hold, instants at the ends of time, two who decide at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from connector.storage import people, policies
from connector.storage.people import Role
from connector.storage.tables import owners, users
from tests.conftest import DatabaseUrls
from tests.web.conftest import WebApp, csrf_of
from tests.web.seed import Tenant, seed_tenant

LISTS = (
    "/leads", "/leads.csv", "/owners", "/owners.csv", "/neglected", "/neglected.csv", "/overview", "/my", "/response",
    "/response/what-if?due=0", "/follow-up", "/funnel", "/leads?held=%00nobody", "/leads?charged=%00nobody",
)  # fmt: skip


@pytest.fixture
def web(make_web: Callable[..., WebApp], database_urls: DatabaseUrls) -> WebApp:
    made = make_web(database_urls)
    made.app.config["PROPAGATE_EXCEPTIONS"] = False
    return made


@pytest.fixture
def tenant(web: WebApp) -> Tenant:
    return seed_tenant(web.context, leads=6)


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Do all of them at the same moment."""
    barrier = threading.Barrier(len(deeds))

    def go(deed: Callable[[], object]) -> object:
        barrier.wait(10)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(go, deeds))


def same_browser(web: WebApp, client: FlaskClient) -> FlaskClient:
    """The same session in another window: a test client is for one thread."""
    cookie = client.get_cookie("assay", domain="localhost")
    assert cookie is not None
    other = web.visitor()
    other.set_cookie("assay", cookie.value, domain="localhost")
    return other


@pytest.mark.parametrize(
    "query",
    [
        "from=0001-01-01&to=0001-01-01",
        "from=9999-12-31&to=9999-12-31",
        "to=9999-12-30",
        "during=0001-01-01..9999-12-31&charged=572",
        "during=9999-12-31..0001-01-01&held=-",
        "q=%00&owner=a%00&source=%00&held=%00&rule=RT001",
        "q=%25&owner=_",
        "page=1000000000000000000000000000000&wait=999999999-999999999",
        "page=-1&limit=-1&offset=-1&sort=received_at%3B--",
    ],
)
def test_no_filter_breaks_a_list_on_any_database(web: WebApp, tenant: Tenant, query: str):
    client = web.signed_in(tenant, tenant.admin_id)
    for path in ("/leads", "/leads.csv"):
        assert client.get(f"{path}?{query}", buffered=True).status_code == 200, path
    assert client.get("/leads/%00").status_code == 404


def test_a_rep_who_owns_nothing_sees_nothing(web: WebApp, tenant: Tenant):
    with web.database.write() as connection:
        connection.execute(sa.update(users).where(users.c.user_id == tenant.rep_id).values(owner_id=None))
        connection.execute(sa.update(owners).where(owners.c.user_id == tenant.rep_id).values(user_id="another"))
    client = web.signed_in(tenant, tenant.rep_id)
    names = [line.split(",")[1] for line in web_lines(web, tenant, tenant.head_id)]
    for path in LISTS:
        answer = client.get(path, buffered=True)
        assert answer.status_code == 200, path
        assert not [name for name in names if name in answer.text], path
    assert web_lines(web, tenant, tenant.rep_id) == []


def web_lines(web: WebApp, tenant: Tenant, user_id: str) -> list[str]:
    return web.signed_in(tenant, user_id).get("/leads.csv", buffered=True).text.splitlines()[1:]


def test_a_rep_is_not_told_where_the_leads_of_others_come_from(web: WebApp, tenant: Tenant):
    own = {line.split(",")[4] for line in web_lines(web, tenant, tenant.rep_id)}
    all_sources = {line.split(",")[4] for line in web_lines(web, tenant, tenant.head_id)}
    assert all_sources - own, "the seed gives the others a source that the rep has not"
    shown = web.signed_in(tenant, tenant.rep_id).get("/leads").text
    assert not [source for source in all_sources - own if source in shown]
    assert all(source in web.signed_in(tenant, tenant.head_id).get("/leads").text for source in all_sources)


def test_two_admins_who_block_one_another_do_not_leave_the_account_without_any(web: WebApp, tenant: Tenant):
    for _ in range(5):
        with web.database.write() as connection:
            for user_id in (tenant.admin_id, tenant.head_id):
                people.enable_user(connection, tenant.install_id, user_id)
                people.set_role(connection, tenant.install_id, user_id, Role.ADMIN)
        first, second = (web.signed_in(tenant, user_id) for user_id in (tenant.admin_id, tenant.head_id))
        pairs = [(first, tenant.head_id), (second, tenant.admin_id)]
        forms = [(client, other, csrf_of(client, "/settings")) for client, other in pairs]
        at_once(
            *(
                lambda client=client, other=other, token=token: client.post(
                    f"/settings/people/{other}", data={"csrf_token": token, "do": "disable"}
                )
                for client, other, token in forms
            )
        )
        with web.database.read() as connection:
            left = [
                user
                for user in people.list_users(connection, tenant.install_id)
                if user.role is Role.ADMIN and user.disabled_at is None
            ]
        assert len(left) == 1


def test_policies_saved_at_once_follow_one_another(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.admin_id)
    token = csrf_of(client, "/settings")
    windows = [(same_browser(web, client), minutes) for minutes in range(31, 37)]
    answers = at_once(
        *(
            lambda window=window, minutes=minutes: (
                window.post(
                    "/settings/policy", data={"csrf_token": token, "response_target": str(minutes)}
                ).status_code
            )
            for window, minutes in windows
        )
    )
    assert answers == [303] * 6
    with web.database.read() as connection:
        assert len(policies.list_versions(connection, tenant.install_id)) == 7
