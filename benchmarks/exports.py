"""`leadassay audit` on long exports: rows per second, and how much memory 1,000,000 rows need beside 100,000.

    python benchmarks/exports.py [rows ...]

A quarter of the rows are leads, the others their touches, unsorted; one lead in ten shares its phone number.
Each size runs in a process of its own; its peak is what the kernel counted (VmHWM).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = (100_000, 1_000_000)

MAP = """
title = "Benchmark"
not_used = ["emails", "meetings", "messages"]
[times]
zone = "Europe/Berlin"
formats = ["%Y-%m-%d %H:%M"]
[leads.columns]
lead_id = "Id"
received_at = "Received"
first_name = "First"
last_name = "Last"
email = "Mail"
phone = "Phone"
owner = "Owner"
status = "Status"
source = "Source"
[leads.status_values]
"new" = "open"
[touches.columns]
touch_id = "Id"
lead_id = "Lead"
occurred_at = "At"
direction = "Direction"
[touches.direction_values]
"out" = "outbound"
"in" = "inbound"
[touches.constants]
kind = "call"
state = "done"
automated = false
"""
POLICY = """
zone = "Europe/Berlin"
region = "DE"
[hours]
mon = [["09:00", "18:00"]]
tue = [["09:00", "18:00"]]
wed = [["09:00", "18:00"]]
thu = [["09:00", "18:00"]]
fri = [["09:00", "18:00"]]
[holidays]
country = "DE"
"""
RUN = """
import sys
from pathlib import Path
from connector.exports.command import audit_command
audit_command(sys.argv[1:], standalone_mode=False)
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(peak.split()[1], file=sys.stderr)
"""


def write_export(folder: Path, rows: int) -> None:
    """A leads and a touches file with `rows` rows together, always the same for the same number."""
    chance = random.Random(rows)
    start = datetime(2025, 1, 1)  # noqa: DTZ001  (a wall clock, as exports have it)
    leads = rows // 4
    with (folder / "leads.csv").open("w") as out:
        out.write("Id,Received,First,Last,Mail,Phone,Owner,Status,Source\n")
        for number in chance.sample(range(leads), leads):
            at = start + timedelta(minutes=number % 500_000)
            phone = number if number % 10 else number // 100
            out.write(
                f"{number},{at:%Y-%m-%d %H:%M},Ann,Berg{number},ann{number}@berg-bau.de,+49 30 {23000000 + phone},"
                f"Owner {number % 40},new,Source {number % 12}\n"
            )
    with (folder / "touches.csv").open("w") as out:
        out.write("Id,Lead,At,Direction\n")
        for number in range(rows - leads):
            lead = chance.randrange(leads)
            at = start + timedelta(minutes=lead % 500_000 + chance.randrange(20_000))
            out.write(f"t{number},{lead},{at:%Y-%m-%d %H:%M},{'out' if number % 5 else 'in'}\n")
    (folder / "map.toml").write_text(MAP)
    (folder / "policy.toml").write_text(POLICY)


def measure(rows: int) -> tuple[float, int]:
    """Seconds and peak memory in KiB of one audit of `rows` rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_export(folder, rows)
        arguments = [
            "--leads",
            "leads.csv",
            "--touches",
            "touches.csv",
            "--map",
            "map.toml",
            "--policy",
            "policy.toml",
        ]
        begun = time.perf_counter()
        ran = subprocess.run(
            [sys.executable, "-c", RUN, *arguments, "--json", "out.json", "--html", "out.html"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise SystemExit(ran.stderr)
        return time.perf_counter() - begun, int(ran.stderr.split()[-1])


def main() -> None:
    """Print one line per size."""
    for rows in [int(text) for text in sys.argv[1:]] or SIZES:
        seconds, peak_kib = measure(rows)
        print(f"{rows:>9,} rows  {seconds:7.1f} s  {rows / seconds:8,.0f} rows/s  peak {peak_kib / 1024:6.0f} MiB")


if __name__ == "__main__":
    main()
