"""PL004: the same person was received before, not long ago."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from audits.duplicate_terms import DuplicateTerms, came_before, duplicate_terms, is_same_person, within_window
from audits.lead_rule import CANNOT_TELL, NOT_LOOKED_AT, Draft, LeadRule, lead_evidence, not_looked_at
from audits.model.case import Apart, Fact, KeyKind, LeadCase, Sighting
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import Percent, Said, Term, say
from audits.model.zones import load_zone
from audits.pseudo_facts import agreement_evidence, sighting_evidence
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.wording import counted, moment

INFO = RuleInfo(
    rule_id="PL004",
    version=2,
    family=Family.PSEUDO_LEAD,
    title="Duplicate within the window",
    question="Was the same person received before, within the agreed days?",
    why_it_matters="A person who is bought twice is paid twice and called twice. The later record is the duplicate.",
    reasons=(
        ("first_seen", "no earlier lead within the window has the same phone number or e-mail address"),
        ("duplicate_phone", "an earlier lead within the window has the same phone number"),
        ("duplicate_email", "an earlier lead within the window has the same e-mail address"),
        ("duplicate_phone_and_email", "earlier leads within the window have the same number and the same address"),
        (
            "duplicate_person",
            "an earlier lead within the window is likely of the same person, with other data",
        ),
        ("other_person", "an earlier lead within the window shares much, but is of another person"),
        ("no_contact_data", "the lead gave nothing to compare"),
        (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
    ),
    outcomes=(
        (Outcome.PASS, ("first_seen", "other_person")),
        (Outcome.BREACH, ("duplicate_phone", "duplicate_email", "duplicate_phone_and_email", "duplicate_person")),
        (Outcome.NOT_APPLICABLE, ("no_contact_data",)),
        (Outcome.NOT_EVALUATED, (NOT_LOOKED_AT,)),
    ),
    measures=(
        MeasureInfo("earlier_leads", "count", "earlier leads of the same person, of any age"),
        MeasureInfo("since_earlier_wall_s", "s", "wall time from the latest earlier lead; unknown without one"),
    ),
    defaults=(
        Default(
            "duplicate_window_days",
            "30 calendar days",
            "default of ActiveProspect LeadConduit and three published insurance contracts",
            Trust.A,
        ),
        Default(
            "duplicate_fields",
            "the same number, the same address, or one person",
            "phone or e-mail are what published contracts name; one person with other contact data is our choice",
            Trust.OURS,
        ),
        Default("duplicate_percent", "90 percent", "our choice", Trust.OURS),
    ),
)

_BY_KEYS = {
    frozenset({KeyKind.PHONE}): ("duplicate_phone", Term("phone number")),
    frozenset({KeyKind.EMAIL}): ("duplicate_email", Term("e-mail address")),
    frozenset({KeyKind.PHONE, KeyKind.EMAIL}): ("duplicate_phone_and_email", Term("phone number and e-mail address")),
}
_WHY_APART = {
    Apart.HOUSEHOLD: Term("people of different names share a number"),
    Apart.SWITCHBOARD: Term("it is the number of a company"),
    Apart.SAID: Term("somebody said so"),
}


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Of two leads of one person the later is the duplicate; received at one instant, the one with the later id."""
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
    zone, terms = load_zone(policy.calendar.zone), duplicate_terms(policy)
    before = came_before(case, terms)
    earlier = [each for each in before if is_same_person(each, terms)]
    latest = earlier[-1] if earlier else None
    measures = (
        Measure("earlier_leads", len({each.lead_id for each in earlier}), "count"),
        Measure(
            "since_earlier_wall_s",
            None if latest is None else int((lead.received_at - latest.received_at).total_seconds()),
            "s",
        ),
    )
    recent = within_window(earlier, case, terms, zone)
    if recent:
        reason, sentence = _breach(recent, terms, zone)
        return Draft(
            outcome=Outcome.BREACH,
            reason=reason,
            sentence=sentence,
            measures=measures,
            evidence=(*(sighting_evidence(each) for each in recent), *agreement_evidence(recent[-1])),
        )
    missing = case.coverage.cause(Fact.DUPLICATES)
    if missing is not None:
        return not_looked_at(missing, say("whether the lead is a duplicate"), measures)
    apart = [each for each in within_window(before, case, terms, zone) if each.apart is not None]
    if apart:
        return _other_person(apart, measures, zone)
    return Draft(
        outcome=Outcome.PASS,
        reason="first_seen",
        sentence=_first_seen(terms),
        measures=measures,
        evidence=tuple(
            lead_evidence(lead, field, text)
            for field, text in (("phone", lead.phone), ("mobile", lead.mobile), ("email", lead.email))
            if text
        ),
    )


def _breach(recent: list[Sighting], terms: DuplicateTerms, zone: ZoneInfo) -> tuple[str, Said]:
    days = counted(terms.window_days, "day")
    by_key = [each for each in recent if each.key_kind is not KeyKind.PERSON]
    if by_key:
        reason, what = _BY_KEYS[frozenset(each.key_kind for each in by_key)]
        return reason, say(
            "The same {what} was received {at} already (lead {lead_id}), within {days} before this one.",
            what=what,
            at=moment(by_key[-1].received_at, zone),
            lead_id=by_key[-1].lead_id,
            days=days,
        )
    last = recent[-1]
    return "duplicate_person", say(
        "The same person was received {at} already with other contact data (lead {lead_id}; likely by {percent}), "
        "within {days} before this one.",
        at=moment(last.received_at, zone),
        lead_id=last.lead_id,
        percent=Percent(last.percent or 0),
        days=days,
    )


def _other_person(apart: list[Sighting], measures: tuple[Measure, ...], zone: ZoneInfo) -> Draft:
    last = apart[-1]
    return Draft(
        outcome=Outcome.PASS,
        reason="other_person",
        sentence=say(
            "Lead {lead_id}, received {at}, shares much with this one, but is another person: {why}.",
            lead_id=last.lead_id,
            at=moment(last.received_at, zone),
            why=_WHY_APART[last.apart or Apart.SAID],
        ),
        measures=measures,
        evidence=(*(sighting_evidence(each) for each in apart), *agreement_evidence(last)),
    )


def _first_seen(terms: DuplicateTerms) -> Said:
    days = counted(terms.window_days, "day")
    if {KeyKind.PHONE, KeyKind.EMAIL} <= terms.fields:
        return say(
            "No lead with the same phone number or e-mail address was received in the {days} before.", days=days
        )
    for kind, what in ((KeyKind.PHONE, Term("phone number")), (KeyKind.EMAIL, Term("e-mail address"))):
        if kind in terms.fields:
            return say("No lead with the same {what} was received in the {days} before.", what=what, days=days)
    return say("No lead of the same person was received in the {days} before.", days=days)


RULE = LeadRule(INFO, judge)
