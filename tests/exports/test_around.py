"""What stands around leads is counted over files as over the store: on one made-up account both say the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from audits.model.case import Coverage
from audits.model.surroundings import Surroundings
from audits.truth.clusters import neighbours_of
from audits.truth.of_case import became_of, seen_of_lead
from connector.exports.around import count_around, iter_surrounded
from connector.exports.join import ReadCase
from connector.exports.store import open_store
from connector.jobs.learn_norms import learned_now
from connector.sandbox.office_hours import OfficeHours
from connector.sandbox.population import FLOODED, ZONE, make_population
from connector.storage import policies, timeline
from connector.storage.database import Database
from connector.storage.neighbours import hear_became
from connector.storage.norms import put_norms
from connector.storage.surroundings import surroundings_of
from tests.demo.history_cases import HistoryAccount, policy_of
from tests.demo.test_population import UNTILS
from tests.factories import make_install, make_record


def test_files_and_store_count_the_same(database: Database) -> None:
    until = UNTILS[2]
    population = make_population(seed=3, until=until, leads=FLOODED)
    account = HistoryAccount(population, OfficeHours(ZoneInfo(ZONE)))
    policy = replace(policy_of(population, ZONE), version="2")
    refs = [lead.ref for lead in population.history.leads]
    bare = [replace(account.case(ref, until), deals=(), surroundings=Surroundings()) for ref in sorted(refs)]
    with database.write() as conn:
        tenant = make_install(conn, zone=ZONE).install_id
        policies.put_policy(conn, tenant, policy, until - timedelta(days=200))
        records = [
            make_record(
                case.lead,
                activities=case.activities,
                tasks=case.tasks,
                owner_changes=case.owner_changes,
                stage_changes=case.stage_changes,
            )
            for case in bare
        ]
        timeline.store_records(conn, tenant, records, until)
        put_norms(conn, tenant, learned_now(conn, tenant, policy, Coverage(), until), until)
        book = policies.PolicyBook.load(conn, tenant)
        stored = timeline.load_cases(conn, tenant, refs, until, Coverage())
        heard = {case.lead.lead_id: became_of(case, policy) for case in stored}
        hear_became(conn, tenant, heard, until)
        by_store = surroundings_of(conn, tenant, stored, until, book)
    with open_store() as store:
        read = [ReadCase(case, is_logging_known=True) for case in stored]
        norms = count_around(store, read, policy, lambda _: None)
        by_files = {case.lead.lead_id: case.surroundings for case in iter_surrounded(store, read, policy, norms)}
    assert by_files == by_store
    counted = by_files.values()
    rows = [seen_of_lead(case.lead, policy.region, heard[case.lead.lead_id]) for case in stored]
    plain = neighbours_of(each for each in rows if each is not None)
    assert {lead_id: around.neighbours for lead_id, around in by_files.items() if around.neighbours} == plain
    assert sum(each.template_reached > 5 for each in plain.values()) > 3
    assert sum(bool(around.crowded_logs) for around in counted) > 3
    assert sum(bool(around.crowded_ticks) for around in counted) > 3
    assert sum(bool(around.twins) for around in counted) > 3
    assert sum(around.load is not None and around.load.open_new_leads > 5 for around in counted) > 3
    assert any(around.load is not None and around.load.capacity_per_hour_milli for around in counted)
    assert any(around.stage_norm is not None and around.stage_norm.quantile_s for around in counted)
