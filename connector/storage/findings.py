"""Findings and measures: what the rules said of each lead, when, and what holds now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.finding import Finding, Outcome
from audits.model.said import Said, verbatim
from audits.model.score import FollowUpStatus, Score, Verdict
from audits.truth.kept import Truth
from connector.storage.forget import forgotten_among
from connector.storage.json_text import (
    dump_evidence,
    dump_measures,
    dump_said,
    dump_score,
    dump_truth,
    load_evidence,
    load_measures,
    load_said,
    load_score,
    load_truth,
)
from connector.storage.statements import insert_new, portions, upsert
from connector.storage.tables import current_findings, finding_mentions, findings, installs, lead_audits, leads

_NO_SCORE = Score(())


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFinding:
    """A finding with its history. `found_at`: first said; `confirmed_at`: last said again (aware UTC).

    `is_current`: what its rule says of the lead now.
    """

    finding: Finding
    fingerprint: str
    found_at: datetime
    confirmed_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """The latest measures of one lead, for pages and reports. Times are aware UTC.

    `first_attempt_s`: seconds of working time from receipt to the first attempt, `first_attempt_wall_s`: seconds by
    the clock on the wall; None = no attempt, or not to be seen; `first_connection_*` likewise. `due_at`: when the
    next act is due. `next_change_at`: when time alone would change the answer.

    What reports count: `answer`, `cause` as in audits.reports; `charged_to`: who is charged with the answer, "" =
    nobody; `target`: what was agreed, by name; `waited_s`: working seconds without an attempt, `needed_s`: the
    smallest agreed span that would have been kept; the legs of the delay; the load that met the lead. `is_*sure`: see
    audits.rethink. `truth`: what the lead is; None before the first audit that judged it. `fit`: how it is of the
    target group, 0 to 100.
    """

    lead_id: str
    received_at: datetime
    audited_at: datetime
    policy_version: str
    owner_id: str | None = None
    source: str | None = None
    first_attempt_at: datetime | None = None
    first_attempt_s: int | None = None
    first_attempt_wall_s: int | None = None
    first_connection_at: datetime | None = None
    attempts_calls: int = 0
    attempts_emails: int = 0
    last_attempt_at: datetime | None = None
    quality: Score = _NO_SCORE
    handling: Score = _NO_SCORE
    verdict: Verdict = Verdict.UNKNOWN
    follow_up_status: FollowUpStatus = FollowUpStatus.UNKNOWN
    note: str = ""
    next_change_at: datetime | None = None
    due_at: datetime | None = None
    charged_to: str = ""
    answer: str = "unknown"
    cause: str = "none"
    target: str = ""
    lead_type: str | None = None
    waited_s: int | None = None
    needed_s: int | None = None
    is_goal_kept: bool | None = None
    is_never_called: bool = False
    is_sure: bool = False
    is_response_sure: bool = False
    first_connection_s: int | None = None
    first_connection_wall_s: int | None = None
    vendor_leg_wall_s: int | None = None
    system_leg_s: int | None = None
    human_leg_s: int | None = None
    load_holder_id: str | None = None
    load_waiting: int | None = None
    load_fits_milli: int | None = None
    won_at: datetime | None = None
    closed_at: datetime | None = None
    truth: Truth | None = None
    fit: int | None = None


def store_findings(conn: Connection, install_id: str, said: Sequence[Finding], at: datetime) -> int:
    """Keep what rules said at `at` (aware UTC); returns how many findings are new.

    A finding never changes: one with a known fingerprint is confirmed. What was current of the same lead and rule
    stays as history. What is about, or points at, a lead that was forgotten meanwhile is passed over.
    """
    hidden = forgotten_among(conn, install_id, {name for finding in said for name in _names(finding)})
    by_print = {finding.fingerprint(): finding for finding in said if hidden.isdisjoint(_names(finding))}
    new = 0
    for portion in portions(by_print):
        known = set(
            conn.execute(
                sa.select(findings.c.fingerprint).where(
                    findings.c.install_id == install_id, findings.c.fingerprint.in_(portion)
                )
            ).scalars()
        )
        fresh = [each for each in portion if each not in known]
        insert_new(conn, findings, [_row(install_id, each, by_print[each], at) for each in fresh])
        insert_new(conn, finding_mentions, _mentions(install_id, {each: by_print[each] for each in fresh}))
        if known:
            conn.execute(
                sa.update(findings)
                .where(
                    findings.c.install_id == install_id,
                    findings.c.fingerprint.in_(sorted(known)),
                    findings.c.confirmed_at < at,
                )
                .values(confirmed_at=at)
            )
        new += len(fresh)
    _point(conn, install_id, by_print, at)
    return new


def list_findings(
    conn: Connection, install_id: str, lead_id: str, *, only_current: bool = False
) -> list[StoredFinding]:
    """What was said of a lead: by rule, the current one first, then the newest."""
    is_current = current_findings.c.fingerprint.is_not(None)
    query = (
        sa.select(findings, is_current.label("is_current"))
        .outerjoin(
            current_findings,
            sa.and_(
                current_findings.c.install_id == findings.c.install_id,
                current_findings.c.lead_id == findings.c.lead_id,
                current_findings.c.rule_id == findings.c.rule_id,
                current_findings.c.fingerprint == findings.c.fingerprint,
            ),
        )
        .where(findings.c.install_id == install_id, findings.c.lead_id == lead_id)
        .order_by(findings.c.rule_id, is_current.desc(), findings.c.found_at.desc(), findings.c.fingerprint)
    )
    if only_current:
        query = query.where(is_current)
    return [_stored(row) for row in conn.execute(query)]


def store_audits(conn: Connection, install_id: str, audits: Sequence[AuditRow]) -> None:
    """Keep the latest measures, one row per lead. A lead that is gone meanwhile keeps its last ones."""
    for portion in portions(audits):
        live = set(
            conn.execute(
                sa.select(leads.c.lead_id).where(
                    leads.c.install_id == install_id,
                    leads.c.lead_id.in_([each.lead_id for each in portion]),
                    leads.c.gone_at.is_(None),
                )
            ).scalars()
        )
        upsert(conn, lead_audits, [_audit_columns(install_id, each) for each in portion if each.lead_id in live])


def get_audit(conn: Connection, install_id: str, lead_id: str) -> AuditRow | None:
    """The latest measures of a lead, or None before its first audit."""
    row = conn.execute(
        sa.select(lead_audits).where(lead_audits.c.install_id == install_id, lead_audits.c.lead_id == lead_id)
    ).one_or_none()
    return None if row is None else audit_from_row(row)


def mark_all_due(conn: Connection, install_id: str, at: datetime) -> int:
    """Let every live lead be audited again, as after a change of the policy; returns how many.

    A batch that is being judged meanwhile by what was agreed before learns of it by `all_due_at` when it commits.
    """
    # First, so that such a batch either waits for this transaction or is already there to be marked below.
    conn.execute(sa.update(installs).where(installs.c.install_id == install_id).values(all_due_at=at))
    return conn.execute(
        sa.update(lead_audits)
        .where(lead_audits.c.install_id == install_id, lead_audits.c.gone_at.is_(None))
        .values(next_change_at=at)
    ).rowcount


def all_due_at(conn: Connection, install_id: str) -> datetime | None:
    """The mark that the last change of what is agreed left on all leads; None = there was none.

    Another mark than the one read together with the facts means that leads judged by these are due again. Whether
    it is earlier or later says nothing: it bears the time of a click that may have waited for the database.
    """
    at: datetime | None = conn.execute(
        sa.select(installs.c.all_due_at).where(installs.c.install_id == install_id)
    ).scalar_one_or_none()
    return at


def audit_from_row(row: sa.Row[Any]) -> AuditRow:
    """A row of `lead_audits` → the measures."""
    return AuditRow(
        lead_id=row.lead_id,
        received_at=row.received_at,
        audited_at=row.audited_at,
        policy_version=row.policy_version,
        owner_id=row.owner_id,
        source=row.source,
        first_attempt_at=row.first_attempt_at,
        first_attempt_s=row.first_attempt_s,
        first_attempt_wall_s=row.first_attempt_wall_s,
        first_connection_at=row.first_connection_at,
        attempts_calls=row.attempts_calls,
        attempts_emails=row.attempts_emails,
        last_attempt_at=row.last_attempt_at,
        quality=load_score(row.quality_parts),
        handling=load_score(row.handling_parts),
        verdict=Verdict(row.verdict),
        follow_up_status=FollowUpStatus(row.follow_up_status),
        note=row.note,
        next_change_at=row.next_change_at,
        due_at=row.due_at,
        charged_to=row.charged_to,
        answer=row.answer,
        cause=row.cause,
        target=row.target,
        lead_type=row.lead_type,
        waited_s=row.waited_s,
        needed_s=row.needed_s,
        is_goal_kept=row.is_goal_kept,
        is_never_called=row.is_never_called,
        is_sure=row.is_sure,
        is_response_sure=row.is_response_sure,
        first_connection_s=row.first_connection_s,
        first_connection_wall_s=row.first_connection_wall_s,
        vendor_leg_wall_s=row.vendor_leg_wall_s,
        system_leg_s=row.system_leg_s,
        human_leg_s=row.human_leg_s,
        load_holder_id=row.load_holder_id,
        load_waiting=row.load_waiting,
        load_fits_milli=row.load_fits_milli,
        won_at=row.won_at,
        closed_at=row.closed_at,
        truth=None if row.truth is None else load_truth(row.truth),
        fit=row.fit,
    )


def finding_from_row(row: sa.Row[Any]) -> Finding:
    """A row of `findings` → the finding."""
    return finding_of(row, row.lead_id, row.next_change_at)


def finding_of(row: sa.Row[Any], subject_id: str, next_change_at: datetime | None = None) -> Finding:
    """The finding on `subject_id` in a row of a table that keeps findings."""
    return Finding(
        rule_id=row.rule_id,
        rule_version=row.rule_version,
        subject_id=subject_id,
        outcome=Outcome(row.outcome),
        reason=row.reason,
        said=said_from_row(row),
        policy_version=row.policy_version,
        as_of=row.as_of,
        measures=load_measures(row.measures),
        evidence=load_evidence(row.evidence),
        owner_id=row.owner_id,
        next_change_at=next_change_at,
    )


def said_from_row(row: sa.Row[Any]) -> Said:
    """What a row with the columns `sentence` and `said` says; a wiped one, or an old one, has the sentence alone."""
    return verbatim(row.sentence) if row.said is None else load_said(row.said)


def _point(conn: Connection, install_id: str, by_print: dict[str, Finding], at: datetime) -> None:
    """Let the findings be the current ones of their lead and rule; `since_at` stays where nothing changed."""
    wanted = {(finding.subject_id, finding.rule_id): each for each, finding in by_print.items()}
    held: dict[tuple[str, str], str] = {}
    for lead_ids in portions(sorted({lead_id for lead_id, _ in wanted})):
        rows = conn.execute(
            sa.select(current_findings.c.lead_id, current_findings.c.rule_id, current_findings.c.fingerprint).where(
                current_findings.c.install_id == install_id, current_findings.c.lead_id.in_(lead_ids)
            )
        )
        held.update({(row.lead_id, row.rule_id): row.fingerprint for row in rows})
    upsert(
        conn,
        current_findings,
        [
            {
                "install_id": install_id,
                "lead_id": lead_id,
                "rule_id": rule_id,
                "fingerprint": each,
                "outcome": by_print[each].outcome.value,
                "reason": by_print[each].reason,
                "since_at": at,
            }
            for (lead_id, rule_id), each in wanted.items()
            if held.get((lead_id, rule_id)) != each
        ],
    )


def _row(install_id: str, fingerprint: str, finding: Finding, at: datetime) -> dict[str, object]:
    return {
        "install_id": install_id,
        "fingerprint": fingerprint,
        "lead_id": finding.subject_id,
        "rule_id": finding.rule_id,
        "rule_version": finding.rule_version,
        "outcome": finding.outcome.value,
        "reason": finding.reason,
        "sentence": finding.sentence,
        "said": dump_said(finding.said),
        "policy_version": finding.policy_version,
        "as_of": finding.as_of,
        "measures": dump_measures(finding.measures),
        "evidence": dump_evidence(finding.evidence),
        "owner_id": finding.owner_id,
        "next_change_at": finding.next_change_at,
        "found_at": at,
        "confirmed_at": at,
    }


def _names(finding: Finding) -> set[str]:
    """The leads that a finding is about or points at."""
    return {finding.subject_id, *(each.record_id for each in finding.evidence if each.record_type == "lead")}


def _mentions(install_id: str, said: dict[str, Finding]) -> list[dict[str, object]]:
    return [
        {"install_id": install_id, "mentioned_id": record_id, "fingerprint": fingerprint}
        for fingerprint, finding in said.items()
        for record_id in sorted(_names(finding) - {finding.subject_id})
    ]


def _stored(row: sa.Row[Any]) -> StoredFinding:
    return StoredFinding(
        finding=finding_from_row(row),
        fingerprint=row.fingerprint,
        found_at=row.found_at,
        confirmed_at=row.confirmed_at,
        is_current=bool(row.is_current),
    )


def _audit_columns(install_id: str, audit: AuditRow) -> dict[str, object]:
    return {
        "install_id": install_id,
        "lead_id": audit.lead_id,
        "owner_id": audit.owner_id,
        "source": audit.source,
        "received_at": audit.received_at,
        "audited_at": audit.audited_at,
        "policy_version": audit.policy_version,
        "first_attempt_at": audit.first_attempt_at,
        "first_attempt_s": audit.first_attempt_s,
        "first_attempt_wall_s": audit.first_attempt_wall_s,
        "first_connection_at": audit.first_connection_at,
        "attempts_calls": audit.attempts_calls,
        "attempts_emails": audit.attempts_emails,
        "last_attempt_at": audit.last_attempt_at,
        "quality": audit.quality.value,
        "handling": audit.handling.value,
        "quality_parts": dump_score(audit.quality),
        "handling_parts": dump_score(audit.handling),
        "verdict": audit.verdict.value,
        "follow_up_status": audit.follow_up_status.value,
        "note": audit.note,
        "next_change_at": audit.next_change_at,
        "due_at": audit.due_at,
        "charged_to": audit.charged_to,
        "answer": audit.answer,
        "cause": audit.cause,
        "target": audit.target,
        "lead_type": audit.lead_type,
        "waited_s": audit.waited_s,
        "needed_s": audit.needed_s,
        "is_goal_kept": audit.is_goal_kept,
        "is_never_called": audit.is_never_called,
        "is_sure": audit.is_sure,
        "is_response_sure": audit.is_response_sure,
        "first_connection_s": audit.first_connection_s,
        "first_connection_wall_s": audit.first_connection_wall_s,
        "vendor_leg_wall_s": audit.vendor_leg_wall_s,
        "system_leg_s": audit.system_leg_s,
        "human_leg_s": audit.human_leg_s,
        "load_holder_id": audit.load_holder_id,
        "load_waiting": audit.load_waiting,
        "load_fits_milli": audit.load_fits_milli,
        "won_at": audit.won_at,
        "closed_at": audit.closed_at,
        "truth": None if audit.truth is None else dump_truth(audit.truth),
        "fit": audit.fit,
        "gone_at": None,
    }
