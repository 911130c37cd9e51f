"""Contests: what somebody said against a finding, and what was decided. Rows are never deleted but with their lead.

A contest is about one finding, on a lead or on a person. It goes on to stand for what the rule says of them as long
as that is the same: same outcome, same reason, same evidence, under whatever version of the policy. Once the rule
says something else, the contest is history, and the new finding can be contested anew. Persons are judged once a
week: the newest period that was judged tells what the rule says.

Of the contests on one finding the newest holds. Taking back a decision leaves its row and opens a new one, so that
who decided what, and when, stays readable.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.finding import Finding, Outcome
from connector.storage.findings import finding_from_row
from connector.storage.owner_cases import newest_period, owner_finding_from_row
from connector.storage.statements import portions
from connector.storage.tables import contests, current_findings, findings, lead_audits, owner_findings

#: A sentence is asked for, not a letter.
LONGEST_WHY = 500
#: The rules that judge the promise of the first attempt.
PROMISE_RULES = ("RT001", "RT002")


class Decision(StrEnum):
    """What became of a contest. SET_ASIDE: whoever contested was right; the finding no longer counts against him."""

    UPHELD = "upheld"
    SET_ASIDE = "set_aside"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One contest. `opened_by` and `decided_by` are user ids; times aware UTC. `decision` None = waits for one.

    It is about the lead `lead_id`, or, where that is "", about the person `owner_id`. `is_present`: the rule still
    says the very same of them.
    """

    contest_id: str
    lead_id: str
    owner_id: str
    rule_id: str
    fingerprint: str
    why: str
    opened_by: str
    opened_at: datetime
    decision: Decision | None
    decided_by: str | None
    decision_note: str
    decided_at: datetime | None
    is_present: bool

    @property
    def is_open(self) -> bool:
        """Whether somebody has yet to decide."""
        return self.decision is None

    @property
    def is_marked(self) -> bool:
        """Whether what the rule says now is printed with a mark: somebody contests it, or it was decided."""
        return self.is_present and self.decision is not Decision.WITHDRAWN

    @property
    def about(self) -> tuple[str, str]:
        """Lead id and owner id, of which one is "": whom the finding speaks of."""
        return self.lead_id, self.owner_id


def open_contest(
    conn: Connection, install_id: str, fingerprint: str, *, why: str, user_id: str, at: datetime
) -> Contest | None:
    """Contest what a rule says now. None when that is no breach that stands, or was contested already."""
    row = conn.execute(
        sa.select(findings.c.lead_id, findings.c.rule_id)
        .select_from(_current())
        .where(
            findings.c.install_id == install_id,
            findings.c.fingerprint == fingerprint,
            findings.c.outcome == Outcome.BREACH.value,
        )
    ).one_or_none()
    if row is None:
        return None
    standing = standing_of(conn, install_id, [row.lead_id]).get((row.lead_id, row.rule_id))
    if standing is not None and standing.is_present and standing.decision is not Decision.WITHDRAWN:
        return None
    return _open(conn, install_id, (row.lead_id, ""), row.rule_id, fingerprint, why=why, user_id=user_id, at=at)


def open_contest_of_owner(
    conn: Connection, install_id: str, fingerprint: str, *, why: str, user_id: str, at: datetime
) -> Contest | None:
    """Contest what a rule says of a person's newest period. None when that is no breach, or was contested already."""
    row = conn.execute(
        sa.select(owner_findings.c.owner_id, owner_findings.c.rule_id).where(
            owner_findings.c.install_id == install_id,
            owner_findings.c.fingerprint == fingerprint,
            owner_findings.c.outcome == Outcome.BREACH.value,
            owner_findings.c.as_of == newest_period(install_id),
        )
    ).one_or_none()
    if row is None:
        return None
    standing = standing_of_owners(conn, install_id, [row.owner_id]).get((row.owner_id, row.rule_id))
    if standing is not None and standing.is_present and standing.decision is not Decision.WITHDRAWN:
        return None
    return _open(conn, install_id, ("", row.owner_id), row.rule_id, fingerprint, why=why, user_id=user_id, at=at)


def decide(
    conn: Connection, install_id: str, contest_id: str, decision: Decision, *, note: str, user_id: str, at: datetime
) -> bool:
    """Decide a contest, or withdraw it. False when it is unknown or was decided already: the first answer stands."""
    done = conn.execute(
        sa.update(contests)
        .where(
            contests.c.install_id == install_id, contests.c.contest_id == contest_id, contests.c.decided_at.is_(None)
        )
        .values(decision=decision.value, decided_by=user_id, decision_note=note, decided_at=at)
    )
    return done.rowcount == 1


def reopen(conn: Connection, install_id: str, contest_id: str, *, at: datetime) -> Contest | None:
    """Take a decision back: a new contest waits, with the same reason of the same person. None when it is unknown,
    was not decided, or is not the newest on its finding."""
    found = find_contest(conn, install_id, contest_id)
    if found is None or found.is_open:
        return None
    newest = _history(conn, install_id, contests.c.fingerprint == found.fingerprint)[-1]
    if newest.contest_id != contest_id:
        return None
    return _open(
        conn,
        install_id,
        found.about,
        found.rule_id,
        found.fingerprint,
        why=found.why,
        user_id=found.opened_by,
        # The newest by its time, whatever the clock of whoever reopens says.
        at=max(at, found.opened_at + timedelta(microseconds=1)),
    )


def find_contest(conn: Connection, install_id: str, contest_id: str) -> Contest | None:
    """One contest."""
    found = _history(conn, install_id, contests.c.contest_id == contest_id)
    return found[0] if found else None


def list_contests(conn: Connection, install_id: str, lead_id: str) -> list[Contest]:
    """All contests of a lead, the oldest first."""
    return _history(conn, install_id, contests.c.lead_id == lead_id)


def list_open(conn: Connection, install_id: str, limit: int = 100) -> list[Contest]:
    """Contests that wait for a decision, the oldest first."""
    return _history(conn, install_id, contests.c.decided_at.is_(None), limit=limit)


def list_decided(conn: Connection, install_id: str, limit: int = 50) -> list[Contest]:
    """Contests that were decided or withdrawn, the latest first."""
    rows = conn.execute(
        _query(install_id)
        .where(contests.c.decided_at.is_not(None))
        .order_by(contests.c.decided_at.desc(), contests.c.contest_id)
        .limit(limit)
    )
    return [_contest(row) for row in rows]


def count_open(conn: Connection, install_id: str) -> int:
    """How many contests wait for a decision."""
    return int(
        conn.execute(
            sa.select(sa.func.count()).where(contests.c.install_id == install_id, contests.c.decided_at.is_(None))
        ).scalar_one()
    )


def standing_of(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[tuple[str, str], Contest]:
    """(lead id, rule id) → the newest contest, for the leads of `lead_ids` that have one."""
    found: dict[tuple[str, str], Contest] = {}
    # "" stands for no lead, in contests on persons.
    for portion in portions(sorted(set(lead_ids) - {""})):
        for contest in _history(conn, install_id, contests.c.lead_id.in_(portion)):
            found[contest.lead_id, contest.rule_id] = contest
    return found


def standing_of_owners(
    conn: Connection, install_id: str, owner_ids: Collection[str]
) -> dict[tuple[str, str], Contest]:
    """(owner id, rule id) → the newest contest on what was said of a person, for those of `owner_ids` with one."""
    found: dict[tuple[str, str], Contest] = {}
    for portion in portions(sorted(set(owner_ids))):
        for contest in _history(conn, install_id, contests.c.owner_id.in_(portion)):
            found[contest.owner_id, contest.rule_id] = contest
    return found


def contested_leads(conn: Connection, install_id: str, as_of: datetime) -> frozenset[str]:
    """Leads of which a finding that still stands was contested, and not decided, at `as_of` (aware UTC)."""
    waiting = (
        contests.c.lead_id != "",
        contests.c.opened_at <= as_of,
        sa.or_(contests.c.decided_at.is_(None), contests.c.decided_at > as_of),
    )
    return frozenset(each.lead_id for each in _history(conn, install_id, sa.and_(*waiting)) if each.is_present)


def findings_of(conn: Connection, install_id: str, fingerprints: Iterable[str]) -> dict[str, Finding]:
    """Fingerprint → the finding on a lead or a person as it was said."""
    found: dict[str, Finding] = {}
    for portion in portions(sorted(set(fingerprints))):
        rows = conn.execute(
            sa.select(findings).where(findings.c.install_id == install_id, findings.c.fingerprint.in_(portion))
        )
        found.update({row.fingerprint: finding_from_row(row) for row in rows})
        persons = conn.execute(
            sa.select(owner_findings)
            .where(owner_findings.c.install_id == install_id, owner_findings.c.fingerprint.in_(portion))
            # Two weeks may say the very same: the newest is shown.
            .order_by(owner_findings.c.as_of)
        )
        found.update({row.fingerprint: owner_finding_from_row(row) for row in persons})
    return found


def findings_on(
    conn: Connection, install_id: str, owner_id: str, limit: int = 200, *, set_aside: bool = False
) -> tuple[list[tuple[str, Finding]], int]:
    """Every breach that is said now of what this owner held and counts against him, or, with `set_aside`, no longer
    does: (fingerprint, finding), the newest lead first, and how many there are in all."""
    is_aside = is_set_aside(install_id)
    query = (
        sa.select(findings)
        .select_from(
            _current().outerjoin(
                lead_audits,
                sa.and_(lead_audits.c.install_id == install_id, lead_audits.c.lead_id == findings.c.lead_id),
            )
        )
        .where(
            findings.c.install_id == install_id,
            findings.c.owner_id == owner_id,
            findings.c.outcome == Outcome.BREACH.value,
            is_aside if set_aside else ~is_aside,
        )
    )
    total = int(conn.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one())
    rows = conn.execute(
        query.order_by(lead_audits.c.received_at.desc(), findings.c.rule_id, findings.c.lead_id).limit(limit)
    )
    return [(row.fingerprint, finding_from_row(row)) for row in rows], total


def promises_set_aside(conn: Connection, install_id: str, as_of: datetime) -> frozenset[str]:
    """Leads of whose first attempt a finding was set aside, as it stood at `as_of` (aware UTC): nobody is charged
    with their promise. Rows are never changed after their decision, so that the answer stays the same for ever."""
    rows = conn.execute(
        sa.select(contests)
        .where(
            contests.c.install_id == install_id,
            contests.c.rule_id.in_(PROMISE_RULES),
            contests.c.opened_at <= as_of,
        )
        .order_by(contests.c.opened_at, contests.c.contest_id)
    )
    newest = {(row.lead_id, row.rule_id): row for row in rows}
    return frozenset(
        lead_id
        for (lead_id, _), row in newest.items()
        if row.decision == Decision.SET_ASIDE.value and row.decided_at is not None and row.decided_at <= as_of
    )


def is_promise_set_aside(install_id: str) -> sa.ColumnElement[bool]:
    """Whether nobody is charged with the promise of the lead of a query over `lead_audits`; see
    `promises_set_aside`."""
    return sa.exists().where(
        contests.c.install_id == install_id,
        contests.c.lead_id == lead_audits.c.lead_id,
        contests.c.rule_id.in_(PROMISE_RULES),
        contests.c.decision == Decision.SET_ASIDE.value,
        _is_newest(install_id),
    )


def is_set_aside(install_id: str) -> sa.ColumnElement[bool]:
    """Whether the current finding of a query over `findings` was set aside: the condition that a count leaves out."""
    about = findings.alias("contested_findings")
    return sa.exists().where(
        contests.c.install_id == install_id,
        contests.c.lead_id == findings.c.lead_id,
        contests.c.rule_id == findings.c.rule_id,
        contests.c.decision == Decision.SET_ASIDE.value,
        about.c.install_id == install_id,
        about.c.fingerprint == contests.c.fingerprint,
        _says_the_same(about, findings),
        _is_newest(install_id),
    )


def _is_newest(install_id: str) -> sa.ColumnElement[bool]:
    later = contests.alias("later_contests")
    return ~sa.exists().where(
        later.c.install_id == install_id,
        later.c.lead_id == contests.c.lead_id,
        later.c.rule_id == contests.c.rule_id,
        sa.or_(
            later.c.opened_at > contests.c.opened_at,
            sa.and_(later.c.opened_at == contests.c.opened_at, later.c.contest_id > contests.c.contest_id),
        ),
    )


def _open(
    conn: Connection,
    install_id: str,
    about: tuple[str, str],
    rule_id: str,
    fingerprint: str,
    *,
    why: str,
    user_id: str,
    at: datetime,
) -> Contest:
    lead_id, owner_id = about
    # Ids grow with time, so that contests of one instant have an order too.
    contest_id = f"{int(at.timestamp() * 1_000_000):020d}-{secrets.token_hex(6)}"
    conn.execute(
        sa.insert(contests).values(
            install_id=install_id,
            contest_id=contest_id,
            lead_id=lead_id,
            owner_id=owner_id or None,
            rule_id=rule_id,
            fingerprint=fingerprint,
            why=why[:LONGEST_WHY],
            opened_by=user_id,
            opened_at=at,
        )
    )
    (made,) = _history(conn, install_id, contests.c.contest_id == contest_id)
    return made


def _current() -> sa.FromClause:
    return findings.join(
        current_findings,
        sa.and_(
            current_findings.c.install_id == findings.c.install_id,
            current_findings.c.fingerprint == findings.c.fingerprint,
            current_findings.c.lead_id == findings.c.lead_id,
            current_findings.c.rule_id == findings.c.rule_id,
        ),
    )


def _says_the_same(one: sa.FromClause, other: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.and_(
        one.c.outcome == other.c.outcome, one.c.reason == other.c.reason, one.c.evidence == other.c.evidence
    )


def _query(install_id: str) -> sa.Select[Any]:
    about, now = findings.alias("about"), findings.alias("now")
    is_present = sa.exists().where(
        about.c.install_id == install_id,
        about.c.fingerprint == contests.c.fingerprint,
        current_findings.c.install_id == install_id,
        current_findings.c.lead_id == contests.c.lead_id,
        current_findings.c.rule_id == contests.c.rule_id,
        now.c.install_id == install_id,
        now.c.fingerprint == current_findings.c.fingerprint,
        _says_the_same(about, now),
    )
    is_said = sa.or_(sa.and_(contests.c.lead_id != "", is_present), _is_said_of_owner(install_id))
    return sa.select(contests, is_said.label("is_present")).where(contests.c.install_id == install_id)


def _is_said_of_owner(install_id: str) -> sa.ColumnElement[bool]:
    """Whether the newest period of the person says the very same as the finding that was contested."""
    about, now = owner_findings.alias("about_owner"), owner_findings.alias("now_of_owner")
    return sa.exists().where(
        about.c.install_id == install_id,
        about.c.owner_id == contests.c.owner_id,
        about.c.fingerprint == contests.c.fingerprint,
        now.c.install_id == install_id,
        now.c.owner_id == contests.c.owner_id,
        now.c.rule_id == contests.c.rule_id,
        now.c.as_of == newest_period(install_id),
        _says_the_same(about, now),
    )


def _history(
    conn: Connection, install_id: str, which: sa.ColumnElement[bool], limit: int | None = None
) -> list[Contest]:
    query = _query(install_id).where(which).order_by(contests.c.opened_at, contests.c.contest_id)
    return [_contest(row) for row in conn.execute(query.limit(limit) if limit is not None else query)]


def _contest(row: sa.Row[Any]) -> Contest:
    return Contest(
        contest_id=row.contest_id,
        lead_id=row.lead_id,
        owner_id=row.owner_id or "",
        rule_id=row.rule_id,
        fingerprint=row.fingerprint,
        why=row.why,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        decision=None if row.decision is None else Decision(row.decision),
        decided_by=row.decided_by,
        decision_note=row.decision_note,
        decided_at=row.decided_at,
        is_present=bool(row.is_present),
    )
