"""Whether an invoice belongs to a statement at all: its vendor, currency and period."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from audits.contracts.statement import Period
from audits.model.contract import Contract
from audits.model.invoice import Invoice
from audits.model.said import Listed, Said, say

_WORDS = re.compile(r"[^\W_]+")
#: What a firm's name in the register has beside its name.
_FORMS = frozenset(
    {
        "ab", "ag", "aps", "as", "asa", "bv", "co", "corp", "gmbh", "inc", "kg", "limited", "llc", "llp", "ltd", "nv",
        "oy", "plc", "sa", "sarl", "sas", "spa", "srl", "ug", "αε", "επε", "ικε",
    }
)  # fmt: skip


def plain_name(text: str) -> str:
    """A firm's name without case, punctuation and legal form: "ACME-Solar GmbH & Co. KG" is acmesolar."""
    words = _WORDS.findall(unicodedata.normalize("NFKC", text).casefold().replace(".", ""))
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    return "".join(words)


def vendor_of(
    printed: Iterable[str], vendors: Iterable[str], known_as: Mapping[str, str] | None = None
) -> str | None:
    """Which of `vendors` an invoice is from that prints these ids and names; None = none of them, or two.

    `known_as`: names as printed → vendor. Names must be the same but for case, punctuation and legal form: of two
    firms that are nearly called alike, one is not the other.
    """
    names = {plain_name(name): vendor for name, vendor in (known_as or {}).items()}
    names = {plain_name(vendor): vendor for vendor in vendors} | names
    found = {names[plain] for plain in map(plain_name, printed) if plain and plain in names}
    return found.pop() if len(found) == 1 else None


def why_refused(invoice: Invoice, contracts: Iterable[Contract], period: Period) -> Said | None:
    """Why the invoice is none for a statement of this period under these contracts; None = it is one."""
    contracts = list(contracts)
    vendors = sorted({each.vendor for each in contracts})
    if invoice.vendor not in vendors:
        return say(
            "Invoice {number} is from {vendor}; the contracts are with {vendors}.",
            number=invoice.number,
            vendor=invoice.vendor_name or invoice.vendor or "?",
            vendors=Listed(tuple(vendors)),
        )
    currencies = sorted({each.currency for each in contracts if each.vendor == invoice.vendor})
    if invoice.currency not in currencies:
        return say(
            "Invoice {number} is in {currency}; the contracts with {vendor} are in {currencies}.",
            number=invoice.number,
            currency=invoice.currency,
            vendor=invoice.vendor,
            currencies=Listed(tuple(currencies)),
        )
    if _is_outside(invoice, period):
        return say(
            "Invoice {number} is for {first} to {last}; the statement is for {begin} to {end}.",
            number=invoice.number,
            first=_day(invoice.first),
            last=_day(invoice.last),
            begin=_day(period.first),
            end=_day(period.last),
        )
    return None


def _is_outside(invoice: Invoice, period: Period) -> bool:
    """Whether some day of the invoice is none of the period. One without days of its own fits every period."""
    if invoice.first is None and invoice.last is None:
        return False
    first, last = invoice.first or invoice.last, invoice.last or invoice.first
    return bool(
        (period.first is not None and first is not None and first < period.first)
        or (period.last is not None and last is not None and last > period.last)
    )


def _day(day: object) -> str:
    return "…" if day is None else str(day)
