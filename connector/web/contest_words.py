"""Contests as a page shows them: what was said against a finding, what was decided, and what the viewer may do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from audits.model.finding import Finding, Outcome
from connector.storage import people
from connector.storage.contests import Contest, Decision
from connector.storage.people import Role
from connector.web.access import Viewer
from connector.web.texts import t


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestShown:
    """One contest. `label` and `tone`: its state as a tag. `decided_by` "" = nobody yet."""

    contest_id: str
    label: str
    tone: str
    why: str
    opened_by: str
    opened_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str
    is_present: bool
    can_withdraw: bool
    can_decide: bool
    can_reopen: bool
    hint: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The state of a contest as a tag beside what was contested."""

    label: str
    tone: str


def mark_of(contest: Contest | None) -> Mark | None:
    """The mark of a finding that was contested; None for one that was not."""
    return None if contest is None else Mark(state_label(contest), state_tone(contest))


def may_contest(me: Viewer, finding: Finding, holder_id: str | None) -> bool:
    """Whether the viewer may say that the finding is wrong: a manager always; a rep when it is about him, or about a
    lead that he holds (`holder_id`)."""
    if finding.outcome is not Outcome.BREACH:
        return False
    own = me.user.owner_id
    return me.is_manager or (own is not None and own in (finding.owner_id, holder_id))


def may_decide(me: Viewer, contest: Contest, finding: Finding | None, deciders: Collection[str]) -> bool:
    """Whether the viewer may decide: a manager, but not on what he contested himself or what is said of himself,
    unless there is nobody else. `deciders`: user ids of all managers."""
    if not me.is_manager:
        return False
    own = me.user.owner_id
    is_his = contest.opened_by == me.user.user_id or (
        finding is not None and own is not None and finding.owner_id == own
    )
    return not is_his or not set(deciders) - {me.user.user_id}


def deciders_of(conn: Connection, install_id: str) -> frozenset[str]:
    """User ids of those who may decide contests."""
    return frozenset(
        user.user_id
        for user in people.list_users(conn, install_id)
        if user.role in (Role.ADMIN, Role.HEAD_OF_SALES) and user.disabled_at is None
    )


def user_names(conn: Connection, install_id: str) -> dict[str, str]:
    """User id → name."""
    return {user.user_id: user.name or user.email for user in people.list_users(conn, install_id)}


def shown(
    contest: Contest, me: Viewer, finding: Finding | None, deciders: Collection[str], names: Mapping[str, str]
) -> ContestShown:
    """The contest for this viewer. `names`: user id → name."""
    decides = may_decide(me, contest, finding, deciders)
    somebody = t("somebody who is gone")
    return ContestShown(
        contest_id=contest.contest_id,
        label=state_label(contest),
        tone=state_tone(contest),
        why=contest.why,
        opened_by=names.get(contest.opened_by, somebody),
        opened_at=contest.opened_at,
        decided_by=names.get(contest.decided_by, somebody) if contest.decided_by else "",
        decided_at=contest.decided_at,
        note=contest.decision_note,
        is_present=contest.is_present,
        can_withdraw=contest.is_open and contest.opened_by == me.user.user_id,
        can_decide=contest.is_open and decides,
        can_reopen=contest.decision in (Decision.UPHELD, Decision.SET_ASIDE) and decides,
        hint=(
            t("It is yours or about you: somebody else decides.")
            if contest.is_open and me.is_manager and not decides
            else ""
        ),
    )


def state_label(contest: Contest) -> str:
    """The state in a word or two."""
    match contest.decision:
        case None:
            return t("Contested")
        case Decision.UPHELD:
            return t("Contested, upheld")
        case Decision.SET_ASIDE:
            return t("Set aside")
        case Decision.WITHDRAWN:
            return t("Contest withdrawn")


def state_word(contest: Contest | None) -> str:
    """The state for a program: "contested" while it waits, else the decision; "" = not contested."""
    return "" if contest is None else "contested" if contest.decision is None else contest.decision.value


def state_tone(contest: Contest) -> str:
    """The tone of the state."""
    return {None: "warn", Decision.SET_ASIDE: "good"}.get(contest.decision, "quiet")
