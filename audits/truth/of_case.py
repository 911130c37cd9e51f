"""Lead truth of a case: what the lead gave, what the account says of itself, what the CRM knew, put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from audits.last_answer import keeps_last_answer
from audits.model.activity import Activity, ActivityKind, Direction, Disposition
from audits.model.case import Fact, KeyKind, LeadCase, Sighting
from audits.model.contact_data import region_of
from audits.model.identity import email_key, phone_key
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Policy
from audits.model.surroundings import Surroundings
from audits.model.truth import Given, Judgement, Known, Learned, TruthTerms
from audits.timeline import connections
from audits.truth.clusters import Seen, traits_of
from audits.truth.judgement import AS_SHIPPED, NOT_ASKED, UNCOUNTED, judge

#: How likely two leads that share neither number nor address must be one person.
_SURE_PERCENT = 90
_WRITTEN = (ActivityKind.EMAIL, ActivityKind.MESSAGE)
#: What a status says of leads whose person had asked for nothing, in the languages of our readers.
_DENIED = (
    "did not request", "didn't request", "did not ask", "didn't ask", "never asked", "never requested",
    "not requested", "no request", "nicht angefragt", "keine anfrage", "nie angefragt", "har ikke bedt",
    "ikke bedt om", "ikke forespurt", "δεν ζήτησε", "δεν το ζήτησε", "لم يطلب",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a lead, as leads beside it hear of it: contact was made; he had asked for nothing; he confirmed
    himself, or bought. False = not, or nobody knows."""

    was_reached: bool = False
    has_denied: bool = False
    is_buyer: bool = False


def became_of(case: LeadCase, policy: Policy) -> Became:
    """What had become of the lead by `case.as_of`. It hangs on no other lead: which calls stood in a crowd is not
    asked."""
    alone = replace(case, surroundings=Surroundings()) if case.surroundings.crowded_logs else case
    known = known_of(alone, policy)
    received_at = case.lead.received_at
    has_bought = case.lead.status is LeadStatus.WON or any(
        each.status is LeadStatus.WON and (each.closed_at is None or each.closed_at >= received_at)
        for each in case.deals
    )
    return Became(known.reached is True, known.denied is True, known.confirmed is True or has_bought)


def seen_of_lead(lead: Lead, region: str | None, became: Became = Became()) -> Seen | None:
    """A lead as others see it, known by the keys by which duplicates are found; None where it is not known when it
    came. `region`: country (ISO letters) of numbers without + where the lead names none."""
    if not is_seen(lead):
        return None
    country = region_of(lead.country, region)
    keys = (phone_key(lead.phone, country), phone_key(lead.mobile, country), email_key(lead.email))
    seen = traits_of(given_of(lead), lead.received_at, tuple(each for each in keys if each))
    return replace(seen, was_reached=became.was_reached, has_denied=became.has_denied, is_buyer=became.is_buyer)


def is_seen(lead: Lead) -> bool:
    """Whether it is known when the lead came, so that it stands among others: not of an import, which brings many at
    one instant."""
    return not lead.is_imported and lead.received_latest_at is None


@keeps_last_answer
def judgement_of(case: LeadCase, policy: Policy) -> Judgement:
    """What the lead of `case` is, by what was known at `case.as_of`."""
    return _judged(case, policy, known_of(case, policy), case.surroundings.learned or AS_SHIPPED)


def judgement_on_record(case: LeadCase, policy: Policy) -> Judgement:
    """The same without what was found out about the lead since it came: what its record alone shows to whoever has
    not turned to it. Who confirms himself later accuses nobody of not having known that."""
    known = known_of(case, policy)
    then = _known_before(known)
    if known == then:
        return judgement_of(case, policy)
    return _judged(case, policy, then, case.surroundings.learned or AS_SHIPPED)


def judgement_at_delivery(case: LeadCase, policy: Policy) -> Judgement:
    """What was to be said of the lead without what was found out about it since, by the shipped weights alone: what
    outcomes are held against, for else they would bear out themselves. What its data are now stands for what they
    were, and what became of other leads speaks as it does now."""
    if case.surroundings.learned is None:
        return judgement_on_record(case, policy)
    return _judged(case, policy, _known_before(known_of(case, policy)), AS_SHIPPED)


def _judged(case: LeadCase, policy: Policy, known: Known, learned: Learned) -> Judgement:
    given, around = given_of(case.lead), case.surroundings
    return judge(
        given if case.coverage.cause(Fact.CONTACT_DATA) is None else replace(given, hides_ways=True),
        terms_of(policy),
        around.neighbours or UNCOUNTED,
        known,
        around.looked_up or NOT_ASKED,
        learned,
    )


def _known_before(known: Known) -> Known:
    """Of what is known that which the CRM knew when the lead came."""
    return Known(is_client=known.is_client, has_open_deal=known.has_open_deal, seen_before=known.seen_before)


def given_of(lead: Lead) -> Given:
    """What the person left, as the CRM shows it."""
    return Given(
        id=lead.lead_id,
        first_name=lead.first_name,
        last_name=lead.last_name,
        email=lead.email,
        phone=lead.phone,
        mobile=lead.mobile,
        country=lead.country,
        company=lead.company,
        message=lead.message,
        language=lead.language,
        ip=lead.ip,
        user_agent=lead.user_agent,
        submitted_at=lead.submitted_at,
        time_on_form_s=lead.time_on_form_s,
        honeypot=lead.honeypot,
        source=lead.source,
        source_detail=lead.source_detail,
        lead_type=lead.lead_type,
        preferred_at=lead.preferred_at,
        consent_proof=lead.consent_proof,
    )


def terms_of(policy: Policy) -> TruthTerms:
    """What the account says of itself."""
    return TruthTerms(
        region=policy.region,
        own_domains=policy.own_domains,
        competitor_domains=policy.competitor_domains,
        competitor_names=policy.competitor_names,
        products=policy.products,
        most_plausible=policy.most_plausible,
        least_form_s=policy.least_form_s,
        suspect_percent=policy.suspect_percent,
        pseudo_percent=policy.pseudo_percent,
    )


def known_of(case: LeadCase, policy: Policy) -> Known:
    """What the CRM knew of the person at delivery, and what was found out since.

    That he had not asked, or that somebody else answered, counts only after an attempt that reached anybody: said
    without one it is no proof.
    """
    reached = connections(case, policy)
    received_at = case.lead.received_at
    has_deals = case.coverage.cause(Fact.DEALS) is None
    was_reached = True if reached.sure else None
    return Known(
        is_client=_was_client(case, received_at) if has_deals else None,
        has_open_deal=_had_open_deal(case, received_at) if has_deals else None,
        seen_before=(
            any(each.received_at < received_at and _is_sure(each) for each in case.sightings)
            if case.coverage.cause(Fact.DUPLICATES) is None
            else None
        ),
        denied=True if was_reached and says_denied(case.lead) else None,
        wrong_number=any(each.disposition is Disposition.WRONG_NUMBER for each in case.activities) or None,
        reached=was_reached,
        confirmed=True if find_own_act(case, policy) else None,
    )


def find_own_act(case: LeadCase, policy: Policy, *kinds: ActivityKind) -> Activity | None:
    """The first act that only the person can have done: he came to a meeting, or wrote after we had turned to him.
    `kinds`: only acts of these, all where none is given."""
    return next(
        (
            each
            for each in connections(case, policy).sure
            if (not kinds or each.kind in kinds)
            and (each.kind is ActivityKind.MEETING or (each.kind in _WRITTEN and each.direction is Direction.INBOUND))
        ),
        None,
    )


def _is_sure(sighting: Sighting) -> bool:
    """Whether the other lead is of the same person beyond doubt."""
    is_likely = sighting.key_kind is not KeyKind.PERSON or (sighting.percent or 0) >= _SURE_PERCENT
    return sighting.apart is None and is_likely


def _was_client(case: LeadCase, t: datetime) -> bool:
    return any(
        each.status is LeadStatus.WON and each.closed_at is not None and each.closed_at < t for each in case.deals
    )


def _had_open_deal(case: LeadCase, t: datetime) -> bool:
    return any(each.created_at < t and (each.closed_at is None or each.closed_at >= t) for each in case.deals)


def says_denied(lead: Lead) -> bool:
    """Whether the status of a lead that is open no more says that its person had asked for nothing."""
    if lead.status is LeadStatus.OPEN:
        return False
    said = (lead.raw_status or "").casefold().replace("_", " ").replace("-", " ")
    return any(word in said for word in _DENIED)
