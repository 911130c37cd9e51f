"""The command as a person meets it: what it reads, counts, lists, refuses and writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exports.conftest import LEADS_HEADER, MAP, POLICY, TOUCHES_HEADER, RunAudit

LEADS = LEADS_HEADER + (
    "1,2026-03-02 10:00,Ann,Berg,ann@berg-bau.de,030 23125101,Kai,new,Web\n"
    "2,2026-03-02 11:30,Bo,Dahl,bo@dahl-bau.de,030 23125102,Kai,new,Web\n"
    "3,2026-03-02 11:00,Cy,Egel,cy@egel-bau.de,030 23125103,Lea,new,Fair\n"
)
TOUCHES = TOUCHES_HEADER + (
    "t1,1,2026-03-02 10:40,out,done,person\n"
    "t2,2,2026-03-02 13:31,out,done,person\n"
    "t3,3,2026-03-02 11:05,out,done,machine\n"
    "t4,3,2026-03-02 17:00,in,done,machine\n"
)


def test_leads_and_touches_are_joined_and_judged(run_audit: RunAudit):
    ran = run_audit(LEADS, TOUCHES)
    assert ran.code == 0, ran.err
    assert ran.outcome("1", "RT001") == ("pass", "in_time")
    assert ran.outcome("2", "RT001") == ("breach", "late"), "30 min until the break, 31 min after it, target 60"
    assert ran.lead("2")["facts"]["first_attempt_working_s"] == 61 * 60
    assert ran.outcome("3", "RT002") == ("breach", "past_target"), (
        "calls of machines are neither attempts nor conversations, whoever rang"
    )
    owners = {row["name"]: row["answers"] for row in ran.told["report"]["owners"]}
    assert (owners["Kai"]["in_time"], owners["Kai"]["late"], owners["Lea"]["unanswered"]) == (1, 1, 1)
    assert {row["name"]: row["n"] for row in ran.told["report"]["sources"]} == {"Web": 2, "Fair": 1}
    assert ran.told["as_of"] == "2026-03-02T16:00:00+00:00", "the latest time in the files"
    assert ran.told["report"]["response"]["in_time"]["low"] is None, "three leads are not enough for a share"
    assert "1 of 3 tried in time: not enough data" in ran.out


def test_no_row_is_silently_dropped(run_audit: RunAudit):
    leads = LEADS + (
        "1,2026-03-02 12:00,Ann,Again,,,,new,Web\n"
        ",2026-03-02 12:00,No,Id,,,,new,Web\n"
        "9,,No,Time,,,,new,Web\n"
        "10,2026-03-02 12:00,Too,Few\n"
        "11,2026-03-29 99:30,Odd,Time,,,,new,Web\n"
    )
    touches = TOUCHES + (
        "t1,1,2026-03-02 10:50,out,done,person\n"
        "t9,404,2026-03-02 10:50,out,done,person\n"
        "t10,1,tomorrow,out,done,person\n"
    )
    ran = run_audit(leads, touches)
    assert ran.bad == [
        ("leads.csv", 5, "the lead id stands already on line 2; that row is used"),
        ("leads.csv", 6, "lead_id is empty"),
        ("leads.csv", 7, "received_at is empty"),
        ("leads.csv", 8, "the row has 4 cells, the header has 9"),
        ("leads.csv", 9, "received_at: is no time of the format %Y-%m-%d %H:%M"),
        ("touches.csv", 6, "the touch id stands already on line 2 for this lead; that row is used"),
        ("touches.csv", 7, "names a lead that is not in the leads file"),
        ("touches.csv", 8, "occurred_at: is no time of the format %Y-%m-%d %H:%M"),
    ]
    assert ran.told["count_bad_rows"] == len(ran.bad)
    assert ran.told["count_leads"] == 3
    assert [(file["name"], file["rows"]) for file in ran.told["files"]] == [("leads.csv", 8), ("touches.csv", 7)]
    assert "Rows not used: 8" in ran.out


def test_what_the_map_does_not_say_is_unknown_and_counted(run_audit: RunAudit):
    touches = TOUCHES_HEADER + "t1,1,2026-03-02 10:40,?,done,person\nt2,2,2026-03-02 13:31,out,maybe,\n"
    ran = run_audit(
        LEADS.replace("cy@egel-bau.de,030 23125103,Lea,new", "cy@egel-bau.de,030 23125103,Lea,warm"), touches
    )
    assert ran.outcome("1", "RT001") == ("not_evaluated", "unknown_activity")
    assert ran.outcome("2", "RT001") == ("not_evaluated", "unknown_activity")
    assert ran.outcome("3", "RT002")[0] in ("not_evaluated", "pass")
    listed = {(each["meaning_of"], each["value"]): each["count"] for each in ran.told["unmapped_values"]}
    assert listed == {
        ("status", "warm"): 1,
        ("direction", "?"): 1,
        ("state", "maybe"): 1,
        ("automated", "(empty)"): 1,
    }


def test_each_lead_says_what_it_is_and_how_far_that_is_verified(run_audit: RunAudit):
    ran = run_audit(LEADS.replace("cy@egel-bau.de", "cy@gmial.com"), TOUCHES)
    truths = {lead["lead_id"]: (lead["truth"], lead["ladder"]) for lead in ran.told["leads"]}
    assert {truth["id"] for truth, _ in truths.values()} == set(truths)
    [(repair, steps)] = [(truth["repairs"][0], steps) for truth, steps in truths.values() if truth["repairs"]]
    assert (repair["field"], repair["proposed"]) == ("email", "cy@gmail.com")
    assert [step["rung"] for step in steps][:2] == ["syntax", "deliverable"]
    assert (steps[0]["state"], steps[0]["says"]) == ("lifted", "The address cy@gmial.com is well formed.")


def test_without_touches_nothing_is_called_late(run_audit: RunAudit):
    ran = run_audit(LEADS, None, "--as-of", "2026-03-05")
    assert ran.outcome("1", "RT002") == ("not_evaluated", "not_looked_at")
    assert {"fact": "calls", "cause": "no file was given for the touches 'touches'"} in ran.told["not_looked_at"]


def test_columns_that_are_not_mapped_are_not_looked_at(run_audit: RunAudit):
    map_ = MAP.replace('email = "Mail"\n', "").replace('owner = "Owner"\n', "").replace('source = "Source"\n', "")
    ran = run_audit(LEADS.replace("030 23125101", ""), TOUCHES, map_=map_)
    assert ran.outcome("1", "PL001") == ("not_evaluated", "not_looked_at")
    assert ran.outcome("1", "DQ001") == ("not_evaluated", "not_looked_at")
    assert ran.outcome("1", "DQ002") == ("not_evaluated", "not_looked_at")
    assert ran.told["files"][0]["unknown_columns"] == ["Mail", "Owner", "Source"]


def test_as_of_an_earlier_time_what_came_later_did_not_happen(run_audit: RunAudit):
    ran = run_audit(LEADS, TOUCHES, "--as-of", "2026-03-02T11:15")
    assert [lead["lead_id"] for lead in ran.told["leads"]] == ["1", "3"]
    assert ran.outcome("3", "RT002") == ("pass", "waiting_in_time")
    assert ran.told["left_out"]["leads_after_as_of"] == 1
    assert ran.told["left_out"]["touches_after_as_of"] == 1
    assert ran.told["left_out"]["touches_without_lead"] == 0


def test_duplicates_by_phone_and_mail_in_any_spelling(run_audit: RunAudit):
    leads = LEADS_HEADER + (
        "b,2026-03-03 10:00,A,B,,+49 30 23125101,,new,Web\n"
        "a,2026-03-02 10:00,A,B,,030/23125101,,new,Web\n"
        "c,2026-03-04 10:00,A,B,ANN@berg-bau.de,,,new,Web\n"
        "d,2026-03-05 10:00,A,B,ann@berg-bau.de,,,new,Web\n"
        "e,2026-06-05 10:00,A,B,ann@berg-bau.de,,,new,Web\n"
    )
    ran = run_audit(leads, None)
    found = {lead["lead_id"]: ran.outcome(lead["lead_id"], "PL004") for lead in ran.told["leads"]}
    assert found == {
        "a": ("pass", "first_seen"),
        "b": ("breach", "duplicate_phone"),
        "c": ("pass", "first_seen"),
        "d": ("breach", "duplicate_email"),
        "e": ("pass", "first_seen"),
    }


def test_local_times_around_the_change_of_clocks_are_counted(run_audit: RunAudit):
    leads = LEADS_HEADER + "1,2026-10-25 02:30,A,B,,,,new,Web\n2,2026-03-29 02:30,A,B,,,,new,Web\n"
    ran = run_audit(leads, None)
    assert ran.lead("1")["received_at"] == "2026-10-25T00:30:00+00:00"
    assert ran.lead("2")["received_at"] == "2026-03-29T01:30:00+00:00"
    assert (ran.told["files"][0]["repeated_hours"], ran.told["files"][0]["skipped_hours"]) == (1, 1)


def test_one_touch_may_belong_to_several_leads(run_audit: RunAudit):
    map_ = MAP.replace("[touches.columns]", '[touches]\nlead_id_separator = ";"\n[touches.columns]')
    ran = run_audit(LEADS, TOUCHES_HEADER + "t1,1; 2;2,2026-03-02 11:35,out,done,person\n", map_=map_)
    assert ran.lead("1")["facts"]["call_attempts"] == ran.lead("2")["facts"]["call_attempts"] == 1
    assert ran.bad == []


def test_a_plan_is_known_before_it_takes_place(run_audit: RunAudit):
    """A planned call without a time of recording must not move the audit into the future, nor be lost."""
    touches = TOUCHES + "t8,1,2026-03-20 10:00,out,planned,person\n"
    ran = run_audit(LEADS, touches)
    assert ran.told["as_of"] == "2026-03-02T16:00:00+00:00"
    assert ran.told["left_out"]["touches_after_as_of"] == 0


def test_days_without_a_time_blame_nobody_who_may_have_been_in_time(run_audit: RunAudit):
    map_ = MAP.replace('["%Y-%m-%d %H:%M"]', '["%Y-%m-%d %H:%M", "%Y-%m-%d"]')
    leads = LEADS.replace("2026-03-02 10:00", "2026-03-02").replace("2026-03-02 11:30", "2026-03-02")
    touches = TOUCHES_HEADER + (
        "t1,1,2026-03-03 09:30,out,done,person\n"
        "t2,2,2026-03-05,out,done,person\n"
        "t3,3,2026-03-02,out,done,person\n"
    )  # fmt: skip
    ran = run_audit(leads, touches, map_=map_)
    assert ran.told["files"][0]["days_only"] == ran.told["files"][1]["days_only"] == 2
    assert ran.told["as_of"] == "2026-03-05T22:59:59+00:00"
    assert ran.outcome("1", "RT001")[0] != "breach", "a lead of Monday evening was called within the first half hour"
    assert ran.outcome("2", "RT001") == ("breach", "late"), "three days later is late at any time of either day"
    assert ran.outcome("3", "RT001")[0] == "not_evaluated", "the call may lie before the lead"


@pytest.mark.parametrize(
    ("leads", "touches", "more", "change", "says"),
    [
        ("Id,Other\n1,2\n", None, (), {}, "leads.csv: the map names columns that the file does not have: 'Received'"),
        (
            LEADS,
            TOUCHES.replace("Lead,", "Lied,"),
            (),
            {},
            "touches.csv: the map names columns that the file does not have: 'Lead' (did",
        ),
        (LEADS_HEADER, None, (), {}, "none of its 0 rows can be used; the first faults are: there are no rows"),
        (
            LEADS_HEADER + "1,x,,,,,,,\n",
            None,
            (),
            {},
            "none of its 1 rows can be used; the first faults are: line 2: Received received_at: is no",
        ),
        (LEADS, TOUCHES, ("--as-of", "monday"), {}, "--as-of monday: is no time; write 2024-03-31"),
        (LEADS, TOUCHES, ("--touches", "x.csv"), {}, "two files are given for 'touches'"),
        (LEADS, TOUCHES, (), {"map_": MAP.split("[touches.columns]")[0]}, "the map has none"),
        (
            LEADS,
            None,
            ("--html", "/nonexistent/x.html"),
            {},
            "/nonexistent/x.html: cannot be written (No such file or directory)",
        ),
        (LEADS, None, (), {"policy": "zone = 1"}, "policy.toml, the top of the file, key 'zone': 1 is not a text"),
    ],
)
def test_unusable_input_is_refused_in_a_sentence(run_audit: RunAudit, leads, touches, more, change, says: str):
    ran = run_audit(leads, touches, *more, **change)
    assert ran.code == 2
    assert says in ran.err
    assert ran.err.startswith("leadassay audit: ")
    assert "Traceback" not in ran.err
    assert ran.told == {}, "no half-written output"


def test_json_to_stdout_is_json_alone_and_the_page_stands_by_itself(tmp_path: Path):
    for name, text in (("leads.csv", LEADS), ("touches.csv", TOUCHES), ("map.toml", MAP), ("policy.toml", POLICY)):
        (tmp_path / name).write_text(text)
    command = "import sys; from connector.exports.command import audit_command; audit_command(sys.argv[1:])"
    arguments = ["--leads", "leads.csv", "--touches", "touches.csv", "--map", "map.toml", "--policy", "policy.toml"]
    ran = subprocess.run(
        [sys.executable, "-c", command, *arguments, "--json", "-", "--html", "out.html"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(ran.stdout)["count_leads"] == 3
    html = (tmp_path / "out.html").read_text()
    assert '<meta name="viewport"' in html
    assert "prefers-color-scheme: dark" in html
    assert html.count("<rect") == 10
    assert "<script" not in html
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "leads.csv", "map.toml", "out.html", "policy.toml", "touches.csv",
    ]  # fmt: skip


def test_a_full_disk_under_the_output_is_told_too(tmp_path: Path):
    for name, text in (("leads.csv", LEADS), ("map.toml", MAP), ("policy.toml", POLICY)):
        (tmp_path / name).write_text(text)
    command = "import sys; from connector.exports.command import audit_command; audit_command(sys.argv[1:])"
    arguments = ["--leads", "leads.csv", "--map", "map.toml", "--policy", "policy.toml", "--json", "-"]
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-c", command, *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert ran.stderr.startswith("leadassay audit: reading or writing a file failed: No space left on device")
    assert ran.returncode != 0


def test_the_terminal_lists_what_was_not_used(run_audit: RunAudit):
    leads = LEADS.replace("Source\n", "Source,Budget\n").replace("Web\n", "Web,7\n").replace("Fair\n", "Fair,8\n")
    leads += "".join(f"b{n},never,No,Time,,,,paused,Web,9\n" for n in range(12)) + (
        "4,2026-03-02 11:00,Di,Funk,di@funk-bau.de,030 23125104,Lea,paused,Fair,9\n"
    )
    ran = run_audit(leads, TOUCHES)
    said = ran.out.splitlines()
    assert "  columns that the map does not read: 'Budget'" in said
    assert "Rows not used: 12" in said
    assert "  leads.csv, line 5: Received: received_at: is no time of the format %Y-%m-%d %H:%M ('never')" in said
    assert "  and 2 more: see --json or --html" in said
    assert "  'paused' in Status: 1" in said


def test_a_column_of_a_fact_is_held_against_the_target_group(run_audit: RunAudit):
    group = '\n[[target_group]]\nname = "Trade"\nsubject = "organisation"\nfield = "industry"\nweight = 5\n'
    mapped = MAP.replace("[leads.columns]\n", '[leads.columns]\nindustry = "Source"\n', 1)
    assert mapped != MAP
    without, with_it = run_audit(LEADS, policy=POLICY + group), run_audit(LEADS, policy=POLICY + group, map_=mapped)
    assert {lead["fit"]["organisation"]["percent"] for lead in without.told["leads"]} == {None}
    told = {lead["fit"]["organisation"]["percent"] for lead in with_it.told["leads"] if lead["source"]}
    assert told == {100}


def test_the_fit_of_each_lead_stands_beside_what_it_is(run_audit: RunAudit):
    group = '\n[[target_group]]\nname = "Site"\nsubject = "person"\nfield = "source"\nweight = 5\n'
    plain, grouped = run_audit(LEADS), run_audit(LEADS, policy=POLICY + group)
    assert all("fit" not in lead for lead in plain.told["leads"])
    for before, after in zip(plain.told["leads"], grouped.told["leads"], strict=True):
        fit = after.pop("fit")
        assert fit["organisation"] == {"percent": None, "parts": []}
        assert fit["person"]["percent"] == (100 if after["source"] else None)
        assert fit["person"]["parts"][0]["name"] == "Site"
        assert [after[name] for name in ("quality", "handling", "verdict", "truth")] == [
            before[name] for name in ("quality", "handling", "verdict", "truth")
        ]
