"""A made-up account as the product reads it: seeded into a real sandbox, translated by the adapter's mapping."""

from collections import defaultdict
from datetime import UTC, datetime
from functools import partial

from audits.model.activity import Activity, Task
from audits.model.case import KeyKind, LeadCase, Sighting
from audits.model.identity import email_key, phone_key
from audits.model.lead import Lead
from audits.truth.duplicates.pairs import judge_pairs, judged, record_of_lead
from connector.adapters.hubspot import activities, mapping
from connector.adapters.hubspot.activities import Engagement
from connector.sandbox.config import PortalConfig, SandboxConfig
from connector.sandbox.core import assemble
from connector.sandbox.hubspot_seed import hubspot_document
from connector.sandbox.kinds import CONTACTS, find_kind
from connector.sandbox.population import Population
from connector.sandbox.seed import sow
from connector.sandbox.wire import iso

PORTAL = 5


class Account:
    """The cases of a population by ref; `case(ref, as_of)` cuts them as the loader does."""

    def __init__(self, population: Population) -> None:
        portal = assemble(SandboxConfig(portals=(PortalConfig(portal_id=PORTAL),))).store.portal(PORTAL)
        self.ids = sow(portal, hubspot_document(population.history, PORTAL))["records"]
        self.unmapped = mapping.Unmapped()
        self._cases = {}
        leads = []
        for ref, record_id in self.ids.items():
            contact = portal.get(CONTACTS, record_id)
            record = mapping.Record(
                record_id=record_id, created_at=_at(contact.created_ms), properties=dict(contact.values)
            )
            lead = mapping.lead_of(record, "https://crm.example/", self.unmapped)
            history = {
                name: [mapping.Version(value=v.value, at=iso(v.at_ms), source=v.source.type) for v in versions]
                for name, versions in contact.history.items()
            }
            acts: list[Activity] = []
            tasks: list[Task] = []
            for engagement in Engagement:
                kind = find_kind(engagement.plural)
                for other_id, _ in portal.associated(CONTACTS, record_id, kind):
                    other = portal.get(kind, other_id)
                    read = mapping.Record(
                        record_id=other_id, created_at=_at(other.created_ms), properties=dict(other.values)
                    )
                    if engagement is Engagement.TASK:
                        tasks.append(activities.task_of(read, record_id, self.unmapped))
                    else:
                        acts.append(activities.activity_of(engagement, read, record_id, self.unmapped))
            leads.append(lead)
            self._cases[ref] = (
                lead,
                sorted(acts, key=lambda act: (act.occurred_at, act.activity_id)),
                sorted(tasks, key=lambda task: (task.recorded_at, task.task_id)),
                mapping.owner_changes_of(record_id, history.get("hubspot_owner_id", ()), self.unmapped),
            )
        self._sightings = sightings_of(leads)

    def case(self, ref: str, as_of: datetime) -> LeadCase:
        lead, acts, tasks, owner_changes = self._cases[ref]
        return LeadCase(
            lead=lead,
            as_of=as_of,
            activities=tuple(act for act in acts if act.recorded_at <= as_of),
            tasks=tuple(task for task in tasks if task.recorded_at <= as_of),
            owner_changes=owner_changes,
            sightings=tuple(self._sightings[lead.lead_id]),
        )


def sightings_of(leads: list[Lead]) -> dict[str, list[Sighting]]:
    holders: dict[tuple[KeyKind, str], list[Lead]] = defaultdict(list)
    keys = {lead.lead_id: _keys(lead) for lead in leads}
    for lead in leads:
        for key in keys[lead.lead_id]:
            holders[key].append(lead)
    pairs = [
        (lead, other, key[0])
        for lead in leads
        for key in keys[lead.lead_id]
        for other in holders[key]
        if other is not lead
    ]
    places = {lead.lead_id: place for place, lead in enumerate(leads)}
    matches = judge_pairs(
        [record_of_lead(lead, None) for lead in leads],
        [(places[lead.lead_id], places[other.lead_id]) for lead, other, _ in pairs],
    )
    found: dict[str, list[Sighting]] = defaultdict(list)
    for (lead, other, kind), match in zip(pairs, matches, strict=True):
        pair = judged(match)
        found[lead.lead_id].append(
            Sighting(
                lead_id=other.lead_id,
                received_at=other.received_at,
                key_kind=kind,
                percent=pair.percent,
                agrees=pair.agrees,
                apart=pair.apart,
            )
        )
    return found


def _keys(lead: Lead) -> set[tuple[KeyKind, str]]:
    numbers = {phone_key(number, lead.country) for number in (lead.phone, lead.mobile)}
    keys = {(KeyKind.PHONE, number) for number in numbers if number}
    address = email_key(lead.email)
    return keys | {(KeyKind.EMAIL, address)} if address else keys


_at = partial(lambda ms: datetime.fromtimestamp(ms / 1000, tz=UTC))
