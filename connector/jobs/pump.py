"""From tables to jobs: sort deliveries into events per install, and wake the installs that have work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connector.crm.port import CrmEvent, Delivery, EventKind
from connector.errors import StorageBusy, UnexpectedPayload, UnknownInstall
from connector.jobs.context import JobContext
from connector.logs import get_logger
from connector.storage import alerts, health, installs, timeline, worklist
from connector.storage.inbox import InboxRow

ROWS = 200
LEAD = "lead"
#: No CRM's ids are longer (Frappe's names end at 140 characters); PostgreSQL takes no index entry beyond 2,700 bytes.
LONGEST_ID = 255

_log = get_logger(__name__)

ParseDelivery = Callable[[Delivery], tuple[CrmEvent, ...]]


def sort_deliveries(context: JobContext, parsers: Mapping[str, ParseDelivery]) -> int:
    """Turn up to ROWS new inbox rows into event rows of their installs. Returns how many rows were taken.

    The events of a row are committed before the row is marked done: a kill between the two sorts it again, and
    the events' unique keys keep that without effect. A row that cannot be read is parked after five tries, and
    the others go on.
    """
    rows = context.inbox.take_new(ROWS)
    done: list[int] = []
    nobodys: list[int] = []
    for row in rows:
        try:
            _sort_events(context, row, parsers[row.sender](_delivery(context, row)))
        except StorageBusy:
            raise
        except UnknownInstall:
            if not row.install_id:
                # Purged while the row was being sorted: the next round finds the other tenants' events alone.
                continue
            # Purged: its CRM goes on sending what we promised to hold no more.
            _count_unknown(context, row)
            nobodys.append(row.inbox_id)
        except UnexpectedPayload as unreadable:
            _park(context, row, str(unreadable))
        except Exception as fault:  # noqa: BLE001  (logged, counted and parked)
            # A fault of ours: the row waits for a mended version, the others must not wait for it.
            _log.exception("delivery_crashed_sorting", inbox_id=row.inbox_id)
            _park(context, row, f"{type(fault).__name__} in our own code; see the log.")
        else:
            done.append(row.inbox_id)
    if done:
        context.inbox.mark_done(done)
    if nobodys:
        context.inbox.delete(nobodys)
    return len(rows)


def _delivery(context: JobContext, row: InboxRow) -> Delivery:
    """The row for its parser. Raises UnknownInstall when the install that proved it is no more."""
    if not row.install_id:
        return Delivery(body=row.body)
    with context.database.read() as connection:
        install = installs.get_install(connection, row.install_id)
    return Delivery(body=row.body, account_id=install.account_id, field_keys=install.field_keys)


def _count_unknown(context: JobContext, row: InboxRow) -> None:
    with context.database.write() as connection:
        health.count_unknown_account(connection, row.sender, 1, row.received_at)


def _park(context: JobContext, row: InboxRow, reason: str) -> None:
    attempts = context.inbox.mark_failed(row.inbox_id, reason)
    _log.warning("delivery_unreadable", inbox_id=row.inbox_id, attempts=attempts, reason=reason)


def _sort_events(context: JobContext, row: InboxRow, events: Sequence[CrmEvent]) -> None:
    by_account: dict[str, list[CrmEvent]] = {}
    for event in events:
        by_account.setdefault(event.account_id, []).append(event)
    hidden: list[tuple[installs.Install, str]] = []
    with context.database.write() as connection:
        for account_id, events in sorted(by_account.items()):
            install = installs.find_install_by_account(connection, row.sender, account_id)
            if install is None or install.status == installs.InstallStatus.UNINSTALLED:
                health.count_unknown_account(connection, row.sender, len(events), row.received_at)
                continue
            leads = {event.object_id for event in events if event.object_type == LEAD}
            forgotten = timeline.forgotten_among(connection, install.install_id, leads)
            hidden += [(install, lead_id) for lead_id in sorted(forgotten)]
            wanted = [
                event
                for event in events
                if event.kind != EventKind.IGNORED
                and len(event.object_id) <= LONGEST_ID
                and (event.object_type != LEAD or event.object_id not in forgotten)
            ]
            new = worklist.put_events(
                connection,
                install.install_id,
                [
                    worklist.EventRow(
                        event_key=event.event_key,
                        kind=event.kind.value,
                        object_type=event.object_type,
                        object_id=event.object_id,
                        occurred_at=event.occurred_at,
                        is_creation=event.is_creation,
                        is_import=event.is_import,
                    )
                    for event in wanted
                ],
                row.received_at,
            )
            bump = (("events_received", len(events)), ("events_ignored", len(events) - len(wanted)))
            for name, count in (*bump, ("events_duplicate", len(wanted) - new)):
                if count:
                    health.bump(connection, install.install_id, name, count, row.received_at)
    for install, lead_id in hidden:
        # A late delivery about a person whom we forgot carries his data too.
        context.inbox.delete_mentioning(row.sender, install.account_id, lead_id, install_id=install.install_id)


def wake_installs(context: JobContext, enqueue: Callable[[str, str], None], *, with_polls: bool) -> int:
    """Ask for a job for every install that has work; `enqueue(install_id, key)`. Returns how many were asked for.

    The key is the install's wake number, so that several pumps asking at once ask for one job.
    """
    now = context.clock()
    asked = 0
    for wake in _wakes(context, with_polls=with_polls):
        if wake.not_before is None or wake.not_before <= now:
            enqueue(wake.install_id, str(wake.wake_no))
            asked += 1
    return asked


def mend_wakes(context: JobContext, is_over: Callable[[str, str, str], bool], job: str) -> int:
    """End the wakes whose job has ended without saying so (it could not reach the store). Returns how many."""
    wakes = _wakes(context, with_polls=True)
    stuck = [wake for wake in wakes if is_over(job, wake.install_id, str(wake.wake_no))]
    if stuck:
        with context.database.write() as connection:
            for wake in stuck:
                worklist.finish_wake(connection, wake.install_id, wake.wake_no, failures=wake.failures)
    return len(stuck)


def _wakes(context: JobContext, *, with_polls: bool) -> list[worklist.Wake]:
    """The present wakes of all installs that have something due; `with_polls`: a due poll or mail counts, too."""
    now = context.clock()
    with context.database.read() as connection:
        wanted = set(worklist.installs_with_work(connection, now))
        if with_polls:
            wanted.update(worklist.installs_to_poll(connection, now, context.settings.reconcile_every_s))
            wanted.update(alerts.installs_with_mail(connection, now))
        return [worklist.get_wake(connection, install_id) for install_id in sorted(wanted)]
