"""What it costs to look for the same person: one new record against many, and a whole list at once.

    python benchmarks/duplicates.py [--small 10000] [--large 200000] [--passes 25000,100000]
    python benchmarks/duplicates.py --large 1000000 --passes 100000,1000000      takes some fifteen minutes

One new record: the same queries are put to an index of `small` and to one of `large` records, in turns; the best
round counts. It fails when the large one takes more than three times as long. Whole lists: each size in a process of
its own, with its peak memory. It fails when the time grows quicker than the number of records to the power of 1.25
from the smallest list to the largest, or when a list needs 2 GB.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from faker.providers.person.en_US import Provider as People

sys.path.insert(0, str(Path(__file__).parents[1]))

from audits.truth.duplicates.matcher import Matcher
from audits.truth.duplicates.record import Record
from audits.truth.duplicates.table import Table
from audits.truth.duplicates.whole_pass import find_duplicates
from tests.truth.duplicates.made import slipped

QUERIES, ROUNDS = 400, 3
#: A whole pass may grow as the number of records to this power.
MOST_RATIO, MOST_POWER, MOST_BYTES = 3.0, 1.25, 2 << 30
_DOUBLES = 0.06


def leads(count: int, seed: int = 11) -> Iterator[Record]:
    """So many leads, one in sixteen of them a slip of an earlier one. Names and towns are as uneven as real ones, and
    some numbers belong to a switchboard."""
    chance = random.Random(seed)
    first, first_weights = zip(*People.first_names.items(), strict=True)
    last, last_weights = zip(*People.last_names.items(), strict=True)
    first_names = chance.choices(first, first_weights, k=4096)
    last_names = chance.choices(last, last_weights, k=8192)
    recent: list[Record] = []
    for number in range(count):
        if recent and chance.random() < _DOUBLES:
            of = chance.choice(recent)
            yield _slip(of, f"{of.id}~{number}", chance)
            continue
        given, family = chance.choice(first_names), chance.choice(last_names)
        town = int(3000 * chance.random() ** 3)
        born = f"{1940 + chance.randrange(65)}-{1 + number % 12:02d}-{1 + number % 28:02d}"
        lead = Record(
            id=f"{number}",
            first_name=given,
            last_name=family,
            email=f"{given}.{family}{chance.randrange(1000)}@mail{chance.randrange(40)}.com" if number % 5 else "",
            phone="+442079460000" if number % 97 == 0 else f"+447{chance.randrange(400_000_000, 999_999_999)}",
            birth_date=born if number % 2 else "",
            street=f"{last_names[(town * 7 + number % 90) % 8192]} Street {1 + chance.randrange(120)}",
            postcode=f"{10_000 + town * 3 + number % 3}",
            city=f"{last_names[town % 8192]}ville",
            company=f"{chance.choice(last_names)} {chance.choice(last_names)} Ltd" if number % 3 else "",
        )  # fmt: skip
        if len(recent) < 5000:
            recent.append(lead)
        else:
            recent[chance.randrange(5000)] = lead
        yield lead


def _slip(of: Record, new_id: str, chance: random.Random) -> Record:
    swapped = chance.random() < 0.1
    first, last = (of.last_name, of.first_name) if swapped else (of.first_name, of.last_name)
    return Record(
        id=new_id,
        first_name=slipped(first, chance) if chance.random() < 0.3 else first,
        last_name=slipped(last, chance) if chance.random() < 0.3 else last,
        email=of.email if chance.random() < 0.5 else "",
        phone=of.phone if chance.random() < 0.7 else "",
        birth_date=of.birth_date,
        street=slipped(of.street, chance),
        postcode=of.postcode,
        city=of.city,
    )


def _filled(size: int) -> Matcher:
    matcher = Matcher()
    matcher.extend(leads(size))
    return matcher


def _asked(matcher: Matcher, queries: list[Record]) -> float:
    begun = time.process_time()
    for query in queries:
        matcher.match(query)
    return (time.process_time() - begun) / len(queries)


def measure_new_record(small: int, large: int) -> str | None:
    """Prints what a new record costs at both sizes; what is wrong with it, None when nothing is."""
    # Leads of the same kind, of which some are in neither index.
    queries = list(islice(leads(small, seed=12), QUERIES // 2)) + list(islice(leads(small), QUERIES // 2))
    matchers = [_filled(small), _filled(large)]
    times = [[_asked(matcher, queries) for matcher in matchers] for _ in range(ROUNDS)]
    few, many = (min(each[place] for each in times) for place in (0, 1))
    compared = [sum(matcher.match(query).compared for query in queries) / len(queries) for matcher in matchers]
    print(
        f"One new record: against {small} in {few * 1000:.2f} ms ({compared[0]:.0f} compared), "
        f"against {large} in {many * 1000:.2f} ms ({compared[1]:.0f} compared): {many / few:.2f} times",
        flush=True,
    )
    return None if many <= few * MOST_RATIO else f"A new record takes {many / few:.1f} times as long against {large}."


def whole_pass(size: int) -> None:
    """In a process of its own: prints seconds, peak bytes, pairs compared and clusters of one whole pass."""
    begun = time.process_time()
    table = Table()
    table.extend(leads(size))
    found = find_duplicates(table)
    clusters = sum(1 for _ in found.clusters())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(time.process_time() - begun, peak, found.compared, clusters)


def measure_passes(sizes: list[int]) -> list[str]:
    """Prints each whole pass; what is wrong."""
    per_record, wrong = [], []
    for size in sizes:
        told = subprocess.run(
            [sys.executable, __file__, "--pass", str(size)], check=True, capture_output=True, text=True
        ).stdout.split()
        seconds, peak = float(told[0]), int(told[1])
        per_record.append(seconds / size)
        print(
            f"Whole pass of {size}: {seconds:.1f} s, {seconds / size * 1e6:.0f} µs a record, "
            f"{peak / (1 << 20):.0f} MB at most, {told[2]} pairs compared, {told[3]} clusters",
            flush=True,
        )
        if peak > MOST_BYTES:
            wrong.append(f"A pass of {size} takes {peak / (1 << 30):.2f} GB.")
    if per_record and per_record[-1] > per_record[0] * (sizes[-1] / sizes[0]) ** (MOST_POWER - 1):
        wrong.append(f"A record costs {per_record[-1] / per_record[0]:.2f} times as much in the largest list.")
    return wrong


def main(arguments: list[str]) -> None:
    """Measures both; exits with what is wrong."""
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=200_000)
    parser.add_argument("--passes", default="25000,100000")
    parser.add_argument("--pass", dest="single", type=int)
    given = parser.parse_args(arguments)
    if given.single:
        whole_pass(given.single)
        return
    wrong = [
        measure_new_record(given.small, given.large) or "",
        *measure_passes(list(map(int, given.passes.split(",")))),
    ]
    if any(wrong):
        sys.exit(" ".join(filter(None, wrong)))


if __name__ == "__main__":
    main(sys.argv[1:])
