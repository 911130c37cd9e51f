"""What one lead adds to a report that is being made, as it is kept until all leads are judged."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from audits.causes import Cause
from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus, Verdict
from audits.reports.collected import Collected
from audits.reports.export_report import Answer
from audits.reports.handled import HandledLead, LoadMet

_TIMES = frozenset(("received_at", "first_attempt_at", "first_connection_at", "won_at", "closed_at", "due_at"))
_WORDS = {"answer": Answer, "cause": Cause, "follow_up_status": FollowUpStatus, "verdict": Verdict}


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedLead:
    """One lead of a report. `digest`: of the facts it was judged by (hex SHA-256); `policy`: by which version."""

    lead_id: str
    digest: str
    policy: str
    adds: Collected


def pack_part(judged: JudgedLead) -> bytes:
    """As it is kept; the lead's id is kept beside it."""
    row = judged.adds.row
    body = {
        "digest": judged.digest,
        "policy": judged.policy,
        "row": None if row is None else {each.name: _plain(getattr(row, each.name)) for each in fields(row)},
        "judged": [[rule_id, outcome.value] for rule_id, outcome in judged.adds.judged],
        "attempts": [each.isoformat() for each in judged.adds.attempts],
    }
    return zlib.compress(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def unpack_part(lead_id: str, body: bytes) -> JudgedLead:
    """The way back of `pack_part`. Raises KeyError, TypeError or ValueError when `body` is none of its."""
    told = json.loads(zlib.decompress(body))
    return JudgedLead(
        lead_id=lead_id,
        digest=told["digest"],
        policy=told["policy"],
        adds=Collected(
            row=None if told["row"] is None else _row(told["row"]),
            judged=tuple((rule_id, Outcome(outcome)) for rule_id, outcome in told["judged"]),
            attempts=tuple(map(datetime.fromisoformat, told["attempts"])),
        ),
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, LoadMet):
        return [value.holder_id, value.waiting, value.fits_milli]
    return value


def _row(told: dict[str, Any]) -> HandledLead:
    values = dict(told)
    for name in _TIMES:
        values[name] = None if told[name] is None else datetime.fromisoformat(told[name])
    for name, word in _WORDS.items():
        values[name] = word(told[name])
    values["load"] = None if told["load"] is None else LoadMet(*told["load"])
    return HandledLead(**values)
