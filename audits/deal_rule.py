"""What the rules on deals share: they judge every deal that is judged on this lead, and one finding speaks of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from audits.clock import NoWorkingHours, case_clock
from audits.lead_rule import Draft, not_looked_at
from audits.model.case import Fact, LeadCase
from audits.model.deal import Deal
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, joined, say
from audits.model.surroundings import DealNorm
from audits.timeline import attempts, connections, holder_at
from audits.wording import counted

NO_DEAL = "no_deal"
CLOSED = "closed"
UNMAPPED_STAGE = "unmapped_stage"
NOT_ENOUGH_DATA = "not_enough_data"

#: The reasons that several rules on deals share, with their meaning for a person.
OF_DEALS = {
    NO_DEAL: "no deal is judged on this lead",
    CLOSED: "the deal is won or lost",
    UNMAPPED_STAGE: "the deal's stage is not mapped to one of our words, so we do not know whether it is open",
    NOT_ENOUGH_DATA: "too few deals or leads have gone this way to say what is usual",
}

_ORDER = (Outcome.BREACH, Outcome.NOT_EVALUATED, Outcome.PASS, Outcome.NOT_APPLICABLE)


def judged_deals(case: LeadCase, question: Said, judge: Callable[[Deal], Draft]) -> Draft:
    """One answer for all deals that are judged on the lead: the gravest, and of equal ones the oldest deal's.

    A breach shows the evidence of every deal in breach; what time may change is that of all of them.
    """
    unseen = case.coverage.cause(Fact.DEALS)
    deals = sorted(
        (deal for deal in case.deals if deal.is_primary and deal.created_at <= case.as_of),
        key=lambda deal: (deal.created_at, deal.deal_id),
    )
    drafts = [judge(deal) for deal in deals]
    gravest = min(drafts, key=lambda draft: _ORDER.index(draft.outcome), default=None)
    wakes = tuple(sorted({*(wake for draft in drafts for wake in draft.wakes), *_ahead(case)}))
    if unseen is not None and (gravest is None or gravest.outcome is not Outcome.BREACH):
        return replace(not_looked_at(unseen, question), wakes=wakes)
    if gravest is None:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason=NO_DEAL,
            sentence=say("No deal has grown out of the lead, or it is judged on another contact of that deal."),
            wakes=wakes,
        )
    if gravest.outcome is not Outcome.BREACH:
        return replace(gravest, wakes=wakes)
    alike = [draft for draft in drafts if draft.outcome is Outcome.BREACH]
    return replace(
        gravest,
        wakes=wakes,
        evidence=tuple(each for draft in alike for each in draft.evidence),
        sentence=_with_others(gravest.sentence, len(alike) - 1),
    )


def closed_or_unmapped(deal: Deal, case: LeadCase, measures: tuple[Measure, ...] = ()) -> Draft | None:
    """The answer for a deal that is not known to be open, None for one that is."""
    if deal.status is LeadStatus.OPEN:
        return None
    if deal.status is None:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason=UNMAPPED_STAGE,
            sentence=say(
                'It cannot be told whether deal {deal} is open: its stage "{stage}" is not mapped; map it in the '
                "settings.",
                deal=number_of(deal),
                stage=deal.stage,
            ),
            measures=measures,
            evidence=(deal_evidence(deal, "stage", deal.stage),),
        )
    return Draft(
        outcome=Outcome.NOT_APPLICABLE,
        reason=CLOSED,
        sentence=say("Deal {deal} is closed.", deal=number_of(deal)),
        measures=measures,
        owner_id=deal_holder(deal, case),
    )


def number_of(deal: Deal) -> str:
    """The id of a deal as people see it in their CRM: without the kind of record before it, as in "deal:17"."""
    return deal.deal_id.rpartition(":")[2]


def deal_evidence(deal: Deal, field: str, value: str, at: datetime | None = None) -> Evidence:
    """A value of the deal's record as read."""
    return Evidence(record_type="deal", record_id=deal.deal_id, field=field, value=value, at=at)


def contact_evidence(deal: Deal, case: LeadCase) -> tuple[Evidence, ...]:
    """Each contact of the deal with its last touch, or that there was none."""
    found = []
    for contact in deal.contacts:
        at = contact.last_touch_at if contact.last_touch_at and contact.last_touch_at <= case.as_of else None
        value = "" if at is None else at.isoformat()
        found.append(
            Evidence(record_type="contact", record_id=contact.contact_id, field="last_touch_at", value=value, at=at)
        )
    return tuple(found)


def touched(deal: Deal, case: LeadCase) -> list[str]:
    """The ids of the deal's contacts who were touched by the moment of the audit."""
    return [
        contact.contact_id
        for contact in deal.contacts
        if contact.last_touch_at is not None and contact.last_touch_at <= case.as_of
    ]


def touch_times(deal: Deal, case: LeadCase, policy: Policy) -> list[datetime]:
    """When the deal was touched from its creation to the moment of the audit, in order: what is sure of the lead's
    own timeline, and the last touch of each contact."""
    times = {
        contact.last_touch_at
        for contact in deal.contacts
        if contact.last_touch_at is not None and contact.last_touch_at <= case.as_of
    }
    for activity in (*attempts(case, policy).sure, *connections(case, policy).sure):
        times.add(activity.no_later_than)
    return sorted(at for at in times if deal.created_at <= at <= case.as_of)


def deal_holder(deal: Deal, case: LeadCase) -> str | None:
    """Who answers for the deal: its owner, else whoever holds the lead."""
    return deal.owner_id if deal.owner_id is not None else holder_at(case, case.as_of)


def working_s(case: LeadCase, policy: Policy, a: datetime, b: datetime) -> int | None:
    """Seconds of working time in [a, b) by the clock of the lead's holders; None where it cannot be counted: no
    rule on deals hangs on it."""
    try:
        return case_clock(case, policy).elapsed(a, b)
    except NoWorkingHours:
        return None


def norm_of(deal: Deal, norms: Sequence[DealNorm] | None) -> DealNorm | None:
    """What is usual in the deal's pipeline, None when nothing was learned of it."""
    return next((norm for norm in norms or () if norm.pipeline == deal.pipeline), None)


def too_little_learned(deal: Deal, n: int, least: int, question: Said, measures: tuple[Measure, ...]) -> Draft:
    """Not evaluated because too few deals of the pipeline were won."""
    return Draft(
        outcome=Outcome.NOT_EVALUATED,
        reason=NOT_ENOUGH_DATA,
        sentence=say(
            "It cannot be told {question}: not enough data, {n} won in pipeline {pipeline} so far, {least} are "
            "needed.",
            question=question,
            n=counted(n, "deal"),
            pipeline=deal.pipeline,
            least=least,
        ),
        measures=measures,
        evidence=(deal_evidence(deal, "pipeline", deal.pipeline),),
    )


def _ahead(case: LeadCase) -> set[datetime]:
    """When deals and touches that lie after the moment of the audit come to pass."""
    deals = [deal for deal in case.deals if deal.is_primary]
    times = {deal.created_at for deal in deals}
    times.update(contact.last_touch_at for deal in deals for contact in deal.contacts if contact.last_touch_at)
    return {at for at in times if at > case.as_of}


def _with_others(sentence: Said, others: int) -> Said:
    if not others:
        return sentence
    return joined(sentence, say("The same holds for {deals} more.", deals=counted(others, "deal")))
