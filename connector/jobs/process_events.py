"""Turn webhook events into fresh facts. An event is only a pointer: the CRM's present state is what counts."""

from __future__ import annotations

from connector.crm.port import CrmAdapter, EventKind
from connector.jobs.context import Lease
from connector.jobs.refresh_leads import refresh_leads
from connector.storage import health, timeline, worklist

BATCH = 500
COMPANION = "companion"
DEAL = "deal"


def process_events(lease: Lease, adapter: CrmAdapter) -> bool:
    """Process up to BATCH events of the install, coalesced by record. Returns whether there were any."""
    context, install_id = lease.context, lease.install_id
    with context.database.read() as connection:
        events = worklist.take_events(connection, install_id, BATCH)
    if not events:
        return False
    forget = sorted({event.object_id for event in events if event.kind == EventKind.FORGET})
    if forget:
        _forget(lease, forget)
    look = [event for event in events if event.kind in (EventKind.LOOK_AGAIN, EventKind.DELETED)]
    lead_ids = {event.object_id for event in look if event.object_type == "lead"}
    by_type: dict[str, set[str]] = {}
    for event in look:
        if event.object_type != "lead":
            by_type.setdefault(event.object_type, set()).add(event.object_id)
    for object_type, object_ids in sorted(by_type.items()):
        for ids in adapter.find_leads_of(object_type, sorted(object_ids)).values():
            lead_ids.update(ids)
        with context.database.read() as connection:
            lead_ids |= timeline.leads_of_activities(connection, install_id, object_type, sorted(object_ids))
            if object_type == COMPANION:
                lead_ids |= timeline.leads_of_companions(connection, install_id, object_ids)
            if object_type == DEAL:
                lead_ids |= timeline.leads_of_deals(connection, install_id, object_ids)
    refresh_leads(lease, adapter, lead_ids, finish_events=[event.event_key for event in events])
    return True


def _forget(lease: Lease, lead_ids: list[str]) -> None:
    """Erase people for whom the CRM announced a privacy deletion, here and in the stored deliveries."""
    context, install = lease.context, lease.install()
    crm, account_id, install_id = install.crm, install.account_id, install.install_id
    now = context.clock()
    for lead_id in lead_ids:
        # Before the commit, which ends the event: killed in between, nobody would come back for the deliveries.
        context.inbox.delete_mentioning(crm, account_id, lead_id, install_id=install_id)
    with lease.commit() as connection:
        forgotten = timeline.forget(connection, lease.install_id, lead_ids, now)
        health.bump(connection, lease.install_id, "forgotten", len(lead_ids), now)
    for record_id in sorted(forgotten.lead_ids | forgotten.companion_ids):
        # Again: what came meanwhile was sorted before the commit, and the records merged into one are known now.
        context.inbox.delete_mentioning(crm, account_id, record_id, install_id=install_id)
    context.database.scrub()
