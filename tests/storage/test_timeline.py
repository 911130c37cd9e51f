"""The timeline: what is kept of reads, and what a case as of any instant holds."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Connection

from audits.model.activity import ActivityKind, ActivityState
from audits.model.case import Coverage, Fact, KeyKind, LeadCase
from connector.errors import UnknownInstall
from connector.storage import keys, worklist
from connector.storage.column_types import storable
from connector.storage.database import Database
from connector.storage.findings import get_audit, store_audits, store_findings
from connector.storage.installs import Install, set_capabilities
from connector.storage.policies import put_policy
from connector.storage.timeline import (
    affected_by_keys,
    iter_case_batches,
    key_neighbours,
    lead_ids_by_owner,
    leads_of_activities,
    load_cases,
    mark_gone,
    rebuild_keys,
    stale_key_leads,
    store_records,
)
from tests.factories import (
    NOW,
    at,
    make_activity,
    make_audit,
    make_finding,
    make_install,
    make_lead,
    make_owner_change,
    make_policy,
    make_record,
    make_stage_change,
    make_task,
)

ALL = Coverage()


@pytest.fixture
def install(database: Database) -> Install:
    with database.write() as conn:
        return make_install(conn)


def case_of(conn: Connection, install: Install, lead_id: str = "1", as_of: object = NOW) -> LeadCase | None:
    found = load_cases(conn, install.install_id, [lead_id], as_of, ALL)  # type: ignore[arg-type]
    assert len(found) <= 1
    return found[0] if found else None


def test_what_was_stored_comes_back_equal(database: Database, install: Install) -> None:
    record = make_record(
        make_lead(phone="+49 30 901820", country="DE", message="Zeile 1\nZeile 2 – ümläut 🎈", is_imported=True),
        activities=[
            make_activity("b", occurred_at=at(-30)),
            make_activity("c", occurred_at=at(-90), is_automated=None, state=None, direction=None, disposition=None),
            make_activity("a", occurred_at=at(-30), kind=ActivityKind.EMAIL, state=ActivityState.PLANNED),
        ],
        tasks=[make_task("t2"), make_task("t1", is_done=True, completed_at=at(-5), due_at=None)],
        owner_changes=[make_owner_change(occurred_at=at(-10), owner_id=None), make_owner_change()],
        stage_changes=[make_stage_change(occurred_at=at(-3), raw_status="OPEN"), make_stage_change()],
    )
    with database.write() as conn:
        assert store_records(conn, install.install_id, [record], NOW) == {"1"}
    with database.read() as conn:
        case = case_of(conn, install)
    assert case == LeadCase(
        lead=record.lead,
        as_of=NOW,
        activities=(record.activities[1], record.activities[2], record.activities[0]),
        tasks=(record.tasks[1], record.tasks[0]),
        owner_changes=(record.owner_changes[1], record.owner_changes[0]),
        stage_changes=(record.stage_changes[1], record.stage_changes[0]),
        coverage=ALL,
    )


def test_what_was_not_known_yet_is_not_in_a_case_of_the_past(database: Database, install: Install) -> None:
    record = make_record(
        activities=[
            make_activity("early", occurred_at=at(-60)),
            make_activity("on the instant", occurred_at=at(-50), recorded_at=at(-40)),
            # Dated back: it says that it happened before, but nobody knew then.
            make_activity("dated back", occurred_at=at(-100), recorded_at=at(-39)),
        ],
        tasks=[make_task("early", recorded_at=at(-41)), make_task("late", recorded_at=at(-39))],
        owner_changes=[make_owner_change(), make_owner_change(owner_id="owner-2", occurred_at=at(-39))],
        stage_changes=[make_stage_change(), make_stage_change(raw_status="OPEN", occurred_at=at(-39))],
    )
    with database.write() as conn:
        store_records(conn, install.install_id, [record], NOW)
    with database.read() as conn:
        case = case_of(conn, install, as_of=at(-40))
        assert case is not None
        assert [each.activity_id for each in case.activities] == ["early", "on the instant"]
        assert [each.task_id for each in case.tasks] == ["early"]
        assert [each.owner_id for each in case.owner_changes] == ["owner-1"]
        assert [each.raw_status for each in case.stage_changes] == ["NEW"]
        assert case_of(conn, install, as_of=at(hours=-3)) is None


def test_a_second_read_changes_by_id_and_appends_history(database: Database, install: Install) -> None:
    first = make_record(
        activities=[make_activity(duration_s=10)], owner_changes=[make_owner_change()], tasks=[make_task()]
    )
    second = make_record(
        make_lead(company="Analytical Engines"),
        activities=[make_activity(duration_s=90), make_activity("call-2", occurred_at=at(-5))],
        owner_changes=[make_owner_change(owner_id="owner-2", occurred_at=at(-1))],
        tasks=[make_task(is_done=True, completed_at=at(-2))],
    )
    with database.write() as conn:
        store_records(conn, install.install_id, [first], at(-9))
        assert store_records(conn, install.install_id, [first], at(-8)) == frozenset()
        assert store_records(conn, install.install_id, [second], at(-1)) == {"1"}
        case = case_of(conn, install)
    assert case is not None
    assert case.lead == second.lead
    assert case.activities == second.activities
    assert case.tasks == second.tasks
    assert case.owner_changes == (*first.owner_changes, *second.owner_changes)


def test_what_the_crm_shows_no_more_is_gone_from_now_but_not_from_the_past(
    database: Database, install: Install
) -> None:
    with database.write() as conn:
        both = make_record(activities=[make_activity("a"), make_activity("b")], tasks=[make_task()])
        store_records(conn, install.install_id, [both], at(-20))
        news = store_records(conn, install.install_id, [make_record(activities=[make_activity("a")])], at(-10))
        assert news == {"1"}
        before, after = case_of(conn, install, as_of=at(-15)), case_of(conn, install, as_of=at(-5))
        store_records(conn, install.install_id, [both], at(-1))
        back = case_of(conn, install)
    assert before is not None
    assert after is not None
    assert back is not None
    assert [each.activity_id for each in before.activities] == ["a", "b"]
    assert len(before.tasks) == 1
    assert [each.activity_id for each in after.activities] == ["a"]
    assert after.tasks == ()
    assert [each.activity_id for each in back.activities] == ["a", "b"]


def test_what_a_lost_permission_hides_is_not_taken_for_deleted(database: Database, install: Install) -> None:
    mail = make_activity("mail", kind=ActivityKind.EMAIL)
    with database.write() as conn:
        store_records(conn, install.install_id, [make_record(activities=[mail, make_activity()])], at(-20))
        lost = Coverage(missing=((Fact.EMAILS, "The permission to read e-mails was taken away."),))
        set_capabilities(conn, install.install_id, coverage=lost, missing_scopes=["emails"])
        store_records(conn, install.install_id, [make_record()], at(-10))
        case = case_of(conn, install)
    assert case is not None
    assert case.activities == (mail,)


def test_an_older_read_that_arrives_late_changes_nothing(database: Database, install: Install) -> None:
    new = make_record(make_lead(first_name="New"), activities=[make_activity("new")])
    old = make_record(make_lead(first_name="Old"), activities=[make_activity("old")])
    with database.write() as conn:
        store_records(conn, install.install_id, [new], at(-1))
        assert store_records(conn, install.install_id, [old], at(-2)) == frozenset()
        case = case_of(conn, install)
    assert case is not None
    assert case.lead.first_name == "New"
    assert [each.activity_id for each in case.activities] == ["new"]


def test_reads_and_deletions_in_any_order_end_in_the_newest_state(database: Database, install: Install) -> None:
    steps = [
        lambda conn: store_records(conn, install.install_id, [make_record(make_lead(first_name="1"))], at(1)),
        lambda conn: store_records(conn, install.install_id, [make_record(make_lead(first_name="2"))], at(2)),
        lambda conn: mark_gone(conn, install.install_id, ["1"], at(3)),
        lambda conn: store_records(conn, install.install_id, [make_record(make_lead(first_name="4"))], at(4)),
    ]
    for last in (3, 4):
        for order in permutations(range(last)):
            with pytest.raises(InterruptedError), database.write() as conn:
                run(conn, install, [steps[number] for number in order], None if last == 3 else "4")


def run(conn: Connection, install: Install, steps: list, name: str | None) -> None:  # type: ignore[type-arg]
    """Run the steps, compare, and roll back by raising."""
    for step in steps:
        step(conn)
    case = case_of(conn, install, as_of=at(60))
    assert (case.lead.first_name if case else None) == name
    raise InterruptedError


def test_a_lead_that_is_gone_keeps_its_past_and_its_figures(database: Database, install: Install) -> None:
    with database.write() as conn:
        store_records(conn, install.install_id, [make_record()], at(-60))
        store_audits(conn, install.install_id, [make_audit(next_change_at=at(5), due_at=at(5))])
        assert mark_gone(conn, install.install_id, ["1", "never seen"], at(-10)) == {"1"}
        assert mark_gone(conn, install.install_id, ["1"], at(-5)) == frozenset()
        assert case_of(conn, install) is None
        assert case_of(conn, install, as_of=at(-30)) is not None
        audit = get_audit(conn, install.install_id, "1")
        assert audit is not None
        assert (audit.next_change_at, audit.due_at, audit.follow_up_status) == (None, None, "closed")


def test_what_was_done_on_a_merged_lead_is_done_on_the_winner(database: Database, install: Install) -> None:
    with database.write() as conn:
        loser = make_record("2", activities=[make_activity("old call", "2")], tasks=[make_task("old task", "2")])
        store_records(conn, install.install_id, [make_record("1"), loser], at(-60))
        winner = make_record("1", merged_ids=["2"])
        assert store_records(conn, install.install_id, [winner, loser], at(-30)) == {"1"}
        assert store_records(conn, install.install_id, [winner], at(-20)) == frozenset()
        assert store_records(conn, install.install_id, [loser], at(-10)) == frozenset()
        case = case_of(conn, install)
        assert case is not None
        assert [(each.activity_id, each.lead_id) for each in case.activities] == [("old call", "1")]
        assert [each.task_id for each in case.tasks] == ["old task"]
        assert case_of(conn, install, "2") is None
        before = case_of(conn, install, "2", as_of=at(-40))
        assert before is not None
        assert len(before.activities) == 1


def test_sightings_are_the_other_live_leads_with_an_equal_key(database: Database, install: Install) -> None:
    same = {"country": "DE", "email": "Ada@Example.COM"}
    with database.write() as conn:
        store_records(
            conn,
            install.install_id,
            [
                make_record(make_lead("1", phone="030 901820", **same)),
                make_record(make_lead("2", mobile="+49 30 901820", country="DE", received_at=at(-30))),
                make_record(make_lead("3", received_at=at(-60), **same)),
                make_record(make_lead("later", received_at=at(1), **same)),
                make_record(make_lead("known later", received_at=at(-60), recorded_at=at(1), **same)),
                make_record(make_lead("other", email="eve@example.com", phone="030 77018", country="DE")),
                make_record(make_lead("deleted", received_at=at(-50), **same)),
            ],
            at(-1),
        )
        mark_gone(conn, install.install_id, ["deleted"], at(-1))
        other_tenant = make_install(conn, "portal-2")
        store_records(conn, other_tenant.install_id, [make_record(make_lead("foreign", **same))], at(-1))
        case = case_of(conn, install)
        assert case is not None
        assert [(each.lead_id, each.key_kind) for each in case.sightings] == [
            ("3", KeyKind.EMAIL),
            ("2", KeyKind.PHONE),
        ]
        assert case.sightings[0].record_url == "https://crm.example.com/record/3"
        past = case_of(conn, install, as_of=at(-2))
        assert past is not None
        assert {each.lead_id for each in past.sightings} == {"2", "3", "deleted"}
        assert affected_by_keys(conn, install.install_id, ["2"]) == {"1"}
        assert key_neighbours(conn, install.install_id, ["2", "other"]) == {"2": {"1"}}


def test_keys_follow_the_data(database: Database, install: Install) -> None:
    with database.write() as conn:
        both = [make_record(make_lead("1", email="a@x.example")), make_record(make_lead("2", email="a@x.example"))]
        store_records(conn, install.install_id, both, at(-9))
        assert affected_by_keys(conn, install.install_id, ["1"]) == {"2"}
        store_records(conn, install.install_id, [make_record(make_lead("2", email="b@x.example"))], at(-8))
        assert affected_by_keys(conn, install.install_id, ["1"]) == set()
        store_records(conn, install.install_id, [make_record(make_lead("2", email=None))], at(-7))
        assert affected_by_keys(conn, install.install_id, ["2"]) == set()


def test_another_region_finds_other_duplicates(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        # The account is in Berlin, so a number without + is German until the policy says otherwise.
        german = make_lead("1", phone="+49 30 901820")
        vague = make_lead("2", phone="030 901820", first_name="Lev", last_name="Tal")
        store_records(conn, tenant, [make_record(german), make_record(vague), make_record("3")], at(-9))
        assert affected_by_keys(conn, tenant, ["1"]) == {"2"}
        assert stale_key_leads(conn, tenant, NOW, 10) == []
        put_policy(conn, tenant, make_policy("2", region="AT"), at(-5))
        assert stale_key_leads(conn, tenant, NOW, 2) == ["1", "2"]
        rebuild_keys(conn, tenant, ["1", "2", "3"], NOW)
        assert stale_key_leads(conn, tenant, NOW, 10) == []
        assert affected_by_keys(conn, tenant, ["1"]) == set()
        assert worklist.due_leads(conn, tenant, NOW, 10) == ["1", "2"]


def test_a_key_shared_by_very_many_shows_the_nearest(
    database: Database, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "NEAREST", 3)
    records = [make_record(make_lead(f"{n:02}", email="info@x.example", received_at=at(n - 60))) for n in range(20)]
    with database.write() as conn:
        store_records(conn, install.install_id, records, NOW)
        case = case_of(conn, install, "10")
    assert case is not None
    shared = [each.lead_id for each in case.sightings if each.key_kind is KeyKind.EMAIL]
    assert shared == ["07", "08", "09", "11", "12", "13"]


def test_batches_walk_all_leads_once(database: Database, install: Install) -> None:
    records = [
        make_record(f"{n}", activities=[make_activity(f"a{n}", f"{n}")], tasks=[make_task(f"t{n}", f"{n}")])
        for n in range(25)
    ]
    with database.write() as conn:
        store_records(conn, install.install_id, records, NOW)
    with database.read() as conn:
        batches = list(iter_case_batches(conn, install.install_id, NOW, ALL, batch=10))
        together = load_cases(conn, install.install_id, [str(n) for n in range(25)], NOW, ALL)
    assert [len(batch) for batch in batches] == [10, 10, 5]
    assert [case for batch in batches for case in batch] == together
    assert all(case.activities[0].activity_id == f"a{case.lead.lead_id}" for case in together)


def test_leads_are_found_by_owner_and_by_activity(database: Database, install: Install) -> None:
    with database.write() as conn:
        store_records(
            conn,
            install.install_id,
            [
                make_record("1", activities=[make_activity("shared", "1")], tasks=[make_task("t", "1")]),
                make_record("2", activities=[make_activity("shared", "2")]),
                make_record(make_lead("3", owner_id=None)),
            ],
            NOW,
        )
        assert lead_ids_by_owner(conn, install.install_id, "owner-1") == ["1", "2"]
        assert lead_ids_by_owner(conn, install.install_id, None) == ["3"]
        assert leads_of_activities(conn, install.install_id, "call", ["shared", "x"]) == {"1", "2"}
        assert leads_of_activities(conn, install.install_id, "task", ["t"]) == {"1"}
        assert leads_of_activities(conn, install.install_id, "email", ["shared"]) == set()
        assert leads_of_activities(conn, install.install_id, "company", ["shared"]) == set()


def test_nothing_is_stored_for_an_unknown_install(database: Database) -> None:
    with pytest.raises(UnknownInstall), database.write() as conn:
        store_records(conn, "no such install", [make_record()], NOW)


TEXTS = st.text(st.characters(), max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXTS, mail=TEXTS, phone=TEXTS, message=TEXTS, raw=TEXTS)
def test_any_text_can_be_stored_and_read(
    database: Database, name: str, mail: str, phone: str, message: str, raw: str
) -> None:
    lead = make_lead(first_name=name, email=mail, phone=phone, message=message, raw_status=raw)
    record = make_record(
        lead,
        activities=[make_activity(raw=((raw, message),))],
        stage_changes=[make_stage_change(raw_status=raw)],
        our_fields={name: mail},
    )
    with database.write() as conn:
        install = make_install(conn)
        store_records(conn, install.install_id, [record], NOW)
        store_records(conn, install.install_id, [record], at(1))
        case = case_of(conn, install)
    assert case is not None
    assert case.activities[0].raw == ((storable(raw), storable(message)),)
    printable = not any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in name)
    if printable:
        assert case.lead.first_name == name


def test_the_number_of_statements_does_not_grow_with_the_leads(database: Database, install: Install) -> None:
    def statements(count: int, prefix: str) -> int:
        issued: list[str] = []

        def watch(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            issued.append(statement)

        names = [f"{prefix}{number}" for number in range(count)]
        records = [
            make_record(
                make_lead(name, phone=f"+49 30 9018{len(prefix)}{number:03}"),
                activities=[make_activity(f"a{name}", name)],
                tasks=[make_task(f"t{name}", name)],
                owner_changes=[make_owner_change(name)],
                stage_changes=[make_stage_change(name)],
                merged_ids=[f"merged into {name}"],
            )
            for number, name in enumerate(names)
        ]
        with database.write() as conn:
            event.listen(database.engine, "before_cursor_execute", watch)
            store_records(conn, install.install_id, records, NOW)
            load_cases(conn, install.install_id, names, NOW, ALL)
            audits = [make_audit(name) for name in names]
            store_findings(conn, install.install_id, [make_finding(name) for name in names], NOW)
            store_audits(conn, install.install_id, audits)
            mark_gone(conn, install.install_id, names, at(1))
            event.remove(database.engine, "before_cursor_execute", watch)
        return len(issued)

    # Those who come later find leads of the first to be compared with: a statement or two more.
    assert statements(200, "many") <= statements(2, "few")
