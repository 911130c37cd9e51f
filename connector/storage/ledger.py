"""The log: everything that a person or vendor did about contracts, one entry after another, never changed.

Each entry is chained to the one before it: its hash is of its own words and of that one's hash, so that who changes,
takes out or puts in an entry must make all later ones anew, and heads kept elsewhere tell. It holds no personal data
of leads: ids of users, names of contracts and vendors, hashes, and of a delivery its `delivery_mark`. That is why
forgetting a person leaves the log whole.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.said import Said, say
from connector.storage.column_types import storable, to_micros
from connector.storage.installs import hold
from connector.storage.salts import salt_of, salted
from connector.storage.tables import ledger

#: What the first entry follows.
START = "0" * 64

_PLAIN = re.compile(r"[\w.:+/=-]{0,200}", re.ASCII)
_PORTION = 500

#: Made once: building them costs more than running them.
_INSERT = sa.insert(ledger)
_HEAD = (
    sa.select(ledger.c.seq, ledger.c.hash)
    .where(ledger.c.install_id == sa.bindparam("tenant"))
    .order_by(ledger.c.seq.desc())
    .limit(1)
)


class Act(StrEnum):
    """What was done."""

    CONTRACT_SAVED = "contract_saved"
    CONTRACT_ENDED = "contract_ended"
    CONTRACT_WITHDRAWN = "contract_withdrawn"
    DELIVERY_TAKEN = "delivery_taken"
    DELIVERY_REFUSED = "delivery_refused"
    CLAIM_MADE = "claim_made"
    CLAIM_SENT = "claim_sent"
    CLAIM_ANSWERED = "claim_answered"
    CLAIM_RESUBMITTED = "claim_resubmitted"
    CLAIM_SETTLED = "claim_settled"
    CLAIM_WITHDRAWN = "claim_withdrawn"
    STATEMENT_CLOSED = "statement_closed"
    STATEMENT_CORRECTED = "statement_corrected"
    INVOICE_TAKEN = "invoice_taken"
    PORTAL_LINK_MADE = "portal_link_made"
    PORTAL_LINK_REVOKED = "portal_link_revoked"
    PORTAL_OPENED = "portal_opened"
    COST_ENTERED = "cost_entered"


class Actor(StrEnum):
    """Who did it: a user of the account (by his id), a vendor (by his name in contracts), or ourselves ("")."""

    USER = "user"
    VENDOR = "vendor"
    SYSTEM = "system"


class Fault(StrEnum):
    """How a log is broken."""

    CHANGED = "changed"
    MISSING = "missing"
    OUT_OF_ORDER = "out_of_order"
    INSERTED = "inserted"


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a log: its number, counted from 1, and its hash. Of an empty log 0 and START."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as stored. `at`: aware UTC. `body`: canonical JSON, as hashed."""

    seq: int
    at: datetime
    actor_kind: str
    actor_id: str
    act: str
    vendor: str
    subject: str
    body: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first entry that is broken, and why; `said` is the sentence for a person."""

    seq: int
    fault: Fault
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found. `count`: how many entries there are. `head`: the last one. `broken`: None = whole."""

    count: int
    head: Head
    broken: Broken | None


def canonical(body: Mapping[str, Any]) -> str:
    """`body` as JSON that is the same for the same meaning: keys sorted, no blanks, ASCII alone.

    Raises ValueError for what the log must not hold: fractions (amounts are texts), and texts of more than 200
    characters or with other characters than an id, an amount, an instant or a hash has.
    """
    _refuse_free(body)
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _refuse_free(value: object) -> None:
    if isinstance(value, Mapping):
        for key, each in value.items():
            if not isinstance(key, str):
                raise ValueError("A key in the log is a text.")
            _refuse_free(key)
            _refuse_free(each)
    elif isinstance(value, list | tuple):
        for each in value:
            _refuse_free(each)
    elif isinstance(value, str):
        if _PLAIN.fullmatch(value) is None:
            raise ValueError("The log holds ids, amounts, instants and hashes, no words of people.")
    elif value is not None and not isinstance(value, int):
        raise ValueError(f"The log cannot hold a {type(value).__name__}.")


def hash_of(install_id: str, entry: Entry, *, seq: int | None = None, prev_hash: str | None = None) -> str:
    """Hex SHA-256 of the entry's canonical row: a JSON array without blanks, ASCII, of the account's install id, the
    number, the instant in microseconds since 1970 UTC, actor kind, actor id, act, vendor, subject, the body as text,
    and the hash of the entry before. `seq`, `prev_hash`: as if it stood there."""
    row = [
        install_id,
        entry.seq if seq is None else seq,
        to_micros(entry.at),
        entry.actor_kind,
        entry.actor_id,
        entry.act,
        entry.vendor,
        entry.subject,
        entry.body,
        entry.prev_hash if prev_hash is None else prev_hash,
    ]
    return hashlib.sha256(json.dumps(row, separators=(",", ":"), ensure_ascii=True).encode()).hexdigest()


def delivery_mark(conn: Connection, install_id: str, vendor: str, delivery_id: str) -> str:
    """What the log calls a delivery: a hash under the account's salt, which says nothing to who does not know the
    delivery's id. Raises UnknownInstall."""
    return salted(salt_of(conn, install_id), f"delivery:{vendor}\n{storable(delivery_id)}")


def append(
    conn: Connection,
    install_id: str,
    act: Act,
    *,
    at: datetime,
    actor: Actor,
    actor_id: str = "",
    vendor: str = "",
    subject: str = "",
    body: Mapping[str, Any] | None = None,
) -> Head:
    """Write the next entry, in the caller's transaction: what was done and its entry stand or fall together.

    The install is held until that transaction ends, so that writers follow each other; who changes rows of the
    account before calls `installs.hold` first. `at`: aware UTC. Raises UnknownInstall, and ValueError as `canonical`.
    """
    hold(conn, install_id)
    last = head(conn, install_id)
    entry = Entry(
        seq=last.seq + 1,
        at=at,
        actor_kind=actor.value,
        actor_id=storable(actor_id),
        act=act.value,
        vendor=storable(vendor),
        subject=storable(subject),
        body=canonical(body or {}),
        prev_hash=last.hash,
        hash="",
    )
    made = hash_of(install_id, entry)
    conn.execute(
        _INSERT,
        {
            "install_id": install_id,
            "seq": entry.seq,
            "at": at,
            "actor_kind": entry.actor_kind,
            "actor_id": entry.actor_id,
            "act": entry.act,
            "vendor": entry.vendor,
            "subject": entry.subject,
            "body": entry.body,
            "prev_hash": entry.prev_hash,
            "hash": made,
        },
    )
    return Head(entry.seq, made)


def head(conn: Connection, install_id: str) -> Head:
    """The last entry, for a closed statement to hold: from then on a log cut before it is found."""
    row = conn.execute(_HEAD, {"tenant": install_id}).one_or_none()
    return Head(0, START) if row is None else Head(row.seq, row.hash)


def iter_entries(conn: Connection, install_id: str) -> Iterator[Entry]:
    """All entries by number, read in portions: memory does not grow with the log."""
    after: int | None = None
    while True:
        query = sa.select(ledger).where(ledger.c.install_id == install_id).order_by(ledger.c.seq).limit(_PORTION)
        rows = conn.execute(query if after is None else query.where(ledger.c.seq > after)).all()
        for row in rows:
            yield _entry(row)
        if len(rows) < _PORTION:
            return
        after = rows[-1].seq


def list_entries(
    conn: Connection, install_id: str, *, act: str = "", vendor: str = "", before: int | None = None, most: int = 50
) -> list[Entry]:
    """At most `most` entries, the latest first: of one act and vendor ("" = all), with a number below `before`."""
    query = sa.select(ledger).where(ledger.c.install_id == install_id)
    if act:
        query = query.where(ledger.c.act == act)
    if vendor:
        query = query.where(ledger.c.vendor == vendor)
    if before is not None:
        query = query.where(ledger.c.seq < before)
    return [_entry(row) for row in conn.execute(query.order_by(ledger.c.seq.desc()).limit(most))]


def list_vendors(conn: Connection, install_id: str) -> list[str]:
    """The vendors that the log names."""
    return list(
        conn.execute(
            sa.select(ledger.c.vendor)
            .where(ledger.c.install_id == install_id, ledger.c.vendor != "")
            .distinct()
            .order_by(ledger.c.vendor)
        ).scalars()
    )


def verify(conn: Connection, install_id: str, expected_heads: Iterable[Head] = ()) -> Checked:
    """Read the log and hold every entry against its hash and against the one before it, up to the first fault.

    `expected_heads`: heads that were kept elsewhere; that one of them is not there any more means that the end was
    cut off, or that the log was made anew. Of several faults the first is told. Call it in `Database.read`.
    """
    kept: dict[int, set[str]] = {}
    for each in expected_heads:
        kept.setdefault(each.seq, set()).add(each.hash)
    last, before, broken = Head(0, START), START, None
    for entry in iter_entries(conn, install_id):
        broken = _fault(conn, install_id, entry, last, before) or _unlike(entry.seq, entry.hash, kept)
        if broken is not None:
            break
        before, last = last.hash, Head(entry.seq, entry.hash)
    if broken is None:
        lost = sorted(seq for seq in kept if seq > last.seq)
        if lost:
            broken = _broken(
                last.seq + 1,
                Fault.MISSING,
                say(
                    "The end of the log was cut off: entry {seq} is missing, and there was one numbered {known}.",
                    seq=last.seq + 1,
                    known=lost[-1],
                ),
            )
    if broken is None:
        return Checked(count=last.seq, head=last, broken=None)
    count = conn.execute(
        sa.select(sa.func.count()).select_from(ledger).where(ledger.c.install_id == install_id)
    ).scalar_one()
    return Checked(count=count, head=head(conn, install_id), broken=broken)


def _unlike(seq: int, found: str, kept: Mapping[int, set[str]]) -> Broken | None:
    """An entry that is whole, but is not the one that was kept elsewhere."""
    if kept.get(seq, {found}) == {found}:
        return None
    return _broken(
        seq,
        Fault.CHANGED,
        say("Entry {seq} is not the one that a closed statement was sealed with: the log was made anew.", seq=seq),
    )


def _fault(conn: Connection, install_id: str, entry: Entry, last: Head, before: str) -> Broken | None:
    """What is wrong with an entry after `last`, whose own predecessor has the hash `before`; None = nothing."""
    due = last.seq + 1
    if entry.seq < due:
        return _inserted(entry.seq)
    if entry.seq > due:
        return _missing(due)
    is_itself, follows = hash_of(install_id, entry) == entry.hash, entry.prev_hash == last.hash
    if is_itself and follows:
        return None
    if is_itself:
        # Its own words are whole, and it followed another entry than the one that stands before it now.
        is_faithful = last.seq > 0 and _followed_by(conn, install_id, entry) in {None, entry.hash}
        return _changed(last.seq if is_faithful else due)
    place = _own_place(conn, install_id, entry)
    if place is None:
        is_of_chain = follows or _followed_by(conn, install_id, entry) == entry.hash
        return _changed(due) if is_of_chain else _inserted(due)
    if entry.prev_hash == before and place == last.seq:
        return _inserted(last.seq)
    if place > due and not _is_here(conn, install_id, entry.prev_hash):
        return _missing(due)
    return _broken(
        due,
        Fault.OUT_OF_ORDER,
        say("Entry {seq} is out of order: what stands there was written as entry {place}.", seq=due, place=place),
    )


def _own_place(conn: Connection, install_id: str, entry: Entry) -> int | None:
    """The number under which what the entry says has the hash that it bears. Asked once: of the first fault."""
    highest = head(conn, install_id).seq + 1000
    return next((seq for seq in range(1, highest) if hash_of(install_id, entry, seq=seq) == entry.hash), None)


def _followed_by(conn: Connection, install_id: str, entry: Entry) -> str | None:
    """What the next entry says the hash of this one is; None where there is no next one."""
    stated: str | None = conn.execute(
        sa.select(ledger.c.prev_hash).where(ledger.c.install_id == install_id, ledger.c.seq == entry.seq + 1)
    ).scalar_one_or_none()
    return stated


def _is_here(conn: Connection, install_id: str, wanted: str) -> bool:
    return (
        conn.execute(
            sa.select(ledger.c.seq).where(ledger.c.install_id == install_id, ledger.c.hash == wanted).limit(1)
        ).first()
        is not None
    )


def _changed(seq: int) -> Broken:
    return _broken(seq, Fault.CHANGED, say("Entry {seq} was changed after it was written.", seq=seq))


def _missing(seq: int) -> Broken:
    return _broken(seq, Fault.MISSING, say("Entry {seq} is missing.", seq=seq))


def _inserted(seq: int) -> Broken:
    return _broken(seq, Fault.INSERTED, say("Entry {seq} was put in later: it follows no other.", seq=seq))


def _broken(seq: int, fault: Fault, said: Said) -> Broken:
    return Broken(seq=seq, fault=fault, said=said)


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        seq=row.seq,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        act=row.act,
        vendor=row.vendor,
        subject=row.subject,
        body=row.body,
        prev_hash=row.prev_hash,
        hash=row.hash,
    )
