"""What the other leads of an account say of one: how many came alike, and what became of those.

It is what audits.truth.clusters says over all rows. Of each live lead its traits are kept, in salted hashes, and of
each template, i.e. what makes leads alike, three tallies: how many leads have it, and of how many an audit said that
they were reached, and had asked for nothing. So a batch takes a fixed number of queries, whatever the account holds:
bursts and names are look-ups that end after MOST_OF_BURST and MOST_OF_KEY rows, a template is one row. What became
known after the instant that is asked about is taken off a tally again: nothing for the present, and for an instant
long ago as many rows as were stored since.

An outcome counts from the audit on that said it. What was said before and holds no longer is not kept: an instant in
the past is asked as it stood then, but for what was taken back since. Audits of the past hang on their snapshots.

A lead that comes, goes or changes changes the answer of others where a burst begins or ends, where a buyer explains
one, and where a template says something else than before: those are named by `beside_traits`, of a template or of a
buyer's burst at most MOST_BESIDE. By how many a burst or a template grew is told when a lead is judged next, and so
is that somebody was forgotten. Who shares a number is named by his keys already.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.case import LeadCase
from audits.model.lead import Lead
from audits.model.truth import Neighbours
from audits.truth.clusters import (
    DAY,
    MOST_OF_BURST,
    MOST_OF_KEY,
    Announced,
    Tally,
    folded,
    said_by_others,
    tally_of,
    templates_of,
    traits_of,
)
from audits.truth.history import IDENTICAL, OF_SUBNET
from audits.truth.of_case import Became, given_of, is_seen
from connector.storage.campaigns import announced_at
from connector.storage.column_types import UtcMicros, Words, from_micros, storable
from connector.storage.ranges import rows_wanted
from connector.storage.salts import salted_number
from connector.storage.statements import insert, portions, rows_of, upsert
from connector.storage.tables import contact_keys, lead_templates, lead_traits

#: Of a template that says something else now so many leads are judged again, the newest.
MOST_BESIDE = 1000
_TEMPLATES = ("by_net", "by_browser", "by_hour")
#: Which leads are many within a day, by what they have in common.
_BURSTS = (("subnet", OF_SUBNET), ("payload", IDENTICAL))
_traits = lead_traits.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """What one lead has in common with others, as kept: see the table. Times are aware UTC."""

    lead_id: str
    received_at: datetime
    known_at: datetime
    subnet: int | None
    payload: int | None
    name: int | None
    family_name: int | None
    by_net: int | None
    by_browser: int | None
    by_hour: int | None
    reached_at: datetime | None = None
    denied_at: datetime | None = None
    buyer_at: datetime | None = None

    @property
    def templates(self) -> tuple[int, ...]:
        """What makes leads like this one, the narrowest first."""
        return tuple(each for each in (self.by_net, self.by_browser, self.by_hour) if each is not None)

    def tally(self, as_of: datetime | None = None) -> Tally:
        """What this lead adds to each of its templates, as of `as_of`; None = as it stands now."""
        if as_of is not None and self.known_at > as_of:
            return Tally()
        reached, denied = (
            at is not None and (as_of is None or at <= as_of) for at in (self.reached_at, self.denied_at)
        )
        return tally_of(reached, denied)


# --- keeping them ---------------------------------------------------------------------------------------------


def keep_traits(conn: Connection, install_id: str, stored: Collection[Lead], salt: str) -> None:
    """Let the traits of these leads, which are live, be what the CRM shows of them now; what became of them stays."""
    for portion in portions(stored):
        held = {each.lead_id: each for each in traits_kept(conn, install_id, [lead.lead_id for lead in portion])}
        made = [_trait(lead, salt) for lead in portion if is_seen(lead)]
        news = [
            replace(each, reached_at=old.reached_at, denied_at=old.denied_at, buyer_at=old.buyer_at)
            if (old := held.get(each.lead_id)) is not None
            else each
            for each in made
        ]
        unseen = {storable(lead.lead_id) for lead in portion if not is_seen(lead)}
        _change(
            conn,
            install_id,
            [each for lead_id, each in held.items() if lead_id in unseen or each not in news],
            [each for each in news if held.get(each.lead_id) != each],
        )


def end_traits(conn: Connection, install_id: str, lead_ids: Collection[str]) -> None:
    """These are no leads any more: nobody is alike them."""
    for ids in portions(sorted(set(lead_ids))):
        _change(conn, install_id, sorted(traits_kept(conn, install_id, ids), key=_by_id), [])


def hear_became(conn: Connection, install_id: str, became: Mapping[str, Became], at: datetime) -> set[str]:
    """Keep what an audit at `at` (aware UTC) found to have become of leads; returns leads whose answer may have
    changed by it, some of these among them. A lead that is gone meanwhile is passed over."""
    went, came = [], []
    for ids in portions(sorted(became)):
        for old in traits_kept(conn, install_id, ids):
            what = became[old.lead_id]
            new = replace(
                old,
                reached_at=_since(old.reached_at, what.was_reached, at),
                denied_at=_since(old.denied_at, what.has_denied, at),
                buyer_at=_since(old.buyer_at, what.is_buyer, at),
            )
            if new != old:
                went.append(old)
                came.append(new)
    _change(conn, install_id, went, came)
    return beside_traits(conn, install_id, went, came)


def traits_kept(conn: Connection, install_id: str, lead_ids: Collection[str]) -> frozenset[Trait]:
    """The traits of these leads as they stand now; of one that is gone, or imported, there are none."""
    return frozenset(
        _from_row(row)
        for ids in portions(sorted(set(lead_ids)))
        for row in conn.execute(rows_of(lead_traits, install_id, ids))
    )


def _by_id(trait: Trait) -> str:
    return trait.lead_id


def _since(before: datetime | None, holds: bool, at: datetime) -> datetime | None:
    return (before or at) if holds else None


def _trait(lead: Lead, salt: str) -> Trait:
    seen = traits_of(given_of(lead), lead.received_at, ())
    by_net, by_browser, by_hour = (
        None if template is None else salted_number(salt, f"{kind}:{template!r}")
        for kind, template in zip(_TEMPLATES, templates_of(seen), strict=True)
    )
    return Trait(
        lead_id=storable(lead.lead_id),
        received_at=lead.received_at,
        known_at=max(lead.received_at, lead.recorded_at),
        subnet=salted_number(salt, f"subnet:{seen.subnet}") if seen.subnet else None,
        payload=salted_number(salt, f"payload:{seen.payload}") if seen.payload else None,
        name=salted_number(salt, f"name:{seen.name}") if seen.name else None,
        family_name=salted_number(salt, f"family:{seen.family_name}") if seen.family_name else None,
        by_net=by_net,
        by_browser=by_browser,
        by_hour=by_hour,
    )


def _from_row(row: sa.Row[Any]) -> Trait:
    return Trait(**{name: value for name, value in row._mapping.items() if name not in ("install_id", "news_at")})


def _change(conn: Connection, install_id: str, went: Sequence[Trait], came: Sequence[Trait]) -> None:
    """Keep the rows of `came` instead of those of `went`, and the tallies of their templates with them."""
    gone = {each.lead_id for each in went} - {each.lead_id for each in came}
    for ids in portions(sorted(gone)):
        conn.execute(sa.delete(lead_traits).where(_traits.install_id == install_id, _traits.lead_id.in_(ids)))
    upsert(conn, lead_traits, [_columns(install_id, each) for each in came])
    # In one order, so that two who change the same templates wait for each other and do not lock each other out.
    changes = sorted((each, tally) for each, tally in _differences(went, came).items() if tally != Tally())
    if not changes:
        return
    statement = insert(conn, lead_templates)
    names = ("leads", "reached", "denied")
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["install_id", "template"],
            set_={name: lead_templates.c[name] + statement.excluded[name] for name in names},
        ),
        [{"install_id": install_id, "template": each, **asdict(tally)} for each, tally in changes],
    )
    for some in portions([each for each, tally in changes if tally.leads < 0]):
        conn.execute(
            sa.delete(lead_templates).where(
                lead_templates.c.install_id == install_id,
                lead_templates.c.template.in_(some),
                lead_templates.c.leads <= 0,
            )
        )


def _differences(went: Iterable[Trait], came: Iterable[Trait]) -> dict[int, Tally]:
    """By how much the tally of each template grew."""
    found: dict[int, Tally] = {}
    for trait in came:
        for template in trait.templates:
            found[template] = found.get(template, Tally()) + trait.tally()
    for trait in went:
        for template in trait.templates:
            found[template] = found.get(template, Tally()) - trait.tally()
    return found


def _columns(install_id: str, trait: Trait) -> dict[str, object]:
    instants = (trait.known_at, trait.reached_at, trait.denied_at, trait.buyer_at)
    return {"install_id": install_id, **asdict(trait), "news_at": max(each for each in instants if each is not None)}


# --- counting them --------------------------------------------------------------------------------------------


def neighbours_at(
    conn: Connection, install_id: str, cases: Sequence[LeadCase], as_of: datetime
) -> dict[str, Neighbours]:
    """What the others say of each of `cases`, by lead id, as of `as_of` (aware UTC): what audits.truth.clusters would
    say over all rows that were known then. A lead of an import is not named: nobody knows when it came."""
    ids = [case.lead.lead_id for case in cases]
    own = {each.lead_id: each for each in traits_kept(conn, install_id, ids) if each.known_at <= as_of}
    if not own:
        return {}
    bursts = {kind: _bursts(conn, install_id, kind, own.values(), as_of) for kind, _ in _BURSTS}
    tallies = _tallies(conn, install_id, {template for each in own.values() for template in each.templates}, as_of)
    names = _other_names(conn, install_id, own, as_of)
    announced = announced_at(conn, install_id, as_of)
    found = {}
    for case in cases:
        trait = own.get(case.lead.lead_id)
        if trait is None:
            continue
        mine = trait.tally(as_of)
        subnet, payload = (bursts[kind].get(trait.lead_id) for kind, _ in _BURSTS)
        found[trait.lead_id] = said_by_others(
            subnet=subnet,
            identical=payload,
            alike=[tallies[each] - mine for each in trait.templates],
            other_names=names.get(trait.lead_id),
            is_announced=_is_announced(announced, case.lead),
        )
    return found


def _is_announced(announced: Collection[Announced], lead: Lead) -> bool:
    sources = [folded(each) for each in (lead.source, lead.source_detail) if each]
    return any(each.explains(lead.received_at, sources) for each in announced)


def _bursts(
    conn: Connection, install_id: str, kind: str, own: Collection[Trait], as_of: datetime
) -> dict[str, tuple[int, bool]]:
    """Of each lead how many others with the same `kind` came within the day before, up to MOST_OF_BURST; and whether
    one of those was a buyer."""
    rows = [
        (install_id, each.lead_id, value, each.received_at - DAY, each.received_at)
        for each in own
        if (value := getattr(each, kind)) is not None
    ]
    if not rows:
        return {}
    wanted = rows_wanted(
        conn, rows, install_id=Words, lead_id=Words, value=sa.BigInteger, low=UtcMicros, high=UtcMicros
    )
    others = lead_traits.alias("others")
    near = (
        sa.select(sa.literal(1).label("one"))
        .where(
            others.c.install_id == wanted.c.install_id,
            others.c[kind] == wanted.c.value,
            others.c.received_at >= wanted.c.low,
            others.c.received_at <= wanted.c.high,
            others.c.known_at <= as_of,
        )
        .correlate(wanted)
    )
    # The lead itself is one of them: to leave it out by its id would take a look at each row behind the index.
    counted = near.limit(MOST_OF_BURST + 1).subquery("near")
    count = sa.select(sa.func.count()).select_from(counted).scalar_subquery()
    has_buyer = near.where(
        others.c.buyer_at.is_not(None), others.c.buyer_at <= as_of, others.c.lead_id != wanted.c.lead_id
    ).exists()
    query = sa.select(wanted.c.lead_id, count.label("size"), has_buyer.label("has_buyer"))
    return {row.lead_id: (row.size - 1, bool(row.has_buyer)) for row in conn.execute(query)}


def _tallies(
    conn: Connection, install_id: str, templates: Collection[int], as_of: datetime | None = None
) -> dict[int, Tally]:
    """The tally of each template as of `as_of`; None = as it stands now."""
    found = dict.fromkeys(templates, Tally())
    for some in portions(sorted(templates)):
        rows = conn.execute(
            sa.select(lead_templates).where(
                lead_templates.c.install_id == install_id, lead_templates.c.template.in_(some)
            )
        )
        found.update({row.template: Tally(row.leads, row.reached, row.denied) for row in rows})
    if as_of is not None:
        later = sa.select(lead_traits).where(_traits.install_id == install_id, _traits.news_at > as_of)
        for trait in map(_from_row, conn.execute(later)):
            for template in found.keys() & set(trait.templates):
                found[template] = found[template] - trait.tally() + trait.tally(as_of)
    return found


def _other_names(conn: Connection, install_id: str, own: Mapping[str, Trait], as_of: datetime) -> dict[str, int]:
    """Of each lead with a name and a number or an address: under how many other names these came before."""
    keys: dict[str, list[tuple[str, str]]] = {}
    for row in conn.execute(rows_of(contact_keys, install_id, own)):
        if own[row.lead_id].name is not None:
            keys.setdefault(row.lead_id, []).append((row.key_kind, row.key_hash))
    named = _names(conn, install_id, {key for several in keys.values() for key in several}, as_of)
    found = {}
    for lead_id, several in keys.items():
        me = own[lead_id]
        found[lead_id] = len(
            {
                name
                for key in several
                for received_at, name, family_name in named[key]
                if received_at <= me.received_at
                and name is not None
                and name != me.name
                and not (family_name is not None and family_name == me.family_name)
            }
        )
    return found


_Named = tuple[datetime, int | None, int | None]


def _names(
    conn: Connection, install_id: str, keys: Collection[tuple[str, str]], as_of: datetime
) -> dict[tuple[str, str], list[_Named]]:
    """(received at, name, family name) of the first MOST_OF_KEY leads of each key."""
    if not keys:
        return {}
    wanted = rows_wanted(
        conn,
        [(install_id, *key) for key in sorted(keys)],
        install_id=Words,
        key_kind=Words,
        key_hash=Words,
    )
    held = contact_keys.alias("held")
    parts = [sa.type_coerce(held.c.received_at, sa.BigInteger), _traits.name, _traits.family_name]
    texts = [sa.func.coalesce(sa.cast(each, sa.Text), "") for each in parts]
    first = (
        sa.select((texts[0] + " " + texts[1] + " " + texts[2]).label("named"))
        .select_from(
            held.join(
                lead_traits, sa.and_(_traits.install_id == held.c.install_id, _traits.lead_id == held.c.lead_id)
            )
        )
        .where(
            held.c.install_id == wanted.c.install_id,
            held.c.key_kind == wanted.c.key_kind,
            held.c.key_hash == wanted.c.key_hash,
            _traits.known_at <= as_of,
        )
        .order_by(held.c.received_at, held.c.lead_id)
        .limit(MOST_OF_KEY)
        .correlate(wanted)
        .subquery("first")
    )
    together = sa.select(sa.func.aggregate_strings(first.c.named, ",")).scalar_subquery()
    query = sa.select(wanted.c.key_kind, wanted.c.key_hash, together.label("named"))
    return {
        (row.key_kind, row.key_hash): [_named(each) for each in (row.named or "").split(",") if each]
        for row in conn.execute(query)
    }


def _named(text: str) -> _Named:
    received_at, name, family_name = text.split(" ")
    return from_micros(int(received_at)), int(name) if name else None, int(family_name) if family_name else None


# --- who is judged again ------------------------------------------------------------------------------------------


def beside_traits(conn: Connection, install_id: str, went: Iterable[Trait], came: Iterable[Trait]) -> set[str]:
    """Leads whose answer may have changed when the traits of some became `came` from `went`, and are stored."""
    went, came = list(went), list(came)
    changed = {each.lead_id for each in (*went, *came)}
    found: set[str] = set()
    for kind, most in _BURSTS:
        found |= _beside_bursts(conn, install_id, kind, most, went, came)
    for kind in _TEMPLATES:
        found |= _beside_templates(conn, install_id, kind, went, came)
    # One that changed may stand beside another that did; what it says of itself changes no answer of its own.
    return found if len(changed) > 1 else found - changed


def _beside_templates(
    conn: Connection, install_id: str, kind: str, went: Sequence[Trait], came: Sequence[Trait]
) -> set[str]:
    """The newest leads of the templates of this kind that say something else now."""
    mine = {getattr(each, kind) for each in (*went, *came)} - {None}
    changes = {each: tally for each, tally in _differences(went, came).items() if each in mine and tally != Tally()}
    now = _tallies(conn, install_id, changes)
    turned = sorted(each for each, change in changes.items() if (now[each] - change).said != now[each].said)
    found: set[str] = set()
    for template in turned:
        found.update(
            conn.execute(
                sa.select(_traits.lead_id)
                .where(_traits.install_id == install_id, _traits[kind] == template)
                .order_by(_traits.received_at.desc())
                .limit(MOST_BESIDE)
            ).scalars()
        )
    return found


def _beside_bursts(
    conn: Connection, install_id: str, kind: str, most: int, went: Sequence[Trait], came: Sequence[Trait]
) -> set[str]:
    """The leads after one that came or went with which, or without which, they are a burst: those that had `most`
    others between it and themselves are one anyway. And those whose burst a buyer explains, or none any more."""
    moved = {_place(each, kind) for each in went} ^ {_place(each, kind) for each in came}
    turned = {_place(each, kind) for each in went if each.buyer_at} ^ {
        _place(each, kind) for each in came if each.buyer_at
    }
    found = _within(
        conn, install_id, kind, [(value, at, at + DAY) for _, value, at in moved if value is not None], most
    )
    explained = _explained(conn, install_id, kind, [each for each in turned if each[1] is not None])
    return found | _within(conn, install_id, kind, explained, MOST_BESIDE)


_Place = tuple[str, int | None, datetime]
_Range = tuple[int | None, datetime, datetime]


def _place(trait: Trait, kind: str) -> _Place:
    return trait.lead_id, getattr(trait, kind), trait.received_at


def _explained(conn: Connection, install_id: str, kind: str, buyers: Sequence[_Place]) -> list[_Range]:
    """The spans after each of these in which no other buyer explains a burst."""
    if not buyers:
        return []
    rows = [(install_id, place, value, at - DAY, at, at + DAY) for place, (_, value, at) in enumerate(buyers)]
    wanted = rows_wanted(
        conn,
        rows,
        install_id=Words,
        place=sa.BigInteger,
        value=sa.BigInteger,
        low=UtcMicros,
        at=UtcMicros,
        high=UtcMicros,
    )
    others = lead_traits.alias("others")
    near = (
        sa.select(others.c.received_at)
        .where(
            others.c.install_id == wanted.c.install_id,
            others.c[kind] == wanted.c.value,
            others.c.buyer_at.is_not(None),
            others.c.lead_id.not_in([lead_id for lead_id, _, _ in buyers]),
        )
        .correlate(wanted)
        .limit(1)
    )
    before = near.where(others.c.received_at >= wanted.c.low, others.c.received_at <= wanted.c.at)
    after = near.where(others.c.received_at >= wanted.c.at, others.c.received_at <= wanted.c.high)
    query = sa.select(
        wanted.c.place,
        before.order_by(others.c.received_at.desc()).scalar_subquery().label("before"),
        after.order_by(others.c.received_at).scalar_subquery().label("after"),
    )
    found: list[_Range] = []
    for row in conn.execute(query):
        _, value, at = buyers[row.place]
        low = at if row.before is None else max(at, row.before + DAY)
        found.append((value, low, at + DAY if row.after is None else row.after))
    return found


def _within(conn: Connection, install_id: str, kind: str, ranges: Collection[_Range], most: int) -> set[str]:
    """Of each range the first `most` leads."""
    if not ranges:
        return set()
    wanted = rows_wanted(
        conn,
        sorted((install_id, *each) for each in ranges),
        install_id=Words,
        value=sa.BigInteger,
        low=UtcMicros,
        high=UtcMicros,
    )
    others = lead_traits.alias("others")
    first = (
        sa.select(others.c.lead_id)
        .where(
            others.c.install_id == wanted.c.install_id,
            others.c[kind] == wanted.c.value,
            others.c.received_at >= wanted.c.low,
            others.c.received_at <= wanted.c.high,
        )
        .order_by(others.c.received_at, others.c.lead_id)
        # The lead that came is one of them.
        .limit(most + 1)
        .correlate(wanted)
        .subquery("first")
    )
    as_list = sa.func.json_group_array if conn.dialect.name == "sqlite" else sa.func.json_agg
    together = sa.select(sa.cast(as_list(first.c.lead_id), sa.Text)).scalar_subquery()
    rows = conn.execute(sa.select(together.label("lead_ids")).select_from(wanted))
    return {lead_id for row in rows for lead_id in json.loads(row.lead_ids or "[]")}
