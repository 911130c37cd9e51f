"""Outcomes: what a representative noted counts where something before it could have told him so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition
from audits.model.case import LeadCase
from audits.model.lead import LeadStatus
from audits.model.truth import PSEUDO_CLASSES, LeadClass
from audits.truth.outcomes import Found, FoundOut, Way, outcome_of
from audits.truth.status_words import status_says
from tests.factories import at, make_activity, make_case, make_deal, make_lead, make_policy, make_stage_change

POLICY = make_policy()
LOST, DISCARDED, OPEN, WON = LeadStatus.LOST, LeadStatus.DISCARDED, LeadStatus.OPEN, LeadStatus.WON
NO_ANSWER = make_activity()
TALK = make_activity("talk", disposition=Disposition.CONNECTED, duration_s=180)
WRONG = make_activity("wrong", disposition=Disposition.WRONG_NUMBER, duration_s=15)
BOUNCE = make_activity("bounce", kind=ActivityKind.EMAIL, disposition=Disposition.BOUNCED, duration_s=None)
MAIL = make_activity("mail", kind=ActivityKind.EMAIL, disposition=None, duration_s=None)
ANSWER = make_activity(
    "answer", kind=ActivityKind.EMAIL, direction=Direction.INBOUND, disposition=None, duration_s=None,
    occurred_at=at(-30),
)  # fmt: skip
MEETING = make_activity(
    "meeting", kind=ActivityKind.MEETING, disposition=Disposition.CONNECTED, duration_s=1800, occurred_at=at(-20)
)


def case_of(*acts: Activity, status: LeadStatus | None = LOST, raw: str = "Lost", **fields: Any) -> LeadCase:
    lead = make_lead(status=status, raw_status=raw, closed_at=fields.pop("closed_at", at(-5)))
    return make_case(lead, activities=tuple(sorted(acts, key=lambda each: each.occurred_at)), **fields)


def outcome(*acts: Activity, **fields: Any) -> FoundOut | None:
    return outcome_of(case_of(*acts, **fields), POLICY)


def told(found: FoundOut | None) -> tuple[Found, str] | None:
    return None if found is None else (found.found, found.why)


@pytest.mark.parametrize("status", [LOST, DISCARDED])
@pytest.mark.parametrize(
    "raw",
    ["", "Discarded", "Invalid", "Spam", "Did not request", "Job applicant", "Is a competitor", "Test",
     "Wrong number"],
)  # fmt: skip
def test_untried_nothing_is_proved_whatever_is_noted(status: LeadStatus, raw: str):
    assert outcome(status=status, raw=raw) is None


@pytest.mark.parametrize("raw", ["Invalid", "Spam", "Did not request", "Job applicant", "Wrong number"])
@pytest.mark.parametrize(
    "fields",
    [
        {"disposition": Disposition.NO_ANSWER},
        {"disposition": Disposition.VOICEMAIL},
        {"disposition": Disposition.BUSY},
        {"disposition": None},
        {"disposition": Disposition.CONNECTED, "duration_s": 3},
        {"disposition": Disposition.CONNECTED, "duration_s": 180, "state": ActivityState.PLANNED},
        {"disposition": Disposition.CONNECTED, "duration_s": 180, "is_automated": True},
        {"disposition": Disposition.WRONG_NUMBER, "duration_s": 0},
        {"disposition": Disposition.WRONG_NUMBER, "state": ActivityState.CANCELLED},
    ],
)
def test_an_attempt_that_could_not_tell_proves_nothing(raw: str, fields: dict[str, Any]):
    assert outcome(make_activity(**fields), raw=raw) is None


@pytest.mark.parametrize(
    ("raw", "why", "lead_class"),
    [
        ("Did not request", "denied", LeadClass.PAID_FILLER),
        ("NOT_REQUESTED", "denied", LeadClass.BOT),
        ("Har ikke bedt om tilbud", "denied", LeadClass.JOKER),
        ("Lost - Invalid", "invalid", LeadClass.COMPETITOR),
        ("spam", "spam", LeadClass.BOT),
        ("Testlead", "test", LeadClass.TEST),
        ("Jobbsøker", "job", LeadClass.NOT_ADDRESSED),
        ("Is a competitor", "competitor", LeadClass.COMPETITOR),
        ("Prank call", "joker", LeadClass.JOKER),
        ("Leverandør", "supplier", LeadClass.NOT_ADDRESSED),
    ],
)
def test_what_is_noted_after_contact_bears_out_its_classes(raw: str, why: str, lead_class: LeadClass):
    found = outcome(NO_ANSWER, TALK, raw=raw)
    assert told(found) == (Found.PSEUDO, why)
    assert lead_class in found.classes
    assert not set(found.classes) & set(found.against)
    assert found.worked == (Way.PHONE,)
    assert (found.evidence[0].field, found.evidence[0].value) == ("raw_status", raw)
    assert found.evidence[1].record_id == "talk"


def test_a_kind_that_is_named_speaks_against_the_others():
    assert set(outcome(TALK, raw="Spam").against) == {
        LeadClass.PAID_FILLER, LeadClass.COMPETITOR, LeadClass.JOKER, LeadClass.TEST,
    }  # fmt: skip
    assert outcome(TALK, raw="Invalid").against == ()
    assert outcome(TALK, raw="Did not ask for it").against == ()


def test_what_was_noted_before_the_attempt_is_not_told_by_it():
    early = (make_stage_change(occurred_at=at(-90), raw_status="Spam"),)
    late = (make_stage_change(occurred_at=at(-10), raw_status="Spam"),)
    assert outcome(TALK, raw="Spam", stage_changes=early) is None
    found = outcome(TALK, raw="Spam", stage_changes=late)
    assert told(found) == (Found.PSEUDO, "spam")
    assert found.at == at(-10)
    assert outcome(TALK, raw="Spam", closed_at=at(-70)) is None


def test_a_status_of_an_open_lead_is_no_outcome():
    assert outcome(TALK, raw="Spam", status=OPEN) is None
    assert told(outcome(TALK, raw="Spam", status=None)) == (Found.PSEUDO, "spam")


def test_a_wrong_number_shows_an_error_and_not_that_nobody_asked():
    for found in (outcome(WRONG), outcome(WRONG, status=OPEN, raw="NEW"), outcome(TALK, raw="Feil nummer")):
        assert told(found) == (Found.ERROR, "wrong_number")
        assert (found.classes, found.worked, found.failed) == ((LeadClass.ERROR,), (), (Way.PHONE,))
    assert told(outcome(WRONG, raw="Invalid")) == (Found.ERROR, "invalid")
    assert told(outcome(WRONG, raw="Did not request")) == (Found.ERROR, "wrong_number")


def test_a_mail_that_came_back_shows_an_error_of_the_address():
    found = outcome(BOUNCE)
    assert told(found) == (Found.ERROR, "bounced")
    assert (found.worked, found.failed) == ((), (Way.EMAIL,))
    assert told(outcome(BOUNCE, TALK, raw="Lost")) is None, "reached by telephone: nobody knows more"


def test_a_person_who_shows_himself_is_genuine():
    for acts in ((MAIL, ANSWER), (TALK, MEETING)):
        found = outcome(*acts, status=OPEN, raw="NEW")
        assert told(found) == (Found.GENUINE, "own_act")
        assert set(found.against) == set(PSEUDO_CLASSES)
    assert outcome(MAIL, ANSWER, status=OPEN).worked == (Way.EMAIL,)
    assert outcome(ANSWER, status=OPEN) is None, "written before we turned to him"
    assert outcome(TALK, status=OPEN) is None, "merely reached: a paid form-filler answers too"
    no_show = make_activity("m", kind=ActivityKind.MEETING, disposition=Disposition.NO_SHOW, duration_s=None)
    assert outcome(no_show, status=OPEN) is None


def test_what_is_noted_goes_before_an_answer_and_a_sale_before_both():
    assert told(outcome(MAIL, ANSWER, raw="Job application")) == (Found.PSEUDO, "job")
    assert told(outcome(MAIL, ANSWER, raw="I did not request this")) == (Found.PSEUDO, "denied")
    won = (make_deal("d", status=WON, created_at=at(-60), closed_at=at(-1)),)
    assert told(outcome(MAIL, ANSWER, raw="Spam", deals=won)) == (Found.GENUINE, "won")


def test_a_sale_or_a_deal_after_contact_is_genuine():
    assert told(outcome(TALK, status=WON, raw="Won")) == (Found.GENUINE, "won")
    assert outcome(status=WON, raw="Won") is None, "a status set untried"
    won = make_deal("d", status=WON, created_at=at(-60), closed_at=at(-1))
    assert told(outcome(deals=(won,))) == (Found.GENUINE, "won")
    opened = make_deal("d", status=OPEN, created_at=at(-60), closed_at=None)
    assert told(outcome(TALK, status=OPEN, deals=(opened,))) == (Found.GENUINE, "deal")
    assert outcome(NO_ANSWER, status=OPEN, deals=(opened,)) is None
    lost = make_deal("d", status=LOST, created_at=at(-60), closed_at=at(-1))
    assert outcome(TALK, deals=(lost,)) is None
    before = make_deal("d", status=WON, created_at=at(days=-9), closed_at=at(days=-5))
    assert outcome(TALK, status=OPEN, deals=(before,)) is None, "of another request"


def test_a_duplicate_is_shown_by_the_other_record():
    found = outcome(raw="Duplicate", status=DISCARDED)
    assert told(found) == (Found.DUPLICATE, "duplicate")
    assert (found.classes, found.against) == ((), ())


def test_what_has_not_happened_yet_is_no_outcome():
    ahead: datetime = at(30)
    later = make_activity("later", disposition=Disposition.CONNECTED, duration_s=180, occurred_at=ahead)
    assert outcome(later, raw="Spam", closed_at=None) is None


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("Invalid", "invalid"),
        ("INVALID_DATA", "invalid"),
        ("Lost: spam", "spam"),
        ("Closed – wrong number", "wrong_number"),
        ("Λάθος αριθμός", "wrong_number"),
        ("ΛΑΘΟΣ ΝΟΥΜΕΡΟ", "wrong_number"),
        ("Ζητά εργασία", "job"),
        ("Άκυρο", "invalid"),
        ("رقم خاطئ", "wrong_number"),
        ("رقم خطا", "wrong_number"),
        ("باحث عن عمل", "job"),
        ("وهمي", "invalid"),
        ("مكرر", "duplicate"),
        ("Ungültig", "invalid"),
        ("Feil telefonnummer", "wrong_number"),
        ("Søppel", "invalid"),
        # What may mean another thing says nothing.
        ("Test drive booked", None),
        ("Not spam", None),
        ("No longer invalid", None),
        ("Competitor", None),
        ("Lost to competition", None),
        ("Student", None),
        ("Valid", None),
        ("Wrong number of licences", None),
        ("Testimonial", None),
        ("Lost", None),
        ("", None),
        (None, None),
        ("Spam or duplicate", None),
    ],
)
def test_a_status_says_one_thing_or_nothing(raw: str | None, says: str | None):
    assert status_says(raw) == says
