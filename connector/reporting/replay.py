"""A past report made again, held to what was kept byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from connector.reporting.making import rebuild_report
from connector.storage.reports import StoredReport, count_forgotten_since


@dataclass(frozen=True, slots=True)
class Replay:
    """`digest`: of what was made again, hex SHA-256. Where it is not equal: `place` of the first difference (a path
    in the JSON), the value `was` and `now` as JSON text, and `reasons` in plain words."""

    is_equal: bool
    digest: str
    place: str = ""
    was: str = ""
    now: str = ""
    reasons: tuple[str, ...] = ()


def replay(conn: Connection, install_id: str, stored: StoredReport) -> Replay:
    """Make `stored` again from what was known then, and compare."""
    rebuilt = rebuild_report(conn, install_id, stored)
    figures = rebuilt.report.to_bytes().decode()
    digest = hashlib.sha256(figures.encode()).hexdigest()
    if figures == stored.figures and digest == stored.digest:
        return Replay(True, digest)
    place, was, now = first_difference(json.loads(stored.figures), json.loads(figures)) or ("", None, None)
    return Replay(
        False,
        digest,
        place=place,
        was=_short(was),
        now=_short(now),
        reasons=_reasons(conn, install_id, stored, rebuilt.inputs),
    )


def first_difference(was: object, now: object, place: str = "") -> tuple[str, object, object] | None:
    """The first place, in the order of the JSON, at which two values differ, with both; None = nowhere."""
    if isinstance(was, dict) and isinstance(now, dict):
        for name in [*was, *(name for name in now if name not in was)]:
            found = first_difference(was.get(name), now.get(name), f"{place}.{name}" if place else str(name))
            if found is not None:
                return found
        return None
    if isinstance(was, list) and isinstance(now, list):
        for index, (one, other) in enumerate(zip(was, now, strict=False)):
            found = first_difference(one, other, f"{place}[{index}]")
            if found is not None:
                return found
        return None if len(was) == len(now) else (f"{place} (length)", len(was), len(now))
    return None if was == now and type(was) is type(now) else (place, was, now)


def _reasons(
    conn: Connection, install_id: str, stored: StoredReport, present: Mapping[str, object]
) -> tuple[str, ...]:
    then = stored.inputs
    reasons = []
    forgotten = count_forgotten_since(conn, install_id, stored.made_at)
    if forgotten:
        reasons.append(f"{forgotten} records of people were forgotten since; nothing of them is kept")
    if then["rules"] != present["rules"]:
        old, new = _versions(then["rules"]), _versions(present["rules"])
        reasons += [
            f"rule {rule_id} was version {old.get(rule_id, '-')}, is {new.get(rule_id, '-')}"
            for rule_id in sorted({*old, *new})
            if old.get(rule_id) != new.get(rule_id)
        ]
    for name, what in (("tzdata", "the time zones"), ("libraries", "libraries"), ("zones", "the rules of zones")):
        if then[name] != present[name]:
            reasons.append(f"{what} were {_short(then[name])}, are {_short(present[name])}")
    kept = (
        ("policies", "the policies in force"),
        ("norms", "the learned norms"),
        ("learned", "what outcomes taught"),
    )
    for name, what in kept:
        if then[name] != present[name]:
            reasons.append(f"{what} were {_short(then[name])}, are {_short(present[name])}")
    if then["facts"] != present["facts"] and not forgotten:
        reasons.append(f"the kept facts differ: {then['leads']} leads then, {present['leads']} now")
    if hashlib.sha256(stored.figures.encode()).hexdigest() != stored.digest and not forgotten:
        reasons.append("the kept figures are not those that were made: their digest differs")
    return tuple(reasons or ["the calculation gives another result for the same inputs"])


def _versions(listed: object) -> dict[str, int]:
    return {str(rule_id): int(version) for rule_id, version in listed} if isinstance(listed, list) else {}


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"
