"""Versions of vendors' contracts: never changed once used, never two on a day, the past always meant the same."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from audits.contracts.plain import data_of, dump_contract, load_contract
from audits.model.contract import Contract
from audits.model.delivery import Delivery
from connector.storage import contracts, ledger
from connector.storage.contracts import ContractRefused
from connector.storage.database import Database
from connector.storage.installs import Install
from tests.contracts.any_contract import contracts as any_contracts
from tests.factories import NOW, at, make_install


@pytest.fixture
def install(database: Database) -> Install:
    with database.write() as conn:
        return make_install(conn)


def made(version: int = 1, since: str = "2026-01-01", until: str | None = None, **fields: object) -> Contract:
    told = {
        "contract": "acme-solar",
        "vendor": "acme",
        "version": version,
        "valid_from": since,
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "pricing": {"price": "25"},
        **({"valid_to": until} if until else {}),
        **fields,
    }
    return Contract.model_validate(told)


def put(database: Database, install: Install, contract: Contract) -> bool:
    with database.write() as conn:
        return contracts.put_version(conn, install.install_id, contract, at=NOW, user_id="user-1")


def use(database: Database, install: Install, version: int = 1) -> None:
    with database.write() as conn:
        contracts.mark_used(conn, install.install_id, [("acme-solar", version)], NOW)


def kept(database: Database, install: Install, version: int = 1) -> contracts.ContractVersion:
    with database.read() as conn:
        found = contracts.get_version(conn, install.install_id, "acme-solar", version)
    assert found is not None
    return found


def test_a_version_comes_back_as_it_was_saved(database: Database, install: Install) -> None:
    contract = made(returns={"window": {"until": "P10D"}, "reasons": ["FICTITIOUS"]}, says="über alles \x00 \u2028")
    assert put(database, install, contract)
    assert not put(database, install, contract)
    found = kept(database, install)
    assert (found.agreed, found.in_force.digest) == (contract, contract.digest)
    assert (found.saved_at, found.saved_by, found.used_at, found.last_day) == (NOW, "user-1", None, None)
    with database.read() as conn:
        assert contracts.get_version(conn, install.install_id, "acme-solar", 2) is None


@given(any_contracts())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_contract_is_stored_as_an_equal_one(contract: Contract) -> None:
    text = dump_contract(contract)
    assert text.isascii()
    assert load_contract(text) == contract
    assert load_contract(text).digest == contract.digest
    assert Contract.model_validate(data_of(contract, with_defaults=True)) == contract


def test_only_what_is_not_in_use_is_replaced_or_withdrawn(database: Database, install: Install) -> None:
    put(database, install, made())
    assert put(database, install, made(pricing={"price": "30"}))
    assert str(kept(database, install).agreed.pricing.price) == "30"
    use(database, install)
    assert kept(database, install).used_at == NOW
    with pytest.raises(ContractRefused, match="Version 1 of acme-solar is in use"):
        put(database, install, made())
    with database.write() as conn:
        assert not contracts.withdraw_version(conn, install.install_id, "acme-solar", 1, at=NOW, user_id="user-1")
    assert str(kept(database, install).agreed.pricing.price) == "30"


def test_what_is_withdrawn_never_held_and_its_number_is_free(database: Database, install: Install) -> None:
    put(database, install, made())
    with database.write() as conn:
        assert contracts.withdraw_version(conn, install.install_id, "acme-solar", 1, at=NOW, user_id="user-1")
        assert not contracts.withdraw_version(conn, install.install_id, "acme-solar", 1, at=NOW, user_id="user-1")
        assert contracts.book(conn, install.install_id).contracts == ()
        contracts.mark_used(conn, install.install_id, [("acme-solar", 1)], NOW)
    found = kept(database, install)
    assert (found.withdrawn_at, found.used_at, found.holds_on(date(2026, 5, 1))) == (NOW, None, False)
    assert put(database, install, made())
    assert kept(database, install).withdrawn_at is None


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (made(2, "2026-06-30"), "Version 1 and version 2 of acme-solar overlap: both hold on 2026-06-30"),
        (made(2, "2025-01-01"), "Version 1 and version 2 of acme-solar overlap: both hold on 2026-01-01"),
        (made(2, "2026-07-01", vendor="other"), "is with acme, version 2 with other"),
        (made(2, "2026-07-02", "2026-07-01"), "Version 2 of acme-solar ends before it begins"),
    ],
)
def test_versions_that_do_not_go_together_are_refused(
    database: Database, install: Install, second: Contract, said: str
) -> None:
    put(database, install, made(until="2026-06-30"))
    with pytest.raises(ContractRefused, match=said):
        put(database, install, second)
    with database.read() as conn:
        assert [each.agreed.version for each in contracts.list_versions(conn, install.install_id)] == [1]
    assert put(database, install, made(2, "2026-07-01"))


def test_a_following_version_ends_the_one_before_it(database: Database, install: Install) -> None:
    put(database, install, made())
    with database.write() as conn:
        ended = contracts.follow_version(conn, install.install_id, made(2, "2026-02-01"), at=NOW, user_id="user-1")
    assert ended is not None
    # Nothing was judged by it: its own words say when it ends.
    assert (ended.agreed.valid_to, ended.ends_on) == (date(2026, 1, 31), None)
    assert ended.agreed.digest == made(until="2026-01-31").digest
    with database.read() as conn:
        assert [each.version for each in contracts.book(conn, install.install_id).contracts] == [1, 2]


def test_the_end_of_a_version_in_use_stands_beside_its_words(database: Database, install: Install) -> None:
    today = NOW.astimezone(made().zone).date()
    put(database, install, made(since="2020-01-01"))
    use(database, install)
    with pytest.raises(ContractRefused, match=f"it holds until {today} at least"), database.write() as conn:
        contracts.follow_version(conn, install.install_id, made(2, str(today)), at=NOW, user_id="user-1")
    assert kept(database, install).last_day is None
    following = made(2, date.fromordinal(today.toordinal() + 1).isoformat())
    with database.write() as conn:
        contracts.follow_version(conn, install.install_id, following, at=NOW, user_id="user-1")
    found = kept(database, install)
    assert (found.agreed, found.ends_on, found.in_force.valid_to) == (made(since="2020-01-01"), today, today)
    assert found.in_force.digest == found.agreed.digest
    with database.read() as conn:
        book = contracts.book(conn, install.install_id)
    delivery = Delivery(delivery_id="1", lead_id="1", vendor="acme", delivered_at=at(days=-3))
    assert [each.version for each in [book.version_for(delivery)] if each is not None] == [1]
    with pytest.raises(ContractRefused, match="ends on"), database.write() as conn:
        contracts.end_version(
            conn, install.install_id, "acme-solar", 1, ends_on=following.valid_from, at=NOW, user_id="user-1"
        )


def test_no_version_ends_before_it_begins(database: Database, install: Install) -> None:
    put(database, install, made(since="2027-01-01"))
    with pytest.raises(ContractRefused, match="begins on 2027-01-01 only"), database.write() as conn:
        contracts.end_version(
            conn, install.install_id, "acme-solar", 1, ends_on=date(2026, 12, 31), at=NOW, user_id="user-1"
        )
    with database.write() as conn:
        assert (
            contracts.end_version(
                conn, install.install_id, "acme-solar", 9, ends_on=date(2026, 12, 31), at=NOW, user_id="user-1"
            )
            is None
        )


def test_each_act_stands_in_the_log_and_what_was_refused_does_not(database: Database, install: Install) -> None:
    put(database, install, made())
    put(database, install, made())
    with database.write() as conn:
        contracts.follow_version(conn, install.install_id, made(2, "2026-12-01"), at=NOW, user_id="user-2")
    use(database, install)
    with pytest.raises(ContractRefused):
        put(database, install, made(pricing={"price": "1"}))
    with database.write() as conn:
        contracts.end_version(
            conn, install.install_id, "acme-solar", 1, ends_on=date(2026, 11, 30), at=NOW, user_id="user-1"
        )
        contracts.withdraw_version(conn, install.install_id, "acme-solar", 2, at=NOW, user_id="user-1")
        contracts.withdraw_version(conn, install.install_id, "acme-solar", 1, at=NOW, user_id="user-1")
    with database.read() as conn:
        entries = list(ledger.iter_entries(conn, install.install_id))
        assert ledger.verify(conn, install.install_id).broken is None
    assert [(each.act, each.actor_id, each.vendor, each.subject) for each in entries] == [
        ("contract_saved", "user-1", "acme", "acme-solar/1"),
        ("contract_saved", "user-2", "acme", "acme-solar/1"),
        ("contract_saved", "user-2", "acme", "acme-solar/2"),
        ("contract_ended", "user-1", "acme", "acme-solar/1"),
        ("contract_withdrawn", "user-1", "acme", "acme-solar/2"),
    ]
    assert made(2, "2026-12-01").digest in entries[-1].body
