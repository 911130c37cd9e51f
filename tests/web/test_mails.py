"""Alerts and the weekly mail: to the right person, in his hours, each once; a kill costs no mail."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from audits.model.lead import LeadStatus
from connector.crm.port import LeadRecord
from connector.jobs.audit_leads import audit_leads
from connector.jobs.context import Lease, take_lease
from connector.jobs.send_alerts import send_alerts
from connector.jobs.send_digests import next_monday, send_digests
from connector.jobs.weekly_report import weekly_report
from connector.oauth.mail import FileMailer, Mail, MailNotSent
from connector.reporting import pdf
from connector.storage import alerts, findings, mail_choices, people, policies, worklist
from connector.storage.tables import alerts as rows
from connector.storage.tables import installs
from tests.factories import make_activity, make_lead
from tests.web.conftest import WebApp
from tests.web.seed import NOW, Tenant, seed_tenant, store_and_audit

BERLIN = ZoneInfo("Europe/Berlin")
REP, HEAD = "anneke@247279312.example", "lena@247279312.example"


@dataclass
class Mailbox:
    """The file mailbox; `refuses`: the server is down; `dies`: the process is killed after the server took a mail."""

    folder: Path
    refuses: bool = False
    dies: bool = False
    tried: int = 0
    seen: set[str] = field(default_factory=set)

    def send(self, mail: Mail) -> None:
        self.tried += 1
        if self.refuses:
            raise MailNotSent("The mail server is down.")
        FileMailer(self.folder).send(mail)
        if self.dies:
            raise KeyboardInterrupt

    def new(self) -> list[EmailMessage]:
        """Mails since the last look, by recipient."""
        found = sorted(path for path in self.folder.glob("*.eml") if path.name not in self.seen)
        self.seen.update(path.name for path in found)
        read = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]
        return sorted((each for each in read if isinstance(each, EmailMessage)), key=lambda each: str(each["To"]))


@pytest.fixture
def box(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "box")


@pytest.fixture
def tenant(web: WebApp) -> Tenant:
    """Nobody waits there yet, and everybody who may wants alerts."""
    made = seed_tenant(web.context, leads=0)
    want(web, made, made.rep_id)
    want(web, made, made.head_id)
    return made


def want(web: WebApp, tenant: Tenant, user_id: str, *, gets_alerts: bool = True, gets_digest: bool = False) -> None:
    with web.database.write() as connection:
        mail_choices.choose_mails(
            connection, tenant.install_id, user_id, gets_alerts=gets_alerts, gets_digest=gets_digest
        )


def lease_of(web: WebApp, tenant: Tenant) -> Lease:
    return take_lease(web.context, tenant.install_id, "test")


def arrive(web: WebApp, tenant: Tenant, lead_id: str = "9001", name: str = "Clara") -> None:
    """A lead without a kind: its goal is 5 minutes and its promise 30 minutes of working time."""
    lead = make_lead(
        lead_id,
        received_at=web.clock.now,
        owner_id=tenant.rep_owner_id,
        first_name=name,
        last_name=f"Hartmann {lead_id}",
        status=LeadStatus.OPEN,
    )
    store_and_audit(web.context, tenant.install_id, [LeadRecord(lead=lead)])


def at(web: WebApp, tenant: Tenant, box: Mailbox, minutes: float) -> list[EmailMessage]:
    """What is mailed when the clock has gone on by so many minutes, and all that is due was judged."""
    web.clock.now += timedelta(minutes=minutes)
    with web.database.read() as connection:
        due = worklist.due_leads(connection, tenant.install_id, web.clock.now, 100)
    audit_leads(lease_of(web, tenant), due)
    send_alerts(lease_of(web, tenant), box)
    return box.new()


def outcomes(web: WebApp, tenant: Tenant) -> dict[tuple[str, str], str]:
    """(kind, user id) → what became of it."""
    with web.database.read() as connection:
        found = connection.execute(sa.select(rows).where(rows.c.install_id == tenant.install_id))
        return {(row.kind, row.user_id): row.outcome for row in found}


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_the_holder_is_warned_and_told_and_then_his_manager_each_once(web: WebApp, tenant: Tenant, box: Mailbox):
    arrive(web, tenant)
    assert at(web, tenant, box, 4) == []
    (warning,) = at(web, tenant, box, 2)
    assert warning["To"] == REP
    assert "1 lead waits" in warning["Subject"]
    assert "the goal has passed" in text_of(warning)
    assert "Clara Hartmann 9001" in text_of(warning)
    assert "http://localhost:8000/leads/9001" in text_of(warning)
    assert at(web, tenant, box, 10) == []
    (breach,) = at(web, tenant, box, 20)
    assert (breach["To"], "promised time has passed" in text_of(breach)) == (REP, True)
    assert at(web, tenant, box, 60) == []
    (told,) = at(web, tenant, box, 60)
    assert (told["To"], "Nobody of your team" in text_of(told)) == (HEAD, True)
    assert [mail for step in range(8) for mail in at(web, tenant, box, 15 + step)] == []
    assert set(outcomes(web, tenant).values()) == {"sent"}


def test_what_people_type_cannot_look_like_words_of_ours(web: WebApp, tenant: Tenant, box: Mailbox):
    """A lead writes his name into a form; an account's name goes into the subject."""
    with web.database.write() as connection:
        connection.execute(
            sa.update(installs)
            .where(installs.c.install_id == tenant.install_id)
            .values(account_name="Pumps\r\nBcc: all@evil.example\u2028\x85Ltd")
        )
    arrive(web, tenant, name="Eve\n\nSign in anew: http://evil.example\u2028" + "x" * 500)
    (warning,) = at(web, tenant, box, 6)
    assert warning["Subject"].endswith("Pumps Bcc: all@evil.example Ltd")
    assert warning["Bcc"] is None
    lines = text_of(warning).splitlines()
    assert [line for line in lines if "evil" in line and not line.startswith("- Eve Sign in anew:")] == []
    assert max(map(len, lines)) < 250


def test_who_answered_meanwhile_is_not_mailed(web: WebApp, tenant: Tenant, box: Mailbox):
    arrive(web, tenant)
    web.clock.now += timedelta(minutes=31)
    with web.database.read() as connection:
        due = worklist.due_leads(connection, tenant.install_id, web.clock.now, 100)
    audit_leads(lease_of(web, tenant), due)
    down = replace(box, refuses=True)
    send_alerts(lease_of(web, tenant), down)
    assert down.tried == 1
    with web.database.read() as connection:
        lead = findings.get_audit(connection, tenant.install_id, "9001")
    assert lead is not None
    called = make_activity("call-1", "9001", occurred_at=web.clock.now, owner_id=tenant.rep_owner_id)
    record = LeadRecord(
        lead=make_lead("9001", received_at=lead.received_at, owner_id=tenant.rep_owner_id), activities=(called,)
    )
    store_and_audit(web.context, tenant.install_id, [record])
    assert at(web, tenant, box, 130) == []
    assert set(outcomes(web, tenant).values()) == {"no_longer_true"}


def test_mails_wait_for_the_hours_of_their_reader(web: WebApp, tenant: Tenant, box: Mailbox):
    """He works until 15:00; the lead comes at 14:20, and its promise breaks while he is away."""
    with web.database.write() as connection:
        policy = policies.policy_as_of(connection, tenant.install_id, NOW)
        team = policy.calendar
        short = replace(team, week=dict.fromkeys(range(5), ((9 * 3600, 15 * 3600),)))
        away = {
            tenant.rep_owner_id: ((datetime(2026, 11, 19, 7, tzinfo=UTC), datetime(2026, 11, 19, 11, tzinfo=UTC)),)
        }
        policies.put_policy(
            connection,
            tenant.install_id,
            replace(policy, version="2", owner_calendars={"75": short}, absences=away),
            NOW - timedelta(days=1),
        )
    web.clock.now = datetime(2026, 11, 18, 16, 40, tzinfo=UTC)  # 17:40 in Berlin, open until 18:00
    arrive(web, tenant)
    (warning,) = at(web, tenant, box, 6)
    assert warning["To"] == REP
    assert at(web, tenant, box, 60) == []
    # Away until noon: nothing before, and his clock stands still, so nothing is due either.
    assert at(web, tenant, box, 60 * 15) == []
    web.clock.now = datetime(2026, 11, 19, 11, 16, tzinfo=UTC)
    (breach,) = at(web, tenant, box, 1)
    assert breach["To"] == REP
    # Two hours after is 14:10; the manager's hours end at 15:00.
    (told,) = at(web, tenant, box, 125)
    assert told["To"] == HEAD


def test_a_mail_of_the_evening_is_sent_at_the_next_opening(web: WebApp, tenant: Tenant, box: Mailbox):
    with web.database.write() as connection:
        policy = policies.policy_as_of(connection, tenant.install_id, NOW)
        short = replace(policy.calendar, week=dict.fromkeys(range(5), ((9 * 3600, 15 * 3600),)))
        policies.put_policy(
            connection,
            tenant.install_id,
            replace(policy, version="2", owner_calendars={"75": short}, escalate_after_s=3600),
            NOW - timedelta(days=1),
        )
    arrive(web, tenant)  # 14:20; due 14:50; the manager is told at 15:50, when he is gone
    assert [mail["To"] for mail in at(web, tenant, box, 31)] == [REP]
    assert at(web, tenant, box, 70) == []
    web.clock.now = datetime(2026, 11, 19, 7, 59, tzinfo=UTC)
    assert at(web, tenant, box, 0) == []
    assert [mail["To"] for mail in at(web, tenant, box, 1)] == [HEAD]


def test_nobody_is_mailed_unless_he_asked_and_only_of_the_last_day(web: WebApp, box: Mailbox):
    quiet = seed_tenant(web.context, leads=40)
    assert at(web, quiet, box, 0) == []
    arrive(web, quiet)
    assert at(web, quiet, box, 31) == []
    assert outcomes(web, quiet) == {}
    # Whoever asks now is told of what breaks from now on and of the last day; not of the whole past.
    want(web, quiet, quiet.rep_id)
    found = at(web, quiet, box, 1)
    assert [mail["To"] for mail in found] == [REP]
    with web.database.read() as connection:
        planned = connection.execute(sa.select(rows.c.due_at)).scalars().all()
    assert planned
    assert min(planned) > web.clock.now - timedelta(days=1)
    want(web, quiet, quiet.rep_id, gets_alerts=False)
    arrive(web, quiet, "9999")
    assert at(web, quiet, box, 31) == []


def test_all_that_is_due_to_one_person_is_one_mail(web: WebApp, tenant: Tenant, box: Mailbox):
    for number in range(3):
        arrive(web, tenant, f"90{number}")
    (mail,) = at(web, tenant, box, 31)
    assert "3 leads wait" in mail["Subject"]
    assert text_of(mail).count("/leads/90") == 3


def test_a_kill_after_sending_repeats_one_mail_and_no_other(web: WebApp, tenant: Tenant, box: Mailbox):
    arrive(web, tenant)
    box.dies = True
    with pytest.raises(KeyboardInterrupt):
        at(web, tenant, box, 31)
    box.dies = False
    first = box.new()
    again = at(web, tenant, box, 0)
    assert len(first) == len(again) == 1
    assert first[0]["Message-ID"] == again[0]["Message-ID"]
    assert at(web, tenant, box, 1) == []


def test_a_mail_server_that_refuses_is_asked_again_later(web: WebApp, tenant: Tenant, box: Mailbox):
    arrive(web, tenant)
    box.refuses = True
    assert at(web, tenant, box, 31) == []
    assert at(web, tenant, box, 5) == []
    assert box.tried == 1
    box.refuses = False
    assert [mail["To"] for mail in at(web, tenant, box, 11)] == [REP]


def test_who_lost_the_lead_or_is_blocked_is_not_mailed(web: WebApp, tenant: Tenant, box: Mailbox):
    arrive(web, tenant)
    with web.database.write() as connection:
        people.disable_user(connection, tenant.install_id, tenant.rep_id, web.clock.now)
    assert at(web, tenant, box, 31) == []
    with web.database.read() as connection:
        assert tenant.rep_id not in {
            each.user_id for each in mail_choices.list_readers(connection, tenant.install_id)
        }


def test_what_is_due_is_a_row_that_wakes_the_worker(web: WebApp, tenant: Tenant, box: Mailbox):
    arrive(web, tenant)
    at(web, tenant, box, 31)

    def woken(when: datetime) -> list[str]:
        with web.database.read() as connection:
            return alerts.installs_with_mail(connection, when)

    assert woken(web.clock.now) == []
    assert woken(web.clock.now + timedelta(days=1)) == [tenant.install_id]


# --- the weekly mail ------------------------------------------------------------------------------------------------


@pytest.fixture
def full(web: WebApp) -> Tenant:
    """An account with leads, whose head of sales wants the digest in Norwegian."""
    made = seed_tenant(web.context, leads=60)
    want(web, made, made.head_id, gets_alerts=False, gets_digest=True)
    want(web, made, made.rep_id, gets_alerts=False, gets_digest=True)
    return made


def test_monday_at_eight_is_the_clock_of_the_account():
    for now, wanted in (
        (datetime(2026, 11, 18, 12, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=BERLIN)),
        (datetime(2026, 11, 23, 6, 59, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=BERLIN)),
        (datetime(2026, 11, 23, 7, 0, tzinfo=UTC), datetime(2026, 11, 30, 8, tzinfo=BERLIN)),
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 8, tzinfo=BERLIN)),
    ):
        assert next_monday(now, "Europe/Berlin") == wanted


def test_the_report_of_the_week_is_mailed_once_to_managers_who_want_it(web: WebApp, full: Tenant, box: Mailbox):
    assert not send_digests(lease_of(web, full), box)
    web.clock.now = datetime(2026, 11, 23, 7, 1, tzinfo=UTC)
    # The report is not made yet: the mail waits for it.
    send_digests(lease_of(web, full), box)
    assert box.new() == []
    settle(web, full)
    lease = lease_of(web, full)
    assert weekly_report(lease)
    web.clock.now += timedelta(minutes=11)
    assert send_digests(lease, box)
    (mail,) = box.new()
    assert mail["To"] == HEAD
    body = text_of(mail)
    assert "Nordlicht Solar" in body
    assert "http://localhost:8000/report/20261122-" in body
    page = mail.get_body(("html",))
    assert page is not None
    kinds = [part.get_content_type() for part in mail.walk()]
    assert page.get_content().count("cid:") == kinds.count("image/png") > 0
    assert ("application/pdf" in kinds) == (pdf.missing_library() is None)
    pictures = [part.get_content() for part in mail.walk() if part.get_content_type() == "image/png"]
    assert all(each.startswith(b"\x89PNG") for each in pictures)
    assert not send_digests(lease, box)
    web.clock.now += timedelta(days=1)
    assert not send_digests(lease, box)
    assert box.new() == []


def test_the_digest_speaks_the_language_of_its_reader(web: WebApp, full: Tenant, box: Mailbox):
    with web.database.write() as connection:
        people.set_language(connection, full.install_id, full.head_id, "ar")
    send_digests(lease_of(web, full), box)
    web.clock.now = datetime(2026, 11, 23, 7, 1, tzinfo=UTC)
    settle(web, full)
    weekly_report(lease_of(web, full))
    send_digests(lease_of(web, full), box)
    (mail,) = box.new()
    page = mail.get_body(("html",))
    assert page is not None
    assert 'dir="rtl"' in page.get_content()
    assert 'lang="ar"' in page.get_content()


def settle(web: WebApp, tenant: Tenant) -> None:
    """Judge all that is due."""
    while found := due_now(web, tenant):
        audit_leads(lease_of(web, tenant), found)


def due_now(web: WebApp, tenant: Tenant) -> list[str]:
    with web.database.read() as connection:
        return worklist.due_leads(connection, tenant.install_id, web.clock.now, 100)
