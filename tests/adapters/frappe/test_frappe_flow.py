"""From the site's webhook to the score on its lead, with real stores, over real HTTP; and how it all ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connector.catalog import CRMS
from connector.errors import ConfigError, CrmRejected, RetryLater, UnexpectedPayload
from connector.jobs.uninstall import uninstall
from connector.oauth.flow import Installed, InstallRefused, begin_install, finish_install
from connector.oauth.vault import Vault
from connector.settings import CrmApp
from connector.storage import findings, health, people, tables
from connector.storage.installs import Install, InstallStatus, get_install, pause
from tests.conftest import DatabaseUrls
from tests.frappe_site.server import ADMIN, ROBOT
from tests.sides.frappe import FrappeSide
from tests.stack import Clock, Stack

PERSON = {"first_name": "Lena", "last_name": "Sommer", "email": "lena@sommer-bau.example", "phone": "+4930123456"}
SESSION = "a" * 64


@pytest.fixture
def side() -> FrappeSide:
    return FrappeSide()


@pytest.fixture
def stack(side: FrappeSide, sqlite_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path, sqlite_urls.database_url, sqlite_urls.inbox_url, side=side) as stack:
        yield stack


def typed(side: FrappeSide, **changes: Any) -> CrmApp:
    """What an admin types into the install page."""
    client_id, secret = side.client
    values = {"client_id": client_id, "secrets": (secret,), "auth_url": side.site.url, "api_url": side.site.url}
    return CrmApp(**{**values, **changes})


def connect(
    stack: Stack, side: FrappeSide, app: CrmApp | None = None, admin_of: str | None = None, user: str = ROBOT
) -> Installed:
    """The consent, as an admin's browser goes through it."""
    vault, now = Vault(stack.settings.keys), stack.context.clock()
    store, typed_app = stack.context.database, app or typed(side)
    url = begin_install(store, vault, stack.settings, "frappe", session_hash=SESSION, now=now, site=typed_app)
    params = side.site.approve(url, user)
    return finish_install(
        store, vault, stack.settings, "frappe", params, session_hash=SESSION, now=now, admin_of=admin_of
    )


def outcomes(stack: Stack, install: Install, lead_id: str) -> dict[str, str]:
    with stack.context.database.read() as connection:
        return {
            stored.finding.rule_id: stored.finding.outcome.value
            for stored in findings.list_findings(connection, install.install_id, lead_id, only_current=True)
        }


def test_from_the_consent_to_the_scores_on_the_lead(stack: Stack, side: FrappeSide) -> None:
    old = side.create_lead(side.account, at=datetime.now(UTC) - timedelta(days=3), **PERSON)
    done = connect(stack, side)
    install = done.install
    assert (install.account_id, install.zone, install.api_url) == (side.account, "Asia/Kolkata", side.site.url)
    assert (done.user.user_id, done.user.email, done.missing_scopes) == (ROBOT, ROBOT, ())
    stack.advance(install)
    assert stack.fields(old)["leadassay_audit_note"], "the past is read and written back"
    hooks = side.site.store.documents["Webhook"]
    assert len(hooks) == 15
    assert all(name.startswith("Lead Assay: ") and hook["enabled"] for name, hook in hooks.items())

    lead = side.create_lead(side.account, **PERSON)
    stack.settle(install)
    fields = stack.fields(lead)
    assert fields["leadassay_lead_quality"].isdigit()
    assert fields["leadassay_follow_up_status"]
    assert outcomes(stack, install, lead)["DQ001"] == "breach", "the same person twice"

    side.log_call(side.account, lead)
    stack.settle(install)
    assert outcomes(stack, install, lead)["RT001"] == "pass"


def test_whoever_has_the_host_now_gets_nothing_of_who_had_it(stack: Stack, side: FrappeSide) -> None:
    """A site vouches for itself: another person's consent there, with a client of his own, opens no account."""
    first = connect(stack, side).install
    client_id, secret = side.site.add_client(f"{stack.settings.public_url}/oauth/frappe/callback")
    another = typed(side, client_id=client_id, secrets=(secret,))
    for wrong in (None, "0" * 24):
        with pytest.raises(InstallRefused, match="Sign in as an admin"):
            connect(stack, side, another, admin_of=wrong, user=ADMIN)
    with stack.context.database.read() as connection:
        assert [user.user_id for user in people.list_users(connection, first.install_id)] == [ROBOT]
        assert get_install(connection, first.install_id) == first
    # The registration with which it works is its people's own secret; so is the session of one of its admins.
    assert connect(stack, side).install.install_id == first.install_id
    with stack.context.database.write() as connection:
        pause(connection, first.install_id, "revoked", stack.context.clock())
    assert connect(stack, side).install.status is InstallStatus.ACTIVE
    again = connect(stack, side, another, admin_of=first.install_id, user=ADMIN)
    assert again.install.install_id == first.install_id


LONG = "x" * 20_000


@pytest.mark.parametrize(
    ("place", "hostile", "error"),
    [
        (("System Settings", "System Settings", "time_zone"), "America", CrmRejected),
        (("System Settings", "System Settings", "time_zone"), LONG, CrmRejected),
        (("System Settings", "System Settings", "currency"), LONG, UnexpectedPayload),
        (("User", ROBOT, "email"), LONG + "@x.example", UnexpectedPayload),
        (("User", ROBOT, "full_name"), LONG, UnexpectedPayload),
    ],
)
def test_what_a_hostile_site_says_of_itself_ends_in_a_sentence(
    stack: Stack, side: FrappeSide, place: tuple[str, str, str], hostile: str, error: type[Exception]
) -> None:
    doctype, name, field = place
    side.site.store.documents[doctype][name][field] = hostile
    with pytest.raises(error) as said:
        connect(stack, side)
    assert len(str(said.value)) < 300
    assert "site-packages" not in str(said.value)
    with stack.context.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.installs)).scalar_one() == 0


@pytest.mark.parametrize("token", ["\u2603", "a b\r\nHost: evil.example", "a\tb"])
def test_a_token_that_no_header_can_carry_is_refused(
    stack: Stack, side: FrappeSide, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    given = side.site.grant()
    monkeypatch.setattr(side.site, "_new_grant", lambda _user, _scope: {**given, "access_token": token})
    asked = len(side.site.asked)
    with pytest.raises(UnexpectedPayload, match="no header can carry"):
        connect(stack, side)
    assert len(side.site.asked) == asked + 1, "the token endpoint alone"


def test_a_host_that_was_uninstalled_begins_anew(stack: Stack, side: FrappeSide) -> None:
    first = connect(stack, side).install
    side.create_lead(side.account, **PERSON)
    stack.advance(first)
    uninstall(stack.context, first.install_id, "left")
    second = connect(stack, side, user=ADMIN)
    assert second.install.install_id != first.install_id
    assert second.install.created_at == second.install.connected_at
    with stack.context.database.read() as connection:
        for table in tables.metadata.sorted_tables:
            if "install_id" in table.c:
                left = sa.select(sa.func.count()).select_from(table).where(table.c.install_id == first.install_id)
                assert connection.execute(left).scalar_one() == 0, table.name


def test_our_own_write_back_is_not_told_to_us(stack: Stack, side: FrappeSide) -> None:
    install = stack.install()
    stack.advance(install)
    lead = side.create_lead(side.account, **PERSON)
    stack.settle(install)
    assert len(stack.our_writes(lead)) == 1
    told = len(side.site.sender.sent)
    assert told == 2, "inserting it counts as an update, too"
    stack.settle(install)
    side.site.store.update("CRM Lead", lead, {"job_title": "Boss"}, user=ADMIN)
    side.wait_for_webhooks()
    assert len(side.site.sender.sent) == told
    side.site.store.update("CRM Lead", lead, {"status": "Contacted"}, user=ADMIN)
    side.wait_for_webhooks()
    assert len(side.site.sender.sent) == told + 1
    assert all(sent.status == 204 for sent in side.site.sender.sent)


def test_a_delivery_tells_names_and_nothing_of_the_person(stack: Stack, side: FrappeSide) -> None:
    install = stack.install()
    stack.advance(install)
    lead = side.create_lead(side.account, **PERSON)
    side.log_call(side.account, lead)
    side.wait_for_webhooks()
    sent = b"".join(one.body for one in side.site.sender.sent)
    assert lead.encode() in sent
    for value in PERSON.values():
        assert value.encode() not in sent


def test_what_no_webhook_told_is_found_by_the_poll(
    side: FrappeSide, sqlite_urls: DatabaseUrls, tmp_path: Path
) -> None:
    clock = Clock()
    with Stack(tmp_path, sqlite_urls.database_url, sqlite_urls.inbox_url, side=side, clock=clock) as stack:
        install = stack.install()
        stack.advance(install)
        lead = side.create_lead(side.account, **PERSON)
        clock.forward(minutes=1)
        stack.settle(install)
        side.site.store.is_silent = True
        side.log_call(side.account, lead)
        side.site.store.is_silent = False
        assert outcomes(stack, install, lead)["RT001"] != "pass"
        clock.forward(minutes=16)
        stack.settle(install)
        assert outcomes(stack, install, lead)["RT001"] == "pass", "the lead itself did not change"


def test_a_deleted_lead_is_gone(stack: Stack, side: FrappeSide) -> None:
    install = stack.install()
    stack.advance(install)
    lead = side.create_lead(side.account, **PERSON)
    stack.settle(install)
    side.delete_lead(side.account, lead)
    stack.settle(install)
    with stack.context.database.read() as connection:
        gone_at = connection.execute(
            sa.select(tables.leads.c.gone_at).where(tables.leads.c.lead_id == lead)
        ).scalar_one()
    assert gone_at is not None


def test_a_webhook_that_was_switched_off_or_deleted_is_made_again(stack: Stack, side: FrappeSide) -> None:
    install = stack.install()
    stack.advance(install)
    store = side.site.store
    made = stack.context.hooks.hook("frappe", install.install_id)
    adapter = stack.context.adapter_for(install)
    assert adapter.ensure_hooks(made).made == ()
    store.update("Webhook", "Lead Assay: CRM Lead after_insert", {"enabled": 0}, user=ADMIN)
    store.update("Webhook", "Lead Assay: CRM Task on_update", {"condition": ""}, user=ADMIN)
    store.update("Webhook", "Lead Assay: Event on_update", {"request_url": "https://old.example/x"}, user=ADMIN)
    store.delete("Webhook", "Lead Assay: CRM Lead on_trash")
    stray = {"__newname": "Lead Assay: ToDo on_update", "webhook_doctype": "ToDo", "request_url": made.url}
    store.insert("Webhook", stray, user=ADMIN)
    store.insert("Webhook", {**stray, "__newname": "Somebody else's"}, user=ADMIN)
    report = adapter.ensure_hooks(made)
    assert sorted(report.made) == [
        "Lead Assay: CRM Lead after_insert", "Lead Assay: CRM Lead on_trash", "Lead Assay: CRM Task on_update",
        "Lead Assay: Event on_update",
    ]  # fmt: skip
    assert sorted(report.removed) == ["Lead Assay: Event on_update", "Lead Assay: ToDo on_update"]
    assert "Somebody else's" in store.documents["Webhook"]
    assert adapter.ensure_hooks(made).made == ()


def test_tokens_are_renewed_and_a_dead_grant_pauses_the_install(stack: Stack, side: FrappeSide) -> None:
    install = connect(stack, side).install
    stack.advance(install)
    side.site.expire_tokens()
    lead = side.create_lead(side.account, **PERSON)
    stack.settle(install)
    assert stack.fields(lead)["leadassay_audit_note"]
    side.site.end_grants()
    side.create_lead(side.account, **PERSON)
    stack.settle(install)
    with stack.context.database.write() as connection:
        held = get_install(connection, install.install_id)
        notices = health.take_notices(connection, install.install_id, stack.context.clock())
    assert held.status is InstallStatus.PAUSED
    assert any("connect again" in notice.sentence for notice in notices)


def test_an_uninstall_leaves_the_fields_and_nothing_else(stack: Stack, side: FrappeSide) -> None:
    install = connect(stack, side).install
    stack.advance(install)
    token = stack.context.tokens.access_token(install.install_id)
    uninstall(stack.context, install.install_id, "asked for")
    assert side.site.store.documents["Webhook"] == {}
    assert len(side.site.store.documents["Custom Field"]) == 6
    assert not side.site.is_granted(token)


def test_the_grant_is_ended_in_nobodys_name(stack: Stack, side: FrappeSide) -> None:
    """With a bearer token Frappe answers 401 and ends nothing."""
    install = connect(stack, side).install
    stack.advance(install)
    side.site.asked.clear()
    uninstall(stack.context, install.install_id, "asked for")
    assert [one.status for one in side.site.asked if one.path.endswith("revoke_token")] == [200]
    assert all(one.status < 400 for one in side.site.asked)


def test_a_page_instead_of_the_token_endpoint_ends_no_install(stack: Stack, side: FrappeSide) -> None:
    """A refresh token that is gone is told by Frappe's own 404; a proxy's means that the site is away."""
    install = connect(stack, side).install
    stack.advance(install)
    side.site.expire_tokens()
    side.site.fail("get_token", 404, b"<html>localhost does not exist</html>", Content_Type="text/html")
    with pytest.raises(RetryLater):
        stack.context.tokens.renewed(install.install_id, stack.context.tokens.access_token(install.install_id))
    with stack.context.database.read() as connection:
        assert get_install(connection, install.install_id).status is InstallStatus.ACTIVE


def test_the_secret_is_in_the_body_and_pkce_is_asked_for(stack: Stack, side: FrappeSide) -> None:
    side.site.checks_secret = True
    connect(stack, side)
    (asked,) = [one for one in side.site.asked if one.path.endswith("get_token")]
    assert asked.body["client_secret"] == side.client[1]
    assert asked.body["code_verifier"]


def test_a_wrong_secret_leads_to_no_install(stack: Stack, side: FrappeSide) -> None:
    side.site.checks_secret = True
    vault, now, store = Vault(stack.settings.keys), stack.context.clock(), stack.context.database
    wrong = typed(side, secrets=("wrong",))
    url = begin_install(store, vault, stack.settings, "frappe", session_hash=SESSION, now=now, site=wrong)
    params = side.site.approve(url)
    with pytest.raises(InstallRefused):
        finish_install(store, vault, stack.settings, "frappe", params, session_hash=SESSION, now=now)


REFUSED = [
    ("http://127.0.0.2:8000", "https"),
    ("https://127.0.0.2", "private network"),
    ("https://localhost", "private network"),
    ("https://169.254.169.254", "private network"),
    ("https://[::1]:8000", "private network"),
    ("http://crm.example.com", "https"),
    ("ftp://crm.example.com", "address of your Frappe site"),
    ("https://user:pw@crm.example.com", "address of your Frappe site"),
    ("https://crm.example.com/?next=x", "address of your Frappe site"),
    ("https://no-such-host.invalid", "no host"),
    ("", "address of your Frappe site"),
]


@pytest.mark.parametrize(("address", "says"), REFUSED)
def test_sites_that_may_not_be_called(stack: Stack, address: str, says: str) -> None:
    check_site = CRMS["frappe"].check_site
    assert check_site is not None
    with pytest.raises(ConfigError, match=says):
        check_site(stack.settings, address)


def test_a_host_is_judged_by_every_address_it_leads_to(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    found = ["93.184.216.34"]
    monkeypatch.setattr(
        "connector.adapters.frappe.site.socket.getaddrinfo",
        lambda *_, **__: [(0, 0, 0, "", (one, 0)) for one in found],
    )
    check_site = CRMS["frappe"].check_site
    assert check_site is not None
    assert check_site(stack.settings, "CRM.example.com/app") == "https://crm.example.com"
    # What a resolver may believe, and a header or a pattern of hosts must not hold; and letters that look alike.
    for host in (
        "*.example",
        "evil.example;script-src",
        "a,b",
        "a'b",
        "a<b",
        "-a.example",
        "crm.exämple",
        "cr\u217f.example",
    ):
        with pytest.raises(ConfigError, match="letters a to z"):
            check_site(stack.settings, f"https://{host}")
    found.append("10.0.0.7")
    with pytest.raises(ConfigError, match="private network"):
        check_site(stack.settings, "crm.example.com")


def test_a_site_is_its_bare_origin(stack: Stack, side: FrappeSide) -> None:
    check_site = CRMS["frappe"].check_site
    assert check_site is not None
    assert check_site(stack.settings, f" {side.site.url}/crm/leads/view/list ") == side.site.url
