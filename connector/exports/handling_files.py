"""The handling report of an audit of files: the same figures as JSON, sheet or paper as those of a connected CRM."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from audits.reports.handling import HandlingReport
from audits.rulebook import RULES
from connector.exports.packing import unpack_lead
from connector.exports.problems import UnusableInput
from connector.exports.run import AuditRun
from connector.exports.store import Store
from connector.language.texts import Texts, texts_for
from connector.reporting.background import AgreedFrom, Background
from connector.reporting.paper import paper
from connector.reporting.pdf import NoPdf, pdf_of
from connector.reporting.xlsx import xlsx_of

#: Ends of the names of files that a report can be written to.
KINDS = (".pdf", ".xlsx", ".json")


def report_bytes(store: Store, run: AuditRun, path: Path, language: str) -> bytes:
    """The report of `run`, which asked for one, as the ending of `path` says, in `language` (a code; JSON has none).

    Raises UnusableInput for another ending, or where this machine cannot make it.
    """
    report = run.handling
    if report is None or path.suffix.lower() not in KINDS:
        raise UnusableInput(f"--report {path}: end the name with {', '.join(KINDS)}")
    if path.suffix.lower() == ".json":
        return report.to_bytes()
    says, about = texts_for(language, report.zone), _background(store, run, report)
    if path.suffix.lower() == ".xlsx":
        return xlsx_of(report, about, says)
    return _pdf(report, about, says, path)


def _pdf(report: HandlingReport, about: Background, says: Texts, path: Path) -> bytes:
    try:
        return pdf_of(paper(report, about, says), says)
    except NoPdf as error:
        raise UnusableInput(f"--report {path}: {error}") from error


def _background(store: Store, run: AuditRun, report: HandlingReport) -> Background:
    policy = run.policy
    told = {each.rule_id for each in report.rules}
    return Background(
        account=run.title,
        owner_names=_owner_names(run, report),
        lead_names=_lead_names(store, report),
        policies=(
            AgreedFrom(policy.version, report.history_since, policy.response_goal_s, policy.response_target_s),
        ),
        rules=tuple((rule.info.rule_id, rule.info.version) for rule in RULES if rule.info.rule_id in told),
        gaps=run.coverage.missing,
    )


def _owner_names(run: AuditRun, report: HandlingReport) -> Mapping[str, str]:
    """An export names owners by what people call them, unless the owners file says more."""
    ids = {each.owner_id for each in report.owners} | {each.owner_id for each in report.owner_days}
    ids |= {each.holder_id for each in report.neglected}
    return {owner_id: run.people[owner_id].name if owner_id in run.people else owner_id for owner_id in ids}


def _lead_names(store: Store, report: HandlingReport) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for line in store.leads_named(sorted({lead.lead_id for lead in report.neglected})):
        lead = unpack_lead(line.packed)
        names[lead.lead_id] = lead.full_name or lead.company or ""
    return names
