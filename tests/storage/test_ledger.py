"""The log: one order under writers at once, guarded by the database, and every way to tamper with it is found."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from connector.errors import UnknownInstall
from connector.storage import ledger
from connector.storage.database import Database
from connector.storage.installs import Install, hold, purge
from connector.storage.ledger import START, Act, Actor, Checked, Fault, Head
from connector.storage.tables import installs
from connector.storage.tables import ledger as rows
from tests.factories import NOW, at, make_install

TRIGGERS = {
    "sqlite": tuple(f"DROP TRIGGER {name}" for name in ("ledger_no_update", "ledger_no_delete", "ledger_in_order")),
    "postgresql": ("ALTER TABLE ledger DISABLE TRIGGER USER",),
}


@pytest.fixture
def install(database: Database) -> Install:
    with database.write() as conn:
        return make_install(conn)


def write(conn: Connection, install: Install, number: int) -> Head:
    return ledger.append(
        conn, install.install_id, Act.CLAIM_MADE, at=at(number), actor=Actor.USER, actor_id="user-1", vendor="acme",
        subject=f"claim-{number}", body={"lines": number, "amount": f"{number}.50"},
    )  # fmt: skip


def written(database: Database, install: Install, many: int = 6) -> list[Head]:
    with database.write() as conn:
        return [write(conn, install, number) for number in range(1, many + 1)]


def checked(database: Database, install: Install, *heads: Head) -> Checked:
    with database.read() as conn:
        return ledger.verify(conn, install.install_id, heads)


def found(database: Database, install: Install, *heads: Head) -> tuple[int, Fault] | None:
    broken = checked(database, install, *heads).broken
    return None if broken is None else (broken.seq, broken.fault)


class Vandal:
    """Somebody with the database's own password, who takes the guards off first."""

    def __init__(self, database: Database, install: Install) -> None:
        self.database, self.install_id = database, install.install_id
        with database.write() as conn:
            for statement in TRIGGERS[database.dialect]:
                conn.execute(sa.text(statement))

    def entries(self) -> list[dict[str, Any]]:
        query = sa.select(rows).where(rows.c.install_id == self.install_id).order_by(rows.c.seq)
        with self.database.read() as conn:
            return [dict(row) for row in conn.execute(query).mappings()]

    def put(self, entries: list[dict[str, Any]]) -> None:
        with self.database.write() as conn:
            conn.execute(sa.delete(rows).where(rows.c.install_id == self.install_id))
            if entries:
                conn.execute(sa.insert(rows), entries)

    def hashed(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The entry with a hash that stands for what it says."""
        fields = {name: value for name, value in entry.items() if name != "install_id"}
        return {**entry, "hash": ledger.hash_of(self.install_id, ledger.Entry(**fields))}

    def chained(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """All of them as if they had been written so."""
        made: list[dict[str, Any]] = []
        for seq, entry in enumerate(entries, 1):
            made.append(self.hashed({**entry, "seq": seq, "prev_hash": made[-1]["hash"] if made else START}))
        return made


def renumbered(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**entry, "seq": seq} for seq, entry in enumerate(entries, 1)]


def test_an_empty_log_is_whole_and_entries_follow_each_other(database: Database, install: Install) -> None:
    assert checked(database, install) == Checked(count=0, head=Head(0, START), broken=None)
    heads = written(database, install, 3)
    assert [each.seq for each in heads] == [1, 2, 3]
    assert checked(database, install, *heads) == Checked(count=3, head=heads[-1], broken=None)
    with database.read() as conn:
        entries = list(ledger.iter_entries(conn, install.install_id))
        assert ledger.head(conn, install.install_id) == heads[-1]
        assert ledger.list_entries(conn, install.install_id, most=2) == entries[:0:-1]
        assert ledger.list_entries(conn, install.install_id, before=2, vendor="acme") == entries[:1]
        assert ledger.list_entries(conn, install.install_id, act="cost_entered") == []
        assert ledger.list_vendors(conn, install.install_id) == ["acme"]
    assert [each.prev_hash for each in entries] == [START, heads[0].hash, heads[1].hash]
    assert (entries[1].at, entries[1].body) == (at(2), '{"amount":"2.50","lines":2}')


def test_a_hash_is_what_the_law_says_it_is() -> None:
    entry = ledger.Entry(
        seq=1, at=NOW, actor_kind="user", actor_id="ü", act="claim_made", vendor="acme", subject="c-1",
        body='{"lines":3}', prev_hash=START, hash="",
    )  # fmt: skip
    micros = int(NOW.timestamp()) * 1_000_000 + NOW.microsecond
    text = f'["i-1",1,{micros},"user","\\u00fc","claim_made","acme","c-1","{{\\"lines\\":3}}","{START}"]'
    assert ledger.hash_of("i-1", entry) == hashlib.sha256(text.encode("ascii")).hexdigest()


def test_an_entry_falls_with_what_was_done(database: Database, install: Install) -> None:
    written(database, install, 2)
    with database.write() as conn, conn.begin_nested() as deed:
        write(conn, install, 3)
        deed.rollback()
    assert checked(database, install).count == 2
    with pytest.raises(UnknownInstall), database.write() as conn:
        ledger.append(conn, "nobody", Act.COST_ENTERED, at=NOW, actor=Actor.SYSTEM)


@pytest.mark.parametrize(
    "body", [{"why": "He never called me."}, {"mail": "a@b.example"}, {"n": 1.5}, {"a": ["x y"]}]
)
def test_words_of_people_and_fractions_are_refused(
    database: Database, install: Install, body: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="log"), database.write() as conn:
        ledger.append(conn, install.install_id, Act.CLAIM_ANSWERED, at=NOW, actor=Actor.VENDOR, body=body)
    assert checked(database, install).count == 0


@pytest.mark.parametrize(
    "tamper",
    [
        sa.update(rows).values(body='{"lines":99}'),
        sa.update(rows).where(rows.c.seq == 3).values(seq=99),
        sa.delete(rows),
        sa.delete(rows).where(rows.c.seq == 6),
        sa.insert(rows).from_select(
            [column.name for column in rows.c],
            sa.select(*[column + 6 if column.name == "seq" else column for column in rows.c]),
        ),
    ],
)  # fmt: skip
def test_the_database_itself_refuses(database: Database, install: Install, tamper: sa.Executable) -> None:
    heads = written(database, install)
    with pytest.raises(sa.exc.IntegrityError, match="the log"), database.write() as conn:
        conn.execute(tamper)
    assert checked(database, install, *heads).broken is None


def test_the_log_goes_with_its_account_alone(database: Database, install: Install) -> None:
    heads = written(database, install)
    with database.write() as conn:
        other = make_install(conn, "portal-2")
    kept = written(database, other, 2)
    with database.write() as conn:
        purge(conn, install.install_id)
        assert conn.execute(sa.select(rows.c.install_id).distinct()).scalars().all() == [other.install_id]
    assert checked(database, other, *kept).broken is None
    assert found(database, install, heads[-1]) == (1, Fault.MISSING)
    with database.write() as conn:
        conn.execute(sa.delete(installs))
        assert conn.execute(sa.select(rows)).all() == []


@pytest.mark.parametrize(
    "change",
    [
        {"body": '{"amount":"0.00","lines":3}'}, {"at": NOW}, {"actor_id": "user-2"}, {"actor_kind": "vendor"},
        {"act": "claim_withdrawn"}, {"vendor": "other"}, {"subject": "claim-9"}, {"hash": "f" * 64},
        {"prev_hash": "f" * 64},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
@pytest.mark.parametrize("seq", [1, 3, 6])
def test_a_change_is_found(database: Database, install: Install, change: dict[str, Any], seq: int) -> None:
    written(database, install)
    vandal = Vandal(database, install)
    vandal.put([{**each, **change} if each["seq"] == seq else each for each in vandal.entries()])
    at_seq, fault = found(database, install) or (0, None)
    assert at_seq == seq
    # Of a last entry whose link is lost nobody can tell whether it was changed or put in.
    assert fault is Fault.CHANGED or ("prev_hash" in change and seq == 6 and fault is Fault.INSERTED)


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_change_with_a_hash_that_fits_is_found_by_the_next_entry(
    database: Database, install: Install, seq: int
) -> None:
    heads = written(database, install)
    vandal = Vandal(database, install)
    changed = [vandal.hashed({**each, "subject": "x"}) if each["seq"] == seq else each for each in vandal.entries()]
    vandal.put(changed)
    assert found(database, install) == (seq, Fault.CHANGED)
    assert found(database, install, *heads) == (seq, Fault.CHANGED)


@pytest.mark.parametrize("seq", [1, 3, 5])
@pytest.mark.parametrize("is_renumbered", [False, True])
def test_an_entry_taken_out_is_found(database: Database, install: Install, seq: int, is_renumbered: bool) -> None:
    written(database, install)
    vandal = Vandal(database, install)
    left = [each for each in vandal.entries() if each["seq"] != seq]
    vandal.put(renumbered(left) if is_renumbered else left)
    assert found(database, install) == (seq, Fault.MISSING)


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 5), (5, 6)])
def test_two_that_changed_places_are_found(database: Database, install: Install, one: int, other: int) -> None:
    written(database, install)
    vandal = Vandal(database, install)
    entries = vandal.entries()
    entries[one - 1], entries[other - 1] = entries[other - 1], entries[one - 1]
    vandal.put(renumbered(entries))
    assert found(database, install) == (one, Fault.OUT_OF_ORDER)


@pytest.mark.parametrize("seq", [1, 3, 6])
def test_an_entry_put_in_is_found(database: Database, install: Install, seq: int) -> None:
    written(database, install)
    vandal = Vandal(database, install)
    entries = vandal.entries()
    before = entries[seq - 2]["hash"] if seq > 1 else START
    new = vandal.hashed({**entries[0], "seq": seq, "subject": "claim-x", "prev_hash": before})
    vandal.put(renumbered([*entries[: seq - 1], new, *entries[seq - 1 :]]))
    assert found(database, install) == (seq, Fault.INSERTED)
    vandal.put([{**new, "seq": 0}, *entries])
    assert found(database, install) == (0, Fault.INSERTED)


def test_an_end_that_was_cut_off_is_found_by_a_head_kept_elsewhere(database: Database, install: Install) -> None:
    heads = written(database, install)
    vandal = Vandal(database, install)
    vandal.put(vandal.entries()[:4])
    assert found(database, install) is None
    assert found(database, install, heads[3]) is None
    assert found(database, install, heads[1], heads[5]) == (5, Fault.MISSING)
    vandal.put([])
    assert found(database, install, heads[0]) == (1, Fault.MISSING)


def test_a_log_made_anew_is_found_by_a_head_kept_elsewhere(database: Database, install: Install) -> None:
    heads = written(database, install)
    vandal = Vandal(database, install)
    vandal.put(vandal.chained([{**each, "vendor": "other"} for each in vandal.entries()]))
    assert found(database, install) is None
    assert found(database, install, heads[4]) == (5, Fault.CHANGED)


def test_an_entry_of_another_account_does_not_fit(database: Database, install: Install) -> None:
    with database.write() as conn:
        other = make_install(conn, "portal-2")
    written(database, install)
    written(database, other)
    theirs = Vandal(database, other).entries()
    mine = [{**each, "install_id": install.install_id} for each in theirs]
    with database.write() as conn:
        conn.execute(sa.delete(rows).where(rows.c.install_id == install.install_id))
        conn.execute(sa.insert(rows), mine)
    assert found(database, install) == (1, Fault.CHANGED)


def test_writers_at_once_make_one_chain(database: Database, install: Install) -> None:
    barrier, many = threading.Barrier(4), 10

    def work(worker: int) -> list[Head]:
        barrier.wait(10)
        made = []
        for number in range(many):
            with database.write() as conn:
                if worker % 2:
                    hold(conn, install.install_id)
                made.append(write(conn, install, 100 * worker + number))
        return made

    with ThreadPoolExecutor(4) as pool:
        heads = [head for made in pool.map(work, range(4)) for head in made]
    assert sorted(each.seq for each in heads) == list(range(1, 4 * many + 1))
    assert checked(database, install, *heads).broken is None


def test_a_log_longer_than_a_portion_is_read_whole(database: Database, install: Install) -> None:
    heads = written(database, install, 1001)
    assert checked(database, install, *heads) == Checked(count=1001, head=heads[-1], broken=None)


@given(
    many=st.integers(1, 9),
    place=st.integers(0, 8),
    deed=st.sampled_from(["change", "take", "swap", "double", "turn"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_deed_goes_unseen(database: Database, many: int, place: int, deed: str) -> None:
    with database.write() as conn:
        conn.execute(sa.delete(installs))
        install = make_install(conn)
        heads = [write(conn, install, number) for number in range(many)]
        for statement in _if_there(conn) if database.dialect == "sqlite" else TRIGGERS["postgresql"]:
            conn.execute(sa.text(statement))
        query = sa.select(rows).where(rows.c.install_id == install.install_id).order_by(rows.c.seq)
        entries = [dict(row) for row in conn.execute(query).mappings()]
        before, place = [dict(each) for each in entries], place % many
        if deed == "change":
            entries[place]["body"] = '{"lines":77}'
        elif deed == "take":
            del entries[place]
        elif deed == "swap":
            entries[place], entries[0] = entries[0], entries[place]
        elif deed == "double":
            entries.insert(place, entries[place])
        else:
            entries.reverse()
        entries = renumbered(entries)
        conn.execute(sa.delete(rows))
        if entries:
            conn.execute(sa.insert(rows), entries)
        broken = ledger.verify(conn, install.install_id, [heads[-1]]).broken
        assert (broken is None) == (entries == before)
        if broken is not None:
            first = next(
                seq
                for seq in range(1, max(len(entries), many) + 1)
                if seq > len(entries) or seq > many or entries[seq - 1] != before[seq - 1]
            )
            assert broken.seq in {first, first - 1}


def _if_there(conn: Connection) -> list[str]:
    names = conn.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
    return [f"DROP TRIGGER {name}" for name in names]
