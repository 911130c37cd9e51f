"""PL004: the same person was received before, not long ago."""

from __future__ import annotations

from audits.lead_rule import CANNOT_TELL, NOT_LOOKED_AT, Draft, LeadRule, lead_evidence, not_looked_at
from audits.model.case import Fact, KeyKind, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import Term, say
from audits.model.zones import load_zone
from audits.pseudo_facts import earlier_sightings, sighting_evidence, within_window
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.wording import counted, moment

INFO = RuleInfo(
    rule_id="PL004",
    version=1,
    family=Family.PSEUDO_LEAD,
    title="Duplicate within the window",
    question="Was the same phone number or e-mail address received before, within the agreed days?",
    why_it_matters="A person who is bought twice is paid twice and called twice. The later record is the duplicate.",
    reasons=(
        ("first_seen", "no earlier lead within the window has the same phone number or e-mail address"),
        ("duplicate_phone", "an earlier lead within the window has the same phone number"),
        ("duplicate_email", "an earlier lead within the window has the same e-mail address"),
        ("duplicate_phone_and_email", "earlier leads within the window have the same number and the same address"),
        ("no_contact_data", "the lead gave nothing to compare"),
        (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
    ),
    outcomes=(
        (Outcome.PASS, ("first_seen",)),
        (Outcome.BREACH, ("duplicate_phone", "duplicate_email", "duplicate_phone_and_email")),
        (Outcome.NOT_APPLICABLE, ("no_contact_data",)),
        (Outcome.NOT_EVALUATED, (NOT_LOOKED_AT,)),
    ),
    measures=(
        MeasureInfo("earlier_leads", "count", "earlier leads with the same number or address, of any age"),
        MeasureInfo("since_earlier_wall_s", "s", "wall time from the latest earlier lead; unknown without one"),
    ),
    defaults=(
        Default(
            "duplicate_window_days",
            "30 calendar days",
            "default of ActiveProspect LeadConduit and three published insurance contracts",
            Trust.A,
        ),
    ),
)

_REASONS = {
    frozenset({KeyKind.PHONE}): ("duplicate_phone", Term("phone number")),
    frozenset({KeyKind.EMAIL}): ("duplicate_email", Term("e-mail address")),
    frozenset(KeyKind): ("duplicate_phone_and_email", Term("phone number and e-mail address")),
}


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Of two leads with one key the later is the duplicate; received at one instant, the one with the later id."""
    lead = case.lead
    if not any(text and text.strip() for text in (lead.phone, lead.mobile, lead.email)):
        unseen = case.coverage.cause(Fact.CONTACT_DATA)
        if unseen is not None:
            return not_looked_at(unseen, say("whether the lead is a duplicate"))
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_contact_data",
            sentence=say("The lead gave no phone number and no e-mail address to compare."),
        )
    zone = load_zone(policy.calendar.zone)
    earlier = earlier_sightings(case)
    latest = earlier[-1] if earlier else None
    measures = (
        Measure("earlier_leads", len({each.lead_id for each in earlier}), "count"),
        Measure(
            "since_earlier_wall_s",
            None if latest is None else int((lead.received_at - latest.received_at).total_seconds()),
            "s",
        ),
    )
    recent = within_window(earlier, case, policy, zone)
    if recent:
        reason, what = _REASONS[frozenset(each.key_kind for each in recent)]
        return Draft(
            outcome=Outcome.BREACH,
            reason=reason,
            sentence=say(
                "The same {what} was received {at} already (lead {lead_id}), within {days} before this one.",
                what=what,
                at=moment(recent[-1].received_at, zone),
                lead_id=recent[-1].lead_id,
                days=counted(policy.duplicate_window_days, "day"),
            ),
            measures=measures,
            evidence=tuple(sighting_evidence(each) for each in recent),
        )
    missing = case.coverage.cause(Fact.DUPLICATES)
    if missing is not None:
        return not_looked_at(missing, say("whether the lead is a duplicate"), measures)
    return Draft(
        outcome=Outcome.PASS,
        reason="first_seen",
        sentence=say(
            "No lead with the same phone number or e-mail address was received in the {days} before.",
            days=counted(policy.duplicate_window_days, "day"),
        ),
        measures=measures,
        evidence=tuple(
            lead_evidence(lead, field, text)
            for field, text in (("phone", lead.phone), ("mobile", lead.mobile), ("email", lead.email))
            if text
        ),
    )


RULE = LeadRule(INFO, judge)
