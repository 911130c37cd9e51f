"""What findings on a lead mean under a contract: one mapping of rules and classes to the codes of contracts.

Rules say what a lead is; whether that is worth anything under a contract, the contract says. A finding that is
shown is proven, one that is likely is suspected. What is nobody's fault but ours (PL010, our own test) or can be
mended (PL005) gives no ground; PL004 gives records that came before, which each contract holds against its own
windows. docs/contracts.md has the table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from audits.model.contract import Against, KeyField
from audits.model.delivery import (
    Channel,
    EarlierRecord,
    Ground,
    Handling,
    HandlingFact,
    Proof,
    ProofKind,
    Try,
)
from audits.model.reasons import ReasonCode

#: Class of lead truth, or the rule that finds it → what it is under a contract.
CODE_OF_RULE: Mapping[str, ReasonCode] = MappingProxyType(
    {
        "PL003": ReasonCode.PLACEHOLDER_NAME,
        "PL006": ReasonCode.BOT,
        "PL007": ReasonCode.PAID_FILLER,
        "PL008": ReasonCode.COMPETITOR,
        "PL009": ReasonCode.THIRD_PARTY_PRANK,
        "PL011": ReasonCode.FICTITIOUS,
        "PL012": ReasonCode.OUT_OF_SCOPE,
    }
)
CODE_OF_CLASS: Mapping[str, ReasonCode] = MappingProxyType(
    {
        "bot": ReasonCode.BOT,
        "paid_form_filler": ReasonCode.PAID_FILLER,
        "competitor": ReasonCode.COMPETITOR,
        "joker": ReasonCode.THIRD_PARTY_PRANK,
        "empty": ReasonCode.FICTITIOUS,
        "not_addressed_to_us": ReasonCode.OUT_OF_SCOPE,
    }
)
#: What a person who wants something else wants: it says more than the class.
CODE_OF_INTENT: Mapping[str, ReasonCode] = MappingProxyType(
    {
        "intent_student": ReasonCode.STUDENT,
        "intent_supplier": ReasonCode.SOLICITATION,
        "intent_support": ReasonCode.EXISTING_CUSTOMER,
        "existing_client": ReasonCode.EXISTING_CUSTOMER,
    }
)
#: What a representative found out, as reasons of lead truth.
CODE_OF_OUTCOME: Mapping[str, ReasonCode] = MappingProxyType(
    {
        "wrong_number": ReasonCode.PHONE_WRONG_NUMBER,
        "denied": ReasonCode.DENIES_REQUEST,
        "denied_order": ReasonCode.DENIES_REQUEST,
    }
)
#: Kinds of facts of an audit that attempts are among.
_ACTS = frozenset({"calls", "emails", "meetings", "messages"})
_LIKELY = 0.5
_KEY_OF = {f"same_{key.value}": key for key in KeyField}
_PROOF_OF_RECORD = {"call": ProofKind.CALL_LOG, "deal": ProofKind.CRM_RECORD}
_MORE = "more evidence than a likelihood"
_BOUNCE = "a mail that came back"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFindings:
    """What was found of one lead. `earlier`: records of the same person in the buyer's CRM. `handling` None = the
    findings show nothing of what the buyer did."""

    grounds: tuple[Ground, ...] = ()
    earlier: tuple[EarlierRecord, ...] = ()
    handling: Handling | None = None

    def __bool__(self) -> bool:
        return bool(self.grounds or self.earlier or self.handling)


def findings_of_audit(lead: Json, unseen: Iterable[str] = ()) -> LeadFindings:
    """Of one lead of an audit as JSON. `unseen`: kinds of facts that the audit could not look at. Raises KeyError,
    TypeError or ValueError when it is no such lead."""
    truth = lead.get("truth") or {}
    grounds: dict[ReasonCode, Ground] = {}
    earlier: list[EarlierRecord] = []
    for finding in lead["findings"]:
        rule, outcome = finding["rule_id"], finding["outcome"]
        if rule == "PL001":
            _add(grounds, _reachable(finding))
        elif rule == "PL004" and outcome == "breach":
            earlier += _earlier(finding)
        elif rule in CODE_OF_RULE and (outcome == "breach" or finding["reason"] == "suspected"):
            code = _intent(_classes(truth)) if rule == "PL012" else CODE_OF_RULE[rule]
            kind = ProofKind.VALIDATOR_RESULT if rule == "PL003" else ProofKind.FINDING
            _add(grounds, [_ground(code, finding, kind, is_proven=outcome == "breach")])
    _add(grounds, _outcomes(truth))
    for step in lead.get("ladder", ()):
        if step["rung"] == "deliverable" and step["state"] == "refuted":
            at = _instant(step["at"])
            proof = Proof(kind=ProofKind.BOUNCE, ref="deliverable", sha256=digest(step), at=at)
            _add(grounds, [Ground(code=ReasonCode.EMAIL_BOUNCE, known_at=at, found_by="ladder", proofs=(proof,))])
    facts = lead.get("facts")
    handling = None if facts is None else _handling(facts, frozenset(unseen))
    return LeadFindings(grounds=tuple(grounds.values()), earlier=tuple(earlier), handling=handling)


def findings_of_check(answer: Json) -> LeadFindings:
    """Of one answer of the check of leads. Raises KeyError, TypeError or ValueError when it is none."""
    grounds: dict[ReasonCode, Ground] = {}
    by = f"check v{answer['model_version']}"
    classes = _classes(answer)
    first = next((name for name, _, _ in classes if name != "unintended_error"), None)
    for name, probability, each in classes:
        code = _intent([(name, probability, each)]) if name == "not_addressed_to_us" else CODE_OF_CLASS.get(name)
        is_proven = answer["verdict"] == "pseudo" and name == first
        if code is not None and (is_proven or probability >= _LIKELY):
            _add(grounds, [_found(code, by, each, ProofKind.FINDING, is_proven=is_proven)])
    phone, email, name_ = answer.get("phone"), answer.get("email"), answer.get("name") or {}
    if phone and phone["valid"] is False:
        found = _found(ReasonCode.PHONE_DISCONNECTED, by, phone, ProofKind.VALIDATOR_RESULT, is_proven=True)
        _add(grounds, [found])
    if email and not email["valid"]:
        found = _found(ReasonCode.EMAIL_BOUNCE, by, email, ProofKind.VALIDATOR_RESULT, is_proven=False, lacks=_BOUNCE)
        _add(grounds, [found])
    if name_.get("mashed") or name_.get("placeholder"):
        found = _found(ReasonCode.PLACEHOLDER_NAME, by, name_, ProofKind.VALIDATOR_RESULT, is_proven=True)
        _add(grounds, [found])
    _add(grounds, _outcomes(answer))
    return LeadFindings(grounds=tuple(grounds.values()))


def digest(value: object) -> str:
    """Hex SHA-256 of the canonical JSON of `value`: keys sorted, no blanks, as UTF-8."""
    told = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def _add(grounds: dict[ReasonCode, Ground], found: Iterable[Ground]) -> None:
    """One ground for each code: a proven one before a suspected one, then the first."""
    for each in found:
        before = grounds.get(each.code)
        if before is None or (each.is_proven and not before.is_proven):
            grounds[each.code] = each


def _ground(code: ReasonCode, finding: Json, kind: ProofKind, *, is_proven: bool, lacks: str = _MORE) -> Ground:
    rule = f"{finding['rule_id']} v{finding['rule_version']}"
    proofs = [Proof(kind=kind, ref=rule, sha256=digest(finding))]
    for each in finding.get("evidence", ()):
        of_record = _PROOF_OF_RECORD.get(each["record_type"])
        if of_record is not None:
            proofs.append(
                Proof(kind=of_record, ref=each["record_id"], sha256=digest(each), at=_instant(each.get("at")))
            )
    return Ground(
        code=code,
        is_proven=is_proven,
        found_by=rule,
        proofs=tuple(dict.fromkeys(proofs)),
        missing="" if is_proven else lacks,
    )


def _found(
    code: ReasonCode, by: str, value: object, kind: ProofKind, *, is_proven: bool, lacks: str = _MORE
) -> Ground:
    proof = Proof(kind=kind, ref=by, sha256=digest(value))
    return Ground(code=code, is_proven=is_proven, found_by=by, proofs=(proof,), missing="" if is_proven else lacks)


def _reachable(finding: Json) -> Iterator[Ground]:
    """PL001: a number that no plan has is dead; an address that is not well formed has bounced only when it has."""
    measured = {each["name"]: each["value"] for each in finding.get("measures", ())}
    kind = ProofKind.VALIDATOR_RESULT
    if finding["reason"] == "nothing_given":
        yield _ground(ReasonCode.PHONE_MISSING, finding, kind, is_proven=True)
    if finding["outcome"] == "breach":
        yield _ground(ReasonCode.UNREACHABLE_ALL_MEANS, finding, kind, is_proven=True)
    if measured.get("phone_valid") is False:
        yield _ground(ReasonCode.PHONE_DISCONNECTED, finding, kind, is_proven=True)
    if measured.get("email_valid") is False:
        yield _ground(ReasonCode.EMAIL_BOUNCE, finding, kind, is_proven=False, lacks=_BOUNCE)


def _earlier(finding: Json) -> Iterator[EarlierRecord]:
    shared: dict[str, tuple[datetime, set[KeyField]]] = {}
    for each in finding["evidence"]:
        key = _KEY_OF.get(each["field"])
        at = _instant(each["at"])
        if key is not None and at is not None:
            shared.setdefault(each["record_id"], (at, set()))[1].add(key)
    for ref, (at, keys) in shared.items():
        yield EarlierRecord(where=Against.BUYER_CRM, received_at=at, shared=frozenset(keys), ref=ref)


def _classes(truth: Json) -> list[tuple[str, float, Json]]:
    """(name, probability, all of it) of each class that something speaks for, the likeliest first as they stand."""
    return [
        (each["name"], each["probability"], each)
        for each in truth.get("classes", ())
        if any(reason["weight"] > 0 for reason in each["reasons"])
    ]


def _intent(classes: Sequence[tuple[str, float, Json]]) -> ReasonCode:
    """What a person wants who does not want to buy, by the heaviest reason."""
    reasons = [reason for name, _, each in classes if name == "not_addressed_to_us" for reason in each["reasons"]]
    heaviest = max(reasons, key=lambda reason: reason["weight"], default=None)
    found = None if heaviest is None else CODE_OF_INTENT.get(heaviest["code"])
    return found or ReasonCode.OUT_OF_SCOPE


def _outcomes(truth: Json) -> Iterator[Ground]:
    """What representatives found out."""
    by = f"truth v{truth['model_version']}" if "model_version" in truth else "truth"
    for _, _, each in _classes(truth):
        for reason in each["reasons"]:
            code = CODE_OF_OUTCOME.get(reason["code"])
            if code is not None:
                yield _found(code, by, reason, ProofKind.DISPOSITION, is_proven=True)


def _handling(facts: Json, unseen: frozenset[str]) -> Handling:
    """What the buyer did, as far as facts of an audit show it: the first and the last attempt, and how many."""
    count = facts["call_attempts"] + facts["email_attempts"] + facts["other_attempts"]
    first, last = _instant(facts["first_attempt_at"]), _instant(facts["last_attempt_at"])
    connected = _instant(facts["first_connection_at"])
    unknown = {HandlingFact.DISPOSITION, HandlingFact.QUOTE_STARTED}
    if unseen & _ACTS:
        # What was not looked at may have come before what was seen.
        unknown |= {HandlingFact.ATTEMPTS, HandlingFact.LATER_ATTEMPTS}
        if connected is None:
            unknown.add(HandlingFact.CONTACTED)
    channel = Channel.OTHER
    if facts["call_attempts"] == count:
        channel = Channel.CALL
    elif facts["email_attempts"] == count:
        channel = Channel.EMAIL
    tries = [Try(at=at, channel=channel) for at in dict.fromkeys((first, last)) if at is not None]
    if len(tries) < count:
        unknown.add(HandlingFact.LATER_ATTEMPTS)
    return Handling(tries=tuple(tries), contacted_at=connected, unknown=frozenset(unknown))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
