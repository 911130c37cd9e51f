"""Lead truth of a case: what the lead gave, what the account says of itself, what the CRM knew, put together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from audits.last_answer import keeps_last_answer
from audits.model.activity import Activity, ActivityKind, Direction, Disposition
from audits.model.case import Fact, LeadCase
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Policy
from audits.model.truth import Given, Judgement, Known, TruthTerms
from audits.timeline import connections
from audits.truth.judgement import AS_SHIPPED, NOT_ASKED, UNCOUNTED, judge

_WRITTEN = (ActivityKind.EMAIL, ActivityKind.MESSAGE)
#: What a status says of leads whose person had asked for nothing, in the languages of our readers.
_DENIED = (
    "did not request", "didn't request", "did not ask", "didn't ask", "never asked", "never requested",
    "not requested", "no request", "nicht angefragt", "keine anfrage", "nie angefragt", "har ikke bedt",
    "ikke bedt om", "ikke forespurt", "δεν ζήτησε", "δεν το ζήτησε", "لم يطلب",
)  # fmt: skip


@keeps_last_answer
def judgement_of(case: LeadCase, policy: Policy) -> Judgement:
    """What the lead of `case` is, by what was known at `case.as_of`."""
    around = case.surroundings
    return judge(
        replace(given_of(case.lead), hides_ways=True) if _hides_ways(case) else given_of(case.lead),
        terms_of(policy),
        around.neighbours or UNCOUNTED,
        known_of(case, policy),
        around.looked_up or NOT_ASKED,
        around.learned or AS_SHIPPED,
    )


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
            any(each.received_at < received_at for each in case.sightings)
            if case.coverage.cause(Fact.DUPLICATES) is None
            else None
        ),
        denied=True if was_reached and _says_denied(case.lead) else None,
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


def _hides_ways(case: LeadCase) -> bool:
    return case.coverage.cause(Fact.CONTACT_DATA) is not None


def _was_client(case: LeadCase, t: datetime) -> bool:
    return any(
        each.status is LeadStatus.WON and each.closed_at is not None and each.closed_at < t for each in case.deals
    )


def _had_open_deal(case: LeadCase, t: datetime) -> bool:
    return any(each.created_at < t and (each.closed_at is None or each.closed_at >= t) for each in case.deals)


def _says_denied(lead: Lead) -> bool:
    if lead.status is LeadStatus.OPEN:
        return False
    said = (lead.raw_status or "").casefold().replace("_", " ").replace("-", " ")
    return any(word in said for word in _DENIED)
