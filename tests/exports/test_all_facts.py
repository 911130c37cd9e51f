"""Every column of a fact is read from files, and what the files do not show is not evaluated, with its cause."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from click.testing import CliRunner

from connector.exports.command import audit_command
from tests.exports.conftest import POLICY, Ran

MAP = """
title = "All facts"
not_used = ["meetings"]

[times]
zone = "Europe/Berlin"
formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d"]

[leads.columns]
lead_id = "Id"
received_at = "Received"
first_name = "First"
email = "Mail"
phone = "Phone"
owner = "Owner"
status = "Status"
source = "Source"
country = "Country"
lead_type = "Type"
priority = "Priority"
submitted_at = "Sent"
preferred_at = "Wish"
call_consent = "Consent"
recontact_on = "Back on"
stage = "Stage"
pipeline = "Pipeline"
stage_since = "Since"
closed_at = "Closed"

[leads.status_values]
"new" = "open"
"lost" = "lost"

[leads.call_consent_values]
"yes" = true
"no" = false

[[touches]]
name = "calls"
[touches.columns]
touch_id = "Id"
lead_id = "Lead"
occurred_at = "At"
recorded_at = "Logged"
owner = "By"
disposition = "Result"
[touches.constants]
kind = "call"
direction = "outbound"
state = "done"
automated = false
[touches.disposition_values]
"reached" = "connected"
"nobody" = "no_answer"

[[touches]]
name = "mails"
covers = ["emails", "messages"]
[touches.columns]
lead_id = "Lead"
occurred_at = "At"
owner = "By"
subject = "Subject"
text = "Text"
[touches.constants]
kind = "email"
direction = "outbound"
state = "done"
automated = false

[[touches]]
name = "tasks"
[touches.columns]
lead_id = "Lead"
occurred_at = "Due"
recorded_at = "Made"
completed_at = "Ticked"
owner = "By"
[touches.constants]
kind = "task"

[[changes]]
name = "hand-overs"
[changes.columns]
lead_id = "Lead"
changed_at = "At"
owner = "To"

[[changes]]
name = "stages"
[changes.columns]
lead_id = "Lead"
changed_at = "At"
stage = "To"

[people.columns]
owner = "Name"
team = "Team"
archived = "Works here"
[people.archived_values]
"yes" = false
"no" = true
"""
LEADS = (
    "Id",
    "Received",
    "First",
    "Mail",
    "Phone",
    "Owner",
    "Status",
    "Source",
    "Country",
    "Type",
    "Priority",
    "Sent",
    "Wish",
    "Consent",
    "Back on",
    "Stage",
    "Pipeline",
    "Since",
    "Closed",
)
HEADERS = {
    "calls": ("Id", "Lead", "At", "Logged", "By", "Result"),
    "mails": ("Lead", "At", "By", "Subject", "Text"),
    "tasks": ("Lead", "Due", "Made", "Ticked", "By"),
    "hand-overs": ("Lead", "At", "To"),
    "stages": ("Lead", "At", "To"),
}
OWNERS = "Name,Team,Works here\nKai,North,yes\nEva,South,yes\nOle,South,no\n"
#: A Monday in working time.
MONDAY = "2026-03-02"


def lead(number: int, **values: str) -> dict[str, str]:
    """One row of leads: came on Monday at ten to Kai, with everything that a rule may ask for."""
    standing = {
        "Id": str(number),
        "Received": f"{MONDAY} 10:00:00",
        "First": "Ann",
        "Mail": f"ann{number}@example.org",
        "Phone": f"+49 30 2312 5{number:03}",
        "Owner": "Kai",
        "Status": "new",
        "Source": "Web",
    }
    return standing | {name.replace("_", " "): value for name, value in values.items()}


def sheet(header: Iterable[str], rows: Iterable[Iterable[str] | dict[str, str]]) -> str:
    out = io.StringIO()
    names = list(header)
    writer = csv.writer(out)
    writer.writerow(names)
    for row in rows:
        writer.writerow([row.get(name, "") for name in names] if isinstance(row, dict) else row)
    return out.getvalue()


@pytest.fixture
def audited(tmp_path: Path):
    """Runs the command on leads and on rows of the other files; those not given are not given to it either."""

    def run(
        leads: Iterable[dict[str, str]],
        *more: str,
        owners: str | None = OWNERS,
        map_: str = MAP,
        policy: str = POLICY,
        as_of: str = "2026-03-03T18:00+01:00",
        **files: Iterable[Iterable[str]],
    ) -> Ran:
        def put(name: str, text: str) -> str:
            (tmp_path / name).write_text(text)
            return str(tmp_path / name)

        arguments = ["--leads", put("leads.csv", sheet(LEADS, leads)), "--as-of", as_of]
        arguments += ["--map", put("map.toml", map_), "--policy", put("policy.toml", policy)]
        for key, rows in files.items():
            name = key.replace("_", "-")
            option = "--changes" if name in ("hand-overs", "stages") else "--touches"
            arguments += [option, f"{name}={put(f'{name}.csv', sheet(HEADERS[name], rows))}"]
        if owners is not None:
            arguments += ["--owners", put("owners.csv", owners)]
        out = tmp_path / "out.json"
        ran = CliRunner().invoke(audit_command, [*arguments, "--json", str(out), *more])
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        told = json.loads(out.read_text()) if ran.exit_code == 0 else {}
        return Ran(ran.exit_code, ran.stdout, ran.stderr, told)

    return run


ALL = {"calls": [], "mails": [], "tasks": [], "hand_overs": [], "stages": []}


def test_all_columns_and_files_leave_only_deals_unseen(audited):
    ran = audited([lead(1)], **ALL)
    assert ran.code == 0, ran.err
    assert ran.told["not_looked_at"] == [
        {"fact": "deals", "cause": "exports are not read for deals and their contacts"}
    ]


def test_what_no_column_and_no_file_shows_says_why(audited):
    lean = MAP
    for column in ("Sent", "Wish", "Consent", "Back on", "Stage"):
        lean = "\n".join(line for line in lean.splitlines() if not line.endswith(f'"{column}"'))
    lean = lean.replace('[leads.call_consent_values]\n"yes" = true\n"no" = false\n', "").replace(
        'text = "Text"\n', ""
    )
    ran = audited([lead(1)], owners=None, map_=lean, calls=[], mails=[])
    assert ran.code == 0, ran.err
    causes = {each["fact"]: each["cause"] for each in ran.told["not_looked_at"]}
    assert causes["submitted_at"] == "the map names no column of when the form was sent (submitted_at)"
    assert causes["texts"] == "the map names no column of the text in the touches 'mails'"
    assert causes["owner_history"] == "no file was given for the changes 'hand-overs'"
    assert causes["owners"] == "no file of owners was given"
    assert causes.keys() == {
        "tasks", "owner_history", "stage_history", "texts", "deals", "owners", "submitted_at", "preferred_at",
        "consent", "recontact_on", "stage",
    }  # fmt: skip
    for rule_id in ("RT003", "NC003", "NC004", "NC006"):
        assert ran.outcome("1", rule_id)[0] == "not_evaluated", rule_id


def test_a_vendor_who_kept_the_lead_explains_the_broken_promise(audited):
    rows = [
        lead(1, Sent="2026-02-26 09:00:00"),
        lead(2, Sent=f"{MONDAY} 09:58:00", Owner="Eva"),
        # Only the day is known: it may have been sent a minute before it came.
        lead(3, Sent=MONDAY, Owner="Who"),
    ]
    ran = audited(rows, **ALL)
    assert [ran.outcome(each, "RT003")[0] for each in "123"] == ["breach", "pass", "pass"]
    assert [ran.lead(each)["cause"] for each in "123"] == ["arrived_late_from_vendor", "not_called", "not_called"]
    assert ran.told["causes"] == {"arrived_late_from_vendor": 1, "not_called": 2}
    assert "Why promises were broken:\n  the vendor delivered it late: 1\n  nobody called" in ran.out


def test_a_wish_moves_the_due_time(audited):
    ran = audited(
        [lead(1, Wish="2026-03-03 14:00:00"), lead(2)],
        **ALL | {"calls": [(n, n, "2026-03-03 14:20:00", "2026-03-03 14:21:00", "Kai", "reached") for n in "12"]},
    )
    assert [ran.outcome(each, "RT001") for each in "12"] == [("pass", "in_time"), ("breach", "late")]


def test_targets_by_priority_and_country(audited):
    policy = POLICY + '\n[[targets.for]]\nname = "hot"\npriorities = ["high"]\ncountries = ["NO"]\ndue = "5m"\n'
    calls = [(n, n, f"{MONDAY} 10:30:00", f"{MONDAY} 10:31:00", "Kai", "reached") for n in "123"]
    rows = [lead(1, Priority="High", Country="NO"), lead(2, Priority="High", Country="SE"), lead(3)]
    ran = audited(rows, policy=policy, **ALL | {"calls": calls})
    assert [ran.outcome(each, "RT001")[0] for each in "123"] == ["breach", "pass", "pass"]


def test_calls_without_consent(audited):
    calls = [(n, n, f"{MONDAY} 10:30:00", f"{MONDAY} 10:31:00", "Kai", "reached") for n in "123"]
    rows = [lead(1, Consent="no"), lead(2, Consent="yes"), lead(3)]
    ran = audited(rows, **ALL | {"calls": calls})
    assert [ran.outcome(each, "FU008")[0] for each in "12"] == ["breach", "pass"]
    assert ran.outcome("3", "FU008")[0] != "pass", "an empty cell is no consent"


def test_the_day_for_coming_back_to_a_lost_lead(audited):
    lost = {"Status": "lost", "Closed": "2026-02-20 12:00:00", "Received": "2026-02-16 10:00:00"}
    rows = [lead(1, Back_on="2026-02-24", **lost), lead(2, Back_on="2026-05-04", **lost)]
    ran = audited(rows, **ALL)
    assert [ran.outcome(each, "FU006")[0] for each in "12"] == ["breach", "pass"]


def test_logs_in_one_minute_do_not_count(audited):
    rows = [lead(number) for number in range(1, 7)]
    calls = [
        # Five at once, over two minutes of the clock; a sixth a minute later and one of somebody else.
        *((n, n, f"{MONDAY} 10:0{n}:00", f"{MONDAY} 10:59:{50 + 2 * n}"[:19], "Kai", "nobody") for n in range(1, 5)),
        (5, 5, f"{MONDAY} 10:05:00", f"{MONDAY} 11:00:10", "Kai", "nobody"),
        (6, 6, f"{MONDAY} 10:06:00", f"{MONDAY} 10:59:55", "Eva", "nobody"),
    ]
    ran = audited(rows, **ALL | {"calls": calls})
    assert [ran.outcome(str(n), "AG002")[0] for n in range(1, 7)] == ["breach"] * 5 + ["pass"]
    assert ran.outcome("1", "RT002")[0] == "breach", "what is not counted answers nobody"
    assert ran.outcome("6", "RT001")[0] == "pass"


def test_without_the_time_of_logging_nobody_is_said_to_have_logged_in_bulk(audited):
    map_ = MAP.replace('recorded_at = "Logged"\n', "")
    calls = [(n, n, f"{MONDAY} 10:06:00", "", "Kai", "nobody") for n in range(1, 7)]
    ran = audited([lead(number) for number in range(1, 7)], map_=map_, **ALL | {"calls": calls})
    assert ran.outcome("1", "AG002") == ("not_evaluated", "neighbours_not_counted")
    assert ran.outcome("1", "RT001")[0] == "pass"


def test_tasks_ticked_in_bulk(audited):
    rows = [lead(number) for number in range(1, 8)]
    tasks = [(n, f"{MONDAY} 12:00:00", f"{MONDAY} 10:10:00", f"{MONDAY} 17:00:{n:02}", "Kai") for n in range(1, 8)]
    ran = audited(rows, **ALL | {"tasks": tasks})
    assert {ran.outcome(str(n), "AG006")[0] for n in range(1, 8)} == {"breach"}
    few = audited(rows, **ALL | {"tasks": tasks[:3]})
    assert {few.outcome(str(n), "AG006")[0] for n in range(1, 4)} == {"pass"}


LETTER = (
    "thank you for your interest in our roofs. We would like to tell you more about what they can do for your house, "
    "and look forward to hearing from you at any time that suits you well."
)


def test_one_text_to_many(audited):
    rows = [lead(number, First=f"Ann{number}") for number in range(1, 10)]
    mails = [(n, f"{MONDAY} 10:{10 + n}:00", "Kai", "Your roof", f"Dear Ann{n}, {LETTER}") for n in range(1, 9)]
    mails.append(
        (9, f"{MONDAY} 10:30:00", "Kai", "Your barn", "Dear Ann9, on the photo your barn faces south, which is good.")
    )
    ran = audited(rows, **ALL | {"mails": mails})
    assert {ran.outcome(str(n), "FM001")[0] for n in range(1, 9)} == {"breach"}
    assert ran.outcome("9", "FM001")[0] != "breach"
    (found,) = (each for each in ran.lead("1")["findings"] if each["rule_id"] == "FM001")
    assert "7" in found["sentence"], "seven others got it"


def test_who_has_left_and_who_is_away(audited):
    policy = POLICY + "\n[owners.Eva]\nabsences = [[2026-03-02, 2026-03-20]]\n"
    rows = [lead(1, Owner="Ole"), lead(2, Owner="Eva"), lead(3), lead(4, Owner="Who")]
    ran = audited(rows, policy=policy, as_of="2026-03-05T18:00+01:00", **ALL)
    assert [ran.outcome(each, "NC006") for each in "1234"] == [
        ("breach", "owner_left"),
        ("breach", "owner_absent"),
        ("pass", "owner_present"),
        ("not_evaluated", "owner_unknown"),
    ]


def test_hours_of_a_team(audited):
    policy = POLICY + '\n[teams.South.hours]\nmon = [["14:00", "18:00"]]\n'
    calls = [(n, n, f"{MONDAY} 14:30:00", f"{MONDAY} 14:31:00", "Kai", "reached") for n in "12"]
    ran = audited([lead(1, Owner="Eva"), lead(2)], policy=policy, **ALL | {"calls": calls})
    assert [ran.outcome(each, "RT001")[0] for each in "12"] == ["pass", "breach"]


def test_hand_overs_tell_who_is_charged(audited):
    hand_overs = [
        ("1", f"{MONDAY} 10:00:01", "Eva"),
        ("1", f"{MONDAY} 16:00:00", "Kai"),
        ("2", f"{MONDAY} 15:00:00", "Kai"),
    ]
    ran = audited([lead(1), lead(2)], **ALL | {"hand_overs": hand_overs})
    assert ran.outcome("2", "RT004")[0] == "breach", "nobody held it until three"
    (late,) = (each for each in ran.lead("1")["findings"] if each["rule_id"] == "RT002")
    assert (late["outcome"], late["owner_id"]) == ("breach", "Eva")
    assert [ran.lead(each)["cause"] for each in "12"] == ["not_called", "waited_for_owner"]


def test_a_load_that_nobody_can_manage_explains_the_broken_promise(audited):
    policy = POLICY + "\n[limits]\ncapacity_per_hour_milli = 2000\n"
    rows = [lead(number, Received=f"{MONDAY} 10:0{number}:00") for number in range(1, 6)]
    ran = audited(rows, policy=policy, **ALL)
    # One hour for each: two leads fit, the third does not.
    assert [ran.lead(str(n))["cause"] for n in range(1, 6)] == ["not_called"] * 2 + ["overloaded"] * 3


def test_what_is_usual_in_a_stage_is_learned_from_the_files(audited):
    rows = [lead(n, Received="2026-02-02 09:00:00", Stage="Won over") for n in range(1, 22)]
    rows += [
        lead(30, Received="2026-02-02 09:00:00", Stage="Offer"),
        lead(31, Stage="Offer", Since=f"{MONDAY} 10:00:00"),
    ]
    stages = [("30", "2026-02-09 09:00:00", "Offer")]
    for n in range(1, 22):
        stages += [(n, "2026-02-09 09:00:00", "Offer"), (n, "2026-02-11 09:00:00", "Won over")]
    ran = audited(rows, **ALL | {"stages": stages})
    assert [ran.outcome(each, "NC004") for each in ("30", "31")] == [("breach", "stalled"), ("pass", "moving")]
    few = audited(
        rows[:10] + rows[-2:], **ALL | {"stages": [row for row in stages if int(row[0]) not in range(11, 22)]}
    )
    assert few.outcome("30", "NC004") == ("not_evaluated", "not_enough_data")


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('owner = "To"', 'owner = "To"\nstage = "To"', "[changes.columns], key 'columns'"),
        ('changed_at = "At"\nowner', "owner", "must name the column of changed_at"),
        ('owner = "Name"\n', "", "must name the column of owner"),
        ('"no" = true\n', '"no" = "gone"\n', "[people.archived_values], key 'no'"),
        ('name = "stages"', 'name = "hand-overs"', "two tables are named 'hand-overs'"),
        ('recontact_on = "Back on"', 'recontact = "Back on"', "did you mean 'recontact_on'?"),
        ('"yes" = true', '"yes" = "true"', "[leads.call_consent_values], key 'yes'"),
    ],
)
def test_mistakes_in_the_map_name_their_place(audited, was: str, becomes: str, says: str):
    assert was in MAP
    ran = audited([lead(1)], map_=MAP.replace(was, becomes, 1), **ALL)
    assert ran.code == 2
    assert says.replace("[changes.columns], key 'columns'", "must name one of owner, status, stage") in ran.err


def test_rows_that_cannot_be_used_blame_nobody(audited):
    hand_overs = [("1", MONDAY, "Eva"), ("9", f"{MONDAY} 11:00:00", "Eva")]
    owners = OWNERS + "Uwe,North,perhaps\nKai,South,no\n"
    ran = audited([lead(1), lead(2)], owners=owners, **ALL | {"hand_overs": hand_overs})
    assert [(file, line) for file, line, _ in ran.bad] == [
        ("hand-overs.csv", 2), ("hand-overs.csv", 3), ("owners.csv", 5), ("owners.csv", 6),
    ]  # fmt: skip
    assert ran.outcome("1", "RT004")[0] == "not_evaluated"
    assert ran.outcome("2", "RT004")[0] == "pass"
    assert ran.outcome("2", "NC006")[0] == "pass", "of two rows on Kai the first is used"


def test_options_that_do_not_fit_are_refused(audited, tmp_path: Path):
    for arguments, says in (
        (("--report", "figures.doc"), "end the name with .pdf, .xlsx, .json"),
        (("--from", "2026-03-01"), "name its file with --report"),
        (("--report", str(tmp_path / "r.json"), "--from", "March"), "--from March: is no day"),
        (("--report", str(tmp_path / "r.json"), "--from", "2026-04-01"), "lies after the last day of the report"),
        (("--changes", "other.csv"), "say which of the map's changes this is, as NAME=FILE"),
    ):
        ran = audited([lead(1)], *arguments, **ALL)
        assert ran.code == 2, arguments
        assert says in ran.err, ran.err
    without = MAP[: MAP.index("[people.columns]")]
    ran = audited([lead(1)], map_=without, **ALL)
    assert (ran.code, "the map does not describe it" in ran.err) == (2, True)


def test_the_report_of_files_has_the_figures_of_the_audit(audited, tmp_path: Path):
    rows = [lead(n, Received=f"{MONDAY} 10:{n:02}:00") for n in range(1, 41)]
    calls = [
        (
            n,
            n,
            f"{MONDAY} 10:{n + 5:02}:00" if n < 25 else f"{MONDAY} 14:{n:02}:00",
            f"{MONDAY} 17:{n:02}:00",
            "Kai",
            "nobody",
        )
        for n in range(1, 31)
    ]
    paths = {kind: tmp_path / f"report.{kind}" for kind in ("json", "xlsx", "pdf")}
    options = [text for path in paths.values() for text in ("--report", str(path))]
    ran = audited(rows, *options, "--language", "nb", **ALL | {"calls": calls})
    assert ran.code == 0, ran.err
    told = json.loads(paths["json"].read_text())
    answers = {name: count for name, count in ran.told["report"]["response"]["answers"].items() if count}
    assert answers == {"in_time": 24, "late": 6, "unanswered": 10}
    assert {name: count for name, count in told["answers"].items() if count} == answers
    assert {name: count for name, count in told["causes"].items() if count} == ran.told["causes"]
    assert (told["since"], told["until"]) == ("2026-03-01T23:00:00+00:00", "2026-03-03T23:00:00+00:00")
    assert sum(map(sum, told["attempts_by_hour"])) == 30
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(paths["pdf"]))
    assert "All facts" in text
    assert "Hvordan leads ble fulgt opp" in " ".join(text.split())
    book = openpyxl.load_workbook(paths["xlsx"], read_only=True)
    cells = {str(cell) for page in book for row in page.iter_rows(values_only=True) for cell in row if cell}
    assert "Kai" in cells
    assert "Ann" in cells, "neglected leads are named"
    earlier = audited(rows, "--report", str(paths["json"]), "--to", "2026-03-01", "--from", "2026-02-01", **ALL)
    assert earlier.code == 0, earlier.err
    assert json.loads(paths["json"].read_text())["arrivals"] == 0
