"""What is said of a delivered lead under its contract: exactly one state, with clause, reason and evidence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

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

    def facts(self) -> dict[str, object]:
        """All of it but `as_of` and the wording, with instants (aware UTC) as they are: what `digest_of` and
        `json_of` take."""
        delivered_at = self.delivered_at
        return {
            "delivery_id": self.delivery_id,
            "lead_id": self.lead_id,
            "vendor": self.vendor,
            "sub_source": self.sub_source,
            "contract": self.contract,
            "contract_version": self.contract_version,
            "verdict_version": VERDICT_VERSION,
            "delivered_at": delivered_at,
            "counts_at": self.counts_at or delivered_at,
            "state": self.state._value_,
            "reason": None if self.code is None else self.code._value_,
            "clause": self.clause,
            "clause_ref": self.clause_ref,
            "currency": self.currency,
            "price": self.price,
            "amount": self.amount,
            "found_by": self.found_by,
            "evidence": [
                {"kind": each.kind.value, "ref": each.ref, "sha256": each.sha256, "at": each.at}
                for each in self.proofs
            ]
            if self.proofs
            else (),
            "missing": [{"what": each.what, "who": each.who.value, "until": each.until} for each in self.missing]
            if self.missing
            else (),
            "is_claim_needed": self.is_claim_needed,
            "is_replacement_due": self.is_replacement_due,
            "replaces": self.replaces,
            "claimable_from": self.claimable_from,
            "deadline_at": self.deadline_at,
        }

    def json_of(self, facts: dict[str, object]) -> bytes:
        """All of it as a JSON object in UTF-8, of its `facts`; instants in ISO 8601, UTC."""
        told = {**facts, "as_of": self.as_of, "sentence": english(self.said)}
        if self.missing:
            told["missing"] = [
                {"what": each.what, "who": each.who.value, "sentence": english(each.said), "until": each.until}
                for each in self.missing
            ]
        return orjson.dumps(told)

    def to_json(self) -> dict[str, object]:
        """All of it as JSON values; instants in ISO 8601, UTC."""
        told: dict[str, object] = orjson.loads(self.json_of(self.facts()))
        return told

    def digest(self) -> str:
        """Hex SHA-256 over all of it but `as_of` and the wording: equal inputs and versions give an equal hash."""
        return digest_of(self.facts()).hex()


def digest_of(facts: dict[str, object]) -> bytes:
    """The digest of a verdict, of its `facts`: SHA-256 of their canonical JSON (names sorted, no blanks, UTF-8)."""
    return hashlib.sha256(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)).digest()


#: What is another in each of the verdicts that say the same.
_EACH_ITS_OWN = frozenset(
    ("delivery_id", "lead_id", "sub_source", "delivered_at", "counts_at", "price", "amount", "replaces")
)
_MOST_PATTERNS = 1_000


class VerdictTexts:
    """Verdicts as digest and JSON. Most of a file say the same but for which lead it was: these are filled into a
    pattern that is kept, which takes a fraction of the time and gives the same bytes."""

    def __init__(self) -> None:
        self._patterns: dict[tuple[object, ...], tuple[bytes, bytes]] = {}

    def of(self, verdict: LeadVerdict) -> tuple[bytes, bytes]:
        """The digest, as bytes, and all of it as a JSON object in UTF-8: what `digest_of` and `json_of` give."""
        said = verdict.said
        if (
            verdict.code is not None
            or said.values
            or verdict.counts_at is not None
            or verdict.deadline_at is not None
            or verdict.claimable_from is not None
            or verdict.proofs
            or verdict.missing
            or verdict.found_by
        ):
            facts = verdict.facts()
            return digest_of(facts), verdict.json_of(facts)
        key = (
            verdict.contract, verdict.contract_version, verdict.vendor, verdict.state, verdict.clause,
            verdict.clause_ref, said.template, verdict.currency, verdict.is_claim_needed, verdict.is_replacement_due,
            verdict.as_of,
        )  # fmt: skip
        found = self._patterns.get(key)
        if found is None:
            if len(self._patterns) >= _MOST_PATTERNS:
                self._patterns.clear()
            facts = verdict.facts()
            line = facts | {"as_of": verdict.as_of, "sentence": english(said)}
            found = self._patterns[key] = _pattern(dict(sorted(facts.items()))), _pattern(line)
        dumps = orjson.dumps
        at, price, amount = dumps(verdict.delivered_at), dumps(verdict.price), dumps(verdict.amount)
        delivery_id, lead_id = dumps(verdict.delivery_id), dumps(verdict.lead_id)
        replaces, sub_source = dumps(verdict.replaces), dumps(verdict.sub_source)
        canonical, line_pattern = found
        told = canonical % (amount, at, at, delivery_id, lead_id, price, replaces, sub_source)
        line_bytes = line_pattern % (delivery_id, lead_id, sub_source, at, at, price, amount, replaces)
        return hashlib.sha256(told).digest(), line_bytes


def _pattern(facts: dict[str, object]) -> bytes:
    """The JSON object of `facts` in their order, with a gap for each value that is a verdict's own."""
    told = (
        b'"%b":%b' % (name.encode(), b"%b" if name in _EACH_ITS_OWN else orjson.dumps(value).replace(b"%", b"%%"))
        for name, value in facts.items()
    )
    return b"{" + b",".join(told) + b"}"
