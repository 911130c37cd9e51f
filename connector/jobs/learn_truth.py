"""Learn once a day how far lead truth can be believed here, and have judged again what that changes."""

from __future__ import annotations

from sqlalchemy import Connection

from audits.class_rule import RULE_OF_CLASS
from audits.model.truth import Learned
from audits.truth.calibration import brier
from audits.truth.experience import Experience, brier_learned, lesson_of
from audits.truth.judgement import AS_SHIPPED
from connector.jobs import daily
from connector.jobs.context import Lease
from connector.storage import lessons, outcomes, policies, worklist
from connector.storage.lessons import Grounds

NAME = "truth"
#: A lead is judged again where it would be shown another percentage.
_SHOWN = 100


def learn_truth(lease: Lease) -> bool:
    """Learn anew when a day has passed and an outcome came since. Returns whether it did.

    Open leads are judged again where their probability becomes another in per cent, or where the rule that spoke of
    them is demoted or back in force.
    """
    context, install_id = lease.context, lease.install_id
    now = context.clock()
    with context.database.read() as connection:
        if not daily.is_due(connection, install_id, NAME, now, outcomes.last_noted_at):
            return False
        before = lessons.lesson_at(connection, install_id, now) or AS_SHIPPED
        experience = Experience.of(outcomes.count_noted(connection, install_id))
        lesson = lesson_of(experience, before)
        policy = policies.policy_as_of(connection, install_id, now)
        thresholds = (policy.suspect_percent, policy.pseudo_percent)
        due = changed_leads(connection, install_id, before, lesson, thresholds) if lesson != before else set()
    with lease.commit() as connection:
        lessons.put_lesson(connection, install_id, lesson, grounds_of(experience), now)
        worklist.mark_beside(connection, install_id, due, now)
        daily.note_lesson(connection, install_id, NAME, len(experience.outcomes), now)
    return True


def grounds_of(experience: Experience) -> Grounds:
    """What a lesson was learned from."""
    held = experience.outcomes
    return Grounds(
        outcomes=len(held),
        pseudo=sum(each.was_pseudo for each in held),
        brier_shipped=round(brier(held), 6) if held else None,
        brier_learned=None if (score := brier_learned(held)) is None else round(score, 6),
    )


def changed_leads(
    connection: Connection, install_id: str, before: Learned, after: Learned, thresholds: tuple[int, ...]
) -> set[str]:
    """Open leads whose verdict may be another by `after`: a percentage that is shown changes, one of `thresholds` (in
    per cent) is crossed, or a rule that spoke is demoted or back in force."""
    rules = {RULE_OF_CLASS[each] for each in {*before.weak} ^ {*after.weak}}

    def moves(said: float) -> bool:
        was, now = before.of(said) * _SHOWN, after.of(said) * _SHOWN
        return round(was) != round(now) or any((was >= edge) != (now >= edge) for edge in thresholds)

    return {
        lead_id
        for lead_id, said, spoke in outcomes.open_leads_said(connection, install_id)
        if moves(said) or not rules.isdisjoint(spoke)
    }
