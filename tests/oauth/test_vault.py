"""Secrets at rest: bound to their owner, sealed anew under load and kill."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

from audits.model.case import Coverage
from connector.crm.port import Account, Grant
from connector.oauth.tokens import sealed_grant
from connector.oauth.vault import LOOKUPS, SealBroken, UnknownKey, Vault, rotate
from connector.storage import installs, lookups, tokens
from connector.storage.database import Database
from connector.storage.lookups import LookupChoice, LookupKind
from tests.conftest import DatabaseUrls
from tests.processes import process_context

OLD, NEW = ("old", bytes(range(32))), ("new", bytes(range(32, 64)))
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def grant(number: int = 0) -> Grant:
    return Grant(
        access_token=f"access-{number}",
        refresh_token=f"refresh-{number}",
        expires_at=NOW,
        scopes=(),
        account_id="1",
        user_id=None,
    )


def install(database: Database, number: int, vault: Vault) -> str:
    account = Account(account_id=str(number), name="A", zone="UTC", currency=None, record_url_base="https://x/")
    with database.write() as connection:
        made = installs.create_or_reconnect(connection, "hubspot", account, (), (), Coverage(), NOW)
        tokens.put_token(connection, made.install_id, *sealed_grant(vault, made.install_id, grant(number)), NOW)
    return made.install_id


def test_what_is_sealed_opens_for_its_owner_and_purpose_alone() -> None:
    vault = Vault([NEW, OLD])
    key_id, sealed = vault.seal("install-1", b"secret")
    assert key_id == "new"
    assert vault.open("install-1", key_id, sealed) == b"secret"
    assert b"secret" not in sealed
    for owner, key, changed, purpose in (
        ("install-2", key_id, sealed, "tokens"),
        ("install-1", key_id, sealed, "state"),
        ("install-1", "old", sealed, "tokens"),
        ("install-1", key_id, sealed[:-1] + bytes([sealed[-1] ^ 1]), "tokens"),
        ("install-1", key_id, sealed[:20], "tokens"),
        ("install-1", key_id, b"", "tokens"),
        ("install-1", key_id, b"\x02" + sealed[1:], "tokens"),
    ):
        with pytest.raises(SealBroken):
            vault.open(owner, key, changed, purpose=purpose)


def test_a_boundary_between_owner_and_purpose_cannot_be_moved() -> None:
    vault = Vault([NEW])
    key_id, sealed = vault.seal("bc", b"x", purpose="a")
    with pytest.raises(SealBroken):
        vault.open("c", key_id, sealed, purpose="ab")


def test_no_two_seals_are_alike() -> None:
    vault = Vault([NEW])
    assert len({vault.seal("a", b"x")[1] for _ in range(200)}) == 200


def test_old_keys_open_and_lost_ones_are_named() -> None:
    key_id, sealed = Vault([OLD]).seal("a", b"x")
    assert Vault([NEW, OLD]).open("a", key_id, sealed) == b"x"
    with pytest.raises(UnknownKey, match=r"'old'.*LEADASSAY_KEYS"):
        Vault([NEW]).open("a", key_id, sealed)


def test_packed_seals_carry_their_key() -> None:
    packed = Vault([OLD]).seal_packed("a", b"x", purpose="state")
    assert Vault([NEW, OLD]).open_packed("a", packed, purpose="state") == b"x"
    with pytest.raises(UnknownKey):
        Vault([NEW]).open_packed("a", packed, purpose="state")
    with pytest.raises((UnknownKey, SealBroken)):
        Vault([OLD]).open_packed("a", b"", purpose="state")


def test_a_row_copied_to_another_install_does_not_open(database: Database) -> None:
    vault = Vault([OLD])
    first, second = install(database, 1, vault), install(database, 2, vault)
    with database.write() as connection:
        stolen = tokens.get_token(connection, first)
        assert stolen is not None
        tokens.put_token(connection, second, stolen.key_id, stolen.sealed, NOW)
        moved = tokens.get_token(connection, second)
    assert moved is not None
    with pytest.raises(SealBroken):
        vault.open(second, moved.key_id, moved.sealed)


def test_rotation_under_load_loses_no_newer_token(database: Database) -> None:
    before, after = Vault([OLD]), Vault([NEW, OLD])
    ids = [install(database, number, before) for number in range(20)]
    stop = threading.Event()
    newest: dict[str, int] = {}

    def refresh() -> None:
        number = 100
        while not stop.is_set():
            one = ids[number % len(ids)]
            with database.write() as connection:
                tokens.put_token(connection, one, *sealed_grant(after, one, grant(number)), NOW)
            newest[one] = number
            number += 1

    thread = threading.Thread(target=refresh)
    thread.start()
    try:
        rotate(database, after)
    finally:
        stop.set()
        thread.join()
    with database.read() as connection:
        stored = {token.install_id: token for token in tokens.iter_tokens(connection)}
    assert set(stored) == set(ids)
    for number, one in enumerate(ids):
        assert stored[one].key_id == "new"
        opened = Vault([NEW]).open(one, stored[one].key_id, stored[one].sealed)
        assert f'"access-{newest.get(one, number)}"'.encode() in opened
    assert rotate(database, after) == 0


def _rotate(url: str) -> None:
    database = Database.open(url)
    rotate(database, Vault([NEW, OLD]))
    database.close()


@pytest.mark.process
def test_a_killed_rotation_leaves_every_token_readable(database: Database, database_urls: DatabaseUrls) -> None:
    before = Vault([OLD])
    ids = [install(database, number, before) for number in range(60)]
    context = process_context()
    worker = context.Process(target=_rotate, args=(database_urls.database_url,))
    worker.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with database.read() as connection:
            if any(token.key_id == "new" for token in tokens.iter_tokens(connection)):
                break
        time.sleep(0.002)
    worker.kill()
    worker.join(10)
    both = Vault([NEW, OLD])
    with database.read() as connection:
        stored = list(tokens.iter_tokens(connection))
    assert len(stored) == len(ids)
    for token in stored:
        assert both.open(token.install_id, token.key_id, token.sealed)
    rotate(database, both)
    with database.read() as connection:
        assert {token.key_id for token in tokens.iter_tokens(connection)} == {"new"}


def test_rotation_seals_the_keys_of_look_ups_anew(database: Database) -> None:
    old, new = Vault([OLD]), Vault([NEW, OLD])
    tenant = install(database, 1, old)
    sealed = old.seal_packed(tenant, b"key", purpose=LOOKUPS)
    choice = LookupChoice(kind=LookupKind.PHONE, is_on=True, sealed=sealed)
    with database.write() as connection:
        lookups.choose_lookup(connection, tenant, choice, user_id="user-1", at=NOW)
    # The grant of the account, and its key.
    assert rotate(database, new) == 2
    with database.read() as connection:
        anew = lookups.lookup_choice(connection, tenant, LookupKind.PHONE).sealed
    assert anew is not None
    assert Vault([NEW]).open_packed(tenant, anew, purpose=LOOKUPS) == b"key"
    assert rotate(database, new) == 0
    with database.write() as connection:
        assert not lookups.replace_key(connection, tenant, LookupKind.PHONE, sealed, b"late")
