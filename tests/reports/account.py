"""An account of made-up leads whose clock the test sets: what happened to each is drawn by a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from audits.model.activity import ActivityKind, ActivityState, Direction, Disposition
from audits.model.lead import LeadStatus
from connector.crm.port import LeadRecord
from connector.jobs import backfill
from connector.jobs.audit_due import audit_due
from connector.jobs.context import JobContext, Lease, take_lease
from connector.storage import cursors, policies, timeline, worklist
from tests.factories import (
    NOW,
    at,
    make_activity,
    make_deal,
    make_install,
    make_lead,
    make_owner_change,
    make_record,
    make_stage_change,
    make_task,
)
from tests.stack import Stack

ZONE = "Europe/Berlin"
OWNERS = ("ann", "bob", "cyd")
LETTER = "Dear {name}, we would be glad to show you what our machines can do for your workshop this very spring."


class Account:
    """An account in Berlin, connected 100 days ago."""

    def __init__(self, stack: Stack) -> None:
        self.now = NOW
        self.stack = stack
        self.context: JobContext = replace(stack.context, clock=lambda: self.now)
        with self.context.database.write() as conn:
            self.install_id = make_install(conn, zone=ZONE).install_id
            policies.put_policy(conn, self.install_id, policies.default_policy(ZONE, "2"), at(days=-300))
            cursors.put_cursor(
                conn, self.install_id, backfill.NAME, cursor=None, done=1, total=1, at=self.now, is_finished=True
            )

    def lease(self) -> Lease:
        return take_lease(self.context, self.install_id, "test")

    def fill(self, n: int, seed: int) -> None:
        drawn = random.Random(seed)
        self.store([drawn_lead(drawn, f"{number:04}", self.now) for number in range(n)])

    def store(self, records: Sequence[LeadRecord]) -> None:
        with self.context.database.write() as conn:
            changed = timeline.store_records(conn, self.install_id, records, self.now)
            worklist.mark_due(conn, self.install_id, sorted(changed), self.now)

    def audit(self) -> None:
        while audit_due(self.lease()):
            pass


def drawn_lead(drawn: random.Random, lead_id: str, now: datetime, **fields: Any) -> LeadRecord:
    """One lead of the last 60 days with what was done on it."""
    received_at = now - timedelta(seconds=drawn.randrange(600, 60 * 86_400))

    def later(most_h: float) -> datetime:
        return min(now - timedelta(minutes=1), received_at + timedelta(hours=drawn.random() * most_h))

    owner_id = drawn.choice(OWNERS)
    status = drawn.choices(list(LeadStatus), [5 if each is LeadStatus.OPEN else 1 for each in LeadStatus])[0]
    acts = [
        make_activity(
            f"act-{lead_id}-{number}",
            lead_id,
            kind=drawn.choice([ActivityKind.CALL, ActivityKind.CALL, ActivityKind.EMAIL]),
            occurred_at=later(drawn.choice([0.2, 5, 200])),
            direction=drawn.choice([Direction.OUTBOUND, Direction.OUTBOUND, Direction.INBOUND]),
            state=ActivityState.DONE,
            disposition=drawn.choice([Disposition.CONNECTED, Disposition.NO_ANSWER, Disposition.NO_ANSWER]),
            is_automated=drawn.choices([False, None], [20, 1])[0],
            duration_s=drawn.choice([None, 5, 90]),
            owner_id=owner_id,
            text=LETTER.format(name=drawn.choice(["Eva", "Jan"])) if drawn.random() < 0.6 else None,
        )
        for number in range(drawn.randrange(5))
    ]
    owned_at = later(drawn.choice([0.1, 4]))
    values: dict[str, Any] = {
        "received_at": received_at,
        "recorded_at": received_at,
        "owner_id": owner_id,
        "status": status,
        "raw_status": status.value,
        "closed_at": None if status is LeadStatus.OPEN else later(300),
        "source": drawn.choice(["web form", "fair", None]),
        "lead_type": drawn.choice(["demo", "download", None]),
        "email": f"eva{drawn.randrange(30)}@example.com",
        "submitted_at": received_at - timedelta(seconds=drawn.choice([5, 200_000])),
        "phone": drawn.choice([None, "+49 30 901820"]),
        "message": drawn.choice([None, "Could you call me?"]),
        "stage": "New",
        "modified_at": max([received_at, *(act.occurred_at for act in acts)]),
    }
    deals = [make_deal(f"deal-{lead_id}", lead_id, created_at=later(50))] if drawn.random() < 0.2 else []
    tasks = []
    if drawn.random() < 0.3:
        due_at = received_at + timedelta(days=5)
        tasks = [make_task(f"task-{lead_id}", lead_id, recorded_at=received_at, due_at=due_at)]
    return make_record(
        make_lead(lead_id, **{**values, **fields}),
        activities=acts,
        tasks=tasks,
        owner_changes=[make_owner_change(lead_id, owner_id, occurred_at=owned_at)],
        stage_changes=[make_stage_change(lead_id, occurred_at=received_at, raw_status="NEW")],
        deals=deals,
    )
