"""Random but lawful lead cases and policies for property tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from audits.model.activity import (
    Activity,
    ActivityKind,
    ActivityState,
    Direction,
    Disposition,
    Owner,
    OwnerChange,
    StageChange,
    Task,
)
from audits.model.case import Agreement, Apart, Coverage, Fact, KeyKind, LeadCase, Sighting
from audits.model.deal import Deal, DealContact
from audits.model.lead import Lead, LeadStatus
from audits.model.policy import DUPLICATE_FIELDS, Cadence, Policy, ResponseTarget
from audits.model.surroundings import Crowd, DealNorm, Load, StageNorm, Surroundings, Twin
from audits.model.working_calendar import Calendar

# A span that holds the change of the clocks of Europe (29 March) and of the United States (8 March).
START = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
SPAN_S = 40 * 86_400

instants = st.integers(0, SPAN_S * 1000).map(lambda ms: START + timedelta(milliseconds=ms))
whole_instants = st.integers(0, SPAN_S // 1800).map(lambda halves: START + timedelta(minutes=30 * halves))
# Half of the times lie on round half hours, so that equal instants and exact boundaries do occur.
times = st.one_of(instants, whole_instants)
maybe_times = st.one_of(st.none(), times)
owners = st.sampled_from([None, "7", "8", "9"])
statuses = st.sampled_from(["New", "Waiting", "waiting", "Contacted", "Lost"])


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


#: Every span of a policy that a rule may wait for, and every count that it may compare with.
_SPANS = (
    "response_goal_s",
    "response_target_s",
    "next_response_s",
    "missed_call_s",
    "vendor_limit_s",
    "assignment_target_s",
    "never_called_after_s",
    "recontact_after_s",
    "silent_after_s",
    "max_gap_s",
    "recontact_grace_s",
    "overdue_task_s",
    "handover_s",
    "absent_cover_s",
    "claim_window_s",
    "late_log_s",
    "backdated_s",
    "hold_message_s",
    "parked_after_s",
    "answer_s",
)
_COUNTS = (
    "cadence_day_parts",
    "same_hour_attempts",
    "one_channel_attempts",
    "log_burst",
    "tick_burst",
    "twin_leads",
    "unasked_messages",
    "deal_contacts",
)


@st.composite
def targets(draw: st.DrawFn) -> ResponseTarget:
    """What is agreed for some leads, or for all."""
    due_s = draw(st.integers(0, 100_000))
    return ResponseTarget(
        name="agreed",
        goal_s=draw(st.integers(0, due_s)),
        due_s=due_s,
        lead_types=draw(st.sampled_from([(), ("hot",), ("Advice",)])),
        priorities=draw(st.sampled_from([(), ("high",)])),
    )


@st.composite
def absences(draw: st.DrawFn) -> tuple[tuple[datetime, datetime], ...]:
    """Up to two absences, in any order; they may overlap."""
    return tuple(
        (start, start + timedelta(seconds=draw(st.integers(1, 10 * 86_400))))
        for start in draw(st.lists(times, max_size=2))
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Short limits, so that something falls due within the span."""
    spans = st.one_of(st.integers(0, 7200), st.integers(7200, 200_000))
    figures: dict[str, Any] = {name: draw(spans) for name in _SPANS}
    figures |= {name: draw(st.integers(1, 4)) for name in _COUNTS}
    return Policy(
        version=draw(st.text(min_size=1, max_size=8)),
        calendar=draw(calendars()),
        owner_calendars=draw(st.dictionaries(st.sampled_from(["7", "8"]), calendars(), max_size=2)),
        absences=draw(st.dictionaries(st.sampled_from(["7", "8"]), absences(), max_size=2)),
        targets=tuple(draw(st.lists(targets(), max_size=2))),
        contacted_statuses=("Contacted",),
        waiting_statuses=draw(st.sampled_from([(), ("Waiting",)])),
        **figures,
        cadence=Cadence(
            calls=draw(st.integers(0, 3)), emails=draw(st.integers(0, 2)), within_days=draw(st.integers(1, 20))
        ),
        post_sale_days=draw(st.integers(0, 20)),
        duplicate_window_days=draw(st.integers(0, 40)),
        duplicate_percent=draw(st.integers(0, 100)),
        duplicate_fields=draw(st.sampled_from((DUPLICATE_FIELDS, ("phone", "email"), ("person",), ()))),
        min_conversation_s=draw(st.integers(0, 60)),
        region=draw(maybe(st.sampled_from(["DE", "US"]))),
    )


written = st.sampled_from([None, "", "Shall we call you?", "What is your phone number?", "+49 30 901820 ✓"])


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
        latest_at=draw(st.sampled_from([None, None, None, occurred_at + timedelta(hours=18)])),
        text=draw(written),
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
        completed_at=draw(maybe_times) if done else None,
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
        message=draw(st.one_of(texts, st.sampled_from(["How much is it?", "متى؟", "Πότε;"]))),
        is_imported=draw(st.sampled_from([False, False, False, True])),
        record_url=draw(texts),
        modified_at=draw(maybe_times),
        submitted_at=draw(maybe_times),
        preferred_at=draw(maybe_times),
        recontact_on=draw(st.one_of(st.none(), times.map(datetime.date))),
        has_call_consent=draw(st.sampled_from([None, True, False])),
        priority=draw(maybe(st.sampled_from(["high", "low"]))),
        pipeline=draw(maybe(st.just("sales"))),
        stage=draw(maybe(st.just("offer"))),
        stage_since=draw(maybe_times),
        closed_at=draw(maybe_times),
        language=draw(maybe(st.sampled_from(["en", "ar", "el", "nb"]))),
    )


@st.composite
def deals(draw: st.DrawFn, number: int) -> Deal:
    """A deal with up to two persons on the buyer's side."""
    return Deal(
        deal_id=f"D{number}",
        pipeline="sales",
        stage="offer",
        status=draw(st.sampled_from([*LeadStatus, LeadStatus.OPEN, LeadStatus.OPEN, None])),
        created_at=draw(times),
        amount_minor=draw(st.sampled_from([None, 0, 5_000_000])),
        currency=draw(maybe(st.just("EUR"))),
        owner_id=draw(owners),
        closed_at=draw(maybe_times),
        stage_since=draw(maybe_times),
        is_primary=draw(st.sampled_from([True, True, False])),
        contacts=tuple(
            DealContact(
                contact_id=f"C{place}",
                role=draw(maybe(st.just("buyer"))),
                is_decider=draw(st.sampled_from([None, True, False])),
                last_touch_at=draw(maybe_times),
            )
            for place in range(draw(st.integers(0, 2)))
        ),
    )


@st.composite
def surroundings(draw: st.DrawFn) -> Surroundings:
    """Counts and norms, of which any may be missing."""
    counts, spans_s = st.integers(0, 8), st.one_of(st.none(), st.integers(0, 400_000))
    crowds = st.builds(Crowd, record_id=st.sampled_from(["A0", "A1"]), count=counts, at=times)
    ticks = st.builds(Crowd, record_id=st.sampled_from(["T0", "T1"]), count=counts, at=times)
    twins = st.builds(
        Twin,
        activity_id=st.sampled_from(["A0", "A1"]),
        leads=counts,
        percent=st.integers(80, 100),
        phrase=st.just("thank you for your interest"),
    )
    return Surroundings(
        norms_id=draw(st.sampled_from(["", "n1"])),
        crowded_logs=draw(st.one_of(st.none(), st.lists(crowds, max_size=2).map(tuple))),
        crowded_ticks=draw(st.one_of(st.none(), st.lists(ticks, max_size=2).map(tuple))),
        twins=draw(st.one_of(st.none(), st.lists(twins, max_size=2).map(tuple))),
        load=draw(
            st.one_of(
                st.none(),
                st.builds(
                    Load,
                    holder_id=st.sampled_from(["7", "8"]),
                    open_new_leads=counts,
                    working_s=st.integers(0, 7200),
                    capacity_per_hour_milli=st.one_of(st.none(), st.integers(0, 9000)),
                    n=counts,
                ),
            )
        ),
        stage_norm=draw(
            st.one_of(
                st.none(),
                st.builds(
                    StageNorm,
                    pipeline=st.just("sales"),
                    stage=st.just("offer"),
                    segment=st.just(""),
                    n=st.integers(0, 60),
                    quantile_s=spans_s,
                ),
            )
        ),
        deal_norms=draw(
            st.one_of(
                st.none(),
                st.builds(
                    DealNorm,
                    pipeline=st.just("sales"),
                    n_won=counts,
                    n_open=counts,
                    won_age_s=spans_s,
                    n_gaps=counts,
                    touch_gap_s=spans_s,
                ).map(lambda norm: (norm,)),
            )
        ),
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
    stages = [
        StageChange(lead_id="L1", occurred_at=draw(times), field="hs_lead_status", raw_status=draw(statuses))
        for _ in range(draw(st.integers(0, 3)))
    ]
    people = [
        Owner(owner_id=owner_id, user_id=None, email=None, name=owner_id, is_archived=draw(st.booleans()))
        for owner_id in sorted(draw(st.sets(st.sampled_from(["7", "8", "9"]))))
    ]
    seen = [
        Sighting(
            lead_id=f"K{number}",
            received_at=draw(times),
            key_kind=draw(st.sampled_from(KeyKind)),
            source=draw(st.sampled_from((None, "web form", "portal"))),
            percent=draw(st.none() | st.integers(0, 100)),
            agrees=draw(st.sampled_from(((), (Agreement("phone", "near", 7.82), Agreement("email", "same", 13.4))))),
            apart=draw(st.none() | st.sampled_from(Apart)),
        )
        for number in range(draw(st.integers(0, 2)))
    ]
    missing = draw(st.dictionaries(st.sampled_from(Fact), st.just("the permission was not granted"), max_size=2))
    return LeadCase(
        lead=draw(leads()),
        as_of=draw(times),
        activities=tuple(sorted(acts, key=lambda each: (each.occurred_at, each.activity_id))),
        tasks=tuple(plans),
        owner_changes=tuple(sorted(changes, key=lambda each: each.occurred_at)),
        stage_changes=tuple(sorted(stages, key=lambda each: each.occurred_at)),
        sightings=tuple(sorted(seen, key=lambda each: (each.received_at, each.lead_id))),
        deals=tuple(draw(deals(number)) for number in range(draw(st.integers(0, 1)))),
        owners=tuple(people),
        surroundings=draw(surroundings()),
        coverage=Coverage(missing=tuple(missing.items())),
    )
