"""What somebody outside was asked about leads: the look-ups an account has switched on, what waits to be asked, what
was answered when, and what that cost.

An answer is kept under a salted hash of what was asked about, so that it says nothing of anybody. It counts for leads
that arrived before its time was over; who arrives later is asked about again.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.contact_data import region_of
from audits.model.lead import Lead
from audits.model.truth import LineType, LookedUp
from audits.truth.email import judge_email
from audits.truth.phone import judge_phone
from connector.storage.salts import salt_of, salted
from connector.storage.statements import insert_new, portions, upsert
from connector.storage.tables import leads, lookup_choices, lookup_wants, lookups, policies

#: Nobody is asked about older leads: what is known of a domain today says little of an enquiry of last year.
RECENT = timedelta(days=30)
#: After a question without an answer.
RETRY = timedelta(hours=6)


class LookupKind(StrEnum):
    """What is asked about. MX: whether the domain of an address takes mail. PHONE: whether a mobile number is in
    service."""

    MX = "mx"
    PHONE = "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was answered; None = that was not said."""

    is_deliverable: bool | None = None
    is_in_service: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupChoice:
    """What an account chose. `limit_minor`: most that a month may cost, in minor units of `currency`; 0 = nothing
    that costs. `price_milli`: what the account pays for a question, in thousandths of that unit. `sealed`: its key
    with whoever is asked, None where none is needed or none was given."""

    kind: LookupKind
    is_on: bool = False
    limit_minor: int = 0
    price_milli: int = 0
    currency: str = ""
    sealed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One answer. `key_hash`: `key_of` what was asked about; `told` None = unknown; `price_milli`: thousandths of the
    minor unit of `currency`. It holds in [asked_at, expires_at), aware UTC."""

    key_hash: str
    told: Told | None
    asked_at: datetime
    expires_at: datetime
    price_milli: int = 0
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """Something to be asked about, and the leads for which. `told`: what is known of it already, and still holds."""

    value: str
    key_hash: str
    lead_ids: tuple[str, ...]
    told: Told | None = None


class AskedOf(Protocol):
    """What a question is made from: a lead, or its row."""

    @property
    def email(self) -> str | None:
        """As written."""
        ...

    @property
    def phone(self) -> str | None:
        """As written."""
        ...

    @property
    def mobile(self) -> str | None:
        """As written."""
        ...

    @property
    def country(self) -> str | None:
        """As written."""
        ...


def asked_of(kind: LookupKind, lead: AskedOf, region: str | None) -> str | None:
    """What is asked about a lead: the domain of its address, in ASCII; its mobile number, in E.164. None = nothing
    can be asked. `region`: the account's country of numbers without +."""
    if kind is LookupKind.MX:
        judged = judge_email(lead.email) if lead.email and lead.email.strip() else None
        return judged.domain if judged is not None and judged.is_valid else None
    country = region_of(lead.country, region)
    for text in (lead.mobile, lead.phone):
        number = judge_phone(text, country) if text and text.strip() else None
        if number is not None and number.can_be_called and number.line_type is LineType.MOBILE:
            return number.e164
    return None


def key_of(salt: str, kind: LookupKind, value: str) -> str:
    """Under what an answer about `value` is kept."""
    return salted(salt, f"lookup:{kind.value}:{value}")


# --- what is switched on -----------------------------------------------------------------------------------------


def lookup_choice(conn: Connection, install_id: str, kind: LookupKind) -> LookupChoice:
    """What the account chose for `kind`; off before anything was."""
    row = conn.execute(
        sa.select(lookup_choices).where(
            lookup_choices.c.install_id == install_id, lookup_choices.c.kind == kind.value
        )
    ).one_or_none()
    return LookupChoice(kind=kind) if row is None else _choice(row)


def switched_on(conn: Connection, install_id: str) -> list[LookupChoice]:
    """The look-ups that are on."""
    rows = conn.execute(
        sa.select(lookup_choices)
        .where(lookup_choices.c.install_id == install_id, lookup_choices.c.is_on.is_(sa.true()))
        .order_by(lookup_choices.c.kind)
    )
    return [_choice(row) for row in rows]


def choose_lookup(conn: Connection, install_id: str, choice: LookupChoice, *, user_id: str, at: datetime) -> None:
    """Keep a choice. Switched on, recent leads are asked about; switched off, nothing more is, and what was answered
    stays."""
    row: dict[str, object] = {
        "install_id": install_id,
        "kind": choice.kind.value,
        "is_on": choice.is_on,
        "limit_minor": choice.limit_minor,
        "price_milli": choice.price_milli,
        "currency": choice.currency,
        "sealed": choice.sealed,
        "chosen_at": at,
        "chosen_by": user_id,
    }
    upsert(conn, lookup_choices, [row])
    conn.execute(
        sa.delete(lookup_wants).where(
            lookup_wants.c.install_id == install_id, lookup_wants.c.kind == choice.kind.value
        )
    )
    if choice.is_on:
        rows = conn.execute(
            sa.select(leads.c.lead_id, leads.c.received_at).where(
                leads.c.install_id == install_id,
                leads.c.received_at >= at - RECENT,
                leads.c.gone_at.is_(None),
            )
        ).all()
        _put_wants(conn, install_id, choice.kind, [(each.lead_id, each.received_at, at) for each in rows])


def end_lookups(conn: Connection, install_id: str) -> None:
    """For an account that leaves: nothing is asked any more, and its keys are wiped."""
    conn.execute(
        sa.update(lookup_choices).where(lookup_choices.c.install_id == install_id).values(is_on=False, sealed=None)
    )
    conn.execute(sa.delete(lookup_wants).where(lookup_wants.c.install_id == install_id))


def iter_sealed(conn: Connection) -> Iterator[tuple[str, LookupKind, bytes]]:
    """(install id, look-up, sealed key) of all accounts: for the rotation of our own keys alone."""
    for row in conn.execute(sa.select(lookup_choices).where(lookup_choices.c.sealed.is_not(None))):
        yield row.install_id, LookupKind(row.kind), row.sealed


def replace_key(conn: Connection, install_id: str, kind: LookupKind, before: bytes, sealed: bytes) -> bool:
    """Keep the key as it is sealed now, unless another one than `before` was given meanwhile."""
    done = conn.execute(
        sa.update(lookup_choices)
        .where(
            lookup_choices.c.install_id == install_id,
            lookup_choices.c.kind == kind.value,
            lookup_choices.c.sealed == before,
        )
        .values(sealed=sealed)
    )
    return done.rowcount == 1


# --- what is to be asked -----------------------------------------------------------------------------------------


def want_lookups(conn: Connection, install_id: str, judged: Sequence[Lead], region: str | None, at: datetime) -> None:
    """Have asked what is not known of these leads, where a look-up is on: once for each, and only of recent ones.
    `region`: the account's country of numbers without +."""
    recent = [lead for lead in judged if lead.received_at >= at - RECENT]
    if not recent:
        return
    for choice in switched_on(conn, install_id):
        found = ((lead.lead_id, asked_of(choice.kind, lead, region)) for lead in recent)
        asked = {lead_id: value for lead_id, value in found if value is not None}
        salt = salt_of(conn, install_id)
        keys = {value: key_of(salt, choice.kind, value) for value in asked.values()}
        newest = _newest(conn, install_id, choice.kind, keys.values(), at)
        rows = []
        for lead in recent:
            value = asked.get(lead.lead_id)
            if value is None:
                continue
            known = newest.get(keys[value])
            if known is None or known.expires_at <= at:
                rows.append((lead.lead_id, lead.received_at, at))
            elif known.told is None:
                rows.append((lead.lead_id, lead.received_at, known.expires_at))
        _put_wants(conn, install_id, choice.kind, rows)


def list_wants(
    conn: Connection, install_id: str, kind: LookupKind, region: str | None, now: datetime, limit: int
) -> list[Want]:
    """What is due to be asked, for the newest leads first; `limit` leads at most. Leads of which nothing can be asked
    any more come last, together, with an empty `value`."""
    rows = conn.execute(
        sa.select(lookup_wants.c.lead_id, leads.c.email, leads.c.phone, leads.c.mobile, leads.c.country)
        .join_from(
            lookup_wants,
            leads,
            sa.and_(leads.c.install_id == lookup_wants.c.install_id, leads.c.lead_id == lookup_wants.c.lead_id),
            isouter=True,
        )
        .where(
            lookup_wants.c.install_id == install_id,
            lookup_wants.c.kind == kind.value,
            lookup_wants.c.ask_at <= now,
        )
        .order_by(lookup_wants.c.received_at.desc(), lookup_wants.c.lead_id)
        .limit(limit)
    ).all()
    if not rows:
        return []
    salt = salt_of(conn, install_id)
    by_value: dict[str, list[str]] = {}
    for row in rows:
        by_value.setdefault(asked_of(kind, row, region) or "", []).append(row.lead_id)
    keys = {value: key_of(salt, kind, value) for value in by_value}
    newest = _newest(conn, install_id, kind, keys.values(), now)
    found = []
    for value in sorted(by_value, key=lambda each: not each):
        known = newest.get(keys[value])
        told = known.told if known is not None and known.expires_at > now else None
        found.append(Want(value=value, key_hash=keys[value], lead_ids=tuple(by_value[value]), told=told))
    return found


def defer_wants(
    conn: Connection, install_id: str, kind: LookupKind, lead_ids: Collection[str], until: datetime
) -> None:
    """Ask about these leads at `until` (aware UTC) and not before; not at all where they are old by then."""
    for ids in portions(sorted(lead_ids)):
        mine = sa.and_(
            lookup_wants.c.install_id == install_id,
            lookup_wants.c.kind == kind.value,
            lookup_wants.c.lead_id.in_(ids),
        )
        conn.execute(sa.delete(lookup_wants).where(mine, lookup_wants.c.received_at < until - RECENT))
        conn.execute(sa.update(lookup_wants).where(mine).values(ask_at=until))


def end_wants(conn: Connection, install_id: str, kind: LookupKind, lead_ids: Collection[str]) -> None:
    """Nothing is to be asked about these leads any more."""
    for ids in portions(sorted(lead_ids)):
        conn.execute(
            sa.delete(lookup_wants).where(
                lookup_wants.c.install_id == install_id,
                lookup_wants.c.kind == kind.value,
                lookup_wants.c.lead_id.in_(ids),
            )
        )


def count_wants(conn: Connection, install_id: str, kind: LookupKind) -> int:
    """How many leads wait for an answer."""
    query = sa.select(sa.func.count()).where(
        lookup_wants.c.install_id == install_id, lookup_wants.c.kind == kind.value
    )
    return int(conn.execute(query).scalar_one())


# --- what was answered -------------------------------------------------------------------------------------------


def put_answers(conn: Connection, install_id: str, kind: LookupKind, rows: Iterable[AnswerRow]) -> None:
    """Keep answers; of one instant the first."""
    insert_new(
        conn,
        lookups,
        [
            {
                "install_id": install_id,
                "kind": kind.value,
                "key_hash": row.key_hash,
                "asked_at": row.asked_at,
                "expires_at": row.expires_at,
                "answer": None if row.told is None else _written(row.told),
                "price_milli": row.price_milli,
                "currency": row.currency,
            }
            for row in rows
        ],
    )


def drop_answers(conn: Connection, install_id: str, kind: LookupKind, rows: Sequence[AnswerRow]) -> None:
    """Nothing was asked at these instants about these keys, or what was is kept in other rows."""
    for row in rows:
        conn.execute(
            sa.delete(lookups).where(
                lookups.c.install_id == install_id,
                lookups.c.kind == kind.value,
                lookups.c.key_hash == row.key_hash,
                lookups.c.asked_at == row.asked_at,
            )
        )


def looked_up(
    conn: Connection, install_id: str, judged: Iterable[Lead], region: str | None, as_of: datetime
) -> Mapping[str, LookedUp]:
    """Lead id → what had been answered by `as_of` (aware UTC) and held when the lead arrived, or later. Leads of
    which nothing is known are not in it."""
    chosen = list(
        conn.execute(sa.select(lookup_choices.c.kind).where(lookup_choices.c.install_id == install_id)).scalars()
    )
    if not chosen:
        # Nobody was ever asked.
        return {}
    salt, all_leads = salt_of(conn, install_id), list(judged)
    found: dict[str, LookedUp] = {}
    for kind in map(LookupKind, sorted(chosen)):
        asked = {lead.lead_id: (lead.received_at, asked_of(kind, lead, region)) for lead in all_leads}
        keys = {value: key_of(salt, kind, value) for _, value in asked.values() if value is not None}
        answers = _answers(conn, install_id, kind, keys.values(), as_of)
        for lead_id, (received_at, value) in asked.items():
            known = answers.get(keys[value], ()) if value is not None else ()
            held = [each for each in known if each.told is not None and each.expires_at > received_at]
            if held and (told := held[-1].told) is not None:
                found[lead_id] = _with(found.get(lead_id, LookedUp()), kind, told, held[-1].asked_at)
    return found


def _with(known: LookedUp, kind: LookupKind, told: Told, at: datetime) -> LookedUp:
    if kind is LookupKind.MX:
        return replace(known, is_deliverable=told.is_deliverable, at=at)
    return replace(known, is_in_service=told.is_in_service, in_service_at=at)


def spent_milli(conn: Connection, install_id: str, kind: LookupKind, since: datetime) -> int:
    """What look-ups have cost from `since` (aware UTC) on, in thousandths of the minor unit."""
    query = sa.select(sa.func.coalesce(sa.func.sum(lookups.c.price_milli), 0)).where(
        lookups.c.install_id == install_id, lookups.c.kind == kind.value, lookups.c.asked_at >= since
    )
    return int(conn.execute(query).scalar_one())


def count_asked(conn: Connection, install_id: str, kind: LookupKind, since: datetime) -> int:
    """How many questions were asked from `since` (aware UTC) on."""
    query = sa.select(sa.func.count()).where(
        lookups.c.install_id == install_id, lookups.c.kind == kind.value, lookups.c.asked_at >= since
    )
    return int(conn.execute(query).scalar_one())


def forget_answers(conn: Connection, install_id: str, lead_ids: Collection[str]) -> None:
    """What was answered about these leads is known no more, but for that of a large provider, which is nobody's own;
    that something was asked, and at what price, stays counted."""
    salt = salt_of(conn, install_id)
    texts = conn.execute(sa.select(policies.c.policy).where(policies.c.install_id == install_id)).scalars()
    regions = sorted({json.loads(text).get("region") or "" for text in texts} | {""})
    for ids in portions(sorted(lead_ids)):
        rows = conn.execute(
            sa.select(leads.c.email, leads.c.phone, leads.c.mobile, leads.c.country).where(
                leads.c.install_id == install_id, leads.c.lead_id.in_(ids)
            )
        ).all()
        for row in rows:
            # A number may have been read as one of any country that was ever the account's.
            asked = {(kind, asked_of(kind, row, region or None)) for kind in LookupKind for region in regions}
            for kind, value in asked:
                if value is None or (kind is LookupKind.MX and judge_email(row.email).is_free):
                    continue
                conn.execute(
                    sa.update(lookups)
                    .where(
                        lookups.c.install_id == install_id,
                        lookups.c.kind == kind.value,
                        lookups.c.key_hash == key_of(salt, kind, value),
                    )
                    .values(key_hash=f"forgotten-{secrets.token_hex(16)}", answer=None)
                )


def _choice(row: sa.Row[Any]) -> LookupChoice:
    return LookupChoice(
        kind=LookupKind(row.kind),
        is_on=row.is_on,
        limit_minor=row.limit_minor,
        price_milli=row.price_milli,
        currency=row.currency,
        sealed=row.sealed,
    )


def _put_wants(
    conn: Connection, install_id: str, kind: LookupKind, rows: Iterable[tuple[str, datetime, datetime]]
) -> None:
    insert_new(
        conn,
        lookup_wants,
        [
            {
                "install_id": install_id,
                "lead_id": lead_id,
                "kind": kind.value,
                "received_at": received_at,
                "ask_at": ask_at,
            }
            for lead_id, received_at, ask_at in rows
        ],
    )


def _newest(
    conn: Connection, install_id: str, kind: LookupKind, keys: Iterable[str], as_of: datetime
) -> dict[str, AnswerRow]:
    return {key: rows[-1] for key, rows in _answers(conn, install_id, kind, keys, as_of).items()}


def _answers(
    conn: Connection, install_id: str, kind: LookupKind, keys: Iterable[str], as_of: datetime
) -> dict[str, list[AnswerRow]]:
    """All answers by `as_of`, by key, the oldest first."""
    found: dict[str, list[AnswerRow]] = {}
    for some in portions(sorted(set(keys))):
        rows = conn.execute(
            sa.select(lookups)
            .where(
                lookups.c.install_id == install_id,
                lookups.c.kind == kind.value,
                lookups.c.key_hash.in_(some),
                lookups.c.asked_at <= as_of,
            )
            .order_by(lookups.c.asked_at)
        )
        for row in rows:
            told = None if row.answer is None else Told(**json.loads(row.answer))
            found.setdefault(row.key_hash, []).append(
                AnswerRow(
                    key_hash=row.key_hash,
                    told=told,
                    asked_at=row.asked_at,
                    expires_at=row.expires_at,
                    price_milli=row.price_milli,
                    currency=row.currency,
                )
            )
    return found


def _written(told: Told) -> str:
    said = {name: value for name, value in asdict(told).items() if value is not None}
    return json.dumps(said, separators=(",", ":"), sort_keys=True)
