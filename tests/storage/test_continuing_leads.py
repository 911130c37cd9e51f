"""Leads that go on in another form, share a companion, or whose history only we have seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audits.model.activity import ActivityKind
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.lead import Lead
from connector.storage.database import Database
from connector.storage.installs import Install
from connector.storage.timeline import (
    SEEN,
    Conversion,
    companions_to_show,
    conversions_of,
    leads_of_companions,
    load_cases,
    mark_gone,
    store_records,
)
from tests.factories import (
    NOW,
    at,
    make_activity,
    make_install,
    make_lead,
    make_owner_change,
    make_record,
    make_stage_change,
    make_task,
)

UNSEEN = ((Fact.OWNER_HISTORY, "no history here"), (Fact.STAGE_HISTORY, "no history here"))


@pytest.fixture
def install(database: Database) -> Install:
    with database.write() as conn:
        return make_install(conn)


def case_of(database: Database, install: Install, lead_id: str, coverage: Coverage | None = None) -> LeadCase | None:
    with database.read() as conn:
        found = load_cases(conn, install.install_id, [lead_id], NOW, coverage or Coverage())
    return found[0] if found else None


def store(database: Database, install: Install, minutes: float, *leads: Lead, **more: object) -> frozenset[str]:
    with database.write() as conn:
        records = [make_record(lead, **more) for lead in leads]  # type: ignore[arg-type]
        return store_records(conn, install.install_id, records, at(minutes))


@pytest.mark.parametrize("times_read", [1, 3])
def test_a_lead_that_became_a_deal_keeps_its_arrival_and_its_timeline(
    database: Database, install: Install, times_read: int
) -> None:
    first = make_lead("lead:a", received_at=at(-600), recorded_at=at(-600), owner_id="7")
    store(
        database,
        install,
        -300,
        first,
        activities=[make_activity("call", "lead:a", occurred_at=at(-550))],
        tasks=[make_task("step", "lead:a")],
        owner_changes=[make_owner_change("lead:a", occurred_at=at(-590), owner_id="7")],
        stage_changes=[make_stage_change("lead:a", occurred_at=at(-590), raw_status="open")],
    )
    deal = make_lead("deal:9", received_at=at(-200), recorded_at=at(-200), owner_id="8")
    for number in range(times_read):
        store(
            database,
            install,
            -100 + number,
            deal,
            converted_from="lead:a",
            owner_changes=[make_owner_change("deal:9", occurred_at=at(-190), owner_id="8")],
        )
    case = case_of(database, install, "deal:9")
    assert case is not None
    assert (case.lead.received_at, case.lead.recorded_at) == (at(-600), at(-600))
    assert [act.activity_id for act in case.activities] == ["call"]
    assert [task.task_id for task in case.tasks] == ["step"]
    assert [(change.occurred_at, change.owner_id) for change in case.owner_changes] == [
        (at(-590), "7"),
        (at(-190), "8"),
    ]
    assert [change.raw_status for change in case.stage_changes] == ["open"]
    assert case_of(database, install, "lead:a") is None
    with database.read() as conn:
        assert conversions_of(conn, install.install_id, "deal:9") == (Conversion("lead:a", at(-100)),)


def test_a_deal_whose_lead_was_never_read_arrived_when_the_deal_did(database: Database, install: Install) -> None:
    deal = make_lead("deal:9", received_at=at(-200), recorded_at=at(-200))
    assert store(database, install, -100, deal, converted_from="lead:unknown") == {"deal:9"}
    case = case_of(database, install, "deal:9")
    assert case is not None
    assert case.lead.received_at == at(-200)


def test_a_merge_does_not_move_the_history_of_the_loser(database: Database, install: Install) -> None:
    handed = [make_owner_change("2", occurred_at=at(-590), owner_id="7")]
    store(database, install, -300, make_lead("2", received_at=at(-600)), owner_changes=handed)
    store(database, install, -100, make_lead("1", received_at=at(-200)), merged_ids=["2"])
    case = case_of(database, install, "1")
    assert case is not None
    assert (case.lead.received_at, case.owner_changes) == (at(-200), ())
    with database.read() as conn:
        assert conversions_of(conn, install.install_id, "1") == ()


def test_without_a_history_at_the_crm_we_note_what_we_see_change(database: Database, install: Install) -> None:
    lead = make_lead(received_at=at(-600), owner_id="7", raw_status="open")
    store(database, install, -300, lead, missing=UNSEEN)
    case = case_of(database, install, "1")
    assert case is not None
    assert case.owner_changes == case.stage_changes == ()

    handed = make_lead(received_at=at(-600), owner_id="8", raw_status="open", modified_at=at(-250))
    assert store(database, install, -200, handed, missing=UNSEEN) == {"1"}
    taken = make_lead(received_at=at(-600), owner_id=None, raw_status="lost", modified_at=at(-250))
    assert store(database, install, -100, taken, missing=UNSEEN) == {"1"}
    assert store(database, install, -50, taken, missing=UNSEEN) == frozenset()
    case = case_of(database, install, "1")
    assert case is not None
    # The first change lies where the record says it was changed, the second between our reads: at the later one.
    assert [(change.occurred_at, change.owner_id, change.source) for change in case.owner_changes] == [
        (at(-600), "7", SEEN),
        (at(-250), "8", SEEN),
        (at(-100), None, SEEN),
    ]
    assert [(change.occurred_at, change.raw_status) for change in case.stage_changes] == [
        (at(-600), "open"),
        (at(-100), "lost"),
    ]
    assert case.coverage.cause(Fact.OWNER_HISTORY) == "no history here"


def test_with_a_history_at_the_crm_nothing_is_noted(database: Database, install: Install) -> None:
    store(database, install, -300, make_lead(owner_id="7"))
    store(database, install, -200, make_lead(owner_id="8"))
    case = case_of(database, install, "1")
    assert case is not None
    assert case.owner_changes == ()


def test_what_one_lead_does_not_show_is_missing_for_it_alone(database: Database, install: Install) -> None:
    store(database, install, -10, make_lead("1"), missing=UNSEEN)
    store(database, install, -10, make_lead("2"))
    account = Coverage(missing=((Fact.EMAILS, "no scope"),))
    mine, other = case_of(database, install, "1", account), case_of(database, install, "2", account)
    assert mine is not None
    assert mine.coverage.missing == (*account.missing, *UNSEEN)
    assert other is not None
    assert other.coverage == account


def test_the_newest_live_lead_of_a_companion_is_shown_on_it(database: Database, install: Install) -> None:
    for number, companion in (("1", "person:5"), ("2", "person:5"), ("3", "person:6"), ("4", None)):
        lead = make_lead(number, received_at=NOW - timedelta(days=9) + timedelta(hours=int(number)))
        store(database, install, -10, lead, companion_id=companion)
    with database.write() as conn:
        shown = companions_to_show(conn, install.install_id, ["1", "2", "3", "4"])
        assert shown == {"2": "person:5", "3": "person:6"}
        assert leads_of_companions(conn, install.install_id, ["person:5", "person:7"]) == {"1", "2"}
        mark_gone(conn, install.install_id, ["2"], at(-5))
        assert companions_to_show(conn, install.install_id, ["1", "3"]) == {"1": "person:5", "3": "person:6"}
        assert leads_of_companions(conn, install.install_id, ["person:5"]) == {"1"}


def test_what_could_not_be_read_this_time_is_not_lost(database: Database, install: Install) -> None:
    mail = make_activity("mail", kind=ActivityKind.EMAIL)
    store(database, install, -300, make_lead(), activities=[mail, make_activity("call")])
    cause = ((Fact.EMAILS, "the daily budget is spent"),)
    store(database, install, -200, make_lead(), activities=[], missing=cause)
    case = case_of(database, install, "1")
    assert case is not None
    assert [act.activity_id for act in case.activities] == ["mail"]
