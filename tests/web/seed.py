"""An account with some 120 leads of the last 60 days, made from a seed and judged by the real engine."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from audits.model.activity import (
    Activity,
    ActivityKind,
    ActivityState,
    Direction,
    Disposition,
    Owner,
    OwnerChange,
    StageChange,
    Task,
)
from audits.model.case import Coverage, Fact
from audits.model.lead import Lead, LeadStatus
from connector.catalog import CRMS
from connector.crm.port import Account, LeadRecord
from connector.jobs.audit_leads import audit_leads
from connector.jobs.context import JobContext, take_lease
from connector.reporting.figures import handling_figures, week_bounds
from connector.storage import cursors, health, installs, people, reports, timeline
from connector.storage.installs import Install
from connector.storage.people import Role

#: A Wednesday afternoon in Berlin, within working hours.
NOW = datetime(2026, 11, 18, 13, 20, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")

PEOPLE = ("Anneke de Vries", "Jonas Weber", "Marta Kowalska", "Samuel Okafor", "Lena Brandt")
FIRST = (
    "Clara",
    "Tomasz",
    "Ines",
    "Piet",
    "Amira",
    "Jan",
    "Sofia",
    "Emil",
    "Nadia",
    "Oskar",
    "Ruth",
    "Levi",
    "Mina",
    "Hugo",
    "Elif",
    "Björn",
    "Noor",
    "Pavel",
    "Aoife",
    "Yusuf",
)
LAST = (
    "Hartmann",
    "Nowak",
    "Moreno",
    "van Dijk",
    "Haddad",
    "Lindqvist",
    "Rossi",
    "Keller",
    "Petrov",
    "Schulz",
    "O'Brien",
    "Yılmaz",
    "Bakker",
    "Novák",
    "Dubois",
    "Fischer",
    "Costa",
    "Meyer",
)
COMPANIES = ("Hafenlicht GmbH", "Bakkerij Noord", "Kellerwerk AG", "Studio Lindqvist", "Moreno Solar", None, None)
SOURCES = ("Website form", "Solarvergleich.example", "Partner: Enerleads", "Trade fair", "Referral")


@dataclass(frozen=True)
class Tenant:
    """A seeded account and whom it knows."""

    install: Install
    admin_id: str
    head_id: str
    rep_id: str
    rep_owner_id: str
    lead_ids: tuple[str, ...]
    report_id: str

    @property
    def install_id(self) -> str:
        return self.install.install_id


def seed_tenant(
    context: JobContext,
    *,
    account_id: str = "247279312",
    name: str = "Nordlicht Solar",
    leads: int = 120,
    prefix: str = "",
    seed: int = 7,
    coverage: Coverage | None = None,
    canary: str = "",
) -> Tenant:
    """Make the account and its leads; `canary` stands in every free text of it."""
    rng, now = random.Random(seed), context.clock()
    account = Account(
        account_id=account_id,
        name=name,
        zone="Europe/Berlin",
        currency="EUR",
        record_url_base=f"https://app.hubspot.com/contacts/{account_id}/record/0-1",
    )
    owners = [
        Owner(
            owner_id=f"{prefix}{71 + n}",
            user_id=f"{prefix}{501 + n}",
            email=f"{who.split()[0].lower()}@{account_id}.example",
            name=who + canary,
            team="Inside sales" if n < 3 else "Field",
        )
        for n, who in enumerate(PEOPLE)
    ]
    with context.database.write() as connection:
        install = installs.create_or_reconnect(
            connection,
            "hubspot",
            account,
            ("crm.objects.contacts.read",),
            (),
            coverage or Coverage(),
            now - timedelta(days=40),
            contacted_statuses=CRMS["hubspot"].status_words.contacted,
            waiting_statuses=CRMS["hubspot"].status_words.waiting,
        )
        install_id = install.install_id
        people.replace_owners(connection, install_id, owners)
        people.upsert_user(
            connection,
            install_id,
            f"{prefix}500",
            f"admin@{account_id}.example",
            "Petra Admin" + canary,
            Role.ADMIN,
            None,
        )
        people.upsert_user(
            connection,
            install_id,
            owners[4].user_id or "",
            owners[4].email or "",
            owners[4].name,
            Role.HEAD_OF_SALES,
            owners[4].owner_id,
        )
        people.upsert_user(
            connection,
            install_id,
            owners[0].user_id or "",
            owners[0].email or "",
            owners[0].name,
            Role.REP,
            owners[0].owner_id,
        )
        cursors.put_cursor(
            connection, install_id, "backfill", None, 31_000, 31_000, now - timedelta(days=39), is_finished=True
        )
        for counter, by in (
            ("events_received", 18_412),
            ("events_duplicate", 37),
            ("events_ignored", 912),
            ("lost_found", 6),
            ("reconciled", 3801),
            ("records_written", 2231),
        ):
            health.bump(connection, install_id, counter, by, now - timedelta(minutes=3))
        for value, seen in (("Nurturing 2", 14), ("Recycled", 3)):
            for _ in range(seen):
                health.note_unmapped(connection, install_id, "hs_lead_status", value + canary)
    records = [_record(rng, f"{prefix}{9001 + n}", owners, account, now, canary) for n in range(leads)]
    store_and_audit(context, install_id, records)
    with context.database.read() as connection:
        install = installs.get_install(connection, install_id)
    return Tenant(
        install=install,
        admin_id=f"{prefix}500",
        head_id=owners[4].user_id or "",
        rep_id=owners[0].user_id or "",
        rep_owner_id=owners[0].owner_id,
        lead_ids=tuple(record.lead.lead_id for record in records),
        report_id=_keep_report(context, install, now),
    )


def _keep_report(context: JobContext, install: Install, now: datetime) -> str:
    """The report on this week so far, by the latest audits."""
    since, until = week_bounds(now.astimezone(BERLIN).date(), install.zone)
    with context.database.write() as connection:
        told = handling_figures(connection, install.install_id, since, until, now)
        stored = reports.put_report(
            connection,
            install.install_id,
            kind="so_far",
            since=since,
            until=until,
            as_of=now,
            made_at=now,
            inputs={"zone": install.zone, "policies": ["1"], "rules": [["RT001", 2]]},
            figures=told.to_bytes().decode(),
        )
    return stored.report_id


def store_and_audit(context: JobContext, install_id: str, records: Sequence[LeadRecord]) -> None:
    """Keep the records as read now, and judge them."""
    with context.database.write() as connection:
        timeline.store_records(connection, install_id, records, context.clock())
    audit_leads(take_lease(context, install_id, "seed"), [record.lead.lead_id for record in records])


def missing_emails() -> Coverage:
    """A coverage without e-mails."""
    return Coverage(
        missing=((Fact.EMAILS, "The permission to read e-mails was not granted, so e-mails are not counted."),)
    )


def _record(
    rng: random.Random, lead_id: str, owners: Sequence[Owner], account: Account, now: datetime, canary: str
) -> LeadRecord:
    received_at = _arrival(rng, now)
    first, last = rng.choice(FIRST), rng.choice(LAST)
    owner = rng.choice(owners)
    kind = rng.random()
    phone: str | None = f"+4930{rng.randrange(10_000_000, 99_999_999)}"
    email: str | None = (
        f"{first}.{last}{rng.randrange(99)}@mailbox.example.org".lower().replace("'", "").replace(" ", "")
    )
    if kind < 0.05:
        first, last, email, phone = "asdf", "asdf", "asdf@mailinator.com", "123"
    elif kind < 0.09:
        phone, email = None, "not an address"
    lead = Lead(
        lead_id=lead_id,
        received_at=received_at,
        recorded_at=received_at,
        first_name=first,
        last_name=last + canary,
        email=email,
        phone=phone,
        company=(rng.choice(COMPANIES) or "") + canary or None,
        country="DE",
        source=rng.choice(SOURCES) + canary,
        owner_id=owner.owner_id,
        status=LeadStatus.OPEN,
        raw_status="OPEN",
        message="Please call me about a roof of 80 square metres." + canary,
        record_url=f"{account.record_url_base}/{lead_id}",
        modified_at=received_at,
    )
    given_at = received_at + timedelta(minutes=rng.choice((0, 0, 2, 9, 45)))
    changes = [OwnerChange(lead_id=lead_id, occurred_at=given_at, owner_id=owner.owner_id, source="workflow")]
    other = rng.choice(owners)
    if rng.random() < 0.15 and other is not owner:
        changes.insert(0, OwnerChange(lead_id=lead_id, occurred_at=received_at, owner_id=other.owner_id))
        changes[1] = OwnerChange(
            lead_id=lead_id, occurred_at=received_at + timedelta(hours=3), owner_id=owner.owner_id
        )
    acts = _acts(rng, lead, owner, now)
    stages = [StageChange(lead_id=lead_id, occurred_at=received_at, field="hs_lead_status", raw_status="NEW")]
    status = LeadStatus.OPEN
    if acts and any(act.disposition is Disposition.CONNECTED for act in acts) and rng.random() < 0.55:
        status = rng.choice((LeadStatus.WON, LeadStatus.LOST))
        stages.append(
            StageChange(
                lead_id=lead_id,
                occurred_at=acts[-1].occurred_at,
                field="hs_lead_status",
                raw_status=status.value.upper(),
            )
        )
    tasks = []
    if rng.random() < 0.3:
        tasks.append(
            Task(
                task_id=f"t{lead_id}",
                lead_id=lead_id,
                recorded_at=received_at + timedelta(hours=1),
                due_at=now + timedelta(days=rng.randrange(-3, 5)),
                owner_id=owner.owner_id,
            )
        )
    changed = {"status": status, "raw_status": status.value.upper()}
    return LeadRecord(
        lead=Lead(**{**{name: getattr(lead, name) for name in Lead.__slots__}, **changed}),
        activities=tuple(acts),
        tasks=tuple(tasks),
        owner_changes=tuple(changes),
        stage_changes=tuple(stages),
    )


def _arrival(rng: random.Random, now: datetime) -> datetime:
    days = rng.choice((0, 0, 0, *range(1, 60)))
    local = now.astimezone(BERLIN) - timedelta(days=days)
    hour = rng.choice((8, 9, 9, 10, 10, 11, 12, 13, 14, 14, 15, 16, 17, 19, 22))
    arrived = local.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60)).astimezone(UTC)
    return min(arrived, now - timedelta(minutes=rng.randrange(4, 90)))


def _acts(rng: random.Random, lead: Lead, owner: Owner, now: datetime) -> list[Activity]:
    """Some are called at once, some late, some never; then up to seven more attempts."""
    style = rng.random()
    acts = [_act(rng, lead, owner, 0, ActivityKind.EMAIL, lead.received_at + timedelta(seconds=30), automated=True)]
    if style < 0.16:
        return acts
    wait = (
        timedelta(minutes=rng.choice((2, 4, 6, 11, 18, 25, 28)))
        if style < 0.68
        else timedelta(hours=rng.choice((1, 2, 5, 20, 30)))
    )
    moment, reached = _into_hours(lead.received_at) + wait, False
    for number in range(1, rng.randrange(2, 9)):
        if moment >= now or reached:
            break
        kind = ActivityKind.CALL if number % 3 else ActivityKind.EMAIL
        acts.append(_act(rng, lead, owner, number, kind, moment))
        reached = acts[-1].disposition is Disposition.CONNECTED
        moment = _into_hours(moment + timedelta(hours=rng.choice((3, 22, 26, 49))))
    if reached and moment + timedelta(days=2) < now and rng.random() < 0.5:
        acts.append(_act(rng, lead, owner, 20, ActivityKind.MEETING, _into_hours(moment + timedelta(days=1))))
    return acts


def _act(
    rng: random.Random,
    lead: Lead,
    owner: Owner,
    number: int,
    kind: ActivityKind,
    moment: datetime,
    *,
    automated: bool = False,
) -> Activity:
    disposition, duration_s = None, None
    if kind is ActivityKind.CALL:
        disposition = rng.choice(
            (
                Disposition.NO_ANSWER,
                Disposition.NO_ANSWER,
                Disposition.VOICEMAIL,
                Disposition.BUSY,
                Disposition.CONNECTED,
            )
        )
        duration_s = rng.randrange(60, 900) if disposition is Disposition.CONNECTED else rng.randrange(5, 30)
    return Activity(
        activity_id=f"a{lead.lead_id}-{number}",
        lead_id=lead.lead_id,
        kind=kind,
        occurred_at=moment,
        recorded_at=moment,
        direction=Direction.OUTBOUND,
        state=ActivityState.DONE,
        disposition=disposition,
        is_automated=automated,
        duration_s=duration_s,
        owner_id=None if automated else owner.owner_id,
    )


def _into_hours(moment: datetime) -> datetime:
    local = moment.astimezone(BERLIN)
    if local.hour >= 18:
        local = (local + timedelta(days=1)).replace(hour=9, minute=local.minute // 4)
    if local.hour < 9:
        local = local.replace(hour=9, minute=local.minute // 4)
    while local.weekday() >= 5:
        local += timedelta(days=1)
    return local.astimezone(UTC)
