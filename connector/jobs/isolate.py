"""One lead that we cannot handle must not stop the others: it is parked, told on a page, and tried again later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from connector.errors import LeadAssayError
from connector.jobs.context import Lease
from connector.logs import get_logger
from connector.storage import health, worklist

#: A parked lead is tried again after this, and at once when the CRM tells anything new of it; not for what is learned
#: of others, which would have the job fail for all as often as those are busy.
PARKED_FOR = timedelta(days=1)

_log = get_logger(__name__)


def each_or_park(lease: Lease, lead_ids: Sequence[str], work: Callable[[str], None]) -> None:
    """Do `work` for each lead; park those for which it fails by a fault of our own.

    When it fails for every one of several leads, the fault is not in a lead: it is raised, and nothing is parked.
    Errors that we raise on purpose (CRM, storage, a lost lease) go through.
    """
    failed: dict[str, Exception] = {}
    for lead_id in lead_ids:
        try:
            work(lead_id)
        except LeadAssayError:
            raise
        except Exception as fault:  # noqa: BLE001  (parked with its name below, or raised)
            failed[lead_id] = fault
    if len(failed) == len(lead_ids) > 1:
        raise failed[lead_ids[-1]]
    for lead_id, cause in failed.items():
        _log.error("lead_parked", lead_id=lead_id, kind=type(cause).__name__, exc_info=cause)
        _park(lease, lead_id, type(cause).__name__)


def _park(lease: Lease, lead_id: str, kind: str) -> None:
    now = lease.context.clock()
    sentence = (
        f"The record {lead_id} could not be handled ({kind}). It is parked and tried again in a day, or when it "
        "changes; what was said of it before still stands. All others go on. Tell the operator: the log has the rest."
    )
    with lease.commit() as connection:
        worklist.postpone(connection, lease.install_id, lead_id, now + PARKED_FOR)
        health.bump(connection, lease.install_id, "leads_parked", 1, now)
        health.put_notice(
            connection,
            lease.install_id,
            f"parked:{lead_id}:{now.date().isoformat()}",
            kind="parked",
            sentence=sentence,
            at=now,
            lead_id=lead_id,
        )
