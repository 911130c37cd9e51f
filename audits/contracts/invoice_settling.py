"""From lines and leads to matches and differences: ids first, then likeness, then lumps by count and price."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

from audits.contracts.invoice_likeness import Candidates, Likeness, Sign, likeness, pair_up
from audits.contracts.invoice_result import Difference, DifferenceKind, Doubt, How, InvoiceMatch, Match
from audits.model.invoice import Invoice, InvoiceLine
from audits.model.reasons import ReasonCode
from audits.model.said import Count, Money, Said, say, verbatim
from audits.model.verdict import LeadState

_MOST_CHOICES = 3
_MOST_RANGES = 1_000
#: A lump may be priced otherwise than the lead, but not by as much as half or double: that is another thing.
_TWICE = 2


class Standing(StrEnum):
    """Whether a delivery belongs to what is billed: DUE of it alone is in the amount due."""

    DUE = "due"
    ELSEWHERE = "elsewhere"
    OTHER_CURRENCY = "other_currency"
    NO_CONTRACT = "no_contract"


@dataclass(slots=True)
class Lead:
    """A delivered lead, and what invoices say of it: `lines` bill it, the first of them rightly, `credits` take off
    again; `lump`: the line that bills it without naming it, at `lump_price` minor units."""

    delivery_id: str
    lead_id: str
    at: datetime
    phone: str
    email: str
    standing: Standing
    price: int | None = None
    due: int | None = None
    state: LeadState | None = None
    code: ReasonCode | None = None
    clause: str = ""
    clause_ref: str = ""
    is_claim_needed: bool = False
    lines: list[int] = field(default_factory=list)
    credits: list[int] = field(default_factory=list)
    lump: int = -1
    lump_price: int = 0
    lump_credit: int = 0

    @property
    def is_billed(self) -> bool:
        """Whether any line bills it."""
        return self.lump >= 0 or bool(self.lines)

    @property
    def lump_apart(self) -> int:
        """What a lump bills beyond the price, where that is told with the line: not of a lead that is billed below
        its price and not owed, nor where an amount is not known yet."""
        if self.lump < 0 or self.price is None or self.due is None:
            return 0
        apart = self.lump_price - self.price
        return 0 if apart < 0 and self.due < self.price else apart

    @property
    def counted(self) -> int:
        """Minor units that the amount due holds of it."""
        return (self.due or 0) if self.standing is Standing.DUE else 0


class Kept:
    """All lines of the invoices, the leads that are not settled yet, and what was found of them."""

    def __init__(
        self,
        invoices: tuple[Invoice, ...],
        currency: str,
        bounds: tuple[datetime | None, datetime | None],
        threshold: int,
    ) -> None:
        self.invoices = invoices
        self.currency = currency
        self.bounds = bounds
        self.threshold = threshold
        self.amount_due = 0
        self.lines: list[InvoiceLine] = []
        self.papers: list[str] = []
        self.foreign: list[bool] = []
        self.refused: set[int] = set()
        self.decided: set[int] = set()
        self.leads: list[Lead] = []
        self.of_delivery: dict[int, int] = {}
        self.of_lead_id: dict[int, list[int]] = {}
        self.matches: dict[int, Match] = {}

    def is_decided(self, line: int) -> bool:
        """Whether a person said what the line means, so that nothing else is looked for."""
        return line in self.decided or line in self.refused


def exact_sign(kept: Kept, line: int) -> Sign:
    """Why a line that names its lead means it."""
    return Sign.DECIDED if line in kept.decided else Sign.SAME_ID


def settle(kept: Kept) -> InvoiceMatch:
    """The matches and differences of all lines and leads."""
    settling = _Settling(kept)
    settling.by_id()
    settling.by_likeness()
    settling.as_lumps()
    settling.credit_lumps()
    differences = tuple(_in_order(settling.differences()))
    billed = sum(each.billed for each in kept.invoices)
    return InvoiceMatch(
        invoices=kept.invoices,
        currency=kept.currency,
        billed=billed,
        amount_due=kept.amount_due,
        matches=tuple(kept.matches[place] for place in sorted(kept.matches)),
        differences=differences,
        doubts=tuple(settling.doubts[place] for place in sorted(settling.doubts)),
        unmatched_lines=sum(
            place not in kept.matches and place not in settling.duplicates and line.amount != 0
            for place, line in enumerate(kept.lines)
        ),
    )


def _in_order(differences: Iterable[Difference]) -> list[Difference]:
    kinds = {kind: place for place, kind in enumerate(DifferenceKind)}
    return sorted(differences, key=lambda each: kinds[each.kind])


def _unit(line: InvoiceLine) -> Decimal:
    """Minor units for one of the line."""
    if line.unit_price is not None:
        return abs(line.unit_price)
    return abs(Decimal(line.amount) / line.quantity) if line.quantity else Decimal(0)


def _count(line: InvoiceLine) -> int:
    """How many leads a line is about that names none; 0 = it is about no whole number of anything."""
    count = abs(line.quantity)
    return int(count) if count == count.to_integral_value() else 0


class _Settling:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.doubts: dict[int, Doubt] = {}
        #: Lines that bill again what another line bills → that line.
        self.duplicates: dict[int, int] = {}
        self._found: list[Difference] = []

    # ------------------------------------------------------------------------------------------------ by id

    def by_id(self) -> None:
        """Lines that print the id of one delivery, or of a lead that came once."""
        kept = self._kept
        for line, place in sorted(kept.of_delivery.items()):
            self._attach(line, place, How.BY_ID, 100, (exact_sign(kept, line),))
        for line, places in sorted(kept.of_lead_id.items()):
            if line not in kept.matches and len(places) == 1:
                self._attach(line, places[0], How.BY_ID, 100, (exact_sign(kept, line),))
        for lead in kept.leads:
            if len(lead.lines) > 1:
                # Of several lines the one with the right price is the right one.
                fits = (each for each in lead.lines if kept.lines[each].amount == lead.price)
                first = next(fits, lead.lines[0])
                for each in lead.lines:
                    if each != first:
                        self.duplicates[each] = first
                lead.lines = [first, *(each for each in lead.lines if each != first)]

    def _attach(self, line: int, place: int, how: How, sure: int, signs: tuple[Sign, ...]) -> None:
        lead, kept = self._kept.leads[place], self._kept
        (lead.credits if kept.lines[line].amount < 0 else lead.lines).append(line)
        if line in kept.decided:
            how = How.BY_PERSON
        kept.matches[line] = self._match(line, place, how, sure, signs)

    def _match(self, line: int, place: int, how: How, sure: int, signs: tuple[Sign, ...]) -> Match:
        lead = self._kept.leads[place]
        return Match(
            invoice=self._kept.papers[line],
            line=self._kept.lines[line].place,
            amount=self._kept.lines[line].amount,
            how=how,
            confidence=sure,
            signs=signs,
            delivery_id=lead.delivery_id,
            lead_id=lead.lead_id,
        )

    # ------------------------------------------------------------------------------------------ by likeness

    def by_likeness(self) -> None:
        """Lines that print something of the lead but not its id; credits find leads that were billed."""
        kept = self._kept
        loose = [
            place for place in range(len(kept.lines)) if place not in kept.matches and not kept.is_decided(place)
        ]
        bills = [place for place in loose if kept.lines[place].amount >= 0]
        self._pair(bills, [place for place, lead in enumerate(kept.leads) if not lead.is_billed])
        credits_ = [place for place in loose if kept.lines[place].amount < 0]
        if credits_:
            self._pair(credits_, [at for at, lead in enumerate(kept.leads) if lead.is_billed and not lead.credits])
        self._repeated(bills)

    def _pair(self, lines: list[int], leads: list[int]) -> None:
        kept = self._kept
        among = Candidates(kept.leads, leads)
        free = set(leads)
        edges: list[tuple[int, int, Likeness]] = []
        for line in lines:
            told = kept.lines[line]
            if abs(told.quantity) != 1:
                continue
            named = {each for each in kept.of_lead_id.get(line, ()) if each in free}
            for place in sorted(named.union(among.of(told))):
                like = likeness(told, kept.leads[place], has_lead_id=place in named)
                if like.points > 0:
                    edges.append((line, place, like))
        prints = {line: _print(kept.lines[line]) for line in {line for line, _, _ in edges}}
        pairs, doubtful = pair_up(edges, prints, kept.threshold)
        for line, (place, sure, signs) in pairs.items():
            self._attach(line, place, How.BY_LIKENESS, sure, signs)
        for line, choices in doubtful.items():
            self.doubts[line] = Doubt(
                invoice=kept.papers[line],
                line=kept.lines[line].place,
                number=kept.lines[line].number,
                amount=kept.lines[line].amount,
                choices=tuple(
                    self._match(line, place, How.BY_LIKENESS, sure, signs)
                    for place, sure, signs in choices[:_MOST_CHOICES]
                ),
            )

    def _repeated(self, bills: list[int]) -> None:
        """Lines that found no lead and print the same as one that did."""
        kept = self._kept
        first: dict[object, int] = {}
        for line, match in sorted(kept.matches.items()):
            if match.how is How.BY_LIKENESS:
                first.setdefault(_print(kept.lines[line]), line)
        for line in bills:
            if line not in kept.matches and (same := first.get(_print(kept.lines[line]))) is not None:
                self.duplicates[line] = same
                self.doubts.pop(line, None)

    # -------------------------------------------------------------------------------------------- as lumps

    def _lumps(self, *, credits_: bool) -> list[int]:
        kept = self._kept
        return [
            place
            for place, line in enumerate(kept.lines)
            if place not in kept.matches
            and place not in self.doubts
            and place not in self.duplicates
            and not kept.is_decided(place)
            and not kept.foreign[place]
            and (line.amount < 0 if credits_ else line.amount > 0)
            and _count(line)
            and _is_lump(line)
        ]

    def as_lumps(self) -> None:
        """Lines that name no lead: first those with the price of leads that no line bills, then by count alone."""
        kept = self._kept
        lumps = self._lumps(credits_=False)
        # Lines that name a day choose before those that name none.
        lumps.sort(key=lambda place: (kept.lines[place].until is None, place))
        pools = _Pools(kept.leads)
        open_count = {place: _count(kept.lines[place]) for place in lumps}
        taken: dict[int, list[Lead]] = {place: [] for place in lumps}
        for by_price in (True, False):
            for place in lumps:
                line = kept.lines[place]
                pool = pools.of(line)
                unit = _unit(line)
                found = pool.priced(unit, open_count[place]) if by_price else pool.near(unit, open_count[place])
                price = int(unit.to_integral_value(ROUND_HALF_UP))
                for lead in found:
                    lead.lump = place
                    # A part of a minor unit between the two is told with the line.
                    lead.lump_price = lead.price if by_price and lead.price is not None else price
                    taken[place].append(lead)
                open_count[place] -= len(found)
        for place in lumps:
            self._lump_done(place, taken[place], open_count[place])

    def _lump_done(self, place: int, leads: list[Lead], left: int) -> None:
        kept = self._kept
        line = kept.lines[place]
        price = int(_unit(line).to_integral_value(ROUND_HALF_UP))
        if leads:
            kept.matches[place] = Match(
                invoice=kept.papers[place],
                line=line.place,
                amount=line.amount,
                how=How.AS_LUMP,
                confidence=100,
                signs=(Sign.COUNT_AND_PRICE,),
                count=len(leads),
            )
            rest = line.amount - sum(each.lump_price for each in leads) - price * left
            if left:
                said = say(
                    "The line bills {count} that were not delivered, beyond those matched by count and price.",
                    count=Count(left, "lead"),
                )
                self._of_line(DifferenceKind.BILLED_NOT_DELIVERED, place, price * left, said, left)
            if rest:
                is_rounding = abs(rest) <= max(1, _count(line) // 2)
                kind = DifferenceKind.ROUNDING if is_rounding else DifferenceKind.WRONG_PRICE
                self._of_line(kind, place, rest, say("The line is not its quantity times its price."), 0)
            self._lump_prices(place, [each for each in leads if each.lump_apart])

    def _lump_prices(self, place: int, leads: list[Lead]) -> None:
        by_price: dict[int, list[int]] = {}
        for lead in leads:
            price = lead.price or 0
            by_price.setdefault(price, []).append(lead.lump_price - price)
        for price, apart in sorted(by_price.items()):
            said = say(
                "{count} at another price than {price}, matched by count as a lump.",
                count=Count(len(apart), "lead"),
                price=Money(price, self._kept.currency),
            )
            self._of_line(DifferenceKind.WRONG_PRICE, place, sum(apart), said, len(apart))

    def credit_lumps(self) -> None:
        """Credits that name no lead are taken off leads that were billed and are not owed, by count and price."""
        kept = self._kept
        lumps = self._lumps(credits_=True)
        if not lumps:
            return
        waiting: dict[int, deque[Lead]] = {}
        for lead in kept.leads:
            over = self._billed(lead) - lead.counted if lead.is_billed and not self._is_foreign(lead) else 0
            if over > 0 and lead.standing is Standing.DUE and lead.due is not None:
                waiting.setdefault(over, deque()).append(lead)
        for place in lumps:
            line = kept.lines[place]
            unit = _unit(line)
            if unit != unit.to_integral_value() or -line.amount != unit * _count(line):
                continue
            some = waiting.get(int(unit), deque())
            leads = [some.popleft() for _ in range(min(len(some), _count(line)))]
            for lead in leads:
                lead.lump_credit = int(unit)
            if leads:
                kept.matches[place] = Match(
                    invoice=kept.papers[place], line=line.place, amount=line.amount, how=How.AS_LUMP, confidence=100,
                    signs=(Sign.COUNT_AND_PRICE,), count=len(leads),
                )  # fmt: skip
            rest = line.amount + int(unit) * len(leads)
            if rest and leads:
                said = say("The line credits more than was billed and is not owed.")
                self._of_line(DifferenceKind.ADJUSTMENT, place, rest, said, _count(line) - len(leads))

    # ----------------------------------------------------------------------------------------- differences

    def _of_line(self, kind: DifferenceKind, place: int, amount: int, said: Said, count: int = 1) -> None:
        kept = self._kept
        # Of a line that bills again what another bills, the lead is known.
        known = kept.matches.get(self.duplicates[place]) if place in self.duplicates else None
        self._found.append(
            Difference(
                kind=kind,
                amount=amount,
                said=said,
                invoice=kept.papers[place],
                line=kept.lines[place].place,
                count=count,
                delivery_id="" if known is None else known.delivery_id,
                lead_id="" if known is None else known.lead_id,
            )
        )

    def _of_lead(self, kind: DifferenceKind, lead: Lead, amount: int, said: Said) -> None:
        kept = self._kept
        place = lead.lines[0] if lead.lines else lead.lump if lead.lump >= 0 else next(iter(lead.credits), -1)
        self._found.append(
            Difference(
                kind=kind,
                amount=amount,
                said=said,
                invoice=kept.papers[place] if place >= 0 else "",
                line=kept.lines[place].place if place >= 0 else "",
                delivery_id=lead.delivery_id,
                lead_id=lead.lead_id,
                state=lead.state,
                code=lead.code,
                clause=lead.clause,
                clause_ref=lead.clause_ref,
            )
        )

    def _is_foreign(self, lead: Lead) -> bool:
        return bool(lead.lines) and self._kept.foreign[lead.lines[0]]

    def _worth(self, line: int) -> int:
        """Minor units of the line in the currency of the invoice."""
        return 0 if self._kept.foreign[line] else self._kept.lines[line].amount

    def _billed(self, lead: Lead) -> int:
        """What is billed for the lead by its right line, less what is credited."""
        own = self._worth(lead.lines[0]) if lead.lines else lead.lump_price
        return own + sum(map(self._worth, lead.credits)) - lead.lump_credit

    def differences(self) -> Iterator[Difference]:
        """All of them, once everything is matched."""
        kept = self._kept
        for lead in kept.leads:
            if lead.is_billed:
                self._billed_lead(lead)
            else:
                self._unbilled_lead(lead)
        for place, line in enumerate(kept.lines):
            if place in self.duplicates:
                same = kept.lines[self.duplicates[place]].place
                said = say("The lead is billed by line {line} already.", line=same)
                self._of_line(DifferenceKind.DUPLICATE_LINE, place, self._worth(place), said)
            elif place not in kept.matches and line.amount:
                self._unmatched_line(place)
            elif kept.foreign[place] and line.amount < 0:
                said = say("The line is in {currency}: it takes nothing off.", currency=line.currency)
                self._of_line(DifferenceKind.WRONG_CURRENCY, place, 0, said)
        for invoice in kept.invoices:
            if invoice.total is not None and invoice.total != invoice.sum_of_lines:
                said = say(
                    "The invoice says {total} in all; its lines add up to {sum}.",
                    total=Money(invoice.total, invoice.currency),
                    sum=Money(invoice.sum_of_lines, invoice.currency),
                )
                yield Difference(
                    kind=DifferenceKind.TOTAL,
                    amount=invoice.total - invoice.sum_of_lines,
                    said=said,
                    invoice=invoice.number,
                    count=0,
                )
        yield from self._found

    def _unbilled_lead(self, lead: Lead) -> None:
        for place in lead.credits:
            said = say("The lead is credited, but no line bills it.")
            self._of_lead(DifferenceKind.CREDIT, lead, self._worth(place), said)
        if lead.standing is Standing.DUE and (lead.counted or lead.due is None):
            if lead.due is None:
                said = say("The lead was delivered and is not billed; its price is not known yet.")
            else:
                said = say("The lead was delivered, is owed, and is not billed.")
            self._of_lead(DifferenceKind.DELIVERED_NOT_BILLED, lead, -lead.counted, said)

    def _billed_lead(self, lead: Lead) -> None:
        """The difference between what is billed for the lead and what is owed. Of a lump what is wrong with its price
        is told for all of its leads at once."""
        billed = self._billed(lead)
        apart = billed - lead.counted
        if lead.standing is not Standing.DUE:
            self._not_ours(lead, apart)
        elif self._is_foreign(lead):
            told = self._kept.lines[lead.lines[0]]
            said = say(
                "The line is in {currency}, the contract in {own}: it bills nothing of what is owed.",
                currency=told.currency or "?",
                own=self._kept.currency,
            )
            self._of_lead(DifferenceKind.WRONG_CURRENCY, lead, apart, said)
        elif lead.due is None:
            said = say("What is owed for the lead is not known yet, and counted as nothing.")
            self._of_lead(DifferenceKind.PRICE_NOT_KNOWN, lead, apart, said)
        elif lead.price is None:
            self._not_owed(lead, apart)
        elif lead.credits or lead.lump_credit:
            self._credited(lead, apart - lead.lump_apart)
        else:
            self._plain(lead, billed)

    def _plain(self, lead: Lead, billed: int) -> None:
        price, due = lead.price or 0, lead.due or 0
        billed -= lead.lump_apart
        wrong, not_owed = billed - price, price - due
        if not_owed > 0 and wrong < 0:
            wrong, not_owed = (0, billed - due) if billed > due else (billed - due, 0)
        if wrong:
            self._wrong_price(lead, billed, wrong)
        if not_owed:
            self._not_owed(lead, not_owed)

    def _wrong_price(self, lead: Lead, billed: int, wrong: int) -> None:
        kind = DifferenceKind.ROUNDING if abs(wrong) <= 1 else DifferenceKind.WRONG_PRICE
        currency = self._kept.currency
        said = say(
            "{billed} is billed; by the contract the lead costs {price}.",
            billed=Money(billed, currency),
            price=Money(lead.price or 0, currency),
        )
        self._of_lead(kind, lead, wrong, said)

    def _not_owed(self, lead: Lead, amount: int) -> None:
        if not amount:
            return
        if lead.code is ReasonCode.OVER_CAP:
            kind, said = DifferenceKind.OVER_CAP, say("The lead is billed, but came beyond the cap.")
        elif lead.is_claim_needed:
            kind, said = DifferenceKind.BILLED_RETURNABLE, say("The lead is billed, but is a creditable return.")
        else:
            kind, said = DifferenceKind.BILLED_NOT_PAYABLE, say("The lead is billed, but is not payable by itself.")
        if lead.clause and lead.code is not None:
            named = f"{lead.clause_ref} ({lead.clause})" if lead.clause_ref else lead.clause
            reason = lead.code.value
            said = say("{said} {reason}, clause {clause}.", said=said, reason=reason, clause=named)
        self._of_lead(kind, lead, amount, said)

    def _credited(self, lead: Lead, apart: int) -> None:
        if apart < 0:
            self._of_lead(
                DifferenceKind.CREDIT, lead, apart, say("More is credited than the lead was billed beyond.")
            )
        elif lead.price != lead.due:
            self._not_owed(lead, apart)
        elif apart:
            self._wrong_price(lead, lead.counted + apart, apart)

    def _not_ours(self, lead: Lead, apart: int) -> None:
        kind, said = {
            Standing.ELSEWHERE: (
                DifferenceKind.OUTSIDE_PERIOD,
                say("The lead counts outside of the period of the statement."),
            ),
            Standing.OTHER_CURRENCY: (
                DifferenceKind.WRONG_CURRENCY,
                say("The contract of the lead is in another currency."),
            ),
            Standing.NO_CONTRACT: (
                DifferenceKind.NO_CONTRACT,
                say("The lead was delivered, but falls under no contract."),
            ),
        }[lead.standing]
        if apart:
            self._of_lead(kind, lead, apart, said)

    def _unmatched_line(self, place: int) -> None:
        kept = self._kept
        line, worth = kept.lines[place], self._worth(place)
        begin, end = kept.bounds
        last = line.until or line.at
        if kept.foreign[place]:
            said = say("The line is in {currency}, and no delivery was found for it.", currency=line.currency)
            self._of_line(DifferenceKind.WRONG_CURRENCY, place, worth, said)
        elif place in self.doubts:
            said = say("What the line means is doubtful: a person has to say it.")
            self._of_line(DifferenceKind.DOUBTFUL, place, worth, said)
        elif worth < 0:
            said = say("The line takes off without naming a lead that is billed.")
            self._of_line(DifferenceKind.ADJUSTMENT, place, worth, _with_text(said, line), 0)
        elif line.at is not None and (
            (begin is not None and last is not None and last < begin) or (end is not None and line.at >= end)
        ):
            said = say("The line is of a day outside of the period, and no delivery was found for it.")
            self._of_line(DifferenceKind.OUTSIDE_PERIOD, place, worth, said)
        else:
            said = say("No delivery was found for the line.")
            count = max(_count(line), 1)
            self._of_line(DifferenceKind.BILLED_NOT_DELIVERED, place, worth, _with_text(said, line), count)


def _with_text(said: Said, line: InvoiceLine) -> Said:
    return say("{said} It says: {text}", said=said, text=verbatim(line.description)) if line.description else said


def _print(line: InvoiceLine) -> object:
    """What the line prints of its lead; lines that print the same mean the same."""
    return line.refs, line.at, line.until, tuple(sorted(line.keys.items())), line.amount, line.quantity


def _is_lump(line: InvoiceLine) -> bool:
    """Whether the line names no lead: at most a day. With a quantity even an id is that of an article."""
    if abs(line.quantity) != 1:
        return True
    return not line.refs and not line.keys and (line.at is None or line.until is not None)


class _Pool:
    """Leads that no line names, by price: those that are owed first."""

    def __init__(self, leads: Iterable[Lead]) -> None:
        self._of: dict[int | None, tuple[deque[Lead], deque[Lead]]] = {}
        for lead in leads:
            owed, not_owed = self._of.setdefault(lead.price, (deque(), deque()))
            (owed if lead.due == lead.price else not_owed).append(lead)

    def priced(self, unit: Decimal, count: int) -> list[Lead]:
        """At most so many leads that cost that much, but for a part of a minor unit."""
        low = int(unit.to_integral_value(ROUND_FLOOR))
        prices = [low] if unit == low else [low, low + 1]
        return self._taken(prices, count)

    def near(self, unit: Decimal, count: int) -> list[Lead]:
        """At most so many leads that cost more or less than that, the nearest first, then those of unknown price."""
        known = [price for price in self._of if price is not None and price < unit * _TWICE and unit < price * _TWICE]
        nearest = sorted(known, key=lambda price: (abs(price - unit), price))
        return self._taken([*nearest, None], count)

    def _taken(self, prices: Iterable[int | None], count: int) -> list[Lead]:
        found: list[Lead] = []
        among = [self._of[price] for price in prices if price in self._of]
        for which in (0, 1):
            for both in among:
                some = both[which]
                while some and len(found) < count:
                    lead = some.popleft()
                    if not lead.is_billed:
                        found.append(lead)
        return found


class _Pools:
    """A pool of all leads, and one for each day that lines name."""

    def __init__(self, leads: list[Lead]) -> None:
        self._leads = [each for each in leads if each.standing is Standing.DUE and not each.is_billed]
        self._pools: dict[tuple[datetime, datetime] | None, _Pool] = {}

    def of(self, line: InvoiceLine) -> _Pool:
        """The leads that the line may be about."""
        place = (line.at, line.until) if line.at is not None and line.until is not None else None
        if place is not None and place not in self._pools and len(self._pools) >= _MOST_RANGES:
            place = None
        pool = self._pools.get(place)
        if pool is None:
            among = self._leads if place is None else self._between(*place)
            pool = self._pools[place] = _Pool(among)
        return pool

    def _between(self, begin: datetime, end: datetime) -> list[Lead]:
        first = bisect_left(self._leads, begin, key=lambda each: each.at)
        return self._leads[first : bisect_right(self._leads, end, key=lambda each: each.at)]
