"""Repairs: what was probably meant in a field of a lead, what was decided on it, and whether the field was mended.

There is one row for each field of a lead. While a person has decided nothing, each audit puts into it what is
proposed now. A decision stands as long as the field holds what it was made on. Once the field holds what was
proposed, it is mended; once it holds anything else, the row goes, or begins anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.said import Said
from audits.model.truth import Repair
from connector.storage.column_types import storable
from connector.storage.json_text import dump_list, dump_said, load_map, load_pairs, load_said
from connector.storage.statements import insert_new, portions, rows_of
from connector.storage.tables import leads, owners, repairs, written_values

#: More than these nobody reads.
MOST_PROPOSED = 3
#: The field on the CRM's record: what a short text holds in each of them.
LONGEST_SUGGESTION = 250
_NUMBERS = ("phone", "mobile")
_LEAST_DIGITS = 7
#: What the CRM's record calls the fields, in the language of all our fields there.
_NAMES = {
    "phone": "phone",
    "mobile": "mobile",
    "email": "e-mail",
    "name": "name",
    "first_name": "first name",
    "last_name": "last name",
}


class RepairState(StrEnum):
    """OPEN waits for a person; ACCEPTED stands on the CRM's record as a suggestion; MENDED: the field was changed to
    what was proposed."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    MENDED = "mended"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What may have been meant, and why."""

    proposed: str
    why: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRepairs:
    """What one audit says: `values` of the fields as they are given now, and what is proposed for them."""

    lead_id: str
    values: Mapping[str, str]
    proposed: tuple[Repair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRepair:
    """One row. `given` "" = nothing was given in the field. `proposals`: the likeliest first. `chosen` "" = none.

    `decided_by`: a user id. Times aware UTC.
    """

    lead_id: str
    field: str
    given: str
    proposals: tuple[Proposal, ...]
    state: RepairState
    chosen: str
    found_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    mended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether somebody has yet to decide."""
        return self.state is RepairState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairRow:
    """One line of the list: the repair, and whose lead it is. `name` "" = unknown."""

    kept: KeptRepair
    name: str
    company: str | None
    owner_id: str | None
    owner_name: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairFilter:
    """Which repairs, and which page of them. None = any. `owner_id` "" = leads without an owner."""

    lead_id: str | None = None
    state: RepairState | None = None
    field: str | None = None
    owner_id: str | None = None
    limit: int = 50
    offset: int = 0


def store_repairs(conn: Connection, install_id: str, judged: Sequence[JudgedRepairs], at: datetime) -> None:
    """Bring the rows of these leads to what an audit says now. In the transaction that stores the audit."""
    by_lead = {storable(each.lead_id): each for each in judged}
    known = _rows(conn, install_id, by_lead)
    fresh: list[dict[str, object]] = []
    for lead_id, each in by_lead.items():
        proposed = _by_field(each.proposed)
        for field in sorted({*proposed, *(name for of, name in known if of == lead_id)}):
            row, found = known.get((lead_id, field)), proposed.get(field, ())
            given = storable((found[0].given if found else each.values.get(field, "")).strip())
            if row is None or (found and _begins_anew(row, given, found)):
                if row is not None:
                    _drop(conn, install_id, row)
                fresh.append(_columns(install_id, lead_id, field, given, found, at))
            elif row.given == given:
                _stay(conn, install_id, row, found)
            elif row.state is not RepairState.MENDED:
                wanted = [row.chosen] if row.chosen else [one.proposed for one in row.proposals]
                if any(_is_same(field, given, one) for one in wanted):
                    _set(conn, install_id, row, state=RepairState.MENDED.value, mended_at=at)
                else:
                    _drop(conn, install_id, row)
    insert_new(conn, repairs, fresh)


def suggestions_of(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, str]:
    """Lead → what its record in the CRM suggests, for those of which somebody accepted a repair."""
    told = {
        lead_id: [_suggestion(row) for row in rows if row.state is RepairState.ACCEPTED]
        for lead_id, rows in repairs_of_leads(conn, install_id, lead_ids).items()
    }
    return {lead_id: _shortened("; ".join(parts)) for lead_id, parts in told.items() if parts}


def repairs_of(conn: Connection, install_id: str, lead_id: str) -> list[KeptRepair]:
    """All repairs of a lead, by field."""
    return repairs_of_leads(conn, install_id, [lead_id]).get(storable(lead_id), [])


def repairs_of_leads(conn: Connection, install_id: str, lead_ids: Collection[str]) -> dict[str, list[KeptRepair]]:
    """Lead → its repairs by field, for those of these leads that have any."""
    found: dict[str, list[KeptRepair]] = {}
    for row in sorted(_rows(conn, install_id, lead_ids).values(), key=lambda each: each.field):
        found.setdefault(row.lead_id, []).append(row)
    return found


def find_repair(conn: Connection, install_id: str, lead_id: str, field: str) -> KeptRepair | None:
    """The repair of one field."""
    return _rows(conn, install_id, [lead_id]).get((storable(lead_id), storable(field)))


def list_repairs(conn: Connection, install_id: str, asked: RepairFilter) -> tuple[list[RepairRow], int]:
    """One page of the repairs of live leads, the newest first, and how many there are."""
    within = _conditions(install_id, asked.owner_id)
    if asked.lead_id is not None:
        within.append(repairs.c.lead_id == asked.lead_id)
    if asked.state is not None:
        within.append(repairs.c.state == asked.state.value)
    if asked.field is not None:
        within.append(repairs.c.field == asked.field)
    total = int(conn.execute(sa.select(sa.func.count()).select_from(_joined()).where(*within)).scalar_one())
    rows = conn.execute(
        sa.select(
            repairs,
            leads.c.first_name,
            leads.c.last_name,
            leads.c.company,
            leads.c.owner_id,
            leads.c.received_at,
            owners.c.name.label("owner_name"),
        )
        .select_from(
            _joined().outerjoin(
                owners, sa.and_(owners.c.install_id == leads.c.install_id, owners.c.owner_id == leads.c.owner_id)
            )
        )
        .where(*within)
        .order_by(leads.c.received_at.desc(), repairs.c.lead_id, repairs.c.field)
        .limit(asked.limit)
        .offset(asked.offset)
    )
    return [_listed(row) for row in rows], total


def count_repairs(conn: Connection, install_id: str, owner_id: str | None = None) -> dict[RepairState, int]:
    """How many repairs of live leads there are in each state. `owner_id`: as in RepairFilter."""
    counts = dict.fromkeys(RepairState, 0)
    rows = conn.execute(
        sa.select(repairs.c.state, sa.func.count())
        .select_from(_joined())
        .where(*_conditions(install_id, owner_id))
        .group_by(repairs.c.state)
    )
    for state, count in rows:
        counts[RepairState(state)] = count
    return counts


def count_mendable_leads(conn: Connection, install_id: str, owner_id: str | None = None) -> int:
    """How many live leads have a repair that waits for a decision. `owner_id`: as in RepairFilter."""
    within = [*_conditions(install_id, owner_id), repairs.c.state == RepairState.OPEN.value]
    return int(
        conn.execute(
            sa.select(sa.func.count(repairs.c.lead_id.distinct())).select_from(_joined()).where(*within)
        ).scalar_one()
    )


def decide_repair(
    conn: Connection,
    install_id: str,
    lead_id: str,
    field: str,
    given: str,
    *,
    proposed: str | None,
    user_id: str,
    at: datetime,
    shown_in: str,
) -> bool:
    """Accept `proposed` in place of `given`, or decline whatever is proposed (None). `shown_in`: the field of ours on
    the CRM's record. False when that is not what waits: somebody was quicker, or the field is another by now."""
    row = find_repair(conn, install_id, lead_id, field)
    if row is None or not row.is_open or row.given != storable(given):
        return False
    if proposed is not None and storable(proposed) not in {each.proposed for each in row.proposals}:
        return False
    state = RepairState.DECLINED if proposed is None else RepairState.ACCEPTED
    is_done = _set(conn, install_id, row, state=state.value, chosen=proposed or "", decided_by=user_id, decided_at=at)
    if is_done and proposed is not None:
        _show_again(conn, install_id, lead_id, shown_in)
    return is_done


def reopen_repair(conn: Connection, install_id: str, lead_id: str, field: str, given: str) -> bool:
    """Take a decision back: the repair waits again. False when none was made on `given`, or the field is mended."""
    row = find_repair(conn, install_id, lead_id, field)
    if row is None or row.given != storable(given) or row.state in (RepairState.OPEN, RepairState.MENDED):
        return False
    return _set(conn, install_id, row, state=RepairState.OPEN.value, chosen="", decided_by=None, decided_at=None)


def _show_again(conn: Connection, install_id: str, lead_id: str, shown_in: str) -> None:
    """Where a person had emptied our field on the CRM's record, that was on an older suggestion than this one."""
    shown = conn.execute(
        sa.select(leads.c.our_fields).where(leads.c.install_id == install_id, leads.c.lead_id == storable(lead_id))
    ).scalar_one_or_none()
    if shown is not None and not load_map(shown).get(shown_in):
        conn.execute(
            sa.delete(written_values).where(
                written_values.c.install_id == install_id,
                written_values.c.lead_id == storable(lead_id),
                written_values.c.field == shown_in,
            )
        )


def _by_field(proposed: Iterable[Repair]) -> dict[str, list[Repair]]:
    found: dict[str, list[Repair]] = {}
    for each in sorted(proposed, key=lambda one: one.rank):
        if len(found.setdefault(each.field, [])) < MOST_PROPOSED:
            found[each.field].append(each)
    return found


def _begins_anew(row: KeptRepair, given: str, found: Sequence[Repair]) -> bool:
    """Whether what is proposed now has nothing to do with the row any more. A declined one is asked again only when
    something is proposed that nobody declined."""
    if row.given != given or row.state is RepairState.MENDED:
        return True
    declined = {each.proposed for each in row.proposals}
    return row.state is RepairState.DECLINED and any(storable(each.proposed) not in declined for each in found)


def _stay(conn: Connection, install_id: str, row: KeptRepair, found: Sequence[Repair]) -> None:
    """The field holds what it held. What waits is what is proposed now; what was decided stands."""
    if row.state is RepairState.OPEN and not found:
        _drop(conn, install_id, row)
    elif row.state is RepairState.OPEN:
        proposals = _dumped(found)
        if proposals != _dumped_again(row.proposals):
            _set(conn, install_id, row, proposals=proposals)
    elif row.state is RepairState.MENDED:
        # It was mended, and is again what it was, with which nothing is wrong by now.
        _drop(conn, install_id, row)


def _is_same(field: str, given: str, proposed: str) -> bool:
    """Whether the field holds what was proposed, however that is written."""
    if field not in _NUMBERS:
        return " ".join(given.casefold().split()) == " ".join(proposed.casefold().split())
    theirs, ours = ("".join(each for each in text if each.isdecimal()).lstrip("0") for text in (given, proposed))
    return theirs == ours or (len(theirs) >= _LEAST_DIGITS and ours.endswith(theirs))


def _suggestion(row: KeptRepair) -> str:
    given = f"given: {row.given}" if row.given else "nothing given"
    return f"{_NAMES.get(row.field, row.field)}: {row.chosen} ({given})"


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST_SUGGESTION else f"{flat[: LONGEST_SUGGESTION - 1]}…"


def _dumped(found: Iterable[Repair]) -> str:
    return _dumped_again(Proposal(storable(each.proposed), each.why) for each in found)


def _dumped_again(proposals: Iterable[Proposal]) -> str:
    return dump_list([each.proposed, dump_said(each.why)] for each in proposals)


def _columns(
    install_id: str, lead_id: str, field: str, given: str, found: Sequence[Repair], at: datetime
) -> dict[str, object]:
    return {
        "install_id": install_id,
        "lead_id": lead_id,
        "field": field,
        "given": given,
        "proposals": _dumped(found),
        "state": RepairState.OPEN.value,
        "chosen": "",
        "found_at": at,
    }


def _which(install_id: str, row: KeptRepair) -> sa.ColumnElement[bool]:
    """The row as it was read: what somebody changed meanwhile is another."""
    return sa.and_(
        repairs.c.install_id == install_id,
        repairs.c.lead_id == row.lead_id,
        repairs.c.field == row.field,
        repairs.c.given == row.given,
        repairs.c.state == row.state.value,
    )


def _set(conn: Connection, install_id: str, row: KeptRepair, **values: object) -> bool:
    return conn.execute(sa.update(repairs).where(_which(install_id, row)).values(**values)).rowcount == 1


def _drop(conn: Connection, install_id: str, row: KeptRepair) -> None:
    conn.execute(sa.delete(repairs).where(_which(install_id, row)))


def _rows(conn: Connection, install_id: str, lead_ids: Iterable[str]) -> dict[tuple[str, str], KeptRepair]:
    found: dict[tuple[str, str], KeptRepair] = {}
    for ids in portions(sorted({storable(each) for each in lead_ids})):
        for row in conn.execute(rows_of(repairs, install_id, ids)):
            found[row.lead_id, row.field] = _kept(row)
    return found


def _joined() -> sa.Join:
    return repairs.join(
        leads, sa.and_(leads.c.install_id == repairs.c.install_id, leads.c.lead_id == repairs.c.lead_id)
    )


def _conditions(install_id: str, owner_id: str | None) -> list[sa.ColumnElement[bool]]:
    within = [repairs.c.install_id == install_id, leads.c.install_id == install_id, leads.c.gone_at.is_(None)]
    if owner_id is not None:
        within.append(leads.c.owner_id == owner_id if owner_id else leads.c.owner_id.is_(None))
    return within


def _kept(row: sa.Row[Any]) -> KeptRepair:
    return KeptRepair(
        lead_id=row.lead_id,
        field=row.field,
        given=row.given,
        proposals=tuple(Proposal(proposed, load_said(why)) for proposed, why in load_pairs(row.proposals)),
        state=RepairState(row.state),
        chosen=row.chosen,
        found_at=row.found_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        mended_at=row.mended_at,
    )


def _listed(row: sa.Row[Any]) -> RepairRow:
    return RepairRow(
        kept=_kept(row),
        name=" ".join(part for part in (row.first_name, row.last_name) if part),
        company=row.company,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        received_at=row.received_at,
    )
