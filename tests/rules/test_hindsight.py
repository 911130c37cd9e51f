"""Nobody is accused, or excused, by what became known after he closed a lead."""

from __future__ import annotations

from typing import Any

from audits.model.activity import Activity, ActivityKind, Disposition
from audits.model.case import LeadCase
from audits.model.finding import Outcome
from audits.model.lead import LeadStatus
from audits.model.truth import TruthVerdict
from audits.rules.anti_gaming.ag007_discarded_untried import RULE
from audits.truth.of_case import judgement_of, judgement_on_record
from tests.factories import at, make_activity, make_case, make_lead, make_policy

POLICY = make_policy(products=("heat pump",), most_plausible=20)
CLOSED = {"status": LeadStatus.DISCARDED, "raw_status": "Closed", "closed_at": at(days=-8)}
CAME = {"received_at": at(days=-9), "recorded_at": at(days=-9)}
MEETING = make_activity(
    "meeting", kind=ActivityKind.MEETING, disposition=Disposition.CONNECTED, duration_s=1800, occurred_at=at(days=-2)
)
TALK = make_activity("talk", disposition=Disposition.CONNECTED, duration_s=180, occurred_at=at(days=-2))
BOT = {"honeypot": "http://spam.example", "user_agent": "python-requests/2.31", "time_on_form_s": 0.4}


def closed(*acts: Activity, **fields: Any) -> LeadCase:
    return make_case(make_lead(**{**CAME, **CLOSED, **fields}), activities=acts)


def test_who_discards_what_looks_like_a_bot_is_not_accused_by_a_meeting_a_week_later() -> None:
    before, after = closed(**BOT), closed(MEETING, **BOT)
    assert judgement_of(before, POLICY).verdict is TruthVerdict.PSEUDO
    assert judgement_of(after, POLICY).verdict is not TruthVerdict.PSEUDO
    assert judgement_on_record(after, POLICY) == judgement_on_record(before, POLICY)
    found = [RULE.evaluate(case, POLICY) for case in (before, after)]
    assert [(each.outcome, each.reason) for each in found] == [(Outcome.PASS, "plain_to_see")] * 2


def test_what_is_found_out_a_week_later_excuses_nobody() -> None:
    prank = {"message": "5000 heat pumps please", "raw_status": "Did not request"}
    before, after = closed(**prank), closed(TALK, **prank)
    found = [RULE.evaluate(case, POLICY) for case in (before, after)]
    assert [(each.outcome, each.reason) for each in found] == [(Outcome.BREACH, "discarded_untried")] * 2
