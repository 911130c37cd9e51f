"""What one delivery becomes on its way to a verdict: taken in by its contract, drafted, then settled.

Intake.take      in the order of delivery: which version, when it counts, what its own clauses say of it
draft            each by itself: creditable or not, duties, evidence, window
Settling         return caps, tolerance and prices, which look at all leads of a span
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audits.model.contract import Contract
from audits.model.delivery import Delivery, Ground, Proof
from audits.model.reasons import ReasonCode
from audits.model.said import Said
from audits.model.verdict import LeadState, Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A ground with the clause that makes it one: `clause` is its place in the contract (filters.0), `clause_ref` its
    number in the signed paper. `is_listed`: the clause itself makes it creditable."""

    ground: Ground
    clause: str
    clause_ref: str = ""
    is_listed: bool = True
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A delivery under the version of its contract. `counts_at` (aware UTC): when it counts as delivered. `out`: why
    it is not payable by itself. `charges`: what clauses of the delivery say of it beside that, to be returned."""

    delivery: Delivery
    contract: Contract
    counts_at: datetime
    out: Charge | None = None
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What holds before return caps, tolerance and prices; fields as in `LeadVerdict`. `is_out`: not payable by
    itself, outside of return caps and tolerance."""

    taken: Taken
    state: LeadState
    said: Said
    code: ReasonCode | None = None
    clause: str = ""
    clause_ref: str = ""
    found_by: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    missing: tuple[Missing, ...] = ()
    is_out: bool = False
    is_claim_needed: bool = False
    claimable_from: datetime | None = None
    deadline_at: datetime | None = None
