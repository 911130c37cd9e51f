"""What it costs to judge one lead by all rules, beside the same with nothing kept from rule to rule, in one run.

    python benchmarks/audit.py [leads]

The leads are those of the demo's account, as cases: nothing is read or written. Both are timed in turns, and the best
of the turns counts. The ratio compares machines; it fails when keeping answers does not pay. Beside them what the
judgement of the lead itself costs: what it is, and how far that is verified, on cases that no rule has looked at.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1]))

from audits.engine import audit
from audits.model.case import LeadCase
from audits.model.policy import Policy
from audits.rulebook import RULES
from audits.truth.ladder import ladder
from audits.truth.of_case import judgement_of, known_of
from connector.sandbox.office_hours import OfficeHours
from connector.sandbox.population import ZONE, make_population
from tests.demo.history_cases import HistoryAccount, policy_of

ROUNDS = 5
LEAST_RATIO = 1.1


def judged(cases: Sequence[LeadCase], policy: Policy) -> float:
    """Seconds of CPU time for all cases by all rules, one after the other on the same case."""
    begun = time.process_time()
    for case in cases:
        for rule in RULES:
            rule.evaluate(case, policy)
    return time.process_time() - begun


def judged_anew(copies: Sequence[Sequence[LeadCase]], policy: Policy) -> float:
    """The same, each rule on an equal case of its own."""
    begun = time.process_time()
    for own in copies:
        for rule, case in zip(RULES, own, strict=True):
            rule.evaluate(case, policy)
    return time.process_time() - begun


def truths(cases: Sequence[LeadCase], policy: Policy) -> float:
    """Seconds of CPU time for what each lead is, and how far that is verified."""
    begun = time.process_time()
    for case in cases:
        ladder(case, policy, judgement_of(case, policy), known_of(case, policy))
    return time.process_time() - begun


def main(leads: int) -> None:
    """Print the figures; exit with a sentence when the ratio is too small."""
    population = make_population(seed=7, until=datetime(2026, 3, 11, 12, tzinfo=UTC), leads=leads)
    policy = policy_of(population, ZONE)
    account = HistoryAccount(population, OfficeHours(ZoneInfo(ZONE)))
    cases = [account.case(lead.ref, population.history.until) for lead in population.history.leads]
    acts = sum(len(case.activities) for case in cases)
    copies = [[replace(case) for _ in RULES] for case in cases]
    if [audit(case, policy) for case in cases] != [audit(replace(case), policy) for case in cases]:
        raise SystemExit("a case and its copy were not judged alike")
    gc.collect()
    gc.disable()
    turns = [(judged(cases, policy), judged_anew(copies, policy)) for _ in range(ROUNDS)]
    kept, anew = min(each[0] for each in turns), min(each[1] for each in turns)
    print(f"{len(cases)} leads, {acts / len(cases):.1f} acts each, {len(RULES)} rules")
    print(f"all rules on one lead      {kept / len(cases) * 1e6:8.0f} us")
    print(f"nothing kept between rules {anew / len(cases) * 1e6:8.0f} us, {anew / kept:.2f} times as long")
    truth = min(truths([replace(case) for case in cases], policy) for _ in range(ROUNDS))
    print(f"what the lead is           {truth / len(cases) * 1e6:8.0f} us")
    if anew < LEAST_RATIO * kept:
        raise SystemExit(f"keeping answers from rule to rule saves less than expected ({LEAST_RATIO} times)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
