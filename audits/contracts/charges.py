"""What the clauses of the delivery say of a lead: hours, age, fields, consent, filters, duplicates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from audits.contracts.comparing import compared, value_of, wanted
from audits.contracts.duplicates import DuplicateCheck, SeenDeliveries
from audits.contracts.evidence import charged
from audits.contracts.steps import Charge
from audits.contracts.windows import Timing, opening
from audits.model.contract import (
    ConsentProof,
    Contract,
    Duration,
    Filter,
    KeyField,
    OnUnknown,
    Treatment,
)
from audits.model.delivery import Delivery
from audits.model.reasons import ReasonCode
from audits.model.said import Count, Listed, Moment, Span, Value, say

Check = Callable[[Delivery], Charge | None]

_PHONE, _EMAIL = "phone", "email"
_KEY_OF = {_PHONE: KeyField.PHONE, _EMAIL: KeyField.EMAIL}


@dataclass(frozen=True, slots=True)
class Checked:
    """A check and what its clause does with a lead that does not pass."""

    check: Check
    is_out: bool


def checks_of(contract: Contract, seen: SeenDeliveries) -> tuple[Checked, ...]:
    """The checks of the contract's clauses about the delivery but caps, in the order of the law; what a clause drops
    or would hand to returns that the contract does not know is left out. Deliveries are looked up in `seen`."""
    found = [
        *_hours(contract),
        *_age(contract),
        *_fields(contract),
        *_consent(contract),
        *(each for at, clause in enumerate(contract.filters) for each in _filter(contract, clause, f"filters.{at}")),
    ]
    for at, clause in enumerate(contract.duplicates):
        check = DuplicateCheck(contract, clause, f"duplicates.{at}", seen)
        found += _checked(contract, clause.treatment, check)
    return tuple(found)


def told(span: Duration) -> Value:
    """A span of a contract in a sentence."""
    days = Count(span.days, "day")
    if not span.seconds:
        return days
    return Listed((days, Span(span.seconds))) if span.days else Span(span.seconds)


def _checked(contract: Contract, treatment: Treatment, check: Check) -> Iterator[Checked]:
    if treatment is Treatment.NOT_PAYABLE:
        yield Checked(check, is_out=True)
    elif treatment is not Treatment.PAY and contract.returns is not None:
        yield Checked(check, is_out=False)


def _hours(contract: Contract) -> Iterator[Checked]:
    terms = contract.delivery
    if terms.hours is None or terms.outside_hours is Treatment.QUEUE:
        return
    opens = opening(terms.hours, contract.timezone)

    def outside(delivery: Delivery) -> Charge | None:
        at = delivery.delivered_at
        if opens(at) == at:
            return None
        said = say("Delivered {at}, outside of the hours agreed.", at=Moment(at, contract.timezone))
        return charged(delivery, terms, "delivery.hours", ReasonCode.OUTSIDE_HOURS, said)

    yield from _checked(contract, terms.outside_hours, outside)


def _age(contract: Contract) -> Iterator[Checked]:
    terms = contract.delivery
    limit = terms.max_age
    if limit is None:
        return
    timing = Timing(contract)
    listed = {reason.code for reason in (contract.returns.reasons if contract.returns is not None else ())}
    is_stale = ReasonCode.STALE in listed and ReasonCode.LATE_DELIVERY not in listed
    code = ReasonCode.STALE if is_stale else ReasonCode.LATE_DELIVERY
    # What is younger than this is in time however the clocks were changed; only the others are looked at closely.
    surely = timedelta(days=max(limit.days - 1, 0), seconds=limit.seconds)

    def late(delivery: Delivery) -> Charge | None:
        asked = delivery.submitted_at
        if asked is None or delivery.delivered_at - asked <= surely:
            return None
        due = timing.after(asked, limit, in_business=terms.business_time)
        if due is None or delivery.delivered_at <= due:
            return None
        said = say(
            "Requested {asked} and delivered {at}; agreed: within {limit}.",
            asked=Moment(asked, contract.timezone),
            at=Moment(delivery.delivered_at, contract.timezone),
            limit=told(limit),
        )
        return charged(delivery, terms, "delivery.max_age", code, said)

    yield from _checked(contract, terms.late, late)


def _fields(contract: Contract) -> Iterator[Checked]:
    terms = contract.delivery
    required = tuple(dict.fromkeys(terms.required_fields))
    others = tuple(name for name in required if name.casefold() != _PHONE)

    phone = next((name for name in required if name.casefold() == _PHONE), "")

    def no_phone(delivery: Delivery) -> Charge | None:
        if not _lacks(delivery, phone):
            return None
        said = say("No phone number came with the lead.")
        return charged(delivery, terms, "delivery.required_fields", ReasonCode.PHONE_MISSING, said)

    def no_field(delivery: Delivery) -> Charge | None:
        missing = [name for name in others if _lacks(delivery, name)]
        if not missing:
            return None
        said = say("Did not come with the lead: {fields}.", fields=Listed(tuple(missing)))
        return charged(delivery, terms, "delivery.required_fields", ReasonCode.MISSING_FIELD, said)

    if phone:
        yield from _checked(contract, terms.missing_field, no_phone)
    if others:
        yield from _checked(contract, terms.missing_field, no_field)


def _lacks(delivery: Delivery, name: str) -> bool:
    value = delivery.fields.get(name)
    if value and not value.isspace():
        return False
    if value_of(delivery, name):
        return False
    key = _KEY_OF.get(name.casefold())
    return key is None or not delivery.keys.get(key)


def _consent(contract: Contract) -> Iterator[Checked]:
    terms = contract.delivery
    if terms.consent_proof is ConsentProof.NONE:
        return
    kinds = (ConsentProof.TRUSTEDFORM, ConsentProof.JORNAYA)
    accepted = kinds if terms.consent_proof is ConsentProof.ANY else (terms.consent_proof,)
    names = Listed(tuple(kind.value for kind in accepted))

    def no_consent(delivery: Delivery) -> Charge | None:
        consent = delivery.consent.casefold()
        for kind in accepted:
            if kind in consent:
                return None
        if consent:
            said = say("The proof of consent that came is not of the kind agreed: {kinds}.", kinds=names)
        else:
            said = say("No proof of consent came with the lead; agreed was {kinds}.", kinds=names)
        return charged(delivery, terms, "delivery.consent_proof", ReasonCode.NO_CONSENT, said)

    yield from _checked(contract, terms.no_consent, no_consent)


def _filter(contract: Contract, clause: Filter, place: str) -> Iterator[Checked]:
    holds = compared(clause)
    failed = say("{field} is not what was ordered: {wanted}.", field=clause.field, wanted=wanted(clause))
    unknown = say("{field} is not known; ordered was {wanted}.", field=clause.field, wanted=wanted(clause))

    def fails(delivery: Delivery) -> Charge | None:
        answer = holds(delivery)
        if answer:
            return None
        if answer is False:
            return charged(delivery, clause, place, clause.reason, failed)
        if clause.on_unknown is OnUnknown.PASS:
            return None
        missing = clause.field if clause.on_unknown is OnUnknown.PENDING else ""
        return charged(delivery, clause, place, clause.reason, unknown, missing=missing)

    yield from _checked(contract, clause.on_fail, fails)
