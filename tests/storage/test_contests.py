"""Contests: who may say what when, what a decision does to the counts, and that nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from audits.model.finding import Evidence, Finding, Outcome
from connector.storage import contests, findings, owner_cases, page_queries, report_rows, timeline
from connector.storage.contests import Contest, Decision
from connector.storage.database import Database
from connector.storage.tables import current_findings
from connector.storage.tables import findings as found
from tests.factories import NOW, at, make_audit, make_finding, make_install, make_lead, make_record

BREACH = make_finding("1", "RT001", owner_id="owner-1")


@pytest.fixture
def tenant(database: Database) -> str:
    with database.write() as conn:
        install_id = make_install(conn, "portal-1").install_id
        timeline.store_records(conn, install_id, [make_record(make_lead("1"))], at(-60))
        findings.store_findings(conn, install_id, [BREACH], at(-50))
        findings.store_audits(conn, install_id, [make_audit("1")])
    return install_id


def contest(database: Database, tenant: str, finding: Finding = BREACH, minutes: float = -40) -> Contest | None:
    with database.write() as conn:
        return contests.open_contest(
            conn, tenant, finding.fingerprint(), why="I called from my own phone.", user_id="rep", at=at(minutes)
        )


def decide(database: Database, tenant: str, contest_id: str, decision: Decision, minutes: float = -30) -> bool:
    with database.write() as conn:
        return contests.decide(conn, tenant, contest_id, decision, note="Checked.", user_id="head", at=at(minutes))


def counted(database: Database, tenant: str) -> int:
    """Breaches of the owner that count."""
    with database.read() as conn:
        return conn.execute(
            sa.select(sa.func.count())
            .select_from(found.join(current_findings, current_findings.c.fingerprint == found.c.fingerprint))
            .where(found.c.install_id == tenant, found.c.owner_id == "owner-1", ~contests.is_set_aside(tenant))
        ).scalar_one()


def standing(database: Database, tenant: str) -> Contest:
    with database.read() as conn:
        return contests.standing_of(conn, tenant, ["1"])["1", "RT001"]


def test_a_finding_is_contested_once_and_decided_once(database: Database, tenant: str) -> None:
    made = contest(database, tenant)
    assert made is not None
    assert (made.is_open, made.is_present, made.rule_id) == (True, True, "RT001")
    assert contest(database, tenant) is None
    assert decide(database, tenant, made.contest_id, Decision.UPHELD)
    assert not decide(database, tenant, made.contest_id, Decision.SET_ASIDE)
    now = standing(database, tenant)
    assert (now.decision, now.decided_by, now.decision_note) == (Decision.UPHELD, "head", "Checked.")
    assert contest(database, tenant) is None
    assert counted(database, tenant) == 1


def test_what_is_no_breach_that_stands_cannot_be_contested(database: Database, tenant: str) -> None:
    kept = make_finding("1", "FU001", outcome=Outcome.PASS, reason="enough")
    with database.write() as conn:
        findings.store_findings(conn, tenant, [kept], at(-45))
    assert contest(database, tenant, kept) is None
    assert contest(database, tenant, make_finding("1", "NC001")) is None
    with database.write() as conn:
        findings.store_findings(conn, tenant, [replace(BREACH, reason="other", policy_version="2")], at(-44))
    assert contest(database, tenant) is None


def test_set_aside_leaves_the_counts_until_it_is_taken_back(database: Database, tenant: str) -> None:
    assert counted(database, tenant) == 1
    made = contest(database, tenant)
    assert made is not None
    assert counted(database, tenant) == 1
    assert decide(database, tenant, made.contest_id, Decision.SET_ASIDE)
    assert counted(database, tenant) == 0
    with database.write() as conn:
        again = contests.reopen(conn, tenant, made.contest_id, at=at(-20))
        assert contests.reopen(conn, tenant, made.contest_id, at=at(-19)) is None
    assert again is not None
    assert (again.is_open, again.why, again.opened_by) == (True, made.why, "rep")
    assert counted(database, tenant) == 1
    with database.read() as conn:
        history = contests.list_contests(conn, tenant, "1")
    assert [each.decision for each in history] == [Decision.SET_ASIDE, None]


def test_a_decision_holds_under_another_policy_but_not_for_another_reason(database: Database, tenant: str) -> None:
    made = contest(database, tenant)
    assert made is not None
    decide(database, tenant, made.contest_id, Decision.SET_ASIDE)
    with database.write() as conn:
        findings.store_findings(conn, tenant, [replace(BREACH, policy_version="1 (hours 2)")], at(-20))
    assert counted(database, tenant) == 0
    assert standing(database, tenant).is_present
    other = replace(BREACH, evidence=(Evidence(record_type="call", record_id="9", field="started", value="later"),))
    with database.write() as conn:
        findings.store_findings(conn, tenant, [other], at(-10))
    assert counted(database, tenant) == 1
    assert not standing(database, tenant).is_present
    assert contest(database, tenant, other, -5) is not None


def test_a_withdrawn_contest_may_be_opened_again(database: Database, tenant: str) -> None:
    made = contest(database, tenant)
    assert made is not None
    decide(database, tenant, made.contest_id, Decision.WITHDRAWN)
    assert contest(database, tenant, minutes=-10) is not None
    with database.read() as conn:
        assert contests.count_open(conn, tenant) == 1
        assert [each.decision for each in contests.list_decided(conn, tenant)] == [Decision.WITHDRAWN]


def test_the_queue_is_the_oldest_first_and_dies_with_the_lead(database: Database, tenant: str) -> None:
    other = make_finding("1", "NC001", owner_id="owner-1")
    with database.write() as conn:
        findings.store_findings(conn, tenant, [BREACH, other], at(-45))
    contest(database, tenant, other, -40)
    contest(database, tenant, BREACH, -35)
    with database.read() as conn:
        assert [each.rule_id for each in contests.list_open(conn, tenant)] == ["NC001", "RT001"]
        listed, total = contests.findings_on(conn, tenant, "owner-1")
    assert ([each.rule_id for _, each in listed], total) == (["NC001", "RT001"], 2)
    with database.write() as conn:
        timeline.forget(conn, tenant, ["1"], NOW)
        assert contests.list_contests(conn, tenant, "1") == []


# --- what is said of persons --------------------------------------------------------------------------------------

OF_PERSON = make_finding("owner-1", "NC007", reason="old_clients_favoured")


def judge(database: Database, tenant: str, *said: Finding) -> None:
    with database.write() as conn:
        owner_cases.put_owner_findings(conn, tenant, said, at(days=-28), NOW)


def contest_person(
    database: Database, tenant: str, finding: Finding = OF_PERSON, minutes: float = 5
) -> Contest | None:
    with database.write() as conn:
        return contests.open_contest_of_owner(
            conn, tenant, finding.fingerprint(), why="These were renewals.", user_id="rep", at=at(minutes)
        )


def standing_of_person(database: Database, tenant: str) -> Contest:
    with database.read() as conn:
        return contests.standing_of_owners(conn, tenant, ["owner-1"])["owner-1", "NC007"]


def test_what_is_said_of_a_person_is_contested_like_a_finding_on_a_lead(database: Database, tenant: str) -> None:
    judge(database, tenant, OF_PERSON)
    made = contest_person(database, tenant)
    assert made is not None
    assert (made.about, made.is_open, made.is_present) == (("", "owner-1"), True, True)
    assert contest_person(database, tenant) is None
    assert decide(database, tenant, made.contest_id, Decision.SET_ASIDE, 6)
    with database.write() as conn:
        again = contests.reopen(conn, tenant, made.contest_id, at=at(7))
    assert again is not None
    assert (again.about, again.why, again.opened_by) == (made.about, made.why, "rep")
    assert standing_of_person(database, tenant).is_open
    with database.read() as conn:
        assert [each.contest_id for each in contests.list_open(conn, tenant)] == [again.contest_id]
        assert [each.contest_id for each in contests.list_decided(conn, tenant)] == [made.contest_id]
        assert contests.findings_of(conn, tenant, [made.fingerprint])[made.fingerprint].rule_id == "NC007"
        assert page_queries.count_contested(conn, tenant) == {"owner-1": 1}
        counts = report_rows.count_contests(conn, tenant, at(8), "owner-1")
        assert [(each.rule_id, each.decision, each.n) for each in counts] == [
            ("NC007", None, 1),
            ("NC007", "set_aside", 1),
        ]
        assert report_rows.count_contests(conn, tenant, at(8), "owner-2") == []
        # It is about no lead: lists of leads, promises and their marks know nothing of it.
        assert contests.standing_of(conn, tenant, ["owner-1", "1", ""]) == {}
        assert contests.contested_leads(conn, tenant, at(8)) == frozenset()


def test_only_a_breach_of_the_newest_period_can_be_contested(database: Database, tenant: str) -> None:
    passed = replace(OF_PERSON, outcome=Outcome.PASS, reason="shared_out")
    old = replace(OF_PERSON, as_of=at(days=-7), evidence=())
    judge(database, tenant, old)
    judge(database, tenant, passed)
    assert contest_person(database, tenant, passed) is None
    assert contest_person(database, tenant, old) is None
    assert contest_person(database, tenant, BREACH) is None
    with database.write() as conn:
        assert contests.open_contest(conn, tenant, old.fingerprint(), why="x", user_id="rep", at=NOW) is None


def test_a_contest_holds_while_the_next_week_says_the_same_of_a_person(database: Database, tenant: str) -> None:
    judge(database, tenant, OF_PERSON)
    contest_person(database, tenant)
    judge(database, tenant, replace(OF_PERSON, as_of=at(days=7), policy_version="2"))
    assert standing_of_person(database, tenant).is_present
    other = (Evidence(record_type="activity", record_id="9", field="occurred_at", value="later"),)
    judge(database, tenant, replace(OF_PERSON, as_of=at(days=14), evidence=other))
    assert not standing_of_person(database, tenant).is_present
    assert contest_person(database, tenant, replace(OF_PERSON, as_of=at(days=14), evidence=other), 9) is not None


def test_what_was_contested_stays_as_it_was_read(database: Database, tenant: str) -> None:
    """A period that is judged again after it was contested does not change under the contest."""
    judge(database, tenant, OF_PERSON)
    judge(database, tenant, replace(OF_PERSON, reason="before the contest"))
    judge(database, tenant, OF_PERSON)
    contest_person(database, tenant)
    judge(database, tenant, replace(OF_PERSON, reason="after the contest"))
    with database.read() as conn:
        (kept,) = owner_cases.owner_findings_of(conn, tenant)
    assert (kept.finding.reason, kept.fingerprint) == ("old_clients_favoured", OF_PERSON.fingerprint())
    assert standing_of_person(database, tenant).is_present


def test_a_contest_outlives_a_lead_that_is_forgotten_from_its_evidence(database: Database, tenant: str) -> None:
    evidence = tuple(
        Evidence(record_type="lead", record_id=lead_id, field="due_at", value="2026-03-01") for lead_id in ("1", "2")
    )
    said = replace(OF_PERSON, evidence=evidence)
    judge(database, tenant, said)
    contest_person(database, tenant, said)
    with database.write() as conn:
        timeline.forget(conn, tenant, ["1"], at(10))
    told = standing_of_person(database, tenant)
    assert told.is_present
    # The old print was a hash over the lead that must not be known.
    assert told.fingerprint != said.fingerprint()
    with database.read() as conn:
        about = contests.findings_of(conn, tenant, [told.fingerprint])[told.fingerprint]
    assert [each.record_id for each in about.evidence] == ["2"]


def test_leads_with_an_open_contest_are_told_as_of_then(database: Database, tenant: str) -> None:
    made = contest(database, tenant, minutes=-40)
    assert made is not None
    decide(database, tenant, made.contest_id, Decision.UPHELD, -30)
    with database.read() as conn:
        told = [contests.contested_leads(conn, tenant, at(minutes)) for minutes in (-41, -35, -30)]
    assert told == [frozenset(), frozenset({"1"}), frozenset()]
