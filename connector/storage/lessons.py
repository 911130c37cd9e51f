"""What an account's own outcomes taught of lead truth: each version of it, kept for good, and which holds when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.truth import LeadClass, Learned
from audits.truth.weights import MODEL_VERSION
from connector.storage.tables import learned_truths


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a version was learned from: how many outcomes, how many of them pseudo-leads, and the Brier score on these
    same outcomes as shipped and as learned (None without outcomes)."""

    outcomes: int = 0
    pseudo: int = 0
    brier_shipped: float | None = None
    brier_learned: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version with the instant (aware UTC) from which it holds."""

    learned: Learned
    model_version: str
    learned_at: datetime
    grounds: Grounds


def lesson_at(conn: Connection, install_id: str, as_of: datetime) -> Learned | None:
    """What holds at `as_of` (aware UTC); None before anything was learned, and where what was learned mends weights
    that are no longer shipped."""
    row = _newest(conn, install_id, as_of)
    if row is None or not row.version or row.model_version != MODEL_VERSION:
        return None
    return _read(row.version, row.figures)


def put_lesson(conn: Connection, install_id: str, lesson: Learned, grounds: Grounds, at: datetime) -> bool:
    """Let `lesson` hold from `at` (aware UTC) on; later audits see it, earlier ones never. Returns whether it differs
    from what held before: an equal one is not stored again."""
    held = _newest(conn, install_id, at)
    if (held.version if held is not None else "") == lesson.version:
        return False
    conn.execute(
        sa.insert(learned_truths).values(
            install_id=install_id,
            learned_at=at,
            version=lesson.version,
            model_version=MODEL_VERSION,
            figures=_dump({"said": lesson.said, "found": lesson.found, "weak": lesson.weak}),
            grounds=_dump(
                {
                    "outcomes": grounds.outcomes,
                    "pseudo": grounds.pseudo,
                    "brier_shipped": grounds.brier_shipped,
                    "brier_learned": grounds.brier_learned,
                }
            ),
        )
    )
    return True


def list_lessons(conn: Connection, install_id: str) -> list[Version]:
    """Every version, the newest first."""
    rows = conn.execute(
        sa.select(learned_truths)
        .where(learned_truths.c.install_id == install_id)
        .order_by(learned_truths.c.learned_at.desc())
    )
    return [
        Version(
            learned=_read(row.version, row.figures),
            model_version=row.model_version,
            learned_at=row.learned_at,
            grounds=Grounds(**json.loads(row.grounds)),
        )
        for row in rows
    ]


def _newest(conn: Connection, install_id: str, as_of: datetime) -> sa.Row[Any, Any, Any] | None:
    """(version, model version, figures) as stored last by `as_of`, whatever they are."""
    return conn.execute(
        sa.select(learned_truths.c.version, learned_truths.c.model_version, learned_truths.c.figures)
        .where(learned_truths.c.install_id == install_id, learned_truths.c.learned_at <= as_of)
        .order_by(learned_truths.c.learned_at.desc())
        .limit(1)
    ).one_or_none()


def _dump(figures: dict[str, object]) -> str:
    return json.dumps(figures, separators=(",", ":"))


@lru_cache(maxsize=64)
def _read(version: str, text: str) -> Learned:
    data = json.loads(text)
    return Learned(
        version=version,
        said=tuple(data["said"]),
        found=tuple(data["found"]),
        weak=tuple(LeadClass(each) for each in data["weak"]),
    )
