"""Texts of messages: kept only as long as the policy says, and never longer than anybody needs to judge them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.activity import Activity
from audits.model.finding import Evidence
from audits.model.said import english
from audits.truth.kept import without_message
from connector.storage.column_types import storable
from connector.storage.json_text import (
    QUOTES,
    dump_evidence,
    dump_said,
    dump_truth,
    load_evidence,
    load_said,
    load_truth,
)
from connector.storage.statements import portions
from connector.storage.tables import activities, current_findings, findings, lead_audits, leads
from connector.storage.text_prints import drop_prints
from connector.storage.worklist import mark_due

#: Longer texts are cut: what a first message says stands at its beginning.
LONGEST_TEXT = 10_000

#: The rule whose findings quote a text, the field of the evidence that does, and what stands there afterwards.
QUOTING_RULE = "FM001"
QUOTE_FIELD = "shared phrase"
WIPED_QUOTE = "…"

#: Why the texts of a lead are not seen after their time.
NO_LONGER_KEPT = "The texts of older messages of this lead are no longer kept."


def kept_texts(activity: Activity, kept_since: datetime) -> dict[str, object]:
    """The text columns of an activity. Of one that took place or was entered before `kept_since` nothing is kept but
    that there was a text."""
    has_text = bool(activity.subject or activity.text)
    if has_text and min(activity.occurred_at, activity.recorded_at) < kept_since:
        return {"subject": None, "text": None, "is_text_wiped": True}
    return {"subject": _cut(activity.subject), "text": _cut(activity.text), "is_text_wiped": False}


def _cut(text: str | None) -> str | None:
    return None if text is None else storable(text)[:LONGEST_TEXT]


def wipe_texts(conn: Connection, install_id: str, at: datetime, keep_days: int) -> int:
    """Wipe the texts of acts that took place or were entered more than `keep_days` days before `at` (aware UTC).

    Returns how many. What was found in them stands, without the words it quoted, until the lead is judged anew. What
    a lead of before then was judged to be stands, without the words of its own message.
    """
    before = at - timedelta(days=keep_days)
    done = conn.execute(
        sa.update(activities)
        .where(
            activities.c.install_id == install_id,
            sa.or_(activities.c.occurred_at < before, activities.c.recorded_at < before),
            sa.or_(activities.c.subject.is_not(None), activities.c.text.is_not(None)),
        )
        .values(subject=None, text=None, is_text_wiped=True)
    )
    drop_prints(conn, install_id, before)
    _wipe_quotes(conn, install_id, before, at)
    return done.rowcount + _wipe_judged(conn, install_id, before)


def _wipe_quotes(conn: Connection, install_id: str, before: datetime, at: datetime) -> None:
    """Take quoted words out of findings on texts from before `before`, past findings too.

    The note of a lead may quote them as well, here and in the CRM: whoever has such a finding now is due for audit.
    """
    rows = conn.execute(
        sa.select(findings.c.fingerprint, findings.c.lead_id, findings.c.evidence, findings.c.said).where(
            findings.c.install_id == install_id,
            findings.c.rule_id == QUOTING_RULE,
            findings.c.evidence.contains(f'"{QUOTE_FIELD}"', autoescape=True),
        )
    ).all()
    wiped: set[str] = set()
    for row in rows:
        evidence = load_evidence(row.evidence)
        if not any(_is_old_quote(each, before) for each in evidence):
            continue
        said = None if row.said is None else load_said(row.said)
        if said is not None:
            said = replace(
                said,
                values=tuple((name, WIPED_QUOTE if name == "phrase" else value) for name, value in said.values),
            )
        left = [replace(each, value=WIPED_QUOTE) if _is_old_quote(each, before) else each for each in evidence]
        conn.execute(
            sa.update(findings)
            .where(findings.c.install_id == install_id, findings.c.fingerprint == row.fingerprint)
            .values(
                evidence=dump_evidence(left),
                said=None if said is None else dump_said(said),
                sentence="" if said is None else english(said),
            )
        )
        wiped.add(row.fingerprint)
    for prints in portions(sorted(wiped)):
        due = conn.execute(
            sa.select(current_findings.c.lead_id)
            .join(
                leads,
                sa.and_(
                    leads.c.install_id == current_findings.c.install_id, leads.c.lead_id == current_findings.c.lead_id
                ),
            )
            .where(
                current_findings.c.install_id == install_id,
                current_findings.c.fingerprint.in_(prints),
                leads.c.gone_at.is_(None),
            )
        ).scalars()
        mark_due(conn, install_id, sorted(set(due)), at)


def _wipe_judged(conn: Connection, install_id: str, before: datetime) -> int:
    """Take the words of messages out of the reasons why leads that came before `before` were judged what they are;
    returns of how many leads."""
    quoting = sa.and_(
        lead_audits.c.install_id == install_id,
        lead_audits.c.received_at < before,
        lead_audits.c.truth.startswith(QUOTES, autoescape=True),
    )
    rows = conn.execute(sa.select(lead_audits.c.lead_id, lead_audits.c.truth).where(quoting)).all()
    for row in rows:
        conn.execute(
            sa.update(lead_audits)
            .where(lead_audits.c.install_id == install_id, lead_audits.c.lead_id == row.lead_id)
            .values(truth=dump_truth(without_message(load_truth(row.truth), keeps_quotes=False)))
        )
    return len(rows)


def _is_old_quote(evidence: Evidence, before: datetime) -> bool:
    is_quote = evidence.field == QUOTE_FIELD and evidence.value != WIPED_QUOTE
    return is_quote and (evidence.at is None or evidence.at < before)
