"""Window, reasons, return caps, tolerance, approval, evidence and duties of one contract, held against one another.

Windows and duties are compared by what they give for the deliveries of a year, each by the contract's own calendar:
what goes wrong for all of them is a contradiction, what goes wrong for some is told with an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from audits.contracts.check_delivery import codes_of_clauses, nominal_s
from audits.contracts.problems import Problem, ProblemCode, error, warning
from audits.contracts.shares import ShareOf
from audits.contracts.windows import Timing, part_of_day
from audits.model.contract import (
    Base,
    CapKind,
    Contract,
    CutOff,
    DayOfNextMonth,
    Duration,
    Duty,
    DutyCode,
    EvidenceTerms,
    Need,
    NeedKind,
    PriceModel,
    Remedy,
    Returns,
    Treatment,
)
from audits.model.reasons import FAMILY_OF, ReasonCode, ReasonFamily
from audits.model.said import Count, Listed, Moment, Said, Shape, say
from audits.model.zones import load_zone

#: A year of deliveries, at these hours of the clock.
_DAYS: Final = 366
_CLOCK: Final = (time(0, 30), time(12), time(23, 30))
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2150, 1, 1)

#: What nobody learns without speaking with the person.
_ONLY_BY_SPEAKING: Final = frozenset(
    {
        ReasonCode.DENIES_REQUEST,
        ReasonCode.THIRD_PARTY_PRANK,
        ReasonCode.ON_BEHALF_OF_OTHER,
        ReasonCode.LANGUAGE,
        ReasonCode.SIGNED_WITH_OTHER,
        ReasonCode.WRONG_PRODUCT,
        ReasonCode.PHONE_WRONG_NUMBER,
    }
)
#: What neither the CRM nor a look-up shows: only somebody's word, unless the contract asks for evidence.
_NOT_IN_CRM: Final = frozenset(
    {
        ReasonCode.DECEASED,
        ReasonCode.MINOR,
        ReasonCode.ON_BEHALF_OF_OTHER,
        ReasonCode.THIRD_PARTY_PRANK,
        ReasonCode.PAID_FILLER,
        ReasonCode.INCENTIVISED,
        ReasonCode.SPOOFED_SOURCE,
        ReasonCode.UNAUTHORISED_SOURCE,
        ReasonCode.STUDENT,
        ReasonCode.SIGNED_WITH_OTHER,
    }
)
#: Codes that are a breach of a clause, and mean nothing without it; with the clause.
_NEEDS_CLAUSE: Final = {
    ReasonCode.LATE_DELIVERY: "delivery.max_age",
    ReasonCode.STALE: "delivery.max_age",
    ReasonCode.OUTSIDE_HOURS: "delivery.hours",
    ReasonCode.MISSING_FIELD: "delivery.required_fields",
    ReasonCode.NO_CONSENT: "delivery.consent_proof",
    ReasonCode.OVER_CAP: "volume.caps",
    ReasonCode.NOT_EXCLUSIVE: "exclusivity",
    ReasonCode.OUT_OF_GEO: "a filter for the area",
    ReasonCode.AGE_OUT: "a filter for the age",
    ReasonCode.DUP_SAME_VENDOR: "duplicates",
    ReasonCode.DUP_OTHER_VENDOR: "duplicates",
    ReasonCode.DUP_BUYER_CRM: "duplicates",
}
_CALLS: Final = frozenset({NeedKind.CALL_LOG, NeedKind.RECORDING_ID})
_ATTEMPT_DUTIES: Final = frozenset({DutyCode.FIRST_ATTEMPT_WITHIN, DutyCode.MIN_ATTEMPTS})


def check_returns(contract: Contract) -> Iterator[Problem]:
    """All about returns and duties."""
    returns = contract.returns
    yield from _not_creditable_twice(contract)
    if returns is None:
        for index, _ in enumerate(contract.duties):
            yield warning(
                f"duties.{index}",
                ProblemCode.DUTY_OF_NOTHING,
                say("The duty has no effect: the contract knows no returns."),
                say("Enter returns, or take the duty out."),
            )
        return
    yield from _reasons(contract, returns)
    yield from _limits(contract, returns)
    yield from _approval(contract, returns)
    yield from _evidence(contract, returns)
    if _uses_business_days(contract, returns) and contract.hours is None:
        yield error(
            "returns.window.business_days",
            ProblemCode.BUSINESS_DAYS_WITHOUT_HOURS,
            say("Business days are counted, but the contract has no hours that say which days these are."),
            say("Enter hours at the top of the contract."),
        )
    else:
        timeline = _Timeline(contract)
        yield from _window(returns, timeline)
        yield from _presumption(returns, timeline)
        for index, duty in enumerate(contract.duties):
            yield from _duty_in_time(contract, duty, f"duties.{index}", timeline)
    yield from _cut_off(contract, returns)
    yield from _duties(contract, returns)


def _uses_business_days(contract: Contract, returns: Returns) -> bool:
    return returns.window.business_days


# Reasons


def _not_creditable_twice(contract: Contract) -> Iterator[Problem]:
    seen: set[ReasonCode] = set()
    for index, code in enumerate(contract.not_creditable):
        if code in seen:
            yield warning(
                f"not_creditable.{index}",
                ProblemCode.REASON_TWICE,
                say("{code} stands there twice.", code=code.value),
                say("Leave it once."),
            )
        seen.add(code)


def _reasons(contract: Contract, returns: Returns) -> Iterator[Problem]:
    first: dict[ReasonCode, int] = {}
    words: dict[str, ReasonCode] = {code.value.casefold(): code for code in ReasonCode}
    by_clauses = codes_of_clauses(contract)
    for index, reason in enumerate(returns.reasons):
        place = f"returns.reasons.{index}"
        code = reason.code
        if first.setdefault(code, index) != index:
            yield error(
                place,
                ProblemCode.REASON_TWICE,
                say("{code} stands there twice.", code=code.value),
                say("Put its words and its evidence into one entry."),
            )
        if code in contract.not_creditable:
            yield error(
                place,
                ProblemCode.CREDITABLE_AND_NOT,
                say("{code} is both a listed reason and not creditable.", code=code.value),
                say("Take it out of returns.reasons or out of not_creditable."),
            )
        for word in reason.words:
            other = words.setdefault(" ".join(word.casefold().split()), code)
            if other is not code:
                yield error(
                    place,
                    ProblemCode.WORD_TWICE,
                    say('"{word}" stands for {code} and for {other}.', word=word, code=code.value, other=other.value),
                    say("Leave it with one of them, so that an answer of the vendor has one meaning."),
                )
        if code in _NEEDS_CLAUSE and code not in by_clauses:
            yield warning(
                place,
                ProblemCode.REASON_WITHOUT_CLAUSE,
                say("{code} is listed, but nothing is agreed that it could break.", code=code.value),
                say("Enter {clause}, or take the reason out.", clause=_NEEDS_CLAUSE[code]),
            )
        asked = {need.kind for need in (*reason.need, *returns.evidence.need)} - {NeedKind.LEAD_ID}
        if code in _NOT_IN_CRM and not asked:
            yield warning(
                place,
                ProblemCode.CANNOT_BE_TESTED,
                say("{code} does not show in the CRM, and no evidence is agreed for it.", code=code.value),
                say("Agree on what proves it: a note, a recording, a look-up."),
            )
    if returns.listed_reasons_only and not returns.reasons and not _any_clause_returns(contract):
        yield error(
            "returns",
            ProblemCode.NOTHING_CREDITABLE,
            say("Only listed reasons count, and none is listed, so no lead can be returned."),
            say("List reasons, or say listed_reasons_only: false."),
        )


def _any_clause_returns(contract: Contract) -> bool:
    terms = contract.delivery
    given = [
        *(each.on_fail for each in contract.filters),
        *(each.treatment for each in contract.duplicates),
        *(each.over_cap for each in contract.volume.caps),
        *([terms.outside_hours] if terms.hours is not None else ()),
        *([terms.late] if terms.max_age is not None else ()),
        *([terms.missing_field] if terms.required_fields else ()),
        *([terms.no_consent] if terms.consent_proof != "none" else ()),
    ]
    return Treatment.RETURNABLE in given


# Caps and tolerance


def _limits(contract: Contract, returns: Returns) -> Iterator[Problem]:
    cap, tolerance, ordered = returns.cap, returns.tolerance, contract.volume.ordered
    required = {name.casefold() for name in contract.delivery.required_fields}
    if cap is not None:
        place = "returns.cap"
        share = None if cap.kind is CapKind.FIXED else ShareOf(cap.value, cap.rounding)
        if cap.kind is not CapKind.FIXED and cap.value > 100:
            yield error(
                place,
                ProblemCode.CAP_OVER_100,
                say("A cap of {value} % of the leads never caps anything.", value=str(cap.value)),
                say("Enter a share of at most 100, or take the cap out."),
            )
        if cap.value == 0 or (share is None and cap.value < 1):
            yield error(
                place,
                ProblemCode.CAP_LETS_NOTHING_PASS,
                say("The cap lets no return pass."),
                say("Enter how many may be returned, or take the cap out."),
            )
        elif share is not None and ordered and cap.base is Base.ORDERED and share(ordered) == 0:
            yield error(
                place,
                ProblemCode.CAP_LETS_NOTHING_PASS,
                say(
                    "{value} % of {ordered} ordered leads round to none, so no return passes.",
                    value=str(cap.value),
                    ordered=ordered,
                ),
                say("Round up (rounding: ceil), or raise the share."),
            )
        elif share is not None and ordered and cap.base is not Base.ORDERED and share(ordered) == 0:
            yield warning(
                place,
                ProblemCode.CAP_LETS_NOTHING_PASS,
                say(
                    "If {ordered} come as ordered, {value} % of them round to none.",
                    value=str(cap.value),
                    ordered=Count(ordered, "lead"),
                ),
                say("Round up (rounding: ceil), or raise the share."),
            )
        if cap.base is Base.ORDERED and cap.kind is not CapKind.FIXED and ordered is None:
            yield _no_base(place)
        for name in cap.group_by:
            if name.casefold() not in required:
                yield warning(
                    place,
                    ProblemCode.GROUP_NOT_REQUIRED,
                    say("It is counted by {field}, which the vendor need not send.", field=name),
                    say("Name {field} in delivery.required_fields.", field=name),
                )
    if tolerance is None:
        return
    place = "returns.tolerance"
    if tolerance.percent >= 100:
        yield error(
            place,
            ProblemCode.TOLERANCE_BEARS_ALL,
            say("With a tolerance of {value} % no bad lead is ever credited.", value=str(tolerance.percent)),
            say("Enter a share below 100."),
        )
    elif tolerance.percent == 0 or (ordered and ShareOf(tolerance.percent, tolerance.rounding)(ordered) == 0):
        yield warning(
            place,
            ProblemCode.TOLERANCE_BEARS_NONE,
            say("The tolerance rounds to no lead at all."),
            say("Take it out, or raise it."),
        )
    if tolerance.base is Base.ORDERED and ordered is None:
        yield _no_base(place)
    if contract.pricing.model is PriceModel.REV_SHARE:
        yield warning(
            place,
            ProblemCode.REV_SHARE_WITH_TOLERANCE,
            say(
                "A bad lead that is borne costs a share of a revenue that never comes, so tolerance changes nothing."
            ),
            say("Take the tolerance out, or agree on a price per lead."),
        )


def _no_base(place: str) -> Problem:
    return error(
        place,
        ProblemCode.BASE_WITHOUT_ORDERED,
        say("It is a share of what was ordered, but nothing is said of how many are ordered."),
        say("Enter volume.ordered, or say base: delivered."),
    )


# Approval


def _approval(contract: Contract, returns: Returns) -> Iterator[Problem]:
    approval, window = returns.approval, returns.window
    if approval.silence_means is not None and approval.answer_within is None:
        yield error(
            "returns.approval",
            ProblemCode.SILENCE_WITHOUT_TERM,
            say(
                "Silence means {meaning}, but nothing is said of when it begins.",
                meaning=approval.silence_means.value,
            ),
            say("Enter answer_within."),
        )
    if approval.answer_within is not None and approval.silence_means is None:
        yield warning(
            "returns.approval",
            ProblemCode.TERM_WITHOUT_SILENCE,
            say("The vendor has to answer in time, but nothing is said of what holds when he does not."),
            say("Enter silence_means: accepted or denied."),
        )
    auto = approval.auto_if_within
    if auto is not None and isinstance(window.until, Duration) and nominal_s(auto) > nominal_s(window.until):
        yield warning(
            "returns.approval.auto_if_within",
            ProblemCode.AUTO_BEYOND_WINDOW,
            say("It is longer than the window, so every claim in time is accepted by itself."),
            say("Shorten it, or take it out and say that claims need no answer."),
        )
    if auto is not None and window.not_before is not None and nominal_s(auto) <= nominal_s(window.not_before):
        yield error(
            "returns.approval.auto_if_within",
            ProblemCode.AUTO_BEFORE_WINDOW,
            say("It ends before a return may be claimed, so it never holds."),
            say("Let it be longer than not_before."),
        )
    if returns.remedy is Remedy.REPLACEMENT and approval.resubmit:
        yield warning(
            "returns.approval.resubmit",
            ProblemCode.REPLACEMENT_WITH_RESUBMIT,
            say(
                "A refused return may be sent again, but nothing is said of whether its replacement is due meanwhile."
            ),
            say("Agree that a replacement is due once the last answer is given, or take resubmit out."),
        )
    if returns.remedy is not Remedy.REPLACEMENT and not returns.replacement_returnable:
        yield warning(
            "returns.replacement_returnable",
            ProblemCode.WITHOUT_EFFECT,
            say("There are no replacements: the remedy is {remedy}.", remedy=returns.remedy.value),
            say("Take it out, or say remedy: replacement."),
        )


# Evidence


def _needs(returns: Returns) -> Iterator[tuple[str, Need, ReasonCode | None]]:
    """Every piece of evidence with its place; the code when only one reason asks for it."""
    evidence: EvidenceTerms = returns.evidence
    for index, need in enumerate(evidence.need):
        yield f"returns.evidence.need.{index}", need, None
    for number, reason in enumerate(returns.reasons):
        for index, need in enumerate(reason.need):
            yield f"returns.reasons.{number}.need.{index}", need, reason.code


def _evidence(contract: Contract, returns: Returns) -> Iterator[Problem]:
    listed = {reason.code for reason in returns.reasons}
    minimum = next((duty.count for duty in contract.duties if duty.code is DutyCode.MIN_ATTEMPTS), None)
    for place, need, code in _needs(returns):
        codes = listed if code is None else {code}
        if need.kind in _CALLS and ReasonCode.PHONE_MISSING in codes:
            yield error(
                place,
                ProblemCode.EVIDENCE_IMPOSSIBLE,
                say("{need} cannot be shown for PHONE_MISSING: there is no number to call.", need=need.kind.value),
                say("Ask for it with the reasons that it can prove, not with all."),
            )
        if need.kind is NeedKind.BOUNCE:
            phones = sorted(each.value for each in codes if each.value.startswith("PHONE_"))
            if phones:
                yield error(
                    place,
                    ProblemCode.EVIDENCE_IMPOSSIBLE,
                    say("A bounced e-mail cannot be shown for {codes}.", codes=Listed(tuple(phones))),
                    say("Ask for it with the reasons that it can prove, not with all."),
                )
        if need.kind is NeedKind.RECORDING_ID and not returns.evidence.personal_data:
            yield warning(
                place,
                ProblemCode.EVIDENCE_NAMES_PERSONS,
                say("A recording is asked for, but no personal data may be sent, and a voice is such."),
                say("Say personal_data: true, or agree that the recording's number is enough."),
            )
        if need.kind is NeedKind.ATTEMPTS and minimum is not None and need.least != minimum:
            yield warning(
                place,
                ProblemCode.ATTEMPTS_DIFFER,
                say(
                    "The evidence asks for {need}, the duty for {duty}.",
                    need=Count(need.least, "attempt"),
                    duty=Count(minimum, "attempt"),
                ),
                say("Agree on one number."),
            )


# Windows and duties in time


class _Timeline:
    """What the clauses give for the deliveries of a year."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.timing = Timing(contract)

    @property
    def starts(self) -> Sequence[datetime]:
        first = min(max(self.contract.valid_from, _FIRST_DAY), _LAST_DAY)
        return _deliveries(first, self.contract.valid_to, self.contract.timezone)

    def when(self, fails: Callable[[datetime], bool]) -> tuple[bool, datetime | None]:
        """(whether it fails for all deliveries, the first for which it does). One of ten may get by: twice a year a
        day has other than 24 hours."""
        starts = self.starts
        first: datetime | None = None
        count = 0
        for at in starts:
            if fails(at):
                count += 1
                first = first or at
        return 10 * count >= 9 * len(starts), first

    def day(self, at: datetime) -> Moment:
        return Moment(at, self.contract.timezone, Shape.DAY)


@lru_cache(maxsize=64)
def _deliveries(first: date, last: date | None, zone: str) -> tuple[datetime, ...]:
    rules = load_zone(zone)
    days = [first + timedelta(days=n) for n in range(_DAYS)]
    days = [day for day in days if last is None or day <= last] or [first]
    return tuple(datetime.combine(day, clock, rules).astimezone(UTC) for day in days for clock in _CLOCK)


def _window(returns: Returns, timeline: _Timeline) -> Iterator[Problem]:
    window = returns.window
    if window.until is None:
        yield warning(
            "returns.window",
            ProblemCode.WINDOW_WITHOUT_END,
            say("Returns may be claimed at any time, so what is doubtful stays open for ever."),
            say("Agree on a last day (until)."),
        )
        return
    if window.business_days and not _in_days(window.until) and not (window.not_before and window.not_before.days):
        yield warning(
            "returns.window.business_days",
            ProblemCode.BUSINESS_DAYS_WITHOUT_DAYS,
            say("Hours are no days, so business_days has no effect on {until}.", until=str(window.until)),
            say("Write the span in days (P2D), or take business_days out."),
        )

    def is_over(at: datetime) -> bool:
        claim = timeline.timing.claim_window(at)
        return claim is not None and claim.ends_at is not None and claim.ends_at <= claim.opens_at

    always, example = timeline.when(is_over)
    if example is not None:
        yield from _always_or_some(
            "returns.window",
            ProblemCode.WINDOW_ENDS_BEFORE_START,
            always=always,
            of_all=say("The window ends before it begins (not_before {a}, until {b}).", **_ends(returns)),
            of_some=say(
                "For some leads the window ends before it begins (not_before {a}, until {b}), as for one of {day}.",
                day=timeline.day(example),
                **_ends(returns),
            ),
            mend=say("Let until be later than not_before, counted in the same kind of days."),
        )


def _in_days(until: Duration | DayOfNextMonth) -> bool:
    return isinstance(until, DayOfNextMonth) or until.days > 0


def _ends(returns: Returns) -> dict[str, str]:
    return {"a": str(returns.window.not_before or "P0D"), "b": str(returns.window.until)}


def _always_or_some(
    place: str, code: ProblemCode, *, always: bool, of_all: Said, of_some: Said, mend: Said
) -> Iterator[Problem]:
    yield error(place, code, of_all, mend) if always else warning(place, code, of_some, mend)


def _presumption(returns: Returns, timeline: _Timeline) -> Iterator[Problem]:
    term = returns.deemed_valid_without_disposition_after
    if term is None:
        return
    place = "returns.deemed_valid_without_disposition_after"
    before, _ = timeline.when(lambda at: _due_before_opening(timeline, at, term, in_business=False))
    after, _ = timeline.when(lambda at: _due_after_end(timeline, at, term, in_business=False))
    if before:
        yield warning(
            place,
            ProblemCode.DEEMED_VALID_BEFORE_WINDOW,
            say("A lead is deemed valid before it may be returned, unless its disposition is recorded early."),
            say("Let it be later than not_before, or return leads as soon as they are disposed of."),
        )
    elif after:
        yield warning(
            place,
            ProblemCode.DEEMED_VALID_AFTER_WINDOW,
            say("It comes after the end of the window, so it has no effect."),
            say("Shorten it, or take it out."),
        )


def _due_before_opening(timeline: _Timeline, at: datetime, within: Duration, *, in_business: bool) -> bool:
    due = timeline.timing.after(at, within, in_business=in_business)
    claim = timeline.timing.claim_window(at)
    return due is not None and claim is not None and due < claim.opens_at


def _due_after_end(timeline: _Timeline, at: datetime, within: Duration, *, in_business: bool) -> bool:
    due = timeline.timing.after(at, within, in_business=in_business)
    claim = timeline.timing.claim_window(at)
    return claim is not None and claim.ends_at is not None and (due is None or due > claim.ends_at)


def _duty_in_time(contract: Contract, duty: Duty, place: str, timeline: _Timeline) -> Iterator[Problem]:
    within = duty.within
    if duty.business_time and contract.hours is None:
        yield error(
            place,
            ProblemCode.BUSINESS_TIME_WITHOUT_HOURS,
            say("Business time is counted, but the contract has no hours."),
            say("Enter hours at the top of the contract."),
        )
        return
    if within is None:
        if (
            duty.code is DutyCode.MIN_ATTEMPTS
            and contract.returns is not None
            and contract.returns.window.until is None
        ):
            yield error(
                place,
                ProblemCode.DUTY_WITHOUT_END,
                say("The attempts are due by the end of the window, but the window has no end."),
                say("Enter within, or the end of the window (until)."),
            )
        return
    in_business = duty.business_time
    always, example = timeline.when(lambda at: _due_after_end(timeline, at, within, in_business=in_business))
    if example is not None:
        yield from _always_or_some(
            place,
            ProblemCode.DUTY_AFTER_WINDOW,
            always=always,
            of_all=say("The duty is due after the window for returns has ended ({within}).", within=str(within)),
            of_some=say(
                "For some leads the duty is due after the window has ended ({within}), as for one of {day}.",
                within=str(within),
                day=timeline.day(example),
            ),
            mend=say("Shorten it, or lengthen the window."),
        )
    if duty.code is DutyCode.DISPOSE_WITHIN:
        before, _ = timeline.when(lambda at: _due_before_opening(timeline, at, within, in_business=in_business))
        if before:
            yield warning(
                place,
                ProblemCode.DUTY_BEFORE_WINDOW,
                say("The disposition is due before a return may be claimed."),
                say("Let it be later than not_before, or let returns begin earlier."),
            )
    if duty.code is DutyCode.MIN_ATTEMPTS and duty.distinct_dayparts and duty.count is not None:
        yield from _attempts_fit(duty.count, within, place, timeline, in_business=in_business)


def _attempts_fit(
    count: int, within: Duration, place: str, timeline: _Timeline, *, in_business: bool
) -> Iterator[Problem]:
    """Whether so many parts of the day lie between a delivery and the end of the duty."""
    needed = min(count, len(timeline.contract.dayparts))
    if nominal_s(within) >= 86_400:
        return

    def is_short(at: datetime) -> bool:
        due = timeline.timing.after(at, within, in_business=in_business)
        if due is None or due - at >= timedelta(days=1):
            return False
        passed, parts = at, {part_of_day(due, timeline.contract)}
        while passed < due:
            parts.add(part_of_day(passed, timeline.contract))
            passed += timedelta(minutes=30)
        return len(parts) < needed

    always, example = timeline.when(is_short)
    if example is not None:
        yield from _always_or_some(
            place,
            ProblemCode.DUTY_IMPOSSIBLE,
            always=always,
            of_all=say(
                "{count} at different times of day do not fit into {within}.",
                count=Count(count, "attempt"),
                within=str(within),
            ),
            of_some=say(
                "{count} at different times of day do not fit into {within} when a lead comes at {time}.",
                count=Count(count, "attempt"),
                within=str(within),
                time=Moment(example, timeline.contract.timezone, Shape.TIME),
            ),
            mend=say("Lengthen the span to a day at least, or ask for fewer attempts."),
        )


# Acts and duties against reasons


def _cut_off(contract: Contract, returns: Returns) -> Iterator[Problem]:
    if returns.window.cut_off is not CutOff.CONTACTED:
        return
    for index, reason in enumerate(returns.reasons):
        if reason.code in _ONLY_BY_SPEAKING:
            yield error(
                f"returns.reasons.{index}",
                ProblemCode.CUT_OFF_DEFEATS_REASON,
                say(
                    "{code} shows only when you speak with the person, and that ends the right.",
                    code=reason.code.value,
                ),
                say("Take cut_off out, or let a later act end the right (quote_started)."),
            )
    for index, duty in enumerate(contract.duties):
        if duty.code in _ATTEMPT_DUTIES:
            yield warning(
                f"duties.{index}",
                ProblemCode.CUT_OFF_AGAINST_DUTY,
                say("You have to try to reach the person, and lose the right to return once you do."),
                say("Let a later act end the right (quote_started), or take cut_off out."),
            )


def _duties(contract: Contract, returns: Returns) -> Iterator[Problem]:
    seen: dict[DutyCode, list[tuple[int, Duty]]] = {}
    listed = {reason.code for reason in returns.reasons} | codes_of_clauses(contract)
    for index, duty in enumerate(contract.duties):
        place = f"duties.{index}"
        for first, other in seen.setdefault(duty.code, []):
            if not duty.reasons or not other.reasons or set(duty.reasons) & set(other.reasons):
                yield error(
                    place,
                    ProblemCode.DUTY_TWICE,
                    say("{code} stands there twice, first in duties.{first}.", code=duty.code.value, first=first),
                    say("Leave one of them, or say which reasons hang on which."),
                )
        seen[duty.code].append((index, duty))
        yield from _duty_of_nothing(contract, duty, place, listed, is_open=not returns.listed_reasons_only)
        hangs = set(duty.reasons) or listed
        if duty.code in _ATTEMPT_DUTIES and ReasonCode.PHONE_MISSING in hangs:
            yield warning(
                place,
                ProblemCode.DUTY_IMPOSSIBLE,
                say("Returns for PHONE_MISSING hang on it, though a lead without a number cannot be called."),
                say("Name the reasons that hang on it, without PHONE_MISSING."),
            )
        if duty.code is DutyCode.BIND_FILTERS:
            yield warning(
                place,
                ProblemCode.CANNOT_BE_TESTED,
                say("Whether your filters are set with the vendor does not show in the CRM."),
                say("Keep a picture of the settings each time they change."),
            )
    term = returns.deemed_valid_without_disposition_after
    for index, duty in enumerate(contract.duties):
        if (
            duty.code is DutyCode.DISPOSE_WITHIN
            and term is not None
            and duty.within is not None
            and not duty.business_time
            and nominal_s(duty.within) != nominal_s(term)
        ):
            yield warning(
                f"duties.{index}",
                ProblemCode.DISPOSITION_DIFFERS,
                say(
                    "A disposition is due within {duty}, and without one a lead is deemed valid after {term}.",
                    duty=str(duty.within),
                    term=str(term),
                ),
                say("Agree on one span; the shorter one decides."),
            )


def _duty_of_nothing(
    contract: Contract, duty: Duty, place: str, listed: set[ReasonCode], *, is_open: bool
) -> Iterator[Problem]:
    if duty.code is DutyCode.BIND_FILTERS and not contract.filters:
        yield warning(
            place,
            ProblemCode.DUTY_OF_NOTHING,
            say("Filters have to be set, but the contract names none."),
            say("Enter the filters, or take the duty out."),
        )
    for code in duty.reasons:
        by_default = is_open and FAMILY_OF[code] is not ReasonFamily.NEVER_BY_DEFAULT
        if code in contract.not_creditable or not (code in listed or by_default):
            yield warning(
                place,
                ProblemCode.DUTY_OF_NOTHING,
                say("Returns for {code} hang on it, but no lead is credited for {code}.", code=code.value),
                say("List {code} in returns.reasons, or take it out here.", code=code.value),
            )
    unused = [
        name
        for name, is_given, codes in (
            ("count", duty.count is not None, {DutyCode.MIN_ATTEMPTS}),
            ("distinct_dayparts", duty.distinct_dayparts, {DutyCode.MIN_ATTEMPTS}),
            ("within", duty.within is not None, set(DutyCode) - {DutyCode.BIND_FILTERS}),
        )
        if is_given and duty.code not in codes
    ]
    if unused:
        yield warning(
            place,
            ProblemCode.WITHOUT_EFFECT,
            say("{code} does not use {names}.", code=duty.code.value, names=Listed(tuple(unused))),
            say("Take it out, or add the duty that was meant."),
        )
