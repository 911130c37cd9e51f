"""The state of one lead by itself: creditable grounds, duties, evidence, window and claims."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.contracts.book import ContractBook
from audits.contracts.draft import draft
from audits.contracts.intake import Intake
from audits.contracts.reason_words import REASON_WORDS
from audits.contracts.steps import Draft
from audits.model.contract import Contract
from audits.model.delivery import (
    NOT_SEEN,
    Claim,
    ClaimStatus,
    Delivery,
    Ground,
    HandlingFact,
    Proof,
    ProofKind,
)
from audits.model.reasons import NEVER_BY_DEFAULT, ReasonCode
from audits.model.said import english
from audits.model.verdict import LeadState, Supplier
from tests.contracts.make import MONDAY, at, called, claimed, handled, make_contract, make_delivery

DEAD = ReasonCode.PHONE_DISCONNECTED
SUSPECTED = Ground(code=DEAD, is_proven=False, missing="a look-up of the number", found_by="PL008 v1")
WORKED = handled("2026-03-02T10:00", "2026-03-03T12:00")


def returns(**more: object) -> dict[str, object]:
    return {"window": {"until": "P10D"}, "reasons": ["PHONE_DISCONNECTED", "FICTITIOUS"], "ref": "6"} | more


def with_returns(**more: object) -> Contract:
    return make_contract(returns=returns(**more))


def drafted(contract: Contract, as_of: datetime | str = "2026-03-05", **delivery: object) -> Draft:
    """The draft for a lead of Monday 2 March 2026, 10:00 in Berlin."""
    taken = Intake(ContractBook([contract])).take(make_delivery(**delivery))  # type: ignore[arg-type]
    assert taken is not None
    return draft(taken, at(as_of) if isinstance(as_of, str) else as_of)


def wants(found: Draft) -> list[str]:
    return [each.what for each in found.missing]


class TestCreditable:
    @pytest.mark.parametrize(
        ("more", "code", "is_credited", "clause"),
        [
            ({}, "PHONE_DISCONNECTED", True, "returns.reasons.0"),
            ({}, "FICTITIOUS", True, "returns.reasons.1"),
            ({}, "BOT", False, "returns.reasons"),
            ({}, "NO_ANSWER", False, "returns.reasons"),
            ({"listed_reasons_only": False}, "BOT", True, "returns.listed_reasons_only"),
            ({"listed_reasons_only": False}, "NO_ANSWER", False, "returns.reasons"),
            ({"reasons": ["NO_ANSWER"]}, "NO_ANSWER", True, "returns.reasons.0"),
        ],
    )
    def test_listed_reasons(self, more: dict[str, object], code: str, is_credited: bool, clause: str) -> None:
        found = drafted(with_returns(**more), grounds=[code])
        assert found.state is (LeadState.RETURNABLE if is_credited else LeadState.PAYABLE)
        assert (found.code, found.clause, found.is_claim_needed) == (ReasonCode(code), clause, is_credited)

    def test_not_creditable_goes_before_all(self) -> None:
        contract = make_contract(
            returns=returns(reasons=["DUP_SAME_VENDOR"]),
            not_creditable=["VOICEMAIL", "OUT_OF_GEO", "DUP_SAME_VENDOR"],
            filters=[{"field": "country", "op": "eq", "value": "DE", "reason": "OUT_OF_GEO"}],
        )
        for more, clause in (
            ({"fields": {"country": "US"}}, "not_creditable.1"),
            ({"fields": {"country": "DE"}, "grounds": ["DUP_SAME_VENDOR"]}, "not_creditable.2"),
        ):
            found = drafted(contract, **more)
            assert (found.state, found.clause) == (LeadState.PAYABLE, clause)

    @pytest.mark.parametrize("code", sorted(NEVER_BY_DEFAULT))
    def test_what_is_never_creditable_by_default_is_not(self, code: ReasonCode) -> None:
        assert drafted(with_returns(listed_reasons_only=False), grounds=[code]).state is LeadState.PAYABLE

    def test_without_returns_only_not_payable_speaks(self) -> None:
        contract = make_contract(
            filters=[
                {"field": "country", "op": "eq", "value": "DE", "on_fail": "returnable"},
                {"field": "age", "op": "lte", "value": "85", "on_fail": "not_payable", "reason": "AGE_OUT"},
            ]
        )
        assert drafted(contract, fields={"country": "US", "age": "60"}, grounds=[DEAD]).state is LeadState.PAYABLE
        out = drafted(contract, fields={"country": "US", "age": "90"}, grounds=[DEAD])
        assert (out.state, out.code, out.is_out, out.is_claim_needed) == (
            LeadState.RETURNABLE,
            ReasonCode.AGE_OUT,
            True,
            False,
        )
        waits = drafted(contract, "2030-01-01", fields={"country": "DE"})
        assert (waits.state, waits.is_claim_needed, waits.deadline_at) == (LeadState.PENDING_EVIDENCE, False, None)
        assert [(each.what, each.who, each.until) for each in waits.missing] == [("age", Supplier.VENDOR, None)]

    def test_nothing_found_is_payable(self) -> None:
        found = drafted(with_returns())
        assert (found.state, found.code, found.clause, found.missing) == (LeadState.PAYABLE, None, "", ())

    def test_a_clause_is_cited_before_the_list(self) -> None:
        contract = make_contract(
            returns=returns(reasons=["FICTITIOUS", "OUT_OF_GEO"]),
            filters=[{"field": "country", "op": "eq", "value": "DE", "reason": "OUT_OF_GEO", "ref": "3.1"}],
        )
        found = drafted(contract, fields={"country": "US"}, grounds=["FICTITIOUS", "OUT_OF_GEO"])
        assert (found.code, found.clause, found.clause_ref) == (ReasonCode.OUT_OF_GEO, "filters.0", "3.1")

    def test_a_ground_found_later_is_not_known_yet(self) -> None:
        ground = Ground(code=DEAD, known_at=at("2026-03-04"))
        assert drafted(with_returns(), "2026-03-03", grounds=[ground]).state is LeadState.PAYABLE
        assert drafted(with_returns(), "2026-03-04", grounds=[ground]).state is LeadState.RETURNABLE

    def test_every_reason_has_words(self) -> None:
        assert set(REASON_WORDS) == set(ReasonCode)
        assert len({term.word for term in REASON_WORDS.values()}) == len(ReasonCode)


class TestWhichGroundCounts:
    def test_the_better_state_goes_before_the_order_of_the_list(self) -> None:
        found = drafted(with_returns(), grounds=[SUSPECTED, "FICTITIOUS"])
        assert (found.state, found.code) == (LeadState.RETURNABLE, ReasonCode.FICTITIOUS)

    def test_proven_goes_before_suspected(self) -> None:
        contract = with_returns(evidence={"need": ["bounce"]})
        found = drafted(contract, grounds=[SUSPECTED, "FICTITIOUS"])
        assert (found.state, found.code) == (LeadState.PENDING_EVIDENCE, ReasonCode.FICTITIOUS)

    def test_then_the_order_of_the_list(self) -> None:
        assert drafted(with_returns(), grounds=["FICTITIOUS", DEAD]).code is DEAD
        turned = with_returns(reasons=["FICTITIOUS", "PHONE_DISCONNECTED"])
        assert drafted(turned, grounds=[DEAD, "FICTITIOUS"]).code is ReasonCode.FICTITIOUS

    def test_the_order_in_which_grounds_are_told_does_not_matter(self) -> None:
        grounds = [
            SUSPECTED,
            Ground(code=DEAD, found_by="PL010 v2", proofs=(Proof(kind=ProofKind.NOTE, ref="n1"),)),
            Ground(code=DEAD, proofs=(Proof(kind=ProofKind.CALL_LOG, ref="c1", at=MONDAY),)),
            Ground(code=ReasonCode.BOT),
        ]
        found = [drafted(with_returns(), grounds=order) for order in permutations(grounds)]
        said = {(each.state, each.code, each.clause, each.found_by, each.proofs, each.missing) for each in found}
        assert len(said) == 1
        assert found[0].found_by == ("PL008 v1", "PL010 v2", "buyer")
        assert [each.ref for each in found[0].proofs] == ["c1", "n1"]


class TestWindow:
    @pytest.mark.parametrize(
        ("as_of", "state"),
        [
            ("2026-03-02T09:00", LeadState.PENDING_EVIDENCE),
            ("2026-03-09T08:59:59", LeadState.PENDING_EVIDENCE),
            ("2026-03-09T09:00", LeadState.RETURNABLE),
            ("2026-03-16T09:00", LeadState.RETURNABLE),
            ("2026-03-16T09:00:01", LeadState.EXPIRED_WINDOW),
        ],
    )
    def test_not_before_and_until(self, as_of: str, state: LeadState) -> None:
        contract = with_returns(window={"not_before": "P7D", "until": "P14D", "ref": "6.2"})
        found = drafted(contract, as_of, grounds=[DEAD], handling=handled("2026-03-02T09:00"))
        assert found.state is state
        assert (found.claimable_from, found.deadline_at) == (at("2026-03-09T09:00"), at("2026-03-16T09:00"))
        if state is LeadState.EXPIRED_WINDOW:
            assert (found.clause, found.clause_ref) == ("returns.window", "6.2")

    def test_after_its_end_without_any_attempt_it_is_neglect(self) -> None:
        contract = with_returns()
        for handling, state in (
            (handled(), LeadState.LOST_BY_NEGLECT),
            (handled("2026-03-13"), LeadState.LOST_BY_NEGLECT),
            (handled("2026-03-12T09:00"), LeadState.EXPIRED_WINDOW),
            (handled(contacted_at="2026-03-04"), LeadState.EXPIRED_WINDOW),
            # What is not known is never called neglect.
            (NOT_SEEN, LeadState.EXPIRED_WINDOW),
        ):
            found = drafted(contract, "2026-03-20", grounds=[DEAD], handling=handling)
            assert (found.state, found.clause) == (state, "returns.window")

    def test_after_its_end_with_attempts_missing_it_is_neglect(self) -> None:
        contract = with_returns(evidence={"need": ["attempts>=2@different_daypart"]})
        once = drafted(contract, "2026-03-20", grounds=[DEAD], handling=handled("2026-03-02T10:00"))
        assert once.state is LeadState.LOST_BY_NEGLECT
        enough = drafted(contract, "2026-03-20", grounds=[DEAD], handling=WORKED)
        assert enough.state is LeadState.EXPIRED_WINDOW
        hidden = handled("2026-03-02T10:00", unknown=[HandlingFact.LATER_ATTEMPTS])
        assert drafted(contract, "2026-03-20", grounds=[DEAD], handling=hidden).state is LeadState.EXPIRED_WINDOW

    def test_attempts_after_its_end_make_nothing_good(self) -> None:
        contract = with_returns(evidence={"need": ["attempts>=2"]})
        handling = handled("2026-03-03T10:00", "2026-03-14T10:00")
        assert drafted(contract, "2026-03-20", grounds=[DEAD], handling=handling).state is LeadState.LOST_BY_NEGLECT

    def test_a_suspicion_not_proven_in_time_is_payable(self) -> None:
        open_, over = (drafted(with_returns(), as_of, grounds=[SUSPECTED]) for as_of in ("2026-03-05", "2026-03-20"))
        assert (open_.state, wants(open_)) == (LeadState.PENDING_EVIDENCE, ["a look-up of the number"])
        assert open_.missing[0].until == at("2026-03-12T09:00")
        assert (over.state, over.code) == (LeadState.PAYABLE, DEAD)

    def test_a_queued_lead_has_its_window_from_when_it_counts(self) -> None:
        contract = make_contract(
            returns=returns(),
            delivery={"hours": {"week": {"fri": [["09:00", "17:00"]]}}, "outside_hours": "queue"},
        )
        assert drafted(contract, grounds=[DEAD]).deadline_at == at("2026-03-16T08:00")

    def test_without_not_before_it_is_open_from_delivery_on(self) -> None:
        cycle = with_returns(window={"start": "cycle_end", "until": "P5D"})
        queued = make_contract(
            returns=returns(),
            delivery={"hours": {"week": {"fri": [["09:00", "17:00"]]}}, "outside_hours": "queue"},
        )
        for contract in (cycle, queued):
            assert drafted(contract, MONDAY, grounds=[DEAD]).state is LeadState.RETURNABLE
            kept = drafted(contract, "2030-01-01", grounds=[DEAD], claim=claimed(MONDAY))
            assert kept.state is LeadState.RETURNABLE

    def test_not_before_is_counted_from_the_end_of_the_cycle(self) -> None:
        contract = with_returns(window={"start": "cycle_end", "not_before": "P1D", "until": "P5D"})
        found = drafted(contract, grounds=[DEAD])
        assert (found.claimable_from, found.deadline_at) == (at("2026-04-01T22:00"), at("2026-04-05T22:00"))


class TestCutOff:
    contract = with_returns(window={"until": "PT72H", "cut_off": "quote_started", "ref": "2"})

    def test_before_the_quote_it_may_be_returned(self) -> None:
        quoted = handled("2026-03-02T10:00", quote_started_at="2026-03-03T10:00")
        before = drafted(self.contract, "2026-03-03T09:59", grounds=[DEAD], handling=quoted)
        assert before.state is LeadState.RETURNABLE
        after = drafted(self.contract, "2026-03-03T10:00", grounds=[DEAD], handling=quoted)
        assert (after.state, after.clause, after.clause_ref) == (LeadState.EXPIRED_WINDOW, "returns.window", "2")
        assert after.deadline_at == at("2026-03-03T10:00")
        assert "A quote was begun on Tue 2026-03-03 11:00" in english(after.said)

    def test_a_claim_sent_before_keeps_the_right(self) -> None:
        quoted = handled("2026-03-02T10:00", quote_started_at="2026-03-03T10:00")
        for sent_at, state in (
            ("2026-03-03T10:00", LeadState.RETURNABLE),
            ("2026-03-03T10:01", LeadState.EXPIRED_WINDOW),
        ):
            found = drafted(self.contract, "2026-04-01", grounds=[DEAD], handling=quoted, claim=claimed(sent_at))
            assert found.state is state

    def test_a_cut_off_is_no_neglect(self) -> None:
        quoted = handled(quote_started_at="2026-03-03T10:00")
        assert drafted(self.contract, grounds=[DEAD], handling=quoted).state is LeadState.EXPIRED_WINDOW

    def test_what_is_not_shown_is_pending(self) -> None:
        found = drafted(self.contract, "2026-03-03", grounds=[DEAD])
        assert (found.state, wants(found)) == (LeadState.PENDING_EVIDENCE, ["quote_started"])


class TestDuties:
    contract = make_contract(
        returns=returns(),
        duties=[{"code": "first_attempt_within", "within": "PT24H", "ref": "7.1"}],
    )

    @pytest.mark.parametrize(
        ("handling", "as_of", "state", "clause"),
        [
            (handled("2026-03-02T12:00"), "2026-03-05", LeadState.RETURNABLE, "returns.reasons.0"),
            (handled(), "2026-03-02T12:00", LeadState.PENDING_EVIDENCE, "returns.reasons.0"),
            (handled(), "2026-03-05", LeadState.LOST_BY_NEGLECT, "duties.0"),
            (NOT_SEEN, "2026-03-05", LeadState.PENDING_EVIDENCE, "returns.reasons.0"),
            (NOT_SEEN, "2026-03-20", LeadState.EXPIRED_WINDOW, "returns.window"),
        ],
    )
    def test_states(self, handling: object, as_of: str, state: LeadState, clause: str) -> None:
        found = drafted(self.contract, as_of, grounds=[DEAD], handling=handling)
        assert (found.state, found.clause) == (state, clause)

    def test_broken_it_is_lost_though_it_was_claimed_in_time(self) -> None:
        found = drafted(self.contract, "2026-03-20", grounds=[DEAD], handling=handled(), claim=claimed("2026-03-05"))
        assert (found.state, found.clause_ref) == (LeadState.LOST_BY_NEGLECT, "7.1")

    def test_a_suspicion_is_never_lost_by_neglect(self) -> None:
        assert (
            drafted(self.contract, "2026-03-05", grounds=[SUSPECTED], handling=handled()).state is LeadState.PAYABLE
        )

    def test_a_reason_on_which_the_duty_does_not_hang_is_free_of_it(self) -> None:
        duty = {"code": "first_attempt_within", "within": "PT24H", "reasons": ["PHONE_DISCONNECTED"]}
        contract = make_contract(returns=returns(), duties=[duty])
        found = drafted(contract, "2026-03-05", grounds=[DEAD, "FICTITIOUS"], handling=handled())
        assert (found.state, found.code) == (LeadState.RETURNABLE, ReasonCode.FICTITIOUS)

    def test_without_disposition_it_is_deemed_valid(self) -> None:
        contract = with_returns(deemed_valid_without_disposition_after="PT48H")
        found = drafted(contract, "2026-03-05", grounds=[DEAD], handling=handled("2026-03-02T12:00"))
        assert found.state is LeadState.LOST_BY_NEGLECT
        assert english(found.said).endswith("none was recorded. Without it the lead is deemed valid.")


class TestEvidence:
    def lacking(self, need: list[str], reason: list[str] | None = None, **delivery: object) -> list[str]:
        reasons = [{"code": "PHONE_DISCONNECTED", "need": reason or []}]
        contract = with_returns(evidence={"need": need}, reasons=reasons)
        found = drafted(contract, "2026-03-05", **({"grounds": [DEAD]} | delivery))
        assert (found.state is LeadState.PENDING_EVIDENCE) is bool(found.missing)
        return wants(found)

    def test_what_the_contract_and_the_reason_ask_for(self) -> None:
        assert self.lacking(["lead_id"]) == []
        assert self.lacking(["note"], ["bounce", "note"]) == ["note", "bounce"]

    @pytest.mark.parametrize(
        ("need", "kind"),
        [
            ("validator_result", ProofKind.VALIDATOR_RESULT),
            ("bounce", ProofKind.BOUNCE),
            ("note", ProofKind.NOTE),
            ("recording_id", ProofKind.RECORDING),
            ("call_log", ProofKind.CALL_LOG),
        ],
    )
    def test_proofs_of_the_ground(self, need: str, kind: ProofKind) -> None:
        proof = Proof(kind=kind, ref="p1")
        assert self.lacking([need], handling=handled()) == [need]
        assert self.lacking([need], grounds=[Ground(code=DEAD, proofs=(proof,))], handling=handled()) == []
        # Borne by another finder of the same, but not by another reason.
        other = Ground(code=DEAD, found_by="PL008 v1", proofs=(proof,))
        assert self.lacking([need], grounds=[DEAD, other], handling=handled()) == []
        another = Ground(code=ReasonCode.FICTITIOUS, proofs=(proof,))
        assert self.lacking([need], grounds=[DEAD, another], handling=handled()) == [need]
        later = Ground(code=DEAD, proofs=(Proof(kind=kind, ref="p1", at=at("2026-03-06")),))
        assert self.lacking([need], grounds=[later], handling=handled()) == [need]

    def test_calls_recordings_and_attempts(self) -> None:
        recorded = handled(called("2026-03-02T10:00", recording_id="r1"), "2026-03-02T13:00")
        assert self.lacking(["call_log>=2@different_daypart", "recording_id", "attempts>=2"], handling=recorded) == []
        assert self.lacking(["call_log>=3", "recording_id>=2", "attempts>=3"], handling=recorded) == [
            "call_log>=3",
            "recording_id>=2",
            "attempts>=3",
        ]
        morning = handled("2026-03-02T09:30", "2026-03-03T10:00")
        assert self.lacking(["attempts>=2@different_daypart"], handling=morning) == ["attempts>=2@different_daypart"]

    def test_attempts_after_the_instant_are_not_made_yet(self) -> None:
        assert self.lacking(["attempts>=2"], handling=handled("2026-03-04", "2026-03-06")) == ["attempts>=2"]

    def test_attempts_that_were_asked_for_are_shown(self) -> None:
        contract = with_returns(evidence={"need": ["attempts>=2"]})
        found = drafted(contract, grounds=[DEAD], handling=WORKED)
        assert [(each.kind, each.ref) for each in found.proofs] == [
            (ProofKind.CALL_LOG, "call-20260302T100000"),
            (ProofKind.CALL_LOG, "call-20260303T120000"),
        ]

    def test_who_can_supply_it_and_until_when(self) -> None:
        contract = with_returns(evidence={"need": ["attempts>=2", "validator_result"]})
        found = drafted(contract, grounds=[DEAD], handling=handled())
        assert [(each.who, each.until) for each in found.missing] == [
            (Supplier.REP, at("2026-03-12T09:00")),
            (Supplier.LOOK_UP, at("2026-03-12T09:00")),
        ]


class TestClaims:
    def test_a_claim_sent_in_time_keeps_the_right_for_ever(self) -> None:
        found = drafted(with_returns(), "2030-01-01", grounds=[DEAD], claim=claimed("2026-03-12T09:00"))
        assert (found.state, found.is_claim_needed) == (LeadState.RETURNABLE, True)
        assert english(found.said).endswith("A return was claimed in time, on Thu 2026-03-12 10:00.")
        late = drafted(with_returns(), "2030-01-01", grounds=[DEAD], claim=claimed("2026-03-12T09:01"))
        assert late.state is LeadState.EXPIRED_WINDOW

    def test_only_for_its_own_reason(self) -> None:
        for code, state in ((None, LeadState.RETURNABLE), (DEAD, LeadState.RETURNABLE), ("FICTITIOUS", None)):
            found = drafted(with_returns(), "2030-01-01", grounds=[DEAD], claim=claimed("2026-03-05", code))
            if state is not None:
                assert found.state is state
        # What was claimed is a suspicion that nothing bears out, for good.
        assert (found.state, found.code) == (LeadState.PENDING_EVIDENCE, ReasonCode.FICTITIOUS)
        assert found.missing[0].until is None

    def test_of_which_nobody_says_when_it_was_sent(self) -> None:
        claim = Claim(status=ClaimStatus.SENT)
        assert drafted(with_returns(), grounds=[DEAD], claim=claim).state is LeadState.RETURNABLE
        found = drafted(with_returns(), "2030-01-01", grounds=[DEAD], claim=claim)
        assert (found.state, wants(found)) == (LeadState.PENDING_EVIDENCE, ["sent_at"])
        draft_claim = Claim(status=ClaimStatus.DRAFT)
        found = drafted(with_returns(), "2030-01-01", grounds=[DEAD], claim=draft_claim)
        assert found.state is LeadState.EXPIRED_WINDOW

    def test_a_draft_keeps_nothing(self) -> None:
        claim = claimed("2026-03-05", status=ClaimStatus.DRAFT)
        assert drafted(with_returns(), "2030-01-01", grounds=[DEAD], claim=claim).state is LeadState.EXPIRED_WINDOW

    @pytest.mark.parametrize("status", [ClaimStatus.ACCEPTED, ClaimStatus.DENIED, ClaimStatus.RESUBMITTED])
    def test_the_answer_changes_nothing(self, status: ClaimStatus) -> None:
        claim = claimed("2026-03-05", status=status)
        assert drafted(with_returns(), "2030-01-01", grounds=[DEAD], claim=claim).state is LeadState.RETURNABLE
        assert drafted(with_returns(), grounds=["BOT"], claim=claim).state is LeadState.PAYABLE

    @pytest.mark.parametrize(
        ("status", "credited", "state"),
        [
            (ClaimStatus.WITHDRAWN, None, LeadState.PAYABLE),
            (ClaimStatus.SETTLED, 0, LeadState.PAYABLE),
            (ClaimStatus.SETTLED, 1000, LeadState.RETURNABLE),
            # Settled, but how is not told: as the contract has it.
            (ClaimStatus.SETTLED, None, LeadState.RETURNABLE),
        ],
    )
    @pytest.mark.parametrize("as_of", ["2026-03-09", "2030-01-01"])
    def test_withdrawn_and_settled(
        self, status: ClaimStatus, credited: int | None, state: LeadState, as_of: str
    ) -> None:
        claim = claimed("2026-03-05", DEAD, status=status, credited=credited)
        found = drafted(with_returns(), as_of, grounds=[DEAD], claim=claim)
        assert (found.state, found.code, found.clause) == (state, DEAD, "returns.reasons.0")

    def test_an_answer_after_the_instant_is_not_there_yet(self) -> None:
        claim = Claim(status=ClaimStatus.WITHDRAWN, code=DEAD, sent_at=at("2026-03-05"), answered_at=at("2026-03-20"))
        for as_of, state in (
            ("2026-03-19", LeadState.RETURNABLE),
            ("2026-03-20", LeadState.PAYABLE),
        ):
            assert drafted(with_returns(), as_of, grounds=[DEAD], claim=claim).state is state

    def test_a_claim_after_the_instant_is_not_sent_yet(self) -> None:
        claim = claimed("2026-03-11", DEAD)
        assert drafted(with_returns(), "2026-03-10", claim=claim).state is LeadState.PAYABLE
        assert drafted(with_returns(), "2026-03-12", claim=claim).state is LeadState.PENDING_EVIDENCE

    def test_what_is_out_by_itself_needs_none(self) -> None:
        contract = make_contract(
            returns=returns(), delivery={"required_fields": ["name"], "missing_field": "not_payable"}
        )
        claim = claimed("2026-03-05", status=ClaimStatus.WITHDRAWN)
        found = drafted(contract, claim=claim)
        assert (found.state, found.is_out, found.clause) == (LeadState.RETURNABLE, True, "delivery.required_fields")


class TestReplacements:
    def test_they_are_returnable_where_the_contract_says_so(self) -> None:
        for is_returnable, state in ((True, LeadState.RETURNABLE), (False, LeadState.PAYABLE)):
            contract = with_returns(remedy="replacement", replacement_returnable=is_returnable)
            found = drafted(contract, grounds=[DEAD], replaces="d0")
            assert found.state is state
        assert found.clause == "returns.replacement_returnable"
        assert drafted(contract, grounds=[DEAD]).state is LeadState.RETURNABLE


_HANDLINGS = st.builds(
    lambda tries, unknown, contacted: handled(
        *(MONDAY + timedelta(hours=hour) for hour in tries),
        # What is told is not unknown.
        unknown=unknown if contacted is None else unknown - {HandlingFact.CONTACTED},
        contacted_at=None if contacted is None else MONDAY + timedelta(hours=contacted),
    ),
    st.lists(st.integers(-5, 400), max_size=4),
    st.sets(st.sampled_from(list(HandlingFact))),
    st.none() | st.integers(0, 400),
)
_GROUNDS = st.lists(
    st.builds(
        lambda code, is_proven, hours: Ground(
            code=code, is_proven=is_proven, known_at=None if hours is None else MONDAY + timedelta(hours=hours)
        ),
        st.sampled_from([DEAD, ReasonCode.FICTITIOUS, ReasonCode.BOT, ReasonCode.NO_ANSWER]),
        st.booleans(),
        st.none() | st.integers(0, 400),
    ),
    max_size=4,
)
_CLAIMS = st.none() | st.builds(
    lambda hours, status, code, credited: Claim(
        status=status, code=code, sent_at=MONDAY + timedelta(hours=hours), credited=credited
    ),
    st.integers(0, 400),
    st.sampled_from(list(ClaimStatus)),
    st.sampled_from([None, DEAD, ReasonCode.FICTITIOUS]),
    st.sampled_from([None, 0, 1000]),
)
_CONTRACTS = st.builds(
    lambda window, duties, need, deemed: make_contract(
        returns=returns(window=window, evidence={"need": need}, deemed_valid_without_disposition_after=deemed),
        duties=duties,
    ),
    st.sampled_from(
        [{}, {"until": "P10D"}, {"until": "P10D", "not_before": "P7D"}, {"until": "PT72H", "cut_off": "contacted"}]
    ),
    st.sampled_from(
        [
            [],
            [{"code": "first_attempt_within", "within": "PT24H"}],
            [{"code": "min_attempts", "count": 2, "distinct_dayparts": True}, {"code": "bind_filters"}],
        ]
    ),
    st.sampled_from([[], ["attempts>=2"], ["lead_id", "note"]]),
    st.sampled_from([None, "PT48H"]),
)


@given(_CONTRACTS, _HANDLINGS, _GROUNDS, _CLAIMS, st.integers(0, 500))
def test_what_holds_of_every_draft(
    contract: Contract, handling: object, grounds: list[Ground], claim: Claim | None, hours: int
) -> None:
    as_of = MONDAY + timedelta(hours=hours)
    found = drafted(contract, as_of, handling=handling, grounds=grounds, claim=claim)
    assert bool(found.missing) is (found.state is LeadState.PENDING_EVIDENCE)
    assert not found.is_out
    assert english(found.said)
    if found.state is LeadState.LOST_BY_NEGLECT:
        # Nothing of it hangs on what is not shown.
        assert found.clause.startswith(("duties.", "returns."))
        assert any(each.is_proven and each.code is found.code for each in grounds)
    if found.state is LeadState.RETURNABLE and found.deadline_at is not None and as_of > found.deadline_at:
        assert claim is not None
    if all(each.code in (ReasonCode.BOT, ReasonCode.NO_ANSWER) for each in grounds) and claim is None:
        assert found.state is LeadState.PAYABLE


@given(_CONTRACTS, _GROUNDS, st.integers(0, 500))
def test_what_nobody_shows_is_never_called_neglect(contract: Contract, grounds: list[Ground], hours: int) -> None:
    found = drafted(contract, MONDAY + timedelta(hours=hours), grounds=grounds)
    assert found.state is not LeadState.LOST_BY_NEGLECT


@given(_CONTRACTS, _HANDLINGS, _GROUNDS, _CLAIMS, st.integers(0, 400))
def test_what_came_about_later_changes_nothing(
    contract: Contract, handling: object, grounds: list[Ground], claim: Claim | None, hours: int
) -> None:
    """The draft as of an instant is the same when it is made before the later facts came in."""
    as_of = MONDAY + timedelta(hours=hours)
    whole = make_delivery(handling=handling, grounds=grounds, claim=claim)  # type: ignore[arg-type]
    assert _of(contract, whole, as_of) == _of(contract, _known(whole, as_of), as_of)


def _of(contract: Contract, delivery: Delivery, as_of: datetime) -> tuple[object, ...]:
    taken = Intake(ContractBook([contract])).take(delivery)
    assert taken is not None
    found = draft(taken, as_of)
    return (
        found.state,
        found.said,
        found.code,
        found.clause,
        found.found_by,
        found.proofs,
        found.missing,
        found.is_claim_needed,
        found.deadline_at,
    )


def _known(delivery: Delivery, as_of: datetime) -> Delivery:
    """The delivery as it was shown at that instant."""
    handling, claim = delivery.handling, delivery.claim
    contacted_at = handling.contacted_at
    return make_delivery(
        grounds=[each for each in delivery.grounds if each.known_at is None or each.known_at <= as_of],
        handling=handled(
            *(each for each in handling.tries if each.at <= as_of),
            contacted_at=contacted_at if contacted_at is not None and contacted_at <= as_of else None,
            unknown=handling.unknown,
        ),
        claim=claim if claim is not None and claim.sent_at is not None and claim.sent_at <= as_of else None,
    )
