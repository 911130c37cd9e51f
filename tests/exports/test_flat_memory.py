"""Ten times the rows need hardly more memory: measured on real processes by what the kernel counted."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.exports.conftest import MAP, POLICY

ROOT = Path(__file__).parents[2]
RUN = """
import sys
from pathlib import Path
from connector.exports.command import audit_command
audit_command(sys.argv[1:], standalone_mode=False)
status = Path("/proc/self/status").read_text()
print(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1], file=sys.stderr)
"""
#: Leads and touches. Touches, orphans and bad rows grow tenfold; leads less, as judging takes most of the time.
SMALL, LARGE = (1_000, 9_000), (1_500, 98_500)


def peak_kib(folder: Path, leads: int, touches: int) -> int:
    folder.mkdir()
    (folder / "map.toml").write_text(MAP)
    (folder / "policy.toml").write_text(POLICY)
    with (folder / "leads.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["Id", "Received", "First", "Last", "Mail", "Phone", "Owner", "Status", "Source"])
        for number in range(leads):
            # One shared number, and a source of its own for each: neither may be held in memory.
            row = [leads - number, "2026-03-02 10:00", "Ann", "Berg", "", "030 23125101", "Kai", "new", f"S{number}"]
            writer.writerow(row)
    with (folder / "touches.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["Id", "Lead", "At", "Direction", "State", "Made by"])
        for number in range(touches):
            at = "never" if number % 2 else "2026-03-02 10:40"
            lead = 1 + number % leads if number % 3 else f"orphan {number}"
            writer.writerow([f"t{number}", lead, at, f"odd {number}", "done", "person"])
    arguments = ["--leads", "leads.csv", "--touches", "touches.csv", "--map", "map.toml", "--policy", "policy.toml"]
    ran = subprocess.run(
        [sys.executable, "-c", RUN, *arguments, "--json", "out.json", "--html", "out.html"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads((folder / "out.json").read_text())
    assert told["count_leads"] == leads
    assert len(told["bad_rows"]) == told["count_bad_rows"] >= touches // 2
    assert len(told["unmapped_values"]) < 300
    assert len(told["report"]["sources"]) == 201
    assert sorted(path.name for path in folder.iterdir()) == [
        "leads.csv", "map.toml", "out.html", "out.json", "policy.toml", "touches.csv",
    ], "the temporary file is gone"  # fmt: skip
    return int(ran.stderr.split()[-1])


def test_ten_times_the_rows_in_the_same_memory(tmp_path: Path):
    small = peak_kib(tmp_path / "small", *SMALL)
    large = peak_kib(tmp_path / "large", *LARGE)
    assert large < 1.25 * small, f"{small} KiB for {sum(SMALL)} rows, {large} KiB for {sum(LARGE)} rows"
