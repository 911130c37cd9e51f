"""What the other leads of the store say of one: the same as a plain count over all of them, as of any instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.case import Coverage
from audits.model.lead import Lead
from audits.model.truth import Neighbours
from audits.truth.clusters import Seen, neighbours_of
from audits.truth.history import OF_SUBNET, neighbour_signals
from audits.truth.of_case import Became, seen_of_lead
from connector.storage import timeline
from connector.storage.database import Database
from connector.storage.neighbours import hear_became, neighbours_at
from connector.storage.policies import PolicyBook, PolicyVersion
from connector.storage.surroundings import beside, company_of, surroundings_of
from connector.storage.tables import lead_templates, lead_traits
from tests.factories import NOW, at, make_install, make_lead, make_policy, make_record

LATER = at(days=1)
REGION = "GR"


@pytest.fixture
def tenant(database: Database) -> str:
    with database.write() as conn:
        return make_install(conn).install_id


def random_lead(random: Random, number: int) -> Lead:
    """A lead with much in common with others like it."""
    name, family = random.choice(["Ada", "Bo", "Cy", None]), random.choice(["Berg", "Lie", None])
    received_at = NOW - timedelta(minutes=random.choice([0, 1, 5, 60, 1440, 1441, 3000]))
    return make_lead(
        str(number),
        received_at=received_at,
        recorded_at=received_at + timedelta(minutes=random.choice([0, 0, 30])),
        first_name=name,
        last_name=family,
        email=random.choice(["a@example.com", "b@example.com", "c@example.com", None]),
        phone=random.choice(["+30 210 123 4567", "+30 210 123 4568", None]),
        mobile=None,
        source=random.choice(["ads", "Ads", None]),
        source_detail=random.choice(["aff-7", None]),
        ip=random.choice(["203.0.113.7", "203.0.113.9", "198.51.100.1", None]),
        user_agent=random.choice(["Firefox", "Chrome", None]),
        message=random.choice(["Please call me", "please  call me", "", None]),
        is_imported=random.random() < 0.1,
    )


def store(conn: Connection, tenant: str, leads: list[Lead], read_at: datetime = LATER) -> None:
    timeline.store_records(conn, tenant, [make_record(lead) for lead in leads], read_at)


def by_store(conn: Connection, tenant: str, leads: list[Lead], as_of: datetime = LATER) -> dict[str, Neighbours]:
    cases = timeline.load_cases(conn, tenant, [lead.lead_id for lead in leads], as_of, Coverage())
    return neighbours_at(conn, tenant, cases, as_of)


def by_count(leads: list[Lead], became: dict[str, tuple[Became, datetime]], as_of: datetime) -> dict[str, Neighbours]:
    rows: list[Seen | None] = []
    for lead in leads:
        if max(lead.received_at, lead.recorded_at) <= as_of:
            what, since = became.get(lead.lead_id, (Became(), as_of))
            rows.append(seen_of_lead(lead, REGION, what if since <= as_of else Became()))
    return neighbours_of(each for each in rows if each is not None)


def rows_left(conn: Connection, tenant: str) -> int:
    """How many rows of traits and tallies the tenant has."""
    return sum(
        conn.execute(sa.select(sa.func.count()).select_from(table).where(table.c.install_id == tenant)).scalar_one()
        for table in (lead_traits, lead_templates)
    )


@pytest.mark.parametrize("seed", range(8))
def test_the_store_says_what_a_plain_count_says(database: Database, tenant: str, seed: int) -> None:
    random = Random(seed)
    leads = [random_lead(random, number) for number in range(40)]
    became: dict[str, tuple[Became, datetime]] = {}
    with database.write() as conn:
        store(conn, tenant, leads)
        for step in range(4):
            when = at(hours=step)
            some = [lead for lead in random.sample(leads, 12) if lead.lead_id not in became]
            said = {lead.lead_id: Became(random.random() < 0.8, random.random() < 0.5, random.random() < 0.1)
                    for lead in some}  # fmt: skip
            hear_became(conn, tenant, said, when)
            became |= {lead_id: (what, when) for lead_id, what in said.items()}
        for as_of in (LATER, at(hours=1.5), at(0), NOW - timedelta(minutes=20), NOW - timedelta(days=2)):
            assert by_store(conn, tenant, leads, as_of) == by_count(leads, became, as_of)
        # Changed, gone and come again.
        imported = {lead.lead_id for lead in leads if lead.is_imported}
        leads = [random_lead(random, number) if random.random() < 0.4 else lead for number, lead in enumerate(leads)]
        store(conn, tenant, leads, at(days=1.1))
        gone = {lead.lead_id for lead in random.sample(leads, 8)}
        timeline.mark_gone(conn, tenant, gone, at(days=1.2))
        left = [lead for lead in leads if lead.lead_id not in gone]
        last = at(days=2)
        # What had become of an import, which turned out to be none, is heard at its next audit.
        heard = {lead_id: what for lead_id, what in became.items() if lead_id not in imported}
        assert by_store(conn, tenant, left, last) == by_count(left, heard, last)
        back = [lead for lead in leads if lead.lead_id in gone]
        store(conn, tenant, back, last)
        heard = {lead_id: what for lead_id, what in heard.items() if lead_id not in gone}
        assert by_store(conn, tenant, leads, last) == by_count(leads, heard, last)
        timeline.forget(conn, tenant, [lead.lead_id for lead in leads], last)
        assert rows_left(conn, tenant) == 0


# --- who is judged again ------------------------------------------------------------------------------------------


def codes_of(found: dict[str, Neighbours]) -> dict[str, set[str]]:
    """What the others say of each; but for names, for who shares a number is judged again anyway."""
    return {
        lead_id: {each.code for each in neighbour_signals(neighbours)} - {"probe_returns"}
        for lead_id, neighbours in found.items()
    }


@pytest.mark.parametrize("seed", range(12))
def test_whose_answer_turns_is_judged_again(database: Database, tenant: str, seed: int) -> None:
    random = Random(seed)
    leads = [random_lead(random, number) for number in range(40)]
    turned = 0
    with database.write() as conn:
        store(conn, tenant, leads[:25])
        for step in range(12):
            now = at(days=1, hours=step)
            before = codes_of(by_store(conn, tenant, leads, now))
            some = random.sample(leads, 4)
            ids = [lead.lead_id for lead in some]
            company = company_of(conn, tenant, ids)
            due: set[str] = set()
            if step % 3 == 0:
                fresh = [random_lead(random, int(lead_id)) for lead_id in ids]
                leads = [lead for lead in leads if lead.lead_id not in ids] + fresh
                store(conn, tenant, fresh, now)
            elif step % 3 == 1:
                likely = random.choice([0.1, 0.9])
                said = {each: Became(random.random() < 0.9, random.random() < likely, random.random() < 0.2)
                        for each in ids + random.sample([lead.lead_id for lead in leads], 8)}  # fmt: skip
                due |= hear_became(conn, tenant, said, now)
                ids += list(said)
            else:
                timeline.mark_gone(conn, tenant, ids, now)
            due |= beside(conn, tenant, company.changes(company_of(conn, tenant, ids)), now, make_policy())
            after = codes_of(by_store(conn, tenant, leads, now))
            differ = {each for each in before.keys() & after.keys() if before[each] != after[each]} - set(ids)
            turned += len(differ)
            assert differ <= due, (step, differ - due)
    assert turned


def test_few_are_judged_again_for_one_more_lead_of_a_large_burst(database: Database, tenant: str) -> None:
    with database.write() as conn:
        many = [
            make_lead(str(number), received_at=NOW + timedelta(seconds=number), recorded_at=NOW, ip="203.0.113.7")
            for number in range(120)
        ]
        store(conn, tenant, many[1:])
        company = company_of(conn, tenant, ["0"])
        store(conn, tenant, many[:1])
        due = beside(conn, tenant, company.changes(company_of(conn, tenant, ["0"])), LATER, make_policy())
    assert due == {str(number) for number in range(1, OF_SUBNET + 1)}


def test_a_wave_of_paid_forms_is_judged_again_once_enough_had_denied(database: Database, tenant: str) -> None:
    denied = Became(was_reached=True, has_denied=True)
    with database.write() as conn:
        wave = [
            make_lead(str(number), source="aff-7", ip="203.0.113.7", received_at=at(number), recorded_at=at(number))
            for number in range(30)
        ]
        store(conn, tenant, wave)
        assert hear_became(conn, tenant, {str(number): denied for number in range(4)}, LATER) == set()
        due = hear_became(conn, tenant, {str(number): denied for number in range(4, 8)}, LATER)
        assert due == {str(number) for number in range(30)}, "the four were judged before they knew of each other"
        assert hear_became(conn, tenant, {"8": denied}, LATER) == set(), "it says the same as before"
        found = by_store(conn, tenant, wave)["20"]
    assert (found.template, found.template_reached, found.template_denied) == (29, 9, 9)
    assert codes_of({"20": found})["20"] >= {"cluster_denied"}


def test_the_cases_of_the_store_carry_them(database: Database, tenant: str) -> None:
    book = PolicyBook([PolicyVersion(policy=make_policy(), position=1, valid_from=at(days=-900), valid_to=None)])
    with database.write() as conn:
        leads = [make_lead(str(number), ip="203.0.113.7", is_imported=number == 2) for number in range(3)]
        store(conn, tenant, leads)
        cases = timeline.load_cases(
            conn, tenant, "012", LATER, Coverage(), lambda found: surroundings_of(conn, tenant, found, LATER, book)
        )
    counted = [case.surroundings.neighbours for case in cases]
    assert [each and each.subnet_24h for each in counted] == [1, 1, None]


def test_another_tenant_knows_nothing_of_them(database: Database, tenant: str) -> None:
    with database.write() as conn:
        other = make_install(conn, "portal-2").install_id
        leads = [make_lead(str(number), ip="203.0.113.7") for number in range(9)]
        store(conn, tenant, leads)
        store(conn, other, leads[:1])
        assert by_store(conn, other, leads[:1])["0"].subnet_24h == 0
        assert by_store(conn, tenant, leads[:1])["0"].subnet_24h == 8
        hashes = [
            set(conn.execute(sa.select(lead_traits.c.subnet).where(lead_traits.c.install_id == each)).scalars())
            for each in (tenant, other)
        ]
        assert hashes[0].isdisjoint(hashes[1]), "salted by account"
