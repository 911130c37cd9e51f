"""What comes out of one history that a CRM holds: read over HTTP, stored, audited as of its end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from audits.model.activity import Activity, ActivityKind, ActivityState
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.finding import Finding, Outcome
from audits.rulebook import RULES
from connector.adapters.pipedrive.mapping import CALL_BY_LEAD
from connector.jobs.audit_due import audit_due
from connector.jobs.backfill import backfill
from connector.jobs.context import take_lease
from connector.jobs.install_setup import set_up
from connector.sandbox.history import AccountHistory, LeadHistory, Meeting, MeetingOutcome
from connector.storage import findings, policies, timeline, value_mappings
from connector.storage.migrate import upgrade
from tests.sides.histories import UNTIL
from tests.sides.side import Side
from tests.stack import Clock, Stack

ZONE = "Europe/Berlin"
"""Whose working hours count."""

RULE_IDS = tuple(rule.info.rule_id for rule in RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One CRM's account, by the refs of the history. `coverage`: what the whole account does not show."""

    crm: str
    lead_ids: Mapping[str, str]
    cases: Mapping[str, LeadCase]
    findings: Mapping[str, Mapping[str, Finding]]
    coverage: Coverage
    calls: int

    def unevaluated(self) -> Iterator[tuple[str, Finding]]:
        """(ref, finding) of every answer that could not be given."""
        for ref, rules in self.findings.items():
            for finding in rules.values():
                if finding.outcome is Outcome.NOT_EVALUATED:
                    yield ref, finding


Meanings: TypeAlias = Mapping[tuple[str, str], str]
"""(field, value) → what an admin says that it means."""

SAID: Mapping[str, Meanings] = {
    "frappe": {("status", "AT_PARTNER"): "lost"},
    "hubspot": {("hs_lead_status", "AT_PARTNER"): "lost"},
    "pipedrive": {("messengers", "all"): "logged", ("activity_type", "incoming_call"): CALL_BY_LEAD},
}
"""What an admin of each CRM says of the values of these histories, and that no chats go on unseen."""


def see(side: Side, history: AccountHistory, folder: Path, said: Meanings | None = None) -> Seen:
    """Let the CRM hold the history, connect it, read all of it with the real adapter, and audit as of UNTIL.

    `said`: what the admin said beforehand.
    """
    database, inbox = f"sqlite:///{folder}/leadassay.sqlite", f"sqlite:///{folder}/inbox.sqlite"
    upgrade(database, inbox)
    with Stack(folder, database, inbox, clock=Clock(UNTIL), side=side) as stack:
        ids = dict(side.load(side.account, history))
        install = stack.install()
        with stack.context.database.write() as connection:
            # The accounts lie in different zones on purpose; what was agreed is the same everywhere.
            value_mappings.choose_meanings(connection, install.install_id, said or {}, UNTIL)
            policies.put_policy(connection, install.install_id, policies.default_policy(ZONE, "2"), UNTIL)
        lease = take_lease(stack.context, install.install_id, "conformance")
        set_up(lease, stack.context.adapter_for(install))
        side.forget_calls()
        adapter = stack.context.adapter_for(lease.install())
        while backfill(lease, adapter):
            continue
        calls = len(side.calls())
        while audit_due(lease):
            continue
        coverage = lease.install().coverage
        with stack.context.database.read() as connection:
            cases = {
                case.lead.lead_id: case
                for case in timeline.load_cases(connection, install.install_id, sorted(ids.values()), UNTIL, coverage)
            }
            answers = {
                lead_id: {
                    stored.finding.rule_id: stored.finding
                    for stored in findings.list_findings(connection, install.install_id, lead_id, only_current=True)
                }
                for lead_id in cases
            }
    return Seen(
        crm=side.crm,
        lead_ids=ids,
        cases={ref: cases[lead_id] for ref, lead_id in ids.items() if lead_id in cases},
        findings={ref: answers[lead_id] for ref, lead_id in ids.items() if lead_id in answers},
        coverage=coverage,
        calls=calls,
    )


def see_in_passing(side: Side, history: AccountHistory, said: Meanings | None = None) -> Seen:
    """`see` in a folder of its own that is gone afterwards."""
    with TemporaryDirectory() as folder:
        return see(side, history, Path(folder), said)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two CRMs answer a rule on one lead differently."""

    ref: str
    rule_id: str
    one: Finding
    other: Finding


def differences(one: Seen, other: Seen) -> Iterator[Difference]:
    """Where outcomes or reasons differ, by lead and rule. Both must know the same leads."""
    for ref, rule_id in itertools.product(sorted(one.findings), RULE_IDS):
        mine, theirs = one.findings[ref][rule_id], other.findings[ref][rule_id]
        if (mine.outcome, mine.reason) != (theirs.outcome, theirs.reason):
            yield Difference(ref, rule_id, mine, theirs)


TOUCHES = (Fact.CALLS, Fact.EMAILS, Fact.MEETINGS, Fact.MESSAGES)


@dataclass(frozen=True, slots=True)
class Explained:
    """Whose doing a difference is, and why."""

    crm: str
    why: str


def explain(difference: Difference, one: Seen, other: Seen, history: AccountHistory) -> Explained | None:
    """Why two CRMs differ, by what one of their adapters said of itself; None = by nothing that anybody said."""
    lead = next(lead for lead in history.leads if lead.ref == difference.ref)
    for seen, finding in ((one, difference.one), (other, difference.other)):
        case = seen.cases[difference.ref]
        why = cause_of(finding, case) or _held_otherwise(seen.crm, finding, case, lead)
        if why is not None:
            return Explained(seen.crm, why)
    if Outcome.BREACH in (difference.one.outcome, difference.other.outcome):
        return None
    # Nothing is broken either way: what a CRM leaves open may decide on which ground.
    for seen in (one, other):
        case = seen.cases[difference.ref]
        why = (
            next(filter(None, map(_open_question_of, case.activities)), None)
            or case.coverage.cause(*TOUCHES)
            or ("the status has no meaning yet: an admin says what it means" if case.lead.status is None else None)
        )
        if why is not None:
            return Explained(seen.crm, why)
    return None


def cause_of(finding: Finding, case: LeadCase) -> str | None:
    """Why the question could not be answered, in words, from what the adapter declared; None where nobody said.

    The account's or the lead's missing facts by their own sentence; an activity that the finding points at, of which
    the CRM leaves something open; a status, or a country, that has no meaning here.
    """
    if finding.outcome is not Outcome.NOT_EVALUATED:
        return None
    match finding.reason:
        case "not_looked_at":
            told = (cause for _, cause in case.coverage.missing if cause.rstrip(".") in finding.sentence)
            return next(told, None) or _hidden_text_of(case)
        case "tick_time_unknown":
            is_open = any(task.is_done and task.completed_at is None for task in case.tasks)
            return "of a task it is not said when it was done" if is_open else None
        case "unknown_activity":
            pointed = {evidence.record_id for evidence in finding.evidence}
            acts = (act for act in case.activities if act.activity_id in pointed)
            return next(filter(None, map(_open_question_of, acts)), None)
        case "nothing_to_go_by":
            return "nothing was given or counted by which it would show"
        case "suspected":
            return "something speaks for it, and not enough to say so" if finding.evidence else None
        case "not_enough_data":
            return "too few leads of the account went through it to know what is usual"
        case "unmapped_status":
            return "the status has no meaning yet: an admin says what it means" if case.lead.status is None else None
        case "closing_unknown":
            return "of a lead it is not said when it was closed" if case.lead.closed_at is None else None
        case "region_unknown":
            return "the number has no country, and the record names none" if case.lead.country is None else None
    return None


def _hidden_text_of(case: LeadCase) -> str | None:
    """Why what was written cannot be judged, in words."""
    written = (act for act in case.activities if act.kind in (ActivityKind.EMAIL, ActivityKind.MESSAGE))
    return "of a message the text is not shown" if any(act.text is None for act in written) else None


def _open_question_of(act: Activity) -> str | None:
    """What the CRM leaves open of an act, in words."""
    is_told = act.kind in (ActivityKind.CALL, ActivityKind.EMAIL, ActivityKind.MESSAGE)
    questions = (
        ("who reached out", is_told and act.direction is None),
        ("whether it took place", act.state is None),
        ("whether a person or a machine acted", is_told and act.is_automated is None),
        ("how it ended", act.kind is ActivityKind.CALL and act.disposition is None),
        ("at what time of the day", act.latest_at is not None),
    )
    told = [words for words, is_open in questions if is_open]
    name = {ActivityKind.CALL: "a call", ActivityKind.EMAIL: "an e-mail", ActivityKind.NOTE: "a note"}
    return f"of {name.get(act.kind, f'a {act.kind.value}')} it is not said {' or '.join(told)}" if told else None


_NO_DEAL_OF_ITS_OWN = "a HubSpot contact becomes no deal: one is made beside it, and the history makes none"
HELD_OTHERWISE: Mapping[str, Mapping[str, str]] = {
    "hubspot": dict.fromkeys(("LD001", "LD002", "LD003", "LD004"), _NO_DEAL_OF_ITS_OWN),
    "pipedrive": {
        "DQ001": "a Pipedrive lead always has an owner: what nobody got belongs to whoever's token made it",
        "DQ002": "a Pipedrive lead always names where it came from, if only that it was typed in",
        "NC006": "a Pipedrive lead always has an owner: what nobody got belongs to whoever's token made it",
        "LD001": "a Pipedrive deal always has an amount, if only that of nothing",
        "NC002": "a Pipedrive meeting is done or not; one to which the lead did not come is not done, and no touch",
    },
}
"""What a CRM cannot hold of a history, so that a rule reads something else there: CRM → rule → why."""


def _held_otherwise(crm: str, finding: Finding, case: LeadCase, lead: LeadHistory) -> str | None:
    """The stated reason, where the history has nothing and the CRM really shows something."""
    why = HELD_OTHERWISE.get(crm, {}).get(finding.rule_id)
    if finding.rule_id in ("DQ001", "NC006") and lead.owner_ref is None and case.lead.owner_id is not None:
        return why
    if finding.rule_id.startswith("LD") and lead.converted_at is not None:
        return why if finding.reason in ("no_deal", "small_amount") else None
    if finding.rule_id == "DQ002" and lead.source is None and case.lead.source is not None:
        return why
    if finding.rule_id == "NC002" and _did_not_come(lead) and _has_past_plan(case):
        return why
    return None


def _did_not_come(lead: LeadHistory) -> bool:
    return any(isinstance(act, Meeting) and act.outcome is MeetingOutcome.NO_SHOW for act in lead.acts)


def _has_past_plan(case: LeadCase) -> bool:
    """Whether a meeting whose time has passed still stands as planned."""
    return any(
        act.kind is ActivityKind.MEETING and act.state is ActivityState.PLANNED and act.occurred_at < case.as_of
        for act in case.activities
    )
