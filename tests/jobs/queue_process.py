"""A worker process for the queue tests: runs jobs that write what they do into a file.

Arguments: jobs URL, executor id, log file, keys to enqueue (install:key,…), seconds a job takes, executors alive.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from connector.jobqueue import JobQueue


def main() -> None:
    url, executor, log_file, wanted, seconds, alive = sys.argv[1:7]
    log = Path(log_file)

    def note(text: str) -> None:
        with log.open("a") as file:
            file.write(f"{text} {executor}\n")

    def job(install_id: str, job_id: str) -> None:
        note(f"start {job_id}")
        time.sleep(float(seconds))
        note(f"end {job_id}")

    queue = JobQueue(url, executor_id=executor)
    queue.register("advance", job)
    queue.launch()
    for pair in filter(None, wanted.split(",")):
        install_id, key = pair.split(":")
        queue.enqueue("advance", install_id, key)
    note("ready")
    parent = os.getppid()
    while os.getppid() == parent:
        if alive != "-":
            queue.reap(alive.split(","))
        time.sleep(0.2)


if __name__ == "__main__":
    main()
