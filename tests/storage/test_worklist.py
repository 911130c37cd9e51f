"""What is due for audit, and what an audit has done with."""

from __future__ import annotations

from connector.storage import worklist
from connector.storage.database import Database
from tests.factories import NOW, at, make_install


def test_what_was_marked_while_a_lead_was_judged_stays_whatever_time_it_bears(database: Database) -> None:
    """Whoever clicks waits for the database with the time of his click: it may lie before the audit's."""
    with database.write() as conn:
        tenant = make_install(conn).install_id
        worklist.mark_due(conn, tenant, ["judged", "told apart"], at(-9))
        seen = worklist.marks_of(conn, tenant, ["judged", "told apart", "explained", "parked"], NOW)
        assert seen == {"judged": at(-9), "told apart": at(-9)}
        worklist.mark_due(conn, tenant, ["told apart", "explained"], at(-1))
        worklist.mark_audited(conn, tenant, seen)
        assert worklist.list_dirty(conn, tenant) == {"told apart", "explained"}


def test_who_is_parked_is_not_done_with_by_an_audit(database: Database) -> None:
    with database.write() as conn:
        tenant, other = make_install(conn).install_id, make_install(conn, "portal-2").install_id
        worklist.mark_due(conn, tenant, ["parked"], at(60))
        worklist.mark_due(conn, tenant, ["due"], at(-9))
        worklist.mark_due(conn, other, ["due"], at(-9))
        worklist.mark_audited(conn, tenant, worklist.marks_of(conn, tenant, ["due", "parked"], NOW))
        assert worklist.list_dirty(conn, tenant) == {"parked"}
        assert worklist.list_dirty(conn, other) == {"due"}


def test_what_others_did_wakes_nobody_who_is_parked_but_his_own_news_does(database: Database) -> None:
    with database.write() as conn:
        tenant = make_install(conn).install_id
        worklist.postpone(conn, tenant, "parked", at(days=1))
        worklist.mark_beside(conn, tenant, ["parked", "beside"], NOW)
        assert worklist.due_leads(conn, tenant, NOW, 10) == ["beside"]
        # What waited for the database bears an older time than the mark that an audit has seen: it must not be lost.
        seen = worklist.marks_of(conn, tenant, ["beside"], NOW)
        worklist.mark_beside(conn, tenant, ["beside"], at(-9))
        worklist.mark_audited(conn, tenant, seen)
        assert worklist.due_leads(conn, tenant, NOW, 10) == ["beside"]
        worklist.mark_due(conn, tenant, ["parked"], NOW)
        assert worklist.due_leads(conn, tenant, NOW, 10) == ["beside", "parked"]
