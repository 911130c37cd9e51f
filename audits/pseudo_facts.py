"""What a record shows by itself of being no buyer, without anybody turning to the lead: shared by several rules."""

from __future__ import annotations

from audits.class_rule import reasons_to_see
from audits.duplicate_terms import duplicate_terms, earlier_duplicates, within_window
from audits.lead_rule import lead_evidence
from audits.model.case import Fact, KeyKind, LeadCase, Sighting
from audits.model.contact_data import check_email, check_phone, region_of
from audits.model.finding import Evidence
from audits.model.lead import Lead
from audits.model.name_text import NameTrouble, name_trouble
from audits.model.policy import Policy
from audits.model.said import Said, say
from audits.model.truth import Disposable, Repair, TruthVerdict
from audits.model.zones import load_zone
from audits.truth.email_lists import disposable_by_lists
from audits.truth.of_case import judgement_on_record
from audits.wording import moment

#: What is no name of anybody; a name that is a placeholder in part, or doubtful, may be one.
NO_NAME = frozenset(NameTrouble) - {NameTrouble.PARTLY, NameTrouble.DOUBTFUL}


def disposable_domain(domain: str) -> str | None:
    """`domain`, or the one above it, that both lists of throw-away mailboxes name; None: not, or one alone does."""
    grade, listed = disposable_by_lists(domain)
    return listed if grade is Disposable.YES else None


def sighting_evidence(sighting: Sighting) -> Evidence:
    """The other lead, and what it shares with this one."""
    return Evidence(
        record_type="lead",
        record_id=sighting.lead_id,
        field=f"same_{sighting.key_kind.value}",
        value=sighting.received_at.isoformat(),
        at=sighting.received_at,
    )


def agreement_evidence(sighting: Sighting) -> tuple[Evidence, ...]:
    """Field by field what this lead and the other have in common and in what they differ, with the weight of each in
    natural log-odds; nothing where they were not compared."""
    return tuple(
        Evidence(
            record_type="lead",
            record_id=sighting.lead_id,
            field=f"compared_{each.field}",
            value=f"{each.level} {each.weight:+.1f}",
            at=sighting.received_at,
        )
        for each in sighting.agrees
    )


def is_reachable(lead: Lead, policy: Policy) -> bool | None:
    """Whether one number or address given can exist, by form alone. None = no address is well formed, and a number
    has no country code and no known country."""
    region = region_of(lead.country, policy.region)
    numbers = [
        check_phone(text.strip(), region).is_valid for text in (lead.phone, lead.mobile) if text and text.strip()
    ]
    if True in numbers or (lead.email and lead.email.strip() and check_email(lead.email).is_valid):
        return True
    return None if None in numbers else False


def could_be_mended(case: LeadCase, policy: Policy) -> Repair | None:
    """What was probably meant where nobody can be reached by what was given, and likely somebody asked: such a lead
    is no waste. None = nothing is to be mended, or there is no need."""
    if is_reachable(case.lead, policy) is not False:
        return None
    judgement = judgement_on_record(case, policy)
    if judgement.verdict in (TruthVerdict.PSEUDO, TruthVerdict.SUSPECT):
        return None
    return next((each for each in judgement.repairs if each.field in _WAYS), None)


_WAYS = ("phone", "mobile", "email")


def likely_nobody(case: LeadCase, policy: Policy) -> tuple[Said, tuple[Evidence, ...]] | None:
    """Why the record makes it likely, and not sure, that nobody asked to buy; None where it does not."""
    return reasons_to_see(case, judgement_on_record(case, policy), TruthVerdict.SUSPECT)


def plain_to_see(case: LeadCase, policy: Policy) -> tuple[Said, tuple[Evidence, ...]] | None:
    """Why anybody can see by the record alone that there is nobody to sell to, as a sentence with its evidence; None
    when nothing that is shown says so. What may be hidden is the caller's to ask."""
    lead = case.lead
    names = tuple(
        (field, text) for field, text in (("first_name", lead.first_name), ("last_name", lead.last_name)) if text
    )
    ways = tuple((field, text) for field, text in (("phone", lead.phone), ("email", lead.email)) if text)
    # Of data that are not shown another may be right.
    is_unreachable = case.coverage.cause(Fact.CONTACT_DATA) is None and is_reachable(lead, policy) is False
    if is_unreachable and could_be_mended(case, policy) is None:
        shown = tuple(lead_evidence(lead, field, text) for field, text in ways)
        return say("No contact data given can be right."), shown or (lead_evidence(lead, "phone", ""),)
    surely = reasons_to_see(case, judgement_on_record(case, policy), TruthVerdict.PSEUDO)
    if surely is not None:
        return surely
    domain = check_email(lead.email).domain if lead.email and lead.email.strip() else None
    if domain is not None and disposable_domain(domain) is not None:
        return say("The e-mail address is disposable."), (lead_evidence(lead, "email", lead.email or ""),)
    if any(text.strip() for _, text in names) and name_trouble(lead.first_name, lead.last_name) in NO_NAME:
        said = say('The name "{name}" is none.', name=" ".join(text.strip() for _, text in names))
        return said, tuple(lead_evidence(lead, field, text) for field, text in names)
    zone = load_zone(policy.calendar.zone)
    terms = duplicate_terms(policy)
    before = within_window(earlier_duplicates(case, terms), case, terms, zone)
    by_key = [each for each in before if each.key_kind is not KeyKind.PERSON]
    if by_key:
        said = say(
            "The same phone number or e-mail address was received {at} already (lead {lead_id}).",
            at=moment(by_key[-1].received_at, zone),
            lead_id=by_key[-1].lead_id,
        )
        return said, tuple(sighting_evidence(each) for each in by_key)
    if before:
        said = say(
            "The same person was received {at} already (lead {lead_id}).",
            at=moment(before[-1].received_at, zone),
            lead_id=before[-1].lead_id,
        )
        return said, tuple(sighting_evidence(each) for each in before)
    return None
