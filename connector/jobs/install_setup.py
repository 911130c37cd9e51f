"""After an install or a re-install: our fields, the people, what can be seen, and the back-fill."""

from __future__ import annotations

from audits.model.score import FollowUpStatus, Verdict
from connector.crm.port import CrmAdapter, OurField
from connector.errors import PermissionMissing
from connector.jobs.backfill import start_backfill
from connector.jobs.context import Lease
from connector.jobs.watch_account import note_account
from connector.jobs.watch_hooks import mend_hooks, note_hooks
from connector.jobs.watch_values import note_look
from connector.logs import get_logger
from connector.storage import cursors, field_roles, findings, health, installs, people, value_mappings

NAME = "setup"
#: What our fields are, and what the choices among them hold: an account set up by another release has others.
FIELDS = " ".join([*OurField, *Verdict, *FollowUpStatus])

_log = get_logger(__name__)


def set_up(lease: Lease, adapter: CrmAdapter) -> bool:
    """Set the install up once per connection. Returns whether it had to.

    Made again after a re-install, because a person may have removed our fields, and the scopes may differ. Where only
    our fields became others since (a newer release of ours), they are made good, and nothing is read anew.
    """
    context, install = lease.context, lease.install()
    with context.database.read() as connection:
        done = cursors.get_cursor(connection, install.install_id, NAME)
    if done is not None and done.updated_at >= install.connected_at:
        return done.cursor != FIELDS and _renew_fields(lease, adapter, done)
    capabilities = adapter.capabilities()
    fields = adapter.ensure_fields()
    if fields.keys != install.field_keys:
        with lease.commit() as connection:
            # At once: a field that was made under a name of the account's own must never be made a second time.
            installs.set_field_keys(connection, install.install_id, fields.keys)
    owners = tuple(adapter.iter_owners())
    known_values = adapter.known_values()
    known_fields = adapter.known_fields()
    hooks = mend_hooks(lease, adapter)
    now = context.clock()
    with lease.commit() as connection:
        people.replace_owners(connection, install.install_id, owners)
        note_hooks(connection, install.install_id, hooks, now)
        value_mappings.replace_known_values(connection, install.install_id, known_values)
        note_look(connection, install.install_id, len(known_values), now)
        field_roles.replace_known_fields(connection, install.install_id, known_fields)
        note_account(connection, install.install_id, len(owners), now)
        installs.set_capabilities(
            connection, install.install_id, coverage=capabilities.coverage, missing_scopes=capabilities.missing_scopes
        )
        cursors.put_cursor(
            connection,
            install.install_id,
            NAME,
            cursor=FIELDS,
            done=len(fields.made),
            total=None,
            at=now,
            is_finished=True,
        )
        # In the same transaction: killed in between, the set-up would stand as done and the past never be read.
        start_backfill(connection, install.install_id, now)
    _log.info("install_set_up", fields_made=len(fields.made), owners=len(owners), hooks_made=len(hooks.made))
    return True


def _renew_fields(lease: Lease, adapter: CrmAdapter, done: cursors.Progress) -> bool:
    context, install = lease.context, lease.install()
    fields = adapter.ensure_fields()
    with lease.commit() as connection:
        if fields.keys != install.field_keys:
            installs.set_field_keys(connection, install.install_id, fields.keys)
        cursors.put_cursor(
            connection,
            install.install_id,
            NAME,
            cursor=FIELDS,
            done=done.done + len(fields.made),
            total=None,
            at=context.clock(),
            is_finished=True,
        )
    _log.info("fields_renewed", fields_made=len(fields.made))
    return True


def refresh_capabilities(lease: Lease, adapter: CrmAdapter, missing: PermissionMissing) -> None:
    """The CRM refused for want of a scope: what needs it becomes not_evaluated, and every lead is judged anew."""
    capabilities = adapter.without_scope(missing.scope)
    now = lease.context.clock()
    with lease.commit() as connection:
        installs.set_capabilities(
            connection, lease.install_id, coverage=capabilities.coverage, missing_scopes=capabilities.missing_scopes
        )
        findings.mark_all_due(connection, lease.install_id, now)
        health.put_notice(
            connection, lease.install_id, f"scope:{missing.scope}", kind="permission", sentence=str(missing), at=now
        )
