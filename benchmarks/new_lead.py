"""What it costs to keep one new lead and to find its doubles, among few leads and among many.

    python benchmarks/new_lead.py [--small 10000] [--large 200000]

Two stores on disk hold leads with their keys. The same new leads, half of them doubles, are stored into both in
turns, one by one as an inbox delivers them: the lead, its keys, whom it is compared with, and the pairs. The best
round counts. It fails when a new lead takes more than three times as long in the large store.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from audits.model.lead import Lead
from audits.truth.duplicates.record import Record
from benchmarks.duplicates import leads as made_leads
from connector.crm.port import LeadRecord
from connector.storage import timeline
from connector.storage.database import Database
from connector.storage.duplicates import hashed_keys
from connector.storage.keys import replace_keys
from connector.storage.migrate import upgrade
from connector.storage.salts import salt_of
from connector.storage.tables import duplicate_keys, duplicate_pairs, leads
from tests.factories import make_install

NEW, ROUNDS, BATCH = 60, 4, 2000
MOST_RATIO = 3.0
BEGUN = datetime(2025, 1, 1, tzinfo=UTC)
REGION = "GB"


def lead_of(record: Record, minutes: int) -> Lead:
    """The record as a lead of a CRM, received so many minutes after the first."""
    at = BEGUN + timedelta(minutes=minutes)
    return Lead(
        lead_id=record.id,
        received_at=at,
        recorded_at=at,
        first_name=record.first_name,
        last_name=record.last_name,
        email=record.email or None,
        phone=record.phone or None,
        company=record.company or None,
        source="bench",
    )


class Store:
    """A store with so many leads."""

    def __init__(self, folder: Path, size: int) -> None:
        main, inbox = (f"sqlite:///{folder}/{size}-{name}.sqlite" for name in ("main", "inbox"))
        upgrade(main, inbox)
        self.size, self.database = size, Database.open(main)
        with self.database.write() as conn:
            self.install_id = make_install(conn).install_id
            self.salt = salt_of(conn, self.install_id)
        made = enumerate(made_leads(size))
        while batch := list(islice(made, BATCH)):
            self._fill([(record, lead_of(record, number)) for number, record in batch])

    def _fill(self, batch: Sequence[tuple[Record, Lead]]) -> None:
        """Leads and keys alone: the pairs among those that are there cost a new one nothing."""
        with self.database.write() as conn:
            columns = ("received_at", "recorded_at", "first_name", "last_name", "email", "phone", "company", "source")
            conn.execute(
                sa.insert(leads),
                [
                    {
                        "install_id": self.install_id,
                        "lead_id": lead.lead_id,
                        "keys_region": REGION,
                        "read_at": lead.received_at,
                        **{name: getattr(lead, name) for name in columns},
                    }
                    for _, lead in batch
                ],
            )
            replace_keys(conn, self.install_id, [lead for _, lead in batch], REGION, self.salt)
            conn.execute(
                sa.insert(duplicate_keys),
                [
                    {
                        "install_id": self.install_id,
                        "key_hash": key_hash,
                        "received_at": lead.received_at,
                        "lead_id": lead.lead_id,
                    }
                    for record, lead in batch
                    for key_hash in sorted(hashed_keys(self.salt, replace(record, region=REGION)))
                ],
            )

    def stored(self, new: Sequence[Lead]) -> float:
        """Seconds of one new lead, on average."""
        begun = time.process_time()
        for lead in new:
            with self.database.write() as conn:
                timeline.store_records(conn, self.install_id, [LeadRecord(lead=lead)], lead.received_at)
        return (time.process_time() - begun) / len(new)

    def pairs(self) -> int:
        """How many pairs were kept."""
        with self.database.read() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(duplicate_pairs)).scalar_one())


def new_leads(small: int, large: int) -> Iterator[list[Lead]]:
    """For each round leads that came last of all: half of them come again, the others are strangers."""
    chance = random.Random(5)
    known, strangers = list(islice(made_leads(small), 2000)), list(islice(made_leads(2000, seed=12), 2000))
    for place in range(ROUNDS):
        of_round = [*chance.sample(known, NEW // 2), *chance.sample(strangers, NEW // 2)]
        yield [
            lead_of(replace(record, id=f"new {place} {number}"), large + place * NEW + number)
            for number, record in enumerate(of_round)
        ]


def main(arguments: list[str]) -> None:
    """Fills both, measures, and exits with what is wrong."""
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=200_000)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        stores = [Store(Path(folder), size) for size in (given.small, given.large)]
        times = [[store.stored(new) for store in stores] for new in new_leads(given.small, given.large)]
        few, many = (min(each[place] for each in times) for place in (0, 1))
        found = [store.pairs() for store in stores]
    print(
        f"One new lead stored and compared: among {given.small} in {few * 1000:.1f} ms, among {given.large} in "
        f"{many * 1000:.1f} ms: {many / few:.2f} times ({found[0]} and {found[1]} pairs found)"
    )
    if many > few * MOST_RATIO:
        sys.exit(f"A new lead takes {many / few:.1f} times as long among {given.large}.")
    if not all(found):
        sys.exit("No pair was found: nothing was measured.")


if __name__ == "__main__":
    main(sys.argv[1:])
