"""Forgetting a person: all personal data goes, the counts stay, and no stale record brings him back.

Findings and measures of the lead are kept under a random name with everything said about the person taken out.
What recognises a later record of the same id is a salted hash.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.score import FollowUpStatus
from connector.storage.column_types import UtcMicros, storable
from connector.storage.duplicates import drop_pairs
from connector.storage.keys import affected_by_keys
from connector.storage.lead_links import live_among
from connector.storage.lookups import forget_answers
from connector.storage.neighbours import end_traits
from connector.storage.salts import salt_of, salted
from connector.storage.statements import insert_new, portions
from connector.storage.tables import (
    activities,
    alerts,
    case_snapshots,
    contact_keys,
    contests,
    current_findings,
    deal_contacts,
    deals,
    dirty_leads,
    events,
    finding_mentions,
    findings,
    forgotten,
    lead_audits,
    lead_outcomes,
    leads,
    lookup_wants,
    notices,
    outbox,
    owner_changes,
    owner_findings,
    repairs,
    report_parts,
    reports,
    stage_changes,
    tasks,
    tombstones,
    written_values,
)
from connector.storage.text_prints import wipe_prints
from connector.storage.worklist import mark_beside

#: What a finding says after a lead that it pointed at was forgotten.
WIPED = "The other lead of this finding was deleted for privacy."

_OF_LEAD = (
    activities,
    alerts,
    case_snapshots,
    contests,
    lead_outcomes,
    tasks,
    owner_changes,
    stage_changes,
    contact_keys,
    outbox,
    written_values,
    repairs,
    dirty_leads,
    lookup_wants,
    notices,
    tombstones,
    report_parts,
    leads,
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`lead_ids`: what was wiped, merged records included. `affected`: live leads that are due for audit now.

    `companion_ids`: the CRM's other records of the same people, which no other lead shares.
    """

    lead_ids: frozenset[str]
    affected: frozenset[str]
    companion_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Change:
    """A stored finding about `lead_id`, with the texts it gets."""

    fingerprint: str
    lead_id: str
    sentence: str
    evidence: str


def forget(conn: Connection, install_id: str, lead_ids: Collection[str], at: datetime) -> Forgotten:
    """Wipe all personal data of these leads, and of all records merged with them, in every table of the tenant.

    Idempotent, and valid for ids never seen: their records will be refused. Call `Database.scrub` after the commit,
    and delete the stored deliveries that mention the ids. Raises UnknownInstall.
    """
    salt = salt_of(conn, install_id)
    family = _family(conn, install_id, {storable(lead_id) for lead_id in lead_ids})
    insert_new(
        conn,
        forgotten,
        [
            {"install_id": install_id, "lead_hash": salted(salt, f"lead:{lead_id}"), "at": at}
            for lead_id in sorted(family)
        ],
    )
    affected = affected_by_keys(conn, install_id, family)
    companion_ids = _own_companions(conn, install_id, family)
    affected |= _forget_deals(conn, install_id, family | companion_ids)
    _end_events(conn, install_id, companion_ids, at)
    for ids in portions(sorted(family)):
        affected |= _wipe_mentions(conn, install_id, ids)
        names = {lead_id: f"forgotten-{secrets.token_hex(12)}" for lead_id in ids}
        _strip_findings(conn, install_id, names)
        _strip_audits(conn, install_id, names, at)
        _end_events(conn, install_id, ids, at)
        wipe_prints(conn, install_id, ids)
        drop_pairs(conn, install_id, ids, at)
        end_traits(conn, install_id, ids)
        forget_answers(conn, install_id, ids)
        _strip_reports(conn, install_id, ids)
        _strip_owner_findings(conn, install_id, ids)
        for table in _OF_LEAD:
            conn.execute(sa.delete(table).where(table.c.install_id == install_id, table.c.lead_id.in_(ids)))
    affected = live_among(conn, install_id, affected - family)
    mark_beside(conn, install_id, affected, at)
    return Forgotten(frozenset(family), frozenset(affected), frozenset(companion_ids))


def forgotten_among(conn: Connection, install_id: str, lead_ids: Iterable[str]) -> frozenset[str]:
    """Which of `lead_ids` were forgotten. Raises UnknownInstall."""
    salt = salt_of(conn, install_id)
    hashes = {salted(salt, f"lead:{storable(lead_id)}"): lead_id for lead_id in lead_ids}
    found: set[str] = set()
    for portion in portions(sorted(hashes)):
        known = conn.execute(
            sa.select(forgotten.c.lead_hash).where(
                forgotten.c.install_id == install_id, forgotten.c.lead_hash.in_(portion)
            )
        ).scalars()
        found.update(hashes[lead_hash] for lead_hash in known)
    return frozenset(found)


def is_forgotten(conn: Connection, install_id: str, lead_id: str) -> bool:
    """Whether this lead was forgotten. Raises UnknownInstall."""
    return bool(forgotten_among(conn, install_id, [lead_id]))


def _family(conn: Connection, install_id: str, lead_ids: set[str]) -> set[str]:
    """The leads and all that were merged with them, either way: to the CRM they are one person."""
    family = set(lead_ids)
    newest = family
    while newest:
        found: set[str] = set()
        for ids in portions(sorted(newest)):
            rows = conn.execute(
                sa.select(tombstones.c.lead_id, tombstones.c.winner_id).where(
                    tombstones.c.install_id == install_id,
                    tombstones.c.winner_id.is_not(None),
                    sa.or_(tombstones.c.lead_id.in_(ids), tombstones.c.winner_id.in_(ids)),
                )
            )
            found.update(each for row in rows for each in (row.lead_id, row.winner_id))
        newest = found - family
        family |= newest
    return family


def _own_companions(conn: Connection, install_id: str, family: set[str]) -> set[str]:
    """Companions of these leads and of no other: where a person has other leads, those are still his."""
    named = sa.select(leads.c.companion_id).where(leads.c.install_id == install_id, leads.c.companion_id.is_not(None))
    found: set[str] = set()
    for ids in portions(sorted(family)):
        found.update(conn.execute(named.where(leads.c.lead_id.in_(ids))).scalars())
    shared: set[str] = set()
    for ids in portions(sorted(found)):
        rows = conn.execute(
            sa.select(leads.c.lead_id, leads.c.companion_id).where(
                leads.c.install_id == install_id, leads.c.companion_id.in_(ids)
            )
        )
        shared.update(row.companion_id for row in rows if row.lead_id not in family)
    return found - shared


def _end_events(conn: Connection, install_id: str, object_ids: Collection[str], at: datetime) -> None:
    """Events about these records say no more which they were, and are worked off."""
    for ids in portions(sorted(object_ids)):
        conn.execute(
            sa.update(events)
            .where(events.c.install_id == install_id, events.c.object_id.in_(ids))
            .values(object_id="", done_at=sa.func.coalesce(events.c.done_at, sa.literal(at, UtcMicros)))
        )


def _forget_deals(conn: Connection, install_id: str, people: Collection[str]) -> set[str]:
    """Take these people (lead ids, and companions of leads) out of all deals; a deal that is one of them, or is
    nobody's any more, goes with them. Returns who else is in those deals."""
    others: set[str] = set()
    for ids in portions(sorted(people)):
        touched = list(
            conn.execute(
                sa.select(deal_contacts.c.deal_id)
                .where(deal_contacts.c.install_id == install_id, deal_contacts.c.contact_id.in_(ids))
                .distinct()
            ).scalars()
        )
        conn.execute(
            sa.delete(deal_contacts).where(
                deal_contacts.c.install_id == install_id,
                sa.or_(deal_contacts.c.contact_id.in_(ids), deal_contacts.c.deal_id.in_(ids)),
            )
        )
        held = sa.select(deal_contacts.c.deal_id).where(deal_contacts.c.install_id == install_id)
        for some in portions(sorted({*touched, *ids})):
            others.update(
                conn.execute(
                    sa.select(deal_contacts.c.contact_id).where(
                        deal_contacts.c.install_id == install_id, deal_contacts.c.deal_id.in_(some)
                    )
                ).scalars()
            )
            conn.execute(
                sa.delete(deals).where(
                    deals.c.install_id == install_id,
                    deals.c.deal_id.in_(some),
                    sa.or_(deals.c.deal_id.in_(ids), deals.c.deal_id.not_in(held)),
                )
            )
    return others


def _wipe_mentions(conn: Connection, install_id: str, ids: list[str]) -> set[str]:
    """Take these leads out of the findings of others; returns the leads that those are about."""
    rows = conn.execute(
        sa.select(findings.c.fingerprint, findings.c.lead_id, findings.c.evidence)
        .join(
            finding_mentions,
            sa.and_(
                finding_mentions.c.install_id == findings.c.install_id,
                finding_mentions.c.fingerprint == findings.c.fingerprint,
            ),
        )
        .where(findings.c.install_id == install_id, finding_mentions.c.mentioned_id.in_(ids))
        .distinct()
    ).all()
    hidden = set(ids)
    changes = []
    for row in rows:
        evidence = json.dumps([each for each in json.loads(row.evidence) if each[1] not in hidden])
        changes.append(_Change(row.fingerprint, row.lead_id, WIPED, evidence))
    _apply(conn, install_id, changes)
    conn.execute(
        sa.delete(finding_mentions).where(
            finding_mentions.c.install_id == install_id, finding_mentions.c.mentioned_id.in_(ids)
        )
    )
    affected = {str(row.lead_id) for row in rows}
    for others in portions(sorted(affected)):
        # The note, the judgement and what we wrote may name the lead too; the audit that is due now says it anew.
        conn.execute(
            sa.update(lead_audits)
            .where(lead_audits.c.install_id == install_id, lead_audits.c.lead_id.in_(others))
            .values(note="", quality_parts="[]", handling_parts="[]", truth=None)
        )
        conn.execute(
            sa.update(leads)
            .where(leads.c.install_id == install_id, leads.c.lead_id.in_(others))
            .values(our_fields="{}")
        )
        for table in (outbox, written_values):
            conn.execute(sa.delete(table).where(table.c.install_id == install_id, table.c.lead_id.in_(others)))
    return affected


def _strip_findings(conn: Connection, install_id: str, names: dict[str, str]) -> None:
    """Keep which rule said what, and nothing of whom."""
    rows = conn.execute(
        sa.select(findings.c.fingerprint, findings.c.lead_id).where(
            findings.c.install_id == install_id, findings.c.lead_id.in_(names)
        )
    ).all()
    for prints in portions([row.fingerprint for row in rows]):
        conn.execute(
            sa.delete(finding_mentions).where(
                finding_mentions.c.install_id == install_id, finding_mentions.c.fingerprint.in_(prints)
            )
        )
    _apply(conn, install_id, [_Change(row.fingerprint, row.lead_id, "", "[]") for row in rows])
    for table in (findings, current_findings):
        _rename_lead(conn, table, install_id, names)


def _strip_audits(conn: Connection, install_id: str, names: dict[str, str], at: datetime) -> None:
    conn.execute(
        sa.update(lead_audits)
        .where(lead_audits.c.install_id == install_id, lead_audits.c.lead_id.in_(names))
        .values(
            note="",
            quality_parts="[]",
            handling_parts="[]",
            truth=None,
            fit=None,
            follow_up_status=FollowUpStatus.CLOSED.value,
            next_change_at=None,
            due_at=None,
            gone_at=sa.func.coalesce(lead_audits.c.gone_at, sa.literal(at, UtcMicros)),
            is_forgotten=True,
        )
    )
    _rename_lead(conn, lead_audits, install_id, names)


def _strip_reports(conn: Connection, install_id: str, ids: Collection[str]) -> None:
    """Take the ids out of reports that list them; what the report was made from says no more whom it named."""
    hidden = [json.dumps(lead_id, ensure_ascii=False) for lead_id in ids]
    kept = list(conn.execute(sa.select(reports.c.report_id).where(reports.c.install_id == install_id)).scalars())
    for report_id in kept:
        # One at a time: years of figures together do not fit into memory.
        mine = sa.and_(reports.c.install_id == install_id, reports.c.report_id == report_id)
        before = str(conn.execute(sa.select(reports.c.figures).where(mine)).scalar_one())
        figures = before
        for name in hidden:
            figures = figures.replace(f'"lead_id":{name}', '"lead_id":""')
        if figures != before:
            conn.execute(sa.update(reports).where(mine).values(figures=figures))


def _strip_owner_findings(conn: Connection, install_id: str, ids: Collection[str]) -> None:
    """Take these leads and what was done on them out of the evidence against persons; what was counted stays."""
    acts = sa.select(activities.c.activity_id).where(
        activities.c.install_id == install_id, activities.c.lead_id.in_(ids)
    )
    hidden = {("lead", each) for each in ids} | {("activity", each) for each in conn.execute(acts).scalars()}
    rows = conn.execute(
        sa.select(owner_findings).where(owner_findings.c.install_id == install_id, owner_findings.c.evidence != "[]")
    )
    for row in rows.all():
        evidence = json.loads(row.evidence)
        left = [each for each in evidence if (each[0], each[1]) not in hidden]
        if len(left) < len(evidence):
            # The old one is a hash over what must not be known; who contested the finding contests it still.
            fingerprint = secrets.token_hex(32)
            conn.execute(
                sa.update(contests)
                .where(
                    contests.c.install_id == install_id,
                    contests.c.owner_id == row.owner_id,
                    contests.c.fingerprint == row.fingerprint,
                )
                .values(fingerprint=fingerprint)
            )
            conn.execute(
                sa.update(owner_findings)
                .where(
                    owner_findings.c.install_id == install_id,
                    owner_findings.c.owner_id == row.owner_id,
                    owner_findings.c.rule_id == row.rule_id,
                    owner_findings.c.as_of == row.as_of,
                )
                .values(evidence=json.dumps(left, separators=(",", ":")), fingerprint=fingerprint)
            )


def _rename_lead(conn: Connection, table: sa.Table, install_id: str, names: dict[str, str]) -> None:
    conn.execute(
        sa.update(table).where(table.c.install_id == install_id, table.c.lead_id == sa.bindparam("old")),
        [{"old": old, "lead_id": new} for old, new in names.items()],
    )


def _apply(conn: Connection, install_id: str, changes: list[_Change]) -> None:
    """Give findings new texts and a random fingerprint: the old one is a hash over what must not be known."""
    if not changes:
        return
    prints = {change.fingerprint: secrets.token_hex(32) for change in changes}
    conn.execute(
        sa.update(findings).where(findings.c.install_id == install_id, findings.c.fingerprint == sa.bindparam("old")),
        [
            {
                "old": change.fingerprint,
                "fingerprint": prints[change.fingerprint],
                "sentence": change.sentence,
                "said": None,
                "evidence": change.evidence,
                "measures": "[]",
            }
            for change in changes
        ],
    )
    conn.execute(
        sa.update(current_findings).where(
            current_findings.c.install_id == install_id,
            current_findings.c.lead_id == sa.bindparam("of_lead"),
            current_findings.c.fingerprint == sa.bindparam("old"),
        ),
        [
            {"of_lead": change.lead_id, "old": change.fingerprint, "fingerprint": prints[change.fingerprint]}
            for change in changes
        ],
    )
    conn.execute(
        sa.update(finding_mentions).where(
            finding_mentions.c.install_id == install_id, finding_mentions.c.fingerprint == sa.bindparam("old")
        ),
        [{"old": old, "fingerprint": new} for old, new in prints.items()],
    )
