"""Mails we send: by SMTP, or as files in a mailbox folder while no mail server is set."""

from __future__ import annotations

import hashlib
import secrets
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from connector.errors import LeadAssayError
from connector.language.texts import texts_for
from connector.logs import get_logger
from connector.settings import Settings, Smtp
from connector.storage import installs, people
from connector.storage.database import Database
from connector.storage.people import Role

TIMEOUT_S = 15.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

log = get_logger(__name__)


class MailNotSent(LeadAssayError):
    """The mail server did not take a mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a mail. `content_id`: how its HTML shows it as a picture; "" = a file of its own."""

    name: str
    media_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail: plain text, perhaps the same as HTML, perhaps with files.

    `key`: what makes this mail this mail; a mail that is sent twice bears the same Message-ID then.
    """

    to: str
    subject: str
    text: str
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    key: str = ""


class Mailer(Protocol):
    """Sends mails."""

    def send(self, mail: Mail) -> None:
        """Hand one mail over. Raises MailNotSent."""
        ...


class SmtpMailer:
    """Hands mails to an SMTP server: TLS from the start (smtps), or STARTTLS (smtp, but for loopback)."""

    def __init__(self, smtp: Smtp) -> None:
        self._parts = urlsplit(smtp.url)
        self._sender = smtp.sender

    def send(self, mail: Mail) -> None:
        """Hand one mail over. Raises MailNotSent."""
        message = _message(self._sender, mail)
        try:
            with self._connect() as server:
                if self._parts.username:
                    server.login(unquote(self._parts.username), unquote(self._parts.password or ""))
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise MailNotSent(
                f"The mail server at {self._parts.hostname} did not take a mail ({type(error).__name__}). Check "
                "LEADASSAY_SMTP_URL and LEADASSAY_MAIL_FROM."
            ) from error

    def _connect(self) -> smtplib.SMTP:
        host, port = self._parts.hostname or "", self._parts.port
        context = ssl.create_default_context()
        if self._parts.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_S, context=context)
        server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT_S)
        if host not in _LOOPBACK:
            # A link in a mail signs its reader in: it does not travel in the clear.
            server.starttls(context=context)
        return server


class FileMailer:
    """Puts each mail as one .eml file into a folder: for trying the app out, and for tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail: Mail) -> None:
        """Write one file, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}.eml"
        waiting = self._folder / f".{name}"
        content = _message("leadassay@localhost", mail).as_bytes()
        waiting.touch(0o600)  # a link in a mail signs its reader in
        waiting.write_bytes(content)
        waiting.rename(self._folder / name)


def mailer_for(settings: Settings) -> Mailer:
    """The mailer that the settings ask for."""
    return SmtpMailer(settings.smtp) if settings.smtp is not None else FileMailer(settings.mailbox_dir)


def admin_teller(settings: Settings, database: Database) -> Callable[[str, str], None]:
    """What TokenKeeper calls when an install is paused: its admins get one mail each."""
    mailer = mailer_for(settings)

    def tell(install_id: str, reason: str) -> None:
        with database.read() as connection:
            account = installs.get_install(connection, install_id).account_name
            admins = [user for user in people.list_users(connection, install_id) if user.role is Role.ADMIN]
        for admin in admins:
            if admin.disabled_at is not None or not admin.email:
                continue
            says = texts_for(admin.language, "UTC")
            until = says.t("Until then no lead of {account} is read or audited. Connect again here:", account=account)
            mail = Mail(
                to=admin.email,
                subject=says.t("Lead Assay is no longer connected to {account}", account=account),
                text=f"{says.stored(reason)}\n\n{until}\n{settings.public_url}/settings\n",
            )
            try:
                mailer.send(mail)
            except MailNotSent as error:
                # The notice stands on the pages all the same.
                log.warning("notice_not_mailed", install_id=install_id, reason=str(error))

    return tell


def _message(sender: str, mail: Mail) -> EmailMessage:
    """Raises MailNotSent for an address or subject that would break out of its header."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
    except ValueError as error:
        raise MailNotSent("An address or subject cannot stand in a mail's header.") from error
    to = message["To"]
    if len(to.addresses) != 1 or any(group.display_name for group in to.groups):
        raise MailNotSent("A mail goes to exactly one address.")
    message["Auto-Submitted"] = "auto-generated"
    if mail.key:
        message["Message-ID"] = f"<{hashlib.sha256(mail.key.encode()).hexdigest()[:40]}@leadassay>"
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
        page = list(message.iter_parts())[-1]
        for each in mail.attachments:
            if each.content_id:
                main, _, sub = each.media_type.partition("/")
                page.add_related(
                    each.content, main, sub, cid=f"<{each.content_id}>", filename=each.name, disposition="inline"
                )
    for each in mail.attachments:
        if not each.content_id:
            main, _, sub = each.media_type.partition("/")
            message.add_attachment(each.content, main, sub, filename=each.name)
    return message
