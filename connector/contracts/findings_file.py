"""Findings from files: what `leadassay audit --json` and `leadassay check` write → what it means under a contract.

They are kept in a throw-away SQLite file by lead id, so that memory stays flat. A file that cannot be read whole is
refused: evidence that was read in part would judge leads by what happened to stand first.
"""

from __future__ import annotations

import marshal
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from audits.contracts.findings import LeadFindings, findings_of_audit, findings_of_check
from audits.model.contract import Against, KeyField
from audits.model.delivery import (
    Channel,
    EarlierRecord,
    Ground,
    Handling,
    HandlingFact,
    Proof,
    ProofKind,
    Try,
)
from audits.model.reasons import ReasonCode
from connector.exports.problems import UnusableInput

#: What is found of a lead as plain texts and tuples of them.
Plain = tuple[Any, ...]

_AUDIT = b'{"format":"leadassay.audit"'
#: A document that does not stand in lines is read as a whole.
_LARGEST_WHOLE = 256 * 1024 * 1024
_BATCH, _MOST_ASKED = 1_000, 500


class Findings:
    """Findings by lead id; made by `read_findings`. `count`: leads of which something was found; `unnamed`: leads
    without an id, which nothing can be joined to."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.count = self.unnamed = 0

    def of(self, lead_ids: Iterable[str]) -> dict[str, Plain]:
        """What was found of these leads, as `of_plain` reads it; of the others nothing was."""
        ids = iter(lead_ids)
        found: dict[str, Plain] = {}
        while some := list(islice(ids, _MOST_ASKED)):
            asked = f"SELECT lead_id, packed FROM found WHERE lead_id IN ({', '.join('?' * len(some))})"  # noqa: S608
            for lead_id, packed in self._connection.execute(asked, some):
                found[lead_id] = marshal.loads(packed)  # noqa: S302  (our own file)
        return found


@contextmanager
def read_findings(paths: Iterable[Path]) -> Iterator[Findings]:
    """All findings in the files at `paths`, while the context lasts; of a lead that stands twice the last holds.
    Raises UnusableInput naming the line, OSError."""
    connection = sqlite3.connect("", isolation_level=None)
    try:
        connection.execute("CREATE TABLE found (lead_id TEXT PRIMARY KEY, packed BLOB) WITHOUT ROWID")
        connection.execute("BEGIN")
        findings = Findings(connection)
        for path in paths:
            rows = _rows(path, findings)
            while some := list(islice(rows, _BATCH)):
                connection.executemany("INSERT OR REPLACE INTO found VALUES (?, ?)", some)
        connection.execute("COMMIT")
        [(findings.count,)] = connection.execute("SELECT count(*) FROM found")
        yield findings
    finally:
        connection.close()


def _rows(path: Path, findings: Findings) -> Iterator[tuple[str, bytes]]:
    unseen = _unseen(path)
    for place, record in _records(path):
        try:
            lead_id, found = _found(record, unseen)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise UnusableInput(
                f"{path.name}, {place}: is no lead of `leadassay audit --json` and no answer of `leadassay check` "
                f"({type(problem).__name__}: {problem})"
            ) from None
        if not lead_id:
            findings.unnamed += bool(found)
        elif found:
            yield lead_id, marshal.dumps(to_plain(found))


def _found(record: Mapping[str, Any], unseen: frozenset[str]) -> tuple[str, LeadFindings]:
    if "error" in record and "line" in record:
        return "", LeadFindings()
    if "findings" in record:
        return str(record["lead_id"]), findings_of_audit(record, unseen)
    return str(record["id"] or ""), findings_of_check(record)


def _records(path: Path) -> Iterator[tuple[str, Any]]:
    """(where it stands, record) of each lead in the file."""
    with path.open("rb") as source:
        head = source.readline().removeprefix(b"\xef\xbb\xbf").strip()
        if head.startswith(_AUDIT) and head.endswith(b","):
            yield from _of_audit(path, source)
            return
        first = _parsed(head)
        if isinstance(first, dict) and "leads" not in first:
            yield "line 1", first
            for number, line in enumerate(source, 2):
                if line.strip():
                    record = _parsed(line)
                    if record is None:
                        raise UnusableInput(f"{path.name}, line {number}: is no JSON")
                    yield f"line {number}", record
            return
    if path.stat().st_size > _LARGEST_WHOLE:
        raise UnusableInput(f"{path.name}: is too large to be read as one; write it with one lead on each line")
    whole = _parsed(path.read_bytes())
    records = whole.get("leads", [whole]) if isinstance(whole, dict) else whole
    if not isinstance(records, list):
        raise UnusableInput(f"{path.name}: is neither JSON nor a JSON object on each line")
    for number, record in enumerate(records, 1):
        yield f"lead {number}", record


def _of_audit(path: Path, source: Iterable[bytes]) -> Iterator[tuple[str, Any]]:
    """The leads of an audit as it was written: one on each line."""
    is_closed = False
    for number, line in enumerate(source, 2):
        text = line.strip()
        if text == b"],":
            is_closed = True
            break
        if text == b'"leads":[':
            continue
        record = _parsed(text.removesuffix(b","))
        if record is None:
            raise UnusableInput(f"{path.name}, line {number}: is no JSON")
        yield f"line {number}", record
    if not is_closed:
        raise UnusableInput(f"{path.name}: ends in the middle; write it anew")


def _unseen(path: Path) -> frozenset[str]:
    """Kinds of facts that the audit of the file could not look at; they stand behind the leads."""
    with path.open("rb") as source:
        if source.read(len(_AUDIT)) != _AUDIT:
            return frozenset()
        source.seek(0)
        lines = (line for line in source if not line.startswith(b'{"lead_id"'))
        rest = next((line for line in lines if line.startswith(b'"title"')), None)
    told = _parsed(b"{" + rest.strip().removesuffix(b",") + b"}") if rest is not None else _parsed(path.read_bytes())
    missing = told.get("not_looked_at", ()) if isinstance(told, dict) else ()
    return frozenset(str(each["fact"]) for each in missing)


def _parsed(raw: bytes) -> Any:
    """The JSON value; None when it is none."""
    try:
        return orjson.loads(raw)
    except ValueError:
        return None


def to_plain(found: LeadFindings) -> Plain:
    """`found` as texts and tuples of them, for `of_plain`."""
    handling = found.handling
    return (
        tuple(
            (each.code.value, each.is_proven, _iso(each.known_at), each.found_by, each.missing,
             tuple((proof.kind.value, proof.ref, proof.sha256, _iso(proof.at)) for proof in each.proofs))
            for each in found.grounds
        ),
        tuple(
            (each.where.value, _iso(each.received_at), tuple(sorted(key.value for key in each.shared)), each.ref,
             each.vendor, _iso(each.closed_at))
            for each in found.earlier
        ),
        None
        if handling is None
        else (
            tuple((_iso(each.at), each.channel.value, each.ref, each.sha256, each.recording_id)
                  for each in handling.tries),
            _iso(handling.contacted_at),
            tuple(sorted(each.value for each in handling.unknown)),
        ),
    )  # fmt: skip


def of_plain(plain: Plain) -> LeadFindings:
    """What `to_plain` was given."""
    grounds, earlier, handling = plain
    return LeadFindings(
        grounds=tuple(
            Ground(
                code=ReasonCode(code),
                is_proven=is_proven,
                known_at=_instant(known_at),
                found_by=found_by,
                missing=missing,
                proofs=tuple(
                    Proof(kind=ProofKind(kind), ref=ref, sha256=sha256, at=_instant(at))
                    for kind, ref, sha256, at in proofs
                ),
            )
            for code, is_proven, known_at, found_by, missing, proofs in grounds
        ),
        earlier=tuple(
            EarlierRecord(
                where=Against(where),
                received_at=datetime.fromisoformat(at),
                shared=frozenset(map(KeyField, shared)),
                ref=ref,
                vendor=vendor,
                closed_at=_instant(closed_at),
            )
            for where, at, shared, ref, vendor, closed_at in earlier
        ),
        handling=None
        if handling is None
        else Handling(
            tries=tuple(
                Try(at=datetime.fromisoformat(at), channel=Channel(channel), ref=ref, sha256=sha256, recording_id=rec)
                for at, channel, ref, sha256, rec in handling[0]
            ),
            contacted_at=_instant(handling[1]),
            unknown=frozenset(map(HandlingFact, handling[2])),
        ),
    )


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
