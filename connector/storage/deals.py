"""Deals that grew out of leads: kept as they were last read, with the people on the other side.

A deal can belong to several leads (its contacts); each of their reads brings it whole, and the newest read counts.
When somebody of the other side was last touched is not kept: it is worked out from our own timeline of him.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.activity import ActivityKind, ActivityState, Direction, Disposition
from audits.model.case import Fact
from audits.model.deal import Deal, DealContact
from audits.model.lead import LeadStatus
from connector.storage.column_types import storable
from connector.storage.forget import forgotten_among
from connector.storage.lead_links import live_among
from connector.storage.statements import portions, upsert
from connector.storage.tables import activities, deal_contacts, deals, leads
from connector.storage.timeline_rows import RecordLike, Row

#: Why the deals of a lead cannot be judged as long as the touches of one of its contacts are not known.
CONTACT_NOT_READ = "Not every contact of the lead's deal is among the leads that are read."

_SENT = frozenset({ActivityKind.EMAIL.value, ActivityKind.MESSAGE.value})


def store_deals(
    conn: Connection,
    install_id: str,
    records: Mapping[str, RecordLike],
    unseen: Mapping[str, Collection[Fact]],
    read_at: datetime,
) -> frozenset[str]:
    """Keep the deals of `records` (by lead id) as read at `read_at`; returns the ids of known leads with news.

    A deal that a lead no longer shows is no longer his, unless deals are among what could not be read of him
    (`unseen`, by lead id). What was read later already stays. People who were forgotten do not come back.
    """
    found = {storable(deal.deal_id): deal for record in records.values() for deal in record.deals}
    known: dict[str, sa.Row[Any]] = {}
    people: dict[tuple[str, str], sa.Row[Any]] = {}
    for ids in portions(sorted(found)):
        for row in conn.execute(sa.select(deals).where(deals.c.install_id == install_id, deals.c.deal_id.in_(ids))):
            known[row.deal_id] = row
        for row in conn.execute(
            sa.select(deal_contacts).where(deal_contacts.c.install_id == install_id, deal_contacts.c.deal_id.in_(ids))
        ):
            people[row.deal_id, row.contact_id] = row
    fresh = {
        deal_id: deal for deal_id, deal in found.items() if deal_id not in known or known[deal_id].read_at <= read_at
    }
    hidden = forgotten_among(conn, install_id, {each.contact_id for deal in fresh.values() for each in deal.contacts})
    rows = {deal_id: _deal_row(install_id, deal_id, deal, read_at) for deal_id, deal in fresh.items()}
    contacts = {
        (deal_id, storable(each.contact_id)): _contact_row(install_id, deal_id, each)
        for deal_id, deal in fresh.items()
        for each in deal.contacts
        if each.contact_id not in hidden
    }
    lost = {
        key: {**row._mapping, "missing_since": read_at}
        for key, row in people.items()
        if key[0] in fresh and key not in contacts and row.missing_since is None
    }
    lost |= _left(conn, install_id, records, unseen, read_at)
    moved = {key: row for key, row in contacts.items() if key not in people or dict(people[key]._mapping) != row}
    news = {deal_id for deal_id, row in rows.items() if _has_news(known.get(deal_id), row)}
    news |= {deal_id for deal_id, _ in (*lost, *moved)}
    upsert(conn, deals, list(rows.values()))
    upsert(conn, deal_contacts, [*lost.values(), *moved.values()])
    return leads_of_deals(conn, install_id, news) | live_among(conn, install_id, {each for _, each in lost})


def _left(
    conn: Connection,
    install_id: str,
    records: Mapping[str, RecordLike],
    unseen: Mapping[str, Collection[Fact]],
    read_at: datetime,
) -> dict[tuple[str, str], Row]:
    """The rows of leads that do not show a deal any more."""
    shown = {
        lead_id: {storable(deal.deal_id) for deal in record.deals}
        for lead_id, record in records.items()
        if Fact.DEALS not in unseen[lead_id]
    }
    lost: dict[tuple[str, str], Row] = {}
    for ids in portions(sorted(shown)):
        rows = conn.execute(
            sa.select(deal_contacts).where(
                deal_contacts.c.install_id == install_id,
                deal_contacts.c.contact_id.in_(ids),
                deal_contacts.c.missing_since.is_(None),
            )
        )
        for row in rows:
            if row.deal_id not in shown[row.contact_id]:
                lost[row.deal_id, row.contact_id] = {**row._mapping, "missing_since": read_at}
    return lost


def _deal_row(install_id: str, deal_id: str, deal: Deal, read_at: datetime) -> Row:
    return {
        "install_id": install_id,
        "deal_id": deal_id,
        "pipeline": storable(deal.pipeline),
        "stage": storable(deal.stage),
        "status": None if deal.status is None else deal.status.value,
        "created_at": deal.created_at,
        "amount_minor": deal.amount_minor,
        "currency": None if deal.currency is None else storable(deal.currency),
        "owner_id": None if deal.owner_id is None else storable(deal.owner_id),
        "closed_at": deal.closed_at,
        "stage_since": deal.stage_since,
        "record_url": None if deal.record_url is None else storable(deal.record_url),
        "read_at": read_at,
    }


def _contact_row(install_id: str, deal_id: str, contact: DealContact) -> Row:
    return {
        "install_id": install_id,
        "deal_id": deal_id,
        "contact_id": storable(contact.contact_id),
        "role": None if contact.role is None else storable(contact.role),
        "is_decider": contact.is_decider,
        "missing_since": None,
    }


def _has_news(before: sa.Row[Any] | None, row: Row) -> bool:
    return before is None or any(before._mapping[name] != value for name, value in row.items() if name != "read_at")


def leads_of_deals(conn: Connection, install_id: str, deal_ids: Collection[str]) -> frozenset[str]:
    """The live leads that have one of these deals, or are it."""
    people = set(deal_ids)
    for ids in portions(sorted(deal_ids)):
        people.update(
            conn.execute(
                sa.select(deal_contacts.c.contact_id).where(
                    deal_contacts.c.install_id == install_id,
                    deal_contacts.c.deal_id.in_(ids),
                    deal_contacts.c.missing_since.is_(None),
                )
            ).scalars()
        )
    return frozenset(live_among(conn, install_id, people))


def deal_neighbours(conn: Connection, install_id: str, lead_ids: Collection[str]) -> frozenset[str]:
    """The live leads that share a deal with any of `lead_ids`: what is done with one bears on how the others' deal
    stands. A person may stand in a deal as himself or as the companion of a lead."""
    people: set[str] = set()
    for ids in portions(sorted(lead_ids)):
        people.update(ids)
        people.update(
            conn.execute(
                sa.select(leads.c.companion_id).where(
                    leads.c.install_id == install_id, leads.c.lead_id.in_(ids), leads.c.companion_id.is_not(None)
                )
            ).scalars()
        )
    shared: set[str] = set()
    for ids in portions(sorted(people)):
        shared.update(
            conn.execute(
                sa.select(deal_contacts.c.deal_id).where(
                    deal_contacts.c.install_id == install_id,
                    deal_contacts.c.contact_id.in_(ids),
                    deal_contacts.c.missing_since.is_(None),
                )
            ).scalars()
        )
    return leads_of_deals(conn, install_id, shared) - set(lead_ids)


@dataclass(frozen=True, slots=True)
class DealsFound:
    """The deals of some leads. `unread`: leads with a deal of which a contact is not among the leads that we read."""

    deals: Mapping[str, tuple[Deal, ...]]
    unread: frozenset[str]


def deals_of(conn: Connection, install_id: str, lead_ids: Collection[str], as_of: datetime) -> DealsFound:
    """The deals of each lead as of `as_of` (aware UTC), by when they were made, then id.

    A deal is a lead's when the lead is one of its contacts, or is the deal itself. It is judged on the latter,
    else on the contact that was received first.
    """
    of_lead: dict[str, set[str]] = {}
    rows: dict[str, sa.Row[Any]] = {}
    alive = sa.or_(deal_contacts.c.missing_since.is_(None), deal_contacts.c.missing_since > as_of)
    for ids in portions(lead_ids):
        pairs = conn.execute(
            sa.select(deal_contacts.c.contact_id, deal_contacts.c.deal_id).where(
                deal_contacts.c.install_id == install_id, deal_contacts.c.contact_id.in_(ids), alive
            )
        )
        for contact_id, deal_id in pairs:
            of_lead.setdefault(contact_id, set()).add(deal_id)
        wanted = {*ids, *(deal_id for lead_id in ids for deal_id in of_lead.get(lead_id, ()))}
        for some in portions(sorted(wanted)):
            for row in conn.execute(
                sa.select(deals).where(
                    deals.c.install_id == install_id, deals.c.deal_id.in_(some), deals.c.created_at <= as_of
                )
            ):
                rows[row.deal_id] = row
    if not rows:
        return DealsFound({}, frozenset())
    for lead_id in lead_ids:
        if lead_id in rows:
            of_lead.setdefault(lead_id, set()).add(lead_id)
    people = _people(conn, install_id, rows, as_of)
    known = _leads_of_people(conn, install_id, {each.contact_id for some in people.values() for each in some}, as_of)
    touches = _last_touches(conn, install_id, {row.lead_id for some in known.values() for row in some}, as_of)
    last = {
        person: max((touches[row.lead_id] for row in some if row.lead_id in touches), default=None)
        for person, some in known.items()
    }
    found: dict[str, tuple[Deal, ...]] = {}
    unread: set[str] = set()
    for lead_id, deal_ids in of_lead.items():
        mine = sorted(
            (rows[each] for each in deal_ids if each in rows), key=lambda row: (row.created_at, row.deal_id)
        )
        found[lead_id] = tuple(
            _deal(row, people.get(row.deal_id, ()), last, _is_primary(lead_id, row.deal_id, people, known))
            for row in mine
        )
        if any(each.contact_id not in known for row in mine for each in people.get(row.deal_id, ())):
            unread.add(lead_id)
    return DealsFound(found, frozenset(unread))


def _people(
    conn: Connection, install_id: str, deal_ids: Collection[str], as_of: datetime
) -> dict[str, list[sa.Row[Any]]]:
    found: dict[str, list[sa.Row[Any]]] = {}
    for ids in portions(sorted(deal_ids)):
        query = sa.select(deal_contacts).where(
            deal_contacts.c.install_id == install_id,
            deal_contacts.c.deal_id.in_(ids),
            sa.or_(deal_contacts.c.missing_since.is_(None), deal_contacts.c.missing_since > as_of),
        )
        for row in conn.execute(query.order_by(deal_contacts.c.deal_id, deal_contacts.c.contact_id)):
            found.setdefault(row.deal_id, []).append(row)
    return found


def _leads_of_people(
    conn: Connection, install_id: str, people: Collection[str], as_of: datetime
) -> dict[str, list[sa.Row[Any]]]:
    """The leads of ours that are this person, or whose companion he is, as of `as_of`."""
    found: dict[str, list[sa.Row[Any]]] = {}
    for column in (leads.c.lead_id, leads.c.companion_id):
        for ids in portions(sorted(people)):
            query: sa.Select[Any] = sa.select(leads.c.lead_id, leads.c.received_at, column.label("person")).where(
                leads.c.install_id == install_id,
                column.in_(ids),
                leads.c.recorded_at <= as_of,
                sa.or_(leads.c.gone_at.is_(None), leads.c.gone_at > as_of),
            )
            for row in conn.execute(query):
                found.setdefault(row.person, []).append(row)
    return found


def _last_touches(
    conn: Connection, install_id: str, lead_ids: Collection[str], as_of: datetime
) -> dict[str, datetime]:
    """When each lead was last tried for sure, or was in touch with us: human acts that took place by `as_of`."""
    by_us = sa.and_(activities.c.direction == Direction.OUTBOUND.value, activities.c.is_automated.is_(sa.false()))
    by_him = sa.and_(
        activities.c.direction == Direction.INBOUND.value,
        activities.c.kind.in_(_SENT),
        activities.c.is_automated.is_(sa.false()),
    )
    spoken = sa.and_(
        activities.c.kind == ActivityKind.CALL.value, activities.c.disposition == Disposition.CONNECTED.value
    )
    met = activities.c.kind == ActivityKind.MEETING.value
    found: dict[str, datetime] = {}
    for ids in portions(sorted(lead_ids)):
        query = (
            sa.select(
                activities.c.lead_id, sa.func.max(activities.c.occurred_at, type_=activities.c.occurred_at.type)
            )
            .where(
                activities.c.install_id == install_id,
                activities.c.lead_id.in_(ids),
                activities.c.kind != ActivityKind.NOTE.value,
                activities.c.state == ActivityState.DONE.value,
                activities.c.occurred_at <= as_of,
                activities.c.recorded_at <= as_of,
                sa.or_(activities.c.missing_since.is_(None), activities.c.missing_since > as_of),
                sa.or_(by_us, by_him, spoken, met),
            )
            .group_by(activities.c.lead_id)
        )
        found.update((lead_id, last) for lead_id, last in conn.execute(query))
    return found


def _is_primary(
    lead_id: str,
    deal_id: str,
    people: Mapping[str, Sequence[sa.Row[Any]]],
    known: Mapping[str, Sequence[sa.Row[Any]]],
) -> bool:
    if lead_id == deal_id:
        return True
    received = [
        (row.received_at, row.lead_id)
        for each in people.get(deal_id, ())
        for row in known.get(each.contact_id, ())
        if row.lead_id == each.contact_id
    ]
    return bool(received) and min(received)[1] == lead_id


def _deal(
    row: sa.Row[Any], people: Sequence[sa.Row[Any]], last: Mapping[str, datetime | None], is_primary: bool
) -> Deal:
    return Deal(
        deal_id=row.deal_id,
        pipeline=row.pipeline,
        stage=row.stage,
        status=None if row.status is None else LeadStatus(row.status),
        created_at=row.created_at,
        amount_minor=row.amount_minor,
        currency=row.currency,
        owner_id=row.owner_id,
        closed_at=row.closed_at,
        stage_since=row.stage_since,
        is_primary=is_primary,
        contacts=tuple(
            DealContact(
                contact_id=each.contact_id,
                role=each.role,
                is_decider=each.is_decider,
                last_touch_at=last.get(each.contact_id),
            )
            for each in people
        ),
        record_url=row.record_url,
    )
