"""Keep our webhook subscriptions alive: make what is missing, look in from time to time, and tell of trouble."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.crm.port import CrmAdapter, HookReport
from connector.jobs.context import Lease
from connector.logs import get_logger
from connector.storage import cursors, health

NAME = "hooks"

_log = get_logger(__name__)


def watch_hooks(lease: Lease, adapter: CrmAdapter) -> bool:
    """Look at the subscriptions when the last look is `settings.hooks_every_s` ago. Returns whether it did.

    What was lost while one was missing is found by the next poll.
    """
    context = lease.context
    with context.database.read() as connection:
        last = cursors.get_cursor(connection, lease.install_id, NAME)
    if last is not None and context.clock() < last.updated_at + timedelta(seconds=context.settings.hooks_every_s):
        return False
    report = mend_hooks(lease, adapter)
    with lease.commit() as connection:
        note_hooks(connection, lease.install_id, report, context.clock())
    return True


def mend_hooks(lease: Lease, adapter: CrmAdapter) -> HookReport:
    """Make the subscriptions that are missing at the CRM now."""
    report = adapter.ensure_hooks(lease.context.hooks.hook(lease.install().crm, lease.install_id))
    if report != HookReport():
        _log.info("hooks_mended", made=len(report.made), removed=len(report.removed), failing=len(report.failing))
    return report


def note_hooks(connection: Connection, install_id: str, report: HookReport, now: datetime) -> None:
    """Keep that the subscriptions were looked at and which fail, and tell the admins what went wrong with them."""
    is_first = cursors.get_cursor(connection, install_id, NAME) is None
    cursors.put_cursor(
        connection,
        install_id,
        NAME,
        cursor="\n".join(report.failing) or None,
        done=len(report.made),
        total=None,
        at=now,
        is_finished=True,
    )
    if not is_first:
        health.bump(connection, install_id, "hooks_remade", len(report.made), now)
    for sentence in report.failing:
        key = f"hook:{now.date()}:{sentence}"
        health.put_notice(connection, install_id, key, kind="hook", sentence=sentence, at=now)


def failing_hooks(looked: cursors.Progress) -> tuple[str, ...]:
    """A sentence for each subscription that failed at the last look."""
    return tuple((looked.cursor or "").splitlines())
