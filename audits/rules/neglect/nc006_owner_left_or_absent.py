"""NC006: an open lead of somebody who left or is away, which nobody covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from audits.answers import day_only
from audits.clock import CaseClock, team_clock
from audits.dues import cover_due
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    activity_evidence,
    at_measure,
    lead_evidence,
    not_looked_at,
    unknown_activity,
    unmapped_status,
)
from audits.model.activity import Activity, Owner
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, Value, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, attempts, holder_at
from audits.wording import act_moment, arrival_moment, kind_word, moment, span, status_word

INFO = RuleInfo(
    rule_id="NC006",
    version=1,
    family=Family.NEGLECTED_CONTACT,
    title="Owner left or absent",
    question="Does somebody work an open lead whose owner has left or is away?",
    why_it_matters=(
        "Nobody is to blame who is ill or gone; but the lead waits all the same, and his own clock stands still "
        "meanwhile, so that no other rule would show it."
    ),
    reasons=(
        ("owner_present", "the owner is there"),
        ("covered", "the owner is away, and somebody has tried the lead since then"),
        ("waiting_in_time", "the owner left or is away, and the time in which somebody is to cover has not passed"),
        ("owner_left", "the owner has left, and nobody has tried the lead for too long"),
        ("owner_absent", "the owner is away, and nobody has tried the lead for too long"),
        ("no_owner", "nobody holds the lead"),
        ("closed", "the lead is closed"),
        ("owner_unknown", "the CRM knows nothing of the owner, so it cannot be told whether he is still there"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("owner_present", "covered", "waiting_in_time")),
        (Outcome.BREACH, ("owner_left", "owner_absent")),
        (Outcome.NOT_APPLICABLE, ("no_owner", "closed")),
        (
            Outcome.NOT_EVALUATED,
            ("owner_unknown", UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS),
        ),
    ),
    measures=(
        MeasureInfo("uncovered_since", "at", "from when the lead is without anybody who could work it"),
        MeasureInfo("uncovered_working_s", "s", "working time of the team from then to the moment of the audit"),
        MeasureInfo("uncovered_wall_s", "s", "wall time from then to the moment of the audit"),
    ),
    defaults=(
        Default("absent_cover_s", "8 h of the team's working time (one working day)", "our choice", Trust.OURS),
    ),
)

_QUESTION = say("whether somebody works the lead while its owner is not there")
Absence = tuple[datetime, datetime]


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach once the agreed time of the team has passed without an attempt while the owner is not there.

    Of an owner who is away it runs from the start of his absence, or from the hand-over to him; any attempt since
    then covers the lead. When an owner left is not known: there it runs from the last attempt, or from the receipt.
    Nobody is charged, as whoever is away cannot act.
    """
    lead = case.lead
    if lead.status is None:
        return unmapped_status(lead)
    if lead.status is not LeadStatus.OPEN:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="closed",
            sentence=say("The lead is closed ({status}), so nobody need work it.", status=status_word(lead.status)),
        )
    holder = holder_at(case, case.as_of)
    if holder is None:
        unseen = case.coverage.cause(Fact.OWNER)
        if unseen is not None:
            return not_looked_at(unseen, _QUESTION)
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_owner",
            sentence=say("Nobody holds the lead, so no owner can be away."),
        )
    owner = next((each for each in case.owners if each.owner_id == holder), None)
    if owner is not None and owner.is_archived:
        return _left(case, policy, owner)
    absences = _absences(policy, holder)
    away = next((each for each in absences if each[0] <= case.as_of < each[1]), None)
    if away is not None:
        return _absent(case, policy, holder, away)
    wakes = tuple(start for start, _ in absences if start > case.as_of)
    unseen = case.coverage.cause(Fact.OWNERS)
    if unseen is not None:
        return _waking(not_looked_at(unseen, _QUESTION), wakes)
    if owner is None:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="owner_unknown",
            sentence=say(
                "It cannot be told whether the owner is still there: the CRM knows nothing of {owner}.", owner=holder
            ),
            wakes=wakes,
        )
    return Draft(
        outcome=Outcome.PASS,
        reason="owner_present",
        sentence=say("The owner is there."),
        owner_id=holder,
        wakes=wakes,
    )


def _left(case: LeadCase, policy: Policy, owner: Owner) -> Draft:
    clock, tried = team_clock(case, policy), attempts(case, policy)
    last = tried.last()
    since = case.lead.clock_start if last is None else max(last.no_later_than, case.lead.clock_start)
    due_at = cover_due(since, policy, clock)
    measures = _measures(case, clock, since)
    evidence = (
        Evidence(record_type="owner", record_id=owner.owner_id, field="is_archived", value="true"),
        lead_evidence(case.lead, "owner_id", owner.owner_id),
        *(() if last is None else activity_evidence(last)),
    )
    told: dict[str, Value] = {
        "due": moment(due_at, clock.zone),
        "limit": span(policy.absent_cover_s),
        "since": _since(last, case, clock.zone),
    }
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="waiting_in_time",
            sentence=say(
                "The owner has left; {since}, and somebody is to try the lead by {due} ({limit} of the team's "
                "working time).",
                **told,
            ),
            measures=measures,
            evidence=evidence,
            wakes=(due_at,),
        )
    possible = max(tried.unknown, key=lambda each: each.activity.no_later_than, default=None)
    if possible is not None and possible.activity.no_later_than > since:
        uncovered_anyway_at = cover_due(possible.activity.no_later_than, policy, clock)
        if case.as_of < uncovered_anyway_at:
            return _waking(unknown_activity(possible, _QUESTION, measures), (uncovered_anyway_at,))
    missing = case.coverage.cause(*CONTACT_FACTS) or clock.doubt
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    return Draft(
        outcome=Outcome.BREACH,
        reason="owner_left",
        sentence=say(
            "The owner has left; {since}, and nobody tried the lead by {due} ({limit} of the team's working time).",
            **told,
        ),
        measures=measures,
        evidence=evidence,
    )


def _absent(case: LeadCase, policy: Policy, holder: str, away: Absence) -> Draft:
    clock, tried = team_clock(case, policy), attempts(case, policy)
    since = max(away[0], _held_since(case), case.lead.clock_start)
    due_at = cover_due(since, policy, clock)
    wakes = (due_at, away[1])
    measures = _measures(case, clock, since)
    evidence = (
        lead_evidence(case.lead, "owner_id", holder),
        Evidence(record_type="absence", record_id=holder, field="from", value=away[0].isoformat(), at=away[0]),
        Evidence(record_type="absence", record_id=holder, field="until", value=away[1].isoformat(), at=away[1]),
    )
    told: dict[str, Value] = {
        "since": moment(since, clock.zone),
        "back": moment(away[1], clock.zone),
        "due": moment(due_at, clock.zone),
        "limit": span(policy.absent_cover_s),
    }
    covered = next((each for each in tried.sure if each.occurred_at >= since), None)
    if covered is not None:
        return Draft(
            outcome=Outcome.PASS,
            reason="covered",
            sentence=say(
                "The owner is away until {back}; the lead was tried meanwhile {at} ({kind}).",
                back=told["back"],
                at=act_moment(covered, clock.zone),
                kind=kind_word(covered),
            ),
            measures=measures,
            evidence=(*evidence, *activity_evidence(covered)),
            wakes=wakes,
        )
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="waiting_in_time",
            sentence=say(
                "The owner is away until {back}, for the lead since {since}; somebody is to try it by {due} ({limit} "
                "of the team's working time).",
                **told,
            ),
            measures=measures,
            evidence=evidence,
            wakes=wakes,
        )
    doubts = [day_only(each) for each in tried.sure if each.no_later_than >= since]
    doubts += [each for each in tried.unknown if each.activity.no_later_than >= since]
    if doubts:
        return _waking(unknown_activity(doubts[0], _QUESTION, measures), wakes)
    missing = case.coverage.cause(*CONTACT_FACTS, Fact.OWNER_HISTORY) or clock.doubt
    if missing is not None:
        return _waking(not_looked_at(missing, _QUESTION, measures), wakes)
    return Draft(
        outcome=Outcome.BREACH,
        reason="owner_absent",
        sentence=say(
            "The owner is away until {back}, for the lead since {since}; nobody tried it by {due} ({limit} of the "
            "team's working time).",
            **told,
        ),
        measures=measures,
        evidence=evidence,
        wakes=wakes,
    )


def _since(last: Activity | None, case: LeadCase, zone: ZoneInfo) -> Said:
    if last is None:
        return say("the lead came {received}", received=arrival_moment(case.lead, zone))
    return say("the last attempt was {at} ({kind})", at=act_moment(last, zone), kind=kind_word(last))


def _held_since(case: LeadCase) -> datetime:
    """From when the present holder has held the lead without a break; its arrival where no change tells."""
    since, holder = case.lead.received_at, None
    for change in case.owner_changes:
        if change.occurred_at > case.as_of:
            break
        if change.owner_id != holder:
            since, holder = change.occurred_at, change.owner_id
    return since


def _absences(policy: Policy, owner_id: str) -> list[Absence]:
    """The absences of an owner, each as far as the hours in which it stands were in force; ordered and disjoint."""
    versions = policy.hours()
    ends = [*(each.valid_from for each in versions[1:]), datetime.max.replace(tzinfo=UTC)]
    cut = sorted(
        (max(start, hours.valid_from), min(end, until))
        for hours, until in zip(versions, ends, strict=True)
        for start, end in hours.absences.get(owner_id, ())
    )
    merged: list[Absence] = []
    for start, end in cut:
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _measures(case: LeadCase, clock: CaseClock, since: datetime) -> tuple[Measure, ...]:
    return (
        at_measure("uncovered_since", since),
        Measure("uncovered_working_s", clock.elapsed(since, case.as_of), "s"),
        Measure("uncovered_wall_s", max(0, int((case.as_of - since).total_seconds())), "s"),
    )


def _waking(draft: Draft, wakes: tuple[datetime, ...]) -> Draft:
    return replace(draft, wakes=wakes)


RULE = LeadRule(INFO, judge)
