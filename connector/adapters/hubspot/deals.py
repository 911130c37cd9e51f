"""HubSpot's deals: what they are worth, where they stand, and who stands on the other side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from audits.model.deal import Deal, DealContact
from audits.model.lead import LeadStatus
from connector.adapters.hubspot.client import HubSpotClient
from connector.adapters.hubspot.mapping import Properties, Record, Unmapped, parse_at
from connector.crm.money import minor_units

DEAL = "deal"
"""The object type of events about deals. Our ids of deals begin with it: HubSpot's ids repeat between types, and a
deal with the id of a contact would be taken for that lead."""
TYPE_ID = "0-3"
BUYING_ROLE = "hs_buying_role"
PROPERTIES = (
    "pipeline", "dealstage", "amount", "deal_currency_code", "createdate", "closedate", "hubspot_owner_id",
    "hs_is_closed", "hs_is_closed_won", "hs_v2_date_entered_current_stage",
)  # fmt: skip

#: HubSpot's own buying roles, in the form of _word → whether that role decides.
_DECIDES = {
    "decision maker": True,
    "budget holder": True,
    "executive sponsor": True,
    "champion": False,
    "blocker": False,
    "end user": False,
    "influencer": False,
    "legal and compliance": False,
    "legal & compliance": False,
    "other": False,
}


def read_deals(
    client: HubSpotClient,
    roles: Mapping[str, str],
    lead_ids: Sequence[str],
    base_url: str,
    currency: str | None,
    unmapped: Unmapped,
) -> dict[str, tuple[Deal, ...]]:
    """The deals of each contact, with all their contacts. `roles`: contact id → hs_buying_role, "" = none, of those
    that were read already; `base_url`: where deals are shown; `currency`: of deals that name none.

    Four calls for a hundred deals: which they are, what they say, who is in them, and the roles of those who were not
    read yet.
    """
    links = client.associated_ids("contacts", "deals", lead_ids) if lead_ids else {}
    deal_ids = list(dict.fromkeys(deal_id for some in links.values() for deal_id in some))
    if not deal_ids:
        return {}
    records = {record.record_id: record for record in client.read_records("deals", deal_ids, PROPERTIES)}
    people = client.associations("deals", "contacts", list(records))
    strangers = [one for one in dict.fromkeys(one for some in people.values() for one in some) if one not in roles]
    known = dict(roles)
    if strangers:
        read = client.read_records("contacts", strangers, (BUYING_ROLE,))
        known.update((one.record_id, one.properties.get(BUYING_ROLE, "")) for one in read)
    deals = {
        deal_id: _deal(
            record,
            tuple(
                _contact(one, labels, known.get(one, ""), unmapped) for one, labels in people.get(deal_id, {}).items()
            ),
            base_url,
            currency,
            unmapped,
        )
        for deal_id, record in records.items()
    }
    return {lead_id: tuple(deals[one] for one in some if one in deals) for lead_id, some in links.items()}


def _deal(
    record: Record, contacts: tuple[DealContact, ...], base_url: str, currency: str | None, unmapped: Unmapped
) -> Deal:
    known = record.properties
    code = known.get("deal_currency_code", currency)
    status = _status(known)
    amount = _amount(known.get("amount"), code, unmapped)
    return Deal(
        deal_id=f"{DEAL}:{record.record_id}",
        pipeline=known.get("pipeline", ""),
        stage=known.get("dealstage", ""),
        status=status,
        created_at=parse_at(known.get("createdate")) or record.created_at,
        amount_minor=amount,
        currency=code if amount is not None else None,
        owner_id=known.get("hubspot_owner_id"),
        # An open deal's closing date is the day on which somebody hopes to close it.
        closed_at=None if status in (LeadStatus.OPEN, None) else parse_at(known.get("closedate")),
        stage_since=parse_at(known.get("hs_v2_date_entered_current_stage")),
        contacts=contacts,
        record_url=f"{base_url}{record.record_id}",
    )


def _status(known: Properties) -> LeadStatus | None:
    """HubSpot says itself whether a stage closes a deal, however the account calls it."""
    if known.get("hs_is_closed_won") == "true":
        return LeadStatus.WON
    return {"true": LeadStatus.LOST, "false": LeadStatus.OPEN}.get(known.get("hs_is_closed", ""))


def _amount(text: str | None, currency: str | None, unmapped: Unmapped) -> int | None:
    if text is None or currency is None:
        return None
    try:
        return minor_units(Decimal(text), currency)
    except (InvalidOperation, ValueError):
        unmapped.note("deal.amount", text)
        return None


def _contact(contact_id: str, labels: Iterable[str], buying_role: str, unmapped: Unmapped) -> DealContact:
    """Labels of the link say what somebody is in this deal, his buying role what he is in all."""
    words = [*labels, *(part for part in buying_role.split(";") if part.strip())]
    if not words:
        return DealContact(contact_id=contact_id)
    told = [_DECIDES.get(_word(word)) for word in words]
    for word, decides in zip(words, told, strict=True):
        if decides is None:
            unmapped.note(BUYING_ROLE, word)
    is_decider = True if True in told else None if None in told else False
    return DealContact(contact_id=contact_id, role=", ".join(dict.fromkeys(words)), is_decider=is_decider)


def _word(word: str) -> str:
    return word.strip().replace("_", " ").casefold()
