"""Making a report that can be made again: from cases as known at one instant, by the policies and rules of then.

Nothing is read from the latest measures, which are as old as each lead's last audit: every lead that the report tells
of is judged as of the report's own instant, by what was known of it then and is kept in the snapshots. Those never
change, so that the leads may be judged at any time afterwards, in whatever portions and by whatever process, now or
years later: the same calculation gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import zoneinfo
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from audits.engine import audit
from audits.model.case import Coverage
from audits.model.finding import Outcome
from audits.model.policy import Policy
from audits.model.zones import offset_stretches
from audits.reports.collected import RowCollector
from audits.reports.handling import HandlingReport, handling_report
from audits.reports.read_back import report_from_json
from audits.rulebook import RULES
from connector.errors import OtherFormat
from connector.reporting.figures import HISTORY, contested_of, decided_of, usual_cycle_s, without_set_aside
from connector.reporting.parts import JudgedLead
from connector.storage import report_rows, snapshots
from connector.storage.cases import list_known, load_cases
from connector.storage.contests import contested_leads, promises_set_aside
from connector.storage.installs import get_install
from connector.storage.lessons import lesson_at
from connector.storage.norms import norms_at
from connector.storage.policies import PolicyBook
from connector.storage.report_rows import ContestCount
from connector.storage.reports import StoredReport, put_report
from connector.storage.snapshots import KnownCase, Packed, TextAnswer
from connector.storage.statements import portions
from connector.storage.surroundings import surroundings_of
from connector.storage.worklist import list_dirty

WEEKLY = "weekly"
#: A week that is not over yet.
SO_FAR = "so_far"
#: How reports, and the facts kept with them, are written; another number after each change of them. Reports without
#: a number are of format 1.
FORMAT = 2
#: Leads that are judged in one go: some seconds' work, far less than the turn of a job.
PORTION = 200
#: Pure calculation that figures hang on beside our own.
_LIBRARIES = ("numpy", "scipy", "phonenumbers", "rapidfuzz")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlan:
    """What a report on [since, until) as of `as_of` (aware UTC) is made by, fixed when its making begins.

    `newest_policy`: position of the newest version of the policy; `set_aside`: marks of the leads whose promise is
    charged to nobody, `contested`: of those with a contest that waits for a decision; `program`: what this version
    calculates with, see program_mark.
    """

    since: datetime
    until: datetime
    as_of: datetime
    zone: str
    newest_policy: int
    contests: tuple[ContestCount, ...]
    set_aside: frozenset[str]
    contested: frozenset[str]
    program: str

    def to_json(self) -> dict[str, object]:
        """JSON values, but for the three times, which are kept beside them."""
        return {
            "zone": self.zone,
            "newest_policy": self.newest_policy,
            "contests": [[each.rule_id, each.decision, each.n] for each in self.contests],
            "set_aside": sorted(self.set_aside),
            "contested_leads": sorted(self.contested),
            "program": self.program,
        }


def plan_from_json(told: Mapping[str, Any], since: datetime, until: datetime, as_of: datetime) -> ReportPlan:
    """The way back of `ReportPlan.to_json`. Raises KeyError or TypeError when `told` are none of its values."""
    return ReportPlan(
        since=since,
        until=until,
        as_of=as_of,
        zone=told["zone"],
        newest_policy=told["newest_policy"],
        contests=tuple(ContestCount(*each) for each in told["contests"]),
        set_aside=frozenset(told["set_aside"]),
        contested=frozenset(told["contested_leads"]),
        program=told["program"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The state of an account at the instant of a report. `known`: leads that wait for an audit, as they go into the
    snapshots; `ended`: leads that are no more there; `total`: how many are."""

    plan: ReportPlan
    known: tuple[Packed, ...]
    ended: frozenset[str]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeReport:
    """A report and what it was made from, before it is kept."""

    report: HandlingReport
    inputs: Mapping[str, object]


def begin_report(conn: Connection, install_id: str, since: datetime, until: datetime, as_of: datetime) -> Beginning:
    """Fix what the report on [since, until) as of `as_of`, the present, is made from; all aware UTC.

    From here on everything may change: once the beginning is kept, all that was known at `as_of` stands in the
    snapshots. Raises UnknownInstall; whatever a rule raises goes through.
    """
    install = get_install(conn, install_id)
    versions = PolicyBook.load(conn, install_id).versions
    plan = ReportPlan(
        since=since,
        until=until,
        as_of=as_of,
        zone=install.zone,
        newest_policy=max(each.position for each in versions),
        contests=tuple(report_rows.count_contests(conn, install_id, as_of)),
        set_aside=frozenset(
            snapshots.marks_of(conn, install_id, promises_set_aside(conn, install_id, as_of)).values()
        ),
        contested=frozenset(snapshots.marks_of(conn, install_id, contested_leads(conn, install_id, as_of)).values()),
        program=program_mark(),
    )
    live = list_known(conn, install_id, as_of)
    seen = snapshots.known_digests(conn, install_id, as_of).keys()
    waiting = list_dirty(conn, install_id, as_of)
    # A lead that is parked cannot be judged by what is new of it: what was known before stands.
    parked = list_dirty(conn, install_id) - waiting
    known = _packed(conn, install_id, install.coverage, plan, (waiting | (live - seen)) - parked)
    return Beginning(plan=plan, known=tuple(known), ended=frozenset(seen - live), total=len(live))


def keep_beginning(conn: Connection, install_id: str, begun: Beginning) -> None:
    """Keep what was found at the beginning in the snapshots."""
    snapshots.put_packed(conn, install_id, begun.known, begun.plan.as_of)
    snapshots.end_snapshots(conn, install_id, begun.ended, begun.plan.as_of)


def judge_leads(conn: Connection, install_id: str, plan: ReportPlan, lead_ids: Collection[str]) -> list[JudgedLead]:
    """Judge these leads as of the report's instant by what was known of them then: at any time the same, whatever has
    changed since. Those that the report does not tell of are left out. Whatever a rule raises goes through."""
    known = snapshots.iter_known_at(conn, install_id, plan.as_of, lead_ids)
    return list(_judge(known, plan, _book(conn, install_id, plan)))


def finish_report(conn: Connection, install_id: str, plan: ReportPlan, judged: Iterable[JudgedLead]) -> MadeReport:
    """The report from all leads that were judged for it, in whatever portions."""
    book = _book(conn, install_id, plan)
    collector = _collector(plan, book)
    used: dict[str, str] = {}
    named: set[str] = set()
    for each in judged:
        collector.count(each.adds)
        used[each.lead_id] = each.digest
        named.add(each.policy)
    marks = snapshots.marks_of(conn, install_id, used)
    set_aside = {lead_id for lead_id, mark in marks.items() if mark in plan.set_aside}
    contested = {lead_id for lead_id, mark in marks.items() if mark in plan.contested}
    found = {version: book.find(version) for version in named}
    inputs = {
        **_present(plan.zone, filter(None, found.values()), plan.since.year, plan.as_of.year),
        "format": FORMAT,
        "policies": sorted(named),
        "newest_policy": plan.newest_policy,
        "norms": norms_at(conn, install_id, plan.as_of).norms_id,
        "learned": "" if (lesson := lesson_at(conn, install_id, plan.as_of)) is None else lesson.version,
        "leads": len(used),
        "facts": facts_digest(used),
        # A decision may be taken back, and nothing tells afterwards that it once stood.
        "contests": [[each.rule_id, each.decision, each.n] for each in plan.contests],
        # Marks, so that nothing of a lead is left here when its person is forgotten.
        "set_aside": sorted(marks[lead_id] for lead_id in set_aside),
        "contested_leads": sorted(marks[lead_id] for lead_id in contested),
    }
    rows = collector.rows(
        contested=contested_of(plan.contests),
        decided=decided_of(plan.contests),
        contested_leads=contested,
        usual_cycle_s=usual_cycle_s(norms_at(conn, install_id, plan.as_of)),
    )
    report = handling_report(
        replace(rows, leads=without_set_aside(rows.leads, set_aside)),
        since=plan.since,
        until=plan.until,
        as_of=plan.as_of,
        zone=plan.zone,
        history_since=min(plan.since, plan.until - HISTORY),
    )
    return MadeReport(report=report, inputs=inputs)


def put_made(conn: Connection, install_id: str, made: MadeReport, made_at: datetime, kind: str) -> StoredReport:
    """Keep the report itself; what it was made from stands in the snapshots already. `made_at`: aware UTC."""
    report = made.report
    return put_report(
        conn,
        install_id,
        kind=kind,
        since=report.since,
        until=report.until,
        as_of=report.as_of,
        made_at=made_at,
        inputs=made.inputs,
        figures=report.to_bytes().decode(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAtOnce:
    """A report that was made in one go, with what is to be kept of its beginning."""

    begun: Beginning
    made: MadeReport

    @property
    def report(self) -> HandlingReport:
        """The report itself."""
        return self.made.report


def make_report(conn: Connection, install_id: str, since: datetime, until: datetime, as_of: datetime) -> MadeAtOnce:
    """The report of the whole account on [since, until) as of `as_of`, the present, all aware UTC, in one go.

    Read in one transaction. Raises UnknownInstall; whatever a rule raises goes through.
    """
    begun = begin_report(conn, install_id, since, until, as_of)
    fresh = {each.lead_id for each in begun.known}
    others = snapshots.known_digests(conn, install_id, as_of).keys() - begun.ended - fresh
    known = chain(
        snapshots.known_of(conn, install_id, begun.known, as_of),
        snapshots.iter_known_at(conn, install_id, as_of, others),
    )
    judged = _judge(known, begun.plan, _book(conn, install_id, begun.plan))
    return MadeAtOnce(begun=begun, made=finish_report(conn, install_id, begun.plan, judged))


def keep_report(
    conn: Connection, install_id: str, made: MadeAtOnce, made_at: datetime, kind: str = WEEKLY
) -> StoredReport:
    """Keep a report that was made in one go, with the facts that it was made from."""
    keep_beginning(conn, install_id, made.begun)
    return put_made(conn, install_id, made.made, made_at, kind)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A past report as it is made again, with the inputs of now under the same names."""

    report: HandlingReport
    inputs: Mapping[str, object]


def rebuild_report(conn: Connection, install_id: str, stored: StoredReport) -> Rebuilt:
    """The report made again from what was known at its `as_of`, by the policies that were there then.

    Raises OtherFormat when it was kept in a format that this version cannot make again.
    """
    check_format(stored)
    plan = plan_from_json(
        {**stored.inputs, "program": ""}, since=stored.period_from, until=stored.period_to, as_of=stored.as_of
    )
    known = snapshots.iter_known_at(conn, install_id, plan.as_of)
    made = finish_report(conn, install_id, plan, _judge(known, plan, _book(conn, install_id, plan)))
    return Rebuilt(made.report, made.inputs)


def check_format(stored: StoredReport) -> None:
    """Raise OtherFormat, with a sentence that names the report and its format, unless it is kept in FORMAT."""
    kept = format_of(stored)
    if kept != FORMAT:
        raise OtherFormat(
            f"The report {stored.report_id} was kept in format {kept}, and this version makes only reports of format "
            f"{FORMAT} again. Its figures stay as they are."
        )


def format_of(stored: StoredReport) -> int:
    """In which format a report was kept; 1 for those that name none."""
    return int(stored.inputs.get("format", 1))


def read_report(stored: StoredReport) -> HandlingReport:
    """The report from its kept figures. Raises OtherFormat when this version cannot read them."""
    try:
        return report_from_json(json.loads(stored.figures))
    except (KeyError, TypeError, ValueError) as unreadable:
        raise OtherFormat(
            f"The report {stored.report_id} was kept in format {format_of(stored)}, which this version cannot show: "
            f"it shows format {FORMAT}. Make the report on that week anew with leadassay report --week."
        ) from unreadable


def facts_digest(used: Mapping[str, str]) -> str:
    """Hex SHA-256 over the digests of all facts, by lead id; which lead is which cannot be read from it."""
    told = hashlib.sha256()
    for lead_id in sorted(used):
        told.update(f"{lead_id} {used[lead_id]}\n".encode(errors="surrogatepass"))
    return told.hexdigest()


def program_mark() -> str:
    """A mark of what this version and this machine calculate with: a report that another one began is begun anew."""
    told = json.dumps([FORMAT, metadata.version("leadassay"), _program()], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def tzdata_version() -> str:
    """Which release of the IANA time zones this machine reads: that of the system, else that of the package."""
    for folder in zoneinfo.TZPATH:
        try:
            first = (Path(folder) / "tzdata.zi").read_text(encoding="ascii", errors="replace").split("\n", 1)[0]
        except OSError:
            continue
        if first.startswith("# version "):
            return first.removeprefix("# version ").strip()
    return f"package {metadata.version('tzdata')}"


def _outcomes(texts: Mapping[str, TextAnswer]) -> dict[str, Outcome]:
    return {rule_id: answer.outcome for rule_id, answer in texts.items()}


def _collector(plan: ReportPlan, book: PolicyBook) -> RowCollector:
    return RowCollector(
        since=plan.since,
        until=plan.until,
        history_since=min(plan.since, plan.until - HISTORY),
        zone=plan.zone,
        policy=book.policy_for(plan.as_of, plan.as_of),
    )


def _judge(cases: Iterable[KnownCase], plan: ReportPlan, book: PolicyBook) -> Iterator[JudgedLead]:
    """What each of these cases adds, where it adds anything."""
    collector = _collector(plan, book)
    for known in cases:
        case = known.case
        if not collector.is_wanted(case):
            continue
        policy = book.policy_for(case.lead.received_at, plan.as_of)
        yield JudgedLead(
            lead_id=case.lead.lead_id,
            digest=known.digest,
            policy=policy.version,
            adds=collector.collect(case, policy, audit(case, policy), _outcomes(known.texts)),
        )


def _packed(
    conn: Connection, install_id: str, coverage: Coverage, plan: ReportPlan, lead_ids: Collection[str]
) -> Iterator[Packed]:
    """What is known of these leads now, with what is answered on their texts."""
    book = _book(conn, install_id, plan)
    for ids in portions(sorted(lead_ids)):
        cases = load_cases(
            conn,
            install_id,
            ids,
            plan.as_of,
            coverage,
            lambda found: surroundings_of(conn, install_id, found, plan.as_of, book),
        )
        judged = [
            (case, snapshots.text_answers(audit(case, book.policy_for(case.lead.received_at, plan.as_of)).findings))
            for case in cases
        ]
        yield from snapshots.packed(conn, install_id, judged)


def _book(conn: Connection, install_id: str, plan: ReportPlan) -> PolicyBook:
    """The policy as it was when the making began."""
    versions = PolicyBook.load(conn, install_id).versions
    return PolicyBook([each for each in versions if each.position <= plan.newest_policy])


def _present(zone: str, policies: Iterable[Policy], first_year: int, last_year: int) -> dict[str, object]:
    """What this version and this machine calculate with."""
    zones = {zone}
    for policy in policies:
        for hours in policy.hours():
            calendars = (hours.calendar, *hours.team_calendars.values(), *hours.owner_calendars.values())
            zones.update(calendar.zone for calendar in calendars)
    return {
        "zone": zone,
        **_program(),
        "zones": {name: _zone_digest(name, first_year - 1, last_year + 1) for name in sorted(zones)},
    }


def _program() -> dict[str, object]:
    return {
        "rules": [[rule.info.rule_id, rule.info.version] for rule in RULES],
        "tzdata": tzdata_version(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
    }


def _zone_digest(zone: str, first_year: int, last_year: int) -> str:
    told = [offset_stretches(zone, year) for year in range(first_year, last_year + 1)]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
