"""What came of holding invoices against what is owed: which line means which lead, and each difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from audits.contracts.invoice_likeness import SENTENCES, Sign
from audits.model.invoice import Invoice
from audits.model.reasons import ReasonCode
from audits.model.said import Said, english, joined
from audits.model.verdict import LeadState

#: Raised when the same invoice and verdicts would give other differences.
INVOICE_MATCH_VERSION = 1


class DifferenceKind(StrEnum):
    """Why what was billed is not what is owed."""

    BILLED_NOT_DELIVERED = "billed_not_delivered"
    DELIVERED_NOT_BILLED = "delivered_not_billed"
    BILLED_RETURNABLE = "billed_returnable"
    BILLED_NOT_PAYABLE = "billed_not_payable"
    OVER_CAP = "over_cap"
    WRONG_PRICE = "wrong_price"
    PRICE_NOT_KNOWN = "price_not_known"
    ROUNDING = "rounding"
    DUPLICATE_LINE = "duplicate_line"
    WRONG_CURRENCY = "wrong_currency"
    OUTSIDE_PERIOD = "outside_period"
    NO_CONTRACT = "no_contract"
    CREDIT = "credit"
    ADJUSTMENT = "adjustment"
    DOUBTFUL = "doubtful"
    TOTAL = "total"


class How(StrEnum):
    """How a line found its lead."""

    BY_ID = "by_id"
    BY_PERSON = "by_person"
    BY_LIKENESS = "by_likeness"
    AS_LUMP = "as_lump"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One reason why more (or, less than 0, less) was billed than is owed: `amount` minor units.

    `invoice`, `line`: number of the paper and place of the line, "" = none. `count`: leads that it is about, 0 =
    none. `delivery_id` "" = no single one. `state`, `code`, `clause`: of the verdict, where it is what decides.
    """

    kind: DifferenceKind
    amount: int
    said: Said
    invoice: str = ""
    line: str = ""
    delivery_id: str = ""
    lead_id: str = ""
    count: int = 1
    state: LeadState | None = None
    code: ReasonCode | None = None
    clause: str = ""
    clause_ref: str = ""

    def to_json(self) -> dict[str, object]:
        """As JSON values; money in minor units."""
        return {
            "kind": self.kind.value,
            "amount": self.amount,
            "sentence": english(self.said),
            "invoice": self.invoice,
            "line": self.line,
            "delivery_id": self.delivery_id,
            "lead_id": self.lead_id,
            "count": self.count,
            "state": None if self.state is None else self.state.value,
            "reason": None if self.code is None else self.code.value,
            "clause": self.clause,
            "clause_ref": self.clause_ref,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a line was found to mean. `count`: how many leads; `confidence` from 0 to 100."""

    invoice: str
    line: str
    amount: int
    how: How
    confidence: int
    signs: tuple[Sign, ...]
    delivery_id: str = ""
    lead_id: str = ""
    count: int = 1

    def to_json(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "invoice": self.invoice,
            "line": self.line,
            "amount": self.amount,
            "how": self.how.value,
            "confidence": self.confidence,
            "reasons": [each.value for each in self.signs],
            "sentence": english(said_of(self.signs)),
            "delivery_id": self.delivery_id,
            "lead_id": self.lead_id,
            "count": self.count,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A line of which a person has to say what it means: `choices` are what it may be, the likeliest first."""

    invoice: str
    line: str
    number: int
    amount: int
    choices: tuple[Match, ...]

    def to_json(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "invoice": self.invoice,
            "line": self.line,
            "number": self.number,
            "amount": self.amount,
            "choices": [each.to_json() for each in self.choices],
        }


@dataclass(frozen=True, kw_only=True)
class InvoiceMatch:
    """The invoices of a vendor against what he is owed. Minor units: `billed` less `amount_due` is the sum of all
    differences. `unmatched_lines`: lines for which no delivery was found, doubtful ones among them."""

    invoices: tuple[Invoice, ...]
    currency: str
    billed: int
    amount_due: int
    matches: tuple[Match, ...]
    differences: tuple[Difference, ...]
    doubts: tuple[Doubt, ...]
    unmatched_lines: int

    @property
    def difference(self) -> int:
        """What was billed beyond the amount due, in minor units; less than 0: too little."""
        return self.billed - self.amount_due

    @cached_property
    def by_kind(self) -> dict[DifferenceKind, tuple[int, int]]:
        """Of each kind there is: how many leads or lines, and their minor units."""
        found = dict.fromkeys(DifferenceKind, (0, 0))
        for each in self.differences:
            count, amount = found[each.kind]
            found[each.kind] = count + max(each.count, 1), amount + each.amount
        return {kind: of for kind, of in found.items() if of[0]}

    def to_json(self) -> dict[str, object]:
        """All of it as JSON values: money in minor units, days in ISO 8601."""
        return {
            "invoice_match_version": INVOICE_MATCH_VERSION,
            "invoices": [_head(each) for each in self.invoices],
            "currency": self.currency,
            "billed": self.billed,
            "amount_due": self.amount_due,
            "difference": self.difference,
            "by_kind": [
                {"kind": kind.value, "count": count, "amount": amount}
                for kind, (count, amount) in self.by_kind.items()
            ],
            "differences": [each.to_json() for each in self.differences],
            "doubtful": [each.to_json() for each in self.doubts],
            "unmatched_lines": self.unmatched_lines,
            "lines": [each.to_json() for each in self.matches],
        }


def _head(invoice: Invoice) -> dict[str, object]:
    return {
        "kind": invoice.kind.value,
        "number": invoice.number,
        "vendor": invoice.vendor,
        "vendor_name": invoice.vendor_name,
        "currency": invoice.currency,
        "first": None if invoice.first is None else invoice.first.isoformat(),
        "last": None if invoice.last is None else invoice.last.isoformat(),
        "issued_on": None if invoice.issued_on is None else invoice.issued_on.isoformat(),
        "lines": len(invoice.lines),
        "sum_of_lines": invoice.sum_of_lines,
        "total": invoice.total,
        "tax": invoice.tax,
        "digest": invoice.digest,
    }


def said_of(signs: Sequence[Sign]) -> Said:
    """The sentences of why a line means a lead."""
    return joined(*(SENTENCES[each] for each in signs))
