"""Making a report that can be made again: from cases as known at one instant, by the policies and rules of then.

Nothing is read from the latest measures, which are as old as each lead's last audit: every lead that the report tells
of is judged as of the report's own instant, and what was known of it is kept. The same calculation on what was kept
gives the same bytes.
"""

from __future__ import annotations

import hashlib
import zoneinfo
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import metadata
from pathlib import Path

from sqlalchemy.engine import Connection

from audits.engine import audit
from audits.model.finding import Outcome
from audits.model.policy import Policy
from audits.model.zones import offset_stretches
from audits.reports.collected import RowCollector
from audits.reports.handling import HandlingReport, handling_report
from audits.rulebook import RULES
from connector.reporting.figures import HISTORY, contested_of, decided_of, usual_cycle_s, without_set_aside
from connector.storage import report_rows, snapshots
from connector.storage.cases import iter_case_batches
from connector.storage.contests import promises_set_aside
from connector.storage.installs import get_install
from connector.storage.norms import norms_at
from connector.storage.policies import PolicyBook
from connector.storage.report_rows import ContestCount
from connector.storage.reports import StoredReport, put_report
from connector.storage.snapshots import Packed, TextAnswer
from connector.storage.surroundings import surroundings_of
from connector.storage.worklist import list_dirty

WEEKLY = "weekly"
#: Pure calculation that figures hang on beside our own.
_LIBRARIES = ("numpy", "scipy", "phonenumbers", "rapidfuzz")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeReport:
    """A report and what it was made from, before it is kept. `known`: the cases as they go into the snapshots;
    `live_ids`: all leads that were there."""

    report: HandlingReport
    inputs: Mapping[str, object]
    known: tuple[Packed, ...]
    live_ids: frozenset[str]


def make_report(conn: Connection, install_id: str, since: datetime, until: datetime, as_of: datetime) -> MadeReport:
    """The report of the whole account on [since, until) as of `as_of`, the present, all aware UTC.

    Read in one transaction. Raises UnknownInstall; whatever a rule raises goes through.
    """
    install = get_install(conn, install_id)
    book = PolicyBook.load(conn, install_id)
    collector = _collector(since, until, install.zone, book, as_of)
    dirty = list_dirty(conn, install_id)
    known: list[Packed] = []
    used: dict[str, str] = {}
    live: set[str] = set()
    policies: dict[str, Policy] = {}
    batches = iter_case_batches(
        conn,
        install_id,
        as_of,
        install.coverage,
        surroundings=lambda cases: surroundings_of(conn, install_id, cases, as_of, book),
    )
    for batch in batches:
        live.update(case.lead.lead_id for case in batch)
        judged = []
        for case in batch:
            is_wanted = collector.is_wanted(case)
            if not is_wanted and case.lead.lead_id not in dirty:
                continue
            policy = book.policy_for(case.lead.received_at, as_of)
            policies[policy.version] = policy
            result = audit(case, policy)
            judged.append((case, snapshots.text_answers(result.findings)))
            if is_wanted:
                collector.add(case, policy, result)
                used[case.lead.lead_id] = ""
        packed = snapshots.packed(conn, install_id, judged)
        used.update((each.lead_id, each.digest) for each in packed if each.lead_id in used)
        known += packed
    contests = report_rows.count_contests(conn, install_id, as_of)
    set_aside = promises_set_aside(conn, install_id, as_of) & used.keys()
    inputs = {
        **_present(install.zone, policies.values(), since.year, as_of.year),
        "policies": sorted(policies),
        "newest_policy": max(each.position for each in book.versions),
        "norms": norms_at(conn, install_id, as_of).norms_id,
        "leads": len(used),
        "facts": facts_digest(used),
        # A decision may be taken back, and nothing tells afterwards that it once stood.
        "contests": [[each.rule_id, each.decision, each.n] for each in contests],
        # Marks, so that nothing of a lead is left here when its person is forgotten.
        "set_aside": sorted(snapshots.marks_of(conn, install_id, set_aside).values()),
    }
    report = _reported(conn, install_id, collector, contests, set_aside, since, until, as_of, install.zone)
    return MadeReport(report=report, inputs=inputs, known=tuple(known), live_ids=frozenset(live))


def keep_report(
    conn: Connection, install_id: str, made: MadeReport, made_at: datetime, kind: str = WEEKLY
) -> StoredReport:
    """Keep a report with the facts that it was made from."""
    report = made.report
    snapshots.put_packed(conn, install_id, made.known, report.as_of)
    ended = set(snapshots.known_digests(conn, install_id, report.as_of)) - made.live_ids
    snapshots.end_snapshots(conn, install_id, ended, report.as_of)
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


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A past report as it is made again, with the inputs of now under the same names."""

    report: HandlingReport
    inputs: Mapping[str, object]


def rebuild_report(conn: Connection, install_id: str, stored: StoredReport) -> Rebuilt:
    """The report made again from what was known at its `as_of`, by the policies that were there then."""
    since, until, as_of = stored.period_from, stored.period_to, stored.as_of
    zone, newest = str(stored.inputs["zone"]), int(stored.inputs["newest_policy"])
    versions = PolicyBook.load(conn, install_id).versions
    book = PolicyBook([each for each in versions if each.position <= newest])
    collector = _collector(since, until, zone, book, as_of)
    used: dict[str, str] = {}
    policies: dict[str, Policy] = {}
    for known in snapshots.iter_known_at(conn, install_id, as_of):
        case = known.case
        if not collector.is_wanted(case):
            continue
        policy = book.policy_for(case.lead.received_at, as_of)
        policies[policy.version] = policy
        collector.add(case, policy, audit(case, policy), _outcomes(known.texts))
        used[case.lead.lead_id] = known.digest
    inputs = {
        **_present(zone, policies.values(), since.year, as_of.year),
        "policies": sorted(policies),
        "newest_policy": newest,
        "norms": norms_at(conn, install_id, as_of).norms_id,
        "leads": len(used),
        "facts": facts_digest(used),
    }
    contests = [ContestCount(rule_id, decision, n) for rule_id, decision, n in stored.inputs["contests"]]
    marks = frozenset(stored.inputs["set_aside"])
    set_aside = {lead_id for lead_id, mark in snapshots.marks_of(conn, install_id, used).items() if mark in marks}
    return Rebuilt(_reported(conn, install_id, collector, contests, set_aside, since, until, as_of, zone), inputs)


def facts_digest(used: Mapping[str, str]) -> str:
    """Hex SHA-256 over the digests of all facts, by lead id; which lead is which cannot be read from it."""
    told = hashlib.sha256()
    for lead_id in sorted(used):
        told.update(f"{lead_id} {used[lead_id]}\n".encode(errors="surrogatepass"))
    return told.hexdigest()


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


def _collector(since: datetime, until: datetime, zone: str, book: PolicyBook, as_of: datetime) -> RowCollector:
    return RowCollector(
        since=since,
        until=until,
        history_since=min(since, until - HISTORY),
        zone=zone,
        policy=book.policy_for(as_of, as_of),
    )


def _reported(
    conn: Connection,
    install_id: str,
    collector: RowCollector,
    contests: Sequence[ContestCount],
    set_aside: Collection[str],
    since: datetime,
    until: datetime,
    as_of: datetime,
    zone: str,
) -> HandlingReport:
    rows = collector.rows(
        contested=contested_of(contests),
        decided=decided_of(contests),
        usual_cycle_s=usual_cycle_s(norms_at(conn, install_id, as_of)),
    )
    rows = replace(rows, leads=without_set_aside(rows.leads, set_aside))
    return handling_report(
        rows, since=since, until=until, as_of=as_of, zone=zone, history_since=min(since, until - HISTORY)
    )


def _present(zone: str, policies: Iterable[Policy], first_year: int, last_year: int) -> dict[str, object]:
    """What this version and this machine calculate with."""
    zones = {zone}
    for policy in policies:
        for hours in policy.hours():
            calendars = (hours.calendar, *hours.team_calendars.values(), *hours.owner_calendars.values())
            zones.update(calendar.zone for calendar in calendars)
    return {
        "zone": zone,
        "rules": [[rule.info.rule_id, rule.info.version] for rule in RULES],
        "tzdata": tzdata_version(),
        "zones": {name: _zone_digest(name, first_year - 1, last_year + 1) for name in sorted(zones)},
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
    }


def _zone_digest(zone: str, first_year: int, last_year: int) -> str:
    told = [offset_stretches(zone, year) for year in range(first_year, last_year + 1)]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
