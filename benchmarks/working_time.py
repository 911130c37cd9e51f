"""What one question to the clock of working time costs, beside a plain loop over days, in one run on one machine.

    python benchmarks/working_time.py [pairs]

Ten years of office hours in New York with fixed-date holidays; leads received at any second, answered after a span
drawn from an exponential law with a mean of 1.5 days. Both ways must agree on every pair, or the run fails.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1]))

from audits.model.working_calendar import Calendar
from audits.model.working_time import WorkingTime

YEARS = range(2016, 2026)
ROUNDS = 5
HOURS = (9 * 3600, 17 * 3600)
Pair = tuple[datetime, datetime]


def day_loop(calendar: Calendar, zone: ZoneInfo, a: datetime, b: datetime) -> int:
    """The usual way: go through the local days, turn each opening and closing into UTC, add up the overlaps."""
    counted = timedelta()
    day, last = a.astimezone(zone).date(), b.astimezone(zone).date()
    while day <= last:
        if day not in calendar.holidays:
            midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
            for start, end in calendar.week.get(day.weekday(), ()):
                opens = (midnight + timedelta(seconds=start)).astimezone(UTC)
                closes = (midnight + timedelta(seconds=end)).astimezone(UTC)
                counted += max(min(closes, b) - max(opens, a), timedelta())
        day += timedelta(days=1)
    return counted // timedelta(seconds=1)


def micros(work: Callable[[], object], each: int) -> float:
    """Median over the rounds, microseconds per question."""
    taken = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        work()
        taken.append(perf_counter() - begun)
    return median(taken) / each * 1e6


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    closed = {date(year, month, day) for year in YEARS for month, day in ((1, 1), (7, 4), (11, 11), (12, 25))}
    calendar = Calendar("bench", "America/New_York", dict.fromkeys(range(5), (HOURS,)), frozenset(closed))
    zone = ZoneInfo(calendar.zone)
    chance = random.Random(20260101)
    first, last = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1], 12, 1, tzinfo=UTC)
    span_s = (last - first) // timedelta(seconds=1)
    pairs: list[Pair] = []
    for _ in range(wanted):
        a = first + timedelta(seconds=chance.randrange(span_s))
        pairs.append((a, a + timedelta(seconds=int(chance.expovariate(1 / (1.5 * 86_400))))))
    epochs = [(int(a.timestamp()), int(b.timestamp())) for a, b in pairs]

    begun = perf_counter()
    clock = WorkingTime(calendar)
    clock.elapsed(first, last)
    build_ms = (perf_counter() - begun) * 1e3

    wrong = sum(clock.elapsed(a, b) != day_loop(calendar, zone, a, b) for a, b in pairs)
    if wrong:
        raise SystemExit(f"{wrong} of {len(pairs)} pairs differ between the clock and the day loop")

    rows = [
        ("day loop", micros(lambda: [day_loop(calendar, zone, a, b) for a, b in pairs], wanted)),
        ("elapsed, aware datetimes", micros(lambda: [clock.elapsed(a, b) for a, b in pairs], wanted)),
        ("elapsed_epochs, integers", micros(lambda: [clock.elapsed_epochs(a, b) for a, b in epochs], wanted)),
        ("after, 8 open hours", micros(lambda: [clock.after(a, 28_800) for a, _ in pairs], wanted)),
    ]
    print(f"{wanted} pairs over {len(YEARS)} years, median of {ROUNDS} rounds, all pairs agree")
    print(f"table built once in {build_ms:.1f} ms")
    for name, cost in rows:
        print(f"{name:26} {cost:8.2f} us   day loop / this = {rows[0][1] / cost:5.1f}")


if __name__ == "__main__":
    main()
