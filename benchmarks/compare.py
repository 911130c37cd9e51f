"""What it costs to compare two policies from stored measures, beside judging every case again, in one run.

    python benchmarks/compare.py [leads]

The leads are those of the demo's account, stored and audited on SQLite. The two versions differ in the promised first
attempt. Both ways are timed in turns, and the best of the turns counts; both must say the same. It fails when the
quick way takes more than a twentieth of the other.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

sys.path.insert(0, str(Path(__file__).parents[1]))

from audits.model.policy import Policy
from connector.crm.port import LeadRecord
from connector.jobs.audit_due import audit_due
from connector.jobs.context import take_lease
from connector.reporting.comparing import PolicyComparison, compare_policies
from connector.sandbox.office_hours import OfficeHours
from connector.sandbox.population import ZONE, make_population
from connector.storage import timeline, worklist
from connector.storage.migrate import upgrade
from connector.storage.policies import put_policy
from tests.demo.history_cases import HistoryAccount, policy_of
from tests.factories import make_install
from tests.stack import Stack

ROUNDS = 3
MOST_SHARE = 1 / 20


def best(compare: Callable[[], PolicyComparison]) -> tuple[float, PolicyComparison]:
    """The quickest of some rounds, in seconds, and what was said."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        told = compare()
        times.append(time.perf_counter() - begun)
    return min(times), told


def records(account: HistoryAccount, refs: list[str], until: datetime) -> list[LeadRecord]:
    """The leads of the population as an adapter reads them."""
    found = []
    for ref in refs:
        case = account.case(ref, until)
        found.append(
            LeadRecord(
                lead=case.lead,
                activities=case.activities,
                tasks=case.tasks,
                owner_changes=case.owner_changes,
                stage_changes=case.stage_changes,
                merged_ids=(),
                our_fields={},
            )
        )
    return found


def versions(policy: Policy) -> tuple[Policy, Policy]:
    """What is agreed, and a promise of a tenth of the time for all."""
    shorter = tuple(replace(each, goal_s=60, due_s=each.due_s // 10) for each in policy.targets)
    return replace(policy, version="3"), replace(
        policy, version="4", targets=shorter, response_target_s=policy.response_target_s // 10
    )


def main(leads: int) -> None:
    """Print the figures; exit with a sentence when the quick way is not quick enough, or says something else."""
    until = datetime(2026, 3, 11, 12, tzinfo=UTC)
    population = make_population(seed=7, until=until, leads=leads)
    account = HistoryAccount(population, OfficeHours(ZoneInfo(ZONE)))
    now = until + timedelta(minutes=1)
    with tempfile.TemporaryDirectory() as folder:
        urls = f"sqlite:///{folder}/store.sqlite", f"sqlite:///{folder}/inbox.sqlite"
        upgrade(*urls)
        with Stack(Path(folder), *urls, clock=lambda: now) as stack:
            database = stack.context.database
            agreed, shorter = versions(policy_of(population, ZONE))
            with database.write() as connection:
                install_id = make_install(connection, zone=ZONE, created_at=until - timedelta(days=400)).install_id
                put_policy(connection, install_id, agreed, until - timedelta(days=399))
                put_policy(connection, install_id, shorter, until + timedelta(days=99))
                listed = records(account, [lead.ref for lead in population.history.leads], until)
                timeline.store_records(connection, install_id, listed, until)
                worklist.mark_due(connection, install_id, [each.lead.lead_id for each in listed], until)
            lease = take_lease(stack.context, install_id, "benchmark")
            while audit_due(lease):
                pass

            def compare(connection: Connection, *, is_quick: bool) -> PolicyComparison:
                return compare_policies(connection, install_id, "3", "4", is_quick=is_quick)

            with database.read() as connection:
                quick_s, quick = best(lambda: compare(connection, is_quick=True))
                slow_s, slow = best(lambda: compare(connection, is_quick=False))
    print(
        f"{slow.leads} leads, {len(slow.changes)} answers would change: stored measures {quick_s * 1000:.1f} ms "
        f"({quick.judged_again} judged again), every case judged again {slow_s * 1000:.1f} ms, "
        f"1/{slow_s / quick_s:.0f}"
    )
    if quick.changes != slow.changes:
        sys.exit("The stored measures say something else than judging again.")
    if quick_s > slow_s * MOST_SHARE:
        sys.exit(f"The quick way takes more than 1/{1 / MOST_SHARE:.0f} of judging again.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 600)
