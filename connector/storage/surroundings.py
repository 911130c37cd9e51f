"""What stands around a batch of leads as of one instant: see audits.model.surroundings.

A fixed number of queries, however many leads are asked about. Nothing that was recorded after the instant counts, and
nothing hangs on what was judged before: equal facts give equal answers.

A lead's answer may change because another lead's facts did. Whoever may have come into a crowd, or out of one, or has
a new twin, is named by `beside`, so that he is judged again: a few for each act, since a crowd that was one already
changes nobody's answer. Three things are caught only when the lead is judged next: how large a crowd has grown since
it became one; that a text was wiped or its person forgotten, so that a twin is gone; and a first attempt of another
lead that was entered late, which changes the load at an arrival in the past, and with it no outcome.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from audits.crowds import Act
from audits.model.case import Fact, LeadCase
from audits.model.policy import Policy
from audits.model.surroundings import Surroundings
from connector.storage.crowds import beside_logs, beside_ticks, log_crowds, logs_of, tick_crowds, ticks_of
from connector.storage.lessons import lesson_at
from connector.storage.loads import loads_of
from connector.storage.lookups import looked_up
from connector.storage.neighbours import Trait, beside_traits, neighbours_at, traits_kept
from connector.storage.norms import norms_at
from connector.storage.policies import PolicyBook
from connector.storage.twins import Sent, beside_texts, texts_of, twins_of


def surroundings_of(
    conn: Connection, install_id: str, cases: Sequence[LeadCase], as_of: datetime, book: PolicyBook
) -> dict[str, Surroundings]:
    """What stands around each of `cases`, by lead id, as of `as_of` (aware UTC).

    Where the account does not show calls, tasks or texts, the crowds or twins of a lead are not counted (None), and
    neither are those that a lead alone does not show.
    """
    if not cases:
        return {}
    logs = log_crowds(conn, install_id, cases, as_of)
    ticks = tick_crowds(conn, install_id, cases, as_of)
    twins = twins_of(conn, install_id, cases, as_of, book)
    loads = loads_of(conn, install_id, cases, as_of, book)
    norms = norms_at(conn, install_id, as_of)
    neighbours = neighbours_at(conn, install_id, cases, as_of)
    learned = lesson_at(conn, install_id, as_of)
    outside = looked_up(conn, install_id, [case.lead for case in cases], book.policy_for(as_of, as_of).region, as_of)
    found = {}
    for case in cases:
        lead_id, unseen = case.lead.lead_id, case.coverage.cause
        found[lead_id] = Surroundings(
            norms_id=norms.norms_id,
            crowded_logs=None if unseen(Fact.CALLS) else logs.get(lead_id, ()),
            crowded_ticks=None if unseen(Fact.TASKS) else ticks.get(lead_id, ()),
            twins=None if unseen(Fact.TEXTS) else twins.get(lead_id, ()),
            load=loads.get(lead_id),
            stage_norm=norms.stage_norm_for(case),
            deal_norms=norms.deal_norms_for(case) if norms.norms_id else None,
            neighbours=neighbours.get(lead_id),
            looked_up=outside.get(lead_id),
            learned=learned,
        )
    return found


@dataclass(frozen=True, slots=True)
class Company:
    """What some leads may have in common with others: their acts, and their traits. `traits_gone`: of a change, the
    traits that were; `traits` are those that came."""

    logs: frozenset[Act] = frozenset()
    ticks: frozenset[Act] = frozenset()
    texts: frozenset[Sent] = frozenset()
    traits: frozenset[Trait] = frozenset()
    traits_gone: frozenset[Trait] = frozenset()

    def changes(self, later: Company) -> Company:
        """What came or went from this to `later`."""
        return Company(
            self.logs ^ later.logs,
            self.ticks ^ later.ticks,
            self.texts ^ later.texts,
            later.traits - self.traits,
            self.traits - later.traits,
        )


def company_of(conn: Connection, install_id: str, lead_ids: Collection[str]) -> Company:
    """The acts and traits of these leads as they stand now."""
    return Company(
        logs_of(conn, install_id, lead_ids),
        ticks_of(conn, install_id, lead_ids),
        texts_of(conn, install_id, lead_ids),
        traits_kept(conn, install_id, lead_ids),
    )


def beside(conn: Connection, install_id: str, changes: Company, at: datetime, policy: Policy) -> set[str]:
    """Other leads whose crowds, twins or neighbours may have changed with `changes`, stored at `at` (aware UTC)."""
    found: set[str] = set()
    if changes.logs:
        found |= beside_logs(conn, install_id, changes.logs, at, policy.log_burst)
    if changes.ticks:
        found |= beside_ticks(conn, install_id, changes.ticks, at, policy.tick_burst)
    if changes.texts:
        found |= beside_texts(conn, install_id, changes.texts, at, policy.twin_leads, policy.twin_days)
    if changes.traits or changes.traits_gone:
        found |= beside_traits(conn, install_id, changes.traits_gone, changes.traits)
    return found
