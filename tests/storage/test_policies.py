"""Which policy held when, by what a lead is judged, and that the name in a finding gives it again for ever."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.model.policy import Cadence, Hours, Policy, ResponseTarget
from audits.model.working_calendar import Calendar
from connector.errors import UnknownInstall
from connector.storage import policies
from connector.storage.database import Database
from connector.storage.installs import Install
from connector.storage.policies import PolicyBook, PolicyVersion
from tests.factories import NOW, at, make_calendar, make_install, make_policy
from tests.rules.strategies import policies as any_policies

LONG_AGO = at(days=-9999)
AWAY = {"7": ((at(0), at(days=3)),)}


@pytest.fixture
def install(database: Database) -> Install:
    with database.write() as conn:
        return make_install(conn)


def early(opens_h: int) -> Calendar:
    return make_calendar(start_h=opens_h)


def book_of(*saved: tuple[str, datetime, dict[str, Any]]) -> PolicyBook:
    """Versions in the order in which they were saved, as the store lists them."""
    made = [
        PolicyVersion(policy=make_policy(name, **fields), position=place, valid_from=since, valid_to=None)
        for place, (name, since, fields) in enumerate(saved, 1)
    ]
    return PolicyBook(sorted(made, key=lambda each: (each.valid_from, each.position)))


def test_the_policy_of_a_time_is_the_one_that_held_then(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        assert policies.next_version(conn, tenant) == "2"
        second, third = make_policy("2", response_target_s=60), make_policy("3", response_target_s=90)
        policies.put_policy(conn, tenant, second, at(10))
        policies.put_policy(conn, tenant, third, at(10))
        policies.put_policy(conn, tenant, third, at(50))  # known already: nothing changes
        assert policies.policy_as_of(conn, tenant, at(9)).version == "1"
        assert policies.policy_as_of(conn, tenant, at(10)) == third
        assert policies.policy_as_of(conn, tenant, LONG_AGO).version == "1"
        assert policies.find_policy(conn, tenant, "2") == second
        assert policies.find_policy(conn, tenant, "9") is None
        assert policies.list_versions(conn, tenant) == ["1", "2", "3"]
        with pytest.raises(ValueError, match="version"):
            policies.put_policy(conn, tenant, make_policy("2", response_target_s=61), at(60))
        for ask in (policies.policy_as_of, policies.find_policy):
            with pytest.raises(UnknownInstall):
                ask(conn, "unknown", NOW)  # type: ignore[arg-type]


def test_the_list_says_from_when_to_when(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        policies.put_policy(conn, tenant, make_policy("later"), at(days=9))
        policies.put_policy(conn, tenant, make_policy("replaced"), at(10))
        policies.put_policy(conn, tenant, make_policy("now"), at(10))
        listed = policies.list_policies(conn, tenant)
    begun = listed[0].valid_from
    assert [(each.policy.version, each.valid_from, each.valid_to) for each in listed] == [
        ("1", begun, at(10)),
        ("replaced", at(10), at(10)),
        ("now", at(10), at(days=9)),
        ("later", at(days=9), None),
    ]


def test_a_lead_keeps_the_terms_on_which_it_came(database: Database, install: Install) -> None:
    tenant = install.install_id
    with database.write() as conn:
        policies.put_policy(conn, tenant, make_policy("2", response_target_s=60), at(10))
        first = policies.policy_as_of(conn, tenant, LONG_AGO)
        before = policies.policy_for(conn, tenant, at(9), at(days=30))
        after = policies.policy_for(conn, tenant, at(10), at(days=30))
    assert (before.version, before.response_target_s) == ("1 (hours 2)", first.response_target_s)
    assert (after.version, after.response_target_s, after.later_hours) == ("2", 60, ())


def test_hours_count_from_their_beginning_and_never_before() -> None:
    book = book_of(
        ("1", at(0), {}),
        ("2", at(days=1), {"response_target_s": 60}),
        ("3", at(days=2), {"calendar": early(7)}),
        ("4", at(days=3), {"calendar": early(7), "silent_after_s": 9}),
        ("5", at(days=4), {"calendar": early(6), "team_calendars": {"North": early(5)}}),
    )

    def judged(received: datetime, as_of: datetime) -> tuple[str, list[datetime]]:
        policy = book.policy_for(received, as_of)
        return policy.version, [each.valid_from for each in policy.later_hours]

    # Versions 2 and 4 change no hours: for a lead that was there nothing at all.
    assert judged(at(1), at(days=1.5)) == ("1", [])
    assert judged(at(1), at(days=2)) == ("1 (hours 3)", [at(days=2)])
    assert judged(at(1), at(days=3.5)) == ("1 (hours 3)", [at(days=2)])
    assert judged(at(1), at(days=9)) == ("1 (hours 5)", [at(days=2), at(days=4)])
    assert judged(at(days=3), at(days=9)) == ("4 (hours 5)", [at(days=4)])
    assert judged(LONG_AGO, at(0)) == ("1", [])
    last = book.policy_for(at(days=3), at(days=9)).later_hours[0]
    assert (last.calendar, last.team_calendars) == (early(6), {"North": early(5)})
    assert (book.next_beginning(at(days=3)), book.next_beginning(at(days=4))) == (at(days=4), None)


def test_the_newest_list_of_absences_holds_for_all_times() -> None:
    """Somebody who fell ill on Monday and whose note came on Thursday was not at work on Tuesday."""
    book = book_of(
        ("1", at(0), {"absences": {"8": ((at(0), at(1)),)}}),
        ("2", at(days=1), {"calendar": early(7), "absences": {"8": ((at(0), at(1)),)}}),
        ("3", at(days=4), {"calendar": early(7), "absences": AWAY}),
    )
    policy = book.policy_for(at(1), at(days=9))
    assert policy.version == "1 (hours 3)"
    assert [policy.absences, *(each.absences for each in policy.later_hours)] == [AWAY, AWAY, AWAY]
    assert book.policy_for(at(1), at(days=2)).absences == {"8": ((at(0), at(1)),)}


def test_what_is_known_of_the_market_holds_for_all_times_and_what_was_agreed_does_not() -> None:
    """Who is a competitor was one before somebody wrote it down."""
    known = {"own_domains": ("us.example",), "competitor_domains": ("rival.example",), "products": ("roof",)}
    told = {**known, "competitor_names": ("Rival",), "most_plausible": 40}
    book = book_of(("1", at(0), {}), ("2", at(days=2), {**told, "response_target_s": 60}))
    before, after = (book.policy_for(at(1), at(days=days)) for days in (1, 3))
    assert (before.version, after.version) == ("1", "1 (hours 2)")
    assert {name: getattr(after, name) for name in told} == told
    assert before.competitor_domains == ()
    assert after.response_target_s == before.response_target_s
    assert book.find(after.version) == after


def test_what_is_saved_for_the_same_instant_takes_the_place_of_what_was_there() -> None:
    book = book_of(("1", at(0), {}), ("2", at(0), {"response_target_s": 60}))
    for received in (LONG_AGO, at(0), at(days=1)):
        assert book.policy_for(received, at(days=2)).version == "2"


def test_a_name_means_the_same_after_a_version_was_put_in_between() -> None:
    first, third = ("1", at(0), {}), ("3", at(days=5), {"calendar": early(7)})
    old = book_of(first, third).policy_for(at(1), at(days=9))
    book = book_of(first, third, ("4", at(days=2), {"calendar": early(5)}))
    now = book.policy_for(at(1), at(days=9))
    assert (old.version, now.version) == ("1 (hours 3)", "1 (hours 3, 4)")
    assert (book.find(old.version), book.find(now.version)) == (old, now)
    assert book.find("1 (hours 4)") == book.policy_for(at(1), at(days=3))


@pytest.mark.parametrize(
    "name", ["", "2", "1 (hours 1)", "1 (hours 2)", "3 (hours 1)", "1 (hours 3, 9)", "1 (hours 3", "1 (hours 3, 3)"]
)
def test_other_names_mean_nothing(name: str) -> None:
    assert book_of(("1", at(0), {}), ("3", at(days=5), {"calendar": early(7)})).find(name) is None


saves = st.lists(
    st.tuples(
        st.integers(0, 12).map(lambda days: at(days=days)),
        st.fixed_dictionaries(
            {
                "calendar": st.integers(5, 7).map(early),
                "response_target_s": st.integers(1, 3),
                "absences": st.sampled_from([{}, AWAY]),
                "competitor_domains": st.sampled_from([(), ("rival.example",)]),
            }
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(
    saved=saves,
    times=st.lists(st.integers(-2, 14), min_size=2, max_size=2).map(lambda t: [at(days=each) for each in sorted(t)]),
)
def test_every_name_ever_given_gives_its_policy_again(
    saved: list[tuple[datetime, dict[str, Any]]], times: list[datetime]
) -> None:
    """Whatever is saved after a lead was judged, for now or for any other time."""
    numbered = [(str(place), since, fields) for place, (since, fields) in enumerate(saved, 1)]
    whole = book_of(*numbered)
    for count in range(1, len(numbered) + 1):
        judged_by = book_of(*numbered[:count]).policy_for(times[0], times[1])
        assert whole.find(judged_by.version) == judged_by
        assert len({judged_by.absences == each.absences for each in judged_by.later_hours}) <= 1


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (make_policy("1 (hours 2)"), "reads as the name of several"),
        (make_policy("1, 2"), "reads as the name of several"),
        (make_policy("2", later_hours=(Hours(valid_from=NOW, calendar=early(7)),)), "later_hours"),
    ],
)
def test_what_cannot_be_stored(database: Database, install: Install, policy: Policy, says: str) -> None:
    with database.write() as conn, pytest.raises(ValueError, match=says):
        policies.put_policy(conn, install.install_id, policy, NOW)


@settings(max_examples=60, deadline=None)
@given(
    policy=any_policies(),
    calendar=st.sampled_from([early(6), make_calendar("Asia/Kathmandu", 8, 12)]),
    texts=st.tuples(st.none() | st.text(), st.none() | st.text()),
    since=st.datetimes(timezones=st.just(UTC)),
)
def test_a_policy_survives_json(
    policy: Policy, calendar: Calendar, texts: tuple[str | None, str | None], since: datetime
) -> None:
    since = min(since, NOW + timedelta(days=9999))
    policy = replace(
        policy,
        team_calendars={"North": calendar},
        later_hours=(
            Hours(valid_from=since, calendar=calendar, owner_calendars={"7": calendar}, absences=AWAY),
            Hours(valid_from=since + timedelta(days=1), calendar=calendar, team_calendars={"South": calendar}),
        ),
        targets=(*policy.targets, ResponseTarget(name="x", goal_s=1, due_s=2, sources=("a", "b"), countries=("DE",))),
        cadence=Cadence(calls=3, emails=2, within_days=9),
        region=texts[0],
        holidays_source=texts[1],
    )
    again = Policy.from_json(json.loads(json.dumps(policy.to_json())))
    assert again == policy
    assert again.to_json() == policy.to_json()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"version": ""}, "version"),
        ({"calendar": None}, "calendar"),
        ({"calendar": {"tz": "Nowhere", "week": {}}}, "calendar.tz"),
        ({"calendar": {"tz": "UTC", "week": {}}}, "calendar.week: the calendar is never open"),
        ({"owner_calendars": {"7": {"tz": "UTC", "week": {"mon": [["9"]]}}}}, "owner_calendars.7.week.mon"),
        ({"team_calendars": {"North": {"tz": "UTC", "week": {}}}}, "team_calendars.North.week"),
        ({"absences": {"7": [["2026-03-01"]]}}, r"absences.7\[0\]"),
        ({"absences": {"7": [["2026-03-01T00:00:00", "2026-03-02T00:00:00"]]}}, r"absences.7\[0\]"),
        ({"absences": {"7": [["2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"]]}}, r"absences.7\[0\]: .* ends"),
        ({"later_hours": [{"valid_from": "soon", "calendar": {}}]}, r"later_hours\[0\].valid_from"),
        ({"cadence": {"faxes": 1}}, "cadence.faxes"),
        ({"silent_after_s": -1}, "silent_after_s"),
        ({"silent_after_s": True}, "silent_after_s"),
        ({"targets": {"hot": 5}}, "targets"),
        ({"targets": [{"name": "hot", "goal_s": 9, "due_s": 5}]}, r"targets\[0\].hot: the goal of 9 s"),
        ({"targets": [{"name": "hot", "goal_s": 9}]}, r"targets\[0\].due_s"),
        ({"targets": [{"goal_s": 1, "due_s": 5}]}, r"targets\[0\].name"),
        ({"targets": [{"name": "hot", "goal_s": 1, "due_s": 5, "colour": "red"}]}, r"targets\[0\].colour"),
        ({"targets": [{"name": "hot", "goal_s": 1, "due_s": 5, "sources": [""]}]}, r"targets\[0\].sources\[0\]"),
        ({"region": 49}, "region"),
        ({"holidays_source": 49}, "holidays_source"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_wrong_policy_is_refused_with_the_place(change: dict[str, object], place: str) -> None:
    with pytest.raises(ValueError, match=f"^{place}"):
        Policy.from_json({**make_policy().to_json(), **change})
