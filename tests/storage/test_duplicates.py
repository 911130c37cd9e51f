"""Who is the same person, kept as leads come in: the same pairs in whatever order they come, and no strangers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.duplicate_terms import DuplicateScope, DuplicateTerms, earlier_duplicates
from audits.model.case import Apart, Coverage, KeyKind, LeadCase, Sighting
from audits.model.lead import Lead
from connector.storage import duplicates, worklist
from connector.storage.database import Database
from connector.storage.policies import put_policy
from connector.storage.same_people import resold, same_people, take_together, tell_apart, told_apart
from connector.storage.tables import duplicate_keys, duplicate_pairs, duplicate_splits
from connector.storage.timeline import forget, load_cases, mark_gone, rebuild_keys, store_records
from tests.factories import NOW, at, make_install, make_lead, make_policy, make_record

ANNA = {"first_name": "Anna", "last_name": "Berg", "phone": "+47 912 34 567", "email": "anna.berg@fjordpost.no"}
SLIP = {**ANNA, "phone": "+47 912 34 568", "email": "anna@firma.no"}
TERMS = DuplicateTerms(window_days=30)
SINCE, UNTIL = at(days=-300), at(days=1)
PER = {**ANNA, "first_name": "Per", "email": "per@firma.no"}


@pytest.fixture
def tenant(database: Database) -> str:
    with database.write() as conn:
        return make_install(conn).install_id


def lead(lead_id: str, minutes: int, **fields: Any) -> Lead:
    return make_lead(lead_id, received_at=at(minutes), **fields)


def store(conn: Connection, tenant: str, leads: Sequence[Lead], read_at: datetime = NOW) -> None:
    store_records(conn, tenant, [make_record(each) for each in leads], read_at)


def seen(conn: Connection, tenant: str, lead_id: str, as_of: datetime = NOW) -> tuple[Sighting, ...]:
    (case,) = load_cases(conn, tenant, [lead_id], as_of, Coverage())
    assert isinstance(case, LeadCase)
    return case.sightings


def pairs(conn: Connection, tenant: str) -> set[tuple[Any, ...]]:
    of = duplicate_pairs.c
    rows = conn.execute(sa.select(duplicate_pairs).where(of.install_id == tenant))
    return {(row.lead_id, row.other_id, row.percent, row.apart, row.agrees) for row in rows}


def keys(conn: Connection, tenant: str) -> set[tuple[Any, ...]]:
    of = duplicate_keys.c
    rows = conn.execute(sa.select(of.key_hash, of.received_at, of.lead_id).where(of.install_id == tenant))
    return {tuple(row) for row in rows}


def test_the_same_person_with_other_data_is_seen_with_the_weight_of_each_field(
    database: Database, tenant: str
) -> None:
    with database.write() as conn:
        store(conn, tenant, [lead("1", -60, source="portal", **ANNA)])
        store(conn, tenant, [lead("2", -30, **SLIP), lead("3", -20, first_name="Eva", last_name="Lund", phone=None)])
        (sighting,) = seen(conn, tenant, "2")
        assert (sighting.lead_id, sighting.key_kind, sighting.source) == ("1", KeyKind.PERSON, "portal")
        assert (sighting.percent or 0) >= 95
        assert [(each.field, each.level) for each in sighting.agrees[:3]] == [
            ("phone", "near"),
            ("last_name", "same"),
            ("first_name", "same"),
        ]
        assert seen(conn, tenant, "3") == ()
        # The first lead was not seen before; but that there is a later one is known.
        assert [each.lead_id for each in seen(conn, tenant, "1")] == ["2"]
        # As of a moment before the second came there is nothing to see.
        assert seen(conn, tenant, "1", at(-40)) == ()


def test_a_family_at_one_number_is_seen_apart(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, [lead("1", -60, **ANNA), lead("2", -30, **PER)])
        (sighting,) = seen(conn, tenant, "2")
        assert (sighting.key_kind, sighting.apart) == (KeyKind.PHONE, Apart.HOUSEHOLD)
        assert {(row[0], row[1], row[3]) for row in pairs(conn, tenant)} == {("2", "1", "household")}


def test_what_changes_for_others_is_due(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, [lead("1", -60, **ANNA)], at(-9))
        store(conn, tenant, [lead("2", -30, **SLIP)], at(-8))
        assert worklist.due_leads(conn, tenant, NOW, 10) == ["1", "2"]
        worklist.mark_audited(conn, tenant, worklist.marks_of(conn, tenant, ["1", "2"], NOW))
        store(conn, tenant, [lead("2", -30, **{**SLIP, "last_name": "Lund"})], at(-7))
        assert worklist.due_leads(conn, tenant, NOW, 10) == ["1", "2"]
        assert pairs(conn, tenant) == set()


def crowd(chance: random.Random) -> list[Lead]:
    """Leads of which many share something."""
    return [
        lead(
            f"{number:02}",
            -chance.randrange(40),
            first_name=chance.choice(("Anna", "Ana", "Per")),
            last_name=chance.choice(("Berg", "Bergh")),
            email=chance.choice((None, f"x{number}@x.example", "all@x.example")),
            phone=chance.choice((None, "+47 912 34 567", "+47 912 34 568", "+47 912 43 567", f"+47 4{number:07}")),
            company=chance.choice((None, "Fjord AS", "Fjord")),
        )
        for number in range(24)
    ]


@pytest.fixture(params=[(32, 6, 500), (4, 2, 500), (4, 2, 5)], ids=["usual", "crowded", "huge"])
def limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(("MOST", "NEAREST", "WHOLE"), request.param, strict=True):
        monkeypatch.setattr(duplicates, name, value)


@pytest.mark.usefixtures("limits")
@pytest.mark.parametrize("seed", range(3))
def test_the_same_leads_give_the_same_pairs_in_any_order(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    leads = crowd(chance)
    with database.write() as conn:
        tenants = [make_install(conn, f"portal {number}").install_id for number in range(4)]
        salt = sa.update(sa.table("installs", sa.column("salt"))).values(salt="the same")
        conn.execute(salt)
        store(conn, tenants[0], leads)
        expected = pairs(conn, tenants[0]), keys(conn, tenants[0])
        persons = same_people(conn, tenants[0], SINCE, UNTIL, TERMS, NOW)
        assert len(expected[0]) > 20
        # One by one, in the order of arrival and in any other; and after other data, other times and other leads.
        for each in sorted(leads, key=lambda each: each.received_at):
            store(conn, tenants[1], [each])
        assert (pairs(conn, tenants[1]), keys(conn, tenants[1])) == expected
        chance.shuffle(leads)
        for place in range(0, len(leads), 5):
            store(conn, tenants[2], leads[place : place + 5])
        assert (pairs(conn, tenants[2]), keys(conn, tenants[2])) == expected
        before = crowd(chance)
        more = [make_lead(f"gone {number}", **{**ANNA, "received_at": at(-number)}) for number in range(6)]
        store(conn, tenants[3], [*before, *more], at(-9))
        for each in leads:
            store(conn, tenants[3], [each], at(-8))
        forget(conn, tenants[3], [each.lead_id for each in more], at(-7))
        assert (pairs(conn, tenants[3]), keys(conn, tenants[3])) == expected
        for other in tenants[1:]:
            assert same_people(conn, other, SINCE, UNTIL, TERMS, NOW) == persons


def test_a_new_region_looks_anew(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, [lead("1", -60, **{**ANNA, "phone": "+49 30 901820"})], at(-9))
        store(conn, tenant, [lead("2", -30, **{**PER, "phone": "030 901820"})], at(-9))
        (before,) = pairs(conn, tenant)
        assert before[3] == "household"
        put_policy(conn, tenant, make_policy("2", region="AT"), at(-5))
        rebuild_keys(conn, tenant, ["1", "2"], NOW)
        assert pairs(conn, tenant) == set()


def test_whoever_is_gone_or_forgotten_is_not_seen(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, [lead("1", -60, **ANNA), lead("2", -30, **SLIP), lead("3", -20, **SLIP)], at(-9))
        mark_gone(conn, tenant, ["1"], at(-5))
        assert {each.lead_id for each in seen(conn, tenant, "3")} == {"2"}
        assert {each.lead_id for each in seen(conn, tenant, "3", at(-6))} == {"1", "2"}
        forget(conn, tenant, ["2"], at(-4))
        assert seen(conn, tenant, "3") == ()
        assert {each[2] for each in keys(conn, tenant)} == {"1", "3"}
        assert {each[:2] for each in pairs(conn, tenant)} == {("3", "1")}
        assert conn.execute(sa.select(duplicate_splits)).all() == []


def test_another_account_with_the_same_leads_is_not_looked_at(database: Database, tenant: str) -> None:
    with database.write() as conn:
        other = make_install(conn, "portal-2").install_id
        store(conn, tenant, [lead("1", -60, **ANNA)])
        store(conn, other, [lead("2", -30, **SLIP)])
        assert pairs(conn, tenant) == pairs(conn, other) == set()


def people(conn: Connection, tenant: str, terms: DuplicateTerms = TERMS) -> list[list[str]]:
    found = same_people(conn, tenant, SINCE, UNTIL, terms, NOW)
    return [[member.lead_id for member in person.members] for person in found]


def test_a_person_stands_with_all_his_leads(database: Database, tenant: str) -> None:
    with database.write() as conn:
        eva = {"first_name": "Eva", "last_name": "Lund", "phone": "+47 40 11 22 33"}
        leads = [
            make_lead("1", received_at=at(days=-200), source="portal", **ANNA),
            lead("2", -50, source="agency", **SLIP),
            lead("3", -40, **PER),
            lead("4", -30, source=None, **{**SLIP, "phone": None}),
            lead("5", -20, **eva),
            lead("6", -10, **eva),
            lead("7", -5, first_name="Odd", last_name="Moe"),
        ]
        store(conn, tenant, leads)
        assert people(conn, tenant) == [["5", "6"], ["1", "2", "4"]]
        (_, anna) = same_people(conn, tenant, SINCE, UNTIL, TERMS, NOW)
        first, second, third = anna.members
        assert first.link is None
        assert (second.link is not None and second.link.other_id, third.link and third.link.other_id) == ("1", "2")
        found = same_people(conn, tenant, SINCE, UNTIL, TERMS, NOW)
        assert resold(found, SINCE, UNTIL) == {
            ("portal", "agency"): 1,
            ("portal", ""): 1,
            ("web form", "web form"): 1,
        }
        # Only who came again in the period counts, whenever he came first.
        assert same_people(conn, tenant, at(days=-201), at(days=-1), TERMS, NOW) == []
        assert resold(same_people(conn, tenant, at(-35), UNTIL, TERMS, NOW), at(-35), UNTIL) == {
            ("portal", ""): 1,
            ("web form", "web form"): 1,
        }
        by_phone = DuplicateTerms(window_days=30, fields=frozenset({KeyKind.PHONE}))
        assert people(conn, tenant, by_phone) == [["5", "6"]]
        same_source = DuplicateTerms(window_days=30, scope=DuplicateScope.SAME_SOURCE)
        assert people(conn, tenant, same_source) == [["5", "6"]]
        mark_gone(conn, tenant, ["6"], NOW)
        assert people(conn, tenant) == [["1", "2", "4"]]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [("Portal", " portal ", True), ("portal", "agency", False), (None, None, False), (None, "portal", False)],
)
def test_a_source_is_the_same_on_the_page_and_in_an_audit(
    database: Database, tenant: str, one: str | None, other: str | None, is_same: bool
) -> None:
    terms = DuplicateTerms(window_days=30, scope=DuplicateScope.SAME_SOURCE)
    with database.write() as conn:
        store(conn, tenant, [lead("1", -60, source=one, **ANNA), lead("2", -50, source=other, **ANNA)])
        (case,) = load_cases(conn, tenant, ["2"], NOW, Coverage())
        assert {each.lead_id for each in earlier_duplicates(case, terms)} == ({"1"} if is_same else set())
        assert people(conn, tenant, terms) == ([["1", "2"]] if is_same else [])


def test_who_is_told_apart_is_two_persons_until_that_is_taken_back(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, [lead("1", -60, **ANNA), lead("2", -50, **SLIP), lead("3", -40, **SLIP)], at(-30))
        worklist.mark_audited(conn, tenant, worklist.marks_of(conn, tenant, ["1", "2", "3"], at(-25)))
        assert people(conn, tenant) == [["1", "2", "3"]]
        assert not tell_apart(conn, tenant, "1", "nobody", "eve", at(-20))
        assert tell_apart(conn, tenant, "2", "1", "eve", at(-20))
        assert not tell_apart(conn, tenant, "1", "2", "odd", at(-19))
        assert worklist.due_leads(conn, tenant, NOW, 10) == ["1", "2"]
        # 3 goes with the surest of the two, and takes the other with it to nobody.
        assert people(conn, tenant) == [["2", "3"]]
        apart = {(each.lead_id, each.apart) for each in seen(conn, tenant, "2")}
        assert apart == {("1", Apart.SAID), ("3", None)}
        # As of before it was said, nobody had said it.
        assert {each.apart for each in seen(conn, tenant, "2", at(-21))} == {None}
        (told,) = told_apart(conn, tenant, 10)
        assert (told.lead_id, told.other_id, told.by, told.at) == ("1", "2", "eve", at(-20))
        assert take_together(conn, tenant, "1", "2", "odd", at(-10))
        assert not take_together(conn, tenant, "1", "2", "odd", at(-9))
        assert people(conn, tenant) == [["1", "2", "3"]]
        assert told_apart(conn, tenant, 10) == []
        assert {each.apart for each in seen(conn, tenant, "2")} == {None}
        assert {each.apart for each in seen(conn, tenant, "2", at(-15))} == {Apart.SAID, None}
        assert tell_apart(conn, tenant, "1", "2", "eve", at(-5))
        forget(conn, tenant, ["1"], NOW)
        assert told_apart(conn, tenant, 10) == []
        assert conn.execute(sa.select(duplicate_splits)).all() == []
