"""What another policy would change: each lead judged by either, as of its last audit.

Where the working hours are the same, the stored measures answer (audits.rethink), and only what they cannot tell is
judged again. What stands around a lead is taken as it stood at its audit: the crowds, twins and norms of either
policy are those of the policy in force.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection

from audits.model.case import LeadCase
from audits.model.finding import Outcome
from audits.model.lead import Lead
from audits.model.policy import Policy
from audits.model.surroundings import Surroundings
from audits.rethink import HOURS, READ, RETHINK, Stored, changed_fields, rethought, same_hours
from audits.rulebook import RULES
from connector.errors import ConfigError
from connector.storage import report_rows
from connector.storage.cases import load_cases
from connector.storage.installs import get_install
from connector.storage.policies import PolicyBook
from connector.storage.report_rows import StoredAnswer
from connector.storage.statements import portions
from connector.storage.surroundings import surroundings_of

_BATCH = 500
_BY_TARGETS = frozenset({"RT001", "RT002"})


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One answer that would be another."""

    lead_id: str
    rule_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyComparison:
    """`changes` by lead and rule. `leads`: looked at; `judged_again`: of these, those whose case had to be judged
    again; `fields`: in which the policies differ; `rules`: that read one of them."""

    before: str
    after: str
    fields: tuple[str, ...]
    rules: tuple[str, ...]
    leads: int
    judged_again: int
    changes: tuple[Change, ...]

    def counts(self) -> list[tuple[str, str, str, int]]:
        """Rule id, outcome before, outcome after, how many; by rule."""
        counted = Counter((each.rule_id, each.before, each.after) for each in self.changes)
        return [(*key, n) for key, n in sorted(counted.items())]

    def to_json(self) -> dict[str, object]:
        """The same in fixed order."""
        return {
            "before": self.before,
            "after": self.after,
            "fields": list(self.fields),
            "rules": list(self.rules),
            "leads": self.leads,
            "judged_again": self.judged_again,
            "counts": [list(each) for each in self.counts()],
            "changes": [[each.lead_id, each.rule_id, each.before, each.after] for each in self.changes],
        }


def compare_policies(
    conn: Connection, install_id: str, before: str, after: str, *, is_quick: bool = True
) -> PolicyComparison:
    """What would change if the terms of version `after` held for every lead instead of those of `before`.

    `is_quick` False judges every case again. Leads with news since their audit are left out. Raises ConfigError for
    an unknown version, UnknownInstall.
    """
    book = PolicyBook.load(conn, install_id)
    one, other = _found(book, before), _found(book, after)
    differing = changed_fields(one, other)
    is_same_time = same_hours(one, other)
    asked = [
        rule.info.rule_id
        for rule in RULES
        if not is_same_time or not is_quick or READ.get(rule.info.rule_id, differing) & differing
    ]
    times = report_rows.audit_times(conn, install_id)
    changes: list[Change] = []
    if is_quick and is_same_time:
        again = _rethink_all(conn, install_id, book, (one, other), asked, differing, changes)
    else:
        again = {lead_id: set(asked) for ids in times.values() for lead_id in ids}
    _judge_again(conn, install_id, book, (one, other), again, times, changes)
    return PolicyComparison(
        before=before,
        after=after,
        fields=tuple(sorted(differing)),
        rules=tuple(asked),
        leads=sum(map(len, times.values())),
        judged_again=len(again),
        changes=tuple(sorted(changes)),
    )


def _found(book: PolicyBook, version: str) -> Policy:
    known = {each.policy.version: each.policy for each in book.versions}
    # People write v3 for 3.
    policy = known.get(version) or known.get(version.removeprefix("v"))
    if policy is None:
        raise ConfigError(f"There is no policy version {version!r}; there are {', '.join(known)}.")
    return policy


def _rethink_all(
    conn: Connection,
    install_id: str,
    book: PolicyBook,
    pair: tuple[Policy, Policy],
    asked: Collection[str],
    differing: frozenset[str],
    changes: list[Change],
) -> dict[str, set[str]]:
    """Add what the stored measures tell to `changes`; returns lead id → rules that must be judged again."""
    again: defaultdict[str, set[str]] = defaultdict(set)
    if not asked:
        return again
    known: dict[str, Policy | None] = {}
    # Version that an answer was given under → what differs between it and each of the pair; None = the hours do.
    plans: dict[str, tuple[frozenset[str], ...] | None] = {}
    answers = report_rows.iter_answers(
        conn,
        install_id,
        asked,
        with_measures=any(rule_id in RETHINK and rule_id not in _BY_TARGETS for rule_id in asked),
        with_words=bool(_BY_TARGETS & set(asked)),
    )
    for answer in answers:
        if answer.policy_version not in known:
            known[answer.policy_version] = book.find(answer.policy_version)
        was = known[answer.policy_version]
        if answer.policy_version not in plans:
            plans[answer.policy_version] = None if was is None else _differing(was, pair)
        plan = plans[answer.policy_version]
        if was is None or plan is None:
            again[answer.lead_id].add(answer.rule_id)
            continue
        stored = _stored(answer)
        outcomes = [
            rethought(answer.rule_id, stored, was, policy, differing)
            for policy, differing in zip(pair, plan, strict=True)
        ]
        if None in outcomes:
            again[answer.lead_id].add(answer.rule_id)
        elif outcomes[0] is not outcomes[1]:
            changes.append(Change(answer.lead_id, answer.rule_id, str(outcomes[0]), str(outcomes[1])))
    return again


def _stored(answer: StoredAnswer) -> Stored:
    measures: Mapping[str, int | None] = {}
    if answer.measures != "[]":
        measures = {name: value for name, value, unit in json.loads(answer.measures) if unit in ("s", "count")}
    lead = None
    if answer.lead is not None:
        received_at, lead_type, source, priority, country = answer.lead
        lead = Lead(
            lead_id=answer.lead_id,
            received_at=received_at,
            recorded_at=received_at,
            lead_type=lead_type,
            source=source,
            priority=priority,
            country=country,
        )
    return Stored(
        outcome=answer.outcome,
        reason=answer.reason,
        is_sure=answer.is_sure,
        is_response_sure=answer.is_response_sure,
        needed_s=answer.needed_s,
        lead=lead,
        measures=measures,
    )


def _differing(was: Policy, pair: tuple[Policy, Policy]) -> tuple[frozenset[str], ...] | None:
    found = tuple(changed_fields(was, policy) for policy in pair)
    return None if any(each & HOURS for each in found) else found


def _judge_again(
    conn: Connection,
    install_id: str,
    book: PolicyBook,
    pair: tuple[Policy, Policy],
    again: Mapping[str, set[str]],
    times: Mapping[datetime, list[str]],
    changes: list[Change],
) -> None:
    install = get_install(conn, install_id)
    for at, lead_ids in times.items():
        for some in portions([lead_id for lead_id in lead_ids if lead_id in again], _BATCH):
            cases = load_cases(
                conn,
                install_id,
                some,
                at,
                install.coverage,
                partial(_around, conn, install_id, at, book),
            )
            for case in cases:
                lead_id = case.lead.lead_id
                for rule in RULES:
                    if rule.info.rule_id not in again[lead_id]:
                        continue
                    outcomes: list[Outcome] = [rule.evaluate(case, policy).outcome for policy in pair]
                    if outcomes[0] is not outcomes[1]:
                        changes.append(Change(lead_id, rule.info.rule_id, *map(str, outcomes)))


def _around(
    conn: Connection, install_id: str, at: datetime, book: PolicyBook, cases: Sequence[LeadCase]
) -> Mapping[str, Surroundings]:
    return surroundings_of(conn, install_id, cases, at, book)
