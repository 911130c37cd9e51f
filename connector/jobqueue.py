"""Durable jobs, one at a time per install, behind four verbs: register, enqueue, launch, reap.

DBOS carries them (embedded on SQLite, distributed on PostgreSQL). What is due is decided elsewhere, by our own
tables: an enqueued job is only the wish "look at this install". The traps of the engine are closed here: the
application version is pinned, the executor id belongs to a slot, the SQLite file is in WAL mode before the engine
opens it, the polling is fast, jobs of a dead worker are resumed by `reap`, finished ones are purged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID

from connector.logs import get_logger

QUEUE = "installs"
#: Pinned, because the default is a hash of the code: new code would leave the jobs of the old lying.
APPLICATION_VERSION = "leadassay-1"
POLLING_INTERVAL_S = 0.1

JobFunction = Callable[[str, str], None]
"""A job: takes the install id and the job id, returns when nothing is due; may be run again from its start."""

_log = get_logger(__name__)
_jobs: dict[str, JobFunction] = {}


@DBOS.workflow(name="leadassay_job")
def _run(name: str, install_id: str, job_id: str) -> None:
    _jobs[name](install_id, job_id)


class JobQueue:
    """The job engine of one worker process. One object per process, as the engine is a singleton."""

    def __init__(self, jobs_url: str, *, executor_id: str, concurrency: int = 4) -> None:
        """`jobs_url`: database URL of the engine's own tables. `executor_id`: stable name of this worker's slot."""
        self._url = jobs_url
        self._executor_id = executor_id
        self._concurrency = concurrency

    def register(self, name: str, job: JobFunction) -> None:
        """Make `job` known as `name`. Must be done before `launch`, in every worker the same."""
        _jobs[name] = job

    def launch(self) -> None:
        """Start taking jobs; those that this slot held when it died are run again at once."""
        if self._url.startswith("sqlite:///"):
            _prepare_sqlite(Path(self._url.removeprefix("sqlite:///")))
        config: DBOSConfig = {
            "name": "leadassay",
            "system_database_url": self._url,
            "application_version": APPLICATION_VERSION,
            "executor_id": self._executor_id,
            "log_level": "WARNING",
            "enable_otlp": False,
            "max_executor_threads": self._concurrency + 4,
        }
        DBOS(config=config)
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._concurrency,
            partition_concurrency=1,
            polling_interval_sec=POLLING_INTERVAL_S,
            on_conflict="always_update",
        )

    def stop(self, wait_s: int = 30) -> None:
        """Let running jobs end within `wait_s` seconds, then stop the engine."""
        DBOS.destroy(workflow_completion_timeout_sec=wait_s)

    def enqueue(self, name: str, install_id: str, key: str) -> str:
        """Ask for job `name` on `install_id`; the same `key` again is the same job. Returns the job id."""
        job_id = f"{name}:{install_id}:{key}"
        with SetWorkflowID(job_id), SetEnqueueOptions(queue_partition_key=install_id):
            DBOS.enqueue_workflow(QUEUE, _run, name, install_id, job_id)
        return job_id

    def is_over(self, name: str, install_id: str, key: str) -> bool:
        """Whether that job was asked for and has ended, well or badly."""
        status = DBOS.get_workflow_status(f"{name}:{install_id}:{key}")
        return status is not None and status.status not in {"ENQUEUED", "PENDING", "DELAYED"}

    def reap(self, alive: Collection[str]) -> list[str]:
        """Resume the running jobs of executors that are not in `alive`; returns their ids.

        A job may then run twice at once (its first worker was only stopped, not dead): fencing decides who
        may commit.
        """
        resumed = []
        for status in DBOS.list_workflows(
            status="PENDING", name="leadassay_job", load_input=False, load_output=False
        ):
            if status.executor_id in alive or status.executor_id == self._executor_id:
                continue
            DBOS.resume_workflow(status.workflow_id, queue_name=QUEUE)
            resumed.append(status.workflow_id)
        if resumed:
            _log.warning("jobs_resumed", count=len(resumed))
        return resumed

    def purge(self, finished_before: datetime) -> int:
        """Forget jobs that ended before `finished_before` (aware UTC); the engine itself keeps them for ever."""
        done = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            name="leadassay_job",
            completed_before=finished_before.isoformat(),
            limit=500,
            load_input=False,
            load_output=False,
        )
        if done:
            DBOS.delete_workflows([status.workflow_id for status in done])
        return len(done)


def _prepare_sqlite(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
