"""What a card reads: the right rows, in the right order, each found by a key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection

from audits.model.activity import ActivityKind
from audits.model.case import Fact
from audits.model.finding import Outcome
from connector.storage import card_queries, findings, people, timeline
from connector.storage.database import Database
from connector.storage.people import Role
from connector.storage.tables import activities, current_findings, lead_audits, leads, owner_changes, tasks
from connector.storage.tables import findings as findings_table
from tests.factories import (
    NOW,
    at,
    make_activity,
    make_audit,
    make_finding,
    make_install,
    make_lead,
    make_owner,
    make_owner_change,
    make_record,
    make_task,
)

RULES = ("RT002", "NC001")


@pytest.fixture
def tenant(database: Database) -> str:
    with database.write() as conn:
        made = make_install(conn).install_id
        owners = [make_owner("o1", name="Olga"), make_owner("o2", name="Omar", is_archived=True)]
        people.replace_owners(conn, made, [*owners, make_owner("o3", email=None, user_id="u3")])
        calls = [make_activity(f"c{n}", "1", occurred_at=at(-90 + n)) for n in range(60)]
        note = make_activity("n1", "1", kind=ActivityKind.NOTE, occurred_at=at(-1))
        tasks = [
            make_task("later", "1", due_at=at(90)),
            make_task("sooner", "1", due_at=at(30)),
            make_task("done", "1", due_at=at(10), is_done=True, completed_at=at(-1)),
            make_task("undated", "1", due_at=None),
        ]
        records = [
            make_record(
                "1",
                activities=[*calls, note],
                tasks=tasks,
                owner_changes=[make_owner_change()],
                companion_id="p1",
                organization_id="g1",
            ),
            make_record(make_lead("2", received_at=at(-60)), companion_id="p1", organization_id="g1"),
            make_record(make_lead("3", received_at=at(-30)), missing=[(Fact.CALLS, "calls are hidden")]),
            make_record(make_lead("4", received_at=at(-20)), companion_id="p1", organization_id="g1"),
        ]
        timeline.store_records(conn, made, records, NOW)
        timeline.mark_gone(conn, made, ["4"], NOW)
        findings.store_findings(
            conn,
            made,
            [
                make_finding("1", "RT002", sentence="said before"),
                make_finding("1", "NC001"),
                make_finding("1", "DQ001"),
            ],
            at(-5),
        )
        findings.store_findings(
            conn, made, [make_finding("1", "RT002", outcome=Outcome.PASS, reason="x", sentence="said now")], NOW
        )
        findings.store_audits(conn, made, [make_audit("1", due_at=at(30)), make_audit("2")])
        return made


def test_one_lead_with_what_its_card_needs(database: Database, tenant: str) -> None:
    with database.read() as conn:
        (card,) = card_queries.find_cards_of_lead(conn, tenant, "1", RULES, 5)
        whole = findings.get_audit(conn, tenant, "1")
    assert card.lead.lead_id == "1"
    assert card.audit == whole
    assert [each.activity_id for each in card.activities] == [f"c{n}" for n in range(59, 19, -1)]
    assert [task.task_id for task in card.tasks] == ["sooner", "later"]
    assert [(each.rule_id, each.sentence) for each in card.findings] == [
        ("NC001", "The first attempt came 30 min late."),
        ("RT002", "said now"),
    ]
    assert card.owner_changes == (make_owner_change(),)
    assert card.unseen == ()


def test_a_lead_that_was_not_judged_yet_and_hides_something(database: Database, tenant: str) -> None:
    with database.read() as conn:
        (card,) = card_queries.find_cards_of_lead(conn, tenant, "3", RULES, 5)
    assert (card.audit, card.activities, card.tasks, card.findings) == (None, (), (), ())
    assert card.unseen == ((Fact.CALLS, "calls are hidden"),)


def test_leads_of_a_companion_and_of_an_organization_the_newest_first(database: Database, tenant: str) -> None:
    with database.read() as conn:
        for find, record_id in (
            (card_queries.find_cards_of_companion, "p1"),
            (card_queries.find_cards_of_organization, "g1"),
        ):
            assert [card.lead.lead_id for card in find(conn, tenant, record_id, RULES, 5)] == ["2", "1"]
            assert [card.lead.lead_id for card in find(conn, tenant, record_id, RULES, 1)] == ["2"]
            assert find(conn, tenant, "other", RULES, 5) == []
        for lead_id in ("4", "none", ""):
            assert card_queries.find_cards_of_lead(conn, tenant, lead_id, RULES, 5) == []


def test_who_the_viewer_is(database: Database, tenant: str) -> None:
    def viewer(user_id: str) -> tuple[Role, str | None] | None:
        with database.read() as conn:
            found = card_queries.find_card_viewer(conn, tenant, user_id)
        return None if found is None else (found.role, found.owner_id)

    assert viewer("user-of-o1") == (Role.REP, "o1")
    assert viewer("user-of-o2") is None
    assert viewer("u3") == (Role.REP, "o3")
    assert viewer("nobody") is None
    with database.write() as conn:
        people.upsert_user(conn, tenant, "user-of-o1", "a@x.example", "Olga", Role.HEAD_OF_SALES, "o1")
        people.upsert_user(conn, tenant, "user-of-o2", "b@x.example", "Omar", Role.HEAD_OF_SALES, "o2")
        people.upsert_user(conn, tenant, "admin", "c@x.example", "Ada", Role.ADMIN, None)
    assert viewer("user-of-o1") == (Role.HEAD_OF_SALES, "o1")
    assert viewer("user-of-o2") is None
    assert viewer("admin") == (Role.ADMIN, None)
    with database.write() as conn:
        people.disable_user(conn, tenant, "user-of-o1", NOW)
    assert viewer("user-of-o1") is None


# --- found by key --------------------------------------------------------------------------------------------------


@contextmanager
def statements_of(database: Database) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def watch(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", watch)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", watch)


def plan_of(conn: Connection, statement: str, parameters: Any) -> list[str]:
    how = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN (COSTS OFF) "
    rows = conn.exec_driver_sql(how + statement, parameters).all()
    return [str(row[-1]).strip() for row in rows]


READS: dict[str, Callable[[Connection, str], object]] = {
    "lead": lambda conn, tenant: card_queries.find_cards_of_lead(conn, tenant, "1", RULES, 11),
    "companion": lambda conn, tenant: card_queries.find_cards_of_companion(conn, tenant, "p1", RULES, 11),
    "organization": lambda conn, tenant: card_queries.find_cards_of_organization(conn, tenant, "g1", RULES, 11),
    "viewer": lambda conn, tenant: card_queries.find_card_viewer(conn, tenant, "user-of-o1"),
    "names": lambda conn, tenant: people.list_owners(conn, tenant, ["o1"]),
}
#: Table → columns by one of which, beside the tenant, its rows must be found. The people of an account are few.
KEYS = {
    "leads": ("lead_id", "companion_id", "organization_id"),
    "lead_audits": ("lead_id",),
    "activities": ("lead_id",),
    "tasks": ("lead_id",),
    "owner_changes": ("lead_id",),
    "current_findings": ("lead_id",),
    "findings": ("fingerprint", "lead_id"),
    "owners": ("install_id",),
    "users": ("install_id",),
}


def fill(conn: Connection, tenant: str) -> None:
    """Many more of everything: over a handful of rows a planner takes whatever comes first."""
    names = ("lead_id", "companion_id", "organization_id", "activity_id", "task_id", "fingerprint")
    for table in (leads, lead_audits, activities, tasks, owner_changes, findings_table, current_findings):
        model = conn.execute(sa.select(table).where(table.c.install_id == tenant, table.c.lead_id == "1")).first()
        assert model is not None
        row = dict(model._mapping)
        clones = [row | {name: f"{name}-{n}" for name in names if name in row} for n in range(1500)]
        conn.execute(sa.insert(table), clones)
    conn.execute(sa.text("ANALYZE"))


@pytest.mark.parametrize("read", READS)
def test_every_read_goes_by_a_key(database: Database, tenant: str, read: str) -> None:
    with database.write() as conn:
        fill(conn, tenant)
    with database.read() as conn, statements_of(database) as seen:
        READS[read](conn, tenant)
        asked = [each for each in seen if each[0].startswith("SELECT")]
        if conn.dialect.name == "postgresql":
            conn.execute(sa.text("SET LOCAL enable_seqscan = off"))  # a few rows are else read whole
        plans = [plan_of(conn, statement, parameters) for statement, parameters in asked]
    assert plans
    looked_at: set[str] = set()
    for plan in plans:
        assert not [step for step in plan if step.startswith("SCAN") or "Seq Scan" in step], plan
        for table, keys in KEYS.items():
            # SQLite: SEARCH table USING INDEX ... (install_id=? AND lead_id=?); PostgreSQL: ... on table, Index Cond.
            places = [
                n
                for n, step in enumerate(plan)
                if re.search(rf"(SEARCH {table} |Scan( using \S+)? on {table}$)", step)
            ]
            for place in places:
                said = plan[place] if plan[place].startswith("SEARCH") else plan[place + 1]
                assert "install_id" in said, plan
                assert any(re.search(rf"\b{key}\b", said) for key in keys), plan
                looked_at.add(table)
    assert looked_at >= {"lead": {"leads", "activities", "tasks", "lead_audits", "owner_changes"}}.get(read, set())


def test_the_number_of_reads_does_not_grow_with_the_account(database: Database, tenant: str) -> None:
    with database.write() as conn:
        timeline.store_records(conn, tenant, [make_record(f"x{n}") for n in range(300)], NOW)
    with database.read() as conn, statements_of(database) as seen:
        card_queries.find_cards_of_lead(conn, tenant, "1", RULES, 11)
        for_one = len([each for each in seen if each[0].startswith("SELECT")])
        seen.clear()
        card_queries.find_cards_of_companion(conn, tenant, "p1", RULES, 11)
        for_two = len([each for each in seen if each[0].startswith("SELECT")])
    assert (for_one, for_two) == (6, 7)  # one more: the activities of the second lead
