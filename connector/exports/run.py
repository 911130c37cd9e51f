"""One audit of files: read, sort, join, judge, count. Leads stream by; only the disk grows with their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from audits.engine import LeadAudit, audit
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.policy import Policy
from audits.reports.export_report import (
    Answer,
    AnswerCount,
    ExportReport,
    HistogramCounter,
    RuleCounter,
    answer_count,
    answered,
)
from audits.rulebook import RULES
from audits.statistics.medians import SpanSummary, span_summary
from connector.exports.intake import FileSummary, Intake, Progress
from connector.exports.join import JoinCounts, iter_cases, iter_event_cases
from connector.exports.mapping import ExportMap, LeadField
from connector.exports.problems import BadRow, UnusableInput
from connector.exports.store import JudgedLine, Store
from connector.exports.tallies import UnmappedValue

#: So many owners and sources are shown, those with most leads; the others are one row.
MOST_GROUPS = 200
OTHERS = "(all others)"

_TELL_EVERY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """What to audit. `touches`: name of a [[touches]] table → file. `as_of` None = the latest time in the files.

    `now` is the present: no time after it can be when the export was made.
    """

    leads: Path
    touches: Mapping[str, Path]
    exported: ExportMap
    policy: Policy
    as_of: datetime | None
    now: datetime


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


def run_audit(
    store: Store, request: AuditRequest, tell: Progress, each: Callable[[LeadCase, LeadAudit], None]
) -> AuditRun:
    """Audit the files of `request`; `each` is called for every lead by id. Bad rows are then in `store.bad_rows()`.

    Raises UnusableInput when a file cannot be used at all.
    """
    exported, policy = request.exported, request.policy
    intake = Intake(store, exported, policy.region, request.now, tell)
    files = _read(intake, request)
    if intake.latest is None:
        raise UnusableInput(
            f"{request.leads}: none of its {files[0].rows} rows can be used; the first faults are: "
            f"{_first_faults(store) or 'there are no rows below the header'}"
        )
    as_of = request.as_of or intake.latest
    coverage = _coverage(exported, request.touches)
    counts = JoinCounts(rows_without_touch=intake.rows_without_touch)
    if exported.event_log is not None:
        cases = iter_event_cases(store, exported.event_log, as_of, coverage, counts)
    else:
        store.link_sightings()
        cases = iter_cases(store, request.leads.name, as_of, coverage, counts)
    report, count_leads = _judge(store, cases, policy, tell, each)
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
    )


def _read(intake: Intake, request: AuditRequest) -> tuple[FileSummary, ...]:
    exported = request.exported
    if exported.event_log is not None:
        if request.touches:
            raise UnusableInput("the map describes an event log, which is one file; leave --touches out")
        return (intake.read_events(request.leads, exported.event_log),)
    assert exported.leads is not None  # noqa: S101  (read_map made sure of one of the two)
    known = [touch.name for touch in exported.touches]
    for name in request.touches:
        if name not in known:
            raise UnusableInput(
                f"--touches {name}=…: the map has no [[touches]] named {name!r}; it has {', '.join(known) or 'none'}"
            )
    files = [intake.read_leads(request.leads, exported.leads)]
    for place, how in enumerate(exported.touches):
        if how.name in request.touches:
            files.append(intake.read_touches(request.touches[how.name], how, place))
    return tuple(files)


#: What no column of a map can give → the words for it.
_NOT_READ = {
    Fact.TEXTS: "the texts of messages",
    Fact.DEALS: "deals and their contacts",
    Fact.OWNERS: "who has left the team",
    Fact.STAGE: "since when a lead stands where it does",
    Fact.SUBMITTED_AT: "when the form was sent",
    Fact.PREFERRED_AT: "when the lead wants to be called",
    Fact.CONSENT: "whether the lead may be called",
    Fact.RECONTACT_ON: "the day for coming back to a lost lead",
}


def _coverage(exported: ExportMap, given: Mapping[str, Path]) -> Coverage:
    """What the files show completely; every other fact with the cause why not."""
    if exported.event_log is not None:
        cause = "the map does not say that the event log shows all of them"
        causes = dict.fromkeys(Fact, cause)
        causes[Fact.DUPLICATES] = "an event log is not searched for duplicates"
        columns = exported.event_log.lead.columns
        covered = set(exported.event_log.covers)
    else:
        assert exported.leads is not None  # noqa: S101  (read_map made sure of one of the two)
        columns = exported.leads.columns
        causes = {fact: f"no file of {fact.value.replace('_', ' ')} was given" for fact in Fact}
        causes[Fact.OWNER_HISTORY] = causes[Fact.STAGE_HISTORY] = "the export holds present values only"
        covered = set()
        for how in exported.touches:
            if how.name in given:
                covered |= how.covers
            else:
                causes |= dict.fromkeys(how.covers, f"no file was given for the touches {how.name!r}")
    causes |= {fact: f"exports are not read for {words}" for fact, words in _NOT_READ.items()}
    covered |= exported.not_used
    unmapped = [
        words
        for words, fields in (
            ("e-mail addresses", {LeadField.EMAIL}),
            ("phone numbers", {LeadField.PHONE, LeadField.MOBILE}),
        )
        if fields.isdisjoint(columns)
    ]
    if not unmapped:
        covered |= {Fact.CONTACT_DATA, Fact.DUPLICATES} if exported.event_log is None else {Fact.CONTACT_DATA}
    else:
        causes[Fact.CONTACT_DATA] = f"the map names no column of {' or '.join(unmapped)}"
        if exported.event_log is None:
            causes[Fact.DUPLICATES] = causes[Fact.CONTACT_DATA]
    for fact, field in ((Fact.OWNER, LeadField.OWNER), (Fact.SOURCE, LeadField.SOURCE)):
        if field in columns or (exported.leads is not None and field in exported.leads.constants):
            covered.add(fact)
        else:
            causes[fact] = f"the map names no column of the {field.value}"
    return Coverage(missing=tuple((fact, causes[fact]) for fact in Fact if fact not in covered))


def _judge(
    store: Store,
    cases: Iterator[LeadCase],
    policy: Policy,
    tell: Progress,
    each: Callable[[LeadCase, LeadAudit], None],
) -> tuple[ExportReport, int]:
    rules = RuleCounter([rule.info for rule in RULES])
    histogram = HistogramCounter()
    verdicts: Counter[str] = Counter()
    follow_up: Counter[str] = Counter()
    total = store.count_lead_rows() or None
    count = 0
    for case in cases:
        judged = audit(case, policy)
        count += 1
        rules.add(judged.findings)
        verdicts[judged.verdict.value] += 1
        follow_up[judged.follow_up_status.value] += 1
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
        each(case, judged)
        if count % _TELL_EVERY == 0:
            tell("Auditing", count, total)
    tell("Auditing", count, count)
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
    return report, count


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
