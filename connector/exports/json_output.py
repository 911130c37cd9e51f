"""The audit as one JSON object, written as it goes: leads first, then the report, then every row not used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import BinaryIO

import orjson

from audits.engine import LeadAudit
from audits.model.case import LeadCase
from audits.model.finding import Finding
from audits.model.fit import Fit
from audits.model.said import english
from audits.model.score import Score
from audits.reports.export_report import AnswerCount, ExportReport
from audits.truth.ladder import Step
from audits.truth.of_case import given_of
from connector.checking.answer import answer_of
from connector.exports.problems import BadRow
from connector.exports.run import AuditRun

FORMAT, FORMAT_VERSION = "leadassay.audit", 1


class JsonOutput:
    """Writes to `target`: `lead` for each lead, then `finish` once. Nothing is held back."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._is_first = True
        head = orjson.dumps({"format": FORMAT, "format_version": FORMAT_VERSION})
        target.write(head[:-1] + b',\n"leads":[')

    def lead(self, case: LeadCase, judged: LeadAudit) -> None:
        """Write one lead with its findings."""
        lead = case.lead
        self._item(
            {
                "lead_id": lead.lead_id,
                "received_at": lead.received_at,
                "owner_id": lead.owner_id,
                "source": lead.source,
                "status": lead.status,
                "record_url": lead.record_url,
                "quality": _score(judged.quality),
                "handling": _score(judged.handling),
                "verdict": judged.verdict,
                "follow_up_status": judged.follow_up_status,
                "cause": judged.cause,
                "note": english(judged.note),
                "facts": judged.facts,
                "next_change_at": judged.next_change_at,
                "findings": [_finding(each) for each in judged.findings],
                "truth": answer_of(given_of(lead), judged.judgement),
                "ladder": [_step(each) for each in judged.steps],
                **(
                    {"fit": {"person": _fit(judged.fit.person), "organisation": _fit(judged.fit.organisation)}}
                    if judged.fit.has_criteria
                    else {}
                ),
            }
        )

    def finish(self, run: AuditRun, bad_rows: Iterable[BadRow]) -> None:
        """Write the report and the rows that were not used, and close the object."""
        self._target.write(b'\n],\n"report":')
        self._target.write(orjson.dumps(_report(run.report)))
        rest = {
            "title": run.title,
            "as_of": run.as_of,
            "policy_version": run.policy.version,
            "count_leads": run.count_leads,
            "count_bad_rows": run.count_bad_rows,
            "files": run.files,
            "unmapped_values": run.unmapped,
            "left_out": run.left_out,
            "causes": {cause.value: count for cause, count in run.causes},
            "norms": run.norms.to_json(),
            "not_looked_at": [{"fact": fact, "cause": cause} for fact, cause in run.coverage.missing],
        }
        self._target.write(b",\n" + orjson.dumps(rest)[1:-1] + b',\n"bad_rows":[')
        self._is_first = True
        for bad in bad_rows:
            self._item(bad)
        self._target.write(b"\n]}\n")

    def _item(self, value: object) -> None:
        self._target.write((b"\n" if self._is_first else b",\n") + orjson.dumps(value))
        self._is_first = False


def _score(score: Score) -> dict[str, object]:
    return {
        "value": score.value,
        "earned": score.earned,
        "evaluated": score.evaluated,
        "parts": [
            {"name": part.name, "points": part.points, "out_of": part.out_of, "why": english(part.why)}
            for part in score.parts
        ],
    }


def _finding(finding: Finding) -> dict[str, object]:
    """The fields of a finding; what is said as its sentence in English."""
    return {
        "sentence" if each.name == "said" else each.name: (
            finding.sentence if each.name == "said" else getattr(finding, each.name)
        )
        for each in fields(finding)
    }


def _step(step: Step) -> dict[str, object]:
    return {"rung": step.rung, "state": step.state, "at": step.at, "says": english(step.proof)}


def _fit(fit: Fit) -> dict[str, object]:
    return {
        "percent": fit.percent,
        "parts": [
            {"name": part.criterion.name, "points": part.points, "out_of": part.out_of, "why": english(part.why)}
            for part in fit.parts
        ],
    }


def _report(report: ExportReport) -> dict[str, object]:
    return {
        "response": _group(report.total),
        "owners": [_group(row) for row in report.owners],
        "sources": [_group(row) for row in report.sources],
        "rules": [
            {
                "rule_id": rule.rule_id,
                "title": rule.title,
                "n": rule.n,
                "breaches": rule.breaches.to_json(),
                "reasons": rule.reasons,
            }
            for rule in report.rules
        ],
        "verdicts": dict(report.verdicts),
        "follow_up": dict(report.follow_up),
        "first_attempt_histogram": report.histogram,
    }


def _group(row: AnswerCount) -> dict[str, object]:
    return {
        "name": row.name,
        "n": row.n,
        "answers": {answer.value: count for answer, count in row.counts.items()},
        "in_time": row.in_time.to_json(),
        "first_attempt_working": row.first_attempt.to_json(),
    }
