"""Judge once a week how each person shared out his attempts over the last weeks."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from audits.rulebook import OWNER_RULES
from connector.jobs import backfill
from connector.jobs.context import Lease
from connector.reporting.figures import week_bounds
from connector.storage import cursors, policies
from connector.storage.owner_cases import owner_cases, put_owner_findings

NAME = "owners"
#: One week of one person holds too few attempts to tell a habit from chance.
WEEKS = 4


def audit_owners(lease: Lease) -> bool:
    """Judge the last four full weeks of everybody, Monday to Monday in the account's zone, once each week. Returns
    whether it did. Before the past has been read there is nothing to judge."""
    context, install_id = lease.context, lease.install_id
    now = context.clock()
    with context.database.read() as connection:
        install = lease.install()
        since, until = period_before(now, install.zone)
        judged = cursors.get_cursor(connection, install_id, NAME)
        if judged is not None and judged.cursor == until.isoformat():
            return False
        past = cursors.get_cursor(connection, install_id, backfill.NAME)
        if past is None or past.finished_at is None:
            return False
        book = policies.PolicyBook.load(connection, install_id)
        policy = book.policy_for(until, until)
        cases = owner_cases(connection, install_id, since, until, install.coverage, book)
    said = [rule.evaluate(case, policy) for case in cases for rule in OWNER_RULES]
    with lease.commit() as connection:
        put_owner_findings(connection, install_id, said, since, now)
        cursors.put_cursor(
            connection,
            install_id,
            NAME,
            cursor=until.isoformat(),
            done=len(cases),
            total=None,
            at=now,
            is_finished=True,
        )
    return True


def period_before(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """The full weeks before `now` (aware UTC) that are judged, from Monday to Monday at midnight in `zone`."""
    today = now.astimezone(ZoneInfo(zone)).date()
    _, until = week_bounds(today - timedelta(days=7), zone)
    since, _ = week_bounds(today - timedelta(days=7 * WEEKS), zone)
    return since, until
