"""Every delivery of a buyer judged under its contract, one after another, in memory that does not grow with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Protocol

from audits.contracts.book import ContractBook
from audits.contracts.calendar import SpanCalendar
from audits.contracts.draft import NOTHING_FOUND, draft
from audits.contracts.intake import Intake
from audits.contracts.limits import Limits
from audits.contracts.prices import Prices
from audits.contracts.steps import Draft, Taken
from audits.model.contract import Contract, Remedy
from audits.model.delivery import ClaimStatus, Delivery, Proof
from audits.model.quick import quick
from audits.model.reasons import ReasonCode
from audits.model.said import Said, joined, say
from audits.model.verdict import LeadState, LeadVerdict, Missing

_verdict = quick(LeadVerdict)
_new_draft = quick(Draft)
_new_taken = quick(Taken)
# A name of the module is found sooner than a member of an enumeration.
_PAYABLE = LeadState.PAYABLE
_BLOCKED = say("The cap on returns was used up before it.")
_BORNE = say("It is among those that the buyer bears by the agreed tolerance.")


#: What was found of a delivery: None, it is unmatched; the place of its version in the book, when nothing is said
#: against it; else that place, when it counts, and what `Draft` says of it without the lead.
Note = int | tuple[Any, ...] | None


class Notes(Protocol):
    """Keeps notes and gives them back in their order: a list, or a file where there are more than memory should
    hold. What is in a tuple may be copied."""

    def append(self, note: Note, /) -> None:
        """Keep one more."""

    def __iter__(self) -> Iterator[Note]:
        """All of them."""


def in_order(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """The deliveries in the order in which `judge_all` takes them."""
    return sorted(deliveries, key=lambda each: (each.delivered_at, each.delivery_id, each.vendor))


def judge_all(
    book: ContractBook,
    deliveries: Callable[[], Iterable[Delivery]],
    as_of: datetime,
    on_unmatched: Callable[[Delivery, Said], None] | None = None,
    notes: Notes | None = None,
) -> Iterator[LeadVerdict]:
    """The verdict on each delivery that falls under a contract of the book, in order; the others are given to
    `on_unmatched`, with the reason. What was delivered after `as_of` (aware UTC) is not there yet.

    `deliveries` gives them anew each time it is called, in the order of `in_order`: they are gone through once more
    when a contract needs to know how many there were, or what was sold later. With empty `notes` to keep what was
    found then, none is judged twice. Raises ValueError when they are out of order, or when one comes twice.
    """
    settlements = {id(contract): Settlement(contract, as_of, at) for at, contract in enumerate(book.contracts)}
    counting, judging = Intake(book, as_of), Intake(book, as_of)
    if judging.is_foresight_needed:
        for delivery in _checked(deliveries(), as_of):
            counting.foresee(delivery)
            judging.foresee(delivery)
    is_counted = any(each.is_counted_first for each in settlements.values())
    if is_counted:
        for delivery in _checked(deliveries(), as_of):
            taken = counting.take(delivery)
            note = None if taken is None else settlements[id(taken.contract)].count(taken, is_noted=notes is not None)
            if notes is not None:
                notes.append(note)
    if is_counted and notes is not None:
        by_place = [settlements[id(contract)] for contract in book.contracts]
        for delivery, note in zip(_checked(deliveries(), as_of), notes, strict=True):
            if note is not None:
                yield by_place[note if isinstance(note, int) else note[0]].noted(delivery, note)
            elif on_unmatched is not None:
                on_unmatched(delivery, book.why_unmatched(delivery))
        return
    take = judging.take
    for delivery in _checked(deliveries(), as_of):
        taken = take(delivery)
        if taken is not None:
            yield settlements[id(taken.contract)].verdict(taken)
        elif on_unmatched is not None:
            on_unmatched(delivery, book.why_unmatched(delivery))


def _checked(deliveries: Iterable[Delivery], as_of: datetime) -> Iterator[Delivery]:
    previous: Delivery | None = None
    for delivery in deliveries:
        at = delivery.delivered_at
        if previous is not None and at <= previous.delivered_at:
            _check_order(previous, delivery)
        if at > as_of:
            return
        previous = delivery
        yield delivery


def _check_order(previous: Delivery, delivery: Delivery) -> None:
    before = (previous.delivered_at, previous.delivery_id, previous.vendor)
    this = (delivery.delivered_at, delivery.delivery_id, delivery.vendor)
    if this < before:
        raise ValueError(
            f"delivery {delivery.delivery_id} of {delivery.delivered_at.isoformat()} comes after delivery "
            f"{previous.delivery_id} of {previous.delivered_at.isoformat()}; give them by instant, then by id"
        )
    if this == before:
        raise ValueError(f"delivery {delivery.delivery_id} of {delivery.vendor} comes twice")


class Settlement:
    """The last steps for one version: return caps, tolerance and what is owed. Where `is_counted_first`, every lead
    of the version is given to `count` before the first verdict is asked for. `place`: that of the version among all,
    for notes."""

    def __init__(self, contract: Contract, as_of: datetime, place: int = 0) -> None:
        calendar = SpanCalendar(contract.timezone, contract.cycle)
        self._contract = contract
        self._as_of = as_of
        self._place = place
        self._limits = Limits(contract, calendar)
        self._prices = Prices(contract, calendar)
        self._name, self._version, self._currency = contract.contract, contract.version, contract.currency
        self._source_field = contract.sub_source
        self._is_limited = self._limits.is_there
        self._has_replacements = contract.returns is not None and contract.returns.remedy is Remedy.REPLACEMENT
        self.is_counted_first = self._limits.is_counted_first or self._prices.is_counted_first

    def count(self, taken: Taken, *, is_noted: bool = False) -> Note:
        """Take the lead into the numbers of its spans. What was found of it, where that `is_noted`."""
        self._prices.count(taken, taken.out is not None)
        is_limited = self._limits.is_counted_first
        if _is_plain(taken):
            if is_limited:
                self._limits.count(taken, False, False, False)
            if taken.counts_at is taken.delivery.delivered_at:
                return self._place
            return self._place, taken.counts_at
        if not is_limited and not is_noted:
            return None
        drafted = draft(taken, self._as_of)
        if is_limited:
            is_return = drafted.state is LeadState.RETURNABLE and not drafted.is_out
            is_settled = is_return and _credit(drafted, self._as_of) is not None
            self._limits.count(taken, drafted.is_out, is_return, is_settled)
        return _note(self._place, drafted) if is_noted else None

    def noted(self, delivery: Delivery, note: int | tuple[Any, ...]) -> LeadVerdict:
        """The verdict on a lead of which `count` gave that note."""
        if isinstance(note, int):
            return self._plain(
                _new_taken(delivery=delivery, contract=self._contract, counts_at=delivery.delivered_at)
            )
        taken = _new_taken(delivery=delivery, contract=self._contract, counts_at=note[1])
        return self._plain(taken) if len(note) == _PLAIN_NOTE else self._decided(_drafted(taken, note))

    def verdict(self, taken: Taken) -> LeadVerdict:
        """The verdict on the lead."""
        return self._plain(taken) if _is_plain(taken) else self._decided(draft(taken, self._as_of))

    def _plain(self, taken: Taken) -> LeadVerdict:
        if self._is_limited:
            self._limits.pass_by(taken, False, False)
        price = self._prices.price_of(taken, False, self._as_of)
        return self._written(taken, price, price, _PAYABLE, "", "", NOTHING_FOUND)

    def _decided(self, drafted: Draft) -> LeadVerdict:
        taken = drafted.taken
        price = self._prices.price_of(taken, drafted.is_out, self._as_of)
        state, said, clause, clause_ref = drafted.state, drafted.said, drafted.clause, drafted.clause_ref
        is_claim_needed, is_replacement_due = drafted.is_claim_needed, False
        amount = price
        is_return = state is LeadState.RETURNABLE and not drafted.is_out
        credit = _credit(drafted, self._as_of) if is_return else None
        self._limits.pass_by(taken, drafted.is_out, credit is not None)
        if drafted.is_out:
            amount = 0
        elif credit is not None:
            amount = None if price is None else price - credit
        elif is_return:
            state = self._limits.settle(taken)
            returns = taken.contract.returns
            if state is LeadState.RETURNABLE:
                is_replacement_due = self._has_replacements
                amount = price if is_replacement_due else 0
            elif state is LeadState.BLOCKED_BY_CAP and returns is not None and returns.cap is not None:
                is_claim_needed = False
                clause, clause_ref = "returns.cap", returns.cap.ref
                said = joined(said, _BLOCKED)
            elif returns is not None and returns.tolerance is not None:
                is_claim_needed = False
                clause, clause_ref = "returns.tolerance", returns.tolerance.ref
                said = joined(said, _BORNE)
        return self._written(
            taken,
            price,
            amount,
            state,
            clause,
            clause_ref,
            said,
            drafted.code,
            drafted.found_by,
            drafted.proofs,
            drafted.missing,
            is_claim_needed,
            is_replacement_due,
            drafted.claimable_from,
            drafted.deadline_at,
        )

    def _written(
        self,
        taken: Taken,
        price: int | None,
        amount: int | None,
        state: LeadState,
        clause: str,
        clause_ref: str,
        said: Said,
        code: ReasonCode | None = None,
        found_by: tuple[str, ...] = (),
        proofs: tuple[Proof, ...] = (),
        missing: tuple[Missing, ...] = (),
        is_claim_needed: bool = False,
        is_replacement_due: bool = False,
        claimable_from: datetime | None = None,
        deadline_at: datetime | None = None,
    ) -> LeadVerdict:
        delivery = taken.delivery
        at, counts_at = delivery.delivered_at, taken.counts_at
        sub_source = delivery.sub_source
        if not sub_source and self._source_field:
            sub_source = delivery.fields.get(self._source_field, "")
        return _verdict(
            delivery_id=delivery.delivery_id,
            lead_id=delivery.lead_id,
            vendor=delivery.vendor,
            sub_source=sub_source,
            contract=self._name,
            contract_version=self._version,
            delivered_at=at,
            as_of=self._as_of,
            state=state,
            code=code,
            clause=clause,
            clause_ref=clause_ref,
            said=said,
            currency=self._currency,
            price=price,
            amount=amount,
            found_by=found_by,
            proofs=proofs,
            missing=missing,
            is_claim_needed=is_claim_needed,
            is_replacement_due=is_replacement_due,
            claimable_from=claimable_from,
            deadline_at=deadline_at,
            counts_at=None if counts_at is at or counts_at == at else counts_at,
            replaces=delivery.replaces,
        )


_PLAIN_NOTE = 2


def _note(place: int, drafted: Draft) -> tuple[Any, ...]:
    """What `_drafted` makes the draft of again."""
    return (
        place, drafted.taken.counts_at, drafted.state, drafted.said, drafted.code, drafted.clause, drafted.clause_ref,
        drafted.found_by, drafted.proofs, drafted.missing, drafted.is_out, drafted.is_claim_needed,
        drafted.claimable_from, drafted.deadline_at,
    )  # fmt: skip


def _drafted(taken: Taken, note: tuple[Any, ...]) -> Draft:
    (
        _, _, state, said, code, clause, clause_ref, found_by, proofs, missing, is_out, is_claim_needed,
        claimable_from, deadline_at,
    ) = note  # fmt: skip
    return _new_draft(
        taken=taken,
        state=state,
        said=said,
        code=code,
        clause=clause,
        clause_ref=clause_ref,
        found_by=found_by,
        proofs=proofs,
        missing=missing,
        is_out=is_out,
        is_claim_needed=is_claim_needed,
        claimable_from=claimable_from,
        deadline_at=deadline_at,
    )


def _is_plain(taken: Taken) -> bool:
    """Whether nothing is said against the lead by anybody, so that it is payable."""
    return taken.out is None and not taken.charges and not taken.delivery.grounds and taken.delivery.claim is None


def _credit(drafted: Draft, as_of: datetime) -> int | None:
    """The credit with which the lead's claim was settled by then, in minor units; None: it was not settled so."""
    claim = drafted.taken.delivery.claim
    if claim is None or claim.status is not ClaimStatus.SETTLED or not claim.credited:
        return None
    is_later = any(each is not None and each > as_of for each in (claim.sent_at, claim.answered_at))
    return None if is_later else claim.credited
