"""Erase what is no longer needed: tenants whose purge date has come, deliveries and events that had their effect, and
texts of messages past their time."""

from __future__ import annotations

from datetime import timedelta

from connector.jobs.context import JobContext
from connector.logs import get_logger
from connector.storage import installs, policies, timeline, web_sessions, worklist

#: The raw bodies are evidence when an effect is questioned, and full of people's data: a week serves the one and
#: limits the other.
DELIVERIES_KEPT = timedelta(days=7)
#: Longer than any sender tries again (HubSpot: 24 h); after that an event cannot come a second time.
EVENTS_KEPT = timedelta(days=30)

_log = get_logger(__name__)


def purge_due(context: JobContext) -> int:
    """Erase every uninstalled tenant whose purge date has passed, with its deliveries. Returns how many."""
    now = context.clock()
    with context.database.read() as connection:
        due = [installs.get_install(connection, install_id) for install_id in installs.due_for_purge(connection, now)]
    for install in due:
        context.inbox.delete_account(install.crm, install.account_id, install_id=install.install_id)
        with context.database.write() as connection:
            installs.purge(connection, install.install_id)
        _log.info("install_purged", install_id=install.install_id)
    if due:
        context.database.scrub()
    return len(due)


def purge_done(context: JobContext) -> int:
    """Erase deliveries, events, texts, sessions and sign-in links past their time. Returns how many rows."""
    now = context.clock()
    count = context.inbox.purge_done(now - DELIVERIES_KEPT)
    wiped = 0
    with context.database.read() as connection:
        tenants = [install.install_id for install in installs.list_installs(connection)]
    for install_id in tenants:
        with context.database.write() as connection:
            count += worklist.purge_events(connection, install_id, now - EVENTS_KEPT)
            policy = policies.policy_as_of(connection, install_id, now)
            wiped += timeline.wipe_texts(connection, install_id, now, policy.keep_text_days)
    if wiped:
        context.database.scrub()
    with context.database.write() as connection:
        count += web_sessions.delete_expired(connection, now)
    return count + wiped
