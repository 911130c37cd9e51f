"""The buyer's duties and the presumption of leads without a disposition."""

from __future__ import annotations

import pytest

from audits.contracts.duties import Duties, DutyState, HeldDuty, are_enough, attempts
from audits.contracts.windows import Timing
from audits.model.contract import Contract
from audits.model.delivery import NOT_SEEN, Channel, ClaimStatus, Ground, Handling, HandlingFact
from audits.model.reasons import ReasonCode
from audits.model.said import english
from tests.contracts.make import (
    MONDAY,
    OFFICE,
    at,
    called,
    claimed,
    handled,
    make_contract,
    make_delivery,
)

# Delivered on Monday 2 March 2026, 10:00 in Berlin.
DEADLINE = "2026-03-12T09:00"


def with_duty(**duty: object) -> Contract:
    return make_contract(hours=OFFICE, returns={"window": {"until": "P10D"}}, duties=[duty])


def held(
    contract: Contract, handling: Handling, as_of: str, code: ReasonCode = ReasonCode.BOT, **more: object
) -> list[HeldDuty]:
    timing = Timing(contract)
    window = timing.claim_window(MONDAY)
    delivery = make_delivery(handling=handling, **more)  # type: ignore[arg-type]
    ends_at = None if window is None else window.ends_at
    return Duties(contract, timing).held(code, delivery, MONDAY, ends_at, at(as_of))


def states(*args: object, **more: object) -> list[DutyState]:
    return [each.state for each in held(*args, **more)]  # type: ignore[arg-type]


class TestFirstAttempt:
    contract = with_duty(code="first_attempt_within", within="PT24H", ref="7.1")

    @pytest.mark.parametrize(
        ("handling", "as_of", "state"),
        [
            (handled("2026-03-03T09:00"), "2026-03-09", None),
            (handled("2026-03-03T09:00:01"), "2026-03-09", DutyState.BROKEN),
            (handled(), "2026-03-03T09:00", DutyState.OPEN),
            (handled(), "2026-03-03T09:00:01", DutyState.BROKEN),
            # Made before the lead came: of another matter.
            (handled("2026-03-02T08:59"), "2026-03-09", DutyState.BROKEN),
            # Not made yet as of then.
            (handled("2026-03-03T08:00"), "2026-03-03T07:00", DutyState.OPEN),
            (NOT_SEEN, "2026-03-09", DutyState.UNKNOWN),
            # Shown in part, and kept by what is shown.
            (handled("2026-03-02T12:00", unknown=[HandlingFact.ATTEMPTS]), "2026-03-09", None),
            (handled("2026-03-05T12:00", unknown=[HandlingFact.ATTEMPTS]), "2026-03-09", DutyState.UNKNOWN),
            # The first one is shown, only later ones are not.
            (handled("2026-03-05T12:00", unknown=[HandlingFact.LATER_ATTEMPTS]), "2026-03-09", DutyState.BROKEN),
        ],
    )
    def test_states(self, handling: Handling, as_of: str, state: DutyState | None) -> None:
        assert states(self.contract, handling, as_of) == ([] if state is None else [state])

    def test_what_is_said(self) -> None:
        (broken,) = held(self.contract, handled("2026-03-05T12:00"), "2026-03-09")
        assert (broken.clause, broken.clause_ref) == ("duties.0", "7.1")
        assert english(broken.said) == (
            "A first attempt to reach the person was due by Tue 2026-03-03 10:00 and was made Thu 2026-03-05 13:00."
        )
        (open_,) = held(self.contract, handled(), "2026-03-02T10:00")
        missing = open_.missing(at(DEADLINE))
        assert (missing.what, missing.until) == ("first_attempt", at("2026-03-03T09:00"))
        (hidden,) = held(self.contract, NOT_SEEN, "2026-03-02T10:00")
        assert hidden.missing(at(DEADLINE)).until == at(DEADLINE)

    def test_business_time(self) -> None:
        contract = with_duty(code="first_attempt_within", within="PT8H", business_time=True)
        # Monday 10:00 to 17:00, Tuesday 09:00 to 10:00.
        assert states(contract, handled("2026-03-03T09:00"), "2026-03-09") == []
        assert states(contract, handled("2026-03-03T09:01"), "2026-03-09") == [DutyState.BROKEN]


class TestAttempts:
    contract = with_duty(code="min_attempts", count=2, distinct_dayparts=True)

    @pytest.mark.parametrize(
        ("handling", "as_of", "state"),
        [
            # Morning and afternoon by the clock of Berlin.
            (handled("2026-03-02T10:00", "2026-03-02T11:00"), "2026-03-09", None),
            (handled("2026-03-02T09:30", "2026-03-03T10:59"), "2026-03-09", DutyState.OPEN),
            (handled("2026-03-02T09:30", "2026-03-03T10:59"), "2026-03-12T09:00:01", DutyState.BROKEN),
            (handled("2026-03-02T10:00", "2026-03-12T12:00"), "2026-03-13", DutyState.BROKEN),
            (handled("2026-03-02T10:00", unknown=[HandlingFact.LATER_ATTEMPTS]), "2026-03-13", DutyState.UNKNOWN),
            # No first attempt is shown, so there was no later one.
            (handled(unknown=[HandlingFact.LATER_ATTEMPTS]), "2026-03-13", DutyState.BROKEN),
            (NOT_SEEN, "2026-03-13", DutyState.UNKNOWN),
            # Who was reached need not be tried again.
            (handled("2026-03-02T10:00", contacted_at="2026-03-02T10:00"), "2026-03-13", None),
            (handled("2026-03-02T10:00", contacted_at="2026-03-12T10:00"), "2026-03-13", DutyState.BROKEN),
        ],
    )
    def test_by_the_end_of_the_window(self, handling: Handling, as_of: str, state: DutyState | None) -> None:
        assert states(self.contract, handling, as_of) == ([] if state is None else [state])

    def test_within_a_span_of_its_own(self) -> None:
        contract = with_duty(code="min_attempts", count=2, within="P1D")
        assert states(contract, handled("2026-03-02T10:00", "2026-03-03T09:00"), "2026-03-09") == []
        assert states(contract, handled("2026-03-02T10:00", "2026-03-03T09:01"), "2026-03-09") == [DutyState.BROKEN]

    def test_without_an_end_it_stays_open(self) -> None:
        contract = make_contract(returns={}, duties=[{"code": "min_attempts", "count": 2}])
        assert states(contract, handled(), "2030-01-01") == [DutyState.OPEN]

    def test_more_attempts_than_parts_of_the_day_need_all_parts(self) -> None:
        contract = make_contract(dayparts=["00:00", "12:00"])
        tries = [called(f"2026-03-0{day}T08:00") for day in range(2, 6)]
        assert not are_enough(tries, 4, True, contract)
        assert are_enough([*tries[:3], called("2026-03-06T13:00")], 4, True, contract)
        assert are_enough(tries, 4, False, contract)

    def test_every_channel_is_an_attempt(self) -> None:
        handling = handled(called("2026-03-02T10:00", channel=Channel.EMAIL), "2026-03-02T13:00")
        assert len(attempts(make_delivery(handling=handling), MONDAY, at("2026-03-03")).tries) == 2


class TestDisposition:
    contract = with_duty(code="dispose_within", within="PT48H")

    @pytest.mark.parametrize(
        ("handling", "as_of", "state"),
        [
            (handled(disposition="dead", disposed_at="2026-03-04T09:00"), "2026-03-09", None),
            (handled(disposition="dead", disposed_at="2026-03-04T09:00:01"), "2026-03-09", DutyState.BROKEN),
            (handled(disposition="dead", disposed_at="2026-03-03T09:00"), "2026-03-02T12:00", DutyState.OPEN),
            (handled(), "2026-03-04T09:00", DutyState.OPEN),
            (handled(), "2026-03-04T09:00:01", DutyState.BROKEN),
            (NOT_SEEN, "2026-03-09", DutyState.UNKNOWN),
            # When it was recorded is not told: by now in time, later not known.
            (handled(disposition="dead"), "2026-03-04", None),
            (handled(disposition="dead"), "2026-03-09", DutyState.UNKNOWN),
        ],
    )
    def test_states(self, handling: Handling, as_of: str, state: DutyState | None) -> None:
        assert states(self.contract, handling, as_of) == ([] if state is None else [state])

    def test_a_claim_that_was_sent_is_a_disposition(self) -> None:
        assert states(self.contract, handled(), "2026-03-09", claim=claimed("2026-03-04T08:00")) == []
        assert states(self.contract, handled(), "2026-03-09", claim=claimed("2026-03-04T10:00")) == [DutyState.BROKEN]
        draft = claimed("2026-03-04T08:00", status=ClaimStatus.DRAFT)
        assert states(self.contract, handled(), "2026-03-09", claim=draft) == [DutyState.BROKEN]

    def test_deemed_valid(self) -> None:
        contract = make_contract(returns={"deemed_valid_without_disposition_after": "PT48H", "ref": "5"})
        (broken,) = held(contract, handled(), "2026-03-09")
        assert (broken.state, broken.clause, broken.clause_ref) == (
            DutyState.BROKEN,
            "returns.deemed_valid_without_disposition_after",
            "5",
        )


class TestWhichReturnsHangOnIt:
    def test_those_that_are_named(self) -> None:
        contract = with_duty(code="first_attempt_within", within="PT1H", reasons=["PHONE_DISCONNECTED"])
        assert states(contract, handled(), "2026-03-09", ReasonCode.PHONE_DISCONNECTED) == [DutyState.BROKEN]
        assert states(contract, handled(), "2026-03-09", ReasonCode.BOT) == []

    @pytest.mark.parametrize(
        ("ground", "is_broken"),
        [
            (Ground(code=ReasonCode.BUYER_FILTER_NOT_SET), True),
            (Ground(code=ReasonCode.BUYER_FILTER_NOT_SET, is_proven=False), False),
            (Ground(code=ReasonCode.BUYER_FILTER_NOT_SET, known_at=at("2026-03-10")), False),
            (Ground(code=ReasonCode.OUT_OF_GEO), False),
        ],
    )
    def test_filters_of_the_buyer(self, ground: Ground, is_broken: bool) -> None:
        contract = with_duty(code="bind_filters")
        assert bool(states(contract, NOT_SEEN, "2026-03-09", grounds=[ground])) is is_broken
