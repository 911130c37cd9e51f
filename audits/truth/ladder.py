"""How far a lead is verified: seven rungs, each with its day and proof. Facts lift a rung; that none is known lifts
and refutes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from audits.lead_rule import activity_evidence, lead_evidence
from audits.model.activity import Activity, ActivityKind, Disposition
from audits.model.case import LeadCase
from audits.model.finding import Evidence
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, say
from audits.model.truth import Judgement, Known
from audits.model.zones import load_zone
from audits.timeline import connections
from audits.truth.of_case import find_own_act
from audits.wording import act_moment, kind_word, moment


class Rung(StrEnum):
    """What is verified, from the form of the data to the purse."""

    SYNTAX = "syntax"
    DELIVERABLE = "deliverable"
    PLAUSIBLE_NUMBER = "plausible_number"
    REACHED = "reached"
    CONFIRMED = "confirmed"
    NEED = "need"
    SOLVENCY = "solvency"


class RungState(StrEnum):
    """LIFTED: a fact shows it. REFUTED: a fact shows the opposite. UNKNOWN: no fact does either."""

    LIFTED = "lifted"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung of one lead. `at`: since when the fact stands (aware UTC), None where it is unknown."""

    rung: Rung
    state: RungState
    at: datetime | None
    proof: Said
    evidence: tuple[Evidence, ...] = ()


def ladder(case: LeadCase, policy: Policy, judged: Judgement, known: Known) -> tuple[Step, ...]:
    """All seven rungs of the lead of `case`, by what was known at `case.as_of`."""
    found = {step.rung: step for step in _lifted(case, policy, judged, known)}
    return tuple(
        found.get(rung) or Step(rung=rung, state=RungState.UNKNOWN, at=None, proof=say("No fact on record shows it."))
        for rung in Rung
    )


def _lifted(case: LeadCase, policy: Policy, judged: Judgement, known: Known) -> Iterator[Step]:
    lead = case.lead
    zone = load_zone(policy.calendar.zone)
    by_mail = find_own_act(case, policy, ActivityKind.EMAIL)
    bounced = next((each for each in case.activities if each.disposition is Disposition.BOUNCED), None)
    if judged.email is not None:
        state = RungState.LIFTED if judged.email.is_valid else RungState.REFUTED
        proof = (
            say("The address {address} is well formed.", address=lead.email or "")
            if judged.email.is_valid
            else say("The address {address} cannot be written to.", address=lead.email or "")
        )
        yield Step(rung=Rung.SYNTAX, state=state, at=lead.received_at, proof=proof, evidence=_field(case, "email"))
    if by_mail is not None:
        said = say("The lead wrote from it {at}.", at=act_moment(by_mail, zone))
        yield _step(Rung.DELIVERABLE, RungState.LIFTED, by_mail, said)
    elif bounced is not None:
        said = say("A mail to it came back {at}.", at=act_moment(bounced, zone))
        yield _step(Rung.DELIVERABLE, RungState.REFUTED, bounced, said)
    elif judged.email is not None and judged.email.is_deliverable is not None:
        good = judged.email.is_deliverable
        yield Step(
            rung=Rung.DELIVERABLE,
            state=RungState.LIFTED if good else RungState.REFUTED,
            at=None if case.surroundings.looked_up is None else case.surroundings.looked_up.at,
            proof=say("Its domain takes mail.") if good else say("No mail server answers for its domain."),
            evidence=_field(case, "email"),
        )
    asked = case.surroundings.looked_up
    if asked is not None and asked.is_in_service is not None:
        good = asked.is_in_service
        yield Step(
            rung=Rung.PLAUSIBLE_NUMBER,
            state=RungState.LIFTED if good else RungState.REFUTED,
            at=asked.in_service_at,
            proof=(
                say("Its network says that the number is in service.")
                if good
                else say("Its network says that nobody has the number.")
            ),
            evidence=(*_field(case, "phone"), *_field(case, "mobile")),
        )
    elif judged.phone is not None and judged.phone.is_valid is not None:
        good = judged.phone.is_valid
        yield Step(
            rung=Rung.PLAUSIBLE_NUMBER,
            state=RungState.LIFTED if good else RungState.REFUTED,
            at=lead.received_at,
            proof=say("The number can be in use.") if good else say("No such number is in use."),
            evidence=(*_field(case, "phone"), *_field(case, "mobile")),
        )
    reached = connections(case, policy).first()
    if reached is not None:
        said = say("Contact was made {at} ({kind}).", at=act_moment(reached, zone), kind=kind_word(reached))
        yield _step(Rung.REACHED, RungState.LIFTED, reached, said)
    shown = find_own_act(case, policy)
    if known.denied:
        yield Step(
            rung=Rung.CONFIRMED,
            state=RungState.REFUTED,
            at=lead.closed_at,
            proof=say("Who was reached said that he had asked for nothing."),
            evidence=_field(case, "raw_status"),
        )
    elif shown is not None:
        said = say("The person showed himself {at} ({kind}).", at=act_moment(shown, zone), kind=kind_word(shown))
        yield _step(Rung.CONFIRMED, RungState.LIFTED, shown, said)
    deal = min(case.deals, key=lambda each: (each.created_at, each.deal_id), default=None)
    if deal is not None:
        said = say("A deal was opened {at}.", at=moment(deal.created_at, zone))
        evidence = (_of_deal(deal.deal_id, "created_at", deal.created_at),)
        yield Step(rung=Rung.NEED, state=RungState.LIFTED, at=deal.created_at, proof=said, evidence=evidence)
    won = min(
        ((each.closed_at, each.deal_id) for each in case.deals if each.status is LeadStatus.WON and each.closed_at),
        default=None,
    )
    if won is not None:
        said = say("A deal was won {at}.", at=moment(won[0], zone))
        evidence = (_of_deal(won[1], "closed_at", won[0]),)
        yield Step(rung=Rung.SOLVENCY, state=RungState.LIFTED, at=won[0], proof=said, evidence=evidence)
    elif lead.status is LeadStatus.WON and lead.closed_at is not None and lead.closed_at <= case.as_of:
        said = say("The lead bought {at}.", at=moment(lead.closed_at, zone))
        yield Step(
            rung=Rung.SOLVENCY,
            state=RungState.LIFTED,
            at=lead.closed_at,
            proof=said,
            evidence=_field(case, "raw_status"),
        )


def _step(rung: Rung, state: RungState, shown_by: Activity, proof: Said) -> Step:
    return Step(rung=rung, state=state, at=shown_by.occurred_at, proof=proof, evidence=activity_evidence(shown_by))


def _of_deal(deal_id: str, field: str, at: datetime) -> Evidence:
    return Evidence(record_type="deal", record_id=deal_id, field=field, value=at.isoformat(), at=at)


def _field(case: LeadCase, name: str) -> tuple[Evidence, ...]:
    value = getattr(case.lead, name)
    return (lead_evidence(case.lead, name, str(value)),) if value else ()
