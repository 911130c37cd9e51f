"""What is said of a delivered lead under its contract: exactly one state, with clause, reason and evidence."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from json.encoder import encode_basestring as _quoted

from audits.model.delivery import Proof
from audits.model.reasons import ReasonCode
from audits.model.said import Said, english

#: Raised when the same facts and contract would give another state, amount or clause.
VERDICT_VERSION = 1


class LeadState(StrEnum):
    """The seven states. RETURNABLE: not owed (a creditable return, or not payable by itself). All others are owed,
    PENDING_EVIDENCE only as long as the return is not proven."""

    PAYABLE = "payable"
    RETURNABLE = "returnable"
    PENDING_EVIDENCE = "pending_evidence"
    EXPIRED_WINDOW = "expired_window"
    BLOCKED_BY_CAP = "blocked_by_cap"
    WITHIN_TOLERANCE = "within_tolerance"
    LOST_BY_NEGLECT = "lost_by_buyer_neglect"


class Supplier(StrEnum):
    """Who can supply what is missing."""

    REP = "rep"
    HEAD_OF_SALES = "head_of_sales"
    VENDOR = "vendor"
    LOOK_UP = "look_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What is missing for a return to count, who can supply it, and until when (aware UTC; None = no end)."""

    what: str
    who: Supplier
    said: Said
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadVerdict:
    """The verdict on one delivery. `clause`: the place in the contract (returns.reasons.2), with its number in the
    paper in `clause_ref`. Amounts are minor units of `currency`: `price`, what the lead costs; `amount`, what is owed
    for it; None = not known. `found_by`: rules with their versions. `claimable_from`, `deadline_at` (aware UTC): the
    window of its return; None where there is none. `is_claim_needed`: whether somebody has to return it for that.
    `counts_at`: when it counts as delivered; None = when it was delivered. `replaces`: the delivery it makes good."""

    delivery_id: str
    lead_id: str
    vendor: str
    sub_source: str
    contract: str
    contract_version: int
    delivered_at: datetime
    as_of: datetime
    state: LeadState
    code: ReasonCode | None
    clause: str
    clause_ref: str
    said: Said
    currency: str
    price: int | None
    amount: int | None
    found_by: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    missing: tuple[Missing, ...] = ()
    is_claim_needed: bool = False
    is_replacement_due: bool = False
    claimable_from: datetime | None = None
    deadline_at: datetime | None = None
    counts_at: datetime | None = None
    replaces: str = ""

    @property
    def sentence(self) -> str:
        """What is said, in English."""
        return english(self.said)

    def to_json(self) -> dict[str, object]:
        """All of it as JSON values; instants in ISO 8601, UTC."""
        return {
            "delivery_id": self.delivery_id,
            "lead_id": self.lead_id,
            "vendor": self.vendor,
            "sub_source": self.sub_source,
            "contract": self.contract,
            "contract_version": self.contract_version,
            "verdict_version": VERDICT_VERSION,
            "delivered_at": self.delivered_at.isoformat(),
            "counts_at": (self.counts_at or self.delivered_at).isoformat(),
            "as_of": self.as_of.isoformat(),
            "state": self.state.value,
            "reason": None if self.code is None else self.code.value,
            "clause": self.clause,
            "clause_ref": self.clause_ref,
            "sentence": self.sentence,
            "currency": self.currency,
            "price": self.price,
            "amount": self.amount,
            "found_by": list(self.found_by),
            "evidence": self._evidence(),
            "missing": self._what_is_missing(),
            "is_claim_needed": self.is_claim_needed,
            "is_replacement_due": self.is_replacement_due,
            "replaces": self.replaces,
            "claimable_from": None if self.claimable_from is None else self.claimable_from.isoformat(),
            "deadline_at": None if self.deadline_at is None else self.deadline_at.isoformat(),
        }

    def digest(self) -> str:
        """Hex SHA-256 over all of it but `as_of` and the wording: equal inputs and versions give an equal hash.

        What is hashed is `to_json` without `as_of` and all that is called `sentence`, as JSON text with its keys in
        order."""
        # Written out by hand: it is asked for each of a million leads, of which most have nothing to show.
        amount, price, code = self.amount, self.price, self.code
        delivered_at = self.delivered_at.isoformat()
        counts_at = delivered_at if self.counts_at is None else self.counts_at.isoformat()
        text = (
            f'{{"amount": {"null" if amount is None else amount}, '
            f'"claimable_from": {_instant(self.claimable_from)}, '
            f'"clause": {_quoted(self.clause)}, '
            f'"clause_ref": {_quoted(self.clause_ref)}, '
            f'"contract": {_quoted(self.contract)}, '
            f'"contract_version": {self.contract_version}, '
            f'"counts_at": "{counts_at}", '
            f'"currency": {_quoted(self.currency)}, '
            f'"deadline_at": {_instant(self.deadline_at)}, '
            f'"delivered_at": "{delivered_at}", '
            f'"delivery_id": {_quoted(self.delivery_id)}, '
            f'"evidence": {_listed(self._evidence()) if self.proofs else "[]"}, '
            f'"found_by": {_listed(list(self.found_by)) if self.found_by else "[]"}, '
            f'"is_claim_needed": {"true" if self.is_claim_needed else "false"}, '
            f'"is_replacement_due": {"true" if self.is_replacement_due else "false"}, '
            f'"lead_id": {_quoted(self.lead_id)}, '
            f'"missing": {_listed(self._what_is_missing(False)) if self.missing else "[]"}, '
            f'"price": {"null" if price is None else price}, '
            f'"reason": {"null" if code is None else _quoted(code)}, '
            f'"replaces": {_quoted(self.replaces)}, '
            f'"state": {_quoted(self.state)}, '
            f'"sub_source": {_quoted(self.sub_source)}, '
            f'"vendor": {_quoted(self.vendor)}, '
            f'"verdict_version": {VERDICT_VERSION}}}'
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def _evidence(self) -> list[dict[str, object]]:
        return [
            {
                "kind": each.kind.value,
                "ref": each.ref,
                "sha256": each.sha256,
                "at": None if each.at is None else each.at.isoformat(),
            }
            for each in self.proofs
        ]

    def _what_is_missing(self, is_worded: bool = True) -> list[dict[str, object]]:
        return [
            {
                "what": each.what,
                "who": each.who.value,
                **({"sentence": english(each.said)} if is_worded else {}),
                "until": None if each.until is None else each.until.isoformat(),
            }
            for each in self.missing
        ]


def _instant(at: datetime | None) -> str:
    return "null" if at is None else f'"{at.isoformat()}"'


def _listed(values: object) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False)
