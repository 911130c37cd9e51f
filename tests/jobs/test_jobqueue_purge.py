"""Finished jobs are forgotten after a while: the engine itself keeps them for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys, time
from datetime import UTC, datetime, timedelta
from connector.jobqueue import JobQueue

queue = JobQueue(sys.argv[1], executor_id="w1")
queue.register("advance", lambda install_id, job_id: None)
queue.launch()
for key in "123":
    queue.enqueue("advance", "a", key)
while not all(queue.is_over("advance", "a", key) for key in "123"):
    time.sleep(0.05)
assert not queue.is_over("advance", "a", "4")
assert queue.purge(datetime.now(UTC) - timedelta(hours=1)) == 0
time.sleep(1.1)
assert queue.purge(datetime.now(UTC)) == 3
assert not queue.is_over("advance", "a", "1")
queue.stop(0)
print("done")
"""


def test_purge_forgets_only_what_ended_before(tmp_path: Path):
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, f"sqlite:///{tmp_path}/jobs.sqlite"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stdout.strip() == "done", ran.stderr
