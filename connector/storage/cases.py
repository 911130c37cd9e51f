"""Lead cases: all that was known of a lead as of one instant. A batch is a handful of queries, whatever its size."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
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
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.lead import Lead, LeadStatus
from audits.model.surroundings import Surroundings
from connector.storage.deals import CONTACT_NOT_READ, DealsFound, deals_of
from connector.storage.json_text import load_map, load_pairs, load_unseen
from connector.storage.sightings import sightings_of
from connector.storage.statements import portions
from connector.storage.tables import activities, leads, owner_changes, owners, stage_changes, tasks
from connector.storage.texts import NO_LONGER_KEPT


class _OfLead(Protocol):
    @property
    def lead_id(self) -> str: ...


FactT = TypeVar("FactT", bound=_OfLead)

#: What stands around each of these leads, by lead id; who is not named has nothing counted.
SurroundingsLoader = Callable[[Sequence[LeadCase]], Mapping[str, Surroundings]]


def load_cases(
    conn: Connection,
    install_id: str,
    lead_ids: Collection[str],
    as_of: datetime,
    coverage: Coverage,
    surroundings: SurroundingsLoader | None = None,
) -> list[LeadCase]:
    """The cases of `lead_ids` as of `as_of` (aware UTC), by id. Leads that are unknown, gone or not yet there: none.

    Activities and tasks count when recorded by `as_of`, changes when they happened by then; each tuple is sorted by
    time, then id. `surroundings` is asked once for each batch; without it nothing counts as counted.
    """
    cases: list[LeadCase] = []
    for portion in portions(sorted(set(lead_ids))):
        rows = conn.execute(_known(install_id, as_of).where(leads.c.lead_id.in_(portion))).all()
        cases += _cases(conn, install_id, rows, as_of, coverage, surroundings)
    return cases


def iter_case_batches(
    conn: Connection,
    install_id: str,
    as_of: datetime,
    coverage: Coverage,
    batch: int = 500,
    surroundings: SurroundingsLoader | None = None,
) -> Iterator[list[LeadCase]]:
    """All cases of the tenant in batches by id; memory is bounded by the batch. `surroundings` as load_cases."""
    last = ""
    while True:
        rows = conn.execute(
            _known(install_id, as_of).where(leads.c.lead_id > last).order_by(leads.c.lead_id).limit(batch)
        ).all()
        if not rows:
            return
        last = rows[-1].lead_id
        yield _cases(conn, install_id, rows, as_of, coverage, surroundings)


def list_known(conn: Connection, install_id: str, as_of: datetime) -> frozenset[str]:
    """The ids of all leads that are there as of `as_of` (aware UTC)."""
    return frozenset(conn.execute(_known(install_id, as_of).with_only_columns(leads.c.lead_id)).scalars())


def _known(install_id: str, as_of: datetime) -> sa.Select[Any]:
    return sa.select(leads).where(
        leads.c.install_id == install_id,
        leads.c.recorded_at <= as_of,
        sa.or_(leads.c.gone_at.is_(None), leads.c.gone_at > as_of),
    )


def _cases(
    conn: Connection,
    install_id: str,
    rows: Iterable[sa.Row[Any]],
    as_of: datetime,
    coverage: Coverage,
    surroundings: SurroundingsLoader | None,
) -> list[LeadCase]:
    of_leads = {row.lead_id: row for row in rows}
    found = [lead_from_row(of_leads[lead_id]) for lead_id in sorted(of_leads)]
    ids = [lead.lead_id for lead in found]

    def facts(table: sa.Table, since: str, by: tuple[str, ...]) -> Iterator[sa.Row[Any]]:
        for portion in portions(ids):
            query = sa.select(table).where(
                table.c.install_id == install_id, table.c.lead_id.in_(portion), table.c[since] <= as_of
            )
            if "missing_since" in table.c:
                query = query.where(sa.or_(table.c.missing_since.is_(None), table.c.missing_since > as_of))
            yield from conn.execute(query.order_by(*(table.c[name] for name in by)))

    acts = list(facts(activities, "recorded_at", ("occurred_at", "activity_id", "kind")))
    wiped = {row.lead_id for row in acts if row.is_text_wiped}
    done = _by_lead(map(activity_from_row, acts))
    planned = _by_lead(map(task_from_row, facts(tasks, "recorded_at", ("recorded_at", "task_id"))))
    handed = _by_lead(map(owner_change_from_row, facts(owner_changes, "occurred_at", ("occurred_at", "owner_id"))))
    staged = _by_lead(map(_stage_change, facts(stage_changes, "occurred_at", ("occurred_at", "field", "raw_status"))))
    sightings = sightings_of(conn, install_id, ids, as_of)
    sold = deals_of(conn, install_id, ids, as_of)
    cases = [
        LeadCase(
            lead=lead,
            as_of=as_of,
            activities=tuple(done.get(lead.lead_id, ())),
            tasks=tuple(planned.get(lead.lead_id, ())),
            owner_changes=tuple(handed.get(lead.lead_id, ())),
            stage_changes=tuple(staged.get(lead.lead_id, ())),
            sightings=sightings.get(lead.lead_id, ()),
            deals=sold.deals.get(lead.lead_id, ()),
            coverage=_coverage_of(of_leads[lead.lead_id], coverage, sold, is_wiped=lead.lead_id in wiped),
        )
        for lead in found
    ]
    known = _owners(conn, install_id, {owner_id for case in cases for owner_id in _named(case)})
    cases = [
        replace(case, owners=tuple(known[owner_id] for owner_id in sorted(_named(case)) if owner_id in known))
        for case in cases
    ]
    if surroundings is None or not cases:
        return cases
    around = surroundings(cases)
    return [
        replace(case, surroundings=around[case.lead.lead_id]) if case.lead.lead_id in around else case
        for case in cases
    ]


def _named(case: LeadCase) -> set[str]:
    """The owners who are named anywhere in the case."""
    names = {case.lead.owner_id, *(change.owner_id for change in case.owner_changes)}
    names.update(act.owner_id for act in case.activities)
    names.update(task.owner_id for task in case.tasks)
    names.update(deal.owner_id for deal in case.deals)
    return {name for name in names if name is not None}


def _owners(conn: Connection, install_id: str, owner_ids: Collection[str]) -> dict[str, Owner]:
    found: dict[str, Owner] = {}
    for portion in portions(sorted(owner_ids)):
        rows = conn.execute(
            sa.select(owners).where(owners.c.install_id == install_id, owners.c.owner_id.in_(portion))
        )
        for row in rows:
            found[row.owner_id] = Owner(
                owner_id=row.owner_id,
                user_id=row.user_id,
                email=row.email,
                name=row.name,
                team=row.team,
                is_archived=row.is_archived,
            )
    return found


def _coverage_of(row: sa.Row[Any], coverage: Coverage, sold: DealsFound, *, is_wiped: bool) -> Coverage:
    """What the account shows, less what this one lead does not."""
    more = load_unseen(row.unseen) if row.unseen != "[]" else ()
    if is_wiped:
        more = (*more, (Fact.TEXTS, NO_LONGER_KEPT))
    if row.lead_id in sold.unread:
        more = (*more, (Fact.DEALS, CONTACT_NOT_READ))
    return Coverage(missing=(*coverage.missing, *more)) if more else coverage


def _by_lead(facts: Iterable[FactT]) -> dict[str, list[FactT]]:
    grouped: dict[str, list[FactT]] = {}
    for fact in facts:
        grouped.setdefault(fact.lead_id, []).append(fact)
    return grouped


def lead_from_row(row: sa.Row[Any]) -> Lead:
    """A row of `leads` → the lead."""
    return Lead(
        lead_id=row.lead_id,
        received_at=row.received_at,
        recorded_at=row.recorded_at,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        phone=row.phone,
        mobile=row.mobile,
        company=row.company,
        country=row.country,
        source=row.source,
        source_detail=row.source_detail,
        owner_id=row.owner_id,
        status=None if row.status is None else LeadStatus(row.status),
        raw_status=row.raw_status,
        lead_type=row.lead_type,
        message=row.message,
        is_imported=row.is_imported,
        record_url=row.record_url,
        modified_at=row.modified_at,
        submitted_at=row.submitted_at,
        preferred_at=row.preferred_at,
        recontact_on=row.recontact_on,
        has_call_consent=row.has_call_consent,
        priority=row.priority,
        pipeline=row.pipeline,
        stage=row.stage,
        stage_since=row.stage_since,
        closed_at=row.closed_at,
        language=row.language,
        ip=row.ip,
        user_agent=row.user_agent,
        time_on_form_s=row.time_on_form_s,
        honeypot=row.honeypot,
        consent_proof=row.consent_proof,
        facts=tuple(sorted(load_map(row.facts).items())),
    )


def activity_from_row(row: sa.Row[Any]) -> Activity:
    """A row of `activities` → the activity."""
    return Activity(
        activity_id=row.activity_id,
        lead_id=row.lead_id,
        kind=ActivityKind(row.kind),
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        direction=None if row.direction is None else Direction(row.direction),
        state=None if row.state is None else ActivityState(row.state),
        disposition=None if row.disposition is None else Disposition(row.disposition),
        is_automated=row.is_automated,
        duration_s=row.duration_s,
        owner_id=row.owner_id,
        raw=load_pairs(row.raw),
        subject=row.subject,
        text=row.text,
    )


def task_from_row(row: sa.Row[Any]) -> Task:
    """A row of `tasks` → the task."""
    return Task(
        task_id=row.task_id,
        lead_id=row.lead_id,
        recorded_at=row.recorded_at,
        due_at=row.due_at,
        is_done=row.is_done,
        completed_at=row.completed_at,
        owner_id=row.owner_id,
        raw=load_pairs(row.raw),
    )


def owner_change_from_row(row: sa.Row[Any]) -> OwnerChange:
    """A row of `owner_changes` → the change."""
    return OwnerChange(
        lead_id=row.lead_id, occurred_at=row.occurred_at, owner_id=row.owner_id or None, source=row.source
    )


def _stage_change(row: sa.Row[Any]) -> StageChange:
    return StageChange(
        lead_id=row.lead_id,
        occurred_at=row.occurred_at,
        field=row.field,
        raw_status=row.raw_status,
        source=row.source,
    )
