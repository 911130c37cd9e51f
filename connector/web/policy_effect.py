"""What another policy would have said of the newest leads: judged again in memory, nothing is stored."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.engine import audit
from audits.model.case import LeadCase
from audits.model.finding import Outcome
from audits.model.policy import Policy
from audits.model.surroundings import Surroundings
from connector.storage import timeline
from connector.storage.installs import Install
from connector.storage.policies import PolicyBook, PolicyVersion
from connector.storage.surroundings import surroundings_of
from connector.storage.tables import leads

#: Leads of so many days are looked at, the newest first, until the time is up: somebody waits for the page.
DAYS = 30
PATIENCE_S = 4.0
_BATCH = 50
_NAMED = 20


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """One rule: breaches as agreed then, and as they would have been."""

    rule_id: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class LeadEffect:
    """A lead that would be judged otherwise. `name` "" = unknown. `rule_ids`: by which rules."""

    lead_id: str
    name: str
    rule_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """`judged` of `leads` leads were judged again, the newest ones; `otherwise` of them with another outcome.

    `rules`: those with another count of breaches, or other outcomes. `named`: the newest such leads.
    """

    leads: int
    judged: int
    otherwise: int
    rules: tuple[RuleEffect, ...]
    named: tuple[LeadEffect, ...]


def effect_of(
    conn: Connection, install: Install, proposed: Policy, now: datetime, patience_s: float = PATIENCE_S
) -> Effect:
    """What `proposed` would have said of the leads of the last DAYS days, had it been agreed when they came."""
    ends_at = time.monotonic() + patience_s
    install_id = install.install_id
    agreed = PolicyBook.load(conn, install_id)
    instead = PolicyBook(
        [PolicyVersion(policy=proposed, position=1, valid_from=now - timedelta(days=36_500), valid_to=None)]
    )
    wanted = list(
        conn.execute(
            sa.select(leads.c.lead_id)
            .where(
                leads.c.install_id == install_id,
                leads.c.received_at >= now - timedelta(days=DAYS),
                leads.c.received_at <= now,
                leads.c.gone_at.is_(None),
            )
            .order_by(leads.c.received_at.desc(), leads.c.lead_id)
        ).scalars()
    )
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    touched: set[str] = set()
    named: list[LeadEffect] = []
    judged = otherwise = 0
    for start in range(0, len(wanted), _BATCH):
        if time.monotonic() > ends_at:
            break
        ids = wanted[start : start + _BATCH]
        old = _outcomes(conn, install, ids, now, agreed)
        new = _outcomes(conn, install, ids, now, instead)
        for lead_id in ids:
            if lead_id not in old or lead_id not in new:
                continue
            judged += 1
            name, was = old[lead_id]
            _, would_be = new[lead_id]
            differing = tuple(rule_id for rule_id in was if was[rule_id] is not would_be[rule_id])
            for rule_id in was:
                before[rule_id] = before.get(rule_id, 0) + (was[rule_id] is Outcome.BREACH)
                after[rule_id] = after.get(rule_id, 0) + (would_be[rule_id] is Outcome.BREACH)
            if differing:
                otherwise += 1
                touched.update(differing)
                if len(named) < _NAMED:
                    named.append(LeadEffect(lead_id, name, differing))
    return Effect(
        leads=len(wanted),
        judged=judged,
        otherwise=otherwise,
        rules=tuple(RuleEffect(rule_id, before[rule_id], after[rule_id]) for rule_id in before if rule_id in touched),
        named=tuple(named),
    )


def _outcomes(
    conn: Connection, install: Install, lead_ids: Sequence[str], now: datetime, book: PolicyBook
) -> Mapping[str, tuple[str, Mapping[str, Outcome]]]:
    """Lead id → (name, rule id → outcome)."""

    def around(found: Sequence[LeadCase]) -> Mapping[str, Surroundings]:
        return surroundings_of(conn, install.install_id, found, now, book)

    cases = timeline.load_cases(conn, install.install_id, lead_ids, now, install.coverage, around)
    return {
        case.lead.lead_id: (
            case.lead.full_name or case.lead.email or "",
            {
                finding.rule_id: finding.outcome
                for finding in audit(case, book.policy_for(case.lead.received_at, now)).findings
            },
        )
        for case in cases
    }
