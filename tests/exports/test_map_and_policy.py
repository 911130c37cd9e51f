"""Mistakes in a map or a policy are told by file, table and key, with what to write instead."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from connector.exports.mapping_file import read_map
from connector.exports.policy_file import read_policy
from connector.exports.problems import UnusableInput
from tests.exports.conftest import MAP, POLICY

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


def test_owner_hours_and_targets_by_type(tmp_path: Path):
    path = tmp_path / "policy.toml"
    path.write_text(
        POLICY
        + '[targets.by_type]\nhot = "5m"\nslow = 7200\n[owners.Kai]\n[owners.Kai.hours]\nmon = [["09:00", "10:00"]]\n'
    )
    policy = read_policy(path)
    assert policy.response_target_by_type == {"hot": 300, "slow": 7200}
    assert policy.owner_calendars["Kai"].week == {0: ((32400, 36000),)}
    assert policy.owner_calendars["Kai"].zone == "Europe/Berlin"


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
    assert read_policy(tmp_path / "policy.toml").response_target_by_type == {"Demo request": 300}
