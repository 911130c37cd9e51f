"""Rows of a file of deliveries → `Delivery`, in two steps.

`cook` checks a row once and keeps what it says as plain texts and numbers, which `marshal` writes and reads quicker
than anything else; `make` makes the delivery of it, as often as it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from audits.contracts.findings import LeadFindings
from audits.model.contact_data import region_of
from audits.model.contract import KeyField
from audits.model.delivery import (
    NOT_SEEN,
    Channel,
    Claim,
    ClaimStatus,
    Delivery,
    EarlierRecord,
    Ground,
    Handling,
    HandlingFact,
    Proof,
    ProofKind,
    Try,
)
from audits.model.quick import quick
from audits.model.reasons import ReasonCode
from connector.contracts.delivery_map import DELIVERED, Column
from connector.contracts.delivery_terms import DeliveryTerms, VendorTerms
from connector.contracts.person_keys import email_key, phone_key
from connector.exports.problems import BadCell, excerpt

#: A row as `cook` leaves it: texts, numbers and tuples of them.
Cooked = tuple[Any, ...]

_FACT_OF = {
    Column.DISPOSITION: HandlingFact.DISPOSITION,
    Column.DISPOSED_AT: HandlingFact.DISPOSITION,
    Column.CONTACTED_AT: HandlingFact.CONTACTED,
    Column.QUOTE_STARTED_AT: HandlingFact.QUOTE_STARTED,
}
_CLAIMS = (
    Column.REASON,
    Column.REASON_PROOF,
    Column.CLAIM_STATUS,
    Column.CLAIMED_AT,
    Column.ANSWERED_AT,
    Column.REMARK,
    Column.CREDITED,
)
_AMOUNT = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,2}|[.][0-9]{1,4})?")
_BETWEEN = re.compile(r"\s*[;|\n]\s*")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_parsed = datetime.fromisoformat
_NO_GROUNDS: tuple[Ground, ...] = ()
_UNTRIED: tuple[Try, ...] = ()
_NOTHING_EARLIER: tuple[EarlierRecord, ...] = ()
_new_handling = quick(Handling)
_new_try = quick(Try)
_new_delivery = quick(Delivery)
_CHANNELS = {each.value: each for each in Channel}


class RowPlan:
    """Where in a row what stands, for rows with the same columns. `columns`: the place of each that is there;
    `fields`: name and place of each field. `region`: of phone numbers without +, where no field `country` says."""

    def __init__(
        self,
        columns: Mapping[Column, int],
        fields: Sequence[tuple[str, int]],
        terms: DeliveryTerms,
        region: str | None,
    ) -> None:
        self._terms = terms
        self._region = region
        self._columns = columns
        came = [(column.value, place) for column, place in columns.items() if column in DELIVERED]
        named = [*came, *((name, place) for name, place in fields if name not in dict(came))]
        self.names = tuple(name for name, _ in named)
        self._values: Callable[[Sequence[str]], tuple[str, ...]] = _getter([place for _, place in named])
        self._country = dict(named).get("country", -1)
        self._place = {column: columns.get(column, -1) for column in Column}
        acts = (Column.ATTEMPTS, Column.FIRST_ATTEMPT_AT, *_FACT_OF)
        self._acts = [(column, columns[column]) for column in acts if column in columns]
        self._handling: Callable[[Sequence[str]], tuple[str, ...]] = _getter([place for _, place in self._acts])
        claims = [columns[each] for each in _CLAIMS if each in columns]
        self._claims: Callable[[Sequence[str]], tuple[str, ...]] = _getter(claims)
        self.unknown = self._not_shown()
        # Who was not tried a first time was not tried later either.
        is_first_shown = HandlingFact.ATTEMPTS not in self.unknown
        self._untried = self.unknown - {HandlingFact.LATER_ATTEMPTS} if is_first_shown else self.unknown
        #: Of a row in which nothing of the handling is filled in.
        self.idle = NOT_SEEN if len(self._untried) == len(HandlingFact) else Handling(unknown=self._untried)
        place = self._place
        self._hot = (
            place[Column.DELIVERY_ID], place[Column.LEAD_ID], place[Column.DELIVERED_AT], place[Column.VENDOR],
            place[Column.PHONE], place[Column.EMAIL], place[Column.SUBMITTED_AT], place[Column.SUB_SOURCE],
        )  # fmt: skip
        seldom = (Column.CONSENT, Column.REPLACES, Column.REVENUE, Column.CONVERTED_AT)
        self._seldom: Callable[[Sequence[str]], tuple[str, ...]] = _getter(
            [columns[each] for each in seldom if each in columns]
        )

    def _not_shown(self) -> frozenset[HandlingFact]:
        shown = {_FACT_OF[column] for column in _FACT_OF if column in self._columns}
        if Column.ATTEMPTS in self._columns:
            shown |= {HandlingFact.ATTEMPTS, HandlingFact.LATER_ATTEMPTS}
        elif Column.FIRST_ATTEMPT_AT in self._columns:
            shown |= {HandlingFact.ATTEMPTS}
        return frozenset(HandlingFact) - shown

    def cook(self, cells: Sequence[str]) -> tuple[datetime, Cooked]:
        """When it was delivered, and the row as plain values. Raises BadCell naming the column.

        `cells`: one text for each column, without blanks around it; "" = empty.
        """
        at_id, at_lead, at_delivered, at_vendor, at_phone, at_email, at_submitted, at_source = self._hot
        lead_id = cells[at_lead] if at_lead >= 0 else ""
        delivery_id = (cells[at_id] if at_id >= 0 else "") or lead_id
        if not delivery_id:
            raise BadCell(Column.DELIVERY_ID.value, "", "is empty, and so is lead_id")
        vendor = (cells[at_vendor] if at_vendor >= 0 else "") or self._terms.vendor
        if not vendor:
            raise BadCell(Column.VENDOR.value, "", "is empty, and the contracts are of several vendors")
        terms = self._terms.of(vendor)
        text = cells[at_delivered]
        try:
            delivered_at, delivered = terms.instant(text)
        except ValueError as error:
            raise BadCell(Column.DELIVERED_AT.value, excerpt(text), str(error) if text else "is empty") from None
        values = self._values(cells)
        if at_source >= 0 and cells[at_source]:
            sub_source = cells[at_source]
        elif terms.sub_source_field == "":
            sub_source = ""
        else:
            sub_source = terms.sub_source(dict(zip(self.names, values, strict=True)), delivered_at.date())
        phone = cells[at_phone] if at_phone >= 0 else ""
        if phone:
            country = cells[self._country] if self._country >= 0 else ""
            phone = phone_key(phone, region_of(country, self._region) if country else self._region)
        email = cells[at_email] if at_email >= 0 else ""
        if email:
            email = email_key(email)
        return delivered_at, (
            delivered,
            delivery_id,
            vendor,
            lead_id,
            sub_source,
            _instant(cells[at_submitted], Column.SUBMITTED_AT, terms) if at_submitted >= 0 else "",
            values,
            phone,
            email,
            self._seldom_of(cells, terms) if any(self._seldom(cells)) else None,
            self._handling_of(cells, terms) if any(self._handling(cells)) else None,
            self._claim_of(cells, terms) if any(self._claims(cells)) else None,
        )

    def _seldom_of(self, cells: Sequence[str], terms: VendorTerms) -> tuple[Any, ...]:
        revenue = self._text(cells, Column.REVENUE)
        return (
            self._text(cells, Column.CONSENT),
            self._text(cells, Column.REPLACES),
            self._minor(Column.REVENUE, revenue, terms) if revenue else None,
            _instant(self._text(cells, Column.CONVERTED_AT), Column.CONVERTED_AT, terms),
        )

    def _handling_of(self, cells: Sequence[str], terms: VendorTerms) -> tuple[Any, ...]:
        tries: list[tuple[str, str, str, str, str]] = []
        disposition = disposed_at = contacted_at = quote_started_at = ""
        for column, place in self._acts:
            text = cells[place]
            if not text:
                continue
            if column is Column.DISPOSITION:
                disposition = text
            elif column is Column.FIRST_ATTEMPT_AT:
                first = _instant(text, column, terms)
                if not tries or all(each[0] != first for each in tries):
                    tries.append((first, "call", "", "", ""))
            elif column is Column.ATTEMPTS:
                tries = [self._try(each, terms) for each in _BETWEEN.split(text) if each]
            elif column is Column.DISPOSED_AT:
                disposed_at = _instant(text, column, terms)
            elif column is Column.CONTACTED_AT:
                contacted_at = _instant(text, column, terms)
            else:
                quote_started_at = _instant(text, column, terms)
        if len(tries) > 1:
            tries.sort(key=lambda each: (_parsed(each[0]), *each[1:]))
        return tuple(tries), disposition, disposed_at, contacted_at, quote_started_at

    def _try(self, text: str, terms: VendorTerms) -> tuple[str, str, str, str, str]:
        """[call|email|other] INSTANT [#REF] [rec:RECORDING] [sha256:HEX]"""
        words = text.split()
        channel = words.pop(0).casefold() if words[0].casefold() in set(Channel) else Channel.CALL.value
        told = {"#": "", "sha256:": "", "rec:": ""}
        instant = []
        for word in words:
            mark = next((each for each in told if word.startswith(each)), None)
            if mark is None:
                instant.append(word)
            else:
                told[mark] = word.removeprefix(mark)
        try:
            at = terms.instant(" ".join(instant))[1]
        except ValueError as error:
            raise BadCell(Column.ATTEMPTS.value, excerpt(text), str(error)) from None
        return at, channel, told["#"], _hash(Column.ATTEMPTS, told["sha256:"]), told["rec:"]

    def _claim_of(self, cells: Sequence[str], terms: VendorTerms) -> tuple[Any, ...]:
        reason = self._text(cells, Column.REASON)
        codes = self._codes(reason, terms) if reason else ()
        status = self._text(cells, Column.CLAIM_STATUS).casefold()
        sent_at = _instant(self._text(cells, Column.CLAIMED_AT), Column.CLAIMED_AT, terms)
        text = self._text(cells, Column.CREDITED)
        credited = self._minor(Column.CREDITED, text, terms) if text else None
        answered = (
            _instant(self._text(cells, Column.ANSWERED_AT), Column.ANSWERED_AT, terms),
            self._text(cells, Column.REMARK),
        )
        if not status and sent_at:
            status = ClaimStatus.SENT.value
        if not status and (text or any(answered)):
            raise BadCell(Column.CLAIM_STATUS.value, "", "is empty, though the vendor answered")
        if status and status not in set(ClaimStatus):
            choices = ", ".join(ClaimStatus)
            raise BadCell(Column.CLAIM_STATUS.value, excerpt(status), f"is no status; use one of {choices}")
        claim = (status, codes[0] if codes else "", sent_at, *answered, credited) if status else None
        proofs = [_proof(each) for each in _BETWEEN.split(self._text(cells, Column.REASON_PROOF)) if each]
        if proofs and not codes:
            raise BadCell(Column.REASON.value, "", "is empty, though a proof of it is given")
        return codes, tuple(proofs), claim

    @staticmethod
    def _codes(text: str, terms: VendorTerms) -> tuple[str, ...]:
        whole = terms.reason(text)
        if whole is not None:
            return (whole.value,)
        found = []
        for part in filter(None, _BETWEEN.split(text)):
            code = terms.reason(part)
            if code is None:
                raise BadCell(Column.REASON.value, excerpt(part), "is no reason, nor a word of the contract for one")
            found.append(code.value)
        return tuple(dict.fromkeys(found))

    def _text(self, cells: Sequence[str], column: Column) -> str:
        place = self._place[column]
        return cells[place] if place >= 0 else ""

    @staticmethod
    def _minor(column: Column, text: str, terms: VendorTerms) -> int:
        if _AMOUNT.fullmatch(text) is None:
            raise BadCell(column.value, excerpt(text), "is no amount; write 1234.50")
        if terms.digits is None:
            raise BadCell(column.value, excerpt(text), "the versions of the contract have currencies of other digits")
        minor = Decimal(text.replace(",", ".")).scaleb(terms.digits)
        if minor != minor.to_integral_value():
            raise BadCell(column.value, excerpt(text), "has more digits than the currency")
        return int(minor)

    def make(self, cooked: Cooked, found: LeadFindings | None = None) -> Delivery:
        """The delivery of a row that `cook` has checked. `found`: what findings say of it beside that; of the
        handling only what this file does not show."""
        (
            delivered_at, delivery_id, vendor, lead_id, sub_source, submitted_at, values, phone, email, seldom,
            handled, claimed,
        ) = cooked  # fmt: skip
        keys = {}
        if phone:
            keys[KeyField.PHONE] = phone
        if email:
            keys[KeyField.EMAIL] = email
        handling = self.idle if handled is None else _handling(handled, self.unknown if handled[0] else self._untried)
        claim, grounds, earlier = None, _NO_GROUNDS, _NOTHING_EARLIER
        if claimed is not None:
            codes, proofs, claim = _claimed(claimed)
            grounds = tuple([Ground(code=code, proofs=proofs) for code in codes])
        if found is not None:
            stated = {each.code for each in grounds}
            grounds = (*grounds, *(each for each in found.grounds if each.code not in stated))
            earlier = found.earlier
            if found.handling is not None:
                handling = filled_in(handling, found.handling)
        consent, replaces, revenue, converted_at = seldom or ("", "", None, "")
        return _new_delivery(
            delivery_id=delivery_id,
            vendor=vendor,
            delivered_at=_parsed(delivered_at),
            lead_id=lead_id,
            sub_source=sub_source,
            submitted_at=_parsed(submitted_at) if submitted_at else None,
            fields=dict(zip(self.names, values)),  # noqa: B905  (as many as there are, by `_values`)
            keys=keys,
            consent=consent,
            replaces=replaces,
            revenue=revenue,
            converted_at=_parsed(converted_at) if converted_at else None,
            grounds=grounds,
            handling=handling,
            earlier=earlier,
            claim=claim,
        )


def _instant(text: str, column: Column, terms: VendorTerms) -> str:
    """The instant in ISO 8601, UTC; "" where there is none. Raises BadCell."""
    if not text:
        return ""
    try:
        return terms.instant(text)[1]
    except ValueError as error:
        raise BadCell(column.value, excerpt(text), str(error)) from None


def filled_in(handling: Handling, found: Handling) -> Handling:
    """`handling`, with what it does not show taken from `found`."""
    unknown = handling.unknown
    if not unknown:
        return handling
    lacks_tries = HandlingFact.ATTEMPTS in unknown or (
        HandlingFact.LATER_ATTEMPTS in unknown and HandlingFact.LATER_ATTEMPTS not in found.unknown
    )
    still = {each for each in unknown if each in found.unknown}
    lacks = unknown - still
    return Handling(
        tries=found.tries if lacks_tries and found.tries else handling.tries,
        disposition=found.disposition if HandlingFact.DISPOSITION in lacks else handling.disposition,
        disposed_at=found.disposed_at if HandlingFact.DISPOSITION in lacks else handling.disposed_at,
        contacted_at=found.contacted_at if HandlingFact.CONTACTED in lacks else handling.contacted_at,
        quote_started_at=found.quote_started_at if HandlingFact.QUOTE_STARTED in lacks else handling.quote_started_at,
        unknown=frozenset(still),
    )


def _handling(handled: tuple[Any, ...], unknown: frozenset[HandlingFact]) -> Handling:
    tries, disposition, disposed_at, contacted_at, quote_started_at = handled
    return _new_handling(
        tries=tuple([
            _new_try(at=_parsed(at), channel=_CHANNELS[channel], ref=ref, sha256=sha256, recording_id=recording_id)
            for at, channel, ref, sha256, recording_id in tries
        ])
        if tries
        else _UNTRIED,
        disposition=disposition,
        disposed_at=_parsed(disposed_at) if disposed_at else None,
        contacted_at=_parsed(contacted_at) if contacted_at else None,
        quote_started_at=_parsed(quote_started_at) if quote_started_at else None,
        unknown=unknown,
    )  # fmt: skip


def _claimed(claimed: tuple[Any, ...]) -> tuple[list[ReasonCode], tuple[Proof, ...], Claim | None]:
    codes, proofs, claim = claimed
    kept = tuple(Proof(kind=ProofKind(kind), ref=ref, sha256=sha256) for kind, ref, sha256 in proofs)
    if claim is None:
        return [ReasonCode(each) for each in codes], kept, None
    status, code, sent_at, answered_at, remark, credited = claim
    return (
        [ReasonCode(each) for each in codes],
        kept,
        Claim(
            status=ClaimStatus(status),
            code=ReasonCode(code) if code else None,
            sent_at=_parsed(sent_at) if sent_at else None,
            answered_at=_parsed(answered_at) if answered_at else None,
            remark=remark,
            credited=credited,
        ),
    )


def _proof(text: str) -> tuple[str, str, str]:
    """KIND:REF[:SHA256]"""
    kind, colon, ref = text.partition(":")
    kind = kind.strip().casefold()
    if not colon or kind not in set(ProofKind):
        raise BadCell(Column.REASON_PROOF.value, excerpt(text), f"write kind:reference, of {', '.join(ProofKind)}")
    before, colon, last = ref.rpartition(":")
    if colon and _SHA256.fullmatch(last):
        return kind, before.strip(), last.lower()
    return kind, ref.strip(), ""


def _hash(column: Column, text: str) -> str:
    if text and _SHA256.fullmatch(text) is None:
        raise BadCell(column.value, excerpt(text), "is no SHA-256 in hex")
    return text.lower()


def _getter(places: list[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    if not places:
        return lambda cells: ()
    if len(places) == 1:
        only = places[0]
        return lambda cells: (cells[only],)
    return itemgetter(*places)
