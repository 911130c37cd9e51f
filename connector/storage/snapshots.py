"""The facts of each lead as they were known from some instant on: what a past report is made from again.

A row is added when a lead is judged and something of it differs from the last row. It holds the whole case but for:
- texts of messages, which are kept only as long as the policy says. What the rules of the first message answered
  stands in their place;
- ids and addresses of other records (duplicates, persons of deals), for which salted marks stand, so that nothing of
  a person is left in the rows of others when he is forgotten;
- learned norms, and what outcomes taught of lead truth, which are kept for good by themselves and come back by the
  instant.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.case import LeadCase
from audits.model.exchange import case_from_json, case_to_json
from audits.model.finding import Finding, Outcome
from audits.model.truth import Learned
from audits.norms import Norms
from connector.storage.lessons import lesson_at
from connector.storage.norms import norms_at
from connector.storage.salts import find_salt, salted
from connector.storage.statements import portions, upsert
from connector.storage.tables import case_snapshots

#: Rules whose answer hangs on texts, by how their ids begin.
TEXT_RULES = "FM"
#: The digest of a row that says: from here on the lead is gone.
GONE = ""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """What a rule that reads texts answered: its outcome, and who was charged with a breach."""

    outcome: Outcome
    owner_id: str | None


@dataclass(frozen=True, slots=True)
class KnownCase:
    """A case as it was known at its `as_of`, with `texts`: rule id → what was answered while texts were there."""

    case: LeadCase
    digest: str
    texts: Mapping[str, TextAnswer] = field(default_factory=dict)


def text_answers(findings: Iterable[Finding]) -> dict[str, TextAnswer]:
    """The answers that a snapshot keeps, of all findings on one lead."""
    return {
        finding.rule_id: TextAnswer(finding.outcome, finding.owner_id)
        for finding in findings
        if finding.rule_id.startswith(TEXT_RULES)
    }


@dataclass(frozen=True, slots=True)
class Packed:
    """A case as it is kept; equal facts and answers, equal `digest` (hex SHA-256)."""

    lead_id: str
    digest: str
    body: bytes


def packed(
    conn: Connection, install_id: str, judged: Sequence[tuple[LeadCase, Mapping[str, TextAnswer]]]
) -> list[Packed]:
    """Cases with what was answered on their texts, ready to be kept."""
    # Without a tenant there is nothing to hide, and the row is refused by its foreign key.
    salt = find_salt(conn, install_id) or ""
    return [_packed(case, texts, salt) for case, texts in judged]


def put_packed(conn: Connection, install_id: str, cases: Collection[Packed], at: datetime) -> None:
    """Keep them as known from `at` (aware UTC) on; one that does not differ from the lead's last row adds none."""
    for some in portions(cases):
        held = _last_digests(conn, install_id, [each.lead_id for each in some], at)
        upsert(
            conn,
            case_snapshots,
            [
                {
                    "install_id": install_id,
                    "lead_id": each.lead_id,
                    "seen_at": at,
                    "digest": each.digest,
                    "body": each.body,
                }
                for each in some
                if held.get(each.lead_id) != each.digest
            ],
        )


def end_snapshots(conn: Connection, install_id: str, lead_ids: Collection[str], at: datetime) -> None:
    """From `at` (aware UTC) on these leads are not there; those of which nothing is kept need no end."""
    for ids in portions(sorted(set(lead_ids))):
        held = _last_digests(conn, install_id, ids, at)
        upsert(
            conn,
            case_snapshots,
            [
                {"install_id": install_id, "lead_id": lead_id, "seen_at": at, "digest": GONE, "body": b""}
                for lead_id, digest in held.items()
                if digest != GONE
            ],
        )


def known_digests(conn: Connection, install_id: str, as_of: datetime) -> dict[str, str]:
    """Lead id → digest of what was known at `as_of` (aware UTC), without leads that were gone by then."""
    rows = conn.execute(_newest(install_id, as_of, case_snapshots.c.digest))
    return {row.lead_id: row.digest for row in rows if row.digest != GONE}


def list_seen(conn: Connection, install_id: str, as_of: datetime, after: str, limit: int) -> list[str]:
    """The next `limit` leads, by id, greater than `after`, of which anything was known by `as_of` (aware UTC); those
    that were gone by then are among them."""
    of = case_snapshots.c
    return list(
        conn.execute(
            sa.select(of.lead_id)
            .where(of.install_id == install_id, of.lead_id > after, of.seen_at <= as_of)
            .distinct()
            .order_by(of.lead_id)
            .limit(limit)
        ).scalars()
    )


def iter_known_at(
    conn: Connection, install_id: str, as_of: datetime, lead_ids: Collection[str] | None = None
) -> Iterator[KnownCase]:
    """The cases exactly as they were known at `as_of` (aware UTC), by lead id, in batches: facts, coverage, what
    stood around them, and the norms in force then. `lead_ids`: of these alone."""
    learned, lesson = norms_at(conn, install_id, as_of), lesson_at(conn, install_id, as_of)
    wanted = sorted(known_digests(conn, install_id, as_of) if lead_ids is None else set(lead_ids))
    for ids in portions(wanted, _BATCH):
        query = _newest(install_id, as_of, case_snapshots.c.digest, case_snapshots.c.body, lead_ids=ids)
        for row in conn.execute(query.order_by(case_snapshots.c.lead_id)).all():
            if row.digest != GONE:
                yield _known(row.digest, row.body, as_of, learned, lesson)


def known_of(conn: Connection, install_id: str, cases: Iterable[Packed], as_of: datetime) -> Iterator[KnownCase]:
    """The same of cases that are packed as of `as_of` (aware UTC) and not kept yet."""
    learned, lesson = norms_at(conn, install_id, as_of), lesson_at(conn, install_id, as_of)
    for each in cases:
        yield _known(each.digest, each.body, as_of, learned, lesson)


def _known(digest: str, body: bytes, as_of: datetime, learned: Norms, lesson: Learned | None) -> KnownCase:
    case, texts = _unpacked(body, as_of)
    around = replace(
        case.surroundings,
        norms_id=learned.norms_id,
        stage_norm=learned.stage_norm_for(case),
        deal_norms=learned.deal_norms_for(case) if learned.norms_id else None,
        learned=lesson,
    )
    return KnownCase(replace(case, surroundings=around), digest, texts)


def load_cases_known_at(
    conn: Connection, install_id: str, as_of: datetime, lead_ids: Collection[str] | None = None
) -> list[LeadCase]:
    """The same cases as a list."""
    return [known.case for known in iter_known_at(conn, install_id, as_of, lead_ids)]


def without_texts(case: LeadCase) -> LeadCase:
    """The case as a snapshot holds it, but for the marks: no texts, and nothing learned."""
    around = case.surroundings
    twins = None if around.twins is None else tuple(replace(each, phrase="") for each in around.twins)
    return replace(
        case,
        activities=tuple(
            replace(act, subject=None, text=None) if act.subject is not None or act.text is not None else act
            for act in case.activities
        ),
        surroundings=replace(around, norms_id="", stage_norm=None, deal_norms=None, learned=None, twins=twins),
    )


def marks_of(conn: Connection, install_id: str, lead_ids: Iterable[str]) -> dict[str, str]:
    """Lead id → a mark that stands for it where the id itself must not be kept."""
    salt = find_salt(conn, install_id) or ""
    return {lead_id: _mark(salt, lead_id) for lead_id in lead_ids}


def _mark(salt: str, record_id: str) -> str:
    return f"~{salted(salt, f'snapshot:{record_id}')[:24]}"


def _packed(case: LeadCase, texts: Mapping[str, TextAnswer], salt: str) -> Packed:
    told = case_to_json(_marked(without_texts(case), salt))
    del told["as_of"]
    body = json.dumps(
        {
            "case": told,
            "texts": {rule_id: [each.outcome.value, each.owner_id] for rule_id, each in sorted(texts.items())},
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    return Packed(case.lead.lead_id, hashlib.sha256(body).hexdigest(), zlib.compress(body, 6))


def _unpacked(body: bytes, as_of: datetime) -> tuple[LeadCase, dict[str, TextAnswer]]:
    data = json.loads(zlib.decompress(body))
    case = case_from_json({**data["case"], "as_of": as_of.isoformat()})
    texts = {
        rule_id: TextAnswer(Outcome(outcome), owner_id) for rule_id, (outcome, owner_id) in data["texts"].items()
    }
    return case, texts


def _marked(case: LeadCase, salt: str) -> LeadCase:
    """Other records stand by marks; what is the lead's own keeps its id."""
    if not case.sightings and not case.deals:
        return case
    own = case.lead.lead_id

    def mark(record_id: str) -> str:
        return record_id if record_id == own else _mark(salt, record_id)

    return replace(
        case,
        sightings=tuple(replace(each, lead_id=mark(each.lead_id), record_url=None) for each in case.sightings),
        deals=tuple(
            replace(
                deal,
                deal_id=mark(deal.deal_id),
                record_url=None,
                contacts=tuple(replace(each, contact_id=mark(each.contact_id)) for each in deal.contacts),
            )
            for deal in case.deals
        ),
    )


def _last_digests(conn: Connection, install_id: str, lead_ids: Collection[str], at: datetime) -> dict[str, str]:
    query = _newest(install_id, at, case_snapshots.c.digest, lead_ids=list(lead_ids))
    return {row.lead_id: row.digest for row in conn.execute(query)}


def _newest(
    install_id: str, as_of: datetime, *columns: sa.ColumnElement[Any], lead_ids: Sequence[str] | None = None
) -> sa.Select[Any]:
    """The last row of each lead by `as_of`."""
    of = case_snapshots.c
    newest = (
        sa.select(of.lead_id, sa.func.max(of.seen_at).label("seen_at"))
        .where(of.install_id == install_id, of.seen_at <= as_of)
        .group_by(of.lead_id)
    )
    if lead_ids is not None:
        newest = newest.where(of.lead_id.in_(lead_ids))
    last = newest.subquery()
    return (
        sa.select(of.lead_id, *columns)
        .join(last, sa.and_(last.c.lead_id == of.lead_id, last.c.seen_at == of.seen_at))
        .where(of.install_id == install_id)
    )
