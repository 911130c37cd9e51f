"""What a lead is in one word: what must hold for it whatever was given, counted, looked up or learned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from audits.class_rule import RULE_OF_CLASS
from audits.engine import LeadAudit, audit
from audits.model.activity import Activity, ActivityKind, ActivityState, Direction, Disposition
from audits.model.case import Coverage, Fact, KeyKind, LeadCase, Sighting
from audits.model.finding import Outcome
from audits.model.lead import Lead
from audits.model.policy import Policy
from audits.model.score import Verdict
from audits.model.surroundings import Surroundings
from audits.model.truth import PSEUDO_CLASSES, LeadClass, Learned, LookedUp, Neighbours
from audits.model.working_calendar import Calendar

ROOT = Path(__file__).parents[1]
WEEK = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
POLICY = Policy(
    version="1",
    calendar=Calendar.from_json({"tz": "Europe/Oslo", "week": WEEK}, "team"),
    region="NO",
    own_domains=("varmepumpe.no",),
    competitor_domains=("rival.no",),
    competitor_names=("Rival AS",),
    products=("heat pump", "pizza"),
    most_plausible=200,
)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PERSON: dict[str, Any] = {
    "first_name": "Anna",
    "last_name": "Berg",
    "email": "anna.berg@firma.no",
    "phone": "22 33 44 55",
}
TEXTS = (
    None,
    "We want a heat pump for our house.",
    "I am looking for a job in your company.",
    "Who handles such requests? Please send me a direct number.",
    "this is a test",
    "qwpoeiruty zxmcnvb qpwoeiru alskdjf",
    "10 000 pizzas to my address",
    "Cheap SEO backlinks http://a.example http://b.example http://c.example",
    "My heat pump is broken, I need support.",
)
NAMES = (
    ("Anna", "Berg"), ("Mickey", "Mouse"), ("Test", "Test"), ("asdf", "jkl"), ("Xi", "Ng"), (None, "qwertz"),
    (None, None),
)  # fmt: skip
EMAILS = (
    None, "anna.berg@firma.no", "x@mailinator.com", "anna@gmial.com", "a@rival.no", "b@varmepumpe.no",
    "not an address",
)  # fmt: skip
PHONES = (None, "22 33 44 55", "+1 212 555 0123", "000000000", "+47 2233445", "+47 829 12 345")
AGENTS = (None, "Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36", "python-requests/2.31", "Googlebot/2.1")

counts = st.none() | st.integers(0, 40)
neighbours = st.builds(
    lambda template, reached, denied, **rest: Neighbours(
        template=template, template_reached=reached, template_denied=min(reached, denied), **rest
    ),
    counts,
    st.integers(0, 30),
    st.integers(0, 30),
    subnet_24h=counts,
    identical_24h=counts,
    returns_under_names=counts,
    burst_explained=st.booleans(),
)
weak = st.lists(st.sampled_from(list(LeadClass)), unique=True).map(tuple)


@st.composite
def learned(draw: st.DrawFn) -> Learned:
    """A curve of any height that does not fall."""
    steps = draw(st.lists(st.integers(0, 100), min_size=1, max_size=4, unique=True).map(sorted))
    found = draw(st.lists(st.integers(0, 100), min_size=len(steps), max_size=len(steps)).map(sorted))
    return Learned(
        version="1a", said=tuple(n / 100 for n in steps), found=tuple(n / 100 for n in found), weak=draw(weak)
    )


surroundings = st.builds(
    Surroundings,
    neighbours=st.none() | neighbours,
    looked_up=st.none() | st.builds(LookedUp, is_deliverable=st.none() | st.booleans()),
    learned=st.none() | learned(),
)
names = st.sampled_from(NAMES)


@st.composite
def leads(draw: st.DrawFn) -> Lead:
    first, last = draw(names)
    return Lead(
        lead_id="L1",
        received_at=AT,
        recorded_at=AT,
        first_name=first,
        last_name=last,
        email=draw(st.sampled_from(EMAILS)),
        phone=draw(st.sampled_from(PHONES)),
        message=draw(st.sampled_from(TEXTS)),
        user_agent=draw(st.sampled_from(AGENTS)),
        honeypot=draw(st.sampled_from((None, "", "x"))),
        time_on_form_s=draw(st.sampled_from((None, 1.0, 8.0, 90.0))),
        company=draw(st.sampled_from((None, "Rival AS", "Firma"))),
        raw_status=draw(st.sampled_from((None, "Did not request"))),
    )


def act(kind: ActivityKind, hours: float, direction: Direction, **fields: Any) -> Activity:
    at = AT + timedelta(hours=hours)
    usual: dict[str, Any] = {"state": ActivityState.DONE, "is_automated": False, "recorded_at": at}
    return Activity(
        activity_id=f"A{hours}", lead_id="L1", kind=kind, occurred_at=at, direction=direction, **{**usual, **fields}
    )


CALL = act(ActivityKind.CALL, 1, Direction.OUTBOUND, disposition=Disposition.CONNECTED, duration_s=120)
MAIL = act(ActivityKind.EMAIL, 2, Direction.OUTBOUND)
ANSWER = act(ActivityKind.EMAIL, 3, Direction.INBOUND)
WRONG = act(ActivityKind.CALL, 4, Direction.OUTBOUND, disposition=Disposition.WRONG_NUMBER)
activities = st.sampled_from(((), (CALL,), (MAIL, ANSWER), (CALL, MAIL, ANSWER, WRONG), (WRONG,)))
sightings = st.sampled_from(
    ((), (Sighting(lead_id="L0", received_at=AT - timedelta(days=2), key_kind=KeyKind.PHONE),))
)
coverages = st.sampled_from(
    (
        Coverage(),
        Coverage(missing=((Fact.CONTACT_DATA, "no right to read it"),)),
        Coverage(missing=((Fact.DUPLICATES, "not read yet"), (Fact.DEALS, "no right to read them"))),
    )
)
cases = st.builds(
    LeadCase,
    lead=leads(),
    as_of=st.just(AT + timedelta(hours=9)),
    activities=activities,
    sightings=sightings,
    coverage=coverages,
    surroundings=surroundings,
)
many = settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PSEUDO_RULES = frozenset(RULE_OF_CLASS[each] for each in PSEUDO_CLASSES)


def broken(whole: LeadAudit) -> frozenset[str]:
    """The rules that the lead breaks."""
    return frozenset(each.rule_id for each in whole.findings if each.outcome is Outcome.BREACH)


def judged(*acts: Activity, around: Surroundings | None = None, **fields: Any) -> LeadAudit:
    """The audit of a person who asked, but for `fields`."""
    lead = Lead(lead_id="L1", received_at=AT, recorded_at=AT, **{**PERSON, **fields})
    case = LeadCase(lead=lead, as_of=AT + timedelta(hours=9), activities=acts, surroundings=around or Surroundings())
    return audit(case, POLICY)


@many
@given(case=cases)
def test_the_verdict_follows_from_what_was_found(case: LeadCase) -> None:
    whole = audit(case, POLICY)
    found = broken(whole)
    at_most_one = found & PSEUDO_RULES
    assert len(at_most_one) <= 1, "one lead is of one class"
    if at_most_one:
        assert whole.verdict is Verdict.PSEUDO
    if whole.verdict is Verdict.PSEUDO:
        assert at_most_one or "PL001" in found or {"PL002", "PL003"} <= found
    if whole.verdict is Verdict.REPAIRABLE:
        assert whole.judgement.repairs
        assert not found & PSEUDO_RULES
    if whole.verdict is Verdict.PLAUSIBLE and whole.judgement.genuine_signals == ():
        assert not found & (PSEUDO_RULES | {"PL001", "PL002", "PL003", "PL004"})
    if "PL005" in found:
        assert whole.verdict is not Verdict.SUSPECT or found & {"PL001", "PL002", "PL003"}


@many
@given(case=cases)
def test_who_showed_himself_is_never_a_pseudo_lead(case: LeadCase) -> None:
    whole = audit(replace(case, activities=(CALL, MAIL, ANSWER)), POLICY)
    assert whole.verdict is not Verdict.PSEUDO
    assert not broken(whole) & PSEUDO_RULES


@many
@given(case=cases, classes=weak)
def test_classes_that_outcomes_refute_make_nobody_a_pseudo_lead(
    case: LeadCase, classes: tuple[LeadClass, ...]
) -> None:
    around = replace(case.surroundings, learned=Learned(version="1a", weak=classes))
    whole = audit(replace(case, surroundings=around), POLICY)
    assert not broken(whole) & {RULE_OF_CLASS[each] for each in classes}
    if set(PSEUDO_CLASSES) <= set(classes):
        old = {"PL001"}, {"PL002", "PL003"}
        assert whole.verdict is not Verdict.PSEUDO or any(each <= broken(whole) for each in old)


@many
@given(around=surroundings, name=names, percent=st.integers(51, 99))
def test_no_name_makes_a_pseudo_lead(around: Surroundings, name: tuple[str | None, str | None], percent: int) -> None:
    assume(around.neighbours is None)
    first, last = name
    lead = Lead(lead_id="L1", received_at=AT, recorded_at=AT, **{**PERSON, "first_name": first, "last_name": last})
    case = LeadCase(lead=lead, as_of=AT, surroundings=replace(around, looked_up=None))
    whole = audit(case, replace(POLICY, pseudo_percent=percent))
    assert whole.verdict is not Verdict.PSEUDO
    assert not broken(whole) & PSEUDO_RULES


@many
@given(case=cases)
def test_what_is_hidden_is_held_against_nobody(case: LeadCase) -> None:
    """A lead of which the CRM shows no contact data is not one that gave none."""
    lead = replace(case.lead, first_name=None, last_name=None, email=None, phone=None, message=None)
    lead = replace(lead, user_agent=None, honeypot=None, time_on_form_s=None, company=None)
    hidden = Coverage(missing=((Fact.CONTACT_DATA, "no right to read it"),))
    whole = audit(LeadCase(lead=lead, as_of=case.as_of, coverage=hidden), POLICY)
    assert whole.verdict is Verdict.UNKNOWN
    assert not broken(whole) & (PSEUDO_RULES | {"PL001", "PL005"})


def test_joke_names_of_real_people_are_plausible() -> None:
    listed = ROOT / "data" / "joke_names_that_are_plausible_real_names.txt"
    for name in listed.read_text(encoding="utf-8").splitlines():
        first, _, last = name.strip().rpartition(" ")
        whole = judged(first_name=first or None, last_name=last)
        assert whole.verdict is Verdict.PLAUSIBLE, name


@pytest.mark.parametrize(
    ("acts", "fields", "verdict"),
    [
        ((), {}, Verdict.PLAUSIBLE),
        ((CALL,), {"phone": "+47 829 12 345 678", "email": None}, Verdict.SUSPECT),
        ((), {"phone": "+47 829 12 345 678", "email": None}, Verdict.PSEUDO),
        ((MAIL, ANSWER), {"phone": "+47 829 12 345 678", "email": None}, Verdict.PLAUSIBLE),
        ((), {"phone": "12345678", "email": None}, Verdict.PSEUDO),
        ((MAIL, ANSWER), {"first_name": "asdf", "last_name": "jkl", "email": "x@mailinator.com"}, Verdict.SUSPECT),
        ((MAIL, ANSWER), {"email": "x@mailinator.com"}, Verdict.PLAUSIBLE),
        ((), {"first_name": "asdf", "last_name": "jkl", "email": "x@mailinator.com"}, Verdict.PSEUDO),
        ((), {"email": "anna.berg@rival.no", "company": "Rival AS"}, Verdict.PSEUDO),
        ((MAIL, ANSWER), {"email": "anna.berg@rival.no", "company": "Rival AS"}, Verdict.SUSPECT),
        ((), {"email": "anna.berg@gmial.com"}, Verdict.REPAIRABLE),
        ((), {"email": "anna.berg@gmial.com", "first_name": "xxxx", "last_name": "xxxx"}, Verdict.SUSPECT),
    ],
)
def test_verdict(acts: tuple[Activity, ...], fields: dict[str, Any], verdict: Verdict) -> None:
    assert judged(*acts, **fields).verdict is verdict


def test_a_later_sign_of_life_wakes_the_lead() -> None:
    """A meeting that lies ahead changes what the lead is once it is held."""
    meeting = act(ActivityKind.MEETING, 30, Direction.OUTBOUND, recorded_at=AT)
    lead = Lead(
        lead_id="L1", received_at=AT, recorded_at=AT, **{**PERSON, "email": "a@rival.no", "company": "Rival AS"}
    )
    case = LeadCase(lead=lead, as_of=AT + timedelta(hours=9), activities=(meeting,))
    before = audit(case, POLICY)
    assert before.verdict is Verdict.PSEUDO
    assert before.next_change_at is not None
    assert before.next_change_at <= meeting.occurred_at
    assert audit(replace(case, as_of=meeting.occurred_at), POLICY).verdict is not Verdict.PSEUDO


def test_no_word_of_the_message_is_kept_in_a_finding() -> None:
    for text in filter(None, TEXTS):
        whole = judged(message=text, last_name="Test", email="a@rival.no")
        for finding in whole.findings:
            shown = " ".join((finding.sentence, *(each.value for each in finding.evidence)))
            if finding.rule_id in RULE_OF_CLASS.values():
                assert not any(word in shown for word in text.split() if len(word) > 7), (finding.rule_id, shown)
