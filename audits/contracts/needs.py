"""What a claim must bear, held against what is shown: which evidence lacks, and who can supply it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property

from audits.contracts.duties import Attempts, are_enough, attempts, needed
from audits.model.contract import Contract, Need, NeedKind
from audits.model.delivery import Channel, Delivery, Proof, ProofKind, Try
from audits.model.said import Count, Said, say
from audits.model.verdict import Missing, Supplier

_PROOF_OF = {
    NeedKind.RECORDING_ID: ProofKind.RECORDING,
    NeedKind.VALIDATOR_RESULT: ProofKind.VALIDATOR_RESULT,
    NeedKind.BOUNCE: ProofKind.BOUNCE,
    NeedKind.NOTE: ProofKind.NOTE,
    NeedKind.CALL_LOG: ProofKind.CALL_LOG,
}
_WHO = {
    NeedKind.VALIDATOR_RESULT: Supplier.LOOK_UP,
    NeedKind.BOUNCE: Supplier.LOOK_UP,
}
_OF_TRIES = (NeedKind.ATTEMPTS, NeedKind.CALL_LOG, NeedKind.RECORDING_ID)


class Evidence:
    """What is shown of one delivery as of an instant, and what a claim lacks."""

    def __init__(self, contract: Contract, delivery: Delivery, as_of: datetime) -> None:
        self._contract = contract
        self._delivery = delivery
        self._as_of = as_of

    @cached_property
    def _shown(self) -> Attempts:
        return attempts(self._delivery, self._delivery.delivered_at, self._as_of)

    def lacking(self, needs: Iterable[Need], proofs: Sequence[Proof], until: datetime | None) -> list[Missing]:
        """Which needs the proofs of a ground and the attempts do not meet; to be supplied `until`."""
        found = []
        for need in dict.fromkeys(needs):
            said = self._lack(need, proofs)
            if said is not None:
                who = _WHO.get(need.kind, Supplier.REP)
                found.append(Missing(what=str(need), who=who, said=said, until=until))
        return found

    def waits_for_attempts(self, needs: Iterable[Need], proofs: Sequence[Proof]) -> bool:
        """Whether attempts lack of which it is known that they were not made."""
        if not self._shown.is_complete:
            return False
        # A record without a recording, or a call without a log, was an attempt all the same.
        return any(
            need.kind in (NeedKind.ATTEMPTS, NeedKind.CALL_LOG)
            and self._lack(need, proofs) is not None
            and not are_enough(self._shown.tries, need.least, need.distinct_dayparts, self._contract)
            for need in needs
        )

    def proofs_of_tries(self, needs: Iterable[Need]) -> list[Proof]:
        """The attempts that were asked for, as evidence."""
        if not any(need.kind in _OF_TRIES for need in needs):
            return []
        return [
            Proof(
                kind=ProofKind.CALL_LOG if each.channel is Channel.CALL else ProofKind.CRM_RECORD,
                ref=each.ref,
                sha256=each.sha256,
                at=each.at,
            )
            for each in self._shown.tries
            if each.ref
        ]

    def _lack(self, need: Need, proofs: Sequence[Proof]) -> Said | None:
        kind, least = need.kind, need.least
        if kind is NeedKind.LEAD_ID:
            # Every delivery has one.
            return None
        if kind is NeedKind.ATTEMPTS:
            if are_enough(self._shown.tries, least, need.distinct_dayparts, self._contract):
                return None
            return needed(least, need.distinct_dayparts, self._shown, self._contract, None)
        borne = [each for each in proofs if each.kind is _PROOF_OF[kind]]
        if kind is NeedKind.CALL_LOG:
            return self._lacks_calls(need, borne)
        if kind is NeedKind.RECORDING_ID:
            recorded = {each.recording_id for each in self._shown.tries if each.recording_id}
            recorded |= {each.ref for each in borne}
            if len(recorded) >= least:
                return None
            return say("The recording of {calls} lacks.", calls=Count(least - len(recorded), "call"))
        if len(borne) >= least:
            return None
        if kind is NeedKind.BOUNCE:
            return say("The message lacks by which an e-mail came back.")
        if kind is NeedKind.VALIDATOR_RESULT:
            return say("The result of a look-up of phone number or e-mail address lacks.")
        return say("A note of what was found out lacks.")

    def _lacks_calls(self, need: Need, borne: Sequence[Proof]) -> Said | None:
        calls = [each for each in self._shown.tries if each.channel is Channel.CALL]
        known = {each.ref for each in calls if each.ref}
        calls += [Try(at=each.at, ref=each.ref) for each in borne if each.ref not in known and each.at is not None]
        if are_enough(calls, need.least, need.distinct_dayparts, self._contract):
            return None
        timeless = sum(each.ref not in known and each.at is None for each in borne)
        if not need.distinct_dayparts and len(calls) + timeless >= need.least:
            return None
        shown = Attempts(tuple(calls), self._shown.is_complete)
        return say(
            "The log of calls lacks. {needed}",
            needed=needed(need.least, need.distinct_dayparts, shown, self._contract, None),
        )
