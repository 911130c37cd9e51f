"""Keep what an admin says that values of the CRM mean and fields of it hold, and let it count for what was read
before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from connector.catalog import adapter_for_install
from connector.jobs.backfill import restart_backfill
from connector.jobs.context import JobContext
from connector.storage import field_roles, findings, installs, value_mappings


def keep_meanings(
    context: JobContext, install_id: str, meanings: Mapping[tuple[str, str], str | None], at: datetime
) -> bool:
    """Keep `meanings` ((field, value) → meaning, None takes a choice back) as of `at` (aware UTC).

    When anything changed the leads are read again, and what can be seen of the account is told anew: a meaning may
    say that nothing goes on unseen. Returns whether anything changed. Raises UnknownInstall, and ConfigError when the
    CRM's app is not set up any more.
    """
    with context.database.write() as connection:
        if not value_mappings.choose_meanings(connection, install_id, meanings, at):
            return False
        _read_anew(context, connection, install_id, at)
    return True


def keep_roles(context: JobContext, install_id: str, roles: Mapping[str, str | None], at: datetime) -> bool:
    """Keep which field of the CRM holds what (LeadField value → field, None takes a choice back) as of `at` (aware
    UTC). As keep_meanings."""
    with context.database.write() as connection:
        if not field_roles.choose_roles(connection, install_id, roles, at):
            return False
        _read_anew(context, connection, install_id, at)
    return True


def _read_anew(context: JobContext, connection: Connection, install_id: str, at: datetime) -> None:
    restart_backfill(connection, install_id, at)
    install = installs.get_install(connection, install_id)
    capabilities = adapter_for_install(
        context.settings,
        context.tokens,
        install,
        value_mappings.chosen_meanings(connection, install_id),
        field_roles.chosen_roles(connection, install_id),
    ).capabilities()
    if capabilities.coverage != install.coverage:
        installs.set_capabilities(
            connection, install_id, coverage=capabilities.coverage, missing_scopes=capabilities.missing_scopes
        )
        findings.mark_all_due(connection, install_id, at)
