"""Judge an exported case again, offline: `python -m audits CASE.json --policy POLICY.json`.

CASE.json is what `audits.model.exchange.case_to_json` wrote, POLICY.json what `Policy.to_json` wrote; or one file
with both, as {"case": …, "policy": …}. Prints every finding with its sentence, or JSON with --json. Ends with 0 when
the case could be judged, whatever was found, and with 2 when a file could not be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from audits.engine import LeadAudit, audit
from audits.model.exchange import case_from_json, finding_to_json
from audits.model.policy import Policy
from audits.model.said import english
from audits.truth.kept import Truth, truth_to_json


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, judge, print."""
    parser = argparse.ArgumentParser(prog="python -m audits", description="Judge an exported lead case again.")
    parser.add_argument("case", help="file with the case, or - for standard input")
    parser.add_argument("--policy", help="file with the policy, unless the case file holds both")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args(arguments)
    try:
        case_data = _read(chosen.case)
        policy_data = _read(chosen.policy) if chosen.policy else None
        if isinstance(case_data, dict) and "case" in case_data:
            policy_data = policy_data if chosen.policy else case_data.get("policy")
            case_data = case_data["case"]
        if not isinstance(policy_data, dict):
            raise ValueError("policy: missing; name its file with --policy")
        judged = audit(case_from_json(case_data), Policy.from_json(policy_data))
    except (OSError, ValueError) as unreadable:
        sys.stderr.write(f"{unreadable}\n")
        return 2
    sys.stdout.write(_as_json(judged) if chosen.json else _as_text(judged))
    return 0


def _read(name: str) -> object:
    text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    return json.loads(text)


def _as_json(judged: LeadAudit) -> str:
    written = {
        "lead_id": judged.lead_id,
        "as_of": judged.as_of.isoformat(),
        "policy_version": judged.policy_version,
        "quality": judged.quality.value,
        "handling": judged.handling.value,
        "verdict": judged.verdict.value,
        "follow_up_status": judged.follow_up_status.value,
        "note": english(judged.note),
        "next_change_at": judged.next_change_at.isoformat() if judged.next_change_at else None,
        "findings": [finding_to_json(finding) for finding in judged.findings],
        **truth_to_json(Truth(judged.judgement, judged.steps)),
    }
    return json.dumps(written, ensure_ascii=False, indent=2) + "\n"


def _as_text(judged: LeadAudit) -> str:
    truth = judged.judgement
    lines = [
        f"Lead {judged.lead_id} as of {judged.as_of.isoformat()}, policy {judged.policy_version}",
        f"quality {_number(judged.quality.value)} ({judged.verdict.value}), "
        f"handling {_number(judged.handling.value)} ({judged.follow_up_status.value})",
        *(f"{each.rule_id}  {each.outcome.value:<14}  {each.sentence}" for each in judged.findings),
        f"judged {truth.verdict.value}, pseudo-lead {truth.pseudo_probability:g} by model {truth.model_version}",
        *(
            f"{each.lead_class.value}  {each.probability:.4f}  {signal.weight:+g}  {english(signal.said)}"
            for each in truth.classes
            for signal in each.signals
        ),
        *(f"a person who asked  {signal.weight:+g}  {english(signal.said)}" for signal in truth.genuine_signals),
        *(f"repair of {each.field}: {each.given} -> {each.proposed}" for each in truth.repairs),
        *(f"{step.rung.value}  {step.state.value}  {english(step.proof)}" for step in judged.steps),
    ]
    return "\n".join(lines) + "\n"


def _number(value: int | None) -> str:
    return "not enough known" if value is None else str(value)


if __name__ == "__main__":
    raise SystemExit(main())
