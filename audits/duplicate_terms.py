"""What counts as a duplicate: within which days, proved by what, of whose leads. Policy and contract each say it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from audits.dues import days_from
from audits.model.case import KeyKind, LeadCase, Sighting
from audits.model.policy import Policy


class DuplicateScope(StrEnum):
    """Among whose leads: of any source, or of the lead's own source alone."""

    ANY_SOURCE = "any_source"
    SAME_SOURCE = "same_source"


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateTerms:
    """`window_days`: calendar days before the lead in which an earlier one counts. `fields`: what proves a duplicate;
    PERSON: that both are one person with at least `least_probability` (0 to 1), whatever they share."""

    window_days: int
    fields: frozenset[KeyKind] = frozenset(KeyKind)
    least_probability: float = 0.9
    scope: DuplicateScope = DuplicateScope.ANY_SOURCE


def duplicate_terms(policy: Policy) -> DuplicateTerms:
    """What the account agreed for all its leads."""
    return DuplicateTerms(
        window_days=policy.duplicate_window_days,
        fields=frozenset(map(KeyKind, policy.duplicate_fields)),
        least_probability=policy.duplicate_percent / 100,
    )


def is_proved(shared: Collection[KeyKind], percent: int | None, terms: DuplicateTerms) -> bool:
    """Whether two leads are one person by these terms, of which nothing says that they are two. `shared`: what is
    equal of both; `percent`: how likely they are one person, None = not known."""
    if any(kind is not KeyKind.PERSON and kind in terms.fields for kind in shared):
        return True
    return KeyKind.PERSON in terms.fields and percent is not None and percent >= terms.least_probability * 100


def is_in_scope(one: str | None, other: str | None, terms: DuplicateTerms) -> bool:
    """Whether two leads from these sources can be duplicates by these terms. Of a source that is not
    known nobody can say that it is the same."""
    if terms.scope is DuplicateScope.ANY_SOURCE:
        return True
    return one is not None and other is not None and one.strip().casefold() == other.strip().casefold()


def is_same_person(sighting: Sighting, terms: DuplicateTerms) -> bool:
    """Whether what is shared proves a duplicate by these terms, whenever the other lead came."""
    return sighting.apart is None and is_proved({sighting.key_kind}, sighting.percent, terms)


def came_before(case: LeadCase, terms: DuplicateTerms) -> list[Sighting]:
    """Sightings of leads that came before this one and are in the scope of the terms, whoever they are of, the oldest
    first. Received at one instant, the one with the lesser id came before."""
    lead = case.lead
    return sorted(
        (
            each
            for each in case.sightings
            if each.lead_id != lead.lead_id
            and (each.received_at, each.lead_id) < (lead.received_at, lead.lead_id)
            and is_in_scope(each.source, lead.source, terms)
        ),
        key=lambda each: (each.received_at, each.lead_id, each.key_kind),
    )


def earlier_duplicates(case: LeadCase, terms: DuplicateTerms) -> list[Sighting]:
    """Earlier sightings of the lead's person, of any age, the oldest first."""
    return [each for each in came_before(case, terms) if is_same_person(each, terms)]


def within_window(sightings: list[Sighting], case: LeadCase, terms: DuplicateTerms, zone: ZoneInfo) -> list[Sighting]:
    """Those of `sightings` that came at most `terms.window_days` calendar days in `zone` before the lead."""
    since = days_from(case.lead.received_at, -terms.window_days, zone)
    return [each for each in sightings if each.received_at >= since]
