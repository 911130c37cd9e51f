"""The timeline: what the CRM showed of each lead, kept so that any past instant can be loaded again.

Owner and stage changes are append-only. Activities and tasks are kept by id; one that the CRM no longer shows stays
with the moment of its disappearance, so that a case as of an earlier instant is still complete.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.activity import ActivityKind
from audits.model.case import Coverage, Fact
from audits.model.lead import Lead
from audits.model.policy import Policy
from connector.errors import UnknownInstall
from connector.storage.cases import iter_case_batches, lead_from_row, load_cases
from connector.storage.column_types import UtcMicros, storable
from connector.storage.deals import deal_neighbours, leads_of_deals, store_deals
from connector.storage.duplicates import COMPARED, renew_pairs
from connector.storage.forget import Forgotten, forget, forgotten_among, is_forgotten
from connector.storage.json_text import load_coverage, load_map
from connector.storage.keys import affected_by_keys, key_neighbours, keys_of, replace_keys
from connector.storage.lead_ends import (
    ENDED_IN_ANOTHER,
    Conversion,
    TombstoneKind,
    conversions_of,
    mark_gone,
    merge_ended,
    revive,
)
from connector.storage.lead_links import (
    companions_to_show,
    lead_ids_by_owner,
    leads_of_activities,
    leads_of_companions,
    locked_leads,
)
from connector.storage.neighbours import keep_traits
from connector.storage.policies import policy_as_of
from connector.storage.salts import salt_of
from connector.storage.statements import insert_new, portions, rows_of, upsert
from connector.storage.tables import (
    activities,
    installs,
    leads,
    owner_changes,
    stage_changes,
    tasks,
    tombstones,
    written_values,
)
from connector.storage.text_prints import renew_prints
from connector.storage.texts import wipe_texts
from connector.storage.timeline_rows import (
    LONGEST_KEY,
    RecordLike,
    Row,
    activity_rows,
    lead_row,
    owner_rows,
    stage_rows,
    task_rows,
)
from connector.storage.worklist import mark_beside

__all__ = [
    "Conversion",
    "Forgotten",
    "RecordLike",
    "TombstoneKind",
    "affected_by_keys",
    "companions_to_show",
    "conversions_of",
    "deal_neighbours",
    "forget",
    "forgotten_among",
    "is_forgotten",
    "iter_case_batches",
    "key_neighbours",
    "lead_ids_by_owner",
    "leads_of_activities",
    "leads_of_companions",
    "leads_of_deals",
    "load_cases",
    "locked_leads",
    "mark_gone",
    "rebuild_keys",
    "stale_key_leads",
    "store_records",
    "wipe_texts",
]

_KIND_FACTS = {
    ActivityKind.CALL: Fact.CALLS,
    ActivityKind.EMAIL: Fact.EMAILS,
    ActivityKind.MEETING: Fact.MEETINGS,
    ActivityKind.MESSAGE: Fact.MESSAGES,
}
#: Columns of `leads` that are no facts: a change of one of these alone changes no audit.
_NO_FACTS = frozenset({"install_id", "lead_id", "search_text", "keys_region", "our_fields", "read_at"})

#: A record's last change so near to a write of ours is taken for that write, and is not kept as somebody's edit.
OWN_WRITE = timedelta(minutes=2)


#: The source of a change of owner or stage that no history of the CRM tells: we saw the values differ.
SEEN = "seen by Lead Assay"


def store_records(
    conn: Connection, install_id: str, records: Sequence[RecordLike], read_at: datetime
) -> frozenset[str]:
    """Keep what was read at `read_at` (aware UTC); returns the ids of the leads whose facts changed.

    A record read before what is stored already, of a forgotten person, or merged into another is passed over, so the
    order in which reads arrive does not matter. Merged ids become tombstones that point at the winner, and what was
    done on them is done on the winner too. A lead that was gone and is read again lives again.
    Raises UnknownInstall.
    """
    install = conn.execute(
        sa.select(installs.c.salt, installs.c.coverage).where(installs.c.install_id == install_id)
    ).one_or_none()
    if install is None:
        raise UnknownInstall(f"There is no install {install_id!r}: nothing can be stored for it.")
    changed: set[str] = set()
    by_id = {storable(record.lead.lead_id): record for record in records}
    if not by_id:
        return frozenset()
    policy, coverage = policy_as_of(conn, install_id, read_at), load_coverage(install.coverage)
    for ids in portions(sorted(by_id)):
        portion = {lead_id: by_id[lead_id] for lead_id in ids}
        changed |= _store(conn, install_id, portion, read_at, coverage, install.salt, policy)
    return frozenset(changed)


def _store(
    conn: Connection,
    install_id: str,
    records: Mapping[str, RecordLike],
    read_at: datetime,
    coverage: Coverage,
    salt: str,
    policy: Policy,
) -> set[str]:
    region = policy.region
    before = {row.lead_id: row for row in conn.execute(rows_of(leads, install_id, records))}
    dead = {row.lead_id: row for row in conn.execute(rows_of(tombstones, install_id, records))}
    hidden = forgotten_among(conn, install_id, records)
    accepted = {
        lead_id: record
        for lead_id, record in records.items()
        if lead_id not in hidden
        and not (lead_id in before and before[lead_id].read_at > read_at)
        and not (lead_id in dead and (dead[lead_id].kind in ENDED_IN_ANOTHER or dead[lead_id].at >= read_at))
    }
    if not accepted:
        return set()
    found = _without_own_edits(conn, install_id, before, _leads_of(conn, install_id, accepted), accepted)
    rows = {
        lead_id: lead_row(install_id, record, found[lead_id], read_at, region) for lead_id, record in accepted.items()
    }
    changed = {lead_id for lead_id, row in rows.items() if _has_news(before.get(lead_id), row)}
    upsert(conn, leads, list(rows.values()))
    revive(conn, install_id, [lead_id for lead_id in accepted if lead_id in dead])
    replace_keys(conn, install_id, _with_new_keys(before, rows, found, region, salt), region, salt)
    renew_pairs(conn, install_id, _compared_anew(before, rows), read_at)
    keep_traits(conn, install_id, [found[lead_id] for lead_id in accepted], salt)
    acts = activity_rows(install_id, accepted, read_at - timedelta(days=policy.keep_text_days))
    changed |= _sync(conn, activities, install_id, accepted, acts, coverage, read_at)
    changed |= _sync(conn, tasks, install_id, accepted, task_rows(install_id, accepted), coverage, read_at)
    changed |= _append(conn, owner_changes, install_id, accepted, owner_rows(install_id, accepted))
    changed |= _append(conn, stage_changes, install_id, accepted, stage_rows(install_id, accepted))
    changed |= _note_what_changed(conn, install_id, before, accepted, coverage, read_at)
    unseen = {lead_id: _unseen(record, coverage) for lead_id, record in accepted.items()}
    changed |= store_deals(conn, install_id, accepted, unseen, read_at)
    winners, losers = merge_ended(conn, install_id, accepted, read_at)
    renew_prints(conn, install_id, changed & set(accepted))
    return (changed | winners) - losers


def _leads_of(conn: Connection, install_id: str, records: Mapping[str, RecordLike]) -> dict[str, Lead]:
    """The leads of the records. One that continues another arrived when that one did: the clock goes on."""
    origins = {
        lead_id: storable(record.converted_from) for lead_id, record in records.items() if record.converted_from
    }
    arrivals = {row.lead_id: row for row in conn.execute(rows_of(leads, install_id, set(origins.values())))}
    found = {lead_id: record.lead for lead_id, record in records.items()}
    for lead_id, origin in origins.items():
        if origin in arrivals:
            lead, first = found[lead_id], arrivals[origin]
            found[lead_id] = replace(
                lead,
                received_at=min(lead.received_at, first.received_at),
                recorded_at=min(lead.recorded_at, first.recorded_at),
            )
    return found


def _without_own_edits(
    conn: Connection,
    install_id: str,
    before: Mapping[str, sa.Row[Any]],
    found: dict[str, Lead],
    records: Mapping[str, RecordLike],
) -> dict[str, Lead]:
    """The leads with `modified_at` as it was where the last change is a write of ours: it is nobody's edit.

    Whoever was killed between a write and its commit does not know of it: the write shows by our own fields, which
    differ from those of the last read. A record that comes with our fields filled was written by an earlier install;
    when somebody else changed it last cannot be told.
    """
    edited: list[str] = []
    for lead_id, lead in found.items():
        row, ours = before.get(lead_id), {name: value for name, value in records[lead_id].our_fields.items() if value}
        if lead.modified_at is None or (row is not None and row.modified_at == lead.modified_at):
            continue
        if row is None:
            if ours:
                found[lead_id] = replace(lead, modified_at=None)
            continue
        shown = {name: value for name, value in load_map(row.our_fields).items() if value}
        # A change that an earlier read has seen already is no news: it was left out then, too.
        if ours != shown or (ours and lead.modified_at <= row.read_at):
            found[lead_id] = replace(lead, modified_at=row.modified_at)
        else:
            edited.append(lead_id)
    if not edited:
        return found
    last = sa.func.max(written_values.c.written_at, type_=UtcMicros)
    written = conn.execute(
        sa.select(written_values.c.lead_id, last)
        .where(written_values.c.install_id == install_id, written_values.c.lead_id.in_(edited))
        .group_by(written_values.c.lead_id)
    )
    for lead_id, at in written:
        lead = found[lead_id]
        if lead.modified_at is not None and abs(lead.modified_at - at) <= OWN_WRITE:
            found[lead_id] = replace(lead, modified_at=before[lead_id].modified_at)
    return found


def _note_what_changed(
    conn: Connection,
    install_id: str,
    before: Mapping[str, sa.Row[Any]],
    records: Mapping[str, RecordLike],
    coverage: Coverage,
    read_at: datetime,
) -> set[str]:
    """Where the CRM shows no history, a change of owner or stage between two reads is kept as we saw it.

    It lies between the two reads; the moment kept is that of the lead's last change when it lies there too, else the
    later read. Coverage goes on saying that the history is not shown.
    """
    changed: set[str] = set()
    for lead_id, record in records.items():
        row = before.get(lead_id)
        if row is None or row.gone_at is not None:
            continue
        unseen = _unseen(record, coverage)
        lead, modified_at = record.lead, record.lead.modified_at
        at = modified_at if modified_at is not None and row.read_at <= modified_at <= read_at else read_at
        key: Row = {"install_id": install_id, "lead_id": lead_id, "source": SEEN}
        for fact, table, column, old, new, more in (
            (Fact.OWNER_HISTORY, owner_changes, "owner_id", row.owner_id, lead.owner_id, {}),
            (Fact.STAGE_HISTORY, stage_changes, "raw_status", row.raw_status, lead.raw_status, {"field": "status"}),
        ):
            if fact not in unseen or (old or "") == storable(new or ""):
                continue
            known = conn.execute(rows_of(table, install_id, [lead_id]).limit(1)).first()
            news: list[Row] = [{**key, **more, "occurred_at": at, column: storable(new or "")[:LONGEST_KEY]}]
            if known is None:
                news.append({**key, **more, "occurred_at": row.received_at, column: (old or "")[:LONGEST_KEY]})
            insert_new(conn, table, news)
            changed.add(lead_id)
    return changed


def stale_key_leads(conn: Connection, install_id: str, now: datetime, limit: int) -> list[str]:
    """Live leads whose contact keys were made under another region than the policy's at `now`."""
    region = policy_as_of(conn, install_id, now).region
    return list(
        conn.execute(
            sa.select(leads.c.lead_id)
            .where(leads.c.install_id == install_id, leads.c.keys_region != (region or ""), leads.c.gone_at.is_(None))
            .order_by(leads.c.lead_id)
            .limit(limit)
        ).scalars()
    )


def rebuild_keys(conn: Connection, install_id: str, lead_ids: Collection[str], now: datetime) -> None:
    """Make the contact keys of these leads anew, by the policy of `now`; whose duplicates changed is due for audit.

    Raises UnknownInstall.
    """
    region = policy_as_of(conn, install_id, now).region
    salt = salt_of(conn, install_id)
    for ids in portions(sorted(set(lead_ids))):
        found = [lead_from_row(row) for row in conn.execute(rows_of(leads, install_id, ids))]
        before = key_neighbours(conn, install_id, ids)
        replace_keys(conn, install_id, found, region, salt)
        after = key_neighbours(conn, install_id, ids)
        conn.execute(
            sa.update(leads)
            .where(leads.c.install_id == install_id, leads.c.lead_id.in_(ids))
            .values(keys_region=region or "")
        )
        renew_pairs(conn, install_id, ids, now)
        changed = {lead_id: before.get(lead_id, frozenset()) ^ after.get(lead_id, frozenset()) for lead_id in ids}
        due = {each for lead_id, others in changed.items() if others for each in (lead_id, *others)}
        mark_beside(conn, install_id, due, now)


def _sync(
    conn: Connection,
    table: sa.Table,
    install_id: str,
    records: Mapping[str, RecordLike],
    rows: Mapping[tuple[object, ...], Row],
    coverage: Coverage,
    read_at: datetime,
) -> set[str]:
    """Make the stored facts those of the records. What is not shown any more is kept, with `missing_since`.

    What could not be read of the account or of this lead, and what came with a merge, does not count as missing.
    """
    names = [column.name for column in table.primary_key]
    stored = {
        tuple(row._mapping[name] for name in names): dict(row._mapping)
        for row in conn.execute(rows_of(table, install_id, records))
    }
    news = [row for key, row in rows.items() if stored.get(key) != row]
    upsert(conn, table, news)
    unseen = {lead_id: _unseen(record, coverage) for lead_id, record in records.items()}
    lost: list[Row] = [
        {**row, "missing_since": read_at}
        for key, row in stored.items()
        if key not in rows
        and row["missing_since"] is None
        and row["from_lead_id"] is None
        and _fact_of(row) not in unseen[str(row["lead_id"])]
    ]
    upsert(conn, table, lost)
    return {str(row["lead_id"]) for row in (*news, *lost)}


def _unseen(record: RecordLike, coverage: Coverage) -> set[Fact]:
    return {fact for fact, _ in (*coverage.missing, *record.missing)}


def _fact_of(row: Mapping[str, object]) -> Fact | None:
    kind = row.get("kind")
    return Fact.TASKS if kind is None else _KIND_FACTS.get(ActivityKind(str(kind)))


def _append(
    conn: Connection,
    table: sa.Table,
    install_id: str,
    records: Iterable[str],
    rows: Mapping[tuple[object, ...], Row],
) -> set[str]:
    names = [column.name for column in table.primary_key]
    stored = {
        tuple(row._mapping[name] for name in names) for row in conn.execute(rows_of(table, install_id, records))
    }
    fresh = [row for key, row in rows.items() if key not in stored]
    insert_new(conn, table, fresh)
    return {str(row["lead_id"]) for row in fresh}


def _has_news(before: sa.Row[Any] | None, row: Mapping[str, object]) -> bool:
    if before is None:
        return True
    return any(before._mapping[name] != value for name, value in row.items() if name not in _NO_FACTS)


def _with_new_keys(
    before: Mapping[str, sa.Row[Any]],
    rows: Mapping[str, Row],
    found: Mapping[str, Lead],
    region: str | None,
    salt: str,
) -> list[Lead]:
    """Leads whose keys are not those of the stored row. Most reads change none, and a key costs 0.1 ms to compute."""
    names = ("email", "phone", "mobile", "country", "received_at", "keys_region")
    touched = [
        lead_id
        for lead_id, row in rows.items()
        if lead_id not in before or any(before[lead_id]._mapping[name] != row[name] for name in names)
    ]
    return [found[lead_id] for lead_id in touched if lead_id in before or keys_of(found[lead_id], region, salt)]


def _compared_anew(before: Mapping[str, sa.Row[Any]], rows: Mapping[str, Row]) -> list[str]:
    """Leads of which something changed by which they are compared with others."""
    return [
        lead_id
        for lead_id, row in rows.items()
        if lead_id not in before or any(before[lead_id]._mapping[name] != row[name] for name in COMPARED)
    ]
