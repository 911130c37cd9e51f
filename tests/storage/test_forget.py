"""Forgetting: nothing of the person is left in any table or file, the counts stay, and he does not come back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.activity import ActivityKind
from audits.model.case import Coverage
from audits.model.finding import Evidence, Measure
from audits.model.said import verbatim
from audits.model.score import Score, ScorePart
from audits.model.truth import Given, Repair
from audits.truth.experience import Noted
from audits.truth.judgement import judge
from audits.truth.kept import Truth
from connector.errors import UnknownInstall
from connector.storage import (
    findings,
    health,
    lookups,
    outbox,
    outcomes,
    owner_cases,
    page_queries,
    repairs,
    report_runs,
    reports,
    same_people,
    snapshots,
    timeline,
    worklist,
)
from connector.storage.database import Database
from connector.storage.forget import WIPED
from connector.storage.installs import Install
from connector.storage.lead_lists import LeadFilter
from connector.storage.lookups import AnswerRow, LookupChoice, LookupKind, Told
from connector.storage.report_runs import ReportPart
from connector.storage.tables import metadata
from tests.conftest import DatabaseUrls
from tests.factories import (
    NOW,
    at,
    make_activity,
    make_audit,
    make_case,
    make_deal,
    make_finding,
    make_install,
    make_lead,
    make_owner_change,
    make_record,
    make_stage_change,
    make_task,
)

#: A mark that stands in everything said about the person, his record ids included.
CANARY = "Kanarienvogel4711"
PERSON, FORMER = f"{CANARY}-id", f"{CANARY}-merged-id"
#: Tables that say nothing of leads.
WITHOUT_LEADS = {
    "installs",
    "tokens",
    "api_keys",
    "oauth_states",
    "web_sessions",
    "login_links",
    "owners",
    "users",
    "cursors",
    "campaigns",
    "contracts",
    "ledger",
    "policies",
    "norms",
    "learned_truths",
    "counters",
    "report_runs",
    "known_values",
    "known_fields",
    "field_roles",
    "lookup_choices",
    "unmapped_values",
    "value_mappings",
    "unknown_accounts",
    "wakes",
    "worker_slots",
    "forgotten",
}


def person(lead_id: str = PERSON, first_name: str = CANARY) -> timeline.RecordLike:
    return make_record(
        make_lead(
            lead_id,
            first_name=first_name,
            last_name=CANARY,
            email=f"{CANARY}@example.com",
            phone=f"+49 30 901820 {CANARY}",
            mobile="+49 30 901821",
            company=CANARY,
            country=CANARY,
            source_detail=CANARY,
            raw_status=CANARY,
            lead_type=CANARY,
            message=CANARY * 500,
            record_url=f"https://crm.example.com/{CANARY}",
            priority=CANARY,
            pipeline=CANARY,
            stage=CANARY,
            language=CANARY,
            facts=(("city", CANARY), ("job_title", CANARY)),
        ),
        activities=[
            make_activity(f"call-{CANARY}", lead_id, raw=(("title", CANARY),), subject=CANARY, text=CANARY * 50),
            make_activity(
                f"mail-{CANARY}",
                lead_id,
                kind=ActivityKind.EMAIL,
                text=f"We would like to show our new {CANARY} to all of you",
            ),
        ],
        tasks=[make_task(f"task-{CANARY}", lead_id, raw=(("title", CANARY),))],
        owner_changes=[make_owner_change(lead_id, source=CANARY)],
        stage_changes=[make_stage_change(lead_id, raw_status=CANARY, source=CANARY)],
        our_fields={"leadassay_audit_note": CANARY},
        deals=[make_deal(f"deal-{CANARY}", lead_id), make_deal("shared", lead_id, "2")],
    )


def seed(conn: Connection) -> Install:
    """A person in every table that can hold anything of him, and a neighbour whose finding points at him."""
    install = make_install(conn)
    tenant = install.install_id
    neighbour = make_record(make_lead("2", email=f"{CANARY}@example.com", first_name="Nora"))
    # The neighbour has the same address by chance of the test only: take it away before looking for the mark.
    timeline.store_records(conn, tenant, [neighbour, person(FORMER), person()], at(-30))
    merged = make_record(person().lead, activities=person().activities, merged_ids=[FORMER])
    timeline.store_records(conn, tenant, [merged], at(-20))
    timeline.store_records(conn, tenant, [make_record(make_lead("2", first_name="Nora"))], at(-19))
    assert same_people.tell_apart(conn, tenant, PERSON, FORMER, "user-1", at(-19))
    timeline.mark_gone(conn, tenant, [f"{CANARY}-unseen"], at(-18))
    pointing = Evidence(record_type="lead", record_id=PERSON, field="email", value=f"{CANARY}@example.com")
    own = Evidence(record_type="lead", record_id="2", field="email", value="ada.2@lovelace-werke.de")
    findings.store_findings(
        conn,
        tenant,
        [
            make_finding(
                PERSON,
                sentence=f"{CANARY} was called late.",
                evidence=(Evidence(record_type="call", record_id=f"call-{CANARY}", field="x", value=CANARY), own),
                measures=(Measure("name", CANARY, "text"),),
            ),
            make_finding("2", "PL004", sentence=f"Nora wrote as {CANARY} before.", evidence=(pointing, own)),
        ],
        at(-10),
    )
    snapshots.put_packed(conn, tenant, snapshots.packed(conn, tenant, [(make_case(person().lead), {})]), at(-10))
    conn.execute(
        sa.insert(metadata.tables["contests"]).values(
            install_id=tenant,
            contest_id="contest-1",
            lead_id=PERSON,
            rule_id="RT001",
            fingerprint="f",
            why=f"{CANARY} had asked for it",
            opened_by="user-1",
            opened_at=at(-9),
        )
    )
    conn.execute(
        sa.insert(metadata.tables["alerts"]).values(
            install_id=tenant,
            lead_id=PERSON,
            rule_id="RT002",
            kind="breach",
            due_at=at(-9),
            user_id="user-1",
            send_after=at(-9),
        )
    )
    meant = Repair(field="email", given=f"{CANARY}@gmial.com", proposed=f"{CANARY}@gmail.com", why=verbatim(CANARY))
    judged = repairs.JudgedRepairs(lead_id=PERSON, values={"email": meant.given}, proposed=(meant,))
    repairs.store_repairs(conn, tenant, [judged], at(-9))
    reports.put_report(
        conn,
        tenant,
        kind="weekly",
        since=at(days=-7),
        until=at(-1),
        as_of=NOW,
        made_at=NOW,
        inputs={},
        figures=json.dumps({"neglected": [{"lead_id": PERSON}, {"lead_id": "2"}]}, separators=(",", ":")),
    )
    report_runs.ask_report(conn, tenant, "so_far", at(days=-7), at(-1), NOW)
    body = json.dumps({"holder": CANARY}).encode()
    report_runs.put_parts(conn, tenant, "so_far", [ReportPart("2", b"{}"), ReportPart(PERSON, body)], 2)
    against = tuple(
        Evidence(record_type=kind, record_id=record_id, field="x", value="y")
        for kind, record_id in (("activity", f"call-{CANARY}"), ("lead", PERSON), ("lead", "2"))
    )
    said = make_finding("owner-1", "NC007", evidence=against)
    owner_cases.put_owner_findings(conn, tenant, [said], at(days=-28), at(-9))
    parts = Score((ScorePart("name", 10, 60, verbatim(f"{CANARY} is a name")),))
    lookups.choose_lookup(conn, tenant, LookupChoice(kind=LookupKind.MX, is_on=True), user_id="user-1", at=at(-9))
    truth = Truth(judge(Given(id=PERSON, first_name=CANARY, email=f"{CANARY}@example.com", message=CANARY)), ())
    assert CANARY in repr(truth.judgement.classes)
    for lead_id in (PERSON, "2"):
        findings.store_audits(
            conn,
            tenant,
            [
                make_audit(
                    lead_id, note=f"see {CANARY}", quality=parts, handling=parts, first_attempt_s=600, truth=truth
                )
            ],
        )
        line = Noted(lead_id=lead_id, said=0.5, spoke=(), codes=(), found=None)
        outcomes.note_outcomes(conn, tenant, [line], at(-9))
        outbox.put_outbox(conn, tenant, lead_id, {"leadassay_audit_note": f"see {CANARY}"}, at(-9))
        (row,) = [row for row in outbox.take_outbox(conn, tenant, 9, NOW) if row.lead_id == lead_id]
        outbox.mark_written(conn, tenant, row, at(-8))
        outbox.put_outbox(conn, tenant, lead_id, {"leadassay_audit_note": f"see {CANARY} again"}, at(-7))
        worklist.mark_due(conn, tenant, [lead_id], at(-6))
    health.put_notice(conn, tenant, "n1", kind="k", sentence=f"Look at {CANARY}.", at=at(-5), lead_id=PERSON)
    for number, object_id in enumerate((PERSON, f"{CANARY}-unseen", "2")):
        event = worklist.EventRow(
            event_key=f"{CANARY}{number}", kind="look_again", object_type="lead", object_id=object_id, occurred_at=NOW
        )
        worklist.put_events(conn, tenant, [event], at(-4))
    return install


def texts(conn: Connection) -> Iterator[tuple[str, str]]:
    """Every row of every table as text."""
    for table in metadata.sorted_tables:
        for row in conn.execute(sa.select(table)):
            yield table.name, json.dumps([str(value) for value in row], ensure_ascii=False)


def marked(conn: Connection) -> set[str]:
    return {table for table, text in texts(conn) if CANARY in text}


@pytest.fixture
def install(database: Database) -> Install:
    with database.write() as conn:
        return seed(conn)


def forget_all(database: Database, install: Install) -> timeline.Forgotten:
    with database.write() as conn:
        done = timeline.forget(conn, install.install_id, [PERSON, f"{CANARY}-unseen"], NOW)
    assert database.scrub()
    return done


def test_the_seed_marks_every_table_that_can_hold_a_person(database: Database, install: Install) -> None:
    with database.read() as conn:
        held = marked(conn)
    # These hold hashes only; their rows are checked below.
    assert held | {"contact_keys", "text_bands", "lookups", "lead_templates"} == set(metadata.tables) - WITHOUT_LEADS


def test_nothing_of_the_person_is_left_in_any_table(database: Database, install: Install) -> None:
    done = forget_all(database, install)
    assert done.lead_ids == {PERSON, FORMER, f"{CANARY}-unseen"}
    assert done.affected == {"2"}
    with database.read() as conn:
        assert marked(conn) == set()
        assert {row.lead_id for row in conn.execute(sa.select(metadata.tables["contact_keys"]))} == {"2"}
        assert conn.execute(sa.select(metadata.tables["text_bands"])).all() == []
        assert {row.lead_id for row in conn.execute(sa.select(metadata.tables["lead_traits"]))} == {"2"}
        assert {row.leads for row in conn.execute(sa.select(metadata.tables["lead_templates"]))} <= {1}


def test_what_was_answered_about_the_person_is_known_no_more(database: Database) -> None:
    told = Told(is_deliverable=True)
    with database.write() as conn:
        install = make_install(conn)
        tenant, mine = install.install_id, make_lead("1", email="ada@ada-lovelace.example")
        many = [make_lead("2", email="b@gmail.com"), make_lead("3", email="c@gmail.com")]
        timeline.store_records(conn, tenant, [make_record(lead) for lead in (mine, *many)], at(-30))
        lookups.choose_lookup(conn, tenant, LookupChoice(kind=LookupKind.MX, is_on=True), user_id="u", at=at(-20))
        lookups.put_answers(
            conn,
            tenant,
            LookupKind.MX,
            [
                AnswerRow(key_hash=each.key_hash, told=told, asked_at=at(-19), expires_at=at(days=7), price_milli=5)
                for each in lookups.list_wants(conn, tenant, LookupKind.MX, None, NOW, 10)
            ],
        )
        assert set(lookups.looked_up(conn, tenant, [mine, *many], None, NOW)) == {"1", "2", "3"}
        timeline.forget(conn, tenant, ["1", "2"], NOW)
        assert set(lookups.looked_up(conn, tenant, [mine, *many], None, NOW)) == {"2", "3"}
        assert lookups.count_wants(conn, tenant, LookupKind.MX) == 1
        # What it cost stays counted.
        assert lookups.spent_milli(conn, tenant, LookupKind.MX, at(days=-1)) == 10


def test_nothing_of_the_person_is_left_in_the_files(sqlite_urls: DatabaseUrls, tmp_path: Path) -> None:
    database = Database.open(sqlite_urls.database_url)
    with database.write() as conn:
        install = seed(conn)
    database.scrub()
    files = [path for path in tmp_path.iterdir() if path.name.startswith("leadassay.sqlite")]
    assert any(CANARY.encode() in path.read_bytes() for path in files)
    forget_all(database, install)
    # With the database still open: no VACUUM, no restart is needed.
    assert {path.name for path in files if CANARY.encode() in path.read_bytes()} == set()
    assert {path.name for path in files if CANARY.casefold().encode() in path.read_bytes()} == set()
    database.close()


@pytest.mark.postgres
def test_nothing_of_the_person_is_left_in_the_pages_of_the_server(postgres_urls: DatabaseUrls) -> None:
    database = Database.open(postgres_urls.database_url)
    with database.write() as conn:
        install = seed(conn)
    with database.write() as conn:
        conn.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pageinspect")
    assert CANARY.encode() in heap_bytes(database)
    forget_all(database, install)
    assert CANARY.encode() not in heap_bytes(database)
    database.close()


def heap_bytes(database: Database) -> bytes:
    """What the rows, dead ones included, hold in the pages of all tables."""
    found = b""
    with database.write() as conn:
        for name in metadata.tables:
            pages = conn.execute(sa.text(f"SELECT pg_relation_size('{name}') / 8192")).scalar_one()
            for page in range(pages):
                query = f"SELECT t_data FROM heap_page_items(get_raw_page('{name}', {page})) WHERE t_data IS NOT NULL"
                found += b"".join(bytes(row[0]) for row in conn.execute(sa.text(query)))
    return found


def test_the_counts_stay(database: Database, install: Install) -> None:
    tenant, scope = install.install_id, page_queries.Scope(leads=LeadFilter())

    def counts(conn: Connection) -> list[object]:
        return [
            page_queries.count_leads(conn, tenant, scope),
            sum(page_queries.count_by_status(conn, tenant, scope).values()),
            page_queries.count_arrivals(conn, tenant, scope, at(days=-1), at(days=1), "UTC"),
        ]

    with database.read() as conn:
        before = counts(conn)
    forget_all(database, install)
    with database.read() as conn:
        assert counts(conn) == before
        rows, _ = page_queries.list_leads(conn, tenant, scope)
    (row,) = [row for row in rows if row.is_forgotten]
    assert (row.name, row.company, row.record_url, row.note) == ("", None, None, "")
    assert row.follow_up_status == "closed"


def test_others_findings_lose_only_what_pointed_at_the_person(database: Database, install: Install) -> None:
    forget_all(database, install)
    with database.read() as conn:
        (kept,) = findings.list_findings(conn, install.install_id, "2")
        assert worklist.due_leads(conn, install.install_id, NOW, 10) == ["2"]
    assert kept.is_current
    assert kept.finding.sentence == WIPED
    assert [each.record_id for each in kept.finding.evidence] == ["2"]


def test_what_is_said_of_a_person_at_work_stays_but_for_whom_it_names(database: Database, install: Install) -> None:
    forget_all(database, install)
    with database.read() as conn:
        (kept,) = owner_cases.owner_findings_of(conn, install.install_id)
    assert kept.finding.subject_id == "owner-1"
    assert [each.record_id for each in kept.finding.evidence] == ["2"]


def test_later_records_do_not_bring_the_person_back(database: Database, install: Install) -> None:
    forget_all(database, install)
    with database.write() as conn:
        for lead_id in (PERSON, FORMER, f"{CANARY}-unseen"):
            assert timeline.is_forgotten(conn, install.install_id, lead_id)
            assert timeline.store_records(conn, install.install_id, [person(lead_id)], at(99)) == frozenset()
        timeline.mark_gone(conn, install.install_id, [PERSON], at(99))
        winner = make_record(make_lead("2", first_name="Nora"), merged_ids=[FORMER])
        timeline.store_records(conn, install.install_id, [winner], at(100))
        findings.store_findings(conn, install.install_id, [make_finding(PERSON, sentence=CANARY)], at(99))
        findings.store_audits(conn, install.install_id, [make_audit(PERSON, note=CANARY)])
        row = outbox.OutboxRow(
            lead_id=PERSON, values={"f": CANARY}, status=outbox.OutboxStatus.PENDING, attempts=0, complaint="",
            planned_at=NOW, retry_at=None,
        )  # fmt: skip
        outbox.mark_written(conn, install.install_id, row, at(99))
        assert timeline.load_cases(conn, install.install_id, [PERSON], at(200), Coverage()) == []
        assert not timeline.is_forgotten(conn, install.install_id, "2")
        assert marked(conn) == set()


def test_forgetting_twice_is_forgetting_once(database: Database, install: Install) -> None:
    forget_all(database, install)
    with database.read() as conn:
        before = sorted(texts(conn))
    with database.write() as conn:
        again = timeline.forget(conn, install.install_id, [PERSON, f"{CANARY}-unseen"], at(5))
    assert again.affected == frozenset()
    with database.read() as conn:
        assert sorted(texts(conn)) == before


def test_forgetting_a_merged_record_forgets_the_whole_person(database: Database, install: Install) -> None:
    with database.write() as conn:
        done = timeline.forget(conn, install.install_id, [FORMER], NOW)
    assert done.lead_ids == {PERSON, FORMER}


def test_the_same_id_of_another_tenant_is_another_person(database: Database, install: Install) -> None:
    with database.write() as conn:
        other = make_install(conn, "portal-2")
        timeline.store_records(conn, other.install_id, [person()], at(-5))
    forget_all(database, install)
    with database.write() as conn:
        assert not timeline.is_forgotten(conn, other.install_id, PERSON)
        assert len(timeline.load_cases(conn, other.install_id, [PERSON], NOW, Coverage())) == 1
        hashes = list(conn.execute(sa.text("SELECT lead_hash FROM forgotten")).scalars())
        timeline.forget(conn, other.install_id, [PERSON], NOW)
        assert len(set(conn.execute(sa.text("SELECT lead_hash FROM forgotten")).scalars())) == len(hashes) + 1


def test_the_persons_other_records_are_forgotten_and_those_that_others_share_are_not(
    database: Database, install: Install
) -> None:
    tenant = install.install_id
    with database.write() as conn:
        converted = make_record("deal:1", companion_id="person:1", organization_id="9", converted_from="lead:1")
        shared = [make_record(one, companion_id="person:2") for one in ("deal:2", "deal:3")]
        timeline.store_records(conn, tenant, [make_record("lead:1", companion_id="person:1")], at(-3))
        timeline.store_records(conn, tenant, [converted, *shared], at(-2))
        for number, companion_id in enumerate(("person:1", "person:2")):
            event = worklist.EventRow(
                event_key=f"c{number}", kind="look_again", object_type="companion", object_id=companion_id,
                occurred_at=NOW,
            )  # fmt: skip
            worklist.put_events(conn, tenant, [event], at(-1))
    with database.write() as conn:
        done = timeline.forget(conn, tenant, ["lead:1", "deal:2"], NOW)
    assert done.lead_ids == {"lead:1", "deal:1", "deal:2"}
    assert done.companion_ids == {"person:1"}
    with database.read() as conn:
        held = " ".join(text for _, text in texts(conn))
        assert timeline.forgotten_among(conn, tenant, ["lead:1", "deal:1", "deal:3"]) == {"lead:1", "deal:1"}
    for gone in ("lead:1", "deal:1", "person:1", "deal:2"):
        assert f'"{gone}"' not in held
    assert '"person:2"' in held


def test_nothing_can_be_forgotten_for_an_unknown_install(database: Database) -> None:
    with pytest.raises(UnknownInstall), database.write() as conn:
        timeline.forget(conn, "no such install", ["1"], NOW)


def test_a_report_loses_the_name_of_the_person_and_keeps_its_digest(database: Database, install: Install) -> None:
    with database.read() as conn:
        (before,) = reports.list_reports(conn, install.install_id)
    forget_all(database, install)
    with database.read() as conn:
        (after,) = reports.list_reports(conn, install.install_id)
    assert json.loads(after.figures) == {"neglected": [{"lead_id": ""}, {"lead_id": "2"}]}
    assert after.digest == before.digest
