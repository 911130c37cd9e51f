"""What another policy would change: the quick way by stored measures equals judging every case again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from audits.model.policy import DEFAULT_TARGETS, Policy
from connector.errors import ConfigError
from connector.reporting.comparing import PolicyComparison, compare_policies
from connector.storage import policies
from tests.factories import at, make_calendar
from tests.reports.account import ZONE, Account

QUICK: dict[str, dict[str, Any]] = {
    "another promise for all": {"targets": (), "response_target_s": 2 * 3600},
    "a longer promise": {"targets": tuple(replace(each, due_s=each.due_s * 3) for each in DEFAULT_TARGETS)},
    "an earlier call": {"never_called_after_s": 3600},
    "a longer silence": {"silent_after_s": 90 * 3600},
    "a shorter gap": {"max_gap_s": 3600},
    "a later re-contact": {"recontact_after_s": 60 * 3600},
    "another vendor": {"vendor_limit_s": 1},
    "a quicker assignment": {"assignment_target_s": 60},
}
SLOW: dict[str, dict[str, Any]] = {
    "more calls": {"cadence": replace(Policy(version="1", calendar=make_calendar(ZONE)).cadence, calls=9, emails=0)},
    "other calls count": {"min_conversation_s": 4},
    "other hours": {"calendar": make_calendar(ZONE, 6, 22)},
}


def compared(account: Account, terms: dict[str, Any]) -> tuple[PolicyComparison, PolicyComparison]:
    with account.context.database.write() as conn:
        held = policies.policy_as_of(conn, account.install_id, account.now)
        policies.put_policy(conn, account.install_id, replace(held, version="9", **terms), at(days=90))
    with account.context.database.read() as conn:
        quick = compare_policies(conn, account.install_id, held.version, "v9")
        slow = compare_policies(conn, account.install_id, held.version, "9", is_quick=False)
    return quick, slow


@pytest.mark.parametrize("terms", [*QUICK.values(), *SLOW.values()], ids=[*QUICK, *SLOW])
def test_the_quick_way_says_what_judging_again_says(account: Account, terms: dict[str, Any]) -> None:
    quick, slow = compared(account, terms)
    assert quick.changes == slow.changes
    assert quick.fields == slow.fields == tuple(sorted(terms))
    assert quick.leads == slow.leads == slow.judged_again == 90
    assert quick.changes


def test_measures_alone_answer_most(account: Account) -> None:
    quick, _ = compared(account, QUICK["a longer promise"])
    assert quick.rules == ("RT001", "RT002")
    # The drawn leads leave much unknown on purpose; of those that leave nothing unknown, none is judged again.
    assert quick.judged_again < quick.leads
    assert {each.rule_id for each in quick.changes} <= {"RT001", "RT002"}
    assert sum(n for *_, n in quick.counts()) == len(quick.changes)


def test_equal_policies_change_nothing_and_unknown_ones_are_named(account: Account) -> None:
    quick, slow = compared(account, {})
    assert (quick.fields, quick.rules, quick.changes, quick.judged_again) == ((), (), (), 0)
    assert slow.changes == ()
    with account.context.database.read() as conn, pytest.raises(ConfigError, match="no policy version 'v77'"):
        compare_policies(conn, account.install_id, "9", "v77")
