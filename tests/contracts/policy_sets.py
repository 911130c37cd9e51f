"""Deliveries of public policies with answers worked by hand: tests/contracts/policies/<name>.deliveries.yaml.

A file holds sets after `---`. Instants without an offset are in `zone`. Of a delivery: `at`, `submitted`, `vendor`,
`lead`, `fields`, `phone`, `email`, `revenue`, `converted`, `replaces`, `grounds` (codes, or {code, suspected,
proofs}), `tries` (instants, or {at, recording}), `disposed`, `contacted`, `quote`, `unknown` (facts of handling that
are not shown; others did not happen where nothing is said), `earlier`, `claim` (the instant it was sent, or all of
it), and `times`: so many of them, a minute apart. `expect` is [state, code, clause, amount in minor units, deadline];
`opens`, `price`, `version`, `missing` and `replacement` are expected, too, where they are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from audits.model.contract import Against, KeyField
from audits.model.delivery import (
    Channel,
    Claim,
    ClaimStatus,
    Delivery,
    EarlierRecord,
    Ground,
    Handling,
    HandlingFact,
    Proof,
    ProofKind,
    Try,
)
from audits.model.reasons import ReasonCode
from audits.model.verdict import LeadState

POLICIES = Path(__file__).parent / "policies"
_KNOWN = {
    "id",
    "at",
    "times",
    "vendor",
    "lead",
    "submitted",
    "fields",
    "phone",
    "email",
    "revenue",
    "converted",
    "replaces",
    "grounds",
    "tries",
    "disposed",
    "contacted",
    "quote",
    "unknown",
    "earlier",
    "claim",
    "expect",
    "price",
    "version",
    "missing",
    "opens",
    "replacement",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """The answer worked by hand. `more`: what is said beside state, code, clause, amount and deadline."""

    state: LeadState
    code: ReasonCode | None
    clause: str
    amount: int | None
    deadline_at: datetime | None
    more: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class WorkedSet:
    """Deliveries of one policy, as of an instant, with the answer to each and the sums."""

    name: str
    as_of: datetime
    deliveries: tuple[Delivery, ...]
    expected: Mapping[str, Expected]
    sums: Mapping[str, int]


def worked_sets(name: str) -> list[WorkedSet]:
    """The sets of one policy."""
    text = (POLICIES / f"{name}.deliveries.yaml").read_text("utf-8")
    return [_worked(f"{name}-{at}", told) for at, told in enumerate(yaml.safe_load_all(text), 1)]


def _worked(name: str, told: dict[str, Any]) -> WorkedSet:
    zone = ZoneInfo(told["zone"])
    deliveries: list[Delivery] = []
    expected: dict[str, Expected] = {}
    for each in told["deliveries"]:
        assert each.keys() <= _KNOWN, f"{name}: {sorted(each.keys() - _KNOWN)}"
        times = each.get("times", 1)
        for number in range(times):
            id_ = each["id"] if times == 1 else f"{each['id']}-{number + 1}"
            assert id_ not in expected, f"{name}: {id_} comes twice"
            deliveries.append(_delivery(id_, each, zone, told.get("vendor", ""), timedelta(minutes=number)))
            expected[id_] = _expected(each, zone)
    return WorkedSet(name, _instant(told["as_of"], zone), tuple(deliveries), expected, told["sums"])


def _instant(told: object, zone: ZoneInfo) -> datetime:
    at = datetime.fromisoformat(str(told))
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)


def _expected(told: dict[str, Any], zone: ZoneInfo) -> Expected:
    state, code, clause, amount, deadline = told["expect"]
    more: dict[str, object] = {
        key: told[key] for key in ("price", "version", "missing", "replacement") if key in told
    }
    if "opens" in told:
        more["opens"] = _instant(told["opens"], zone)
    return Expected(
        LeadState(state),
        None if code is None else ReasonCode(code),
        clause or "",
        amount,
        None if deadline is None else _instant(deadline, zone),
        more,
    )


def _delivery(id_: str, told: dict[str, Any], zone: ZoneInfo, vendor: str, later: timedelta) -> Delivery:
    def moment(name: str) -> datetime | None:
        return _instant(told[name], zone) if name in told else None

    handling = Handling(
        tries=tuple(_try(each, zone) for each in told.get("tries", ())),
        disposition="closed" if "disposed" in told else "",
        disposed_at=moment("disposed"),
        contacted_at=moment("contacted"),
        quote_started_at=moment("quote"),
        unknown=frozenset(HandlingFact(each) for each in told.get("unknown", ())),
    )
    return Delivery(
        delivery_id=id_,
        vendor=told.get("vendor", vendor),
        delivered_at=_instant(told["at"], zone) + later,
        lead_id=told.get("lead", f"lead-{id_}"),
        submitted_at=moment("submitted"),
        fields={name: str(value) for name, value in told.get("fields", {}).items()},
        keys={KeyField(name): told[name] for name in ("phone", "email") if name in told},
        replaces=told.get("replaces", ""),
        revenue=told.get("revenue"),
        converted_at=moment("converted"),
        grounds=tuple(_ground(each) for each in told.get("grounds", ())),
        handling=handling,
        earlier=tuple(_earlier(each, zone) for each in told.get("earlier", ())),
        claim=_claim(told["claim"], zone) if "claim" in told else None,
    )


def _try(told: Any, zone: ZoneInfo) -> Try:
    mapped = told if isinstance(told, dict) else {"at": told}
    at = _instant(mapped["at"], zone)
    return Try(
        at=at,
        channel=Channel(mapped.get("channel", "call")),
        ref=f"call-{at:%m%dT%H%M%S}",
        recording_id=mapped.get("recording", ""),
    )


def _ground(told: Any) -> Ground:
    if isinstance(told, str):
        return Ground(code=ReasonCode(told))
    return Ground(
        code=ReasonCode(told["code"]),
        is_proven=not told.get("suspected", False),
        missing="proof" if told.get("suspected") else "",
        proofs=tuple(Proof(kind=ProofKind(kind), ref=kind) for kind in told.get("proofs", ())),
    )


def _earlier(told: dict[str, Any], zone: ZoneInfo) -> EarlierRecord:
    return EarlierRecord(
        where=Against(told["where"]),
        received_at=_instant(told["at"], zone),
        shared=frozenset(KeyField(each) for each in told["shared"]),
        ref=told.get("ref", "record-1"),
        vendor=told.get("vendor", ""),
        closed_at=_instant(told["closed"], zone) if "closed" in told else None,
    )


def _claim(told: Any, zone: ZoneInfo) -> Claim:
    if not isinstance(told, dict):
        return Claim(status=ClaimStatus.SENT, sent_at=_instant(told, zone))
    return Claim(
        status=ClaimStatus(told["status"]),
        sent_at=_instant(told["sent"], zone) if "sent" in told else None,
        answered_at=_instant(told["answered"], zone) if "answered" in told else None,
        credited=told.get("credited"),
    )
