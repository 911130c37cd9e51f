"""The weekly mail: on Monday at 8:00 by the clock of the account, to every manager who asked for it.

It tells the report that was kept of the week, and links to its page. As with alerts, what is due is a row, and it is
marked as sent after the mail server took the mail: whoever is killed in between sends that one mail again, with the
same Message-ID.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connector.errors import OtherFormat
from connector.jobs.context import Lease
from connector.jobs.recipients import texts_of
from connector.language.texts import Texts
from connector.logs import get_logger
from connector.oauth.mail import Attachment, Mail, Mailer, MailNotSent, mailer_for
from connector.reporting import pdf
from connector.reporting.background import load_background
from connector.reporting.digest import digest_of
from connector.reporting.figures import week_bounds
from connector.reporting.making import WEEKLY, read_report
from connector.reporting.paper import paper
from connector.storage import alerts, mail_choices, reports
from connector.storage.alerts import Alert, AlertKind, AlertOutcome
from connector.storage.installs import Install
from connector.storage.people import Role
from connector.storage.reports import StoredReport

AT = time(8)
#: While the report is not made yet, or the mail server refused.
AGAIN_AFTER = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=3)
_MANAGERS = (Role.ADMIN, Role.HEAD_OF_SALES)

_log = get_logger(__name__)


def send_digests(lease: Lease, mailer: Mailer | None = None) -> bool:
    """Plan the mails of next Monday, and send those that are due by now. Returns whether any was settled."""
    context, install = lease.context, lease.install()
    now = context.clock()
    with context.database.read() as connection:
        readers = {
            each.user_id: each
            for each in mail_choices.list_readers(connection, install.install_id)
            if each.gets_digest and each.role in _MANAGERS
        }
        due = alerts.due_alerts(connection, install.install_id, now, kinds=(AlertKind.DIGEST,))
        next_at = next_monday(now, install.zone)
        planned = alerts.planned_digests(connection, install.install_id, next_at)
    missing = sorted(readers.keys() - planned)
    if missing:
        with lease.commit() as connection:
            alerts.plan_alerts(connection, install.install_id, [_digest(user_id, next_at) for user_id in missing])
    if not due:
        return False
    made: dict[tuple[datetime, str], Mail | None] = {}
    for alert in due:
        reader = readers.get(alert.user_id)
        if reader is None or alert.due_at < now - GIVEN_UP_AFTER:
            _settle(lease, alert, AlertOutcome.UNWANTED if reader is None else AlertOutcome.NO_LONGER_TRUE, now)
            continue
        says = texts_of(reader, install.zone)
        key = (alert.due_at, says.lang)
        if key not in made:
            made[key] = _mail(lease, install, alert.due_at, says)
        mail = made[key]
        if mail is None:
            _postpone(lease, alert, now)
            continue
        lease.check()
        try:
            (mailer or mailer_for(context.settings)).send(
                replace(mail, to=reader.email, key=f"{mail.key}|{reader.user_id}")
            )
        except MailNotSent as error:
            _log.warning("digest_not_mailed", install_id=install.install_id, reason=str(error))
            _postpone(lease, alert, now)
            continue
        _settle(lease, alert, AlertOutcome.SENT, now)
    return True


def next_monday(now: datetime, zone: str) -> datetime:
    """The next Monday at 8:00 in `zone` (IANA) after `now`, as aware UTC."""
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    monday = today - timedelta(days=today.weekday())
    found = datetime.combine(monday, AT, local).astimezone(UTC)
    return found if found > now else datetime.combine(monday + timedelta(days=7), AT, local).astimezone(UTC)


def _digest(user_id: str, at: datetime) -> Alert:
    return Alert(lead_id="", rule_id="", kind=AlertKind.DIGEST, due_at=at, user_id=user_id, send_after=at)


def _mail(lease: Lease, install: Install, due_at: datetime, says: Texts) -> Mail | None:
    """The mail on the week before `due_at`; None while its report is not made."""
    monday = due_at.astimezone(ZoneInfo(install.zone)).date()
    until, _ = week_bounds(monday, install.zone)
    with lease.context.database.read() as connection:
        stored = _kept(reports.list_reports(connection, install.install_id), until)
        if stored is None:
            return None
        try:
            told = read_report(stored)
        except OtherFormat as error:
            _log.warning("digest_without_report", install_id=install.install_id, reason=str(error))
            return None
        about = load_background(connection, install.install_id, told, stored.inputs)
    says = replace(says, zone=told.zone)
    report = paper(told, about, says)
    public_url = lease.context.settings.public_url
    digest = digest_of(report, says, link=f"{public_url}/report/{stored.report_id}", settings_link=f"{public_url}/my")
    files = [
        Attachment(name=f"{each.name}.png", media_type="image/png", content=each.png, content_id=each.name)
        for each in digest.pictures
    ]
    try:
        files.append(
            Attachment(
                name=f"lead-assay-{stored.report_id}.pdf", media_type=pdf.TYPE, content=pdf.pdf_of(report, says)
            )
        )
    except pdf.NoPdf as error:
        # The mail tells the figures and where they are; it does not wait for a library.
        _log.warning("digest_without_pdf", install_id=install.install_id, reason=str(error))
    return Mail(
        to="",
        subject=digest.subject,
        text=digest.text,
        html=digest.html,
        attachments=tuple(files),
        key=f"{install.install_id}|digest|{stored.report_id}",
    )


def _kept(listed: list[StoredReport], until: datetime) -> StoredReport | None:
    return next((each for each in listed if each.kind == WEEKLY and each.period_to == until), None)


def _settle(lease: Lease, alert: Alert, outcome: AlertOutcome, now: datetime) -> None:
    with lease.commit() as connection:
        alerts.finish_alert(connection, lease.install_id, alert, outcome, now)


def _postpone(lease: Lease, alert: Alert, now: datetime) -> None:
    with lease.commit() as connection:
        alerts.postpone_alert(connection, lease.install_id, alert, now + AGAIN_AFTER)
