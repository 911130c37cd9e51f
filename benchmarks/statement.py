"""What it costs to judge deliveries under a contract, from file to file, beside a tally of the same file by DuckDB.

    python benchmarks/statement.py [deliveries ...]

The deliveries are a thousand a day, in order: some twice, of other states, late, over the cap of the day, without a
phone number, returned, with findings, never called. The contract has filters, an age, a cap, windows of duplicates, a
window of returns and a duty. The largest file is judged once more with a tolerance, for which all is gone through
twice. Each is judged by `leadassay statement` in a process of its own, whose peak is what the kernel counted (VmHWM);
imports are not counted as time.

The tally reads the same file, parses its instants, and counts by state of the filters, what is late, what is over the
cap of its day and what is a duplicate within 30 days, by window functions; the plainest one counts leads by state,
and is printed without a bound. Work is the time of all cores, which other programs beside it change less than the
time on the clock. Every figure is the best of as many rounds, whatever the size. It fails when a delivery costs more
than 1.15 times the work in the largest file as in the smallest, when the largest needs a quarter more memory than the
one before, or when it takes more than 20 times the time or the work of the tally, with a tolerance or without.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = (10_000, 100_000, 1_000_000)
MOST_GROWTH, MOST_MEMORY, MOST_TIMES = 1.15, 1.25, 20
#: So often each is judged: the best counts.
ROUNDS = 2

A_DAY, CAP = 1000, 990
STATES = ("NW", "BY", "BW", "HE", "NI", "SN", "BE", "HH")
CONTRACT = f"""
contract: leads
vendor: acme
version: 1
valid_from: 2020-01-01
timezone: Europe/Berlin
currency: EUR
pricing: {{model: flat, price: 25.00}}
volume:
  caps:
    - {{unit: leads, per: day, limit: {CAP}, over_cap: not_payable}}
delivery:
  max_age: PT48H
  required_fields: [phone]
filters:
  - {{field: state, op: in, value: [{", ".join(STATES)}], reason: OUT_OF_GEO}}
duplicates:
  - {{fields: [phone, email], window: P30D, against: same_vendor}}
returns:
  window: {{until: P10D}}
  reasons: [OUT_OF_GEO, LATE_DELIVERY, DUP_SAME_VENDOR, MISSING_FIELD, FICTITIOUS, PHONE_DISCONNECTED, BOT]
duties:
  - {{code: first_attempt_within, within: PT24H}}
"""
TOLERANCE = "  tolerance: {percent: 3, per: month}\n"
TALLY = f"""
WITH read AS (
    SELECT *, delivered_at::TIMESTAMPTZ AS came, submitted_at::TIMESTAMPTZ AS asked
    FROM read_csv('FILE', all_varchar = true)
), told AS (
    SELECT
        state IN {STATES} AS fits,
        came - asked > INTERVAL 48 HOURS AS late,
        phone IS NULL AS lacks,
        row_number() OVER (PARTITION BY (came AT TIME ZONE 'Europe/Berlin')::DATE ORDER BY came, delivery_id) > {CAP}
            AS beyond,
        phone IS NOT NULL
            AND came - lag(came) OVER (PARTITION BY phone ORDER BY came, delivery_id) <= INTERVAL 30 DAYS AS again,
        came - lag(came) OVER (PARTITION BY lower(email) ORDER BY came, delivery_id) <= INTERVAL 30 DAYS AS by_mail,
        try_cast(first_attempt_at AS TIMESTAMPTZ) - came > INTERVAL 24 HOURS AS neglected
    FROM read
)
SELECT count(*), count_if(NOT fits), count_if(late), count_if(lacks), count_if(beyond),
       count_if(coalesce(again, false) OR coalesce(by_mail, false)), count_if(neglected),
       count_if(fits AND NOT late AND NOT lacks AND NOT beyond)
FROM told
"""
PLAINEST = "SELECT state, count(*) FROM read_csv('FILE', all_varchar = true) GROUP BY state ORDER BY state"
JUDGE = """
import sys, time
from pathlib import Path

import connector.statement_command as command
rounds = []
for _ in range(int(sys.argv[1])):
    begun, worked = time.perf_counter(), time.process_time()
    try:
        command.statement_command(sys.argv[2:], standalone_mode=False)
    except SystemExit as end:
        if end.code:
            raise
    rounds.append((time.perf_counter() - begun, time.process_time() - worked))
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(*map(min, zip(*rounds)), peak.split()[1], file=sys.stderr)
"""
COUNT = """
import sys, time, duckdb
duckdb.sql("SET enable_progress_bar = false")
begun, worked = time.perf_counter(), time.process_time()
rows = duckdb.sql(sys.argv[1]).fetchall()
print(time.perf_counter() - begun, time.process_time() - worked, rows[0], sep="|")
"""


def write_deliveries(folder: Path, count: int) -> None:
    """A contract, so many deliveries, and findings on some of them; always the same for the same number."""
    chance = random.Random(7)
    start = datetime(2021, 1, 1, tzinfo=UTC)
    step = timedelta(days=1) / A_DAY
    recent: list[tuple[str, str]] = []
    with (folder / "deliveries.csv").open("w") as out, (folder / "findings.jsonl").open("w") as found:
        out.write(
            "delivery_id,delivered_at,submitted_at,sub_source,phone,email,name,postcode,city,state,product,"
            "first_attempt_at,disposition,reason,claimed_at\n"
        )
        for number in range(count):
            at = start + number * step + timedelta(seconds=chance.randrange(60))
            asked = at - timedelta(seconds=chance.randrange(5, 900) if chance.random() > 0.02 else 200_000)
            phone, email = f"+4915{chance.randrange(10**9, 10**10)}", f"ann.berg{number}@mail{number % 97}.de"
            if recent and chance.random() < 0.03:
                phone, email = chance.choice(recent)
            if len(recent) < 20_000:
                recent.append((phone, email))
            else:
                recent[chance.randrange(20_000)] = (phone, email)
            if chance.random() < 0.01:
                phone = ""
            state = chance.choice(STATES) if chance.random() > 0.03 else "TH"
            tried = ""
            if chance.random() < 0.93:
                late = chance.randrange(60, 20_000) if chance.random() > 0.04 else 100_000
                tried = f"{at + timedelta(seconds=late):%Y-%m-%dT%H:%M:%SZ}"
            reason = "FICTITIOUS" if chance.random() < 0.01 else "OUT_OF_GEO" if state == "TH" else ""
            claimed = f"{at + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}" if reason and chance.random() < 0.8 else ""
            out.write(
                f"D{number:08},{at:%Y-%m-%dT%H:%M:%SZ},{asked:%Y-%m-%dT%H:%M:%SZ},fb-{number % 40},{phone},{email},"
                f"Ann Berg{number % 5000},{10_000 + number % 89_999},Town {number % 700},{state},solar,{tried},"
                f"{'reached' if number % 3 else 'no answer'},{reason},{claimed}\n"
            )
            if chance.random() < 0.03:
                found.write(json.dumps(_answer(f"D{number:08}", chance)) + "\n")
    (folder / "contract.yaml").write_text(CONTRACT)
    (folder / "tolerance.yaml").write_text(CONTRACT.replace("  reasons:", f"{TOLERANCE}  reasons:"))


def _answer(lead_id: str, chance: random.Random) -> dict[str, object]:
    """What `leadassay check` says of a lead that is one of a bot, or of a number that nobody has."""
    is_bot = chance.random() < 0.4
    reasons = [
        {"code": "honeypot_filled", "weight": 7.0, "field": "honeypot", "says": "A hidden field was filled in."}
    ]
    bot = {"name": "bot", "probability": 0.97 if chance.random() < 0.7 else 0.6, "reasons": reasons}
    return {
        "id": lead_id,
        "verdict": "pseudo" if is_bot else "suspect",
        "pseudo_probability": 0.9,
        "classes": [bot] if is_bot else [],
        "phone": {"e164": None, "valid": is_bot, "possible": True, "reasons": ["not_in_use"]},
        "email": None,
        "name": {"mashed": False, "placeholder": False, "joke": False},
        "model_version": "1",
    }


def run(code: str, *arguments: str, folder: Path) -> tuple[str, str]:
    """What a process of its own says on both of its outputs."""
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise SystemExit(ran.stderr)
    return ran.stdout, ran.stderr


def judge(folder: Path, contract: str = "contract.yaml", rounds: int = ROUNDS) -> tuple[float, float, int]:
    """Seconds, seconds of work and peak memory in KiB of judging what is in `folder`: the best of each."""
    _, told = run(
        JUDGE, str(rounds), "--contract", contract, "--deliveries", "deliveries.csv", "--findings",
        "findings.jsonl", "--as-of", "2030-01-01T00:00", "--json", "out.json", "--bad-rows", "bad.csv", folder=folder,
    )  # fmt: skip
    seconds, worked, peak = told.split()[-3:]
    return float(seconds), float(worked), int(peak)


def tally(folder: Path, query: str) -> tuple[tuple[float, float], str]:
    """Seconds and seconds of work of all cores, of the best of three, and the first row of the answer."""
    told = [run(COUNT, query.replace("FILE", "deliveries.csv"), folder=folder)[0].split("|") for _ in range(3)]
    return (min(float(each[0]) for each in told), min(float(each[1]) for each in told)), told[0][2].strip()


def main(sizes: list[int]) -> None:
    """Prints each size with its tallies; exits with what is wrong."""
    per_lead, peaks, wrong = [], [], []
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_deliveries(folder, size)
            seconds, worked, peak = judge(folder)
            twice = judge(folder, "tolerance.yaml") if size == max(sizes) else None
            (tallied, tally_worked), row = tally(folder, TALLY)
            (plainest, _), _ = tally(folder, PLAINEST)
        per_lead.append(worked / size)
        peaks.append(peak)
        print(
            f"{size:>9,} deliveries: {seconds:6.2f} s, {worked / size * 1e6:5.1f} µs of work each, peak "
            f"{peak / 1024:4.0f} MiB; tally {tallied:.2f} s, {tally_worked:.2f} s of work {row}: "
            f"{seconds / tallied:.1f} times, {worked / tally_worked:.1f} times the work; plainest {plainest:.2f} s, "
            f"{seconds / plainest:.0f} times",
            flush=True,
        )
        # Reading a small file costs a database as much as beginning to.
        if twice is not None:
            print(
                f"{size:>9,} deliveries with a tolerance: {twice[0]:6.2f} s, {twice[1] / size * 1e6:5.1f} µs of work "
                f"each, peak {twice[2] / 1024:4.0f} MiB: {twice[0] / tallied:.1f} times, "
                f"{twice[1] / tally_worked:.1f} times the work of the tally",
                flush=True,
            )
            for how, took, work in (("", seconds, worked), (" with a tolerance", *twice[:2])):
                if took > tallied * MOST_TIMES:
                    wrong.append(f"Judging{how} takes {took / tallied:.1f} times as long as the tally.")
                if work > tally_worked * MOST_TIMES:
                    wrong.append(f"Judging{how} takes {work / tally_worked:.1f} times the work of the tally.")
    if per_lead[-1] > per_lead[0] * MOST_GROWTH:
        wrong.append(f"A delivery costs {per_lead[-1] / per_lead[0]:.2f} times as much in the largest file.")
    if len(peaks) > 1 and peaks[-1] > peaks[-2] * MOST_MEMORY:
        wrong.append(f"The largest file takes {peaks[-1] / peaks[-2]:.2f} times the memory of the one before.")
    if wrong:
        sys.exit(" ".join(wrong))


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or list(SIZES))
