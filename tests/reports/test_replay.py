"""A past report is made again byte for byte, whatever was changed since; where it is not, it says why."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from audits.engine import audit
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from connector.jobs.weekly_report import weekly_report
from connector.reporting import making
from connector.reporting.figures import week_bounds
from connector.reporting.replay import Replay, first_difference, replay
from connector.storage import contests, owner_cases, policies, reports, snapshots, timeline, worklist
from connector.storage.cases import load_cases
from connector.storage.policies import PolicyBook
from connector.storage.reports import StoredReport
from connector.storage.surroundings import surroundings_of
from connector.storage.tables import case_snapshots, current_findings, findings
from tests.factories import at, make_activity, make_calendar, make_finding, make_record
from tests.reports.account import ZONE, Account, drawn_lead


def made(account: Account) -> StoredReport:
    assert weekly_report(account.lease())
    with account.context.database.read() as conn:
        (stored,) = reports.list_reports(conn, account.install_id)
    return stored


def again(account: Account, stored: StoredReport) -> Replay:
    with account.context.database.read() as conn:
        return replay(conn, account.install_id, stored)


def change_everything(account: Account) -> None:
    """Late activities, other statuses, leads that end and come, a new policy that begins in the past."""
    account.now += timedelta(days=2)
    drawn = random.Random(9)
    records = []
    for number in range(60):
        record = drawn_lead(random.Random(number), f"{number:04}", at(0))
        late = make_activity(
            f"late-{number}", record.lead.lead_id, occurred_at=at(days=-20), recorded_at=at(days=-19), duration_s=300
        )
        lead = replace(record.lead, status=drawn.choice(list(LeadStatus)), source="bought", email="same@example.com")
        records.append(make_record(lead, activities=[late]))
    account.store([*records, drawn_lead(drawn, "newcomer", account.now)])
    with account.context.database.write() as conn:
        timeline.mark_gone(conn, account.install_id, ["0070", "0071"], account.now)
        other = Policy(version="9", calendar=make_calendar(ZONE, 6, 22), response_target_s=60, max_gap_s=60)
        policies.put_policy(conn, account.install_id, other, at(days=-200))
    account.audit()


def test_a_report_is_the_same_after_everything_changed(account: Account) -> None:
    stored = made(account)
    assert json.loads(stored.figures)["arrivals"] > 5
    first = again(account, stored)
    assert (first.is_equal, first.digest) == (True, stored.digest)
    change_everything(account)
    second = again(account, stored)
    assert (second.is_equal, second.digest, second.reasons) == (True, stored.digest, ())
    # The present is another: the same week, made now, has other figures.
    with account.context.database.read() as conn:
        now = making.make_report(conn, account.install_id, stored.period_from, stored.period_to, account.now)
    assert now.report.to_bytes().decode() != stored.figures


def test_what_was_known_is_loaded_exactly_as_it_was(account: Account) -> None:
    before = account.now
    with account.context.database.read() as conn:
        book = PolicyBook.load(conn, account.install_id)
        install = account.lease().install()
        live = load_cases(
            conn,
            account.install_id,
            [f"{number:04}" for number in range(90)],
            before,
            install.coverage,
            lambda cases: surroundings_of(conn, account.install_id, cases, before, book),
        )
        judged = {case.lead.lead_id: audit(case, book.policy_for(case.lead.received_at, before)) for case in live}
    change_everything(account)
    with account.context.database.read() as conn:
        known = snapshots.load_cases_known_at(conn, account.install_id, before)
        later = snapshots.load_cases_known_at(conn, account.install_id, account.now)
    assert [case.lead for case in known] == [case.lead for case in live]
    for then, now in zip(live, known, strict=True):
        assert snapshots.without_texts(now).activities == snapshots.without_texts(then).activities
        assert (now.tasks, now.owner_changes, now.stage_changes) == (
            then.tasks,
            then.owner_changes,
            then.stage_changes,
        )
        assert (now.coverage, now.owners, now.as_of) == (then.coverage, then.owners, before)
        assert (len(now.sightings), len(now.deals)) == (len(then.sightings), len(then.deals))
        assert now.surroundings.load == then.surroundings.load
        policy = book.policy_for(now.lead.received_at, before)
        told = audit(now, policy)
        # Without texts every rule but those on texts answers the same, and so do scores, status and cause.
        answers = {
            finding.rule_id: (finding.outcome, finding.reason, finding.owner_id)
            for finding in told.findings
            if not finding.rule_id.startswith(snapshots.TEXT_RULES)
        }
        was = judged[now.lead.lead_id]
        assert answers == {
            finding.rule_id: (finding.outcome, finding.reason, finding.owner_id)
            for finding in was.findings
            if finding.rule_id in answers
        }
        assert (told.facts, told.cause, told.verdict) == (was.facts, was.cause, was.verdict)
        assert (told.follow_up_status, told.handling.value) == (was.follow_up_status, was.handling.value)
    assert {case.lead.lead_id for case in later} == {case.lead.lead_id for case in live} - {"0070", "0071"} | {
        "newcomer"
    }


def test_texts_of_messages_are_in_no_snapshot(account: Account) -> None:
    with account.context.database.read() as conn:
        known = list(snapshots.iter_known_at(conn, account.install_id, account.now))
    assert any(each.texts["FM001"].outcome.value in ("breach", "pass") for each in known)
    assert all(act.text is None and act.subject is None for each in known for act in each.case.activities)
    assert all(twin.phrase == "" for each in known for twin in each.case.surroundings.twins or ())


def judged_again(account: Account) -> dict[str, str]:
    """The digests of what is known once every lead was judged again without news."""
    account.now += timedelta(minutes=1)
    with account.context.database.write() as conn:
        known = snapshots.known_digests(conn, account.install_id, account.now)
        worklist.mark_due(conn, account.install_id, sorted(known), account.now)
    account.audit()
    with account.context.database.read() as conn:
        return dict(snapshots.known_digests(conn, account.install_id, account.now))


def test_nothing_is_kept_twice(account: Account) -> None:
    # What became of leads alike is told to each lead when it is judged next: by then nothing is news.
    before = judged_again(account)
    with account.context.database.read() as conn:
        kept = conn.execute(sa.select(sa.func.count()).select_from(case_snapshots)).scalar_one()
    assert judged_again(account) == before
    with account.context.database.read() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(case_snapshots)).scalar_one() == kept


def test_a_report_is_made_once_a_week(account: Account) -> None:
    stored = made(account)
    assert (stored.period_from, stored.period_to) == week_bounds(at(days=-7).date(), ZONE)
    assert not weekly_report(account.lease())
    account.now += timedelta(days=7)
    account.audit()
    assert weekly_report(account.lease())
    with account.context.database.read() as conn:
        newest, first = reports.list_reports(conn, account.install_id)
    assert first == stored
    assert newest.period_from == stored.period_to


def test_a_person_who_was_forgotten_is_said(account: Account) -> None:
    stored = made(account)
    listed = json.loads(stored.figures)["neglected"][0]["lead_id"]
    with account.context.database.write() as conn:
        timeline.forget(conn, account.install_id, [listed], account.now + timedelta(hours=1))
        found = reports.find_report(conn, account.install_id, stored.report_id)
    assert found is not None
    assert f'"{listed}"' not in found.figures
    told = again(account, found)
    assert not told.is_equal
    assert told.reasons == ("1 records of people were forgotten since; nothing of them is kept",)
    assert told.place


def test_what_was_set_aside_then_stays_so(account: Account) -> None:
    before = account.now - timedelta(minutes=1)
    with account.context.database.write() as conn:
        charged = conn.execute(
            sa.select(findings.c.lead_id, findings.c.fingerprint)
            .join(
                current_findings,
                sa.and_(
                    current_findings.c.install_id == findings.c.install_id,
                    current_findings.c.fingerprint == findings.c.fingerprint,
                ),
            )
            .where(findings.c.install_id == account.install_id, findings.c.rule_id.in_(contests.PROMISE_RULES))
            .where(findings.c.outcome == "breach", findings.c.owner_id.is_not(None))
        ).all()
        assert charged
        for each in charged:
            opened = contests.open_contest(
                conn, account.install_id, each.fingerprint, why="No", user_id="rep", at=before
            )
            assert opened is not None
            assert contests.decide(
                conn,
                account.install_id,
                opened.contest_id,
                contests.Decision.SET_ASIDE,
                note="Yes",
                user_id="head",
                at=before,
            )
    stored = made(account)
    marks = stored.inputs["set_aside"]
    assert isinstance(marks, list)
    assert marks
    assert not {each.lead_id for each in charged} & set(marks), "no id is kept that a forgotten person would leave"
    with account.context.database.write() as conn:
        # Taken back by one whose clock is slow, or who waited for the store: as if it had been before the report.
        for lead_id in {each.lead_id for each in charged}:
            for contest in contests.list_contests(conn, account.install_id, lead_id):
                assert contests.reopen(conn, account.install_id, contest.contest_id, at=before) is not None
        assert not contests.promises_set_aside(conn, account.install_id, account.now)
    told = again(account, stored)
    assert (told.is_equal, told.reasons) == (True, ())


def test_which_leads_were_contested_then_stays_so(account: Account) -> None:
    """On a lead that the report lists, and on a person whom it counts."""
    before = account.now - timedelta(minutes=1)
    of_person = make_finding("owner-1", "NC007", as_of=before)
    with account.context.database.write() as conn:
        rows = conn.execute(
            sa.select(current_findings.c.lead_id, current_findings.c.fingerprint).where(
                current_findings.c.install_id == account.install_id, current_findings.c.outcome == "breach"
            )
        ).all()
        opened = {
            each.lead_id: contests.open_contest(
                conn, account.install_id, each.fingerprint, why="No", user_id="rep", at=before
            )
            for each in rows
        }
        owner_cases.put_owner_findings(conn, account.install_id, [of_person], before - timedelta(days=28), before)
        assert contests.open_contest_of_owner(
            conn, account.install_id, of_person.fingerprint(), why="No", user_id="rep", at=before
        )
    stored = made(account)
    figures = json.loads(stored.figures)
    listed = {each["lead_id"]: each["is_contested"] for each in figures["neglected"]}
    assert listed == {lead_id: lead_id in opened for lead_id in listed}
    assert True in listed.values()
    assert [each["contested"] for each in figures["rules"] if each["rule_id"] == "NC007"] == [1]
    assert not set(listed) & set(stored.inputs["contested_leads"]), (
        "no id is kept that a forgotten person would leave"
    )
    with account.context.database.write() as conn:
        for each in contests.list_open(conn, account.install_id, 10_000):
            contests.decide(
                conn,
                account.install_id,
                each.contest_id,
                contests.Decision.WITHDRAWN,
                note="",
                user_id="rep",
                at=before,
            )
        assert contests.contested_leads(conn, account.install_id, account.now) == frozenset()
    told = again(account, stored)
    assert (told.is_equal, told.reasons) == (True, ())


def test_a_changed_rule_and_changed_zones_are_said(account: Account) -> None:
    stored = made(account)
    inputs = {
        **stored.inputs,
        "rules": [[rule_id, 1 if rule_id == "RT001" else version] for rule_id, version in stored.inputs["rules"]],
        "tzdata": "2019a",
    }
    other = replace(stored, inputs=inputs, figures=stored.figures.replace('"zone":"Europe/Berlin"', '"zone":"UTC"'))
    told = again(account, replace(other, digest="0" * 64))
    assert not told.is_equal
    assert (told.place, told.was, told.now) == ("zone", '"UTC"', '"Europe/Berlin"')
    assert "rule RT001 was version 1, is 2" in told.reasons
    assert any(reason.startswith('the time zones were "2019a", are ') for reason in told.reasons)


@pytest.mark.parametrize(
    ("was", "now", "place"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "a[1].b"),
        ({"a": 1}, {"a": 1, "c": 2}, "c"),
        ([1, 2], [1], " (length)"),
        ({"a": 1}, {"a": True}, "a"),
    ],
)
def test_the_first_difference_is_named(was: object, now: object, place: str | None) -> None:
    found = first_difference(was, now)
    assert (found and found[0]) == place
