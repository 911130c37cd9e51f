"""One audit of files: read, sort, join, judge, count. Leads stream by; only the disk grows with their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from audits.causes import EXPLAINED, Cause
from audits.engine import LeadAudit, audit
from audits.model.activity import Owner
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.finding import Outcome
from audits.model.policy import Policy
from audits.norms import Norms
from audits.reports.collected import RowCollector
from audits.reports.export_report import (
    Answer,
    AnswerCount,
    ExportReport,
    HistogramCounter,
    RuleCounter,
    answer_count,
    answered,
)
from audits.reports.handling import HandlingReport, handling_report
from audits.rulebook import RULES
from audits.statistics.medians import SpanSummary, span_summary
from connector.exports.around import count_around, iter_surrounded
from connector.exports.intake import FileSummary, Intake, Progress
from connector.exports.join import JoinCounts, ReadCase, iter_cases, iter_event_cases
from connector.exports.mapping import ExportMap, LeadField, TouchField
from connector.exports.problems import BadRow, UnusableInput
from connector.exports.sightings import find_sightings
from connector.exports.store import BrokenLine, JudgedLine, Store
from connector.exports.tallies import UnmappedValue
from connector.reporting.figures import HISTORY, usual_cycle_s

#: So many owners and sources are shown, those with most leads; the others are one row.
MOST_GROUPS = 200
OTHERS = "(all others)"

_TELL_EVERY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """What to audit. `touches`, `changes`: name of a [[touches]] or [[changes]] table → file; `people`: the owners
    file. `as_of` None = the latest time in the files. `reported`: the days that a report is to tell of, None = none
    is asked for.

    `now` is the present: no time after it can be when the export was made.
    """

    leads: Path
    touches: Mapping[str, Path]
    exported: ExportMap
    policy: Policy
    as_of: datetime | None
    now: datetime
    changes: Mapping[str, Path] = field(default_factory=dict)
    people: Path | None = None
    reported: ReportedDays | None = None


@dataclass(frozen=True, slots=True)
class ReportedDays:
    """The first and the last day of a report, by the clock of the policy's zone. None = from the first arrival, a
    year back at most; up to the audit's date."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRun:
    """All that was found, beside the single leads and the single bad rows."""

    title: str
    as_of: datetime
    policy: Policy
    report: ExportReport
    files: tuple[FileSummary, ...]
    unmapped: tuple[UnmappedValue, ...]
    left_out: JoinCounts
    coverage: Coverage
    count_leads: int
    count_bad_rows: int
    causes: tuple[tuple[Cause, int], ...]
    norms: Norms
    people: Mapping[str, Owner]
    handling: HandlingReport | None = None


def run_audit(
    store: Store, request: AuditRequest, tell: Progress, each: Callable[[LeadCase, LeadAudit], None]
) -> AuditRun:
    """Audit the files of `request`; `each` is called for every lead by id. Bad rows are then in `store.bad_rows()`.

    Raises UnusableInput when a file cannot be used at all.
    """
    exported, policy = request.exported, request.policy
    intake = Intake(store, exported, request.now, tell)
    files = _read(intake, request)
    if intake.latest is None:
        raise UnusableInput(
            f"{request.leads}: none of its {files[0].rows} rows can be used; the first faults are: "
            f"{_first_faults(store) or 'there are no rows below the header'}"
        )
    as_of = request.as_of or intake.latest
    coverage = _coverage(exported, request)
    counts = JoinCounts(rows_without_touch=intake.rows_without_touch)
    total = store.count_lead_rows() or None
    if exported.event_log is None:
        find_sightings(store, policy.region, as_of, _every(tell, "Looking for duplicates", total))
    # What is left out is told of once, in the second pass.
    first_pass = _cases(store, request, as_of, coverage, JoinCounts(), intake.people, lambda _: None)
    norms = count_around(store, first_pass, policy, _every(tell, "Counting what stands around", total))
    cases = iter_surrounded(
        store, _cases(store, request, as_of, coverage, counts, intake.people, store.add_bad), policy, norms
    )
    collector = _collector(request.reported, policy, intake.earliest_arrival or as_of, as_of)
    report, count_leads, causes = _judge(store, cases, policy, _every(tell, "Auditing", total), each, collector)
    bad = store.count_bad_rows()
    return AuditRun(
        title=exported.title,
        as_of=as_of,
        policy=policy,
        report=report,
        files=tuple(replace(file, bad_rows=bad.get(file.name, 0)) for file in files),
        unmapped=intake.unmapped.listed(),
        left_out=counts,
        coverage=coverage,
        count_leads=count_leads,
        count_bad_rows=store.count_bad,
        causes=causes,
        norms=norms,
        people=intake.people,
        handling=None if collector is None else collector.report(norms, as_of),
    )


def _cases(
    store: Store,
    request: AuditRequest,
    as_of: datetime,
    coverage: Coverage,
    counts: JoinCounts,
    people: Mapping[str, Owner],
    bad: Callable[[BadRow], None],
) -> Iterator[ReadCase]:
    log = request.exported.event_log
    if log is not None:
        return iter_event_cases(store, log, as_of, coverage, counts, people)
    return iter_cases(store, request.leads.name, as_of, coverage, counts, people, bad)


def _every(tell: Progress, phase: str, total: int | None) -> Callable[[int], None]:
    """Tells every so many leads how far a phase is."""

    def done(count: int) -> None:
        if count % _TELL_EVERY == 0:
            tell(phase, count, total)

    return done


class _Reported:
    """Collects what a report needs; it holds one row for each lead of its time in memory."""

    def __init__(self, since: datetime, until: datetime, policy: Policy, as_of: datetime) -> None:
        self._since, self._until, self._zone = since, until, policy.calendar.zone
        self._history_since = min(since, until - HISTORY)
        self._collector = RowCollector(
            since=since, until=until, history_since=self._history_since, zone=self._zone, policy=policy
        )

    def add(self, case: LeadCase, policy: Policy, judged: LeadAudit) -> None:
        """Count one case."""
        if self._collector.is_wanted(case):
            self._collector.add(case, policy, judged)

    def report(self, norms: Norms, as_of: datetime) -> HandlingReport:
        """The report. In files nobody contests."""
        return handling_report(
            self._collector.rows(contested={}, decided={}, usual_cycle_s=usual_cycle_s(norms)),
            since=self._since,
            until=self._until,
            as_of=as_of,
            zone=self._zone,
            history_since=self._history_since,
        )


def _collector(days: ReportedDays | None, policy: Policy, first: datetime, as_of: datetime) -> _Reported | None:
    """From the beginning of the first day to the end of the last. Raises UnusableInput when there is none between."""
    if days is None:
        return None
    zone = ZoneInfo(policy.calendar.zone)
    last_day = days.last or as_of.astimezone(zone).date()
    first_day = days.first or max(first.astimezone(zone).date(), last_day - HISTORY)
    if first_day > last_day:
        raise UnusableInput(f"--from {first_day}: lies after the last day of the report, {last_day}")
    since, until = (
        datetime.combine(day, time(), zone).astimezone(UTC) for day in (first_day, last_day + timedelta(days=1))
    )
    return _Reported(since, until, policy, as_of)


def _read(intake: Intake, request: AuditRequest) -> tuple[FileSummary, ...]:
    exported = request.exported
    if exported.event_log is not None:
        if request.touches or request.changes:
            raise UnusableInput(
                "the map describes an event log, which is one file; leave --touches and --changes out"
            )
        return (intake.read_events(request.leads, exported.event_log), *_read_people(intake, request))
    assert exported.leads is not None  # noqa: S101  (read_map made sure of one of the two)
    _refuse_unknown("touches", request.touches, [touch.name for touch in exported.touches])
    files = [intake.read_leads(request.leads, exported.leads)]
    for place, how in enumerate(exported.touches):
        if how.name in request.touches:
            files.append(intake.read_touches(request.touches[how.name], how, place))
    _refuse_unknown("changes", request.changes, [change.name for change in exported.changes])
    for place, changed in enumerate(exported.changes):
        if changed.name in request.changes:
            files.append(intake.read_changes(request.changes[changed.name], changed, place))
    return (*files, *_read_people(intake, request))


def _read_people(intake: Intake, request: AuditRequest) -> tuple[FileSummary, ...]:
    if request.people is None:
        return ()
    if request.exported.people is None:
        raise UnusableInput(
            f'--owners {request.people}: the map does not describe it; write [people.columns] with owner = "Name"'
        )
    return (intake.read_people(request.people, request.exported.people),)


def _refuse_unknown(option: str, given: Mapping[str, Path], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise UnusableInput(
                f"--{option} {name}=…: the map has no [[{option}]] named {name!r}; it has "
                f"{', '.join(known) or 'none'}"
            )


#: A fact that one column gives → the words for it.
_OF_COLUMN = {
    LeadField.OWNER: (Fact.OWNER, "the owner"),
    LeadField.SOURCE: (Fact.SOURCE, "the source"),
    LeadField.SUBMITTED_AT: (Fact.SUBMITTED_AT, "when the form was sent (submitted_at)"),
    LeadField.PREFERRED_AT: (Fact.PREFERRED_AT, "when the lead wants to be called (preferred_at)"),
    LeadField.CALL_CONSENT: (Fact.CONSENT, "whether the lead may be called (call_consent)"),
    LeadField.RECONTACT_ON: (Fact.RECONTACT_ON, "the day for coming back to a lost lead (recontact_on)"),
    LeadField.STAGE: (Fact.STAGE, "the stage in which a lead stands"),
}


def _coverage(exported: ExportMap, request: AuditRequest) -> Coverage:
    """What the files show completely; every other fact with the cause why not."""
    if exported.event_log is not None:
        cause = "the map does not say that the event log shows all of them"
        causes = dict.fromkeys(Fact, cause)
        causes[Fact.DUPLICATES] = "an event log is not searched for duplicates"
        causes[Fact.TEXTS] = "an event log holds no texts of messages"
        how = exported.event_log.lead
        covered = set(exported.event_log.covers)
    else:
        assert exported.leads is not None  # noqa: S101  (read_map made sure of one of the two)
        how = exported.leads
        causes = {fact: f"no file of {fact.value.replace('_', ' ')} was given" for fact in Fact}
        causes[Fact.OWNER_HISTORY] = causes[Fact.STAGE_HISTORY] = (
            "the export holds present values only, and no file of changes was given"
        )
        covered = set()
        for option, tables, given in (
            ("touches", exported.touches, request.touches),
            ("changes", exported.changes, request.changes),
        ):
            for each in tables:
                if each.name in given:
                    covered |= each.covers
                else:
                    causes |= dict.fromkeys(each.covers, f"no file was given for the {option} {each.name!r}")
        causes[Fact.TEXTS] = _no_texts(exported, request) or ""
        if not causes[Fact.TEXTS]:
            covered.add(Fact.TEXTS)
    causes[Fact.DEALS] = "exports are not read for deals and their contacts"
    causes[Fact.OWNERS] = "no file of owners was given"
    if request.people is not None and exported.people is not None:
        if exported.people.archived.is_given:
            covered.add(Fact.OWNERS)
        else:
            causes[Fact.OWNERS] = "the map names no column of the owners file that says who has left (archived)"
    covered |= exported.not_used
    unmapped = [
        words
        for words, fields in (
            ("e-mail addresses", {LeadField.EMAIL}),
            ("phone numbers", {LeadField.PHONE, LeadField.MOBILE}),
        )
        if fields.isdisjoint(how.columns)
    ]
    if not unmapped:
        covered |= {Fact.CONTACT_DATA, Fact.DUPLICATES} if exported.event_log is None else {Fact.CONTACT_DATA}
    else:
        causes[Fact.CONTACT_DATA] = f"the map names no column of {' or '.join(unmapped)}"
        if exported.event_log is None:
            causes[Fact.DUPLICATES] = causes[Fact.CONTACT_DATA]
    for field_, (fact, words) in _OF_COLUMN.items():
        if field_ in how.columns or field_ in how.constants:
            covered.add(fact)
        else:
            causes[fact] = f"the map names no column of {words}"
    return Coverage(missing=tuple((fact, causes[fact]) for fact in Fact if fact not in covered))


def _no_texts(exported: ExportMap, request: AuditRequest) -> str | None:
    """Why the texts of messages cannot be seen, None = they can: of each file that can hold some, a column does."""
    written = [each for each in exported.touches if each.covers & {Fact.EMAILS, Fact.MESSAGES}]
    if not written and {Fact.EMAILS, Fact.MESSAGES} <= exported.not_used:
        return None
    if not any(each.name in request.touches for each in written):
        return "no file of e-mails or messages was given"
    for each in written:
        if each.name in request.touches and TouchField.TEXT not in each.columns:
            return f"the map names no column of the text in the touches {each.name!r}"
    return None


def _judge(
    store: Store,
    cases: Iterator[LeadCase],
    policy: Policy,
    tell: Callable[[int], None],
    each: Callable[[LeadCase, LeadAudit], None],
    collector: _Reported | None,
) -> tuple[ExportReport, int, tuple[tuple[Cause, int], ...]]:
    rules = RuleCounter([rule.info for rule in RULES])
    histogram = HistogramCounter()
    verdicts: Counter[str] = Counter()
    follow_up: Counter[str] = Counter()
    causes: Counter[Cause] = Counter()
    count = 0
    for case in cases:
        judged = audit(case, policy)
        count += 1
        rules.add(judged.findings)
        verdicts[judged.verdict.value] += 1
        follow_up[judged.follow_up_status.value] += 1
        if judged.cause is not Cause.NONE:
            causes[judged.cause] += 1
            store.add_broken(_broken(judged))
        answer = answered(judged.findings, case.lead.owner_id)
        if answer.first_attempt_s is not None:
            histogram.add(answer.first_attempt_s)
        store.add_judged(
            JudgedLine(
                owner=answer.owner_id or "",
                source=case.lead.source or "",
                answer=answer.answer.value,
                first_attempt_s=answer.first_attempt_s,
            )
        )
        if collector is not None:
            collector.add(case, policy, judged)
        each(case, judged)
        tell(count)
    everything = _groups(store, "")
    report = ExportReport(
        total=everything[0] if everything else answer_count("", {}, span_summary(0, ())),
        owners=tuple(_groups(store, "owner")),
        sources=tuple(_groups(store, "source")),
        rules=rules.counted(),
        verdicts=tuple(verdicts.most_common()),
        follow_up=tuple(follow_up.most_common()),
        histogram=histogram.counted(),
    )
    return report, count, tuple((cause, causes[cause]) for cause in Cause if causes[cause])


def _broken(judged: LeadAudit) -> BrokenLine:
    """The promise that was broken, by the rule that says more."""
    found = {finding.rule_id: finding for finding in judged.findings if finding.outcome is Outcome.BREACH}
    finding = next(found[rule_id] for rule_id in EXPLAINED if rule_id in found)
    return BrokenLine(
        finding.subject_id, finding.owner_id or "", finding.rule_id, judged.cause.value, finding.sentence
    )


def _groups(store: Store, group: str) -> list[AnswerCount]:
    """The largest groups by number of leads; what is beyond MOST_GROUPS is one row without percentiles."""
    sizes = store.largest_groups(group, MOST_GROUPS)
    counts: dict[str, Counter[Answer]] = {name: Counter() for name in sizes}
    rest: Counter[Answer] = Counter()
    for name, answer, n in store.answers(group):
        counts.get(name, rest)[Answer(answer)] += n
    spans: dict[str, SpanSummary] = {}
    for name, lines in groupby(store.first_attempts(group), key=lambda line: line[0]):
        if name in sizes:
            spans[name] = span_summary(sizes[name], (seconds for _, seconds in lines))
    none = span_summary(0, ())
    rows = [answer_count(name, counts[name], spans.get(name, none)) for name in sizes]
    return [*rows, answer_count(OTHERS, rest, none)] if rest else rows


def _first_faults(store: Store) -> str:
    faults: list[str] = []
    bad: BadRow
    for bad in store.bad_rows():
        shown = f" ({bad.value!r})" if bad.value else ""
        faults.append(f"line {bad.line}: {bad.column + ' ' if bad.column else ''}{bad.reason}{shown}")
        if len(faults) == 3:
            break
    return "; ".join(faults)
