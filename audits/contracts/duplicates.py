"""Duplicates: the same person in a delivery that came before, in the buyer's CRM, or in a deal open at delivery."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from audits.contracts.evidence import charged
from audits.contracts.steps import Charge
from audits.contracts.windows import Timing
from audits.model.contract import (
    Against,
    Contract,
    DuplicateClause,
    Duration,
    KeyField,
    Logic,
    WhoIsPaid,
)
from audits.model.delivery import Delivery, EarlierRecord, Proof, ProofKind
from audits.model.reasons import ReasonCode
from audits.model.said import Listed, Moment, Said, Term, say

_STREAM = (Against.SAME_VENDOR, Against.ANY_VENDOR)
# By the calendar, days may be some hours longer than 24: a change of the clock, or of the date line.
_SLACK = timedelta(days=2)
_FORGOTTEN_EVERY = timedelta(hours=1)

_FIELD_WORDS = {
    KeyField.PHONE: Term("phone number"),
    KeyField.EMAIL: Term("e-mail address"),
    KeyField.PERSON: Term("person"),
}

Signature = tuple[KeyField, ...]
"""Fields that must all agree."""


class Seen(NamedTuple):
    """A delivery that came: what orders it comes first."""

    at: datetime
    vendor: str
    delivery_id: str


_Table = dict[object, Seen]


def signatures(clause: DuplicateClause) -> tuple[Signature, ...]:
    """The sets of fields of which one must agree wholly."""
    fields = tuple(dict.fromkeys(clause.fields))
    return (fields,) if clause.logic is Logic.ALL else tuple((field,) for field in fields)


class SeenDeliveries:
    """The last delivery of each person, as far back as the windows of the contracts reach: by vendor, and of all.

    `keep` is called once for each delivery in order, after what its contract asks of the ones before it. Sales after
    `as_of` (aware UTC) are not known yet; None: all are.
    """

    def __init__(self, contracts: Iterable[Contract], as_of: datetime | None = None) -> None:
        self._as_of = as_of
        self._own: dict[tuple[str, Signature], _Table] = {}
        self._all: dict[Signature, _Table] = {}
        self._last_before_sale: dict[tuple[str | None, Signature], dict[object, Seen]] = {}
        self._sales: dict[tuple[str | None, Signature], dict[object, datetime]] = {}
        windows: list[Duration | None] = []
        for contract in contracts:
            for clause in contract.duplicates:
                if clause.against not in _STREAM:
                    continue
                windows.append(clause.window)
                for signature in signatures(clause):
                    is_own = clause.against is Against.SAME_VENDOR
                    if is_own:
                        self._own.setdefault((contract.vendor, signature), {})
                    else:
                        self._all.setdefault(signature, {})
                    if clause.who_is_paid is WhoIsPaid.LAST_BEFORE_CONVERSION:
                        scope = (contract.vendor if is_own else None, signature)
                        self._sales[scope] = {}
                        self._last_before_sale[scope] = {}
        reach = [timedelta(days=each.days, seconds=each.seconds) for each in windows if each is not None]
        self._reach = max(reach, default=timedelta()) + _SLACK if None not in windows else None
        self._tables: dict[str, tuple[tuple[KeyField | None, Signature, _Table], ...]] = {}
        self._forget_at = datetime.min.replace(tzinfo=UTC)
        self._kept: deque[tuple[Seen, _Table, object]] = deque()
        #: Whether deliveries are looked up at all, so that `keep` must be called.
        self.is_needed = bool(windows)
        #: Whether `foresee` must be called for each delivery before the first one is taken.
        self.is_foresight_needed = bool(self._sales)

    def table(self, vendor: str | None, signature: Signature) -> Mapping[object, Seen]:
        """The last delivery by the values of `signature`: of `vendor`, or of all vendors (None)."""
        return self._all[signature] if vendor is None else self._own[vendor, signature]

    def last_before_sale(self, vendor: str | None, signature: Signature, value: object) -> Seen | None:
        """The last delivery of that person before the sale, as far as `foresee` was told."""
        return self._last_before_sale[vendor, signature].get(value)

    def sold_at(self, vendor: str | None, signature: Signature, value: object) -> datetime | None:
        """When that person bought, as far as `foresee` was told."""
        return self._sales[vendor, signature].get(value)

    def sale_of(self, delivery: Delivery) -> datetime | None:
        """When it was won, as far as that is known yet."""
        at = delivery.converted_at
        return None if at is None or (self._as_of is not None and at > self._as_of) else at

    def foresee(self, delivery: Delivery) -> None:
        """Take down whether the person bought, and which delivery was the last before that."""
        for (vendor, signature), sales in self._sales.items():
            value = value_of(delivery, signature)
            if value is None or (vendor is not None and vendor != delivery.vendor):
                continue
            converted_at = self.sale_of(delivery)
            if converted_at is not None:
                sales[value] = converted_at
            sold_at = sales.get(value)
            if sold_at is not None and delivery.delivered_at < sold_at:
                seen = Seen(delivery.delivered_at, delivery.vendor, delivery.delivery_id)
                self._last_before_sale[vendor, signature][value] = seen

    def __len__(self) -> int:
        """How many are kept because a window still reaches them."""
        return len(self._kept)

    def keep(self, delivery: Delivery) -> None:
        """Take down the delivery, and forget those that no window reaches any more."""
        vendor, at = delivery.vendor, delivery.delivered_at
        tables = self._tables.get(vendor)
        if tables is None:
            tables = self._tables[vendor] = tuple(self._tables_of(vendor))
        keys = delivery.keys
        if keys and tables:
            seen = Seen(at, vendor, delivery.delivery_id)
            for field, signature, table in tables:
                value = value_of(delivery, signature) if field is None else keys.get(field)
                if value:
                    table[value] = seen
                    if self._reach is not None:
                        self._kept.append((seen, table, value))
        if self._reach is not None and at >= self._forget_at:
            self._forget(at - self._reach)
            self._forget_at = at + _FORGOTTEN_EVERY

    def _forget(self, before: datetime) -> None:
        kept = self._kept
        while kept and kept[0][0].at < before:
            seen, table, value = kept.popleft()
            if table.get(value) is seen:
                del table[value]

    def _tables_of(self, vendor: str) -> Iterator[tuple[KeyField | None, Signature, _Table]]:
        """The field of a signature that has but one, the signature and its table."""
        found = [*self._all.items()]
        found += [(signature, table) for (owner, signature), table in self._own.items() if owner == vendor]
        for signature, table in found:
            yield signature[0] if len(signature) == 1 else None, signature, table


def value_of(delivery: Delivery, signature: Signature) -> object | None:
    """What the delivery says in all fields of the signature; None when it says nothing in one of them."""
    keys = delivery.keys
    if len(signature) == 1:
        return keys.get(signature[0]) or None
    values = tuple(keys.get(field, "") for field in signature)
    return values if all(values) else None


class DuplicateCheck:
    """One clause about duplicates, held against deliveries in order."""

    def __init__(self, contract: Contract, clause: DuplicateClause, place: str, seen: SeenDeliveries) -> None:
        self._zone = contract.timezone
        self._clause = clause
        self._place = place
        self._timing = Timing(contract)
        self._seen = seen
        self._fields = frozenset(clause.fields)
        self._is_stream = clause.against in _STREAM
        self._scope = contract.vendor if clause.against is Against.SAME_VENDOR else None
        self._signatures = signatures(clause)
        self._tables = tuple(
            (signature, seen.table(self._scope, signature))
            for signature in (self._signatures if self._is_stream else ())
        )
        self._singles = tuple((signature[0], table) for signature, table in self._tables if len(signature) == 1)
        self._is_last_paid = self._is_stream and clause.who_is_paid is WhoIsPaid.LAST_BEFORE_CONVERSION

    def __call__(self, delivery: Delivery) -> Charge | None:
        if self._is_last_paid:
            last = self._last_before_sale(delivery)
            if last is not None:
                return self._superseded(delivery, last)
        found = self._in_stream(delivery) if self._is_stream else None
        record = self._in_records(delivery) if delivery.earlier else None
        if found is None and record is None:
            return None
        if self._is_last_paid and self._is_sold_after(delivery):
            return None
        if record is not None and (found is None or record.received_at > found.at):
            return self._of_record(delivery, record)
        if found is not None:
            return self._of_delivery(delivery, found)
        return None

    def _in_stream(self, delivery: Delivery) -> Seen | None:
        """The last delivery of the same person within the window."""
        keys = delivery.keys
        found: Seen | None = None
        for field, table in self._singles:
            value = keys.get(field)
            if value:
                seen = table.get(value)
                if seen is not None and (found is None or seen > found):
                    found = seen
        if len(self._singles) < len(self._tables):
            for signature, table in self._tables:
                seen = table.get(value_of(delivery, signature))
                if seen is not None and (found is None or seen > found):
                    found = seen
        return found if found is not None and self._reaches(delivery, found.at) else None

    def _in_records(self, delivery: Delivery) -> EarlierRecord | None:
        """The last record of the same person that was there at delivery."""
        fit = [each for each in delivery.earlier if self._is_meant(delivery, each)]
        fit = [each for each in fit if self._reaches(delivery, each.received_at)]
        return max(fit, key=lambda each: (each.received_at, each.vendor, each.ref), default=None)

    def _is_meant(self, delivery: Delivery, record: EarlierRecord) -> bool:
        clause, at = self._clause, delivery.delivered_at
        if not record.received_at < at:
            return False
        agrees = self._fields <= record.shared if clause.logic is Logic.ALL else bool(self._fields & record.shared)
        if not agrees:
            return False
        if clause.against is Against.BUYER_OPEN_DEAL:
            return record.where is Against.BUYER_OPEN_DEAL and (record.closed_at is None or record.closed_at > at)
        if clause.against is Against.SAME_VENDOR:
            is_own = record.where is Against.ANY_VENDOR and record.vendor == delivery.vendor
            return record.where is Against.SAME_VENDOR or is_own
        if clause.against is Against.ANY_VENDOR:
            return record.where in _STREAM
        return record.where is clause.against

    def _reaches(self, delivery: Delivery, at: datetime) -> bool:
        window = self._clause.window
        return window is None or at >= self._timing.before(delivery.delivered_at, window)

    def _last_before_sale(self, delivery: Delivery) -> Seen | None:
        """The delivery of the same person that came after this one and was the last before the sale."""
        this = Seen(delivery.delivered_at, delivery.vendor, delivery.delivery_id)
        for signature in self._signatures:
            value = value_of(delivery, signature)
            last = None if value is None else self._seen.last_before_sale(self._scope, signature, value)
            if last is not None and last > this:
                window = self._clause.window
                if window is None or this.at >= self._timing.before(last.at, window):
                    return last
        return None

    def _is_sold_after(self, delivery: Delivery) -> bool:
        """Whether the sale came after this delivery."""
        sales = [self._seen.sale_of(delivery)]
        for signature in self._signatures:
            value = value_of(delivery, signature)
            sales.append(None if value is None else self._seen.sold_at(self._scope, signature, value))
        return any(sold_at is not None and sold_at > delivery.delivered_at for sold_at in sales)

    def _superseded(self, delivery: Delivery, last: Seen) -> Charge:
        # Other vendors are not named: the sentence is read by this one.
        at = Moment(last.at, self._zone)
        said = say("The sale came after the lead of {at}, the last one of this person before it.", at=at)
        return self._charge(
            delivery, last.vendor, said, Proof(kind=ProofKind.DELIVERY, ref=last.delivery_id, at=last.at)
        )

    def _of_delivery(self, delivery: Delivery, found: Seen) -> Charge:
        agreed = [
            field
            for signature, table in self._tables
            if table.get(value_of(delivery, signature)) == found
            for field in signature
        ]
        fields, at = _words(agreed), Moment(found.at, self._zone)
        if found.vendor == delivery.vendor:
            said = say("The same {fields} came on {at} as {ref}.", fields=fields, at=at, ref=found.delivery_id)
        else:
            said = say("The same {fields} came on {at} from another vendor.", fields=fields, at=at)
        proof = Proof(kind=ProofKind.DELIVERY, ref=found.delivery_id, at=found.at)
        return self._charge(delivery, found.vendor, said, proof)

    def _of_record(self, delivery: Delivery, record: EarlierRecord) -> Charge:
        fields = _words(self._fields & record.shared)
        at = Moment(record.received_at, self._zone)
        if record.where is Against.BUYER_OPEN_DEAL:
            said = say(
                "The same {fields} belonged to a deal since {at} that was open at delivery.", fields=fields, at=at
            )
        elif record.where is Against.BUYER_CRM:
            said = say("The same {fields} stood in the CRM since {at}.", fields=fields, at=at)
        else:
            said = say("The same {fields} came on {at} already.", fields=fields, at=at)
        is_delivery = record.where in _STREAM
        kind = ProofKind.DELIVERY if is_delivery else ProofKind.CRM_RECORD
        vendor = delivery.vendor if record.where is Against.SAME_VENDOR else record.vendor
        proof = Proof(kind=kind, ref=record.ref, at=record.received_at)
        return self._charge(delivery, vendor if is_delivery else None, said, proof)

    def _charge(self, delivery: Delivery, vendor: str | None, said: Said, proof: Proof) -> Charge:
        if vendor is None:
            code = ReasonCode.DUP_BUYER_CRM
        elif vendor == delivery.vendor:
            code = ReasonCode.DUP_SAME_VENDOR
        else:
            code = ReasonCode.DUP_OTHER_VENDOR
        return charged(delivery, self._clause, self._place, code, said, proofs=(proof,))


def _words(fields: Iterable[KeyField]) -> Listed:
    return Listed(tuple(_FIELD_WORDS[field] for field in KeyField if field in set(fields)))
