"""What stands around leads: crowds of acts, texts that others got, and the load of a holder, as of one instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection

from audits.model.activity import ActivityKind
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.lead import LeadStatus
from audits.model.surroundings import Crowd, Load, StageNorm, Surroundings
from audits.norms import Norms
from connector.crm.port import LeadRecord
from connector.storage import timeline
from connector.storage.database import Database
from connector.storage.norms import put_norms
from connector.storage.policies import PolicyBook, PolicyVersion
from connector.storage.surroundings import beside, company_of, surroundings_of
from connector.storage.tables import text_bands, text_prints
from tests.factories import (
    NOW,
    at,
    make_activity,
    make_install,
    make_lead,
    make_owner_change,
    make_policy,
    make_record,
    make_task,
)

LATER = at(days=1)
LETTER = (
    "thank you for your interest in our products. We would like to tell you more about what they can do for your "
    "company, and look forward to hearing from you at any time that suits you."
)


def book_of(**policy: Any) -> PolicyBook:
    version = PolicyVersion(policy=make_policy(**policy), position=1, valid_from=at(days=-900), valid_to=None)
    return PolicyBook([version])


BOOK = book_of()


@pytest.fixture
def tenant(database: Database) -> str:
    with database.write() as conn:
        return make_install(conn).install_id


def store(conn: Connection, tenant: str, *records: LeadRecord, read_at: datetime = LATER) -> None:
    timeline.store_records(conn, tenant, records, read_at)


def cases_of(conn: Connection, tenant: str, *lead_ids: str, as_of: datetime = LATER) -> list[LeadCase]:
    return timeline.load_cases(conn, tenant, lead_ids, as_of, Coverage())


def around(
    conn: Connection, tenant: str, lead_id: str, as_of: datetime = LATER, book: PolicyBook = BOOK
) -> Surroundings:
    return surroundings_of(conn, tenant, cases_of(conn, tenant, lead_id, as_of=as_of), as_of, book)[lead_id]


def called(number: int, logged_s: float, **fields: Any) -> LeadRecord:
    """Lead `number` with one call that was logged `logged_s` seconds after NOW."""
    lead_id = str(number)
    call = make_activity(f"call-{number}", lead_id, recorded_at=NOW + timedelta(seconds=logged_s), **fields)
    return make_record(lead_id, activities=[call])


def crowd(conn: Connection, tenant: str, number: int, as_of: datetime = LATER) -> int:
    """How many calls were logged in the minute of that of lead `number`."""
    crowds = around(conn, tenant, str(number), as_of).crowded_logs
    assert crowds is not None
    return crowds[0].count if crowds else 1


# --- crowds of calls ----------------------------------------------------------------------------------------------


def test_calls_of_one_owner_within_a_minute_are_a_crowd(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, called(1, 0), called(2, 30), called(3, 59.999), called(4, 500))
        assert around(conn, tenant, "1").crowded_logs == (Crowd(record_id="call-1", count=3, at=NOW),)
        assert [crowd(conn, tenant, number) for number in (2, 3, 4)] == [3, 3, 1]
        assert around(conn, tenant, "4").crowded_logs == ()


def test_sixty_seconds_apart_is_no_company(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, called(1, 0), called(2, 60))
        assert [crowd(conn, tenant, number) for number in (1, 2)] == [1, 1]


def test_the_window_slides_over_the_minutes_of_the_clock(database: Database, tenant: str) -> None:
    """Three before the full minute and three after it are six in one span of sixty seconds."""
    with database.write() as conn:
        store(conn, tenant, *(called(number, 45 + 5 * number) for number in range(6)), called(9, 104))
        # The call at 104 s stands in a span with those from 45 s on only when it is not itself at its end.
        assert crowd(conn, tenant, 0) == 7
        assert crowd(conn, tenant, 9) == 7
        store(conn, tenant, called(9, 106), read_at=at(days=2))
        assert crowd(conn, tenant, 0, as_of=at(days=2)) == 6
        assert crowd(conn, tenant, 9, as_of=at(days=2)) == 5 + 1


@pytest.mark.parametrize(
    "fields",
    [
        {"owner_id": "owner-2"},
        {"owner_id": None},
        {"is_automated": True},
        {"is_automated": None},
        {"direction": None},
        {"state": None},
        {"kind": ActivityKind.MEETING},
    ],
)
def test_only_sure_calls_of_the_same_owner_are_company(
    database: Database, tenant: str, fields: dict[str, Any]
) -> None:
    with database.write() as conn:
        store(conn, tenant, called(1, 0), called(2, 1, **fields))
        assert crowd(conn, tenant, 1) == 1
        assert around(conn, tenant, "2").crowded_logs == ()


def test_one_call_on_several_leads_counts_once(database: Database, tenant: str) -> None:
    with database.write() as conn:
        shared = [make_record(lead, activities=[make_activity("call-1", lead)]) for lead in "12"]
        store(conn, tenant, *shared, make_record("3", activities=[make_activity("call-3", "3")]))
        assert crowd(conn, tenant, 1) == crowd(conn, tenant, 3) == 2


def test_what_was_recorded_later_or_is_no_longer_shown_is_no_company(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, called(1, 0), called(2, 30), called(3, 40))
        moments = [NOW, NOW + timedelta(seconds=29.9), NOW + timedelta(seconds=30), LATER]
        assert [crowd(conn, tenant, 1, as_of) for as_of in moments] == [1, 1, 2, 3]
        store(conn, tenant, make_record("3"), read_at=at(days=2))
        assert crowd(conn, tenant, 1, at(days=2)) == 2
        assert crowd(conn, tenant, 1, LATER) == 3, "the past is as it was"


def test_calls_that_cannot_be_seen_are_not_counted(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, called(1, 0))
        blind = Coverage(missing=((Fact.CALLS, "no permission"), (Fact.TASKS, "no permission")))
        (case,) = timeline.load_cases(conn, tenant, ["1"], LATER, blind)
        found = surroundings_of(conn, tenant, [case], LATER, BOOK)["1"]
        assert (found.crowded_logs, found.crowded_ticks, found.twins) == (None, None, ())


# --- crowds of ticked tasks ---------------------------------------------------------------------------------------


def ticked(number: int, after_s: float) -> LeadRecord:
    """Lead `number` with one task that was ticked off so many seconds after NOW."""
    done_at = NOW + timedelta(seconds=after_s)
    task = make_task(f"task-{number}", str(number), is_done=True, completed_at=done_at)
    return make_record(str(number), tasks=[task])


def test_tasks_ticked_off_within_a_minute_are_a_crowd(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, *(ticked(number, 10 * number) for number in range(1, 8)))
        store(conn, tenant, make_record("8", tasks=[make_task("task-8", "8", is_done=True)]))
        assert around(conn, tenant, "1").crowded_ticks == (
            Crowd(record_id="task-1", count=6, at=NOW + timedelta(seconds=10)),
        )
        assert around(conn, tenant, "8").crowded_ticks == ()
        early = NOW + timedelta(seconds=25)
        assert around(conn, tenant, "1", early).crowded_ticks == (
            Crowd(record_id="task-1", count=2, at=NOW + timedelta(seconds=10)),
        )
        assert around(conn, tenant, "5", early).crowded_ticks == (), "not ticked off by then"


# --- texts that others got ----------------------------------------------------------------------------------------


def wrote(number: int, text: str | None = None, **fields: Any) -> LeadRecord:
    """Lead `number` with one e-mail by hand."""
    lead_id = str(number)
    text = f"Dear Ada {number},\n{LETTER}" if text is None else text
    usual = {"kind": ActivityKind.EMAIL, "text": text, "occurred_at": at(-60 + number)}
    mail = make_activity(f"mail-{number}", lead_id, **{**usual, **fields})
    return make_record(lead_id, activities=[mail])


def twin_leads(conn: Connection, tenant: str, number: int, as_of: datetime = LATER) -> int:
    twins = around(conn, tenant, str(number), as_of).twins
    assert twins is not None
    return twins[0].leads if twins else 0


def test_a_letter_to_many_is_found(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, *(wrote(number) for number in range(1, 7)))
        other = "Dear Ada, you asked whether the pump can stand in the cellar: it can, as long as the floor is level."
        store(conn, tenant, wrote(9, other))
        (twin,) = around(conn, tenant, "1").twins or ()
        assert (twin.activity_id, twin.leads, twin.percent) == ("mail-1", 5, 100)
        assert twin.phrase == "thank you for your interest in our products We would like to"
        assert twin_leads(conn, tenant, 9) == 0


def test_a_letter_with_a_few_other_words_is_found(database: Database, tenant: str) -> None:
    with database.write() as conn:
        varied = [LETTER.replace("products", word) for word in ("pumps", "valves", "kettles")]
        store(conn, tenant, *(wrote(number, text) for number, text in enumerate([LETTER, *varied])))
        found = [around(conn, tenant, str(number)).twins or () for number in range(4)]
        assert [[twin.leads for twin in twins] for twins in found] == [[3]] * 4
        assert all(90 <= twin.percent < 100 for twins in found for twin in twins)
        phrase = "We would like to tell you more about what they can do"
        assert {twin.phrase for twins in found for twin in twins} == {phrase}


def test_half_a_letter_is_another_letter(database: Database, tenant: str) -> None:
    with database.write() as conn:
        half = (
            LETTER[: len(LETTER) // 2] + " The cellar that you spoke of is fine for the pump, if the floor is level."
        )
        store(conn, tenant, wrote(1), wrote(2, half))
        assert [twin_leads(conn, tenant, number) for number in (1, 2)] == [0, 0]


def test_the_name_in_the_text_makes_it_no_letter_of_its_own(database: Database, tenant: str) -> None:
    with database.write() as conn:
        for number, name in ((1, "Ada"), (2, "Grace")):
            record = wrote(number, f"{LETTER} It would be good to speak with you, {name}, when it suits you.")
            store(conn, tenant, replace(record, lead=replace(record.lead, first_name=name)))
        (twin,) = around(conn, tenant, "1").twins or ()
        assert (twin.leads, twin.percent) == (1, 100)
        assert "Ada" not in twin.phrase


@pytest.mark.parametrize(
    "fields",
    [
        {"is_automated": True},
        {"is_automated": None},
        {"direction": None},
        {"state": None},
        {"kind": ActivityKind.NOTE},
        {"text": "Please call me back."},
        {"occurred_at": at(-59, days=-31), "recorded_at": at(-59, days=-31)},
    ],
)
def test_what_is_not_surely_a_letter_of_these_days_is_no_twin(
    database: Database, tenant: str, fields: dict[str, Any]
) -> None:
    with database.write() as conn:
        store(conn, tenant, wrote(1), wrote(2, **fields))
        assert twin_leads(conn, tenant, 1) == 0


def test_thirty_days_apart_still_counts(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, wrote(1), wrote(2, occurred_at=at(-59, days=-30), recorded_at=at(-59, days=-30)))
        assert twin_leads(conn, tenant, 1) == 1


def test_one_letter_to_two_leads_is_no_twin_of_itself(database: Database, tenant: str) -> None:
    with database.write() as conn:
        mail = wrote(1).activities[0]
        store(conn, tenant, wrote(1), make_record("2", activities=[replace(mail, lead_id="2")]))
        assert twin_leads(conn, tenant, 1) == 0


def test_a_lead_that_got_two_kinds_of_the_letter_counts_once(database: Database, tenant: str) -> None:
    with database.write() as conn:
        both = [
            wrote(2).activities[0],
            replace(wrote(2, LETTER.replace("products", "pumps")).activities[0], activity_id="m2"),
        ]
        store(conn, tenant, wrote(1), make_record("2", activities=both))
        assert twin_leads(conn, tenant, 1) == 1


def test_a_letter_that_was_sent_later_is_not_known_yet(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, wrote(1), wrote(2, occurred_at=at(5), recorded_at=at(5)))
        assert [twin_leads(conn, tenant, 1, as_of) for as_of in (at(4), at(5))] == [0, 1]


def test_prints_go_with_the_texts(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, wrote(1), wrote(2), wrote(3, LETTER.replace("products", "pumps")))
        timeline.forget(conn, tenant, ["2"], LATER)
        assert twin_leads(conn, tenant, 1) == 1
        assert conn.execute(sa.select(sa.func.count()).select_from(text_prints)).scalar_one() == 2
        timeline.forget(conn, tenant, ["3"], LATER)
        assert len(set(conn.execute(sa.select(text_bands.c.digest)).scalars())) == 1
        timeline.wipe_texts(conn, tenant, at(days=200), 90)
        assert around(conn, tenant, "1").twins is None, "what is no longer kept cannot be compared"
        for table in (text_prints, text_bands):
            assert conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0


def test_an_edited_text_gets_another_print(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, wrote(1), wrote(2))
        store(
            conn,
            tenant,
            wrote(2, "The cellar is fine for the pump as long as its floor is level."),
            read_at=at(days=2),
        )
        assert twin_leads(conn, tenant, 1, at(days=2)) == 0
        assert len(set(conn.execute(sa.select(text_bands.c.digest)).scalars())) == 2


# --- the load of the holder ---------------------------------------------------------------------------------------


def waiting(number: int, hours: float, tried_after_min: float | None = None, **fields: Any) -> LeadRecord:
    """Lead `number`, received so many hours after NOW, and called so many minutes later."""
    lead_id, received_at = str(number), at(hours=hours)
    lead = make_lead(lead_id, received_at=received_at, **fields)
    if tried_after_min is None:
        return make_record(lead)
    call = make_activity(f"call-{number}", lead_id, occurred_at=received_at + timedelta(minutes=tried_after_min))
    return make_record(lead, activities=[call])


def load_of(conn: Connection, tenant: str, number: int, book: PolicyBook = BOOK) -> Load | None:
    return around(conn, tenant, str(number), book=book).load


def test_those_who_wait_for_the_first_attempt_are_counted(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(
            conn,
            tenant,
            waiting(1, -1),
            waiting(2, -2, tried_after_min=30),
            waiting(3, -2, tried_after_min=90),
            waiting(4, -2, owner_id="owner-2"),
            waiting(5, -2, is_imported=True),
            waiting(6, -2, status=LeadStatus.DISCARDED, closed_at=at(-90)),
            waiting(7, -2, status=LeadStatus.DISCARDED, closed_at=at(30)),
            waiting(8, -2, status=LeadStatus.DISCARDED),
            waiting(9, -24 * 16),
            waiting(10, 1),
        )
        load = load_of(conn, tenant, 1)
        # Itself, 3, which was called an hour later, and 7, which was closed an hour later. No hour had two attempts.
        assert load == Load(holder_id="owner-1", open_new_leads=3, working_s=1800, capacity_per_hour_milli=None, n=0)


def test_a_lead_that_was_called_the_instant_another_came_waits_no_more(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, waiting(1, -1), waiting(2, -2, tried_after_min=60), waiting(3, -2, tried_after_min=60.1))
        load = load_of(conn, tenant, 1)
        assert load is not None
        assert load.open_new_leads == 2


def test_short_calls_late_logs_and_machines_are_no_attempt_here_either(database: Database, tenant: str) -> None:
    with database.write() as conn:
        short, late, machine = (waiting(number, -2, tried_after_min=5) for number in (2, 3, 4))
        store(
            conn,
            tenant,
            waiting(1, -1),
            replace(short, activities=(replace(short.activities[0], disposition=None, duration_s=3),)),
            replace(late, activities=(replace(late.activities[0], recorded_at=at(days=1)),)),
            replace(machine, activities=(replace(machine.activities[0], is_automated=True),)),
        )
        load = load_of(conn, tenant, 1, book_of(late_log_s=3600))
        assert load is not None
        assert load.open_new_leads == 4


def test_the_load_is_that_of_whoever_held_the_leads_then(database: Database, tenant: str) -> None:
    with database.write() as conn:
        handed = replace(
            waiting(2, -3),
            owner_changes=(
                make_owner_change("2", "owner-2", occurred_at=at(hours=-3)),
                make_owner_change("2", "owner-1", occurred_at=at(-30)),
            ),
        )
        mine = replace(
            waiting(1, -1),
            owner_changes=(
                make_owner_change("1", None, occurred_at=at(hours=-1)),
                make_owner_change("1", "owner-1", occurred_at=at(-20)),
            ),
        )
        theirs = replace(
            waiting(3, -2, owner_id="owner-2"),
            owner_changes=(make_owner_change("3", "owner-2", occurred_at=at(-120)),),
        )
        store(conn, tenant, mine, handed, theirs)
        loads = [load_of(conn, tenant, number) for number in (1, 2, 3)]
        # Lead 1 came to owner-1 when he held lead 2 already; lead 3 to owner-2, who held lead 2 then.
        assert [(load.holder_id, load.open_new_leads) for load in loads if load] == [
            ("owner-1", 2),
            ("owner-2", 1),
            ("owner-2", 2),
        ]


@pytest.mark.parametrize("fact", [Fact.OWNER_HISTORY, Fact.CALLS])
def test_no_load_is_told_where_holders_or_attempts_cannot_be_seen(
    database: Database, tenant: str, fact: Fact
) -> None:
    with database.write() as conn:
        store(conn, tenant, waiting(1, -1), waiting(2, -1, is_imported=True), waiting(3, -1, owner_id=None))
        blind = Coverage(missing=((fact, "no permission"),))
        found = surroundings_of(conn, tenant, timeline.load_cases(conn, tenant, ["1"], LATER, blind), LATER, BOOK)
        assert found["1"].load is None
        assert load_of(conn, tenant, 1) is not None
        assert load_of(conn, tenant, 2) is None
        assert load_of(conn, tenant, 3) is None


def test_the_pace_is_learned_from_the_hours_in_which_somebody_called(database: Database, tenant: str) -> None:
    """Twenty first attempts, four in each of five hours, on five days."""
    with database.write() as conn:
        tried = [
            waiting(100 + number, -24 * (1 + number // 4) - 1, tried_after_min=5 * (number % 4))
            for number in range(20)
        ]
        store(conn, tenant, waiting(1, -1), *tried[:19], waiting(200, -24 * 91, tried_after_min=1))
        load = load_of(conn, tenant, 1)
        assert load is not None
        assert (load.capacity_per_hour_milli, load.n) == (None, 5), "nineteen are not enough"
        store(conn, tenant, tried[19])
        load = load_of(conn, tenant, 1)
        assert load is not None
        assert (load.capacity_per_hour_milli, load.n) == (4000, 5)
        agreed = load_of(conn, tenant, 1, book_of(capacity_per_hour_milli=2500))
        assert agreed is not None
        assert (agreed.capacity_per_hour_milli, agreed.n) == (2500, 0)


def test_hours_in_which_few_came_or_were_tried_say_nothing_of_the_pace(database: Database, tenant: str) -> None:
    """Thirty hours with one first attempt; then ten with two, and the best of eleven with six."""

    def day(number: int, attempts: int) -> list[LeadRecord]:
        return [waiting(1000 * number + each, -24 * number - 1, tried_after_min=5 * each) for each in range(attempts)]

    with database.write() as conn:
        store(conn, tenant, waiting(1, -1), *(lead for number in range(1, 31) for lead in day(number, 1)))
        load = load_of(conn, tenant, 1)
        assert load is not None
        assert (load.capacity_per_hour_milli, load.n) == (None, 0)
        store(conn, tenant, *(lead for number in range(31, 41) for lead in day(number, 2)))
        load = load_of(conn, tenant, 1)
        assert load is not None
        assert (load.capacity_per_hour_milli, load.n) == (2000, 10)
        store(conn, tenant, *day(41, 6))
        load = load_of(conn, tenant, 1)
        assert load is not None
        # Ten of eleven hours are more than nine tenths of them.
        assert (load.capacity_per_hour_milli, load.n) == (2000, 11)
        store(conn, tenant, *day(42, 6))
        load = load_of(conn, tenant, 1)
        assert load is not None
        assert (load.capacity_per_hour_milli, load.n) == (6000, 12)


# --- what is usual ------------------------------------------------------------------------------------------------


def test_what_was_learned_stands_beside_the_lead(database: Database, tenant: str) -> None:
    with database.write() as conn:
        lead = make_lead("1", pipeline="sales", stage="offer", stage_since=at(-60))
        store(conn, tenant, make_record(lead))
        before = around(conn, tenant, "1", at(60))
        assert (before.norms_id, before.stage_norm, before.deal_norms) == ("", None, None)
        norm = StageNorm(pipeline="sales", stage="offer", segment="", n=30, quantile_s=7200)
        learned = Norms(stage_norms=(norm,))
        put_norms(conn, tenant, learned, at(90))
        after = around(conn, tenant, "1")
        assert (after.norms_id, after.deal_norms) == (learned.norms_id, ())
        assert around(conn, tenant, "1", at(60)) == before


# --- who is judged again ------------------------------------------------------------------------------------------


def neighbours(
    conn: Connection, tenant: str, change: Callable[[], None], *lead_ids: str, read_at: datetime = LATER
) -> set[str]:
    """Who may be touched by what `change` does to these leads."""
    before = company_of(conn, tenant, lead_ids)
    change()
    changes = before.changes(company_of(conn, tenant, lead_ids))
    return beside(conn, tenant, changes, read_at, make_policy())


def test_whoever_comes_into_a_crowd_is_judged_again(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, called(1, 0), called(2, 20), called(3, 40), called(4, 200))
        assert neighbours(conn, tenant, lambda: store(conn, tenant, called(5, 30)), "5") == {"1", "2", "3"}
        again = neighbours(conn, tenant, lambda: store(conn, tenant, called(5, 30), read_at=at(days=2)), "5")
        assert again == set(), "what was there before names nobody again"


def test_whoever_leaves_a_crowd_names_the_others(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, *(called(number, number) for number in range(4)))
        gone = neighbours(conn, tenant, lambda: store(conn, tenant, make_record("0"), read_at=at(days=2)), "0")
        assert gone == {"1", "2", "3"}


def test_a_crowd_that_was_one_already_names_nobody(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, *(called(number, number / 10) for number in range(100)))
        assert neighbours(conn, tenant, lambda: store(conn, tenant, called(200, 5)), "200") == set()


def test_whoever_ticks_off_with_others_is_judged_again(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, *(ticked(number, number) for number in range(5)))
        assert neighbours(conn, tenant, lambda: store(conn, tenant, ticked(9, 9)), "9") == set("01234")


def test_a_new_letter_names_those_who_got_it_before(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(
            conn, tenant, wrote(1), wrote(2, LETTER.replace("products", "pumps")), wrote(3, "Call me, Ada, please.")
        )
        assert neighbours(conn, tenant, lambda: store(conn, tenant, wrote(4)), "4") == {"1", "2"}
        store(conn, tenant, *(wrote(number) for number in range(10, 20)))
        assert neighbours(conn, tenant, lambda: store(conn, tenant, wrote(5)), "5") == set(), (
            "it was a mailing already"
        )


# --- as a whole ---------------------------------------------------------------------------------------------------


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are sent while it lasts."""
    sent: list[str] = []

    def watch(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", watch)
    yield sent
    event.remove(database.engine, "before_cursor_execute", watch)


def busy(numbers: Sequence[int]) -> list[LeadRecord]:
    """Leads with calls, ticked tasks and letters."""
    records = []
    for number in numbers:
        owner_id = f"owner-{number % 4}"
        calls = called(number, 7 * number, owner_id=owner_id).activities
        mails = wrote(number, LETTER.replace("products", f"product {chr(97 + number % 26)}")).activities
        tasks = ticked(number, 11 * number).tasks
        lead = make_lead(str(number), owner_id=owner_id, received_at=at(-120 - number))
        records.append(make_record(lead, activities=[*calls, *mails], tasks=tasks))
    return records


def test_a_batch_costs_the_same_queries_whatever_its_size(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, *busy(range(300)))
        costs = []
        for size in (2, 20, 100):
            cases = cases_of(conn, tenant, *(str(number) for number in range(size)))
            assert len(cases) == size
            with counted(database) as sent:
                found = surroundings_of(conn, tenant, cases, LATER, BOOK)
            assert len(found) == size
            assert all(each.twins and each.crowded_logs and each.crowded_ticks for each in found.values())
            costs.append(len(sent))
    assert costs[0] == costs[1] == costs[2] <= 20, costs


def test_equal_facts_give_equal_answers_alone_and_in_a_batch(database: Database, tenant: str) -> None:
    with database.write() as conn:
        records = busy(range(60))
        store(conn, tenant, *records[30:])
        store(conn, tenant, *records[:30])
        ids = [str(number) for number in range(60)]
        together = surroundings_of(conn, tenant, cases_of(conn, tenant, *ids), LATER, BOOK)
        alone = {lead_id: around(conn, tenant, lead_id) for lead_id in ids}
        assert together == alone
        other = make_install(conn, "portal-2").install_id
        store(conn, other, *records)
        assert surroundings_of(conn, other, cases_of(conn, other, *ids), LATER, BOOK) == together


def test_crowds_are_those_of_counting_by_hand(database: Database, tenant: str) -> None:
    """Against a plain count over every span that begins with a call."""
    seconds = [0, 1, 1, 30, 59, 60, 61, 95, 119, 120, 121, 179, 300, 300, 359.5, 360]
    with database.write() as conn:
        store(conn, tenant, *(called(number, logged) for number, logged in enumerate(seconds)))
        for number, logged in enumerate(seconds):
            spans = [start for start in seconds if start <= logged < start + 60]
            expected = max(sum(start <= each < start + 60 for each in seconds) for start in spans)
            assert crowd(conn, tenant, number) == expected, logged


def test_nobody_asked_is_nobody_answered(database: Database, tenant: str) -> None:
    with database.read() as conn, counted(database) as sent:
        assert surroundings_of(conn, tenant, [], LATER, BOOK) == {}
    assert sent == []


def test_policies_of_the_account_decide_what_is_alike(database: Database, tenant: str) -> None:
    with database.write() as conn:
        store(conn, tenant, wrote(1), wrote(2, LETTER.replace("products", "pumps")))
        assert around(conn, tenant, "1", book=book_of(twin_percent=100)).twins == ()
        assert around(conn, tenant, "1").twins != ()
        (twin,) = around(conn, tenant, "1").twins or ()
        store(conn, tenant, wrote(3, **sent_before(3)), wrote(4, **sent_before(40)))
        reached = {
            days: (around(conn, tenant, "1", book=book_of(twin_days=days)).twins or (twin,))[0].leads
            for days in (2, 3, 30, 40)
        }
        assert reached == {2: 1, 3: 2, 30: 2, 40: 3}


def sent_before(days: int) -> dict[str, Any]:
    """When a letter went out so many days before the first one."""
    return {"occurred_at": at(-59, days=-days), "recorded_at": at(-59, days=-days)}
