"""What a batch of 100 leads costs with what other leads say of it, in a small and in a large account, in one run.

    python benchmarks/neighbours.py [leads …]

Each account is one store on SQLite, filled as leads are stored: all of one source, one day, one number that a
hundredth shares, and few parts of the net, of which each bursts. Timed is the batch loaded with all that stands
around it and judged, and of that the counting of neighbours alone; the best of some turns. It fails when the batch
of the largest account takes more than twice that of the smallest, or counting its neighbours more than 4 times.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sqlalchemy.engine import Connection

from audits.engine import audit
from audits.model.case import Coverage
from audits.model.lead import Lead
from audits.truth.of_case import Became
from connector.storage import timeline
from connector.storage.database import Database
from connector.storage.keys import replace_keys
from connector.storage.migrate import upgrade
from connector.storage.neighbours import hear_became, keep_traits, neighbours_at
from connector.storage.policies import PolicyBook, put_policy
from connector.storage.salts import salt_of
from connector.storage.surroundings import surroundings_of
from tests.factories import NOW, at, make_install, make_lead, make_policy, make_record

SIZES = (10_000, 200_000)
BATCH, PORTION, ROUNDS = 100, 5_000, 5
MOST_RATIO, MOST_COUNT_RATIO = 2.0, 4.0
DAY_S = 86_400
LATER = at(days=1)


def made(number: int, of: int) -> Lead:
    """Lead `number` of `of`: the whole account comes within one day."""
    arrived = NOW - timedelta(seconds=DAY_S * (of - number) / of)
    return make_lead(
        str(number),
        received_at=arrived,
        recorded_at=arrived,
        first_name=f"Ada{number % 977}",
        last_name=f"Lovelace{number % 1009}",
        email=f"ada{number}@firma.no",
        phone="+47 22 12 34 56" if number % 100 == 0 else None,
        mobile=None,
        source="ads",
        ip=f"81.0.{number % 7}.{number % 200}",
        user_agent=f"Browser {number % 50}",
        message=f"Please call me back about offer {number % 15}",
    )


def fill(conn: Connection, size: int) -> str:
    """An account of `size` leads, of which the last BATCH stand in the timeline too; returns its install id."""
    install = make_install(conn)
    put_policy(conn, install.install_id, make_policy(), at(days=-90))
    salt = salt_of(conn, install.install_id)
    for start in range(0, size, PORTION):
        leads = [made(number, size) for number in range(start, min(start + PORTION, size))]
        keep_traits(conn, install.install_id, leads, salt)
        replace_keys(conn, install.install_id, leads, None, salt)
        became = {
            each.lead_id: Became(was_reached=True, has_denied=int(each.lead_id) % 3 == 0) for each in leads[::9]
        }
        hear_became(conn, install.install_id, became, NOW)
    timeline.store_records(
        conn, install.install_id, [make_record(made(number, size)) for number in range(size - BATCH, size)], NOW
    )
    return install.install_id


def best(ask: Callable[[], object]) -> float:
    """Seconds of CPU time of the quickest of some turns."""
    found = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        ask()
        found.append(time.process_time() - begun)
    return min(found)


def measure(size: int) -> tuple[float, float]:
    """Seconds of one batch in an account of `size` leads: whole, and the counting of its neighbours."""
    with tempfile.TemporaryDirectory() as folder:
        urls = f"sqlite:///{folder}/store.sqlite", f"sqlite:///{folder}/inbox.sqlite"
        upgrade(*urls)
        database = Database.open(urls[0])
        with database.write() as conn:
            install_id = fill(conn, size)
        ids = [str(number) for number in range(size - BATCH, size)]
        with database.read() as conn:
            book = PolicyBook.load(conn, install_id)
            policy = book.policy_for(NOW, LATER)
            cases = timeline.load_cases(conn, install_id, ids, LATER, Coverage())

            def whole() -> None:
                for case in timeline.load_cases(
                    conn,
                    install_id,
                    ids,
                    LATER,
                    Coverage(),
                    lambda found: surroundings_of(conn, install_id, found, LATER, book),
                ):
                    audit(case, policy)

            found = neighbours_at(conn, install_id, cases, LATER)
            if len(found) != BATCH or not all(each.template_reached > 50 for each in found.values()):
                sys.exit("The batch has no neighbours.")
            return best(whole), best(lambda: neighbours_at(conn, install_id, cases, LATER))


def main() -> None:
    """Print a line for each size; exit with a sentence when the batch follows the size of the account."""
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    found = []
    for size in sizes:
        batch_s, count_s = measure(size)
        found.append((batch_s, count_s))
        ratio = batch_s / found[0][0]
        print(
            f"{size:>9,} leads: a batch of {BATCH} {batch_s * 1000:7.1f} ms ({ratio:.2f} x), its neighbours "
            f"{count_s * 1000:6.1f} ms ({count_s / found[0][1]:.2f} x)"
        )
    if found[-1][0] > MOST_RATIO * found[0][0]:
        sys.exit(f"A batch of the largest account takes more than {MOST_RATIO} times that of the smallest.")
    if found[-1][1] > MOST_COUNT_RATIO * found[0][1]:
        sys.exit(f"Counting neighbours takes more than {MOST_COUNT_RATIO} times as long in the largest account.")


if __name__ == "__main__":
    main()
