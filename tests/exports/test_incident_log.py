"""The audit of the incident log equals a calculation with no code in common: plain csv, datetime, a minute walk."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.exports.command import audit_command

ROOT = Path(__file__).parents[2]
LOG = ROOT / "tests/data/incident_event_log.csv"
EXAMPLES = ROOT / "docs/examples"

MACHINE = "Updated by 908"
#: Public holidays of England on which a response could have been due or counted (gov.uk).
HOLIDAYS = {date(2016, 3, 25), date(2016, 3, 28), date(2016, 5, 2), date(2016, 5, 30), date(2016, 8, 29),
            date(2016, 12, 26), date(2016, 12, 27), date(2017, 1, 2)}  # fmt: skip
TARGETS_MIN = {"1 - Critical": 30, "2 - High": 60}


def minute(text: str) -> datetime:
    return datetime.strptime(text, "%d-%m-%Y %H:%M")  # noqa: DTZ007  (the wall clock, as the log writes it)


@cache
def is_open(day: date, minute_of_day: int) -> bool:
    if day in HOLIDAYS or day.weekday() > 4:
        return False
    close = 16 * 60 if day.weekday() == 4 else 18 * 60
    return 8 * 60 <= minute_of_day < 12 * 60 + 30 or 13 * 60 <= minute_of_day < close


def working_minutes(start: datetime, end: datetime, most: int | None = None) -> Iterator[datetime]:
    """Every open minute in [start, end), walked one by one by the wall clock.

    The clocks change only on Sunday nights here, when nothing is open, so the wall clock is all that is needed.
    """
    now, found = start, 0
    while now < end and (most is None or found < most):
        if is_open(now.date(), now.hour * 60 + now.minute):
            found += 1
            yield now
        now += timedelta(minutes=1)


def due_at(received: datetime, minutes: int) -> datetime:
    *_, last = working_minutes(received, received + timedelta(days=60), minutes)
    return last + timedelta(minutes=1)


class Ticket:
    """One ticket as of an instant, read straight from the rows of the log."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        rows = sorted(rows, key=lambda row: (minute(row["sys_updated_at"]), int(row["sys_mod_count"])))
        recorder = rows[0]["sys_updated_by"]
        self.received = minute(rows[0]["opened_at"])
        self.is_closed = rows[-1]["incident_state"] in ("Resolved", "Closed")
        self.owner_now = rows[-1]["assigned_to"]
        self.rows = rows
        self.attempt = min(
            (
                minute(row["sys_updated_at"])
                for row in rows
                if row["sys_updated_by"] not in (recorder, MACHINE) and minute(row["sys_updated_at"]) >= self.received
            ),
            default=None,
        )
        self.due = due_at(self.received, TARGETS_MIN.get(rows[-1]["priority"], 240))

    def owner_at(self, when: datetime) -> str:
        """Who was assigned then; "" for nobody."""
        before = [row["assigned_to"] for row in self.rows if minute(row["sys_updated_at"]) <= when]
        if all(row["assigned_to"] == "?" for row in self.rows):
            before = []
        return "" if not before or before[-1] == "?" else before[-1]

    def answer(self, as_of: datetime) -> tuple[str, str]:
        """How it was answered, and by whom it was held when that mattered."""
        now = "" if self.owner_now == "?" else self.owner_now
        if self.attempt is not None:
            held = self.owner_at(min(self.due, self.attempt))
            return ("in_time" if self.attempt <= self.due else "late"), held
        if self.is_closed:
            return "closed_without", now
        if as_of < self.due:
            return "waiting", self.owner_at(as_of)
        return "unanswered", self.owner_at(self.due)


def tickets(as_of: datetime) -> dict[str, Ticket]:
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    with LOG.open(newline="", encoding="utf-8") as source:
        for row in csv.DictReader(source):
            if minute(row["sys_updated_at"]) <= as_of and minute(row["opened_at"]) <= as_of:
                rows[row["number"]].append(row)
    return {number: Ticket(group) for number, group in rows.items()}


@pytest.fixture(scope="module", params=["2017-02-04T19:00", "2016-03-02T15:20"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """The independent tickets and our report, as of the log's end and as of the middle of a working day."""
    out = tmp_path_factory.mktemp("audit") / "audit.json"
    arguments = ["--leads", LOG, "--map", EXAMPLES / "incident-log.map.toml", "--as-of", request.param]
    arguments += ["--policy", EXAMPLES / "incident-log.policy.toml", "--json", out]
    ran = CliRunner().invoke(audit_command, [str(argument) for argument in arguments])
    assert ran.exit_code == 0, ran.output
    as_of = datetime.fromisoformat(request.param)
    return as_of, tickets(as_of), json.loads(out.read_text())


def test_every_ticket_and_no_other_is_a_lead(both):
    _, expected, told = both
    assert {lead["lead_id"] for lead in told["leads"]} == set(expected)
    assert told["count_leads"] == len(expected)
    assert told["count_bad_rows"] == 0
    assert told["files"][0]["rows"] == 5998


def test_answers_in_all_and_per_owner(both):
    as_of, expected, told = both
    answers = [ticket.answer(as_of) for ticket in expected.values()]
    in_all = Counter(answer for answer, _ in answers)
    assert {name: count for name, count in told["report"]["response"]["answers"].items() if count} == in_all
    assert in_all["in_time"] > 50
    assert in_all["late"] > 20
    per_owner: dict[str, Counter[str]] = defaultdict(Counter)
    for answer, owner in answers:
        per_owner[owner][answer] += 1
    assert {
        row["name"]: {name: count for name, count in row["answers"].items() if count}
        for row in told["report"]["owners"]
    } == per_owner


def test_rule_counts(both):
    as_of, expected, told = both
    answers = Counter(ticket.answer(as_of)[0] for ticket in expected.values())
    rules = {rule["rule_id"]: rule for rule in told["report"]["rules"]}
    assert rules["RT001"]["breaches"]["count"] == answers["late"]
    assert rules["RT001"]["breaches"]["n"] == answers["late"] + answers["in_time"]
    assert rules["RT002"]["breaches"]["count"] == answers["unanswered"]
    assert rules["RT002"]["breaches"]["n"] == answers["unanswered"] + answers["waiting"]
    never_called = Counter(
        "closed"
        if ticket.is_closed
        else "called"
        if ticket.attempt is not None
        # The log names no phone numbers, so that nobody called is not a breach: it cannot be told.
        else "not_looked_at"
        if as_of >= due_at(ticket.received, 9 * 60)
        else "waiting_in_time"
        for ticket in expected.values()
    )
    assert {each["reason"]: each["count"] for each in rules["NC001"]["reasons"]} == never_called


def test_working_time_to_the_first_attempt(both):
    _, expected, told = both
    spans: list[int] = []
    for lead in told["leads"]:
        ticket = expected[lead["lead_id"]]
        seconds = None
        if ticket.attempt is not None:
            seconds = 60 * sum(1 for _ in working_minutes(ticket.received, ticket.attempt))
            spans.append(seconds)
        assert lead["facts"]["first_attempt_working_s"] == seconds, lead["lead_id"]
    spans.sort()
    summary = told["report"]["response"]["first_attempt_working"]
    assert summary["n"] == len(spans) >= 20
    at_least_half = next(span for span in spans if 2 * sum(other <= span for other in spans) >= len(spans))
    nine_tenths = next(span for span in spans if 10 * sum(other <= span for other in spans) >= 9 * len(spans))
    assert (summary["median_s"], summary["p90_s"]) == (at_least_half, nine_tenths)
    assert sum(each["count"] for each in told["report"]["first_attempt_histogram"]) == len(spans)


def test_what_the_log_does_not_show_is_not_looked_at(both):
    _, expected, told = both
    rules = {rule["rule_id"]: rule for rule in told["report"]["rules"]}
    assert {fact["fact"] for fact in told["not_looked_at"]} >= {"tasks", "contact_data", "duplicates"}
    assert [(each["outcome"], each["count"]) for each in rules["PL001"]["reasons"]] == [
        ("not_evaluated", len(expected))
    ]


def test_events_that_people_wrote_down_in_bulk_are_no_attempts(tmp_path):
    """By hand: more than three calls of one actor within a minute. The log is written to the minute, so that a crowd
    is what stands in one of them."""
    map_ = tmp_path / "by-hand.map.toml"
    told = (EXAMPLES / "incident-log.map.toml").read_text()
    map_.write_text(told.replace("[event_log]\n", "[event_log]\nwritten_by_hand = true\n", 1))
    out = tmp_path / "audit.json"
    arguments = ["--leads", LOG, "--map", map_, "--policy", EXAMPLES / "incident-log.policy.toml", "--json", out]
    ran = CliRunner().invoke(audit_command, [str(argument) for argument in arguments])
    assert ran.exit_code == 0, ran.output
    by_minute: Counter[tuple[str, str]] = Counter()
    calls: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for number, ticket in tickets(datetime(2017, 2, 4, 19, 0)).items():  # noqa: DTZ001  (the wall clock)
        recorder = min(ticket.rows, key=lambda row: (minute(row["sys_updated_at"]), int(row["sys_mod_count"])))
        for row in ticket.rows:
            if row["sys_updated_by"] not in (recorder["sys_updated_by"], MACHINE):
                key = (row["sys_updated_by"], row["sys_updated_at"])
                by_minute[key] += 1
                if minute(row["sys_updated_at"]) >= ticket.received:
                    calls[number].append(key)
    crowded = {number for number, keys in calls.items() if any(by_minute[key] > 3 for key in keys)}
    found = {
        lead["lead_id"]
        for lead in json.loads(out.read_text())["leads"]
        for each in lead["findings"]
        if (each["rule_id"], each["outcome"]) == ("AG002", "breach")
    }
    assert found == crowded
    assert len(found) > 10


def test_why_promises_were_broken_is_told_of_each(both):
    _, expected, told = both
    causes = Counter(lead["cause"] for lead in told["leads"] if lead["cause"] != "none")
    late = {number for number, ticket in expected.items() if ticket.answer(both[0])[0] in ("late", "unanswered")}
    assert {lead["lead_id"] for lead in told["leads"] if lead["cause"] != "none"} == late
    assert told["causes"] == causes
    assert causes["waited_for_owner"] > 20
    assert causes["not_called"] > 5
    for lead in told["leads"]:
        ticket = expected[lead["lead_id"]]
        if lead["cause"] == "waited_for_owner":
            first = min(
                (minute(row["sys_updated_at"]) for row in ticket.rows if row["assigned_to"] != "?"), default=None
            )
            assert first is None or first > ticket.received, lead["lead_id"]
