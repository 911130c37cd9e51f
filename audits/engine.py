"""Judges one case by all rules: findings, facts, two scores, verdict, status and note. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from audits import scores
from audits.causes import Cause, cause_of
from audits.clock import CaseClock, NoWorkingHours, case_clock, follow_up_clock
from audits.dues import cadence_end, call_due, recontact_due, response_due, silence_due
from audits.model.activity import Activity, ActivityKind
from audits.model.case import LeadCase
from audits.model.finding import Finding, Outcome
from audits.model.fit import LeadFit
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, english, joined, say, verbatim
from audits.model.score import FollowUpStatus, Score, Verdict
from audits.model.truth import Judgement, Known, LeadClass, TruthVerdict
from audits.rule import Rule
from audits.rulebook import RULES
from audits.timeline import Touches, attempts, connections, future_occurrences, holder_at
from audits.truth.fit import lead_fit
from audits.truth.ladder import Step, ladder
from audits.truth.of_case import judgement_of, known_of

NOTE_LENGTH = 500
#: Breaches in the order in which a person should read them: what can still be saved, then what the lead is.
_URGENCY = (
    "RT002",
    "RT006",
    "RT005",
    "NC001",
    "NC006",
    "NC005",
    "NC002",
    "NC003",
    "FM002",
    "FU002",
    "FU006",
    "FU009",
    "LD004",
    "NC004",
    "LD001",
    "LD002",
    "LD003",
    "AG005",
    "AG004",
    "AG007",
    "AG001",
    "AG006",
    "AG002",
    "AG003",
    "PL005",
    "PL001",
    "PL006",
    "PL007",
    "PL011",
    "PL010",
    "PL009",
    "PL008",
    "PL012",
    "PL004",
    "PL002",
    "PL003",
    "RT001",
    "RT004",
    "RT003",
    "FU008",
    "FU001",
    "FU005",
    "FU004",
    "FU003",
    "FU007",
    "FM003",
    "FM001",
    "DQ001",
    "DQ002",
)

#: Rules that ask for something to be done, the most pressing first → the reasons by which something is owed: while
#: its time has not come, and after.
OBLIGATIONS: Mapping[str, frozenset[str]] = {
    "RT002": frozenset({"waiting_in_time", "due_soon", "past_target"}),
    "RT006": frozenset({"waiting_in_time", "unanswered"}),
    "RT005": frozenset({"waiting_in_time", "unanswered"}),
    "NC001": frozenset({"waiting_in_time", "never_called"}),
    "NC002": frozenset({"touched_lately", "silent"}),
    "FU002": frozenset({"recontact_due", "no_recontact"}),
    "FU001": frozenset({"cadence_running", "too_few_attempts"}),
}


#: Rules by whose breach something is overdue.
_OVERDUE = ("RT002", "RT005", "RT006", "FU002", "FU001")


class RuleFault(RuntimeError):
    """A rule broke its own contract, for example by a reason that it does not list. Never hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFacts:
    """What was measured on one lead, independent of any rule's outcome. Times aware UTC, spans in seconds.

    `due_at`: the earliest thing that is due and not done; it lies in the past when overdue. `response_due_at`: when
    the first attempt was or is due; None for imports and where the hours never open. `held_by`: owner at the audit.
    The first attempt and the first connection are reported apart, both from the receipt; their spans are None where
    only a day is known, and in working time where that cannot be counted.
    """

    first_attempt_at: datetime | None
    first_attempt_working_s: int | None
    first_attempt_wall_s: int | None
    first_connection_at: datetime | None
    first_connection_working_s: int | None
    first_connection_wall_s: int | None
    call_attempts: int
    email_attempts: int
    other_attempts: int
    last_attempt_at: datetime | None
    due_at: datetime | None
    response_due_at: datetime | None
    held_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadAudit:
    """All that is said of one lead as of one instant. `findings` are in the order of the rulebook.

    `note`: the sentences of the breaches, the most pressing first, in English at most 500 characters.
    `next_change_at`: when time alone changes the first of the findings, or what is known of the person; None = never.
    `cause`: what explains a breach of the first attempt's time, see audits.causes. `judgement`: what the lead is, by
    audits.truth: the findings PL005 to PL012 and the part "a person who asked" of the quality score are read from it.
    `verdict`: the judgement and the other findings on what the lead is, in one word. `steps`: how far that is
    verified, rung by rung. `fit`: how the lead is of the target group, which none of the others follows.
    """

    lead_id: str
    as_of: datetime
    policy_version: str
    findings: tuple[Finding, ...]
    facts: LeadFacts
    quality: Score
    handling: Score
    verdict: Verdict
    follow_up_status: FollowUpStatus
    note: Said
    next_change_at: datetime | None
    cause: Cause
    judgement: Judgement
    steps: tuple[Step, ...]
    fit: LeadFit


def audit(case: LeadCase, policy: Policy, rules: Sequence[Rule[LeadCase]] = RULES) -> LeadAudit:
    """Judge `case` under `policy`. Equal inputs give an equal audit.

    Other `rules` than the rulebook's must still hold its ids, which the scores are made of. Whatever a rule raises
    goes through; RuleFault when a finding is not what its rule says of itself.
    """
    findings = tuple(_checked(rule, rule.evaluate(case, policy), case) for rule in rules)
    by_id = {finding.rule_id: finding for finding in findings}
    tried, reached = attempts(case, policy), connections(case, policy)
    judgement, known = judgement_of(case, policy), known_of(case, policy)
    return LeadAudit(
        lead_id=case.lead.lead_id,
        as_of=case.as_of,
        policy_version=policy.version,
        findings=findings,
        facts=_facts(case, policy, by_id, tried, reached),
        quality=scores.quality(case, policy, by_id, judgement),
        handling=scores.handling(case, policy, by_id, tried, reached),
        verdict=_verdict(by_id, judgement, known),
        follow_up_status=_follow_up_status(case, by_id, tried, reached),
        note=_note(findings),
        next_change_at=min(_changes(case, policy, findings, known), default=None),
        cause=cause_of(case, policy, by_id),
        judgement=judgement,
        steps=ladder(case, policy, judgement, known),
        fit=lead_fit(case, policy, judgement),
    )


def _changes(case: LeadCase, policy: Policy, findings: Sequence[Finding], known: Known) -> Iterator[datetime]:
    """When time alone changes a finding, or what is known of the person: verdict and quality follow that as well."""
    yield from (each.next_change_at for each in findings if each.next_change_at is not None)
    for t in sorted(future_occurrences(case)):
        if known_of(replace(case, as_of=t), policy) != known:
            yield t
            return


def is_owed(finding: Finding) -> bool:
    """Whether the finding asks for something that is not done yet; see OBLIGATIONS."""
    return finding.reason in OBLIGATIONS.get(finding.rule_id, ())


def _checked(rule: Rule[LeadCase], finding: Finding, case: LeadCase) -> Finding:
    info = rule.info
    if (finding.rule_id, finding.rule_version) != (info.rule_id, info.version):
        raise RuleFault(f"{info.rule_id} version {info.version} gave a finding of {finding.rule_id}")
    if not info.allows(finding.outcome, finding.reason):
        raise RuleFault(
            f"{info.rule_id}: outcome {finding.outcome.value} with reason {finding.reason!r} is not in its list; "
            "add it to `outcomes` of the rule or mend the rule"
        )
    if finding.next_change_at is not None and finding.next_change_at <= case.as_of:
        raise RuleFault(f"{info.rule_id}: next_change_at {finding.next_change_at} is not after the audit")
    return finding


def _facts(
    case: LeadCase, policy: Policy, findings: Mapping[str, Finding], tried: Touches, reached: Touches
) -> LeadFacts:
    first, last, contact = tried.first(), tried.last(), reached.first()
    attempted_at, connected_at = _exact(case, first), _exact(case, contact)
    try:
        clock = case_clock(case, policy)
        attempt_s, connection_s = _working_s(case, clock, attempted_at), _working_s(case, clock, connected_at)
        response_due_at = None if case.lead.is_imported else response_due(case, policy, clock)
        due_at = _due_at(case, policy, clock, findings, tried, reached)
    except NoWorkingHours:
        attempt_s = connection_s = response_due_at = due_at = None
    calls, emails = tried.count(ActivityKind.CALL), tried.count(ActivityKind.EMAIL)
    return LeadFacts(
        first_attempt_at=None if first is None else first.occurred_at,
        first_attempt_working_s=attempt_s,
        first_attempt_wall_s=_wall_s(case, attempted_at),
        first_connection_at=None if contact is None else contact.occurred_at,
        first_connection_working_s=connection_s,
        first_connection_wall_s=_wall_s(case, connected_at),
        call_attempts=calls,
        email_attempts=emails,
        other_attempts=len(tried.sure) - calls - emails,
        last_attempt_at=None if last is None else last.occurred_at,
        due_at=due_at,
        response_due_at=response_due_at,
        held_by=holder_at(case, case.as_of),
    )


def _exact(case: LeadCase, activity: Activity | None) -> datetime | None:
    """When it took place, where the hours of both it and the arrival are known."""
    is_exact = activity is not None and activity.latest_at is None and case.lead.received_latest_at is None
    return activity.occurred_at if is_exact and activity is not None else None


def _working_s(case: LeadCase, clock: CaseClock, t: datetime | None) -> int | None:
    return None if t is None else clock.elapsed(case.lead.received_at, t)


def _wall_s(case: LeadCase, t: datetime | None) -> int | None:
    return None if t is None else int((t - case.lead.received_at).total_seconds())


def _due_at(
    case: LeadCase,
    policy: Policy,
    clock: CaseClock,
    findings: Mapping[str, Finding],
    tried: Touches,
    reached: Touches,
) -> datetime | None:
    """The earliest open obligation: one that a rule is waiting for or has found broken."""
    if case.lead.status is not LeadStatus.OPEN:
        return None

    def is_open(rule_id: str) -> bool:
        return is_owed(findings[rule_id])

    later = follow_up_clock(case, policy)
    last = tried.last()
    touched = [each.no_later_than for each in (last, reached.last()) if each is not None]
    dues: list[datetime] = []
    if is_open("RT002"):
        dues.append(response_due(case, policy, clock))
    for rule_id, limit_s in (("RT005", policy.next_response_s), ("RT006", policy.missed_call_s)):
        asked = next((each.value for each in findings[rule_id].measures if each.name == "asked_at"), None)
        if is_open(rule_id) and isinstance(asked, str):
            dues.append(clock.after(datetime.fromisoformat(asked), limit_s))
    if is_open("NC001"):
        dues.append(call_due(case, policy, clock))
    ends_at = cadence_end(case, policy, later)
    if ends_at is not None and is_open("FU001"):
        dues.append(ends_at)
    if last is not None and is_open("FU002"):
        dues.append(recontact_due(last, policy, later))
    if is_open("NC002"):
        dues.append(silence_due(max(touched, default=case.lead.clock_start), policy, later))
    return min(dues, default=None)


#: Fields by which somebody is reached.
_WAYS = ("phone", "mobile", "email")


def _verdict(findings: Mapping[str, Finding], judgement: Judgement, known: Known) -> Verdict:
    """The first that holds of: nobody asked; came before; may be nobody's; can be mended; not looked at; nothing
    speaks against it.

    A placeholder name alone makes a lead suspect, never pseudo: nobody is called fake by the name. Who was reached is
    reachable, whatever the record looks like; and of who showed himself since, only the judgement may be in doubt.
    """
    broken = {rule_id for rule_id, each in findings.items() if each.outcome is Outcome.BREACH}
    made_up = {each.field for of in judgement.classes if of.lead_class is LeadClass.EMPTY for each in of.signals}
    can_be_mended = any(each.field in _WAYS and each.field not in made_up for each in judgement.repairs)
    is_unreachable = "PL001" in broken and not can_be_mended
    is_filled_in = {"PL002", "PL003"} <= broken
    is_suspect = judgement.verdict is TruthVerdict.SUSPECT
    if judgement.verdict is TruthVerdict.PSEUDO:
        return Verdict.PSEUDO
    if not known.confirmed:
        if (is_unreachable and not known.reached) or is_filled_in:
            return Verdict.PSEUDO
        is_suspect |= is_unreachable
    if "PL004" in broken:
        return Verdict.DUPLICATE
    if is_suspect:
        return Verdict.SUSPECT
    if judgement.verdict is TruthVerdict.REPAIRABLE or ("PL001" in broken and can_be_mended):
        return Verdict.REPAIRABLE
    if known.confirmed:
        return Verdict.PLAUSIBLE
    if broken & {"PL002", "PL003"}:
        return Verdict.SUSPECT
    if any(findings[rule_id].outcome is Outcome.NOT_EVALUATED for rule_id in ("PL001", "PL004")):
        return Verdict.UNKNOWN
    return Verdict.PLAUSIBLE


def _follow_up_status(
    case: LeadCase, findings: Mapping[str, Finding], tried: Touches, reached: Touches
) -> FollowUpStatus:
    if case.lead.status is None:
        return FollowUpStatus.UNKNOWN
    if case.lead.status is not LeadStatus.OPEN:
        return FollowUpStatus.CLOSED
    outcomes = {rule_id: finding.outcome for rule_id, finding in findings.items()}
    if outcomes["NC001"] is Outcome.BREACH:
        return FollowUpStatus.NEVER_CALLED
    if outcomes["NC002"] is Outcome.BREACH:
        return FollowUpStatus.NEGLECTED
    if any(is_owed(findings[rule_id]) and outcomes[rule_id] is Outcome.BREACH for rule_id in _OVERDUE):
        return FollowUpStatus.OVERDUE
    if Outcome.NOT_EVALUATED in (outcomes["RT002"], outcomes["NC001"], outcomes["NC002"], outcomes["FU002"]):
        return FollowUpStatus.UNKNOWN
    if not tried.sure and not reached.sure:
        return FollowUpStatus.DUE
    return FollowUpStatus.IN_PROGRESS


def _note(findings: Sequence[Finding]) -> Said:
    breaches = [finding for finding in findings if finding.outcome is Outcome.BREACH]
    breaches.sort(key=lambda each: _URGENCY.index(each.rule_id) if each.rule_id in _URGENCY else len(_URGENCY))
    note = say("No findings.")
    for told in range(1, len(breaches) + 1):
        left = len(breaches) - told
        longer = _with_more([breach.said for breach in breaches[:told]], left)
        if len(english(longer)) > NOTE_LENGTH:
            return note if told > 1 else _cut(breaches[0].sentence, left)
        note = longer
    return note


def _with_more(sentences: Sequence[Said], left: int) -> Said:
    told = joined(*sentences)
    return say("{told} ({left} more)", told=told, left=left) if left else told


def _cut(sentence: str, left: int) -> Said:
    """A sentence that is too long by itself: what fits of the English, as data."""
    more = len(english(_with_more([verbatim("…")], left)))
    return _with_more([verbatim(f"{sentence[: NOTE_LENGTH - more]}…")], left)
