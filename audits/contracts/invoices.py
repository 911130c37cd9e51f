"""A vendor's invoice held against what is owed, line by line and to the cent.

Every line finds its lead by id, else by what it prints of it; lines that name no lead are matched by count and price.
What is left over, on either side, is a difference with its amount; all of them add up to what was billed beyond the
amount due. The law: docs/contracts.md, "An invoice".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from audits.contracts.invoice_result import How, InvoiceMatch, Match
from audits.contracts.invoice_settling import Kept, Lead, Standing, exact_sign, settle
from audits.model.contract import KeyField
from audits.model.delivery import Delivery
from audits.model.invoice import Invoice, InvoiceLine
from audits.model.verdict import LeadVerdict

#: A match that is less sure than this waits for a person.
THRESHOLD = 80


class InvoiceMatcher:
    """Takes the verdicts on all deliveries of a vendor, in order, then says what is wrong with his `invoices`.

    `vendor` and `currency` are those of the statement. `bounds`: its period as instants (aware UTC), from the first
    on and before the second; None = open. `decided`: what persons said of doubtful lines, by number of the invoice
    and place of the line: the id of the delivery, None = none that was delivered. Leads whose line agrees to the cent
    are not kept: memory grows with lines, and with leads that were not billed.
    """

    def __init__(
        self,
        invoices: Sequence[Invoice],
        vendor: str,
        currency: str,
        bounds: tuple[datetime | None, datetime | None] = (None, None),
        decided: Mapping[tuple[str, int], str | None] | None = None,
        threshold: int = THRESHOLD,
    ) -> None:
        self._vendor = vendor
        self._by_ref: dict[str, list[int]] = {}
        self._has_credits = False
        self._kept = Kept(tuple(invoices), currency, bounds, threshold)
        for invoice in invoices:
            for line in invoice.lines:
                self._add(invoice, line, decided or {})

    def _add(self, invoice: Invoice, line: InvoiceLine, decided: Mapping[tuple[str, int], str | None]) -> None:
        kept = self._kept
        place = len(kept.lines)
        kept.lines.append(line)
        kept.papers.append(invoice.number)
        kept.foreign.append(invoice.is_foreign(line))
        refs: Iterable[str] = line.refs
        if (invoice.number, line.number) in decided:
            told = decided[invoice.number, line.number]
            (kept.refused if told is None else kept.decided).add(place)
            refs = () if told is None else (told,)
        for ref in dict.fromkeys(refs):
            self._by_ref.setdefault(ref, []).append(place)
        self._has_credits = self._has_credits or line.amount < 0

    def take(self, verdict: LeadVerdict, keys: Mapping[KeyField, str], *, is_in_period: bool) -> None:
        """The verdict on one delivery, with its `keys` (phone and e-mail); others than the vendor's are let pass.
        `is_in_period`: whether its statement holds it."""
        if verdict.vendor != self._vendor:
            return
        if verdict.currency != self._kept.currency:
            standing = Standing.OTHER_CURRENCY
        elif is_in_period:
            standing = Standing.DUE
            self._kept.amount_due += verdict.amount or 0
            if self._settled(verdict):
                return
        else:
            standing = Standing.ELSEWHERE
        self._keep(
            Lead(
                verdict.delivery_id,
                verdict.lead_id,
                verdict.delivered_at,
                keys.get(KeyField.PHONE, ""),
                keys.get(KeyField.EMAIL, ""),
                standing,
                verdict.price,
                verdict.amount,
                verdict.state,
                verdict.code,
                verdict.clause,
                verdict.clause_ref,
                verdict.is_claim_needed,
            )
        )

    def take_unmatched(self, delivery: Delivery) -> None:
        """A delivery that falls under no contract: a line may mean it, and nothing is owed for it."""
        if delivery.vendor == self._vendor:
            phone, email = delivery.keys.get(KeyField.PHONE, ""), delivery.keys.get(KeyField.EMAIL, "")
            at, standing = delivery.delivered_at, Standing.NO_CONTRACT
            self._keep(Lead(delivery.delivery_id, delivery.lead_id, at, phone, email, standing))

    def _settled(self, verdict: LeadVerdict) -> bool:
        """Whether one line alone names the lead and bills what is owed, so that nothing more can be said of it."""
        kept = self._kept
        lines = self._by_ref.get(verdict.delivery_id)
        if lines is None or len(lines) != 1 or self._has_credits:
            return False
        place = lines[0]
        line = kept.lines[place]
        # A line that prints several ids may mean another delivery as well.
        if place in kept.matches or any(ref not in (verdict.delivery_id, verdict.lead_id) for ref in line.refs):
            return False
        if verdict.lead_id and self._by_ref.get(verdict.lead_id, lines) != lines:
            return False
        if verdict.amount != line.amount or verdict.price != line.amount or kept.foreign[place]:
            return False
        kept.matches[place] = Match(
            invoice=kept.papers[place],
            line=line.place,
            amount=line.amount,
            how=How.BY_PERSON if place in kept.decided else How.BY_ID,
            confidence=100,
            signs=(exact_sign(kept, place),),
            delivery_id=verdict.delivery_id,
            lead_id=verdict.lead_id,
        )
        return True

    def _keep(self, lead: Lead) -> None:
        kept = self._kept
        place = len(kept.leads)
        kept.leads.append(lead)
        for line in self._by_ref.get(lead.delivery_id, ()):
            kept.of_delivery.setdefault(line, place)
        if lead.lead_id and lead.lead_id != lead.delivery_id:
            for line in self._by_ref.get(lead.lead_id, ()):
                kept.of_lead_id.setdefault(line, []).append(place)

    def finish(self) -> InvoiceMatch:
        """What is wrong with the invoices. To be asked once, after all verdicts."""
        return settle(self._kept)
