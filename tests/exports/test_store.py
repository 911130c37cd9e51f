"""The rows on disk: sorted as promised, gone when the process is killed, told when there is no room."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audits.model.lead import Lead
from connector.exports.packing import unpack_lead
from connector.exports.store import open_store

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, tzinfo=UTC)

HOLD = """
import sys
from datetime import UTC, datetime
from audits.model.lead import Lead
from connector.exports.store import open_store
now = datetime(2026, 3, 2, tzinfo=UTC)
with open_store() as store:
    for number in range(40_000):
        store.add_lead(Lead(lead_id=str(number), received_at=now, recorded_at=now, message="canary " * 50), number)
    print(next(store.leads()).lead_id, flush=True)
    sys.stdin.read()
"""


def start(tmp_path: Path, **more: object) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "SQLITE_TMPDIR": str(tmp_path)}
    return subprocess.Popen(
        [sys.executable, "-c", HOLD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, **more,
    )  # fmt: skip


@pytest.mark.process
def test_a_killed_run_leaves_no_personal_data_behind(tmp_path: Path):
    with start(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"
        held = [str(link.readlink()) for link in Path(f"/proc/{process.pid}/fd").iterdir() if link.is_symlink()]
        assert any(name.startswith(str(tmp_path)) for name in held), "the rows lie in the folder that was named"
        process.send_signal(signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path):
    def small_files() -> None:
        # A write beyond the limit fails as one to a full disk does, once the signal is not the default one.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    with start(tmp_path, preexec_fn=small_files) as process:
        _, said = process.communicate()
    assert process.returncode == 1
    assert "UnusableInput: the rows could not be sorted on disk" in said
    assert "name a folder with more room in TMPDIR" in said


def lead(lead_id: str, days: int = 0) -> Lead:
    at = NOW + timedelta(days=days)
    return Lead(lead_id=lead_id, received_at=at, recorded_at=at, facts=(("city", "Ærø"), ("staff", "12")))


def test_leads_come_back_whole_in_the_order_of_their_ids():
    odd = ["b", "a\x00b", "a", "é", "\U0001f600", "B", "10", "9"]
    with open_store() as store:
        for line, lead_id in enumerate(odd):
            store.add_lead(lead(lead_id), line)
        found = list(store.leads())
    assert [line.lead_id for line in found] == sorted(odd)
    assert [unpack_lead(line.packed) for line in found] == [lead(lead_id) for lead_id in sorted(odd)]
