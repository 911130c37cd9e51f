"""Planted against found, and the app against the CRM. Everything is compared; nothing is corrected.

A planted fault that the CRM cannot show must be `not_evaluated`: expectations.py says which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from connector.crm.port import OurField
from connector.demo.expectations import Expected
from connector.sandbox.faults.classes import ERROR, RULE
from connector.sandbox.population import Planted
from connector.sandbox.wire import JsonObject

#: What the app says where no first attempt was late, and where it cannot tell why one was.
NO_CAUSE: Final = "none"
UNKNOWN_CAUSE: Final = "unknown"
#: Rows of the confusion table for leads of people who asked: any, and those that look as if they had not.
GENUINE: Final = "genuine"
LOOK_ALIKE: Final = "look-alike"
#: What the app may say of those: that they asked, or that nothing tells.
_NOT_FLAGGED: Final = ("genuine", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadSaid:
    """What the app says of one lead: the rules found to be broken, those that it could not judge, what should stand
    in our six fields, what explains that its first attempt was late (as in audits.causes), and why each rule is
    broken (rule id → code of the reason). `truth`: its verdict on what the lead is, and `lead_class` the likeliest
    class of those that are no lead; both "" when it was not judged."""

    rules: frozenset[str]
    not_evaluated: frozenset[str] = frozenset()
    fields: Mapping[str, str]
    cause: str = NO_CAUSE
    reasons: Mapping[str, str] = field(default_factory=dict)
    truth: str = ""
    lead_class: str = ""

    @property
    def found(self) -> str:
        """The column of the confusion table: a class, a class with a question mark where it is only suspected, or
        the verdict."""
        if self.truth == "pseudo":
            return self.lead_class
        if self.truth == "suspect":
            return f"{self.lead_class}?"
        if RULE[ERROR] in self.rules:
            return ERROR
        return f"{ERROR}?" if self.truth == "repairable" else self.truth or "unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule on one lead, planted or found but not both."""

    lead_id: str
    rule_id: str
    kind: str
    note: str

    def as_json(self) -> JsonObject:
        return {"lead_id": self.lead_id, "rule_id": self.rule_id, "kind": self.kind, "note": self.note}


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One of our fields on one lead: what the app says, and what the CRM shows."""

    lead_id: str
    name: str
    app: str
    crm: str

    def as_json(self) -> JsonObject:
        return {"lead_id": self.lead_id, "field": self.name, "app": self.app, "crm": self.crm}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The result. `planted` and `found` count leads by rule id; `kinds` counts leads by what was played on them.

    `planted`: the faults that the CRM can show. `hidden`: those that it cannot, by rule; `unsaid` are the ones among
    them which the app did not call not evaluated. `impossible`: planted faults that cannot stand in the CRM at all.
    `causes_planted`, `causes_found`: leads whose first attempt was late, by what explains it. `people_planted`,
    `people_found`: the rules that persons broke, by owner id. `confusion`: leads by what they are, a class or GENUINE
    or LOOK_ALIKE, and by what the app found (LeadSaid.found).
    """

    planted: Counter[str]
    found: Counter[str]
    hidden: Counter[str]
    impossible: Counter[str]
    kinds: Counter[str]
    missed: tuple[Difference, ...]
    unplanted: tuple[Difference, ...]
    unsaid: tuple[Difference, ...]
    field_differences: tuple[FieldDifference, ...]
    not_audited: tuple[str, ...]
    not_in_crm: tuple[str, ...]
    webhooks: Mapping[str, int]
    webhooks_undelivered: int
    echoes_heeded: int
    list_differences: tuple[str, ...]
    causes_planted: Counter[str]
    causes_found: Counter[str]
    cause_differences: tuple[str, ...]
    reason_differences: tuple[str, ...]
    people_planted: Mapping[str, frozenset[str]]
    people_found: Mapping[str, frozenset[str]]
    confusion: Counter[tuple[str, str]]
    class_differences: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Whether everything agrees."""
        return not (
            self.missed
            or self.unplanted
            or self.unsaid
            or self.field_differences
            or self.not_audited
            or self.not_in_crm
            or self.webhooks_undelivered
            or self.echoes_heeded
            or self.list_differences
            or self.cause_differences
            or self.reason_differences
            or self.people_planted != self.people_found
            or self.class_differences
        )

    def as_json(self) -> JsonObject:
        """For `--json`."""
        return {
            "is_equal": self.is_equal,
            "planted": dict(sorted(self.planted.items())),
            "found": dict(sorted(self.found.items())),
            "not_evaluated": dict(sorted(self.hidden.items())),
            "impossible": dict(sorted(self.impossible.items())),
            "kinds": dict(sorted(self.kinds.items())),
            "missed": [each.as_json() for each in self.missed],
            "unplanted": [each.as_json() for each in self.unplanted],
            "unsaid": [each.as_json() for each in self.unsaid],
            "score_differences": [each.as_json() for each in self.field_differences],
            "not_audited": list(self.not_audited),
            "not_in_crm": list(self.not_in_crm),
            "list_differences": list(self.list_differences),
            "reason_differences": list(self.reason_differences),
            "causes": {
                "planted": dict(sorted(self.causes_planted.items())),
                "found": dict(sorted(self.causes_found.items())),
                "differences": list(self.cause_differences),
            },
            "classes": {
                "table": [
                    {"is": planted, "found": found, "leads": count}
                    for (planted, found), count in sorted(self.confusion.items())
                ],
                "differences": list(self.class_differences),
            },
            "people": {
                "planted": {each: sorted(rules) for each, rules in sorted(self.people_planted.items())},
                "found": {each: sorted(rules) for each, rules in sorted(self.people_found.items())},
            },
            "webhooks": {
                **self.webhooks,
                "undelivered": self.webhooks_undelivered,
                "echoes_heeded": self.echoes_heeded,
            },
        }


def compare(
    truth: Mapping[str, Planted],
    said: Mapping[str, LeadSaid],
    crm: Mapping[str, Mapping[str, str]],
    *,
    expected: Mapping[str, Expected] | None = None,
    webhooks: Mapping[str, int],
    ignored: int = 0,
    listed: Mapping[str, Mapping[str, str]],
    deleted: Set[str] = frozenset(),
    forgotten: Set[str] = frozenset(),
    people_planted: Mapping[str, frozenset[str]] | None = None,
    people_found: Mapping[str, frozenset[str]] | None = None,
) -> Comparison:
    """Set `said` by the app beside the `truth` of the sandbox, its records, its webhooks and the app's own list.

    `crm`: our fields as they stand in the CRM, by lead id. `expected`: what must be found of the truth, by lead id;
    None = every planted fault.
    `listed`: the app's export of its list of leads, lead id → column → value. `webhooks`: events fired and delivered,
    and how many of them were echoes of the app's own writes, all of which must be among the `ignored` ones.
    `deleted` leads may stay in the list (their figures count on), `forgotten` ones only without their id.
    `people_planted`, `people_found`: the rules that persons broke over weeks, by owner id.

    The cause of a late first attempt may be unknown to the app: it never guesses. Another cause is a difference.
    """
    if expected is None:
        expected = {lead_id: Expected(planted.rules, frozenset()) for lead_id, planted in truth.items()}
    wrong = [
        (Difference(lead_id, rule_id, planted.kind, planted.note), rule_id in expected[lead_id].breaches)
        for lead_id, planted in sorted(truth.items())
        if lead_id in said
        for rule_id in sorted(
            (expected[lead_id].breaches ^ said[lead_id].rules) - expected[lead_id].either - expected[lead_id].free
        )
    ]
    surplus = [
        Difference(lead_id, rule_id, "gone", "the lead is not in the CRM any more")
        for lead_id in sorted(set(said) - set(truth))
        for rule_id in sorted(said[lead_id].rules) or ["still listed"]
    ]
    unsaid = [
        Difference(lead_id, rule_id, planted.kind, planted.note)
        for lead_id, planted in sorted(truth.items())
        if lead_id in said
        for rule_id in sorted(
            (expected[lead_id].not_evaluated - said[lead_id].not_evaluated)
            | (expected[lead_id].either - said[lead_id].not_evaluated - said[lead_id].rules)
        )
    ]
    # What is left in doubt as planted hides nothing.
    hidden = {
        lead_id: (expected[lead_id].not_evaluated | expected[lead_id].either) - planted.unsure
        for lead_id, planted in truth.items()
    }
    explained = {
        lead_id: (planted.cause, said[lead_id].cause)
        for lead_id, planted in sorted(truth.items())
        if planted.cause
        and lead_id in said
        and _IS_LATE & expected[lead_id].breaches & said[lead_id].rules
        # Where the CRM does not show what the cause hangs on, another one is all that shows.
        and _SHOWS.get(planted.cause, "") not in planted.rules - expected[lead_id].breaches
    }
    return Comparison(
        planted=Counter(rule_id for lead_id in truth for rule_id in expected[lead_id].breaches),
        hidden=Counter(rule_id for lead_id in truth for rule_id in hidden[lead_id]),
        impossible=Counter(
            rule_id
            for lead_id in truth
            for rule_id in truth[lead_id].rules
            - expected[lead_id].breaches
            - expected[lead_id].free
            - hidden[lead_id]
        ),
        unsaid=tuple(unsaid),
        found=Counter(rule_id for lead in said.values() for rule_id in lead.rules),
        kinds=Counter(planted.kind for planted in truth.values()),
        missed=tuple(each for each, is_planted in wrong if is_planted),
        unplanted=(*(each for each, is_planted in wrong if not is_planted), *surplus),
        field_differences=tuple(_field_differences(said, crm)),
        not_audited=tuple(sorted(set(truth) - set(said))),
        not_in_crm=tuple(sorted(set(truth) - set(crm))),
        webhooks=webhooks,
        webhooks_undelivered=webhooks["fired"] - webhooks["delivered"],
        echoes_heeded=max(0, webhooks.get("echoes", 0) - ignored),
        list_differences=tuple(_list_differences(said, listed, deleted, forgotten)),
        causes_planted=Counter(planted for planted, _ in explained.values()),
        causes_found=Counter(found for _, found in explained.values()),
        cause_differences=tuple(
            f"lead {lead_id} was late by {planted}, the app says {found}"
            for lead_id, (planted, found) in explained.items()
            if found not in (planted, UNKNOWN_CAUSE)
        ),
        reason_differences=tuple(_reason_differences(truth, expected, said)),
        people_planted=people_planted or {},
        people_found=people_found or {},
        confusion=Counter(
            (_row(planted), said[lead_id].found) for lead_id, planted in truth.items() if lead_id in said
        ),
        class_differences=tuple(_class_differences(truth, expected, said)),
    )


#: The rules whose breach has a cause.
_IS_LATE: Final = frozenset({"RT001", "RT002"})
#: The rule that speaks of the same facts as a cause does.
_SHOWS: Final = {"arrived_late_from_vendor": "RT003", "waited_for_owner": "RT004"}


def _row(planted: Planted) -> str:
    return planted.lead_class or (LOOK_ALIKE if planted.is_lookalike else GENUINE)


def _class_differences(
    truth: Mapping[str, Planted], expected: Mapping[str, Expected], said: Mapping[str, LeadSaid]
) -> Iterator[str]:
    """Where a lead is taken for what it is not. What the CRM cannot show may be missed."""
    for lead_id, planted in sorted(truth.items()):
        if lead_id not in said:
            continue
        found, own = said[lead_id].found, planted.lead_class
        wanted: tuple[str, ...] = _NOT_FLAGGED
        if own:
            rule_id, answers = RULE[own], expected[lead_id]
            wanted = (own,)
            if rule_id not in answers.breaches:
                wanted = (own, f"{own}?")
            if rule_id not in answers.breaches | answers.either or rule_id in answers.free:
                wanted = (*wanted, *_NOT_FLAGGED)
        if found not in wanted:
            yield f"lead {lead_id} ({planted.kind}) is {_row(planted)}, the app says {found}"


def _reason_differences(
    truth: Mapping[str, Planted], expected: Mapping[str, Expected], said: Mapping[str, LeadSaid]
) -> list[str]:
    """Where a planted breach was found for another reason than that which was planted."""
    return [
        f"lead {lead_id} breaks {rule_id} by {reason}, the app says {found}"
        for lead_id, planted in sorted(truth.items())
        for rule_id, reason in sorted(planted.reasons.items())
        if rule_id in expected[lead_id].breaches and lead_id in said
        # A breach that is missed is told of as such.
        if (found := said[lead_id].reasons.get(rule_id, reason)) != reason
    ]


def _field_differences(said: Mapping[str, LeadSaid], crm: Mapping[str, Mapping[str, str]]) -> list[FieldDifference]:
    return [
        FieldDifference(lead_id, name.value, lead.fields.get(name.value, ""), crm[lead_id].get(name.value, ""))
        for lead_id, lead in sorted(said.items())
        if lead_id in crm
        for name in OurField
        if lead.fields.get(name.value, "") != crm[lead_id].get(name.value, "")
    ]


_COLUMNS: Final = {
    "lead_quality": OurField.LEAD_QUALITY,
    "handling": OurField.HANDLING,
    "lead_verdict": OurField.LEAD_VERDICT,
    "follow_up_status": OurField.FOLLOW_UP_STATUS,
}


def _list_differences(
    said: Mapping[str, LeadSaid],
    listed: Mapping[str, Mapping[str, str]],
    deleted: Set[str],
    forgotten: Set[str],
) -> list[str]:
    """Where the list that the head of sales sees differs from what was found."""
    found = [f"lead {lead_id} is missing in the list" for lead_id in sorted(set(said) - set(listed))]
    surplus = set(listed) - set(said) - deleted
    nameless = {lead_id for lead_id in surplus if lead_id.startswith("forgotten-")}
    found += [f"lead {lead_id} is listed without an audit" for lead_id in sorted(surplus - nameless)]
    if len(nameless) > len(forgotten):
        found.append(f"{len(nameless)} forgotten leads are listed, {len(forgotten)} were forgotten")
    for lead_id in sorted(set(said) & set(listed)):
        for column, name in _COLUMNS.items():
            shown, wanted = listed[lead_id][column], said[lead_id].fields.get(name.value, "")
            if shown != wanted:
                found.append(
                    f"lead {lead_id}: the list shows {column} {shown or 'nothing'}, the audit {wanted or 'nothing'}"
                )
    return found
