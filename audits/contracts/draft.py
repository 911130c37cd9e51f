"""What holds of one delivery by itself: which ground is creditable, duties, evidence, window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from audits.contracts.duties import DEEMED_VALID, Duties, DutyState, HeldDuty, attempts
from audits.contracts.needs import Evidence
from audits.contracts.reason_words import REASON_WORDS
from audits.contracts.steps import Charge, Draft, Taken
from audits.contracts.windows import ClaimWindow, Timing
from audits.model.contract import Clause, Contract, CutOff, Need, Treatment
from audits.model.delivery import Claim, ClaimStatus, Delivery, Ground, HandlingFact, Proof
from audits.model.quick import quick
from audits.model.reasons import NEVER_BY_DEFAULT, ReasonCode
from audits.model.said import Moment, Money, Said, joined, say
from audits.model.verdict import LeadState, Missing, Supplier

_draft = quick(Draft)

#: What is said of a lead that nobody says anything against.
NOTHING_FOUND = say("Nothing was found against it.")
_NOT_OWED = say("By the contract it is not owed.")
_WITHDRAWN = say("The claim was withdrawn.")
_NOT_CREDITED = say("The claim was settled with nothing credited.")
_NO_RETURNS = say("The contract knows no returns.")
_IS_REPLACEMENT = say("It replaces another lead, and a replacement cannot be returned.")
_PENDING = say("It counts when what is missing is shown.")
_RANKS = {
    LeadState.RETURNABLE: 0,
    LeadState.PENDING_EVIDENCE: 1,
    LeadState.LOST_BY_NEGLECT: 2,
    LeadState.EXPIRED_WINDOW: 3,
    LeadState.PAYABLE: 4,
}
_TERMS_KEPT = 512
# Filled by digest: equal contracts mean the same.
_terms: dict[str, _Terms] = {}


def draft(taken: Taken, as_of: datetime) -> Draft:
    """The state of the lead as of an instant (aware UTC) before return caps, tolerance and prices. What came about
    after `as_of` is left out of account."""
    delivery = taken.delivery
    if taken.out is not None:
        return _out(taken, taken.out)
    if not taken.charges and not delivery.grounds and delivery.claim is None:
        return _draft(taken=taken, state=LeadState.PAYABLE, said=NOTHING_FOUND)
    digest = taken.contract.digest
    terms = _terms.get(digest)
    if terms is None:
        if len(_terms) >= _TERMS_KEPT:
            _terms.clear()
        terms = _terms[digest] = _Terms(taken.contract)
    return terms.draft(taken, as_of)


def _out(taken: Taken, charge: Charge) -> Draft:
    ground = charge.ground
    return _draft(
        taken=taken,
        state=LeadState.RETURNABLE,
        said=joined(charge.said, _NOT_OWED),
        code=ground.code,
        clause=charge.clause,
        clause_ref=charge.clause_ref,
        found_by=(ground.found_by,),
        proofs=ground.proofs,
        is_out=True,
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A creditable ground. `order`: where the contract lists it. `said`: what is wrong, in a sentence.
    `is_by_itself`: once proven it takes the lead out, so that no claim is needed."""

    ground: Ground
    clause: str
    clause_ref: str
    order: tuple[int, int]
    needs: tuple[Need, ...]
    said: Said
    is_by_itself: bool


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What becomes of one ground."""

    candidate: _Candidate
    state: LeadState
    said: Said
    clause: str
    clause_ref: str
    missing: tuple[Missing, ...] = ()

    def key(self) -> tuple[object, ...]:
        ground = self.candidate.ground
        return (
            _RANKS[self.state],
            not ground.is_proven,
            self.candidate.order,
            ground.code.value,
            ground.found_by,
            [(proof.kind.value, proof.ref) for proof in ground.proofs],
            ground.missing,
        )


@dataclass(frozen=True, slots=True)
class _Situation:
    """One delivery as of an instant. `claim`: what had been claimed by then. `cut_off_at`: when an act of the buyer
    ended the right to return; `is_cut_off_hidden`: whether that is not shown. `ends_at`: when the right to claim
    ends, with the window or, where `is_cut_off`, before that; None = never. `is_over`: whether it has ended."""

    taken: Taken
    as_of: datetime
    claim: Claim | None
    window: ClaimWindow | None
    cut_off_at: datetime | None
    is_cut_off_hidden: bool
    ends_at: datetime | None
    is_cut_off: bool
    is_over: bool

    @property
    def delivery(self) -> Delivery:
        return self.taken.delivery

    def is_undated(self, code: ReasonCode) -> bool:
        """Whether a claim for that reason was sent, and nobody says when."""
        claim = self.claim
        is_sent = claim is not None and claim.status is not ClaimStatus.DRAFT and claim.sent_at is None
        return is_sent and claim is not None and claim.code in (None, code)

    def is_claimed(self, code: ReasonCode) -> bool:
        """Whether a claim for that reason was sent in time, which keeps the right for good."""
        claim = self.claim
        if claim is None or claim.sent_at is None or claim.status is ClaimStatus.DRAFT or self.window is None:
            return False
        is_in_time = self.window.holds(claim.sent_at)
        is_in_time = is_in_time and (self.cut_off_at is None or claim.sent_at <= self.cut_off_at)
        return is_in_time and claim.code in (None, code)


_candidate = quick(_Candidate)
_outcome = quick(_Outcome)
_situation = quick(_Situation)
_said = quick(Said, checked=True)


class _Terms:
    """What one version says of returns, made ready once."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._timing = Timing(contract)
        self._duties = Duties(contract, self._timing)
        self._returns = returns = contract.returns
        self._reasons = {}
        if returns is not None:
            for at, reason in reversed(list(enumerate(returns.reasons))):
                self._reasons[reason.code] = (at, reason)
        self._not_creditable = {code: at for at, code in reversed(list(enumerate(contract.not_creditable)))}
        self._by_itself = frozenset(
            f"filters.{at}" for at, each in enumerate(contract.filters) if each.on_fail is Treatment.NOT_PAYABLE
        )
        self._needs = () if returns is None else returns.evidence.need
        self._cut_off = None if returns is None else returns.window.cut_off

    def draft(self, taken: Taken, as_of: datetime) -> Draft:
        claim = _claim_at(taken.delivery.claim, as_of)
        window = self._timing.claim_window(taken.counts_at, taken.delivery.delivered_at)
        if claim is not None:
            ended = self._ended(taken, claim, window, as_of)
            if ended is not None:
                return ended
        cut_off_at, is_hidden = self._cut_off_of(taken.delivery, as_of)
        ends_at = None if window is None else window.ends_at
        is_cut_off = cut_off_at is not None and (ends_at is None or cut_off_at <= ends_at)
        if is_cut_off:
            ends_at = cut_off_at
        is_over = is_cut_off or (ends_at is not None and as_of > ends_at)
        situation = _situation(taken, as_of, claim, window, cut_off_at, is_hidden, ends_at, is_cut_off, is_over)
        grounds = _grounds_at(taken, claim, as_of)
        if taken.delivery.replaces and self._returns is not None and not self._returns.replacement_returnable:
            return self._kept(taken, [*(charge.ground for charge in taken.charges), *grounds])
        candidates = [
            found
            for charge in taken.charges
            if (found := self._candidate(charge.ground, charge, taken.charges)) is not None
        ]
        candidates += [found for ground in grounds if (found := self._candidate(ground, None, ())) is not None]
        if not candidates:
            return self._not_credited(taken, [*(charge.ground for charge in taken.charges), *grounds])
        evidence = Evidence(self._contract, taken.delivery, as_of)
        outcomes = [self._outcome(each, situation, candidates, evidence) for each in candidates]
        best = outcomes[0] if len(outcomes) == 1 else min(outcomes, key=_Outcome.key)
        return self._drafted(best, situation, candidates, evidence)

    def _candidate(self, ground: Ground, charge: Charge | None, charges: Sequence[Charge]) -> _Candidate | None:
        """The ground, if a return for it may be credited."""
        code = ground.code
        if code in self._not_creditable:
            return None
        is_by_itself = charge is not None and charge.clause in self._by_itself
        listed = self._reasons.get(code)
        needs = self._needs if listed is None else (*self._needs, *listed[1].need)
        if charge is not None and charge.is_listed and (is_by_itself or self._returns is not None):
            place = next(at for at, each in enumerate(charges) if each is charge)
            return _candidate(ground, charge.clause, charge.clause_ref, (0, place), needs, charge.said, is_by_itself)
        if self._returns is None:
            return None
        said = _found(ground) if charge is None else charge.said
        if listed is not None:
            at, reason = listed
            return _candidate(ground, f"returns.reasons.{at}", reason.ref, (1, at), needs, said, False)
        if self._returns.listed_reasons_only or code in NEVER_BY_DEFAULT:
            return None
        return _candidate(ground, "returns.listed_reasons_only", self._returns.ref, (2, 0), needs, said, False)

    def _outcome(
        self, candidate: _Candidate, situation: _Situation, candidates: Sequence[_Candidate], evidence: Evidence
    ) -> _Outcome:
        if candidate.is_by_itself:
            return self._outcome_by_itself(candidate, situation)
        is_claimed = situation.is_claimed(candidate.ground.code)
        is_undated = situation.is_over and situation.is_undated(candidate.ground.code)
        is_over = situation.is_over and not is_claimed and not is_undated
        held = self._held(candidate, situation)
        broken = next((each for each in held if each.state is DutyState.BROKEN), None)
        if not candidate.ground.is_proven and (is_over or broken is not None):
            return self._unproven(candidate, situation)
        if broken is not None:
            return self._of(
                candidate, LeadState.LOST_BY_NEGLECT, broken.clause, broken.clause_ref, self._neglected(broken)
            )
        proofs = _proofs(candidate, candidates, situation.as_of)
        if is_over:
            # What was tried after the end makes nothing good.
            until_end = Evidence(self._contract, situation.delivery, situation.ends_at or situation.as_of)
            return self._over(candidate, situation, held, until_end.waits_for_attempts(candidate.needs, proofs))
        until = None if is_claimed or is_undated else situation.ends_at
        missing = self._suspected(candidate, until)
        missing += [each.missing(until) for each in held]
        if situation.is_cut_off_hidden:
            missing.append(self._hidden_cut_off(until))
        if is_undated:
            said = say("When the claim was sent is not told.")
            missing.append(Missing(what="sent_at", who=Supplier.HEAD_OF_SALES, said=said))
        missing += evidence.lacking(candidate.needs, proofs, until)
        window = situation.window
        if not is_claimed and window is not None and situation.as_of < window.opens_at:
            opens_at = Moment(window.opens_at, self._contract.timezone)
            said = say("A return may be claimed from {at} on.", at=opens_at)
            missing.append(Missing(what="not_before", who=Supplier.HEAD_OF_SALES, said=said, until=until))
        if missing:
            return self._of(
                candidate, LeadState.PENDING_EVIDENCE, candidate.clause, candidate.clause_ref, _PENDING, missing
            )
        return self._of(
            candidate,
            LeadState.RETURNABLE,
            candidate.clause,
            candidate.clause_ref,
            self._may_be_returned(situation, is_claimed=is_claimed),
        )

    def _outcome_by_itself(self, candidate: _Candidate, situation: _Situation) -> _Outcome:
        """Of a clause that says not payable, while what it asks for is not known."""
        if situation.is_over:
            return self._unproven(candidate, situation)
        missing = self._suspected(candidate, situation.ends_at)
        return self._of(
            candidate, LeadState.PENDING_EVIDENCE, candidate.clause, candidate.clause_ref, _PENDING, missing
        )

    def _over(
        self, candidate: _Candidate, situation: _Situation, held: Sequence[HeldDuty], waits_for_attempts: bool
    ) -> _Outcome:
        """After the end of the window, without a claim."""
        window = self._window_clause()
        end = situation.ends_at
        ended = Moment(end, self._contract.timezone) if end is not None else "-"
        if situation.is_cut_off:
            said = (
                say("A quote was begun on {at}, which ends the right to return.", at=ended)
                if self._cut_off is CutOff.QUOTE_STARTED
                else say("The person was reached on {at}, which ends the right to return.", at=ended)
            )
            return self._of(candidate, LeadState.EXPIRED_WINDOW, "returns.window", window.ref, said)
        delivery = situation.delivery
        shown = attempts(delivery, delivery.delivered_at, situation.as_of if end is None else end)
        reached_at = delivery.handling.contacted_at
        is_reached = reached_at is not None and (end is None or reached_at <= end)
        if shown.is_complete and not shown.tries and not is_reached:
            said = say("The window for returns ended on {at}, and nobody tried to reach the person before.", at=ended)
            return self._of(candidate, LeadState.LOST_BY_NEGLECT, "returns.window", window.ref, said)
        is_open = any(each.is_attempt and each.state is DutyState.OPEN for each in held)
        if waits_for_attempts or is_open:
            said = say(
                "The window for returns ended on {at} before the attempts were made that it asks for.", at=ended
            )
            return self._of(candidate, LeadState.LOST_BY_NEGLECT, "returns.window", window.ref, said)
        said = say("The window for returns ended on {at}, and no claim was sent before.", at=ended)
        return self._of(candidate, LeadState.EXPIRED_WINDOW, "returns.window", window.ref, said)

    def _unproven(self, candidate: _Candidate, situation: _Situation) -> _Outcome:
        said = say("It was suspected only, and not proven as long as a return could be claimed.")
        return self._of(candidate, LeadState.PAYABLE, candidate.clause, candidate.clause_ref, said)

    def _of(
        self,
        candidate: _Candidate,
        state: LeadState,
        clause: str,
        clause_ref: str,
        said: Said,
        missing: Iterable[Missing] = (),
    ) -> _Outcome:
        both = _said("{s0} {s1}", (("s0", candidate.said), ("s1", said)))
        return _outcome(candidate, state, both, clause, clause_ref, tuple(missing))

    def _held(self, candidate: _Candidate, situation: _Situation) -> list[HeldDuty]:
        window = situation.window
        return self._duties.held(
            candidate.ground.code,
            situation.delivery,
            situation.taken.counts_at,
            None if window is None else window.ends_at,
            situation.as_of,
        )

    def _neglected(self, duty: HeldDuty) -> Said:
        if duty.clause == DEEMED_VALID:
            return joined(duty.said, say("Without it the lead is deemed valid."))
        return joined(duty.said, say("Returns hang on that."))

    def _suspected(self, candidate: _Candidate, until: datetime | None) -> list[Missing]:
        ground = candidate.ground
        if ground.is_proven:
            return []
        if not ground.missing:
            said = say("What proves it is missing.")
            return [Missing(what="proof", who=Supplier.REP, said=said, until=until)]
        if candidate.clause.startswith("filters."):
            said = say("{field} is missing.", field=ground.missing)
        else:
            said = say("Missing: {what}.", what=ground.missing)
        who = Supplier.VENDOR if candidate.clause.startswith("filters.") else Supplier.LOOK_UP
        return [Missing(what=ground.missing, who=who, said=said, until=until)]

    def _hidden_cut_off(self, until: datetime | None) -> Missing:
        said = (
            say("Whether a quote was begun is not shown.")
            if self._cut_off is CutOff.QUOTE_STARTED
            else say("Whether the person was reached is not shown.")
        )
        return Missing(
            what="" if self._cut_off is None else self._cut_off.value, who=Supplier.REP, said=said, until=until
        )

    def _may_be_returned(self, situation: _Situation, *, is_claimed: bool) -> Said:
        claim = situation.claim
        if is_claimed and claim is not None and claim.sent_at is not None:
            return say("A return was claimed in time, on {at}.", at=Moment(claim.sent_at, self._contract.timezone))
        end = situation.ends_at
        if end is None:
            return say("It may be returned.")
        return say("It may be returned until {at}.", at=Moment(end, self._contract.timezone))

    def _cut_off_of(self, delivery: Delivery, as_of: datetime) -> tuple[datetime | None, bool]:
        if self._cut_off is None:
            return None, False
        handling = delivery.handling
        if self._cut_off is CutOff.QUOTE_STARTED:
            at, fact = handling.quote_started_at, HandlingFact.QUOTE_STARTED
        else:
            at, fact = handling.contacted_at, HandlingFact.CONTACTED
        if at is not None:
            return (at if at <= as_of else None), False
        return None, fact in handling.unknown

    def _ended(self, taken: Taken, claim: Claim, window: ClaimWindow | None, as_of: datetime) -> Draft | None:
        """What holds of a claim that was withdrawn or settled."""
        if claim.status is ClaimStatus.WITHDRAWN:
            said, state = _WITHDRAWN, LeadState.PAYABLE
        elif claim.status is ClaimStatus.SETTLED and claim.credited is not None:
            is_credited = claim.credited > 0
            said, state = (
                (self._credited(claim.credited), LeadState.RETURNABLE)
                if is_credited
                else (_NOT_CREDITED, LeadState.PAYABLE)
            )
        else:
            return None
        grounds = [each.ground for each in taken.charges] + _grounds_at(taken, claim, as_of)
        same = [each for each in grounds if claim.code in (None, each.code)]
        code = claim.code or (same[0].code if same else None)
        listed = None if code is None else self._reasons.get(code)
        charge = next((each for each in taken.charges if each.ground.code is code), None)
        clause, clause_ref = ("", "") if self._returns is None else ("returns", self._returns.ref)
        if charge is not None:
            clause, clause_ref = charge.clause, charge.clause_ref
        elif listed is not None:
            clause, clause_ref = f"returns.reasons.{listed[0]}", listed[1].ref
        why = () if code is None else (say("Found: {reason}.", reason=REASON_WORDS[code]),)
        return _draft(
            taken=taken,
            state=state,
            said=joined(*why, said),
            code=code,
            clause=clause,
            clause_ref=clause_ref,
            found_by=_finders(same),
            proofs=_ordered(proof for each in same for proof in each.proofs),
            is_claim_needed=state is LeadState.RETURNABLE,
            claimable_from=None if window is None else window.opens_at,
            deadline_at=None if window is None else window.ends_at,
        )

    def _credited(self, credit: int) -> Said:
        return say("The claim was settled with a credit of {credit}.", credit=Money(credit, self._contract.currency))

    def _not_credited(self, taken: Taken, grounds: Sequence[Ground]) -> Draft:
        """Payable, though something was found: no ground of it is one for a return."""
        if not grounds:
            return _draft(taken=taken, state=LeadState.PAYABLE, said=NOTHING_FOUND)
        first = min(grounds, key=lambda each: (not each.is_proven, each.code.value, each.found_by))
        reason = REASON_WORDS[first.code]
        clause, clause_ref = "", ""
        if first.code in self._not_creditable:
            clause = f"not_creditable.{self._not_creditable[first.code]}"
            said = say("Found: {reason}. By the contract that is no reason for a return.", reason=reason)
        elif self._returns is None:
            said = joined(say("Found: {reason}.", reason=reason), _NO_RETURNS)
        else:
            clause, clause_ref = "returns.reasons", self._returns.ref
            said = say("Found: {reason}. That is not among the reasons for a return.", reason=reason)
        same = [each for each in grounds if each.code is first.code]
        return _draft(
            taken=taken,
            state=LeadState.PAYABLE,
            said=said,
            code=first.code,
            clause=clause,
            clause_ref=clause_ref,
            found_by=_finders(same),
            proofs=_ordered(proof for each in same for proof in each.proofs),
        )

    def _kept(self, taken: Taken, grounds: Sequence[Ground]) -> Draft:
        """A replacement that cannot be returned, whatever was found."""
        if not grounds:
            return _draft(taken=taken, state=LeadState.PAYABLE, said=NOTHING_FOUND)
        return replace(
            self._not_credited(taken, grounds),
            said=_IS_REPLACEMENT,
            clause="returns.replacement_returnable",
            clause_ref="" if self._returns is None else self._returns.ref,
        )

    def _drafted(
        self, outcome: _Outcome, situation: _Situation, candidates: Sequence[_Candidate], evidence: Evidence
    ) -> Draft:
        candidate = outcome.candidate
        proofs = _proofs(candidate, candidates, situation.as_of)
        same = [each.ground for each in candidates if each.ground.code is candidate.ground.code]
        window = None if candidate.is_by_itself else situation.window
        return _draft(
            taken=situation.taken,
            state=outcome.state,
            said=outcome.said,
            code=candidate.ground.code,
            clause=outcome.clause,
            clause_ref=outcome.clause_ref,
            found_by=_finders(same),
            proofs=_ordered([*proofs, *evidence.proofs_of_tries(candidate.needs)]),
            missing=outcome.missing,
            is_claim_needed=not candidate.is_by_itself
            and outcome.state in (LeadState.RETURNABLE, LeadState.PENDING_EVIDENCE),
            claimable_from=None if window is None else window.opens_at,
            deadline_at=None if window is None else situation.ends_at,
        )

    def _window_clause(self) -> Clause:
        return self._contract if self._returns is None else self._returns.window


def _found(ground: Ground) -> Said:
    if ground.is_proven:
        return say("Found: {reason}.", reason=REASON_WORDS[ground.code])
    return say("Suspected: {reason}.", reason=REASON_WORDS[ground.code])


def _claim_at(claim: Claim | None, as_of: datetime) -> Claim | None:
    """The claim as it stood then: before the answer it was sent, before that there was none."""
    if claim is None or (claim.sent_at is not None and claim.sent_at > as_of):
        return None
    if claim.answered_at is not None and claim.answered_at > as_of:
        return Claim(status=ClaimStatus.SENT, code=claim.code, sent_at=claim.sent_at)
    return claim


def _grounds_at(taken: Taken, claim: Claim | None, as_of: datetime) -> list[Ground]:
    """What was known against the lead then beside its charges; a claim that nothing bears out is a suspicion."""
    grounds = [each for each in taken.delivery.grounds if each.known_at is None or each.known_at <= as_of]
    if claim is not None and claim.code is not None and claim.status is not ClaimStatus.DRAFT:
        known = {each.code for each in grounds} | {each.ground.code for each in taken.charges}
        if claim.code not in known:
            grounds.append(Ground(code=claim.code, is_proven=False))
    return grounds


def _proofs(candidate: _Candidate, candidates: Sequence[_Candidate], as_of: datetime) -> list[Proof]:
    """What is shown for the ground's code, by whoever found it."""
    code = candidate.ground.code
    return [
        proof
        for each in candidates
        if each.ground.code is code
        for proof in each.ground.proofs
        if proof.at is None or proof.at <= as_of
    ]


def _ordered(proofs: Iterable[Proof]) -> tuple[Proof, ...]:
    """Each once, in an order that does not hang on who found it first."""
    return tuple(
        sorted(
            dict.fromkeys(proofs),
            key=lambda each: (each.kind.value, each.ref, each.sha256, "" if each.at is None else each.at.isoformat()),
        )
    )


def _finders(grounds: Iterable[Ground]) -> tuple[str, ...]:
    return tuple(sorted({each.found_by for each in grounds}))
