"""A made-up account's history as cases, straight: no CRM, no adapter, no storage stands between."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from rapidfuzz import fuzz

from audits.learning import DealSpan, Stay, learn, longest_gap_s
from audits.message_text import normalised
from audits.model.activity import (
    Activity,
    ActivityKind,
    ActivityState,
    Direction,
    Disposition,
    Owner,
    OwnerChange,
    StageChange,
    Task,
)
from audits.model.case import LeadCase
from audits.model.deal import Deal, DealContact
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Policy
from audits.model.surroundings import Crowd, Surroundings, Twin
from audits.model.truth import Neighbours
from audits.norms import Norms
from audits.stages import kind_of
from audits.truth.clusters import neighbours_of
from audits.truth.of_case import became_of, seen_of_lead
from connector.sandbox import history, terms
from connector.sandbox.office_hours import OfficeHours
from connector.sandbox.population import Population
from connector.storage.policies import default_policy
from tests.demo.account_cases import sightings_of

STATUS = "status"
_OPEN = LeadStatus.OPEN
_STATUSES = {
    history.Status.UNQUALIFIED: LeadStatus.DISCARDED,
    history.Status.LOST: LeadStatus.LOST,
    history.Status.DENIED: LeadStatus.DISCARDED,
    history.Status.WON: LeadStatus.WON,
    history.Status.OWN: None,
}
_RESULTS = {result: Disposition(result.value) for result in history.CallResult}
_MEETINGS = {
    history.MeetingOutcome.PLANNED: (ActivityState.PLANNED, None),
    history.MeetingOutcome.HELD: (ActivityState.DONE, Disposition.CONNECTED),
    history.MeetingOutcome.NO_SHOW: (ActivityState.DONE, Disposition.NO_SHOW),
    history.MeetingOutcome.CANCELLED: (ActivityState.CANCELLED, None),
}


def with_terms(policy: Policy) -> Policy:
    """The policy with what the account knows of itself and its market."""
    return replace(
        policy,
        own_domains=(terms.DOMAIN,),
        competitor_domains=terms.COMPETITOR_DOMAINS,
        competitor_names=terms.COMPETITOR_NAMES,
        products=terms.PRODUCTS,
        most_plausible=terms.MOST_PLAUSIBLE,
    )


def policy_of(population: Population, zone: str) -> Policy:
    """What was agreed in the account: the shipped figures, its own statuses, who is away."""
    return replace(
        with_terms(default_policy(zone)),
        contacted_statuses=(history.Status.ATTEMPTED.value, history.Status.CONNECTED.value),
        waiting_statuses=(history.Status.WAITING.value,),
        absences={rep.ref: (rep.away,) for rep in population.history.reps if rep.away is not None},
    )


class HistoryAccount:
    """The cases of a population by ref, as all that was written down by `as_of`."""

    def __init__(self, population: Population, hours: OfficeHours) -> None:
        self._history = population.history
        self._hours = hours
        self._leads = {lead.ref: _lead(lead) for lead in self._history.leads}
        self._acts = {lead.ref: _activities(lead) for lead in self._history.leads}
        self._tasks = {lead.ref: _tasks(lead) for lead in self._history.leads}
        self._sightings = sightings_of(list(self._leads.values()))
        self._owners = tuple(
            Owner(
                owner_id=rep.ref,
                user_id=rep.ref,
                email=rep.email,
                name=rep.first_name,
                is_archived=rep.left_at is not None,
            )
            for rep in self._history.reps
        )
        self._deals: defaultdict[str, list[Deal]] = defaultdict(list)
        for deal in self._history.deals:
            for person in deal.persons:
                self._deals[person.lead_ref].append(self._deal(deal, person.lead_ref))
        self._norms = self._learned()
        self._logs = crowded(
            (act.owner_id, act.recorded_at, act.lead_id, act.activity_id)
            for acts in self._acts.values()
            for act in acts
            if act.is_automated is not True
        )
        self._ticks = crowded(
            (task.owner_id, task.completed_at, task.lead_id, task.task_id)
            for tasks in self._tasks.values()
            for task in tasks
            if task.completed_at is not None
        )
        self._twins = _twins(self._acts.values())
        self._neighbours = self._alike(policy_of(population, hours.zone.key))

    def case(self, ref: str, as_of: datetime) -> LeadCase:
        case = self._alone(ref, as_of)
        around = Surroundings(
            norms_id=self._norms.norms_id,
            crowded_logs=tuple(self._logs[ref]),
            crowded_ticks=tuple(self._ticks[ref]),
            twins=tuple(self._twins[ref]),
            stage_norm=self._norms.stage_norm_for(case),
            deal_norms=self._norms.deal_norms_for(case),
            neighbours=self._neighbours.get(ref),
        )
        return replace(case, surroundings=around)

    def _alike(self, policy: Policy) -> dict[str, Neighbours]:
        """What the other leads say of each at the end."""
        cases = [self._alone(lead.ref, self._history.until) for lead in self._history.leads]
        seen = (seen_of_lead(case.lead, policy.region, became_of(case, policy)) for case in cases)
        return neighbours_of(filter(None, seen))

    def _alone(self, ref: str, as_of: datetime) -> LeadCase:
        told = next(lead for lead in self._history.leads if lead.ref == ref)
        return LeadCase(
            lead=self._leads[ref],
            as_of=as_of,
            activities=tuple(act for act in self._acts[ref] if act.recorded_at <= as_of),
            tasks=tuple(self._tasks[ref]),
            owner_changes=tuple(
                OwnerChange(lead_id=ref, occurred_at=change.at, owner_id=change.rep_ref)
                for change in told.owner_changes
            ),
            stage_changes=tuple(
                StageChange(lead_id=ref, occurred_at=change.at, field=STATUS, raw_status=_word(change))
                for change in told.status_changes
                if change.status is not history.Status.WON
            ),
            sightings=tuple(self._sightings[ref]),
            deals=tuple(self._deals[ref]),
            owners=self._owners,
        )

    def _deal(self, deal: history.DealHistory, lead_ref: str) -> Deal:
        last = deal.steps[-1]
        ends = {history.DealStage.WON: LeadStatus.WON, history.DealStage.LOST: LeadStatus.LOST}
        return Deal(
            deal_id=deal.ref,
            pipeline="sales",
            stage=last.stage.value,
            status=ends.get(last.stage, _OPEN),
            created_at=deal.created_at,
            amount_minor=deal.amount_minor,
            currency=deal.currency,
            owner_id=deal.rep_ref,
            closed_at=last.at if last.stage in ends else None,
            stage_since=last.at,
            is_primary=deal.persons[0].lead_ref == lead_ref,
            contacts=tuple(
                DealContact(
                    contact_id=person.lead_ref,
                    role=person.role,
                    is_decider=None if person.role is None else person.role is history.Role.DECIDER,
                    last_touch_at=max(sure_touches(self._acts[person.lead_ref]), default=None),
                )
                for person in deal.persons
            ),
        )

    def _learned(self) -> Norms:
        until = self._history.until
        stays = [
            Stay(
                pipeline=STATUS if lead.status.status is not history.Status.WON else "won",
                stage=_word(before),
                segment=kind_of(lead.lead_type or None, lead.source.name if lead.source else None),
                working_s=self._hours.open_s(before.at, after.at),
            )
            for lead in self._history.leads
            if lead.arrived_by.door is not history.Door.IMPORT
            for before, after in zip(lead.status_changes, lead.status_changes[1:], strict=False)
        ]
        spans = []
        for told in self._history.deals:
            deal = self._deal(told, told.persons[0].lead_ref)
            if deal.status is LeadStatus.LOST:
                continue
            end = deal.closed_at or until
            touches = {
                at
                for person in told.persons
                for at in sure_touches(self._acts[person.lead_ref])
                if deal.created_at <= at <= end
            }
            spans.append(
                DealSpan(
                    pipeline="sales",
                    age_s=int((end - deal.created_at).total_seconds()),
                    is_won=deal.status is LeadStatus.WON,
                    longest_gap_s=longest_gap_s(sorted({deal.created_at, end, *touches}))
                    if deal.status is LeadStatus.WON
                    else None,
                )
            )
        return learn(stays, spans, stage_percent=80, won_age_percent=80)


def _word(change: history.StatusChange) -> str:
    return change.label or change.status.value


def _lead(told: history.LeadHistory) -> Lead:
    status = _STATUSES.get(told.status.status, _OPEN)
    moved = [each.at for each in told.status_changes]
    moved += [each.at for each in told.owner_changes] + [each.at for each in told.edits]
    return Lead(
        lead_id=told.ref,
        received_at=told.received_at,
        recorded_at=told.received_at,
        first_name=told.person.first_name,
        last_name=told.person.last_name,
        email=told.person.email or None,
        phone=told.edited(history.EditedField.PHONE, told.person.phone) or None,
        mobile=told.person.mobile or None,
        company=told.company or None,
        country=told.country,
        source=told.source.name if told.source else None,
        source_detail=told.source_detail or None,
        owner_id=told.owner_ref,
        status=status,
        raw_status=_word(told.status),
        lead_type=told.lead_type or None,
        message=told.message or None,
        is_imported=told.arrived_by.door is history.Door.IMPORT,
        modified_at=max(moved),
        submitted_at=told.submitted_at,
        ip=told.visit.ip or None,
        user_agent=told.visit.user_agent or None,
        time_on_form_s=told.visit.seconds,
        honeypot=told.visit.trap or None,
        preferred_at=told.preferred_at,
        recontact_on=told.recontact_on,
        has_call_consent=told.has_call_consent,
        priority=told.priority,
        pipeline=STATUS if status is not LeadStatus.WON else "won",
        stage=_word(told.status),
        stage_since=told.status.at,
        closed_at=told.status.at if status not in (None, _OPEN) else None,
        language=told.language or None,
    )


def _activities(lead: history.LeadHistory) -> list[Activity]:
    found = [
        _activity(lead, number, act) for number, act in enumerate(lead.acts) if not isinstance(act, history.Task)
    ]
    return sorted(found, key=lambda act: (act.occurred_at, act.activity_id))


def _activity(lead: history.LeadHistory, number: int, act: history.Act) -> Activity:
    base = Activity(
        activity_id=f"{lead.ref}.{number}",
        lead_id=lead.ref,
        kind=ActivityKind.NOTE,
        occurred_at=act.at,
        recorded_at=act.recorded_at,
        state=ActivityState.DONE,
        is_automated=act.by.is_automated,
        owner_id=act.rep_ref,
    )
    match act:
        case history.Call():
            return replace(
                base,
                kind=ActivityKind.CALL,
                direction=Direction.INBOUND if act.is_inbound else Direction.OUTBOUND,
                disposition=_RESULTS[act.result],
                duration_s=act.talk_s,
                text=act.text or None,
            )
        case history.Email():
            is_bounced = act.status is history.EmailStatus.BOUNCED
            return replace(
                base,
                kind=ActivityKind.EMAIL,
                direction=Direction.INBOUND if act.is_inbound else Direction.OUTBOUND,
                state=ActivityState.FAILED if is_bounced else ActivityState.DONE,
                disposition=Disposition.BOUNCED if is_bounced else None,
                subject=act.subject,
                text=act.text,
            )
        case history.Message():
            return replace(base, kind=ActivityKind.MESSAGE, text=act.text)
        case history.Meeting():
            state, disposition = _MEETINGS[act.outcome]
            return replace(base, kind=ActivityKind.MEETING, state=state, disposition=disposition, is_automated=False)
        case _:
            return base


def _tasks(lead: history.LeadHistory) -> list[Task]:
    return [
        Task(
            task_id=f"{lead.ref}.{number}",
            lead_id=lead.ref,
            recorded_at=act.recorded_at,
            due_at=act.at,
            is_done=act.done_at is not None,
            completed_at=act.done_at,
            owner_id=act.rep_ref,
        )
        for number, act in enumerate(lead.acts)
        if isinstance(act, history.Task)
    ]


def sure_touches(acts: Iterable[Activity]) -> list[datetime]:
    """What is sure: calls and letters that took place, whoever began, and meetings that were held."""
    return [
        act.occurred_at
        for act in acts
        if act.state is ActivityState.DONE
        and act.is_automated is False
        and act.kind in (ActivityKind.CALL, ActivityKind.EMAIL, ActivityKind.MEETING)
    ]


def crowded(entries: Iterable[tuple[str | None, datetime, str, str]]) -> defaultdict[str, list[Crowd]]:
    """Lead → its entries that somebody made together with others within the minute around."""
    by_owner: defaultdict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    for owner, at, lead_ref, record_id in entries:
        if owner is not None:
            by_owner[owner].append((at, lead_ref, record_id))
    found: defaultdict[str, list[Crowd]] = defaultdict(list)
    for made in by_owner.values():
        made.sort()
        for at, lead_ref, record_id in made:
            count = sum(abs(other - at) <= timedelta(seconds=30) for other, _, _ in made)
            if count > 1:
                found[lead_ref].append(Crowd(record_id=record_id, count=count, at=at))
    return found


def _twins(acts_of_leads: Iterable[Sequence[Activity]]) -> defaultdict[str, list[Twin]]:
    """Lead → its first letter, where others got it word for word."""
    firsts = []
    for acts in acts_of_leads:
        letters = [
            act
            for act in acts
            if act.direction is Direction.OUTBOUND
            and act.is_automated is False
            and act.text
            and act.kind is ActivityKind.EMAIL
        ]
        if letters:
            firsts.append((letters[0], normalised(letters[0].text or "")))
    found: defaultdict[str, list[Twin]] = defaultdict(list)
    for letter, text in firsts:
        alike = [
            round(score)
            for other, words in firsts
            if other is not letter
            and abs(other.occurred_at - letter.occurred_at) <= timedelta(days=30)
            and (score := fuzz.ratio(text, words, score_cutoff=80))
        ]
        if alike:
            found[letter.lead_id].append(
                Twin(
                    activity_id=letter.activity_id,
                    leads=sum(score >= 90 for score in alike),
                    percent=min([score for score in alike if score >= 90], default=max(alike)),
                    phrase=text[:60],
                )
            )
    return found
