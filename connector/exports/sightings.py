"""Where else the person of a lead was seen in the files: leads compared pair by pair, as those of an account are.

Compared are leads that share a number, an address or another key of audits.truth.duplicates.pairs. Of a key that very
many have, the first MOST are compared with one another and each later one with the NEAREST before it. All that grows
with the files lies on disk: the keys of a lead, whom it is compared with, what was found. In memory stand those who
have one key, MOST + NEAREST at most, and one batch of pairs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import groupby, islice

import orjson

from audits.model.case import Agreement, Apart, KeyKind, Sighting
from audits.model.contact_data import region_of
from audits.model.identity import email_key, phone_key
from audits.model.lead import Lead
from audits.truth.duplicates.pairs import (
    LEAST_PERCENT,
    MOST,
    NEAREST,
    Judged,
    judge_pairs,
    judged,
    pair_keys,
    record_of_lead,
)
from audits.truth.duplicates.record import Record
from connector.exports.packing import EPOCH, micros, unpack_lead
from connector.exports.store import PersonLine, SightingLine, Store

_BATCH = 500

_Shared = frozenset[tuple[str, str]]
"""Numbers and addresses of a lead, each with the value of its KeyKind."""


def find_sightings(store: Store, region: str | None, as_of: datetime, tell: Callable[[int], None]) -> None:
    """Find for each lead the others of its person, and those that share a number or an address with it, that were
    received no later than it; they stand in `store.sightings()` afterwards.

    Only leads that were received and known as of `as_of` (aware UTC) count. `region`: country of numbers without +
    where a lead names none. `tell` hears how many leads were looked at.
    """
    for number, lead in enumerate(_known_leads(store, as_of), start=1):
        _keep_person(store, number, lead, region)
        tell(number)
    for _, holders in groupby(store.person_keys(), key=lambda line: line[0]):
        for later, earlier in _paired(number for _, number in holders):
            store.add_pair(later, earlier)
    pairs = store.person_pairs()
    while batch := list(islice(pairs, _BATCH)):
        _judge(store, batch)
    store.forget_persons()


def sighting_of(line: SightingLine) -> Sighting:
    """The sighting that was stored."""
    return Sighting(
        lead_id=line.other_id,
        received_at=EPOCH + timedelta(microseconds=line.at),
        key_kind=KeyKind(line.kind),
        record_url=line.record_url,
        source=line.source,
        percent=line.percent,
        agrees=tuple(Agreement(*each) for each in orjson.loads(line.agrees)),
        apart=Apart(line.apart) if line.apart else None,
    )


def _known_leads(store: Store, as_of: datetime) -> Iterator[Lead]:
    """By lead id. Of several rows of one lead the first."""
    before: str | None = None
    for line in store.leads():
        if line.lead_id == before:
            continue
        before = line.lead_id
        lead = unpack_lead(line.packed)
        if max(lead.received_at, lead.recorded_at) <= as_of:
            yield lead


def _keep_person(store: Store, number: int, lead: Lead, region: str | None) -> None:
    record = record_of_lead(lead, region)
    shared = _shared(lead, region)
    keys = {f"pair:{key}" for key in pair_keys(record)} | {f"{kind}:{key}" for kind, key in shared}
    packed = orjson.dumps((
        record.first_name, record.last_name, record.email, record.phone, record.mobile, record.company,
        record.region, sorted(shared),
    ))  # fmt: skip
    line = PersonLine(number, lead.lead_id, micros(lead.received_at), lead.record_url, lead.source, packed)
    store.add_person(line, map(_short, keys))


def _shared(lead: Lead, region: str | None) -> _Shared:
    country = region_of(lead.country, region)
    found = [(KeyKind.PHONE.value, phone_key(text, country)) for text in (lead.phone, lead.mobile)]
    found.append((KeyKind.EMAIL.value, email_key(lead.email)))
    return frozenset((kind, key) for kind, key in found if key)


def _short(key: str) -> int:
    """What is as good as the key for being sorted. Whom it should bring together by chance, their data tell apart."""
    digest = blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _paired(holders: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Who is compared with whom of those that have one key, the first that came first."""
    first: list[int] = []
    nearest: deque[int] = deque(maxlen=NEAREST)
    for number in holders:
        is_first = len(first) < MOST
        for other in first if is_first else nearest:
            yield number, other
        if is_first:
            first.append(number)
        nearest.append(number)


def _judge(store: Store, pairs: list[tuple[int, int]]) -> None:
    lines = {line.number: line for line in store.persons(sorted({each for pair in pairs for each in pair}))}
    read = {number: _unpacked(line) for number, line in lines.items()}
    places = {number: place for place, number in enumerate(read)}
    matches = judge_pairs(
        [record for record, _ in read.values()], [(places[later], places[earlier]) for later, earlier in pairs]
    )
    for (later, earlier), match in zip(pairs, matches, strict=True):
        kinds = [
            kind for kind in (KeyKind.PHONE, KeyKind.EMAIL) if _is_shared(kind, read[later][1], read[earlier][1])
        ]
        found = judged(match)
        if not kinds and found.percent < LEAST_PERCENT:
            continue
        for kind in kinds or [KeyKind.PERSON]:
            store.add_sighting(_sighting(lines[later], lines[earlier], kind, found))
            if lines[later].at == lines[earlier].at:
                store.add_sighting(_sighting(lines[earlier], lines[later], kind, found))


def _unpacked(line: PersonLine) -> tuple[Record, _Shared]:
    first_name, last_name, email, phone, mobile, company, region, shared = orjson.loads(line.packed)
    record = Record(
        id=line.lead_id,
        first_name=first_name,
        last_name=last_name,
        email=email,
        phone=phone,
        mobile=mobile,
        company=company,
        region=region,
    )
    return record, frozenset((kind, key) for kind, key in shared)


def _is_shared(kind: KeyKind, one: _Shared, other: _Shared) -> bool:
    return any(each[0] == kind.value for each in one & other)


def _sighting(mine: PersonLine, other: PersonLine, kind: KeyKind, found: Judged) -> SightingLine:
    return SightingLine(
        lead_id=mine.lead_id,
        at=other.at,
        other_id=other.lead_id,
        kind=kind.value,
        record_url=other.record_url,
        source=other.source,
        percent=found.percent,
        apart="" if found.apart is None else found.apart.value,
        agrees=orjson.dumps([(each.field, each.level, each.weight) for each in found.agrees]).decode(),
    )
