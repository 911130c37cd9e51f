"""What a lead was judged to be, in its table: of one tenant, no words longer than agreed, gone with the lead."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from audits.model.truth import Given
from audits.truth.judgement import judge
from audits.truth.kept import Truth, without_message
from connector.storage import findings, timeline
from connector.storage.database import Database
from connector.storage.tables import lead_audits
from tests.factories import NOW, make_audit, make_install, make_record

JOB = Truth(judge(Given(id="1", name="Ada\x00 \ud800", message="I am looking for a job at your firm")), ())
WORDS = "looking for a job"
DAYS = 90


def truth_of(database: Database, install_id: str, lead_id: str = "1") -> Truth | None:
    with database.read() as conn:
        row = findings.get_audit(conn, install_id, lead_id)
    assert row is not None
    return row.truth


def seed(database: Database, account: str, truth: Truth | None, days_ago: float) -> str:
    with database.write() as conn:
        tenant = make_install(conn, account).install_id
        timeline.store_records(conn, tenant, [make_record("1")], NOW - timedelta(days=days_ago))
        received_at = NOW - timedelta(days=days_ago)
        findings.store_audits(conn, tenant, [make_audit("1", received_at=received_at, truth=truth)])
    return tenant


def test_it_comes_back_and_each_tenant_has_his_own(database: Database):
    other = Truth(judge(Given(id="1", name="test test")), ())
    one, two = seed(database, "a", JOB, 1), seed(database, "b", other, 1)
    none = seed(database, "c", None, 1)
    kept = truth_of(database, one)
    assert kept is not None
    assert kept.judgement.classes == JOB.judgement.classes
    assert truth_of(database, two) == other
    assert truth_of(database, none) is None


def test_words_of_messages_go_when_their_time_is_over_and_the_judgement_stays(database: Database):
    old, new = seed(database, "a", JOB, DAYS + 1), seed(database, "b", JOB, DAYS - 1)
    with database.write() as conn:
        assert timeline.wipe_texts(conn, old, NOW, DAYS) == 1
        assert timeline.wipe_texts(conn, new, NOW, DAYS) == 0
        assert timeline.wipe_texts(conn, old, NOW, DAYS) == 0
    kept, wiped = truth_of(database, new), truth_of(database, old)
    assert kept is not None
    assert wiped == without_message(kept, keeps_quotes=False)
    assert WORDS in repr(kept)
    assert WORDS not in repr(wiped)


def test_who_is_forgotten_is_no_longer_judged(database: Database):
    gone, stays = seed(database, "a", JOB, 1), seed(database, "b", JOB, 1)
    with database.write() as conn:
        timeline.forget(conn, gone, ["1"], NOW)
    with database.read() as conn:
        rows = {row.install_id: row.truth for row in conn.execute(sa.select(lead_audits))}
    assert rows[gone] is None
    assert WORDS in rows[stays]
