"""Who is the same person in files: families and switchboards are apart, and an account's store says the same."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pytest

from audits.model.case import Apart, Coverage, KeyKind, Sighting
from audits.model.lead import Lead
from audits.truth.duplicates.pairs import MOST, NEAREST
from connector.exports.sightings import find_sightings, sighting_of
from connector.exports.store import open_store
from connector.storage.database import Database
from connector.storage.policies import policy_as_of
from connector.storage.timeline import load_cases, store_records
from tests.exports.conftest import LEADS_HEADER, MAP, POLICY, RunAudit
from tests.factories import NOW, at, make_install, make_lead, make_record

ANNA = {"first_name": "Anna", "last_name": "Berg", "phone": "+47 912 34 567", "email": "anna.berg@fjordpost.no"}
PER = {**ANNA, "first_name": "Per", "email": "per@firma.no"}
OF_ONE = "a,2026-03-02 10:00,Anna,Berg,,030 23125101,,new,Web\n"


def lead(lead_id: str, minutes: float, **fields: Any) -> Lead:
    return make_lead(lead_id, received_at=fields.pop("received_at", at(minutes)), **fields)


def seen_in_files(
    leads: Iterable[Lead], as_of: datetime = NOW, region: str | None = None
) -> dict[str, tuple[Sighting, ...]]:
    with open_store() as store:
        for place, each in enumerate(leads):
            store.add_lead(each, place)
        find_sightings(store, region, as_of, lambda _: None)
        found: dict[str, list[Sighting]] = {}
        for line in store.sightings():
            found.setdefault(line.lead_id, []).append(sighting_of(line))
    return {lead_id: tuple(several) for lead_id, several in found.items()}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Per,Berg,,+49 30 23125101", ("pass", "other_person")),
        ("Anna,Berg,,+49 30 23125101", ("breach", "duplicate_phone")),
        ("Berg,Anna,x@firma.example,+49 30 23125101", ("breach", "duplicate_phone")),
        ("Anna,Berg,,+49 30 23125102", ("breach", "duplicate_person")),
        ("Anna,Berg,,+49 40 60606060", ("pass", "first_seen")),
    ],
    ids=["family", "same person", "names turned round", "a digit mistyped", "a namesake"],
)
def test_a_family_phone_is_no_duplicate_and_the_same_person_is(
    run_audit: RunAudit, row: str, expected: tuple[str, str]
) -> None:
    ran = run_audit(f"{LEADS_HEADER}{OF_ONE}b,2026-03-03 10:00,{row},,new,Web\n", None)
    assert ran.outcome("b", "PL004") == expected
    assert ran.outcome("a", "PL004") == ("pass", "first_seen")


def test_what_counts_is_the_policys(run_audit: RunAudit) -> None:
    leads = f"{LEADS_HEADER}{OF_ONE}b,2026-03-03 10:00,Anna,Berg,,+49 30 23125102,,new,Web\n"
    ran = run_audit(leads, None, policy='duplicate_fields = ["phone", "email"]\n' + POLICY)
    assert ran.outcome("b", "PL004") == ("pass", "first_seen")


def test_colleagues_at_a_switchboard_are_apart(run_audit: RunAudit) -> None:
    with_company = MAP.replace('source = "Source"', 'source = "Source"\ncompany = "Firm"')
    leads = (
        f"{LEADS_HEADER.strip()},Firm\n"
        "a,2026-03-02 10:00,Anna,Berg,,030 23125101,,new,Web,Fjord AS\n"
        "b,2026-03-03 10:00,Jo,Dahl,,030 23125101,,new,Web,Fjord\n"
    )
    assert run_audit(leads, None, map_=with_company).outcome("b", "PL004") == ("pass", "other_person")


def test_the_second_row_of_a_lead_and_what_was_not_known_yet_are_nobody_to_compare_with() -> None:
    leads = [
        lead("1", -60, first_name="Eva", last_name="Lund", email=None),
        lead("1", -60, **ANNA),
        lead("2", -50, **ANNA, recorded_at=at(5)),
        lead("3", -40, **PER),
    ]
    assert seen_in_files(leads) == {}
    later = seen_in_files(leads, at(5))
    assert [(each.lead_id, each.apart) for each in later["3"]] == [("2", Apart.HOUSEHOLD)]


def test_received_at_one_instant_both_see_one_another() -> None:
    found = seen_in_files([lead("1", -60, **ANNA), lead("2", -60, **ANNA)])
    assert {lead_id: {each.lead_id for each in several} for lead_id, several in found.items()} == {
        "1": {"2"},
        "2": {"1"},
    }


def test_of_a_number_that_many_have_each_sees_the_first_or_the_nearest_before() -> None:
    found = seen_in_files(
        lead(f"{number:03}", number - 500, first_name="", last_name="", email=None, phone="+47 912 34 567")
        for number in range(100)
    )
    seen = {lead_id: [each.lead_id for each in several] for lead_id, several in found.items()}
    assert "000" not in seen
    assert seen["003"] == ["000", "001", "002"]
    assert seen[f"{MOST - 1:03}"] == [f"{number:03}" for number in range(MOST - 1)]
    assert seen["099"] == [f"{number:03}" for number in range(99 - NEAREST, 99)]


def crowd(chance: random.Random) -> list[Lead]:
    """Leads of which many share something, few enough for every key to be looked at as a whole."""
    return [
        lead(
            f"{number:02}",
            -chance.randrange(20),
            first_name=chance.choice(("Anna", "Ana", "Per", None)),
            last_name=chance.choice(("Berg", "Bergh")),
            email=chance.choice((None, f"x{number}@x.example", "all@x.example", "Anna.Berg7@x.example")),
            phone=chance.choice(
                (None, "+47 912 34 567", "030 23125101", "+49 30 23125101", "+47 912 43 567", f"+47 4{number:07}")
            ),
            mobile=chance.choice((None, None, "+47 912 34 567")),
            company=chance.choice((None, "Fjord AS", "Fjord")),
            country=chance.choice((None, "NO", "Norway")),
            source=chance.choice(("portal", None)),
            recorded_at=at(chance.choice((0, 0, 0, 0, 1))),
        )
        for number in range(MOST)
    ]


def no_later(leads: Sequence[Lead], seen: dict[str, tuple[Sighting, ...]]) -> dict[str, tuple[Sighting, ...]]:
    """What each sees of those that were received no later than it: no rule looks at the others."""
    at_of = {each.lead_id: each.received_at for each in leads}
    kept = {
        lead_id: tuple(each for each in several if each.received_at <= at_of[lead_id])
        for lead_id, several in seen.items()
    }
    return {lead_id: several for lead_id, several in kept.items() if several}


def test_files_say_what_the_store_says(database: Database) -> None:
    sightings: list[Sighting] = []
    for seed in range(8):
        chance = random.Random(seed)
        leads = crowd(chance)
        with database.write() as conn:
            tenant = make_install(conn, f"portal {seed}").install_id
            store_records(conn, tenant, [make_record(each) for each in leads], NOW)
            region = policy_as_of(conn, tenant, NOW).region
            cases = load_cases(conn, tenant, [each.lead_id for each in leads], NOW, Coverage())
        by_store = no_later(leads, {case.lead.lead_id: case.sightings for case in cases})
        chance.shuffle(leads)
        by_files = seen_in_files(leads, region=region)
        assert by_files == by_store
        sightings += [each for several in by_files.values() for each in several]
    assert {each.key_kind for each in sightings} == set(KeyKind)
    assert {each.apart for each in sightings} == {None, Apart.HOUSEHOLD, Apart.SWITCHBOARD}
    assert len(sightings) > 200
