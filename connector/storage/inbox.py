"""The inbox: deliveries as they came, one row each, acknowledged only when the row is safe on the disk."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from connector.errors import StorageBusy, StorageFailed
from connector.storage import mentions
from connector.storage.database import Database
from connector.storage.tables import inbox as table

#: A row that failed this often is parked: seen on a page, tried again only when a person asks.
MAX_ATTEMPTS = 5
#: While the storage is known to be down, a delivery waits at least and only this long: the answers stay quick.
PROBE_S = 0.1
#: How long one try of the writer waits for another process's lock, in seconds.
_TRY_S = 0.25
_MAX_GROUP = 64
_MAX_ERROR_CHARS = 500
_PAGE = 100


class Stored(Enum):
    """What became of a delivery."""

    NEW = "new"
    DUPLICATE = "duplicate"


class InboxStatus(Enum):
    """NEW: to be worked off. DONE: worked off. PARKED: failed MAX_ATTEMPTS times."""

    NEW = "new"
    DONE = "done"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """A proven delivery. `delivery_key`: the same for the same delivery sent again. `received_at`: aware.

    `install_id`: the install whose own secret proved it; "" where a secret of the app did.
    """

    sender: str
    delivery_key: str
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes
    install_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """A stored delivery. Its ids rise in the order of storing. All instants are aware UTC."""

    inbox_id: int
    sender: str
    delivery_key: str
    install_id: str
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes
    status: InboxStatus
    attempts: int
    error: str
    done_at: datetime | None


class Inbox:
    """Deliveries in, oldest out. Safe to share by threads; web and worker processes each open their own.

    `put` hands its item to one writer thread, which commits whatever waits in one transaction: with many threads
    writing for themselves the wait for the file, not the disk, sets the pace.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._guard = threading.Lock()
        self._trouble_since: float | None = None
        self._is_closed = False

    @classmethod
    def open(cls, url: str, timeout_s: float = 2.5) -> Inbox:
        """Open the inbox at database `url`. `timeout_s`: the longest that any call waits for the storage, in seconds.

        The table is made by `upgrade`. Raises ConfigError for a wrong URL, StorageFailed for a file that cannot be.
        """
        return cls(Database.open(url, timeout_s=timeout_s))

    def put(self, item: InboxItem) -> Stored:
        """Store `item` unless its (sender, delivery_key) is stored already; return when it is on the disk.

        Raises StorageBusy within the timeout when that did not happen: the sender must try again, and may, because
        a row that was written after all is then a duplicate.
        """
        waiting = _Waiting(item)
        self._start_writer()
        self._waiting.put(waiting)
        wait_s = self._patience_s()
        try:
            return waiting.outcome.result(wait_s)
        except TimeoutError:
            waiting.outcome.cancel()
            raise StorageBusy(f"The inbox could not take a delivery within {wait_s:g} s.") from None

    def take_new(self, limit: int, after_id: int = 0) -> list[InboxRow]:
        """Up to `limit` rows that are NEW, the oldest first, with ids above `after_id`. They stay NEW."""
        return self._page(InboxStatus.NEW, limit, after_id)

    def mark_done(self, ids: Sequence[int], at: datetime | None = None) -> None:
        """The rows' effects are committed, at instant `at` (aware, default now)."""
        values = {"status": InboxStatus.DONE.value, "error": "", "done_at": at or datetime.now(UTC)}
        with self._database.write() as conn:
            for part in _parts(ids):
                conn.execute(table.update().where(table.c.inbox_id.in_(part)).values(values))

    def mark_failed(self, inbox_id: int, error: str) -> int:
        """The row could not be worked off; `error`: a sentence without personal data. Returns how often by now.

        The MAX_ATTEMPTS-th time parks it. An id that is not there counts 0.
        """
        failed = (
            table.update()
            .where(table.c.inbox_id == inbox_id)
            .values(
                attempts=table.c.attempts + 1,
                error=error[:_MAX_ERROR_CHARS],
                status=sa.case(
                    (table.c.attempts + 1 >= MAX_ATTEMPTS, InboxStatus.PARKED.value), else_=table.c.status
                ),
            )
            .returning(table.c.attempts)
        )
        with self._database.write() as conn:
            return conn.execute(failed).scalar_one_or_none() or 0

    def counts(self) -> dict[InboxStatus, int]:
        """Rows per status; every status is there."""
        query = sa.select(table.c.status, sa.func.count()).group_by(table.c.status)
        with self._database.read() as conn:
            found = {InboxStatus(status): count for status, count in conn.execute(query)}
        return {status: found.get(status, 0) for status in InboxStatus}

    def iter_rows(self, status: InboxStatus) -> Iterator[InboxRow]:
        """All rows of `status`, the oldest first, read in pages."""
        after_id = 0
        while page := self._page(status, _PAGE, after_id):
            yield from page
            after_id = page[-1].inbox_id

    def replay(self, ids: Sequence[int]) -> int:
        """Make the rows NEW again, whatever they are, with their attempts forgotten. Returns how many there were."""
        values = {"status": InboxStatus.NEW.value, "attempts": 0, "error": "", "done_at": None}
        count = 0
        with self._database.write() as conn:
            for part in _parts(ids):
                count += conn.execute(table.update().where(table.c.inbox_id.in_(part)).values(values)).rowcount
        return count

    def oldest_new_at(self) -> datetime | None:
        """When the oldest NEW row was received (aware UTC); None when nothing waits."""
        query = sa.select(sa.func.min(table.c.received_at, type_=table.c.received_at.type)).where(
            table.c.status == InboxStatus.NEW.value
        )
        with self._database.read() as conn:
            oldest: datetime | None = conn.execute(query).scalar_one_or_none()
        return oldest

    def delete_mentioning(self, sender: str, account_id: str, object_id: str, *, install_id: str) -> int:
        """Privacy deletion: take what names `object_id` out of a tenant's deliveries. Returns how many rows changed.

        A row that the tenant's own secret proved is the tenant's, whatever its body names. Of the sender's other
        rows those events go that name both ids. Other events of a delivery stay; a row of which nothing stays, or
        whose body is no JSON, is deleted. Where our id has the kind of record in front of the CRM's own id, parted
        by a colon, the CRM's own id counts as named.
        """
        named = {object_id, object_id.rpartition(":")[2]} - {""}
        return sum(self._delete_naming(sender, account_id, one, install_id) for one in sorted(named))

    def _delete_naming(self, sender: str, account_id: str, subject: str, install_id: str) -> int:
        is_own = sa.and_(table.c.install_id == install_id, table.c.install_id != "")
        is_shared = sa.and_(table.c.install_id == "", self._body_holds(account_id.encode()))
        query = sa.select(table.c.inbox_id, table.c.install_id, table.c.body).where(
            table.c.sender == sender, self._body_holds(subject.encode()), sa.or_(is_own, is_shared)
        )
        changed = 0
        with self._database.write() as conn:
            for inbox_id, proven_by, body in conn.execute(query).all():
                wanted = {subject} if proven_by else {account_id, subject}
                rest = mentions.without(bytes(body), wanted)
                if rest == body:
                    continue
                row = table.c.inbox_id == inbox_id
                conn.execute(
                    table.delete().where(row) if rest is None else table.update().where(row).values(body=rest)
                )
                changed += 1
        if changed:
            self._database.scrub()
        return changed

    def delete_account(self, sender: str, account_id: str, *, install_id: str) -> int:
        """The tenant is purged: delete its deliveries, and its events from those that it shares with others.

        Returns how many rows changed.
        """
        own = table.delete().where(table.c.sender == sender, table.c.install_id == install_id)
        with self._database.write() as conn:
            changed = conn.execute(own.where(table.c.install_id != "")).rowcount
        if changed:
            self._database.scrub()
        return changed + self.delete_mentioning(sender, account_id, account_id, install_id="")

    def delete(self, ids: Sequence[int]) -> None:
        """Delete rows that are nobody's."""
        with self._database.write() as conn:
            for part in _parts(ids):
                conn.execute(table.delete().where(table.c.inbox_id.in_(part)))

    def purge_done(self, before: datetime) -> int:
        """Delete DONE rows that were done before the instant `before` (aware). Returns how many."""
        done = sa.and_(table.c.status == InboxStatus.DONE.value, table.c.done_at < before)
        with self._database.write() as conn:
            return conn.execute(table.delete().where(done)).rowcount

    def close(self) -> None:
        """Store what waits, stop the writer, close the connections. The object must not be used any more."""
        with self._guard:
            self._is_closed = True
            writer = self._writer
        if writer is not None:
            self._waiting.put(None)
            writer.join(self._database.timeout_s)
        self._database.close()

    def _patience_s(self) -> float:
        """How long a delivery that comes now may wait: not beyond the timeout as counted from when the trouble began.

        Counted for each by itself, a delivery that had to wait for a thread until the first ones gave up would wait
        the whole timeout again.
        """
        timeout_s = self._database.timeout_s
        trouble_since = self._trouble_since
        if trouble_since is None:
            return timeout_s
        return min(timeout_s, max(PROBE_S, trouble_since + timeout_s - time.monotonic()))

    def _page(self, status: InboxStatus, limit: int, after_id: int) -> list[InboxRow]:
        query = (
            sa.select(table)
            .where(table.c.status == status.value, table.c.inbox_id > after_id)
            .order_by(table.c.inbox_id)
            .limit(limit)
        )
        with self._database.read() as conn:
            return [_row(row) for row in conn.execute(query)]

    def _body_holds(self, needle: bytes) -> sa.ColumnElement[bool]:
        if self._database.dialect == "sqlite":
            return sa.func.instr(table.c.body, needle) > 0
        return sa.func.pg_catalog.position(table.c.body, needle) > 0

    def _start_writer(self) -> None:
        if self._writer is not None and not self._is_closed:
            return
        with self._guard:
            if self._is_closed:
                raise StorageFailed("The inbox is closed: the process is going down.")
            if self._writer is None:
                # A daemon, because a storage that hangs must not keep the process from ending. Nothing is lost by
                # that: what it has not committed was not acknowledged.
                self._writer = threading.Thread(target=self._write_for_ever, name="inbox-writer", daemon=True)
                self._writer.start()

    def _write_for_ever(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            is_last = not self._gather(group)
            self._write_group(group)
            if is_last:
                return

    def _gather(self, group: list[_Waiting]) -> bool:
        """Add what waits. False when the inbox is being closed."""
        while len(group) < _MAX_GROUP:
            try:
                waiting = self._waiting.get_nowait()
            except queue.Empty:
                return True
            if waiting is None:
                return False
            group.append(waiting)
        return True

    def _write_group(self, group: list[_Waiting]) -> None:
        if self._trouble_since is None:
            self._trouble_since = time.monotonic()
        while group := [waiting for waiting in group if not waiting.outcome.cancelled()]:
            try:
                with self._database.write(timeout_s=_TRY_S) as conn:
                    outcomes = [_insert(conn, self._database, waiting.item) for waiting in group]
            except StorageFailed as error:
                # A file opened while it could only be read stays so: the next try begins with a new connection.
                self._database.engine.dispose()
                _fail(group, error)
                return
            except StorageBusy:
                time.sleep(0.005)
                continue
            except BaseException as error:
                _fail(group, error)
                if not isinstance(error, Exception):
                    raise
                return
            self._trouble_since = None
            for waiting, outcome in zip(group, outcomes, strict=True):
                if waiting.outcome.set_running_or_notify_cancel():
                    waiting.outcome.set_result(outcome)
            return


class _Waiting:
    """An item and the promise to say what became of it."""

    __slots__ = ("item", "outcome")

    def __init__(self, item: InboxItem) -> None:
        self.item = item
        self.outcome: Future[Stored] = Future()


def _insert(conn: Connection, database: Database, item: InboxItem) -> Stored:
    insert = _INSERT_SQLITE if database.dialect == "sqlite" else _INSERT_POSTGRESQL
    values: dict[str, Any] = {
        "sender": item.sender,
        "delivery_key": item.delivery_key,
        "install_id": item.install_id,
        "received_at": item.received_at,
        "headers": json.dumps(dict(item.headers)),
        "body": item.body,
    }
    return Stored.NEW if conn.execute(insert, values).rowcount == 1 else Stored.DUPLICATE


_KEY = ["sender", "delivery_key"]
_COUNTED = {"preserve_rowcount": True}
_INSERT_SQLITE = (
    sqlite.insert(table).on_conflict_do_nothing(index_elements=_KEY).inline().execution_options(**_COUNTED)
)
_INSERT_POSTGRESQL = (
    postgresql.insert(table).on_conflict_do_nothing(index_elements=_KEY).inline().execution_options(**_COUNTED)
)


def _fail(group: Sequence[_Waiting], error: BaseException) -> None:
    for waiting in group:
        if waiting.outcome.set_running_or_notify_cancel():
            waiting.outcome.set_exception(error)


def _row(row: Row[Any]) -> InboxRow:
    return InboxRow(
        inbox_id=row.inbox_id,
        sender=row.sender,
        delivery_key=row.delivery_key,
        install_id=row.install_id,
        received_at=row.received_at,
        headers=json.loads(row.headers),
        body=bytes(row.body),
        status=InboxStatus(row.status),
        attempts=row.attempts,
        error=row.error,
        done_at=row.done_at,
    )


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _PAGE):
        yield ids[start : start + _PAGE]
