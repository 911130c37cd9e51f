"""Installs, their tokens, and the people who sign in."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from audits.model.case import Coverage, Fact
from connector.errors import InstallLost, InstallNotActive, UnknownInstall
from connector.storage import installs, people, policies, tokens, web_sessions
from connector.storage.database import Database
from connector.storage.installs import Install, InstallStatus
from connector.storage.people import Role
from tests.conftest import DatabaseUrls
from tests.factories import NOW, Granted, at, make_install, make_owner


@pytest.fixture
def install(database: Database) -> Install:
    with database.write() as conn:
        return make_install(conn)


def test_a_new_install_is_active_and_has_a_policy(database: Database, install: Install) -> None:
    with database.read() as conn:
        assert installs.get_install(conn, install.install_id) == install
        assert installs.find_install_by_account(conn, "hubspot", "portal-1") == install
        assert installs.find_install_by_account(conn, "other", "portal-1") is None
        policy = policies.policy_as_of(conn, install.install_id, NOW)
    assert install.status is InstallStatus.ACTIVE
    assert (policy.calendar.zone, policy.region, policy.version) == ("Europe/Berlin", "DE", "1")


def test_connecting_again_is_the_same_tenant_with_what_is_granted_now(database: Database, install: Install) -> None:
    narrower = Coverage(missing=((Fact.EMAILS, "not granted"),))
    with database.write() as conn:
        assert installs.pause(conn, install.install_id, "revoked", at(-9))
        again = make_install(
            conn,
            granted=Granted(("a",), ("b",)),
            coverage=narrower,
            created_at=NOW,
            name="Renamed",
            zone="Asia/Tokyo",
        )
    assert again.install_id == install.install_id
    assert (again.status, again.status_reason, again.paused_at) == (InstallStatus.ACTIVE, "", None)
    assert (again.account_name, again.zone, again.coverage) == ("Renamed", "Asia/Tokyo", narrower)
    assert (again.scopes, again.missing_scopes) == (("a",), ("b",))
    assert (again.created_at, again.connected_at) == (install.created_at, NOW)


def test_connecting_after_an_uninstall_calls_the_purge_off(database: Database, install: Install) -> None:
    with database.write() as conn:
        assert installs.mark_uninstalled(conn, install.install_id, "by the admin", NOW, at(days=30))
        assert not installs.mark_uninstalled(conn, install.install_id, "again", NOW, at(days=60))
        assert installs.due_for_purge(conn, at(days=29)) == []
        assert installs.due_for_purge(conn, at(days=30)) == [install.install_id]
        again = make_install(conn, created_at=at(days=1))
        assert installs.due_for_purge(conn, at(days=99)) == []
    assert again.install_id == install.install_id
    assert again.connected_at > install.connected_at


def test_processes_that_connect_at_once_make_one_tenant(database_urls: DatabaseUrls) -> None:
    found: list[str] = []
    barrier = threading.Barrier(6)

    def connect() -> None:
        database = Database.open(database_urls.database_url)
        barrier.wait(10)
        with database.write() as conn:
            found.append(make_install(conn).install_id)
        database.close()

    threads = [threading.Thread(target=connect) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1


def test_a_pause_gives_one_notice(database: Database, install: Install) -> None:
    with database.write() as conn:
        assert [installs.pause(conn, install.install_id, "dead", NOW) for _ in range(3)] == [True, False, False]
        assert list(installs.iter_active(conn)) == []
        assert [each.status for each in installs.list_installs(conn)] == [InstallStatus.PAUSED]


def test_only_the_last_holder_of_an_active_install_may_commit(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        first = installs.take_fence(conn, tenant, "sleeper", NOW)
        installs.check_fence(conn, tenant, first)
        second = installs.take_fence(conn, tenant, "successor", NOW)
        installs.check_fence(conn, tenant, second)
        with pytest.raises(InstallLost, match="successor"):
            installs.check_fence(conn, tenant, first)
        installs.pause(conn, tenant, "the grant is dead", NOW)
        with pytest.raises(InstallNotActive, match="the grant is dead"):
            installs.check_fence(conn, tenant, second)
        with pytest.raises(InstallNotActive):
            installs.check_fence(conn, "unknown", 1)
        with pytest.raises(UnknownInstall):
            installs.take_fence(conn, "unknown", "x", NOW)
        with pytest.raises(UnknownInstall):
            installs.get_install(conn, "unknown")


def test_a_fence_cannot_be_taken_while_its_holder_commits(database: Database, install: Install) -> None:
    # Else the work of the old holder could land after the new one began.
    taken = threading.Event()

    def take() -> None:
        with database.write() as conn:
            installs.take_fence(conn, install.install_id, "successor", NOW)
        taken.set()

    with database.write() as conn:
        fence = installs.take_fence(conn, install.install_id, "holder", NOW)
    with database.write() as conn:
        installs.check_fence(conn, install.install_id, fence)
        other = threading.Thread(target=take)
        other.start()
        assert not taken.wait(0.2)
    other.join()
    assert taken.is_set()


def test_a_token_is_replaced_only_in_the_version_that_was_read(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        assert tokens.get_token(conn, tenant) is None
        assert tokens.put_token(conn, tenant, "k1", b"one", at(30)) == 1
        assert tokens.put_token(conn, tenant, "k1", b"two", at(60)) == 2
        assert [each.install_id for each in tokens.iter_tokens(conn, not_key_id="k2")] == [tenant]
        assert not tokens.replace_sealed(conn, tenant, 1, "k2", b"old under the new key")
        assert tokens.replace_sealed(conn, tenant, 2, "k2", b"two under the new key")
        assert list(tokens.iter_tokens(conn, not_key_id="k2")) == []
        assert tokens.get_token(conn, tenant) == tokens.StoredToken(
            install_id=tenant, key_id="k2", sealed=b"two under the new key", expires_at=at(60), version=3
        )
        tokens.wipe_token(conn, tenant)
        assert tokens.get_token(conn, tenant) is None


def test_of_many_that_want_to_refresh_one_may(database_urls: DatabaseUrls) -> None:
    database = Database.open(database_urls.database_url)
    with database.write() as conn:
        tenant = make_install(conn).install_id
        tokens.put_token(conn, tenant, "k1", b"x", NOW)
    won: list[int] = []
    barrier = threading.Barrier(6)

    def claim(number: int) -> None:
        barrier.wait(10)
        with database.write() as conn:
            if tokens.claim_refresh(conn, tenant, f"process {number}", NOW, 30):
                won.append(number)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    with database.write() as conn:
        assert tokens.claim_refresh(conn, tenant, f"process {won[0]}", NOW, 30)
        assert not tokens.claim_refresh(conn, tenant, "late", at(0.49), 30)
        assert tokens.claim_refresh(conn, tenant, "after the lease", at(0.5), 30)
        tokens.release_refresh(conn, tenant, "somebody else")
        assert not tokens.claim_refresh(conn, tenant, "x", at(0.6), 30)
        tokens.release_refresh(conn, tenant, "after the lease")
        assert tokens.claim_refresh(conn, tenant, "x", at(0.6), 30)
        tokens.put_token(conn, tenant, "k1", b"fresh", at(60))
        assert tokens.claim_refresh(conn, tenant, "y", at(0.7), 30)
    database.close()


def test_a_state_is_taken_once_and_in_time(database: Database) -> None:
    with database.write() as conn:
        for name in ("used", "late"):
            web_sessions.put_state(conn, name, "hubspot", "browser", b"verifier", at(10))
        found = web_sessions.take_state(conn, "used", at(9))
        assert found is not None
        assert (found.crm, found.session_hash, found.sealed_verifier) == ("hubspot", "browser", b"verifier")
        assert web_sessions.take_state(conn, "used", at(9)) is None
        assert web_sessions.take_state(conn, "late", at(10)) is None
        assert web_sessions.take_state(conn, "unknown", NOW) is None


def test_sessions_end_with_the_user_and_with_the_install(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        people.upsert_user(conn, tenant, "u1", "Olga@Seller.example", "Olga", Role.REP, "owner-1")
        for name in ("a", "b", "c"):
            web_sessions.create_session(conn, name, install_id=tenant, user_id="u1", role="rep", expires_at=at(60))
        web_sessions.create_session(conn, "visitor", expires_at=at(60))
        web_sessions.put_login_link(conn, "link", tenant, "u1", at(60))
        assert web_sessions.get_session(conn, "a", at(60)) is None
        assert web_sessions.update_session(conn, "a", data='{"x":1}', expires_at=at(90))
        kept = web_sessions.get_session(conn, "a", at(60))
        assert kept is not None
        assert (kept.user_id, kept.data) == ("u1", '{"x":1}')
        web_sessions.delete_session(conn, "b")
        assert web_sessions.get_session(conn, "b", NOW) is None
        assert people.disable_user(conn, tenant, "u1", NOW)
        assert web_sessions.get_session(conn, "a", NOW) is None
        assert web_sessions.take_login_link(conn, "link", NOW) is None
        assert web_sessions.get_session(conn, "visitor", NOW) is not None
        web_sessions.create_session(conn, "d", install_id=tenant, user_id="u2", expires_at=at(60))
        installs.mark_uninstalled(conn, tenant, "bye", NOW, at(days=30))
        assert web_sessions.get_session(conn, "d", NOW) is None
        assert web_sessions.delete_expired(conn, at(60)) == 1


def test_a_login_link_signs_in_once(database: Database, install: Install) -> None:
    with database.write() as conn:
        web_sessions.put_login_link(conn, "link", install.install_id, "u1", at(10))
        found = web_sessions.take_login_link(conn, "link", at(1))
        assert found is not None
        assert (found.install_id, found.user_id) == (install.install_id, "u1")
        assert web_sessions.take_login_link(conn, "link", at(1)) is None


def test_users_keep_the_role_that_the_admin_gave(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        people.upsert_user(conn, tenant, "u1", "Olga@Seller.example", "Olga", Role.REP, None)
        assert people.set_role(conn, tenant, "u1", Role.ADMIN)
        people.disable_user(conn, tenant, "u1", NOW)
        again = people.upsert_user(conn, tenant, "u1", "olga@seller.example ", "Olga O.", Role.REP, "owner-1")
        assert (again.role, again.name, again.owner_id, again.disabled_at) == (Role.ADMIN, "Olga O.", "owner-1", NOW)
        assert people.find_user_by_email(conn, tenant, "OLGA@seller.example") == again
        assert people.installs_of_email(conn, "olga@seller.example") == []
        assert people.enable_user(conn, tenant, "u1")
        assert people.installs_of_email(conn, "olga@seller.example") == [tenant]
        assert not people.set_role(conn, tenant, "unknown", Role.REP)


def test_an_address_given_to_another_user_is_no_longer_the_first_ones(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        people.upsert_user(conn, tenant, "old", "desk@seller.example", "Old", Role.ADMIN, None)
        web_sessions.create_session(conn, "s", install_id=tenant, user_id="old", expires_at=at(60))
        people.upsert_user(conn, tenant, "new", "desk@seller.example", "New", Role.REP, None)
        assert [each.user_id for each in people.list_users(conn, tenant)] == ["new"]
        assert web_sessions.get_session(conn, "s", NOW) is None


def test_owners_that_are_listed_no_more_stay_archived(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        people.replace_owners(conn, tenant, [make_owner("1", name="A"), make_owner("2", name="B")])
        people.replace_owners(conn, tenant, [make_owner("2", name="C"), make_owner("3", name="D")])
        assert [(each.name, each.is_archived) for each in people.list_owners(conn, tenant)] == [
            ("A", True),
            ("C", False),
            ("D", False),
        ]
        assert people.find_owner(conn, tenant, "3") == make_owner("3", name="D")
        assert people.find_owner(conn, tenant, "4") is None


def test_a_purge_leaves_nothing(database: Database, install: Install) -> None:
    with database.write() as conn:
        tokens.put_token(conn, install.install_id, "k1", b"x", NOW)
        installs.purge(conn, install.install_id)
        assert conn.execute(sa.text("SELECT count(*) FROM tokens")).scalar_one() == 0
        with pytest.raises(UnknownInstall):
            installs.get_install(conn, install.install_id)
        assert make_install(conn).install_id != install.install_id
