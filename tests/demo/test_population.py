"""What is planted is what the real rules find: exactly, at any hour of any week, from `until` to two hours later."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from audits.engine import audit
from audits.model.contact_data import check_phone
from audits.model.finding import Outcome
from audits.model.policy import Policy
from audits.rulebook import RULES
from connector.sandbox.faults.classes import PAID_FILLER, RULE
from connector.sandbox.faults.pseudo_lead import NO_NUMBERS
from connector.sandbox.history import DealStage
from connector.sandbox.hubspot_seed import hubspot_document
from connector.sandbox.office_hours import OfficeHours
from connector.sandbox.people import CULTURES
from connector.sandbox.population import (
    CROWDED,
    FEW_PLANTS,
    FLOODED,
    LARGE,
    LEAST_LEADS,
    LEAST_PLANTS,
    LEAST_SOLD,
    ZONE,
    make_population,
)
from tests.demo.account_cases import PORTAL
from tests.demo.history_cases import HistoryAccount, policy_of

BERLIN = ZoneInfo(ZONE)
IN_RULEBOOK = frozenset(rule.info.rule_id for rule in RULES)
#: Weekdays and weekends, days and nights, and the weeks in which the clocks change.
UNTILS = [
    datetime(*when, tzinfo=BERLIN).astimezone(UTC)
    for when in (
        (2026, 11, 23, 8, 59),
        (2026, 11, 23, 9, 7),
        (2026, 11, 24, 12, 30),
        (2026, 11, 25, 17, 55),
        (2026, 11, 26, 3, 0),
        (2026, 11, 27, 18, 1),
        (2026, 11, 28, 0, 20),
        (2026, 11, 29, 14, 0),
        (2026, 3, 29, 12, 0),
        (2026, 3, 30, 10, 15),
        (2026, 4, 2, 16, 20),
        (2026, 10, 25, 2, 30),
        (2026, 10, 26, 9, 30),
        (2026, 10, 30, 11, 45),
        (2024, 2, 29, 15, 0),
        (2026, 11, 22, 5, 50),
        (2026, 11, 30, 8, 0),
    )
]


def breaches(account: HistoryAccount, policy: Policy, ref: str, as_of: datetime) -> set[str]:
    result = audit(account.case(ref, as_of), policy)
    return {finding.rule_id for finding in result.findings if finding.outcome is Outcome.BREACH}


@pytest.mark.parametrize("seed", [1, 7])
@pytest.mark.parametrize("until", UNTILS, ids=lambda until: until.astimezone(BERLIN).strftime("%a-%Y-%m-%d-%H%M"))
def test_found_is_planted(until: datetime, seed: int) -> None:
    population = make_population(seed=seed, until=until, leads=LEAST_LEADS)
    account = HistoryAccount(population, OfficeHours(BERLIN))
    policy = policy_of(population, ZONE)
    wrong = [
        (planted.kind, ref, sorted(planted.rules), sorted(found), hours)
        for ref, planted in population.truth.items()
        for hours in (0, 2)
        if (found := breaches(account, policy, ref, until + timedelta(hours=hours)) - planted.unsure)
        != planted.rules & IN_RULEBOOK
    ]
    assert wrong == []


@pytest.mark.parametrize("leads", [FLOODED, 300, 600])
@pytest.mark.parametrize("until", [UNTILS[2], UNTILS[5]], ids=str)
def test_a_larger_account_is_found_as_planted(until: datetime, leads: int) -> None:
    """What is usual is learned from more leads, some leads share a type, and one rep is flooded."""
    population = make_population(seed=3, until=until, leads=leads)
    account = HistoryAccount(population, OfficeHours(BERLIN))
    policy = policy_of(population, ZONE)
    found = {ref: breaches(account, policy, ref, until) - each.unsure for ref, each in population.truth.items()}
    assert found == {ref: planted.rules & IN_RULEBOOK for ref, planted in population.truth.items()}


@pytest.mark.parametrize("leads", [LEAST_LEADS, FLOODED - 1, FLOODED, 300, 600])
def test_a_flood_is_planted_where_the_size_carries_it_or_it_is_said(leads: int) -> None:
    population = make_population(seed=3, until=UNTILS[2], leads=leads)
    is_flooded = any(planted.cause == "overloaded" for planted in population.truth.values())
    assert is_flooded is (leads >= FLOODED)
    assert sum(str(FLOODED) in sentence for sentence in population.left_out) == (not is_flooded)


@pytest.mark.parametrize("leads", [LEAST_LEADS, FLOODED, 300, 600])
def test_every_rule_is_planted_and_most_leads_are_clean(leads: int) -> None:
    population = make_population(seed=3, until=UNTILS[2], leads=leads)
    counts = population.counts()
    of_classes = set(RULE.values())
    assert set(counts) >= IN_RULEBOOK - ({RULE[PAID_FILLER]} if leads < CROWDED else set())
    assert min(count for rule_id, count in counts.items() if rule_id not in of_classes) >= (
        LEAST_PLANTS if leads >= LARGE else FEW_PLANTS
    )
    assert leads <= len(population.truth) <= leads + 1
    clean = sum(planted.rules <= of_classes for planted in population.truth.values())
    assert clean > len(population.truth) * (0.5 if leads >= LARGE else 0.4)
    won = sum(deal.steps[-1].stage is DealStage.WON for deal in population.history.deals)
    assert won >= 2 * LEAST_SOLD


def test_too_few_leads_are_refused() -> None:
    with pytest.raises(ValueError, match=str(LEAST_LEADS)):
        make_population(seed=1, until=UNTILS[0], leads=LEAST_LEADS - 1)


def test_the_same_seed_plants_the_same() -> None:
    one, same, other = (make_population(seed=seed, until=UNTILS[4], leads=LEAST_LEADS) for seed in (5, 5, 6))
    assert one == same
    assert one != other


def test_no_country_has_the_numbers_that_are_none() -> None:
    regions = {region for culture in CULTURES for region, _ in culture.regions}
    assert len(regions) > 20
    told = {(text, region): check_phone(text, region).is_valid for text in NO_NUMBERS for region in regions}
    assert {case: is_valid for case, is_valid in told.items() if is_valid is not False} == {}


def test_nothing_of_the_truth_stands_in_the_crm() -> None:
    population = make_population(seed=2, until=UNTILS[1], leads=LEAST_LEADS)
    text = str(hubspot_document(population.history, PORTAL))
    for word in [*(rule.info.rule_id for rule in RULES), "planted", *{p.kind for p in population.truth.values()}]:
        assert f"'{word}'" not in text


def test_contacts_are_believable() -> None:
    population = make_population(seed=7, until=UNTILS[2], leads=600)
    account = HistoryAccount(population, OfficeHours(BERLIN))
    leads = {ref: account.case(ref, UNTILS[2]).lead for ref in population.truth}
    sound = [lead for ref, lead in leads.items() if not population.truth[ref].rules]
    good = sum(
        phonenumbers.is_valid_number(phonenumbers.parse(lead.phone, lead.country)) for lead in sound if lead.phone
    )
    assert good >= len(sound) - 10
    letters = "".join(lead.full_name for lead in sound)
    for sample in "ł", "ü", "ç", "Γ", "в", "ن":
        assert sample in letters
    assert len({lead.owner_id for lead in sound}) >= 8
    assert set(Counter(lead.source for lead in sound)) == {"PAID_SOCIAL", "OFFLINE", "PAID_SEARCH", "ORGANIC_SEARCH"}
    ages = [UNTILS[2] - lead.received_at for lead in leads.values()]
    assert timedelta(days=50) < max(ages) <= timedelta(days=60)
    assert min(ages) < timedelta(hours=6)


@pytest.mark.parametrize(
    ("a", "b", "seconds"),
    [
        ((2026, 11, 23, 9), (2026, 11, 23, 18), 9 * 3600),
        ((2026, 11, 27, 17), (2026, 11, 30, 10), 2 * 3600),
        ((2026, 11, 28, 1), (2026, 11, 29, 23), 0),
        ((2026, 3, 27, 17), (2026, 3, 30, 10), 2 * 3600),
        ((2026, 11, 24, 12), (2026, 11, 24, 11), 0),
    ],
)
def test_office_hours(a: tuple[int, ...], b: tuple[int, ...], seconds: int) -> None:
    hours = OfficeHours(BERLIN)
    first, last = (datetime(*when, tzinfo=BERLIN).astimezone(UTC) for when in (a, b))
    assert hours.open_s(first, last) == seconds
    if seconds:
        assert hours.open_s(first, hours.after(first, seconds)) == seconds
        assert hours.open_s(hours.before(last, seconds), last) == seconds
