"""One-time links: to whom they go, how long they live, and what an asker can learn (nothing)."""

from __future__ import annotations

import email
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path

import pytest
import sqlalchemy as sa

from audits.model.activity import Owner
from audits.model.case import Coverage
from connector.crm.port import Account
from connector.oauth.mail import FileMailer, Mail, MailNotSent, SmtpMailer, mailer_for
from connector.oauth.sign_in import LINKS_PER_ADDRESS, LinkDesk, redeem_link, who_may_sign_in
from connector.settings import Settings, Smtp
from connector.storage import installs, people, tables, web_sessions
from connector.storage.database import Database
from connector.storage.people import Role
from tests.conftest import DatabaseUrls
from tests.oauth.conftest import settings_for

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@dataclass
class Box:
    """A mailer that keeps what it is given, and may be slow."""

    mails: list[Mail] = field(default_factory=list)
    pause_s: float = 0.0

    def send(self, mail: Mail) -> None:
        time.sleep(self.pause_s)
        self.mails.append(mail)


@dataclass
class Clock:
    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def plain_settings(database_urls: DatabaseUrls, tmp_path: Path) -> Settings:
    return settings_for("http://127.0.0.1:1", database_urls, tmp_path)


def owner(number: int, address: str | None, *, is_archived: bool = False) -> Owner:
    return Owner(
        owner_id=str(number),
        user_id=str(1000 + number),
        email=address,
        name=f"Person {number}",
        is_archived=is_archived,
    )


def make_install(database: Database, number: int = 1, *owners: Owner) -> str:
    account = Account(
        account_id=str(number),
        name=f"account-{number}.example",
        zone="UTC",
        currency=None,
        record_url_base="https://x/",
    )
    with database.write() as connection:
        install_id = installs.create_or_reconnect(connection, "hubspot", account, (), (), Coverage(), NOW).install_id
        people.replace_owners(connection, install_id, owners)
    return install_id


def asked(database: Database, settings: Settings, *addresses: str, clock: Clock | None = None) -> Box:
    box = Box()
    desk = LinkDesk(database, box, settings, clock or Clock())
    for address in addresses:
        desk.ask(address)
    desk.close()
    return box


def tokens_in(mail: Mail) -> list[str]:
    return re.findall(r"http://127\.0\.0\.1:8000/sign-in/link/(\S+)", mail.text)


def test_a_person_on_the_crms_list_gets_a_link_that_works_once(database: Database, plain_settings: Settings) -> None:
    install_id = make_install(database, 1, owner(1, "Rita@Firm.example"))
    (mail,) = asked(database, plain_settings, " rita@firm.EXAMPLE ").mails
    assert mail.to == "Rita@Firm.example"
    (token,) = tokens_in(mail)
    signed_in = redeem_link(database, token, NOW)
    assert signed_in is not None
    assert (signed_in.install_id, signed_in.user.user_id, signed_in.user.role) == (install_id, "1001", Role.REP)
    assert redeem_link(database, token, NOW) is None


def test_a_link_dies_after_fifteen_minutes_and_is_kept_as_a_hash(
    database: Database, plain_settings: Settings
) -> None:
    make_install(database, 1, owner(1, "rita@firm.example"))
    (first,) = tokens_in(asked(database, plain_settings, "rita@firm.example").mails[0])
    (second,) = tokens_in(asked(database, plain_settings, "rita@firm.example").mails[0])
    with database.read() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM login_links").all())
    assert first not in rows
    assert redeem_link(database, first, NOW + timedelta(minutes=15)) is None
    assert redeem_link(database, second, NOW + timedelta(minutes=14, seconds=59)) is not None
    for wrong in ("", "x", first + "x", "' OR 1=1 --"):
        assert redeem_link(database, wrong, NOW) is None


@pytest.mark.parametrize(
    "address",
    [
        "nobody@firm.example",
        "",
        "@",
        "rita",
        "rita@firm.example\r\nBcc: evil@x.test",
        "a" * 300 + "@x.test",
        "%@%",
        "\x00@x",
    ],
)
def test_nobody_else_gets_a_mail(database: Database, plain_settings: Settings, address: str) -> None:
    make_install(database, 1, owner(1, "rita@firm.example"), owner(2, None))
    assert asked(database, plain_settings, address).mails == []


def test_former_owners_disabled_users_and_ended_installs_get_none(
    database: Database, plain_settings: Settings
) -> None:
    install_id = make_install(
        database, 1, owner(1, "gone@firm.example", is_archived=True), owner(2, "off@firm.example")
    )
    with database.write() as connection:
        people.upsert_user(connection, install_id, "1001", "gone@firm.example", "Gone", Role.HEAD_OF_SALES, "1")
        people.upsert_user(connection, install_id, "1002", "off@firm.example", "Off", Role.REP, "2")
        people.disable_user(connection, install_id, "1002", NOW)
        people.upsert_user(connection, install_id, "9", "stranger@firm.example", "S", Role.REP, None)
    assert (
        asked(database, plain_settings, "gone@firm.example", "off@firm.example", "stranger@firm.example").mails == []
    )
    other = make_install(database, 2, owner(1, "rita@firm.example"))
    with database.write() as connection:
        installs.mark_uninstalled(connection, other, "left", NOW, NOW + timedelta(days=30))
    assert asked(database, plain_settings, "rita@firm.example").mails == []


def test_the_installing_admin_signs_in_without_being_an_owner(database: Database, plain_settings: Settings) -> None:
    install_id = make_install(database)
    with database.write() as connection:
        people.upsert_user(connection, install_id, "9", "ada@firm.example", "Ada", Role.ADMIN, None)
    (token,) = tokens_in(asked(database, plain_settings, "ada@firm.example").mails[0])
    signed_in = redeem_link(database, token, NOW)
    assert signed_in is not None
    assert signed_in.user.role is Role.ADMIN


def test_a_role_given_here_stays(database: Database, plain_settings: Settings) -> None:
    install_id = make_install(database, 1, owner(1, "rita@firm.example"))
    asked(database, plain_settings, "rita@firm.example")
    with database.write() as connection:
        people.set_role(connection, install_id, "1001", Role.HEAD_OF_SALES)
    (token,) = tokens_in(asked(database, plain_settings, "rita@firm.example").mails[0])
    signed_in = redeem_link(database, token, NOW)
    assert signed_in is not None
    assert signed_in.user.role is Role.HEAD_OF_SALES


def test_a_person_in_two_accounts_gets_one_mail_with_a_link_for_each(
    database: Database, plain_settings: Settings
) -> None:
    ids = [make_install(database, number, owner(1, "rita@firm.example")) for number in (1, 2)]
    (mail,) = asked(database, plain_settings, "rita@firm.example").mails
    found = [redeem_link(database, token, NOW) for token in tokens_in(mail)]
    assert sorted(one.install_id for one in found if one is not None) == sorted(ids)
    assert "account-1.example" in mail.text
    assert "account-2.example" in mail.text


@pytest.mark.parametrize(
    "theirs", ["boss@stra\u00dfe.example", "boss@\u017ftrasse.example", "bo\u017f\u017f@strasse.example"]
)
def test_an_address_that_only_unicode_takes_for_the_same_gets_nobodys_link(
    database: Database, plain_settings: Settings, theirs: str
) -> None:
    """Whoever connects a CRM of his own chooses what is listed there; one mail holds the links of all accounts."""
    mine = make_install(database, 1, owner(1, "boss@strasse.example"))
    for number in range(2, 10):
        hostile = make_install(database, number, owner(1, theirs))
        with database.write() as connection:
            people.upsert_user(connection, hostile, "1001", theirs, "Evil", Role.ADMIN, None)
    (mail,) = asked(database, plain_settings, "boss@strasse.example").mails
    assert mail.to == "boss@strasse.example"
    (token,) = tokens_in(mail)
    signed_in = redeem_link(database, token, NOW)
    assert signed_in is not None
    assert signed_in.install_id == mine


def test_an_accounts_name_says_nothing_of_its_own_in_our_mail(database: Database, plain_settings: Settings) -> None:
    install_id = make_install(database, 1, owner(1, "rita@firm.example"))
    name = "Pay now:\nhttps://evil.example/pay\r\n" + "x" * 500
    with database.write() as connection:
        connection.execute(
            sa.update(tables.installs).where(tables.installs.c.install_id == install_id).values(account_name=name)
        )
    (mail,) = asked(database, plain_settings, "rita@firm.example").mails
    assert "://evil" not in mail.text
    assert "Pay now https evil.example pay xx" in mail.text
    assert max(len(line) for line in mail.text.splitlines()) < 200


def test_somebody_disabled_after_the_mail_is_not_signed_in(database: Database, plain_settings: Settings) -> None:
    install_id = make_install(database, 1, owner(1, "rita@firm.example"))
    (token,) = tokens_in(asked(database, plain_settings, "rita@firm.example").mails[0])
    with database.write() as connection:
        people.replace_owners(connection, install_id, [owner(1, "rita@firm.example", is_archived=True)])
    assert redeem_link(database, token, NOW) is None


def test_asking_takes_no_time_whoever_is_asked_for(database: Database, plain_settings: Settings) -> None:
    make_install(database, 1, owner(1, "rita@firm.example"))
    desk = LinkDesk(database, Box(pause_s=0.3), plain_settings, Clock())
    for address in ("rita@firm.example", "nobody@firm.example"):
        started = time.perf_counter()
        assert desk.ask(address) is None  # type: ignore[func-returns-value]
        assert time.perf_counter() - started < 0.05
    desk.close()


def test_one_address_cannot_be_flooded(database: Database, plain_settings: Settings) -> None:
    make_install(database, 1, owner(1, "rita@firm.example"), owner(2, "bob@firm.example"))
    clock, box = Clock(), Box()
    desk = LinkDesk(database, box, plain_settings, clock)
    for _ in range(LINKS_PER_ADDRESS + 5):
        desk.ask("rita@firm.example")
    desk.ask("bob@firm.example")
    desk.close()
    assert [mail.to for mail in box.mails].count("rita@firm.example") == LINKS_PER_ADDRESS
    assert box.mails[-1].to == "bob@firm.example"


def test_a_mail_server_in_trouble_does_not_end_the_desk(database: Database, plain_settings: Settings) -> None:
    make_install(database, 1, owner(1, "rita@firm.example"))

    class Broken(Box):
        def send(self, mail: Mail) -> None:
            super().send(mail)
            if len(self.mails) == 1:
                raise MailNotSent("no server")

    box = Broken()
    desk = LinkDesk(database, box, plain_settings, Clock())
    desk.ask("rita@firm.example")
    desk.ask("rita@firm.example")
    desk.close()
    assert len(box.mails) == 2


def test_users_are_looked_up_in_one_place(database: Database, plain_settings: Settings) -> None:
    install_id = make_install(database, 1, owner(1, "rita@firm.example"))
    with database.write() as connection:
        (one,) = who_may_sign_in(connection, "RITA@firm.example")
        again = who_may_sign_in(connection, "rita@firm.example")
        assert web_sessions.delete_sessions_of_user(connection, install_id, one.user.user_id) == 0
    assert [one] == again


def read_mail(path: Path) -> email.message.EmailMessage:
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, email.message.EmailMessage)
    return message


def test_the_file_mailbox(tmp_path: Path, plain_settings: Settings) -> None:
    assert isinstance(mailer_for(plain_settings), FileMailer)
    mailer = FileMailer(tmp_path / "box")
    for number in range(3):
        mailer.send(Mail(to="ann@x.example", subject=f"Grüße {number}", text="Hällo\n\nhttps://x.example/a?b=c\n"))
    files = sorted((tmp_path / "box").glob("*"))
    assert [path.suffix for path in files] == [".eml"] * 3
    message = read_mail(files[0])
    assert (message["To"], message["Subject"]) == ("ann@x.example", "Grüße 0")
    assert "https://x.example/a?b=c" in message.get_content()
    assert (tmp_path / "box").stat().st_mode & 0o077 == 0
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600] * 3


@pytest.mark.parametrize(
    "to", ["a@x.example\r\nBcc: b@x.example", "a@x.example, b@x.example", "", "group: a@x.example;"]
)
def test_a_mail_goes_to_one_address_and_headers_cannot_be_added(tmp_path: Path, to: str) -> None:
    with pytest.raises(MailNotSent):
        FileMailer(tmp_path).send(Mail(to=to, subject="s", text="t"))
    with pytest.raises(MailNotSent):
        FileMailer(tmp_path).send(Mail(to="a@x.example", subject="s\r\nBcc: b@x.example", text="t"))
    assert list(tmp_path.glob("*.eml")) == []


@contextmanager
def smtp_server(refuses: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """A tiny SMTP server on loopback that keeps what it is told."""
    got: list[bytes] = []
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(5)

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer, peer.makefile("rwb") as stream:

                def say(line: bytes, stream: object = stream) -> None:
                    stream.write(line + b"\r\n")  # type: ignore[attr-defined]
                    stream.flush()  # type: ignore[attr-defined]

                say(b"220 test")
                for line in iter(stream.readline, b""):
                    verb = line[:4].upper()
                    if verb == b"EHLO":
                        say(b"250-test")
                        say(b"250 8BITMIME")
                    elif verb == b"DATA":
                        say(b"354 go on")
                        body = b"".join(iter(stream.readline, b".\r\n"))
                        got.append(body)
                        say(b"250 taken")
                    elif verb == b"RCPT" and refuses:
                        say(b"550 no such person")
                    elif verb == b"QUIT":
                        say(b"221 bye")
                        break
                    else:
                        say(b"250 fine")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], got
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def test_mail_by_smtp() -> None:
    with smtp_server() as (port, got):
        mailer = SmtpMailer(Smtp(url=f"smtp://127.0.0.1:{port}", sender="assay@firm.example"))
        mailer.send(Mail(to="ann@x.example", subject="Hello", text="a line\n"))
    message = email.message_from_bytes(got[0], policy=default)
    assert (message["From"], message["To"], message["Auto-Submitted"]) == (
        "assay@firm.example", "ann@x.example", "auto-generated",
    )  # fmt: skip


def test_a_mail_that_was_not_taken_is_an_error() -> None:
    with smtp_server(refuses=True) as (port, got):
        mailer = SmtpMailer(Smtp(url=f"smtp://127.0.0.1:{port}", sender="assay@firm.example"))
        with pytest.raises(MailNotSent, match="LEADASSAY_SMTP_URL"):
            mailer.send(Mail(to="ann@x.example", subject="Hello", text="a line\n"))
    assert got == []
    with pytest.raises(MailNotSent):
        SmtpMailer(Smtp(url="smtp://127.0.0.1:1", sender="a@b.example")).send(
            Mail(to="ann@x.example", subject="s", text="t")
        )
