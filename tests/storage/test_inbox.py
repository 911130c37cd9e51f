"""The inbox as the worker sees it, on both databases."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from connector.errors import StorageBusy
from connector.storage.database import Database
from connector.storage.inbox import MAX_ATTEMPTS, Inbox, InboxItem, InboxStatus, Stored
from connector.storage.mentions import without
from tests.conftest import DatabaseUrls

AT = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def inbox(database_urls: DatabaseUrls) -> Iterator[Inbox]:
    opened = Inbox.open(database_urls.inbox_url)
    yield opened
    opened.close()


def item(
    key: str, body: bytes = b"[]", at: datetime = AT, sender: str = "hubspot", install_id: str = ""
) -> InboxItem:
    headers = {"x-a": "é\x00\ud800"}
    return InboxItem(
        sender=sender, delivery_key=key, received_at=at, headers=headers, body=body, install_id=install_id
    )


def event(portal: int, object_id: int, **more: object) -> dict[str, object]:
    return {"portalId": portal, "objectId": object_id, "propertyValue": f"who{object_id}@example.com", **more}


def test_what_goes_in_comes_out_unchanged_and_in_order(inbox: Inbox) -> None:
    bodies = [b"\x00\xff[1]", b"", b"x" * 300_000]
    assert [inbox.put(item(str(n), body)) for n, body in enumerate(bodies)] == [Stored.NEW] * 3
    rows = inbox.take_new(10)
    assert [row.body for row in rows] == bodies
    assert [row.inbox_id for row in rows] == sorted(row.inbox_id for row in rows)
    first = rows[0]
    assert (first.sender, first.delivery_key, first.received_at) == ("hubspot", "0", AT)
    assert (first.headers, first.status, first.attempts, first.error, first.done_at) == (
        {"x-a": "é\x00\ud800"}, InboxStatus.NEW, 0, "", None,
    )  # fmt: skip
    assert [row.body for row in inbox.take_new(1, after_id=first.inbox_id)] == [bodies[1]]


def test_the_key_is_the_senders_own(inbox: Inbox) -> None:
    assert inbox.put(item("k")) is Stored.NEW
    assert inbox.put(item("k", b"[2]", AT + timedelta(hours=1))) is Stored.DUPLICATE
    assert inbox.put(item("k", sender="other")) is Stored.NEW
    assert [row.body for row in inbox.take_new(9)] == [b"[]", b"[]"]


def test_many_threads_and_two_processes_worth_of_inboxes(inbox: Inbox, database_urls: DatabaseUrls) -> None:
    other = Inbox.open(database_urls.inbox_url)
    gate = threading.Barrier(16)

    def put(n: int) -> Stored:
        if n < 16:
            gate.wait()
        return (inbox, other)[n % 2].put(item(f"k{n // 2}"))

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(put, range(200)))
    other.close()
    assert outcomes.count(Stored.NEW) == outcomes.count(Stored.DUPLICATE) == 100
    assert inbox.counts() == {InboxStatus.NEW: 100, InboxStatus.DONE: 0, InboxStatus.PARKED: 0}


def test_done_rows_stay_known_until_they_are_purged(inbox: Inbox) -> None:
    for key in "abc":
        inbox.put(item(key))
    ids = [row.inbox_id for row in inbox.take_new(9)]
    inbox.mark_done(ids[:2], AT)
    assert [row.inbox_id for row in inbox.take_new(9)] == ids[2:]
    assert inbox.put(item("a")) is Stored.DUPLICATE
    assert inbox.purge_done(AT) == 0
    assert inbox.purge_done(AT + timedelta(seconds=1)) == 2
    assert inbox.counts()[InboxStatus.NEW] == 1
    assert inbox.put(item("a")) is Stored.NEW


def test_a_failing_row_is_parked_and_can_be_replayed(inbox: Inbox) -> None:
    for key in "ab":
        inbox.put(item(key))
    bad, good = (row.inbox_id for row in inbox.take_new(9))
    assert [inbox.mark_failed(bad, f"boom {n}") for n in range(MAX_ATTEMPTS - 1)] == [1, 2, 3, 4]
    assert [row.inbox_id for row in inbox.take_new(9)] == [bad, good]
    assert inbox.mark_failed(bad, "x" * 10_000) == MAX_ATTEMPTS
    assert [row.inbox_id for row in inbox.take_new(9)] == [good]
    [parked] = inbox.iter_rows(InboxStatus.PARKED)
    assert (parked.inbox_id, parked.attempts, len(parked.error)) == (bad, MAX_ATTEMPTS, 500)
    assert inbox.replay([bad, 999_999]) == 1
    assert [(row.inbox_id, row.attempts, row.error) for row in inbox.take_new(9)] == [(bad, 0, ""), (good, 0, "")]
    assert inbox.mark_failed(999_999, "nobody") == 0


def test_iter_rows_pages_through_all(inbox: Inbox) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: inbox.put(item(str(n))), range(230)))
    assert len({row.delivery_key for row in inbox.iter_rows(InboxStatus.NEW)}) == 230


def test_the_age_of_the_queue(inbox: Inbox) -> None:
    assert inbox.oldest_new_at() is None
    inbox.put(item("b", at=AT + timedelta(minutes=1)))
    inbox.put(item("a", at=AT))
    assert inbox.oldest_new_at() == AT
    inbox.mark_done([row.inbox_id for row in inbox.take_new(9)])
    assert inbox.oldest_new_at() is None


def test_privacy_deletion_takes_the_person_and_leaves_the_others(inbox: Inbox, tmp_path: Path) -> None:
    mixed = json.dumps([event(1, 10), event(1, 11), event(2, 10)]).encode()
    inbox.put(item("mixed", mixed))
    inbox.put(item("only", json.dumps([event(1, 10), event(1, 12, mergedObjectIds=[9, 10])]).encode()))
    inbox.put(item("other", json.dumps([event(1, 101), event(110, 1)]).encode()))
    inbox.put(item("broken", b'[{"portalId":1,"objectId":10,"propertyValue":"who10@'))
    inbox.mark_done([inbox.take_new(1)[0].inbox_id])
    assert inbox.delete_mentioning("hubspot", "1", "10", install_id="") == 3
    assert inbox.delete_mentioning("hubspot", "1", "10", install_id="") == 0
    [done] = inbox.iter_rows(InboxStatus.DONE)
    assert json.loads(done.body) == [event(1, 11), event(2, 10)]
    assert [row.delivery_key for row in inbox.take_new(9)] == ["other"]


def test_privacy_deletion_reaches_what_an_installs_own_secret_proved(inbox: Inbox) -> None:
    """Such a body need not name its account, and says the CRM's id without the kind that ours has in front."""
    lead = b'{"doctype":"CRM Lead","name":"CRM-LEAD-7","event":"on_update"}'
    deal = b'{"meta":{"company_id":"5","entity":"deal","entity_id":"12"},"data":{"title":"who"}}'
    for install_id in ("a", "b"):
        inbox.put(item(f"lead {install_id}", lead, sender="frappe", install_id=install_id))
        inbox.put(item(f"deal {install_id}", deal, sender="pipedrive", install_id=install_id))
    inbox.put(item("colon", b'{"name":"of:12"}', sender="frappe", install_id="a"))
    inbox.put(item("shared", json.dumps([event(5, 12)]).encode()))
    assert inbox.delete_mentioning("frappe", "crm.example.com", "CRM-LEAD-7", install_id="a") == 1
    assert inbox.delete_mentioning("pipedrive", "5", "deal:12", install_id="a") == 1
    assert inbox.delete_mentioning("frappe", "crm.example.com", "of:12", install_id="a") == 1
    assert [row.delivery_key for row in inbox.take_new(9)] == ["lead b", "deal b", "shared"]


def test_a_purged_account_leaves_its_own_deliveries_alone_behind_nobody(inbox: Inbox) -> None:
    """An account id is a small number at some CRMs: it stands in others' deliveries, too, and means nothing there."""
    other = b'{"meta":{"company_id":"77","attempt":5}}'
    inbox.put(item("own", b'{"doctype":"CRM Lead","name":"L"}', sender="pipedrive", install_id="a"))
    inbox.put(item("others", other, sender="pipedrive", install_id="b"))
    inbox.put(item("another CRM", json.dumps([event(5, 5)]).encode()))
    assert inbox.delete_account("pipedrive", "5", install_id="a") == 1
    assert [row.delivery_key for row in inbox.take_new(9)] == ["others", "another CRM"]
    assert inbox.delete_account("hubspot", "5", install_id="c") == 1
    assert [row.delivery_key for row in inbox.take_new(9)] == ["others"]


def test_privacy_deletion_leaves_nothing_in_the_files(sqlite_urls: DatabaseUrls, tmp_path: Path) -> None:
    inbox = Inbox.open(sqlite_urls.inbox_url)
    canary = "canary-4711@example.com"
    inbox.put(item("a", json.dumps([event(1, 10, propertyValue=canary), event(1, 11)]).encode()))
    inbox.put(item("b", json.dumps([event(1, 10, propertyValue=canary)]).encode()))
    seen = [path for path in tmp_path.iterdir() if canary.encode() in path.read_bytes()]
    assert seen
    assert inbox.delete_mentioning("hubspot", "1", "10", install_id="") == 2
    assert [path for path in tmp_path.iterdir() if canary.encode() in path.read_bytes()] == []
    inbox.close()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'[{"a":1,"b":"2"},{"a":1}]', b'[{"a":1}]'),
        (b'[{"a":[1,{"c":2}]}]', None),
        (b'{"a":1,"b":2}', None),
        (b'{"a":1}', b'{"a":1}'),
        (b'[ {"a":12} ]', b'[ {"a":12} ]'),
        (b"[" * 100_000, None),
        (b"\xff", None),
    ],
)
def test_without(body: bytes, expected: bytes | None) -> None:
    assert without(body, {"1", "2"}) == expected


def test_a_closed_inbox_takes_nothing_and_loses_nothing(database_urls: DatabaseUrls) -> None:
    inbox = Inbox.open(database_urls.inbox_url)
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(inbox.put, item(str(n))) for n in range(50)]
        [future.result() for future in futures]
    inbox.close()
    again = Inbox.open(database_urls.inbox_url)
    assert again.counts()[InboxStatus.NEW] == 50
    again.close()
    with pytest.raises(StorageBusy):
        inbox.put(item("late"))


def test_a_fault_of_ours_reaches_the_caller_and_the_writer_lives_on(inbox: Inbox) -> None:
    with pytest.raises(sa.exc.StatementError, match="time zone") as fault:
        inbox.put(item("naive", b"who@example.com", at=datetime(2026, 1, 1)))  # noqa: DTZ001
    assert "example.com" not in str(fault.value)  # it would stand in the log
    assert inbox.put(item("next")) is Stored.NEW


def test_a_missing_table_does_not_pass_for_stored(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/inbox.sqlite"
    Database.open(url).close()
    inbox = Inbox.open(url)
    with pytest.raises(Exception, match="no such table"):
        inbox.put(item("a"))
    inbox.close()
