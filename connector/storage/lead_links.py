"""Which leads something belongs to: an owner, an activity, a companion."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.statements import portions
from connector.storage.tables import activities, leads, tasks


def lead_ids_by_owner(conn: Connection, install_id: str, owner_id: str | None) -> list[str]:
    """Live leads that `owner_id` holds now (None = nobody), by id."""
    return list(
        conn.execute(
            sa.select(leads.c.lead_id)
            .where(
                leads.c.install_id == install_id,
                leads.c.gone_at.is_(None),
                leads.c.owner_id.is_(None) if owner_id is None else leads.c.owner_id == owner_id,
            )
            .order_by(leads.c.lead_id)
        ).scalars()
    )


def live_among(conn: Connection, install_id: str, lead_ids: Collection[str]) -> set[str]:
    """Which of these leads live."""
    found: set[str] = set()
    for ids in portions(sorted(set(lead_ids))):
        query = sa.select(leads.c.lead_id).where(
            leads.c.install_id == install_id, leads.c.lead_id.in_(ids), leads.c.gone_at.is_(None)
        )
        found.update(conn.execute(query).scalars())
    return found


def leads_of_activities(conn: Connection, install_id: str, object_type: str, object_ids: Collection[str]) -> set[str]:
    """Leads on which we know these activities or tasks; for one that was deleted in the CRM there is no other way.

    `object_type`: "task", or an activity kind; of any other type we know none.
    """
    found: set[str] = set()
    for ids in portions(sorted(set(object_ids))):
        if object_type == "task":
            query = sa.select(tasks.c.lead_id).where(tasks.c.install_id == install_id, tasks.c.task_id.in_(ids))
        else:
            query = sa.select(activities.c.lead_id).where(
                activities.c.install_id == install_id,
                activities.c.activity_id.in_(ids),
                activities.c.kind == object_type,
            )
        found.update(conn.execute(query).scalars())
    return found


def leads_of_companions(conn: Connection, install_id: str, companion_ids: Collection[str]) -> set[str]:
    """Live leads that show our fields on one of these companions, too."""
    found: set[str] = set()
    for ids in portions(sorted(set(companion_ids))):
        found.update(
            conn.execute(
                sa.select(leads.c.lead_id).where(
                    leads.c.install_id == install_id, leads.c.companion_id.in_(ids), leads.c.gone_at.is_(None)
                )
            ).scalars()
        )
    return found


def companions_to_show(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, str]:
    """Of these leads those that are the newest of their companion: lead id → companion id."""
    found: dict[str, str] = {}
    newer = leads.alias("newer")
    for ids in portions(sorted(set(lead_ids))):
        is_older = sa.exists().where(
            newer.c.install_id == install_id,
            newer.c.companion_id == leads.c.companion_id,
            newer.c.gone_at.is_(None),
            sa.tuple_(newer.c.received_at, newer.c.lead_id) > sa.tuple_(leads.c.received_at, leads.c.lead_id),
        )
        query = sa.select(leads.c.lead_id, leads.c.companion_id).where(
            leads.c.install_id == install_id,
            leads.c.lead_id.in_(ids),
            leads.c.companion_id.is_not(None),
            sa.not_(is_older),
        )
        found.update((row.lead_id, row.companion_id) for row in conn.execute(query))
    return found


def locked_leads(conn: Connection, install_id: str, lead_ids: Collection[str]) -> set[str]:
    """Of these leads those that the CRM lets nobody change."""
    found: set[str] = set()
    for ids in portions(sorted(set(lead_ids))):
        query = sa.select(leads.c.lead_id).where(
            leads.c.install_id == install_id, leads.c.lead_id.in_(ids), leads.c.is_locked
        )
        found.update(conn.execute(query).scalars())
    return found
