"""AG001: a status that claims contact, and nothing was done about that time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from audits.claims import backing, touched, uncounted_evidence, with_uncounted
from audits.lead_rule import (
    CANNOT_TELL,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    Draft,
    LeadRule,
    activity_evidence,
    at_measure,
    not_looked_at,
    unknown_activity,
)
from audits.model.activity import StageChange
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import say
from audits.model.zones import load_zone
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, holder_at
from audits.wording import act_moment, kind_word, moment, span

INFO = RuleInfo(
    rule_id="AG001",
    version=1,
    family=Family.ANTI_GAMING,
    title="Status claims contact",
    question="When the status came to say that the lead was contacted, had anybody tried?",
    why_it_matters=(
        "A status is a word that anybody can set. Figures that believe it reward the flip; here only attempts and "
        "contact made count, and a status without them is shown."
    ),
    reasons=(
        ("backed", "an attempt or contact lies close to each change to a status that claims contact"),
        ("claim_open", "the status claims contact, and the time in which an attempt may still stand behind it runs"),
        ("nothing_behind_it", "the status claims contact, and no attempt and no contact lies close to the change"),
        ("no_such_status", "the policy names no status that claims contact"),
        ("no_claim", "the status never came to claim contact after the lead arrived"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    outcomes=(
        (Outcome.PASS, ("backed", "claim_open")),
        (Outcome.BREACH, ("nothing_behind_it",)),
        (Outcome.NOT_APPLICABLE, ("no_such_status", "no_claim")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    measures=(
        MeasureInfo("claims", "count", "changes to a status that claims contact, after the lead arrived"),
        MeasureInfo("claimed_at", "at", "the change that has the least behind it"),
        MeasureInfo(
            "claim_gap_wall_s",
            "s",
            "wall time between that change and the nearest attempt or contact; unknown = none",
        ),
    ),
    defaults=(
        Default("claim_window_s", "10 min of wall time before and after the change", "our choice", Trust.OURS),
        Default("contacted_statuses", "none: each account names its own", "our choice", Trust.OURS),
    ),
)

_QUESTION = say("whether an attempt stands behind the status")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach as soon as one change to such a status surely has nothing behind it.

    A status that came with the record claims nothing of the time since: whoever made the record may have spoken with
    the person before.
    """
    if not policy.contacted_statuses:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_such_status",
            sentence=say("No status is agreed to claim contact."),
        )
    unseen = case.coverage.cause(Fact.STAGE_HISTORY)
    if unseen is not None:
        return not_looked_at(unseen, _QUESTION)
    claims = _claims(case, policy)
    if not claims:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_claim",
            sentence=say("The status never came to claim contact."),
        )
    zone = load_zone(policy.calendar.zone)
    window = timedelta(seconds=policy.claim_window_s)
    acts = touched(case, policy)
    judged = [(claim, backing(acts, claim.occurred_at, policy.claim_window_s)) for claim in claims]
    worst, least = max(judged, key=lambda pair: (pair[1].gap_s is None, pair[1].gap_s or 0, pair[0].occurred_at))
    measures = (
        Measure("claims", len(claims), "count"),
        at_measure("claimed_at", worst.occurred_at),
        Measure("claim_gap_wall_s", least.gap_s, "s"),
    )
    unbacked = [(claim, found) for claim, found in judged if found.sure is None]
    over = [(claim, found) for claim, found in unbacked if case.as_of >= claim.occurred_at + window]
    wakes = tuple(claim.occurred_at + window for claim, _ in unbacked)
    surely = [(claim, found) for claim, found in over if found.possible is None]
    missing = case.coverage.cause(*CONTACT_FACTS)
    if surely and missing is None:
        claim, found = surely[0]
        return Draft(
            outcome=Outcome.BREACH,
            reason="nothing_behind_it",
            sentence=with_uncounted(
                say(
                    'The status became "{status}" {at}, but no attempt and no contact lies within {limit} of that.',
                    status=claim.raw_status,
                    at=moment(claim.occurred_at, zone),
                    limit=span(policy.claim_window_s),
                ),
                found.uncounted,
                case,
                policy,
                zone,
            ),
            measures=measures,
            evidence=(_evidence(claim), *uncounted_evidence(found.uncounted)),
            owner_id=holder_at(case, claim.occurred_at),
        )
    for _, found in over:
        if found.possible is not None:
            return replace(unknown_activity(found.possible, _QUESTION, measures), wakes=wakes)
    if over and missing is not None:
        return replace(not_looked_at(missing, _QUESTION, measures), wakes=wakes)
    if unbacked:
        claim, _ = unbacked[0]
        return Draft(
            outcome=Outcome.PASS,
            reason="claim_open",
            sentence=say(
                'The status became "{status}" {at}; an attempt until {until} still stands behind it.',
                status=claim.raw_status,
                at=moment(claim.occurred_at, zone),
                until=moment(claim.occurred_at + window, zone),
            ),
            measures=measures,
            evidence=(_evidence(claim),),
            owner_id=holder_at(case, claim.occurred_at),
            wakes=wakes,
        )
    claim, behind = next((claim, found.sure) for claim, found in reversed(judged) if found.sure is not None)
    return Draft(
        outcome=Outcome.PASS,
        reason="backed",
        sentence=say(
            'The status became "{status}" {at}; the {kind} of {when} stands behind it.',
            status=claim.raw_status,
            at=moment(claim.occurred_at, zone),
            kind=kind_word(behind),
            when=act_moment(behind, zone),
        ),
        measures=measures,
        evidence=(_evidence(claim), *activity_evidence(behind)),
        owner_id=holder_at(case, claim.occurred_at),
    )


def _claims(case: LeadCase, policy: Policy) -> list[StageChange]:
    """The changes to a status that claims contact; one that says again what the field said already is none."""
    claiming = {status.casefold() for status in policy.contacted_statuses}
    since = max(case.lead.clock_start, case.lead.recorded_at)
    said: dict[str, str] = {}
    found = []
    for change in case.stage_changes:
        if change.occurred_at > case.as_of:
            break
        status = change.raw_status.casefold()
        if status in claiming and said.get(change.field) != status and change.occurred_at > since:
            found.append(change)
        said[change.field] = status
    return found


def _evidence(claim: StageChange) -> Evidence:
    return Evidence(
        record_type="lead",
        record_id=claim.lead_id,
        field=claim.field,
        value=claim.raw_status,
        at=claim.occurred_at,
    )


RULE = LeadRule(INFO, judge)
