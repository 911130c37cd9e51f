"""What is kept from rule to rule is never that of another case, policy or instant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from audits.last_answer import keeps_last_answer
from audits.model.case import LeadCase
from audits.model.policy import Policy
from audits.timeline import attempts
from tests.factories import at, make_activity, make_case, make_lead, make_policy


def test_the_very_same_case_and_policy_are_counted_once() -> None:
    asked: list[tuple[LeadCase, Policy]] = []

    @keeps_last_answer
    def count(case: LeadCase, policy: Policy) -> int:
        asked.append((case, policy))
        return len(asked)

    case, policy = make_case(), make_policy()
    assert [count(case, policy), count(case, policy)] == [1, 1]
    assert count(replace(case), policy) == 2, "an equal case is another one"
    assert count(case, replace(policy)) == 3
    assert count(case, policy) == 4, "only the last answer is kept"


def test_what_is_raised_is_not_kept() -> None:
    answers = iter((ValueError("never"), 7))

    @keeps_last_answer
    def count(case: LeadCase, policy: Policy) -> int:
        found = next(answers)
        if isinstance(found, ValueError):
            raise found
        return found

    case, policy = make_case(), make_policy()
    with pytest.raises(ValueError, match="never"):
        count(case, policy)
    assert count(case, policy) == 7


def test_the_next_instant_of_a_lead_is_another_case() -> None:
    case = make_case(activities=(make_activity(occurred_at=at(5), recorded_at=at(-9)),))
    policy = make_policy()
    assert attempts(case, policy).sure == ()
    assert len(attempts(replace(case, as_of=at(6)), policy).sure) == 1
    assert attempts(case, policy).sure == ()


def test_threads_get_their_own_answers() -> None:
    policy = make_policy()
    cases = [make_case(make_lead(str(n)), activities=(make_activity(f"a{n}", str(n)),)) for n in range(8)]

    def ask(case: LeadCase) -> bool:
        return all(attempts(case, policy).sure[0].lead_id == case.lead.lead_id for _ in range(2000))

    with ThreadPoolExecutor(len(cases)) as pool:
        assert all(pool.map(ask, cases))
