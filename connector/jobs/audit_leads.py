"""Judge a batch of leads and plan what to write back, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from audits.engine import NOTE_LENGTH, LeadAudit, audit
from audits.model.finding import Outcome
from audits.model.lead import Lead
from audits.model.said import english
from audits.model.truth import TruthVerdict
from audits.reports.handled import HandledLead, handled_lead
from audits.rethink import is_response_sure, is_sure
from audits.truth.experience import Noted, noted_of
from audits.truth.kept import Truth, without_message
from audits.truth.of_case import became_of
from connector.jobs.context import Lease
from connector.storage import (
    contests,
    findings,
    lookups,
    outbox,
    outcomes,
    policies,
    repairs,
    snapshots,
    timeline,
    worklist,
)
from connector.storage.contests import Contest, Decision
from connector.storage.neighbours import hear_became
from connector.storage.repairs import JudgedRepairs
from connector.storage.statements import portions
from connector.storage.surroundings import surroundings_of
from connector.writeback.plan import field_values, plan_write

BATCH = 100


def audit_leads(lease: Lease, lead_ids: Iterable[str]) -> int:
    """Audit `lead_ids` as of now and store findings, measures and planned writes. Returns how many were audited.

    Ids of leads that are gone are passed over. A rule that crashes ends the job: it never reads as no finding.
    """
    return sum(_audit_batch(lease, batch) for batch in portions(sorted(set(lead_ids)), BATCH))


def _audit_batch(lease: Lease, lead_ids: Sequence[str]) -> int:
    context, install_id = lease.context, lease.install_id
    now = context.clock()
    install = lease.install()
    with context.database.read() as connection:
        all_due_at = findings.all_due_at(connection, install_id)
        book = policies.PolicyBook.load(connection, install_id)
        cases = timeline.load_cases(
            connection,
            install_id,
            lead_ids,
            now,
            install.coverage,
            lambda found: surroundings_of(connection, install_id, found, now, book),
        )
        written = outbox.last_written(connection, install_id, lead_ids)
        shown = outbox.crm_values(connection, install_id, lead_ids)
        cleared = outbox.cleared_by_human(connection, install_id, lead_ids)
        marks = worklist.marks_of(connection, install_id, lead_ids, now)
    audits = []
    became = {}
    noted: list[Noted] = []
    for case in cases:
        policy = book.policy_for(case.lead.received_at, now)
        result = audit(case, policy)
        became[case.lead.lead_id] = became_of(case, policy)
        breached = [each.rule_id for each in result.findings if each.outcome is Outcome.BREACH]
        noted.append(noted_of(case, policy, breached))
        audits.append(
            (
                case.lead,
                result,
                handled_lead(case, policy, result),
                (is_sure(case, policy), is_response_sure(case, policy)),
            )
        )
    with context.database.read() as connection:
        known = snapshots.packed(
            connection,
            install_id,
            [(case, snapshots.text_answers(each[1].findings)) for case, each in zip(cases, audits, strict=True)],
        )
    other_hours_at = book.next_beginning(now)
    texts_since = now - timedelta(days=book.policy_for(now, now).keep_text_days)
    with lease.commit() as connection:
        findings.store_findings(
            connection, install_id, [finding for _, result, _, _ in audits for finding in result.findings], now
        )
        snapshots.put_packed(connection, install_id, known, now)
        outcomes.note_outcomes(connection, install_id, noted, now)
        # A policy saved while these were judged by the one before: they are due again at once.
        is_agreed_anew = findings.all_due_at(connection, install_id) != all_due_at
        due_again_at = now if is_agreed_anew else other_hours_at
        findings.store_audits(connection, install_id, [_row(*each, due_again_at, texts_since) for each in audits])
        repairs.store_repairs(connection, install_id, [_repairs(lead, result) for lead, result, _, _ in audits], now)
        suggested = repairs.suggestions_of(connection, install_id, lead_ids)
        told = contests.standing_of(connection, install_id, lead_ids)
        right_already = []
        for lead, result, _, _ in audits:
            lead_id = lead.lead_id
            changes = plan_write(
                field_values(
                    quality=result.quality,
                    handling=result.handling,
                    verdict=result.verdict.value,
                    follow_up_status=result.follow_up_status.value,
                    note=_note(result, [told[key] for key in sorted(told) if key[0] == lead_id]),
                    suggested_repair=suggested.get(lead_id, ""),
                ),
                shown=shown.get(lead_id),
                written=written.get(lead_id, {}),
                cleared=cleared.get(lead_id, frozenset()),
            )
            if changes:
                outbox.put_outbox(connection, install_id, lead_id, changes, now)
            else:
                right_already.append(lead_id)
        outbox.cancel(connection, install_id, right_already)
        worklist.mark_audited(connection, install_id, marks)
        # After that, for a lead of this very batch may have been judged before it was known what became of another.
        worklist.mark_beside(connection, install_id, hear_became(connection, install_id, became, now), now)
        lookups.want_lookups(
            connection, install_id, [case.lead for case in cases], book.policy_for(now, now).region, now
        )
    return len(audits)


def _note(result: LeadAudit, told: Sequence[Contest]) -> str:
    """The note for the CRM: which of its findings somebody contests, and which were set aside, then what they say.

    Scores and findings are facts: a contest changes none of them.
    """
    waiting = [each.rule_id for each in told if each.is_present and each.is_open]
    aside = [each.rule_id for each in told if each.is_present and each.decision is Decision.SET_ASIDE]
    marks = (f"Contested: {', '.join(waiting)}. " if waiting else "") + (
        f"Set aside: {', '.join(aside)}. " if aside else ""
    )
    note = marks + english(result.note)
    return note if len(note) <= NOTE_LENGTH else f"{note[: NOTE_LENGTH - 1]}…"


#: The fields of a lead in which anything can be repaired.
_REPAIRED = ("phone", "mobile", "email", "first_name", "last_name")


def _repairs(lead: Lead, result: LeadAudit) -> JudgedRepairs:
    """What can be repaired. In what nobody asked for nothing is worth mending."""
    judged = result.judgement
    return JudgedRepairs(
        lead_id=lead.lead_id,
        values={field: getattr(lead, field) or "" for field in _REPAIRED},
        proposed=() if judged.verdict is TruthVerdict.PSEUDO else judged.repairs,
    )


def _row(
    lead: Lead,
    result: LeadAudit,
    handled: HandledLead,
    surely: tuple[bool, bool],
    due_again_at: datetime | None,
    texts_since: datetime,
) -> findings.AuditRow:
    """What is kept of one audit. It is due again when time changes it, or at `due_again_at`: other hours begin to
    count then, or something else was agreed. Words of a message from before `texts_since` are not kept."""
    facts = result.facts
    truth = Truth(result.judgement, result.steps, result.fit if result.fit.has_criteria else None)
    return findings.AuditRow(
        lead_id=lead.lead_id,
        received_at=lead.received_at,
        audited_at=result.as_of,
        policy_version=result.policy_version,
        owner_id=facts.held_by,
        source=lead.source,
        first_attempt_at=facts.first_attempt_at,
        first_attempt_s=facts.first_attempt_working_s,
        first_attempt_wall_s=facts.first_attempt_wall_s,
        first_connection_at=facts.first_connection_at,
        attempts_calls=facts.call_attempts,
        attempts_emails=facts.email_attempts,
        last_attempt_at=facts.last_attempt_at,
        quality=result.quality,
        handling=result.handling,
        verdict=result.verdict,
        follow_up_status=result.follow_up_status,
        note=english(result.note),
        next_change_at=min(filter(None, (result.next_change_at, due_again_at)), default=None),
        due_at=facts.due_at,
        charged_to=handled.owner_id,
        answer=handled.answer.value,
        cause=handled.cause.value,
        target=handled.target,
        lead_type=lead.lead_type,
        waited_s=handled.waited_working_s,
        needed_s=handled.needed_s,
        is_goal_kept=handled.is_goal_kept,
        is_never_called=handled.is_never_called,
        is_sure=surely[0],
        is_response_sure=surely[1],
        first_connection_s=handled.first_connection_working_s,
        first_connection_wall_s=handled.first_connection_wall_s,
        vendor_leg_wall_s=handled.vendor_leg_wall_s,
        system_leg_s=handled.system_leg_working_s,
        human_leg_s=handled.human_leg_working_s,
        load_holder_id=None if handled.load is None else handled.load.holder_id,
        load_waiting=None if handled.load is None else handled.load.waiting,
        load_fits_milli=None if handled.load is None else handled.load.fits_milli,
        won_at=handled.won_at,
        closed_at=handled.closed_at,
        fit=result.fit.percent,
        truth=without_message(truth, keeps_quotes=lead.received_at >= texts_since),
    )
