"""Values with sensible defaults, so that a test names only what it is about.

All times hang on NOW, a Wednesday at 12:00 UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

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
from audits.model.case import Coverage, LeadCase
from audits.model.deal import Deal, DealContact
from audits.model.finding import Evidence, Finding, Outcome
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Policy
from audits.model.said import Span, say, verbatim
from audits.model.working_calendar import Calendar
from connector.crm.port import Account, LeadRecord
from connector.storage.findings import AuditRow
from connector.storage.installs import Install, create_or_reconnect

NOW = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)


def at(minutes: float = 0, *, hours: float = 0, days: float = 0) -> datetime:
    """An instant relative to NOW; negative = before."""
    return NOW + timedelta(minutes=minutes, hours=hours, days=days)


def make_lead(lead_id: str = "1", **fields: Any) -> Lead:
    """A plausible lead that was received two hours before NOW."""
    received_at = fields.pop("received_at", at(hours=-2))
    lead = Lead(
        lead_id=lead_id,
        received_at=received_at,
        recorded_at=fields.pop("recorded_at", received_at),
        first_name="Ada",
        last_name="Byron",
        email=f"ada.{lead_id}@lovelace-werke.de",
        owner_id="owner-1",
        source="web form",
        raw_status="NEW",
        record_url=f"https://crm.example.com/record/{lead_id}",
        modified_at=received_at,
    )
    return replace(lead, **fields)


def make_activity(activity_id: str = "call-1", lead_id: str = "1", **fields: Any) -> Activity:
    """An outbound call by hand that nobody answered, one hour before NOW."""
    occurred_at = fields.pop("occurred_at", at(hours=-1))
    activity = Activity(
        activity_id=activity_id,
        lead_id=lead_id,
        kind=ActivityKind.CALL,
        occurred_at=occurred_at,
        recorded_at=fields.pop("recorded_at", occurred_at),
        direction=Direction.OUTBOUND,
        state=ActivityState.DONE,
        disposition=Disposition.NO_ANSWER,
        is_automated=False,
        duration_s=12,
        owner_id="owner-1",
        raw=(("hs_call_status", "COMPLETED"),),
    )
    return replace(activity, **fields)


def make_task(task_id: str = "task-1", lead_id: str = "1", **fields: Any) -> Task:
    """An open task, made one hour before NOW, due one day after it."""
    task = Task(
        task_id=task_id,
        lead_id=lead_id,
        recorded_at=at(hours=-1),
        due_at=at(days=1),
        owner_id="owner-1",
    )
    return replace(task, **fields)


def make_owner_change(lead_id: str = "1", owner_id: str | None = "owner-1", **fields: Any) -> OwnerChange:
    """The lead was handed to owner-1 when it arrived."""
    return replace(OwnerChange(lead_id=lead_id, occurred_at=at(hours=-2), owner_id=owner_id), **fields)


def make_stage_change(lead_id: str = "1", **fields: Any) -> StageChange:
    """The status became NEW when the lead arrived."""
    change = StageChange(lead_id=lead_id, occurred_at=at(hours=-2), field="hs_lead_status", raw_status="NEW")
    return replace(change, **fields)


def make_deal(deal_id: str = "deal-1", *contact_ids: str, **fields: Any) -> Deal:
    """An open deal of 12,000.00 EUR, made half an hour after the lead; its contacts have no role."""
    deal = Deal(
        deal_id=deal_id,
        pipeline="Sales",
        stage="Offer",
        status=LeadStatus.OPEN,
        created_at=at(hours=-1.5),
        amount_minor=1_200_000,
        currency="EUR",
        owner_id="owner-1",
        stage_since=at(hours=-1),
        contacts=tuple(DealContact(contact_id=contact_id) for contact_id in contact_ids),
        record_url=f"https://crm.example.com/deal/{deal_id}",
    )
    return replace(deal, **fields)


def make_owner(owner_id: str = "owner-1", **fields: Any) -> Owner:
    """Somebody who can hold leads."""
    owner = Owner(
        owner_id=owner_id, user_id=f"user-of-{owner_id}", email=f"{owner_id}@seller.example", name="Olga Owner"
    )
    return replace(owner, **fields)


def make_record(
    lead: Lead | str = "1",
    *,
    activities: Sequence[Activity] = (),
    tasks: Sequence[Task] = (),
    owner_changes: Sequence[OwnerChange] = (),
    stage_changes: Sequence[StageChange] = (),
    merged_ids: Sequence[str] = (),
    our_fields: Mapping[str, str] | None = None,
    **more: Any,
) -> LeadRecord:
    """A lead as an adapter reads it; `lead` may be an id alone."""
    return LeadRecord(
        lead=make_lead(lead) if isinstance(lead, str) else lead,
        activities=tuple(activities),
        tasks=tuple(tasks),
        owner_changes=tuple(owner_changes),
        stage_changes=tuple(stage_changes),
        merged_ids=tuple(merged_ids),
        our_fields=dict(our_fields or {}),
        **more,
    )


def make_case(lead: Lead | None = None, **fields: Any) -> LeadCase:
    """A lead without any activity, as of NOW, everything looked at."""
    case = LeadCase(lead=lead or make_lead(), as_of=NOW, coverage=Coverage())
    return replace(case, **fields)


def make_calendar(zone: str = "UTC", start_h: int = 9, end_h: int = 18) -> Calendar:
    """Monday to Friday from start_h to end_h o'clock."""
    return Calendar("team", zone, dict.fromkeys(range(5), ((start_h * 3600, end_h * 3600),)))


def make_policy(version: str = "test-1", **fields: Any) -> Policy:
    """The default figures, working hours Monday to Friday 9-18 UTC."""
    return replace(Policy(version=version, calendar=make_calendar()), **fields)


def make_finding(lead_id: str = "1", rule_id: str = "RT001", **fields: Any) -> Finding:
    """A breach with one piece of evidence. `sentence` may stand for `said`, as text that is data."""
    if "sentence" in fields:
        fields["said"] = verbatim(fields.pop("sentence"))
    finding = Finding(
        rule_id=rule_id,
        rule_version=1,
        subject_id=lead_id,
        outcome=Outcome.BREACH,
        reason="late",
        said=say("The first attempt came {late} late.", late=Span(30 * 60)),
        policy_version="test-1",
        as_of=NOW,
        evidence=(Evidence(record_type="call", record_id="call-1", field="time", value="11:00", at=at(hours=-1)),),
        owner_id="owner-1",
    )
    return replace(finding, **fields)


def make_audit(lead_id: str = "1", **fields: Any) -> AuditRow:
    """Measures of a lead that was received two hours before NOW and never tried."""
    row = AuditRow(
        lead_id=lead_id,
        received_at=at(hours=-2),
        audited_at=NOW,
        policy_version="test-1",
        owner_id="owner-1",
        source="web form",
    )
    return replace(row, **fields)


@dataclass(frozen=True)
class Granted:
    """What an install was given."""

    scopes: tuple[str, ...] = ("crm.objects.contacts.read",)
    missing_scopes: tuple[str, ...] = ()


def make_account(account_id: str = "portal-1", **fields: Any) -> Account:
    """A CRM account in Berlin."""
    account = Account(
        account_id=account_id,
        name=f"Seller {account_id}",
        zone="Europe/Berlin",
        currency="EUR",
        record_url_base=f"https://crm.example.com/{account_id}",
    )
    return replace(account, **fields)


def make_install(
    conn: Connection,
    account_id: str = "portal-1",
    *,
    crm: str = "hubspot",
    granted: Granted | None = None,
    coverage: Coverage | None = None,
    created_at: datetime | None = None,
    **fields: Any,
) -> Install:
    """Connect an account in the database; returns the active install."""
    grant = granted or Granted()
    return create_or_reconnect(
        conn,
        crm,
        make_account(account_id, **fields),
        grant.scopes,
        grant.missing_scopes,
        coverage or Coverage(),
        created_at or at(days=-100),
    )
