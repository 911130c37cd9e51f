"""What stands beside the figures of a report: names, by what it was judged, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.case import Fact
from audits.reports.handling import HandlingReport
from connector.storage import people
from connector.storage.installs import get_install
from connector.storage.policies import PolicyBook
from connector.storage.statements import portions
from connector.storage.tables import lead_audits, leads


@dataclass(frozen=True, slots=True)
class AgreedFrom:
    """One version of the policy, and from when on (aware UTC) leads were judged by it."""

    version: str
    valid_from: datetime
    response_goal_s: int
    response_target_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """`owner_names`, `lead_names`: id → name, "" = forgotten or unknown. `policies`: those by which leads were
    judged, the oldest first. `rules`: (id, version). `gaps`: facts that could not be looked at, with the
    cause."""

    account: str
    owner_names: Mapping[str, str] = field(default_factory=dict)
    lead_names: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[AgreedFrom, ...] = ()
    rules: tuple[tuple[str, int], ...] = ()
    gaps: tuple[tuple[Fact, str], ...] = ()


def load_background(
    conn: Connection, install_id: str, report: HandlingReport, inputs: Mapping[str, Any]
) -> Background:
    """The background of a report of this account that was made from `inputs` (see connector.reporting.making). Names
    are those of now: who is forgotten has none. Raises UnknownInstall."""
    install = get_install(conn, install_id)
    told = {each.rule_id for each in report.rules}
    return Background(
        account=install.account_name,
        owner_names={owner.owner_id: owner.name for owner in people.list_owners(conn, install_id)},
        lead_names=_lead_names(conn, install_id, {lead.lead_id for lead in report.neglected}),
        policies=_agreed(conn, install_id, inputs.get("policies", ())),
        rules=tuple((str(rule_id), int(version)) for rule_id, version in inputs.get("rules", ()) if rule_id in told),
        gaps=install.coverage.missing,
    )


def _agreed(conn: Connection, install_id: str, names: Iterable[str]) -> tuple[AgreedFrom, ...]:
    """What each named policy says; a name may be that of one version with the hours of later ones."""
    book = PolicyBook.load(conn, install_id)
    begun = {each.policy.version: each.valid_from for each in book.versions}
    found = []
    for name in names:
        policy = book.find(name)
        terms = max((version for version in begun if name.startswith(version)), key=len, default=None)
        if policy is not None and terms is not None:
            found.append(AgreedFrom(name, begun[terms], policy.response_goal_s, policy.response_target_s))
    return tuple(sorted(found, key=lambda each: (each.valid_from, each.version)))


def _lead_names(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for ids in portions(sorted(lead_ids)):
        rows = conn.execute(
            sa.select(leads.c.lead_id, leads.c.first_name, leads.c.last_name, leads.c.company)
            .select_from(
                leads.join(
                    lead_audits,
                    sa.and_(lead_audits.c.install_id == leads.c.install_id, lead_audits.c.lead_id == leads.c.lead_id),
                )
            )
            .where(
                leads.c.install_id == install_id,
                lead_audits.c.install_id == install_id,
                lead_audits.c.is_forgotten.is_(False),
                leads.c.lead_id.in_(ids),
            )
        )
        for row in rows:
            names[row.lead_id] = (
                " ".join(part for part in (row.first_name, row.last_name) if part) or row.company or ""
            )
    return names
