"""What outcomes taught is kept for good: each instant finds what held then, under the model it was learned for."""

from __future__ import annotations

import pytest

from audits.model.truth import LeadClass, Learned
from connector.storage import lessons
from connector.storage.database import Database
from connector.storage.lessons import Grounds
from tests.factories import NOW, at, make_install

FIRST = Learned(version="one", said=(0.1, 0.9), found=(0.2, 0.6), weak=(LeadClass.BOT,))
SECOND = Learned(version="two", weak=(LeadClass.BOT, LeadClass.JOKER))
GROUNDS = Grounds(outcomes=120, pseudo=40, brier_shipped=0.2, brier_learned=None)


@pytest.fixture
def tenant(database: Database) -> str:
    with database.write() as conn:
        return make_install(conn).install_id


def test_each_instant_finds_what_held_then(database: Database, tenant: str):
    with database.write() as conn:
        assert lessons.lesson_at(conn, tenant, NOW) is None
        assert not lessons.put_lesson(conn, tenant, Learned(), GROUNDS, at(days=-4)), "nothing was learned"
        assert lessons.put_lesson(conn, tenant, FIRST, GROUNDS, at(days=-3))
        assert not lessons.put_lesson(conn, tenant, FIRST, Grounds(), at(days=-2)), "an equal one is not kept again"
        assert lessons.put_lesson(conn, tenant, SECOND, GROUNDS, at(days=-1))
        assert lessons.put_lesson(conn, tenant, Learned(), GROUNDS, NOW), "too few outcomes are left"
    with database.read() as conn:
        assert lessons.lesson_at(conn, tenant, at(-1, days=-3)) is None
        assert lessons.lesson_at(conn, tenant, at(days=-3)) == FIRST
        assert lessons.lesson_at(conn, tenant, at(-1, days=-1)) == FIRST
        assert lessons.lesson_at(conn, tenant, at(days=-1)) == SECOND
        assert lessons.lesson_at(conn, tenant, at(1)) is None
        held = lessons.list_lessons(conn, tenant)
    assert [each.learned for each in held] == [Learned(), SECOND, FIRST]
    assert held[-1].grounds == GROUNDS
    assert held[-1].learned_at == at(days=-3)


def test_what_mends_other_weights_mends_none_of_these(
    database: Database, tenant: str, monkeypatch: pytest.MonkeyPatch
):
    with database.write() as conn:
        lessons.put_lesson(conn, tenant, FIRST, GROUNDS, at(days=-3))
        monkeypatch.setattr(lessons, "MODEL_VERSION", "next")
        assert lessons.lesson_at(conn, tenant, NOW) is None
        assert [each.model_version for each in lessons.list_lessons(conn, tenant)] == ["1"]
