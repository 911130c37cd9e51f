"""The buyer's duties, held against what he did: which were broken, are still open, or are not shown to be kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from audits.contracts.windows import Timing, part_of_day
from audits.model.contract import Clause, Contract, Duration, Duty, DutyCode
from audits.model.delivery import ClaimStatus, Delivery, HandlingFact, Try
from audits.model.quick import quick
from audits.model.reasons import ReasonCode
from audits.model.said import Count, Moment, Said, say
from audits.model.verdict import Missing, Supplier

#: Where the presumption for leads without a disposition stands in the contract.
DEEMED_VALID = "returns.deemed_valid_without_disposition_after"


class DutyState(StrEnum):
    """Where a duty that was not kept stands as of an instant. UNKNOWN: its source does not show the fact."""

    BROKEN = "broken"
    OPEN = "open"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDuty:
    """A duty that what is shown does not keep. `due_at`: aware UTC; None = never. `is_attempt`: it is about reaching
    the person. `said`: what was not done, or what is to be done, or what is not shown."""

    state: DutyState
    clause: str
    clause_ref: str
    due_at: datetime | None
    is_attempt: bool
    what: str
    said: Said

    def missing(self, window_ends_at: datetime | None) -> Missing:
        """What is missing while it is open or unknown."""
        until = window_ends_at
        if self.state is DutyState.OPEN and self.due_at is not None:
            until = self.due_at if until is None else min(until, self.due_at)
        return Missing(what=self.what, who=Supplier.REP, said=self.said, until=until)


@dataclass(frozen=True, slots=True)
class Attempts:
    """What is shown of the attempts from delivery until some instant. `is_complete`: no other was made."""

    tries: tuple[Try, ...]
    is_complete: bool


_attempts = quick(Attempts)
_at = attrgetter("at")


def attempts(delivery: Delivery, since: datetime, until: datetime) -> Attempts:
    """The attempts in [since, until], in order."""
    handling = delivery.handling
    made = [each for each in handling.tries if since <= each.at <= until]
    tries = tuple(made) if len(made) < 2 else tuple(sorted(made, key=_at))
    if HandlingFact.ATTEMPTS in handling.unknown:
        return _attempts(tries, False)
    # Only the first attempt is shown: none came before it, what came after it is not known.
    is_first_alone = HandlingFact.LATER_ATTEMPTS in handling.unknown and any(
        each.at <= until for each in handling.tries
    )
    return _attempts(tries, not is_first_alone)


def are_enough(tries: Iterable[Try], least: int, distinct_dayparts: bool, contract: Contract) -> bool:
    """Whether there are so many; where times of day must differ, in so many parts of the day, or in all."""
    made = list(tries)
    if len(made) < least or not distinct_dayparts:
        return len(made) >= least
    return len({part_of_day(each.at, contract) for each in made}) >= min(least, len(contract.dayparts))


class Duties:
    """The duties of one version."""

    def __init__(self, contract: Contract, timing: Timing) -> None:
        self._contract = contract
        self._timing = timing
        self._duties = tuple((duty, f"duties.{at}") for at, duty in enumerate(contract.duties))
        returns = contract.returns
        self._deemed = None if returns is None else returns.deemed_valid_without_disposition_after

    def held(
        self,
        code: ReasonCode,
        delivery: Delivery,
        counts_at: datetime,
        window_ends_at: datetime | None,
        as_of: datetime,
    ) -> list[HeldDuty]:
        """The duties on which a return for `code` hangs and that were not kept by then, in the order of the contract;
        last, the presumption of leads without a disposition."""
        found = []
        for duty, place in self._duties:
            if not duty.reasons or code in duty.reasons:
                held = self._hold(duty, place, delivery, counts_at, window_ends_at, as_of)
                if held is not None:
                    found.append(held)
        if self._deemed is not None and self._contract.returns is not None:
            due_at = self._timing.after(counts_at, self._deemed)
            held = self._disposed(self._contract.returns, DEEMED_VALID, delivery, due_at, as_of)
            if held is not None:
                found.append(held)
        return found

    def _hold(
        self,
        duty: Duty,
        place: str,
        delivery: Delivery,
        counts_at: datetime,
        window_ends_at: datetime | None,
        as_of: datetime,
    ) -> HeldDuty | None:
        if duty.code is DutyCode.BIND_FILTERS:
            return self._filters_bound(duty, place, delivery, as_of)
        due_at = self._due(duty.within, duty.business_time, counts_at) if duty.within is not None else window_ends_at
        if duty.code is DutyCode.DISPOSE_WITHIN:
            return self._disposed(duty, place, delivery, due_at, as_of)
        if duty.code is DutyCode.FIRST_ATTEMPT_WITHIN:
            return self._first_attempted(duty, place, delivery, due_at, as_of)
        return self._attempted(duty, place, delivery, due_at, as_of)

    def _due(self, within: Duration, in_business: bool, counts_at: datetime) -> datetime | None:
        return self._timing.after(counts_at, within, in_business=in_business)

    def _first_attempted(
        self, duty: Duty, place: str, delivery: Delivery, due_at: datetime | None, as_of: datetime
    ) -> HeldDuty | None:
        shown = attempts(delivery, delivery.delivered_at, as_of)
        first = shown.tries[0].at if shown.tries else None
        is_hidden = HandlingFact.ATTEMPTS in delivery.handling.unknown
        if first is not None and (due_at is None or first <= due_at):
            return None
        state = DutyState.UNKNOWN if is_hidden else _open_or_broken(due_at, as_of)
        due = self._moment(due_at)
        if state is DutyState.UNKNOWN:
            said = say("When the person was first tried to be reached is not shown.")
        elif first is None:
            said = say("A first attempt to reach the person was due by {due}; none was made.", due=due)
            if state is DutyState.OPEN:
                said = say("A first attempt to reach the person is due by {due}.", due=due)
        else:
            said = say(
                "A first attempt to reach the person was due by {due} and was made {at}.",
                due=due,
                at=self._moment(first),
            )
        return HeldDuty(
            state=state,
            clause=place,
            clause_ref=duty.ref,
            due_at=due_at,
            is_attempt=True,
            what="first_attempt",
            said=said,
        )

    def _attempted(
        self, duty: Duty, place: str, delivery: Delivery, due_at: datetime | None, as_of: datetime
    ) -> HeldDuty | None:
        until = as_of if due_at is None else min(as_of, due_at)
        shown = attempts(delivery, delivery.delivered_at, until)
        least = duty.count or 1
        reached_at = delivery.handling.contacted_at
        if (reached_at is not None and reached_at <= until) or are_enough(
            shown.tries, least, duty.distinct_dayparts, self._contract
        ):
            # Who was reached need not be tried again.
            return None
        state = DutyState.UNKNOWN if not shown.is_complete else _open_or_broken(due_at, as_of)
        said = needed(least, duty.distinct_dayparts, shown, self._contract, due_at)
        return HeldDuty(
            state=state,
            clause=place,
            clause_ref=duty.ref,
            due_at=due_at,
            is_attempt=True,
            what="attempts",
            said=said,
        )

    def _disposed(
        self, clause: Clause, place: str, delivery: Delivery, due_at: datetime | None, as_of: datetime
    ) -> HeldDuty | None:
        handling = delivery.handling
        at = handling.disposed_at
        claim = delivery.claim
        # Who returns a lead says what became of it.
        claimed_at = None if claim is None or claim.status is ClaimStatus.DRAFT else claim.sent_at
        known = [each for each in (at, claimed_at) if each is not None and each <= as_of]
        first = min(known, default=None)
        is_timeless = bool(handling.disposition) and at is None
        if (first is not None and (due_at is None or first <= due_at)) or (
            is_timeless and (due_at is None or as_of <= due_at)
        ):
            return None
        if is_timeless or (at is None and HandlingFact.DISPOSITION in handling.unknown):
            state = DutyState.UNKNOWN
        else:
            state = _open_or_broken(due_at, as_of)
        due = self._moment(due_at)
        if state is DutyState.UNKNOWN:
            said = say("When a disposition was recorded is not shown.")
        elif state is DutyState.OPEN:
            said = say("A disposition is due by {due}.", due=due)
        elif first is None:
            said = say("A disposition was due by {due}; none was recorded.", due=due)
        else:
            said = say("A disposition was due by {due} and was recorded {at}.", due=due, at=self._moment(first))
        return HeldDuty(
            state=state,
            clause=place,
            clause_ref=clause.ref,
            due_at=due_at,
            is_attempt=False,
            what="disposition",
            said=said,
        )

    def _filters_bound(self, duty: Duty, place: str, delivery: Delivery, as_of: datetime) -> HeldDuty | None:
        is_broken = any(
            ground.code is ReasonCode.BUYER_FILTER_NOT_SET
            and ground.is_proven
            and (ground.known_at is None or ground.known_at <= as_of)
            for ground in delivery.grounds
        )
        if not is_broken:
            return None
        return HeldDuty(
            state=DutyState.BROKEN,
            clause=place,
            clause_ref=duty.ref,
            due_at=None,
            is_attempt=False,
            what="filters",
            said=say("The buyer had not set the filter that would have kept the lead out."),
        )

    def _moment(self, at: datetime | None) -> Moment | str:
        return "-" if at is None else Moment(at, self._contract.timezone)


def needed(least: int, distinct_dayparts: bool, shown: Attempts, contract: Contract, due_at: datetime | None) -> Said:
    """How many attempts are needed and how many are shown, in a sentence."""
    need, made = Count(least, "attempt"), len(shown.tries)
    if not shown.is_complete and not made:
        return say("Needed: {need}; what was tried is not shown.", need=need)
    if distinct_dayparts:
        parts = len({part_of_day(each.at, contract) for each in shown.tries})
        return say(
            "Needed: {need} at different times of day; shown: {made}, at different times of day: {parts}.",
            need=need,
            made=made,
            parts=parts,
        )
    if due_at is None:
        return say("Needed: {need}; shown: {made}.", need=need, made=made)
    return say("Needed: {need} by {due}; shown: {made}.", need=need, due=Moment(due_at, contract.timezone), made=made)


def _open_or_broken(due_at: datetime | None, as_of: datetime) -> DutyState:
    return DutyState.OPEN if due_at is None or as_of <= due_at else DutyState.BROKEN
