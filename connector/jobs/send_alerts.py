"""Mails when a lead waits for its first attempt: to whoever holds it, and later to the head of sales.

- WARNING: the goal has passed. BREACH: the promise is broken. ESCALATION: it still is, `Policy.escalate_after_s` of
  working time later. Each goes to one person once, whatever is judged again in between.
- What is due is a query over rows (`connector.storage.alerts`). Rows are planned when a lead's finding says that it
  waits; a mail is sent within the working hours of its reader, and not at all when the lead was tried, closed or
  handed over before.
- All that is due to one person goes in one mail. It is marked as sent after the mail server took it: whoever is
  killed in between sends that one mail again, with the same Message-ID. The other way round it might never be sent.
- What fell due more than a day ago when it was first seen (a first reading of the past, somebody who just asked for
  mails) is not mailed: it stands on the pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from sqlalchemy.engine import Connection

from audits.clock import NoWorkingHours, case_clock
from audits.dues import response_due
from audits.model.case import LeadCase
from audits.model.policy import Policy
from connector.jobs.context import Lease
from connector.jobs.recipients import managers_of, one_line, opening, texts_of
from connector.language.texts import Texts
from connector.logs import get_logger
from connector.oauth.mail import Mail, Mailer, MailNotSent, mailer_for
from connector.storage import alerts, mail_choices, policies
from connector.storage.alerts import Alert, AlertKind, AlertOutcome, WaitingLead
from connector.storage.cases import load_cases
from connector.storage.installs import Install
from connector.storage.mail_choices import MailChoice

FRESH = timedelta(days=1)
#: After the mail server refused. A refusal that lasts so long ends the attempt.
AGAIN_AFTER = timedelta(minutes=15)
GIVEN_UP_AFTER = timedelta(days=3)
_BATCH = 200
_LISTED = 20
_LONGEST_NAME = 120

_log = get_logger(__name__)


def send_alerts(lease: Lease, mailer: Mailer | None = None) -> bool:
    """Plan and send what is due by now. Returns whether any mail was settled."""
    with lease.context.database.read() as connection:
        readers = mail_choices.list_readers(connection, lease.install_id)
    wanting = [each for each in readers if each.gets_alerts]
    if wanting:
        _plan(lease, wanting)
    return _send(lease, wanting, mailer or mailer_for(lease.context.settings))


def _plan(lease: Lease, readers: list[MailChoice]) -> None:
    """Plan the mails about leads that wait now, and whose promise is of the last day."""
    install, now = lease.install(), lease.context.clock()
    with lease.context.database.read() as connection:
        waiting = alerts.waiting_since(connection, install.install_id, now - FRESH)
        known = alerts.planned_for(connection, install.install_id, [each.lead_id for each in waiting])
        wanted = [
            (lead, kind, reader)
            for lead in waiting
            for kind, reader in _wanted(connection, install.install_id, lead, readers)
            if (lead.lead_id, kind, reader.user_id) not in known
        ]
        if not wanted:
            return
        book = policies.PolicyBook.load(connection, install.install_id)
        in_force = policies.policy_as_of(connection, install.install_id, now)
        cases = {
            case.lead.lead_id: case
            for case in load_cases(
                connection, install.install_id, {lead.lead_id for lead, _, _ in wanted}, now, install.coverage
            )
        }
    planned = []
    for lead, kind, reader in wanted:
        case = cases.get(lead.lead_id)
        if case is None:
            continue
        due_at = _due(case, book.policy_for(case.lead.received_at, now))
        if due_at is None or due_at <= now - FRESH:
            continue
        earliest = now
        if kind is AlertKind.ESCALATION:
            earliest = max(now, _escalated(case, book.policy_for(case.lead.received_at, now), due_at, now))
        send_after = opening(reader, in_force, earliest)
        if send_after is not None:
            planned.append(
                Alert(
                    lead_id=lead.lead_id,
                    rule_id=alerts.RULE,
                    kind=kind,
                    due_at=due_at,
                    user_id=reader.user_id,
                    send_after=send_after,
                )
            )
    if planned:
        with lease.commit() as connection:
            alerts.plan_alerts(connection, install.install_id, planned)


def _wanted(
    conn: Connection, install_id: str, lead: WaitingLead, readers: list[MailChoice]
) -> list[tuple[AlertKind, MailChoice]]:
    """Who is to be told of the lead, and what."""
    is_broken = lead.reason == alerts.BROKEN
    holders = [each for each in readers if each.owner_id is not None and each.owner_id == lead.holder_id]
    told = [(AlertKind.BREACH if is_broken else AlertKind.WARNING, each) for each in holders]
    if is_broken:
        holder_ids = {each.user_id for each in holders}
        team = mail_choices.team_of(conn, install_id, lead.holder_id) if lead.holder_id is not None else None
        told += [
            (AlertKind.ESCALATION, each) for each in managers_of(team, readers) if each.user_id not in holder_ids
        ]
    return told


def _due(case: LeadCase, policy: Policy) -> datetime | None:
    try:
        return response_due(case, policy, case_clock(case, policy))
    except NoWorkingHours:
        return None


def _escalated(case: LeadCase, policy: Policy, due_at: datetime, now: datetime) -> datetime:
    """When the manager is told; at once where the hours of whoever holds the lead never open again."""
    try:
        return case_clock(case, policy).after(due_at, policy.escalate_after_s)
    except NoWorkingHours:
        return now


def _send(lease: Lease, readers: list[MailChoice], mailer: Mailer) -> bool:
    install, now = lease.install(), lease.context.clock()
    with lease.context.database.read() as connection:
        due = alerts.due_alerts(connection, install.install_id, now, _BATCH)
        if not due:
            return False
        policy = policies.policy_as_of(connection, install.install_id, now)
    by_id = {each.user_id: each for each in readers}
    for user_id in sorted({each.user_id for each in due}):
        mine = [each for each in due if each.user_id == user_id]
        reader = by_id.get(user_id)
        if reader is None:
            _settle(lease, mine, AlertOutcome.UNWANTED, now)
            continue
        opens_at = opening(reader, policy, now)
        if opens_at is None or opens_at > now:
            # His hours became others since the mail was planned.
            _postpone(lease, mine, opens_at or now + FRESH)
            continue
        _send_to(lease, install, reader, mine, mailer, now)
    return True


def _send_to(
    lease: Lease, install: Install, reader: MailChoice, mine: list[Alert], mailer: Mailer, now: datetime
) -> None:
    with lease.context.database.read() as connection:
        still = [
            each
            for each in mine
            if _is_true(each, reader, alerts.waiting_reason(connection, install.install_id, each.lead_id))
        ]
        cases = {
            case.lead.lead_id: case
            for case in load_cases(
                connection, install.install_id, {each.lead_id for each in still}, now, install.coverage
            )
        }
    still = [each for each in still if each.lead_id in cases]
    _settle(lease, [each for each in mine if each not in still], AlertOutcome.NO_LONGER_TRUE, now)
    if not still:
        return
    says = texts_of(reader, install.zone)
    mail = alert_mail(install, reader, still, cases, says, lease.context.settings.public_url)
    lease.check()
    try:
        mailer.send(mail)
    except MailNotSent as error:
        _log.warning("alert_not_mailed", install_id=install.install_id, reason=str(error))
        over = [each for each in still if each.due_at < now - GIVEN_UP_AFTER]
        _settle(lease, over, AlertOutcome.REFUSED, now)
        _postpone(lease, [each for each in still if each not in over], now + AGAIN_AFTER)
        return
    _settle(lease, still, AlertOutcome.SENT, now)


def _is_true(alert: Alert, reader: MailChoice, waits: WaitingLead | None) -> bool:
    """Whether what the mail would say still holds."""
    if waits is None:
        return False
    if alert.kind is AlertKind.ESCALATION:
        return waits.reason == alerts.BROKEN
    wanted = alerts.BROKEN if alert.kind is AlertKind.BREACH else alerts.WARNED
    return waits.reason == wanted and waits.holder_id == reader.owner_id


def _settle(lease: Lease, done: Sequence[Alert], outcome: AlertOutcome, now: datetime) -> None:
    if done:
        with lease.commit() as connection:
            for each in done:
                alerts.finish_alert(connection, lease.install_id, each, outcome, now)


def _postpone(lease: Lease, later: Sequence[Alert], until: datetime) -> None:
    if later:
        with lease.commit() as connection:
            for each in later:
                alerts.postpone_alert(connection, lease.install_id, each, until)


def alert_mail(
    install: Install,
    reader: MailChoice,
    told: Sequence[Alert],
    cases: dict[str, LeadCase],
    says: Texts,
    public_url: str,
) -> Mail:
    """One mail with all that is due to one reader."""
    parts = []
    for kind, head in (
        (AlertKind.BREACH, says.t("Nobody has tried to reach them, and the promised time has passed:")),
        (AlertKind.WARNING, says.t("Still in time, but the goal has passed:")),
        (AlertKind.ESCALATION, says.t("Nobody of your team has tried to reach them for a good while after:")),
    ):
        mine = sorted((each for each in told if each.kind is kind), key=lambda each: (each.due_at, each.lead_id))
        if not mine:
            continue
        lines = [_line(cases[each.lead_id], each, says, public_url) for each in mine[:_LISTED]]
        if len(mine) > _LISTED:
            lines.append(says.plural("and {n} more", "and {n} more", len(mine) - _LISTED))
        parts.append("\n".join([head, "", *lines]))
    many = says.plural("{n} lead waits for its first attempt", "{n} leads wait for their first attempt", len(told))
    foot = says.t("You get this mail because you asked for it; switch it off here: {link}", link=f"{public_url}/my")
    keys = sorted(f"{each.kind.value}:{each.lead_id}:{each.due_at.isoformat()}" for each in told)
    return Mail(
        to=reader.email,
        subject=one_line(f"{many} · {install.account_name}"),
        text="\n\n".join([*parts, foot]) + "\n",
        key="|".join((install.install_id, reader.user_id, *keys)),
    )


def _line(case: LeadCase, alert: Alert, says: Texts, public_url: str) -> str:
    lead = case.lead
    # Whoever fills a form writes his name, and what comes after a line break would look like words of ours.
    name = one_line(lead.full_name or lead.company or "")[:_LONGEST_NAME] or says.t("Lead {id}", id=lead.lead_id)
    due = says.t("{name}: due {moment}", name=name, moment=says.moment(alert.due_at, now=case.as_of))
    return f"- {due}\n  {public_url}/leads/{quote(lead.lead_id, safe='')}"
