"""The job that asks: off by default, outside of transactions, never twice for one answer, never beyond the limit; and
what came of it stands in the lead's judgement with its date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from audits.model.truth import LookedUp
from audits.truth.ladder import Rung, RungState, Step
from connector.errors import InstallLost
from connector.jobs.audit_leads import audit_leads
from connector.jobs.context import JobContext, Lease, take_lease
from connector.jobs.look_up import AWAY, QUESTIONS, look_up, month_of, next_month
from connector.lookups.mx import MAX_AGE, MxLookup
from connector.lookups.port import Answer, Lookup, Price
from connector.lookups.twilio import TwilioLookup
from connector.storage import findings, lookups, policies, timeline, worklist
from connector.storage.database import Database
from connector.storage.installs import Install
from connector.storage.lookups import RECENT, RETRY, LookupChoice, LookupKind, Told
from tests.factories import NOW, at, make_install, make_lead, make_record
from tests.lookups.name_server import NameServer, Zone
from tests.stack import Stack
from tests.unruly import answer_json, unruly

MX = LookupKind.MX
ZONE: Zone = {"good.example": {"MX": ("10 mail.good.example.",)}, "null.example": {"MX": ("0 .",)}}


class Paid:
    """Somebody who takes money: a lookup as the port says, whose answers the test sets."""

    kind, max_age = MX, timedelta(days=7)

    def __init__(self, clock: Callable[[], datetime], price: Price) -> None:
        self.clock, self.price = clock, price
        self.asked: list[str] = []

    def ask(self, values: Sequence[str]) -> Mapping[str, Answer]:
        self.asked += values
        return {value: Answer(told=Told(is_deliverable=True), at=self.clock()) for value in values}


class Account:
    """An account whose clock the test sets, with a name server of its own."""

    def __init__(self, stack: Stack, server: NameServer) -> None:
        self.now, self.server = NOW, server
        self.context: JobContext = replace(
            stack.context, clock=lambda: self.now, lookup_for=lambda _install, _choice: self.asker()
        )
        self.paid: Paid | None = None
        with self.database.write() as conn:
            self.install: Install = make_install(conn, zone="Europe/Berlin")
            policies.put_policy(conn, self.install_id, policies.default_policy("Europe/Berlin"), at(days=-100))

    @property
    def database(self) -> Database:
        return self.context.database

    @property
    def install_id(self) -> str:
        return self.install.install_id

    def asker(self) -> Lookup:
        return self.paid or MxLookup(lambda: self.now, [self.server.address], lifetime_s=0.4)

    def lease(self) -> Lease:
        return take_lease(self.context, self.install_id, "test")

    def arrive(self, lead_id: str, email: str | None, received_at: datetime | None = None) -> None:
        lead = make_lead(lead_id, email=email, received_at=received_at or self.now)
        with self.database.write() as conn:
            timeline.store_records(conn, self.install_id, [make_record(lead)], self.now)

    def judge(self, *lead_ids: str) -> None:
        audit_leads(self.lease(), lead_ids)

    def choose(self, is_on: bool = True, limit_minor: int = 0) -> None:
        choice = LookupChoice(kind=MX, is_on=is_on, limit_minor=limit_minor)
        with self.database.write() as conn:
            lookups.choose_lookup(conn, self.install_id, choice, user_id="user-1", at=self.now)

    def ask(self) -> bool:
        return look_up(self.lease())

    def waiting(self) -> int:
        with self.database.read() as conn:
            return lookups.count_wants(conn, self.install_id, MX)

    def spent(self) -> int:
        with self.database.read() as conn:
            return lookups.spent_milli(conn, self.install_id, MX, month_of(NOW))

    def due(self) -> list[str]:
        with self.database.read() as conn:
            return worklist.due_leads(conn, self.install_id, self.now, 100)

    def step(self, lead_id: str) -> Step:
        with self.database.read() as conn:
            audit = findings.get_audit(conn, self.install_id, lead_id)
        assert audit is not None
        assert audit.truth is not None
        return next(step for step in audit.truth.steps if step.rung is Rung.DELIVERABLE)

    def known(self, lead_id: str, as_of: datetime) -> LookedUp | None:
        with self.database.read() as conn:
            [case] = timeline.load_cases(conn, self.install_id, [lead_id], as_of, self.install.coverage)
            return lookups.looked_up(conn, self.install_id, [case.lead], None, as_of).get(lead_id)

    def has_work(self) -> bool:
        with self.database.read() as conn:
            return self.install_id in worklist.installs_with_work(conn, self.now)


@pytest.fixture
def account(stack: Stack):
    with NameServer(ZONE, failing=frozenset({"down.example"})) as server:
        yield Account(stack, server)


def test_off_by_default_nobody_is_asked(account: Account):
    account.arrive("1", "ada@good.example")
    account.judge("1")
    assert not account.ask()
    assert account.server.asked == []
    assert account.step("1").state is RungState.UNKNOWN


def test_an_answer_lifts_or_refutes_the_rung_with_its_date(account: Account):
    account.choose()
    for lead_id, domain in (("1", "good.example"), ("2", "null.example"), ("3", "gone.example")):
        account.arrive(lead_id, f"ada@{domain}")
    account.judge("1", "2", "3")
    assert account.waiting() == 3
    account.now = at(5)
    assert account.ask()
    assert set(account.due()) >= {"1", "2", "3"}
    account.now = at(9)
    account.judge("1", "2", "3")
    assert [account.step(each).state for each in "123"] == [
        RungState.LIFTED,
        RungState.REFUTED,
        RungState.REFUTED,
    ]
    assert account.step("1").at == at(5)
    assert account.waiting() == 0
    assert not account.ask()


def test_a_failure_is_unknown_and_asked_again_later(account: Account):
    account.choose()
    account.arrive("1", "ada@down.example")
    account.judge("1")
    assert not account.ask()
    account.judge("1")
    assert account.step("1").state is RungState.UNKNOWN
    asked = len(account.server.asked)
    account.now = NOW + RETRY - timedelta(seconds=1)
    account.ask()
    assert len(account.server.asked) == asked
    account.server.zone["down.example"] = {"MX": ("10 mail.good.example.",)}
    account.server.failing = frozenset()
    account.now = NOW + RETRY
    assert account.ask()
    assert account.known("1", account.now) == LookedUp(is_deliverable=True, at=account.now)


def test_nobody_is_asked_twice_while_an_answer_holds(account: Account):
    account.choose()
    account.arrive("1", "ada@good.example")
    account.judge("1")
    account.ask()
    asked = list(account.server.asked)
    account.now = NOW + MAX_AGE - timedelta(minutes=1)
    account.arrive("2", "Grace@GOOD.example")
    account.judge("2")
    account.ask()
    assert account.server.asked == asked
    assert account.step("2").at == NOW
    account.now = NOW + MAX_AGE
    account.arrive("3", "eve@good.example")
    account.judge("3")
    assert account.step("3").state is RungState.UNKNOWN
    assert account.ask()
    assert account.server.asked == [*asked, ("good.example", "MX")]
    assert account.known("3", account.now) == LookedUp(is_deliverable=True, at=account.now)


def test_what_was_answered_later_is_not_known_before(account: Account):
    account.choose()
    account.arrive("1", "ada@good.example")
    account.judge("1")
    account.now = at(60)
    account.ask()
    assert account.known("1", at(59)) is None
    assert account.known("1", at(60)) == LookedUp(is_deliverable=True, at=at(60))


def test_many_leads_of_one_domain_are_one_question(account: Account):
    account.choose()
    for number in range(5):
        account.arrive(str(number), f"ada{number}@good.example")
    account.judge(*"01234")
    account.ask()
    assert account.server.asked == [("good.example", "MX")]
    assert set(account.due()) >= set("01234")


def test_switched_on_recent_leads_are_asked_about_and_old_ones_are_not(account: Account):
    account.arrive("old", "ada@null.example", NOW - RECENT - timedelta(days=1))
    account.arrive("new", "ada@good.example", NOW - timedelta(days=3))
    account.arrive("none", None)
    account.judge("old", "new", "none")
    account.choose()
    assert account.ask()
    assert account.server.asked == [("good.example", "MX")]
    account.judge("old")
    assert account.waiting() == 0


def test_what_is_to_be_asked_wakes_the_install_in_its_time(account: Account):
    account.choose()
    assert not account.has_work()
    with account.database.write() as conn:
        lookups.want_lookups(conn, account.install_id, [make_lead("1", email="ada@good.example")], None, NOW)
    assert account.has_work()
    with account.database.write() as conn:
        lookups.defer_wants(conn, account.install_id, MX, ["1"], at(60))
    assert not account.has_work()
    account.now = at(60)
    assert account.has_work()


def test_switched_off_nothing_more_is_asked_and_what_was_answered_stays(account: Account):
    account.choose()
    account.arrive("1", "ada@good.example")
    account.judge("1")
    account.ask()
    account.arrive("2", "ada@null.example")
    account.judge("2")
    account.choose(is_on=False)
    assert not account.ask()
    assert account.waiting() == 0
    assert account.server.asked == [("good.example", "MX")]
    assert account.known("1", NOW) is not None


def test_nobody_there_leaves_all_for_later(account: Account):
    names = [f"silent-{n}.example" for n in range(5)]
    account.server.silent = frozenset(names)
    account.choose()
    for name in names:
        account.arrive(name, f"ada@{name}")
    account.judge(*names)
    assert not account.ask()
    assert account.waiting() == 5
    with account.database.read() as conn:
        assert lookups.list_wants(conn, account.install_id, MX, None, NOW, 10) == []
        later = lookups.list_wants(conn, account.install_id, MX, None, NOW + AWAY, 10)
    assert len(later) == 3


def test_an_address_that_went_is_no_longer_asked_about(account: Account):
    account.choose()
    account.arrive("1", "ada@good.example")
    account.judge("1")
    account.arrive("1", None)
    account.ask()
    assert account.server.asked == []
    assert account.waiting() == 0


def test_the_limit_of_the_month_ends_the_asking_until_the_next(account: Account):
    account.paid = Paid(lambda: account.now, Price(milli=800, currency="USD"))
    account.choose(limit_minor=2)
    for number in range(5):
        account.arrive(str(number), f"ada@domain-{number}.example")
    account.judge(*"01234")
    while account.ask():
        pass
    # Two of 0.8 cents fit into two cents, a third does not.
    assert len(account.paid.asked) == 2
    assert account.spent() == 1600
    assert account.waiting() == 3
    account.now = next_month(NOW) - timedelta(seconds=1)
    assert not account.ask()
    assert len(account.paid.asked) == 2
    account.now = next_month(NOW)
    account.ask()
    assert len(account.paid.asked) in (2, 4)


def test_what_was_asked_without_a_lease_in_the_end_is_paid_all_the_same(account: Account):
    """Another worker takes the install over while this one asks: what he asked has cost money."""

    class Slow(Paid):
        def ask(self, values: Sequence[str]) -> Mapping[str, Answer]:
            take_lease(account.context, account.install_id, "another worker")
            return super().ask(values)

    price = Price(milli=800, currency="USD")
    account.paid = Slow(lambda: account.now, price)
    account.choose(limit_minor=3)
    for number in range(3):
        account.arrive(str(number), f"ada@domain-{number}.example")
    account.judge(*"012")
    with pytest.raises(InstallLost):
        account.ask()
    assert len(account.paid.asked) == 3
    assert account.spent() == 2400
    # Who goes on knows no answer, and asks again for what is left of the limit: nothing.
    account.paid, account.now = Paid(lambda: account.now, price), at(5)
    account.ask()
    assert account.paid.asked == []
    account.choose(limit_minor=6)
    account.now = at(6)
    assert account.ask()
    assert len(account.paid.asked) == 3
    assert account.spent() == 4800


def test_what_is_not_charged_is_taken_off_again(account: Account):
    class Free(Paid):
        def ask(self, values: Sequence[str]) -> Mapping[str, Answer]:
            assert account.spent() == 800 * len(values)
            first, *_ = values
            return {first: Answer(told=None, at=self.clock(), is_charged=False)}

    account.paid = Free(lambda: account.now, Price(milli=800, currency="USD"))
    account.choose(limit_minor=3)
    for number in range(2):
        account.arrive(str(number), f"ada@domain-{number}.example")
    account.judge(*"01")
    account.ask()
    assert account.spent() == 0
    with account.database.read() as conn:
        assert lookups.count_asked(conn, account.install_id, MX, month_of(NOW)) == 1


def test_a_higher_limit_lets_the_asking_go_on_at_once(account: Account):
    account.paid = Paid(lambda: account.now, Price(milli=1000, currency="USD"))
    account.choose(limit_minor=1)
    for number in range(3):
        account.arrive(str(number), f"ada@domain-{number}.example")
    account.judge(*"012")
    account.ask()
    account.ask()
    assert len(account.paid.asked) == 1
    account.choose(limit_minor=3)
    account.ask()
    assert len(account.paid.asked) == 3


def test_without_a_limit_nothing_that_costs_is_asked(account: Account):
    account.paid = Paid(lambda: account.now, Price(milli=1, currency="USD"))
    account.choose()
    account.arrive("1", "ada@good.example")
    account.judge("1")
    account.ask()
    assert account.paid.asked == []


def test_a_turn_asks_a_bounded_number(account: Account):
    account.paid = Paid(lambda: account.now, Price())
    account.choose()
    ids = [str(number) for number in range(QUESTIONS + 5)]
    for lead_id in ids:
        account.arrive(lead_id, f"ada@domain-{lead_id}.example")
    account.judge(*ids)
    account.ask()
    assert len(account.paid.asked) == QUESTIONS
    account.ask()
    assert len(account.paid.asked) == QUESTIONS + 5


@pytest.mark.parametrize("month", range(1, 13))
def test_months_begin_on_their_first_day(month: int):
    day = NOW.replace(month=month, day=28)
    assert month_of(day).isoformat() == f"{day:%Y-%m}-01T00:00:00+00:00"
    assert month_of(next_month(day)) == next_month(day) > day


def test_a_number_is_asked_about_as_one_of_the_accounts_country(account: Account):
    """The paid look-up through the whole job, against a server that answers as Twilio does."""
    with unruly(lambda handler, _: answer_json(handler, {"line_status": {"status": "inactive"}})) as server:
        asker = TwilioLookup(lambda: account.now, Price(milli=700, currency="USD"), "SK1", "secret", host=server.url)
        account.context = replace(account.context, lookup_for=lambda _install, _choice: asker)
        policy = replace(policies.default_policy("Europe/Berlin", "7"), region="NO")
        with account.database.write() as conn:
            policies.put_policy(conn, account.install_id, policy, at(days=-50))
            choice = LookupChoice(kind=LookupKind.PHONE, is_on=True, limit_minor=100)
            lookups.choose_lookup(conn, account.install_id, choice, user_id="user-1", at=NOW)
            lead = make_lead("1", phone="901 23 456", country=None, email=None, received_at=NOW)
            timeline.store_records(conn, account.install_id, [make_record(lead)], NOW)
        account.judge("1")
        account.now = at(5)
        assert account.ask()
        account.judge("1")
        assert [seen.path for seen in server.seen] == ["/v2/PhoneNumbers/%2B4790123456?Fields=line_status"]
    with account.database.read() as conn:
        audit = findings.get_audit(conn, account.install_id, "1")
        assert lookups.spent_milli(conn, account.install_id, LookupKind.PHONE, month_of(NOW)) == 700
    assert audit is not None
    assert audit.truth is not None
    step = next(step for step in audit.truth.steps if step.rung is Rung.PLAUSIBLE_NUMBER)
    assert (step.state, step.at) == (RungState.REFUTED, at(5))
