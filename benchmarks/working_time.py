"""What a question of working time costs, in one run on one machine.

    python benchmarks/working_time.py [pairs]

Office hours in New York with fixed-date holidays; leads received at any second, answered after a span drawn from an
exponential law with a mean of 1.5 days.

1. Ten years, one question at a time, beside a plain loop over days. Both must agree on every pair.
2. One question against tables of 1, 10 and 100 years: a bisection, so that a hundred times the rows may cost at most
   MOST_GROWTH times as much (the logarithm itself grows by 1.8; the rest is for the memory's caches).
3. Many questions at once against NumPy's bare searchsorted in the same table, in turns: at most MOST_BATCH times as
   much. For pairs in any order the bare search looks up the arrivals alone, half of what a batch must look up; in
   order of time, where NumPy goes on from where it was, arrivals and answers. All must agree with one at a time.

Exit code 1 when any of this does not hold.
"""

from __future__ import annotations

import random
import sys
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from audits.model.working_calendar import Calendar
from audits.model.working_time import WorkingTime

YEARS = range(2016, 2026)
ROUNDS = 5
BATCH = 200_000
MOST_GROWTH = 4.0
MOST_BATCH = 12.0
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


def office(years: range) -> Calendar:
    """Office hours with four holidays of fixed date a year."""
    closed = {date(year, month, day) for year in years for month, day in ((1, 1), (7, 4), (11, 11), (12, 25))}
    return Calendar("bench", "America/New_York", dict.fromkeys(range(5), (HOURS,)), frozenset(closed))


def bounds(years: range) -> tuple[int, int]:
    """From the beginning of the first year to a month before the end of the last, in epoch seconds."""
    first, last = datetime(years[0], 1, 1, tzinfo=UTC), datetime(years[-1], 12, 1, tzinfo=UTC)
    return int(first.timestamp()), int(last.timestamp())


def some_pairs(years: range, count: int) -> list[tuple[int, int]]:
    """Arrivals and answers, the same in every run."""
    chance = random.Random(20260101)
    low, high = bounds(years)
    arrivals = [chance.randrange(low, high) for _ in range(count)]
    return [(a, a + int(chance.expovariate(1 / (1.5 * 86_400)))) for a in arrivals]


def opening_seconds(clock: WorkingTime, years: range) -> list[int]:
    """The beginnings of the open spans of these years: what a bisection goes through."""
    low, high = (datetime.fromtimestamp(at, UTC) for at in bounds(years))
    return [int(start.timestamp()) for start, _ in clock.open_intervals(low, high)]


def beside_a_day_loop(wanted: int) -> None:
    """1: one question at a time."""
    calendar, epochs = office(YEARS), some_pairs(YEARS, wanted)
    zone = ZoneInfo(calendar.zone)
    pairs: list[Pair] = [(datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC)) for a, b in epochs]
    begun = perf_counter()
    clock = WorkingTime(calendar)
    clock.elapsed_epochs(*bounds(YEARS))
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


def by_length_of_the_table(wanted: int) -> bool:
    """2: does one question cost the logarithm of the table's length?"""
    print(f"\none elapsed_epochs by length of the table, best of {ROUNDS} rounds in turns")
    tables = []
    for years in (range(2025, 2026), YEARS, range(1926, 2026)):
        clock = WorkingTime(office(years))
        clock.elapsed_epochs(*bounds(years))
        tables.append((years, clock, opening_seconds(clock, years), some_pairs(years, wanted)))
    asked: list[list[float]] = [[] for _ in tables]
    bare: list[list[float]] = [[] for _ in tables]
    for _ in range(ROUNDS):
        for place, (_, clock, openings, pairs) in enumerate(tables):
            begun = perf_counter()
            for a, b in pairs:
                clock.elapsed_epochs(a, b)
            between = perf_counter()
            for a, b in pairs:
                bisect_right(openings, b) - bisect_right(openings, a)
            asked[place].append(between - begun)
            bare[place].append(perf_counter() - between)
    costs = [min(each) / wanted * 1e6 for each in asked]
    for (years, _, openings, _), cost, plain in zip(tables, costs, bare, strict=True):
        print(
            f"{len(years):4} years, {len(openings):6} rows {cost:8.2f} us   two bare bisections "
            f"{min(plain) / wanted * 1e6:6.2f} us   this / 1 year = {cost / costs[0]:4.2f}"
        )
    growth = costs[-1] / costs[0]
    print(f"a hundred times the table costs {growth:.2f} times as much; allowed {MOST_GROWTH}")
    return growth <= MOST_GROWTH


def beside_bare_searchsorted() -> bool:
    """3: many questions at once."""
    print(f"\n{BATCH} pairs at once over {len(YEARS)} years, median of {ROUNDS} rounds in turns")
    clock = WorkingTime(office(YEARS))
    clock.elapsed_epochs(*bounds(YEARS))
    table = np.array(opening_seconds(clock, YEARS))
    pairs = np.array(some_pairs(YEARS, BATCH))
    ratios: list[float] = []
    in_order = pairs[np.argsort(pairs[:, 0])]
    for name, some, columns in (("any order", pairs, 1), ("in order of time", in_order, 2)):
        starts, ends = some[:, 0].copy(), some[:, 1].copy()
        alone = [clock.elapsed_epochs(a, b) for a, b in some[:2000].tolist()]
        if clock.elapsed_batch(starts, ends)[:2000].tolist() != alone:
            raise SystemExit("a batch differs from one question at a time")
        bare: list[float] = []
        batch: list[float] = []
        for _ in range(ROUNDS):
            begun = perf_counter()
            for instants in (starts, ends)[:columns]:
                np.searchsorted(table, instants, side="right")
            between = perf_counter()
            clock.elapsed_batch(starts, ends)
            bare.append(between - begun)
            batch.append(perf_counter() - between)
        ratios.append(median(batch) / median(bare))
        print(
            f"{name:17} searchsorted {median(bare) / BATCH * 1e9:6.1f} ns   elapsed_batch "
            f"{median(batch) / BATCH * 1e9:6.1f} ns   batch / bare = {ratios[-1]:5.2f}"
        )
    print(f"allowed {MOST_BATCH}")
    return max(ratios) <= MOST_BATCH


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    beside_a_day_loop(wanted)
    is_fine = [by_length_of_the_table(wanted), beside_bare_searchsorted()]
    sys.exit(0 if all(is_fine) else 1)


if __name__ == "__main__":
    main()
