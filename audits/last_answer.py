"""One answer kept: forty rules ask the same of one case, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from audits.model.case import LeadCase
from audits.model.policy import Policy

AnswerT = TypeVar("AnswerT")


def keeps_last_answer(
    function: Callable[[LeadCase, Policy], AnswerT],
) -> Callable[[LeadCase, Policy], AnswerT]:
    """`function` asked again of the very same case and policy gives the very same answer without counting anew.

    Neither ever changes, so this shows in nothing but the time it takes; what is raised is raised anew. The answer
    must be one that nobody can change. Of two threads that ask at once each gets its own.
    """
    kept: tuple[LeadCase, Policy, AnswerT] | None = None

    @wraps(function)
    def answer(case: LeadCase, policy: Policy) -> AnswerT:
        nonlocal kept
        # Read once: another thread may put its own in this place meanwhile.
        last = kept
        if last is not None and last[0] is case and last[1] is policy:
            return last[2]
        found = function(case, policy)
        kept = (case, policy, found)
        return found

    return answer
