"""A contract in plain words, clause by clause, for whoever signs it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from audits.contracts.check_words import clauses
from audits.model.contract import (
    Against,
    CapKind,
    CapUnit,
    Contract,
    CutOff,
    DayOfNextMonth,
    DeliveryCap,
    DuplicateClause,
    Duration,
    Duty,
    DutyCode,
    Logic,
    Operator,
    Per,
    PriceModel,
    ReturnCap,
    Returns,
    Silence,
    Treatment,
)
from audits.model.currencies import minor_digits

_TREATED = {
    Treatment.PAY: "is owed all the same",
    Treatment.QUEUE: "waits",
    Treatment.RETURNABLE: "may be returned",
    Treatment.NOT_PAYABLE: "is not owed",
}
_AMONG = {
    Against.SAME_VENDOR: "this vendor's leads",
    Against.ANY_VENDOR: "any vendor's leads",
    Against.BUYER_CRM: "the CRM",
    Against.BUYER_OPEN_DEAL: "deals open at delivery",
}
_COMPARED = {
    Operator.IN: "is one of",
    Operator.NOT_IN: "is none of",
    Operator.EQ: "is",
    Operator.GTE: "is at least",
    Operator.LTE: "is at most",
    Operator.WITHIN_KM: "is within (km)",
}
_CUT = {CutOff.QUOTE_STARTED: "a quote was begun", CutOff.CONTACTED: "the person was spoken with"}
_PER = {Per.TOTAL: "in all", Per.CYCLE: "in each billing cycle"}


def in_words(contract: Contract) -> list[tuple[str, str, str]]:
    """(place, number in the paper, what it means) of each clause, in the order of the contract; English."""
    refs = {place: clause.ref for place, clause in clauses(contract)}
    return [(place, refs.get(place, ""), said) for place, said in _said(contract)]


def _said(contract: Contract) -> Iterator[tuple[str, str]]:
    end = f"to {contract.valid_to}" if contract.valid_to else "without an end"
    yield "", f"Holds from {contract.valid_from} {end}; days and months by the clock of {contract.timezone}."
    for index, each in enumerate(contract.match):
        yield f"match.{index}", f"Only leads whose {each.field} {_COMPARED[each.op]} {', '.join(each.value)}."
    yield "pricing", _price(contract)
    yield from _volume(contract)
    yield from _delivery(contract)
    for index, test in enumerate(contract.filters):
        yield (
            f"filters.{index}",
            f"Ordered: {test.field} {_COMPARED[test.op]} {', '.join(test.value)}; a lead that fails "
            f"{_TREATED[test.on_fail]} ({test.reason}); not known: {test.on_unknown}.",
        )
    for index, duplicate in enumerate(contract.duplicates):
        yield f"duplicates.{index}", _duplicate(duplicate)
    terms = contract.exclusivity
    sold = f", sold to at most {terms.max_sold}" if terms.max_sold else ""
    area = f", within {terms.radius_km} km" if terms.radius_km is not None else ""
    if terms.kind == "exclusive" or sold or area:
        yield "exclusivity", f"Leads are {terms.kind}{sold}{area}."
    if contract.returns is None:
        yield "returns", "Nothing can be returned."
    else:
        yield from _returns(contract.returns)
    for index, duty in enumerate(contract.duties):
        yield f"duties.{index}", _duty(duty)
    if contract.not_creditable:
        yield "not_creditable", f"Never credited: {', '.join(contract.not_creditable)}."


def _money(contract: Contract, amount: Decimal) -> str:
    return f"{amount:.{minor_digits(contract.currency)}f} {contract.currency}"


def _price(contract: Contract) -> str:
    pricing = contract.pricing
    match pricing.model:
        case PriceModel.FLAT:
            said = f"{_money(contract, pricing.price or Decimal(0))} a lead"
        case PriceModel.TIER:
            tiers = (f"from lead {tier.from_n} on {_money(contract, tier.price)}" for tier in pricing.tiers)
            whom = (
                "each lead by its own number" if pricing.tier_mode == "marginal" else "all by the last tier reached"
            )
            said = f"{'; '.join(tiers)}, counted {_per(pricing.per)}, {whom}"
        case PriceModel.BY_GEO:
            prices = ", ".join(f"{value} {_money(contract, price)}" for value, price in pricing.prices.items())
            rest = f"; else {_money(contract, pricing.price)}" if pricing.price is not None else ""
            said = f"by {pricing.field}: {prices}{rest}"
        case PriceModel.REV_SHARE:
            said = f"{pricing.percent} % of the revenue that comes of a lead"
    if pricing.overage:
        said += f"; beyond the order {pricing.overage.price_pct} % of it"
        if pricing.overage.accept_within is not None:
            said += f", if accepted within {_span(pricing.overage.accept_within)}"
    if pricing.min_order:
        said += f"; at least {pricing.min_order} leads are bought"
    return f"Price: {said}."


def _per(per: Per) -> str:
    return _PER.get(per, f"in each {per}")


def _span(span: Duration) -> str:
    hours, rest = divmod(span.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [(span.days, "day"), (hours, "hour"), (minutes, "minute"), (seconds, "second")]
    return " ".join(f"{n} {unit}" if n == 1 else f"{n} {unit}s" for n, unit in parts if n) or "no time"


def _volume(contract: Contract) -> Iterator[tuple[str, str]]:
    volume = contract.volume
    if volume.ordered is not None:
        yield "volume.ordered", f"Ordered: {volume.ordered} leads {_per(volume.per)}."
    for index, cap in enumerate(volume.caps):
        yield f"volume.caps.{index}", _cap(contract, cap)

    shortfall = volume.shortfall
    if shortfall is not None:
        parts = []
        if shortfall.refund_below is not None:
            parts.append(f"fewer than {shortfall.refund_below} are refunded")
        if shortfall.redeliver_from is not None:
            parts.append(f"{shortfall.redeliver_from} and more are delivered later")
        yield "volume.shortfall", f"Of leads that are missing, {' and '.join(parts) or 'nothing is said'}."
    if volume.pause_notice is not None:
        yield "volume.pause_notice", f"A pause is asked for {_span(volume.pause_notice)} ahead."


def _cap(contract: Contract, cap: DeliveryCap) -> str:
    much = f"{cap.limit} leads" if cap.unit is CapUnit.LEADS else f"leads for {_money(contract, cap.limit)}"
    return f"At most {much} {_per(cap.per)}; a lead over it {_TREATED[cap.over_cap]}."


def _delivery(contract: Contract) -> Iterator[tuple[str, str]]:
    terms = contract.delivery
    if terms.hours is not None:
        hours = ", ".join(f"{day} {' '.join(map('–'.join, spans))}" for day, spans in terms.hours.week.items())
        yield "delivery.hours", f"Comes {hours}; a lead at other times {_TREATED[terms.outside_hours]}."
    if terms.max_age is not None:
        clock = " of business time" if terms.business_time else ""
        yield (
            "delivery.max_age",
            f"Comes within {_span(terms.max_age)}{clock} after the request; a later one {_TREATED[terms.late]}.",
        )
    if terms.required_fields:
        names = ", ".join(terms.required_fields)
        yield "delivery.required_fields", f"Comes with {names}; one without {_TREATED[terms.missing_field]}."
    if terms.consent_proof != "none":
        yield (
            "delivery.consent_proof",
            f"Comes with proof of consent ({terms.consent_proof}); one without {_TREATED[terms.no_consent]}.",
        )


def _duplicate(clause: DuplicateClause) -> str:
    fields = (" or " if clause.logic is Logic.ANY else " and ").join(clause.fields)
    age = f"within {_span(clause.window)} before" if clause.window is not None else "at any time before"
    among, treated = _AMONG[clause.against], _TREATED[clause.treatment]
    return f"A duplicate has the same {fields} as a record {age}, among {among}; it {treated}."


def _returns(returns: Returns) -> Iterator[tuple[str, str]]:
    yield "returns.window", _window(returns)
    listed = ", ".join(reason.code for reason in returns.reasons)
    others = "" if returns.listed_reasons_only else "; others, too, unless they are never credited"
    yield "returns.reasons", f"Returned for: {listed or 'what clauses of the delivery name'}{others}."
    if returns.deemed_valid_without_disposition_after is not None:
        span = _span(returns.deemed_valid_without_disposition_after)
        yield "returns.deemed_valid_without_disposition_after", f"Without a disposition within {span} it is owed."
    if returns.cap is not None:
        yield "returns.cap", _return_cap(returns.cap)
    if returns.tolerance is not None:
        tolerance = returns.tolerance
        yield (
            "returns.tolerance",
            f"Up to {tolerance.percent} % of what is {tolerance.base} {_per(tolerance.per)} may be bad and is owed.",
        )
    yield "returns.remedy", f"A good claim gives: {returns.remedy}."
    if returns.evidence.need:
        persons = "may" if returns.evidence.personal_data else "must not"
        need = ", ".join(map(str, returns.evidence.need))
        yield "returns.evidence", f"A claim bears {need}; it {persons} name persons."
    approval = returns.approval
    if approval.answer_within is not None:
        silence = {Silence.ACCEPTED: "; silence accepts", Silence.DENIED: "; silence denies", None: ""}
        said = f"The vendor answers within {_span(approval.answer_within)}{silence[approval.silence_means]}."
        yield "returns.approval", said
    if approval.auto_if_within is not None:
        yield "returns.approval.auto_if_within", f"Claims within {_span(approval.auto_if_within)} need no answer."
    if approval.resubmit:
        yield "returns.approval.resubmit", f"A refused claim may be sent again, {approval.resubmit} times at most."


def _window(returns: Returns) -> str:
    window = returns.window
    start = "delivery" if window.start == "delivered_at" else "the end of the billing cycle"
    match window.until:
        case None:
            last = "at any time"
        case DayOfNextMonth(day=day):
            last = f"by the end of day {day} of the next month"
        case until:
            last = f"within {_span(until)} after {start}"
    first = f", not before {_span(window.not_before)} after it" if window.not_before is not None else ""
    kind = ", days being business days" if window.business_days else ""
    cut = f", and not once {_CUT[window.cut_off]}" if window.cut_off is not None else ""
    return f"Returns are claimed {last}{first}{kind}{cut}."


def _return_cap(cap: ReturnCap) -> str:
    much = f"{cap.value} leads" if cap.kind is CapKind.FIXED else f"{cap.value} % of what was {cap.base}"
    span = f"within any {_span(cap.over)}" if cap.over is not None else _per(cap.per)
    groups = f", for each {' and '.join(cap.group_by)}" if cap.group_by else ""
    return f"At most {much} returned {span}{groups}."


def _duty(duty: Duty) -> str:
    clock = " of business time" if duty.business_time else ""
    within = f"within {_span(duty.within)}{clock}" if duty.within is not None else "before the window ends"
    apart = " at different times of day" if duty.distinct_dayparts else ""
    act = {
        DutyCode.FIRST_ATTEMPT_WITHIN: f"tries to reach the person {within}",
        DutyCode.MIN_ATTEMPTS: f"tries {duty.count} times{apart} {within}",
        DutyCode.DISPOSE_WITHIN: f"records a disposition {within}",
        DutyCode.BIND_FILTERS: "keeps the filters set with the vendor",
    }[duty.code]
    hangs = f"returns for {', '.join(duty.reasons)} hang" if duty.reasons else "every return hangs"
    return f"The buyer {act}; {hangs} on it."
