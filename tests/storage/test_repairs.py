"""The queue of repairs: what is proposed, what was decided, and what becomes of both when the lead changes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy.engine import Connection

from audits.model.said import say
from audits.model.truth import Repair
from connector.crm.port import FieldWrite, OurField
from connector.storage import outbox, people, repairs, timeline
from connector.storage.database import Database
from connector.storage.repairs import (
    LONGEST_SUGGESTION,
    MOST_PROPOSED,
    JudgedRepairs,
    RepairFilter,
    RepairState,
)
from connector.writeback.plan import plan_write
from tests.factories import at, make_install, make_lead, make_owner, make_record

BAD, GOOD, OTHER = "ada@gmial.com", "ada@gmail.com", "ada@gmx.com"
OURS = OurField.SUGGESTED_REPAIR.value


def judged(
    given: str = BAD, *proposed: str, field: str = "email", lead_id: str = "1", now: str | None = None
) -> JudgedRepairs:
    """What an audit says of a field that holds `now` (`given` unless told)."""
    meant = tuple(
        Repair(field=field, given=given, proposed=each, rank=rank, why=say("A large provider is spelt so."))
        for rank, each in enumerate(proposed, start=1)
    )
    return JudgedRepairs(lead_id=lead_id, values={field: given if now is None else now}, proposed=meant)


@pytest.fixture
def tenant(database: Database) -> str:
    with database.write() as conn:
        made = make_install(conn).install_id
        people.replace_owners(conn, made, [make_owner("owner-1", name="Olga"), make_owner("owner-2", name="Ole")])
        records = [
            make_record(make_lead("1", owner_id="owner-1", received_at=at(-30))),
            make_record(make_lead("2", owner_id="owner-2", received_at=at(-20))),
            make_record(make_lead("3", owner_id=None, received_at=at(-10))),
        ]
        timeline.store_records(conn, made, records, at(-5))
    return made


def store(conn: Connection, tenant: str, *all_judged: JudgedRepairs, minutes: int = -4) -> None:
    repairs.store_repairs(conn, tenant, all_judged, at(minutes))


def decide(conn: Connection, tenant: str, proposed: str | None, given: str = BAD, field: str = "email") -> bool:
    return repairs.decide_repair(
        conn,
        tenant,
        "1",
        field,
        given,
        proposed=proposed,
        user_id="user-1",
        at=at(-3),
        shown_in="leadassay_suggested_repair",
    )


def the_one(conn: Connection, tenant: str) -> repairs.KeptRepair:
    (found,) = repairs.repairs_of(conn, tenant, "1")
    return found


def states(conn: Connection, tenant: str) -> Sequence[RepairState]:
    return [each.state for each in repairs.repairs_of(conn, tenant, "1")]


def test_an_audit_refreshes_what_waits(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, judged(BAD, GOOD))
        store(conn, tenant, judged(BAD, OTHER, GOOD), minutes=-2)
        found = the_one(conn, tenant)
        assert [each.proposed for each in found.proposals] == [OTHER, GOOD]
        assert found.found_at == at(-4)
        assert found.is_open
        store(conn, tenant, judged(BAD))
        assert states(conn, tenant) == []


def test_no_more_are_kept_than_anybody_reads(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, judged(BAD, *(f"ada{n}@gmail.com" for n in range(9))))
        assert [each.proposed for each in the_one(conn, tenant).proposals] == [
            f"ada{n}@gmail.com" for n in range(MOST_PROPOSED)
        ]


def test_a_decision_survives_audits_while_the_field_is_the_same(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, judged(BAD, GOOD, OTHER))
        assert decide(conn, tenant, OTHER)
        assert not decide(conn, tenant, GOOD), "decided already: the first answer stands"
        for _ in range(2):
            # What is proposed may change, or be gone with another version of the model.
            store(conn, tenant, judged(BAD, GOOD))
            store(conn, tenant, judged(BAD))
        found = the_one(conn, tenant)
        assert (found.state, found.chosen, found.decided_by) == (RepairState.ACCEPTED, OTHER, "user-1")
        assert repairs.suggestions_of(conn, tenant, ["1"]) == {"1": f"e-mail: {OTHER} (given: {BAD})"}


def test_what_was_declined_is_asked_again_only_when_something_new_is_proposed(
    database: Database, tenant: str
) -> None:
    with database.write() as conn:
        store(conn, tenant, judged(BAD, GOOD, OTHER))
        assert decide(conn, tenant, None)
        store(conn, tenant, judged(BAD, GOOD))
        assert states(conn, tenant) == [RepairState.DECLINED]
        store(conn, tenant, judged(BAD, GOOD, "ada@mail.com"))
        assert states(conn, tenant) == [RepairState.OPEN]


@pytest.mark.parametrize("accepted", [True, False])
def test_a_field_that_holds_what_was_proposed_is_mended(database: Database, tenant: str, accepted: bool) -> None:
    with database.write() as conn:
        store(conn, tenant, judged(BAD, OTHER, GOOD))
        if accepted:
            decide(conn, tenant, GOOD)
        store(conn, tenant, judged(now=f" {GOOD.upper()} "), minutes=-1)
        found = the_one(conn, tenant)
        assert (found.state, found.mended_at) == (RepairState.MENDED, at(-1))
        assert repairs.suggestions_of(conn, tenant, ["1"]) == {}
        store(conn, tenant, judged(now=GOOD), minutes=0)
        assert the_one(conn, tenant).mended_at == at(-1)
        store(conn, tenant, judged(BAD, GOOD))
        assert states(conn, tenant) == [RepairState.OPEN], "the same slip again"


@pytest.mark.parametrize(
    ("field", "now", "is_mended"),
    [
        ("phone", "+49 (170) 123-45678", True),
        ("phone", "0170 12345678", True),
        ("phone", "5678", False),
        ("phone", "+49 170 99945678", False),
        ("phone", "", False),
    ],
)
def test_a_number_is_mended_however_it_is_written(
    database: Database, tenant: str, field: str, now: str, is_mended: bool
) -> None:
    with database.write() as conn:
        store(conn, tenant, judged("0170 1234567", "+49 170 12345678", field=field))
        store(conn, tenant, judged(field=field, now=now))
        assert states(conn, tenant) == ([RepairState.MENDED] if is_mended else [])


def test_a_field_that_holds_something_else_begins_anew(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, judged(BAD, GOOD))
        decide(conn, tenant, GOOD)
        store(conn, tenant, judged("eva@gmial.com", "eva@gmail.com"), minutes=-1)
        found = the_one(conn, tenant)
        assert (found.state, found.given, found.decided_by) == (RepairState.OPEN, "eva@gmial.com", None)
        store(conn, tenant, judged(now="eva@firma.example"))
        assert states(conn, tenant) == []


def test_only_what_waits_on_the_very_same_value_can_be_decided(database: Database, tenant: str) -> None:
    with database.write() as conn:
        assert not decide(conn, tenant, GOOD)
        store(conn, tenant, judged(BAD, GOOD))
        assert not decide(conn, tenant, OTHER), "nobody proposed it"
        assert not decide(conn, tenant, GOOD, given="eva@gmial.com")
        assert not repairs.reopen_repair(conn, tenant, "1", "email", BAD)
        assert decide(conn, tenant, GOOD)
        assert not repairs.reopen_repair(conn, tenant, "1", "email", GOOD)
        assert repairs.reopen_repair(conn, tenant, "1", "email", BAD)
        assert (the_one(conn, tenant).state, the_one(conn, tenant).chosen) == (RepairState.OPEN, "")
        assert repairs.suggestions_of(conn, tenant, ["1"]) == {}


def test_all_that_was_accepted_stands_in_one_short_text(database: Database, tenant: str) -> None:
    with database.write() as conn:
        long = f"ada{'a' * 300}@gmail.com"
        store(conn, tenant, judged(BAD, GOOD), judged("017 1", "+49 170 1", field="phone", lead_id="2"))
        repairs.store_repairs(
            conn,
            tenant,
            [
                JudgedRepairs(
                    lead_id="1",
                    values={"email": "", "phone": "017"},
                    proposed=(*judged("", GOOD).proposed, *judged("017", "+49 17", field="phone").proposed),
                )
            ],
            at(-4),
        )
        assert decide(conn, tenant, GOOD, given="")
        assert decide(conn, tenant, "+49 17", given="017", field="phone")
        assert repairs.suggestions_of(conn, tenant, ["1", "2"]) == {
            "1": f"e-mail: {GOOD} (nothing given); phone: +49 17 (given: 017)"
        }
        store(conn, tenant, judged(long, GOOD))
        decide(conn, tenant, GOOD, given=long)
        assert len(repairs.suggestions_of(conn, tenant, ["1"])["1"]) == LONGEST_SUGGESTION


def test_the_list_is_paged_filtered_and_counted(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, judged(BAD, GOOD), judged(BAD, GOOD, lead_id="2"))
        store(conn, tenant, judged("017", "+49 17", field="phone", lead_id="3"))
        decide(conn, tenant, GOOD)

        def listed(**asked: object) -> tuple[list[str], int]:
            rows, total = repairs.list_repairs(conn, tenant, RepairFilter(**asked))  # type: ignore[arg-type]
            return [row.kept.lead_id for row in rows], total

        assert listed() == (["3", "2", "1"], 3)
        assert listed(limit=1, offset=1) == (["2"], 3)
        assert listed(state=RepairState.ACCEPTED) == (["1"], 1)
        assert listed(field="phone") == (["3"], 1)
        assert listed(owner_id="owner-2") == (["2"], 1)
        assert listed(owner_id="") == (["3"], 1)
        counts = repairs.count_repairs(conn, tenant)
        assert (counts[RepairState.OPEN], counts[RepairState.ACCEPTED], counts[RepairState.MENDED]) == (2, 1, 0)
        assert repairs.count_repairs(conn, tenant, "owner-1")[RepairState.OPEN] == 0
        assert (
            repairs.count_mendable_leads(conn, tenant),
            repairs.count_mendable_leads(conn, tenant, "owner-2"),
        ) == (
            2,
            1,
        )
        (row,) = repairs.list_repairs(conn, tenant, RepairFilter(owner_id="owner-2"))[0]
        assert (row.owner_name, row.received_at) == ("Ole", at(-20))
        timeline.mark_gone(conn, tenant, ["3"], at(-1))
        assert listed() == (["2", "1"], 2)


def test_a_decision_goes_on_with_the_deal_that_a_lead_became(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, judged(BAD, GOOD))
        decide(conn, tenant, GOOD)
        deal = make_record(make_lead("deal-1", owner_id="owner-1", received_at=at(-30)), converted_from="1")
        timeline.store_records(conn, tenant, [deal], at(-1))
        assert repairs.suggestions_of(conn, tenant, ["deal-1"]) == {"deal-1": f"e-mail: {GOOD} (given: {BAD})"}
        rows, total = repairs.list_repairs(conn, tenant, RepairFilter())
        assert ([row.kept.lead_id for row in rows], total) == (["deal-1"], 1)


def test_what_a_person_wrote_into_the_field_is_not_taken_back(database: Database, tenant: str) -> None:
    ours = f"e-mail: {GOOD} (given: {BAD})"
    assert plan_write({OURS: ours}, shown={}, written={}) == {OURS: ours}
    assert plan_write({OURS: ""}, shown={OURS: ours}, written={OURS: ours}) == {OURS: ""}
    assert plan_write({OURS: ""}, shown={OURS: "asked him, it is right"}, written={OURS: ours}) == {}
    assert plan_write({OURS: ""}, shown={OURS: "asked him, it is right"}, written={}) == {}
    assert plan_write({OURS: ours}, shown={OURS: "asked him"}, written={OURS: ours}) == {}


def test_what_was_emptied_by_hand_stays_empty_until_something_is_accepted(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, judged(BAD, GOOD))
        decide(conn, tenant, GOOD)
        told = repairs.suggestions_of(conn, tenant, ["1"])["1"]
        outbox.put_outbox(conn, tenant, "1", {OURS: told}, at(-3))
        (row,) = outbox.take_outbox(conn, tenant, 1, at(0))
        outbox.mark_written(conn, tenant, row, at(-2))
        emptied = make_record(make_lead("1", owner_id="owner-1", received_at=at(-30)), our_fields={})
        timeline.store_records(conn, tenant, [emptied], at(-1))
        assert outbox.cleared_by_human(conn, tenant, ["1"]) == {"1": frozenset({OURS})}
        repairs.reopen_repair(conn, tenant, "1", "email", BAD)
        assert outbox.cleared_by_human(conn, tenant, ["1"]) == {"1": frozenset({OURS})}
        assert decide(conn, tenant, GOOD)
        assert outbox.cleared_by_human(conn, tenant, ["1"]) == {}


def test_nothing_but_a_field_of_ours_can_be_asked_to_be_written() -> None:
    assert FieldWrite(lead_id="1", values={each.value: "" for each in OurField}).values
    for name in ("phone", "mobile", "email", "firstname", "lastname", "first_name", ""):
        with pytest.raises(ValueError, match="no fields of ours"):
            FieldWrite(lead_id="1", values={OURS: "x", name: GOOD})
