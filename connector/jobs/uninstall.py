"""Leave an account: stop work at once, wipe the tokens, and purge the data on the stated date."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.errors import CrmError, LeadAssayError
from connector.jobs.context import JobContext
from connector.logs import get_logger
from connector.storage import api_keys, installs, lookups, tokens

_log = get_logger(__name__)


def uninstall(context: JobContext, install_id: str, reason: str) -> datetime:
    """Uninstall for good; returns the purge date (aware UTC). The CRM is told first, while the grant lives.

    When the CRM cannot be told (grant dead, CRM down) the install ends here all the same: the grant dies with
    the wiped token.
    """
    with context.database.read() as connection:
        install = installs.get_install(connection, install_id)
    try:
        context.adapter_for(install).uninstall()
    except (CrmError, LeadAssayError) as trouble:
        _log.warning("uninstall_not_told", install_id=install_id, reason=str(trouble))
    return end_install(context, install_id, reason)


def end_install(context: JobContext, install_id: str, reason: str) -> datetime:
    """Our own side alone: status, tokens, keys, purge date. Used when the CRM told us that the grant is gone."""
    now = context.clock()
    purge_at = now + timedelta(days=context.settings.purge_after_days)
    with context.database.write() as connection:
        installs.mark_uninstalled(connection, install_id, reason, now, purge_at)
        tokens.wipe_token(connection, install_id)
        # Connecting again must not bring keys back to life that somebody still holds.
        api_keys.revoke_all(connection, install_id, now)
        lookups.end_lookups(connection, install_id)
    return purge_at
