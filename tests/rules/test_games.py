"""What somebody might do to his leads to look better, played on one untried lead: none of it pays.

A game pays when fewer rules are broken than without it, or when the score of the handling is higher, though nobody
turned to the lead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from audits.engine import LeadAudit, audit
from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition, StageChange, Task
from audits.model.case import LeadCase
from audits.model.finding import Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from tests.factories import NOW, at, make_activity, make_case, make_lead, make_policy

Game = Callable[[LeadCase], LeadCase]

RECEIVED_AT = at(days=-20)
#: When the game is played: before the first attempt is overdue.
PLAYED_AT = RECEIVED_AT + timedelta(minutes=12)
POLICY = make_policy(contacted_statuses=("Contacted",), waiting_statuses=("Waiting",))


def untried() -> LeadCase:
    """A lead of three weeks ago, to which nobody ever turned."""
    lead = make_lead(received_at=RECEIVED_AT, phone="+49 30 901820", last_name="Lovelace")
    return make_case(lead, as_of=NOW)


def closed(case: LeadCase, status: LeadStatus, raw_status: str) -> LeadCase:
    lead = replace(case.lead, status=status, raw_status=raw_status, closed_at=PLAYED_AT)
    return replace(case, lead=lead, stage_changes=(changed(raw_status),))


def changed(raw_status: str) -> StageChange:
    return StageChange(lead_id="1", occurred_at=PLAYED_AT, field="status", raw_status=raw_status)


def discard(case: LeadCase) -> LeadCase:
    """Discards it: no clock runs any more."""
    return closed(case, LeadStatus.DISCARDED, "Unqualified")


def lose(case: LeadCase) -> LeadCase:
    """Closes it as lost."""
    return closed(case, LeadStatus.LOST, "No interest")


def call_it_unreachable(case: LeadCase) -> LeadCase:
    """Says that nobody answered, though nobody rang."""
    return closed(case, LeadStatus.DISCARDED, "Unreachable")


def flip_the_status(case: LeadCase) -> LeadCase:
    """Says that it was contacted."""
    return replace(case, stage_changes=(changed("Contacted"),))


def park(case: LeadCase) -> LeadCase:
    """Waits for a lead that was told nothing."""
    return replace(case, stage_changes=(changed("Waiting"),))


def edit(case: LeadCase) -> LeadCase:
    """Corrects a field day after day."""
    return replace(case, lead=replace(case.lead, modified_at=at(hours=-1)))


def tick(case: LeadCase) -> LeadCase:
    """Ticks off a task."""
    done = Task(task_id="t", lead_id="1", recorded_at=PLAYED_AT, is_done=True, completed_at=PLAYED_AT)
    return replace(case, tasks=(done,))


def call_for_a_second(case: LeadCase) -> LeadCase:
    """Logs a conversation of two seconds."""
    return replace(case, activities=(short_call(),))


def call_for_a_second_and_discard(case: LeadCase) -> LeadCase:
    """… and then discards it."""
    return discard(call_for_a_second(case))


def note_and_discard(case: LeadCase) -> LeadCase:
    """Writes down what it wishes were so, and discards it."""
    note = make_activity(
        "note", kind=ActivityKind.NOTE, occurred_at=PLAYED_AT - timedelta(minutes=1), text="Not serious."
    )
    return discard(replace(case, activities=(note,)))


def short_call() -> Activity:
    return make_activity(
        "short",
        occurred_at=PLAYED_AT - timedelta(minutes=2),
        disposition=Disposition.CONNECTED,
        duration_s=2,
        direction=Direction.OUTBOUND,
        state=ActivityState.DONE,
    )


GAMES: tuple[Game, ...] = (
    discard,
    lose,
    call_it_unreachable,
    flip_the_status,
    park,
    edit,
    tick,
    call_for_a_second,
    call_for_a_second_and_discard,
    note_and_discard,
)
#: Of these a rule says by name what was played, not only what was left undone.
NAMED = {
    discard: "AG007",
    lose: "AG007",
    call_it_unreachable: "AG007",
    call_for_a_second_and_discard: "AG007",
    note_and_discard: "AG007",
    flip_the_status: "AG001",
    park: "AG004",
    edit: "AG005",
    call_for_a_second: "AG002",
}


def broken(found: LeadAudit) -> set[str]:
    return {each.rule_id for each in found.findings if each.outcome is Outcome.BREACH}


def played(game: Game, policy: Policy = POLICY) -> LeadAudit:
    return audit(game(untried()), policy)


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.__name__)
def test_no_game_raises_the_score(game: Game) -> None:
    honest = audit(untried(), POLICY)
    assert honest.handling.value == 0
    assert played(game).handling.value == 0


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.__name__)
def test_no_game_is_passed_over(game: Game) -> None:
    found = broken(played(game))
    assert found, "nothing is broken any more"
    if game in NAMED:
        assert NAMED[game] in found


@pytest.mark.parametrize("game", [discard, lose, call_it_unreachable], ids=lambda game: game.__name__)
def test_one_closing_is_broken_once(game: Game) -> None:
    """AG007 judges who never tried, FU005 who gave up after too little: never both."""
    assert not {"FU005", "FU001", "NC001", "NC002"} & broken(played(game))
    tried = game(replace(untried(), activities=(make_activity(occurred_at=PLAYED_AT - timedelta(minutes=2)),)))
    found = broken(audit(tried, POLICY))
    assert "AG007" not in found
    assert "FU005" in found


def test_a_made_up_cause_is_no_breach_and_no_pass() -> None:
    """Nobody is accused of what the record cannot show, and nobody is cleared by it either."""
    found = audit(closed(untried(), LeadStatus.DISCARDED, "Duplicate"), POLICY)
    by_id = {each.rule_id: each.outcome for each in found.findings}
    assert by_id["AG007"] is Outcome.NOT_EVALUATED
    assert found.handling.value is None


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.__name__)
def test_no_finding_keeps_what_the_lead_wrote(game: Game) -> None:
    """Findings stay for good, and texts only for as long as is agreed."""
    written = "Could you put the panels on my grandmother's barn?"
    case = untried()
    found = audit(game(replace(case, lead=replace(case.lead, message=written))), POLICY)
    for finding in found.findings:
        assert written not in finding.sentence
        assert all(written != each.value for each in finding.evidence), finding.rule_id
