"""What the readers of invoices share: bad lines are gathered, and where there is one nothing is taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from audits.contracts.invoice_check import vendor_of
from audits.model.contract import Contract
from audits.model.invoice import Invoice, InvoiceKind, InvoiceLine
from connector.contracts.invoice_map import InvoiceMap
from connector.exports.problems import UnusableInput, excerpt

_MOST_TOLD = 20
_LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """What cannot be read. `place`: where in the file it stands (line 3); `part`: column or element; `line`: of a
    table, counted from 1."""

    place: str
    part: str
    reason: str
    value: str = ""
    line: int | None = None

    def __str__(self) -> str:
        told = f" ({excerpt(self.value)!r})" if self.value else ""
        return f"{self.place}: {self.part + ': ' if self.part else ''}{self.reason}{told}"


class InvoiceFileError(UnusableInput):
    """Nothing of an invoice was taken, because of `problems`."""

    def __init__(self, name: str, problems: Sequence[BadLine]) -> None:
        told = [str(each) for each in problems[:_MOST_TOLD]]
        if len(problems) > _MOST_TOLD:
            told.append(f"and {len(problems) - _MOST_TOLD} more")
        super().__init__(f"{name}: the invoice cannot be read, and nothing of it was taken.\n" + "\n".join(told))
        self.problems = tuple(problems)


@dataclass(slots=True, kw_only=True)
class Head:
    """What an invoice says of itself while it is read. `printed`: names and ids of who sent it."""

    printed: list[str] = field(default_factory=list)
    number: str = ""
    currency: str = ""
    kind: InvoiceKind = InvoiceKind.INVOICE
    first: date | None = None
    last: date | None = None
    issued_on: date | None = None
    total: int | None = None
    tax: int | None = None


def clean(text: str) -> str:
    """A text of the vendor's as it may be shown: one line, without control characters, of no endless length."""
    if len(text) <= _LONGEST and text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " for char in text[:_LONGEST]).strip()


def vendor_by(printed: Iterable[str], contracts: Sequence[Contract], mapped: InvoiceMap) -> str:
    """The vendor of the contracts that is printed, or the only one where none is; "" = none of them."""
    vendors = dict.fromkeys(each.vendor for each in contracts)
    printed = [each for each in printed if each]
    if not printed and len(vendors) == 1:
        return next(iter(vendors))
    return vendor_of(printed, vendors, mapped.vendors) or ""


def built(name: str, head: Head, lines: Sequence[InvoiceLine], problems: list[BadLine], vendor: str) -> Invoice:
    """The invoice, once all of it is read. Raises InvoiceFileError when `problems` tell of something, or nothing is
    there."""
    if head.first is not None and head.last is not None and head.last < head.first:
        problems.append(
            BadLine(
                place="the invoice", part="period", reason=f"ends on {head.last}, before it begins on {head.first}"
            )
        )
    if not lines and not problems:
        problems.append(BadLine(place="the invoice", part="", reason="has no lines"))
    if problems:
        raise InvoiceFileError(name, problems)
    return Invoice(
        vendor=vendor,
        vendor_name=clean(next((each for each in head.printed if each), "")),
        number=clean(head.number),
        currency=head.currency,
        kind=head.kind,
        first=head.first,
        last=head.last,
        issued_on=head.issued_on,
        total=head.total,
        tax=head.tax,
        lines=tuple(lines),
    )


def zone_of(vendor: str, contracts: Sequence[Contract]) -> str:
    """The zone by whose clock the vendor's invoice tells days: that of the newest version."""
    own = [each for each in contracts if each.vendor == vendor] or contracts
    return max(own, key=lambda each: each.valid_from).timezone
