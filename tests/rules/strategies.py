"""Random but lawful lead cases and policies for property tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from audits.model.activity import (
    Activity,
    ActivityKind,
    ActivityState,
    Direction,
    Disposition,
    OwnerChange,
    StageChange,
    Task,
)
from audits.model.case import Coverage, Fact, KeyKind, LeadCase, Sighting
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import Cadence, Policy
from audits.model.working_calendar import Calendar

# A span that holds the change of the clocks of Europe (29 March) and of the United States (8 March).
START = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
SPAN_S = 40 * 86_400

instants = st.integers(0, SPAN_S * 1000).map(lambda ms: START + timedelta(milliseconds=ms))
whole_instants = st.integers(0, SPAN_S // 1800).map(lambda halves: START + timedelta(minutes=30 * halves))
# Half of the times lie on round half hours, so that equal instants and exact boundaries do occur.
times = st.one_of(instants, whole_instants)
owners = st.sampled_from([None, "7", "8", "9"])


def maybe(values: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    """Or nothing."""
    return st.one_of(st.none(), values)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """A week with at least four hours on one day that all of them share, so that two calendars may be combined."""
    zone = draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]))
    week = {"tue": [["00:00", "24:00"]]}
    for day in draw(st.sets(st.sampled_from(["mon", "wed", "thu", "fri", "sat"]))):
        opens = draw(st.integers(5, 11))
        week[day] = [[f"{opens:02d}:00", "12:30"], ["13:15", f"{draw(st.integers(14, 23))}:45"]]
    holidays = draw(st.lists(st.dates(START.date(), (START + timedelta(seconds=SPAN_S)).date()), max_size=2))
    return Calendar.from_json(
        {"tz": zone, "week": week, "holidays": sorted({day.isoformat() for day in holidays})},
        draw(st.text(max_size=3)),
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Short limits, so that something falls due within the span."""
    spans = st.one_of(st.integers(0, 7200), st.integers(7200, 200_000))
    return Policy(
        version=draw(st.text(min_size=1, max_size=8)),
        calendar=draw(calendars()),
        owner_calendars=draw(st.dictionaries(st.sampled_from(["7", "8"]), calendars(), max_size=2)),
        response_target_s=draw(spans),
        response_target_by_type=draw(st.dictionaries(st.sampled_from(["hot", "advice"]), spans, max_size=2)),
        cadence=Cadence(
            calls=draw(st.integers(0, 3)), emails=draw(st.integers(0, 2)), within_days=draw(st.integers(1, 20))
        ),
        never_called_after_s=draw(spans),
        recontact_after_s=draw(spans),
        silent_after_s=draw(spans),
        duplicate_window_days=draw(st.integers(0, 40)),
        min_conversation_s=draw(st.integers(0, 60)),
        region=draw(maybe(st.sampled_from(["DE", "US"]))),
    )


@st.composite
def activities(draw: st.DrawFn, number: int) -> Activity:
    """Any activity, also one of which the CRM says little."""
    occurred_at = draw(times)
    return Activity(
        activity_id=f"A{number}",
        lead_id="L1",
        kind=draw(st.sampled_from(ActivityKind)),
        occurred_at=occurred_at,
        recorded_at=draw(st.one_of(st.just(occurred_at), times)),
        direction=draw(st.sampled_from([*Direction, Direction.OUTBOUND, Direction.OUTBOUND, None])),
        state=draw(st.sampled_from([*ActivityState, ActivityState.DONE, ActivityState.DONE, None])),
        disposition=draw(st.sampled_from([*Disposition, None])),
        is_automated=draw(st.sampled_from([False, False, True, None])),
        duration_s=draw(st.one_of(st.none(), st.integers(0, 300))),
        owner_id=draw(owners),
        raw=tuple(draw(st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=2))),
    )


@st.composite
def tasks(draw: st.DrawFn, number: int) -> Task:
    """An open or done task, with or without a due time."""
    done = draw(st.booleans())
    return Task(
        task_id=f"T{number}",
        lead_id="L1",
        recorded_at=draw(times),
        due_at=draw(st.one_of(st.none(), times)),
        is_done=done,
        completed_at=draw(st.one_of(st.none(), times)) if done else None,
        owner_id=draw(owners),
        raw=(("hs_task_status", draw(st.text(max_size=4))),),
    )


texts = maybe(st.text(st.characters(codec="utf-8"), max_size=10))


@st.composite
def leads(draw: st.DrawFn) -> Lead:
    """A lead with likely and unlikely contact data."""
    return Lead(
        lead_id="L1",
        received_at=draw(times),
        recorded_at=draw(times),
        first_name=draw(texts),
        last_name=draw(texts),
        email=draw(maybe(st.sampled_from(["ann@firma.de", "x@mailinator.com", "no address", " "]))),
        phone=draw(maybe(st.sampled_from(["+49 30 901820", "030 901820", "12", ""]))),
        mobile=draw(maybe(st.sampled_from(["+49 170 1234567", "12"]))),
        company=draw(texts),
        country=draw(maybe(st.sampled_from(["DE", "France", "Atlantis", ""]))),
        source=draw(texts),
        source_detail=draw(texts),
        owner_id=draw(owners),
        status=draw(st.sampled_from([*LeadStatus, LeadStatus.OPEN, LeadStatus.OPEN, LeadStatus.OPEN, None])),
        raw_status=draw(texts),
        lead_type=draw(maybe(st.sampled_from(["hot", "advice"]))),
        message=draw(texts),
        is_imported=draw(st.sampled_from([False, False, False, True])),
        record_url=draw(texts),
        modified_at=draw(st.one_of(st.none(), times)),
    )


@st.composite
def cases(draw: st.DrawFn) -> LeadCase:
    """A whole case; every tuple in the order that a loader gives."""
    acts = [draw(activities(number)) for number in range(draw(st.integers(0, 5)))]
    plans = [draw(tasks(number)) for number in range(draw(st.integers(0, 2)))]
    changes = [
        OwnerChange(lead_id="L1", occurred_at=draw(times), owner_id=draw(owners), source="CRM_UI")
        for _ in range(draw(st.integers(0, 3)))
    ]
    stages = [StageChange(lead_id="L1", occurred_at=draw(times), field="hs_lead_status", raw_status=draw(st.text()))]
    seen = [
        Sighting(lead_id=f"K{number}", received_at=draw(times), key_kind=draw(st.sampled_from(KeyKind)))
        for number in range(draw(st.integers(0, 2)))
    ]
    missing = draw(st.dictionaries(st.sampled_from(Fact), st.just("the permission was not granted"), max_size=2))
    return LeadCase(
        lead=draw(leads()),
        as_of=draw(times),
        activities=tuple(sorted(acts, key=lambda each: (each.occurred_at, each.activity_id))),
        tasks=tuple(plans),
        owner_changes=tuple(sorted(changes, key=lambda each: each.occurred_at)),
        stage_changes=tuple(stages) if draw(st.booleans()) else (),
        sightings=tuple(sorted(seen, key=lambda each: (each.received_at, each.lead_id))),
        coverage=Coverage(missing=tuple(missing.items())),
    )
