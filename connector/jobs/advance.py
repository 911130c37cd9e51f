"""The one job: bring an install to where its tables say it should be, then return.

Everything that is due is carried out in turn: set-up, events, back-fill, poll, audits, writes. One such job runs
per install; its commits hold only while its lease does.
"""

from __future__ import annotations

import time
from datetime import timedelta

import structlog

from connector.crm.port import CrmAdapter
from connector.errors import (
    CrmError,
    InstallLost,
    InstallNotActive,
    JobFailed,
    PermissionMissing,
    QuotaSpent,
    ReauthorizationNeeded,
    RetryLater,
    StorageBusy,
    UnknownInstall,
)
from connector.jobs.apply_outbox import apply_outbox
from connector.jobs.audit_due import audit_due
from connector.jobs.audit_owners import audit_owners
from connector.jobs.backfill import backfill
from connector.jobs.context import JobContext, Lease, take_lease
from connector.jobs.install_setup import refresh_capabilities, set_up
from connector.jobs.learn_norms import learn_norms
from connector.jobs.learn_truth import learn_truth
from connector.jobs.look_up import look_up
from connector.jobs.process_events import process_events
from connector.jobs.reconcile import reconcile
from connector.jobs.refresh_keys import refresh_keys
from connector.jobs.send_alerts import send_alerts
from connector.jobs.send_digests import send_digests
from connector.jobs.watch_account import watch_account
from connector.jobs.watch_hooks import watch_hooks
from connector.jobs.watch_values import watch_values
from connector.jobs.weekly_report import weekly_report
from connector.logs import get_logger
from connector.storage import health, worklist

NAME = "advance"
#: After this long a job gives the others their turn; what is left is asked for again at once.
TURN_S = 20.0
#: The gauge with the moment (epoch seconds) at which the CRM's tokens are given anew, once they were spent.
RESUMES = "calls_resume"
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 900.0
#: Failures in a row after which leads are taken one by one, to find and park the one that fails.
ISOLATE_AFTER = 4

_log = get_logger(__name__)


def advance(context: JobContext, install_id: str, job_id: str) -> None:
    """Run job `job_id` for `install_id`. Errors of the CRM end it with a time to try again, never with a storm.

    Raises JobFailed after a fault of our own, which is logged and gets a time to try again like the others.
    """
    wake_no = int(job_id.rpartition(":")[2])
    with structlog.contextvars.bound_contextvars(install_id=install_id, job_id=job_id):
        with context.database.read() as connection:
            failures = worklist.get_wake(connection, install_id).failures
        retry_s: float | None = None
        error = ""
        try:
            is_isolating = failures >= ISOLATE_AFTER
            _work(take_lease(context, install_id, job_id, is_isolating=is_isolating))
        except (InstallLost, UnknownInstall) as lost:
            # The wake belongs to whoever holds the install now, or to nobody.
            _log.info("install_not_ours", reason=str(lost))
            return
        except InstallNotActive as ended:
            _log.info("install_not_ours", reason=str(ended))
        except ReauthorizationNeeded as dead:
            # Also when a scope is missing that we cannot do without: else the next job would ask again at once.
            context.tokens.mark_dead(install_id, str(dead))
            error = str(dead)
        except QuotaSpent as spent:
            # No failure (-1 + 1). Looked at again before the day is over: what time alone changes is still judged.
            _note_resumption(context, install_id, spent.after_s)
            retry_s, error, failures = min(spent.after_s, spent.look_again_s), str(spent), -1
        except RetryLater as later:
            retry_s, error = max(later.after_s, 0.5), str(later)
        except (CrmError, StorageBusy) as trouble:
            retry_s = min(FIRST_RETRY_S * 2**failures, LONGEST_RETRY_S)
            error = f"{type(trouble).__name__}: {trouble}"
        except Exception as fault:  # noqa: BLE001  (nothing is hidden: see below)
            # Our own fault: the job must not fall silent, and it must not spin. It is logged, shown, and tried again.
            _log.exception("job_failed", kind=type(fault).__name__)
            retry_s = min(FIRST_RETRY_S * 2**failures, LONGEST_RETRY_S)
            error = f"{type(fault).__name__} in our own code; see the log of this job."
            _finish(context, install_id, wake_no, failures, retry_s, error)
            # The job engine keeps the error of a job, and the fault's own words may name people.
            raise JobFailed(error) from None
        _finish(context, install_id, wake_no, failures, retry_s, error)


def _finish(
    context: JobContext, install_id: str, wake_no: int, failures: int, retry_s: float | None, error: str
) -> None:
    if retry_s is not None:
        _log.warning("job_retries", retry_s=round(retry_s, 1), reason=error)
    with context.database.write() as connection:
        worklist.finish_wake(
            connection,
            install_id,
            wake_no,
            failures=failures + 1 if retry_s is not None else 0,
            not_before=context.clock() + timedelta(seconds=retry_s) if retry_s is not None else None,
            last_error=error[:500],
        )


def _note_resumption(context: JobContext, install_id: str, after_s: float) -> None:
    """Keep when the CRM lets us call again: the page says it."""
    now = context.clock()
    with context.database.write() as connection:
        resumes_at = now + timedelta(seconds=after_s)
        health.set_gauge(connection, install_id, RESUMES, round(resumes_at.timestamp()), now)


def _work(lease: Lease) -> None:
    adapter = lease.context.adapter_for(lease.install())
    ends_at = time.monotonic() + TURN_S
    while time.monotonic() < ends_at:
        try:
            if not _step(lease, adapter):
                break
        except PermissionMissing as missing:
            # The grant shrank or was never that wide: say so once, then go on with what can be seen.
            refresh_capabilities(lease, adapter, missing)
            adapter = lease.context.adapter_for(lease.install())
        except ReauthorizationNeeded:
            raise
        except CrmError:
            # What needs no call goes on: judging, and a report that somebody waits for.
            while time.monotonic() < ends_at and (audit_due(lease) or weekly_report(lease)):
                pass
            raise
    left = adapter.calls_left()
    if left is not None:
        with lease.commit() as connection:
            health.set_gauge(connection, lease.install_id, "calls_left", left, lease.context.clock())


def _step(lease: Lease, adapter: CrmAdapter) -> bool:
    """One unit of everything that is due, the freshest first. Returns whether there was anything."""
    did = set_up(lease, adapter)
    did = process_events(lease, adapter) or did
    did = refresh_keys(lease) or did
    did = audit_due(lease) or did
    did = send_alerts(lease) or did
    did = apply_outbox(lease, adapter) or did
    spent: QuotaSpent | None = None
    try:
        did = backfill(lease, adapter) or did
    except QuotaSpent as over:
        # What the past may cost in a day is used up; what is new may still be found.
        spent = over
    did = watch_hooks(lease, adapter) or did
    did = watch_values(lease, adapter) or did
    did = watch_account(lease, adapter) or did
    did = reconcile(lease, adapter) or did
    did = look_up(lease) or did
    did = learn_norms(lease) or did
    did = learn_truth(lease) or did
    did = audit_owners(lease) or did
    did = weekly_report(lease) or did
    did = send_digests(lease) or did
    if spent is not None and not did:
        raise spent
    return did
