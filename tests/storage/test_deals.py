"""Deals with their contacts, owners, texts and the other new facts in cases, as of an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from audits.model.activity import ActivityKind, Direction
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.deal import DealContact
from audits.model.finding import Evidence
from audits.model.said import Count, say
from audits.model.surroundings import Surroundings
from connector.storage import outbox, people, timeline, worklist
from connector.storage.database import Database
from connector.storage.deals import CONTACT_NOT_READ
from connector.storage.findings import list_findings, store_findings
from connector.storage.installs import Install
from connector.storage.tables import deals, findings
from connector.storage.texts import LONGEST_TEXT, NO_LONGER_KEPT
from tests.factories import (
    NOW,
    at,
    make_activity,
    make_deal,
    make_finding,
    make_install,
    make_lead,
    make_owner,
    make_record,
)

READ_AT = at(-30)


@pytest.fixture
def install(database: Database) -> Install:
    with database.write() as conn:
        return make_install(conn)


def store(
    database: Database, install: Install, *records: timeline.RecordLike, read_at: datetime = READ_AT
) -> frozenset[str]:
    with database.write() as conn:
        return timeline.store_records(conn, install.install_id, records, read_at)


def case_of(database: Database, install: Install, lead_id: str = "1", as_of: datetime = NOW) -> LeadCase:
    with database.read() as conn:
        (case,) = timeline.load_cases(conn, install.install_id, [lead_id], as_of, Coverage())
    return case


def test_the_new_facts_of_a_lead_come_back(database: Database, install: Install) -> None:
    lead = make_lead(
        submitted_at=at(-200), preferred_at=at(60), recontact_on=date(2026, 5, 1), has_call_consent=False,
        priority="high", pipeline="Sales", stage="New", stage_since=at(-100), closed_at=at(-50), language="el",
        facts=(("city", "Tromsø \"b\""), ("staff", "120")),
    )  # fmt: skip
    store(database, install, make_record(lead))
    assert case_of(database, install).lead == lead


def test_a_deal_is_whole_in_the_case_of_each_contact_and_judged_on_the_first(
    database: Database, install: Install
) -> None:
    deal = make_deal(
        "d1",
        contacts=(
            DealContact(contact_id="1", role="Decision maker", is_decider=True),
            DealContact(contact_id="2", role="End user", is_decider=False),
        ),
    )
    spoken = make_activity("c2", "2", occurred_at=at(-40), recorded_at=at(-40))
    bot = make_activity("c3", "2", occurred_at=at(-5), recorded_at=at(-5), is_automated=True)
    store(
        database,
        install,
        make_record(make_lead("1", received_at=at(hours=-5)), deals=[deal]),
        make_record(make_lead("2", received_at=at(hours=-9)), activities=[spoken, bot], deals=[deal]),
    )
    first, second = (case_of(database, install, one).deals[0] for one in "12")
    assert (first.is_primary, second.is_primary) == (False, True)
    assert first == replace(second, is_primary=False)
    assert [(each.contact_id, each.role, each.is_decider, each.last_touch_at) for each in first.contacts] == [
        ("1", "Decision maker", True, None),
        ("2", "End user", False, at(-40)),
    ]
    assert replace(first, is_primary=True, contacts=()) == replace(deal, contacts=())


@pytest.mark.parametrize(
    ("changes", "is_touch"),
    [
        ({}, True),
        ({"direction": Direction.INBOUND}, False),
        ({"direction": Direction.INBOUND, "kind": ActivityKind.EMAIL}, True),
        ({"kind": ActivityKind.NOTE}, False),
        ({"kind": ActivityKind.MEETING, "direction": None, "is_automated": None}, True),
        ({"state": None}, False),
        ({"direction": None}, False),
        ({"recorded_at": at(5)}, False),
    ],
)
def test_what_a_touch_is(database: Database, install: Install, changes: dict[str, object], is_touch: bool) -> None:
    act = make_activity("c", "1", **{"occurred_at": at(-40), "recorded_at": at(-40), **changes})
    store(database, install, make_record("1", activities=[act], deals=[make_deal("d", "1")]))
    ((contact,),) = (deal.contacts for deal in case_of(database, install).deals)
    assert contact.last_touch_at == (at(-40) if is_touch else None)


def test_a_deal_that_is_the_lead_itself_knows_its_person_by_the_companion(
    database: Database, install: Install
) -> None:
    call = make_activity("c", "deal:2", occurred_at=at(-40), recorded_at=at(-40))
    store(
        database,
        install,
        make_record("deal:1", companion_id="person:9", deals=[make_deal("deal:1", "person:9")]),
        make_record("deal:2", companion_id="person:9", activities=[call], deals=[make_deal("deal:2", "person:9")]),
    )
    case = case_of(database, install, "deal:1")
    (deal,) = case.deals
    assert (deal.deal_id, deal.is_primary, deal.contacts[0].last_touch_at) == ("deal:1", True, at(-40))
    assert case.coverage.cause(Fact.DEALS) is None
    with database.read() as conn:
        assert timeline.deal_neighbours(conn, install.install_id, ["deal:2"]) == {"deal:1"}


def test_a_contact_that_we_do_not_read_is_told(database: Database, install: Install) -> None:
    store(database, install, make_record("1", deals=[make_deal("d", "1", "unread")]))
    case = case_of(database, install)
    assert case.coverage.cause(Fact.DEALS) == CONTACT_NOT_READ
    assert case.deals[0].is_primary


def test_news_of_a_deal_are_news_of_all_its_leads(database: Database, install: Install) -> None:
    deal = make_deal("d", "1", "2")
    store(database, install, make_record("1", deals=[deal]), make_record("2", deals=[deal]))
    again = make_record("1", deals=[deal])
    assert store(database, install, again, read_at=at(-20)) == set()
    moved = replace(deal, stage="Won", status=None, closed_at=at(-10))
    assert store(database, install, make_record("1", deals=[moved]), read_at=at(-10)) == {"1", "2"}
    # An older read that arrives late changes nothing.
    assert store(database, install, make_record("2", deals=[deal]), read_at=at(-25)) == set()
    assert case_of(database, install, "2").deals[0].stage == "Won"


def test_a_deal_left_is_gone_from_then_on_unless_deals_were_not_seen(database: Database, install: Install) -> None:
    deal = make_deal("d", "1", "2")
    store(database, install, make_record("1", deals=[deal]), make_record("2", deals=[deal]))
    blind = make_record("1", missing=((Fact.DEALS, "no"),))
    store(database, install, blind, read_at=at(-20))
    assert [one.deal_id for one in case_of(database, install).deals] == ["d"]
    assert store(database, install, make_record("1"), read_at=at(-10)) >= {"1", "2"}
    assert case_of(database, install).deals == ()
    assert [one.deal_id for one in case_of(database, install, as_of=at(-15)).deals] == ["d"]
    assert [each.contact_id for each in case_of(database, install, "2").deals[0].contacts] == ["2"]


def test_a_forgotten_contact_does_not_come_back_with_a_deal(database: Database, install: Install) -> None:
    deal = make_deal("d", "1", "2")
    store(database, install, make_record("1", deals=[deal]), make_record("2", deals=[deal]))
    with database.write() as conn:
        done = timeline.forget(conn, install.install_id, ["2"], at(-20))
    assert done.affected == {"1"}
    store(database, install, make_record("1", deals=[deal]), read_at=at(-10))
    assert [each.contact_id for each in case_of(database, install).deals[0].contacts] == ["1"]
    with database.write() as conn:
        timeline.forget(conn, install.install_id, ["1"], at(-5))
    with database.read() as conn:
        assert conn.execute(sa.select(deals)).all() == []


def test_the_owners_named_in_a_case_are_in_it(database: Database, install: Install) -> None:
    with database.write() as conn:
        listed = [make_owner(name, is_archived=name == "owner-2") for name in ("owner-1", "owner-2", "owner-3")]
        people.replace_owners(conn, install.install_id, listed)
    call = make_activity("c", owner_id="owner-2")
    store(database, install, make_record("1", activities=[call]))
    owners = case_of(database, install).owners
    assert [(owner.owner_id, owner.is_archived) for owner in owners] == [("owner-1", False), ("owner-2", True)]


def test_surroundings_are_asked_for_once_a_batch(database: Database, install: Install) -> None:
    store(database, install, make_record("1"), make_record("2"))
    asked: list[list[str]] = []

    def around(cases: Sequence[LeadCase]) -> dict[str, Surroundings]:
        asked.append([case.lead.lead_id for case in cases])
        return {"2": Surroundings(norms_id="n1")}

    with database.read() as conn:
        cases = timeline.load_cases(conn, install.install_id, ["1", "2"], NOW, Coverage(), around)
    assert asked == [["1", "2"]]
    assert [case.surroundings.norms_id for case in cases] == ["", "n1"]


def test_texts_are_kept_so_long_and_no_longer(database: Database, install: Install) -> None:
    days = 90
    fresh = make_activity("new", occurred_at=at(-40), recorded_at=at(-40), subject="Offer", text="x" * 20_000)
    old = make_activity("old", occurred_at=at(days=-days - 1), recorded_at=at(-40), subject="Then", text="Long ago")
    record = make_record(make_lead(received_at=at(days=-days - 2)), activities=[fresh, old])
    store(database, install, record)
    case = case_of(database, install)
    assert [(act.subject, len(act.text or "")) for act in case.activities] == [(None, 0), ("Offer", LONGEST_TEXT)]
    assert case.coverage.cause(Fact.TEXTS) == NO_LONGER_KEPT
    later = NOW + timedelta(days=days)
    with database.write() as conn:
        assert timeline.wipe_texts(conn, install.install_id, later, days) == 1
        assert timeline.wipe_texts(conn, install.install_id, later, days) == 0
    assert {(act.subject, act.text) for act in case_of(database, install).activities} == {(None, None)}
    assert store(database, install, record, read_at=later) == set(), "what was wiped does not come back"


def test_without_old_texts_nothing_is_said_of_them(database: Database, install: Install) -> None:
    bare = make_activity("old", occurred_at=at(days=-400), recorded_at=at(days=-400))
    store(database, install, make_record("1", activities=[bare, make_activity("new", text="Hello")]))
    assert case_of(database, install).coverage.cause(Fact.TEXTS) is None


def test_our_own_write_is_nobodys_edit(database: Database, install: Install) -> None:
    store(database, install, make_record(make_lead(modified_at=at(-60))))
    with database.write() as conn:
        outbox.put_outbox(conn, install.install_id, "1", {"leadassay_audit_note": "x"}, at(-20))
        (row,) = outbox.take_outbox(conn, install.install_id, 1, NOW)
        outbox.mark_written(conn, install.install_id, row, at(-19))
    assert store(database, install, make_record(make_lead(modified_at=at(-18.5))), read_at=at(-15)) == set()
    assert case_of(database, install).lead.modified_at == at(-60)
    assert store(database, install, make_record(make_lead(modified_at=at(-10))), read_at=at(-5)) == {"1"}
    assert case_of(database, install).lead.modified_at == at(-10)


def test_a_write_of_which_a_killed_worker_never_knew_is_nobodys_edit_either(
    database: Database, install: Install
) -> None:
    def read(modified_at: datetime, read_at: datetime, note: str = "x") -> datetime | None:
        record = make_record(make_lead(modified_at=modified_at), our_fields={"note": note})
        store(database, install, record, read_at=read_at)
        return case_of(database, install).lead.modified_at

    store(database, install, make_record(make_lead(modified_at=at(-600))), read_at=at(-500))
    # Our note stands there now, and no row tells that we wrote it.
    assert read(at(-400), at(-300)) == at(-600)
    assert read(at(-400), at(-200)) == at(-600), "what was left out once is left out again"
    assert read(at(-100), at(-50)) == at(-100), "then a person changed the record"


def test_a_record_with_values_of_an_earlier_install_does_not_say_who_changed_it(
    database: Database, install: Install
) -> None:
    def read(modified_at: datetime, read_at: datetime) -> datetime | None:
        record = make_record(make_lead(modified_at=modified_at), our_fields={"note": "x"})
        store(database, install, record, read_at=read_at)
        return case_of(database, install).lead.modified_at

    assert read(at(-600), at(-500)) is None
    assert read(at(-600), at(-400)) is None
    assert read(at(-300), at(-200)) == at(-300)


def test_the_shared_phrase_of_a_finding_goes_with_the_text(database: Database, install: Install) -> None:
    told = say('It went to {leads} besides: "{phrase}".', leads=Count(4, "lead"), phrase="Zwitscherware for you")
    shared = Evidence(
        record_type="email", record_id="a", field="shared phrase", value="Zwitscherware for you", at=at(days=-100)
    )
    other = replace(shared, field="direction", value="outbound")
    finding = replace(make_finding("1", rule_id="FM001"), said=told, evidence=(shared, other))
    store(database, install, make_record("1"))
    with database.write() as conn:
        store_findings(conn, install.install_id, [finding], at(days=-99))
        worklist.mark_audited(conn, install.install_id, worklist.marks_of(conn, install.install_id, ["1"], NOW))
        assert not worklist.list_dirty(conn, install.install_id)
        assert timeline.wipe_texts(conn, install.install_id, NOW, 101) == 0
        (kept,) = list_findings(conn, install.install_id, "1")
        assert "Zwitscherware" in kept.finding.sentence
        timeline.wipe_texts(conn, install.install_id, NOW, 99)
        (wiped,) = list_findings(conn, install.install_id, "1")
        assert set(worklist.list_dirty(conn, install.install_id)) == {"1"}, "its note says the phrase, too"
        stored = [str(row) for row in conn.execute(sa.select(findings))]
    assert "Zwitscherware" not in "".join(stored)
    assert wiped.finding.evidence == (replace(shared, value="…"), other)
    assert wiped.finding.sentence == 'It went to 4 leads besides: "…".'
    assert wiped.fingerprint == kept.fingerprint
