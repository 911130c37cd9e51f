"""A row that cannot be used is never held against its lead: what it may have shown is not known."""

from __future__ import annotations

from tests.exports.conftest import LEADS_HEADER, TOUCHES_HEADER, RunAudit

LEADS = LEADS_HEADER + (
    "1,2026-03-02 10:00,Ann,Berg,ann@berg-bau.de,030 23125101,Kai,new,Web\n"
    "2,2026-03-02 10:00,Bo,Dahl,bo@dahl-bau.de,030 23125102,Kai,new,Web\n"
)
AS_OF = ("--as-of", "2026-03-04 12:00")


def test_a_call_with_an_unreadable_time_makes_nobody_guilty(run_audit: RunAudit):
    ran = run_audit(LEADS, TOUCHES_HEADER + "t1,1,02.03.2026,out,done,person\n", *AS_OF)
    assert ran.outcome("1", "RT002") == ("not_evaluated", "not_looked_at")
    assert ran.outcome("1", "NC001") == ("not_evaluated", "not_looked_at")
    (said,) = (each["sentence"] for each in ran.lead("1")["findings"] if each["rule_id"] == "NC001")
    assert said == (
        "It cannot be told whether the lead was ever called: line 2 of touches.csv names this lead and could not be "
        "used."
    )
    assert ran.outcome("2", "NC001") == ("breach", "never_called"), "the other lead has no such row"


def test_what_is_sure_without_the_row_stays_sure(run_audit: RunAudit):
    touches = TOUCHES_HEADER + "t1,1,2026-03-02 10:20,out,done,person\nt2,1,later,out,done,person\n"
    ran = run_audit(LEADS, touches, *AS_OF)
    assert ran.outcome("1", "RT001") == ("pass", "in_time")
    assert ran.outcome("1", "NC001") == ("pass", "called")


def test_an_event_that_cannot_be_used_makes_nobody_guilty(run_audit: RunAudit):
    log = (
        "Case,Opened,At,By\n"
        "A,2026-03-02 10:00,2026-03-02 10:00,intake\n"
        "A,2026-03-02 10:00,soon after,Kai\n"
        "B,2026-03-02 10:00,2026-03-02 10:00,intake\n"
    )
    map_ = """
        not_used = ["messages", "emails", "meetings"]
        [times]
        zone = "Europe/Berlin"
        [event_log]
        case = "Case"
        event_at = "At"
        actor = "By"
        touch_kind = "call"
        [event_log.columns]
        received_at = "Opened"
        [event_log.constants]
        status = "open"
    """
    ran = run_audit(log, None, *AS_OF, map_=map_)
    assert ran.outcome("A", "RT002") == ("not_evaluated", "not_looked_at")
    assert ran.outcome("B", "RT002")[0] == "breach"
