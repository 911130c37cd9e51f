"""What the clauses of the delivery bring forward against a lead, and the delivery itself as evidence."""

from __future__ import annotations

import hashlib
import json

from audits.contracts.steps import Charge
from audits.model.contract import Clause
from audits.model.delivery import Delivery, Ground, Proof, ProofKind
from audits.model.quick import quick
from audits.model.reasons import ReasonCode
from audits.model.said import Said

#: Who found what a clause of the delivery says by itself.
FOUND_BY_CONTRACT = "contract"
_ground, _charge, _proof = quick(Ground), quick(Charge), quick(Proof)
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode


def charged(
    delivery: Delivery,
    clause: Clause,
    place: str,
    code: ReasonCode,
    said: Said,
    *,
    missing: str = "",
    proofs: tuple[Proof, ...] = (),
) -> Charge:
    """A charge of `clause`, proven by the delivery as it came unless something is `missing`."""
    ground = _ground(
        code=code,
        is_proven=not missing,
        known_at=delivery.delivered_at,
        found_by=FOUND_BY_CONTRACT,
        proofs=(as_delivered(delivery), *proofs),
        missing=missing,
    )
    return _charge(ground=ground, clause=place, clause_ref=clause.ref, said=said)


def as_delivered(delivery: Delivery) -> Proof:
    """The delivery as evidence, its content fixed by a hash."""
    told = {
        "delivery_id": delivery.delivery_id,
        "vendor": delivery.vendor,
        "delivered_at": delivery.delivered_at.isoformat(),
        "submitted_at": None if delivery.submitted_at is None else delivery.submitted_at.isoformat(),
        "fields": dict(delivery.fields),
        "consent": delivery.consent,
    }
    content = _canonical(told).encode()
    return _proof(
        kind=ProofKind.DELIVERY,
        ref=delivery.delivery_id,
        sha256=hashlib.sha256(content).hexdigest(),
        at=delivery.delivered_at,
    )
