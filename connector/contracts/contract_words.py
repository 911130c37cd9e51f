"""A contract in plain words, clause by clause, for whoever signs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from audits.contracts.check_words import clauses
from audits.contracts.reason_words import REASON_WORDS
from audits.model.contract import (
    Against,
    Base,
    CapKind,
    CapUnit,
    Comparison,
    ConsentProof,
    Contract,
    CutOff,
    DayOfNextMonth,
    DeliveryCap,
    DuplicateClause,
    Duration,
    Duty,
    DutyCode,
    ExclusivityKind,
    KeyField,
    Logic,
    Need,
    NeedKind,
    OnUnknown,
    Operator,
    Per,
    PriceModel,
    Pricing,
    Remedy,
    ReturnCap,
    Returns,
    Silence,
    TierMode,
    Tolerance,
    Treatment,
    WhoIsPaid,
    WindowFrom,
)
from audits.model.reasons import ReasonCode
from audits.model.said import Count, Listed, Money, Said, Span, Term, Value, english, joined, say

_TREATED: Mapping[Treatment, Term] = {
    Treatment.PAY: Term("is owed all the same"),
    Treatment.QUEUE: Term("waits"),
    Treatment.RETURNABLE: Term("may be returned"),
    Treatment.NOT_PAYABLE: Term("is not owed"),
}
_AMONG: Mapping[Against, Term] = {
    Against.SAME_VENDOR: Term("this vendor's leads"),
    Against.ANY_VENDOR: Term("any vendor's leads"),
    Against.BUYER_CRM: Term("the CRM"),
    Against.BUYER_OPEN_DEAL: Term("deals open at delivery"),
}
_KEY: Mapping[KeyField, Term] = {
    KeyField.PHONE: Term("phone number"),
    KeyField.EMAIL: Term("e-mail address"),
    KeyField.PERSON: Term("person, by all that is known"),
}
_CUT: Mapping[CutOff, Term] = {
    CutOff.QUOTE_STARTED: Term("a quote was begun"),
    CutOff.CONTACTED: Term("the person was spoken with"),
}
_PER: Mapping[Per, Term] = {
    Per.HOUR: Term("in each hour"),
    Per.DAY: Term("in each day"),
    Per.WEEK: Term("in each week"),
    Per.MONTH: Term("in each month"),
    Per.CYCLE: Term("in each billing cycle"),
    Per.TOTAL: Term("in all"),
}
_BASE: Mapping[Base, Term] = {
    Base.DELIVERED: Term("delivered"),
    Base.USABLE: Term("usable"),
    Base.ORDERED: Term("ordered"),
}
_CONSENT: Mapping[ConsentProof, Term | str] = {
    ConsentProof.TRUSTEDFORM: "TrustedForm",
    ConsentProof.JORNAYA: "Jornaya",
    ConsentProof.ANY: Term("any of them"),
}
_NEED: Mapping[NeedKind, Term] = {
    NeedKind.LEAD_ID: Term("the id of the lead"),
    NeedKind.CALL_LOG: Term("a log of calls"),
    NeedKind.RECORDING_ID: Term("the id of a recording"),
    NeedKind.ATTEMPTS: Term("attempts"),
    NeedKind.VALIDATOR_RESULT: Term("the result of a validator"),
    NeedKind.BOUNCE: Term("a bounced e-mail"),
    NeedKind.NOTE: Term("a note"),
}


def in_words(contract: Contract) -> list[tuple[str, str, str]]:
    """(place, number in the paper, what it means) of each clause, in the order of the contract; English."""
    return [(place, ref, english(said)) for place, ref, said in clauses_said(contract)]


def clauses_said(contract: Contract) -> list[tuple[str, str, Said]]:
    """The same before any language."""
    refs = {place: clause.ref for place, clause in clauses(contract)}
    return [(place, refs.get(place, ""), said) for place, said in _said(contract)]


def _said(contract: Contract) -> Iterator[tuple[str, Said]]:
    yield "", _validity(contract)
    for index, each in enumerate(contract.match):
        yield f"match.{index}", say("Only leads that fit: {test}.", test=_test(each))
    yield "pricing", joined(*_price(contract))
    yield from _volume(contract)
    yield from _delivery(contract)
    for index, test in enumerate(contract.filters):
        unknown = {
            OnUnknown.PASS: say("Where it is not known, the lead passes."),
            OnUnknown.PENDING: say("Where it is not known, that waits for the answer."),
            OnUnknown.REJECT: say("Where it is not known, the lead fails."),
        }[test.on_unknown]
        ordered = say(
            "Ordered: {test}; a lead that fails {treated} ({reason}).",
            test=_test(test),
            treated=_TREATED[test.on_fail],
            reason=REASON_WORDS[test.reason],
        )
        yield f"filters.{index}", joined(ordered, unknown)
    for index, duplicate in enumerate(contract.duplicates):
        yield f"duplicates.{index}", _duplicate(duplicate)
    yield from _exclusivity(contract)
    if contract.returns is None:
        yield "returns", say("Nothing can be returned.")
    else:
        yield from _returns(contract.returns)
    for index, duty in enumerate(contract.duties):
        yield f"duties.{index}", _duty(duty)
    if contract.not_creditable:
        yield "not_creditable", say("Never credited: {reasons}.", reasons=_reasons(contract.not_creditable))


def _validity(contract: Contract) -> Said:
    first, zone = contract.valid_from.isoformat(), contract.timezone
    if contract.valid_to is None:
        return say(
            "Holds from {first} without an end; days and months by the clock of {zone}.", first=first, zone=zone
        )
    return say(
        "Holds from {first} to {last}; days and months by the clock of {zone}.",
        first=first,
        last=contract.valid_to.isoformat(),
        zone=zone,
    )


def _test(test: Comparison) -> Said:
    field, values = test.field, Listed(test.value)
    match test.op:
        case Operator.IN:
            return say("{field} is among {values}", field=field, values=values)
        case Operator.NOT_IN:
            return say("{field} is not among {values}", field=field, values=values)
        case Operator.EQ:
            return say("{field} is {values}", field=field, values=values)
        case Operator.GTE:
            return say("{field} is at least {values}", field=field, values=values)
        case Operator.LTE:
            return say("{field} is at most {values}", field=field, values=values)
        case Operator.WITHIN_KM:
            return say("{field} is within {values} km", field=field, values=values)


def _reasons(codes: Sequence[ReasonCode]) -> Listed:
    return Listed(tuple(REASON_WORDS[code] for code in codes))


def _money(contract: Contract, amount: Decimal) -> Money:
    return Money(contract.minor(amount), contract.currency)


def _price(contract: Contract) -> Iterator[Said]:
    pricing = contract.pricing
    match pricing.model:
        case PriceModel.FLAT:
            yield say("Price: {price} a lead.", price=_money(contract, pricing.price or Decimal(0)))
        case PriceModel.TIER:
            yield from _tiers(contract, pricing)
        case PriceModel.BY_GEO:
            prices = Listed(
                tuple(
                    say("{area} {price}", area=area, price=_money(contract, price))
                    for area, price in pricing.prices.items()
                )
            )
            yield say("Price by {field}: {prices}.", field=pricing.field, prices=prices)
            if pricing.price is not None:
                yield say("Elsewhere {price}.", price=_money(contract, pricing.price))
        case PriceModel.REV_SHARE:
            percent = _digits(pricing.percent or Decimal(0))
            yield say("Price: {percent} % of the revenue that comes of a lead.", percent=percent)
    if pricing.overage is not None:
        share = _digits(pricing.overage.price_pct)
        if pricing.overage.accept_within is None:
            yield say("Beyond the order a lead costs {percent} % of that.", percent=share)
        else:
            yield say(
                "Beyond the order a lead costs {percent} % of that, if it is accepted within {span}.",
                percent=share,
                span=_span(pricing.overage.accept_within),
            )
    if pricing.min_order:
        yield say("At least {leads} are bought.", leads=Count(pricing.min_order, "lead"))


def _tiers(contract: Contract, pricing: Pricing) -> Iterator[Said]:
    tiers = Listed(
        tuple(
            say("from lead {n} on {price}", n=tier.from_n, price=_money(contract, tier.price))
            for tier in pricing.tiers
        )
    )
    yield say("Price: {tiers}; counted {per}.", tiers=tiers, per=_PER[pricing.per])
    if pricing.tier_mode is TierMode.MARGINAL:
        yield say("Each lead costs what its own number says.")
    else:
        yield say("All leads cost what the last tier reached says.")


def _digits(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _span(span: Duration) -> Value:
    if span.days and span.seconds:
        return say("{days} {rest}", days=Count(span.days, "day"), rest=Span(span.seconds))
    return Span(span.seconds) if span.seconds else Count(span.days, "day")


def _volume(contract: Contract) -> Iterator[tuple[str, Said]]:
    volume = contract.volume
    if volume.ordered is not None:
        yield (
            "volume.ordered",
            say("Ordered: {leads} {per}.", leads=Count(volume.ordered, "lead"), per=_PER[volume.per]),
        )
    for index, cap in enumerate(volume.caps):
        yield f"volume.caps.{index}", _cap(contract, cap)
    shortfall = volume.shortfall
    if shortfall is not None:
        said = []
        if shortfall.refund_below is not None:
            said.append(say("Of leads that never came, fewer than {n} are refunded.", n=shortfall.refund_below))
        if shortfall.redeliver_from is not None:
            said.append(
                say("Of leads that never came, {n} and more are delivered later.", n=shortfall.redeliver_from)
            )
        yield "volume.shortfall", joined(*(said or [say("Of leads that never came, nothing is said.")]))
    if volume.pause_notice is not None:
        yield "volume.pause_notice", say("A pause is asked for {span} ahead.", span=_span(volume.pause_notice))


def _cap(contract: Contract, cap: DeliveryCap) -> Said:
    if cap.unit is CapUnit.MONEY:
        return say(
            "At most leads for {money} {per}; a lead over it {treated}.",
            money=_money(contract, cap.limit),
            per=_PER[cap.per],
            treated=_TREATED[cap.over_cap],
        )
    return say(
        "At most {limit} leads {per}; a lead over it {treated}.",
        limit=_digits(cap.limit),
        per=_PER[cap.per],
        treated=_TREATED[cap.over_cap],
    )


_DAYS: Mapping[str, Term] = {
    "mon": Term("Monday"),
    "tue": Term("Tuesday"),
    "wed": Term("Wednesday"),
    "thu": Term("Thursday"),
    "fri": Term("Friday"),
    "sat": Term("Saturday"),
    "sun": Term("Sunday"),
}


def _delivery(contract: Contract) -> Iterator[tuple[str, Said]]:
    terms = contract.delivery
    if terms.hours is not None:
        hours = Listed(
            tuple(
                say("{day} {hours}", day=_DAYS[day], hours=" ".join("–".join(each) for each in spans))
                for day, spans in sorted(terms.hours.week.items(), key=lambda pair: list(_DAYS).index(pair[0]))
            )
        )
        yield (
            "delivery.hours",
            say(
                "Comes on {hours}; a lead at other times {treated}.",
                hours=hours,
                treated=_TREATED[terms.outside_hours],
            ),
        )
    if terms.max_age is not None:
        names = {"span": _span(terms.max_age), "treated": _TREATED[terms.late]}
        yield (
            "delivery.max_age",
            say("Comes within {span} of business time after the request; a later one {treated}.", **names)
            if terms.business_time
            else say("Comes within {span} after the request; a later one {treated}.", **names),
        )
    if terms.required_fields:
        yield (
            "delivery.required_fields",
            say(
                "Comes with {fields}; one without {treated}.",
                fields=Listed(terms.required_fields),
                treated=_TREATED[terms.missing_field],
            ),
        )
    if terms.consent_proof is not ConsentProof.NONE:
        yield (
            "delivery.consent_proof",
            say(
                "Comes with proof of consent ({proof}); one without {treated}.",
                proof=_CONSENT[terms.consent_proof],
                treated=_TREATED[terms.no_consent],
            ),
        )


def _duplicate(clause: DuplicateClause) -> Said:
    names: dict[str, Value] = {"fields": _keys(clause), "among": _AMONG[clause.against]}
    if clause.window is None:
        first = say("A duplicate has the same {fields} as a record of any time before, among {among}.", **names)
    else:
        names["span"] = _span(clause.window)
        first = say("A duplicate has the same {fields} as a record within {span} before, among {among}.", **names)
    said = [first, say("It {treated}.", treated=_TREATED[clause.treatment])]
    if clause.who_is_paid is WhoIsPaid.LAST_BEFORE_CONVERSION:
        said.append(say("The last lead before the sale is paid."))
    return joined(*said)


def _keys(clause: DuplicateClause) -> Value:
    keys = [_KEY[each] for each in clause.fields]
    found: Value = keys[0]
    for key in keys[1:]:
        found = (
            say("{one} or {other}", one=found, other=key)
            if clause.logic is Logic.ANY
            else say("{one} and {other}", one=found, other=key)
        )
    return found


def _exclusivity(contract: Contract) -> Iterator[tuple[str, Said]]:
    terms = contract.exclusivity
    said = []
    if terms.kind is ExclusivityKind.EXCLUSIVE:
        said.append(say("Leads are sold to this buyer alone."))
    if terms.max_sold:
        said.append(say("A lead is sold to at most {n} buyers.", n=terms.max_sold))
    if terms.radius_km is not None:
        said.append(say("That holds within {n} km.", n=str(terms.radius_km)))
    if said:
        yield "exclusivity", joined(*said)


def _returns(returns: Returns) -> Iterator[tuple[str, Said]]:
    yield "returns.window", _window(returns)
    codes = [reason.code for reason in returns.reasons]
    listed = (
        say("Returned for: {reasons}.", reasons=_reasons(codes))
        if codes
        else say("Returned for what clauses of the delivery name.")
    )
    others = say("For other reasons, too, unless they are never credited.")
    yield "returns.reasons", listed if returns.listed_reasons_only else joined(listed, others)
    if returns.deemed_valid_without_disposition_after is not None:
        span = _span(returns.deemed_valid_without_disposition_after)
        yield (
            "returns.deemed_valid_without_disposition_after",
            say("Without a disposition within {span} it is owed.", span=span),
        )
    if returns.cap is not None:
        yield "returns.cap", _return_cap(returns.cap)
    if returns.tolerance is not None:
        yield "returns.tolerance", _tolerance(returns.tolerance)
    yield (
        "returns.remedy",
        {
            Remedy.CREDIT: say("A good claim gives a credit."),
            Remedy.REFUND: say("A good claim gives a refund."),
            Remedy.REPLACEMENT: say("A good claim gives another lead."),
        }[returns.remedy],
    )
    if returns.evidence.need:
        need = say("A claim bears {need}.", need=Listed(tuple(_need(each) for each in returns.evidence.need)))
        persons = say("It may name persons.") if returns.evidence.personal_data else say("It must not name persons.")
        yield "returns.evidence", joined(need, persons)
    yield from _approval(returns)


def _approval(returns: Returns) -> Iterator[tuple[str, Said]]:
    approval = returns.approval
    if approval.answer_within is not None:
        said = [say("The vendor answers within {span}.", span=_span(approval.answer_within))]
        if approval.silence_means is Silence.ACCEPTED:
            said.append(say("Silence accepts."))
        elif approval.silence_means is Silence.DENIED:
            said.append(say("Silence denies."))
        yield "returns.approval", joined(*said)
    if approval.auto_if_within is not None:
        yield (
            "returns.approval.auto_if_within",
            say("Claims within {span} need no answer.", span=_span(approval.auto_if_within)),
        )
    if approval.resubmit:
        yield (
            "returns.approval.resubmit",
            say("A refused claim may be sent again, {times} at most.", times=Count(approval.resubmit, "time")),
        )


def _need(need: Need) -> Value:
    if need.kind is NeedKind.ATTEMPTS:
        attempts = Count(need.least, "attempt")
        return say("{attempts} at different times of day", attempts=attempts) if need.distinct_dayparts else attempts
    return _NEED[need.kind] if need.least == 1 else say("{n} × {what}", n=need.least, what=_NEED[need.kind])


def _tolerance(tolerance: Tolerance) -> Said:
    return say(
        "Up to {percent} % of what is {base} {per} may be bad and is owed.",
        percent=_digits(tolerance.percent),
        base=_BASE[tolerance.base],
        per=_PER[tolerance.per],
    )


def _window(returns: Returns) -> Said:
    window = returns.window
    start = Term("delivery") if window.start is WindowFrom.DELIVERED_AT else Term("the end of the billing cycle")
    first = None if window.not_before is None else _span(window.not_before)
    match window.until, first:
        case None, None:
            said = [say("Returns are claimed at any time.")]
        case None, _:
            said = [
                say(
                    "Returns are claimed at any time, not before {first} after {start}.",
                    first=first or "",
                    start=start,
                )
            ]
        case DayOfNextMonth(day=day), None:
            said = [say("Returns are claimed by the end of day {day} of the next month.", day=day)]
        case DayOfNextMonth(day=day), _:
            said = [
                say(
                    "Returns are claimed by the end of day {day} of the next month, not before {first} after "
                    "{start}.",
                    day=day,
                    first=first or "",
                    start=start,
                )
            ]
        case Duration() as until, None:
            said = [say("Returns are claimed within {span} after {start}.", span=_span(until), start=start)]
        case until, _:
            said = [
                say(
                    "Returns are claimed within {span} after {start}, not before {first} after it.",
                    span=_span(until),
                    start=start,
                    first=first or "",
                )
            ]
    if window.business_days:
        said.append(say("Days are business days."))
    if window.cut_off is not None:
        said.append(say("No longer, once {event}.", event=_CUT[window.cut_off]))
    return joined(*said)


def _return_cap(cap: ReturnCap) -> Said:
    span: Value = _PER[cap.per] if cap.over is None else say("within any {span}", span=_span(cap.over))
    value = _digits(cap.value)
    first = (
        say("At most {n} leads are returned {span}.", n=value, span=span)
        if cap.kind is CapKind.FIXED
        else say(
            "At most {percent} % of what was {base} is returned {span}.",
            percent=value,
            base=_BASE[cap.base],
            span=span,
        )
    )
    if not cap.group_by:
        return first
    return joined(first, say("That holds for each {fields} by itself.", fields=Listed(cap.group_by)))


def _duty(duty: Duty) -> Said:
    if duty.within is None:
        within: Value = Term("before the window ends")
    elif duty.business_time:
        within = say("within {span} of business time", span=_span(duty.within))
    else:
        within = say("within {span}", span=_span(duty.within))
    match duty.code:
        case DutyCode.FIRST_ATTEMPT_WITHIN:
            act = say("The buyer tries to reach the person {within}.", within=within)
        case DutyCode.MIN_ATTEMPTS:
            times = Count(duty.count or 1, "time")
            act = (
                say("The buyer tries {times} at different times of day {within}.", times=times, within=within)
                if duty.distinct_dayparts
                else say("The buyer tries {times} {within}.", times=times, within=within)
            )
        case DutyCode.DISPOSE_WITHIN:
            act = say("The buyer records a disposition {within}.", within=within)
        case DutyCode.BIND_FILTERS:
            act = say("The buyer keeps the filters set with the vendor.")
    hangs = (
        say("Returns for these reasons hang on it: {reasons}.", reasons=_reasons(duty.reasons))
        if duty.reasons
        else say("Every return hangs on it.")
    )
    return joined(act, hangs)
