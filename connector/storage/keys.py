"""Contact keys: by which leads are known to share a phone number or an e-mail address, without keeping either.

A key is a salted hash of the normal form. A junk number can be shared by thousands of leads, and each with each would
be millions of pairs: of such a key a lead sees the NEAREST that came before it and the NEAREST that came after.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.case import KeyKind
from audits.model.contact_data import region_of
from audits.model.identity import email_key, phone_key
from audits.model.lead import Lead
from connector.storage.duplicates import pair_neighbours
from connector.storage.salts import salted
from connector.storage.statements import insert_new, portions
from connector.storage.tables import contact_keys, leads

#: How many leads with the same key are seen before and after a lead: enough to name the first and count them.
NEAREST = 100


def keys_of(lead: Lead, region: str | None, salt: str) -> set[tuple[KeyKind, str]]:
    """The hashed keys of a lead. `region`: country of numbers without + when the lead names none."""
    country = region_of(lead.country, region)
    phones = {phone_key(number, country) for number in (lead.phone, lead.mobile)}
    keys = {(KeyKind.PHONE, salted(salt, f"phone:{phone}")) for phone in phones if phone}
    address = email_key(lead.email)
    if address:
        keys.add((KeyKind.EMAIL, salted(salt, f"email:{address}")))
    return keys


def replace_keys(conn: Connection, install_id: str, changed: Collection[Lead], region: str | None, salt: str) -> None:
    """Keep the keys of these leads, and no older ones of theirs."""
    for portion in portions(changed):
        conn.execute(
            sa.delete(contact_keys).where(
                contact_keys.c.install_id == install_id,
                contact_keys.c.lead_id.in_([lead.lead_id for lead in portion]),
            )
        )
        insert_new(
            conn,
            contact_keys,
            [
                {
                    "install_id": install_id,
                    "key_kind": kind.value,
                    "key_hash": key_hash,
                    "lead_id": lead.lead_id,
                    "received_at": lead.received_at,
                }
                for lead in portion
                for kind, key_hash in sorted(keys_of(lead, region, salt))
            ],
        )


@dataclass(frozen=True, slots=True, order=True)
class _Holder:
    """A lead that has a key."""

    received_at: datetime
    lead_id: str


_Key = tuple[str, str]


def key_neighbours(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """For each lead with neighbours: the other leads, gone ones included, that share a key with it or are alike."""
    found = pair_neighbours(conn, install_id, lead_ids)
    for portion in portions(lead_ids):
        own = _own_keys(conn, install_id, portion)
        holders = _holders(conn, install_id, own.values(), as_of=None)
        for lead_id, keys in own.items():
            for key, received_at in keys:
                for other in _nearest(holders.get(key, []), _Holder(received_at, lead_id)):
                    found.setdefault(lead_id, set()).add(other.lead_id)
    return {lead_id: frozenset(others) for lead_id, others in found.items()}


def affected_by_keys(conn: Connection, install_id: str, lead_ids: Collection[str]) -> set[str]:
    """The other leads that share a key with any of `lead_ids`, or are alike: whom to audit again with those."""
    neighbours = key_neighbours(conn, install_id, lead_ids)
    return {other for others in neighbours.values() for other in others} - set(lead_ids)


def exact_neighbours(
    conn: Connection, install_id: str, lead_ids: Collection[str], as_of: datetime
) -> dict[str, set[tuple[str, KeyKind]]]:
    """For each lead that has any: the other leads with an equal key, and its kind, that were received, known and not
    yet gone as of `as_of` (aware UTC)."""
    own = _own_keys(conn, install_id, lead_ids)
    holders = _holders(conn, install_id, own.values(), as_of=as_of)
    found: dict[str, set[tuple[str, KeyKind]]] = {}
    for lead_id, keys in own.items():
        for key, received_at in keys:
            for other in _nearest(holders.get(key, []), _Holder(received_at, lead_id)):
                found.setdefault(lead_id, set()).add((other.lead_id, KeyKind(key[0])))
    return found


def _own_keys(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, list[tuple[_Key, datetime]]]:
    rows = conn.execute(
        sa.select(
            contact_keys.c.lead_id, contact_keys.c.key_kind, contact_keys.c.key_hash, contact_keys.c.received_at
        ).where(contact_keys.c.install_id == install_id, contact_keys.c.lead_id.in_(lead_ids))
    )
    own: dict[str, list[tuple[_Key, datetime]]] = {}
    for lead_id, kind, key_hash, received_at in rows:
        own.setdefault(lead_id, []).append(((kind, key_hash), received_at))
    return own


def _holders(
    conn: Connection,
    install_id: str,
    own: Iterable[list[tuple[_Key, datetime]]],
    *,
    as_of: datetime | None,
) -> Mapping[_Key, list[_Holder]]:
    """The leads of each key, sorted by receipt. With `as_of` only those that were there then."""
    hashes: dict[str, set[str]] = {}
    for keys in own:
        for (kind, key_hash), _ in keys:
            hashes.setdefault(kind, set()).add(key_hash)
    holders: dict[_Key, list[_Holder]] = {}
    for kind, wanted in hashes.items():
        for portion in portions(sorted(wanted)):
            query = sa.select(contact_keys.c.key_hash, contact_keys.c.lead_id, contact_keys.c.received_at).where(
                contact_keys.c.install_id == install_id,
                contact_keys.c.key_kind == kind,
                contact_keys.c.key_hash.in_(portion),
            )
            if as_of is not None:
                query = query.join(
                    leads, sa.and_(leads.c.install_id == install_id, leads.c.lead_id == contact_keys.c.lead_id)
                ).where(
                    contact_keys.c.received_at <= as_of,
                    leads.c.recorded_at <= as_of,
                    sa.or_(leads.c.gone_at.is_(None), leads.c.gone_at > as_of),
                )
            for key_hash, lead_id, received_at in conn.execute(query):
                holders.setdefault((kind, key_hash), []).append(_Holder(received_at, lead_id))
    for held in holders.values():
        held.sort()
    return holders


def _nearest(holders: list[_Holder], lead: _Holder) -> Iterator[_Holder]:
    place = bisect_left(holders, lead)
    yield from holders[max(0, place - NEAREST) : place]
    after = place + 1 if place < len(holders) and holders[place] == lead else place
    yield from holders[after : after + NEAREST]
