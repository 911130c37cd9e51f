"""Mistakes in a map or a policy are told by file, table and key, with what to write instead."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from audits.dues import response_target_s
from audits.model.case import LeadCase
from audits.model.fit import Criterion, FitSubject
from audits.model.policy import DEFAULT_TARGETS, Policy, ResponseTarget
from connector.exports.mapping_file import read_map
from connector.exports.policy_file import read_policy
from connector.exports.problems import UnusableInput
from tests.exports.conftest import MAP, POLICY
from tests.factories import make_lead

#: Figures of a policy that stand under [limits], by their names in the policy.
LIMITS = [
    each.name
    for each in fields(Policy)
    if each.type == "int"
    and not re.match("response_|never_called|recontact_after|silent|min_conversation|duplicate_window", each.name)
]
EXAMPLES = Path(__file__).parents[2] / "docs/examples"


def refusal(read, tmp_path: Path, text: str) -> str:
    path = tmp_path / "given.toml"
    path.write_text(text)
    with pytest.raises(UnusableInput) as told:
        read(path)
    return str(told.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'lead_id = "Id"\nreceived_at',
            "received_at",
            "given.toml, table [leads], key 'columns': must name the column of lead_id",
        ),
        ('email = "Mail"', 'emial = "Mail"', "table [leads.columns], key 'emial': is unknown; did you mean 'email'?"),
        ('zone = "Europe/Berlin"', 'zone = "Berlin"', "table [times], key 'zone': 'Berlin' is no time zone"),
        ('"%Y-%m-%d %H:%M"', '"%Y-%m"', "table [times], key 'formats': '%Y-%m' does not give a whole date"),
        ('"new" = "open"', '"new" = "fresh"', "table [leads.status_values], key 'new': 'fresh' is none of open, won"),
        ('"new" = "open"', '"new" = "open"\n"NEW " = "won"', "key 'NEW ': stands twice"),
        (
            '"machine" = true',
            '"machine" = "yes"',
            "table [touches.automated_values], key 'machine': 'yes' is neither true nor false",
        ),
        ('kind = "call"', 'kind = "phone"', "table [touches], key 'constants.kind': 'phone' is none of call, email"),
        ('kind = "call"', "", "table [touches], key 'columns': must name the column of kind"),
        (
            "[touches.columns]",
            '[touches]\nduration_unit = "h"\n[touches.columns]',
            "'h' is none of s, ms, min, clock",
        ),
        ('direction = "Direction"\n', "", "gives values, but [touches.columns] names no column of direction"),
        ('kind = "call"', 'kind = "call"\nstate = "done"', "key 'state': has a column as well; give one of the two"),
        ('"meetings", "messages"]', '"faxes"]', "key 'not_used': 'faxes' is none of calls, emails"),
        ("[leads.columns]", '[leads]\nencoding = "latin-99"\n[leads.columns]', "'latin-99' is no encoding"),
        ("[times]", "[time]", "no [times] table; write [times] with zone ="),
        ("[times]", "[teams]\nx = 1\n[times]", "the top of the file, key 'teams': is unknown; did you mean 'times'?"),
    ],
)
def test_a_wrong_map(tmp_path: Path, old: str, new: str, says: str):
    assert old in MAP
    assert says in refusal(read_map, tmp_path, MAP.replace(old, new, 1))


def test_a_map_needs_leads_or_an_event_log_and_not_both(tmp_path: Path):
    log = (EXAMPLES / "incident-log.map.toml").read_text()
    assert "needs either [leads] or [event_log]" in refusal(read_map, tmp_path, MAP.split("[leads.columns]")[0])
    leads = MAP.split("[touches.columns]")[0].split("[leads.columns]")[1]
    assert "and not both" in refusal(read_map, tmp_path, log + "\n[leads.columns]" + leads)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('zone = "Europe/Berlin"', "", "given.toml, the top of the file, key 'zone': is missing"),
        (
            'mon = [["09:00", "12:00"], ["13:00", "18:00"]]',
            'mon = [["09:00", "25:00"]]',
            "week.mon[0]: 25:00 is not a time",
        ),
        ("mon =", "monday =", "table [hours], key 'monday': is no weekday; use mon, tue"),
        ('"1h"', '"one hour"', "table [targets], key 'first_attempt': 'one hour' is no span; write \"30m\""),
        ("[targets]", "[target]", "key 'target': is unknown; did you mean 'targets'?"),
        (
            "[targets]",
            '[holidays]\ncountry = "XX"\n[targets]',
            "table [holidays], key 'country': Country XX not available",
        ),
        (
            "[targets]",
            '[holidays]\ncountry = "DE"\nsubdivision = "ZZ"\n[targets]',
            "table [holidays], key 'subdivision'",
        ),
        ("[targets]", '[holidays]\nsubdivision = "BE"\n[targets]', "needs a country beside it"),
        ("[targets]", '[holidays]\ndates = ["24.12.2026"]\n[targets]', "'24.12.2026' is no date; write YYYY-MM-DD"),
        ('region = "DE"', 'region = "Germany"', "'Germany' is no country; give two capital letters"),
        ("[hours]", "[week]", "key 'hours': is missing; write [hours]"),
        ("[targets]", "[cadence]\nwithin_days = 0\n[targets]", "0 is not a whole number of at least 1"),
        ("[targets]", '[targets]\ngoal = "2h"', "key 'goal': is longer than first_attempt"),
        ("[targets]", '[targets]\n[[targets.for]]\nsources = ["x"]', "table [targets.for], key 'due': is missing"),
        ("[targets]", "[targets]\n[[targets.for]]\ndue = 5\ngoal = 6", "key 'goal': is longer than due"),
        ("[targets]", '[targets]\n[[targets.for]]\ndue = 5\nsource = "x"', "did you mean 'sources'?"),
        ("[targets]", '[limits]\nmax_gaps = "2h"\n[targets]', "did you mean 'max_gap'?"),
        ("[targets]", '[limits]\nsame_hour_attempts = "2h"\n[targets]', "'2h' is not a whole number"),
        ("[targets]", "[owners.Kai]\nabsences = [2026-07-01]\n[targets]", "is no list of first and last days"),
        (
            "[targets]",
            '[owners.Kai]\nabsences = [["2026-07-01", "2026-06-01"]]\n[targets]',
            "2026-06-01 comes before 2026-07-01",
        ),
        ("[targets]", '[owners.Kai]\nabsences = [["2026-07-01", "July"]]\n[targets]', "'July' is no date"),
        *(
            ("[targets]", f'[[target_group]]\nname = "A"\n{lines}\n[targets]', says)
            for lines, says in (
                (
                    'subject = "dog"\nfield = "country"\nweight = 1',
                    "key 'subject': 'dog' is not known; use one of person",
                ),
                ('subject = "person"\nfield = "shoes"\nweight = 1', "key 'field': 'shoes' is not known"),
                ('subject = "person"\nfield = "country"', "table [target_group]: A: the weight must be 1 to 100"),
                ('subject = "person"\nfield = "country"\nweight = 1\nfrom = "x"', "key 'from': 'x' is no number"),
                (
                    'subject = "person"\nfield = "country"\nweight = 1\nfrom = 2\nto = 1',
                    "range ends before it begins",
                ),
                ('subject = "person"\nfield = "country"\nweight = 1\nvalues = ["x"]', "key 'values': is unknown"),
            )
        ),
    ],
)
def test_a_wrong_policy(tmp_path: Path, old: str, new: str, says: str):
    assert old in POLICY
    assert says in refusal(read_policy, tmp_path, POLICY.replace(old, new, 1))


def test_no_toml_at_all(tmp_path: Path):
    assert "is no valid TOML" in refusal(read_map, tmp_path, "title = ")
    with pytest.raises(UnusableInput, match="cannot be read"):
        read_policy(tmp_path / "absent.toml")


def test_holidays_of_a_region_and_own_dates(tmp_path: Path):
    path = tmp_path / "policy.toml"
    own = '[holidays]\ncountry = "DE"\nsubdivision = "BE"\ndates = [2026-12-24]\nworking_dates = ["2026-05-01"]\n'
    path.write_text(POLICY + own)
    calendar = read_policy(path).calendar
    assert date(2026, 3, 8) in calendar.holidays, "International Women's Day is a holiday in Berlin"
    assert date(2026, 1, 6) not in calendar.holidays, "Epiphany is none there"
    assert date(2026, 12, 24) in calendar.holidays
    assert date(2026, 5, 1) not in calendar.holidays, "taken back by hand"


def test_a_policy_says_whence_its_holidays_are(tmp_path: Path):
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    assert read_policy(path).holidays_source is None
    own = '[holidays]\ncountry = "DE"\nsubdivision = "BE"\n[owners.Kari]\nzone = "Europe/Oslo"\n'
    path.write_text(POLICY + own + '[owners.Kari.holidays]\ncountry = "NO"\n')
    policy = read_policy(path)
    assert policy.holidays_source == f"holidays {version('holidays')}: DE-BE, NO; 2000 to 2050"
    assert date(2026, 5, 17) in policy.owner_calendars["Kari"].holidays, "Constitution Day"
    assert policy.owner_calendars["Kari"].week == policy.calendar.week


def test_owner_hours_and_targets_by_type(tmp_path: Path):
    path = tmp_path / "policy.toml"
    path.write_text(
        POLICY
        + '[targets.by_type]\nhot = "5m"\nslow = 7200\n[owners.Kai]\n[owners.Kai.hours]\nmon = [["09:00", "10:00"]]\n'
    )
    policy = read_policy(path)
    assert policy.targets == (
        ResponseTarget(name="hot", goal_s=300, due_s=300, lead_types=("hot",)),
        ResponseTarget(name="slow", goal_s=7200, due_s=7200, lead_types=("slow",)),
    )
    assert policy.owner_calendars["Kai"].week == {0: ((32400, 36000),)}
    assert policy.owner_calendars["Kai"].zone == "Europe/Berlin"


def test_targets_are_tried_in_order(tmp_path: Path):
    path = tmp_path / "policy.toml"
    path.write_text(
        POLICY.replace("[targets]", '[targets]\ngoal = "10m"')
        + """
[[targets.for]]
name = "hot in the north"
lead_types = ["demo", "callback"]
priorities = "high"
countries = ["NO", "SE"]
goal = "2m"
due = "5m"

[[targets.for]]
sources = ["fair", "partner"]
due = "4h"

[targets.by_type]
demo = "20m"
"""
    )
    policy = read_policy(path)
    assert [(each.name, each.goal_s, each.due_s) for each in policy.targets] == [
        ("hot in the north", 120, 300),
        ("fair, partner", 600, 14400),
        ("demo", 600, 1200),
    ]
    assert (policy.response_goal_s, policy.response_target_s) == (600, 3600)

    def due_s(**fields: str) -> int:
        lead = make_lead(**fields)
        return response_target_s(LeadCase(lead=lead, as_of=lead.received_at), policy)

    assert due_s(lead_type="Demo", priority="high", country="NO", source="fair") == 300
    assert due_s(lead_type="demo", priority="low", country="NO", source="Fair") == 14400
    assert due_s(lead_type="demo", priority="low", country="NO", source="web") == 1200
    assert due_s(lead_type="other", source="web") == 3600


def test_shipped_targets_hold_where_the_file_says_nothing_of_targets(tmp_path: Path):
    path = tmp_path / "policy.toml"
    path.write_text(POLICY.split("[targets]")[0])
    assert read_policy(path).targets == DEFAULT_TARGETS
    path.write_text(POLICY)
    assert read_policy(path).targets == ()


def test_absences_of_an_owner_are_whole_days_of_his_zone(tmp_path: Path):
    path = tmp_path / "policy.toml"
    path.write_text(
        POLICY
        + '[owners.Kai]\nabsences = [[2026-03-27, "2026-03-30"], [2026-07-01, 2026-07-01]]\n'
        + '[owners.Ann]\nzone = "America/New_York"\nabsences = [[2026-07-01, 2026-07-01]]\n'
    )
    policy = read_policy(path)
    assert policy.absences == {
        # The last Sunday of March has 23 hours in Berlin.
        "Kai": (
            (datetime(2026, 3, 26, 23, tzinfo=UTC), datetime(2026, 3, 30, 22, tzinfo=UTC)),
            (datetime(2026, 6, 30, 22, tzinfo=UTC), datetime(2026, 7, 1, 22, tzinfo=UTC)),
        ),
        "Ann": ((datetime(2026, 7, 1, 4, tzinfo=UTC), datetime(2026, 7, 2, 4, tzinfo=UTC)),),
    }
    assert set(policy.owner_calendars) == {"Ann"}


def test_every_figure_of_a_policy_can_be_given(tmp_path: Path):
    path = tmp_path / "policy.toml"
    lines = [f"{name.removesuffix('_s')} = " + ('"7h"' if name.endswith("_s") else "7") for name in LIMITS]
    path.write_text(
        'contacted_statuses = ["Contacted"]\nwaiting_statuses = "Waiting"\nduplicate_window_days = 9\n'
        + POLICY
        + "\n".join(['never_called_after = "3h"', 'recontact_after = "4h"', 'silent_after = "5h"'])
        + '\ngoal = "1m"\nmin_conversation = "6s"\n[limits]\n'
        + "\n".join(lines)
    )
    policy, shipped = read_policy(path), Policy(version="x", calendar=read_policy(path).calendar)
    same = {each.name for each in fields(Policy) if getattr(policy, each.name) == getattr(shipped, each.name)}
    assert {name: getattr(policy, name) for name in LIMITS} == {
        name: 25_200 if name.endswith("_s") else 7 for name in LIMITS
    }
    assert [name for name in same if name in {each.name for each in fields(Policy) if each.type == "int"}] == []
    assert (policy.contacted_statuses, policy.waiting_statuses) == (("Contacted",), ("Waiting",))


def test_the_version_names_what_was_agreed(tmp_path: Path):
    path = tmp_path / "policy.toml"
    versions = []
    for text in (POLICY, POLICY + "\n# a remark", POLICY.replace('"1h"', '"2h"'), POLICY.replace("18:00", "17:00")):
        path.write_text(text)
        versions.append(read_policy(path).version)
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3
    assert all(version.startswith("test+") for version in versions)


@pytest.mark.parametrize("name", ["incident-log", "hubspot", "zoho"])
def test_the_examples_are_valid(name: str):
    read_map(EXAMPLES / f"{name}.map.toml")
    read_policy(EXAMPLES / f"{name}.policy.toml")


def test_what_the_guide_shows_is_valid(tmp_path: Path):
    guide = (EXAMPLES.parent / "audit-files.md").read_text()
    map_text, policy_text = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "map.toml").write_text(map_text)
    (tmp_path / "policy.toml").write_text(policy_text)
    assert read_map(tmp_path / "map.toml").touches[0].name == "calls"
    policy = read_policy(tmp_path / "policy.toml")
    assert [(each.goal_s, each.due_s) for each in policy.targets] == [(120, 300), (600, 14400), (600, 7200)]
    assert (policy.max_gap_s, policy.same_hour_attempts) == (30 * 3600, 3)
    assert policy.absences["Kai Brandt"][0][0] == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert [(each.name, each.any_of, each.weight) for each in policy.criteria] == [("Nordic", ("NO", "SE"), 30)]


def test_the_target_group_of_a_file(tmp_path: Path):
    path = tmp_path / "policy.toml"
    path.write_text(
        POLICY
        + '\n[[target_group]]\nname = "Nordic"\nsubject = "person"\nfield = "country"\nany_of = ["NO"]\nweight = 30\n'
        + '[[target_group]]\nname = "Large"\nsubject = "organisation"\nfield = "deal_amount"\nfrom = 10\n'
        + "weight = 100\n"
    )
    person, organisation = FitSubject.PERSON, FitSubject.ORGANISATION
    policy = read_policy(path)
    assert policy.criteria == (
        Criterion(name="Nordic", subject=person, field="country", any_of=("NO",), weight=30),
        Criterion(name="Large", subject=organisation, field="deal_amount", least=10.0, weight=100),
    )
    path.write_text(POLICY)
    assert read_policy(path).version != policy.version
