"""Once a day an account's own outcomes are held against what was said when its leads came."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audits.engine import audit
from audits.model.activity import ActivityKind, Direction, Disposition
from audits.model.finding import Outcome
from audits.model.lead import Lead, LeadStatus
from audits.model.truth import PSEUDO_CLASSES, LeadClass, Learned
from audits.truth.experience import CURVE_MOVES, LEAST_SPOKEN, Experience, Noted, largest_move
from audits.truth.outcomes import Found, FoundOut
from connector.crm.port import LeadRecord
from connector.jobs import backfill, daily, learn_truth
from connector.jobs.audit_leads import audit_leads
from connector.jobs.context import JobContext, Lease, take_lease
from connector.storage import cursors, findings, lessons, outcomes, policies, snapshots, timeline, worklist
from tests.factories import NOW, at, make_activity, make_install, make_lead, make_record
from tests.stack import Stack

#: What reads like nobody: sure enough for a verdict.
EMPTY = {"first_name": "asdf", "last_name": "qwerty", "phone": "1111111111"}
ROUNDS = 20


class Account:
    """An account whose clock the test sets."""

    def __init__(self, stack: Stack, account_id: str = "portal-1") -> None:
        self.now = NOW
        self.context: JobContext = replace(stack.context, clock=lambda: self.now)
        with self.context.database.write() as conn:
            self.install_id = make_install(conn, account_id, zone="Europe/Berlin").install_id
            policies.put_policy(conn, self.install_id, policies.default_policy("Europe/Berlin"), at(days=-100))
            cursors.put_cursor(
                conn, self.install_id, backfill.NAME, cursor=None, done=1, total=1, at=at(-1), is_finished=True
            )

    def lease(self) -> Lease:
        return take_lease(self.context, self.install_id, "test")

    def note(self, name: str, n: int, *, is_genuine: bool, said: float = 0.99) -> None:
        """`n` leads that were called empty or, of little `said`, nothing at all, as their audits would note it."""
        with self.context.database.write() as conn:
            records = [make_record(person(f"{name}-{number}", status=LeadStatus.LOST)) for number in range(n)]
            timeline.store_records(conn, self.install_id, records, self.now)
            found = (
                FoundOut(found=Found.GENUINE, why="own_act", against=PSEUDO_CLASSES)
                if is_genuine
                else FoundOut(found=Found.PSEUDO, why="denied", classes=(LeadClass.EMPTY,))
            )
            lines = [
                Noted(
                    lead_id=each.lead.lead_id,
                    said=said,
                    spoke=("PL011",) if said > 0.9 else (),
                    codes=("mashed_name",) if said > 0.9 else (),
                    found=found,
                )
                for each in records
            ]
            outcomes.note_outcomes(conn, self.install_id, lines, self.now)
            worklist.mark_audited(
                conn,
                self.install_id,
                worklist.marks_of(conn, self.install_id, [each.lead_id for each in lines], self.now),
            )

    def learn(self) -> bool:
        return learn_truth.learn_truth(self.lease())

    def store(self, records: list[LeadRecord]) -> None:
        with self.context.database.write() as conn:
            timeline.store_records(conn, self.install_id, records, self.now)
        audit_leads(self.lease(), [each.lead.lead_id for each in records])

    def settle(self) -> None:
        """Audit what is due by leads beside it, until nothing is."""
        for _ in range(ROUNDS):
            due = self.due()
            if not due:
                return
            audit_leads(self.lease(), due)
        raise AssertionError(f"{len(due)} leads stay due")

    def lesson(self) -> Learned | None:
        with self.context.database.read() as conn:
            return lessons.lesson_at(conn, self.install_id, self.now)

    def weak(self) -> tuple[LeadClass, ...]:
        lesson = self.lesson()
        assert lesson is not None
        return lesson.weak

    def version(self) -> str:
        lesson = self.lesson()
        return "" if lesson is None else lesson.version

    def due(self) -> set[str]:
        with self.context.database.read() as conn:
            return set(worklist.due_leads(conn, self.install_id, self.now, 10_000))

    def experience(self) -> Experience:
        with self.context.database.read() as conn:
            return Experience.of(outcomes.count_noted(conn, self.install_id))

    def finding(self, lead_id: str, rule_id: str):
        with self.context.database.read() as conn:
            held = findings.list_findings(conn, self.install_id, lead_id, only_current=True)
        return next((each.finding for each in held if each.finding.rule_id == rule_id), None)


@pytest.fixture
def account(stack: Stack) -> Account:
    return Account(stack)


def person(lead_id: str, **fields: object) -> Lead:
    """A lead with an address of its own, which says nothing of it."""
    domain = "mailinator.com" if "phone" in fields else "byron-verksted.no"
    return make_lead(lead_id, **{"email": f"ada.{lead_id.lower()}@{domain}", **fields})


def tried(lead_id: str, fields: dict[str, object], *, is_genuine: bool) -> LeadRecord:
    """A lead that was spoken with, and then came to a meeting, or had asked for nothing."""
    # Each by another owner: of calls that one logs together with many others none counts.
    talk = make_activity(
        f"talk-{lead_id}", lead_id, disposition=Disposition.CONNECTED, duration_s=180, owner_id=f"owner of {lead_id}"
    )
    meeting = make_activity(
        f"meeting-{lead_id}", lead_id, kind=ActivityKind.MEETING, disposition=Disposition.CONNECTED, duration_s=1800,
        occurred_at=at(-40), direction=Direction.OUTBOUND,
    )  # fmt: skip
    state = {} if is_genuine else {"status": LeadStatus.LOST, "raw_status": "Did not request", "closed_at": at(-20)}
    lead = person(lead_id, **fields, **state)
    return make_record(lead, activities=[talk, meeting] if is_genuine else [talk])


def fill(account: Account, *, plain: tuple[int, int], empty: tuple[int, int]) -> None:
    """(genuine, pseudo) of plain leads, and of those that read like nobody."""
    records = []
    for kind, fields, counts in (("plain", {}, plain), ("empty", EMPTY, empty)):
        for is_genuine, count in zip((True, False), counts, strict=True):
            records += [tried(f"{kind}-{is_genuine}-{n}", fields, is_genuine=is_genuine) for n in range(count)]
    account.store(records)


def test_each_audit_notes_what_was_to_be_said_and_what_was_found_out(account: Account):
    account.store([tried("g", {}, is_genuine=True), tried("p", EMPTY, is_genuine=False)])
    with account.context.database.read() as conn:
        (plain, _), (empty, n) = outcomes.count_noted(conn, account.install_id)
    assert n == 1
    assert plain.found is not None
    assert empty.found is not None
    assert (plain.found.found, empty.found.found) == (Found.GENUINE, Found.PSEUDO)
    assert plain.said < 0.2
    assert empty.said > 0.9
    assert "PL011" in empty.spoke
    assert not {"denied", "reached", "confirmed"} & {*empty.codes, *plain.codes}


def test_too_few_outcomes_teach_nothing(account: Account):
    fill(account, plain=(30, 5), empty=(5, 10))
    assert account.learn()
    assert account.lesson() is None
    assert not account.learn(), "once a day"
    account.now += daily.EVERY
    assert not account.learn(), "nothing was noted since"


def test_weights_that_say_too_much_are_mended_and_open_leads_judged_again(account: Account):
    fill(account, plain=(90, 10), empty=(40, 20))
    closed = person("closed", status=LeadStatus.LOST, **EMPTY)
    account.store([make_record(person("open", received_at=at(-100), **EMPTY)), make_record(closed)])
    account.settle()
    said_before = account.finding("open", "PL011")
    assert said_before is not None
    assert said_before.outcome is Outcome.BREACH
    assert account.due() == set()
    assert account.learn()
    lesson = account.lesson()
    assert lesson is not None
    assert lesson.of(0.99) < 0.75
    assert len(lesson.said) < 10, "level ends alone"
    assert "open" in account.due()
    assert "closed" not in account.due()
    audit_leads(account.lease(), ["open"])
    now = account.finding("open", "PL011")
    assert now is not None
    assert now.outcome is not Outcome.BREACH


def test_a_rule_that_outcomes_refute_is_demoted_and_comes_back(account: Account):
    account.note("plain", 90, is_genuine=True, said=0.04)
    account.note("wrong", 40, is_genuine=True)
    account.note("right", 5, is_genuine=False)
    account.note("once more", 1, is_genuine=True)
    assert account.learn()
    assert account.lesson() == Learned(version=account.version(), weak=(LeadClass.EMPTY,))
    # More agree now, and not yet half of them: single outcomes do not let it flap.
    account.now += daily.EVERY
    account.note("more", 30, is_genuine=False)
    assert account.learn()
    assert account.weak() == (LeadClass.EMPTY,)
    account.now += daily.EVERY
    account.note("again", 10, is_genuine=False)
    assert account.learn()
    assert account.weak() == ()
    with account.context.database.read() as conn:
        held = lessons.list_lessons(conn, account.install_id)
    assert [each.learned.weak for each in reversed(held)] == [(LeadClass.EMPTY,), (LeadClass.EMPTY,), ()]
    assert held[0].grounds.outcomes == 176
    assert held[0].grounds.pseudo == 45


def test_of_few_that_it_spoke_of_no_rule_is_demoted(account: Account):
    account.note("wrong", LEAST_SPOKEN - 1, is_genuine=True)
    assert account.learn()
    assert account.lesson() is None
    account.now += daily.EVERY
    account.note("one more", 1, is_genuine=True)
    assert account.learn()
    assert account.weak() == (LeadClass.EMPTY,)


def test_a_curve_that_hardly_moves_stays_the_one_in_force(account: Account):
    account.note("plain", 90, is_genuine=True, said=0.04)
    account.note("missed", 10, is_genuine=False, said=0.04)
    account.note("right", 40, is_genuine=False)
    assert account.learn()
    first = account.lesson()
    assert first is not None
    account.now += daily.EVERY
    account.note("one more", 1, is_genuine=True, said=0.04)
    was_due = account.due()
    assert account.learn()
    assert account.lesson() == first
    with account.context.database.read() as conn:
        assert [each.learned for each in lessons.list_lessons(conn, account.install_id)] == [first]
    assert account.due() == was_due


def test_a_past_audit_is_repeated_with_what_was_learned_then(account: Account):
    account.note("plain", 90, is_genuine=True, said=0.04)
    account.note("missed", 10, is_genuine=False, said=0.04)
    account.note("wrong", 40, is_genuine=True)
    account.note("right", 20, is_genuine=False)
    account.store([make_record(person("open", received_at=at(-100), **EMPTY))])
    account.learn()
    account.settle()
    judged_at, lesson = account.now, account.lesson()
    assert lesson is not None
    with account.context.database.read() as conn:
        policy = policies.policy_as_of(conn, account.install_id, judged_at)
        held = findings.list_findings(conn, account.install_id, "open", only_current=True)
        audited = findings.get_audit(conn, account.install_id, "open")
    assert audited is not None
    assert audited.truth is not None
    assert audited.truth.judgement.learned == lesson.version
    # Another lesson comes to hold later.
    account.now += daily.EVERY
    account.note("later", 150, is_genuine=False)
    assert account.learn()
    assert account.version() != lesson.version
    with account.context.database.read() as conn:
        (case,) = snapshots.load_cases_known_at(conn, account.install_id, judged_at, ["open"])
        (later,) = snapshots.load_cases_known_at(conn, account.install_id, account.now, ["open"])
        (packed,) = snapshots.packed(conn, account.install_id, [(case, {})])
        (plain,) = snapshots.packed(
            conn,
            account.install_id,
            [(replace(case, surroundings=replace(case.surroundings, learned=None)), {})],
        )
    assert (case.surroundings.learned, later.surroundings.learned) == (lesson, account.lesson())
    repeated = audit(case, policy)
    assert repeated.judgement == audited.truth.judgement
    assert repeated.verdict is audited.verdict
    stored = {each.finding.rule_id: (each.finding.outcome, each.finding.reason) for each in held}
    assert {each.rule_id: (each.outcome, each.reason) for each in repeated.findings} == stored
    assert audit(later, policy).judgement != repeated.judgement
    assert packed.digest == plain.digest, "what is kept for good by itself stands in no snapshot"


def test_what_one_account_learned_no_other_has(account: Account, stack: Stack):
    other = Account(stack, "portal-2")
    account.note("wrong", 40, is_genuine=True)
    other.note("wrong", 3, is_genuine=True)
    assert account.learn()
    assert other.learn()
    assert account.weak() == (LeadClass.EMPTY,)
    assert other.lesson() is None
    assert len(other.experience().outcomes) == 3
    with other.context.database.read() as conn:
        assert lessons.list_lessons(conn, other.install_id) == []


def test_a_lead_that_is_gone_teaches_no_more(account: Account):
    account.note("wrong", LEAST_SPOKEN, is_genuine=True)
    with account.context.database.write() as conn:
        timeline.mark_gone(conn, account.install_id, ["wrong-0"], account.now)
    assert account.experience().rule("PL011").spoke == LEAST_SPOKEN - 1


def test_moves_are_measured_over_the_whole_curve():
    first = Learned(version="a", said=(0.1, 0.9), found=(0.1, 0.9))
    second = Learned(version="b", said=(0.1, 0.5, 0.9), found=(0.1, 0.45, 0.9))
    assert largest_move(first, second) == pytest.approx(0.05)
    assert largest_move(first, first) < CURVE_MOVES
